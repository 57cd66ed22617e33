//! A task that is not over, and the crews that its keeper stands by.

use alloy_primitives::{Address, B256};
use cor_core::task::jury::JuryError;
use cor_ports::domain::{LaneCall, LaneDomain, Phase, SignedMessage, TaskRecord};
use cor_ports::jury::{JuryCall, Summons};
use cor_ports::{MessageRefusal, lane};

use super::pause::Pause;
use super::policy::KeeperPolicy;
use super::served::{Missing, OfferedCrew, Plea, Served};

/// Seconds after which a task that could not be served for a reason of its own is looked at again. Nothing but a node that lags, or a rollback, changes it,
/// and a draw of a roster in which hardly anybody is left reads much of it.
const UNSERVED_SECS: u64 = 10;

/// Whether its crew has to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drawing {
    /// It has. No crew counts until then: on the chain as it is now another may be right.
    Wanted,
    /// It has, as somebody was found absent. The crew of before is still right.
    Again,
    /// It is drawn.
    Settled,
}

/// A task that is not over.
#[derive(Debug, Clone)]
pub(super) struct OpenTask {
    pub(super) record: TaskRecord,
    /// The crews that were offered and are right, each with what its miners said; the last one is that of now.
    crews: Vec<Served>,
    drawing: Drawing,
    /// Nothing is sent for it meanwhile.
    quiet: Pause,
    /// Nothing is asked of the jury meanwhile.
    jury_quiet: Pause,
    /// Why it could not be served when that was last told.
    unserved: Option<JuryError>,
}

impl OpenTask {
    pub(super) fn new(record: TaskRecord) -> Self {
        Self {
            record,
            crews: Vec::new(),
            drawing: Drawing::Wanted,
            quiet: Pause::default(),
            jury_quiet: Pause::default(),
            unserved: None,
        }
    }

    const fn is_before_deadline(&self, now_secs: u64) -> bool {
        matches!(self.record.state.phase, Phase::Open) && now_secs < self.record.state.deadline
    }

    /// Whether a crew is to be drawn for it now.
    pub(super) fn wants_draw(&self, now_secs: u64) -> bool {
        self.drawing != Drawing::Settled && self.is_before_deadline(now_secs) && self.jury_quiet.is_over(now_secs)
    }

    /// Of the chain as it is now, another crew may be right.
    pub(super) const fn draw_anew(&mut self) {
        self.drawing = Drawing::Wanted;
    }

    /// The chain has the task otherwise now. In another block, or with another opening, it has another draw.
    pub(super) fn update(&mut self, record: TaskRecord) {
        let (before, now) = (&self.record, &record);
        let is_same =
            before.submission.block_hash == now.submission.block_hash && before.history.opening_hash == now.history.opening_hash;
        if !is_same {
            self.crews.clear();
            self.draw_anew();
            (self.jury_quiet, self.unserved) = (Pause::default(), None);
        }
        self.record = record;
    }

    /// Whether nothing is left to do for it: it ended, and none of its miners is to be reported.
    pub(super) fn is_over(&self, now_secs: u64) -> bool {
        let report = || self.current().and_then(|served| served.call_of_end(&self.record, now_secs));
        match self.record.state.phase {
            Phase::None => true,
            Phase::Ended => report().is_none(),
            Phase::Open | Phase::Precommit | Phase::Reveal => false,
        }
    }

    /// The crew that serves it: the one that is on chain, if this keeper stands by it, else the one that was drawn.
    pub(super) fn current(&self) -> Option<&Served> {
        self.current_place().and_then(|place| self.crews.get(place))
    }

    fn current_mut(&mut self) -> Option<&mut Served> {
        self.current_place().and_then(|place| self.crews.get_mut(place))
    }

    fn current_place(&self) -> Option<usize> {
        match self.record.crew() {
            Some(on_chain) => self.crews.iter().position(|served| *served.crew() == on_chain),
            None if self.drawing == Drawing::Wanted => None,
            None => self.crews.len().checked_sub(1),
        }
    }

    /// Whether a crew that `keeper` put on chain is to be taken up.
    pub(super) fn lacks_crew(&self, keeper: Address) -> bool {
        self.record.crew().is_some_and(|crew| crew.keeper == keeper) && self.current().is_none()
    }

    /// Shows a crew to its miners from now on. What was said in one that is drawn once more is kept; one that the draw does not bear out any more is forgotten.
    pub(super) fn offer(&mut self, offered: OfferedCrew, now_secs: u64) {
        let is_of_task = lane::assignment(&self.record, &offered.crew) == offered.assignment;
        let is_now = |hash: B256| hash == self.record.submission.block_hash;
        let is_wanted = match (self.record.crew(), &offered.draw) {
            (Some(on_chain), _) => on_chain == offered.crew,
            (None, Some(draw)) => is_now(draw.block_hash) && self.record.state.phase == Phase::Open,
            (None, None) => false,
        };
        if !is_of_task || !is_wanted {
            return;
        }
        let known = self.crews.iter().position(|served| served.assignment() == offered.assignment);
        let draw = offered.draw.clone();
        let mut served = known.map_or_else(|| Served::new(offered, now_secs), |place| self.crews.remove(place));
        if let Some(draw) = draw {
            self.crews.retain(|before| before.is_right(&draw));
            self.drawing = Drawing::Settled;
            self.unserved = None;
            served.draw_again(draw);
        }
        self.crews.push(served);
    }

