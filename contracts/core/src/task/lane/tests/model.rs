//! Random lives of a task against a plain model: a list of what each miner did, counted anew at each end.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::scene::{KEEPER, LATER, NOW, SERVER, Scene};
use crate::task::Status;
use crate::task::lane::history::History;
use crate::task::lane::split::{offences, split};
use crate::task::lane::{LanePhase, close, complete, finish, precommit, report, report_second, reveal, start};

const ANSWERS: [&str; 3] = ["VALID", "INVALID", "RETRY"];

/// What somebody tries.
#[derive(Debug, Clone)]
enum Act {
    Complete(Vec<u8>),
    Start(Vec<Option<u8>>),
    Precommit(u8),
    Reveal(u8),
    Report(u8),
    ReportSecond(u8),
    Finish,
    Close,
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let answers = prop::collection::vec(0_u8..3, 7);
    let bound = prop::collection::vec(prop::option::weighted(0.8, 0_u8..3), 7);
    prop_oneof![
        1 => answers.prop_map(Act::Complete),
        3 => bound.prop_map(Act::Start),
        4 => (0_u8..8).prop_map(Act::Precommit),
        8 => (0_u8..8).prop_map(Act::Reveal),
        1 => (0_u8..8).prop_map(Act::Report),
        1 => (0_u8..8).prop_map(Act::ReportSecond),
        2 => Just(Act::Finish),
        2 => Just(Act::Close),
        2 => (1_u64..700).prop_map(Act::Wait),
    ]
}

/// What the model keeps: nothing that the rules keep.
#[derive(Debug, Default)]
struct Model {
    bound: BTreeMap<u8, u8>,
    shown: BTreeMap<u8, u8>,
    bad: Vec<u8>,
    served: bool,
    /// Whether it was served in one step: then there is no record of it.
    completed: bool,
    /// Whether who was missing was called once more, since it could still decide.
    called: bool,
}

impl Model {
    fn votes(&self, answer: u8) -> usize {
        self.shown.values().filter(|shown| **shown == answer).count()
    }

    /// Somebody wants the reveals closed, after their deadline: who is missing is called if an answer can still reach `needed`, and none has.
    fn hears_closing(&mut self, needed: usize) {
        let missing =
            self.bound.keys().filter(|replica| !self.shown.contains_key(replica) && !self.bad.contains(replica)).count();
        let best = (0..3).map(|answer| self.votes(answer)).max().unwrap_or_default();
        self.called |= missing > 0 && best < needed && best + missing >= needed;
    }

