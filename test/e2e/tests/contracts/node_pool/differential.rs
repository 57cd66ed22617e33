//! Any sequence of steps by nodes, their people, queues and the owner does to NodePool what it does to a model of plain values, which is written from
//! the interface's text and uses none of the rules: logs, results, errors with their values, and everything that can be asked, after every step.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use alloy::{
    primitives::{Address, B256, LogData, U256},
    sol_types::{SolCall, SolEvent},
};
use cor_kit::{Seed, solo::Refused};
use cor_sol::{
    ContractError, node_pool::INodePool, runtime::IRuntime, session_payment_table::ISessionPaymentTable, staking::IStaking,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use crate::staking::world::{DAY, DELAY, FREE, NODE, OPERATOR, OTHER, OWNER, QUEUE, STAKER, UNBONDING, World};

/// Sequences, and the most steps in each. A step takes about ten milliseconds, most of which asks for everything.
const SEQUENCES: u32 = 24;
const STEPS: usize = 80;
/// The nodes. The third stakes for itself, the staker for the others.
const NODES: [usize; 3] = [NODE, FREE, FREE + 1];
const STAKERS: [usize; 3] = [STAKER, STAKER, FREE + 1];
/// Who may become the queue; the first is it.
const QUEUES: [usize; 3] = [QUEUE, FREE + 2, FREE + 3];
/// Who can be an operator, beside the node itself.
const OPERATORS: [usize; 2] = [OPERATOR, OTHER];
/// The models that are asked for.
const MODELS: [u64; 2] = [1, 7];

/// Nodes are given by their place among [`NODES`], all others by account.
#[derive(Clone, Debug)]
enum Step {
    Consent { by: usize, node: usize, allowed: bool },
    Register { node: usize, operator: usize, models: Vec<u64>, capacity: u32, class: u8, version: u64 },
    Deregister { node: usize },
    DeregisterFor { by: usize, node: usize },
    Drain { by: usize, node: usize },
    StakeLeft { by: usize, node: usize },
    Resume { node: usize },
    ResumeFor { by: usize, node: usize },
    SetSpec { node: usize, models: Vec<u64>, capacity: u32 },
    SetVersion { node: usize, version: u64 },
    Ping { node: usize },
    Reserve { by: usize, model: u64, nodes: Vec<usize> },
    Release { by: usize, nodes: Vec<usize>, suspend: Vec<usize> },
    SetMinVersion { by: usize, version: u64 },
    SetQueue { by: usize, peer: usize },
    Stake { node: usize },
    Unbond { node: usize },
    Withdraw { node: usize },
    Wait { secs: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![6 => serving(), 6 => people(), 5 => tasks(), 5 => around()]
}

fn node() -> impl Strategy<Value = usize> {
    0..NODES.len()
}

fn models() -> impl Strategy<Value = Vec<u64>> {
    prop::sample::select(vec![vec![1], vec![1], vec![7], vec![1, 7], vec![0, 1, 2, 7, 9], vec![], vec![7, 1], vec![1, 1]])
}

fn capacity() -> impl Strategy<Value = u32> {
    prop_oneof![1 => Just(0), 9 => 1..4_u32, 1 => Just(1_024), 1 => Just(1_025)]
}

fn version() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(999), 4 => Just(1_000), 2 => Just(2_000)]
}

fn serving() -> impl Strategy<Value = Step> {
    let class = prop_oneof![9 => 0..3_u8, 1 => Just(3), 1 => Just(u8::MAX)];
    let operator = (node(), 0..=OPERATORS.len());
    let register = (operator, models(), capacity(), class, version());
    prop_oneof![
        5 => register.prop_map(|((node, operator), models, capacity, class, version)| {
            let operator = OPERATORS.get(operator).copied().unwrap_or(NODES[node]);
            Step::Register { node, operator, models, capacity, class, version }
        }),
        1 => node().prop_map(|node| Step::Deregister { node }),
        2 => (node(), models(), capacity()).prop_map(|(node, models, capacity)| Step::SetSpec { node, models, capacity }),
        1 => (node(), version()).prop_map(|(node, version)| Step::SetVersion { node, version }),
        1 => node().prop_map(|node| Step::Ping { node }),
        2 => node().prop_map(|node| Step::Resume { node }),
    ]
}

