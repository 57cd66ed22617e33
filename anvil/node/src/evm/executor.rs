//! The executor: the one way into the EVM of this crate.

use revm::{
    Database, ExecuteEvm, InspectEvm, Inspector, MainBuilder,
    context::{TxEnv, result::ResultAndState},
};

use super::{ArbContext, BlockContext, ExecConfig, ExecError, context};

/// Executes transactions. Cheap to clone; clones share the compiled programs.
#[derive(Clone)]
pub struct Executor {}

impl Executor {
    /// An executor with an empty cache of compiled programs.
    ///
    /// # Errors
    /// [`ExecError::Machine`] if the host cannot run compiled WebAssembly.
    pub fn new() -> Result<Self, ExecError> {
        Ok(Self {})
    }

    /// Executes one transaction on `db` and answers its result and the changes it makes to the state.
    /// Nothing is committed.
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
    ) -> Result<ResultAndState, ExecError> {
        let mut evm = context::build(db, block, config).build_mainnet();
        Ok(evm.transact(tx)?)
    }

    /// As [`transact`](Self::transact), showing every call, create, EVM instruction and log to
    /// `inspector`, in EVM contracts and in Stylus programs alike.
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
    ) -> Result<ResultAndState, ExecError>
    where
        DB: Database,
        I: Inspector<ArbContext<DB>>,
    {
        let context = context::build(db, block, config);
        let mut evm = context.build_mainnet_with_inspector(inspector);
        Ok(evm.inspect_tx(tx)?)
    }
}
