//! Disputes: an honest keeper keeps its bond, whoever asks; one that brought others, or hides its secret, loses it.

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol_types::SolCall,
};
use cor_sol::{jury::IJury, lane::ILane};

use super::world::{
    BOND, DISPUTE_SECS, HISTORY, KEEPER, MODEL, NODES, OTHER_KEEPER, OWNER, REVEAL_SECS, STRANGER, Stage, TREASURY, TWIN, Task,
    World, epoch_of, event, same, starts, told, word,
};

/// A conviction, with everything that it says and moves.
fn convicted(world: &World, challenger: usize, task: &Task, keeper: usize, crew: &[Address]) -> (u8, u8, Address) {
    let (before, treasury) = (world.wallet(world.account(challenger)), world.wallet(TREASURY));
    let serves = world.keeper(keeper).standing == 2;
    let done = world.by(challenger, &world.challenge(task, keeper, crew));
    let said: IJury::KeeperConvicted = event(&done);
    let (half, rest) = (U256::from(BOND / 2), U256::from(BOND - BOND / 2));
    assert_eq!((said.keeper, said.task, said.challenger), (world.account(keeper), task.id, world.account(challenger)));
    assert_eq!((said.toChallenger, said.toTreasury), (half, rest));
    assert_eq!(world.wallet(world.account(challenger)) - before, half);
    assert_eq!(world.wallet(TREASURY) - treasury, rest);
    let call = ILane::setKeeperCall { keeper: world.account(keeper), enabled: false };
    let expected = if serves { vec![call.abi_encode()] } else { vec![] };
    assert_eq!(told(&done), expected);
    let state = world.keeper(keeper);
    assert_eq!((state.standing, state.freeAt), (4, world.now() + u64::from(DISPUTE_SECS)));
    world.assert_conserved();
    (said.reason, said.seat, said.drawn)
}

/// Fourteen tasks of an epoch, of every size and end, by two keepers, with a node that leaves, one that comes and one that does not answer: no challenge of anybody
/// takes anything, in that epoch or later.
#[tokio::test]
async fn an_honest_epoch_costs_nobody_anything() {
    let world = World::start().await;
    let mut served = Vec::new();
    for number in 0..14_u64 {
        let task = world.task(number, [1, 3, 5, 7][usize::try_from(number % 4).expect("small")]);
        let keeper = if number % 3 == 0 { OTHER_KEEPER } else { KEEPER };
        if number == 5 {
            let node = world.drawn(&task, keeper)[0];
            world.by(keeper, &World::summons(&task, world.slot_of(node)));
            world.solo.pass(60);
            world.by(keeper, &World::dismissal(&task, node));
        }
        if number == 7 {
            let inside = |node: &Address| world.get(&IJury::entryOfCall { node: *node, model: MODEL }).inside;
            let node = (0..NODES).map(|index| world.node(index)).find(inside).expect("seven are in");
            world.solo.ok(node, world.jury, &IJury::leaveCall { node, model: MODEL });
        }
        let crew = world.drawn(&task, keeper);
        assert_eq!(crew.len(), usize::from(task.replicas), "seven operators");
        assert!(!(crew.contains(&world.node(TWIN)) && crew.contains(&world.node(TWIN - 1))));
        world.serve(&task, keeper, &crew);
        if number % 5 == 4 {
            world.put(&task, Stage::NoQuorum, world.mark(&task, world.account(keeper), &crew));
        }
        served.push((task, keeper, crew));
    }
    assert_eq!(world.epoch(), world.first, "all of one epoch");
    let open = IJury::EpochOpen { epoch: world.first, endsAt: starts(world.first + 1) };
    for (task, keeper, crew) in &served {
        assert_eq!(world.refused(STRANGER, &world.challenge(task, *keeper, crew)), same(&open));
    }
    world.to_epoch(world.first + 1);
    for keeper in [KEEPER, OTHER_KEEPER] {
        world.reveal(keeper, world.first);
    }
    for wait in [0, 86_400, u64::from(DISPUTE_SECS) - 2 * 86_400] {
        world.solo.pass(wait);
        for (task, keeper, crew) in &served {
            let challenger = if *keeper == KEEPER { OTHER_KEEPER } else { STRANGER };
            let refused = world.refused(challenger, &world.challenge(task, *keeper, crew));
            assert_eq!(refused, same(&IJury::CrewAsDrawn { task: task.id }));
        }
        world.assert_conserved();
    }
    world.solo.pass(2 * 86_400);
    let (task, keeper, crew) = &served[0];
    let deadline = task.time + u64::from(DISPUTE_SECS);
    let late = world.refused(STRANGER, &world.challenge(task, *keeper, crew));
    assert_eq!(late, same(&IJury::DisputeOver { task: task.id, deadline }));
    for keeper in [KEEPER, OTHER_KEEPER] {
        world.by(keeper, &IJury::resignCall {});
        world.solo.pass(u64::from(DISPUTE_SECS));
        world.by(keeper, &IJury::withdrawCall { keeper: world.account(keeper) });
        assert_eq!(world.wallet(world.account(keeper)), U256::from(BOND));
        world.assert_conserved();
    }
}

