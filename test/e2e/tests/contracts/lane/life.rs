//! Lives of a task, with every event by field.

use alloy::{
    primitives::{B256, Bytes, U256, keccak256},
    sol_types::{SolError as _, SolEvent as _},
};
use cor_kit::solo::{Refused, START_SECS};
use cor_sol::{ContractError, decode_revert, lane::ILane, staking::IStaking};

use super::world::{
    Assign, CREDIT, LAST_CALL_SECS, PENALTIES, SAFE_STAKED, STAKE, STAKELESS, STAKER, Task, World, digest, event, logs,
    submitted, terms, wei,
};

const MAJORITY: u16 = 5_001;

/// Of the default prices: three replicas, network and gas.
fn price_of(world: &World, replicas: u8) -> (u64, u64, u64) {
    let tariff = world.by(5, &ILane::pinTariffCall { terms: terms(replicas, MAJORITY) }).returned;
    let number = |at: usize| u64::from_be_bytes(tariff[at..at + 8].try_into().expect("eight bytes"));
    (number(0), number(8), number(16))
}

#[tokio::test]
async fn a_task_is_completed_in_two_transactions() {
    let world = World::start().await;
    let session = world.session(3, MAJORITY);
    let (per_replica, network, gas) = price_of(&world, 3);
    let charge = 3 * per_replica + network + gas;
    let done = world.by(2, &World::submission(session, terms(3, MAJORITY), 7));
    let said: ILane::TaskSubmitted = event(&logs(&world, &done));
    assert_eq!(said.task, done.returned);
    assert_eq!((said.payer, said.session, said.sequence, said.charged), (world.account(2), session, 7, charge));
    assert_eq!((said.clientReference, &*said.promptUrn), (B256::repeat_byte(5), "urn:a-prompt"));
    assert_eq!(said.deadline, START_SECS + 600);
    let numbers = |list: &[u64]| list.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let opening = [
        numbers(&[per_replica, network, gas]),
        terms(3, MAJORITY).to_vec(),
        keccak256("a prompt").to_vec(),
        numbers(&[PENALTIES.0, PENALTIES.1]),
        world.solo.chain().block_number().to_be_bytes()[3..].to_vec(),
        START_SECS.to_be_bytes()[3..].to_vec(),
        5_000_u16.to_be_bytes().to_vec(),
    ];
    assert_eq!(said.opening.to_vec(), opening.concat());
    assert_eq!(world.available(world.account(2)), CREDIT - charge);

    let task = submitted(&logs(&world, &done));
    assert_eq!(world.words(&task).1, keccak256(&task.history), "the seal is over the opening");
    let crew = [4, 0, 2];
    let done = world.by(1, &world.completion(&task, &crew, &["VALID", "VALID", "INVALID"]));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!((ended.task, ended.payer, ended.keeper), (task.id, task.payer, world.account(1)));
    assert_eq!((ended.status, ended.resultDigest), (1, digest("VALID")));
    assert_eq!((ended.paid, ended.perMiner, ended.toKeeper), (0b011, per_replica, gas));
    let delivered = u64::try_from(u128::from(network) * 2 / 3).expect("less than the network line");
    assert_eq!((ended.toTreasury, ended.refunded), (delivered, charge - 2 * per_replica - gas - delivered));
    // Replicas 0 and 1 follow replica 0, replica 2 itself: 2, 2, 4 in half bytes from the front.
    assert_eq!(ended.seats, 0x0224_0000);
    let bound = ["VALID", "VALID", "INVALID"];
    let seat =
        |replica: usize| [world.miner(crew[replica]).to_vec(), world.commitment(&task, &crew, replica, bound[replica]).to_vec()];
    assert_eq!(ended.crew.to_vec(), (0..3).flat_map(seat).collect::<Vec<_>>().concat());
    let mark = keccak256([&world.assignment(&task, &crew)[..], &ended.crew[..]].concat());
    assert_eq!(world.words(&task).0[12..], mark[12..], "it keeps who served, and bound to what");
    assert_eq!(crew.map(|index| world.earned(world.miner(index))), [per_replica, per_replica, 0]);
    assert_eq!(world.available(world.account(1)), gas, "a keeper's line is its own to take");
    assert_eq!(world.words(&task).1, B256::ZERO, "nothing can be built on it any more");

    // What was earned goes to wallets, by anyone, and the treasury's part to the vault's.
    let balance = || world.solo.get(world.token, &cor_sol::cor::ICor::balanceOfCall { account: world.miner(4) });
    let before = balance();
    let done = world.by(5, &ILane::payEarningsCall { miner: world.miner(4) });
    let paid: ILane::EarningsPaid = event(&logs(&world, &done));
    assert_eq!((paid.miner, paid.to, paid.amount, done.returned), (world.miner(4), world.miner(4), per_replica, per_replica));
    assert_eq!(balance() - before, wei(per_replica));
    world.by(1, &ILane::releaseCall { amount: gas });
    assert_eq!(world.solo.get(world.vault, &cor_sol::vault::IVault::freeOfCall { account: world.account(1) }), wei(gas));
    let done = world.by(5, &ILane::passTreasuryCall {});
    assert_eq!(event::<ILane::TreasuryPassed>(&logs(&world, &done)).amount, delivered);
    assert_eq!(world.solo.get(world.vault, &cor_sol::vault::IVault::treasuryCall {}), wei(delivered));
}

