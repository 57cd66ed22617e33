//! What comes from the vault and goes back.

use alloy::primitives::U256;
use cor_sol::{lane::ILane, vault::IVault};

use super::world::{COR_GRAINS, CREDIT, World, event, logs, wei};

#[tokio::test]
async fn money_comes_from_the_vault_and_goes_back_while_paused() {
    let world = World::start().await;
    let payer = world.account(2);
    let (module, amount) = (world.lane, wei(5));
    world.solo.ok(payer, world.vault, &IVault::depositCall { amount: wei(10) });
    let done = world.solo.ok(payer, world.vault, &IVault::fundCall { module, beneficiary: world.account(4), amount });
    let said: ILane::Credited = event(&logs(&world, &done));
    assert_eq!((said.account, said.from, said.amount, said.available), (world.account(4), payer, 5, CREDIT + 5));

    world.by(0, &World::config(true));
    let done = world.by(4, &ILane::releaseCall { amount: CREDIT });
    let said: ILane::Released = event(&logs(&world, &done));
    assert_eq!((said.account, said.amount, said.available), (world.account(4), CREDIT, 5));
    assert_eq!(world.solo.get(world.vault, &IVault::freeOfCall { account: world.account(4) }), wei(CREDIT));

    // Out of the closed module, and out of the vault: nothing of it can be held back.
    world.solo.ok(world.account(0), world.vault, &IVault::closeModuleCall { module });
    world.by(4, &ILane::releaseCall { amount: 5 });
    world.solo.ok(world.account(4), world.vault, &IVault::withdrawCall { amount: wei(CREDIT + 5) });
    let left = world.refused(4, &ILane::releaseCall { amount: 1 });
    assert_eq!(left, ILane::InsufficientCredit { account: world.account(4), available: 0, needed: 1 }.into());
}

/// What is no whole number of grains stays in the vault.
#[tokio::test]
async fn parts_of_grains_are_refused() {
    let world = World::start().await;
    let payer = world.account(2);
    world.solo.ok(payer, world.vault, &IVault::depositCall { amount: wei(COR_GRAINS) });
    let amount = U256::from(1_500_000_000_u64);
    let call = IVault::fundCall { module: world.lane, beneficiary: payer, amount };
    assert_eq!(world.solo.refused(payer, world.vault, &call), ILane::NotInGrains { amount }.into());
    assert_eq!(world.available(payer), CREDIT);
}
