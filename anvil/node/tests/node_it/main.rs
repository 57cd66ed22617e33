//! The node, driven from outside: by raw JSON-RPC and by alloy's provider.

mod bytecode;
mod client;
mod spawn;
mod transactions;
