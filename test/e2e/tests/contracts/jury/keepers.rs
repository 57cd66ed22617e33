//! Bonds and secrets: from proposal to bond and back, whatever the owner does and whatever else is broken.

use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolCall,
};
use cor_sol::{cor::ICor, jury::IJury, lane::ILane};

use super::world::{
    BOND, DELAY_SECS, DISPUTE_SECS, HISTORY, KEEPER, LANE, OTHER_KEEPER, OWNER, REVERTS, STRANGER, World, event, same, starts,
    told, word,
};

#[tokio::test]
async fn a_bond_is_posted_and_comes_back() {
    let world = World::before_opening().await;
    let keeper = world.account(KEEPER);
    world.by(OWNER, &IJury::openCall {});
    let (anchor, first) = (world.secret(KEEPER, world.first - 1), world.epoch() + 1_000);
    let enrol = IJury::enrolCall { anchor, first };
    assert_eq!(world.refused(KEEPER, &enrol), same(&IJury::KeeperUnknown { keeper }));
    world.by(OWNER, &IJury::proposeCall { keeper });
    let at = world.now() + DELAY_SECS;
    assert_eq!(world.refused(OWNER, &IJury::proposeCall { keeper }), same(&IJury::KeeperInService { keeper }));
    assert_eq!(world.refused(KEEPER, &enrol), same(&IJury::KeeperNotYet { keeper, at }));
    assert_eq!((world.keeper(KEEPER).standing, world.keeper(KEEPER).enrolsAt), (1, at));
    world.solo.pass(DELAY_SECS);
    // Without its tokens nothing happens.
    let refused = world.refused(KEEPER, &enrol);
    assert_eq!(
        refused,
        ICor::ERC20InsufficientAllowance { spender: world.jury, allowance: U256::ZERO, needed: U256::from(BOND) }.into()
    );
    assert_eq!(world.keeper(KEEPER).standing, 1);
    world.fund(KEEPER);
    let early = IJury::enrolCall { anchor, first: world.epoch() };
    let (value, min, max) = (U256::from(world.epoch()), U256::from(world.epoch() + 1), U256::from(u32::MAX));
    assert_eq!(world.refused(KEEPER, &early), same(&IJury::InputOutOfRange { field: word("firstEpoch"), value, min, max }));
    let done = world.by(KEEPER, &enrol);
    let said: IJury::KeeperEnrolled = event(&done);
    assert_eq!((said.keeper, said.anchor, said.first), (keeper, anchor, first));
    assert_eq!(told(&done), [ILane::setKeeperCall { keeper, enabled: true }.abi_encode()]);
    world.assert_conserved();
    let state = world.keeper(KEEPER);
    assert_eq!((state.standing, state.first, state.shown, state.head), (2, first, first - 1, anchor));
    assert_eq!(world.refused(KEEPER, &enrol), same(&IJury::KeeperInService { keeper }));

    let withdraw = IJury::withdrawCall { keeper };
    assert_eq!(world.refused(KEEPER, &withdraw), same(&IJury::BondLocked { keeper, until: 0 }));
    let done = world.by(KEEPER, &IJury::resignCall {});
    let until = world.now() + u64::from(DISPUTE_SECS);
    let said: IJury::KeeperDischarged = event(&done);
    assert_eq!((said.keeper, said.freeAt), (keeper, until));
    assert_eq!(told(&done), [ILane::setKeeperCall { keeper, enabled: false }.abi_encode()]);
    assert_eq!(world.refused(KEEPER, &IJury::resignCall {}), same(&IJury::KeeperNotServing { keeper }));
    world.solo.pass(u64::from(DISPUTE_SECS) - 10);
    assert_eq!(world.refused(KEEPER, &withdraw), same(&IJury::BondLocked { keeper, until }));
    world.assert_conserved();
    world.solo.pass(10);
    let done = world.by(STRANGER, &withdraw);
    let said: IJury::BondWithdrawn = event(&done);
    assert_eq!((said.keeper, said.amount, world.wallet(keeper)), (keeper, U256::from(BOND), U256::from(BOND)));
    assert_eq!(world.refused(KEEPER, &withdraw), same(&IJury::NoBond { keeper }));
    world.assert_conserved();
}

