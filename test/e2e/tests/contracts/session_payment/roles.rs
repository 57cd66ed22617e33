//! Who may call what: each role tries each function.

use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolEvent},
};
use cor_kit::solo::Refused;
use cor_sol::{ContractError, session_payment::ISessionPayment as Payment};

use super::world::{World, inputs};

/// Owner, queue, payer, candidate for ownership, and somebody.
const ROLES: [usize; 5] = [0, 1, 2, 3, 7];

/// Which of the accounts is refused for who it is, and who would not be.
fn unauthorized<C: SolCall>(world: &World, call: &C) -> Vec<(usize, Address)> {
    let mut refused = Vec::new();
    for index in ROLES {
        world.solo.undoing(|| {
            if let Err(Refused::Known(ContractError::Unauthorized(error))) = world.try_by(index, call) {
                assert_eq!(error.caller, world.account(index));
                refused.push((index, error.required));
            }
        });
    }
    refused
}

#[tokio::test]
async fn each_role_tries_each_function() {
    let world = World::start().await;
    let (owner, queue, payer, candidate) = (world.account(0), world.account(1), world.account(2), world.account(3));
    world.by(0, &Payment::transferOwnershipCall { candidate });
    world.by(2, &Payment::depositCall { amount: U256::from(1) });
    let all_but = |index: usize| {
        ROLES.into_iter().filter(|role| *role != index).map(|role| (role, world.account(index))).collect::<Vec<_>>()
    };
    let one = U256::from(1);

    let reserve = Payment::reserveCall { taskId: 1, payer, inputs: inputs(), maxCharge: u128::MAX };
    assert_eq!(unauthorized(&world, &reserve), all_but(1));
    assert_eq!(unauthorized(&world, &Payment::chargeCall { taskId: 1, miners: vec![], keeper: owner }), all_but(1));
    assert_eq!(unauthorized(&world, &Payment::refundCall { taskId: 1, keeper: owner }), all_but(1));
    assert_eq!(unauthorized(&world, &world.wiring()), all_but(0));
    assert_eq!(unauthorized(&world, &Payment::withdrawTreasuryCall { to: owner, amount: one }), all_but(0));
    assert_eq!(unauthorized(&world, &Payment::transferOwnershipCall { candidate: queue }), all_but(0));
    assert_eq!(unauthorized(&world, &Payment::acceptOwnershipCall {}), all_but(3));

    assert_eq!(unauthorized(&world, &Payment::depositCall { amount: one }), []);
    assert_eq!(unauthorized(&world, &Payment::depositForCall { payer, amount: one }), []);
    assert_eq!(unauthorized(&world, &Payment::withdrawCall { amount: one }), []);
    assert_eq!(unauthorized(&world, &Payment::withdrawEarningsCall {}), []);
    assert_eq!(unauthorized(&world, &Payment::withdrawEarningsForCall { account: payer }), []);
    assert_eq!(unauthorized(&world, &Payment::fundTreasuryCall { amount: one }), []);
}

#[tokio::test]
async fn ownership_passes_in_two_steps() {
    let world = World::start().await;
    let (owner, candidate) = (world.account(0), world.account(3));
    let done = world.by(0, &Payment::transferOwnershipCall { candidate });
    assert_eq!(world.own_logs(&done), [Payment::OwnershipTransferStarted { owner, candidate }.encode_log_data()]);
    assert_eq!(world.get(&Payment::ownerCall {}), owner, "an offer is not a transfer");
    let done = world.by(3, &Payment::acceptOwnershipCall {});
    assert_eq!(world.own_logs(&done), [Payment::OwnershipTransferred { previous: owner, owner: candidate }.encode_log_data()]);
    assert_eq!(world.get(&Payment::ownerCall {}), candidate);
    world.by(3, &world.wiring());
    let error = world.refused(0, &world.wiring());
    assert!(matches!(error, ContractError::Unauthorized(error) if error.required == candidate));
}
