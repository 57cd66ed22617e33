//! What keeper and miner decide, as tables.

use alloy_primitives::{Address, B256, Signature, address, keccak256};
use cor_core::task::selection::SelectionError;
use cor_keeper::machine::{
    keeper::{Decisions, KeeperMachine, KeeperPolicy},
    miner::{MinerPolicy, MinerStep, MinerTask, Route, Sealed, decide},
};
use cor_ports::domain::{
    AnswerKind, LaneCall, LaneDomain, LaneMessage, MessageKind, Node, NodeList, NodeRecord, Outcome, Phase, ReplicaRecord,
    SessionTerms, SignedMessage, Standing, Status, TaskOrigin, TaskRecord, Terms,
};
use cor_ports::{MessageRefusal, lane};
use k256::ecdsa::SigningKey;

const DOMAIN: LaneDomain = LaneDomain { chain_id: 412_346, queue: address!("00000000000000000000000000000000000c0de1") };
const TASK: u64 = 7;
const DEADLINE: u64 = 1_000;

struct Key(SigningKey);

impl Key {
    fn new(index: u8) -> Self {
        Self(SigningKey::from_slice(&[index + 1; 32]).unwrap())
    }

    fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }

    fn say(&self, domain: &LaneDomain, message: LaneMessage) -> SignedMessage {
        let digest = lane::message_digest(domain, TASK, self.address(), message);
        let (signature, recovery) = self.0.sign_prehash_recoverable(digest.as_slice()).unwrap();
        let signature = Signature::from((signature, recovery)).as_bytes();
        SignedMessage { task_id: TASK, miner: self.address(), message, signature }
    }
}

fn keys() -> [Key; 3] {
    [0, 1, 2].map(Key::new)
}

/// A task in a phase; `done` tells how many of the three miners have taken part in it.
fn task(phase: Phase, done: usize) -> TaskRecord {
    let replica = |(index, key): (usize, &Key)| {
        let said = |kind: &MessageKind| {
            let own = match kind {
                MessageKind::Ack => Phase::Ack,
                MessageKind::Precommit => Phase::Precommit,
                MessageKind::Commit => Phase::Commit,
            };
            phase > own || (phase == own && index < done)
        };
        let mut replica = ReplicaRecord {
            miner: key.address(),
            registration_epoch: 1,
            outcome: Outcome::Pending,
            last_message: [MessageKind::Commit, MessageKind::Precommit, MessageKind::Ack].into_iter().find(said),
            commitment: None,
            result_digest: None,
        };
        if replica.has_said(MessageKind::Commit) {
            replica.result_digest = Some(keccak256("Paris"));
        } else if replica.has_said(MessageKind::Precommit) {
            let salt = B256::with_last_byte(1);
            replica.commitment = Some(lane::commitment(&DOMAIN, TASK, index, &replica, keccak256("Paris"), salt));
        }
        replica
    };
    TaskRecord {
        id: TASK,
        session_id: 1,
        payer: Address::ZERO,
        phase,
        status: Status::Open,
        answer_kind: AnswerKind::Text,
        max_tokens: 8,
        deadline_secs: DEADLINE,
        result_digest: None,
        replicas: if phase == Phase::Queued { vec![] } else { keys().iter().enumerate().map(replica).collect() },
    }
}

fn machine(record: TaskRecord) -> KeeperMachine {
    let mut machine = KeeperMachine::new(KeeperPolicy { relay_margin_secs: 4, retry_secs: 1, open_tasks_max: 2 }, DOMAIN);
    let origin = TaskOrigin {
        prompt_digest: keccak256("prompt"),
        prompt_urn: String::new(),
        client_reference: B256::ZERO,
        block_number: 1,
        block_hash: keccak256("block"),
    };
    let rules = Terms { replicas: 3, quorum_bps: 6_000, assign_secs: 60, ack_secs: 60, precommit_secs: 60, commit_secs: 60 };
    machine.observe(record, SessionTerms { model_identifier: 1, rules }, origin);
    machine
}

fn nodes(count: u8) -> NodeList {
    let node = |index: u8| NodeRecord {
        node: Address::with_last_byte(index + 1),
        operator: Address::with_last_byte(index + 1),
        registration_epoch: 1,
        state: Node { standing: Standing::Active, capacity: 1, reserved: 0, version: 1 },
        models: vec![1],
    };
    NodeList { min_version: 0, nodes: (0..count).map(node).collect() }
}

fn reveal(answer: &str, salt: u8) -> LaneMessage {
    LaneMessage::Commit { result_digest: keccak256(answer), salt: B256::with_last_byte(salt) }
}

