//! Nodes that do not answer: a keeper passes nobody over that answered, and nobody is passed over behind a crew that was brought.

use alloy::primitives::{Address, keccak256};
use cor_kit::solo::{self, Refused};
use cor_sol::{ContractError, jury::IJury, lane::ILane, node_pool::INodePool};

use super::world::{
    ABSENCE_EPOCHS, ANSWER_SECS, KEEPER, MODEL, NODES, OPEN_SECS, OTHER_KEEPER, OWNER, PAYER, STRANGER, Stage, Task, World,
    event, same,
};

/// The index of a node.
fn index_of(world: &World, node: Address) -> usize {
    (0..NODES).find(|index| world.node(*index) == node).expect("a node")
}

/// A task, and who is first drawn for it by the keeper.
fn asked(world: &World) -> (Task, Vec<Address>) {
    let task = world.task(1, 3);
    let crew = world.drawn(&task, KEEPER);
    (task, crew)
}

fn summoned(world: &World, task: &Task, node: Address) {
    world.by(KEEPER, &World::summons(task, world.slot_of(node)));
}

#[tokio::test]
async fn who_does_not_answer_is_passed_over() {
    let world = World::start().await;
    let (task, crew) = asked(&world);
    let (node, keeper) = (crew[0], world.account(KEEPER));
    let slot = world.slot_of(node);
    let done = world.by(KEEPER, &World::summons(&task, slot));
    let said: IJury::Summoned = event(&done);
    let answer_by = world.now() + u64::from(ANSWER_SECS);
    assert_eq!((said.task, said.keeper, said.node, said.answerBy, done.returned), (task.id, keeper, node, answer_by, node));
    let again = world.refused(KEEPER, &World::summons(&task, slot));
    assert_eq!(again, same(&IJury::AlreadySummoned { task: task.id, node }));
    let early = world.refused(KEEPER, &World::dismissal(&task, node));
    assert_eq!(early, same(&IJury::AnswerPending { task: task.id, node, until: answer_by }));
    let unsummoned = world.refused(KEEPER, &World::dismissal(&task, crew[1]));
    assert_eq!(unsummoned, same(&IJury::NotSummoned { task: task.id, node: crew[1] }));
    world.solo.pass(u64::from(ANSWER_SECS));
    // Only who summoned it.
    let other = world.refused(OTHER_KEEPER, &World::dismissal(&task, node));
    assert_eq!(other, same(&IJury::NotSummoned { task: task.id, node }));
    let before = world.drawn(&task, OTHER_KEEPER);
    let done = world.by(KEEPER, &World::dismissal(&task, node));
    let said: IJury::Absent = event(&done);
    assert_eq!((said.task, said.keeper, said.node), (task.id, keeper, node));
    let said: IJury::SlotClosed = event(&done);
    let until = world.epoch() + 1;
    assert_eq!((said.slot, said.node, said.until, said.barredUntil, said.reason), (slot, node, until, until + ABSENCE_EPOCHS, 2));
    let summons = world.get(&IJury::summonsOfCall { task: task.id, keeper, node });
    assert_eq!((summons.answerBy, summons.presentAt, summons.absent), (answer_by, 0, true));
    let again = world.refused(KEEPER, &World::dismissal(&task, node));
    assert_eq!(again, same(&IJury::NodeDismissed { task: task.id, node }));
    // It comes back: that is an answer for the other keeper, and changes nothing for the one that found it absent.
    let index = index_of(&world, node);
    world.by(World::place_of(index), &world.presence(&task, index, vec![]));
    let summons = world.get(&IJury::summonsOfCall { task: task.id, keeper, node });
    assert_eq!((summons.presentAt, summons.absent), (world.now(), true));
    // The others move up, for this keeper alone; the node is out until its absence is over.
    let now = world.drawn(&task, KEEPER);
    assert_eq!(now[..2], crew[1..]);
    assert_eq!(world.drawn(&task, OTHER_KEEPER), before);
    let enter = world.refused(STRANGER, &IJury::enterCall { node, model: MODEL });
    assert_eq!(enter, same(&IJury::EntryBarred { node, model: MODEL, until: until + ABSENCE_EPOCHS }));

    // It keeps its bond with the crew of now, and with the one of before, which it may have signed by then; without either's others it does not.
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    assert!(is_right(&world, &task, &now) && is_right(&world, &task, &crew));
    for wrong in [world.forged(&now, 2), world.forged(&crew, 1), vec![now[0], now[1], node], vec![node, now[1], now[2]]] {
        assert!(!is_right(&world, &task, &wrong), "{wrong:?}");
    }
}

