//! When do enough replicas agree?
//!
//! A replica votes by naming a *leader*: the first replica whose answer it agrees with, itself if it is the first of its kind.
//! On chain two answers agree if their digests are equal ([`leader_of`]). A richer comparison (tolerance of numbers, clusters of
//! texts, where the leader is the medoid) replaces that one function: counting, quorum and the point of decision stay as they
//! are, since they only know who follows whom.
//!
//! A quorum is a share of the replicas *asked for*, and always more than half of them: who is silent counts against a result,
//! and two results cannot both have it, so a tie cannot occur.

use crate::limits::{BPS, QUORUM_MAX_BPS, REPLICA_SLOTS};

/// How many replicas must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Replicas asked for.
    pub asked: u8,
    /// Least share of them, in basis points. Below one half it has no effect, above a whole it counts as a whole.
    pub bps: u16,
}

impl Quorum {
    /// The least number of votes that is `bps` of the replicas asked for, rounded up, and more than half of them.
    #[must_use]
    pub fn needed(self) -> u8 {
        let majority = self.asked.div_euclid(2).saturating_add(1);
        let product = u32::from(self.asked).saturating_mul(u32::from(self.bps.min(QUORUM_MAX_BPS)));
        let share = u8::try_from(product.div_ceil(BPS)).unwrap_or(self.asked);
        share.max(majority)
    }
}

/// A replica's part in a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ballot {
    /// It may still vote.
    Open,
    /// It will not vote any more.
    Closed,
    /// It agrees with the replica of this index.
    For(u8),
}

/// How a vote stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No answer has enough votes, but one may yet.
    Open,
    /// No answer can get enough votes any more.
    Impossible,
    /// The answer of `leader` has enough votes. More may come for it, another can never win.
    Decided {
        /// Index of the replica that leads.
        leader: u8,
        /// Votes so far.
        votes: u8,
    },
}

/// How a vote stands after `ballots`. Takes any order; a leader above the replica limit has no votes.
#[must_use]
pub fn standing(ballots: impl IntoIterator<Item = Ballot>, quorum: Quorum) -> Standing {
    let mut votes = [0_u8; REPLICA_SLOTS];
    let mut open = 0_u8;
    for ballot in ballots {
        match ballot {
            Ballot::Open => open = open.saturating_add(1),
            Ballot::Closed => {}
            Ballot::For(leader) => {
                if let Some(count) = votes.get_mut(usize::from(leader)) {
                    *count = count.saturating_add(1);
                }
            }
        }
    }
    let (leader, best) = (0_u8..).zip(votes).max_by_key(|(_, count)| *count).unwrap_or_default();
    if best >= quorum.needed() {
        Standing::Decided { leader, votes: best }
    } else if best.saturating_add(open) >= quorum.needed() {
        Standing::Open
    } else {
        Standing::Impossible
    }
}

/// Whom `answer` follows among the `leaders` so far, by equality. `None`: it leads itself.
pub fn leader_of<A: PartialEq>(answer: &A, leaders: impl IntoIterator<Item = (u8, A)>) -> Option<u8> {
    leaders.into_iter().find(|(_, led)| led == answer).map(|(leader, _)| leader)
}

#[cfg(test)]
mod tests;
