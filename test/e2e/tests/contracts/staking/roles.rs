//! Who may call what of Staking: each role tries each function.

use cor_kit::{COR, goldens, paths};
use cor_sol::staking::IStaking;

use super::world::{FREE, GUARDIAN, NODE, OTHER, OWNER, SLASHERS, STAKER, UNBONDING, World, slash, wei};
use crate::support::{permissions, trial};

#[tokio::test]
async fn golden_permissions() {
    let world = World::start().await;
    let [node, leaving] = [world.account(NODE), world.account(FREE)];
    for node in [node, leaving] {
        world.stake_node(STAKER, node);
    }
    world.by(STAKER, &IStaking::unbondNodeCall { node: leaving });
    (0..=FREE + 1).for_each(|index| world.fund(index, 100 * COR));
    world.by(STAKER, &IStaking::stakeCall { amount: wei(10 * COR) });
    world.by(STAKER, &IStaking::unbondCall { amount: wei(COR) });
    world.solo.pass(UNBONDING);
    world.by(SLASHERS[0], &slash(node, COR));
    world.by(OWNER, &IStaking::transferOwnershipCall { candidate: world.account(FREE + 1) });
    let roles = [
        ("owner", OWNER),
        ("candidate", FREE + 1),
        ("guardian", GUARDIAN),
        ("slasher", SLASHERS[0]),
        ("staker", STAKER),
        ("node", NODE),
        ("stranger", OTHER),
    ];
    let roles = roles.map(|(role, index)| (role, world.account(index)));
    let (stranger, slasher) = (world.account(OTHER), world.account(SLASHERS[0]));
    let trials = vec![
        trial("", &IStaking::acceptStakerCall { staker: stranger }),
        trial("", &IStaking::stakeNodeCall { node, amount: wei(COR) }),
        trial("", &IStaking::unbondNodeCall { node }),
        trial("", &IStaking::withdrawNodeCall { node: leaving }),
        trial("", &IStaking::withdrawNodesCall { nodes: vec![leaving, node] }),
        trial("", &IStaking::setPayoutCall { node, to: stranger }),
        trial("", &IStaking::stakeCall { amount: wei(COR) }),
        trial("", &IStaking::unbondCall { amount: wei(COR) }),
        trial("", &IStaking::withdrawCall {}),
        trial("", &slash(node, COR)),
        trial("", &IStaking::sweepSlashedCall {}),
        trial("", &IStaking::proposeModuleCall { module: stranger, cap: wei(1) }),
        trial("", &IStaking::closeModuleCall { module: slasher }),
        trial("(lower)", &IStaking::setModuleCapCall { module: slasher, cap: wei(1) }),
        trial("(higher)", &IStaking::setModuleCapCall { module: slasher, cap: wei(u128::MAX) }),
        trial("", &IStaking::setNodePoolCall { pool: stranger }),
        trial("", &IStaking::setTreasuryCall { sessionPayment: stranger }),
        trial("", &IStaking::setGuardianCall { account: stranger }),
        trial("", &IStaking::openCall {}),
        trial("", &IStaking::transferOwnershipCall { candidate: stranger }),
        trial("", &IStaking::acceptOwnershipCall {}),
    ];
    let abi = std::fs::read_to_string(paths::repository("test/goldens/abi/Staking.txt")).expect("the ABI is there");
    let table = permissions(&world.solo, world.staking, &abi, &roles, trials);
    goldens::assert_text("permissions/staking.txt", &table);
}
