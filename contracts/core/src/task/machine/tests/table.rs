//! Every error once, every deadline at its edge, every way to end.

use std::collections::BTreeSet;

use super::*;

/// What is done to a task; time passes by `At`.
#[derive(Clone, Copy, Debug)]
enum Do {
    Assign(usize),
    Ack(u8),
    Precommit(u8),
    Empty(u8),
    /// Replica, whom it agrees with.
    Reveal(u8, Option<u8>),
    Mismatch(u8),
    ReportBad(u8),
    ReportGood(u8),
    CloseAck,
    ClosePrecommit,
    End,
    At(u64),
}

use Do::*;

struct Life {
    state: TaskState,
    terms: Terms,
    now: u64,
}

impl Life {
    fn new(terms: Terms) -> Self {
        Self { state: queued(&terms), terms, now: START }
    }

    fn step(&mut self, action: Do) -> Result<Effects, TaskError> {
        let (state, terms, now) = (self.state, &self.terms, self.now);
        let transition = match action {
            Assign(miners) => assign(state, terms, 1, miners, now),
            Ack(replica) => ack(state, terms, replica, now),
            Precommit(replica) => precommit(state, terms, replica, hash(replica + 1), now),
            Empty(replica) => precommit(state, terms, replica, B256::ZERO, now),
            Reveal(replica, leader) => commit(state, terms, &good(replica), leader, now),
            Mismatch(replica) => commit(state, terms, &bad(replica), None, now),
            ReportBad(replica) => report_bad_reveal(state, &bad(replica)),
            ReportGood(replica) => report_bad_reveal(state, &good(replica)),
            CloseAck => close_ack(state, terms, now),
            ClosePrecommit => close_precommit(state, terms, now),
            End => end(state, terms, now),
            At(time) => {
                self.now = time;
                return Ok(Effects::default());
            }
        }?;
        self.state = transition.state;
        word_fits(&self.state);
        Ok(transition.effects)
    }

    fn all(&mut self, actions: &[Do]) {
        for action in actions {
            assert!(self.step(*action).is_ok(), "{action:?} in {:?}", self.state);
        }
    }

    fn outcomes(&self) -> Vec<u8> {
        self.state.replica_stages().map(|(_, stage)| stage.outcome().number()).collect()
    }
}

/// Three replicas in the commit phase at second 1,000.
const TO_COMMIT: &[Do] = &[Assign(3), Ack(0), Ack(1), Ack(2), Precommit(0), Precommit(1), Precommit(2)];

#[test]
fn deadlines_are_counted_from_the_start_of_each_phase() {
    let mut life = Life::new(terms(3));
    assert_eq!((life.state.phase, life.state.deadline(), life.state.submitted_at), (Phase::Queued, START + 10, START));
    life.all(&[At(1_009), Assign(3)]);
    assert_eq!((life.state.phase, life.state.deadline(), life.state.keeper), (Phase::Ack, 1_029, 1));
    life.all(&[At(1_012), Ack(2), Ack(0)]);
    assert_eq!(life.state.phase, Phase::Ack);
    assert!(life.step(Ack(1)).unwrap().phase_began);
    assert_eq!((life.state.phase, life.state.deadline()), (Phase::Precommit, 1_042));
    life.all(&[At(1_020), Precommit(1), Precommit(0)]);
    assert!(life.step(Precommit(2)).unwrap().phase_began);
    assert_eq!((life.state.phase, life.state.deadline(), life.state.ended_at()), (Phase::Commit, 1_060, 0));
    life.all(&[At(1_021), Reveal(2, None), Reveal(0, Some(2)), Reveal(1, Some(2)), End]);
    assert_eq!((life.state.phase, life.state.deadline(), life.state.ended_at()), (Phase::Ended, 0, 1_021));
}

