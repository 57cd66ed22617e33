//! A crew that was offered, and what its miners said: which of their messages are taken, and which call they make due.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256};
use cor_ports::domain::{
    Answered, Bound, Crew, LaneCall, LaneDomain, LaneMessage, Offer, Phase, Reveal, Seat, Server, SignatureBytes, SignedMessage,
    TaskRecord,
};
use cor_ports::jury::Summons;
use cor_ports::{MessageRefusal, lane};

use super::policy::KeeperPolicy;

/// A seat as it was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawnSeat {
    /// Who.
    pub node: Address,
    /// By which slot of the roster.
    pub slot: u32,
    /// What the jury has of its summons to the task by this keeper.
    pub summons: Summons,
}

/// What the jury is asked for because of a miner that is not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plea {
    /// To summon it.
    Summon,
    /// To find it absent.
    Dismiss,
}

/// A miner that is silent for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// In which task.
    pub task: B256,
    /// Who.
    pub node: Address,
    /// Whether it is summoned, and did not answer in time.
    pub is_summoned: bool,
    /// From when on it is too late to ask after it, seconds since 1970.
    pub until_secs: u64,
}

impl DrawnSeat {
    /// What is due if the miner is silent for too long: while there is time for all that comes of it.
    pub(super) fn plea(&self, policy: &KeeperPolicy, deadline: u64, now_secs: u64, answer_secs: u64) -> Option<Plea> {
        let fits = |secs: u64| now_secs.saturating_add(secs).saturating_add(policy.start_margin_secs) < deadline;
        match self.summons {
            // Who is there is waited for; who was found absent and serves all the same, as there is nobody else, is no more than that.
            Summons { is_present: true, .. } | Summons { is_absent: true, .. } => None,
            Summons { answer_by: None, .. } => fits(answer_secs).then_some(Plea::Summon),
            Summons { answer_by: Some(until), .. } => (until <= now_secs && fits(0)).then_some(Plea::Dismiss),
        }
    }
}

/// A crew as it was drawn for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// The block with whose hash it was drawn: that of the task's submission.
    pub block_hash: B256,
    /// By replica.
    pub seats: Vec<DrawnSeat>,
    /// Whom it passes over, of those that this keeper found absent from the task.
    pub passed_over: BTreeSet<Address>,
    /// Whom this keeper found absent from the task, as far as the draw came upon them.
    pub absent: BTreeSet<Address>,
}

/// A crew that a keeper stands by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedCrew {
    /// Who serves.
    pub crew: Crew,
    /// What all of them sign.
    pub assignment: B256,
    /// The keeper's signature of `Assign`.
    pub assign: SignatureBytes,
    /// How it was drawn; `None` if it is known from the chain alone.
    pub draw: Option<Draw>,
}

/// A signed reveal that does not open its commitment.
#[derive(Debug, Clone, Copy)]
struct Bad {
    /// What it was said to open.
    commitment: B256,
    reveal: Reveal,
    signature: SignatureBytes,
}

/// An offered crew with the messages at hand, each by replica.
#[derive(Debug, Clone)]
pub(super) struct Served {
    offered: OfferedCrew,
    /// When it was first offered, seconds since 1970.
    since_secs: u64,
    bound: BTreeMap<u8, Bound>,
    /// When the last of them was bound, seconds since 1970.
    all_bound_secs: Option<u64>,
    reveals: BTreeMap<u8, Reveal>,
    bad: BTreeMap<u8, Bad>,
}

impl Served {
    pub(super) const fn new(offered: OfferedCrew, since_secs: u64) -> Self {
        Self { offered, since_secs, bound: BTreeMap::new(), all_bound_secs: None, reveals: BTreeMap::new(), bad: BTreeMap::new() }
    }

    /// It was drawn once more: what the jury has of its miners may be another.
    pub(super) fn draw_again(&mut self, draw: Draw) {
        self.offered.draw = Some(draw);
    }

    /// Whether a jury finds it right, when it knows these as absent: nobody is passed over that is not.
    pub(super) fn is_right(&self, draw: &Draw) -> bool {
        self.offered.draw.as_ref().is_some_and(|own| own.passed_over.is_subset(&draw.absent))
    }

    /// Whom to ask after on chain now, and by which slot: not bound for long, not summoned or not heard of in time, while there is time to find them absent and
    /// to go on without them.
    pub(super) fn missing(&self, policy: &KeeperPolicy, record: &TaskRecord, now_secs: u64, answer_secs: u64) -> Vec<Missing> {
        let (task, deadline) = (record.id, record.state.deadline);
        let left = deadline.saturating_sub(self.since_secs);
        let patience = left.saturating_mul(policy.summon_after_percent).div_euclid(100);
        if now_secs < self.since_secs.saturating_add(patience) {
            return Vec::new();
        }
        let seats = self.offered.draw.iter().flat_map(|draw| &draw.seats);
        let unbound = (0_u8..).zip(seats).filter(|(replica, _)| !self.bound.contains_key(replica)).map(|(_, seat)| seat);
        let due = |seat: &DrawnSeat| {
            let (is_summoned, takes_secs) = match seat.plea(policy, deadline, now_secs, answer_secs)? {
                Plea::Summon => (false, answer_secs),
                Plea::Dismiss => (true, 0),
            };
            let until_secs = deadline.saturating_sub(policy.start_margin_secs).saturating_sub(takes_secs);
            Some(Missing { task, node: seat.node, is_summoned, until_secs })
        };
        unbound.filter_map(due).collect()
    }

