//! The seam between the VM and a chain: what a run asks for ([`EvmApi`]), what it is
//! given ([`RunRequest`], [`Env`]) and what it answers ([`RunResult`]).
//!
//! The VM charges its own ink (host call base prices, bytes moved, cache surcharges) and the
//! "must have at least" checks. The chain answers with the EVM gas of the operation itself, as the
//! comments of [`EvmApi`] say; the VM turns that gas into ink and charges it.

use std::error::Error;

use alloy_primitives::{Address, B256, Bytes, U256};
use cor_errors::{Coded, Entry, table::vm};

/// Outcome of one question to the chain.
pub type ApiResult<T> = Result<T, ApiError>;

/// Why the chain did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The operation is not allowed here: a write in a static context, or a create without the gas
    /// of its base price. The program ends with [`Outcome::Failure`]; nothing is charged for the
    /// operation.
    #[error("the chain refuses the operation: {0}")]
    Refused(&'static str),
    /// The chain itself is broken (database, remote node). The run is given up and [`Vm::run`]
    /// returns this error; it says nothing about the program.
    ///
    /// [`Vm::run`]: crate::Vm::run
    #[error("the chain failed while a program was running: {0}")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl Coded for ApiError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Refused(_) => &vm::OPERATION_REFUSED,
            Self::Broken(_) => &vm::CHAIN_FAILED,
        }
    }
}

/// A value and the EVM gas that getting it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged<T> {
    /// The answer.
    pub value: T,
    /// Gas the chain asks for it.
    pub gas: u64,
}

impl<T> Charged<T> {
    /// `value` at a price of `gas`.
    pub fn new(value: T, gas: u64) -> Self {
        Self { value, gas }
    }
}

/// The three ways of calling another contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// `CALL`.
    Call,
    /// `DELEGATECALL`: keeps the caller and the value of the calling frame.
    Delegate,
    /// `STATICCALL`.
    Static,
}

/// A call a program wants made.
#[derive(Debug)]
pub struct CallRequest<'a> {
    /// Which opcode it corresponds to.
    pub kind: CallKind,
    /// Whose code to run.
    pub to: Address,
    /// Calldata.
    pub input: &'a [u8],
    /// Wei to send; zero unless `kind` is [`CallKind::Call`].
    pub value: U256,
    /// Gas the program has left after its own charges.
    pub gas_left: u64,
    /// Gas the program wants to give, at most `gas_left`.
    pub gas_requested: u64,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallResult {
    /// True if the callee succeeded. The program sees 0 or 2.
    pub success: bool,
    /// Return or revert data.
    pub data: Bytes,
    /// Gas to charge: base price and what the callee used. `gas_left` of the request when not even
    /// the base price could be paid.
    pub gas: u64,
}

/// A contract a program wants created.
#[derive(Debug)]
pub struct CreateRequest<'a> {
    /// Init code.
    pub code: &'a [u8],
    /// Wei to endow it with.
    pub endowment: U256,
    /// Present for `CREATE2`.
    pub salt: Option<B256>,
    /// Gas the program has left after its own charges.
    pub gas_left: u64,
}

/// How a create ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateResult {
    /// The new contract; zero when the create failed.
    pub address: Address,
    /// Revert data; empty unless the init code reverted.
    pub data: Bytes,
    /// Gas to charge.
    pub gas: u64,
}

/// One finished host call, for debug tracers. Integers are big endian, fields are concatenated in
/// the order and with the names `debug_traceTransaction`'s `hostio` callback uses.
#[derive(Debug)]
pub struct HostCall<'a> {
    /// Name of the import; `user_entrypoint` and `user_returned` mark the ends of a run.
    pub name: &'static str,
    /// What the program passed.
    pub args: &'a [u8],
    /// What it got.
    pub outs: &'a [u8],
    /// Ink before the call.
    pub ink_before: u64,
    /// Ink after it.
    pub ink_after: u64,
}