fn people() -> impl Strategy<Value = Step> {
    let by = || prop::sample::select(vec![OWNER, STAKER, OPERATOR, OTHER, NODE, FREE + 1]);
    prop_oneof![
        3 => (prop::sample::select(OPERATORS.to_vec()), node(), prop::bool::weighted(0.8))
            .prop_map(|(by, node, allowed)| Step::Consent { by, node, allowed }),
        2 => (by(), node()).prop_map(|(by, node)| Step::DeregisterFor { by, node }),
        3 => (by(), node()).prop_map(|(by, node)| Step::Drain { by, node }),
        2 => (by(), node()).prop_map(|(by, node)| Step::ResumeFor { by, node }),
        1 => (by(), node()).prop_map(|(by, node)| Step::StakeLeft { by, node }),
    ]
}

fn tasks() -> impl Strategy<Value = Step> {
    let by = || prop_oneof![6 => Just(QUEUE), 3 => prop::sample::select(QUEUES.to_vec()), 1 => Just(OWNER)];
    let some = || prop::collection::vec(node(), 0..3);
    prop_oneof![
        5 => (by(), prop::sample::select(MODELS.to_vec()), some()).prop_map(|(by, model, nodes)| Step::Reserve { by, model, nodes }),
        3 => (by(), some(), prop::collection::vec(node(), 0..2))
            .prop_map(|(by, nodes, suspend)| Step::Release { by, nodes, suspend }),
    ]
}

fn around() -> impl Strategy<Value = Step> {
    let secs = prop_oneof![3 => 1..2 * DAY, 2 => Just(UNBONDING), 2 => Just(DELAY)];
    let owner = || prop_oneof![5 => Just(OWNER), 1 => Just(OTHER)];
    prop_oneof![
        5 => node().prop_map(|node| Step::Stake { node }),
        2 => node().prop_map(|node| Step::Unbond { node }),
        2 => node().prop_map(|node| Step::Withdraw { node }),
        1 => (owner(), version()).prop_map(|(by, version)| Step::SetMinVersion { by, version }),
        1 => (owner(), prop::sample::select(QUEUES.to_vec())).prop_map(|(by, peer)| Step::SetQueue { by, peer }),
        3 => secs.prop_map(|secs| Step::Wait { secs }),
    ]
}

/// Every kind of step with success and without: what chance leaves out in a run is in it all the same.
fn one_of_each() -> Vec<Step> {
    let register = |node, operator| Step::Register { node, operator, models: vec![1], capacity: 2, class: 0, version: 1_000 };
    let reserve = |by| Step::Reserve { by, model: 1, nodes: vec![0] };
    let release = |by| Step::Release { by, nodes: vec![0], suspend: vec![0] };
    vec![
        register(0, OPERATOR),
        Step::Drain { by: STAKER, node: 0 },
        Step::DeregisterFor { by: STAKER, node: 0 },
        Step::Deregister { node: 0 },
        Step::SetSpec { node: 0, models: vec![1], capacity: 1 },
        Step::SetVersion { node: 0, version: 1_000 },
        Step::Ping { node: 0 },
        Step::Resume { node: 0 },
        Step::Withdraw { node: 0 },
        Step::Unbond { node: 0 },
        Step::Consent { by: OPERATOR, node: 0, allowed: true },
        Step::Stake { node: 0 },
        register(0, OPERATOR),
        Step::StakeLeft { by: OWNER, node: 0 },
        Step::SetSpec { node: 0, models: vec![1, 7], capacity: 2 },
        Step::SetVersion { node: 0, version: 2_000 },
        Step::SetMinVersion { by: OWNER, version: 2_000 },
        Step::SetMinVersion { by: OTHER, version: 0 },
        Step::Ping { node: 0 },
        reserve(QUEUE),
        reserve(OWNER),
        Step::SetQueue { by: OTHER, peer: QUEUE },
        Step::SetQueue { by: OWNER, peer: QUEUES[1] },
        Step::Wait { secs: DELAY },
        release(OWNER),
        release(QUEUE),
        Step::Resume { node: 0 },
        Step::Drain { by: STAKER, node: 0 },
        Step::ResumeFor { by: OPERATOR, node: 0 },
        Step::ResumeFor { by: STAKER, node: 0 },
        Step::Drain { by: OTHER, node: 0 },
        Step::Drain { by: NODE, node: 0 },
        Step::DeregisterFor { by: OTHER, node: 0 },
        Step::SetMinVersion { by: OWNER, version: 1_000 },
        register(0, OPERATOR),
        Step::Deregister { node: 0 },
        Step::Unbond { node: 0 },
        Step::Wait { secs: UNBONDING },
        Step::Withdraw { node: 0 },
    ]
}

