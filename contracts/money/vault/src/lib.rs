//! Vault: users' money, and one book for each module. Specified by `sol/IVault.sol`; the rules are `cor_core::money::vault` and
//! `cor_core::govern::module`.
//!
//! Every function stores and logs all it does before it calls out. The SDK refuses whoever calls back meanwhile; nothing here relies on it.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

mod abi;

use alloc::{vec, vec::Vec};

use alloy_primitives::{keccak256, Address, B256, U128, U256, U64};
use alloy_sol_types::{SolCall, SolValue};
use cor_contract_shared::{
    abi::VaultPeer, answers_one_word, call_raw, nonzero, out_of_range, permit, receive_with_authorization,
    refused as module_refused, transfer, transfer_from, Authorization, Modules, Ownable, Permit, Revert, Row, Signature,
};
use cor_core::govern::module::{is_delay, Share};
use cor_core::limits::{MODULE_DELAY_MAX_SECS, MODULE_DELAY_MIN_SECS};
use cor_core::money::ledger;
use cor_core::money::vault::{Touched, VaultError};
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU128, StorageU64},
};

use abi::{
    of_treasury, refused, Deposited, ERC20InvalidReceiver, Funded, GuardianSet, NotAContract, NotCredited, PaidOut, Released,
    TreasuryFunded, TreasuryPaid, TreasuryWithdrawn, VaultModule, Withdrawn,
};

/// Everybody's money, and who may work with it.
#[storage]
#[entrypoint]
pub struct Vault {
    ownable: Ownable,
    guardian: StorageAddress,
    token: StorageAddress,
    held: StorageU128,
    treasury: StorageU128,
    free: StorageMap<Address, StorageU128>,
    books: StorageMap<Address, StorageU128>,
    modules: Modules,
    /// By module, then by whom it was funded for.
    shares: StorageMap<Address, StorageMap<Address, ShareRecord>>,
}

/// What of a module's cap was used for one account, in one word.
#[storage]
pub struct ShareRecord {
    window: StorageU64,
    amount: StorageU128,
}

