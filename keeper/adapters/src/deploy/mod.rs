//! Puts the contracts on a chain: deploys and activates each through the StylusDeployer in one transaction with its constructor, wires
//! them to each other, says who governs the lane, publishes the first prices and registers the addresses in Runtime.

mod code;
mod params;

use alloy::{
    primitives::{Address, Bytes, U256, address, keccak256},
    providers::Provider,
    sol,
    sol_types::{SolCall, SolEvent, SolValue},
    transports::TransportError,
};
use cor_core::task::{TermsError, lane::LaneConfig};
use cor_errors::{Coded, Entry, table::dpl};
use cor_ports::ChainError;
use cor_sol::{
    cor::ICor, jury::IJury, lane::ILane, node_pool::INodePool, runtime::IRuntime, session_payment_table::ISessionPaymentTable,
    staking::IStaking, vault::IVault,
};
use cor_wire::deployment::{DeployedContract, Deployment};

pub use code::{Artifacts, CodeError, init_code};
pub use params::{AddressError, Governor, JuryParams, ListedModel, NetworkParams, default_prices, model_name};

use crate::chain::{Account, explain, read_error};

/// The SDK's deployer, at the same address on every Arbitrum chain.
const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// Sent along with each deployment for the activation's data fee, wei; what is not used comes back. The fee of a contract of ours is
/// below 1e14 wei at the live chains' prices.
const ACTIVATION_VALUE_WEI: u64 = 1_000_000_000_000_000;

sol! {
    interface IStylusDeployer {
        event ContractDeployed(address deployedContract);
        function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address);
    }
    function stylus_constructor();
}

/// Why the network is not deployed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The compiled contracts are not there or damaged.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// What the lane would go by is out of range. Its contract takes it as it is, so it is refused before anything is deployed.
    #[error("settings of the lane: {0}")]
    LaneConfig(TermsError),
    /// What the jury would go by is out of range. It is refused before anything is deployed.
    #[error("settings of the jury: {0}")]
    Jury(TermsError),
    /// An address of the parameters cannot be meant. It is refused before anything is deployed.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A contract of the network takes no proposal from who deploys.
    #[error("{contract} {at} belongs to {owner}, and the key that is used is that of {account}")]
    NotNetworkOwner {
        /// Its Solidity name.
        contract: &'static str,
        /// Where it is.
        at: Address,
        /// Whose proposals it takes.
        owner: Address,
        /// Who deploys.
        account: Address,
    },
    /// Stake would leave before a task of the lane has ended.
    #[error("stake leaves this network in {unbonding_secs} s, and a task of the lane may take {needed_secs} s")]
    StakeLeavesTooSoon {
        /// What the network's Staking has, for ever.
        unbonding_secs: u64,
        /// What it must have at least.
        needed_secs: u64,
    },
    /// A transaction failed.
    #[error("{step}: {source}")]
    Chain {
        /// What was being done.
        step: String,
        /// Why it failed.
        #[source]
        source: ChainError,
    },
    /// The chain lacks the deployer.
    #[error("there is no StylusDeployer at {0} on this chain")]
    NoDeployer(Address),
    /// The deployer said nothing of a contract.
    #[error("the deployment of {0} left no ContractDeployed log")]
    NoAddress(String),
}

impl Coded for DeployError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Code(error) => error.entry(),
            Self::LaneConfig(error) | Self::Jury(error) => error.entry(),
            Self::Chain { source, .. } => source.entry(),
            Self::Address(error) => error.entry(),
            Self::NotNetworkOwner { .. } => &dpl::NOT_NETWORK_OWNER,
            Self::StakeLeavesTooSoon { .. } => &dpl::STAKE_LEAVES_TOO_SOON,
            Self::NoDeployer(_) => &dpl::NO_STYLUS_DEPLOYER,
            Self::NoAddress(_) => &dpl::NO_DEPLOYED_ADDRESS,
        }
    }
}

