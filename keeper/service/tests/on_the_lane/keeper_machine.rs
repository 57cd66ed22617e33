//! What the keeper decides, as tables.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256, keccak256};
use cor_core::task::jury::JuryError;
use cor_keeper::machine::keeper::{Draw, DrawnSeat, KeeperMachine, KeeperPolicy, Missing, OfferedCrew};
use cor_ports::domain::{
    Bound, Crew, LaneCall, LaneDomain, LaneMessage, MessageKind, Phase, Reveal, Server, SignedMessage, TaskRecord,
};
use cor_ports::jury::{JuryCall, Summons};
use cor_ports::{MessageRefusal, lane};

use crate::lane::{DOMAIN, Key, apply, reveal, submitted};
use crate::world::{KEEPER, OTHER_KEEPER};

const NOW: u64 = 1_000;
const POLICY: KeeperPolicy = KeeperPolicy {
    start_margin_secs: 6,
    reveal_patience_secs: 8,
    relay_margin_secs: 4,
    summon_after_percent: 33,
    retry_secs: 1,
    open_tasks_max: 2,
};
/// Seconds that a summoned node has to answer.
const ANSWER_SECS: u64 = 30;

fn task() -> TaskRecord {
    submitted(1, 3, NOW, 10, 0)
}

fn crew_of(keeper: u8) -> Crew {
    Crew { keeper: Key::new(keeper).address(), miners: [0, 1, 2].map(|index| Key::new(index).address()).into() }
}

/// A crew as it was drawn when nobody was absent.
fn offered(record: &TaskRecord, crew: &Crew) -> OfferedCrew {
    let seat = |(node, slot): (&Address, u32)| DrawnSeat { node: *node, slot, summons: Summons::default() };
    drawn(record, crew.miners.iter().zip(7..).map(seat).collect(), &[])
}

/// A crew as it was drawn without these, which were found absent.
fn drawn(record: &TaskRecord, seats: Vec<DrawnSeat>, absent: &[u8]) -> OfferedCrew {
    let crew = Crew { keeper: Key::new(KEEPER).address(), miners: seats.iter().map(|seat| seat.node).collect() };
    let absent: BTreeSet<Address> = absent.iter().map(|index| Key::new(*index).address()).collect();
    let draw = Draw { block_hash: record.submission.block_hash, seats, passed_over: absent.clone(), absent };
    let (assignment, assign) = (lane::assignment(record, &crew), Key::new(KEEPER).assign(record, &crew));
    OfferedCrew { crew, assignment, assign, draw: Some(draw) }
}

/// A seat whose node has this summons.
fn seat(index: u8, summons: Summons) -> DrawnSeat {
    DrawnSeat { node: Key::new(index).address(), slot: u32::from(index), summons }
}

fn summoned(answer_by: u64) -> Summons {
    Summons { answer_by: Some(answer_by), ..Summons::default() }
}

/// A machine that offered the task to miners 0, 1 and 2.
fn machine() -> KeeperMachine {
    let mut machine = KeeperMachine::new(POLICY, DOMAIN, Key::new(KEEPER).address());
    machine.observe(task());
    machine.offer(task().id, offered(&task(), &crew_of(KEEPER)), NOW);
    machine
}

fn assignment() -> B256 {
    lane::assignment(&task(), &crew_of(KEEPER))
}

fn good(miner: u8) -> Reveal {
    reveal("Paris", miner + 1)
}

fn commitment(miner: u8) -> B256 {
    lane::commitment(&DOMAIN, assignment(), miner, Key::new(miner).address(), &good(miner))
}

fn bound(miner: u8) -> Bound {
    Key::new(miner).bind(assignment(), commitment(miner))
}

fn precommit(miner: u8) -> SignedMessage {
    Key::new(miner).say(task().id, assignment(), LaneMessage::Precommit { commitment: commitment(miner) })
}

fn commit(miner: u8, Reveal { result_digest, salt }: Reveal) -> SignedMessage {
    let message = LaneMessage::Commit { commitment: commitment(miner), result_digest, salt };
    Key::new(miner).say(task().id, assignment(), message)
}

/// The task as it is after these calls of the keeper.
fn after(mut record: TaskRecord, calls: impl IntoIterator<Item = (LaneCall, u64)>) -> TaskRecord {
    for (call, now) in calls {
        let keeper = match &call {
            LaneCall::Start { server, .. } => server.keeper,
            _ => Address::ZERO,
        };
        record = apply(&record, &call, keeper, now, |_| true).unwrap_or_else(|error| panic!("{error:?}: {call:?}"));
    }
    record
}

