//! NodePool as compiled, on the dev chain: every error, every event, every reason against a node, every role, and random steps against the rules
//! compiled natively.

mod people;
mod roles;
mod service;
