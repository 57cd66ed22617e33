//! The lens on a lane whose tasks, accounts and settings are known from its events and calls.

use alloy::{
    primitives::{Address, B256},
    sol_types::{SolCall, SolInterface, SolValue},
};
use cor_kit::{goldens, solo::Refused};
use cor_sol::{
    lane::ILane,
    lens::ILens::{self, ILensCalls},
};

use crate::lane::world::{CAP_BPS, LAST_CALL_SECS, PENALTIES, World, event, logs, submitted, terms};

struct Seen {
    world: World,
    lens: Address,
}

impl Seen {
    fn through(world: World) -> Self {
        let lens = world.solo.deploy("Lens", &(world.lane,).abi_encode_params());
        Self { world, lens }
    }

    fn get<C: SolCall>(&self, call: &C) -> C::Return {
        self.world.solo.get(self.lens, call)
    }

    fn account(&self, account: Address) -> (u64, u64) {
        let seen = self.get(&ILens::accountOfCall { account });
        (seen.available, seen.earned)
    }

    fn task(&self, payer: Address, sequence: u64) -> ILens::taskOfReturn {
        self.get(&ILens::taskOfCall { payer, sequence })
    }
}

#[tokio::test]
async fn it_says_what_the_lane_says() {
    let seen = Seen::through(World::start().await);
    let world = &seen.world;
    assert_eq!((seen.get(&ILens::laneCall {}), seen.get(&ILens::governorCall {})), (world.lane, world.account(0)));
    let config = || seen.get(&ILens::configCall {});
    let now = config();
    assert_eq!((now.noReveal, now.badReveal, now.noResultGasCapBps, now.paused), (PENALTIES.0, PENALTIES.1, CAP_BPS, false));
    world.by(0, &World::config(true));
    assert!(config().paused);
    world.by(0, &ILane::setConfigCall { noReveal: u64::MAX, badReveal: 1 << 63, noResultGasCapBps: 0x1234, paused: false });
    let now = config();
    assert_eq!((now.noReveal, now.badReveal, now.noResultGasCapBps, now.paused), (u64::MAX, 1 << 63, 0x1234, false));
    let keepers = [world.account(1), world.account(5)].map(|account| seen.get(&ILens::isKeeperCall { account }));
    assert_eq!(keepers, [true, false]);

    let (payer, word) = (world.account(2), terms(3, 5_001));
    let session = world.session(3, 5_001);
    assert_eq!((seen.get(&ILens::sessionCountCall {}), session), (1, 1));
    let is_session = |session, owner, terms| seen.get(&ILens::isSessionCall { session, owner, terms });
    assert!(is_session(1, payer, word) && !is_session(2, payer, word));
    assert!(!is_session(1, world.account(4), word) && !is_session(1, payer, terms(5, 5_001)));
    let pinned = world.by(5, &ILane::pinTariffCall { terms: word }).returned;
    assert_eq!((seen.get(&ILens::tariffOfCall { terms: word }), pinned.is_zero()), (pinned, false));
    assert_eq!(seen.get(&ILens::tariffOfCall { terms: B256::ZERO }), B256::ZERO);
    let before = seen.account(payer).0;
    let task = submitted(&logs(world, &world.by(2, &World::submission(session, word, 7))));
    assert_eq!(seen.account(payer), (before - task.charged, 0));
    let open = seen.task(payer, 7);
    assert_eq!((open.phase, open.status, open.replicas, open.keeper), (1, 0, 3, Address::ZERO));
    assert_eq!((open.seal, open.lastCall, open.seats), (world.words(&task).1, false, 0));
    assert_eq!(seen.task(payer, 8).phase, 0);
    let done = world.by(1, &world.completion(&task, &[0, 1, 2], &["VALID", "VALID", "INVALID"]));
    let ended: ILane::TaskEnded = event(&logs(world, &done));
    let over = seen.task(payer, 7);
    assert_eq!((over.phase, over.status, over.deadline, over.seats), (4, 1, open.deadline, ended.seats));
    assert_eq!((over.keeper.as_slice(), over.seal), (&world.words(&task).0[12..], B256::ZERO));
    assert_eq!(seen.account(world.miner(0)), (0, ended.perMiner));
    assert_eq!(seen.account(world.account(1)), (ended.toKeeper, 0));
    assert_eq!(seen.get(&ILens::treasuryCall {}), ended.toTreasury);
    world.by(2, &ILane::closeSessionCall { session, terms: word });
    assert!(!is_session(1, payer, word));
}

#[tokio::test]
async fn it_knows_a_last_call_and_a_penalty_that_is_owed() {
    let seen = Seen::through(World::without_a_slasher().await);
    let world = &seen.world;
    let mut task = world.task(3, 5_001, 1);
    world.start_all(&mut task, &[0, 1, 2], &[Some("VALID"), Some("INVALID"), Some("VALID")]);
    world.solo.pass(90);
    let called = World::finishing(&task, &[(0, "VALID"), (1, "INVALID")]);
    world.on(5, &mut task, &called);
    let open = seen.task(task.payer, 1);
    assert_eq!((open.phase, open.lastCall, open.replicas, open.keeper), (3, true, 3, world.account(1)));
    world.solo.pass(LAST_CALL_SECS);
    let done = world.by(5, &World::finishing(&task, &[]));
    let owed: ILane::SlashOwed = event(&logs(world, &done));
    assert_eq!((owed.node, owed.reason, owed.amount), (world.miner(2), 1, PENALTIES.0));
    let owed_of = |node, reason| seen.get(&ILens::owedOfCall { task: task.id, node, reason });
    assert_eq!(owed_of(owed.node, 1), PENALTIES.0);
    assert_eq!((owed_of(owed.node, 2), owed_of(world.miner(0), 1)), (0, 0));
    world.name_the_slasher();
    world.by(5, &ILane::slashAgainCall { task: task.id, node: owed.node, reason: 1 });
    assert_eq!(owed_of(owed.node, 1), 0);
}

/// There is nothing to be allowed: every function reads.
#[tokio::test]
async fn golden_permissions_and_refusals() {
    let seen = Seen::through(World::start().await);
    let solo = &seen.world.solo;
    let mut names: Vec<String> =
        ILensCalls::selectors().filter_map(ILensCalls::name_by_selector).map(|name| format!("{name:<20} Anyone\n")).collect();
    names.sort_unstable();
    goldens::assert_text("permissions/lens.txt", &names.concat());
    let nobody = solo.construct(solo.place("Lens"), &(Address::ZERO,).abi_encode_params());
    let zero = ILens::ZeroAddress {};
    let expected = cor_sol::decode_revert(&alloy::sol_types::SolError::abi_encode(&zero));
    assert_eq!(nobody.map(|_| ()).map_err(Some), Err(expected.map(Refused::Known)));
    // A lane that is none: no view makes an answer up.
    let blind = solo.deploy("Lens", &(seen.world.account(5),).abi_encode_params());
    let refused = solo.view(blind, &ILens::treasuryCall {});
    assert!(matches!(&refused, Err(Refused::Other(data)) if data.is_empty()), "{refused:?}");
}
