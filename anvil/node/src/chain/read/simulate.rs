//! Blocks that are only imagined (`eth_simulateV1`): calls on top of each other, in blocks on top of each other.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::Transaction as _;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B256;
use alloy_rpc_types::{
    BlockOverrides, TransactionRequest,
    simulate::{SimBlock, SimulatePayload},
};
use revm::context::{TxEnv, result::ExecutionResult};
use revm_inspectors::transfer::TransferInspector;

use super::{
    Reader, overrides,
    view::{CallOptions, View, call_env},
};
use crate::{
    chain::{
        blocks::{Block, Receipt, Rules, Tx, TxRules, check_form, check_sender, impersonated, receipt, seal, start_block},
        error::{ChainError, TxError},
    },
    evm::{BlockContext, ExecConfig, ProgramFailure},
    state::{BlockHashes, State, StateDb, StateError},
};

/// Blocks of one simulation, with those that fill gaps between numbers (geth).
pub const SIMULATED_BLOCKS_MAX: u64 = 256;
/// Seconds between imagined blocks, unless the request says otherwise (geth).
const BLOCK_SECS: u64 = 12;

/// An imagined block, and what its calls returned.
#[derive(Debug)]
pub(crate) struct Simulated {
    pub(crate) block: Block,
    pub(crate) results: Vec<SimulatedCall>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct SimulatedCall {
    pub(crate) result: ExecutionResult,
    failure: Option<ProgramFailure>,
}

impl SimulatedCall {
    /// Why it failed, if it did.
    pub(crate) fn error(&self) -> Option<ChainError> {
        ChainError::of_failed(&self.result, self.failure.as_ref())
    }
}

/// Hashes of real blocks and of imagined ones.
struct Hashes<'a> {
    real: &'a dyn BlockHashes,
    imagined: BTreeMap<u64, B256>,
}

impl BlockHashes for Hashes<'_> {
    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        self.imagined.get(&number).map_or_else(|| self.real.block_hash(number), |hash| Ok(*hash))
    }
}

/// What the blocks of one simulation share.
struct Simulation<'a> {
    reader: &'a Reader,
    rules: Rules,
    /// The rules of every call: all checks, or those a call does without.
    config: ExecConfig,
    validation: bool,
    trace_transfers: bool,
    hashes: Hashes<'a>,
    parent: Arc<Block>,
    state: State,
    /// Gas the calls may still use together.
    gas_left: u64,
    /// Blocks that may still be added.
    blocks_left: u64,
    done: Vec<Simulated>,
}

impl Reader {
    /// Executes blocks of calls on top of a block. Nothing is kept.
    ///
    /// # Errors
    /// [`ChainError::Invalid`] if the blocks do not follow each other or are too many; [`ChainError::Tx`] if validation is asked
    /// for and a call could not be a transaction. A call that reverts is a result.
    pub(crate) fn simulate_here(&self, payload: SimulatePayload, block: Option<BlockId>) -> Result<Vec<Simulated>, ChainError> {
        if payload.block_state_calls.is_empty() {
            return Err(ChainError::Contradiction("empty input"));
        }
        let base = block.unwrap_or(BlockId::Number(BlockNumberOrTag::Latest));
        let View { state, rules, .. } =
            self.view(CallOptions { block: Some(base), ..CallOptions::default() }, BlockNumberOrTag::Latest)?;
        let config = if payload.validation { rules.exec } else { rules.exec.for_simulation() };
        let mut simulation = Simulation {
            reader: self,
            config,
            rules,
            validation: payload.validation,
            trace_transfers: payload.trace_transfers,
            hashes: Hashes { real: &*self.store, imagined: BTreeMap::new() },
            parent: self.block(base)?,
            state,
            gas_left: self.config().call_gas_cap,
            blocks_left: SIMULATED_BLOCKS_MAX,
            done: Vec::new(),
        };
        for block in payload.block_state_calls {
            simulation.add(block)?;
        }
        Ok(simulation.done)
    }
}

