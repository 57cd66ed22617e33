//! The Solidity twin of the lane's hot entries does what the lane does: both are driven with the same calldata on chains that are alike, and after each call both
//! have returned and logged the same, or reverted with the same bytes, and the same words lie in their storage. So what they cost can be compared.

use std::cell::Cell;

use alloy::{
    primitives::{B256, Bytes, U256, keccak256},
    sol_types::{SolCall, SolEvent, SolValue},
};
use cor_kit::{
    foreign::script,
    solo::{Done, Refused},
};
use cor_sol::lane::ILane;
use serde_json::json;

use super::world::{Assign, LAST_CALL_SECS, Precommit, Task, World, submitted, terms};

/// The twin's code, for whoever counts gas.
pub(super) async fn creation() -> Bytes {
    let input = json!({ "source": "LaneTwin.sol", "contract": "LaneTwin", "runs": 1_000_000, "viaIR": true });
    let compiled = script("compile.mjs", "solc", &input).await;
    compiled["creation"].as_str().expect("solc prints the code").parse().expect("hex")
}

/// The lane and its twin.
struct Pair {
    ours: World,
    theirs: World,
    sequence: Cell<u64>,
}

impl Pair {
    async fn start(slasher: bool) -> Self {
        let ours = if slasher { World::start().await } else { World::without_a_slasher().await };
        let theirs = World::of_the_twin(slasher, &creation().await).await;
        assert_eq!(ours.lane, theirs.lane, "both are at one address");
        Self { ours, theirs, sequence: Cell::new(0) }
    }

    /// Sends the same to both, which must do the same.
    fn send(&self, index: usize, data: &[u8]) -> Result<Done<Bytes>, Refused> {
        let [ours, theirs] = [&self.ours, &self.theirs].map(|world| {
            let outcome = world.solo.transact(world.account(index), world.lane, data.to_vec());
            outcome.map(|done| Done { gas_used: 0, ..done })
        });
        assert_eq!(ours, theirs, "of account {index}");
        ours
    }

    /// What both must take.
    fn by<C: SolCall>(&self, index: usize, call: &C) -> Done<Bytes> {
        let done = self.send(index, &call.abi_encode()).unwrap_or_else(|refused| panic!("{}: {refused:?}", C::SIGNATURE));
        self.assert_same_words(&[]);
        done
    }

    /// What both must refuse with the same bytes: an error of this name.
    fn refused<C: SolCall>(&self, index: usize, call: &C, name: &str) {
        match self.send(index, &call.abi_encode()) {
            Err(Refused::Known(error)) => assert_eq!(error.name(), name, "{}: {error}", C::SIGNATURE),
            other => panic!("{}: {other:?}", C::SIGNATURE),
        }
    }

    fn pass(&self, secs: u64) {
        self.ours.solo.pass(secs);
        self.theirs.solo.pass(secs);
    }

    /// Settings, counters, sessions and accounts are the same in both, and what else lies at `more`.
    fn assert_same_words(&self, more: &[B256]) {
        let at = |key: B256, map: u64| keccak256((key, U256::from(map)).abi_encode());
        let accounts = (0..16).map(|index| at(self.ours.account(index).into_word(), ACCOUNTS));
        let sessions = (1..=SESSIONS_MAX).map(|session| at(U256::from(session).into(), SESSIONS));
        let slots: Vec<B256> = [CONFIG, COUNTERS].map(|slot| U256::from(slot).into()).into_iter().collect();
        let call = ILane::extsloadCall {
            slots: slots.into_iter().chain(accounts).chain(sessions).chain(more.iter().copied()).collect(),
        };
        let [ours, theirs] = [&self.ours, &self.theirs].map(|world| world.solo.get(world.lane, &call));
        assert_eq!(ours, theirs);
    }

    /// A call that moves a task on. What it adds to its history is taken up, and the task's words are the same in both.
    fn on<C: SolCall>(&self, index: usize, task: &mut Task, call: &C) -> Vec<ILane::TaskEnded> {
        let done = self.by(index, call);
        let logs = || done.logs.iter().filter(|(contract, _)| *contract == self.ours.lane).map(|(_, log)| log);
        for record in logs().filter_map(|log| ILane::TaskRecord::decode_log_data(log).ok()) {
            task.history.extend_from_slice(&record.record);
        }
        assert_eq!(self.ours.words(task), self.theirs.words(task));
        let tariff = keccak256((terms_of(task), U256::from(TARIFFS)).abi_encode());
        self.assert_same_words(&[tariff]);
        logs().filter_map(|log| ILane::TaskEnded::decode_log_data(log).ok()).collect()
    }

