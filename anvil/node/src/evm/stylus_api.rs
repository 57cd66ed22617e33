//! What a Stylus program asks of the chain, answered from the journal and by nested EVM frames.

use cor_stylus_vm::{
    ApiError, ApiResult, CallKind, CallRequest, CallResult, Charged, CreateRequest, CreateResult, EvmApi, HostCall, PageModel,
};
use revm::{
    Database, Inspector,
    context_interface::{JournalTr, context::ContextError},
    handler::FrameResult,
    interpreter::{CallInput, CallInputs, CallScheme, CallValue, CreateInputs, CreateScheme, FrameInput, InstructionResult},
    primitives::{Address, B256, Bytes, Log, U256},
    state::{Account, Bytecode},
};

use super::{ArbContext, machine::StylusEvm};
use crate::arbos::journal::peek;

/// Gas of touching an account or slot that the transaction has touched before.
const WARM_GAS: u64 = 100;
/// Gas of touching an account for the first time in a transaction.
const COLD_ACCOUNT_GAS: u64 = 2_600;
/// Gas of touching a slot for the first time in a transaction.
const COLD_SLOT_GAS: u64 = 2_100;
/// Gas of a call that sends value.
const CALL_VALUE_GAS: u64 = 9_000;
/// Gas of sending value to an account that does not exist.
const NEW_ACCOUNT_GAS: u64 = 25_000;
/// Gas the callee of a call with value gets on top.
const CALL_STIPEND: u64 = 2_300;
/// Gas of reading a code, for each unit of the chain's limit of its length.
const EXTCODE_GAS: u64 = 700;
/// Gas of a create.
const CREATE_GAS: u64 = 32_000;
/// Gas for a word of init code that is hashed for its address.
const HASH_WORD_GAS: u64 = 6;

const STATIC_CONTEXT: ApiError = ApiError::Refused("write protection");

/// The frame a program runs in.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameScope {
    /// Account it acts on.
    acting: Address,
    /// Who called it.
    caller: Address,
    /// Value it sees.
    value: U256,
    /// True if nothing may be written.
    is_static: bool,
}

impl FrameScope {
    /// The frame of `call`.
    pub(super) fn of(call: &CallInputs) -> Self {
        Self { acting: call.target_address, caller: call.caller, value: call.value.get(), is_static: call.is_static }
    }
}

/// The chain as one run sees it.
pub(super) struct FrameApi<'a, DB: Database, I> {
    evm: &'a mut StylusEvm<DB, I>,
    scope: FrameScope,
    pages: PageModel,
    /// Refunds of the run's own writes and of its successful callees.
    refund: i64,
}

impl<'a, DB: Database, I: Inspector<ArbContext<DB>>> FrameApi<'a, DB, I> {
    pub(super) fn new(evm: &'a mut StylusEvm<DB, I>, scope: FrameScope, pages: PageModel) -> Self {
        Self { evm, scope, pages, refund: 0 }
    }

    /// Gas to refund if the run succeeds.
    pub(super) fn refund(&self) -> i64 {
        self.refund
    }

    fn context(&mut self) -> &mut ArbContext<DB> {
        &mut self.evm.inner.ctx
    }

    /// Keeps a failure of the chain in the context; the VM only learns that there is one.
    fn check<T>(&mut self, result: Result<T, DB::Error>) -> ApiResult<T> {
        result.map_err(|error| self.broken(ContextError::Db(error)))
    }

    /// The first failure counts: the others are what became of it on its way out.
    fn broken(&mut self, error: ContextError<DB::Error>) -> ApiError {
        let kept = &mut self.context().error;
        if kept.is_ok() {
            *kept = Err(error);
        }
        ApiError::Broken("the state cannot be read".into())
    }

    fn refuse_if_static(&self) -> ApiResult<()> {
        if self.scope.is_static { Err(STATIC_CONTEXT) } else { Ok(()) }
    }

    /// Touches an account: what `look` sees, and the gas of touching it.
    fn account<T>(&mut self, address: Address, look: impl FnOnce(&Account) -> T) -> ApiResult<Charged<T>> {
        let loaded = self.context().journaled_state.load_account_with_code(address);
        let loaded = loaded.map(|account| {
            let gas = if account.is_cold { COLD_ACCOUNT_GAS } else { WARM_GAS };
            Charged::new(look(account.data), gas)
        });
        self.check(loaded)
    }

