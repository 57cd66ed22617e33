//! Keeper and miner on a lane in memory, which goes by the rules of `cor_core`: what they decide, what they do together, and what each does when the other,
//! the chain or its own machine fails it.

mod chain;
mod keeper_machine;
mod lane;
mod lies;
mod miner_machine;
mod recovery;
mod together;
mod wire;
mod world;
