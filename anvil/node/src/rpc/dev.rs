//! `evm_*`, `anvil_*` and `hardhat_*`: what only a development chain allows.

use std::time::Duration;

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, Bytes, TxHash, U64, U256};
use alloy_rpc_types::anvil::{Forking, ReorgOptions, TransactionData};
use alloy_serde::JsonStorageKey;
use serde::{Deserialize, Serialize};

use super::{Namespace, convert, params::Number};
use crate::{
    Mining,
    chain::{AnyDump, Chain, ChainError, Genesis},
};

type Answer<T> = Result<T, ChainError>;

pub(super) fn register(namespace: &mut Namespace) {
    register_mining(namespace);
    register_time(namespace);
    register_snapshots(namespace);
    register_accounts(namespace);
    register_settings(namespace);
    register_pool(namespace);
    register_info(namespace);
}

fn register_mining(namespace: &mut Namespace) {
    namespace.write("evm_mine", evm_mine);
    namespace.write("evm_mine_detailed", |chain, (options,): (Option<MineOptions>,)| {
        let before = chain.block_number();
        evm_mine(chain, (options,))?;
        let mined = (before + 1..=chain.block_number()).filter_map(|number| chain.block(number).ok());
        Ok(mined.map(|block| convert::block(&block, true)).collect::<Vec<_>>())
    });
    namespace.alias("evm_mine_detailed", &["anvil_mine_detailed"]);
    namespace.write("anvil_mine", mine);
    namespace.alias("anvil_mine", &["hardhat_mine"]);
    namespace.write("evm_setAutomine", |chain, (on,): (bool,)| chain.set_mining(if on { Mining::Auto } else { Mining::Manual }));
    namespace.alias("evm_setAutomine", &["anvil_setAutomine"]);
    namespace.quick("anvil_getAutomine", |chain, ()| Ok(automines(chain)));
    namespace.alias("anvil_getAutomine", &["hardhat_getAutomine"]);
    namespace.write("evm_setIntervalMining", |chain, (secs,): (Number,)| {
        let period = Duration::from_secs(secs.0);
        chain.set_mining(if secs.0 == 0 { Mining::Manual } else { Mining::Interval(period) })
    });
    namespace.alias("evm_setIntervalMining", &["anvil_setIntervalMining"]);
    namespace.quick("anvil_getIntervalMining", |chain, ()| {
        Ok(match chain.mining() {
            Mining::Interval(period) | Mining::Mixed(period) => Some(period.as_secs()),
            Mining::Auto | Mining::Manual => None,
        })
    });
}

fn automines(chain: &Chain) -> bool {
    matches!(chain.mining(), Mining::Auto | Mining::Mixed(_))
}

/// The parameter of `evm_mine`: a timestamp, or options with one and a number of blocks.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum MineOptions {
    Options { timestamp: Option<Number>, blocks: Option<Number> },
    Timestamp(Number),
}

fn evm_mine(chain: &Chain, (options,): (Option<MineOptions>,)) -> Answer<&'static str> {
    let (timestamp, blocks) = match options {
        None => (None, None),
        Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp), None),
        Some(MineOptions::Options { timestamp, blocks }) => (timestamp, blocks),
    };
    if let Some(timestamp) = timestamp {
        chain.writer().set_next_block_timestamp(timestamp.0)?;
    }
    chain.mine_many(blocks.map_or(1, |blocks| blocks.0), None)?;
    Ok("0x0")
}

fn mine(chain: &Chain, (blocks, interval): (Option<Number>, Option<Number>)) -> Answer<()> {
    chain.mine_many(blocks.map_or(1, |blocks| blocks.0), interval.map(|interval| interval.0))
}

