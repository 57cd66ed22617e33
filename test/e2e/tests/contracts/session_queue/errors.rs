//! Every error of SessionQueue with its numbers, and those of its peers that it passes on.

use alloy::primitives::{Address, B256, Bytes, U256};
use cor_core::node::pool::Ineligible;
use cor_core::task::{Phase, eip712::Message};
use cor_kit::solo::START_SECS;
use cor_sol::{
    ContractError,
    node_pool::INodePool,
    session_payment::ISessionPayment,
    session_payment_table::ISessionPaymentTable,
    session_queue::ISessionQueue::{self as Queue, SessionParams},
};

use super::world::{MODEL, PREPAID, UNSERVED_MODEL, World, digest, reveal, salt, same, submission, terms};

fn ascii(name: &str) -> B256 {
    B256::right_padding_from(name.as_bytes())
}

fn out_of_range(field: &str, value: u64, min: u64, max: u64) -> ContractError {
    let (value, min, max) = (U256::from(value), U256::from(min), U256::from(max));
    same(&Queue::InputOutOfRange { field: ascii(field), value, min, max })
}

fn not_sold(field: &str, value: u64) -> ContractError {
    same(&ISessionPaymentTable::NotSold { field: ascii(field), value: U256::from(value) })
}

#[tokio::test]
async fn sessions_that_cannot_be_opened() {
    let world = World::empty().await;
    let good = terms(3);
    let (week, day) = (604_800, 86_400);
    let table: [(SessionParams, ContractError); 20] = [
        (SessionParams { redundant: 0, ..good.clone() }, out_of_range("redundant", 0, 1, 7)),
        (SessionParams { redundant: 8, ..good.clone() }, out_of_range("redundant", 8, 1, 7)),
        (SessionParams { redundant: 255, ..good.clone() }, out_of_range("redundant", 255, 1, 7)),
        (SessionParams { redundant: 2, ..good.clone() }, same(&Queue::EvenReplicas { replicas: 2 })),
        (SessionParams { quorumBps: 5_000, ..good.clone() }, out_of_range("quorumBps", 5_000, 5_001, 10_000)),
        (SessionParams { quorumBps: 10_001, ..good.clone() }, out_of_range("quorumBps", 10_001, 5_001, 10_000)),
        (SessionParams { assignSecs: 0, ..good.clone() }, out_of_range("assignSecs", 0, 1, week)),
        (SessionParams { assignSecs: 604_801, ..good.clone() }, out_of_range("assignSecs", 604_801, 1, week)),
        // While a miner owes something, its stake must not be able to leave.
        (SessionParams { ackSecs: 86_401, ..good.clone() }, out_of_range("ackSecs", 86_401, 1, day)),
        (SessionParams { precommitSecs: 0, ..good.clone() }, out_of_range("precommitSecs", 0, 1, day)),
        (SessionParams { precommitSecs: 86_401, ..good.clone() }, out_of_range("precommitSecs", 86_401, 1, day)),
        (SessionParams { commitSecs: 86_401, ..good.clone() }, out_of_range("commitSecs", 86_401, 1, day)),
        (SessionParams { commitSecs: u32::MAX, ..good.clone() }, out_of_range("commitSecs", u32::MAX.into(), 1, day)),
        (SessionParams { validatorDepth: 1, ..good.clone() }, out_of_range("validatorDepth", 1, 0, 0)),
        // What only the table knows.
        (
            SessionParams { modelIdentifier: 99, ..good.clone() },
            same(&ISessionPaymentTable::UnknownModel { modelIdentifier: 99 }),
        ),
        (SessionParams { sla: 3, ..good.clone() }, out_of_range("sla", 3, 0, 2)),
        (SessionParams { priority: 3, ..good.clone() }, out_of_range("priority", 3, 0, 2)),
        (SessionParams { executionDepth: 0, ..good.clone() }, out_of_range("executionDepth", 0, 1, 65_535)),
        (SessionParams { toolDepth: 1, ..good.clone() }, not_sold("toolDepth", 1)),
        (SessionParams { quorumBps: 7_000, ..good.clone() }, out_of_range("quorumBps", 7_000, 10_000, 10_000)),
    ];
    for (params, error) in table {
        assert_eq!(world.refused(world.payer(), &Queue::createCall { params }), error);
    }
    assert_eq!(world.get(&Queue::sessionCountCall {}), 0);
}

