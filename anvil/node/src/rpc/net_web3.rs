//! `net_*` and `web3_*`.

use alloy_primitives::{Bytes, U64, keccak256};

use super::Namespace;

/// What the node calls itself. Tools look for "anvil" or "nitro" to learn what they talk to: it takes the methods of the first.
pub(super) const CLIENT_VERSION: &str = concat!("anvil/cor-v", env!("CARGO_PKG_VERSION"));

pub(super) fn register(namespace: &mut Namespace) {
    namespace.quick("net_version", |chain, ()| Ok(chain.chain_id().to_string()));
    namespace.alias("net_version", &["eth_networkId"]);
    namespace.quick("net_listening", |_, ()| Ok(true));
    namespace.quick("net_peerCount", |_, ()| Ok(U64::ZERO));
    namespace.quick("web3_clientVersion", |_, ()| Ok(CLIENT_VERSION));
    namespace.quick("web3_sha3", |_, (data,): (Bytes,)| Ok(keccak256(data)));
}
