//! The jury and its oracle side by side: what each says of a call, and of everything afterwards.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolEvent, SolEventInterface, SolInterface},
};
use cor_anvil::chain::CallOptions;
use cor_kit::solo::{Done, Refused};
use cor_sol::{
    cor::ICor,
    jury::IJury::{self, IJuryCalls, IJuryEvents},
    node_pool::INodePool,
};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::{
    actions::{KEEPERS, MODELS},
    oracle::{Around, Oracle, Said, epoch_of},
    world::{BOND, GUARDIAN, NODES, OWNER, STRANGER, TREASURY, Task, World, told},
};

pub(crate) type Outcome = Result<(), TestCaseError>;
/// Whether a call took effect.
pub(crate) type Effect = Result<bool, TestCaseError>;
pub(crate) type Seen = RefCell<BTreeMap<(String, String), u32>>;
/// What is asked of whom, and the answer.
type Asked = BTreeMap<(Address, Vec<u8>), Vec<u8>>;

/// Of what did not change, so many parts are asked for in turn.
const TURNS: usize = 8;

/// A task, and who brought whom to it.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) task: Task,
    pub(crate) served: Option<(Address, Vec<Address>)>,
}

/// The chain beside the oracle.
#[derive(Clone)]
pub(crate) struct Pair<'a> {
    pub(crate) world: &'a World,
    pub(crate) oracle: Oracle,
    pub(crate) now: u64,
    pub(crate) tasks: Vec<Known>,
    /// Summons in their order: task, keeper, node.
    pub(crate) summoned: Vec<(usize, usize, Address)>,
    /// Chains of secrets by their first epochs, from the anchor on.
    pub(crate) secrets: BTreeMap<(Address, u32), Vec<B256>>,
    /// The token's code, while it has another.
    pub(crate) token_code: Option<Bytes>,
    answered: Asked,
    turn: usize,
    pub(crate) seen: &'a Seen,
}

fn oracle_of(world: &World) -> Oracle {
    let accounts = (0..16).map(|index| world.account(index)).chain([TREASURY, world.jury]);
    Oracle {
        jury: world.jury,
        token: world.token,
        pool: world.pool,
        treasury: TREASURY,
        domain: world.domain(),
        owner: world.account(OWNER),
        candidate: Address::ZERO,
        guardian: world.account(GUARDIAN),
        lane: None,
        opened: false,
        config: super::oracle::Config::default(),
        rosters: BTreeMap::new(),
        closings: 0,
        entries: BTreeMap::new(),
        summons: BTreeMap::new(),
        present: BTreeMap::new(),
        keepers: BTreeMap::new(),
        called: BTreeMap::new(),
        noted: BTreeMap::new(),
        tasks: BTreeMap::new(),
        deaf: false,
        forgotten: BTreeSet::new(),
        wallets: accounts.map(|account| (account, world.wallet(account))).collect(),
        allowances: BTreeMap::new(),
        worthless: false,
    }
}

impl<'a> Pair<'a> {
    /// Of a jury that knows no lane.
    pub(crate) fn new(world: &'a World, seen: &'a Seen) -> Self {
        Self {
            world,
            oracle: oracle_of(world),
            now: world.now(),
            tasks: Vec::new(),
            summoned: Vec::new(),
            secrets: BTreeMap::new(),
            token_code: None,
            answered: Asked::new(),
            turn: 0,
            seen,
        }
    }

    pub(crate) fn count(&self, kind: &str, outcome: &str) {
        *self.seen.borrow_mut().entry((kind.to_owned(), outcome.to_owned())).or_default() += 1;
    }

    /// A call of the jury by an account, and what it did; whether it took effect.
    pub(crate) fn send(&mut self, by: usize, call: &IJuryCalls) -> Effect {
        let (world, from, now) = (self.world, self.world.account(by), self.now);
        let around = Around {
            from,
            now,
            block: world.solo.chain().block_number() + 1,
            node: &|node| world.solo.get(world.pool, &INodePool::getNodeCall { node }),
            eligibility: &|node, model| world.solo.get(world.pool, &INodePool::eligibilityCall { node, modelIdentifier: model }),
            hash: &|number| world.solo.chain().block(number).ok().map(|block| block.hash),
            oldest: &|| world.solo.get(world.pool, &INodePool::minNodeVersionCall {}),
        };
        let foretold = self.oracle.call(&around, call);
        let sent = world.solo.transact(from, world.jury, call.abi_encode());
        let name = IJuryCalls::name_by_selector(call.selector()).expect("a function");
        self.same(name, foretold, sent)
    }