#[tokio::test]
async fn sessions_and_tasks_that_are_not_there() {
    let world = World::start().await;
    let (payer, stranger) = (world.payer(), world.stranger());
    for session in [0, 5, u64::MAX] {
        let unknown = same(&Queue::UnknownSession { sessionId: session, latest: 4 });
        assert_eq!(world.refused(payer, &submission(session)), unknown);
        assert_eq!(world.refused(payer, &Queue::deactivateSessionCall { sessionId: session }), unknown);
        assert_eq!(world.refused(payer, &Queue::getSessionCall { sessionId: session }), unknown);
    }
    world.submit(2);
    for task in [0, 2, u64::MAX] {
        let unknown = same(&Queue::UnknownTask { taskId: task, latest: 1 });
        let (miner, digest, none) = (world.miner(0), digest("A"), B256::ZERO);
        assert_eq!(world.refused(world.keeper(), &Queue::assignTaskCall { taskId: task, miners: vec![miner] }), unknown);
        assert_eq!(world.refused(miner, &Queue::ackCall { taskId: task }), unknown);
        assert_eq!(world.refused(miner, &Queue::precommitCall { taskId: task, commitment: digest }), unknown);
        assert_eq!(world.refused(miner, &Queue::commitCall { taskId: task, resultDigest: digest, salt: none }), unknown);
        for message in [Message::Ack, Message::Precommit { commitment: digest }, reveal(0, "A")] {
            assert_eq!(world.relay_signed(task, &[(miner, message, Bytes::new())]), Err(unknown.clone()));
        }
        assert_eq!(world.refused(stranger, &world.report(task, 0, "A")), unknown);
        assert_eq!(world.refused(stranger, &Queue::endAckCall { taskId: task }), unknown);
        assert_eq!(world.refused(stranger, &Queue::endPrecommitCall { taskId: task }), unknown);
        assert_eq!(world.refused(stranger, &Queue::endCall { taskId: task }), unknown);
        assert_eq!(world.refused(stranger, &Queue::closableCall { taskId: task }), unknown);
        assert_eq!(world.refused(stranger, &Queue::getTaskCall { taskId: task }), unknown);
        let asked = Queue::commitmentOfCall { taskId: task, miner, resultDigest: digest, salt: none };
        assert_eq!(world.refused(stranger, &asked), unknown);
    }
}

#[tokio::test]
async fn tasks_that_cannot_be_submitted() {
    let world = World::start().await;
    let payer = world.payer();
    let stranger = same(&Queue::Unauthorized { caller: world.stranger(), required: payer });
    assert_eq!(world.refused(world.stranger(), &submission(2)), stranger, "only the session's owner");

    let refused = |call: &Queue::submitCall| world.refused(payer, call);
    assert_eq!(refused(&Queue::submitCall { answerKind: 4, ..submission(2) }), out_of_range("answerKind", 4, 0, 3));
    let tokens = out_of_range("maxTokens", 0, 1, u32::MAX.into());
    assert_eq!(refused(&Queue::submitCall { maxTokens: 0, ..submission(2) }), tokens);
    let long = Queue::submitCall { promptUrn: "u".repeat(257), ..submission(2) };
    assert_eq!(refused(&long), out_of_range("promptUrn", 257, 0, 256));
    world.by(payer, &Queue::submitCall { promptUrn: "u".repeat(256), ..submission(2) });

    // SessionPayment's own errors.
    let quoted = world.escrow(1).total;
    let dear = Queue::submitCall { maxCharge: quoted - 1, ..submission(2) };
    assert_eq!(refused(&dear), same(&ISessionPayment::MaxChargeExceeded { quoted, maxCharge: quoted - 1 }));
    world.by(payer, &Queue::submitCall { maxCharge: quoted, ..submission(2) });
    let rest = world.available();
    world.solo.ok(payer, world.payment, &ISessionPayment::withdrawCall { amount: rest });
    let short = ISessionPayment::InsufficientBalance { payer, available: U256::ZERO, needed: U256::from(quoted) };
    assert_eq!(refused(&submission(2)), same(&short));
    assert!(rest < U256::from(PREPAID));
    assert_eq!(world.get(&Queue::taskCountCall {}), 2, "what is refused is not counted");

    world.by(payer, &Queue::deactivateSessionCall { sessionId: 2 });
    let inactive = same(&Queue::SessionInactive { sessionId: 2 });
    assert_eq!(refused(&submission(2)), inactive);
    assert_eq!(world.refused(payer, &Queue::deactivateSessionCall { sessionId: 2 }), inactive);
    let stranger = same(&Queue::Unauthorized { caller: world.stranger(), required: payer });
    assert_eq!(world.refused(world.stranger(), &Queue::deactivateSessionCall { sessionId: 3 }), stranger);
    // Open tasks go on.
    world.by(world.keeper(), &Queue::assignTaskCall { taskId: 1, miners: world.miners([0, 1, 2]) });
}

