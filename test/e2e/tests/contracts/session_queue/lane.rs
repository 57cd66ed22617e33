//! The whole lane: from a session to the payout, by the miners' own transactions and by signatures.

use alloy::{
    primitives::{B256, U256},
    sol_types::SolEvent,
};
use cor_core::task::eip712::session_queue_domain;
use cor_kit::solo::START_SECS;
use cor_sol::session_queue::ISessionQueue as Queue;

use super::world::{MODEL, World, digest, salt, submission, terms};

fn said(world: &World, task: u64) -> Vec<u8> {
    world.task(task).replicas.iter().map(|replica| replica.messages).collect()
}

#[tokio::test]
async fn a_session_is_as_it_was_opened() {
    let world = World::empty().await;
    // By a table that sells everything, so that each field has a value of its own.
    let table = crate::support::constant(&world.solo, &[U256::from(1); 9]);
    world.by(world.owner(), &Queue::wireCall { table, ..world.wiring() });
    let params = Queue::SessionParams {
        modelIdentifier: MODEL,
        executionDepth: 3,
        toolDepth: 7,
        sla: 2,
        validatorDepth: 0,
        redundant: 5,
        consensusRule: 2,
        quorumBps: 8_001,
        priority: 1,
        assignSecs: 604_800,
        ackSecs: 86_399,
        precommitSecs: 1,
        commitSecs: 65_537,
        metadata: digest("metadata"),
    };
    let done = world.by(world.payer(), &Queue::createCall { params: params.clone() });
    assert_eq!(done.returned, 1);
    let created = Queue::SessionCreated { sessionId: 1, owner: world.payer(), modelIdentifier: MODEL, redundant: 5 };
    assert_eq!(world.own_logs(&done), [created.encode_log_data()]);
    let shown = world.get(&Queue::getSessionCall { sessionId: 1 });
    assert_eq!(shown, Queue::SessionView { owner: world.payer(), active: true, taskCount: 0, params: params.clone() });

    assert_eq!(world.by(world.stranger(), &Queue::createCall { params: terms(1) }).returned, 2);
    assert_eq!(world.get(&Queue::sessionCountCall {}), 2);
    let done = world.by(world.payer(), &Queue::deactivateSessionCall { sessionId: 1 });
    assert_eq!(world.own_logs(&done), [Queue::SessionDeactivated { sessionId: 1 }.encode_log_data()]);
    let shown = world.get(&Queue::getSessionCall { sessionId: 1 });
    assert_eq!(shown, Queue::SessionView { owner: world.payer(), active: false, taskCount: 0, params });
}

