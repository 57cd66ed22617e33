//! ArbWasmCache, 0x72: which programs are kept loaded, so that calls of them start at the cached
//! price, and who decides it.

use alloy_sol_types::{SolCall, sol};
use revm::{Database, primitives::B256};

use super::arb_wasm::inactive;
use crate::arbos::{
    address_set::AddressSet,
    call::{ACCOUNT_GAS, Answer, Call, Outcome, Stop},
    layout::{CACHE_MANAGERS, CHAIN_OWNERS},
    programs::{self, Inactive, Program},
};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheProgram(address program) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);

        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

use ArbWasmCache::*;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    let managers = AddressSet::new(*CACHE_MANAGERS);
    match call.selector() {
        isCacheManagerCall::SELECTOR => {
            call.view(|call, args: isCacheManagerCall| Ok(managers.contains(&mut call.storage(), args.manager)?))
        }
        allCacheManagersCall::SELECTOR => call.view(|call, _: allCacheManagersCall| Ok(managers.members(&mut call.storage())?)),
        cacheProgramCall::SELECTOR => call.write(|call, args: cacheProgramCall| {
            call.burn(ACCOUNT_GAS)?;
            let codehash = call.code_hash(args.program)?;
            set_cached(call, codehash, true)?;
            Ok(cacheProgramReturn {})
        }),
        evictCodehashCall::SELECTOR => call.write(|call, args: evictCodehashCall| {
            set_cached(call, args.codehash, false)?;
            Ok(evictCodehashReturn {})
        }),
        codehashIsCachedCall::SELECTOR => {
            call.view(|call, args: codehashIsCachedCall| Ok(Program::load(&mut call.storage(), args.codehash)?.is_cached))
        }
        _ => call.refuse(),
    }
}

/// Keeps a program loaded or lets it go. The manager pays for loading it either way: a revert of the
/// transaction loads it again.
fn set_cached<DB: Database>(call: &mut Call<'_, DB>, codehash: B256, cached: bool) -> Outcome<(), DB> {
    let caller = call.caller();
    let storage = &mut call.storage();
    let has_access = AddressSet::new(*CACHE_MANAGERS).contains(storage, caller)?
        || AddressSet::new(*CHAIN_OWNERS).contains(storage, caller)?;
    if !has_access {
        return Err(Stop::BurnAll);
    }
    let params = call.stylus_params()?;
    let now = call.block().timestamp;
    let mut program = Program::load(&mut call.storage(), codehash)?;
    if cached {
        check_cacheable(&program, params.version, program.is_expired(&params, now), now).map_err(inactive)?;
    }
    if program.is_cached == cached {
        return Ok(());
    }
    call.emit(&UpdateProgramCache { manager: caller, codehash, cached })?;
    call.burn(program.init_cost.into())?;
    programs::module_hash(&mut call.storage(), codehash)?;
    program.is_cached = cached;
    Ok(program.save(&mut call.storage(), codehash)?)
}

/// A program that was never activated has version 0 and so needs an upgrade.
fn check_cacheable(program: &Program, chain: u16, is_expired: bool, now: u64) -> Result<(), Inactive> {
    if program.version != chain {
        return Err(Inactive::NeedsUpgrade { program: program.version, chain });
    }
    if is_expired {
        return Err(Inactive::Expired { age_secs: program.age_secs(now) });
    }
    Ok(())
}
