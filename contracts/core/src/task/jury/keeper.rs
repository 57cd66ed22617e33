//! A keeper, from its proposal to its bond and back.

use alloy_primitives::{B256, U256};

use super::error::JuryError;
use super::secret::Chain;
use super::times::Times;

/// Where a keeper stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is none.
    #[default]
    None,
    /// It may enrol once its proposal is in effect.
    Proposed,
    /// It serves, by its bond.
    Serving,
    /// It serves no more; its bond is kept while something that it did can be disputed.
    Leaving,
    /// It lost its bond.
    Convicted,
}

impl Standing {
    /// All, by number.
    pub const ALL: [Self; 5] = [Self::None, Self::Proposed, Self::Serving, Self::Leaving, Self::Convicted];

    /// The contract's number of it.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Proposed => 1,
            Self::Serving => 2,
            Self::Leaving => 3,
            Self::Convicted => 4,
        }
    }

    /// The reverse; any other number stands for no keeper.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }
}

/// A keeper as stored. All zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keeper {
    /// Where it stands.
    pub standing: Standing,
    /// From when on one that is proposed may enrol.
    pub enrols_at: u64,
    /// From when on the bond of one that leaves is free; one that lost its bond may enrol again from then on, so that nothing of before is disputed twice.
    pub free_at: u64,
    /// Its secrets.
    pub current: Chain,
    /// Those before its last renewal.
    pub previous: Chain,
}

/// What comes of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It is decided by the draw from this secret.
    Draw(B256),
    /// The secret is not shown, and nobody called for it yet: the challenge does.
    Call {
        /// Until when the keeper shows it.
        until: u64,
    },
    /// The secret was called for, and not shown in time.
    Unrevealed,
    /// There is no secret: the keeper served a task that was submitted before its first epoch.
    Uncommitted,
}

impl Keeper {
    /// Whether it has a bond here.
    #[must_use]
    pub const fn is_bonded(&self) -> bool {
        matches!(self.standing, Standing::Serving | Standing::Leaving)
    }

    /// It is proposed.
    ///
    /// # Errors
    /// [`JuryError::InService`].
    pub fn propose(self, now: u64, wait_secs: u64) -> Result<Self, JuryError> {
        match self.standing {
            Standing::None | Standing::Convicted => {
                let enrols_at = now.saturating_add(wait_secs).max(self.free_at);
                Ok(Self { standing: Standing::Proposed, enrols_at, free_at: self.free_at, ..Self::default() })
            }
            Standing::Proposed | Standing::Serving | Standing::Leaving => Err(JuryError::InService),
        }
    }

    /// It posts its bond, and serves from now on. A task of before `first` that it serves is a lie.
    ///
    /// # Errors
    /// [`JuryError::Unknown`], [`JuryError::InService`], [`JuryError::NotYet`], [`JuryError::OutOfRange`] unless `first` is a later epoch.
    pub fn enrol(self, now: u64, times: &Times, anchor: B256, first: u32) -> Result<Self, JuryError> {
        match self.standing {
            Standing::Proposed if now < self.enrols_at => Err(JuryError::NotYet { at: self.enrols_at }),
            Standing::Proposed => {
                let current = begin(now, times, anchor, first, 0)?;
                Ok(Self { standing: Standing::Serving, enrols_at: 0, current, ..self })
            }
            Standing::None | Standing::Convicted => Err(JuryError::Unknown),
            Standing::Serving | Standing::Leaving => Err(JuryError::InService),
        }
    }

    /// It goes on with another chain.
    ///
    /// # Errors
    /// [`JuryError::NotServing`], [`JuryError::ChainInUse`], [`JuryError::OutOfRange`] unless `first` is a later epoch, and after that of the last chain.
    pub fn renew(self, now: u64, times: &Times, anchor: B256, first: u32) -> Result<Self, JuryError> {
        self.must_serve()?;
        let until = times.disputed_until(times.starts(self.current.first));
        if self.previous.first != 0 && now < until {
            return Err(JuryError::ChainInUse { until });
        }
        Ok(Self { current: begin(now, times, anchor, first, self.current.first)?, previous: self.current, ..self })
    }

