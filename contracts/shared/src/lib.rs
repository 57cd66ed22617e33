//! What every Stylus contract here shares: revert data, ownership, calls to peers, token transfers, signatures.
//!
//! A public function returns `Result<T, Revert>`; `?` turns any Solidity error declared with `sol!` into revert data, and
//! what a peer reverted with passes through unchanged.

extern crate alloc;

mod call;
mod ownable;
mod quote;
mod revert;
mod row;
mod signature;
mod token;

pub use call::{call, view};
pub use ownable::{Ownable, OwnershipTransferStarted, OwnershipTransferred};
pub use quote::{Quote, QuoteInputs, ask_quote};
pub use revert::{Revert, Unauthorized, ZeroAddress, nonzero, only};
pub use row::{Cursor, Fields, Row};
pub use signature::{Signature, check_signature};
pub use token::{TransferFailed, approve, transfer, transfer_from};
