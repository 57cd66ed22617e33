//! ERC-20, EIP-2612 and EIP-3009 with keys: what each call does, and what each is refused for.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    providers::Provider,
    signers::SignerSync,
    sol_types::{SolCall, SolStruct, eip712_domain},
};
use cor_adapters::deploy::{Artifacts, DeployError, NetworkParams, deploy};
use cor_kit::{TestNet, event, paths};
use cor_ports::{ChainError, RevertError};
use cor_sol::{ContractError, cor::ICor, runtime::IRuntime};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::{
    CancelAuthorization, Permit, ReceiveWithAuthorization, TransferWithAuthorization, authorization, domain, mirrored, packed,
    parts, receive_by_parts, sign, transfer_by_parts, transfer_packed, units,
};
use crate::support::{answer, assert_permissions, events, refusal};

/// The time a call sees now.
async fn time_in_calls(net: &TestNet) -> U256 {
    let never = TransferWithAuthorization { validAfter: U256::MAX, ..authorization(net.address(0), net.address(1), 0, 0) };
    match refusal(net, net.address(0), net.at.cor, transfer_packed(&never, Bytes::new())).await {
        ContractError::AuthorizationNotYetValid(error) => error.timestamp,
        other => panic!("{other}"),
    }
}

fn assert_signed_by_another(error: ContractError, expected: Address, name: &str) {
    match error {
        ContractError::InvalidSigner(error) => {
            assert!(error.expected == expected && error.signer != expected, "{name}: {error:?}")
        }
        other => panic!("{name}: {other}"),
    }
}

#[tokio::test]
async fn tokens_move_by_transfer_and_by_allowance() {
    let net = TestNet::start(5).await;
    let (at, alice, bob, carol) = (net.at.cor, net.address(2), net.address(3), net.address(4));
    let token = ICor::new(at, &net.provider);
    assert_eq!(token.name().call().await.unwrap(), "Cortensor");
    assert_eq!(token.symbol().call().await.unwrap(), "COR");
    assert_eq!(token.version().call().await.unwrap(), "1");
    assert_eq!(token.decimals().call().await.unwrap(), 18);

    let mined = net.ok(0, at, ICor::mintCall { to: alice, value: units(100) }).await;
    assert_eq!(event::<ICor::Transfer>(&mined), ICor::Transfer { from: Address::ZERO, to: alice, value: units(100) });
    let mined = net.ok(2, at, ICor::transferCall { to: bob, value: units(30) }).await;
    assert_eq!(event::<ICor::Transfer>(&mined), ICor::Transfer { from: alice, to: bob, value: units(30) });
    assert_eq!(token.balanceOf(alice).call().await.unwrap(), units(70));
    assert!(answer(&net, alice, at, ICor::transferCall { to: alice, value: units(70) }).await, "to oneself");
    net.ok(2, at, ICor::transferCall { to: alice, value: units(70) }).await;
    assert_eq!(token.balanceOf(alice).call().await.unwrap(), units(70), "a transfer to oneself changes nothing");

    let mined = net.ok(2, at, ICor::approveCall { spender: carol, value: units(50) }).await;
    assert_eq!(event::<ICor::Approval>(&mined), ICor::Approval { owner: alice, spender: carol, value: units(50) });
    net.ok(4, at, ICor::transferFromCall { from: alice, to: bob, value: units(20) }).await;
    assert_eq!(token.allowance(alice, carol).call().await.unwrap(), units(30));
    net.ok(2, at, ICor::approveCall { spender: carol, value: U256::MAX }).await;
    net.ok(4, at, ICor::transferFromCall { from: alice, to: carol, value: units(10) }).await;
    assert_eq!(token.allowance(alice, carol).call().await.unwrap(), U256::MAX, "without limit stays so");

    let short = ICor::ERC20InsufficientBalance { sender: alice, balance: units(40), needed: units(41) };
    assert_eq!(refusal(&net, alice, at, ICor::transferCall { to: bob, value: units(41) }).await, short.clone().into());
    assert_eq!(refusal(&net, carol, at, ICor::transferFromCall { from: alice, to: bob, value: units(41) }).await, short.into());
    let unallowed = ICor::ERC20InsufficientAllowance { spender: bob, allowance: U256::ZERO, needed: units(1) };
    assert_eq!(refusal(&net, bob, at, ICor::transferFromCall { from: alice, to: bob, value: units(1) }).await, unallowed.into());
    let nowhere = ICor::ERC20InvalidReceiver { receiver: Address::ZERO };
    assert_eq!(refusal(&net, alice, at, ICor::transferCall { to: Address::ZERO, value: units(1) }).await, nowhere.into());
    let nobody = ICor::ERC20InvalidSpender { spender: Address::ZERO };
    assert_eq!(refusal(&net, alice, at, ICor::approveCall { spender: Address::ZERO, value: units(1) }).await, nobody.into());
}

