//! A network that refuses: what the contracts, the keeper and the chain say no to.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
};

use alloy::{
    consensus::Transaction,
    primitives::{B256, U256},
    providers::Provider,
    rpc::types::{Filter, Log, TransactionRequest},
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolEvent},
};
use cor_adapters::{
    deploy::model_name,
    http::{HttpBlobs, KeeperClient},
    journal::SqliteJournal,
};
use cor_core::task::lane::{GRAIN_WEI, messages::task_id};
use cor_kit::{
    COR, TestNet,
    lane::{PHASE_SECS, Session, Task, terms},
    model_server,
};
use cor_ports::{BLOB_BYTES_MAX, Blobs as _, Journal as _};
use cor_sol::{cor::ICor, lane::ILane, session_payment_table::ISessionPaymentTable};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{Row, Running, all, cor};

const REFUSED: i32 = 1;
const USAGE: i32 = 2;
const CONFIGURATION: i32 = 3;

/// Account with 5 COR in the lane and 1 in the wallet, and session 1.
const PAYER: usize = 2;
/// Account with gas and no COR, and session 2.
const POOR: usize = 3;

/// A network, a keeper process, and the files that commands need.
struct Scene {
    net: TestNet,
    folder: TempDir,
    keeper: String,
    _running: Running,
}

/// The payer's session.
fn session() -> Session {
    Session { number: 1, terms: terms(3).pack() }
}

/// The network that the payer and the poor know.
async fn network() -> TestNet {
    let net = TestNet::start(6).await;
    net.mint(net.address(PAYER), U256::from(COR)).await;
    net.prepay(PAYER, U256::from(5 * COR)).await;
    net.open_session(PAYER, terms(3)).await;
    net.open_session(POOR, terms(3)).await;
    net
}

/// What a command needs to know: the network, whose file is written into `folder`, a keeper's URL, and the payer's key.
pub(crate) fn environment(net: &TestNet, folder: &Path, keeper: &str) -> Vec<(&'static str, String)> {
    let network = folder.join("network.json");
    std::fs::write(&network, serde_json::to_string(&net.at).expect("plain data")).expect("a file");
    vec![
        ("COR_RPC", net.rpc()),
        ("COR_NETWORK", network.display().to_string()),
        ("COR_KEEPER", keeper.to_owned()),
        ("COR_KEY", secret(&net.key(PAYER))),
    ]
}

impl Scene {
    async fn start() -> Self {
        Self::serve(network().await).await
    }

    /// A network that a keeper serves from now on.
    async fn serve(net: TestNet) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("keeper");
        let child = cor()
            .arg("keeper")
            .envs(environment(&net, folder.path(), ""))
            .env("COR_KEEPER_DATA", &data)
            .env("COR_KEEPER_LISTEN", "127.0.0.1:0")
            .env("COR_KEY", secret(&net.key(1)))
            .stdout(Stdio::null())
            .spawn()
            .expect("cor starts");
        let running = Running(child);
        let keeper = format!("http://{}", address_in(&data.join("address")).await);
        Self { net, folder, keeper, _running: running }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn key(&self, index: usize) -> String {
        secret(&self.net.key(index))
    }

    /// What every row starts from: the network, and the payer's key.
    fn environment(&self) -> Vec<(&'static str, String)> {
        environment(&self.net, self.folder.path(), &self.keeper)
    }

    /// COR in each account's wallet and in the lane.
    async fn holdings(&self) -> Vec<U256> {
        let token = ICor::new(self.net.at.cor, &self.net.provider);
        let mut holdings = Vec::new();
        for index in 0..6 {
            let account = self.net.address(index);
            holdings.push(token.balanceOf(account).call().await.expect("a balance"));
            holdings.push(self.net.available(account).await);
        }
        holdings
    }
}

