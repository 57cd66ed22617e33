//! Rosters and times.

use alloy_primitives::Address;
use proptest::prelude::*;

use super::book::{Book, TIMES, address};
use crate::task::TermsError;
use crate::task::jury::{Change, Closed, Entry, Exit, JuryError, Rolls as _, Slot, Times};
use crate::task::lane::LaneConfig;

const DAY: u32 = 86_400;

#[test]
fn times_have_bounds_and_a_relation() {
    assert_eq!(TIMES.check(), Ok(()));
    // Three phases of a day each and a last call of thirty hours, three closings that are kept out for a day, an epoch, twice the secret's time, and a day for each step of the dispute.
    let least = 3 * DAY + 108_000 + 3 * DAY + 600 + 2 * 108_000 + 2 * DAY;
    let table = [
        (Times { epoch_secs: 59, ..TIMES }, "epochSecs", 59, 60, 86_400),
        (Times { epoch_secs: 86_401, ..TIMES }, "epochSecs", 86_401, 60, 86_400),
        (Times { reveal_secs: 107_999, ..TIMES }, "revealSecs", 107_999, 108_000, 172_800),
        (Times { answer_secs: 29, ..TIMES }, "answerSecs", 29, 30, 3_600),
        (Times { answer_secs: 3_601, ..TIMES }, "answerSecs", 3_601, 30, 3_600),
        (Times { dispute_secs: least - 1, ..TIMES }, "disputeSecs", least - 1, least, 60 * DAY),
        (Times { dispute_secs: 60 * DAY + 1, ..TIMES }, "disputeSecs", 60 * DAY + 1, least, 60 * DAY),
        // Of epochs of a minute, 32,766.
        (
            Times { epoch_secs: 60, dispute_secs: 23 * DAY, absence_epochs: 1_000, ..TIMES },
            "disputeSecs",
            23 * DAY,
            least - 540,
            32_766 * 60,
        ),
        // Twelve days by 64 stays away of 600 s an epoch: 27.
        (Times { absence_epochs: 26, ..TIMES }, "absenceEpochs", 26, 27, 4_320),
        (Times { absence_epochs: 4_321, ..TIMES }, "absenceEpochs", 4_321, 27, 4_320),
    ];
    for (times, field, value, min, max) in table {
        let [value, min, max] = [value, min, max].map(u64::from);
        assert_eq!(times.check(), Err(TermsError::OutOfRange { field, value, min, max }));
    }
    for times in [
        Times { dispute_secs: least, ..TIMES },
        Times { dispute_secs: 60 * DAY, absence_epochs: 135, ..TIMES },
        Times { epoch_secs: 60, dispute_secs: 32_766 * 60, absence_epochs: 600, ..TIMES },
        Times { epoch_secs: DAY, reveal_secs: 2 * DAY, dispute_secs: 60 * DAY, absence_epochs: 1, answer_secs: 30 },
    ] {
        assert_eq!(times.check(), Ok(()), "{times:?}");
    }
}

/// A lie costs no less than silence, neither more than a tenth of a stake, and a keeper has no more than its line.
#[test]
fn what_the_lane_is_told_has_bounds() {
    let most = 1_000_000_000_000;
    let config =
        |no_reveal, bad_reveal, no_result_gas_cap_bps| LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, paused: false };
    let refused = |field, value, min, max| Err(TermsError::OutOfRange { field, value, min, max });
    assert_eq!((config(0, 0, 0).check(), config(most, most, 10_000).check()), (Ok(()), Ok(())));
    assert_eq!(config(most + 1, most, 0).check(), refused("noReveal", most + 1, 0, most));
    assert_eq!(config(5, 4, 0).check(), refused("badReveal", 4, 5, most));
    assert_eq!(config(5, most + 1, 0).check(), refused("badReveal", most + 1, 5, most));
    assert_eq!(config(0, 0, 10_001).check(), refused("noResultGasCapBps", 10_001, 0, 10_000));
}

#[test]
fn epochs_are_numbered_by_the_time() {
    for (time, epoch) in [(0, 0), (599, 0), (600, 1), (1_800_000_000, 3_000_000), (u64::MAX, u32::MAX)] {
        assert_eq!(TIMES.epoch(time), epoch, "{time}");
    }
    assert_eq!((TIMES.starts(5), TIMES.ends(5)), (3_000, 3_600));
    assert_eq!((TIMES.settled(5, 3_000 + 12 * 86_400 - 1), TIMES.settled(5, 3_000 + 12 * 86_400)), (false, true));
}

