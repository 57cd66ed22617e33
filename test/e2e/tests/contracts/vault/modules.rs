//! Modules: how long they wait, how much they take, how they end, and what a hostile one, or a hostile owner, can do.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{SolCall, SolError},
};
use cor_kit::solo::{Refused, START_SECS};
use cor_sol::{
    ContractError,
    cor::ICor,
    vault::IVault::{self as Vault, VaultModule},
};

use super::world::{
    CAP, COR, CalledBack, DAY_SECS, DELAY_SECS, FOREVER, GUARDIAN, OWNER, STRANGER, USERS, Unwanted, WALLET, Way, World, cor,
    logged, same,
};

fn unknown() -> VaultModule {
    VaultModule { status: 0, activeAt: 0, closedAt: 0, cap: 0, left: 0, nextCap: 0, nextCapAt: 0, book: 0 }
}

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

/// Before it is open a module is active at once; afterwards after the delay, and not a second sooner.
#[tokio::test]
async fn a_module_is_active_after_the_delay() {
    let world = World::closed().await;
    let [early, late] = [world.module(0), world.module(1)];
    let done = world.by(OWNER, &Vault::proposeModuleCall { module: early, cap: cor(5) });
    let proposed = Vault::ModuleProposed { module: early, activeAt: START_SECS, cap: cor(5) };
    assert_eq!(world.own_logs(&done), [logged(&proposed)]);
    let active = VaultModule { status: 2, activeAt: START_SECS, cap: 5 * COR, left: 5 * COR, ..unknown() };
    assert_eq!(world.shown(0), active);
    world.by(OWNER, &Vault::openCall {});
    assert_eq!(world.shown(0), active, "what is active stays so");

    let at = START_SECS + DELAY_SECS;
    // A cap that no 256 bits are too wide for.
    let done = world.by(OWNER, &Vault::proposeModuleCall { module: late, cap: U256::MAX });
    let proposed = Vault::ModuleProposed { module: late, activeAt: at, cap: wei(u128::MAX) };
    assert_eq!(world.own_logs(&done), [logged(&proposed)]);
    assert_eq!(world.shown(1), VaultModule { status: 1, activeAt: at, cap: u128::MAX, left: u128::MAX, ..unknown() });
    let in_service = |module| same(&Vault::ModuleInService { module });
    assert_eq!(world.refused(OWNER, &Vault::proposeModuleCall { module: early, cap: cor(5) }), in_service(early));
    assert_eq!(world.refused(OWNER, &Vault::proposeModuleCall { module: late, cap: cor(5) }), in_service(late));
    let zero = Vault::proposeModuleCall { module: Address::ZERO, cap: cor(5) };
    assert_eq!(world.refused(OWNER, &zero), same(&Vault::ZeroAddress {}));

    world.by(2, &Vault::depositCall { amount: cor(10) });
    let not_yet = same(&Vault::ModuleNotActive { module: late, activeAt: at });
    assert_eq!(world.refused(2, &world.funding(1, 2, cor(1))), not_yet);
    let together = Vault::depositAndFundCall { module: late, beneficiary: world.account(2), amount: cor(1) };
    assert_eq!(world.refused(2, &together), not_yet);
    let nobody = same(&Vault::ModuleUnknown { module: world.module(2) });
    assert_eq!(world.refused(2, &world.funding(2, 2, cor(1))), nobody);
    world.pass_to(at - 1);
    assert_eq!(world.refused(2, &world.funding(1, 2, cor(1))), not_yet);
    world.pass_to(at);
    world.by(2, &world.funding(1, 2, cor(1)));
    assert_eq!((world.shown(1).status, world.book(1)), (2, cor(1)));
    world.assert_conserved();
}

