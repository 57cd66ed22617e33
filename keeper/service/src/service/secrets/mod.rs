//! A keeper's secrets: whether they are those that the jury knows, which are owed to it, and how they are shown.
//!
//! A crew that was offered binds its keeper to show the secret of the task's epoch. Such an epoch is journalled before anybody hears of the crew, and
//! forgotten once the jury has known the secret for so long that no rollback is feared any more. A journal that does not tell what is owed, as one that was lost,
//! has all secrets shown of epochs that have ended.

mod owed;
mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::B256;
use cor_core::task::jury::{JuryError, Standing};
use cor_errors::{Coded, Entry, table::kpr};
use cor_ports::domain::{Head, TaskRecord};
use cor_ports::jury::{Jury, KeeperRecord, SecretChain, Times, epoch_of};
use cor_ports::{ChainError, Journal, Signer};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use self::owed::Owed;
use self::show::Showing;
use crate::machine::pause::Pause;

/// Journal prefix of the epochs whose secrets are owed: then comes the epoch, and the first epoch of its chain is the value.
const OWED: &str = "keeper/secret/";
/// Journal key that is there if the journal tells of all that is owed; the value is the epoch since which it does.
const KEPT: &str = "keeper/secrets";
/// Seconds after which a secret that could not be shown is shown again, the first time. There is a day and more for it.
const SHOW_AGAIN_SECS: u64 = 15;

/// Why this keeper serves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// It has no bond, or it leaves.
    #[error("the jury does not have this keeper serving: {0:?}")]
    NotServing(Standing),
    /// Whatever it served would be found wrong.
    #[error("the jury knows other secrets of this keeper than those of its key")]
    OtherSecrets,
}

impl Coded for Unfit {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NotServing(_) => JuryError::NotServing.entry(),
            Self::OtherSecrets => &kpr::OTHER_SECRETS,
        }
    }
}

/// What the secrets need of the outside.
pub(super) struct SecretPorts {
    pub(super) jury: Arc<dyn Jury>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) signer: Arc<dyn Signer>,
    /// EIP-155 id.
    pub(super) chain_id: u64,
}

/// The secrets of a keeper.
pub(super) struct Secrets {
    ports: SecretPorts,
    times: Option<Times>,
    /// By first epoch: that of now, and those of which secrets were owed when the keeper renewed its chain.
    chains: BTreeMap<u32, SecretChain>,
    /// The first epoch of the chain by which this keeper serves, if it may.
    serves_from: Option<u32>,
    owed: Owed,
    showing: Showing,
    /// Times of submission of tasks that this keeper has on chain, and whose epochs were not noted yet.
    on_chain: BTreeSet<u64>,
    /// Whether what was owed before a restart was read.
    is_resumed: bool,
    /// Whether the journal is known to tell of all that is owed.
    is_kept: bool,
    /// Until it is looked for what is owed that the journal does not tell.
    search_pause: Pause,
    /// Whether the jury was asked for the keeper since the start.
    is_begun: bool,
    /// How often the chain had been rolled back at the last look.
    rollbacks: u64,
    /// What was told last of its standing; `None`: that it serves, or nothing yet.
    told: Option<Unfit>,
}

impl Secrets {
    /// `done` is told when something that was sent has come to its end: then there may be more to [`Secrets::attend`] to.
    pub(super) fn new(ports: SecretPorts, done: Arc<Notify>) -> Self {
        Self {
            ports,
            times: None,
            chains: BTreeMap::new(),
            serves_from: None,
            owed: Owed::default(),
            showing: Showing::new(done),
            on_chain: BTreeSet::new(),
            is_resumed: false,
            is_kept: false,
            search_pause: Pause::default(),
            is_begun: false,
            rollbacks: 0,
            told: None,
        }
    }

    /// What the jury was constructed with.
    ///
    /// # Errors
    /// Those of the chain.
    pub(super) async fn times(&mut self) -> Result<Times, ChainError> {
        match self.times {
            Some(times) => Ok(times),
            None => Ok(*self.times.insert(self.ports.jury.times().await?)),
        }
    }

    /// Whether this keeper may serve, as the jury has it in a block, in the last one with `None`. A change is told of once. What is drawn afterwards is drawn
    /// by the chain of secrets that the jury has then, so for a draw the block is not before the submission of any of its tasks.
    ///
    /// # Errors
    /// Those of the chain and the key.
    pub(super) async fn may_serve(&mut self, block: Option<u64>) -> Result<bool, ChainError> {
        self.serves_from = None;
        let record = self.ports.jury.keeper(self.ports.signer.address(), block).await?;
        let standing = self.standing(&record).await?;
        self.is_begun = true;
        self.tell(standing);
        self.serves_from = standing.is_ok().then_some(record.shown.first);
        Ok(standing.is_ok())
    }

