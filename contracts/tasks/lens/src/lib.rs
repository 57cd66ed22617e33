//! Lens: what the lane keeps, read out of its storage. Specified by `sol/ILens.sol`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{keccak256, Address, B256, U256};
use cor_contract_shared::{abi::LaneWords, nonzero, view, Revert};
use cor_core::task::lane::{
    messages::{owed_key, task_id},
    LaneState,
};
use stylus_sdk::{prelude::*, storage::StorageAddress};

/// Where the lane's fields lie, by its order of declaration: `contracts/tasks/lane`. Held by the tests, which write and read them.
mod slot {
    pub(super) const GOVERNOR: u64 = 0;
    /// From the lowest bit: paused 8, no-result share 16, penalties 64 each.
    pub(super) const CONFIG: u64 = 4;
    /// From the lowest bit: the treasury's part 64, sessions created 64.
    pub(super) const TREASURY: u64 = 5;
    pub(super) const SESSIONS: u64 = 6;
    pub(super) const TARIFFS: u64 = 7;
    pub(super) const TASKS: u64 = 8;
    pub(super) const ACCOUNTS: u64 = 9;
    pub(super) const KEEPERS: u64 = 10;
    pub(super) const OWED: u64 = 11;
}

/// The lane that is read.
#[storage]
#[entrypoint]
pub struct Lens {
    lane: StorageAddress,
}

#[public]
impl Lens {
    /// Sets the lane, for good.
    ///
    /// # Arguments
    /// * `lane`: which lane; not zero.
    ///
    /// # Errors
    /// * `ZeroAddress`.
    #[constructor]
    pub fn constructor(&mut self, lane: Address) -> Result<(), Revert> {
        self.lane.set(nonzero(lane)?);
        Ok(())
    }

    /// Which lane is read.
    /// Arguments, errors, events: `ILens.lane`.
    pub fn lane(&self) -> Address {
        self.lane.get()
    }

    /// Who governs the lane.
    /// Arguments, errors, events: `ILens.governor`.
    pub fn governor(&self) -> Result<Address, Revert> {
        self.word(field(slot::GOVERNOR)).map(Address::from_word)
    }

    /// What later tasks go by.
    /// Arguments, errors, events: `ILens.config`.
    pub fn config(&self) -> Result<(u64, u64, u16, bool), Revert> {
        let word = self.word(field(slot::CONFIG))?;
        let share = u16::try_from(bits(word, 8, 2)).unwrap_or(u16::MAX);
        Ok((bits(word, 24, 8), bits(word, 88, 8), share, bits(word, 0, 1) != 0))
    }

    /// The treasury's part that was not passed on.
    /// Arguments, errors, events: `ILens.treasury`.
    pub fn treasury(&self) -> Result<u64, Revert> {
        Ok(bits(self.word(field(slot::TREASURY))?, 0, 8))
    }

    /// Number of sessions ever created.
    /// Arguments, errors, events: `ILens.sessionCount`.
    pub fn session_count(&self) -> Result<u64, Revert> {
        Ok(bits(self.word(field(slot::TREASURY))?, 64, 8))
    }

    /// What an account can spend, and what it earned.
    /// Arguments, errors, events: `ILens.accountOf`.
    pub fn account_of(&self, account: Address) -> Result<(u64, u64), Revert> {
        let word = self.word(entry(slot::ACCOUNTS, account.into_word()))?;
        Ok((bits(word, 0, 8), bits(word, 64, 8)))
    }

    /// Whether an account may serve.
    /// Arguments, errors, events: `ILens.isKeeper`.
    pub fn is_keeper(&self, account: Address) -> Result<bool, Revert> {
        self.word(entry(slot::KEEPERS, account.into_word())).map(|word| !word.is_zero())
    }

    /// Whether a session is open, of this owner and with these terms.
    /// Arguments, errors, events: `ILens.isSession`.
    pub fn is_session(&self, session: u64, owner: Address, terms: B256) -> Result<bool, Revert> {
        let word = self.word(entry(slot::SESSIONS, field(session)))?;
        Ok(word == keccak256([owner.as_slice(), terms.as_slice()].concat()))
    }

    /// The prices of terms as pinned last.
    /// Arguments, errors, events: `ILens.tariffOf`.
    pub fn tariff_of(&self, terms: B256) -> Result<B256, Revert> {
        self.word(entry(slot::TARIFFS, terms))
    }

    /// A task's state, in fields.
    /// Arguments, errors, events: `ILens.taskOf`.
    #[allow(clippy::type_complexity)]
    pub fn task_of(&self, payer: Address, sequence: u64) -> Result<(u8, u8, bool, u8, u64, u32, Address, B256), Revert> {
        let first: U256 = entry(slot::TASKS, task_id(payer, sequence)).into();
        let words = self.words(vec![first.into(), first.wrapping_add(U256::from(1)).into()])?;
        let (Some(state), Some(seal)) = (words.first(), words.get(1)) else { return Err(Revert::raw(Vec::new())) };
        let state = LaneState::unpack(*state);
        let LaneState { phase, status, last_call, replicas, deadline, keeper, .. } = state;
        Ok((phase.number(), status.number(), last_call, replicas, deadline, state.packed_seats(), keeper, *seal))
    }

    /// What is owed of a penalty.
    /// Arguments, errors, events: `ILens.owedOf`.
    pub fn owed_of(&self, task: B256, node: Address, reason: u8) -> Result<u64, Revert> {
        self.word(entry(slot::OWED, owed_key(task, node, reason))).map(|word| bits(word, 0, 8))
    }
}

impl Lens {
    fn word(&self, slot: B256) -> Result<B256, Revert> {
        self.words(vec![slot])?.first().copied().ok_or_else(|| Revert::raw(Vec::new()))
    }

    fn words(&self, slots: Vec<B256>) -> Result<Vec<B256>, Revert> {
        view(self, self.lane.get(), &LaneWords::extsloadCall { slots })
    }
}

/// Place of a field, and of a number as a key.
fn field(slot: u64) -> B256 {
    U256::from(slot).into()
}

/// Place of a map's entry.
fn entry(map: u64, key: B256) -> B256 {
    keccak256([key, field(map)].concat())
}

/// So many bytes of a word, above so many of its lowest bits.
fn bits(word: B256, above: usize, bytes: usize) -> u64 {
    let end = word.len().saturating_sub(above / 8);
    let taken = word.get(end.saturating_sub(bytes)..end).unwrap_or_default();
    taken.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
