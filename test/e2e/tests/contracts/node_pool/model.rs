//! NodePool as its interface describes it, in plain values: none of the rules is used.

use std::collections::BTreeSet;

use alloy::{
    primitives::{Address, B256, LogData, U256},
    sol_types::SolEvent,
};
use cor_kit::COR;
use cor_sol::{
    ContractError, node_pool::INodePool, runtime::IRuntime, session_payment_table::ISessionPaymentTable, staking::IStaking,
    vault::IVault,
};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::differential::{MODELS, NODES, OPERATORS, Step};
use crate::staking::world::{CAPS, DAY, DELAY, FREE, OWNER, SLASHERS, STAKE, UNBONDING, World};

/// What a node needs, and what its slasher takes in a day at most, COR.
const STAKE_COR: u64 = (STAKE / COR) as u64;
const CAP_COR: u64 = (CAPS[0] / COR) as u64;

pub(super) fn cor(amount: u64) -> U256 {
    U256::from(amount) * U256::from(COR)
}

/// What a registered node is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Serves,
    Drains,
}

#[derive(Clone, Default)]
pub(super) struct Node {
    doing: Option<Doing>,
    operator: Option<usize>,
    epoch: u64,
    version: u64,
    capacity: u32,
    class: u8,
    pinged: u64,
    models: Vec<u64>,
    stopped_by_operator: Option<usize>,
    stopped_by_staker: Option<usize>,
    /// Whose stake it is, bonded or unbonding.
    staker: Option<usize>,
    bonded: u64,
    unbonding: u64,
    release_at: u64,
}

impl Node {
    pub(super) const fn is_staked(&self) -> bool {
        self.bonded >= STAKE_COR
    }
}

/// NodePool as its interface describes it, with what Staking says of its nodes. Stake is in COR.
#[derive(Clone)]
pub(super) struct Model {
    accounts: Vec<Address>,
    staking: Address,
    nodes: [Node; 3],
    consents: BTreeSet<(usize, usize)>,
    epochs: u64,
    listed: Vec<usize>,
    minimum: u64,
    /// The minimum that waits, and from when on it holds.
    raise: Option<(u64, u64)>,
    /// From when on Staking, which was named anew, is the one.
    renewed: Option<u64>,
    /// The day of the last slash, counted from 1970, and what was slashed on it.
    slashed: (u64, u64),
}

/// Logs of the pool, and the numbers that a call returns; or its error.
pub(super) type Outcome = Result<(Vec<LogData>, Vec<u64>), ContractError>;

fn told(event: &impl SolEvent) -> Outcome {
    Ok((vec![event.encode_log_data()], vec![]))
}

impl Model {
    pub(super) fn new(world: &World) -> Self {
        Self {
            accounts: (0..=FREE + 1).map(|index| world.account(index)).collect(),
            staking: world.staking,
            nodes: Default::default(),
            consents: BTreeSet::new(),
            epochs: 0,
            listed: vec![],
            minimum: 0,
            raise: None,
            renewed: None,
            slashed: (0, 0),
        }
    }

    pub(super) fn at(&self, node: usize) -> Address {
        self.accounts[NODES[node]]
    }

    pub(super) fn consented(&self, operator: usize, node: usize) -> bool {
        operator == NODES[node] || self.consents.contains(&(operator, node))
    }

    fn unlike(&self, by: usize, required: Address) -> ContractError {
        IRuntime::Unauthorized { caller: self.accounts[by], required }.into()
    }

    fn only(&self, by: usize, required: usize) -> Result<(), ContractError> {
        if by == required { Ok(()) } else { Err(self.unlike(by, self.accounts[required])) }
    }

    fn staker(&self, node: usize) -> Address {
        self.nodes[node].staker.map_or(Address::ZERO, |staker| self.accounts[staker])
    }

    fn must_be_staker(&self, by: usize, node: usize) -> Result<(), ContractError> {
        if self.nodes[node].staker == Some(by) { Ok(()) } else { Err(self.unlike(by, self.staker(node))) }
    }

    fn registered(&self, node: usize) -> Result<Doing, ContractError> {
        self.nodes[node].doing.ok_or_else(|| INodePool::NotRegistered { node: self.at(node) }.into())
    }

    fn missing(&self, operator: usize, node: usize) -> ContractError {
        INodePool::ConsentMissing { operator: self.accounts[operator], node: self.at(node) }.into()
    }

    /// A refusal changes nothing.
    pub(super) fn apply(&mut self, step: &Step, now: u64) -> Outcome {
        if let Some((version, _)) = self.raise.take_if(|(_, at)| *at <= now) {
            self.minimum = version;
        }
        let mut next = self.clone();
        let outcome = next.change(step, now)?;
        *self = next;
        Ok(outcome)
    }

