//! Staking as compiled, on the dev chain: attacks that once took stake, every error, every event, every role, and a model of it in plain maps that
//! uses none of the rules.

mod attacks;
mod differential;
mod handlers;
mod nodes;
mod roles;
mod slashers;
mod users;
pub(crate) mod world;