#[tokio::test]
async fn the_owner_stops_a_keeper_and_cannot_keep_its_bond() {
    let world = World::start().await;
    let keeper = world.account(KEEPER);
    let done = world.by(OWNER, &IJury::dischargeCall { keeper });
    assert_eq!(event::<IJury::KeeperDischarged, _>(&done).freeAt, world.now() + u64::from(DISPUTE_SECS));
    assert_eq!(told(&done), [ILane::setKeeperCall { keeper, enabled: false }.abi_encode()]);
    assert_eq!(world.refused(OWNER, &IJury::dischargeCall { keeper }), same(&IJury::KeeperNotServing { keeper }));
    assert_eq!(world.refused(OWNER, &IJury::proposeCall { keeper }), same(&IJury::KeeperInService { keeper }));
    world.solo.pass(u64::from(DISPUTE_SECS));
    world.by(STRANGER, &IJury::withdrawCall { keeper });
    assert_eq!(world.wallet(keeper), U256::from(BOND));
    world.assert_conserved();
    // A proposal is withdrawn without a word to the lane.
    let stranger = world.account(STRANGER);
    world.by(OWNER, &IJury::proposeCall { keeper: stranger });
    let done = world.by(OWNER, &IJury::dischargeCall { keeper: stranger });
    let said: IJury::KeeperDischarged = event(&done);
    assert_eq!((said.keeper, said.freeAt, told(&done).len()), (stranger, 0, 0));
    world.solo.pass(DELAY_SECS);
    let enrol = IJury::enrolCall { anchor: B256::ZERO, first: u32::MAX };
    assert_eq!(world.refused(STRANGER, &enrol), same(&IJury::KeeperUnknown { keeper: stranger }));
}

/// Pool, lane and the chain's memory are gone: who had resigned has its bond.
#[tokio::test]
async fn a_bond_comes_back_when_everything_else_is_broken() {
    let world = World::start().await;
    let keeper = world.account(KEEPER);
    world.by(OWNER, &IJury::setLanePausedCall { paused: true });
    world.by(KEEPER, &IJury::resignCall {});
    for contract in [LANE, HISTORY, world.pool, world.staking] {
        world.place(contract, REVERTS);
    }
    world.solo.pass(u64::from(DISPUTE_SECS));
    world.by(STRANGER, &IJury::withdrawCall { keeper });
    assert_eq!(world.wallet(keeper), U256::from(BOND));
    world.assert_conserved();
}

/// A lane that does not hear goes on taking work from a keeper: then it keeps its bond here, and nothing has happened.
#[tokio::test]
async fn nobody_leaves_a_lane_that_does_not_hear() {
    let world = World::start().await;
    let lane = world.solo.chain().code(LANE).expect("the lane's code");
    world.place(LANE, REVERTS);
    let keeper = world.account(KEEPER);
    for (who, refused) in [
        (KEEPER, world.reverted(KEEPER, &IJury::resignCall {})),
        (OWNER, world.reverted(OWNER, &IJury::dischargeCall { keeper })),
    ] {
        assert!(matches!(refused, cor_kit::solo::Refused::Other(data) if data.is_empty()), "{who}");
    }
    assert_eq!(world.keeper(KEEPER).standing, 2);
    world.place(LANE, &lane);
    world.by(KEEPER, &IJury::resignCall {});
    assert_eq!(world.keeper(KEEPER).standing, 3);
}

