//! Who can be drawn: coming, going, being put out, and coming back.

use alloy::primitives::Address;
use cor_kit::solo;
use cor_sol::{jury::IJury, node_pool::INodePool};

use super::world::{ABSENCE_EPOCHS, DISPUTE_SECS, MODEL, OWNER, STRANGER, TWIN, World, event, same, starts};

const OTHER_MODEL: u64 = 8;

fn entering(world: &World, index: usize) -> IJury::enterCall {
    IJury::enterCall { node: world.node(index), model: MODEL }
}

fn leaving(world: &World, index: usize) -> IJury::leaveCall {
    IJury::leaveCall { node: world.node(index), model: MODEL }
}

fn striking(world: &World, index: usize) -> IJury::strikeCall {
    IJury::strikeCall { node: world.node(index), model: MODEL }
}

#[tokio::test]
async fn a_node_that_comes_can_be_drawn_from_the_next_epoch_on() {
    let world = World::before_opening().await;
    let (node, epoch) = (world.node(0), world.epoch());
    let done = world.by(STRANGER, &entering(&world, 0));
    let said: IJury::SlotTaken = event(&done);
    assert_eq!((said.model, said.slot, said.node, said.operator, said.from), (MODEL, 0, node, node, epoch + 1));
    assert_eq!(done.returned, 0);
    let said: IJury::SlotTaken = event(&world.by(STRANGER, &entering(&world, TWIN)));
    assert_eq!((said.slot, said.operator), (1, world.node(TWIN - 1)));
    let slot = world.slot(MODEL, 0);
    assert_eq!((slot.node, slot.operator, slot.from, slot.until), (node, node, epoch + 1, 0));
    assert_eq!(world.slot(MODEL, 2).node, Address::ZERO);
    let entry = world.get(&IJury::entryOfCall { node: world.node(TWIN), model: MODEL });
    assert_eq!((entry.inside, entry.slot, entry.barredUntil), (true, 1, 0));
    let length = |epoch: u32| world.get(&IJury::lengthOfCall { model: MODEL, epoch });
    assert_eq!([epoch, epoch + 1, epoch + 9].map(length), [0, 2, 2]);
    world.to_epoch(epoch + 1);
    world.by(STRANGER, &entering(&world, 1));
    assert_eq!([epoch, epoch + 1, epoch + 2].map(length), [0, 2, 3]);
    assert_eq!(world.refused(STRANGER, &entering(&world, 0)), same(&IJury::InRoster { node, model: MODEL }));
    // The pool says who is fit, of each model by itself.
    let other = IJury::enterCall { node, model: OTHER_MODEL };
    assert_eq!(world.refused(STRANGER, &other), same(&IJury::NotEligible { node, reason: 2 }));
    let nobody = world.account(STRANGER);
    let refused = world.refused(STRANGER, &IJury::enterCall { node: nobody, model: MODEL });
    assert_eq!(refused, same(&IJury::NotEligible { node: nobody, reason: 1 }));
}

#[tokio::test]
async fn a_node_leaves_by_itself_or_by_its_operator() {
    let world = World::start().await;
    let (node, epoch) = (world.node(TWIN), world.epoch());
    let refused = world.refused(STRANGER, &leaving(&world, TWIN));
    let operator = world.operator(TWIN);
    assert_eq!(refused, same(&IJury::Unauthorized { caller: world.account(STRANGER), required: operator }));
    let done = world.solo.ok(operator, world.jury, &leaving(&world, TWIN));
    let said: IJury::SlotClosed = event(&done);
    assert_eq!((said.model, said.slot, said.node), (MODEL, 7, node));
    assert_eq!((said.until, said.barredUntil, said.reason), (epoch + 1, epoch + 1 + ABSENCE_EPOCHS, 0));
    assert_eq!(world.slot(MODEL, 7).until, epoch + 1);
    let again = world.solo.refused(node, world.jury, &leaving(&world, TWIN));
    assert_eq!(again, same(&IJury::NotInRoster { node, model: MODEL }));
    world.solo.ok(world.node(0), world.jury, &leaving(&world, 0));
    assert!(!world.get(&IJury::entryOfCall { node: world.node(0), model: MODEL }).inside);
}

