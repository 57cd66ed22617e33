//! What the interface lets an account, a module or the owner do is done: each call is chosen from what the vault shows, with arguments that are allowed
//! then, and none of them may be refused. No model is asked.

use std::cell::Cell;

use alloy::primitives::{Address, U256};
use cor_kit::Seed;
use cor_sol::{
    cor::ICor,
    vault::IVault::{self as Vault, VaultModule},
};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::{
    actions::{Action, Form},
    world::{ACCOUNTS, COR, DAY_SECS, DELAY_SECS, FRUGAL, GUARDIAN, MODULES, OWNER, USERS, World},
};
use crate::lane::handlers::{Called, Draw, drive, one, place, walk};

/// Runs, and the calls in each after those that come first.
const RUNS: u32 = 3;
const CALLS: usize = 70;

const ACTIVE: u8 = 2;
const CLOSING: u8 = 3;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Handler {
    Approve,
    Deposit,
    DepositFor,
    Permit,
    Authorize,
    Withdraw,
    WithdrawTo,
    Fund,
    DepositAndFund,
    AuthorizeAndFund,
    PayOut,
    Release,
    PayTreasury,
    FundTreasury,
    WithdrawTreasury,
    Propose,
    Close,
    SetCap,
    SetGuardian,
    Wait,
    /// To the second at which a module or a cap is due or the day ends, or the one before.
    WaitUntilDue,
}

/// As often as each comes.
const OFTEN: [(Handler, usize); 21] = [
    (Handler::Approve, 1),
    (Handler::Deposit, 4),
    (Handler::DepositFor, 3),
    (Handler::Permit, 4),
    (Handler::Authorize, 4),
    (Handler::Withdraw, 3),
    (Handler::WithdrawTo, 3),
    (Handler::Fund, 6),
    (Handler::DepositAndFund, 4),
    (Handler::AuthorizeAndFund, 4),
    (Handler::PayOut, 4),
    (Handler::Release, 5),
    (Handler::PayTreasury, 2),
    (Handler::FundTreasury, 1),
    (Handler::WithdrawTreasury, 2),
    (Handler::Propose, 4),
    (Handler::Close, 2),
    (Handler::SetCap, 4),
    (Handler::SetGuardian, 1),
    (Handler::Wait, 2),
    (Handler::WaitUntilDue, 4),
];

/// One of each, each of which what is there allows: the third module is named, and funded in the second in which it is active.
const FIRST: [(Handler, Draw); 23] = {
    const NONE: Draw = [0; 4];
    [
        (Handler::Propose, [0, 0, 1, 0]),
        (Handler::Approve, NONE),
        (Handler::Deposit, [0, 0, 1, 0]),
        (Handler::DepositFor, [0, 0, 1, 0]),
        (Handler::Permit, [0, 3, 1, 1]),
        (Handler::Authorize, [0, 0, 1, 0]),
        (Handler::Withdraw, [0, 0, 1, 0]),
        (Handler::WithdrawTo, [0, 0, 1, 0]),
        // All that the day's cap leaves.
        (Handler::Fund, NONE),
        (Handler::DepositAndFund, [0, 1, 1, 0]),
        (Handler::AuthorizeAndFund, [0, 1, 1, 0]),
        (Handler::PayOut, [0, 0, 1, 0]),
        (Handler::Release, [0, 0, 1, 0]),
        (Handler::PayTreasury, [0, 0, 1, 0]),
        (Handler::FundTreasury, [0, 0, 1, 0]),
        (Handler::WithdrawTreasury, [0, 0, 1, 0]),
        (Handler::SetCap, [0, 0, 7, 0]),
        (Handler::WaitUntilDue, NONE),
        (Handler::Fund, [0, 2, 1, 0]),
        (Handler::Wait, NONE),
        (Handler::SetGuardian, NONE),
        (Handler::Close, NONE),
        (Handler::Release, NONE),
    ]
};

/// From 1 wei to `most`, nothing if that is nothing: in every fourth case all of it.
fn up_to(draw: u64, most: U256) -> Option<U256> {
    if most.is_zero() || draw.is_multiple_of(4) {
        return (!most.is_zero()).then_some(most);
    }
    // A part that is mostly a small one, to the wei.
    let part = most / U256::from(2 + draw / 4 % 60) + U256::from(draw / 240 % 3);
    Some(part.clamp(U256::from(1), most))
}

struct Handlers<'a> {
    world: &'a World,
    /// Salts of nonces that were used.
    salts: Cell<u8>,
}