    /// The code a call of `code` runs: that of another account if `code` only points there
    /// (EIP-7702).
    fn resolve(&mut self, code: (B256, Bytecode)) -> ApiResult<(B256, Bytecode)> {
        let Some(target) = code.1.eip7702_address() else {
            return Ok(code);
        };
        let journal = &mut self.context().journaled_state;
        let resolved = peek(journal, target, code_of);
        self.check(resolved)
    }

    /// Gas of a call before anything runs, and the callee's code; none if there is not that much.
    fn call_base(&mut self, request: &CallRequest<'_>) -> ApiResult<Option<(u64, (B256, Bytecode))>> {
        if request.gas_left < WARM_GAS {
            return Ok(None);
        }
        let callee = self.account(request.to, |account| (account.is_empty(), code_of(account)))?;
        let (is_empty, code) = callee.value;
        let mut base = callee.gas;
        if !request.value.is_zero() {
            base += CALL_VALUE_GAS + if is_empty { NEW_ACCOUNT_GAS } else { 0 };
        }
        Ok((base <= request.gas_left).then_some((base, code)))
    }

    fn call_inputs(&self, request: &CallRequest<'_>, gas_limit: u64, known_bytecode: (B256, Bytecode)) -> CallInputs {
        let scope = self.scope;
        let (target_address, caller, value, scheme) = match request.kind {
            CallKind::Call => (request.to, scope.acting, CallValue::Transfer(request.value), CallScheme::Call),
            CallKind::Delegate => {
                let value = CallValue::Apparent(scope.value);
                (scope.acting, scope.caller, value, CallScheme::DelegateCall)
            }
            CallKind::Static => {
                let value = CallValue::Transfer(U256::ZERO);
                (request.to, scope.acting, value, CallScheme::StaticCall)
            }
        };
        CallInputs {
            input: CallInput::Bytes(Bytes::copy_from_slice(request.input)),
            return_memory_offset: 0..0,
            gas_limit,
            reservoir: 0,
            bytecode_address: request.to,
            known_bytecode,
            target_address,
            caller,
            value,
            scheme,
            is_static: scope.is_static || request.kind == CallKind::Static,
            charged_new_account_state_gas: false,
        }
    }

    /// Runs a frame of the EVM. Its refunds count if it succeeds, and then for this frame.
    fn run_frame(&mut self, input: FrameInput) -> ApiResult<FrameEnd> {
        let result = self.evm.run_nested(input).map_err(|error| self.broken(error))?;
        let status = result.instruction_result();
        let gas_back = if status.is_ok_or_revert() { result.gas().remaining() } else { 0 };
        if status.is_ok() {
            self.refund += result.gas().refunded();
        }
        let (data, address) = match result {
            FrameResult::Call(outcome) => (outcome.result.output, None),
            FrameResult::Create(outcome) => (outcome.result.output, outcome.address),
        };
        Ok(FrameEnd { status, data, address, gas_back })
    }
}

/// How a nested frame ended.
struct FrameEnd {
    status: InstructionResult,
    data: Bytes,
    address: Option<Address>,
    /// Gas it did not use.
    gas_back: u64,
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> EvmApi for FrameApi<'_, DB, I> {
    fn sload(&mut self, key: B256) -> ApiResult<Charged<B256>> {
        let acting = self.scope.acting;
        let loaded = self.context().journaled_state.sload(acting, key.into());
        let loaded = self.check(loaded)?;
        let gas = if loaded.is_cold { COLD_SLOT_GAS } else { WARM_GAS };
        Ok(Charged::new(loaded.data.into(), gas))
    }

    fn sstore(&mut self, key: B256, value: B256) -> ApiResult<u64> {
        self.refuse_if_static()?;
        let acting = self.scope.acting;
        let stored = self.context().journaled_state.sstore(acting, key.into(), value.into());
        let stored = self.check(stored)?;
        let prices = &self.context().cfg.gas_params;
        let gas = prices.sstore_static_gas() + prices.sstore_dynamic_gas(true, &stored.data, stored.is_cold);
        let refund = prices.sstore_refund(true, &stored.data);
        self.refund += refund;
        Ok(gas)
    }

