//! A chain with Staking, its token and its peers, whose owner, slashers and guardian are accounts of the test.

use alloy::{
    primitives::{Address, Bytes, LogData, U256},
    sol_types::{SolCall, SolEvent, SolValue},
};
use cor_core::limits::SLASHER_NOTICE_SECS;
use cor_kit::{
    COR,
    solo::{Done, Solo},
};
use cor_sol::{ContractError, cor::ICor, node_pool::INodePool, staking::IStaking, vault::IVault};

pub(crate) const DAY: u64 = 24 * 60 * 60;
pub(crate) const UNBONDING: u64 = 9 * DAY;
pub(crate) const DELAY: u64 = UNBONDING + SLASHER_NOTICE_SECS;
/// What a node needs.
pub(crate) const STAKE: u128 = 10_000 * COR;
/// What the two slashers take in a day at most.
pub(crate) const CAPS: [u128; 2] = [25_000 * COR, 15_000 * COR];

// Who is who among the accounts. Those from `FREE` on are nobody's.
pub(crate) const OWNER: usize = 0;
pub(crate) const SLASHERS: [usize; 2] = [1, 2];
pub(crate) const STAKER: usize = 3;
pub(crate) const OTHER: usize = 4;
pub(crate) const GUARDIAN: usize = 5;
pub(crate) const OPERATOR: usize = 6;
pub(crate) const NODE: usize = 7;
pub(crate) const FREE: usize = 8;

pub(crate) struct World {
    pub(crate) solo: Solo,
    pub(crate) token: Address,
    pub(crate) staking: Address,
    pub(crate) pool: Address,
    pub(crate) vault: Address,
}

pub(crate) fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

impl World {
    /// Everything deployed, and Staking and NodePool neither told of their peers nor open.
    pub(crate) async fn closed() -> Self {
        Self::constructed(UNBONDING, DELAY).await
    }

    async fn constructed(unbonding: u64, delay: u64) -> Self {
        let solo = Solo::start().await;
        let owner = solo.account(OWNER);
        let named = ("Cortensor".to_owned(), "COR".to_owned(), U256::from(18), wei(1_000_000_000 * COR), owner);
        let token = solo.deploy("Cor", &named.abi_encode_params());
        let staking = solo.deploy("Staking", &(owner, token, unbonding, wei(STAKE), delay).abi_encode_params());
        let pool = solo.deploy("NodePool", &(owner, delay).abi_encode_params());
        let vault = solo.deploy("Vault", &(owner, token, DELAY).abi_encode_params());
        solo.ok(owner, token, &ICor::setMinterCall { minter: owner, enabled: true });
        solo.ok(owner, vault, &IVault::openCall {});
        Self { solo, token, staking, pool, vault }
    }

    /// Both open, with two slashers and a guardian.
    pub(crate) async fn start() -> Self {
        Self::waiting(UNBONDING, DELAY).await
    }

    /// The same with other times.
    pub(crate) async fn waiting(unbonding: u64, delay: u64) -> Self {
        let world = Self::constructed(unbonding, delay).await;
        world.by(OWNER, &IStaking::setNodePoolCall { pool: world.pool });
        world.by(OWNER, &IStaking::setTreasuryCall { sessionPayment: world.vault });
        for (slasher, cap) in SLASHERS.into_iter().zip(CAPS) {
            world.by(OWNER, &IStaking::proposeModuleCall { module: world.account(slasher), cap: wei(cap) });
        }
        world.by(OWNER, &IStaking::setGuardianCall { account: world.account(GUARDIAN) });
        world.by(OWNER, &IStaking::openCall {});
        world.in_pool(OWNER, &INodePool::setStakingCall { peer: world.staking });
        world.in_pool(OWNER, &INodePool::openCall {});
        world
    }

    pub(crate) fn account(&self, index: usize) -> Address {
        self.solo.account(index)
    }

