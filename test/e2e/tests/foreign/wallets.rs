//! A wallet that has nothing of ours: the whole on-chain lane by `cast` and by viem, against the deployed contracts.

use std::process::Command;

use alloy::primitives::{B256, U256, hex, keccak256};
use cor_kit::{
    COR, TestNet,
    foreign::{client, script, success},
};
use serde_json::Value;

/// Accounts: 2 pays, 3 to 5 are miners.
const PAYER: usize = 2;
const MINERS: [usize; 3] = [3, 4, 5];

async fn network() -> TestNet {
    let net = TestNet::start(8).await;
    for index in MINERS {
        net.register_node(index, 4).await;
    }
    net.mint(net.address(PAYER), U256::from(10 * COR)).await;
    net
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viem_drives_the_whole_lane() {
    let net = network().await;
    let keys: Vec<String> = [PAYER, 1].iter().chain(&MINERS).map(|&index| net.key(index).to_bytes().to_string()).collect();
    let input = serde_json::json!({ "rpc": net.rpc(), "chainId": net.at.chain_id, "addresses": net.at, "keys": keys });
    let seen = script("lane.mjs", "viem", &input).await;
    for lane in ["transactions", "signatures"] {
        assert_eq!(seen[lane]["status"], 1, "{seen}");
        assert_eq!(seen[lane]["outcomes"], serde_json::json!([1, 1, 1]), "{seen}");
    }
    assert_eq!(seen["transactions"]["refused"], "RevealMismatch");
    let number = |value: &Value| value.as_str().expect("a number as text").parse::<U256>().expect("a number");
    let earned: Vec<U256> = seen["earned"].as_array().expect("a list").iter().map(number).collect();
    assert!(earned.iter().all(|amount| !amount.is_zero() && *amount == earned[0]), "{seen}");
    assert_eq!(seen["earned"], seen["wallets"], "what was earned is in the wallets");
    assert!(number(&seen["charged"]) > earned.iter().sum::<U256>(), "network fee and gas come on top: {seen}");
    net.assert_conserved().await;
}

/// A wallet that knows nothing of the token finds out what to sign (EIP-5267), and what it signs is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viem_signs_a_permit_for_the_domain_that_the_token_tells() {
    let net = network().await;
    let keys = [PAYER, 1].map(|index| net.key(index).to_bytes().to_string());
    let input = serde_json::json!({ "rpc": net.rpc(), "chainId": net.at.chain_id, "token": net.at.cor, "keys": keys });
    let seen = script("domain.mjs", "viem", &input).await;
    assert_eq!(seen["fields"], "0x0f", "{seen}");
    let domain = serde_json::json!({
        "name": "Cortensor", "version": "1", "chainId": net.at.chain_id, "verifyingContract": net.at.cor.to_checksum(None),
        "salt": B256::ZERO,
    });
    assert_eq!(seen["domain"], domain);
    assert_eq!(seen["extensions"], serde_json::json!([]));
    assert_eq!(seen["computed"], seen["separator"], "{seen}");
    assert_eq!((&seen["allowance"], &seen["nonce"]), (&"7".into(), &"1".into()), "{seen}");
}

/// `cast` against one network.
struct Cast<'a> {
    net: &'a TestNet,
}

impl Cast<'_> {
    async fn run(&self, args: &[&str]) -> String {
        let mut command = Command::new(client("node_modules/.bin/cast"));
        command.args(args).env("ETH_RPC_URL", self.net.rpc()).env_remove("ETH_FROM");
        success(command).await.trim().to_owned()
    }

    async fn send(&self, index: usize, to: &str, signature: &str, args: &[&str]) {
        let key = self.net.key(index).to_bytes().to_string();
        let receipt = self.run(&[&["send", "--json", "--private-key", &key, to, signature], args].concat()).await;
        let receipt: Value = serde_json::from_str(&receipt).expect("a receipt");
        assert_eq!(receipt["status"], "0x1", "{signature}: {receipt}");
    }

    async fn call(&self, to: &str, signature: &str, args: &[&str]) -> String {
        self.run(&[&["call", to, signature], args].concat()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cast_drives_the_whole_lane() {
    let net = network().await;
    let cast = Cast { net: &net };
    let (queue, payment, one) = (net.at.session_queue.to_string(), net.at.session_payment.to_string(), COR.to_string());
    cast.send(PAYER, &net.at.cor.to_string(), "approve(address,uint256)", &[&payment, &one]).await;
    cast.send(PAYER, &payment, "deposit(uint256)", &[&one]).await;
    let zero = B256::ZERO.to_string();
    let terms = format!("(1,1,0,0,0,3,1,5001,0,60,60,60,60,{zero})");
    let create = "create((uint64,uint16,uint16,uint8,uint8,uint8,uint8,uint16,uint8,uint32,uint32,uint32,uint32,bytes32))";
    cast.send(PAYER, &queue, create, &[&terms]).await;
    let prompt = keccak256("What is the capital of France?").to_string();
    let submit = "submit(uint64,bytes32,string,uint8,uint32,uint128,bytes32)";
    cast.send(PAYER, &queue, submit, &["1", &prompt, "urn:cor:blob:cast", "0", "16", &u128::MAX.to_string(), &zero]).await;
    let miners = MINERS.map(|index| net.address(index).to_string());
    cast.send(1, &queue, "assignTask(uint64,address[])", &["1", &format!("[{}]", miners.join(","))]).await;
    for index in MINERS {
        cast.send(index, &queue, "ack(uint64)", &["1"]).await;
    }
    let digest = keccak256("Paris").to_string();
    for (replica, index) in MINERS.into_iter().enumerate() {
        let salt = salt(index);
        let epoch = net.task(1).await.replicas[replica].registrationEpoch.to_string();
        let domain = cast.run(&["keccak", "Cortensor.Commitment.v1"]).await;
        let formula = "f(bytes32,uint256,address,uint256,uint256,address,uint256,bytes32,bytes32)";
        let chain_id = cast.run(&["chain-id"]).await;
        let encoded = cast
            .run(&[
                "abi-encode",
                formula,
                &domain,
                &chain_id,
                &queue,
                "1",
                &replica.to_string(),
                &miners[replica],
                &epoch,
                &digest,
                &salt,
            ])
            .await;
        let commitment = cast.run(&["keccak", &encoded]).await;
        let ours = cast
            .call(&queue, "commitmentOf(uint64,address,bytes32,bytes32)(bytes32)", &["1", &miners[replica], &digest, &salt])
            .await;
        assert_eq!(commitment, ours, "the contract and cast compute the same");
        cast.send(index, &queue, "precommit(uint64,bytes32)", &["1", &commitment]).await;
    }
    for index in MINERS {
        cast.send(index, &queue, "commit(uint64,bytes32,bytes32)", &["1", &digest, &salt(index)]).await;
    }
    cast.send(PAYER, &queue, "end(uint64)", &["1"]).await;
    let task = net.task(1).await;
    assert_eq!((task.phase, task.status, task.resultDigest.to_string()), (5, 1, digest));
    for index in MINERS {
        let earned = cast.call(&payment, "earningsOf(address)(uint256)", &[&net.address(index).to_string()]).await;
        assert!(!earned.starts_with('0'), "{earned}");
        cast.send(index, &payment, "withdrawEarnings()", &[]).await;
    }
    let left = net.available(net.address(PAYER)).await;
    cast.send(PAYER, &payment, "withdraw(uint256)", &[&left.to_string()]).await;
    net.assert_conserved().await;
}

fn salt(index: usize) -> String {
    hex::encode_prefixed(keccak256([0xca, 0x57, u8::try_from(index).expect("few accounts")]))
}
