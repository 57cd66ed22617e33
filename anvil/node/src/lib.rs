//! A development chain: EVM and Stylus programs in one call tree, over Anvil's JSON-RPC.
//!
//! ```no_run
//! # async fn example() -> Result<(), cor_anvil::NodeError> {
//! use cor_anvil::{Node, NodeConfig};
//!
//! let node = Node::spawn(NodeConfig::test()).await?;
//! println!("{:?} for {}", node.http_endpoint(), node.accounts()[0].address);
//! assert_eq!(node.chain().block_number(), 0);
//! node.stop().await
//! # }
//! ```
//!
//! - [`NodeConfig`]: settings, named as Anvil's flags.
//! - [`Node::spawn`] and [`NodeHandle`]: a node with or without a socket.
//! - [`chain::Chain`]: the chain itself, for direct calls.
//! - [`Clock`]: where the time comes from; [`ManualClock`] makes a run deterministic.
//! - [`harness::TestChain`]: tests and fuzzing of contracts in one thread, without a node.
//! - [`evm::Executor`]: execution alone, without blocks.
//! - [`arbos`]: the ArbOS releases and the accounts a chain starts with.
//!
//! # What differs from a Nitro node
//! - The parent chain's data costs nothing: `gasUsedForL1` is 0. A price the owner sets is reported by ArbGasInfo and not charged.
//! - The module hash of an activation is keccak-256 of code hash and Stylus version, not the root of a WAVM module.
//! - Messages to the parent chain are counted and gathered under a root; nobody carries them out.
//! - JavaScript tracers are not run; the one cargo stylus sends is recognised and answered by `stylusTracer`.

pub mod arbos;
pub mod chain;
pub mod evm;
pub mod harness;

mod accounts;
mod clock;
mod config;
mod error;
mod fork;
mod genesis_file;
mod mnemonic;
mod node;
mod rpc;
mod sealed;
mod state;

pub use accounts::{DEFAULT_DERIVATION_PATH, DEFAULT_MNEMONIC, DevAccount, NITRO_DEV_KEY, Wallet};
pub use chain::Activity;
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{
    BLOCK_GAS_LIMIT, DEFAULT_BALANCE_ETHER, DEFAULT_BASE_FEE_WEI, DEFAULT_CALL_GAS_CAP, DEFAULT_CHAIN_ID, DEFAULT_PORT,
    DEFAULT_STATES_KEPT, Mining, NITRO_DEVNODE_PORT, NodeConfig, Order,
};
pub use error::NodeError;
pub use fork::{ForkConfig, ForkError, ForkHeader};
pub use genesis_file::{GenesisError, GenesisFile};
pub use mnemonic::{MNEMONIC_WORDS, random_mnemonic};
pub use node::{Node, NodeHandle};
