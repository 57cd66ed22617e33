//! The chain owner's settings: every setter is seen where it is reported, is logged, and costs its owner nothing.

use cor_anvil::evm::ArbOsVersion::{self, V40, V51, V60};
use revm::{
    context::result::ExecutionResult,
    primitives::{Address, TxKind, U256, keccak256},
};

use crate::chain::{ARB_WASM, COUNTER_WASM, Chain, GAS_LIMIT, SENDER, calldata, hex_code, output_of, stylus_code};

const OWNER_PUBLIC: Address = Address::with_last_byte(0x6b);
const GAS_INFO: Address = Address::with_last_byte(0x6c);
const OWNER: Address = Address::with_last_byte(0x70);
const ARB_WASM_CACHE: Address = Address::with_last_byte(0x72);

/// A call of the owner; the release it is there from; who reports it, how, from when; the first word of the report.
type Row = (&'static str, &'static [u64], ArbOsVersion, (Address, &'static str, &'static [u64], ArbOsVersion), u64);

const SETTERS: [Row; 36] = [
    ("addChainOwner(address)", &[9], V40, (OWNER_PUBLIC, "isChainOwner(address)", &[9], V40), 1),
    ("removeChainOwner(address)", &[8], V40, (OWNER_PUBLIC, "isChainOwner(address)", &[8], V40), 0),
    ("setNetworkFeeAccount(address)", &[9], V40, (OWNER_PUBLIC, "getNetworkFeeAccount()", &[], V40), 9),
    ("setInfraFeeAccount(address)", &[9], V40, (OWNER_PUBLIC, "getInfraFeeAccount()", &[], V40), 9),
    ("setBrotliCompressionLevel(uint64)", &[5], V40, (OWNER_PUBLIC, "getBrotliCompressionLevel()", &[], V40), 5),
    ("setCalldataPriceIncrease(bool)", &[1], V40, (OWNER_PUBLIC, "isCalldataPriceIncreaseEnabled()", &[], V40), 1),
    ("scheduleArbOSUpgrade(uint64,uint64)", &[61, 7], V40, (OWNER_PUBLIC, "getScheduledUpgrade()", &[], V40), 61),
    ("setMinimumL2BaseFee(uint256)", &[77], V40, (GAS_INFO, "getMinimumGasPrice()", &[], V40), 77),
    ("setSpeedLimit(uint64)", &[77], V40, (GAS_INFO, "getGasAccountingParams()", &[], V40), 77),
    ("setL2GasPricingInertia(uint64)", &[77], V40, (GAS_INFO, "getPricingInertia()", &[], V40), 77),
    ("setL2GasBacklogTolerance(uint64)", &[77], V40, (GAS_INFO, "getGasBacklogTolerance()", &[], V40), 77),
    ("setMaxTxGasLimit(uint64)", &[40_000_000], V40, (GAS_INFO, "getMaxTxGasLimit()", &[], V51), 40_000_000),
    ("setMaxBlockGasLimit(uint64)", &[40_000_000], V51, (GAS_INFO, "getMaxBlockGasLimit()", &[], V51), 40_000_000),
    ("setGasBacklog(uint64)", &[77], V51, (GAS_INFO, "getGasBacklog()", &[], V40), 77),
    ("setParentGasFloorPerToken(uint64)", &[10], V51, (OWNER_PUBLIC, "getParentGasFloorPerToken()", &[], V51), 10),
    ("setL1PricePerUnit(uint256)", &[77], V40, (GAS_INFO, "getL1BaseFeeEstimate()", &[], V40), 77),
    ("setL1PricingInertia(uint64)", &[77], V40, (GAS_INFO, "getL1BaseFeeEstimateInertia()", &[], V40), 77),
    ("setL1BaseFeeEstimateInertia(uint64)", &[77], V40, (GAS_INFO, "getL1BaseFeeEstimateInertia()", &[], V40), 77),
    ("setL1PricingEquilibrationUnits(uint256)", &[77], V40, (GAS_INFO, "getL1PricingEquilibrationUnits()", &[], V40), 77),
    ("setL1PricingRewardRecipient(address)", &[9], V40, (GAS_INFO, "getL1RewardRecipient()", &[], V40), 9),
    ("setL1PricingRewardRate(uint64)", &[77], V40, (GAS_INFO, "getL1RewardRate()", &[], V40), 77),
    ("setPerBatchGasCharge(int64)", &[77], V40, (GAS_INFO, "getPerBatchGasCharge()", &[], V40), 77),
    ("setAmortizedCostCapBips(uint64)", &[77], V40, (GAS_INFO, "getAmortizedCostCapBips()", &[], V40), 77),
    ("setInkPrice(uint32)", &[9_999], V40, (ARB_WASM, "inkPrice()", &[], V40), 9_999),
    ("setWasmMaxStackDepth(uint32)", &[9_999], V40, (ARB_WASM, "maxStackDepth()", &[], V40), 9_999),
    ("setWasmFreePages(uint16)", &[9], V40, (ARB_WASM, "freePages()", &[], V40), 9),
    ("setWasmPageGas(uint16)", &[999], V40, (ARB_WASM, "pageGas()", &[], V40), 999),
    ("setWasmPageLimit(uint16)", &[99], V40, (ARB_WASM, "pageLimit()", &[], V40), 99),
    // Kept in units of 128.
    ("setWasmMinInitGas(uint8,uint16)", &[129, 64], V40, (ARB_WASM, "minInitGas()", &[], V40), 256),
    // Kept in units of two per cent.
    ("setWasmInitCostScalar(uint64)", &[99], V40, (ARB_WASM, "initCostScalar()", &[], V40), 100),
    ("setWasmExpiryDays(uint16)", &[99], V40, (ARB_WASM, "expiryDays()", &[], V40), 99),
    ("setWasmKeepaliveDays(uint16)", &[9], V40, (ARB_WASM, "keepaliveDays()", &[], V40), 9),
    ("setWasmBlockCacheSize(uint16)", &[9], V40, (ARB_WASM, "blockCacheSize()", &[], V40), 9),
    ("addWasmCacheManager(address)", &[9], V40, (ARB_WASM_CACHE, "isCacheManager(address)", &[9], V40), 1),
    ("setWasmActivationGas(uint64)", &[77], V60, (ARB_WASM, "activationGas()", &[], V60), 77),
    ("setMaxStylusContractFragments(uint8)", &[3], V60, (OWNER_PUBLIC, "getMaxStylusContractFragments()", &[], V60), 3),
];

