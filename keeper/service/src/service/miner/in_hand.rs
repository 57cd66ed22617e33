//! A task in a miner's hands, with what runs for it on the side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use cor_errors::Coded as _;
use cor_ports::domain::{MessageKind, Offer, SignedMessage, TaskRecord};
use cor_ports::{BackendError, BlobError, Blobs, Relay};
use tokio::sync::Notify;
use tracing::{debug, warn};

use crate::machine::miner::{MinerTask, Serving};
use crate::machine::pause::Pause;
use crate::service::job::{Job, finished};

/// A task in hand.
#[derive(Default)]
pub(super) struct InHand {
    /// The task in the crew in which it is served now.
    pub(super) known: MinerTask,
    /// By assignment, the same in the other crews in which it is bound: any of them may come on chain yet.
    pub(super) others: BTreeMap<B256, MinerTask>,
    /// What the keeper showed last and was not looked at yet.
    pub(super) shown: Option<Offer>,
    /// The journal has a crew of it from before a restart, which was not looked at yet.
    pub(super) is_resumed: bool,
    /// Hash of the opening for which the journal was looked at.
    pub(super) opening: Option<B256>,
    /// Whom a keeper found absent from the task: first the keeper.
    pub(super) absent: BTreeSet<(Address, Address)>,
    /// Until it is asked again who is absent.
    pub(super) ask_absent: Pause,
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
    errand: Option<Job<Option<B256>>>,
    /// The model's answer, which is the same in every crew.
    pub(super) honest: Option<Vec<u8>>,
    /// Digests of answers that are where the payer finds them.
    pub(super) kept: BTreeSet<B256>,
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

    /// Serves in this crew from now on. What is under way for another is given up; what was bound there is kept.
    pub(super) fn turn_to(&mut self, serving: Serving) {
        let left = std::mem::take(&mut self.known);
        let (prepared, is_told) = (left.prepared, left.is_told);
        if let Some(assignment) = left.serving.as_ref().filter(|_| left.sealed.is_some()).map(|serving| serving.assignment) {
            self.others.insert(assignment, left);
        }
        let known = self.others.remove(&serving.assignment).unwrap_or_default();
        let serving = match &known.serving {
            Some(before) => serving.after(before),
            None => serving,
        };
        self.known = MinerTask { serving: Some(serving), prepared, is_told, ..known };
        (self.errand_of, self.errand) = (None, None);
        // What cannot be answered in one crew cannot in another; what was bound is to be shown.
        self.given_up &= self.known.sealed.is_none();
    }

    /// In how many crews it is bound.
    pub(super) fn crews_bound(&self) -> usize {
        self.others.len().saturating_add(usize::from(self.known.sealed.is_some()))
    }

    /// Whether anything was signed for it, as far as is known.
    pub(super) fn is_bound(&self) -> bool {
        self.is_resumed || self.crews_bound() > 0
    }

    /// Who could bind itself to what is shown now, and in whose crew: it is beside this miner in another crew, and not bound there.
    pub(super) fn copiers(&self) -> Vec<(Address, Address)> {
        let others = self.others.values().filter_map(|known| known.serving.as_ref());
        let free = others.flat_map(|serving| serving.unbound().map(|node| (serving.crew.keeper, node)));
        free.filter(|found| !self.absent.contains(found)).collect()
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
            self.kept.extend(kept.unwrap_or(None));
        }
    }
}

impl Errand {
    /// Returns the answer's digest if it is kept. A message does not depend on that: a keeper's failure must not cost the miner its stake.
    async fn run(self) -> Option<B256> {
        let task = self.task;
        let kept = match self.answer {
            None => None,
            Some(bytes) => match self.blobs.put(&bytes).await {
                Ok(digest) => Some(digest),
                Err(error) => {
                    let keeper_code = error.refusal().map(|said| &*said.code);
                    warn!(%task, code = error.code(), keeper_code, %error, "the answer cannot be handed in yet");
                    None
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
