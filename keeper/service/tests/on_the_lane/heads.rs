//! A node that is wrong about the last block, once or for a while, or that has lost a task: nothing else is forgotten for it, and little is read again.

use std::sync::{Arc, atomic::Ordering};

use cor_core::task::lane::messages::task_id;
use cor_ports::domain::Phase;

use crate::jury::TIMES;
use crate::lane::{Key, PAYER};
use crate::together::{is_over, said};
use crate::world::{KEEPER, World};

/// A network that has served a task, and 600 blocks.
async fn world() -> Arc<World> {
    let world = World::new(3);
    world.start_keeper();
    world.start_miners(3);
    let first = world.submit(1);
    world.pass_until(10, is_over(first)).await;
    world.ledger.lock().unwrap().grow(600);
    world.pass(3).await;
    world
}

/// What the node adds to the next heads that the keeper asks for.
fn lie(world: &World, off: &[i64]) {
    world.heads_off.lock().unwrap().insert(Key::new(KEEPER).address(), off.iter().copied().collect());
}

fn read(world: &World) -> Vec<(u64, u64)> {
    let me = Key::new(KEEPER).address();
    let ranges = world.ranges.lock().unwrap();
    ranges.iter().filter(|(who, ..)| *who == me).map(|(_, from, to)| (*from, *to)).collect()
}

#[tokio::test]
async fn one_head_that_is_too_high_is_not_believed() {
    let world = world().await;
    lie(&world, &[5_000]);
    world.pass(2).await;
    let head = world.ledger.lock().unwrap().head();
    assert!(read(&world).iter().all(|(_, to)| *to <= head));
    let next = world.submit(2);
    world.pass_until(10, is_over(next)).await;
}

/// Told twice, and so believed: until the chain has outgrown it no task was seen and no secret shown, and those of that time never.
#[tokio::test]
async fn what_came_while_a_head_that_was_too_high_was_believed_is_read() {
    let world = world().await;
    let head = world.ledger.lock().unwrap().head();
    lie(&world, &[5_000; 3]);
    world.pass(3).await;
    assert!(read(&world).iter().any(|(_, to)| *to > head), "it was believed");
    let next = world.submit(2);
    world.pass(25).await;
    assert_eq!(world.task(next).state.phase, Phase::Open, "a head that is low for a moment is that of a node that lags");
    world.pass_until(15, is_over(next)).await;
    world.pass(TIMES.ends(20) - world.now()).await;
    world.call_for_secret(KEEPER, 16);
    world.pass(60).await;
    assert!(world.shown(KEEPER) >= 16, "{}", world.shown(KEEPER));
}

/// Four blocks a second, as on Arbitrum.
async fn live(world: &World, secs: u64) {
    for _ in 0..secs {
        world.ledger.lock().unwrap().grow(4);
        world.pass(1).await;
    }
}

/// A chain makes more blocks than are replaced until such a head is found out, and the keeper may be killed meanwhile.
#[tokio::test]
async fn what_came_meanwhile_is_read_on_a_fast_chain_too() {
    for restarts in [false, true] {
        let world = world().await;
        world.open_tasks_max.store(200, Ordering::Relaxed);
        live(&world, 100).await;
        lie(&world, &[5_000; 3]);
        world.pass(2).await;
        let mut tasks = vec![];
        for number in 0..40 {
            tasks.push(world.submit(number + 2));
            live(&world, 1).await;
            if restarts && number == 28 {
                world.kill(KEEPER);
                world.start_keeper();
            }
        }
        live(&world, 120).await;
        let left: Vec<_> = tasks.iter().filter(|id| world.task(**id).state.phase != Phase::Ended).collect();
        assert!(left.is_empty(), "restarts {restarts}: {} of 40 were never seen", left.len());
    }
}

/// Each good look had what is read at a time read again, and nothing new.
#[tokio::test]
async fn a_chain_of_which_every_second_head_is_too_low_is_followed() {
    let world = world().await;
    world.ledger.lock().unwrap().grow(4_000);
    world.pass(10).await;
    lie(&world, &[-3_000, 0].repeat(200));
    let next = world.submit(2);
    world.pass_until(20, is_over(next)).await;
}

/// Its submission is below what is read again after a rollback: nobody asked for its end any more.
#[tokio::test]
async fn an_end_that_is_taken_out_is_brought_again_though_the_submission_is_long_ago() {
    for restarts in [false, true] {
        let world = world().await;
        (0..3).for_each(|index| world.model(index).takes_secs.store(25, Ordering::Relaxed));
        live(&world, 100).await;
        let id = world.submit(2);
        let (submitted, mut before) = (world.ledger.lock().unwrap().head(), 0);
        for _ in 0..60 {
            before = world.ledger.lock().unwrap().head();
            live(&world, 1).await;
            if is_over(id)(&world) {
                break;
            }
        }
        assert!(is_over(id)(&world) && before > submitted + 64);
        live(&world, 4).await;
        let head = world.ledger.lock().unwrap().head();
        world.ledger.lock().unwrap().roll_back(head - before);
        assert_eq!(world.task(id).state.phase, Phase::Open);
        if restarts {
            world.kill(KEEPER);
            world.start_keeper();
        }
        world.pass(3).await;
        live(&world, 20).await;
        assert!(is_over(id)(&world), "restarts {restarts}");
    }
}

