//! Construction, setting up, and what the owner can do.

use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolValue},
};
use cor_kit::solo::Refused;
use cor_sol::{ContractError, jury::IJury};

use super::world::{
    ABSENCE_EPOCHS, ANSWER_SECS, BOND, CANDIDATE, DELAY_SECS, DISPUTE_SECS, EPOCH_SECS, GUARDIAN, KEEPER, LANE, OWNER,
    REVEAL_SECS, REVERTS, STRANGER, TREASURY, World, arguments, event, same, setConfigCall, told, word,
};

#[tokio::test]
async fn construction_refuses_what_cannot_work() {
    let world = World::before_opening().await;
    let (owner, nobody) = (world.account(OWNER), Address::ZERO);
    let good = (EPOCH_SECS, REVEAL_SECS, ANSWER_SECS, DISPUTE_SECS, ABSENCE_EPOCHS);
    let build =
        |owner: Address,
         token: Address,
         pool: Address,
         treasury: Address,
         bond: u128,
         times: (u32, u32, u32, u32, u32),
         delay: u64| { (owner, token, pool, treasury, U256::from(bond), times, delay).abi_encode_params() };
    let range = |field: &str, value: u64, min: u64, max: u64| {
        let [value, min, max] = [value, min, max].map(U256::from);
        same(&IJury::InputOutOfRange { field: word(field), value, min, max })
    };
    let zero = same(&IJury::ZeroAddress {});
    let (token, pool) = (world.token, world.pool);
    let least = 3 * 86_400 + 108_000 + 3 * 86_400 + u64::from(EPOCH_SECS + 2 * REVEAL_SECS) + 2 * 86_400;
    for (arguments, expected) in [
        (build(nobody, token, pool, TREASURY, BOND, good, DELAY_SECS), zero.clone()),
        (build(owner, nobody, pool, TREASURY, BOND, good, DELAY_SECS), zero.clone()),
        (build(owner, token, nobody, TREASURY, BOND, good, DELAY_SECS), zero.clone()),
        (build(owner, token, pool, nobody, BOND, good, DELAY_SECS), zero),
        (build(owner, token, pool, TREASURY, 0, good, DELAY_SECS), same(&IJury::ZeroAmount {})),
        (
            build(owner, token, pool, TREASURY, BOND, (59, good.1, good.2, good.3, good.4), DELAY_SECS),
            range("epochSecs", 59, 60, 86_400),
        ),
        (
            build(owner, token, pool, TREASURY, BOND, (good.0, 107_999, good.2, good.3, good.4), DELAY_SECS),
            range("revealSecs", 107_999, 108_000, 172_800),
        ),
        (
            build(owner, token, pool, TREASURY, BOND, (good.0, good.1, 1, good.3, good.4), DELAY_SECS),
            range("answerSecs", 1, 30, 3_600),
        ),
        (
            build(owner, token, pool, TREASURY, BOND, (good.0, good.1, good.2, 9, good.4), DELAY_SECS),
            range("disputeSecs", 9, least, 60 * 86_400),
        ),
        (
            build(owner, token, pool, TREASURY, BOND, (good.0, good.1, good.2, good.3, 1), DELAY_SECS),
            range("absenceEpochs", 1, 27, 4_320),
        ),
        (build(owner, token, pool, TREASURY, BOND, good, 259_199), range("delaySecs", 259_199, 259_200, 30 * 86_400)),
    ] {
        let jury = world.solo.place("Jury");
        assert_eq!(world.solo.construct(jury, &arguments).expect_err("a refusal"), Refused::Known(expected));
    }
    let parameters = world.get(&IJury::parametersCall {});
    assert_eq!((parameters.bond, parameters.delaySecs, parameters.opened), (U256::from(BOND), DELAY_SECS, false));
    let times =
        (parameters.epochSecs, parameters.revealSecs, parameters.answerSecs, parameters.disputeSecs, parameters.absenceEpochs);
    assert_eq!(times, good);
    let peers = world.get(&IJury::peersCall {});
    assert_eq!(
        (peers.token, peers.nodePool, peers.treasury, peers.lane, peers.guardian),
        (token, pool, TREASURY, LANE, world.account(GUARDIAN))
    );
    // Built once.
    assert!(world.solo.construct(world.jury, &arguments(owner, token, pool)).is_err());
}

