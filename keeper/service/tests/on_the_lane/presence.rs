//! Whether a miner can be drawn, and is there when it was: rosters that it stays in, and summonses that it answers.

use std::sync::{Arc, atomic::Ordering};

use alloy_primitives::B256;
use cor_keeper::service::drill::Drill;
use cor_ports::Jury;
use cor_ports::jury::JuryCall;

use crate::jury::{MODEL, TIMES};
use crate::lane::Key;
use crate::lies::offer;
use crate::wire::WireMode;
use crate::world::{KEEPER, Manner, OTHER_KEEPER, World, index_of};

/// A keeper summons miner 0 to a task.
pub(crate) async fn summon(world: &Arc<World>, keeper: u8, id: B256) {
    let call = JuryCall::Summon { task: world.task(id).at(), node: Key::new(0).address(), slot: 0 };
    world.account(keeper).send(call).await.unwrap();
}

fn is_present(world: &World, id: B256) -> bool {
    world.summons(id, KEEPER, Key::new(0).address()).is_present
}

/// How often a miner tried to answer a summons, and how often it succeeded.
pub(crate) fn answers(world: &World) -> (usize, usize) {
    let tried = world.pleaded.lock().unwrap().iter().filter(|(_, call)| matches!(call, JuryCall::Present { .. })).count();
    let sent = world.sent.lock().unwrap().iter().filter(|(_, effect)| effect.contains("/present/")).count();
    (tried, sent)
}

/// In which epochs a node tried to enter.
fn entries(world: &World, index: u8) -> Vec<u32> {
    let pleaded = world.pleaded.lock().unwrap();
    let of_node = pleaded.iter().filter_map(|(who, call)| match call {
        JuryCall::Enter { node, epoch, .. } if who == node && index_of(*node) == index => Some(*epoch),
        _ => None,
    });
    of_node.collect()
}

/// Nobody offered it, and there may be no keeper that it knows.
#[tokio::test]
async fn a_summons_is_answered_once_for_a_task() {
    for is_alone in [false, true] {
        let world = World::new(3);
        world.set_wire(WireMode::Scripted(vec![]));
        world.start_miner(0, Manner { is_alone, ..Manner::default() });
        let (id, other) = (world.submit(1), world.submit(2));
        world.pass(3).await;
        assert_eq!(answers(&world), (0, 0), "nobody asked");
        summon(&world, KEEPER, id).await;
        world.pass(2).await;
        assert!(is_present(&world, id) && !is_present(&world, other));
        summon(&world, OTHER_KEEPER, id).await;
        world.pass(20).await;
        assert_eq!(answers(&world), (1, 1), "an answer counts for every keeper");
        assert!(world.all_run());
    }
}

#[tokio::test]
async fn a_summons_of_the_time_before_a_start_is_answered_once() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    world.start_miner(0, Manner::default());
    world.pass(2).await;
    world.kill(0);
    let id = world.submit(1);
    summon(&world, KEEPER, id).await;
    world.ledger.lock().unwrap().grow(3_000);
    world.start_miner(0, Manner::default());
    world.pass(5).await;
    assert!(is_present(&world, id));
    world.kill(0);
    world.start_miner(0, Manner::default());
    world.pass(5).await;
    assert_eq!(answers(&world).1, 1, "what was sent is not sent again");
}

/// The chain takes nothing for so long that blocks of many others come between.
#[tokio::test]
async fn an_answer_that_cannot_be_sent_is_tried_again_also_after_a_restart() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    world.start_miner(0, Manner::default());
    let (id, late) = (world.submit(1), world.submit(2));
    summon(&world, KEEPER, id).await;
    world.is_frozen.store(true, Ordering::Relaxed);
    world.pass(5).await;
    world.ledger.lock().unwrap().grow(3_000);
    world.pass(5).await;
    let (tried, sent) = answers(&world);
    assert!((2..=6).contains(&tried) && sent == 0, "{tried} times");
    world.kill(0);
    world.start_miner(0, Manner::default());
    world.pass(2).await;
    world.is_frozen.store(false, Ordering::Relaxed);
    world.pass(3).await;
    assert!(is_present(&world, id));
    // Not any more when the task is over.
    summon(&world, KEEPER, late).await;
    world.is_frozen.store(true, Ordering::Relaxed);
    world.pass(46).await;
    world.is_frozen.store(false, Ordering::Relaxed);
    world.pass(20).await;
    assert!(!is_present(&world, late));
    let tried = answers(&world).0;
    world.pass(20).await;
    assert_eq!(answers(&world).0, tried);
    assert!(world.all_run());
}

