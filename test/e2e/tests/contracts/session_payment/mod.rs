//! SessionPayment as compiled, on the dev chain: every error, every event, every role, and a model made of the rules alone.

mod actions;
mod differential;
mod errors;
mod lifecycle;
mod model;
mod roles;
mod world;