/// A proposal that is withdrawn leaves nothing; a closed module finishes what it has, and can come back after the delay.
#[tokio::test]
async fn a_module_is_closed_at_once_and_keeps_its_book() {
    let world = World::start().await;
    world.filled();
    let (module, to) = (world.module(0), world.account(STRANGER));
    world.by(OWNER, &Vault::proposeModuleCall { module: world.module(2), cap: cor(5) });
    let done = world.by(GUARDIAN, &Vault::closeModuleCall { module: world.module(2) });
    assert_eq!(world.own_logs(&done), [logged(&Vault::ModuleClosed { module: world.module(2) })]);
    assert_eq!(world.shown(2), unknown());
    let again = Vault::closeModuleCall { module: world.module(2) };
    assert_eq!(world.refused(GUARDIAN, &again), same(&Vault::ModuleUnknown { module: world.module(2) }));

    world.by(GUARDIAN, &Vault::closeModuleCall { module });
    let closed_at = START_SECS;
    let closing = VaultModule { status: 3, closedAt: closed_at, cap: CAP, left: CAP - 30 * COR, book: 30 * COR, ..unknown() };
    assert_eq!(world.shown(0), closing);
    let closed = same(&Vault::ModuleNotActive { module, activeAt: 0 });
    assert_eq!(world.refused(2, &world.funding(0, 2, cor(1))), closed);
    world.as_module(0, &Vault::payOutCall { to, amount: cor(1) });
    world.as_module(0, &Vault::releaseCall { account: to, amount: cor(1) });
    world.as_module(0, &Vault::payTreasuryCall { amount: cor(1) });

    // It comes back no sooner than a new one, and meanwhile is what it was.
    world.solo.pass(10);
    world.by(OWNER, &Vault::proposeModuleCall { module, cap: wei(CAP) });
    let at = START_SECS + 10 + DELAY_SECS;
    assert_eq!((world.shown(0).status, world.shown(0).activeAt, world.shown(0).closedAt), (3, at, closed_at));
    let not_yet = same(&Vault::ModuleNotActive { module, activeAt: at });
    assert_eq!(world.refused(2, &world.funding(0, 2, cor(1))), not_yet);
    world.as_module(0, &Vault::payOutCall { to, amount: cor(1) });
    world.by(GUARDIAN, &Vault::closeModuleCall { module });
    assert_eq!((world.shown(0).status, world.shown(0).activeAt, world.shown(0).closedAt), (3, 0, closed_at));
    world.pass_to(at);
    assert_eq!(world.refused(2, &world.funding(0, 2, cor(1))), closed, "the way back was closed too");
    world.by(OWNER, &Vault::proposeModuleCall { module, cap: wei(CAP) });
    world.solo.pass(DELAY_SECS);
    world.by(2, &world.funding(0, 2, cor(1)));
    assert_eq!((world.shown(0).status, world.book(0)), (2, cor(27)));
    world.assert_conserved();
}

/// What the contract before this one could not do: another lane takes over while tasks of the old one are open, and every payer and miner gets
/// what is theirs.
#[tokio::test]
async fn a_lane_is_replaced_while_its_tasks_are_open() {
    let world = World::start().await;
    world.filled();
    let (old, new, miner) = (world.module(0), world.module(2), world.account(STRANGER));
    world.by(OWNER, &Vault::proposeModuleCall { module: new, cap: wei(CAP) });
    world.solo.pass(DELAY_SECS);
    world.by(OWNER, &Vault::closeModuleCall { module: old });
    // The new one works while the old one has tasks to finish.
    world.by(3, &world.funding(2, 3, cor(25)));
    world.as_module(0, &Vault::payOutCall { to: miner, amount: cor(12) });
    world.as_module(2, &Vault::payOutCall { to: miner, amount: cor(5) });
    // As long as a program lives without being kept alive.
    world.solo.pass(360 * DAY_SECS);
    world.as_module(0, &Vault::releaseCall { account: world.account(2), amount: cor(18) });
    assert_eq!((world.book(0), world.book(2)), (U256::ZERO, cor(20)));
    world.by(2, &Vault::withdrawCall { amount: cor(68) });
    assert_eq!(world.wallet(miner), wei(WALLET) + cor(17));
    world.assert_conserved();
}

