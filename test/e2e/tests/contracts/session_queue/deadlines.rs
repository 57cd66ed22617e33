//! With no help from keeper or miners every task ends by its deadlines, by calls of anyone, and what was not earned comes back.

use alloy::{primitives::U256, sol_types::SolEvent};
use cor_kit::solo::START_SECS;
use cor_sol::session_queue::ISessionQueue as Queue;

use super::world::{SECS, World, same};

/// The call that `closable` names, by somebody who has nothing to do with the task.
fn close(world: &World, task: u64) -> Option<u8> {
    let stranger = world.stranger();
    match world.closable(task) {
        1 => drop(world.by(stranger, &Queue::endAckCall { taskId: task })),
        2 => drop(world.by(stranger, &Queue::endPrecommitCall { taskId: task })),
        3 => return Some(world.by(stranger, &Queue::endCall { taskId: task }).returned),
        _ => {}
    }
    None
}

fn secs(phase: usize) -> u64 {
    u64::from(SECS[phase])
}

#[tokio::test]
async fn a_task_that_nobody_assigns_expires_with_a_full_refund() {
    let world = World::start().await;
    let before = world.available();
    let task = world.submit(2);
    let end = Queue::endCall { taskId: task };
    world.solo.pass(secs(0) - 1);
    assert_eq!(world.closable(task), 0);
    let (deadline, timestamp) = (START_SECS + 10, START_SECS + 9);
    let early = same(&Queue::DeadlineNotReached { taskId: task, deadline, timestamp });
    assert_eq!(world.refused(world.stranger(), &end), early);
    world.solo.pass(1);
    let assign = Queue::assignTaskCall { taskId: task, miners: world.miners([0, 1, 2]) };
    let late = same(&Queue::DeadlinePassed { taskId: task, deadline, timestamp: deadline });
    assert_eq!(world.refused(world.keeper(), &assign), late);
    assert_eq!(world.closable(task), 3);
    let done = world.by(world.stranger(), &end);
    let ended = Queue::TaskEnded {
        sessionId: 2,
        taskId: task,
        status: 3,
        resultDigest: Default::default(),
        miners: vec![],
        outcomes: vec![],
    };
    assert_eq!((done.returned, world.own_logs(&done)), (3, vec![ended.encode_log_data()]));
    assert_eq!(world.available(), before, "nobody served, so nobody is paid");
    assert!(world.task(task).replicas.is_empty());
    world.assert_conserved();
}

/// Three miners, each going so far: 0 silent, 1 acks, 2 is bound, 3 reveals "A". Closes whatever has to be closed, and returns the
/// status and how many calls that took.
fn carry(world: &World, task: u64, far: [usize; 3]) -> (u8, usize) {
    let stranger = world.stranger();
    let mut calls = 0;
    for phase in [2, 3, 4] {
        let who: Vec<_> = (0..3).filter(|index| far[*index] + 2 > phase).collect();
        let answers = vec!["A"; who.len()];
        match phase {
            _ if who.is_empty() => {}
            2 => drop(world.by(stranger, &world.acks(task, &who))),
            3 => drop(world.by(stranger, &world.precommits(task, &who, &answers))),
            _ => drop(world.by(stranger, &world.commits(task, &who, &answers))),
        }
        while usize::from(world.task(task).phase) == phase {
            if world.closable(task) == 0 {
                world.solo.pass(world.task(task).deadline - world.solo.chain().now());
            }
            calls += 1;
            if let Some(status) = close(world, task) {
                return (status, calls);
            }
        }
    }
    panic!("the commit phase is over and the task is not");
}