/// What a registered node is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Serves,
    Suspended,
    Drains,
    StoppedByStaker,
}

#[derive(Clone, Default)]
struct Node {
    doing: Option<Doing>,
    operator: Option<usize>,
    epoch: u64,
    version: u64,
    capacity: u32,
    class: u8,
    pinged: u64,
    models: Vec<u64>,
    reserved: u32,
    bonded: bool,
    unbonding_until: Option<u64>,
}

/// NodePool as its interface describes it, with what Staking says of its nodes.
#[derive(Clone)]
struct Model {
    accounts: Vec<Address>,
    staking: Address,
    nodes: [Node; 3],
    consents: BTreeSet<(usize, usize)>,
    epochs: u64,
    listed: Vec<usize>,
    minimum: u64,
    /// The queues, each with the time from which on it is the one; all that were it, and one more that is to be.
    queues: Vec<(u64, usize)>,
}

type Outcome = Result<(Vec<LogData>, Vec<u64>), ContractError>;

fn told(event: &impl SolEvent) -> Outcome {
    Ok((vec![event.encode_log_data()], vec![]))
}

impl Model {
    fn new(world: &World) -> Self {
        Self {
            accounts: (0..=FREE + 3).map(|index| world.account(index)).collect(),
            staking: world.staking,
            nodes: Default::default(),
            consents: BTreeSet::new(),
            epochs: 0,
            listed: vec![],
            minimum: 0,
            queues: vec![(0, QUEUE)],
        }
    }

    fn at(&self, node: usize) -> Address {
        self.accounts[NODES[node]]
    }

    fn queue(&self, now: u64) -> usize {
        self.queues.iter().rfind(|(from, _)| *from <= now).unwrap().1
    }

    fn consented(&self, operator: usize, node: usize) -> bool {
        operator == NODES[node] || self.consents.contains(&(operator, node))
    }

    fn unlike(&self, by: usize, required: Address) -> ContractError {
        IRuntime::Unauthorized { caller: self.accounts[by], required }.into()
    }

    fn only(&self, by: usize, required: usize) -> Result<(), ContractError> {
        if by == required { Ok(()) } else { Err(self.unlike(by, self.accounts[required])) }
    }

    /// Its staker, also while its stake unbonds.
    fn staker(&self, node: usize) -> Option<usize> {
        let kept = &self.nodes[node];
        (kept.bonded || kept.unbonding_until.is_some()).then_some(STAKERS[node])
    }

    fn must_be_staker(&self, by: usize, node: usize) -> Result<(), ContractError> {
        let staker = self.staker(node);
        let required = staker.map_or(Address::ZERO, |staker| self.accounts[staker]);
        if staker == Some(by) { Ok(()) } else { Err(self.unlike(by, required)) }
    }

    fn registered(&self, node: usize) -> Result<Doing, ContractError> {
        self.nodes[node].doing.ok_or_else(|| INodePool::NotRegistered { node: self.at(node) }.into())
    }