/// Each step by whom it is for; each log, and the task after each step.
#[tokio::test]
async fn step_by_step() {
    let world = World::start().await;
    let (payer, keeper) = (world.payer(), world.keeper());
    let miners = world.miners([4, 0, 2]);
    let before = world.available();

    let done = world.by(payer, &submission(2));
    let task = done.returned;
    assert_eq!(task, 1);
    let queued = Queue::TaskQueued {
        sessionId: 2,
        taskId: task,
        payer,
        promptDigest: digest("prompt"),
        promptUrn: "urn:cor:blob:prompt".to_owned(),
        answerKind: 1,
        maxTokens: 64,
        deadline: START_SECS + 10,
        clientReference: digest("reference"),
    };
    assert_eq!(world.own_logs(&done), [queued.encode_log_data()]);
    let mut view = Queue::TaskView {
        sessionId: 2,
        payer,
        keeper: alloy::primitives::Address::ZERO,
        phase: 1,
        status: 0,
        answerKind: 1,
        maxTokens: 64,
        submittedAt: START_SECS,
        deadline: START_SECS + 10,
        endedAt: 0,
        resultDigest: B256::ZERO,
        replicas: vec![],
    };
    assert_eq!(world.task(task), view);
    assert_eq!(world.get(&Queue::getSessionCall { sessionId: 2 }).taskCount, 1);
    let escrow = world.escrow(task);
    let price = U256::from(escrow.total);
    assert_eq!(world.available(), before - price);

    world.solo.pass(3);
    let done = world.by(keeper, &Queue::assignTaskCall { taskId: task, miners: miners.clone() });
    // Miners registered in the order of their indices, from epoch 1.
    let epochs = vec![5, 1, 3];
    let assigned = Queue::TaskAssigned {
        sessionId: 2,
        taskId: task,
        keeper,
        miners: miners.clone(),
        registrationEpochs: epochs.clone(),
        deadline: START_SECS + 23,
    };
    assert_eq!(world.own_logs(&done), [assigned.encode_log_data()]);
    view.keeper = keeper;
    (view.phase, view.deadline) = (2, START_SECS + 23);
    view.replicas = miners
        .iter()
        .zip(epochs)
        .map(|(miner, epoch)| Queue::Replica {
            miner: *miner,
            registrationEpoch: epoch,
            outcome: 0,
            messages: 0,
            commitment: B256::ZERO,
            resultDigest: B256::ZERO,
        })
        .collect();
    assert_eq!(world.task(task), view);
    assert_eq!(world.node(4).reserved, 1);

    let acked = |index: usize| Queue::TaskAcked { taskId: task, miner: miners[index] }.encode_log_data();
    let ack = Queue::ackCall { taskId: task };
    assert_eq!(world.own_logs(&world.by(miners[1], &ack)), [acked(1)]);
    assert_eq!(world.own_logs(&world.by(miners[0], &ack)), [acked(0)]);
    let began = |phase, deadline| Queue::PhaseChanged { taskId: task, phase, deadline }.encode_log_data();
    assert_eq!(world.own_logs(&world.by(miners[2], &ack)), [acked(2), began(3, START_SECS + 33)]);
    (view.phase, view.deadline) = (3, START_SECS + 33);
    view.replicas.iter_mut().for_each(|replica| replica.messages = 1);
    assert_eq!(world.task(task), view);

    world.solo.pass(5);
    for (replica, miner) in [(2, 2), (1, 0), (0, 4)] {
        let commitment = world.commitment(task, miner, "VALID");
        let asked =
            Queue::commitmentOfCall { taskId: task, miner: miners[replica], resultDigest: digest("VALID"), salt: salt(miner) };
        assert_eq!(world.get(&asked), commitment, "the contract computes what a miner does");
        let done = world.by(miners[replica], &Queue::precommitCall { taskId: task, commitment });
        let mut logs = vec![Queue::TaskPrecommitted { taskId: task, miner: miners[replica], commitment }.encode_log_data()];
        if replica == 0 {
            logs.push(began(4, START_SECS + 48));
        }
        assert_eq!(world.own_logs(&done), logs);
        (view.replicas[replica].messages, view.replicas[replica].commitment) = (2, commitment);
    }
    (view.phase, view.deadline) = (4, START_SECS + 48);
    assert_eq!(world.task(task), view);

    for (replica, miner) in [(1, 0), (0, 4), (2, 2)] {
        let commit = Queue::commitCall { taskId: task, resultDigest: digest("VALID"), salt: salt(miner) };
        let done = world.by(miners[replica], &commit);
        let committed =
            Queue::TaskCommitted { taskId: task, miner: miners[replica], resultDigest: digest("VALID"), salt: salt(miner) };
        let mut logs = vec![committed.encode_log_data()];
        if replica == 0 {
            logs.push(Queue::TaskDecided { taskId: task, resultDigest: digest("VALID"), votes: 2 }.encode_log_data());
        }
        assert_eq!(world.own_logs(&done), logs);
        let replica = &mut view.replicas[replica];
        (replica.messages, replica.commitment, replica.resultDigest) = (3, B256::ZERO, digest("VALID"));
    }
    assert_eq!(world.task(task), view);

    world.solo.pass(2);
    let done = world.by(world.stranger(), &Queue::endCall { taskId: task });
    assert_eq!(done.returned, 1);
    let ended = Queue::TaskEnded {
        sessionId: 2,
        taskId: task,
        status: 1,
        resultDigest: digest("VALID"),
        miners: miners.clone(),
        outcomes: vec![1, 1, 1],
    };
    assert_eq!(world.own_logs(&done), [ended.encode_log_data()]);
    (view.phase, view.status, view.deadline, view.endedAt) = (5, 1, 0, START_SECS + 10);
    view.resultDigest = digest("VALID");
    view.replicas.iter_mut().for_each(|replica| replica.outcome = 1);
    assert_eq!(world.task(task), view);
    assert_eq!(world.node(4).reserved, 0);
    assert_eq!(world.available(), before - price, "what was quoted is what was charged");
    let paid = miners.iter().map(|miner| world.earnings(*miner)).collect::<Vec<_>>();
    assert_eq!(paid, [U256::from(escrow.perReplica); 3]);
    assert_eq!(world.earnings(keeper), U256::from(escrow.gas));
    assert_eq!(world.treasury(), U256::from(escrow.network - escrow.rebate));
    let left = world.escrow(task);
    assert_eq!((left.payer, left.version), (world.payer(), 1), "who paid, and by which price, stays on record");
    assert_eq!(
        (left.replicas, left.perReplica, left.network, left.gas, left.total),
        (0, 0, 0, 0, 0),
        "nothing is left in escrow"
    );
    world.assert_conserved();
}

