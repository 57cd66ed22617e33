//! Who may call what of NodePool: each role tries each function.

use cor_kit::{goldens, paths};
use cor_sol::node_pool::INodePool;

use crate::{
    staking::world::{FREE, NODE, OPERATOR, OTHER, OWNER, STAKER, World},
    support::{permissions, trial},
};

/// As it should be, draining, stopped, and gone after that.
const NODES: [usize; 4] = [NODE, FREE, FREE + 1, FREE + 3];

/// Nodes of one operator and one staker: one as it should be, one draining, one that its staker stopped, and one that left the pool after that. That Staking
/// itself may call `stakeLeft`, which no account may, is seen wherever stake unbonds.
#[tokio::test]
async fn golden_permissions() {
    let world = World::start().await;
    let [node, draining, stopped, gone] = NODES.map(|index| world.account(index));
    for index in NODES {
        world.stake_node(STAKER, world.account(index));
        world.register(index, OPERATOR);
    }
    world.in_pool(FREE, &INodePool::drainCall { node: draining });
    for node in [stopped, gone] {
        world.in_pool(STAKER, &INodePool::drainCall { node });
    }
    world.in_pool(OTHER, &INodePool::deregisterForCall { node: gone });
    world.in_pool(OWNER, &INodePool::transferOwnershipCall { candidate: world.account(FREE + 2) });
    let roles = [
        ("owner", OWNER),
        ("candidate", FREE + 2),
        ("node", NODE),
        ("draining", FREE),
        ("stopped", FREE + 1),
        ("gone", FREE + 3),
        ("operator", OPERATOR),
        ("staker", STAKER),
        ("stranger", OTHER),
    ];
    let roles = roles.map(|(role, index)| (role, world.account(index)));
    let (stranger, operator) = (world.account(OTHER), world.account(OPERATOR));
    let register = INodePool::registerCall { operator, models: vec![1], capacity: 1, hardwareClass: 0, version: 1_000 };
    let trials = vec![
        trial("", &INodePool::consentCall { node: stranger, allowed: true }),
        trial("", &register),
        trial("", &INodePool::deregisterCall {}),
        trial("", &INodePool::deregisterForCall { node }),
        trial("(draining)", &INodePool::deregisterForCall { node: draining }),
        trial("", &INodePool::drainCall { node }),
        trial("", &INodePool::stakeLeftCall { node }),
        trial("", &INodePool::setSpecCall { models: vec![2], capacity: 2 }),
        trial("", &INodePool::setVersionCall { version: 2_000 }),
        trial("", &INodePool::pingCall {}),
        trial("(stopped)", &INodePool::deregisterForCall { node: stopped }),
        trial("", &INodePool::resumeCall {}),
        trial("(draining)", &INodePool::resumeForCall { node: draining }),
        trial("(stopped)", &INodePool::resumeForCall { node: stopped }),
        trial("(gone)", &INodePool::resumeForCall { node: gone }),
        trial("", &INodePool::setMinNodeVersionCall { version: 1 }),
        trial("", &INodePool::setStakingCall { peer: stranger }),
        trial("", &INodePool::openCall {}),
        trial("", &INodePool::transferOwnershipCall { candidate: stranger }),
        trial("", &INodePool::acceptOwnershipCall {}),
    ];
    let abi = std::fs::read_to_string(paths::repository("test/goldens/abi/NodePool.txt")).expect("the ABI is there");
    let table = permissions(&world.solo, world.pool, &abi, &roles, trials);
    goldens::assert_text("permissions/node-pool.txt", &table);
}
