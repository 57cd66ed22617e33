//! The node, driven from outside: by raw JSON-RPC and by alloy's provider.

mod accounts;
mod activity;
mod bytecode;
mod client;
mod errors;
mod filters;
mod fork;
mod fork_cache;
mod fuzz;
mod history;
mod ipc;
mod methods;
mod mining;
mod parity;
mod proofs;
mod provider;
mod queries;
mod simulate;
mod snapshots;
mod spawn;
mod starts;
mod state_file;
mod stylus;
mod subscriptions;
mod tracing;
mod transactions;
