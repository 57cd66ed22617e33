//! Accounts with code sign by ERC-1271, as far as EIP-3009 takes a signature in bytes; delegated ones (EIP-7702) too. OpenZeppelin's checker is
//! asked the same.

use alloy::{
    eips::eip7702::Authorization,
    network::TransactionBuilder,
    primitives::{Address, B256, Bytes, U256, keccak256},
    providers::Provider,
    rpc::types::TransactionRequest,
    signers::{SignerSync, local::PrivateKeySigner},
    sol,
    sol_types::{SolCall, SolStruct, SolValue},
};
use cor_kit::{TestNet, event};
use cor_sol::{ContractError, cor::ICor};

use super::{
    CancelAuthorization, ReceiveWithAuthorization, TransferWithAuthorization, authorization, domain, oracle::solidity, packed,
    parts, sign, transfer_by_parts, transfer_packed, units,
};
use crate::support::{answer, refusal};

sol! {
    function approve(bytes32 digest, bytes32 signatureHash) external;
    function set(address target, bytes message, bool insists) external;
    function isValid(address signer, bytes32 digest, bytes signature) external view returns (bool);
}

/// What a contract answers that agrees.
const MAGIC: B256 = {
    let mut word = [0; 32];
    [word[0], word[1], word[2], word[3]] = [0x16, 0x26, 0xba, 0x7e];
    B256::new(word)
};

/// A network with OpenZeppelin's checker, and contracts of the file of wallets.
struct World<C> {
    net: TestNet,
    checker: Address,
    code: C,
}

async fn world() -> World<impl Fn(&str) -> Bytes> {
    let net = TestNet::start(6).await;
    let checker = create(&net, solidity("Oracle.sol").await("Checker")).await;
    World { net, checker, code: solidity("Wallets.sol").await }
}

async fn create(net: &TestNet, code: Bytes) -> Address {
    let creation = TransactionRequest::default().with_from(net.address(0)).with_deploy_code(code);
    let receipt = net.provider.send_transaction(creation).await.expect("it is taken").get_receipt().await.expect("it is mined");
    assert!(receipt.status(), "{receipt:?}");
    receipt.contract_address.expect("a creation has an address")
}

impl<C: Fn(&str) -> Bytes> World<C> {
    /// A wallet, created with ABI-encoded arguments.
    async fn wallet(&self, name: &str, arguments: &[u8]) -> Address {
        create(&self.net, [&(self.code)(name), arguments].concat().into()).await
    }

    /// A wallet with 100 tokens.
    async fn rich(&self, name: &str, arguments: &[u8]) -> Address {
        let wallet = self.wallet(name, arguments).await;
        self.net.mint(wallet, units(100)).await;
        wallet
    }

    fn digest(&self, message: &impl SolStruct) -> B256 {
        message.eip712_signing_hash(&domain(&self.net, self.net.at.chain_id))
    }

    /// Whether the checker takes the signature.
    async fn is_valid(&self, signer: Address, message: &impl SolStruct, signature: &Bytes) -> bool {
        let call = isValidCall { signer, digest: self.digest(message), signature: signature.clone() };
        answer(&self.net, self.net.address(1), self.checker, call).await
    }

    /// The wallet approves a signature of a message.
    async fn approve(&self, wallet: Address, message: &impl SolStruct, signature: &Bytes) {
        let call = approveCall { digest: self.digest(message), signatureHash: keccak256(signature) };
        self.net.ok(0, wallet, call).await;
    }

    /// The token refuses what `signer` signed, and says that nobody did, as nobody can be named.
    async fn refuses<S: SolCall>(&self, signer: Address, call: S, why: &str) {
        let expected = ICor::InvalidSigner { signer: Address::ZERO, expected: signer };
        assert_eq!(refusal(&self.net, self.net.address(4), self.net.at.cor, call).await, expected.into(), "{why}");
    }
}

