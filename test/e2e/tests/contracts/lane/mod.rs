//! The lane of two words on the compiled WASM, with the vault, the pool, the table and Staking as they are.

mod actions;
mod attacks;
mod calls;
mod differential;
mod errors;
mod gas;
pub(crate) mod handlers;
mod life;
mod money;
mod oracle;
mod pair;
mod perform;
mod roles;
mod twin;
pub(crate) mod world;
