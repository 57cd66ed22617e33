//! SessionQueue: sessions, tasks, and the on-chain lane of commit-reveal. Specified by `sol/ISessionQueue.sol`; the rules are
//! `cor_core::task`, `cor_core::task::commitment` and `cor_core::task::eip712`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]

extern crate alloc;

mod abi;
mod lane;
mod peers;
#[cfg(not(feature = "export-abi"))]
mod router;
mod store;
mod wire;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256, U128, U16};
use cor_contract_shared::{nonzero, only, Ownable, Revert};
use cor_core::task::eip712::{session_queue_domain, Message};
use cor_core::task::{self, in_range, Submission};
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU128, StorageU16},
};

use abi::{refuse_input, refuse_step, Paused, Replica, SessionInactive, SessionParams, SessionView, TaskView, UnknownSession};
use store::{Desk, KeeperRecord, SessionRecord, TaskRecord};
use wire::log;

/// Sessions and tasks by number from 1, keepers, and the peers.
#[storage]
#[entrypoint]
pub struct SessionQueue {
    ownable: Ownable,
    desk: Desk,
    node_pool: StorageAddress,
    keeper_count: StorageU16,
    staking: StorageAddress,
    table: StorageAddress,
    guardian: StorageAddress,
    no_reveal_penalty: StorageU128,
    bad_reveal_penalty: StorageU128,
    sessions: StorageMap<u64, SessionRecord>,
    tasks: StorageMap<u64, TaskRecord>,
    keepers: StorageMap<Address, KeeperRecord>,
    keeper_at: StorageMap<u16, StorageAddress>,
}

