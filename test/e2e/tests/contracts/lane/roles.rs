//! Every function of the interface against every role: a function that is not listed here fails.

use std::{collections::BTreeSet, fmt::Write as _};

use alloy::{
    primitives::{B256, Bytes, U256},
    sol_types::{SolCall, SolInterface},
};
use cor_kit::{goldens, solo::Refused};
use cor_sol::{ContractError, lane::ILane};

use super::world::{World, terms};

/// Who may call a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Anyone,
    Governor,
    Vault,
}

fn rows(world: &World) -> Vec<(Role, Vec<u8>)> {
    let (payer, sequence, history) = (world.account(2), 1, Bytes::new());
    let someone = world.account(6);
    let terms = terms(3, 5_001);
    vec![
        (Role::Vault, ILane::creditedCall { account: someone, from: someone, amount: U256::ZERO }.abi_encode()),
        (Role::Anyone, ILane::releaseCall { amount: 1 }.abi_encode()),
        (Role::Anyone, ILane::payEarningsCall { miner: someone }.abi_encode()),
        (Role::Anyone, ILane::passTreasuryCall {}.abi_encode()),
        (Role::Anyone, ILane::createSessionCall { terms, metadata: B256::ZERO }.abi_encode()),
        (Role::Anyone, ILane::closeSessionCall { session: 1, terms }.abi_encode()),
        (Role::Anyone, ILane::pinTariffCall { terms }.abi_encode()),
        (Role::Anyone, World::submission(1, terms, 1).abi_encode()),
        (
            Role::Anyone,
            ILane::createAndSubmitCall {
                terms,
                metadata: B256::ZERO,
                sequence,
                maxCharge: 0,
                promptDigest: B256::ZERO,
                promptUrn: String::new(),
                clientReference: B256::ZERO,
            }
            .abi_encode(),
        ),
        // By a keeper or with its word: which is checked after the history, in `errors.rs`.
        (
            Role::Anyone,
            ILane::completeCall {
                payer,
                sequence,
                opening: history.clone(),
                answers: Bytes::new(),
                keeper: someone,
                assign: Bytes::new(),
            }
            .abi_encode(),
        ),
        (
            Role::Anyone,
            ILane::startCall {
                payer,
                sequence,
                opening: history.clone(),
                miners: Bytes::new(),
                keeper: someone,
                assign: Bytes::new(),
            }
            .abi_encode(),
        ),
        (
            Role::Anyone,
            ILane::precommitCall {
                payer,
                sequence,
                history: history.clone(),
                replica: 0,
                commitment: B256::ZERO,
                signature: Bytes::new(),
            }
            .abi_encode(),
        ),
        (Role::Anyone, ILane::revealCall { payer, sequence, history: history.clone(), reveals: Bytes::new() }.abi_encode()),
        (Role::Anyone, ILane::finishCall { payer, sequence, history: history.clone(), reveals: Bytes::new() }.abi_encode()),
        (
            Role::Anyone,
            ILane::reportCall {
                payer,
                sequence,
                history: history.clone(),
                replica: 0,
                resultDigest: B256::ZERO,
                salt: B256::ZERO,
                signature: Bytes::new(),
            }
            .abi_encode(),
        ),
        (
            Role::Anyone,
            ILane::reportSecondCall {
                payer,
                sequence,
                history: history.clone(),
                keeper: someone,
                replica: 0,
                commitment: B256::ZERO,
                signature: Bytes::new(),
            }
            .abi_encode(),
        ),
        (Role::Anyone, ILane::closeCall { payer, sequence, history }.abi_encode()),
        (Role::Governor, ILane::setKeeperCall { keeper: someone, enabled: true }.abi_encode()),
        (Role::Governor, World::config(true).abi_encode()),
        (Role::Anyone, ILane::slashAgainCall { task: B256::ZERO, node: someone, reason: 1 }.abi_encode()),
        (Role::Anyone, ILane::taskOfCall { payer, sequence }.abi_encode()),
        (Role::Anyone, ILane::extsloadCall { slots: vec![B256::ZERO] }.abi_encode()),
    ]
}

/// The function's name, by its selector.
fn name_of(data: &[u8]) -> &'static str {
    let selector = data.first_chunk().expect("a selector");
    ILane::ILaneCalls::name_by_selector(*selector).expect("a function of the interface")
}

#[tokio::test]
async fn golden_permissions() {
    let world = World::start().await;
    let rows = rows(&world);
    let listed: BTreeSet<[u8; 4]> = rows.iter().map(|(_, data)| data[..4].try_into().expect("a selector")).collect();
    assert_eq!(listed, ILane::ILaneCalls::selectors().collect(), "every function is listed");
    let mut table = String::new();
    for (role, data) in &rows {
        let name = name_of(data);
        writeln!(table, "{name:<20} {role:?}").expect("a string takes it");
    }
    goldens::assert_text("permissions/lane.txt", &table);
    let governor = world.account(0);
    let callers = [governor, world.account(1), world.account(2), world.account(5), world.miner(0), world.vault, world.staking];
    for peer in [world.vault, world.staking] {
        world.solo.enable(peer);
    }
    for (role, data) in rows {
        for caller in callers {
            let allowed = match role {
                Role::Anyone => true,
                Role::Governor => caller == governor,
                Role::Vault => caller == world.vault,
            };
            let refused = world.undoing(|| match world.solo.transact(caller, world.lane, data.clone()) {
                Ok(_) => false,
                Err(refused) => {
                    matches!(refused, Refused::Known(ContractError::Unauthorized(error)) if error.caller == caller)
                }
            });
            assert_eq!(refused, !allowed, "{role:?} {} by {caller}", Bytes::copy_from_slice(&data[..4]));
        }
    }
}
