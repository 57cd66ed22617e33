//! Any sequence of steps by stakers, users, slashers, owner and guardian does to Staking what it does to a model in plain maps, which is written
//! from the interface's text and uses none of the rules: results, errors with their values, and everything that can be asked, after every step.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use cor_kit::{COR, Seed, solo::Refused};
use cor_sol::{ContractError, runtime::IRuntime, staking::IStaking, vault::IVault};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use super::world::{CAPS, DAY, DELAY, FREE, GUARDIAN, NODE, OTHER, OWNER, SLASHERS, STAKE, STAKER, UNBONDING, World, wei};

/// Sequences, and the most steps in each. A step takes about thirty milliseconds, most of which asks for everything.
const SEQUENCES: u32 = 12;
const STEPS: usize = 60;
/// What each staker begins with.
const WALLET: u128 = 100_000 * COR;
/// Who stakes, for nodes and as users.
const PEOPLE: [usize; 3] = [STAKER, OTHER, FREE];
/// Who tries to slash: the third begins as nobody's module.
const MODULES: [usize; 3] = [SLASHERS[0], SLASHERS[1], NODE];
const NODES: usize = 3;

fn node(index: usize) -> Address {
    Address::repeat_byte(0x10 + u8::try_from(index).unwrap())
}

fn payee(index: usize) -> Address {
    Address::repeat_byte(0x20 + u8::try_from(index).unwrap())
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Accept { node: usize, by: usize },
    StakeNode { by: usize, node: usize, amount: u128 },
    UnbondNode { by: usize, node: usize },
    WithdrawNode { node: usize },
    WithdrawAll,
    SetPayout { by: usize, node: usize, to: usize },
    Stake { by: usize, amount: u128 },
    Unbond { by: usize, amount: u128 },
    Withdraw { by: usize },
    Slash { by: usize, node: usize, amount: u128 },
    Sweep,
    Propose { module: usize, cap: u128 },
    Close { by: usize, module: usize },
    SetCap { by: usize, module: usize, cap: u128 },
    Wait { secs: u64 },
}

/// Every kind of step that can be refused, once with success and once without: what chance leaves out in a run is in it all the same.
const ONE_OF_EACH: [Step; 26] = {
    const THOUSAND: u128 = 1_000 * COR;
    let (by, node, module) = (STAKER, 0, NODE);
    [
        Step::Accept { node, by },
        Step::StakeNode { by, node, amount: STAKE },
        Step::StakeNode { by: OTHER, node, amount: STAKE },
        Step::UnbondNode { by: OTHER, node },
        Step::Stake { by, amount: 5 * THOUSAND },
        Step::Stake { by, amount: 0 },
        Step::Unbond { by, amount: 2 * THOUSAND },
        Step::Unbond { by, amount: 9 * THOUSAND },
        Step::Withdraw { by },
        Step::SetPayout { by, node, to: 0 },
        Step::SetPayout { by: OTHER, node, to: 1 },
        Step::Sweep,
        Step::Slash { by: SLASHERS[0], node, amount: THOUSAND },
        Step::Slash { by: module, node, amount: THOUSAND },
        Step::Sweep,
        Step::UnbondNode { by, node },
        Step::WithdrawNode { node },
        Step::Wait { secs: UNBONDING },
        Step::WithdrawNode { node },
        Step::Withdraw { by },
        Step::Propose { module, cap: THOUSAND },
        Step::Propose { module, cap: THOUSAND },
        Step::SetCap { by: OWNER, module, cap: 2 * THOUSAND },
        Step::SetCap { by: STAKER, module, cap: 0 },
        Step::Close { by: STAKER, module },
        Step::Close { by: GUARDIAN, module },
    ]
};

