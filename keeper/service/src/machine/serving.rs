//! The crew that a miner serves a task in. What a keeper says of it is checked against the chain's task and by signatures before anything is answered.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256};
use cor_core::limits::LANE_PENALTY_MAX_GRAINS;
use cor_errors::{Coded, Entry, table::mnr};
use cor_ports::domain::{Bound, Crew, LaneDomain, Offer, SignatureBytes, TaskRecord};
use cor_ports::lane;

/// What is wrong with an offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FalseOffer {
    /// The chain would refuse such a crew.
    #[error("its crew has {given} miners, and the task has {wanted} replicas")]
    CrewSize {
        /// Miners given.
        given: usize,
        /// Replicas of the task.
        wanted: u8,
    },
    /// The chain would refuse such a crew.
    #[error("a miner is in its crew twice")]
    MinerTwice,
    /// This miner has no part in it.
    #[error("this miner is not in its crew")]
    NoSeat,
    /// The keeper did not sign this crew for the task as the chain has it.
    #[error("Assign is signed by {}, and not by {keeper}, for this crew and the task as the chain has it", signer.map_or_else(|| "nobody".to_owned(), |signer| signer.to_string()))]
    NotAssigned {
        /// Recovered; `None` if the signature is malformed.
        signer: Option<Address>,
        /// The crew's keeper.
        keeper: Address,
    },
    /// The crew's keeper may not serve.
    #[error("{keeper} is no keeper of this lane")]
    NoKeeper {
        /// The crew's keeper.
        keeper: Address,
    },
    /// The chain has no such task, or it is over.
    #[error("the chain has no such open task")]
    NoTask,
    /// The lane's governor set penalties that no `Jury` would: what a miner signs for binds it to them.
    #[error("its penalty of {given} grains is above {most}, the most that a miner signs for")]
    PenaltyTooHigh {
        /// The greater one of the opening, grains.
        given: u64,
        /// The most, grains.
        most: u64,
    },
    /// The keeper had the answer shown, and then brings another crew: whoever is new in it could copy the answer.
    #[error("its crew is another than that in which this miner showed its answer")]
    AnswerShown,
    /// No honest keeper has a reason for so many crews.
    #[error("this miner is bound in {most} crews of the task already")]
    TooManyCrews {
        /// The most.
        most: usize,
    },
}

/// Whether the penalties of a task are no more than a miner signs for.
#[must_use]
pub fn is_bearable(record: &TaskRecord) -> bool {
    bearable(record).is_ok()
}

/// Refuses penalties of an opening that are more than a miner signs for.
fn bearable(record: &TaskRecord) -> Result<(), FalseOffer> {
    let (opening, most) = (&record.history.opening, LANE_PENALTY_MAX_GRAINS);
    let given = opening.no_reveal.max(opening.bad_reveal);
    if given > most { Err(FalseOffer::PenaltyTooHigh { given, most }) } else { Ok(()) }
}

impl Coded for FalseOffer {
    fn entry(&self) -> &'static Entry {
        &mnr::FALSE_OFFER
    }
}

/// A miner's seat in a crew, and what is known of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// Who serves.
    pub crew: Crew,
    /// What all of them sign.
    pub assignment: B256,
    /// This miner's replica.
    pub replica: u8,
    /// The keeper's word; `None` if the crew is known from the chain alone.
    pub assign: Option<SignatureBytes>,
    /// By replica, what the others are bound by: only what they signed.
    pub bound: Vec<Option<Bound>>,
    /// What the keeper has of this miner, by its last offer: only what it signed.
    pub own: Option<Bound>,
}

impl Serving {
    /// The seat of `miner` in a crew of a task; `None` if it has none. Of the keeper's word nothing is checked here.
    #[must_use]
    pub fn of(record: &TaskRecord, crew: Crew, miner: Address, assign: Option<SignatureBytes>) -> Option<Self> {
        let replica = crew.replica_of(miner)?;
        let (assignment, bound) = (lane::assignment(record, &crew), vec![None; crew.miners.len()]);
        Some(Self { crew, assignment, replica, assign, bound, own: None })
    }

