//! What a receipt is made of, as tables.

mod jury;

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use cor_core::task::lane::{Price, crew_mark, split::split, submit};
use cor_errors::Coded as _;
use cor_ports::domain::{Crew, History, LaneDomain, LaneState, LaneTerms, Opening, Phase, Reveal, Seat, Status};
use cor_ports::{ChainError, jury::Times, lane};
use cor_sol::{
    lane::ILane::{
        ILaneEvents as Lane, SlashOwed, TaskEnded, TaskRecord, TaskSubmitted, completeCall, finishCall, reportSecondCall,
    },
    staking::IStaking::{self, IStakingEvents as Staking},
};
use cor_wire::{
    deployment::Deployment,
    name::{ReplicaOutcome, Step, TaskPhase, TaskStatus},
    receipt::Receipt,
};

use super::{
    describe::wei,
    fold::{Found, Kept, Place, Sender, TaskLog, fold},
};
use crate::chain::Event;

const TASK: B256 = B256::repeat_byte(7);
const PAYER: Address = Address::repeat_byte(3);
const KEEPER: Address = Address::repeat_byte(4);
const LANE: Address = Address::repeat_byte(5);
const JURY: Address = Address::repeat_byte(9);
const DIGEST: B256 = B256::repeat_byte(6);
const SALT: B256 = B256::repeat_byte(8);
/// Of every block.
const BLOCK_HASH: B256 = B256::repeat_byte(10);
const REVEAL: Reveal = Reveal { result_digest: DIGEST, salt: SALT };
const DOMAIN: LaneDomain = LaneDomain { chain_id: 412_346, lane: LANE };

fn deployment() -> Deployment {
    Deployment {
        chain_id: DOMAIN.chain_id,
        from_block: 0,
        runtime: Address::ZERO,
        cor: Address::ZERO,
        staking: Address::ZERO,
        session_payment_table: Address::ZERO,
        vault: Address::ZERO,
        node_pool: Address::ZERO,
        lane: LANE,
        lens: Address::ZERO,
        jury: JURY,
    }
}

/// Keys of the three miners.
fn keys() -> Vec<PrivateKeySigner> {
    (1_u8..4).map(|byte| PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).unwrap()).collect()
}

fn crew() -> Crew {
    Crew { keeper: KEEPER, miners: keys().iter().map(PrivateKeySigner::address).collect() }
}

fn opening() -> Opening {
    let terms = LaneTerms {
        model: 1,
        max_tokens: 8,
        answer_kind: 0,
        replicas: 3,
        quorum_bps: 5_001,
        open_secs: 60,
        precommit_secs: 30,
        reveal_secs: 30,
        priced: 0,
    };
    Opening {
        price: Price { per_replica: 10, network: 3, gas: 2 },
        terms,
        prompt_digest: DIGEST,
        no_reveal: 100,
        bad_reveal: 200,
        block: 9,
        time: 50,
        no_result_gas_cap_bps: 5_000,
    }
}

fn assignment() -> B256 {
    lane::assignment_of(TASK, History::begin(opening()).opening_hash, &crew())
}

fn commitment(replica: u8, reveal: &Reveal) -> B256 {
    lane::commitment(&DOMAIN, assignment(), replica, crew().miners[usize::from(replica)], reveal)
}

fn submitted() -> Event {
    Event::Lane(Lane::TaskSubmitted(TaskSubmitted {
        task: TASK,
        payer: PAYER,
        session: 1,
        sequence: 4,
        deadline: 110,
        charged: 35,
        clientReference: B256::ZERO,
        opening: opening().encode().into(),
        promptUrn: "urn:cor:blob:x".to_owned(),
    }))
}

fn record(phase: Phase, bytes: Vec<u8>) -> Event {
    Event::Lane(Lane::TaskRecord(TaskRecord { task: TASK, phase: phase.number(), deadline: 90, record: bytes.into() }))
}

/// The record of a start with so many bound of three.
fn assigned(bound: u8) -> Vec<u8> {
    let seat = |replica: u8| (crew().miners[usize::from(replica)], (replica < bound).then(|| commitment(replica, &REVEAL)));
    History::begin(opening()).assign(&(0..3).map(seat).collect::<Vec<_>>())
}

/// A start with two bound of three.
fn started() -> Event {
    record(Phase::Precommit, assigned(2))
}

/// Who served, as the end of a task with these seats tells it.
fn served(seats: &[Seat]) -> Vec<u8> {
    assigned((0..3).map(|replica| u8::from(seats[replica] != Seat::Silent)).sum()).split_off(1)
}

