//! SessionPaymentTable: what a task costs. Specified by `sol/ISessionPaymentTable.sol`; the rules are `cor_core::money::pricing`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

mod abi;
mod store;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256, U64};
use cor_contract_shared::{Ownable, Quote, QuoteInputs, Revert, Row};
use cor_core::limits::{CLASS_CHANGES_MAX, PRICE_NOTICE_MAX_SECS, PRICE_NOTICE_MIN_SECS};
use cor_core::money::pricing::{
    self, check_class_change, check_publish, in_effect, quote, valid_until, Calendar, Change, InEffect, Listing, ModelClass,
    PricingError,
};
use cor_core::task::lane::{grains, LaneTerms, Tariff};
use stylus_sdk::{
    prelude::*,
    storage::{StorageMap, StorageU64, StorageVec},
};

use abi::{
    refuse, CancelledVersion, ModelChangeCancelled, ModelChangeScheduled, ModelSet, NoPriceYet, PriceOverflow, PriceVersion,
    UnknownModel, UnknownVersion, VersionCancelled, VersionPublished,
};
use store::{ModelRecord, VersionRecord};

/// The versions, by number from 1, and the models, by identifier.
#[storage]
#[entrypoint]
pub struct SessionPaymentTable {
    ownable: Ownable,
    /// Versions ever published: the number of the last, cancelled or not.
    latest: StorageU64,
    /// The last version that was not cancelled, 0 if there is none.
    last: StorageU64,
    min_delay_secs: StorageU64,
    /// Models whose class is announced to change, each once, and some whose change was made or cancelled since.
    reclassified: StorageVec<StorageU64>,
    versions: StorageMap<u64, VersionRecord>,
    models: StorageMap<u64, ModelRecord>,
}

