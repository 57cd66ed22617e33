//! SessionPayment: all COR that is in use. Specified by `sol/ISessionPayment.sol`; the rules are `cor_core::money::settlement` and
//! `cor_core::money::ledger`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

mod abi;
mod store;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U128, U256, U32};
use cor_contract_shared::{ask_quote, nonzero, only, transfer, transfer_from, Ownable, QuoteInputs, Revert, Row};
use cor_core::limits::NO_RESULT_GAS_CAP_MAX_BPS;
use cor_core::money::ledger::{brought, credit, wanted, Vault};
use cor_core::money::settlement;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU128, StorageU32},
};

use abi::{
    cap_out_of_range, of_payer, of_treasury, unsettled, AlreadyReserved, Charged, Deposited, Earned, EarningsWithdrawn, Escrow,
    NotReserved, NothingEarned, Refunded, Reserved, TokenIsFixed, TreasuryFunded, TreasuryWithdrawn, Wired, Withdrawn,
};
use store::{AccountRecord, EscrowRecord};

/// Everybody's money, and the peers.
#[storage]
#[entrypoint]
pub struct SessionPayment {
    ownable: Ownable,
    token: StorageAddress,
    table: StorageAddress,
    session_queue: StorageAddress,
    no_result_gas_cap_bps: StorageU32,
    held: StorageU128,
    treasury: StorageU128,
    accounts: StorageMap<Address, AccountRecord>,
    earnings: StorageMap<Address, StorageU128>,
    escrows: StorageMap<u64, EscrowRecord>,
}

