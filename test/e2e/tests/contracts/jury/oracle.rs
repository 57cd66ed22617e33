//! The jury once more, written from `sol/IJury.sol` and `docs/protocol/jury.md` in plain maps. None of it is the rules' code: it reads the same calldata as
//! the contract, and says what must be returned, logged, paid and told the lane, or which error must come.

mod disputes;
mod keepers;
mod rosters;
mod settings;
mod summons;
mod views;

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, B256, Bytes, LogData, U256, keccak256},
    sol_types::{Eip712Domain, SolCall, SolError, SolEvent},
};
use cor_kit::solo::Refused;
use cor_sol::{
    cor::ICor,
    decode_revert,
    jury::IJury::{self, IJuryCalls},
    node_pool::INodePool,
};

pub(crate) use self::{
    keepers::{Keeper, STEPS_MAX, chain_needed_until},
    rosters::{Entry, reusable_at},
    summons::Summons,
};
use super::world::{BOND, EPOCH_SECS};

/// Bytes of an opening, and of a seat of a crew.
const OPENING: usize = 116;
const SEAT: usize = 52;
/// For so many blocks the chain knows a block's hash.
const REMEMBERED: u64 = 393_168;

/// A refusal as it is decoded from the chain.
pub(crate) fn refusal<E: SolError>(error: &E) -> Refused {
    Refused::Known(decode_revert(&error.abi_encode()).expect("an error of the interfaces"))
}

fn word(text: &str) -> B256 {
    B256::right_padding_from(text.as_bytes())
}

fn out_of_range(field: &str, [value, min, max]: [u64; 3]) -> Refused {
    let [value, min, max] = [value, min, max].map(U256::from);
    refusal(&IJury::InputOutOfRange { field: word(field), value, min, max })
}

fn malformed(field: &str) -> Refused {
    refusal(&IJury::Malformed { field: word(field) })
}

/// What the lane answers about a task.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lane {
    pub(crate) phase: u8,
    pub(crate) status: u8,
    pub(crate) deadline: u64,
    /// Keeper, or mark.
    pub(crate) low: Address,
    pub(crate) seal: B256,
}

/// What an opening says.
pub(super) struct Opening {
    id: B256,
    model: u64,
    replicas: usize,
    block: u64,
    time: u64,
    hash: B256,
}

/// What a call that takes effect does.
#[derive(Default, Debug)]
pub(crate) struct Said {
    pub(crate) returned: Vec<u8>,
    pub(crate) logs: Vec<LogData>,
    /// Calls that the lane gets.
    pub(crate) told: Vec<Bytes>,
}

impl Said {
    fn log(&mut self, event: &impl SolEvent) {
        self.logs.push(event.encode_log_data());
    }
}

/// What is around the jury at the moment of a call.
pub(crate) struct Around<'a> {
    pub(crate) from: Address,
    pub(crate) now: u64,
    /// Number of the block that the call is in.
    pub(crate) block: u64,
    /// The pool's answers about a node, also whether it can take a task of a model.
    pub(crate) node: &'a dyn Fn(Address) -> INodePool::Node,
    pub(crate) eligibility: &'a dyn Fn(Address, u64) -> u8,
    pub(crate) oldest: &'a dyn Fn() -> u64,
    /// The hash of an earlier block.
    pub(crate) hash: &'a dyn Fn(u64) -> Option<B256>,
}

impl Around<'_> {
    pub(super) fn epoch(&self) -> u32 {
        epoch_of(self.now)
    }
}

/// The epoch of a time.
pub(crate) fn epoch_of(time: u64) -> u32 {
    u32::try_from(time / u64::from(EPOCH_SECS)).expect("32 bits")
}

pub(crate) fn starts(epoch: u32) -> u64 {
    u64::from(epoch) * u64::from(EPOCH_SECS)
}

/// What the lane goes by.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Config {
    pub(crate) no_reveal: u64,
    pub(crate) bad_reveal: u64,
    pub(crate) share_bps: u16,
    pub(crate) paused: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    pub(crate) jury: Address,
    pub(crate) token: Address,
    pub(crate) pool: Address,
    pub(crate) treasury: Address,
    pub(crate) domain: Eip712Domain,
    pub(crate) owner: Address,
    pub(crate) candidate: Address,
    pub(crate) guardian: Address,
    pub(crate) lane: Option<Address>,
    pub(crate) opened: bool,
    pub(crate) config: Config,
    /// Of each model its slots, and of each slot all that had it.
    pub(crate) rosters: BTreeMap<u64, Vec<Vec<rosters::Stay>>>,
    /// How many slots were closed.
    pub(crate) closings: u64,
    pub(crate) entries: BTreeMap<(Address, u64), Entry>,
    /// By task, keeper and node.
    pub(crate) summons: BTreeMap<(B256, Address, Address), Summons>,
    /// When a node said that it is there for a task.
    pub(crate) present: BTreeMap<(B256, Address), u64>,
    pub(crate) keepers: BTreeMap<Address, Keeper>,
    pub(crate) called: BTreeMap<(Address, u32), u64>,
    pub(crate) noted: BTreeMap<u64, B256>,
    /// What the lane knows, and whether it hears.
    pub(crate) tasks: BTreeMap<(Address, u64), Lane>,
    pub(crate) deaf: bool,
    /// Blocks of which the chain forgot the hash.
    pub(crate) forgotten: BTreeSet<u64>,
    pub(crate) wallets: BTreeMap<Address, U256>,
    pub(crate) allowances: BTreeMap<Address, U256>,
    /// The token says of every transfer that it failed.
    pub(crate) worthless: bool,
}

