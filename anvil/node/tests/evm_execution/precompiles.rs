//! ArbOS' contracts but for ArbWasm.

use alloy_sol_types::{SolCall, SolError, sol};
use cor_anvil::arbos::{CREATE2_FACTORY, STYLUS_DEPLOYER};
use cor_anvil::evm::{ArbOsVersion, ExecConfig};
use cor_stylus_vm::prepare::init_code;
use revm::{
    context::result::ExecutionResult,
    primitives::{Address, B256, Bytes, TxKind, U256, keccak256},
};

use crate::chain::{
    ARB_WASM, CHAIN_ID, COUNTER_WASM, Chain, DELEGATE_PROXY, ETHER, GAS_LIMIT, GENESIS_TIME, PROXY, SENDER, calldata, hex_code,
    output_of, set_number, stylus_code, via,
};

sol! {
    interface Sys {
        function arbBlockHash(uint256 number) external view returns (bytes32);
        function sendTxToL1(address destination, bytes calldata data) external payable returns (uint256);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
    interface Owner {
        function addChainOwner(address newOwner) external;
        function getAllChainOwners() external view returns (address[] memory);
        function setInkPrice(uint32 price) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setNetworkFeeAccount(address account) external;
        function setWasmActivationGas(uint64 gas) external;
        function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
    }
    interface Debug {
        function becomeChainOwner() external;
        function events(bool flag, bytes32 value) external payable returns (address, uint256);
        function customRevert(uint64 number) external pure;
        error Custom(uint64, string, bool);
    }
    interface Table {
        function register(address addr) external returns (uint256);
        function lookup(address addr) external view returns (uint256);
        function lookupIndex(uint256 index) external view returns (address);
        function compress(address addr) external returns (bytes memory);
        function decompress(bytes calldata buf, uint256 offset) external view returns (address, uint256);
        function size() external view returns (uint256);
    }
    interface Deployer {
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
    }
}

const SYS: Address = Address::with_last_byte(0x64);
const INFO: Address = Address::with_last_byte(0x65);
const TABLE: Address = Address::with_last_byte(0x66);
const OWNER_PUBLIC: Address = Address::with_last_byte(0x6b);
const GAS_INFO: Address = Address::with_last_byte(0x6c);
const RETRYABLE: Address = Address::with_last_byte(0x6e);
const OWNER: Address = Address::with_last_byte(0x70);
const DEBUG: Address = Address::with_last_byte(0xff);

fn word(result: &ExecutionResult) -> U256 {
    U256::from_be_slice(&output_of(result)[..32])
}

fn hash(result: &ExecutionResult) -> B256 {
    word(result).into()
}

#[test]
fn numbers_of_the_chain() {
    for (arbos, version) in [(ArbOsVersion::V40, 95), (ArbOsVersion::V51, 106), (ArbOsVersion::V60, 115)] {
        let mut chain = Chain::at(arbos);
        chain.block.number = 17;
        for (signature, expected) in
            [("arbBlockNumber()", 17), ("arbChainID()", CHAIN_ID), ("arbOSVersion()", version), ("isTopLevelCall()", 1)]
        {
            let result = chain.call(SYS, calldata(signature, &[]));
            assert_eq!(word(&result), U256::from(expected), "{signature} on {arbos}");
            // Words of calldata: none; the state: 800; one word of result: 3.
            assert_eq!(result.tx_gas_used(), 21_000 + 4 * 16 + 803);
        }
        // The EVM sees the parent chain's block: number(); return it
        let number = chain.deploy(&hex_code("43 60 00 52 60 20 60 00 f3"));
        assert_eq!(word(&chain.call(number, [])), U256::from(1_000_001));
    }
}

#[test]
fn block_hashes_are_those_of_the_last_256_blocks() {
    let mut chain = Chain::new();
    chain.block.number = 300;
    for (number, known) in [(299, true), (44, true), (43, false), (300, false), (u64::MAX, false)] {
        let data = Sys::arbBlockHashCall { number: U256::from(number) }.abi_encode();
        let result = chain.call(SYS, data);
        if known {
            assert_eq!(hash(&result), keccak256(number.to_string()), "the database's answer");
        } else {
            let error = Sys::InvalidBlockNumber::abi_decode(result.output().unwrap()).unwrap();
            assert_eq!((error.requested, error.current), (U256::from(number), U256::from(300)));
            assert!(result.tx_gas_used() < 30_000, "a typed error keeps the gas left");
        }
    }
}

#[test]
fn who_called() {
    let mut chain = Chain::new();
    let (outer, inner) = (chain.deploy(&hex_code(PROXY)), chain.deploy(&hex_code(PROXY)));
    let top = calldata("isTopLevelCall()", &[]);
    let caller = calldata("myCallersAddressWithoutAliasing()", &[]);
    let nested = |data: &[u8]| via(inner, &via(SYS, data));
    assert_eq!(word(&chain.call(outer, via(SYS, &top))), U256::from(1));
    assert_eq!(word(&chain.call(outer, nested(&top))), U256::ZERO);
    assert_eq!(word(&chain.call(SYS, caller.clone())), U256::ZERO);
    assert_eq!(hash(&chain.call(outer, via(SYS, &caller))), SENDER.into_word());
    assert_eq!(hash(&chain.call(outer, nested(&caller))), outer.into_word());
}

#[test]
fn a_message_to_the_parent_chain_takes_its_money_along() {
    let mut chain = Chain::new();
    let mut roots = vec![B256::ZERO];
    let mut leaves = Vec::new();
    for index in 0..4u64 {
        let destination = Address::repeat_byte(3);
        let data = Sys::sendTxToL1Call { destination, data: Bytes::from_static(b"hi") }.abi_encode();
        let result = chain.send(SYS, data, ETHER);
        assert_eq!(word(&result), U256::from(index));
        let logs = result.logs();
        let message = &logs.last().unwrap().data;
        let content: [&[u8]; 7] = [
            SENDER.as_slice(),
            destination.as_slice(),
            &U256::from(1).to_be_bytes::<32>(),
            &U256::from(1_000_001).to_be_bytes::<32>(),
            &U256::from(GENESIS_TIME).to_be_bytes::<32>(),
            &ETHER.to_be_bytes::<32>(),
            b"hi",
        ];
        let hash = keccak256(content.concat());
        assert_eq!(
            message.topics()[0],
            keccak256("L2ToL1Tx(address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes)")
        );
        assert_eq!(message.topics()[1..], [destination.into_word(), hash, U256::from(index).into()]);
        leaves.push(keccak256(hash));
        // Nodes of the tree that this message completed, lowest first.
        let updates = &logs[..logs.len() - 1];
        assert_eq!(updates.len() as u32, (index + 1).trailing_zeros());
        for (level, update) in (1u64..).zip(updates) {
            let topics = update.data.topics();
            assert_eq!(topics[0], keccak256("SendMerkleUpdate(uint256,bytes32,uint256)"));
            assert_eq!((topics[1], topics[3]), (B256::ZERO, B256::from((U256::from(level) << 192) | U256::from(index))));
        }
        assert_eq!(chain.balance(SYS), U256::ZERO);
        roots.push(tree_state(&mut chain).1);
    }
    let pair = |a: B256, b: B256| keccak256([a, b].concat());
    let (left, right) = (pair(leaves[0], leaves[1]), pair(leaves[2], leaves[3]));
    let expected = [B256::ZERO, leaves[0], left, pair(left, pair(leaves[2], B256::ZERO)), pair(left, right)];
    assert_eq!(roots, expected);
    assert_eq!(tree_state(&mut chain).0, 4);
    let result = chain.call(SYS, calldata("sendMerkleTreeState()", &[]));
    assert!(!result.is_success(), "only for calls from no one");
}

/// Size and root of the tree of messages, asked as `eth_call` without a sender does.
fn tree_state(chain: &mut Chain) -> (u64, B256) {
    let mut tx = chain.tx(TxKind::Call(SYS), calldata("sendMerkleTreeState()", &[]), U256::ZERO);
    tx.caller = Address::ZERO;
    chain.config = chain.config.for_simulation();
    let done = chain.simulate(tx).unwrap();
    chain.config = ExecConfig { arbos: chain.config.arbos, ..ExecConfig::new(CHAIN_ID) };
    let answer = output_of(&done.result).clone();
    (U256::from_be_slice(&answer[..32]).to(), B256::from_slice(&answer[32..64]))
}

#[test]
fn the_owner_may_ask_more_gas_for_activations() {
    let data = Owner::setWasmActivationGasCall { gas: 1_000_000 }.abi_encode();
    assert!(!Chain::new().call(OWNER, data.clone()).is_success(), "not before ArbOS 60");
    let [before, after] = [false, true].map(|asks| {
        let mut chain = Chain::at(ArbOsVersion::V60);
        if asks {
            assert!(chain.call(OWNER, data.clone()).is_success());
        }
        let gas = chain.call(ARB_WASM, calldata("activationGas()", &[]));
        assert_eq!(word(&gas), U256::from(if asks { 1_000_000 } else { 0 }));
        let program = chain.deploy(&stylus_code(COUNTER_WASM));
        let result = chain.activate(program);
        assert!(result.is_success());
        result.tx_gas_used()
    });
    assert_eq!(after - before, 1_000_000);
}

#[test]
fn methods_by_release() {
    let cases = [
        (GAS_INFO, "getMaxTxGasLimit()", ArbOsVersion::V51, Some(32_000_000)),
        (GAS_INFO, "getMaxBlockGasLimit()", ArbOsVersion::V51, Some(32_000_000)),
        (GAS_INFO, "getGasPricingConstraints()", ArbOsVersion::V51, Some(32)),
        (OWNER_PUBLIC, "getAllNativeTokenOwners()", ArbOsVersion::V51, Some(32)),
        (OWNER_PUBLIC, "getNativeTokenManagementFrom()", ArbOsVersion::V51, Some(0)),
        (OWNER_PUBLIC, "getMaxStylusContractFragments()", ArbOsVersion::V60, Some(2)),
        (ARB_WASM, "activationGas()", ArbOsVersion::V60, Some(0)),
        (SYS, "nothing()", ArbOsVersion::V60, None),
        (INFO, "nothing()", ArbOsVersion::V60, None),
        (GAS_INFO, "nothing()", ArbOsVersion::V60, None),
    ];
    for (contract, signature, since, answer) in cases {
        for arbos in ArbOsVersion::ALL {
            let result = Chain::at(arbos).call(contract, calldata(signature, &[]));
            match answer.filter(|_| arbos >= since) {
                Some(answer) => assert_eq!(word(&result), U256::from(answer), "{signature} on {arbos}"),
                // Unknown: reverts without data, and all gas is gone.
                None => {
                    assert!(
                        matches!(&result, ExecutionResult::Revert { output, .. } if output.is_empty()),
                        "{signature} on {arbos}"
                    );
                    assert_eq!(result.tx_gas_used(), GAS_LIMIT, "{signature} on {arbos}");
                }
            }
        }
    }
}

#[test]
fn a_delegate_call_gets_at_nothing_but_pure_methods() {
    let mut chain = Chain::new();
    let delegate = chain.deploy(&hex_code(DELEGATE_PROXY));
    let view = chain.call(delegate, via(SYS, &calldata("arbChainID()", &[])));
    assert!(!view.is_success());
    let sender = Address::with_last_byte(1);
    let pure = Sys::mapL1SenderContractAddressToL2AliasCall { sender, unused: sender }.abi_encode();
    let result = chain.call(delegate, via(SYS, &pure));
    assert_eq!(output_of(&result)[12..14], [0x11, 0x11]);
}

#[test]
fn balances_and_code() {
    let mut chain = Chain::new();
    let contract = chain.deploy(&hex_code("6001 6002 6003"));
    chain.send(Address::repeat_byte(4), [], ETHER);
    let arg = |signature: &str, address: Address| [&keccak256(signature)[..4], address.into_word().as_slice()].concat();
    let balance = chain.call(INFO, arg("getBalance(address)", Address::repeat_byte(4)));
    assert_eq!(word(&balance), ETHER);
    let code = chain.call(INFO, arg("getCode(address)", contract));
    assert_eq!(output_of(&code)[64..70], hex_code("6001 6002 6003")[..]);
}

#[test]
fn prices() {
    let mut chain = Chain::new();
    let prices = chain.call(GAS_INFO, calldata("getPricesInWei()", &[]));
    let words: Vec<u64> = output_of(&prices).chunks(32).map(|w| U256::from_be_slice(w).to()).collect();
    assert_eq!(words, [0, 0, 100_000_000 * 20_000, 100_000_000, 0, 100_000_000]);
    for (signature, expected) in [
        ("getMinimumGasPrice()", 100_000_000u64),
        ("getL1BaseFeeEstimate()", 0),
        ("getCurrentTxL1GasFees()", 0),
        ("getGasBacklog()", 0),
        ("getPricingInertia()", 102),
        ("getPerBatchGasCharge()", 210_000),
    ] {
        assert_eq!(word(&chain.call(GAS_INFO, calldata(signature, &[]))), U256::from(expected), "{signature}");
    }
    let lifetime = chain.call(RETRYABLE, calldata("getLifetime()", &[]));
    assert_eq!(word(&lifetime), U256::from(604_800));
}

#[test]
fn the_owner_sets_parameters_for_nothing() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    chain.call(counter, set_number(1));
    let before = chain.call(counter, calldata("number()", &[])).tx_gas_used();
    // 70 units instead of 69.
    let data = Owner::setWasmMinInitGasCall { gas: 255, cached: 352 }.abi_encode();
    let result = chain.call(OWNER, data.clone());
    assert!(result.is_success(), "{result:?}");
    let after = chain.call(counter, calldata("number()", &[])).tx_gas_used();
    assert_eq!(before - after, (69 - 2) * 128);
    let zeros = data.iter().filter(|byte| **byte == 0).count() as u64;
    let intrinsic = 21_000 + 4 * zeros + 16 * (data.len() as u64 - zeros);
    assert!(result.tx_gas_used() <= intrinsic + 3 + 800 + 800, "{result:?}");
    let topics = result.logs()[0].data.topics();
    assert_eq!(topics[0], keccak256("OwnerActs(bytes4,address,bytes)"));
    assert_eq!(topics[2], SENDER.into_word());
    for price in [0, 1 << 24] {
        assert!(!chain.call(OWNER, Owner::setInkPriceCall { price }.abi_encode()).is_success());
    }
}