#[tokio::test]
async fn miners_that_cannot_be_assigned() {
    let world = World::start().await;
    let task = world.submit(2);
    let assign = |miners: Vec<Address>| Queue::assignTaskCall { taskId: task, miners };
    let refused = |miners| world.refused(world.keeper(), &assign(miners));
    for (given, miners) in [(0, vec![]), (2, world.miners([0, 1])), (4, world.miners([0, 1, 2, 3]))] {
        assert_eq!(refused(miners), same(&Queue::WrongMinerCount { taskId: task, given, wanted: 3 }));
    }
    // NodePool's own errors.
    let unfit = |node, why: Ineligible| same(&INodePool::NotEligible { node, reason: why.reason() });
    let absent = unfit(world.stranger(), Ineligible::NotRegistered);
    assert_eq!(refused(vec![world.miner(0), world.miner(1), world.stranger()]), absent);
    assert_eq!(refused(world.miners([0, 1, 0])), unfit(world.miner(0), Ineligible::NodeTwice));
    let params = SessionParams { modelIdentifier: UNSERVED_MODEL, ..terms(1) };
    world.by(world.payer(), &Queue::createCall { params });
    let unserved = world.submit(5);
    let assign_unserved = Queue::assignTaskCall { taskId: unserved, miners: world.miners([0]) };
    assert_eq!(world.refused(world.keeper(), &assign_unserved), unfit(world.miner(0), Ineligible::ModelNotLoaded));
    assert_eq!(world.node(0).reserved, 0, "what is refused reserves nothing");

    world.by(world.keeper(), &assign(world.miners([0, 1, 2])));
    let twice = Queue::WrongPhase { taskId: task, phase: Phase::Ack.number(), wanted: Phase::Queued.number() };
    assert_eq!(refused(world.miners([0, 1, 2])), same(&twice));
    assert_ne!(MODEL, UNSERVED_MODEL);
}

