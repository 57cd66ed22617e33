//! Blocks of generated transactions: after each, receipts, header and every account it touched; then calls and estimates.

use std::collections::BTreeSet;

use alloy::{
    consensus::{Transaction, TxEnvelope},
    primitives::{Address, B256, TxKind, U256},
    signers::local::PrivateKeySigner,
};
use serde_json::{Value, json};

use super::{
    pair::{COINBASE, Pair, quantity},
    program::{SLOTS, World},
    random::Random,
    transactions::{Draft, authorization},
};

/// Blocks of one run, with up to [`BLOCK_TXS_MAX`] transactions each.
const BLOCKS: u64 = 120;
const BLOCK_TXS_MAX: u64 = 5;
/// Accounts from here on may delegate to code, and then send alone: their nonce can change by what others do.
const FIRST_DELEGATE: usize = 6;
/// Precompiles of Osaka that programs call with whatever is in memory.
const PRECOMPILES: [u64; 18] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0x100];
/// Gas of calls and estimates, so that programs see the same limit on both chains.
const CALL_GAS: u64 = 2_000_000;

/// What a run has met; a run that met too little proves nothing.
#[derive(Debug, Default)]
struct Seen {
    mined: u64,
    failed: u64,
    refused: u64,
    created: u64,
    logs: u64,
    delegated: u64,
    calls: u64,
    reverted_calls: u64,
    estimates: u64,
    close_estimates: u64,
    slots: u64,
    accounts: u64,
    /// Accounts whose storage root is the same; see [`super::differences`] for the others.
    roots: u64,
}

struct Run {
    pair: Pair,
    keys: Vec<PrivateKeySigner>,
    random: Random,
    /// Contracts that have code.
    contracts: Vec<Address>,
    /// Everything a program may name.
    accounts: Vec<Address>,
    seen: Seen,
}

impl Run {
    async fn start(seed: u64) -> Self {
        let pair = Pair::start().await;
        let keys = pair.keys();
        let mut accounts: Vec<_> = keys.iter().map(PrivateKeySigner::address).collect();
        accounts.extend(PRECOMPILES.map(|number| Address::from_word(B256::from(U256::from(number)))));
        accounts.extend([COINBASE, Address::ZERO, Address::repeat_byte(0xee), Address::repeat_byte(0xdd)]);
        Self { pair, keys, random: Random::new(seed), contracts: Vec::new(), accounts, seen: Seen::default() }
    }

    async fn block(&mut self) {
        let base_fee = 1 + self.random.below(1_000_000_000);
        self.pair.same("anvil_setNextBlockBaseFeePerGas", json!([format!("{base_fee:#x}")])).await;
        let txs = self.transactions(base_fee).await;
        let mut sent = Vec::new();
        for tx in txs {
            if self.pair.send(&tx).await { sent.push(tx) } else { self.seen.refused += 1 }
        }
        self.pair.mine(base_fee).await;
        let mut touched = BTreeSet::from([COINBASE]);
        for tx in &sent {
            self.receipt(tx, &mut touched).await;
        }
        self.header().await;
        for address in touched {
            self.account(address).await;
        }
    }

    /// Transactions of different senders; or a single one, which may be of type 4.
    async fn transactions(&mut self, base_fee: u64) -> Vec<TxEnvelope> {
        let count = if self.random.once_in(3) { 1 } else { 1 + self.random.below(BLOCK_TXS_MAX) };
        let mut senders: Vec<usize> = (0..if count == 1 { self.keys.len() } else { FIRST_DELEGATE }).collect();
        let mut txs = Vec::new();
        for _ in 0..count {
            let sender = senders.swap_remove(usize::try_from(self.random.below(senders.len() as u64)).expect("an index"));
            let key = self.keys[sender].clone();
            let nonce = self.pair.nonce(key.address()).await;
            // Now and then a nonce that is used up.
            let nonce = if self.random.once_in(30) { nonce.saturating_sub(1) } else { nonce };
            let world = World { accounts: &self.accounts };
            let draft = Draft::random(&mut self.random, &world, &self.contracts, nonce, base_fee);
            let authorizations = if count == 1 && self.random.once_in(2) && matches!(draft.to, TxKind::Call(_)) {
                self.authorizations(&key).await
            } else {
                Vec::new()
            };
            txs.push(draft.sign(&mut self.random, &key, &self.accounts, authorizations));
        }
        txs
    }