#[tokio::test]
async fn a_task_of_which_somebody_may_not_reveal_takes_three() {
    let world = World::start().await;
    let mut task = world.task(3, MAJORITY, 1);
    let crew = [0, 1, 2];
    let call = world.starting(&task, &crew, &[Some("VALID"), Some("VALID"), Some("VALID")]);
    let done = world.on(1, &mut task, &call);
    let record: ILane::TaskRecord = event(&logs(&world, &done));
    assert_eq!((record.phase, record.deadline, record.record[0]), (3, START_SECS + 90, 1));
    // Two reveal, by anyone, and decide: the third is not waited for, is not paid, and keeps its stake.
    let shown = World::revealing(&task, &[(1, "VALID")]);
    world.on(5, &mut task, &shown);
    let shown = World::revealing(&task, &[(0, "VALID")]);
    world.on(5, &mut task, &shown);
    world.solo.pass(90);
    let done = world.by(5, &World::finishing(&task, &[]));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!((ended.status, ended.paid, ended.resultDigest), (1, 0b011, digest("VALID")));
    assert_eq!(ended.seats, 0x0331_0000, "both follow replica 1, replica 2 is bound");
    assert_eq!(crew.map(|index| world.staked(index)), [U256::from(STAKE); 3]);
    let (state, seal) = world.words(&task);
    let mark = keccak256([&world.assignment(&task, &crew)[..], &ended.crew[..]].concat());
    assert_eq!((&state[12..], seal), (&mark[12..], B256::ZERO), "who served is told for good");
}

/// Two show answers that differ, and the third, which would decide, is silent: it is called for thirty hours, and pays.
#[tokio::test]
async fn silence_that_spoils_a_task_costs_stake() {
    let world = World::start().await;
    let mut task = world.task(3, MAJORITY, 1);
    let crew = [0, 1, 2];
    world.start_all(&mut task, &crew, &[Some("VALID"), Some("INVALID"), Some("VALID")]);
    world.solo.pass(90);
    let called = World::finishing(&task, &[(0, "VALID"), (1, "INVALID")]);
    let done = world.on(5, &mut task, &called);
    let last = logs(&world, &done).last().cloned().expect("a log");
    let record = ILane::TaskRecord::decode_log_data(&last).expect("a record");
    assert_eq!((record.phase, record.deadline, record.record.len()), (3, START_SECS + 90 + LAST_CALL_SECS, 0));
    world.solo.pass(LAST_CALL_SECS);
    let done = world.by(5, &World::finishing(&task, &[]));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!((ended.status, ended.paid, ended.resultDigest), (2, 0, B256::ZERO));
    let whole = U256::from(STAKE);
    assert_eq!(crew.map(|index| world.staked(index)), [whole, whole, whole - wei(PENALTIES.0)]);
}