/// Without its role a keeper has all its assignments refused: its log must say so before tasks expire.
#[tokio::test]
async fn a_keeper_that_nobody_named_says_so() {
    let net = TestNet::start(6).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (network, data, log) = (folder.path().join("network.json"), folder.path().join("keeper"), folder.path().join("log"));
    std::fs::write(&network, serde_json::to_string(&net.at).expect("plain data")).expect("a file");
    for (index, named) in [(1, true), (4, false)] {
        let child = cor()
            .arg("keeper")
            .env("COR_KEEPER_DATA", data.join(index.to_string()))
            .env("COR_KEEPER_LISTEN", "127.0.0.1:0")
            .env("COR_NETWORK", &network)
            .env("COR_RPC", net.rpc())
            .env("COR_KEY", secret(&net.key(index)))
            .env("COR_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a file"))
            .spawn()
            .expect("cor starts");
        let running = Running(child);
        address_in(&data.join(index.to_string()).join("address")).await;
        drop(running);
        let said = std::fs::read_to_string(&log).expect("its log");
        assert_eq!(said.contains("this account is no keeper of the lane"), !named, "{said}");
        assert_eq!(said.contains(&net.address(index).to_string()), !named, "{said}");
    }
}

/// `read` of standard input as the kernel shows it: on x86-64 and on AArch64.
const READ_OF_INPUT: [&str; 2] = ["0 0x0 ", "63 0x0 "];

/// While a prompt is read from standard input nothing is at stake: a signal ends the command.
#[tokio::test]
async fn what_reads_a_prompt_ends_with_a_signal() {
    use std::os::unix::process::ExitStatusExt as _;
    let scene = Scene::start().await;
    for line in ["task submit --session 1 -", "task run --session 1 -"] {
        let mut child = cor()
            .args(line.split(' '))
            .envs(scene.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("cor starts");
        // The first thread is in `read` of standard input.
        let pid = child.id().to_string();
        let mut look = tokio::time::interval(std::time::Duration::from_millis(20));
        let waits = || {
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/syscall"))
                .is_ok_and(|call| READ_OF_INPUT.iter().any(|read| call.starts_with(read)))
        };
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
        while !waits() {
            look.tick().await;
            assert!(tokio::time::Instant::now() < deadline, "{line} does not ask for its prompt");
        }
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill starts").success());
        assert_eq!(child.wait().expect("it ends").signal(), Some(15), "{line}");
    }
    assert!(submissions(&scene.net).await.is_empty(), "nothing was submitted");
}

/// The logs of all submissions.
async fn submissions(net: &TestNet) -> Vec<Log> {
    let filter = Filter::new().address(net.at.lane).event_signature(ILane::TaskSubmitted::SIGNATURE_HASH).from_block(0);
    net.provider.get_logs(&filter).await.expect("logs")
}

/// Stopped while it submits, a command names the task: by that its user finds out whether it came through.
#[tokio::test]
async fn what_submits_names_the_task_when_it_is_stopped() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    // It takes the prompt and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let child = cor()
        .args(["--json", "task", "run", "--session", "1", "Hello"])
        .envs(environment(&net, folder.path(), &url))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cor starts");
    let pid = child.id().to_string();
    let _taken = tokio::task::spawn_blocking(move || silent.accept()).await.expect("it ends").expect("the prompt comes");
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill starts").success());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("it ends").expect("cor ends");
    let error: Value = serde_json::from_slice(&output.stderr).expect("an error in JSON");
    let payer = net.address(PAYER);
    let sequence = net.provider.get_transaction_count(payer).await.expect("a count");
    let (code, message) = (&error["error"]["code"], error["error"]["message"].as_str().expect("a message"));
    assert_eq!((output.status.code(), code), (Some(130), &json!("CLI-025")), "{error}");
    assert!(message.contains(&task_id(payer, sequence).to_string()), "{error}");
    assert!(submissions(&net).await.is_empty(), "the prompt comes first");
}

/// A registered node serves on as it is registered, and its operator is told what the settings would have.
#[tokio::test]
async fn a_miner_that_is_registered_otherwise_says_so_and_serves() {
    let net = TestNet::start(6).await;
    net.register_node(5, 4).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (network, log) = (folder.path().join("network.json"), folder.path().join("log"));
    std::fs::write(&network, serde_json::to_string(&net.at).expect("plain data")).expect("a file");
    let child = cor()
        .arg("miner")
        .env("COR_MINER_DATA", folder.path().join("miner"))
        .env("COR_MINER_MODELS", "[2, 1]")
        .env("COR_MINER_BACKEND__KIND", "openai")
        .env("COR_MINER_BACKEND__OPENAI_URL", model_server(&["small"]))
        .env("COR_MINER_BACKEND__OPENAI_MODEL", "small")
        .env("COR_NETWORK", &network)
        .env("COR_RPC", net.rpc())
        .env("COR_KEY", secret(&net.key(5)))
        .env("COR_LOG", "info")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).expect("a file"))
        .spawn()
        .expect("cor starts");
    let _running = Running(child);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut look = tokio::time::interval(std::time::Duration::from_millis(20));
    loop {
        look.tick().await;
        let said = std::fs::read_to_string(&log).expect("its log");
        if said.contains("looking for tasks") {
            for part in ["field=\"models\" registered=\"[1]\" configured=\"[2, 1]\" next=", "NodePool.setSpec"] {
                assert!(said.contains(part), "{part} in {said}");
            }
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{said}");
    }
}