/// Who is invalid is said before how much is missing, as in OpenZeppelin's token.
#[tokio::test]
async fn the_zero_address_has_no_tokens_and_allows_nothing() {
    let net = TestNet::start(3).await;
    let (at, alice, zero) = (net.at.cor, net.address(2), Address::ZERO);
    let nowhere = ContractError::from(ICor::ERC20InvalidReceiver { receiver: zero });
    let no_approver = ContractError::from(ICor::ERC20InvalidApprover { approver: zero });
    assert_eq!(refusal(&net, alice, at, ICor::transferCall { to: zero, value: U256::MAX }).await, nowhere);
    assert_eq!(refusal(&net, net.address(0), at, ICor::mintCall { to: zero, value: U256::MAX }).await, nowhere);
    let of_nobody = |value| ICor::transferFromCall { from: zero, to: alice, value };
    assert_eq!(refusal(&net, alice, at, of_nobody(U256::ZERO)).await, no_approver);
    let unallowed = ICor::ERC20InsufficientAllowance { spender: alice, allowance: U256::ZERO, needed: units(1) };
    assert_eq!(refusal(&net, alice, at, of_nobody(units(1))).await, unallowed.into());
    // No key signs for the zero address, but a simulation may be in its name.
    let no_sender = ICor::ERC20InvalidSender { sender: zero };
    assert_eq!(refusal(&net, zero, at, ICor::transferCall { to: zero, value: U256::ZERO }).await, no_sender.into());
    assert_eq!(refusal(&net, zero, at, ICor::approveCall { spender: zero, value: U256::ZERO }).await, no_approver);
    let by_nobody = ICor::transferFromCall { from: alice, to: zero, value: U256::ZERO };
    assert_eq!(refusal(&net, zero, at, by_nobody).await, ICor::ERC20InvalidSpender { spender: zero }.into());
}

#[tokio::test]
async fn minting_is_for_minters_and_ends_at_the_cap() {
    let net = TestNet::start(4).await;
    let (at, owner, stranger) = (net.at.cor, net.address(0), net.address(3));
    let token = ICor::new(at, &net.provider);
    let mint = |value| ICor::mintCall { to: stranger, value };
    assert_eq!(refusal(&net, stranger, at, mint(units(1))).await, ICor::NotMinter { caller: stranger }.into());

    let mined = net.ok(0, at, ICor::setMinterCall { minter: stranger, enabled: true }).await;
    assert_eq!(event::<ICor::MinterSet>(&mined), ICor::MinterSet { minter: stranger, enabled: true });
    assert!(token.isMinter(stranger).call().await.unwrap());
    let (cap, supply) = (token.cap().call().await.unwrap(), token.totalSupply().call().await.unwrap());
    let left = cap - supply;
    let over = |amount| ICor::CapExceeded { supply, amount, cap };
    assert_eq!(refusal(&net, stranger, at, mint(left + units(1))).await, over(left + units(1)).into());
    assert_eq!(refusal(&net, stranger, at, mint(U256::MAX)).await, over(U256::MAX).into(), "a sum that would wrap");
    let nowhere = ICor::mintCall { to: Address::ZERO, value: units(1) };
    assert_eq!(refusal(&net, stranger, at, nowhere).await, ICor::ERC20InvalidReceiver { receiver: Address::ZERO }.into());
    net.ok(3, at, mint(left)).await;
    assert_eq!(token.totalSupply().call().await.unwrap(), cap);
    assert_eq!(token.balanceOf(stranger).call().await.unwrap(), left);

    net.ok(0, at, ICor::setMinterCall { minter: stranger, enabled: false }).await;
    assert_eq!(refusal(&net, stranger, at, mint(U256::ZERO)).await, ICor::NotMinter { caller: stranger }.into());
    let zero = ICor::setMinterCall { minter: Address::ZERO, enabled: true };
    assert_eq!(refusal(&net, owner, at, zero).await, IRuntime::ZeroAddress {}.into());
    let set = ICor::setMinterCall { minter: stranger, enabled: true }.abi_encode();
    assert_permissions(&net, stranger, &[("setMinter", at, set, owner)]).await;
}

