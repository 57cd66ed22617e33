//! The lane of two words on the compiled WASM, with the vault, the pool, the table and Staking as they are.

mod attacks;
mod errors;
mod gas;
mod life;
mod money;
mod roles;
mod twin;
pub(crate) mod world;