    /// Status, shares and offenders, from what everybody did.
    fn end(&self, replicas: u8, needed: usize) -> (Status, Vec<u64>, Vec<u8>) {
        if !self.served {
            return (Status::Expired, vec![0; usize::from(replicas)], vec![]);
        }
        let votes = |answer: u8| self.votes(answer);
        let majority = usize::from(replicas / 2 + 1);
        let winner = (0..3).find(|answer| votes(*answer) >= needed);
        let share = |replica: u8| match (self.shown.get(&replica), winner) {
            (Some(answer), Some(winner)) if *answer == winner => 1_000,
            (Some(answer), None) if needed > majority && votes(*answer) >= majority => 500,
            _ => 0,
        };
        let mut offenders: Vec<u8> = self.bad.clone();
        // Silence costs where the answers that are missing could have made a result that there is not.
        let missing: Vec<u8> = self
            .bound
            .keys()
            .copied()
            .filter(|replica| !self.shown.contains_key(replica) && !self.bad.contains(replica))
            .collect();
        let best = (0..3).map(votes).max().unwrap_or_default();
        if self.called && !self.shown.is_empty() && best < needed && best + missing.len() >= needed {
            offenders.extend(missing);
        }
        offenders.sort_unstable();
        let status = if winner.is_some() { Status::Completed } else { Status::NoQuorum };
        (status, (0..replicas).map(share).collect(), offenders)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever is tried in whatever order, the task can always be ended, its end is the model's, and the money adds up.
    #[test]
    fn any_life_ends_as_counted_by_hand(
        replicas in prop::sample::select(vec![1_u8, 3, 5, 7]), bps in prop::sample::select(vec![5_001_u16, 7_000, 10_000]), acts in prop::collection::vec(act(), 0..30),
    ) {
        let mut scene = Scene::new(replicas, bps);
        let needed = usize::from(replicas / 2 + 1).max((usize::from(replicas) * usize::from(bps)).div_ceil(10_000));
        let (mut model, mut now) = (Model::default(), NOW);
        let mut bytes = scene.history.opening.encode();
        for act in acts {
            live(&mut scene, (&mut model, needed), &mut now, &mut bytes, act);
            let read = History::read(&bytes).expect("what was logged is a history");
            prop_assert!(model.completed || read == scene.history, "the log tells it all: {:?} {:?}", read, scene.history);
        }
        // Liveness: a stranger with a clock ends it in three closings.
        for _ in 0..3 {
            now += 110_000;
            closing(&scene, &mut model, needed, now);
            let _ = close(&mut scene.state, &scene.history.opening, now);
        }
        prop_assert_eq!(scene.state.phase, LanePhase::Ended);
        let (status, shares, offenders) = model.end(replicas, needed);
        prop_assert_eq!(scene.state.status, status);
        let opening = scene.history.opening;
        let split = split(&opening, &scene.state).expect("it ended");
        prop_assert_eq!(&split.to_miners[..usize::from(replicas)], &shares[..]);
        // Keeper, treasury and refund by hand as well, so that no part is merely the rest.
        let count = u64::from(replicas);
        let served = model.bound.len().max(model.shown.len()) >= needed;
        let to_keeper = if status == Status::Completed || (status == Status::NoQuorum && served) { 90 } else { 0 };
        let paid = shares.iter().filter(|share| **share > 0).count() as u64;
        let to_treasury = 700 * paid / count / if status == Status::Completed { 1 } else { 2 };
        prop_assert_eq!((split.to_keeper, split.to_treasury), (to_keeper, to_treasury));
        prop_assert_eq!(split.refunded, 1_000 * count + 700 + 90 - shares.iter().sum::<u64>() - to_keeper - to_treasury);
        prop_assert_eq!(offences(&opening, &scene.state).map(|(replica, ..)| replica).collect::<Vec<_>>(), offenders);
    }
}

/// Lets the model hear that somebody wants reveals closed.
fn closing(scene: &Scene, model: &mut Model, needed: usize, now: u64) {
    if scene.state.phase == LanePhase::Reveal && now >= scene.state.deadline {
        model.hears_closing(needed);
    }
}

/// Tries one act on the rules, and lets the model see what was accepted.
fn live(scene: &mut Scene, (model, needed): (&mut Model, usize), now: &mut u64, bytes: &mut Vec<u8>, act: Act) {
    let count = usize::from(scene.state.replicas);
    let answer_of = |replica: u8| ANSWERS[usize::from(replica) % 3];
    match act {
        Act::Wait(secs) => *now += secs,
        Act::Complete(chosen) => {
            let texts: Vec<&str> = chosen.iter().take(count).map(|answer| ANSWERS[usize::from(*answer)]).collect();
            let answers = scene.answers(&texts);
            if complete(&mut scene.state, &mut scene.history, *now, &scene.place, KEEPER, &answers).is_ok() {
                (model.served, model.completed) = (true, true);
                model.shown = (0..scene.state.replicas).zip(chosen).collect();
            }
        }
        Act::Start(chosen) => {
            let texts: Vec<_> =
                chosen.iter().take(count).map(|answer| answer.map(|answer| ANSWERS[usize::from(answer)])).collect();
            let bound = scene.bound(&texts);
            if let Ok(record) = start(&mut scene.state, &mut scene.history, *now, SERVER, &bound) {
                model.served = true;
                let seats = (0..scene.state.replicas).zip(chosen);
                model.bound = seats.filter_map(|(replica, answer)| Some((replica, answer?))).collect();
                bytes.extend(record);
            }
        }
        Act::Precommit(replica) => {
            let commitment = scene.miners.get(usize::from(replica)).map(|_| scene.commitment(replica, answer_of(replica)));
            let Some(commitment) = commitment else { return };
            if let Ok(record) = precommit(&mut scene.state, &mut scene.history, *now, replica, commitment) {
                model.bound.insert(replica, replica % 3);
                bytes.extend(record);
            }
        }
        Act::Reveal(replica) => {
            let Some(answer) = model.bound.get(&replica).copied() else { return };
            let shown = scene.reveal_of(replica, ANSWERS[usize::from(answer)]);
            if let Ok(record) = reveal(&mut scene.state, &mut scene.history, &scene.place, shown) {
                model.shown.insert(replica, answer);
                bytes.extend(record);
            }
        }
        Act::Report(replica) => {
            let lie = scene.reveal_of(replica, "a lie");
            if let Ok(record) = report(&mut scene.state, &mut scene.history, &scene.place, lie) {
                model.bad.push(replica);
                bytes.extend(record);
            }
        }
        Act::ReportSecond(replica) => {
            let Some(commitment) = scene.miners.get(usize::from(replica)).map(|_| scene.commitment(replica, "a second")) else {
                return;
            };
            // It changes nothing of the end, so what comes after it is tried on what was before it.
            let (mut state, mut history) = (scene.state, scene.history.clone());
            let convicted = report_second(&mut state, &mut history, *now, replica, commitment).is_ok();
            let was_bound = model.completed || model.bound.contains_key(&replica);
            let expected = scene.state.phase == LanePhase::Ended && was_bound && !model.bad.contains(&replica) && *now <= LATER;
            assert_eq!(convicted, expected, "{replica} of {:?}", scene.state);
        }
        Act::Finish | Act::Close if scene.state.phase == LanePhase::Reveal => {
            closing(scene, model, needed, *now);
            let _ = match act {
                Act::Finish => finish(&mut scene.state, &scene.history.opening, *now),
                _ => close(&mut scene.state, &scene.history.opening, *now),
            };
        }
        Act::Finish => drop(finish(&mut scene.state, &scene.history.opening, *now)),
        Act::Close => drop(close(&mut scene.state, &scene.history.opening, *now)),
    }
}