    /// The replica of a miner that is not bound.
    pub(super) fn unbound(&self, node: Address) -> Option<u8> {
        self.offered.crew.replica_of(node).filter(|replica| !self.bound.contains_key(replica))
    }

    /// The seat of a miner that is not bound.
    pub(super) fn unbound_seat(&mut self, node: Address) -> Option<&mut DrawnSeat> {
        let replica = self.unbound(node)?;
        self.offered.draw.as_mut()?.seats.get_mut(usize::from(replica))
    }

    pub(super) const fn crew(&self) -> &Crew {
        &self.offered.crew
    }

    pub(super) const fn assignment(&self) -> B256 {
        self.offered.assignment
    }

    /// What the miners are shown.
    pub(super) fn offer(&self, task: B256) -> Offer {
        let OfferedCrew { crew, assign, .. } = self.offered.clone();
        let bound = (0_u8..).zip(&crew.miners).map(|(replica, _)| self.bound.get(&replica).copied()).collect();
        Offer { task, crew, assign, bound }
    }

    /// Takes in a message of the miner of `replica`, signed for this assignment, if the task waits for it and the signature is the miner's.
    pub(super) fn take(
        &mut self,
        domain: &LaneDomain,
        record: &TaskRecord,
        replica: u8,
        message: &SignedMessage,
        now_secs: u64,
    ) -> Result<(), MessageRefusal> {
        if !self.awaits(record, replica, &message.message) {
            let (phase, kind) = (record.state.phase, message.message.kind());
            return Err(MessageRefusal::NotAwaited { task: message.task, phase, kind });
        }
        let (miner, signer) = (message.miner, lane::signer_of(domain, message));
        if signer != Some(miner) {
            return Err(MessageRefusal::WrongSigner { signer, miner, chain_id: domain.chain_id, lane: domain.lane });
        }
        let signature = message.signature;
        match message.message {
            LaneMessage::Precommit { commitment } => {
                self.bound.entry(replica).or_insert(Bound { commitment, signature });
                if self.bound.len() == self.crew().miners.len() {
                    self.all_bound_secs.get_or_insert(now_secs);
                }
            }
            LaneMessage::Commit { commitment, result_digest, salt } => {
                let reveal = Reveal { result_digest, salt };
                if self.opened(domain, replica, &reveal) == Some(commitment) {
                    self.reveals.insert(replica, reveal);
                } else if self.reveal_of(domain, record, replica).is_none() {
                    self.bad.insert(replica, Bad { commitment, reveal, signature });
                }
            }
        }
        Ok(())
    }

    /// Whether the task waits for a message. A miner is bound by what it said first, and shows its answer when nobody can copy it any more.
    fn awaits(&self, record: &TaskRecord, replica: u8, message: &LaneMessage) -> bool {
        let seat = record.seat(replica);
        match *message {
            LaneMessage::Precommit { commitment } => {
                let waits = match record.state.phase {
                    Phase::Open => true,
                    Phase::Precommit => seat == Some(Seat::Silent),
                    Phase::None | Phase::Reveal | Phase::Ended => false,
                };
                // The zero hash is no commitment: the contract would refuse the whole start for it.
                waits && !commitment.is_zero() && self.bound.get(&replica).is_none_or(|bound| bound.commitment == commitment)
            }
            LaneMessage::Commit { commitment, .. } => {
                let waits = match record.state.phase {
                    Phase::Open | Phase::Precommit => self.are_all_bound(record),
                    Phase::Reveal => seat == Some(Seat::Committed),
                    Phase::None | Phase::Ended => false,
                };
                waits && self.bound_to(record, replica) == Some(commitment)
            }
        }
    }

    fn are_all_bound(&self, record: &TaskRecord) -> bool {
        (0_u8..).zip(&self.crew().miners).all(|(replica, _)| self.bound_to(record, replica).is_some())
    }

    /// What a replica's miner is bound to: on chain, else by what is at hand.
    fn bound_to(&self, record: &TaskRecord, replica: u8) -> Option<B256> {
        let told = record.history.told.get(usize::from(replica));
        told.and_then(|told| told.commitment).or_else(|| self.bound.get(&replica).map(|bound| bound.commitment))
    }

