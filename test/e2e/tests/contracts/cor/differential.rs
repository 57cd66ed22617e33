//! Any sequence of transfers, allowances, mints and permits does to Cor what it does to OpenZeppelin's token: results, events, errors, and
//! everything that is kept.

use std::{cell::RefCell, collections::BTreeSet};

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use cor_anvil::harness::on_deep_stack;
use cor_kit::Seed;
use cor_sol::cor::ICor;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use super::{
    Permit, mirrored,
    oracle::{ACCOUNTS, CAP, Code, Difference, Pair, Unequal},
    parts,
};

/// Sequences, and the most actions in each. An action takes about ten milliseconds, most of which looks at everything that is kept.
const SEQUENCES: u32 = 20;
const ACTIONS: usize = 40;
/// Steps of the clock, in seconds. Deadlines lie on either side of the present.
const WAIT_SECS_MAX: u64 = 3;

/// Accounts are indexes: 0 is the zero address, 1 the minter.
#[derive(Clone, Copy, Debug)]
enum Action {
    Transfer {
        from: usize,
        to: usize,
        value: U256,
    },
    Approve {
        owner: usize,
        spender: usize,
        value: U256,
    },
    Spend {
        spender: usize,
        from: usize,
        to: usize,
        value: U256,
    },
    Mint {
        by: usize,
        to: usize,
        value: U256,
    },
    Permit {
        by: usize,
        owner: usize,
        spender: usize,
        value: U256,
        signed: Signed,
    },
    /// The last permit once more.
    Replay {
        by: usize,
    },
    Wait {
        secs: u64,
    },
}

/// What a permit is signed with and for.
#[derive(Clone, Copy, Debug)]
struct Signed {
    signature: Form,
    /// Seconds from now; `None` for ever.
    deadline: Option<i64>,
    /// Above the right number.
    nonces_ahead: u64,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Valid,
    By(usize),
    Mirrored,
    ParityAsBit,
    Zeros,
    Noise(B256, B256),
}

fn value() -> impl Strategy<Value = U256> {
    prop_oneof![
        12 => (0..60_u64).prop_map(U256::from),
        4 => (0..1_100_u64).prop_map(U256::from),
        2 => Just(U256::ZERO),
        2 => Just(U256::MAX),
        1 => any::<[u8; 32]>().prop_map(U256::from_be_bytes),
    ]
}

/// The zero address now and then.
fn who() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0), 7 => 1..ACCOUNTS]
}

fn signed() -> impl Strategy<Value = Signed> {
    let form = prop_oneof![
        8 => Just(Form::Valid),
        1 => (1..ACCOUNTS).prop_map(Form::By),
        1 => Just(Form::Mirrored),
        1 => Just(Form::ParityAsBit),
        1 => Just(Form::Zeros),
        1 => any::<([u8; 32], [u8; 32])>().prop_map(|(r, s)| Form::Noise(r.into(), s.into())),
    ];
    let deadline = prop_oneof![2 => Just(None), 1 => (-1..=1_i64).prop_map(Some)];
    let nonces_ahead = prop_oneof![9 => Just(0), 1 => Just(1)];
    (form, deadline, nonces_ahead).prop_map(|(signature, deadline, nonces_ahead)| Signed { signature, deadline, nonces_ahead })
}

fn action() -> impl Strategy<Value = Action> {
    let mint = (prop_oneof![9 => Just(1), 1 => 0..ACCOUNTS], who(), value());
    let permit = (who(), who(), who(), value(), signed());
    prop_oneof![
        3 => (who(), who(), value()).prop_map(|(from, to, value)| Action::Transfer { from, to, value }),
        2 => (who(), who(), value()).prop_map(|(owner, spender, value)| Action::Approve { owner, spender, value }),
        5 => (who(), who(), who(), value()).prop_map(|(spender, from, to, value)| Action::Spend { spender, from, to, value }),
        3 => mint.prop_map(|(by, to, value)| Action::Mint { by, to, value }),
        4 => permit.prop_map(|(by, owner, spender, value, signed)| Action::Permit { by, owner, spender, value, signed }),
        1 => who().prop_map(|by| Action::Replay { by }),
        1 => (1..=WAIT_SECS_MAX).prop_map(|secs| Action::Wait { secs }),
    ]
}

/// Both tokens, and the last permit.
struct World {
    pair: Pair,
    last: Option<ICor::permitCall>,
}

/// What came of an action.
struct Done {
    kind: &'static str,
    succeeded: bool,
    difference: Option<Difference>,
}

impl World {
    fn new(code: &Code) -> Self {
        Self { pair: Pair::new(code), last: None }
    }

    fn reset(&mut self) {
        self.pair.reset();
        self.last = None;
    }