/// A key as hex.
pub(crate) fn secret(key: &PrivateKeySigner) -> String {
    key.to_bytes().to_string()
}

/// The address that a service writes when it is ready.
async fn address_in(file: &Path) -> String {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut look = tokio::time::interval(std::time::Duration::from_millis(20));
    loop {
        look.tick().await;
        match std::fs::read_to_string(file) {
            Ok(address) if !address.is_empty() => return address,
            _ => assert!(tokio::time::Instant::now() < deadline, "the keeper has not started"),
        }
    }
}

/// What a user's wallet, session or task does not allow. The payer has `task`.
fn money_and_tasks(scene: &Scene, task: &Task) -> Vec<Row> {
    let poor = scene.key(POOR);
    let run = |case, line: &str, code, says: &[&str]| Row::new(case, line, code, REFUSED, says);
    let absent = B256::repeat_byte(7).to_string();
    let none = |case, words: &str| run(case, words, "CLI-029", &[&absent]).arg(&absent);
    vec![
        run(
            "more than the wallet has",
            "session deposit 2",
            "TOKEN-001",
            &["ERC20InsufficientBalance", "has 1 COR", "need 2 COR"],
        ),
        run("more than is in the lane", "session withdraw 6", "LANE-001", &["InsufficientCredit", "has 5 COR", "need 6 COR"]),
        run("nothing", "session deposit 0", "AMOUNT-001", &["ZeroAmount"]),
        run("nothing back", "session withdraw 0", "AMOUNT-001", &["ZeroAmount"]),
        Row::new("no amount", "session deposit twelve", "CLI-009", USAGE, &["\"twelve\"", "12.5"]),
        Row::new("a part of a grain", "session deposit 0.0000000001", "CLI-028", USAGE, &["0.000000001 COR", "9 decimals"]),
        run("nothing earned", "session claim", "PAY-006", &["NothingEarned"]),
        run("nothing earned by another", "session claim --of", "PAY-006", &["NothingEarned"])
            .arg(scene.net.address(POOR).to_string()),
        run("no replicas", "session create --replicas 0", "PRICE-004", &["InputOutOfRange", "0"]),
        run("even replicas", "session create --replicas 4", "PRICE-005", &["EvenReplicas", "4"]),
        run("too many replicas", "session create --replicas 9", "PRICE-004", &["InputOutOfRange", "9", "7"]),
        run("no time", "session create --open-secs 0", "PRICE-004", &["openSecs is 0", "30 to 86400"]),
        run("too much time", "session create --reveal-secs 16777246", "PRICE-004", &["revealSecs is 16777246", "30 to 86400"]),
        run("no tokens", "session create --max-tokens 0", "PRICE-004", &["InputOutOfRange", "maxTokens"]),
        run("unknown model", "session create --model 99", "PRICE-001", &["UnknownModel", "99"]),
        run("unknown session", "session show 77", "CLI-030", &["session 77"]),
        run("another's session", "session close 2", "LANE-003", &["NoSuchSession", "no open session 2"]),
        none("unknown task", "explain"),
        none("waiting for an unknown task", "task wait"),
        none("closing an unknown task", "task close"),
        Row::new("a task by a number", "task wait 77", "CLI-027", USAGE, &["\"77\"", "64 hex digits"]),
        run("a task in an unknown session", "task run --session 77 Hello", "CLI-030", &["session 77"]),
        run(
            "a task in another's session",
            "task run --session 2 Hello",
            "CLI-026",
            &["session 2 belongs to 0x", "cor session create"],
        ),
        run(
            "without credit",
            "task run --session 2 Hello",
            "LANE-001",
            &["InsufficientCredit", "has 0 COR", "cor session deposit"],
        )
        .env("COR_KEY", poor.clone()),
        run(
            "dearer than allowed",
            "task run --session 1 --max-charge 0.000001 Hello",
            "LANE-004",
            &["PriceAboveMax", "allowed 0.000001 COR", "--max-charge"],
        ),
        run("a number that was used", "task run --session 1 Hello --sequence", "LANE-005", &["SequenceUsed"])
            .arg(task.sequence.to_string()),
        run("a prompt beyond all limits", "task run --session 1", "BLB-003", &["1048576", "1048577"]).arg("-").input(vec![
            b'x';
            BLOB_BYTES_MAX
                + 1
        ]),
        run("a quote without replicas", "quote --replicas 0", "PRICE-004", &["InputOutOfRange", "0"]),
        run("a quote for even replicas", "quote --replicas 2", "PRICE-005", &["EvenReplicas", "2"]),
        run("a quote without tokens", "quote --max-tokens 0", "PRICE-004", &["InputOutOfRange", "maxTokens"]),
        run("a service level that nothing enforces", "quote --sla high", "PRICE-010", &["NotSold", "sla of 2"]),
        run("a priority that nothing enforces", "session create --priority high", "PRICE-010", &["NotSold", "priority of 1"]),
        run("stake that is not there", "stake unbond 3", "STAKE-002", &["InsufficientStake", "has 0 COR", "need 3 COR"]),
        run("a node of nobody", "stake unbond-node", "STAKE-001", &["NotStaker"]),
        run("a node with nothing to withdraw", "stake withdraw-node", "STAKE-004", &["nothing of", "is unbonding"]),
        run(
            "a node that did not accept its staker",
            "stake node --node 0x00000000000000000000000000000000000000a1",
            "STAKE-007",
            &["StakerNotAccepted", "cor stake accept --staker"],
        ),
        run("stake beyond the wallet", "stake node", "TOKEN-001", &["ERC20InsufficientBalance", "need 10000 COR"]),
    ]
}

