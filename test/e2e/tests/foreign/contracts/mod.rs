//! Contracts as strangers write them (`test/contracts`), deployed, activated and driven over JSON-RPC: they behave as their docs say.

mod calls;
mod large;
mod money;
mod store;
mod tokens;
