//! Who may call what: each role tries each function. What pausing stops, and what it never does.

use std::collections::BTreeSet;

use alloy::{
    primitives::{Address, keccak256},
    sol_types::{SolCall, SolEvent},
};
use cor_kit::{goldens, paths, solo::Refused};
use cor_sol::{ContractError, session_queue::ISessionQueue as Queue};

use super::world::{World, digest, salt, same, submission, terms};

/// Who calls. `candidate` was offered ownership, `assigned` is a miner of each task, `miner` of none.
const ROLES: [&str; 8] = ["owner", "keeper", "payer", "guardian", "candidate", "assigned", "miner", "stranger"];

fn account(world: &World, role: &str) -> Address {
    match role {
        "owner" => world.owner(),
        "keeper" => world.keeper(),
        "payer" => world.payer(),
        "guardian" => world.solo.account(3),
        "candidate" => world.solo.account(4),
        "assigned" => world.miner(0),
        "miner" => world.miner(7),
        _ => world.stranger(),
    }
}

/// A call that is due and right, so that nothing but the caller can be against it.
struct Row {
    name: String,
    selector: [u8; 4],
    data: Vec<u8>,
}

fn row<C: SolCall>(remark: &str, call: &C) -> Row {
    let function = C::SIGNATURE.split('(').next().unwrap_or_default();
    Row { name: format!("{function}{remark}"), selector: C::SELECTOR, data: call.abi_encode() }
}

/// Every function that changes something, each on a task in the state that it is for.
fn rows(world: &World) -> Vec<Row> {
    let crew = [0, 1, 2];
    let answers = ["A", "A", "A"];
    let stranger = world.stranger();
    // Three tasks whose phases are over, then one for each phase that is not.
    let [ack_over, precommit_over] = [(); 2].map(|()| world.assigned(2, crew));
    let commit_over = world.bound(2, crew, answers);
    world.by(stranger, &world.acks(ack_over, &[0, 1]));
    world.by(stranger, &world.acks(precommit_over, &crew));
    world.by(stranger, &world.precommits(precommit_over, &[0, 1], &["A", "A"]));
    world.by(stranger, &world.commits(commit_over, &[0, 1], &["A", "A"]));
    world.solo.pass(40);
    let (queued, asked, taken) = (world.submit(2), world.assigned(2, crew), world.assigned(2, crew));
    world.by(stranger, &world.acks(taken, &crew));
    let bound = world.bound(2, crew, answers);
    let payer = world.payer();
    vec![
        row("", &Queue::createCall { params: terms(3) }),
        row("", &submission(2)),
        row("", &Queue::deactivateSessionCall { sessionId: 2 }),
        row("", &Queue::assignTaskCall { taskId: queued, miners: world.miners([4, 5, 6]) }),
        row("", &Queue::ackCall { taskId: asked }),
        row("", &world.acks(asked, &crew)),
        row("", &Queue::precommitCall { taskId: taken, commitment: digest("A") }),
        row("", &world.precommits(taken, &crew, &answers)),
        row("", &Queue::commitCall { taskId: bound, resultDigest: digest("A"), salt: salt(0) }),
        row("", &world.commits(bound, &crew, &answers)),
        row("", &world.report(bound, 0, "B")),
        row("", &Queue::endAckCall { taskId: ack_over }),
        row("", &Queue::endPrecommitCall { taskId: precommit_over }),
        row("", &Queue::endCall { taskId: commit_over }),
        row("", &Queue::setKeeperCall { keeper: payer, enabled: true }),
        row("", &Queue::setPenaltiesCall { noReveal: 1, badReveal: 1 }),
        row("", &Queue::setGuardianCall { account: payer }),
        row("(true)", &Queue::setPausedCall { paused: true }),
        row("(false)", &Queue::setPausedCall { paused: false }),
        row("", &world.wiring()),
        row("", &Queue::transferOwnershipCall { candidate: payer }),
        row("", &Queue::acceptOwnershipCall {}),
    ]
}

