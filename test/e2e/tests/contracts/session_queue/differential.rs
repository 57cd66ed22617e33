//! Any sequence of actions does on the chain what it does in the model: logs, errors, tasks, and where every COR is after each step.

use std::{cell::RefCell, collections::BTreeSet};

use alloy::primitives::U256;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use super::{
    actions::{Action, TASKS, sequence},
    model::Model,
    world::{MINERS, World},
};

/// Sequences, and actions in each. Some hundredths of a second per action and check is what bounds them.
const SEQUENCES: u32 = 64;
const ACTIONS: usize = 60;

#[tokio::test]
async fn the_contract_does_what_the_model_does() {
    let world = World::start().await;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let sequences = sequence(ACTIONS / 2..ACTIONS);
    let (seen, ended) = (RefCell::new(BTreeSet::new()), RefCell::new(0));
    let outcome = runner.run(&sequences, |sequence| {
        world.solo.undoing(|| {
            let model = compare(&world, &sequence, &seen)?;
            *ended.borrow_mut() += model.ended();
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    // Each of seven kinds of action took effect and was refused; time and submissions are never refused.
    assert_eq!(seen.borrow().len(), 16, "{:?}", seen.borrow());
    assert!(*ended.borrow() > 10, "{} tasks came to an end", ended.borrow());
}

/// Two tasks come first, so that most actions have something to be about.
fn compare(world: &World, sequence: &[Action], seen: &RefCell<BTreeSet<(String, bool)>>) -> Result<Model, TestCaseError> {
    let mut model = Model::of(world);
    let first = [Action::Submit { session: 2 }, Action::Submit { session: 1 }];
    for action in first.iter().chain(sequence) {
        let before = model.clone();
        let expected = model.perform(action);
        seen.borrow_mut().insert((action.kind(), expected.is_ok()));
        prop_assert_eq!(world.perform(action, &before), expected, "{:?}", action);
        compare_state(world, &model)?;
    }
    Ok(model)
}

fn compare_state(world: &World, model: &Model) -> Result<(), TestCaseError> {
    for task in TASKS {
        let shown = model.view(task).map(|_| (world.task(task), world.closable(task)));
        prop_assert_eq!(shown, model.view(task));
    }
    prop_assert_eq!(world.available(), U256::from(model.available));
    prop_assert_eq!(world.treasury(), U256::from(model.treasury));
    let served = model.earned.get(&world.keeper()).copied().unwrap_or(0);
    prop_assert_eq!(world.earnings(world.keeper()), U256::from(served));
    for index in 0..MINERS {
        let earned = model.earned.get(&world.miner(index)).copied().unwrap_or(0);
        prop_assert_eq!(world.earnings(world.miner(index)), U256::from(earned));
        prop_assert_eq!(world.stake(index), U256::from(model.stakes[index]));
        let node = world.node(index);
        prop_assert_eq!((node.suspended, node.reserved), (model.suspended[index], model.places[index]));
    }
    world.assert_conserved();
    Ok(())
}
