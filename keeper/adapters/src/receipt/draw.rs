//! Whether the crew is the one that was drawn, by what the jury keeps. No IO: what is missing is asked for, slot by slot, as a roster has many and a draw few.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, keccak256};
use cor_core::task::jury::draw::{self, Drawable};
use cor_ports::jury::{RosterSlot, ShownChain};
use cor_wire::{name::DrawVerdict, receipt::DrawEvidence};

/// A keeper's secret of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    /// It was shown.
    Shown(B256),
    /// It was not.
    Hidden,
    /// The keeper committed to none.
    None,
}

/// The logs of a keeper's chains, in the order of the network's chain. The jury forgets chains: of who renewed twice, withdrew its bond or lost it.
#[derive(Debug, Default)]
pub(super) struct ChainLogs {
    /// The first epoch of each chain.
    pub(super) begun: Vec<u32>,
    /// Epochs whose secrets were shown, and those, since the submission.
    pub(super) shown: Vec<(u32, B256)>,
}

/// The secret of an epoch out of the chain that a keeper has now; `None` if that one is not of this epoch.
pub(super) fn secret_now(chain: &ShownChain, epoch: u32) -> Option<Secret> {
    chain.covers(epoch).then(|| known(&[(chain.shown, chain.head)], epoch))
}

/// The secret of an epoch out of all that a keeper ever said.
pub(super) fn secret_ever(logs: &ChainLogs, epoch: u32) -> Secret {
    let Some(last) = logs.begun.iter().rposition(|first| *first <= epoch) else { return Secret::None };
    // What was shown of the next chain says nothing of this one.
    let next = logs.begun.get(last.saturating_add(1)).copied();
    let own: Vec<_> = logs.shown.iter().copied().filter(|(shown, _)| next.is_none_or(|next| *shown < next)).collect();
    known(&own, epoch)
}

/// A secret that was shown shows those before it, by a hash for each.
fn known(shown: &[(u32, B256)], epoch: u32) -> Secret {
    let after = shown.iter().filter_map(|(shown, secret)| Some((shown.checked_sub(epoch)?, *secret)));
    after
        .min_by_key(|(steps, _)| *steps)
        .map_or(Secret::Hidden, |(steps, secret)| Secret::Shown((0..steps).fold(secret, |secret, _| keccak256(secret))))
}

/// What a task's draw depends on but for the keeper's secret.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    pub(super) task: B256,
    /// Of the block that holds the submission.
    pub(super) block_hash: B256,
    /// Of the submission.
    pub(super) epoch: u32,
    /// Whom the keeper brought, by replica.
    pub(super) crew: Vec<Address>,
    /// Whom the keeper found absent from the task.
    pub(super) absent: Vec<Address>,
    /// Slots of the roster in the epoch.
    pub(super) length: u32,
    /// Those that were read; `None` where there is no slot.
    pub(super) slots: BTreeMap<u32, Option<RosterSlot>>,
}

/// What comes of a draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// This slot must be read first.
    Missing(u32),
    /// A slot that was drawn is another node's by now.
    Forgotten,
    /// Who was drawn, by replica; fewer than the crew if the roster had too few.
    Drawn(Vec<Address>),
}

impl Draw {
    /// Draws anew.
    pub(super) fn by(&self, secret: B256) -> Outcome {
        let mut stopped = None;
        let seed = draw::seed(secret, self.block_hash, self.task);
        let wanted = u8::try_from(self.crew.len()).unwrap_or(u8::MAX);
        let drawn = draw::draw(seed, self.length, wanted, |number| {
            if stopped.is_some() {
                return None;
            }
            let Some(read) = self.slots.get(&number) else {
                stopped = Some(Outcome::Missing(number));
                return None;
            };
            let RosterSlot { slot, operator } = (*read)?;
            // A slot that the roster had in the epoch was somebody's by then.
            if slot.from > self.epoch {
                stopped = Some(Outcome::Forgotten);
                return None;
            }
            let is_absent = || self.absent.contains(&slot.node);
            let can_be_drawn = slot.is_active(self.epoch) && !draw::is_passed_over(slot.node, &self.crew, is_absent);
            can_be_drawn.then_some(Drawable { node: slot.node, operator })
        });
        stopped.unwrap_or(Outcome::Drawn(drawn))
    }

    /// What a draw that was decided says of the crew.
    pub(super) fn evidence(&self, secret: B256, drawn: Option<Vec<Address>>) -> DrawEvidence {
        let first_difference = drawn.as_ref().and_then(|drawn| draw::first_difference(&self.crew, drawn)).map(|(seat, _)| seat);
        let verdict = match (&drawn, first_difference) {
            (None, _) => DrawVerdict::RosterForgotten,
            (Some(_), None) => DrawVerdict::AsDrawn,
            (Some(_), Some(_)) => DrawVerdict::OtherCrew,
        };
        let (block_hash, secret) = (self.block_hash, Some(secret));
        DrawEvidence { verdict, block_hash, secret, called_until: None, drawn, first_difference }
    }
}

/// What can be said without a secret.
pub(super) const fn without(verdict: DrawVerdict, block_hash: B256, called_until: Option<u64>) -> DrawEvidence {
    DrawEvidence { verdict, block_hash, secret: None, called_until, drawn: None, first_difference: None }
}
