//! The lane on its chain beside the oracle, and what must be the same of both after each action.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::{SolEvent, SolInterface, SolValue},
};
use cor_adapters::deploy::default_prices;
use cor_kit::solo::{Done, Refused};
use cor_sol::{
    ContractError,
    lane::ILane::{self, ILaneCalls},
    session_payment_table::ISessionPaymentTable::{self, PriceVersion},
    staking::IStaking,
    vault::IVault,
};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::{
    actions::{GOVERNOR, KEEPERS, PAYERS, Plan},
    oracle::{Account, Around, Config, Oracle, Said, Slash, Stakes},
    world::{
        ACCOUNTS_SLOT, CAP_BPS, CREDIT, LAST_CALL_SECS, MINERS, PENALTIES, SAFE_STAKED, STAKE, STAKER, TARIFFS_SLOT, TASKS_SLOT,
        TREASURY_SLOT, World, wei,
    },
};

pub(crate) type Outcome = Result<(), TestCaseError>;
pub(crate) type Seen = RefCell<BTreeMap<(String, String), u32>>;
pub(crate) type Key = (Address, u64);

/// The chain beside the oracle, and what chance planned for each task.
pub(crate) struct Pair<'a> {
    pub(crate) world: &'a World,
    pub(crate) oracle: Oracle,
    pub(crate) now: u64,
    pub(crate) plans: BTreeMap<Key, Plan>,
    /// Penalties that were owed once.
    pub(crate) debts: Vec<(B256, Address, u8)>,
    pub(crate) sequences: u64,
    pub(crate) prices: PriceVersion,
    /// When they were compared last.
    stakes_seen: BTreeMap<Address, [U256; 2]>,
    pub(crate) seen: &'a Seen,
}

fn oracle_of(world: &World) -> Oracle {
    let accounts = PAYERS.map(|payer| (world.account(payer), Account { available: CREDIT, earned: 0 }));
    let stakes = (0..MINERS).map(|miner| (world.miner(miner), [U256::from(STAKE), U256::ZERO]));
    let (no_reveal, bad_reveal) = PENALTIES;
    Oracle {
        lane: world.lane,
        vault: world.vault,
        governor: world.account(GOVERNOR),
        domain: world.domain(),
        accounts: accounts.into_iter().collect(),
        treasury: 0,
        sessions: Vec::new(),
        tariffs: BTreeMap::new(),
        tasks: BTreeMap::new(),
        config: Config { no_reveal, bad_reveal, cap_bps: CAP_BPS, paused: false },
        keepers: KEEPERS.into_iter().map(|keeper| world.account(keeper)).collect::<BTreeSet<_>>(),
        owed: BTreeMap::new(),
        stakes: Stakes { of: stakes.collect(), cap: U256::MAX, used: (0, U256::ZERO), pot: U256::ZERO },
    }
}

fn known(refused: Refused) -> Result<ContractError, TestCaseError> {
    match refused {
        Refused::Known(error) => Ok(error),
        Refused::Other(data) => Err(TestCaseError::fail(format!("reverts with {data}"))),
    }
}

/// What Staking said that it took for the lane.
fn slashes(world: &World, done: &Done<Bytes>) -> Vec<Slash> {
    let said = done.logs.iter().filter(|(contract, _)| *contract == world.staking);
    let events = said.filter_map(|(_, log)| IStaking::Slashed::decode_log_data(log).ok());
    events.map(|event| Slash { node: event.node, reason: event.reason, taken: event.amount, left: event.left }).collect()
}

impl<'a> Pair<'a> {
    /// At the beginning of a sequence: what the world was furnished with, and no session.
    pub(crate) fn new(world: &'a World, seen: &'a Seen) -> Self {
        let (plans, debts, prices) = (BTreeMap::new(), Vec::new(), default_prices());
        Self {
            world,
            oracle: oracle_of(world),
            now: world.solo.chain().latest().timestamp(),
            plans,
            debts,
            sequences: 0,
            stakes_seen: BTreeMap::new(),
            prices,
            seen,
        }
    }

    pub(crate) fn count(&self, kind: &str, outcome: &str) {
        *self.seen.borrow_mut().entry((kind.to_owned(), outcome.to_owned())).or_default() += 1;
    }

    /// What the oracle says of a call that the lane gets from `from`.
    pub(crate) fn foretold(&mut self, from: Address, call: &ILaneCalls) -> Result<Said, ContractError> {
        let (world, now) = (self.world, self.now);
        let table = |terms: B256| {
            let answer = world.solo.view(world.table, &ISessionPaymentTable::tariffCall { terms });
            answer.map_err(|refused| match refused {
                Refused::Known(error) => error,
                Refused::Other(data) => panic!("the table reverts with {data}"),
            })
        };
        let payout = |node: Address| if node == world.miner(SAFE_STAKED) { world.account(STAKER) } else { node };
        let block = world.solo.chain().block_number() + 1;
        self.oracle.call(&Around { from, now, block, table: &table, payout: &payout }, call)
    }

    /// A call of the lane by an account.
    pub(crate) fn send(&mut self, by: usize, call: &ILaneCalls) -> Outcome {
        let from = self.world.account(by);
        let foretold = self.foretold(from, call);
        let sent = self.world.solo.transact(from, self.world.lane, call.abi_encode());
        self.same(call, foretold, sent, true)
    }

