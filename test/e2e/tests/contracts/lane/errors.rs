//! Every error of the lane, by its selector and its numbers.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{SolError, SolValue as _},
};
use cor_kit::solo::{Refused, START_SECS};
use cor_sol::{ContractError, decode_revert, lane::ILane, session_payment_table::ISessionPaymentTable};

use super::world::{CREDIT, Commit, Precommit, Task, World, digest, event, logs, salt, terms, wei};

const MAJORITY: u16 = 5_001;

fn same<E: SolError>(error: &E) -> ContractError {
    decode_revert(&error.abi_encode()).expect("an error of ours")
}

fn word(text: &str) -> B256 {
    B256::right_padding_from(text.as_bytes())
}

#[tokio::test]
async fn submissions_are_refused_with_numbers() {
    let world = World::start().await;
    let payer = world.account(2);
    let session = world.session(3, MAJORITY);
    let good = World::submission(session, terms(3, MAJORITY), 1);
    let opened = |terms| world.refused(2, &ILane::createSessionCall { terms, metadata: B256::ZERO });
    let even = opened(terms(4, MAJORITY));
    assert_eq!(even, same(&ISessionPaymentTable::EvenReplicas { replicas: 4 }), "the table says it");
    let mut silent = terms(3, MAJORITY);
    // maxTokens: bytes 8 to 11.
    silent[8..12].fill(0);
    for (terms, field, value, [min, max]) in [
        (terms(0, MAJORITY), "replicas", 0, [1, 7]),
        (terms(9, MAJORITY), "replicas", 9, [1, 7]),
        (terms(3, 5_000), "quorumBps", 5_000, [5_001, 10_000]),
        (terms(3, 10_001), "quorumBps", 10_001, [5_001, 10_000]),
        (silent, "maxTokens", 0, [1, u64::from(u32::MAX)]),
    ] {
        let (value, min, max) = (U256::from(value), U256::from(min), U256::from(max));
        assert_eq!(
            opened(terms),
            same(&ISessionPaymentTable::InputOutOfRange { field: word(field), value, min, max }),
            "{field}"
        );
    }
    let foreign = world.refused(4, &good);
    assert_eq!(foreign, ILane::NoSuchSession { session, owner: world.account(4) }.into());
    let other_terms = ILane::submitCall { terms: terms(5, MAJORITY), ..good.clone() };
    assert_eq!(world.refused(2, &other_terms), ILane::NoSuchSession { session, owner: payer }.into());
    let long = ILane::submitCall { promptUrn: "x".repeat(257), ..good.clone() };
    let limits =
        ILane::InputOutOfRange { field: word("promptUrn"), value: U256::from(257), min: U256::ZERO, max: U256::from(256) };
    assert_eq!(world.refused(2, &long), same(&limits));
    let price = world.undoing(|| {
        world.by(2, &good);
        CREDIT - world.available(payer)
    });
    let capped = ILane::submitCall { maxCharge: price - 1, ..good.clone() };
    assert_eq!(world.refused(2, &capped), ILane::PriceAboveMax { price, maxCharge: price - 1 }.into());
    world.by(2, &ILane::submitCall { maxCharge: price, ..good.clone() });
    assert_eq!(world.refused(2, &good), ILane::SequenceUsed { payer, sequence: 1 }.into());
    world.by(2, &ILane::releaseCall { amount: CREDIT - price });
    let poor = ILane::submitCall { sequence: 2, ..good.clone() };
    assert_eq!(world.refused(2, &poor), ILane::InsufficientCredit { account: payer, available: 0, needed: price }.into());
    assert_eq!(world.refused(2, &ILane::releaseCall { amount: 0 }), same(&ILane::ZeroAmount {}));
    assert_eq!(world.refused(5, &ILane::passTreasuryCall {}), same(&ILane::ZeroAmount {}));
    assert_eq!(world.refused(5, &ILane::payEarningsCall { miner: payer }), same(&ILane::NothingEarned { miner: payer }));
    world.by(2, &ILane::closeSessionCall { session, terms: good.terms });
    assert_eq!(world.refused(2, &poor), ILane::NoSuchSession { session, owner: payer }.into());
    world.by(0, &World::config(true));
    assert_eq!(world.refused(2, &poor), same(&ILane::Paused {}));
    let create = ILane::createSessionCall { terms: good.terms, metadata: B256::ZERO };
    assert_eq!(world.refused(2, &create), same(&ILane::Paused {}));
    let both = ILane::createAndSubmitCall {
        terms: good.terms,
        metadata: B256::ZERO,
        sequence: 3,
        maxCharge: u64::MAX,
        promptDigest: good.promptDigest,
        promptUrn: good.promptUrn.clone(),
        clientReference: B256::ZERO,
    };
    assert_eq!(world.refused(2, &both), same(&ILane::Paused {}));
}

