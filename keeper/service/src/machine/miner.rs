//! The miner's machine: what a miner owes a task, decided from the task as it stands on chain, what the keeper shows of it, and the time.

use alloy_primitives::B256;
use cor_ports::domain::{Bound, LaneCall, LaneMessage, MessageKind, Phase, Reveal, Seat, TaskRecord};
use cor_ports::lane;

use super::pause::Pause;
pub use super::policy::MinerPolicy;
pub use super::serving::{FalseOffer, Serving, is_bearable};

/// An answer with what is needed to commit to it and to reveal it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// keccak256 of the canonical answer bytes.
    pub result_digest: B256,
    /// Secret until revealed.
    pub salt: B256,
    /// What is committed to.
    pub commitment: B256,
}

impl Sealed {
    /// What opens the commitment.
    #[must_use]
    pub const fn reveal(&self) -> Reveal {
        Reveal { result_digest: self.result_digest, salt: self.salt }
    }
}

/// How a message is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Signed, through a keeper: no gas.
    Relay,
    /// By an own transaction.
    Direct,
}

/// What to do for a task now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MinerStep {
    /// Fetch the prompt and check it, then answer.
    Prepare,
    /// Take up the answer that was journalled, or start, or go on with, one.
    Answer,
    /// Say something.
    Say {
        /// What.
        message: LaneMessage,
        /// How.
        route: Route,
    },
    /// Put the task on chain with the keeper's word and what is bound.
    Start,
    /// Bind another miner on chain by what it signed: the start left it out, and it may have seen this miner's answer.
    Bind {
        /// Its replica.
        replica: u8,
        /// What it signed.
        bound: Bound,
    },
    /// Report another miner that was bound, when the task ended, to another commitment than it signed before: it may have read this miner's answer.
    Report(LaneCall),
    /// Close a phase that nobody closes.
    Close,
    /// End the task, which nobody ends.
    Finish,
    /// Nothing now.
    Wait,
    /// Nothing any more until the task is over: this miner is bound to an answer that it does not have.
    Leave,
    /// The task is over, or goes on without this miner.
    Forget,
}

/// What was done, as far as it is not to be done again at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A message was said.
    Said(MessageKind, Route),
    /// The task was started.
    Started,
    /// Another replica was bound.
    Bound(u8),
    /// Another miner was reported.
    Reported,
    /// A phase, or the task, was closed.
    Closed,
}

impl MinerStep {
    /// What is done by this step, if it is one that is repeated after a while only.
    #[must_use]
    pub const fn deed(&self) -> Option<Deed> {
        match self {
            Self::Say { message, route } => Some(Deed::Said(message.kind(), *route)),
            Self::Start => Some(Deed::Started),
            Self::Bind { replica, .. } => Some(Deed::Bound(*replica)),
            Self::Report(_) => Some(Deed::Reported),
            Self::Close | Self::Finish => Some(Deed::Closed),
            Self::Prepare | Self::Answer | Self::Wait | Self::Leave | Self::Forget => None,
        }
    }
}

/// What the miner knows of a task beyond the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MinerTask {
    /// The crew that it serves in.
    pub serving: Option<Serving>,
    /// The prompt is here and hashes to the task's digest.
    pub prepared: bool,
    /// The answer, once there.
    pub sealed: Option<Sealed>,
    /// What it signed a `Precommit` of; `None` if it signed none since the start: then it is the answer's.
    pub signed: Option<B256>,
    /// What was last done, and when.
    pub last: Option<(Deed, u64)>,
    /// It showed its answer in a crew of the task, or may have before its journal was lost: who knows it could copy it in another, so it commits to nothing
    /// more in any.
    pub is_told: bool,
    /// It is bound in another crew of the task beside somebody who is not, and whom that crew's keeper did not find absent: who saw the answer here could bind
    /// itself to it there.
    pub is_exposed: bool,
}

/// Most crews of one task in which a miner binds itself: each is a signature, and a keeper that has a reason for more is not known.
pub const CREWS_MAX: usize = 16;

/// Whether a miner of these models says that it is there when it is summoned to a task. What the task cannot use costs gas for nothing.
#[must_use]
pub fn answers_summons(record: &TaskRecord, models: &[u64], now_secs: u64) -> bool {
    let is_open = record.state.phase == Phase::Open && now_secs < record.state.deadline;
    is_open && models.contains(&record.history.opening.terms.model) && is_bearable(record)
}

impl MinerTask {
    /// What the miner is bound to, or will be.
    fn own_commitment(&self) -> Option<B256> {
        self.signed.or_else(|| self.sealed.as_ref().map(|sealed| sealed.commitment))
    }
}

/// The moment of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970.
    pub now_secs: u64,
    /// The keeper could not be reached when it was last asked.
    pub is_keeper_away: bool,
}

/// Decides the next step for a task.
#[must_use]
pub fn decide(policy: &MinerPolicy, record: &TaskRecord, task: &MinerTask, moment: Moment) -> MinerStep {
    let Some(serving) = &task.serving else { return MinerStep::Forget };
    let look = Look { policy, record, task, serving, moment };
    let step = match record.state.phase {
        Phase::None => MinerStep::Forget,
        Phase::Ended => look.at_end(),
        Phase::Open => look.at_open(),
        Phase::Precommit => look.at_precommit(),
        Phase::Reveal => look.at_reveal(),
    };
    let repeats = |deed| {
        let last = task.last.filter(|(last, _)| *last == deed);
        last.is_some_and(|(_, at)| !Pause::new(at, policy.repeat_secs).is_over(moment.now_secs))
    };
    if step.deed().is_some_and(repeats) { MinerStep::Wait } else { step }
}

/// All that a decision looks at.
struct Look<'a> {
    policy: &'a MinerPolicy,
    record: &'a TaskRecord,
    task: &'a MinerTask,
    serving: &'a Serving,
    moment: Moment,
}

