//! Vault as compiled, on the dev chain: every error, every event, every role, hostile modules, and a model that shares nothing with it.

mod actions;
mod differential;
mod gas;
mod handlers;
mod model;
mod modules;
mod money;
mod order;
mod program;
mod roles;
mod world;