#[tokio::test]
async fn a_permit_is_an_approval_that_works_once() {
    let net = TestNet::start(4).await;
    let (at, alice, spender, carrier) = (net.at.cor, net.address(2), net.address(3), net.address(1));
    let token = ICor::new(at, &net.provider);
    let now = time_in_calls(&net).await;
    let message = Permit { owner: alice, spender, value: units(5), nonce: U256::ZERO, deadline: now };
    let call = |message: &Permit, (v, r, s): (u8, B256, B256)| {
        let Permit { owner, spender, value, deadline, .. } = *message;
        ICor::permitCall { owner, spender, value, deadline, v, r, s }
    };
    let key = net.key(2);
    let good = sign(&net, &key, &message);
    answer(&net, carrier, at, call(&message, parts(&good))).await;

    let late = Permit { deadline: now - units(1), ..message.clone() };
    let expired = ICor::PermitExpired { deadline: late.deadline, timestamp: now };
    assert_eq!(refusal(&net, carrier, at, call(&late, parts(&sign(&net, &key, &late)))).await, expired.into());
    let unsigned = ICor::InvalidSigner { signer: Address::ZERO, expected: alice };
    let (v, r, s) = parts(&good);
    for (name, signature) in [
        ("mirrored", mirrored(&good)),
        ("v of 0 or 1", (v - 27, r, s)),
        ("no signature", (27, B256::ZERO, B256::ZERO)),
        ("r too large", (v, B256::repeat_byte(0xff), s)),
    ] {
        assert_eq!(refusal(&net, carrier, at, call(&message, signature)).await, unsigned.clone().into(), "{name}");
    }
    let changed = Permit { value: units(6), ..message.clone() };
    assert_signed_by_another(refusal(&net, carrier, at, call(&changed, parts(&good))).await, alice, "another value");
    let early = Permit { nonce: units(1), ..message.clone() };
    assert_signed_by_another(
        refusal(&net, carrier, at, call(&early, parts(&sign(&net, &key, &early)))).await,
        alice,
        "another nonce",
    );
    let by_spender = ICor::InvalidSigner { signer: spender, expected: alice };
    assert_eq!(refusal(&net, carrier, at, call(&message, parts(&sign(&net, &net.key(3), &message)))).await, by_spender.into());
    let nobody = Permit { owner: Address::ZERO, ..message.clone() };
    let unowned = ICor::InvalidSigner { signer: Address::ZERO, expected: Address::ZERO };
    assert_eq!(
        refusal(&net, carrier, at, call(&nobody, (27, B256::ZERO, B256::ZERO))).await,
        unowned.into(),
        "the zero address signs nothing"
    );

    let lasting = Permit { deadline: U256::MAX, ..message };
    let signature = parts(&sign(&net, &key, &lasting));
    let mined = net.ok(1, at, call(&lasting, signature)).await;
    assert_eq!(event::<ICor::Approval>(&mined), ICor::Approval { owner: alice, spender, value: units(5) });
    assert_eq!(token.allowance(alice, spender).call().await.unwrap(), units(5));
    assert_eq!(token.nonces(alice).call().await.unwrap(), units(1));
    assert_signed_by_another(refusal(&net, carrier, at, call(&lasting, signature)).await, alice, "replayed");
}