/// Another node on any seat, the drawn ones in another order: the first seat that differs is named, with who was drawn for it.
#[tokio::test]
async fn who_brings_another_crew_loses_its_bond() {
    let world = World::start().await;
    let task = world.task(1, 5);
    let drawn = world.drawn(&task, KEEPER);
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    for seat in 0..5_usize {
        let crew = world.forged(&drawn, seat);
        world.serve(&task, KEEPER, &crew);
        let verdict = world.solo.undoing(|| convicted(&world, STRANGER, &task, KEEPER, &crew));
        assert_eq!(verdict, (1, u8::try_from(seat).expect("few seats"), drawn[seat]));
    }
    let mut turned = drawn.clone();
    turned.swap(2, 4);
    world.serve(&task, KEEPER, &turned);
    assert_eq!(convicted(&world, OTHER_KEEPER, &task, KEEPER, &turned), (1, 2, drawn[2]));
    // Once: its other tasks are worth nothing any more, and it does not come back before they are beyond dispute.
    let keeper = world.account(KEEPER);
    let again = world.refused(STRANGER, &world.challenge(&task, KEEPER, &turned));
    assert_eq!(again, same(&IJury::NoBond { keeper }));
    assert_eq!(world.refused(STRANGER, &IJury::withdrawCall { keeper }), same(&IJury::NoBond { keeper }));
    assert_eq!(world.refused(KEEPER, &IJury::resignCall {}), same(&IJury::KeeperNotServing { keeper }));
    let at = world.now() + u64::from(DISPUTE_SECS);
    let said: IJury::KeeperProposed = event(&world.by(OWNER, &IJury::proposeCall { keeper }));
    assert!(said.enrolsAt <= at && said.enrolsAt > at - 60, "from the conviction on: {}", said.enrolsAt);
}

#[tokio::test]
async fn who_leaves_answers_for_what_it_did() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let drawn = world.drawn(&task, KEEPER);
    let crew = world.forged(&drawn, 0);
    world.serve(&task, KEEPER, &crew);
    world.by(KEEPER, &IJury::resignCall {});
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    // A moment before its bond is free.
    world.solo.pass(task.time + u64::from(DISPUTE_SECS) - world.now() - 1);
    assert_eq!(convicted(&world, STRANGER, &task, KEEPER, &crew), (1, 0, drawn[0]));
    let keeper = world.account(KEEPER);
    world.solo.pass(100);
    assert_eq!(world.refused(KEEPER, &IJury::withdrawCall { keeper }), same(&IJury::NoBond { keeper }));
}

