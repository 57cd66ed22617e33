//! NodePool as compiled, on the dev chain: every error, every event, every reason against a node, every role, and random steps against a model
//! of its own.

mod differential;
mod model;
mod people;
mod roles;
mod service;
