//! What a deployment leaves behind, asked of the contracts: both sides of every peer, caps, delays, penalties, and who may do what.

use alloy::{
    primitives::{Address, B256, Bytes, U256, bytes},
    providers::Provider as _,
    sol_types::SolCall,
};
use cor_adapters::deploy::{
    AddressError, Artifacts, DeployError, DeployedNetwork, JuryParams, NetworkParams, deploy, deploy_lane, model_name,
};
use cor_core::{
    limits::LANE_REPORT_MAX_SECS,
    task::{TermsError, jury::Standing},
};
use cor_errors::Coded as _;
use cor_kit::TestNet;
use cor_sol::{
    jury::IJury, lane::ILane, lens::ILens, node_pool::INodePool, runtime::IRuntime, session_payment_table::ISessionPaymentTable,
    staking::IStaking, vault::IVault,
};
use cor_wire::deployment::Deployment;

/// A module that acts.
const ACTIVE: u8 = 2;
/// Answers each call with what its storage has under the call's selector.
const READS_ITS_STORAGE: Bytes = bytes!("5f3560e01c545f5260205ff3");

#[tokio::test]
async fn a_deployment_is_wired_opened_and_bounded() {
    let net = TestNet::start(3).await;
    let (at, provider, params) = (&net.at, &net.provider, NetworkParams::development(1, vec![], vec![]));
    let owner = net.address(0);

    let vault = IVault::new(at.vault, provider);
    assert_eq!(vault.token().call().await.unwrap(), at.cor);
    assert!(vault.isOpen().call().await.unwrap());
    assert_eq!(vault.moduleDelaySecs().call().await.unwrap(), params.vault_delay_secs);
    let module = vault.moduleOf(at.lane).call().await.unwrap();
    assert_eq!((module.status, module.cap, module.nextCapAt), (ACTIVE, params.vault_cap.to(), 0));
    assert_eq!(vault.guardian().call().await.unwrap(), Address::ZERO);

    let staking = IStaking::new(at.staking, provider);
    assert_eq!(staking.token().call().await.unwrap(), at.cor);
    assert!(staking.isOpen().call().await.unwrap());
    assert_eq!(staking.delaySecs().call().await.unwrap(), params.delay_secs);
    assert_eq!(staking.unbondingSecs().call().await.unwrap(), params.unbonding_secs);
    assert_eq!(staking.nodeStakeRequired().call().await.unwrap(), params.node_stake);
    let slasher = staking.moduleOf(at.lane).call().await.unwrap();
    assert_eq!((slasher.status, slasher.cap), (ACTIVE, params.slash_cap));
    let treasury = staking.treasury().call().await.unwrap();
    assert_eq!((treasury.current, treasury.next), (at.vault, Address::ZERO));
    let pool_of = staking.nodePool().call().await.unwrap();
    assert_eq!((pool_of.current, pool_of.next), (at.node_pool, Address::ZERO));
    assert_eq!(staking.guardian().call().await.unwrap(), Address::ZERO);

    let pool = INodePool::new(at.node_pool, provider);
    assert!(pool.isOpen().call().await.unwrap());
    assert_eq!(pool.delaySecs().call().await.unwrap(), params.delay_secs);
    assert_eq!(pool.staking().call().await.unwrap().current, at.staking);
    assert_eq!(pool.minNodeVersion().call().await.unwrap(), params.min_node_version);
    assert_eq!(pool.nextMinNodeVersion().call().await.unwrap().effectiveAt, 0, "in force, and not only announced");
    assert_eq!(IRuntime::new(at.runtime, provider).minNodeVersion().call().await.unwrap(), params.min_node_version);

    let lens = ILens::new(at.lens, provider);
    assert_eq!(lens.lane().call().await.unwrap(), at.lane);
    assert_eq!(lens.governor().call().await.unwrap(), owner);
    let config = lens.config().call().await.unwrap();
    let set = (params.no_reveal_penalty, params.bad_reveal_penalty, params.no_result_gas_cap_bps, false);
    assert_eq!((config.noReveal, config.badReveal, config.noResultGasCapBps, config.paused), set);
    assert!(params.bad_reveal_penalty > params.no_reveal_penalty && params.no_reveal_penalty > 0);
    for (account, named) in [(net.address(1), true), (owner, false)] {
        assert_eq!(lens.isKeeper(account).call().await.unwrap(), named, "{account}");
    }
    let table = ISessionPaymentTable::new(at.session_payment_table, provider);
    assert_eq!(table.minDelaySecs().call().await.unwrap(), params.price_delay_secs);
}

