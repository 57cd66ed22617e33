//! Turns a module into one that pays for itself, bytes to bytes, in the reference's five steps:
//!
//! 1. **start**: no start function, no exports but the entry point and the memory;
//! 2. [`meter`]: every basic block pays its ink before it runs;
//! 3. [`dynamic`]: bulk memory operators pay per byte;
//! 4. [`depth`]: every function takes its frame off a depth counter and gives it back;
//! 5. [`heap`]: growing the memory pays for the pages.
//!
//! The counters are globals added after the module's own. The order matters: the depth step measures
//! frames with the metering operators in them, and the heap step's operators are free.
//!
//! The steps decide what is paid where, as the reference does; [`lower`] then writes operators that do
//! so faster than the reference's, and [`wide`] finds a product that the machine has an instruction
//! for. Nobody can tell the difference but by a clock.
//!
//! On request every payment also counts its block, in a memory of its own that the program cannot
//! name ([`BLOCK_COUNTERS`]). That is free of ink: a program cannot tell whether it is counted.

mod depth;
mod dynamic;
mod heap;
mod item;
mod lower;
mod meter;
mod wide;

use std::cell::Cell;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, MemorySection, MemoryType,
    RawSection, SectionId, ValType,
};
use wasmparser::{FuncType, FunctionBody};

use self::item::Item;

use crate::parse::{ENTRYPOINT, MEMORY, Module};
use crate::{ActivationError, limits};

/// Exported global: ink left (i64).
pub(crate) const INK_LEFT: &str = "stylus_ink_left";
/// Exported global: not zero once the meter ran out (i32). The ink global then still holds a rest
/// that was too small; the ink left is zero.
pub(crate) const INK_STATUS: &str = "stylus_ink_status";
/// Exported global: words of depth left (i32).
pub(crate) const STACK_LEFT: &str = "stylus_stack_left";
/// Exported memory: how often each basic block was entered, little-endian `u32`s in the order of the code.
pub(crate) const BLOCK_COUNTERS: &str = "stylus_block_counters";
/// Bytes of one of them.
pub(crate) const BLOCK_COUNTER_BYTES: u32 = 4;
/// Index of the memory they are in.
const COUNTER_MEMORY: u32 = 1;
/// Bytes in a page of memory.
const PAGE_BYTES: u64 = 65_536;
/// Globals the reference adds: the three above and a scratch one, which is a local here. Figures of
/// activation count them.
pub(crate) const ADDED_GLOBALS: u32 = 4;

/// What a step needs to know of the module.
struct Context<'m, 'a> {
    module: &'m Module<'a>,
    ink: u32,
    status: u32,
    stack: u32,
    counted: Counted,
}

/// The basic blocks written so far.
struct Counted {
    is_on: bool,
    blocks: Cell<u32>,
}

impl Counted {
    /// Where the counter of the next block is, if there is one.
    fn next(&self) -> Option<u64> {
        let block = self.blocks.get();
        self.blocks.set(block.saturating_add(1));
        self.is_on.then_some(u64::from(block) * u64::from(BLOCK_COUNTER_BYTES))
    }

    fn pages(&self) -> u64 {
        (u64::from(self.blocks.get()) * u64::from(BLOCK_COUNTER_BYTES)).div_ceil(PAGE_BYTES)
    }
}

/// A module that pays for itself.
pub(crate) struct Instrumented {
    pub(crate) wasm: Vec<u8>,
    /// Operators of all functions, with those that the reference adds.
    pub(crate) operators: u64,
    /// Basic blocks of all functions.
    pub(crate) blocks: u32,
}

/// Instruments a parsed module. With `counting`, it counts how often each basic block is entered.
pub(crate) fn instrument(module: &Module<'_>, counting: bool) -> Result<Instrumented, ActivationError> {
    let first = module.globals.len() as u32;
    let counted = Counted { is_on: counting, blocks: Cell::new(0) };
    let context = Context { module, ink: first, status: first + 1, stack: first + 2, counted };
    let mut code = CodeSection::new();
    let mut operators = 0;
    for (body, index) in module.bodies.iter().zip(module.imports.len() as u32..) {
        let ty = module.function_type(index).ok_or(ActivationError::Invalid { detail: "a function has no type".to_owned() })?;
        operators += context.function(ty, body, &mut code)?;
    }
    Ok(Instrumented { wasm: context.encode(&code)?, operators, blocks: context.counted.blocks.get() })
}

