//! The contracts of ArbOS at fixed addresses. They answer before Ethereum's precompiles and before
//! the byte of code that stands at their addresses.
//!
//! One file is one contract: its Solidity interface and one table of its methods. The rules all of
//! them share (purity, gas of arguments and results, what burns everything) are in [`Call`].

mod arb_address_table;
mod arb_aggregator;
mod arb_debug;
mod arb_function_table;
mod arb_gas_info;
mod arb_info;
mod arb_owner;
mod arb_owner_public;
mod arb_retryable_tx;
mod arb_statistics;
mod arb_sys;
mod arb_wasm;
mod arb_wasm_cache;

use revm::{
    Database,
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, InterpreterResult},
    primitives::{Address, AddressSet, hardfork::SpecId},
};

use super::{ArbContext, ExecConfig, call::Call};

pub(crate) use arb_aggregator::SEQUENCER;
pub(crate) use arb_wasm::error_words;

/// An address of the lowest byte only.
const fn low(byte: u8) -> Address {
    Address::with_last_byte(byte)
}

/// ArbOS' contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contract {
    Sys,
    Info,
    AddressTable,
    FunctionTable,
    OwnerPublic,
    GasInfo,
    Aggregator,
    RetryableTx,
    Statistics,
    Owner,
    Wasm,
    WasmCache,
    Debug,
}

impl Contract {
    /// All of them.
    pub(crate) const ALL: [Self; 13] = [
        Self::Sys,
        Self::Info,
        Self::AddressTable,
        Self::FunctionTable,
        Self::OwnerPublic,
        Self::GasInfo,
        Self::Aggregator,
        Self::RetryableTx,
        Self::Statistics,
        Self::Owner,
        Self::Wasm,
        Self::WasmCache,
        Self::Debug,
    ];

    /// Where it stands.
    pub(crate) const fn address(self) -> Address {
        match self {
            Self::Sys => low(0x64),
            Self::Info => low(0x65),
            Self::AddressTable => low(0x66),
            Self::FunctionTable => low(0x68),
            Self::OwnerPublic => low(0x6b),
            Self::GasInfo => low(0x6c),
            Self::Aggregator => low(0x6d),
            Self::RetryableTx => low(0x6e),
            Self::Statistics => low(0x6f),
            Self::Owner => low(0x70),
            Self::Wasm => low(0x71),
            Self::WasmCache => low(0x72),
            Self::Debug => low(0xff),
        }
    }

    fn at(address: Address) -> Option<Self> {
        Self::ALL.into_iter().find(|contract| contract.address() == address)
    }
}

/// Accounts that hold a byte of code although nothing of them is modelled: what stands at their
/// address answers as a contract that stops at once.
pub(crate) const INERT: [Address; 1] = [low(0x73)];

/// ArbOS' contracts and Ethereum's precompiles.
#[derive(Debug, Clone)]
pub(crate) struct ArbPrecompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
    is_debug: bool,
}

impl ArbPrecompiles {
    /// The contracts of a chain with `config`.
    pub(crate) fn new(config: &ExecConfig) -> Self {
        let mut precompiles =
            Self { ethereum: EthPrecompiles::new(config.arbos.spec()), warm: AddressSet::default(), is_debug: config.debug };
        precompiles.collect_warm();
        precompiles
    }

    fn collect_warm(&mut self) {
        self.warm.clone_from(self.ethereum.warm_addresses());
        self.warm.extend(Contract::ALL.map(Contract::address));
    }
}

impl<DB: Database> PrecompileProvider<ArbContext<DB>> for ArbPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        let changed = <EthPrecompiles as PrecompileProvider<ArbContext<DB>>>::set_spec(&mut self.ethereum, spec);
        if changed {
            self.collect_warm();
        }
        changed
    }

    fn run(&mut self, context: &mut ArbContext<DB>, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let Some(contract) = Contract::at(inputs.bytecode_address) else {
            return self.ethereum.run(context, inputs);
        };
        let call = Call::new(context, inputs);
        let answer = match contract {
            Contract::Sys => arb_sys::call(call),
            Contract::Info => arb_info::call(call),
            Contract::AddressTable => arb_address_table::call(call),
            Contract::FunctionTable => arb_function_table::call(call),
            Contract::OwnerPublic => arb_owner_public::call(call),
            Contract::GasInfo => arb_gas_info::call(call),
            Contract::Aggregator => arb_aggregator::call(call),
            Contract::RetryableTx => arb_retryable_tx::call(call),
            Contract::Statistics => arb_statistics::call(call),
            Contract::Owner => arb_owner::call(call),
            Contract::Wasm => arb_wasm::call(call),
            Contract::WasmCache => arb_wasm_cache::call(call),
            Contract::Debug if self.is_debug => arb_debug::call(call),
            Contract::Debug => call.refuse(),
        };
        answer.map(Some)
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}