/// What no jury has bound yet: it is there, has the lane, and nobody can enrol.
#[tokio::test]
async fn a_lane_that_its_deployer_governs_has_a_jury_that_is_closed() {
    let net = TestNet::start(3).await;
    let jury = IJury::new(net.at.jury, &net.provider);
    assert_eq!(ILens::new(net.at.lens, &net.provider).governor().call().await.unwrap(), net.address(0));
    assert_eq!(jury.peers().call().await.unwrap().lane, net.at.lane);
    assert!(!jury.parameters().call().await.unwrap().opened);
    assert_eq!(jury.keeperOf(net.address(1)).call().await.unwrap().standing, Standing::None.number());
    net.ok(0, net.at.jury, IJury::proposeCall { keeper: net.address(1) }).await;
    let enrol = IJury::enrolCall { anchor: model_name("an anchor"), first: net.epoch().await + 1 };
    assert_eq!(net.reverts(1, net.at.jury, enrol).await, "NotOpen");
    net.assert_conserved().await;
}

#[tokio::test]
async fn a_jury_governs_the_lane_and_keepers_serve_by_their_bonds() {
    let net = TestNet::with_jury(4).await;
    let (at, provider, params) = (&net.at, &net.provider, NetworkParams::development(1, vec![], vec![]));
    let (owner, keeper) = (net.address(0), net.address(1));
    let jury = IJury::new(at.jury, provider);
    let lens = ILens::new(at.lens, provider);
    assert_eq!(lens.governor().call().await.unwrap(), at.jury);
    assert_eq!(jury.owner().call().await.unwrap(), owner);
    let peers = jury.peers().call().await.unwrap();
    assert_eq!((peers.token, peers.nodePool, peers.lane), (at.cor, at.node_pool, at.lane));
    assert_eq!((peers.treasury, peers.guardian), (owner, Address::ZERO));

    let JuryParams { bond, epoch_secs, reveal_secs, answer_secs, dispute_secs, absence_epochs, delay_secs, .. } = params.jury;
    let told = jury.parameters().call().await.unwrap();
    assert_eq!((told.bond, told.delaySecs, told.opened), (bond, delay_secs, true));
    let times = (told.epochSecs, told.revealSecs, told.answerSecs, told.disputeSecs, told.absenceEpochs);
    assert_eq!(times, (epoch_secs, reveal_secs, answer_secs, dispute_secs, absence_epochs));
    let runtime = IRuntime::new(at.runtime, provider);
    assert_eq!(runtime.getModule(model_name("Jury")).call().await.unwrap().module, at.jury);

    let set = (params.no_reveal_penalty, params.bad_reveal_penalty, params.no_result_gas_cap_bps, false);
    let config = jury.laneConfig().call().await.unwrap();
    assert_eq!((config.noReveal, config.badReveal, config.noResultGasCapBps, config.paused), set);
    let config = lens.config().call().await.unwrap();
    assert_eq!((config.noReveal, config.badReveal, config.noResultGasCapBps, config.paused), set, "the lane has heard of it");

    let record = jury.keeperOf(keeper).call().await.unwrap();
    assert_eq!((record.standing, record.first), (Standing::Serving.number(), net.epoch().await + 1));
    assert!(lens.isKeeper(keeper).call().await.unwrap() && !lens.isKeeper(owner).call().await.unwrap());
    net.assert_conserved().await;
    // Whoever deployed has no way to the lane but the jury's.
    let by_hand = ILane::setKeeperCall { keeper: owner, enabled: true };
    assert_eq!(net.reverts(0, at.lane, by_hand).await, "Unauthorized");
    // A keeper that is named later is seen coming.
    net.ok(0, at.jury, IJury::proposeCall { keeper: net.address(2) }).await;
    let proposed = jury.keeperOf(net.address(2)).call().await.unwrap();
    assert_eq!((proposed.standing, proposed.enrolsAt), (Standing::Proposed.number(), net.now().await + delay_secs));
}

