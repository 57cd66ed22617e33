//! The jury on the compiled WASM, with token, pool and Staking as they are.

mod attacks;
mod disputes;
mod gas;
mod keepers;
mod lane;
mod replay;
mod roles;
mod rosters;
mod settings;
mod summons;
mod world;
