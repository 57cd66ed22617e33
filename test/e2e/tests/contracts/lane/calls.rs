//! Calldata of the steps of a task, signed by whom it takes, with what is wrong in it.

use alloy::primitives::{Address, B256, Bytes, keccak256};
use cor_sol::lane::ILane::{self, ILaneCalls};

use super::{
    actions::{KEEPERS, Kind, Plan, STRANGER, Step, UNOPENABLE},
    oracle::{OPENING, Seat, Task, assignment, commitment},
    world::{Assign, Commit, Precommit, World, digest, salt},
};

/// A call, and which account makes it.
pub(crate) struct Made {
    pub(crate) by: usize,
    pub(crate) call: ILaneCalls,
}

/// A task of which a step is made.
pub(crate) struct Of<'a> {
    pub(crate) world: &'a World,
    pub(crate) sequence: u64,
    pub(crate) task: &'a Task,
    pub(crate) plan: Plan,
}

fn answer(letter: u8) -> B256 {
    digest(["VALID", "INVALID", "OTHER", "NONE"][usize::from(letter)])
}

/// A replica's number as it is written.
fn numbered(place: usize) -> u8 {
    u8::try_from(place).expect("few replicas")
}

fn shown(replica: u8, digest: B256) -> Vec<u8> {
    [&[replica], digest.as_slice(), salt(usize::from(replica % 7)).as_slice()].concat()
}