    /// A task of account 2 in a session of its own.
    fn task(&self, replicas: u8, quorum_bps: u16) -> Task {
        self.sequence.set(self.sequence.get() + 1);
        let order = World::submission(0, terms(replicas, quorum_bps), self.sequence.get());
        let done = self.by(2, &both_of(order, U256::from(self.sequence.get()).into()));
        let logs: Vec<_> = done.logs.into_iter().map(|(_, log)| log).collect();
        let task = submitted(&logs);
        assert_eq!(self.ours.words(&task), self.theirs.words(&task));
        task
    }

    /// The task was started by every miner of the crew, each bound to its answer.
    fn started(&self, quorum_bps: u16, answers: &[&str]) -> Task {
        let mut task = self.task(u8::try_from(answers.len()).expect("few"), quorum_bps);
        let bound: Vec<_> = answers.iter().map(|answer| Some(*answer)).collect();
        let call = self.ours.starting(&task, &crew(answers.len()), &bound);
        self.on(1, &mut task, &call);
        task
    }

    /// Both finish the task, and end it or call once more.
    fn finish(&self, task: &mut Task, reveals: &[(usize, &str)]) -> Vec<ILane::TaskEnded> {
        let call = World::finishing(task, reveals);
        self.on(5, task, &call)
    }

    fn assigned(&self, task: &Task, crew: &[usize]) -> Bytes {
        self.ours.sign(&self.ours.solo.key(1), &Assign { assignment: self.ours.assignment(task, crew) }).into()
    }
}

// Where the lane's fields lie.
const CONFIG: u64 = 4;
const COUNTERS: u64 = 5;
const SESSIONS: u64 = 6;
const TARIFFS: u64 = 7;
const ACCOUNTS: u64 = 9;
const OWED: u64 = 11;
/// More than any test has.
const SESSIONS_MAX: u64 = 64;

fn crew(count: usize) -> Vec<usize> {
    (0..count).collect()
}

/// The terms in a task's opening.
fn terms_of(task: &Task) -> B256 {
    B256::from_slice(&task.history[24..56])
}

fn both_of(order: ILane::submitCall, metadata: B256) -> ILane::createAndSubmitCall {
    let ILane::submitCall { terms, sequence, maxCharge, promptDigest, promptUrn, clientReference, .. } = order;
    ILane::createAndSubmitCall { terms, metadata, sequence, maxCharge, promptDigest, promptUrn, clientReference }
}

/// A byte less, a byte more, and parts for more miners than there can be.
fn misshapen(bytes: &Bytes) -> [Bytes; 3] {
    let many = bytes.repeat(8);
    [bytes.slice(..bytes.len() - 1), [bytes, &[0][..]].concat().into(), many.into()]
}

