//! Ports: what keeper and miner talk about, and what their services need of the outside.
//!
//! - [`domain`]: tasks, miners, messages as plain values.
//! - [`lane`]: the on-chain lane's hashes, by the formulas of `cor_core`.
//! - [`jury`]: the choice of miners, by the same.
//! - The traits, implemented by adapters and by the test kit, each with its error.

mod backend;
mod blobs;
mod causes;
mod chain;
mod clock;
pub mod domain;
mod intake;
mod journal;
pub mod jury;
pub mod lane;
mod redacted;
mod relay;
mod signer;

pub use backend::{Backend, BackendError, BackendInfo, Completion, CompletionRequest};
pub use blobs::{BLOB_BYTES_MAX, BlobError, Blobs, parse_urn, urn_of};
pub use causes::with_causes;
pub use chain::{Chain, ChainError, RevertError};
pub use clock::{Clock, SystemClock};
pub use intake::{Intake, IntakeError, MessageRefusal};
pub use journal::{Journal, JournalError};
pub use jury::Jury;
pub use redacted::redacted;
pub use relay::{Refusal, Relay, RelayError};
pub use signer::{Signer, SignerError};
