//! What the lane costs in gas: three miners, messages relayed by the keeper, from the session to the payout, everything included.

use alloy::{primitives::Address, sol_types::SolCall};
use cor_kit::goldens::Gas;
use cor_sol::session_queue::ISessionQueue as Queue;

use super::world::{World, digest, salt, submission, terms};

/// Measured on a network that has carried a task before, since the first one pays for what everybody earns for the first time.
#[tokio::test]
async fn golden_gas_of_the_lane() {
    let world = World::start().await;
    carry(&world, &mut Gas::new());
    let mut gas = Gas::new();
    let opened = world.by(world.payer(), &Queue::createCall { params: terms(3) });
    gas.used("create", opened.gas_used);
    carry(&world, &mut gas);
    alone(&world, &mut gas);
    in_vain(&world, &mut gas);
    gas.assert_golden("session-queue");
}

fn measure<C: SolCall>(world: &World, gas: &mut Gas, name: &str, from: Address, call: &C) {
    gas.used(name, world.by(from, call).gas_used);
}

/// By signatures of three miners.
fn carry(world: &World, gas: &mut Gas) {
    let crew = [0, 1, 2];
    let answers = ["A", "A", "A"];
    let keeper = world.keeper();
    let submitted = world.by(world.payer(), &submission(2));
    gas.used("submit", submitted.gas_used);
    let task = submitted.returned;
    let assign = Queue::assignTaskCall { taskId: task, miners: world.miners(crew) };
    measure(world, gas, "assignTask: 3", keeper, &assign);
    measure(world, gas, "ackBySig: 3", keeper, &world.acks(task, &crew));
    measure(world, gas, "precommitBySig: 3", keeper, &world.precommits(task, &crew, &answers));
    measure(world, gas, "commitBySig: 3", keeper, &world.commits(task, &crew, &answers));
    measure(world, gas, "end: 3 paid", keeper, &Queue::endCall { taskId: task });
}

/// By the transactions of one miner, neither the first nor the last of its phase.
fn alone(world: &World, gas: &mut Gas) {
    let task = world.assigned(2, [0, 1, 2]);
    let miner = world.miner(1);
    world.by(world.keeper(), &world.acks(task, &[0]));
    measure(world, gas, "ack", miner, &Queue::ackCall { taskId: task });
    world.by(world.keeper(), &world.acks(task, &[2]));
    world.by(world.keeper(), &world.precommits(task, &[0], &["A"]));
    let commitment = world.commitment(task, 1, "A");
    measure(world, gas, "precommit", miner, &Queue::precommitCall { taskId: task, commitment });
    world.by(world.keeper(), &world.precommits(task, &[2], &["A"]));
    measure(world, gas, "reportBadReveal", world.stranger(), &world.report(task, 0, "B"));
    let commit = Queue::commitCall { taskId: task, resultDigest: digest("A"), salt: salt(1) };
    measure(world, gas, "commit", miner, &commit);
    world.solo.pass(40);
    measure(world, gas, "end: 2 slashed", world.stranger(), &Queue::endCall { taskId: task });
}

/// Closing what nobody served.
fn in_vain(world: &World, gas: &mut Gas) {
    let (queued, asked) = (world.submit(2), world.assigned(2, [3, 4, 5]));
    world.by(world.keeper(), &world.acks(asked, &[3, 4]));
    world.solo.pass(20);
    measure(world, gas, "end: never assigned", world.stranger(), &Queue::endCall { taskId: queued });
    measure(world, gas, "endAck", world.stranger(), &Queue::endAckCall { taskId: asked });
    world.by(world.keeper(), &world.precommits(asked, &[3], &["A"]));
    world.solo.pass(30);
    measure(world, gas, "endPrecommit", world.stranger(), &Queue::endPrecommitCall { taskId: asked });
    measure(world, gas, "end: no quorum", world.stranger(), &Queue::endCall { taskId: asked });
}
