//! What the events say is enough to know the roster of any epoch: nodes come and go by chance, over slots that are used again.

#![allow(clippy::print_stdout, reason = "a run can be repeated, and its figures are read")]

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, LogData},
    sol_types::SolEvent,
};
use cor_kit::{Seed, cases, solo::Refused};
use cor_sol::{ContractError, jury::IJury};
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::world::{DISPUTE_SECS, EPOCH_SECS, MODEL, NODES, World, epoch_of};

/// Steps of a run, each a transaction or some time.
const STEPS: u32 = 220;

/// A roster known from logs alone: of each slot whose it was, from when until when.
#[derive(Default)]
struct Rebuilt {
    #[allow(clippy::type_complexity)]
    slots: Vec<Vec<(Address, Address, u32, Option<u32>)>>,
    lengths: BTreeMap<u32, usize>,
}

impl Rebuilt {
    fn follow(&mut self, log: &LogData) {
        if let Ok(taken) = IJury::SlotTaken::decode_log_data(log) {
            let slot = usize::try_from(taken.slot).expect("few slots");
            if slot == self.slots.len() {
                self.slots.push(vec![]);
                self.lengths.insert(taken.from, slot + 1);
            }
            self.slots[slot].push((taken.node, taken.operator, taken.from, None));
        }
        if let Ok(closed) = IJury::SlotClosed::decode_log_data(log) {
            let slot = usize::try_from(closed.slot).expect("few slots");
            let last = self.slots[slot].last_mut().expect("it was taken");
            assert_eq!((last.0, last.3), (closed.node, None));
            last.3 = Some(closed.until);
        }
    }

    fn length(&self, epoch: u32) -> usize {
        self.lengths.range(..=epoch).next_back().map_or(0, |(_, length)| *length)
    }

    /// Who was in, by slot.
    fn active(&self, epoch: u32) -> Vec<Option<(Address, Address)>> {
        let slots = self.slots.iter().take(self.length(epoch));
        slots
            .map(|spans| {
                let span = spans.iter().find(|(_, _, from, until)| *from <= epoch && until.is_none_or(|until| epoch < until));
                span.map(|(node, operator, _, _)| (*node, *operator))
            })
            .collect()
    }
}

/// As the contract shows it.
fn shown(world: &World, epoch: u32) -> Vec<Option<(Address, Address)>> {
    let length = world.get(&IJury::lengthOfCall { model: MODEL, epoch });
    let slots = (0..length).map(|slot| world.slot(MODEL, slot));
    slots
        .map(|slot| {
            let is_in = slot.from <= epoch && (slot.until == 0 || epoch < slot.until);
            is_in.then_some((slot.node, slot.operator))
        })
        .collect()
}

#[tokio::test]
async fn events_are_enough_to_know_every_roster() {
    let world = World::before_opening().await;
    let seed = Seed::fresh_or_given();
    println!("{seed}");
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let mut below = |bound: u64| {
        use proptest::prelude::Rng as _;
        rng.next_u64() % bound
    };
    let mut rebuilt = Rebuilt::default();
    let (mut entered, mut left, mut refused) = (0, 0, 0);
    for _ in 0..cases(STEPS) {
        let index = usize::try_from(below(NODES as u64)).expect("small");
        let node = world.node(index);
        let outcome = match below(10) {
            0..=4 => world.solo.transact(node, world.jury, enter(node)),
            5 | 6 => world.solo.transact(node, world.jury, leave(node)),
            7 | 8 => {
                world.solo.pass(below(u64::from(EPOCH_SECS) * 40));
                continue;
            }
            _ => {
                world.solo.pass(below(u64::from(DISPUTE_SECS)));
                continue;
            }
        };
        match outcome {
            Ok(done) => {
                done.logs.iter().for_each(|(_, log)| rebuilt.follow(log));
                let taken = done.logs.iter().any(|(_, log)| IJury::SlotTaken::decode_log_data(log).is_ok());
                (entered, left) = (entered + usize::from(taken), left + usize::from(!taken));
            }
            Err(Refused::Known(ContractError::InRoster(_) | ContractError::NotInRoster(_) | ContractError::EntryBarred(_))) => {
                refused += 1
            }
            Err(other) => panic!("{other:?}, {seed}"),
        }
        let now = world.now();
        // All that a dispute can ask for, and the next.
        let oldest = epoch_of(now - u64::from(DISPUTE_SECS) + u64::from(EPOCH_SECS));
        for epoch in [epoch_of(now) + 1, epoch_of(now), epoch_of(now - 86_400), epoch_of(now - 6 * 86_400), oldest] {
            assert_eq!(shown(&world, epoch), rebuilt.active(epoch), "epoch {epoch} at {now}, {seed}");
        }
    }
    let again = rebuilt.slots.iter().filter(|spans| spans.len() > 1).count();
    println!("{entered} entered, {left} left, {refused} refused, {again} of {} slots used again", rebuilt.slots.len());
    assert!(entered > 10 && left > 5 && again > 0, "{seed}");
}

fn enter(node: Address) -> Vec<u8> {
    alloy::sol_types::SolCall::abi_encode(&IJury::enterCall { node, model: MODEL })
}

fn leave(node: Address) -> Vec<u8> {
    alloy::sol_types::SolCall::abi_encode(&IJury::leaveCall { node, model: MODEL })
}