fn register_time(namespace: &mut Namespace) {
    namespace.quick("evm_increaseTime", |chain, (secs,): (Number,)| Ok(chain.writer().increase_time(secs.0)));
    namespace.alias("evm_increaseTime", &["anvil_increaseTime"]);
    namespace.quick("evm_setNextBlockTimestamp", |chain, (at,): (Number,)| chain.writer().set_next_block_timestamp(at.0));
    namespace.alias("evm_setNextBlockTimestamp", &["anvil_setNextBlockTimestamp"]);
    namespace.quick("evm_setTime", |chain, (at,): (Number,)| chain.writer().set_time(at.0));
    namespace.alias("evm_setTime", &["anvil_setTime"]);
    namespace.quick("anvil_setBlockTimestampInterval", |chain, (secs,): (Number,)| {
        chain.writer().set_block_timestamp_interval(Some(secs.0));
        Ok(())
    });
    namespace.quick("anvil_removeBlockTimestampInterval", |chain, ()| Ok(chain.writer().set_block_timestamp_interval(None)));
}

fn register_snapshots(namespace: &mut Namespace) {
    namespace.quick("evm_snapshot", |chain, ()| chain.writer().snapshot().map(U64::from));
    namespace.alias("evm_snapshot", &["anvil_snapshot"]);
    namespace.quick("evm_revert", |chain, (id,): (Number,)| Ok(chain.writer().revert(id.0)));
    namespace.alias("evm_revert", &["anvil_revert"]);
    namespace.heavy("anvil_dumpState", |chain, ()| Ok(Bytes::from(chain.dump_for_anvil()?.to_bytes()?)));
    namespace.alias("anvil_dumpState", &["hardhat_dumpState"]);
    namespace.write("anvil_loadState", |chain, (dump,): (Bytes,)| {
        let dump = AnyDump::from_bytes(&dump)?;
        chain.writer().load_any(&dump)?;
        Ok(true)
    });
    namespace.alias("anvil_loadState", &["hardhat_loadState"]);
    namespace.write("anvil_reset", |chain, (fork,): (Option<Forking>,)| reset(chain, fork));
    namespace.alias("anvil_reset", &["hardhat_reset"]);
    namespace.write("anvil_reorg", reorg);
    namespace
        .write("anvil_rollback", |chain, (depth,): (Option<Number>,)| chain.writer().rollback(depth.map_or(1, |depth| depth.0)));
}

fn reset(chain: &Chain, fork: Option<Forking>) -> Answer<()> {
    match fork {
        Some(Forking { json_rpc_url, block_number }) => chain.reset_to_fork(json_rpc_url, block_number),
        None => chain.reset(Genesis::default()),
    }
}

