//! From phase to phase. Each step takes the state and the history that its seal is of, and leaves both as they are after it; what it returns is the
//! record that goes to the log. Signatures and the caller's role are the contract's to check.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use cor_errors::{Coded, Entry, table::lane};

use super::history::{History, Opening, Told};
use super::messages::{Binding, assignment};
use super::state::{LanePhase, LaneState, Seat, Seats};
use crate::limits::{LANE_LAST_CALL_SECS, LANE_REPORT_MAX_SECS};
use crate::task::Status;
use crate::task::consensus::{Standing, leader_of};

/// Why a step is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneError {
    /// The task is in another phase.
    WrongPhase {
        /// Its phase.
        phase: LanePhase,
        /// The phase that the step needs.
        wanted: LanePhase,
    },
    /// The task is over.
    AlreadyEnded {
        /// How it ended.
        status: Status,
    },
    /// The phase is over: anyone may close it.
    DeadlinePassed {
        /// When it ended, seconds since 1970.
        deadline: u64,
    },
    /// The phase is not over.
    DeadlineNotReached {
        /// When it ends, seconds since 1970.
        deadline: u64,
    },
    /// Another number of miners than replicas.
    WrongMinerCount {
        /// Miners given.
        given: usize,
        /// Replicas of the task.
        wanted: u8,
    },
    /// A miner is given for two replicas.
    MinerTwice {
        /// The later replica.
        replica: u8,
    },
    /// The task has no such replica.
    NoSuchReplica {
        /// The replica asked for.
        replica: u8,
    },
    /// The miner did this already.
    AlreadyDone {
        /// Its replica.
        replica: u8,
    },
    /// The miner is bound to nothing.
    NotCommitted {
        /// Its replica.
        replica: u8,
    },
    /// Zero is no commitment.
    EmptyCommitment {
        /// The replica.
        replica: u8,
    },
    /// The reveal does not open the commitment.
    Mismatch {
        /// The replica.
        replica: u8,
        /// What the miner is bound to.
        committed: B256,
        /// What the reveal makes.
        computed: B256,
    },
    /// The reveal opens the commitment: there is nothing to report.
    RevealIsGood {
        /// The replica.
        replica: u8,
    },
}

impl Coded for LaneError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::WrongPhase { .. } => &lane::LANE_PHASE_WRONG,
            Self::AlreadyEnded { .. } => &lane::LANE_TASK_ENDED,
            Self::DeadlinePassed { .. } => &lane::LANE_TOO_LATE,
            Self::DeadlineNotReached { .. } => &lane::LANE_TOO_EARLY,
            Self::WrongMinerCount { .. } => &lane::LANE_MINER_COUNT,
            Self::MinerTwice { .. } => &lane::MINER_TWICE,
            Self::NoSuchReplica { .. } => &lane::NO_SUCH_REPLICA,
            Self::AlreadyDone { .. } => &lane::REPLICA_DONE,
            Self::NotCommitted { .. } => &lane::REPLICA_NOT_COMMITTED,
            Self::EmptyCommitment { .. } => &lane::COMMITMENT_ZERO,
            Self::Mismatch { .. } => &lane::COMMITMENT_MISMATCH,
            Self::RevealIsGood { .. } => &lane::REVEAL_OPENS,
        }
    }
}

impl core::fmt::Display for LaneError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::WrongPhase { phase, wanted } => write!(f, "the task is in phase {phase:?}, and {wanted:?} is needed"),
            Self::AlreadyEnded { status } => write!(f, "the task ended: {status:?}"),
            Self::DeadlinePassed { deadline } => write!(f, "the phase ended at {deadline}"),
            Self::DeadlineNotReached { deadline } => write!(f, "the phase ends at {deadline}"),
            Self::WrongMinerCount { given, wanted } => write!(f, "{given} miners given, {wanted} replicas asked for"),
            Self::MinerTwice { replica } => write!(f, "the miner of replica {replica} is that of an earlier one too"),
            Self::NoSuchReplica { replica } => write!(f, "there is no replica {replica}"),
            Self::AlreadyDone { replica } => write!(f, "replica {replica} did this already"),
            Self::NotCommitted { replica } => write!(f, "replica {replica} is bound to no answer"),
            Self::EmptyCommitment { replica } => write!(f, "the commitment of replica {replica} is zero"),
            Self::Mismatch { replica, committed, computed } => {
                write!(f, "replica {replica} is bound to {committed}, and the reveal makes {computed}")
            }
            Self::RevealIsGood { replica } => write!(f, "the reveal opens the commitment of replica {replica}"),
        }
    }
}