impl Handlers<'_> {
    fn now(&self) -> u64 {
        self.world.now()
    }

    fn wallet(&self, index: usize) -> U256 {
        self.world.wallet(self.world.account(index))
    }

    /// What the vault may take of a wallet.
    fn takeable(&self, index: usize) -> U256 {
        let (owner, spender) = (self.world.account(index), self.world.vault);
        self.wallet(index).min(self.world.solo.get(self.world.token, &ICor::allowanceCall { owner, spender }))
    }

    /// A user that has so much of something, and how much.
    fn user(draw: u64, has: impl Fn(usize) -> U256) -> Option<(usize, U256)> {
        one(draw, USERS.into_iter().map(|user| (user, has(user))).filter(|(_, has)| !has.is_zero()).collect())
    }

    fn module(&self, draw: u64, wanted: impl Fn(&VaultModule) -> bool) -> Option<(usize, VaultModule)> {
        one(draw, (0..MODULES).map(|index| (index, self.world.shown(index))).filter(|(_, shown)| wanted(shown)).collect())
    }

    /// One that is active and takes something today, and how much.
    fn fundable(&self, draw: u64) -> Option<(usize, U256)> {
        self.module(draw, |shown| shown.status == ACTIVE && shown.left > 0).map(|(index, shown)| (index, U256::from(shown.left)))
    }

    fn fresh(&self) -> u8 {
        let salt = self.salts.get();
        self.salts.set(salt.checked_add(1).expect("few calls"));
        salt
    }

    /// What a handler does now: nothing if what is there does not allow it.
    fn action(&self, handler: Handler, draw: Draw) -> Option<Action> {
        match handler {
            Handler::Approve | Handler::Deposit | Handler::DepositFor | Handler::Permit | Handler::Authorize => {
                self.deposit(handler, draw)
            }
            Handler::Withdraw | Handler::WithdrawTo => {
                let (by, free) = Self::user(draw[1], |user| self.world.free(user))?;
                let (amount, to) = (up_to(draw[2], free)?, place(draw[3], ACCOUNTS));
                Some(if handler == Handler::Withdraw {
                    Action::Withdraw { by, amount }
                } else {
                    Action::WithdrawTo { by, to, amount }
                })
            }
            Handler::Fund | Handler::DepositAndFund | Handler::AuthorizeAndFund => self.fund(handler, draw),
            Handler::PayOut | Handler::Release | Handler::PayTreasury => {
                let (module, shown) = self.module(draw[1], |shown| shown.book > 0)?;
                let (amount, account) = (up_to(draw[2], U256::from(shown.book))?, place(draw[3], ACCOUNTS));
                Some(match handler {
                    Handler::PayOut => Action::PayOut { module, to: account, amount },
                    Handler::Release => Action::Release { module, account, amount },
                    _ => Action::PayTreasury { module, amount },
                })
            }
            Handler::FundTreasury => {
                let (by, has) = Self::user(draw[1], |user| self.takeable(user))?;
                Some(Action::FundTreasury { by, amount: up_to(draw[2], has)? })
            }
            Handler::WithdrawTreasury => {
                let amount = up_to(draw[2], self.world.get(&Vault::treasuryCall {}))?;
                Some(Action::WithdrawTreasury { by: OWNER, to: place(draw[1], ACCOUNTS), amount })
            }
            Handler::Propose | Handler::Close | Handler::SetCap | Handler::SetGuardian => self.govern(handler, draw),
            Handler::Wait => Some(Action::Wait { secs: [1, DAY_SECS, 3_600, DELAY_SECS - 1][place(draw[1], 4)] }),
            Handler::WaitUntilDue => Some(Action::Wait { secs: self.until_due(draw[1]) - u64::from(draw[2] % 4 == 1) }),
        }
    }

    fn deposit(&self, handler: Handler, draw: Draw) -> Option<Action> {
        let form = if draw[3].is_multiple_of(2) { Form::Right } else { Form::FrontRun };
        let account = place(draw[3] / 2, ACCOUNTS);
        match handler {
            Handler::Approve => Some(Action::Approve { by: USERS[place(draw[1], USERS.len())] }),
            Handler::Deposit | Handler::DepositFor => {
                let (by, has) = Self::user(draw[1], |user| self.takeable(user))?;
                let amount = up_to(draw[2], has)?;
                Some(if handler == Handler::Deposit {
                    Action::Deposit { by, amount }
                } else {
                    Action::DepositFor { by, account, amount }
                })
            }
            // With a signature no allowance is needed.
            _ => {
                let (by, has) = Self::user(draw[1], |user| self.wallet(user))?;
                let amount = up_to(draw[2], has)?;
                Some(if handler == Handler::Permit {
                    Action::Permit { by, account, amount, form }
                } else {
                    Action::Authorize { by: account, from: by, amount, form, salt: self.fresh() }
                })
            }
        }
    }

    fn fund(&self, handler: Handler, draw: Draw) -> Option<Action> {
        let (module, left) = self.fundable(draw[1])?;
        let has = |user| match handler {
            Handler::Fund => self.world.free(user),
            Handler::DepositAndFund => self.takeable(user),
            _ => self.wallet(user),
        };
        let (by, has) = Self::user(draw[1] / 4, has)?;
        let (amount, account) = (up_to(draw[2], has.min(left))?, place(draw[3], ACCOUNTS));
        Some(match handler {
            Handler::Fund => Action::Fund { by, module, beneficiary: account, amount },
            Handler::DepositAndFund => Action::DepositAndFund { by, module, beneficiary: account, amount },
            _ => Action::AuthorizeAndFund { by: account, from: by, module, amount, form: Form::Right, salt: self.fresh() },
        })
    }

    /// By the owner, or by the guardian if it narrows.
    fn govern(&self, handler: Handler, draw: Draw) -> Option<Action> {
        let guardian = self.world.get(&Vault::guardianCall {});
        let guardian = (0..ACCOUNTS).find(|index| self.world.account(*index) == guardian)?;
        let narrower = if draw[3].is_multiple_of(2) { guardian } else { OWNER };
        match handler {
            Handler::Propose => {
                let idle = |shown: &VaultModule| shown.status == 0 || shown.status == CLOSING && shown.activeAt == 0;
                let (module, _) = self.module(draw[1], idle)?;
                Some(Action::Propose { by: OWNER, module, cap: U256::from(u128::from(draw[2] % 200) * COR) })
            }
            Handler::Close => {
                let (module, _) = self.module(draw[1], |shown| shown.status != 0)?;
                Some(Action::Close { by: narrower, module })
            }
            Handler::SetCap => {
                let (module, shown) = self.module(draw[1], |shown| shown.status != 0)?;
                let cap = if draw[2].is_multiple_of(4) { shown.cap } else { u128::from(draw[2] % 200) * COR };
                let by = if cap <= shown.cap { narrower } else { OWNER };
                Some(Action::SetCap { by, module, cap: U256::from(cap) })
            }
            _ => Some(Action::SetGuardian { by: OWNER, account: GUARDIAN + place(draw[1], FRUGAL - GUARDIAN + 1) }),
        }
    }

    /// Seconds until something is due that is not yet.
    fn until_due(&self, draw: u64) -> u64 {
        let now = self.now();
        let times = (0..MODULES).map(|index| self.world.shown(index)).flat_map(|shown| [shown.activeAt, shown.nextCapAt]);
        let due: Vec<_> = times.filter(|at| *at > now).map(|at| at - now).collect();
        one(draw, due).unwrap_or(DAY_SECS - now % DAY_SECS)
    }

    fn attempt(&self, handler: Handler, draw: Draw) -> Option<Result<(), TestCaseError>> {
        let action = self.action(handler, draw)?;
        let outcome = self.world.perform(&action).map(|_| ());
        let refused = outcome.map_err(|refused| TestCaseError::fail(format!("{action:?}: {refused:?}")));
        Some(refused.and_then(|()| self.check()))
    }

    /// The parts are the whole, which is there, and no COR is made or lost.
    fn check(&self) -> Result<(), TestCaseError> {
        let world = self.world;
        let everybody: Vec<Address> = world.everybody();
        let free: U256 = everybody.iter().map(|account| world.get(&Vault::freeOfCall { account: *account })).sum();
        let books: U256 = (0..MODULES).map(|index| world.book(index)).sum();
        let held = world.get(&Vault::totalHeldCall {});
        prop_assert_eq!(free + books + world.get(&Vault::treasuryCall {}), held, "the parts are the whole");
        prop_assert_eq!(held, world.wallet(world.vault), "the whole is there");
        let wallets: U256 = everybody.into_iter().map(|account| world.wallet(account)).sum();
        let supply = world.solo.get(world.token, &ICor::totalSupplyCall {});
        prop_assert_eq!(wallets + held, supply, "no COR is made or lost");
        Ok(())
    }
}

/// One run from the world as it is, which it leaves as it was.
fn run(world: &World, draws: &[Draw], called: &Called<Handler>) -> Result<(), TestCaseError> {
    world.solo.undoing(|| {
        let handlers = Handlers { world, salts: Cell::new(0) };
        walk(&FIRST, &OFTEN, draws, called, |handler, draw| handlers.attempt(handler, draw))
    })
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_vault_refuses_nothing_that_it_promises() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    drive(seed, (RUNS, CALLS), &OFTEN, |draws, called| run(&world, draws, called));
}
