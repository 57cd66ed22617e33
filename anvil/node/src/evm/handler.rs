//! The phases of a transaction, where Arbitrum's differ from Ethereum's: senders that may be
//! contracts, gas that is held back above the limit of one transaction, and who gets the fee.

use std::{cell::Cell, marker::PhantomData};

use revm::{
    Database, Inspector,
    context::{
        ContextTr,
        result::{EVMError, HaltReason},
    },
    context_interface::{
        Block, Cfg, JournalTr, Transaction, context::ContextError, journaled_state::account::JournaledAccountTr,
    },
    handler::{
        EvmTr, FrameResult, Handler,
        evm::ContextDbError,
        pre_execution::{calculate_caller_fee, validate_account_nonce_and_code},
    },
    inspector::InspectorHandler,
    interpreter::{GasTracker, InitialAndFloorGas, interpreter::EthInterpreter},
    primitives::U256,
};

use super::{ArbContext, machine::StylusEvm};
use crate::arbos;

/// Ethereum's phases with the differences of Arbitrum. One handler runs one transaction.
pub(super) struct ArbHandler<DB, I> {
    /// Gas the transaction may compute with, as the chain's owner set it.
    gas_limit: Cell<u64>,
    /// Gas above that limit, given back untouched at the end.
    held_gas: Cell<u64>,
    _evm: PhantomData<fn(DB, I)>,
}

impl<DB, I> Default for ArbHandler<DB, I> {
    fn default() -> Self {
        Self { gas_limit: Cell::new(u64::MAX), held_gas: Cell::new(0), _evm: PhantomData }
    }
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> Handler for ArbHandler<DB, I> {
    type Evm = StylusEvm<DB, I>;
    type Error = EVMError<DB::Error>;
    type HaltReason = HaltReason;

    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut Self::Evm,
        _init_and_floor_gas: &mut InitialAndFloorGas,
    ) -> Result<(), Self::Error> {
        let (block, tx, cfg, journal, chain, _) = evm.ctx().all_mut();
        if let Some(default) = chain.config.max_tx_gas {
            self.gas_limit.set(arbos::tx_gas_limit(journal)?.unwrap_or(default));
        }
        let mut caller = journal.load_account_with_code_mut(tx.caller())?.data;
        validate_account_nonce_and_code(
            &caller.account().info,
            tx.nonce(),
            chain.config.skip_sender_code_check,
            cfg.is_nonce_check_disabled(),
        )?;
        let mut balance = calculate_caller_fee(*caller.balance(), tx, block, cfg)?;
        if cfg.is_balance_check_disabled() {
            balance = balance.max(tx.value());
        }
        caller.set_balance(balance);
        if tx.kind().is_call() {
            caller.bump_nonce();
        }
        Ok(())
    }

    fn tx_gas(&self, evm: &mut Self::Evm, init_and_floor_gas: &InitialAndFloorGas) -> GasTracker {
        let context = evm.ctx_ref();
        let intrinsic = init_and_floor_gas.initial_total_gas();
        // The transaction was validated: its limit covers the intrinsic gas.
        let remaining = context.tx().gas_limit().saturating_sub(intrinsic);
        let usable = remaining.min(self.gas_limit.get().saturating_sub(intrinsic));
        self.held_gas.set(remaining - usable);
        GasTracker::new(context.tx().gas_limit(), usable, 0)
    }

    fn last_frame_result(
        &mut self,
        _evm: &mut Self::Evm,
        frame_result: &mut FrameResult,
        tx_gas: &mut GasTracker,
    ) -> Result<(), Self::Error> {
        let result = frame_result.instruction_result();
        let frame_gas = frame_result.gas();
        let (left, refunded) = (frame_gas.remaining(), frame_gas.refunded());
        tx_gas.spend_all();
        if result.is_ok_or_revert() {
            tx_gas.erase_cost(left);
        }
        if result.is_ok() {
            tx_gas.record_refund(refunded);
        }
        tx_gas.erase_cost(self.held_gas.get());
        *frame_result.gas_mut().tracker_mut() = *tx_gas;
        Ok(())
    }

    /// The base fee goes to the network, not into the void; there are no tips.
    fn reward_beneficiary(&self, evm: &mut Self::Evm, exec_result: &mut FrameResult) -> Result<(), Self::Error> {
        let context = evm.ctx();
        if context.cfg().is_fee_charge_disabled() {
            return Ok(());
        }
        let price = context.tx().effective_gas_price(context.block().basefee().into());
        let fee = U256::from(price).saturating_mul(U256::from(exec_result.gas().used()));
        let account = arbos::network_fee_account(&mut context.journaled_state)?;
        context.journal_mut().balance_incr(account, fee)?;
        Ok(())
    }
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> InspectorHandler for ArbHandler<DB, I> {
    type IT = EthInterpreter;
}

/// Failures of an exec loop inside a frame are failures of that frame's context.
pub(super) fn to_context_error<DB: Database>(error: EVMError<DB::Error>) -> ContextDbError<ArbContext<DB>> {
    match error {
        EVMError::Database(error) => ContextError::Db(error),
        EVMError::Custom(message) => ContextError::Custom(message),
        other => ContextError::Custom(other.to_string()),
    }
}
