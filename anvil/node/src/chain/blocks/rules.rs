//! What holds for the next block.

use alloy_primitives::{Address, B256};

use super::block::Block;
use crate::evm::{BlockContext, ExecConfig, RecentPrograms};

/// Seconds between blocks of the parent chain.
const L1_BLOCK_SECS: u64 = 12;

/// What holds for the next block.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) exec: ExecConfig,
    /// Wei for a unit of gas.
    pub(crate) base_fee: u64,
    pub(crate) block_gas_limit: u64,
    pub(crate) coinbase: Address,
    /// What `PREVRANDAO` answers; Arbitrum's constant is 1.
    pub(crate) prevrandao: B256,
    /// Zero, except for blocks of a re-organisation, which must differ from those they replace: goes into the header in place of
    /// the root of messages to the parent chain.
    pub(crate) salt: B256,
    /// Number of the parent chain's block at `genesis_timestamp`.
    pub(crate) l1_genesis_number: u64,
    pub(crate) genesis_timestamp: u64,
}

impl Rules {
    /// Number of the parent chain's block at `timestamp`.
    pub(crate) fn l1_number(&self, timestamp: u64) -> u64 {
        self.l1_genesis_number.saturating_add(timestamp.saturating_sub(self.genesis_timestamp) / L1_BLOCK_SECS)
    }

    /// The context of a block of these rules.
    pub(crate) fn context(&self, number: u64, timestamp: u64) -> BlockContext {
        BlockContext {
            number,
            l1_block_number: self.l1_number(timestamp),
            timestamp,
            beneficiary: self.coinbase,
            gas_limit: self.block_gas_limit,
            base_fee: self.base_fee,
            prevrandao: self.prevrandao,
            recent_programs: RecentPrograms::default(),
        }
    }

    /// The context `block` was built in.
    pub(crate) fn context_of(&self, block: &Block) -> BlockContext {
        BlockContext {
            l1_block_number: block.l1_number,
            beneficiary: block.header.beneficiary,
            gas_limit: block.header.gas_limit,
            base_fee: block.header.base_fee_per_gas.unwrap_or(self.base_fee),
            ..self.context(block.number(), block.timestamp())
        }
    }

    /// Execution of transactions that the pool has let in: whoever sent them was entitled to.
    pub(crate) fn exec_of_mined(&self) -> ExecConfig {
        ExecConfig { skip_sender_code_check: true, skip_block_gas_limit: true, ..self.exec }
    }
}
