//! The contracts over JSON-RPC.
//!
//! - [`RpcChain`]: the ports `Chain` and `Jury`, with a durable outbox.
//! - [`Account`]: a key that sends single transactions and waits for them; what the command line uses.

mod account;
mod bind;
mod calls;
mod events;
mod jury;
mod outbox;
mod read;
mod task;
#[cfg(test)]
pub(crate) mod tests;

use std::{sync::Arc, time::Duration};

use alloy::{
    primitives::{Address, B256},
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use async_trait::async_trait;
use cor_ports::domain::{CorWei, Head, LaneCall, LaneDomain, NodeRecord, SentCall, TaskRecord};
use cor_ports::{Chain, ChainError, Journal, jury::Times, with_causes};
use cor_wire::deployment::Deployment;
use tokio::sync::OnceCell;

pub use account::{Account, Mined, explain, read_error};
pub(crate) use events::Event;
pub use events::slash_number;
pub(crate) use jury::JuryViews;
use outbox::Outbox;
pub use read::head;
pub use task::task_record;

/// How long a node may take to accept a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long a node may take to answer a call: a node that stands still is one that cannot be reached.
const CALL_PATIENCE: Duration = Duration::from_secs(30);

/// Connects to a node and checks that it is the chain it should be, where that is known.
///
/// # Errors
/// `Unreachable`, `Refused` or `WrongChain`.
pub async fn connect(endpoint: &str, chain_id: Option<u64>) -> Result<DynProvider, ChainError> {
    cor_tls::ensure_provider();
    let unreachable = |reason: String| ChainError::Unreachable { endpoint: endpoint.to_owned(), reason };
    let url = endpoint.parse().map_err(|error| unreachable(format!("not a URL: {error}")))?;
    let client = reqwest::Client::builder().connect_timeout(CONNECT_PATIENCE).timeout(CALL_PATIENCE).build();
    let client = client.map_err(|error| unreachable(with_causes(&error.without_url())))?;
    let provider = ProviderBuilder::new().disable_recommended_fillers().connect_reqwest(client, url).erased();
    let found = provider.get_chain_id().await.map_err(|error| explain(endpoint, "eth_chainId", error))?;
    match chain_id {
        Some(expected) if expected != found => Err(ChainError::WrongChain { expected, found }),
        _ => Ok(provider),
    }
}

/// The contracts, read and written with one key.
pub struct RpcChain {
    endpoint: String,
    provider: DynProvider,
    deployment: Deployment,
    outbox: Outbox,
    /// What the jury was constructed with, once it was read.
    times: OnceCell<Times>,
}

impl RpcChain {
    /// The network of `deployment` by the node at `endpoint`, written with `key`; signed transactions are kept in `journal` first. The journal
    /// is bound to the network at its first use.
    ///
    /// # Errors
    /// As [`connect`]; `HistoryMissing` if the node does not have the first block of the deployment, `OtherJournal`, those of the journal.
    pub async fn open(
        endpoint: &str,
        deployment: Deployment,
        key: PrivateKeySigner,
        journal: Arc<dyn Journal>,
    ) -> Result<Self, ChainError> {
        let provider = connect(endpoint, Some(deployment.chain_id)).await?;
        bind::to_network(journal.as_ref(), endpoint, &provider, &deployment).await?;
        let account = Account::new(endpoint, provider.clone(), deployment.chain_id, key);
        let outbox = Outbox::new(account, journal);
        Ok(Self { endpoint: endpoint.to_owned(), provider, deployment, outbox, times: OnceCell::new() })
    }
}

#[async_trait]
impl Chain for RpcChain {
    fn domain(&self) -> LaneDomain {
        LaneDomain { chain_id: self.deployment.chain_id, lane: self.deployment.lane }
    }

    fn address(&self) -> Address {
        self.outbox.address()
    }

    async fn head(&self) -> Result<Head, ChainError> {
        head(&self.provider, &self.endpoint).await
    }

    fn first_block(&self) -> u64 {
        self.deployment.from_block
    }

    async fn touched_tasks(&self, from: u64, to: u64) -> Result<Vec<B256>, ChainError> {
        self.read_touched_tasks(from, to).await
    }

    async fn task(&self, id: B256) -> Result<Option<TaskRecord>, ChainError> {
        task_record(&self.provider, &self.endpoint, &self.deployment, id).await
    }

    async fn is_keeper(&self, account: Address) -> Result<bool, ChainError> {
        self.read_is_keeper(account).await
    }

    async fn node(&self, node: Address) -> Result<Option<NodeRecord>, ChainError> {
        self.read_node(node).await
    }

    async fn earnings(&self, account: Address) -> Result<CorWei, ChainError> {
        self.read_earnings(account).await
    }

    async fn send(&self, call: LaneCall) -> Result<SentCall, ChainError> {
        let key = call.effect_key();
        let (data, label) = calls::encode(call);
        self.outbox.send(&key, self.deployment.lane, data, label).await
    }
}
