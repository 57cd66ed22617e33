//! The first block of a chain.

use std::collections::HashSet;

use alloy_primitives::B256;

use super::{
    Impersonation, Shared, State, StateError,
    build::{Rules, seal},
    ledger::Ledger,
    pool::Pool,
    snapshot::Snapshots,
    time::ChainTime,
};
use crate::{
    accounts::Wallet,
    config::NodeConfig,
    evm::{ExecConfig, GenesisConfig, genesis_accounts},
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

/// A chain with nothing but its first block.
pub(super) fn shared(config: &NodeConfig, wallet: &Wallet, genesis: Genesis) -> Result<Shared, StateError> {
    let mut time = ChainTime::new(config.clock.clone());
    let timestamp = genesis.timestamp.or(config.genesis_timestamp).unwrap_or_else(|| time.now_secs());
    time.set_now(timestamp);
    let rules = Rules {
        exec: ExecConfig {
            arbos: config.arbos,
            code_size_limit: config.code_size_limit,
            debug: config.debug,
            ..ExecConfig::new(config.chain_id)
        },
        base_fee: config.base_fee_wei,
        block_gas_limit: config.block_gas_limit,
        coinbase: config.coinbase,
        prevrandao: ARBITRUM_PREVRANDAO,
        salt: B256::ZERO,
        l1_genesis_number: config.l1_genesis_number,
        genesis_timestamp: timestamp,
    };
    let state = first_state(config, wallet)?;
    let context = rules.context(config.genesis_number, timestamp);
    let block = seal(&rules, &context, B256::ZERO, state.root(), Vec::new(), Vec::new());
    Ok(Shared {
        ledger: Ledger::new(block, state, config.states_kept, config.blocks_kept),
        pool: Pool::default(),
        rules,
        time,
        impersonation: Impersonation { accounts: HashSet::new(), everyone: config.auto_impersonate },
        snapshots: Snapshots::default(),
    })
}

fn first_state(config: &NodeConfig, wallet: &Wallet) -> Result<State, StateError> {
    let mut state = State::default();
    let arbos = GenesisConfig { chain_id: config.chain_id, arbos: config.arbos, chain_owner: config.chain_owner };
    for account in genesis_accounts(&arbos) {
        state.set_info(account.address, account.info)?;
        for (slot, value) in account.storage {
            state.set_storage(account.address, slot, value)?;
        }
    }
    for address in wallet.addresses() {
        state.set_balance(address, config.balance_wei())?;
    }
    Ok(state)
}
