//! Which secrets are owed, and when one is looked after: without IO.

use std::collections::BTreeMap;

use cor_core::limits::SECRET_STEPS_MAX;
use cor_ports::jury::Times;

use super::SHOW_AGAIN_SECS;
use crate::machine::pause::Pause;
use crate::service::follow::REPLACED_BLOCKS_MAX;

/// How often the wait for a secret doubles: to 32 minutes, of which there are fifty in the time that a call leaves.
const PUT_OFF_DOUBLINGS_MAX: u32 = 7;

/// A secret that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Debt {
    /// The first epoch of its chain.
    first: u32,
    /// A block that had it shown, as far as is known; `None`: it is to be shown.
    known_at: Option<u64>,
    /// Until it is looked after again.
    pause: Pause,
    /// How often it was put off since it was heard of, or since a rollback: each time for twice as long.
    put_off: u32,
    /// Whether its chain was looked for in the logs since the start.
    is_searched: bool,
}

/// What is owed, by epoch.
#[derive(Debug, Default)]
pub(super) struct Owed(BTreeMap<u32, Debt>);

impl Owed {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, epoch: u32) -> bool {
        self.0.contains_key(&epoch)
    }

    /// An epoch's secret is owed, of the chain that begins in `first`.
    pub(super) fn add(&mut self, epoch: u32, first: u32) {
        self.0.entry(epoch).or_insert(Debt { first, known_at: None, pause: Pause::default(), put_off: 0, is_searched: false });
    }

    pub(super) fn remove(&mut self, epoch: u32) {
        self.0.remove(&epoch);
    }

    /// Where the chain of an owed epoch begins.
    pub(super) fn first_of(&self, epoch: u32) -> Option<u32> {
        self.0.get(&epoch).map(|debt| debt.first)
    }

    /// The epochs to look after now, of those that have ended: what is not shown, and what was shown so long ago that no rollback is feared any more.
    pub(super) fn due(&self, times: &Times, chain_secs: u64, head: u64, now_secs: u64) -> Vec<u32> {
        let is_due = |(epoch, debt): &(&u32, &Debt)| {
            times.ends(**epoch) <= chain_secs
                && debt.pause.is_over(now_secs)
                && debt.known_at.is_none_or(|known_at| is_settled(known_at, head))
        };
        self.0.iter().filter(is_due).map(|(epoch, _)| *epoch).collect()
    }

    /// An epoch is of the chain that begins in `first`, whatever was thought of it.
    pub(super) fn correct(&mut self, epoch: u32, first: u32) {
        if let Some(debt) = self.0.get_mut(&epoch) {
            debt.first = first;
        }
    }

    /// Whether the chain of an epoch is to be looked for in the logs: once, as that asks for all of them.
    pub(super) fn wants_search(&self, epoch: u32) -> bool {
        self.0.get(&epoch).is_some_and(|debt| !debt.is_searched)
    }

    /// The chain of an epoch was found in the logs, or none was.
    pub(super) fn note_searched(&mut self, epoch: u32) {
        if let Some(debt) = self.0.get_mut(&epoch) {
            debt.is_searched = true;
        }
    }

    /// An epoch is left alone for a while, which doubles: what is refused only once it is mined costs gas each time. The others are not.
    pub(super) fn put_off(&mut self, epoch: u32, now_secs: u64) {
        if let Some(debt) = self.0.get_mut(&epoch) {
            let secs = SHOW_AGAIN_SECS * 2_u64.pow(debt.put_off.min(PUT_OFF_DOUBLINGS_MAX));
            (debt.pause, debt.known_at) = (Pause::new(now_secs, secs), None);
            debt.put_off = debt.put_off.saturating_add(1);
        }
    }

    /// The jury has what shows the secrets of the chain from `first` to `last`, by a transaction of the block `mined`, or by whatever. Returns which of them are owed
    /// no more: those that it had so long ago already that no rollback is feared any more.
    pub(super) fn note_known(&mut self, first: u32, last: u32, mined: Option<u64>, head: u64) -> Vec<u32> {
        let mut settled = Vec::new();
        for (epoch, debt) in self.0.range_mut(..=last).filter(|(_, debt)| debt.first == first) {
            let known_at = mined.or(debt.known_at).unwrap_or(head);
            debt.known_at = Some(known_at);
            if is_settled(known_at, head) {
                settled.push(*epoch);
            }
        }
        settled
    }

    /// The chain was rolled back: what it had it may not have any more.
    pub(super) fn unsettle(&mut self) {
        for debt in self.0.values_mut() {
            (debt.known_at, debt.pause, debt.put_off) = (None, Pause::default(), 0);
        }
    }
}

/// Whether no rollback is feared that takes back what this block has.
const fn is_settled(block: u64, head: u64) -> bool {
    block.saturating_add(REPLACED_BLOCKS_MAX) <= head
}

/// How the secret of an epoch gets to the jury, which takes a limited number of steps at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// The first epoch of the chain.
    pub(super) first: u32,
    /// Whose secret is owed.
    pub(super) target: u32,
    /// Whose secret is shown now.
    pub(super) at: u32,
    /// Whether it is known how far the chain is shown. Else what is too far is tried nearer.
    is_known: bool,
}

impl Way {
    /// In a chain of which the jury tells how far it was shown.
    pub(super) fn from(first: u32, shown: u32, target: u32) -> Self {
        Self { first, target, at: target.min(shown.saturating_add(SECRET_STEPS_MAX)), is_known: true }
    }

