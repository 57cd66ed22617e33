//! ArbWasm, 0x71: activates Stylus programs, extends their life, and answers the chain's Stylus
//! parameters.

use alloy_sol_types::{SolCall, SolInterface, sol};
use cor_stylus_vm::StylusParams;
use revm::{
    Database,
    primitives::{Address, B256, U256},
};

use crate::arbos::{
    activation::{self, Refused},
    call::{ACCOUNT_GAS, Answer, Call, Outcome, Stop},
    layout::ACTIVATION_GAS,
    pricer,
    programs::{Inactive, Program, hours_since_start, keepalive_secs},
};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 secs);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function freePages() external view returns (uint16 pages);
        function pageGas() external view returns (uint16 gas);
        function pageRamp() external view returns (uint64 ramp);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64 percent);
        function expiryDays() external view returns (uint16 numDays);
        function keepaliveDays() external view returns (uint16 numDays);
        function blockCacheSize() external view returns (uint16 count);
        function activationGas() external view returns (uint64 gas);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

use ArbWasm::*;

/// Gas of every activation, whatever the program.
const BASE_ACTIVATION_GAS: u64 = 1_659_168;

/// Data that ArbWasm reverted with, in words; none if it is no error of its interface.
pub(crate) fn error_words(data: &[u8]) -> Option<String> {
    Some(match ArbWasmErrors::abi_decode(data).ok()? {
        ArbWasmErrors::ProgramNotWasm(_) => "ProgramNotWasm: the account's code is no Stylus program".to_owned(),
        ArbWasmErrors::ProgramNotActivated(_) => "ProgramNotActivated: call activateProgram of ArbWasm (0x71) first".to_owned(),
        ArbWasmErrors::ProgramNeedsUpgrade(error) => {
            format!("ProgramNeedsUpgrade: it has Stylus version {}, the chain {}", error.version, error.stylusVersion)
        }
        ArbWasmErrors::ProgramExpired(error) => format!("ProgramExpired: activated {} seconds ago", error.ageInSeconds),
        ArbWasmErrors::ProgramUpToDate(_) => "ProgramUpToDate: this code is activated already".to_owned(),
        ArbWasmErrors::ProgramKeepaliveTooSoon(error) => {
            format!("ProgramKeepaliveTooSoon: activated {} seconds ago", error.ageInSeconds)
        }
        ArbWasmErrors::ProgramInsufficientValue(error) => {
            format!("ProgramInsufficientValue: {} wei were sent, the data fee is {} wei", error.have, error.want)
        }
    })
}

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        activateProgramCall::SELECTOR => call.payable(activate),
        codehashKeepaliveCall::SELECTOR => call.payable(keepalive),
        codehashVersionCall::SELECTOR => call.view(|call, args: codehashVersionCall| Ok(active(call, args.codehash)?.0.version)),
        codehashAsmSizeCall::SELECTOR => {
            call.view(|call, args: codehashAsmSizeCall| Ok(active(call, args.codehash)?.0.asm_bytes()))
        }
        programVersionCall::SELECTOR => call.view(|call, args: programVersionCall| Ok(active_at(call, args.program)?.0.version)),
        programInitGasCall::SELECTOR => call.view(init_gas),
        programMemoryFootprintCall::SELECTOR => {
            call.view(|call, args: programMemoryFootprintCall| Ok(active_at(call, args.program)?.0.footprint))
        }
        programTimeLeftCall::SELECTOR => call.view(|call, args: programTimeLeftCall| {
            let (program, params) = active_at(call, args.program)?;
            Ok(program.secs_left(&params, call.block().timestamp))
        }),
        activationGasCall::SELECTOR if call.arbos().has_activation_gas() => {
            call.view(|call, _: activationGasCall| Ok(call.storage().get_u64(ACTIVATION_GAS.at(0))?))
        }
        _ => parameters(call),
    }
}

/// The methods that answer one parameter.
fn parameters<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        stylusVersionCall::SELECTOR => call.view(|call, _: stylusVersionCall| Ok(call.stylus_params()?.version)),
        inkPriceCall::SELECTOR => call.view(|call, _: inkPriceCall| Ok(call.stylus_params()?.ink_price)),
        maxStackDepthCall::SELECTOR => call.view(|call, _: maxStackDepthCall| Ok(call.stylus_params()?.max_stack_depth)),
        freePagesCall::SELECTOR => call.view(|call, _: freePagesCall| Ok(call.stylus_params()?.free_pages)),
        pageGasCall::SELECTOR => call.view(|call, _: pageGasCall| Ok(call.stylus_params()?.page_gas)),
        pageRampCall::SELECTOR => call.view(|call, _: pageRampCall| Ok(call.stylus_params()?.page_ramp)),
        pageLimitCall::SELECTOR => call.view(|call, _: pageLimitCall| Ok(call.stylus_params()?.page_limit)),
        minInitGasCall::SELECTOR => call.view(|call, _: minInitGasCall| {
            let params = call.stylus_params()?;
            Ok(minInitGasReturn {
                gas: u64::from(params.min_init_gas) * StylusParams::MIN_INIT_GAS_UNITS,
                cached: u64::from(params.min_cached_init_gas) * StylusParams::MIN_CACHED_GAS_UNITS,
            })
        }),
        initCostScalarCall::SELECTOR => call.view(|call, _: initCostScalarCall| {
            Ok(u64::from(call.stylus_params()?.init_cost_scalar) * StylusParams::COST_SCALAR_PERCENT)
        }),
        expiryDaysCall::SELECTOR => call.view(|call, _: expiryDaysCall| Ok(call.stylus_params()?.expiry_days)),
        keepaliveDaysCall::SELECTOR => call.view(|call, _: keepaliveDaysCall| Ok(call.stylus_params()?.keepalive_days)),
        blockCacheSizeCall::SELECTOR => call.view(|call, _: blockCacheSizeCall| Ok(call.stylus_params()?.block_cache_size)),
        _ => call.refuse(),
    }
}

