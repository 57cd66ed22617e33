//! What a miner says, and by which way; and the transactions that it sends where no keeper does.

use std::sync::Arc;

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_ports::domain::{Bound, LaneCall, LaneMessage, MessageKind, Phase, Reveal, Server, SignedMessage, TaskRecord};
use cor_ports::{ChainError, lane};
use tracing::info;

use super::Miner;
use super::error::StepError;
use super::in_hand::Errand;
use crate::machine::miner::{Deed, Route};
use crate::service::refusal;

/// Seconds after which a claim that failed is tried again. Earnings wait where they are: there is no hurry, and each try asks the node.
const CLAIM_RETRY_SECS: u64 = 15;

impl Miner {
    pub(super) async fn say(&mut self, record: &TaskRecord, honest: LaneMessage, route: Route) -> Result<(), StepError> {
        let Some(message) = self.twisted(record, honest) else { return Ok(()) };
        let kind = message.kind();
        let relay = self.ports.relay.as_ref().filter(|_| route == Route::Relay).map(Arc::clone);
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        if relay.is_some() && task.delivers(kind) {
            return Ok(()); // the keeper has not answered yet
        }
        if kind == MessageKind::Commit {
            self.note_told(record).await?;
        }
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        task.known.last = Some((Deed::Said(kind, route), self.ports.clock.now_secs()));
        let delivery = match relay {
            Some(relay) => self.sign(record.id, message).await?.map(|signed| (relay, signed)),
            None => {
                self.say_on_chain(record, message).await?;
                None
            }
        };
        let answer = if kind == MessageKind::Commit { self.answer_to_keep(record.id).await? } else { None };
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        if delivery.is_some() || answer.is_some() {
            let of = delivery.is_some().then_some(kind);
            let blobs = Arc::clone(&self.ports.blobs);
            task.start(&self.done, of, Errand { task: record.id, blobs, answer, delivery });
        }
        Ok(())
    }

    /// The answer of the crew of now; `None` if it is where the payer finds it.
    async fn answer_to_keep(&self, id: B256) -> Result<Option<Vec<u8>>, StepError> {
        let Some(task) = self.tasks.get(&id) else { return Ok(None) };
        let is_kept = task.known.sealed.as_ref().is_some_and(|sealed| task.kept.contains(&sealed.result_digest));
        match self.assignment(id).filter(|_| !is_kept) {
            Some(assignment) => self.journalled_answer(assignment).await,
            None => Ok(None),
        }
    }

    /// The message as a drill has it; `None` if this miner is silent for now.
    fn twisted(&self, record: &TaskRecord, honest: LaneMessage) -> Option<LaneMessage> {
        match self.drill(record.id) {
            Some(drill) => drill.twist(honest, record, &self.tasks.get(&record.id)?.known),
            None => Some(honest),
        }
    }

    /// Signs a message for the crew in which the task is served.
    async fn sign(&mut self, id: B256, message: LaneMessage) -> Result<Option<SignedMessage>, StepError> {
        let Some(assignment) = self.assignment(id) else { return Ok(None) };
        if let (LaneMessage::Precommit { commitment }, Some(task)) = (message, self.tasks.get_mut(&id)) {
            task.known.signed = Some(commitment);
        }
        let digest = lane::message_digest(&self.ports.chain.domain(), assignment, &message);
        let signature = self.ports.signer.sign_digest(digest).await?;
        Ok(Some(SignedMessage { task: id, assignment, miner: self.me(), message, signature }))
    }

    async fn say_on_chain(&mut self, record: &TaskRecord, message: LaneMessage) -> Result<(), StepError> {
        let replica = self.tasks.get(&record.id).and_then(|task| task.known.serving.as_ref()).map(|serving| serving.replica);
        // Before the crew is on chain there is nothing to say there.
        let Some(replica) = replica.filter(|_| record.state.phase != Phase::Open) else { return Ok(()) };
        let task = record.at();
        let call = match message {
            LaneMessage::Precommit { commitment } => {
                if let Some(task) = self.tasks.get_mut(&record.id) {
                    task.known.signed = Some(commitment);
                }
                LaneCall::Precommit { task, replica, commitment, signature: None }
            }
            LaneMessage::Commit { result_digest, salt, .. } => {
                LaneCall::Reveal { task, reveals: vec![(replica, Reveal { result_digest, salt })] }
            }
        };
        self.send(record.id, call).await
    }

    /// Puts the task on chain with the keeper's word, this miner's own and those that the keeper showed.
    pub(super) async fn start(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let known = self.tasks.get(&record.id).map(|task| &task.known);
        let Some((sealed, serving)) = known.and_then(|known| known.sealed.as_ref().zip(known.serving.clone())) else {
            return Ok(());
        };
        let honest = LaneMessage::Precommit { commitment: sealed.commitment };
        let Some(message @ LaneMessage::Precommit { commitment }) = self.twisted(record, honest) else { return Ok(()) };
        let Some(SignedMessage { signature, .. }) = self.sign(record.id, message).await? else { return Ok(()) };
        let seats = serving.seats(Bound { commitment, signature });
        let server = Server { keeper: serving.crew.keeper, assign: serving.assign };
        self.act(record.id, Deed::Started, LaneCall::Start { task: record.at(), seats, server }).await
    }

    /// Binds another miner by what it signed.
    pub(super) async fn bind(&mut self, record: &TaskRecord, replica: u8, bound: Bound) -> Result<(), StepError> {
        let Bound { commitment, signature } = bound;
        let call = LaneCall::Precommit { task: record.at(), replica, commitment, signature: Some(signature) };
        self.act(record.id, Deed::Bound(replica), call).await
    }

    pub(super) async fn report(&mut self, record: &TaskRecord, report: LaneCall) -> Result<(), StepError> {
        self.act(record.id, Deed::Reported, report).await
    }

    pub(super) async fn close(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        self.act(record.id, Deed::Closed, LaneCall::Close { task: record.at() }).await
    }

    pub(super) async fn finish(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        self.act(record.id, Deed::Closed, LaneCall::Finish { task: record.at(), reveals: Vec::new() }).await
    }

    async fn act(&mut self, id: B256, deed: Deed, call: LaneCall) -> Result<(), StepError> {
        if self.drill(id).is_some_and(super::Drill::is_still) {
            return Ok(());
        }
        let now = self.now();
        self.tasks.entry(id).and_modify(|task| task.known.last = Some((deed, now)));
        self.send(id, call).await
    }

    async fn send(&mut self, id: B256, call: LaneCall) -> Result<(), StepError> {
        let key = call.effect_key();
        // Whatever comes of it, the task is not what it was.
        self.tasks.entry(id).and_modify(|task| task.is_stale = true);
        match self.ports.chain.send(call).await {
            Ok(sent) => info!(task = %id, key, transaction = %sent.transaction, "sent by own transaction"),
            Err(error) if error.class().asks_anew() => refusal::tell(id, &key, &error),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Claims earnings once they are worth the gas. A claim that failed is due again after a while.
    pub(super) async fn claim(&mut self) -> Result<(), ChainError> {
        let miner = self.me();
        self.claim_from_secs = Some(self.now().saturating_add(CLAIM_RETRY_SECS));
        let earned = self.ports.chain.earnings(miner).await?;
        if !earned.is_zero() && earned >= self.options.claim_min {
            let block = self.ports.chain.head().await?.number;
            let sent = self.ports.chain.send(LaneCall::PayEarnings { miner, block }).await?;
            info!(%earned, transaction = %sent.transaction, "claimed");
        }
        self.claim_from_secs = None;
        Ok(())
    }
}