/// The chain is beyond it before anybody doubts it.
#[tokio::test]
async fn what_a_head_that_was_too_high_hid_is_read_when_the_chain_has_outgrown_it() {
    let world = world().await;
    lie(&world, &[300; 3]);
    world.pass(3).await;
    let next = world.submit(2);
    world.pass(3).await;
    world.ledger.lock().unwrap().grow(500);
    world.pass_until(10, is_over(next)).await;
}

/// A node that lags now and then has no more read again than a range or two.
#[tokio::test]
async fn a_head_that_is_too_low_for_a_moment_has_little_read_again() {
    let world = world().await;
    world.ledger.lock().unwrap().grow(9_000);
    world.pass(10).await;
    let (before, head) = (read(&world).len(), world.ledger.lock().unwrap().head());
    lie(&world, &[-9_000]);
    world.pass(5).await;
    let again = read(&world).split_off(before);
    assert!(again.len() <= 2 && again.iter().all(|(from, _)| *from + 2_064 > head), "{again:?} of {head}");
    let next = world.submit(2);
    world.pass_until(10, is_over(next)).await;
}

/// Each start took the mark 64 blocks down.
#[tokio::test]
async fn a_keeper_that_starts_again_and_again_does_not_begin_ever_lower() {
    let world = world().await;
    let mark = |world: &World| u64::from_be_bytes(world.journal(KEEPER).value("keeper/mark").unwrap().try_into().unwrap());
    for _ in 0..3 {
        world.ledger.lock().unwrap().grow(600);
        world.pass(61).await;
    }
    let before = mark(&world);
    for _ in 0..3 {
        world.kill(KEEPER);
        world.start_keeper();
        world.pass(5).await;
    }
    assert_eq!(mark(&world), before);
}

/// Its node has lost a log of one task. No other was offered or closed any more, also after a restart.
#[tokio::test]
async fn one_task_that_cannot_be_read_holds_up_no_other() {
    let world = world().await;
    // The lowest name, so that the others come behind it.
    let lost = (2..10).map(|sequence| task_id(PAYER, sequence)).min().unwrap();
    world.unread_tasks.lock().unwrap().insert(lost);
    let tasks: Vec<_> = (2..10).map(|sequence| world.submit(sequence)).collect();
    let submitted = world.task(lost).submission.block_number;
    for other in tasks.into_iter().filter(|id| *id != lost) {
        world.pass_until(20, is_over(other)).await;
    }
    world.ledger.lock().unwrap().grow(600);
    world.pass(3).await;
    for (index, key) in [(KEEPER, "keeper/mark"), (0, "miner/mark")] {
        let mark = u64::from_be_bytes(world.journal(index).value(key).unwrap().try_into().unwrap());
        assert!(mark <= submitted, "{key} waits for it: {mark}, {submitted}");
    }
    world.unread_tasks.lock().unwrap().clear();
    world.pass_until(10, is_over(lost)).await;
    for _ in 0..3 {
        world.ledger.lock().unwrap().grow(600);
        world.pass(61).await;
    }
    assert!(u64::from_be_bytes(world.journal(KEEPER).value("keeper/mark").unwrap().try_into().unwrap()) > submitted);
}

/// It is mined, and cannot be read afterwards: the same call was decided in each round, and none of a later deadline.
#[tokio::test]
async fn one_task_that_cannot_be_read_after_a_call_holds_up_no_other() {
    let world = world().await;
    let first = world.submit(2);
    world.is_frozen.store(true, Ordering::Relaxed);
    world.pass_until(20, |world| said(world, "commit") >= 6).await;
    world.pass(2).await;
    world.unread_tasks.lock().unwrap().insert(first);
    world.is_frozen.store(false, Ordering::Relaxed);
    for number in 3..7 {
        let next = world.submit(number);
        world.pass_until(8, is_over(next)).await;
    }
}

/// More than are left aside: the one that there is no room for was tried first in each round, and nothing after it.
#[tokio::test]
async fn more_tasks_than_are_left_aside_hold_up_no_call_of_another() {
    let world = world().await;
    world.open_tasks_max.store(100, Ordering::Relaxed);
    let lost: Vec<_> = (2..12).map(|number| world.submit(number)).collect();
    world.is_frozen.store(true, Ordering::Relaxed);
    world.pass_until(20, |world| said(world, "commit") >= 33).await;
    world.pass(2).await;
    let later = world.submit(12);
    world.pass_until(20, |world| said(world, "commit") >= 36).await;
    world.pass(2).await;
    world.unread_tasks.lock().unwrap().extend(lost);
    world.is_frozen.store(false, Ordering::Relaxed);
    world.pass_until(8, is_over(later)).await;
}

/// It was the oldest of those that wait, and tried first for ever.
#[tokio::test]
async fn one_task_that_waits_for_room_and_cannot_be_read_keeps_no_other_out() {
    let world = World::new(3);
    world.open_tasks_max.store(2, Ordering::Relaxed);
    world.start_keeper();
    world.start_miners(3);
    world.pass(5).await;
    (0..3).for_each(|index| world.model(index).takes_secs.store(6, Ordering::Relaxed));
    let tasks: Vec<_> = (1..8).map(|number| world.submit(number)).collect();
    world.pass(2).await;
    world.unread_tasks.lock().unwrap().insert(tasks[2]);
    world.pass(100).await;
    let open = tasks.iter().enumerate().filter(|(number, id)| *number != 2 && world.task(**id).state.phase != Phase::Ended);
    assert_eq!(open.count(), 0);
}
