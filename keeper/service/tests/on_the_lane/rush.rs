//! Many summonses at once: neither who sends them nor who answers them may be late with what has a deadline.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use alloy_primitives::{Address, B256};
use cor_ports::domain::LaneMessage;
use cor_ports::jury::JuryCall;

use crate::lane::Key;
use crate::lies::offer;
use crate::presence::{answers, summon};
use crate::together::is_over;
use crate::wire::WireMode;
use crate::world::{KEEPER, Manner, OTHER_KEEPER, POLL_SECS, World, index_of};

/// The tasks to which a keeper summoned each node, as often as it tried.
fn summoned(world: &World) -> BTreeMap<Address, Vec<B256>> {
    let mut tasks = BTreeMap::<_, Vec<B256>>::new();
    for (_, call) in world.pleaded.lock().unwrap().iter() {
        if let JuryCall::Summon { task, node, .. } = call {
            tasks.entry(*node).or_default().push(task.id);
        }
    }
    tasks
}

/// The node that is drawn for most of the tasks, of four, and for which.
fn busiest(world: &World, tasks: &[B256]) -> (u8, BTreeSet<B256>) {
    let of = |index: u8| {
        let is_drawn = |id: &&B256| world.drawn(**id, KEEPER, &[]).contains(&Key::new(index).address());
        (index, tasks.iter().filter(is_drawn).copied().collect::<BTreeSet<_>>())
    };
    (0..4).map(of).max_by_key(|(_, wanted)| wanted.len()).unwrap()
}

/// A keeper and a payer summon one node to all the tasks that they can. Its transactions take a while, or are not mined at all.
#[tokio::test]
async fn a_miner_that_is_summoned_to_many_tasks_serves_its_own_in_time() {
    for is_stuck in [false, true] {
        let world = World::new(3);
        world.set_wire(WireMode::Scripted(vec![]));
        let flood: Vec<B256> = (2..42).map(|sequence| world.submit(sequence)).collect();
        for task in &flood {
            summon(&world, OTHER_KEEPER, *task).await;
        }
        world.jury_takes_secs.store(if is_stuck { 30 } else { 1 }, Ordering::Relaxed);
        world.is_frozen.store(is_stuck, Ordering::Relaxed);
        world.start_miner(0, Manner::default());
        world.pass(3).await;
        let id = world.submit(1);
        world.set_wire(WireMode::Scripted(vec![offer(&world, id, KEEPER, &[0, 1, 2])]));
        world.pass(3).await;
        assert_eq!(world.signatures(0), 1, "stuck: {is_stuck}");
        if is_stuck {
            world.pass(45).await;
            let tried = answers(&world).0;
            assert!((2..=3).contains(&tried), "{tried} times: after one that is not mined the next does not follow at once");
        } else {
            world.pass(42).await;
            assert_eq!(answers(&world), (40, 40), "one after the other, without a pause");
        }
        assert!(world.all_run());
    }
}

/// Whoever was summoned first has the least time left.
#[tokio::test]
async fn summonses_are_answered_in_their_order() {
    let world = World::new(3);
    world.set_wire(WireMode::Scripted(vec![]));
    let mut tasks: Vec<B256> = (1..9).map(|sequence| world.submit(sequence)).collect();
    tasks.sort();
    tasks.reverse();
    world.start_miner(0, Manner::default());
    world.pass(2).await;
    world.jury_takes_secs.store(5, Ordering::Relaxed);
    for task in &tasks[..4] {
        let (caller, task, world) = (world.account(KEEPER), *task, world.clone());
        let call = JuryCall::Summon { task: world.task(task).at(), node: Key::new(0).address(), slot: 0 };
        tokio::spawn(async move { cor_ports::Jury::send(&caller, call).await.unwrap() });
        world.pass(2).await;
    }
    world.pass(35).await;
    let pleaded = world.pleaded.lock().unwrap();
    let answered = pleaded.iter().filter_map(|(_, call)| match call {
        JuryCall::Present { task, .. } => Some(*task),
        _ => None,
    });
    assert_eq!(answered.collect::<Vec<_>>(), tasks[..4]);
}

/// A keeper has many tasks whose miners are gone, and one with all the answers.
#[tokio::test]
async fn a_keeper_that_misses_many_miners_completes_in_time() {
    const TAKES_SECS: u64 = 3;
    let world = World::new(40);
    world.start_keeper();
    let submit = |sequence| world.submit_with(sequence, |opening| opening.terms.open_secs = 200);
    let tasks: Vec<B256> = (1..=12).map(submit).collect();
    world.pass(2).await;
    let id = tasks[5];
    for miner in world.drawn(id, KEEPER, &[]) {
        world.model(index_of(miner)).takes_secs.store(75, Ordering::Relaxed);
        world.start_miner(index_of(miner), Manner::default());
    }
    world.jury_takes_secs.store(TAKES_SECS, Ordering::Relaxed);
    let is_shown = |world: &World| {
        let said = world.said.lock().unwrap();
        said.iter().filter(|said| said.task == id && matches!(said.message, LaneMessage::Commit { .. })).count() == 3
    };
    world.pass_until(120, is_shown).await;
    assert!(!summoned(&world).is_empty(), "it is in the midst of it");
    world.pass_until(TAKES_SECS + POLL_SECS, is_over(id)).await;
    let before = summoned(&world).values().flatten().count();
    world.pass(10 * TAKES_SECS).await;
    let after = summoned(&world).values().flatten().count();
    assert!(after >= before + 9, "without a pause: {before}, {after}");
    assert!(world.all_run());
}

/// Each summons and each dismissal costs gas, and who was found absent is drawn until the epoch ends.
#[tokio::test]
async fn a_node_that_answers_nothing_is_summoned_to_a_few_tasks_of_an_epoch() {
    for takes_secs in [0, 1] {
        let world = World::new(4);
        world.start_keeper();
        let tasks: Vec<B256> = (1..=16).map(|sequence| world.submit(sequence)).collect();
        let (gone, wanted) = busiest(&world, &tasks);
        assert!(wanted.len() > 8);
        let dead = Key::new(gone).address();
        (0..4).filter(|index| *index != gone).for_each(|index| world.start_miner(index, Manner::default()));
        world.jury_takes_secs.store(takes_secs, Ordering::Relaxed);
        world.pass(70).await;
        let expected = if takes_secs == 0 { 5 } else { 4 };
        let of_dead = summoned(&world).remove(&dead).unwrap();
        assert!((expected..=5).contains(&of_dead.len()), "{}", of_dead.len());
        assert_eq!(of_dead.iter().collect::<BTreeSet<_>>().len(), of_dead.len());
        assert!(world.all_run());
    }
}

/// Who answers is no burden: a slow one is asked for as many tasks as it holds up.
#[tokio::test]
async fn a_node_that_answers_is_summoned_to_each_task() {
    let world = World::new(4);
    world.start_keeper();
    let tasks: Vec<B256> = (1..=16).map(|sequence| world.submit(sequence)).collect();
    let (index, wanted) = busiest(&world, &tasks);
    let slow = Key::new(index).address();
    world.model(index).takes_secs.store(500, Ordering::Relaxed);
    (0..4).for_each(|index| world.start_miner(index, Manner::default()));
    world.pass(40).await;
    assert!(wanted.len() > 8);
    assert_eq!(summoned(&world).remove(&slow).unwrap().into_iter().collect::<BTreeSet<_>>(), wanted);
    assert!(wanted.iter().all(|id| world.summons(*id, KEEPER, slow).is_present));
}
