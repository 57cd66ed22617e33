//! SessionPayment made of nothing but the rules of `cor_core`, over maps.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, LogData, U256},
    sol_types::{SolEvent, SolValue},
};
use cor_core::money::ledger::{Account, LedgerError, Vault, brought, credit, wanted};
use cor_core::money::pricing::{PriceVersion, PricingError, QuoteInputs, quote};
use cor_core::money::settlement::{Escrow, SettlementError};
use cor_errors::Coded as _;
use cor_sol::{
    ContractError, cor::ICor, session_payment::ISessionPayment as Payment, session_payment_table::ISessionPaymentTable as Table,
};

use super::{
    actions::Action,
    world::{CAP_BPS, MODEL, WALLET, World, prices, same},
};

/// What an action returned, ABI-encoded, and its logs in order.
pub(crate) type Effect = (Vec<u8>, Vec<LogData>);

#[derive(Clone)]
pub(crate) struct Model {
    names: Vec<Address>,
    contract: Address,
    prices: PriceVersion,
    pub(crate) vault: Vault,
    pub(crate) wallets: BTreeMap<Address, u128>,
    pub(crate) accounts: BTreeMap<Address, Account>,
    pub(crate) earnings: BTreeMap<Address, u128>,
    /// Payer and price version stay when the escrow is gone.
    pub(crate) escrows: BTreeMap<u64, (Address, Option<Escrow>)>,
}

impl Model {
    /// The state a [`World`] starts in.
    pub(crate) fn of(world: &World) -> Self {
        let names: Vec<_> = (0..8).map(|index| world.account(index)).collect();
        Self {
            contract: world.payment,
            prices: prices(),
            vault: Vault::default(),
            wallets: names.iter().map(|name| (*name, WALLET)).collect(),
            accounts: BTreeMap::new(),
            earnings: BTreeMap::new(),
            escrows: BTreeMap::new(),
            names,
        }
    }

    /// The state after an action; the same state if it is refused.
    pub(crate) fn perform(&mut self, action: &Action) -> Result<Effect, ContractError> {
        let mut next = self.clone();
        let effect = next.change(action)?;
        *self = next;
        Ok(effect)
    }

    fn change(&mut self, action: &Action) -> Result<Effect, ContractError> {
        match action {
            Action::Deposit { from, payer, amount } => self.deposit(self.names[*from], self.names[*payer], *amount),
            Action::Withdraw { payer, amount } => self.withdraw(self.names[*payer], *amount),
            Action::Reserve { task, payer, inputs, max_charge } => self.reserve(*task, self.names[*payer], inputs, *max_charge),
            Action::Charge { task, miners, keeper } => {
                let miners: Vec<_> = miners.iter().map(|index| self.names[*index]).collect();
                self.charge(*task, &miners, keeper.map(|index| self.names[index]))
            }
            Action::Refund { task, keeper } => self.refund(*task, keeper.map(|index| self.names[index])),
            Action::WithdrawEarnings { account, .. } => self.withdraw_earnings(self.names[*account]),
            Action::FundTreasury { from, amount } => self.fund_treasury(self.names[*from], *amount),
            Action::WithdrawTreasury { to, amount } => self.withdraw_treasury(self.names[*to], *amount),
        }
    }

    fn deposit(&mut self, from: Address, payer: Address, amount: U256) -> Result<Effect, ContractError> {
        let wei = brought(amount).map_err(|error| of_payer(error, payer))?;
        self.vault = self.vault.take_in(wei).map_err(|error| of_payer(error, payer))?;
        let account = self.account(payer).deposit(wei).map_err(|error| of_payer(error, payer))?;
        self.accounts.insert(payer, account);
        self.pull(from, wei)?;
        Ok((vec![], vec![Payment::Deposited { payer, from, amount, available: U256::from(account.available) }.encode_log_data()]))
    }

    fn withdraw(&mut self, payer: Address, amount: U256) -> Result<Effect, ContractError> {
        let refuse = |error| of_payer(error, payer);
        let wei = wanted(self.account(payer).available, amount).map_err(refuse)?;
        let account = self.account(payer).withdraw(wei).map_err(refuse)?;
        self.vault = self.vault.pay_out(wei).map_err(refuse)?;
        self.accounts.insert(payer, account);
        *self.wallets.entry(payer).or_default() += wei;
        Ok((vec![], vec![Payment::Withdrawn { payer, amount, available: U256::from(account.available) }.encode_log_data()]))
    }

