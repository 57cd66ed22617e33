//! What a lane is told by its governor. The lane takes it as it is: the bounds are the governor's.

use crate::limits::{BPS, LANE_PENALTY_MAX_GRAINS};
use crate::task::{TermsError, in_range};

/// What later tasks of the lane go by, and whether there are any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneConfig {
    /// Stake lost by who is bound and does not reveal, grains.
    pub no_reveal: u64,
    /// Stake lost by who signs a reveal that does not open its commitment, grains.
    pub bad_reveal: u64,
    /// The keeper's share of its line without a result, basis points.
    pub no_result_gas_cap_bps: u16,
    /// Whether new sessions and tasks are paused.
    pub paused: bool,
}

impl LaneConfig {
    /// Refuses penalties that take more than a tenth of a node's stake, a lie that is cheaper than silence, and a share of more than the whole.
    ///
    /// # Errors
    /// [`TermsError::OutOfRange`], of the first that is wrong.
    pub fn check(&self) -> Result<(), TermsError> {
        in_range("noReveal", self.no_reveal, 0, LANE_PENALTY_MAX_GRAINS)?;
        in_range("badReveal", self.bad_reveal, self.no_reveal, LANE_PENALTY_MAX_GRAINS)?;
        in_range("noResultGasCapBps", u64::from(self.no_result_gas_cap_bps), 0, u64::from(BPS))
    }
}
