//! Puts the contracts on a chain: deploys and activates each through the StylusDeployer in one transaction with its constructor, wires
//! them to each other, publishes the first prices and registers the addresses in Runtime.

mod code;
mod params;

use alloy::{
    primitives::{Address, Bytes, U256, address, keccak256},
    providers::Provider,
    sol,
    sol_types::{SolCall, SolEvent, SolValue},
    transports::TransportError,
};
use cor_core::task::TermsError;
use cor_errors::{Coded, Entry, table::dpl};
use cor_ports::ChainError;
use cor_sol::{
    cor::ICor, lane::ILane, node_pool::INodePool, runtime::IRuntime, session_payment_table::ISessionPaymentTable,
    staking::IStaking, vault::IVault,
};
use cor_wire::deployment::{DeployedContract, Deployment};

pub use code::{Artifacts, CodeError, init_code};
pub use params::{ListedModel, NetworkParams, default_prices, model_name};

use crate::chain::{Account, explain};

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
    LaneConfig(#[from] TermsError),
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
            Self::LaneConfig(error) => error.entry(),
            Self::Chain { source, .. } => source.entry(),
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

/// Deploys and wires everything. The account becomes owner, governor of the lane and first minter. `progress` is told of each step before it is taken.
///
/// # Errors
/// The step that failed and why. What was deployed before stays on the chain, unregistered and without money.
pub async fn deploy(
    account: &Account,
    artifacts: &Artifacts,
    params: &NetworkParams,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<DeployedNetwork, DeployError> {
    params.lane_config().check()?;
    let mut deployer = Deployer { account, artifacts, progress, contracts: Vec::new() };
    let failed = |error: TransportError| {
        let step = "reading the chain".to_owned();
        DeployError::Chain { source: explain(account.endpoint(), &step, error), step }
    };
    let code = account.provider().get_code_at(STYLUS_DEPLOYER).await.map_err(failed)?;
    if code.is_empty() {
        return Err(DeployError::NoDeployer(STYLUS_DEPLOYER));
    }
    let from_block = account.provider().get_block_number().await.map_err(failed)?;
    let deployment = deployer.create_all(params, from_block).await?;
    deployer.wire(&deployment, params).await?;
    deployer.configure(&deployment, params).await?;
    deployer.register(&deployment).await?;
    Ok(DeployedNetwork { deployment, contracts: deployer.contracts })
}

impl Deployer<'_> {
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
        let lane = self.create("Lane", (owner, vault, table, staking).abi_encode_params()).await?;
        let lens = self.create("Lens", (lane,).abi_encode_params()).await?;
        let (chain_id, session_payment_table) = (params.chain_id, table);
        Ok(Deployment { chain_id, from_block, runtime, cor, staking, session_payment_table, vault, node_pool, lane, lens })
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
        let (pool, lane) = (at.node_pool, at.lane);
        self.call("telling Staking its NodePool", at.staking, IStaking::setNodePoolCall { pool }).await?;
        // The interface's name for whose treasury it is: of the vault it is.
        let treasury = IStaking::setTreasuryCall { sessionPayment: at.vault };
        self.call("telling Staking its treasury", at.staking, treasury).await?;
        let slasher = IStaking::proposeModuleCall { module: lane, cap: params.slash_cap };
        self.call("naming Lane as a slasher", at.staking, slasher).await?;
        self.call("opening Staking", at.staking, IStaking::openCall {}).await?;
        let module = IVault::proposeModuleCall { module: lane, cap: params.vault_cap };
        self.call("naming Lane as a module of the Vault", at.vault, module).await?;
        self.call("opening Vault", at.vault, IVault::openCall {}).await?;
        self.call("telling NodePool its Staking", pool, INodePool::setStakingCall { peer: at.staking }).await?;
        // The pool opens with a peer that reserves places in it. The lane reserves none and never calls it.
        self.call("telling NodePool its lane", pool, INodePool::setSessionQueueCall { peer: lane }).await?;
        // Before it opens: once a node has registered, a higher minimum waits.
        let version = params.min_node_version;
        self.call("setting the oldest node version", pool, INodePool::setMinNodeVersionCall { version }).await?;
        self.call("opening NodePool", pool, INodePool::openCall {}).await
    }

    async fn configure(&mut self, at: &Deployment, params: &NetworkParams) -> Result<(), DeployError> {
        let (table, lane) = (at.session_payment_table, at.lane);
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
        for &keeper in &params.keepers {
            self.call("naming a keeper", lane, ILane::setKeeperCall { keeper, enabled: true }).await?;
        }
        let config = params.lane_config();
        let config = ILane::setConfigCall {
            noReveal: config.no_reveal,
            badReveal: config.bad_reveal,
            noResultGasCapBps: config.no_result_gas_cap_bps,
            paused: config.paused,
        };
        self.call("setting what tasks go by", lane, config).await?;
        // Where a client reads it; the pool keeps to a minimum of its own.
        let version = IRuntime::setMinNodeVersionCall { version: params.min_node_version };
        self.call("telling clients the oldest node version", at.runtime, version).await?;
        let minter = ICor::setMinterCall { minter: self.account.address(), enabled: true };
        self.call("naming the minter", at.cor, minter).await
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
