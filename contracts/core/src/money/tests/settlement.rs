//! Splits add up, to the wei.

use crate::limits::LINE_MAX;
use crate::money::pricing::{PriceLines, quote};
use crate::money::settlement::{Charge, Escrow, EscrowLines, Refund, SettlementError};
use cor_errors::Coded as _;
use proptest::prelude::*;

use super::pricing::{formula, inputs, valid_inputs, version, versions};

fn lines() -> EscrowLines {
    EscrowLines { replicas: 3, per_replica: 100, validators: 30, network: 33, gas: 55, rebate: 7 }
}

fn price() -> PriceLines {
    PriceLines { per_replica: 100, miners: 300, validators: 30, network: 33, gas: 55, rebate: 7, total: 411 }
}

#[test]
fn charges_worked_by_hand() {
    let escrow = Escrow::new(lines()).unwrap();
    assert_eq!(escrow.total(), 300 + 30 + 33 + 55 - 7);
    assert_eq!(escrow.lines(), &lines());
    let charge = |to_miners, refunded, to_keeper| {
        let charged = escrow.total() - refunded;
        Ok(Charge { per_miner: 100, to_miners, to_keeper, to_treasury: 26, refunded, charged })
    };
    // All agreed: validators, which did not run, come back.
    assert_eq!(escrow.charge(3, true), charge(300, 30, 55));
    // One did not: its part comes back too.
    assert_eq!(escrow.charge(2, true), charge(200, 130, 55));
    assert_eq!(escrow.charge(0, true), charge(0, 330, 55));
    // Nobody served: the gas line comes back.
    assert_eq!(escrow.charge(2, false), charge(200, 185, 0));
    assert_eq!(escrow.charge(4, true), Err(SettlementError::TooManyPaid { paid: 4, replicas: 3 }));
    assert_eq!(escrow.charge(u64::MAX, true), Err(SettlementError::TooManyPaid { paid: u64::MAX, replicas: 3 }));
}

#[test]
fn refunds_worked_by_hand() {
    let escrow = Escrow::new(lines()).unwrap();
    for (served, cap_bps, to_keeper) in
        [(true, 10_000, 55), (true, 5_000, 27), (true, 0, 0), (false, 10_000, 0), (true, u32::MAX, 55)]
    {
        assert_eq!(escrow.refund(served, cap_bps), Refund { to_keeper, refunded: 411 - to_keeper }, "{served} {cap_bps}");
    }
}

#[test]
fn unsound_quotes_are_refused() {
    assert_eq!(Escrow::open(3, &price(), 411), Escrow::new(lines()));
    assert_eq!(Escrow::open(3, &price(), 410), Err(SettlementError::MaxChargeExceeded { quoted: 411, max_charge: 410 }));
    let wrong_total = PriceLines { total: 412, ..price() };
    assert_eq!(Escrow::open(3, &wrong_total, 411), Err(SettlementError::InconsistentQuote { quoted: 412, computed: 411 }));
    assert_eq!(Escrow::open(5, &price(), 411), Err(SettlementError::InconsistentQuote { quoted: 411, computed: 611 }));
    let rebate = EscrowLines { rebate: 34, ..lines() };
    assert_eq!(Escrow::new(rebate), Err(SettlementError::InconsistentQuote { quoted: 34, computed: 33 }));
    let full = EscrowLines { gas: LINE_MAX, ..lines() };
    assert!(Escrow::new(full).is_ok());
    let beyond = EscrowLines { gas: LINE_MAX + 1, ..lines() };
    assert_eq!(Escrow::new(beyond), Err(SettlementError::LineTooLarge { amount: LINE_MAX + 1 }));
}

