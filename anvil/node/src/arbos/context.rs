//! The context an execution runs in: revm's, with ArbOS' per-transaction state beside it.

use std::{fmt, sync::Arc};

use cor_stylus_vm::{OpenPages, Vm, VmError};
use revm::{
    Context, Database, Journal,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::block::BlobExcessGasAndPrice,
    primitives::{Address, U256},
};

use super::{
    config::{BlockContext, ExecConfig},
    failure::LastFailure,
    host_calls::HostCallLog,
};

/// The context inspectors see.
pub type ArbContext<DB> = Context<BlockEnv, TxEnv, CfgEnv, DB, Journal<DB>, ArbChain>;

/// What an execution keeps beside the EVM's context.
pub struct ArbChain {
    /// The block, with the numbers of both chains.
    pub block: BlockContext,
    /// The rules in force.
    pub config: ExecConfig,
    /// Host calls of programs, for inspectors that ask for them.
    pub host_calls: HostCallLog,
    /// The VM that programs run on.
    pub(crate) vm: Arc<Vm>,
    /// What the transaction has open.
    pub(crate) tx: TxState,
}

impl fmt::Debug for ArbChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chain = f.debug_struct("ArbChain");
        chain.field("block", &self.block).field("config", &self.config).field("tx", &self.tx);
        chain.finish_non_exhaustive()
    }
}

/// State of one transaction that no revert undoes.
#[derive(Debug, Default)]
pub(crate) struct TxState {
    /// Memory pages of Stylus programs.
    pub(crate) pages: OpenPages,
    /// Open frames, outermost first, EVM and Stylus alike.
    pub(crate) spans: Vec<Span>,
    /// Why the call that ended last failed, if it was for a program.
    pub(crate) failure: LastFailure,
    /// The VM's own failure, which ends the transaction without a result.
    pub(crate) vm_failure: Option<VmError>,
}

/// One open frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Account whose storage the frame acts on.
    pub(crate) acting: Address,
    /// Who called it.
    pub(crate) caller: Address,
    /// True if it acts for its caller.
    pub(crate) is_delegate: bool,
}

impl TxState {
    /// True if `acting` was entered again while it was open: by calls, not by delegate calls.
    pub(crate) fn is_reentrant(&self, acting: Address) -> bool {
        let entered = self.spans.iter().filter(|span| span.acting == acting && !span.is_delegate);
        entered.count() > 1
    }
}

/// A context over `db`, ready for one transaction.
pub(crate) fn build<DB: Database>(db: DB, block: &BlockContext, config: &ExecConfig, vm: Arc<Vm>) -> ArbContext<DB> {
    let spec = config.arbos.spec();
    let context = Context::<BlockEnv, TxEnv, CfgEnv, DB, Journal<DB>, ()>::new(db, spec);
    context.with_block(block_env(block)).with_cfg(cfg_env(config)).with_chain(ArbChain {
        block: block.clone(),
        config: *config,
        host_calls: HostCallLog::default(),
        vm,
        tx: TxState::default(),
    })
}

/// `NUMBER` answers the parent chain's block, and there is no market of blobs.
fn block_env(block: &BlockContext) -> BlockEnv {
    BlockEnv {
        number: U256::from(block.l1_block_number),
        beneficiary: block.beneficiary,
        timestamp: U256::from(block.timestamp),
        gas_limit: block.gas_limit,
        basefee: block.base_fee,
        difficulty: U256::ZERO,
        prevrandao: Some(block.prevrandao),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 }),
        slot_num: 0,
    }
}

fn cfg_env(config: &ExecConfig) -> CfgEnv {
    let mut cfg = CfgEnv::new().with_chain_id(config.chain_id).with_spec_and_mainnet_gas_params(config.arbos.spec());
    cfg.limit_contract_code_size = Some(config.code_size_limit);
    cfg.limit_contract_initcode_size = Some(config.code_size_limit.saturating_mul(2));
    // ArbOS has a limit of its own: gas above it is held back, not refused.
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    // Stylus programs start with 0xEF; other code that does is refused when a create ends.
    cfg.disable_eip3541 = true;
    cfg.disable_eip7623 = true;
    cfg.disable_nonce_check = config.skip_nonce_check;
    cfg.disable_balance_check = config.skip_balance_check;
    cfg.disable_base_fee = config.skip_base_fee;
    cfg.disable_block_gas_limit = config.skip_block_gas_limit;
    cfg.disable_fee_charge = config.skip_fee_charge;
    cfg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delegate_calls_do_not_enter_an_account() {
        let [a, b] = [1, 2].map(Address::with_last_byte);
        let span = |acting, is_delegate| Span { acting, caller: b, is_delegate };
        let mut tx = TxState { spans: vec![span(a, false), span(a, true)], ..TxState::default() };
        assert!(!tx.is_reentrant(a));
        tx.spans.extend([span(b, false), span(a, false)]);
        assert!(tx.is_reentrant(a));
        assert!(!tx.is_reentrant(b));
    }
}