/// Nodes enter, and are there in the next epoch.
#[tokio::test]
async fn a_registered_node_is_drawable_from_the_next_epoch_on() {
    let net = TestNet::with_jury(4).await;
    net.register_node(2, 4).await;
    net.register_node(3, 4).await;
    assert_eq!((net.enter(2).await, net.enter(3).await), (0, 1));
    let jury = IJury::new(net.at.jury, &net.provider);
    let epoch = net.epoch().await;
    assert_eq!(jury.lengthOf(1, epoch).call().await.unwrap(), 0);
    net.next_epoch().await;
    assert_eq!((net.epoch().await, net.now().await % u64::from(net.times().await.epoch_secs)), (epoch + 1, 0));
    assert_eq!(jury.lengthOf(1, epoch + 1).call().await.unwrap(), 2);
    assert_eq!(jury.slotOf(1, 1).call().await.unwrap().node, net.address(3));
}

/// A jury's constructor would refuse it with five contracts deployed, of which nobody has any use.
#[tokio::test]
async fn what_a_jury_would_refuse_is_refused_before_anything_is_deployed() {
    let net = TestNet::start(2).await;
    let mut params = NetworkParams::development(net.at.chain_id, vec![], vec![]);
    params.jury.dispute_secs = 7 * 24 * 60 * 60;
    let block = net.provider.get_block_number().await.unwrap();
    let artifacts = Artifacts::new(&cor_kit::paths::contracts());
    let error = deploy(&net.account(0), &artifacts, &params, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, DeployError::Jury(TermsError::OutOfRange { field: "disputeSecs", .. })), "{error}");
    assert_eq!(net.provider.get_block_number().await.unwrap(), block);
}

/// A lane in the place of that of `at`, by account `by`. Of one that is refused nothing was sent.
async fn replaced(net: &TestNet, by: usize, at: &Deployment, params: &NetworkParams) -> Result<DeployedNetwork, DeployError> {
    let height = net.provider.get_block_number().await.unwrap();
    let artifacts = Artifacts::new(&cor_kit::paths::contracts());
    let outcome = deploy_lane(&net.account(by), &artifacts, at, params, &mut |_| {}).await;
    assert_eq!(net.provider.get_block_number().await.unwrap() == height, outcome.is_err());
    outcome
}

/// The jury would refuse them when all is deployed.
#[tokio::test]
async fn addresses_that_cannot_be_meant_are_refused_before_anything_is_deployed() {
    let net = TestNet::start(2).await;
    let [first, second] = [1, 2].map(Address::repeat_byte);
    let good = NetworkParams::development(net.at.chain_id, vec![first, second], vec![]);
    let nowhere = JuryParams { treasury: Some(Address::ZERO), ..good.jury.clone() };
    let block = net.provider.get_block_number().await.unwrap();
    let artifacts = Artifacts::new(&cor_kit::paths::contracts());
    for (bad, refused) in [
        (
            NetworkParams { keepers: vec![first, second, first], ..good.clone() },
            AddressError::KeeperTwice { keeper: first, first: 1, second: 3, count: 3 },
        ),
        (NetworkParams { keepers: vec![first, Address::ZERO], ..good.clone() }, AddressError::ZeroKeeper { place: 2, count: 2 }),
        (NetworkParams { jury: nowhere, ..good.clone() }, AddressError::ZeroTreasury),
    ] {
        let deployed = deploy(&net.account(0), &artifacts, &bad, &mut |_| {}).await;
        for error in [deployed.unwrap_err(), replaced(&net, 0, &net.at, &bad).await.unwrap_err()] {
            assert!(matches!(error, DeployError::Address(found) if found == refused), "{error}");
        }
    }
    assert_eq!(net.provider.get_block_number().await.unwrap(), block);
}