#[tokio::test]
async fn the_twin_opens_sessions_and_takes_tasks_as_the_lane_does() {
    let pair = Pair::start(true).await;
    let word = terms(3, 5_001);
    let session = |terms| ILane::createSessionCall { terms, metadata: B256::repeat_byte(3) };
    pair.by(2, &session(word));
    // answerKind, and the first byte of each phase: too long; all of it zero: too short.
    for (from, bytes) in
        [(12, vec![4]), (16, vec![2]), (19, vec![2]), (22, vec![2]), (16, vec![0; 3]), (19, vec![0; 3]), (22, vec![0; 3])]
    {
        let mut bad = word;
        bad[from..from + bytes.len()].copy_from_slice(&bytes);
        pair.refused(2, &session(bad), "InputOutOfRange");
    }
    let mut unknown = word;
    unknown[0] = 9;
    pair.refused(2, &session(unknown), "UnknownModel");

    let order = |sequence| World::submission(1, word, sequence);
    pair.by(2, &order(1));
    pair.refused(2, &order(1), "SequenceUsed");
    pair.refused(4, &order(1), "NoSuchSession");
    pair.refused(2, &World::submission(2, word, 2), "NoSuchSession");
    pair.refused(2, &World::submission(1, terms(5, 5_001), 2), "NoSuchSession");
    pair.refused(2, &ILane::submitCall { promptUrn: "u".repeat(257), ..order(2) }, "InputOutOfRange");
    pair.refused(2, &ILane::submitCall { maxCharge: 1, ..order(2) }, "PriceAboveMax");
    pair.by(2, &ILane::submitCall { promptUrn: "u".repeat(256), ..order(2) });
    pair.by(2, &ILane::submitCall { promptUrn: String::new(), ..order(3) });
    pair.refused(5, &both_of(order(2), B256::ZERO), "InsufficientCredit");
    pair.by(4, &both_of(order(2), B256::ZERO));
    pair.refused(4, &both_of(order(2), B256::ZERO), "SequenceUsed");

    pair.by(0, &World::config(true));
    pair.refused(2, &session(word), "Paused");
    pair.refused(2, &order(4), "Paused");
    pair.refused(2, &both_of(order(4), B256::ZERO), "Paused");
    pair.refused(2, &World::config(false), "Unauthorized");
    pair.by(0, &ILane::setConfigCall { noReveal: 1, badReveal: u64::MAX, noResultGasCapBps: u16::MAX, paused: false });
    pair.by(2, &order(4));

    // A tariff is valid for as long as prices are known ahead: a day. Then both read it again.
    pair.pass(86_400);
    let done = pair.by(2, &order(5));
    assert!(done.logs.iter().any(|(_, log)| ILane::TariffPinned::decode_log_data(log).is_ok()), "the prices were read again");
}

/// Every way in which three miners can answer, by both ways of ending, for a majority and for unanimity.
#[tokio::test]
async fn the_twin_ends_tasks_as_the_lane_does() {
    let pair = Pair::start(true).await;
    let letters = ["A", "B", "C"];
    for number in 0..27 {
        let answers = [number / 9, number / 3 % 3, number % 3].map(|letter: usize| letters[letter]);
        let quorum = if number % 2 == 0 { 5_001 } else { 10_000 };
        let mut task = pair.task(3, quorum);
        let call = pair.ours.completion(&task, &[2, 0, 1], &answers);
        assert_eq!(pair.on(1, &mut task, &call).len(), 1);

        let mut task = pair.started(10_000 - quorum + 5_001, &answers);
        // In another order than that of the replicas, some of them before the rest.
        let order = [[0, 1, 2], [2, 0, 1], [1, 2, 0]][number % 3];
        let reveals = order.map(|replica| (replica, answers[replica]));
        assert_eq!(pair.finish(&mut task, &reveals).len(), 1);
    }
    for answers in [&["A"; 1][..], &["A"; 5], &["A", "B", "B", "A", "B"], &["A"; 7], &["A", "B", "A", "C", "A", "B", "A"]] {
        let count = u8::try_from(answers.len()).expect("few");
        for quorum in [5_001, 7_500, 10_000] {
            let mut task = pair.task(count, quorum);
            let call = pair.ours.completion(&task, &crew(answers.len()), answers);
            assert_eq!(pair.on(1, &mut task, &call).len(), 1);
            let mut task = pair.started(quorum, answers);
            let reveals: Vec<_> = answers.iter().copied().enumerate().collect();
            assert_eq!(pair.finish(&mut task, &reveals).len(), 1);
        }
    }
}