#[tokio::test]
async fn secrets_are_shown_after_their_epochs() {
    let world = World::start().await;
    let (keeper, first) = (world.account(KEEPER), world.first);
    let shown = |epoch: u32, secret: B256| IJury::revealCall { keeper, epoch, secret };
    let ends_at = starts(first + 1);
    let early = shown(first, world.secret(KEEPER, first));
    assert_eq!(world.refused(KEEPER, &early), same(&IJury::EpochOpen { epoch: first, endsAt: ends_at }));
    world.to_epoch(first + 3);
    let anchor = shown(first - 1, world.secret(KEEPER, first - 1));
    assert_eq!(world.refused(KEEPER, &anchor), same(&IJury::NoSecret { keeper, epoch: first - 1 }));
    let wrong = shown(first + 1, world.secret(KEEPER, first));
    assert_eq!(world.refused(KEEPER, &wrong), same(&IJury::SecretWrong { keeper, epoch: first + 1 }));
    let secret = world.secret(KEEPER, first + 1);
    let done = world.by(STRANGER, &shown(first + 1, secret));
    let said: IJury::SecretShown = event(&done);
    assert_eq!((said.keeper, said.epoch, said.secret), (keeper, first + 1, secret));
    let state = world.keeper(KEEPER);
    assert_eq!((state.first, state.shown, state.head), (first, first + 1, secret));
    for epoch in [first, first + 1] {
        let again = shown(epoch, world.secret(KEEPER, epoch));
        assert_eq!(world.refused(KEEPER, &again), same(&IJury::SecretKnown { keeper, epoch }));
    }
    // Not more than so many hashes at once.
    let far = first + 1 + 32_769;
    world.to_epoch(far + 1);
    let [value, min, max] = [far, first + 2, far - 1].map(U256::from);
    let expected = same(&IJury::InputOutOfRange { field: word("epoch"), value, min, max });
    assert_eq!(world.refused(KEEPER, &shown(far, secret)), expected);
    let other = world.account(STRANGER);
    let nobody = IJury::revealCall { keeper: other, epoch: first, secret };
    assert_eq!(world.refused(STRANGER, &nobody), same(&IJury::NoSecret { keeper: other, epoch: first }));
}

#[tokio::test]
async fn a_chain_that_is_used_up_is_followed_by_another() {
    let world = World::start().await;
    let (keeper, first) = (world.account(KEEPER), world.first);
    let (root, anchor) = (keccak256("more"), keccak256(keccak256("more")));
    let renew = |first: u32| IJury::renewCall { anchor, first };
    let [value, min, max] = [first, first + 1, u32::MAX].map(U256::from);
    let expected = same(&IJury::InputOutOfRange { field: word("firstEpoch"), value, min, max });
    assert_eq!(world.refused(KEEPER, &renew(first)), expected);
    let stranger = world.account(STRANGER);
    assert_eq!(world.refused(STRANGER, &renew(first + 2)), same(&IJury::KeeperNotServing { keeper: stranger }));
    let done = world.by(KEEPER, &renew(first + 2));
    let said: IJury::ChainRenewed = event(&done);
    assert_eq!((said.keeper, said.anchor, said.first), (keeper, anchor, first + 2));
    world.to_epoch(first + 3);
    world.reveal(KEEPER, first + 1);
    world.by(STRANGER, &IJury::revealCall { keeper, epoch: first + 2, secret: root });
    let until = starts(first + 2) + u64::from(DISPUTE_SECS);
    assert_eq!(world.refused(KEEPER, &renew(first + 9)), same(&IJury::ChainInUse { keeper, until }));
    // What was submitted while the first chain was in use is drawn by it.
    world.solo.pass(until - world.now());
    world.by(KEEPER, &renew(world.epoch() + 1));
    world.by(OTHER_KEEPER, &IJury::resignCall {});
    let refused = world.refused(OTHER_KEEPER, &renew(world.epoch() + 2));
    assert_eq!(refused, same(&IJury::KeeperNotServing { keeper: world.account(OTHER_KEEPER) }));
}