    fn change(&mut self, step: &Step, now: u64) -> Outcome {
        match *step {
            Step::Consent { by, node, allowed } => told(&self.consent(by, node, allowed)),
            Step::Register { .. } => self.register(step),
            Step::Deregister { node } => self.leave(node),
            Step::DeregisterFor { by, node } => {
                let draining = self.registered(node)? == Doing::Drains;
                let people = [Some(NODES[node]), self.nodes[node].operator, self.nodes[node].staker];
                if !draining && !people.contains(&Some(by)) {
                    return Err(self.unlike(by, self.accounts[self.nodes[node].operator.unwrap()]));
                }
                self.leave(node)
            }
            Step::Drain { by, node } => self.drain(by, node),
            Step::StakeLeft { by, .. } => Err(self.unlike(by, self.staking)),
            Step::Resume { node } => self.resume(NODES[node], node),
            Step::ResumeFor { by, node } => {
                if self.nodes[node].doing.is_none() && self.nodes[node].stopped_by_staker == Some(by) {
                    self.nodes[node].stopped_by_staker = None;
                    return told(&INodePool::NodeResumed { node: self.at(node) });
                }
                self.registered(node)?;
                self.must_be_staker(by, node)?;
                self.resume(by, node)
            }
            Step::SetSpec { node, ref models, capacity } => {
                self.registered(node)?;
                self.spec(node, models, capacity)?;
                told(&INodePool::NodeSpecChanged { node: self.at(node), models: models.clone(), capacity })
            }
            Step::SetVersion { node, version } => {
                self.registered(node)?;
                self.new_enough(version)?;
                self.nodes[node].version = version;
                told(&INodePool::NodeVersionChanged { node: self.at(node), version })
            }
            Step::Ping { node } => {
                self.registered(node)?;
                self.nodes[node].pinged = now;
                told(&INodePool::NodePinged { node: self.at(node), timestamp: now })
            }
            Step::SetMinVersion { by, version } => {
                self.only(by, OWNER)?;
                let at = if version > self.minimum && self.epochs > 0 { now + DELAY } else { now };
                self.raise = (at > now).then_some((version, at));
                if self.raise.is_none() {
                    self.minimum = version;
                }
                told(&INodePool::MinNodeVersionSet { version, effectiveAt: at })
            }
            Step::NameStaking { by } => {
                self.only(by, OWNER)?;
                self.renewed = Some(now + DELAY);
                told(&INodePool::StakingSet { staking: self.staking, effectiveAt: now + DELAY })
            }
            Step::Stake { by, node } => self.stake(by, node),
            Step::Unbond { by, node } => self.unbond(by, node, now),
            Step::Slash { by, node, cor } => self.slash(by, node, cor, now),
            Step::Withdraw { node } => self.withdraw(node, now),
            Step::Wait { .. } => Ok((vec![], vec![])),
        }
    }

    fn consent(&mut self, by: usize, node: usize, allowed: bool) -> INodePool::ConsentSet {
        if allowed {
            self.consents.insert((by, node));
        } else {
            self.consents.remove(&(by, node));
        }
        INodePool::ConsentSet { operator: self.accounts[by], node: self.at(node), allowed }
    }

    fn register(&mut self, step: &Step) -> Outcome {
        let Step::Register { node, operator, ref models, capacity, class, version } = *step else { panic!("{step:?}") };
        if class > 2 {
            let [value, min, max] = [class, 0, 2].map(U256::from);
            let field = B256::right_padding_from(b"hardwareClass");
            return Err(ISessionPaymentTable::InputOutOfRange { field, value, min, max }.into());
        }
        if !self.consented(operator, node) {
            return Err(self.missing(operator, node));
        }
        if self.nodes[node].doing.is_some() {
            return Err(INodePool::AlreadyRegistered { node: self.at(node) }.into());
        }
        self.new_enough(version)?;
        self.spec(node, models, capacity)?;
        if !self.nodes[node].is_staked() {
            return Err(INodePool::NotStaked { node: self.at(node) }.into());
        }
        self.lift_stops(NODES[node], node)?;
        self.epochs += 1;
        if !self.listed.contains(&node) {
            self.listed.push(node);
        }
        let kept = &mut self.nodes[node];
        (kept.doing, kept.operator, kept.epoch) = (Some(Doing::Serves), Some(operator), self.epochs);
        (kept.version, kept.class) = (version, class);
        told(&INodePool::NodeRegistered {
            node: self.at(node),
            operator: self.accounts[operator],
            registrationEpoch: self.epochs,
            models: models.clone(),
            capacity,
            hardwareClass: class,
            version,
        })
        .map(|(logs, _)| (logs, vec![self.epochs]))
    }