    fn reserve(
        &mut self,
        task: u64,
        payer: Address,
        asked: &Payment::QuoteInputs,
        max_charge: u128,
    ) -> Result<Effect, ContractError> {
        if self.escrows.contains_key(&task) {
            return Err(Payment::AlreadyReserved { taskId: task }.into());
        }
        if asked.modelIdentifier != MODEL {
            return Err(Table::UnknownModel { modelIdentifier: asked.modelIdentifier }.into());
        }
        let price = quote(&self.prices.terms, &self.prices.classes[0], &untiered(asked)).map_err(unpriced)?;
        let escrow = Escrow::open(asked.replicas, &price, max_charge).map_err(|error| unsettled(error, task))?;
        let account = self.account(payer).reserve(escrow.total()).map_err(|error| of_payer(error, payer))?;
        self.accounts.insert(payer, account);
        self.escrows.insert(task, (payer, Some(escrow)));
        let reserved = Payment::Reserved {
            taskId: task,
            payer,
            version: 1,
            miners: price.miners,
            validators: price.validators,
            network: price.network,
            gas: price.gas,
            rebate: price.rebate,
            total: price.total,
        };
        Ok(((1_u64, price.total).abi_encode(), vec![reserved.encode_log_data()]))
    }

    fn charge(&mut self, task: u64, miners: &[Address], keeper: Option<Address>) -> Result<Effect, ContractError> {
        let (payer, escrow) = self.open(task)?;
        let split = escrow.charge(miners.len() as u64, keeper.is_some()).map_err(|error| unsettled(error, task))?;
        self.close(task, payer, escrow, split.refunded)?;
        self.vault = self.vault.earn(split.to_treasury).expect("the treasury's part is held");
        let mut logs: Vec<_> = miners.iter().filter_map(|miner| self.earn(task, *miner, split.per_miner)).collect();
        logs.extend(keeper.and_then(|keeper| self.earn(task, keeper, split.to_keeper)));
        let charged = Payment::Charged {
            taskId: task,
            payer,
            charged: split.charged,
            toMiners: split.to_miners,
            toKeeper: split.to_keeper,
            toTreasury: split.to_treasury,
            refunded: split.refunded,
        };
        logs.push(charged.encode_log_data());
        Ok(((split.charged, split.refunded).abi_encode(), logs))
    }

    fn refund(&mut self, task: u64, keeper: Option<Address>) -> Result<Effect, ContractError> {
        let (payer, escrow) = self.open(task)?;
        let split = escrow.refund(keeper.is_some(), CAP_BPS);
        self.close(task, payer, escrow, split.refunded)?;
        let mut logs: Vec<_> = keeper.and_then(|keeper| self.earn(task, keeper, split.to_keeper)).into_iter().collect();
        logs.push(
            Payment::Refunded { taskId: task, payer, refunded: split.refunded, toKeeper: split.to_keeper }.encode_log_data(),
        );
        Ok((split.refunded.abi_encode(), logs))
    }

    fn withdraw_earnings(&mut self, account: Address) -> Result<Effect, ContractError> {
        let earned = self.earnings.remove(&account).ok_or(Payment::NothingEarned { account })?;
        self.vault = self.vault.pay_out(earned).map_err(|error| of_payer(error, account))?;
        *self.wallets.entry(account).or_default() += earned;
        let amount = U256::from(earned);
        Ok((amount.abi_encode(), vec![Payment::EarningsWithdrawn { account, to: account, amount }.encode_log_data()]))
    }

    fn fund_treasury(&mut self, from: Address, amount: U256) -> Result<Effect, ContractError> {
        let wei = brought(amount).map_err(of_treasury)?;
        self.vault = self.vault.fund_treasury(wei).map_err(of_treasury)?;
        self.pull(from, wei)?;
        Ok((vec![], vec![Payment::TreasuryFunded { from, amount, treasury: U256::from(self.vault.treasury) }.encode_log_data()]))
    }

    fn withdraw_treasury(&mut self, to: Address, amount: U256) -> Result<Effect, ContractError> {
        self.vault = self.vault.withdraw_treasury(amount).map_err(of_treasury)?;
        *self.wallets.entry(to).or_default() += amount.to::<u128>();
        Ok((vec![], vec![Payment::TreasuryWithdrawn { to, amount, treasury: U256::from(self.vault.treasury) }.encode_log_data()]))
    }

