//! Every state that one and three replicas can reach, with every event tried in each.
//!
//! Miners may do anything at any time, reveal one of two answers, or be reported; anyone may close and end; time stands still or
//! jumps to the deadline. What holds here holds for every order of events.

use super::*;
use crate::task::consensus::leader_of;
use std::collections::HashSet;

#[derive(Clone, Copy, Debug)]
enum Event {
    Assign,
    Ack(u8),
    Precommit(u8),
    Reveal(u8, Answer),
    ReportBad(u8),
    CloseAck,
    ClosePrecommit,
    End,
    /// Time passes until the deadline.
    Wait,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    A,
    B,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct World {
    state: TaskState,
    now: u64,
    answers: [Option<Answer>; 3],
}

fn events(replicas: u8) -> Vec<Event> {
    let mut events = vec![Event::Assign, Event::CloseAck, Event::ClosePrecommit, Event::End, Event::Wait];
    for replica in 0..replicas {
        events.extend([Event::Ack(replica), Event::Precommit(replica), Event::ReportBad(replica)]);
        events.extend([Answer::A, Answer::B].map(|answer| Event::Reveal(replica, answer)));
    }
    events
}

impl World {
    fn apply(&self, event: Event, terms: &Terms) -> Result<(Self, Effects), TaskError> {
        let mut next = *self;
        let (state, now) = (self.state, self.now);
        let transition = match event {
            Event::Assign => assign(state, terms, 1, usize::from(state.replicas), now),
            Event::Ack(replica) => ack(state, terms, replica, now),
            Event::Precommit(replica) => precommit(state, terms, replica, hash(replica + 1), now),
            Event::ReportBad(replica) => report_bad_reveal(state, &bad(replica)),
            Event::CloseAck => close_ack(state, terms, now),
            Event::ClosePrecommit => close_precommit(state, terms, now),
            Event::End => end(state, terms, now),
            Event::Reveal(replica, answer) => {
                let leaders = state.leaders().map(|leader| (leader, self.answers[usize::from(leader)]));
                let leader = leader_of(&Some(answer), leaders);
                next.answers[usize::from(replica)] = Some(answer);
                commit(state, terms, &good(replica), leader, now)
            }
            Event::Wait => {
                next.now = now.max(state.deadline());
                Ok(Transition { state, effects: Effects::default() })
            }
        }?;
        next.state = transition.state;
        Ok((next, transition.effects))
    }

    fn votes(&self, answer: Answer) -> u8 {
        let revealed = |(replica, stage): (u8, Stage)| {
            matches!(stage, Stage::Revealed(_)) && self.answers[usize::from(replica)] == Some(answer)
        };
        u8::try_from(self.state.replica_stages().filter(|row| revealed(*row)).count()).unwrap()
    }

