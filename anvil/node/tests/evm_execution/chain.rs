//! A chain of one block after the other in memory, and short ways to deploy and call.

use std::sync::OnceLock;

use alloy_sol_types::{SolCall, SolInterface, sol};
use cor_anvil::evm::{ArbOsVersion, BlockContext, ExecConfig, ExecError, Execution, Executor, GenesisConfig, genesis_accounts};
use cor_stylus_vm::prepare::{init_code, prepare, program_code};
use revm::{
    Database, DatabaseCommit,
    context::{
        TxEnv,
        result::{ExecutionResult, HaltReason},
    },
    database::InMemoryDB,
    primitives::{Address, B256, Bytes, TxKind, U256, address, keccak256},
    state::AccountInfo,
};

sol! {
    interface Wasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function programTimeLeft(address program) external view returns (uint64 secs);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

pub(crate) const CHAIN_ID: u64 = 412_346;
pub(crate) const SENDER: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
pub(crate) const ARB_WASM: Address = Address::with_last_byte(0x71);
pub(crate) const GAS_LIMIT: u64 = 30_000_000;
pub(crate) const GENESIS_TIME: u64 = 1_700_000_000;
pub(crate) const DAY: u64 = 86_400;
/// 1 ether, more than any activation costs.
pub(crate) const ETHER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// The sample counter: setNumber(uint256), number(), increment().
pub(crate) const COUNTER_WASM: &[u8] = include_bytes!("../../../../test/vectors/stylus/counter.wasm");

pub(crate) struct Chain {
    pub(crate) db: InMemoryDB,
    pub(crate) block: BlockContext,
    pub(crate) config: ExecConfig,
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self::at(ArbOsVersion::V51)
    }

    pub(crate) fn at(arbos: ArbOsVersion) -> Self {
        let mut db = InMemoryDB::default();
        let genesis = GenesisConfig { chain_id: CHAIN_ID, arbos, chain_owner: Some(SENDER), cache_manager: false };
        for account in genesis_accounts(&genesis) {
            db.insert_account_info(account.address, account.info);
            for (slot, value) in account.storage {
                db.insert_account_storage(account.address, slot, value).unwrap();
            }
        }
        let balance = ETHER * U256::from(10_000);
        db.insert_account_info(SENDER, AccountInfo::from_balance(balance));
        let block = BlockContext {
            number: 1,
            l1_block_number: 1_000_001,
            timestamp: GENESIS_TIME,
            beneficiary: Address::repeat_byte(0xbe),
            gas_limit: 1 << 50,
            base_fee: 100_000_000,
            prevrandao: B256::with_last_byte(1),
            ..BlockContext::default()
        };
        Self { db, block, config: ExecConfig { arbos, ..ExecConfig::new(CHAIN_ID) } }
    }

    /// All tests share the compiled programs.
    pub(crate) fn executor() -> Executor {
        static EXECUTOR: OnceLock<Executor> = OnceLock::new();
        EXECUTOR.get_or_init(|| Executor::new().unwrap()).clone()
    }

    /// Starts a new block `seconds` later.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.block.number += 1;
        self.block.timestamp += seconds;
        self.block.recent_programs = Default::default();
    }

    /// The transaction [`send`](Self::send) sends.
    pub(crate) fn tx(&mut self, kind: TxKind, data: Bytes, value: U256) -> TxEnv {
        let nonce = self.db.basic(SENDER).unwrap().unwrap().nonce;
        TxEnv {
            caller: SENDER,
            gas_limit: GAS_LIMIT,
            gas_price: self.block.base_fee.into(),
            kind,
            value,
            data,
            nonce,
            chain_id: Some(CHAIN_ID),
            ..TxEnv::default()
        }
    }

    pub(crate) fn simulate(&mut self, tx: TxEnv) -> Result<Execution, ExecError> {
        Self::executor().transact(&mut self.db, &self.block, &self.config, tx)
    }

    pub(crate) fn execute(&mut self, tx: TxEnv) -> ExecutionResult {
        let done = self.simulate(tx).unwrap();
        self.db.commit(done.state);
        done.result
    }

    pub(crate) fn send(&mut self, to: Address, data: impl Into<Bytes>, value: U256) -> ExecutionResult {
        let tx = self.tx(TxKind::Call(to), data.into(), value);
        self.execute(tx)
    }

    pub(crate) fn call(&mut self, to: Address, data: impl Into<Bytes>) -> ExecutionResult {
        self.send(to, data, U256::ZERO)
    }

    pub(crate) fn create(&mut self, init: impl Into<Bytes>) -> ExecutionResult {
        let tx = self.tx(TxKind::Create, init.into(), U256::ZERO);
        self.execute(tx)
    }

    /// Deploys `code` as it is.
    pub(crate) fn deploy(&mut self, code: &[u8]) -> Address {
        let result = self.create(init_code(code));
        result.created_address().unwrap_or_else(|| panic!("not deployed: {result:?}"))
    }

    pub(crate) fn activate(&mut self, program: Address) -> ExecutionResult {
        self.send(ARB_WASM, Wasm::activateProgramCall { program }.abi_encode(), ETHER)
    }

    /// Deploys and activates a module given as text or binary.
    pub(crate) fn program(&mut self, wasm: impl AsRef<[u8]>) -> Address {
        let program = self.deploy(&stylus_code(wasm));
        let result = self.activate(program);
        assert!(result.is_success(), "not activated: {result:?}");
        program
    }

    pub(crate) fn balance(&mut self, address: Address) -> U256 {
        self.db.basic(address).unwrap().map(|info| info.balance).unwrap_or_default()
    }

    pub(crate) fn storage(&mut self, address: Address, slot: u64) -> U256 {
        self.db.storage(address, U256::from(slot)).unwrap()
    }
}