/// The parameters of `anvil_reorg`, as an object or in order.
fn reorg(chain: &Chain, (first, pairs): (ReorgForm, Option<Vec<(TransactionData, u64)>>)) -> Answer<()> {
    let options = match first {
        ReorgForm::Options(options) => options,
        ReorgForm::Depth(depth) => ReorgOptions { depth: depth.0, tx_block_pairs: pairs.unwrap_or_default() },
    };
    let transactions = options.tx_block_pairs.into_iter().map(|(data, block)| {
        let tx = match data {
            TransactionData::Raw(raw) => chain.decode_raw(&raw)?,
            TransactionData::JSON(request) => chain.make_here(request)?.tx,
        };
        Ok((tx, block))
    });
    let transactions = transactions.collect::<Answer<Vec<_>>>()?;
    chain.reorg(options.depth, transactions)
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ReorgForm {
    Options(ReorgOptions),
    Depth(Number),
}

fn register_accounts(namespace: &mut Namespace) {
    namespace.heavy("anvil_setBalance", |chain, (address, wei): (Address, U256)| chain.writer().set_balance(address, wei));
    namespace.alias("anvil_setBalance", &["hardhat_setBalance", "evm_setAccountBalance", "tenderly_setBalance"]);
    namespace.heavy("anvil_addBalance", |chain, (address, wei): (Address, U256)| {
        chain.writer().set_balance(address, chain.balance(address)?.saturating_add(wei))
    });
    namespace.alias("anvil_addBalance", &["hardhat_addBalance", "tenderly_addBalance"]);
    namespace.heavy("anvil_setERC20Balance", |chain, (owner, token, amount): (Address, Address, U256)| {
        chain.set_erc20_balance(owner, token, amount)
    });
    namespace.alias("anvil_setERC20Balance", &["anvil_dealERC20"]);
    namespace.heavy("anvil_setERC20Allowance", |chain, (owner, spender, token, amount): (Address, Address, Address, U256)| {
        chain.set_erc20_allowance(owner, spender, token, amount)
    });
    namespace.heavy("anvil_setCode", |chain, (address, code): (Address, Bytes)| chain.writer().set_code(address, code));
    namespace.alias("anvil_setCode", &["hardhat_setCode", "evm_setAccountCode"]);
    namespace.heavy("anvil_setNonce", |chain, (address, nonce): (Address, Number)| chain.writer().set_nonce(address, nonce.0));
    namespace.alias("anvil_setNonce", &["hardhat_setNonce", "evm_setAccountNonce"]);
    namespace.heavy("anvil_setStorageAt", |chain, (address, slot, value): (Address, JsonStorageKey, B256)| {
        chain.writer().set_storage(address, slot.as_b256().into(), value)?;
        Ok(true)
    });
    namespace.alias("anvil_setStorageAt", &["hardhat_setStorageAt", "evm_setAccountStorageAt"]);
    namespace.quick("anvil_impersonateAccount", |chain, (address,): (Address,)| {
        chain.writer().impersonate(address);
        Ok(())
    });
    namespace.alias("anvil_impersonateAccount", &["hardhat_impersonateAccount"]);
    namespace.quick("anvil_stopImpersonatingAccount", |chain, (address,): (Address,)| {
        chain.writer().stop_impersonating(address);
        Ok(())
    });
    namespace.alias("anvil_stopImpersonatingAccount", &["hardhat_stopImpersonatingAccount"]);
    namespace.quick("anvil_autoImpersonateAccount", |chain, (on,): (bool,)| {
        chain.writer().set_auto_impersonate(on);
        Ok(())
    });
    namespace.alias("anvil_autoImpersonateAccount", &["hardhat_autoImpersonateAccount"]);
}

fn register_settings(namespace: &mut Namespace) {
    namespace.quick("anvil_setNextBlockBaseFeePerGas", |chain, (wei,): (Number,)| {
        chain.writer().set_base_fee(wei.0);
        Ok(())
    });
    namespace.alias("anvil_setNextBlockBaseFeePerGas", &["hardhat_setNextBlockBaseFeePerGas"]);
    namespace.quick("anvil_setMinGasPrice", |chain, (wei,): (Number,)| {
        chain.writer().set_base_fee(wei.0);
        Ok(())
    });
    namespace.alias("anvil_setMinGasPrice", &["hardhat_setMinGasPrice"]);
    namespace.quick("anvil_setCoinbase", |chain, (address,): (Address,)| {
        chain.writer().set_coinbase(address);
        Ok(())
    });
    namespace.alias("anvil_setCoinbase", &["hardhat_setCoinbase"]);
    namespace.quick("anvil_setChainId", |chain, (id,): (Number,)| {
        chain.writer().set_chain_id(id.0);
        Ok(())
    });
    namespace.quick("evm_setBlockGasLimit", |chain, (gas,): (Number,)| {
        chain.writer().set_block_gas_limit(gas.0);
        Ok(true)
    });
    namespace.alias("evm_setBlockGasLimit", &["anvil_setBlockGasLimit"]);
    namespace.quick("hardhat_setPrevRandao", |chain, (value,): (B256,)| {
        chain.writer().set_prevrandao(value);
        Ok(())
    });
    // Accepted because clients send them on start; there is nothing to switch.
    namespace.quick("anvil_setLoggingEnabled", |_, (_,): (bool,)| Ok(()));
    namespace.alias("anvil_setLoggingEnabled", &["hardhat_setLoggingEnabled"]);
}

fn register_pool(namespace: &mut Namespace) {
    namespace.quick("anvil_dropTransaction", |chain, (hash,): (TxHash,)| Ok(chain.writer().drop_transaction(hash).map(|_| hash)));
    namespace.quick("hardhat_dropTransaction", |chain, (hash,): (TxHash,)| Ok(chain.writer().drop_transaction(hash).is_some()));
    namespace.quick("anvil_dropAllTransactions", |chain, ()| {
        chain.writer().drop_all_transactions();
        Ok(())
    });
    namespace.alias("anvil_dropAllTransactions", &["hardhat_dropAllTransactions"]);
    namespace.quick("anvil_removePoolTransactions", |chain, (sender,): (Address,)| {
        chain.writer().drop_transactions_of(sender);
        Ok(())
    });
}

/// `anvil_nodeInfo`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeInfo {
    current_block_number: U64,
    current_block_timestamp: u64,
    current_block_hash: B256,
    hard_fork: String,
    transaction_order: String,
    environment: Environment,
    fork_config: ForkInfo,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Environment {
    base_fee: U64,
    chain_id: u64,
    gas_limit: U64,
    gas_price: U64,
}

/// Empty on a chain that was not forked.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct ForkInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    fork_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fork_block_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fork_retry_backoff: Option<u128>,
}