/// Calls for the secret of a task's epoch. Until when it is shown.
fn called(world: &World, challenger: usize, task: &Task, keeper: usize, crew: &[Address]) -> u64 {
    let bond = world.wallet(world.jury);
    let done = world.by(challenger, &world.challenge(task, keeper, crew));
    let said: IJury::SecretCalled = event(&done);
    let (epoch, until) = (epoch_of(task.time), world.now() + u64::from(REVEAL_SECS));
    assert_eq!((said.keeper, said.epoch, said.until), (world.account(keeper), epoch, until));
    assert_eq!(world.get(&IJury::calledUntilCall { keeper: world.account(keeper), epoch }), until);
    assert_eq!((world.wallet(world.jury), told(&done).len()), (bond, 0));
    until
}

/// A keeper that forgot an epoch is called, and has all of the time for a secret from then on, once for an epoch, whatever it served in it and whoever asks.
#[tokio::test]
async fn who_is_called_shows_its_secret_and_keeps_its_bond() {
    let world = World::start().await;
    let keeper = world.account(KEEPER);
    let tasks = [1, 2].map(|number| world.task(number, 3));
    let crews = [0, 1].map(|number: usize| world.drawn(&tasks[number], KEEPER));
    for (task, crew) in tasks.iter().zip(&crews) {
        world.serve(task, KEEPER, crew);
    }
    let open = IJury::EpochOpen { epoch: world.first, endsAt: starts(world.first + 1) };
    assert_eq!(world.refused(STRANGER, &world.challenge(&tasks[0], KEEPER, &crews[0])), same(&open));
    // Long after the time that it would have shown the secret in by itself.
    world.to_epoch(world.first + 1);
    world.solo.pass(5 * 86_400);
    assert_eq!(world.get(&IJury::calledUntilCall { keeper, epoch: world.first }), 0);
    let until = called(&world, STRANGER, &tasks[0], KEEPER, &crews[0]);
    let pending = same(&IJury::SecretPending { keeper, epoch: world.first, until });
    let done = world.by(STRANGER, &world.challenge(&tasks[1], KEEPER, &crews[1]));
    assert_eq!((event::<IJury::BlockNoted, _>(&done).hash, done.logs.len()), (tasks[1].hash, 1), "it calls nobody again");
    world.solo.pass(u64::from(REVEAL_SECS) - 1);
    for (task, crew) in tasks.iter().zip(&crews) {
        assert_eq!(world.refused(OTHER_KEEPER, &world.challenge(task, KEEPER, crew)), pending);
    }
    world.reveal(KEEPER, world.first);
    for (task, crew) in tasks.iter().zip(&crews) {
        let refused = world.refused(STRANGER, &world.challenge(task, KEEPER, crew));
        assert_eq!(refused, same(&IJury::CrewAsDrawn { task: task.id }));
    }
    world.assert_conserved();
}

#[tokio::test]
async fn who_is_called_and_hides_its_secret_loses_its_bond() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let crew = world.drawn(&task, KEEPER);
    world.serve(&task, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    called(&world, OTHER_KEEPER, &task, KEEPER, &crew);
    world.solo.pass(u64::from(REVEAL_SECS));
    // One that is late and honest, and quicker than who challenges it, has been of no use to itself.
    world.solo.undoing(|| {
        world.reveal(KEEPER, world.first);
        let refused = world.refused(STRANGER, &world.challenge(&task, KEEPER, &crew));
        assert_eq!(refused, same(&IJury::CrewAsDrawn { task: task.id }));
    });
    assert_eq!(convicted(&world, STRANGER, &task, KEEPER, &crew), (2, 0, Address::ZERO));
}