/// The wallet gets what was signed and how, unchanged, and is asked anew for each call.
#[tokio::test]
async fn a_contract_agrees_to_the_very_digest_and_bytes_of_any_length() {
    let world = world().await;
    let (net, at, bob) = (&world.net, world.net.at.cor, world.net.address(3));
    let token = ICor::new(at, &net.provider);
    let wallet = world.rich("Approving", &[]).await;
    for (nonce, length) in [(1, 0), (2, 1), (3, 32), (4, 64), (5, 65), (6, 66), (7, 1_000)] {
        let message = authorization(wallet, bob, 10, nonce);
        let signature = Bytes::from(vec![nonce; length]);
        world.refuses(wallet, transfer_packed(&message, signature.clone()), "not approved yet").await;
        world.approve(wallet, &message, &signature).await;
        assert!(world.is_valid(wallet, &message, &signature).await, "{length} bytes");
        let longer = Bytes::from([&signature[..], &[0]].concat());
        world.refuses(wallet, transfer_packed(&message, longer), "a byte more").await;
        let other = TransferWithAuthorization { value: units(11), ..message.clone() };
        world.refuses(wallet, transfer_packed(&other, signature.clone()), "another value").await;

        let mined = net.ok(4, at, transfer_packed(&message, signature.clone())).await;
        assert_eq!(
            event::<ICor::AuthorizationUsed>(&mined),
            ICor::AuthorizationUsed { authorizer: wallet, nonce: message.nonce }
        );
        assert_eq!(event::<ICor::Transfer>(&mined), ICor::Transfer { from: wallet, to: bob, value: units(10) });
        let used = ICor::AuthorizationUsedOrCanceled { authorizer: wallet, nonce: message.nonce };
        assert_eq!(
            refusal(net, bob, at, transfer_packed(&message, signature)).await,
            used.into(),
            "once, whatever the wallet says"
        );
    }
    assert_eq!(token.balanceOf(wallet).call().await.unwrap(), units(30));
    let poor = authorization(wallet, bob, 31, 8);
    world.approve(wallet, &poor, &Bytes::new()).await;
    let short = ICor::ERC20InsufficientBalance { sender: wallet, balance: units(30), needed: units(31) };
    assert_eq!(refusal(net, bob, at, transfer_packed(&poor, Bytes::new())).await, short.into());
}

#[tokio::test]
async fn a_contract_receives_and_cancels_as_it_transfers() {
    let world = world().await;
    let (net, at, bob) = (&world.net, world.net.at.cor, world.net.address(3));
    let wallet = world.rich("Approving", &[]).await;
    let signature = Bytes::from_static(b"as good as any");
    let TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce } = authorization(wallet, bob, 10, 1);
    let message = ReceiveWithAuthorization { from, to, value, validAfter, validBefore, nonce };
    let receive =
        ICor::receiveWithAuthorization_1Call { from, to, value, validAfter, validBefore, nonce, signature: signature.clone() };
    let expected = ContractError::from(ICor::InvalidSigner { signer: Address::ZERO, expected: wallet });
    assert_eq!(refusal(net, bob, at, receive.clone()).await, expected, "not approved");
    world.approve(wallet, &message, &signature).await;
    let stranger = ICor::CallerMustBePayee { caller: net.address(4), payee: bob };
    assert_eq!(refusal(net, net.address(4), at, receive.clone()).await, stranger.into());
    let mined = net.ok(3, at, receive).await;
    assert_eq!(event::<ICor::Transfer>(&mined), ICor::Transfer { from: wallet, to: bob, value: units(10) });

    let nonce = B256::repeat_byte(2);
    let cancel = ICor::cancelAuthorization_1Call { authorizer: wallet, nonce, signature: signature.clone() };
    world.refuses(wallet, cancel.clone(), "not approved").await;
    world.approve(wallet, &CancelAuthorization { authorizer: wallet, nonce }, &signature).await;
    let mined = net.ok(4, at, cancel).await;
    assert_eq!(event::<ICor::AuthorizationCanceled>(&mined), ICor::AuthorizationCanceled { authorizer: wallet, nonce });
    let payment = authorization(wallet, bob, 1, 2);
    let gone = ICor::AuthorizationUsedOrCanceled { authorizer: wallet, nonce };
    assert_eq!(refusal(net, bob, at, transfer_packed(&payment, signature)).await, gone.into());
}

#[tokio::test]
async fn any_answer_but_the_magic_word_is_a_no() {
    let world = world().await;
    let bob = world.net.address(3);
    let with = |change: fn(&mut Vec<u8>)| {
        let mut answer = MAGIC.to_vec();
        change(&mut answer);
        answer
    };
    // The last column: whether OpenZeppelin's checker agrees.
    let table: [(&str, Vec<u8>, bool); 9] = [
        ("the magic word", MAGIC.to_vec(), true),
        ("nothing", vec![], false),
        ("the four bytes alone", MAGIC[..4].to_vec(), false),
        ("a byte short", MAGIC[..31].to_vec(), false),
        ("true", U256::ONE.to_be_bytes_vec(), false),
        ("the value at the other end", U256::from(0x1626_ba7e_u32).to_be_bytes_vec(), false),
        ("a dirty last byte", with(|word| word[31] = 1), false),
        ("garbage", vec![0xab; 1_000], false),
        // Theirs looks at the first word only. No compiler makes a longer answer of a bytes4.
        ("a byte long", with(|word| word.push(0)), true),
    ];
    for (name, bytes, theirs) in table {
        let wallet = world.rich("Answering", &Bytes::from(bytes.clone()).abi_encode()).await;
        let message = authorization(wallet, bob, 1, 1);
        assert_eq!(world.is_valid(wallet, &message, &Bytes::new()).await, theirs, "{name}");
        let call = transfer_packed(&message, Bytes::new());
        if bytes == MAGIC.as_slice() {
            answer(&world.net, bob, world.net.at.cor, call).await;
        } else {
            world.refuses(wallet, call, name).await;
        }
    }
}

