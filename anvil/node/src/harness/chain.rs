//! The test chain.

use std::{
    cell::Cell,
    fmt, fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256};
use alloy_sol_types::{SolCall, SolConstructor, SolError, sol};
use cor_stylus_vm::{PrepareError, StylusParams, activate, prepare};
use revm::{
    context::{
        TxEnv,
        result::{ExecutionResult, Output},
    },
    state::EvmState,
};

use super::{
    CallError, HarnessError,
    world::{Mark, World, WorldDb},
};
use crate::{
    NodeError,
    accounts::Wallet,
    arbos::precompiles::Contract,
    clock::ManualClock,
    config::{BLOCK_GAS_LIMIT, DEFAULT_BASE_FEE_WEI, DEFAULT_CHAIN_ID, NodeConfig},
    evm::{
        BlockContext, DEFAULT_MAX_TX_GAS, ExecConfig, Execution, Executor, GenesisConfig, ProgramFailure, RecentPrograms,
        StylusTracer, genesis_accounts,
    },
};

/// Time at which [`TestChain::new`] starts, seconds since 1970: the same in every run, and late enough for any release of ArbOS.
pub const START_SECS: u64 = 1_800_000_000;
/// Gas of a call that does not name a limit: what one transaction may use on Arbitrum One.
pub const CALL_GAS: u64 = DEFAULT_MAX_TX_GAS;
/// Seconds between blocks of the parent chain.
const L1_BLOCK_SECS: u64 = 12;
/// Wei that go along with an activation; the chain gives back what is over its fee.
const ACTIVATION_VALUE_WEI: u64 = 1_000_000_000_000_000_000;
/// Stands for the project in a deployed module. Nothing here looks at it.
const PROJECT_HASH: [u8; 32] = [0; 32];

/// Chains started so far in this process.
static CHAINS: AtomicU64 = AtomicU64::new(0);

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    error ProgramUpToDate();
    // The selector of every constructor of the Stylus SDK, whatever its arguments.
    function stylus_constructor();
}

/// A chain for tests of contracts: in this process, on this thread, with time that stands still unless it is moved.
///
/// Any address can send, no transaction needs a signature, and nobody pays for gas; so balances change by what contracts do alone.
/// The value of a transaction must be there. Every transaction is in a block of its own number at the present time.
#[derive(Debug)]
pub struct TestChain {
    executor: Executor,
    exec: ExecConfig,
    world: World,
    block: BlockContext,
    l1_genesis_number: u64,
    genesis_secs: u64,
    accounts: Vec<Address>,
    executed: Cell<u64>,
    /// Tells its snapshots from those of other chains in this process.
    id: u64,
}

/// A transaction to [`TestChain::transact`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Who sends it; any address.
    pub from: Address,
    /// Whom it calls; `None` creates a contract of the init code in `data`.
    pub to: Option<Address>,
    /// Wei it sends, which `from` must have.
    pub value: U256,
    /// Calldata, or init code.
    pub data: Bytes,
    /// Gas it may use.
    pub gas_limit: u64,
}

/// What a call did.
#[derive(Clone, PartialEq, Eq)]
pub struct Done<R> {
    /// What it returned.
    pub returned: R,
    /// Its logs, in order.
    pub logs: Vec<Log>,
    /// Gas it used, after refunds. A unit is 10,000 ink, unless the chain's owner changed the price.
    pub gas_used: u64,
    /// The contract it created.
    pub created: Option<Address>,
}

/// Without what was returned: the types that `sol!` writes have no `Debug` unless they are told to.
impl<R> fmt::Debug for Done<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { logs, gas_used, created, .. } = self;
        let mut done = f.debug_struct("Done");
        done.field("logs", logs).field("gas_used", gas_used).field("created", created).finish_non_exhaustive()
    }
}

/// A point to go back to; see [`TestChain::snapshot`].
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The chain that it is of.
    chain: u64,
    mark: Mark,
    block: BlockContext,
}

