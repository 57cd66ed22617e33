//! What can happen to SessionPayment, as plain values: the model and the contract are given the same ones.

use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolValue},
};
use cor_kit::solo::{Done, Refused};
use cor_sol::session_payment::ISessionPayment;
use proptest::prelude::*;

use super::world::{COR, World};

/// Accounts are given by index, amounts in wei. The queue is account 1.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Deposit { from: usize, payer: usize, amount: U256 },
    Withdraw { payer: usize, amount: U256 },
    Reserve { task: u64, payer: usize, inputs: ISessionPayment::QuoteInputs, max_charge: u128 },
    Charge { task: u64, miners: Vec<usize>, keeper: Option<usize> },
    Refund { task: u64, keeper: Option<usize> },
    WithdrawEarnings { caller: usize, account: usize },
    FundTreasury { from: usize, amount: U256 },
    WithdrawTreasury { to: usize, amount: U256 },
}

impl Action {
    /// Name of the variant.
    pub(crate) fn kind(&self) -> String {
        let shown = format!("{self:?}");
        shown.split_once(' ').map_or(shown.clone(), |(name, _)| name.to_owned())
    }
}

/// Tasks that actions are about.
pub(crate) const TASKS: std::ops::Range<u64> = 1..6;

/// Any action. Amounts are around what is there, so that both outcomes are common.
pub(crate) fn action() -> impl Strategy<Value = Action> {
    let account = || 0_usize..8;
    let payer = || 2_usize..4;
    let amount = || {
        prop_oneof![
            1 => Just(U256::ZERO),
            12 => (1..300 * COR).prop_map(U256::from),
            1 => (U256::from(u128::MAX)..=U256::from(u128::MAX) + U256::from(1)).prop_map_u256(),
        ]
    };
    let max_charge = prop_oneof![4 => Just(u128::MAX), 1 => 0..COR];
    let earner = || 4_usize..8;
    let keeper = || proptest::option::weighted(0.8, earner());
    prop_oneof![
        4 => (account(), payer(), amount()).prop_map(|(from, payer, amount)| Action::Deposit { from, payer, amount }),
        2 => (payer(), amount()).prop_map(|(payer, amount)| Action::Withdraw { payer, amount }),
        6 => (TASKS, payer(), request(), max_charge).prop_map(|(task, payer, inputs, max_charge)| Action::Reserve { task, payer, inputs, max_charge }),
        5 => (TASKS, proptest::collection::vec(earner(), 0..6), keeper()).prop_map(|(task, miners, keeper)| Action::Charge { task, miners, keeper }),
        3 => (TASKS, keeper()).prop_map(|(task, keeper)| Action::Refund { task, keeper }),
        3 => (account(), earner()).prop_map(|(caller, account)| Action::WithdrawEarnings { caller, account }),
        1 => (account(), amount()).prop_map(|(from, amount)| Action::FundTreasury { from, amount }),
        1 => (account(), amount()).prop_map(|(to, amount)| Action::WithdrawTreasury { to, amount }),
    ]
}

/// Requests, some of them out of range or not sold, some for a model that is not there, all with tiers that must not be believed.
fn request() -> impl Strategy<Value = ISessionPayment::QuoteInputs> {
    let replicas = prop_oneof![8 => (0_u8..4).prop_map(|half| 2 * half + 1), 1 => Just(4), 1 => Just(0)];
    let model = prop_oneof![12 => Just(1_u64), 1 => Just(2)];
    let unsold = prop_oneof![12 => Just((1_u16, 0_u16, 0_u8, 0_u8, 0_u8)), 1 => (1_u16..3, 0_u16..2, 0_u8..3, 0_u8..2, 0_u8..3)];
    let quorum = prop_oneof![4 => 5_001_u16..=6_666, 1 => Just(10_000), 1 => 5_001_u16..=10_000];
    (model, unsold, 0_u32..200_000, replicas, 0_u8..3, quorum, 0_u8..4).prop_map(
        |(model, (execution, tool, sla, validator, priority), tokens, replicas, rule, quorum, tier)| {
            ISessionPayment::QuoteInputs {
                modelIdentifier: model,
                executionDepth: execution,
                toolDepth: tool,
                maxTokens: tokens,
                sla,
                validatorDepth: validator,
                replicas,
                consensusRule: rule,
                quorumBps: quorum,
                priority,
                stakeTier: tier,
                volumeTier: tier,
            }
        },
    )
}

/// Ranges of 256-bit numbers have no strategy of their own.
trait PropMapU256 {
    fn prop_map_u256(self) -> BoxedStrategy<U256>;
}

impl PropMapU256 for std::ops::RangeInclusive<U256> {
    fn prop_map_u256(self) -> BoxedStrategy<U256> {
        let (start, end) = self.into_inner();
        prop_oneof![Just(start), Just(end)].boxed()
    }
}

impl World {
    /// Does it on the chain.
    pub(crate) fn perform(&self, action: &Action) -> Result<Done<Vec<u8>>, Refused> {
        let at = |index: usize| self.account(index);
        let keeper = |keeper: Option<usize>| keeper.map_or(Address::ZERO, at);
        match action.clone() {
            Action::Deposit { from, payer, amount } => {
                self.plain(from, &ISessionPayment::depositForCall { payer: at(payer), amount })
            }
            Action::Withdraw { payer, amount } => self.plain(payer, &ISessionPayment::withdrawCall { amount }),
            Action::Reserve { task, payer, inputs, max_charge } => {
                let call = ISessionPayment::reserveCall { taskId: task, payer: at(payer), inputs, maxCharge: max_charge };
                self.mapped(1, &call, |returned| (returned.version, returned.total).abi_encode())
            }
            Action::Charge { task, miners, keeper: who } => {
                let call = ISessionPayment::chargeCall {
                    taskId: task,
                    miners: miners.into_iter().map(at).collect(),
                    keeper: keeper(who),
                };
                self.mapped(1, &call, |returned| (returned.charged, returned.refunded).abi_encode())
            }
            Action::Refund { task, keeper: who } => {
                let call = ISessionPayment::refundCall { taskId: task, keeper: keeper(who) };
                self.mapped(1, &call, |refunded| refunded.abi_encode())
            }
            Action::WithdrawEarnings { caller, account } if caller == account => {
                self.mapped(caller, &ISessionPayment::withdrawEarningsCall {}, |amount| amount.abi_encode())
            }
            Action::WithdrawEarnings { caller, account } => {
                self.mapped(caller, &ISessionPayment::withdrawEarningsForCall { account: at(account) }, |amount| {
                    amount.abi_encode()
                })
            }
            Action::FundTreasury { from, amount } => self.plain(from, &ISessionPayment::fundTreasuryCall { amount }),
            Action::WithdrawTreasury { to, amount } => {
                self.plain(0, &ISessionPayment::withdrawTreasuryCall { to: at(to), amount })
            }
        }
    }

    fn plain<C: SolCall>(&self, from: usize, call: &C) -> Result<Done<Vec<u8>>, Refused> {
        self.mapped(from, call, |_| Vec::new())
    }

    fn mapped<C: SolCall>(
        &self,
        from: usize,
        call: &C,
        encode: impl FnOnce(C::Return) -> Vec<u8>,
    ) -> Result<Done<Vec<u8>>, Refused> {
        let Done { returned, logs, gas_used } = self.try_by(from, call)?;
        Ok(Done { returned: encode(returned), logs, gas_used })
    }
}