#[tokio::test]
async fn a_contract_that_fails_does_not_agree() {
    let world = world().await;
    let (net, at, bob) = (&world.net, world.net.at.cor, world.net.address(3));
    for name in ["Reverting", "Endless", "Writing", "Checker"] {
        let wallet = if name == "Checker" { world.checker } else { world.rich(name, &[]).await };
        let message = authorization(wallet, bob, 0, 1);
        world.refuses(wallet, transfer_packed(&message, Bytes::new()), name).await;
        assert!(!world.is_valid(wallet, &message, &Bytes::new()).await, "{name}");
    }
    // The token does not agree to anything, nor do the network's other contracts.
    for contract in [at, net.at.vault] {
        world.refuses(contract, transfer_packed(&authorization(contract, bob, 0, 1), Bytes::new()), "no wallet").await;
    }
    // What takes all gas takes it of whoever sent the call, and nothing has happened.
    let endless = world.rich("Endless", &[]).await;
    let call = transfer_packed(&authorization(endless, bob, 1, 1), Bytes::new());
    let sent = TransactionRequest::default().with_from(net.address(4)).with_to(at).with_input(call.abi_encode());
    let sent = net.provider.send_transaction(sent.with_gas_limit(300_000)).await.expect("it is taken");
    assert!(!sent.get_receipt().await.expect("it is mined").status());
    assert!(!answer(net, bob, at, ICor::authorizationStateCall { authorizer: endless, nonce: B256::repeat_byte(1) }).await);
}

#[tokio::test]
async fn who_calls_back_while_it_is_asked_gets_nothing() {
    let world = world().await;
    let (net, at, bob) = (&world.net, world.net.at.cor, world.net.address(3));
    let token = ICor::new(at, &net.provider);
    let wallet = world.rich("Reentering", &[]).await;
    let message = authorization(wallet, bob, 10, 1);
    let call = transfer_packed(&message, Bytes::new());
    let inner = [
        ("the same again", call.abi_encode()),
        ("a transfer", ICor::transferCall { to: bob, value: units(1) }.abi_encode()),
        ("an approval", ICor::approveCall { spender: bob, value: U256::MAX }.abi_encode()),
        ("a view", ICor::balanceOfCall { account: wallet }.abi_encode()),
    ];
    for (name, inner) in inner {
        let set = |insists| setCall { target: at, message: inner.clone().into(), insists };
        net.ok(0, wallet, set(true)).await;
        world.refuses(wallet, call.clone(), name).await;
        net.ok(0, wallet, set(false)).await;
        answer(net, net.address(4), at, call.clone()).await;
    }
    net.ok(0, wallet, setCall { target: at, message: call.abi_encode().into(), insists: false }).await;
    net.ok(4, at, call).await;
    assert_eq!(token.balanceOf(bob).call().await.unwrap(), units(10), "paid once");
    assert_eq!(token.allowance(wallet, bob).call().await.unwrap(), U256::ZERO);
}

/// Signs a delegation by `key`, and has account 5 send it.
async fn delegate(net: &TestNet, key: &PrivateKeySigner, to: Address) {
    let nonce = net.provider.get_transaction_count(key.address()).await.unwrap();
    let authorization = Authorization { chain_id: U256::from(net.at.chain_id), address: to, nonce };
    let signature = key.sign_hash_sync(&authorization.signature_hash()).unwrap();
    let mut sent = TransactionRequest::default().with_from(net.address(5)).with_to(net.address(5)).with_gas_limit(200_000);
    sent.authorization_list = Some(vec![authorization.into_signed(signature)]);
    let receipt = net.provider.send_transaction(sent).await.expect("it is taken").get_receipt().await.expect("it is mined");
    assert!(receipt.status());
}

