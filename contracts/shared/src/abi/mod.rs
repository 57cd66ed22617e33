//! ABI bytes, and what contracts ask of each other in them.
//!
//! ```text
//!  codec   one reader and one writer of ABI bytes, word by word
//!  row     structs of plain numbers as arguments and results
//!  quote   the inputs of a price, and the price                  -> row
//!  peers   every function that a contract asks of another
//! ```

mod codec;
mod peers;
mod quote;
mod row;

pub use codec::{Answer, Decode, Decoder, Encode, Encoder, Octets, WORD, emit, words_of};
pub use peers::{LanePeer, LaneWords, NodePool, Staking, Table, Vault, VaultPeer, message};
pub use quote::{Quote, QuoteInputs};
pub use row::{Cursor, Fields, Row};
