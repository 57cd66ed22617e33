//! Where all COR is: read before and after, so that a run can show that none was lost or made.

use std::collections::BTreeMap;

use alloy::primitives::{Address, U256};
use cor_wire::readable;
use serde::Serialize;

use crate::{error::CliError, network::Network};

/// The accounts that can hold COR in a development network.
pub(super) struct Holders {
    accounts: Vec<Address>,
}

/// COR of one account, wei.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Holding {
    wallet: U256,
    prepaid: U256,
    reserved: U256,
    earned: U256,
    stake: U256,
}

/// All holdings at one time.
pub(super) struct Books {
    pub(super) supply: U256,
    holdings: BTreeMap<Address, Holding>,
    treasury: U256,
    slashed: U256,
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
    pub(crate) prepaid_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) prepaid_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) reserved_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) reserved_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) earned_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) earned_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) stake_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) stake_after: U256,
}

/// What belongs to no account: the network's fees, and stake that was lost.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Pots {
    #[serde(with = "readable::amount")]
    pub(crate) treasury_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) treasury_after: U256,
    #[serde(with = "readable::amount")]
    pub(crate) slashed_before: U256,
    #[serde(with = "readable::amount")]
    pub(crate) slashed_after: U256,
}

impl Holders {
    pub(super) const fn new(accounts: Vec<Address>) -> Self {
        Self { accounts }
    }

    pub(super) async fn read(&self, network: &Network) -> Result<Books, CliError> {
        let (token, payment, staking) = (network.token(), network.payment(), network.staking());
        let mut holdings = BTreeMap::new();
        for &account in &self.accounts {
            let holding = Holding {
                wallet: token.balanceOf(account).call().await.map_err(network.failed("balanceOf"))?,
                prepaid: payment.availableOf(account).call().await.map_err(network.failed("availableOf"))?,
                reserved: payment.reservedOf(account).call().await.map_err(network.failed("reservedOf"))?,
                earned: payment.earningsOf(account).call().await.map_err(network.failed("earningsOf"))?,
                stake: staking.nodeStake(account).call().await.map_err(network.failed("nodeStake"))?.amount,
            };
            holdings.insert(account, holding);
        }
        Ok(Books {
            supply: token.totalSupply().call().await.map_err(network.failed("totalSupply"))?,
            holdings,
            treasury: payment.treasury().call().await.map_err(network.failed("treasury"))?,
            slashed: staking.slashedPot().call().await.map_err(network.failed("slashedPot"))?,
        })
    }
}

impl Books {
    /// Everything that was found, wei. Equal to the supply, or COR was lost or made.
    pub(super) fn total(&self) -> U256 {
        let held = self
            .holdings
            .values()
            .map(|holding| holding.wallet + holding.prepaid + holding.reserved + holding.earned + holding.stake);
        held.sum::<U256>() + self.treasury + self.slashed
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
            prepaid_before: then.prepaid,
            prepaid_after: now.prepaid,
            reserved_before: then.reserved,
            reserved_after: now.reserved,
            earned_before: then.earned,
            earned_after: now.earned,
            stake_before: then.stake,
            stake_after: now.stake,
        })
    };
    pairs.filter_map(change).collect()
}

/// The same for the pots.
pub(super) const fn pots(before: &Books, after: &Books) -> Pots {
    Pots {
        treasury_before: before.treasury,
        treasury_after: after.treasury,
        slashed_before: before.slashed,
        slashed_after: after.slashed,
    }
}
