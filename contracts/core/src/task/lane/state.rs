//! Where a task stands, in one word.

use alloy_primitives::{Address, B256, keccak256};

use crate::limits::{REPLICA_SLOTS, TASK_TIME_MAX};
use crate::task::Status;
use crate::task::consensus::{Ballot, Quorum, Standing, standing};

/// Phases of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LanePhase {
    /// There is no such task.
    #[default]
    None,
    /// Submitted: it is completed or started until the deadline.
    Open,
    /// Started without every miner: those that were left out bind themselves until the deadline.
    Precommit,
    /// Every answer is bound: reveals.
    Reveal,
    /// Over.
    Ended,
}

impl LanePhase {
    /// All phases, by number.
    pub const ALL: [Self; 5] = [Self::None, Self::Open, Self::Precommit, Self::Reveal, Self::Ended];

    /// The contract's number of the phase.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Open => 1,
            Self::Precommit => 2,
            Self::Reveal => 3,
            Self::Ended => 4,
        }
    }
}

/// What a replica's miner did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seat {
    /// Nothing that the chain knows of.
    #[default]
    Silent,
    /// It is bound to an answer.
    Committed,
    /// It revealed the answer of this replica, or its own if it is the first of its kind.
    Follows(u8),
    /// It signed a reveal that does not open its commitment; or, as was shown once the task had ended, a second commitment.
    Bad,
}

impl Seat {
    const BAD: u8 = 15;

    fn number(self) -> u8 {
        match self {
            Self::Silent => 0,
            Self::Committed => 1,
            Self::Follows(leader) => leader.saturating_add(2),
            Self::Bad => Self::BAD,
        }
    }

    fn of(number: u8) -> Self {
        match number {
            0 => Self::Silent,
            1 => Self::Committed,
            Self::BAD => Self::Bad,
            _ => Self::Follows(number.saturating_sub(2)),
        }
    }
}

/// The bit of the last call, above those of the replicas.
const LAST_CALL: u8 = 0x80;

/// The seats of a task, by replica.
pub type Seats = [Seat; REPLICA_SLOTS];

/// A task's first word. From the most significant bit: phase 8, status 8, last call 1, replicas 7, deadline 40, seats 32, keeper 160; once it ended, in the
/// keeper's place the [`crew_mark`] of who served it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneState {
    /// Its phase.
    pub phase: LanePhase,
    /// How it ended.
    pub status: Status,
    /// How many of the seats there are.
    pub replicas: u8,
    /// Whether the deadline of the reveals passed once, and who had not shown its answer was called again.
    pub last_call: bool,
    /// When the phase ends, seconds since 1970; kept as it was once the task ended.
    pub deadline: u64,
    /// What the miners did.
    pub seats: Seats,
    /// Who serves it; zero until it is completed or started. Of a word of a task that ended, its [`crew_mark`].
    pub keeper: Address,
}

/// What is left of an assignment once its task ended: the last 160 bits of keccak256(assignment ‖ crew), crew being [`History::crew`](super::history::History::crew). Enough to tell
/// for good who served, by whose choice, and bound to what, since nobody finds another crew of the same mark.
#[must_use]
pub fn crew_mark(assignment: B256, crew: &[u8]) -> Address {
    Address::from_word(keccak256([assignment.as_slice(), crew].concat()))
}

impl LaneState {
    /// The word.
    #[must_use]
    pub fn pack(&self) -> B256 {
        let [_, _, _, d0, d1, d2, d3, d4] = self.deadline.min(TASK_TIME_MAX).to_be_bytes();
        let [s0, s1, s2, s3] = self.packed_seats().to_be_bytes();
        let mut word = self.keeper.into_word();
        let replicas = self.replicas | if self.last_call { LAST_CALL } else { 0 };
        let head = [self.phase.number(), self.status.number(), replicas, d0, d1, d2, d3, d4, s0, s1, s2, s3];
        for (place, byte) in word.iter_mut().zip(head) {
            *place = byte;
        }
        word
    }

    /// The seats, four bits each, the last replica's in the lowest ones.
    #[must_use]
    pub fn packed_seats(&self) -> u32 {
        self.seats.iter().fold(0, |word, seat| word.wrapping_shl(4) | u32::from(seat.number()))
    }

    /// The same with the seats of [`LaneState::packed_seats`].
    #[must_use]
    pub fn with_seats(self, packed: u32) -> Self {
        let mut word = self.pack();
        for (place, byte) in word.iter_mut().skip(8).zip(packed.to_be_bytes()) {
            *place = byte;
        }
        Self::unpack(word)
    }

    /// The replica whose answer is the result of a task that was completed.
    #[must_use]
    pub fn winner(&self, quorum_bps: u16) -> Option<u8> {
        match (self.status, self.standing(quorum_bps)) {
            (Status::Completed, Standing::Decided { leader, .. }) => Some(leader),
            _ => None,
        }
    }

    /// Reads a word that [`LaneState::pack`] made; of any other the unknown parts are as if they were not there.
    #[must_use]
    pub fn unpack(word: B256) -> Self {
        let keeper = Address::from_word(word);
        let [phase, status, replicas, d0, d1, d2, d3, d4, s0, s1, s2, s3, ..] = word.0;
        let mut seats = Seats::default();
        let mut packed = u32::from_be_bytes([s0, s1, s2, s3]);
        for seat in seats.iter_mut().rev() {
            *seat = Seat::of(u8::try_from(packed & 0xf).unwrap_or_default());
            packed = packed.wrapping_shr(4);
        }
        Self {
            phase: LanePhase::ALL.get(usize::from(phase)).copied().unwrap_or_default(),
            status: Status::from_number(status),
            replicas: replicas & !LAST_CALL,
            last_call: replicas & LAST_CALL != 0,
            deadline: u64::from_be_bytes([0, 0, 0, d0, d1, d2, d3, d4]),
            seats,
            keeper,
        }
    }

    /// The seats that there are.
    pub fn taken(&self) -> impl Iterator<Item = Seat> + '_ {
        self.seats.iter().copied().take(usize::from(self.replicas))
    }

    /// How the vote stands. While reveals can come a bound miner may still vote; once the task is over it will not.
    #[must_use]
    pub fn standing(&self, quorum_bps: u16) -> Standing {
        let ended = self.phase == LanePhase::Ended;
        let ballots = self.taken().map(|seat| match seat {
            Seat::Follows(leader) => Ballot::For(leader),
            Seat::Committed if !ended => Ballot::Open,
            Seat::Silent if matches!(self.phase, LanePhase::Open | LanePhase::Precommit) => Ballot::Open,
            Seat::Silent | Seat::Committed | Seat::Bad => Ballot::Closed,
        });
        standing(ballots, Quorum { asked: self.replicas, bps: quorum_bps })
    }
}