#[tokio::test]
async fn whoever_falls_silent_a_task_ends_by_its_deadlines() {
    let world = World::start().await;
    // (how far each goes, calls by strangers until the end, status, outcomes)
    let table: [([usize; 3], usize, u8, [u8; 3]); 9] = [
        ([0, 0, 0], 1, 2, [3, 3, 3]),
        ([1, 0, 0], 1, 2, [0, 3, 3]),
        ([1, 1, 0], 2, 2, [4, 4, 3]),
        ([1, 1, 1], 1, 2, [4, 4, 4]),
        ([2, 1, 0], 2, 2, [0, 4, 3]),
        ([2, 2, 0], 2, 2, [5, 5, 3]),
        ([2, 2, 2], 1, 2, [5, 5, 5]),
        ([3, 3, 0], 2, 1, [1, 1, 3]),
        ([3, 3, 2], 1, 1, [1, 1, 5]),
    ];
    for (far, calls, status, outcomes) in table {
        world.solo.undoing(|| {
            let (before, start) = (world.available(), world.solo.chain().now());
            let task = world.assigned(2, [0, 1, 2]);
            let escrow = world.escrow(task);
            assert_eq!(carry(&world, task, far), (status, calls), "{far:?}");
            assert_eq!(world.outcomes(task), outcomes, "{far:?}");
            assert!(world.task(task).endedAt <= start + secs(1) + secs(2) + secs(3), "{far:?}");
            let paid = outcomes.iter().filter(|outcome| **outcome == 1).count() as u128;
            let back = if status == 1 { (3 - paid) * escrow.perReplica } else { escrow.total - escrow.gas / 2 };
            assert_eq!(world.available(), before - U256::from(escrow.total) + U256::from(back), "{far:?}");
            assert!((0..3).all(|miner| world.node(miner).reserved == 0), "all places are free again");
            world.assert_conserved();
        });
    }
}

/// A message counts one second before the deadline and not at it; closing is the other way round.
#[tokio::test]
async fn deadlines_are_exact() {
    let world = World::start().await;
    let task = world.assigned(2, [0, 1, 2]);
    let stranger = world.stranger();
    let at = |deadline: u64, before: u64| world.solo.pass(deadline - before - world.solo.chain().now());
    let early = |deadline| same(&Queue::DeadlineNotReached { taskId: task, deadline, timestamp: deadline - 1 });
    let late = |deadline| same(&Queue::DeadlinePassed { taskId: task, deadline, timestamp: deadline });

    let deadline = world.task(task).deadline;
    at(deadline, 1);
    assert_eq!(world.refused(stranger, &Queue::endAckCall { taskId: task }), early(deadline));
    world.by(stranger, &world.acks(task, &[0, 1]));
    at(deadline, 0);
    assert_eq!(world.refused(stranger, &world.acks(task, &[2])), late(deadline));
    assert_eq!(world.refused(world.miner(2), &Queue::ackCall { taskId: task }), late(deadline));
    let done = world.by(stranger, &Queue::endAckCall { taskId: task });
    let deadline = deadline + secs(2);
    let began = |phase, deadline| vec![Queue::PhaseChanged { taskId: task, phase, deadline }.encode_log_data()];
    assert_eq!(world.own_logs(&done), began(3, deadline));

    let precommits = world.precommits(task, &[0, 1], &["A", "A"]);
    at(deadline, 1);
    assert_eq!(world.refused(stranger, &Queue::endPrecommitCall { taskId: task }), early(deadline));
    world.by(world.miner(0), &Queue::precommitCall { taskId: task, commitment: precommits.commitments[0] });
    at(deadline, 0);
    assert_eq!(world.refused(stranger, &precommits), late(deadline));
    assert_eq!(world.closable(task), 3, "one of three is bound: hopeless");
    let done = world.by(stranger, &Queue::endPrecommitCall { taskId: task });
    let deadline = deadline + secs(3);
    assert_eq!(world.own_logs(&done), began(4, deadline));

    at(deadline, 1);
    world.by(stranger, &world.commits(task, &[0], &["A"]));
    at(deadline, 0);
    let again = Queue::commitCall { taskId: task, resultDigest: Default::default(), salt: Default::default() };
    assert_eq!(world.refused(world.miner(0), &again), late(deadline));
    assert_eq!(world.by(stranger, &Queue::endCall { taskId: task }).returned, 2);
}

/// While a reveal is possible that could count, nobody can end the task before the deadline.
#[tokio::test]
async fn nobody_is_robbed_of_a_reveal() {
    let world = World::start().await;
    let task = world.bound(2, [0, 1, 2], ["A", "A", "A"]);
    world.by(world.stranger(), &world.commits(task, &[0, 1], &["A", "A"]));
    let deadline = world.task(task).deadline;
    let early = same(&Queue::DeadlineNotReached { taskId: task, deadline, timestamp: deadline - secs(3) });
    for caller in [world.payer(), world.keeper(), world.miner(0), world.owner()] {
        assert_eq!(world.refused(caller, &Queue::endCall { taskId: task }), early, "it is decided, but one may still be paid");
    }
    world.by(
        world.miner(2),
        &Queue::commitCall { taskId: task, resultDigest: super::world::digest("A"), salt: super::world::salt(2) },
    );
    world.by(world.stranger(), &Queue::endCall { taskId: task });
    assert_eq!(world.outcomes(task), [1, 1, 1]);
}
