//! Whether a keeper brought whom the draw had, and what its bond is for.

use alloy::primitives::{Address, B256, U256, keccak256};
use cor_kit::solo::Refused;
use cor_sol::jury::IJury;

use super::{
    super::world::{BOND, DISPUTE_SECS, EPOCH_SECS, REVEAL_SECS},
    Around, Opening, Oracle, SEAT, Said, epoch_of,
    keepers::{CONVICTED, SERVING, Secret, setKeeperCall},
    malformed, refusal, starts,
};

const ENDED: u8 = 4;
const EXPIRED: u8 = 3;
const DAY: u64 = 86_400;

/// Why a keeper is guilty: the seat is wrong, nothing was shown, or nothing could be.
enum Guilt {
    Seat(usize, Address),
    Silent,
    Uncommitted,
}

/// The lane's mark of a crew: assignment and crew, as in `ILane`.
fn mark(task: &Opening, keeper: Address, crew: &[u8]) -> Address {
    let miners = crew.chunks(SEAT).flat_map(|seat| &seat[..20]).copied().collect();
    let assignment = keccak256([task.id.to_vec(), task.hash.to_vec(), keeper.to_vec(), miners].concat());
    Address::from_slice(&keccak256([assignment.as_slice(), crew].concat())[12..])
}

impl Oracle {
    pub(super) fn note(&mut self, around: &Around<'_>, number: u64, said: &mut Said) -> Result<B256, Refused> {
        let hash = self.hash_of(around, number).ok_or_else(|| refusal(&IJury::BlockUnknown { number }))?;
        self.noted.insert(number, hash);
        said.log(&IJury::BlockNoted { number, hash });
        Ok(hash)
    }

    pub(super) fn challenge(&mut self, around: &Around<'_>, call: &IJury::challengeCall, said: &mut Said) -> Result<(), Refused> {
        let keeper = call.keeper;
        let task = Self::read(call.payer, call.sequence, &call.opening)?;
        if call.crew.len() != task.replicas * SEAT {
            return Err(malformed("crew"));
        }
        let lane = self.lane_of(call.payer, call.sequence);
        if lane.phase != ENDED {
            return Err(refusal(&IJury::LanePhaseWrong { task: task.id, phase: lane.phase, wanted: ENDED }));
        }
        if lane.status == EXPIRED {
            return Err(refusal(&IJury::NothingServed { task: task.id, status: lane.status }));
        }
        let computed = mark(&task, keeper, &call.crew);
        if computed != lane.low {
            return Err(refusal(&IJury::CrewUnproven { task: task.id, mark: lane.low, computed }));
        }
        self.bonded(keeper)?;
        let deadline = task.time + u64::from(DISPUTE_SECS);
        if around.now >= deadline {
            return Err(refusal(&IJury::DisputeOver { task: task.id, deadline }));
        }
        let guilt = match self.known_secret(keeper, epoch_of(task.time)) {
            Secret::None => Guilt::Uncommitted,
            Secret::Hidden => match self.called_for(around, keeper, &task, said)? {
                Some(guilt) => guilt,
                None => return Ok(()),
            },
            Secret::Shown(secret) => {
                let number = task.block;
                let block = self.hash_of(around, number).ok_or_else(|| refusal(&IJury::BlockUnknown { number }))?;
                let crew: Vec<_> = call.crew.chunks(SEAT).map(|seat| Address::from_slice(&seat[..20])).collect();
                let drawn = self.draw(&task, keeper, secret, block, &crew);
                let whom = |seat: usize| drawn.get(seat).copied().unwrap_or_default();
                let wrong = (0..crew.len()).find(|seat| whom(*seat) != crew[*seat]);
                let seat = wrong.ok_or_else(|| refusal(&IJury::CrewAsDrawn { task: task.id }))?;
                Guilt::Seat(seat, whom(seat))
            }
        };
        self.convict(around, keeper, task.id, &guilt, said)
    }

    /// What the challenge of a task does whose secret nobody showed: it calls for it, notes a block, or finds that it was called for in vain.
    fn called_for(
        &mut self,
        around: &Around<'_>,
        keeper: Address,
        task: &Opening,
        said: &mut Said,
    ) -> Result<Option<Guilt>, Refused> {
        let (epoch, number) = (epoch_of(task.time), task.block);
        let ends_at = starts(epoch) + u64::from(EPOCH_SECS);
        if around.now < ends_at {
            return Err(refusal(&IJury::EpochOpen { epoch, endsAt: ends_at }));
        }
        let hash = self.hash_of(around, number);
        match self.called.get(&(keeper, epoch)).copied() {
            None => {
                let deadline = task.time + u64::from(DISPUTE_SECS) - u64::from(REVEAL_SECS) - DAY;
                if around.now >= deadline {
                    return Err(refusal(&IJury::DisputeOver { task: task.id, deadline }));
                }
                let until = around.now + u64::from(REVEAL_SECS);
                self.called.insert((keeper, epoch), until);
                said.log(&IJury::SecretCalled { keeper, epoch, until });
            }
            Some(until) if around.now >= until => return Ok(Some(Guilt::Silent)),
            Some(until) if hash.is_none() || self.noted.contains_key(&number) => {
                return Err(refusal(&IJury::SecretPending { keeper, epoch, until }));
            }
            Some(_) => {}
        }
        if let Some(hash) = hash {
            self.noted.insert(number, hash);
            said.log(&IJury::BlockNoted { number, hash });
        }
        Ok(None)
    }

    fn convict(
        &mut self,
        around: &Around<'_>,
        keeper: Address,
        task: B256,
        guilt: &Guilt,
        said: &mut Said,
    ) -> Result<(), Refused> {
        let known = self.keepers.get_mut(&keeper).expect("it has a bond");
        let served = known.standing == SERVING;
        known.chains.clear();
        (known.standing, known.free_at) = (CONVICTED, around.now + u64::from(DISPUTE_SECS));
        if served {
            self.tell(said, &setKeeperCall { keeper, enabled: false })?;
        }
        let half = U256::from(BOND / 2);
        let rest = U256::from(BOND) - half;
        self.pay(around.from, half)?;
        self.pay(self.treasury, rest)?;
        let (reason, seat, drawn) = match *guilt {
            Guilt::Seat(seat, drawn) => (1, u8::try_from(seat).expect("few seats"), drawn),
            Guilt::Silent => (2, 0, Address::ZERO),
            Guilt::Uncommitted => (3, 0, Address::ZERO),
        };
        let challenger = around.from;
        said.log(&IJury::KeeperConvicted { keeper, task, challenger, reason, seat, drawn, toChallenger: half, toTreasury: rest });
        Ok(())
    }

    /// Whom a keeper is to bring to a task, if its secret were this one; for what chance serves.
    pub(crate) fn drawn(
        &self,
        task: &super::super::world::Task,
        keeper: Address,
        secret: B256,
        crew: &[Address],
    ) -> Vec<Address> {
        let opening = Self::read(task.payer, task.sequence, &task.opening).expect("an opening");
        self.draw(&opening, keeper, secret, task.hash, crew)
    }

    /// The lane's mark of a task that a keeper served with a crew.
    pub(crate) fn mark(task: &super::super::world::Task, keeper: Address, crew: &[u8]) -> Address {
        mark(&Self::read(task.payer, task.sequence, &task.opening).expect("an opening"), keeper, crew)
    }
}
