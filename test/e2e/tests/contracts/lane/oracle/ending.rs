//! How a task ends: who is paid, who loses stake, and what is owed of it.

use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::SolCall,
};
use cor_sol::lane::ILane;

use super::{
    Around, BPS, GRAIN, Oracle, Refused, Said, refusal,
    task::{Seat, Task},
};

const COMPLETED: u8 = 1;
const NO_QUORUM: u8 = 2;
const EXPIRED: u8 = 3;
const LAST_CALL_SECS: u64 = 30 * 3_600;
/// A valid reveal's share of its price if a majority agreed and more was asked for, basis points.
const FLOOR_BPS: u128 = 5_000;

fn share_down(amount: u64, part: u128, of: u128) -> u64 {
    u64::try_from(u128::from(amount) * part / of).expect("no more than the whole")
}

/// What an end pays, grains.
#[derive(Default)]
struct Split {
    paid: u8,
    per_miner: u64,
    keeper: u64,
    treasury: u64,
}

impl Task {
    /// Whether those that are bound and silent could still make a quorum.
    fn silence_decides(&self) -> bool {
        let (agreed, _) = self.most();
        let missing = self.count(|seat| seat == Seat::Committed);
        agreed < self.votes() && agreed + missing >= self.votes()
    }

    fn split(&self) -> Split {
        let (agreed, first) = self.most();
        let replicas = self.replicas();
        let group = || (0..replicas).filter(|at| self.seats[*at] == Seat::Revealed(first)).map(|at| 1 << at).sum();
        let share = |bps: u128| (agreed as u128 * bps, replicas as u128 * BPS);
        if agreed >= self.votes() {
            let (part, of) = share(BPS);
            let treasury = share_down(self.network, part, of);
            return Split { paid: group(), per_miner: self.per_replica, keeper: self.gas, treasury };
        }
        let bound = self.count(|seat| seat != Seat::Silent) >= self.votes();
        let keeper = if bound { share_down(self.gas, BPS.min(self.config.cap_bps.into()), BPS) } else { 0 };
        if 2 * agreed <= replicas {
            return Split { keeper, ..Split::default() };
        }
        let (part, of) = share(FLOOR_BPS);
        let treasury = share_down(self.network, part, of);
        Split { paid: group(), per_miner: share_down(self.per_replica, FLOOR_BPS, BPS), keeper, treasury }
    }
}

impl Oracle {
    pub(super) fn expire(&mut self, key: (Address, u64), mut task: Task, said: &mut Said) {
        (task.phase, task.status, task.seal) = (4, EXPIRED, B256::ZERO);
        self.account(task.payer).available += task.charged;
        said.log(&ILane::TaskEnded {
            task: task.id,
            payer: task.payer,
            keeper: Address::ZERO,
            status: EXPIRED,
            resultDigest: B256::ZERO,
            seats: 0,
            paid: 0,
            perMiner: 0,
            toKeeper: 0,
            toTreasury: 0,
            refunded: task.charged,
            crew: Bytes::new(),
        });
        self.tasks.insert(key, task);
    }

    /// The end, unless who is missing decides and was not called yet.
    pub(super) fn end_or_call(&mut self, around: &Around<'_>, key: (Address, u64), mut task: Task, said: &mut Said) {
        if task.last_call || !task.silence_decides() {
            return self.end(around, key, task, said);
        }
        (task.last_call, task.deadline) = (true, around.now + LAST_CALL_SECS);
        said.record(&task, &[]);
        self.tasks.insert(key, task);
    }

    pub(super) fn end(&mut self, around: &Around<'_>, key: (Address, u64), mut task: Task, said: &mut Said) {
        let split = task.split();
        let keeper = task.served;
        let (agreed, first) = task.most();
        let done = agreed >= task.votes();
        // Where nobody showed anything it may be the chain that stood still.
        let guilty = task.silence_decides() && task.phase == 3 && agreed > 0;
        let crew = task.crew.clone();
        let paid = |replica: &usize| split.paid >> replica & 1 == 1;
        let earners: Vec<Address> = (0..task.replicas()).filter(paid).map(|at| crew[at]).collect();
        let refunded = task.charged - split.per_miner * earners.len() as u64 - split.keeper - split.treasury;
        for miner in earners {
            self.account(miner).earned += split.per_miner;
        }
        self.account(keeper).available += split.keeper;
        self.account(task.payer).available += refunded;
        self.treasury += split.treasury;
        let seats = crew.iter().zip(&task.commitments).map(|(miner, commitment)| [&miner[..], &commitment[..]].concat());
        let seats = seats.collect::<Vec<_>>().concat();
        let mark = Address::from_slice(&keccak256([&Self::assigned(&task)[..], &seats].concat())[12..]);
        (task.phase, task.status) = (4, if done { COMPLETED } else { NO_QUORUM });
        (task.served, task.seal) = (mark, B256::ZERO);
        said.log(&ILane::TaskEnded {
            task: task.id,
            payer: task.payer,
            keeper,
            status: task.status,
            resultDigest: task.digests[first].filter(|_| done).unwrap_or_default(),
            seats: task.seat_bits(),
            paid: split.paid,
            perMiner: split.per_miner,
            toKeeper: split.keeper,
            toTreasury: split.treasury,
            refunded,
            crew: seats.into(),
        });
        for (seat, miner) in task.seats.iter().zip(&crew) {
            let (reason, penalty) = match seat {
                Seat::Committed if guilty => (1, task.config.no_reveal),
                Seat::Lied => (2, task.config.bad_reveal),
                _ => continue,
            };
            self.punish(around, (task.id, *miner, reason), penalty, said);
        }
        self.tasks.insert(key, task);
    }

    /// What is not taken now is owed.
    pub(super) fn punish(&mut self, around: &Around<'_>, key: (B256, Address, u8), penalty: u64, said: &mut Said) {
        let (task, node, reason) = key;
        let left = self.slash(around, node, reason, penalty, said);
        if left > 0 {
            self.owed.insert(key, left);
            said.log(&ILane::SlashOwed { task, node, reason, amount: left });
        }
    }

    /// What Staking does not take of a penalty, rounded down: a part of a grain is not owed.
    fn slash(&mut self, around: &Around<'_>, node: Address, reason: u8, grains: u64, said: &mut Said) -> u64 {
        if grains == 0 {
            return 0;
        }
        let wei = U256::from(grains) * U256::from(GRAIN);
        let (taken, logged) = self.stakes.slash(node, reason, wei, around.now);
        said.slashes.extend(logged);
        ((wei - taken) / U256::from(GRAIN)).to()
    }

    pub(super) fn slash_again(
        &mut self,
        around: &Around<'_>,
        call: &ILane::slashAgainCall,
        said: &mut Said,
    ) -> Result<Vec<u8>, Refused> {
        let &ILane::slashAgainCall { task, node, reason } = call;
        let key = (task, node, reason);
        let owed = self.owed.get(&key).copied().unwrap_or_default();
        let left = self.slash(around, node, reason, owed, said);
        if left == owed {
            return Err(refusal(&ILane::NothingTaken { task, node, reason, owed }));
        }
        self.owed.insert(key, left);
        said.log(&ILane::SlashOwed { task, node, reason, amount: left });
        Ok(ILane::slashAgainCall::abi_encode_returns(&left))
    }
}
