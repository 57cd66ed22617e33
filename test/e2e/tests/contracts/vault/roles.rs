//! Who may call what: each role tries each function of the ABI.

use std::collections::BTreeSet;

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol_types::SolCall,
};
use cor_kit::{goldens, paths, solo::Refused};
use cor_sol::{
    ContractError,
    cor::ICor,
    vault::IVault::{self as Vault},
};

use super::world::{CANDIDATE, DELAY_SECS, FOREVER, FRUGAL, GUARDIAN, OWNER, STRANGER, World, cor, forwardCall, logged, same};

/// Who calls. `candidate` was offered ownership; the modules are active, closing, proposed and unknown; `account` has free money as all have.
const ROLES: [&str; 9] = ["owner", "guardian", "candidate", "active", "closing", "proposed", "unknown", "account", "stranger"];

/// Index of a role's module, or else of its account.
fn place(role: &str) -> Result<usize, usize> {
    match role {
        "active" => Ok(0),
        "closing" => Ok(1),
        "proposed" => Ok(2),
        "unknown" => Ok(3),
        "owner" => Err(OWNER),
        "guardian" => Err(GUARDIAN),
        "candidate" => Err(CANDIDATE),
        "account" => Err(2),
        _ => Err(STRANGER),
    }
}

fn address(world: &World, role: &str) -> Address {
    place(role).map_or_else(|account| world.account(account), |module| world.module(module))
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

/// Every function.
fn rows(world: &World) -> Vec<Row> {
    let (one, account, active) = (U256::from(1), world.account(2), world.module(0));
    let salt = B256::repeat_byte(7);
    let funding = world.signed_funding(FRUGAL, 0, one, salt);
    vec![
        row("", &Vault::depositCall { amount: one }),
        row("", &Vault::depositForCall { account, amount: one }),
        row("", &world.permitted(FRUGAL, account, one, U256::MAX, 0)),
        row("", &world.signed(FRUGAL, one, salt, FOREVER).deposit()),
        row("", &Vault::withdrawCall { amount: one }),
        row("", &Vault::withdrawToCall { to: account, amount: one }),
        row("", &world.funding(0, 2, one)),
        row("", &Vault::depositAndFundCall { module: active, beneficiary: account, amount: one }),
        row("", &funding.fund(active, salt)),
        row("", &Vault::payOutCall { to: account, amount: one }),
        row("", &Vault::releaseCall { account, amount: one }),
        row("", &Vault::payTreasuryCall { amount: one }),
        row("", &Vault::fundTreasuryCall { amount: one }),
        row("", &Vault::withdrawTreasuryCall { to: account, amount: one }),
        row("", &Vault::proposeModuleCall { module: world.module(3), cap: one }),
        row("", &Vault::closeModuleCall { module: active }),
        row("(lower)", &Vault::setModuleCapCall { module: active, cap: one }),
        row("(higher)", &Vault::setModuleCapCall { module: active, cap: U256::MAX }),
        row("", &Vault::setGuardianCall { account }),
        row("(again)", &Vault::openCall {}),
        row("", &Vault::transferOwnershipCall { candidate: account }),
        row("", &Vault::acceptOwnershipCall {}),
        row("", &Vault::freeOfCall { account }),
        row("", &Vault::bookOfCall { module: active }),
        row("", &Vault::moduleOfCall { module: active }),
        row("", &Vault::treasuryCall {}),
        row("", &Vault::totalHeldCall {}),
        row("", &Vault::tokenCall {}),
        row("", &Vault::moduleDelaySecsCall {}),
        row("", &Vault::isOpenCall {}),
        row("", &Vault::guardianCall {}),
        row("", &Vault::ownerCall {}),
    ]
}

/// What happens when a role sends a call: `ok`, or the error, of `Unauthorized` with the role that would do.
fn outcome(world: &World, role: &str, data: &[u8]) -> String {
    let (from, to, data) = match place(role) {
        Ok(module) => (world.account(STRANGER), world.module(module), world.forwarded(data.to_vec())),
        Err(account) => (world.account(account), world.vault, data.to_vec()),
    };
    match world.solo.undoing(|| world.solo.transact(from, to, data)) {
        Ok(_) => "ok".to_owned(),
        Err(Refused::Known(ContractError::Unauthorized(error))) => {
            assert_eq!(error.caller, address(world, role));
            let required = ROLES.into_iter().find(|role| address(world, role) == error.required);
            format!("Unauthorized({})", required.unwrap_or(if error.required.is_zero() { "0" } else { "?" }))
        }
        Err(Refused::Known(error)) => error.name().to_owned(),
        Err(Refused::Other(data)) => format!("revert {data}"),
    }
}

fn line(name: &str, cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|cell| format!(" {cell:<23}"));
    format!("{name:<24}{}", cells.collect::<String>()).trim_end().to_owned() + "\n"
}