/// Not registered, without the model, draining, and of another operator: out.
#[tokio::test]
async fn who_is_not_fit_any_more_is_struck_by_anyone() {
    let world = World::start().await;
    let fit = same(&IJury::NodeFit { node: world.node(0), model: MODEL });
    assert_eq!(world.refused(STRANGER, &striking(&world, 0)), fit);
    let reason = |index: usize| {
        world.solo.get(world.pool, &INodePool::eligibilityCall { node: world.node(index), modelIdentifier: MODEL })
    };

    world.solo.ok(world.node(1), world.pool, &INodePool::deregisterCall {});
    world.solo.ok(world.node(3), world.pool, &INodePool::setSpecCall { models: vec![OTHER_MODEL], capacity: 2 });
    world.solo.ok(world.node(4), world.pool, &INodePool::drainCall { node: world.node(4) });
    // Of another operator, and fit for the rest.
    world.solo.ok(world.node(5), world.pool, &INodePool::deregisterCall {});
    world.solo.ok(world.node(0), world.pool, &INodePool::consentCall { node: world.node(5), allowed: true });
    let register =
        INodePool::registerCall { operator: world.node(0), models: vec![MODEL], capacity: 2, hardwareClass: 0, version: 1 };
    world.solo.ok(world.node(5), world.pool, &register);
    assert_eq!([1, 3, 4, 5].map(reason), [1, 2, 4, 0]);
    for index in [1, 3, 4, 5] {
        let said: IJury::SlotClosed = event(&world.by(STRANGER, &striking(&world, index)));
        assert_eq!((said.node, said.reason, said.until), (world.node(index), 1, world.epoch() + 1));
        let again = world.refused(STRANGER, &striking(&world, index));
        assert_eq!(again, same(&IJury::NotInRoster { node: world.node(index), model: MODEL }));
    }
}

/// The pool's owner asks for newer software: who has older is out, and comes back as soon as it has it, as it is none of its doing.
#[tokio::test]
async fn who_is_outdated_comes_back_at_once() {
    let world = World::start().await;
    world.solo.ok(world.account(OWNER), world.pool, &INodePool::setMinNodeVersionCall { version: 2 });
    world.solo.pass(solo::DELAY_SECS);
    let said: IJury::SlotClosed = event(&world.by(STRANGER, &striking(&world, 6)));
    let epoch = world.epoch();
    assert_eq!((said.reason, said.until, said.barredUntil), (3, epoch + 1, epoch + 1));
    let node = world.node(6);
    assert_eq!(world.refused(STRANGER, &entering(&world, 6)), same(&IJury::NotEligible { node, reason: 3 }));
    world.solo.ok(node, world.pool, &INodePool::setVersionCall { version: 2 });
    let said: IJury::SlotTaken = event(&world.by(STRANGER, &entering(&world, 6)));
    assert_eq!((said.node, said.slot, said.from), (node, 8, epoch + 1));
}

/// Who left is brought back by itself or by its operator.
#[tokio::test]
async fn nobody_else_brings_back_who_left() {
    let world = World::start().await;
    let operator = world.operator(TWIN);
    world.solo.ok(world.node(TWIN), world.jury, &leaving(&world, TWIN));
    world.to_epoch(world.epoch() + ABSENCE_EPOCHS);
    let refused = world.refused(STRANGER, &entering(&world, TWIN));
    assert_eq!(refused, same(&IJury::Unauthorized { caller: world.account(STRANGER), required: operator }));
    world.solo.undoing(|| world.solo.ok(operator, world.jury, &entering(&world, TWIN)));
    world.solo.ok(world.node(TWIN), world.jury, &entering(&world, TWIN));
    // Once it is back, it is like another: who is put out then is anyone's to bring in.
    world.solo.ok(world.node(TWIN), world.pool, &INodePool::setSpecCall { models: vec![OTHER_MODEL], capacity: 2 });
    world.by(STRANGER, &striking(&world, TWIN));
    world.solo.ok(world.node(TWIN), world.pool, &INodePool::setSpecCall { models: vec![MODEL], capacity: 2 });
    world.to_epoch(world.epoch() + ABSENCE_EPOCHS);
    world.by(STRANGER, &entering(&world, TWIN));
}

/// Who left stays out for its absence; the slot is kept for as long as a dispute can ask for it, and then is the next one's.
#[tokio::test]
async fn slots_are_used_again_when_no_dispute_needs_them() {
    let world = World::start().await;
    let (node, epoch) = (world.node(2), world.epoch());
    world.solo.ok(node, world.jury, &leaving(&world, 2));
    let until = epoch + 1 + ABSENCE_EPOCHS;
    assert_eq!(world.refused(STRANGER, &entering(&world, 2)), same(&IJury::EntryBarred { node, model: MODEL, until }));
    world.to_epoch(until - 2);
    assert_eq!(world.refused(STRANGER, &entering(&world, 2)), same(&IJury::EntryBarred { node, model: MODEL, until }));
    world.to_epoch(until - 1);
    let enter = |index: usize| world.solo.ok(world.node(index), world.jury, &entering(&world, index)).returned;
    assert_eq!(enter(2), 8, "its old slot is kept");
    assert_eq!(world.slot(MODEL, 2).node, node);
    // Another leaves; the slots are free in the order in which they were left.
    world.solo.ok(world.node(4), world.jury, &leaving(&world, 4));
    let free = starts(epoch + 1) + u64::from(DISPUTE_SECS);
    world.solo.pass(free - world.now() - 1);
    let said = world.solo.undoing(|| enter(4));
    assert_eq!(said, 9, "a second early");
    world.solo.pass(1);
    let taken = enter(4);
    assert_eq!(taken, 2);
    let slot = world.slot(MODEL, 2);
    assert_eq!((slot.node, slot.from, slot.until), (world.node(4), world.epoch() + 1, 0));
    assert_eq!(world.get(&IJury::lengthOfCall { model: MODEL, epoch: world.epoch() + 1 }), 9);
}
