//! How versions and models lie in storage. A quote reads three words of terms, two of prices and one of the model.

use alloc::{vec, vec::Vec};

use alloy_primitives::{B256, U128, U256, U32, U64, U8};
use cor_core::limits::{MULTIPLIER_MAX_BPS, REBATE_MAX_BPS};
use cor_core::money::pricing::{pack, unpack, ClassPrice, ModelClass, PriceTerms, PriceVersion};
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

/// One version. Written once.
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

    classes: StorageArray<ClassRecord, 3>,
}

/// Prices of a class, in two words.
#[storage]
pub struct ClassRecord {
    base: StorageU128,
    step: StorageU128,
    tool: StorageU128,
    validator: StorageU128,
}

/// A model. A quote needs the first word only.
#[storage]
pub struct ModelRecord {
    class: StorageU8,
    enabled: StorageBool,
    name: StorageB256,
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
            validator: record.validator.get().to(),
        })
    }

    /// The whole version.
    pub(crate) fn get(&self) -> PriceVersion {
        PriceVersion { terms: self.terms(), classes: ModelClass::ALL.map(|class| self.class(class)) }
    }

    /// Stores a version that the rules accepted, so that each value fits its bits.
    pub(crate) fn set(&mut self, version: &PriceVersion) {
        let PriceVersion { terms, classes } = version;
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
                record.validator.set(U128::from(class.validator));
            }
        }
    }
}

impl ModelRecord {
    /// Class of the model, if it is in service.
    pub(crate) fn class(&self) -> Option<ModelClass> {
        // Only numbers of classes are ever stored.
        ModelClass::try_from(self.class.get().to::<u8>()).ok().filter(|_| self.enabled.get())
    }

    /// Name of the model.
    pub(crate) fn name(&self) -> B256 {
        self.name.get()
    }

    /// Stores a model.
    pub(crate) fn set(&mut self, class: ModelClass, enabled: bool, name: B256) {
        self.class.set(U8::from(class.number()));
        self.enabled.set(enabled);
        self.name.set(name);
    }
}
