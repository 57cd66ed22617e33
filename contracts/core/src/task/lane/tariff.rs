//! What a task costs under its terms: read from the price table once per price version, and kept in one word.

use alloy_primitives::B256;

/// Wei in a grain, as [`crate::limits::GRAIN`], in 64 bits. The lane counts in grains: 64 bits of them are 18 billion COR.
pub const GRAIN_WEI: u64 = 1_000_000_000;
#[expect(clippy::as_conversions, reason = "widening; `u128::from` is not const")]
const _: () = assert!(GRAIN_WEI as u128 == crate::limits::GRAIN);

/// Wei as whole grains. `None` if they are none, or more than 64 bits of them.
#[must_use]
pub fn grains(wei: B256) -> Option<u64> {
    divided(wei).and_then(|(grains, rest)| (rest == 0).then_some(grains))
}

/// Wei as grains, rounded up. `None` for more than 64 bits of them.
#[must_use]
pub fn grains_up(wei: B256) -> Option<u64> {
    let (grains, rest) = divided(wei)?;
    grains.checked_add(u64::from(rest != 0))
}

/// Quotient and rest by a grain, in limbs of 32 bits, as wide division is a tenth of a contract's code.
#[inline(never)]
fn divided(wei: B256) -> Option<(u64, u64)> {
    let (mut quotient, mut rest) = (0_u64, 0_u64);
    for limb in wei.as_chunks().0 {
        let value = rest.checked_mul(1 << 32)?.checked_add(u64::from(u32::from_be_bytes(*limb)))?;
        // A digit that would be shifted out is one too many.
        if quotient > u64::from(u32::MAX) {
            return None;
        }
        quotient = quotient.wrapping_shl(32) | value.checked_div(GRAIN_WEI)?;
        rest = value.checked_rem(GRAIN_WEI)?;
    }
    Some((quotient, rest))
}

/// Prices under some terms, of one price version. In the word, the first field is the most significant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tariff {
    /// What each paid miner earns, grains.
    pub per_replica: u64,
    /// The network's line when every replica is paid, grains.
    pub network: u64,
    /// The keeper's line, grains.
    pub gas: u64,
    /// The price version, 32 bits.
    pub version: u32,
    /// The last second in which a task may be submitted at these prices, 32 bits: until the year 2106.
    pub valid_until: u32,
}

/// What a task takes out of its payer's money, by line, grains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// What each paid miner earns.
    pub per_replica: u64,
    /// The network's line when every replica is paid.
    pub network: u64,
    /// The keeper's line.
    pub gas: u64,
}

impl Tariff {
    /// The word.
    #[must_use]
    pub fn pack(&self) -> B256 {
        let mut word = B256::ZERO;
        let fields = [
            self.per_replica.to_be_bytes(),
            self.network.to_be_bytes(),
            self.gas.to_be_bytes(),
            (u64::from(self.version).wrapping_shl(32) | u64::from(self.valid_until)).to_be_bytes(),
        ];
        word.copy_from_slice(fields.as_flattened());
        word
    }

    /// Reads a word; the zero word is no tariff.
    #[must_use]
    pub fn unpack(word: B256) -> Option<Self> {
        let (numbers, _) = word.as_chunks::<8>();
        let &[per_replica, network, gas, [v0, v1, v2, v3, u0, u1, u2, u3]] = numbers else { return None };
        if word.is_zero() {
            return None;
        }
        Some(Self {
            per_replica: u64::from_be_bytes(per_replica),
            network: u64::from_be_bytes(network),
            gas: u64::from_be_bytes(gas),
            version: u32::from_be_bytes([v0, v1, v2, v3]),
            valid_until: u32::from_be_bytes([u0, u1, u2, u3]),
        })
    }

    /// The lines that a task keeps.
    #[must_use]
    pub const fn price(&self) -> Price {
        Price { per_replica: self.per_replica, network: self.network, gas: self.gas }
    }
}

impl Price {
    /// What `replicas` replicas, the network and the keeper cost. `None` if it does not fit 64 bits.
    #[must_use]
    pub fn total(&self, replicas: u8) -> Option<u64> {
        self.per_replica.checked_mul(u64::from(replicas))?.checked_add(self.network)?.checked_add(self.gas)
    }
}
