//! The life of a task: open, precommit, reveal, ended.
//!
//! ```text
//!  answer       kinds of answers, and which bytes of one are compared
//!  eip712       domains and digests of what is signed
//!  consensus    when enough replicas agree                (knows only who follows whom)
//!  range        a value that is out of its range
//!  ending       how a task ends, and what a miner is punished for
//!  lane         from phase to phase, in two words a task                  -> consensus, range, ending, eip712
//!  jury         whom a keeper must bring to it, and its bond              -> lane, range, eip712
//! ```
//!
//! Each module uses those above it, never one below.

pub mod answer;
pub mod consensus;
pub mod eip712;
mod ending;
pub mod jury;
pub mod lane;
mod range;

pub use ending::{Offence, Status};
pub use range::{TermsError, in_range};
