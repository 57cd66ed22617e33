//! A task is read whole, as of one block, or not at all.

use std::sync::{Arc, Mutex, MutexGuard};

use alloy::{
    primitives::{Address, B256, Bytes},
    rpc::types::Log,
    sol_types::{SolCall, SolEvent},
};
use cor_core::task::lane::{Price, messages::task_id};
use cor_errors::Coded as _;
use cor_ports::domain::{History, LaneState, LaneTerms, Opening, Phase, Status, TaskRecord};
use cor_ports::{ChainError, lane};
use cor_sol::lane::ILane;
use serde_json::{Value, json};

use super::{deployment, log, node};
use crate::chain::task_record;

const PAYER: Address = Address::repeat_byte(0xaa);
const SEQUENCE: u64 = 9;
const HEAD: u64 = 30;

fn id() -> B256 {
    task_id(PAYER, SEQUENCE)
}

/// What a node has of the task.
#[derive(Clone)]
struct Kept {
    logs: Vec<Log>,
    state: B256,
    seal: B256,
}

/// A task that was started with one of two miners and waits for reveals: its logs, in the order of the chain, and its history.
fn started() -> (Kept, History) {
    let terms = LaneTerms {
        model: 5,
        max_tokens: 8,
        answer_kind: 0,
        replicas: 2,
        quorum_bps: 5_001,
        open_secs: 60,
        precommit_secs: 30,
        reveal_secs: 30,
        priced: 0,
    };
    let opening = Opening {
        price: Price { per_replica: 1, network: 1, gas: 1 },
        terms,
        prompt_digest: B256::repeat_byte(1),
        no_reveal: 2,
        bad_reveal: 3,
        block: 20,
        time: 1_000,
        no_result_gas_cap_bps: 0,
    };
    let mut history = History::begin(opening);
    let submitted = ILane::TaskSubmitted {
        task: id(),
        payer: PAYER,
        session: 4,
        sequence: SEQUENCE,
        deadline: 1_060,
        charged: 4,
        clientReference: B256::repeat_byte(2),
        opening: opening.encode().into(),
        promptUrn: "urn:x".to_owned(),
    };
    let record = |place, record: Vec<u8>| {
        log(deployment().lane, place, &ILane::TaskRecord { task: id(), phase: 2, deadline: 1_090, record: record.into() })
    };
    let assigned = history.assign(&[(Address::repeat_byte(1), Some(B256::repeat_byte(3))), (Address::repeat_byte(2), None)]);
    let bound = history.precommit(1, B256::repeat_byte(4)).unwrap();
    let logs = vec![
        log(deployment().lane, (20, 3), &submitted),
        record((21, 9), assigned),
        record((22, 1), bound),
        record((22, 10), Vec::new()),
    ];
    let state = LaneState { phase: Phase::Reveal, replicas: 2, deadline: 1_120, ..LaneState::default() };
    (Kept { logs, state: state.pack(), seal: history.seal }, history)
}

/// What was asked of a node.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<(String, Value)>>>);

impl Asked {
    fn all(&self) -> MutexGuard<'_, Vec<(String, Value)>> {
        self.0.lock().unwrap()
    }

    fn count(&self, method: &str) -> usize {
        self.all().iter().filter(|(asked, _)| asked == method).count()
    }
}

/// Reads the task from a node that has `tries[n]` at the n-th reading, and the last of them at later ones.
async fn read(tries: Vec<Kept>) -> (Result<Option<TaskRecord>, ChainError>, Asked) {
    let asked = Asked::default();
    let told = asked.clone();
    let provider = node(move |method, params| {
        told.all().push((method.to_owned(), params.clone()));
        let reading = told.count("eth_blockNumber").min(tries.len());
        let kept = &tries[reading - 1];
        match method {
            "eth_blockNumber" => json!(format!("{HEAD:#x}")),
            "eth_getLogs" => json!(kept.logs),
            "eth_call" => {
                let input: Bytes = serde_json::from_value(params[0]["input"].clone()).unwrap();
                let call = ILane::taskOfCall::abi_decode(&input).unwrap();
                assert_eq!((call.payer, call.sequence), (PAYER, SEQUENCE));
                let words = ILane::taskOfReturn { state: kept.state, seal: kept.seal };
                json!(Bytes::from(ILane::taskOfCall::abi_encode_returns(&words)))
            }
            other => panic!("{other} is not needed"),
        }
    });
    (task_record(&provider.await, "node", &deployment(), id()).await, asked)
}

