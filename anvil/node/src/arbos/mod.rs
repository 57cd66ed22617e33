//! ArbOS: the part of the chain that Arbitrum adds to Ethereum. Its state lives in the storage of
//! [`ARBOS_STATE`]; contracts reach it through precompiles.

mod activation;
mod address_set;
mod call;
pub(crate) mod code;
mod config;
pub(crate) mod context;
mod failure;
mod genesis;
mod history;
mod host_calls;
pub(crate) mod journal;
mod layout;
pub(crate) mod params;
pub(crate) mod precompiles;
mod pricer;
pub(crate) mod programs;
mod sends;
pub(crate) mod source;
pub(crate) mod storage;
mod version;
mod words;

use revm::{
    Database, Journal,
    primitives::{Address, U256},
};

pub use config::{BlockContext, CODE_SIZE_UNLIMITED, DEFAULT_CODE_SIZE_LIMIT, DEFAULT_MAX_TX_GAS, ExecConfig, RecentPrograms};
pub use context::{ArbChain, ArbContext};
pub use failure::ProgramFailure;
pub(crate) use genesis::is_reserved;
pub use genesis::{CACHE_MANAGER, CREATE2_FACTORY, GenesisAccount, GenesisConfig, STYLUS_DEPLOYER, genesis_accounts};
pub use history::HISTORY_STORAGE;
pub(crate) use history::{HISTORY_CODE, HISTORY_CODE_HASH, history_slot};
pub use host_calls::{HOST_CALL_BYTES_MAX, HOST_CALLS_MAX, HostCallLog, HostCallRecord};
pub(crate) use precompiles::SEQUENCER;
pub use programs::Inactive;
pub use storage::ARBOS_STATE;
pub use version::{ArbOsVersion, UnknownArbOsVersion};

use layout::{L2_PRICING, l2, root};
pub(crate) use sends::Sends;
use storage::{Meter, Slots, Space, StateError, Storage};

/// The messages to the parent chain, of a state whose ArbOS slots `slots` reads.
pub(crate) fn sends<S: Slots>(slots: &mut S) -> Result<Sends, S::Error> {
    let mut meter = Meter::free();
    sends::load(&mut Storage::new(slots, &mut meter)).map_err(|error| match error {
        StateError::Broken(error) => error,
        StateError::OutOfGas => unreachable!("a free meter does not run out"),
    })
}

/// The slot of [`ARBOS_STATE`] that holds the release's number; zero on a chain without ArbOS.
pub(crate) fn version_slot() -> U256 {
    Space::ROOT.at(root::VERSION)
}

/// The slots of [`ARBOS_STATE`] with the base fee and with the least base fee, wei for a gas.
pub(crate) fn base_fee_slots() -> [U256; 2] {
    [l2::BASE_FEE, l2::MIN_BASE_FEE].map(|field| L2_PRICING.at(field))
}

/// Gas one transaction may compute with; `None` on a chain that never set it.
pub(crate) fn tx_gas_limit<DB: Database>(journal: &mut Journal<DB>) -> Result<Option<u64>, DB::Error> {
    let limit = journal.load(L2_PRICING.at(l2::TX_GAS_LIMIT))?;
    Ok((!limit.is_zero()).then(|| limit.saturating_to()))
}

/// The account that gets the fees of transactions and activations.
pub(crate) fn network_fee_account<DB: Database>(journal: &mut Journal<DB>) -> Result<Address, DB::Error> {
    let word = journal.load(Space::ROOT.at(root::NETWORK_FEE_ACCOUNT))?;
    Ok(Address::from_word(word.into()))
}