/// Whether the keeper that served with a crew keeps its bond.
fn is_right(world: &World, task: &Task, crew: &[Address]) -> bool {
    world.serve(task, KEEPER, crew);
    let outcome =
        world.solo.undoing(|| world.solo.send(world.account(STRANGER), world.jury, &world.challenge(task, KEEPER, crew)));
    match outcome {
        Ok(_) => false,
        Err(Refused::Known(ContractError::CrewAsDrawn(_))) => true,
        Err(other) => panic!("{other:?}"),
    }
}

/// A keeper signs the crew that is drawn, finds two of it absent, one after the other, and signs anew each time. Whoever brings whichever of its words, the
/// keeper is honest; and it cannot go without a node that it did not find absent.
#[tokio::test]
async fn a_crew_that_was_right_when_it_was_signed_stays_right() {
    let world = World::start().await;
    let (task, first) = asked(&world);
    let mut signed = vec![first.clone()];
    for node in [first[0], first[1]] {
        summoned(&world, &task, node);
        world.solo.pass(u64::from(ANSWER_SECS));
        world.by(KEEPER, &World::dismissal(&task, node));
        signed.push(world.drawn(&task, KEEPER));
    }
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    // The first that was found absent came back, the second did not: that is a crew of its own.
    let mut back = vec![first[0]];
    back.extend(signed[2].iter().take(2));
    if signed[2][0] == first[2] {
        signed.push(back);
    }
    for crew in &signed {
        assert!(is_right(&world, &task, crew), "{crew:?}");
    }
    let without: Vec<_> =
        world.drawn(&Task { replicas: 4, ..task.clone() }, KEEPER).into_iter().filter(|node| *node != first[2]).collect();
    assert_eq!((without.len(), is_right(&world, &task, &without)), (3, false), "the third was not found absent");
}

#[tokio::test]
async fn who_answers_is_not_passed_over() {
    let world = World::start().await;
    let (task, crew) = asked(&world);
    for (place, node) in crew.iter().enumerate() {
        let index = index_of(&world, *node);
        // By itself before it was summoned, by another's hand, and late.
        if place != 0 {
            summoned(&world, &task, *node);
        }
        let (sender, signature) = match place {
            0 => (World::place_of(index), vec![]),
            1 => (STRANGER, world.signed(index, task.id, &world.domain())),
            _ => {
                world.solo.pass(u64::from(ANSWER_SECS) + 1);
                (World::place_of(index), vec![])
            }
        };
        let done = world.by(sender, &world.presence(&task, index, signature));
        let said: IJury::Present = event(&done);
        assert_eq!((said.task, said.node), (task.id, *node));
        let again = world.refused(World::place_of(index), &world.presence(&task, index, vec![]));
        assert_eq!(again, same(&IJury::NodeAnswered { task: task.id, node: *node }));
    }
    // One answer is good for every keeper, whenever that one summons.
    summoned(&world, &task, crew[0]);
    for node in &crew {
        world.by(OTHER_KEEPER, &World::summons(&task, world.slot_of(*node)));
    }
    world.solo.pass(u64::from(ANSWER_SECS));
    for node in crew {
        for keeper in [KEEPER, OTHER_KEEPER] {
            let refused = world.refused(keeper, &World::dismissal(&task, node));
            assert_eq!(refused, same(&IJury::NodeAnswered { task: task.id, node }));
        }
    }
}

/// A task whose time is over cannot be begun with: nobody is asked for it, and nobody put out. Neither does a keeper that stopped.
#[tokio::test]
async fn nobody_is_summoned_or_dismissed_in_vain() {
    let world = World::start().await;
    let (task, crew) = asked(&world);
    summoned(&world, &task, crew[0]);
    world.by(OTHER_KEEPER, &World::summons(&task, world.slot_of(crew[0])));
    world.solo.pass(u64::from(ANSWER_SECS));
    world.by(OTHER_KEEPER, &IJury::resignCall {});
    let gone = world.refused(OTHER_KEEPER, &World::dismissal(&task, crew[0]));
    assert_eq!(gone, same(&IJury::KeeperNotServing { keeper: world.account(OTHER_KEEPER) }));
    let deadline = task.time + OPEN_SECS;
    world.solo.pass(deadline - world.now() - 1);
    world.solo.undoing(|| world.by(KEEPER, &World::summons(&task, world.slot_of(crew[1]))));
    world.solo.pass(1);
    for refused in [
        world.refused(KEEPER, &World::summons(&task, world.slot_of(crew[1]))),
        world.refused(KEEPER, &World::dismissal(&task, crew[0])),
    ] {
        assert!(matches!(&refused, ContractError::LaneTooLate(error) if error.deadline == deadline), "{refused}");
    }
    assert!(world.get(&IJury::entryOfCall { node: crew[0], model: MODEL }).inside);
}