#[tokio::test]
async fn a_signature_is_for_one_chain_also_after_a_fork() {
    let net = TestNet::start(4).await;
    let (at, alice, bob) = (net.at.cor, net.address(2), net.address(3));
    net.mint(alice, units(10)).await;
    let message = authorization(alice, bob, 10, 1);
    let other = net.at.chain_id + 1;
    let foreign = net.key(2).sign_hash_sync(&message.eip712_signing_hash(&domain(&net, other))).unwrap();
    let here = sign(&net, &net.key(2), &message);
    let separator = async || answer(&net, bob, at, ICor::DOMAIN_SEPARATORCall {}).await;

    assert_eq!(separator().await, domain(&net, net.at.chain_id).separator());
    assert_signed_by_another(refusal(&net, bob, at, transfer_packed(&message, packed(&foreign))).await, alice, "another chain");
    answer(&net, bob, at, transfer_packed(&message, packed(&here))).await;

    let _: serde_json::Value = net.provider.raw_request("anvil_setChainId".into(), (other,)).await.unwrap();
    assert_eq!(separator().await, domain(&net, other).separator());
    assert_signed_by_another(refusal(&net, bob, at, transfer_packed(&message, packed(&here))).await, alice, "before the fork");
    answer(&net, bob, at, transfer_packed(&message, packed(&foreign))).await;
}

#[tokio::test]
async fn an_authorized_transfer_works_once_by_either_form() {
    let net = TestNet::start(5).await;
    let (at, alice, bob, carrier) = (net.at.cor, net.address(2), net.address(3), net.address(4));
    let token = ICor::new(at, &net.provider);
    net.mint(alice, units(100)).await;

    let first = authorization(alice, bob, 10, 1);
    let signature = sign(&net, &net.key(2), &first);
    assert!(!token.authorizationState(alice, first.nonce).call().await.unwrap());
    let mined = net.ok(4, at, transfer_by_parts(&first, parts(&signature))).await;
    assert_eq!(event::<ICor::AuthorizationUsed>(&mined), ICor::AuthorizationUsed { authorizer: alice, nonce: first.nonce });
    assert_eq!(event::<ICor::Transfer>(&mined), ICor::Transfer { from: alice, to: bob, value: units(10) });
    assert!(token.authorizationState(alice, first.nonce).call().await.unwrap());
    let used = ICor::AuthorizationUsedOrCanceled { authorizer: alice, nonce: first.nonce };
    assert_eq!(refusal(&net, carrier, at, transfer_by_parts(&first, parts(&signature))).await, used.clone().into());
    assert_eq!(
        refusal(&net, carrier, at, transfer_packed(&first, packed(&signature))).await,
        used.into(),
        "nor by the other form"
    );

    let second = authorization(alice, bob, 20, 2);
    net.ok(4, at, transfer_packed(&second, packed(&sign(&net, &net.key(2), &second)))).await;
    assert_eq!(token.balanceOf(bob).call().await.unwrap(), units(30));
    let poor = authorization(alice, bob, 71, 3);
    let short = ICor::ERC20InsufficientBalance { sender: alice, balance: units(70), needed: units(71) };
    assert_eq!(refusal(&net, carrier, at, transfer_packed(&poor, packed(&sign(&net, &net.key(2), &poor)))).await, short.into());
    assert!(!token.authorizationState(alice, poor.nonce).call().await.unwrap(), "what failed is not used");
}