    async fn authorizations(&mut self, sender: &PrivateKeySigner) -> Vec<alloy::eips::eip7702::SignedAuthorization> {
        let targets = if self.contracts.is_empty() { self.accounts.clone() } else { self.contracts.clone() };
        let mut authorizations = Vec::new();
        for _ in 0..=self.random.below(3) {
            let delegates = self.keys.len() - FIRST_DELEGATE;
            let index = FIRST_DELEGATE + usize::try_from(self.random.below(delegates as u64)).expect("an index");
            let key = self.keys[index].clone();
            let nonce = self.pair.nonce(key.address()).await + u64::from(key.address() == sender.address());
            authorizations.push(authorization(&mut self.random, &key, nonce, &targets));
        }
        self.seen.delegated += 1;
        authorizations
    }

    async fn receipt(&mut self, tx: &TxEnvelope, touched: &mut BTreeSet<Address>) {
        let receipt = self.pair.receipt(*tx.tx_hash()).await;
        assert!(receipt.is_object(), "not mined: {tx:?}");
        self.seen.mined += 1;
        let address = |value: &Value| value.as_str().map(|text| text.parse::<Address>().expect("an address"));
        touched.extend(["from", "to", "contractAddress"].iter().filter_map(|field| address(&receipt[*field])));
        let logs = receipt["logs"].as_array().expect("logs");
        touched.extend(logs.iter().filter_map(|log| address(&log["address"])));
        touched.extend(tx.authorization_list().into_iter().flatten().filter_map(|signed| signed.recover_authority().ok()));
        self.seen.logs += logs.len() as u64;
        if receipt["status"] == "0x0" {
            self.seen.failed += 1;
            return;
        }
        if let Some(contract) = address(&receipt["contractAddress"]) {
            self.seen.created += 1;
            self.accounts.push(contract);
            if self.pair.same("eth_getCode", json!([contract, "latest"])).await != "0x" {
                self.contracts.push(contract);
            }
            // What it creates in its turn.
            let children = [contract.create(1), contract.create(2)];
            self.accounts.push(self.random.pick(&children));
        }
    }

    /// The head's header without what hangs on the state of ArbOS.
    async fn header(&self) {
        let (ours, theirs) = self.pair.both("eth_getBlockByNumber", json!(["latest", false])).await;
        let (ours, theirs) = (ours.expect("a block"), theirs.expect("a block"));
        for field in [
            "number",
            "timestamp",
            "baseFeePerGas",
            "gasUsed",
            "gasLimit",
            "miner",
            "logsBloom",
            "transactions",
            "transactionsRoot",
            "receiptsRoot",
            "sha3Uncles",
            "uncles",
        ] {
            assert_eq!(ours[field], theirs[field], "{field} of {ours} and {theirs}");
        }
    }

    /// Balance, nonce, code, storage root and slots of an account, with the proofs of the slots.
    async fn account(&mut self, address: Address) {
        let slots: Vec<_> = (0..SLOTS).map(|slot| B256::from(U256::from(slot))).collect();
        let (ours, theirs) = self.pair.both("eth_getProof", json!([address, slots, "latest"])).await;
        let (ours, theirs) = (ours.expect("a proof"), theirs.expect("a proof"));
        for field in ["balance", "nonce", "codeHash"] {
            assert_eq!(ours[field], theirs[field], "{field} of {address}: {ours} and {theirs}");
        }
        // Programs use no slots but these. Anvil's trie keeps a leaf for a slot that was cleared; without one, all must be equal.
        let same_root = ours["storageHash"] == theirs["storageHash"];
        let mut has_zero = false;
        for slot in 0..slots.len() {
            let (ours, theirs) = (&ours["storageProof"][slot], &theirs["storageProof"][slot]);
            assert_eq!(ours["value"], theirs["value"], "slot {slot} of {address}");
            let no_storage = ours["proof"] == json!([]) && theirs["proof"] == json!(["0x80"]);
            assert!(
                !same_root || no_storage || ours["proof"] == theirs["proof"],
                "slot {slot} of {address}: {ours} and {theirs}"
            );
            has_zero |= ours["value"] == "0x0";
            self.seen.slots += u64::from(ours["value"] != "0x0");
        }
        assert!(same_root || has_zero, "storage root of {address}: {ours} and {theirs}");
        self.seen.roots += u64::from(same_root);
        self.seen.accounts += 1;
        self.pair.same("eth_getCode", json!([address, "latest"])).await;
        self.pair.same("eth_getStorageAt", json!([address, "0x1", "latest"])).await;
    }