impl Simulation<'_> {
    /// Adds a block, after empty ones up to its number.
    fn add(&mut self, block: SimBlock) -> Result<(), ChainError> {
        let overrides = block.block_overrides.unwrap_or_default();
        let next = self.parent.number().saturating_add(1);
        let number = overrides.number.map_or(next, |number| number.saturating_to());
        if number < next {
            let parent = self.parent.number();
            return Err(ChainError::Invalid(format!("block numbers must be in order: {number} <= {parent}")));
        }
        if number - next >= self.blocks_left {
            return Err(ChainError::Invalid("too many blocks".to_owned()));
        }
        while self.parent.number().saturating_add(1) < number {
            let context = self.context(BlockOverrides::default())?;
            start_block(&mut self.state, self.parent.number(), self.parent.hash)?;
            self.seal(&context, Vec::new(), Vec::new(), Vec::new())?;
        }
        let context = self.context(overrides)?;
        if let Some(accounts) = block.state_overrides {
            overrides::apply_state(&mut self.state, accounts)?;
        }
        start_block(&mut self.state, self.parent.number(), self.parent.hash)?;
        self.execute(&context, block.calls)
    }

    /// The context of the next block.
    fn context(&self, overrides: BlockOverrides) -> Result<BlockContext, ChainError> {
        let parent = &self.parent;
        let mut context = self.rules.context(parent.number().saturating_add(1), parent.timestamp().saturating_add(BLOCK_SECS));
        if !self.validation {
            context.base_fee = 0;
        }
        // The number was checked by the caller and is that of the next block.
        overrides::apply_block(&mut context, BlockOverrides { number: None, ..overrides });
        if context.timestamp <= parent.timestamp() {
            let (have, parent) = (context.timestamp, parent.timestamp());
            return Err(ChainError::Invalid(format!("block timestamps must be in order: {have} <= {parent}")));
        }
        Ok(context)
    }

    fn execute(&mut self, context: &BlockContext, calls: Vec<TransactionRequest>) -> Result<(), ChainError> {
        let (mut transactions, mut receipts, mut results) = (Vec::new(), Vec::<Receipt>::new(), Vec::new());
        let (mut gas_used, mut log_index) = (0u64, 0u64);
        for call in calls {
            let (tx, env) = self.transaction(context, gas_used, call)?;
            let call = self.run(context, env)?;
            gas_used = gas_used.saturating_add(call.result.tx_gas_used());
            self.gas_left = self.gas_left.saturating_sub(call.result.tx_gas_used());
            let receipt = receipt(&tx, (call.result.clone(), None), context.base_fee, (gas_used, log_index));
            log_index += receipt.logs.len() as u64;
            transactions.push(tx);
            receipts.push(receipt);
            results.push(call);
        }
        self.seal(context, transactions, receipts, results)
    }

    /// The transaction a call stands for, and what the EVM is told of it.
    fn transaction(
        &self,
        context: &BlockContext,
        gas_used: u64,
        mut call: TransactionRequest,
    ) -> Result<(Tx, TxEnv), ChainError> {
        let from = call.from.unwrap_or_default();
        let room = context.gas_limit.saturating_sub(gas_used);
        if let Some(gas) = call.gas
            && gas > room
        {
            return Err(TxError::GasLimit { limit: gas, block: room }.into());
        }
        if self.gas_left == 0 {
            return Err(ChainError::GasAllowance(self.reader.config().call_gas_cap));
        }
        call.from = Some(from);
        call.gas = Some(call.gas.unwrap_or(room).min(self.gas_left));
        let next_nonce = self.state.nonce(from)?;
        call.nonce.get_or_insert(next_nonce);
        call.chain_id.get_or_insert(self.rules.exec.chain_id);
        call.value.get_or_insert_default();
        call.to.get_or_insert_default();
        call.normalize_input();
        if call.gas_price.is_none() {
            let offered = if self.validation { u128::from(context.base_fee) } else { 0 };
            call.max_fee_per_gas.get_or_insert(offered);
            call.max_priority_fee_per_gas.get_or_insert(0);
        }
        let view = View { state: self.state.clone(), context: context.clone(), rules: self.rules.clone() };
        let mut env = call_env(&call, &view, self.gas_left)?;
        env.nonce = call.nonce.unwrap_or_default();
        let unfit = || ChainError::Contradiction("the request's fields fit no transaction type");
        let tx = impersonated(call.build_typed_tx().map_err(|_| unfit())?, from);
        if self.validation {
            self.check(context, &tx)?;
        }
        Ok((tx, env))
    }

    /// The checks of a pool, and that the nonce is the very next.
    fn check(&self, context: &BlockContext, tx: &Tx) -> Result<(), ChainError> {
        let rules =
            TxRules { exec: self.rules.exec, base_fee: context.base_fee, block_gas_limit: context.gas_limit, impersonated: true };
        check_form(tx, &rules)?;
        check_sender(tx, &self.state, &rules)?;
        let (got, next) = (tx.nonce(), self.state.nonce(tx.signer())?);
        if got > next {
            return Err(TxError::NonceTooHigh { sender: tx.signer(), next, got }.into());
        }
        Ok(())
    }

    fn run(&mut self, context: &BlockContext, env: TxEnv) -> Result<SimulatedCall, ChainError> {
        let db = StateDb { state: &self.state, hashes: &self.hashes };
        let executor = &self.reader.store.executor;
        let outcome = if self.trace_transfers {
            let mut transfers = TransferInspector::new(false).with_logs(true);
            executor.transact_inspected(db, context, &self.config, env, &mut transfers)?
        } else {
            executor.transact(db, context, &self.config, env)?
        };
        self.state.commit(outcome.state);
        Ok(SimulatedCall { result: outcome.result, failure: outcome.failure })
    }

    fn seal(
        &mut self,
        context: &BlockContext,
        transactions: Vec<Tx>,
        receipts: Vec<Receipt>,
        results: Vec<SimulatedCall>,
    ) -> Result<(), ChainError> {
        let block = seal(&self.rules, context, self.parent.hash, &self.state, transactions, receipts)?;
        self.hashes.imagined.insert(block.number(), block.hash);
        self.blocks_left = self.blocks_left.saturating_sub(1);
        self.parent = Arc::new(block.clone());
        self.done.push(Simulated { block, results });
        Ok(())
    }
}