#[tokio::test]
async fn authorizations_are_refused_for_what_is_wrong_with_them() {
    let net = TestNet::start(5).await;
    let (at, alice, bob, carrier) = (net.at.cor, net.address(2), net.address(3), net.address(4));
    net.mint(alice, units(100)).await;
    let now = time_in_calls(&net).await;
    let base = authorization(alice, bob, 1, 1);
    let by_alice = |message: &TransferWithAuthorization| packed(&sign(&net, &net.key(2), message));

    // Both ends of the validity are exclusive.
    let window = |after, before| TransferWithAuthorization { validAfter: after, validBefore: before, ..base.clone() };
    let valid = window(now - units(1), now + units(1));
    answer(&net, carrier, at, transfer_packed(&valid, by_alice(&valid))).await;
    let early = window(now, U256::MAX);
    let expected = ICor::AuthorizationNotYetValid { validAfter: now, timestamp: now };
    assert_eq!(refusal(&net, carrier, at, transfer_packed(&early, by_alice(&early))).await, expected.into());
    let late = window(U256::ZERO, now);
    let expected = ICor::AuthorizationExpired { validBefore: now, timestamp: now };
    assert_eq!(refusal(&net, carrier, at, transfer_packed(&late, by_alice(&late))).await, expected.into());

    let good = sign(&net, &net.key(2), &base);
    let bytes = good.as_bytes();
    let unsigned = ICor::InvalidSigner { signer: Address::ZERO, expected: alice };
    let longer = [bytes.as_slice(), &[0]].concat();
    for (name, signature) in [("empty", &[][..]), ("a byte short", &bytes[..64]), ("a byte long", &longer), ("zeros", &[0; 65])] {
        let call = transfer_packed(&base, signature.to_vec().into());
        assert_eq!(refusal(&net, carrier, at, call).await, unsigned.clone().into(), "{name}");
    }
    assert_eq!(refusal(&net, carrier, at, transfer_by_parts(&base, mirrored(&good))).await, unsigned.into(), "mirrored");

    let changes = [
        ("payee", TransferWithAuthorization { to: carrier, ..base.clone() }),
        ("value", TransferWithAuthorization { value: units(2), ..base.clone() }),
        ("start", TransferWithAuthorization { validAfter: units(1), ..base.clone() }),
        ("end", TransferWithAuthorization { validBefore: U256::MAX - units(1), ..base.clone() }),
        ("nonce", TransferWithAuthorization { nonce: B256::repeat_byte(9), ..base.clone() }),
    ];
    for (name, message) in changes {
        assert_signed_by_another(refusal(&net, carrier, at, transfer_packed(&message, packed(&good))).await, alice, name);
    }
    let theft = TransferWithAuthorization { from: bob, to: alice, ..base.clone() };
    assert_signed_by_another(refusal(&net, carrier, at, transfer_packed(&theft, by_alice(&theft))).await, bob, "from another");
    let nowhere = TransferWithAuthorization { to: Address::ZERO, ..base };
    let expected = ICor::ERC20InvalidReceiver { receiver: Address::ZERO };
    assert_eq!(refusal(&net, carrier, at, transfer_packed(&nowhere, by_alice(&nowhere))).await, expected.into());
}

#[tokio::test]
async fn only_the_payee_may_receive_and_only_what_was_signed_for_it() {
    let net = TestNet::start(5).await;
    let (at, alice, bob, thief) = (net.at.cor, net.address(2), net.address(3), net.address(4));
    net.mint(alice, units(100)).await;
    let nonce = B256::repeat_byte(1);
    let message = ReceiveWithAuthorization {
        from: alice,
        to: bob,
        value: units(10),
        validAfter: U256::ZERO,
        validBefore: U256::MAX,
        nonce,
    };
    let signature = sign(&net, &net.key(2), &message);

    let stranger = ICor::CallerMustBePayee { caller: thief, payee: bob };
    assert_eq!(refusal(&net, thief, at, receive_by_parts(&message, parts(&signature))).await, stranger.clone().into());
    let ReceiveWithAuthorization { from, to, value, validAfter, validBefore, nonce } = message.clone();
    let packed_call =
        ICor::receiveWithAuthorization_1Call { from, to, value, validAfter, validBefore, nonce, signature: packed(&signature) };
    assert_eq!(refusal(&net, thief, at, packed_call.clone()).await, stranger.into());
    answer(&net, bob, at, packed_call).await;

    // What was signed for one function does not do for the other.
    let transfer = TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce };
    assert_signed_by_another(
        refusal(&net, thief, at, transfer_packed(&transfer, packed(&signature))).await,
        alice,
        "a receipt as transfer",
    );
    let for_transfer = sign(&net, &net.key(2), &transfer);
    assert_signed_by_another(
        refusal(&net, bob, at, receive_by_parts(&message, parts(&for_transfer))).await,
        alice,
        "a transfer as receipt",
    );

    let mined = net.ok(3, at, receive_by_parts(&message, parts(&signature))).await;
    assert_eq!(event::<ICor::AuthorizationUsed>(&mined), ICor::AuthorizationUsed { authorizer: alice, nonce });
    assert_eq!(event::<ICor::Transfer>(&mined), ICor::Transfer { from: alice, to: bob, value: units(10) });
    let used = ICor::AuthorizationUsedOrCanceled { authorizer: alice, nonce };
    assert_eq!(refusal(&net, bob, at, receive_by_parts(&message, parts(&signature))).await, used.clone().into());
    assert_eq!(
        refusal(&net, thief, at, transfer_packed(&transfer, packed(&for_transfer))).await,
        used.into(),
        "one nonce for both functions"
    );
}