/// What the world around does not allow.
fn surroundings(scene: &Scene) -> Vec<Row> {
    let nobody = "http://127.0.0.1:1";
    let file = |name: &str, change: &dyn Fn(&mut cor_wire::deployment::Deployment)| {
        let mut at = scene.net.at.clone();
        change(&mut at);
        std::fs::write(scene.path(name), serde_json::to_string(&at).expect("plain data")).expect("a file");
        scene.path(name).display().to_string()
    };
    let other_chain = file("other.json", &|at| at.chain_id = 42_161);
    let elsewhere = file("elsewhere.json", &|at| at.lens = alloy::primitives::Address::repeat_byte(7));
    let pauper = secret(&PrivateKeySigner::from_bytes(&B256::repeat_byte(9)).expect("a key"));
    let here = scene.net.at.chain_id.to_string();
    let empty = scene.path("empty").display().to_string();
    vec![
        Row::new("another chain", "session show 1", "CHN-004", REFUSED, &["42161", &here, "RPC URL"])
            .env("COR_NETWORK", &other_chain),
        Row::new("another chain, to a keeper", "keeper", "CHN-004", REFUSED, &["42161", &here])
            .env("COR_NETWORK", &other_chain)
            .env("COR_KEEPER_LISTEN", "127.0.0.1:0")
            .env("COR_KEEPER_DATA", &empty),
        Row::new("a data folder of another network", "keeper", "CHN-012", REFUSED, &["0x0707", "empty data folder"])
            .env("COR_KEEPER_LISTEN", "127.0.0.1:0")
            .env("COR_KEEPER_DATA", scene.path("foreign").display().to_string()),
        Row::new("a data folder that names no network", "keeper", "CHN-012", REFUSED, &["does not name"])
            .env("COR_KEEPER_LISTEN", "127.0.0.1:0")
            .env("COR_KEEPER_DATA", scene.path("nameless").display().to_string()),
        // Before it looks at its stake, of which it has none, and registers.
        Row::new("a miner's data folder of another network", "miner", "CHN-012", REFUSED, &["0x0707"])
            .env("COR_MINER_BACKEND__KIND", "openai")
            .env("COR_MINER_BACKEND__OPENAI_URL", model_server(&["small"]))
            .env("COR_MINER_BACKEND__OPENAI_MODEL", "small")
            .env("COR_MINER_DATA", scene.path("foreign").display().to_string()),
        Row::new("another chain, to a miner", "miner", "CHN-004", REFUSED, &["42161", &here]).env("COR_NETWORK", &other_chain),
        Row::new("no contract there", "session balance", "CHN-007", REFUSED, &["accountOf", "not be a contract"])
            .env("COR_NETWORK", &elsewhere),
        Row::new("no ether", "session deposit 1", "CHN-005", REFUSED, &["0 wei", "Send ether"]).env("COR_KEY", &pauper),
        Row::new(
            "no ether for a value",
            "deploy",
            "CHN-005",
            REFUSED,
            &["has 0 wei", "needs at least 1000000000000000 ", "Send ether"],
        )
        .env("COR_CONTRACTS", cor_kit::paths::contracts().display().to_string())
        .env("COR_KEY", &pauper),
        Row::new("no keeper", "task run --session 1 Hello", "BLB-004", REFUSED, &[nobody]).env("COR_KEEPER", nobody),
        Row::new(
            "a keeper named twice",
            "deploy --keeper 0x00000000000000000000000000000000000000a1 --keeper 0x00000000000000000000000000000000000000a1",
            "DPL-005",
            REFUSED,
            &["0x00000000000000000000000000000000000000A1", "number 1 and as number 2 of 2", "once with --keeper"],
        ),
        Row::new(
            "a keeper that is nobody",
            "deploy --keeper 0x0000000000000000000000000000000000000000",
            "DPL-006",
            REFUSED,
            &["keeper 1 of 1 is the zero address", "the key that the keeper is started with"],
        ),
        Row::new(
            "a lane for the network of another",
            "deploy --replace",
            "DPL-008",
            REFUSED,
            &[
                &format!("Vault {} belongs to {}", scene.net.at.vault, scene.net.address(0)),
                &format!("that of {}", scene.net.address(PAYER)),
                "Deploy with the owner's key",
            ],
        )
        .arg(scene.path("network.json").display().to_string()),
        Row::new("no contracts", "deploy", "DPL-010", CONFIGURATION, &["cargo xtask wasm", "--contracts", "COR_CONTRACTS"])
            .env("COR_CONTRACTS", &empty),
        Row::new("a miner without stake", "miner", "CLI-007", REFUSED, &["10000 COR", "cor stake node"])
            .env("COR_MINER_DATA", scene.path("miner").display().to_string()),
        Row::new(
            "an operator who did not consent",
            "miner",
            "POOL-010",
            REFUSED,
            &["has not consented", "cor stake consent --node"],
        )
        .env("COR_MINER_DATA", scene.path("miner").display().to_string())
        .env("COR_MINER_OPERATOR", scene.net.address(0).to_string()),
        Row::new("a server that is no model server", "miner", "INF-150", REFUSED, &[nobody])
            .env("COR_MINER_BACKEND__KIND", "openai")
            .env("COR_MINER_BACKEND__OPENAI_URL", format!("{nobody}/v1")),
        Row::new("a server that is no URL", "miner", "INF-140", CONFIGURATION, &["base URL"])
            .env("COR_MINER_BACKEND__KIND", "openai")
            .env("COR_MINER_BACKEND__OPENAI_URL", "nonsense"),
        Row::new("no key for a server", "miner", "INF-141", CONFIGURATION, &["ABSENT"])
            .env("COR_MINER_BACKEND__KIND", "openai")
            .env("COR_MINER_BACKEND__OPENAI_URL", format!("{nobody}/v1"))
            .env("COR_MINER_BACKEND__OPENAI_KEY_ENV", "ABSENT"),
        Row::new(
            "no model URL",
            "model fetch --url http://127.0.0.1:1/model --dir",
            "INF-113",
            CONFIGURATION,
            &["attempts", "Start again"],
        )
        .arg(&empty),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_say_why_and_cost_nothing() {
    let scene = Scene::start().await;
    for (folder, key, value) in [
        // What a service kept of this lane on a chain that was begun anew: the first block of the deployment had another hash.
        ("foreign", "network", [scene.net.at.lane.as_slice(), &(scene.net.at.from_block + 1).to_be_bytes(), &[7; 32]].concat()),
        ("nameless", "miner/done-below", vec![0; 8]),
    ] {
        std::fs::create_dir(scene.path(folder)).expect("a folder");
        let journal = SqliteJournal::open(&scene.path(folder).join("journal.sqlite")).await.expect("a journal");
        journal.put(key, &value).await.expect("a record");
    }
    let task = scene.net.submit(PAYER, session()).await;
    scene.net.prepay(PAYER, U256::from(task.charged) * U256::from(GRAIN_WEI)).await;
    let before = (scene.holdings().await, scene.net.provider.get_block_number().await.expect("a height"));
    let environment = scene.environment();
    let rows = money_and_tasks(&scene, &task).into_iter().chain(surroundings(&scene)).collect();
    // Beside the chain, which lives in this process.
    tokio::task::spawn_blocking(move || all(rows, environment)).await.expect("every row is as it should be");
    assert_eq!(scene.holdings().await, before.0, "nobody has more or less than before");
    scene.net.assert_conserved().await;
}

/// `cor quote | head -1`: the reader may leave at any time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_has_left_is_no_error() {
    let scene = Scene::start().await;
    for more in [&[][..], &["--json"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = cor();
        command.arg("quote").args(more).envs(scene.environment()).stdout(writer);
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it ends").expect("cor starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && errors.is_empty(), "{more:?}: {}: {errors}", output.status);
    }
}

/// Without `--max-charge` the cap in the transaction is the price of the moment: were it unlimited, a price that rose before the
/// transaction is mined would be charged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_without_a_cap_is_capped_at_its_price() {
    let scene = Scene::start().await;
    let environment = scene.environment();
    let submit =
        move || cor().args(["task", "submit", "--session", "1", "Hello"]).envs(environment).output().expect("cor starts");
    let output = tokio::task::spawn_blocking(submit).await.expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let logs = submissions(&scene.net).await;
    let submitted = ILane::TaskSubmitted::decode_log(&logs.first().expect("a task").inner).expect("its log");
    let hash = logs.first().and_then(|log| log.transaction_hash).expect("a task");
    let transaction = scene.net.provider.get_transaction_by_hash(hash).await.expect("an answer").expect("the transaction");
    let call = ILane::submitCall::abi_decode(transaction.input()).expect("a submission");
    assert_eq!(call.maxCharge, submitted.charged, "the price was charged, and was the cap");
    assert_eq!(call.sequence, transaction.nonce(), "as many transactions as before it");
    assert!(said.contains("the price is") && said.contains("the cap"), "both are shown: {said}");
}