impl core::error::Error for LaneError {}

/// Where a task is: all that a commitment is bound to beside its assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The lane's contract.
    pub lane: Address,
    /// The task.
    pub task: B256,
}

impl Place {
    /// What `miners` sign of a task with this history that `keeper` serves.
    #[must_use]
    pub fn assignment(&self, history: &History, keeper: Address, miners: &[Address]) -> B256 {
        assignment(self.task, history.opening_hash, keeper, miners)
    }

    const fn binding(&self, assignment: B256, replica: u8, miner: Address) -> Binding {
        Binding { chain_id: self.chain_id, lane: self.lane, assignment, replica, miner }
    }
}

/// Who serves a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// The keeper.
    pub keeper: Address,
    /// Whether it is the keeper that acts, and not somebody with its word.
    pub itself: bool,
}

/// An answer and what opens its commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// The replica.
    pub replica: u8,
    /// keccak256 of the canonical answer.
    pub digest: B256,
    /// The commitment's salt.
    pub salt: B256,
}

/// A task is submitted.
#[must_use]
pub fn submit(opening: &Opening, now: u64) -> LaneState {
    let deadline = now.saturating_add(u64::from(opening.terms.open_secs));
    LaneState { phase: LanePhase::Open, replicas: opening.terms.replicas, deadline, ..LaneState::default() }
}

/// Everybody answered and agreed to show it: the task ends at once. `answers[i]` is of replica i. The history then has who served and what each is bound to,
/// which its miner must have signed, of the assignment that is returned; there is no record of it, and the seal is as before.
///
/// # Errors
/// `WrongPhase`, `AlreadyEnded`, `DeadlinePassed`, `WrongMinerCount`, `MinerTwice`.
pub fn complete(
    state: &mut LaneState,
    history: &mut History,
    now: u64,
    place: &Place,
    keeper: Address,
    answers: &[(Address, Reveal)],
) -> Result<B256, LaneError> {
    in_time(state, LanePhase::Open, now)?;
    let miners: Vec<Address> = answers.iter().map(|&(miner, _)| miner).collect();
    let count = seats_for(state, &miners)?;
    let assignment = place.assignment(history, keeper, &miners);
    let mut told = Vec::with_capacity(count);
    let mut leaders: Vec<(u8, B256)> = Vec::with_capacity(count);
    let mut seats = Seats::default();
    for ((replica, seat), (miner, reveal)) in (0_u8..).zip(seats.iter_mut()).zip(answers) {
        let commitment = Some(place.binding(assignment, replica, *miner).commitment(reveal.digest, reveal.salt));
        told.push(Told { miner: *miner, commitment, digest: Some(reveal.digest), bad: false });
        *seat = Seat::Follows(lead(&mut leaders, replica, reveal.digest));
    }
    *state = LaneState { seats, keeper, ..*state };
    end(state, history.opening.terms.quorum_bps);
    history.told = told;
    Ok(assignment)
}