    fn perform(&mut self, action: Action) -> Result<Option<Done>, Unequal> {
        let who = |index| self.pair.who(index);
        match action {
            Action::Transfer { from, to, value } => self.send("transfer", who(from), &ICor::transferCall { to: who(to), value }),
            Action::Approve { owner, spender, value } => {
                self.send("approve", who(owner), &ICor::approveCall { spender: who(spender), value })
            }
            Action::Spend { spender, from, to, value } => {
                self.send("transferFrom", who(spender), &ICor::transferFromCall { from: who(from), to: who(to), value })
            }
            Action::Mint { by, to, value } => self.send("mint", who(by), &ICor::mintCall { to: who(to), value }),
            Action::Permit { by, owner, spender, value, signed } => {
                let call = self.permit(owner, spender, value, signed);
                self.last = Some(call.clone());
                self.send("permit", who(by), &call)
            }
            Action::Replay { by } => match self.last.clone() {
                Some(call) => self.send("replay", who(by), &call),
                None => Ok(None),
            },
            Action::Wait { secs } => {
                self.pair.wait(secs);
                Ok(None)
            }
        }
    }

    fn send(&mut self, kind: &'static str, from: Address, call: &impl SolCall) -> Result<Option<Done>, Unequal> {
        let (succeeded, difference) = self.pair.send(from, call)?;
        self.pair.compare_state()?;
        Ok(Some(Done { kind, succeeded, difference }))
    }

    fn permit(&self, index: usize, spender: usize, value: U256, signed: Signed) -> ICor::permitCall {
        let (pair, owner) = (&self.pair, self.pair.who(index));
        let deadline = signed.deadline.map_or(U256::MAX, |secs| U256::from(pair.now().saturating_add_signed(secs)));
        let nonce = pair.nonce(owner) + U256::from(signed.nonces_ahead);
        let message = Permit { owner, spender: pair.who(spender), value, nonce, deadline };
        let by_owner = pair.sign(pair.key(index), &message);
        let (v, r, s) = match signed.signature {
            Form::Valid => parts(&by_owner),
            Form::By(other) => parts(&pair.sign(pair.key(other), &message)),
            Form::Mirrored => mirrored(&by_owner),
            Form::ParityAsBit => (by_owner.v().into(), by_owner.r().into(), by_owner.s().into()),
            Form::Zeros => (27, B256::ZERO, B256::ZERO),
            Form::Noise(r, s) => (28, r, s),
        };
        ICor::permitCall { owner, spender: message.spender, value, deadline, v, r, s }
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn cor_does_what_openzeppelins_token_does() {
    let (code, seed) = (Code::compiled().await, Seed::fresh_or_given());
    println!("{seed}");
    let seen = RefCell::new(BTreeSet::new());
    on_deep_stack(|| {
        let world = RefCell::new(World::new(&code));
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
        let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, rng);
        let sequences = proptest::collection::vec(action(), ACTIONS / 2..=ACTIONS);
        let outcome = runner.run(&sequences, |sequence| {
            let mut world = world.borrow_mut();
            world.reset();
            for (number, action) in sequence.into_iter().enumerate() {
                let done = world.perform(action);
                let done = done.map_err(|unequal| TestCaseError::fail(format!("action {number}, {action:?}: {unequal}")))?;
                seen.borrow_mut().extend(done.map(|done| (done.kind, done.succeeded)));
            }
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}"));
    });
    // Of six kinds of call, each took effect and each was refused; but for a permit that is sent twice.
    let mut expected: BTreeSet<_> = ["transfer", "approve", "transferFrom", "mint", "permit", "replay"]
        .into_iter()
        .flat_map(|kind| [(kind, true), (kind, false)])
        .collect();
    expected.remove(&("replay", true));
    let seen = seen.into_inner();
    assert!(seen.is_superset(&expected), "{seed}: {seen:?}");
}

/// Each difference by itself, with the least that leads to it.
#[tokio::test]
async fn what_differs_from_openzeppelins_token_is_on_purpose() {
    let code = Code::compiled().await;
    let permit = |signature, deadline| Action::Permit {
        by: 3,
        owner: 2,
        spender: 4,
        value: U256::ONE,
        signed: Signed { signature, deadline, nonces_ahead: 0 },
    };
    let mint = |value| Action::Mint { by: 1, to: 2, value };
    let table = [
        (Difference::Cap, mint(U256::from(CAP))),
        (Difference::CapWraps, mint(U256::MAX)),
        (Difference::Expired, permit(Form::Valid, Some(-1))),
        (Difference::WrongSigner, permit(Form::By(3), None)),
        (Difference::Unsigned, permit(Form::Zeros, None)),
        (Difference::HighS, permit(Form::Mirrored, None)),
    ];
    assert_eq!(table.map(|(difference, _)| difference), Difference::ALL);
    let mut world = World::new(&code);
    for (difference, action) in table {
        world.reset();
        world.perform(mint(U256::ONE)).unwrap_or_else(|unequal| panic!("{unequal}"));
        let done = world.perform(action).unwrap_or_else(|unequal| panic!("{action:?}: {unequal}"));
        assert_eq!(done.and_then(|done| done.difference), Some(difference), "{action:?}");
    }
}

/// The views that never change: metadata, and the domain by its hash and by its fields (EIP-5267).
#[tokio::test]
async fn both_tokens_describe_themselves_alike() {
    let pair = Pair::new(&Code::compiled().await);
    pair.compare_constants().unwrap_or_else(|unequal| panic!("{unequal}"));
}