    /// A call that leaves no trace, and what gas it needs.
    async fn question(&mut self) {
        let from = self.random.pick(&self.accounts[..self.keys.len()]);
        let size = self.random.below(70);
        let input = alloy::primitives::Bytes::from(self.random.bytes(size));
        let to = if self.contracts.is_empty() { from } else { self.random.pick(&self.contracts) };
        let request = json!({ "from": from, "to": to, "input": input, "gas": format!("{CALL_GAS:#x}") });
        let (ours, theirs) = self.pair.both("eth_call", json!([request, "latest"])).await;
        self.seen.calls += 1;
        match (&ours, &theirs) {
            (Err(ours), Err(theirs)) => {
                assert_eq!(ours.revert, theirs.revert, "{request}: {} and {}", ours.message, theirs.message);
                self.seen.reverted_calls += 1;
            }
            _ => assert_eq!(ours, theirs, "eth_call {request}"),
        }
        let (ours, theirs) = self.pair.both("eth_estimateGas", json!([request])).await;
        let (Ok(ours), Ok(theirs)) = (&ours, &theirs) else {
            assert_eq!(ours.is_ok(), theirs.is_ok(), "estimate of {request}: {ours:?} and {theirs:?}");
            return;
        };
        let (ours, theirs) = (quantity(ours), quantity(theirs));
        // Each searches in its own way for a limit that is enough, and stops at its own distance from the smallest one. What a
        // program does may hang on its gas: then there are several such limits, far apart. What is found must be enough.
        let floor = 21_000 + input.iter().map(|byte| if *byte == 0 { 10 } else { 40 }).sum::<u64>();
        let close = ours.max(floor).abs_diff(theirs) * 50 <= theirs;
        self.seen.estimates += 1;
        self.seen.close_estimates += u64::from(close);
        let limited = json!({ "from": from, "to": to, "input": input, "gas": format!("{ours:#x}") });
        let (enough, _) = self.pair.both("eth_call", json!([limited, "latest"])).await;
        assert!(enough.is_ok(), "{ours} is not enough for {request}: {enough:?}");
    }
}

async fn run(seed: u64) {
    let mut run = Run::start(seed).await;
    for number in 0..BLOCKS {
        run.block().await;
        run.question().await;
        if number % 40 == 39 {
            for address in run.accounts.clone() {
                run.account(address).await;
            }
        }
    }
    let logs = run.pair.both("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "latest" }])).await;
    let (ours, theirs) = (without_hashes(logs.0.expect("logs")), without_hashes(logs.1.expect("logs")));
    assert_eq!(ours, theirs);
    let Seen { mined, failed, refused, created, logs, delegated, calls, .. } = run.seen;
    let Seen { reverted_calls, estimates, close_estimates, slots, accounts, roots, .. } = run.seen;
    assert!(mined > 2 * BLOCKS && calls == BLOCKS, "{mined} mined, {calls} calls");
    let rare = [failed, created, logs, 2 * delegated, estimates, slots];
    assert!(rare.iter().all(|count| *count >= 10), "seed {seed} met too little");
    assert!(refused > 0 && reverted_calls > 0, "{refused} refused, {reverted_calls} calls reverted");
    assert!(close_estimates * 2 >= estimates, "{close_estimates} of {estimates} estimates are close");
    assert!(roots * 5 >= accounts * 4, "{roots} of {accounts} storage roots are the same");
}

fn without_hashes(mut logs: Value) -> Value {
    for log in logs.as_array_mut().expect("logs") {
        log.as_object_mut().expect("a log").remove("blockHash");
    }
    logs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_blocks_come_out_the_same() {
    run(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_blocks_come_out_the_same_from_another_seed() {
    run(2).await;
}