/// A node that lags leaves logs out, and does not say so. What was heard of twice is answered once.
#[tokio::test]
async fn a_summons_that_a_node_left_out_is_heard_later() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    world.start_miner(0, Manner::default());
    let (id, strange) = (world.submit(1), world.submit_with(2, |opening| opening.terms.model = MODEL + 1));
    world.pass(2).await;
    world.logs_lag_blocks.store(3, Ordering::Relaxed);
    summon(&world, KEEPER, id).await;
    summon(&world, KEEPER, strange).await;
    world.pass(3).await;
    assert!(!is_present(&world, id));
    world.logs_lag_blocks.store(0, Ordering::Relaxed);
    world.ledger.lock().unwrap().grow(1);
    world.pass(3).await;
    assert!(is_present(&world, id));
    let reads = world.reads.load(Ordering::Relaxed);
    for _ in 0..20 {
        world.ledger.lock().unwrap().grow(1);
        world.pass(1).await;
    }
    assert_eq!(
        (answers(&world), world.reads.load(Ordering::Relaxed)),
        ((1, 1), reads),
        "nor is what needs no answer looked at again"
    );
    assert!(world.all_run());
}

#[tokio::test]
async fn an_answer_that_somebody_brought_is_not_tried_again() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    world.is_jury_down.store(true, Ordering::Relaxed);
    world.start_miner(0, Manner::default());
    let id = world.submit(1);
    world.is_jury_down.store(false, Ordering::Relaxed);
    summon(&world, KEEPER, id).await;
    world.bring_answer(id, 0);
    world.pass(40).await;
    assert_eq!(answers(&world), (1, 0), "it is refused once");
}

#[tokio::test]
async fn an_answer_that_was_rolled_back_is_given_again() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    world.start_miner(0, Manner::default());
    let id = world.submit(1);
    summon(&world, KEEPER, id).await;
    world.pass(3).await;
    assert!(is_present(&world, id));
    world.ledger.lock().unwrap().roll_back(1);
    assert!(!is_present(&world, id));
    world.pass(3).await;
    assert!(is_present(&world, id));
}

/// Each would cost gas for nothing.
#[tokio::test]
async fn what_needs_no_answer_gets_none() {
    #[derive(Debug, PartialEq)]
    enum Case {
        AnotherModel,
        AnotherKind,
        PenaltyTooHigh,
        Over,
        GivenUp,
        SilentDrill,
        Honest,
    }
    for case in
        [Case::AnotherModel, Case::AnotherKind, Case::PenaltyTooHigh, Case::Over, Case::GivenUp, Case::SilentDrill, Case::Honest]
    {
        let world = World::new(3);
        let id = world.submit_with(1, |opening| match case {
            Case::AnotherModel => opening.terms.model = 2,
            Case::AnotherKind => opening.terms.answer_kind = 77,
            Case::PenaltyTooHigh => opening.bad_reveal = cor_core::limits::LANE_PENALTY_MAX_GRAINS + 1,
            _ => {}
        });
        let offers = if case == Case::GivenUp { vec![offer(&world, id, KEEPER, &[0, 1, 2])] } else { vec![] };
        world.model(0).is_too_small.store(true, Ordering::Relaxed);
        world.set_wire(WireMode::Scripted(offers));
        let drill = (case == Case::SilentDrill).then_some(Drill::Silent);
        if case == Case::Over {
            summon(&world, KEEPER, id).await;
            world.pass(60).await;
        }
        world.start_miner(0, Manner { drill, ..Manner::default() });
        world.pass(3).await;
        if case != Case::Over {
            summon(&world, KEEPER, id).await;
        }
        world.pass(10).await;
        let expected = usize::from(case == Case::Honest);
        assert_eq!(answers(&world), (expected, expected), "{case:?}");
        assert!(world.all_run());
    }
}

/// The clock is ahead when it is heard of, so that the task looks over.
#[tokio::test]
async fn a_clock_that_is_ahead_loses_no_summons() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    world.start_miner(0, Manner::default());
    let id = world.submit(1);
    world.clocks_ahead_secs.store(86_400, Ordering::Relaxed);
    summon(&world, KEEPER, id).await;
    world.pass(5).await;
    assert_eq!(answers(&world), (0, 0));
    world.clocks_ahead_secs.store(0, Ordering::Relaxed);
    world.pass(2).await;
    assert!(is_present(&world, id) && world.all_run());
}

