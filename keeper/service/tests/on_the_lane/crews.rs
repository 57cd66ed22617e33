//! Crews of one task that are offered one after the other: a miner binds itself in each, answers once, shows its answer once, and reveals in whichever comes on
//! chain.

use std::sync::{Arc, atomic::Ordering};

use alloy_primitives::B256;
use cor_keeper::service::drill::Drill;
use cor_ports::domain::{Answered, Bound, LaneCall, LaneMessage, MessageKind, Offer, Phase, Reveal, Seat, Server};
use cor_ports::jury::JuryCall;
use cor_ports::lane;
use proptest::prelude::*;

use crate::jury::TIMES;
use crate::lane::Key;
use crate::lies::{bound_in, offer};
use crate::together::said;
use crate::wire::WireMode;
use crate::world::{KEEPER, Manner, OTHER_KEEPER, World};

/// A world in which miner 0 runs, with a task of which it has not heard.
fn one_miner() -> (Arc<World>, B256) {
    let world = World::new(5);
    let id = world.submit(1);
    world.start_miner(0, Manner::default());
    (world, id)
}

/// The keeper shows nothing but this from now on.
fn tell(world: &World, offer: &Offer) {
    world.set_wire(WireMode::Scripted(vec![offer.clone()]));
}

fn assignment(world: &World, offer: &Offer) -> B256 {
    lane::assignment(&world.task(offer.task), &offer.crew)
}

/// What miner 0 said for a crew that binds it.
fn own(world: &World, offer: &Offer) -> Option<Bound> {
    let of = assignment(world, offer);
    let said = world.said.lock().unwrap();
    said.iter().find_map(|message| match message.message {
        LaneMessage::Precommit { commitment } if message.assignment == of => {
            Some(Bound { commitment, signature: message.signature })
        }
        _ => None,
    })
}

/// The offer with what miner 0 said, and with these others bound.
fn with_bound(world: &World, offer: &Offer, others: &[u8]) -> Offer {
    let mut shown = offer.clone();
    for (bound, miner) in shown.bound.iter_mut().zip(&offer.crew.miners) {
        *bound = match crate::world::index_of(*miner) {
            0 => own(world, offer),
            index => others.contains(&index).then(|| bound_in(world, offer, index)),
        };
    }
    shown
}

/// The keeper of a crew puts it on chain, with what is bound.
fn start(world: &Arc<World>, offer: &Offer) {
    let seats = offer.crew.miners.iter().copied().zip(offer.bound.iter().copied()).collect();
    let server = Server { keeper: offer.crew.keeper, assign: None };
    let keeper = crate::world::index_of(offer.crew.keeper);
    world.call(keeper, &LaneCall::Start { task: world.task(offer.task).at(), seats, server });
}

/// The keeper of a crew of miner 0 alone brings what it said.
fn complete(world: &Arc<World>, offer: &Offer) {
    let reveal = world.said.lock().unwrap().iter().find_map(|message| match message.message {
        LaneMessage::Commit { result_digest, salt, .. } => Some(Reveal { result_digest, salt }),
        LaneMessage::Precommit { .. } => None,
    });
    let signature = own(world, offer).unwrap().signature;
    let answers = vec![Answered { miner: offer.crew.miners[0], signature, reveal: reveal.expect("it was shown") }];
    let server = Server { keeper: offer.crew.keeper, assign: None };
    let keeper = crate::world::index_of(offer.crew.keeper);
    world.call(keeper, &LaneCall::Complete { task: world.task(offer.task).at(), answers, server });
}

/// Assignments for which something of a kind was said, in order.
fn said_for(world: &World, kind: MessageKind) -> Vec<B256> {
    let mut found: Vec<B256> = Vec::new();
    for message in world.said.lock().unwrap().iter().filter(|message| message.message.kind() == kind) {
        if !found.contains(&message.assignment) {
            found.push(message.assignment);
        }
    }
    found
}

fn asked(world: &World) -> usize {
    world.model(0).asked.load(Ordering::Relaxed)
}

fn nobody_is_bound_twice(world: &World) {
    for ((miner, assignment), commitments) in world.bound() {
        assert_eq!(commitments.len(), 1, "{miner} for {assignment}");
    }
}