#[tokio::test]
async fn a_cap_counts_by_the_day_and_rises_after_the_delay() {
    let world = World::start().await;
    let module = world.module(0);
    for user in &USERS[..3] {
        world.by(*user, &Vault::depositCall { amount: cor(500) });
    }
    // START_SECS is eight hours into a day.
    let midnight = START_SECS.next_multiple_of(DAY_SECS);
    assert_eq!(midnight - START_SECS, 16 * 3_600);
    world.by(2, &world.funding(0, 2, cor(60)));
    world.by(3, &world.funding(0, 3, cor(40)));
    let full = |available: U256, needed| same(&Vault::ModuleCapExceeded { module, available, needed });
    assert_eq!(world.refused(4, &world.funding(0, 4, wei(1))), full(U256::ZERO, wei(1)));
    let together = Vault::depositAndFundCall { module, beneficiary: world.account(4), amount: wei(1) };
    assert_eq!(world.refused(4, &together), full(U256::ZERO, wei(1)));
    // What is paid out or released gives nothing of the cap back, and another module has its own.
    world.as_module(0, &Vault::payOutCall { to: world.account(2), amount: cor(50) });
    assert_eq!(world.refused(4, &world.funding(0, 4, wei(1))), full(U256::ZERO, wei(1)));
    world.by(4, &world.funding(1, 4, cor(1)));
    world.pass_to(midnight - 1);
    assert_eq!(world.refused(4, &world.funding(0, 4, wei(1))), full(U256::ZERO, wei(1)));
    world.pass_to(midnight);
    assert_eq!(world.refused(4, &world.funding(0, 4, wei(CAP + 1))), full(wei(CAP), wei(CAP + 1)));
    world.by(4, &world.funding(0, 4, cor(30)));
    assert_eq!(world.shown(0).left, CAP - 30 * COR);

    let changed = |cap, at| logged(&Vault::ModuleCapChanged { module, cap, effectiveAt: at });
    let done = world.by(GUARDIAN, &Vault::setModuleCapCall { module, cap: cor(35) });
    assert_eq!(world.own_logs(&done), [changed(cor(35), midnight)]);
    assert_eq!((world.shown(0).cap, world.shown(0).left), (35 * COR, 5 * COR));
    let done = world.by(OWNER, &Vault::setModuleCapCall { module, cap: U256::MAX });
    let at = midnight + DELAY_SECS;
    assert_eq!(world.own_logs(&done), [changed(wei(u128::MAX), at)]);
    let shown = world.shown(0);
    assert_eq!((shown.cap, shown.left, shown.nextCap, shown.nextCapAt), (35 * COR, 5 * COR, u128::MAX, at));
    assert_eq!(world.refused(4, &world.funding(0, 4, cor(6))), full(cor(5), cor(6)));
    world.pass_to(at - 1);
    assert_eq!(world.refused(4, &world.funding(0, 4, cor(36))), full(cor(35), cor(36)));
    world.pass_to(at);
    let shown = world.shown(0);
    assert_eq!((shown.cap, shown.nextCap, shown.nextCapAt), (u128::MAX, 0, 0), "what has come is not due any more");
    world.by(4, &world.funding(0, 4, cor(101)));
    // As much as it is cannot be more: the guardian may say so.
    world.by(GUARDIAN, &Vault::setModuleCapCall { module, cap: U256::MAX });

    // Who may narrow can call a widening off, and not call for one.
    world.by(OWNER, &Vault::setModuleCapCall { module, cap: cor(10) });
    world.by(OWNER, &Vault::setModuleCapCall { module, cap: cor(20) });
    let wider = Vault::setModuleCapCall { module, cap: cor(10) + wei(1) };
    let (caller, required) = (world.account(GUARDIAN), world.account(OWNER));
    assert_eq!(world.refused(GUARDIAN, &wider), same(&Vault::Unauthorized { caller, required }));
    world.by(GUARDIAN, &Vault::setModuleCapCall { module, cap: cor(10) });
    assert_eq!((world.shown(0).cap, world.shown(0).nextCapAt), (10 * COR, 0));
    let none = Vault::setModuleCapCall { module: world.module(3), cap: cor(10) };
    assert_eq!(world.refused(OWNER, &none), same(&Vault::ModuleUnknown { module: world.module(3) }));
    world.assert_conserved();
}

