//! `cor chain`: what it prints while it runs, and that nothing is lost when it ends.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use alloy::providers::{DynProvider, Provider};
use cor_adapters::chain::connect;
use serde_json::{Value, json};

use crate::command::{Row, Running, all, cor};

const CONFIGURATION: i32 = 3;
const FROM: &str = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const TO: &str = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";

/// A running `cor chain` whose output is read.
struct Shown {
    running: Running,
    output: BufReader<std::process::ChildStdout>,
    provider: DynProvider,
    /// What it said at the start.
    greeting: String,
}

impl Shown {
    /// Starts it with the words of `line`; the last line of what it says then begins with `last`.
    async fn start(line: &str, last: &str) -> Self {
        let mut command = cor();
        command.args(line.split(' ')).args(["--port", "0", "--timestamp", "1700000000"]).env("COR_LOG", "debug");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("cor starts");
        let mut running = Running(child);
        let mut output = BufReader::new(running.0.stdout.take().expect("its output"));
        let mut greeting = String::new();
        while !greeting.lines().last().is_some_and(|line| line.starts_with(last)) {
            assert_ne!(output.read_line(&mut greeting).expect("text"), 0, "it ended: {greeting}");
        }
        let mut words = greeting.split_whitespace().map(|word| word.trim_matches(['"', ',']));
        let endpoint = words.find(|word| word.starts_with("http://"));
        let provider = connect(endpoint.expect("an endpoint"), None).await.expect("it answers");
        Self { running, output, provider, greeting }
    }

    async fn ask(&self, method: &'static str, params: Value) -> Value {
        self.provider.raw_request(method.into(), params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// What it printed after the greeting, and its log. It is asked to stop, and ends well.
    fn end(mut self) -> (String, String) {
        let id = self.running.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        let (mut printed, mut log) = (String::new(), String::new());
        self.output.read_to_string(&mut printed).expect("text");
        self.running.0.stderr.take().expect("its log").read_to_string(&mut log).expect("text");
        assert!(self.running.0.wait().expect("it ends").success(), "{log}");
        (printed, log)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_are_printed_as_anvil_prints_them() {
    let shown = Shown::start("chain", "(9) ").await;
    let sent = shown.ask("eth_sendTransaction", json!([{ "from": FROM, "to": TO, "value": "0x1" }])).await;
    let failed = shown.ask("eth_sendTransaction", json!([{ "from": FROM, "data": "0x60006000fd", "gas": "0x186a0" }])).await;
    let block = async |number: &str| shown.ask("eth_getBlockByNumber", json!([number, false])).await;
    let (first, second) = (block("0x1").await, block("0x2").await);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    // The chain begins at 22:13:20, and its clock runs on.
    let time = u64::from_str_radix(text(&first["timestamp"]).trim_start_matches("0x"), 16).expect("seconds");
    let second_of_minute = time - 1_700_000_000 + 20;
    let (printed, log) = shown.end();
    // What the client asked at its start comes first.
    let at = printed.find("eth_sendTransaction").unwrap_or_else(|| panic!("the method is not shown: {printed}"));
    let expected = format!(
        "eth_sendTransaction\n\n    Transaction: {}\n    Gas used: 21000\n\n    Block Number: 1\n    Block Hash: {}\n    \
         Block Time: \"Tue, 14 Nov 2023 22:13:{second_of_minute} +0000\"\n\neth_sendTransaction\n\n    Transaction: {}\n    \
         Contract created: 0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512\n    Gas used: 53064\n    Error: execution reverted\n\n    \
         Block Number: 2\n    Block Hash: {}\n",
        text(&sent),
        text(&first["hash"]),
        text(&failed),
        text(&second["hash"])
    );
    assert!(printed[at..].starts_with(&expected), "{printed}\ninstead of\n{expected}");
    assert!(printed.ends_with("eth_getBlockByNumber\neth_getBlockByNumber\n"), "nothing is lost at the end: {printed}");
    assert!(!printed.contains('\x1b') && !log.contains('\x1b'), "nobody looks at it on a terminal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_are_printed_on_request_and_nothing_with_json() {
    let shown = Shown::start("chain", "(9) ").await;
    let transfer = json!([{ "from": FROM, "to": TO, "value": "0x1" }]);
    shown.ask("eth_sendTransaction", transfer.clone()).await;
    assert!(!shown.end().0.contains("::"), "no trace unless it is asked for");

    let shown = Shown::start("chain --print-traces", "(9) ").await;
    shown.ask("eth_sendTransaction", transfer.clone()).await;
    let (printed, _) = shown.end();
    let trace = printed.lines().find(|line| line.contains("::")).unwrap_or_else(|| panic!("no trace: {printed}"));
    assert!(trace.to_lowercase().contains(TO), "{trace}");

    let mut command = cor();
    let output = command.args(["chain", "--silent", "--port", "nonsense"]).output().expect("cor starts");
    assert!(!output.status.success() && output.stdout.is_empty());

    let shown = Shown::start("--json chain", "}").await;
    let greeting: Value = serde_json::from_str(&shown.greeting).expect("one document");
    assert_eq!(greeting["chain_id"], 412_346);
    shown.ask("eth_sendTransaction", transfer).await;
    assert_eq!(shown.end().0, "", "a document is all");
}

#[test]
fn what_cannot_be_started_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("genesis.json"), r#"{"alloc":{"0x0000000000000000000000000000000000000071":{"code":"0x00"}}}"#)
        .expect("a file");
    let row =
        |case, flag: &str, code, says: &[&str]| Row::new(case, &format!("chain --port 0 {flag}"), code, CONFIGURATION, says);
    let lost = ["missing", "--state or --dump-state", "folder that exists"];
    let rows = vec![
        row("a state in a folder that is not there", "--state", "NODE-011", &lost).arg(path("missing/state")),
        row("a dump in a folder that is not there", "--dump-state", "NODE-011", &lost).arg(path("missing/state")),
        row("a state that is a folder", "--state", "NODE-011", &["is a directory"]).arg(path("")),
        row("no genesis file", "--init", "NODE-012", &["absent.json", "cannot be read"]).arg(path("absent.json")),
        row("a genesis file with code at ArbOS", "--init", "NODE-012", &["0071", "no code"]).arg(path("genesis.json")),
        row("a number of words that no phrase has", "--mnemonic-random 13", "NODE-008", &["13", "12, 15, 18, 21 or 24"]),
        row("a socket that is a file", "--ipc", "NODE-013", &["genesis.json", "--ipc"]).arg(path("genesis.json")),
    ];
    all(rows, Vec::new());
}
