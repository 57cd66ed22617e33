//! What later tasks of a lane go by, in one word.

use alloy_primitives::B256;

/// What the governor sets, and whether new sessions and tasks are paused. The lane takes it as it is: the bounds are the governor's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneConfig {
    /// Stake lost by who is bound and spoils the outcome by its silence, grains.
    pub no_reveal: u64,
    /// Stake lost by who signs a reveal that does not open its commitment, grains.
    pub bad_reveal: u64,
    /// The keeper's share of its line without a result, basis points.
    pub no_result_gas_cap_bps: u16,
    /// Whether new sessions and tasks are paused.
    pub paused: bool,
}

impl LaneConfig {
    /// The word, from the lowest bit: paused 8, share 16, penalties 64 each.
    #[must_use]
    pub fn pack(&self) -> B256 {
        let mut word = B256::ZERO;
        let (_, rest) = word.split_at_mut(13);
        let (bad_reveal, rest) = rest.split_at_mut(8);
        let (no_reveal, rest) = rest.split_at_mut(8);
        let (share, paused) = rest.split_at_mut(2);
        bad_reveal.copy_from_slice(&self.bad_reveal.to_be_bytes());
        no_reveal.copy_from_slice(&self.no_reveal.to_be_bytes());
        share.copy_from_slice(&self.no_result_gas_cap_bps.to_be_bytes());
        paused.fill(u8::from(self.paused));
        word
    }

    /// Reads a word.
    #[must_use]
    pub const fn unpack(word: B256) -> Self {
        let [.., b0, b1, b2, b3, b4, b5, b6, b7, n0, n1, n2, n3, n4, n5, n6, n7, s0, s1, paused] = word.0;
        Self {
            no_reveal: u64::from_be_bytes([n0, n1, n2, n3, n4, n5, n6, n7]),
            bad_reveal: u64::from_be_bytes([b0, b1, b2, b3, b4, b5, b6, b7]),
            no_result_gas_cap_bps: u16::from_be_bytes([s0, s1]),
            paused: paused != 0,
        }
    }
}