/// What the VM needs of a chain, bound to one contract frame: the account whose storage the
/// program acts on, its static flag, the transaction's warm lists.
///
/// A method may run other programs on the same thread before it answers: [`Vm::run`] can be
/// entered again from inside `call` and `create`.
///
/// [`Vm::run`]: crate::Vm::run
pub trait EvmApi {
    /// Reads a storage slot. Gas: 2100 cold, 100 warm. Called once per slot and run; later reads are
    /// answered by the VM's storage cache.
    fn sload(&mut self, key: B256) -> ApiResult<Charged<B256>>;
    /// Writes a storage slot and answers its gas (EIP-2929 and EIP-3529, without the 2300 gas
    /// sentry). Called at a flush, for changed slots only. Static context: [`ApiError::Refused`].
    fn sstore(&mut self, key: B256, value: B256) -> ApiResult<u64>;
    /// Reads transient storage. The VM charges 100 gas for it.
    fn tload(&mut self, key: B256) -> ApiResult<B256>;
    /// Writes transient storage. The VM charges 100 gas for it. Static context:
    /// [`ApiError::Refused`].
    fn tstore(&mut self, key: B256, value: B256) -> ApiResult<()>;
    /// Calls another contract. Failures of the callee (also: value in a static context, too little
    /// gas for the base price, call depth) are answers, not errors.
    fn call(&mut self, request: CallRequest<'_>) -> ApiResult<CallResult>;
    /// Creates a contract. Static context, or `gas_left` under the base price:
    /// [`ApiError::Refused`]. A failing init code is an answer with address zero.
    fn create(&mut self, request: CreateRequest<'_>) -> ApiResult<CreateResult>;
    /// Appends a log; the VM has charged its gas. Static context: [`ApiError::Refused`].
    fn log(&mut self, topics: Vec<B256>, data: Bytes) -> ApiResult<()>;
    /// Balance of an account. Gas: 2600 cold, 100 warm.
    fn balance(&mut self, address: Address) -> ApiResult<Charged<U256>>;
    /// Code hash of an account. Gas: 2600 cold, 100 warm.
    fn code_hash(&mut self, address: Address) -> ApiResult<Charged<B256>>;
    /// Code of an account. Gas: 700 (for each 24576 bytes of the chain's code limit) plus 2600 cold,
    /// 100 warm.
    fn code(&mut self, address: Address) -> ApiResult<Charged<Bytes>>;
    /// Opens `pages` memory pages in the transaction's page counters and answers their gas, see
    /// [`PageModel`](crate::PageModel). The counters move even if the growth then does not happen.
    fn add_pages(&mut self, pages: u16) -> ApiResult<u64>;

    /// True if [`trace`](Self::trace) is to be called; asked once per run. Building the arguments
    /// costs copies, so it is off by default.
    fn wants_trace(&self) -> bool {
        false
    }
    /// Sees every finished host call of the run, also the last one of a run that stops in it.
    fn trace(&mut self, call: HostCall<'_>) {
        let _ = call;
    }
    /// Output of `console` imports on debug VMs: one line of text without its newline.
    fn console(&mut self, line: &str) {
        let _ = line;
    }
}

/// What the constant getters answer during one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Env {
    /// Base fee of the block, wei per gas.
    pub block_basefee: U256,
    /// Chain id.
    pub chain_id: u64,
    /// Beneficiary of the block.
    pub block_coinbase: Address,
    /// Gas limit of the block.
    pub block_gas_limit: u64,
    /// Number of the **parent chain's** block, as `NUMBER` answers on Arbitrum.
    pub block_number: u64,
    /// Timestamp of the block, seconds.
    pub block_timestamp: u64,
    /// The acting account.
    pub contract_address: Address,
    /// Caller of the frame.
    pub msg_sender: Address,
    /// Value of the frame, wei; under a delegate call the parent's.
    pub msg_value: U256,
    /// Gas price of the transaction, wei per gas.
    pub tx_gas_price: U256,
    /// Sender of the transaction.
    pub tx_origin: Address,
    /// True if the acting account is already open further up in the call tree.
    pub reentrant: bool,
}

/// One run of a program.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Answers of the constant getters.
    pub env: Env,
    /// Calldata.
    pub calldata: Bytes,
    /// Ink to start with, after the charges for calling the program.
    pub ink: u64,
    /// Ink for one gas; 0 is taken as 1.
    pub ink_price: u32,
    /// Depth limit in words of operand stack.
    pub max_depth: u32,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Status 0, returned or by `exit_early`.
    Success,
    /// Another status: state is undone, output is kept.
    Revert,
    /// A trap or a failing host call: state is undone, no output, gas left is kept.
    Failure,
    /// The meter ran out: all gas is gone.
    OutOfInk,
    /// The depth limit was reached: all gas is gone.
    OutOfStack,
}

/// What a run leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunResult {
    /// How it ended.
    pub outcome: Outcome,
    /// Result of the last `write_result` for `Success` and `Revert`, else empty.
    pub output: Bytes,
    /// Ink left: 0 for `OutOfInk`, the meter's reading otherwise.
    pub ink_left: u64,
    /// Words of depth left; 0 for `OutOfStack`. After a trap the open frames are not given back.
    pub stack_left: u32,
    /// Why a run ended in `Failure` or `OutOfStack`, for people.
    pub reason: Option<String>,
}
