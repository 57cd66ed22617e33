//! A keeper and its secrets: shown once their epoch is over, whatever happens to the keeper; and nothing is served without.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use alloy_primitives::B256;
use cor_core::limits::SECRET_STEPS_MAX;
use cor_core::task::jury::Standing;
use cor_keeper::service::drill::Drill;
use cor_ports::Intake as _;
use cor_ports::domain::{LaneCall, LaneMessage, Phase, Server, Status};
use cor_ports::jury::{JuryCall, ShownChain};
use tracing::Level;

use crate::heard::Ear;
use crate::jury::{FIRST_EPOCH, TIMES, secrets_from, secrets_of};
use crate::lane::Key;
use crate::lies::crew_of;
use crate::together::{is_over, is_unanimous};
use crate::world::{KEEPER, Manner, SECRETS_KEPT, World, index_of};

/// The epochs whose secrets were shown by transactions, whoever sent them.
fn reveals(world: &World) -> Vec<u32> {
    let pleaded = world.pleaded.lock().unwrap();
    let epochs = pleaded.iter().filter_map(|(_, call)| match call {
        JuryCall::Reveal { epoch, .. } => Some(*epoch),
        _ => None,
    });
    epochs.collect()
}

/// How many transactions showed secrets.
fn sent(world: &World) -> usize {
    world.sent.lock().unwrap().iter().filter(|(_, effect)| effect.starts_with("jury/reveal/")).count()
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
    world.pass(40).await;
    assert_eq!((reveals(&world), owed(&world)), (vec![16], vec!["keeper/secret/16".to_owned()]), "its block may be replaced yet");
    world.bury().await;
    assert_eq!((reveals(&world), owed(&world)), (vec![16], vec![]));
    // Nothing is owed for epochs without a task, and one call shows them with that of the next.
    pass_to(&world, 20).await;
    assert_eq!(reveals(&world), [16]);
    world.submit(2);
    pass_to(&world, 21).await;
    world.submit(3);
    pass_to(&world, 23).await;
    world.bury().await;
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
    world.bury().await;
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
    world.bury().await;
    assert_eq!((reveals(&world), owed(&world)), (vec![], vec![]));
}

/// Whoever reads the chain a moment later may find another one.
#[tokio::test]
async fn a_secret_that_was_rolled_back_is_shown_again() {
    for (is_of_before, is_seen) in [(false, true), (false, false), (true, true), (true, false)] {
        let (world, _) = served().await;
        if is_of_before {
            world.renew(KEEPER, 17);
        }
        let shown = |world: &World| if is_of_before { world.shown_before(KEEPER) } else { world.shown(KEEPER) };
        pass_to(&world, 17).await;
        world.pass(3).await;
        assert_eq!((reveals(&world), shown(&world)), (vec![16], 16));
        world.ledger.lock().unwrap().roll_back(1);
        assert_eq!(shown(&world), 9);
        if !is_seen {
            world.ledger.lock().unwrap().grow(70);
        }
        world.pass(20).await;
        assert_eq!((reveals(&world), shown(&world)), (vec![16, 16], 16), "of before: {is_of_before}, seen: {is_seen}");
        world.bury().await;
        assert_eq!(owed(&world), Vec::<String>::new());
        assert_eq!(sent(&world), 2, "and not once more");
        assert!(world.all_run());
    }
}

/// Which secrets are owed nobody knows any more: all of epochs that ended are, and whatever it served in this one.
#[tokio::test]
async fn a_keeper_that_lost_its_journal_shows_what_has_ended() {
    let (world, _) = served().await;
    world.kill(KEEPER);
    world.journal(KEEPER).lose();
    pass_to(&world, 18).await;
    world.ledger.lock().unwrap().grow(3_000);
    world.start_keeper();
    world.pass(2).await;
    assert_eq!((reveals(&world), world.shown(KEEPER)), (vec![17], 17), "at once, and with those before");
    assert_eq!(owed(&world), ["keeper/secret/17", "keeper/secret/18"]);
    pass_to(&world, 20).await;
    world.bury().await;
    assert_eq!((reveals(&world), owed(&world)), (vec![17, 18], vec![]));
    world.kill(KEEPER);
    pass_to(&world, 23).await;
    world.start_keeper();
    world.pass(20).await;
    assert_eq!((reveals(&world), world.all_run()), (vec![17, 18], true), "it knows now what is owed");
}