    fn tload(&mut self, key: B256) -> ApiResult<B256> {
        let acting = self.scope.acting;
        Ok(self.context().journaled_state.tload(acting, key.into()).into())
    }

    fn tstore(&mut self, key: B256, value: B256) -> ApiResult<()> {
        self.refuse_if_static()?;
        let acting = self.scope.acting;
        self.context().journaled_state.tstore(acting, key.into(), value.into());
        Ok(())
    }

    fn call(&mut self, request: CallRequest<'_>) -> ApiResult<CallResult> {
        let failed = |gas| CallResult { success: false, data: Bytes::new(), gas };
        if self.scope.is_static && !request.value.is_zero() {
            return Ok(failed(0));
        }
        let Some((base, code)) = self.call_base(&request)? else {
            return Ok(failed(request.gas_left));
        };
        let code = self.resolve(code)?;
        let forwardable = u128::from(request.gas_left - base) * 63 / 64;
        // At most 63/64 of a u64.
        let mut gas = (forwardable as u64).min(request.gas_requested);
        if !request.value.is_zero() {
            gas = gas.saturating_add(CALL_STIPEND);
        }
        let inputs = self.call_inputs(&request, gas, code);
        let end = self.run_frame(FrameInput::Call(Box::new(inputs)))?;
        let data = if end.status.is_ok_or_revert() { end.data } else { Bytes::new() };
        let gas = base.saturating_add(gas.saturating_sub(end.gas_back));
        Ok(CallResult { success: end.status.is_ok(), data, gas })
    }

    fn create(&mut self, request: CreateRequest<'_>) -> ApiResult<CreateResult> {
        self.refuse_if_static()?;
        let words = (request.code.len() as u64).div_ceil(32);
        let base = CREATE_GAS + if request.salt.is_some() { HASH_WORD_GAS * words } else { 0 };
        let Some(after_base) = request.gas_left.checked_sub(base) else {
            return Err(ApiError::Refused("out of gas"));
        };
        let kept = after_base / 64;
        let scheme = request.salt.map_or(CreateScheme::Create, |salt| CreateScheme::Create2 { salt: salt.into() });
        let code = Bytes::copy_from_slice(request.code);
        let gas = after_base - kept;
        let inputs = CreateInputs::new(self.scope.acting, scheme, request.endowment, code, gas, 0);
        let end = self.run_frame(FrameInput::Create(Box::new(inputs)))?;
        let address = if end.status.is_ok() { end.address.unwrap_or_default() } else { Address::ZERO };
        let data = if end.status == InstructionResult::Revert { end.data } else { Bytes::new() };
        let gas = request.gas_left.saturating_sub(end.gas_back.saturating_add(kept));
        Ok(CreateResult { address, data, gas })
    }

    fn log(&mut self, topics: Vec<B256>, data: Bytes) -> ApiResult<()> {
        self.refuse_if_static()?;
        let log = Log::new_unchecked(self.scope.acting, topics, data);
        self.context().journaled_state.log(log.clone());
        self.evm.show_log(log);
        Ok(())
    }

    fn balance(&mut self, address: Address) -> ApiResult<Charged<U256>> {
        self.account(address, |account| account.info.balance)
    }

    fn code_hash(&mut self, address: Address) -> ApiResult<Charged<B256>> {
        self.account(address, |account| if account.is_empty() { B256::ZERO } else { account.info.code_hash })
    }

    fn code(&mut self, address: Address) -> ApiResult<Charged<Bytes>> {
        let mut code = self.account(address, |account| code_of(account).1.original_bytes())?;
        code.gas += self.context().chain.config.code_size_units() * EXTCODE_GAS;
        Ok(code)
    }

    fn add_pages(&mut self, pages: u16) -> ApiResult<u64> {
        let model = self.pages;
        Ok(self.context().chain.tx.pages.add(pages, &model))
    }

    fn wants_trace(&self) -> bool {
        self.evm.inner.ctx.chain.host_calls.is_started()
    }

    fn trace(&mut self, call: HostCall<'_>) {
        self.context().chain.host_calls.push(&call);
    }

    fn console(&mut self, line: &str) {
        tracing::info!(target: "stylus_console", address = %self.scope.acting, "{line}");
    }
}

fn code_of(account: &Account) -> (B256, Bytecode) {
    (account.info.code_hash, account.info.code.clone().unwrap_or_default())
}
