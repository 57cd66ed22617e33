//! Lane: tasks in two words, settled by what was signed. Specified by `sol/ILane.sol`; the rules are `cor_core::task::lane`.
//!
//! ```text
//!  sessions   terms, tariffs, and the submission of tasks
//!  steps      from a task's opening to its end                store      how all of it lies in storage
//!  dispatch   from calldata to a function and back             abi        events and errors
//!  interface  the same functions with the SDK's attributes, for the exported ABI
//! ```

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

mod abi;
mod dispatch;
#[cfg(feature = "export-abi")]
mod interface;
mod sessions;
mod steps;
mod store;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256, U64};
use alloy_sol_types::SolCall as _;
use cor_contract_shared::{
    abi::{message, Decode, Decoder, Octets, Staking, Vault},
    call_raw, encoded, log, view_raw, Revert,
};
use cor_core::task::lane::{grains, messages, LaneConfig, Reveal, GRAIN_WEI};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageBool, StorageMap, StorageU64},
};

use abi::{error, nonzero, only, unauthorized, ConfigSet, Credited, EarningsPaid, KeeperNamed, Released, TreasuryPassed};
#[cfg(feature = "export-abi")]
pub use interface::print_from_args;
use sessions::Order;
use steps::{Served, Told};
use store::{AccountRecord, Rates, TaskRecord};

/// Accounts, sessions, tariffs, tasks, and the peers, which never change.
#[storage]
#[entrypoint]
pub struct Lane {
    governor: StorageAddress,
    vault: StorageAddress,
    table: StorageAddress,
    staking: StorageAddress,
    // A `LaneConfig`.
    config: StorageB256,
    treasury: StorageU64,
    session_count: StorageU64,
    sessions: StorageMap<u64, StorageB256>,
    tariffs: StorageMap<B256, StorageB256>,
    tasks: StorageMap<B256, TaskRecord>,
    accounts: StorageMap<Address, AccountRecord>,
    keepers: StorageMap<Address, StorageBool>,
    // What Staking did not take of a penalty, grains, by `owed_key`.
    owed: StorageMap<B256, StorageU64>,
}

impl Lane {
    /// Sets the peers, for good.
    ///
    /// # Arguments
    /// * `governor`: who names keepers, sets what later tasks go by, and pauses.
    /// * `vault`: whose module this is. `table`, `staking`: who is asked for prices, and who slashes.
    ///
    /// # Errors
    /// * `ZeroAddress` for any that is zero.
    pub(crate) fn constructor(
        &mut self,
        governor: Address,
        vault: Address,
        table: Address,
        staking: Address,
    ) -> Result<(), Revert> {
        self.governor.set(nonzero(governor)?);
        self.vault.set(nonzero(vault)?);
        self.table.set(nonzero(table)?);
        self.staking.set(nonzero(staking)?);
        Ok(())
    }

    /// Takes note of money for an account; vault only.
    /// Arguments, errors, events: `ILane.credited`.
    pub(crate) fn credited(&mut self, account: Address, from: Address, amount: U256) -> Result<B256, Revert> {
        only(self.vm().msg_sender(), self.vault.get())?;
        let amount = in_grains(amount.into())?;
        let available = self.accounts.setter(account).credit(amount);
        log!(self, Credited[account, from] amount, available);
        Ok(B256::right_padding_from(&CREDITED))
    }

    /// Takes the caller's money back to the vault.
    /// Arguments, errors, events: `ILane.release`.
    pub(crate) fn release(&mut self, amount: u64) -> Result<(), Revert> {
        if amount == 0 {
            return Err(error!(ZeroAmount));
        }
        let account = self.vm().msg_sender();
        let available = self.spend(account, amount)?;
        log!(self, Released[account] amount, available);
        self.tell_vault(Vault::releaseCall::SELECTOR, Some(account), amount)
    }

    /// Pays what a miner earned to where its earnings belong; anyone.
    /// Arguments, errors, events: `ILane.payEarnings`.
    pub(crate) fn pay_earnings(&mut self, miner: Address) -> Result<u64, Revert> {
        let mut record = self.accounts.setter(miner);
        let amount: u64 = record.earned.get().to();
        if amount == 0 {
            return Err(error!(NothingEarned, miner));
        }
        record.earned.set(U64::ZERO);
        let answer = view_raw(self, self.staking.get(), &message(Staking::payoutOfCall::SELECTOR, encoded!(miner)))?;
        let to = nonzero(Address::decode(&mut Decoder::new(&answer)).unwrap_or_default())?;
        log!(self, EarningsPaid[miner, to] amount);
        self.tell_vault(Vault::payOutCall::SELECTOR, Some(to), amount)?;
        Ok(amount)
    }