fn step() -> impl Strategy<Value = Step> {
    let (who, node, module) = (prop::sample::select(&PEOPLE[..]), 0..NODES, prop::sample::select(&MODULES[..]));
    let amount = (0..24_u128).prop_map(|thousands| thousands * 1_000 * COR);
    // A node has a person that mostly cares for it, or hardly any call would be by its staker.
    let of_node = (node.clone(), prop_oneof![4 => Just(0), 1 => 1..PEOPLE.len()]);
    let of_node = of_node.prop_map(|(node, away)| (PEOPLE[(node + away) % PEOPLE.len()], node));
    let enough = prop_oneof![1 => amount.clone(), 2 => Just(STAKE), 1 => Just(2 * STAKE)];
    let governor = prop::sample::select(&[OWNER, GUARDIAN, STAKER][..]);
    let secs = prop_oneof![3 => 0..2 * DAY, 2 => 2 * DAY..=DELAY + 1, 1 => Just(DAY), 1 => Just(UNBONDING)];
    prop_oneof![
        3 => of_node.clone().prop_map(|(by, node)| Step::Accept { node, by }),
        5 => (of_node.clone(), enough).prop_map(|((by, node), amount)| Step::StakeNode { by, node, amount }),
        4 => of_node.clone().prop_map(|(by, node)| Step::UnbondNode { by, node }),
        4 => node.clone().prop_map(|node| Step::WithdrawNode { node }),
        1 => Just(Step::WithdrawAll),
        2 => (of_node, 0..3_usize).prop_map(|((by, node), to)| Step::SetPayout { by, node, to }),
        3 => (who.clone(), amount.clone()).prop_map(|(by, amount)| Step::Stake { by, amount }),
        3 => (who.clone(), amount.clone()).prop_map(|(by, amount)| Step::Unbond { by, amount }),
        2 => who.prop_map(|by| Step::Withdraw { by }),
        6 => (module.clone(), node, amount.clone()).prop_map(|(by, node, amount)| Step::Slash { by, node, amount }),
        1 => Just(Step::Sweep),
        2 => (module.clone(), amount.clone()).prop_map(|(module, cap)| Step::Propose { module, cap }),
        1 => (governor.clone(), module.clone()).prop_map(|(by, module)| Step::Close { by, module }),
        2 => (governor, module, amount).prop_map(|(by, module, cap)| Step::SetCap { by, module, cap }),
        7 => secs.prop_map(|secs| Step::Wait { secs }),
    ]
}

#[derive(Clone, Default)]
struct Node {
    staker: Option<Address>,
    /// Who staked last, whether or not anything is left.
    last: Option<Address>,
    accepted: Option<Address>,
    bonded: u128,
    unbonding: u128,
    release_at: u64,
    /// Where earnings belong, with the times from which each address is in force.
    payouts: Vec<(u64, Address)>,
}

#[derive(Clone, Default)]
struct User {
    stake: u128,
    unbonding: Vec<(u64, u128)>,
    /// Each change: when, and the stake after it.
    history: Vec<(u64, u128)>,
}

#[derive(Clone, Default)]
struct Slasher {
    active_at: Option<u64>,
    closed_at: Option<u64>,
    /// When one that was closed is active again.
    again_at: Option<u64>,
    cap: u128,
    raise: Option<(u64, u128)>,
    used: BTreeMap<u64, u128>,
}

impl Slasher {
    /// 0 unknown, 1 proposed, 2 active, 3 closing.
    fn status(&self, now: u64) -> u8 {
        match (self.active_at, self.closed_at, self.again_at) {
            (None, ..) => 0,
            (Some(at), None, _) => 1 + u8::from(now >= at),
            (Some(_), Some(_), Some(at)) if now >= at => 2,
            _ => 3,
        }
    }

    fn cap(&self, now: u64) -> u128 {
        self.raise.filter(|(at, _)| now >= *at).map_or(self.cap, |(_, cap)| cap)
    }

    fn available(&self, now: u64) -> u128 {
        let acts = match self.status(now) {
            2 => true,
            3 => now <= self.closed_at.unwrap() + UNBONDING,
            _ => false,
        };
        let used = self.used.get(&(now / DAY)).copied().unwrap_or(0);
        if acts { self.cap(now).saturating_sub(used) } else { 0 }
    }

