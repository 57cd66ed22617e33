//! A chain with the network on it.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider},
    rpc::types::Filter,
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolEvent, SolEventInterface as _},
};
use cor_adapters::{
    chain::{Account, Mined, connect},
    deploy::{Artifacts, Governor, ListedModel, NetworkParams, deploy},
    signer::LocalSigner,
};
use cor_anvil::{ManualClock, Node, NodeConfig, NodeHandle};
use cor_core::task::{
    jury::{Standing, Times},
    lane::GRAIN_WEI,
};
use cor_ports::{ChainError, RevertError, domain::NODE_VERSION, jury::SecretChain};
use cor_sol::{cor::ICor, jury::IJury, lane::ILane, lens::ILens, node_pool::INodePool, staking::IStaking, vault::IVault};
use cor_wire::deployment::Deployment;

use crate::solo::START_SECS;

/// 1 COR in wei.
pub const COR: u128 = 1_000_000_000_000_000_000;

/// The account that is the keeper.
const KEEPER: usize = 1;
/// The model that nodes are registered with.
const MODEL: u64 = 1;

/// The whole network on an in-process chain. Account 0 owns the contracts, account 1 is the keeper.
pub struct TestNet {
    /// The chain.
    pub node: NodeHandle,
    /// JSON-RPC of it.
    pub provider: DynProvider,
    /// Addresses.
    pub at: Deployment,
    keys: Vec<PrivateKeySigner>,
}

impl TestNet {
    /// Starts a chain with `accounts` funded accounts and deploys the network: one light model with number 1. Account 0 governs the lane, without the jury. The
    /// chain's clock stands still but for [`Self::advance`] and [`Self::next_epoch`].
    ///
    /// # Panics
    /// If anything fails; the panic says what.
    pub async fn start(accounts: u32) -> Self {
        Self::governed_by(Governor::Deployer, accounts).await
    }

    /// The same with the jury as the lane's governor, and with the keeper's bond posted: its first epoch is the next.
    ///
    /// # Panics
    /// If anything fails; the panic says what.
    pub async fn with_jury(accounts: u32) -> Self {
        let net = Self::governed_by(Governor::Jury, accounts).await;
        net.enrol(KEEPER).await;
        net
    }

    async fn governed_by(governor: Governor, accounts: u32) -> Self {
        let clock = std::sync::Arc::new(ManualClock::at_secs(START_SECS));
        let node = Node::spawn(NodeConfig { accounts, clock, ..NodeConfig::test() }).await.expect("the chain starts");
        let rpc = node.http_endpoint().expect("it listens");
        let keys: Vec<_> = node
            .accounts()
            .iter()
            .map(|account| PrivateKeySigner::from_bytes(&account.private_key).expect("a valid key"))
            .collect();
        let provider = connect(&rpc, None).await.expect("the chain answers");
        let deployer = Account::new(&rpc, provider.clone(), cor_anvil::DEFAULT_CHAIN_ID, keys[0].clone());
        let model = ListedModel { identifier: MODEL, class: 0, name: "test-model".to_owned() };
        let keepers = vec![keys[KEEPER].address()];
        let params = NetworkParams { governor, ..NetworkParams::development(cor_anvil::DEFAULT_CHAIN_ID, keepers, vec![model]) };
        let network = deploy(&deployer, &Artifacts::new(&crate::paths::contracts()), &params, &mut |_| {}).await;
        Self { node, provider, at: network.expect("the network deploys").deployment, keys }
    }

    /// URL of the chain.
    ///
    /// # Panics
    /// Never: the chain listens.
    #[must_use]
    pub fn rpc(&self) -> String {
        self.node.http_endpoint().expect("it listens")
    }

    /// Key of a funded account.
    #[must_use]
    pub fn key(&self, index: usize) -> PrivateKeySigner {
        self.keys[index].clone()
    }

    /// Address of a funded account.
    #[must_use]
    pub fn address(&self, index: usize) -> Address {
        self.keys[index].address()
    }

    /// A funded account that sends transactions.
    #[must_use]
    pub fn account(&self, index: usize) -> Account {
        Account::new(&self.rpc(), self.provider.clone(), self.at.chain_id, self.key(index))
    }

    /// Sends a call by account `index` and waits for it.
    ///
    /// # Errors
    /// `Reverted` with the name of the Solidity error.
    pub async fn send(&self, index: usize, to: Address, call: impl SolCall) -> Result<Mined, ChainError> {
        self.account(index).call(signature(&call), to, Bytes::from(call.abi_encode()), U256::ZERO).await
    }

