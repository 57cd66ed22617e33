//! Way by way: how somebody could choose the miners, and what comes of it.

use alloy::{
    primitives::{Bytes, U256},
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use cor_kit::solo;
use cor_sol::{ContractError, jury::IJury, node_pool::INodePool};

use super::world::{ANSWER_SECS, BOND, KEEPER, MODEL, NODES, OTHER_KEEPER, OWNER, PAYER, STRANGER, World, event, same};

fn guilty(world: &World, call: &IJury::challengeCall) -> bool {
    world.solo.undoing(|| match world.solo.send(world.account(STRANGER), world.jury, call) {
        Ok(done) => {
            let _: IJury::KeeperConvicted = event(&done);
            true
        }
        Err(cor_kit::solo::Refused::Known(ContractError::CrewAsDrawn(_))) => false,
        Err(other) => panic!("{other:?}"),
    })
}

/// A keeper with two nodes under invented operators decided every result of three. Now it pays its bond for the first.
#[tokio::test]
async fn a_keeper_with_two_nodes_of_its_own_does_not_choose_them() {
    let world = World::start().await;
    let own = [world.node(0), world.node(1)];
    let (mut chosen, mut drawn_own) = (0, 0);
    let tasks: Vec<_> = (0..8).map(|number| world.task(number, 3)).collect();
    world.to_epoch(world.first + 1);
    let crews: Vec<_> = tasks.iter().map(|task| world.drawn(task, KEEPER)).collect();
    world.reveal(KEEPER, world.first);
    for (task, drawn) in tasks.iter().zip(&crews) {
        let crew = [own[0], own[1], *drawn.iter().find(|node| !own.contains(node)).expect("another")];
        world.serve(task, KEEPER, &crew);
        let convicted = guilty(&world, &world.challenge(task, KEEPER, &crew));
        assert_eq!(convicted, crew != drawn[..], "{crew:?} {drawn:?}");
        chosen += usize::from(convicted);
        drawn_own += usize::from(drawn.iter().filter(|node| own.contains(node)).count() >= 2);
    }
    assert!(chosen >= 7, "its own two in just this order are one draw of some forty");
    assert!(drawn_own < 8);
}

/// A node that left and came as suited the seed. Between submission and draw nothing changes, whatever is done, and the dispute asks the roster of then.
#[tokio::test]
async fn toggling_between_submission_and_draw_changes_nothing() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let before = world.drawn(&task, KEEPER);
    // Who was drawn leaves, is struck, deregisters and registers anew; a stranger's node comes.
    world.solo.ok(before[0], world.jury, &IJury::leaveCall { node: before[0], model: MODEL });
    world.solo.ok(before[1], world.pool, &INodePool::deregisterCall {});
    world.by(STRANGER, &IJury::strikeCall { node: before[1], model: MODEL });
    let register =
        INodePool::registerCall { operator: before[1], models: vec![MODEL], capacity: 2, hardwareClass: 0, version: 1 };
    world.solo.ok(before[1], world.pool, &register);
    for node in [before[0], before[1]] {
        let refused = world.refused(STRANGER, &IJury::enterCall { node, model: MODEL });
        assert!(matches!(refused, ContractError::EntryBarred(_)), "{refused}");
    }
    // A node that registers anew while it is in keeps its slot and gets no other.
    world.solo.ok(before[2], world.pool, &INodePool::deregisterCall {});
    let register = INodePool::registerCall { operator: before[2], ..register };
    world.solo.ok(before[2], world.pool, &register);
    let again = world.refused(STRANGER, &IJury::enterCall { node: before[2], model: MODEL });
    assert_eq!(again, same(&IJury::InRoster { node: before[2], model: MODEL }));
    assert_eq!(world.drawn(&task, KEEPER), before);
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    assert_eq!(world.drawn(&task, KEEPER), before);
    world.serve(&task, KEEPER, &before);
    assert!(!guilty(&world, &world.challenge(&task, KEEPER, &before)));
    // Of the next epoch it is gone.
    let next = world.task(2, 5);
    assert!(!world.drawn(&next, KEEPER).contains(&before[0]));
}

/// When the secret is shown its epoch is over: who comes then is in no roster that it draws from.
#[tokio::test]
async fn who_comes_when_the_secret_is_known_is_in_no_roster_of_it() {
    let world = World::start().await;
    world.solo.ok(world.node(5), world.jury, &IJury::leaveCall { node: world.node(5), model: MODEL });
    world.to_epoch(world.first + 40);
    let task = world.task(1, 3);
    let before = world.drawn(&task, KEEPER);
    world.by(World::place_of(5), &IJury::enterCall { node: world.node(5), model: MODEL });
    world.to_epoch(world.first + 41);
    world.reveal(KEEPER, world.first + 40);
    let length = |epoch: u32| world.get(&IJury::lengthOfCall { model: MODEL, epoch });
    assert_eq!((length(world.first + 40), length(world.first + 41)), (8, 9));
    assert_eq!(world.drawn(&task, KEEPER), before);
    world.serve(&task, KEEPER, &before);
    assert!(!guilty(&world, &world.challenge(&task, KEEPER, &before)));
}