/// The last call ends a day before the dispute does: the bond of who stopped meanwhile is here until then, and free right after.
#[tokio::test]
async fn the_last_call_leaves_a_day_for_the_conviction() {
    let world = World::start().await;
    let (task, keeper) = (world.task(1, 3), world.account(KEEPER));
    let crew = world.drawn(&task, KEEPER);
    world.serve(&task, KEEPER, &crew);
    world.by(KEEPER, &IJury::resignCall {});
    let last = task.time + u64::from(DISPUTE_SECS - REVEAL_SECS) - 86_400;
    world.solo.pass(last - world.now());
    let late = world.refused(STRANGER, &world.challenge(&task, KEEPER, &crew));
    assert_eq!(late, same(&IJury::DisputeOver { task: task.id, deadline: last }));
    let world = World::start().await;
    let task = world.task(1, 3);
    let crew = world.drawn(&task, KEEPER);
    world.serve(&task, KEEPER, &crew);
    world.by(KEEPER, &IJury::resignCall {});
    world.solo.pass(last - world.now() - 2);
    called(&world, STRANGER, &task, KEEPER, &crew);
    let end = task.time + u64::from(DISPUTE_SECS);
    world.solo.pass(end - world.now() - 2);
    assert!(matches!(world.refused(KEEPER, &IJury::withdrawCall { keeper }), cor_sol::ContractError::BondLocked(_)));
    assert_eq!(convicted(&world, STRANGER, &task, KEEPER, &crew), (2, 0, Address::ZERO));
}

/// Who is called cannot wait until the chain has forgotten the block: the call keeps its hash.
#[tokio::test]
async fn a_call_keeps_the_hash_of_the_block() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let number = world.solo.chain().block_number();
    let drawn = world.drawn(&task, KEEPER);
    let crew = world.forged(&drawn, 2);
    world.serve(&task, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    let forget = || world.remember(number, B256::ZERO);
    // A block that is forgotten already is no reason not to call: silence convicts without it.
    world.solo.undoing(|| {
        forget();
        called(&world, STRANGER, &task, KEEPER, &crew);
        world.solo.pass(u64::from(REVEAL_SECS));
        assert_eq!(convicted(&world, STRANGER, &task, KEEPER, &crew), (2, 0, Address::ZERO));
    });
    let done = world.by(STRANGER, &world.challenge(&task, KEEPER, &crew));
    let said: IJury::BlockNoted = event(&done);
    assert_eq!((said.number, said.hash), (number, task.hash));
    forget();
    world.reveal(KEEPER, world.first);
    assert_eq!(convicted(&world, STRANGER, &task, KEEPER, &crew), (1, 2, drawn[2]));
}