    /// It stops serving. A proposal is withdrawn.
    ///
    /// # Errors
    /// [`JuryError::NotServing`].
    pub fn discharge(self, now: u64, times: &Times) -> Result<Self, JuryError> {
        match self.standing {
            Standing::Proposed => Ok(Self { standing: Standing::None, enrols_at: 0, ..self }),
            Standing::Serving => Ok(Self { standing: Standing::Leaving, free_at: times.disputed_until(now), ..self }),
            Standing::None | Standing::Leaving | Standing::Convicted => Err(JuryError::NotServing),
        }
    }

    /// It takes its bond back.
    ///
    /// # Errors
    /// [`JuryError::NoBond`], [`JuryError::BondLocked`].
    pub fn withdraw(self, now: u64) -> Result<Self, JuryError> {
        match self.standing {
            Standing::Leaving if self.free_at <= now => Ok(Self { free_at: self.free_at, ..Self::default() }),
            Standing::Leaving => Err(JuryError::BondLocked { until: self.free_at }),
            Standing::Serving => Err(JuryError::BondLocked { until: 0 }),
            Standing::None | Standing::Proposed | Standing::Convicted => Err(JuryError::NoBond),
        }
    }

    /// It loses its bond.
    #[must_use]
    pub fn convict(self, now: u64, times: &Times) -> Self {
        Self { standing: Standing::Convicted, free_at: times.disputed_until(now), ..Self::default() }
    }

    /// A secret is shown.
    ///
    /// # Errors
    /// [`JuryError::EpochOpen`], [`JuryError::NoSecret`], [`JuryError::SecretKnown`], [`JuryError::SecretWrong`], [`JuryError::OutOfRange`].
    pub fn show(mut self, now: u64, times: &Times, epoch: u32, secret: B256) -> Result<Self, JuryError> {
        let ends_at = times.ends(epoch);
        if now < ends_at {
            return Err(JuryError::EpochOpen { ends_at });
        }
        let chain = if self.current.covers(epoch) { &mut self.current } else { &mut self.previous };
        *chain = chain.show(epoch, secret)?;
        Ok(self)
    }

    /// What comes of a challenge of a task that was submitted at `time`, and that it served. `called_until`: until when it shows the secret of that epoch, 0 if nobody
    /// called for it.
    ///
    /// # Errors
    /// [`JuryError::NoBond`], [`JuryError::DisputeOver`], also if a call would end too late; [`JuryError::EpochOpen`], [`JuryError::SecretPending`].
    pub fn try_for(&self, now: u64, times: &Times, time: u64, called_until: u64) -> Result<Trial, JuryError> {
        if !self.is_bonded() {
            return Err(JuryError::NoBond);
        }
        // Whoever was a keeper before this bond, left or lost that one so long ago that its tasks of then are beyond dispute.
        let deadline = times.disputed_until(time);
        if deadline <= now {
            return Err(JuryError::DisputeOver { deadline });
        }
        let epoch = times.epoch(time);
        let chain = if self.current.covers(epoch) { self.current } else { self.previous };
        if !chain.covers(epoch) {
            return Ok(Trial::Uncommitted);
        }
        if let Some(secret) = chain.secret(epoch) {
            return Ok(Trial::Draw(secret));
        }
        match called_until {
            0 => times.call(now, time).map(|until| Trial::Call { until }),
            until if now < until => Err(JuryError::SecretPending { until }),
            _ => Ok(Trial::Unrevealed),
        }
    }

    /// Refuses a keeper that does not serve.
    ///
    /// # Errors
    /// [`JuryError::NotServing`].
    pub fn must_serve(&self) -> Result<(), JuryError> {
        if self.standing == Standing::Serving { Ok(()) } else { Err(JuryError::NotServing) }
    }
}

/// A bond that is lost: half for who showed the lie, rounded down, the rest for the treasury.
#[must_use]
#[expect(clippy::arithmetic_side_effects, reason = "a shift by one bit has none")]
pub fn split_bond(bond: U256) -> (U256, U256) {
    let half_down = bond >> 1_usize;
    (half_down, bond.saturating_sub(half_down))
}

/// A chain of epochs that have not begun: what was committed to when the block is known would be no secret.
fn begin(now: u64, times: &Times, anchor: B256, first: u32, after: u32) -> Result<Chain, JuryError> {
    let min = times.epoch(now).max(after).saturating_add(1);
    if first < min {
        let (value, max) = (first.into(), u32::MAX.into());
        return Err(JuryError::OutOfRange { field: "firstEpoch", value, min: min.into(), max });
    }
    Ok(Chain::begin(anchor, first))
}