/// Each message in each phase it does not belong to, by those it does not concern, twice, and with nothing in it.
#[tokio::test]
async fn messages_out_of_place() {
    let world = World::start().await;
    let (miner, outsider) = (world.miner(0), world.miner(3));
    let task = world.submit(2);
    let (ack, precommit) =
        (Queue::ackCall { taskId: task }, Queue::precommitCall { taskId: task, commitment: digest("commitment") });
    let commit = Queue::commitCall { taskId: task, resultDigest: digest("A"), salt: salt(0) };
    let end = Queue::endCall { taskId: task };
    let wrong =
        |phase: Phase, wanted: Phase| same(&Queue::WrongPhase { taskId: task, phase: phase.number(), wanted: wanted.number() });
    let nobody = |account| same(&Queue::NotAssigned { taskId: task, account });
    let done = |miner| same(&Queue::AlreadyDone { taskId: task, miner });
    let missed = |miner, phase: Phase| same(&Queue::MissedPhase { taskId: task, miner, phase: phase.number() });

    assert_eq!(world.refused(miner, &ack), nobody(miner), "before there are miners, nobody is one");
    assert_eq!(world.refused(outsider, &Queue::endAckCall { taskId: task }), wrong(Phase::Queued, Phase::Ack));
    world.by(world.keeper(), &Queue::assignTaskCall { taskId: task, miners: world.miners([0, 1, 2]) });

    // Ack.
    assert_eq!(world.refused(outsider, &ack), nobody(outsider));
    assert_eq!(world.refused(outsider, &world.acks(task, &[0, 3])), nobody(outsider));
    assert_eq!(world.refused(miner, &precommit), wrong(Phase::Ack, Phase::Precommit));
    assert_eq!(world.refused(miner, &commit), wrong(Phase::Ack, Phase::Commit));
    assert_eq!(world.refused(outsider, &Queue::endPrecommitCall { taskId: task }), wrong(Phase::Ack, Phase::Precommit));
    assert_eq!(world.refused(outsider, &end), wrong(Phase::Ack, Phase::Commit));
    world.by(miner, &ack);
    assert_eq!(world.refused(miner, &ack), done(miner));
    world.by(outsider, &world.acks(task, &[1]));
    world.solo.pass(20);
    assert_eq!(world.refused(outsider, &end), wrong(Phase::Ack, Phase::Commit), "two of three are enough to go on");
    world.by(outsider, &Queue::endAckCall { taskId: task });

    // Precommit.
    assert_eq!(world.refused(world.miner(2), &ack), wrong(Phase::Precommit, Phase::Ack));
    assert_eq!(world.refused(world.miner(2), &precommit), missed(world.miner(2), Phase::Ack));
    assert_eq!(world.refused(miner, &commit), wrong(Phase::Precommit, Phase::Commit));
    assert_eq!(world.refused(outsider, &Queue::endAckCall { taskId: task }), wrong(Phase::Precommit, Phase::Ack));
    let empty = Queue::precommitCall { taskId: task, commitment: B256::ZERO };
    assert_eq!(world.refused(miner, &empty), same(&Queue::EmptyCommitment { taskId: task, miner }));
    let commitment = world.commitment(task, 0, "A");
    world.by(miner, &Queue::precommitCall { taskId: task, commitment });
    assert_eq!(world.refused(miner, &Queue::precommitCall { taskId: task, commitment }), done(miner));
    assert_eq!(world.refused(outsider, &world.precommits(task, &[0], &["B"])), done(miner), "another than the first");
    world.solo.pass(30);
    // One of three is bound: closing goes on, ending is possible as well.
    world.by(outsider, &Queue::endPrecommitCall { taskId: task });

    // Commit.
    assert_eq!(world.refused(world.miner(1), &precommit), wrong(Phase::Commit, Phase::Precommit));
    assert_eq!(world.refused(world.miner(1), &commit), missed(world.miner(1), Phase::Precommit));
    let bad = Queue::commitCall { taskId: task, resultDigest: digest("A"), salt: salt(1) };
    let computed = world.binding(task, 0).commitment(digest("A"), salt(1));
    let mismatch = same(&Queue::RevealMismatch { taskId: task, miner, committed: commitment, computed });
    assert_eq!(world.refused(miner, &bad), mismatch);
    world.by(miner, &commit);
    assert_eq!(world.refused(miner, &commit), done(miner));
    assert_eq!(world.refused(outsider, &world.commits(task, &[0], &["B"])), done(miner), "another than the first");

    // Over.
    world.by(outsider, &end);
    let over = same(&Queue::TaskAlreadyEnded { taskId: task, status: 2 });
    assert_eq!(world.refused(outsider, &end), over);
    assert_eq!(world.refused(miner, &ack), over);
    assert_eq!(world.refused(miner, &precommit), over);
    assert_eq!(world.refused(miner, &commit), over);
    assert_eq!(world.refused(outsider, &Queue::endAckCall { taskId: task }), over);
    assert_eq!(world.refused(outsider, &world.report(task, 1, "A")), over);
    assert_eq!(world.refused(world.keeper(), &Queue::assignTaskCall { taskId: task, miners: world.miners([0, 1, 2]) }), over);
    assert_eq!(world.closable(task), 0);
}