/// Miners are assigned, with those commitments that were signed. With all of them reveals begin, else the rest may bind itself. Who brings no more than the
/// keeper's word waits until half of the time for it is over: until then it would only forestall a completion, whose calldata shows everybody's answer.
///
/// # Errors
/// `WrongPhase`, `AlreadyEnded`, `DeadlinePassed`, `DeadlineNotReached`, `WrongMinerCount`, `MinerTwice`, `EmptyCommitment`.
pub fn start(
    state: &mut LaneState,
    history: &mut History,
    now: u64,
    server: Server,
    miners: &[(Address, Option<B256>)],
) -> Result<Vec<u8>, LaneError> {
    in_time(state, LanePhase::Open, now)?;
    let Server { keeper, itself } = server;
    let free_from = history.opening.time.saturating_add(u64::from(history.opening.terms.open_secs) / 2);
    if !itself && now < free_from {
        return Err(LaneError::DeadlineNotReached { deadline: free_from });
    }
    let crew: Vec<Address> = miners.iter().map(|&(miner, _)| miner).collect();
    seats_for(state, &crew)?;
    let mut seats = Seats::default();
    for ((replica, seat), (_, commitment)) in (0_u8..).zip(seats.iter_mut()).zip(miners) {
        if let Some(commitment) = commitment {
            nonzero(replica, *commitment)?;
            *seat = Seat::Committed;
        }
    }
    *state = LaneState { phase: LanePhase::Precommit, seats, keeper, ..*state };
    state.deadline = now.saturating_add(u64::from(history.opening.terms.precommit_secs));
    if state.taken().all(|seat| seat == Seat::Committed) {
        to_reveal(state, &history.opening, now);
    }
    Ok(history.assign(miners))
}

/// A miner that was left out of the start binds itself.
///
/// # Errors
/// `WrongPhase`, `AlreadyEnded`, `DeadlinePassed`, `NoSuchReplica`, `AlreadyDone`, `EmptyCommitment`.
pub fn precommit(
    state: &mut LaneState,
    history: &mut History,
    now: u64,
    replica: u8,
    commitment: B256,
) -> Result<Vec<u8>, LaneError> {
    in_time(state, LanePhase::Precommit, now)?;
    if seat_of(state, replica)? != Seat::Silent {
        return Err(LaneError::AlreadyDone { replica });
    }
    nonzero(replica, commitment)?;
    let record = history.precommit(replica, commitment).ok_or(LaneError::NoSuchReplica { replica })?;
    set_seat(state, replica, Seat::Committed);
    if state.taken().all(|seat| seat != Seat::Silent) {
        to_reveal(state, &history.opening, now);
    }
    Ok(record)
}

/// An answer is shown. It counts until the task ends, also after the deadline: whoever is late because the chain stood still loses nothing by it,
/// and nobody can change what it is bound to.
///
/// # Errors
/// `WrongPhase`, `AlreadyEnded`, `NoSuchReplica`, `NotCommitted`, `AlreadyDone`, `Mismatch`.
pub fn reveal(state: &mut LaneState, history: &mut History, place: &Place, reveal: Reveal) -> Result<Vec<u8>, LaneError> {
    let Reveal { replica, digest, .. } = reveal;
    let (committed, computed) = opened(state, history, place, reveal)?;
    if committed != computed {
        return Err(LaneError::Mismatch { replica, committed, computed });
    }
    let shown = (0_u8..).zip(&history.told).filter_map(|(index, told)| told.digest.map(|digest| (index, digest)));
    // The first replica of each kind leads: those that follow have its digest too, and come after it in time, not in number.
    let leader = leader_of(&digest, shown).map_or(replica, |found| leader_at(state, found));
    let record = history.reveal(replica, digest).ok_or(LaneError::NoSuchReplica { replica })?;
    set_seat(state, replica, Seat::Follows(leader));
    Ok(record)
}

/// A reveal that the miner signed, and that does not open its commitment, is reported.
///
/// # Errors
/// Those of [`reveal`] but `Mismatch`; `RevealIsGood`.
pub fn report(state: &mut LaneState, history: &mut History, place: &Place, reveal: Reveal) -> Result<Vec<u8>, LaneError> {
    let (committed, computed) = opened(state, history, place, reveal)?;
    let Reveal { replica, .. } = reveal;
    if committed == computed {
        return Err(LaneError::RevealIsGood { replica });
    }
    condemn(state, history, replica)
}