/// The task as it is after a start by this keeper with what these miners are bound by.
fn started(keeper: u8, miners: &[u8], now: u64) -> TaskRecord {
    let crew = crew_of(keeper);
    let assignment = lane::assignment(&task(), &crew);
    let bound = |miner: u8| Key::new(miner).bind(assignment, commitment(miner));
    let seat = |miner: u8| (Key::new(miner).address(), miners.contains(&miner).then(|| bound(miner)));
    let server = Server { keeper: crew.keeper, assign: None };
    after(task(), [(LaneCall::Start { task: task().at(), seats: [0, 1, 2].map(seat).into(), server }, now)])
}

/// What is decided.
type Calls = Vec<(B256, LaneCall)>;

/// The name of what is decided for the task.
fn name(calls: &Calls) -> String {
    let replicas = |reveals: &[(u8, Reveal)]| reveals.iter().map(|(replica, _)| *replica).collect::<Vec<_>>();
    match calls.first().map(|(_, call)| call) {
        None => "nothing".to_owned(),
        Some(LaneCall::Complete { answers, .. }) => format!("complete {}", answers.len()),
        Some(LaneCall::Start { seats, .. }) => format!("start {}", seats.iter().filter(|(_, bound)| bound.is_some()).count()),
        Some(LaneCall::Precommit { replica, .. }) => format!("precommit {replica}"),
        Some(LaneCall::Reveal { reveals, .. }) => format!("reveal {:?}", replicas(reveals)),
        Some(LaneCall::Finish { reveals, .. }) => format!("finish {:?}", replicas(reveals)),
        Some(LaneCall::Report { replica, .. }) => format!("report {replica}"),
        Some(LaneCall::ReportSecond { replica, .. }) => format!("report second {replica}"),
        Some(LaneCall::Close { .. }) => "close".to_owned(),
        Some(LaneCall::PayEarnings { .. }) => "pay".to_owned(),
    }
}

/// What is decided is what the contract takes, as far as its clock is the keeper's.
fn is_taken(record: &TaskRecord, calls: &Calls, now: u64) {
    for (_, call) in calls {
        let keeper = Key::new(KEEPER).address();
        apply(record, call, keeper, now, |account| account == keeper).unwrap_or_else(|error| panic!("{error:?}: {call:?}"));
    }
}

#[test]
fn an_open_task_is_completed_by_all_and_started_by_a_quorum() {
    /// Who is bound, who revealed right, who wrong, when it is looked at, decision.
    type Row = (&'static [u8], &'static [u8], &'static [u8], u64, &'static str);
    let table: [Row; 17] = [
        (&[], &[], &[], 1_059, "nothing"),
        (&[0], &[], &[], 1_059, "nothing"),
        (&[0, 1], &[], &[], 1_053, "nothing"),
        (&[0, 1], &[], &[], 1_054, "start 2"),
        (&[0, 2], &[], &[], 1_059, "start 2"),
        (&[0, 1, 2], &[], &[], 1_007, "nothing"),
        (&[0, 1, 2], &[], &[], 1_008, "start 3"),
        (&[0, 1, 2], &[0, 1], &[], 1_007, "nothing"),
        (&[0, 1, 2], &[0, 1], &[], 1_008, "start 3"),
        (&[0, 1, 2], &[0, 1, 2], &[], 1_000, "complete 3"),
        (&[0, 1, 2], &[0, 1, 2], &[], 1_059, "complete 3"),
        (&[0, 1, 2], &[0], &[1], 1_000, "start 3"),
        (&[0, 1, 2], &[], &[2], 1_000, "start 3"),
        // It signed a wrong reveal first: a task that all answered is worth more than that.
        (&[0, 1, 2], &[0, 1, 2], &[1], 1_000, "complete 3"),
        (&[0, 1, 2], &[0, 1, 2], &[], 1_060, "close"),
        (&[0, 1], &[], &[], 1_060, "close"),
        (&[], &[], &[], 1_060, "close"),
    ];
    for (row, (bound, right, wrong, now, decision)) in table.into_iter().enumerate() {
        let mut machine = machine();
        let wrong = wrong.iter().map(|miner| commit(*miner, reveal("London", 9)));
        let right = right.iter().map(|miner| commit(*miner, good(*miner)));
        for message in bound.iter().map(|miner| precommit(*miner)).chain(wrong).chain(right) {
            machine.receive(&message, NOW).unwrap_or_else(|error| panic!("row {row}: {error}"));
        }
        let decisions = machine.decide(now);
        assert_eq!(name(&decisions), decision, "row {row}");
        is_taken(&task(), &decisions, now);
        machine.hold(task().id, now);
        assert_eq!(machine.decide(now), [], "row {row}: held");
        if !decisions.is_empty() && now < 1_059 {
            assert_eq!(name(&machine.decide(now + 1)), decision, "row {row}: it is tried again");
        }
    }
}