    /// Replicas that could still reveal if everybody did what is possible from now on.
    fn hopeful(&self) -> u8 {
        let hopeful = |(_, stage): (u8, Stage)| match (stage, self.state.phase) {
            (Stage::Assigned, Phase::Ack) | (Stage::Acked, Phase::Precommit) | (Stage::Precommitted, Phase::Commit) => {
                self.now < self.state.deadline()
            }
            (Stage::Acked, Phase::Ack) | (Stage::Precommitted, Phase::Precommit) => true,
            _ => false,
        };
        u8::try_from(self.state.replica_stages().filter(|row| hopeful(*row)).count()).unwrap()
    }
}

fn check_step(before: &World, after: &World, effects: &Effects, event: Event, terms: &Terms) {
    word_fits(&after.state);
    assert!(after.state.phase >= before.state.phase, "phases only go on: {event:?} in {before:?}");
    assert_eq!(effects.ending.is_some(), after.state.phase == Phase::Ended && before.state.phase != Phase::Ended);
    assert_eq!(
        effects.phase_began,
        after.state.phase != before.state.phase && matches!(after.state.phase, Phase::Precommit | Phase::Commit)
    );
    let needed = terms.quorum().needed();
    let decided = |world: &World| [Answer::A, Answer::B].into_iter().find(|answer| world.votes(*answer) >= needed);
    if after.state.phase == Phase::Commit {
        assert_eq!(effects.decided.is_some(), decided(after).is_some() && decided(before).is_none(), "{event:?} in {before:?}");
    }
    if let Some(ending) = effects.ending {
        check_end(before, after, &ending, needed);
    }
}

fn check_end(before: &World, after: &World, ending: &Ending, needed: u8) {
    let result = [Answer::A, Answer::B].into_iter().find(|answer| before.votes(*answer) >= needed);
    let best = before.votes(Answer::A).max(before.votes(Answer::B));
    match ending.status {
        Status::Completed => {
            assert!(result.is_some() && before.hopeful() == 0, "nobody loses a reveal that it could make: {before:?}");
            let winner = ending.winner.unwrap();
            assert_eq!(before.answers[usize::from(winner)], result);
            // Every honest revealer of the majority is paid, and nobody else.
            for (replica, outcome) in ending.outcomes() {
                let revealed = matches!(before.state.stages.get(replica), Stage::Revealed(_));
                let agrees = revealed && before.answers[usize::from(replica)] == result;
                assert_eq!(outcome == Outcome::Agreed, agrees, "replica {replica} in {before:?}");
            }
        }
        Status::NoQuorum => {
            assert!(best + before.hopeful() < needed, "a quorum was still possible: {before:?}");
            assert_eq!((ending.winner, ending.paid().count()), (None, 0));
        }
        Status::Expired => assert!(before.state.phase == Phase::Queued && before.now >= before.state.deadline()),
        Status::Open => panic!("an end has a status"),
    }
    for (replica, offence) in ending.slashed() {
        let stage = before.state.stages.get(replica);
        match offence {
            Offence::BadReveal => assert_eq!(stage, Stage::BadReveal),
            Offence::NoReveal => {
                assert!(
                    stage == Stage::Precommitted && before.state.phase == Phase::Commit && before.now >= before.state.deadline()
                );
            }
        }
    }
    assert_eq!((after.state.status, after.state.ended_at()), (ending.status, before.now));
    let stored: Vec<_> = after.state.replica_stages().map(|(replica, stage)| (replica, stage.outcome())).collect();
    assert_eq!(stored, ending.outcomes().collect::<Vec<_>>());
}

/// With no help from keeper or miners: wait for the deadline, make the call that `closable` names, and so on.
fn check_liveness(world: &World, terms: &Terms) {
    let mut world = *world;
    for _ in 0..4 {
        if world.state.phase == Phase::Ended {
            return;
        }
        if closable(world.state, terms, world.now) == Closing::None {
            world = world.apply(Event::Wait, terms).unwrap().0;
        }
        let event = match closable(world.state, terms, world.now) {
            Closing::EndAck => Event::CloseAck,
            Closing::EndPrecommit => Event::ClosePrecommit,
            Closing::End => Event::End,
            Closing::None => panic!("stuck: {world:?}"),
        };
        world = world.apply(event, terms).unwrap().0;
    }
    assert_eq!(world.state.phase, Phase::Ended, "{world:?}");
}

fn explore(terms: &Terms) -> usize {
    let first = World { state: queued(terms), now: START, answers: [None; 3] };
    let (mut seen, mut open) = (HashSet::from([first]), vec![first]);
    while let Some(world) = open.pop() {
        check_liveness(&world, terms);
        for event in events(terms.replicas) {
            let ended = world.state.phase == Phase::Ended;
            match world.apply(event, terms) {
                Ok((next, effects)) => {
                    assert!(!ended || next == world, "{event:?} changes an ended task");
                    check_step(&world, &next, &effects, event, terms);
                    if seen.insert(next) {
                        open.push(next);
                    }
                }
                Err(error) => {
                    assert_eq!(ended, error == TaskError::AlreadyEnded { status: world.state.status }, "{event:?} in {world:?}")
                }
            }
        }
    }
    seen.len()
}

#[test]
fn one_replica() {
    assert!(explore(&terms(1)) > 20);
}

#[test]
fn three_replicas() {
    assert!(explore(&terms(3)) > 900);
}

#[test]
fn three_replicas_that_must_all_agree() {
    assert!(explore(&Terms { quorum_bps: 10_000, ..terms(3) }) > 900);
}
