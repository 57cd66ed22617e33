//! The accounts a chain starts with.

use std::convert::Infallible;

use revm::{
    primitives::{Address, Bytes, HashMap, StorageKey, StorageValue, U256, address, hex},
    state::{AccountInfo, Bytecode},
};

use super::{
    ArbOsVersion,
    address_set::AddressSet,
    history::{HISTORY_CODE, HISTORY_STORAGE},
    layout::{CACHE_MANAGERS, CHAIN_OWNERS, L1_PRICING, L2_PRICING, l1, l2, root},
    params,
    precompiles::{Contract, INERT, SEQUENCER},
    pricer,
    storage::{ARBOS_STATE, Meter, Space, StateError, Storage},
};

/// Deploys what it is sent by `CREATE2`; the same on all chains.
pub const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// Deploys, activates and initializes Stylus programs in one transaction. Tools expect it here: where
/// [`CREATE2_FACTORY`] puts it with salt 0.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");

/// A cache manager in which every bid wins, for chains that start with one: where [`CREATE2_FACTORY`] puts it with salt 0.
pub const CACHE_MANAGER: Address = address!("Ad67a2760d9EC44D8C6bc97338f816DFA3896Fd4");

const CREATE2_FACTORY_CODE: &[u8] = &hex!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// Runtime code of the StylusDeployer contract of the Stylus SDK (MIT OR Apache-2.0).
const STYLUS_DEPLOYER_CODE: &str = include_str!("stylus_deployer.hex");

/// Runtime code of `test/foreign/forge/src/CacheManager.sol`; the end-to-end test `foreign::forge` compiles it again.
const CACHE_MANAGER_CODE: &str = include_str!("cache_manager.hex");

/// Code at the precompiles' addresses, so that they are seen as contracts.
const PRECOMPILE_CODE: &[u8] = &[0xfe];

/// Wei for a gas at the least: 0.1 gwei.
const MIN_BASE_FEE: u64 = 100_000_000;
const SPEED_LIMIT: u64 = 7_000_000;
const GAS_LIMIT: u64 = 32_000_000;

/// What can be chosen about a chain's first block.
#[derive(Debug, Clone)]
pub struct GenesisConfig {
    /// Chain id, as kept in the ArbOS state.
    pub chain_id: u64,
    /// Release to start with.
    pub arbos: ArbOsVersion,
    /// Who may use the ArbOwner precompile; nobody if absent, until ArbDebug's `becomeChainOwner`.
    pub chain_owner: Option<Address>,
    /// Whether [`CACHE_MANAGER`] is there and may keep programs loaded.
    pub cache_manager: bool,
}

/// An account of the first block.
#[derive(Debug, Clone)]
pub struct GenesisAccount {
    /// Where it is.
    pub address: Address,
    /// Balance, nonce and code.
    pub info: AccountInfo,
    /// Slots that are not zero.
    pub storage: Vec<(StorageKey, StorageValue)>,
}

/// The accounts ArbOS needs before the first transaction: its state, its precompiles, the contract of
/// earlier blocks' hashes, and the contracts deployment tools expect at fixed addresses.
pub fn genesis_accounts(config: &GenesisConfig) -> Vec<GenesisAccount> {
    let mut accounts = vec![arbos_state(config)];
    let modelled = Contract::ALL.map(Contract::address);
    let inert = INERT.into_iter().filter(|_| config.arbos >= ArbOsVersion::V51);
    accounts.extend(modelled.into_iter().chain(inert).map(|at| contract(at, PRECOMPILE_CODE)));
    accounts.push(contract(HISTORY_STORAGE, HISTORY_CODE));
    accounts.push(contract(CREATE2_FACTORY, CREATE2_FACTORY_CODE));
    accounts.push(contract(STYLUS_DEPLOYER, &code_of(STYLUS_DEPLOYER_CODE)));
    if config.cache_manager {
        accounts.push(contract(CACHE_MANAGER, &code_of(CACHE_MANAGER_CODE)));
    }
    accounts
}

/// Whether contracts and tools take it for granted what is at this address: ArbOS' state and its precompiles.
pub(crate) fn is_reserved(address: Address) -> bool {
    address == ARBOS_STATE || INERT.contains(&address) || Contract::ALL.into_iter().any(|contract| contract.address() == address)
}