#[test]
fn who_was_left_out_of_the_start_is_bound_one_at_a_time() {
    for (row, (started_with, at_hand, now, decision)) in [
        (&[0_u8, 1][..], &[0_u8, 1][..], 1_083, "nothing"),
        (&[0, 1], &[0, 1, 2], 1_055, "precommit 2"),
        (&[0], &[1, 2], 1_055, "precommit 1"),
        (&[0], &[2], 1_083, "precommit 2"),
        (&[0], &[1, 2], 1_084, "close"),
        (&[0, 1], &[], 1_084, "close"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut machine = machine();
        let record = started(KEEPER, started_with, 1_054);
        let (early, late): (Vec<u8>, Vec<u8>) = at_hand.iter().partition(|miner| started_with.contains(miner));
        early.into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
        machine.observe(record.clone());
        late.into_iter().for_each(|miner| machine.receive(&precommit(miner), 1_055).unwrap());
        let decisions = machine.decide(now);
        assert_eq!(name(&decisions), decision, "row {row}");
        is_taken(&record, &decisions, now);
    }
}

#[test]
fn answers_are_shown_together_and_a_wrong_one_is_reported_first() {
    /// Shown on chain, at hand, wrong ones at hand, when, decision.
    type Row = (&'static [u8], &'static [u8], &'static [u8], u64, &'static str);
    let table: [Row; 13] = [
        (&[], &[], &[], 1_037, "nothing"),
        (&[], &[], &[], 1_038, "finish []"),
        (&[], &[0, 1], &[], 1_033, "nothing"),
        (&[], &[0, 1], &[], 1_034, "reveal [0, 1]"),
        (&[], &[0, 1], &[], 1_038, "finish [0, 1]"),
        (&[], &[0, 1, 2], &[], 1_009, "finish [0, 1, 2]"),
        (&[0], &[0, 1], &[], 1_034, "reveal [1]"),
        (&[0], &[0, 1, 2], &[], 1_009, "finish [1, 2]"),
        (&[0, 1], &[0], &[], 1_037, "nothing"),
        (&[0, 1, 2], &[0, 1, 2], &[], 1_009, "finish []"),
        (&[], &[0, 1], &[2], 1_009, "report 2"),
        (&[], &[0, 1], &[2], 1_038, "report 2"),
        (&[2], &[0], &[2], 1_009, "nothing"),
    ];
    for (row, (shown, right, wrong, now, decision)) in table.into_iter().enumerate() {
        let mut machine = machine();
        [0, 1, 2].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
        let early = wrong.iter().map(|miner| commit(*miner, reveal("London", 9)));
        let early: Vec<_> = early.chain(right.iter().map(|miner| commit(*miner, good(*miner)))).collect();
        early.iter().for_each(|message| machine.receive(message, NOW).unwrap());
        let mut record = started(KEEPER, &[0, 1, 2], 1_008);
        if !shown.is_empty() {
            let reveals = shown.iter().map(|miner| (*miner, good(*miner))).collect();
            record = after(record.clone(), [(LaneCall::Reveal { task: record.at(), reveals }, 1_009)]);
        }
        machine.observe(record.clone());
        let decisions = machine.decide(now);
        assert_eq!(name(&decisions), decision, "row {row}");
        is_taken(&record, &decisions, now);
    }
}

/// After a report the others are shown, and the task ends; after the last call too.
#[test]
fn a_task_with_a_liar_ends_by_the_others() {
    let mut machine = machine();
    [0, 1, 2].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
    [0, 1].into_iter().for_each(|miner| machine.receive(&commit(miner, good(miner)), NOW).unwrap());
    machine.receive(&commit(2, reveal("London", 9)), NOW).unwrap();
    let mut record = task();
    let mut done = vec![];
    for now in NOW.. {
        let decisions = machine.decide(now);
        if let Some((_, call)) = decisions.first() {
            done.push(name(&decisions));
            let keeper = Key::new(KEEPER).address();
            record = apply(&record, call, keeper, now, |_| true).unwrap();
            machine.observe(record.clone());
        }
        if record.state.phase == Phase::Ended {
            break;
        }
        assert!(now < NOW + 100);
    }
    assert_eq!(done, ["start 3", "report 2", "finish [0, 1]"]);
    assert_eq!(machine.tasks().count(), 0, "what ended is forgotten");
}

#[test]
fn messages_are_refused_with_the_reason() {
    let mut machine = machine();
    let (id, stranger) = (task().id, Key::new(9));
    let said = LaneMessage::Precommit { commitment: commitment(1) };
    let not_awaited = |phase, kind| Err(MessageRefusal::NotAwaited { task: id, phase, kind });
    let unknown = B256::repeat_byte(8);
    assert_eq!(
        machine.receive(&SignedMessage { task: unknown, ..precommit(0) }, NOW),
        Err(MessageRefusal::UnknownTask { task: unknown })
    );
    let refused = machine.receive(&stranger.say(id, assignment(), said), NOW);
    assert_eq!(refused, Err(MessageRefusal::NotAssigned { task: id, miner: stranger.address() }));
    let given = B256::repeat_byte(3);
    let refused = machine.receive(&Key::new(1).say(id, given, said), NOW);
    assert_eq!(refused, Err(MessageRefusal::OtherAssignment { task: id, assignment: assignment(), given }));
    // Of another chain; in another's name; malleable.
    let digest = lane::message_digest(&LaneDomain { chain_id: 1, ..DOMAIN }, assignment(), &said);
    let other_chain = SignedMessage { signature: Key::new(1).sign(digest), ..precommit(1) };
    let forged = SignedMessage { miner: Key::new(1).address(), ..Key::new(2).say(id, assignment(), said) };
    let mut malleable = precommit(1);
    malleable.signature[32..64].fill(0xff);
    for message in [other_chain, forged, malleable] {
        assert!(matches!(machine.receive(&message, NOW), Err(MessageRefusal::WrongSigner { .. })));
    }
    // The contract would refuse a whole start for the zero hash.
    let zero = Key::new(1).say(id, assignment(), LaneMessage::Precommit { commitment: B256::ZERO });
    assert_eq!(machine.receive(&zero, NOW), not_awaited(Phase::Open, MessageKind::Precommit));
    assert_eq!(machine.offers(Key::new(1).address())[0].bound, [None; 3], "nothing of it is shown");
    assert_eq!(machine.receive(&precommit(1), NOW), Ok(()));
    assert_eq!(machine.receive(&precommit(1), NOW), Ok(()), "the same again");
    let second = Key::new(1).say(id, assignment(), LaneMessage::Precommit { commitment: keccak256("second") });
    assert_eq!(
        machine.receive(&second, NOW),
        not_awaited(Phase::Open, MessageKind::Precommit),
        "it is bound by what it said first"
    );
    assert_eq!(machine.offers(Key::new(1).address())[0].bound, [None, Some(bound(1)), None]);
}

#[test]
fn no_answer_is_taken_before_everybody_is_bound() {
    let mut machine = machine();
    let not_awaited = |phase| Err(MessageRefusal::NotAwaited { task: task().id, phase, kind: MessageKind::Commit });
    [0, 1].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
    assert_eq!(machine.receive(&commit(0, good(0)), NOW), not_awaited(Phase::Open));
    machine.observe(started(KEEPER, &[0, 1], 1_054));
    assert_eq!(machine.receive(&commit(0, good(0)), NOW), not_awaited(Phase::Precommit));
    machine.observe(task());
    machine.receive(&precommit(2), NOW).unwrap();
    assert_eq!(machine.receive(&commit(0, good(0)), NOW), Ok(()));
    assert_eq!(machine.receive(&commit(0, good(0)), NOW), Ok(()), "the same again");
    // Of another commitment than it is bound to, though it opens that.
    let other = reveal("Rome", 7);
    let other_commitment = lane::commitment(&DOMAIN, assignment(), 1, Key::new(1).address(), &other);
    let Reveal { result_digest, salt } = other;
    let message = LaneMessage::Commit { commitment: other_commitment, result_digest, salt };
    assert_eq!(machine.receive(&Key::new(1).say(task().id, assignment(), message), NOW), not_awaited(Phase::Open));
    // Reveals are signed too: a wrong one in another's name must not be held against it.
    let forged = SignedMessage { signature: [1; 65], ..commit(1, reveal("London", 9)) };
    assert!(matches!(machine.receive(&forged, NOW), Err(MessageRefusal::WrongSigner { .. })));
    assert_eq!(name(&machine.decide(NOW)), "nothing");
}

/// A miner that signed for this keeper is bound on chain to something else: once the task has ended that is shown, when there is nothing that has a deadline, for a day.
#[test]
fn who_was_bound_to_another_word_is_reported_once_the_task_ended() {
    let heard = || {
        let mut machine = machine();
        [0, 1, 2].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
        machine
    };
    let (mut machine, mut late) = (heard(), heard());
    let record = started(KEEPER, &[0, 1], NOW);
    let second = reveal("Paris", 99);
    let other = lane::commitment(&DOMAIN, assignment(), 2, Key::new(2).address(), &second);
    let signature = Some(Key::new(2).bind(assignment(), other).signature);
    let reveals = vec![(0, good(0)), (1, good(1)), (2, second)];
    let bind = LaneCall::Precommit { task: record.at(), replica: 2, commitment: other, signature };
    let record = after(record, [(bind, NOW)]);
    machine.observe(record.clone());
    assert!(machine.decide(NOW).iter().all(|(_, call)| !matches!(call, LaneCall::ReportSecond { .. })), "while it goes on");
    let record = after(record.clone(), [(LaneCall::Finish { task: record.at(), reveals }, NOW)]);
    machine.observe(record.clone());
    let decided = machine.decide(NOW + 1);
    assert_eq!((name(&decided).as_str(), decided.len()), ("report second 2", 1));
    is_taken(&record, &decided, NOW + 1);
    let reported = after(record.clone(), [(decided[0].1.clone(), NOW + 1)]);
    assert!(reported.history.told[2].bad);
    machine.observe(reported);
    assert_eq!((name(&machine.decide(NOW + 2)).as_str(), machine.tasks().count()), ("nothing", 0));
    let day_after = record.state.deadline + 24 * 3_600;
    late.observe(record);
    assert_eq!(name(&late.decide(day_after - 1)), "report second 2");
    assert_eq!((name(&late.decide(day_after)).as_str(), late.tasks().count()), ("nothing", 0));
}

/// A keeper that starts again has nothing at hand: what the chain shows is enough to take answers.
#[test]
fn answers_are_taken_once_the_chain_shows_who_is_bound() {
    let mut machine = KeeperMachine::new(POLICY, DOMAIN, Key::new(KEEPER).address());
    let closed = started(KEEPER, &[0, 1], 1_054);
    let closed = after(closed.clone(), [(LaneCall::Close { task: closed.at() }, 1_084)]);
    machine.observe(closed.clone());
    assert!(machine.lacks_crew(task().id), "it is its own crew that is on chain");
    machine.offer(task().id, offered(&task(), &crew_of(KEEPER)), NOW);
    assert_eq!(machine.receive(&commit(0, good(0)), 1_085), Ok(()));
    let silent = machine.receive(&commit(2, good(2)), 1_085);
    assert!(matches!(silent, Err(MessageRefusal::NotAwaited { .. })), "who is not bound has nothing to show");
    let late = machine.receive(&precommit(2), 1_085);
    assert!(matches!(late, Err(MessageRefusal::NotAwaited { .. })));
    assert_eq!(name(&machine.decide(1_100)), "nothing");
    machine.receive(&commit(1, good(1)), 1_100).unwrap();
    let decisions = machine.decide(1_100);
    assert_eq!(name(&decisions), "finish [0, 1]");
    is_taken(&closed, &decisions, 1_100);
}

#[test]
fn a_crew_is_drawn_for_the_task_as_it_is_and_once() {
    let mut machine = KeeperMachine::new(POLICY, DOMAIN, Key::new(KEEPER).address());
    machine.observe(task());
    let wants = |machine: &KeeperMachine, now| !machine.to_draw(now).is_empty();
    assert!(wants(&machine, 1_059) && !wants(&machine, 1_060), "before the deadline");
    let too_few = |found| JuryError::TooFewFound { found, wanted: 3 };
    let told = [too_few(2), too_few(2), too_few(1), JuryError::NoSecret].map(|why| machine.note_unserved(task().id, why, NOW));
    assert_eq!(told, [true, false, true, true], "each reason is news once");
    assert!(!wants(&machine, NOW + 9) && wants(&machine, NOW + 10), "not tried again at once");
    let first = crew_of(KEEPER);
    machine.offer(task().id, OfferedCrew { draw: None, ..offered(&task(), &first) }, NOW);
    assert_eq!(machine.offers(first.miners[0]), [], "a crew that was not drawn");
    machine.offer(task().id, offered(&task(), &first), NOW);
    assert!(!wants(&machine, NOW + 10));
    let [offer] = machine.offers(first.miners[2]).try_into().unwrap();
    assert_eq!((offer.task, offer.crew, offer.bound), (task().id, first.clone(), vec![None; 3]));
    machine.receive(&precommit(1), NOW).unwrap();
    // It is in another block now: with the same opening, and with another.
    let mut elsewhere = task();
    elsewhere.submission.block_hash = B256::repeat_byte(9);
    for (record, what) in [(elsewhere, "another block"), (submitted(1, 3, NOW, 11, 0), "another opening")] {
        machine.observe(record.clone());
        assert_eq!(machine.offers(first.miners[0]), [], "{what}");
        assert!(wants(&machine, NOW), "{what}");
        machine.offer(task().id, offered(&task(), &first), NOW);
        assert_eq!(machine.offers(first.miners[0]), [], "{what}: a draw of before");
        machine.offer(task().id, offered(&record, &first), NOW);
        assert_eq!(machine.offers(first.miners[0])[0].bound, [None; 3], "{what}: nothing that was said before is kept");
    }
}

/// A clock that was far ahead for a moment makes nothing stand still.
#[test]
fn what_is_held_is_not_held_for_longer_by_a_clock_that_is_put_back() {
    let mut machine = machine();
    let (id, ahead) = (task().id, NOW + 86_400);
    [0, 2].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
    machine.hold(id, ahead);
    assert_eq!(name(&machine.decide(1_054)), "start 2");
    let seats = [0, 1, 2].map(|index| seat(index, Summons::default()));
    machine.offer(id, drawn(&task(), seats.into(), &[]), NOW);
    machine.hold_jury(id, ahead);
    assert_eq!(machine.missing(1_020, ANSWER_SECS).len(), 1);
    machine.draw_anew();
    assert_eq!(machine.to_draw(1_020).len(), 1);
    machine.hold_jury(id, 1_020);
    assert_eq!(machine.to_draw(1_020), []);
}

/// What the jury has of miner 1 of a crew of which the others are bound, when the crew was offered and is looked at, and what is done.
#[test]
fn a_miner_that_is_silent_is_summoned_and_found_absent_while_there_is_time() {
    let present = Summons { is_present: true, ..summoned(1_050) };
    let absent = Summons { is_absent: true, ..summoned(1_050) };
    for (row, (summons, since, now, expected)) in [
        (Summons::default(), NOW, 1_018, "nothing"),
        (Summons::default(), NOW, 1_019, "summon"),
        (Summons::default(), NOW, 1_023, "summon"),
        // What is left is too little for an answer and a start.
        (Summons::default(), NOW, 1_024, "nothing"),
        // It has a third of what was left when the crew was offered.
        (Summons::default(), 1_006, 1_022, "nothing"),
        (Summons::default(), 1_006, 1_023, "summon"),
        (summoned(1_050), NOW, 1_049, "nothing"),
        (summoned(1_050), NOW, 1_050, "dismiss"),
        (summoned(1_050), NOW, 1_053, "dismiss"),
        (summoned(1_050), NOW, 1_054, "nothing"),
        (summoned(1_050), 1_048, 1_050, "nothing"),
        (summoned(1_050), 1_048, 1_051, "dismiss"),
        (present, NOW, 1_053, "nothing"),
        (Summons { is_present: true, ..Summons::default() }, NOW, 1_023, "nothing"),
        (absent, NOW, 1_053, "nothing"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut machine = KeeperMachine::new(POLICY, DOMAIN, Key::new(KEEPER).address());
        machine.observe(task());
        let id = task().id;
        let seats = vec![seat(0, Summons::default()), seat(1, summons), seat(2, Summons::default())];
        machine.offer(id, drawn(&task(), seats, &[]), since);
        [0, 2].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
        let node = Key::new(1).address();
        let due = machine.missing(now, ANSWER_SECS);
        let is_due = |missing: &Missing| (missing.task, missing.node, missing.is_summoned) == (id, node, expected == "dismiss");
        assert!(due.len() == usize::from(expected != "nothing") && due.iter().all(is_due), "row {row}: {due:?}");
        let call = if due.is_empty() { None } else { machine.note_summons(id, node, summons, now, ANSWER_SECS) };
        let at = task().at();
        let wanted = match expected {
            "summon" => Some(JuryCall::Summon { task: at, node, slot: 1 }),
            "dismiss" => Some(JuryCall::Dismiss { task: at, node }),
            _ => None,
        };
        assert_eq!(call, wanted, "row {row}");
        machine.hold_jury(id, now);
        assert_eq!(machine.missing(now, ANSWER_SECS), [], "row {row}: held");
        machine.hold_jury(id, NOW - 10);
        // It is there after all, by a message or by the jury.
        let mut bound = machine;
        bound.receive(&precommit(1), now).unwrap();
        assert_eq!(bound.missing(now, ANSWER_SECS), [], "row {row}: it is bound");
        assert_eq!(bound.note_summons(id, node, absent, now, ANSWER_SECS), None);
        assert_eq!(bound.to_draw(now), [], "row {row}: whoever is bound is not replaced");
    }
}

#[test]
fn who_is_absent_is_replaced_and_what_was_said_before_still_counts() {
    let mut machine = machine();
    let id = task().id;
    [0, 2].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
    let node = Key::new(1).address();
    machine.note_summons(id, node, summoned(1_050), 1_020, ANSWER_SECS);
    assert_eq!(machine.to_draw(1_050), []);
    let absent = Summons { is_absent: true, ..summoned(1_050) };
    assert_eq!(machine.note_summons(id, node, absent, 1_050, ANSWER_SECS), None);
    assert_eq!(machine.to_draw(1_050).len(), 1);
    assert_eq!(machine.offers(node).len(), 1, "until there is another, it is the crew");
    let second = drawn(&task(), [0, 2, 3].map(|index| seat(index, Summons::default())).into(), &[1]);
    machine.offer(id, second.clone(), 1_050);
    assert_eq!((machine.to_draw(1_050), machine.offers(node)), (vec![], vec![]));
    assert_eq!(machine.offers(Key::new(3).address())[0].bound, [None; 3]);
    let given = assignment();
    let refused = machine.receive(&precommit(0), 1_051);
    assert_eq!(refused, Err(MessageRefusal::OtherAssignment { task: id, assignment: second.assignment, given }));
    assert!(matches!(machine.receive(&precommit(1), 1_051), Err(MessageRefusal::NotAssigned { .. })));
    // The new one has no quorum in time, and the one of before had.
    assert_eq!(name(&machine.decide(1_053)), "nothing");
    let decisions = machine.decide(1_054);
    let [(_, LaneCall::Start { seats, .. })] = decisions.as_slice() else { panic!("{decisions:?}") };
    assert_eq!(seats.iter().map(|(miner, _)| *miner).collect::<Vec<_>>(), crew_of(KEEPER).miners);
    assert_eq!(name(&decisions), "start 2");
    is_taken(&task(), &decisions, 1_054);
    let bind = |index: u8| {
        let message = LaneMessage::Precommit { commitment: commitment(index) };
        Key::new(index).say(id, second.assignment, message)
    };
    let mut with_quorum = machine;
    [0, 3].into_iter().for_each(|index| with_quorum.receive(&bind(index), 1_053).unwrap());
    let decisions = with_quorum.decide(1_054);
    let [(_, LaneCall::Start { seats, .. })] = decisions.as_slice() else { panic!("{decisions:?}") };
    assert_eq!(seats.iter().map(|(miner, _)| *miner).collect::<Vec<_>>(), second.crew.miners, "the one of now is first");
    // The one of before is put on chain, by whomever: it is served.
    let record = started(KEEPER, &[0, 2], 1_054);
    with_quorum.observe(record);
    assert!(!with_quorum.lacks_crew(id));
    assert_eq!(with_quorum.offers(node)[0].bound, [Some(bound(0)), None, Some(bound(2))], "with all that was said in it");
}

/// Nobody may be brought in place of a node that is absent no more.
#[test]
fn after_a_rollback_no_crew_counts_before_it_is_drawn_again() {
    let mut machine = machine();
    let id = task().id;
    [0, 2].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
    let second = drawn(&task(), [0, 2, 3].map(|index| seat(index, Summons::default())).into(), &[1]);
    machine.offer(id, second.clone(), 1_050);
    machine.draw_anew();
    assert_eq!(machine.offers(Key::new(0).address()), []);
    assert_eq!(name(&machine.decide(1_054)), "nothing");
    assert_eq!(machine.to_draw(1_054).len(), 1);
    let mut with_dismissal = KeeperMachine::new(POLICY, DOMAIN, Key::new(KEEPER).address());
    std::mem::swap(&mut machine, &mut with_dismissal);
    // Without the dismissal the first crew is right alone; the other is forgotten.
    machine.observe(task());
    machine.offer(id, second.clone(), 1_050);
    machine.draw_anew();
    let bind = |index: u8| Key::new(index).say(id, second.assignment, LaneMessage::Precommit { commitment: commitment(index) });
    machine.offer(id, second.clone(), 1_050);
    [0, 3].into_iter().for_each(|index| machine.receive(&bind(index), 1_051).unwrap());
    machine.draw_anew();
    machine.offer(id, offered(&task(), &crew_of(KEEPER)), 1_052);
    assert_eq!(machine.offers(Key::new(1).address())[0].crew, crew_of(KEEPER));
    assert_eq!(name(&machine.decide(1_054)), "nothing", "a quorum in a crew that is not right is none");
    // With it both are right, and what was said in either is kept.
    with_dismissal.offer(id, second.clone(), 1_052);
    [0, 3].into_iter().for_each(|index| with_dismissal.receive(&bind(index), 1_053).unwrap());
    with_dismissal.draw_anew();
    with_dismissal.offer(id, second, 1_053);
    assert_eq!(name(&with_dismissal.decide(1_054)), "start 2");
    with_dismissal.observe(started(KEEPER, &[0, 2], 1_054));
    assert!(!with_dismissal.lacks_crew(id), "the first one is known");
}

#[test]
fn what_another_keeper_serves_is_left_to_it_but_for_closing() {
    let mut machine = machine();
    [0, 1, 2].into_iter().for_each(|miner| machine.receive(&precommit(miner), NOW).unwrap());
    let other = started(OTHER_KEEPER, &[0, 1], 1_054);
    machine.observe(other.clone());
    assert_eq!(machine.offers(Key::new(0).address()), []);
    assert!(!machine.lacks_crew(task().id));
    assert_eq!(
        machine.receive(&precommit(2), NOW),
        Err(MessageRefusal::NotAssigned { task: task().id, miner: Key::new(2).address() })
    );
    assert_eq!(name(&machine.decide(1_083)), "nothing");
    assert_eq!(name(&machine.decide(1_084)), "close");
    let closed = after(other.clone(), [(LaneCall::Close { task: other.at() }, 1_084)]);
    machine.observe(closed.clone());
    assert_eq!(name(&machine.decide(1_113)), "nothing");
    let decisions = machine.decide(1_114);
    assert_eq!(name(&decisions), "finish []");
    is_taken(&closed, &decisions, 1_114);
    // Rolled back, it is open again, and so is the crew that was drawn.
    machine.observe(task());
    assert_eq!(machine.offers(Key::new(0).address()).len(), 1);
    // Somebody started it with this keeper's word: it serves on.
    let own = started(KEEPER, &[0, 1], 1_054);
    machine.observe(own.clone());
    assert!(!machine.lacks_crew(task().id));
    assert_eq!(machine.offers(Key::new(0).address()).len(), 1);
}

#[test]
fn tasks_beyond_the_limit_wait_for_room_in_order() {
    let mut machine = KeeperMachine::new(POLICY, DOMAIN, Key::new(KEEPER).address());
    let tasks: Vec<TaskRecord> = (1..=4).map(|number| submitted(number, 3, NOW, 20 - number, 0)).collect();
    tasks.iter().for_each(|task| machine.observe(task.clone()));
    assert!(machine.record(tasks[1].id).is_some() && machine.record(tasks[2].id).is_none(), "no more than the limit");
    assert_eq!((machine.tasks().count(), machine.oldest_block()), (4, Some(16)), "those that wait count for the mark");
    let waiting = SignedMessage { task: tasks[2].id, ..precommit(0) };
    assert_eq!(machine.receive(&waiting, NOW), Err(MessageRefusal::Full { task: tasks[2].id, limit: 2 }));
    assert_eq!(machine.next_waiting(), None);
    machine.forget(tasks[0].id);
    assert_eq!(machine.next_waiting(), Some(tasks[3].id), "the oldest first");
    machine.observe(tasks[3].clone());
    assert_eq!(machine.next_waiting(), None, "there is no room");
    let ended = after(tasks[1].clone(), [(LaneCall::Close { task: tasks[1].at() }, NOW + 60)]);
    machine.observe(ended);
    assert_eq!(machine.next_waiting(), Some(tasks[2].id));
    machine.forget(tasks[2].id);
    assert_eq!((machine.next_waiting(), machine.oldest_block()), (None, Some(16)));
}

/// A payer lets tasks expire that nobody can serve: closing them does not make another's answer late, whatever their names are.
#[test]
fn what_has_a_deadline_comes_before_what_can_wait() {
    for sequence in 2..8 {
        let mut machine = machine();
        for miner in [0, 1, 2] {
            machine.receive(&precommit(miner), NOW).unwrap();
        }
        let overdue = submitted(sequence, 3, NOW - 100, 9, 0);
        machine.observe(overdue.clone());
        let calls = machine.decide(NOW + 55);
        let named: Vec<_> = calls.iter().map(|(id, call)| (*id, name(&vec![(*id, call.clone())]))).collect();
        assert_eq!(named, [(task().id, "start 3".to_owned()), (overdue.id, "close".to_owned())]);
    }
}