/// A message counts at `deadline - 1` and not at `deadline`; closing is the other way round.
#[test]
fn deadline_edges() {
    // (what leads to the phase, its deadline, a message of the phase, its closing)
    let table: &[(&[Do], u64, Do, Do)] = &[
        (&[], 1_010, Assign(3), End),
        (&[Assign(3), Ack(0), Ack(1)], 1_020, Ack(2), CloseAck),
        (&[Assign(3), Ack(0), Ack(1), Ack(2), Precommit(0), Precommit(1)], 1_030, Precommit(2), ClosePrecommit),
    ];
    for (lead, deadline, message, closing) in table {
        let at = |time| {
            let mut life = Life::new(terms(3));
            life.all(lead);
            life.now = time;
            life
        };
        let (before, now) = (deadline - 1, *deadline);
        assert!(at(before).step(*message).is_ok(), "{message:?}");
        assert_eq!(at(now).step(*message), Err(TaskError::DeadlinePassed { deadline: *deadline, now }), "{message:?}");
        assert_eq!(
            at(before).step(*closing),
            Err(TaskError::DeadlineNotReached { deadline: *deadline, now: before }),
            "{closing:?}"
        );
        assert!(at(now).step(*closing).is_ok(), "{closing:?}");
    }
    // The commit phase: who is silent is waited for until the deadline.
    let mut life = Life::new(terms(3));
    life.all(TO_COMMIT);
    life.all(&[Reveal(0, None), Reveal(1, Some(0)), At(1_039)]);
    assert_eq!(life.step(End), Err(TaskError::DeadlineNotReached { deadline: 1_040, now: 1_039 }));
    life.now = 1_040;
    assert_eq!(life.step(Reveal(2, Some(0))), Err(TaskError::DeadlinePassed { deadline: 1_040, now: 1_040 }));
    life.all(&[End]);
    assert_eq!(life.outcomes(), [1, 1, 5]);
}

#[test]
fn every_error() {
    use TaskError as E;
    let wrong = |phase, wanted| E::WrongPhase { phase, wanted };
    let (queued, ack, pre, com) = (Phase::Queued, Phase::Ack, Phase::Precommit, Phase::Commit);
    let acked: &[Do] = &[Assign(3), Ack(0), Ack(1), At(1_020), CloseAck];
    let bound: &[Do] = &[Assign(3), Ack(0), Ack(1), Ack(2), Precommit(0), Precommit(1), At(1_030), ClosePrecommit];
    let ended: &[Do] = &[At(1_010), End];
    let mismatch = E::RevealMismatch { replica: 1, committed: hash(2), computed: hash(0xff) };
    let table: &[(&[Do], Do, TaskError)] = &[
        (&[], Assign(2), E::WrongMinerCount { given: 2, wanted: 3 }),
        (&[], Assign(4), E::WrongMinerCount { given: 4, wanted: 3 }),
        (&[], Assign(0), E::WrongMinerCount { given: 0, wanted: 3 }),
        (&[], Ack(0), wrong(queued, ack)),
        (&[], CloseAck, wrong(queued, ack)),
        (&[], End, E::DeadlineNotReached { deadline: 1_010, now: START }),
        (&[Assign(3)], Assign(3), wrong(ack, queued)),
        (&[Assign(3)], Precommit(0), wrong(ack, pre)),
        (&[Assign(3)], Reveal(0, None), wrong(ack, com)),
        (&[Assign(3)], ClosePrecommit, wrong(ack, pre)),
        (&[Assign(3)], ReportBad(0), wrong(ack, com)),
        (&[Assign(3)], Ack(3), E::NotAssigned { replica: 3 }),
        (&[Assign(3)], Ack(254), E::NotAssigned { replica: 254 }),
        (&[Assign(3)], End, wrong(ack, com)),
        (&[Assign(3), Ack(0)], Ack(0), E::AlreadyDone { replica: 0 }),
        (&[Assign(3), Ack(0), Ack(1), At(1_020)], End, wrong(ack, com)),
        (acked, Ack(2), wrong(pre, ack)),
        (acked, Precommit(2), E::MissedPhase { replica: 2, phase: ack }),
        (acked, Empty(0), E::EmptyCommitment { replica: 0 }),
        (acked, Precommit(3), E::NotAssigned { replica: 3 }),
        (acked, End, wrong(pre, com)),
        (&[Assign(3), Ack(0), Ack(1), Ack(2), Precommit(0)], Precommit(0), E::AlreadyDone { replica: 0 }),
        (&[Assign(3), Ack(0), Ack(1), Ack(2), Precommit(0)], Empty(0), E::AlreadyDone { replica: 0 }),
        (bound, Precommit(2), wrong(com, pre)),
        (bound, Reveal(2, None), E::MissedPhase { replica: 2, phase: pre }),
        (bound, ReportBad(2), E::MissedPhase { replica: 2, phase: pre }),
        (bound, Reveal(5, None), E::NotAssigned { replica: 5 }),
        (bound, Mismatch(1), mismatch),
        (bound, ReportGood(1), E::RevealIsGood { replica: 1 }),
        (bound, CloseAck, wrong(com, ack)),
        (ended, End, E::AlreadyEnded { status: Status::Expired }),
        (ended, Assign(3), E::AlreadyEnded { status: Status::Expired }),
        (ended, CloseAck, E::AlreadyEnded { status: Status::Expired }),
        (ended, ReportBad(0), E::AlreadyEnded { status: Status::Expired }),
    ];
    for (lead, action, error) in table {
        let mut life = Life::new(terms(3));
        life.all(lead);
        let before = life.state;
        assert_eq!(life.step(*action), Err(*error), "{lead:?} then {action:?}");
        assert_eq!(life.state, before);
    }
    for action in [Reveal(1, None), Mismatch(1), ReportBad(1), ReportGood(1)] {
        for done in [Reveal(1, None), ReportBad(1)] {
            let mut life = Life::new(terms(3));
            life.all(bound);
            life.all(&[done]);
            assert_eq!(life.step(action), Err(E::AlreadyDone { replica: 1 }), "{done:?} then {action:?}");
        }
    }
    let none = TaskState::from_word(U256::ZERO);
    assert_eq!(end(none, &terms(3), START), Err(wrong(Phase::None, com)));
    assert_eq!(closable(none, &terms(3), START), Closing::None);
    let mut codes: BTreeSet<_> = table.iter().map(|(_, _, error)| error.code()).collect();
    // These two come from the loops above and from the test of deadlines.
    codes.extend([E::DeadlinePassed { deadline: 0, now: 0 }.code(), E::AlreadyDone { replica: 0 }.code()]);
    assert_eq!(codes.len(), 11, "every error was seen: {codes:?}");
}

