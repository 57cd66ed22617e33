//! Machines without IO: they look at what the chain, the keeper and the miners said and return what to do. What they need beside that and must not lose, the
//! services journal: the epochs whose secrets a keeper has to show, and the answer that a miner is bound to.

pub mod keeper;
pub mod miner;
mod open_task;
pub(crate) mod pause;
mod policy;
mod served;
mod serving;
pub mod tx;
