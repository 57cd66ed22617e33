//! Keepers: proposals, bonds and secrets.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall as _;
use cor_contract_shared::{
    abi::{message, LanePeer},
    call_raw, encoded, log, nonzero, transfer, transfer_from, Revert,
};
use cor_core::task::jury::{Keeper, Standing};
use stylus_sdk::prelude::*;

use crate::{
    abi::{refuse, BondWithdrawn, ChainRenewed, KeeperDischarged, KeeperEnrolled, KeeperProposed, SecretShown, Subject},
    rosters::about_keeper,
    Jury,
};

impl Jury {
    /// Proposes a keeper; owner only.
    /// Arguments, errors, events: `IJury.propose`.
    pub(crate) fn propose(&mut self, keeper: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let (now, wait) = (self.vm().block_timestamp(), self.setup.wait_secs());
        let mut record = self.keepers.setter(nonzero(keeper)?);
        let state = record.get().propose(now, wait).map_err(about_keeper(keeper))?;
        record.set(state);
        log!(self, KeeperProposed[keeper] state.enrols_at);
        Ok(())
    }

    /// Posts the caller's bond, and lets it serve.
    /// Arguments, errors, events: `IJury.enrol`.
    pub(crate) fn enrol(&mut self, anchor: B256, first: u32) -> Result<(), Revert> {
        self.setup.must_be_open()?;
        let (now, times) = self.clock();
        let keeper = self.vm().msg_sender();
        let mut record = self.keepers.setter(keeper);
        let state = record.get().enrol(now, &times, anchor, first).map_err(about_keeper(keeper))?;
        record.set(state);
        log!(self, KeeperEnrolled[keeper] anchor, first);
        let (token, jury, bond) = (self.token.get(), self.vm().contract_address(), self.bond.get());
        transfer_from(self, token, keeper, jury, bond)?;
        self.tell_lane(keeper, true)
    }

    /// Goes on with another chain; the keeper.
    /// Arguments, errors, events: `IJury.renew`.
    pub(crate) fn renew(&mut self, anchor: B256, first: u32) -> Result<(), Revert> {
        let (now, times) = self.clock();
        let keeper = self.vm().msg_sender();
        let mut record = self.keepers.setter(keeper);
        let state = record.get().renew(now, &times, anchor, first).map_err(about_keeper(keeper))?;
        record.set(state);
        log!(self, ChainRenewed[keeper] anchor, first);
        Ok(())
    }

    /// Stops serving; the keeper.
    /// Arguments, errors, events: `IJury.resign`.
    pub(crate) fn resign(&mut self) -> Result<(), Revert> {
        let keeper = self.vm().msg_sender();
        self.keepers.getter(keeper).get().must_serve().map_err(about_keeper(keeper))?;
        self.stop(keeper)
    }

    /// Stops a keeper; owner only.
    /// Arguments, errors, events: `IJury.discharge`.
    pub(crate) fn discharge(&mut self, keeper: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.stop(keeper)
    }

    /// Pays a bond back to its keeper; anyone.
    /// Arguments, errors, events: `IJury.withdraw`.
    pub(crate) fn withdraw(&mut self, keeper: Address) -> Result<(), Revert> {
        let now = self.vm().block_timestamp();
        let mut record = self.keepers.setter(keeper);
        let state = record.get().withdraw(now).map_err(about_keeper(keeper))?;
        record.set(state);
        let (token, bond) = (self.token.get(), self.bond.get());
        log!(self, BondWithdrawn[keeper] B256::from(bond));
        transfer(self, token, keeper, bond)
    }

    /// Shows the secret of an epoch that has ended; anyone.
    /// Arguments, errors, events: `IJury.reveal`.
    pub(crate) fn reveal(&mut self, keeper: Address, epoch: u32, secret: B256) -> Result<(), Revert> {
        let (now, times) = self.clock();
        let subject = Subject { account: keeper, epoch, ..Subject::default() };
        let mut record = self.keepers.setter(keeper);
        let state = record.get().show(now, &times, epoch, secret).map_err(|error| refuse(error, subject))?;
        record.set(state);
        log!(self, SecretShown[keeper, epoch] secret);
        Ok(())
    }

    #[inline(never)]
    fn stop(&mut self, keeper: Address) -> Result<(), Revert> {
        let (now, times) = self.clock();
        let mut record = self.keepers.setter(keeper);
        let before: Keeper = record.get();
        let state = before.discharge(now, &times).map_err(about_keeper(keeper))?;
        record.set(state);
        let serves_no_more = before.standing == Standing::Serving;
        let free_at = if serves_no_more { state.free_at } else { 0 };
        log!(self, KeeperDischarged[keeper] free_at);
        if serves_no_more {
            self.tell_lane(keeper, false)
        } else {
            Ok(())
        }
    }

    /// Whether an account may serve. A refusal of the lane is passed on: a keeper that it goes on to take work from must have its bond here. The lane
    /// refuses nobody but others than its governor, and nobody can replace it.
    #[inline(never)]
    pub(crate) fn tell_lane(&mut self, keeper: Address, enabled: bool) -> Result<(), Revert> {
        self.call_lane(LanePeer::setKeeperCall::SELECTOR, encoded!(keeper, enabled))
    }

    pub(crate) fn call_lane(&mut self, selector: [u8; 4], arguments: Vec<u8>) -> Result<(), Revert> {
        let lane = self.lane.get();
        call_raw(self, lane, &message(selector, arguments)).map(drop)
    }
}