#[tokio::test]
async fn a_delegated_account_signs_by_its_delegate_or_by_parts() {
    let world = world().await;
    let (net, at, bob) = (&world.net, world.net.at.cor, world.net.address(3));
    let (key, alice) = (net.key(2), net.address(2));
    net.mint(alice, units(100)).await;
    let [agreeing, refusing] = [0x1626_ba7e_u32, 0xffff_ffff].map(|value| B256::right_padding_from(&value.to_be_bytes()));
    let [agreeing, refusing] =
        [world.wallet("Constant", agreeing.as_slice()).await, world.wallet("Constant", refusing.as_slice()).await];
    let message = authorization(alice, bob, 10, 1);
    let (by_key, by_bob) = (sign(net, &key, &message), sign(net, &net.key(3), &message));
    let takes = async |what: &str, signature: &Bytes, expected: bool| {
        assert_eq!(world.is_valid(alice, &message, signature).await, expected, "{what}: OpenZeppelin's checker");
        let call = transfer_packed(&message, signature.clone());
        if expected {
            answer(net, bob, at, call).await;
        } else {
            let refused = refusal(net, bob, at, call).await;
            assert!(matches!(refused, ContractError::InvalidSigner(_)), "{what}: {refused}");
        }
    };
    takes("a key", &packed(&by_key), true).await;
    takes("another's key", &packed(&by_bob), false).await;
    takes("no signature", &Bytes::new(), false).await;

    delegate(net, &key, refusing).await;
    takes("a key whose delegate refuses", &packed(&by_key), false).await;
    world.refuses(alice, transfer_packed(&message, packed(&by_bob)), "who signed is not looked at").await;
    answer(net, bob, at, transfer_by_parts(&message, parts(&by_key))).await;
    let expected = ICor::InvalidSigner { signer: bob, expected: alice };
    assert_eq!(refusal(net, bob, at, transfer_by_parts(&message, parts(&by_bob))).await, expected.into());

    delegate(net, &key, agreeing).await;
    takes("a key whose delegate agrees", &packed(&by_key), true).await;
    takes("nothing, to which the delegate agrees", &Bytes::new(), true).await;
    assert_eq!(refusal(net, bob, at, transfer_by_parts(&message, parts(&by_bob))).await, expected_of(bob, alice));
    net.ok(4, at, transfer_packed(&message, packed(&by_key))).await;
    let used = ICor::AuthorizationUsedOrCanceled { authorizer: alice, nonce: message.nonce };
    assert_eq!(
        refusal(net, bob, at, transfer_by_parts(&message, parts(&by_key))).await,
        used.into(),
        "valid in both ways, used once"
    );

    // Whose delegate has no code answers nothing; a delegation to the zero address ends it.
    delegate(net, &key, Address::repeat_byte(0x77)).await;
    let message = authorization(alice, bob, 10, 2);
    let by_key = sign(net, &key, &message);
    world.refuses(alice, transfer_packed(&message, packed(&by_key)), "a delegate without code").await;
    delegate(net, &key, Address::ZERO).await;
    net.ok(4, at, transfer_packed(&message, packed(&by_key))).await;
}

fn expected_of(signer: Address, expected: Address) -> ContractError {
    ICor::InvalidSigner { signer, expected }.into()
}

/// A wrapped signature of a contract that is not there yet (ERC-6492) is none, and works without its wrapping once the contract is there.
#[tokio::test]
async fn a_contract_signs_once_it_is_deployed() {
    let world = world().await;
    let (net, at, bob) = (&world.net, world.net.at.cor, world.net.address(3));
    let nonce = net.provider.get_transaction_count(net.address(0)).await.unwrap();
    // After the mint.
    let wallet = net.address(0).create(nonce + 1);
    net.mint(wallet, units(10)).await;
    let message = authorization(wallet, bob, 10, 1);
    let wrapped = (bob, Bytes::from_static(b"create"), Bytes::from_static(b"inner")).abi_encode_params();
    let wrapped = Bytes::from([&wrapped[..], &[0x64, 0x92].repeat(16)].concat());
    world.refuses(wallet, transfer_packed(&message, wrapped.clone()), "not there").await;
    let code = (world.code)("Approving");
    assert_eq!(create(net, code).await, wallet);
    world.approve(wallet, &message, &Bytes::from_static(b"inner")).await;
    world.refuses(wallet, transfer_packed(&message, wrapped), "wrapped").await;
    net.ok(4, at, transfer_packed(&message, Bytes::from_static(b"inner"))).await;
}

/// Forms with `v`, `r`, `s` never ask a contract, whatever it would say.
#[tokio::test]
async fn a_contract_does_not_sign_by_parts() {
    let world = world().await;
    let (net, at, bob) = (&world.net, world.net.at.cor, world.net.address(3));
    let wallet = world.rich("Constant", MAGIC.as_slice()).await;
    let message = authorization(wallet, bob, 10, 1);
    answer(net, bob, at, transfer_packed(&message, Bytes::new())).await;
    let by_bob = parts(&sign(net, &net.key(3), &message));
    assert_eq!(refusal(net, bob, at, transfer_by_parts(&message, by_bob)).await, expected_of(bob, wallet));
    world.refuses(wallet, transfer_by_parts(&message, (27, B256::ZERO, B256::ZERO)), "zeros").await;
    let (v, r, s) = (27, B256::ZERO, B256::ZERO);
    let permit = ICor::permitCall { owner: wallet, spender: bob, value: units(1), deadline: U256::MAX, v, r, s };
    world.refuses(wallet, permit, "a permit").await;
}
