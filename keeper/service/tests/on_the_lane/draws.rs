//! Who serves: the crew that the chain has drawn, without those that are gone.

use std::collections::BTreeSet;
use std::sync::{Arc, atomic::Ordering};

use alloy_primitives::{Address, B256};
use cor_core::task::lane::messages::task_id;
use cor_ports::domain::{Crew, Opening, Phase, Seat, Status};
use proptest::prelude::*;

use crate::chain::FROM_BLOCK;
use crate::jury::{MODEL, TIMES};
use crate::lane::{Key, PAYER, seats};
use crate::recovery::offered;
use crate::together::{is_over, is_unanimous, said};
use crate::wire::WireMode;
use crate::world::{KEEPER, Manner, World, index_of};

/// What was sent for tasks: who, and the first part of the effect.
fn made(world: &World) -> Vec<(u8, String)> {
    world.calls().into_iter().map(|(who, effect)| (who, effect.split('/').next().unwrap().to_owned())).collect()
}

fn count(world: &World, name: &str) -> usize {
    made(world).iter().filter(|(_, effect)| effect == name).count()
}

/// A world with a keeper and a task, and with miners of all nodes but those that were drawn for these seats. Their indices by seat.
async fn without(nodes: u8, seats: &[usize]) -> (Arc<World>, B256, Vec<u8>) {
    let world = World::new(nodes);
    world.start_keeper();
    let id = world.submit(1);
    let crew: Vec<u8> = world.drawn(id, KEEPER, &[]).into_iter().map(index_of).collect();
    let dead: Vec<u8> = seats.iter().map(|seat| crew[*seat]).collect();
    (0..nodes).filter(|index| !dead.contains(index)).for_each(|index| world.start_miner(index, Manner::default()));
    world.pass(2).await;
    (world, id, crew)
}

/// The crews that are offered, each once.
async fn crews(world: &World) -> Vec<Crew> {
    let mut crews = offered(world).await;
    crews.dedup();
    crews
}

#[tokio::test]
async fn a_crew_is_as_drawn_and_no_more_is_read_than_the_draw_lands_on() {
    let world = World::new(200);
    world.start_keeper();
    let mut met = BTreeSet::new();
    for sequence in 1..=9 {
        let before = world.slot_reads.load(Ordering::Relaxed);
        let id = world.submit(sequence);
        world.pass(2).await;
        let crew = world.drawn(id, KEEPER, &[]);
        assert_eq!(crew.len(), 3);
        for miner in &crew {
            let offers = world.offers(index_of(*miner)).await;
            let offer = offers.iter().find(|offer| offer.task == id).unwrap();
            assert_eq!(offer.crew, Crew { keeper: Key::new(KEEPER).address(), miners: crew.clone() });
        }
        assert_eq!(world.slot_reads.load(Ordering::Relaxed) - before, 3, "no node comes up twice here");
        met.extend(crew);
        // Into the next epoch.
        world.pass(3).await;
    }
    assert!(met.len() > 15, "chance has a part in it");
}

/// Who comes in or goes in an epoch changes no draw of it.
#[tokio::test]
async fn a_draw_goes_by_the_roster_of_its_epoch() {
    let world = World::new(4);
    (4..9).for_each(|index| world.enter(index));
    (0..3).for_each(|index| world.leave(index));
    world.start_keeper();
    let of_now = world.submit(1);
    world.pass(2).await;
    let of = |indices: std::ops::Range<u8>| indices.map(|index| Key::new(index).address()).collect::<BTreeSet<Address>>();
    let crew = crews(&world).await.remove(0);
    assert_eq!(crew.miners, world.drawn(of_now, KEEPER, &[]));
    assert!(crew.miners.iter().all(|miner| of(0..4).contains(miner)));
    world.pass(TIMES.ends(16) + 45 - world.now()).await;
    let of_next = world.submit(2);
    world.pass(2).await;
    let crew = crews(&world).await.remove(0);
    assert_eq!(crew.miners, world.drawn(of_next, KEEPER, &[]));
    assert!(crew.miners.iter().all(|miner| of(3..9).contains(miner)));
}

