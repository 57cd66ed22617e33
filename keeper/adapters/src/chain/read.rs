//! What is read from the contracts, as domain values.

use std::collections::HashSet;

use alloy::{
    eips::BlockId,
    primitives::{Address, B256, U256},
    providers::{DynProvider, Provider},
    rpc::types::{Filter, Log},
};
use cor_core::task::lane::GRAIN_WEI;
use cor_ports::ChainError;
use cor_ports::domain::{CorWei, Head, Node, NodeRecord, Standing};
use cor_sol::{lens::ILens, node_pool::INodePool};
use cor_wire::deployment::Deployment;

use super::{
    RpcChain,
    account::{explain, read_error},
    events::Event,
};

impl RpcChain {
    fn lens(&self) -> ILens::ILensInstance<&DynProvider> {
        ILens::new(self.deployment.lens, &self.provider)
    }

    fn pool(&self) -> INodePool::INodePoolInstance<&DynProvider> {
        INodePool::new(self.deployment.node_pool, &self.provider)
    }

    fn failed(&self, what: &str, error: alloy::contract::Error) -> ChainError {
        read_error(&self.endpoint, what, error)
    }

    pub(super) async fn read_touched_tasks(&self, from: u64, to: u64) -> Result<Vec<B256>, ChainError> {
        let filter = Filter::new().address(self.deployment.lane).from_block(from).to_block(to);
        let logs = self.provider.get_logs(&filter).await.map_err(|error| explain(&self.endpoint, "eth_getLogs", error))?;
        Ok(tasks_of(&self.deployment, logs))
    }

    pub(super) async fn read_is_keeper(&self, account: Address) -> Result<bool, ChainError> {
        self.lens().isKeeper(account).call().await.map_err(|error| self.failed("isKeeper", error))
    }

    pub(super) async fn read_node(&self, node: Address) -> Result<Option<NodeRecord>, ChainError> {
        let view = self.pool().getNode(node).call().await.map_err(|error| self.failed("getNode", error))?;
        Ok((view.registrationEpoch != 0).then_some(NodeRecord {
            node,
            operator: view.operator,
            registration_epoch: view.registrationEpoch,
            state: Node { standing: standing(view.registered, view.draining), version: view.version },
            capacity: view.capacity,
            models: view.models,
        }))
    }

    pub(super) async fn read_earnings(&self, account: Address) -> Result<CorWei, ChainError> {
        let money = self.lens().accountOf(account).call().await.map_err(|error| self.failed("accountOf", error))?;
        Ok(U256::from(money.earned).saturating_mul(U256::from(GRAIN_WEI)))
    }
}

/// The tasks that logs are about, each once, in the order of their first logs.
fn tasks_of(at: &Deployment, mut logs: Vec<Log>) -> Vec<B256> {
    logs.sort_by_key(|log| (log.block_number, log.log_index));
    let mut seen = HashSet::new();
    logs.iter().filter_map(|log| Event::of(at, log)?.task()).filter(|task| seen.insert(*task)).collect()
}

/// Where a node stands, as the contract shows it.
const fn standing(registered: bool, draining: bool) -> Standing {
    match (registered, draining) {
        (false, _) => Standing::Absent,
        (true, true) => Standing::Draining,
        (true, false) => Standing::Active,
    }
}

/// Where the chain stands.
///
/// # Errors
/// `Unreachable`, `Refused`, or `Unexpected` if there is no block.
pub async fn head(provider: &DynProvider, endpoint: &str) -> Result<Head, ChainError> {
    let block = provider.get_block(BlockId::latest()).await;
    let block = block.map_err(|error| explain(endpoint, "latest block", error))?;
    let block = block.ok_or_else(|| ChainError::Unexpected { what: "latest block".to_owned(), detail: "none".to_owned() })?;
    Ok(Head { number: block.header.number, timestamp_secs: block.header.timestamp })
}

#[cfg(test)]
mod tests {
    use alloy::{primitives::Bytes, sol_types::SolCall};
    use cor_sol::lane::ILane;
    use serde_json::json;

    use super::*;
    use crate::chain::tests::{chain, deployment, log};

    #[test]
    fn touched_tasks_are_named_once_and_in_the_order_of_the_chain() {
        let at = deployment();
        let [one, two, three] = [3, 2, 1].map(B256::repeat_byte);
        let record = |task, place| log(at.lane, place, &ILane::TaskRecord { task, phase: 1, deadline: 5, record: Bytes::new() });
        let released = ILane::Released { account: Address::ZERO, amount: 1, available: 0 };
        let logs = vec![
            record(three, (8, 0)),
            record(one, (7, 1)),
            record(two, (7, 2)),
            log(at.lane, (7, 0), &released),
            record(one, (8, 1)),
        ];
        assert_eq!(tasks_of(&at, logs), [one, two, three]);
    }

    #[tokio::test]
    async fn the_lens_tells_earnings_in_grains_and_who_is_a_keeper() {
        let chain = chain(|method, params| {
            assert_eq!((method, &params[0]["to"]), ("eth_call", &json!(deployment().lens)));
            let input: Bytes = serde_json::from_value(params[0]["input"].clone()).unwrap();
            let answer = match ILens::isKeeperCall::abi_decode(&input) {
                Ok(call) => ILens::isKeeperCall::abi_encode_returns(&(call.account == Address::repeat_byte(1))),
                Err(_) => ILens::accountOfCall::abi_encode_returns(&ILens::accountOfReturn { available: 7, earned: 3 }),
            };
            json!(Bytes::from(answer))
        })
        .await;
        assert_eq!(chain.read_earnings(Address::ZERO).await.unwrap(), U256::from(3_000_000_000_u64));
        for (account, is_keeper) in [(1, true), (2, false)] {
            assert_eq!(chain.read_is_keeper(Address::repeat_byte(account)).await.unwrap(), is_keeper);
        }
    }
}