/// What happens when a role sends a call: `ok`, or the error, of `Unauthorized` with the role that would do.
fn outcome(world: &World, role: &str, data: &[u8]) -> String {
    let from = account(world, role);
    match world.solo.undoing(|| world.solo.transact(from, world.queue, data.to_vec())) {
        Ok(_) => "ok".to_owned(),
        Err(Refused::Known(ContractError::Unauthorized(error))) => {
            assert_eq!(error.caller, from);
            let required = ROLES.into_iter().find(|role| account(world, role) == error.required);
            format!("Unauthorized({})", required.unwrap_or(if error.required.is_zero() { "0" } else { "?" }))
        }
        Err(Refused::Known(error)) => error.name().to_owned(),
        Err(Refused::Other(data)) => format!("revert {data}"),
    }
}

fn line(name: &str, cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|cell| format!(" {cell:<23}"));
    format!("{name:<18}{}", cells.collect::<String>()).trim_end().to_owned() + "\n"
}

#[tokio::test]
async fn golden_permissions() {
    let world = World::start().await;
    world.by(world.owner(), &Queue::transferOwnershipCall { candidate: world.solo.account(4) });
    let rows = rows(&world);

    let abi = std::fs::read_to_string(paths::repository("test/goldens/abi/SessionQueue.txt")).expect("the ABI is there");
    let functions = abi.lines().filter_map(|line| line.strip_prefix("function ")).filter(|line| !line.contains(") view"));
    let signature = |line: &str| line.split(" returns").next().unwrap_or_default().to_owned();
    let changing: BTreeSet<_> = functions.map(|line| keccak256(signature(line))[..4].to_vec()).collect();
    let tried: BTreeSet<_> = rows.iter().map(|row| row.selector.to_vec()).collect();
    assert_eq!(tried, changing, "each function that changes something is tried");

    let mut table = line("", ROLES.map(str::to_owned));
    for row in &rows {
        table += &line(&row.name, ROLES.map(|role| outcome(&world, role, &row.data)));
    }
    goldens::assert_text("permissions/session-queue.txt", &table);
}

#[tokio::test]
async fn keepers_come_and_go() {
    let world = World::start().await;
    let (owner, first, second) = (world.owner(), world.keeper(), world.solo.account(6));
    let set = |keeper, enabled| {
        let done = world.by(owner, &Queue::setKeeperCall { keeper, enabled });
        assert_eq!(world.own_logs(&done), [Queue::KeeperSet { keeper, enabled }.encode_log_data()]);
        assert_eq!(world.get(&Queue::isKeeperCall { account: keeper }), enabled);
    };
    let assign = |task| Queue::assignTaskCall { taskId: task, miners: world.miners([0, 1, 2]) };
    let (one, two) = (world.submit(2), world.submit(2));
    world.by(first, &assign(one));
    world.by(second, &assign(two));
    set(first, false);
    let three = world.submit(2);
    let refused = same(&Queue::Unauthorized { caller: first, required: Address::ZERO });
    assert_eq!(world.refused(first, &assign(three)), refused);
    assert_eq!((world.task(one).keeper, world.task(two).keeper), (first, second), "each task remembers its keeper");
    // Who served is paid, also when it is no keeper any more.
    world.solo.pass(20);
    world.by(world.stranger(), &Queue::endCall { taskId: one });
    assert!(!world.earnings(first).is_zero());
    set(first, true);
    let third = world.stranger();
    assert!(!world.get(&Queue::isKeeperCall { account: third }));
    set(third, true);
    let four = world.submit(2);
    world.by(third, &assign(four));
    assert_eq!(world.task(four).keeper, third);
    let zero = same(&Queue::ZeroAddress {});
    assert_eq!(world.refused(owner, &Queue::setKeeperCall { keeper: Address::ZERO, enabled: true }), zero);
    world.assert_conserved();
}

