//! Staking: stake of nodes and of users. Specified by `sol/IStaking.sol`; the rules are `cor_core::node::staking`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256, U64};
use alloy_sol_types::sol;
use cor_contract_shared::{
    abi::{NodePool, Vault},
    approve, call, must_be_spent, nonzero, notify, refused, Modules, Ownable, PeerRecord, Revert,
};
use cor_core::{
    govern::{module::Status, peer::Peer},
    limits::{STAKE_LEFT_GAS, STAKE_LEFT_MARGIN_GAS},
    node::staking::{check_reason, check_times, slashable_by, stake_at},
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU128, StorageU256, StorageU64},
};

mod store;
use store::{AccountRecord, NodeRecord};

sol! {
    event NodeStaked(address indexed node, address indexed staker, uint256 amount, uint256 total);
    event NodeUnbonding(address indexed node, address indexed staker, uint256 amount, uint64 releaseAt);
    event NodeWithdrawn(address indexed node, address indexed staker, uint256 amount);
    event PayoutSet(address indexed node, address to, uint64 effectiveAt);
    event StakerAccepted(address indexed node, address staker);
    event Staked(address indexed user, uint256 amount, uint256 total);
    event Unbonding(address indexed user, uint256 amount, uint64 releaseAt);
    event Withdrawn(address indexed account, uint256 amount);
    event Slashed(address indexed slasher, address indexed node, uint64 indexed taskId, uint8 reason, uint256 amount, uint256 left);
    event SlashedSwept(uint256 amount);
    event NodePoolSet(address nodePool, uint64 effectiveAt);
    event TreasurySet(address sessionPayment, uint64 effectiveAt);
    event GuardianSet(address guardian);

    error ZeroAmount();
    error NotStaker(address node, address staker, address caller);
    error StakerNotAccepted(address node, address staker);
    error NotEnoughGas(uint256 left, uint256 needed);
    error InsufficientStake(address account, uint256 available, uint256 needed);
    error StillBonded(address account, uint64 releaseAt, uint64 timestamp);
    error AmountTooLarge(uint256 amount, uint256 limit);
    error FutureDay(uint64 day, uint64 today);
}

/// Stake of everybody, who may slash it, and the peers.
#[storage]
#[entrypoint]
pub struct Staking {
    ownable: Ownable,
    guardian: StorageAddress,
    token: StorageAddress,
    unbonding_secs: StorageU64,
    node_stake_required: StorageU256,
    held: StorageU128,
    slashed: StorageU128,
    slashers: Modules,
    node_pool: PeerRecord,
    treasury: PeerRecord,
    nodes: StorageMap<Address, NodeRecord>,
    accounts: StorageMap<Address, AccountRecord>,
}

