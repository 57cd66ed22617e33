//! A chain with a price table, and prices to publish.

use alloy::{
    primitives::{Address, B256, LogData, U256},
    sol_types::{SolCall, SolValue},
};
use cor_adapters::deploy::{default_prices, model_name};
use cor_core::money::pricing;
use cor_kit::solo::{Done, Solo};
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, PriceVersion, QuoteInputs},
};

/// Least time between publishing and effect.
pub(crate) const DELAY_SECS: u64 = 3_600;

/// Account 0 owns the table; models 1, 2 and 3 are light, standard and heavy.
pub(crate) struct World {
    pub(crate) solo: Solo,
    pub(crate) table: Address,
}

impl World {
    /// A table without prices.
    pub(crate) async fn empty() -> Self {
        let solo = Solo::start().await;
        let table = solo.deploy("SessionPaymentTable", &(solo.account(0), DELAY_SECS).abi_encode_params());
        let world = Self { solo, table };
        for class in 0..3 {
            world.by(0, &model(u64::from(class) + 1, class));
        }
        world
    }

    /// A table with the default prices in effect.
    pub(crate) async fn start() -> Self {
        let world = Self::empty().await;
        world.by(0, &Table::publishCall { price: default_prices() });
        world
    }

    /// A call by account `index` that must succeed.
    pub(crate) fn by<C: SolCall>(&self, index: usize, call: &C) -> Done<C::Return> {
        self.solo.ok(self.solo.account(index), self.table, call)
    }

    /// A call by account `index` that must be refused.
    pub(crate) fn refused<C: SolCall>(&self, index: usize, call: &C) -> ContractError {
        self.solo.refused(self.solo.account(index), self.table, call)
    }

    pub(crate) fn get<C: SolCall>(&self, call: &C) -> C::Return {
        self.solo.get(self.table, call)
    }

    /// Time of the newest block.
    pub(crate) fn now(&self) -> u64 {
        self.solo.chain().latest().timestamp()
    }
}

/// Puts a model into a class.
pub(crate) fn model(identifier: u64, class: u8) -> Table::setModelCall {
    Table::setModelCall { modelIdentifier: identifier, class, enabled: true, name: model_name("a model") }
}

/// The data of all logs.
pub(crate) fn logs<R>(done: &Done<R>) -> Vec<LogData> {
    done.logs.iter().map(|(_, log)| log.clone()).collect()
}

/// A field's name as errors carry it.
pub(crate) fn field(name: &str) -> B256 {
    model_name(name)
}

pub(crate) fn wide(value: u128) -> U256 {
    U256::from(value)
}

/// Three replicas of the light model by majority.
pub(crate) fn inputs() -> QuoteInputs {
    QuoteInputs {
        modelIdentifier: 1,
        executionDepth: 1,
        toolDepth: 0,
        sla: 0,
        validatorDepth: 0,
        replicas: 3,
        consensusRule: 1,
        quorumBps: 5_001,
        priority: 0,
        stakeTier: 0,
        volumeTier: 0,
    }
}

/// A version as the rules see it.
pub(crate) fn native(version: &PriceVersion) -> pricing::PriceVersion {
    pricing::PriceVersion {
        terms: pricing::PriceTerms {
            effective_at: version.effectiveAt,
            sla_bps: version.slaBps,
            consensus_bps: version.consensusBps,
            priority_bps: version.priorityBps,
            quorum_step_bps: version.quorumStepBps,
            network_fee_bps: version.networkFeeBps,
            settlement_gas_base: version.settlementGasBase,
            settlement_gas_per_replica: version.settlementGasPerReplica,
            gas_price: version.gasPrice,
            stake_rebate_bps: version.stakeRebateBps,
            volume_rebate_bps: version.volumeRebateBps,
        },
        classes: version.classes.each_ref().map(|class| pricing::ClassPrice {
            base: class.base,
            step: class.step,
            tool: class.tool,
            validator: class.validator,
        }),
    }
}

/// A request as the rules see it.
pub(crate) fn native_inputs(inputs: &QuoteInputs) -> pricing::QuoteInputs {
    pricing::QuoteInputs {
        execution_depth: inputs.executionDepth,
        tool_depth: inputs.toolDepth,
        sla: inputs.sla,
        validator_depth: inputs.validatorDepth,
        replicas: inputs.replicas,
        consensus_rule: inputs.consensusRule,
        quorum_bps: inputs.quorumBps,
        priority: inputs.priority,
        stake_tier: inputs.stakeTier,
        volume_tier: inputs.volumeTier,
    }
}
