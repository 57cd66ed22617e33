//! SessionQueue as compiled, with its real peers, on the dev chain: the whole lane, every error, every event, every role, its gas,
//! and a model made of the rules alone.

mod actions;
mod batches;
mod calldata;
mod deadlines;
mod differential;
mod errors;
mod gas;
mod lane;
mod model;
mod offences;
mod roles;
mod table;
mod world;