#[tokio::test]
async fn logs_in_any_order_make_the_history_that_the_seal_is_of() {
    let (kept, history) = started();
    let shuffled = [3, 1, 0, 2].map(|at: usize| kept.logs[at].clone()).to_vec();
    let (task, asked) = read(vec![Kept { logs: shuffled, ..kept.clone() }]).await;
    let task = task.unwrap().unwrap();
    assert_eq!((task.id, task.payer, task.sequence), (id(), PAYER, SEQUENCE));
    assert_eq!((task.state, &task.history), (LaneState::unpack(kept.state), &history));
    assert_eq!(History::read(&task.bytes), Some(history));
    let submission = task.submission;
    assert_eq!((submission.session, submission.charged, submission.prompt_urn.as_str()), (4, 4, "urn:x"));
    assert_eq!(submission.client_reference, B256::repeat_byte(2));
    assert_eq!((submission.block_number, Some(submission.block_hash)), (20, kept.logs[0].block_hash));

    let asked = asked.all();
    let [(_, _), (_, filter), (_, call)] = &asked[..] else { panic!("{asked:?}") };
    let (filter, block) = (&filter[0], format!("{HEAD:#x}"));
    assert_eq!((&filter["fromBlock"], &filter["toBlock"], &call[1]), (&json!("0x5"), &json!(block), &json!(block)), "one block");
    assert_eq!((&filter["address"], &call[0]["to"]), (&json!(deployment().lane), &json!(deployment().lane)));
    assert_eq!(filter["topics"][1], json!(id()));
    let mut events: Vec<B256> = serde_json::from_value(filter["topics"][0].clone()).unwrap();
    let mut expected =
        vec![ILane::TaskSubmitted::SIGNATURE_HASH, ILane::TaskRecord::SIGNATURE_HASH, ILane::TaskEnded::SIGNATURE_HASH];
    events.sort();
    expected.sort();
    assert_eq!(events, expected);
}

#[tokio::test]
async fn a_task_that_the_chain_does_not_have_is_none() {
    let (kept, _) = started();
    let (task, asked) = read(vec![Kept { logs: Vec::new(), ..kept.clone() }]).await;
    assert_eq!((task.unwrap(), asked.count("eth_call")), (None, 0));
    let (task, _) = read(vec![Kept { state: B256::ZERO, seal: B256::ZERO, ..kept }]).await;
    assert_eq!(task.unwrap(), None, "its block was replaced between the two readings");
}

#[tokio::test]
async fn a_history_that_does_not_fit_is_read_once_more() {
    let (kept, history) = started();
    let other = Kept { seal: B256::repeat_byte(1), ..kept.clone() };
    let (task, asked) = read(vec![other.clone(), kept.clone()]).await;
    assert_eq!((task.unwrap().unwrap().history, asked.count("eth_getLogs")), (history, 2));

    let mut cut = kept.clone();
    cut.logs.remove(2);
    let mut unstarted = kept.clone();
    unstarted.logs.remove(1);
    let mut headless = kept;
    headless.logs.remove(0);
    for (kept, words) in [
        (other, "the seal of its logs is"),
        (cut, "the seal of its logs is"),
        (unstarted, "its logs make no history"),
        (headless, "it has records of it"),
    ] {
        let (task, asked) = read(vec![kept]).await;
        let error = task.unwrap_err();
        assert!(matches!(error, ChainError::HistoryMissing { .. }) && error.to_string().contains(words), "{error}");
        assert_eq!(asked.count("eth_getLogs"), 2);
    }
}

