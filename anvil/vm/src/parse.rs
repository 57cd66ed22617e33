//! Reads a module into its sections, and refuses what is refused before any price is looked at:
//! malformed or unsupported modules, imports, names, the entry point, the memory, segments.

use std::ops::Range;

use wasmparser::{
    ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, Export, ExternalKind, FuncType, FunctionBody, Global, Import,
    KnownCustom, MemoryType, Name, NameSectionReader, Operator, Parser, Payload, Table, TypeRef, ValType, Validator,
    WasmFeatures,
};

use crate::ActivationError;
use crate::hooks::{self, PAY_FOR_MEMORY_GROW, VM_HOOKS};

/// The function a program is entered by.
pub(crate) const ENTRYPOINT: &str = "user_entrypoint";
/// The export that must be the memory.
pub(crate) const MEMORY: &str = "memory";
/// Names that begin with this belong to the VM.
const RESERVED: &str = "stylus";
/// Bytes in a page of memory.
const PAGE_BYTES: u64 = 65_536;

/// A module's sections, in the order of the binary.
#[derive(Default)]
pub(crate) struct Module<'a> {
    pub(crate) bytes: &'a [u8],
    /// Content of the sections that instrumentation does not touch, by section id.
    pub(crate) kept: Vec<(u8, Range<usize>)>,
    pub(crate) types: Vec<FuncType>,
    pub(crate) imports: Vec<Import<'a>>,
    /// Type of each import, then of each function: the function index space.
    pub(crate) function_types: Vec<u32>,
    pub(crate) tables: Vec<Table<'a>>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<Global<'a>>,
    pub(crate) exports: Vec<Export<'a>>,
    pub(crate) elements: Vec<Element<'a>>,
    pub(crate) datas: Vec<Data<'a>>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    pub(crate) name: &'a str,
    start: bool,
}

/// Features of the reference's validator. Multi-value, which it has and whose modules it refuses
/// when it compiles them, is refused here at once.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES
}

/// Proposals that compilers use and Stylus does not have, by the names that people know them by.
const PROPOSALS: [(WasmFeatures, &str); 9] = [
    (
        WasmFeatures::REFERENCE_TYPES.union(WasmFeatures::CALL_INDIRECT_OVERLONG),
        "reference types (or table indices of several bytes)",
    ),
    (WasmFeatures::MULTI_VALUE, "multi-value"),
    (WasmFeatures::SIMD, "SIMD"),
    (WasmFeatures::TAIL_CALL, "tail calls"),
    (WasmFeatures::EXTENDED_CONST, "extended constant expressions"),
    (WasmFeatures::EXCEPTIONS, "exceptions"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::MULTI_MEMORY, "several memories"),
    (WasmFeatures::MEMORY64, "64-bit memory"),
];

/// Bytes that every binary module begins with.
pub(crate) const MAGIC: [u8; 4] = *b"\0asm";

/// Why the validator refuses `wasm`: its own words, and the proposals without which they cannot be understood.
fn invalid(wasm: &[u8], error: &wasmparser::BinaryReaderError) -> ActivationError {
    if !wasm.starts_with(&MAGIC) {
        let begin = wasm.get(..MAGIC.len()).unwrap_or(wasm);
        return ActivationError::NotWasm { begin: begin.to_vec() };
    }
    let is_valid = |features| Validator::new_with_features(features).validate_all(wasm).is_ok();
    let mut needed = PROPOSALS.iter().fold(features(), |all, (proposal, _)| all | *proposal);
    if !is_valid(needed) {
        return ActivationError::Invalid { detail: error.to_string() };
    }
    let mut used = Vec::new();
    for (proposal, name) in PROPOSALS {
        let without = needed.difference(proposal);
        if is_valid(without) {
            needed = without;
        } else {
            used.push(name);
        }
    }
    ActivationError::Invalid { detail: format!("{error}: it uses {}", used.join(", ")) }
}

