//! Staking: stake of nodes and of users. Specified by `sol/IStaking.sol`; the rules are `cor_core::node::staking`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{aliases::U96, Address, U128, U256, U64, U8};
use alloy_sol_types::sol;
use cor_contract_shared::{
    abi::{NodePool, SessionPayment},
    approve, call, nonzero, only, transfer, transfer_from, view, Ownable, Revert,
};
use cor_core::limits::{STAKE_HELD_MAX, UNBONDINGS_MAX};
use cor_core::node::staking::{self, StakingError, Totals};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageArray, StorageMap, StorageU128, StorageU256, StorageU64, StorageU8, StorageU96},
};

sol! {
    event NodeStaked(address indexed node, address indexed staker, uint256 amount, uint256 total);
    event NodeUnbonding(address indexed node, address indexed staker, uint256 amount, uint64 releaseAt);
    event Staked(address indexed user, uint256 amount, uint256 total);
    event Unbonding(address indexed user, uint256 amount, uint64 releaseAt);
    event Withdrawn(address indexed account, uint256 amount);
    event Slashed(address indexed node, uint64 indexed taskId, uint8 reason, uint256 amount, uint256 left);
    event SlashedSwept(uint256 amount);
    event Wired(address token, address nodePool, address sessionQueue, address sessionPayment);

    error ZeroAmount();
    error NotStaker(address node, address staker, address caller);
    error InsufficientStake(address account, uint256 available, uint256 needed);
    error NodeRegistered(address node);
    error StillBonded(address account, uint64 releaseAt, uint64 timestamp);
    error TooManyUnbondings(address account, uint64 limit);
    error AmountTooLarge(uint256 amount, uint256 limit);
}

const _: () = assert!(STAKE_HELD_MAX < 1 << 96, "a node's stake is stored in 96 bits");

/// Stake of everybody, and the peers.
#[storage]
#[entrypoint]
pub struct Staking {
    ownable: Ownable,
    token: StorageAddress,
    unbonding_secs: StorageU64,
    node_pool: StorageAddress,
    session_queue: StorageAddress,
    session_payment: StorageAddress,
    node_stake_required: StorageU256,
    held: StorageU128,
    slashed: StorageU128,
    nodes: StorageMap<Address, NodeRecord>,
    accounts: StorageMap<Address, AccountRecord>,
}

/// A node's stake in one word.
#[storage]
pub struct NodeRecord {
    staker: StorageAddress,
    amount: StorageU96,
}

/// A user's stake in one word, and a ring of unbonding amounts. A place that was paid out keeps its old amount: writing over it
/// costs less than clearing it and filling it again, and `len` says what counts.
#[storage]
pub struct AccountRecord {
    stake: StorageU128,
    head: StorageU8,
    len: StorageU8,
    ring: StorageArray<UnbondingRecord, { UNBONDINGS_MAX as usize }>,
}

/// An unbonding amount in one word.
#[storage]
pub struct UnbondingRecord {
    amount: StorageU128,
    release_at: StorageU64,
}