impl Oracle {
    /// What a call does: nothing at all if it is refused.
    pub(crate) fn call(&mut self, around: &Around<'_>, call: &IJuryCalls) -> Result<Said, Refused> {
        let before = self.clone();
        let mut said = Said::default();
        match self.dispatch(around, call, &mut said) {
            Ok(returned) => Ok(Said { returned, ..said }),
            Err(refused) => {
                *self = before;
                Err(refused)
            }
        }
    }

    fn dispatch(&mut self, around: &Around<'_>, call: &IJuryCalls, said: &mut Said) -> Result<Vec<u8>, Refused> {
        let nothing = |()| Vec::new();
        match call {
            IJuryCalls::enter(c) => self.enter(around, c, said).map(|slot| IJury::enterCall::abi_encode_returns(&slot)),
            IJuryCalls::leave(c) => self.leave(around, c, said).map(nothing),
            IJuryCalls::strike(c) => self.strike(around, c, said).map(nothing),
            IJuryCalls::summon(c) => self.summon(around, c, said).map(|node| IJury::summonCall::abi_encode_returns(&node)),
            IJuryCalls::present(c) => self.present(around, c, said).map(nothing),
            IJuryCalls::dismiss(c) => self.dismiss(around, c, said).map(nothing),
            IJuryCalls::reveal(c) => self.reveal(around, c, said).map(nothing),
            IJuryCalls::note(c) => self.note(around, c.number, said).map(|hash| IJury::noteCall::abi_encode_returns(&hash)),
            IJuryCalls::challenge(c) => self.challenge(around, c, said).map(nothing),
            IJuryCalls::propose(c) => self.propose(around, c.keeper, said).map(nothing),
            IJuryCalls::enrol(c) => self.enrol(around, c, said).map(nothing),
            IJuryCalls::renew(c) => self.renew(around, c, said).map(nothing),
            IJuryCalls::resign(_) => self.resign(around, said).map(nothing),
            IJuryCalls::discharge(c) => self.discharge(around, c.keeper, said).map(nothing),
            IJuryCalls::withdraw(c) => self.withdraw(around, c.keeper, said).map(nothing),
            IJuryCalls::setLane(c) => self.set_lane(around, c.lane, said).map(nothing),
            IJuryCalls::open(_) => self.open(around, said).map(nothing),
            IJuryCalls::setLaneConfig(c) => self.set_lane_config(around, c, said).map(nothing),
            IJuryCalls::setLanePaused(c) => self.set_lane_paused(around, c.paused, said).map(nothing),
            IJuryCalls::setGuardian(c) => self.set_guardian(around, c.account, said).map(nothing),
            IJuryCalls::transferOwnership(c) => self.offer(around, c.candidate, said).map(nothing),
            IJuryCalls::acceptOwnership(_) => self.accept(around, said).map(nothing),
            _ => unreachable!("views are asked after each call"),
        }
    }

    /// The lane hears of it, or what it reverts with is passed on: the stub's is the call itself.
    fn tell(&self, said: &mut Said, call: &impl SolCall) -> Result<(), Refused> {
        let data = Bytes::from(call.abi_encode());
        if self.deaf {
            return Err(Refused::Other(data));
        }
        said.told.push(data);
        Ok(())
    }

    fn pay(&mut self, to: Address, amount: U256) -> Result<(), Refused> {
        if self.worthless {
            return Err(refusal(&IJury::TransferFailed { token: self.token }));
        }
        *self.wallets.entry(self.jury).or_default() -= amount;
        *self.wallets.entry(to).or_default() += amount;
        Ok(())
    }

    /// The token moves a bond here.
    fn take_bond(&mut self, keeper: Address) -> Result<(), Refused> {
        let needed = U256::from(BOND);
        if self.worthless {
            return Err(refusal(&IJury::TransferFailed { token: self.token }));
        }
        let allowance = self.allowances.get(&keeper).copied().unwrap_or_default();
        if allowance < needed {
            return Err(refusal(&ICor::ERC20InsufficientAllowance { spender: self.jury, allowance, needed }));
        }
        let balance = self.wallets.get(&keeper).copied().unwrap_or_default();
        if balance < needed {
            return Err(refusal(&ICor::ERC20InsufficientBalance { sender: keeper, balance, needed }));
        }
        self.allowances.insert(keeper, allowance - needed);
        self.wallets.insert(keeper, balance - needed);
        *self.wallets.entry(self.jury).or_default() += needed;
        Ok(())
    }

    /// What the bytes say, if they have an opening's length.
    fn read(payer: Address, sequence: u64, bytes: &[u8]) -> Result<Opening, Refused> {
        let number = |at: usize, length: usize| bytes[at..at + length].iter().fold(0, |sum, byte| sum * 256 + u64::from(*byte));
        if bytes.len() != OPENING {
            return Err(malformed("opening"));
        }
        let id = keccak256([&[6][..], payer.as_slice(), &sequence.to_be_bytes()].concat());
        let (model, replicas) = (number(24, 8), usize::from(bytes[37]));
        Ok(Opening { id, model, replicas, block: number(104, 5), time: number(109, 5), hash: keccak256(bytes) })
    }

    fn lane_of(&self, payer: Address, sequence: u64) -> Lane {
        self.tasks.get(&(payer, sequence)).copied().unwrap_or_default()
    }

    /// A block's hash, if this contract or the chain knows it.
    fn hash_of(&self, around: &Around<'_>, number: u64) -> Option<B256> {
        self.noted.get(&number).copied().or_else(|| {
            let in_reach = number < around.block && around.block - number <= REMEMBERED;
            (around.hash)(number).filter(|_| in_reach && !self.forgotten.contains(&number))
        })
    }
}