#[public]
impl Staking {
    /// Sets what never changes, and the first owner.
    ///
    /// # Arguments
    /// * `owner`: who names slashers, peers and the guardian; not zero.
    /// * `token`: the COR token, for ever; not zero.
    /// * `unbonding_secs`: seconds between unbonding and withdrawal, 9 to 27 days.
    /// * `node_stake_required`: stake that a node needs, COR wei; not zero.
    /// * `delay_secs`: seconds that a widening waits: at least three days more than `unbonding_secs`, at most 30 days.
    ///
    /// # Errors
    /// * `ZeroAddress` for a zero owner or token.
    /// * `ZeroAmount` for no stake.
    /// * `InputOutOfRange` for times out of their bounds.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(
        &mut self,
        owner: Address,
        token: Address,
        unbonding_secs: u64,
        node_stake_required: U256,
        delay_secs: u64,
    ) -> Result<(), Revert> {
        check_times(unbonding_secs, delay_secs).map_err(|error| self.refuse(error, owner))?;
        self.token.set(nonzero(token)?);
        if node_stake_required.is_zero() {
            return Err(ZeroAmount {}.into());
        }
        self.unbonding_secs.set(U64::from(unbonding_secs));
        self.node_stake_required.set(node_stake_required);
        self.slashers.init(delay_secs);
        self.ownable.init(owner)
    }

    /// The token, for ever.
    /// Arguments, errors, events: `IStaking.token`.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// Seconds that a widening waits.
    /// Arguments, errors, events: `IStaking.delaySecs`.
    pub fn delay_secs(&self) -> u64 {
        self.slashers.delay_secs()
    }

    /// Whether stake is taken.
    /// Arguments, errors, events: `IStaking.isOpen`.
    pub fn is_open(&self) -> bool {
        self.slashers.is_open()
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

    /// Lets an account stake for the caller as a node.
    /// Arguments, errors, events: `IStaking.acceptStaker`.
    pub fn accept_staker(&mut self, staker: Address) {
        let node = self.vm().msg_sender();
        self.nodes.setter(node).accepted.set(staker);
        self.vm().log(StakerAccepted { node, staker });
    }

    /// Whom a node lets stake for it.
    /// Arguments, errors, events: `IStaking.acceptedStaker`.
    pub fn accepted_staker(&self, node: Address) -> Address {
        self.nodes.get(node).accepted.get()
    }

    /// Adds stake behind a node.
    /// Arguments, errors, events: `IStaking.stakeNode`.
    pub fn stake_node(&mut self, node: Address, amount: U256) -> Result<(), Revert> {
        self.slashers.must_be_open()?;
        nonzero(node)?;
        let caller = self.vm().msg_sender();
        let before = self.node(node);
        let (next, totals) =
            before.add(self.totals(), caller, amount, self.node_stake_required()).map_err(|error| self.refuse(error, node))?;
        if before.sum() == 0 {
            self.begin(node, caller)?;
        }
        self.set_node(node, next);
        self.set_totals(totals);
        self.vm().log(NodeStaked { node, staker: caller, amount, total: U256::from(next.bonded) });
        self.take_in(caller, amount)
    }

    /// Unbonds all that is bonded behind a node.
    /// Arguments, errors, events: `IStaking.unbondNode`.
    pub fn unbond_node(&mut self, node: Address) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        let (next, amount) = self
            .node(node)
            .unbond(caller, self.vm().block_timestamp(), self.unbonding_secs())
            .map_err(|error| self.refuse(error, node))?;
        self.set_node(node, next);
        let amount = U256::from(amount);
        self.vm().log(NodeUnbonding { node, staker: caller, amount, releaseAt: next.release_at });
        let (left, needed) = (self.vm().evm_gas_left(), STAKE_LEFT_GAS + STAKE_LEFT_MARGIN_GAS);
        if left < needed {
            return Err(NotEnoughGas { left: U256::from(left), needed: U256::from(needed) }.into());
        }
        self.tell_pool(node);
        Ok(())
    }

    /// Pays a node's unbonded stake to its staker; anyone.
    /// Arguments, errors, events: `IStaking.withdrawNode`.
    pub fn withdraw_node(&mut self, node: Address) -> Result<U256, Revert> {
        let (staker, paid) = self.release_node(node)?;
        let paid = self.pay(staker, paid)?;
        self.tell_pool_if_unstaked(node);
        Ok(paid)
    }

    /// Pays the unbonded stake of several nodes to their stakers; anyone. Nodes with nothing to withdraw are passed over.
    /// Arguments, errors, events: `IStaking.withdrawNodes`.
    pub fn withdraw_nodes(&mut self, nodes: Vec<Address>) -> Result<U256, Revert> {
        let mut all = U256::ZERO;
        let mut due: (Address, u128) = (Address::ZERO, 0);
        let mut released = Vec::new();
        for node in nodes {
            let Ok((staker, paid)) = self.release_node(node) else { continue };
            released.push(node);
            if staker != due.0 && due.1 != 0 {
                all += self.pay(due.0, due.1)?;
                due.1 = 0;
            }
            due = (staker, due.1.saturating_add(paid));
        }
        if due.1 != 0 {
            all += self.pay(due.0, due.1)?;
        }
        released.into_iter().for_each(|node| self.tell_pool_if_unstaked(node));
        Ok(all)
    }

    /// Stake that is bonded behind a node, and whose it is.
    /// Arguments, errors, events: `IStaking.nodeStake`.
    pub fn node_stake(&self, node: Address) -> (U256, Address) {
        let stake = self.node(node);
        (U256::from(stake.bonded), stake.staker)
    }

    /// What of a node's stake is unbonding, and when it is ripe.
    /// Arguments, errors, events: `IStaking.nodeUnbondingOf`.
    pub fn node_unbonding_of(&self, node: Address) -> (U256, u64) {
        let stake = self.node(node);
        (U256::from(stake.unbonding), stake.release_at)
    }

    /// Where a node's earnings belong.
    /// Arguments, errors, events: `IStaking.payoutOf`.
    pub fn payout_of(&self, node: Address) -> Address {
        let record = self.nodes.get(node);
        let named = [record.payout.now(), record.staker.get()].into_iter().find(|address| !address.is_zero());
        named.unwrap_or(node)
    }

    /// Sets where a node's earnings belong; its staker only.
    /// Arguments, errors, events: `IStaking.setPayout`.
    pub fn set_payout(&mut self, node: Address, to: Address) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        let stake = self.node(node);
        stake.must_be_of(caller).map_err(|error| self.refuse(error, node))?;
        nonzero(to)?;
        let mut record = self.nodes.setter(node);
        let wait_secs = if record.payout.now().is_zero() { 0 } else { self.slashers.delay_secs() };
        let effective_at = record.payout.name(to, wait_secs);
        self.vm().log(PayoutSet { node, to, effectiveAt: effective_at });
        Ok(())
    }

    /// Whether a node has at least the required stake.
    /// Arguments, errors, events: `IStaking.isNodeStaked`.
    pub fn is_node_staked(&self, node: Address) -> bool {
        self.node(node).covers(self.node_stake_required.get())
    }

    /// Stakes for the caller.
    /// Arguments, errors, events: `IStaking.stake`.
    pub fn stake(&mut self, amount: U256) -> Result<(), Revert> {
        self.slashers.must_be_open()?;
        let user = self.vm().msg_sender();
        let (next, totals) = self.account(user).stake(self.totals(), amount).map_err(|error| self.refuse(error, user))?;
        self.set_account(user, next);
        self.set_totals(totals);
        self.checkpoint(user, next.stake);
        self.vm().log(Staked { user, amount, total: U256::from(next.stake) });
        self.take_in(user, amount)
    }

    /// Starts to unbond part of the caller's stake.
    /// Arguments, errors, events: `IStaking.unbond`.
    pub fn unbond(&mut self, amount: U256) -> Result<(), Revert> {
        let user = self.vm().msg_sender();
        let (next, wei) = self.account(user).unbond(amount).map_err(|error| self.refuse(error, user))?;
        let release_at = self.enqueue(user, next, wei);
        self.checkpoint(user, next.stake);
        self.vm().log(Unbonding { user, amount, releaseAt: release_at });
        Ok(())
    }

    /// A user's stake that is not unbonding.
    /// Arguments, errors, events: `IStaking.stakeOf`.
    pub fn stake_of(&self, user: Address) -> U256 {
        U256::from(self.account(user).stake)
    }

    /// The stake that a user had at the start of a day.
    /// Arguments, errors, events: `IStaking.stakeAt`.
    pub fn stake_at(&self, user: Address, day: u64) -> Result<U256, Revert> {
        let now = self.vm().block_timestamp();
        let found = stake_at(self.checkpoints(user), day, now, |index| self.checkpoint_at(user, index));
        found.map(U256::from).map_err(|error| self.refuse(error, user))
    }

    /// Unbonding total of a user, and when its earliest entry is ripe.
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
        self.vm().log(Withdrawn { account: caller, amount: U256::from(paid) });
        self.pay(caller, paid)
    }

    /// Takes up to `amount` from a node, within the slasher's cap of the day; slashers only.
    /// Arguments, errors, events: `IStaking.slash`.
    pub fn slash(&mut self, node: Address, task_id: u64, reason: u8, amount: U256) -> Result<(U256, bool), Revert> {
        check_reason(reason).map_err(|error| self.refuse(error, node))?;
        let slasher = self.vm().msg_sender();
        let now = self.vm().block_timestamp();
        let module = self.slashers.get(slasher);
        // Of one that was active once only the amount is cut: the end of a task must not fail.
        if matches!(module.status(now), Status::Unknown | Status::Proposed) {
            module.must_be_active(now).map_err(|error| refused(slasher, error))?;
        }
        let most = slashable_by(module, now, self.unbonding_secs());
        let wei = u128::try_from(amount).unwrap_or(u128::MAX).min(most);
        let (next, totals, taken) = self.node(node).slash(self.totals(), wei);
        if taken != 0 {
            self.slashers.take(slasher, module, taken)?;
            self.set_node(node, next);
            self.set_totals(totals);
        }
        let amount = U256::from(taken);
        // Who can take nothing has nothing to tell: a closed one would fill the log for ever.
        if most != 0 {
            self.vm().log(Slashed { slasher, node, taskId: task_id, reason, amount, left: U256::from(next.sum()) });
        }
        Ok((amount, next.covers(self.node_stake_required.get())))
    }

    /// Slashed stake not yet swept.
    /// Arguments, errors, events: `IStaking.slashedPot`.
    pub fn slashed_pot(&self) -> U256 {
        U256::from(self.totals().slashed)
    }

    /// Sends the slashed pot to the treasury; anyone.
    /// Arguments, errors, events: `IStaking.sweepSlashed`.
    pub fn sweep_slashed(&mut self) -> Result<U256, Revert> {
        let (totals, swept) = self.totals().sweep().map_err(|error| self.refuse(error, Address::ZERO))?;
        self.set_totals(totals);
        let amount = U256::from(swept);
        self.vm().log(SlashedSwept { amount });
        let (token, payment) = (self.token.get(), self.treasury.now());
        // The treasury takes the tokens itself, so that its books and its balance move in one call.
        approve(self, token, payment, amount)?;
        call(self, payment, &Vault::fundTreasuryCall { amount })?;
        must_be_spent(self, token, payment)?;
        Ok(amount)
    }

    /// All stake held.
    /// Arguments, errors, events: `IStaking.totalHeld`.
    pub fn total_held(&self) -> U256 {
        U256::from(self.totals().held)
    }

    /// Names a slasher.
    /// Arguments, errors, events: `IStaking.proposeModule`.
    pub fn propose_module(&mut self, module: Address, cap: U256) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.slashers.propose(module, cap)
    }

    /// Closes a slasher at once.
    /// Arguments, errors, events: `IStaking.closeModule`.
    pub fn close_module(&mut self, module: Address) -> Result<(), Revert> {
        self.ownable.owner_or_guardian(self.guardian.get())?;
        self.slashers.close(module)
    }

    /// Changes a slasher's cap.
    /// Arguments, errors, events: `IStaking.setModuleCap`.
    pub fn set_module_cap(&mut self, module: Address, cap: U256) -> Result<(), Revert> {
        let guardian = if self.slashers.is_narrower(module, cap) { self.guardian.get() } else { Address::ZERO };
        self.ownable.owner_or_guardian(guardian)?;
        self.slashers.set_cap(module, cap)
    }

    /// A slasher as it stands.
    /// Arguments, errors, events: `IStaking.moduleOf`.
    pub fn module_of(&self, module: Address) -> (u8, u64, u64, U256, U256) {
        let now = self.vm().block_timestamp();
        let state = self.slashers.get(module);
        let available = slashable_by(state, now, self.unbonding_secs());
        let cap = U256::from(state.cap_at(now));
        (state.status(now).number(), state.active_at, state.closed_at, cap, U256::from(available))
    }

    /// Who hears of stake that leaves.
    /// Arguments, errors, events: `IStaking.nodePool`.
    pub fn node_pool(&self) -> (Address, Address, u64) {
        self.node_pool.view()
    }

    /// Names the NodePool.
    /// Arguments, errors, events: `IStaking.setNodePool`.
    pub fn set_node_pool(&mut self, pool: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let effective_at = self.node_pool.name(nonzero(pool)?, self.slashers.wait_secs());
        self.vm().log(NodePoolSet { nodePool: pool, effectiveAt: effective_at });
        Ok(())
    }

    /// Whose treasury gets slashed stake.
    /// Arguments, errors, events: `IStaking.treasury`.
    pub fn treasury(&self) -> (Address, Address, u64) {
        self.treasury.view()
    }

    /// Names whose treasury gets slashed stake.
    /// Arguments, errors, events: `IStaking.setTreasury`.
    pub fn set_treasury(&mut self, session_payment: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let effective_at = self.treasury.name(nonzero(session_payment)?, self.slashers.wait_secs());
        self.vm().log(TreasurySet { sessionPayment: session_payment, effectiveAt: effective_at });
        Ok(())
    }

    /// Who may narrow what slashers do.
    /// Arguments, errors, events: `IStaking.guardian`.
    pub fn guardian(&self) -> Address {
        self.guardian.get()
    }

    /// Names the guardian.
    /// Arguments, errors, events: `IStaking.setGuardian`.
    pub fn set_guardian(&mut self, account: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.guardian.set(account);
        self.vm().log(GuardianSet { guardian: account });
        Ok(())
    }

    /// Ends the setting up.
    /// Arguments, errors, events: `IStaking.open`.
    pub fn open(&mut self) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        nonzero(self.node_pool.now())?;
        nonzero(self.treasury.now())?;
        self.slashers.open()
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
    /// Takes a node's unbonded stake out of the books, to be paid to its staker.
    fn release_node(&mut self, node: Address) -> Result<(Address, u128), Revert> {
        let stake = self.node(node);
        let (next, totals, paid) =
            stake.withdraw(self.totals(), self.vm().block_timestamp()).map_err(|error| self.refuse(error, node))?;
        self.set_node(node, next);
        self.set_totals(totals);
        self.vm().log(NodeWithdrawn { node, staker: stake.staker, amount: U256::from(paid) });
        Ok((stake.staker, paid))
    }

    /// A staker begins, whom the node accepts, which is said for one beginning: it lets nobody begin later. Where another let earnings go does not bind it.
    fn begin(&mut self, node: Address, staker: Address) -> Result<(), Revert> {
        let mut record = self.nodes.setter(node);
        if staker != node && record.accepted.get() != staker {
            return Err(StakerNotAccepted { node, staker }.into());
        }
        record.accepted.set(Address::ZERO);
        if record.staker.get() == staker || record.payout.get() == Peer::default() {
            return Ok(());
        }
        record.payout.set(Peer::default());
        let effective_at = self.vm().block_timestamp();
        self.vm().log(PayoutSet { node, to: Address::ZERO, effectiveAt: effective_at });
        Ok(())
    }

    /// Tells the pool that a node's stake leaves, last and whatever the pool does: it must not hold stake.
    fn tell_pool(&mut self, node: Address) {
        let pool = self.node_pool.now();
        notify(self, pool, &NodePool::stakeLeftCall { node }, STAKE_LEFT_GAS);
    }

    /// Tells the pool once more of stake that has left, in case it did not hear. A node that was staked anew meanwhile is none of that.
    fn tell_pool_if_unstaked(&mut self, node: Address) {
        if !self.is_node_staked(node) {
            self.tell_pool(node);
        }
    }
}