    async fn record(&self) -> Result<KeeperRecord, ChainError> {
        self.ports.jury.keeper(self.ports.signer.address(), None).await
    }

    async fn standing(&mut self, record: &KeeperRecord) -> Result<Result<(), Unfit>, ChainError> {
        if record.standing != Standing::Serving {
            return Ok(Err(Unfit::NotServing(record.standing)));
        }
        let is_own = self.chain_of(record.shown.first).await?.is_known_as(&record.shown);
        Ok(if is_own { Ok(()) } else { Err(Unfit::OtherSecrets) })
    }

    fn tell(&mut self, standing: Result<(), Unfit>) {
        let unfit = standing.err();
        if unfit == self.told {
            return;
        }
        match unfit {
            Some(error @ Unfit::OtherSecrets) => {
                error!(code = error.code(), %error, next = error.entry().next, "serving nothing: it would cost the bond");
            }
            Some(error) => warn!(code = error.code(), %error, next = error.entry().next, "serving nothing"),
            None => info!("serving"),
        }
        self.told = unfit;
    }

    /// The chain that begins in this epoch.
    async fn chain_of(&mut self, first: u32) -> Result<&SecretChain, ChainError> {
        if !self.chains.contains_key(&first) {
            let SecretPorts { jury, signer, chain_id, .. } = &self.ports;
            let made = SecretChain::of(signer.as_ref(), *chain_id, jury.jury(), first).await?;
            self.chains.insert(first, made);
        }
        let missing =
            || ChainError::Unexpected { what: "secrets".to_owned(), detail: "a chain that was made is not there".to_owned() };
        self.chains.get(&first).ok_or_else(missing)
    }

    /// The chain of now, if the jury has one of this keeper.
    async fn learn_chain(&mut self) -> Result<bool, ChainError> {
        let first = self.record().await?.shown.first;
        if first != 0 {
            self.chain_of(first).await?;
        }
        Ok(first != 0)
    }

    /// The secret with which the tasks of an epoch are drawn. Of an earlier chain there is none: the jury may not know that one any more.
    ///
    /// # Errors
    /// [`JuryError::NoSecret`]: the epoch is before the keeper's first, or its chain is at its end.
    pub(super) fn secret(&self, epoch: u32) -> Result<B256, JuryError> {
        let chain = self.serves_from.and_then(|first| self.chains.get(&first));
        chain.and_then(|chain| chain.secret(epoch)).ok_or(JuryError::NoSecret)
    }

    /// The secret of a task's epoch is owed from now on.
    ///
    /// # Errors
    /// Those of chain and journal: then nobody may hear of the crew.
    pub(super) async fn owe(&mut self, record: &TaskRecord) -> Result<(), ChainError> {
        let epoch = epoch_of(record, &self.times().await?);
        self.owe_epoch(epoch).await
    }

    /// The keeper finds crews of its own on chain, of tasks that were submitted at these times: if the journal was lost, their epochs are to be noted once more.
    pub(super) fn note_on_chain(&mut self, times_secs: BTreeSet<u64>) {
        self.on_chain.extend(times_secs);
    }

    /// Secrets that were called for are owed, whether this keeper knows why or not.
    ///
    /// # Errors
    /// Those of chain and journal.
    pub(super) async fn owe_called(&mut self, epochs: Vec<u32>) -> Result<(), ChainError> {
        if epochs.is_empty() {
            return Ok(());
        }
        self.resume().await?;
        if !self.learn_chain().await? {
            return Ok(());
        }
        for epoch in epochs {
            // A call is read several times.
            if !self.owed.contains(epoch) {
                info!(epoch, "the secret of this epoch was called for");
            }
            self.owe_epoch(epoch).await?;
        }
        Ok(())
    }

    async fn owe_epoch(&mut self, epoch: u32) -> Result<(), ChainError> {
        if self.owed.contains(epoch) {
            return Ok(());
        }
        let Some(first) = self.first_of(epoch).await? else {
            error!(epoch, "a secret is owed of an epoch before all chains that this keeper ever had");
            return Ok(());
        };
        self.owe_of(epoch, first).await
    }

    /// Owes the secret of an epoch, of the chain that begins in `first`.
    async fn owe_of(&mut self, epoch: u32, first: u32) -> Result<(), ChainError> {
        self.ports.journal.put(&owed_key(epoch), &first.to_be_bytes()).await?;
        self.owed.add(epoch, first);
        self.owed.correct(epoch, first);
        Ok(())
    }

