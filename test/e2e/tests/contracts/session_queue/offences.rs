//! What a miner loses by not revealing or by revealing something else, and that nobody else loses anything.

use alloy::{primitives::U256, sol_types::SolEvent};
use cor_sol::{node_pool::INodePool, session_queue::ISessionQueue as Queue, staking::IStaking};

use super::world::{PENALTIES, STAKE, World, digest, salt, same};

fn events<E: SolEvent>(logs: &[(alloy::primitives::Address, alloy::primitives::LogData)]) -> Vec<E> {
    logs.iter().filter_map(|(_, log)| E::decode_log_data(log).ok()).collect()
}

#[tokio::test]
async fn a_reveal_that_does_not_open_is_shown_and_slashed() {
    let world = World::start().await;
    let task = world.bound(2, [0, 1, 2], ["A", "A", "A"]);
    let report = world.report(task, 2, "B");
    let (miner, stranger) = (world.miner(2), world.stranger());
    let commitment = world.commitment(task, 2, "A");
    let computed = world.binding(task, 2).commitment(digest("B"), salt(2));
    let mismatch = same(&Queue::RevealMismatch { taskId: task, miner, committed: commitment, computed });
    assert_eq!(world.refused(stranger, &world.commits(task, &[2], &["B"])), mismatch);

    let done = world.by(stranger, &report);
    let shown = Queue::BadReveal { taskId: task, miner, resultDigest: digest("B"), salt: salt(2) };
    assert_eq!(world.own_logs(&done), [shown.encode_log_data()]);
    assert_eq!(world.outcomes(task), [0, 0, 6]);
    let over = same(&Queue::AlreadyDone { taskId: task, miner });
    assert_eq!(world.refused(stranger, &report), over, "once");
    assert_eq!(world.refused(stranger, &world.commits(task, &[2], &["A"])), over, "the miner is out");

    // With two reveals and one out there is nobody to wait for.
    world.by(stranger, &world.commits(task, &[0, 1], &["A", "A"]));
    let done = world.by(stranger, &Queue::endCall { taskId: task });
    assert_eq!(world.outcomes(task), [1, 1, 6]);
    let (amount, left) = (U256::from(PENALTIES.1), U256::from(STAKE - PENALTIES.1));
    let slashed = IStaking::Slashed { slasher: world.queue, node: miner, taskId: task, reason: 2, amount, left };
    assert_eq!(events::<IStaking::Slashed>(&done.logs), [slashed]);
    let suspended = INodePool::NodeSuspended { node: miner, taskId: task };
    assert_eq!(events::<INodePool::NodeSuspended>(&done.logs), [suspended]);
    assert_eq!([0, 1, 2].map(|index| world.stake(index)), [U256::from(STAKE), U256::from(STAKE), left]);
    assert_eq!([0, 1, 2].map(|index| world.node(index).suspended), [false, false, true]);
    let task = world.submit(2);
    let unfit = same(&INodePool::NotEligible { node: miner, reason: 2 });
    let assign = Queue::assignTaskCall { taskId: task, miners: world.miners([0, 1, 2]) };
    assert_eq!(world.refused(world.keeper(), &assign), unfit, "the pool's own error");
    world.assert_conserved();
}

#[tokio::test]
async fn not_revealing_costs_stake_too() {
    let world = World::start().await;
    let task = world.bound(2, [3, 4, 5], ["A", "A", "A"]);
    world.by(world.stranger(), &world.commits(task, &[3, 4], &["A", "A"]));
    world.solo.pass(40);
    let done = world.by(world.stranger(), &Queue::endCall { taskId: task });
    assert_eq!(world.outcomes(task), [1, 1, 5]);
    let left = U256::from(STAKE - PENALTIES.0);
    let (slasher, node, amount) = (world.queue, world.miner(5), U256::from(PENALTIES.0));
    let slashed = IStaking::Slashed { slasher, node, taskId: task, reason: 1, amount, left };
    assert_eq!(events::<IStaking::Slashed>(&done.logs), [slashed]);
    assert!(world.node(5).suspended);
    world.assert_conserved();
}