// The argument lists of permits and authorizations are those of the standards.
#[allow(clippy::too_many_arguments)]
#[public]
impl Vault {
    /// Sets what never changes, and the first owner.
    ///
    /// # Arguments
    /// * `owner`: who names modules, opens the vault and pays from the treasury; not zero.
    /// * `token`: the token, for ever; not zero, and a contract that tells how many tokens the vault has.
    /// * `module_delay_secs`: how long a widening waits, for ever.
    ///
    /// # Errors
    /// * `InputOutOfRange` for a delay that [`is_delay`] refuses.
    /// * `ZeroAddress` for a zero owner or token.
    /// * `NotAContract` for a token that does not answer.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, owner: Address, token: Address, module_delay_secs: u64) -> Result<(), Revert> {
        if !is_delay(module_delay_secs) {
            return Err(out_of_range("moduleDelaySecs", module_delay_secs, MODULE_DELAY_MIN_SECS, MODULE_DELAY_MAX_SECS));
        }
        self.modules.init(module_delay_secs);
        if !answers_one_word(self, nonzero(token)?) {
            return Err(NotAContract { account: token }.into());
        }
        self.token.set(token);
        self.ownable.init(owner)
    }

    /// Deposits the caller's COR into its account.
    /// Arguments, errors, events: `IVault.deposit`.
    pub fn deposit(&mut self, amount: U256) -> Result<(), Revert> {
        self.deposit_for(self.vm().msg_sender(), amount)
    }

    /// Deposits the caller's COR into another's account.
    /// Arguments, errors, events: `IVault.depositFor`.
    pub fn deposit_for(&mut self, account: Address, amount: U256) -> Result<(), Revert> {
        let from = self.vm().msg_sender();
        self.take_in(account, from, amount)?;
        self.pull(from, amount)
    }

    /// Deposits the caller's COR, with its permit.
    /// Arguments, errors, events: `IVault.depositWithPermit`.
    pub fn deposit_with_permit(
        &mut self,
        account: Address,
        amount: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Revert> {
        let owner = self.vm().msg_sender();
        self.take_in(account, owner, amount)?;
        let (token, spender) = (self.token.get(), self.vm().contract_address());
        permit(self, token, Permit { owner, spender, value: amount, deadline, signature: Signature { v, r, s } })?;
        self.pull(owner, amount)
    }

    /// Deposits the COR of whoever signed an authorization, into its account.
    /// Arguments, errors, events: `IVault.depositWithAuthorization`.
    pub fn deposit_with_authorization(
        &mut self,
        from: Address,
        amount: U256,
        valid_after: U256,
        valid_before: U256,
        nonce: B256,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.take_in(from, from, amount)?;
        self.receive(Authorization { from, value: amount, valid_after, valid_before, nonce }, signature)
    }

    /// Withdraws the caller's free COR to its wallet.
    /// Arguments, errors, events: `IVault.withdraw`.
    pub fn withdraw(&mut self, amount: U256) -> Result<(), Revert> {
        self.withdraw_to(self.vm().msg_sender(), amount)
    }

    /// Withdraws the caller's free COR to another wallet.
    /// Arguments, errors, events: `IVault.withdrawTo`.
    pub fn withdraw_to(&mut self, to: Address, amount: U256) -> Result<(), Revert> {
        let account = self.vm().msg_sender();
        self.somebody(to)?;
        let moved = self.touched(Some(account), None).withdraw(amount).map_err(|error| refused(error, account, Address::ZERO))?;
        self.set_free(account, moved.free);
        self.set_vault(moved.vault);
        self.vm().log(Withdrawn { account, to, amount, free: U256::from(moved.free) });
        self.push(to, amount)
    }

    /// Moves the caller's free COR into the book of a module.
    /// Arguments, errors, events: `IVault.fund`.
    pub fn fund(&mut self, module: Address, beneficiary: Address, amount: U256) -> Result<(), Revert> {
        let account = self.vm().msg_sender();
        self.book(account, module, beneficiary, amount)?;
        self.tell(account, module, beneficiary, amount)
    }

    /// Deposits the caller's COR and funds a module with it.
    /// Arguments, errors, events: `IVault.depositAndFund`.
    pub fn deposit_and_fund(&mut self, module: Address, beneficiary: Address, amount: U256) -> Result<(), Revert> {
        let account = self.vm().msg_sender();
        self.take_in(account, account, amount)?;
        self.book(account, module, beneficiary, amount)?;
        self.pull(account, amount)?;
        self.tell(account, module, beneficiary, amount)
    }

    /// Deposits the COR of whoever signed an authorization, and funds the module that was signed with it.
    /// Arguments, errors, events: `IVault.authorizeAndFund`.
    pub fn authorize_and_fund(
        &mut self,
        from: Address,
        module: Address,
        amount: U256,
        valid_after: U256,
        valid_before: U256,
        salt: B256,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.take_in(from, from, amount)?;
        // For nobody else: whoever proposes a nonce to a signer would otherwise choose whom a deposit is for.
        self.book(from, module, from, amount)?;
        let nonce = keccak256((module, salt).abi_encode());
        self.receive(Authorization { from, value: amount, valid_after, valid_before, nonce }, signature)?;
        self.tell(from, module, from, amount)
    }

    /// Pays out of the caller's book to a wallet.
    /// Arguments, errors, events: `IVault.payOut`.
    pub fn pay_out(&mut self, to: Address, amount: U256) -> Result<(), Revert> {
        self.somebody(to)?;
        let (module, moved) = self.unbook(None, amount, Touched::pay_out)?;
        self.set_vault(moved.vault);
        self.vm().log(PaidOut { module, to, amount, book: U256::from(moved.book) });
        self.push(to, amount)
    }

    /// Moves COR out of the caller's book to an account.
    /// Arguments, errors, events: `IVault.release`.
    pub fn release(&mut self, account: Address, amount: U256) -> Result<(), Revert> {
        self.somebody(account)?;
        let (module, moved) = self.unbook(Some(account), amount, Touched::release)?;
        self.set_free(account, moved.free);
        self.give_back(module, account, amount);
        self.vm().log(Released { module, account, amount, free: U256::from(moved.free), book: U256::from(moved.book) });
        Ok(())
    }

    /// Moves COR out of the caller's book to the treasury.
    /// Arguments, errors, events: `IVault.payTreasury`.
    pub fn pay_treasury(&mut self, amount: U256) -> Result<(), Revert> {
        let (module, moved) = self.unbook(None, amount, Touched::pay_treasury)?;
        self.set_vault(moved.vault);
        let treasury = U256::from(moved.vault.treasury);
        self.vm().log(TreasuryPaid { module, amount, treasury, book: U256::from(moved.book) });
        Ok(())
    }

    /// Adds the caller's COR to the treasury.
    /// Arguments, errors, events: `IVault.fundTreasury`.
    pub fn fund_treasury(&mut self, amount: U256) -> Result<(), Revert> {
        self.modules.must_be_open()?;
        let wei = ledger::brought(amount).map_err(of_treasury)?;
        let vault = self.vault().fund_treasury(wei).map_err(of_treasury)?;
        self.set_vault(vault);
        let from = self.vm().msg_sender();
        self.vm().log(TreasuryFunded { from, amount, treasury: U256::from(vault.treasury) });
        self.pull(from, amount)
    }

    /// Pays from the treasury.
    /// Arguments, errors, events: `IVault.withdrawTreasury`.
    pub fn withdraw_treasury(&mut self, to: Address, amount: U256) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.somebody(to)?;
        let vault = self.vault().withdraw_treasury(amount).map_err(of_treasury)?;
        self.set_vault(vault);
        self.vm().log(TreasuryWithdrawn { to, amount, treasury: U256::from(vault.treasury) });
        self.push(to, amount)
    }

    /// Names a module.
    /// Arguments, errors, events: `IVault.proposeModule`.
    pub fn propose_module(&mut self, module: Address, cap: U256) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        if !module.is_zero() && self.vm().code_size(module) == 0 {
            return Err(NotAContract { account: module }.into());
        }
        self.modules.propose(module, cap)
    }

    /// Closes a module at once.
    /// Arguments, errors, events: `IVault.closeModule`.
    pub fn close_module(&mut self, module: Address) -> Result<(), Revert> {
        self.ownable.owner_or_guardian(self.guardian.get())?;
        self.modules.close(module)
    }

    /// Changes a module's cap.
    /// Arguments, errors, events: `IVault.setModuleCap`.
    pub fn set_module_cap(&mut self, module: Address, cap: U256) -> Result<(), Revert> {
        let guardian = if self.modules.is_narrower(module, cap) { self.guardian.get() } else { Address::ZERO };
        self.ownable.owner_or_guardian(guardian)?;
        self.modules.set_cap(module, cap)
    }

    /// Names the guardian.
    /// Arguments, errors, events: `IVault.setGuardian`.
    pub fn set_guardian(&mut self, account: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.guardian.set(account);
        self.vm().log(GuardianSet { guardian: account });
        Ok(())
    }

    /// Ends the setting up.
    /// Arguments, errors, events: `IVault.open`.
    pub fn open(&mut self) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.modules.open()
    }

    /// Free COR of an account.
    /// Arguments, errors, events: `IVault.freeOf`.
    pub fn free_of(&self, account: Address) -> U256 {
        U256::from(self.free.get(account))
    }

    /// What a module holds.
    /// Arguments, errors, events: `IVault.bookOf`.
    pub fn book_of(&self, module: Address) -> U256 {
        U256::from(self.books.get(module))
    }

    /// A module as it is now.
    /// Arguments, errors, events: `IVault.moduleOf`.
    pub fn module_of(&self, module: Address) -> Row<VaultModule, 8> {
        let now = self.vm().block_timestamp();
        Row(VaultModule::at(now, self.modules.get(module), self.books.get(module).to()))
    }

    /// COR of the treasury.
    /// Arguments, errors, events: `IVault.treasury`.
    pub fn treasury(&self) -> U256 {
        U256::from(self.treasury.get())
    }

    /// Sum of everything.
    /// Arguments, errors, events: `IVault.totalHeld`.
    pub fn total_held(&self) -> U256 {
        U256::from(self.held.get())
    }

    /// The token.
    /// Arguments, errors, events: `IVault.token`.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// How long a widening waits.
    /// Arguments, errors, events: `IVault.moduleDelaySecs`.
    pub fn module_delay_secs(&self) -> u64 {
        self.modules.delay_secs()
    }

    /// Whether the setting up is over.
    /// Arguments, errors, events: `IVault.isOpen`.
    pub fn is_open(&self) -> bool {
        self.modules.is_open()
    }

    /// Who may narrow, beside the owner.
    /// Arguments, errors, events: `IVault.guardian`.
    pub fn guardian(&self) -> Address {
        self.guardian.get()
    }

    /// Present owner.
    /// Arguments, errors, events: `IVault.owner`.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `IVault.transferOwnership`.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts ownership.
    /// Arguments, errors, events: `IVault.acceptOwnership`.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}

