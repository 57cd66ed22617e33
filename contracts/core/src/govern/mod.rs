//! Governance: what may act on others' money, from when on, and how much of it in a day.

pub mod module;
pub mod peer;
