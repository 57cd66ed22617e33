//! Ethereum's precompiles with inputs that mean something and inputs that do not: same output, same gas, same refusal.

use alloy::{
    consensus::TxEip1559,
    primitives::{Address, B256, Bytes, TxKind, U256, hex, keccak256},
    signers::SignerSync,
};
use serde_json::json;

use super::{
    pair::{CHAIN_ID, Pair},
    program,
    random::Random,
    transactions::signed,
};

const BASE_FEE: u64 = 100_000_000;
/// Enough for each of them; what fails takes it all.
const GAS: u64 = 3_000_000;
/// Inputs of random bytes for each precompile.
const RANDOM_INPUTS: u64 = 4;

const G1: &str = "\
    0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb\
    0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";
const BN_G2: &str = "\
    198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed\
    090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
const BLAKE: &str = "\
    48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b\
    6162630000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003\
    00000000000000000000000000000001";
const P256: &str = "\
    4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4da73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac\
    36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d604aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3\
    7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e";

fn word(value: u64) -> Vec<u8> {
    U256::from(value).to_be_bytes_vec()
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hex")
}

fn modexp(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let lengths = [base, exponent, modulus].map(|part| word(part.len() as u64)).concat();
    [&lengths, base, exponent, modulus].concat()
}

/// The point at infinity, which is what every commitment to the polynomial 0 is, and its proof.
fn kzg(value: u64) -> Vec<u8> {
    let infinity = [&[0xc0][..], &[0; 47]].concat();
    // 0x01 and the SHA-256 of the commitment without its first byte.
    let versioned = bytes("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
    [versioned, word(5), word(value), infinity.clone(), infinity].concat()
}

fn blake(flag: u8) -> Vec<u8> {
    let mut input = [bytes("0000000c"), bytes(BLAKE)].concat();
    input.resize(212, 0);
    input.push(flag);
    input
}

/// Precompile, input, whether it answers anything.
fn table(signature: Vec<u8>) -> Vec<(u64, Vec<u8>, bool)> {
    let (one, two) = (word(1), word(2));
    let bn = [one.clone(), two.clone()].concat();
    let minus_two = bytes("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45");
    let bn_minus = [one.clone(), minus_two].concat();
    let (g1, g2) = (bytes(G1), bytes(BN_G2));
    vec![
        (1, signature.clone(), true),
        // Zeroes take the place of what is missing: another key, but a key.
        (1, signature[..100].to_vec(), true),
        (2, b"abc".to_vec(), true),
        (2, Vec::new(), true),
        (3, vec![7; 200], true),
        (4, vec![9; 333], true),
        (5, modexp(&[3], &[0xff; 32], &[0xfb; 32]), true),
        (5, modexp(&[3; 65], &[0xff; 40], &[0xfb; 65]), true),
        (5, modexp(&[2; 1024], &[1], &[5; 1024]), true),
        (5, modexp(&[2; 1025], &[1], &[5; 3]), false),
        (5, modexp(&[1], &[1], &[]), false),
        (6, [bn.clone(), bn.clone()].concat(), true),
        (6, [bn.clone(), two.clone(), two.clone()].concat(), false),
        (7, [bn.clone(), word(12345)].concat(), true),
        (8, Vec::new(), true),
        (8, [bn.clone(), g2.clone(), bn_minus, g2.clone()].concat(), true),
        (8, [bn.clone(), g2].concat(), true),
        (8, bn, false),
        (9, blake(1), true),
        (9, blake(0), true),
        (9, blake(2), false),
        (9, vec![0; 212], false),
        (10, kzg(0), true),
        (10, kzg(1), false),
        (11, vec![0; 256], true),
        (11, [g1.clone(), g1.clone()].concat(), true),
        (11, vec![1; 256], false),
        (12, [g1.clone(), word(77)].concat(), true),
        (12, [g1.clone(), word(77), g1, word(78)].concat(), true),
        (13, vec![0; 512], true),
        (14, vec![0; 288], true),
        (15, vec![0; 384], true),
        (15, Vec::new(), false),
        (16, [vec![0; 63], vec![1]].concat(), true),
        (17, [vec![0; 63], vec![1], vec![0; 63], vec![2]].concat(), true),
        (17, vec![0xff; 128], false),
        (0x100, bytes(P256), true),
        (0x100, vec![1; 160], false),
    ]
}

/// A contract that calls `precompile` with `input`, and stores whether it succeeded and the hash of what it answered.
fn caller(precompile: u64, input: &[u8]) -> Vec<u8> {
    let [length, at] = [u16::try_from(input.len()).expect("short"), 37].map(u16::to_be_bytes);
    let address = u16::try_from(precompile).expect("low").to_be_bytes();
    let code = [
        &[0x61, length[0], length[1], 0x61, at[0], at[1], 0x5f, 0x39][..], // codecopy(0, at, length)
        &[0x5f, 0x5f, 0x61, length[0], length[1], 0x5f, 0x61, address[0], address[1], 0x5a, 0xfa], // staticcall
        &[0x60, 1, 0x01, 0x5f, 0x55],                                      // sstore(0, 1 + success)
        &[0x3d, 0x5f, 0x5f, 0x3e, 0x3d, 0x5f, 0x20, 0x60, 1, 0x55, 0x00],  // sstore(1, keccak256(returned))
        &[0xfe, 0xfe],
        input,
    ];
    code.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn precompiles_answer_and_cost_the_same() {
    let mut pair = Pair::start().await;
    let key = pair.keys().swap_remove(0);
    let hash = keccak256("message");
    let signature = key.sign_hash_sync(&hash).expect("a key signs").as_bytes();
    let signature = [hash.as_slice(), &[0; 31], &signature[64..], &signature[..64]].concat();
    let mut rows = table(signature);
    let mut random = Random::new(3);
    for precompile in (1..=17).chain([0x100]) {
        for _ in 0..RANDOM_INPUTS {
            let size = random.below(300);
            rows.push((precompile, random.bytes(size), false));
        }
    }
    let known = rows.len() - 18 * usize::try_from(RANDOM_INPUTS).expect("few");
    pair.mine(BASE_FEE).await;
    let mut nonce = 0;
    let tx = |nonce: &mut u64, to, input: Vec<u8>| {
        *nonce += 1;
        signed(
            &key,
            TxEip1559 {
                chain_id: CHAIN_ID,
                nonce: *nonce - 1,
                gas_limit: GAS,
                max_fee_per_gas: BASE_FEE.into(),
                max_priority_fee_per_gas: 0,
                to,
                value: U256::ZERO,
                access_list: Default::default(),
                input: input.into(),
            },
        )
    };
    // Few enough to fit a block, each of which takes a deployment and a call of it.
    for (chunk, rows) in rows.chunks(4).enumerate() {
        let mut hashes = Vec::new();
        let mut asked = Vec::new();
        for (index, (precompile, input, _)) in rows.iter().enumerate() {
            let contract = key.address().create(nonce);
            let deployment = tx(&mut nonce, TxKind::Create, program::deploy(&caller(*precompile, input)));
            let call = tx(&mut nonce, TxKind::Call(contract), Vec::new());
            assert!(pair.send(&deployment).await && pair.send(&call).await);
            hashes.extend([*deployment.tx_hash(), *call.tx_hash()]);
            asked.push((chunk * 4 + index, contract));
        }
        pair.mine(BASE_FEE).await;
        for hash in hashes {
            let receipt = pair.receipt(hash).await;
            assert_eq!(receipt["status"], "0x1", "{receipt}");
        }
        for ((precompile, input, answers), (index, contract)) in rows.iter().zip(asked) {
            for slot in ["0x0", "0x1"] {
                pair.same("eth_getStorageAt", json!([contract, slot, "latest"])).await;
            }
            let to = Address::from_word(B256::from(U256::from(*precompile)));
            let request = json!({ "to": to, "input": Bytes::from(input.clone()), "gas": format!("{GAS:#x}") });
            let (ours, theirs) = pair.both("eth_call", json!([request, "latest"])).await;
            assert_eq!(ours.clone().ok(), theirs.ok(), "precompile {precompile:#x} of {}", hex::encode(input));
            if index < known {
                let said = ours.as_ref().is_ok_and(|output| output != "0x");
                assert_eq!(said, *answers, "precompile {precompile:#x} of {}: {ours:?}", hex::encode(input));
            }
        }
    }
}