#[tokio::test]
async fn a_lane_has_all_its_peers() {
    let world = World::start().await;
    let peers = [world.account(0), world.vault, world.table, world.staking];
    for missing in 0..peers.len() {
        let mut peers = peers;
        peers[missing] = Address::ZERO;
        let [governor, vault, table, staking] = peers;
        let built = world.solo.construct(world.solo.place("Lane"), &(governor, vault, table, staking).abi_encode_params());
        assert_eq!(built.map(|_| ()), Err(Refused::Known(same(&ILane::ZeroAddress {}))), "{missing}");
    }
}

#[tokio::test]
async fn completions_and_starts_are_refused_with_numbers() {
    let world = World::start().await;
    let crew = [0, 1, 2];
    let task = world.task(3, MAJORITY, 1);
    let (id, seal) = (task.id, world.words(&task).1);
    let good = world.completion(&task, &crew, &["VALID"; 3]);
    let cut = ILane::completeCall { opening: task.history[..115].to_vec().into(), ..good.clone() };
    assert_eq!(world.refused(1, &cut), ILane::Malformed { field: word("history") }.into());
    let odd = ILane::completeCall { answers: good.answers[..147].to_vec().into(), ..good.clone() };
    assert_eq!(world.refused(1, &odd), ILane::Malformed { field: word("answers") }.into());
    let many = ILane::completeCall { answers: vec![0; 8 * 148].into(), ..good.clone() };
    assert_eq!(world.refused(1, &many), ILane::Malformed { field: word("answers") }.into());
    // A penny less for the miners: another history.
    let mut cheaper = task.history.clone();
    cheaper[7] ^= 1;
    let computed = alloy::primitives::keccak256(&cheaper);
    let cheaper = ILane::completeCall { opening: cheaper.into(), ..good.clone() };
    assert_eq!(world.refused(1, &cheaper), ILane::HistoryMismatch { task: id, seal, computed }.into());
    let few = ILane::completeCall { answers: good.answers[..296].to_vec().into(), ..good.clone() };
    assert_eq!(world.refused(1, &few), ILane::LaneMinerCount { task: id, given: 2, wanted: 3 }.into());
    let stranger = world.account(5);
    let no_keeper = ILane::completeCall { keeper: stranger, ..good.clone() };
    assert_eq!(world.refused(5, &no_keeper), same(&ILane::Unauthorized { caller: stranger, required: Address::ZERO }));
    let without_word = ILane::InvalidSignature { signer: Address::ZERO, expected: world.account(1) };
    assert_eq!(world.refused(5, &good), same(&without_word), "a stranger needs the keeper's word");
    let mut forged = good.clone();
    let mut bytes = good.answers.to_vec();
    bytes[20..84].copy_from_slice(&world.precommitment(&task, &crew, 1, "VALID"));
    forged.answers = bytes.into();
    let refused = world.refused(1, &forged);
    assert!(matches!(&refused, ContractError::InvalidSignature(error) if error.expected == world.miner(0)), "{refused}");
    // A start is as strict: a keeper alone, its word, and what miners signed.
    let starting = world.starting(&task, &crew, &[Some("VALID"), None, None]);
    let by_nobody = ILane::startCall { keeper: stranger, ..starting.clone() };
    assert_eq!(world.refused(5, &by_nobody), same(&ILane::Unauthorized { caller: stranger, required: Address::ZERO }));
    assert_eq!(world.refused(5, &starting), same(&without_word));
    let mut bytes = starting.miners.to_vec();
    bytes[52..116].copy_from_slice(&world.precommitment(&task, &crew, 1, "VALID"));
    let refused = world.refused(1, &ILane::startCall { miners: bytes.into(), ..starting.clone() });
    assert!(matches!(&refused, ContractError::InvalidSignature(error) if error.expected == world.miner(0)), "{refused}");
    let odd = ILane::startCall { miners: starting.miners[..115].to_vec().into(), ..starting };
    assert_eq!(world.refused(1, &odd), ILane::Malformed { field: word("miners") }.into());
}

