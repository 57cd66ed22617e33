//! Any sequence of actions does to the vault what it does to the model: logs, errors, and all that is kept, after every step. What the events
//! say is enough to know all accounts.

use std::{cell::RefCell, collections::BTreeMap, collections::BTreeSet};

use alloy::{
    primitives::{Address, LogData, U256},
    sol_types::SolEventInterface,
};
use cor_kit::{Seed, solo::Refused};
use cor_sol::{
    ContractError,
    cor::ICor,
    vault::IVault::{self as Vault, IVaultEvents},
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use super::{
    actions::{Action, action},
    model::Model,
    world::{MODULES, USERS, World, cor},
};

/// Sequences, and the most actions in each. An action takes some ten milliseconds, most of which looks at everything that is kept.
const SEQUENCES: u32 = 36;
const ACTIONS: usize = 50;

/// Kinds of action that can be refused: all but waiting and letting the vault take tokens.
const REFUSABLE: usize = 18;

/// All money, known from logs alone.
#[derive(Default)]
struct Rebuilt {
    free: BTreeMap<Address, U256>,
    books: BTreeMap<Address, U256>,
    treasury: U256,
}

impl Rebuilt {
    /// Adds up amounts; what an event says is there afterwards must be the sum.
    fn follow(&mut self, log: &LogData) {
        let book = |books: &mut BTreeMap<Address, U256>, module, amount: U256, after: U256| {
            let book: &mut U256 = books.entry(module).or_default();
            *book -= amount;
            assert_eq!(*book, after);
        };
        match IVaultEvents::decode_raw_log(log.topics(), &log.data).expect("an event of the vault") {
            IVaultEvents::Deposited(event) => self.add(event.account, event.amount, event.free),
            IVaultEvents::Withdrawn(event) => self.subtract(event.account, event.amount, event.free),
            IVaultEvents::Funded(event) => {
                self.subtract(event.account, event.amount, event.free);
                let book = self.books.entry(event.module).or_default();
                *book += event.amount;
                assert_eq!(*book, event.book);
            }
            IVaultEvents::PaidOut(event) => book(&mut self.books, event.module, event.amount, event.book),
            IVaultEvents::Released(event) => {
                book(&mut self.books, event.module, event.amount, event.book);
                self.add(event.account, event.amount, event.free);
            }
            IVaultEvents::TreasuryPaid(event) => {
                book(&mut self.books, event.module, event.amount, event.book);
                self.treasury += event.amount;
                assert_eq!(self.treasury, event.treasury);
            }
            IVaultEvents::TreasuryFunded(event) => {
                self.treasury += event.amount;
                assert_eq!(self.treasury, event.treasury);
            }
            IVaultEvents::TreasuryWithdrawn(event) => {
                self.treasury -= event.amount;
                assert_eq!(self.treasury, event.treasury);
            }
            // These move no money.
            IVaultEvents::ModuleProposed(_)
            | IVaultEvents::ModuleClosed(_)
            | IVaultEvents::ModuleCapChanged(_)
            | IVaultEvents::Opened(_)
            | IVaultEvents::GuardianSet(_)
            | IVaultEvents::OwnershipTransferStarted(_)
            | IVaultEvents::OwnershipTransferred(_) => {}
        }
    }

    fn add(&mut self, account: Address, amount: U256, after: U256) {
        let free = self.free.entry(account).or_default();
        *free += amount;
        assert_eq!(*free, after);
    }

    fn subtract(&mut self, account: Address, amount: U256, after: U256) {
        let free = self.free.entry(account).or_default();
        *free -= amount;
        assert_eq!(*free, after);
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_vault_does_what_the_model_does() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let sequences = proptest::collection::vec(action(), ACTIONS / 2..=ACTIONS);
    let seen = RefCell::new(BTreeMap::<(String, bool), usize>::new());
    let outcome = runner.run(&sequences, |sequence| world.solo.undoing(|| compare(&world, &sequence, &seen)));
    outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}"));
    let seen = seen.into_inner();
    let (done, refused): (BTreeSet<_>, BTreeSet<_>) = seen.keys().cloned().partition(|(_, done)| *done);
    println!("{seen:?}");
    assert_eq!(
        (done.len(), refused.len()),
        (REFUSABLE + 2, REFUSABLE),
        "{seed}: each kind took effect, and was refused: {seen:?}"
    );
}

fn compare(world: &World, sequence: &[Action], seen: &RefCell<BTreeMap<(String, bool), usize>>) -> Result<(), TestCaseError> {
    let (mut model, mut rebuilt) = (Model::of(world), Rebuilt::default());
    let begun = beginning();
    for (number, action) in begun.iter().chain(sequence).enumerate() {
        let expected = model.perform(action);
        *seen.borrow_mut().entry((action.kind(), expected.is_ok())).or_default() += 1;
        let found = match world.perform(action) {
            Ok(logs) => {
                logs.iter().for_each(|log| rebuilt.follow(log));
                Ok(logs)
            }
            Err(Refused::Known(error)) => Err(without_signer(error)),
            Err(Refused::Other(data)) => return Err(TestCaseError::fail(format!("{action:?} reverts with {data}"))),
        };
        prop_assert_eq!(found, expected, "action {}, {:?}", number, action);
        compare_state(world, &model, &rebuilt)
            .map_err(|error| TestCaseError::fail(format!("after action {number}, {action:?}: {error}")))?;
    }
    Ok(())
}

/// Every sequence begins with something to lose: accounts, two books, the treasury.
fn beginning() -> Vec<Action> {
    let fund = |module, amount| Action::Fund { by: 2, module, beneficiary: 3, amount: cor(amount) };
    let mut actions: Vec<_> = USERS[..3].iter().map(|by| Action::Deposit { by: *by, amount: cor(100) }).collect();
    actions.extend([fund(0, 30), fund(1, 20), Action::FundTreasury { by: 3, amount: cor(10) }]);
    actions
}

/// Who signed another message than was sent is anybody.
fn without_signer(error: ContractError) -> ContractError {
    match error {
        ContractError::InvalidSigner(error) => ICor::InvalidSigner { signer: Address::ZERO, ..error }.into(),
        other => other,
    }
}

fn compare_state(world: &World, model: &Model, rebuilt: &Rebuilt) -> Result<(), TestCaseError> {
    let known = |map: &BTreeMap<Address, U256>, address| map.get(&address).copied().unwrap_or_default();
    prop_assert_eq!(world.now(), model.now);
    let mut sum = U256::ZERO;
    for account in world.everybody() {
        let free = world.get(&Vault::freeOfCall { account });
        prop_assert_eq!(free, known(&model.free, account), "free of {}", account);
        prop_assert_eq!(free, known(&rebuilt.free, account), "free of {} by events", account);
        prop_assert_eq!(world.wallet(account), known(&model.wallets, account), "wallet of {}", account);
        sum += free;
    }
    for index in 0..MODULES {
        let (module, book) = (world.module(index), world.book(index));
        prop_assert_eq!(book, known(&rebuilt.books, module), "book of {} by events", index);
        prop_assert_eq!(world.shown(index), model.shown(module), "module {}", index);
        sum += book;
    }
    let (treasury, held) = (world.get(&Vault::treasuryCall {}), world.get(&Vault::totalHeldCall {}));
    prop_assert_eq!(treasury, model.treasury);
    prop_assert_eq!(treasury, rebuilt.treasury);
    prop_assert_eq!(sum + treasury, held, "the parts are the whole");
    prop_assert_eq!(held, world.wallet(world.vault), "the whole is there");
    prop_assert_eq!(held, model.held());
    Ok(())
}
