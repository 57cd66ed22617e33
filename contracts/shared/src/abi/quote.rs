//! What SessionPaymentTable is asked with for a price, and what it answers.

use cor_core::money::pricing::{self, PriceLines};

use super::row::{Cursor, Fields};

/// Everything a price depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuoteInputs {
    /// Stands for the model's class.
    pub model_identifier: u64,
    /// All the rest.
    pub inputs: pricing::QuoteInputs,
}

impl Fields<12> for QuoteInputs {
    const NAME: &'static str = "QuoteInputs";
    const TYPES: &'static str = "(uint64,uint16,uint16,uint32,uint8,uint8,uint8,uint8,uint16,uint8,uint8,uint8)";

    fn visit(&mut self, row: &mut Cursor<'_>) {
        let inputs = &mut self.inputs;
        row.uint(&mut self.model_identifier);
        row.uint(&mut inputs.execution_depth);
        row.uint(&mut inputs.tool_depth);
        row.uint(&mut inputs.max_tokens);
        row.uint(&mut inputs.sla);
        row.uint(&mut inputs.validator_depth);
        row.uint(&mut inputs.replicas);
        row.uint(&mut inputs.consensus_rule);
        row.uint(&mut inputs.quorum_bps);
        row.uint(&mut inputs.priority);
        row.uint(&mut inputs.stake_tier);
        row.uint(&mut inputs.volume_tier);
    }
}

/// A price and the lines it is made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quote {
    /// The version it is by.
    pub version: u64,
    /// COR wei.
    pub price: PriceLines,
    /// Seconds since 1970.
    pub valid_until: u64,
}

impl Fields<9> for Quote {
    const NAME: &'static str = "Quote";
    const TYPES: &'static str = "(uint64,uint128,uint128,uint128,uint128,uint128,uint128,uint128,uint64)";

    fn visit(&mut self, row: &mut Cursor<'_>) {
        let price = &mut self.price;
        row.uint(&mut self.version);
        row.uint(&mut price.per_replica);
        row.uint(&mut price.miners);
        row.uint(&mut price.validators);
        row.uint(&mut price.network);
        row.uint(&mut price.gas);
        row.uint(&mut price.rebate);
        row.uint(&mut price.total);
        row.uint(&mut self.valid_until);
    }
}