    fn set_cap(&mut self, now: u64, cap: u128) {
        (self.cap, self.raise) = (self.cap(now), None);
        if cap <= self.cap {
            self.cap = cap;
        } else {
            self.raise = Some((now + DELAY, cap));
        }
    }
}

/// Staking as its interface describes it.
#[derive(Clone)]
struct Model {
    people: BTreeMap<usize, Address>,
    owner: Address,
    guardian: Address,
    wallets: BTreeMap<Address, u128>,
    nodes: [Node; NODES],
    users: BTreeMap<Address, User>,
    slashers: BTreeMap<Address, Slasher>,
    slashed: u128,
    treasury: u128,
}

impl Model {
    fn new(world: &World) -> Self {
        let people = (0..=FREE).map(|index| (index, world.account(index))).collect::<BTreeMap<_, _>>();
        let named = |(index, cap): (usize, u128)| {
            (world.account(index), Slasher { active_at: Some(world.now()), cap, ..Slasher::default() })
        };
        Self {
            owner: people[&OWNER],
            guardian: people[&GUARDIAN],
            wallets: PEOPLE.iter().map(|index| (world.account(*index), WALLET)).collect(),
            nodes: Default::default(),
            users: PEOPLE.iter().map(|index| (world.account(*index), User::default())).collect(),
            slashers: SLASHERS.into_iter().zip(CAPS).map(named).collect(),
            slashed: 0,
            treasury: 0,
            people,
        }
    }

    /// What a step answers: the amount that a call returns, or its error. A refusal changes nothing.
    fn apply(&mut self, step: Step, now: u64) -> Result<u128, ContractError> {
        let mut next = self.clone();
        let outcome = next.change(step, now)?;
        *self = next;
        Ok(outcome)
    }

    fn change(&mut self, step: Step, now: u64) -> Result<u128, ContractError> {
        let people = self.people.clone();
        match step {
            Step::Accept { node, by } => {
                self.nodes[node].accepted = Some(people[&by]);
                Ok(0)
            }
            Step::StakeNode { by, node, amount } => self.stake_node(people[&by], node, amount).map(|()| 0),
            Step::UnbondNode { by, node } => self.unbond_node(people[&by], node, now).map(|()| 0),
            Step::WithdrawNode { node } => self.withdraw_node(node, now),
            Step::WithdrawAll => Ok((0..NODES).map(|node| self.withdraw_node(node, now).unwrap_or(0)).sum()),
            Step::SetPayout { by, node, to } => self.set_payout(people[&by], node, payee(to), now).map(|()| 0),
            Step::Stake { by, amount } => {
                self.pay_in(people[&by], amount)?;
                self.user(people[&by], now, |user| user.stake += amount);
                Ok(0)
            }
            Step::Unbond { by, amount } => self.unbond(people[&by], amount, now).map(|()| 0),
            Step::Withdraw { by } => self.withdraw(people[&by], now),
            Step::Slash { by, node, amount } => self.slash(people[&by], node, amount, now),
            Step::Sweep => {
                if self.slashed == 0 {
                    return Err(IStaking::ZeroAmount {}.into());
                }
                self.treasury += self.slashed;
                Ok(std::mem::take(&mut self.slashed))
            }
            Step::Propose { module, cap } => self.propose(people[&module], cap, now).map(|()| 0),
            Step::Close { by, module } => self.close(people[&by], people[&module], now).map(|()| 0),
            Step::SetCap { by, module, cap } => self.set_cap(people[&by], people[&module], cap, now).map(|()| 0),
            Step::Wait { .. } => Ok(0),
        }
    }

    fn pay_in(&mut self, from: Address, amount: u128) -> Result<(), ContractError> {
        if amount == 0 {
            return Err(IStaking::ZeroAmount {}.into());
        }
        let wallet = self.wallets.get_mut(&from).unwrap();
        let left = wallet.checked_sub(amount);
        *wallet = left.ok_or_else(|| {
            let (sender, balance, needed) = (from, wei(*wallet), wei(amount));
            cor_sol::cor::ICor::ERC20InsufficientBalance { sender, balance, needed }
        })?;
        Ok(())
    }