#[tokio::test]
async fn lists_that_do_not_fit() {
    let world = World::start().await;
    let task = world.assigned(2, [0, 1, 2]);
    let uneven = |left, right| same(&Queue::LengthMismatch { left, right, limit: 7 });
    let sender = world.stranger();
    let acks = world.acks(task, &[0, 1, 2]);
    let without = |mut acks: Queue::ackBySigCall| {
        acks.signatures.pop();
        acks
    };
    assert_eq!(world.refused(sender, &without(acks)), uneven(3, 2));
    assert_eq!(world.refused(sender, &world.acks(task, &[])), uneven(0, 0));
    assert_eq!(world.refused(sender, &world.acks(task, &[0; 8])), uneven(8, 8));
    world.by(sender, &world.acks(task, &[0, 1, 2, 0, 1, 2, 0]));

    let mut precommits = world.precommits(task, &[0, 1, 2], &["A", "A", "A"]);
    precommits.commitments.push(digest("one more"));
    assert_eq!(world.refused(sender, &precommits), uneven(3, 4));
    world.by(sender, &world.precommits(task, &[0, 1, 2], &["A", "A", "A"]));

    let commits = world.commits(task, &[0, 1, 2], &["A", "A", "A"]);
    let salts = Queue::commitBySigCall { salts: vec![salt(0)], ..commits.clone() };
    assert_eq!(world.refused(sender, &salts), uneven(3, 1));
    let digests = Queue::commitBySigCall { resultDigests: vec![], salts: vec![], ..commits.clone() };
    assert_eq!(world.refused(sender, &digests), uneven(0, 0));
    let signatures = Queue::commitBySigCall { signatures: vec![], ..commits };
    assert_eq!(world.refused(sender, &signatures), uneven(3, 0));
}

/// A signature by another key, of other contents, for another task, contract or chain, of another form: none takes effect.
#[tokio::test]
async fn signatures_that_do_not_count() {
    let world = World::start().await;
    let task = world.assigned(2, [0, 1, 2]);
    let other = world.assigned(2, [0, 1, 2]);
    let (sender, miner) = (world.stranger(), world.miner(0));
    let with = |signature: Bytes| Queue::ackBySigCall { taskId: task, miners: vec![miner], signatures: vec![signature] };
    let signer_of = |call: &Queue::ackBySigCall| match world.refused(sender, call) {
        ContractError::InvalidSignature(error) => {
            assert_eq!(error.expected, miner);
            error.signer
        }
        error => panic!("{error}"),
    };
    let good = world.sign(task, 0, Message::Ack);

    let by_another = with(world.sign_for(cor_anvil::DEFAULT_CHAIN_ID, world.queue, task, 1, Message::Ack));
    assert_ne!(signer_of(&by_another), miner);
    let chain = with(world.sign_for(1, world.queue, task, 0, Message::Ack));
    assert_ne!(signer_of(&chain), miner, "another chain");
    let contract = with(world.sign_for(cor_anvil::DEFAULT_CHAIN_ID, world.pool, task, 0, Message::Ack));
    assert_ne!(signer_of(&contract), miner, "another contract");
    assert_ne!(signer_of(&with(world.sign(other, 0, Message::Ack))), miner, "another task");
    let message = Message::Precommit { commitment: digest("A") };
    assert_ne!(signer_of(&with(world.sign(task, 0, message))), miner, "another message");

    // No signature at all: by nobody.
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.to_vec();
        bytes[at] = byte;
        with(bytes.into())
    };
    let order = U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).expect("a number");
    let mirrored = {
        let s = order - U256::from_be_slice(&good[32..64]);
        let v = if good[64] == 27 { 28 } else { 27 };
        [&good[..32], &s.to_be_bytes::<32>(), &[v]].concat()
    };
    let compact = good[..64].to_vec();
    let longer = [&good[..], &[0]].concat();
    for unreadable in [Bytes::new(), mirrored.into(), compact.into(), longer.into(), vec![0; 65].into(), vec![255; 65].into()] {
        assert_eq!(signer_of(&with(unreadable.clone())), Address::ZERO, "{unreadable}");
    }
    for v in [0, 1, 26, 29, 255] {
        assert_eq!(signer_of(&changed(64, v)), Address::ZERO, "v = {v}");
    }
    assert_ne!(signer_of(&changed(40, good[40] ^ 1)), miner);

    // One bad message takes the good ones with it.
    let mut mixed = world.acks(task, &[1, 0]);
    mixed.signatures[1] = Bytes::new();
    assert_eq!(signer_of(&mixed), Address::ZERO);
    assert!(world.task(task).replicas.iter().all(|replica| replica.messages == 0));
    world.by(sender, &with(good));

    // The zero address has no key: it is no miner, whoever signs.
    let nobody = Queue::ackBySigCall { taskId: task, miners: vec![Address::ZERO], signatures: vec![Bytes::new()] };
    let unassigned = same(&Queue::NotAssigned { taskId: task, account: Address::ZERO });
    assert_eq!(world.refused(sender, &nobody), unassigned);
    let queued = world.submit(2);
    let early = Queue::ackBySigCall { taskId: queued, ..nobody };
    let unsigned = same(&Queue::InvalidSignature { signer: Address::ZERO, expected: Address::ZERO });
    assert_eq!(world.refused(sender, &early), unsigned);
}