/// A keeper that has itself called with a task that it served as drawn cannot have the block of another forgotten: who challenges that one meanwhile keeps its hash.
#[tokio::test]
async fn a_call_with_one_task_does_not_hide_another() {
    let world = World::start().await;
    let (honest, other) = (world.task(1, 3), world.task(2, 3));
    let number = world.solo.chain().block_number();
    world.serve(&honest, KEEPER, &world.drawn(&honest, KEEPER));
    let drawn = world.drawn(&other, KEEPER);
    let crew = world.forged(&drawn, 1);
    world.serve(&other, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    called(&world, KEEPER, &honest, KEEPER, &world.drawn(&honest, KEEPER));
    let said: IJury::BlockNoted = event(&world.by(STRANGER, &world.challenge(&other, KEEPER, &crew)));
    assert_eq!((said.number, said.hash), (number, other.hash));
    assert!(matches!(world.refused(STRANGER, &world.challenge(&other, KEEPER, &crew)), cor_sol::ContractError::SecretPending(_)));
    world.remember(number, B256::ZERO);
    world.solo.pass(u64::from(REVEAL_SECS) - 1);
    world.reveal(KEEPER, world.first);
    assert_eq!(convicted(&world, STRANGER, &other, KEEPER, &crew), (1, 1, drawn[1]));
}

/// A sequencer keeps the secret out for the day until Arbitrum includes it all the same, and some hours: the bond is not lost by it.
#[tokio::test]
async fn nobody_is_convicted_for_what_a_sequencer_keeps_out() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let crew = world.drawn(&task, KEEPER);
    world.serve(&task, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    called(&world, STRANGER, &task, KEEPER, &crew);
    world.solo.pass(86_400 + 5 * 3_600);
    let early = world.refused(STRANGER, &world.challenge(&task, KEEPER, &crew));
    assert!(matches!(early, cor_sol::ContractError::SecretPending(_)), "{early}");
    world.reveal(KEEPER, world.first);
    let refused = world.refused(STRANGER, &world.challenge(&task, KEEPER, &crew));
    assert_eq!(refused, same(&IJury::CrewAsDrawn { task: task.id }));
}

/// A keeper may serve in the lane from its enrolment on, and has secrets from its first epoch on: between lies what it must not touch.
#[tokio::test]
async fn who_serves_what_it_has_no_secret_for_loses_its_bond() {
    let world = World::start().await;
    world.by(KEEPER, &IJury::resignCall {});
    world.solo.pass(u64::from(DISPUTE_SECS));
    world.by(STRANGER, &IJury::withdrawCall { keeper: world.account(KEEPER) });
    let task = world.task(1, 3);
    world.by(OWNER, &IJury::proposeCall { keeper: world.account(KEEPER) });
    world.solo.pass(super::world::DELAY_SECS);
    world.fund(KEEPER);
    let anchor = world.secret(KEEPER, world.first);
    world.by(KEEPER, &IJury::enrolCall { anchor, first: world.epoch() + 1 });
    let crew: Vec<_> = (0..3).map(|index| world.node(index)).collect();
    world.serve(&task, KEEPER, &crew);
    assert_eq!(convicted(&world, STRANGER, &task, KEEPER, &crew), (3, 0, Address::ZERO));
}

/// Where nobody can be drawn, nobody may be brought.
#[tokio::test]
async fn a_roster_of_nobody_has_no_crew() {
    let world = World::start().await;
    let empty = world.task_of(world.account(2), 1, 1, MODEL + 1);
    let few = world.task(2, 7);
    let drawn = world.drawn(&few, KEEPER);
    assert_eq!(drawn.len(), 7);
    for node in [0, 1] {
        world.solo.ok(world.node(node), world.jury, &IJury::leaveCall { node: world.node(node), model: MODEL });
    }
    world.to_epoch(world.first + 1);
    let fewer = world.task(3, 7);
    let drawn = world.drawn(&fewer, KEEPER);
    assert_eq!(drawn.len(), 5);
    world.to_epoch(world.first + 2);
    world.reveal(KEEPER, world.first + 1);
    for (task, crew, seat) in
        [(&empty, vec![world.node(3)], 0), (&fewer, [drawn.clone(), vec![world.node(0), world.node(1)]].concat(), 5)]
    {
        world.serve(task, KEEPER, &crew);
        let verdict = world.solo.undoing(|| convicted(&world, STRANGER, task, KEEPER, &crew));
        assert_eq!(verdict, (1, seat, Address::ZERO));
    }
    let nobody = [drawn, vec![Address::ZERO; 2]].concat();
    world.serve(&fewer, KEEPER, &nobody);
    assert_eq!(convicted(&world, STRANGER, &fewer, KEEPER, &nobody), (1, 5, Address::ZERO));
}

#[tokio::test]
async fn evidence_that_is_none_is_refused_with_numbers() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let (id, keeper) = (task.id, world.account(KEEPER));
    let crew = world.drawn(&task, KEEPER);
    let good = world.challenge(&task, KEEPER, &crew);
    for (stage, phase) in [(Stage::Open, 1), (Stage::Precommit, 2), (Stage::Reveal, 3)] {
        world.put(&task, stage, keeper);
        assert_eq!(world.refused(STRANGER, &good), same(&ILane::LanePhaseWrong { task: id, phase, wanted: 4 }));
    }
    world.put(&task, Stage::Expired, world.mark(&task, keeper, &crew));
    assert_eq!(world.refused(STRANGER, &good), same(&IJury::NothingServed { task: id, status: 3 }));
    world.serve(&task, KEEPER, &crew);
    for (opening, crew, field) in [
        (task.opening[..115].to_vec(), good.crew.to_vec(), "opening"),
        ([&task.opening[..], &[0]].concat(), good.crew.to_vec(), "opening"),
        (task.opening.clone(), good.crew[..155].to_vec(), "crew"),
        (task.opening.clone(), good.crew[..104].to_vec(), "crew"),
        (task.opening.clone(), [&good.crew[..], &[0; 52]].concat(), "crew"),
    ] {
        let call = IJury::challengeCall { opening: opening.into(), crew: crew.into(), ..good.clone() };
        assert_eq!(world.refused(STRANGER, &call), same(&ILane::Malformed { field: word(field) }));
    }
    // Another keeper, another crew, another opening.
    let mark = world.mark(&task, keeper, &crew);
    let other = world.challenge(&task, OTHER_KEEPER, &crew);
    let computed = world.mark(&task, world.account(OTHER_KEEPER), &crew);
    assert_eq!(world.refused(STRANGER, &other), same(&IJury::CrewUnproven { task: id, mark, computed }));
    let others = world.forged(&crew, 0);
    let computed = world.mark(&task, keeper, &others);
    let other = world.challenge(&task, KEEPER, &others);
    assert_eq!(world.refused(STRANGER, &other), same(&IJury::CrewUnproven { task: id, mark, computed }));
    let mut bound = good.clone();
    let mut bytes = good.crew.to_vec();
    bytes[51] ^= 1;
    bound.crew = bytes.into();
    let refused = world.refused(STRANGER, &bound);
    let of_mark = |error: &IJury::CrewUnproven| error.mark == mark && error.computed != mark;
    assert!(
        matches!(&refused, cor_sol::ContractError::CrewUnproven(error) if of_mark(error)),
        "bound to something else: {refused}"
    );
    let mut moved = task.clone();
    moved.opening[113] ^= 1;
    let computed = world.mark(&moved, keeper, &crew);
    let other = world.challenge(&moved, KEEPER, &crew);
    assert_eq!(world.refused(STRANGER, &other), same(&IJury::CrewUnproven { task: id, mark, computed }));
    // Somebody that never had a bond.
    world.serve(&task, STRANGER, &crew);
    let nobody = world.refused(STRANGER, &world.challenge(&task, STRANGER, &crew));
    assert_eq!(nobody, same(&IJury::NoBond { keeper: world.account(STRANGER) }));
    world.assert_conserved();
}

