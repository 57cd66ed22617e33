//! SessionPaymentTable as compiled, on the dev chain: every error, every event, every role, attacks on its promises, and an oracle beside it
//! that shares none of its code.

mod attacks;
mod differential;
mod errors;
mod models;
mod oracle;
mod quotes;
mod roles;
mod versions;
mod world;