/// Nobody of those that are bound shows anything, to the end of the last call. The payer has its money back but for the keeper's share, and nobody loses stake,
/// since it may be the chain that stood still: so who serves alone is silent for nothing.
#[tokio::test]
async fn silence_of_all_costs_nobody() {
    let world = World::start().await;
    for (sequence, crew) in [(1, vec![0]), (2, vec![0, 1, 2])] {
        let replicas = u8::try_from(crew.len()).expect("few");
        let mut task = world.task(replicas, MAJORITY, sequence);
        world.start_all(&mut task, &crew, &vec![Some("VALID"); crew.len()]);
        world.solo.pass(90);
        let called = World::finishing(&task, &[]);
        world.on(5, &mut task, &called);
        world.solo.pass(LAST_CALL_SECS);
        let ended: ILane::TaskEnded = event(&logs(&world, &world.by(5, &World::finishing(&task, &[]))));
        assert_eq!((ended.status, ended.paid, ended.refunded), (2, 0, task.charged - ended.toKeeper));
        assert!(ended.toKeeper > 0, "the keeper has its share all the same");
        assert!(crew.iter().all(|index| world.staked(*index) == U256::from(STAKE)));
    }
}

/// Without a keeper that sends anything but its word: a miner starts, another binds itself, all reveal, a stranger closes.
#[tokio::test]
async fn miners_do_everything_themselves() {
    let world = World::start().await;
    let mut task = world.task(3, MAJORITY, 1);
    let crew = [0, 1, 2];
    let assignment = world.assignment(&task, &crew);
    let assign: Bytes = world.sign(&world.solo.key(1), &Assign { assignment }).into();
    let call = ILane::startCall { assign, ..world.starting(&task, &crew, &[Some("VALID"), None, None]) };
    let early = world.refused(8, &call);
    let from = START_SECS + 300;
    assert_eq!(early, ILane::LaneTooEarly { task: task.id, deadline: from, timestamp: START_SECS }.into());
    world.solo.pass(300);
    world.on(8, &mut task, &call);
    for (account, replica, signature) in [(9, 1, Bytes::new()), (5, 2, world.precommitment(&task, &crew, 2, "VALID").into())] {
        let call = ILane::precommitCall {
            payer: task.payer,
            sequence: task.sequence,
            history: task.history.clone().into(),
            replica,
            commitment: world.commitment(&task, &crew, usize::from(replica), "VALID"),
            signature,
        };
        world.on(account, &mut task, &call);
    }
    let all = [(0, "VALID"), (1, "VALID"), (2, "VALID")];
    let done = world.by(5, &World::finishing(&task, &all));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!((ended.status, ended.paid, ended.refunded), (1, 0b111, 0));
    assert_eq!(ended.keeper, world.account(1), "who gave its word has the gas line");
}

#[tokio::test]
async fn a_signed_lie_is_reported() {
    let world = World::start().await;
    let mut task = world.task(3, MAJORITY, 1);
    let crew = [0, 1, 2];
    world.start_all(&mut task, &crew, &[Some("VALID"), Some("VALID"), Some("VALID")]);
    let call = world.reporting(&task, &crew, "VALID", "INVALID");
    world.on(5, &mut task, &call);
    let done = world.by(5, &World::finishing(&task, &[(1, "VALID"), (2, "VALID")]));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!((ended.status, ended.paid, ended.seats), (1, 0b110, 0x0f33_0000));
    assert_eq!(world.staked(0), U256::from(STAKE) - wei(PENALTIES.1));
}

/// A keeper that is dismissed serves nothing more, also by its word; what it started goes on, and it has its line.
#[tokio::test]
async fn a_dismissed_keeper_ends_what_it_began() {
    let world = World::start().await;
    let (mut begun, fresh) = (world.task(3, MAJORITY, 1), world.task(3, MAJORITY, 2));
    let crew = [0, 1, 2];
    world.start_all(&mut begun, &crew, &[Some("VALID"); 3]);
    let done = world.by(0, &ILane::setKeeperCall { keeper: world.account(1), enabled: false });
    let said: ILane::KeeperNamed = event(&logs(&world, &done));
    assert_eq!((said.keeper, said.enabled), (world.account(1), false));
    let assign: Bytes = world.sign(&world.solo.key(1), &Assign { assignment: world.assignment(&fresh, &crew) }).into();
    let completion = world.completion(&fresh, &crew, &["VALID"; 3]);
    for (index, call) in [(1, completion.clone()), (8, ILane::completeCall { assign, ..completion })] {
        let refused = world.refused(index, &call);
        assert!(matches!(&refused, ContractError::Unauthorized(error) if error.caller == world.account(1)), "{refused}");
    }
    let done = world.by(5, &World::finishing(&begun, &[(0, "VALID"), (1, "VALID"), (2, "VALID")]));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!((ended.status, world.available(world.account(1))), (1, ended.toKeeper));
}

