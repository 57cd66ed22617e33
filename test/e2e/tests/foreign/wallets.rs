//! A wallet that has nothing of ours: the whole on-chain lane by `cast` and by viem, against the deployed contracts.

use std::process::Command;

use alloy::primitives::{B256, U256, hex, keccak256};
use cor_kit::{
    COR, TestNet,
    foreign::{client, run, script, success},
};
use serde_json::{Value, json};

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
    let input = json!({ "rpc": net.rpc(), "chainId": net.at.chain_id, "addresses": net.at, "keys": keys });
    let seen = script("lane.mjs", "viem", &input).await;
    // Half a byte for each replica, from the front: all follow replica 0, and in the other task replica 1, which showed its answer first.
    for (way, seats) in [("completed", 0x0222_0000), ("started", 0x0333_0000)] {
        let told = ["status", "seats", "ended", "result"].map(|field| seen[way][field].clone());
        assert_eq!(told, [json!(1), json!(seats), json!(true), json!(true)], "{way}: {seen}");
    }
    assert_eq!(seen["started"]["refused"], "CommitmentMismatch");
    let number = |value: &Value| value.as_str().expect("a number as text").parse::<U256>().expect("a number");
    let earned: Vec<U256> = seen["earned"].as_array().expect("a list").iter().map(number).collect();
    assert!(earned.iter().all(|amount| !amount.is_zero() && *amount == earned[0]), "{seen}");
    assert_eq!(seen["earned"], seen["wallets"], "what was earned is in the wallets");
    let [keeper, treasury] = [&seen["keeper"], &seen["treasury"]].map(number);
    assert!(!keeper.is_zero() && !treasury.is_zero(), "{seen}");
    assert_eq!(number(&seen["charged"]), earned.iter().sum::<U256>() + keeper + treasury, "{seen}");
    assert_eq!(seen["free"], json!(["0", "0"]), "nothing stays behind: {seen}");
    net.assert_conserved().await;
}

