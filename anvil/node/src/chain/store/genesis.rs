//! The first block of a chain.

use std::sync::Arc;

use alloy_primitives::{B256, U256};
use revm::{bytecode::Bytecode, state::AccountInfo};

use super::{
    ledger::{Kept, Ledger},
    pool::Pool,
    shared::{Impersonation, Shared},
    snapshots::Snapshots,
    time::ChainTime,
};
use crate::{
    accounts::Wallet,
    arbos::{ARBOS_STATE, CREATE2_FACTORY, HISTORY_STORAGE, STYLUS_DEPLOYER, is_reserved, version_slot},
    chain::blocks::{Block, Rules, adopt_history, seal},
    config::{BLOCK_GAS_LIMIT, DEFAULT_BASE_FEE_WEI, DEFAULT_CHAIN_ID, NodeConfig},
    evm::{ArbOsVersion, ExecConfig, GenesisAccount, GenesisConfig, genesis_accounts},
    fork::{Fork, ForkConfig},
    genesis_file::GenesisFile,
    state::{State, StateError},
};

/// PREVRANDAO on Arbitrum is the constant 1.
const ARBITRUM_PREVRANDAO: B256 = {
    let mut word = [0; 32];
    word[31] = 1;
    B256::new(word)
};

/// What a chain starts from instead of its configuration, when it is reset.
#[derive(Debug, Clone, Copy, Default)]
pub struct Genesis {
    /// Timestamp of the first block, seconds since 1970; the configured one, or else the clock's, if `None`.
    pub timestamp: Option<u64>,
}

/// A chain with nothing but its first block, which is the last one of the origin if there is one.
///
/// # Errors
/// [`StateError`] if the origin does not answer.
pub(crate) fn begin(
    config: &NodeConfig,
    wallet: &Wallet,
    genesis: Genesis,
    fork: Option<ForkConfig>,
) -> Result<Shared, StateError> {
    let fork = fork.map(Fork::connect).transpose()?;
    let mut time = ChainTime::new(config.clock.clone());
    let (block, state, rules) = match &fork {
        Some(fork) => forked(config, wallet, fork)?,
        None => {
            let chosen = genesis.timestamp.or(config.genesis_timestamp);
            let timestamp = chosen.or(file(config, |file| file.timestamp)).unwrap_or_else(|| time.now_secs());
            fresh(config, wallet, timestamp)?
        }
    };
    time.set_now(genesis.timestamp.or(config.genesis_timestamp).unwrap_or_default().max(block.timestamp()));
    Ok(Shared {
        ledger: Ledger::new(block, state, Kept::of(config)),
        fork,
        pool: Pool::default(),
        rules,
        time,
        impersonation: Impersonation::new(config.auto_impersonate),
        snapshots: Snapshots::default(),
    })
}

/// The first block of a chain of its own.
fn fresh(config: &NodeConfig, wallet: &Wallet, timestamp: u64) -> Result<(Block, State, Rules), StateError> {
    let rules = Rules {
        exec: exec(config, config.chain_id.or(file(config, |file| file.chain_id)).unwrap_or(DEFAULT_CHAIN_ID), config.arbos),
        base_fee: config.base_fee_wei.or(file(config, |file| file.base_fee)).unwrap_or(DEFAULT_BASE_FEE_WEI),
        block_gas_limit: config.block_gas_limit.or(file(config, |file| file.gas_limit)).unwrap_or(BLOCK_GAS_LIMIT),
        coinbase: config.coinbase,
        prevrandao: ARBITRUM_PREVRANDAO,
        salt: B256::ZERO,
        l1_genesis_number: config.l1_genesis_number,
        genesis_timestamp: timestamp,
    };
    let mut state = State::default();
    for account in genesis_accounts(&arbos_genesis(config, &rules)) {
        put(&mut state, account)?;
    }
    fund(&mut state, config, wallet)?;
    put_file(&mut state, config)?;
    let number = if config.genesis_number == 0 { file(config, |file| file.number).unwrap_or(0) } else { config.genesis_number };
    let context = rules.context(number, timestamp);
    let block = seal(&rules, &context, B256::ZERO, &state, Vec::new(), Vec::new())?;
    Ok((block, state, rules))
}