    fn stake_node(&mut self, by: Address, index: usize, amount: u128) -> Result<(), ContractError> {
        if amount == 0 {
            return Err(IStaking::ZeroAmount {}.into());
        }
        let kept = &self.nodes[index];
        if kept.staker.is_some_and(|staker| staker != by) {
            return Err(self.not_staker(index, by));
        }
        if kept.bonded + amount < STAKE {
            let (account, available, needed) = (node(index), wei(kept.bonded + amount), wei(STAKE));
            return Err(IStaking::InsufficientStake { account, available, needed }.into());
        }
        if kept.staker.is_none() && kept.accepted != Some(by) {
            return Err(IStaking::StakerNotAccepted { node: node(index), staker: by }.into());
        }
        self.pay_in(by, amount)?;
        let kept = &mut self.nodes[index];
        if kept.last != Some(by) {
            kept.payouts.clear();
        }
        // It is said for one beginning.
        kept.accepted = kept.accepted.filter(|_| kept.staker.is_some());
        (kept.staker, kept.last, kept.bonded) = (Some(by), Some(by), kept.bonded + amount);
        Ok(())
    }

    fn not_staker(&self, index: usize, caller: Address) -> ContractError {
        let staker = self.nodes[index].staker.unwrap_or_default();
        IStaking::NotStaker { node: node(index), staker, caller }.into()
    }

    fn unbond_node(&mut self, by: Address, index: usize, now: u64) -> Result<(), ContractError> {
        if self.nodes[index].staker != Some(by) {
            return Err(self.not_staker(index, by));
        }
        let kept = &mut self.nodes[index];
        if kept.bonded == 0 {
            return Err(IStaking::ZeroAmount {}.into());
        }
        kept.unbonding += std::mem::take(&mut kept.bonded);
        kept.release_at = now + UNBONDING;
        Ok(())
    }

    fn withdraw_node(&mut self, index: usize, now: u64) -> Result<u128, ContractError> {
        let kept = &mut self.nodes[index];
        if kept.unbonding == 0 || now < kept.release_at {
            return Err(IStaking::StillBonded { account: node(index), releaseAt: kept.release_at, timestamp: now }.into());
        }
        let (staker, paid) = (kept.staker.unwrap(), std::mem::take(&mut kept.unbonding));
        kept.release_at = 0;
        kept.staker = kept.staker.filter(|_| kept.bonded > 0);
        *self.wallets.get_mut(&staker).unwrap() += paid;
        Ok(paid)
    }

    fn set_payout(&mut self, by: Address, index: usize, to: Address, now: u64) -> Result<(), ContractError> {
        if self.nodes[index].staker != Some(by) {
            return Err(self.not_staker(index, by));
        }
        let kept = &mut self.nodes[index];
        // Only one can wait, and the first need not.
        kept.payouts.retain(|(at, _)| *at <= now);
        let at = if kept.payouts.is_empty() { now } else { now + DELAY };
        kept.payouts.push((at, to));
        Ok(())
    }

    fn payout(&self, index: usize, now: u64) -> Address {
        let kept = &self.nodes[index];
        let named = kept.payouts.iter().rev().find(|(at, _)| *at <= now).map(|(_, to)| *to);
        named.or(kept.last).unwrap_or_else(|| node(index))
    }

    fn user(&mut self, who: Address, now: u64, change: impl FnOnce(&mut User)) {
        let user = self.users.get_mut(&who).unwrap();
        change(user);
        user.history.push((now, user.stake));
    }