/// A deployed network, with what each contract cost.
#[derive(Debug, Clone)]
pub struct DeployedNetwork {
    /// Addresses.
    pub deployment: Deployment,
    /// Per contract.
    pub contracts: Vec<DeployedContract>,
}

/// One deployment under way.
struct Deployer<'a> {
    account: &'a Account,
    artifacts: &'a Artifacts,
    progress: &'a mut (dyn FnMut(&str) + Send),
    contracts: Vec<DeployedContract>,
}

/// Deploys and wires everything. The account becomes owner and first minter, and the lane's governor if `params` say so. `progress` is told of each step before
/// it is taken.
///
/// # Errors
/// The step that failed and why. What was deployed before stays on the chain, unregistered and without money.
pub async fn deploy(
    account: &Account,
    artifacts: &Artifacts,
    params: &NetworkParams,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<DeployedNetwork, DeployError> {
    let mut deployer = Deployer { account, artifacts, progress, contracts: Vec::new() };
    let from_block = deployer.check(params).await?;
    let deployment = deployer.create_all(params, from_block).await?;
    deployer.wire(&deployment, params).await?;
    deployer.configure(&deployment, params).await?;
    deployer.govern(&deployment, params).await?;
    deployer.register(&deployment).await?;
    Ok(DeployedNetwork { deployment, contracts: deployer.contracts })
}

/// Deploys another lane beside that of the network `at`, whose Vault and Staking the account owns: a lane with a lens and a jury of its own. It is proposed to
/// both, and paused: the vault may let it take money days before Staking lets it slash, so its owner unpauses it when both do. Nothing is closed, and Runtime names the old
/// one still.
///
/// # Errors
/// As [`deploy`]; `NotNetworkOwner`, `StakeLeavesTooSoon`.
pub async fn deploy_lane(
    account: &Account,
    artifacts: &Artifacts,
    at: &Deployment,
    params: &NetworkParams,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<DeployedNetwork, DeployError> {
    let mut deployer = Deployer { account, artifacts, progress, contracts: Vec::new() };
    let from_block = deployer.check(params).await?;
    deployer.check_owners(at).await?;
    deployer.check_unbonding(at.staking).await?;
    let peers =
        Peers { cor: at.cor, staking: at.staking, table: at.session_payment_table, vault: at.vault, node_pool: at.node_pool };
    let Tasks { jury, lane, lens } = deployer.create_tasks(params, &peers).await?;
    let deployment = Deployment { from_block, jury, lane, lens, ..at.clone() };
    deployer.govern(&deployment, params).await?;
    deployer.pause(&deployment, params).await?;
    deployer.propose(&deployment, params).await?;
    Ok(DeployedNetwork { deployment, contracts: deployer.contracts })
}

/// What a lane and its jury know of the network.
struct Peers {
    cor: Address,
    staking: Address,
    table: Address,
    vault: Address,
    node_pool: Address,
}

/// The contracts of tasks.
struct Tasks {
    jury: Address,
    lane: Address,
    lens: Address,
}

impl Deployer<'_> {
    /// Refuses parameters, and a chain, on which a step would fail when others are taken already. Returns the chain's last block.
    async fn check(&self, params: &NetworkParams) -> Result<u64, DeployError> {
        params.lane_config().check().map_err(DeployError::LaneConfig)?;
        params.jury.check().map_err(DeployError::Jury)?;
        params.check_addresses()?;
        let failed = |error: TransportError| {
            let step = "reading the chain".to_owned();
            DeployError::Chain { source: explain(self.account.endpoint(), &step, error), step }
        };
        let code = self.account.provider().get_code_at(STYLUS_DEPLOYER).await.map_err(failed)?;
        if code.is_empty() {
            return Err(DeployError::NoDeployer(STYLUS_DEPLOYER));
        }
        self.account.provider().get_block_number().await.map_err(failed)
    }

    /// Refuses a network whose vault and Staking another owns: they take the lane's proposal from nobody else, when all is deployed.
    async fn check_owners(&self, at: &Deployment) -> Result<(), DeployError> {
        let account = self.account.address();
        for (contract, at) in [("Vault", at.vault), ("Staking", at.staking)] {
            let step = format!("reading the owner of {contract}");
            // Every contract of ours that has an owner shows it alike.
            let read = IVault::new(at, self.account.provider()).owner().call().await;
            let read = read.map_err(|error| read_error(self.account.endpoint(), "owner", error));
            let owner = read.map_err(|source| DeployError::Chain { step, source })?;
            if owner != account {
                return Err(DeployError::NotNetworkOwner { contract, at, owner, account });
            }
        }
        Ok(())
    }

    /// Refuses a Staking whose stake does not stay for as long as a task of the lane may take.
    async fn check_unbonding(&self, staking: Address) -> Result<(), DeployError> {
        let step = "reading unbondingSecs".to_owned();
        let read = IStaking::new(staking, self.account.provider()).unbondingSecs().call().await;
        let read = read.map_err(|error| read_error(self.account.endpoint(), "unbondingSecs", error));
        let unbonding_secs = read.map_err(|source| DeployError::Chain { step, source })?;
        let needed_secs = u64::from(cor_core::limits::LANE_REPORT_MAX_SECS);
        if unbonding_secs < needed_secs {
            return Err(DeployError::StakeLeavesTooSoon { unbonding_secs, needed_secs });
        }
        Ok(())
    }

    async fn create_all(&mut self, params: &NetworkParams, from_block: u64) -> Result<Deployment, DeployError> {
        let owner = self.account.address();
        let delay = U256::from(params.delay_secs);
        let (name, symbol, decimals) =
            (params.token_name.clone(), params.token_symbol.clone(), U256::from(params.token_decimals));
        let runtime = self.create("Runtime", (owner,).abi_encode_params()).await?;
        let cor = self.create("Cor", (name, symbol, decimals, params.token_cap, owner).abi_encode_params()).await?;
        let staking = (owner, cor, U256::from(params.unbonding_secs), params.node_stake, delay).abi_encode_params();
        let staking = self.create("Staking", staking).await?;
        let table = (owner, U256::from(params.price_delay_secs)).abi_encode_params();
        let table = self.create("SessionPaymentTable", table).await?;
        let vault = self.create("Vault", (owner, cor, params.vault_delay_secs).abi_encode_params()).await?;
        let node_pool = self.create("NodePool", (owner, delay).abi_encode_params()).await?;
        let Tasks { jury, lane, lens } = self.create_tasks(params, &Peers { cor, staking, table, vault, node_pool }).await?;
        let (chain_id, session_payment_table) = (params.chain_id, table);
        Ok(Deployment { chain_id, from_block, runtime, cor, staking, session_payment_table, vault, node_pool, lane, lens, jury })
    }

    /// A lane, what reads it, and the jury, which comes first as it may be the lane's governor.
    async fn create_tasks(&mut self, params: &NetworkParams, peers: &Peers) -> Result<Tasks, DeployError> {
        let owner = self.account.address();
        let jury = self.create("Jury", jury_arguments(owner, peers, &params.jury)).await?;
        let governor = match params.governor {
            Governor::Jury => jury,
            Governor::Deployer => owner,
        };
        let lane = (governor, peers.vault, peers.table, peers.staking).abi_encode_params();
        let lane = self.create("Lane", lane).await?;
        let lens = self.create("Lens", (lane,).abi_encode_params()).await?;
        Ok(Tasks { jury, lane, lens })
    }

    /// Deploys, activates and constructs one contract in one transaction, so that nobody can construct it first.
    async fn create(&mut self, name: &str, arguments: Vec<u8>) -> Result<Address, DeployError> {
        let code = self.artifacts.code(name)?;
        (self.progress)(&format!("deploying {name} ({} bytes)", code.len()));
        // The nonce makes the salt the deployment's own, so that the same code can be deployed again, and the addresses repeatable.
        let step = || format!("deploying {name}");
        let nonce = self.account.nonce().await.map_err(|source| DeployError::Chain { step: step(), source })?;
        let salt = keccak256((name.to_owned(), self.account.address(), keccak256(&code), nonce).abi_encode());
        let init_data = [stylus_constructorCall::SELECTOR.as_slice(), &arguments].concat();
        let call = IStylusDeployer::deployCall {
            bytecode: code::init_code(&code).into(),
            initData: init_data.into(),
            initValue: U256::ZERO,
            salt,
        };
        let mined = self
            .account
            .call("StylusDeployer.deploy", STYLUS_DEPLOYER, call.abi_encode().into(), U256::from(ACTIVATION_VALUE_WEI))
            .await;
        let receipt = mined.map_err(|source| DeployError::Chain { step: step(), source })?.receipt;
        let logs = receipt.logs().iter().filter(|log| log.address() == STYLUS_DEPLOYER);
        let deployed = logs.filter_map(|log| IStylusDeployer::ContractDeployed::decode_log(&log.inner).ok()).next();
        let address = deployed.ok_or_else(|| DeployError::NoAddress(name.to_owned()))?.deployedContract;
        self.contracts.push(DeployedContract {
            name: name.to_owned(),
            address,
            transaction: receipt.transaction_hash,
            gas_used: receipt.gas_used,
            code_bytes: code.len() as u64,
        });
        Ok(address)
    }

    async fn call(&mut self, step: &str, to: Address, call: impl SolCall) -> Result<(), DeployError> {
        (self.progress)(step);
        let mined = self.account.call(step, to, Bytes::from(call.abi_encode()), U256::ZERO).await;
        mined.map(|_| ()).map_err(|source| DeployError::Chain { step: step.to_owned(), source })
    }

    /// Peers and modules, and the end of each setting up: from then on every widening waits.
    async fn wire(&mut self, at: &Deployment, params: &NetworkParams) -> Result<(), DeployError> {
        let pool = at.node_pool;
        self.call("telling Staking its NodePool", at.staking, IStaking::setNodePoolCall { pool }).await?;
        // The interface's name for whose treasury it is: of the vault it is.
        let treasury = IStaking::setTreasuryCall { sessionPayment: at.vault };
        self.call("telling Staking its treasury", at.staking, treasury).await?;
        self.propose(at, params).await?;
        self.call("opening Staking", at.staking, IStaking::openCall {}).await?;
        self.call("opening Vault", at.vault, IVault::openCall {}).await?;
        self.call("telling NodePool its Staking", pool, INodePool::setStakingCall { peer: at.staking }).await?;
        // Before it opens: once a node has registered, a higher minimum waits.
        let version = params.min_node_version;
        self.call("setting the oldest node version", pool, INodePool::setMinNodeVersionCall { version }).await?;
        self.call("opening NodePool", pool, INodePool::openCall {}).await
    }

    /// The lane as a slasher and as a module: at once where the contracts are being set up, else once their delays are over.
    async fn propose(&mut self, at: &Deployment, params: &NetworkParams) -> Result<(), DeployError> {
        let slasher = IStaking::proposeModuleCall { module: at.lane, cap: params.slash_cap };
        self.call("naming Lane as a slasher", at.staking, slasher).await?;
        let module = IVault::proposeModuleCall { module: at.lane, cap: params.vault_cap };
        self.call("naming Lane as a module of the Vault", at.vault, module).await
    }

    async fn configure(&mut self, at: &Deployment, params: &NetworkParams) -> Result<(), DeployError> {
        let table = at.session_payment_table;
        self.call("publishing prices", table, ISessionPaymentTable::publishCall { price: params.prices.clone() }).await?;
        for model in &params.models {
            let call = ISessionPaymentTable::setModelCall {
                modelIdentifier: model.identifier,
                class: model.class,
                enabled: true,
                name: model_name(&model.name),
            };
            self.call(&format!("listing model {}", model.name), table, call).await?;
        }
        // Where a client reads it; the pool keeps to a minimum of its own.
        let version = IRuntime::setMinNodeVersionCall { version: params.min_node_version };
        self.call("telling clients the oldest node version", at.runtime, version).await?;
        let minter = ICor::setMinterCall { minter: self.account.address(), enabled: true };
        self.call("naming the minter", at.cor, minter).await
    }

    /// Who may serve, and what tasks go by.
    async fn govern(&mut self, at: &Deployment, params: &NetworkParams) -> Result<(), DeployError> {
        self.call("telling Jury its lane", at.jury, IJury::setLaneCall { lane: at.lane }).await?;
        match params.governor {
            Governor::Jury => self.govern_by_jury(at, params).await,
            Governor::Deployer => self.govern_by_deployer(at, params).await,
        }
    }

    /// The jury tells the lane what tasks go by, and opens, so that the keepers can post their bonds.
    async fn govern_by_jury(&mut self, at: &Deployment, params: &NetworkParams) -> Result<(), DeployError> {
        let LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, .. } = params.lane_config();
        let config =
            IJury::setLaneConfigCall { noReveal: no_reveal, badReveal: bad_reveal, noResultGasCapBps: no_result_gas_cap_bps };
        self.call("setting what tasks go by", at.jury, config).await?;
        // Before it opens: later ones wait.
        for &keeper in &params.keepers {
            self.call("proposing a keeper", at.jury, IJury::proposeCall { keeper }).await?;
        }
        self.call("opening Jury", at.jury, IJury::openCall {}).await
    }

    /// The lane takes no sessions and no tasks until its governor says so.
    async fn pause(&mut self, at: &Deployment, params: &NetworkParams) -> Result<(), DeployError> {
        let step = "pausing the lane until it may slash";
        match params.governor {
            Governor::Jury => self.call(step, at.jury, IJury::setLanePausedCall { paused: true }).await,
            Governor::Deployer => self.call(step, at.lane, config_call(params, true)).await,
        }
    }

    /// Who deploys tells the lane itself, and the jury stays closed.
    async fn govern_by_deployer(&mut self, at: &Deployment, params: &NetworkParams) -> Result<(), DeployError> {
        for &keeper in &params.keepers {
            self.call("naming a keeper", at.lane, ILane::setKeeperCall { keeper, enabled: true }).await?;
        }
        self.call("setting what tasks go by", at.lane, config_call(params, false)).await
    }

    async fn register(&mut self, at: &Deployment) -> Result<(), DeployError> {
        let modules = [
            ("Cor", at.cor),
            ("Staking", at.staking),
            ("SessionPaymentTable", at.session_payment_table),
            ("Vault", at.vault),
            ("NodePool", at.node_pool),
            ("Lane", at.lane),
            ("Lens", at.lens),
            ("Jury", at.jury),
        ];
        for (name, module) in modules {
            self.call(
                &format!("registering {name}"),
                at.runtime,
                IRuntime::setModuleCall { name: model_name(name), module, version: 1 },
            )
            .await?;
        }
        Ok(())
    }
}

/// What the jury is constructed with, in the order of its interface.
fn jury_arguments(owner: Address, peers: &Peers, params: &JuryParams) -> Vec<u8> {
    let JuryParams { bond, epoch_secs, reveal_secs, answer_secs, dispute_secs, absence_epochs, delay_secs, treasury } = *params;
    let times = (epoch_secs, reveal_secs, answer_secs, dispute_secs, absence_epochs);
    (owner, peers.cor, peers.node_pool, treasury.unwrap_or(owner), bond, times, delay_secs).abi_encode_params()
}

/// What tasks of a lane go by that its deployer governs.
const fn config_call(params: &NetworkParams, paused: bool) -> ILane::setConfigCall {
    let LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, .. } = params.lane_config();
    ILane::setConfigCall { noReveal: no_reveal, badReveal: bad_reveal, noResultGasCapBps: no_result_gas_cap_bps, paused }
}
