//! What a receipt is made of, as tables.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256};
use cor_core::task::commitment::Binding;
use cor_errors::Coded as _;
use cor_ports::ChainError;
use cor_sol::{
    session_payment::ISessionPayment::{self, ISessionPaymentEvents as Payment},
    session_queue::ISessionQueue::{self, ISessionQueueEvents as Queue, Replica, TaskView},
    staking::IStaking::{self, IStakingEvents as Staking},
};
use cor_wire::{
    deployment::Deployment,
    name::{ReplicaOutcome, Step, TaskPhase, TaskStatus},
    receipt::Receipt,
};

use super::fold::{Found, Place, Sender, TaskLog, fold};
use crate::chain::Event;

const TASK: u64 = 7;
const MINER: Address = Address::repeat_byte(1);
const OTHER: Address = Address::repeat_byte(2);
const PAYER: Address = Address::repeat_byte(3);
const KEEPER: Address = Address::repeat_byte(4);
const QUEUE: Address = Address::repeat_byte(5);
const DIGEST: B256 = B256::repeat_byte(6);
const SALT: B256 = B256::repeat_byte(7);

fn deployment() -> Deployment {
    Deployment {
        chain_id: 412_346,
        runtime: Address::ZERO,
        cor: Address::ZERO,
        staking: Address::ZERO,
        session_payment_table: Address::ZERO,
        session_payment: Address::ZERO,
        node_pool: Address::ZERO,
        session_queue: QUEUE,
        from_block: 0,
    }
}

fn commitment(digest: B256, salt: B256) -> B256 {
    let binding = Binding { chain_id: 412_346, queue: QUEUE, task_id: TASK, replica: 0, miner: MINER, registration_epoch: 1 };
    binding.commitment(digest, salt)
}

/// A task whose record has nothing yet.
fn task() -> TaskView {
    let replica = |miner| Replica {
        miner,
        registrationEpoch: 1,
        outcome: 0,
        messages: 0,
        commitment: B256::ZERO,
        resultDigest: B256::ZERO,
    };
    TaskView {
        sessionId: 1,
        payer: PAYER,
        keeper: KEEPER,
        phase: 4,
        status: 0,
        answerKind: 0,
        maxTokens: 8,
        submittedAt: 0,
        deadline: 0,
        endedAt: 0,
        resultDigest: B256::ZERO,
        replicas: vec![replica(MINER), replica(OTHER)],
    }
}

fn queued() -> Event {
    Event::Queue(Queue::TaskQueued(ISessionQueue::TaskQueued {
        sessionId: 1,
        taskId: TASK,
        payer: PAYER,
        promptDigest: DIGEST,
        promptUrn: String::new(),
        answerKind: 0,
        maxTokens: 8,
        deadline: 30,
        clientReference: B256::ZERO,
    }))
}

fn reserved() -> Event {
    Event::Payment(Payment::Reserved(ISessionPayment::Reserved {
        taskId: TASK,
        payer: PAYER,
        version: 1,
        miners: 10,
        validators: 0,
        network: 1,
        gas: 2,
        rebate: 0,
        total: 13,
    }))
}

fn acked(miner: Address) -> Event {
    Event::Queue(Queue::TaskAcked(ISessionQueue::TaskAcked { taskId: TASK, miner }))
}

fn precommitted(commitment: B256) -> Event {
    Event::Queue(Queue::TaskPrecommitted(ISessionQueue::TaskPrecommitted { taskId: TASK, miner: MINER, commitment }))
}

fn committed(digest: B256) -> Event {
    Event::Queue(Queue::TaskCommitted(ISessionQueue::TaskCommitted {
        taskId: TASK,
        miner: MINER,
        resultDigest: digest,
        salt: SALT,
    }))
}

fn bad_reveal(digest: B256) -> Event {
    Event::Queue(Queue::BadReveal(ISessionQueue::BadReveal { taskId: TASK, miner: MINER, resultDigest: digest, salt: SALT }))
}

fn earned(account: Address, amount: u128) -> Event {
    Event::Payment(Payment::Earned(ISessionPayment::Earned { taskId: TASK, account, amount }))
}

fn slashed(node: Address, amount: u64) -> Event {
    let (amount, left) = (U256::from(amount), U256::ZERO);
    Event::Staking(Staking::Slashed(IStaking::Slashed { slasher: Address::ZERO, node, taskId: TASK, reason: 1, amount, left }))
}

/// Logs of transactions, one for each entry, in blocks from 10 on whose times begin at `first_time`.
fn found(first_time: u64, transactions: Vec<Vec<Event>>) -> Found {
    let mut found = Found { logs: Vec::new(), times: BTreeMap::new(), senders: BTreeMap::new() };
    for (block, events) in (10_u64..).zip(transactions) {
        let transaction = B256::with_last_byte(u8::try_from(block).unwrap());
        found.times.insert(block, first_time + (block - 10));
        found.senders.insert(transaction, Sender { from: KEEPER, gas_used: block });
        for (log_index, event) in (0..).zip(events) {
            let place = Place { block, transaction_index: 0, log_index, transaction };
            found.logs.push(TaskLog { event, place, time: None });
        }
    }
    found
}

fn receipt(found: Found) -> Result<Receipt, ChainError> {
    fold(&deployment(), TASK, &task(), found)
}

fn submission() -> Vec<Event> {
    vec![queued(), reserved()]
}