#[tokio::test]
async fn a_crew_that_is_drawn_anew_is_served_with_the_same_answer() {
    let (world, id) = one_miner();
    let offers = [offer(&world, id, KEEPER, &[0, 1, 2]), offer(&world, id, KEEPER, &[0, 2, 3])];
    tell(&world, &offers[0]);
    world.pass(5).await;
    tell(&world, &offers[1]);
    world.pass(5).await;
    let of = offers.each_ref().map(|offer| assignment(&world, offer));
    assert_eq!((said_for(&world, MessageKind::Precommit), asked(&world)), (of.to_vec(), 1));
    // Both are in the journal, and the last one is gone on with.
    world.kill(0);
    world.set_wire(WireMode::Scripted(vec![]));
    world.pass(1).await;
    world.said.lock().unwrap().clear();
    world.start_miner(0, Manner::default());
    world.pass(3).await;
    assert_eq!(said_for(&world, MessageKind::Precommit), [of[1]]);
    // A keeper that turns back is told what it was told before.
    tell(&world, &offers[0]);
    world.pass(5).await;
    assert_eq!(said_for(&world, MessageKind::Precommit), [of[1], of[0]]);
    // A third one after a restart.
    tell(&world, &offer(&world, id, OTHER_KEEPER, &[4, 0, 3]));
    world.pass(5).await;
    assert_eq!((world.signatures(0), asked(&world), world.journal(0).keys("miner/crew/").len()), (3, 1, 3));
    nobody_is_bound_twice(&world);
    world.pass(200).await;
    assert_eq!(world.task(id).state.phase, Phase::Ended);
    assert_eq!(world.journal(0).keys("miner/crew/"), Vec::<String>::new());
    world.outlast().await;
    assert_eq!(world.journal(0).keys("miner/"), ["miner/mark"]);
    assert!(world.all_run());
}

#[tokio::test]
async fn whichever_crew_comes_on_chain_is_revealed_in() {
    for (lands, is_killed) in [(0, false), (0, true), (1, false), (1, true)] {
        let (world, id) = one_miner();
        let offers = [offer(&world, id, KEEPER, &[0, 1, 2]), offer(&world, id, OTHER_KEEPER, &[3, 0, 4])];
        for offer in &offers {
            tell(&world, offer);
            world.pass(5).await;
        }
        let landing = with_bound(&world, &offers[lands], &[1, 2, 3, 4]);
        let commitment = own(&world, &landing).unwrap().commitment;
        if is_killed {
            world.kill(0);
        }
        start(&world, &landing);
        if is_killed {
            world.start_miner(0, Manner::default());
        }
        world.set_wire(WireMode::Dead);
        let replica = landing.crew.replica_of(Key::new(0).address()).unwrap();
        world.pass_until(40, |world| world.task(id).seat(replica) == Some(Seat::Follows(replica))).await;
        assert_eq!(world.task(id).history.told[usize::from(replica)].commitment, Some(commitment));
        assert_eq!(asked(&world), 1, "crew {lands}, killed: {is_killed}");
        assert!(world.blobs.has(b"Paris") && world.all_run());
    }
}

/// The start of one crew is rolled back, and another comes on chain.
#[tokio::test]
async fn a_crew_that_was_on_chain_is_left_for_that_which_is() {
    let (world, id) = one_miner();
    let offers = [offer(&world, id, KEEPER, &[0, 1, 2]), offer(&world, id, KEEPER, &[0, 2, 3])];
    for offer in &offers {
        tell(&world, offer);
        world.pass(5).await;
    }
    let mut silent = offers[0].clone();
    silent.bound = vec![own(&world, &silent), None, None];
    start(&world, &silent);
    world.pass(3).await;
    world.ledger.lock().unwrap().roll_back(1);
    world.pass(1).await;
    start(&world, &with_bound(&world, &offers[1], &[2, 3]));
    world.set_wire(WireMode::Dead);
    world.pass_until(40, |world| world.task(id).seat(0) == Some(Seat::Follows(0))).await;
    assert_eq!(asked(&world), 1);
    nobody_is_bound_twice(&world);
}

