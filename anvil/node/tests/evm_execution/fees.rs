//! Fees, checks that can be left out, and the gas limit of one transaction.

use cor_anvil::evm::{ExecConfig, ExecError};
use revm::{
    context::{TxEnv, result::InvalidTransaction},
    primitives::{Address, Bytes, TxKind, U256, address},
    state::AccountInfo,
};

use crate::chain::{Chain, ETHER, SENDER, hex_code, output_of};

const FEE_ACCOUNT: Address = address!("A4B000000000000000000073657175656e636572");
const TO: Address = Address::repeat_byte(0x70);

#[test]
fn the_base_fee_goes_to_the_network_and_tips_are_not_taken() {
    let mut chain = Chain::new();
    let base_fee = chain.block.base_fee;
    for (tx_type, gas_price, tip) in [
        (0, u128::from(base_fee), None),
        (0, u128::from(base_fee) * 3, None),
        (1, u128::from(base_fee) * 3, None),
        (2, u128::from(base_fee) * 3, Some(u128::from(base_fee))),
        (2, u128::from(base_fee), Some(7)),
    ] {
        let before = [SENDER, FEE_ACCOUNT, chain.block.beneficiary].map(|a| chain.balance(a));
        let tx = chain.tx(TxKind::Call(TO), Bytes::new(), ETHER);
        let tx = TxEnv { tx_type, gas_price, gas_priority_fee: tip, ..tx };
        assert_eq!(chain.execute(tx).tx_gas_used(), 21_000);
        let fee = U256::from(21_000 * base_fee);
        let after = [SENDER, FEE_ACCOUNT, chain.block.beneficiary].map(|a| chain.balance(a));
        assert_eq!(before[0] - after[0], ETHER + fee, "type {tx_type}");
        assert_eq!(after[1] - before[1], fee);
        assert_eq!(after[2], before[2]);
    }
}

/// Whether a transaction was refused for the right reason.
type Expected = fn(&InvalidTransaction) -> bool;

