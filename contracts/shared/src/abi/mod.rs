//! ABI bytes, and what contracts ask of each other in them.
//!
//! ```text
//!  codec   one reader and one writer of ABI bytes, word by word
//!  row     structs of plain numbers as arguments and results     -> codec
//!  quote   the question of a price, and its answer               -> row
//!  peers   selectors of every function that a contract asks of another, and the typed calls
//! ```

mod codec;
mod peers;
mod quote;
mod row;

pub use codec::{Answer, Decode, Decoder, Encode, Encoder, WORD, emit, words_of};
pub use peers::{NodePool, QUOTE, RESERVE_PRICE, SessionPayment, Staking, message};
pub use quote::{Quote, QuoteInputs, ask_quote};
pub use row::{Cursor, Fields, Row};