/// The last block of the origin, with the development accounts funded.
///
/// If the origin runs ArbOS, its ArbOS state is used as it is, with the programs activated there. If not, the state and the
/// precompiles of ArbOS are put in, so that Stylus programs can be deployed on a fork of any chain.
///
/// The same holds for the contract of earlier blocks' hashes: where the origin has none, or Ethereum's, it begins with the fork.
fn forked(config: &NodeConfig, wallet: &Wallet, fork: &Arc<Fork>) -> Result<(Block, State, Rules), StateError> {
    let mut state = State::forked(fork.state_at(fork.number()));
    let origin = fork.block().clone();
    let found = state.storage(ARBOS_STATE, version_slot())?;
    let header = &origin.header;
    let rules = Rules {
        exec: exec(config, config.chain_id.unwrap_or_else(|| fork.chain_id()), release(config, found)),
        base_fee: config.base_fee_wei.or(header.base_fee_per_gas).unwrap_or(DEFAULT_BASE_FEE_WEI),
        block_gas_limit: config.block_gas_limit.unwrap_or(header.gas_limit),
        coinbase: config.coinbase,
        prevrandao: ARBITRUM_PREVRANDAO,
        salt: B256::ZERO,
        l1_genesis_number: origin.l1_number,
        genesis_timestamp: header.timestamp,
    };
    let needed: Vec<_> = wallet.addresses().chain([HISTORY_STORAGE]).collect();
    fork.preload(&needed)?;
    if found.is_zero() {
        for account in genesis_accounts(&arbos_genesis(config, &rules)) {
            // The deployers have the same address on all chains; what is there may be used already.
            let deployer = matches!(account.address, CREATE2_FACTORY | STYLUS_DEPLOYER);
            if !deployer || state.code(account.address)?.is_empty() {
                put(&mut state, account)?;
            }
        }
    }
    adopt_history(&mut state, &[])?;
    fund(&mut state, config, wallet)?;
    Ok((Block::from(origin), state, rules))
}

/// The release whose rules apply on a fork: the origin's if it is a known one, or else the configured one.
fn release(config: &NodeConfig, found: U256) -> ArbOsVersion {
    let version = ArbOsVersion::try_from(found.saturating_to::<u64>());
    version.unwrap_or_else(|_| {
        if !found.is_zero() {
            tracing::warn!(origin = %found, used = %config.arbos, "the forked chain runs a release of ArbOS that is not known here");
        }
        config.arbos
    })
}

fn exec(config: &NodeConfig, chain_id: u64, arbos: ArbOsVersion) -> ExecConfig {
    ExecConfig { arbos, code_size_limit: config.code_size_limit, debug: config.debug, ..ExecConfig::new(chain_id) }
}

fn arbos_genesis(config: &NodeConfig, rules: &Rules) -> GenesisConfig {
    GenesisConfig {
        chain_id: rules.exec.chain_id,
        arbos: rules.exec.arbos,
        chain_owner: config.chain_owner,
        cache_manager: config.cache_manager && config.fork.is_none(),
    }
}

/// What the genesis file says, if there is one.
fn file<T>(config: &NodeConfig, field: impl FnOnce(&GenesisFile) -> Option<T>) -> Option<T> {
    config.init.as_deref().and_then(field)
}

/// The accounts of the genesis file; of those that ArbOS needs, the balance alone. So too of the contract of earlier blocks' hashes: a
/// genesis of Ethereum has Ethereum's there, which counts other blocks.
fn put_file(state: &mut State, config: &NodeConfig) -> Result<(), StateError> {
    for (address, account) in config.init.iter().flat_map(|file| &file.accounts) {
        if is_reserved(*address) || *address == HISTORY_STORAGE {
            state.set_balance(*address, account.balance)?;
            continue;
        }
        let info = AccountInfo { balance: account.balance, nonce: account.nonce(), ..AccountInfo::default() };
        state.replace(*address, info.with_code(Bytecode::new_legacy(account.code.clone())));
        account.slots().try_for_each(|(slot, value)| state.set_storage(*address, slot, value))?;
    }
    Ok(())
}

fn put(state: &mut State, account: GenesisAccount) -> Result<(), StateError> {
    state.replace(account.address, account.info);
    account.storage.into_iter().try_for_each(|(slot, value)| state.set_storage(account.address, slot, value))
}

fn fund(state: &mut State, config: &NodeConfig, wallet: &Wallet) -> Result<(), StateError> {
    wallet.addresses().try_for_each(|address| state.set_balance(address, config.balance_wei()))
}
