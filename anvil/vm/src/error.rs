//! What can go wrong outside of a run. In the table of errors: 1xx activation, 2xx deployed code, 3xx engine
//! (4xx, the chain's answers, are those of [`ApiError`](crate::ApiError)).

use std::error::Error;

use cor_errors::{Coded, Entry, table::vm};

/// A module that cannot be activated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// Not WebAssembly in binary form.
    #[error("not WebAssembly: the bytes begin with {}, a module begins with 0061736d", hex(.begin))]
    NotWasm {
        /// The first four bytes.
        begin: Vec<u8>,
    },
    /// Not WebAssembly, or it uses a proposal that Stylus does not have (reference types, SIMD,
    /// threads, multi-value, tail calls, exceptions, 64-bit memory…).
    #[error("not a module Stylus accepts: {detail}")]
    Invalid {
        /// The validator's words, the byte offset, and the proposals that the module uses if that is all.
        detail: String,
    },
    /// A section that programs may not have.
    #[error("section {section} is not supported")]
    Section {
        /// What the section is called.
        section: &'static str,
    },
    /// A count passes its limit.
    #[error("too many {what}: {count}, the limit is {limit}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many there may be.
        limit: u64,
    },
    /// There is a start function.
    #[error("start functions are not allowed")]
    StartFunction,
    /// Nothing to call.
    #[error("no function is exported as user_entrypoint")]
    MissingEntrypoint,
    /// `user_entrypoint` has another type than `(i32) -> i32`.
    #[error("user_entrypoint must take one i32 and return one i32")]
    EntrypointType,
    /// No memory is exported as `memory`.
    #[error("no memory is exported as \"memory\"")]
    MissingMemory,
    /// The memory can grow but the program does not import the way to pay for it.
    #[error("missing import vm_hooks.pay_for_memory_grow, and the memory can grow")]
    MissingPayForMemoryGrow,
    /// An import nobody provides.
    #[error("unknown import {module}.{name}")]
    UnknownImport {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// A host call imported with another signature.
    #[error("import {module}.{name} has the wrong signature")]
    ImportSignature {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// An imported memory, table, global or tag.
    #[error("import {module}.{name} is not a function")]
    ImportKind {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// An export whose last part (after `__`) begins with `stylus`.
    #[error("{name} is a reserved name")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// An export whose last part (after `__`) is the name of an import.
    #[error("export {name} has the name of an import")]
    ExportNamedAsImport {
        /// The name.
        name: String,
    },
    /// An operator that has no price.
    #[error("operator {operator} is not supported")]
    Operator {
        /// The operator.
        operator: String,
    },
    /// A data or element segment outside of the initial memory or table.
    #[error("{what} segment {index} ends at {end}, there is room for {size}")]
    SegmentOutOfBounds {
        /// `data` or `element`.
        what: &'static str,
        /// Index of the segment.
        index: usize,
        /// First byte or entry after it.
        end: u64,
        /// Bytes or entries there are at the start.
        size: u64,
    },
    /// A figure that does not fit the field it is stored in.
    #[error("{what} is {value}, more than can be stored")]
    CostOverflow {
        /// Which figure.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// The native compiler gave up.
    #[error("the native compiler refuses the module: {detail}")]
    Native {
        /// The compiler's words.
        detail: String,
    },
}

impl Coded for ActivationError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NotWasm { .. } => &vm::NOT_WASM,
            Self::Invalid { .. } => &vm::INVALID_MODULE,
            Self::Section { .. } => &vm::UNSUPPORTED_SECTION,
            Self::Limit { .. } => &vm::MODULE_LIMIT,
            Self::StartFunction => &vm::START_FUNCTION,
            Self::MissingEntrypoint => &vm::MISSING_ENTRYPOINT,
            Self::EntrypointType => &vm::ENTRYPOINT_TYPE,
            Self::MissingMemory => &vm::MISSING_MEMORY,
            Self::MissingPayForMemoryGrow => &vm::MISSING_PAY_FOR_MEMORY_GROW,
            Self::UnknownImport { .. } => &vm::UNKNOWN_IMPORT,
            Self::ImportSignature { .. } => &vm::IMPORT_SIGNATURE,
            Self::ImportKind { .. } => &vm::IMPORT_KIND,
            Self::ReservedName { .. } => &vm::RESERVED_NAME,
            Self::ExportNamedAsImport { .. } => &vm::EXPORT_NAMED_AS_IMPORT,
            Self::Operator { .. } => &vm::UNSUPPORTED_OPERATOR,
            Self::SegmentOutOfBounds { .. } => &vm::SEGMENT_OUT_OF_BOUNDS,
            Self::CostOverflow { .. } => &vm::COST_OVERFLOW,
            Self::Native { .. } => &vm::NATIVE_COMPILER,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() { "nothing".to_owned() } else { alloy_primitives::hex::encode(bytes) }
}

/// Bytes that are not a deployed program, or wasm that cannot be prepared for deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// Not WebAssembly, neither binary nor text.
    #[error("not WebAssembly: {detail}")]
    NotWasm {
        /// The parser's words.
        detail: String,
    },
    /// Code without a Stylus prefix.
    #[error("no Stylus program: the code does not begin with ef f0 00 or ef f0 02")]
    NotProgram,
    /// The prefix is there, the rest of the header is not.
    #[error("the program's header is cut off after {len} bytes")]
    Truncated {
        /// Bytes there are.
        len: usize,
    },
    /// Compressed with the Stylus dictionary, which is not free.
    #[error("unsupported dictionary 1 (Stylus)")]
    UnsupportedDictionary,
    /// A dictionary nobody knows.
    #[error("unknown dictionary {id}")]
    UnknownDictionary {
        /// The byte after the prefix.
        id: u8,
    },
    /// Not a brotli stream.
    #[error("the program is not a valid brotli stream")]
    Brotli,
    /// More bytes than allowed after decompression.
    #[error("the program has {} bytes after decompression, the limit is {limit}", at_least(*.size, *.limit))]
    TooLarge {
        /// Bytes it has; none if nobody counted them, as a small stream can be one of very many.
        size: Option<u64>,
        /// Bytes it may have.
        limit: u32,
    },
    /// More fragments than allowed, or none.
    #[error("the program has {count} fragments, allowed are 1 to {limit}")]
    FragmentCount {
        /// Fragments named by the root.
        count: usize,
        /// Fragments there may be; 0 on chains without fragments.
        limit: u8,
    },
    /// The account of a fragment holds something else.
    #[error("fragment {index} is not there: its code does not begin with ef f0 01")]
    NotFragment {
        /// Which one.
        index: usize,
    },
}

impl Coded for PrepareError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NotWasm { .. } => &vm::NOT_WASM,
            Self::NotProgram => &vm::NOT_PROGRAM,
            Self::Truncated { .. } => &vm::TRUNCATED_HEADER,
            Self::UnsupportedDictionary => &vm::UNSUPPORTED_DICTIONARY,
            Self::UnknownDictionary { .. } => &vm::UNKNOWN_DICTIONARY,
            Self::Brotli => &vm::INVALID_BROTLI,
            Self::TooLarge { .. } => &vm::PROGRAM_TOO_LARGE,
            Self::FragmentCount { .. } => &vm::FRAGMENT_COUNT,
            Self::NotFragment { .. } => &vm::NOT_FRAGMENT,
        }
    }
}

fn at_least(size: Option<u64>, limit: u32) -> String {
    size.map_or_else(|| format!("more than {limit}"), |size| size.to_string())
}

/// The engine could not do its work. Says nothing about what a program did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VmError {
    /// The native engine cannot run on this host.
    #[error("the native engine cannot be set up: {detail}")]
    Engine {
        /// The engine's words.
        detail: String,
    },
    /// The module cannot be activated, so it cannot run either.
    #[error(transparent)]
    Activation(#[from] ActivationError),
    /// The deployed code holds no module.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// No memory or no handles for another instance.
    #[error("the program cannot be instantiated: {detail}")]
    Instantiate {
        /// The engine's words.
        detail: String,
    },
    /// The chain broke while the program was running.
    #[error("the chain failed under a running program")]
    Chain(#[source] Box<dyn Error + Send + Sync>),
}

impl Coded for VmError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Engine { .. } => &vm::ENGINE_SETUP,
            Self::Activation(error) => error.entry(),
            Self::Prepare(error) => error.entry(),
            Self::Instantiate { .. } => &vm::INSTANTIATE,
            Self::Chain(_) => &vm::CHAIN_FAILED,
        }
    }
}
