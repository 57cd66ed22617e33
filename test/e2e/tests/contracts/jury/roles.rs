//! Who may call what of the jury: each role tries each function.

use cor_kit::{goldens, paths};
use cor_sol::{jury::IJury, node_pool::INodePool};

use super::world::{ANSWER_SECS, CANDIDATE, DISPUTE_SECS, GUARDIAN, KEEPER, LANE, MODEL, OTHER_KEEPER, OWNER, STRANGER, World};
use crate::support::{permissions, trial};

#[tokio::test]
async fn golden_permissions() {
    let world = World::start().await;
    world.by(OWNER, &IJury::transferOwnershipCall { candidate: world.account(CANDIDATE) });
    // One keeper has left long ago, and its bond is free.
    world.by(OTHER_KEEPER, &IJury::resignCall {});
    world.solo.pass(u64::from(DISPUTE_SECS));
    let (keeper, gone, stranger) = (world.account(KEEPER), world.account(OTHER_KEEPER), world.account(STRANGER));
    let node = world.node(0);
    world.solo.ok(world.node(1), world.pool, &INodePool::deregisterCall {});
    // Struck for what it has mended since, so that anyone brings it back.
    for models in [vec![MODEL + 1], vec![MODEL]] {
        world.solo.ok(world.node(2), world.pool, &INodePool::setSpecCall { models, capacity: 2 });
        let _ = world.solo.send(world.account(STRANGER), world.jury, &IJury::strikeCall { node: world.node(2), model: MODEL });
    }
    world.solo.pass(86_400);
    // A task with a node that was summoned and did not answer, and one that was served by others than were drawn.
    let open = world.task(1, 3);
    let slot = world.slot_of(node);
    world.by(KEEPER, &World::summons(&open, slot));
    let served = world.task(2, 3);
    let crew = world.forged(&world.drawn(&served, KEEPER), 0);
    world.serve(&served, KEEPER, &crew);
    world.to_epoch(world.epoch() + 1);
    world.reveal(KEEPER, world.epoch() - 1);
    world.solo.pass(u64::from(ANSWER_SECS));
    let number = world.solo.chain().block_number();
    world.remember(number, world.solo.chain().latest().hash);
    let late = world.task(3, 3);
    world.solo.pass(600);
    let roles = [
        ("owner", world.account(OWNER)),
        ("guardian", world.account(GUARDIAN)),
        ("candidate", world.account(CANDIDATE)),
        ("keeper", keeper),
        ("gone", gone),
        ("node", node),
        ("lane", LANE),
        ("stranger", stranger),
    ];
    world.solo.enable(LANE);
    let shown = world.epoch() - 1;
    let trials = vec![
        trial("", &IJury::enterCall { node: world.node(2), model: MODEL }),
        trial("", &IJury::leaveCall { node, model: MODEL }),
        trial("", &IJury::strikeCall { node: world.node(1), model: MODEL }),
        trial("", &World::summons(&late, slot)),
        trial("", &world.presence(&open, 0, vec![])),
        trial("(signed)", &world.presence(&open, 0, world.signed(0, open.id, &world.domain()))),
        trial("", &World::dismissal(&open, node)),
        trial("", &IJury::revealCall { keeper, epoch: shown, secret: world.secret(KEEPER, shown) }),
        trial("", &IJury::noteCall { number }),
        trial("", &world.challenge(&served, KEEPER, &crew)),
        trial("", &IJury::proposeCall { keeper: stranger }),
        trial("", &IJury::enrolCall { anchor: world.secret(KEEPER, shown), first: world.epoch() + 1 }),
        trial("", &IJury::renewCall { anchor: world.secret(KEEPER, shown), first: world.epoch() + 1 }),
        trial("", &IJury::resignCall {}),
        trial("", &IJury::dischargeCall { keeper }),
        trial("", &IJury::withdrawCall { keeper: gone }),
        trial("(again)", &IJury::setLaneCall { lane: LANE }),
        trial("(again)", &IJury::openCall {}),
        trial("", &IJury::setLaneConfigCall { noReveal: 1, badReveal: 2, noResultGasCapBps: 3 }),
        trial("(pause)", &IJury::setLanePausedCall { paused: true }),
        trial("(unpause)", &IJury::setLanePausedCall { paused: false }),
        trial("", &IJury::setGuardianCall { account: stranger }),
        trial("", &IJury::transferOwnershipCall { candidate: stranger }),
        trial("", &IJury::acceptOwnershipCall {}),
    ];
    let abi = std::fs::read_to_string(paths::repository("test/goldens/abi/Jury.txt")).expect("the ABI is there");
    let table = permissions(&world.solo, world.jury, &abi, &roles, trials);
    goldens::assert_text("permissions/jury.txt", &table);
}
