//! Runtime on the real WASM, and the ownership that all contracts share.

use crate::support::{answer, assert_permissions, events, permissions, refusal, revert_data, trial};
use alloy::{
    primitives::{Address, B256, U256, keccak256},
    providers::Provider,
    sol_types::{SolCall, SolValue},
};
use cor_kit::{TestNet, event, goldens, paths, solo::Solo};
use cor_sol::runtime::IRuntime;

fn name(text: &str) -> B256 {
    B256::right_padding_from(text.as_bytes())
}

#[tokio::test]
async fn modules_are_listed_and_replaced_by_rising_versions() {
    let net = TestNet::start(3).await;
    let (runtime, owner) = (IRuntime::new(net.at.runtime, &net.provider), net.address(0));
    let deployed = ["Cor", "Staking", "SessionPaymentTable", "Vault", "NodePool", "Lane", "Lens", "Jury"];
    assert_eq!(runtime.moduleCount().call().await.unwrap(), 8);
    for (index, module) in deployed.iter().enumerate() {
        assert_eq!(runtime.moduleNameAt(index as u64).call().await.unwrap(), name(module));
    }
    let cor = runtime.getModule(name("Cor")).call().await.unwrap();
    assert_eq!((cor.module, cor.version), (net.at.cor, 1));

    let replacement = Address::repeat_byte(7);
    let set = |version| IRuntime::setModuleCall { name: name("Cor"), module: replacement, version };
    let mined = net.ok(0, net.at.runtime, set(5)).await;
    assert_eq!(event::<IRuntime::ModuleSet>(&mined), IRuntime::ModuleSet { name: name("Cor"), module: replacement, version: 5 });
    let cor = runtime.getModule(name("Cor")).call().await.unwrap();
    assert_eq!((cor.module, cor.version), (replacement, 5));
    assert_eq!(runtime.moduleCount().call().await.unwrap(), 8, "replacing lists nothing new");

    for offered in [0, 4, 5] {
        let expected = IRuntime::VersionNotRising { name: name("Cor"), current: 5, offered };
        assert_eq!(refusal(&net, owner, net.at.runtime, set(offered)).await, expected.into());
    }
    let zero = IRuntime::setModuleCall { name: name("Cor"), module: Address::ZERO, version: 9 };
    assert_eq!(refusal(&net, owner, net.at.runtime, zero).await, IRuntime::ZeroAddress {}.into());
    let unversioned = IRuntime::setModuleCall { name: name("New"), module: replacement, version: 0 };
    let expected = IRuntime::VersionNotRising { name: name("New"), current: 0, offered: 0 };
    assert_eq!(refusal(&net, owner, net.at.runtime, unversioned).await, expected.into());

    let unknown = IRuntime::getModuleCall { name: name("Nobody") };
    assert_eq!(refusal(&net, owner, net.at.runtime, unknown).await, IRuntime::UnknownModule { name: name("Nobody") }.into());
    let expected = IRuntime::UnknownModule { name: U256::from(8).into() };
    assert_eq!(refusal(&net, owner, net.at.runtime, IRuntime::moduleNameAtCall { index: 8 }).await, expected.into());
    let expected = IRuntime::UnknownModule { name: U256::from(u64::MAX).into() };
    assert_eq!(refusal(&net, owner, net.at.runtime, IRuntime::moduleNameAtCall { index: u64::MAX }).await, expected.into());
}

#[tokio::test]
async fn parameters_are_the_owners() {
    let net = TestNet::start(3).await;
    let (at, owner, stranger) = (net.at.runtime, net.address(0), net.address(2));
    let runtime = IRuntime::new(at, &net.provider);

    let mined = net.ok(0, at, IRuntime::setMinNodeVersionCall { version: 2_001_003 }).await;
    assert_eq!(event::<IRuntime::MinNodeVersionSet>(&mined).version, 2_001_003);
    assert_eq!(runtime.minNodeVersion().call().await.unwrap(), 2_001_003);

    assert!(!runtime.feature(name("rewards")).call().await.unwrap());
    for enabled in [true, false] {
        let mined = net.ok(0, at, IRuntime::setFeatureCall { name: name("rewards"), enabled }).await;
        assert_eq!(event::<IRuntime::FeatureSet>(&mined), IRuntime::FeatureSet { name: name("rewards"), enabled });
        assert_eq!(runtime.feature(name("rewards")).call().await.unwrap(), enabled);
    }

    let module = IRuntime::setModuleCall { name: name("Cor"), module: at, version: 9 }.abi_encode();
    let version = IRuntime::setMinNodeVersionCall { version: 1 }.abi_encode();
    let feature = IRuntime::setFeatureCall { name: name("x"), enabled: true }.abi_encode();
    assert_permissions(
        &net,
        stranger,
        &[("setModule", at, module, owner), ("setMinNodeVersion", at, version, owner), ("setFeature", at, feature, owner)],
    )
    .await;
}

