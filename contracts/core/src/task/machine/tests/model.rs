//! Random lives of up to seven replicas against a model that is written from the specification, with none of the machine's parts.

use super::*;
use crate::task::consensus::leader_of;

#[derive(Clone, Debug, Default)]
struct MinerModel {
    acked: bool,
    commitment: Option<B256>,
    answer: Option<u8>,
    bad: bool,
}

#[derive(Clone, Debug)]
struct Model {
    phase: u8,
    deadline: u64,
    miners: Vec<MinerModel>,
    needed: usize,
}

#[derive(Clone, Debug)]
enum Op {
    Assign(usize),
    Ack(u8),
    Precommit(u8, u8),
    Reveal { replica: u8, answer: u8, opens: bool },
    Report { replica: u8, opens: bool },
    CloseAck,
    ClosePrecommit,
    End,
    Wait(u64),
}

impl Model {
    fn new(terms: &Terms) -> Self {
        let asked = usize::from(terms.replicas);
        let enough = |votes: &usize| votes * 10_000 >= usize::from(terms.quorum_bps) * asked && votes * 2 > asked;
        let needed = (1..=asked).find(enough).unwrap();
        Self { phase: 1, deadline: START + u64::from(terms.assign_secs), miners: vec![MinerModel::default(); asked], needed }
    }

    /// Error number, or what the call returns: the status if it ended the task, else 0.
    fn apply(&mut self, op: &Op, terms: &Terms, now: u64) -> Result<u8, &'static str> {
        let wanted = match op {
            Op::Assign(_) => 1,
            Op::Ack(_) | Op::CloseAck => 2,
            Op::Precommit(..) | Op::ClosePrecommit => 3,
            Op::Reveal { .. } | Op::Report { .. } => 4,
            Op::End => return self.end(now),
            Op::Wait(_) => return Ok(0),
        };
        if self.phase != wanted {
            return Err(if self.phase == 5 { "QUEUE-008" } else { "QUEUE-005" });
        }
        match op {
            Op::CloseAck | Op::ClosePrecommit if now < self.deadline => return Err("QUEUE-007"),
            Op::CloseAck | Op::ClosePrecommit => {
                self.go_on(terms, now);
                return Ok(0);
            }
            Op::Report { .. } => {}
            _ if now >= self.deadline => return Err("QUEUE-006"),
            _ => {}
        }
        match *op {
            Op::Assign(miners) => {
                if miners != self.miners.len() {
                    return Err("QUEUE-009");
                }
                (self.phase, self.deadline) = (2, now + u64::from(terms.ack_secs));
            }
            Op::Ack(replica) => {
                let miner = self.miners.get_mut(usize::from(replica)).ok_or("QUEUE-010")?;
                if std::mem::replace(&mut miner.acked, true) {
                    return Err("QUEUE-011");
                }
                if self.miners.iter().all(|miner| miner.acked) {
                    self.go_on(terms, now);
                }
            }
            Op::Precommit(replica, byte) => {
                let miner = self.miners.get_mut(usize::from(replica)).ok_or("QUEUE-010")?;
                match (miner.acked, miner.commitment, byte) {
                    (false, ..) => return Err("QUEUE-012"),
                    (_, Some(_), _) => return Err("QUEUE-011"),
                    (.., 0) => return Err("QUEUE-013"),
                    _ => miner.commitment = Some(hash(byte)),
                }
                if self.miners.iter().all(|miner| !miner.acked || miner.commitment.is_some()) {
                    self.go_on(terms, now);
                }
            }
            Op::Reveal { replica, answer, opens } => {
                let miner = self.hidden(replica)?;
                if !opens {
                    return Err("QUEUE-014");
                }
                miner.answer = Some(answer);
            }
            Op::Report { replica, opens } => {
                let miner = self.hidden(replica)?;
                if opens {
                    return Err("QUEUE-015");
                }
                miner.bad = true;
            }
            Op::CloseAck | Op::ClosePrecommit | Op::End | Op::Wait(_) => {}
        }
        Ok(0)
    }

    fn hidden(&mut self, replica: u8) -> Result<&mut MinerModel, &'static str> {
        match self.miners.get_mut(usize::from(replica)) {
            None => Err("QUEUE-010"),
            Some(miner) if miner.commitment.is_none() => Err("QUEUE-012"),
            Some(miner) if miner.answer.is_some() || miner.bad => Err("QUEUE-011"),
            Some(miner) => Ok(miner),
        }
    }

    fn go_on(&mut self, terms: &Terms, now: u64) {
        let secs = if self.phase == 2 { terms.precommit_secs } else { terms.commit_secs };
        (self.phase, self.deadline) = (self.phase + 1, now + u64::from(secs));
    }

    fn votes(&self, answer: u8) -> usize {
        self.miners.iter().filter(|miner| miner.answer == Some(answer)).count()
    }

    fn winner(&self) -> Option<u8> {
        (0..=u8::MAX).find(|answer| self.votes(*answer) >= self.needed)
    }

    /// Whether a miner may still get to reveal.
    fn hopeful(&self, miner: &MinerModel, now: u64) -> bool {
        let open = now < self.deadline;
        match self.phase {
            2 => miner.acked || open,
            3 => miner.commitment.is_some() || (miner.acked && open),
            4 => miner.commitment.is_some() && miner.answer.is_none() && !miner.bad && open,
            _ => false,
        }
    }

    fn end(&mut self, now: u64) -> Result<u8, &'static str> {
        let hopeful = self.miners.iter().filter(|miner| self.hopeful(miner, now)).count();
        let best = (0..=u8::MAX).map(|answer| self.votes(answer)).max().unwrap();
        let status = match self.phase {
            5 => return Err("QUEUE-008"),
            1 if now < self.deadline => return Err("QUEUE-007"),
            1 => 3,
            _ if best + hopeful < self.needed => 2,
            4 if hopeful == 0 => 1,
            4 => return Err("QUEUE-007"),
            _ => return Err("QUEUE-005"),
        };
        self.phase = 5;
        Ok(status)
    }

    fn outcome(&self, miner: &MinerModel, ended: &Self, now: u64) -> u8 {
        match miner {
            _ if self.phase == 1 => 0,
            MinerModel { bad: true, .. } => 6,
            MinerModel { answer: Some(answer), .. } => {
                if ended.winner() == Some(*answer) {
                    1
                } else {
                    2
                }
            }
            _ if self.hopeful(miner, now) => 0,
            MinerModel { commitment: Some(_), .. } => 5,
            MinerModel { acked: true, .. } => 4,
            _ => 3,
        }
    }
}

