//! Steps of a task, from its submission to the call that ends it.

use alloy::primitives::{Address, B256, Bytes, keccak256};
use cor_sol::lane::ILane;

use super::{
    super::world::{Assign, Commit, Precommit},
    Around, Oracle, Refused, Said, refusal,
    task::{self, OPENING, Seat, Task, phases},
    word,
};

/// The phases that a step may be in.
const OPEN: u8 = 1;
const PRECOMMIT: u8 = 2;
const REVEAL: u8 = 3;
const ENDED: u8 = 4;
/// Bytes of an answer in a completion, of a miner in a start, and of a reveal.
const ANSWER: usize = 148;
const MINER: usize = 116;
const SHOWN: usize = 65;
/// For how long after its submission a second word of a task is taken, seconds: eight days and twelve hours.
const REPORTED_SECS: u64 = 734_400;

fn malformed(field: &str) -> Refused {
    refusal(&ILane::Malformed { field: word(field) })
}

/// Names a task, and brings its history.
pub(super) struct Brought<'a> {
    payer: Address,
    sequence: u64,
    history: &'a [u8],
}

impl<'a> Brought<'a> {
    pub(super) fn new(payer: Address, sequence: u64, history: &'a Bytes) -> Self {
        Self { payer, sequence, history }
    }

    const fn key(&self) -> (Address, u64) {
        (self.payer, self.sequence)
    }
}

impl Oracle {
    /// A copy of the task that the history is of, if it is in this phase.
    pub(super) fn brought(&self, brought: &Brought<'_>, wanted: Option<u8>) -> Result<Task, Refused> {
        let id = task::name(brought.payer, brought.sequence);
        let known = self.tasks.get(&brought.key());
        let computed = task::sealed(brought.history).ok_or_else(|| malformed("history"))?;
        if let Some(ended) = known.filter(|known| known.phase == ENDED) {
            return Err(refusal(&ILane::LaneTaskEnded { task: id, status: ended.status }));
        }
        let seal = known.map_or(B256::ZERO, |known| known.seal);
        if seal != computed {
            return Err(refusal(&ILane::HistoryMismatch { task: id, seal, computed }));
        }
        let known = known.expect("zero is no history's seal");
        Self::in_phase(known, wanted.unwrap_or(known.phase))?;
        Ok(known.clone())
    }

    fn in_phase(task: &Task, wanted: u8) -> Result<(), Refused> {
        if task.phase == wanted {
            return Ok(());
        }
        Err(refusal(&ILane::LanePhaseWrong { task: task.id, phase: task.phase, wanted }))
    }

    fn in_time(task: &Task, now: u64) -> Result<(), Refused> {
        if now < task.deadline {
            return Ok(());
        }
        Err(refusal(&ILane::LaneTooLate { task: task.id, deadline: task.deadline, timestamp: now }))
    }

