//! How versions and models lie in storage. A quote reads three words of terms, three of prices and one of
//! the model.

use alloc::{vec, vec::Vec};

use alloy_primitives::{B256, U128, U256, U32, U64, U8};
use cor_core::limits::{MULTIPLIER_MAX_BPS, REBATE_MAX_BPS};
use cor_core::money::pricing::{pack, unpack, ClassPrice, Listing, Model, ModelClass, PriceTerms, PriceVersion};
use stylus_sdk::{
    prelude::*,
    storage::{StorageArray, StorageB256, StorageBool, StorageU128, StorageU256, StorageU32, StorageU64, StorageU8},
};

/// A multiplier is at most 1000000, which is below 2^24; nine share a word: SLA, consensus, priority.
const MULTIPLIER_BITS: usize = 24;
/// A rebate is at most 5000, which is below 2^16; eight share half a word: stake, volume.
const REBATE_BITS: usize = 16;

const _: () = {
    assert!(MULTIPLIER_MAX_BPS < 1 << MULTIPLIER_BITS && 9 * MULTIPLIER_BITS <= 256);
    assert!(REBATE_MAX_BPS < 1 << REBATE_BITS && 8 * REBATE_BITS <= 128);
};

/// One version. Written once; only that it is cancelled is added.
#[storage]
pub struct VersionRecord {
    effective_at: StorageU64,
    settlement_gas_base: StorageU64,
    settlement_gas_per_replica: StorageU64,
    quorum_step_bps: StorageU32,
    network_fee_bps: StorageU32,

    multipliers: StorageU256,

    gas_price: StorageU128,
    rebates: StorageU128,

    /// The version before it that was not cancelled, 0 at the first. Never written again: who is cancelled goes, and so do all after it.
    previous: StorageU64,
    cancelled: StorageBool,

    classes: StorageArray<ClassRecord, 3>,
}

/// Prices of a class, in three words.
#[storage]
pub struct ClassRecord {
    base: StorageU128,
    step: StorageU128,
    tool: StorageU128,
    token: StorageU128,
    validator: StorageU128,
}

/// A model. A quote needs the first word only.
#[storage]
pub struct ModelRecord {
    known: StorageBool,
    class: StorageU8,
    enabled: StorageBool,
    next_class: StorageU8,
    next_enabled: StorageBool,
    next_at: StorageU64,

    name: StorageB256,
    next_name: StorageB256,
}

impl VersionRecord {
    /// When the version takes effect.
    pub(crate) fn effective_at(&self) -> u64 {
        self.effective_at.get().to()
    }

    /// All but the prices.
    pub(crate) fn terms(&self) -> PriceTerms {
        let [s0, s1, s2, c0, c1, c2, p0, p1, p2] = unpack(self.multipliers.get(), MULTIPLIER_BITS);
        let [k0, k1, k2, k3, v0, v1, v2, v3] = unpack(U256::from(self.rebates.get()), REBATE_BITS);
        PriceTerms {
            effective_at: self.effective_at(),
            sla_bps: [s0, s1, s2],
            consensus_bps: [c0, c1, c2],
            priority_bps: [p0, p1, p2],
            quorum_step_bps: self.quorum_step_bps.get().to(),
            network_fee_bps: self.network_fee_bps.get().to(),
            settlement_gas_base: self.settlement_gas_base.get().to(),
            settlement_gas_per_replica: self.settlement_gas_per_replica.get().to(),
            gas_price: self.gas_price.get().to(),
            stake_rebate_bps: [k0, k1, k2, k3],
            volume_rebate_bps: [v0, v1, v2, v3],
        }
    }

    /// Prices of a class. The array has a record for each.
    pub(crate) fn class(&self, class: ModelClass) -> ClassPrice {
        self.classes.getter(usize::from(class.number())).map_or_else(ClassPrice::default, |record| ClassPrice {
            base: record.base.get().to(),
            step: record.step.get().to(),
            tool: record.tool.get().to(),
            token: record.token.get().to(),
            validator: record.validator.get().to(),
        })
    }

    /// The whole version.
    pub(crate) fn get(&self) -> PriceVersion {
        PriceVersion { terms: self.terms(), classes: ModelClass::ALL.map(|class| self.class(class)) }
    }

    /// The version before it that was not cancelled, 0 at the first.
    pub(crate) fn previous(&self) -> u64 {
        self.previous.get().to()
    }

    /// Whether it was taken back before it took effect.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.get()
    }

    /// Takes it back.
    pub(crate) fn cancel(&mut self) {
        self.cancelled.set(true);
    }

    /// Stores a version that the rules accepted, so that each value fits its bits.
    pub(crate) fn set(&mut self, version: &PriceVersion, previous: u64) {
        let PriceVersion { terms, classes } = version;
        self.previous.set(U64::from(previous));
        self.effective_at.set(U64::from(terms.effective_at));
        self.settlement_gas_base.set(U64::from(terms.settlement_gas_base));
        self.settlement_gas_per_replica.set(U64::from(terms.settlement_gas_per_replica));
        self.quorum_step_bps.set(U32::from(terms.quorum_step_bps));
        self.network_fee_bps.set(U32::from(terms.network_fee_bps));
        let multipliers = [terms.sla_bps, terms.consensus_bps, terms.priority_bps];
        self.multipliers.set(pack(multipliers.as_flattened(), MULTIPLIER_BITS));
        self.gas_price.set(U128::from(terms.gas_price));
        let rebates = [terms.stake_rebate_bps, terms.volume_rebate_bps];
        self.rebates.set(U128::wrapping_from(pack(rebates.as_flattened(), REBATE_BITS)));
        for (index, class) in classes.iter().enumerate() {
            if let Some(mut record) = self.classes.setter(index) {
                record.base.set(U128::from(class.base));
                record.step.set(U128::from(class.step));
                record.tool.set(U128::from(class.tool));
                record.token.set(U128::from(class.token));
                record.validator.set(U128::from(class.validator));
            }
        }
    }
}

impl ModelRecord {
    /// The model as stored.
    pub(crate) fn get(&self) -> Model {
        // Only numbers of classes are ever stored.
        let class = |number: &StorageU8| ModelClass::try_from(number.get().to::<u8>()).unwrap_or_default();
        Model {
            known: self.known.get(),
            present: Listing { class: class(&self.class), enabled: self.enabled.get() },
            next: Listing { class: class(&self.next_class), enabled: self.next_enabled.get() },
            next_at: self.next_at.get().to(),
        }
    }

    /// Name of the model at `now`.
    pub(crate) fn name(&self, now: u64) -> B256 {
        let next_at = self.next_at.get().to::<u64>();
        if next_at != 0 && next_at <= now {
            return self.next_name.get();
        }
        self.name.get()
    }

    /// Name of the model once the change is made that is announced.
    pub(crate) fn next_name(&self) -> B256 {
        self.next_name.get()
    }

    /// Stores a model with its name, and the one that it will have if a change is announced.
    pub(crate) fn set(&mut self, model: &Model, name: B256, next_name: B256) {
        self.known.set(model.known);
        self.class.set(U8::from(model.present.class.number()));
        self.enabled.set(model.present.enabled);
        self.next_class.set(U8::from(model.next.class.number()));
        self.next_enabled.set(model.next.enabled);
        self.next_at.set(U64::from(model.next_at));
        self.name.set(name);
        self.next_name.set(next_name);
    }
}