/// A module that does not confirm gets nothing, however it fails; accounts, books and caps are as they were.
#[tokio::test]
async fn a_module_that_does_not_confirm_gets_nothing() {
    let world = World::start().await;
    world.filled();
    let (module, beneficiary) = (world.module(0), world.account(4));
    let ways = [
        Way::AnswersNothing,
        Way::AnswersAnother,
        Way::AnswersTooMuch,
        Way::AnswersDirty,
        Way::AnswersAtTheWrongEnd,
        Way::RevertsWithoutReason,
        Way::TakesAllGas,
    ];
    let (before, shown) = (world.free(2), world.shown(0));
    let not_credited = same(&Vault::NotCredited { module });
    let together = Vault::depositAndFundCall { module, beneficiary, amount: cor(1) };
    let salt = B256::repeat_byte(1);
    let signed = world.signed_funding(3, 0, cor(1), salt).fund(module, salt);
    for way in ways {
        world.tell(0, way, vec![]);
        assert_eq!(world.refused(2, &world.funding(0, 4, cor(1))), not_credited, "{way:?}");
        assert_eq!(world.refused(2, &together), not_credited, "{way:?}");
        assert_eq!(world.refused(STRANGER, &signed), not_credited, "{way:?}");
    }
    // Its reason is passed on.
    world.tell(0, Way::Refuses, vec![]);
    let reason = Bytes::from(Unwanted { beneficiary }.abi_encode());
    assert_eq!(world.try_by(2, &world.funding(0, 4, cor(1))).err(), Some(Refused::Other(reason)));
    assert_eq!((world.free(2), world.shown(0)), (before, shown));
    assert_eq!(world.wallet(world.account(2)), wei(WALLET) - cor(100));

    // An account without code would confirm nothing either, and is no module.
    let call = Vault::proposeModuleCall { module: beneficiary, cap: cor(5) };
    assert_eq!(world.refused(OWNER, &call), same(&Vault::NotAContract { account: beneficiary }));
    // One whose code is gone by the time confirms nothing.
    world.by(OWNER, &Vault::proposeModuleCall { module: world.module(2), cap: cor(5) });
    world.solo.pass(DELAY_SECS);
    world.solo.chain().writer().set_code(world.module(2), Bytes::new()).expect("code is taken");
    assert_eq!(world.refused(2, &world.funding(2, 4, cor(1))), same(&Vault::NotCredited { module: world.module(2) }));
    world.assert_conserved();
    // None of this hinders anybody's withdrawal, and the module's other money is its own.
    world.by(2, &Vault::withdrawCall { amount: cor(50) });
    world.as_module(0, &Vault::payOutCall { to: beneficiary, amount: cor(30) });
    world.assert_conserved();
}

/// Whatever a module calls while it is being told, the vault does nothing of it, and the funding is what it was to be.
#[tokio::test]
async fn a_module_that_calls_back_gets_nothing() {
    let world = World::start().await;
    world.filled();
    let (module, to, one) = (world.module(0), world.account(STRANGER), cor(1));
    let signed = world.signed(3, one, U256::ONE.into(), FOREVER).deposit();
    let calls = [
        ("its book", Vault::payOutCall { to, amount: one }.abi_encode()),
        ("more than it had before", Vault::payOutCall { to, amount: cor(31) }.abi_encode()),
        ("an account", Vault::releaseCall { account: to, amount: one }.abi_encode()),
        ("the treasury", Vault::payTreasuryCall { amount: one }.abi_encode()),
        ("once more", world.funding(0, 4, one).abi_encode()),
        ("a withdrawal", Vault::withdrawCall { amount: one }.abi_encode()),
        ("a deposit", signed.abi_encode()),
        ("a view", Vault::bookOfCall { module }.abi_encode()),
    ];
    for (name, message) in calls {
        world.solo.undoing(|| {
            world.tell(0, Way::CallsBack, message);
            let done = world.by(2, &world.funding(0, 4, one));
            let refused = CalledBack { ok: false, answer: Bytes::new() };
            assert_eq!(done.logs.last(), Some(&(module, logged(&refused))), "{name}");
            assert_eq!((world.free(2), world.book(0), world.wallet(to)), (cor(49), cor(31), wei(WALLET)), "{name}");
            world.assert_conserved();
        });
    }
}

