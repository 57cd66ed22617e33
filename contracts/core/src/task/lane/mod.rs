//! The on-chain lane in two words a task.
//!
//! A task is a *state* word and a *seal*. The seal is a hash over all that was said of the task: first its opening, then each record that a
//! transaction added. Whoever moves the task on brings that history along as calldata, which anyone can gather from the log, and the contract
//! compares its hash with the seal. So a task costs two new storage words, whatever it carries.
//!
//! ```text
//!  config    what the governor sets for later tasks, in one word
//!  terms     what a session fixes for its tasks, in one word
//!  tariff    what a replica, the network and the keeper cost under such terms, in one word
//!  history   opening, assignment, precommitments, reveals: bytes, and the seal over them    -> terms
//!  messages  what miners sign and commit to                                                 -> history
//!  state     phase, deadline, stages of the replicas, keeper, in one word
//!  steps     from phase to phase                                                            -> history, state
//!  split     who gets what at the end                                                       -> state, history
//! ```
//!
//! Each module uses those above it, never one below. Amounts are in grains of 1e9 wei, times in seconds since 1970.

mod config;
pub mod history;
pub mod messages;
pub mod split;
mod state;
mod steps;
mod tariff;
mod terms;

pub use config::LaneConfig;
pub use state::{LanePhase, LaneState, Seat, Seats, crew_mark};
pub use steps::{
    LaneError, Place, Reveal, Server, close, complete, finish, precommit, report, report_second, reveal, start, submit,
};
pub use tariff::{GRAIN_WEI, Price, Tariff, grains, grains_up};
pub use terms::LaneTerms;

#[cfg(test)]
mod tests;
