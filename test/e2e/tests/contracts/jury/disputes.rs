//! Disputes: an honest keeper keeps its bond, whoever asks; one that brought others, or hides its secret, loses it.

use alloy::primitives::{Address, U256};
use cor_sol::{jury::IJury, lane::ILane};

use super::world::{BOND, KEEPER, STRANGER, TREASURY, World, event, same, told};
use alloy::sol_types::SolCall;

#[tokio::test]
async fn who_brings_the_drawn_crew_keeps_its_bond() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let crew = world.drawn(&task, KEEPER);
    world.serve(&task, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    let refused = world.refused(STRANGER, &world.challenge(&task, KEEPER, &crew));
    assert_eq!(refused, same(&IJury::CrewAsDrawn { task: task.id }));
    world.assert_conserved();
}

#[tokio::test]
async fn who_brings_another_crew_loses_its_bond() {
    let world = World::start().await;
    let task = world.task(1, 3);
    let drawn = world.drawn(&task, KEEPER);
    let crew = world.forged(&drawn, 1);
    world.serve(&task, KEEPER, &crew);
    world.to_epoch(world.first + 1);
    world.reveal(KEEPER, world.first);
    let done = world.by(STRANGER, &world.challenge(&task, KEEPER, &crew));
    let said: IJury::KeeperConvicted = event(&done);
    let (half, rest) = (U256::from(BOND / 2), U256::from(BOND - BOND / 2));
    assert_eq!((said.keeper, said.task, said.challenger), (world.account(KEEPER), task.id, world.account(STRANGER)));
    assert_eq!((said.reason, said.seat, said.drawn, said.toChallenger, said.toTreasury), (1, 1, drawn[1], half, rest));
    assert_eq!((world.wallet(world.account(STRANGER)), world.wallet(TREASURY)), (half, rest));
    let call = ILane::setKeeperCall { keeper: world.account(KEEPER), enabled: false };
    assert_eq!(told(&done), [call.abi_encode()]);
    world.assert_conserved();
    // Once.
    let again = world.refused(STRANGER, &world.challenge(&task, KEEPER, &crew));
    assert_eq!(again, same(&IJury::NoBond { keeper: world.account(KEEPER) }));
    assert_eq!(world.keeper(KEEPER).standing, 4);
    let _ = Address::ZERO;
}