/// Without a penalty nobody is slashed or suspended; a penalty above the stake takes all of it, twice or not.
#[tokio::test]
async fn penalties_at_their_ends() {
    let world = World::start().await;
    let set = |no_reveal, bad_reveal| {
        let penalties = Queue::setPenaltiesCall { noReveal: no_reveal, badReveal: bad_reveal };
        let done = world.by(world.owner(), &penalties);
        let set = Queue::PenaltiesSet { noReveal: no_reveal, badReveal: bad_reveal };
        assert_eq!(world.own_logs(&done), [set.encode_log_data()]);
        let shown = world.get(&Queue::penaltiesCall {});
        assert_eq!((shown.noReveal, shown.badReveal), (no_reveal, bad_reveal));
    };
    let silent = |miners| {
        let task = world.bound(2, miners, ["A", "A", "A"]);
        world.by(world.stranger(), &world.report(task, miners[0], "B"));
        world.solo.pass(40);
        world.by(world.stranger(), &Queue::endCall { taskId: task });
        assert_eq!(world.outcomes(task), [6, 5, 5]);
    };
    set(0, 0);
    silent([0, 1, 2]);
    assert!((0..3).all(|index| world.stake(index) == U256::from(STAKE) && !world.node(index).suspended));

    set(0, STAKE);
    // Two tasks at once: the second one finds nothing left to take of miner 0.
    let second = world.bound(2, [0, 6, 7], ["A", "A", "A"]);
    world.by(world.stranger(), &world.report(second, 0, "B"));
    world.by(world.stranger(), &world.commits(second, &[6, 7], &["A", "A"]));
    silent([0, 1, 2]);
    assert_eq!((world.stake(0), world.stake(1)), (U256::ZERO, U256::from(STAKE)));
    assert_eq!([0, 1].map(|index| world.node(index).suspended), [true, false]);
    let ended = world.by(world.stranger(), &Queue::endCall { taskId: second }).returned;
    assert_eq!((ended, world.outcomes(second)), (1, vec![6, 1, 1]), "an end is never stopped by an empty stake");

    set(u128::MAX, u128::MAX);
    silent([3, 4, 5]);
    assert!((3..6).all(|index| world.stake(index).is_zero() && world.node(index).suspended));
    world.assert_conserved();
}

/// Nobody can be reported for what it did not sign, or for a reveal that is right, elsewhere, or not due.
#[tokio::test]
async fn false_reports() {
    let world = World::start().await;
    let task = world.bound(2, [0, 1, 2], ["A", "A", "A"]);
    let other = world.bound(2, [0, 1, 2], ["B", "B", "B"]);
    let (stranger, miner) = (world.stranger(), world.miner(0));

    let right = world.report(task, 0, "A");
    assert_eq!(world.refused(stranger, &right), same(&Queue::RevealIsGood { taskId: task, miner }));

    // Signed for the other task, where it is right.
    let mut moved = world.report(other, 0, "B");
    moved.taskId = task;
    assert!(
        matches!(world.refused(stranger, &moved), cor_sol::ContractError::InvalidSignature(error) if error.expected == miner)
    );

    let mut forged = world.report(task, 1, "B");
    forged.miner = miner;
    assert!(
        matches!(world.refused(stranger, &forged), cor_sol::ContractError::InvalidSignature(error) if error.expected == miner)
    );

    let mut unsigned = world.report(task, 0, "B");
    unsigned.signature = Default::default();
    let nobody = same(&Queue::InvalidSignature { signer: Default::default(), expected: miner });
    assert_eq!(world.refused(stranger, &unsigned), nobody);

    let outsider = world.report(task, 7, "B");
    assert_eq!(world.refused(stranger, &outsider), same(&Queue::NotAssigned { taskId: task, account: world.miner(7) }));

    world.by(stranger, &world.commits(task, &[0], &["A"]));
    let over = same(&Queue::AlreadyDone { taskId: task, miner });
    assert_eq!(world.refused(stranger, &world.report(task, 0, "B")), over, "who has revealed is safe");

    let early = world.assigned(2, [3, 4, 5]);
    let phase = same(&Queue::WrongPhase { taskId: early, phase: 2, wanted: 4 });
    assert_eq!(world.refused(stranger, &world.report(early, 3, "B")), phase);
}

/// A commitment that was copied cannot be opened by who copied it.
#[tokio::test]
async fn a_copied_commitment_is_worth_nothing() {
    let world = World::start().await;
    let task = world.assigned(2, [0, 1, 2]);
    world.by(world.stranger(), &world.acks(task, &[0, 1, 2]));
    let stolen = world.commitment(task, 0, "A");
    world.by(world.miner(0), &Queue::precommitCall { taskId: task, commitment: stolen });
    world.by(world.miner(1), &Queue::precommitCall { taskId: task, commitment: stolen });
    world.by(world.stranger(), &world.precommits(task, &[2], &["A"]));
    world.by(world.stranger(), &world.commits(task, &[0, 2], &["A", "A"]));
    let copied = Queue::commitCall { taskId: task, resultDigest: digest("A"), salt: salt(0) };
    let computed = world.binding(task, 1).commitment(digest("A"), salt(0));
    let miner = world.miner(1);
    let mismatch = same(&Queue::RevealMismatch { taskId: task, miner, committed: stolen, computed });
    assert_eq!(world.refused(miner, &copied), mismatch);
    world.solo.pass(40);
    world.by(world.stranger(), &Queue::endCall { taskId: task });
    assert_eq!(world.outcomes(task), [1, 5, 1]);
    assert_eq!(world.stake(1), U256::from(STAKE - PENALTIES.0));
}