fn activate<DB: Database>(call: &mut Call<'_, DB>, args: activateProgramCall) -> Outcome<activateProgramReturn, DB> {
    if call.arbos().has_activation_gas() {
        let extra = call.storage().get_u64(ACTIVATION_GAS.at(0))?;
        call.burn(extra)?;
    }
    call.burn(BASE_ACTIVATION_GAS)?;
    let activated = activation::activate(call, args.program).map_err(refused)?;
    pay_data_fee(call, activated.data_fee)?;
    call.emit(&ProgramActivated {
        codehash: activated.codehash,
        moduleHash: activated.module_hash,
        program: args.program,
        dataFee: activated.data_fee,
        version: activated.version,
    })?;
    Ok(activateProgramReturn { version: activated.version, dataFee: activated.data_fee })
}

fn keepalive<DB: Database>(call: &mut Call<'_, DB>, args: codehashKeepaliveCall) -> Outcome<codehashKeepaliveReturn, DB> {
    let (mut program, params) = active(call, args.codehash)?;
    let now = call.block().timestamp;
    let age = program.age_secs(now);
    if age < keepalive_secs(&params) {
        return Err(Stop::typed(ProgramKeepaliveTooSoon { ageInSeconds: age }));
    }
    let fee = pricer::charge(&mut call.storage(), program.asm_bytes(), now)?;
    program.activated_hours = hours_since_start(now);
    program.save(&mut call.storage(), args.codehash)?;
    pay_data_fee(call, fee)?;
    call.emit(&ProgramLifetimeExtended { codehash: args.codehash, dataFee: fee })?;
    Ok(codehashKeepaliveReturn {})
}

/// The fee goes to the network, the rest of the value back to the caller.
fn pay_data_fee<DB: Database>(call: &mut Call<'_, DB>, fee: U256) -> Outcome<(), DB> {
    let value = call.value();
    let Some(rest) = value.checked_sub(fee) else {
        return Err(Stop::typed(ProgramInsufficientValue { have: value, want: fee }));
    };
    call.burn(800)?;
    let network = call.network_fee_account()?;
    call.pay(network, fee)?;
    let caller = call.caller();
    call.pay(caller, rest)
}

fn init_gas<DB: Database>(call: &mut Call<'_, DB>, args: programInitGasCall) -> Outcome<programInitGasReturn, DB> {
    let (program, params) = active_at(call, args.program)?;
    Ok(programInitGasReturn {
        gas: params.start_gas(program.version, program.costs(), false),
        gasWhenCached: params.cached_gas(program.cached_cost),
    })
}

/// The program of `codehash`, if it may run now, and the parameters.
fn active<DB: Database>(call: &mut Call<'_, DB>, codehash: B256) -> Outcome<(Program, StylusParams), DB> {
    let params = call.stylus_params()?;
    let program = Program::load(&mut call.storage(), codehash)?;
    let now = call.block().timestamp;
    program.check_active(&params, now).map_err(inactive)?;
    Ok((program, params))
}

/// The program in the account `program`.
fn active_at<DB: Database>(call: &mut Call<'_, DB>, program: Address) -> Outcome<(Program, StylusParams), DB> {
    call.burn(ACCOUNT_GAS)?;
    let codehash = call.code_hash(program)?;
    active(call, codehash)
}

/// The typed error of an inactive program.
pub(super) fn inactive<E>(inactive: Inactive) -> Stop<E> {
    match inactive {
        Inactive::NotActivated => Stop::typed(ProgramNotActivated {}),
        Inactive::NeedsUpgrade { program, chain } => Stop::typed(ProgramNeedsUpgrade { version: program, stylusVersion: chain }),
        Inactive::Expired { age_secs } => Stop::typed(ProgramExpired { ageInSeconds: age_secs }),
    }
}

/// The error of a program that was not activated, typed where the interface has a type for it.
fn refused<E>(refused: Refused<E>) -> Stop<E> {
    match refused {
        Refused::UpToDate => Stop::typed(ProgramUpToDate {}),
        Refused::NotProgram => Stop::typed(ProgramNotWasm {}),
        Refused::Stopped(stop) => stop,
    }
}
