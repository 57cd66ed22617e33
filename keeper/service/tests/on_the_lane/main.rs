//! Keeper and miner on a lane in memory, which goes by the rules of `cor_core`: what they decide, what they do together, and what each does when the other,
//! the chain or its own machine fails it.

mod chain;
mod crews;
mod draws;
mod heads;
mod heard;
mod jury;
mod keeper_machine;
mod lane;
mod lies;
mod miner_machine;
mod presence;
mod recovery;
mod rush;
mod secrets;
mod together;
mod two_faced;
mod wire;
mod world;