/// Every refusal has the code of the contracts' error, and says the figures.
#[test]
fn refusals_are_numbered() {
    let errors = [
        SettlementError::LineTooLarge { amount: 1 },
        SettlementError::InconsistentQuote { quoted: 2, computed: 3 },
        SettlementError::MaxChargeExceeded { quoted: 4, max_charge: 5 },
        SettlementError::TooManyPaid { paid: 6, replicas: 7 },
    ];
    for (error, (code, figures)) in
        errors.into_iter().zip([("AMOUNT-002", "1 wei"), ("PAY-008", "2 wei"), ("PAY-002", "5 wei"), ("PAY-005", "7 replicas")])
    {
        assert_eq!(error.code(), code);
        let text = error.to_string();
        assert!(!text.contains(code) && text.contains(figures), "{text}");
    }
}

#[test]
fn a_quoted_price_is_an_escrow() {
    let version = version();
    let price = quote(&version.terms, &version.classes[0], &inputs()).unwrap();
    let escrow = Escrow::open(3, &price, price.total).unwrap();
    assert_eq!((escrow.total(), escrow.miners()), (price.total, price.miners));
    let charge = escrow.charge(3, true).unwrap();
    // With all replicas agreed, the charge is the quote.
    assert_eq!((charge.charged, charge.refunded), (price.total, 0));
}

fn any_lines() -> impl Strategy<Value = EscrowLines> {
    let line = || (0..=LINE_MAX, 0_u32..80).prop_map(|(value, bits)| value >> bits);
    (any::<u8>(), line(), line(), line(), line(), any::<u128>()).prop_map(
        |(replicas, per_replica, validators, network, gas, rebate)| EscrowLines {
            replicas,
            per_replica,
            validators,
            network,
            gas,
            rebate: rebate % (network + 1),
        },
    )
}

proptest! {
    #[test]
    fn a_charge_conserves_the_escrow(lines in any_lines(), paid in any::<u8>(), served in any::<bool>()) {
        let escrow = Escrow::new(lines).unwrap();
        let result = escrow.charge(paid.into(), served);
        prop_assert_eq!(result.is_err(), paid > lines.replicas);
        if let Ok(split) = result {
            prop_assert_eq!(split.charged + split.refunded, escrow.total());
            prop_assert_eq!(split.to_miners + split.to_keeper + split.to_treasury, split.charged);
            prop_assert_eq!(split.per_miner * u128::from(paid), split.to_miners);
            prop_assert_eq!(split.to_treasury, lines.network - lines.rebate);
        }
    }

    #[test]
    fn a_refund_conserves_the_escrow(lines in any_lines(), served in any::<bool>(), cap_bps in any::<u32>()) {
        let escrow = Escrow::new(lines).unwrap();
        let split = escrow.refund(served, cap_bps);
        prop_assert_eq!(split.to_keeper + split.refunded, escrow.total());
        prop_assert!(split.to_keeper <= lines.gas);
        prop_assert!(served || split.to_keeper == 0);
    }

    /// Paying one miner more never gives the payer more back.
    #[test]
    fn the_charge_rises_with_those_paid(lines in any_lines(), paid in any::<u8>()) {
        prop_assume!(paid < lines.replicas);
        let escrow = Escrow::new(lines).unwrap();
        let (fewer, more) = (escrow.charge(paid.into(), true).unwrap(), escrow.charge(u64::from(paid) + 1, true).unwrap());
        prop_assert_eq!(more.charged, fewer.charged + lines.per_replica);
    }

    /// Whatever the table quotes is an escrow, unless it is larger than a line can hold.
    #[test]
    fn quotes_are_escrows(version in versions(1 << 70), inputs in valid_inputs(), class in 0_usize..3) {
        let price = formula(&version.terms, &version.classes[class], &inputs).unwrap();
        match Escrow::open(inputs.replicas, &price, u128::MAX) {
            Ok(escrow) => {
                prop_assert_eq!(escrow.total(), price.total);
                prop_assert_eq!(escrow.miners(), price.miners);
            }
            Err(SettlementError::LineTooLarge { amount }) => prop_assert!(amount > LINE_MAX),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