#[tokio::test]
async fn steps_out_of_order_are_refused_with_numbers() {
    let world = World::start().await;
    let crew = [0, 1, 2];
    let mut task = world.task(3, MAJORITY, 1);
    let id = task.id;
    let submitted_at = START_SECS;
    let early = world.refused(5, &World::finishing(&task, &[]));
    assert_eq!(early, ILane::LanePhaseWrong { task: id, phase: 1, wanted: 3 }.into());
    let refused = world.refused(5, &World::closing(&task));
    assert!(matches!(&refused, ContractError::LaneTooEarly(e) if e.task == id && e.deadline == submitted_at + 600), "{refused}");
    let late = world.undoing(|| {
        world.solo.pass(600);
        world.refused(1, &world.starting(&task, &crew, &[None; 3]))
    });
    assert!(
        matches!(&late, ContractError::LaneTooLate(e) if e.deadline == submitted_at + 600 && e.timestamp >= e.deadline),
        "{late}"
    );

    world.start_all(&mut task, &crew, &[Some("VALID"), None, None]);
    let own = |replica: u8, commitment: B256, signature: Vec<u8>| ILane::precommitCall {
        payer: task.payer,
        sequence: task.sequence,
        history: task.history.clone().into(),
        replica,
        commitment,
        signature: signature.into(),
    };
    let commitment = world.commitment(&task, &crew, 1, "VALID");
    assert_eq!(world.refused(9, &own(0, commitment, vec![])), ILane::ReplicaDone { task: id, replica: 0 }.into());
    assert_eq!(world.refused(9, &own(3, commitment, vec![])), ILane::NoSuchReplica { task: id, replica: 3 }.into());
    assert_eq!(world.refused(9, &own(1, B256::ZERO, vec![])), ILane::CommitmentZero { task: id, replica: 1 }.into());
    let unsigned = ILane::InvalidSignature { signer: Address::ZERO, expected: world.miner(1) };
    assert_eq!(world.refused(5, &own(1, commitment, vec![])), same(&unsigned));
    let second = own(1, commitment, vec![]);
    world.on(9, &mut task, &second);
    world.solo.pass(60);
    let closing = World::closing(&task);
    world.on(5, &mut task, &closing);

    let silent = world.refused(5, &World::revealing(&task, &[(2, "VALID")]));
    assert_eq!(silent, ILane::ReplicaNotCommitted { task: id, replica: 2 }.into());
    let wrong = world.refused(5, &World::revealing(&task, &[(0, "INVALID")]));
    let (committed, computed) = (world.commitment(&task, &crew, 0, "VALID"), world.commitment(&task, &crew, 0, "INVALID"));
    assert_eq!(wrong, ILane::CommitmentMismatch { task: id, replica: 0, committed, computed }.into());
    let odd = ILane::revealCall { reveals: vec![0; 64].into(), ..World::revealing(&task, &[]) };
    assert_eq!(world.refused(5, &odd), ILane::Malformed { field: word("reveals") }.into());
    let honest = Commit {
        assignment: world.assignment(&task, &crew),
        commitment: committed,
        resultDigest: digest("VALID"),
        salt: salt(0),
    };
    let report = ILane::reportCall {
        payer: task.payer,
        sequence: task.sequence,
        history: task.history.clone().into(),
        replica: 0,
        resultDigest: honest.resultDigest,
        salt: honest.salt,
        signature: world.sign(world.key(0), &honest).into(),
    };
    assert_eq!(world.refused(5, &report), ILane::RevealOpens { task: id, replica: 0 }.into());
    let unsigned = ILane::reportCall { resultDigest: digest("INVALID"), signature: Bytes::new(), ..report };
    let expected = ILane::InvalidSignature { signer: Address::ZERO, expected: world.miner(0) };
    assert_eq!(world.refused(5, &unsigned), same(&expected), "nobody is slashed by what it did not sign");
    let done = World::finishing(&task, &[(0, "VALID"), (1, "VALID")]);
    let ended: ILane::TaskEnded = event(&logs(&world, &world.by(5, &done)));
    second_words_are_refused(&world, &task, (&crew, &ended));
    // An ended task says that it is, whatever history is brought.
    let over = ILane::LaneTaskEnded { task: id, status: 1 };
    assert_eq!(world.refused(5, &done), over.clone().into());
    assert_eq!(world.refused(5, &World::closing(&task)), over.into());
    let session = world.session(3, MAJORITY);
    let again = World::submission(session, terms(3, MAJORITY), 1);
    assert_eq!(world.refused(2, &again), ILane::SequenceUsed { payer: task.payer, sequence: 1 }.into());
}

