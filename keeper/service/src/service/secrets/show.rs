//! Showing secrets: one transaction at a time, for which nothing waits, as it may not be mined for long.

use std::sync::Arc;

use cor_errors::table::{jury, price};
use cor_errors::{Class, Coded as _};
use cor_ports::ChainError;
use cor_ports::domain::{Head, SentCall};
use cor_ports::jury::{JuryCall, KeeperRecord, ShownChain};
use tokio::sync::Notify;
use tracing::{debug, info, warn};

use super::owed::Way;
use super::{SHOW_AGAIN_SECS, Secrets, Unfit};
use crate::machine::pause::Pause;
use crate::service::job::{Job, Panicked, finished};

/// What is being shown.
pub(super) struct Showing {
    /// The way to a secret that is to be shown, or gone on with.
    way: Option<Way>,
    /// The step of it that is on its way.
    sending: Option<Job<Result<SentCall, ChainError>>>,
    /// The chain was rolled back meanwhile: what came of it counts no more.
    is_outdated: bool,
    /// Nothing can be asked or sent, for a reason that is not a secret's own. Nor could another.
    pause: Pause,
    done: Arc<Notify>,
}

impl Showing {
    pub(super) fn new(done: Arc<Notify>) -> Self {
        Self { way: None, sending: None, is_outdated: false, pause: Pause::default(), done }
    }
}

impl Secrets {
    /// The chain was rolled back: what the jury knew it may not know any more.
    pub(super) fn unsettle(&mut self) {
        self.owed.unsettle();
        self.showing.pause = Pause::default();
        // What is on its way is not ended: it may be mined all the same.
        self.showing.is_outdated = self.showing.sending.is_some();
        if !self.showing.is_outdated {
            self.showing.way = None;
        }
    }

    /// Takes in what came of the last step, and takes the next one if there is one to take.
    pub(super) async fn show_due(&mut self, head: Head, now_secs: u64) -> Result<(), ChainError> {
        self.collect(head, now_secs).await?;
        if self.showing.sending.is_some() {
            return Ok(());
        }
        let way = match self.showing.way.take() {
            Some(way) => way,
            None => match self.next_way(head, now_secs).await? {
                Some(way) => way,
                None => return Ok(()),
            },
        };
        let Some(secret) = self.chain_of(way.first).await?.secret(way.at) else {
            return self.search_chain(way.target, now_secs).await;
        };
        let call = JuryCall::Reveal { keeper: self.ports.signer.address(), epoch: way.at, secret };
        let jury = Arc::clone(&self.ports.jury);
        self.showing.sending = Some(Job::start(&self.showing.done, async move { jury.send(call).await }));
        self.showing.way = Some(way);
        Ok(())
    }

    /// The way to what is to be shown next.
    async fn next_way(&mut self, head: Head, now_secs: u64) -> Result<Option<Way>, ChainError> {
        if self.owed.is_empty() || !self.showing.pause.is_over(now_secs) {
            return Ok(None);
        }
        let times = self.times().await?;
        let due = self.owed.due(&times, head.timestamp_secs, head.number, now_secs);
        if due.is_empty() {
            return Ok(None);
        }
        self.showing.pause = Pause::new(now_secs, SHOW_AGAIN_SECS);
        let record = self.record().await?;
        let way = self.choose(&record, &due, head, now_secs).await?;
        self.showing.pause = Pause::default();
        Ok(way)
    }

    /// Of what is due, that of the chain of now comes first, and of a chain the last one, which shows those before it. What the jury knows needs no showing.
    async fn choose(&mut self, record: &KeeperRecord, due: &[u32], head: Head, now_secs: u64) -> Result<Option<Way>, ChainError> {
        let ShownChain { first, shown, .. } = record.shown;
        if first == 0 {
            // Without a chain there is no bond, and nothing is owed.
            for epoch in due {
                self.settle(self.owed.first_of(*epoch).unwrap_or_default(), *epoch, None, head).await?;
            }
            return Ok(None);
        }
        let (of_now, of_before): (Vec<u32>, Vec<u32>) = due.iter().partition(|epoch| first <= **epoch);
        of_now.iter().for_each(|epoch| self.owed.correct(*epoch, first));
        self.settle(first, shown, None, head).await?;
        if let Some(last) = of_now.last().copied().filter(|last| *last > shown) {
            if self.chain_of(first).await?.is_known_as(&record.shown) {
                return Ok(Some(Way::from(first, shown, last)));
            }
            self.tell(Err(Unfit::OtherSecrets));
            of_now.iter().for_each(|epoch| self.owed.put_off(*epoch, now_secs));
        }
        let last = of_before.last().copied();
        Ok(last.and_then(|last| Some(Way::unknown(self.owed.first_of(last)?, last))))
    }