#[tokio::test]
async fn the_twin_refuses_what_the_lane_refuses() {
    let pair = Pair::start(true).await;
    let (mut task, crew) = (pair.task(3, 5_001), crew(3));
    let good = pair.ours.completion(&task, &crew, &["A"; 3]);
    for answers in misshapen(&good.answers) {
        pair.refused(1, &ILane::completeCall { answers, ..good.clone() }, "Malformed");
    }
    let cut = |bytes: &Bytes, parts: usize| bytes.slice(..bytes.len() / 3 * parts);
    pair.refused(1, &ILane::completeCall { answers: cut(&good.answers, 2), ..good.clone() }, "LaneMinerCount");
    pair.refused(1, &ILane::completeCall { answers: Bytes::new(), ..good.clone() }, "LaneMinerCount");
    for twice in [[4, 4, 4], [0, 1, 0], [0, 0, 1]] {
        pair.refused(1, &pair.ours.completion(&task, &twice, &["A"; 3]), "MinerTwice");
        pair.refused(1, &pair.ours.starting(&task, &twice, &[Some("A"), None, None]), "MinerTwice");
    }
    pair.refused(5, &ILane::completeCall { keeper: pair.ours.account(5), ..good.clone() }, "Unauthorized");
    pair.refused(5, &good, "InvalidSignature");
    // Miner, r, parity, s, digest, salt of the second replica.
    for at in [148, 168, 200, 231, 232, 264] {
        let mut answers = good.answers.to_vec();
        answers[at] ^= 0x80;
        pair.refused(1, &ILane::completeCall { answers: answers.into(), ..good.clone() }, "InvalidSignature");
    }
    let mut answers = good.answers.to_vec();
    answers[20..84].fill(0);
    pair.refused(1, &ILane::completeCall { answers: answers.into(), ..good.clone() }, "InvalidSignature");
    for (history, name) in [
        (task.history[..115].to_vec(), "Malformed"),
        ([&task.history[..], &[0]].concat(), "Malformed"),
        ([&task.history[..], &[5; 40]].concat(), "Malformed"),
        ([&task.history[..], &[1; 156]].concat(), "Malformed"),
        ([&task.history[..], &[1; 157]].concat(), "HistoryMismatch"),
        ([&task.history[..], &[1; 157], &[2; 34], &[4, 0]].concat(), "HistoryMismatch"),
        ([&task.history[..], &[1; 157], &[3; 34]].concat(), "Malformed"),
        ([&task.history[..], &[3, 0], &[7; 32]].concat(), "Malformed"),
        (vec![0; 116], "HistoryMismatch"),
    ] {
        pair.refused(1, &ILane::completeCall { opening: history.into(), ..good.clone() }, name);
    }
    pair.refused(1, &ILane::completeCall { sequence: 1_000, ..good.clone() }, "HistoryMismatch");
    pair.refused(1, &World::finishing(&task, &[(0, "A")]), "LanePhaseWrong");
    pair.refused(1, &World::finishing(&task, &[]), "LanePhaseWrong");
    let wrong = ILane::completeCall { assign: pair.assigned(&task, &[0, 1, 3]), ..good.clone() };
    pair.refused(5, &wrong, "InvalidSignature");
    let by_word = ILane::completeCall { assign: pair.assigned(&task, &crew), ..good.clone() };
    pair.on(5, &mut task, &by_word);
    pair.refused(1, &good, "LaneTaskEnded");

    let late = pair.task(3, 5_001);
    let call = pair.ours.completion(&late, &crew, &["A"; 3]);
    pair.pass(599);
    pair.pass(1);
    pair.refused(1, &call, "LaneTooLate");
    pair.refused(1, &pair.ours.starting(&late, &crew, &[Some("A"); 3]), "LaneTooLate");
}