/// Who registered under a victim's operator excluded the victim's nodes. The pool asks the operator, and a node that changes its operator afterwards
/// is drawn, and excludes, as the one that it entered with.
#[tokio::test]
async fn nobody_excludes_another_operators_nodes() {
    let world = World::start().await;
    let victim = world.node(0);
    world.solo.ok(world.node(1), world.pool, &INodePool::deregisterCall {});
    let register = INodePool::registerCall { operator: victim, models: vec![MODEL], capacity: 2, hardwareClass: 0, version: 1 };
    let refused = world.solo.refused(world.node(1), world.pool, &register);
    assert_eq!(refused, INodePool::ConsentMissing { operator: victim, node: world.node(1) }.into());
    // With the victim's consent, which is a friend's: both are still two operators here, until anyone strikes the node.
    world.solo.ok(victim, world.pool, &INodePool::consentCall { node: world.node(1), allowed: true });
    world.solo.ok(world.node(1), world.pool, &register);
    assert_eq!(world.slot(MODEL, 1).operator, world.node(1));
    let both = (0..40).map(|number| world.task(number, 7)).find(|task| {
        let crew = world.drawn(task, KEEPER);
        crew.contains(&victim) && crew.contains(&world.node(1))
    });
    let task = both.expect("a crew of seven operators has both");
    let crew = world.drawn(&task, KEEPER);
    world.by(STRANGER, &IJury::strikeCall { node: world.node(1), model: MODEL });
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    world.serve(&task, KEEPER, &crew);
    assert!(!guilty(&world, &world.challenge(&task, KEEPER, &crew)));
}

/// A payer that tries numbers chooses before it knows hash and secret; a draw is that of its own number, block and keeper alone.
#[tokio::test]
async fn a_draw_is_of_its_number_block_and_keeper() {
    let world = World::start().await;
    let tasks: Vec<_> = (0..6).map(|number| world.task(number, 5)).collect();
    let crews: Vec<_> = tasks.iter().map(|task| world.drawn(task, KEEPER)).collect();
    assert!(crews.iter().any(|crew| *crew != crews[0]), "numbers and blocks");
    assert!(tasks.iter().zip(&crews).any(|(task, crew)| world.drawn(task, OTHER_KEEPER) != *crew), "keepers");
    // The number under which another task would have suited: its crew is no crew of this one.
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    let other = crews.iter().position(|crew| *crew != crews[0]).expect("another crew");
    world.serve(&tasks[0], KEEPER, &crews[other]);
    assert!(guilty(&world, &world.challenge(&tasks[0], KEEPER, &crews[other])));
    // The hash counts: by another one somebody else is drawn.
    world.serve(&tasks[0], KEEPER, &crews[0]);
    assert!(!guilty(&world, &world.challenge(&tasks[0], KEEPER, &crews[0])));
    let number = u64::from_be_bytes([&[0; 3][..], &tasks[0].opening[104..109]].concat().try_into().expect("eight bytes"));
    world.solo.undoing(|| {
        let others = (1..9_u8).any(|byte| {
            world.remember(number, alloy::primitives::B256::repeat_byte(byte));
            guilty(&world, &world.challenge(&tasks[0], KEEPER, &crews[0]))
        });
        assert!(others);
    });
}

/// A keeper that skips a node without a word, after an answer, or on another keeper's word.
#[tokio::test]
async fn no_honest_node_is_skipped() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let drawn = world.drawn(&task, KEEPER);
    let without: Vec<_> =
        world.drawn(&world_task(&task, 5), KEEPER).into_iter().filter(|node| *node != drawn[0]).take(3).collect();
    let slot = world.slot_of(drawn[0]);
    // The other keeper finds it absent for itself, before it answers.
    world.by(OTHER_KEEPER, &World::summons(&task, slot));
    world.by(KEEPER, &World::summons(&task, slot));
    world.solo.pass(u64::from(ANSWER_SECS));
    world.by(OTHER_KEEPER, &World::dismissal(&task, drawn[0]));
    let index = (0..8).find(|index| world.node(*index) == drawn[0]).expect("a node");
    world.by(World::place_of(index), &world.presence(&task, index, vec![]));
    let refused = world.refused(KEEPER, &World::dismissal(&task, drawn[0]));
    assert_eq!(refused, same(&IJury::NodeAnswered { task: task.id, node: drawn[0] }));
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    world.serve(&task, KEEPER, &without);
    assert!(guilty(&world, &world.challenge(&task, KEEPER, &without)));
    world.serve(&task, KEEPER, &drawn);
    assert!(!guilty(&world, &world.challenge(&task, KEEPER, &drawn)));
}

