//! A network as a command reaches it.

use std::path::{Path, PathBuf};

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider as _},
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent},
};
use cor_adapters::chain::{Account, Mined, connect, explain, task_record};
use cor_core::task::lane::LaneTerms;
use cor_ports::ChainError;
use cor_ports::domain::TaskRecord;
use cor_sol::{
    cor::ICor, jury::IJury, lane::ILane, lens::ILens, node_pool::INodePool, session_payment_table::ISessionPaymentTable,
    staking::IStaking, vault::IVault,
};
use cor_wire::deployment::Deployment;

use crate::{args::NetworkArgs, error::CliError, key};

/// Contracts behind an RPC endpoint.
pub(crate) struct Network {
    pub(crate) endpoint: String,
    pub(crate) at: Deployment,
    pub(crate) provider: DynProvider,
}

/// A session as its log tells it.
pub(crate) struct Session {
    pub(crate) number: u64,
    pub(crate) owner: Address,
    /// Its terms, as the contracts take them.
    pub(crate) word: B256,
}

impl Session {
    /// Its terms, read.
    pub(crate) const fn terms(&self) -> LaneTerms {
        LaneTerms::unpack(self.word)
    }
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

    pub(crate) fn vault(&self) -> IVault::IVaultInstance<&DynProvider> {
        IVault::new(self.at.vault, &self.provider)
    }

    pub(crate) fn pool(&self) -> INodePool::INodePoolInstance<&DynProvider> {
        INodePool::new(self.at.node_pool, &self.provider)
    }

    pub(crate) fn lane(&self) -> ILane::ILaneInstance<&DynProvider> {
        ILane::new(self.at.lane, &self.provider)
    }

    pub(crate) fn lens(&self) -> ILens::ILensInstance<&DynProvider> {
        ILens::new(self.at.lens, &self.provider)
    }

    pub(crate) fn jury(&self) -> IJury::IJuryInstance<&DynProvider> {
        IJury::new(self.at.jury, &self.provider)
    }

    /// A task as it stands on chain.
    ///
    /// # Errors
    /// `NoTask` if the chain has none of this id.
    pub(crate) async fn task(&self, task: B256) -> Result<TaskRecord, CliError> {
        task_record(&self.provider, &self.endpoint, &self.at, task).await?.ok_or(CliError::NoTask { task })
    }

    /// A session, by the log of its creation: its terms are nowhere else.
    ///
    /// # Errors
    /// `NoSession` if the chain has none of this number.
    pub(crate) async fn session(&self, number: u64) -> Result<Session, CliError> {
        let filter = Filter::new()
            .address(self.at.lane)
            .event_signature(ILane::SessionCreated::SIGNATURE_HASH)
            .topic1(B256::from(U256::from(number)))
            .from_block(self.at.from_block);
        let logs = self.provider.get_logs(&filter).await;
        let logs = logs.map_err(|error| explain(&self.endpoint, "eth_getLogs", error))?;
        let created = logs.iter().find_map(|log| ILane::SessionCreated::decode_log(&log.inner).ok());
        let created = created.ok_or(CliError::NoSession { session: number })?;
        Ok(Session { number, owner: created.owner, word: created.terms })
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

/// The event of a call that succeeded.
///
/// # Errors
/// `Unexpected` if it left none.
pub(crate) fn log_of<E: SolEvent>(label: &str, mined: &Mined) -> Result<E, ChainError> {
    let found = mined.receipt.logs().iter().find_map(|log| E::decode_log(&log.inner).ok());
    let missing = || ChainError::Unexpected { what: label.to_owned(), detail: format!("no log of {}", E::SIGNATURE) };
    Ok(found.ok_or_else(missing)?.data)
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