#[test]
fn what_never_happened_is_absent() {
    let receipt = receipt(found(100, vec![submission()])).unwrap();
    assert_eq!((receipt.phase, receipt.status), (TaskPhase::Commit, TaskStatus::Open));
    assert_eq!((receipt.prompt_digest, receipt.quote.total), (DIGEST, U256::from(13)));
    assert_eq!((receipt.result_digest, receipt.settlement.as_ref()), (None, None));
    for replica in &receipt.replicas {
        assert_eq!((replica.acked_at, replica.precommitted_at, replica.committed_at), (None, None, None));
        assert_eq!((replica.commitment, replica.result_digest, replica.salt, replica.verified), (None, None, None, None));
        assert_eq!(replica.outcome, ReplicaOutcome::Pending);
    }
    let json = serde_json::to_value(&receipt).unwrap();
    assert!(
        json["result_digest"].is_null() && json["replicas"][0]["verified"].is_null() && json["replicas"][0]["acked_at"].is_null()
    );
}

#[test]
fn a_reveal_at_time_zero_is_a_reveal() {
    // digest committed to, event, verified
    for (bound, event, verified) in [
        (DIGEST, committed(DIGEST), Some(true)),
        (B256::repeat_byte(9), committed(DIGEST), Some(false)),
        (B256::repeat_byte(9), bad_reveal(DIGEST), Some(false)),
    ] {
        let mut found = found(0, vec![submission(), vec![precommitted(commitment(bound, SALT))], vec![event]]);
        found.times.values_mut().for_each(|time| *time = 0);
        let receipt = receipt(found).unwrap();
        let replica = &receipt.replicas[0];
        assert_eq!((replica.precommitted_at, replica.committed_at), (Some(0), Some(0)));
        assert_eq!((replica.result_digest, replica.salt), (Some(DIGEST), Some(SALT)));
        assert_eq!(replica.verified, verified);
    }
    let unbound = receipt(found(0, vec![submission(), vec![committed(DIGEST)]])).unwrap();
    assert_eq!(unbound.replicas[0].verified, Some(false), "a reveal without a commitment opens none");
}

#[test]
fn the_order_in_which_logs_come_does_not_matter() {
    let events = || {
        vec![
            submission(),
            vec![acked(MINER), acked(OTHER)],
            vec![precommitted(commitment(DIGEST, SALT))],
            vec![committed(DIGEST), earned(MINER, 10), earned(KEEPER, 2), slashed(OTHER, 5)],
        ]
    };
    let expected = receipt(found(100, events())).unwrap();
    let mut late = found(100, events());
    late.logs.reverse();
    let twice = late.logs[0].clone();
    late.logs.push(twice);
    assert_eq!(receipt(late).unwrap(), expected);
    assert_eq!(expected.timeline.len(), 9);
    assert_eq!((expected.replicas[0].earned, expected.replicas[1].slashed), (U256::from(10), U256::from(5)));
    let times: Vec<_> = expected.timeline.iter().map(|entry| entry.timestamp).collect();
    assert_eq!(times, [100, 100, 101, 101, 102, 103, 103, 103, 103]);
    let steps: Vec<_> = expected.transactions.iter().map(|line| (line.step, line.gas_used)).collect();
    assert_eq!(steps, [(Step::Submit, 10), (Step::Ack, 11), (Step::Precommit, 12), (Step::Commit, 13)]);
}

#[test]
fn the_time_in_a_log_comes_before_the_blocks() {
    let mut found = found(100, vec![submission()]);
    found.logs.iter_mut().for_each(|log| log.time = Some(55));
    found.times.clear();
    assert_eq!(receipt(found).unwrap().timeline[0].timestamp, 55);
}

#[test]
fn what_a_node_lacks_is_named() {
    let whole = || found(100, vec![submission(), vec![acked(MINER)]]);
    type Loss = fn(&mut Found);
    let table: [(&str, Loss, &str); 5] = [
        ("a block", |found| found.times.retain(|block, _| *block != 11), "block 11"),
        ("a transaction", |found| found.senders.retain(|hash, _| *hash != B256::with_last_byte(11)), "transaction 0x"),
        ("the submission", |found| drop(found.logs.remove(0)), "the submission of task 7"),
        ("the quote", |found| drop(found.logs.remove(1)), "the submission of task 7"),
        ("the miner", |found| found.logs[2].event = acked(PAYER), "a log of 0x"),
    ];
    for (lost, lose, named) in table {
        let mut found = whole();
        lose(&mut found);
        match receipt(found) {
            Err(error) => {
                let code = if lost == "the miner" { "CHN-007" } else { "CHN-011" };
                assert_eq!(error.code(), code, "{lost}: {error}");
                assert!(error.to_string().contains(named), "{lost}: {error}");
            }
            other => panic!("{lost}: {other:?}"),
        }
    }
}

#[test]
fn a_transaction_is_named_by_its_most_telling_event() {
    let phase_changed =
        || Event::Queue(Queue::PhaseChanged(ISessionQueue::PhaseChanged { taskId: TASK, phase: 4, deadline: 50 }));
    for (events, step) in [
        (vec![acked(MINER), phase_changed()], Step::Ack),
        (vec![phase_changed()], Step::ClosePhase),
        (vec![phase_changed(), committed(DIGEST)], Step::Commit),
        (vec![slashed(MINER, 1), bad_reveal(DIGEST)], Step::ReportBadReveal),
        (vec![earned(MINER, 1)], Step::Other),
    ] {
        let receipt = receipt(found(100, vec![submission(), events])).unwrap();
        assert_eq!(receipt.transactions[1].step, step);
    }
}
