//! Where an Arbitrum chain is not Ethereum: every difference from Anvil that the other tests configure away, with its reason.

use alloy::{
    consensus::{TxEip1559, TxEip4844, TxEnvelope},
    primitives::{Address, B256, TxKind, U256, hex},
    signers::local::PrivateKeySigner,
};
use cor_anvil::arbos::HISTORY_STORAGE;
use serde_json::{Value, json};

use super::{
    pair::{CHAIN_ID, COINBASE, GENESIS_SECS, Pair},
    transactions::signed,
};

const BASE_FEE: u64 = 1_000;
const TIP: u64 = 7;
/// A value of the other chain is unlike this one, but not always the same.
const OTHER: &str = "another";

/// A way to see a difference.
#[derive(Debug, Clone, Copy)]
enum Probe {
    /// What this code returns, run as a creation.
    Returns(&'static str),
    /// The code of an account.
    CodeAt(Address),
    /// A field of the last block.
    Block(&'static str),
    /// A field of the receipt of a transaction.
    Receipt(Sample, &'static str),
    /// Whether the transaction is taken.
    Sends(Sample),
    /// What the block's beneficiary has gained.
    Gain,
    /// The proof of a slot of an account without storage.
    EmptyProof,
    /// The storage root of a contract that has cleared its only slot.
    ClearedSlot,
}

/// A transaction.
#[derive(Debug, Clone, Copy)]
enum Sample {
    /// Offers a tip.
    Tips,
    /// Has nothing but a thousand bytes of calldata.
    Data,
    /// Deploys code that starts as Stylus programs do.
    StylusPrefix,
    /// Offers less than the base fee.
    Cheap,
    /// Has gas for a creation, but not for its calldata.
    Tight,
    /// Carries a blob.
    Blob,
    /// Deploys a contract whose constructor sets slot 0 and which clears it when called.
    Clears,
}

/// What is looked at, why it differs, how it is seen, ours, theirs. In this order: each row sees what the rows above left.
const TABLE: [(&str, &str, Probe, &str, &str); 18] = [
    ("NUMBER", "answers the parent chain's block, one in twelve seconds", Probe::Returns("435f5260205ff3"), "0", "1"),
    ("PREVRANDAO", "is a constant: there is no beacon chain", Probe::Returns("445f5260205ff3"), "1", OTHER),
    ("BLOCKHASH", "is about the parent chain's blocks, of which there is none", Probe::Returns("5f405f5260205ff3"), "0", OTHER),
    ("ArbSys", "has code, so that Solidity calls it", Probe::CodeAt(Address::with_last_byte(0x64)), "0xfe", "0x"),
    (
        "EIP-2935",
        "asks ArbSys for the number of the block and remembers 393,168 of them",
        Probe::CodeAt(HISTORY_STORAGE),
        HISTORY_CODE,
        OTHER,
    ),
    ("difficulty", "Nitro's headers say 1", Probe::Block("difficulty"), "0x1", "0x0"),
    ("nonce", "counts messages from the parent chain", Probe::Block("nonce"), "0x0000000000000001", "0x0000000000000000"),
    ("extraData", "is the root of messages to the parent chain", Probe::Block("extraData"), ZEROS, "0x"),
    ("mixHash", "holds the parent chain's block and the ArbOS version", Probe::Block("mixHash"), OTHER, OTHER),
    ("empty proof", "has no nodes, as in geth", Probe::EmptyProof, "[]", r#"["0x80"]"#),
    ("cleared slot", "is in no trie; Anvil keeps a leaf of zero", Probe::ClearedSlot, EMPTY_ROOT, OTHER),
    ("tip", "is not collected: first come, first served", Probe::Receipt(Sample::Tips, "effectiveGasPrice"), "0x3e8", "0x3ef"),
    ("coinbase", "gets nothing: fees go to the network's account", Probe::Gain, "0", "147000"),
    (
        "calldata floor",
        "EIP-7623 is off: calldata is paid to the parent chain",
        Probe::Receipt(Sample::Data, "gasUsed"),
        "0x9088",
        "0xee48",
    ),
    ("0xEFF000", "starts a Stylus program", Probe::Receipt(Sample::StylusPrefix, "status"), "0x1", "0x0"),
    ("fee cap", "a sequencer refuses what does not pay the base fee now", Probe::Sends(Sample::Cheap), "refused", "taken"),
    ("intrinsic gas", "is checked before a transaction is taken, as in geth", Probe::Sends(Sample::Tight), "refused", "taken"),
    ("blobs", "are for the parent chain", Probe::Sends(Sample::Blob), "refused", "refused"),
];

/// `HistoryStorageCodeArbitrum` of Arbitrum's geth.
const HISTORY_CODE: &str = "0x3373fffffffffffffffffffffffffffffffffffffffe1460605760203603605c575f3563a3b1b31d5f5260205f6004601c60645afa15605c575f51600181038211605c57816205ffd0910311605c576205ffd09006545f5260205ff35b5f5ffd5b5f356205ffd0600163a3b1b31d5f5260205f6004601c60645afa15605c575f5103065500";
const EMPTY_ROOT: &str = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
const ZEROS: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_and_why() {
    let mut pair = Pair::start().await;
    // Not twelve seconds later, so that both chains' numbers part.
    pair.mine_at(GENESIS_SECS + 1, BASE_FEE).await;
    let before = gains(&pair).await;
    for (what, because, probe, ours, theirs) in TABLE {
        let seen = see(&mut pair, probe, &before).await;
        for (seen, expected) in [(&seen.0, ours), (&seen.1, theirs)] {
            assert!(expected == OTHER || seen == expected, "{what} {because}: {seen:?} is not {expected}");
        }
        assert!(ours == theirs || seen.0 != seen.1, "{what} {because}: both are {}", seen.0);
    }
}

type Both<T> = (T, T);

async fn see(pair: &mut Pair, probe: Probe, before: &Both<U256>) -> Both<String> {
    match probe {
        Probe::Returns(code) => {
            let (ours, theirs) = pair.both("eth_call", json!([{ "input": format!("0x{code}") }, "latest"])).await;
            let number = |answer: super::pair::Answer| -> String {
                let answer = answer.expect("it runs");
                answer.as_str().expect("hex").parse::<U256>().expect("a word").to_string()
            };
            (number(ours), number(theirs))
        }
        Probe::CodeAt(address) => texts(pair.both("eth_getCode", json!([address, "latest"])).await, None),
        Probe::Block(field) => texts(pair.both("eth_getBlockByNumber", json!(["latest", false])).await, Some(field)),
        Probe::Receipt(sample, field) => {
            let tx = transaction(pair, sample).await;
            assert!(pair.send(&tx).await, "{sample:?}");
            pair.mine(BASE_FEE).await;
            texts(pair.both("eth_getTransactionReceipt", json!([tx.tx_hash()])).await, Some(field))
        }
        Probe::Sends(sample) => {
            let tx = transaction(pair, sample).await;
            let raw = hex::encode_prefixed(alloy::eips::eip2718::Encodable2718::encoded_2718(&tx));
            let (ours, theirs) = pair.both("eth_sendRawTransaction", json!([raw])).await;
            let said = |answer: super::pair::Answer| if answer.is_ok() { "taken" } else { "refused" }.to_owned();
            (said(ours), said(theirs))
        }
        Probe::EmptyProof => {
            let (ours, theirs) = pair.both("eth_getProof", json!([COINBASE, [B256::ZERO], "latest"])).await;
            let proof = |answer: super::pair::Answer| answer.expect("a proof")["storageProof"][0]["proof"].to_string();
            (proof(ours), proof(theirs))
        }
        Probe::ClearedSlot => {
            let tx = transaction(pair, Sample::Clears).await;
            assert!(pair.send(&tx).await);
            pair.mine(BASE_FEE).await;
            let contract = pair.receipt(*tx.tx_hash()).await["contractAddress"].clone();
            assert!(pair.send(&call(pair, contract.as_str().expect("an address").parse().expect("an address")).await).await);
            pair.mine(BASE_FEE).await;
            texts(pair.both("eth_getProof", json!([contract, [], "latest"])).await, Some("storageHash"))
        }
        Probe::Gain => {
            let after = gains(pair).await;
            ((after.0 - before.0).to_string(), (after.1 - before.1).to_string())
        }
    }
}

fn texts((ours, theirs): Both<super::pair::Answer>, field: Option<&str>) -> Both<String> {
    let text = |answer: super::pair::Answer| -> String {
        let answer = answer.expect("an answer");
        let value: &Value = field.map_or(&answer, |field| &answer[field]);
        value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
    };
    (text(ours), text(theirs))
}

async fn gains(pair: &Pair) -> Both<U256> {
    let (ours, theirs) = texts(pair.both("eth_getBalance", json!([COINBASE, "latest"])).await, None);
    (ours.parse().expect("a number"), theirs.parse().expect("a number"))
}

/// A call without calldata.
async fn call(pair: &Pair, to: Address) -> TxEnvelope {
    let key: PrivateKeySigner = pair.keys().swap_remove(0);
    signed(
        &key,
        TxEip1559 {
            chain_id: CHAIN_ID,
            nonce: pair.nonce(key.address()).await,
            gas_limit: 100_000,
            max_fee_per_gas: BASE_FEE.into(),
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(to),
            value: U256::ZERO,
            access_list: Default::default(),
            input: Default::default(),
        },
    )
}

async fn transaction(pair: &Pair, sample: Sample) -> TxEnvelope {
    let key: PrivateKeySigner = pair.keys().swap_remove(0);
    let nonce = pair.nonce(key.address()).await;
    let plain = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 200_000,
        max_fee_per_gas: u128::from(BASE_FEE + TIP),
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(Address::repeat_byte(0xaa)),
        value: U256::ZERO,
        access_list: Default::default(),
        input: Default::default(),
    };
    match sample {
        Sample::Tips => signed(&key, TxEip1559 { max_priority_fee_per_gas: TIP.into(), ..plain }),
        Sample::Data => signed(&key, TxEip1559 { input: vec![1; 1000].into(), ..plain }),
        Sample::StylusPrefix => {
            // mstore(0, 0xeff00000 and a module that is none); return(28, 4)
            let input = hex!("63eff000005f526004601cf3").into();
            signed(&key, TxEip1559 { to: TxKind::Create, input, ..plain })
        }
        Sample::Clears => {
            // sstore(0, 1); mstore(0, code); return(28, 4); the code: sstore(0, 0)
            let input = hex!("60015f55635f5f55005f526004601cf3").into();
            signed(&key, TxEip1559 { to: TxKind::Create, input, ..plain })
        }
        Sample::Tight => signed(&key, TxEip1559 { to: TxKind::Create, gas_limit: 53_100, input: vec![1; 100].into(), ..plain }),
        Sample::Cheap => signed(&key, TxEip1559 { max_fee_per_gas: u128::from(BASE_FEE - 1), ..plain }),
        Sample::Blob => signed(
            &key,
            TxEip4844 {
                chain_id: CHAIN_ID,
                nonce,
                gas_limit: 21_000,
                max_fee_per_gas: plain.max_fee_per_gas,
                max_priority_fee_per_gas: 0,
                to: Address::repeat_byte(0xaa),
                value: U256::ZERO,
                access_list: Default::default(),
                blob_versioned_hashes: vec![B256::with_last_byte(1)],
                max_fee_per_blob_gas: 1,
                input: Default::default(),
            },
        ),
    }
}