    fn new_enough(&self, version: u64) -> Result<(), ContractError> {
        let minimum = self.minimum;
        if version < minimum { Err(INodePool::VersionTooOld { version, minimum }.into()) } else { Ok(()) }
    }

    fn spec(&mut self, node: usize, models: &[u64], capacity: u32) -> Result<(), ContractError> {
        let count = models.len() as u64;
        if !(1..=64).contains(&count) || models.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(INodePool::InvalidModels { count, limit: 64 }.into());
        }
        if capacity == 0 || capacity > 1_024 {
            return Err(INodePool::InvalidCapacity { capacity, limit: 1_024 }.into());
        }
        let kept = &mut self.nodes[node];
        (kept.models, kept.capacity) = (models.to_vec(), capacity);
        Ok(())
    }

    fn leave(&mut self, node: usize) -> Outcome {
        self.registered(node)?;
        let kept = &mut self.nodes[node];
        (kept.doing, kept.capacity) = (None, 0);
        kept.models.clear();
        told(&INodePool::NodeDeregistered { node: self.at(node) })
    }

    fn drain(&mut self, by: usize, node: usize) -> Outcome {
        let doing = self.registered(node)?;
        let operator = self.nodes[node].operator.unwrap();
        let itself = by == NODES[node];
        // Who is both speaks as the operator.
        let operates = !itself && by == operator;
        let stakes = !itself && !operates && self.nodes[node].staker == Some(by);
        if !itself && !operates && !stakes && self.nodes[node].is_staked() {
            return Err(self.unlike(by, self.accounts[operator]));
        }
        let mut logs = vec![];
        let mut anew = doing != Doing::Drains;
        if operates {
            logs.push(self.consent(operator, node, false).encode_log_data());
            anew |= self.nodes[node].stopped_by_operator.replace(by) != Some(by);
        }
        if stakes {
            anew |= self.nodes[node].stopped_by_staker.replace(by) != Some(by);
        }
        self.nodes[node].doing = Some(Doing::Drains);
        if anew {
            logs.push(INodePool::NodeDraining { node: self.at(node), by: self.accounts[by] }.encode_log_data());
        }
        Ok((logs, vec![]))
    }

    /// Each lifts what it stopped: the operator by its consent, the staker by being `by`, unless it stakes no more.
    fn lift_stops(&mut self, by: usize, node: usize) -> Result<(), ContractError> {
        if let Some(operator) = self.nodes[node].stopped_by_operator.take()
            && !self.consented(operator, node)
        {
            return Err(self.missing(operator, node));
        }
        let stopper = self.nodes[node].stopped_by_staker.take();
        if stopper.is_some() && stopper == self.nodes[node].staker {
            self.must_be_staker(by, node)?;
        }
        Ok(())
    }

    fn resume(&mut self, by: usize, node: usize) -> Outcome {
        let doing = self.registered(node)?;
        if doing == Doing::Serves {
            return Err(INodePool::NotDraining { node: self.at(node) }.into());
        }
        if !self.nodes[node].is_staked() {
            return Err(INodePool::NotStaked { node: self.at(node) }.into());
        }
        let operator = self.nodes[node].operator.unwrap();
        if !self.consented(operator, node) {
            return Err(self.missing(operator, node));
        }
        self.lift_stops(by, node)?;
        self.nodes[node].doing = Some(Doing::Serves);
        told(&INodePool::NodeResumed { node: self.at(node) })
    }

    /// 0, or why the node takes no task.
    pub(super) fn eligibility(&self, node: usize, model: u64) -> u8 {
        let kept = &self.nodes[node];
        match kept.doing {
            None => 1,
            Some(Doing::Drains) => 4,
            Some(Doing::Serves) if kept.version < self.minimum => 3,
            Some(Doing::Serves) if !kept.models.contains(&model) => 2,
            Some(Doing::Serves) => 0,
        }
    }

    /// What the pool hears of stake that leaves.
    fn hear(&mut self, node: usize) -> Vec<LogData> {
        if self.nodes[node].doing != Some(Doing::Serves) {
            return vec![];
        }
        self.nodes[node].doing = Some(Doing::Drains);
        vec![INodePool::NodeDraining { node: self.at(node), by: self.staking }.encode_log_data()]
    }

    fn stake(&mut self, by: usize, node: usize) -> Outcome {
        let kept = &self.nodes[node];
        if kept.staker.is_some_and(|staker| staker != by) {
            return Err(self.not_staker(by, node));
        }
        let kept = &mut self.nodes[node];
        (kept.staker, kept.bonded) = (Some(by), kept.bonded + STAKE_COR);
        Ok((vec![], vec![]))
    }

    fn not_staker(&self, by: usize, node: usize) -> ContractError {
        IStaking::NotStaker { node: self.at(node), staker: self.staker(node), caller: self.accounts[by] }.into()
    }

    fn unbond(&mut self, by: usize, node: usize, now: u64) -> Outcome {
        if self.nodes[node].staker != Some(by) {
            return Err(self.not_staker(by, node));
        }
        let kept = &mut self.nodes[node];
        if kept.bonded == 0 {
            return Err(IStaking::ZeroAmount {}.into());
        }
        (kept.bonded, kept.unbonding, kept.release_at) = (0, kept.bonded + kept.unbonding, now + UNBONDING);
        Ok((self.hear(node), vec![]))
    }

    fn withdraw(&mut self, node: usize, now: u64) -> Outcome {
        let kept = &self.nodes[node];
        if kept.unbonding == 0 || now < kept.release_at {
            return Err(IStaking::StillBonded { account: self.at(node), releaseAt: kept.release_at, timestamp: now }.into());
        }
        let kept = &mut self.nodes[node];
        (kept.unbonding, kept.release_at) = (0, 0);
        kept.staker = kept.staker.filter(|_| kept.bonded > 0);
        let logs = if self.nodes[node].is_staked() { vec![] } else { self.hear(node) };
        Ok((logs, vec![]))
    }

    /// The pool hears nothing of it.
    fn slash(&mut self, by: usize, node: usize, cor: u64, now: u64) -> Outcome {
        if by != SLASHERS[0] {
            return Err(IVault::ModuleUnknown { module: self.accounts[by] }.into());
        }
        let today = now / DAY;
        let used = if self.slashed.0 == today { self.slashed.1 } else { 0 };
        let kept = &mut self.nodes[node];
        let taken = cor.min(CAP_COR - used).min(kept.bonded + kept.unbonding);
        self.slashed = (today, used + taken);
        let of_bonded = taken.min(kept.bonded);
        (kept.bonded, kept.unbonding) = (kept.bonded - of_bonded, kept.unbonding - (taken - of_bonded));
        if kept.unbonding == 0 {
            kept.release_at = 0;
        }
        kept.staker = kept.staker.filter(|_| kept.bonded + kept.unbonding > 0);
        Ok((vec![], vec![taken]))
    }
}

