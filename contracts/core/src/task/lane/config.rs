//! What later tasks of a lane go by, in one word.

use alloy_primitives::B256;

use crate::limits::{BPS, LANE_PENALTY_MAX_GRAINS};
use crate::task::{TermsError, in_range};

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
    /// What a `Jury` tells a lane: refuses penalties that take more than a tenth of a node's stake, a lie that is cheaper than silence, and a share of more than the
    /// whole.
    ///
    /// # Errors
    /// [`TermsError::OutOfRange`], of the first that is wrong.
    pub fn check(&self) -> Result<(), TermsError> {
        in_range("noReveal", self.no_reveal, 0, LANE_PENALTY_MAX_GRAINS)?;
        in_range("badReveal", self.bad_reveal, self.no_reveal, LANE_PENALTY_MAX_GRAINS)?;
        in_range("noResultGasCapBps", u64::from(self.no_result_gas_cap_bps), 0, u64::from(BPS))
    }

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