impl Vault {
    /// Stores and logs a deposit; the caller then gets the tokens.
    fn take_in(&mut self, account: Address, from: Address, amount: U256) -> Result<(), Revert> {
        self.modules.must_be_open()?;
        self.somebody(account)?;
        let moved = self.touched(Some(account), None).deposit(amount).map_err(|error| refused(error, account, Address::ZERO))?;
        self.set_free(account, moved.free);
        self.set_vault(moved.vault);
        self.vm().log(Deposited { account, from, amount, free: U256::from(moved.free) });
        Ok(())
    }

    /// Stores and logs that an account funds a module; the caller then tells the module.
    fn book(&mut self, account: Address, module: Address, beneficiary: Address, amount: U256) -> Result<(), Revert> {
        nonzero(beneficiary)?;
        let state = self.modules.get(module);
        state.must_be_active(self.vm().block_timestamp()).map_err(|error| module_refused(module, error))?;
        let funded = self.touched(Some(account), Some(module)).fund(amount);
        let (moved, wei) = funded.map_err(|error| refused(error, account, module))?;
        self.modules.take(module, state, wei)?;
        let share = self.share(module, beneficiary).take(self.vm().block_timestamp(), wei);
        self.set_share(module, beneficiary, share);
        self.set_free(account, moved.free);
        self.books.insert(module, U128::from(moved.book));
        let (free, book) = (U256::from(moved.free), U256::from(moved.book));
        self.vm().log(Funded { module, account, beneficiary, amount, free, book });
        Ok(())
    }

