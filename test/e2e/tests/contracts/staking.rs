//! Staking on the real WASM: every error, every event, who may call what, and random steps against the rules compiled natively.

use std::collections::BTreeMap;

use crate::support::{answer, assert_permissions, events, fund, refusal};
use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use cor_core::limits::{STAKE_HELD_MAX, UNBONDINGS_MAX};
use cor_core::node::staking::{Account, NodeStake, StakingError, Totals, Unbonding};
use cor_kit::{COR, TestNet, event};
use cor_sol::{cor::ICor, runtime::IRuntime, session_payment::ISessionPayment, staking::IStaking};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// Account that stands in for the SessionQueue where a test has to slash.
const QUEUE: usize = 1;

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

fn required() -> U256 {
    wei(10_000 * COR)
}

/// Lets account [`QUEUE`] slash.
async fn wire_queue(net: &TestNet) {
    let call = IStaking::wireCall {
        token: net.at.cor,
        nodePool: net.at.node_pool,
        sessionQueue: net.address(QUEUE),
        sessionPayment: net.at.session_payment,
    };
    net.ok(0, net.at.staking, call).await;
}

/// The time a call sees now.
async fn time_in_calls(net: &TestNet) -> u64 {
    match refusal(net, net.address(0), net.at.staking, IStaking::withdrawCall {}).await {
        cor_sol::ContractError::StillBonded(error) => error.timestamp,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_node_is_staked_by_one_account_and_unbonds_to_it() {
    let net = TestNet::start(6).await;
    let (at, node, staker, stranger) = (net.at.staking, net.address(2), net.address(3), net.address(4));
    let staking = IStaking::new(at, &net.provider);
    assert_eq!(staking.nodeStakeRequired().call().await.unwrap(), required());
    let secs = staking.unbondingSecs().call().await.unwrap();
    fund(&net, 3, at, required() * wei(2)).await;
    fund(&net, 4, at, required()).await;

    let stake = |amount| IStaking::stakeNodeCall { node, amount };
    let short = IStaking::InsufficientStake { account: node, available: required() - wei(1), needed: required() };
    assert_eq!(refusal(&net, staker, at, stake(required() - wei(1))).await, short.into(), "nobody occupies a node for less");
    assert!(!staking.isNodeStaked(node).call().await.unwrap());
    let mined = net.ok(3, at, stake(required())).await;
    assert_eq!(
        event::<IStaking::NodeStaked>(&mined),
        IStaking::NodeStaked { node, staker, amount: required(), total: required() }
    );
    assert!(staking.isNodeStaked(node).call().await.unwrap());
    let mined = net.ok(3, at, stake(wei(1))).await;
    assert_eq!(event::<IStaking::NodeStaked>(&mined).total, required() + wei(1));
    let held = staking.nodeStake(node).call().await.unwrap();
    assert_eq!((held.amount, held.staker), (required() + wei(1), staker));

    let foreign = IStaking::NotStaker { node, staker, caller: stranger };
    assert_eq!(refusal(&net, stranger, at, stake(wei(1))).await, foreign.clone().into());
    assert_eq!(refusal(&net, stranger, at, IStaking::unbondNodeCall { node }).await, foreign.into());
    assert_eq!(refusal(&net, staker, at, stake(U256::ZERO)).await, IStaking::ZeroAmount {}.into());
    let nobody = IStaking::stakeNodeCall { node: Address::ZERO, amount: wei(1) };
    assert_eq!(refusal(&net, staker, at, nobody).await, cor_sol::runtime::IRuntime::ZeroAddress {}.into());

    let mined = net.ok(3, at, IStaking::unbondNodeCall { node }).await;
    let release_at = net.now().await + secs;
    assert_eq!(
        event::<IStaking::NodeUnbonding>(&mined),
        IStaking::NodeUnbonding { node, staker, amount: required() + wei(1), releaseAt: release_at }
    );
    let held = staking.nodeStake(node).call().await.unwrap();
    assert_eq!((held.amount, held.staker), (U256::ZERO, Address::ZERO));
    let unbonding = staking.unbondingOf(staker).call().await.unwrap();
    assert_eq!((unbonding.amount, unbonding.nextReleaseAt), (required() + wei(1), release_at));
    let gone = IStaking::NotStaker { node, staker: Address::ZERO, caller: staker };
    assert_eq!(refusal(&net, staker, at, IStaking::unbondNodeCall { node }).await, gone.into());

    // Without stake the node is free for another staker.
    net.ok(4, at, stake(required())).await;
    assert_eq!(staking.nodeStake(node).call().await.unwrap().staker, stranger);
    net.assert_conserved().await;
}

#[tokio::test]
async fn a_registered_node_keeps_its_stake_until_it_has_left() {
    let net = TestNet::start(4).await;
    let (at, node) = (net.at.staking, net.address(2));
    net.register_node(2, 1).await;
    let registered = IStaking::NodeRegistered { node };
    assert_eq!(refusal(&net, node, at, IStaking::unbondNodeCall { node }).await, registered.into());
    net.ok(2, net.at.node_pool, cor_sol::node_pool::INodePool::deregisterCall {}).await;
    net.ok(2, at, IStaking::unbondNodeCall { node }).await;
}

#[tokio::test]
async fn user_stake_is_withdrawn_from_its_release_time_on() {
    let net = TestNet::start(4).await;
    let (at, user) = (net.at.staking, net.address(2));
    let (staking, token) = (IStaking::new(at, &net.provider), ICor::new(net.at.cor, &net.provider));
    let secs = staking.unbondingSecs().call().await.unwrap();
    fund(&net, 2, at, wei(100)).await;

    let mined = net.ok(2, at, IStaking::stakeCall { amount: wei(60) }).await;
    assert_eq!(event::<IStaking::Staked>(&mined), IStaking::Staked { user, amount: wei(60), total: wei(60) });
    net.ok(2, at, IStaking::stakeCall { amount: wei(40) }).await;
    assert_eq!(staking.stakeOf(user).call().await.unwrap(), wei(100));
    assert_eq!(refusal(&net, user, at, IStaking::stakeCall { amount: U256::ZERO }).await, IStaking::ZeroAmount {}.into());
    let short = ICor::ERC20InsufficientAllowance { spender: at, allowance: U256::ZERO, needed: wei(1) };
    assert_eq!(refusal(&net, user, at, IStaking::stakeCall { amount: wei(1) }).await, short.into(), "the token's own error");

    let timestamp = time_in_calls(&net).await;
    let nothing = IStaking::StillBonded { account: user, releaseAt: 0, timestamp };
    assert_eq!(refusal(&net, user, at, IStaking::withdrawCall {}).await, nothing.into());
    assert_eq!(refusal(&net, user, at, IStaking::unbondCall { amount: U256::ZERO }).await, IStaking::ZeroAmount {}.into());
    for needed in [wei(101), U256::MAX] {
        let more = IStaking::InsufficientStake { account: user, available: wei(100), needed };
        assert_eq!(refusal(&net, user, at, IStaking::unbondCall { amount: needed }).await, more.into());
    }

    let mined = net.ok(2, at, IStaking::unbondCall { amount: wei(30) }).await;
    let first = event::<IStaking::Unbonding>(&mined);
    assert_eq!(first, IStaking::Unbonding { user, amount: wei(30), releaseAt: net.now().await + secs });
    net.advance(secs / 2).await;
    let mined = net.ok(2, at, IStaking::unbondCall { amount: wei(20) }).await;
    let second = event::<IStaking::Unbonding>(&mined).releaseAt;
    let timestamp = time_in_calls(&net).await;
    let early = IStaking::StillBonded { account: user, releaseAt: first.releaseAt, timestamp };
    assert_eq!(refusal(&net, user, at, IStaking::withdrawCall {}).await, early.into());
    assert_eq!(staking.unbondingOf(user).call().await.unwrap().amount, wei(50));

    net.advance(secs / 2).await;
    let mined = net.ok(2, at, IStaking::withdrawCall {}).await;
    assert_eq!(event::<IStaking::Withdrawn>(&mined), IStaking::Withdrawn { account: user, amount: wei(30) });
    assert_eq!(token.balanceOf(user).call().await.unwrap(), wei(30));
    let left = staking.unbondingOf(user).call().await.unwrap();
    assert_eq!((left.amount, left.nextReleaseAt), (wei(20), second));
    net.advance(secs).await;
    assert_eq!(answer(&net, user, at, IStaking::withdrawCall {}).await, wei(20));
    net.ok(2, at, IStaking::withdrawCall {}).await;
    assert_eq!((token.balanceOf(user).call().await.unwrap(), staking.stakeOf(user).call().await.unwrap()), (wei(50), wei(50)));
    net.assert_conserved().await;
}

#[tokio::test]
async fn at_most_eight_amounts_unbond_at_a_time() {
    let net = TestNet::start(4).await;
    let (at, user) = (net.at.staking, net.address(2));
    let staking = IStaking::new(at, &net.provider);
    fund(&net, 2, at, wei(100)).await;
    net.ok(2, at, IStaking::stakeCall { amount: wei(100) }).await;
    let one = IStaking::unbondCall { amount: wei(1) };
    // More than twice round the ring.
    for round in 0..3 {
        for _ in 0..UNBONDINGS_MAX {
            net.ok(2, at, one.clone()).await;
        }
        let full = IStaking::TooManyUnbondings { account: user, limit: u64::from(UNBONDINGS_MAX) };
        assert_eq!(refusal(&net, user, at, one.clone()).await, full.into(), "round {round}");
        net.advance(staking.unbondingSecs().call().await.unwrap()).await;
        assert_eq!(answer(&net, user, at, IStaking::withdrawCall {}).await, wei(u128::from(UNBONDINGS_MAX)));
        net.ok(2, at, IStaking::withdrawCall {}).await;
    }
    net.assert_conserved().await;
}

#[tokio::test]
async fn more_than_fits_is_refused_before_the_token_is_asked() {
    let net = TestNet::start(4).await;
    let (at, user) = (net.at.staking, net.address(2));
    fund(&net, 2, at, wei(7)).await;
    net.ok(2, at, IStaking::stakeCall { amount: wei(7) }).await;
    let limit = wei(STAKE_HELD_MAX - 7);
    for amount in [limit + wei(1), U256::MAX] {
        let error = IStaking::AmountTooLarge { amount, limit };
        assert_eq!(refusal(&net, user, at, IStaking::stakeCall { amount }).await, error.clone().into());
        assert_eq!(refusal(&net, user, at, IStaking::stakeNodeCall { node: user, amount }).await, error.into());
    }
    let asked = refusal(&net, user, at, IStaking::stakeCall { amount: limit }).await;
    assert_eq!(asked.name(), "ERC20InsufficientAllowance");
}

#[tokio::test]
async fn slashed_stake_goes_to_the_treasury() {
    let net = TestNet::start(5).await;
    let (at, node, queue) = (net.at.staking, net.address(2), net.address(QUEUE));
    let staking = IStaking::new(at, &net.provider);
    net.register_node(2, 1).await;
    wire_queue(&net).await;
    let slash = |amount| IStaking::slashCall { node, taskId: 9, reason: 1, amount };
    assert_eq!(refusal(&net, node, at, IStaking::sweepSlashedCall {}).await, IStaking::ZeroAmount {}.into());

    let foreseen = answer(&net, queue, at, slash(U256::ZERO)).await;
    assert_eq!((foreseen.taken, foreseen.stillStaked), (U256::ZERO, true));
    let foreseen = answer(&net, queue, at, slash(wei(1))).await;
    assert_eq!((foreseen.taken, foreseen.stillStaked), (wei(1), false));
    let mined = net.ok(QUEUE, at, slash(wei(100))).await;
    let expected = IStaking::Slashed { node, taskId: 9, reason: 1, amount: wei(100), left: required() - wei(100) };
    assert_eq!(event::<IStaking::Slashed>(&mined), expected);
    assert!(!staking.isNodeStaked(node).call().await.unwrap());
    assert_eq!(staking.slashedPot().call().await.unwrap(), wei(100));
    assert_eq!(staking.totalHeld().call().await.unwrap(), required(), "slashed stake is held until it is swept");

    let mined = net.ok(QUEUE, at, slash(U256::MAX)).await;
    assert_eq!(event::<IStaking::Slashed>(&mined).amount, required() - wei(100), "never more than the stake");
    assert_eq!(staking.nodeStake(node).call().await.unwrap().staker, Address::ZERO);

    let mined = net.ok(4, at, IStaking::sweepSlashedCall {}).await;
    assert_eq!(event::<IStaking::SlashedSwept>(&mined), IStaking::SlashedSwept { amount: required() });
    let funded = events::<ISessionPayment::TreasuryFunded>(&mined, net.at.session_payment);
    assert_eq!(funded, [ISessionPayment::TreasuryFunded { from: at, amount: required(), treasury: required() }]);
    assert_eq!(ISessionPayment::new(net.at.session_payment, &net.provider).treasury().call().await.unwrap(), required());
    assert_eq!((staking.slashedPot().call().await.unwrap(), staking.totalHeld().call().await.unwrap()), (U256::ZERO, U256::ZERO));
    let allowance = ICor::new(net.at.cor, &net.provider).allowance(at, net.at.session_payment).call().await.unwrap();
    assert_eq!(allowance, U256::ZERO, "nothing stays approved");
    net.assert_conserved().await;
}

#[tokio::test]
async fn peers_are_the_owners_and_slashing_is_the_queues() {
    let net = TestNet::start(4).await;
    let (at, owner, stranger) = (net.at.staking, net.address(0), net.address(3));
    let wire =
        |token, pool, queue, payment| IStaking::wireCall { token, nodePool: pool, sessionQueue: queue, sessionPayment: payment };
    let (a, b, c, d) = (net.at.cor, net.at.node_pool, net.at.session_queue, net.at.session_payment);
    let slash = IStaking::slashCall { node: stranger, taskId: 1, reason: 1, amount: wei(1) }.abi_encode();
    let rows = [("wire", at, wire(a, b, c, d).abi_encode(), owner), ("slash", at, slash.clone(), c)];
    assert_permissions(&net, stranger, &rows).await;
    assert_permissions(&net, owner, &[("slash by the owner", at, slash, c)]).await;
    let zero = Address::ZERO;
    for call in [wire(zero, b, c, d), wire(a, zero, c, d), wire(a, b, zero, d), wire(a, b, c, zero)] {
        assert_eq!(refusal(&net, owner, at, call).await, IRuntime::ZeroAddress {}.into());
    }
    let mined = net.ok(0, at, wire(a, b, c, d)).await;
    assert_eq!(event::<IStaking::Wired>(&mined), IStaking::Wired { token: a, nodePool: b, sessionQueue: c, sessionPayment: d });

    // A token without code answers nothing, and that is not success.
    let nowhere = Address::repeat_byte(0xee);
    net.ok(0, at, wire(nowhere, b, c, d)).await;
    let failed = IStaking::TransferFailed { token: nowhere };
    assert_eq!(refusal(&net, stranger, at, IStaking::stakeCall { amount: wei(1) }).await, failed.into());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    StakeNode { node: usize, caller: usize, amount: u128 },
    UnbondNode { node: usize, caller: usize },
    Stake { user: usize, amount: u128 },
    Unbond { user: usize, amount: u128 },
    Withdraw { user: usize },
    Slash { node: usize, amount: u128 },
    Sweep,
    Wait { secs: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, amount) = (2..5_usize, (0..20_u128).prop_map(|thousands| thousands * 1_000 * COR));
    prop_oneof![
        3 => (who.clone(), who.clone(), amount.clone()).prop_map(|(node, caller, amount)| Step::StakeNode { node, caller, amount }),
        2 => (who.clone(), who.clone()).prop_map(|(node, caller)| Step::UnbondNode { node, caller }),
        3 => (who.clone(), amount.clone()).prop_map(|(user, amount)| Step::Stake { user, amount }),
        3 => (who.clone(), amount.clone()).prop_map(|(user, amount)| Step::Unbond { user, amount }),
        2 => who.clone().prop_map(|user| Step::Withdraw { user }),
        2 => (who, amount).prop_map(|(node, amount)| Step::Slash { node, amount }),
        1 => Just(Step::Sweep),
        2 => (1..500_000_u64).prop_map(|secs| Step::Wait { secs }),
    ]
}

/// The contract's storage as plain maps, moved by the same rules compiled natively.
#[derive(Default)]
struct Model {
    totals: Totals,
    nodes: BTreeMap<usize, NodeStake>,
    users: BTreeMap<usize, Account>,
    ring: BTreeMap<(usize, u8), Unbonding>,
    secs: u64,
}

impl Model {
    fn apply(&mut self, net: &TestNet, step: Step, now: u64) -> Result<(), StakingError> {
        match step {
            Step::StakeNode { node, caller, amount } => {
                let (next, totals) = self.node(node).add(self.totals, net.address(caller), wei(amount), required())?;
                self.nodes.insert(node, next);
                self.totals = totals;
            }
            Step::UnbondNode { node, caller } => {
                let (next, amount) = self.node(node).remove(net.address(caller), false)?;
                self.enqueue(caller, self.user(caller), amount, now)?;
                self.nodes.insert(node, next);
            }
            Step::Stake { user, amount } => {
                let (next, totals) = self.user(user).stake(self.totals, wei(amount))?;
                self.users.insert(user, next);
                self.totals = totals;
            }
            Step::Unbond { user, amount } => {
                let (next, amount) = self.user(user).unbond(wei(amount))?;
                self.enqueue(user, next, amount, now)?;
            }
            Step::Withdraw { user } => {
                let (next, totals, _) = self.user(user).withdraw(self.totals, now, |place| self.ring[&(user, place)])?;
                self.users.insert(user, next);
                self.totals = totals;
            }
            Step::Slash { node, amount } => {
                let (next, totals, _) = self.node(node).slash(self.totals, wei(amount));
                self.nodes.insert(node, next);
                self.totals = totals;
            }
            Step::Sweep => self.totals = self.totals.sweep()?.0,
            Step::Wait { .. } => {}
        }
        Ok(())
    }

    fn enqueue(&mut self, user: usize, account: Account, amount: u128, now: u64) -> Result<(), StakingError> {
        let (next, place, unbonding) = account.enqueue(amount, now, self.secs)?;
        self.ring.insert((user, place), unbonding);
        self.users.insert(user, next);
        Ok(())
    }

    fn node(&self, node: usize) -> NodeStake {
        self.nodes.get(&node).copied().unwrap_or_default()
    }

    fn user(&self, user: usize) -> Account {
        self.users.get(&user).copied().unwrap_or_default()
    }

    fn unbonding(&self, user: usize) -> (u128, u64) {
        let account = self.user(user);
        let entries: Vec<_> = (0..account.len).map(|index| self.ring[&(user, account.place(index))]).collect();
        (entries.iter().map(|entry| entry.amount).sum(), entries.first().map_or(0, |entry| entry.release_at))
    }
}

/// Sends a step. The clock is the test's, so the time of its block is the time before plus what it waited.
async fn send(net: &TestNet, step: Step) -> Result<(), String> {
    let at = net.at.staking;
    let sent = match step {
        Step::StakeNode { node, caller, amount } => {
            net.send(caller, at, IStaking::stakeNodeCall { node: net.address(node), amount: wei(amount) }).await
        }
        Step::UnbondNode { node, caller } => net.send(caller, at, IStaking::unbondNodeCall { node: net.address(node) }).await,
        Step::Stake { user, amount } => net.send(user, at, IStaking::stakeCall { amount: wei(amount) }).await,
        Step::Unbond { user, amount } => net.send(user, at, IStaking::unbondCall { amount: wei(amount) }).await,
        Step::Withdraw { user } => net.send(user, at, IStaking::withdrawCall {}).await,
        Step::Slash { node, amount } => {
            let call = IStaking::slashCall { node: net.address(node), taskId: 1, reason: 1, amount: wei(amount) };
            net.send(QUEUE, at, call).await
        }
        Step::Sweep => net.send(0, at, IStaking::sweepSlashedCall {}).await,
        Step::Wait { secs } => {
            net.advance(secs).await;
            return Ok(());
        }
    };
    sent.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn random_steps_leave_the_state_of_the_rules() {
    let net = TestNet::start(5).await;
    let (at, staking) = (net.at.staking, IStaking::new(net.at.staking, &net.provider));
    for index in 2..5 {
        fund(&net, index, at, wei(1_000_000 * COR)).await;
    }
    wire_queue(&net).await;
    let mut model = Model { secs: staking.unbondingSecs().call().await.unwrap(), ..Model::default() };
    let mut runner = TestRunner::deterministic();
    let mut refused = 0;
    for number in 0..100 {
        let step = step().new_tree(&mut runner).unwrap().current();
        let sent = send(&net, step).await;
        // A sent step's block is the last one; a refused one was judged at the time of the last block, as a call is.
        let predicted = model.apply(&net, step, if sent.is_ok() { net.now().await } else { time_in_calls(&net).await });
        assert_eq!(sent.is_ok(), predicted.is_ok(), "step {number}: {step:?}: {sent:?} and {predicted:?}");
        refused += u32::from(sent.is_err());
        for who in 2..5 {
            let (account, context) = (net.address(who), format!("step {number}: {step:?}: account {who}"));
            let node = staking.nodeStake(account).call().await.unwrap();
            assert_eq!(NodeStake { staker: node.staker, amount: node.amount.to() }, model.node(who), "{context}");
            assert_eq!(staking.stakeOf(account).call().await.unwrap(), wei(model.user(who).stake), "{context}");
            let unbonding = staking.unbondingOf(account).call().await.unwrap();
            assert_eq!((unbonding.amount.to::<u128>(), unbonding.nextReleaseAt), model.unbonding(who), "{context}");
        }
        assert_eq!(staking.totalHeld().call().await.unwrap(), wei(model.totals.held), "step {number}: {step:?}");
        assert_eq!(staking.slashedPot().call().await.unwrap(), wei(model.totals.slashed), "step {number}: {step:?}");
        net.assert_conserved().await;
    }
    assert!((10..90).contains(&refused), "{refused} of 100 refused: the steps no longer exercise both");
}