fn revealed(replica: u8) -> Event {
    record(Phase::Reveal, [&[3, replica], DIGEST.as_slice()].concat())
}

/// A state with these seats.
fn state(phase: Phase, status: Status, seats: [Seat; 3]) -> LaneState {
    let keeper = if phase == Phase::Ended { crew_mark(assignment(), &served(&seats)) } else { KEEPER };
    let mut state = LaneState { phase, status, keeper, ..submit(&opening(), 50) };
    state.seats[..3].copy_from_slice(&seats);
    state
}

/// The log of an end with these seats.
fn ended(state: &LaneState, result: B256) -> Event {
    let split = split(&opening(), state).unwrap();
    let paid = (0_u8..).zip(split.to_miners).filter(|(_, share)| *share > 0).map(|(replica, _)| 1 << replica).sum();
    Event::Lane(Lane::TaskEnded(TaskEnded {
        task: TASK,
        payer: PAYER,
        keeper: KEEPER,
        status: state.status.number(),
        resultDigest: result,
        seats: state.packed_seats(),
        paid,
        perMiner: split.to_miners.iter().copied().max().unwrap(),
        toKeeper: split.to_keeper,
        toTreasury: split.to_treasury,
        refunded: split.refunded,
        crew: served(&state.seats).into(),
    }))
}

fn slashed(node: Address, amount: u64) -> Event {
    let (amount, left) = (U256::from(amount), U256::ZERO);
    Event::Staking(Staking::Slashed(IStaking::Slashed { slasher: LANE, node, taskId: 1, reason: 2, amount, left }))
}

fn owed(node: Address, amount: u64) -> Event {
    Event::Lane(Lane::SlashOwed(SlashOwed { task: TASK, node, reason: 2, amount }))
}

/// Logs of transactions, one for each entry, in blocks from 10 on whose times begin at `first_time`.
fn found(first_time: u64, transactions: Vec<(Option<Bytes>, Vec<Event>)>) -> Found {
    let times_of_jury = Times { epoch_secs: 20, ..Times::default() };
    let mut found = Found { times_of_jury, logs: Vec::new(), times: BTreeMap::new(), senders: BTreeMap::new() };
    for (block, (input, events)) in (10_u64..).zip(transactions) {
        let transaction = B256::with_last_byte(u8::try_from(block).unwrap());
        found.times.insert(block, first_time + (block - 10));
        found.senders.insert(transaction, Sender { from: KEEPER, gas_used: block, input });
        for (log_index, event) in (0..).zip(events) {
            let place = Place { block, transaction_index: 0, log_index, transaction, block_hash: BLOCK_HASH };
            found.logs.push(TaskLog { event, place, time: None });
        }
    }
    found
}

/// What the lane keeps of a task with this state and these logs.
fn kept(state: &LaneState, found: &Found) -> Kept {
    let mut bytes = opening().encode();
    for log in &found.logs {
        if let Event::Lane(Lane::TaskRecord(event)) = &log.event {
            bytes.extend_from_slice(&event.record);
        }
    }
    let seal = History::read(&bytes).filter(|_| state.phase != Phase::Ended).map(|history| history.seal);
    Kept { state: *state, seal: seal.unwrap_or_default() }
}

fn receipt(state: &LaneState, found: Found) -> Result<Receipt, ChainError> {
    fold(&deployment(), TASK, &kept(state, &found), found)
}

const OPEN: [Seat; 3] = [Seat::Silent; 3];

#[test]
fn what_never_happened_is_absent() {
    let open = receipt(&state(Phase::Open, Status::Open, OPEN), found(100, vec![(None, vec![submitted()])])).unwrap();
    assert_eq!((open.phase, open.status, open.deadline), (TaskPhase::Open, TaskStatus::Open, Some(110)));
    assert_eq!((open.prompt_digest, open.price.total, open.price.per_replica), (DIGEST, wei(35), wei(10)));
    assert_eq!((open.result_digest, open.settlement.as_ref(), open.replicas.len()), (None, None, 0));
    let seats = [Seat::Committed, Seat::Committed, Seat::Silent];
    let bound = found(100, vec![(None, vec![submitted()]), (None, vec![started()])]);
    let bound = receipt(&state(Phase::Precommit, Status::Open, seats), bound).unwrap();
    let silent = &bound.replicas[2];
    assert_eq!((silent.bound_at, silent.revealed_at, silent.commitment), (None, None, None));
    assert_eq!((silent.result_digest, silent.salt, silent.verified, silent.outcome), (None, None, None, ReplicaOutcome::Pending));
    assert_eq!(bound.replicas[0].bound_at, Some(101));
    assert_eq!(bound.replicas[0].commitment, Some(commitment(0, &REVEAL)));
    let json = serde_json::to_value(&bound).unwrap();
    assert!(
        json["result_digest"].is_null() && json["replicas"][2]["verified"].is_null() && json["replicas"][2]["bound_at"].is_null()
    );
}