    /// Passes the treasury's part on; anyone.
    /// Arguments, errors, events: `ILane.passTreasury`.
    pub(crate) fn pass_treasury(&mut self) -> Result<u64, Revert> {
        let amount: u64 = self.treasury.get().to();
        if amount == 0 {
            return Err(error!(ZeroAmount));
        }
        self.treasury.set(U64::ZERO);
        log!(self, TreasuryPassed[] amount);
        self.tell_vault(Vault::payTreasuryCall::SELECTOR, None, amount)?;
        Ok(amount)
    }

    /// Creates a session of the caller.
    /// Arguments, errors, events: `ILane.createSession`.
    pub(crate) fn create_session(&mut self, terms: B256, metadata: B256) -> Result<u64, Revert> {
        self.must_not_be_paused()?;
        self.open_session(terms, metadata)
    }

    /// Ends a session of the caller.
    /// Arguments, errors, events: `ILane.closeSession`.
    pub(crate) fn close_session(&mut self, session: u64, terms: B256) -> Result<(), Revert> {
        self.shut_session(session, terms)
    }

    /// Reads the prices of terms from the table, unless those known are valid.
    /// Arguments, errors, events: `ILane.pinTariff`.
    pub(crate) fn pin_tariff(&mut self, terms: B256) -> Result<B256, Revert> {
        self.tariff(terms)?;
        Ok(self.tariffs.get(terms))
    }

    /// Submits a task of the caller, and charges it.
    /// Arguments, errors, events: `ILane.submit`.
    pub(crate) fn submit(&mut self, session: u64, terms: B256, order: Order) -> Result<B256, Revert> {
        self.must_not_be_paused()?;
        self.must_have_session(session, terms)?;
        self.take_task(session, terms, order)
    }

    /// Creates a session and submits its first task.
    /// Arguments, errors, events: `ILane.createAndSubmit`.
    pub(crate) fn create_and_submit(&mut self, terms: B256, metadata: B256, order: Order) -> Result<(u64, B256), Revert> {
        self.must_not_be_paused()?;
        let session = self.open_session(terms, metadata)?;
        let task = self.take_task(session, terms, order)?;
        Ok((session, task))
    }

    /// Ends a task that every miner answered and revealed.
    /// Arguments, errors, events: `ILane.complete`.
    pub(crate) fn complete(&mut self, told: Told, answers: Octets, keeper: Address, assign: Octets) -> Result<(), Revert> {
        let moved = self.recall(told)?;
        self.serve(moved, Served { keeper, assign: &assign.0 }, &answers.0)
    }

    /// Puts assignment and commitments on chain.
    /// Arguments, errors, events: `ILane.start`.
    pub(crate) fn start(&mut self, told: Told, miners: Octets, keeper: Address, assign: Octets) -> Result<(), Revert> {
        let moved = self.recall(told)?;
        self.begin(moved, Served { keeper, assign: &assign.0 }, &miners.0)
    }

    /// Binds a miner that was left out of the start.
    /// Arguments, errors, events: `ILane.precommit`.
    pub(crate) fn precommit(&mut self, told: Told, replica: u8, commitment: B256, signature: Octets) -> Result<(), Revert> {
        let moved = self.recall(told)?;
        self.bind(moved, replica, commitment, &signature.0)
    }

    /// Shows answers.
    /// Arguments, errors, events: `ILane.reveal`.
    pub(crate) fn reveal(&mut self, told: Told, reveals: Octets) -> Result<(), Revert> {
        let mut moved = self.recall(told)?;
        self.show(&mut moved, &reveals.0)?;
        self.keep(&moved);
        Ok(())
    }

    /// Shows answers, and ends the task with what was shown.
    /// Arguments, errors, events: `ILane.finish`.
    pub(crate) fn finish(&mut self, told: Told, reveals: Octets) -> Result<(), Revert> {
        let mut moved = self.recall(told)?;
        self.show(&mut moved, &reveals.0)?;
        self.conclude(moved)
    }

    /// Reports a reveal that its miner signed, and that does not open its commitment.
    /// Arguments, errors, events: `ILane.report`.
    pub(crate) fn report(
        &mut self,
        told: Told,
        replica: u8,
        result_digest: B256,
        salt: B256,
        signature: Octets,
    ) -> Result<(), Revert> {
        let moved = self.recall(told)?;
        self.denounce(moved, Reveal { replica, digest: result_digest, salt }, &signature.0)
    }

