//! Keepers that lie. A miner signs for nothing but what it checked, and shows its answer to nobody who could have it copied.

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use cor_core::limits::LANE_PENALTY_MAX_GRAINS;
use cor_ports::domain::{Bound, Crew, LaneCall, LaneMessage, Offer, Phase, Seat, Server};
use cor_ports::lane;

use crate::lane::{Key, submitted};
use crate::together::{is_over, said};
use crate::wire::WireMode;
use crate::world::{KEEPER, Manner, OTHER_KEEPER, World};

/// Index of a key that nobody named a keeper.
const NO_KEEPER: u8 = 102;

pub(crate) fn crew_of(keeper: u8, miners: &[u8]) -> Crew {
    let address = |index: u8| Key::new(index).address();
    Crew { keeper: address(keeper), miners: miners.iter().map(|index| address(*index)).collect() }
}

/// A true offer of a keeper, with nothing said yet.
pub(crate) fn offer(world: &World, id: B256, keeper: u8, miners: &[u8]) -> Offer {
    let crew = crew_of(keeper, miners);
    let assign = Key::new(keeper).assign(&world.task(id), &crew);
    Offer { task: id, assign, bound: vec![None; miners.len()], crew }
}

/// A world with one miner, which hears of a task in this way.
fn told(tell: impl FnOnce(&World, B256) -> Vec<Offer>) -> (Arc<World>, B256) {
    let world = World::new(1);
    let id = world.submit(1);
    world.set_wire(WireMode::Scripted(tell(&world, id)));
    world.start_miner(0, Manner::default());
    (world, id)
}

/// What a miner is bound by in the crew of an offer.
pub(crate) fn bound_in(world: &World, offer: &Offer, index: u8) -> Bound {
    let assignment = lane::assignment(&world.task(offer.task), &offer.crew);
    Key::new(index).bind(assignment, keccak256([index]))
}

#[tokio::test]
async fn nothing_is_signed_for_an_offer_that_does_not_hold() {
    type Lie = fn(&World, B256) -> Offer;
    let lies: [(&str, Lie); 9] = [
        ("another signed Assign", |world, id| {
            let honest = offer(world, id, KEEPER, &[0, 1, 2]);
            Offer { assign: Key::new(OTHER_KEEPER).assign(&world.task(id), &honest.crew), ..honest }
        }),
        ("of another crew", |world, id| Offer { crew: crew_of(KEEPER, &[0, 2, 1]), ..offer(world, id, KEEPER, &[0, 1, 2]) }),
        ("of an opening that the chain does not have", |world, id| {
            let honest = offer(world, id, KEEPER, &[0, 1, 2]);
            let other = submitted(1, 3, world.now() - 1, 11, 0);
            Offer { assign: Key::new(KEEPER).assign(&other, &honest.crew), ..honest }
        }),
        ("no signature", |world, id| Offer { assign: [0; 65], ..offer(world, id, KEEPER, &[0, 1, 2]) }),
        ("no keeper", |world, id| offer(world, id, NO_KEEPER, &[0, 1, 2])),
        ("a crew without this miner", |world, id| offer(world, id, KEEPER, &[3, 1, 2])),
        ("a crew that is too small", |world, id| offer(world, id, KEEPER, &[0])),
        ("a miner twice", |world, id| offer(world, id, KEEPER, &[0, 0, 2])),
        ("a task that there is not", |world, id| {
            let honest = offer(world, id, KEEPER, &[0, 1, 2]);
            Offer { task: B256::repeat_byte(1), ..honest }
        }),
    ];
    for (case, lie) in lies {
        let (world, _) = told(|world, id| vec![lie(world, id)]);
        world.pass(80).await;
        assert_eq!(world.signatures(0), 0, "{case}");
        assert_eq!((world.calls(), world.said.lock().unwrap().len()), (vec![], 0), "{case}");
        assert_eq!(world.model(0).asked.load(std::sync::atomic::Ordering::Relaxed), 0, "{case}: nor is it worked for");
        assert!(world.all_run());
    }
    let (world, _) = told(|world, id| vec![offer(world, id, KEEPER, &[0, 1, 2])]);
    world.pass(5).await;
    assert_eq!(world.signatures(0), 1, "and an honest one is taken");
}

