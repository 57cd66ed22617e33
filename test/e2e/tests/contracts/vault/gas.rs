//! What the vault costs in gas, on the real WASM: one unit more or less fails.

use alloy::{
    primitives::{B256, U256},
    sol_types::SolCall,
};
use cor_kit::goldens::Gas;
use cor_sol::vault::IVault as Vault;

use super::world::{FOREVER, FRUGAL, OWNER, STRANGER, World, cor};

fn measure<C: SolCall>(world: &World, gas: &mut Gas, remark: &str, by: usize, call: &C) {
    let function = C::SIGNATURE.split('(').next().unwrap_or_default();
    gas.used(&format!("{function}{remark}"), world.by(by, call).gas_used);
}

/// By a module, its own code that sends the call on included.
fn measure_module<C: SolCall>(world: &World, gas: &mut Gas, call: &C) {
    let function = C::SIGNATURE.split('(').next().unwrap_or_default();
    gas.used(&format!("{function}, by a module"), world.as_module(0, call).gas_used);
}

#[tokio::test]
async fn golden_gas_of_the_vault() {
    let world = World::start().await;
    let (module, account, one, mut gas) = (world.module(0), world.account(3), cor(1), Gas::new());
    measure(&world, &mut gas, ", first of all", 2, &Vault::depositCall { amount: cor(20) });
    measure(&world, &mut gas, ", first of an account", 3, &Vault::depositCall { amount: cor(20) });
    measure(&world, &mut gas, "", 3, &Vault::depositCall { amount: one });
    let salt = B256::repeat_byte;
    measure(&world, &mut gas, "", FRUGAL, &world.permitted(FRUGAL, account, one, U256::MAX, 0));
    measure(&world, &mut gas, "", STRANGER, &world.signed(FRUGAL, one, salt(1), FOREVER).deposit());
    measure(&world, &mut gas, ", first of a day", 2, &world.funding(0, 3, one));
    measure(&world, &mut gas, ", first for an account", 2, &world.funding(0, 4, one));
    measure(&world, &mut gas, "", 2, &world.funding(0, 3, one));
    measure(&world, &mut gas, "", 2, &Vault::depositAndFundCall { module, beneficiary: account, amount: one });
    let call = world.signed_funding(FRUGAL, 0, one, salt(2)).fund(module, salt(2));
    measure(&world, &mut gas, "", STRANGER, &call);
    measure_module(&world, &mut gas, &Vault::payOutCall { to: account, amount: one });
    measure_module(&world, &mut gas, &Vault::releaseCall { account, amount: one });
    let call = Vault::releaseCall { account: world.account(2), amount: one };
    gas.used("release of what is not of this day, by a module", world.as_module(0, &call).gas_used);
    measure_module(&world, &mut gas, &Vault::payTreasuryCall { amount: one });
    measure(&world, &mut gas, "", 2, &Vault::withdrawCall { amount: one });
    measure(&world, &mut gas, "", OWNER, &Vault::proposeModuleCall { module: world.module(2), cap: one });
    measure(&world, &mut gas, "", OWNER, &Vault::closeModuleCall { module });
    gas.assert_golden("vault");
}
