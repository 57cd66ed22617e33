//! What a service keeps when it is killed, when its disk fails, when the chain cannot be read, and when blocks are replaced.

use std::sync::atomic::Ordering;

use cor_ports::domain::{Crew, Phase, Seat, Status};
use proptest::prelude::*;

use crate::chain::FROM_BLOCK;
use crate::lane::{Key, seats};
use crate::together::{is_over, is_unanimous, said};
use crate::wire::WireMode;
use crate::world::{KEEPER, Manner, World, index_of};

/// Nobody bound itself twice for one assignment.
fn nobody_is_bound_twice(world: &World) {
    for ((miner, assignment), commitments) in world.bound() {
        assert_eq!(commitments.len(), 1, "{miner} for {assignment}");
    }
}

#[tokio::test]
async fn a_keeper_that_starts_again_stands_by_its_crew() {
    let world = World::new(5);
    (0..5).for_each(|index| world.model(index).takes_secs.store(10, Ordering::Relaxed));
    world.start_keeper();
    world.start_miners(5);
    let id = world.submit(1);
    world.pass(5).await;
    let before = offered(&world).await;
    assert_eq!(before.len(), 3);
    assert_eq!(before[0].miners, world.drawn(id, KEEPER, &[]));
    // Who was drawn goes: it is still in the roster of this epoch.
    world.leave(index_of(before[0].miners[0]));
    world.kill(KEEPER);
    world.journal(KEEPER).lose();
    world.start_keeper();
    world.pass(2).await;
    assert_eq!(offered(&world).await, before);
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!(world.signatures(KEEPER), 1, "two crews for a task are an offence");
}

/// The crews that the keeper offers, once for each of their miners.
pub(crate) async fn offered(world: &World) -> Vec<Crew> {
    let mut crews = vec![];
    for index in 0..9 {
        crews.extend(world.offers(index).await.into_iter().map(|offer| offer.crew));
    }
    crews
}

/// Whoever serves a task has to show the secret of its epoch: what is not journalled could be forgotten.
#[tokio::test]
async fn nobody_hears_of_a_crew_whose_secret_is_not_journalled_as_owed() {
    let world = World::new(3);
    world.start_keeper();
    world.start_miners(3);
    world.pass(2).await;
    world.is_disk_full.store(true, Ordering::Relaxed);
    let id = world.submit(1);
    world.pass(10).await;
    assert_eq!((world.signatures(KEEPER), world.offers(0).await), (0, vec![]));
    world.is_disk_full.store(false, Ordering::Relaxed);
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
}

/// What is on chain is enough to go on from.
#[tokio::test]
async fn a_keeper_that_starts_again_goes_on_in_any_phase() {
    for (kills_at, seat) in [(Phase::Precommit, Seat::Silent), (Phase::Reveal, Seat::Silent), (Phase::Reveal, Seat::Committed)] {
        let drill = match seat {
            Seat::Silent => cor_keeper::service::drill::Drill::Silent,
            _ => cor_keeper::service::drill::Drill::NeverReveal,
        };
        let world = World::new(3);
        world.start_keeper();
        world.start_miner(0, Manner { drill: Some(drill), ..Manner::default() });
        [1, 2].into_iter().for_each(|index| world.start_miner(index, Manner::default()));
        let id = world.submit(1);
        world.pass_until(120, |world| world.task(id).state.phase == kills_at).await;
        let replica = world.task(id).crew().unwrap().replica_of(Key::new(0).address()).unwrap();
        world.kill(KEEPER);
        world.pass(3).await;
        world.start_keeper();
        world.pass_until(150, is_over(id)).await;
        let task = world.task(id);
        assert_eq!((task.state.status, task.seat(replica)), (Status::Completed, Some(seat)), "{kills_at:?}");
        assert!(world.calls().iter().all(|(who, _)| *who == KEEPER), "{:?}", world.calls());
    }
}