impl From<wasmparser::BinaryReaderError> for ActivationError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid { detail: error.to_string() }
    }
}

impl<'a> Module<'a> {
    /// Validates and reads `wasm`, with all checks of this file.
    pub(crate) fn parse(wasm: &'a [u8], debug: bool) -> Result<Self, ActivationError> {
        Validator::new_with_features(features()).validate_all(wasm).map_err(|error| invalid(wasm, &error))?;
        let mut module = Module { bytes: wasm, ..Module::default() };
        for payload in Parser::new(0).parse_all(wasm) {
            module.section(payload?)?;
        }
        module.check_imports(debug)?;
        module.check_names()?;
        module.check_interface()?;
        module.check_segments()?;
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), ActivationError> {
        self.keep(&payload);
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.import(import?)?;
                }
            }
            Payload::FunctionSection(types) => extend(&mut self.function_types, types)?,
            Payload::TableSection(tables) => extend(&mut self.tables, tables)?,
            Payload::MemorySection(memories) => extend(&mut self.memories, memories)?,
            Payload::GlobalSection(globals) => extend(&mut self.globals, globals)?,
            Payload::ExportSection(exports) => extend(&mut self.exports, exports)?,
            Payload::StartSection { .. } => self.start = true,
            Payload::ElementSection(elements) => extend(&mut self.elements, elements)?,
            Payload::DataSection(datas) => extend(&mut self.datas, datas)?,
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(names) = custom.as_known() {
                    self.names(names)?;
                }
            }
            Payload::DataCountSection { .. } => {
                return Err(ActivationError::Section { section: "data count" });
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes the sections that can be copied as they are.
    fn keep(&mut self, payload: &Payload<'a>) {
        let copied = matches!(
            payload,
            Payload::TypeSection(_)
                | Payload::ImportSection(_)
                | Payload::FunctionSection(_)
                | Payload::TableSection(_)
                | Payload::MemorySection(_)
                | Payload::ElementSection(_)
                | Payload::DataSection(_)
        );
        if let (true, Some((id, range))) = (copied, payload.as_section()) {
            self.kept.push((id, range));
        }
    }

    fn import(&mut self, import: Import<'a>) -> Result<(), ActivationError> {
        let TypeRef::Func(ty) = import.ty else {
            let (module, name) = (import.module.to_owned(), import.name.to_owned());
            return Err(ActivationError::ImportKind { module, name });
        };
        self.function_types.push(ty);
        self.imports.push(import);
        Ok(())
    }

    /// A damaged name section is refused, although nothing else depends on it.
    fn names(&mut self, names: NameSectionReader<'a>) -> Result<(), ActivationError> {
        for subsection in names {
            match subsection? {
                Name::Module { name, .. } => self.name = name,
                Name::Function(functions) => {
                    for naming in functions {
                        naming?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Type of a function, by its index in the function index space.
    pub(crate) fn function_type(&self, function: u32) -> Option<&FuncType> {
        let ty = self.function_types.get(function as usize)?;
        self.types.get(*ty as usize)
    }

    /// The only memory. `parse` has checked that there is one.
    pub(crate) fn memory(&self) -> Result<&MemoryType, ActivationError> {
        self.memories.first().ok_or(ActivationError::MissingMemory)
    }

    /// True if the memory can never grow, so that growing needs no payment.
    pub(crate) fn memory_is_fixed(&self) -> bool {
        self.memories.first().is_some_and(|memory| memory.maximum == Some(memory.initial))
    }

    /// Index of the import that pays for growth.
    pub(crate) fn pay_for_memory_grow(&self) -> Option<u32> {
        let found = self.imports.iter().position(|import| import.module == VM_HOOKS && import.name == PAY_FOR_MEMORY_GROW);
        found.map(|index| index as u32)
    }

    /// Index of the function that is exported as the entry point.
    pub(crate) fn entrypoint(&self) -> Option<u32> {
        self.exported(ENTRYPOINT, ExternalKind::Func)
    }

    fn exported(&self, name: &str, kind: ExternalKind) -> Option<u32> {
        let export = self.exports.iter().find(|e| e.name == name && e.kind == kind)?;
        Some(export.index)
    }

    fn check_imports(&self, debug: bool) -> Result<(), ActivationError> {
        for (import, ty) in self.imports.iter().zip(&self.function_types) {
            check_reserved(import.name)?;
            let (module, name) = (import.module.to_owned(), import.name.to_owned());
            let Some(hook) = hooks::find(import.module, import.name, debug) else {
                return Err(ActivationError::UnknownImport { module, name });
            };
            let ty = &self.types[*ty as usize];
            if ty.params() != hook.params || ty.results() != hook.results {
                return Err(ActivationError::ImportSignature { module, name });
            }
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), ActivationError> {
        for export in &self.exports {
            let last = export.name.rsplit("__").next().unwrap_or_default();
            check_reserved(last)?;
            if self.imports.iter().any(|import| import.name == last) {
                let name = export.name.to_owned();
                return Err(ActivationError::ExportNamedAsImport { name });
            }
        }
        Ok(())
    }

    fn check_interface(&self) -> Result<(), ActivationError> {
        if self.start {
            return Err(ActivationError::StartFunction);
        }
        let entrypoint = self.entrypoint().ok_or(ActivationError::MissingEntrypoint)?;
        let ty = self.function_type(entrypoint).ok_or(ActivationError::MissingEntrypoint)?;
        if ty.params() != [ValType::I32] || ty.results() != [ValType::I32] {
            return Err(ActivationError::EntrypointType);
        }
        if self.exported(MEMORY, ExternalKind::Memory).is_none() {
            return Err(ActivationError::MissingMemory);
        }
        if !self.memory_is_fixed() && self.pay_for_memory_grow().is_none() {
            return Err(ActivationError::MissingPayForMemoryGrow);
        }
        Ok(())
    }

    /// Active segments must fit at the start, empty ones included.
    fn check_segments(&self) -> Result<(), ActivationError> {
        let memory = self.memory()?.initial * PAGE_BYTES;
        for (index, data) in self.datas.iter().enumerate() {
            if let DataKind::Active { offset_expr, .. } = &data.kind {
                let end = offset(offset_expr)? + data.data.len() as u64;
                check_segment("data", index, end, memory)?;
            }
        }
        for (index, element) in self.elements.iter().enumerate() {
            if let ElementKind::Active { table_index, offset_expr } = &element.kind {
                let entries = match &element.items {
                    ElementItems::Functions(items) => items.count(),
                    ElementItems::Expressions(_, items) => items.count(),
                };
                let table = self.tables.get(table_index.unwrap_or_default() as usize);
                let size = table.map_or(0, |table| table.ty.initial);
                check_segment("element", index, offset(offset_expr)? + u64::from(entries), size)?;
            }
        }
        Ok(())
    }
}

fn extend<'a, T: wasmparser::FromReader<'a>>(
    list: &mut Vec<T>,
    section: wasmparser::SectionLimited<'a, T>,
) -> Result<(), ActivationError> {
    for item in section {
        list.push(item?);
    }
    Ok(())
}

fn check_reserved(name: &str) -> Result<(), ActivationError> {
    if name.starts_with(RESERVED) {
        return Err(ActivationError::ReservedName { name: name.to_owned() });
    }
    Ok(())
}

fn check_segment(what: &'static str, index: usize, end: u64, size: u64) -> Result<(), ActivationError> {
    if end > size {
        return Err(ActivationError::SegmentOutOfBounds { what, index, end, size });
    }
    Ok(())
}

/// Offset of an active segment. Only a constant can be there: globals are not imported, and
/// extended constant expressions do not exist in Stylus.
fn offset(expression: &ConstExpr<'_>) -> Result<u64, ActivationError> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(u64::from(value as u32)),
        other => Err(ActivationError::Operator { operator: format!("{other:?}") }),
    }
}