/// Two of three agree: they and the keeper are paid, the third's part comes back in the same call.
#[tokio::test]
async fn the_payout_adds_up() {
    let world = World::start().await;
    let before = world.available();
    let task = world.bound(2, [0, 1, 2], ["VALID", "INVALID", "VALID"]);
    let escrow = world.escrow(task);
    world.by(world.stranger(), &world.commits(task, &[0, 1, 2], &["VALID", "INVALID", "VALID"]));
    world.by(world.stranger(), &Queue::endCall { taskId: task });
    assert_eq!(world.outcomes(task), [1, 2, 1]);
    assert_eq!(world.task(task).resultDigest, digest("VALID"));
    let replica = U256::from(escrow.perReplica);
    assert_eq!([0, 1, 2].map(|miner| world.earnings(world.miner(miner))), [replica, U256::ZERO, replica]);
    assert_eq!(world.earnings(world.keeper()), U256::from(escrow.gas));
    assert_eq!(world.available(), before - U256::from(escrow.total) + replica, "the outlier's part came back");
    assert_eq!(world.earnings(world.stranger()), U256::ZERO, "who sends messages and ends a task is not paid for it");
    world.assert_conserved();
}

/// No two agree: the payer has all but half of the gas line back, which the keeper has.
#[tokio::test]
async fn without_a_quorum_the_payer_is_refunded() {
    let world = World::start().await;
    let before = world.available();
    let answers = ["VALID", "INVALID", "RETRY"];
    let task = world.bound(2, [5, 6, 7], answers);
    let half = U256::from(world.escrow(task).gas / 2);
    world.by(world.stranger(), &world.commits(task, &[5, 6, 7], &answers));
    assert_eq!(world.by(world.stranger(), &Queue::endCall { taskId: task }).returned, 2);
    assert_eq!(world.outcomes(task), [2, 2, 2]);
    assert_eq!(world.task(task).resultDigest, B256::ZERO);
    assert_eq!(world.available(), before - half);
    assert_eq!(world.earnings(world.keeper()), half);
    world.assert_conserved();
}