/// It is killed before it has written down what it owes, or the jury cannot be asked.
#[tokio::test]
async fn a_keeper_that_lost_its_journal_finds_out_what_it_owes_when_it_can() {
    for is_disk_full in [false, true] {
        let (world, _) = served().await;
        world.kill(KEEPER);
        world.journal(KEEPER).lose();
        pass_to(&world, 18).await;
        let fault = if is_disk_full { &world.is_disk_full } else { &world.is_jury_down };
        fault.store(true, Ordering::Relaxed);
        world.start_keeper();
        world.pass(20).await;
        assert_eq!((reveals(&world), world.all_run()), (vec![], true));
        fault.store(false, Ordering::Relaxed);
        world.pass(20).await;
        assert_eq!(world.shown(KEEPER), 17, "full: {is_disk_full}");
    }
}

/// As much as its clock says can have ended meanwhile.
#[tokio::test]
async fn a_keeper_that_lost_its_journal_and_whose_node_is_behind_owes_what_has_ended_since() {
    let (world, _) = served().await;
    world.kill(KEEPER);
    world.journal(KEEPER).lose();
    pass_to(&world, 18).await;
    world.clocks_ahead_secs.store(240, Ordering::Relaxed);
    world.start_keeper();
    world.pass(5).await;
    assert_eq!(
        (reveals(&world), owed(&world)),
        (vec![17], ["17", "18", "21", "22"].map(|epoch| format!("keeper/secret/{epoch}")).to_vec())
    );
    world.clocks_ahead_secs.store(0, Ordering::Relaxed);
    pass_to(&world, 24).await;
    world.bury().await;
    assert_eq!((world.shown(KEEPER), owed(&world)), (22, vec![]));
}

/// Nothing can be owed before the first epoch of the first chain.
#[tokio::test]
async fn a_keeper_that_begins_owes_nothing() {
    let world = World::new(3);
    world.journal(KEEPER).lose();
    world.never_enrolled(KEEPER);
    world.start_keeper();
    world.pass(20).await;
    assert_eq!(world.journal(KEEPER).keys(SECRETS_KEPT), Vec::<String>::new(), "a node that lags may not know of its bond");
    world.enrol(KEEPER, 18);
    world.pass(20).await;
    assert_eq!((world.journal(KEEPER).keys("keeper/secret"), reveals(&world)), (vec![SECRETS_KEPT.to_owned()], vec![]));
    pass_to(&world, 20).await;
    world.bury().await;
    assert_eq!((reveals(&world), owed(&world)), (vec![], vec![]));
    assert!(world.all_run());
}

#[tokio::test]
async fn a_secret_that_is_called_for_is_shown_though_nobody_knows_that_it_is_owed() {
    for is_off in [false, true] {
        let (world, _) = served().await;
        world.kill(KEEPER);
        world.forget_all_but_that_it_is_kept();
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
        world.bury().await;
        assert_eq!((world.shown(KEEPER), owed(&world)), (16, vec![]), "{is_off}");
        let before = reveals(&world).len();
        world.call_for_secret(KEEPER, 15);
        world.pass(20).await;
        world.bury().await;
        assert_eq!((reveals(&world).len(), owed(&world)), (before, vec![]), "it is known");
        world.bury().await;
        assert_eq!(owed(&world), Vec::<String>::new(), "nor is the call heard for ever");
    }
}

/// A node that lags leaves logs out, and does not say so.
#[tokio::test]
async fn a_call_that_a_node_left_out_is_heard_later() {
    let (world, _) = served().await;
    world.kill(KEEPER);
    world.forget_all_but_that_it_is_kept();
    pass_to(&world, 18).await;
    world.start_keeper();
    world.pass(5).await;
    world.logs_lag_blocks.store(3, Ordering::Relaxed);
    world.call_for_secret(KEEPER, 16);
    world.ledger.lock().unwrap().grow(2);
    world.pass(5).await;
    assert_eq!(reveals(&world), Vec::<u32>::new());
    world.logs_lag_blocks.store(0, Ordering::Relaxed);
    world.ledger.lock().unwrap().grow(1);
    world.pass(5).await;
    assert_eq!(reveals(&world), [16]);
    // It is heard with each block, and shown once.
    for _ in 0..30 {
        world.ledger.lock().unwrap().grow(3);
        world.pass(1).await;
    }
    assert_eq!((reveals(&world), sent(&world)), (vec![16], 1));
    world.bury().await;
    assert_eq!(owed(&world), Vec::<String>::new());
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
    world.forget_all_but_that_it_is_kept();
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
        assert_eq!(reveals(&world), [16]);
        assert_eq!(world.offers(0).await, [], "no task of before the new chain: {between}");
        let id = world.submit(3);
        world.pass_until(10, is_over(id)).await;
        pass_to(&world, 20).await;
        world.bury().await;
        assert_eq!((world.shown(KEEPER), owed(&world), sent(&world)), (18, vec![], 2), "{is_restarted}");
    }
}

