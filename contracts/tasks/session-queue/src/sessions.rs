//! Sessions, and the tasks that are submitted to them: up to the escrow of the price.

use alloc::string::String;

use alloy_primitives::B256;
use cor_contract_shared::{log, only, Revert};
use cor_core::limits::LANE_VALIDATOR_DEPTH_MAX;
use cor_core::task::{self, in_range, Submission};
use stylus_sdk::prelude::*;

use crate::{
    abi::{
        refuse_input, Paused, SessionCreated, SessionDeactivated, SessionInactive, SessionParams, SessionView, TaskQueued,
        UnknownSession,
    },
    SessionQueue,
};

impl SessionQueue {
    /// Opens a session.
    /// Arguments, errors, events: `ISessionQueue.create`.
    pub(crate) fn create(&mut self, params: SessionParams) -> Result<u64, Revert> {
        self.not_paused()?;
        params.terms().check().map_err(refuse_input)?;
        in_range("validatorDepth", params.validatorDepth.into(), 0, LANE_VALIDATOR_DEPTH_MAX.into()).map_err(refuse_input)?;
        // Asked before anything is stored, and of a view: the table refuses what has no price.
        self.ask_price(&params)?;
        let owner = self.vm().msg_sender();
        let id = self.desk.next_session();
        let mut session = self.sessions.setter(id);
        session.owner.set(owner);
        session.set_params(&params);
        log!(self, SessionCreated[id, owner] params.modelIdentifier, params.redundant);
        Ok(id)
    }

    /// Ends a session.
    /// Arguments, errors, events: `ISessionQueue.deactivateSession`.
    pub(crate) fn deactivate_session(&mut self, session_id: u64) -> Result<(), Revert> {
        self.own_session(session_id)?;
        self.sessions.setter(session_id).inactive.set(true);
        log!(self, SessionDeactivated[session_id]);
        Ok(())
    }

    /// Submits a task and reserves its price.
    /// Arguments, errors, events: `ISessionQueue.submit`.
    #[expect(clippy::too_many_arguments, reason = "those of the interface")]
    pub(crate) fn submit(
        &mut self,
        session_id: u64,
        prompt_digest: B256,
        prompt_urn: String,
        answer_kind: u8,
        max_tokens: u32,
        max_charge: u128,
        client_reference: B256,
    ) -> Result<u64, Revert> {
        self.not_paused()?;
        self.own_session(session_id)?;
        let submission = Submission::new(session_id, answer_kind, max_tokens, prompt_urn.len()).map_err(refuse_input)?;
        let params = self.sessions.getter(session_id).params();
        let state = task::submit(&submission, &params.terms(), self.vm().block_timestamp()).state;
        let task_id = self.desk.next_task();
        self.sessions.setter(session_id).add_task();
        self.tasks.setter(task_id).set_state(&state);
        let payer = self.vm().msg_sender();
        log!(
            self,
            TaskQueued[session_id, task_id, payer] prompt_digest,
            *prompt_urn,
            answer_kind,
            max_tokens,
            state.deadline(),
            client_reference
        );
        self.reserve_price(task_id, payer, &params, max_tokens, max_charge)?;
        Ok(task_id)
    }

    /// A session.
    /// Arguments, errors, events: `ISessionQueue.getSession`.
    pub(crate) fn get_session(&self, session_id: u64) -> Result<SessionView, Revert> {
        self.known_session(session_id)?;
        let session = self.sessions.getter(session_id);
        let params = SessionParams { metadata: session.metadata.get(), ..session.params() };
        Ok(SessionView { owner: session.owner.get(), active: !session.inactive.get(), taskCount: session.task_count(), params })
    }

    /// Number of sessions.
    /// Arguments, errors, events: `ISessionQueue.sessionCount`.
    pub(crate) fn session_count(&self) -> u64 {
        self.desk.sessions()
    }

    fn not_paused(&self) -> Result<(), Revert> {
        if self.desk.paused.get() {
            return Err(Paused {}.into());
        }
        Ok(())
    }

    fn known_session(&self, session_id: u64) -> Result<(), Revert> {
        let latest = self.desk.sessions();
        if (1..=latest).contains(&session_id) {
            return Ok(());
        }
        Err(UnknownSession { sessionId: session_id, latest }.into())
    }

    /// Refuses all but the owner of a session that takes tasks.
    fn own_session(&self, session_id: u64) -> Result<(), Revert> {
        self.known_session(session_id)?;
        let session = self.sessions.getter(session_id);
        only(self.vm().msg_sender(), session.owner.get())?;
        if session.inactive.get() {
            return Err(SessionInactive { sessionId: session_id }.into());
        }
        Ok(())
    }
}