/// Runs a command with `--json`: its exit code, the document that it prints, and the last line that it says, which is its error.
pub(crate) async fn run(line: &str, environment: Vec<(&'static str, String)>) -> (Option<i32>, Value, Value) {
    let mut command = cor();
    command.arg("--json").args(line.split(' ')).envs(environment);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it ends").expect("cor starts");
    let error = output.stderr.split(|&byte| byte == b'\n').rfind(|line| !line.is_empty()).unwrap_or_default();
    let document = |bytes| serde_json::from_slice(bytes).unwrap_or(Value::Null);
    (output.status.code(), document(&output.stdout), document(error))
}

/// Money comes back by two transactions. Were the second one lost, what the first one freed is taken first by the next try.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_goes_into_the_lane_and_comes_back() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    let environment = environment(&net, folder.path(), "http://127.0.0.1:1");
    let moved = async |line: &str| {
        let (code, document, error) = run(line, environment.clone()).await;
        assert_eq!(code, Some(0), "{line}: {error}");
        ["wallet", "free", "credit"].map(|place| document[place]["cor"].as_str().expect("an amount").to_owned())
    };
    assert_eq!(moved("session balance").await, ["1", "0", "5"]);
    assert_eq!(moved("session deposit 0.5").await, ["0.5", "0", "5.5"]);
    assert_eq!(moved("session withdraw 2").await, ["2.5", "0", "3.5"]);
    net.ok(PAYER, net.at.lane, ILane::releaseCall { amount: 1_000_000_000 }).await;
    assert_eq!(moved("session balance").await, ["2.5", "1", "2.5"]);
    assert_eq!(moved("session withdraw 0.75").await, ["3.25", "0.25", "2.5"], "nothing leaves the lane");
    assert_eq!(moved("session withdraw 1").await, ["4.25", "0", "1.75"], "only what is missing leaves the lane");
    // The lane gives whole grains: the rest of one stays free.
    let odd = moved("session withdraw 0.000000000000000001").await;
    assert_eq!(odd, ["4.250000000000000001", "0.000000000999999999", "1.749999999"]);
    net.assert_conserved().await;
}