/// A wallet that knows nothing of the token finds out what to sign (EIP-5267), and what it signs is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viem_signs_a_permit_for_the_domain_that_the_token_tells() {
    let net = network().await;
    let keys = [PAYER, 1].map(|index| net.key(index).to_bytes().to_string());
    let input = json!({ "rpc": net.rpc(), "chainId": net.at.chain_id, "token": net.at.cor, "keys": keys });
    let seen = script("domain.mjs", "viem", &input).await;
    assert_eq!(seen["fields"], "0x0f", "{seen}");
    let domain = json!({
        "name": "Cortensor", "version": "1", "chainId": net.at.chain_id, "verifyingContract": net.at.cor.to_checksum(None),
        "salt": B256::ZERO,
    });
    assert_eq!(seen["domain"], domain);
    assert_eq!(seen["extensions"], json!([]));
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

    /// Sends a call that must succeed. Returns its receipt.
    async fn send(&self, index: usize, to: &str, signature: &str, args: &[&str]) -> Value {
        let key = self.net.key(index).to_bytes().to_string();
        let receipt = self.run(&[&["send", "--json", "--private-key", &key, to, signature], args].concat()).await;
        let receipt: Value = serde_json::from_str(&receipt).expect("a receipt");
        assert_eq!(receipt["status"], "0x1", "{signature}: {receipt}");
        receipt
    }

    /// A call that must be refused: what `cast` says of it.
    async fn refused(&self, index: usize, to: &str, signature: &str, args: &[&str]) -> String {
        let from = self.net.address(index).to_string();
        let mut command = Command::new(client("node_modules/.bin/cast"));
        command.args(["call", "--from", &from, to, signature]).args(args);
        command.env("ETH_RPC_URL", self.net.rpc()).env_remove("ETH_FROM");
        let output = run(command).await;
        assert!(!output.status.success(), "{signature} is not refused");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// What a view returns, one value a line. `cast` writes a great number's magnitude behind it.
    async fn call(&self, to: &str, signature: &str, args: &[&str]) -> Vec<String> {
        let said = self.run(&[&["call", to, signature], args].concat()).await;
        said.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    async fn keccak(&self, bytes: &str) -> String {
        self.run(&["keccak", bytes]).await
    }

    async fn concat(&self, parts: &[&str]) -> String {
        self.run(&[&["concat-hex"], parts].concat()).await
    }

    /// The log of an event in a receipt: its topics, and its other values.
    async fn logged(&self, receipt: &Value, event: &str, values: &str) -> (Vec<String>, Value) {
        let name = self.run(&["keccak", event]).await;
        let logs = receipt["logs"].as_array().expect("logs");
        let log = logs.iter().find(|log| log["topics"][0] == name.as_str()).unwrap_or_else(|| panic!("no {event}: {receipt}"));
        let topics = log["topics"].as_array().expect("topics").iter().map(|topic| topic.as_str().expect("a word").to_owned());
        let data = log["data"].as_str().expect("data");
        let decoded = self.run(&["decode-abi", "--json", &format!("f()({values})"), data]).await;
        (topics.collect(), serde_json::from_str(&decoded).expect("values"))
    }
}

/// Fields of a task's end, without those that are topics.
const ENDED: &str = "TaskEnded(bytes32,address,address,uint8,bytes32,uint32,uint8,uint64,uint64,uint64,uint64,bytes)";
const ENDED_VALUES: &str = "uint8,bytes32,uint32,uint8,uint64,uint64,uint64,uint64,bytes";
const SUBMITTED: &str = "TaskSubmitted(bytes32,address,uint64,uint64,uint64,uint64,bytes32,bytes,string)";
const SUBMITTED_VALUES: &str = "uint64,uint64,uint64,bytes32,bytes,string";
const COMPLETE: &str = "complete(address,uint64,bytes,bytes,address,bytes)";

/// A task as `cast` knows it.
struct Task {
    sequence: String,
    opening: String,
    /// What its miners sign.
    assignment: String,
    charged: u64,
}

impl Cast<'_> {
    /// Deposits, creates a session and submits a task, by the payer.
    async fn submit(&self) -> Task {
        let at = &self.net.at;
        let [token, vault, lane] = [at.cor, at.vault, at.lane].map(|address| address.to_string());
        let (payer, one) = (self.net.address(PAYER).to_string(), COR.to_string());
        self.send(PAYER, &token, "approve(address,uint256)", &[&vault, &one]).await;
        self.send(PAYER, &vault, "deposit(uint256)", &[&one]).await;
        self.send(PAYER, &vault, "fund(address,address,uint256)", &[&lane, &payer, &one]).await;
        let fields = ["1", "16", "0", "3", "5001", "60", "60", "60", "1", "0", "0", "0", "1"];
        let packed = "f(uint64,uint32,uint8,uint8,uint16,uint24,uint24,uint24,uint16,uint16,uint8,uint8,uint8)";
        let terms = self.run(&[&["abi-encode", "--packed", packed][..], &fields].concat()).await;
        let zero = B256::ZERO.to_string();
        let created = self.send(PAYER, &lane, "createSession(bytes32,bytes32)", &[&terms, &zero]).await;
        let (topics, values) = self.logged(&created, "SessionCreated(uint64,address,bytes32,bytes32)", "bytes32,bytes32").await;
        assert_eq!(values[0], terms.as_str());

        let session = self.run(&["to-dec", &topics[1]]).await;
        let sequence = self.run(&["nonce", &payer]).await;
        let prompt = self.run(&["keccak", "What is the capital of France?"]).await;
        let submit = "submit(uint64,bytes32,uint64,uint64,bytes32,string,bytes32)";
        let args = [&session, &terms, &sequence, "18446744073709551615", &prompt, "urn:cor:blob:cast", &zero];
        let (topics, values) = self.logged(&self.send(PAYER, &lane, submit, &args).await, SUBMITTED, SUBMITTED_VALUES).await;
        let named = self.run(&["abi-encode", "--packed", "f(uint8,address,uint64)", "6", &payer, &sequence]).await;
        assert_eq!(topics[1], self.keccak(&named).await, "the task's name");
        let opening = values[4].as_str().expect("bytes").to_owned();
        let hash = self.keccak(&opening).await;
        let crew = [1].iter().chain(&MINERS).map(|&index| self.net.address(index).to_string()).collect::<Vec<_>>().join("");
        let assignment = self.concat(&[&topics[1], &hash, &crew.replace("0x", "")]).await;
        let charged = values[2].as_u64().expect("grains");
        Task { sequence, opening, assignment: self.keccak(&assignment).await, charged }
    }

    /// What a miner is bound by, and shows: its part of `complete`.
    async fn answer(&self, task: &Task, replica: usize, digest: &str) -> String {
        let (lane, miner) = (self.net.at.lane.to_string(), self.net.address(MINERS[replica]).to_string());
        let (chain_id, salt) = (self.run(&["chain-id"]).await, salt(MINERS[replica]));
        let domain = self.run(&["keccak", "Cortensor.Commitment.v2"]).await;
        let formula = "f(bytes32,uint256,address,bytes32,uint256,address,bytes32,bytes32)";
        let words = [&domain, &chain_id, &lane, &task.assignment, &replica.to_string(), &miner, digest, &salt];
        let encoded = self.run(&[&["abi-encode", formula][..], &words].concat()).await;
        let commitment = self.keccak(&encoded).await;
        let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
        let message = json!({
            "types": {
                "EIP712Domain": [
                    field("name", "string"), field("version", "string"), field("chainId", "uint256"),
                    field("verifyingContract", "address"),
                ],
                "Precommit": [field("assignment", "bytes32"), field("commitment", "bytes32")],
            },
            "primaryType": "Precommit",
            "domain": {
                "name": "Cortensor Lane", "version": "1", "chainId": self.net.at.chain_id, "verifyingContract": lane,
            },
            "message": { "assignment": task.assignment, "commitment": commitment },
        });
        let key = self.net.key(MINERS[replica]).to_bytes().to_string();
        let signature = self.run(&["wallet", "sign", "--private-key", &key, "--data", &message.to_string()]).await;
        self.concat(&[&miner, &compact(&signature), digest, &salt]).await
    }

    /// Takes an account's money out of the lane and out of the vault. Returns how much it was, grains.
    async fn take_out(&self, index: usize) -> u64 {
        let [vault, lane, lens] = [self.net.at.vault, self.net.at.lane, self.net.at.lens].map(|address| address.to_string());
        let account = self.net.address(index).to_string();
        let credit = &self.call(&lens, "accountOf(address)(uint64,uint64)", &[&account]).await[0];
        self.send(index, &lane, "release(uint64)", &[credit]).await;
        let free = &self.call(&vault, "freeOf(address)(uint256)", &[&account]).await[0];
        assert_eq!(*free, format!("{credit}000000000"), "a grain is 1e9 wei");
        self.send(index, &vault, "withdraw(uint256)", &[free]).await;
        credit.parse().expect("grains")
    }
}

