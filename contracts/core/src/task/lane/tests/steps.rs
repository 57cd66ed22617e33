//! Steps and refusals, one by one.

use alloy_primitives::B256;
use cor_errors::Coded as _;

use super::scene::{KEEPER, NOW, SERVER, Scene, terms};
use crate::limits::{DUTY_SECS_MAX, LANE_PHASE_SECS_MIN};
use crate::task::lane::split::split;
use crate::task::lane::{LaneError, LanePhase, LaneTerms, Seat, close, complete, finish, precommit, report, reveal, start};
use crate::task::{Status, TermsError};

const MAJORITY: u16 = 5_001;

#[test]
fn terms_are_refused_field_by_field() {
    let good = terms(3, MAJORITY);
    let (least, most) = (LANE_PHASE_SECS_MIN, DUTY_SECS_MAX);
    for terms in [
        good,
        LaneTerms { answer_kind: 0, open_secs: least, precommit_secs: least, reveal_secs: least, ..good },
        LaneTerms { answer_kind: 3, open_secs: most, precommit_secs: most, reveal_secs: most, ..good },
    ] {
        assert_eq!(terms.check_unpriced(), Ok(()), "{terms:?}");
    }
    let fields: [(&str, LaneTerms); 7] = [
        ("answerKind", LaneTerms { answer_kind: 4, ..good }),
        ("openSecs", LaneTerms { open_secs: least - 1, ..good }),
        ("openSecs", LaneTerms { open_secs: most + 1, ..good }),
        ("precommitSecs", LaneTerms { precommit_secs: least - 1, ..good }),
        ("precommitSecs", LaneTerms { precommit_secs: most + 1, ..good }),
        ("revealSecs", LaneTerms { reveal_secs: least - 1, ..good }),
        ("revealSecs", LaneTerms { reveal_secs: most + 1, ..good }),
    ];
    for (name, terms) in fields {
        assert!(matches!(terms.check_unpriced(), Err(TermsError::OutOfRange { field, .. }) if field == name), "{name}");
    }
}

#[test]
fn a_task_that_all_answered_ends_in_one_step() {
    let mut scene = Scene::new(3, MAJORITY);
    let answers = scene.answers(&["VALID", "VALID", "INVALID"]);
    let assignment = complete(&mut scene.state, &mut scene.history, NOW + 599, &scene.place, KEEPER, &answers).unwrap();
    assert_eq!(assignment, scene.place.assignment(&scene.history, KEEPER, &scene.miners));
    let bound: Vec<_> = scene.history.told.iter().map(|told| (told.miner, told.commitment)).collect();
    assert_eq!(bound, scene.bound(&[Some("VALID"), Some("VALID"), Some("INVALID")]));
    assert_eq!((scene.state.phase, scene.state.status, scene.state.keeper), (LanePhase::Ended, Status::Completed, KEEPER));
    assert_eq!(scene.state.seats[..3], [Seat::Follows(0), Seat::Follows(0), Seat::Follows(2)]);
    let split = split(&scene.history.opening, &scene.state).unwrap();
    // 3,790 grains: two of three delivered, so of the network's 700 it is 466.
    assert_eq!(split.to_miners[..3], [1_000, 1_000, 0]);
    assert_eq!((split.to_keeper, split.to_treasury, split.refunded), (90, 466, 3_790 - 2_000 - 90 - 466));
}

#[test]
fn a_start_with_every_commitment_begins_reveals() {
    let mut scene = Scene::new(3, MAJORITY);
    let bound = scene.bound(&[Some("VALID"), Some("VALID"), Some("RETRY")]);
    start(&mut scene.state, &mut scene.history, NOW + 10, SERVER, &bound).unwrap();
    assert_eq!((scene.state.phase, scene.state.deadline), (LanePhase::Reveal, NOW + 10 + 90));
    for (replica, answer) in [(2, "RETRY"), (1, "VALID"), (0, "VALID")] {
        assert_eq!(
            finish(&mut scene.state.clone(), &scene.history.opening, NOW + 99),
            Err(LaneError::DeadlineNotReached { deadline: NOW + 100 })
        );
        let shown = scene.reveal_of(replica, answer);
        reveal(&mut scene.state, &mut scene.history, &scene.place, shown).unwrap();
    }
    // Replica 1 was the first to show its answer, so it leads.
    assert_eq!(scene.state.seats[..3], [Seat::Follows(1), Seat::Follows(1), Seat::Follows(2)]);
    finish(&mut scene.state, &scene.history.opening, NOW + 11).unwrap();
    assert_eq!((scene.state.phase, scene.state.status), (LanePhase::Ended, Status::Completed));
}

#[test]
fn a_miner_that_was_left_out_binds_itself() {
    let mut scene = Scene::new(3, MAJORITY);
    let bound = scene.bound(&[Some("VALID"), None, None]);
    start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
    assert_eq!((scene.state.phase, scene.state.deadline), (LanePhase::Precommit, NOW + 60));
    let own = scene.commitment(1, "VALID");
    let Scene { state, history, .. } = &mut scene;
    assert_eq!(precommit(state, history, NOW, 0, own), Err(LaneError::AlreadyDone { replica: 0 }));
    assert_eq!(precommit(state, history, NOW, 3, own), Err(LaneError::NoSuchReplica { replica: 3 }));
    assert_eq!(precommit(state, history, NOW, 1, B256::ZERO), Err(LaneError::EmptyCommitment { replica: 1 }));
    assert_eq!(precommit(state, history, NOW + 60, 1, own), Err(LaneError::DeadlinePassed { deadline: NOW + 60 }));
    precommit(state, history, NOW + 59, 1, own).unwrap();
    assert_eq!(state.phase, LanePhase::Precommit, "replica 2 has time left");
    close(state, &history.opening, NOW + 60).unwrap();
    assert_eq!((state.phase, state.deadline), (LanePhase::Reveal, NOW + 60 + 90));
    let shown = scene.reveal_of(2, "VALID");
    let refused = reveal(&mut scene.state, &mut scene.history, &scene.place, shown);
    assert_eq!(refused, Err(LaneError::NotCommitted { replica: 2 }));
}

