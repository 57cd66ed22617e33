//! Keeper and miners together: tasks go well, or one misbehaves on purpose; and the miners end a task when the keeper is gone.

use std::sync::atomic::Ordering;

use alloy_primitives::B256;
use cor_keeper::service::drill::Drill;
use cor_ports::domain::{Crew, LaneCall, Phase, Seat, Server, Status};

use crate::lane::{Key, seats};
use crate::wire::{BlobFault, WireMode};
use crate::world::{KEEPER, Manner, OTHER_KEEPER, SECRETS_KEPT, World};

pub(crate) fn is_over(id: B256) -> impl Fn(&World) -> bool {
    move |world| world.task(id).state.phase == Phase::Ended
}

/// The task has a result that all agree on.
pub(crate) fn is_unanimous(world: &World, id: B256) {
    let task = world.task(id);
    let leader = task.seat(0).unwrap();
    assert!(matches!(leader, Seat::Follows(_)), "{leader:?}");
    assert_eq!((task.state.status, seats(&task)), (Status::Completed, vec![leader; usize::from(task.state.replicas)]));
}

/// How often something of this kind reached the keeper.
pub(crate) fn said(world: &World, kind: &str) -> usize {
    world.said.lock().unwrap().iter().filter(|message| message.message.kind().name() == kind).count()
}

