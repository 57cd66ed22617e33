//! A node that is wrong about the last block, once or for a while, or that has lost a task: nothing else is forgotten for it, and little is read again.

use std::sync::Arc;

use cor_core::task::lane::messages::task_id;
use cor_ports::domain::Phase;

use crate::jury::TIMES;
use crate::lane::{Key, PAYER};
use crate::together::is_over;
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

/// Its node has lost a log of one task. No other was offered or closed any more, also after a restart.
#[tokio::test]
async fn one_task_that_cannot_be_read_holds_up_no_other() {
    let world = world().await;
    // The lowest name, so that the others come behind it.
    let lost = (2..10).map(|sequence| task_id(PAYER, sequence)).min().unwrap();
    *world.unread_task.lock().unwrap() = Some(lost);
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
    *world.unread_task.lock().unwrap() = None;
    world.pass_until(10, is_over(lost)).await;
    world.ledger.lock().unwrap().grow(600);
    world.pass(3).await;
    assert!(u64::from_be_bytes(world.journal(KEEPER).value("keeper/mark").unwrap().try_into().unwrap()) > submitted);
}