/// A keeper that wants work and signatures for nothing.
#[tokio::test]
async fn crews_without_end_cost_one_answer_and_few_signatures() {
    for takes_secs in [0, 23] {
        let (world, id) = one_miner();
        world.model(0).takes_secs.store(takes_secs, Ordering::Relaxed);
        for index in 1..36 {
            tell(&world, &offer(&world, id, KEEPER, &[0, index, index + 1]));
            world.pass(1).await;
        }
        let signed = world.signatures(0);
        assert!(if takes_secs == 0 { signed == 16 } else { (10..16).contains(&signed) }, "{signed} signatures");
        // The last one may not be signed yet.
        let bound = world.journal(0).keys("miner/crew/").len();
        assert!(asked(&world) == 1 && (signed..=16).contains(&bound), "{bound} crews, {signed} signatures");
        world.kill(0);
        world.start_miner(0, Manner::default());
        for index in 40..50 {
            tell(&world, &offer(&world, id, KEEPER, &[0, index, index + 1]));
            world.pass(1).await;
        }
        assert_eq!((world.signatures(0), asked(&world)), (16, 1), "nor after a restart");
        // The last one is served on.
        let last = said_for(&world, MessageKind::Precommit).len();
        assert_eq!(last, 16);
        nobody_is_bound_twice(&world);
        assert!(world.all_run());
    }
}

/// It misbehaves alike in both.
#[tokio::test]
async fn a_drill_alters_the_answer_of_each_crew_once() {
    let world = World::new(5);
    let id = world.submit(1);
    world.start_miner(0, Manner { drill: Some(Drill::WrongAnswer), ..Manner::default() });
    for miners in [[0, 1, 2], [0, 2, 3]] {
        tell(&world, &offer(&world, id, KEEPER, &miners));
        world.pass(5).await;
    }
    let journal = world.journal(0);
    let answers: Vec<_> = journal.keys("miner/answer/").iter().map(|key| journal.value(key).unwrap()[32..].to_vec()).collect();
    assert_eq!((answers, asked(&world)), (vec![b"The opposite of: Paris".to_vec(); 2], 1));
}

/// What does not fit the model in one crew does not in another.
#[tokio::test]
async fn a_task_that_cannot_be_answered_is_not_tried_in_every_crew() {
    let (world, id) = one_miner();
    world.model(0).is_too_small.store(true, Ordering::Relaxed);
    for index in 1..6 {
        tell(&world, &offer(&world, id, KEEPER, &[0, index, index + 1]));
        world.pass(3).await;
    }
    assert_eq!((world.signatures(0), asked(&world)), (0, 1));
}

/// A keeper with everybody's word has the answer shown, and then brings a crew with a node of its own, which would copy it.
#[tokio::test]
async fn nothing_is_signed_in_another_crew_once_the_answer_was_shown() {
    #[derive(Debug, PartialEq)]
    enum Way {
        Offer,
        Restart,
        OnChain,
    }
    for way in [Way::Offer, Way::Restart, Way::OnChain] {
        let (world, id) = one_miner();
        let first = offer(&world, id, KEEPER, &[0, 1, 2]);
        let second = offer(&world, id, KEEPER, &[0, 1, 3]);
        tell(&world, &first);
        world.pass(5).await;
        tell(&world, &with_bound(&world, &first, &[1, 2]));
        world.pass(5).await;
        assert_eq!(said_for(&world, MessageKind::Commit), [assignment(&world, &first)]);
        if way == Way::Restart {
            world.kill(0);
            world.start_miner(0, Manner::default());
        }
        let before = world.signatures(0);
        if way == Way::OnChain {
            start(&world, &with_bound(&world, &second, &[1]));
            world.set_wire(WireMode::Dead);
        } else {
            tell(&world, &second);
        }
        world.pass(25).await;
        let of = assignment(&world, &second);
        assert!(world.said.lock().unwrap().iter().all(|message| message.assignment != of), "{way:?}");
        assert_eq!(world.signatures(0), before, "{way:?}");
        let binds = |call: &LaneCall| matches!(call, LaneCall::Precommit { .. });
        let tried = world.tried.lock().unwrap().clone();
        assert!(!tried.iter().any(|(who, call)| *who == Key::new(0).address() && binds(call)), "{way:?}");
        // It goes on where it showed it.
        let said = world.said.lock().unwrap().len();
        world.pass(5).await;
        assert_eq!(world.said.lock().unwrap().len() > said, way != Way::OnChain, "{way:?}");
        assert!(world.all_run());
    }
}

