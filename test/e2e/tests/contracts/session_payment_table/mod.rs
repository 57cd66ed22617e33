//! SessionPaymentTable as compiled, on the dev chain: every error, every event, every role, and native prices against its own.

mod errors;
mod quotes;
mod versions;
mod world;