    /// The commitment that a reveal opens.
    fn opened(&self, domain: &LaneDomain, replica: u8, reveal: &Reveal) -> Option<B256> {
        let miner = self.crew().miners.get(usize::from(replica))?;
        Some(lane::commitment(domain, self.assignment(), replica, *miner, reveal))
    }

    /// The reveal at hand that opens what the miner is bound to.
    fn reveal_of(&self, domain: &LaneDomain, record: &TaskRecord, replica: u8) -> Option<Reveal> {
        let reveal = self.reveals.get(&replica)?;
        (self.opened(domain, replica, reveal)? == self.bound_to(record, replica)?).then_some(*reveal)
    }

    /// The call that is due while the task is open and its deadline has not passed.
    pub(super) fn call_of_open(
        &self,
        policy: &KeeperPolicy,
        domain: &LaneDomain,
        record: &TaskRecord,
        now_secs: u64,
    ) -> Option<LaneCall> {
        let miners = || (0_u8..).zip(&self.crew().miners);
        let answered = |(replica, miner): (u8, &_)| {
            let (bound, reveal) = (self.bound.get(&replica)?, self.reveal_of(domain, record, replica)?);
            Some(Answered { miner: *miner, signature: bound.signature, reveal })
        };
        if let Some(answers) = miners().map(answered).collect() {
            return Some(LaneCall::Complete { task: record.at(), answers, server: self.server() });
        }
        // Who signed a wrong reveal will not sign a right one; who is silent for so long is called on chain.
        let spoiled = self
            .all_bound_secs
            .is_some_and(|since| !self.bad.is_empty() || now_secs >= since.saturating_add(policy.reveal_patience_secs));
        if spoiled { Some(self.start(record)) } else { self.start_near(policy, record, now_secs) }
    }

    /// The start of a task whose deadline is near, if a quorum is bound. With fewer the keeper would pay for a task that may have no result: it expires, and
    /// comes back whole.
    pub(super) fn start_near(&self, policy: &KeeperPolicy, record: &TaskRecord, now_secs: u64) -> Option<LaneCall> {
        let is_near = now_secs.saturating_add(policy.start_margin_secs) >= record.state.deadline;
        (is_near && self.bound.len() >= lane::needed(record)).then(|| self.start(record))
    }

    fn start(&self, record: &TaskRecord) -> LaneCall {
        let miners = (0_u8..).zip(&self.crew().miners);
        let seats = miners.map(|(replica, miner)| (*miner, self.bound.get(&replica).copied())).collect();
        LaneCall::Start { task: record.at(), seats, server: self.server() }
    }

    const fn server(&self) -> Server {
        Server { keeper: self.crew().keeper, assign: None }
    }

    /// Binds one that was left out of the start. One at a time: each changes the history that the next must bring.
    pub(super) fn call_of_precommit(&self, record: &TaskRecord) -> Option<LaneCall> {
        let silent = |(replica, _): &(&u8, &Bound)| record.seat(**replica) == Some(Seat::Silent);
        let (&replica, bound) = self.bound.iter().find(silent)?;
        let Bound { commitment, signature } = *bound;
        Some(LaneCall::Precommit { task: record.at(), replica, commitment, signature: Some(signature) })
    }

    /// The report of a miner that was bound, when the task ended, to another commitment than it signed here.
    pub(super) fn call_of_end(&self, record: &TaskRecord, now_secs: u64) -> Option<LaneCall> {
        lane::report_of_second(record, self.bound.iter().map(|(replica, bound)| (*replica, *bound)), now_secs)
    }

    /// The call that is due while answers are shown.
    pub(super) fn call_of_reveal(
        &self,
        policy: &KeeperPolicy,
        domain: &LaneDomain,
        record: &TaskRecord,
        now_secs: u64,
    ) -> Option<LaneCall> {
        let owing: Vec<u8> =
            (0_u8..).zip(record.state.taken()).filter(|(_, seat)| *seat == Seat::Committed).map(|(replica, _)| replica).collect();
        let guilty = |replica: &u8| {
            let bad = self.bad.get(replica).filter(|bad| self.bound_to(record, *replica) == Some(bad.commitment))?;
            Some((*replica, *bad))
        };
        // Before the end: once the task is over, nobody can be held to it.
        if let Some((replica, Bad { reveal, signature, .. })) = owing.iter().find_map(guilty) {
            return Some(LaneCall::Report { task: record.at(), replica, reveal, signature });
        }
        let at_hand = |replica: &u8| self.reveal_of(domain, record, *replica).map(|reveal| (*replica, reveal));
        let reveals: Vec<_> = owing.iter().filter_map(at_hand).collect();
        if reveals.len() == owing.len() || lane::closing(record, now_secs) == lane::Closing::Finish {
            return Some(LaneCall::Finish { task: record.at(), reveals });
        }
        let near = now_secs.saturating_add(policy.relay_margin_secs) >= record.state.deadline;
        (near && !reveals.is_empty()).then(|| LaneCall::Reveal { task: record.at(), reveals })
    }
}