/// The first attack on the contract before this one: its owner made itself the module, and took all prepaid money at once. Here it can try
/// everything; nobody loses anything before the delay has passed, and all leave in that time.
#[tokio::test]
async fn the_owner_takes_nothing_while_users_leave() {
    let world = World::start().await;
    world.filled();
    let owner = world.account(OWNER);
    let at = world.now() + DELAY_SECS;
    let itself = Vault::proposeModuleCall { module: owner, cap: U256::MAX };
    assert_eq!(world.refused(OWNER, &itself), same(&Vault::NotAContract { account: owner }));
    // Its own contract, which would confirm.
    world.by(OWNER, &Vault::proposeModuleCall { module: world.module(2), cap: U256::MAX });
    world.by(OWNER, &Vault::setModuleCapCall { module: world.module(0), cap: U256::MAX });
    world.by(OWNER, &Vault::setGuardianCall { account: owner });
    let before = world.wallet(owner);
    try_everything(&world);
    world.pass_to(at - 1);
    try_everything(&world);
    assert_eq!(world.wallet(owner), before, "nothing was taken");

    // Everybody leaves in the last second; the modules in service give back what they have, whatever the owner does to them.
    for module in 0..2 {
        world.by(OWNER, &Vault::closeModuleCall { module: world.module(module) });
        let amount = world.book(module);
        world.as_module(module, &Vault::releaseCall { account: world.account(2), amount });
    }
    for user in &USERS[..3] {
        world.by(*user, &Vault::withdrawCall { amount: cor(100) });
        assert_eq!(world.wallet(world.account(*user)), wei(WALLET), "user {user} has lost nothing");
    }
    assert_eq!(world.wallet(world.vault), U256::ZERO);
    world.pass_to(at);
    try_everything(&world);
    assert_eq!(world.wallet(owner), before);
}

/// Also after the delay the owner's module has what accounts hand to it, and nothing else.
#[tokio::test]
async fn the_owner_s_module_has_only_what_it_is_given() {
    let world = World::start().await;
    world.filled();
    let owner = world.account(OWNER);
    world.by(OWNER, &Vault::proposeModuleCall { module: world.module(2), cap: U256::MAX });
    world.solo.pass(DELAY_SECS);
    let before = world.wallet(owner);
    try_everything(&world);
    assert_eq!(world.wallet(owner), before);
    assert_eq!(USERS.map(|user| world.free(user)), [cor(50), cor(100), cor(100), U256::ZERO]);
    assert_eq!((world.book(0), world.book(1)), (cor(30), cor(20)));
    // What a user hands to it is the module's, and no more.
    world.by(3, &world.funding(2, 3, cor(7)));
    world.as_module(2, &Vault::payOutCall { to: owner, amount: cor(7) });
    assert!(world.try_as_module(2, &Vault::payOutCall { to: owner, amount: wei(1) }).is_err());
    assert_eq!(world.wallet(owner), before + cor(7));
    world.assert_conserved();
}

