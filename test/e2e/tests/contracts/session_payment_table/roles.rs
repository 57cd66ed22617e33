//! Who may call what: each role tries each function.

use std::collections::BTreeSet;

use alloy::{
    primitives::{Address, B256, keccak256},
    sol_types::{SolCall, SolEvent},
};
use cor_adapters::deploy::default_prices;
use cor_kit::{
    goldens, paths,
    solo::{Refused, START_SECS},
};
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, PriceVersion},
};

use super::world::{DAY, World, inputs, logs, model};

/// Who calls. `candidate` was offered ownership.
const ROLES: [&str; 3] = ["owner", "candidate", "stranger"];

fn account(world: &World, role: &str) -> Address {
    world.solo.account(match role {
        "owner" => 0,
        "candidate" => 3,
        _ => 7,
    })
}

/// A function and a call of it that is due and right, so that nothing but the caller can be against it.
struct Row {
    name: &'static str,
    selector: [u8; 4],
    data: Vec<u8>,
}

fn row<C: SolCall>(call: &C) -> Row {
    Row { name: C::SIGNATURE.split('(').next().unwrap_or_default(), selector: C::SELECTOR, data: call.abi_encode() }
}

fn priced(day: u64) -> Table::publishCall {
    Table::publishCall { price: PriceVersion { effectiveAt: START_SECS + day * DAY, ..default_prices() } }
}

/// Every function; version 2 is ahead, and model 2 is to go.
fn rows(world: &World) -> Vec<Row> {
    vec![
        row(&priced(2)),
        row(&Table::cancelVersionCall { version: 2 }),
        row(&model(5, 0)),
        row(&Table::cancelModelChangeCall { modelIdentifier: 2 }),
        row(&Table::transferOwnershipCall { candidate: world.solo.account(7) }),
        row(&Table::acceptOwnershipCall {}),
        row(&Table::quoteCall { inputs: inputs() }),
        row(&Table::quoteAtCall { version: 2, inputs: inputs() }),
        row(&Table::tariffCall { terms: B256::ZERO }),
        row(&Table::getVersionCall { version: 2 }),
        row(&Table::currentVersionCall {}),
        row(&Table::latestVersionCall {}),
        row(&Table::minDelaySecsCall {}),
        row(&Table::getModelCall { modelIdentifier: 1 }),
        row(&Table::getModelChangeCall { modelIdentifier: 2 }),
        row(&Table::ownerCall {}),
    ]
}

/// What happens when a role sends a call: `ok`, or the error, of `Unauthorized` with the role that would do.
fn outcome(world: &World, role: &str, data: &[u8]) -> String {
    let from = account(world, role);
    match world.solo.undoing(|| world.solo.transact(from, world.table, data.to_vec())) {
        Ok(_) => "ok".to_owned(),
        Err(Refused::Known(ContractError::Unauthorized(error))) => {
            assert_eq!(error.caller, from);
            let required = ROLES.into_iter().find(|role| account(world, role) == error.required);
            format!("Unauthorized({})", required.unwrap_or("?"))
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
    world.by(0, &Table::transferOwnershipCall { candidate: account(&world, "candidate") });
    world.by(0, &priced(1));
    world.by(0, &Table::setModelCall { enabled: false, ..model(2, 1) });
    let rows = rows(&world);

    let abi = std::fs::read_to_string(paths::repository("test/goldens/abi/SessionPaymentTable.txt")).expect("the ABI is there");
    let tried: BTreeSet<_> = rows.iter().map(|row| row.selector.to_vec()).collect();
    assert_eq!(tried, selectors(&abi), "each function is tried");

    let mut table = line("", ROLES.map(str::to_owned));
    for row in &rows {
        table += &line(row.name, ROLES.map(|role| outcome(&world, role, &row.data)));
    }
    goldens::assert_text("permissions/session-payment-table.txt", &table);
}

/// Selectors of an ABI's functions: a line is `function name(types) view returns (types)`.
fn selectors(abi: &str) -> BTreeSet<Vec<u8>> {
    let signature = |line: &str| line.split(" returns").next().unwrap_or_default().trim_end_matches(" view").to_owned();
    let functions = abi.lines().filter_map(|line| line.strip_prefix("function "));
    functions.map(|line| keccak256(signature(line))[..4].to_vec()).collect()
}

#[tokio::test]
async fn ownership_passes_in_two_steps() {
    let world = World::start().await;
    let (owner, candidate) = (account(&world, "owner"), account(&world, "candidate"));
    let done = world.by(0, &Table::transferOwnershipCall { candidate });
    assert_eq!(logs(&done), [Table::OwnershipTransferStarted { owner, candidate }.encode_log_data()]);
    assert_eq!(world.get(&Table::ownerCall {}), owner, "an offer is not a transfer");
    let done = world.by(3, &Table::acceptOwnershipCall {});
    assert_eq!(logs(&done), [Table::OwnershipTransferred { previous: owner, owner: candidate }.encode_log_data()]);
    assert_eq!(world.get(&Table::ownerCall {}), candidate);
    let refused = cor_sol::runtime::IRuntime::Unauthorized { caller: owner, required: candidate };
    assert_eq!(world.refused(0, &model(5, 0)), ContractError::Unauthorized(refused));
}