/// The ether is enough for the first of the two transactions only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_came_half_of_the_way_back_is_told_of_and_taken_by_the_next_try() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    let environment = environment(&net, folder.path(), "http://127.0.0.1:1");
    let payer = net.address(PAYER);
    let release = ILane::releaseCall { amount: 2_000_000_000 }.abi_encode();
    let request = TransactionRequest::default().from(payer).to(net.at.lane).input(release.into());
    let gas = u128::from(net.provider.estimate_gas(request).await.expect("gas"));
    let price = net.provider.get_gas_price().await.expect("a price");
    let set = async |wei: U256| {
        let _: Value = net.provider.raw_request("anvil_setBalance".into(), (payer, wei)).await.expect("it is set");
    };
    // What a sender must have: a quarter more gas than the estimate, at twice the price.
    set(U256::from(gas * 126 / 100 * 2 * price)).await;
    let (code, _, error) = run("session withdraw 2", environment.clone()).await;
    assert_eq!((code, &error["error"]["code"]), (Some(REFUSED), &json!("CLI-031")), "{error}");
    let message = error["error"]["message"].as_str().expect("a message");
    assert!(message.contains("2 COR left the lane") && message.contains("wei of ether"), "{message}");
    assert_eq!(net.available(payer).await, U256::from(3 * COR));
    set(U256::from(COR)).await;
    let (code, balance, error) = run("session withdraw 2", environment).await;
    assert_eq!(code, Some(0), "{error}");
    let places = ["wallet", "free", "credit"].map(|place| &balance[place]["cor"]);
    assert_eq!(places, [&json!("3"), &json!("0"), &json!("3")], "nothing more has left the lane");
    net.assert_conserved().await;
}