#[tokio::test]
async fn the_twin_starts_tasks_as_the_lane_does() {
    let pair = Pair::start(true).await;
    let crew = crew(3);
    for bound in [[None; 3], [Some("A"), None, Some("B")], [None, None, Some("A")]] {
        let mut task = pair.task(3, 5_001);
        let call = pair.ours.starting(&task, &crew, &bound);
        pair.on(1, &mut task, &call);
        pair.refused(1, &call, "HistoryMismatch");
        pair.refused(1, &World::finishing(&task, &[(0, "A")]), "LanePhaseWrong");
    }
    let mut task = pair.task(3, 5_001);
    let good = pair.ours.starting(&task, &crew, &[Some("A"); 3]);
    for miners in misshapen(&good.miners) {
        pair.refused(1, &ILane::startCall { miners, ..good.clone() }, "Malformed");
    }
    // Fewer miners are another assignment, which none of these signed.
    pair.refused(1, &ILane::startCall { miners: good.miners.slice(..116), ..good.clone() }, "InvalidSignature");
    let unsigned = [pair.ours.miner(0).as_slice(), &[0; 96]].concat();
    pair.refused(1, &ILane::startCall { miners: unsigned.into(), ..good.clone() }, "LaneMinerCount");
    let mut miners = good.miners.to_vec();
    // A commitment of the second that its signature is not of; then none beside it.
    miners[136] ^= 1;
    pair.refused(1, &ILane::startCall { miners: miners.clone().into(), ..good.clone() }, "InvalidSignature");
    miners[136..168].fill(0);
    pair.refused(1, &ILane::startCall { miners: miners.clone().into(), ..good.clone() }, "InvalidSignature");
    let assignment = pair.ours.assignment(&task, &crew);
    let nothing = pair.ours.sign(pair.ours.key(1), &Precommit { assignment, commitment: B256::ZERO });
    miners[168..232].copy_from_slice(&nothing);
    pair.refused(1, &ILane::startCall { miners: miners.into(), ..good.clone() }, "CommitmentZero");
    pair.refused(5, &good, "InvalidSignature");
    pair.refused(5, &ILane::startCall { keeper: pair.ours.account(5), ..good.clone() }, "Unauthorized");
    let by_word = ILane::startCall { assign: pair.assigned(&task, &crew), ..good };
    pair.refused(5, &by_word, "LaneTooEarly");
    pair.pass(300);
    pair.on(5, &mut task, &by_word);

    for reveals in misshapen(&World::finishing(&task, &[(0, "A")]).reveals) {
        let call = ILane::finishCall { reveals, ..World::finishing(&task, &[]) };
        pair.refused(5, &call, "Malformed");
    }
    for (reveals, name) in [
        (vec![(0, "A"), (3, "A")], "NoSuchReplica"),
        (vec![(0, "A"), (0, "A")], "ReplicaDone"),
        (vec![(0, "B")], "CommitmentMismatch"),
        (vec![(0, "A"), (1, "A")], "LaneTooEarly"),
        (vec![], "LaneTooEarly"),
    ] {
        pair.refused(5, &World::finishing(&task, &reveals), name);
    }
}

/// Silence that decides is called once more, and then costs stake, of which Staking takes all or nothing.
#[tokio::test]
async fn the_twin_punishes_as_the_lane_does() {
    for slasher in [true, false] {
        let pair = Pair::start(slasher).await;
        let mut task = pair.started(10_000, &["A", "A", "B", "A", "A"]);
        pair.pass(90);
        assert_eq!(pair.finish(&mut task, &[(2, "B"), (0, "A")]).len(), 1, "nobody can decide any more");

        let mut task = pair.started(7_500, &["A", "A", "B", "A", "A"]);
        pair.pass(90);
        assert!(pair.finish(&mut task, &[(1, "A"), (2, "B")]).is_empty(), "a last call");
        pair.refused(5, &World::finishing(&task, &[]), "LaneTooEarly");
        pair.refused(5, &World::finishing(&task, &[(2, "B")]), "ReplicaDone");
        pair.pass(LAST_CALL_SECS - 1);
        pair.refused(5, &World::finishing(&task, &[]), "LaneTooEarly");
        pair.pass(1);
        let mut done = pair.by(5, &World::finishing(&task, &[(4, "A")]));
        assert_eq!(pair.ours.words(&task), pair.theirs.words(&task));
        done.logs.retain(|(contract, _)| *contract == pair.ours.lane);
        let owed = done.logs.iter().filter(|(_, log)| ILane::SlashOwed::decode_log_data(log).is_ok()).count();
        assert_eq!(owed, if slasher { 0 } else { 2 }, "of two miners");
        for index in [0, 3] {
            let key = keccak256([task.id.as_slice(), pair.ours.miner(index).as_slice(), &[1]].concat());
            pair.assert_same_words(&[keccak256((key, U256::from(OWED)).abi_encode())]);
            assert_eq!(pair.ours.staked(index), pair.theirs.staked(index));
        }

        // In time after the last call: the answers before it lead.
        let mut task = pair.started(7_500, &["A", "A", "B", "A", "A"]);
        pair.pass(90);
        assert!(pair.finish(&mut task, &[(3, "A")]).is_empty());
        let rest = [(4, "A"), (0, "A"), (2, "B"), (1, "A")];
        assert_eq!(pair.finish(&mut task, &rest).len(), 1);
    }
}