/// The jury takes a limited number of steps at once, and does not tell how far a chain of before was shown: fewest transactions show it all the same.
#[tokio::test]
async fn a_secret_far_into_a_chain_of_before_is_shown_in_as_few_steps_as_can_be() {
    let first_step = FIRST_EPOCH - 1 + SECRET_STEPS_MAX;
    let epoch = first_step + SECRET_STEPS_MAX + 6;
    let before = |steps: u32| epoch - steps * SECRET_STEPS_MAX;
    for (shown, tried, steps) in [
        (None, vec![epoch, before(1), before(2), before(1), epoch], 3),
        (Some(first_step - 3), vec![epoch, before(1), epoch], 2),
        (Some(first_step + 6), vec![epoch], 1),
        (Some(first_step + 7), vec![epoch], 1),
    ] {
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
        assert_eq!((world.shown_before(KEEPER), reveals(&world), sent(&world)), (epoch, tried, steps), "{shown:?}");
        world.bury().await;
        assert_eq!((owed(&world), sent(&world)), (vec![], steps));
        assert!(world.all_run());
    }
}

/// The secret of an epoch shows those before it, also of a chain of before.
#[tokio::test]
async fn one_transaction_shows_all_that_is_owed_of_a_chain_of_before() {
    let world = World::new(3);
    world.start_keeper();
    world.start_miners(3);
    world.is_frozen.store(true, Ordering::Relaxed);
    for (sequence, epoch) in [(1, 16), (2, 17), (3, 18)] {
        pass_to(&world, epoch + 1).await;
        world.submit(sequence);
        world.pass(2).await;
    }
    assert_eq!(owed(&world), ["keeper/secret/17", "keeper/secret/18", "keeper/secret/19"]);
    world.renew(KEEPER, 20);
    pass_to(&world, 20).await;
    world.is_frozen.store(false, Ordering::Relaxed);
    world.pass(20).await;
    assert_eq!((world.shown_before(KEEPER), sent(&world)), (19, 1));
    world.bury().await;
    assert_eq!((owed(&world), sent(&world)), (vec![], 1));
}

/// A record of another chain than the epoch's is mended by the logs, and takes nothing from the others meanwhile.
#[tokio::test]
async fn one_secret_that_is_refused_keeps_no_other_back() {
    let (ear, (world, _)) = (Ear::new(), served().await);
    world.kill(KEEPER);
    world.journal(KEEPER).write("keeper/secret/14", &FIRST_EPOCH.to_be_bytes());
    world.journal(KEEPER).write("keeper/secret/16", &11_u32.to_be_bytes());
    world.renew(KEEPER, 18);
    pass_to(&world, 18).await;
    world.start_keeper();
    world.pass(5).await;
    assert_eq!((reveals(&world), world.shown_before(KEEPER)), (vec![16, 14], 14));
    assert_eq!((ear.told("JURY-012"), owed(&world).len()), (vec![Level::WARN], 2));
    world.pass(20).await;
    assert_eq!((reveals(&world), world.shown_before(KEEPER)), (vec![16, 14, 16], 16));
    world.bury().await;
    assert_eq!(owed(&world), Vec::<String>::new());
}

/// The jury tells only the chain of now; where those of before began its logs tell.
#[tokio::test]
async fn a_secret_of_a_chain_of_before_is_shown_though_the_journal_was_lost() {
    for is_lost in [true, false] {
        let (world, _) = served().await;
        world.kill(KEEPER);
        world.forget_all_but_that_it_is_kept();
        if is_lost {
            world.journal(KEEPER).lose();
        }
        world.renew(KEEPER, 18);
        pass_to(&world, 20).await;
        world.start_keeper();
        world.pass(5).await;
        if is_lost {
            assert_eq!((reveals(&world), world.shown(KEEPER), world.shown_before(KEEPER)), (vec![19, 17], 19, 17));
            continue;
        }
        assert_eq!(reveals(&world), Vec::<u32>::new(), "nobody knows that it is owed");
        world.call_for_secret(KEEPER, 16);
        world.pass(5).await;
        assert_eq!((reveals(&world), world.shown_before(KEEPER)), (vec![16], 16));
        world.bury().await;
        assert_eq!(owed(&world), Vec::<String>::new());
    }
}

