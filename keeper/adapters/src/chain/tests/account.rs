//! How long a receipt is waited for.

use std::{
    cell::Cell,
    future::{pending, ready},
    time::Duration,
};

use alloy::primitives::B256;
use cor_ports::ChainError;

use crate::chain::account::until_mined;

#[tokio::test]
async fn a_receipt_is_looked_for_until_it_is_there() {
    let looks = Cell::new(0);
    let receipt = || {
        looks.set(looks.get() + 1);
        ready(Ok((looks.get() == 3).then_some(looks.get())))
    };
    assert_eq!(until_mined(B256::ZERO, Duration::from_secs(60), receipt).await.unwrap(), 3);
}

/// By time: a count of looks would never end.
#[tokio::test]
async fn patience_ends_though_the_node_does_not_answer() {
    let found = until_mined(B256::ZERO, Duration::from_millis(5), pending::<Result<Option<()>, ChainError>>).await;
    assert!(matches!(found, Err(ChainError::NotMined { transaction: B256::ZERO, waited_secs: 0 })), "{found:?}");
}