#[test]
fn every_phase_can_be_closed_by_anyone() {
    let mut open = Scene::new(3, MAJORITY);
    let opening = open.history.opening;
    assert_eq!(close(&mut open.state, &opening, NOW + 599), Err(LaneError::DeadlineNotReached { deadline: NOW + 600 }));
    close(&mut open.state, &opening, NOW + 600).unwrap();
    assert_eq!(open.state.status, Status::Expired);
    assert_eq!(split(&opening, &open.state).unwrap().refunded, 3_790, "nobody served: all comes back");
    assert_eq!(close(&mut open.state, &opening, u64::MAX), Err(LaneError::AlreadyEnded { status: Status::Expired }));

    // One of three is bound: no quorum can come of it.
    let mut started = Scene::new(3, MAJORITY);
    let bound = started.bound(&[Some("VALID"), None, None]);
    start(&mut started.state, &mut started.history, NOW, SERVER, &bound).unwrap();
    close(&mut started.state, &opening, NOW + 60).unwrap();
    assert_eq!((started.state.phase, started.state.status), (LanePhase::Ended, Status::NoQuorum));

    let nothing = &mut Default::default();
    let none = LaneError::WrongPhase { phase: LanePhase::None, wanted: LanePhase::Open };
    assert_eq!(close(nothing, &opening, u64::MAX), Err(none));
}

#[test]
fn a_reveal_must_open_its_commitment_once() {
    let mut scene = Scene::new(1, 10_000);
    let bound = scene.bound(&[Some("VALID")]);
    start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
    let (good, bad) = (scene.reveal_of(0, "VALID"), scene.reveal_of(0, "INVALID"));
    let (committed, computed) = (scene.commitment(0, "VALID"), scene.commitment(0, "INVALID"));
    let Scene { state, history, place, .. } = &mut scene;
    assert_eq!(reveal(state, history, place, bad), Err(LaneError::Mismatch { replica: 0, committed, computed }));
    assert_eq!(report(state, history, place, good), Err(LaneError::RevealIsGood { replica: 0 }));
    let (mut reported, mut told) = (*state, history.clone());
    report(&mut reported, &mut told, place, bad).unwrap();
    assert_eq!((reported.seats[0], told.told[0].bad), (Seat::Bad, true));
    reveal(state, history, place, good).unwrap();
    assert_eq!(reveal(state, history, place, good), Err(LaneError::AlreadyDone { replica: 0 }));
}

#[test]
fn a_start_and_a_completion_are_in_time_and_whole() {
    let mut scene = Scene::new(3, MAJORITY);
    let bound = scene.bound(&[None; 3]);
    let answers = scene.answers(&["VALID"; 3]);
    let Scene { state, history, place, .. } = &mut scene;
    let count = LaneError::WrongMinerCount { given: 2, wanted: 3 };
    assert_eq!(start(state, history, NOW, SERVER, &bound[..2]), Err(count));
    assert_eq!(complete(state, history, NOW, place, KEEPER, &answers[..2]).unwrap_err(), count);
    let late = LaneError::DeadlinePassed { deadline: NOW + 600 };
    assert_eq!(start(state, history, NOW + 600, SERVER, &bound), Err(late));
    assert_eq!(complete(state, history, NOW + 600, place, KEEPER, &answers).unwrap_err(), late);
    start(state, history, NOW, SERVER, &bound).unwrap();
    let again = LaneError::WrongPhase { phase: LanePhase::Precommit, wanted: LanePhase::Open };
    assert_eq!(start(state, history, NOW, SERVER, &bound), Err(again));
}

#[test]
fn each_refusal_has_a_code_and_says_what() {
    let replica = 2;
    for (error, code, says) in [
        (LaneError::WrongPhase { phase: LanePhase::Open, wanted: LanePhase::Reveal }, "LANE-008", "Open"),
        (LaneError::AlreadyEnded { status: Status::Expired }, "LANE-009", "Expired"),
        (LaneError::DeadlinePassed { deadline: 77 }, "LANE-010", "77"),
        (LaneError::DeadlineNotReached { deadline: 77 }, "LANE-011", "77"),
        (LaneError::WrongMinerCount { given: 1, wanted: 3 }, "LANE-012", "1 miners"),
        (LaneError::NoSuchReplica { replica }, "LANE-013", "2"),
        (LaneError::AlreadyDone { replica }, "LANE-014", "2"),
        (LaneError::NotCommitted { replica }, "LANE-015", "2"),
        (LaneError::EmptyCommitment { replica }, "LANE-016", "2"),
        (LaneError::Mismatch { replica, committed: B256::ZERO, computed: B256::repeat_byte(0xab) }, "LANE-017", "abab"),
        (LaneError::RevealIsGood { replica }, "LANE-018", "2"),
    ] {
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(says), "{error}");
    }
}