impl Of<'_> {
    pub(crate) fn make(&self, step: Step) -> Made {
        match step.kind {
            Kind::Complete => self.complete(step),
            Kind::Start => self.start(step),
            Kind::Precommit => self.precommit(step),
            Kind::Report => self.report(step),
            Kind::ReportSecond => self.report_second(step),
            Kind::Reveal => {
                let (sequence, history) = self.history(step);
                let call = ILane::revealCall { payer: self.task.payer, sequence, history, reveals: self.reveals(step) };
                Made { by: STRANGER, call: ILaneCalls::reveal(call) }
            }
            Kind::Finish => {
                let (sequence, history) = self.history(step);
                let call = ILane::finishCall { payer: self.task.payer, sequence, history, reveals: self.reveals(step) };
                Made { by: STRANGER, call: ILaneCalls::finish(call) }
            }
            Kind::Close => {
                let (sequence, history) = self.history(step);
                Made { by: STRANGER, call: ILaneCalls::close(ILane::closeCall { payer: self.task.payer, sequence, history }) }
            }
        }
    }

    /// Sequence and history: of no task, or not of this one, if that is what is wrong.
    fn history(&self, step: Step) -> (u64, Bytes) {
        let mut history = self.task.history.clone();
        let mut sequence = self.sequence;
        match step.flaw {
            1 => history[60] ^= 1,
            2 => drop(history.pop()),
            3 => history.truncate(OPENING),
            4 => sequence += 1_000_000,
            5 => history.push(9),
            6 => history.extend([4, 0]),
            _ => {}
        }
        (sequence, history.into())
    }

    fn replicas(&self) -> usize {
        self.task.replicas()
    }

    fn miner(&self, replica: usize) -> Address {
        self.world.miner(self.plan.crew[replica])
    }

    fn crew(&self) -> Vec<Address> {
        (0..self.replicas()).map(|replica| self.miner(replica)).collect()
    }

    fn assignment(&self, keeper: Address) -> B256 {
        assignment(self.task.id, &self.task.history[..OPENING], keeper, &self.crew())
    }

    fn bound_to(&self, assignment: B256, replica: usize) -> B256 {
        match self.plan.answers[replica] {
            UNOPENABLE => keccak256("nothing opens this"),
            letter => commitment(self.world.lane, assignment, replica, self.miner(replica), answer(letter), salt(replica)),
        }
    }

    fn precommitment(&self, assignment: B256, replica: usize, commitment: B256) -> Vec<u8> {
        self.world.sign(self.world.key(self.plan.crew[replica]), &Precommit { assignment, commitment })
    }

    /// Who calls, for which keeper, with which word of it.
    fn service(&self, step: Step) -> (usize, Address, Bytes) {
        let named = if step.flaw == 12 { STRANGER } else { self.plan.keeper };
        let keeper = self.world.account(named);
        let word_of = |index: usize| {
            let word = Assign { assignment: self.assignment(keeper) };
            Bytes::from(self.world.sign(&self.world.solo.key(index), &word))
        };
        let (by, assign) = match step.by {
            0..=7 => (named, Bytes::new()),
            8..=11 => (8 + self.plan.crew[0], word_of(named)),
            12 => (STRANGER, word_of(named)),
            13 => (STRANGER, Bytes::new()),
            14 => (named, word_of(named)),
            _ => (STRANGER, word_of(KEEPERS.into_iter().find(|keeper| *keeper != named).unwrap_or(named))),
        };
        (by, keeper, assign)
    }

    /// Parts of replicas with what may be wrong in their number and their bytes.
    fn joined(&self, mut parts: Vec<Vec<u8>>, step: Step) -> Bytes {
        match step.flaw {
            7 => drop(parts[0].pop()),
            8 => drop(parts.pop()),
            9 => parts = vec![parts[0].clone(); 8],
            _ => {}
        }
        parts.concat().into()
    }

    fn complete(&self, step: Step) -> Made {
        let (by, keeper, assign) = self.service(step);
        let assignment = self.assignment(keeper);
        let odd = usize::from(step.mask) % self.replicas();
        let parts = (0..self.replicas()).map(|replica| {
            let letter = self.plan.answers[replica] % UNOPENABLE;
            let signed = if (replica, step.flaw) == (odd, 10) { answer(UNOPENABLE) } else { answer(letter) };
            let commitment = commitment(self.world.lane, assignment, replica, self.miner(replica), signed, salt(replica));
            let signature = if (replica, step.flaw) == (odd, 11) {
                vec![0xff; 64]
            } else {
                self.precommitment(assignment, replica, commitment)
            };
            [self.miner(replica).as_slice(), &signature, answer(letter).as_slice(), salt(replica).as_slice()].concat()
        });
        let answers = self.joined(parts.collect(), step);
        let (sequence, opening) = self.history(step);
        let call = ILane::completeCall { payer: self.task.payer, sequence, opening, answers, keeper, assign };
        Made { by, call: ILaneCalls::complete(call) }
    }

    fn start(&self, step: Step) -> Made {
        let (by, keeper, assign) = self.service(step);
        let assignment = self.assignment(keeper);
        let odd = usize::from(step.mask) % self.replicas();
        let parts = (0..self.replicas()).map(|replica| {
            let commitment = self.bound_to(assignment, replica);
            let signs = step.by.is_multiple_of(3) || step.mask >> replica & 1 == 1;
            let signed = match step.flaw {
                10 if replica == odd => [commitment.to_vec(), self.precommitment(assignment, replica, B256::ZERO)].concat(),
                11 if replica == odd => [vec![0; 32], self.precommitment(assignment, replica, B256::ZERO)].concat(),
                _ if signs => [commitment.to_vec(), self.precommitment(assignment, replica, commitment)].concat(),
                _ => vec![0; 96],
            };
            [self.miner(replica).as_slice(), &signed].concat()
        });
        let miners = self.joined(parts.collect(), step);
        let (sequence, opening) = self.history(step);
        let call = ILane::startCall { payer: self.task.payer, sequence, opening, miners, keeper, assign };
        Made { by, call: ILaneCalls::start(call) }
    }

    /// One of the replicas whose seat is so, or any.
    fn one(&self, step: Step, wanted: impl Fn(Seat) -> bool) -> usize {
        let seats: Vec<_> = (0..self.replicas()).filter(|at| wanted(self.task.seats[*at])).collect();
        let number = usize::from(step.mask);
        seats.get(number % seats.len().max(1)).copied().unwrap_or(number % self.replicas())
    }

    fn precommit(&self, step: Step) -> Made {
        let done = step.flaw == 8 || step.by == 14;
        let place = self.one(step, |seat| (seat == Seat::Silent) != done);
        let assignment = self.assignment(self.world.account(self.plan.keeper));
        let commitment = if step.flaw == 9 || step.by == 15 { B256::ZERO } else { self.bound_to(assignment, place) };
        let signed = if step.flaw == 10 { B256::repeat_byte(1) } else { commitment };
        let signature = || Bytes::from(self.precommitment(assignment, place, signed));
        let own = 8 + self.plan.crew[place];
        let (by, signature) = match step.by {
            0..=6 => (own, Bytes::new()),
            7 => (STRANGER, Bytes::new()),
            8 => (own, signature()),
            _ => (STRANGER, signature()),
        };
        let replica = if step.flaw == 7 { 7 } else { numbered(place) };
        let (sequence, history) = self.history(step);
        let payer = self.task.payer;
        let call = ILane::precommitCall { payer, sequence, history, replica, commitment, signature };
        Made { by, call: ILaneCalls::precommit(call) }
    }

    /// Of those that are bound and can show something, as many as the mask says: all of them in every second step.
    fn reveals(&self, step: Step) -> Bytes {
        let shows = |replica: &usize| self.plan.answers[*replica] != UNOPENABLE && self.task.seats[*replica] == Seat::Committed;
        let chosen = |replica: &usize| step.by.is_multiple_of(4) || step.mask >> *replica & 1 == 1;
        let mut replicas: Vec<_> = (0..self.replicas()).filter(shows).filter(chosen).collect();
        let turn = usize::from(step.mask) % replicas.len().max(1);
        replicas.rotate_left(turn);
        let part = |replica: usize| shown(numbered(replica), answer(self.plan.answers[replica]));
        let mut parts: Vec<_> = replicas.into_iter().map(part).collect();
        // Some faults are common, or hardly any run would have them.
        let common = [0, 9, 11, 10][usize::from(step.by.saturating_sub(12).min(3))];
        match if step.flaw == 0 { common } else { step.flaw } {
            7 => parts.push(vec![0; 64]),
            8 => parts.push(shown(7, answer(0))),
            9 => parts.insert(0, part(self.one(step, |seat| seat == Seat::Silent))),
            10 => parts.extend(parts.last().cloned()),
            11 => parts.insert(0, shown(numbered(self.one(step, |seat| seat == Seat::Committed)), answer(UNOPENABLE))),
            _ => {}
        }
        parts.concat().into()
    }

    fn report(&self, step: Step) -> Made {
        let place = self.one(step, |seat| (seat == Seat::Committed) != (step.flaw == 8));
        let assignment = self.assignment(self.world.account(self.plan.keeper));
        let commitment = self.bound_to(assignment, place);
        let honest = step.flaw == 9 || step.by > 13;
        let result = if honest { answer(self.plan.answers[place]) } else { answer(UNOPENABLE) };
        let message = Commit { assignment, commitment, resultDigest: result, salt: salt(place) };
        let signer = if step.flaw == 10 || step.by == 13 { (place + 1) % 7 } else { place };
        let signature = self.world.sign(self.world.key(self.plan.crew[signer]), &message).into();
        let replica = if step.flaw == 7 { 7 } else { numbered(place) };
        let (sequence, history) = self.history(step);
        let Commit { resultDigest, salt, .. } = message;
        let payer = self.task.payer;
        let call = ILane::reportCall { payer, sequence, history, replica, resultDigest, salt, signature };
        Made { by: STRANGER, call: ILaneCalls::report(call) }
    }

    /// Of a task that was completed the assignment is in no record: the crew tells it.
    fn report_second(&self, step: Step) -> Made {
        let could = |seat| matches!(seat, Seat::Committed | Seat::Revealed(_));
        let place = self.one(step, |seat| could(seat) != matches!(step.flaw, 8 | 13));
        let keeper = self.world.account(if step.flaw == 12 { STRANGER } else { self.plan.keeper });
        let assignment = self.assignment(keeper);
        let same = step.flaw == 9 || step.by > 13;
        let bound = self.task.commitments.get(place).copied().unwrap_or_default();
        let commitment = if same { bound } else { keccak256("a second word") };
        let signed = if step.flaw == 11 { B256::repeat_byte(1) } else { commitment };
        let signer = if step.flaw == 10 || step.by == 13 { (place + 1) % 7 } else { place };
        let signature = self.precommitment(assignment, signer, signed).into();
        let replica = if step.flaw == 7 { 7 } else { numbered(place) };
        let mut task = self.task.clone();
        if task.history.len() == OPENING && !task.crew.is_empty() {
            let seats =
                task.crew.iter().zip(&task.commitments).flat_map(|(miner, commitment)| [&miner[..], &commitment[..]].concat());
            task.history.extend([1].into_iter().chain(seats));
        }
        if step.flaw == 13 {
            task.history.extend([&[2, numbered(place)][..], &[0; 32]].concat());
        }
        let (sequence, history) = Of { task: &task, ..*self }.history(step);
        let payer = self.task.payer;
        let call = ILane::reportSecondCall { payer, sequence, history, keeper, replica, commitment, signature };
        Made { by: STRANGER, call: ILaneCalls::reportSecond(call) }
    }
}