    fn unbond(&mut self, by: Address, amount: u128, now: u64) -> Result<(), ContractError> {
        if amount == 0 {
            return Err(IStaking::ZeroAmount {}.into());
        }
        let user = &self.users[&by];
        if user.stake < amount {
            let (available, needed) = (wei(user.stake), wei(amount));
            return Err(IStaking::InsufficientStake { account: by, available, needed }.into());
        }
        self.user(by, now, |user| {
            user.stake -= amount;
            let joined = if user.unbonding.len() == 8 { user.unbonding.pop() } else { None };
            user.unbonding.push((now + UNBONDING, amount + joined.map_or(0, |(_, earlier)| earlier)));
        });
        Ok(())
    }

    fn withdraw(&mut self, by: Address, now: u64) -> Result<u128, ContractError> {
        let user = self.users.get_mut(&by).unwrap();
        let (ripe, left): (Vec<_>, Vec<_>) = user.unbonding.iter().partition(|(at, _)| *at <= now);
        if ripe.is_empty() {
            let release_at = left.first().map_or(0, |(at, _)| *at);
            return Err(IStaking::StillBonded { account: by, releaseAt: release_at, timestamp: now }.into());
        }
        user.unbonding = left;
        let paid = ripe.iter().map(|(_, amount)| amount).sum();
        *self.wallets.get_mut(&by).unwrap() += paid;
        Ok(paid)
    }

    fn slash(&mut self, by: Address, index: usize, amount: u128, now: u64) -> Result<u128, ContractError> {
        let slasher = self.slashers.entry(by).or_default();
        match slasher.status(now) {
            0 => return Err(cor_sol::vault::IVault::ModuleUnknown { module: by }.into()),
            1 => return Err(cor_sol::vault::IVault::ModuleNotActive { module: by, activeAt: slasher.active_at.unwrap() }.into()),
            _ => {}
        }
        let kept = &mut self.nodes[index];
        let taken = amount.min(slasher.available(now)).min(kept.bonded + kept.unbonding);
        *slasher.used.entry(now / DAY).or_default() += taken;
        let of_bonded = taken.min(kept.bonded);
        kept.bonded -= of_bonded;
        kept.unbonding -= taken - of_bonded;
        if kept.unbonding == 0 {
            kept.release_at = 0;
        }
        kept.staker = kept.staker.filter(|_| kept.bonded + kept.unbonding > 0);
        self.slashed += taken;
        Ok(taken)
    }

    fn governs(&self, by: Address, narrows: bool) -> Result<(), ContractError> {
        if by == self.owner || narrows && by == self.guardian {
            return Ok(());
        }
        Err(IRuntime::Unauthorized { caller: by, required: self.owner }.into())
    }

    fn propose(&mut self, module: Address, cap: u128, now: u64) -> Result<(), ContractError> {
        let slasher = self.slashers.entry(module).or_default();
        match (slasher.status(now), slasher.again_at) {
            (0, _) => *slasher = Slasher { active_at: Some(now + DELAY), cap, ..Slasher::default() },
            (3, None) => {
                slasher.again_at = Some(now + DELAY);
                slasher.set_cap(now, cap);
            }
            _ => return Err(cor_sol::vault::IVault::ModuleInService { module }.into()),
        }
        Ok(())
    }

    fn close(&mut self, by: Address, module: Address, now: u64) -> Result<(), ContractError> {
        self.governs(by, true)?;
        let slasher = self.slashers.entry(module).or_default();
        // What was to widen does not.
        (slasher.cap, slasher.raise) = (slasher.cap(now), None);
        match slasher.status(now) {
            0 => return Err(cor_sol::vault::IVault::ModuleUnknown { module }.into()),
            1 => *slasher = Slasher::default(),
            2 => (slasher.closed_at, slasher.again_at) = (Some(now), None),
            _ => slasher.again_at = None,
        }
        Ok(())
    }

    fn set_cap(&mut self, by: Address, module: Address, cap: u128, now: u64) -> Result<(), ContractError> {
        let slasher = self.slashers.entry(module).or_default().clone();
        self.governs(by, cap <= slasher.cap(now))?;
        if slasher.status(now) == 0 {
            return Err(cor_sol::vault::IVault::ModuleUnknown { module }.into());
        }
        self.slashers.get_mut(&module).unwrap().set_cap(now, cap);
        Ok(())
    }