#[tokio::test]
async fn a_miner_that_is_gone_is_replaced_and_the_others_are_paid() {
    for seat in 0..3 {
        let (world, id, crew) = without(6, &[seat]).await;
        let second = world.drawn(id, KEEPER, &[crew[seat]]);
        assert_eq!(crews(&world).await[0].miners, world.drawn(id, KEEPER, &[]));
        world.pass_until(58, is_over(id)).await;
        is_unanimous(&world, id);
        let dead = Key::new(crew[seat]).address();
        assert_eq!(made(&world), ["summon", "dismiss", "complete"].map(|call| (KEEPER, call.to_owned())));
        assert!(world.summons(id, KEEPER, dead).is_absent && !world.is_in_roster(crew[seat]));
        world.pass(10).await;
        let paid = world
            .sent
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, effect)| effect.starts_with("earnings/"))
            .map(|(who, _)| *who)
            .collect();
        assert_eq!(second.iter().copied().collect::<BTreeSet<_>>(), paid);
        for miner in second {
            assert_eq!(world.model(index_of(miner)).asked.load(Ordering::Relaxed), 1, "each answers once");
        }
        assert!(world.all_run());
    }
}

#[tokio::test]
async fn two_that_are_gone_are_replaced_at_once() {
    let (world, id, crew) = without(7, &[0, 2]).await;
    world.pass_until(58, is_over(id)).await;
    is_unanimous(&world, id);
    let expected = ["summon", "summon", "dismiss", "dismiss", "complete"];
    assert_eq!(made(&world), expected.map(|call| (KEEPER, call.to_owned())));
    assert!([0, 2].into_iter().all(|seat| world.summons(id, KEEPER, Key::new(crew[seat]).address()).is_absent));
}

/// Its successor is gone as well, and there is no time to find that out.
#[tokio::test]
async fn a_quorum_starts_what_nobody_can_be_replaced_in() {
    let (world, id, crew) = without(6, &[1]).await;
    let second = world.drawn(id, KEEPER, &[crew[1]]);
    let successor = second.iter().copied().map(index_of).find(|index| !crew.contains(index)).unwrap();
    world.kill(successor);
    world.pass_until(150, is_over(id)).await;
    let task = world.task(id);
    assert_eq!((task.state.status, task.history.miners()), (Status::Completed, second));
    assert_eq!(seats(&task).into_iter().filter(|seat| matches!(seat, Seat::Follows(_))).count(), 2);
    assert_eq!(count(&world, "summon"), 1);
}

/// The roster has nobody else: the crew stays, also after a restart, and whoever was found absent is in it.
#[tokio::test]
async fn a_crew_that_cannot_be_drawn_without_the_absent_stays() {
    for is_restarted in [false, true] {
        let (world, id, crew) = without(3, &[1]).await;
        let first = crews(&world).await;
        world.pass_until(55, |world| count(world, "dismiss") == 1).await;
        if is_restarted {
            world.kill(KEEPER);
            world.journal(KEEPER).lose();
            world.start_keeper();
        }
        world.pass(2).await;
        assert_eq!((crews(&world).await, world.signatures(KEEPER)), (first, 1));
        world.pass_until(100, is_over(id)).await;
        let task = world.task(id);
        assert_eq!((task.state.status, task.seat(1)), (Status::Completed, Some(Seat::Silent)), "{is_restarted}: {crew:?}");
        assert_eq!(count(&world, "start"), 1);
    }
}

#[tokio::test]
async fn a_miner_that_is_slow_and_there_is_waited_for() {
    let world = World::new(6);
    world.start_keeper();
    let id = world.submit(1);
    let slow = index_of(world.drawn(id, KEEPER, &[])[1]);
    world.model(slow).takes_secs.store(52, Ordering::Relaxed);
    world.start_miners(6);
    world.pass_until(60, is_over(id)).await;
    is_unanimous(&world, id);
    let expected = [(KEEPER, "summon"), (slow, "present"), (KEEPER, "complete")];
    assert_eq!(made(&world), expected.map(|(who, call)| (who, call.to_owned())));
    assert!(world.is_in_roster(slow));
}