    /// The first epoch of the chain that an epoch is of. The jury tells only that of now: the logs are searched for one of before that is not known, as after
    /// the loss of a journal.
    async fn first_of(&self, epoch: u32) -> Result<Option<u32>, ChainError> {
        let known = self.chains.range(..=epoch).next_back().map(|(first, _)| *first);
        if known.is_some() {
            return Ok(known);
        }
        self.search_first_of(epoch).await
    }

    /// The same, by the logs alone.
    async fn search_first_of(&self, epoch: u32) -> Result<Option<u32>, ChainError> {
        let last = self.record().await?.shown.first;
        let begun = self.ports.jury.chains_begun(self.ports.signer.address(), last).await?;
        Ok(begun.into_iter().rev().find(|first| *first <= epoch))
    }

    /// If the journal does not tell what is owed, as it was lost, all that can be is: the secrets of the last epoch that has ended and of this one, which show those
    /// before them, and the last one of the chain of before. What the jury knows of them is not shown. The time is that of the last block and that of the clock, as the
    /// node may be far behind.
    async fn owe_unknown(&mut self, head: Head, now_secs: u64) -> Result<(), ChainError> {
        if self.is_kept || !self.search_pause.is_over(now_secs) {
            return Ok(());
        }
        if self.ports.journal.get(KEPT).await?.is_some() {
            self.is_kept = true;
            return Ok(());
        }
        self.search_pause = Pause::new(now_secs, SHOW_AGAIN_SECS);
        let (jury, keeper) = (&self.ports.jury, self.ports.signer.address());
        let first = jury.keeper(keeper, Some(head.number)).await?.shown.first;
        if first == 0 {
            // It has no bond; or a rollback took it.
            return Ok(());
        }
        let begun = jury.chains_begun(keeper, first).await?;
        let times = self.times().await?;
        let (now, by_clock) = (times.epoch(head.timestamp_secs), times.epoch(now_secs));
        let ended = now.saturating_sub(1);
        let last_of_before = ended.min(first.saturating_sub(1));
        for epoch in BTreeSet::from([last_of_before, ended, now, by_clock.saturating_sub(1), by_clock]) {
            if let Some(first) = begun.iter().rev().find(|first| **first <= epoch) {
                info!(epoch, "the journal does not tell what is owed; the secret of this epoch is, with those before");
                self.owe_of(epoch, *first).await?;
            }
        }
        self.ports.journal.put(KEPT, &now.to_be_bytes()).await?;
        self.is_kept = true;
        Ok(())
    }

    /// Takes up what was owed before a restart.
    async fn resume(&mut self) -> Result<(), ChainError> {
        if self.is_resumed {
            return Ok(());
        }
        for (key, bytes) in self.ports.journal.list(OWED).await? {
            let epoch = key.strip_prefix(OWED).and_then(|epoch| epoch.parse().ok());
            match (epoch, bytes.as_slice().try_into().map(u32::from_be_bytes)) {
                (Some(epoch), Ok(first)) => {
                    self.owed.add(epoch, first);
                }
                _ => warn!(
                    key,
                    bytes = bytes.len(),
                    "a record of a secret that is owed is damaged; it is shown when it is called for"
                ),
            }
        }
        self.is_resumed = true;
        Ok(())
    }

    /// Shows what is due as of the last block, and forgets what the jury has known for long. At the start it looks how the keeper stands, too. `rollbacks`: how often
    /// the chain was rolled back. It waits for no transaction.
    ///
    /// # Errors
    /// Those of chain, journal and key. It is tried again.
    pub(super) async fn attend(&mut self, head: Option<Head>, rollbacks: u64, now_secs: u64) -> Result<(), ChainError> {
        self.resume().await?;
        if self.rollbacks != rollbacks {
            self.rollbacks = rollbacks;
            self.unsettle();
        }
        // What is due does not wait for what is learned.
        let begun = if self.is_begun { Ok(()) } else { self.may_serve(None).await.map(drop) };
        let learned = self.owe_on_chain().await;
        let Some(head) = head else { return begun.and(learned) };
        let searched = self.owe_unknown(head, now_secs).await;
        self.show_due(head, now_secs).await?;
        begun.and(learned).and(searched)
    }

    async fn owe_on_chain(&mut self) -> Result<(), ChainError> {
        if self.on_chain.is_empty() || !self.learn_chain().await? {
            return Ok(());
        }
        let times = self.times().await?;
        while let Some(time) = self.on_chain.first().copied() {
            self.owe_epoch(times.epoch(time)).await?;
            self.on_chain.remove(&time);
        }
        Ok(())
    }

    async fn forget(&mut self, epoch: u32) -> Result<(), ChainError> {
        self.ports.journal.remove(&owed_key(epoch)).await?;
        self.owed.remove(epoch);
        Ok(())
    }
}

fn owed_key(epoch: u32) -> String {
    format!("{OWED}{epoch}")
}