/// A second commitment is reported, once the task ended, that a miner signed of the assignment beside the one that it was bound to: it had a choice between two
/// answers, of which it may have read one. `history` must have the crew that the task's mark is of. The vote stays as it was. A signature has no date: what is
/// shown after [`LANE_REPORT_MAX_SECS`] may have been made by whoever has the key by then, and costs nobody anything.
///
/// # Errors
/// `WrongPhase`, `DeadlinePassed`, `NoSuchReplica`, `NotCommitted`; `AlreadyDone` if it is the commitment that the miner was bound to, or a lie of it was reported before.
pub fn report_second(
    state: &mut LaneState,
    history: &mut History,
    now: u64,
    replica: u8,
    commitment: B256,
) -> Result<Vec<u8>, LaneError> {
    if state.phase != LanePhase::Ended {
        return Err(LaneError::WrongPhase { phase: state.phase, wanted: LanePhase::Ended });
    }
    let deadline = history.opening.time.saturating_add(u64::from(LANE_REPORT_MAX_SECS));
    if now >= deadline {
        return Err(LaneError::DeadlinePassed { deadline });
    }
    let told = history.told.get(usize::from(replica)).ok_or(LaneError::NoSuchReplica { replica })?;
    match (seat_of(state, replica)?, told.commitment) {
        (Seat::Silent, _) | (_, None) => Err(LaneError::NotCommitted { replica }),
        (Seat::Bad, _) => Err(LaneError::AlreadyDone { replica }),
        (_, Some(committed)) if commitment == committed => Err(LaneError::AlreadyDone { replica }),
        _ => condemn(state, history, replica),
    }
}

/// The task ends with what was revealed: once every bound miner has shown its answer, or from the deadline on if the answers that are missing cannot change the
/// outcome. If they can, who is bound is called once more, for [`LANE_LAST_CALL_SECS`], and the task ends after that. So silence that spoils a task is told from a chain that stood still.
///
/// # Errors
/// `WrongPhase`, `AlreadyEnded`, `DeadlineNotReached`.
pub fn finish(state: &mut LaneState, opening: &Opening, now: u64) -> Result<(), LaneError> {
    in_phase(state, LanePhase::Reveal)?;
    if state.taken().any(|seat| seat == Seat::Committed) {
        passed(state, now)?;
        if !state.last_call && state.standing(opening.terms.quorum_bps) == Standing::Open {
            state.deadline = now.saturating_add(u64::from(LANE_LAST_CALL_SECS));
            state.last_call = true;
            return Ok(());
        }
    }
    end(state, opening.terms.quorum_bps);
    Ok(())
}

/// A phase whose deadline has passed is closed, by anyone. A task that nobody served expires; one whose bound miners can still reach a quorum goes on to
/// reveals; any other ends.
///
/// # Errors
/// `WrongPhase` if there is no such task, `AlreadyEnded`, `DeadlineNotReached`.
pub fn close(state: &mut LaneState, opening: &Opening, now: u64) -> Result<(), LaneError> {
    match state.phase {
        LanePhase::None | LanePhase::Ended => return in_phase(state, LanePhase::Open),
        LanePhase::Reveal => return finish(state, opening, now),
        LanePhase::Open => {
            passed(state, now)?;
            *state = LaneState { phase: LanePhase::Ended, status: Status::Expired, ..*state };
        }
        LanePhase::Precommit => {
            passed(state, now)?;
            to_reveal(state, opening, now);
            if state.standing(opening.terms.quorum_bps) == Standing::Impossible {
                end(state, opening.terms.quorum_bps);
            }
        }
    }
    Ok(())
}

fn end(state: &mut LaneState, quorum_bps: u16) {
    state.phase = LanePhase::Ended;
    state.status = match state.standing(quorum_bps) {
        Standing::Decided { .. } => Status::Completed,
        Standing::Open | Standing::Impossible => Status::NoQuorum,
    };
}

