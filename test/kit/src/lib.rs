//! Test kit: the real contracts on an in-process chain whose clock the test owns.
//!
//! - [`TestNet`]: chain, deployed and wired network, funded accounts, time control.
//! - [`lane`]: sessions, tasks and signed messages in a line each.
//! - [`TestNet::drawn`], [`TestNet::secrets`]: whom the jury has a keeper bring, and by which secrets.
//! - [`goldens`]: what tests measured before, in files.
//! - [`solo`]: one contract alone, without a socket: every error, every event.
//! - [`foreign`]: programs that others wrote.
//! - [`model_server`]: an inference server without a model.
//! - [`cases`], [`Seed`]: how many random cases a test makes, and from which seed.
//! - [`paths`]: where the compiled contracts and the `cor` binary are.

pub mod foreign;
pub mod goldens;
pub mod lane;
pub mod paths;
pub mod solo;

mod inference;
mod jury;
mod net;
mod random;

pub use inference::model_server;
pub use net::{COR, TestNet, digest, event};
pub use random::{Seed, cases};