#[test]
fn nobody_else_is_the_owner() {
    let mut chain = Chain::new();
    let proxy = chain.deploy(&hex_code(PROXY));
    let add = Owner::addChainOwnerCall { newOwner: proxy }.abi_encode();
    let direct = via(OWNER, &Owner::setInkPriceCall { price: 1 }.abi_encode());
    assert!(!chain.call(proxy, direct.clone()).is_success());
    assert!(chain.call(OWNER, add).is_success());
    assert!(chain.call(proxy, direct).is_success());
    let all = chain.call(OWNER_PUBLIC, calldata("getAllChainOwners()", &[]));
    assert_eq!(Owner::getAllChainOwnersCall::abi_decode_returns(output_of(&all)).unwrap(), [SENDER, proxy]);
    let account = Address::repeat_byte(0x66);
    chain.call(OWNER, Owner::setNetworkFeeAccountCall { account }.abi_encode());
    assert!(chain.balance(account) > U256::ZERO, "it gets the fee of the transaction that names it");
}

#[test]
fn debug_methods_exist_on_debug_chains() {
    let mut chain = Chain::new();
    let revert = Debug::customRevertCall { number: 7 }.abi_encode();
    let closed = chain.call(DEBUG, revert.clone());
    assert_eq!((closed.tx_gas_used(), closed.output().unwrap().len()), (GAS_LIMIT, 0));
    chain.config.debug = true;
    let custom = chain.call(DEBUG, revert);
    let error = Debug::Custom::abi_decode(custom.output().unwrap()).unwrap();
    assert_eq!((error._0, error._2), (7, true));
    let events = Debug::eventsCall { flag: true, value: B256::repeat_byte(1) }.abi_encode();
    let result = chain.send(DEBUG, events, U256::from(3));
    let answer = Debug::eventsCall::abi_decode_returns(output_of(&result)).unwrap();
    assert_eq!((answer._0, answer._1, result.logs().len()), (SENDER, U256::from(3), 2));
    let proxy = chain.deploy(&hex_code(PROXY));
    assert!(chain.call(proxy, via(DEBUG, &Debug::becomeChainOwnerCall {}.abi_encode())).is_success());
    let set = via(OWNER, &Owner::setInkPriceCall { price: 1 }.abi_encode());
    assert!(chain.call(proxy, set).is_success());
}