/// A fork of the chain has its own domain and its own commitments.
#[tokio::test]
async fn nothing_signed_or_committed_counts_on_a_fork() {
    let world = World::start().await;
    let task = world.assigned(2, [0, 1, 2]);
    world.by(world.stranger(), &world.acks(task, &[0, 1, 2]));
    world.by(world.stranger(), &world.precommits(task, &[0, 1, 2], &["A", "A", "A"]));
    world.solo.chain().writer().set_chain_id(1);
    let commit = Queue::commitCall { taskId: task, resultDigest: digest("A"), salt: salt(0) };
    assert!(matches!(world.refused(world.miner(0), &commit), ContractError::RevealMismatch(_)));
    assert!(matches!(world.refused(world.stranger(), &world.commits(task, &[0], &["A"])), ContractError::InvalidSignature(_)));
    let signed_there = Queue::commitBySigCall {
        signatures: vec![world.sign_for(1, world.queue, task, 0, reveal(0, "A"))],
        ..world.commits(task, &[0], &["A"])
    };
    assert!(matches!(world.refused(world.stranger(), &signed_there), ContractError::RevealMismatch(_)));
}

/// Before the peers are set nothing can be opened; a peer that is not there does not pass for one that agreed.
#[tokio::test]
async fn a_queue_without_peers() {
    let world = World::start().await;
    let nowhere = world.stranger();
    let wiring = Queue::wireCall { sessionPayment: nowhere, nodePool: nowhere, staking: nowhere, table: nowhere };
    let task = world.submit(2);
    world.by(world.owner(), &wiring);
    for refusal in [
        world.try_by(world.payer(), &Queue::createCall { params: terms(3) }).err(),
        world.try_by(world.payer(), &submission(2)).err(),
        world.try_by(world.keeper(), &Queue::assignTaskCall { taskId: task, miners: world.miners([0, 1, 2]) }).err(),
    ] {
        assert_eq!(refusal, Some(cor_kit::solo::Refused::Other(Bytes::new())));
    }
    assert_eq!(world.task(task).deadline, START_SECS + 10);
    world.by(world.owner(), &world.wiring());
    world.by(world.keeper(), &Queue::assignTaskCall { taskId: task, miners: world.miners([0, 1, 2]) });
}
