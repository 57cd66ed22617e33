//! Epochs, and how long everything takes.

use super::error::JuryError;
use crate::limits::{
    JURY_ABSENCE_MAX_SECS, JURY_ANSWER_MAX_SECS, JURY_ANSWER_MIN_SECS, JURY_CHALLENGE_MIN_SECS, JURY_DEAD_SLOTS_MAX,
    JURY_DISPUTE_MAX_SECS, JURY_EPOCH_MAX_SECS, JURY_EPOCH_MIN_SECS, JURY_REVEAL_MAX_SECS, JURY_REVEAL_MIN_SECS,
    LANE_END_MAX_SECS, SECRET_STEPS_MAX,
};
use crate::task::{TermsError, in_range};

/// What a jury is constructed with. An epoch is numbered by its time since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Length of an epoch, seconds.
    pub epoch_secs: u32,
    /// How long a keeper has to show a secret that is called for, seconds.
    pub reveal_secs: u32,
    /// How long a summoned node may answer, seconds.
    pub answer_secs: u32,
    /// How long after its submission a task can be disputed, and so how long a bond and a slot are kept, seconds.
    pub dispute_secs: u32,
    /// Epochs for which a node that left the roster stays out of it.
    pub absence_epochs: u32,
}

impl Times {
    /// Refuses times under which a lie could outlive its bond, or a roster fill with slots of nodes that left.
    ///
    /// # Errors
    /// [`TermsError::OutOfRange`], of the first that is wrong.
    pub fn check(&self) -> Result<(), TermsError> {
        let within = |field, value: u32, min: u32, max: u32| in_range(field, u64::from(value), u64::from(min), u64::from(max));
        within("epochSecs", self.epoch_secs, JURY_EPOCH_MIN_SECS, JURY_EPOCH_MAX_SECS)?;
        within("revealSecs", self.reveal_secs, JURY_REVEAL_MIN_SECS, JURY_REVEAL_MAX_SECS)?;
        within("answerSecs", self.answer_secs, JURY_ANSWER_MIN_SECS, JURY_ANSWER_MAX_SECS)?;
        // A task ends, though its closings are kept out, the keeper has time to show the secret of its epoch, it is called for, the keeper has time again, and then it is convicted.
        let reveals = self.reveal_secs.saturating_mul(2);
        let longest = LANE_END_MAX_SECS.saturating_add(self.epoch_secs).saturating_add(reveals);
        // Every secret that a dispute needs is found by that many hashes from the last.
        let counted = self.epoch_secs.saturating_mul(SECRET_STEPS_MAX.saturating_sub(2));
        let least = longest.saturating_add(JURY_CHALLENGE_MIN_SECS.saturating_mul(2));
        within("disputeSecs", self.dispute_secs, least, JURY_DISPUTE_MAX_SECS.min(counted))?;
        let most = JURY_ABSENCE_MAX_SECS.checked_div(self.epoch_secs).unwrap_or_default();
        let left = self.epoch_secs.saturating_mul(JURY_DEAD_SLOTS_MAX).max(1);
        within("absenceEpochs", self.absence_epochs, self.dispute_secs.div_ceil(left), most)
    }

    /// The epoch of a time. Those beyond 32 bits are the last.
    #[must_use]
    pub fn epoch(&self, time: u64) -> u32 {
        let epoch = time.checked_div(u64::from(self.epoch_secs)).unwrap_or_default();
        u32::try_from(epoch).unwrap_or(u32::MAX)
    }

    /// When an epoch begins.
    #[must_use]
    pub fn starts(&self, epoch: u32) -> u64 {
        u64::from(epoch).saturating_mul(u64::from(self.epoch_secs))
    }

    /// When an epoch ends: the first second of the next.
    #[must_use]
    pub fn ends(&self, epoch: u32) -> u64 {
        self.starts(epoch).saturating_add(u64::from(self.epoch_secs))
    }

    /// Until when a task that was submitted at `time` can be disputed.
    #[must_use]
    pub fn disputed_until(&self, time: u64) -> u64 {
        time.saturating_add(u64::from(self.dispute_secs))
    }

    /// The secret of the epoch of a task that was submitted at `time` is called for. Until when it is shown. A call ends so long before the dispute that there is time for
    /// a conviction; so no conviction needs a bond for longer than the dispute lasts.
    ///
    /// # Errors
    /// [`JuryError::EpochOpen`], [`JuryError::DisputeOver`].
    pub fn call(&self, now: u64, time: u64) -> Result<u64, JuryError> {
        let ends_at = self.ends(self.epoch(time));
        if now < ends_at {
            return Err(JuryError::EpochOpen { ends_at });
        }
        let until = now.saturating_add(u64::from(self.reveal_secs));
        let answered = u64::from(self.reveal_secs).saturating_add(u64::from(JURY_CHALLENGE_MIN_SECS));
        let deadline = self.disputed_until(time).saturating_sub(answered);
        if deadline <= now { Err(JuryError::DisputeOver { deadline }) } else { Ok(until) }
    }

    /// Whether no task of before `epoch` can be disputed at `now`.
    #[must_use]
    pub fn settled(&self, epoch: u32, now: u64) -> bool {
        self.disputed_until(self.starts(epoch)) <= now
    }
}