/// The interface, once with the SDK's attributes, which export it, and once without: there calls come by `router`, which is much
/// smaller. The SDK's macro does not look through `cfg_attr`, hence a macro of ours.
macro_rules! interface {
    ($(#[$public:ident] #[$constructor:ident] $domain:literal)?) => {
// The argument lists are those of the interface, which the SDK exports from here; calls come by `router`.
#[allow(clippy::too_many_arguments)]
$(#[$public])?
impl SessionQueue {
    /// Sets the first owner.
    $(#[$constructor])?
    pub fn constructor(&mut self, owner: Address) -> Result<(), Revert> {
        self.ownable.init(owner)
    }

    /// Opens a session.
    pub fn create(&mut self, params: SessionParams) -> Result<u64, Revert> {
        self.not_paused()?;
        params.terms().check().map_err(refuse_input)?;
        in_range("validatorDepth", params.validatorDepth.into(), 0, 0).map_err(refuse_input)?;
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
    pub fn deactivate_session(&mut self, session_id: u64) -> Result<(), Revert> {
        self.own_session(session_id)?;
        self.sessions.setter(session_id).inactive.set(true);
        log!(self, SessionDeactivated[session_id]);
        Ok(())
    }

    /// Submits a task and reserves its price.
    pub fn submit(
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
        self.reserve_price(task_id, payer, &params, max_charge)?;
        Ok(task_id)
    }

    /// Assigns the miners of a task.
    pub fn assign_task(&mut self, task_id: u64, miners: Vec<Address>) -> Result<(), Revert> {
        let keeper = self.vm().msg_sender();
        let number = self.keeper_number(keeper)?;
        let mut task = self.open(task_id)?;
        let now = self.vm().block_timestamp();
        let transition = task::assign(task.state, &task.terms, number, miners.len(), now);
        task.state = transition.map_err(|error| refuse_step(error, task_id, keeper))?.state;
        // Called before the store, since the registrations to store are its answer. The pool calls nobody who could come back
        // here, and re-entrance is refused.
        let epochs = self.reserve_miners(task_id, task.model, &miners)?;
        let mut record = self.tasks.setter(task_id);
        for (replica, (miner, epoch)) in (0..).zip(miners.iter().zip(&epochs)) {
            record.set_miner(replica, *miner, *epoch);
        }
        record.set_state(&task.state);
        log!(self, TaskAssigned[task.state.session_id, task_id, keeper] *miners, *epochs, task.state.deadline());
        Ok(())
    }

    /// The caller takes its replica.
    pub fn ack(&mut self, task_id: u64) -> Result<(), Revert> {
        self.say(task_id, Message::Ack)
    }

    /// The same by signatures.
    pub fn ack_by_sig(&mut self, task_id: u64, miners: Vec<Address>, signatures: Vec<Bytes>) -> Result<(), Revert> {
        let messages = vec![Message::Ack; miners.len()];
        self.relay(task_id, &miners, &messages, &signatures)
    }

    /// The caller commits itself to an answer.
    pub fn precommit(&mut self, task_id: u64, commitment: B256) -> Result<(), Revert> {
        self.say(task_id, Message::Precommit { commitment })
    }

    /// The same by signatures.
    pub fn precommit_by_sig(
        &mut self,
        task_id: u64,
        miners: Vec<Address>,
        commitments: Vec<B256>,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        let messages: Vec<_> = commitments.into_iter().map(|commitment| Message::Precommit { commitment }).collect();
        self.relay(task_id, &miners, &messages, &signatures)
    }

    /// The caller reveals what it committed to.
    pub fn commit(&mut self, task_id: u64, result_digest: B256, salt: B256) -> Result<(), Revert> {
        self.say(task_id, Message::Commit { result_digest, salt })
    }

    /// The same by signatures.
    pub fn commit_by_sig(
        &mut self,
        task_id: u64,
        miners: Vec<Address>,
        result_digests: Vec<B256>,
        salts: Vec<B256>,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        abi::same_length(result_digests.len(), salts.len(), task::REPLICAS_MAX)?;
        let pairs = result_digests.into_iter().zip(salts);
        let messages: Vec<_> = pairs.map(|(result_digest, salt)| Message::Commit { result_digest, salt }).collect();
        self.relay(task_id, &miners, &messages, &signatures)
    }

    /// Shows a signed reveal that does not open its commitment.
    pub fn report_bad_reveal(
        &mut self,
        task_id: u64,
        miner: Address,
        result_digest: B256,
        salt: B256,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.report(task_id, miner, result_digest, salt, &signature)
    }

    /// Closes the ack phase.
    pub fn end_ack(&mut self, task_id: u64) -> Result<(), Revert> {
        self.close(task_id, task::close_ack).map(|_| ())
    }

    /// Closes the precommit phase.
    pub fn end_precommit(&mut self, task_id: u64) -> Result<(), Revert> {
        self.close(task_id, task::close_precommit).map(|_| ())
    }

    /// Ends the task: pays, refunds, releases, slashes.
    pub fn end(&mut self, task_id: u64) -> Result<u8, Revert> {
        self.close(task_id, task::end)
    }

    /// Which call brings the task on now.
    pub fn closable(&self, task_id: u64) -> Result<u8, Revert> {
        let task = self.open(task_id)?;
        Ok(task::closable(task.state, &task.terms, self.vm().block_timestamp()).number())
    }

    /// A task with its replicas.
    pub fn get_task(&self, task_id: u64) -> Result<TaskView, Revert> {
        let state = self.open(task_id)?.state;
        let record = self.tasks.getter(task_id);
        let replicas: Vec<_> = state
            .replica_stages()
            .filter(|_| state.keeper != 0)
            .map(|(replica, stage)| {
                let (miner, registration_epoch) = record.miner(replica);
                let seal = record.seal(replica);
                let (commitment, result_digest) = if stage.messages() == 3 { (B256::ZERO, seal) } else { (seal, B256::ZERO) };
                Replica {
                    miner,
                    registrationEpoch: registration_epoch,
                    outcome: stage.outcome().number(),
                    messages: stage.messages(),
                    commitment,
                    resultDigest: result_digest,
                }
            })
            .collect();
        let winner = replicas.iter().find(|replica| replica.outcome == task::Outcome::Agreed.number());
        Ok(TaskView {
            sessionId: state.session_id,
            payer: self.sessions.getter(state.session_id).owner.get(),
            keeper: self.keeper_at.get(state.keeper),
            phase: state.phase.number(),
            status: state.status.number(),
            answerKind: state.answer_kind.number(),
            maxTokens: state.max_tokens,
            submittedAt: state.submitted_at,
            deadline: state.deadline(),
            endedAt: state.ended_at(),
            resultDigest: winner.map_or(B256::ZERO, |replica| replica.resultDigest),
            replicas,
        })
    }

    /// A session.
    pub fn get_session(&self, session_id: u64) -> Result<SessionView, Revert> {
        self.known_session(session_id)?;
        let session = self.sessions.getter(session_id);
        let params = SessionParams { metadata: session.metadata.get(), ..session.params() };
        Ok(SessionView { owner: session.owner.get(), active: !session.inactive.get(), taskCount: session.task_count(), params })
    }

    /// Number of sessions.
    pub fn session_count(&self) -> u64 {
        self.desk.sessions()
    }

    /// Number of tasks.
    pub fn task_count(&self) -> u64 {
        self.desk.tasks()
    }

    /// The commitment of a miner to an answer.
    pub fn commitment_of(&self, task_id: u64, miner: Address, result_digest: B256, salt: B256) -> Result<B256, Revert> {
        let task = self.open(task_id)?;
        let replica = self.replica_of(&task, miner)?;
        Ok(self.binding(task_id, replica, miner).commitment(result_digest, salt))
    }

    /// EIP-712 domain separator.
    $(#[selector(name = $domain)])?
    pub fn domain_separator(&self) -> B256 {
        session_queue_domain(self.vm().chain_id(), self.vm().contract_address())
    }

    /// Whether an account may assign tasks.
    pub fn is_keeper(&self, account: Address) -> bool {
        self.keepers.getter(account).enabled.get()
    }

    /// Names or removes a keeper.
    pub fn set_keeper(&mut self, keeper: Address, enabled: bool) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        nonzero(keeper)?;
        let mut record = self.keepers.setter(keeper);
        if record.number.get().is_zero() {
            let known: u64 = self.keeper_count.get().to();
            in_range("keepers", known.saturating_add(1), 1, u16::MAX.into()).map_err(refuse_input)?;
            let number = self.keeper_count.get().saturating_add(U16::from(1));
            self.keeper_count.set(number);
            record.number.set(number);
            self.keeper_at.setter(number.to()).set(keeper);
        }
        record.enabled.set(enabled);
        log!(self, KeeperSet[keeper] enabled);
        Ok(())
    }

    /// Sets the stake penalties.
    pub fn set_penalties(&mut self, no_reveal: u128, bad_reveal: u128) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.no_reveal_penalty.set(U128::from(no_reveal));
        self.bad_reveal_penalty.set(U128::from(bad_reveal));
        log!(self, PenaltiesSet[] no_reveal, bad_reveal);
        Ok(())
    }

    /// Stake penalties in COR wei.
    pub fn penalties(&self) -> (u128, u128) {
        (self.no_reveal_penalty.get().to(), self.bad_reveal_penalty.get().to())
    }

    /// Who may pause besides the owner.
    pub fn guardian(&self) -> Address {
        self.guardian.get()
    }

    /// Sets the guardian.
    pub fn set_guardian(&mut self, account: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.guardian.set(account);
        log!(self, GuardianSet[account]);
        Ok(())
    }

    /// Stops or allows create and submit.
    pub fn set_paused(&mut self, paused: bool) -> Result<(), Revert> {
        let guarded = paused && self.vm().msg_sender() == self.guardian.get();
        if !guarded {
            self.ownable.only_owner()?;
        }
        self.desk.paused.set(paused);
        log!(self, PauseSet[] paused);
        Ok(())
    }

    /// Whether create and submit are stopped.
    pub fn paused(&self) -> bool {
        self.desk.paused.get()
    }

    /// Sets the peers.
    pub fn wire(&mut self, session_payment: Address, node_pool: Address, staking: Address, table: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.desk.session_payment.set(nonzero(session_payment)?);
        self.node_pool.set(nonzero(node_pool)?);
        self.staking.set(nonzero(staking)?);
        self.table.set(nonzero(table)?);
        log!(self, Wired[] session_payment, node_pool, staking, table);
        Ok(())
    }

    /// Present owner.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}
    };
}

#[cfg(feature = "export-abi")]
interface!(
    #[public]
    #[constructor]
    "DOMAIN_SEPARATOR"
);
#[cfg(not(feature = "export-abi"))]
interface!();

impl SessionQueue {
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