/// A signature of 65 bytes in 64, as in EIP-2098.
fn compact(signature: &str) -> String {
    let mut bytes = hex::decode(signature).expect("hex digits");
    let parity = bytes.pop().expect("65 bytes") - 27;
    bytes[32] |= parity << 7;
    hex::encode_prefixed(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cast_drives_the_whole_lane() {
    let net = network().await;
    let cast = Cast { net: &net };
    let [token, lane, lens] = [net.at.cor, net.at.lane, net.at.lens].map(|address| address.to_string());
    let [payer, keeper] = [PAYER, 1].map(|index| net.address(index).to_string());
    let task = cast.submit().await;
    let digest = cast.run(&["keccak", "Paris"]).await;
    let mut answers = Vec::new();
    for replica in 0..MINERS.len() {
        answers.push(cast.answer(&task, replica, &digest).await);
    }
    let shown = cast.concat(&answers.iter().map(String::as_str).collect::<Vec<_>>()).await;

    // In another order it is another assignment, which nobody signed.
    let swapped = cast.concat(&[&answers[1], &answers[0], &answers[2]]).await;
    let args = |answers: &str| [&*payer, &task.sequence, &task.opening, answers, &keeper, "0x"].map(str::to_owned);
    let refused = cast.refused(1, &lane, COMPLETE, &args(&swapped).each_ref().map(String::as_str)).await;
    let name = cast.run(&["sig", "InvalidSignature(address,address)"]).await;
    assert!(refused.contains(&name), "{refused}");

    let receipt = cast.send(1, &lane, COMPLETE, &args(&shown).each_ref().map(String::as_str)).await;
    let (topics, ended) = cast.logged(&receipt, ENDED, ENDED_VALUES).await;
    for (topic, account) in topics[2..].iter().zip([&payer, &keeper]) {
        assert_eq!(format!("0x{}", &topic[26..]), account.to_lowercase());
    }
    // Half a byte for each replica, from the front: all follow replica 0, and all are paid.
    assert_eq!([0, 1, 2, 3].map(|index| ended[index].clone()), [json!(1), json!(digest), json!(0x0222_0000), json!(0b111)]);
    let [per_miner, to_keeper, to_treasury, refunded] = [4, 5, 6, 7].map(|index| ended[index].as_u64().expect("grains"));
    assert_eq!(3 * per_miner + to_keeper + to_treasury + refunded, task.charged);
    let view = "taskOf(address,uint64)(uint8,uint8,bool,uint8,uint64,uint32,address,bytes32)";
    let told = cast.call(&lens, view, &[&payer, &task.sequence]).await;
    let crew = ended[8].as_str().expect("bytes");
    assert_eq!(crew.len(), 2 + 2 * 52 * MINERS.len(), "each with what it was bound to");
    let mark = cast.run(&["keccak", &cast.concat(&[&task.assignment, crew]).await]).await;
    let mark = format!("0x{}", &mark[26..]);
    assert_eq!([&told[0], &told[1], &told[3], &told[5], &told[6].to_lowercase()], ["4", "1", "3", "35782656", &mark]);
    assert_eq!(told[7], B256::ZERO.to_string(), "nothing can be built on it any more");

    for index in MINERS {
        let miner = net.address(index).to_string();
        assert_eq!(cast.call(&lens, "accountOf(address)(uint64,uint64)", &[&miner]).await, ["0", &per_miner.to_string()]);
        cast.send(PAYER, &lane, "payEarnings(address)", &[&miner]).await;
        let held = &cast.call(&token, "balanceOf(address)(uint256)", &[&miner]).await[0];
        assert_eq!(*held, format!("{per_miner}000000000"), "it is its own staker");
    }
    assert_eq!(cast.take_out(1).await, to_keeper, "a keeper's line is its own to take");
    assert_eq!(cast.take_out(PAYER).await, 1_000_000_000 - task.charged + refunded);
    net.assert_conserved().await;
}

fn salt(index: usize) -> String {
    hex::encode_prefixed(keccak256([0xca, 0x57, u8::try_from(index).expect("few accounts")]))
}