#[public]
impl SessionPaymentTable {
    /// Sets what never changes, and the first owner.
    ///
    /// # Arguments
    /// * `owner`: who publishes versions and sets models; not zero.
    /// * `min_delay_secs`: how long a quote holds at most, and least seconds before a change takes effect; one to seven days.
    ///
    /// # Errors
    /// * `InputOutOfRange` for a delay out of its range.
    /// * `ZeroAddress` for a zero owner.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, owner: Address, min_delay_secs: u64) -> Result<(), Revert> {
        let (value, min, max) = (min_delay_secs, PRICE_NOTICE_MIN_SECS, PRICE_NOTICE_MAX_SECS);
        if !(min..=max).contains(&value) {
            return Err(refuse(PricingError::InputOutOfRange { field: "minDelaySecs", value, min, max }, 0));
        }
        self.min_delay_secs.set(U64::from(min_delay_secs));
        self.ownable.init(owner)
    }

    /// Price of a task by the version effective now.
    /// Arguments, errors, events: `ISessionPaymentTable.quote`.
    pub fn quote(&self, inputs: Row<QuoteInputs, 12>) -> Result<Row<Quote, 9>, Revert> {
        let InEffect { version, next_at } = self.in_effect()?;
        let Row(mut quote) = self.price(version, &inputs.0)?;
        let now = self.vm().block_timestamp();
        let model_change = self.models.getter(inputs.0.model_identifier).get().change_at(now);
        quote.valid_until = valid_until(now, self.min_delay_secs(), next_at, model_change);
        Ok(Row(quote))
    }

    /// The same for a lane's terms, in one word.
    /// Arguments, errors, events: `ISessionPaymentTable.tariff`.
    pub fn tariff(&self, terms: B256) -> Result<B256, Revert> {
        let Row(quote) = self.quote(Row(inputs(&LaneTerms::unpack(terms))))?;
        let tariff = Tariff {
            per_replica: in_grains(quote.price.per_replica)?,
            network: in_grains(quote.price.network)?,
            gas: in_grains(quote.price.gas)?,
            version: u32::try_from(quote.version).map_err(|_| PriceOverflow {})?,
            // A later time than 32 bits hold is kept as the last that they do: prices are asked for again then.
            valid_until: u32::try_from(quote.valid_until).unwrap_or(u32::MAX),
        };
        Ok(tariff.pack())
    }

    /// The same by a given version, as a reckoning and no offer.
    /// Arguments, errors, events: `ISessionPaymentTable.quoteAt`.
    pub fn quote_at(&self, version: u64, inputs: Row<QuoteInputs, 12>) -> Result<Row<Quote, 9>, Revert> {
        self.known(version)?;
        self.price(version, &inputs.0)
    }

    /// Publishes the next version.
    /// Arguments, errors, events: `ISessionPaymentTable.publish`.
    pub fn publish(&mut self, price: Row<PriceVersion, 38>) -> Result<u64, Revert> {
        self.ownable.only_owner()?;
        let last: u64 = self.last.get().to();
        let previous = (last > 0).then(|| self.versions.getter(last).get());
        let Row(PriceVersion(next)) = price;
        let version = self.latest_version().saturating_add(1);
        check_publish(previous.as_ref(), &next, &self.calendar()).map_err(|error| refuse(error, version))?;
        self.versions.setter(version).set(&next, last);
        self.latest.set(U64::from(version));
        self.last.set(U64::from(version));
        self.vm().log(VersionPublished { version, effectiveAt: next.terms.effective_at });
        Ok(version)
    }

    /// Takes a version back that is not in effect yet, and all after it, which were checked against it.
    /// Arguments, errors, events: `ISessionPaymentTable.cancelVersion`.
    pub fn cancel_version(&mut self, version: u64) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.known(version)?;
        let effective_at = self.versions.getter(version).effective_at();
        if effective_at <= self.vm().block_timestamp() {
            return Err(refuse(PricingError::AlreadyEffective { effective_at }, version));
        }
        // At most one for each day that a version may be ahead. It is among them, as it is not cancelled.
        let mut last: u64 = self.last.get().to();
        while last >= version {
            let mut record = self.versions.setter(last);
            record.cancel();
            let previous = record.previous();
            self.vm().log(VersionCancelled { version: last });
            last = previous;
        }
        self.last.set(U64::from(last));
        Ok(())
    }

    /// A version as published.
    /// Arguments, errors, events: `ISessionPaymentTable.getVersion`.
    pub fn get_version(&self, version: u64) -> Result<Row<PriceVersion, 38>, Revert> {
        self.known(version)?;
        Ok(Row(PriceVersion(self.versions.getter(version).get())))
    }

    /// Number of the version effective now.
    /// Arguments, errors, events: `ISessionPaymentTable.currentVersion`.
    pub fn current_version(&self) -> Result<u64, Revert> {
        Ok(self.in_effect()?.version)
    }

    /// Number of the last version published, cancelled or not; 0 if none.
    /// Arguments, errors, events: `ISessionPaymentTable.latestVersion`.
    pub fn latest_version(&self) -> u64 {
        self.latest.get().to()
    }

    /// How long a quote holds at most, and the least notice of a change, in seconds.
    /// Arguments, errors, events: `ISessionPaymentTable.minDelaySecs`.
    pub fn min_delay_secs(&self) -> u64 {
        self.min_delay_secs.get().to()
    }

    /// Puts a model into a class, or takes it out of service: at once, or with notice.
    /// Arguments, errors, events: `ISessionPaymentTable.setModel`.
    pub fn set_model(&mut self, model_identifier: u64, class: u8, enabled: bool, name: B256) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let refuse = |error| refuse(error, model_identifier);
        let to = Listing { class: ModelClass::try_from(class).map_err(refuse)?, enabled };
        let calendar = self.calendar();
        let record = self.models.getter(model_identifier);
        let (before, present_name) = (record.get().at(calendar.now), record.name(calendar.now));
        let last_version_at = self.in_effect().ok().map(|_| self.effective_at(self.last.get().to()));
        let (model, change) = before.set(to, &calendar, last_version_at).map_err(refuse)?;
        if let Change::Reclassified(_) = change {
            self.check_reclassified(before.present.class, to.class).map_err(refuse)?;
            self.list_reclassified(model_identifier).map_err(refuse)?;
        }
        match change {
            Change::AtOnce => {
                self.models.setter(model_identifier).set(&model, name, B256::ZERO);
                self.vm().log(ModelSet { modelIdentifier: model_identifier, class, enabled, name });
            }
            Change::At(effective_at) | Change::Reclassified(effective_at) => {
                self.models.setter(model_identifier).set(&model, present_name, name);
                self.vm().log(ModelChangeScheduled {
                    modelIdentifier: model_identifier,
                    class,
                    enabled,
                    name,
                    effectiveAt: effective_at,
                });
            }
        }
        Ok(())
    }

    /// Takes the change of a model back that is announced.
    /// Arguments, errors, events: `ISessionPaymentTable.cancelModelChange`.
    pub fn cancel_model_change(&mut self, model_identifier: u64) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let now = self.vm().block_timestamp();
        let mut record = self.models.setter(model_identifier);
        let model = record.get().cancel(now).map_err(|error| refuse(error, model_identifier))?;
        let name = record.name(now);
        record.set(&model, name, B256::ZERO);
        self.vm().log(ModelChangeCancelled { modelIdentifier: model_identifier });
        Ok(())
    }

    /// Class and name of a model in service.
    /// Arguments, errors, events: `ISessionPaymentTable.getModel`.
    pub fn get_model(&self, model_identifier: u64) -> Result<(u8, B256), Revert> {
        let name = self.models.getter(model_identifier).name(self.vm().block_timestamp());
        Ok((self.class_of(model_identifier)?.number(), name))
    }

    /// The change of a model that is announced; all zero if none is.
    /// Arguments, errors, events: `ISessionPaymentTable.getModelChange`.
    pub fn get_model_change(&self, model_identifier: u64) -> (u64, u8, bool, B256) {
        let record = self.models.getter(model_identifier);
        let model = record.get();
        model.change_at(self.vm().block_timestamp()).map_or((0, 0, false, B256::ZERO), |effective_at| {
            (effective_at, model.next.class.number(), model.next.enabled, record.next_name())
        })
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
    /// Price by a version that is there, without an end.
    fn price(&self, version: u64, asked: &QuoteInputs) -> Result<Row<Quote, 9>, Revert> {
        let class = self.class_of(asked.model_identifier)?;
        let record = self.versions.getter(version);
        let price = quote(&record.terms(), &record.class(class), &asked.inputs).map_err(|error| refuse(error, version))?;
        Ok(Row(Quote { version, price, valid_until: 0 }))
    }

    /// Refuses the number of a version that is not there, or was cancelled.
    fn known(&self, version: u64) -> Result<(), Revert> {
        let latest = self.latest_version();
        if version == 0 || version > latest {
            return Err(UnknownVersion { version, latest }.into());
        }
        if self.versions.getter(version).is_cancelled() {
            return Err(CancelledVersion { version }.into());
        }
        Ok(())
    }

    /// The version in effect now.
    fn in_effect(&self) -> Result<InEffect, Revert> {
        let timestamp = self.vm().block_timestamp();
        let previous = |version| self.versions.getter(version).previous();
        in_effect(self.last.get().to(), timestamp, |version| self.effective_at(version), previous)
            .map_err(|first| NoPriceYet { timestamp, firstEffectiveAt: first }.into())
    }

    /// A model that goes from one class to another must do so within bounds by every version that may be in effect then: by the one that is in
    /// effect now and by all after it, whichever are cancelled.
    fn check_reclassified(&self, from: ModelClass, to: ModelClass) -> Result<(), PricingError> {
        let now = self.vm().block_timestamp();
        let mut version: u64 = self.last.get().to();
        while version != 0 {
            let record = self.versions.getter(version);
            check_class_change(&record.class(from), &record.class(to))?;
            version = if record.effective_at() <= now { 0 } else { record.previous() };
        }
        Ok(())
    }

    fn calendar(&self) -> Calendar {
        Calendar { now: self.vm().block_timestamp(), notice_secs: self.min_delay_secs(), reclassified_at: self.reclassified_at() }
    }

    /// When the last change of a model's class takes effect that is announced; 0 if none is.
    fn reclassified_at(&self) -> u64 {
        let now = self.vm().block_timestamp();
        let listed = (0..self.reclassified.len()).filter_map(|index| self.reclassified.get(index));
        listed.filter_map(|model| self.models.getter(model.to()).get().reclassified_at(now)).max().unwrap_or_default()
    }

    /// Adds a model to those whose class is to change, and drops those whose change was made or cancelled.
    fn list_reclassified(&mut self, model_identifier: u64) -> Result<(), PricingError> {
        let now = self.vm().block_timestamp();
        let mut count = 0_u64;
        while let Some(listed) = self.reclassified.get(count) {
            if self.models.getter(listed.to()).get().reclassified_at(now).is_some() {
                count += 1;
            } else if let Some(last) = self.reclassified.pop() {
                // The last takes its place, unless it is the last.
                if let Some(mut place) = self.reclassified.setter(count) {
                    place.set(last);
                }
            }
        }
        let (value, max) = (count + 1, CLASS_CHANGES_MAX);
        if value > max {
            return Err(PricingError::InputOutOfRange { field: "classChanges", value, min: 0, max });
        }
        self.reclassified.push(U64::from(model_identifier));
        Ok(())
    }

    fn class_of(&self, model_identifier: u64) -> Result<ModelClass, Revert> {
        let class = self.models.getter(model_identifier).get().class(self.vm().block_timestamp());
        class.ok_or_else(|| UnknownModel { modelIdentifier: model_identifier }.into())
    }

    /// When a version takes effect; 0 for one that is not there.
    fn effective_at(&self, version: u64) -> u64 {
        self.versions.getter(version).effective_at()
    }
}

/// What a lane's terms ask of the formula.
fn inputs(terms: &LaneTerms) -> QuoteInputs {
    let [_, e1, e0, t1, t0, sla, priority, consensus_rule] = terms.priced.to_be_bytes();
    QuoteInputs {
        model_identifier: terms.model,
        inputs: pricing::QuoteInputs {
            execution_depth: u16::from_be_bytes([e1, e0]),
            tool_depth: u16::from_be_bytes([t1, t0]),
            max_tokens: terms.max_tokens,
            sla,
            validator_depth: 0,
            replicas: terms.replicas,
            consensus_rule,
            quorum_bps: terms.quorum_bps,
            priority,
            stake_tier: 0,
            volume_tier: 0,
        },
    }
}

/// A line of a quote, which is a whole number of grains.
fn in_grains(wei: u128) -> Result<u64, Revert> {
    grains(U256::from(wei).into()).ok_or_else(|| PriceOverflow {}.into())
}
