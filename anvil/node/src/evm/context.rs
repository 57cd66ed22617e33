//! The context an execution runs in: revm's, with ArbOS' per-transaction state beside it.

use revm::{
    Context, Database, Journal,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::block::BlobExcessGasAndPrice,
    primitives::U256,
};

use super::{BlockContext, ExecConfig};

/// The context inspectors see.
pub type ArbContext<DB> = Context<BlockEnv, TxEnv, CfgEnv, DB, Journal<DB>, ArbChain>;

/// What an execution keeps beside the EVM's context.
#[derive(Debug, Clone)]
pub struct ArbChain {
    /// The block, with the numbers of both chains.
    pub block: BlockContext,
    /// The rules in force.
    pub config: ExecConfig,
}

/// A context over `db`, ready for one transaction.
pub(super) fn build<DB: Database>(
    db: DB,
    block: &BlockContext,
    config: &ExecConfig,
) -> ArbContext<DB> {
    let spec = config.arbos.spec();
    let context = Context::<BlockEnv, TxEnv, CfgEnv, DB, Journal<DB>, ()>::new(db, spec);
    context
        .with_block(block_env(block))
        .with_cfg(cfg_env(config))
        .with_chain(ArbChain { block: block.clone(), config: *config })
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
    let mut cfg = CfgEnv::new()
        .with_chain_id(config.chain_id)
        .with_spec_and_mainnet_gas_params(config.arbos.spec());
    cfg.limit_contract_code_size = Some(config.code_size_limit);
    cfg.limit_contract_initcode_size = Some(config.code_size_limit.saturating_mul(2));
    // The cap of one transaction is ArbOS' own: gas above it is held back, not refused.
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
