//! A network as a command reaches it.

use std::path::{Path, PathBuf};

use alloy::{
    primitives::{Address, Bytes, U256},
    providers::DynProvider,
    sol_types::SolCall,
};
use cor_adapters::chain::{Account, Mined, connect, task_record};
use cor_ports::ChainError;
use cor_ports::domain::TaskRecord;
use cor_sol::{
    cor::ICor, node_pool::INodePool, session_payment::ISessionPayment, session_payment_table::ISessionPaymentTable,
    session_queue::ISessionQueue, staking::IStaking,
};
use cor_wire::deployment::Deployment;

use crate::{args::NetworkArgs, error::CliError, key};

/// Contracts behind an RPC endpoint.
pub(crate) struct Network {
    pub(crate) endpoint: String,
    pub(crate) at: Deployment,
    pub(crate) provider: DynProvider,
}

/// Reads the file that `cor deploy` writes.
pub(crate) fn read_deployment(path: &Path) -> Result<Deployment, CliError> {
    let bad = |reason: String| CliError::Network { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
}

/// Writes that file.
pub(crate) fn write_deployment(path: &Path, deployment: &Deployment) -> Result<(), CliError> {
    let bad = |reason: String| CliError::Network { path: path.to_owned(), reason };
    let text = serde_json::to_string_pretty(deployment).map_err(|error| bad(error.to_string()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| bad(error.to_string()))?;
    }
    std::fs::write(path, text).map_err(|error| bad(error.to_string()))
}

/// Writes the contracts' ABIs in JSON into a folder `abi` beside the network's file. Returns that folder.
pub(crate) fn write_abis(network_file: &Path) -> Result<PathBuf, CliError> {
    let folder = network_file.parent().unwrap_or(Path::new("")).join("abi");
    std::fs::create_dir_all(&folder).map_err(CliError::io(format!("making the folder {}", folder.display())))?;
    for (name, json) in cor_sol::ABI_FILES {
        let path = folder.join(name);
        std::fs::write(&path, json).map_err(CliError::io(format!("writing {}", path.display())))?;
    }
    Ok(folder)
}

impl Network {
    /// Connects and checks the chain id.
    pub(crate) async fn open(args: &NetworkArgs) -> Result<Self, CliError> {
        Self::of(&args.rpc, read_deployment(&args.network)?).await
    }

    /// The same for known addresses.
    pub(crate) async fn of(endpoint: &str, at: Deployment) -> Result<Self, CliError> {
        let provider = connect(endpoint, Some(at.chain_id)).await?;
        Ok(Self { endpoint: endpoint.to_owned(), at, provider })
    }

    /// The account to act as.
    pub(crate) fn account(&self, args: &NetworkArgs) -> Result<Account, CliError> {
        Ok(self.account_of(key::load(args)?))
    }

    /// The account of a key.
    pub(crate) fn account_of(&self, key: alloy::signers::local::PrivateKeySigner) -> Account {
        Account::new(&self.endpoint, self.provider.clone(), self.at.chain_id, key)
    }

    pub(crate) fn token(&self) -> ICor::ICorInstance<&DynProvider> {
        ICor::new(self.at.cor, &self.provider)
    }

    pub(crate) fn staking(&self) -> IStaking::IStakingInstance<&DynProvider> {
        IStaking::new(self.at.staking, &self.provider)
    }

    pub(crate) fn table(&self) -> ISessionPaymentTable::ISessionPaymentTableInstance<&DynProvider> {
        ISessionPaymentTable::new(self.at.session_payment_table, &self.provider)
    }

    pub(crate) fn payment(&self) -> ISessionPayment::ISessionPaymentInstance<&DynProvider> {
        ISessionPayment::new(self.at.session_payment, &self.provider)
    }

    pub(crate) fn pool(&self) -> INodePool::INodePoolInstance<&DynProvider> {
        INodePool::new(self.at.node_pool, &self.provider)
    }

    pub(crate) fn queue(&self) -> ISessionQueue::ISessionQueueInstance<&DynProvider> {
        ISessionQueue::new(self.at.session_queue, &self.provider)
    }

    /// A task as it stands on chain.
    pub(crate) async fn task(&self, task_id: u64) -> Result<TaskRecord, CliError> {
        let view = self.queue().getTask(task_id).call().await.map_err(self.failed("getTask"))?;
        Ok(task_record(task_id, view)?)
    }

    /// A failed read as our error.
    pub(crate) fn failed(&self, what: &'static str) -> impl FnOnce(alloy::contract::Error) -> CliError + '_ {
        move |error| cor_adapters::chain::read_error(&self.endpoint, what, error).into()
    }

    /// Lets `spender` take `amount` of the account's COR, if it may not already.
    pub(crate) async fn approve(&self, account: &Account, spender: Address, amount: U256) -> Result<(), CliError> {
        let allowed = self.token().allowance(account.address(), spender).call().await.map_err(self.failed("allowance"))?;
        if allowed < amount {
            send(account, "approve", self.at.cor, ICor::approveCall { spender, value: amount }).await?;
        }
        Ok(())
    }
}

/// Sends a call without value and waits for it.
pub(crate) async fn send(account: &Account, label: &str, to: Address, call: impl SolCall) -> Result<Mined, ChainError> {
    account.call(label, to, Bytes::from(call.abi_encode()), U256::ZERO).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abis_lie_beside_the_network_file() {
        let folder = tempfile::tempdir().unwrap();
        let written = write_abis(&folder.path().join("deep/network.json")).unwrap();
        assert_eq!(written, folder.path().join("deep/abi"));
        for (name, json) in cor_sol::ABI_FILES {
            let text = std::fs::read_to_string(written.join(name)).unwrap();
            assert_eq!(text, json);
            let entries: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
            assert!(entries.iter().any(|entry| entry["type"] == "error"), "{name} has errors to decode");
        }
    }
}