#[public]
impl SessionPayment {
    /// Sets what never changes, and the first owner.
    ///
    /// # Arguments
    /// * `owner`: who sets the peers and pays from the treasury; not zero.
    /// * `no_result_gas_cap_bps`: most a payer pays the keeper for a task without a result, as a share of the gas line.
    ///
    /// # Errors
    /// * `InputOutOfRange` for a share above [`NO_RESULT_GAS_CAP_MAX_BPS`].
    /// * `ZeroAddress` for a zero owner.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, owner: Address, no_result_gas_cap_bps: u32) -> Result<(), Revert> {
        if no_result_gas_cap_bps > NO_RESULT_GAS_CAP_MAX_BPS {
            return Err(cap_out_of_range(no_result_gas_cap_bps));
        }
        self.no_result_gas_cap_bps.set(U32::from(no_result_gas_cap_bps));
        self.ownable.init(owner)
    }

    /// Puts the caller's COR into its prepaid balance.
    /// Arguments, errors, events: `ISessionPayment.deposit`.
    pub fn deposit(&mut self, amount: U256) -> Result<(), Revert> {
        self.deposit_for(self.vm().msg_sender(), amount)
    }

    /// Puts the caller's COR into the prepaid balance of `payer`.
    /// Arguments, errors, events: `ISessionPayment.depositFor`.
    pub fn deposit_for(&mut self, payer: Address, amount: U256) -> Result<(), Revert> {
        nonzero(payer)?;
        let refuse = |error| of_payer(error, payer);
        let wei = brought(amount).map_err(refuse)?;
        let vault = self.vault().take_in(wei).map_err(refuse)?;
        let account = self.accounts.getter(payer).get().deposit(wei).map_err(refuse)?;
        self.set_vault(vault);
        self.accounts.setter(payer).set(account);
        let from = self.vm().msg_sender();
        self.vm().log(Deposited { payer, from, amount, available: U256::from(account.available) });
        self.pull(from, amount)
    }

    /// Takes free prepaid COR back to the caller's wallet.
    /// Arguments, errors, events: `ISessionPayment.withdraw`.
    pub fn withdraw(&mut self, amount: U256) -> Result<(), Revert> {
        let payer = self.vm().msg_sender();
        let refuse = |error| of_payer(error, payer);
        let account = self.accounts.getter(payer).get();
        let wei = wanted(account.available, amount).map_err(refuse)?;
        let account = account.withdraw(wei).map_err(refuse)?;
        let vault = self.vault().pay_out(wei).map_err(refuse)?;
        self.accounts.setter(payer).set(account);
        self.set_vault(vault);
        self.vm().log(Withdrawn { payer, amount, available: U256::from(account.available) });
        self.push(payer, amount)
    }

    /// Prepaid COR that is free.
    /// Arguments, errors, events: `ISessionPayment.availableOf`.
    pub fn available_of(&self, payer: Address) -> U256 {
        U256::from(self.accounts.getter(payer).get().available)
    }

    /// Prepaid COR in escrow.
    /// Arguments, errors, events: `ISessionPayment.reservedOf`.
    pub fn reserved_of(&self, payer: Address) -> U256 {
        U256::from(self.accounts.getter(payer).get().reserved)
    }

    /// Takes the price of a task into escrow; SessionQueue only.
    /// Arguments, errors, events: `ISessionPayment.reserve`.
    pub fn reserve(
        &mut self,
        task_id: u64,
        payer: Address,
        inputs: Row<QuoteInputs, 12>,
        max_charge: u128,
    ) -> Result<(u64, u128), Revert> {
        only(self.vm().msg_sender(), self.session_queue.get())?;
        nonzero(payer)?;
        if !self.escrows.getter(task_id).payer().is_zero() {
            return Err(AlreadyReserved { taskId: task_id }.into());
        }
        let Row(mut asked) = inputs;
        // Nobody's tier is measured on chain yet, and the caller's word is no measure.
        asked.inputs.stake_tier = 0;
        asked.inputs.volume_tier = 0;
        // Asked before anything is stored, and of a view.
        let quote = ask_quote(self, self.table.get(), asked)?;
        let escrow = settlement::Escrow::open(asked.inputs.replicas, &quote.price, max_charge)
            .map_err(|error| unsettled(error, task_id))?;
        let total = escrow.total();
        let account = self.accounts.getter(payer).get().reserve(total).map_err(|error| of_payer(error, payer))?;
        self.accounts.setter(payer).set(account);
        let version = quote.version;
        let lines = escrow.lines();
        self.escrows.setter(task_id).open(payer, version, lines);
        self.vm().log(Reserved {
            taskId: task_id,
            payer,
            version,
            miners: escrow.miners(),
            validators: lines.validators,
            network: lines.network,
            gas: lines.gas,
            rebate: lines.rebate,
            total,
        });
        Ok((version, total))
    }

    /// Charges a task that has a result; SessionQueue only.
    /// Arguments, errors, events: `ISessionPayment.charge`.
    pub fn charge(&mut self, task_id: u64, miners: Vec<Address>, keeper: Address) -> Result<(u128, u128), Revert> {
        let (payer, escrow) = self.opened(task_id)?;
        let paid = u64::try_from(miners.len()).unwrap_or(u64::MAX);
        let split = escrow.charge(paid, !keeper.is_zero()).map_err(|error| unsettled(error, task_id))?;
        self.close(task_id, payer, escrow.total(), split.refunded)?;
        let vault = self.vault().earn(split.to_treasury).map_err(of_treasury)?;
        self.set_vault(vault);
        // At most as many as there are replicas.
        for miner in miners {
            self.earn(task_id, miner, split.per_miner)?;
        }
        self.earn(task_id, keeper, split.to_keeper)?;
        self.vm().log(Charged {
            taskId: task_id,
            payer,
            charged: split.charged,
            toMiners: split.to_miners,
            toKeeper: split.to_keeper,
            toTreasury: split.to_treasury,
            refunded: split.refunded,
        });
        Ok((split.charged, split.refunded))
    }

    /// Refunds a task that has no result; SessionQueue only.
    /// Arguments, errors, events: `ISessionPayment.refund`.
    pub fn refund(&mut self, task_id: u64, keeper: Address) -> Result<u128, Revert> {
        let (payer, escrow) = self.opened(task_id)?;
        let split = escrow.refund(!keeper.is_zero(), self.no_result_gas_cap_bps());
        self.close(task_id, payer, escrow.total(), split.refunded)?;
        self.earn(task_id, keeper, split.to_keeper)?;
        self.vm().log(Refunded { taskId: task_id, payer, refunded: split.refunded, toKeeper: split.to_keeper });
        Ok(split.refunded)
    }

    /// Escrow of a task.
    /// Arguments, errors, events: `ISessionPayment.escrowOf`.
    pub fn escrow_of(&self, task_id: u64) -> Result<Row<Escrow, 9>, Revert> {
        let record = self.escrows.getter(task_id);
        let mut shown = Escrow { payer: record.payer(), version: record.version(), ..Escrow::default() };
        if let Some(lines) = record.lines() {
            let escrow = settlement::Escrow::new(lines).map_err(|error| unsettled(error, task_id))?;
            shown.lines = lines;
            shown.total = escrow.total();
        }
        Ok(Row(shown))
    }

    /// Most a payer pays the keeper for a task with no result, as a share of the gas line.
    /// Arguments, errors, events: `ISessionPayment.noResultGasCapBps`.
    pub fn no_result_gas_cap_bps(&self) -> u32 {
        self.no_result_gas_cap_bps.get().to()
    }

    /// Earned and not withdrawn.
    /// Arguments, errors, events: `ISessionPayment.earningsOf`.
    pub fn earnings_of(&self, account: Address) -> U256 {
        U256::from(self.earnings.get(account))
    }

    /// Pays the caller's earnings to its wallet.
    /// Arguments, errors, events: `ISessionPayment.withdrawEarnings`.
    pub fn withdraw_earnings(&mut self) -> Result<U256, Revert> {
        self.withdraw_earnings_for(self.vm().msg_sender())
    }

    /// Pays the earnings of `account` to `account`.
    /// Arguments, errors, events: `ISessionPayment.withdrawEarningsFor`.
    pub fn withdraw_earnings_for(&mut self, account: Address) -> Result<U256, Revert> {
        let earned: u128 = self.earnings.get(account).to();
        if earned == 0 {
            return Err(NothingEarned { account }.into());
        }
        let vault = self.vault().pay_out(earned).map_err(|error| of_payer(error, account))?;
        self.earnings.setter(account).set(U128::ZERO);
        self.set_vault(vault);
        let amount = U256::from(earned);
        self.vm().log(EarningsWithdrawn { account, to: account, amount });
        self.push(account, amount)?;
        Ok(amount)
    }

    /// The treasury's COR.
    /// Arguments, errors, events: `ISessionPayment.treasury`.
    pub fn treasury(&self) -> U256 {
        U256::from(self.vault().treasury)
    }

    /// Adds the caller's COR to the treasury.
    /// Arguments, errors, events: `ISessionPayment.fundTreasury`.
    pub fn fund_treasury(&mut self, amount: U256) -> Result<(), Revert> {
        let wei = brought(amount).map_err(of_treasury)?;
        let vault = self.vault().fund_treasury(wei).map_err(of_treasury)?;
        self.set_vault(vault);
        let from = self.vm().msg_sender();
        self.vm().log(TreasuryFunded { from, amount, treasury: U256::from(vault.treasury) });
        self.pull(from, amount)
    }

    /// Pays from the treasury.
    /// Arguments, errors, events: `ISessionPayment.withdrawTreasury`.
    pub fn withdraw_treasury(&mut self, to: Address, amount: U256) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        nonzero(to)?;
        let vault = self.vault().withdraw_treasury(amount).map_err(of_treasury)?;
        self.set_vault(vault);
        self.vm().log(TreasuryWithdrawn { to, amount, treasury: U256::from(vault.treasury) });
        self.push(to, amount)
    }

    /// Sum of all prepaid balances, escrows, earnings and the treasury.
    /// Arguments, errors, events: `ISessionPayment.totalHeld`.
    pub fn total_held(&self) -> U256 {
        U256::from(self.vault().held)
    }

    /// Sets the peers, of which the token stays for good. `staking` is announced only: nothing here calls it, and anyone may fund the treasury.
    /// Arguments, errors, events: `ISessionPayment.wire`.
    pub fn wire(&mut self, token: Address, table: Address, staking: Address, session_queue: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let fixed = self.token.get();
        if !fixed.is_zero() && token != fixed {
            return Err(TokenIsFixed { token: fixed }.into());
        }
        self.token.set(nonzero(token)?);
        self.table.set(nonzero(table)?);
        nonzero(staking)?;
        self.session_queue.set(nonzero(session_queue)?);
        self.vm().log(Wired { token, table, staking, sessionQueue: session_queue });
        Ok(())
    }

    /// Present owner.
    /// Arguments, errors, events: `ISessionPayment.owner`.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `ISessionPayment.transferOwnership`.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    /// Arguments, errors, events: `ISessionPayment.acceptOwnership`.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}