#[public]
impl Staking {
    /// Sets what never changes, and the first owner.
    ///
    /// # Arguments
    /// * `owner`: who sets the peers; not zero.
    /// * `unbonding_secs`: seconds between unbonding and withdrawal.
    /// * `node_stake_required`: stake that a node needs, COR wei.
    ///
    /// # Errors
    /// * `ZeroAddress` for a zero owner.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, owner: Address, unbonding_secs: u64, node_stake_required: U256) -> Result<(), Revert> {
        self.unbonding_secs.set(U64::from(unbonding_secs));
        self.node_stake_required.set(node_stake_required);
        self.ownable.init(owner)
    }

    /// Stake one node needs.
    /// Arguments, errors, events: `IStaking.nodeStakeRequired`.
    pub fn node_stake_required(&self) -> U256 {
        self.node_stake_required.get()
    }

    /// Seconds between unbonding and withdrawal.
    /// Arguments, errors, events: `IStaking.unbondingSecs`.
    pub fn unbonding_secs(&self) -> u64 {
        self.unbonding_secs.get().to()
    }

    /// Adds stake behind a node.
    /// Arguments, errors, events: `IStaking.stakeNode`.
    pub fn stake_node(&mut self, node: Address, amount: U256) -> Result<(), Revert> {
        nonzero(node)?;
        let caller = self.vm().msg_sender();
        let (next, totals) = self
            .node(node)
            .add(self.totals(), caller, amount, self.node_stake_required())
            .map_err(|error| self.refuse(error, node))?;
        self.set_node(node, next);
        self.set_totals(totals);
        self.vm().log(NodeStaked { node, staker: caller, amount, total: U256::from(next.amount) });
        self.take_in(caller, amount)
    }

    /// Unbonds all stake of a deregistered node to its staker.
    /// Arguments, errors, events: `IStaking.unbondNode`.
    pub fn unbond_node(&mut self, node: Address) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        let registered = self.is_registered(node)?;
        let (next, amount) = self.node(node).remove(caller, registered).map_err(|error| self.refuse(error, node))?;
        let release_at = self.enqueue(caller, self.account(caller), amount)?;
        self.set_node(node, next);
        let amount = U256::from(amount);
        self.vm().log(NodeUnbonding { node, staker: caller, amount, releaseAt: release_at });
        Ok(())
    }

    /// Stake behind a node, and who put it there.
    /// Arguments, errors, events: `IStaking.nodeStake`.
    pub fn node_stake(&self, node: Address) -> (U256, Address) {
        let stake = self.node(node);
        (U256::from(stake.amount), stake.staker)
    }

    /// Whether a node has at least the required stake.
    /// Arguments, errors, events: `IStaking.isNodeStaked`.
    pub fn is_node_staked(&self, node: Address) -> bool {
        self.node(node).covers(self.node_stake_required.get())
    }

    /// Stakes for the caller.
    /// Arguments, errors, events: `IStaking.stake`.
    pub fn stake(&mut self, amount: U256) -> Result<(), Revert> {
        let user = self.vm().msg_sender();
        let (next, totals) = self.account(user).stake(self.totals(), amount).map_err(|error| self.refuse(error, user))?;
        self.set_account(user, next);
        self.set_totals(totals);
        self.vm().log(Staked { user, amount, total: U256::from(next.stake) });
        self.take_in(user, amount)
    }

    /// Starts to unbond part of the caller's stake.
    /// Arguments, errors, events: `IStaking.unbond`.
    pub fn unbond(&mut self, amount: U256) -> Result<(), Revert> {
        let user = self.vm().msg_sender();
        let (next, wei) = self.account(user).unbond(amount).map_err(|error| self.refuse(error, user))?;
        let release_at = self.enqueue(user, next, wei)?;
        self.vm().log(Unbonding { user, amount, releaseAt: release_at });
        Ok(())
    }

    /// A user's stake that is not unbonding.
    /// Arguments, errors, events: `IStaking.stakeOf`.
    pub fn stake_of(&self, user: Address) -> U256 {
        U256::from(self.account(user).stake)
    }

    /// Unbonding total of an account, and when its earliest entry is ripe.
    /// Arguments, errors, events: `IStaking.unbondingOf`.
    pub fn unbonding_of(&self, account: Address) -> (U256, u64) {
        let record = self.account(account);
        let entries = || (0..record.len).map(|index| self.unbonding_at(account, record.place(index)));
        let next = entries().next().map_or(0, |earliest| earliest.release_at);
        (entries().map(|entry| U256::from(entry.amount)).sum(), next)
    }

    /// Pays out all ripe entries of the caller.
    /// Arguments, errors, events: `IStaking.withdraw`.
    pub fn withdraw(&mut self) -> Result<U256, Revert> {
        let caller = self.vm().msg_sender();
        let now = self.vm().block_timestamp();
        let (next, totals, paid) = self
            .account(caller)
            .withdraw(self.totals(), now, |place| self.unbonding_at(caller, place))
            .map_err(|error| self.refuse(error, caller))?;
        self.set_account(caller, next);
        self.set_totals(totals);
        let amount = U256::from(paid);
        self.vm().log(Withdrawn { account: caller, amount });
        let token = self.token.get();
        transfer(self, token, caller, amount)?;
        Ok(amount)
    }

    /// Takes up to `amount` from a node; SessionQueue only.
    /// Arguments, errors, events: `IStaking.slash`.
    pub fn slash(&mut self, node: Address, task_id: u64, reason: u8, amount: U256) -> Result<(U256, bool), Revert> {
        only(self.vm().msg_sender(), self.session_queue.get())?;
        let (next, totals, taken) = self.node(node).slash(self.totals(), amount);
        self.set_node(node, next);
        self.set_totals(totals);
        let amount = U256::from(taken);
        self.vm().log(Slashed { node, taskId: task_id, reason, amount, left: U256::from(next.amount) });
        Ok((amount, next.covers(self.node_stake_required.get())))
    }

    /// Slashed stake not yet swept.
    /// Arguments, errors, events: `IStaking.slashedPot`.
    pub fn slashed_pot(&self) -> U256 {
        U256::from(self.totals().slashed)
    }

    /// Sends the slashed pot to the SessionPayment treasury; anyone.
    /// Arguments, errors, events: `IStaking.sweepSlashed`.
    pub fn sweep_slashed(&mut self) -> Result<U256, Revert> {
        let (totals, swept) = self.totals().sweep().map_err(|error| self.refuse(error, Address::ZERO))?;
        self.set_totals(totals);
        let amount = U256::from(swept);
        self.vm().log(SlashedSwept { amount });
        let (token, payment) = (self.token.get(), self.session_payment.get());
        // The treasury takes the tokens itself, so that its books and its balance move in one call.
        approve(self, token, payment, amount)?;
        call(self, payment, &SessionPayment::fundTreasuryCall { amount })?;
        Ok(amount)
    }

    /// All stake held.
    /// Arguments, errors, events: `IStaking.totalHeld`.
    pub fn total_held(&self) -> U256 {
        U256::from(self.totals().held)
    }

    /// Sets the peers.
    /// Arguments, errors, events: `IStaking.wire`.
    pub fn wire(
        &mut self,
        token: Address,
        node_pool: Address,
        session_queue: Address,
        session_payment: Address,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.token.set(nonzero(token)?);
        self.node_pool.set(nonzero(node_pool)?);
        self.session_queue.set(nonzero(session_queue)?);
        self.session_payment.set(nonzero(session_payment)?);
        self.vm().log(Wired { token, nodePool: node_pool, sessionQueue: session_queue, sessionPayment: session_payment });
        Ok(())
    }

    /// Present owner.
    /// Arguments, errors, events: `IStaking.owner`.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `IStaking.transferOwnership`.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    /// Arguments, errors, events: `IStaking.acceptOwnership`.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}