/// The keeper wants to see an answer before others are bound, to have it copied.
#[tokio::test]
async fn no_answer_is_shown_to_a_keeper_that_forges_what_others_signed() {
    type Forgery = fn(&World, &Offer, u8) -> Option<Bound>;
    let forgeries: [(&str, Forgery); 6] = [
        ("nothing", |_, _, _| None),
        ("no signature", |_, _, index| Some(Bound { commitment: keccak256([index]), signature: [1; 65] })),
        ("signed by the keeper", |world, offer, index| {
            let assignment = lane::assignment(&world.task(offer.task), &offer.crew);
            Some(Key::new(KEEPER).bind(assignment, keccak256([index])))
        }),
        ("of another commitment", |world, offer, index| {
            Some(Bound { commitment: B256::repeat_byte(7), ..bound_in(world, offer, index) })
        }),
        ("of another assignment", |_, _, index| Some(Key::new(index).bind(B256::repeat_byte(7), keccak256([index])))),
        ("one of two", |world, offer, index| (index == 1).then(|| bound_in(world, offer, index))),
    ];
    for (case, forge) in forgeries {
        let (world, id) = told(|world, id| vec![offer(world, id, KEEPER, &[0, 1, 2])]);
        world.pass(5).await;
        show(&world, id, forge);
        world.pass(30).await;
        assert!(said(&world, "precommit") > 0, "{case}");
        assert_eq!(said(&world, "commit"), 0, "{case}");
        world.pass(40).await;
        assert_eq!(said(&world, "commit"), 0, "{case}");
        // With one that signed it is a quorum, and the miner puts it on chain: who is left sees nothing but commitments.
        let is_started = world.calls().iter().any(|(_, effect)| effect == "start");
        assert_eq!(is_started, case == "one of two", "{case}");
        assert!(world.all_run());
    }
}

/// From now on the keeper shows what miner 0 said, and this of the others.
fn show(world: &World, id: B256, of_others: impl Fn(&World, &Offer, u8) -> Option<Bound>) {
    let honest = offer(world, id, KEEPER, &[0, 1, 2]);
    let own = world.said.lock().unwrap()[0].clone();
    let LaneMessage::Precommit { commitment } = own.message else { panic!("{own:?}") };
    let own = Bound { commitment, signature: own.signature };
    let bound = [0, 1, 2].map(|index| if index == 0 { Some(own) } else { of_others(world, &honest, index) }).into();
    world.set_wire(WireMode::Scripted(vec![Offer { bound, ..honest }]));
}

/// It shows all that is asked for, and then never brings anything on chain.
#[tokio::test]
async fn a_keeper_that_withholds_the_completion_gains_nothing() {
    let (world, id) = told(|world, id| {
        let honest = offer(world, id, KEEPER, &[0, 1, 2]);
        let bound = [0, 1, 2].map(|index| (index != 0).then(|| bound_in(world, &honest, index))).into();
        vec![Offer { bound, ..honest }]
    });
    // It never shows the miner's own, so nothing is shown to it.
    world.pass(30).await;
    assert_eq!(said(&world, "commit"), 0);
    show(&world, id, |world, offer, index| Some(bound_in(world, offer, index)));
    world.pass(10).await;
    assert!(said(&world, "commit") > 0, "all are bound");
    world.pass(25).await;
    let task = world.task(id);
    assert_eq!(
        (task.state.phase, task.seat(0)),
        (Phase::Reveal, Some(Seat::Committed)),
        "the miner started it with the keeper's word"
    );
    assert_eq!(world.calls(), [(0, "start".to_owned())]);
    world.pass_until(40, |world| world.task(id).seat(0) == Some(Seat::Follows(0))).await;
}

/// One that is not bound yet may still be drawn otherwise.
#[tokio::test]
async fn a_miner_that_is_not_bound_takes_the_offer_of_now() {
    let world = World::new(1);
    world.model(0).takes_secs.store(10, std::sync::atomic::Ordering::Relaxed);
    let id = world.submit(1);
    world.set_wire(WireMode::Scripted(vec![offer(&world, id, KEEPER, &[0, 1, 2])]));
    world.start_miner(0, Manner::default());
    world.pass(5).await;
    let second = offer(&world, id, OTHER_KEEPER, &[3, 0, 4]);
    world.set_wire(WireMode::Scripted(vec![second.clone()]));
    world.pass(15).await;
    let assignment = lane::assignment(&world.task(id), &second.crew);
    let said = world.said.lock().unwrap().clone();
    assert!(!said.is_empty() && said.iter().all(|message| message.assignment == assignment));
    assert_eq!(world.signatures(0), 1);
}

/// What the chain has of this miner is not what it signed: another program has its key. It would be slashed for the reveal of the other answer.
#[tokio::test]
async fn a_commitment_on_chain_that_is_not_its_own_is_left_alone() {
    let (world, id) = told(|world, id| vec![offer(world, id, KEEPER, &[0, 1, 2])]);
    world.pass(5).await;
    let shown = offer(&world, id, KEEPER, &[0, 1, 2]);
    let seats = [0, 1, 2].map(|index| (Key::new(index).address(), Some(bound_in(&world, &shown, index)))).into();
    let server = Server { keeper: shown.crew.keeper, assign: None };
    world.call(KEEPER, &LaneCall::Start { task: world.task(id).at(), seats, server });
    let before = world.signatures(0);
    world.pass(50).await;
    assert_eq!((world.signatures(0), said(&world, "commit")), (before, 0));
    assert!(world.tried.lock().unwrap().iter().all(|(_, call)| !matches!(call, LaneCall::Reveal { .. })));
}