#[tokio::test]
async fn a_cancelled_authorization_is_worth_nothing() {
    let net = TestNet::start(5).await;
    let (at, alice, bob) = (net.at.cor, net.address(2), net.address(3));
    net.mint(alice, units(100)).await;
    let payments = [authorization(alice, bob, 1, 1), authorization(alice, bob, 1, 2)];
    for (index, payment) in payments.iter().enumerate() {
        let message = CancelAuthorization { authorizer: alice, nonce: payment.nonce };
        let (signature, nonce) = (sign(&net, &net.key(2), &message), payment.nonce);
        let (v, r, s) = parts(&signature);
        let by_bob = packed(&sign(&net, &net.key(3), &message));
        let refused =
            refusal(&net, bob, at, ICor::cancelAuthorization_1Call { authorizer: alice, nonce, signature: by_bob }).await;
        assert_eq!(refused, ICor::InvalidSigner { signer: bob, expected: alice }.into());
        let mined = match index {
            0 => net.ok(4, at, ICor::cancelAuthorization_0Call { authorizer: alice, nonce, v, r, s }).await,
            _ => net.ok(4, at, ICor::cancelAuthorization_1Call { authorizer: alice, nonce, signature: packed(&signature) }).await,
        };
        assert_eq!(event::<ICor::AuthorizationCanceled>(&mined), ICor::AuthorizationCanceled { authorizer: alice, nonce });
        assert!(answer(&net, bob, at, ICor::authorizationStateCall { authorizer: alice, nonce }).await);
        let gone = ContractError::from(ICor::AuthorizationUsedOrCanceled { authorizer: alice, nonce });
        let call = transfer_packed(payment, packed(&sign(&net, &net.key(2), payment)));
        assert_eq!(refusal(&net, bob, at, call).await, gone);
        assert_eq!(refusal(&net, bob, at, ICor::cancelAuthorization_0Call { authorizer: alice, nonce, v, r, s }).await, gone);
    }
}

