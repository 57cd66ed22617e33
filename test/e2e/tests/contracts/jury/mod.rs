//! The jury on the compiled WASM, with token, pool and Staking as they are.

mod actions;
mod around;
mod attacks;
mod differential;
mod disputes;
mod gas;
mod keepers;
mod lane;
mod one_of_each;
mod oracle;
mod pair;
mod perform;
mod replay;
mod roles;
mod rosters;
mod settings;
mod summons;
pub(crate) mod world;
