//! A keeper and its secrets: shown once their epoch is over, whatever happens to the keeper; and nothing is served without.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use alloy_primitives::B256;
use cor_core::limits::SECRET_STEPS_MAX;
use cor_core::task::jury::Standing;
use cor_keeper::service::drill::Drill;
use cor_ports::domain::{Phase, Status};
use cor_ports::jury::{JuryCall, ShownChain};
use tracing::Level;

use crate::heard::Ear;
use crate::jury::{FIRST_EPOCH, TIMES, secrets_from, secrets_of};
use crate::together::{is_over, is_unanimous};
use crate::world::{KEEPER, Manner, World};

/// The epochs whose secrets were shown by transactions, whoever sent them.
fn reveals(world: &World) -> Vec<u32> {
    let pleaded = world.pleaded.lock().unwrap();
    let epochs = pleaded.iter().filter_map(|(_, call)| match call {
        JuryCall::Reveal { epoch, .. } => Some(*epoch),
        _ => None,
    });
    epochs.collect()
}

fn owed(world: &World) -> Vec<String> {
    world.journal(KEEPER).keys("keeper/secret/")
}

/// A world whose keeper served a task, in epoch 16, which is not over.
async fn served() -> (Arc<World>, B256) {
    let world = World::new(3);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(10, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!((owed(&world), world.shown(KEEPER)), (vec!["keeper/secret/16".to_owned()], 9));
    (world, id)
}

/// Lets time pass up to the first second of an epoch.
async fn pass_to(world: &World, epoch: u32) {
    world.pass(TIMES.starts(epoch) - world.now()).await;
}

#[tokio::test]
async fn a_secret_is_shown_once_after_its_epoch() {
    let (world, _) = served().await;
    world.pass(TIMES.ends(16) - 1 - world.now()).await;
    assert_eq!((reveals(&world), world.shown(KEEPER)), (vec![], 9), "the epoch lasts");
    world.pass(3).await;
    assert_eq!((reveals(&world), world.shown(KEEPER)), (vec![16], 16));
    world.pass(20).await;
    assert_eq!((reveals(&world), owed(&world)), (vec![16], vec![]));
    // Nothing is owed for epochs without a task, and one call shows them with that of the next.
    pass_to(&world, 20).await;
    assert_eq!(reveals(&world), [16]);
    world.submit(2);
    pass_to(&world, 21).await;
    world.submit(3);
    pass_to(&world, 23).await;
    assert_eq!((reveals(&world), world.shown(KEEPER), owed(&world)), (vec![16, 20, 21], 21, vec![]));
    assert!(world.all_run());
}

#[tokio::test]
async fn a_secret_is_shown_though_the_keeper_was_killed_or_the_chain_was_away() {
    let (world, _) = served().await;
    world.kill(KEEPER);
    pass_to(&world, 18).await;
    world.is_jury_down.store(true, Ordering::Relaxed);
    world.start_keeper();
    world.pass(20).await;
    assert_eq!((reveals(&world), world.all_run()), (vec![], true));
    world.is_jury_down.store(false, Ordering::Relaxed);
    world.is_frozen.store(true, Ordering::Relaxed);
    world.pass(31).await;
    let tried = reveals(&world).len();
    assert!((1..=3).contains(&tried), "it is tried again, and not at every look: {tried}");
    world.is_frozen.store(false, Ordering::Relaxed);
    world.pass(20).await;
    assert_eq!((reveals(&world).len(), world.shown(KEEPER), owed(&world)), (tried + 1, 16, vec![]));
}

/// Somebody else shows it: anyone may.
#[tokio::test]
async fn what_is_known_already_is_not_shown() {
    let (world, _) = served().await;
    world.kill(KEEPER);
    pass_to(&world, 17).await;
    let secret = secrets_of(KEEPER).secret(16).unwrap();
    world.change_keeper(KEEPER, |keeper| *keeper = keeper.show(TIMES.ends(16), &TIMES, 16, secret).unwrap());
    world.start_keeper();
    world.pass(20).await;
    assert_eq!((reveals(&world), owed(&world)), (vec![], vec![]));
}

#[tokio::test]
async fn a_secret_that_is_called_for_is_shown_though_the_journal_was_lost() {
    for is_off in [false, true] {
        let (world, _) = served().await;
        world.kill(KEEPER);
        world.journal(KEEPER).lose();
        pass_to(&world, 18).await;
        if is_off {
            world.call_for_secret(KEEPER, 16);
            world.ledger.lock().unwrap().grow(3_000);
        }
        world.start_keeper();
        world.pass(10).await;
        if !is_off {
            assert_eq!(reveals(&world), Vec::<u32>::new(), "nobody knows that it is owed");
            world.call_for_secret(KEEPER, 16);
            // It is killed in the middle of it.
            world.is_frozen.store(true, Ordering::Relaxed);
            world.pass(2).await;
            world.kill(KEEPER);
            assert_eq!(owed(&world), ["keeper/secret/16"]);
            world.is_frozen.store(false, Ordering::Relaxed);
            world.ledger.lock().unwrap().grow(3_000);
            world.start_keeper();
            world.pass(10).await;
        }
        assert_eq!((world.shown(KEEPER), owed(&world)), (16, vec![]), "{is_off}");
        let before = reveals(&world).len();
        world.call_for_secret(KEEPER, 15);
        world.pass(20).await;
        assert_eq!((reveals(&world).len(), owed(&world)), (before, vec![]), "it is known");
    }
}

/// The crew that it finds on chain tells what it owes.
#[tokio::test]
async fn a_keeper_that_lost_its_journal_owes_what_it_has_on_chain() {
    let world = World::new(3);
    world.start_keeper();
    world.start_miner(0, Manner { drill: Some(Drill::NeverReveal), ..Manner::default() });
    [1, 2].into_iter().for_each(|index| world.start_miner(index, Manner::default()));
    let id = world.submit(1);
    world.pass_until(60, |world| world.task(id).state.phase == Phase::Reveal).await;
    world.kill(KEEPER);
    world.journal(KEEPER).lose();
    pass_to(&world, 17).await;
    world.start_keeper();
    world.pass(5).await;
    assert_eq!(world.shown(KEEPER), 16);
    world.pass_until(60, is_over(id)).await;
    assert_eq!(world.task(id).state.status, Status::Completed);
}

/// What it served before it renewed its chain is disputed by the one of before.
#[tokio::test]
async fn secrets_of_a_chain_of_before_are_shown_too() {
    for is_restarted in [false, true] {
        let (world, _) = served().await;
        let next = ShownChain::begin(secrets_from(KEEPER, 18).anchor(), 18);
        world.change_keeper(KEEPER, |keeper| (keeper.previous, keeper.current) = (keeper.current, next));
        if is_restarted {
            world.kill(KEEPER);
            world.start_keeper();
        }
        let between = world.submit(2);
        pass_to(&world, 18).await;
        assert_eq!((reveals(&world), owed(&world)), (vec![16], vec![]));
        assert_eq!(world.offers(0).await, [], "no task of before the new chain: {between}");
        let id = world.submit(3);
        world.pass_until(10, is_over(id)).await;
        pass_to(&world, 20).await;
        assert_eq!((reveals(&world), world.shown(KEEPER), owed(&world)), (vec![16, 18], 18, vec![]), "{is_restarted}");
    }
}

/// The jury takes a limited number of steps at once, and does not tell how far a chain of before was shown.
#[tokio::test]
async fn a_secret_far_into_a_chain_of_before_is_shown_in_steps() {
    let (first_step, second_step) = (FIRST_EPOCH - 1 + SECRET_STEPS_MAX, FIRST_EPOCH - 1 + 2 * SECRET_STEPS_MAX);
    let epoch = second_step + 6;
    for shown in [None, Some(first_step - 3), Some(first_step + 7)] {
        let world = World::new(3);
        pass_to(&world, epoch).await;
        for at in shown.into_iter().flat_map(|shown| [first_step.min(shown), shown]).collect::<BTreeSet<u32>>() {
            let secret = secrets_of(KEEPER).secret(at).unwrap();
            world.change_keeper(KEEPER, |keeper| *keeper = keeper.show(world.now(), &TIMES, at, secret).unwrap());
        }
        world.start_keeper();
        world.start_miners(3);
        let id = world.submit(1);
        world.pass_until(10, is_over(id)).await;
        assert_eq!(owed(&world), [format!("keeper/secret/{epoch}")]);
        world.renew(KEEPER, epoch + 1);
        pass_to(&world, epoch + 2).await;
        assert_eq!((world.shown_before(KEEPER), owed(&world)), (epoch, vec![]), "{shown:?}");
        assert_eq!(reveals(&world), [first_step, second_step, epoch]);
        assert!(world.all_run());
    }
}

/// A record of another chain than the epoch's is of no use, and takes nothing from the others.
#[tokio::test]
async fn one_secret_that_is_refused_keeps_no_other_back() {
    let (ear, (world, _)) = (Ear::new(), served().await);
    world.kill(KEEPER);
    world.journal(KEEPER).write("keeper/secret/14", &11_u32.to_be_bytes());
    world.renew(KEEPER, 18);
    pass_to(&world, 18).await;
    world.start_keeper();
    world.pass(5).await;
    assert_eq!((reveals(&world), world.shown_before(KEEPER)), (vec![14, 16], 16));
    assert_eq!((ear.told("JURY-012"), owed(&world)), (vec![Level::WARN], vec!["keeper/secret/14".to_owned()]));
    world.pass(20).await;
    assert_eq!((reveals(&world), owed(&world)), (vec![14, 16, 14], vec![]), "it is known with that of 16");
}

/// The jury tells only the chain of now; where those of before began its logs tell.
#[tokio::test]
async fn a_secret_of_a_chain_of_before_is_shown_though_the_journal_was_lost() {
    for is_running in [false, true] {
        let (world, _) = served().await;
        world.kill(KEEPER);
        world.journal(KEEPER).lose();
        world.renew(KEEPER, 18);
        pass_to(&world, 20).await;
        if is_running {
            world.start_keeper();
            world.pass(5).await;
            assert_eq!(reveals(&world), Vec::<u32>::new(), "nobody knows that it is owed");
        }
        world.call_for_secret(KEEPER, 16);
        if !is_running {
            world.start_keeper();
        }
        world.pass(20).await;
        assert_eq!((reveals(&world), world.shown_before(KEEPER), owed(&world)), (vec![16], 16, vec![]), "{is_running}");
    }
}

/// A clock that jumped ahead, and was set back, does not put off what is due.
#[tokio::test]
async fn a_clock_that_came_back_keeps_no_secret_back() {
    let (world, _) = served().await;
    world.clocks_ahead_secs.store(1_000_000, Ordering::Relaxed);
    world.is_frozen.store(true, Ordering::Relaxed);
    pass_to(&world, 17).await;
    world.pass(5).await;
    assert_eq!((reveals(&world), world.shown(KEEPER)), (vec![16], 9), "it was tried while the clock was ahead");
    world.clocks_ahead_secs.store(0, Ordering::Relaxed);
    world.is_frozen.store(false, Ordering::Relaxed);
    world.pass(5).await;
    assert_eq!((reveals(&world), world.shown(KEEPER)), (vec![16, 16], 16));
}

/// A node may not have a renewal yet that another one told of: by the chain of before another crew would be drawn, which costs the bond.
#[tokio::test]
async fn a_crew_is_drawn_by_the_chain_that_the_block_of_the_roster_has() {
    let world = World::new(9);
    world.start_keeper();
    world.start_miners(9);
    world.pass(2).await;
    world.renew(KEEPER, 17);
    pass_to(&world, 17).await;
    world.keeper_lag_blocks.store(2, Ordering::Relaxed);
    let id = world.submit(1);
    world.pass_until(10, is_over(id)).await;
    is_unanimous(&world, id);
}

/// Calls are heeded though the tasks of the same blocks cannot be read.
#[tokio::test]
async fn a_call_does_not_wait_for_tasks() {
    let (world, _) = served().await;
    world.kill(KEEPER);
    world.journal(KEEPER).lose();
    pass_to(&world, 18).await;
    world.call_for_secret(KEEPER, 16);
    world.are_tasks_unread.store(true, Ordering::Relaxed);
    world.start_keeper();
    world.pass(5).await;
    assert_eq!(world.shown(KEEPER), 16);
}

/// What keeps a keeper from serving, how that is told, and whether it passes when the jury has it as it was.
#[tokio::test]
async fn a_keeper_that_may_not_serve_serves_nothing_and_says_why() {
    type Change = fn(&mut cor_core::task::jury::Keeper);
    let changes: [(&str, Level, Change); 4] = [
        ("JURY-005", Level::WARN, |keeper| keeper.standing = Standing::Leaving),
        ("JURY-005", Level::WARN, |keeper| *keeper = cor_core::task::jury::Keeper::default()),
        ("KPR-007", Level::ERROR, |keeper| keeper.current = ShownChain::begin(B256::repeat_byte(1), 10)),
        ("KPR-007", Level::ERROR, |keeper| keeper.current.head = B256::repeat_byte(1)),
    ];
    for (code, level, change) in changes {
        let (ear, world) = (Ear::new(), World::new(3));
        let mut before = cor_core::task::jury::Keeper::default();
        world.change_keeper(KEEPER, |keeper| {
            before = *keeper;
            change(keeper);
        });
        world.start_keeper();
        world.start_miners(3);
        world.pass(2).await;
        assert_eq!(ear.told(code), [level], "{code}: at the start, before there is a task");
        world.submit(1);
        let id = world.submit(2);
        world.pass(20).await;
        assert_eq!((ear.told(code).len(), world.signatures(KEEPER), world.offers(0).await), (1, 0, vec![]), "{code}: once");
        assert_eq!((owed(&world), reveals(&world), ear.told("JURY-010")), (vec![], vec![], vec![]), "{code}");
        world.change_keeper(KEEPER, |keeper| *keeper = before);
        world.pass_until(5, is_over(id)).await;
        is_unanimous(&world, id);
        assert_eq!(ear.told(code).len(), 1);
        assert!(world.all_run());
    }
}

/// A keeper whose key, or network, is another than that of its bond shows nothing either: it would be refused each time.
#[tokio::test]
async fn other_secrets_are_not_shown() {
    let (ear, (world, _)) = (Ear::new(), served().await);
    world.change_keeper(KEEPER, |keeper| keeper.current.head = B256::repeat_byte(1));
    pass_to(&world, 18).await;
    assert_eq!((reveals(&world), owed(&world)), (vec![], vec!["keeper/secret/16".to_owned()]));
    assert_eq!(ear.told("KPR-007"), [Level::ERROR]);
}

#[tokio::test]
async fn tasks_that_have_no_secret_or_too_few_nodes_are_left_alone() {
    let (ear, world) = (Ear::new(), World::new(3));
    world.change_keeper(KEEPER, |keeper| keeper.current = ShownChain::begin(secrets_from(KEEPER, 17).anchor(), 17));
    world.start_keeper();
    world.start_miners(3);
    world.submit(1);
    let large = world.submit_for(2, 5);
    world.pass(19).await;
    assert_eq!((ear.told("JURY-010").len(), world.signatures(KEEPER)), (2, 0), "for each task once");
    pass_to(&world, 17).await;
    let (id, large_too) = (world.submit(3), world.submit_for(4, 5));
    world.pass_until(10, is_over(id)).await;
    is_unanimous(&world, id);
    let read = world.slot_reads.load(Ordering::Relaxed);
    world.pass(35).await;
    assert!(world.slot_reads.load(Ordering::Relaxed) <= read + 4 * 3, "a draw that found too few is not made at every look");
    assert_eq!((ear.told("JURY-028").len(), ear.told("JURY-010").len()), (1, 2));
    world.pass(80).await;
    for task in [large, large_too] {
        assert_eq!(world.task(task).state.status, Status::Expired, "it is closed all the same");
    }
    assert!(world.calls().iter().any(|(who, call)| *who == KEEPER && call.starts_with("close/")));
    assert!(world.all_run());
}