/// With 1 COR, and gas, somebody used up what a module takes in a day: fund, release, and so on. What an account gets back on the same day comes back to
/// the cap.
#[tokio::test]
async fn nobody_shuts_a_module_by_funding_and_taking_back() {
    let world = World::start().await;
    let module = world.module(0);
    for user in [2, 3, 4] {
        world.by(user, &Vault::depositCall { amount: cor(if user == 2 { 1 } else { 150 }) });
    }
    let (fund, release) = (world.funding(0, 2, cor(1)), Vault::releaseCall { account: world.account(2), amount: cor(1) });
    for _ in 0..100 {
        world.by(2, &fund);
        world.as_module(0, &release);
    }
    assert_eq!((world.shown(0).left, world.book(0), world.free(2)), (CAP, U256::ZERO, cor(1)));
    world.by(3, &world.funding(0, 3, cor(1)));

    // Nor with two accounts: what counts is whom it is funded for.
    let other = world.funding(0, 4, cor(1));
    for _ in 0..20 {
        world.by(2, &other);
        world.as_module(0, &Vault::releaseCall { account: world.account(4), amount: cor(1) });
        world.by(4, &fund);
        world.as_module(0, &release);
    }
    assert_eq!(world.shown(0).left, CAP - COR);

    // It comes back once, to the account that it is of, and on that day.
    world.by(2, &fund);
    let to_another = Vault::releaseCall { account: world.account(4), amount: cor(1) };
    world.as_module(0, &to_another);
    assert_eq!(world.shown(0).left, CAP - 2 * COR, "not by what another gets");
    world.as_module(0, &Vault::releaseCall { account: world.account(3), amount: wei(COR / 2) });
    assert_eq!(world.shown(0).left, CAP - 2 * COR + COR / 2);
    world.by(4, &world.funding(0, 4, cor(30)));
    world.pass_to(world.now().next_multiple_of(DAY_SECS));
    world.by(3, &world.funding(0, 3, cor(100)));
    world.as_module(0, &Vault::releaseCall { account: world.account(4), amount: cor(30) });
    let full = same(&Vault::ModuleCapExceeded { module, available: U256::ZERO, needed: wei(1) });
    assert_eq!(world.refused(4, &world.funding(0, 4, wei(1))), full, "what was of another day gives nothing back");
    world.assert_conserved();
}

/// A module that is broken, or in an attacker's hands, keeps of others no more in a day than its cap, however it releases and whomever the attacker
/// funds it for.
#[tokio::test]
async fn a_broken_module_keeps_no_more_of_others_than_its_cap() {
    let world = World::start().await;
    for user in [2, 3, 4] {
        world.by(user, &Vault::depositCall { amount: cor(400) });
    }
    let attacker = world.account(4);
    world.by(4, &world.funding(0, 4, cor(50)));
    world.by(2, &world.funding(0, 2, cor(50)));
    // A victim's money goes to the attacker, as if it were the attacker's own that it gets back; then its own too.
    for _ in 0..2 {
        world.as_module(0, &Vault::releaseCall { account: attacker, amount: cor(50) });
    }
    let (mut lost, mut left) = (cor(50), world.shown(0).left);
    assert_eq!(left, 50 * COR);
    for _ in 0..20 {
        let amount = wei(left.min(7 * COR));
        if amount.is_zero() {
            break;
        }
        world.by(3, &world.funding(0, 3, amount));
        world.as_module(0, &Vault::releaseCall { account: attacker, amount });
        world.by(4, &Vault::withdrawCall { amount });
        (lost, left) = (lost + amount, world.shown(0).left);
    }
    assert_eq!((lost, left), (wei(CAP), 0), "as much as the cap, and nothing after it");
    world.assert_conserved();
}

