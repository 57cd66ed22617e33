//! SessionPaymentTable: what a task costs. Specified by `sol/ISessionPaymentTable.sol`; the rules are `cor_core::money::pricing`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

mod abi;
mod store;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U64};
use cor_contract_shared::{Ownable, Quote, QuoteInputs, Revert, Row};
use cor_core::money::pricing::{check_publish, effective_version, quote, valid_until, ModelClass};
use stylus_sdk::{
    prelude::*,
    storage::{StorageMap, StorageU64},
};

use abi::{refuse, ModelSet, NoPriceYet, PriceVersion, UnknownModel, UnknownVersion, VersionPublished};
use store::{ModelRecord, VersionRecord};

/// The versions, by number from 1, and the models, by identifier.
#[storage]
#[entrypoint]
pub struct SessionPaymentTable {
    ownable: Ownable,
    latest: StorageU64,
    min_delay_secs: StorageU64,
    versions: StorageMap<u64, VersionRecord>,
    models: StorageMap<u64, ModelRecord>,
}

#[public]
impl SessionPaymentTable {
    /// Sets what never changes, and the first owner.
    ///
    /// # Arguments
    /// * `owner`: who publishes versions and sets models; not zero.
    /// * `min_delay_secs`: least seconds between the publication of a version and its effect.
    ///
    /// # Errors
    /// * `ZeroAddress` for a zero owner.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, owner: Address, min_delay_secs: u64) -> Result<(), Revert> {
        self.min_delay_secs.set(U64::from(min_delay_secs));
        self.ownable.init(owner)
    }

    /// Price of a task by the version effective now.
    /// Arguments, errors, events: `ISessionPaymentTable.quote`.
    pub fn quote(&self, inputs: Row<QuoteInputs, 11>) -> Result<Row<Quote, 9>, Revert> {
        self.price(self.current_version()?, &inputs.0)
    }

    /// The same by a given version.
    /// Arguments, errors, events: `ISessionPaymentTable.quoteAt`.
    pub fn quote_at(&self, version: u64, inputs: Row<QuoteInputs, 11>) -> Result<Row<Quote, 9>, Revert> {
        self.known(version)?;
        self.price(version, &inputs.0)
    }

    /// Publishes the next version.
    /// Arguments, errors, events: `ISessionPaymentTable.publish`.
    pub fn publish(&mut self, price: Row<PriceVersion, 35>) -> Result<u64, Revert> {
        self.ownable.only_owner()?;
        let latest = self.latest_version();
        let previous = (latest > 0).then(|| self.versions.getter(latest).get());
        let Row(PriceVersion(next)) = price;
        check_publish(previous.as_ref(), &next, self.vm().block_timestamp(), self.min_delay_secs()).map_err(refuse)?;
        let version = latest.saturating_add(1);
        self.versions.setter(version).set(&next);
        self.latest.set(U64::from(version));
        self.vm().log(VersionPublished { version, effectiveAt: next.terms.effective_at });
        Ok(version)
    }

    /// A version as published.
    /// Arguments, errors, events: `ISessionPaymentTable.getVersion`.
    pub fn get_version(&self, version: u64) -> Result<Row<PriceVersion, 35>, Revert> {
        self.known(version)?;
        Ok(Row(PriceVersion(self.versions.getter(version).get())))
    }

    /// Number of the version effective now.
    /// Arguments, errors, events: `ISessionPaymentTable.currentVersion`.
    pub fn current_version(&self) -> Result<u64, Revert> {
        let timestamp = self.vm().block_timestamp();
        effective_version(self.latest_version(), timestamp, |version| self.effective_at(version))
            .ok_or_else(|| NoPriceYet { timestamp, firstEffectiveAt: self.effective_at(1) }.into())
    }

    /// Number of the last version published, 0 if none.
    /// Arguments, errors, events: `ISessionPaymentTable.latestVersion`.
    pub fn latest_version(&self) -> u64 {
        self.latest.get().to()
    }

    /// Least time between publishing a version and its effect, in seconds.
    /// Arguments, errors, events: `ISessionPaymentTable.minDelaySecs`.
    pub fn min_delay_secs(&self) -> u64 {
        self.min_delay_secs.get().to()
    }

    /// Puts a model into a class, or takes it out of service.
    /// Arguments, errors, events: `ISessionPaymentTable.setModel`.
    pub fn set_model(&mut self, model_identifier: u64, class: u8, enabled: bool, name: B256) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let kind = ModelClass::try_from(class).map_err(refuse)?;
        self.models.setter(model_identifier).set(kind, enabled, name);
        self.vm().log(ModelSet { modelIdentifier: model_identifier, class, enabled, name });
        Ok(())
    }

    /// Class and name of a model in service.
    /// Arguments, errors, events: `ISessionPaymentTable.getModel`.
    pub fn get_model(&self, model_identifier: u64) -> Result<(u8, B256), Revert> {
        Ok((self.class_of(model_identifier)?.number(), self.models.getter(model_identifier).name()))
    }

    /// Present owner.
    /// Arguments, errors, events: `ISessionPaymentTable.owner`.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `ISessionPaymentTable.transferOwnership`.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    /// Arguments, errors, events: `ISessionPaymentTable.acceptOwnership`.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}

impl SessionPaymentTable {
    /// Price by a version that is there.
    fn price(&self, version: u64, asked: &QuoteInputs) -> Result<Row<Quote, 9>, Revert> {
        let class = self.class_of(asked.model_identifier)?;
        let record = self.versions.getter(version);
        let price = quote(&record.terms(), &record.class(class), &asked.inputs).map_err(refuse)?;
        let next = (version < self.latest_version()).then(|| self.effective_at(version.saturating_add(1)));
        let valid_until = valid_until(self.vm().block_timestamp(), self.min_delay_secs(), next);
        Ok(Row(Quote { version, price, valid_until }))
    }

    fn known(&self, version: u64) -> Result<(), Revert> {
        let latest = self.latest_version();
        if version == 0 || version > latest {
            return Err(UnknownVersion { version, latest }.into());
        }
        Ok(())
    }

    fn class_of(&self, model_identifier: u64) -> Result<ModelClass, Revert> {
        self.models.getter(model_identifier).class().ok_or_else(|| UnknownModel { modelIdentifier: model_identifier }.into())
    }

    /// When a version takes effect; 0 for one that is not there.
    fn effective_at(&self, version: u64) -> u64 {
        self.versions.getter(version).effective_at()
    }
}