#[test]
fn a_call_in_a_static_context_cannot_write() {
    let mut chain = Chain::new();
    // staticcall(gas, 0x66, 0, cds, 0, 0); return the status
    let stat = chain.deploy(&hex_code("36 6000 6000 37 6000 6000 36 6000 6066 5a fa 6000 52 6020 6000 f3"));
    let register = Table::registerCall { addr: SENDER }.abi_encode();
    assert_eq!(word(&chain.call(stat, register.clone())), U256::ZERO);
    assert_eq!(word(&chain.call(stat, Table::sizeCall {}.abi_encode())), U256::from(1));
    assert_eq!(word(&chain.call(TABLE, Table::sizeCall {}.abi_encode())), U256::ZERO);
    assert_eq!(word(&chain.call(TABLE, register)), U256::ZERO);
    assert_eq!(word(&chain.call(TABLE, Table::sizeCall {}.abi_encode())), U256::from(1));
}

#[test]
fn the_address_table() {
    let mut chain = Chain::new();
    let [a, b, c] = [1, 2, 3].map(Address::repeat_byte);
    for (addr, index) in [(a, 0), (b, 1), (a, 0)] {
        let result = chain.call(TABLE, Table::registerCall { addr }.abi_encode());
        assert_eq!(word(&result), U256::from(index));
    }
    let at = chain.call(TABLE, Table::lookupIndexCall { index: U256::from(1) }.abi_encode());
    assert_eq!(hash(&at), b.into_word());
    assert!(!chain.call(TABLE, Table::lookupCall { addr: c }.abi_encode()).is_success());
    for (addr, bytes) in [(a, 1), (b, 1), (c, 21)] {
        let result = chain.call(TABLE, Table::compressCall { addr }.abi_encode());
        let buf = Table::compressCall::abi_decode_returns(output_of(&result)).unwrap();
        assert_eq!(buf.len(), bytes);
        let buf: Bytes = [&[0xff][..], &buf].concat().into();
        let data = Table::decompressCall { buf, offset: U256::from(1) }.abi_encode();
        let result = chain.call(TABLE, data);
        let back = Table::decompressCall::abi_decode_returns(output_of(&result)).unwrap();
        assert_eq!((back._0, back._1), (addr, U256::from(bytes)));
    }
}