/// One, three, five and seven replicas, each with as many dissenters as a majority allows.
#[tokio::test]
async fn every_number_of_replicas() {
    let world = World::start().await;
    run(&world, 1, [3], ["A"], [1]);
    run(&world, 2, [7, 1, 4], ["B", "A", "A"], [2, 1, 1]);
    run(&world, 3, [0, 1, 2, 3, 4], ["B", "A", "C", "A", "A"], [2, 1, 2, 1, 1]);
    run(&world, 4, [6, 5, 4, 3, 2, 1, 0], ["A", "B", "A", "C", "A", "B", "A"], [1, 2, 1, 2, 1, 2, 1]);
    world.assert_conserved();
}

fn run<const N: usize>(world: &World, session: u64, miners: [usize; N], answers: [&str; N], outcomes: [u8; N]) {
    let task = world.bound(session, miners, answers);
    let done = world.by(world.stranger(), &world.commits(task, &miners, &answers));
    let decided = world.own_logs(&done).into_iter().filter_map(|log| Queue::TaskDecided::decode_log_data(&log).ok());
    let votes = u8::try_from(N / 2 + 1).expect("few");
    let certain = Queue::TaskDecided { taskId: task, resultDigest: digest("A"), votes };
    assert_eq!(decided.collect::<Vec<_>>(), [certain], "once, with the vote that made it certain");
    world.by(world.stranger(), &Queue::endCall { taskId: task });
    assert_eq!(world.outcomes(task), outcomes);
    assert_eq!(world.task(task).resultDigest, digest("A"));
}

/// Messages come in parts, twice, mixed with own transactions, and in any order; each takes effect once.
#[tokio::test]
async fn batches_can_be_repeated() {
    let world = World::start().await;
    let task = world.assigned(2, [0, 1, 2]);
    let sender = world.stranger();
    let answers = ["A", "A", "B"];

    let part = world.by(sender, &world.acks(task, &[2]));
    assert_eq!(part.logs.len(), 1);
    world.by(world.miner(0), &Queue::ackCall { taskId: task });
    let rest = world.by(sender, &world.acks(task, &[0, 1, 2, 1]));
    assert_eq!(rest.logs.len(), 2, "one ack and the next phase");
    assert!(world.by(sender, &world.acks(task, &[0, 1, 2])).logs.is_empty(), "also when the phase is over");

    let precommits = world.precommits(task, &[0, 1, 2], &answers);
    let commitment = precommits.commitments[1];
    world.by(world.miner(1), &Queue::precommitCall { taskId: task, commitment });
    assert_eq!(world.by(sender, &precommits).logs.len(), 3);
    assert!(world.by(sender, &precommits).logs.is_empty());
    assert_eq!(said(&world, task), [2, 2, 2]);

    let commits = world.commits(task, &[0, 1, 2], &answers);
    world.by(world.miner(2), &Queue::commitCall { taskId: task, resultDigest: digest("B"), salt: salt(2) });
    assert_eq!(world.by(sender, &commits).logs.len(), 3, "two reveals and the decision");
    assert!(world.by(sender, &commits).logs.is_empty());
    assert!(world.by(sender, &precommits).logs.is_empty(), "after the reveal a commitment has nothing to say");
    world.by(sender, &Queue::endCall { taskId: task });
    for repeated in [world.by(sender, &world.acks(task, &[0, 1, 2])).logs, world.by(sender, &commits).logs] {
        assert!(repeated.is_empty(), "and when the task is over");
    }
    assert_eq!(world.outcomes(task), [1, 1, 2]);
}

#[tokio::test]
async fn the_signing_domain_is_of_this_chain_and_contract() {
    let world = World::start().await;
    let domain = session_queue_domain(cor_anvil::DEFAULT_CHAIN_ID, world.queue);
    assert_eq!(world.get(&Queue::DOMAIN_SEPARATORCall {}), domain);
    world.solo.chain().writer().set_chain_id(1);
    assert_eq!(
        world.get(&Queue::DOMAIN_SEPARATORCall {}),
        session_queue_domain(1, world.queue),
        "a fork has a domain of its own"
    );
}