impl<'a> Context<'_, 'a> {
    /// Instruments one function and answers how many operators it has then.
    fn function(&self, ty: &FuncType, body: &FunctionBody<'a>, code: &mut CodeSection) -> Result<u64, ActivationError> {
        let mut locals = Vec::new();
        let mut words = 0;
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            words += u64::from(count);
            locals.push((count, RoundtripReencoder.val_type(ty).map_err(reencode)?));
        }
        limits::check_locals(words)?;

        let source = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        // Checked again below; the steps only add, so this spares them the hopeless cases.
        limits::check_operators(source.len() as u64)?;
        let product = wide::product(ty, words, &source);
        let metered = meter::apply(self, source)?;
        let paid = dynamic::apply(metered);
        let bounded = depth::apply(self, paid, words)?;
        let mut done = heap::apply(self, bounded);
        let count = done.iter().map(Item::operators).sum();
        limits::check_operators(count)?;
        if let Some(product) = product {
            done = wide::apply(done, product);
        }

        // A type has one result at most: others are refused when the module is read.
        let result = match ty.results().first() {
            Some(ty) => BlockType::Result(RoundtripReencoder.val_type(*ty).map_err(reencode)?),
            None => BlockType::Empty,
        };
        code.function(&lower::function(self, done, ty.params().len() as u32, locals, result)?);
        Ok(count)
    }

    /// Writes the module: new globals, exports and code, everything else as it was, no custom
    /// sections.
    fn encode(&self, code: &CodeSection) -> Result<Vec<u8>, ActivationError> {
        let mut out = wasm_encoder::Module::new();
        let globals = self.globals()?;
        let exports = self.exports()?;
        let replaced = |id: u8| self.counted.is_on && id == SectionId::Memory as u8;
        let mut kept = self.module.kept.iter().filter(|(id, _)| !replaced(*id)).peekable();
        let mut copy_until = |out: &mut wasm_encoder::Module, end: SectionId| {
            while let Some((id, range)) = kept.next_if(|(id, _)| order(*id) < order(end as u8)) {
                out.section(&RawSection { id: *id, data: &self.module.bytes[range.clone()] });
            }
        };
        if self.counted.is_on {
            copy_until(&mut out, SectionId::Memory);
            out.section(&self.memories()?);
        }
        copy_until(&mut out, SectionId::Global);
        out.section(&globals).section(&exports);
        copy_until(&mut out, SectionId::Code);
        out.section(code);
        copy_until(&mut out, SectionId::Custom);
        Ok(out.finish())
    }

    /// The program's memory, and that of the counters.
    fn memories(&self) -> Result<MemorySection, ActivationError> {
        let mut section = MemorySection::new();
        section.memory(RoundtripReencoder.memory_type(*self.module.memory()?).map_err(reencode)?);
        let pages = self.counted.pages();
        section.memory(MemoryType { minimum: pages, maximum: Some(pages), memory64: false, shared: false, page_size_log2: None });
        Ok(section)
    }

    fn globals(&self) -> Result<GlobalSection, ActivationError> {
        let mut section = GlobalSection::new();
        for global in &self.module.globals {
            let ty = RoundtripReencoder.global_type(global.ty).map_err(reencode)?;
            let init = RoundtripReencoder.const_expr(global.init_expr.clone()).map_err(reencode)?;
            section.global(ty, &init);
        }
        let counter = |val_type| GlobalType { val_type, mutable: true, shared: false };
        section.global(counter(ValType::I64), &ConstExpr::i64_const(0));
        for _ in 1..ADDED_GLOBALS {
            section.global(counter(ValType::I32), &ConstExpr::i32_const(0));
        }
        Ok(section)
    }

    fn exports(&self) -> Result<ExportSection, ActivationError> {
        let entrypoint = self.module.entrypoint().ok_or(ActivationError::MissingEntrypoint)?;
        let mut section = ExportSection::new();
        section
            .export(ENTRYPOINT, ExportKind::Func, entrypoint)
            .export(MEMORY, ExportKind::Memory, 0)
            .export(INK_LEFT, ExportKind::Global, self.ink)
            .export(INK_STATUS, ExportKind::Global, self.status)
            .export(STACK_LEFT, ExportKind::Global, self.stack);
        if self.counted.is_on {
            section.export(BLOCK_COUNTERS, ExportKind::Memory, COUNTER_MEMORY);
        }
        Ok(section)
    }
}

/// Place of a section in a binary; the end of the module for custom sections.
fn order(id: u8) -> u8 {
    if id == SectionId::Custom as u8 { u8::MAX } else { id }
}

/// The encoder refuses only what the validator does not let through.
fn reencode(error: wasm_encoder::reencode::Error) -> ActivationError {
    ActivationError::Invalid { detail: error.to_string() }
}