    /// Takes in a miner's message for the crew of now.
    pub(super) fn receive(&mut self, domain: &LaneDomain, message: &SignedMessage, now_secs: u64) -> Result<(), MessageRefusal> {
        let SignedMessage { task, miner, assignment: given, .. } = *message;
        let not_assigned = MessageRefusal::NotAssigned { task, miner };
        let place = self.current_place();
        let Some(served) = place.and_then(|place| self.crews.get_mut(place)) else { return Err(not_assigned) };
        let replica = served.crew().replica_of(miner).ok_or(not_assigned)?;
        let assignment = served.assignment();
        if given != assignment {
            return Err(MessageRefusal::OtherAssignment { task, assignment, given });
        }
        served.take(domain, &self.record, replica, message, now_secs)
    }

    /// Nothing is sent for it for a while.
    pub(super) const fn hold(&mut self, pause: Pause) {
        self.quiet = pause;
    }

    /// Nothing is asked of the jury for it for a while.
    pub(super) const fn hold_jury(&mut self, pause: Pause) {
        self.jury_quiet = pause;
    }

    /// It cannot be served, and is looked at again after a while. Returns whether that is news.
    pub(super) fn note_unserved(&mut self, error: JuryError, now_secs: u64) -> bool {
        self.hold_jury(Pause::new(now_secs, UNSERVED_SECS));
        self.unserved.replace(error) != Some(error)
    }

    /// Whom of its crew to ask after on chain now.
    pub(super) fn missing(&self, policy: &KeeperPolicy, now_secs: u64, answer_secs: u64) -> Vec<Missing> {
        if !self.is_before_deadline(now_secs) || !self.jury_quiet.is_over(now_secs) {
            return Vec::new();
        }
        let missing = |served: &Served| served.missing(policy, &self.record, now_secs, answer_secs);
        self.current().map(missing).unwrap_or_default()
    }

    /// Whether a miner of the crew of now is waited for: it is not bound, and there is time.
    pub(super) fn awaits(&self, node: Address, now_secs: u64) -> bool {
        self.is_before_deadline(now_secs) && self.current().is_some_and(|served| served.unbound(node).is_some())
    }

    /// What the jury has of a miner of the crew. Returns what to ask of it now, if anything. Without one that is absent the crew is drawn again.
    pub(super) fn note_summons(
        &mut self,
        policy: &KeeperPolicy,
        node: Address,
        summons: Summons,
        now_secs: u64,
        answer_secs: u64,
    ) -> Option<JuryCall> {
        if !self.is_before_deadline(now_secs) {
            return None;
        }
        let (task, deadline) = (self.record.at(), self.record.state.deadline);
        let seat = self.current_mut()?.unbound_seat(node)?;
        let was_absent = seat.summons.is_absent;
        seat.summons = summons;
        let (slot, plea) = (seat.slot, seat.plea(policy, deadline, now_secs, answer_secs));
        if summons.is_absent && !was_absent && self.drawing == Drawing::Settled {
            self.drawing = Drawing::Again;
        }
        plea.map(|plea| match plea {
            Plea::Summon => JuryCall::Summon { task, node, slot },
            Plea::Dismiss => JuryCall::Dismiss { task, node },
        })
    }

    /// Closing a phase is the rules' to say, and anyone may do it; the keeper's own part is to bring what its miners said.
    pub(super) fn call(&self, policy: &KeeperPolicy, domain: &LaneDomain, now_secs: u64) -> Option<LaneCall> {
        if !self.quiet.is_over(now_secs) {
            return None;
        }
        let (record, served) = (&self.record, self.current());
        let closing = lane::closing(record, now_secs);
        match (closing, record.state.phase) {
            (lane::Closing::Close, _) => Some(LaneCall::Close { task: record.at() }),
            (_, Phase::Open) => {
                let of_now = served?.call_of_open(policy, domain, record, now_secs);
                // Who is new in a crew may be too late, where there was a quorum without it: those of before are right as well.
                let before = || self.crews.iter().rev().find_map(|served| served.start_near(policy, record, now_secs));
                of_now.or_else(before)
            }
            (_, Phase::Precommit) => served?.call_of_precommit(record),
            (_, Phase::Reveal) => match served {
                Some(served) => served.call_of_reveal(policy, domain, record, now_secs),
                None => (closing == lane::Closing::Finish).then(|| LaneCall::Finish { task: record.at(), reveals: Vec::new() }),
            },
            (_, Phase::Ended) => served?.call_of_end(record, now_secs),
            (_, Phase::None) => None,
        }
    }
}
