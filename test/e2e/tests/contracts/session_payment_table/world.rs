//! A chain with a price table, and prices to publish.

use alloy::{
    primitives::{Address, B256, LogData, U256},
    sol_types::{SolCall, SolValue},
};
use cor_adapters::deploy::{default_prices, model_name};
use cor_kit::solo::{Done, Refused, Solo};
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, QuoteInputs},
};

/// One day: the notice of the tables here, and the least time between two changes.
pub(crate) const DAY: u64 = 86_400;
/// Least time between publishing and effect.
pub(crate) const DELAY_SECS: u64 = DAY;

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

    /// The answer to a call of account `index`, or why there is none.
    pub(crate) fn try_by<C: SolCall>(&self, index: usize, call: &C) -> Result<Done<C::Return>, Refused> {
        self.solo.send(self.solo.account(index), self.table, call)
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
        maxTokens: 1_000,
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
