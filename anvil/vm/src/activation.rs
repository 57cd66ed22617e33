//! Activation: may this module run, and what does it cost to load and to keep?

use crate::instrument::{ADDED_GLOBALS, instrument};
use crate::parse::Module;
use crate::{ActivationError, ProgramCosts, StylusParams, limits};

/// What activating a program yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Memory pages at the start.
    pub footprint: u16,
    /// Cost of loading the program; from Stylus version 2 without `cached_cost`.
    pub init_cost: u16,
    /// Cost of starting it when it is loaded.
    pub cached_cost: u16,
    /// Estimate of the native code, bytes; the data fee is reckoned from it.
    pub asm_estimate: u32,
    /// Gas of parsing and instrumenting: the part of the activation that depends on the module.
    pub module_gas: u64,
    /// Basic blocks of all functions.
    pub blocks: u32,
    /// The instrumented module.
    pub instrumented: Vec<u8>,
}

impl Activation {
    /// The figures a call pays for.
    pub fn costs(&self) -> ProgramCosts {
        ProgramCosts { init_cost: self.init_cost, cached_cost: self.cached_cost }
    }
}

/// Checks and instruments `wasm`. `debug` allows the imports of debug chains.
///
/// The size of `wasm` is not looked at: `max_wasm_size` binds when a program is decompressed.
///
/// # Errors
/// The first rule that the module breaks.
pub fn activate(wasm: &[u8], params: &StylusParams, debug: bool) -> Result<Activation, ActivationError> {
    activate_counting(wasm, params, debug, false)
}

/// As [`activate`]. With `counting`, the instrumented module counts how often each basic block is entered; the figures are the same.
pub(crate) fn activate_counting(
    wasm: &[u8],
    params: &StylusParams,
    debug: bool,
    counting: bool,
) -> Result<Activation, ActivationError> {
    let module = Module::parse(wasm, debug)?;
    limits::check_module(&module, u64::from(ADDED_GLOBALS), params.page_limit)?;
    let instrumented = instrument(&module, counting)?;
    let size = Size::of(&module, instrumented.operators)?;
    Ok(Activation {
        footprint: narrow("footprint", size.pages)?,
        init_cost: narrow("init_cost", size.init_cost(params.version))?,
        cached_cost: narrow("cached_cost", size.cached_cost())?,
        asm_estimate: narrow("asm_estimate", size.asm_estimate())?,
        module_gas: size.module_gas(),
        blocks: instrumented.blocks,
        instrumented: instrumented.wasm,
    })
}

fn narrow<T: TryFrom<u64>>(what: &'static str, value: u64) -> Result<T, ActivationError> {
    T::try_from(value).map_err(|_| ActivationError::CostOverflow { what, value })
}

/// The counts all figures are made of. Each term of a figure is rounded down by itself; the
/// divisors are those of the reference's fitted estimates.
struct Size {
    wasm_bytes: u64,
    functions: u64,
    /// Parameters and results of all functions.
    type_words: u64,
    globals: u64,
    pages: u64,
    /// Bytes of data segments, without their headers.
    data_bytes: u64,
    /// Encoded bytes of data segments.
    data_range: u64,
    /// Encoded bytes of element segments.
    element_range: u64,
    operators: u64,
}

impl Size {
    fn of(module: &Module<'_>, operators: u64) -> Result<Self, ActivationError> {
        let types = module.function_types.iter().skip(module.imports.len());
        let words = |ty: &u32| {
            let ty = &module.types[*ty as usize];
            (ty.params().len() + ty.results().len()) as u64
        };
        Ok(Self {
            wasm_bytes: module.bytes.len() as u64,
            functions: module.bodies.len() as u64,
            type_words: types.map(words).sum(),
            globals: module.globals.len() as u64 + u64::from(ADDED_GLOBALS),
            pages: module.memory()?.initial,
            data_bytes: module.datas.iter().map(|d| d.data.len() as u64).sum(),
            data_range: module.datas.iter().map(|d| d.range.len() as u64).sum(),
            element_range: module.elements.iter().map(|e| e.range.len() as u64).sum(),
            operators,
        })
    }

    fn cached_cost(&self) -> u64 {
        self.functions * 13_420 / 100_000
            + self.type_words * 89 / 100_000
            + self.wasm_bytes * 122 / 100_000
            + self.globals * 1628 / 1000
            + (self.data_range + self.element_range) * 75_244 / 100_000
            + self.pages * 5
    }

    fn init_cost(&self, version: u16) -> u64 {
        let load = self.functions * 8252 / 1000 + self.type_words * 1059 / 1000 + self.wasm_bytes * 1286 / 10_000;
        if version > 1 { load } else { load + self.cached_cost() }
    }

    fn asm_estimate(&self) -> u64 {
        512_000 + self.functions * 996_829 / 1000 + self.type_words * 11_416 / 1000 + self.wasm_bytes * 62_628 / 10_000
    }

    /// Microseconds of the reference machine, priced one by one.
    fn module_gas(&self) -> u64 {
        [
            self.wasm_bytes * 31_733 / 100_000,
            self.functions * 17_263 / 100_000,
            self.data_bytes * 17_376 / 100_000,
            self.element_range * 17_376 / 100_000,
            self.pages * 2217,
            self.operators * 535 / 1000,
        ]
        .into_iter()
        .map(microseconds_gas)
        .sum()
    }
}

/// Gas of `us` microseconds, at 14 million gas in half a second.
fn microseconds_gas(us: u64) -> u64 {
    us.saturating_mul(14_000_000) / 500_000
}
