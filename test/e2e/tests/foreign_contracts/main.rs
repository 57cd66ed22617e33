//! Contracts as strangers write them (`test/contracts`), deployed, activated and driven over JSON-RPC: they behave as their docs say.

mod calls;
mod large;
mod money;
#[path = "../support/place.rs"]
mod place;
mod store;
mod tokens;