/// Until it is open proposals act at once and nobody posts a bond; then they wait, and the lane is that for good.
#[tokio::test]
async fn opening_ends_the_setting_up() {
    let world = World::before_opening().await;
    let keeper = world.account(KEEPER);
    let enrol = IJury::enrolCall { anchor: world.secret(KEEPER, world.first - 1), first: world.first };
    let done = world.by(OWNER, &IJury::proposeCall { keeper });
    let said: IJury::KeeperProposed = event(&done);
    assert_eq!((said.keeper, said.enrolsAt), (keeper, world.now()));
    assert_eq!(world.refused(KEEPER, &enrol), same(&IJury::NotOpen {}));
    assert_eq!(world.refused(OWNER, &IJury::setLaneCall { lane: LANE }), same(&IJury::LaneNamed { lane: LANE }));
    let other = world.solo.deploy("Jury", &arguments(world.account(OWNER), world.token, world.pool));
    let unnamed = same(&IJury::LaneUnnamed {});
    assert_eq!(world.solo.refused(world.account(OWNER), other, &IJury::openCall {}), unnamed);
    let config = IJury::setLaneConfigCall { noReveal: 5, badReveal: 6, noResultGasCapBps: 7 };
    assert_eq!(world.solo.refused(world.account(OWNER), other, &config), unnamed);
    let paused = IJury::setLanePausedCall { paused: true };
    assert_eq!(world.solo.refused(world.account(OWNER), other, &paused), unnamed);
    assert!(!world.solo.get(other, &IJury::laneConfigCall {}).paused);
    let nobody = IJury::setLaneCall { lane: Address::ZERO };
    assert_eq!(world.solo.refused(world.account(OWNER), other, &nobody), same(&IJury::ZeroAddress {}));
    let done = world.solo.ok(world.account(OWNER), other, &IJury::setLaneCall { lane: LANE });
    assert_eq!(event::<IJury::LaneSet, _>(&done).lane, LANE);
    let done = world.by(OWNER, &IJury::openCall {});
    let _: IJury::Opened = event(&done);
    assert_eq!(world.refused(OWNER, &IJury::openCall {}), same(&IJury::AlreadyOpen {}));
    world.fund(KEEPER);
    world.by(KEEPER, &enrol);
    let stranger = world.account(STRANGER);
    let done = world.by(OWNER, &IJury::proposeCall { keeper: stranger });
    assert_eq!(event::<IJury::KeeperProposed, _>(&done).enrolsAt, world.now() + DELAY_SECS);
    assert_eq!(world.refused(OWNER, &IJury::proposeCall { keeper: Address::ZERO }), same(&IJury::ZeroAddress {}));
}

/// The jury is the lane's governor: it passes on what owner and guardian say, and what the lane answers.
#[tokio::test]
async fn the_owner_governs_the_lane_through_the_jury() {
    let world = World::start().await;
    let config = |no_reveal, paused| setConfigCall { noReveal: no_reveal, badReveal: 6, noResultGasCapBps: 7, paused };
    let done = world.by(OWNER, &IJury::setLaneConfigCall { noReveal: 5, badReveal: 6, noResultGasCapBps: 7 });
    assert_eq!(told(&done), [config(5, false).abi_encode()]);
    // Each is told with what is not changed.
    for (who, paused) in [(GUARDIAN, true), (OWNER, false), (OWNER, true)] {
        let done = world.by(who, &IJury::setLanePausedCall { paused });
        assert_eq!(told(&done), [config(5, paused).abi_encode()]);
    }
    let done = world.by(OWNER, &IJury::setLaneConfigCall { noReveal: 4, badReveal: 6, noResultGasCapBps: 7 });
    assert_eq!(told(&done), [config(4, true).abi_encode()]);
    let known = world.get(&IJury::laneConfigCall {});
    assert_eq!((known.noReveal, known.badReveal, known.noResultGasCapBps, known.paused), (4, 6, 7, true));
    // The lane has no bounds of its own.
    let most = 1_000_000_000_000_u64;
    for (no_reveal, bad_reveal, cap, field, value, min, max) in [
        (most + 1, most, 0, "noReveal", most + 1, 0, most),
        (5, 4, 0, "badReveal", 4, 5, most),
        (0, most + 1, 0, "badReveal", most + 1, 0, most),
        (0, 0, 10_001, "noResultGasCapBps", 10_001, 0, 10_000),
    ] {
        let call = IJury::setLaneConfigCall { noReveal: no_reveal, badReveal: bad_reveal, noResultGasCapBps: cap };
        let [value, min, max] = [value, min, max].map(U256::from);
        assert_eq!(world.refused(OWNER, &call), same(&IJury::InputOutOfRange { field: word(field), value, min, max }));
    }
    let unpause = world.refused(GUARDIAN, &IJury::setLanePausedCall { paused: false });
    let required = world.account(OWNER);
    assert_eq!(unpause, same(&IJury::Unauthorized { caller: world.account(GUARDIAN), required }));
    let done = world.by(OWNER, &IJury::setGuardianCall { account: world.account(STRANGER) });
    assert_eq!(event::<IJury::GuardianSet, _>(&done).guardian, world.account(STRANGER));
    world.by(STRANGER, &IJury::setLanePausedCall { paused: true });
    // What the lane refuses with is passed on as it came.
    world.place(LANE, REVERTS);
    let refused = world.reverted(OWNER, &IJury::setLaneConfigCall { noReveal: 5, badReveal: 6, noResultGasCapBps: 7 });
    assert!(matches!(refused, Refused::Other(data) if data.is_empty()));
}

#[tokio::test]
async fn ownership_passes_in_two_steps() {
    let world = World::start().await;
    let (owner, candidate) = (world.account(OWNER), world.account(CANDIDATE));
    let done = world.by(OWNER, &IJury::transferOwnershipCall { candidate });
    let said: IJury::OwnershipTransferStarted = event(&done);
    assert_eq!((said.owner, said.candidate, world.get(&IJury::ownerCall {})), (owner, candidate, owner));
    let done = world.by(CANDIDATE, &IJury::acceptOwnershipCall {});
    let said: IJury::OwnershipTransferred = event(&done);
    assert_eq!((said.previous, said.owner, world.get(&IJury::ownerCall {})), (owner, candidate, candidate));
    let refused = world.refused(OWNER, &IJury::openCall {});
    assert!(matches!(refused, ContractError::Unauthorized(error) if error.required == candidate));
}
