//! Activation through ArbWasm: gas, fee, table, errors, life time.

use alloy_sol_types::SolCall;
use cor_anvil::evm::ArbOsVersion;
use revm::{
    context::result::{ExecutionResult, HaltReason},
    primitives::{Address, B256, TxKind, U256, keccak256},
};

use crate::chain::{
    ARB_WASM, COUNTER_WASM, Chain, DAY, ETHER, GAS_LIMIT, SENDER, Wasm, calldata, error_of, halt_of, output_of, set_number,
    stylus_code,
};
use crate::programs::CALLER;

/// Wei for the counter's code when nobody else activates.
const COUNTER_FEE: u64 = 64_036_323_572_984;
/// Gas of looking into the counter's module.
const COUNTER_MODULE_GAS: u64 = 1_500_100;
/// Gas of an activation but for the module: state, parameters and entry read, base price, module hash,
/// pricer's five reads and two writes, entry, fee account, log, words of argument and result.
const ACTIVATION_GAS: u64 =
    800 + 3 + 1_659_168 + 100 + 800 + 20_000 + (5 * 800 + 2 * 20_000) + 20_000 + 800 + (3 * 375 + 8 * 128) + 6;

/// Intrinsic gas of a transaction with `data`.
fn intrinsic(data: &[u8]) -> u64 {
    let zeros = data.iter().filter(|byte| **byte == 0).count() as u64;
    21_000 + 4 * zeros + 16 * (data.len() as u64 - zeros)
}

#[test]
fn an_activation_costs_what_it_costs_on_a_node() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&stylus_code(COUNTER_WASM));
    let sender_before = chain.balance(SENDER);
    let fees_before = chain.balance(fee_account());

    let result = chain.activate(counter);
    let data = Wasm::activateProgramCall { program: counter }.abi_encode();
    assert_eq!(result.tx_gas_used(), intrinsic(&data) + ACTIVATION_GAS + COUNTER_MODULE_GAS);

    let answer = Wasm::activateProgramCall::abi_decode_returns(output_of(&result)).unwrap();
    assert_eq!((answer.version, answer.dataFee), (2, U256::from(COUNTER_FEE)));
    let gas_fee = U256::from(result.tx_gas_used() * chain.block.base_fee);
    let paid = U256::from(COUNTER_FEE) + gas_fee;
    assert_eq!(sender_before - chain.balance(SENDER), paid, "the rest of the ether came back");
    assert_eq!(chain.balance(fee_account()) - fees_before, paid);
    assert_eq!(chain.balance(ARB_WASM), U256::ZERO);

    let [log] = result.logs() else { panic!("one log: {result:?}") };
    assert_eq!(log.address, ARB_WASM);
    let topic = keccak256("ProgramActivated(bytes32,bytes32,address,uint256,uint16)");
    assert_eq!(log.data.topics(), [topic, keccak256(stylus_code(COUNTER_WASM))]);
    assert_eq!(&log.data.data[44..64], counter.as_slice());
    assert_eq!(U256::from_be_slice(&log.data.data[64..96]), U256::from(COUNTER_FEE));
}

/// Where ArbOS sends fees.
fn fee_account() -> Address {
    revm::primitives::address!("A4B000000000000000000073657175656e636572")
}

#[test]
fn gas_of_activation_depends_on_the_module() {
    let mut chain = Chain::new();
    let caller = chain.deploy(&stylus_code(CALLER));
    let small = chain.activate(caller);
    let counter = chain.deploy(&stylus_code(COUNTER_WASM));
    let large = chain.activate(counter);
    assert!(small.is_success() && large.is_success());
    assert!(large.tx_gas_used() - small.tx_gas_used() > 1_000_000);
}

#[test]
fn what_arb_wasm_answers_about_a_program() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    let init = Wasm::programInitGasCall { program: counter }.abi_encode();
    let answer = chain.call(ARB_WASM, init);
    let answer = Wasm::programInitGasCall::abi_decode_returns(output_of(&answer)).unwrap();
    assert_eq!((answer.gas, answer.gasWhenCached), (13_910, 1_604));

    let codehash = keccak256(stylus_code(COUNTER_WASM));
    let kib = 745_717u64.div_ceil(1024);
    let word = |signature: &str, word: B256| [&keccak256(signature)[..4], word.as_slice()].concat();
    let account = counter.into_word();
    for (signature, argument, expected) in [
        ("codehashVersion(bytes32)", codehash, 2),
        ("programVersion(address)", account, 2),
        ("codehashAsmSize(bytes32)", codehash, kib * 1024),
        ("programMemoryFootprint(address)", account, 17),
    ] {
        let answer = chain.call(ARB_WASM, word(signature, argument));
        assert_eq!(U256::from_be_slice(output_of(&answer)), U256::from(expected), "{signature}");
    }
    for (signature, expected) in [
        ("stylusVersion()", 2),
        ("inkPrice()", 10_000),
        ("maxStackDepth()", 22_000),
        ("freePages()", 2),
        ("pageGas()", 1_000),
        ("pageRamp()", 620_674_314),
        ("pageLimit()", 128),
        ("initCostScalar()", 100),
        ("expiryDays()", 365),
        ("keepaliveDays()", 31),
        ("blockCacheSize()", 32),
    ] {
        let answer = chain.call(ARB_WASM, calldata(signature, &[]));
        assert_eq!(U256::from_be_slice(output_of(&answer)), U256::from(expected), "{signature}");
    }
    let answer = chain.call(ARB_WASM, calldata("minInitGas()", &[]));
    let words = [8_832u64, 352].map(|gas| U256::from(gas).to_be_bytes::<32>()).concat();
    assert_eq!(output_of(&answer)[..], words[..]);
}