    /// In a chain of which it does not: by the longest steps down from the target to where it takes one, and up again. No other way takes fewer transactions; what is
    /// refused costs nothing.
    pub(super) const fn unknown(first: u32, target: u32) -> Self {
        Self { first, target, at: target, is_known: false }
    }

    /// Whether it is known how far the chain is shown.
    pub(super) const fn is_known(&self) -> bool {
        self.is_known
    }

    /// What to show after the jury has the secret of now; `None`: it is the last one.
    pub(super) fn further(self) -> Option<Self> {
        let at = self.target.min(self.at.saturating_add(SECRET_STEPS_MAX));
        (self.at < self.target).then_some(Self { at, is_known: true, ..self })
    }

    /// What to show if that of now is too far; `None`: it cannot be.
    pub(super) fn nearer(self) -> Option<Self> {
        let at = self.at.checked_sub(SECRET_STEPS_MAX).filter(|at| !self.is_known && *at >= self.first)?;
        Some(Self { at, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times =
        Times { epoch_secs: 60, reveal_secs: 108_000, answer_secs: 30, dispute_secs: 1_036_800, absence_epochs: 300 };
    /// A second in which the epoch 20 has not ended, and the one before has.
    const SECS: u64 = 1_200;

    fn owed(debts: &[(u32, u32)]) -> Owed {
        let mut owed = Owed::default();
        debts.iter().for_each(|(epoch, first)| owed.add(*epoch, *first));
        owed
    }

    #[test]
    fn what_has_ended_is_due_until_the_jury_knows_it_and_once_more_when_it_has_for_long() {
        let mut owed = owed(&[(16, 10), (18, 10), (20, 10)]);
        assert_eq!(owed.due(&TIMES, SECS, 500, 1), [16, 18]);
        assert_eq!(owed.note_known(10, 18, Some(501), 500), Vec::<u32>::new());
        assert_eq!(owed.due(&TIMES, SECS, 564, 1), Vec::<u32>::new());
        assert_eq!(owed.due(&TIMES, SECS, 565, 1), [16, 18]);
        assert_eq!(owed.note_known(10, 18, None, 565), [16, 18]);
        owed.unsettle();
        assert_eq!(owed.due(&TIMES, SECS, 565, 1), [16, 18]);
    }

    #[test]
    fn a_transaction_that_is_in_another_block_now_counts_from_there() {
        let mut owed = owed(&[(16, 10)]);
        owed.note_known(10, 16, Some(501), 500);
        assert_eq!(owed.note_known(10, 16, Some(540), 565), Vec::<u32>::new());
        owed.add(17, 10);
        assert_eq!(owed.note_known(10, 17, Some(541), 604), Vec::<u32>::new(), "with those that it shows too");
        assert_eq!(owed.note_known(10, 17, None, 605), [16, 17]);
    }

    #[test]
    fn what_is_known_of_a_chain_says_nothing_of_another_nor_of_later_epochs() {
        let mut owed = owed(&[(15, 9), (16, 10), (17, 10)]);
        owed.note_known(10, 16, None, 500);
        assert_eq!(owed.due(&TIMES, SECS, 500, 1), [15, 17]);
    }

    #[test]
    fn what_is_put_off_holds_up_nothing_else() {
        let mut owed = owed(&[(16, 10), (18, 10)]);
        owed.put_off(18, 1_000);
        assert_eq!(owed.due(&TIMES, SECS, 500, 1_014), [16]);
        assert_eq!(owed.due(&TIMES, SECS, 500, 1_015), [16, 18]);
    }

    #[test]
    fn what_is_put_off_again_and_again_waits_for_twice_as_long_each_time_up_to_half_an_hour() {
        let mut owed = owed(&[(16, 10)]);
        for secs in [15, 30, 60, 120, 240, 480, 960, 1_920, 1_920, 1_920] {
            owed.put_off(16, 1_000);
            assert_eq!(owed.due(&TIMES, SECS, 500, 999 + secs), Vec::<u32>::new(), "{secs}");
            assert_eq!(owed.due(&TIMES, SECS, 500, 1_000 + secs), [16], "{secs}");
        }
        owed.unsettle();
        owed.put_off(16, 1_000);
        assert_eq!(owed.due(&TIMES, SECS, 500, 1_015), [16], "from the beginning");
    }

    /// Against a chain of which some is shown: how often it is tried, and how often with success.
    #[test]
    fn fewest_transactions_show_a_secret() {
        const STEP: u32 = SECRET_STEPS_MAX;
        let target = 9 + 2 * STEP + 6;
        for (shown, tries, sends) in [(9, 5, 3), (target - 2 * STEP, 3, 2), (target - STEP, 1, 1), (target - 1, 1, 1)] {
            for is_known in [false, true] {
                let (mut known, mut tried, mut sent) = (shown, 0, 0);
                let mut way = Some(if is_known { Way::from(10, shown, target) } else { Way::unknown(10, target) });
                while let Some(now) = way {
                    tried += 1;
                    way = if now.at - known > STEP {
                        now.nearer()
                    } else {
                        (known, sent) = (now.at, sent + 1);
                        now.further()
                    };
                }
                assert_eq!((known, sent), (target, sends), "{shown}");
                assert_eq!(tried, if is_known { sends } else { tries }, "{shown}");
            }
        }
        assert_eq!(Way::unknown(10, STEP + 9).nearer(), None, "before the chain there is nothing");
        assert_eq!(Way::unknown(10, 3 * STEP).further(), None);
        assert_eq!(Way::from(10, 9, 3 * STEP).nearer(), None, "the node lags: not round and round");
    }
}