#[tokio::test]
async fn a_miner_that_starts_again_says_what_it_said_before() {
    let world = World::new(3);
    world.set_wire(WireMode::NoReveals);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(20, |world| said(world, "precommit") == 3).await;
    world.pass(2).await;
    (0..3).for_each(|index| {
        world.kill(index);
        world.start_miner(index, Manner::default());
    });
    world.set_wire(WireMode::Up);
    world.pass_until(10, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!(world.calls(), [(KEEPER, "complete".to_owned())]);
    (0..3).for_each(|index| assert_eq!(world.model(index).asked.load(Ordering::Relaxed), 1, "the answer is in the journal"));
    nobody_is_bound_twice(&world);
}

/// Keeper and miners die; the miners have the keeper's word in their journals.
#[tokio::test]
async fn miners_that_start_again_end_a_task_without_a_keeper() {
    let world = World::new(3);
    world.set_wire(WireMode::NoReveals);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(20, |world| said(world, "precommit") == 3).await;
    (0..3).chain([KEEPER]).for_each(|index| world.kill(index));
    world.set_wire(WireMode::Dead);
    world.start_miners(3);
    world.pass_until(200, is_over(id)).await;
    is_unanimous(&world, id);
    assert!(world.calls().iter().all(|(who, _)| *who < 3), "{:?}", world.calls());
    (0..3).for_each(|index| assert_eq!(world.model(index).asked.load(Ordering::Relaxed), 1));
}

#[tokio::test]
async fn a_miner_without_its_journal_does_not_bind_itself_again() {
    for lost_in in [Phase::Open, Phase::Reveal] {
        let world = World::new(3);
        world.set_wire(WireMode::NoReveals);
        world.start_keeper();
        world.start_miners(3);
        let id = world.submit(1);
        world.pass_until(20, |world| said(world, "precommit") == 3 && world.task(id).state.phase == lost_in).await;
        world.kill(0);
        world.journal(0).lose();
        world.start_miner(0, Manner::default());
        world.set_wire(WireMode::Up);
        world.pass_until(120, is_over(id)).await;
        let task = world.task(id);
        assert_eq!(task.state.status, Status::Completed, "by the others");
        assert_eq!(seats(&task).into_iter().filter(|seat| *seat == Seat::Committed).count(), 1);
        nobody_is_bound_twice(&world);
        assert_eq!(world.model(0).asked.load(Ordering::Relaxed), 1, "{lost_in:?}: nor is it worked for again");
        assert!(world.all_run());
    }
}

#[tokio::test]
async fn nothing_is_signed_before_it_is_journalled() {
    let world = World::new(3);
    (0..3).for_each(|index| world.model(index).takes_secs.store(3, Ordering::Relaxed));
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(5, |world| world.signatures(KEEPER) > 0).await;
    world.is_disk_full.store(true, Ordering::Relaxed);
    world.pass(20).await;
    assert_eq!((0..3).map(|index| world.signatures(index)).sum::<usize>(), 0);
    world.is_disk_full.store(false, Ordering::Relaxed);
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
}

#[tokio::test]
async fn a_chain_that_cannot_be_read_for_a_while_costs_nothing_but_the_while() {
    let world = World::new(3);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.is_chain_down.store(true, Ordering::Relaxed);
    world.pass(20).await;
    assert!(world.all_run());
    assert_eq!(world.said.lock().unwrap().len(), 0);
    world.is_chain_down.store(false, Ordering::Relaxed);
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
}

#[tokio::test]
async fn a_task_that_was_rolled_back_is_dropped_and_served_anew_when_it_comes_again() {
    let world = World::new(3);
    world.set_wire(WireMode::NoReveals);
    world.start_keeper();
    world.start_miners(3);
    world.ledger.lock().unwrap().grow(5);
    let id = world.submit(1);
    world.pass_until(20, |world| said(world, "precommit") == 3).await;
    let first = world.said.lock().unwrap()[0].assignment;
    world.ledger.lock().unwrap().roll_back(2);
    world.pass(3).await;
    assert_eq!(world.offers(0).await, vec![], "the keeper has dropped it");
    world.pass(70).await;
    assert_eq!(world.calls(), [], "nobody sends anything for it");
    let before = world.reads.load(Ordering::Relaxed);
    world.pass(5).await;
    assert_eq!(world.reads.load(Ordering::Relaxed), before, "nor looks for it");
    world.set_wire(WireMode::Up);
    let again = world.submit(1);
    assert_eq!(again, id);
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
    assert!(world.said.lock().unwrap().iter().any(|message| message.assignment != first), "its opening is another");
    nobody_is_bound_twice(&world);
    assert!(world.all_run());
}

/// The task is open again, with the opening that it had.
#[tokio::test]
async fn an_end_that_was_rolled_back_is_brought_about_again_by_the_same_words() {
    let world = World::new(5);
    world.start_keeper();
    world.start_miners(5);
    let id = world.submit(1);
    let before = world.ledger.lock().unwrap().head();
    world.pass_until(20, is_over(id)).await;
    // All know of it, and have put their records off.
    world.pass(3).await;
    let head = world.ledger.lock().unwrap().head();
    world.ledger.lock().unwrap().roll_back(head - before);
    world.leave(0);
    assert_eq!(world.task(id).state.phase, Phase::Open);
    // A record that is needed again is not put off any more.
    world.set_wire(WireMode::NoReveals);
    world.pass(3).await;
    let put_off: Vec<_> = (0..5).flat_map(|index| world.journal(index).keys("over/")).collect();
    assert_eq!(put_off, Vec::<String>::new());
    world.set_wire(WireMode::Up);
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!(world.signatures(KEEPER), 1, "it is the same crew");
    nobody_is_bound_twice(&world);
    let asked: usize = (0..5).map(|index| world.model(index).asked.load(Ordering::Relaxed)).sum();
    assert_eq!(asked, 3, "and the same answers");
}

#[tokio::test]
async fn a_service_begins_at_its_mark_and_reads_bounded_ranges() {
    let block = FROM_BLOCK + 3_500;
    for (mark, from) in [
        (None, FROM_BLOCK),
        (Some(vec![1, 2, 3]), FROM_BLOCK),
        (Some(3_000_u64.to_be_bytes().to_vec()), 3_000),
        (Some(1_u64.to_be_bytes().to_vec()), FROM_BLOCK),
    ] {
        let world = World::new(3);
        let empty = block - world.ledger.lock().unwrap().head() - 1;
        world.ledger.lock().unwrap().grow(empty);
        let id = world.submit(1);
        assert_eq!(world.task(id).submission.block_number, block);
        world.ledger.lock().unwrap().grow(3_000);
        let head = world.ledger.lock().unwrap().head();
        (0..3).for_each(|index| world.model(index).takes_secs.store(20, Ordering::Relaxed));
        for (index, key) in [(KEEPER, "keeper/mark"), (0, "miner/mark")] {
            mark.iter().for_each(|mark| world.journal(index).write(key, mark));
        }
        world.start_keeper();
        world.start_miners(3);
        world.pass(3).await;
        for index in [KEEPER, 0] {
            let me = Key::new(index).address();
            let ranges: Vec<_> =
                world.ranges.lock().unwrap().iter().filter(|(who, ..)| *who == me).map(|(_, from, to)| (*from, *to)).collect();
            assert_eq!((ranges[0].0, ranges.last().unwrap().1), (from, head), "{mark:?}");
            assert!(ranges.iter().all(|(from, to)| to - from < 2_000));
            assert!(ranges.windows(2).all(|pair| pair[1].0 == pair[0].1 + 1), "each block once: {ranges:?}");
        }
        let read = |index, key| world.journal(index).value(key).map(|mark| u64::from_be_bytes(mark.try_into().unwrap()));
        assert!(read(KEEPER, "keeper/mark").unwrap() <= block, "it waits for the open task");
        assert!(read(0, "miner/mark").unwrap() <= head + 1);
        world.pass_until(30, is_over(id)).await;
        world.pass(3).await;
        assert!(read(KEEPER, "keeper/mark").unwrap() <= block, "a rollback may open it again");
        for _ in 0..3 {
            world.ledger.lock().unwrap().grow(600);
            world.pass(61).await;
        }
        let head = world.ledger.lock().unwrap().head();
        assert_eq!(
            read(KEEPER, "keeper/mark"),
            Some(head + 1 - 600 - 64),
            "below what was read a minute ago, by the blocks that may be replaced yet"
        );
    }
}

/// A mark is higher than the chain: it was rolled back while the service was off.
#[tokio::test]
async fn a_mark_beyond_the_chain_hides_nothing_that_comes() {
    let world = World::new(3);
    for (index, key) in [(KEEPER, "keeper/mark"), (0, "miner/mark")] {
        world.journal(index).write(key, &u64::MAX.to_be_bytes());
    }
    world.start_keeper();
    world.start_miners(3);
    world.pass(2).await;
    let id = world.submit(1);
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
}

/// What goes wrong in the property test.
#[derive(Debug, Clone, Copy)]
enum Event {
    Submit,
    KillMiner(u8),
    KillKeeper,
    Wire(u8),
    ChainDown(bool),
    DiskFull(bool),
    RollBack(u8),
    Leave(u8),
    JuryDown(bool),
}

fn events() -> impl Strategy<Value = Vec<(Event, u8)>> {
    let event = prop_oneof![
        Just(Event::Submit),
        (0_u8..3).prop_map(Event::KillMiner),
        Just(Event::KillKeeper),
        (0_u8..6).prop_map(Event::Wire),
        any::<bool>().prop_map(Event::ChainDown),
        any::<bool>().prop_map(Event::DiskFull),
        (1_u8..5).prop_map(Event::RollBack),
        (0_u8..3).prop_map(Event::Leave),
        any::<bool>().prop_map(Event::JuryDown),
    ];
    prop::collection::vec((event, 0_u8..15), 1..24)
}

async fn live(events: Vec<(Event, u8)>) {
    let world = World::new(3);
    (0..3).for_each(|index| world.model(index).takes_secs.store(u64::from(index), Ordering::Relaxed));
    world.start_keeper();
    world.start_miners(3);
    let mut tasks = vec![world.submit(1)];
    for (event, secs) in events {
        match event {
            Event::Submit => tasks.push(world.submit(u64::try_from(tasks.len()).unwrap() + 1)),
            Event::KillMiner(index) => {
                world.kill(index);
                world.start_miner(index, Manner::default());
            }
            Event::KillKeeper => {
                world.kill(KEEPER);
                world.start_keeper();
            }
            Event::Wire(mode) => world.set_wire(match mode {
                0 => WireMode::Dead,
                1 => WireMode::Stalled,
                2 => WireMode::OffersOnly,
                3 => WireMode::NoReveals,
                _ => WireMode::Up,
            }),
            Event::ChainDown(is_down) => world.is_chain_down.store(is_down, Ordering::Relaxed),
            Event::DiskFull(is_full) => world.is_disk_full.store(is_full, Ordering::Relaxed),
            Event::RollBack(blocks) if !world.is_chain_down.load(Ordering::Relaxed) => {
                // All have read the blocks that go, and see that they are gone before there are others of the same numbers: else nobody hears of it.
                world.is_frozen.store(true, Ordering::Relaxed);
                world.pass(2).await;
                {
                    let mut ledger = world.ledger.lock().unwrap();
                    let count = u64::from(blocks).min(ledger.head() - FROM_BLOCK);
                    ledger.roll_back(count);
                }
                world.pass(2).await;
                world.is_frozen.store(false, Ordering::Relaxed);
            }
            Event::RollBack(_) => {}
            // It may come in again by itself.
            Event::Leave(index) if world.is_in_roster(index) => world.leave(index),
            Event::Leave(_) => {}
            Event::JuryDown(is_down) => world.is_jury_down.store(is_down, Ordering::Relaxed),
        }
        world.pass(u64::from(secs)).await;
    }
    world.is_chain_down.store(false, Ordering::Relaxed);
    world.is_jury_down.store(false, Ordering::Relaxed);
    world.is_disk_full.store(false, Ordering::Relaxed);
    world.set_wire(WireMode::Up);
    world.pass(400).await;
    nobody_is_bound_twice(&world);
    assert!(world.all_run());
    for task in tasks.into_iter().filter_map(|id| world.ledger.lock().unwrap().task(id)) {
        assert_eq!(task.state.phase, Phase::Ended, "{task:?}");
        assert!(seats(&task).iter().all(|seat| *seat != Seat::Bad), "the honest are never reported: {task:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever is killed, whatever fails and in whatever order: a miner binds itself to one answer for an assignment, honest ones are never reported, and
    /// every task ends.
    #[test]
    fn whatever_happens_nobody_is_bound_twice(events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(events));
    }
}

/// What the property test found once: the rollback was seen, could not be dealt with at once, and was forgotten when the chain had grown again.
#[tokio::test]
async fn a_rollback_that_cannot_be_dealt_with_at_once_is_not_forgotten() {
    live(vec![(Event::ChainDown(false), 4), (Event::DiskFull(true), 0), (Event::RollBack(1), 0), (Event::Submit, 0)]).await;
}