    /// A call of Staking by account `index` that must succeed.
    pub(crate) fn by<C: SolCall>(&self, index: usize, call: &C) -> Done<C::Return> {
        self.solo.ok(self.account(index), self.staking, call)
    }

    /// A call of Staking by account `index` that must be refused.
    pub(crate) fn refused<C: SolCall>(&self, index: usize, call: &C) -> ContractError {
        self.solo.refused(self.account(index), self.staking, call)
    }

    /// What a view of Staking answers.
    pub(crate) fn get<C: SolCall>(&self, call: &C) -> C::Return {
        self.solo.get(self.staking, call)
    }

    /// A call of NodePool by account `index` that must succeed.
    pub(crate) fn in_pool<C: SolCall>(&self, index: usize, call: &C) -> Done<C::Return> {
        self.solo.ok(self.account(index), self.pool, call)
    }

    /// A call of NodePool by account `index` that must be refused.
    pub(crate) fn refused_in_pool<C: SolCall>(&self, index: usize, call: &C) -> ContractError {
        self.solo.refused(self.account(index), self.pool, call)
    }

    /// The time that the next block has, seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.solo.chain().now()
    }

    /// Mints to account `index`, and lets Staking take all it has.
    pub(crate) fn fund(&self, index: usize, amount: u128) {
        let to = self.account(index);
        self.solo.ok(self.account(OWNER), self.token, &ICor::mintCall { to, value: wei(amount) });
        self.solo.ok(to, self.token, &ICor::approveCall { spender: self.staking, value: U256::MAX });
    }

    /// Stakes for `node` what a node needs, out of new tokens of account `staker`, which the node accepts.
    pub(crate) fn stake_node(&self, staker: usize, node: Address) {
        self.accept(staker, node);
        self.fund(staker, STAKE);
        self.by(staker, &IStaking::stakeNodeCall { node, amount: wei(STAKE) });
    }

    /// Has a node accept account `staker`; it needs no key.
    pub(crate) fn accept(&self, staker: usize, node: Address) {
        self.solo.enable(node);
        self.solo.ok(node, self.staking, &IStaking::acceptStakerCall { staker: self.account(staker) });
    }

    /// Registers account `index` in the pool, run by account `operator`, who consents.
    pub(crate) fn register(&self, index: usize, operator: usize) {
        self.in_pool(operator, &INodePool::consentCall { node: self.account(index), allowed: true });
        let operator = self.account(operator);
        let call = INodePool::registerCall { operator, models: vec![1], capacity: 2, hardwareClass: 0, version: 1_000 };
        self.in_pool(index, &call);
    }

    pub(crate) fn node(&self, node: Address) -> INodePool::Node {
        self.solo.get(self.pool, &INodePool::getNodeCall { node })
    }

    pub(crate) fn wallet(&self, account: Address) -> U256 {
        self.solo.get(self.token, &ICor::balanceOfCall { account })
    }

    /// Puts code of the EVM at a new address.
    pub(crate) fn place(&self, code: &[u8]) -> Address {
        let address = Address::from_word(alloy::primitives::keccak256(code));
        self.solo.chain().writer().set_code(address, Bytes::copy_from_slice(code)).expect("the code is placed");
        address
    }

    /// Staking has what it says.
    pub(crate) fn assert_conserved(&self) {
        assert_eq!(self.get(&IStaking::totalHeldCall {}), self.wallet(self.staking));
    }
}

pub(crate) fn slash(node: Address, amount: u128) -> IStaking::slashCall {
    IStaking::slashCall { node, taskId: 9, reason: 1, amount: wei(amount) }
}

/// All events of a kind among logs of `contract`, in order.
pub(crate) fn events_of<E: SolEvent>(contract: Address, logs: &[(Address, LogData)]) -> Vec<E> {
    let own = logs.iter().filter(|(from, _)| *from == contract);
    own.filter_map(|(_, log)| E::decode_log_data(log).ok()).collect()
}
