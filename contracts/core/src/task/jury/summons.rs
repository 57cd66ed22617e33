//! A node that does not answer its keeper is summoned on chain, where everybody sees whether it answers. A summons is one keeper's for one
//! task: what another keeper does changes nobody's draw.

use super::error::JuryError;
use super::times::Times;

/// A node's summons to a task. All zero: there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summons {
    /// Until when the node may be sure to be heard; 0 if it was not summoned.
    pub answer_by: u64,
    /// Whether it answered.
    pub answered: bool,
    /// Whether it was found absent: the keeper passes it over.
    pub absent: bool,
}

impl Summons {
    /// The keeper summons the node.
    ///
    /// # Errors
    /// [`JuryError::AlreadySummoned`].
    pub fn call(self, now: u64, times: &Times) -> Result<Self, JuryError> {
        if self.answer_by != 0 {
            return Err(JuryError::AlreadySummoned);
        }
        Ok(Self { answer_by: now.saturating_add(u64::from(times.answer_secs)), ..self })
    }

    /// The node answers; late is good enough while nobody has dismissed it.
    ///
    /// # Errors
    /// [`JuryError::NotSummoned`], [`JuryError::Dismissed`], [`JuryError::Answered`].
    pub fn answer(self) -> Result<Self, JuryError> {
        self.waiting()?;
        if self.answered { Err(JuryError::Answered) } else { Ok(Self { answered: true, ..self }) }
    }

    /// The node is found absent: it did not answer, or is none that could serve, whatever it answered.
    ///
    /// # Errors
    /// [`JuryError::NotSummoned`], [`JuryError::Dismissed`], [`JuryError::AnswerPending`], [`JuryError::Answered`].
    pub fn dismiss(self, now: u64, fit: bool) -> Result<Self, JuryError> {
        self.waiting()?;
        if now < self.answer_by {
            return Err(JuryError::AnswerPending { until: self.answer_by });
        }
        if self.answered && fit { Err(JuryError::Answered) } else { Ok(Self { absent: true, ..self }) }
    }

    const fn waiting(self) -> Result<(), JuryError> {
        match self {
            Self { answer_by: 0, .. } => Err(JuryError::NotSummoned),
            Self { absent: true, .. } => Err(JuryError::Dismissed),
            _ => Ok(()),
        }
    }
}