/// What is done in an epoch acts from the next on: a node that learns something in an epoch is neither in nor out of its roster by it.
#[test]
fn a_roster_is_closed_when_its_epoch_begins() {
    let mut book = Book::default();
    let now = TIMES.starts(100);
    let slot = book.enter(address(1), address(1), now, &TIMES).unwrap();
    assert_eq!((slot, book.length(100), book.length(101)), (0, 0, 1));
    assert_eq!((book.drawable(0, 100).is_some(), book.drawable(0, 101).is_some()), (false, true));
    assert_eq!(book.enter(address(1), address(1), now, &TIMES), Err(JuryError::InRoster));
    let last_second = TIMES.starts(102) - 1;
    book.leave(address(1), last_second, &TIMES);
    assert_eq!((book.drawable(0, 101).is_some(), book.drawable(0, 102).is_some()), (true, false));
    // Back not before the absence is over: it can be drawn from epoch 138 on, for which it enters in 137.
    let back = |epoch| book.clone().enter(address(1), address(1), TIMES.starts(epoch), &TIMES);
    assert_eq!(back(101), Err(JuryError::Barred { until: 138 }));
    assert_eq!(back(136), Err(JuryError::Barred { until: 138 }));
    assert_eq!(back(137), Ok(1), "the slot that it left is not free yet");
}

/// Whoever goes stays out for a while, but for software that the pool's owner finds too old; who is out already gets no bar by what comes later.
#[test]
fn a_node_is_barred_for_what_it_did_while_it_was_in() {
    let now = TIMES.starts(100);
    for (exit, number, barred_until, has_left) in [
        (Exit::Left, 0, 137, true),
        (Exit::Struck, 1, 137, false),
        (Exit::Dismissed, 2, 137, true),
        (Exit::Outdated, 3, 101, false),
    ] {
        let mut book = Book::default();
        book.enter(address(1), address(1), TIMES.starts(99), &TIMES).unwrap();
        let closed = Closed { slot: 0, until: 101, barred_until };
        assert_eq!(book.exit(address(1), exit, now, &TIMES), Some(closed));
        let entry = Entry { slot: Some(0), barred_until, has_left };
        assert_eq!((book.entry(address(1)), exit.number()), (entry, number));
        assert_eq!(book.exit(address(1), Exit::Dismissed, TIMES.starts(120), &TIMES), None);
        assert_eq!(book.entry(address(1)), entry, "it is out");
        assert_eq!(book.enter(address(1), address(1), TIMES.starts(136), &TIMES), Ok(1));
        assert!(!book.entry(address(1)).has_left);
    }
    let mut stranger = Book::default();
    assert_eq!(stranger.exit(address(2), Exit::Dismissed, now, &TIMES), None);
    assert_eq!(stranger.entry(address(2)), Entry::default(), "it was never in");
}

/// A slot is somebody else's only when no dispute can ask whose it was.
#[test]
fn slots_are_used_again_in_the_order_in_which_they_were_left() {
    let mut book = Book::default();
    let start = TIMES.starts(100);
    for node in 1..=3 {
        book.enter(address(node), address(node), start, &TIMES).unwrap();
    }
    book.leave(address(2), start, &TIMES);
    book.leave(address(1), start + 600, &TIMES);
    // Slot 1 was left for epoch 101, slot 0 for 102.
    let free = TIMES.starts(101) + 12 * 86_400;
    let enter = |book: &mut Book, node, now| book.enter(address(node), address(node), now, &TIMES).unwrap();
    assert_eq!(enter(&mut book.clone(), 9, free - 1), 3);
    let mut later = book.clone();
    assert_eq!((enter(&mut later, 9, free), enter(&mut later, 10, free)), (1, 3));
    let mut later = book;
    assert_eq!([9, 10, 11].map(|node| enter(&mut later, node, free + 600)), [1, 0, 3]);
    // Who left before has lost its slot, and comes back to another.
    assert!(!later.is_in(address(1)));
    assert_eq!(enter(&mut later, 1, free + 600), 4);
    assert_eq!(later.length(TIMES.epoch(free) + 2), 5);
}

#[test]
fn what_is_zero_is_nobody() {
    assert_eq!(Slot::default().node, Address::ZERO);
    assert!(!Slot::default().is_free(u64::MAX, &TIMES), "never left, so never free");
    assert_eq!(Entry::default().enter(false, 0, &TIMES), Ok(1));
}

proptest! {
    #[test]
    fn the_length_is_that_of_the_last_change_before(steps in prop::collection::vec((1..9_u32, 1..5_u32), 0..40), epoch in 0..200_u32) {
        let changes: Vec<Change> = steps.iter().scan((0, 0), |(at, length), (later, more)| {
            (*at, *length) = (*at + later, *length + more);
            Some(Change { from: *at, length: *length })
        }).collect();
        let expected = changes.iter().rev().find(|change| change.from <= epoch).map_or(0, |change| change.length);
        let book = Book::of_changes(changes);
        prop_assert_eq!(book.length(epoch), expected);
        prop_assert!(book.looks() <= 7);
    }
}