/// The task is open again with the opening that it had, and everybody has seen the answer.
#[tokio::test]
async fn what_was_shown_is_remembered_when_the_end_is_rolled_back() {
    for is_killed in [false, true] {
        let world = World::new(5);
        let id = world.submit_for(1, 1);
        let first = offer(&world, id, KEEPER, &[0]);
        world.start_miner(0, Manner::default());
        tell(&world, &first);
        world.pass(3).await;
        tell(&world, &with_bound(&world, &first, &[]));
        world.pass(3).await;
        complete(&world, &first);
        world.pass(3).await;
        assert_eq!(world.journal(0).keys("miner/crew/"), Vec::<String>::new());
        if is_killed {
            world.kill(0);
        }
        while world.task(id).state.phase != Phase::Open {
            world.ledger.lock().unwrap().roll_back(1);
        }
        let before = world.signatures(0);
        tell(&world, &offer(&world, id, OTHER_KEEPER, &[0]));
        if is_killed {
            world.start_miner(0, Manner::default());
        }
        world.pass(10).await;
        assert_eq!((world.signatures(0), asked(&world)), (before, 1), "killed: {is_killed}");
        // In the crew that it was bound in it says again what it said.
        tell(&world, &first);
        world.pass(10).await;
        let said = world.said.lock().unwrap().last().cloned().unwrap();
        assert_eq!(said.assignment, assignment(&world, &first));
        assert_eq!(world.signatures(0), before);
        assert!(world.all_run());
    }
}

/// Who may have shown its answer before it lost its journal does not know it.
#[tokio::test]
async fn a_miner_that_lost_its_journal_binds_itself_in_no_other_crew() {
    let (world, id) = one_miner();
    let first = offer(&world, id, KEEPER, &[0, 1, 2]);
    tell(&world, &first);
    world.pass(5).await;
    world.kill(0);
    world.journal(0).lose();
    tell(&world, &with_bound(&world, &first, &[]));
    world.start_miner(0, Manner::default());
    world.pass(5).await;
    world.kill(0);
    world.start_miner(0, Manner::default());
    tell(&world, &offer(&world, id, KEEPER, &[0, 1, 3]));
    world.pass(5).await;
    assert_eq!((world.signatures(0), asked(&world)), (1, 1));
}

/// A bait: first a crew as it was drawn, in which the keeper has a node that says nothing; then one that will never be brought, to have the answer shown. The node
/// would bind itself to that in the first crew.
#[tokio::test]
async fn no_answer_is_shown_while_it_could_be_copied_in_another_crew() {
    let (world, id) = one_miner();
    let first = offer(&world, id, KEEPER, &[0, 1, 2]);
    let bait = offer(&world, id, KEEPER, &[0, 3, 4]);
    tell(&world, &first);
    world.pass(3).await;
    tell(&world, &with_bound(&world, &first, &[1]));
    world.pass(3).await;
    tell(&world, &bait);
    world.pass(3).await;
    let shown = with_bound(&world, &bait, &[3, 4]);
    tell(&world, &shown);
    world.pass(20).await;
    assert_eq!(said(&world, "commit"), 0, "miner 2 is free to bind itself in the first crew");
    // On chain there is but one crew.
    start(&world, &shown);
    world.pass(3).await;
    assert_eq!(said_for(&world, MessageKind::Commit), [assignment(&world, &bait)]);
}

/// The same, near the deadline: with the keeper's word it puts the crew on chain itself, be the jury there or not.
#[tokio::test]
async fn a_crew_that_cannot_be_shown_yet_is_started() {
    for is_jury_down in [false, true] {
        let (world, id) = one_miner();
        tell(&world, &offer(&world, id, KEEPER, &[0, 1, 2]));
        world.pass(3).await;
        let second = offer(&world, id, KEEPER, &[0, 3, 4]);
        tell(&world, &second);
        world.pass(3).await;
        tell(&world, &with_bound(&world, &second, &[3, 4]));
        world.is_jury_down.store(is_jury_down, Ordering::Relaxed);
        world.pass(40).await;
        assert_eq!((said(&world, "commit"), world.calls()), (0, vec![]));
        world.pass_until(30, |world| world.task(id).seat(0) == Some(Seat::Committed)).await;
        world.pass(3).await;
        assert_eq!(said_for(&world, MessageKind::Commit), [assignment(&world, &second)]);
    }
}

