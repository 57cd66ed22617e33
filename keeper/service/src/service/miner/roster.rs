//! The rosters in which a miner keeps itself: who is in none is never drawn.

use std::collections::BTreeMap;

use cor_errors::table::jury;
use cor_errors::{Coded as _, Entry};
use cor_ports::ChainError;
use cor_ports::jury::{JuryCall, Times};
use tracing::{info, warn};

use super::Miner;
use crate::machine::pause::Pause;

/// Seconds after which what could not be asked or sent is tried again.
const RETRY_SECS: u64 = 5;

/// What is known of the rosters.
#[derive(Debug, Default)]
pub(super) struct Rosters {
    /// The jury's; they never change.
    times: Option<Times>,
    /// Until the epoch is looked at next, by this miner's clock.
    pause: Pause,
    /// By model, the last epoch in which its roster was seen to.
    seen: BTreeMap<u64, u32>,
    /// By model, what was last said to keep this node out.
    told: BTreeMap<u64, &'static str>,
}

impl Rosters {
    /// The chain may have been rolled back: this node may not be in any more.
    pub(super) fn look_again(&mut self) {
        self.seen.clear();
        self.pause = Pause::default();
    }

    /// Whether this is to be said: it was not the last that was said of the model.
    fn is_news(&mut self, model: u64, code: &'static str) -> bool {
        self.told.insert(model, code) != Some(code)
    }
}

impl Miner {
    /// Enters the rosters in which this node is not: once in an epoch of the chain.
    pub(super) async fn tend_rosters(&mut self) -> Result<(), ChainError> {
        let now = self.now();
        if self.options.models.is_empty() || !self.rosters.pause.is_over(now) {
            return Ok(());
        }
        self.rosters.pause = Pause::new(now, RETRY_SECS);
        let times = match self.rosters.times {
            Some(times) => times,
            None => *self.rosters.times.insert(self.ports.jury.times().await?),
        };
        let time = self.ports.chain.head().await?.timestamp_secs;
        let epoch = times.epoch(time);
        let mut is_done = true;
        for model in self.options.models.clone() {
            if self.rosters.seen.get(&model) == Some(&epoch) {
                continue;
            }
            let is_seen = match self.stay_in(model, epoch).await {
                Ok(()) => true,
                Err(error) => {
                    if self.rosters.is_news(model, error.code()) {
                        let next = error.entry().next;
                        warn!(model, code = error.code(), %error, next, "this node is not in the model's roster; trying again");
                    }
                    error.class().asks_anew()
                }
            };
            if is_seen {
                self.rosters.seen.insert(model, epoch);
            }
            is_done &= is_seen;
        }
        if is_done {
            // The chain's time may stand still for a while.
            self.rosters.pause = Pause::new(now, times.ends(epoch).saturating_sub(time).max(1));
        }
        Ok(())
    }

    /// Enters a roster if this node is out of it and may come in.
    async fn stay_in(&mut self, model: u64, epoch: u32) -> Result<(), ChainError> {
        const BARRED: &Entry = &jury::ENTRY_BARRED;
        let node = self.me();
        let entry = self.ports.jury.roster_entry(node, model).await?;
        if entry.is_in {
            if self.rosters.told.remove(&model).is_some() {
                info!(model, "this node is in the model's roster again");
            }
        } else if entry.barred_until > epoch.saturating_add(1) {
            if self.rosters.is_news(model, BARRED.code) {
                let until = entry.barred_until;
                warn!(model, code = BARRED.code, epoch, until, "this node is out of the model's roster until that epoch");
            }
        } else {
            let sent = self.ports.jury.send(JuryCall::Enter { node, model, epoch }).await?;
            self.rosters.told.remove(&model);
            info!(model, from = epoch.saturating_add(1), transaction = %sent.transaction, "entered the model's roster");
        }
        Ok(())
    }
}