impl SessionPayment {
    fn vault(&self) -> Vault {
        Vault { held: self.held.get().to(), treasury: self.treasury.get().to() }
    }

    fn set_vault(&mut self, vault: Vault) {
        self.held.set(U128::from(vault.held));
        self.treasury.set(U128::from(vault.treasury));
    }

    /// Payer and escrow of an open task, for the SessionQueue.
    fn opened(&self, task_id: u64) -> Result<(Address, settlement::Escrow), Revert> {
        only(self.vm().msg_sender(), self.session_queue.get())?;
        let record = self.escrows.getter(task_id);
        let lines = record.lines().ok_or_else(|| Revert::from(NotReserved { taskId: task_id }))?;
        let escrow = settlement::Escrow::new(lines).map_err(|error| unsettled(error, task_id))?;
        Ok((record.payer(), escrow))
    }

    /// Ends an escrow of `total`, and frees `refunded` of it.
    fn close(&mut self, task_id: u64, payer: Address, total: u128, refunded: u128) -> Result<(), Revert> {
        let account = self.accounts.getter(payer).get().settle(total, refunded).map_err(|error| of_payer(error, payer))?;
        self.accounts.setter(payer).set(account);
        self.escrows.setter(task_id).close();
        Ok(())
    }

    /// Credits an account for a task.
    fn earn(&mut self, task_id: u64, account: Address, amount: u128) -> Result<(), Revert> {
        if amount == 0 {
            return Ok(());
        }
        let earned = credit(self.earnings.get(account).to(), amount).map_err(|error| of_payer(error, account))?;
        self.earnings.setter(account).set(U128::from(earned));
        self.vm().log(Earned { taskId: task_id, account, amount });
        Ok(())
    }

    fn pull(&mut self, from: Address, amount: U256) -> Result<(), Revert> {
        let (token, here) = (self.token.get(), self.vm().contract_address());
        transfer_from(self, token, from, here, amount)
    }

    fn push(&mut self, to: Address, amount: U256) -> Result<(), Revert> {
        let token = self.token.get();
        transfer(self, token, to, amount)
    }
}