#[test]
fn ways_to_end() {
    let acks = &[Assign(3), Ack(0), Ack(1)];
    // (quorum, what happens, status, outcomes, winner, slashed)
    type Row<'a> = (u16, Vec<Do>, Status, [u8; 3], Option<u8>, &'a [(u8, u8)]);
    let with = |lead: &[Do], tail: &[Do]| [lead, tail].concat();
    let commit = |tail: &[Do]| with(TO_COMMIT, tail);
    let table: Vec<Row<'_>> = vec![
        (5_001, vec![At(1_010)], Status::Expired, [0, 0, 0], None, &[]),
        (5_001, commit(&[Reveal(0, None), Reveal(1, Some(0)), Reveal(2, Some(0))]), Status::Completed, [1, 1, 1], Some(0), &[]),
        (5_001, commit(&[Reveal(2, None), Reveal(1, None), Reveal(0, Some(1))]), Status::Completed, [1, 1, 2], Some(1), &[]),
        (5_001, commit(&[Reveal(0, None), Reveal(1, None), Reveal(2, None)]), Status::NoQuorum, [2, 2, 2], None, &[]),
        (10_000, commit(&[Reveal(0, None), Reveal(1, Some(0)), Reveal(2, None)]), Status::NoQuorum, [2, 2, 2], None, &[]),
        (5_001, commit(&[Reveal(0, None), Reveal(1, Some(0)), ReportBad(2)]), Status::Completed, [1, 1, 6], Some(0), &[(2, 2)]),
        (5_001, commit(&[Reveal(0, None), At(1_040)]), Status::NoQuorum, [2, 5, 5], None, &[(1, 1), (2, 1)]),
        (5_001, commit(&[At(1_040), ReportBad(0)]), Status::NoQuorum, [6, 5, 5], None, &[(0, 2), (1, 1), (2, 1)]),
        // Two are out, so no quorum is possible: the third is not waited for, neither paid nor punished.
        (5_001, commit(&[ReportBad(0), ReportBad(1)]), Status::NoQuorum, [6, 6, 0], None, &[(0, 2), (1, 2)]),
        (10_000, commit(&[Reveal(0, None), Reveal(1, None)]), Status::NoQuorum, [2, 2, 0], None, &[]),
        // Too few took the task: it ends at the ack deadline, with or without the phase being closed before.
        (5_001, vec![Assign(3), Ack(1), At(1_020)], Status::NoQuorum, [3, 0, 3], None, &[]),
        (5_001, vec![Assign(3), Ack(1), At(1_020), CloseAck], Status::NoQuorum, [3, 0, 3], None, &[]),
        (5_001, vec![Assign(3), At(1_020), CloseAck], Status::NoQuorum, [3, 3, 3], None, &[]),
        (10_000, with(acks, &[At(1_020)]), Status::NoQuorum, [0, 0, 3], None, &[]),
        // Two of three suffice.
        (
            5_001,
            with(acks, &[At(1_020), CloseAck, Precommit(0), Precommit(1), Reveal(1, None), Reveal(0, Some(1))]),
            Status::Completed,
            [1, 1, 3],
            Some(1),
            &[],
        ),
        (5_001, with(acks, &[At(1_020), CloseAck, Precommit(0), At(1_050)]), Status::NoQuorum, [0, 4, 3], None, &[]),
        (
            5_001,
            with(acks, &[At(1_020), CloseAck, Precommit(0), At(1_050), ClosePrecommit]),
            Status::NoQuorum,
            [0, 4, 3],
            None,
            &[],
        ),
        (
            5_001,
            with(acks, &[At(1_020), CloseAck, Precommit(0), At(1_050), ClosePrecommit, At(1_090)]),
            Status::NoQuorum,
            [5, 4, 3],
            None,
            &[(0, 1)],
        ),
    ];
    for (quorum_bps, actions, status, outcomes, winner, slashed) in table {
        let mut life = Life::new(Terms { quorum_bps, ..terms(3) });
        life.all(&actions);
        assert_eq!(closable(life.state, &life.terms, life.now), Closing::End, "{actions:?}");
        let ending = life.step(End).unwrap().ending.unwrap();
        assert_eq!((ending.status, life.state.status), (status, status), "{actions:?}");
        assert_eq!(ending.outcomes().map(|(_, outcome)| outcome.number()).collect::<Vec<_>>(), outcomes, "{actions:?}");
        assert_eq!(life.outcomes(), outcomes, "the stored stages tell the same: {actions:?}");
        assert_eq!(ending.winner, winner, "{actions:?}");
        assert_eq!(ending.paid().collect::<Vec<_>>(), (0..3).filter(|r| outcomes[usize::from(*r)] == 1).collect::<Vec<_>>());
        assert_eq!(ending.slashed().map(|(r, offence)| (r, offence.number())).collect::<Vec<_>>(), slashed, "{actions:?}");
        assert_eq!(ending.was_assigned(), status != Status::Expired);
    }
}