/// A task of which replica 2 spoils the outcome by its silence, ended.
fn spoiled(world: &World, sequence: u64) -> (Task, ILane::TaskEnded, Vec<alloy::primitives::LogData>) {
    let mut task = world.task(3, MAJORITY, sequence);
    world.start_all(&mut task, &[0, 1, 2], &[Some("VALID"), Some("INVALID"), Some("VALID")]);
    world.solo.pass(90);
    let called = World::finishing(&task, &[(0, "VALID"), (1, "INVALID")]);
    world.on(5, &mut task, &called);
    world.solo.pass(LAST_CALL_SECS);
    let logs = logs(world, &world.by(5, &World::finishing(&task, &[])));
    (task, event(&logs), logs)
}

/// Staking takes no penalty of this lane yet. The task ends all the same, and the penalty is taken later, once.
#[tokio::test]
async fn a_penalty_that_could_not_be_taken_is_owed() {
    let world = World::without_a_slasher().await;
    let (task, ended, said) = spoiled(&world, 1);
    assert_eq!(ended.status, 2);
    let owed: ILane::SlashOwed = event(&said);
    let node = world.miner(2);
    assert_eq!((owed.task, owed.node, owed.reason, owed.amount), (task.id, node, 1, PENALTIES.0));
    assert_eq!(world.staked(2), U256::from(STAKE));
    let again = ILane::slashAgainCall { task: task.id, node, reason: 1 };
    let owed_on = |owed| ContractError::from(ILane::NothingTaken { task: task.id, node, reason: 1, owed });
    assert_eq!(world.refused(5, &again), owed_on(PENALTIES.0), "it is owed on");
    world.name_the_slasher();
    let done = world.by(5, &again);
    assert_eq!((done.returned, world.staked(2)), (0, U256::from(STAKE) - wei(PENALTIES.0)));
    assert_eq!(event::<ILane::SlashOwed>(&logs(&world, &done)).amount, 0, "the log tells that it was taken");
    for (node, reason) in [(node, 1), (node, 2), (world.miner(0), 1)] {
        let none = ILane::NothingTaken { task: task.id, node, reason, owed: 0 };
        assert_eq!(world.refused(5, &ILane::slashAgainCall { task: task.id, node, reason }), none.into());
    }
}

/// What the cap of a day leaves of a penalty is taken on the days after, however often somebody asks for it in between, and no more than was lost.
#[tokio::test]
async fn what_a_cap_leaves_of_a_penalty_is_owed() {
    let world = World::start().await;
    let cap = IStaking::setModuleCapCall { module: world.lane, cap: wei(PENALTIES.0 / 4) };
    world.solo.ok(world.account(0), world.staking, &cap);
    let (task, _, said) = spoiled(&world, 1);
    let owed: ILane::SlashOwed = event(&said);
    assert_eq!(owed.amount, PENALTIES.0 / 4 * 3);
    let again = ILane::slashAgainCall { task: task.id, node: world.miner(2), reason: 1 };
    for day in 2_u64..=4 {
        let before = PENALTIES.0 / 4 * (5 - day);
        let in_vain = ILane::NothingTaken { task: task.id, node: world.miner(2), reason: 1, owed: before };
        assert_eq!(world.refused(5, &again), in_vain.into(), "the cap is used up, and the debt is no less");
        world.solo.pass(86_400);
        let done = world.by(5, &again);
        let said: ILane::SlashOwed = event(&logs(&world, &done));
        assert_eq!((done.returned, said.amount), (before - PENALTIES.0 / 4, done.returned));
        assert_eq!(world.staked(2), U256::from(STAKE) - wei(PENALTIES.0 / 4 * day));
    }
    assert!(matches!(world.refused(5, &again), ContractError::NothingTaken(error) if error.owed == 0));
}

