//! Ether in and out of programs, and re-entry.

use alloy::{primitives::U256, sol};
use cor_anvil::arbos::ArbOsVersion;

use super::tokens::sent;
use crate::place::{Place, code, revert_data, typed};

sol! {
    #[derive(Debug, PartialEq)]
    #[sol(rpc)]
    interface Bank {
        error NothingThere(address account, bool reentered);
        function deposit() external payable;
        function balanceOf(address account) external view returns (uint256);
        function withdraw() external;
        function withdrawCarelessly() external;
        function rob(address victim, bool careless) external payable returns (uint256);
    }
}

/// 1 ether.
fn ether(count: u64) -> U256 {
    U256::from(count) * U256::from(10).pow(U256::from(18))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_of_the_sdk_refuses_every_reentry() {
    let place = Place::start(ArbOsVersion::V51).await;
    let bank = Bank::new(place.deploy("bank").await, &place.provider);
    // The same code at another address is active already.
    let robber = Bank::new(place.put(&code("bank")).await, &place.provider);
    sent!(bank.deposit().value(ether(3)).from(place.account(1)));
    for careless in [false, true] {
        let refused = robber.rob(*bank.address(), careless).value(ether(1)).call().await.unwrap_err();
        assert!(revert_data(&refused).is_empty(), "it cannot be paid while it is robbing");
    }
    let nothing = bank.withdraw().from(place.account(2)).call().await.unwrap_err();
    let expected = Bank::NothingThere { account: place.account(2), reentered: false };
    assert_eq!(typed::<Bank::BankErrors>(&nothing), Bank::BankErrors::NothingThere(expected));
    let paid = bank.withdraw().from(place.account(1)).value(U256::from(1)).call().await.unwrap_err();
    assert!(revert_data(&paid).is_empty(), "a function that is not payable takes no ether");
    sent!(bank.withdrawCarelessly().from(place.account(1)));
    assert_eq!(place.balance(*bank.address()).await, U256::ZERO);
}