/// What is deployed for a module.
pub(crate) fn stylus_code(wasm: impl AsRef<[u8]>) -> Vec<u8> {
    program_code(&prepare(wasm.as_ref(), [0; 32]).unwrap())
}

/// Calldata of a Solidity method with words as arguments.
pub(crate) fn calldata(signature: &str, words: &[u64]) -> Bytes {
    let mut data = keccak256(signature)[..4].to_vec();
    for word in words {
        data.extend(U256::from(*word).to_be_bytes::<32>());
    }
    data.into()
}

pub(crate) fn set_number(number: u64) -> Bytes {
    calldata("setNumber(uint256)", &[number])
}

/// Calldata for [`PROXY`].
pub(crate) fn via(to: Address, data: &[u8]) -> Bytes {
    [to.into_word().as_slice(), data].concat().into()
}

/// EVM contract: calls the address in the first word with the rest of its calldata and ends as the
/// callee did.
pub(crate) const PROXY: &str = "602036038060206000376000600082600060006000355af13d600060003e6025573d6000fd5b3d6000f3";

/// As [`PROXY`], by delegate call.
pub(crate) const DELEGATE_PROXY: &str = "60203603806020600037600060008260006000355af43d600060003e6023573d6000fd5b3d6000f3";

pub(crate) fn hex_code(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    revm::primitives::hex::decode(digits).unwrap()
}

pub(crate) fn error_of(result: &ExecutionResult) -> Wasm::WasmErrors {
    match result {
        ExecutionResult::Revert { output, .. } => Wasm::WasmErrors::abi_decode(output).unwrap(),
        other => panic!("no revert: {other:?}"),
    }
}

pub(crate) fn halt_of(result: &ExecutionResult) -> &HaltReason {
    match result {
        ExecutionResult::Halt { reason, .. } => reason,
        other => panic!("no halt: {other:?}"),
    }
}

/// Output of a transaction that must have succeeded.
pub(crate) fn output_of(result: &ExecutionResult) -> &Bytes {
    assert!(result.is_success(), "{result:?}");
    result.output().unwrap()
}
