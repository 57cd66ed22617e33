//! Every error of the interface, at least once, from a call by the account that could make it; all of them can be reached.

use std::collections::BTreeSet;

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{SolCall, SolError},
};
use cor_core::task::eip712::Message;
use cor_sol::session_queue::ISessionQueue::{self as Queue, ISessionQueueErrors, SessionParams};

use super::world::{World, digest, salt, same, submission, terms};

/// Rows that held, by the selector of their error.
struct Table<'a> {
    world: &'a World,
    shown: BTreeSet<[u8; 4]>,
}

impl Table<'_> {
    /// `call` is refused with `error`, all its values included.
    fn row<C: SolCall, E: SolError>(&mut self, from: Address, call: &C, error: E) {
        assert_eq!(self.world.refused(from, call), same(&error), "{}", C::SIGNATURE);
        self.shown.insert(E::SELECTOR);
    }
}

#[tokio::test]
async fn every_error_of_the_interface() {
    let world = World::start().await;
    let mut table = Table { world: &world, shown: BTreeSet::new() };
    access(&mut table);
    sessions_and_tasks(&mut table);
    time(&mut table);
    miners(&mut table);
    reveals(&mut table);
    let missing = ISessionQueueErrors::SELECTORS.iter().filter(|selector| !table.shown.contains(*selector));
    let missing: Vec<_> = missing.filter_map(|selector| ISessionQueueErrors::name_by_selector(*selector)).collect();
    assert!(missing.is_empty(), "no row has {missing:?}");
    let foreign = table.shown.iter().filter(|selector| ISessionQueueErrors::name_by_selector(**selector).is_none());
    assert_eq!(foreign.count(), 0, "the table is of this interface");
}

fn access(table: &mut Table<'_>) {
    let world = table.world;
    let (owner, stranger) = (world.owner(), world.stranger());
    let penalties = Queue::setPenaltiesCall { noReveal: 1, badReveal: 2 };
    table.row(stranger, &penalties, Queue::Unauthorized { caller: stranger, required: owner });
    let nobody = Queue::setKeeperCall { keeper: Address::ZERO, enabled: true };
    table.row(owner, &nobody, Queue::ZeroAddress {});
    world.by(owner, &Queue::setPausedCall { paused: true });
    table.row(world.payer(), &submission(2), Queue::Paused {});
    world.by(owner, &Queue::setPausedCall { paused: false });
}

fn sessions_and_tasks(table: &mut Table<'_>) {
    let world = table.world;
    let payer = world.payer();
    table.row(payer, &submission(9), Queue::UnknownSession { sessionId: 9, latest: 4 });
    table.row(payer, &Queue::endCall { taskId: 1 }, Queue::UnknownTask { taskId: 1, latest: 0 });
    world.by(payer, &Queue::deactivateSessionCall { sessionId: 4 });
    table.row(payer, &submission(4), Queue::SessionInactive { sessionId: 4 });
    let six = Queue::createCall { params: SessionParams { redundant: 6, ..terms(3) } };
    table.row(payer, &six, Queue::EvenReplicas { replicas: 6 });
    let many = Queue::createCall { params: SessionParams { redundant: 9, ..terms(3) } };
    let (value, min, max) = (U256::from(9), U256::from(1), U256::from(7));
    table.row(payer, &many, Queue::InputOutOfRange { field: B256::right_padding_from(b"redundant"), value, min, max });
}

fn time(table: &mut Table<'_>) {
    let world = table.world;
    let task = world.submit(2);
    let (keeper, anyone) = (world.keeper(), world.stranger());
    let deadline = world.solo.chain().now() + 10;
    let assign = Queue::assignTaskCall { taskId: task, miners: world.miners([0, 1, 2]) };
    let end = Queue::endCall { taskId: task };
    let early = Queue::DeadlineNotReached { taskId: task, deadline, timestamp: deadline - 10 };
    table.row(anyone, &end, early);
    table.row(anyone, &Queue::endAckCall { taskId: task }, Queue::WrongPhase { taskId: task, phase: 1, wanted: 2 });
    world.solo.pass(12);
    table.row(keeper, &assign, Queue::DeadlinePassed { taskId: task, deadline, timestamp: deadline + 2 });
    world.by(anyone, &end);
    table.row(anyone, &end, Queue::TaskAlreadyEnded { taskId: task, status: 3 });
}

fn miners(table: &mut Table<'_>) {
    let world = table.world;
    let queued = world.submit(2);
    let two = Queue::assignTaskCall { taskId: queued, miners: world.miners([0, 1]) };
    table.row(world.keeper(), &two, Queue::WrongMinerCount { taskId: queued, given: 2, wanted: 3 });

    let task = world.assigned(2, [0, 1, 2]);
    let (outsider, anyone) = (world.miner(3), world.stranger());
    let ack = Queue::ackCall { taskId: task };
    table.row(outsider, &ack, Queue::NotAssigned { taskId: task, account: outsider });
    let by_another = world.sign_by(1, task, 0, Message::Ack);
    let forged = Queue::ackBySigCall { taskId: task, miners: world.miners([0]), signatures: vec![by_another] };
    table.row(anyone, &forged, Queue::InvalidSignature { signer: world.miner(1), expected: world.miner(0) });
    let uneven = Queue::ackBySigCall { signatures: vec![Bytes::new(); 2], ..forged };
    table.row(anyone, &uneven, Queue::LengthMismatch { left: 1, right: 2, limit: 7 });
    world.by(anyone, &world.acks(task, &[0, 1]));
    table.row(world.miner(1), &ack, Queue::AlreadyDone { taskId: task, miner: world.miner(1) });
    world.solo.pass(20);
    world.by(anyone, &Queue::endAckCall { taskId: task });
    let late = Queue::precommitCall { taskId: task, commitment: digest("A") };
    table.row(world.miner(2), &late, Queue::MissedPhase { taskId: task, miner: world.miner(2), phase: 2 });
    let nothing = Queue::precommitCall { taskId: task, commitment: B256::ZERO };
    table.row(world.miner(0), &nothing, Queue::EmptyCommitment { taskId: task, miner: world.miner(0) });
}

fn reveals(table: &mut Table<'_>) {
    let world = table.world;
    let task = world.bound(2, [3, 4, 5], ["A", "A", "A"]);
    let (miner, anyone) = (world.miner(3), world.stranger());
    let wrong_salt = Queue::commitCall { taskId: task, resultDigest: digest("A"), salt: salt(4) };
    let committed = world.commitment(task, 3, "A");
    let computed = world.binding(task, 3).commitment(digest("A"), salt(4));
    table.row(miner, &wrong_salt, Queue::RevealMismatch { taskId: task, miner, committed, computed });
    table.row(anyone, &world.report(task, 3, "A"), Queue::RevealIsGood { taskId: task, miner });
}