/// A stranger sends a keeper what miners did not say; it is held to nothing.
#[tokio::test]
async fn a_keeper_is_not_told_lies_either() {
    let world = World::new(3);
    world.set_wire(WireMode::NoReveals);
    world.start_keeper();
    world.start_miners(3);
    let id = world.submit(1);
    world.pass_until(10, |world| said(world, "precommit") == 3).await;
    world.pass(2).await;
    let keeper = world.keeper.lock().unwrap().clone().unwrap();
    let honest = world.offers(0).await.remove(0);
    let assignment = lane::assignment(&world.task(id), &honest.crew);
    for (replica, miner) in honest.crew.miners.iter().enumerate() {
        let commitment = honest.bound[replica].unwrap().commitment;
        let message = LaneMessage::Commit { commitment, result_digest: keccak256("x"), salt: B256::ZERO };
        let mut forged = Key::new(9).say(id, assignment, message);
        forged.miner = *miner;
        assert!(cor_ports::Intake::receive(&*keeper, forged).await.is_err());
    }
    assert_eq!(world.calls(), [], "nobody is reported");
    world.set_wire(WireMode::Up);
    world.pass_until(20, is_over(id)).await;
    assert_eq!(world.calls(), [(KEEPER, "complete".to_owned())]);
}

/// The task was put on chain and taken back: what was bound there is bound no more.
#[tokio::test]
async fn no_answer_is_shown_once_the_start_was_rolled_back() {
    let (world, id) = told(|world, id| vec![offer(world, id, KEEPER, &[0, 1, 2])]);
    world.pass(5).await;
    let shown = offer(&world, id, KEEPER, &[0, 1, 2]);
    let own = world.said.lock().unwrap()[0].clone();
    let LaneMessage::Precommit { commitment } = own.message else { panic!("{own:?}") };
    let own = Bound { commitment, signature: own.signature };
    let seats =
        [0, 1, 2].map(|index| (Key::new(index).address(), Some(if index == 0 { own } else { bound_in(&world, &shown, index) })));
    let server = Server { keeper: shown.crew.keeper, assign: None };
    world.call(KEEPER, &LaneCall::Start { task: world.task(id).at(), seats: seats.into(), server });
    world.pass(3).await;
    assert!(said(&world, "commit") > 0);
    world.ledger.lock().unwrap().roll_back(1);
    world.pass(1).await;
    let before = said(&world, "commit");
    world.pass(6).await;
    assert_eq!(said(&world, "commit"), before);
}

/// The keeper still offers what the chain has no more.
#[tokio::test]
async fn nothing_more_is_said_for_a_task_that_was_rolled_back() {
    let (world, _) = told(|world, id| vec![offer(world, id, KEEPER, &[0, 1, 2])]);
    world.pass(5).await;
    assert!(said(&world, "precommit") > 1, "repeated as long as the keeper does not show it");
    world.ledger.lock().unwrap().roll_back(1);
    world.pass(1).await;
    let before = said(&world, "precommit");
    world.pass(6).await;
    assert_eq!(said(&world, "precommit"), before);
}

/// A governor that no jury bounds makes one signature cost a whole stake.
#[tokio::test]
async fn nothing_is_signed_for_penalties_that_no_jury_would_set() {
    for (bad_reveal, signatures) in [(LANE_PENALTY_MAX_GRAINS, 1), (LANE_PENALTY_MAX_GRAINS + 1, 0)] {
        let world = World::new(1);
        let id = world.submit_with(1, |opening| opening.bad_reveal = bad_reveal);
        world.set_wire(WireMode::Scripted(vec![offer(&world, id, KEEPER, &[0, 1, 2])]));
        world.start_miner(0, Manner::default());
        world.pass(5).await;
        assert_eq!(world.signatures(0), signatures, "{bad_reveal}");
        assert!(world.all_run());
    }
}

/// The keeper has everybody's word, reads the answers, and starts without one of the miners, which would bind itself to an answer that it read.
#[tokio::test]
async fn who_saw_an_answer_is_bound_to_its_own() {
    let (world, id) = told(|world, id| {
        let honest = offer(world, id, KEEPER, &[0, 1, 2]);
        let bound = vec![None, Some(bound_in(world, &honest, 1)), Some(bound_in(world, &honest, 2))];
        vec![Offer { bound, ..honest }]
    });
    world.pass(5).await;
    let said_first = world.said.lock().unwrap()[0].clone();
    let LaneMessage::Precommit { commitment } = said_first.message else { panic!("{said_first:?}") };
    let own = Bound { commitment, signature: said_first.signature };
    let honest = offer(&world, id, KEEPER, &[0, 1, 2]);
    let others = [1, 2].map(|index| bound_in(&world, &honest, index));
    let with_own = vec![Some(own), Some(others[0]), Some(others[1])];
    world.set_wire(WireMode::Scripted(vec![Offer { bound: with_own, ..honest.clone() }]));
    world.pass(5).await;
    assert!(said(&world, "commit") > 0, "it has shown its answer");

    let seats = honest.crew.miners.iter().copied().zip([Some(own), Some(others[0]), None]).collect();
    let server = Server { keeper: honest.crew.keeper, assign: None };
    world.call(KEEPER, &LaneCall::Start { task: world.task(id).at(), seats, server });
    world.pass(2).await;
    assert_eq!(world.task(id).state.phase, Phase::Reveal, "all are bound");
    assert_eq!(world.task(id).history.told[2].commitment, Some(others[1].commitment), "to what it signed before");
}