/// The machine, with what its caller looks up for it.
struct Machine {
    state: TaskState,
    seals: [B256; REPLICA_SLOTS],
    answers: [u8; REPLICA_SLOTS],
}

impl Machine {
    fn apply(&mut self, op: &Op, terms: &Terms, now: u64) -> Result<u8, &'static str> {
        let state = self.state;
        let reveal = |replica: u8, opens: bool| {
            let committed = self.seals.get(usize::from(replica)).copied().unwrap_or_default();
            Opening { replica, committed, computed: if opens { committed } else { !committed } }
        };
        let transition = match *op {
            Op::Assign(miners) => assign(state, terms, 9, miners, now),
            Op::Ack(replica) => ack(state, terms, replica, now),
            Op::Precommit(replica, byte) => precommit(state, terms, replica, hash(byte), now),
            Op::Reveal { replica, answer, opens } => {
                let leader = leader_of(&answer, state.leaders().map(|leader| (leader, self.answers[usize::from(leader)])));
                commit(state, terms, &reveal(replica, opens), leader, now)
            }
            Op::Report { replica, opens } => report_bad_reveal(state, &reveal(replica, opens)),
            Op::CloseAck => close_ack(state, terms, now),
            Op::ClosePrecommit => close_precommit(state, terms, now),
            Op::End => end(state, terms, now),
            Op::Wait(_) => return Ok(0),
        };
        let transition = transition.map_err(|error| error.code())?;
        match *op {
            Op::Precommit(replica, byte) => self.seals[usize::from(replica)] = hash(byte),
            Op::Reveal { replica, answer, .. } => self.answers[usize::from(replica)] = answer,
            _ => {}
        }
        word_fits(&transition.state);
        self.state = transition.state;
        Ok(transition.effects.ending.map_or(0, |ending| ending.status.number()))
    }
}

fn ops() -> impl Strategy<Value = Op> {
    let replica = || 0..8_u8;
    prop_oneof![
        2 => prop::sample::select(vec![1_usize, 3, 5, 7]).prop_map(Op::Assign),
        8 => replica().prop_map(Op::Ack),
        8 => (replica(), 0..9_u8).prop_map(|(replica, byte)| Op::Precommit(replica, byte)),
        8 => (replica(), 0..2_u8, prop::bool::weighted(0.9)).prop_map(|(replica, answer, opens)| Op::Reveal { replica, answer, opens }),
        1 => (replica(), any::<bool>()).prop_map(|(replica, opens)| Op::Report { replica, opens }),
        2 => Just(Op::CloseAck),
        2 => Just(Op::ClosePrecommit),
        2 => Just(Op::End),
        3 => (1..15_u64).prop_map(Op::Wait),
    ]
}

proptest! {
    #[test]
    fn the_machine_does_what_the_specification_says(
        replicas in prop::sample::select(vec![1_u8, 3, 5, 7]),
        quorum_bps in prop::sample::select(vec![5_001_u16, 6_667, 8_001, 10_000]),
        ops in prop::collection::vec(ops(), 0..120),
    ) {
        let terms = Terms { quorum_bps, ..terms(replicas) };
        let mut machine = Machine { state: queued(&terms), seals: Default::default(), answers: [0; REPLICA_SLOTS] };
        let mut model = Model::new(&terms);
        let mut now = START;
        // The keeper assigns the right number at first, or few lives would get anywhere.
        for op in std::iter::once(Op::Assign(usize::from(replicas))).chain(ops) {
            if let Op::Wait(secs) = op {
                now += secs;
            }
            let before = model.clone();
            let expected = model.apply(&op, &terms, now);
            prop_assert_eq!(machine.apply(&op, &terms, now), expected, "{:?} at {}", op, now);
            prop_assert_eq!(machine.state.phase.number(), model.phase);
            if expected.is_ok_and(|status| status > 0) {
                let outcomes: Vec<u8> = machine.state.replica_stages().map(|(_, stage)| stage.outcome().number()).collect();
                let modelled: Vec<u8> = before.miners.iter().map(|miner| before.outcome(miner, &model, now)).collect();
                prop_assert_eq!(outcomes, modelled, "{:?}", before);
            } else if model.phase < 5 {
                prop_assert_eq!(machine.state.deadline(), model.deadline);
            }
        }
    }
}
