//! What can go wrong outside of a run. Codes: 1xx activation, 2xx deployed code, 3xx engine
//! (4xx, the chain's answers, stand in [`ApiError`](crate::ApiError)).

use std::error::Error;

/// A module that cannot be activated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// Not WebAssembly, or it uses a proposal that Stylus does not have (reference types, SIMD,
    /// threads, multi-value, tail calls, exceptions, 64-bit memory…).
    #[error("VM-101: not a module Stylus accepts: {detail}")]
    Invalid {
        /// The validator's words and the byte offset.
        detail: String,
    },
    /// A section that programs may not have.
    #[error("VM-102: section {section} is not supported; re-encode the module")]
    Section {
        /// What the section is called.
        section: &'static str,
    },
    /// A count passes its limit.
    #[error("VM-103: too many {what}: {count}, the limit is {limit}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many there may be.
        limit: u64,
    },
    /// There is a start function.
    #[error("VM-104: start functions are not allowed; do the work in user_entrypoint")]
    StartFunction,
    /// Nothing to call.
    #[error("VM-105: no function is exported as user_entrypoint")]
    MissingEntrypoint,
    /// `user_entrypoint` has another type than `(i32) -> i32`.
    #[error("VM-106: user_entrypoint must take one i32 and return one i32")]
    EntrypointType,
    /// No memory is exported as `memory`.
    #[error("VM-107: no memory is exported as \"memory\"")]
    MissingMemory,
    /// The memory can grow but the program does not import the way to pay for it.
    #[error("VM-108: missing import vm_hooks.pay_for_memory_grow, and the memory can grow")]
    MissingPayForMemoryGrow,
    /// An import nobody provides.
    #[error("VM-109: unknown import {module}.{name}")]
    UnknownImport {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// A host call imported with another signature.
    #[error("VM-110: import {module}.{name} has the wrong signature")]
    ImportSignature {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// An imported memory, table, global or tag.
    #[error("VM-111: import {module}.{name} is not a function")]
    ImportKind {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// An export whose last part (after `__`) begins with `stylus`.
    #[error("VM-112: {name} is a reserved name")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// An export whose last part (after `__`) is the name of an import.
    #[error("VM-113: export {name} has the name of an import")]
    ExportNamedAsImport {
        /// The name.
        name: String,
    },
    /// An operator that has no price.
    #[error("VM-114: operator {operator} is not supported")]
    Operator {
        /// The operator.
        operator: String,
    },
    /// A data or element segment outside of the initial memory or table.
    #[error("VM-115: {what} segment {index} ends at {end}, there is room for {size}")]
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
    #[error("VM-116: {what} is {value}, more than can be stored")]
    CostOverflow {
        /// Which figure.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// The native compiler gave up.
    #[error("VM-117: the native compiler refuses the module: {detail}")]
    Native {
        /// The compiler's words.
        detail: String,
    },
}

/// Bytes that are not a deployed program, or wasm that cannot be prepared for deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// Not WebAssembly, neither binary nor text.
    #[error("VM-201: not WebAssembly: {detail}")]
    NotWasm {
        /// The parser's words.
        detail: String,
    },
    /// Code without a Stylus prefix.
    #[error("VM-202: no Stylus program: the code does not begin with ef f0 00 or ef f0 02")]
    NotProgram,
    /// The prefix is there, the rest of the header is not.
    #[error("VM-203: the program's header is cut off after {len} bytes")]
    Truncated {
        /// Bytes there are.
        len: usize,
    },
    /// Compressed with the Stylus dictionary, which is not free.
    #[error("VM-204: unsupported dictionary 1 (Stylus); compress without a dictionary")]
    UnsupportedDictionary,
    /// A dictionary nobody knows.
    #[error("VM-205: unknown dictionary {id}")]
    UnknownDictionary {
        /// The byte after the prefix.
        id: u8,
    },
    /// Not a brotli stream.
    #[error("VM-206: the program is not a valid brotli stream")]
    Brotli,
    /// More bytes than allowed after decompression.
    #[error("VM-207: the program has more than {limit} bytes after decompression")]
    TooLarge {
        /// Bytes it may have.
        limit: u32,
    },
    /// More fragments than allowed, or none.
    #[error("VM-208: the program has {count} fragments, allowed are 1 to {limit}")]
    FragmentCount {
        /// Fragments named by the root.
        count: usize,
        /// Fragments there may be; 0 on chains without fragments.
        limit: u8,
    },
    /// The account of a fragment holds something else.
    #[error("VM-209: fragment {index} is not there: its code does not begin with ef f0 01")]
    NotFragment {
        /// Which one.
        index: usize,
    },
}

/// The engine could not do its work. Says nothing about what a program did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VmError {
    /// The native engine does not work on this machine.
    #[error("VM-301: the native engine cannot be set up: {detail}")]
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
    #[error("VM-302: the program cannot be instantiated: {detail}")]
    Instantiate {
        /// The engine's words.
        detail: String,
    },
    /// The chain broke while the program was running.
    #[error("VM-303: the chain failed under a running program")]
    Chain(#[source] Box<dyn Error + Send + Sync>),
}
