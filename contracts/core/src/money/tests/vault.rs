//! Moves in the vault: every refusal, and that nothing is made or lost.

use crate::money::ledger::{LedgerError, Vault};
use crate::money::vault::{Touched, VaultError};
use alloy_primitives::U256;
use cor_errors::Coded as _;
use proptest::prelude::*;

/// 10 free, 20 in the book, 5 in the treasury, and 100 of others.
const THERE: Touched = Touched { free: 10, book: 20, vault: Vault { held: 135, treasury: 5 } };

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

#[test]
fn each_move() {
    let vault = |held, treasury| Vault { held, treasury };
    assert_eq!(THERE.deposit(wei(3)), Ok(Touched { free: 13, book: 20, vault: vault(138, 5) }));
    assert_eq!(THERE.withdraw(wei(10)), Ok(Touched { free: 0, book: 20, vault: vault(125, 5) }));
    assert_eq!(THERE.fund(wei(4)), Ok((Touched { free: 6, book: 24, vault: vault(135, 5) }, 4)));
    assert_eq!(THERE.pay_out(wei(20)), Ok(Touched { free: 10, book: 0, vault: vault(115, 5) }));
    assert_eq!(THERE.release(wei(1)), Ok(Touched { free: 11, book: 19, vault: vault(135, 5) }));
    assert_eq!(THERE.pay_treasury(wei(2)), Ok(Touched { free: 10, book: 18, vault: vault(135, 7) }));
}

/// A movement of money.
type Move = fn(Touched, U256) -> Result<Touched, VaultError>;

#[test]
fn each_refusal() {
    let zero = Err(VaultError::Ledger(LedgerError::ZeroAmount));
    let moves: [Move; 6] = [
        Touched::deposit,
        Touched::withdraw,
        |touched, amount| touched.fund(amount).map(|(touched, _)| touched),
        Touched::pay_out,
        Touched::release,
        Touched::pay_treasury,
    ];
    for one in moves {
        assert_eq!(one(THERE, U256::ZERO), zero);
    }
    for needed in [wei(11), U256::MAX] {
        let short = VaultError::Ledger(LedgerError::Insufficient { available: 10, needed });
        assert_eq!(THERE.withdraw(needed), Err(short));
        assert_eq!(THERE.fund(needed).map(|(touched, _)| touched), Err(short));
    }
    for needed in [wei(21), U256::MAX] {
        let short = Err(VaultError::Book { available: 20, needed });
        assert_eq!((THERE.pay_out(needed), THERE.release(needed), THERE.pay_treasury(needed)), (short, short, short));
    }
    let full = Touched { vault: Vault { held: u128::MAX, treasury: 0 }, ..THERE };
    let above = VaultError::Ledger(LedgerError::TooLarge { amount: wei(1), limit: u128::MAX });
    assert_eq!(full.deposit(wei(1)), Err(above));
    let amount = wei(u128::MAX) + wei(1);
    assert_eq!(THERE.deposit(amount), Err(VaultError::Ledger(LedgerError::TooLarge { amount, limit: u128::MAX })));
}

#[test]
fn refusals_have_the_rows_of_the_contract() {
    let book = VaultError::Book { available: 3, needed: wei(4) };
    assert_eq!((book.code(), book.to_string().as_str()), ("PAY-010", "4 wei needed, 3 wei in the book"));
    let account = VaultError::from(LedgerError::Insufficient { available: 3, needed: wei(4) });
    assert_eq!((account.code(), account.to_string().as_str()), ("PAY-001", "4 wei needed, 3 wei there"));
}

proptest! {
    /// What belongs to nobody who is touched stays what it was, and money comes and goes by the amount and no other.
    #[test]
    fn nothing_is_made_or_lost(free in 0..100_u128, book in 0..100_u128, treasury in 0..100_u128, others in 0..100_u128, amount in 0..120_u128) {
        let touched = Touched { free, book, vault: Vault { held: free + book + treasury + others, treasury } };
        let rest = |touched: Touched| touched.vault.held - touched.vault.treasury - touched.free - touched.book;
        let moves = [
            (touched.deposit(wei(amount)), 1),
            (touched.withdraw(wei(amount)), -1),
            (touched.fund(wei(amount)).map(|(touched, _)| touched), 0),
            (touched.pay_out(wei(amount)), -1),
            (touched.release(wei(amount)), 0),
            (touched.pay_treasury(wei(amount)), 0),
        ];
        for (moved, sign) in moves {
            let Ok(moved) = moved else { continue };
            prop_assert_eq!(rest(moved), others);
            let came = i128::try_from(moved.vault.held).unwrap() - i128::try_from(touched.vault.held).unwrap();
            prop_assert_eq!(came, sign * i128::try_from(amount).unwrap());
        }
    }
}