/// Vault and Staking would refuse the proposal when the lane is deployed; the vault's owner alone cannot make it a slasher.
#[tokio::test]
async fn a_lane_is_replaced_by_who_owns_both_the_vault_and_staking() {
    let net = TestNet::start(3).await;
    let (first, heir) = (net.address(0), net.address(2));
    let params = NetworkParams::development(net.at.chain_id, vec![], vec![]);
    let wants = |by: usize, contract: &'static str, at: Address, of: Address| {
        let (net, params) = (&net, &params);
        async move {
            let error = replaced(net, by, &net.at, params).await.expect_err("another owns the network");
            let says = format!("{contract} {at} belongs to {of}, and the key that is used is that of {}", net.address(by));
            assert_eq!((error.code(), error.to_string()), ("DPL-008", says));
        }
    };
    let passed = |contract| {
        let net = &net;
        async move {
            net.ok(0, contract, IRuntime::transferOwnershipCall { candidate: heir }).await;
            net.ok(2, contract, IRuntime::acceptOwnershipCall {}).await;
        }
    };
    wants(2, "Vault", net.at.vault, first).await;
    passed(net.at.vault).await;
    wants(0, "Vault", net.at.vault, heir).await;
    wants(2, "Staking", net.at.staking, first).await;
    passed(net.at.staking).await;
    let deployed = replaced(&net, 2, &net.at, &params).await.expect("it owns both").deployment;
    assert_eq!(IJury::new(deployed.jury, &net.provider).owner().call().await.unwrap(), heir);
}

/// Of a Staking whose unbonding is shorter than any of ours has.
#[tokio::test]
async fn a_lane_is_refused_where_stake_leaves_before_its_tasks_have_ended() {
    let net = TestNet::start(2).await;
    let at = Deployment { staking: Address::repeat_byte(0x57), ..net.at.clone() };
    let params = NetworkParams::development(net.at.chain_id, vec![], vec![]);
    net.node.chain().writer().set_code(at.staking, READS_ITS_STORAGE).unwrap();
    let says = |selector: [u8; 4], word: B256| {
        let slot = U256::from(u32::from_be_bytes(selector));
        net.node.chain().writer().set_storage(at.staking, slot, word).unwrap();
    };
    says(IStaking::ownerCall::SELECTOR, net.address(0).into_word());
    let needed_secs = u64::from(LANE_REPORT_MAX_SECS);
    says(IStaking::unbondingSecsCall::SELECTOR, U256::from(needed_secs - 1).into());
    let error = replaced(&net, 0, &at, &params).await.expect_err("stake leaves too soon");
    let text = format!("stake leaves this network in {} s, and a task of the lane may take {needed_secs} s", needed_secs - 1);
    assert_eq!((error.code(), error.to_string()), ("DPL-004", text));
    says(IStaking::unbondingSecsCall::SELECTOR, U256::from(needed_secs).into());
    replaced(&net, 0, &at, &params).await.expect("stake stays for as long as a task may take");
}

/// The lane's governor is who deployed it, whoever owns the rest later: `docs/protocol/threats.md` says what that means.
#[tokio::test]
async fn no_transfer_of_ownership_passes_the_lane_on() {
    let net = TestNet::start(4).await;
    let (first, heir) = (net.address(0), net.address(2));
    for contract in [net.at.runtime, net.at.cor, net.at.staking, net.at.session_payment_table, net.at.vault, net.at.node_pool] {
        net.ok(0, contract, IRuntime::transferOwnershipCall { candidate: heir }).await;
        net.ok(2, contract, IRuntime::acceptOwnershipCall {}).await;
    }
    assert_eq!(ILens::new(net.at.lens, &net.provider).governor().call().await.unwrap(), first);
    let config = ILane::setConfigCall { noReveal: 1, badReveal: u64::MAX, noResultGasCapBps: 0, paused: true };
    assert_eq!(net.reverts(2, net.at.lane, config.clone()).await, "Unauthorized");
    net.ok(0, net.at.lane, config).await;
    // What the heir has against it, at once.
    net.ok(2, net.at.vault, IVault::closeModuleCall { module: net.at.lane }).await;
    net.ok(2, net.at.staking, IStaking::setModuleCapCall { module: net.at.lane, cap: U256::ZERO }).await;
}
