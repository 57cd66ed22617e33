//! `cor stake`: stake of nodes and users.

use alloy::primitives::{Address, U256};
use cor_adapters::chain::Account;
use cor_sol::staking::IStaking;
use serde::Serialize;

use super::miner::stake_of;
use crate::{
    args::{StakeAction, StakeArgs},
    error::CliError,
    network::{Network, send},
    output::{Output, cor, parse_cor},
};

#[derive(Serialize)]
struct Stake {
    account: Address,
    node_stake: U256,
    node_stake_required: U256,
    user_stake: U256,
    unbonding: U256,
    next_release_at: u64,
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
        StakeAction::Add { amount } => {
            let amount = parse_cor(&amount)?;
            network.approve(&account, staking, amount).await?;
            send(&account, "stake", staking, IStaking::stakeCall { amount }).await?;
        }
        StakeAction::Unbond { amount } => {
            drop(send(&account, "unbond", staking, IStaking::unbondCall { amount: parse_cor(&amount)? }).await?)
        }
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
    let user_stake = network.staking().stakeOf(account).call().await.map_err(network.failed("stakeOf"))?;
    let unbonding = network.staking().unbondingOf(account).call().await.map_err(network.failed("unbondingOf"))?;
    let stake = Stake {
        account,
        node_stake,
        node_stake_required,
        user_stake,
        unbonding: unbonding.amount,
        next_release_at: unbonding.nextReleaseAt,
    };
    output.result(&stake, |stake| {
        format!(
            "{}\n  as a node  {} of {}\n  as a user  {}\n  unbonding  {}",
            stake.account,
            cor(stake.node_stake),
            cor(stake.node_stake_required),
            cor(stake.user_stake),
            cor(stake.unbonding)
        )
    });
    Ok(())
}