#[test]
fn invalid_transactions() {
    let mut chain = Chain::new();
    let base_fee = u128::from(chain.block.base_fee);
    let good = chain.tx(TxKind::Call(TO), Bytes::new(), U256::from(1));
    let balance = chain.balance(SENDER);
    let table: [(&str, TxEnv, Expected); 7] = [
        ("under the base fee", TxEnv { gas_price: base_fee - 1, ..good.clone() }, |e| {
            matches!(e, InvalidTransaction::GasPriceLessThanBasefee)
        }),
        ("tip over the fee", TxEnv { tx_type: 2, gas_priority_fee: Some(base_fee + 1), ..good.clone() }, |e| {
            matches!(e, InvalidTransaction::PriorityFeeGreaterThanMaxFee)
        }),
        ("nonce too high", TxEnv { nonce: 9, ..good.clone() }, |e| {
            matches!(e, InvalidTransaction::NonceTooHigh { tx: 9, state: 0 })
        }),
        ("too little gas", TxEnv { gas_limit: 20_999, ..good.clone() }, |e| {
            matches!(e, InvalidTransaction::CallGasCostMoreThanGasLimit { .. })
        }),
        ("more gas than the block has", TxEnv { gas_limit: (1 << 50) + 1, ..good.clone() }, |e| {
            matches!(e, InvalidTransaction::CallerGasLimitMoreThanBlock)
        }),
        ("another chain", TxEnv { chain_id: Some(1), ..good.clone() }, |e| matches!(e, InvalidTransaction::InvalidChainId)),
        ("more than there is", TxEnv { value: balance, ..good.clone() }, |e| {
            matches!(e, InvalidTransaction::LackOfFundForMaxFee { .. })
        }),
    ];
    for (what, tx, expected) in table {
        match chain.simulate(tx) {
            Err(ExecError::Invalid(error)) => assert!(expected(&error), "{what}: {error:?}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    let blob = TxEnv { tx_type: 3, ..good };
    assert!(matches!(chain.simulate(blob), Err(ExecError::BlobTransaction)));
}

#[test]
fn the_offer_must_be_covered_even_if_less_is_charged() {
    let mut chain = Chain::new();
    let price = u128::from(chain.block.base_fee);
    chain.db.insert_account_info(SENDER, AccountInfo::from_balance(U256::from(21_000 * price)));
    let mut tx = chain.tx(TxKind::Call(TO), Bytes::new(), U256::ZERO);
    tx.gas_limit = 21_000;
    let twice = TxEnv { gas_price: 2 * price, ..tx.clone() };
    assert!(matches!(chain.simulate(twice), Err(ExecError::Invalid(_))));
    assert!(chain.simulate(tx).is_ok());
}

#[test]
fn gas_above_the_limit_of_a_transaction_is_held_back_and_returned() {
    let mut chain = Chain::new();
    // gas(); return it
    let meter = chain.deploy(&hex_code("5a 60 00 52 60 20 60 00 f3"));
    let burner = chain.deploy(&[0xfe]);
    for (gas_limit, usable) in [(1_000_000, 1_000_000), (32_000_000, 32_000_000), (50_000_000, 32_000_000)] {
        let mut tx = chain.tx(TxKind::Call(meter), Bytes::new(), U256::ZERO);
        tx.gas_limit = gas_limit;
        let result = chain.execute(tx);
        assert_eq!(U256::from_be_slice(output_of(&result)), U256::from(usable - 21_000 - 2));
        assert!(result.tx_gas_used() < 22_000);
        let mut tx = chain.tx(TxKind::Call(burner), Bytes::new(), U256::ZERO);
        tx.gas_limit = gas_limit;
        assert_eq!(chain.execute(tx).tx_gas_used(), usable);
    }
    chain.config.max_tx_gas = None;
    let mut tx = chain.tx(TxKind::Call(burner), Bytes::new(), U256::ZERO);
    tx.gas_limit = 50_000_000;
    assert_eq!(chain.execute(tx).tx_gas_used(), 50_000_000);
}

#[test]
fn a_simulation_leaves_the_checks_out() {
    let mut chain = Chain::new();
    // Sender, a contract without money, sends more than there is, for nothing, at any nonce.
    let contract = chain.deploy(&[0x00]);
    let tx = TxEnv {
        caller: contract,
        nonce: 77,
        gas_price: 0,
        gas_limit: 1 << 51,
        value: ETHER,
        ..chain.tx(TxKind::Call(TO), Bytes::new(), U256::ZERO)
    };
    assert!(matches!(
        chain.simulate(tx.clone()),
        Err(ExecError::Invalid(InvalidTransaction::GasPriceLessThanBasefee))
            | Err(ExecError::Invalid(InvalidTransaction::CallerGasLimitMoreThanBlock))
    ));
    chain.config = chain.config.for_simulation();
    let done = chain.simulate(tx).unwrap();
    assert!(done.result.is_success());
    assert_eq!(done.state[&TO].info.balance, ETHER);
    assert!(!done.state.contains_key(&FEE_ACCOUNT));
}

#[test]
fn a_contract_is_no_sender_unless_the_check_is_left_out() {
    let mut chain = Chain::new();
    let contract = chain.deploy(&[0x00]);
    let info = revm::Database::basic(&mut chain.db, contract).unwrap().unwrap();
    let nonce = info.nonce;
    chain.db.insert_account_info(contract, info.with_balance(ETHER));
    let tx = TxEnv { caller: contract, nonce, ..chain.tx(TxKind::Call(TO), Bytes::new(), U256::from(1)) };
    assert!(matches!(chain.simulate(tx.clone()), Err(ExecError::Invalid(InvalidTransaction::RejectCallerWithCode))));
    chain.config = ExecConfig { skip_sender_code_check: true, ..chain.config };
    assert!(chain.simulate(tx).unwrap().result.is_success());
}

#[test]
fn gas_price_is_the_price_paid() {
    let mut chain = Chain::new();
    // gasprice; return it
    let price = chain.deploy(&hex_code("3a 60 00 52 60 20 60 00 f3"));
    let ask = |chain: &mut Chain, offered: u128| {
        let tx = chain.tx(TxKind::Call(price), Bytes::new(), U256::ZERO);
        let done = chain.simulate(TxEnv { gas_price: offered, ..tx }).unwrap();
        U256::from_be_slice(output_of(&done.result))
    };
    let base_fee = u128::from(chain.block.base_fee);
    assert_eq!(ask(&mut chain, 5 * base_fee), U256::from(base_fee));
    chain.config = chain.config.for_simulation();
    assert_eq!(ask(&mut chain, 0), U256::ZERO);
}