impl Staking {
    fn totals(&self) -> Totals {
        Totals { held: self.held.get().to(), slashed: self.slashed.get().to() }
    }

    fn set_totals(&mut self, totals: Totals) {
        self.held.set(U128::from(totals.held));
        self.slashed.set(U128::from(totals.slashed));
    }

    fn node(&self, node: Address) -> staking::NodeStake {
        let record = self.nodes.get(node);
        staking::NodeStake { staker: record.staker.get(), amount: record.amount.get().to() }
    }

    fn set_node(&mut self, node: Address, stake: staking::NodeStake) {
        let mut record = self.nodes.setter(node);
        record.staker.set(stake.staker);
        record.amount.set(U96::saturating_from(stake.amount));
    }

    fn account(&self, account: Address) -> staking::Account {
        let record = self.accounts.get(account);
        staking::Account { stake: record.stake.get().to(), head: record.head.get().to(), len: record.len.get().to() }
    }

    fn set_account(&mut self, account: Address, state: staking::Account) {
        let mut record = self.accounts.setter(account);
        record.stake.set(U128::from(state.stake));
        record.head.set(U8::from(state.head));
        record.len.set(U8::from(state.len));
    }

    fn unbonding_at(&self, account: Address, place: u8) -> staking::Unbonding {
        match self.accounts.get(account).ring.getter(usize::from(place)) {
            Some(entry) => staking::Unbonding { amount: entry.amount.get().to(), release_at: entry.release_at.get().to() },
            None => staking::Unbonding::default(),
        }
    }

    /// Stores `state` with one more unbonding amount. Returns when that is ripe.
    fn enqueue(&mut self, account: Address, state: staking::Account, amount: u128) -> Result<u64, Revert> {
        let (next, place, unbonding) = state
            .enqueue(amount, self.vm().block_timestamp(), self.unbonding_secs())
            .map_err(|error| self.refuse(error, account))?;
        self.set_account(account, next);
        if let Some(mut entry) = self.accounts.setter(account).ring.setter(usize::from(place)) {
            entry.amount.set(U128::from(unbonding.amount));
            entry.release_at.set(U64::from(unbonding.release_at));
        }
        Ok(unbonding.release_at)
    }

    /// Asked before anything is stored, and of a view. While no pool is wired no node can be registered.
    fn is_registered(&self, node: Address) -> Result<bool, Revert> {
        let pool = self.node_pool.get();
        if pool.is_zero() {
            return Ok(false);
        }
        view(self, pool, &NodePool::isRegisteredCall { node })
    }

    fn take_in(&mut self, from: Address, amount: U256) -> Result<(), Revert> {
        let (token, here) = (self.token.get(), self.vm().contract_address());
        transfer_from(self, token, from, here, amount)
    }

    /// The Solidity error of a refusal concerning `subject`, a node or an account.
    fn refuse(&self, error: StakingError, subject: Address) -> Revert {
        match error {
            StakingError::ZeroAmount => ZeroAmount {}.into(),
            StakingError::NotStaker { staker } => NotStaker { node: subject, staker, caller: self.vm().msg_sender() }.into(),
            StakingError::InsufficientStake { available, needed } => {
                InsufficientStake { account: subject, available: U256::from(available), needed }.into()
            }
            StakingError::NodeRegistered => NodeRegistered { node: subject }.into(),
            StakingError::StillBonded { release_at } => {
                let timestamp = self.vm().block_timestamp();
                StillBonded { account: subject, releaseAt: release_at, timestamp }.into()
            }
            StakingError::TooManyUnbondings => TooManyUnbondings { account: subject, limit: u64::from(UNBONDINGS_MAX) }.into(),
            StakingError::AmountTooLarge { amount, limit } => AmountTooLarge { amount, limit: U256::from(limit) }.into(),
        }
    }
}
