//! What every Stylus contract here shares: ABI bytes, revert data, ownership, calls to peers, token transfers, signatures.
//!
//! A public function returns `Result<T, Revert>`; `?` turns any Solidity error declared with `sol!` into revert data, and
//! what a peer reverted with passes through unchanged.

extern crate alloc;

pub mod abi;
mod call;
mod modules;
mod ownable;
mod peer;
mod revert;
mod signature;
mod token;

pub use abi::{Cursor, Fields, Quote, QuoteInputs, Row};
pub use call::{call, call_raw, notify, tell_raw, view, view_raw};
pub use modules::{AlreadyOpen, ModuleCapChanged, ModuleClosed, ModuleProposed, Modules, NotOpen, Opened, refused};
pub use ownable::{Ownable, OwnershipTransferStarted, OwnershipTransferred};
pub use peer::PeerRecord;
pub use revert::{InputOutOfRange, Revert, Unauthorized, ZeroAddress, nonzero, only, out_of_range};
pub use signature::{Signature, check_signature, contract_agrees};
pub use token::{
    Authorization, Permit, TransferFailed, answers_one_word, approve, must_be_spent, permit, receive_with_authorization,
    transfer, transfer_from,
};