    /// Parts of equal length, seven at most.
    fn parts<'a>(bytes: &'a [u8], length: usize, field: &str) -> Result<Vec<&'a [u8]>, Refused> {
        if !bytes.len().is_multiple_of(length) || bytes.len() / length > 7 {
            return Err(malformed(field));
        }
        Ok(bytes.chunks(length).collect())
    }

    /// A miner for each replica, and each another.
    fn one_for_each(task: &Task, crew: &[Address]) -> Result<(), Refused> {
        let few = |number: usize| u8::try_from(number).expect("few");
        let (given, wanted) = (crew.len() as u64, few(task.replicas()));
        if crew.len() != task.replicas() {
            return Err(refusal(&ILane::LaneMinerCount { task: task.id, given, wanted }));
        }
        match (1..crew.len()).find(|place| crew[..*place].contains(&crew[*place])) {
            Some(place) => Err(refusal(&ILane::MinerTwice { task: task.id, replica: few(place) })),
            None => Ok(()),
        }
    }

    /// Whether it is a keeper's: called by it, or with its word.
    fn by_a_keeper(&self, from: Address, keeper: Address, assignment: B256, assign: &[u8]) -> Result<(), Refused> {
        if !self.keepers.contains(&keeper) {
            return Err(refusal(&ILane::Unauthorized { caller: keeper, required: Address::ZERO }));
        }
        if from == keeper {
            return Ok(());
        }
        self.signed(keeper, &Assign { assignment }, assign)
    }

    pub(super) fn complete(&mut self, around: &Around<'_>, call: &ILane::completeCall, said: &mut Said) -> Result<(), Refused> {
        let brought = Brought::new(call.payer, call.sequence, &call.opening);
        let mut task = self.brought(&brought, None)?;
        let parts = Self::parts(&call.answers, ANSWER, "answers")?;
        Self::in_phase(&task, OPEN)?;
        Self::in_time(&task, around.now)?;
        let crew: Vec<_> = parts.iter().map(|part| Address::from_slice(&part[..20])).collect();
        Self::one_for_each(&task, &crew)?;
        let assignment = task::assignment(task.id, &task.history[..OPENING], call.keeper, &crew);
        self.by_a_keeper(around.from, call.keeper, assignment, &call.assign)?;
        for (replica, part) in parts.iter().enumerate() {
            let [digest, salt] = [84, 116].map(|at| B256::from_slice(&part[at..at + 32]));
            let commitment = self.commitment(assignment, replica, crew[replica], digest, salt);
            self.signed(crew[replica], &Precommit { assignment, commitment }, &part[20..84])?;
            task.show(replica, digest);
            task.commitments.push(commitment);
        }
        task.crew = crew;
        task.served = call.keeper;
        self.end(around, brought.key(), task, said);
        Ok(())
    }

    pub(super) fn start(&mut self, around: &Around<'_>, call: &ILane::startCall, said: &mut Said) -> Result<(), Refused> {
        let brought = Brought::new(call.payer, call.sequence, &call.opening);
        let mut task = self.brought(&brought, None)?;
        let parts = Self::parts(&call.miners, MINER, "miners")?;
        let crew: Vec<_> = parts.iter().map(|part| Address::from_slice(&part[..20])).collect();
        let assignment = task::assignment(task.id, &task.history[..OPENING], call.keeper, &crew);
        self.by_a_keeper(around.from, call.keeper, assignment, &call.assign)?;
        let (mut record, mut seats) = (vec![1], Vec::new());
        for (replica, part) in parts.iter().enumerate() {
            let commitment = B256::from_slice(&part[20..52]);
            let signature = &part[52..];
            let signs = part[20..].iter().any(|byte| *byte != 0);
            if signs {
                self.signed(crew[replica], &Precommit { assignment, commitment }, signature)?;
            }
            seats.push(if signs { Seat::Committed } else { Seat::Silent });
            task.commitments.push(commitment);
            record.extend_from_slice(&part[..52]);
        }
        Self::in_phase(&task, OPEN)?;
        Self::in_time(&task, around.now)?;
        let [open_secs, precommit_secs, reveal_secs] = phases(task.terms);
        let middle = task.submitted_at + open_secs / 2;
        if around.from != call.keeper && around.now < middle {
            return Err(refusal(&ILane::LaneTooEarly { task: task.id, deadline: middle, timestamp: around.now }));
        }
        Self::one_for_each(&task, &crew)?;
        let bound_to = seats.iter().zip(&task.commitments);
        if let Some((replica, _)) = (0_u8..).zip(bound_to).find(|(_, (seat, to))| **seat == Seat::Committed && to.is_zero()) {
            return Err(refusal(&ILane::CommitmentZero { task: task.id, replica }));
        }
        (task.seats, task.crew, task.served) = (seats, crew, call.keeper);
        let bound = task.count(|seat| seat == Seat::Committed);
        (task.phase, task.deadline) =
            if bound == task.replicas() { (REVEAL, around.now + reveal_secs) } else { (PRECOMMIT, around.now + precommit_secs) };
        self.recorded(brought.key(), task, &record, said);
        Ok(())
    }

    pub(super) fn precommit(&mut self, around: &Around<'_>, call: &ILane::precommitCall, said: &mut Said) -> Result<(), Refused> {
        let brought = Brought::new(call.payer, call.sequence, &call.history);
        let mut task = self.brought(&brought, Some(PRECOMMIT))?;
        Self::in_time(&task, around.now)?;
        let replica = Self::seat(&task, call.replica)?;
        if task.seats[replica] != Seat::Silent {
            return Err(refusal(&ILane::ReplicaDone { task: task.id, replica: call.replica }));
        }
        if call.commitment.is_zero() {
            return Err(refusal(&ILane::CommitmentZero { task: task.id, replica: call.replica }));
        }
        let miner = task.crew[replica];
        if around.from != miner {
            let message = Precommit { assignment: Self::assigned(&task), commitment: call.commitment };
            self.signed(miner, &message, &call.signature)?;
        }
        task.seats[replica] = Seat::Committed;
        task.commitments[replica] = call.commitment;
        if task.seats.iter().all(|seat| *seat != Seat::Silent) {
            (task.phase, task.deadline) = (REVEAL, around.now + phases(task.terms)[2]);
        }
        let record = [&[2, call.replica], call.commitment.as_slice()].concat();
        self.recorded(brought.key(), task, &record, said);
        Ok(())
    }

    fn seat(task: &Task, replica: u8) -> Result<usize, Refused> {
        let place = usize::from(replica);
        if place < task.replicas() {
            return Ok(place);
        }
        Err(refusal(&ILane::NoSuchReplica { task: task.id, replica }))
    }

    /// The place of a replica whose miner is bound, and has not shown anything.
    fn bound(task: &Task, replica: u8) -> Result<usize, Refused> {
        let place = Self::seat(task, replica)?;
        match task.seats[place] {
            Seat::Committed => Ok(place),
            Seat::Silent => Err(refusal(&ILane::ReplicaNotCommitted { task: task.id, replica })),
            _ => Err(refusal(&ILane::ReplicaDone { task: task.id, replica })),
        }
    }

    pub(super) fn assigned(task: &Task) -> B256 {
        task::assignment(task.id, &task.history[..OPENING], task.served, &task.crew)
    }

    fn recorded(&mut self, key: (Address, u64), mut task: Task, record: &[u8], said: &mut Said) {
        task.push(record);
        said.record(&task, record);
        self.tasks.insert(key, task);
    }

    /// Takes note of answers, one after the other.
    fn shown(&mut self, key: (Address, u64), mut task: Task, reveals: &[u8], said: &mut Said) -> Result<Task, Refused> {
        for part in reveals.chunks(SHOWN) {
            Self::in_phase(&task, REVEAL)?;
            let replica = part[0];
            let place = Self::bound(&task, replica)?;
            let [digest, salt] = [1, 33].map(|at| B256::from_slice(&part[at..at + 32]));
            let (committed, miner) = (task.commitments[place], task.crew[place]);
            let computed = self.commitment(Self::assigned(&task), place, miner, digest, salt);
            if committed != computed {
                return Err(refusal(&ILane::CommitmentMismatch { task: task.id, replica, committed, computed }));
            }
            task.show(place, digest);
            let record = [&[3, replica], digest.as_slice()].concat();
            task.push(&record);
            said.record(&task, &record);
        }
        self.tasks.insert(key, task.clone());
        Ok(task)
    }

    pub(super) fn reveal(&mut self, _: &Around<'_>, call: &ILane::revealCall, said: &mut Said) -> Result<(), Refused> {
        let brought = Brought::new(call.payer, call.sequence, &call.history);
        let task = self.brought(&brought, None)?;
        Self::parts(&call.reveals, SHOWN, "reveals")?;
        self.shown(brought.key(), task, &call.reveals, said).map(|_| ())
    }

    pub(super) fn finish(&mut self, around: &Around<'_>, call: &ILane::finishCall, said: &mut Said) -> Result<(), Refused> {
        let brought = Brought::new(call.payer, call.sequence, &call.history);
        let task = self.brought(&brought, None)?;
        Self::parts(&call.reveals, SHOWN, "reveals")?;
        Self::in_phase(&task, REVEAL)?;
        let task = self.shown(brought.key(), task, &call.reveals, said)?;
        let missing = task.count(|seat| seat == Seat::Committed);
        if missing > 0 {
            Self::due(&task, around.now)?;
        }
        self.end_or_call(around, brought.key(), task, said);
        Ok(())
    }

    fn due(task: &Task, now: u64) -> Result<(), Refused> {
        if now >= task.deadline {
            return Ok(());
        }
        Err(refusal(&ILane::LaneTooEarly { task: task.id, deadline: task.deadline, timestamp: now }))
    }

    pub(super) fn close(&mut self, around: &Around<'_>, call: &ILane::closeCall, said: &mut Said) -> Result<(), Refused> {
        let brought = Brought::new(call.payer, call.sequence, &call.history);
        let mut task = self.brought(&brought, None)?;
        // Nothing is waited for once everybody that is bound has shown its answer.
        if task.phase != REVEAL || task.count(|seat| seat == Seat::Committed) > 0 {
            Self::due(&task, around.now)?;
        }
        match task.phase {
            OPEN => self.expire(brought.key(), task, said),
            PRECOMMIT if task.count(|seat| seat == Seat::Committed) >= task.votes() => {
                (task.phase, task.deadline) = (REVEAL, around.now + phases(task.terms)[2]);
                said.record(&task, &[]);
                self.tasks.insert(brought.key(), task);
            }
            PRECOMMIT => {
                task.deadline = around.now + phases(task.terms)[2];
                self.end(around, brought.key(), task, said);
            }
            _ => self.end_or_call(around, brought.key(), task, said),
        }
        Ok(())
    }

    pub(super) fn report(&mut self, _: &Around<'_>, call: &ILane::reportCall, said: &mut Said) -> Result<(), Refused> {
        let brought = Brought::new(call.payer, call.sequence, &call.history);
        let mut task = self.brought(&brought, Some(REVEAL))?;
        let place = Self::bound(&task, call.replica)?;
        let (assignment, commitment, miner) = (Self::assigned(&task), task.commitments[place], task.crew[place]);
        let message = Commit { assignment, commitment, resultDigest: call.resultDigest, salt: call.salt };
        if self.commitment(assignment, place, miner, message.resultDigest, message.salt) == commitment {
            return Err(refusal(&ILane::RevealOpens { task: task.id, replica: call.replica }));
        }
        self.signed(miner, &message, &call.signature)?;
        task.seats[place] = Seat::Lied;
        self.recorded(brought.key(), task, &[4, call.replica], said);
        Ok(())
    }

    /// A second word, once the task ended. Who served, and bound to what, is read out of the history that is brought.
    pub(super) fn report_second(
        &mut self,
        around: &Around<'_>,
        call: &ILane::reportSecondCall,
        said: &mut Said,
    ) -> Result<(), Refused> {
        let (id, key) = (task::name(call.payer, call.sequence), (call.payer, call.sequence));
        task::sealed(&call.history).ok_or_else(|| malformed("history"))?;
        let phase = self.tasks.get(&key).map_or(0, |task| task.phase);
        let Some(mut task) = self.tasks.get(&key).filter(|task| task.phase == ENDED).cloned() else {
            return Err(refusal(&ILane::LanePhaseWrong { task: id, phase, wanted: ENDED }));
        };
        let deadline = task::submitted_at(&call.history) + REPORTED_SECS;
        if deadline <= around.now {
            return Err(refusal(&ILane::LaneTooLate { task: id, deadline, timestamp: around.now }));
        }
        let crew = task::crew(&call.history);
        let seats: Vec<_> =
            crew.chunks(52).map(|seat| (Address::from_slice(&seat[..20]), B256::from_slice(&seat[20..]))).collect();
        let place = usize::from(call.replica);
        let &(miner, bound) =
            seats.get(place).ok_or_else(|| refusal(&ILane::NoSuchReplica { task: id, replica: call.replica }))?;
        if bound.is_zero() {
            return Err(refusal(&ILane::ReplicaNotCommitted { task: id, replica: call.replica }));
        }
        if bound == call.commitment || task.seats[place] == Seat::Lied {
            return Err(refusal(&ILane::ReplicaDone { task: id, replica: call.replica }));
        }
        let miners: Vec<Address> = seats.iter().map(|(miner, _)| *miner).collect();
        let assignment = task::assignment(id, &call.history[..OPENING], call.keeper, &miners);
        let computed = Address::from_slice(&keccak256([&assignment[..], &crew].concat())[12..]).into_word();
        if computed != task.served.into_word() {
            return Err(refusal(&ILane::HistoryMismatch { task: id, seal: task.served.into_word(), computed }));
        }
        self.signed(miner, &Precommit { assignment, commitment: call.commitment }, &call.signature)?;
        task.seats[place] = Seat::Lied;
        said.record(&task, &[4, call.replica]);
        let penalty = task.config.bad_reveal;
        self.tasks.insert(key, task);
        self.punish(around, (id, miner, 2), penalty, said);
        if self.owed.get(&(id, miner, 2)) == Some(&penalty) || penalty == 0 {
            return Err(refusal(&ILane::NothingTaken { task: id, node: miner, reason: 2, owed: penalty }));
        }
        Ok(())
    }
}