/// What a node earns goes where its staker says, and not to the node's key, whoever asks.
#[tokio::test]
async fn earnings_do_not_hang_on_the_hot_key() {
    let world = World::start().await;
    let task = world.task(3, MAJORITY, 1);
    world.by(1, &world.completion(&task, &[0, 1, SAFE_STAKED], &["VALID"; 3]));
    // The staker of the last miner is another account than its key.
    let (node, staker, safe) = (world.miner(SAFE_STAKED), world.account(STAKER), world.account(6));
    let own = IStaking::setPayoutCall { node, to: node };
    let refused = world.solo.refused(node, world.staking, &own);
    assert!(matches!(&refused, ContractError::NotStaker(_)), "{refused}");
    world.undoing(|| {
        let done = world.by(8 + SAFE_STAKED, &ILane::payEarningsCall { miner: node });
        assert_eq!(event::<ILane::EarningsPaid>(&logs(&world, &done)).to, staker, "until it says otherwise");
    });
    world.solo.ok(staker, world.staking, &IStaking::setPayoutCall { node, to: safe });
    let done = world.by(8 + SAFE_STAKED, &ILane::payEarningsCall { miner: node });
    let paid: ILane::EarningsPaid = event(&logs(&world, &done));
    assert_eq!((paid.miner, paid.to), (node, safe));
    let balance = world.solo.get(world.token, &cor_sol::cor::ICor::balanceOfCall { account: safe });
    assert_eq!(balance, wei(done.returned));
}

/// Where they belong Staking says; while it does not run nothing is paid, and nothing lost.
#[tokio::test]
async fn earnings_wait_while_staking_does_not_run() {
    let world = World::start().await;
    let task = world.task(3, MAJORITY, 1);
    world.by(1, &world.completion(&task, &[0, 1, SAFE_STAKED], &["VALID"; 3]));
    let (node, call) = (world.miner(SAFE_STAKED), ILane::payEarningsCall { miner: world.miner(SAFE_STAKED) });
    let earned = world.earned(node);
    let code = world.solo.chain().code(world.staking).expect("Staking has code");
    let lay = |code| world.solo.chain().writer().set_code(world.staking, code).expect("code is laid");
    // Reverts; burns what it is given; answers nothing; is not there.
    for stub in [&[0x5f, 0x5f, 0xfd][..], &[0x5b, 0x5f, 0x56], &[0x00], &[]] {
        lay(stub.to_vec().into());
        let refused = world.solo.send(world.account(5), world.lane, &call).expect_err("Staking does not answer");
        let is_of_staking = match &refused {
            Refused::Known(error) => error.name() == "ZeroAddress",
            Refused::Other(data) => data.is_empty(),
        };
        assert!(is_of_staking, "{stub:?}: {refused:?}");
        assert_eq!(world.earned(node), earned, "{stub:?}");
    }
    lay(code);
    let done = world.by(5, &call);
    assert_eq!((done.returned, event::<ILane::EarningsPaid>(&logs(&world, &done)).to), (earned, world.account(STAKER)));
}

/// Who never had a staker is paid itself. If Staking named nobody, nothing would be paid, and nothing lost.
#[tokio::test]
async fn earnings_of_who_never_had_a_staker_are_its_own() {
    let world = World::start().await;
    let task = world.task(3, MAJORITY, 1);
    world.by(1, &world.completion(&task, &[0, 1, STAKELESS], &["VALID"; 3]));
    let (node, call) = (world.miner(STAKELESS), ILane::payEarningsCall { miner: world.miner(STAKELESS) });
    let earned = world.earned(node);
    world.undoing(|| {
        // Answers with a word of zeros.
        world.solo.chain().writer().set_code(world.staking, vec![0x60, 0x20, 0x5f, 0xf3].into()).expect("code is laid");
        assert_eq!(world.refused(5, &call), decode_revert(&ILane::ZeroAddress {}.abi_encode()).expect("an error of ours"));
        assert!(earned > 0 && world.earned(node) == earned);
    });
    let done = world.by(5, &call);
    assert_eq!((event::<ILane::EarningsPaid>(&logs(&world, &done)).to, done.returned), (node, earned));
}