/// Reverts without data, and all gas is gone: as if there were no such method, or not for this caller.
fn burns_all(result: &ExecutionResult) -> bool {
    matches!(result, ExecutionResult::Revert { output, .. } if output.is_empty()) && result.tx_gas_used() == GAS_LIMIT
}

#[test]
fn every_setter_is_reported_logged_and_free() {
    for (signature, words, since, (reporter, report, of, reported_since), expected) in SETTERS {
        for arbos in ArbOsVersion::ALL {
            let mut chain = Chain::at(arbos);
            // For the row that removes an owner.
            assert!(chain.call(OWNER, calldata("addChainOwner(address)", &[8])).is_success());
            let data = calldata(signature, words);
            let result = chain.call(OWNER, data.clone());
            if arbos < since {
                assert!(burns_all(&result), "{signature} on {arbos}: {result:?}");
                continue;
            }
            assert!(result.is_success(), "{signature} on {arbos}: {result:?}");
            let zeros = data.iter().filter(|byte| **byte == 0).count() as u64;
            let intrinsic = 21_000 + 4 * zeros + 16 * (data.len() as u64 - zeros);
            assert!(result.tx_gas_used() <= intrinsic + 3 * words.len() as u64 + 800 + 800, "{signature} on {arbos}");
            let [log] = result.logs() else { panic!("{signature} on {arbos} logs {}", result.logs().len()) };
            let mut selector = [0; 32];
            selector[..4].copy_from_slice(&data[..4]);
            let topics = [keccak256("OwnerActs(bytes4,address,bytes)"), selector.into(), SENDER.into_word()];
            assert_eq!((log.address, log.data.topics()), (OWNER, &topics[..]), "{signature} on {arbos}");
            assert_eq!(log.data.data[64..64 + data.len()], data[..], "{signature} on {arbos}");
            if arbos >= reported_since {
                let word = U256::from_be_slice(&output_of(&chain.call(reporter, calldata(report, of)))[..32]);
                assert_eq!(word, U256::from(expected), "{signature} on {arbos}");
            }
        }
    }
}

#[test]
fn a_stranger_sets_nothing() {
    for (signature, words, ..) in SETTERS {
        let mut chain = Chain::at(V60);
        let mut tx = chain.tx(TxKind::Call(OWNER), calldata(signature, words), U256::ZERO);
        tx.caller = Address::ZERO;
        chain.config = chain.config.for_simulation();
        assert!(burns_all(&chain.simulate(tx).expect("it runs").result), "{signature}");
    }
}

#[test]
fn a_limit_of_wasm_bytes_is_kept_at_activation() {
    let mut chain = Chain::new();
    let program = chain.deploy(&stylus_code(COUNTER_WASM));
    assert!(chain.call(OWNER, calldata("setWasmMaxSize(uint32)", &[1_000])).is_success());
    assert!(!chain.activate(program).is_success());
    assert!(chain.call(OWNER, calldata("setWasmMaxSize(uint32)", &[128 * 1024])).is_success());
    assert!(chain.activate(program).is_success());
}

#[test]
fn a_cache_manager_that_was_removed_is_none() {
    let mut chain = Chain::new();
    for (signature, is_manager) in [("addWasmCacheManager(address)", 1), ("removeWasmCacheManager(address)", 0)] {
        assert!(chain.call(OWNER, calldata(signature, &[9])).is_success());
        let answer = chain.call(ARB_WASM_CACHE, calldata("isCacheManager(address)", &[9]));
        assert_eq!(U256::from_be_slice(output_of(&answer)), U256::from(is_manager));
    }
    let absent = chain.call(OWNER, calldata("removeWasmCacheManager(address)", &[9]));
    assert!(!absent.is_success() && absent.tx_gas_used() < 30_000, "an owner's mistake costs nothing: {absent:?}");
}

#[test]
fn the_gas_limit_of_a_transaction_is_the_owners() {
    for arbos in ArbOsVersion::ALL {
        let mut chain = Chain::at(arbos);
        let burner = chain.deploy(&[0xfe]);
        // gas(); return it
        let meter = chain.deploy(&hex_code("5a 60 00 52 60 20 60 00 f3"));
        for limit in [32_000_000, 5_000_000, 40_000_000] {
            if limit != 32_000_000 {
                assert!(chain.call(OWNER, calldata("setMaxTxGasLimit(uint64)", &[limit])).is_success());
            }
            let mut tx = chain.tx(TxKind::Call(burner), Default::default(), U256::ZERO);
            tx.gas_limit = 50_000_000;
            assert_eq!(chain.execute(tx).tx_gas_used(), limit, "on {arbos}");
            let mut tx = chain.tx(TxKind::Call(meter), Default::default(), U256::ZERO);
            tx.gas_limit = 50_000_000;
            assert_eq!(U256::from_be_slice(output_of(&chain.execute(tx))), U256::from(limit - 21_000 - 2), "on {arbos}");
        }
    }
}