#[test]
fn errors_of_activation() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&stylus_code(COUNTER_WASM));
    let plain = chain.deploy(&[0x60, 0x00]);
    let activate = |program| Wasm::activateProgramCall { program }.abi_encode();

    for program in [Address::repeat_byte(0x77), plain] {
        let result = chain.send(ARB_WASM, activate(program), ETHER);
        assert!(matches!(error_of(&result), Wasm::WasmErrors::ProgramNotWasm(_)), "{result:?}");
        assert!(result.tx_gas_used() < 2_000_000, "the gas left is kept");
    }
    let poor = chain.send(ARB_WASM, activate(counter), U256::from(COUNTER_FEE - 1));
    let Wasm::WasmErrors::ProgramInsufficientValue(short) = error_of(&poor) else { panic!("{poor:?}") };
    assert_eq!((short.have, short.want), (U256::from(COUNTER_FEE - 1), U256::from(COUNTER_FEE)));

    // A failed activation leaves nothing behind: the program is not in the table, demand is as before.
    let exact = chain.send(ARB_WASM, activate(counter), U256::from(COUNTER_FEE));
    assert!(exact.is_success(), "{exact:?}");
    let twice = chain.activate(counter);
    assert!(matches!(error_of(&twice), Wasm::WasmErrors::ProgramUpToDate(_)));
    // Activation is by code: the same program elsewhere needs none.
    let other = chain.deploy(&stylus_code(COUNTER_WASM));
    assert!(matches!(error_of(&chain.activate(other)), Wasm::WasmErrors::ProgramUpToDate(_)));
    assert!(chain.call(other, set_number(3)).is_success());
}

#[test]
fn a_module_that_breaks_a_rule_burns_everything() {
    let mut chain = Chain::new();
    let no_entrypoint = chain.deploy(&stylus_code(r#"(module (memory (export "memory") 1 1))"#));
    let result = chain.activate(no_entrypoint);
    assert!(!result.is_success());
    assert_eq!(result.tx_gas_used(), GAS_LIMIT);
    assert!(result.output().is_some_and(|output| output.is_empty()));
}

#[test]
fn a_damaged_program_keeps_the_gas_left() {
    let mut chain = Chain::new();
    for code in [&[0xef, 0xf0, 0x00, 0x00, 1, 2, 3][..], &[0xef, 0xf0, 0x00, 0x01, 1], &[0xef, 0xf0, 0]] {
        let program = chain.deploy(code);
        let result = chain.activate(program);
        assert!(matches!(&result, ExecutionResult::Revert { output, .. } if output.is_empty()));
        assert!(result.tx_gas_used() < 2_000_000, "{code:02x?}");
    }
}

#[test]
fn too_little_gas_for_the_module_burns_everything() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&stylus_code(COUNTER_WASM));
    let data = Wasm::activateProgramCall { program: counter }.abi_encode();
    let needed = intrinsic(&data) + ACTIVATION_GAS + COUNTER_MODULE_GAS;
    for (gas_limit, succeeds) in [(needed - 1, false), (needed, true)] {
        let mut tx = chain.tx(TxKind::Call(ARB_WASM), data.clone().into(), ETHER);
        tx.gas_limit = gas_limit;
        let result = chain.execute(tx);
        assert_eq!(result.is_success(), succeeds, "{gas_limit}");
        assert_eq!(result.tx_gas_used(), gas_limit);
    }
}

#[test]
fn a_program_that_is_not_activated_burns_everything() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&stylus_code(COUNTER_WASM));
    let result = chain.call(counter, set_number(5));
    assert_eq!(*halt_of(&result), HaltReason::NotActivated);
    assert_eq!(result.tx_gas_used(), GAS_LIMIT);
    assert_eq!(chain.storage(counter, 0), U256::ZERO);
}