    pub(crate) fn account(&self, payer: Address) -> Account {
        self.accounts.get(&payer).copied().unwrap_or_default()
    }

    fn open(&self, task: u64) -> Result<(Address, Escrow), ContractError> {
        match self.escrows.get(&task) {
            Some((payer, Some(escrow))) => Ok((*payer, *escrow)),
            _ => Err(Payment::NotReserved { taskId: task }.into()),
        }
    }

    fn close(&mut self, task: u64, payer: Address, escrow: Escrow, refunded: u128) -> Result<(), ContractError> {
        let account = self.account(payer).settle(escrow.total(), refunded).map_err(|error| of_payer(error, payer))?;
        self.accounts.insert(payer, account);
        self.escrows.insert(task, (payer, None));
        Ok(())
    }

    fn earn(&mut self, task: u64, account: Address, amount: u128) -> Option<LogData> {
        if amount == 0 {
            return None;
        }
        let earned = self.earnings.entry(account).or_default();
        *earned = credit(*earned, amount).expect("earnings are held");
        Some(Payment::Earned { taskId: task, account, amount }.encode_log_data())
    }

    /// The token's transferFrom; allowances are unlimited.
    fn pull(&mut self, from: Address, wei: u128) -> Result<(), ContractError> {
        let wallet = self.wallets.entry(from).or_default();
        match wallet.checked_sub(wei) {
            Some(left) => *wallet = left,
            None => {
                return Err(ICor::ERC20InsufficientBalance {
                    sender: from,
                    balance: U256::from(*wallet),
                    needed: U256::from(wei),
                }
                .into());
            }
        }
        assert_ne!(from, self.contract, "the contract has no wallet of its own here");
        Ok(())
    }
}

/// The request as the contract passes it on: no tier is believed.
fn untiered(asked: &Payment::QuoteInputs) -> QuoteInputs {
    QuoteInputs {
        execution_depth: asked.executionDepth,
        tool_depth: asked.toolDepth,
        max_tokens: asked.maxTokens,
        sla: asked.sla,
        validator_depth: asked.validatorDepth,
        replicas: asked.replicas,
        consensus_rule: asked.consensusRule,
        quorum_bps: asked.quorumBps,
        priority: asked.priority,
        stake_tier: 0,
        volume_tier: 0,
    }
}

fn unpriced(error: PricingError) -> ContractError {
    let field = cor_adapters::deploy::model_name;
    match error {
        PricingError::InputOutOfRange { field: name, value, min, max } => {
            Table::InputOutOfRange { field: field(name), value: U256::from(value), min: U256::from(min), max: U256::from(max) }
                .into()
        }
        PricingError::NotSold { field: name, value } => Table::NotSold { field: field(name), value: U256::from(value) }.into(),
        PricingError::EvenReplicas { replicas } => Table::EvenReplicas { replicas }.into(),
        other => panic!("no request of these tests leads to {other}"),
    }
}

fn unsettled(error: SettlementError, task: u64) -> ContractError {
    match error {
        SettlementError::MaxChargeExceeded { quoted, max_charge } => {
            Payment::MaxChargeExceeded { quoted, maxCharge: max_charge }.into()
        }
        SettlementError::TooManyPaid { paid, replicas } => Payment::TooManyPaid { taskId: task, paid, replicas }.into(),
        other => panic!("no action of these tests leads to {other}"),
    }
}

/// What the contract reverts with where the rules refuse: the same row of the table.
fn of_payer(error: LedgerError, payer: Address) -> ContractError {
    let revert = match error {
        LedgerError::ZeroAmount => same(&Payment::ZeroAmount {}),
        LedgerError::TooLarge { amount, limit } => same(&Payment::AmountTooLarge { amount, limit: U256::from(limit) }),
        LedgerError::Insufficient { available, needed } => {
            Payment::InsufficientBalance { payer, available: U256::from(available), needed }.into()
        }
        LedgerError::InsufficientTreasury { available, needed } => {
            Payment::InsufficientTreasury { available: U256::from(available), needed }.into()
        }
    };
    assert_eq!(revert.code(), error.code(), "{error}");
    revert
}

fn of_treasury(error: LedgerError) -> ContractError {
    of_payer(error, Address::ZERO)
}