/// The way through a start: what is bound comes from the record, salts from the input of who finished.
#[test]
fn a_started_task_tells_who_was_bound_to_what_and_what_opens_it() {
    let end = state(Phase::Ended, Status::Completed, [Seat::Follows(0), Seat::Follows(0), Seat::Silent]);
    let reveals: Vec<u8> = (0..2_u8).flat_map(|replica| [&[replica], DIGEST.as_slice(), SALT.as_slice()].concat()).collect();
    let finish = finishCall { payer: PAYER, sequence: 4, history: Bytes::new(), reveals: reveals.into() }.abi_encode();
    let logs = |input| {
        vec![(None, vec![submitted()]), (None, vec![started()]), (input, vec![revealed(0), revealed(1), ended(&end, DIGEST)])]
    };
    let told = receipt(&end, found(0, logs(Some(finish.into())))).unwrap();
    assert_eq!((told.phase, told.status, told.deadline), (TaskPhase::Ended, TaskStatus::Completed, None));
    let outcomes: Vec<_> = told.replicas.iter().map(|replica| replica.outcome).collect();
    assert_eq!(outcomes, [ReplicaOutcome::Agreed, ReplicaOutcome::Agreed, ReplicaOutcome::NoPrecommit]);
    assert_eq!(
        (told.replicas[0].salt, told.replicas[0].verified, told.replicas[0].revealed_at),
        (Some(SALT), Some(true), Some(2))
    );
    assert_eq!((told.replicas[0].earned, told.replicas[2].earned), (wei(10), U256::ZERO));
    let money = told.settlement.unwrap();
    assert_eq!((money.to_miners, money.to_keeper, money.to_treasury), (wei(20), wei(2), wei(2)));
    assert_eq!(money.charged + money.refunded, told.price.total);
    assert_eq!(money.to_miners + money.to_keeper + money.to_treasury, money.charged);
    let steps: Vec<_> = told.transactions.iter().map(|line| (line.step, line.gas_used)).collect();
    assert_eq!(steps, [(Step::Submit, 10), (Step::Start, 11), (Step::End, 12)]);

    let by_another_contract = receipt(&end, found(0, logs(None))).unwrap();
    assert_eq!((by_another_contract.replicas[0].salt, by_another_contract.replicas[0].verified), (None, None));
    assert_eq!(by_another_contract.replicas[0].result_digest, Some(DIGEST), "the record has it");
}

/// The way by one transaction: commitments are told at the end, digests and salts are in its input.
#[test]
fn a_completion_is_held_against_what_the_miners_were_bound_to() {
    let end = state(Phase::Ended, Status::Completed, [Seat::Follows(0); 3]);
    let complete = |odd: bool| {
        let answer = |replica: u8| {
            let salt = if odd && replica == 1 { DIGEST } else { SALT };
            [crew().miners[usize::from(replica)].as_slice(), &[1; 64], DIGEST.as_slice(), salt.as_slice()].concat()
        };
        let (opening, assign, answers) = (opening().encode().into(), Bytes::new(), (0..3).flat_map(answer).collect::<Vec<_>>());
        completeCall { payer: PAYER, sequence: 4, opening, answers: answers.into(), keeper: KEEPER, assign }.abi_encode()
    };
    for (odd, verified) in [(false, [Some(true); 3]), (true, [Some(true), Some(false), Some(true)])] {
        let logs = vec![(None, vec![submitted()]), (Some(complete(odd).into()), vec![ended(&end, DIGEST)])];
        let told = receipt(&end, found(100, logs)).unwrap();
        assert_eq!(told.replicas.iter().map(|replica| replica.verified).collect::<Vec<_>>(), verified);
        assert_eq!((told.replicas[1].bound_at, told.replicas[1].revealed_at), (Some(101), Some(101)));
        assert_eq!((told.keeper, told.result_digest), (Some(KEEPER), Some(DIGEST)));
        assert_eq!(told.replicas[1].commitment, Some(commitment(1, &REVEAL)));
    }
    // By another contract: what they were bound to is in the log, what opens it is not.
    let told = receipt(&end, found(100, vec![(None, vec![submitted()]), (None, vec![ended(&end, DIGEST)])])).unwrap();
    assert_eq!((told.replicas[1].commitment, told.replicas[1].verified), (Some(commitment(1, &REVEAL)), None));
}