/// Everybody has tokens which the vault may take, and free money; the two modules that ever were active have a book.
async fn peopled() -> World {
    let world = World::start().await;
    world.filled();
    world.by(3, &Vault::fundTreasuryCall { amount: cor(1) });
    for role in ROLES {
        let account = address(&world, role);
        world.by(4, &Vault::depositForCall { account, amount: cor(1) });
        world.solo.ok(world.account(OWNER), world.token, &ICor::mintCall { to: account, value: cor(1) });
        if let Ok(module) = place(role) {
            let approve = ICor::approveCall { spender: world.vault, value: U256::MAX }.abi_encode();
            let call = forwardCall { to: world.token, data: approve.into() };
            world.solo.ok(world.account(STRANGER), world.module(module), &call);
        }
    }
    world.by(OWNER, &Vault::closeModuleCall { module: world.module(1) });
    world.by(OWNER, &Vault::proposeModuleCall { module: world.module(2), cap: cor(1) });
    world.by(OWNER, &Vault::transferOwnershipCall { candidate: world.account(CANDIDATE) });
    world
}

#[tokio::test]
async fn golden_permissions() {
    let world = peopled().await;
    let rows = rows(&world);
    let abi = std::fs::read_to_string(paths::repository("test/goldens/abi/Vault.txt")).expect("the ABI is there");
    let functions = abi.lines().filter_map(|line| line.strip_prefix("function "));
    let signature = |line: &str| line.split(" returns").next().unwrap_or_default().trim_end_matches(" view").to_owned();
    let all: BTreeSet<_> = functions.map(|line| keccak256(signature(line))[..4].to_vec()).collect();
    let tried: BTreeSet<_> = rows.iter().map(|row| row.selector.to_vec()).collect();
    assert_eq!(tried, all, "each function is tried");
    let mut table = line("", ROLES.map(str::to_owned));
    for row in &rows {
        table += &line(&row.name, ROLES.map(|role| outcome(&world, role, &row.data)));
    }
    goldens::assert_text("permissions/vault.txt", &table);
}

/// Setting up is the owner's too.
#[tokio::test]
async fn who_sets_up() {
    let world = World::closed().await;
    let module = world.module(0);
    let calls = [
        Vault::openCall {}.abi_encode(),
        Vault::proposeModuleCall { module, cap: cor(1) }.abi_encode(),
        Vault::closeModuleCall { module }.abi_encode(),
        Vault::setModuleCapCall { module, cap: U256::ZERO }.abi_encode(),
        Vault::setGuardianCall { account: module }.abi_encode(),
    ];
    for data in calls {
        // Nobody is guardian yet.
        for role in ["guardian", "candidate", "active", "account", "stranger"] {
            assert_eq!(outcome(&world, role, &data), "Unauthorized(owner)");
        }
    }
}

#[tokio::test]
async fn ownership_passes_in_two_steps() {
    let world = World::start().await;
    let (owner, candidate) = (world.account(OWNER), world.account(CANDIDATE));
    let done = world.by(OWNER, &Vault::transferOwnershipCall { candidate });
    assert_eq!(world.own_logs(&done), [logged(&Vault::OwnershipTransferStarted { owner, candidate })]);
    assert_eq!(world.get(&Vault::ownerCall {}), owner, "an offer is not a transfer");
    let done = world.by(CANDIDATE, &Vault::acceptOwnershipCall {});
    assert_eq!(world.own_logs(&done), [logged(&Vault::OwnershipTransferred { previous: owner, owner: candidate })]);
    assert_eq!(world.get(&Vault::ownerCall {}), candidate);
    world.by(CANDIDATE, &Vault::closeModuleCall { module: world.module(0) });
    let refused = same(&Vault::Unauthorized { caller: owner, required: candidate });
    assert_eq!(world.refused(OWNER, &Vault::closeModuleCall { module: world.module(1) }), refused);
}

/// The guardian comes and goes at once, since it can only narrow.
#[tokio::test]
async fn guardians_come_and_go() {
    let world = World::start().await;
    let (first, second) = (world.account(GUARDIAN), world.account(STRANGER));
    assert_eq!(world.get(&Vault::guardianCall {}), first);
    let done = world.by(OWNER, &Vault::setGuardianCall { account: second });
    assert_eq!(world.own_logs(&done), [logged(&Vault::GuardianSet { guardian: second })]);
    let close = Vault::closeModuleCall { module: world.module(0) };
    let refused = same(&Vault::Unauthorized { caller: first, required: world.account(OWNER) });
    assert_eq!(world.refused(GUARDIAN, &close), refused);
    world.by(STRANGER, &close);
    world.by(OWNER, &Vault::setGuardianCall { account: Address::ZERO });
    assert_eq!(world.get(&Vault::guardianCall {}), Address::ZERO);
    world.solo.pass(DELAY_SECS);
    let refused = same(&Vault::Unauthorized { caller: second, required: world.account(OWNER) });
    assert_eq!(world.refused(STRANGER, &Vault::closeModuleCall { module: world.module(1) }), refused);
}