fn to_reveal(state: &mut LaneState, opening: &Opening, now: u64) {
    state.phase = LanePhase::Reveal;
    state.deadline = now.saturating_add(u64::from(opening.terms.reveal_secs));
}

/// What a replica is bound to and has not shown, and what its reveal makes.
fn opened(state: &LaneState, history: &History, place: &Place, reveal: Reveal) -> Result<(B256, B256), LaneError> {
    in_phase(state, LanePhase::Reveal)?;
    let Reveal { replica, digest, salt } = reveal;
    match seat_of(state, replica)? {
        Seat::Silent => return Err(LaneError::NotCommitted { replica }),
        Seat::Follows(_) | Seat::Bad => return Err(LaneError::AlreadyDone { replica }),
        Seat::Committed => {}
    }
    let told = history.told.get(usize::from(replica)).ok_or(LaneError::NoSuchReplica { replica })?;
    let committed = told.commitment.ok_or(LaneError::NotCommitted { replica })?;
    let assignment = place.assignment(history, state.keeper, &history.miners());
    Ok((committed, place.binding(assignment, replica, told.miner).commitment(digest, salt)))
}

/// Notes that a miner lied.
fn condemn(state: &mut LaneState, history: &mut History, replica: u8) -> Result<Vec<u8>, LaneError> {
    set_seat(state, replica, Seat::Bad);
    history.report(replica).ok_or(LaneError::NoSuchReplica { replica })
}

fn in_phase(state: &LaneState, wanted: LanePhase) -> Result<(), LaneError> {
    match state.phase {
        LanePhase::Ended => Err(LaneError::AlreadyEnded { status: state.status }),
        phase if phase == wanted => Ok(()),
        phase => Err(LaneError::WrongPhase { phase, wanted }),
    }
}

fn in_time(state: &LaneState, wanted: LanePhase, now: u64) -> Result<(), LaneError> {
    in_phase(state, wanted)?;
    if now >= state.deadline { Err(LaneError::DeadlinePassed { deadline: state.deadline }) } else { Ok(()) }
}

fn passed(state: &LaneState, now: u64) -> Result<(), LaneError> {
    if now < state.deadline { Err(LaneError::DeadlineNotReached { deadline: state.deadline }) } else { Ok(()) }
}

/// One miner for each replica, and no miner twice: what it signs for one would be taken for the other, and its honest reveal for a lie.
fn seats_for(state: &LaneState, miners: &[Address]) -> Result<usize, LaneError> {
    let given = miners.len();
    if given != usize::from(state.replicas) {
        return Err(LaneError::WrongMinerCount { given, wanted: state.replicas });
    }
    for ((replica, miner), before) in (0_u8..).zip(miners).zip(0..given) {
        if miners.iter().take(before).any(|earlier| earlier == miner) {
            return Err(LaneError::MinerTwice { replica });
        }
    }
    Ok(given)
}

fn seat_of(state: &LaneState, replica: u8) -> Result<Seat, LaneError> {
    state.taken().nth(usize::from(replica)).ok_or(LaneError::NoSuchReplica { replica })
}

fn set_seat(state: &mut LaneState, replica: u8, seat: Seat) {
    if let Some(place) = state.seats.get_mut(usize::from(replica)) {
        *place = seat;
    }
}

/// Whom a replica follows that revealed.
fn leader_at(state: &LaneState, replica: u8) -> u8 {
    match state.seats.get(usize::from(replica)) {
        Some(Seat::Follows(leader)) => *leader,
        _ => replica,
    }
}

fn nonzero(replica: u8, commitment: B256) -> Result<(), LaneError> {
    if commitment.is_zero() { Err(LaneError::EmptyCommitment { replica }) } else { Ok(()) }
}

/// The leader of a digest among those before it, itself if it is the first of its kind.
fn lead(leaders: &mut Vec<(u8, B256)>, replica: u8, digest: B256) -> u8 {
    leader_of(&digest, leaders.iter().copied()).unwrap_or_else(|| {
        leaders.push((replica, digest));
        replica
    })
}
