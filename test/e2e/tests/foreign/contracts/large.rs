//! A program too large for one account: in fragments on ArbOS 60, refused before.

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, U256, address, keccak256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol,
};
use cor_adapters::deploy::{CodeError, init_code};
use cor_anvil::arbos::ArbOsVersion;

use super::tokens::sent;
use crate::place::{ARB_WASM, ArbWasm, Place, samples};

const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// Largest code of one account, bytes.
const CODE_BYTES_MAX: usize = 24_576;
const FRAGMENT_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x01];
/// Prefix and the byte for "no dictionary".
const ROOT_PREFIX: [u8; 4] = [0xEF, 0xF0, 0x02, 0x00];
/// Bytes of the sample's table, as its source says.
const TABLE_BYTES: usize = 26 * 1024;

sol! {
    #[sol(rpc)]
    interface Large {
        function len() external view returns (uint256);
        function digest() external view returns (bytes32);
        function read(uint32 start, uint32 size) external returns (bytes);
        function reads() external view returns (uint256);
    }

    #[sol(rpc)]
    interface ArbOwnerPublic {
        function getMaxStylusContractFragments() external view returns (uint8);
    }
}

/// The table of the sample, made here anew: the low bytes of xorshift64 (shifts 13, 7, 17) from seed 1.
fn table() -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..TABLE_BYTES).map(next).collect()
}

/// The sample compressed, and its size before.
fn compressed() -> (Vec<u8>, u32) {
    let wasm = cor_kit::paths::samples().join("large.wasm");
    let wasm = std::fs::read(&wasm).expect("`cargo xtask wasm --samples` builds it");
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut wasm.as_slice(), &mut out, &params).expect("memory takes it");
    (out, u32::try_from(wasm.len()).expect("a module is small"))
}

/// Code of the fragments of a compressed program, each as large as an account may be.
fn fragments(compressed: &[u8]) -> Vec<Vec<u8>> {
    compressed.chunks(CODE_BYTES_MAX - FRAGMENT_PREFIX.len()).map(|part| [&FRAGMENT_PREFIX[..], part].concat()).collect()
}

/// Code of the account that is called.
fn root(wasm_bytes: u32, at: &[Address]) -> Vec<u8> {
    let mut code = ROOT_PREFIX.to_vec();
    code.extend(wasm_bytes.to_be_bytes());
    at.iter().for_each(|address| code.extend(address.as_slice()));
    code
}

/// Why a creation of `code` is refused.
async fn refusal(place: &Place, code: &[u8]) -> String {
    let request = TransactionRequest::default().with_deploy_code(init_code(code)).with_from(place.account(0));
    let error = place.provider.call(request.clone()).await.expect_err("the code is refused");
    let mined = place.mine(request.with_gas_limit(20_000_000)).await;
    assert!(!mined.status(), "a transaction is refused as well");
    error.as_error_resp().expect("an answer of the node").message.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_program_runs_from_its_fragments() {
    let place = Place::start(ArbOsVersion::V60).await;
    let limit = ArbOwnerPublic::new(ARB_OWNER_PUBLIC, &place.provider).getMaxStylusContractFragments().call().await.unwrap();
    let (program, wasm_bytes) = compressed();
    let parts = fragments(&program);
    assert_eq!((parts.len(), limit), (2, 2));
    let mut at = Vec::new();
    for part in &parts {
        at.push(place.put(part).await);
    }
    let account = place.put(&root(wasm_bytes, &at)).await;
    assert!(place.activate(account).await.status());

    let (large, table) = (Large::new(account, &place.provider), table());
    assert_eq!(large.len().call().await.unwrap(), U256::from(TABLE_BYTES));
    assert_eq!(large.digest().call().await.unwrap(), keccak256(&table));
    assert_eq!(large.read(26_000, 100).call().await.unwrap(), table[26_000..26_100]);
    let outside = large.read(26_600, 100).call().await.unwrap_err();
    assert_eq!(outside.as_revert_data().unwrap(), b"outside"[..]);
    sent!(large.read(0, 1));
    assert_eq!(large.reads().call().await.unwrap(), U256::from(1));

    // Parts in another order are another program, which is none; a missing one is no program either.
    for wrong in [vec![at[1], at[0]], vec![at[0]], vec![at[0], at[1], at[1]]] {
        let account = place.put(&root(wasm_bytes, &wrong)).await;
        let request = TransactionRequest::default().with_to(account).with_gas_limit(1_000_000);
        assert!(!place.mine(request).await.status(), "what is not active does not run");
        let arb_wasm = ArbWasm::new(ARB_WASM, &place.provider);
        let call = arb_wasm.activateProgram(account);
        assert!(call.value(U256::from(10_u64.pow(15))).call().await.is_err(), "{wrong:?} cannot be activated");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_program_is_refused_before_there_are_fragments() {
    let place = Place::start(ArbOsVersion::V51).await;
    let (program, wasm_bytes) = compressed();
    assert!(
        matches!(samples().code("large"), Err(CodeError::TooLarge { bytes, limit, .. }) if bytes == program.len() + 4 && limit == CODE_BYTES_MAX)
    );
    let whole = [&[0xEF, 0xF0, 0x00, 0x00][..], &program].concat();
    let told =
        format!("max code size exceeded: EVM-124: the code has {} bytes, the limit is {CODE_BYTES_MAX}. Make it", whole.len());
    let said = refusal(&place, &whole).await;
    assert!(said.starts_with(&told) && said.contains("--code-size-limit"), "{said}");
    for part in fragments(&program).into_iter().chain([root(wasm_bytes, &[Address::ZERO])]) {
        assert_eq!(refusal(&place, &part).await, "invalid code: must not begin with 0xef");
    }
    let limit = ArbOwnerPublic::new(ARB_OWNER_PUBLIC, &place.provider).getMaxStylusContractFragments().call().await;
    assert!(limit.unwrap_err().as_revert_data().is_some(), "nobody asks for fragments yet");
}
