//! As much of Staking as a lane that slashes sees, from `sol/IStaking.sol`.

use std::collections::BTreeMap;

use alloy::primitives::{Address, U256};

const DAY: u64 = 86_400;

/// A penalty that Staking was asked to take. All in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slash {
    pub(crate) node: Address,
    pub(crate) reason: u8,
    pub(crate) taken: U256,
    pub(crate) left: U256,
}

#[derive(Clone, Debug)]
pub(crate) struct Stakes {
    /// Bonded, and unbonding.
    pub(crate) of: BTreeMap<Address, [U256; 2]>,
    /// Most that the lane takes in a day.
    pub(crate) cap: U256,
    /// A day, and what was taken on it.
    pub(crate) used: (u64, U256),
    pub(crate) pot: U256,
}

impl Stakes {
    /// What is taken; and what is logged of it, nothing if the cap of the day leaves nothing.
    pub(super) fn slash(&mut self, node: Address, reason: u8, amount: U256, now: u64) -> (U256, Option<Slash>) {
        if self.used.0 != now / DAY {
            self.used = (now / DAY, U256::ZERO);
        }
        let available = self.cap.saturating_sub(self.used.1);
        if available.is_zero() {
            return (U256::ZERO, None);
        }
        let [bonded, unbonding] = self.of.entry(node).or_default();
        let taken = amount.min(available).min(*bonded + *unbonding);
        let first = taken.min(*bonded);
        *bonded -= first;
        *unbonding -= taken - first;
        let left = *bonded + *unbonding;
        self.used.1 += taken;
        self.pot += taken;
        (taken, Some(Slash { node, reason, taken, left }))
    }
}
