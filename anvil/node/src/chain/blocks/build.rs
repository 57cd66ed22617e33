//! Building a block: a pure function of the parent, the rules and the transactions. Nothing is kept until it is committed.

use std::sync::Arc;

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header, Transaction as _};
use alloy_eips::Encodable2718;
use alloy_primitives::{B256, Bloom, Bytes, TxHash, U256};
use alloy_trie::root::ordered_trie_root_with_encoder;
use revm::context::result::{ExecutionResult, Output};

use super::{
    block::{Block, Failure, Receipt},
    history::start_block,
    rules::Rules,
    tx::{Tx, tx_env},
};
use crate::{
    arbos::{self, ARBOS_STATE, storage::Slots},
    evm::{BlockContext, ExecError, Executor, ProgramFailure},
    state::{BlockHashes, State, StateDb, StateError},
};

/// A block that could be the next one.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) block: Block,
    pub(crate) state: State,
    /// The base fee from the next block on, if the chain's owner changed it in this one; wei for a gas.
    pub(crate) base_fee: Option<u64>,
    /// Transactions that cannot be part of this block or any later one.
    pub(crate) invalid: Vec<(TxHash, ExecError)>,
}

/// Executes `txs` on top of `parent`. Transactions that do not fit into the gas limit are left out silently; they stay in the pool.
///
/// # Errors
/// [`ExecError::Database`] if the state could not be read: that says nothing about the transactions.
pub(crate) fn build(
    executor: &Executor,
    rules: &Rules,
    (parent, mut state): (&Block, State),
    hashes: &dyn BlockHashes,
    (timestamp, txs): (u64, &[Arc<Tx>]),
) -> Result<Built, ExecError> {
    let context = rules.context(parent.number().saturating_add(1), timestamp);
    let config = rules.exec_of_mined();
    start_block(&mut state, parent.number(), parent.hash).map_err(|error| ExecError::Database(Box::new(error)))?;
    // Blocks are kept: most have one transaction, for which a vector that grows by itself would take the room of four.
    let (mut transactions, mut receipts) = (Vec::with_capacity(txs.len()), Vec::<Receipt>::with_capacity(txs.len()));
    let mut invalid = Vec::new();
    let (mut gas_used, mut log_index) = (0u64, 0u64);
    let fees_before = fees_of_owner(&state);
    for tx in txs {
        if tx.gas_limit() > rules.block_gas_limit.saturating_sub(gas_used) {
            continue;
        }
        let db = StateDb { state: &state, hashes };
        match executor.transact(db, &context, &config, tx_env(tx)) {
            Err(error @ ExecError::Database(_)) => return Err(error),
            Err(error) => invalid.push((*tx.tx_hash(), error)),
            Ok(outcome) => {
                state.commit(outcome.state);
                gas_used = gas_used.saturating_add(outcome.result.tx_gas_used());
                let receipt = receipt(tx, (outcome.result, outcome.failure), rules.base_fee, (gas_used, log_index));
                log_index += receipt.logs.len() as u64;
                receipts.push(receipt);
                transactions.push(Tx::clone(tx));
            }
        }
    }
    let sealed = seal(rules, &context, parent.hash, &state, transactions, receipts);
    let block = sealed.map_err(|error| ExecError::Database(Box::new(error)))?;
    let changed = fees_of_owner(&state).into_iter().zip(fees_before).find(|(after, before)| after != before);
    let base_fee = changed.map(|(after, _)| after.unwrap_or_default().saturating_to());
    Ok(Built { block, state, base_fee, invalid })
}

/// The base fee and the least base fee in the ArbOS state, as far as they were set on this chain. The price does not move by itself,
/// so that the least is the price from when it is set; a base fee set directly goes before it.
fn fees_of_owner(state: &State) -> [Option<U256>; 2] {
    arbos::base_fee_slots().map(|slot| state.kept_slot(ARBOS_STATE, slot))
}

/// What is kept of a transaction.
pub(crate) fn receipt(
    tx: &Tx,
    (result, program): (ExecutionResult, Option<ProgramFailure>),
    base_fee: u64,
    (cumulative, first_log_index): (u64, u64),
) -> Receipt {
    let (success, gas_used) = (result.is_success(), result.tx_gas_used());
    let halt = match &result {
        ExecutionResult::Halt { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    let failure = (halt.is_some() || program.is_some()).then(|| Box::new(Failure { halt, program }));
    let (logs, output) = match result {
        ExecutionResult::Success { logs, output: Output::Call(output), .. } => (logs, output),
        ExecutionResult::Success { logs, output: Output::Create(..), .. } => (logs, Bytes::new()),
        ExecutionResult::Revert { output, .. } => (Vec::new(), output),
        ExecutionResult::Halt { .. } => (Vec::new(), Bytes::new()),
    };
    Receipt {
        success,
        gas_used,
        cumulative_gas_used: cumulative,
        effective_gas_price: u128::from(base_fee),
        logs,
        first_log_index,
        contract_address: tx.is_create().then(|| tx.signer().create(tx.nonce())),
        output,
        failure,
    }
}

/// The slots of the ArbOS state in the state of a block.
struct ArbOsSlots<'a>(&'a State);

impl Slots for ArbOsSlots<'_> {
    type Error = StateError;

    fn load(&mut self, slot: U256) -> Result<U256, StateError> {
        self.0.storage(ARBOS_STATE, slot)
    }

    fn store(&mut self, _: U256, _: U256) -> Result<(), StateError> {
        unreachable!("sealing only reads")
    }
}

/// Puts the parts together under a header.
///
/// # Errors
/// [`StateError`] if the messages to the parent chain cannot be read.
pub(crate) fn seal(
    rules: &Rules,
    context: &BlockContext,
    parent_hash: B256,
    state: &State,
    mut transactions: Vec<Tx>,
    mut receipts: Vec<Receipt>,
) -> Result<Block, StateError> {
    transactions.shrink_to_fit();
    receipts.shrink_to_fit();
    let transactions_root = ordered_trie_root_with_encoder(&transactions, |tx, out| tx.encode_2718(out));
    let envelopes: Vec<_> = transactions.iter().zip(&receipts).map(|(tx, receipt)| receipt.to_envelope(tx)).collect();
    let sends = arbos::sends(&mut ArbOsSlots(state))?;
    let header = Header {
        parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: context.beneficiary,
        state_root: state.root(),
        transactions_root,
        receipts_root: ordered_trie_root_with_encoder(&envelopes, |receipt, out| receipt.encode_2718(out)),
        // Each receipt has computed its own.
        logs_bloom: envelopes.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom()),
        // Nitro's headers say 1 here.
        difficulty: U256::ONE,
        number: context.number,
        gas_limit: context.gas_limit,
        gas_used: receipts.last().map_or(0, |receipt| receipt.cumulative_gas_used),
        timestamp: context.timestamp,
        extra_data: Bytes::copy_from_slice(if rules.salt.is_zero() { sends.root.as_slice() } else { rules.salt.as_slice() }),
        mix_hash: Block::mix_hash(sends.count, context.l1_block_number, rules.exec.arbos.number()),
        nonce: Block::DELAYED_MESSAGES_READ,
        base_fee_per_gas: Some(context.base_fee),
        ..Header::default()
    };
    let hash = header.hash_slow();
    Ok(Block { header, hash, l1_number: context.l1_block_number, transactions, receipts })
}
