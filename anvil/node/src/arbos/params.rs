//! The chain's Stylus parameters, kept in one word of the ArbOS state.

use cor_stylus_vm::StylusParams;
use revm::primitives::U256;

use super::{
    ArbOsVersion,
    layout::PROGRAM_PARAMS,
    storage::{Slots, StateError, Storage},
    words::{WordReader, WordWriter},
};

/// Gas to read the parameters: they are used so often that they count as warm.
const READ_PARAMS_GAS: u64 = 100;

/// Reads the parameters of a chain at `arbos`.
pub(crate) fn load<S: Slots>(storage: &mut Storage<'_, S>, arbos: ArbOsVersion) -> Result<StylusParams, StateError<S::Error>> {
    storage.burn(READ_PARAMS_GAS)?;
    Ok(unpack(storage.get_free(PROGRAM_PARAMS.at(0))?, arbos))
}

/// Writes the parameters.
pub(crate) fn save<S: Slots>(params: &StylusParams, storage: &mut Storage<'_, S>) -> Result<(), StateError<S::Error>> {
    storage.set(PROGRAM_PARAMS.at(0), pack(params))
}

fn pack(params: &StylusParams) -> U256 {
    WordWriter::default()
        .put(params.version.into(), 2)
        .put(params.ink_price, 3)
        .put(params.max_stack_depth, 4)
        .put(params.free_pages.into(), 2)
        .put(params.page_gas.into(), 2)
        .put(params.page_limit.into(), 2)
        .put(params.min_init_gas.into(), 1)
        .put(params.min_cached_init_gas.into(), 1)
        .put(params.init_cost_scalar.into(), 1)
        .put(params.cached_cost_scalar.into(), 1)
        .put(params.expiry_days.into(), 2)
        .put(params.keepalive_days.into(), 2)
        .put(params.block_cache_size.into(), 2)
        .put(params.max_wasm_size, 4)
        .put(params.max_fragment_count.into(), 1)
        .finish()
}

fn unpack(word: U256, arbos: ArbOsVersion) -> StylusParams {
    let mut word = WordReader::new(word);
    StylusParams {
        version: word.take_u16(),
        ink_price: word.take(3),
        max_stack_depth: word.take(4),
        free_pages: word.take_u16(),
        page_gas: word.take_u16(),
        page_limit: word.take_u16(),
        min_init_gas: word.take_u8(),
        min_cached_init_gas: word.take_u8(),
        init_cost_scalar: word.take_u8(),
        cached_cost_scalar: word.take_u8(),
        expiry_days: word.take_u16(),
        keepalive_days: word.take_u16(),
        block_cache_size: word.take_u16(),
        max_wasm_size: word.take(4),
        max_fragment_count: word.take_u8(),
        // Not stored: the release decides them.
        ..arbos.stylus_params()
    }
}

#[cfg(test)]
mod tests {
    use revm::primitives::HashMap;

    use super::*;
    use crate::arbos::storage::Meter;

    #[test]
    fn parameters_survive_the_state() {
        for arbos in ArbOsVersion::ALL {
            let params = arbos.stylus_params();
            let mut slots = HashMap::default();
            let mut meter = Meter::new(20_000 + 100);
            let mut storage = Storage::new(&mut slots, &mut meter);
            save(&params, &mut storage).unwrap();
            assert_eq!(load(&mut storage, arbos), Ok(params));
            assert_eq!(meter.left(), 0);
        }
    }
}