#[test]
fn the_result_is_announced_once_and_as_soon_as_it_is_certain() {
    let mut life = Life::new(terms(3));
    life.all(TO_COMMIT);
    assert_eq!(life.step(Reveal(1, None)).unwrap().decided, None);
    assert_eq!(life.step(Reveal(2, Some(1))).unwrap().decided, Some(Decision { leader: 1, votes: 2 }));
    assert_eq!(life.step(Reveal(0, Some(1))).unwrap().decided, None);
}

/// Naming somebody who revealed nothing, or who follows another, as leader gives no vote away.
#[test]
fn only_a_leader_is_followed() {
    let mut life = Life::new(terms(3));
    life.all(TO_COMMIT);
    life.all(&[Reveal(0, Some(2)), Reveal(1, Some(0))]);
    assert_eq!(life.state.stages.get(0), Stage::Revealed(0));
    assert_eq!(life.state.stages.get(1), Stage::Revealed(0));
    life.all(&[Reveal(2, Some(1))]);
    assert_eq!(life.state.stages.get(2), Stage::Revealed(2));
    assert_eq!(life.state.leaders().collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn closable_table() {
    let table: &[(&[Do], u8)] = &[
        (&[], 0),
        (&[At(1_009)], 0),
        (&[At(1_010)], 3),
        (&[Assign(3)], 0),
        (&[Assign(3), Ack(0), Ack(1), At(1_020)], 1),
        (&[Assign(3), Ack(0), At(1_020)], 3),
        (&[Assign(3), Ack(0), Ack(1), Ack(2), Precommit(0), Precommit(1)], 0),
        (&[Assign(3), Ack(0), Ack(1), Ack(2), Precommit(0), Precommit(1), At(1_030)], 2),
        (&[Assign(3), Ack(0), Ack(1), Ack(2), Precommit(0), At(1_030)], 3),
        (TO_COMMIT, 0),
        (&[At(1_010), End], 0),
    ];
    for (actions, number) in table {
        let mut life = Life::new(terms(3));
        life.all(actions);
        assert_eq!(closable(life.state, &life.terms, life.now).number(), *number, "{actions:?}");
    }
}

#[test]
fn submission_table() {
    let out = |field, value, min, max| Err(TermsError::OutOfRange { field, value, min, max });
    let table = [
        ((3, 1, 256), Ok(Submission { session_id: 8, answer_kind: AnswerKind::Number, max_tokens: 1 })),
        ((0, u32::MAX, 0), Ok(Submission { session_id: 8, answer_kind: AnswerKind::Text, max_tokens: u32::MAX })),
        ((4, 1, 0), out("answerKind", 4, 0, 3)),
        ((0, 0, 0), out("maxTokens", 0, 1, u64::from(u32::MAX))),
        ((0, 1, 257), out("promptUrn", 257, 0, 256)),
    ];
    for ((kind, tokens, bytes), expected) in table {
        assert_eq!(Submission::new(8, kind, tokens, bytes), expected, "{kind} {tokens} {bytes}");
    }
}

#[test]
fn terms_table() {
    let out = |field, value, min, max| Err(TermsError::OutOfRange { field, value, min, max });
    let good = terms(3);
    let (week, day) = (u64::from(PHASE_SECS_MAX), u64::from(DUTY_SECS_MAX));
    let table = [
        (good, Ok(())),
        (Terms { replicas: 1, ..good }, Ok(())),
        (Terms { replicas: 7, quorum_bps: 10_000, ..good }, Ok(())),
        (Terms { assign_secs: PHASE_SECS_MAX, ack_secs: DUTY_SECS_MAX, commit_secs: 1, ..good }, Ok(())),
        (Terms { replicas: 0, ..good }, out("redundant", 0, 1, 7)),
        (Terms { replicas: 9, ..good }, out("redundant", 9, 1, 7)),
        (Terms { replicas: 8, ..good }, out("redundant", 8, 1, 7)),
        (Terms { replicas: 4, ..good }, Err(TermsError::EvenReplicas { replicas: 4 })),
        (Terms { quorum_bps: 5_000, ..good }, out("quorumBps", 5_000, 5_001, 10_000)),
        (Terms { quorum_bps: 10_001, ..good }, out("quorumBps", 10_001, 5_001, 10_000)),
        (Terms { assign_secs: 0, ..good }, out("assignSecs", 0, 1, week)),
        (Terms { assign_secs: PHASE_SECS_MAX + 1, ..good }, out("assignSecs", week + 1, 1, week)),
        (Terms { ack_secs: DUTY_SECS_MAX + 1, ..good }, out("ackSecs", day + 1, 1, day)),
        (Terms { precommit_secs: 0, ..good }, out("precommitSecs", 0, 1, day)),
        (Terms { precommit_secs: DUTY_SECS_MAX + 1, ..good }, out("precommitSecs", day + 1, 1, day)),
        (Terms { commit_secs: DUTY_SECS_MAX + 1, ..good }, out("commitSecs", day + 1, 1, day)),
        (Terms { commit_secs: u32::MAX, ..good }, out("commitSecs", u64::from(u32::MAX), 1, day)),
    ];
    for (terms, expected) in table {
        assert_eq!(terms.check(), expected, "{terms:?}");
    }
    assert_eq!(TermsError::EvenReplicas { replicas: 2 }.code(), "PRICE-005");
    assert_eq!(TermsError::OutOfRange { field: "", value: 0, min: 0, max: 0 }.code(), "PRICE-004");
}
