//! What a deployment leaves behind, asked of the contracts: both sides of every peer, caps, delays, penalties, and who may do what.

use alloy::primitives::{Address, U256};
use cor_adapters::deploy::NetworkParams;
use cor_kit::TestNet;
use cor_sol::{
    lane::ILane, lens::ILens, node_pool::INodePool, runtime::IRuntime, session_payment_table::ISessionPaymentTable,
    staking::IStaking, vault::IVault,
};

/// A module that acts.
const ACTIVE: u8 = 2;

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
    assert_eq!(pool.sessionQueue().call().await.unwrap().current, at.lane);
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
