//! A miner that is bound, when a task ends, to another commitment than it signed first: it has read an answer meanwhile. Whoever has its first word shows it.

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use cor_ports::domain::{Answered, Bound, LaneCall, LaneMessage, Offer, Phase, Reveal, Seat, Server};
use cor_ports::lane;

use crate::lane::{DOMAIN, Key};
use crate::lies::offer;
use crate::together::said;
use crate::wire::WireMode;
use crate::world::{KEEPER, Manner, World};

/// Salt of a first word, and of a second one.
const FIRST: u8 = 1;
const SECOND: u8 = 2;

/// A task whose miner 0 runs and has shown its answer to a keeper that had everybody's word.
struct Shown {
    world: Arc<World>,
    id: B256,
    honest: Offer,
    /// What miner 0 signed and revealed.
    own: (Bound, Reveal),
}

/// What a miner is bound by, and what opens it.
fn word(world: &World, offer: &Offer, index: u8, salt: u8) -> (Bound, Reveal) {
    let assignment = lane::assignment(&world.task(offer.task), &offer.crew);
    let reveal = Reveal { result_digest: keccak256("Paris"), salt: B256::repeat_byte(salt) };
    let key = Key::new(index);
    (key.bind(assignment, lane::commitment(&DOMAIN, assignment, index, key.address(), &reveal)), reveal)
}

impl Shown {
    async fn new() -> Self {
        let world = World::new(1);
        let id = world.submit(1);
        let honest = offer(&world, id, KEEPER, &[0, 1, 2]);
        let others = [1, 2].map(|index| Some(word(&world, &honest, index, FIRST).0));
        world.set_wire(WireMode::Scripted(vec![Offer { bound: vec![None, others[0], others[1]], ..honest.clone() }]));
        world.start_miner(0, Manner::default());
        world.pass(5).await;
        let first = world.said.lock().unwrap()[0].clone();
        let LaneMessage::Precommit { commitment } = first.message else { panic!("{first:?}") };
        let bound = Bound { commitment, signature: first.signature };
        world.set_wire(WireMode::Scripted(vec![Offer { bound: vec![Some(bound), others[0], others[1]], ..honest.clone() }]));
        world.pass(5).await;
        assert!(said(&world, "commit") > 0, "it has shown its answer");
        let shown = world.said.lock().unwrap().iter().find_map(|message| match message.message {
            LaneMessage::Commit { result_digest, salt, .. } => Some(Reveal { result_digest, salt }),
            LaneMessage::Precommit { .. } => None,
        });
        Self { world, id, honest, own: (bound, shown.unwrap()) }
    }

    fn server(&self) -> Server {
        Server { keeper: self.honest.crew.keeper, assign: None }
    }

    /// The keeper ends the task with everybody's answer, the last one by a word of this salt.
    fn complete(&self, last: u8) {
        let others = [(1, FIRST), (2, last)].map(|(index, salt)| word(&self.world, &self.honest, index, salt));
        let words = [self.own, others[0], others[1]].into_iter();
        let answers = words.zip(&self.honest.crew.miners).map(|((bound, reveal), miner)| Answered {
            miner: *miner,
            signature: bound.signature,
            reveal,
        });
        let task = self.world.task(self.id).at();
        self.world.call(KEEPER, &LaneCall::Complete { task, answers: answers.collect(), server: self.server() });
        assert_eq!(self.world.task(self.id).state.phase, Phase::Ended);
    }

    fn reports(&self) -> Vec<String> {
        self.world.calls().into_iter().map(|(_, call)| call).filter(|call| call.starts_with("report")).collect()
    }
}

/// The keeper ends the task with another word of a miner of its own than it showed before: nobody can be quicker.
#[tokio::test]
async fn who_is_completed_by_another_word_is_reported() {
    let shown = Shown::new().await;
    shown.complete(SECOND);
    shown.world.pass(10).await;
    let task = shown.world.task(shown.id);
    assert_eq!(task.seat(2), Some(Seat::Bad), "by its own first word");
    assert!(matches!(task.seat(1), Some(Seat::Follows(_))));
    assert_eq!(shown.reports(), ["report-second/2"], "once");
}

/// The keeper starts without a miner of its own, and that one binds itself in the same second to what it read.
#[tokio::test]
async fn who_binds_itself_to_what_it_read_is_reported() {
    let shown = Shown::new().await;
    let Shown { world, id, honest, own } = &shown;
    let [one, two] = [(1, FIRST), (2, SECOND)].map(|(index, salt)| word(world, honest, index, salt));
    let seats = honest.crew.miners.iter().copied().zip([Some(own.0), Some(one.0), None]).collect();
    world.call(KEEPER, &LaneCall::Start { task: world.task(*id).at(), seats, server: shown.server() });
    let binding = LaneCall::Precommit { task: world.task(*id).at(), replica: 2, commitment: two.0.commitment, signature: None };
    world.call(2, &binding);
    assert_eq!(world.task(*id).state.phase, Phase::Reveal, "all are bound");
    world.pass(3).await;
    assert!(shown.reports().is_empty(), "the task goes on");
    let reveals =
        (0..3).zip([own.1, one.1, two.1]).filter(|(replica, _)| world.task(*id).seat(*replica) == Some(Seat::Committed));
    world.call(KEEPER, &LaneCall::Finish { task: world.task(*id).at(), reveals: reveals.collect() });
    world.pass(10).await;
    assert_eq!(world.task(*id).seat(2), Some(Seat::Bad), "by its own first word");
    assert_eq!(shown.reports(), ["report-second/2"], "once");
}

/// A miner that was bound to what it signed is reported by nobody, whatever else is shown of it.
#[tokio::test]
async fn who_is_bound_to_its_word_is_not_reported() {
    let shown = Shown::new().await;
    let Shown { world, honest, own, .. } = &shown;
    let [one, two] = [1, 2].map(|index| word(world, honest, index, FIRST).0);
    let forged = Bound { commitment: keccak256("never said"), signature: one.signature };
    world.set_wire(WireMode::Scripted(vec![Offer { bound: vec![Some(own.0), Some(forged), Some(two)], ..honest.clone() }]));
    world.pass(3).await;
    shown.complete(FIRST);
    world.pass(10).await;
    assert!(shown.reports().is_empty(), "{:?}", shown.reports());
}