impl Transaction {
    /// A call without value and with [`CALL_GAS`].
    pub fn call(from: Address, to: Address, data: impl Into<Bytes>) -> Self {
        Self { from, to: Some(to), value: U256::ZERO, data: data.into(), gas_limit: CALL_GAS }
    }
}

impl TestChain {
    /// A chain with ten funded accounts that starts at [`START_SECS`].
    ///
    /// # Errors
    /// [`HarnessError::Node`] if programs cannot be run on this host.
    pub fn new() -> Result<Self, HarnessError> {
        Self::start(&Self::config())
    }

    /// As [`new`](Self::new), and counts the basic blocks that programs enter: for [`coverage`](Self::coverage). The contracts do not
    /// see it, and gas stays the same.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn counting() -> Result<Self, HarnessError> {
        Self::start_counting(&Self::config())
    }

    /// The settings of [`new`](Self::new), to be changed and given to [`start`](Self::start).
    pub fn config() -> NodeConfig {
        NodeConfig::default().no_socket().clock(ManualClock::at_secs(START_SECS))
    }

    /// A chain with these settings: those of accounts, chain id, time of the first block, base fee, release, owner, code size and debug
    /// imports. Those of sockets, blocks and files have no meaning here.
    ///
    /// # Errors
    /// [`HarnessError::Node`] if a setting is out of range, or asks for a fork, which a [`Chain`](crate::chain::Chain) can be.
    pub fn start(config: &NodeConfig) -> Result<Self, HarnessError> {
        let executor = Executor::with_cache(config.program_cache.as_deref());
        Self::with_executor(config, executor.map_err(NodeError::Executor)?)
    }

    /// As [`start`](Self::start), and counts as [`counting`](Self::counting) does.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_counting(config: &NodeConfig) -> Result<Self, HarnessError> {
        Self::with_executor(config, Executor::counting(config.debug).map_err(NodeError::Executor)?)
    }

    fn with_executor(config: &NodeConfig, executor: Executor) -> Result<Self, HarnessError> {
        if config.fork.is_some() {
            let must_be = "absent: a test chain starts empty";
            return Err(NodeError::Setting { what: "--fork-url", value: "a fork".to_owned(), must_be }.into());
        }
        let wallet =
            Wallet::from_mnemonic(&config.mnemonic, &config.derivation_path, config.accounts).map_err(NodeError::Mnemonic)?;
        let chain_id = config.chain_id.unwrap_or(DEFAULT_CHAIN_ID);
        let mut world = World::default();
        let genesis =
            GenesisConfig { chain_id, arbos: config.arbos, chain_owner: config.chain_owner, cache_manager: config.cache_manager };
        genesis_accounts(&genesis).into_iter().for_each(|account| world.put(account));
        world.remember_block(config.genesis_number);
        let accounts: Vec<_> = wallet.addresses().collect();
        accounts.iter().for_each(|account| world.set_balance(*account, config.balance_wei()));
        let genesis_secs = config.genesis_timestamp.unwrap_or_else(|| config.clock.now().as_secs());
        let exec = ExecConfig {
            arbos: config.arbos,
            code_size_limit: config.code_size_limit,
            debug: config.debug,
            skip_base_fee: true,
            skip_nonce_check: true,
            skip_block_gas_limit: true,
            skip_fee_charge: true,
            skip_sender_code_check: true,
            ..ExecConfig::new(chain_id)
        };
        let block = BlockContext {
            number: config.genesis_number,
            l1_block_number: config.l1_genesis_number,
            timestamp: genesis_secs,
            beneficiary: config.coinbase,
            gas_limit: config.block_gas_limit.unwrap_or(BLOCK_GAS_LIMIT),
            base_fee: config.base_fee_wei.unwrap_or(DEFAULT_BASE_FEE_WEI),
            // Arbitrum's constant.
            prevrandao: B256::with_last_byte(1),
            recent_programs: RecentPrograms::default(),
        };
        let l1_genesis_number = config.l1_genesis_number;
        let (executed, id) = (Cell::new(0), CHAINS.fetch_add(1, Relaxed));
        Ok(Self { executor, exec, world, block, l1_genesis_number, genesis_secs, accounts, executed, id })
    }

    /// Address of a funded account; past the last one, of the first one again. Zero if the settings say that there are none.
    pub fn account(&self, index: usize) -> Address {
        let index = index.checked_rem(self.accounts.len());
        index.and_then(|index| self.accounts.get(index)).copied().unwrap_or_default()
    }

    /// Deploys and activates the module in a file, encoded anew as [`deploy`](Self::deploy) does.
    ///
    /// # Errors
    /// [`HarnessError::Read`], and as [`deploy`](Self::deploy).
    pub fn deploy_file(&mut self, path: impl AsRef<Path>) -> Result<Address, HarnessError> {
        let path = path.as_ref();
        let wasm = fs::read(path).map_err(|source| HarnessError::Read { path: path.to_owned(), source })?;
        self.deploy(&wasm)
    }

    /// Deploys and activates a module, in binary or text form. Its constructor, if it has one, is not called: see
    /// [`construct`](Self::construct).
    ///
    /// The module is encoded anew, as `cargo stylus` does before it deploys: without custom sections, over-long integers and a data
    /// count that it does not need, any of which a chain refuses or charges for. To see what a chain says of the very bytes, use
    /// [`deploy_exact`](Self::deploy_exact).
    ///
    /// # Errors
    /// As [`deploy_exact`](Self::deploy_exact); [`HarnessError::Prepare`] as well if the bytes are no module.
    pub fn deploy(&mut self, wasm: &[u8]) -> Result<Address, HarnessError> {
        let module = prepare::prepare(wasm, PROJECT_HASH).map_err(HarnessError::Prepare)?;
        self.deploy_exact(&module)
    }

    /// Deploys and activates a module in binary form, byte for byte as it is.
    ///
    /// # Errors
    /// [`HarnessError::Prepare`] if it has more bytes than a program may have, [`HarnessError::Activation`] with the rule that it
    /// breaks, [`HarnessError::Deploy`].
    pub fn deploy_exact(&mut self, module: &[u8]) -> Result<Address, HarnessError> {
        let params = StylusParams::default();
        // The chain only says that it refuses a module. This says why, in the order in which the chain looks.
        if module.len() as u64 > u64::from(params.max_wasm_size) {
            let (size, limit) = (Some(module.len() as u64), params.max_wasm_size);
            return Err(HarnessError::Prepare(PrepareError::TooLarge { size, limit }));
        }
        activate(module, &params, self.exec.debug).map_err(HarnessError::Activation)?;
        let deployer = Address::with_last_byte(0xde);
        self.world.set_balance(deployer, U256::from(ACTIVATION_VALUE_WEI));
        let data = prepare::init_code(&prepare::program_code(module)).into();
        let creation = Transaction { to: None, ..Transaction::call(deployer, Address::ZERO, Bytes::new()) };
        let created = self.transact(Transaction { data, ..creation }).map_err(HarnessError::Deploy)?.created;
        let program = created.unwrap_or_default();
        let activation = Transaction::call(deployer, Contract::Wasm.address(), activateProgramCall { program }.abi_encode());
        let activated = self.transact(Transaction { value: U256::from(ACTIVATION_VALUE_WEI), ..activation });
        self.world.set_balance(deployer, U256::ZERO);
        match activated {
            // The same code was activated before, at another address.
            Err(CallError::Reverted(data)) if data.starts_with(&ProgramUpToDate::SELECTOR) => Ok(program),
            Err(error) => Err(HarnessError::Deploy(error)),
            Ok(_) => Ok(program),
        }
    }

    /// Calls the constructor that the Stylus SDK made of `#[constructor]`, as `sol!` binds it: `&Token::constructorCall { .. }`. One that
    /// takes ether is called by [`construct_value`](Self::construct_value).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn construct<C: SolConstructor>(
        &mut self,
        from: Address,
        contract: Address,
        constructor: &C,
    ) -> Result<Done<Bytes>, CallError> {
        self.construct_value(from, contract, constructor, U256::ZERO)
    }

    /// As [`construct`](Self::construct), with `value` wei.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn construct_value<C: SolConstructor>(
        &mut self,
        from: Address,
        contract: Address,
        constructor: &C,
        value: U256,
    ) -> Result<Done<Bytes>, CallError> {
        self.must_have_code(contract, "constructor")?;
        let data = [stylus_constructorCall::SELECTOR.as_slice(), &constructor.abi_encode()].concat();
        self.transact(Transaction { value, ..Transaction::call(from, contract, data) })
    }

    /// Sends a call. What it changes stays.
    ///
    /// # Errors
    /// [`CallError`]; nothing was changed then, but for the sender's nonce and what [`CallError::Undecodable`] says. An address without a
    /// contract is [`CallError::NoCode`], as for a caller in Solidity; [`transact`](Self::transact) sends ether or data to any address.
    pub fn send<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Result<Done<C::Return>, CallError> {
        self.send_value(from, to, call, U256::ZERO)
    }

    /// As [`send`](Self::send), with `value` wei.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_value<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
        value: U256,
    ) -> Result<Done<C::Return>, CallError> {
        self.must_have_code(to, C::SIGNATURE)?;
        let done = self.transact(Transaction { value, ..Transaction::call(from, to, call.abi_encode()) })?;
        let Done { returned, logs, gas_used, created } = done;
        Ok(Done { returned: decode::<C>(returned)?, logs, gas_used, created })
    }

    /// Asks a contract without a change, in the name of the first account.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn view<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, CallError> {
        self.must_have_code(to, C::SIGNATURE)?;
        let ran = self.run(&Transaction::call(self.account(0), to, call.abi_encode()))?;
        decode::<C>(done(ran.result, ran.failure)?.returned)
    }

    /// Executes a transaction. What it changes stays.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn transact(&mut self, transaction: Transaction) -> Result<Done<Bytes>, CallError> {
        let Execution { result, state, failure } = self.run(&transaction)?;
        self.commit(state);
        done(result, failure)
    }

    /// The host calls that a call makes, in order, without a change: each with its ink before and after. The first and the last one mark
    /// the ends of the run, so that their difference is the ink that the program used.
    ///
    /// # Errors
    /// [`CallError::Refused`], [`CallError::TraceTooLong`]. A call that reverts has a trace as well.
    pub fn trace(&self, transaction: &Transaction) -> Result<Vec<crate::evm::HostioTrace>, CallError> {
        let mut tracer = StylusTracer::default();
        let (block, tx) = (self.next_block(), tx_env(transaction, self.exec.chain_id));
        let traced = self.executor.transact_inspected(WorldDb(&self.world), &block, &self.exec, tx, &mut tracer);
        traced.map_err(CallError::Refused)?;
        Ok(tracer.into_trace()?)
    }

    /// Moves the time forward.
    pub fn advance(&mut self, secs: u64) {
        self.block.timestamp = self.block.timestamp.saturating_add(secs);
        let passed = self.block.timestamp.saturating_sub(self.genesis_secs);
        self.block.l1_block_number = self.l1_genesis_number.saturating_add(passed / L1_BLOCK_SECS);
    }

    /// The present time, seconds since 1970.
    pub fn now(&self) -> u64 {
        self.block.timestamp
    }

    /// Remembers the present: accounts, storage and time.
    pub fn snapshot(&mut self) -> Snapshot {
        Snapshot { chain: self.id, mark: self.world.mark(), block: self.block.clone() }
    }

    /// Goes back to a snapshot, which can be used again; later ones are used up. Costs what was changed since. Whether it was there: not
    /// if it was used up, or is another chain's.
    #[must_use = "a snapshot that was used up or is another chain's cannot be gone back to"]
    pub fn revert(&mut self, snapshot: &Snapshot) -> bool {
        let is_there = snapshot.chain == self.id && self.world.revert(snapshot.mark);
        if is_there {
            self.block = snapshot.block.clone();
        }
        is_there
    }

    /// Balance in wei.
    pub fn balance(&self, account: Address) -> U256 {
        self.world.balance(account)
    }

    /// Sets a balance in wei.
    pub fn set_balance(&mut self, account: Address, wei: U256) {
        self.world.set_balance(account, wei);
    }

    /// The value of a storage slot.
    pub fn storage(&self, account: Address, slot: U256) -> U256 {
        self.world.storage(account, slot)
    }

    /// Sets a storage slot.
    pub fn set_storage(&mut self, account: Address, slot: U256, value: U256) {
        self.world.set_storage(account, slot, value);
    }

    /// Shows `look` how often each basic block of the programs was entered since somebody cleared the counters, which it may do: up to
    /// 255 times, after which a counter stays. None on a chain that does not [count](Self::counting).
    pub fn coverage<R>(&self, look: impl FnOnce(&mut [u8]) -> R) -> R {
        self.executor.coverage(look)
    }

    /// Transactions and views executed so far; going back does not lower it.
    pub fn executed(&self) -> u64 {
        self.executed.get()
    }

    fn next_block(&self) -> BlockContext {
        // Programs used in one block start cheaper the next time, and each transaction has a block of its own.
        BlockContext {
            number: self.block.number.saturating_add(1),
            recent_programs: RecentPrograms::default(),
            ..self.block.clone()
        }
    }

    /// A call of a function where no contract is would succeed and return nothing.
    fn must_have_code(&self, address: Address, signature: &'static str) -> Result<(), CallError> {
        let is_contract = self.world.info(address).is_some_and(|info| !info.is_empty_code_hash());
        if is_contract { Ok(()) } else { Err(CallError::NoCode { signature, address }) }
    }

    fn run(&self, transaction: &Transaction) -> Result<Execution, CallError> {
        self.executed.set(self.executed.get().wrapping_add(1));
        let tx = tx_env(transaction, self.exec.chain_id);
        let ran = self.executor.transact(WorldDb(&self.world), &self.next_block(), &self.exec, tx);
        ran.map_err(CallError::Refused)
    }

    fn commit(&mut self, state: EvmState) {
        self.world.commit(state);
        self.block.number = self.block.number.saturating_add(1);
        self.world.remember_block(self.block.number);
    }
}