    /// Takes out of the caller's book by `rule`, for an account if it is for one, and stores what is left there. Returns the caller, and the
    /// other side, which is still to be stored.
    fn unbook(
        &mut self,
        account: Option<Address>,
        amount: U256,
        rule: fn(Touched, U256) -> Result<Touched, VaultError>,
    ) -> Result<(Address, Touched), Revert> {
        let module = self.vm().msg_sender();
        let moved = rule(self.touched(account, Some(module)), amount).map_err(|error| refused(error, Address::ZERO, module))?;
        self.books.insert(module, U128::from(moved.book));
        Ok((module, moved))
    }

    /// Gives back to a module's cap what it was funded with for `account` on this day, as far as it releases it to that account.
    fn give_back(&mut self, module: Address, account: Address, amount: U256) {
        let now = self.vm().block_timestamp();
        let (share, back) = self.share(module, account).give_back(now, amount.saturating_to());
        if back != 0 {
            self.set_share(module, account, share);
            self.modules.give_back(module, back);
        }
    }

    fn share(&self, module: Address, account: Address) -> Share {
        let modules = self.shares.getter(module);
        let record = modules.getter(account);
        Share { window: record.window.get().to(), amount: record.amount.get().to() }
    }

    fn set_share(&mut self, module: Address, account: Address, share: Share) {
        let mut modules = self.shares.setter(module);
        let mut record = modules.setter(account);
        record.window.set(U64::from(share.window));
        record.amount.set(U128::from(share.amount));
    }

    /// Tells a module whom it has been funded for, and has it confirm. Nothing may come after.
    fn tell(&mut self, account: Address, module: Address, beneficiary: Address, amount: U256) -> Result<(), Revert> {
        let message = VaultPeer::creditedCall { beneficiary, account, amount }.abi_encode();
        let answer =
            call_raw(self, module, &message)
                .map_err(|revert| if revert.is_empty() { NotCredited { module }.into() } else { revert })?;
        // A word that begins with the selector, as the ABI lays out four bytes.
        match answer.split_first_chunk() {
            Some((&VaultPeer::creditedCall::SELECTOR, padding)) if padding == [0; 28] => Ok(()),
            _ => Err(NotCredited { module }.into()),
        }
    }

    /// Gets tokens by an allowance.
    fn pull(&mut self, from: Address, amount: U256) -> Result<(), Revert> {
        let (token, vault) = (self.token.get(), self.vm().contract_address());
        transfer_from(self, token, from, vault, amount)
    }

    /// Gets tokens by a signature.
    fn receive(&mut self, authorization: Authorization, signature: Bytes) -> Result<(), Revert> {
        let (token, vault) = (self.token.get(), self.vm().contract_address());
        receive_with_authorization(self, token, vault, authorization, signature)
    }

    /// Sends tokens.
    fn push(&mut self, to: Address, amount: U256) -> Result<(), Revert> {
        let token = self.token.get();
        transfer(self, token, to, amount)
    }

    /// Refuses what has no key and no code to move money on: the zero address, and the vault itself.
    fn somebody(&self, receiver: Address) -> Result<(), Revert> {
        if nonzero(receiver)? == self.vm().contract_address() {
            return Err(ERC20InvalidReceiver { receiver }.into());
        }
        Ok(())
    }

    /// What the rules look at. What a move does not touch is not read.
    fn touched(&self, account: Option<Address>, module: Option<Address>) -> Touched {
        let free = account.map_or(0, |account| self.free.get(account).to());
        let book = module.map_or(0, |module| self.books.get(module).to());
        Touched { free, book, vault: self.vault() }
    }

    fn vault(&self) -> ledger::Vault {
        ledger::Vault { held: self.held.get().to(), treasury: self.treasury.get().to() }
    }

    fn set_vault(&mut self, vault: ledger::Vault) {
        self.held.set(U128::from(vault.held));
        self.treasury.set(U128::from(vault.treasury));
    }

    fn set_free(&mut self, account: Address, wei: u128) {
        self.free.insert(account, U128::from(wei));
    }
}