/// Who was found absent is drawn no more for this task by that keeper: a crew without it is served in one transaction.
#[tokio::test]
async fn who_was_found_absent_holds_up_no_answer() {
    for (summoner, absent, is_shown) in [(KEEPER, 2, true), (OTHER_KEEPER, 2, false), (KEEPER, 3, false)] {
        let (world, id) = one_miner();
        let first = offer(&world, id, KEEPER, &[0, 1, 2]);
        let second = offer(&world, id, KEEPER, &[0, 1, 3]);
        tell(&world, &first);
        world.pass(3).await;
        tell(&world, &with_bound(&world, &first, &[1]));
        let keeper = world.account(summoner);
        let (task, node) = (world.task(id).at(), Key::new(absent).address());
        let summon = JuryCall::Summon { task: task.clone(), node, slot: u32::from(absent) };
        cor_ports::Jury::send(&keeper, summon).await.unwrap();
        world.pass(u64::from(TIMES.answer_secs) + 1).await;
        tell(&world, &second);
        world.pass(3).await;
        tell(&world, &with_bound(&world, &second, &[1, 3]));
        world.pass(3).await;
        assert_eq!(said(&world, "commit"), 0, "it may come yet");
        cor_ports::Jury::send(&keeper, JuryCall::Dismiss { task, node }).await.unwrap();
        world.pass(5).await;
        let expected = if is_shown { vec![assignment(&world, &second)] } else { vec![] };
        assert_eq!(said_for(&world, MessageKind::Commit), expected, "{absent} was found absent by {summoner}");
        assert!(world.all_run());
    }
}

/// What a keeper and the world do to a miner in the property test.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// This crew is offered, with these of its miners bound.
    Offer(usize, u8),
    /// This crew is put on chain, with these bound.
    Start(usize, u8),
    /// The blocks since the submission are replaced.
    RollBack,
    Kill,
    DiskFull(bool),
    JuryDown(bool),
}

fn events() -> impl Strategy<Value = Vec<(Event, u8)>> {
    let event = prop_oneof![
        12 => (0_usize..4, any::<u8>()).prop_map(|(crew, bound)| Event::Offer(crew, bound)),
        2 => (0_usize..4, any::<u8>()).prop_map(|(crew, bound)| Event::Start(crew, bound)),
        1 => Just(Event::RollBack),
        2 => Just(Event::Kill),
        1 => any::<bool>().prop_map(Event::DiskFull),
        1 => any::<bool>().prop_map(Event::JuryDown),
    ];
    prop::collection::vec((event, 0_u8..5), 1..24)
}

/// Another crew comes on chain, and a reorganisation of one block takes it back. The keeper of the first is silent for hours, and offers it again then: what was signed is not forgotten.
#[tokio::test]
async fn a_crew_that_is_offered_again_hours_later_is_told_the_same() {
    let world = World::new(1);
    let id = world.submit_with(1, |opening| opening.terms.open_secs = 86_400);
    let first = offer(&world, id, KEEPER, &[0, 1, 2]);
    tell(&world, &first);
    world.start_miner(0, Manner::default());
    world.pass(5).await;
    world.set_wire(WireMode::Scripted(vec![]));
    start(&world, &with_bound(&world, &offer(&world, id, OTHER_KEEPER, &[1, 2, 3]), &[1, 2]));
    world.pass(5).await;
    world.ledger.lock().unwrap().roll_back(1);
    world.pass(12 * 3_600).await;
    assert_eq!(world.task(id).state.phase, Phase::Open);
    tell(&world, &first);
    world.pass(10).await;
    assert!(world.signatures(0) > 0);
    nobody_is_bound_twice(&world);
}

/// What the miner was shown of a task so far.
struct Watch {
    crews: [Offer; 4],
    of: [B256; 4],
    /// Who was shown to be bound, by crew.
    bound: [u8; 4],
}

impl Watch {
    /// Of the miners of a crew, those whose bits are set; all are if all bits are.
    fn miners(&self, crew: usize, bits: u8) -> Vec<u8> {
        let others = self.crews[crew].crew.miners.iter().map(|miner| crate::world::index_of(*miner));
        others.filter(|index| *index != 0 && bits & 2_u8.pow(u32::from(*index)) != 0).collect()
    }