    /// Reports a second commitment that a miner signed of the assignment of a task that ended.
    /// Arguments, errors, events: `ILane.reportSecond`.
    pub(crate) fn report_second(
        &mut self,
        told: Told,
        keeper: Address,
        replica: u8,
        commitment: B256,
        signature: Octets,
    ) -> Result<(), Revert> {
        let moved = self.read(told)?;
        self.denounce_second(moved, keeper, replica, commitment, &signature.0)
    }

    /// Closes a phase whose deadline has passed.
    /// Arguments, errors, events: `ILane.close`.
    pub(crate) fn close(&mut self, told: Told) -> Result<(), Revert> {
        let moved = self.recall(told)?;
        self.expire(moved)
    }

    /// Has Staking asked again for what is owed of a penalty; anyone.
    /// Arguments, errors, events: `ILane.slashAgain`.
    pub(crate) fn slash_again(&mut self, task: B256, node: Address, reason: u8) -> Result<u64, Revert> {
        let owed: u64 = self.owed.get(messages::owed_key(task, node, reason)).to();
        let left = if owed == 0 { 0 } else { self.penalize(task, node, reason, owed) };
        // Nothing is logged, here or by Staking, however often somebody asks in vain.
        if left == owed {
            return Err(error!(NothingTaken, task, node, reason, owed));
        }
        self.owe(task, node, reason, left);
        Ok(left)
    }

    /// Names or dismisses a keeper.
    /// Arguments, errors, events: `ILane.setKeeper`.
    pub(crate) fn set_keeper(&mut self, keeper: Address, enabled: bool) -> Result<(), Revert> {
        self.only_governor()?;
        self.keepers.setter(keeper).set(enabled);
        log!(self, KeeperNamed[keeper] enabled);
        Ok(())
    }

    /// Sets what later tasks go by, and whether new sessions and tasks are paused.
    /// Arguments, errors, events: `ILane.setConfig`.
    pub(crate) fn set_config(&mut self, Rates(config): Rates) -> Result<(), Revert> {
        self.only_governor()?;
        self.config.set(config.pack());
        let LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, paused } = config;
        log!(self, ConfigSet[] no_reveal, bad_reveal, no_result_gas_cap_bps, paused);
        Ok(())
    }

    /// A task's two words.
    /// Arguments, errors, events: `ILane.taskOf`.
    pub(crate) fn task_of(&self, payer: Address, sequence: u64) -> (B256, B256) {
        let record = self.tasks.get(messages::task_id(payer, sequence));
        (record.state.get(), record.seal.get())
    }

    /// Words of the storage.
    /// Arguments, errors, events: `ILane.extsload`.
    pub(crate) fn extsload(&self, slots: Vec<B256>) -> Vec<B256> {
        slots.into_iter().map(|slot| self.vm().storage_load_bytes32(slot.into())).collect()
    }
}

/// Selector of `credited(address,address,uint256)`.
const CREDITED: [u8; 4] = stylus_sdk::function_selector!("credited", Address, Address, U256);

impl Lane {
    /// Takes from what an account can spend. Returns what is left.
    fn spend(&mut self, account: Address, amount: u64) -> Result<u64, Revert> {
        let mut record = self.accounts.setter(account);
        let available: u64 = record.available.get().to();
        let Some(left) = available.checked_sub(amount) else {
            return Err(error!(InsufficientCredit, account, available, amount));
        };
        record.available.set(U64::from(left));
        Ok(left)
    }

    /// Moves money of the own book. The vault's answer is nothing, and a vault that is not there does not answer at all: this contract holds nothing but
    /// what a vault credited.
    #[inline(never)]
    fn tell_vault(&mut self, selector: [u8; 4], account: Option<Address>, amount: u64) -> Result<(), Revert> {
        let amount = in_wei(amount);
        let arguments = match account {
            Some(account) => encoded!(account, amount),
            None => encoded!(amount),
        };
        let vault = self.vault.get();
        call_raw(self, vault, &message(selector, arguments)).map(|_| ())
    }

    fn config(&self) -> LaneConfig {
        LaneConfig::unpack(self.config.get())
    }

    fn only_governor(&self) -> Result<(), Revert> {
        only(self.vm().msg_sender(), self.governor.get())
    }

    fn must_be_keeper(&self, account: Address) -> Result<(), Revert> {
        if self.keepers.get(account) {
            return Ok(());
        }
        // There can be several keepers, so there is no one address to name.
        Err(unauthorized(account, Address::ZERO))
    }
}

/// Wei as whole grains, of 64 bits.
#[inline(never)]
fn in_grains(wei: B256) -> Result<u64, Revert> {
    grains(wei).ok_or_else(|| error!(NotInGrains, wei))
}

fn in_wei(grains: u64) -> u128 {
    u128::from(grains) * u128::from(GRAIN_WEI)
}
