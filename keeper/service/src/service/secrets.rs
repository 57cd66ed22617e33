//! A keeper's secrets: whether they are those that the jury knows, which are owed to it, and how they are shown.
//!
//! A crew that was offered binds its keeper to show the secret of the task's epoch. Such an epoch is journalled before anybody hears of the crew, and
//! forgotten once the jury knows the secret. If it knows it no more after a rollback, or the journal was lost, the secret is shown when it is called for.
//! A call of before the rollback is not heard of again, if its block is too old to be read once more.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;
use std::sync::Arc;

use alloy_primitives::B256;
use cor_core::task::jury::{JuryError, Standing};
use cor_errors::{Class, Coded, Entry, table::kpr};
use cor_ports::domain::TaskRecord;
use cor_ports::jury::{Jury, JuryCall, KeeperRecord, SecretChain, ShownChain, Times, epoch_of};
use cor_ports::{ChainError, Journal, Signer};
use tracing::{debug, error, info, warn};

use crate::machine::pause::Pause;

/// Journal prefix of the epochs whose secrets are owed: then comes the epoch, and the first epoch of its chain is the value.
const OWED: &str = "keeper/secret/";
/// Seconds after which a secret that could not be shown is shown again. There is a day and more for it.
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
    /// Epochs whose secrets are to be shown, each with the first one of its chain.
    owed: BTreeMap<u32, u32>,
    /// Times of submission of tasks that this keeper has on chain, and whose epochs were not noted yet.
    on_chain: BTreeSet<u64>,
    /// Whether what was owed before a restart was read.
    is_resumed: bool,
    /// Whether the jury was asked for the keeper since the start.
    is_begun: bool,
    /// What was told last of its standing; `None`: that it serves, or nothing yet.
    told: Option<Unfit>,
    /// Until secrets are shown again.
    pause: Pause,
}