impl Look<'_> {
    const fn is_over(&self) -> bool {
        self.moment.now_secs >= self.record.state.deadline
    }

    const fn is_near(&self) -> bool {
        self.moment.now_secs.saturating_add(self.policy.direct_margin_secs) >= self.record.state.deadline
    }

    const fn route(&self) -> Route {
        if self.is_near() { Route::Direct } else { Route::Relay }
    }

    fn at_open(&self) -> MinerStep {
        let Some(sealed) = &self.task.sealed else {
            // Nothing was signed, and nothing can come of it any more.
            return if self.is_over() { MinerStep::Forget } else { self.answer() };
        };
        if self.is_over() {
            return self.closing();
        }
        match &self.serving.own {
            Some(own) if Some(own.commitment) != self.task.own_commitment() => return MinerStep::Leave,
            _ if self.is_to_start() => return MinerStep::Start,
            None => return self.precommit(sealed, Route::Relay),
            Some(_) => {}
        }
        // Nobody can copy the answer any more, neither here nor in another crew. Once one of them is on chain, it is the only one.
        let is_safe = self.serving.are_others_bound() && !self.task.is_exposed;
        if is_safe { self.commit(sealed, Route::Relay) } else { MinerStep::Wait }
    }

    /// Whether the miner has to put the task on chain itself: nobody did, and its word of the keeper counts.
    fn is_to_start(&self) -> bool {
        let opening = &self.record.history.opening;
        let free_from = opening.time.saturating_add(u64::from(opening.terms.open_secs).div_euclid(2));
        let enough = self.serving.others_bound().saturating_add(1) >= lane::needed(self.record);
        let counts = self.serving.assign.is_some() && self.moment.now_secs >= free_from;
        self.is_near() && counts && (enough || self.moment.is_keeper_away)
    }

    fn at_precommit(&self) -> MinerStep {
        if let Some((replica, bound)) = self.left_out().filter(|_| !self.is_over()) {
            return MinerStep::Bind { replica, bound };
        }
        match (self.record.seat(self.serving.replica), &self.task.sealed) {
            (Some(Seat::Silent), _) if self.is_over() => MinerStep::Wait,
            (Some(Seat::Silent), None) => self.answer(),
            (Some(Seat::Silent), Some(_)) if self.is_bound_otherwise() => MinerStep::Leave,
            (Some(Seat::Silent), Some(sealed)) => self.precommit(sealed, self.route()),
            (Some(Seat::Committed), _) => self.closing(),
            _ => MinerStep::Wait,
        }
    }

    /// Another miner that the start left out although the keeper had its signature as well as everybody else's. An honest keeper forgets none: with all of them at hand this
    /// miner showed its answer, and who was left out could bind itself to that.
    fn left_out(&self) -> Option<(u8, Bound)> {
        let silent = |replica: &u8| self.record.seat(*replica) == Some(Seat::Silent);
        let others = (0_u8..).zip(&self.serving.bound).filter_map(|(replica, bound)| Some((replica, (*bound)?)));
        others.filter(|_| self.serving.are_others_bound()).find(|(replica, _)| silent(replica))
    }

    /// Who was bound in the end to another commitment than it signed before is reported.
    fn at_end(&self) -> MinerStep {
        let bound = (0_u8..).zip(&self.serving.bound).filter_map(|(replica, bound)| Some((replica, (*bound)?)));
        lane::report_of_second(self.record, bound, self.moment.now_secs).map_or(MinerStep::Forget, MinerStep::Report)
    }

    /// Whether the keeper shows that this miner signed something else before, which it has lost.
    fn is_bound_otherwise(&self) -> bool {
        self.serving.own.is_some_and(|own| Some(own.commitment) != self.task.own_commitment())
    }

    fn at_reveal(&self) -> MinerStep {
        let told = self.record.history.told.get(usize::from(self.serving.replica));
        match (self.record.seat(self.serving.replica), &self.task.sealed) {
            (Some(Seat::Committed), None) => MinerStep::Answer,
            (Some(Seat::Committed), Some(_)) if told.and_then(|told| told.commitment) != self.task.own_commitment() => {
                MinerStep::Leave
            }
            // After the deadline too: it counts until the task ends.
            (Some(Seat::Committed), Some(sealed)) => self.commit(sealed, self.route()),
            (Some(Seat::Follows(_)), _) => self.closing(),
            // Nothing is earned here any more.
            _ => MinerStep::Wait,
        }
    }

    const fn answer(&self) -> MinerStep {
        match self.task {
            MinerTask { is_told: true, .. } => MinerStep::Wait,
            MinerTask { prepared: true, .. } => MinerStep::Answer,
            _ => MinerStep::Prepare,
        }
    }

    const fn precommit(&self, sealed: &Sealed, route: Route) -> MinerStep {
        MinerStep::Say { message: LaneMessage::Precommit { commitment: sealed.commitment }, route }
    }

    const fn commit(&self, sealed: &Sealed, route: Route) -> MinerStep {
        let Sealed { result_digest, salt, commitment } = *sealed;
        MinerStep::Say { message: LaneMessage::Commit { commitment, result_digest, salt }, route }
    }

    /// Closes what nobody closes some time after the deadline: without it nobody is paid, and the task is never over.
    fn closing(&self) -> MinerStep {
        if self.moment.now_secs < self.record.state.deadline.saturating_add(self.policy.close_grace_secs) {
            return MinerStep::Wait;
        }
        match lane::closing(self.record, self.moment.now_secs) {
            lane::Closing::Close => MinerStep::Close,
            lane::Closing::Finish => MinerStep::Finish,
            lane::Closing::None => MinerStep::Wait,
        }
    }
}
