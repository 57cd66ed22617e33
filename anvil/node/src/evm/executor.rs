//! The executor: the one way into the EVM of this crate.

use std::{fmt, path::Path, sync::Arc};

use cor_stylus_vm::{Vm, VmConfig};
use revm::{
    Database, Inspector,
    context::{
        TransactionType, TxEnv,
        result::{EVMError, ExecutionResult, InvalidTransaction, ResultAndState},
    },
    context_interface::{JournalTr, context::ContextError},
    handler::Handler,
    inspector::{InspectorHandler, NoOpInspector},
    state::EvmState,
};

use super::{ArbContext, BlockContext, ExecConfig, ExecError, ProgramFailure, handler::ArbHandler, machine::StylusEvm};
use crate::arbos::context;

/// Executes transactions. Cheap to clone; clones share the compiled programs.
#[derive(Clone)]
pub struct Executor {
    vm: Arc<Vm>,
    /// Knows the imports of debug chains as well.
    debug_vm: Arc<Vm>,
}

/// What a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// How it ended.
    pub result: ExecutionResult,
    /// The changes it makes to the state.
    pub state: EvmState,
    /// Why it failed, if that was for a program and no contract said anything else.
    pub failure: Option<ProgramFailure>,
}

impl From<Execution> for ResultAndState {
    /// What the tools around the EVM know of it.
    fn from(execution: Execution) -> Self {
        Self { result: execution.result, state: execution.state }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

impl Executor {
    /// An executor that keeps compiled programs in memory.
    ///
    /// # Errors
    /// [`ExecError::Vm`] if the host cannot run compiled WebAssembly.
    pub fn new() -> Result<Self, ExecError> {
        Self::with_cache(None)
    }

    /// An executor that keeps compiled programs in memory and, if given, in the folder `cache_dir`.
    /// What is in the folder is executed: nobody else may be able to write to it.
    ///
    /// # Errors
    /// [`ExecError::Vm`] if the host cannot run compiled WebAssembly.
    pub fn with_cache(cache_dir: Option<&Path>) -> Result<Self, ExecError> {
        let build = |debug, folder: &str| {
            let cache_dir = cache_dir.map(|dir| dir.join(folder));
            let vm = Vm::new(VmConfig { debug, cache_dir, ..VmConfig::default() });
            vm.map(Arc::new).map_err(ExecError::Vm)
        };
        Ok(Self { vm: build(false, "plain")?, debug_vm: build(true, "debug")? })
    }

    /// An executor that counts how often programs enter each of their basic blocks, for chains whose [`ExecConfig::debug`] is `debug`.
    ///
    /// # Errors
    /// [`ExecError::Vm`] if the host cannot run compiled WebAssembly.
    pub fn counting(debug: bool) -> Result<Self, ExecError> {
        let vm = Vm::new(VmConfig { debug, coverage: true, ..VmConfig::default() });
        let vm = Arc::new(vm.map_err(ExecError::Vm)?);
        Ok(Self { vm: Arc::clone(&vm), debug_vm: vm })
    }

    /// Shows `look` the counters of a [counting](Self::counting) executor, as [`Vm::coverage`] does; none of any other one.
    pub fn coverage<R>(&self, look: impl FnOnce(&mut [u8]) -> R) -> R {
        self.vm.coverage(look)
    }

    /// Executes one transaction on `db` and answers its result and the changes it makes to the state.
    /// Nothing is committed. Any depth of calls fits the thread this runs on.
    ///
    /// # Errors
    /// [`ExecError`] if the transaction cannot be part of `block`, or the state cannot be read. A
    /// revert or a halt is a result.
    pub fn transact<DB: Database>(
        &self,
        db: DB,
        block: &BlockContext,
        config: &ExecConfig,
        tx: TxEnv,
    ) -> Result<Execution, ExecError> {
        let mut evm = self.evm(db, block, config, tx, NoOpInspector, false)?;
        let result = ArbHandler::default().run(&mut evm);
        finish(evm, result)
    }

    /// As [`transact`](Self::transact), showing every call, create, EVM instruction and log to
    /// `inspector` (which may be a `&mut`), in EVM contracts and in Stylus programs alike.
    ///
    /// # Errors
    /// As [`transact`](Self::transact).
    pub fn transact_inspected<DB, I>(
        &self,
        db: DB,
        block: &BlockContext,
        config: &ExecConfig,
        tx: TxEnv,
        inspector: I,
    ) -> Result<Execution, ExecError>
    where
        DB: Database,
        I: Inspector<ArbContext<DB>>,
    {
        let mut evm = self.evm(db, block, config, tx, inspector, true)?;
        let result = ArbHandler::default().inspect_run(&mut evm);
        finish(evm, result)
    }

    fn evm<DB: Database, I: Inspector<ArbContext<DB>>>(
        &self,
        db: DB,
        block: &BlockContext,
        config: &ExecConfig,
        tx: TxEnv,
        inspector: I,
        inspecting: bool,
    ) -> Result<StylusEvm<DB, I>, ExecError> {
        let vm = if config.debug { &self.debug_vm } else { &self.vm };
        let context = context::build(db, block, config, Arc::clone(vm));
        let context = context.with_tx(without_tip(tx, block.base_fee)?);
        Ok(StylusEvm::new(context, inspector, inspecting))
    }
}

/// Takes the tip out of a transaction: Arbitrum charges the base fee, whatever is offered. What the
/// sender must be able to pay is still what it offers.
fn without_tip(mut tx: TxEnv, base_fee: u64) -> Result<TxEnv, ExecError> {
    let tx_type = TransactionType::from(tx.tx_type);
    if tx_type == TransactionType::Eip4844 {
        return Err(ExecError::BlobTransaction);
    }
    if tx.gas_priority_fee.is_some_and(|tip| tip > tx.gas_price) {
        return Err(ExecError::Invalid(InvalidTransaction::PriorityFeeGreaterThanMaxFee));
    }
    match tx_type {
        TransactionType::Legacy | TransactionType::Eip2930 => {
            // A legacy gas price is the fee cap; whatever exceeds the base fee would be the tip.
            if tx.gas_price > u128::from(base_fee) {
                tx.tx_type = TransactionType::Eip1559.into();
                tx.gas_priority_fee = Some(0);
            }
        }
        _ => tx.gas_priority_fee = Some(0),
    }
    Ok(tx)
}

fn finish<DB: Database, I>(
    mut evm: StylusEvm<DB, I>,
    result: Result<ExecutionResult, EVMError<DB::Error>>,
) -> Result<Execution, ExecError> {
    let context = &mut evm.inner.ctx;
    match result {
        Ok(result) => {
            let last = std::mem::take(&mut context.chain.tx.failure);
            let failure = match &result {
                ExecutionResult::Success { .. } => None,
                ExecutionResult::Revert { output, .. } => last.of_revert(output),
                ExecutionResult::Halt { reason, .. } => last.of_halt(reason),
            };
            Ok(Execution { result, state: context.journaled_state.finalize(), failure })
        }
        Err(error) => {
            // The EVM can pass on words only: the failure itself is in the context.
            if let Some(error) = context.chain.tx.vm_failure.take() {
                return Err(ExecError::Vm(error));
            }
            match std::mem::replace(&mut context.error, Ok(())) {
                Err(ContextError::Db(error)) => Err(ExecError::Database(Box::new(error))),
                _ => Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cor_errors::{Coded, table::vm};
    use cor_stylus_vm::VmError;
    use revm::database_interface::EmptyDB;

    use super::*;

    /// A host without memory is none of our faults, and freeing some is the next step. The text alone would say EVM-106.
    #[test]
    fn a_failure_of_the_vm_keeps_its_row() {
        let (block, config) = (BlockContext::default(), ExecConfig::new(1));
        let executor = Executor::new().unwrap();
        let mut evm = executor.evm(EmptyDB::default(), &block, &config, TxEnv::default(), NoOpInspector, false).unwrap();
        let failure = evm.vm_failed(VmError::Instantiate { detail: "no memory".to_owned() });
        let error = finish(evm, Err(failure.into())).unwrap_err();
        assert!(matches!(&error, ExecError::Vm(VmError::Instantiate { .. })), "{error:?}");
        assert_eq!((error.entry(), crate::chain::ChainError::from(error).entry()), (&vm::INSTANTIATE, &vm::INSTANTIATE));
    }

    fn priced(tx_type: TransactionType, gas_price: u128, tip: Option<u128>) -> TxEnv {
        TxEnv { tx_type: tx_type.into(), gas_price, gas_priority_fee: tip, ..TxEnv::default() }
    }

    #[test]
    fn tips_are_taken_out() {
        use TransactionType::{Eip1559, Eip2930, Legacy};
        for (tx_type, price, tip, pays) in [
            (Legacy, 100, None, 100),
            (Legacy, 300, None, 100),
            (Legacy, 0, None, 0),
            (Eip2930, 101, None, 100),
            (Eip1559, 300, Some(50), 100),
            (Eip1559, 90, Some(90), 90),
        ] {
            let tx = without_tip(priced(tx_type, price, tip), 100).unwrap();
            let effective = revm::context_interface::Transaction::effective_gas_price(&tx, 100);
            assert_eq!(effective, pays, "{tx_type:?} at {price}");
            assert_eq!(tx.gas_price, price);
        }
    }

    #[test]
    fn refused_transactions() {
        let blob = priced(TransactionType::Eip4844, 100, Some(0));
        assert!(matches!(without_tip(blob, 1), Err(ExecError::BlobTransaction)));
        let tip = priced(TransactionType::Eip1559, 100, Some(101));
        let refused = without_tip(tip, 1);
        let expected = InvalidTransaction::PriorityFeeGreaterThanMaxFee;
        assert!(matches!(refused, Err(ExecError::Invalid(invalid)) if invalid == expected));
    }
}