#[tokio::test]
async fn every_contract_passes_to_a_new_owner_in_two_steps_only() {
    let net = TestNet::start(4).await;
    let (owner, heir, stranger) = (net.address(0), net.address(2), net.address(3));
    let contracts = [net.at.runtime, net.at.cor, net.at.staking, net.at.session_payment_table, net.at.vault, net.at.node_pool];
    for contract in contracts {
        let offer = |candidate| IRuntime::transferOwnershipCall { candidate };
        let accept = IRuntime::acceptOwnershipCall {};
        let rows =
            [("offer", contract, offer(stranger).abi_encode(), owner), ("accept", contract, accept.abi_encode(), Address::ZERO)];
        assert_permissions(&net, stranger, &rows).await;

        // An offer that is withdrawn cannot be accepted.
        net.ok(0, contract, offer(stranger)).await;
        net.ok(0, contract, offer(Address::ZERO)).await;
        assert_permissions(&net, stranger, &[("withdrawn", contract, accept.abi_encode(), Address::ZERO)]).await;

        let mined = net.ok(0, contract, offer(heir)).await;
        assert_eq!(
            events::<IRuntime::OwnershipTransferStarted>(&mined, contract),
            [IRuntime::OwnershipTransferStarted { owner, candidate: heir }]
        );
        assert_eq!(answer(&net, stranger, contract, IRuntime::ownerCall {}).await, owner, "an offer changes nothing yet");
        assert_permissions(&net, stranger, &[("not the candidate", contract, accept.abi_encode(), heir)]).await;

        let mined = net.ok(2, contract, accept.clone()).await;
        assert_eq!(
            events::<IRuntime::OwnershipTransferred>(&mined, contract),
            [IRuntime::OwnershipTransferred { previous: owner, owner: heir }]
        );
        assert_eq!(answer(&net, stranger, contract, IRuntime::ownerCall {}).await, heir);
        assert_permissions(&net, owner, &[("former owner", contract, offer(owner).abi_encode(), heir)]).await;
        assert_permissions(&net, heir, &[("accepted twice", contract, accept.abi_encode(), Address::ZERO)]).await;
    }
}

#[tokio::test]
async fn nothing_is_constructed_twice_and_nothing_takes_ether() {
    let net = TestNet::start(2).await;
    let owner = net.address(0);
    let construct = [&keccak256("stylus_constructor()")[..4], owner.into_word().as_slice()].concat();
    for contract in [net.at.runtime, net.at.node_pool, net.at.lane] {
        assert!(revert_data(&net, owner, contract, construct.clone()).await.is_empty(), "{contract}");
    }
    let pay = alloy::rpc::types::TransactionRequest::default().from(owner).to(net.at.runtime).value(U256::from(1));
    assert!(net.provider.call(pay.clone()).await.is_err(), "a plain transfer");
    let with_call = pay.input(alloy::primitives::Bytes::from(IRuntime::ownerCall {}.abi_encode()).into());
    assert!(net.provider.call(with_call).await.is_err(), "a transfer with a call");
    assert!(revert_data(&net, owner, net.at.runtime, vec![1, 2, 3, 4]).await.is_empty(), "an unknown function");
    assert!(
        revert_data(&net, owner, net.at.runtime, IRuntime::getModuleCall { name: B256::ZERO }.abi_encode()[..35].to_vec())
            .await
            .is_empty(),
        "cut short"
    );
}

/// Each role tries each function. `module` is registered: that alone allows nothing.
#[tokio::test]
async fn golden_permissions() {
    let solo = Solo::start().await;
    let roles = [("owner", 0), ("candidate", 1), ("module", 2), ("stranger", 3)].map(|(role, index)| (role, solo.account(index)));
    let [owner, candidate, module, stranger] = roles.map(|(_, account)| account);
    let runtime = solo.deploy("Runtime", &(owner,).abi_encode_params());
    // Views are asked with zeros, so that is what the module is called.
    let set = |version| IRuntime::setModuleCall { name: B256::ZERO, module, version };
    solo.ok(owner, runtime, &set(1));
    solo.ok(owner, runtime, &IRuntime::transferOwnershipCall { candidate });
    let trials = vec![
        trial("", &set(2)),
        trial("", &IRuntime::setMinNodeVersionCall { version: 1 }),
        trial("", &IRuntime::setFeatureCall { name: name("rewards"), enabled: true }),
        trial("", &IRuntime::transferOwnershipCall { candidate: stranger }),
        trial("", &IRuntime::acceptOwnershipCall {}),
    ];
    let abi = std::fs::read_to_string(paths::repository("test/goldens/abi/Runtime.txt")).expect("the ABI is there");
    let table = permissions(&solo, runtime, &abi, &roles, trials);
    goldens::assert_text("permissions/runtime.txt", &table);
}
