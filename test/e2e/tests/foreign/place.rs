//! A chain with wallets, and how a program gets on it.

#![allow(dead_code, reason = "each test program uses its part")]

use std::time::Duration;

use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256, address},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::{TransactionReceipt, TransactionRequest},
    signers::local::PrivateKeySigner,
    sol,
    sol_types::{SolCall, SolEvent, SolInterface},
};
use cor_adapters::{
    chain::connect,
    deploy::{Artifacts, init_code},
};
use cor_anvil::{Node, NodeConfig, NodeHandle, arbos::ArbOsVersion};

pub(crate) const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// Where the SDK's deployer lies on every chain.
const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// More than the data fee of any activation; the rest comes back.
const ACTIVATION_WEI: u64 = 1_000_000_000_000_000;

sol! {
    #[sol(rpc)]
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    }

    // The selector of every constructor, whatever its arguments.
    function stylus_constructor();

    #[sol(rpc)]
    interface StylusDeployer {
        event ContractDeployed(address deployedContract);
        function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address);
    }
}

/// A chain whose accounts the provider signs for.
pub(crate) struct Place {
    pub(crate) node: NodeHandle,
    pub(crate) provider: DynProvider,
}

impl Place {
    pub(crate) async fn start(arbos: ArbOsVersion) -> Self {
        let node = Node::spawn(NodeConfig::test().arbos(arbos)).await.expect("the chain starts");
        let mut wallet = EthereumWallet::default();
        for (index, account) in node.accounts().iter().enumerate() {
            let key = PrivateKeySigner::from_bytes(&account.private_key).expect("a valid key");
            if index == 0 { wallet.register_default_signer(key) } else { wallet.register_signer(key) }
        }
        let reader = connect(&node.http_endpoint().expect("it listens"), None).await.expect("the chain answers");
        let provider = ProviderBuilder::new().wallet(wallet).connect_provider(reader).erased();
        provider.client().set_poll_interval(Duration::from_millis(5));
        Self { node, provider }
    }

    /// URL of the chain.
    pub(crate) fn rpc(&self) -> String {
        self.node.http_endpoint().expect("it listens")
    }

    /// Address of a funded account.
    pub(crate) fn account(&self, index: usize) -> Address {
        self.node.accounts()[index].address
    }

    pub(crate) async fn balance(&self, account: Address) -> U256 {
        self.provider.get_balance(account).await.expect("a balance")
    }

    /// Sends a transaction that must be mined, whether it succeeds or not.
    pub(crate) async fn mine(&self, request: TransactionRequest) -> TransactionReceipt {
        let pending = self.provider.send_transaction(request).await.expect("the transaction is taken");
        pending.get_receipt().await.expect("it is mined")
    }

    /// Puts code into an account of its own.
    pub(crate) async fn put(&self, code: &[u8]) -> Address {
        let receipt = self.mine(TransactionRequest::default().with_deploy_code(init_code(code))).await;
        assert!(receipt.status(), "the code is refused: {receipt:?}");
        receipt.contract_address.expect("a creation has an address")
    }

    pub(crate) async fn activate(&self, program: Address) -> TransactionReceipt {
        let arb_wasm = ArbWasm::new(ARB_WASM, &self.provider);
        let call = arb_wasm.activateProgram(program).value(U256::from(ACTIVATION_WEI));
        call.send().await.expect("it may be activated").get_receipt().await.expect("it is mined")
    }

    /// Deploys and activates a sample without a constructor.
    pub(crate) async fn deploy(&self, name: &str) -> Address {
        let at = self.put(&code(name)).await;
        assert!(self.activate(at).await.status(), "{name} is not activated");
        at
    }

    /// Deploys, activates and constructs a sample in one transaction, as `cargo stylus deploy` does.
    pub(crate) async fn construct(&self, name: &str, arguments: &[u8], value: U256, salt: B256) -> Address {
        let deployer = StylusDeployer::new(STYLUS_DEPLOYER, &self.provider);
        let call = deployer.deploy_call(init_code(&code(name)).into(), construction(arguments), value, salt);
        let receipt =
            call.value(value + U256::from(ACTIVATION_WEI)).send().await.expect("the deployer takes it").get_receipt().await;
        event::<StylusDeployer::ContractDeployed>(&receipt.expect("it is mined")).deployedContract
    }
}

/// Calldata of a constructor with encoded arguments.
pub(crate) fn construction(arguments: &[u8]) -> Bytes {
    [&stylus_constructorCall::SELECTOR[..], arguments].concat().into()
}

/// A sample as it lies on chain.
pub(crate) fn code(name: &str) -> Vec<u8> {
    samples().code(name).expect("`cargo xtask wasm --samples` builds it")
}

pub(crate) fn samples() -> Artifacts {
    Artifacts::new(&cor_kit::paths::samples())
}

/// The first log of an event.
pub(crate) fn event<E: SolEvent>(receipt: &TransactionReceipt) -> E {
    let found = receipt.logs().iter().find_map(|log| E::decode_log(&log.inner).ok());
    found.unwrap_or_else(|| panic!("no {} in {receipt:?}", E::SIGNATURE)).data
}

/// What a call that must revert reverts with.
pub(crate) fn revert_data(error: &alloy::contract::Error) -> Bytes {
    error.as_revert_data().unwrap_or_else(|| panic!("no revert: {error}"))
}

/// The typed error a call that must revert reverts with.
pub(crate) fn typed<E: SolInterface>(error: &alloy::contract::Error) -> E {
    let data = revert_data(error);
    E::abi_decode(&data).unwrap_or_else(|_| panic!("another error: {data}"))
}
