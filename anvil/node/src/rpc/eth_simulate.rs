//! `eth_simulateV1`: blocks that are only imagined.

use alloy_eips::BlockId;
use alloy_primitives::Bytes;
use alloy_rpc_types::simulate::{SimCallResult, SimulateError, SimulatePayload, SimulatedBlock};
use revm::context::result::ExecutionResult;

use super::{
    Namespace,
    convert::{self, NitroBlock},
    error::message,
};
use crate::chain::{ChainError, Simulated, SimulatedCall};

pub(super) fn register(namespace: &mut Namespace) {
    namespace.heavy("eth_simulateV1", |chain, (payload, block): (SimulatePayload, Option<BlockId>)| {
        let full = payload.return_full_transactions;
        let blocks = chain.simulate_here(payload, block)?;
        Ok(blocks.iter().map(|simulated| answer(simulated, full)).collect::<Vec<_>>())
    });
}

fn answer(simulated: &Simulated, full: bool) -> SimulatedBlock<NitroBlock> {
    let block = &simulated.block;
    let logs = |index| convert::receipt_logs(block, index);
    let calls = simulated.results.iter().enumerate().map(|(index, call)| SimCallResult {
        return_data: if call.result.is_success() { returned(&call.result) } else { Bytes::new() },
        logs: logs(index),
        gas_used: call.result.tx_gas_used(),
        max_used_gas: Some(call.result.gas().total_gas_spent()),
        status: call.result.is_success(),
        error: error(call),
    });
    SimulatedBlock { inner: convert::block(block, full), calls: calls.collect() }
}

fn returned(result: &ExecutionResult) -> Bytes {
    result.output().cloned().unwrap_or_default()
}

/// A failed call, as geth says it.
fn error(call: &SimulatedCall) -> Option<SimulateError> {
    let error = call.error()?;
    let code = match &error {
        ChainError::Reverted { .. } => SimulateError::EXECUTION_REVERTED_CODE,
        _ => SimulateError::VM_EXECUTION_ERROR_CODE,
    };
    Some(SimulateError { code, message: message(&error), data: error.revert_data().cloned() })
}
