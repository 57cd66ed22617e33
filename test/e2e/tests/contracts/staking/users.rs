//! Users' own stake: in, out, and how much fits.

use alloy::primitives::U256;
use cor_core::limits::{STAKE_HELD_MAX, UNBONDINGS_MAX};
use cor_kit::{TestNet, event};
use cor_sol::{cor::ICor, staking::IStaking};

use super::world::wei;
use crate::support::{answer, fund, refusal};

/// The time a call sees now.
async fn time_in_calls(net: &TestNet) -> u64 {
    match refusal(net, net.address(0), net.at.staking, IStaking::withdrawCall {}).await {
        cor_sol::ContractError::StillBonded(error) => error.timestamp,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn user_stake_is_withdrawn_from_its_release_time_on() {
    let net = TestNet::start(4).await;
    let (at, user) = (net.at.staking, net.address(2));
    let (staking, token) = (IStaking::new(at, &net.provider), ICor::new(net.at.cor, &net.provider));
    let secs = staking.unbondingSecs().call().await.unwrap();
    fund(&net, 2, at, wei(100)).await;

    let mined = net.ok(2, at, IStaking::stakeCall { amount: wei(60) }).await;
    assert_eq!(event::<IStaking::Staked>(&mined), IStaking::Staked { user, amount: wei(60), total: wei(60) });
    net.ok(2, at, IStaking::stakeCall { amount: wei(40) }).await;
    assert_eq!(staking.stakeOf(user).call().await.unwrap(), wei(100));
    assert_eq!(refusal(&net, user, at, IStaking::stakeCall { amount: U256::ZERO }).await, IStaking::ZeroAmount {}.into());
    let short = ICor::ERC20InsufficientAllowance { spender: at, allowance: U256::ZERO, needed: wei(1) };
    assert_eq!(refusal(&net, user, at, IStaking::stakeCall { amount: wei(1) }).await, short.into(), "the token's own error");

    let timestamp = time_in_calls(&net).await;
    let nothing = IStaking::StillBonded { account: user, releaseAt: 0, timestamp };
    assert_eq!(refusal(&net, user, at, IStaking::withdrawCall {}).await, nothing.into());
    assert_eq!(refusal(&net, user, at, IStaking::unbondCall { amount: U256::ZERO }).await, IStaking::ZeroAmount {}.into());
    for needed in [wei(101), U256::MAX] {
        let more = IStaking::InsufficientStake { account: user, available: wei(100), needed };
        assert_eq!(refusal(&net, user, at, IStaking::unbondCall { amount: needed }).await, more.into());
    }

    let mined = net.ok(2, at, IStaking::unbondCall { amount: wei(30) }).await;
    let first = event::<IStaking::Unbonding>(&mined);
    assert_eq!(first, IStaking::Unbonding { user, amount: wei(30), releaseAt: net.now().await + secs });
    net.advance(secs / 2).await;
    let mined = net.ok(2, at, IStaking::unbondCall { amount: wei(20) }).await;
    let second = event::<IStaking::Unbonding>(&mined).releaseAt;
    let timestamp = time_in_calls(&net).await;
    let early = IStaking::StillBonded { account: user, releaseAt: first.releaseAt, timestamp };
    assert_eq!(refusal(&net, user, at, IStaking::withdrawCall {}).await, early.into());
    assert_eq!(staking.unbondingOf(user).call().await.unwrap().amount, wei(50));

    net.advance(secs / 2).await;
    let mined = net.ok(2, at, IStaking::withdrawCall {}).await;
    assert_eq!(event::<IStaking::Withdrawn>(&mined), IStaking::Withdrawn { account: user, amount: wei(30) });
    assert_eq!(token.balanceOf(user).call().await.unwrap(), wei(30));
    let left = staking.unbondingOf(user).call().await.unwrap();
    assert_eq!((left.amount, left.nextReleaseAt), (wei(20), second));
    net.advance(secs).await;
    assert_eq!(answer(&net, user, at, IStaking::withdrawCall {}).await, wei(20));
    net.ok(2, at, IStaking::withdrawCall {}).await;
    assert_eq!((token.balanceOf(user).call().await.unwrap(), staking.stakeOf(user).call().await.unwrap()), (wei(50), wei(50)));
    net.assert_conserved().await;
}

/// A ninth amount was refused, so that who unbonds daily had to wait; now it joins the last, and both are released as late.
#[tokio::test]
async fn what_finds_no_place_among_eight_joins_the_last() {
    let net = TestNet::start(4).await;
    let (at, user) = (net.at.staking, net.address(2));
    let staking = IStaking::new(at, &net.provider);
    let secs = staking.unbondingSecs().call().await.unwrap();
    fund(&net, 2, at, wei(100)).await;
    net.ok(2, at, IStaking::stakeCall { amount: wei(100) }).await;
    let one = IStaking::unbondCall { amount: wei(1) };
    // More than twice round the ring.
    for round in 0..3 {
        let mut last = 0;
        for number in 0..UNBONDINGS_MAX + 2 {
            let mined = net.ok(2, at, one.clone()).await;
            last = event::<IStaking::Unbonding>(&mined).releaseAt;
            assert_eq!(last, net.now().await + secs, "round {round}, amount {number}");
            net.advance(60).await;
        }
        assert_eq!(staking.unbondingOf(user).call().await.unwrap().amount, wei(u128::from(UNBONDINGS_MAX) + 2));
        net.advance(last - net.now().await - 1).await;
        assert_eq!(
            answer(&net, user, at, IStaking::withdrawCall {}).await,
            wei(u128::from(UNBONDINGS_MAX) - 1),
            "all but the last"
        );
        net.advance(1).await;
        assert_eq!(answer(&net, user, at, IStaking::withdrawCall {}).await, wei(u128::from(UNBONDINGS_MAX) + 2));
        net.ok(2, at, IStaking::withdrawCall {}).await;
        assert_eq!(staking.unbondingOf(user).call().await.unwrap().amount, U256::ZERO);
    }
    net.assert_conserved().await;
}

#[tokio::test]
async fn more_than_fits_is_refused_before_the_token_is_asked() {
    let net = TestNet::start(4).await;
    let (at, user) = (net.at.staking, net.address(2));
    fund(&net, 2, at, wei(7)).await;
    net.ok(2, at, IStaking::stakeCall { amount: wei(7) }).await;
    let limit = wei(STAKE_HELD_MAX - 7);
    for amount in [limit + wei(1), U256::MAX] {
        let error = IStaking::AmountTooLarge { amount, limit };
        assert_eq!(refusal(&net, user, at, IStaking::stakeCall { amount }).await, error.clone().into());
        assert_eq!(refusal(&net, user, at, IStaking::stakeNodeCall { node: user, amount }).await, error.into());
    }
    let asked = refusal(&net, user, at, IStaking::stakeCall { amount: limit }).await;
    assert_eq!(asked.name(), "ERC20InsufficientAllowance");
}
