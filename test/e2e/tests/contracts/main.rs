//! The contracts as compiled, on the dev chain: one program, so that their WASM is compiled to native code once for all tests.

mod calldata;
mod cor;
mod deployment;
mod gas;
mod jury;
mod lane;
mod lens;
mod node_pool;
mod receipts;
mod replacement;
mod runtime;
mod session_payment_table;
mod staking;
mod support;
mod vault;
