//! Blocks, transactions, receipts and logs, and how a block is built: values and pure functions. Nothing here keeps anything.

mod block;
mod build;
mod history;
mod logs;
mod rules;
mod tx;

pub use self::{
    block::{Block, Failure, Receipt},
    logs::{LOGS_MAX, MinedLog},
    tx::{TX_BYTES_MAX, Tx},
};
pub(crate) use self::{
    build::{Built, build, receipt, seal},
    history::{adopt_history, start_block},
    logs::{collect_logs, matching_logs},
    rules::Rules,
    tx::{TxRules, check_form, check_sender, impersonated, tx_env, unsigned, with_hash},
};