/// Who pays for the transaction does not matter: what a miner earned goes where its staker wants it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anyone_has_a_miner_paid() {
    let net = network().await;
    let crew = [3, 4, 5];
    for node in crew {
        net.register_node(node, 1).await;
    }
    let task = net.submit(PAYER, session()).await;
    let ended = net.complete(&task, &crew, &["Paris"; 3]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let miner = net.address(crew[0]);
    let (code, paid, error) = run(&format!("session claim --of {miner}"), environment(&net, folder.path(), "http://h")).await;
    assert_eq!(code, Some(0), "{error}");
    let earned = U256::from(ended.perMiner) * U256::from(GRAIN_WEI);
    assert_eq!((&paid["miner"], &paid["paid_to"]), (&json!(miner), &json!(miner)), "{paid}");
    assert_eq!(paid["amount"]["wei"], earned.to_string());
    let wallet = ICor::new(net.at.cor, &net.provider).balanceOf(miner).call().await.expect("a balance");
    assert_eq!((wallet, net.earnings(miner).await), (earned, U256::ZERO));
    net.assert_conserved().await;
}

/// What `cor quote` shows is what the lane charges, to the grain; and a session that was closed is shown and takes no task.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_shown_and_closed_and_its_price_is_the_charge() {
    let scene = Scene::start().await;
    let environment = scene.environment();
    let done = async |line: &str| {
        let (code, document, error) = run(line, environment.clone()).await;
        assert_eq!(code, Some(0), "{line}: {error}");
        document
    };
    let quoted = done("quote --max-tokens 16 --open-secs 60 --precommit-secs 60 --reveal-secs 60").await;
    let charged = scene.net.submit(PAYER, session()).await.charged;
    assert_eq!(quoted["lines"]["total"]["wei"], (U256::from(charged) * U256::from(GRAIN_WEI)).to_string(), "{quoted}");
    assert!(quoted["valid_until"].is_string() && quoted["version"] == 1, "{quoted}");

    let created = done("session create --kind verdict --max-tokens 9 --reveal-secs 40").await;
    for (field, value) in [
        ("session_id", json!(3)),
        ("owner", json!(scene.net.address(PAYER))),
        ("open", json!(true)),
        ("kind", json!("verdict")),
        ("max_tokens", json!(9)),
        ("needed", json!(2)),
        ("open_secs", json!(120)),
        ("precommit_secs", json!(30)),
        ("reveal_secs", json!(40)),
    ] {
        assert_eq!(created[field], value, "{field} of {created}");
    }
    assert_eq!(done("session show 3").await, created);
    let closed = done("session close 3").await;
    assert_eq!(closed["open"], json!(false), "{closed}");
    let (code, _, error) = run("task submit --session 3 Hello", environment.clone()).await;
    assert_eq!((code, &error["error"]["code"]), (Some(REFUSED), &json!("LANE-003")), "{error}");
}

