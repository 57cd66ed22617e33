//! Money in, out and between, by every event and every error with its numbers.

use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol,
    sol_types::{SolCall, SolValue},
};
use cor_kit::solo::{Refused, START_SECS};
use cor_sol::{
    ContractError,
    cor::ICor,
    vault::IVault::{self as Vault, OwnershipTransferred},
};

use super::world::{
    CAP, COR, DAY_SECS, DELAY_SECS, FOREVER, FRUGAL, OWNER, STRANGER, Signed, WALLET, World, compiled, cor, logged, nonce_of,
    same,
};

sol! {
    function approve(bytes32 digest, bytes32 signatureHash) external;
}

/// More than 128 bits hold.
const TOO_MUCH: U256 = U256::from_limbs([0, 0, 1, 0]);

fn salt(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

#[tokio::test]
async fn construction() {
    let world = World::closed().await;
    let (owner, token) = (world.account(OWNER), world.token);
    let place = world.solo.place("Vault");
    let construct =
        |owner: Address, token: Address, secs: u64| world.solo.construct(place, &(owner, token, secs).abi_encode_params());
    for secs in [0, 3 * DAY_SECS - 1, 30 * DAY_SECS + 1, u64::MAX] {
        let field = B256::right_padding_from(b"moduleDelaySecs");
        let (min, max) = (U256::from(3 * DAY_SECS), U256::from(30 * DAY_SECS));
        let expected = same(&Vault::InputOutOfRange { field, value: U256::from(secs), min, max });
        assert_eq!(construct(owner, token, secs), Err(Refused::Known(expected)));
    }
    let zero = Err(Refused::Known(same(&Vault::ZeroAddress {})));
    assert_eq!(construct(Address::ZERO, token, DELAY_SECS), zero);
    assert_eq!(construct(owner, Address::ZERO, DELAY_SECS), zero);
    // A token that is none: no code, code that answers nothing, code that answers too much.
    let laid = |byte: u8, code: &[u8]| {
        let at = Address::repeat_byte(byte);
        world.solo.chain().writer().set_code(at, Bytes::copy_from_slice(code)).expect("code is laid");
        at
    };
    let silent = laid(0xe1, &[0x00]);
    let long = laid(0xe2, &[0x60, 0x40, 0x5f, 0xf3]);
    let reverts = laid(0xe3, &[0x5f, 0x5f, 0xfd]);
    for account in [Address::repeat_byte(0xe0), world.account(STRANGER), silent, long, reverts] {
        let none = Err(Refused::Known(same(&Vault::NotAContract { account })));
        assert_eq!(construct(owner, account, DELAY_SECS), none, "{account}");
    }
    for secs in [30 * DAY_SECS, 3 * DAY_SECS] {
        world.solo.undoing(|| drop(construct(owner, token, secs).expect("the bounds themselves are in range")));
    }
    let done = construct(owner, token, DELAY_SECS).expect("the first time");
    assert_eq!(done.logs, [(place, logged(&OwnershipTransferred { previous: Address::ZERO, owner }))]);
    assert!(matches!(construct(owner, token, DELAY_SECS), Err(Refused::Other(_))), "once");
    assert_eq!(world.solo.get(place, &Vault::ownerCall {}), owner);
    assert_eq!(world.solo.get(place, &Vault::tokenCall {}), token);
    assert_eq!(world.solo.get(place, &Vault::moduleDelaySecsCall {}), DELAY_SECS);
    assert!(!world.solo.get(place, &Vault::isOpenCall {}));
    assert_eq!(world.solo.get(place, &Vault::guardianCall {}), Address::ZERO);
}

/// While it is set up no money comes in by any way.
#[tokio::test]
async fn no_money_before_it_is_open() {
    let world = World::closed().await;
    let (one, account) = (cor(1), world.account(3));
    world.by(OWNER, &Vault::proposeModuleCall { module: world.module(0), cap: cor(1) });
    let closed = same(&Vault::NotOpen {});
    let deposit = world.signed(2, one, salt(1), FOREVER).deposit();
    let funding = world.signed_funding(2, 0, one, salt(2)).fund(world.module(0), salt(2));
    let tried = [
        world.refused(2, &Vault::depositCall { amount: one }),
        world.refused(2, &Vault::depositForCall { account, amount: one }),
        world.refused(2, &world.permitted(2, account, one, U256::MAX, 0)),
        world.refused(2, &deposit),
        world.refused(2, &Vault::depositAndFundCall { module: world.module(0), beneficiary: account, amount: one }),
        world.refused(2, &funding),
        world.refused(2, &Vault::fundTreasuryCall { amount: one }),
    ];
    assert_eq!(tried, [(); 7].map(|()| closed.clone()));
    let done = world.by(OWNER, &Vault::openCall {});
    assert_eq!(world.own_logs(&done), [logged(&Vault::Opened {})]);
    assert!(world.get(&Vault::isOpenCall {}));
    assert_eq!(world.refused(OWNER, &Vault::openCall {}), same(&Vault::AlreadyOpen {}));
    // The signatures are still good.
    world.by(STRANGER, &deposit);
    world.by(STRANGER, &funding);
    assert_eq!((world.free(2), world.book(0)), (one, one));
    world.assert_conserved();
}

#[tokio::test]
async fn deposits_and_withdrawals() {
    let world = World::start().await;
    let [from, account, to] = [2, 3, STRANGER].map(|index| world.account(index));
    let done = world.by(2, &Vault::depositCall { amount: cor(5) });
    let deposited = Vault::Deposited { account: from, from, amount: cor(5), free: cor(5) };
    assert_eq!(world.own_logs(&done), [logged(&deposited)]);
    let done = world.by(2, &Vault::depositForCall { account, amount: cor(7) });
    assert_eq!(world.own_logs(&done), [logged(&Vault::Deposited { account, from, amount: cor(7), free: cor(7) })]);
    assert_eq!((world.free(2), world.free(3), world.wallet(from)), (cor(5), cor(7), U256::from(WALLET) - cor(12)));
    world.assert_conserved();

    let done = world.by(3, &Vault::withdrawCall { amount: cor(3) });
    assert_eq!(world.own_logs(&done), [logged(&Vault::Withdrawn { account, to: account, amount: cor(3), free: cor(4) })]);
    assert_eq!(world.wallet(account), U256::from(WALLET) + cor(3));
    let done = world.by(3, &Vault::withdrawToCall { to, amount: cor(4) });
    assert_eq!(world.own_logs(&done), [logged(&Vault::Withdrawn { account, to, amount: cor(4), free: U256::ZERO })]);
    assert_eq!((world.free(3), world.wallet(to)), (U256::ZERO, U256::from(WALLET) + cor(4)));
    world.assert_conserved();
}

/// Amounts and receivers that no function takes.
#[tokio::test]
async fn what_cannot_be_moved() {
    let world = World::start().await;
    world.filled();
    let (payer, vault, zero, one) = (world.account(2), world.vault, U256::ZERO, cor(1));
    let nothing = same(&Vault::ZeroAmount {});
    assert_eq!(world.refused(2, &Vault::depositCall { amount: zero }), nothing);
    assert_eq!(world.refused(2, &Vault::withdrawCall { amount: zero }), nothing);
    assert_eq!(world.refused(2, &world.funding(0, 2, zero)), nothing);
    assert_eq!(world.refused(2, &Vault::fundTreasuryCall { amount: zero }), nothing);
    assert_eq!(world.refused(OWNER, &Vault::withdrawTreasuryCall { to: payer, amount: zero }), nothing);
    assert_eq!(world.refused_as_module(0, &Vault::payOutCall { to: payer, amount: zero }), nothing);
    assert_eq!(world.refused_as_module(0, &Vault::releaseCall { account: payer, amount: zero }), nothing);
    assert_eq!(world.refused_as_module(0, &Vault::payTreasuryCall { amount: zero }), nothing);

    let large = same(&Vault::AmountTooLarge { amount: TOO_MUCH, limit: U256::from(u128::MAX) });
    assert_eq!(world.refused(2, &Vault::depositCall { amount: TOO_MUCH }), large);
    assert_eq!(world.refused(2, &Vault::fundTreasuryCall { amount: TOO_MUCH }), large);
    let sum = same(&Vault::AmountTooLarge { amount: U256::from(u128::MAX), limit: U256::from(u128::MAX) });
    assert_eq!(world.refused(2, &Vault::depositCall { amount: U256::from(u128::MAX) }), sum);

    let nobody = same(&Vault::ZeroAddress {});
    assert_eq!(world.refused(2, &Vault::depositForCall { account: Address::ZERO, amount: one }), nobody);
    assert_eq!(world.refused(2, &Vault::withdrawToCall { to: Address::ZERO, amount: one }), nobody);
    assert_eq!(world.refused(OWNER, &Vault::withdrawTreasuryCall { to: Address::ZERO, amount: one }), nobody);
    assert_eq!(world.refused_as_module(0, &Vault::payOutCall { to: Address::ZERO, amount: one }), nobody);
    assert_eq!(world.refused_as_module(0, &Vault::releaseCall { account: Address::ZERO, amount: one }), nobody);
    let call = Vault::fundCall { module: world.module(0), beneficiary: Address::ZERO, amount: one };
    assert_eq!(world.refused(2, &call), nobody);

    let itself = same(&Vault::ERC20InvalidReceiver { receiver: vault });
    assert_eq!(world.refused(2, &Vault::depositForCall { account: vault, amount: one }), itself);
    assert_eq!(world.refused(2, &world.permitted(2, vault, one, U256::MAX, 0)), itself);
    assert_eq!(world.refused(2, &Vault::withdrawToCall { to: vault, amount: one }), itself);
    assert_eq!(world.refused(OWNER, &Vault::withdrawTreasuryCall { to: vault, amount: one }), itself);
    assert_eq!(world.refused_as_module(0, &Vault::payOutCall { to: vault, amount: one }), itself);
    assert_eq!(world.refused_as_module(0, &Vault::releaseCall { account: vault, amount: one }), itself);

    for needed in [cor(50) + U256::from(1), U256::MAX] {
        let short = same(&Vault::InsufficientBalance { payer, available: cor(50), needed });
        assert_eq!(world.refused(2, &Vault::withdrawCall { amount: needed }), short);
        assert_eq!(world.refused(2, &world.funding(0, 2, needed)), short);
    }
    world.assert_conserved();
}

/// The token's own refusals are passed on, and one that says no without a revert is not believed to have said yes.
#[tokio::test]
async fn what_the_token_refuses() {
    let world = World::start().await;
    let (payer, spender) = (world.account(FRUGAL), world.vault);
    let none = same(&ICor::ERC20InsufficientAllowance { spender, allowance: U256::ZERO, needed: cor(1) });
    assert_eq!(world.refused(FRUGAL, &Vault::depositCall { amount: cor(1) }), none);
    assert_eq!(world.refused(FRUGAL, &Vault::fundTreasuryCall { amount: cor(1) }), none);
    let needed = U256::from(WALLET) + U256::from(1);
    let poor = same(&ICor::ERC20InsufficientBalance { sender: world.account(2), balance: U256::from(WALLET), needed });
    assert_eq!(world.refused(2, &Vault::depositCall { amount: needed }), poor);
    assert_eq!((world.wallet(payer), world.get(&Vault::totalHeldCall {})), (U256::from(WALLET), U256::ZERO));

    let token = Address::repeat_byte(0xee);
    world.place(token, &compiled("VaultModule.sol").await, "FailingToken");
    let owner = world.account(OWNER);
    let vault = world.solo.deploy("Vault", &(owner, token, DELAY_SECS).abi_encode_params());
    world.solo.ok(owner, vault, &Vault::openCall {});
    let failed = same(&Vault::TransferFailed { token });
    assert_eq!(world.solo.refused(payer, vault, &Vault::depositCall { amount: cor(1) }), failed);
    assert_eq!(world.solo.refused(payer, vault, &Vault::fundTreasuryCall { amount: cor(1) }), failed);
}

#[tokio::test]
async fn a_permit_serves_its_owner_also_if_it_was_sent_before() {
    let world = World::start().await;
    let (owner, account) = (world.account(FRUGAL), world.account(3));
    let done = world.by(FRUGAL, &world.permitted(FRUGAL, account, cor(2), U256::MAX, 0));
    assert_eq!(world.own_logs(&done), [logged(&Vault::Deposited { account, from: owner, amount: cor(2), free: cor(2) })]);

    // Somebody was faster, to annoy.
    let call = world.permitted(FRUGAL, account, cor(3), U256::from(world.now()), 0);
    world.front_run(FRUGAL, &call);
    // Another may not use what the owner allowed.
    let (caller, vault) = (world.account(STRANGER), world.vault);
    world.solo.ok(caller, world.token, &ICor::approveCall { spender: vault, value: U256::ZERO });
    assert!(matches!(world.refused(STRANGER, &call), ContractError::InvalidSigner(error) if error.expected == caller));
    world.by(FRUGAL, &call);
    assert_eq!((world.free(3), world.wallet(owner)), (cor(5), U256::from(WALLET) - cor(5)));
    // It is used up, and its error is told.
    assert!(matches!(world.refused(FRUGAL, &call), ContractError::InvalidSigner(error) if error.expected == owner));

    let deadline = U256::from(START_SECS - 1);
    let late = world.permitted(FRUGAL, account, cor(1), deadline, 0);
    let expired = same(&ICor::PermitExpired { deadline, timestamp: U256::from(START_SECS) });
    assert_eq!(world.refused(FRUGAL, &late), expired);
    let ahead = world.permitted(FRUGAL, account, cor(1), U256::MAX, 1);
    assert!(matches!(world.refused(FRUGAL, &ahead), ContractError::InvalidSigner(error) if error.expected == owner));
    // With an allowance that suffices no permit is needed; with one that does not, it is.
    world.solo.ok(owner, world.token, &ICor::approveCall { spender: vault, value: cor(1) });
    let more = Vault::depositWithPermitCall { amount: cor(1) + U256::from(1), ..late.clone() };
    assert_eq!(world.refused(FRUGAL, &more), expired);
    world.by(FRUGAL, &late);
    assert_eq!(world.free(3), cor(6));
    world.assert_conserved();
}

#[tokio::test]
async fn an_authorization_is_for_who_signed_whoever_sends_it() {
    let world = World::start().await;
    let (from, now) = (world.account(FRUGAL), U256::from(START_SECS));
    let one = U256::from(1);
    let signed = world.signed(FRUGAL, cor(2), salt(1), (now - one, now + one));
    let done = world.by(STRANGER, &signed.clone().deposit());
    assert_eq!(world.own_logs(&done), [logged(&Vault::Deposited { account: from, from, amount: cor(2), free: cor(2) })]);
    assert_eq!((world.free(STRANGER), world.wallet(from)), (U256::ZERO, U256::from(WALLET) - cor(2)));

    let again = same(&ICor::AuthorizationUsedOrCanceled { authorizer: from, nonce: salt(1) });
    assert_eq!(world.refused(STRANGER, &signed.deposit()), again);
    let early = world.signed(FRUGAL, cor(1), salt(2), (now, U256::MAX)).deposit();
    let expected = same(&ICor::AuthorizationNotYetValid { validAfter: now, timestamp: now });
    assert_eq!(world.refused(STRANGER, &early), expected);
    let late = world.signed(FRUGAL, cor(1), salt(2), (U256::ZERO, now)).deposit();
    let expected = same(&ICor::AuthorizationExpired { validBefore: now, timestamp: now });
    assert_eq!(world.refused(STRANGER, &late), expected);

    // Nothing of it can be changed on the way.
    let good = world.signed(FRUGAL, cor(1), salt(3), FOREVER).deposit();
    let changed = [
        Vault::depositWithAuthorizationCall { from: world.account(2), ..good.clone() },
        Vault::depositWithAuthorizationCall { amount: cor(2), ..good.clone() },
        Vault::depositWithAuthorizationCall { nonce: salt(4), ..good.clone() },
        Vault::depositWithAuthorizationCall { validAfter: one, ..good.clone() },
        Vault::depositWithAuthorizationCall { validBefore: U256::MAX - one, ..good.clone() },
        Vault::depositWithAuthorizationCall { signature: good.signature[..64].to_vec().into(), ..good.clone() },
    ];
    for call in changed {
        let error = world.refused(STRANGER, &call);
        assert!(matches!(error, ContractError::InvalidSigner(error) if error.expected == call.from));
    }
    let much = world.signed(FRUGAL, cor(999), salt(5), FOREVER).deposit();
    assert!(matches!(world.refused(STRANGER, &much), ContractError::ERC20InsufficientBalance(error) if error.sender == from));
    assert_eq!(world.free(FRUGAL), cor(2));
    world.assert_conserved();
}

/// An account with code is asked by the token (ERC-1271), and its money goes the same ways.
#[tokio::test]
async fn a_wallet_with_code_signs_too() {
    let world = World::start().await;
    let (wallet, signature) = (Address::repeat_byte(0xcc), Bytes::from_static(b"as it likes"));
    world.place(wallet, &compiled("token/Wallets.sol").await, "Approving");
    world.solo.ok(world.account(OWNER), world.token, &ICor::mintCall { to: wallet, value: cor(10) });
    let call = Vault::depositWithAuthorizationCall {
        from: wallet,
        amount: cor(4),
        validAfter: U256::ZERO,
        validBefore: U256::MAX,
        nonce: salt(1),
        signature: signature.clone(),
    };
    let no = same(&ICor::InvalidSigner { signer: Address::ZERO, expected: wallet });
    assert_eq!(world.refused(STRANGER, &call), no);
    let digest = world.digest(&world.message(wallet, cor(4), salt(1), FOREVER));
    let approval = approveCall { digest, signatureHash: keccak256(&signature) };
    world.solo.ok(world.account(STRANGER), wallet, &approval);
    world.by(STRANGER, &call);
    assert_eq!(world.get(&Vault::freeOfCall { account: wallet }), cor(4));
}

#[tokio::test]
async fn funding_by_each_way() {
    let world = World::start().await;
    let (account, beneficiary, module) = (world.account(2), world.account(4), world.module(0));
    let credited = |account, amount| {
        let event = super::world::Credited { beneficiary, account, amount };
        (module, logged(&event))
    };
    let funded = |account, amount, free, book| logged(&Vault::Funded { module, account, beneficiary, amount, free, book });
    world.by(2, &Vault::depositCall { amount: cor(10) });
    let done = world.by(2, &world.funding(0, 4, cor(6)));
    assert_eq!(world.own_logs(&done), [funded(account, cor(6), cor(4), cor(6))]);
    assert_eq!(done.logs.last(), Some(&credited(account, cor(6))), "the module hears of it last");

    let done = world.by(3, &Vault::depositAndFundCall { module, beneficiary, amount: cor(5) });
    let third = world.account(3);
    let deposited = Vault::Deposited { account: third, from: third, amount: cor(5), free: cor(5) };
    assert_eq!(world.own_logs(&done), [logged(&deposited), funded(third, cor(5), U256::ZERO, cor(11))]);
    assert_eq!(done.logs.last(), Some(&credited(third, cor(5))));

    let from = world.account(FRUGAL);
    let call = world.signed_funding(FRUGAL, 0, cor(9), salt(1)).fund(module, salt(1));
    let done = world.by(STRANGER, &call);
    let deposited = Vault::Deposited { account: from, from, amount: cor(9), free: cor(9) };
    let own = Vault::Funded { module, account: from, beneficiary: from, amount: cor(9), free: U256::ZERO, book: cor(20) };
    assert_eq!(world.own_logs(&done), [logged(&deposited), logged(&own)]);
    let heard = super::world::Credited { beneficiary: from, account: from, amount: cor(9) };
    assert_eq!(done.logs.last(), Some(&(module, logged(&heard))));
    let used = same(&ICor::AuthorizationUsedOrCanceled { authorizer: from, nonce: nonce_of(module, salt(1)) });
    assert_eq!(world.refused(STRANGER, &call), used);
    assert_eq!((world.free(2), world.free(3), world.free(FRUGAL), world.book(0)), (cor(4), U256::ZERO, U256::ZERO, cor(20)));
    assert_eq!(world.shown(0).left, CAP - 20 * COR);
    world.assert_conserved();
}

/// Who sends a signed funding cannot choose the module; at worst it leaves the money free with who signed.
#[tokio::test]
async fn a_signed_funding_cannot_be_redirected() {
    let world = World::start().await;
    let (from, module) = (world.account(FRUGAL), world.module(0));
    let signed = world.signed_funding(FRUGAL, 0, cor(9), salt(1));
    for (module, salt) in [(world.module(1), salt(1)), (module, salt(2))] {
        let error = world.refused(STRANGER, &signed.clone().fund(module, salt));
        assert!(matches!(error, ContractError::InvalidSigner(error) if error.expected == from));
    }
    world.by(STRANGER, &signed.deposit());
    assert_eq!((world.free(FRUGAL), world.book(0)), (cor(9), U256::ZERO));
    world.by(FRUGAL, &Vault::withdrawCall { amount: cor(9) });
    assert_eq!(world.wallet(from), U256::from(WALLET));
}

sol! {
    /// As it was: with a beneficiary, of whom the nonce was made too.
    function authorizeAndFund(address from, address module, address beneficiary, uint256 amount, uint256 validAfter, uint256 validBefore, bytes32 salt, bytes signature) external;
}

/// A relayer that proposed the nonce of a deposit made it of a module and itself, and turned what the payer signed into a funding for itself, which it
/// withdrew. Now whoever chose the nonce, what is funded is for who signed.
#[tokio::test]
async fn whoever_chooses_the_nonce_gets_nothing_of_a_signed_deposit() {
    let world = World::start().await;
    let (from, module, relayer) = (world.account(FRUGAL), world.module(0), world.account(STRANGER));
    let nonces = [
        keccak256([module.into_word(), relayer.into_word(), salt(1)].concat()),
        nonce_of(module, salt(1)),
        nonce_of(module, relayer.into_word()),
    ];
    let mut funded = 0;
    for nonce in nonces {
        let signed = world.signed(FRUGAL, cor(9), nonce, FOREVER);
        let Signed { amount, valid_after, valid_before, ref signature, .. } = signed;
        let (beneficiary, signature) = (relayer, signature.clone());
        let old = authorizeAndFundCall {
            from,
            module,
            beneficiary,
            amount,
            validAfter: valid_after,
            validBefore: valid_before,
            salt: salt(1),
            signature,
        };
        assert!(world.solo.transact(relayer, world.vault, old.abi_encode()).is_err());
        for salt in [salt(1), relayer.into_word()] {
            world.solo.undoing(|| {
                let Ok(done) = world.try_by(STRANGER, &signed.clone().fund(module, salt)) else { return };
                let heard = super::world::Credited { beneficiary: from, account: from, amount: cor(9) };
                assert_eq!(done.logs.last(), Some(&(module, logged(&heard))));
                funded += 1;
            });
        }
    }
    assert_eq!(funded, 2, "the two nonces that are of the module fund it, each with its salt");
    assert_eq!((world.book(0), world.wallet(from)), (U256::ZERO, U256::from(WALLET)));
}

#[tokio::test]
async fn a_module_uses_its_own_book() {
    let world = World::start().await;
    world.filled();
    let (module, to, account) = (world.module(0), world.account(STRANGER), world.account(3));
    let done = world.as_module(0, &Vault::payOutCall { to, amount: cor(8) });
    assert_eq!(world.own_logs(&done), [logged(&Vault::PaidOut { module, to, amount: cor(8), book: cor(22) })]);
    assert_eq!(world.wallet(to), U256::from(WALLET) + cor(8));
    let done = world.as_module(0, &Vault::releaseCall { account, amount: cor(7) });
    let released = Vault::Released { module, account, amount: cor(7), free: cor(107), book: cor(15) };
    assert_eq!(world.own_logs(&done), [logged(&released)]);
    let done = world.as_module(0, &Vault::payTreasuryCall { amount: cor(5) });
    let paid = Vault::TreasuryPaid { module, amount: cor(5), treasury: cor(5), book: cor(10) };
    assert_eq!(world.own_logs(&done), [logged(&paid)]);
    assert_eq!((world.book(0), world.book(1), world.free(3)), (cor(10), cor(20), cor(107)));
    world.assert_conserved();

    // Beyond it there is nothing, whatever lies in the vault; and who is no module has no book.
    for needed in [cor(10) + U256::from(1), TOO_MUCH] {
        let short = same(&Vault::InsufficientBook { module, available: cor(10), needed });
        assert_eq!(world.refused_as_module(0, &Vault::payOutCall { to, amount: needed }), short);
        assert_eq!(world.refused_as_module(0, &Vault::releaseCall { account, amount: needed }), short);
        assert_eq!(world.refused_as_module(0, &Vault::payTreasuryCall { amount: needed }), short);
    }
    let none = same(&Vault::InsufficientBook { module: account, available: U256::ZERO, needed: U256::from(1) });
    assert_eq!(world.refused(3, &Vault::payOutCall { to, amount: U256::from(1) }), none);
    world.as_module(0, &Vault::payOutCall { to, amount: cor(10) });
    assert_eq!(world.book(0), U256::ZERO);
    world.assert_conserved();
}

#[tokio::test]
async fn the_treasury() {
    let world = World::start().await;
    world.filled();
    let (from, to) = (world.account(3), world.account(STRANGER));
    let done = world.by(3, &Vault::fundTreasuryCall { amount: cor(4) });
    assert_eq!(world.own_logs(&done), [logged(&Vault::TreasuryFunded { from, amount: cor(4), treasury: cor(4) })]);
    let needed = cor(4) + U256::from(1);
    let short = same(&Vault::InsufficientTreasury { available: cor(4), needed });
    assert_eq!(world.refused(OWNER, &Vault::withdrawTreasuryCall { to, amount: needed }), short);
    let done = world.by(OWNER, &Vault::withdrawTreasuryCall { to, amount: cor(3) });
    assert_eq!(world.own_logs(&done), [logged(&Vault::TreasuryWithdrawn { to, amount: cor(3), treasury: cor(1) })]);
    assert_eq!((world.get(&Vault::treasuryCall {}), world.wallet(to)), (cor(1), U256::from(WALLET) + cor(3)));
    world.assert_conserved();
}