    fn do_it(&mut self, world: &Arc<World>, event: Event) {
        match event {
            Event::Offer(crew, bits) => {
                tell(world, &with_bound(world, &self.crews[crew], &self.miners(crew, bits)));
                self.bound[crew] |= bits;
            }
            Event::Start(crew, bits) if world.task(self.crews[0].task).state.phase == Phase::Open => {
                // The contract takes it before the deadline only, with as many as can have a result.
                let seats = with_bound(world, &self.crews[crew], &self.miners(crew, bits));
                if world.now() < world.task(seats.task).state.deadline && seats.bound.iter().flatten().count() >= 2 {
                    start(world, &seats);
                }
            }
            Event::Start(..) => {}
            Event::RollBack => {
                while world.task(self.crews[0].task).state.phase != Phase::Open {
                    world.ledger.lock().unwrap().roll_back(1);
                }
            }
            Event::Kill => {
                world.kill(0);
                world.start_miner(0, Manner::default());
            }
            Event::DiskFull(is_full) => world.is_disk_full.store(is_full, Ordering::Relaxed),
            Event::JuryDown(is_down) => world.is_jury_down.store(is_down, Ordering::Relaxed),
        }
    }

    /// What is shown first, and off chain, could not be copied in another crew.
    fn check_new(&self, world: &World, said_before: usize) {
        let said = world.said.lock().unwrap();
        let told = |kind, from| said[..from].iter().filter(move |message| message.message.kind() == kind);
        for (place, message) in said.iter().enumerate().skip(said_before) {
            let is_shown = told(MessageKind::Commit, place).next().is_some();
            if message.message.kind() == MessageKind::Precommit || is_shown {
                continue;
            }
            for (crew, of) in self.of.iter().enumerate().filter(|(_, of)| **of != message.assignment) {
                let is_bound = told(MessageKind::Precommit, place).any(|before| before.assignment == *of);
                let all = self.miners(crew, u8::MAX).len() == self.miners(crew, self.bound[crew]).len();
                assert!(all || !is_bound, "shown while somebody could copy it in crew {crew}");
            }
        }
    }
}

async fn live(events: Vec<(Event, u8)>) {
    let (world, id) = one_miner();
    let crews = [(KEEPER, [0, 1, 2]), (KEEPER, [3, 0, 1]), (OTHER_KEEPER, [0, 1, 2]), (OTHER_KEEPER, [4, 3, 0])]
        .map(|(keeper, miners)| offer(&world, id, keeper, &miners));
    let of = crews.each_ref().map(|offer| assignment(&world, offer));
    let mut watch = Watch { crews, of, bound: [0; 4] };
    for (event, secs) in events {
        let (said_before, was_open) = (world.said.lock().unwrap().len(), world.task(id).state.phase == Phase::Open);
        let journal = world.journal(0);
        let (was_shown, answers) = (!journal.keys("miner/shown/").is_empty(), journal.keys("miner/answer/"));
        watch.do_it(&world, event);
        world.pass(u64::from(secs)).await;
        assert!(!was_shown || journal.keys("miner/answer/") == answers, "bound in another crew after the answer was shown");
        // Once a crew was on chain, what is shown is shown there.
        if was_open && world.task(id).state.phase == Phase::Open && !matches!(event, Event::RollBack) {
            watch.check_new(&world, said_before);
        }
    }
    world.is_disk_full.store(false, Ordering::Relaxed);
    world.set_wire(WireMode::Dead);
    world.pass(150).await;
    let task = world.task(id);
    let mine = task.crew().and_then(|crew| crew.replica_of(Key::new(0).address()));
    // With fewer bound than make a result the task ends before reveals.
    let could_decide = task.state.taken().filter(|seat| *seat != Seat::Silent).count() >= 2;
    let is_silent = mine.is_some_and(|mine| task.seat(mine) == Some(Seat::Committed));
    assert!(!(could_decide && is_silent), "what it is bound to it reveals: {task:?}");
    // A Precommit and at most one other digest for each crew.
    assert!(world.signatures(0) <= 8, "{} signatures", world.signatures(0));
    nobody_is_bound_twice(&world);
    assert!(world.all_run());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever crews are offered, in whatever order, and whatever fails: a miner shows its answer to nobody who could bind itself to it in another crew, binds
    /// itself in none afterwards, and reveals what it is bound to in the crew that the chain has.
    #[test]
    fn whatever_crews_are_offered_no_answer_is_copied(events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(events));
    }
}