/// Reports of a second commitment, of a task that ended of whose three replicas the last is silent.
fn second_words_are_refused(world: &World, task: &Task, (crew, ended): (&[usize], &ILane::TaskEnded)) {
    let id = task.id;
    let good = world.reporting_second(task, (crew, ended), 0, "INVALID");
    let refused = |call: &ILane::reportSecondCall| world.refused(5, call);
    let mut next = world.task(3, MAJORITY, 77);
    let of_next = |next: &Task| ILane::reportSecondCall { sequence: 77, history: next.history.clone().into(), ..good.clone() };
    let open = ILane::LanePhaseWrong { task: next.id, phase: 1, wanted: 4 };
    assert_eq!(refused(&of_next(&next)), same(&open));
    world.start_all(&mut next, crew, &[Some("VALID"), None, None]);
    let going_on = ILane::LanePhaseWrong { task: next.id, phase: 2, wanted: 4 };
    assert_eq!(refused(&of_next(&next)), same(&going_on), "while a task goes on nobody is convicted");
    let cut = ILane::reportSecondCall { history: good.history[..115].to_vec().into(), ..good.clone() };
    assert_eq!(refused(&cut), ILane::Malformed { field: word("history") }.into());
    let opening_alone = ILane::reportSecondCall { history: good.history[..116].to_vec().into(), ..good.clone() };
    assert_eq!(refused(&opening_alone), ILane::NoSuchReplica { task: id, replica: 0 }.into());
    let same_word = world.reporting_second(task, (crew, ended), 0, "VALID");
    assert_eq!(refused(&same_word), ILane::ReplicaDone { task: id, replica: 0 }.into(), "the same twice is no offence");
    let silent = world.reporting_second(task, (crew, ended), 2, "INVALID");
    assert_eq!(refused(&silent), ILane::ReplicaNotCommitted { task: id, replica: 2 }.into());
    // A record that the lane never writes, which makes nothing of the crew: it was bound to zero, then.
    let history = [&silent.history[..], &[2, 2], &[0; 32]].concat().into();
    let never_written = ILane::reportSecondCall { history, ..silent };
    assert_eq!(refused(&never_written), ILane::Malformed { field: word("history") }.into());
    let nobody = ILane::reportSecondCall { replica: 3, ..good.clone() };
    assert_eq!(refused(&nobody), ILane::NoSuchReplica { task: id, replica: 3 }.into());
    // Evidence of another crew: another commitment, other miners, another keeper, another opening.
    let mark = B256::left_padding_from(&world.words(task).0[12..]);
    let moved = |at: usize| {
        let mut history = good.history.to_vec();
        history[at] ^= 1;
        ILane::reportSecondCall { history: history.into(), ..good.clone() }
    };
    let forged = [
        moved(116 + 1 + 20),
        moved(116 + 1 + 52),
        moved(60),
        ILane::reportSecondCall { keeper: world.account(5), ..good.clone() },
    ];
    for forged in forged {
        let refused = refused(&forged);
        let of_mark = |error: &ILane::HistoryMismatch| error.task == id && error.seal == mark && error.computed != mark;
        assert!(matches!(&refused, ContractError::HistoryMismatch(error) if of_mark(error)), "{refused}");
    }
    let unsigned = ILane::reportSecondCall { signature: Bytes::new(), ..good.clone() };
    let expected = ILane::InvalidSignature { signer: Address::ZERO, expected: world.miner(0) };
    assert_eq!(refused(&unsigned), same(&expected), "nobody is slashed by what it did not sign");
    // What it signed of another assignment: of the same miners in another order.
    let elsewhere = Precommit { assignment: world.assignment(task, &[1, 0, 2]), commitment: good.commitment };
    let elsewhere = ILane::reportSecondCall { signature: world.sign(world.key(0), &elsewhere).into(), ..good.clone() };
    let others = ILane::reportSecondCall { signature: world.precommitment(task, crew, 1, "INVALID").into(), ..good.clone() };
    for unsigned in [elsewhere, others] {
        let refused = refused(&unsigned);
        assert!(matches!(&refused, ContractError::InvalidSignature(error) if error.expected == world.miner(0)), "{refused}");
    }
    world.undoing(|| {
        world.by(5, &good);
        let again = world.reporting_second(task, (crew, ended), 0, "RETRY");
        assert_eq!(world.refused(5, &again), ILane::ReplicaDone { task: id, replica: 0 }.into(), "once");
    });
}

/// The vault alone credits, and no more than 64 bits of grains.
#[tokio::test]
async fn credit_is_the_vaults_to_give() {
    let world = World::start().await;
    let account = world.account(5);
    let call = ILane::creditedCall { account, from: account, amount: wei(1) };
    assert_eq!(world.refused(5, &call), same(&ILane::Unauthorized { caller: account, required: world.vault }));
    let amount = U256::from(u64::MAX) * U256::from(1_000_000_000_u64) + U256::from(1_000_000_000_u64);
    world.solo.enable(world.vault);
    let much = ILane::creditedCall { account, from: account, amount };
    assert_eq!(world.solo.refused(world.vault, world.lane, &much), ILane::NotInGrains { amount }.into());
}
