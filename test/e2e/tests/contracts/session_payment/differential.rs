//! Any sequence of actions does on the chain what it does in the model: results, logs, errors, balances.

use std::{cell::RefCell, collections::BTreeSet};

use alloy::primitives::U256;
use cor_kit::solo::Refused;
use cor_sol::session_payment::ISessionPayment;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use super::{
    actions::{Action, TASKS, action},
    model::Model,
    world::World,
};

/// Sequences, and the most actions in each. An action with its checks takes about ten milliseconds.
const SEQUENCES: u32 = 48;
const ACTIONS: usize = 30;

#[tokio::test]
async fn the_contract_does_what_the_model_does() {
    let world = World::start().await;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let sequences = proptest::collection::vec(action(), ACTIONS / 2..ACTIONS);
    let seen = RefCell::new(BTreeSet::new());
    let outcome = runner.run(&sequences, |sequence| world.solo.undoing(|| compare(&world, &sequence, &seen)));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    // Of eight kinds of action, each took effect and each was refused.
    assert_eq!(seen.borrow().len(), 16, "{:?}", seen.borrow());
}

fn compare(world: &World, sequence: &[Action], seen: &RefCell<BTreeSet<(String, bool)>>) -> Result<(), TestCaseError> {
    let mut model = Model::of(world);
    for action in sequence {
        let expected = model.perform(action);
        seen.borrow_mut().insert((action.kind(), expected.is_ok()));
        match world.perform(action) {
            Ok(done) => {
                let logs = world.own_logs(&done);
                prop_assert_eq!(Ok((done.returned, logs)), expected, "{:?}", action);
            }
            Err(Refused::Known(error)) => prop_assert_eq!(Err(error), expected, "{:?}", action),
            Err(Refused::Other(data)) => prop_assert!(false, "{:?} reverts with {}", action, data),
        }
    }
    compare_state(world, &model)
}

fn compare_state(world: &World, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(world.get(&ISessionPayment::totalHeldCall {}), U256::from(model.vault.held));
    prop_assert_eq!(world.get(&ISessionPayment::treasuryCall {}), U256::from(model.vault.treasury));
    for index in 0..8 {
        let name = world.account(index);
        let account = model.account(name);
        prop_assert_eq!(world.available(name), U256::from(account.available));
        prop_assert_eq!(world.reserved(name), U256::from(account.reserved));
        prop_assert_eq!(world.earnings(name), U256::from(model.earnings.get(&name).copied().unwrap_or(0)));
        prop_assert_eq!(world.wallet(name), U256::from(model.wallets[&name]));
    }
    for task in TASKS {
        let shown = world.escrow(task);
        let total = model.escrows.get(&task).and_then(|(_, escrow)| *escrow).map_or(0, |escrow| escrow.total());
        prop_assert_eq!(shown.total, total);
    }
    world.assert_conserved(TASKS);
    Ok(())
}