/// A node that lags does not tell of all chains: none is taken for another.
#[tokio::test]
async fn chains_are_searched_for_again_where_a_node_left_one_out() {
    let (world, _) = served().await;
    world.kill(KEEPER);
    world.journal(KEEPER).lose();
    world.renew(KEEPER, 18);
    world.logs_lag_blocks.store(1, Ordering::Relaxed);
    pass_to(&world, 20).await;
    world.start_keeper();
    world.pass(5).await;
    assert_eq!((reveals(&world), owed(&world)), (vec![], vec![]));
    world.logs_lag_blocks.store(0, Ordering::Relaxed);
    world.pass(20).await;
    assert_eq!((world.shown(KEEPER), world.shown_before(KEEPER)), (19, 17));
}

/// Its transaction is not mined for a while. Neither who brings a message nor a new task waits for it.
#[tokio::test]
async fn a_secret_that_takes_long_holds_up_nothing() {
    let (world, _) = served().await;
    (0..3).chain([KEEPER]).for_each(|index| world.kill(index));
    pass_to(&world, 17).await;
    let id = world.submit(2);
    let miners: Vec<u8> = world.drawn(id, KEEPER, &[]).into_iter().map(index_of).collect();
    let crew = crew_of(KEEPER, &miners);
    let assignment = cor_ports::lane::assignment(&world.task(id), &crew);
    let seats = crew.miners.iter().map(|miner| (*miner, None)).collect();
    let server = Server { keeper: crew.keeper, assign: None };
    world.call(KEEPER, &LaneCall::Start { task: world.task(id).at(), seats, server });
    world.jury_takes_secs.store(25, Ordering::Relaxed);
    world.are_tasks_unread.store(true, Ordering::Relaxed);
    world.start_keeper();
    world.pass(3).await;
    assert_eq!((reveals(&world), world.shown(KEEPER)), (vec![16], 9), "it is on its way");
    world.are_tasks_unread.store(false, Ordering::Relaxed);
    let keeper = world.keeper.lock().unwrap().clone().unwrap();
    let message = LaneMessage::Precommit { commitment: B256::repeat_byte(7) };
    let message = Key::new(miners[0]).say(id, assignment, message);
    let taken = tokio::spawn(async move { keeper.receive(message).await.unwrap() });
    let new = world.submit(3);
    world.pass(3).await;
    assert!(taken.is_finished(), "the message is taken");
    assert!(world.offers(0).await.iter().any(|offer| offer.task == new), "and the new task is offered");
    assert_eq!(world.shown(KEEPER), 9);
    world.pass(25).await;
    assert_eq!((reveals(&world), world.shown(KEEPER), world.all_run()), (vec![16], 16, true));
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

/// A call that could not be read is not heard: what was read with it is read again. Were it marked as read, half of the bond would go.
#[tokio::test]
async fn a_call_that_could_not_be_read_is_heard_later() {
    let world = World::new(3);
    world.start_keeper();
    world.forget_all_but_that_it_is_kept();
    pass_to(&world, 18).await;
    world.bury().await;
    assert_eq!((reveals(&world), owed(&world)), (vec![], vec![]), "nobody knows that it is owed");
    world.is_jury_down.store(true, Ordering::Relaxed);
    world.call_for_secret(KEEPER, 17);
    world.pass(5).await;
    // Far enough that the last blocks that are read once more do not bring it.
    world.ledger.lock().unwrap().grow(200);
    world.pass(5).await;
    world.is_jury_down.store(false, Ordering::Relaxed);
    world.pass(30).await;
    assert_eq!((reveals(&world), world.shown(KEEPER)), (vec![17], 17));
    assert!(world.all_run());
}

/// Calls are heeded though the tasks of the same blocks cannot be read.
#[tokio::test]
async fn a_call_does_not_wait_for_tasks() {
    let (world, _) = served().await;
    world.kill(KEEPER);
    world.forget_all_but_that_it_is_kept();
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
