//! A node that does not answer its keeper is summoned on chain, where everybody sees whether it answers. A summons is one keeper's for one
//! task: what another keeper does changes nobody's draw. An answer is the node's for the task: it is good for every keeper, whenever that one asks.

use super::error::JuryError;
use super::times::Times;

/// A node's summons to a task by a keeper. All zero: there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summons {
    /// Until when the node may be sure to be heard; 0 if it was not summoned.
    pub answer_by: u64,
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

    /// The node is found absent, unless it is there: said so, late as that may be, and could serve.
    ///
    /// # Errors
    /// [`JuryError::NotSummoned`], [`JuryError::Dismissed`], [`JuryError::AnswerPending`], [`JuryError::Answered`].
    pub fn dismiss(self, now: u64, is_there: bool) -> Result<Self, JuryError> {
        match self {
            Self { answer_by: 0, .. } => Err(JuryError::NotSummoned),
            Self { absent: true, .. } => Err(JuryError::Dismissed),
            Self { answer_by: until, .. } if now < until => Err(JuryError::AnswerPending { until }),
            _ if is_there => Err(JuryError::Answered),
            _ => Ok(Self { absent: true, ..self }),
        }
    }
}

/// The node says that it is there. `present_at`: when it said so before, 0 if it did not. Once is enough for a task.
///
/// # Errors
/// [`JuryError::Answered`].
pub fn answer(present_at: u64, now: u64) -> Result<u64, JuryError> {
    if present_at == 0 { Ok(now) } else { Err(JuryError::Answered) }
}