/// The name of a decision, with the number of messages in a batch.
fn name(call: Option<&(u64, LaneCall)>) -> String {
    match call.map(|(_, call)| call) {
        None => "nothing".to_owned(),
        Some(LaneCall::Assign { miners, .. }) => format!("assign {}", miners.len()),
        Some(LaneCall::Relay { batch, .. }) => format!("relay {} {}", batch.len(), batch.kind().name()),
        Some(LaneCall::ReportBadReveal { .. }) => "report".to_owned(),
        Some(LaneCall::EndAck(_)) => "endAck".to_owned(),
        Some(LaneCall::EndPrecommit(_)) => "endPrecommit".to_owned(),
        Some(LaneCall::End(_)) => "end".to_owned(),
        Some(other) => format!("{other:?}"),
    }
}

#[test]
fn keeper_decides_by_phase_messages_and_time() {
    let commitment = LaneMessage::Precommit { commitment: keccak256("c") };
    /// Phase, done on chain, messages by miner, time, decision.
    type Row = (Phase, usize, Vec<(usize, LaneMessage)>, u64, &'static str);
    let table: Vec<Row> = vec![
        (Phase::Queued, 0, vec![], 999, "assign 3"),
        (Phase::Queued, 0, vec![], 1_000, "end"),
        (Phase::Ack, 0, vec![], 999, "nothing"),
        (Phase::Ack, 0, vec![(0, LaneMessage::Ack), (2, LaneMessage::Ack)], 995, "nothing"),
        (Phase::Ack, 0, vec![(0, LaneMessage::Ack), (2, LaneMessage::Ack)], 996, "relay 2 ack"),
        (Phase::Ack, 1, vec![(1, LaneMessage::Ack), (2, LaneMessage::Ack)], 900, "relay 2 ack"),
        (Phase::Ack, 2, vec![], 999, "nothing"),
        (Phase::Ack, 2, vec![], 1_000, "endAck"),
        (Phase::Ack, 1, vec![(1, LaneMessage::Ack)], 1_000, "end"),
        (Phase::Precommit, 0, vec![(0, commitment), (1, commitment), (2, commitment)], 900, "relay 3 precommit"),
        (Phase::Precommit, 2, vec![], 999, "nothing"),
        (Phase::Precommit, 2, vec![], 1_000, "endPrecommit"),
        (Phase::Precommit, 1, vec![], 1_000, "end"),
        (
            Phase::Commit,
            0,
            vec![(0, reveal("Paris", 1)), (1, reveal("Paris", 1)), (2, reveal("Paris", 1))],
            900,
            "relay 3 commit",
        ),
        (Phase::Commit, 0, vec![(0, reveal("London", 1))], 900, "report"),
        (Phase::Commit, 0, vec![(0, reveal("Paris", 2))], 900, "report"),
        (Phase::Commit, 3, vec![], 900, "end"),
        (Phase::Commit, 2, vec![], 999, "nothing"),
        (Phase::Commit, 2, vec![], 1_000, "end"),
    ];
    let keys = keys();
    for (row, (phase, done, messages, now, decision)) in table.into_iter().enumerate() {
        let mut machine = machine(task(phase, done));
        for (miner, message) in messages {
            machine.receive(keys[miner].say(&DOMAIN, message)).unwrap_or_else(|error| panic!("row {row}: {error}"));
        }
        assert_eq!(name(machine.decide(now, Some(&nodes(5))).calls.first()), decision, "row {row}");
        machine.hold(TASK, now);
        assert_eq!(machine.decide(now, Some(&nodes(5))), Decisions::default(), "row {row}: held");
        assert_ne!(
            machine.decide(now + 1, Some(&nodes(5))).calls,
            vec![],
            "row {row}: in each row something is due a second later"
        );
    }
}

/// Nobody is kept waiting for a result that cannot come any more, and nobody escapes by making it impossible.
#[test]
fn keeper_ends_what_is_hopeless_and_reports_first() {
    let keys = keys();
    let revealed = |answers: [Option<&str>; 3]| {
        let mut record = task(Phase::Commit, 0);
        for (replica, answer) in record.replicas.iter_mut().zip(answers) {
            replica.result_digest = answer.map(keccak256);
            replica.last_message = answer.map_or(replica.last_message, |_| Some(MessageKind::Commit));
        }
        record
    };
    let mut out = revealed([Some("Paris"), None, None]);
    out.replicas[1].outcome = Outcome::BadReveal;
    out.replicas[2].outcome = Outcome::BadReveal;
    for (case, record, bad, now, decision) in [
        ("one answer, two to come", revealed([Some("Paris"), None, None]), None, 900, "nothing"),
        ("decided, one to come", revealed([Some("Paris"), Some("Paris"), None]), None, 900, "nothing"),
        ("two answers, one to come", revealed([Some("Paris"), Some("London"), None]), None, 900, "nothing"),
        ("three answers", revealed([Some("Paris"), Some("London"), Some("Rome")]), None, 900, "end"),
        ("two are out", out.clone(), None, 900, "end"),
        ("a bad reveal at hand", revealed([Some("Paris"), Some("London"), None]), Some(2), 900, "report"),
        ("a bad reveal at hand, and the time is over", revealed([Some("Paris"), None, None]), Some(2), 1_000, "end"),
    ] {
        let mut machine = machine(record);
        if let Some(miner) = bad {
            let said: &Key = &keys[miner];
            machine.receive(said.say(&DOMAIN, reveal("Berlin", 1))).unwrap();
        }
        assert_eq!(name(machine.decide(now, Some(&nodes(5))).calls.first()), decision, "{case}");
    }
}

#[test]
fn keeper_refuses_messages_with_the_reason() {
    let keys = keys();
    let other_chain = LaneDomain { chain_id: 1, ..DOMAIN };
    let mut machine = machine(task(Phase::Ack, 1));
    let stranger = Key::new(9);
    let mut unknown = keys[1].say(&DOMAIN, LaneMessage::Ack);
    unknown.task_id = 8;
    assert_eq!(machine.receive(unknown), Err(MessageRefusal::UnknownTask { task_id: 8 }));
    assert_eq!(
        machine.receive(stranger.say(&DOMAIN, LaneMessage::Ack)),
        Err(MessageRefusal::NotAssigned { task_id: TASK, miner: stranger.address() })
    );
    assert!(matches!(machine.receive(keys[1].say(&other_chain, LaneMessage::Ack)), Err(MessageRefusal::WrongSigner { .. })));
    let mut forged = keys[2].say(&DOMAIN, LaneMessage::Ack);
    forged.miner = keys[1].address();
    assert!(matches!(machine.receive(forged), Err(MessageRefusal::WrongSigner { .. })));
    let mut malleable = keys[1].say(&DOMAIN, LaneMessage::Ack);
    malleable.signature[32..64].fill(0xff);
    assert!(matches!(machine.receive(malleable), Err(MessageRefusal::WrongSigner { .. })));
    let twice = machine.receive(keys[0].say(&DOMAIN, LaneMessage::Ack));
    assert_eq!(twice, Err(MessageRefusal::NotAwaited { task_id: TASK, phase: Phase::Ack, kind: MessageKind::Ack }));
    let early = machine.receive(keys[1].say(&DOMAIN, reveal("Paris", 1)));
    assert_eq!(early, Err(MessageRefusal::NotAwaited { task_id: TASK, phase: Phase::Ack, kind: MessageKind::Commit }));
}

#[test]
fn keeper_waits_for_nodes_and_forgets_what_ended() {
    let mut machine = machine(task(Phase::Queued, 0));
    assert!(machine.wants_nodes(999));
    let too_few = |found| SelectionError::TooFewOperators { found, wanted: 3 };
    let unserved = |found| Decisions { calls: vec![], unserved: vec![(TASK, too_few(found))] };
    assert_eq!(machine.decide(999, None), Decisions::default(), "nodes that were not read are not nodes that are not there");
    assert_eq!(machine.decide(999, Some(&nodes(2))), unserved(2), "two operators cannot serve three replicas");
    let mut one_operator = nodes(5);
    one_operator.nodes.iter_mut().for_each(|node| node.operator = Address::ZERO);
    assert_eq!(machine.decide(999, Some(&one_operator)), unserved(1));
    let told = [too_few(2), too_few(2), too_few(1), too_few(1)].map(|error| machine.note_unserved(TASK, error, 998));
    assert_eq!(told, [true, false, true, false], "each reason is news once");
    assert_eq!(machine.decide(998, Some(&nodes(2))), Decisions::default(), "the nodes are not read again at once");
    let outdated = NodeList { min_version: 2, ..nodes(5) };
    assert_eq!(machine.decide(999, Some(&outdated)), unserved(0), "the NodePool would refuse each of them");
    let first = machine.decide(999, Some(&nodes(5)));
    let mut shuffled = nodes(5);
    shuffled.nodes.reverse();
    assert_eq!(first, machine.decide(999, Some(&shuffled)), "the choice depends on public data, not on their order");
    let (terms, origin) = machine.fixed_parts(TASK).unwrap();
    machine.observe(task(Phase::Ended, 0), terms.clone(), origin.clone());
    assert!(!machine.knows(TASK));
    for id in [1, 2, 3] {
        machine.observe(TaskRecord { id, ..task(Phase::Queued, 0) }, terms.clone(), origin.clone());
    }
    assert_eq!(machine.open_tasks().collect::<Vec<_>>(), [1, 2], "no more than the limit");
    let mut message = keys()[0].say(&DOMAIN, LaneMessage::Ack);
    message.task_id = 3;
    assert_eq!(machine.receive(message), Err(MessageRefusal::Full { task_id: 3, limit: 2 }));
    assert_eq!(machine.next_waiting(), None);
    machine.observe(TaskRecord { id: 1, ..task(Phase::Ended, 0) }, terms.clone(), origin.clone());
    assert_eq!(machine.next_waiting(), Some(3), "a task that waited is not forgotten");
    machine.observe(TaskRecord { id: 3, ..task(Phase::Queued, 0) }, terms, origin);
    assert_eq!((machine.open_tasks().collect::<Vec<_>>(), machine.next_waiting()), (vec![2, 3], None));
}

#[test]
fn miner_decides_by_phase_and_time() {
    let keys = keys();
    let policy = MinerPolicy { direct_margin_secs: 2, repeat_secs: 3 };
    let sealed = Sealed { result_digest: keccak256("Paris"), salt: B256::with_last_byte(1), commitment: keccak256("c") };
    let fresh = MinerTask::default();
    let prepared = MinerTask { prepared: true, ..MinerTask::default() };
    let ready = MinerTask { prepared: true, sealed: Some(sealed.clone()), last_said: None };
    let said = MinerTask { last_said: Some((MessageKind::Precommit, 900)), ..ready.clone() };
    let handed_late = MinerTask { last_said: Some((MessageKind::Precommit, 996)), ..ready.clone() };
    let sent = MinerTask { last_said: Some((MessageKind::Precommit, 998)), ..ready.clone() };
    let ack = |route| MinerStep::Say { message: LaneMessage::Ack, route };
    let precommit = |route| MinerStep::Say { message: LaneMessage::Precommit { commitment: sealed.commitment }, route };
    let commit =
        |route| MinerStep::Say { message: LaneMessage::Commit { result_digest: sealed.result_digest, salt: sealed.salt }, route };
    // The miner is replica 2: it has taken part in a phase only where 3 are done.
    let table = [
        (Phase::Ack, 0, &fresh, 900, MinerStep::Prepare),
        (Phase::Ack, 0, &prepared, 900, ack(Route::Relay)),
        (Phase::Ack, 0, &prepared, 998, ack(Route::Direct)),
        (Phase::Ack, 0, &prepared, 1_000, MinerStep::Wait),
        (Phase::Ack, 3, &prepared, 900, MinerStep::Answer),
        (Phase::Ack, 3, &ready, 900, MinerStep::Wait),
        (Phase::Precommit, 0, &fresh, 900, MinerStep::Answer),
        (Phase::Precommit, 0, &ready, 900, precommit(Route::Relay)),
        (Phase::Precommit, 0, &said, 902, MinerStep::Wait),
        (Phase::Precommit, 0, &said, 903, precommit(Route::Relay)),
        // Handed to a keeper that may stand still, with the deadline at hand now; and then sent by itself.
        (Phase::Precommit, 0, &handed_late, 997, MinerStep::Wait),
        (Phase::Precommit, 0, &handed_late, 998, precommit(Route::Direct)),
        (Phase::Precommit, 0, &sent, 999, MinerStep::Wait),
        (Phase::Precommit, 3, &ready, 900, MinerStep::Wait),
        (Phase::Commit, 0, &ready, 900, commit(Route::Relay)),
        (Phase::Commit, 0, &ready, 999, commit(Route::Direct)),
        (Phase::Commit, 0, &fresh, 900, MinerStep::Answer),
        (Phase::Commit, 3, &ready, 900, MinerStep::Wait),
        (Phase::Ended, 0, &ready, 900, MinerStep::Forget),
    ];
    for (row, (phase, done, known, now, step)) in table.into_iter().enumerate() {
        assert_eq!(decide(&policy, keys[2].address(), &task(phase, done), known, now), step, "row {row}");
    }
    assert_eq!(decide(&policy, Address::ZERO, &task(Phase::Ack, 0), &fresh, 900), MinerStep::Forget);
    let mut missed = task(Phase::Precommit, 0);
    missed.replicas[2].last_message = None;
    assert_eq!(
        decide(&policy, keys[2].address(), &missed, &prepared, 900),
        MinerStep::Forget,
        "the task goes on without this miner"
    );
}
