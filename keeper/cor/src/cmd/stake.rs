//! `cor stake`: stake of nodes and users.

use alloy::primitives::{Address, U256};
use cor_adapters::chain::Account;
use cor_sol::{node_pool::INodePool, staking::IStaking};
use cor_wire::readable;
use serde::Serialize;

use super::miner::stake_of;
use crate::{
    args::{StakeAction, StakeArgs},
    error::CliError,
    network::{Network, send},
    output::{Output, cor},
};

#[derive(Serialize)]
struct Stake {
    account: Address,
    #[serde(with = "readable::amount")]
    node_stake: U256,
    #[serde(with = "readable::amount")]
    node_stake_required: U256,
    /// Stake as a node that is on its way out, and can still be slashed.
    #[serde(with = "readable::amount")]
    node_unbonding: U256,
    /// When `node_unbonding` can be withdrawn; `None` if nothing of it unbonds.
    #[serde(with = "readable::maybe_time")]
    node_release_at: Option<u64>,
    #[serde(with = "readable::amount")]
    user_stake: U256,
    #[serde(with = "readable::amount")]
    unbonding: U256,
    /// When the next part of `unbonding` can be withdrawn; `None` if nothing unbonds.
    #[serde(with = "readable::maybe_time")]
    next_release_at: Option<u64>,
}

pub(crate) async fn run(args: StakeArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    if let StakeAction::Show { of: Some(account) } = args.action {
        return show(&network, account, output).await;
    }
    let account = network.account(&args.network)?;
    let own = account.address();
    let staking = network.at.staking;
    match args.action {
        StakeAction::Node { node } => stake_node(&network, &account, node.unwrap_or(own)).await?,
        StakeAction::UnbondNode { node } => {
            drop(send(&account, "unbondNode", staking, IStaking::unbondNodeCall { node: node.unwrap_or(own) }).await?)
        }
        StakeAction::WithdrawNode { node } => {
            drop(send(&account, "withdrawNode", staking, IStaking::withdrawNodeCall { node: node.unwrap_or(own) }).await?)
        }
        StakeAction::Accept { staker: accepted } => {
            drop(send(&account, "acceptStaker", staking, IStaking::acceptStakerCall { staker: accepted }).await?)
        }
        StakeAction::Consent { node } => {
            let call = INodePool::consentCall { node, allowed: true };
            drop(send(&account, "consent", network.at.node_pool, call).await?)
        }
        StakeAction::Add { amount } => {
            network.approve(&account, staking, amount).await?;
            send(&account, "stake", staking, IStaking::stakeCall { amount }).await?;
        }
        StakeAction::Unbond { amount } => drop(send(&account, "unbond", staking, IStaking::unbondCall { amount }).await?),
        StakeAction::Withdraw => drop(send(&account, "withdraw", staking, IStaking::withdrawCall {}).await?),
        StakeAction::Show { .. } => {}
    }
    show(&network, own, output).await
}

/// Stakes what a node still lacks; nothing if it has enough.
pub(crate) async fn stake_node(network: &Network, account: &Account, node: Address) -> Result<(), CliError> {
    let (stake, required) = stake_of(network, node).await?;
    let missing = required.saturating_sub(stake);
    if missing.is_zero() {
        return Ok(());
    }
    network.approve(account, network.at.staking, missing).await?;
    send(account, "stakeNode", network.at.staking, IStaking::stakeNodeCall { node, amount: missing }).await?;
    Ok(())
}

async fn show(network: &Network, account: Address, output: &Output) -> Result<(), CliError> {
    let (node_stake, node_stake_required) = stake_of(network, account).await?;
    let leaving = network.staking().nodeUnbondingOf(account).call().await.map_err(network.failed("nodeUnbondingOf"))?;
    let user_stake = network.staking().stakeOf(account).call().await.map_err(network.failed("stakeOf"))?;
    let unbonding = network.staking().unbondingOf(account).call().await.map_err(network.failed("unbondingOf"))?;
    let stake = Stake {
        account,
        node_stake,
        node_stake_required,
        node_unbonding: leaving.amount,
        node_release_at: (leaving.releaseAt != 0).then_some(leaving.releaseAt),
        user_stake,
        unbonding: unbonding.amount,
        next_release_at: (unbonding.nextReleaseAt != 0).then_some(unbonding.nextReleaseAt),
    };
    output.result(&stake, text)?;
    Ok(())
}

fn text(stake: &Stake) -> String {
    let release = stake
        .next_release_at
        .and_then(readable::time_text)
        .map(|time| format!(", the next part can be withdrawn from {time} on"))
        .unwrap_or_default();
    let leaving = stake
        .node_release_at
        .and_then(readable::time_text)
        .map(|time| format!(", and {} unbonding, which can be withdrawn from {time} on", cor(stake.node_unbonding)))
        .unwrap_or_default();
    format!(
        "{}\n  as a node  {} of {} required{leaving}\n  as a user  {}\n  unbonding  {}{release}",
        stake.account,
        cor(stake.node_stake),
        cor(stake.node_stake_required),
        cor(stake.user_stake),
        cor(stake.unbonding)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unbonds_has_its_time_of_release() {
        let unit = U256::from(1_000_000_000_000_000_000_u64);
        let mut stake = Stake {
            account: Address::ZERO,
            node_stake: U256::ZERO,
            node_stake_required: unit,
            node_unbonding: unit,
            node_release_at: Some(1_709_164_800),
            user_stake: unit,
            unbonding: unit / U256::from(2),
            next_release_at: Some(1_709_164_800),
        };
        assert!(text(&stake).ends_with("unbonding  0.5 COR, the next part can be withdrawn from 2024-02-29T00:00:00Z on"));
        let leaving = "0 COR of 1 COR required, and 1 COR unbonding, which can be withdrawn from 2024-02-29T00:00:00Z on";
        assert!(text(&stake).contains(leaving), "{}", text(&stake));
        let json = serde_json::to_value(&stake).unwrap();
        assert_eq!(json["node_release_at"], "2024-02-29T00:00:00Z");
        assert_eq!(json["unbonding"], serde_json::json!({ "wei": "500000000000000000", "cor": "0.5" }));
        assert_eq!(json["next_release_at"], "2024-02-29T00:00:00Z");
        (stake.unbonding, stake.next_release_at) = (U256::ZERO, None);
        stake.node_release_at = None;
        assert!(text(&stake).ends_with("1 COR required\n  as a user  1 COR\n  unbonding  0 COR"));
        assert_eq!(serde_json::to_value(&stake).unwrap()["next_release_at"], serde_json::Value::Null);
    }
}