#[test]
fn the_deployer_deploys_and_activates() {
    let mut chain = Chain::new();
    assert!(chain.call(CREATE2_FACTORY, [B256::ZERO.as_slice(), &[0]].concat()).is_success());
    let init = init_code(&stylus_code(COUNTER_WASM));
    let call = Deployer::deployCall { bytecode: init.into(), initData: set_number(11), initValue: U256::ZERO, salt: B256::ZERO };
    let result = chain.send(STYLUS_DEPLOYER, call.abi_encode(), ETHER);
    let counter = Deployer::deployCall::abi_decode_returns(output_of(&result)).unwrap();
    assert_eq!(chain.storage(counter, 0), U256::from(11));
    assert_eq!(chain.balance(STYLUS_DEPLOYER), U256::ZERO, "what is over came back");
}

/// Methods of all contracts, for the test below.
const METHODS: [&str; 30] = [
    "arbBlockHash(uint256)",
    "sendTxToL1(address,bytes)",
    "getCode(address)",
    "compress(address)",
    "decompress(bytes,uint256)",
    "lookupIndex(uint256)",
    "upload(bytes)",
    "get(address,uint256)",
    "getPricesInArbGasWithAggregator(address)",
    "getFeeCollector(address)",
    "redeem(bytes32)",
    "getStats()",
    "addChainOwner(address)",
    "setInkPrice(uint32)",
    "setWasmPageLimit(uint16)",
    "setWasmInitCostScalar(uint64)",
    "setPerBatchGasCharge(int64)",
    "setL1PricePerUnit(uint256)",
    "setMaxStylusContractFragments(uint8)",
    "activateProgram(address)",
    "codehashKeepalive(bytes32)",
    "codehashAsmSize(bytes32)",
    "programInitGas(address)",
    "cacheProgram(address)",
    "evictCodehash(bytes32)",
    "isCacheManager(address)",
    "isChainOwner(address)",
    "events(bool,bytes32)",
    "customRevert(uint64)",
    "getPricesInWei()",
];

#[test]
fn no_calldata_stops_the_process() {
    let mut chain = Chain::at(ArbOsVersion::V60);
    chain.config.debug = true;
    let contracts = [0x64, 0x65, 0x66, 0x68, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0xff];
    let mut seed = 1u64;
    let mut next = || {
        // Knuth's multiplier; the high bits are the random ones.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed >> 33
    };
    for contract in contracts.map(Address::with_last_byte) {
        for method in METHODS {
            for _ in 0..4 {
                let mut data = keccak256(method)[..4].to_vec();
                // Words that are small now and then, so that some of them are lengths and offsets.
                for _ in 0..next() % 7 {
                    let word = if next() % 2 == 0 { U256::from(next() % 97) } else { U256::MAX - U256::from(next()) };
                    data.extend(word.to_be_bytes::<32>());
                }
                data.truncate(data.len() - (next() % 3) as usize);
                let result = chain.send(contract, data, U256::from(next() % 2));
                assert!(result.tx_gas_used() <= GAS_LIMIT, "{contract} {method}");
            }
        }
    }
}