fn fork_info(chain: &Chain) -> ForkInfo {
    chain.fork().map_or_else(ForkInfo::default, |fork| ForkInfo {
        fork_url: Some(fork.config().url.clone()),
        fork_block_number: Some(fork.number()),
        fork_retry_backoff: Some(fork.config().retry_backoff.as_millis()),
    })
}

/// The chain this one was forked from, in `anvil_metadata`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ForkedNetwork {
    chain_id: u64,
    fork_block_number: u64,
    fork_block_hash: B256,
}

/// `anvil_metadata`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    client_version: &'static str,
    chain_id: u64,
    latest_block_number: u64,
    latest_block_hash: B256,
    #[serde(skip_serializing_if = "Option::is_none")]
    forked_network: Option<ForkedNetwork>,
    snapshots: Vec<u64>,
}

fn register_info(namespace: &mut Namespace) {
    namespace.heavy("anvil_getGenesisTime", |chain, ()| Ok(chain.block(BlockNumberOrTag::Earliest)?.timestamp()));
    namespace.quick("anvil_nodeInfo", |chain, ()| Ok(node_info(chain)));
    namespace.quick("anvil_metadata", |chain, ()| {
        let latest = chain.latest();
        Ok(Metadata {
            client_version: super::net_web3::CLIENT_VERSION,
            chain_id: chain.chain_id(),
            latest_block_number: latest.number(),
            latest_block_hash: latest.hash,
            forked_network: chain.fork().map(|fork| ForkedNetwork {
                chain_id: fork.chain_id(),
                fork_block_number: fork.number(),
                fork_block_hash: fork.block().hash,
            }),
            snapshots: chain.snapshots(),
        })
    });
    namespace.alias("anvil_metadata", &["hardhat_metadata"]);
}

fn node_info(chain: &Chain) -> NodeInfo {
    let latest = chain.latest();
    NodeInfo {
        current_block_number: U64::from(latest.number()),
        current_block_timestamp: latest.timestamp(),
        current_block_hash: latest.hash,
        hard_fork: format!("arbos{}", chain.arbos().number()),
        transaction_order: format!("{:?}", chain.config().order).to_lowercase(),
        environment: Environment {
            base_fee: U64::from(chain.base_fee()),
            chain_id: chain.chain_id(),
            gas_limit: U64::from(latest.header.gas_limit),
            gas_price: U64::from(chain.base_fee()),
        },
        fork_config: fork_info(chain),
    }
}