fn tx_env(transaction: &Transaction, chain_id: u64) -> TxEnv {
    TxEnv {
        caller: transaction.from,
        gas_limit: transaction.gas_limit,
        gas_price: 0,
        kind: transaction.to.map_or(TxKind::Create, TxKind::Call),
        value: transaction.value,
        data: transaction.data.clone(),
        chain_id: Some(chain_id),
        ..TxEnv::default()
    }
}

fn done(result: ExecutionResult, failure: Option<ProgramFailure>) -> Result<Done<Bytes>, CallError> {
    if let Some(failure) = failure {
        return Err(CallError::Program(failure));
    }
    let gas_used = result.tx_gas_used();
    match result {
        ExecutionResult::Success { logs, output: Output::Call(returned), .. } => {
            Ok(Done { returned, logs, gas_used, created: None })
        }
        ExecutionResult::Success { logs, output: Output::Create(returned, created), .. } => {
            Ok(Done { returned, logs, gas_used, created })
        }
        ExecutionResult::Revert { output, .. } => Err(CallError::Reverted(output)),
        ExecutionResult::Halt { reason, .. } => Err(CallError::Halted(reason)),
    }
}

fn decode<C: SolCall>(data: Bytes) -> Result<C::Return, CallError> {
    C::abi_decode_returns_validate(&data).map_err(|source| CallError::Undecodable { signature: C::SIGNATURE, data, source })
}