    pub(crate) fn same(
        &mut self,
        call: &ILaneCalls,
        foretold: Result<Said, ContractError>,
        sent: Result<Done<Bytes>, Refused>,
        direct: bool,
    ) -> Outcome {
        let name = ILaneCalls::name_by_selector(call.selector()).expect("a function");
        match (foretold, sent) {
            (Ok(said), Ok(done)) => {
                self.count(name, "ok");
                if direct {
                    prop_assert_eq!(&done.returned[..], &said.returned[..], "what {} returns", name);
                }
                let logs = super::world::logs(self.world, &done);
                prop_assert_eq!(&logs, &said.logs, "logs of {}", name);
                prop_assert_eq!(slashes(self.world, &done), &said.slashes[..], "slashes of {}", name);
                self.took_note(&said);
                Ok(())
            }
            (Err(foretold), Err(sent)) => {
                self.count(name, foretold.name());
                self.count("refused", foretold.name());
                prop_assert_eq!(known(sent)?, foretold, "of {}", name);
                Ok(())
            }
            (foretold, sent) => {
                let sent = sent.map(|done| super::world::logs(self.world, &done));
                Err(TestCaseError::fail(format!("{name}: oracle {foretold:?}, contract {sent:?}")))
            }
        }
    }

    fn took_note(&mut self, said: &Said) {
        for log in &said.logs {
            if let Ok(owed) = ILane::SlashOwed::decode_log_data(log) {
                self.debts.push((owed.task, owed.node, owed.reason));
                self.count("event", "SlashOwed");
            }
            if let Ok(record) = ILane::TaskRecord::decode_log_data(log) {
                let call = if record.deadline == self.now + LAST_CALL_SECS { ", a last call" } else { "" };
                let kind = match record.record.first() {
                    Some(kind) => format!("TaskRecord {kind} in {}", record.phase),
                    None => format!("TaskRecord without bytes{call}"),
                };
                self.count("event", &kind);
            }
            if let Ok(ended) = ILane::TaskEnded::decode_log_data(log) {
                let floor = if ended.status == 2 && ended.paid != 0 { ", floor" } else { "" };
                self.count("ended", &format!("{}{floor}", ["", "completed", "no quorum", "expired"][usize::from(ended.status)]));
            }
        }
        for slash in &said.slashes {
            let part = if slash.taken.is_zero() { ", of nothing" } else { "" };
            self.count("slash", &format!("{}{part}", if slash.reason == 1 { "silence" } else { "lie" }));
        }
    }

    /// What must be the same after each action.
    pub(crate) fn compare(&mut self) -> Outcome {
        let (world, oracle) = (self.world, &self.oracle);
        let mut expected: Vec<(B256, B256)> = Vec::new();
        for account in (0..16).map(|index| world.account(index)) {
            let Account { available, earned } = oracle.accounts.get(&account).copied().unwrap_or_default();
            expected.push((entry(ACCOUNTS_SLOT, account.into_word()), in_one(earned, available)));
        }
        expected.push((U256::from(TREASURY_SLOT).into(), in_one(oracle.sessions.len() as u64, oracle.treasury)));
        expected.extend(oracle.tariffs.iter().map(|(terms, tariff)| (entry(TARIFFS_SLOT, *terms), *tariff)));
        for task in oracle.tasks.values() {
            let (state, seal) = task.words();
            let first = entry(TASKS_SLOT, task.id);
            expected.extend([(first, state), ((U256::from_be_bytes(first.0) + U256::from(1)).into(), seal)]);
        }
        let slots = expected.iter().map(|(slot, _)| *slot).collect();
        let words = world.solo.get(world.lane, &ILane::extsloadCall { slots });
        let expected: Vec<B256> = expected.into_iter().map(|(_, word)| word).collect();
        prop_assert_eq!(words, expected, "accounts, treasury and sessions, tariffs, tasks");
        let book = world.solo.get(world.vault, &IVault::bookOfCall { module: world.lane });
        prop_assert_eq!(book, wei(oracle.book()), "the book is all that the lane owes");
        prop_assert_eq!(world.solo.get(world.staking, &IStaking::slashedPotCall {}), oracle.stakes.pot);
        prop_assert_eq!(world.solo.chain().latest().timestamp(), self.now);
        self.compare_stakes()
    }

    /// Each miner's stake, if any may have changed: nothing is slashed of one without the pot growing.
    fn compare_stakes(&mut self) -> Outcome {
        let stakes = &self.oracle.stakes.of;
        if *stakes == self.stakes_seen {
            return Ok(());
        }
        for (node, [bonded, unbonding]) in stakes {
            let node = *node;
            let stake = self.world.solo.get(self.world.staking, &IStaking::nodeStakeCall { node });
            let leaving = self.world.solo.get(self.world.staking, &IStaking::nodeUnbondingOfCall { node });
            prop_assert_eq!((stake.amount, leaving.amount), (*bonded, *unbonding), "stake of {}", node);
        }
        self.stakes_seen.clone_from(&self.oracle.stakes.of);
        Ok(())
    }

    /// At the end of a sequence, what the interface says of each task.
    pub(crate) fn compare_views(&self) -> Outcome {
        for ((payer, sequence), task) in &self.oracle.tasks {
            let words = self.world.solo.get(self.world.lane, &ILane::taskOfCall { payer: *payer, sequence: *sequence });
            prop_assert_eq!((words.state, words.seal), task.words(), "task {} of {}", sequence, payer);
        }
        Ok(())
    }
}

/// Place of a map's entry in the lane's storage.
fn entry(map: u64, key: B256) -> B256 {
    keccak256((key, U256::from(map)).abi_encode())
}

/// Two numbers of 64 bits in a word's end.
fn in_one(high: u64, low: u64) -> B256 {
    B256::from(U256::from(high) << 64_usize | U256::from(low))
}