/// A pause stops what binds new money, and nothing that gives money back.
#[tokio::test]
async fn pausing_stops_create_and_submit_only() {
    let world = World::start().await;
    let (owner, guardian) = (world.owner(), world.solo.account(3));
    assert_eq!(world.get(&Queue::guardianCall {}), guardian);
    let bound = world.bound(2, [0, 1, 2], ["A", "A", "A"]);
    let assigned = world.assigned(2, [0, 1, 2]);
    let queued = world.submit(2);
    let done = world.by(guardian, &Queue::setPausedCall { paused: true });
    assert_eq!(world.own_logs(&done), [Queue::PauseSet { paused: true }.encode_log_data()]);
    assert!(world.get(&Queue::pausedCall {}));

    let paused = same(&Queue::Paused {});
    assert_eq!(world.refused(world.payer(), &Queue::createCall { params: terms(3) }), paused);
    assert_eq!(world.refused(world.payer(), &submission(2)), paused);
    assert_eq!(world.get(&Queue::taskCountCall {}), 3, "the counters are as they were");
    assert_eq!(world.get(&Queue::sessionCountCall {}), 4);

    world.by(world.stranger(), &world.commits(bound, &[0, 1, 2], &["A", "A", "A"]));
    assert_eq!(world.by(world.stranger(), &Queue::endCall { taskId: bound }).returned, 1);
    world.by(world.stranger(), &world.acks(assigned, &[0]));
    world.by(world.keeper(), &Queue::assignTaskCall { taskId: queued, miners: world.miners([3, 4, 5]) });
    world.solo.pass(20);
    for task in [assigned, queued] {
        assert_eq!(world.by(world.stranger(), &Queue::endCall { taskId: task }).returned, 2);
    }
    world.assert_conserved();

    let only_owner = same(&Queue::Unauthorized { caller: guardian, required: owner });
    assert_eq!(world.refused(guardian, &Queue::setPausedCall { paused: false }), only_owner, "who stops may not allow");
    let done = world.by(owner, &Queue::setPausedCall { paused: false });
    assert_eq!(world.own_logs(&done), [Queue::PauseSet { paused: false }.encode_log_data()]);
    world.submit(2);

    let done = world.by(owner, &Queue::setGuardianCall { account: Address::ZERO });
    assert_eq!(world.own_logs(&done), [Queue::GuardianSet { guardian: Address::ZERO }.encode_log_data()]);
    assert_eq!(world.refused(guardian, &Queue::setPausedCall { paused: true }), only_owner);
}

#[tokio::test]
async fn ownership_passes_in_two_steps() {
    let world = World::empty().await;
    let (owner, candidate) = (world.owner(), world.solo.account(4));
    assert_eq!(world.get(&Queue::ownerCall {}), owner);
    let done = world.by(owner, &Queue::transferOwnershipCall { candidate });
    assert_eq!(world.own_logs(&done), [Queue::OwnershipTransferStarted { owner, candidate }.encode_log_data()]);
    assert_eq!(world.get(&Queue::ownerCall {}), owner, "an offer is not a transfer");
    let done = world.by(candidate, &Queue::acceptOwnershipCall {});
    let transferred = Queue::OwnershipTransferred { previous: owner, owner: candidate };
    assert_eq!(world.own_logs(&done), [transferred.encode_log_data()]);
    assert_eq!(world.get(&Queue::ownerCall {}), candidate);
    let done = world.by(candidate, &world.wiring());
    let (payment, pool, staking, table) = (world.payment, world.pool, world.staking, world.table);
    let wired = Queue::Wired { sessionPayment: payment, nodePool: pool, staking, table };
    assert_eq!(world.own_logs(&done), [wired.encode_log_data()]);
    for hole in 0..4 {
        let mut wiring = world.wiring();
        *[&mut wiring.sessionPayment, &mut wiring.nodePool, &mut wiring.staking, &mut wiring.table][hole] = Address::ZERO;
        assert_eq!(world.refused(candidate, &wiring), same(&Queue::ZeroAddress {}));
    }
}

/// The first owner is given, once, and is somebody.
#[tokio::test]
async fn construction() {
    let world = World::empty().await;
    let place = world.solo.place("SessionQueue");
    let argument = |owner: Address| owner.into_word();
    let nobody = world.solo.construct(place, argument(Address::ZERO).as_slice());
    assert_eq!(nobody, Err(Refused::Known(same(&Queue::ZeroAddress {}))));
    assert!(matches!(world.solo.construct(place, &[]), Err(Refused::Other(_))));
    world.solo.construct(place, argument(world.owner()).as_slice()).expect("the first time");
    assert!(matches!(world.solo.construct(place, argument(world.stranger()).as_slice()), Err(Refused::Other(_))));
    assert_eq!(world.solo.get(place, &Queue::ownerCall {}), world.owner());
}