/// The same task with more seats: its crew begins as that of the smaller does.
fn world_task(task: &super::world::Task, replicas: u8) -> super::world::Task {
    super::world::Task { replicas, ..task.clone() }
}

/// What is evidence of one keeper is none of another, and none twice.
#[tokio::test]
async fn evidence_is_good_once_and_of_one_keeper() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let crew = world.forged(&world.drawn(&task, KEEPER), 0);
    world.serve(&task, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    for keeper in [KEEPER, OTHER_KEEPER] {
        world.reveal(keeper, world.first);
    }
    let refused = world.refused(STRANGER, &world.challenge(&task, OTHER_KEEPER, &crew));
    assert!(matches!(refused, ContractError::CrewUnproven(_)), "{refused}");
    world.by(STRANGER, &world.challenge(&task, KEEPER, &crew));
    for challenger in [STRANGER, PAYER, KEEPER] {
        let refused = world.refused(challenger, &world.challenge(&task, KEEPER, &crew));
        assert_eq!(refused, same(&IJury::NoBond { keeper: world.account(KEEPER) }));
    }
    world.assert_conserved();
}

/// A keeper that convicts itself first saves half of its bond, not more, and serves no more.
#[tokio::test]
async fn who_convicts_itself_loses_half() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let crew = world.forged(&world.drawn(&task, KEEPER), 0);
    world.serve(&task, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    world.by(KEEPER, &world.challenge(&task, KEEPER, &crew));
    assert_eq!(world.wallet(world.account(KEEPER)), U256::from(BOND / 2));
    assert_eq!(world.keeper(KEEPER).standing, 4);
    world.assert_conserved();
}

/// Whatever gas a challenge is sent with: a keeper without its bond is none of the lane any more, or nothing has happened.
#[tokio::test]
async fn no_amount_of_gas_convicts_a_keeper_that_goes_on() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let crew = world.forged(&world.drawn(&task, KEEPER), 0);
    world.serve(&task, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    let call = world.challenge(&task, KEEPER, &crew);
    let needed = world.solo.undoing(|| world.by(STRANGER, &call).gas_used);
    let (mut done, mut undone) = (0, 0);
    for step in 0..24 {
        let gas = needed * (40 + 5 * step) / 100;
        let request = TransactionRequest {
            from: Some(world.account(STRANGER)),
            to: Some(world.jury.into()),
            gas: Some(gas),
            input: Bytes::from(call.abi_encode()).into(),
            ..Default::default()
        };
        world.solo.undoing(|| {
            let Ok(hash) = world.solo.chain().send(request.clone()) else {
                undone += 1;
                return;
            };
            let (block, index) = world.solo.chain().mined(hash).expect("it is mined");
            let told = block.receipts[index].logs.iter().any(|log| log.address == super::world::LANE);
            let convicted = world.keeper(KEEPER).standing == 4;
            assert_eq!((told, convicted), (block.receipts[index].success, block.receipts[index].success), "{gas}");
            if convicted {
                done += 1
            } else {
                undone += 1
            }
            world.assert_conserved();
        });
    }
    assert!(done > 0 && undone > 0, "{done} {undone}");
}

/// The pool's owner raised the oldest software above everybody's but its own nodes', and had the others struck in the same block: the next draws were of its
/// own nodes alone, and no dispute found fault.
#[tokio::test]
async fn a_raise_of_the_oldest_software_empties_no_roster_before_the_delay() {
    let world = World::start().await;
    let set = INodePool::setVersionCall { version: 2 };
    let strike = |index: usize| IJury::strikeCall { node: world.node(index), model: MODEL };
    let fit = |index: usize| same(&IJury::NodeFit { node: world.node(index), model: MODEL });
    for own in 0..3 {
        world.solo.ok(world.node(own), world.pool, &set);
    }
    world.solo.ok(world.account(OWNER), world.pool, &INodePool::setMinNodeVersionCall { version: 2 });
    let nobody = |when: &str| {
        for index in 0..NODES {
            assert_eq!(world.refused(STRANGER, &strike(index)), fit(index), "{when}");
        }
    };
    nobody("in the same block");
    world.solo.pass(solo::DELAY_SECS - 1);
    nobody("a second early");
    world.solo.ok(world.node(3), world.pool, &set);
    world.solo.pass(1);
    for updated in 0..4 {
        assert_eq!(world.refused(STRANGER, &strike(updated)), fit(updated), "who updated stays");
    }
    for old in 4..NODES {
        let said: IJury::SlotClosed = event(&world.by(STRANGER, &strike(old)));
        assert_eq!(said.node, world.node(old));
    }
}