fn contract(address: Address, code: &[u8]) -> GenesisAccount {
    let code = Bytecode::new_legacy(Bytes::copy_from_slice(code));
    let info = AccountInfo::default().with_nonce(1).with_code(code);
    GenesisAccount { address, info, storage: Vec::new() }
}

/// The code in one of this crate's files.
fn code_of(file: &str) -> Vec<u8> {
    let digits: String = file.split_whitespace().collect();
    // Each file is checked by a test.
    hex::decode(digits).unwrap_or_default()
}

fn arbos_state(config: &GenesisConfig) -> GenesisAccount {
    let mut slots = HashMap::default();
    // Slots in memory behind a free meter cannot fail.
    let _: Result<(), StateError<Infallible>> = write_state(config, &mut slots);
    let mut storage: Vec<_> = slots.into_iter().filter(|(_, value)| !value.is_zero()).collect();
    storage.sort_unstable();
    // A nonce keeps the account from counting as empty.
    let info = AccountInfo::default().with_nonce(1);
    GenesisAccount { address: ARBOS_STATE, info, storage }
}

fn write_state(config: &GenesisConfig, slots: &mut HashMap<U256, U256>) -> Result<(), StateError<Infallible>> {
    let mut meter = Meter::free();
    let storage = &mut Storage::new(slots, &mut meter);
    storage.set(Space::ROOT.at(root::VERSION), U256::from(config.arbos.number()))?;
    storage.set(Space::ROOT.at(root::CHAIN_ID), U256::from(config.chain_id))?;
    storage.set_address(Space::ROOT.at(root::NETWORK_FEE_ACCOUNT), SEQUENCER)?;
    storage.set(Space::ROOT.at(root::BROTLI_LEVEL), U256::from(1))?;
    for (field, value) in [
        (l2::SPEED_LIMIT, SPEED_LIMIT),
        (l2::BLOCK_GAS_LIMIT, GAS_LIMIT),
        (l2::BASE_FEE, MIN_BASE_FEE),
        (l2::MIN_BASE_FEE, MIN_BASE_FEE),
        (l2::INERTIA, 102),
        (l2::BACKLOG_TOLERANCE, 10),
        (l2::TX_GAS_LIMIT, GAS_LIMIT),
    ] {
        storage.set(L2_PRICING.at(field), U256::from(value))?;
    }
    for (field, value) in [
        (l1::EQUILIBRATION_UNITS, 160_000_000),
        (l1::INERTIA, 10),
        (l1::REWARD_RATE, 10),
        (l1::BATCH_GAS, 210_000),
        (l1::COST_CAP_BIPS, u64::MAX),
    ] {
        storage.set(L1_PRICING.at(field), U256::from(value))?;
    }
    params::save(&config.arbos.stylus_params(), storage)?;
    pricer::initialize(storage)?;
    if let Some(owner) = config.chain_owner {
        AddressSet::new(*CHAIN_OWNERS).insert(storage, owner)?;
    }
    if config.cache_manager {
        AddressSet::new(*CACHE_MANAGERS).insert(storage, CACHE_MANAGER)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use revm::primitives::{b256, keccak256};

    use super::*;

    #[test]
    fn the_deployer_is_the_known_one() {
        let known = b256!("85c3998f7541c47e69d221966c2725e197d243190f367eefab6eda7c90c3994a");
        assert_eq!(keccak256(code_of(STYLUS_DEPLOYER_CODE)), known);
    }

    #[test]
    fn the_cache_manager_is_whole() {
        let known = b256!("fa5ade16da1b5b6ed05bcee1cffc4f484138477f7bee08ded2369d8ea0821f44");
        assert_eq!(keccak256(code_of(CACHE_MANAGER_CODE)), known);
    }

    #[test]
    fn every_account_is_there_once() {
        let config = GenesisConfig {
            chain_id: 412_346,
            arbos: ArbOsVersion::V60,
            chain_owner: Some(Address::repeat_byte(1)),
            cache_manager: true,
        };
        let mut addresses: Vec<_> = genesis_accounts(&config).iter().map(|account| account.address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), 1 + Contract::ALL.len() + INERT.len() + 4);
    }
}