/// The most unsound module there is, which says yes to everything and pays what it is told, in the owner's hands for a week: it has what was funded, up to
/// its cap of each day, and no free money, other book, or treasury.
#[tokio::test]
async fn the_owner_takes_nothing_by_an_unsound_module_but_what_is_funded() {
    let world = World::start().await;
    world.filled();
    world.by(4, &Vault::fundTreasuryCall { amount: cor(5) });
    let owner = world.account(OWNER);
    world.by(OWNER, &Vault::proposeModuleCall { module: world.module(2), cap: wei(CAP) });
    world.solo.pass(DELAY_SECS);
    let (before, mut given) = (world.wallet(owner), U256::ZERO);
    let others = || (world.free(2), world.free(4), world.book(0), world.book(1), world.get(&Vault::treasuryCall {}));
    let sound = others();
    for day in 0..7_u128 {
        // While it is told of a funding it takes it, and tries for more.
        let amount = cor(10 + day);
        for message in [
            Vault::payOutCall { to: owner, amount: cor(300) }.abi_encode(),
            Vault::releaseCall { account: owner, amount: cor(300) }.abi_encode(),
            Vault::withdrawToCall { to: owner, amount: cor(100) }.abi_encode(),
            Vault::fundCall { module: world.module(2), beneficiary: owner, amount: cor(1) }.abi_encode(),
        ] {
            world.tell(2, Way::CallsBack, message);
            world.by(3, &world.funding(2, 3, wei(1)));
            given += wei(1);
        }
        world.by(3, &world.funding(2, 3, amount));
        given += amount;
        for call in [given - (world.wallet(owner) - before), wei(1)] {
            drop(world.try_as_module(2, &Vault::payOutCall { to: owner, amount: call }));
            drop(world.try_as_module(2, &Vault::releaseCall { account: owner, amount: call }));
            drop(world.try_as_module(2, &Vault::payTreasuryCall { amount: call }));
        }
        assert_eq!(world.wallet(owner) - before, given, "what was funded, on day {day}");
        assert_eq!(others(), sound);
        let over = world.refused(3, &world.funding(2, 3, wei(CAP)));
        assert!(matches!(over, ContractError::InsufficientBalance(_) | ContractError::ModuleCapExceeded(_)), "{over}");
        world.assert_conserved();
        world.solo.pass(DAY_SECS);
    }
    // Everybody else leaves with all of it.
    world.by(2, &Vault::withdrawCall { amount: sound.0 });
    world.by(4, &Vault::withdrawCall { amount: sound.1 });
}

/// Each call by which the owner, itself or by a contract of its own, could hope to get others' money is refused.
fn try_everything(world: &World) {
    let (owner, own) = (world.account(OWNER), world.module(2));
    for amount in [wei(1), cor(7), cor(300)] {
        let pay_out = Vault::payOutCall { to: owner, amount };
        let release = Vault::releaseCall { account: owner, amount };
        let short = |module| same(&Vault::InsufficientBook { module, available: U256::ZERO, needed: amount });
        assert_eq!(world.refused(OWNER, &pay_out), short(owner));
        assert_eq!(world.refused(OWNER, &release), short(owner));
        assert_eq!(world.refused(OWNER, &Vault::payTreasuryCall { amount }), short(owner));
        assert_eq!(world.refused_as_module(2, &pay_out), short(own));
        assert_eq!(world.refused_as_module(2, &release), short(own));
        assert_eq!(world.refused_as_module(2, &Vault::payTreasuryCall { amount }), short(own));
        let poor = same(&Vault::InsufficientBalance { payer: owner, available: U256::ZERO, needed: amount });
        assert_eq!(world.refused(OWNER, &Vault::withdrawCall { amount }), poor);
        assert_eq!(world.refused(OWNER, &Vault::withdrawToCall { to: owner, amount }), poor);
        let empty = same(&Vault::InsufficientTreasury { available: U256::ZERO, needed: amount });
        assert_eq!(world.refused(OWNER, &Vault::withdrawTreasuryCall { to: owner, amount }), empty);
        // A user's name with the owner's signature, and the tokens themselves.
        let forged = Vault::depositWithAuthorizationCall {
            from: world.account(3),
            ..world.signed(OWNER, amount, amount.into(), FOREVER).deposit()
        };
        assert!(matches!(world.refused(OWNER, &forged), ContractError::InvalidSigner(_)));
        let forged = world.signed_funding(OWNER, 2, amount, amount.into()).fund(own, amount.into());
        let forged = Vault::authorizeAndFundCall { from: world.account(3), ..forged };
        // Before the module is active that is what it fails for.
        let refused = world.refused(OWNER, &forged);
        assert!(matches!(refused, ContractError::InvalidSigner(_) | ContractError::ModuleNotActive(_)), "{refused:?}");
        let pull = ICor::transferFromCall { from: world.vault, to: owner, value: amount };
        assert!(world.solo.send(owner, world.token, &pull).is_err());
    }
    world.assert_conserved();
}
