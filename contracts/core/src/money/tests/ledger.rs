//! Amounts and vault: every refusal, and conservation over any sequence.

use crate::money::ledger::{LedgerError, Vault, brought, credit, debit, wanted};
use alloy_primitives::U256;
use cor_errors::Coded as _;
use proptest::prelude::*;

#[test]
fn amounts() {
    let above = U256::from(u128::MAX) + U256::from(1);
    assert_eq!(brought(U256::ZERO), Err(LedgerError::ZeroAmount));
    assert_eq!(brought(U256::from(1)), Ok(1));
    assert_eq!(brought(U256::from(u128::MAX)), Ok(u128::MAX));
    assert_eq!(brought(above), Err(LedgerError::TooLarge { amount: above, limit: u128::MAX }));
    assert_eq!(wanted(5, U256::ZERO), Err(LedgerError::ZeroAmount));
    assert_eq!(wanted(5, U256::from(5)), Ok(5));
    assert_eq!(wanted(5, U256::from(6)), Err(LedgerError::Insufficient { available: 5, needed: U256::from(6) }));
    assert_eq!(wanted(u128::MAX, above), Err(LedgerError::Insufficient { available: u128::MAX, needed: above }));
    assert_eq!(credit(u128::MAX, 1), Err(LedgerError::TooLarge { amount: U256::from(1), limit: u128::MAX }));
    assert_eq!(debit(4, 5), Err(LedgerError::Insufficient { available: 4, needed: U256::from(5) }));
}

/// Every refusal has the code of the contracts' error, and says the figures.
#[test]
fn refusals_are_numbered() {
    let errors = [
        LedgerError::ZeroAmount,
        LedgerError::TooLarge { amount: U256::from(2), limit: 1 },
        LedgerError::Insufficient { available: 3, needed: U256::from(4) },
        LedgerError::InsufficientTreasury { available: 3, needed: U256::from(4) },
    ];
    let told = [("AMOUNT-001", "zero"), ("AMOUNT-002", "2 wei"), ("PAY-001", "4 wei"), ("PAY-007", "treasury")];
    for (error, (code, figures)) in errors.into_iter().zip(told) {
        assert_eq!(error.code(), code);
        let text = error.to_string();
        assert!(!text.contains(code) && text.contains(figures), "{text}");
    }
}

#[test]
fn the_vault_step_by_step() {
    let vault = Vault::default().take_in(100).unwrap().earn(10).unwrap();
    assert_eq!(vault, Vault { held: 100, treasury: 10 });
    for needed in [U256::from(11), U256::from(u128::MAX) + U256::from(1)] {
        assert_eq!(vault.withdraw_treasury(needed), Err(LedgerError::InsufficientTreasury { available: 10, needed }));
    }
    assert_eq!(vault.withdraw_treasury(U256::ZERO), Err(LedgerError::ZeroAmount));
    assert_eq!(vault.withdraw_treasury(U256::from(10)), Ok(Vault { held: 90, treasury: 0 }));
    assert_eq!(vault.fund_treasury(5), Ok(Vault { held: 105, treasury: 15 }));
    assert_eq!(vault.pay_out(101), Err(LedgerError::Insufficient { available: 100, needed: U256::from(101) }));
    let full = Vault { held: u128::MAX, treasury: 0 };
    assert_eq!(full.take_in(1), Err(LedgerError::TooLarge { amount: U256::from(1), limit: u128::MAX }));
}

/// A movement that can be asked for.
#[derive(Clone, Copy, Debug)]
enum Move {
    TakeIn(u128),
    PayOut(u128),
    Earn(u128),
    Fund(u128),
    Spend(u128),
}

fn moves() -> impl Strategy<Value = Move> {
    let amount = || 0_u128..1_000;
    prop_oneof![
        amount().prop_map(Move::TakeIn),
        amount().prop_map(Move::PayOut),
        amount().prop_map(Move::Earn),
        amount().prop_map(Move::Fund),
        amount().prop_map(Move::Spend),
    ]
}

proptest! {
    /// What is not the treasury's and the treasury together are held, after every step, refused or not.
    #[test]
    fn the_vault_is_the_sum_of_its_parts(sequence in proptest::collection::vec(moves(), 0..60)) {
        let (mut vault, mut others) = (Vault::default(), 0_u128);
        for step in sequence {
            let outcome = match step {
                Move::TakeIn(amount) => vault.take_in(amount).map(|vault| (vault, others + amount)),
                // Whose money it is is looked up before: nobody is paid what it does not have.
                Move::PayOut(amount) => debit(others, amount).and_then(|others| Ok((vault.pay_out(amount)?, others))),
                Move::Earn(amount) => debit(others, amount).and_then(|others| Ok((vault.earn(amount)?, others))),
                Move::Fund(amount) => vault.fund_treasury(amount).map(|vault| (vault, others)),
                Move::Spend(amount) => vault.withdraw_treasury(U256::from(amount)).map(|vault| (vault, others)),
            };
            if let Ok(after) = outcome {
                (vault, others) = after;
            }
            prop_assert_eq!(others + vault.treasury, vault.held);
        }
    }
}