impl Secrets {
    pub(super) const fn new(ports: SecretPorts) -> Self {
        Self {
            ports,
            times: None,
            chains: BTreeMap::new(),
            serves_from: None,
            owed: BTreeMap::new(),
            on_chain: BTreeSet::new(),
            is_resumed: false,
            is_begun: false,
            told: None,
            pause: Pause::new(0, 0),
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

    /// The keeper finds a crew of its own on chain: if the journal was lost, the epoch of the task is to be noted once more.
    pub(super) fn note_on_chain(&mut self, record: &TaskRecord) {
        self.on_chain.insert(record.history.opening.time);
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
            info!(epoch, "the secret of this epoch was called for");
            self.owe_epoch(epoch).await?;
        }
        Ok(())
    }

    async fn owe_epoch(&mut self, epoch: u32) -> Result<(), ChainError> {
        if self.owed.contains_key(&epoch) {
            return Ok(());
        }
        let Some(first) = self.first_of(epoch).await? else {
            error!(epoch, "a secret is owed of an epoch before all chains that this keeper ever had");
            return Ok(());
        };
        self.ports.journal.put(&owed_key(epoch), &first.to_be_bytes()).await?;
        self.owed.insert(epoch, first);
        Ok(())
    }

    /// The first epoch of the chain that an epoch is of. The jury tells only that of now: the logs are searched for one of before that is not known, as after
    /// the loss of a journal.
    async fn first_of(&self, epoch: u32) -> Result<Option<u32>, ChainError> {
        let known = self.chains.range(..=epoch).next_back().map(|(first, _)| *first);
        if known.is_some() {
            return Ok(known);
        }
        let begun = self.ports.jury.chains_begun(self.ports.signer.address()).await?;
        Ok(begun.into_iter().rev().find(|first| *first <= epoch))
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
                    self.owed.insert(epoch, first);
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

    /// Shows what is due by the chain's time, and forgets what the jury knows. At the start it looks how the keeper stands, too.
    ///
    /// # Errors
    /// Those of chain, journal and key. It is tried again.
    pub(super) async fn attend(&mut self, chain_secs: Option<u64>, now_secs: u64) -> Result<(), ChainError> {
        self.resume().await?;
        // What is due does not wait for what is learned.
        let begun = if self.is_begun { Ok(()) } else { self.may_serve(None).await.map(drop) };
        let learned = self.owe_on_chain().await;
        self.show_due(chain_secs, now_secs).await?;
        begun?;
        learned
    }

    async fn show_due(&mut self, chain_secs: Option<u64>, now_secs: u64) -> Result<(), ChainError> {
        let Some(chain_secs) = chain_secs.filter(|_| self.pause.is_over(now_secs) && !self.owed.is_empty()) else {
            return Ok(());
        };
        let times = self.times().await?;
        let due: Vec<u32> = self.owed.keys().copied().filter(|epoch| times.ends(*epoch) <= chain_secs).collect();
        if !due.is_empty() {
            // Whatever comes of it is looked at again after a while.
            self.pause = Pause::new(now_secs, SHOW_AGAIN_SECS);
            self.show(&due).await?;
        }
        Ok(())
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

    /// Shows the secrets of epochs that have ended, and forgets those that the jury knows. The last one of a chain shows those before it.
    async fn show(&mut self, due: &[u32]) -> Result<(), ChainError> {
        let mut record = self.record().await?;
        let (of_now, of_before): (Vec<u32>, Vec<u32>) = due.iter().partition(|epoch| record.shown.first <= **epoch);
        if let Some(last) = of_now.iter().copied().max().filter(|_| record.shown.first != 0) {
            record = self.show_until(last, record).await?;
        }
        // Without a chain there is no bond, and nothing is owed.
        for epoch in of_now.into_iter().filter(|epoch| record.shown.first == 0 || *epoch <= record.shown.shown) {
            self.forget(epoch).await?;
        }
        for epoch in of_before {
            self.show_of_before(epoch).await?;
        }
        Ok(())
    }

    /// Shows the secret of an epoch of the chain of now, in as many steps as the jury takes it. Returns what is known afterwards.
    async fn show_until(&mut self, last: u32, mut record: KeeperRecord) -> Result<KeeperRecord, ChainError> {
        while record.shown.shown < last {
            let keeper = self.ports.signer.address();
            let chain = self.chain_of(record.shown.first).await?;
            if !chain.is_known_as(&record.shown) {
                self.tell(Err(Unfit::OtherSecrets));
                break;
            }
            let Some((epoch, secret)) = chain.next_to_show(&record.shown, last) else { break };
            self.send(JuryCall::Reveal { keeper, epoch, secret }).await?;
            let before = record.shown.shown;
            record = self.record().await?;
            if record.shown.shown <= before {
                break;
            }
        }
        Ok(record)
    }

    /// Shows the secret of an epoch of a chain of before. The jury takes a limited number of steps at once, and does not tell how far that chain was shown: so
    /// it is shown from its beginning, step by step. What is known is refused, which costs nothing.
    async fn show_of_before(&mut self, epoch: u32) -> Result<(), ChainError> {
        let Some(first) = self.owed.get(&epoch).copied() else { return Ok(()) };
        let keeper = self.ports.signer.address();
        let known = JuryError::SecretKnown.entry().code;
        for (epoch, secret) in steps_to(self.chain_of(first).await?, epoch) {
            match self.send(JuryCall::Reveal { keeper, epoch, secret }).await? {
                Some(refused) if refused.code == JuryError::NoSecret.entry().code => break,
                Some(refused) if refused.code != known => return Ok(()),
                _ => {}
            }
        }
        self.forget(epoch).await
    }

    /// Sends a call. Returns with what it was refused, if it was: that says nothing of other calls. What is to be done then the jury tells itself.
    async fn send(&self, call: JuryCall) -> Result<Option<&'static Entry>, ChainError> {
        let key = call.effect_key();
        match self.ports.jury.send(call).await {
            Ok(sent) => {
                info!(key, transaction = %sent.transaction, gas = sent.gas_used, "sent");
                Ok(None)
            }
            Err(error) if error.class() == Class::Chain => {
                debug!(key, code = error.code(), %error, "the chain has moved on");
                Ok(Some(error.entry()))
            }
            Err(error @ ChainError::Reverted { .. }) => {
                warn!(key, code = error.code(), %error, next = error.entry().next, "a secret is refused");
                Ok(Some(error.entry()))
            }
            Err(error) => Err(error),
        }
    }

    async fn forget(&mut self, epoch: u32) -> Result<(), ChainError> {
        self.ports.journal.remove(&owed_key(epoch)).await?;
        self.owed.remove(&epoch);
        Ok(())
    }
}

/// What shows the secret of an epoch, one after the other, whatever was shown of the chain before; nothing if the chain has none of it.
fn steps_to(chain: &SecretChain, epoch: u32) -> Vec<(u32, B256)> {
    let next = |known: &ShownChain| {
        let (shown, head) = chain.next_to_show(known, epoch)?;
        Some(ShownChain { head, shown, ..*known })
    };
    let has_secret = chain.secret(epoch).is_some();
    let begun = has_secret.then(|| ShownChain::begin(chain.anchor(), chain.first()));
    let steps = successors(begun.and_then(|begun| next(&begun)), next);
    steps.map(|known| (known.shown, known.head)).collect()
}

fn owed_key(epoch: u32) -> String {
    format!("{OWED}{epoch}")
}
