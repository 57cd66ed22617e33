//! A task in a miner's hands, with what runs for it on the side.

use std::sync::Arc;

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_ports::domain::{Crew, MessageKind, Offer, SignatureBytes, SignedMessage, TaskRecord};
use cor_ports::{BackendError, BlobError, Blobs, Relay};
use tokio::sync::Notify;
use tracing::{debug, warn};

use crate::machine::miner::{MinerTask, Serving};
use crate::service::job::{Job, finished};

/// A task in hand.
#[derive(Default)]
pub(super) struct InHand {
    pub(super) known: MinerTask,
    /// What the keeper showed last and was not looked at yet.
    pub(super) shown: Option<Offer>,
    /// The crew in which it was bound before a restart, with the keeper's word, as the journal has it.
    pub(super) journalled: Option<(Crew, Option<SignatureBytes>)>,
    /// The task as the chain had it when it was last read, and when that was, seconds since 1970.
    pub(super) read: Option<(TaskRecord, u64)>,
    /// The chain was touched since.
    pub(super) is_stale: bool,
    /// Since when the chain does not have it, seconds since 1970.
    pub(super) absent_since: Option<u64>,
    pub(super) prompt: Option<String>,
    pub(super) fetching: Option<Job<Result<Vec<u8>, BlobError>>>,
    pub(super) answering: Option<Job<Result<String, BackendError>>>,
    /// Message that the errand delivers, if it delivers one.
    errand_of: Option<MessageKind>,
    errand: Option<Job<bool>>,
    /// The answer is where the payer finds it.
    pub(super) kept: bool,
    /// After the end the answer was handed in once more.
    pub(super) last_try: bool,
    /// It cannot be served: nothing is done but to wait for its end.
    pub(super) given_up: bool,
}

/// What goes to the keeper: the answer, which it keeps for the payer, then a message.
pub(super) struct Errand {
    pub(super) task: B256,
    pub(super) blobs: Arc<dyn Blobs>,
    pub(super) answer: Option<Vec<u8>>,
    pub(super) delivery: Option<(Arc<dyn Relay>, SignedMessage)>,
}

impl InHand {
    /// A task that a keeper offers.
    pub(super) fn of(offer: Offer) -> Self {
        Self { shown: Some(offer), ..Self::default() }
    }

    /// A task that the chain has with this miner.
    pub(super) fn found(record: TaskRecord, now_secs: u64) -> Self {
        Self { read: Some((record, now_secs)), ..Self::default() }
    }

    /// A task that it was bound in before a restart.
    pub(super) fn resumed(journalled: (Crew, Option<SignatureBytes>)) -> Self {
        Self { journalled: Some(journalled), ..Self::default() }
    }

    /// Serves in this crew from now on. What was said in another, and what is under way for it, counts no more.
    pub(super) fn turn_to(&mut self, serving: Serving) {
        let prepared = self.known.prepared;
        self.known = MinerTask { serving: Some(serving), prepared, ..MinerTask::default() };
        (self.errand_of, self.errand) = (None, None);
        (self.kept, self.given_up) = (false, false);
    }

    /// Forgets all that belongs to the task as it was submitted before.
    pub(super) fn begin_anew(&mut self) {
        *self = Self { shown: self.shown.take(), ..Self::default() };
    }

    /// Whether a message of this kind is on its way to the keeper.
    pub(super) fn delivers(&self, kind: MessageKind) -> bool {
        self.is_on_errand() && self.errand_of == Some(kind)
    }

    /// Whether anything is on its way to the keeper.
    pub(super) const fn is_on_errand(&self) -> bool {
        self.errand.is_some()
    }

    /// Starts an errand. One that is under way is given up: the task has moved on.
    pub(super) fn start(&mut self, done: &Arc<Notify>, kind: Option<MessageKind>, errand: Errand) {
        self.errand_of = kind;
        self.errand = Some(Job::start(done, errand.run()));
    }

    /// Takes in what an errand came back with.
    pub(super) fn collect_errand(&mut self) {
        if let Some(kept) = finished(&mut self.errand) {
            self.kept |= kept.unwrap_or(false);
        }
    }
}

impl Errand {
    /// Returns whether the answer is kept. A message does not depend on that: a keeper's failure must not cost the miner its stake.
    async fn run(self) -> bool {
        let task = self.task;
        let kept = match self.answer {
            None => false,
            Some(bytes) => match self.blobs.put(&bytes).await {
                Ok(_) => true,
                Err(error) => {
                    let keeper_code = error.refusal().map(|said| &*said.code);
                    warn!(%task, code = error.code(), keeper_code, %error, "the answer cannot be handed in yet");
                    false
                }
            },
        };
        if let Some((relay, message)) = self.delivery
            && let Err(error) = relay.deliver(&message).await
        {
            let (code, said) = (error.code(), error.refusal());
            let (keeper_code, request_id) = (said.map(|said| &*said.code), said.map(|said| &*said.request_id));
            debug!(%task, code, keeper_code, request_id, %error, "relay failed; an own transaction follows if the deadline comes near");
        }
        kept
    }
}