/// Nobody serves: the whole charge comes back, by a call of a stranger.
#[tokio::test]
async fn what_nobody_serves_comes_back_whole() {
    let world = World::start().await;
    let task: Task = world.task(3, MAJORITY, 1);
    world.solo.pass(600);
    let done = world.by(5, &World::closing(&task));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!((ended.status, ended.refunded, ended.toKeeper, ended.toTreasury), (3, task.charged, 0, 0));
    assert_eq!((ended.crew.len(), ended.seats), (0, 0));
    assert_eq!(world.available(task.payer), CREDIT);
}

/// One of three is bound when the time for the others is over: no quorum can come of it, and all comes back.
#[tokio::test]
async fn what_cannot_have_a_quorum_ends_with_the_precommitments() {
    let world = World::start().await;
    let mut task = world.task(3, MAJORITY, 1);
    world.start_all(&mut task, &[0, 1, 2], &[Some("VALID"), None, None]);
    world.solo.pass(60);
    let done = world.by(5, &World::closing(&task));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!(
        (ended.status, ended.toKeeper, ended.refunded),
        (2, 0, task.charged),
        "a start that cannot have a result earns nothing"
    );
    assert_eq!(world.staked(0), U256::from(STAKE), "nobody revealed, nobody is punished");
    // Two of three go on.
    let mut other = world.task(3, MAJORITY, 2);
    world.start_all(&mut other, &[0, 1, 2], &[Some("VALID"), Some("VALID"), None]);
    world.solo.pass(60);
    let closed = World::closing(&other);
    let done = world.on(5, &mut other, &closed);
    let record: ILane::TaskRecord = event(&logs(&world, &done));
    assert_eq!((record.phase, record.record.len()), (3, 0));
    let done = world.by(5, &World::finishing(&other, &[(0, "VALID"), (1, "VALID")]));
    assert_eq!(event::<ILane::TaskEnded>(&logs(&world, &done)).status, 1);
}

/// A session and its first task in one transaction, at the price that a pinned tariff says until it ends.
#[tokio::test]
async fn a_session_can_begin_with_its_task() {
    let world = World::start().await;
    let order = World::submission(0, terms(5, MAJORITY), 3);
    let call = ILane::createAndSubmitCall {
        terms: order.terms,
        metadata: B256::repeat_byte(9),
        sequence: order.sequence,
        maxCharge: order.maxCharge,
        promptDigest: order.promptDigest,
        promptUrn: order.promptUrn,
        clientReference: order.clientReference,
    };
    let done = world.by(2, &call);
    let created: ILane::SessionCreated = event(&logs(&world, &done));
    assert_eq!(
        (created.session, created.owner, created.terms, created.metadata),
        (done.returned.session, world.account(2), terms(5, MAJORITY), B256::repeat_byte(9))
    );
    let pinned: ILane::TariffPinned = event(&logs(&world, &done));
    assert_eq!(pinned.terms, terms(5, MAJORITY));
    let task = submitted(&logs(&world, &done));
    assert_eq!((task.id, task.sequence), (done.returned.task, 3));
    // Known prices are not asked for again while they are valid, and are after that.
    let again = world.by(5, &ILane::pinTariffCall { terms: terms(5, MAJORITY) });
    assert_eq!((again.returned, logs(&world, &again).len()), (pinned.tariff, 0));
    let until = u32::from_be_bytes(pinned.tariff[28..].try_into().expect("four bytes"));
    world.solo.pass(u64::from(until) + 1 - START_SECS);
    let later = world.by(5, &ILane::pinTariffCall { terms: terms(5, MAJORITY) });
    assert_eq!(logs(&world, &later).len(), 1);
    let closed = world.by(2, &ILane::closeSessionCall { session: created.session, terms: created.terms });
    assert_eq!(event::<ILane::SessionClosed>(&logs(&world, &closed)).session, created.session);
}
