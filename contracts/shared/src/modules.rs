//! The modules of a contract: other contracts that it lets act on the money it holds. The rules are `cor_core::govern::module`.
//!
//! A contract holds [`Modules`] in its storage, sets the delay in its constructor, and forwards the functions. Until [`Modules::open`] the
//! owner names modules at once, and the contract takes no money; from then on every widening waits.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U64, U128, U256};
use alloy_sol_types::sol;
use cor_core::govern::module::{Module, ModuleError};
use stylus_sdk::{
    prelude::*,
    storage::{StorageBool, StorageMap, StorageU64, StorageU128},
};

use crate::revert::{Revert, nonzero};

sol! {
    /// `module` was named. It is active from `activeAt` on, and takes at most `cap` in a day.
    event ModuleProposed(address indexed module, uint64 activeAt, uint256 cap);
    /// `module` was closed, or its proposal withdrawn.
    event ModuleClosed(address indexed module);
    /// The cap of `module` is `cap` from `effectiveAt` on.
    event ModuleCapChanged(address indexed module, uint256 cap, uint64 effectiveAt);
    /// Set up: from now on every widening waits for the delay.
    event Opened();

    error ModuleUnknown(address module);
    error ModuleNotActive(address module, uint64 activeAt);
    error ModuleInService(address module);
    error ModuleCapExceeded(address module, uint256 available, uint256 needed);
    error NotOpen();
    error AlreadyOpen();
}

/// Every module ever named, and whether the contract is open.
#[storage]
pub struct Modules {
    delay_secs: StorageU64,
    open: StorageBool,
    records: StorageMap<Address, ModuleRecord>,
}

/// A module in three words: times, caps, use.
#[storage]
pub struct ModuleRecord {
    active_at: StorageU64,
    closed_at: StorageU64,
    next_cap_at: StorageU64,
    window: StorageU64,
    cap: StorageU128,
    next_cap: StorageU128,
    used: StorageU128,
}

impl Modules {
    /// Sets the delay; for constructors, which check its bounds.
    pub fn init(&mut self, delay_secs: u64) {
        self.delay_secs.set(U64::from(delay_secs));
    }

    /// How long a widening waits, seconds.
    pub fn delay_secs(&self) -> u64 {
        self.delay_secs.get().to()
    }

    /// How long a widening waits now: not at all until the contract is open.
    pub fn wait_secs(&self) -> u64 {
        if self.open.get() { self.delay_secs() } else { 0 }
    }

    /// Whether the contract is open.
    pub fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Refuses money while the contract is set up.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub fn must_be_open(&self) -> Result<(), Revert> {
        if self.open.get() { Ok(()) } else { Err(NotOpen {}.into()) }
    }

    /// Ends the setting up, for good. The caller checks who calls.
    ///
    /// # Errors
    /// [`AlreadyOpen`].
    pub fn open(&mut self) -> Result<(), Revert> {
        if self.open.get() {
            return Err(AlreadyOpen {}.into());
        }
        self.open.set(true);
        self.vm().log(Opened {});
        Ok(())
    }

    /// A module as stored.
    pub fn get(&self, module: Address) -> Module {
        let record = self.records.get(module);
        Module {
            active_at: record.active_at.get().to(),
            closed_at: record.closed_at.get().to(),
            next_cap_at: record.next_cap_at.get().to(),
            window: record.window.get().to(),
            cap: record.cap.get().to(),
            next_cap: record.next_cap.get().to(),
            used: record.used.get().to(),
        }
    }

    fn set(&mut self, module: Address, state: Module) {
        let mut record = self.records.setter(module);
        record.active_at.set(U64::from(state.active_at));
        record.closed_at.set(U64::from(state.closed_at));
        record.next_cap_at.set(U64::from(state.next_cap_at));
        record.window.set(U64::from(state.window));
        record.cap.set(U128::from(state.cap));
        record.next_cap.set(U128::from(state.next_cap));
        record.used.set(U128::from(state.used));
    }

    /// Names a module, or a closed one again. The caller checks who calls.
    ///
    /// # Errors
    /// [`ZeroAddress`](crate::ZeroAddress), [`ModuleInService`]. A cap above 128 bits is taken as the most that they hold.
    pub fn propose(&mut self, module: Address, cap: U256) -> Result<(), Revert> {
        let now = self.vm().block_timestamp();
        let state = self.get(nonzero(module)?);
        let state =
            state.propose(now, self.wait_secs(), U128::saturating_from(cap).to()).map_err(|error| refused(module, error))?;
        self.set(module, state);
        self.vm().log(ModuleProposed { module, activeAt: state.active_at, cap: U256::from(state.cap.max(state.next_cap)) });
        Ok(())
    }

    /// Closes a module at once, or withdraws its proposal. The caller checks who calls.
    ///
    /// # Errors
    /// [`ModuleUnknown`].
    pub fn close(&mut self, module: Address) -> Result<(), Revert> {
        let now = self.vm().block_timestamp();
        let state = self.get(module).close(now).map_err(|error| refused(module, error))?;
        self.set(module, state);
        self.vm().log(ModuleClosed { module });
        Ok(())
    }

    /// Whether a cap is not above the one that is in force, so that the guardian may set it. One above 128 bits is taken as the most that they hold.
    pub fn is_narrower(&self, module: Address, cap: U256) -> bool {
        U128::saturating_from(cap).to::<u128>() <= self.get(module).cap_at(self.vm().block_timestamp())
    }

    /// Changes a cap: a lower one at once, a higher one after the delay. The caller checks who calls.
    ///
    /// # Errors
    /// [`ModuleUnknown`].
    pub fn set_cap(&mut self, module: Address, cap: U256) -> Result<(), Revert> {
        let now = self.vm().block_timestamp();
        let state = self.get(module);
        let state =
            state.set_cap(now, self.wait_secs(), U128::saturating_from(cap).to()).map_err(|error| refused(module, error))?;
        self.set(module, state);
        let (cap, effective_at) = if state.next_cap_at == 0 { (state.cap, now) } else { (state.next_cap, state.next_cap_at) };
        self.vm().log(ModuleCapChanged { module, cap: U256::from(cap), effectiveAt: effective_at });
        Ok(())
    }

    /// Counts `amount` against the cap of a module that the caller found fit to act.
    ///
    /// # Errors
    /// [`ModuleCapExceeded`].
    pub fn take(&mut self, module: Address, state: Module, amount: u128) -> Result<(), Revert> {
        let now = self.vm().block_timestamp();
        let state = state.take(now, amount).map_err(|error| refused(module, error))?;
        self.set(module, state);
        Ok(())
    }

    /// Counts `amount` against the cap of a module no more.
    pub fn give_back(&mut self, module: Address, amount: u128) {
        let state = self.get(module).give_back(self.vm().block_timestamp(), amount);
        self.set(module, state);
    }
}

/// The Solidity error of a refusal concerning `module`.
pub fn refused(module: Address, error: ModuleError) -> Revert {
    match error {
        ModuleError::Unknown => ModuleUnknown { module }.into(),
        ModuleError::NotActive { active_at } => ModuleNotActive { module, activeAt: active_at }.into(),
        ModuleError::InService => ModuleInService { module }.into(),
        ModuleError::CapExceeded { available, needed } => {
            ModuleCapExceeded { module, available: U256::from(available), needed }.into()
        }
    }
}
