//! Activation: a deployed program is checked, priced and entered in the table.

use cor_stylus_vm::{PrepareError, StylusParams};
use revm::{
    Database,
    primitives::{Address, B256, HashMap, U256, keccak256},
};

use super::{
    call::{Call, Outcome, Stop},
    pricer,
    programs::{self, Program, hours_since_start},
    source::ProgramSource,
    storage::StateError,
};

/// Gas of the first look at an account in a transaction, and of the others.
const COLD_ACCOUNT_GAS: u64 = 2_600;
const WARM_ACCOUNT_GAS: u64 = 100;
/// Gas for a word of a fragment.
const FRAGMENT_WORD_GAS: u64 = 3;

/// What an activation yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Activated {
    /// Hash of the program's code, its key in the table.
    pub(super) codehash: B256,
    /// Stands for the module in the event.
    pub(super) module_hash: B256,
    /// Version the program is activated for.
    pub(super) version: u16,
    /// Wei the caller owes.
    pub(super) data_fee: U256,
}

/// Why a program was not activated.
#[derive(Debug)]
pub(super) enum Refused<E> {
    /// It is active already, for the chain's version.
    UpToDate,
    /// The account holds no program.
    NotProgram,
    /// For a reason that has no type in the interface, or by the call itself.
    Stopped(Stop<E>),
}

impl<E> From<Stop<E>> for Refused<E> {
    fn from(stop: Stop<E>) -> Self {
        Self::Stopped(stop)
    }
}

impl<E> From<StateError<E>> for Refused<E> {
    fn from(error: StateError<E>) -> Self {
        Self::Stopped(error.into())
    }
}

/// Activates the program in the account `program`. From the moment the module is looked at, every
/// failure burns all gas.
pub(super) fn activate<DB: Database>(call: &mut Call<'_, DB>, program: Address) -> Result<Activated, Refused<DB::Error>> {
    let now = call.block().timestamp;
    let codehash = call.code_hash(program)?;
    if call.is_destroyed(program)? {
        return Err(Stop::Untyped.into());
    }
    let params = call.stylus_params()?;
    let known = Program::load(&mut call.storage(), codehash)?;
    if known.version == params.version && !known.is_expired(&params, now) {
        return Err(Refused::UpToDate);
    }
    let source = load_source(call, program, &params)?;
    let wasm = source.wasm(&params).map_err(|error| match error {
        PrepareError::NotProgram => Refused::NotProgram,
        error => {
            call.note_failure(error);
            Refused::Stopped(Stop::Untyped)
        }
    })?;

    // Pages that are open already count against the limit.
    let page_limit = params.page_limit.saturating_sub(call.chain().tx.pages.open);
    let limited = StylusParams { page_limit, ..params.clone() };
    let vm = call.vm();
    let activation = vm.activate(source.module_key(codehash), &wasm, &limited).map_err(|error| {
        tracing::debug!(%program, %error, "activation refused");
        call.note_failure(error);
        Stop::BurnAll
    })?;
    call.burn(activation.module_gas)?;

    let module_hash = keccak256([codehash.as_slice(), &params.version.to_be_bytes()].concat());
    programs::set_module_hash(&mut call.storage(), codehash, module_hash)?;
    let data_fee = pricer::charge(&mut call.storage(), activation.asm_estimate, now)?;
    let entry = Program {
        version: params.version,
        init_cost: activation.init_cost,
        cached_cost: activation.cached_cost,
        footprint: activation.footprint,
        activated_hours: hours_since_start(now),
        asm_kib: activation.asm_estimate.div_ceil(1024),
        is_cached: known.is_cached,
    };
    entry.save(&mut call.storage(), codehash)?;
    Ok(Activated { codehash, module_hash, version: params.version, data_fee })
}

/// Collects a program's code. Fragments are accesses of the transaction and cost gas.
fn load_source<DB: Database>(call: &mut Call<'_, DB>, program: Address, params: &StylusParams) -> Outcome<ProgramSource, DB> {
    let code = call.code(program)?;
    let mut fragments = HashMap::default();
    let addresses = ProgramSource::fragment_addresses(&code);
    // A root with too many is refused when its module is put together.
    for address in addresses.into_iter().take(params.max_fragment_count.into()) {
        let (part, is_cold) = call.access_code(address)?;
        call.burn(if is_cold { COLD_ACCOUNT_GAS } else { WARM_ACCOUNT_GAS })?;
        call.burn(FRAGMENT_WORD_GAS * (part.len() as u64).div_ceil(32))?;
        fragments.insert(address, part);
    }
    Ok(ProgramSource::new(code, fragments))
}
