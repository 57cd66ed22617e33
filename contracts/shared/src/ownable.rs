//! Ownership that passes in two steps, so that a mistyped address cannot lose a contract.
//!
//! A contract holds an [`Ownable`] in its storage, calls [`Ownable::init`] in its constructor, and forwards three functions,
//! which the SDK needs to see in the contract's own `#[public]` block:
//!
//! ```ignore
//! pub fn owner(&self) -> Address { self.ownable.owner() }
//! pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> { self.ownable.offer(candidate) }
//! pub fn accept_ownership(&mut self) -> Result<(), Revert> { self.ownable.accept() }
//! ```

use alloc::{vec, vec::Vec};

use alloy_primitives::Address;
use alloy_sol_types::sol;
use stylus_sdk::{
    prelude::*,
    storage::StorageAddress,
    stylus_core::host::{HostAccess, MessageAccess},
};

use crate::revert::{Revert, nonzero, only};

sol! {
    /// Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);
}

/// The owner, and whom ownership is offered to. Two slots.
#[storage]
pub struct Ownable {
    owner: StorageAddress,
    candidate: StorageAddress,
}

impl Ownable {
    /// Sets the first owner and logs [`OwnershipTransferred`]; for constructors.
    ///
    /// # Errors
    /// [`ZeroAddress`](crate::ZeroAddress).
    pub fn init(&mut self, owner: Address) -> Result<(), Revert> {
        self.pass_to(nonzero(owner)?);
        Ok(())
    }

    /// Present owner.
    pub fn owner(&self) -> Address {
        self.owner.get()
    }

    /// Refuses every caller but the owner.
    ///
    /// # Errors
    /// [`Unauthorized`](crate::Unauthorized).
    pub fn only_owner(&self) -> Result<(), Revert> {
        only(self.vm().msg_sender(), self.owner.get())
    }

    /// Refuses every caller but the owner and `guardian`, zero if nobody: for what only narrows what the owner allowed.
    ///
    /// # Errors
    /// [`Unauthorized`](crate::Unauthorized), with the owner.
    pub fn owner_or_guardian(&self, guardian: Address) -> Result<(), Revert> {
        // Nobody calls from the zero address.
        if self.vm().msg_sender() == guardian { Ok(()) } else { self.only_owner() }
    }

    /// Offers ownership, in place of any earlier offer; the zero address only withdraws that. Owner only.
    ///
    /// # Errors
    /// [`Unauthorized`](crate::Unauthorized).
    pub fn offer(&mut self, candidate: Address) -> Result<(), Revert> {
        self.only_owner()?;
        self.candidate.set(candidate);
        let owner = self.owner.get();
        self.vm().log(OwnershipTransferStarted { owner, candidate });
        Ok(())
    }

    /// Accepts the offered ownership; only the candidate.
    ///
    /// # Errors
    /// [`Unauthorized`](crate::Unauthorized).
    pub fn accept(&mut self) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        only(caller, self.candidate.get())?;
        self.candidate.set(Address::ZERO);
        self.pass_to(caller);
        Ok(())
    }

    fn pass_to(&mut self, owner: Address) {
        let previous = self.owner.get();
        self.owner.set(owner);
        self.vm().log(OwnershipTransferred { previous, owner });
    }
}