#[test]
fn a_lie_costs_stake_and_what_was_not_taken_is_owed() {
    let end = state(Phase::Ended, Status::Completed, [Seat::Follows(0), Seat::Follows(0), Seat::Bad]);
    let (liar, stranger) = (crew().miners[2], Address::repeat_byte(9));
    let logs = vec![
        (None, vec![submitted()]),
        (None, vec![record(Phase::Reveal, assigned(3))]),
        (None, vec![record(Phase::Reveal, vec![4, 2])]),
        (None, vec![revealed(0), revealed(1), ended(&end, DIGEST), slashed(liar, 50), owed(liar, 150), slashed(stranger, 1)]),
        // A slash of another task whose number Staking cannot tell from this one's.
        (None, vec![slashed(liar, 7)]),
        (None, vec![slashed(liar, 50), owed(liar, 100)]),
    ];
    let told = receipt(&end, found(100, logs)).unwrap();
    let replica = &told.replicas[2];
    assert_eq!((replica.outcome, replica.revealed_at), (ReplicaOutcome::BadReveal, Some(102)));
    assert_eq!((replica.slashed, replica.owed, replica.earned), (U256::from(100), wei(100), U256::ZERO));
    assert_eq!(told.timeline.len(), 11, "{:#?}", told.timeline);
    let steps: Vec<_> = told.transactions.iter().map(|line| line.step).collect();
    assert_eq!(steps, [Step::Submit, Step::Start, Step::ReportBadReveal, Step::End, Step::Other]);
}

#[test]
fn a_task_that_expired_has_no_crew_and_all_comes_back() {
    let end = LaneState { keeper: Address::ZERO, ..state(Phase::Ended, Status::Expired, OPEN) };
    let over = Event::Lane(Lane::TaskEnded(TaskEnded {
        task: TASK,
        payer: PAYER,
        keeper: Address::ZERO,
        status: Status::Expired.number(),
        resultDigest: B256::ZERO,
        seats: 0,
        paid: 0,
        perMiner: 0,
        toKeeper: 0,
        toTreasury: 0,
        refunded: 35,
        crew: Bytes::new(),
    }));
    let told = receipt(&end, found(100, vec![(None, vec![submitted()]), (None, vec![over])])).unwrap();
    assert_eq!((told.status, told.keeper, told.replicas.len(), told.result_digest), (TaskStatus::Expired, None, 0, None));
    let money = told.settlement.unwrap();
    assert_eq!((money.charged, money.refunded), (U256::ZERO, wei(35)));
}

#[test]
fn the_order_in_which_logs_come_does_not_matter() {
    let end = state(Phase::Ended, Status::Completed, [Seat::Follows(0), Seat::Follows(0), Seat::Silent]);
    let events = || {
        let last = vec![revealed(0), revealed(1), ended(&end, DIGEST)];
        vec![(None, vec![submitted()]), (None, vec![started()]), (None, last)]
    };
    let expected = receipt(&end, found(100, events())).unwrap();
    let mut late = found(100, events());
    late.logs.reverse();
    let twice = late.logs[0].clone();
    late.logs.push(twice);
    assert_eq!(receipt(&end, late).unwrap(), expected);
    let times: Vec<_> = expected.timeline.iter().map(|entry| entry.timestamp).collect();
    assert_eq!(times, [100, 101, 102, 102, 102]);
}

#[test]
fn the_time_in_a_log_comes_before_the_blocks() {
    let mut found = found(100, vec![(None, vec![submitted()])]);
    found.logs.iter_mut().for_each(|log| log.time = Some(55));
    found.times.clear();
    assert_eq!(receipt(&state(Phase::Open, Status::Open, OPEN), found).unwrap().timeline[0].timestamp, 55);
}

#[test]
fn what_a_node_lacks_is_named() {
    let whole = || found(100, vec![(None, vec![submitted()]), (None, vec![started()])]);
    type Loss = fn(&mut Found);
    let table: [(&str, Loss, &str); 4] = [
        ("a block", |found| found.times.retain(|block, _| *block != 11), "block 11"),
        ("a transaction", |found| found.senders.retain(|hash, _| *hash != B256::with_last_byte(11)), "transaction 0x"),
        ("the submission", |found| drop(found.logs.remove(0)), "the submission of task 0x"),
        ("a record", |found| found.logs[1].event = record(Phase::Reveal, vec![9]), "a record of task 0x"),
    ];
    let bound = state(Phase::Precommit, Status::Open, [Seat::Committed, Seat::Committed, Seat::Silent]);
    for (lost, lose, named) in table {
        let mut found = whole();
        lose(&mut found);
        match receipt(&bound, found) {
            Err(error) => assert!(error.code() == "CHN-011" && error.to_string().contains(named), "{lost}: {error}"),
            other => panic!("{lost}: {other:?}"),
        }
    }
    let over = receipt(&state(Phase::Ended, Status::Expired, OPEN), whole()).unwrap_err();
    assert!(over.to_string().contains("the end of task 0x"), "{over}");
}

