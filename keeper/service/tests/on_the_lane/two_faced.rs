//! A miner that binds itself on chain to another commitment than it signed: it has read an answer meanwhile. Whoever has its first word shows it.

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use cor_ports::domain::{Bound, LaneCall, LaneMessage, Offer, Phase, Seat, Server};

use crate::lies::{bound_in, offer};
use crate::together::said;
use crate::wire::WireMode;
use crate::world::{KEEPER, Manner, World};

/// Miner 0 has shown its answer to a keeper that had everybody's word; what it signed, and the offer.
async fn shown() -> (Arc<World>, B256, Bound, Offer) {
    let world = World::new(1);
    let id = world.submit(1);
    let honest = offer(&world, id, KEEPER, &[0, 1, 2]);
    let others = [1, 2].map(|index| Some(bound_in(&world, &honest, index)));
    world.set_wire(WireMode::Scripted(vec![Offer { bound: vec![None, others[0], others[1]], ..honest.clone() }]));
    world.start_miner(0, Manner::default());
    world.pass(5).await;
    let first = world.said.lock().unwrap()[0].clone();
    let LaneMessage::Precommit { commitment } = first.message else { panic!("{first:?}") };
    let own = Bound { commitment, signature: first.signature };
    world.set_wire(WireMode::Scripted(vec![Offer { bound: vec![Some(own), others[0], others[1]], ..honest.clone() }]));
    world.pass(5).await;
    assert!(said(&world, "commit") > 0, "it has shown its answer");
    (world, id, own, honest)
}

/// In the same second the keeper starts without a miner of its own, and that one binds itself to what it read: nobody can be quicker.
#[tokio::test]
async fn who_binds_itself_to_what_it_read_is_reported() {
    let (world, id, own, honest) = shown().await;
    let one = bound_in(&world, &honest, 1);
    let seats = honest.crew.miners.iter().copied().zip([Some(own), Some(one), None]).collect();
    let server = Server { keeper: honest.crew.keeper, assign: None };
    world.call(KEEPER, &LaneCall::Start { task: world.task(id).at(), seats, server });
    let copied = keccak256("read, and salted anew");
    let binding = LaneCall::Precommit { task: world.task(id).at(), replica: 2, commitment: copied, signature: None };
    world.call(2, &binding);
    assert_eq!(world.task(id).state.phase, Phase::Reveal, "all are bound");
    world.pass(3).await;
    assert_eq!(world.task(id).seat(2), Some(Seat::Bad), "by its own first word");
    assert_ne!(world.task(id).seat(1), Some(Seat::Bad));
    assert_eq!(world.calls().iter().filter(|(_, call)| call == "report-second/2").count(), 1, "once");
}

/// A miner that is bound to what it signed is reported by nobody, whatever else is shown of it.
#[tokio::test]
async fn who_is_bound_to_its_word_is_not_reported() {
    let (world, id, own, honest) = shown().await;
    let [one, two] = [1, 2].map(|index| bound_in(&world, &honest, index));
    let seats = honest.crew.miners.iter().copied().zip([Some(own), Some(one), Some(two)]).collect();
    let server = Server { keeper: honest.crew.keeper, assign: None };
    world.call(KEEPER, &LaneCall::Start { task: world.task(id).at(), seats, server });
    let forged = Bound { commitment: keccak256("never said"), signature: one.signature };
    world.set_wire(WireMode::Scripted(vec![Offer { bound: vec![Some(own), Some(forged), Some(two)], ..honest }]));
    world.pass(10).await;
    assert!(world.calls().iter().all(|(_, call)| !call.starts_with("report")), "{:?}", world.calls());
}