    /// Sends a call that must succeed.
    ///
    /// # Panics
    /// If it does not.
    pub async fn ok(&self, index: usize, to: Address, call: impl SolCall) -> Mined {
        self.send(index, to, call).await.unwrap_or_else(|error| panic!("account {index}: {error}"))
    }

    /// Sends a call that must revert, and returns the name of the Solidity error.
    ///
    /// # Panics
    /// If it succeeds, or fails in another way.
    pub async fn reverts(&self, index: usize, to: Address, call: impl SolCall) -> String {
        match self.send(index, to, call).await {
            Err(ChainError::Reverted { error: RevertError::Contract(error), .. }) => error.name().to_owned(),
            Err(other) => panic!("wanted a revert, got {other}"),
            Ok(mined) => panic!("wanted a revert, got {:?}", mined.receipt),
        }
    }

    /// Moves the clock forward and mines a block at the new time.
    ///
    /// # Panics
    /// If the node refuses.
    pub async fn advance(&self, secs: u64) {
        let _: serde_json::Value = self.provider.raw_request("evm_increaseTime".into(), (secs,)).await.expect("time moves");
        let _: serde_json::Value = self.provider.raw_request("evm_mine".into(), ()).await.expect("a block is mined");
    }

    /// Time of the last block, seconds since 1970.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn now(&self) -> u64 {
        let block = self.provider.get_block(alloy::eips::BlockId::latest()).await.expect("the node answers");
        block.expect("there is a block").header.timestamp
    }

    /// Mints COR to an account.
    pub async fn mint(&self, to: Address, wei: U256) {
        self.ok(0, self.at.cor, ICor::mintCall { to, value: wei }).await;
    }

    /// Mints COR to account `index` and moves it into its credit in the lane. Wei, whole grains.
    pub async fn prepay(&self, index: usize, wei: U256) {
        self.mint(self.address(index), wei).await;
        self.ok(index, self.at.cor, ICor::approveCall { spender: self.at.vault, value: wei }).await;
        let call = IVault::depositAndFundCall { module: self.at.lane, beneficiary: self.address(index), amount: wei };
        self.ok(index, self.at.vault, call).await;
    }

    /// Stakes for account `index` as a node and registers it, with itself as operator.
    pub async fn register_node(&self, index: usize, capacity: u32) {
        let wei = U256::from(10_000) * U256::from(COR);
        self.mint(self.address(index), wei).await;
        self.ok(index, self.at.cor, ICor::approveCall { spender: self.at.staking, value: wei }).await;
        self.ok(index, self.at.staking, IStaking::stakeNodeCall { node: self.address(index), amount: wei }).await;
        let call = INodePool::registerCall {
            operator: self.address(index),
            models: vec![MODEL],
            capacity,
            hardwareClass: 0,
            version: NODE_VERSION,
        };
        self.ok(index, self.at.node_pool, call).await;
    }

    /// Posts the bond of account `index`, which was proposed, with secrets of its key from the next epoch on. Returns the secrets.
    ///
    /// # Panics
    /// If the jury refuses it.
    pub async fn enrol(&self, index: usize) -> SecretChain {
        let first = self.epoch().await + 1;
        let signer = LocalSigner::new(self.key(index));
        let secrets = SecretChain::of(&signer, self.at.chain_id, self.at.jury, first).await.expect("a key signs");
        let bond = self.jury_parameters().await.bond;
        self.mint(self.address(index), bond).await;
        self.ok(index, self.at.cor, ICor::approveCall { spender: self.at.jury, value: bond }).await;
        self.ok(index, self.at.jury, IJury::enrolCall { anchor: secrets.anchor(), first }).await;
        secrets
    }

    /// Brings the node of account `index` into the roster of model 1, from the next epoch on. Returns its slot.
    ///
    /// # Panics
    /// If the jury refuses it.
    pub async fn enter(&self, index: usize) -> u32 {
        let mined = self.ok(index, self.at.jury, IJury::enterCall { node: self.address(index), model: MODEL }).await;
        event::<IJury::SlotTaken>(&mined).slot
    }

    /// Moves the clock to the beginning of the next epoch.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn next_epoch(&self) {
        let (times, now) = (self.times().await, self.now().await);
        self.advance(times.ends(times.epoch(now)) - now).await;
    }

    /// The epoch of the last block.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn epoch(&self) -> u32 {
        self.times().await.epoch(self.now().await)
    }

    /// What the jury counts by.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn times(&self) -> Times {
        let told = self.jury_parameters().await;
        Times {
            epoch_secs: told.epochSecs,
            reveal_secs: told.revealSecs,
            answer_secs: told.answerSecs,
            dispute_secs: told.disputeSecs,
            absence_epochs: told.absenceEpochs,
        }
    }

    async fn jury_parameters(&self) -> IJury::parametersReturn {
        IJury::new(self.at.jury, &self.provider).parameters().call().await.expect("parameters")
    }

    /// All COR outside wallets: what Vault and Staking say they hold is what the token says they have; what the jury has is the bonds of accounts of this chain
    /// that serve or leave; and the lane's book is what accounts of this
    /// chain can spend and earned there, the treasury's part, and what was charged for open tasks.
    ///
    /// # Panics
    /// If it is not.
    pub async fn assert_conserved(&self) {
        let token = ICor::new(self.at.cor, &self.provider);
        let vault = IVault::new(self.at.vault, &self.provider);
        let held = vault.totalHeld().call().await.expect("totalHeld");
        let staking = IStaking::new(self.at.staking, &self.provider).totalHeld().call().await.expect("totalHeld");
        assert_eq!(held, token.balanceOf(self.at.vault).call().await.expect("balanceOf"), "Vault");
        assert_eq!(staking, token.balanceOf(self.at.staking).call().await.expect("balanceOf"), "Staking");
        let bonds = self.bonds().await;
        assert_eq!(bonds, token.balanceOf(self.at.jury).call().await.expect("balanceOf"), "Jury");
        let lens = ILens::new(self.at.lens, &self.provider);
        let mut owed = self.open_charges().await + lens.treasury().call().await.expect("treasury");
        for key in &self.keys {
            let account = lens.accountOf(key.address()).call().await.expect("accountOf");
            owed += account.available + account.earned;
        }
        assert_eq!(vault.bookOf(self.at.lane).call().await.expect("bookOf"), wei(owed), "Lane");
    }

    /// The bonds of keepers that serve or leave, wei.
    async fn bonds(&self) -> U256 {
        let jury = IJury::new(self.at.jury, &self.provider);
        let (mut bonded, bond) = (0_u64, self.jury_parameters().await.bond);
        for key in &self.keys {
            let standing = jury.keeperOf(key.address()).call().await.expect("keeperOf").standing;
            bonded += u64::from([Standing::Serving, Standing::Leaving].iter().any(|bonded| bonded.number() == standing));
        }
        bond * U256::from(bonded)
    }

    /// What was charged for tasks that have not ended, grains.
    async fn open_charges(&self) -> u64 {
        let filter = Filter::new().address(self.at.lane).from_block(self.at.from_block);
        let mut open = BTreeMap::new();
        for log in self.provider.get_logs(&filter).await.expect("logs") {
            match ILane::ILaneEvents::decode_log(&log.inner).expect("an event of the lane").data {
                ILane::ILaneEvents::TaskSubmitted(submitted) => drop(open.insert(submitted.task, submitted.charged)),
                ILane::ILaneEvents::TaskEnded(ended) => drop(open.remove(&ended.task)),
                _ => {}
            }
        }
        open.values().sum()
    }

    /// What an account can spend in the lane, wei.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn available(&self, account: Address) -> U256 {
        wei(self.in_lane(account).await.available)
    }

    /// What an account earned as a miner and was not paid, wei.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn earnings(&self, account: Address) -> U256 {
        wei(self.in_lane(account).await.earned)
    }

    async fn in_lane(&self, account: Address) -> ILens::accountOfReturn {
        ILens::new(self.at.lens, &self.provider).accountOf(account).call().await.expect("accountOf")
    }
}

/// Grains as wei.
fn wei(grains: u64) -> U256 {
    U256::from(grains) * U256::from(GRAIN_WEI)
}

/// The signature of a call, as its name in errors.
fn signature<C: SolCall>(_call: &C) -> &'static str {
    C::SIGNATURE
}

/// The first log of an event in a receipt.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn event<E: SolEvent>(mined: &Mined) -> E {
    let found = mined.receipt.logs().iter().find_map(|log| E::decode_log(&log.inner).ok());
    found.unwrap_or_else(|| panic!("no {} in {:?}", E::SIGNATURE, mined.receipt.transaction_hash)).data
}

/// A digest that is easy to read in failures.
#[must_use]
pub fn digest(text: &str) -> B256 {
    alloy::primitives::keccak256(text)
}
