//! What the owner and the guardian set: keepers, penalties, peers, the pause.

use alloy_primitives::{Address, U128, U16};
use cor_contract_shared::{log, nonzero, Revert};
use cor_core::limits::KEEPERS_MAX;
use cor_core::task::in_range;
use stylus_sdk::prelude::*;

use crate::{
    abi::{refuse_input, GuardianSet, KeeperSet, PauseSet, PenaltiesSet, Wired},
    SessionQueue,
};

impl SessionQueue {
    /// Sets the first owner.
    ///
    /// # Arguments
    /// * `owner`: who names keepers, sets the peers, penalties and the guardian; not zero.
    ///
    /// # Errors
    /// * `ZeroAddress` for a zero owner.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    pub(crate) fn constructor(&mut self, owner: Address) -> Result<(), Revert> {
        self.ownable.init(owner)
    }

    /// Whether an account may assign tasks.
    /// Arguments, errors, events: `ISessionQueue.isKeeper`.
    pub(crate) fn is_keeper(&self, account: Address) -> bool {
        self.keepers.getter(account).enabled.get()
    }

    /// Names or removes a keeper.
    /// Arguments, errors, events: `ISessionQueue.setKeeper`.
    pub(crate) fn set_keeper(&mut self, keeper: Address, enabled: bool) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        nonzero(keeper)?;
        let mut record = self.keepers.setter(keeper);
        if record.number.get().is_zero() {
            let known: u64 = self.keeper_count.get().to();
            in_range("keepers", known.saturating_add(1), 1, KEEPERS_MAX.into()).map_err(refuse_input)?;
            let number = self.keeper_count.get().saturating_add(U16::from(1));
            self.keeper_count.set(number);
            record.number.set(number);
            self.keeper_at.setter(number.to()).set(keeper);
        }
        record.enabled.set(enabled);
        log!(self, KeeperSet[keeper] enabled);
        Ok(())
    }

    /// Sets the stake penalties.
    /// Arguments, errors, events: `ISessionQueue.setPenalties`.
    pub(crate) fn set_penalties(&mut self, no_reveal: u128, bad_reveal: u128) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.no_reveal_penalty.set(U128::from(no_reveal));
        self.bad_reveal_penalty.set(U128::from(bad_reveal));
        log!(self, PenaltiesSet[] no_reveal, bad_reveal);
        Ok(())
    }

    /// Stake penalties in COR wei.
    /// Arguments, errors, events: `ISessionQueue.penalties`.
    pub(crate) fn penalties(&self) -> (u128, u128) {
        (self.no_reveal_penalty.get().to(), self.bad_reveal_penalty.get().to())
    }

    /// Who may pause besides the owner.
    /// Arguments, errors, events: `ISessionQueue.guardian`.
    pub(crate) fn guardian(&self) -> Address {
        self.guardian.get()
    }

    /// Sets the guardian.
    /// Arguments, errors, events: `ISessionQueue.setGuardian`.
    pub(crate) fn set_guardian(&mut self, account: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.guardian.set(account);
        log!(self, GuardianSet[account]);
        Ok(())
    }

    /// Stops or allows create and submit.
    /// Arguments, errors, events: `ISessionQueue.setPaused`.
    pub(crate) fn set_paused(&mut self, paused: bool) -> Result<(), Revert> {
        let guardian = if paused { self.guardian.get() } else { Address::ZERO };
        self.ownable.owner_or_guardian(guardian)?;
        self.desk.paused.set(paused);
        log!(self, PauseSet[] paused);
        Ok(())
    }

    /// Whether create and submit are stopped.
    /// Arguments, errors, events: `ISessionQueue.paused`.
    pub(crate) fn paused(&self) -> bool {
        self.desk.paused.get()
    }

    /// Sets the peers.
    /// Arguments, errors, events: `ISessionQueue.wire`.
    pub(crate) fn wire(
        &mut self,
        session_payment: Address,
        node_pool: Address,
        staking: Address,
        table: Address,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.desk.session_payment.set(nonzero(session_payment)?);
        self.node_pool.set(nonzero(node_pool)?);
        self.staking.set(nonzero(staking)?);
        self.table.set(nonzero(table)?);
        log!(self, Wired[] session_payment, node_pool, staking, table);
        Ok(())
    }

    /// Present owner.
    /// Arguments, errors, events: `ISessionQueue.owner`.
    pub(crate) fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `ISessionQueue.transferOwnership`.
    pub(crate) fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    /// Arguments, errors, events: `ISessionQueue.acceptOwnership`.
    pub(crate) fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}
