//! Counts a module may not pass. They keep activation and native compilation cheap.

use crate::ActivationError;
use crate::parse::Module;

/// Memories.
const MEMORIES_MAX: u64 = 1;
/// Data segments.
const DATAS_MAX: u64 = 128;
/// Element segments.
const ELEMENTS_MAX: u64 = 128;
/// Encoded bytes of all element segments.
const ELEMENT_BYTES_MAX: u64 = 4096;
/// Initial entries of all tables.
const TABLE_ENTRIES_MAX: u64 = 4096;
/// Functions with a body.
const FUNCTIONS_MAX: u64 = 4096;
/// Imports.
const IMPORTS_MAX: u64 = 513;
/// Globals, the added ones included.
const GLOBALS_MAX: u64 = 32_768;
/// Bytes of the module's name.
const NAME_BYTES_MAX: u64 = 512;
/// Locals a function declares, its parameters not counted.
const LOCALS_MAX: u64 = 348;
/// Operators of a function after instrumentation.
const OPERATORS_MAX: u64 = 65_536;
/// Values on the operand stack of one function.
const OPERAND_STACK_MAX: u64 = 4096;
/// Words of one frame.
const FRAME_WORDS_MAX: u64 = 10 * 1024;

/// Checks the counts of a whole module; those of a function are checked as it is instrumented.
/// Exports have no limit: all but two of them are dropped.
pub(crate) fn check_module(module: &Module<'_>, added_globals: u64, page_limit: u16) -> Result<(), ActivationError> {
    let element_bytes: u64 = module.elements.iter().map(|e| e.range.len() as u64).sum();
    let table_entries = module.tables.iter().map(|t| t.ty.initial).fold(0, u64::saturating_add);
    let pages = module.memory()?.initial;
    for (what, count, limit) in [
        ("memories", module.memories.len() as u64, MEMORIES_MAX),
        ("initial memory pages", pages, u64::from(page_limit.min(crate::PAGES_MAX))),
        ("data segments", module.datas.len() as u64, DATAS_MAX),
        ("element segments", module.elements.len() as u64, ELEMENTS_MAX),
        ("bytes of element segments", element_bytes, ELEMENT_BYTES_MAX),
        ("table entries", table_entries, TABLE_ENTRIES_MAX),
        ("functions", module.bodies.len() as u64, FUNCTIONS_MAX),
        ("imports", module.imports.len() as u64, IMPORTS_MAX),
        ("globals", module.globals.len() as u64 + added_globals, GLOBALS_MAX),
        ("bytes in the module's name", module.name.len() as u64, NAME_BYTES_MAX),
    ] {
        at_most(what, count, limit)?;
    }
    Ok(())
}

/// Checks a function's declared locals.
pub(crate) fn check_locals(count: u64) -> Result<(), ActivationError> {
    at_most("locals", count, LOCALS_MAX)
}

/// Checks a function's operators after instrumentation.
pub(crate) fn check_operators(count: u64) -> Result<(), ActivationError> {
    at_most("operators in a function", count, OPERATORS_MAX)
}

/// Checks the deepest operand stack and the frame of a function.
pub(crate) fn check_frame(operands: u64, words: u64) -> Result<(), ActivationError> {
    at_most("values on the operand stack", operands, OPERAND_STACK_MAX)?;
    at_most("words in a frame", words, FRAME_WORDS_MAX)
}

fn at_most(what: &'static str, count: u64, limit: u64) -> Result<(), ActivationError> {
    if count > limit {
        return Err(ActivationError::Limit { what, count, limit });
    }
    Ok(())
}