    fn held(&self) -> u128 {
        let nodes: u128 = self.nodes.iter().map(|node| node.bonded + node.unbonding).sum();
        let users = self.users.values().map(|user| user.stake + user.unbonding.iter().map(|(_, amount)| amount).sum::<u128>());
        nodes + users.sum::<u128>() + self.slashed
    }
}

/// Sends a step: the amount that it returns, or its error.
fn send(world: &World, step: Step) -> Result<u128, ContractError> {
    fn sent<C: SolCall>(
        world: &World,
        by: usize,
        call: &C,
        amount: impl FnOnce(C::Return) -> U256,
    ) -> Result<u128, ContractError> {
        match world.solo.send(world.account(by), world.staking, call) {
            Ok(done) => Ok(amount(done.returned).to()),
            Err(Refused::Known(error)) => Err(error),
            Err(Refused::Other(data)) => panic!("{} reverts with {data}", C::SIGNATURE),
        }
    }
    let none = |_| U256::ZERO;
    let module = |index: usize| world.account(index);
    match step {
        Step::Accept { node: index, by } => {
            world.accept(by, node(index));
            Ok(0)
        }
        Step::StakeNode { by, node: index, amount } => {
            let call = IStaking::stakeNodeCall { node: node(index), amount: wei(amount) };
            sent(world, by, &call, |_| U256::ZERO)
        }
        Step::UnbondNode { by, node: index } => sent(world, by, &IStaking::unbondNodeCall { node: node(index) }, |_| U256::ZERO),
        Step::WithdrawNode { node: index } => sent(world, OWNER, &IStaking::withdrawNodeCall { node: node(index) }, |paid| paid),
        Step::WithdrawAll => {
            sent(world, OWNER, &IStaking::withdrawNodesCall { nodes: (0..NODES).map(node).collect() }, |paid| paid)
        }
        Step::SetPayout { by, node: index, to } => {
            sent(world, by, &IStaking::setPayoutCall { node: node(index), to: payee(to) }, |_| U256::ZERO)
        }
        Step::Stake { by, amount } => sent(world, by, &IStaking::stakeCall { amount: wei(amount) }, |_| U256::ZERO),
        Step::Unbond { by, amount } => sent(world, by, &IStaking::unbondCall { amount: wei(amount) }, |_| U256::ZERO),
        Step::Withdraw { by } => sent(world, by, &IStaking::withdrawCall {}, |paid| paid),
        Step::Slash { by, node: index, amount } => sent(world, by, &super::world::slash(node(index), amount), |it| it.taken),
        Step::Sweep => sent(world, OWNER, &IStaking::sweepSlashedCall {}, |swept| swept),
        Step::Propose { module: index, cap } => {
            sent(world, OWNER, &IStaking::proposeModuleCall { module: module(index), cap: wei(cap) }, |_| U256::ZERO)
        }
        Step::Close { by, module: index } => {
            sent(world, by, &IStaking::closeModuleCall { module: module(index) }, |_| U256::ZERO)
        }
        Step::SetCap { by, module: index, cap } => {
            sent(world, by, &IStaking::setModuleCapCall { module: module(index), cap: wei(cap) }, none)
        }
        Step::Wait { secs } => {
            world.solo.pass(secs);
            Ok(0)
        }
    }
}