/// Everything that can be asked.
pub(super) fn compare(world: &World, model: &Model) -> Result<(), TestCaseError> {
    let ask = |index: usize, kept: &Node| -> Result<(), TestCaseError> {
        let node = model.at(index);
        let expected = INodePool::Node {
            operator: kept.operator.map_or(Address::ZERO, |operator| model.accounts[operator]),
            registrationEpoch: kept.epoch,
            version: kept.version,
            capacity: kept.capacity,
            hardwareClass: kept.class,
            registered: kept.doing.is_some(),
            draining: kept.doing == Some(Doing::Drains),
            lastPingAt: kept.pinged,
            models: kept.models.clone(),
        };
        prop_assert_eq!(world.node(node), expected, "node {}", index);
        prop_assert_eq!(world.solo.get(world.pool, &INodePool::isRegisteredCall { node }), kept.doing.is_some());
        for model_identifier in MODELS {
            let call = INodePool::eligibilityCall { node, modelIdentifier: model_identifier };
            prop_assert_eq!(world.solo.get(world.pool, &call), model.eligibility(index, model_identifier), "node {}", index);
        }
        for operator in OPERATORS.into_iter().chain([NODES[index]]) {
            let call = INodePool::consentedCall { operator: model.accounts[operator], node };
            prop_assert_eq!(world.solo.get(world.pool, &call), model.consented(operator, index));
        }
        prop_assert_eq!(world.get(&IStaking::isNodeStakedCall { node }), kept.is_staked());
        let stake = world.get(&IStaking::nodeStakeCall { node });
        prop_assert_eq!((stake.amount, stake.staker), (cor(kept.bonded), model.staker(index)), "node {}", index);
        Ok(())
    };
    for (index, kept) in model.nodes.iter().enumerate() {
        ask(index, kept)?;
    }
    let listed: Vec<_> = model.listed.iter().map(|node| model.at(*node)).collect();
    prop_assert_eq!(world.solo.get(world.pool, &INodePool::nodesByPageCall { offset: 0, limit: 100 }), listed);
    prop_assert_eq!(world.solo.get(world.pool, &INodePool::minNodeVersionCall {}), model.minimum);
    let next = world.solo.get(world.pool, &INodePool::nextMinNodeVersionCall {});
    prop_assert_eq!((next.version, next.effectiveAt), model.raise.unwrap_or_default());
    let (staking, now) = (world.solo.get(world.pool, &INodePool::stakingCall {}), world.now());
    let (next, at) = model.renewed.filter(|at| *at > now).map_or((Address::ZERO, 0), |at| (world.staking, at));
    prop_assert_eq!((staking.current, staking.next, staking.effectiveAt), (world.staking, next, at));
    Ok(())
}