/// The chain keeps a word of what the logs say: of an open task the seal over all of it, of one that ended the mark of its crew.
#[test]
fn logs_of_which_the_lane_keeps_something_else_are_refused() {
    let seats = [Seat::Committed, Seat::Committed, Seat::Silent];
    let bound = state(Phase::Precommit, Status::Open, seats);
    let open = || found(100, vec![(None, vec![submitted()]), (None, vec![started()])]);
    let right = kept(&bound, &open());
    let mut cut = open();
    cut.logs.pop();
    for (kept, found) in [(Kept { seal: DIGEST, ..right }, open()), (right, cut)] {
        let error = fold(&deployment(), TASK, &kept, found).unwrap_err();
        assert!(error.code() == "CHN-011" && error.to_string().contains("the seal of its logs is"), "{error}");
    }
    assert!(fold(&deployment(), TASK, &right, open()).is_ok());

    let end = state(Phase::Ended, Status::Completed, [Seat::Follows(0); 3]);
    let over = |keeper| {
        let mut over = ended(&end, DIGEST);
        if let Event::Lane(Lane::TaskEnded(event)) = &mut over {
            event.keeper = keeper;
        }
        found(100, vec![(None, vec![submitted()]), (None, vec![over])])
    };
    let right = Kept { state: end, seal: B256::ZERO };
    let none = Kept { state: LaneState { keeper: Address::ZERO, ..end }, ..right };
    for (kept, found) in [(right, over(PAYER)), (none, over(KEEPER))] {
        let error = fold(&deployment(), TASK, &kept, found).unwrap_err();
        assert!(error.code() == "CHN-011" && error.to_string().contains("the crew of its logs has the mark"), "{error}");
    }
    assert!(fold(&deployment(), TASK, &right, over(KEEPER)).is_ok());
}

/// It is reported once the task ended, whose outcome stays. What it was bound to is in the record, and the second one in the input of who reported it alone.
#[test]
fn a_second_commitment_is_told_from_a_bad_reveal() {
    let voted = state(Phase::Ended, Status::Completed, [Seat::Follows(0); 3]);
    let end = state(Phase::Ended, Status::Completed, [Seat::Follows(0), Seat::Bad, Seat::Bad]);
    let (history, signature) = (Bytes::new(), Bytes::new());
    let report = reportSecondCall { payer: PAYER, sequence: 4, history, keeper: KEEPER, replica: 1, commitment: SALT, signature }
        .abi_encode();
    for (input, second) in [(Some(Bytes::from(report)), Some(SALT)), (None, None)] {
        let logs = vec![
            (None, vec![submitted()]),
            (None, vec![record(Phase::Reveal, assigned(3))]),
            (None, vec![revealed(0), revealed(1), revealed(2), ended(&voted, DIGEST)]),
            (input, vec![record(Phase::Ended, vec![4, 1])]),
            (None, vec![record(Phase::Ended, vec![4, 2])]),
        ];
        let told = receipt(&end, found(100, logs)).unwrap();
        let [first, replica, _] = &told.replicas[..] else { panic!("{:?}", told.replicas) };
        assert_eq!(
            (replica.outcome, replica.revealed_at, replica.second_commitment),
            (ReplicaOutcome::BadReveal, Some(102), second)
        );
        assert_eq!((first.outcome, replica.earned), (ReplicaOutcome::Agreed, wei(10)), "they had their votes, and their pay");
        assert_eq!((replica.commitment, replica.result_digest), (Some(commitment(1, &REVEAL)), Some(DIGEST)));
        assert!(told.replicas.iter().all(|replica| replica.index == 1 || replica.second_commitment.is_none()));
        assert_eq!(told.transactions[3].step, Step::ReportBadReveal);
    }
    // Of one that was completed the record of who served is not in its log.
    let logs =
        vec![(None, vec![submitted()]), (None, vec![ended(&voted, DIGEST)]), (None, vec![record(Phase::Ended, vec![4, 1])])];
    assert_eq!(receipt(&end, found(100, logs)).unwrap().replicas[1].outcome, ReplicaOutcome::BadReveal);
}