#[tokio::test]
async fn the_same_code_is_another_token_with_a_name_that_fits() {
    let net = TestNet::start(2).await;
    let artifacts = Artifacts::new(&paths::contracts());
    let named = |name: String| NetworkParams {
        token_name: name,
        token_symbol: "dUSD".to_owned(),
        token_decimals: 6,
        ..NetworkParams::development(net.at.chain_id, vec![], vec![])
    };
    let longest = "n".repeat(31);
    let network = deploy(&net.account(0), &artifacts, &named(longest.clone()), &mut |_| {}).await.unwrap();
    let token = ICor::new(network.deployment.cor, &net.provider);
    assert_eq!(token.name().call().await.unwrap(), longest);
    assert_eq!((token.symbol().call().await.unwrap().as_str(), token.decimals().call().await.unwrap()), ("dUSD", 6));
    let domain =
        eip712_domain! { name: longest, version: "1", chain_id: net.at.chain_id, verifying_contract: network.deployment.cor, };
    assert_eq!(token.DOMAIN_SEPARATOR().call().await.unwrap(), domain.separator());

    let refused = deploy(&net.account(0), &artifacts, &named("n".repeat(32)), &mut |_| {}).await;
    match refused {
        Err(DeployError::Chain { step, source: ChainError::Reverted { error, .. } }) => {
            assert_eq!(step, "deploying Cor");
            assert!(matches!(&error, RevertError::Contract(error) if error.name() == "TextTooLong"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Mint { to: usize, value: u64 },
    Transfer { from: usize, to: usize, value: u64 },
    Approve { owner: usize, spender: usize, value: u64 },
    Spend { spender: usize, from: usize, to: usize, value: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, value) = (1..4_usize, 0..50_u64);
    prop_oneof![
        (who.clone(), value.clone()).prop_map(|(to, value)| Step::Mint { to, value }),
        (who.clone(), who.clone(), value.clone()).prop_map(|(from, to, value)| Step::Transfer { from, to, value }),
        (who.clone(), who.clone(), value.clone()).prop_map(|(owner, spender, value)| { Step::Approve { owner, spender, value } }),
        (who.clone(), who.clone(), who, value).prop_map(|(spender, from, to, value)| Step::Spend { spender, from, to, value }),
    ]
}

/// The token in plain maps.
#[derive(Default)]
struct Model {
    balances: BTreeMap<usize, u64>,
    allowances: BTreeMap<(usize, usize), u64>,
}

impl Model {
    /// Whether the step is allowed, and its effect if so.
    fn apply(&mut self, step: Step) -> bool {
        match step {
            Step::Mint { to, value } => *self.balances.entry(to).or_default() += value,
            Step::Approve { owner, spender, value } => {
                self.allowances.insert((owner, spender), value);
            }
            Step::Transfer { from, to, value } => return self.carry(from, to, value),
            Step::Spend { spender, from, to, value } => {
                let allowance = self.allowances.get(&(from, spender)).copied().unwrap_or_default();
                if allowance < value || !self.carry(from, to, value) {
                    return false;
                }
                self.allowances.insert((from, spender), allowance - value);
            }
        }
        true
    }

    fn carry(&mut self, from: usize, to: usize, value: u64) -> bool {
        let balance = self.balances.entry(from).or_default();
        if *balance < value {
            return false;
        }
        *balance -= value;
        *self.balances.entry(to).or_default() += value;
        true
    }
}

#[tokio::test]
async fn random_steps_leave_the_balances_of_the_model() {
    let net = TestNet::start(4).await;
    let (at, token) = (net.at.cor, ICor::new(net.at.cor, &net.provider));
    let mut runner = TestRunner::deterministic();
    let mut model = Model::default();
    let supply_before = token.totalSupply().call().await.unwrap();
    let mut refused = 0;
    for number in 0..60 {
        let step = step().new_tree(&mut runner).unwrap().current();
        let sent = match step {
            Step::Mint { to, value } => net.send(0, at, ICor::mintCall { to: net.address(to), value: units(value) }).await,
            Step::Transfer { from, to, value } => {
                net.send(from, at, ICor::transferCall { to: net.address(to), value: units(value) }).await
            }
            Step::Approve { owner, spender, value } => {
                net.send(owner, at, ICor::approveCall { spender: net.address(spender), value: units(value) }).await
            }
            Step::Spend { spender, from, to, value } => {
                let call = ICor::transferFromCall { from: net.address(from), to: net.address(to), value: units(value) };
                net.send(spender, at, call).await
            }
        };
        let allowed = model.apply(step);
        assert_eq!(sent.is_ok(), allowed, "step {number}: {step:?}: {sent:?}");
        refused += u32::from(!allowed);
        let mut sum = U256::ZERO;
        for who in 1..4 {
            let balance = token.balanceOf(net.address(who)).call().await.unwrap();
            assert_eq!(
                balance,
                units(model.balances.get(&who).copied().unwrap_or_default()),
                "step {number}: {step:?}: account {who}"
            );
            sum += balance;
        }
        assert_eq!(token.totalSupply().call().await.unwrap(), supply_before + sum, "step {number}");
    }
    assert!((5..55).contains(&refused), "{refused} of 60 refused: the steps no longer exercise both");
    let mined = net.ok(1, at, ICor::transferCall { to: net.address(2), value: U256::ZERO }).await;
    assert_eq!(events::<ICor::Transfer>(&mined, at).len(), 1, "a transfer of nothing is one, too");
}