/// A program reads what was closed, and how the task stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_task_is_a_document() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    let environment = environment(&net, folder.path(), "http://127.0.0.1:1");
    let task = net.submit(PAYER, session()).await.id;
    net.advance(u64::from(PHASE_SECS) + 1).await;
    for call in [json!("close"), Value::Null] {
        let (code, document, error) = run(&format!("task close {task}"), environment.clone()).await;
        let expected = json!({ "task": task, "closed": call, "phase": "ended", "status": "expired", "deadline": null });
        assert_eq!((code, &document), (Some(0), &expected), "{error}");
    }
    let left = net.available(net.address(PAYER)).await;
    assert_eq!(left, U256::from(5 * COR), "the money is back");
}

/// The table knows what a model is now; a model that is to go is told with its time, and is listed until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_listed_as_they_are_now() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    let environment = environment(&net, folder.path(), "http://127.0.0.1:1");
    let (class, table) = (2, net.at.session_payment_table);
    for enabled in [true, false] {
        let set = ISessionPaymentTable::setModelCall { modelIdentifier: 7, class, enabled, name: model_name("seven") };
        net.ok(0, table, set).await;
    }
    let listed = async || {
        let (code, document, error) = run("model list", environment.clone()).await;
        assert_eq!(code, Some(0), "{error}");
        document.as_array().expect("a list").iter().find(|model| model["model"] == json!(7)).cloned()
    };
    let model = listed().await.expect("it is in service");
    assert_eq!((&model["class"], &model["name"]), (&json!("heavy"), &json!("seven")), "{model}");
    assert!(model["change"]["effective_at"].is_string(), "{model}");
    assert_eq!((&model["change"]["in_service"], &model["change"]["class"]), (&json!(false), &json!("heavy")), "{model}");
    net.advance(24 * 60 * 60).await;
    assert_eq!(listed().await, None);
}

/// Nobody handed the answer in, or the keeper cannot be asked: the payer still reads how the task ended and what it cost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_cannot_be_had_takes_no_facts_away() {
    let net = network().await;
    let task = net.submit(PAYER, session()).await;
    net.complete(&task, &[3, 4, 5], &["Paris"; 3]).await;
    // Only now, so that it has no part in the task.
    let scene = Scene::serve(net).await;
    let wait = format!("task wait {}", task.id);
    let nobody = "http://127.0.0.1:1";
    for (case, keeper, code, says) in [
        ("not handed in", scene.keeper.clone(), "CLI-022", "is not there"),
        ("another path", format!("{}/keeper", scene.keeper), "RLY-004", "status 404"),
        ("another server", scene.net.rpc(), "RLY-004", "not as a keeper does"),
        ("nobody there", nobody.to_owned(), "BLB-004", nobody),
    ] {
        let environment = environment(&scene.net, scene.folder.path(), &keeper);
        let (exit, answer, error) = run(&wait, environment).await;
        let message = error["error"]["message"].as_str().unwrap_or_default();
        assert_eq!((exit, &error["error"]["code"]), (Some(REFUSED), &json!(code)), "{case}: {error}");
        assert!(["COR charged", "0 COR refunded", says].iter().all(|part| message.contains(part)), "{case}: {error}");
        assert_eq!((&answer["status"], &answer["answer"]), (&json!("completed"), &Value::Null), "{case}");
        assert_eq!(answer["result_digest"], json!(cor_kit::digest("Paris")), "{case}");
        assert!(answer["settlement"]["charged"]["wei"].is_string(), "{case}: {answer}");
    }
    // Once it is handed in, the same command has it.
    let blobs = HttpBlobs(KeeperClient::new(&scene.keeper).expect("a client"));
    blobs.put(b"Paris").await.expect("the keeper takes it");
    let (exit, answer, error) = run(&wait, scene.environment()).await;
    assert_eq!((exit, &answer["answer"]), (Some(0), &json!("Paris")), "{error}");
}