    fn missing(&self, operator: usize, node: usize) -> ContractError {
        INodePool::ConsentMissing { operator: self.accounts[operator], node: self.at(node) }.into()
    }

    /// A refusal changes nothing.
    fn apply(&mut self, step: &Step, now: u64) -> Outcome {
        let mut next = self.clone();
        let outcome = next.change(step, now)?;
        *self = next;
        Ok(outcome)
    }

    fn change(&mut self, step: &Step, now: u64) -> Outcome {
        match *step {
            Step::Consent { by, node, allowed } => told(&self.consent(by, node, allowed)),
            Step::Register { .. } => self.register(step),
            Step::Deregister { node } => self.leave(NODES[node], node),
            Step::DeregisterFor { by, node } => {
                let draining = matches!(self.registered(node)?, Doing::Drains | Doing::StoppedByStaker);
                let people = [Some(NODES[node]), self.nodes[node].operator, self.staker(node)];
                if !draining && !people.contains(&Some(by)) {
                    return Err(self.unlike(by, self.accounts[self.nodes[node].operator.unwrap()]));
                }
                self.leave(by, node)
            }
            Step::Drain { by, node } => self.drain(by, node),
            Step::StakeLeft { by, .. } => Err(self.unlike(by, self.staking)),
            Step::Resume { node } => self.resume(NODES[node], node),
            Step::ResumeFor { by, node } => {
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
            Step::Reserve { by, model, ref nodes } => self.reserve(by, model, nodes, now),
            Step::Release { by, ref nodes, ref suspend } => self.release(by, nodes, suspend, now),
            Step::SetMinVersion { by, version } => {
                self.only(by, OWNER)?;
                self.minimum = version;
                told(&INodePool::MinNodeVersionSet { version })
            }
            Step::SetQueue { by, peer } => {
                self.only(by, OWNER)?;
                self.queues.retain(|(from, _)| *from <= now);
                self.queues.push((now + DELAY, peer));
                told(&INodePool::SessionQueueSet { sessionQueue: self.accounts[peer], effectiveAt: now + DELAY })
            }
            Step::Stake { node } => {
                self.nodes[node].bonded = true;
                Ok((vec![], vec![]))
            }
            Step::Unbond { node } => self.unbond(node, now),
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
        self.nodes[node].reserved = 0;
        self.spec(node, models, capacity)?;
        if !self.nodes[node].bonded {
            return Err(INodePool::NotStaked { node: self.at(node) }.into());
        }
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
        let kept = &mut self.nodes[node];
        if capacity == 0 || capacity > 1_024 || capacity < kept.reserved {
            return Err(INodePool::InvalidCapacity { capacity, limit: 1_024 }.into());
        }
        (kept.models, kept.capacity) = (models.to_vec(), capacity);
        Ok(())
    }

    fn leave(&mut self, by: usize, node: usize) -> Outcome {
        let doing = self.registered(node)?;
        let reserved = self.nodes[node].reserved;
        if reserved > 0 {
            return Err(INodePool::NodeBusy { node: self.at(node), reserved }.into());
        }
        if doing == Doing::StoppedByStaker && self.nodes[node].bonded {
            self.must_be_staker(by, node)?;
        }
        let kept = &mut self.nodes[node];
        (kept.doing, kept.capacity) = (None, 0);
        kept.models.clear();
        told(&INodePool::NodeDeregistered { node: self.at(node) })
    }

    fn drain(&mut self, by: usize, node: usize) -> Outcome {
        let doing = self.registered(node)?;
        let operator = self.nodes[node].operator.unwrap();
        let draining = INodePool::NodeDraining { node: self.at(node) }.encode_log_data();
        let mut logs = vec![];
        let itself = by == NODES[node];
        let staker = !itself && by != operator && self.staker(node) == Some(by);
        if !itself && !staker && by != operator && self.nodes[node].bonded {
            return Err(self.unlike(by, self.accounts[operator]));
        }
        if !itself && by == operator {
            logs.push(self.consent(operator, node, false).encode_log_data());
        }
        let next = if staker { Doing::StoppedByStaker } else { Doing::Drains };
        if doing != next && doing != Doing::StoppedByStaker {
            self.nodes[node].doing = Some(next);
            logs.push(draining);
        }
        Ok((logs, vec![]))
    }

    fn resume(&mut self, by: usize, node: usize) -> Outcome {
        let doing = self.registered(node)?;
        if doing == Doing::Serves {
            return Err(INodePool::NotSuspended { node: self.at(node) }.into());
        }
        if !self.nodes[node].bonded {
            return Err(INodePool::NotStaked { node: self.at(node) }.into());
        }
        let operator = self.nodes[node].operator.unwrap();
        if !self.consented(operator, node) {
            return Err(self.missing(operator, node));
        }
        if doing == Doing::StoppedByStaker {
            self.must_be_staker(by, node)?;
        }
        self.nodes[node].doing = Some(Doing::Serves);
        told(&INodePool::NodeResumed { node: self.at(node) })
    }

    /// 0, or why the node takes no task.
    fn eligibility(&self, node: usize, model: u64) -> u8 {
        let kept = &self.nodes[node];
        match kept.doing {
            None => 1,
            Some(Doing::Suspended) => 2,
            Some(Doing::Drains | Doing::StoppedByStaker) => 8,
            Some(Doing::Serves) if kept.reserved >= kept.capacity => 4,
            Some(Doing::Serves) if kept.version < self.minimum => 5,
            Some(Doing::Serves) if !kept.models.contains(&model) => 3,
            Some(Doing::Serves) => 0,
        }
    }

    fn reserve(&mut self, by: usize, model: u64, nodes: &[usize], now: u64) -> Outcome {
        self.only(by, self.queue(now))?;
        let mut epochs = vec![];
        for (place, node) in nodes.iter().copied().enumerate() {
            let earlier = &nodes[..place];
            let operator = self.nodes[node].operator;
            let reason = if earlier.contains(&node) {
                7
            } else if earlier.iter().any(|other| self.nodes[*other].operator == operator) {
                6
            } else {
                self.eligibility(node, model)
            };
            if reason != 0 {
                return Err(INodePool::NotEligible { node: self.at(node), reason }.into());
            }
            epochs.push(self.nodes[node].epoch);
        }
        nodes.iter().for_each(|node| self.nodes[*node].reserved += 1);
        Ok((vec![], epochs))
    }

    fn release(&mut self, by: usize, nodes: &[usize], suspend: &[usize], now: u64) -> Outcome {
        let present = self.queue(now);
        let past = self.queues.iter().any(|(from, queue)| *from <= now && *queue == by);
        if !past {
            return Err(self.unlike(by, self.accounts[present]));
        }
        for node in nodes {
            // What is given back more often than it was taken counts for nothing.
            self.nodes[*node].reserved = self.nodes[*node].reserved.saturating_sub(1);
        }
        let mut logs = vec![];
        for node in suspend.iter().copied() {
            if self.nodes[node].doing == Some(Doing::Serves) {
                self.nodes[node].doing = Some(Doing::Suspended);
                logs.push(INodePool::NodeSuspended { node: self.at(node), taskId: 5 }.encode_log_data());
            }
        }
        Ok((logs, vec![]))
    }

    /// What the pool hears of stake that leaves.
    fn hear(&mut self, node: usize) -> Vec<LogData> {
        if !matches!(self.nodes[node].doing, Some(Doing::Serves | Doing::Suspended)) {
            return vec![];
        }
        self.nodes[node].doing = Some(Doing::Drains);
        vec![INodePool::NodeDraining { node: self.at(node) }.encode_log_data()]
    }

    fn unbond(&mut self, node: usize, now: u64) -> Outcome {
        let (at, staker) = (self.at(node), self.accounts[STAKERS[node]]);
        match self.staker(node) {
            None => return Err(IStaking::NotStaker { node: at, staker: Address::ZERO, caller: staker }.into()),
            Some(_) if !self.nodes[node].bonded => return Err(IStaking::ZeroAmount {}.into()),
            Some(_) => {}
        }
        let kept = &mut self.nodes[node];
        (kept.bonded, kept.unbonding_until) = (false, Some(now + UNBONDING));
        Ok((self.hear(node), vec![]))
    }

    fn withdraw(&mut self, node: usize, now: u64) -> Outcome {
        let until = self.nodes[node].unbonding_until;
        if until.is_none_or(|until| now < until) {
            let release_at = until.unwrap_or(0);
            return Err(IStaking::StillBonded { account: self.at(node), releaseAt: release_at, timestamp: now }.into());
        }
        self.nodes[node].unbonding_until = None;
        let logs = if self.nodes[node].bonded { vec![] } else { self.hear(node) };
        Ok((logs, vec![]))
    }
}

/// Sends a step: the pool's own logs and the numbers that it returns, or its error.
fn send(world: &World, step: &Step) -> Outcome {
    fn sent<C: SolCall>(world: &World, by: usize, to: Address, call: &C, numbers: impl FnOnce(C::Return) -> Vec<u64>) -> Outcome {
        match world.solo.send(world.account(by), to, call) {
            Ok(done) => {
                let own = done.logs.iter().filter(|(contract, _)| *contract == world.pool);
                Ok((own.map(|(_, log)| log.clone()).collect(), numbers(done.returned)))
            }
            Err(Refused::Known(error)) => Err(error),
            Err(Refused::Other(data)) => panic!("{} reverts with {data}", C::SIGNATURE),
        }
    }
    macro_rules! pool {
        ($by:expr, $call:expr) => {
            sent(world, $by, world.pool, &$call, |_| vec![])
        };
    }
    let at = |node: usize| world.account(NODES[node]);
    let all = |nodes: &[usize]| nodes.iter().map(|node| at(*node)).collect::<Vec<_>>();
    match *step {
        Step::Consent { by, node, allowed } => pool!(by, INodePool::consentCall { node: at(node), allowed }),
        Step::Register { node, operator, ref models, capacity, class, version } => {
            let (operator, models) = (world.account(operator), models.clone());
            let call = INodePool::registerCall { operator, models, capacity, hardwareClass: class, version };
            sent(world, NODES[node], world.pool, &call, |epoch| vec![epoch])
        }
        Step::Deregister { node } => pool!(NODES[node], INodePool::deregisterCall {}),
        Step::DeregisterFor { by, node } => pool!(by, INodePool::deregisterForCall { node: at(node) }),
        Step::Drain { by, node } => pool!(by, INodePool::drainCall { node: at(node) }),
        Step::StakeLeft { by, node } => pool!(by, INodePool::stakeLeftCall { node: at(node) }),
        Step::Resume { node } => pool!(NODES[node], INodePool::resumeCall {}),
        Step::ResumeFor { by, node } => pool!(by, INodePool::resumeForCall { node: at(node) }),
        Step::SetSpec { node, ref models, capacity } => {
            pool!(NODES[node], INodePool::setSpecCall { models: models.clone(), capacity })
        }
        Step::SetVersion { node, version } => pool!(NODES[node], INodePool::setVersionCall { version }),
        Step::Ping { node } => pool!(NODES[node], INodePool::pingCall {}),
        Step::Reserve { by, model, ref nodes } => {
            let call = INodePool::reserveCall { taskId: 5, modelIdentifier: model, nodes: all(nodes) };
            sent(world, by, world.pool, &call, |epochs| epochs)
        }
        Step::Release { by, ref nodes, ref suspend } => {
            pool!(by, INodePool::releaseCall { taskId: 5, nodes: all(nodes), suspend: all(suspend) })
        }
        Step::SetMinVersion { by, version } => pool!(by, INodePool::setMinNodeVersionCall { version }),
        Step::SetQueue { by, peer } => pool!(by, INodePool::setSessionQueueCall { peer: world.account(peer) }),
        Step::Stake { node } => {
            world.stake_node(STAKERS[node], at(node));
            Ok((vec![], vec![]))
        }
        Step::Unbond { node } => {
            sent(world, STAKERS[node], world.staking, &IStaking::unbondNodeCall { node: at(node) }, |_| vec![])
        }
        Step::Withdraw { node } => sent(world, OWNER, world.staking, &IStaking::withdrawNodeCall { node: at(node) }, |_| vec![]),
        Step::Wait { secs } => {
            world.solo.pass(secs);
            Ok((vec![], vec![]))
        }
    }
}

/// Everything that can be asked.
fn compare(world: &World, model: &Model) -> Result<(), TestCaseError> {
    let ask = |index: usize, kept: &Node| -> Result<(), TestCaseError> {
        let node = model.at(index);
        let expected = INodePool::Node {
            operator: kept.operator.map_or(Address::ZERO, |operator| model.accounts[operator]),
            registrationEpoch: kept.epoch,
            version: kept.version,
            capacity: kept.capacity,
            reserved: kept.reserved,
            hardwareClass: kept.class,
            registered: kept.doing.is_some(),
            suspended: kept.doing == Some(Doing::Suspended),
            draining: matches!(kept.doing, Some(Doing::Drains | Doing::StoppedByStaker)),
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
        prop_assert_eq!(world.get(&IStaking::isNodeStakedCall { node }), kept.bonded);
        Ok(())
    };
    for (index, kept) in model.nodes.iter().enumerate() {
        ask(index, kept)?;
    }
    let listed: Vec<_> = model.listed.iter().map(|node| model.at(*node)).collect();
    prop_assert_eq!(world.solo.get(world.pool, &INodePool::nodesByPageCall { offset: 0, limit: 100 }), listed);
    prop_assert_eq!(world.solo.get(world.pool, &INodePool::minNodeVersionCall {}), model.minimum);
    let (queue, now) = (world.solo.get(world.pool, &INodePool::sessionQueueCall {}), world.now());
    let due = model.queues.iter().find(|(from, _)| *from > now);
    let (next, at) = due.map_or((Address::ZERO, 0), |(from, next)| (model.accounts[*next], *from));
    prop_assert_eq!((queue.current, queue.next, queue.effectiveAt), (model.accounts[model.queue(now)], next, at));
    Ok(())
}

fn kind(step: &Step) -> String {
    let text = format!("{step:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_pool_does_what_its_interface_says() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    let seen = RefCell::new(BTreeMap::<(String, bool), usize>::new());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let perform = |steps: &[Step]| {
        world.solo.undoing(|| {
            let mut model = Model::new(&world);
            for (number, step) in steps.iter().enumerate() {
                let sent = send(&world, step);
                let predicted = model.apply(step, world.now());
                *seen.borrow_mut().entry((kind(step), sent.is_ok())).or_default() += 1;
                prop_assert_eq!(sent, predicted, "step {}: {:?}", number, step);
                compare(&world, &model).map_err(|error| TestCaseError::fail(format!("step {number}: {step:?}: {error}")))?;
            }
            Ok(())
        })
    };
    perform(&one_of_each()).unwrap_or_else(|failure| panic!("the steps that are in every run: {failure}"));
    let outcome = runner.run(&proptest::collection::vec(step(), STEPS / 2..=STEPS), |steps| perform(&steps));
    outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}"));
    let seen = seen.into_inner();
    let (done, refused): (BTreeSet<_>, BTreeSet<_>) = seen.keys().cloned().partition(|(_, done)| *done);
    // Consent, staking and waiting are never refused, and what only Staking may say never succeeds.
    assert_eq!((done.len(), refused.len()), (18, 16), "{seed}: each kind took effect, and was refused: {seen:?}");
}
