//! Tables first, then every reachable state for one and three replicas, then random lives against a naive model.

use super::*;
use crate::limits::{DUTY_SECS_MAX, PHASE_SECS_MAX, REPLICA_SLOTS};
use crate::task::{Closing, Offence, Outcome, closable, end};
use alloy_primitives::U256;
use proptest::prelude::*;

mod explore;
mod model;
mod table;

const fn terms(replicas: u8) -> Terms {
    Terms { replicas, quorum_bps: 5_001, assign_secs: 10, ack_secs: 20, precommit_secs: 30, commit_secs: 40 }
}

const SUBMISSION: Submission = Submission { session_id: 3, answer_kind: AnswerKind::Verdict, max_tokens: 256 };
const START: u64 = 1_000;

fn hash(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

fn queued(terms: &Terms) -> TaskState {
    submit(&SUBMISSION, terms, START).state
}

/// A reveal that opens its commitment.
fn good(replica: u8) -> Opening {
    Opening { replica, committed: hash(replica + 1), computed: hash(replica + 1) }
}

/// A reveal that does not.
fn bad(replica: u8) -> Opening {
    Opening { computed: hash(0xff), ..good(replica) }
}

fn word_fits(state: &TaskState) {
    assert_eq!(TaskState::from_word(state.to_word()), *state);
}

fn stages() -> impl Strategy<Value = Stage> {
    prop_oneof![
        Just(Stage::Assigned),
        Just(Stage::Acked),
        Just(Stage::Precommitted),
        Just(Stage::BadReveal),
        (0..7_u8).prop_map(Stage::Revealed),
        prop::sample::select(vec![Outcome::Agreed, Outcome::Outlier, Outcome::NoAck, Outcome::NoPrecommit, Outcome::NoReveal])
            .prop_map(Stage::Settled),
    ]
}

fn states() -> impl Strategy<Value = TaskState> {
    let phases =
        prop::sample::select(vec![Phase::None, Phase::Queued, Phase::Ack, Phase::Precommit, Phase::Commit, Phase::Ended]);
    let statuses = prop::sample::select(vec![Status::Open, Status::Completed, Status::NoQuorum, Status::Expired]);
    let numbers = (0..1_u64 << 48, any::<u16>(), 0..=AnswerKind::MAX, any::<u8>(), any::<u32>(), 0..1_u64 << 40, 0..1_u64 << 40);
    (phases, statuses, numbers, prop::collection::vec(stages(), 0..=7)).prop_map(|(phase, status, numbers, list)| {
        let (session_id, keeper, kind, replicas, max_tokens, submitted_at, until) = numbers;
        let stages = (0..).zip(list).fold(Stages::default(), |stages, (replica, stage)| stages.with(replica, stage));
        let answer_kind = AnswerKind::from_number(kind).unwrap();
        TaskState { session_id, keeper, phase, status, answer_kind, replicas, max_tokens, submitted_at, until, stages }
    })
}

proptest! {
    #[test]
    fn a_word_holds_a_task(state in states()) {
        prop_assert_eq!(TaskState::from_word(state.to_word()), state);
    }

    #[test]
    fn a_stage_changes_alone(list in prop::collection::vec(stages(), 7), replica in 0..7_u8, stage in stages()) {
        let before = (0..).zip(list).fold(Stages::default(), |stages, (replica, stage)| stages.with(replica, stage));
        let after = before.with(replica, stage);
        for other in 0..7 {
            prop_assert_eq!(after.get(other), if other == replica { stage } else { before.get(other) });
        }
        prop_assert_eq!(after.with(7, Stage::Acked).with(8, stage).with(u8::MAX, stage).get(6), after.get(6));
    }
}

/// The stages of the specification, by the number of messages and by outcome.
#[test]
fn stage_table() {
    let settled = Stage::Settled;
    let table = [
        (Stage::Assigned, 0, 0),
        (Stage::Acked, 1, 0),
        (Stage::Precommitted, 2, 0),
        (Stage::BadReveal, 2, 6),
        (Stage::Revealed(0), 3, 0),
        (Stage::Revealed(6), 3, 0),
        (settled(Outcome::Agreed), 3, 1),
        (settled(Outcome::Outlier), 3, 2),
        (settled(Outcome::NoAck), 0, 3),
        (settled(Outcome::NoPrecommit), 1, 4),
        (settled(Outcome::NoReveal), 2, 5),
        (settled(Outcome::Pending), 0, 0),
        (settled(Outcome::BadReveal), 2, 6),
    ];
    for (stage, messages, outcome) in table {
        assert_eq!((stage.messages(), stage.outcome().number()), (messages, outcome), "{stage:?}");
        let done = [stage.has_acked(), stage.is_bound(), stage.has_revealed()];
        assert_eq!(done, [messages >= 1, messages >= 2, messages == 3], "{stage:?}");
        let kept = Stages::default().with(3, stage).get(3);
        assert_eq!((kept.messages(), kept.outcome()), (messages, stage.outcome()), "{stage:?} as stored");
    }
}

#[test]
fn a_word_of_zeros_is_no_task() {
    let none = TaskState::from_word(U256::ZERO);
    assert_eq!((none.phase, none.status, none.replicas), (Phase::None, Status::Open, 0));
}

#[test]
fn times_beyond_the_word_stay_at_its_end() {
    let far = TaskState { submitted_at: u64::MAX, until: u64::MAX, ..queued(&terms(3)) };
    let kept = TaskState::from_word(far.to_word());
    assert_eq!((kept.submitted_at, kept.until), ((1 << 40) - 1, (1 << 40) - 1));
    assert_eq!(TaskState { submitted_at: START, until: START, ..kept }, TaskState { submitted_at: START, until: START, ..far });
}