    /// Takes in what came of the step that was on its way.
    async fn collect(&mut self, head: Head, now_secs: u64) -> Result<(), ChainError> {
        let Some(sent) = finished(&mut self.showing.sending) else { return Ok(()) };
        let Some(way) = self.showing.way.take() else { return Ok(()) };
        if std::mem::take(&mut self.showing.is_outdated) {
            return Ok(());
        }
        match sent {
            Ok(Ok(sent)) => {
                info!(epoch = way.at, transaction = %sent.transaction, gas = sent.gas_used, "a secret is shown");
                self.reach(way, Some(sent.block_number), head).await
            }
            Ok(Err(error)) if error.class() == Class::Chain || matches!(error, ChainError::Reverted { .. }) => {
                self.refuse(way, &error, head, now_secs).await
            }
            Ok(Err(error)) => {
                self.showing.pause = Pause::new(now_secs, SHOW_AGAIN_SECS);
                Err(error)
            }
            Err(Panicked) => {
                self.owed.put_off(way.target, now_secs);
                Ok(())
            }
        }
    }

    /// The jury has the secret of a step, by a transaction of the block `mined` or by whatever.
    async fn reach(&mut self, way: Way, mined: Option<u64>, head: Head) -> Result<(), ChainError> {
        self.showing.way = way.further();
        if self.showing.way.is_none() {
            self.settle(way.first, way.target, mined, head).await?;
        }
        Ok(())
    }

    /// A step was refused. That says nothing of others. What is to be done then the jury tells itself.
    async fn refuse(&mut self, way: Way, error: &ChainError, head: Head, now_secs: u64) -> Result<(), ChainError> {
        let (epoch, entry) = (way.at, error.entry());
        if *entry == jury::SECRET_KNOWN {
            return self.reach(way, None, head).await;
        }
        if *entry == jury::NO_SECRET && !way.is_known() && way.at == way.target {
            // It is of a chain before those that can be disputed: nothing is owed, unless the node lags.
            return self.settle(way.first, way.target, None, head).await;
        }
        if *entry == price::INPUT_OUT_OF_RANGE
            && let Some(nearer) = way.nearer()
        {
            self.showing.way = Some(nearer);
            return Ok(());
        }
        if error.class() == Class::Chain {
            debug!(epoch, code = error.code(), %error, "the chain has moved on");
        } else {
            warn!(epoch, code = error.code(), %error, next = entry.next, "a secret is refused");
        }
        if *entry == jury::SECRET_WRONG {
            return self.search_chain(way.target, now_secs).await;
        }
        self.owed.put_off(way.target, now_secs);
        Ok(())
    }

    /// The chain of an epoch is another than was thought: the logs tell. The secret is tried again after a while.
    async fn search_chain(&mut self, epoch: u32, now_secs: u64) -> Result<(), ChainError> {
        self.owed.put_off(epoch, now_secs);
        if self.owed.wants_search(epoch) {
            let found = self.search_first_of(epoch).await?;
            if let Some(first) = found {
                self.owe_of(epoch, first).await?;
            }
            self.owed.note_searched(epoch);
        }
        Ok(())
    }

    /// The jury has what shows the secrets of a chain up to the one of `last`. What it has had for long is forgotten.
    async fn settle(&mut self, first: u32, last: u32, mined: Option<u64>, head: Head) -> Result<(), ChainError> {
        for epoch in self.owed.note_known(first, last, mined, head.number) {
            self.forget(epoch).await?;
        }
        Ok(())
    }
}