#[test]
fn programs_expire_and_are_kept_alive() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    let codehash = keccak256(stylus_code(COUNTER_WASM));
    let keepalive = Wasm::codehashKeepaliveCall { codehash }.abi_encode();
    let left = Wasm::programTimeLeftCall { program: counter }.abi_encode();
    // The table counts hours: activated up to an hour "earlier".
    let started = (chain.block.timestamp - 1_421_388_000) % 3_600;

    let soon = chain.send(ARB_WASM, keepalive.clone(), ETHER);
    let Wasm::WasmErrors::ProgramKeepaliveTooSoon(soon) = error_of(&soon) else { panic!("{soon:?}") };
    assert_eq!(soon.ageInSeconds, started);

    chain.pass(31 * DAY);
    let answer = chain.call(ARB_WASM, left.clone());
    assert_eq!(U256::from_be_slice(output_of(&answer)), U256::from(334 * DAY - started));
    let poor = chain.call(ARB_WASM, keepalive.clone());
    assert!(matches!(error_of(&poor), Wasm::WasmErrors::ProgramInsufficientValue(_)));
    let kept = chain.send(ARB_WASM, keepalive, ETHER);
    assert!(kept.is_success(), "{kept:?}");
    assert_eq!(kept.logs()[0].data.topics()[0], keccak256("ProgramLifetimeExtended(bytes32,uint256)"));

    chain.pass(365 * DAY - started);
    assert!(chain.call(counter, set_number(1)).is_success(), "the last second");
    chain.pass(1);
    let late = chain.call(counter, set_number(2));
    assert_eq!(*halt_of(&late), HaltReason::NotActivated);
    let late = chain.call(ARB_WASM, left);
    let Wasm::WasmErrors::ProgramExpired(expired) = error_of(&late) else { panic!("{late:?}") };
    assert_eq!(expired.ageInSeconds, 365 * DAY + 1);
    assert!(chain.activate(counter).is_success(), "an expired program can be activated again");
    assert!(chain.call(counter, set_number(2)).is_success());
}

#[test]
fn an_upgrade_of_stylus_asks_for_another_activation() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    // The version is the first two bytes of the parameters' word.
    let slot = params_slot();
    let mut word: B256 = revm::Database::storage(&mut chain.db, arbos_state(), slot).unwrap().into();
    word[1] = 3;
    chain.db.insert_account_storage(arbos_state(), slot, word.into()).unwrap();
    let result = chain.call(counter, set_number(1));
    assert_eq!(*halt_of(&result), HaltReason::NotActivated);
    let version = Wasm::programVersionCall { program: counter }.abi_encode();
    let Wasm::WasmErrors::ProgramNeedsUpgrade(needs) = error_of(&chain.call(ARB_WASM, version)) else {
        panic!("no upgrade needed")
    };
    assert_eq!((needs.version, needs.stylusVersion), (2, 3));
    assert!(chain.activate(counter).is_success());
}

fn arbos_state() -> Address {
    cor_anvil::arbos::ARBOS_STATE
}

/// Slot of the Stylus parameters, as tools compute it: `mapAddress(keccak(keccak([8]) ‖ [0]), 0)`.
fn params_slot() -> U256 {
    let programs = keccak256([8]);
    let params = keccak256([programs.as_slice(), &[0]].concat());
    let mut slot = keccak256([params.as_slice(), &[0; 31]].concat());
    slot[31] = 0;
    slot.into()
}

#[test]
fn the_state_is_the_only_place_an_activation_lives_in() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&stylus_code(COUNTER_WASM));
    let before = chain.db.clone();
    assert!(chain.activate(counter).is_success());
    let activated = chain.db.clone();
    chain.db = before;
    assert_eq!(*halt_of(&chain.call(counter, set_number(1))), HaltReason::NotActivated);
    chain.db = activated;
    assert!(chain.call(counter, set_number(1)).is_success());
}

#[test]
fn unknown_methods_and_bad_contexts_burn_everything() {
    let mut chain = Chain::new();
    for (what, data, value) in [
        ("no selector", vec![0x58], U256::ZERO),
        ("unknown selector", vec![1, 2, 3, 4], U256::ZERO),
        ("short arguments", calldata("programVersion(address)", &[]).to_vec(), U256::ZERO),
        ("value for a view", calldata("stylusVersion()", &[]).to_vec(), U256::from(1)),
        ("activationGas before ArbOS 60", calldata("activationGas()", &[]).to_vec(), U256::ZERO),
    ] {
        let result = chain.send(ARB_WASM, data, value);
        assert!(matches!(&result, ExecutionResult::Revert { output, .. } if output.is_empty()), "{what}");
        assert_eq!(result.tx_gas_used(), GAS_LIMIT, "{what}");
    }
    let mut chain = Chain::at(ArbOsVersion::V60);
    assert!(chain.call(ARB_WASM, calldata("activationGas()", &[])).is_success());
}

#[test]
fn not_activated_is_a_typed_error_of_views() {
    let mut chain = Chain::new();
    let data = calldata("codehashVersion(bytes32)", &[7]);
    let result = chain.call(ARB_WASM, data);
    assert!(matches!(error_of(&result), Wasm::WasmErrors::ProgramNotActivated(_)));
    assert_eq!(result.output().unwrap()[..], [0x6f, 0x80, 0x9c, 0x4e]);
}