/// The task's own log and the summons are in the same range.
#[tokio::test]
async fn a_summons_is_heard_though_a_task_cannot_be_read() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    let (id, sealed) = (world.submit(1), world.submit(2));
    world.unread_tasks.lock().unwrap().insert(sealed);
    summon(&world, KEEPER, sealed).await;
    summon(&world, KEEPER, id).await;
    world.start_miner(0, Manner::default());
    world.pass(5).await;
    assert!(is_present(&world, id) && !is_present(&world, sealed));
    world.unread_tasks.lock().unwrap().clear();
    world.pass(5).await;
    assert!(is_present(&world, sealed) && world.all_run());
}

/// The chain has the task in a crew already: nobody is passed over any more.
#[tokio::test]
async fn a_task_that_is_on_chain_needs_no_answer() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    let id = world.submit(1);
    summon(&world, KEEPER, id).await;
    let crew = crate::lies::crew_of(KEEPER, &[1, 2, 3]);
    let seats = crew.miners.iter().map(|miner| (*miner, None)).collect();
    let server = cor_ports::domain::Server { keeper: crew.keeper, assign: None };
    world.call(KEEPER, &cor_ports::domain::LaneCall::Start { task: world.task(id).at(), seats, server });
    world.start_miner(0, Manner::default());
    world.pass(10).await;
    assert_eq!(answers(&world), (0, 0));
}

#[tokio::test]
async fn a_miner_enters_the_roster_and_comes_back_when_it_may() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    [0, 3].into_iter().for_each(|index| world.start_miner(index, Manner::default()));
    world.pass(2).await;
    let first = TIMES.epoch(world.now());
    assert_eq!((entries(&world, 0), entries(&world, 3)), (vec![], vec![first]));
    assert!(world.is_in_roster(3));
    world.pass(200).await;
    assert_eq!(entries(&world, 3), [first], "it is in");
    world.leave(3);
    let barred_until = TIMES.epoch(world.now()) + 1 + TIMES.absence_epochs;
    world.pass(900).await;
    assert_eq!(entries(&world, 3), [first, barred_until - 1], "for the first epoch in which it can be in it again");
    assert!(world.is_in_roster(3));
    assert_eq!(entries(&world, 0), Vec::<u32>::new());
    assert!(world.all_run());
}

#[tokio::test]
async fn an_entry_that_is_refused_is_tried_once_an_epoch() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    world.unfit.lock().unwrap().insert(Key::new(3).address());
    world.start_miner(3, Manner::default());
    world.pass(130).await;
    let first = TIMES.epoch(1_000);
    assert_eq!(entries(&world, 3), [first, first + 1, first + 2]);
    world.unfit.lock().unwrap().clear();
    world.pass(60).await;
    assert_eq!(entries(&world, 3), [first, first + 1, first + 2, first + 3]);
    assert!(world.is_in_roster(3) && world.all_run());
}

/// The clock was far ahead for a moment.
#[tokio::test]
async fn a_clock_that_is_put_back_keeps_no_node_out() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    world.unfit.lock().unwrap().insert(Key::new(3).address());
    let now = world.now();
    world.set_clock(now + 86_400);
    world.start_miner(3, Manner::default());
    world.pass(2).await;
    world.set_clock(now + 2);
    world.unfit.lock().unwrap().clear();
    world.pass(3).await;
    assert!(world.is_in_roster(3) && world.all_run());
}

/// What cannot be asked or sent is tried again soon; nothing else waits for it.
#[tokio::test]
async fn a_jury_that_is_away_is_asked_again() {
    let world = World::new(3);
    world.is_jury_down.store(true, Ordering::Relaxed);
    world.ledger.lock().unwrap().earn(Key::new(3).address(), 5);
    let id = world.submit(1);
    world.set_wire(WireMode::Scripted(vec![offer(&world, id, KEEPER, &[3, 1, 2])]));
    world.start_miner(3, Manner::default());
    world.pass(10).await;
    assert_eq!((world.signatures(3), entries(&world, 3)), (1, vec![]), "an offer is answered all the same");
    assert!(world.sent.lock().unwrap().iter().any(|(_, effect)| effect.starts_with("earnings/")), "and earnings are claimed");
    world.is_jury_down.store(false, Ordering::Relaxed);
    world.is_frozen.store(true, Ordering::Relaxed);
    world.pass(20).await;
    assert!(!world.is_in_roster(3));
    let tries = entries(&world, 3).len();
    assert!((2..=6).contains(&tries), "{tries}");
    world.is_frozen.store(false, Ordering::Relaxed);
    world.pass(7).await;
    assert!(world.is_in_roster(3) && world.all_run());
}