/// The end of the task with this history, by `keeper`: its log, and the state that the lane has of it.
fn over(kept: &Kept, keeper: Address, history: &History, status: Status) -> (Log, B256) {
    let end = ILane::TaskEnded {
        task: id(),
        payer: PAYER,
        keeper,
        status: status.number(),
        resultDigest: B256::ZERO,
        seats: 0,
        paid: 0,
        perMiner: 0,
        toKeeper: 0,
        toTreasury: 0,
        refunded: 4,
        crew: history.crew().into(),
    };
    let keeper = lane::mark_of(id(), history, keeper);
    let state = LaneState { phase: Phase::Ended, status, keeper, ..LaneState::unpack(kept.state) };
    (log(deployment().lane, (23, 1), &end), state.pack())
}

#[tokio::test]
async fn the_history_of_an_ended_task_is_what_its_logs_tell() {
    let (mut kept, mut history) = started();
    let keeper = Address::repeat_byte(0xee);
    let opening = kept.logs[0].clone();
    let (end, state) = over(&kept, keeper, &history, Status::NoQuorum);
    kept.logs.push(end.clone());
    let (task, _) = read(vec![Kept { state, seal: B256::ZERO, ..kept.clone() }]).await;
    let task = task.unwrap().unwrap();
    assert_eq!((task.state, &task.history, task.served_by), (LaneState::unpack(state), &history, Some(keeper)));
    assert_eq!(task.crew().map(|crew| (crew.keeper, crew.miners)), Some((keeper, history.miners())));

    // Completed in one step, and a second commitment reported after it: who served is told by the end alone.
    let second = ILane::TaskRecord { task: id(), phase: 4, deadline: 1_090, record: vec![4, 1].into() };
    let second = log(deployment().lane, (24, 1), &second);
    let (task, _) = read(vec![Kept { logs: vec![opening.clone(), end.clone(), second], state, seal: B256::ZERO }]).await;
    history.report(1);
    let task = task.unwrap().unwrap();
    assert_eq!((task.history.told, task.history.opening), (history.told.clone(), history.opening));
    assert_eq!(task.bytes[116..], [&lane::crew_record(&history.crew())[..], &[4, 1]].concat());

    // Nobody served it.
    let none = History::begin(history.opening);
    let (end, state) = over(&kept, Address::ZERO, &none, Status::Expired);
    let (task, _) = read(vec![Kept { logs: vec![opening, end], state, seal: B256::ZERO }]).await;
    let task = task.unwrap().unwrap();
    assert_eq!((task.history, task.served_by, task.state.keeper), (none, None, Address::ZERO));
}

#[tokio::test]
async fn an_end_of_which_the_lane_keeps_something_else_is_refused() {
    let (mut kept, history) = started();
    let (end, state) = over(&kept, Address::repeat_byte(0xee), &history, Status::NoQuorum);
    let (forged, _) = over(&kept, Address::repeat_byte(0xed), &history, Status::NoQuorum);
    for (log, words) in [(None, "its logs do not"), (Some(forged), "the crew of its logs has the mark")] {
        let mut told = kept.clone();
        told.logs.extend(log);
        let (task, asked) = read(vec![Kept { state, seal: B256::ZERO, ..told }]).await;
        let error = task.unwrap_err();
        assert!(matches!(error, ChainError::HistoryMissing { .. }) && error.to_string().contains(words), "{error}");
        assert_eq!(asked.count("eth_getLogs"), 2);
    }
    kept.logs.push(end);
    assert!(read(vec![Kept { state, seal: B256::ZERO, ..kept }]).await.0.is_ok());
}

#[tokio::test]
async fn a_phase_of_another_lane_is_no_phase_of_ours() {
    let (kept, _) = started();
    let mut state = kept.state;
    state.0[0] = 5;
    let error = read(vec![Kept { state, ..kept }]).await.0.unwrap_err();
    assert_eq!(error.code(), "CHN-007", "{error}");
    assert!(error.to_string().contains("phase 5 is not known"), "{error}");
}
