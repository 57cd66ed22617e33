//! How a node lies in storage.

use alloc::{vec, vec::Vec};

use alloy_primitives::{U16, U64, U8};
use cor_core::limits::{CAPACITY_MAX, MODELS_MAX};
use cor_core::node::pool::{contains, Node, Standing};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageArray, StorageU16, StorageU64, StorageU8, StorageUint},
};

/// Models that lie in the record's second word.
const MODELS_INLINE: usize = 2;

const _: () = {
    assert!(CAPACITY_MAX <= u16::MAX as u32, "a capacity is stored in 16 bits");
    assert!(MODELS_MAX <= u8::MAX as usize && MODELS_INLINE < MODELS_MAX, "a count of models is stored in 8 bits");
};

/// A node. The second word is what tells whether it can take a task; the first is the rest. Nodes that serve one or two models, which is most of them, need no
/// more.
#[storage]
pub struct NodeRecord {
    pub(crate) operator: StorageAddress,
    pub(crate) epoch: StorageU64,
    capacity: StorageU16,

    version: StorageU64,
    first_model: StorageU64,
    second_model: StorageU64,
    pub(crate) last_ping: StorageUint<40, 1>,
    model_count: StorageU8,
    pub(crate) hardware_class: StorageU8,
    standing: StorageU8,

    more_models: StorageArray<StorageU64, { MODELS_MAX - MODELS_INLINE }>,

    /// The operator and the staker that stopped the node, zero for nobody. They outlast its registration, and hold until those lift them.
    pub(crate) stopped_by_operator: StorageAddress,
    pub(crate) stopped_by_staker: StorageAddress,
}

impl NodeRecord {
    /// What the rules look at.
    pub(crate) fn state(&self) -> Node {
        Node { standing: Standing::from_byte(self.standing.get().to()), version: self.version.get().to() }
    }

    /// Stores what the rules decided.
    pub(crate) fn set_state(&mut self, state: Node) {
        self.standing.set(U8::from(state.standing.to_byte()));
        self.version.set(U64::from(state.version));
    }

    /// Tasks at a time, as the node says.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity.get().to()
    }

    /// Identifiers of the models, rising.
    pub(crate) fn models(&self) -> Vec<u64> {
        (0..self.model_count()).map(|index| self.model(index)).collect()
    }

    /// Stores a capacity and a list of models that the rules accepted, or none. Identifiers past the end stay, and are not looked at.
    pub(crate) fn set_spec(&mut self, models: &[u64], capacity: u32) {
        // Bounded by `CAPACITY_MAX`, so nothing saturates.
        self.capacity.set(U16::saturating_from(capacity));
        self.model_count.set(U8::saturating_from(models.len()));
        for (index, model) in models.iter().enumerate() {
            let model = U64::from(*model);
            match index {
                0 => self.first_model.set(model),
                1 => self.second_model.set(model),
                _ => {
                    if let Some(mut entry) = self.more_models.setter(index - MODELS_INLINE) {
                        entry.set(model);
                    }
                }
            }
        }
    }

    /// Whether a model is loaded.
    pub(crate) fn has_model(&self, model: u64) -> bool {
        contains(self.model_count(), model, |index| self.model(index))
    }

    fn model_count(&self) -> usize {
        self.model_count.get().to()
    }

    fn model(&self, index: usize) -> u64 {
        match index {
            0 => self.first_model.get().to(),
            1 => self.second_model.get().to(),
            _ => self.more_models.get(index - MODELS_INLINE).unwrap_or_default().to(),
        }
    }
}
