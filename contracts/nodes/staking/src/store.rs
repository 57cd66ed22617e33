//! How stake lies in storage, and what the public functions share.

use alloc::{vec, vec::Vec};

use alloy_primitives::{aliases::U96, Address, U128, U256, U64, U8};
use cor_contract_shared::{out_of_range, transfer, transfer_from, PeerRecord, Revert};
use cor_core::limits::{STAKE_HELD_MAX, UNBONDINGS_MAX};
use cor_core::node::staking::{self, Checkpoint, NodeStake, StakingError, Totals};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageArray, StorageU128, StorageU64, StorageU8, StorageU96, StorageVec},
};

use crate::{AmountTooLarge, FutureDay, InsufficientStake, NotStaker, Staking, StillBonded, ZeroAmount};

const _: () = assert!(STAKE_HELD_MAX < 1 << 96, "a node's stake is stored in 96 bits");

/// A node's stake in two words, where its earnings go, and whom it lets begin to stake for it. The staker stays when all of its stake has left: the earnings
/// are still its own, and what it said of them holds until another account stakes.
#[storage]
pub struct NodeRecord {
    pub(crate) staker: StorageAddress,
    bonded: StorageU96,
    unbonding: StorageU96,
    release_at: StorageU64,
    pub(crate) payout: PeerRecord,
    pub(crate) accepted: StorageAddress,
}

/// A user's stake in one word, a ring of unbonding amounts, and what the stake was. A place of the ring that was paid out keeps its old amount:
/// writing over it costs less than clearing it and filling it again, and `len` says what counts.
#[storage]
pub struct AccountRecord {
    stake: StorageU128,
    head: StorageU8,
    len: StorageU8,
    ring: StorageArray<UnbondingRecord, { UNBONDINGS_MAX as usize }>,
    checkpoints: StorageVec<CheckpointRecord>,
}

/// An unbonding amount in one word.
#[storage]
pub struct UnbondingRecord {
    amount: StorageU128,
    release_at: StorageU64,
}

/// What a user had staked from a day on, in one word.
#[storage]
pub struct CheckpointRecord {
    stake: StorageU128,
    day: StorageU64,
}

impl Staking {
    pub(crate) fn totals(&self) -> Totals {
        Totals { held: self.held.get().to(), slashed: self.slashed.get().to() }
    }

    pub(crate) fn set_totals(&mut self, totals: Totals) {
        self.held.set(U128::from(totals.held));
        self.slashed.set(U128::from(totals.slashed));
    }

    pub(crate) fn node(&self, node: Address) -> NodeStake {
        let record = self.nodes.get(node);
        let stake = NodeStake {
            staker: record.staker.get(),
            bonded: record.bonded.get().to(),
            unbonding: record.unbonding.get().to(),
            release_at: record.release_at.get().to(),
        };
        if stake.sum() == 0 {
            NodeStake::default()
        } else {
            stake
        }
    }

    pub(crate) fn set_node(&mut self, node: Address, stake: NodeStake) {
        let mut record = self.nodes.setter(node);
        if !stake.staker.is_zero() {
            record.staker.set(stake.staker);
        }
        // Below `STAKE_HELD_MAX`, so nothing saturates.
        record.bonded.set(U96::saturating_from(stake.bonded));
        record.unbonding.set(U96::saturating_from(stake.unbonding));
        record.release_at.set(U64::from(stake.release_at));
    }

    pub(crate) fn account(&self, account: Address) -> staking::Account {
        let record = self.accounts.get(account);
        staking::Account { stake: record.stake.get().to(), head: record.head.get().to(), len: record.len.get().to() }
    }

    pub(crate) fn set_account(&mut self, account: Address, state: staking::Account) {
        let mut record = self.accounts.setter(account);
        record.stake.set(U128::from(state.stake));
        record.head.set(U8::from(state.head));
        record.len.set(U8::from(state.len));
    }

    pub(crate) fn unbonding_at(&self, account: Address, place: u8) -> staking::Unbonding {
        match self.accounts.get(account).ring.getter(usize::from(place)) {
            Some(entry) => staking::Unbonding { amount: entry.amount.get().to(), release_at: entry.release_at.get().to() },
            None => staking::Unbonding::default(),
        }
    }

    /// Stores `state` with one more unbonding amount. Returns when that is ripe.
    pub(crate) fn enqueue(&mut self, account: Address, state: staking::Account, amount: u128) -> u64 {
        let (now, secs) = (self.vm().block_timestamp(), self.unbonding_secs());
        let (next, place, unbonding) = state.enqueue(amount, now, secs, |place| self.unbonding_at(account, place));
        self.set_account(account, next);
        if let Some(mut entry) = self.accounts.setter(account).ring.setter(usize::from(place)) {
            entry.amount.set(U128::from(unbonding.amount));
            entry.release_at.set(U64::from(unbonding.release_at));
        }
        unbonding.release_at
    }

    pub(crate) fn checkpoints(&self, user: Address) -> u64 {
        self.accounts.get(user).checkpoints.len() as u64
    }

    pub(crate) fn checkpoint_at(&self, user: Address, index: u64) -> Checkpoint {
        match self.accounts.get(user).checkpoints.getter(index) {
            Some(entry) => Checkpoint { day: entry.day.get().to(), stake: entry.stake.get().to() },
            None => Checkpoint::default(),
        }
    }

    /// Writes down that a user's stake is `stake` from the next day on.
    pub(crate) fn checkpoint(&mut self, user: Address, stake: u128) {
        let last = self.checkpoints(user).checked_sub(1);
        let now = self.vm().block_timestamp();
        let (replaces, checkpoint) = Checkpoint::after(last.map(|index| self.checkpoint_at(user, index)), now, stake);
        let checkpoints = &mut self.accounts.setter(user).checkpoints;
        let mut entry = match last.filter(|_| replaces).and_then(|index| checkpoints.setter(index)) {
            Some(entry) => entry,
            None => checkpoints.grow(),
        };
        entry.stake.set(U128::from(checkpoint.stake));
        entry.day.set(U64::from(checkpoint.day));
    }

    pub(crate) fn take_in(&mut self, from: Address, amount: U256) -> Result<(), Revert> {
        let (token, here) = (self.token.get(), self.vm().contract_address());
        transfer_from(self, token, from, here, amount)
    }

    pub(crate) fn pay(&mut self, to: Address, wei: u128) -> Result<U256, Revert> {
        let (token, amount) = (self.token.get(), U256::from(wei));
        transfer(self, token, to, amount)?;
        Ok(amount)
    }

    /// The Solidity error of a refusal concerning `subject`, a node or an account.
    pub(crate) fn refuse(&self, error: StakingError, subject: Address) -> Revert {
        match error {
            StakingError::ZeroAmount => ZeroAmount {}.into(),
            StakingError::NotStaker { staker } => NotStaker { node: subject, staker, caller: self.vm().msg_sender() }.into(),
            StakingError::InsufficientStake { available, needed } => {
                InsufficientStake { account: subject, available: U256::from(available), needed }.into()
            }
            StakingError::StillBonded { release_at } => {
                let timestamp = self.vm().block_timestamp();
                StillBonded { account: subject, releaseAt: release_at, timestamp }.into()
            }
            StakingError::AmountTooLarge { amount, limit } => AmountTooLarge { amount, limit: U256::from(limit) }.into(),
            StakingError::FutureDay { day, today } => FutureDay { day, today }.into(),
            StakingError::OutOfRange { field, value, min, max } => out_of_range(field, value, min, max),
        }
    }
}