/// It was away when it was summoned.
#[tokio::test]
async fn a_miner_that_comes_back_in_time_serves() {
    let (world, id, crew) = without(6, &[1]).await;
    world.pass_until(25, |world| count(world, "summon") == 1).await;
    world.pass(20).await;
    world.start_miner(crew[1], Manner::default());
    world.pass_until(30, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!((count(&world, "dismiss"), count(&world, "complete")), (0, 1));
    assert_eq!(world.signatures(KEEPER), 1);
}

#[tokio::test]
async fn a_miner_that_comes_back_too_late_does_no_harm() {
    let (world, id, crew) = without(6, &[1]).await;
    let second = world.drawn(id, KEEPER, &[crew[1]]);
    // Who is new in the crew takes a while.
    let successor = second.iter().copied().map(index_of).find(|index| !crew.contains(index)).unwrap();
    world.model(successor).takes_secs.store(3, Ordering::Relaxed);
    world.pass_until(55, |world| count(world, "dismiss") == 1).await;
    world.start_miner(crew[1], Manner::default());
    world.pass_until(15, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!((count(&world, "dismiss"), count(&world, "summon")), (1, 1));
    // It comes in again when it may, and is drawn again.
    world.pass(60 * u64::from(TIMES.absence_epochs + 2)).await;
    assert!(world.is_in_roster(crew[1]));
    let mut is_drawn = false;
    for sequence in 2..20 {
        let id = world.submit(sequence);
        is_drawn |= world.drawn(id, KEEPER, &[]).contains(&Key::new(crew[1]).address());
        world.pass_until(10, is_over(id)).await;
        is_unanimous(&world, id);
    }
    assert!(is_drawn && world.all_run());
}

/// It was away for so long that nobody can be asked any more.
#[tokio::test]
async fn a_keeper_that_comes_late_starts_with_a_quorum() {
    let (world, id, _) = without(6, &[1]).await;
    world.kill(KEEPER);
    world.pass(30).await;
    world.start_keeper();
    world.pass_until(120, is_over(id)).await;
    assert_eq!(world.task(id).state.status, Status::Completed);
    assert_eq!((count(&world, "summon"), count(&world, "start")), (0, 1));
}

#[tokio::test]
async fn a_keeper_that_starts_again_draws_the_crew_without_the_absent() {
    let (world, id, crew) = without(6, &[1]).await;
    let successor = world.drawn(id, KEEPER, &[crew[1]]).into_iter().map(index_of).find(|index| !crew.contains(index)).unwrap();
    world.model(successor).takes_secs.store(5, Ordering::Relaxed);
    world.pass_until(55, |world| count(world, "dismiss") == 1).await;
    world.pass(1).await;
    let second = crews(&world).await;
    assert_eq!(second[0].miners, world.drawn(id, KEEPER, &[crew[1]]));
    world.kill(KEEPER);
    world.journal(KEEPER).lose();
    world.start_keeper();
    world.pass(1).await;
    assert_eq!((crews(&world).await, world.signatures(KEEPER)), (second, 2));
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!(count(&world, "dismiss"), 1);
}

/// It was killed after it summoned: what the jury has tells how far it was.
#[tokio::test]
async fn a_keeper_that_starts_again_goes_on_with_its_summons() {
    let (world, id, _) = without(6, &[1]).await;
    world.pass_until(25, |world| count(world, "summon") == 1).await;
    world.kill(KEEPER);
    world.journal(KEEPER).lose();
    world.pass(15).await;
    world.start_keeper();
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
    assert_eq!(made(&world), ["summon", "dismiss", "complete"].map(|call| (KEEPER, call.to_owned())));
}

/// A dismissal that is not there any more: the crew without that node is not right before there is one again.
#[tokio::test]
async fn a_dismissal_that_was_rolled_back_is_made_again() {
    let (world, id, crew) = without(6, &[1]).await;
    let successor = world.drawn(id, KEEPER, &[crew[1]]).into_iter().map(index_of).find(|index| !crew.contains(index)).unwrap();
    world.model(successor).takes_secs.store(2, Ordering::Relaxed);
    world.pass_until(55, |world| count(world, "dismiss") == 1).await;
    world.is_frozen.store(true, Ordering::Relaxed);
    world.pass(1).await;
    assert_eq!(crews(&world).await[0].miners, world.drawn(id, KEEPER, &[crew[1]]));
    world.ledger.lock().unwrap().roll_back(1);
    assert!(!world.summons(id, KEEPER, Key::new(crew[1]).address()).is_absent);
    world.pass(1).await;
    assert_eq!(crews(&world).await[0].miners, world.drawn(id, KEEPER, &[]), "the first crew is the right one");
    world.is_frozen.store(false, Ordering::Relaxed);
    world.pass_until(100, is_over(id)).await;
    assert_eq!(world.task(id).state.status, Status::Completed);
    assert_eq!(count(&world, "dismiss"), 2);
}

/// The task is in another block with the same opening: what was signed for it holds, and another crew is drawn.
/// Of the first rollback not all could be read when the second came. What was drawn in between is of a chain that is not there any more.
#[tokio::test]
async fn a_rollback_while_another_is_dealt_with_is_one_more() {
    let (world, id, crew) = without(6, &[1]).await;
    world.pass_until(55, |world| count(world, "dismiss") == 1).await;
    world.kill(crew[0]);
    world.pass(2).await;
    let second = world.drawn(id, KEEPER, &[crew[1]]);
    assert_eq!(crews(&world).await[0].miners, second);
    world.ledger.lock().unwrap().grow(4);
    world.pass(2).await;
    world.is_calling_hidden.store(true, Ordering::Relaxed);
    world.ledger.lock().unwrap().roll_back(2);
    world.pass(1).await;
    assert_eq!(crews(&world).await[0].miners, second, "it is drawn once more");
    while world.summons(id, KEEPER, Key::new(crew[1]).address()).is_absent {
        world.ledger.lock().unwrap().roll_back(1);
    }
    assert!(world.ledger.lock().unwrap().task(id).is_some());
    world.pass(1).await;
    assert_eq!(crews(&world).await[0].miners, world.drawn(id, KEEPER, &[]));
}

#[tokio::test]
async fn a_task_whose_block_was_replaced_is_drawn_anew() {
    let world = World::new(12);
    world.set_wire(WireMode::NoReveals);
    world.start_keeper();
    world.start_miners(12);
    let id = world.submit(1);
    let opening = world.task(id).history.opening;
    world.ledger.lock().unwrap().grow(1);
    world.pass_until(10, |world| said(world, "precommit") >= 3).await;
    let first = world.drawn(id, KEEPER, &[]);
    world.ledger.lock().unwrap().roll_back(2);
    world.submit_with(1, |replaced: &mut Opening| *replaced = opening);
    let second = world.drawn(id, KEEPER, &[]);
    assert_ne!(first, second, "chance would have it so");
    assert_eq!(world.task(id).history.opening, opening);
    world.pass(2).await;
    let mut offered = BTreeSet::new();
    for index in 0..12 {
        offered.extend(world.offers(index).await.into_iter().map(|offer| offer.crew.miners));
    }
    assert_eq!(offered, BTreeSet::from([second]));
    world.set_wire(WireMode::Up);
    world.pass_until(20, is_over(id)).await;
    is_unanimous(&world, id);
}

#[tokio::test]
async fn a_jury_that_cannot_be_read_holds_up_nothing_but_new_crews() {
    let world = World::new(3);
    (0..3).for_each(|index| world.model(index).takes_secs.store(5, Ordering::Relaxed));
    world.start_keeper();
    world.start_miners(3);
    let drawn = world.submit(1);
    world.pass(3).await;
    world.is_jury_down.store(true, Ordering::Relaxed);
    let not_drawn = world.submit(2);
    world.pass_until(15, is_over(drawn)).await;
    is_unanimous(&world, drawn);
    world.pass_until(70, is_over(not_drawn)).await;
    assert_eq!(world.task(not_drawn).state.status, Status::Expired);
    assert_eq!(world.calls().last().map(|(who, call)| (*who, call.starts_with("close/"))), Some((KEEPER, true)));
    let waits = world.submit(3);
    world.pass(20).await;
    world.is_jury_down.store(false, Ordering::Relaxed);
    world.pass_until(15, is_over(waits)).await;
    is_unanimous(&world, waits);
    world.pass(70).await;
    assert_eq!(world.shown(KEEPER), TIMES.epoch(world.task(waits).history.opening.time));
    assert!(world.all_run());
}

/// More tasks than are drawn for at a time, each of a roster that takes long to read and then cannot be: who comes before the others by number has no more
/// turns than they.
#[tokio::test]
async fn draws_that_take_long_and_fail_leave_the_others_their_turn() {
    let world = World::new(3);
    world.open_tasks_max.store(64, Ordering::Relaxed);
    world.strange_roster_secs.store(3, Ordering::Relaxed);
    world.start_keeper();
    world.start_miners(3);
    let mut sequences: Vec<u64> = (1..=40).collect();
    sequences.sort_by_key(|sequence| task_id(PAYER, *sequence));
    let last = sequences.pop().unwrap();
    for sequence in sequences {
        world.submit_with(sequence, |opening| opening.terms.model = MODEL + 1);
    }
    let id = world.submit(last);
    world.pass_until(30, is_over(id)).await;
    is_unanimous(&world, id);
}

/// What goes wrong in the property test.
#[derive(Debug, Clone, Copy)]
enum Event {
    Submit,
    /// A miner goes, or comes.
    Turn(u8),
    KillKeeper,
    LoseJournal,
    JuryDown(bool),
    DiskFull(bool),
    RollBack(u8),
    Replace(u8),
}

fn events() -> impl Strategy<Value = Vec<(Event, u8)>> {
    let event = prop_oneof![
        3 => Just(Event::Submit),
        4 => (0_u8..7).prop_map(Event::Turn),
        1 => Just(Event::KillKeeper),
        1 => Just(Event::LoseJournal),
        1 => any::<bool>().prop_map(Event::JuryDown),
        1 => any::<bool>().prop_map(Event::DiskFull),
        1 => (1_u8..5).prop_map(Event::RollBack),
        1 => (1_u8..5).prop_map(Event::Replace),
    ];
    prop::collection::vec((event, 0_u8..25), 1..20)
}

async fn live(events: Vec<(Event, u8)>) {
    let world = World::new(7);
    world.start_keeper();
    world.start_miners(7);
    let mut running: BTreeSet<u8> = (0..7).collect();
    let mut tasks = vec![world.submit(1)];
    for (event, secs) in events {
        match event {
            Event::Submit => tasks.push(world.submit(u64::try_from(tasks.len()).unwrap() + 1)),
            Event::Turn(index) if running.remove(&index) => world.kill(index),
            Event::Turn(index) => {
                running.insert(index);
                world.start_miner(index, Manner::default());
            }
            Event::KillKeeper => {
                world.kill(KEEPER);
                world.start_keeper();
            }
            Event::LoseJournal => {
                world.kill(KEEPER);
                world.journal(KEEPER).lose();
                world.start_keeper();
            }
            Event::JuryDown(is_down) => world.is_jury_down.store(is_down, Ordering::Relaxed),
            Event::DiskFull(is_full) => world.is_disk_full.store(is_full, Ordering::Relaxed),
            Event::RollBack(blocks) | Event::Replace(blocks) => {
                world.is_frozen.store(true, Ordering::Relaxed);
                world.pass(2).await;
                {
                    let mut ledger = world.ledger.lock().unwrap();
                    let count = u64::from(blocks).min(ledger.head() - FROM_BLOCK);
                    ledger.roll_back(count);
                    // Fewer than were there: all see that some were replaced.
                    if matches!(event, Event::Replace(_)) {
                        ledger.grow(count.saturating_sub(1));
                    }
                }
                world.pass(2).await;
                world.is_frozen.store(false, Ordering::Relaxed);
            }
        }
        world.pass(u64::from(secs)).await;
    }
    world.is_jury_down.store(false, Ordering::Relaxed);
    world.is_disk_full.store(false, Ordering::Relaxed);
    (0..7).filter(|index| !running.contains(index)).for_each(|index| world.start_miner(index, Manner::default()));
    world.pass(300).await;
    assert!(world.all_run());
    for task in tasks.into_iter().filter_map(|id| world.ledger.lock().unwrap().task(id)) {
        assert_eq!(task.state.phase, Phase::Ended, "{task:?}");
        assert!(seats(&task).iter().all(|seat| *seat != Seat::Bad), "the honest are never reported: {task:?}");
    }
    world.bury().await;
    assert_eq!(world.journal(KEEPER).keys("keeper/secret/"), Vec::<String>::new(), "nothing is owed any more");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever is gone, whatever fails and in whatever order: what the keeper brings is the crew that was drawn, as the jury has it then. The world says so
    /// at each of its calls.
    #[test]
    fn whatever_happens_the_keeper_brings_the_crew_that_was_drawn(events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(events));
    }
}
