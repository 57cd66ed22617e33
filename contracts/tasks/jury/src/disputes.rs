//! Disputes: whom a keeper brought, and whom it had to bring.

use alloc::vec::Vec;

use alloy_primitives::{address, Address, B256};
use cor_contract_shared::{abi::Octets, encoded, log, transfer, view_raw, Revert};
use cor_core::task::jury::draw::{draw, first_difference, is_passed_over, seed, Drawable};
use cor_core::task::jury::evidence::{self, Order};
use cor_core::task::jury::{length_at, split_bond, JuryError, Standing, Trial};
use cor_core::task::lane::messages::assignment;
use cor_core::task::lane::{crew_mark, LanePhase};
use cor_core::task::Status;
use stylus_sdk::prelude::*;

use crate::{
    abi::{error, malformed, refuse, BlockNoted, KeeperConvicted, SecretCalled, Subject},
    rosters::{must_be, Asked, Told},
    Jury,
};

/// Answers the hashes of earlier blocks by number (EIP-2935).
const HISTORY: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");

/// What a keeper is convicted of.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Guilt {
    reason: u8,
    seat: u8,
    drawn: Address,
}

impl Guilt {
    const UNREVEALED: Self = Self { reason: 2, seat: 0, drawn: Address::ZERO };
    const UNCOMMITTED: Self = Self { reason: 3, seat: 0, drawn: Address::ZERO };

    const fn other_crew(seat: u8, drawn: Address) -> Self {
        Self { reason: 1, seat, drawn }
    }
}

/// A task that was served, and by whom.
struct Proven {
    task: B256,
    order: Order,
    miners: Vec<Address>,
}

impl Jury {
    /// Keeps the hash of a block; anyone.
    /// Arguments, errors, events: `IJury.note`.
    pub(crate) fn note(&mut self, number: u64) -> Result<B256, Revert> {
        let hash = self.block_hash(number)?;
        self.notes.setter(number).set(hash);
        log!(self, BlockNoted[number] hash);
        Ok(hash)
    }

    /// Convicts a keeper that brought others than were drawn, or calls for the secret that would tell; anyone.
    /// Arguments, errors, events: `IJury.challenge`.
    pub(crate) fn challenge(&mut self, told: Told, keeper: Address, crew: Octets) -> Result<(), Revert> {
        let Proven { task, order, miners } = self.proven(told, keeper, &crew.0)?;
        let (now, times) = self.clock();
        let epoch = times.epoch(order.time);
        let subject = Subject { task, account: keeper, model: order.model, epoch };
        let record = self.keepers.getter(keeper);
        let trial = record.get().try_for(now, &times, order.time, record.called_until(epoch));
        // Who waits for the secret must not lose the hash that the draw needs: the call noted that of another task's block, perhaps.
        let waits = matches!(trial, Err(JuryError::SecretPending { .. }));
        if waits && self.notes.get(order.block).is_zero() && self.note(order.block).is_ok() {
            return Ok(());
        }
        let guilt = match trial.map_err(|error| refuse(error, subject))? {
            Trial::Call { until } => {
                self.keepers.setter(keeper).call(epoch, until);
                log!(self, SecretCalled[keeper, epoch] until);
                // What the draw will need. A block that the chain has forgotten already is no reason not to ask.
                self.note(order.block).ok();
                return Ok(());
            }
            Trial::Unrevealed => Guilt::UNREVEALED,
            Trial::Uncommitted => Guilt::UNCOMMITTED,
            Trial::Draw(secret) => {
                let seed = seed(secret, self.block_hash(order.block)?, task);
                let drawn = self.drawn(subject, seed, &miners);
                let difference = first_difference(&miners, &drawn);
                let (seat, drawn) = difference.ok_or_else(|| error!(CrewAsDrawn, task))?;
                Guilt::other_crew(seat, drawn)
            }
        };
        self.convict(keeper, task, guilt)
    }

    /// A task that ended served, if it was by `keeper` and `crew`.
    #[inline(never)]
    fn proven(&self, told: Told, keeper: Address, crew: &[u8]) -> Result<Proven, Revert> {
        let Asked { task, opening_hash, order, state, .. } = self.ask_lane(told)?;
        let miners = evidence::miners(crew, order.replicas).ok_or_else(|| malformed("crew"))?;
        must_be(task, state, LanePhase::Ended)?;
        let status = state[1];
        if status != Status::Completed.number() && status != Status::NoQuorum.number() {
            return Err(error!(NothingServed, task, status));
        }
        let computed = crew_mark(assignment(task, opening_hash, keeper, &miners), crew);
        let mark = Address::from_word(state);
        if mark != computed {
            return Err(error!(CrewUnproven, task, mark, computed));
        }
        Ok(Proven { task, order, miners })
    }

    /// Who was to serve a task of `subject`, its keeper, model and epoch, of which `crew` did.
    #[inline(never)]
    fn drawn(&self, subject: Subject, seed: B256, crew: &[Address]) -> Vec<Address> {
        let Subject { task, account: keeper, model, epoch } = subject;
        let roster = self.rosters.getter(model);
        draw(seed, length_at(&*roster, epoch), crew.len() as u8, |slot| {
            let (node, operator) = roster.drawable(slot, epoch)?;
            let is_absent = || self.summons.getter(evidence::summons_key(task, keeper, node)).get().absent;
            (!is_passed_over(node, crew, is_absent)).then_some(Drawable { node, operator })
        })
    }

    /// The hash of a block: as noted, or as the chain remembers it.
    #[inline(never)]
    fn block_hash(&self, number: u64) -> Result<B256, Revert> {
        let noted = self.notes.get(number);
        if !noted.is_zero() {
            return Ok(noted);
        }
        let answer = view_raw(self, HISTORY, &encoded!(number)).unwrap_or_default();
        let hash = B256::try_from(answer.as_slice()).unwrap_or_default();
        if hash.is_zero() {
            Err(error!(BlockUnknown, number))
        } else {
            Ok(hash)
        }
    }

    /// Takes a bond: half for who asks, rounded down, the rest for the treasury.
    #[inline(never)]
    fn convict(&mut self, keeper: Address, task: B256, guilt: Guilt) -> Result<(), Revert> {
        let (now, times) = self.clock();
        let mut record = self.keepers.setter(keeper);
        let before = record.get();
        record.set(before.convict(now, &times));
        let (challenger, bond) = (self.vm().msg_sender(), self.bond.get());
        let (half_down, rest) = split_bond(bond);
        let Guilt { reason, seat, drawn } = guilt;
        log!(self, KeeperConvicted[keeper, task, challenger] reason, seat, drawn, B256::from(half_down), B256::from(rest));
        if before.standing == Standing::Serving {
            self.tell_lane(keeper, false)?;
        }
        let (token, treasury) = (self.token.get(), self.treasury.get());
        if !half_down.is_zero() {
            transfer(self, token, challenger, half_down)?;
        }
        transfer(self, token, treasury, rest)
    }
}
