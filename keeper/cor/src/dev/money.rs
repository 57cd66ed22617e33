//! Where all COR is: read before and after, so that a run can show that none was lost or made.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider as _,
    rpc::types::Filter,
    sol_types::SolEvent as _,
};
use cor_adapters::chain::explain;
use cor_sol::lane::ILane;
use cor_wire::readable;
use serde::Serialize;

use crate::{error::CliError, network::Network, output::wei};

/// The accounts that can hold COR in a development network.
pub(super) struct Holders {
    accounts: Vec<Address>,
}

/// COR of one account, wei.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Holding {
    wallet: U256,
    /// In the vault.
    free: U256,
    /// In the lane, to be spent.
    credit: U256,
    /// In the lane, as a miner.
    earned: U256,
    stake: U256,
}

/// What belongs to no account, wei.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Common {
    /// The network's part that the lane has not passed on.
    lane_treasury: U256,
    /// The same in the vault.
    vault_treasury: U256,
    /// Stake that was lost.
    slashed: U256,
    /// Keepers' bonds.
    bonds: U256,
    /// What was charged for tasks that have not ended, by their logs: the lane does not count it.
    open_tasks: U256,
}

/// All holdings at one time.
pub(super) struct Books {
    pub(super) supply: U256,
    holdings: BTreeMap<Address, Holding>,
    common: Common,
}

/// What one account had before and after a run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Change {
    pub(crate) account: Address,
    #[serde(with = "readable::amount")]
    pub(crate) wallet_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) wallet_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) free_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) free_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) credit_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) credit_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) earned_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) earned_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) stake_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) stake_after: U256,
}

/// What belongs to no account before and after a run: the network's fees, stake that was lost, keepers' bonds, and the charges of open tasks.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Pots {
    #[serde(with = "readable::amount")]
    pub(crate) lane_treasury_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) lane_treasury_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) vault_treasury_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) vault_treasury_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) slashed_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) slashed_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) bonds_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) bonds_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) open_tasks_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) open_tasks_after: U256,
}

impl Holders {
    pub(super) const fn new(accounts: Vec<Address>) -> Self {
        Self { accounts }
    }

    pub(super) async fn read(&self, network: &Network) -> Result<Books, CliError> {
        let (token, vault, lens, staking) = (network.token(), network.vault(), network.lens(), network.staking());
        let mut holdings = BTreeMap::new();
        for &account in &self.accounts {
            let in_lane = lens.accountOf(account).call().await.map_err(network.failed("accountOf"))?;
            let holding = Holding {
                wallet: token.balanceOf(account).call().await.map_err(network.failed("balanceOf"))?,
                free: vault.freeOf(account).call().await.map_err(network.failed("freeOf"))?,
                credit: wei(in_lane.available),
                earned: wei(in_lane.earned),
                stake: staking.nodeStake(account).call().await.map_err(network.failed("nodeStake"))?.amount,
            };
            holdings.insert(account, holding);
        }
        Ok(Books {
            supply: token.totalSupply().call().await.map_err(network.failed("totalSupply"))?,
            holdings,
            common: Common {
                lane_treasury: wei(lens.treasury().call().await.map_err(network.failed("treasury"))?),
                vault_treasury: vault.treasury().call().await.map_err(network.failed("treasury"))?,
                bonds: token.balanceOf(network.at.jury).call().await.map_err(network.failed("balanceOf"))?,
                slashed: staking.slashedPot().call().await.map_err(network.failed("slashedPot"))?,
                open_tasks: wei(open_charges(network).await?),
            },
        })
    }
}

/// What was charged for tasks that have not ended, grains.
async fn open_charges(network: &Network) -> Result<u64, CliError> {
    let filter = Filter::new()
        .address(network.at.lane)
        .event_signature(vec![ILane::TaskSubmitted::SIGNATURE_HASH, ILane::TaskEnded::SIGNATURE_HASH])
        .from_block(network.at.from_block);
    let logs = network.provider.get_logs(&filter).await.map_err(|error| explain(&network.endpoint, "eth_getLogs", error))?;
    let mut open: BTreeMap<B256, u64> = BTreeMap::new();
    for log in logs {
        if let Ok(submitted) = ILane::TaskSubmitted::decode_log(&log.inner) {
            open.insert(submitted.task, submitted.charged);
        } else if let Ok(ended) = ILane::TaskEnded::decode_log(&log.inner) {
            open.remove(&ended.task);
        }
    }
    Ok(open.values().sum())
}

impl Books {
    /// Everything that was found, wei. Equal to the supply, or COR was lost or made.
    pub(super) fn total(&self) -> U256 {
        let held =
            self.holdings.values().map(|holding| holding.wallet + holding.free + holding.credit + holding.earned + holding.stake);
        let Common { lane_treasury, vault_treasury, slashed, bonds, open_tasks } = self.common;
        held.sum::<U256>() + lane_treasury + vault_treasury + slashed + bonds + open_tasks
    }
}

/// The accounts for which something changed.
pub(super) fn changes(before: &Books, after: &Books) -> Vec<Change> {
    let pairs =
        after.holdings.iter().map(|(account, now)| (*account, before.holdings.get(account).copied().unwrap_or_default(), *now));
    let change = |(account, then, now): (Address, Holding, Holding)| {
        (then != now).then_some(Change {
            account,
            wallet_before: then.wallet,
            wallet_after: now.wallet,
            free_before: then.free,
            free_after: now.free,
            credit_before: then.credit,
            credit_after: now.credit,
            earned_before: then.earned,
            earned_after: now.earned,
            stake_before: then.stake,
            stake_after: now.stake,
        })
    };
    pairs.filter_map(change).collect()
}

/// The same for what belongs to no account.
pub(super) const fn pots(before: &Books, after: &Books) -> Pots {
    let (then, now) = (&before.common, &after.common);
    Pots {
        lane_treasury_before: then.lane_treasury,
        lane_treasury_after: now.lane_treasury,
        vault_treasury_before: then.vault_treasury,
        vault_treasury_after: now.vault_treasury,
        slashed_before: then.slashed,
        slashed_after: now.slashed,
        bonds_before: then.bonds,
        bonds_after: now.bonds,
        open_tasks_before: then.open_tasks,
        open_tasks_after: now.open_tasks,
    }
}