    /// The seat of `miner` in the crew that the chain has of the task; `None` too if its penalties are more than it would have signed for.
    #[must_use]
    pub fn on_chain(record: &TaskRecord, miner: Address) -> Option<Self> {
        bearable(record).ok()?;
        Self::of(record, record.crew()?, miner, None)
    }

    /// The seat of `miner` in an offered crew, if the offer is one of that keeper for the task as the chain has it. Whether it is a keeper, only the chain
    /// tells.
    ///
    /// # Errors
    /// What is wrong with the offer.
    pub fn offered(domain: &LaneDomain, record: &TaskRecord, miner: Address, offer: &Offer) -> Result<Self, FalseOffer> {
        bearable(record)?;
        let (crew, wanted) = (&offer.crew, record.state.replicas);
        if crew.miners.len() != usize::from(wanted) {
            return Err(FalseOffer::CrewSize { given: crew.miners.len(), wanted });
        }
        if crew.miners.iter().collect::<BTreeSet<_>>().len() != crew.miners.len() {
            return Err(FalseOffer::MinerTwice);
        }
        let mut serving = Self::of(record, crew.clone(), miner, Some(offer.assign)).ok_or(FalseOffer::NoSeat)?;
        let signer = lane::recover(lane::assign_digest(domain, serving.assignment), &offer.assign);
        if signer != Some(crew.keeper) {
            return Err(FalseOffer::NotAssigned { signer, keeper: crew.keeper });
        }
        serving.note(domain, &offer.bound);
        Ok(serving)
    }

    /// The same seat with what was known of it before beside what is known now.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        self.assign = self.assign.or(before.assign);
        for (now, before) in self.bound.iter_mut().zip(&before.bound) {
            *now = before.or(*now);
        }
        self
    }

    /// Whether the task is still the one that the crew was assigned to; it is another after a reorganisation that changed anything of its opening.
    #[must_use]
    pub fn is_of(&self, record: &TaskRecord) -> bool {
        lane::assignment(record, &self.crew) == self.assignment
    }

    /// Takes in what the keeper shows, by replica. Who signed once is bound, whatever is shown later; what nobody signed is nothing.
    pub fn note(&mut self, domain: &LaneDomain, shown: &[Option<Bound>]) {
        let signed = |miner: Address, bound: &Bound| {
            // The contract would refuse a whole start for the zero hash.
            !bound.commitment.is_zero() && lane::is_bound(domain, self.assignment, miner, bound)
        };
        for (replica, (miner, known)) in (0_u8..).zip(self.crew.miners.iter().zip(&mut self.bound)) {
            let shown = shown.get(usize::from(replica)).copied().flatten();
            if replica == self.replica {
                if shown != self.own {
                    self.own = shown.filter(|bound| signed(*miner, bound));
                }
            } else if known.is_none() {
                *known = shown.filter(|bound| signed(*miner, bound));
            }
        }
    }

    /// How many of the others are bound.
    #[must_use]
    pub fn others_bound(&self) -> usize {
        self.bound.iter().flatten().count()
    }

    /// The others that are not bound, as far as is known.
    pub fn unbound(&self) -> impl Iterator<Item = Address> {
        let seats = (0_u8..).zip(self.crew.miners.iter().zip(&self.bound));
        seats.filter(|(replica, (_, bound))| *replica != self.replica && bound.is_none()).map(|(_, (miner, _))| *miner)
    }

    /// Whether all the others are bound: nobody can copy an answer any more.
    #[must_use]
    pub fn are_others_bound(&self) -> bool {
        self.others_bound().saturating_add(1) == self.crew.miners.len()
    }

    /// All seats as a start brings them, with this miner's own.
    #[must_use]
    pub fn seats(&self, own: Bound) -> Vec<(Address, Option<Bound>)> {
        let bound = (0_u8..).zip(&self.bound).map(|(replica, bound)| if replica == self.replica { Some(own) } else { *bound });
        self.crew.miners.iter().copied().zip(bound).collect()
    }
}
