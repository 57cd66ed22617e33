//! Ports: what the services need of the outside, implemented by adapters and by the test kit.

mod backend;
mod blobs;
mod causes;
mod chain;
mod clock;
mod journal;
mod relay;
mod signer;

pub use backend::{Backend, BackendError, BackendInfo, Completion, CompletionRequest};
pub use blobs::{BLOB_BYTES_MAX, BlobError, Blobs, parse_urn, urn_of};
pub use causes::with_causes;
pub use chain::{Chain, ChainError, ErrorClass};
pub use clock::{Clock, SystemClock};
pub use journal::{Journal, JournalError};
pub use relay::{Relay, RelayError};
pub use signer::{Signer, SignerError};