/// The chain forgets a block's hash in a day or so; a task of a week is disputed by a note of it.
#[tokio::test]
async fn a_hash_that_was_noted_outlives_the_chains_memory() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let number = world.solo.chain().block_number();
    let crew = world.forged(&world.drawn(&task, KEEPER), 2);
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    let far = number + 1_000;
    assert_eq!(world.refused(STRANGER, &IJury::noteCall { number: far }), same(&IJury::BlockUnknown { number: far }));
    let forget = || world.remember(number, B256::ZERO);
    world.serve(&task, KEEPER, &crew);
    world.solo.undoing(|| {
        forget();
        let refused = world.refused(STRANGER, &world.challenge(&task, KEEPER, &crew));
        assert_eq!(refused, same(&IJury::BlockUnknown { number }));
        world.place(HISTORY, &[]);
        let refused = world.refused(STRANGER, &world.challenge(&task, KEEPER, &crew));
        assert_eq!(refused, same(&IJury::BlockUnknown { number }));
    });
    let done = world.by(STRANGER, &IJury::noteCall { number });
    let said: IJury::BlockNoted = event(&done);
    assert_eq!((said.number, said.hash, done.returned), (number, task.hash, task.hash));
    forget();
    // Again, from the note itself; nobody can replace it.
    world.remember(number, keccak256("another"));
    assert_eq!(world.by(STRANGER, &IJury::noteCall { number }).returned, task.hash);
    assert_eq!(convicted(&world, STRANGER, &task, KEEPER, &crew).0, 1);
}
