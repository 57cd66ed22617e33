//! What the jury costs in gas, uncached and with the programs in ArbOS's cache.

use cor_kit::goldens::Gas;
use cor_sol::jury::IJury;

use super::world::{ANSWER_SECS, KEEPER, MODEL, OTHER_KEEPER, REVEAL_SECS, STRANGER, World};

#[tokio::test]
async fn golden_gas_of_the_jury() {
    let mut gas = Gas::new();
    for cached in [false, true] {
        let world = World::start().await;
        if cached {
            for program in [world.jury, world.pool, world.token] {
                world.solo.cache(program);
            }
        }
        measure(&world, &mut gas, if cached { ", cached" } else { "" });
    }
    gas.assert_golden("jury");
}

fn measure(world: &World, gas: &mut Gas, suffix: &str) {
    let mut used = |what: &str, amount: u64| gas.used(&format!("{what}{suffix}"), amount);
    let node = world.node(0);
    world.solo.ok(node, world.jury, &IJury::leaveCall { node, model: MODEL });
    world.to_epoch(world.first + 40);
    used("enter, a new slot", world.by(World::place_of(0), &IJury::enterCall { node, model: MODEL }).gas_used);
    world.to_epoch(world.first + 41);
    used("leave", world.solo.ok(world.node(7), world.jury, &IJury::leaveCall { node: world.node(7), model: MODEL }).gas_used);
    used("reveal, 41 epochs after the anchor", {
        let (keeper, epoch) = (world.account(KEEPER), world.first + 40);
        world.by(KEEPER, &IJury::revealCall { keeper, epoch, secret: world.secret(KEEPER, epoch) }).gas_used
    });
    let tasks: Vec<_> = [3, 7].into_iter().zip(1..).map(|(replicas, number)| world.task(number, replicas)).collect();
    let crews: Vec<_> = tasks.iter().map(|task| world.drawn(task, KEEPER)).collect();
    // One that has not left: to dismiss it closes its slot.
    let drawn = *crews[0].iter().find(|node| **node != world.node(7)).expect("three are drawn");
    let slot = world.slot_of(drawn);
    used("summon", world.by(KEEPER, &World::summons(&tasks[0], slot)).gas_used);
    let index = (0..8).find(|index| world.node(*index) == drawn).expect("a node");
    used("present", world.solo.undoing(|| world.by(World::place_of(index), &world.presence(&tasks[0], index, vec![])).gas_used));
    let signed = world.presence(&tasks[0], index, world.signed(index, tasks[0].id, &world.domain()));
    used("present, signed", world.solo.undoing(|| world.by(STRANGER, &signed).gas_used));
    used(
        "dismiss",
        world.solo.undoing(|| {
            world.solo.pass(u64::from(ANSWER_SECS));
            world.by(KEEPER, &World::dismissal(&tasks[0], drawn)).gas_used
        }),
    );
    used("note", world.by(STRANGER, &IJury::noteCall { number: world.solo.chain().block_number() - 2 }).gas_used);
    let other = world.task(9, 3);
    let others = world.forged(&world.drawn(&other, OTHER_KEEPER), 2);
    world.serve(&other, OTHER_KEEPER, &others);
    world.to_epoch(world.first + 42);
    used("reveal, an epoch after the last", {
        let (keeper, epoch) = (world.account(KEEPER), world.first + 41);
        world.by(KEEPER, &IJury::revealCall { keeper, epoch, secret: world.secret(KEEPER, epoch) }).gas_used
    });
    for (task, crew) in tasks.iter().zip(&crews) {
        let last = crew.len() - 1;
        let forged = if crew.len() < 7 { world.forged(crew, last) } else { swapped(crew) };
        world.serve(task, KEEPER, &forged);
        let call = world.challenge(task, KEEPER, &forged);
        let what = format!("challenge, the last of {} miners", crew.len());
        used(&what, world.solo.undoing(|| world.by(STRANGER, &call).gas_used));
    }
    used("challenge, calls for the secret", world.by(STRANGER, &world.challenge(&other, OTHER_KEEPER, &others)).gas_used);
    world.solo.pass(u64::from(REVEAL_SECS));
    used("challenge, no secret", world.by(STRANGER, &world.challenge(&other, OTHER_KEEPER, &others)).gas_used);
}

/// The last two in the other order.
fn swapped(crew: &[alloy::primitives::Address]) -> Vec<alloy::primitives::Address> {
    let mut crew = crew.to_vec();
    crew.swap(5, 6);
    crew
}