/// Everything that can be asked, and where all tokens are.
fn compare(world: &World, model: &Model) -> Result<(), TestCaseError> {
    let (now, today) = (world.now(), world.now() / DAY);
    for (index, kept) in model.nodes.iter().enumerate() {
        let node = node(index);
        let (stake, leaving) = (world.get(&IStaking::nodeStakeCall { node }), world.get(&IStaking::nodeUnbondingOfCall { node }));
        let shown = (stake.staker, stake.amount.to(), leaving.amount.to(), leaving.releaseAt);
        prop_assert_eq!(shown, (kept.staker.unwrap_or_default(), kept.bonded, kept.unbonding, kept.release_at), "node {}", index);
        prop_assert_eq!(world.get(&IStaking::isNodeStakedCall { node }), kept.bonded >= STAKE);
        prop_assert_eq!(world.get(&IStaking::payoutOfCall { node }), model.payout(index, now), "payout of node {}", index);
    }
    for (who, user) in &model.users {
        let (user_stake, account) = (world.get(&IStaking::stakeOfCall { user: *who }), *who);
        prop_assert_eq!(user_stake, wei(user.stake));
        let unbonding = world.get(&IStaking::unbondingOfCall { account });
        let sum: u128 = user.unbonding.iter().map(|(_, amount)| amount).sum();
        let first = user.unbonding.first().map_or(0, |(at, _)| *at);
        prop_assert_eq!((unbonding.amount.to::<u128>(), unbonding.nextReleaseAt), (sum, first));
        for day in [today, today - 1, today - 8, today - 30] {
            let at_start = user.history.iter().rev().find(|(at, _)| *at < day * DAY).map_or(0, |(_, stake)| *stake);
            let shown = world.get(&IStaking::stakeAtCall { user: account, day });
            prop_assert_eq!(shown, wei(at_start), "{} days ago", today - day);
        }
        prop_assert_eq!(world.wallet(account), wei(model.wallets[who]));
    }
    for module in MODULES.map(|index| world.account(index)) {
        let slasher = model.slashers.get(&module).cloned().unwrap_or_default();
        let shown = world.get(&IStaking::moduleOfCall { module });
        prop_assert_eq!(shown.status, slasher.status(now));
        prop_assert_eq!((shown.cap, shown.available), (wei(slasher.cap(now)), wei(slasher.available(now))));
    }
    prop_assert_eq!(world.get(&IStaking::slashedPotCall {}), wei(model.slashed));
    prop_assert_eq!(world.get(&IStaking::totalHeldCall {}), wei(model.held()));
    prop_assert_eq!(world.wallet(world.staking), wei(model.held()));
    prop_assert_eq!(world.solo.get(world.vault, &IVault::treasuryCall {}), wei(model.treasury));
    let wallets: u128 = model.wallets.values().sum();
    prop_assert_eq!(wallets + model.held() + model.treasury, PEOPLE.len() as u128 * WALLET, "no COR is lost or made");
    Ok(())
}

fn kind(step: Step) -> String {
    let text = format!("{step:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn staking_does_what_its_interface_says() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    PEOPLE.iter().for_each(|index| world.fund(*index, WALLET));
    let seen = RefCell::new(BTreeSet::new());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let perform = |steps: &[Step]| {
        world.solo.undoing(|| {
            let mut model = Model::new(&world);
            for (number, step) in steps.iter().enumerate() {
                let sent = send(&world, *step);
                let predicted = model.apply(*step, world.now());
                seen.borrow_mut().insert((kind(*step), sent.is_ok()));
                prop_assert_eq!(sent, predicted, "step {}: {:?}", number, step);
                compare(&world, &model).map_err(|error| TestCaseError::fail(format!("step {number}: {step:?}: {error}")))?;
            }
            Ok(())
        })
    };
    perform(&ONE_OF_EACH).unwrap_or_else(|failure| panic!("the steps that are in every run: {failure}"));
    let outcome = runner.run(&proptest::collection::vec(step(), STEPS / 2..=STEPS), |steps| perform(&steps));
    outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}"));
    let refusable = ["StakeNode", "UnbondNode", "WithdrawNode", "SetPayout", "Stake", "Unbond", "Withdraw", "Slash", "Sweep"];
    let governing = ["Propose", "Close", "SetCap"];
    let expected: BTreeSet<_> =
        refusable.iter().chain(&governing).flat_map(|kind| [true, false].map(|ok| ((*kind).to_owned(), ok))).collect();
    let seen = seen.into_inner();
    assert!(seen.is_superset(&expected), "{seed}: only {seen:?} happened");
}