    fn same(&self, name: &str, foretold: Result<Said, Refused>, sent: Result<Done<Bytes>, Refused>) -> Effect {
        match (foretold, sent) {
            (Ok(said), Ok(done)) => {
                self.count(name, "ok");
                prop_assert_eq!(&done.returned[..], &said.returned[..], "what {} returns", name);
                let logs = done.logs.iter().filter(|(contract, _)| *contract == self.world.jury);
                let logs: Vec<_> = logs.map(|(_, log)| log.clone()).collect();
                let events = |logs: &[_]| logs.iter().map(event).collect::<Vec<_>>();
                prop_assert_eq!(events(&logs), events(&said.logs), "logs of {}", name);
                prop_assert_eq!(&logs, &said.logs, "logs of {}", name);
                prop_assert_eq!(told(&done), &said.told[..], "what {} tells the lane", name);
                self.took_note(&said);
                Ok(true)
            }
            (Err(foretold), Err(sent)) => {
                let kind = match &foretold {
                    Refused::Known(error) => error.name(),
                    Refused::Other(_) => "by the lane",
                };
                self.count(name, kind);
                self.count("refused", kind);
                prop_assert_eq!(sent, foretold, "of {}", name);
                Ok(false)
            }
            (foretold, sent) => {
                let sent = sent.map(|done| done.logs.iter().map(|(_, log)| event(log)).collect::<Vec<_>>());
                let foretold = foretold.map(|said| said.logs.iter().map(event).collect::<Vec<_>>());
                Err(TestCaseError::fail(format!("{name}: oracle {foretold:?}, contract {sent:?}")))
            }
        }
    }

    fn took_note(&self, said: &Said) {
        for log in &said.logs {
            let name = IJuryEvents::name_by_selector(log.topics()[0].0).expect("an event of the interface");
            self.count("event", name);
            if let Ok(closed) = IJury::SlotClosed::decode_log_data(log) {
                self.count("closed", &closed.reason.to_string());
            }
            if let Ok(convicted) = IJury::KeeperConvicted::decode_log_data(log) {
                let nobody = if convicted.reason == 1 && convicted.drawn.is_zero() { ", nobody drawn" } else { "" };
                self.count("convicted", &format!("{}{nobody}", convicted.reason));
            }
        }
    }

    /// What must be the same after each action: what changed, and of the rest a part in turn, or all of it.
    pub(crate) fn compare(&mut self, all: bool) -> Outcome {
        let expected = self.expected();
        let turn = self.turn;
        self.turn += 1;
        for (number, (question, answer)) in expected.iter().enumerate() {
            if all || self.answered.get(question) != Some(answer) || (number + turn).is_multiple_of(TURNS) {
                let (contract, data) = question;
                let sent = ask(self.world, *contract, data);
                prop_assert_eq!(sent, Bytes::copy_from_slice(answer), "{}", named(data));
            }
        }
        self.answered = expected;
        prop_assert_eq!(self.world.now(), self.now);
        let bonds = self.oracle.keepers.values().filter(|keeper| matches!(keeper.standing, 2 | 3)).count();
        prop_assert_eq!(
            self.oracle.wallets[&self.world.jury],
            U256::from(bonds) * U256::from(BOND),
            "a bond of each that has one"
        );
        Ok(())
    }

    fn expected(&self) -> Asked {
        let (world, oracle) = (self.world, &self.oracle);
        let nodes: Vec<_> = (0..NODES).map(|index| world.node(index)).collect();
        let keepers: Vec<_> = KEEPERS.into_iter().chain([STRANGER]).map(|index| world.account(index)).collect();
        let present = epoch_of(self.now);
        let of_tasks = self.tasks.iter().rev().take(3).map(|known| epoch_of(known.task.time));
        let mut epochs: Vec<_> = [present - 1, present, present + 1].into_iter().chain(of_tasks).collect();
        epochs.sort_unstable();
        epochs.dedup();
        let answers = oracle.answers(&keepers, &nodes, &MODELS, &epochs).into_iter();
        let mut asked: Asked = answers.map(|(data, answer)| ((world.jury, data), answer)).collect();
        if !oracle.worthless {
            for (account, balance) in &oracle.wallets {
                let data = ICor::balanceOfCall { account: *account }.abi_encode();
                asked.insert((world.token, data), ICor::balanceOfCall::abi_encode_returns(balance));
            }
        }
        asked
    }
}

/// What a view answers.
fn ask(world: &World, contract: Address, data: &[u8]) -> Bytes {
    let request = TransactionRequest {
        to: Some(contract.into()),
        input: Bytes::copy_from_slice(data).into(),
        ..TransactionRequest::default()
    };
    world.solo.chain().call(request, CallOptions::default()).unwrap_or_else(|error| panic!("{}: {error}", named(data)))
}

/// A view as it is asked.
fn named(data: &[u8]) -> String {
    IJuryCalls::abi_decode(data).map_or_else(|_| "a balance".to_owned(), |call| format!("{call:?}"))
}

/// A log as an event, to be read.
fn event(log: &alloy::primitives::LogData) -> String {
    let decoded = IJuryEvents::decode_raw_log(log.topics(), &log.data);
    decoded.map_or_else(|_| format!("{log:?}"), |event| format!("{event:?}"))
}