/// Who is out already is passed over like another, and stays out no longer for it.
#[tokio::test]
async fn who_left_before_is_not_barred_again() {
    let world = World::start().await;
    let (task, crew) = asked(&world);
    world.solo.ok(crew[0], world.jury, &IJury::leaveCall { node: crew[0], model: MODEL });
    let entry = IJury::entryOfCall { node: crew[0], model: MODEL };
    let barred = world.get(&entry).barredUntil;
    world.to_epoch(world.first + 20);
    summoned(&world, &task, crew[0]);
    world.solo.pass(u64::from(ANSWER_SECS));
    let done = world.by(KEEPER, &World::dismissal(&task, crew[0]));
    let _: IJury::Absent = event(&done);
    assert_eq!((done.logs.len(), world.get(&entry).barredUntil), (1, barred));
    assert!(!world.drawn(&task, KEEPER).contains(&crew[0]));
}

/// A node that answers and cannot serve, so that its keeper can neither bring nor skip it.
#[tokio::test]
async fn an_answer_of_who_cannot_serve_is_none() {
    let world = World::start().await;
    let (task, crew) = asked(&world);
    let index = index_of(&world, crew[0]);
    summoned(&world, &task, crew[0]);
    world.by(World::place_of(index), &world.presence(&task, index, vec![]));
    world.solo.ok(crew[0], world.pool, &INodePool::setSpecCall { models: vec![99], capacity: 2 });
    let pending = world.refused(KEEPER, &World::dismissal(&task, crew[0]));
    assert!(matches!(pending, ContractError::AnswerPending(_)), "it has its time to mend it: {pending}");
    world.solo.pass(u64::from(ANSWER_SECS));
    world.by(KEEPER, &World::dismissal(&task, crew[0]));
    assert!(!world.drawn(&task, KEEPER).contains(&crew[0]));
}

/// Who answered and is merely outdated is passed over, and is not barred for what it did not do.
#[tokio::test]
async fn who_is_dismissed_as_outdated_comes_back_at_once() {
    let world = World::start().await;
    world.solo.ok(world.account(OWNER), world.pool, &INodePool::setMinNodeVersionCall { version: 2 });
    world.solo.pass(solo::DELAY_SECS);
    let (task, crew) = asked(&world);
    let index = index_of(&world, crew[0]);
    summoned(&world, &task, crew[0]);
    world.by(World::place_of(index), &world.presence(&task, index, vec![]));
    world.solo.pass(u64::from(ANSWER_SECS));
    let said: IJury::SlotClosed = event(&world.by(KEEPER, &World::dismissal(&task, crew[0])));
    let until = world.epoch() + 1;
    assert_eq!((said.node, said.reason, said.until, said.barredUntil), (crew[0], 3, until, until));
    assert!(!world.drawn(&task, KEEPER).contains(&crew[0]));
    world.solo.ok(crew[0], world.pool, &INodePool::setVersionCall { version: 2 });
    world.by(STRANGER, &IJury::enterCall { node: crew[0], model: MODEL });
}

/// Who was found absent shows that it is there by coming back itself: a stranger would bring a dead node back for ever, and each keeper that draws it would summon it.
#[tokio::test]
async fn nobody_else_brings_back_who_was_found_absent() {
    let world = World::start().await;
    let (task, crew) = asked(&world);
    let (index, enter) = (index_of(&world, crew[0]), IJury::enterCall { node: crew[0], model: MODEL });
    summoned(&world, &task, crew[0]);
    world.solo.pass(u64::from(ANSWER_SECS));
    world.by(KEEPER, &World::dismissal(&task, crew[0]));
    world.to_epoch(world.epoch() + 1 + ABSENCE_EPOCHS);
    let refused = world.refused(STRANGER, &enter);
    assert_eq!(refused, same(&IJury::Unauthorized { caller: world.account(STRANGER), required: world.operator(index) }));
    world.solo.ok(crew[0], world.jury, &enter);
}

