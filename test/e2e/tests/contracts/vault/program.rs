//! What the chain can do to the vault's program, and who brings it back.

use alloy::primitives::{B256, Bytes, U256, keccak256};
use cor_anvil::arbos::ARBOS_STATE;
use cor_kit::solo::Refused;
use cor_sol::vault::IVault::{self as Vault};

use super::world::{DAY_SECS, STRANGER, WALLET, World, cor, same};

/// Neither runs before it is activated again, vault and token each; and anyone can do that, who is no one to the vault.
fn a_stranger_brings_back(world: &World, name: &str) {
    let (stranger, withdraw) = (world.account(STRANGER), Vault::withdrawCall { amount: cor(10) });
    let stopped = world.solo.with_gas(world.account(2), world.vault, &withdraw, 5_000_000);
    assert_eq!(stopped.err(), Some(Refused::Other(Bytes::new())), "{name}");
    world.solo.activate(stranger, world.vault).expect("the vault's code is good");
    assert_eq!(world.free(2), cor(10), "{name}");
    // The vault runs, and what it asks of the token does not.
    let stopped = world.solo.with_gas(world.account(2), world.vault, &withdraw, 5_000_000);
    assert_eq!(stopped.err(), Some(Refused::Known(same(&Vault::TransferFailed { token: world.token }))), "{name}");
    assert_eq!(world.free(2), cor(10), "{name}");
    world.solo.activate(stranger, world.token).expect("the token's code is good");
    world.by(2, &withdraw);
    assert_eq!(world.wallet(world.account(2)), U256::from(WALLET), "{name}");
    world.assert_conserved();
}

#[tokio::test]
async fn after_a_year_without_keepalive_anyone_brings_withdrawals_back() {
    let world = World::start().await;
    world.by(2, &Vault::depositCall { amount: cor(10) });
    world.solo.pass(365 * DAY_SECS);
    world.solo.undoing(|| drop(world.by(2, &Vault::withdrawCall { amount: cor(10) })));
    world.solo.pass(DAY_SECS);
    a_stranger_brings_back(&world, "expired");
}

/// An upgrade of ArbOS that raises the version of Stylus stops every program of an older one. It is set in the state here, as an upgrade sets it.
#[tokio::test]
async fn after_an_upgrade_of_stylus_anyone_brings_withdrawals_back() {
    let world = World::start().await;
    world.by(2, &Vault::depositCall { amount: cor(10) });
    // The parameters' word: key 0 of the space 0 of the programs' space, which is number 8. Its first two bytes are the version.
    let programs = keccak256([8]);
    let parameters = keccak256([programs.as_slice(), &[0]].concat());
    let mut slot = keccak256([parameters.as_slice(), &[0; 31]].concat());
    slot[31] = 0;
    let mut word: B256 = world.solo.chain().storage(ARBOS_STATE, slot.into()).expect("the state is there");
    assert_eq!(word[..2], [0, 2]);
    word[1] = 3;
    world.solo.chain().writer().set_storage(ARBOS_STATE, slot.into(), word).expect("the state is written");
    a_stranger_brings_back(&world, "upgraded");
}
