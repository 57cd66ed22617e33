//! The jury on the compiled WASM, with token, pool and Staking as they are.

mod disputes;
mod world;