#[tokio::test]
async fn signatures_of_another_chain_contract_task_or_node_are_refused() {
    let world = World::start().await;
    let (task, crew) = asked(&world);
    let index = index_of(&world, crew[0]);
    summoned(&world, &task, crew[0]);
    let domain = world.domain();
    let other_chain = alloy::sol_types::Eip712Domain { chain_id: Some(alloy::primitives::U256::from(1)), ..domain.clone() };
    let other_jury = alloy::sol_types::Eip712Domain { verifying_contract: Some(world.pool), ..domain.clone() };
    for (what, signature) in [
        ("nothing", vec![]),
        ("another chain", world.signed(index, task.id, &other_chain)),
        ("another contract", world.signed(index, task.id, &other_jury)),
        ("another task", world.signed(index, keccak256("another"), &domain)),
        ("another node", world.signed((index + 1) % NODES, task.id, &domain)),
        ("65 bytes", [world.signed(index, task.id, &domain), vec![0]].concat()),
    ] {
        let refused = world.refused(STRANGER, &world.presence(&task, index, signature));
        assert!(matches!(&refused, ContractError::InvalidSignature(error) if error.expected == crew[0]), "{what}: {refused}");
    }
    world.by(STRANGER, &world.presence(&task, index, world.signed(index, task.id, &domain)));
}

#[tokio::test]
async fn keepers_summon_nodes_of_the_roster_to_open_tasks() {
    let world = World::start().await;
    let (task, crew) = asked(&world);
    let slot = world.slot_of(crew[0]);
    let good = World::summons(&task, slot);
    let stranger = world.account(STRANGER);
    assert_eq!(world.refused(STRANGER, &good), same(&IJury::KeeperNotServing { keeper: stranger }));
    let cut = IJury::summonCall { opening: task.opening[..115].to_vec().into(), ..good.clone() };
    assert_eq!(world.refused(KEEPER, &cut), same(&ILane::Malformed { field: super::world::word("opening") }));
    let mut other = task.opening.clone();
    other[0] ^= 1;
    let (seal, computed) = (keccak256(&task.opening), keccak256(&other));
    let other = IJury::summonCall { opening: other.into(), ..good.clone() };
    assert_eq!(world.refused(KEEPER, &other), same(&ILane::HistoryMismatch { task: task.id, seal, computed }));
    let foreign = IJury::summonCall { sequence: 77, ..good.clone() };
    let id = keccak256([&[6][..], world.account(PAYER).as_slice(), &77_u64.to_be_bytes()].concat());
    assert_eq!(world.refused(KEEPER, &foreign), same(&ILane::LanePhaseWrong { task: id, phase: 0, wanted: 1 }));
    let beyond = world.refused(KEEPER, &World::summons(&task, 8));
    assert_eq!(beyond, same(&IJury::NotInRoster { node: Address::ZERO, model: MODEL }));
    summoned(&world, &task, crew[0]);
    world.solo.pass(u64::from(ANSWER_SECS));
    for (stage, phase) in [(Stage::Precommit, 2), (Stage::Reveal, 3), (Stage::Completed, 4), (Stage::Expired, 4)] {
        world.put(&task, stage, Address::ZERO);
        let wrong = same(&ILane::LanePhaseWrong { task: task.id, phase, wanted: 1 });
        assert_eq!(world.refused(KEEPER, &World::summons(&task, world.slot_of(crew[1]))), wrong);
        // Nothing changes behind a crew that was brought.
        assert_eq!(world.refused(KEEPER, &World::dismissal(&task, crew[0])), wrong);
    }
    // Who came after the submission is no candidate, who left after it is one.
    let late = world.task(2, 3);
    world.solo.ok(crew[2], world.jury, &IJury::leaveCall { node: crew[2], model: MODEL });
    world.to_epoch(world.epoch() + 1);
    world.by(KEEPER, &World::summons(&late, world.slot_of(crew[2])));
    let next = world.task(3, 3);
    let gone = world.refused(KEEPER, &World::summons(&next, world.slot_of(crew[2])));
    assert_eq!(gone, same(&IJury::NotInRoster { node: crew[2], model: MODEL }));
}