#[tokio::test]
async fn a_task_that_all_answer_is_one_transaction() {
    let world = World::new(3);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(10, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!(world.calls(), [(KEEPER, "complete".to_owned())]);
    assert!(world.blobs.has(b"Paris"), "the payer finds the answer");
    world.pass(5).await;
    let paid = world.sent.lock().unwrap().iter().filter(|(_, effect)| effect.starts_with("earnings/")).count();
    assert_eq!(paid, 3, "each claims what it earned");
    for index in [0, 1, 2] {
        assert_eq!(world.model(index).asked.load(Ordering::Relaxed), 1);
        assert_eq!(world.journal(index).keys("miner/crew/").len(), 0);
        assert_eq!(world.journal(index).keys("miner/answer/").len(), 1, "the task may come back");
    }
    assert_eq!(world.journal(KEEPER).keys("keeper/secret/"), ["keeper/secret/16"], "the epoch lasts");
    world.outlast().await;
    world.bury().await;
    for index in [0, 1, 2, KEEPER] {
        let left = world.journal(index).keys("");
        assert!(left.iter().all(|key| key.ends_with("/mark") || key == SECRETS_KEPT), "{left:?}");
    }
    assert!(world.all_run());
}

#[tokio::test]
async fn one_that_misbehaves_is_left_behind_or_reported() {
    let bad = ["start", "report/N", "finish"].as_slice();
    for (drill, status, seat, calls) in [
        (Drill::Silent, Status::Completed, Seat::Silent, ["summon", "dismiss", "start", "close", "finish"].as_slice()),
        (Drill::NeverReveal, Status::Completed, Seat::Committed, ["start", "reveal", "finish"].as_slice()),
        (Drill::RevealOther, Status::Completed, Seat::Bad, bad),
        (Drill::CopyCommitment, Status::Completed, Seat::Bad, bad),
        (Drill::WrongAnswer, Status::Completed, Seat::Follows(9), ["complete"].as_slice()),
    ] {
        let world = World::new(3);
        world.start_keeper();
        world.start_miner(0, Manner { drill: Some(drill), ..Manner::default() });
        [1, 2].into_iter().for_each(|index| world.start_miner(index, Manner::default()));
        let id = world.submit(1);
        world.pass_until(5, |world| world.signatures(KEEPER) > 0).await;
        let crew = world.offers(0).await[0].crew.clone();
        let replica = crew.replica_of(Key::new(0).address()).unwrap();
        world.pass_until(130, is_over(id)).await;
        let task = world.task(id);
        assert_eq!(task.state.status, status, "{drill:?}");
        let found = task.seat(replica).unwrap();
        match seat {
            Seat::Follows(_) => assert_eq!(found, Seat::Follows(replica), "{drill:?}: by itself"),
            seat => assert_eq!(found, seat, "{drill:?}"),
        }
        let others = seats(&task).into_iter().enumerate().filter(|(index, _)| *index != usize::from(replica));
        assert!(others.into_iter().all(|(_, seat)| matches!(seat, Seat::Follows(_))), "{drill:?}: the others are paid");
        let made: Vec<_> =
            world.calls().into_iter().map(|(who, effect)| (who, effect.split('/').next().unwrap().to_owned())).collect();
        let expected: Vec<_> = calls.iter().map(|call| (KEEPER, call.split('/').next().unwrap().to_owned())).collect();
        assert_eq!(made, expected, "{drill:?}");
        assert!(world.all_run());
    }
}

#[tokio::test]
async fn a_miner_that_is_late_binds_itself_on_chain() {
    let world = World::new(3);
    world.model(1).takes_secs.store(58, Ordering::Relaxed);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(130, is_over(id)).await;
    is_unanimous(&world, id);
    let made: Vec<_> =
        world.calls().into_iter().map(|(who, effect)| (who, effect.split('/').next().unwrap().to_owned())).collect();
    let expected = [(KEEPER, "summon"), (1, "present"), (KEEPER, "start"), (KEEPER, "precommit"), (KEEPER, "finish")];
    assert_eq!(made, expected.map(|(who, call)| (who, call.to_owned())));
    assert_eq!(said(&world, "commit"), 3, "shown when the last one was bound on chain, and not before");
}

/// The keeper dies when all are bound and before anything is on chain.
#[tokio::test]
async fn miners_that_have_the_keepers_word_end_a_task_without_it() {
    let world = World::new(3);
    [0, 1, 2].into_iter().for_each(|index| world.model(index).takes_secs.store(4, Ordering::Relaxed));
    world.set_wire(WireMode::NoReveals);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(20, |world| said(world, "precommit") == 3).await;
    // They see that all are bound.
    world.pass(3).await;
    world.set_wire(WireMode::Dead);
    world.kill(KEEPER);
    world.pass_until(200, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!(said(&world, "commit"), 0);
    let calls = world.calls();
    assert!(calls.iter().all(|(who, _)| *who < 3), "{calls:?}");
    let count = |name: &str| calls.iter().filter(|(_, effect)| effect.starts_with(name)).count();
    assert_eq!((count("start"), count("precommit"), count("reveal"), count("finish")), (1, 0, 3, 1), "{calls:?}");
    world.pass(20).await;
    let paid = world.sent.lock().unwrap().iter().filter(|(_, effect)| effect.starts_with("earnings/")).count();
    assert_eq!(paid, 3, "paid without a keeper");
}

/// The keeper shows its offers and nothing more is heard of it: each miner knows of its own word only.
#[tokio::test]
async fn miners_that_know_of_nobody_else_bind_themselves_on_chain() {
    for gone in [WireMode::Dead, WireMode::Stalled] {
        let world = World::new(3);
        world.start_keeper();
        world.set_wire(WireMode::OffersOnly);
        world.start_miners(3);
        let id = world.submit(1);
        world.pass(10).await;
        world.set_wire(gone);
        world.kill(KEEPER);
        world.pass_until(250, is_over(id)).await;
        is_unanimous(&world, id);
        let calls = world.calls();
        let count = |name: &str| calls.iter().filter(|(_, effect)| effect.starts_with(name)).count();
        assert_eq!((count("start"), count("precommit"), count("reveal"), count("finish")), (1, 2, 3, 1), "{calls:?}");
        assert!(calls.iter().all(|(who, _)| *who < 3), "{calls:?}");
    }
}

/// A keeper that takes everything and does nothing.
#[tokio::test]
async fn a_keeper_that_stands_still_does_not_hold_up_a_reveal() {
    let world = World::new(3);
    world.set_wire(WireMode::NoReveals);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(20, |world| said(world, "precommit") == 3).await;
    world.pass(3).await;
    world.set_wire(WireMode::Stalled);
    let before = world.deliveries.load(Ordering::Relaxed);
    world.pass(20).await;
    assert!(world.deliveries.load(Ordering::Relaxed) <= before + 3, "who has no answer yet is not asked again");
    world.blobs.fail(Some(BlobFault::StalledPut));
    world.kill(KEEPER);
    world.pass_until(250, is_over(id)).await;
    is_unanimous(&world, id);
    world.pass(20).await;
    assert!(world.all_run());
    for index in [0, 1, 2] {
        assert_eq!(
            world.journal(index).keys("miner/answer/").len(),
            1,
            "an answer that is paid for and nowhere else is not thrown away"
        );
    }
}

/// Another keeper put a crew on chain; a miner hears of it by the chain alone.
#[tokio::test]
async fn a_miner_serves_what_is_on_chain_without_any_keeper() {
    for (is_alone, wire, fault) in [
        (true, WireMode::Up, None),
        (false, WireMode::Dead, Some(BlobFault::NoPut)),
        (false, WireMode::Stalled, Some(BlobFault::StalledPut)),
    ] {
        let world = World::new(1);
        world.set_wire(wire);
        world.blobs.fail(fault);
        let id = world.submit_for(1, 1);
        let task = world.task(id);
        let crew = Crew { keeper: Key::new(OTHER_KEEPER).address(), miners: vec![Key::new(0).address()] };
        let server = Server { keeper: crew.keeper, assign: None };
        world.call(OTHER_KEEPER, &LaneCall::Start { task: task.at(), seats: vec![(crew.miners[0], None)], server });
        world.start_miner(0, Manner { is_alone, ..Manner::default() });
        world.pass_until(150, is_over(id)).await;
        is_unanimous(&world, id);
        let effects: Vec<_> =
            world.calls().into_iter().skip(1).map(|(who, effect)| (who, effect.split('/').next().unwrap().to_owned())).collect();
        assert_eq!(effects, ["precommit", "reveal", "finish"].map(|effect| (0, effect.to_owned())));
        world.pass(10).await;
        let kept = usize::from(fault.is_some());
        assert_eq!(world.journal(0).keys("over/miner/answer/").len(), 1 - kept);
        assert_eq!(world.blobs.has(b"Paris"), fault.is_none());
        world.outlast().await;
        assert_eq!(world.journal(0).keys("miner/answer/").len(), kept, "what is paid for and nowhere else stays");
        assert!(world.all_run());
    }
}

#[tokio::test]
async fn a_prompt_that_cannot_be_had_or_does_not_fit_costs_nothing() {
    for is_too_small in [true, false] {
        let world = World::new(3);
        if is_too_small {
            world.model(0).is_too_small.store(true, Ordering::Relaxed);
        } else {
            world.blobs.fail(Some(BlobFault::StalledGet));
        }
        world.start_keeper();
        world.start_miners(3);
        let id = world.submit(1);
        world.pass(30).await;
        if !is_too_small {
            assert_eq!(said(&world, "precommit"), 0, "nothing is signed for what was not read");
            assert!(world.all_run());
        }
        world.pass_until(120, is_over(id)).await;
        let asked = world.model(0).asked.load(Ordering::Relaxed);
        assert_eq!(asked, usize::from(is_too_small), "it is asked once");
        let status = world.task(id).state.status;
        assert_eq!(status, if is_too_small { Status::Completed } else { Status::Expired });
        world.pass(30).await;
        assert_eq!(world.journal(0).keys("miner/answer/").len(), 0);
        assert!(world.all_run());
    }
}

#[tokio::test]
async fn a_claim_that_fails_is_made_again() {
    let world = World::new(1);
    world.claim_failures.store(1, Ordering::Relaxed);
    world.ledger.lock().unwrap().earn(Key::new(0).address(), 5);
    world.start_miner(0, Manner::default());
    world.pass(10).await;
    assert_eq!(world.sent.lock().unwrap().len(), 0);
    world.pass(10).await;
    assert_eq!(world.sent.lock().unwrap().len(), 1);
    assert_eq!(world.claim_failures.load(Ordering::Relaxed), 0);
    world.pass(100).await;
    assert_eq!(world.sent.lock().unwrap().len(), 1, "what was paid is not claimed again");
}
