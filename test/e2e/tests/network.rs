//! The whole network as a user starts it: `cor dev --once`, with five miners that run the real model in processes of their own.
//! Each run must reach its terminal state by its deadlines, pay the honest, give back what is due, and lose or make no COR.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use alloy::{primitives::U256, sol_types::SolCall as _};
use cor_adapters::{
    chain::{Account, connect},
    deploy::NetworkParams,
};
use cor_core::task::lane::{GRAIN_WEI, messages::task_id};
use cor_kit::{
    lane::{self, Session},
    model_server, paths,
};
use cor_wire::deployment::Deployment;
use serde_json::{Value, json};

/// Five miners with a model each fill a small machine: one network at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs the network once and returns its report.
fn run(args: &[&str]) -> Value {
    // A run that failed says nothing against the next.
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(paths::cor());
    command
        .args(["--json", "dev", "--once", "--port", "0", "--keeper-port", "0"])
        .args(args)
        .env("COR_CONTRACTS", paths::contracts());
    let output = command.output().expect("cor starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {errors}\n{}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report in JSON");
    assert_eq!(report["supply"], report["found"], "no COR was lost or made");
    report
}

fn wei(value: &Value) -> U256 {
    value["wei"].as_str().unwrap_or_else(|| panic!("{value} is an amount")).parse().expect("an amount")
}

/// Outcomes by replica.
fn outcomes(report: &Value) -> Vec<&str> {
    report["receipt"]["replicas"]
        .as_array()
        .expect("replicas")
        .iter()
        .map(|replica| replica["outcome"].as_str().expect("an outcome"))
        .collect()
}

/// What must hold for the money of every ended task.
fn assert_money(report: &Value) {
    let receipt = &report["receipt"];
    let (price, money) = (&receipt["price"], &receipt["settlement"]);
    let per_replica = wei(&price["per_replica"]);
    let replicas = U256::from(price["replicas"].as_u64().expect("a number"));
    assert_eq!(per_replica * replicas + wei(&price["network"]) + wei(&price["gas"]), wei(&price["total"]));
    assert_eq!(wei(&money["charged"]) + wei(&money["refunded"]), wei(&price["total"]));
    assert_eq!(wei(&money["to_miners"]) + wei(&money["to_keeper"]) + wei(&money["to_treasury"]), wei(&money["charged"]));
    for replica in receipt["replicas"].as_array().expect("replicas") {
        let agreed = replica["outcome"] == "agreed";
        assert_eq!(wei(&replica["earned"]), if agreed { per_replica } else { U256::ZERO }, "{replica}");
        assert!(!agreed || replica["verified"] == true, "{replica}");
        assert!(wei(&replica["owed"]).is_zero(), "{replica}");
    }
    assert!(wei(&report["pots"]["open_tasks_after"]).is_zero(), "no task is open");
}

#[test]
fn three_of_five_miners_answer_and_are_paid() {
    let report = run(&[]);
    assert_eq!(report["receipt"]["status"], "completed");
    assert_eq!(outcomes(&report), ["agreed"; 3]);
    assert_money(&report);
    let receipt = &report["receipt"];
    assert_eq!(receipt["settlement"]["charged"], receipt["price"]["total"], "price = charge");
    assert!(!report["answer"]["answer"].as_str().expect("an answer").trim().is_empty());
    let steps: Vec<_> = receipt["transactions"]
        .as_array()
        .expect("transactions")
        .iter()
        .map(|line| line["step"].as_str().expect("a step"))
        .collect();
    assert_eq!(steps, ["submit", "end"], "two transactions are all");
    let paid = report["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .filter(|change| wei(&change["wallet_after"]) > wei(&change["wallet_before"]))
        .count();
    assert_eq!(paid, 3, "three miners have claimed");
    let jury = &receipt["jury"];
    assert_eq!(jury["summonses"], json!([]), "nobody was asked for in vain");
    assert!(["secret_not_shown", "as_drawn"].map(Value::from).contains(&jury["draw"]["verdict"]), "{jury}");
}

#[test]
fn a_wrong_answer_is_an_outlier_and_is_not_paid() {
    let report = run(&["--fault", "wrong-answer"]);
    assert_eq!(outcomes(&report), ["outlier", "agreed", "agreed"]);
    assert_money(&report);
    assert!(!wei(&report["receipt"]["settlement"]["refunded"]).is_zero());
}

#[test]
fn a_miner_that_never_reveals_has_no_pay_and_spoils_nothing() {
    let report = run(&["--fault", "never-reveal"]);
    assert_eq!(report["receipt"]["status"], "completed");
    assert_eq!(outcomes(&report), ["no_reveal", "agreed", "agreed"]);
    assert_money(&report);
    // Its silence changes no outcome, and may be the chain's that stood still.
    assert!(wei(&report["receipt"]["replicas"][0]["slashed"]).is_zero());
    assert!(!wei(&report["receipt"]["settlement"]["refunded"]).is_zero());
}

#[test]
fn a_miner_that_reveals_something_else_is_slashed() {
    let report = run(&["--fault", "reveal-other"]);
    assert_eq!(outcomes(&report), ["bad_reveal", "agreed", "agreed"]);
    assert_money(&report);
    let params = NetworkParams::development(0, vec![], vec![]);
    let penalty = U256::from(params.bad_reveal_penalty) * U256::from(GRAIN_WEI);
    assert_eq!(wei(&report["receipt"]["replicas"][0]["slashed"]), penalty);
    assert!(params.bad_reveal_penalty > params.no_reveal_penalty, "a lie costs more than silence");
}

#[test]
fn a_copied_commitment_cannot_be_opened() {
    let report = run(&["--fault", "copy-commitment"]);
    assert_eq!(outcomes(&report), ["bad_reveal", "agreed", "agreed"]);
    assert_money(&report);
    let replicas = &report["receipt"]["replicas"];
    assert!([1, 2].iter().any(|&other: &usize| replicas[0]["commitment"] == replicas[other]["commitment"]), "{replicas}");
    assert!(!wei(&replicas[0]["slashed"]).is_zero(), "{replicas}");
}

/// Who was drawn and died is summoned, waited for, and replaced by the next of the draw: the task is not lost, and the others are paid.
#[test]
fn a_dead_miner_is_replaced() {
    let report = run(&["--fault", "miner-dead"]);
    assert_eq!(report["receipt"]["status"], "completed");
    assert_eq!(outcomes(&report), ["agreed"; 3]);
    assert_money(&report);
    let jury = &report["receipt"]["jury"];
    let absent: Vec<_> =
        jury["summonses"].as_array().expect("summonses").iter().filter(|one| !one["absent_at"].is_null()).collect();
    let [absent] = absent[..] else { panic!("one is absent: {jury}") };
    let crew = report["receipt"]["replicas"].as_array().expect("replicas");
    assert!(crew.iter().all(|replica| replica["miner"] != absent["node"]), "{jury}");
    assert_ne!(jury["draw"]["verdict"], "other_crew", "{jury}");
}

#[test]
fn a_killed_keeper_finishes_what_was_open() {
    for seed in ["1", "2", "3"] {
        let report = run(&["--fault", "keeper-killed", "--seed", seed]);
        assert_eq!(report["keeper_kills"], 1);
        assert_eq!(outcomes(&report), ["agreed"; 3], "seed {seed}");
        assert_money(&report);
    }
}

#[test]
fn three_silent_miners_cost_the_payer_nothing() {
    let report = run(&["--fault", "all-silent"]);
    assert_eq!(report["receipt"]["status"], "expired");
    assert!(outcomes(&report).is_empty(), "nobody was bound: no crew is on chain");
    assert_money(&report);
    let receipt = &report["receipt"];
    assert_eq!(receipt["settlement"]["refunded"], receipt["price"]["total"]);
    assert_eq!((&report["answer"]["answer"], &receipt["keeper"]), (&Value::Null, &Value::Null));
}

/// A network that stays up, and ends with its test.
struct Standing(Child);

impl Standing {
    /// Ends it as Ctrl-C does.
    fn end(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill starts").success());
        assert!(self.0.wait().expect("it ends").success(), "Ctrl-C is a regular end");
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_the_standing_network_prints_can_be_typed() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(paths::cor());
    command.args(["dev", "--port", "0", "--keeper-port", "0"]).env("COR_CONTRACTS", paths::contracts());
    let mut network = Standing(command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("cor starts"));
    let errors = BufReader::new(network.0.stderr.take().expect("a pipe"));
    let mut said = Vec::new();
    for line in errors.lines().map_while(Result::ok) {
        let last = line.contains("The wallet is");
        said.push(line);
        if last {
            break;
        }
    }
    let typed: Vec<_> = said
        .iter()
        .map(|line| line.trim())
        .filter(|line| ["export ", "cor "].iter().any(|word| line.starts_with(word)))
        .collect();
    assert_eq!(typed.len(), 4, "{said:#?}");
    let script = format!("set -e\n{}", typed.join("\n"));
    let output = Command::new("bash").args(["-c", &script]).output().expect("bash starts");
    let seen = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{script}\n{seen}\n{}", String::from_utf8_lossy(&output.stderr));
    for part in ["of session 1: completed", "opens the commitment", "credit", "wallet"] {
        assert!(seen.contains(part), "{part:?} in {seen}");
    }
    network.end();
}

/// The process of a network's keeper.
fn keeper_of(network: &Child) -> String {
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", network.id())).expect("its children");
    let is_keeper = |pid: &&str| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == b"keeper")
    };
    children.split_whitespace().find(is_keeper).expect("a keeper").to_owned()
}

/// No keeper, and no block after the submission that would tell the contract the time: the payer ends the task, and has its money back.
#[test]
fn a_task_that_no_keeper_serves_is_ended_by_its_payer() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(paths::cor());
    command.args(["dev", "--port", "0", "--keeper-port", "0"]).env("COR_CONTRACTS", paths::contracts());
    let mut network = Standing(command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("cor starts"));
    let errors = BufReader::new(network.0.stderr.take().expect("a pipe"));
    let mut lines = errors.lines().map_while(Result::ok);
    let printed = lines.find(|line| line.trim().starts_with("export ")).expect("variables");
    let variables: BTreeMap<_, _> =
        printed.split_whitespace().filter_map(|pair| pair.split_once('=')).filter(|(name, _)| name.starts_with("COR_")).collect();
    // Read on, so that the pipe does not fill.
    let (heard, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.for_each(|line| drop(heard.send(line))));
    let cor = |line: &str| {
        let output =
            Command::new(paths::cor()).arg("--json").args(line.split(' ')).envs(&variables).output().expect("cor starts");
        let said = if output.status.success() { &output.stdout } else { &output.stderr };
        (output.status.code(), serde_json::from_slice::<Value>(said).expect("JSON"))
    };

    let session = cor("session create --open-secs 30").1["session_id"].as_u64().expect("a number");
    let terms =
        cor_core::task::lane::LaneTerms { max_tokens: 64, open_secs: 30, precommit_secs: 30, reveal_secs: 30, ..lane::terms(3) };
    let sequence = 7_000;
    let submit = lane::submission(Session { number: session, terms: terms.pack() }, sequence);
    assert!(Command::new("kill").args(["-9", &keeper_of(&network.0)]).status().expect("kill starts").success());
    let told = || said.recv_timeout(Duration::from_secs(60)).expect("the network tells that its keeper is gone");
    while !told().starts_with("error: CLI-010: child process keeper ended with signal: 9") {}
    let at: Deployment =
        serde_json::from_slice(&std::fs::read(variables["COR_NETWORK"]).expect("the network's file")).expect("a deployment");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let payer = runtime.block_on(async {
        let provider = connect(variables["COR_RPC"], Some(at.chain_id)).await.expect("the chain answers");
        let key = variables["COR_KEY"].parse().expect("a key");
        let account = Account::new(variables["COR_RPC"], provider, at.chain_id, key);
        account.call("submit", at.lane, submit.abi_encode().into(), U256::ZERO).await.expect("it is submitted");
        account.address()
    });
    let task = task_id(payer, sequence);

    let mut waiting = Command::new(paths::cor())
        .args(["task", "wait", &task.to_string()])
        .envs(&variables)
        .stderr(Stdio::piped())
        .spawn()
        .expect("cor starts");
    let mut lines = BufReader::new(waiting.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    let first = lines.next().expect("its phase");
    assert!(first.starts_with(&format!("task {task}: open until ")), "{first}");
    assert!(Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().expect("kill starts").success());
    let last: Vec<_> = lines.collect();
    assert!(last[0].starts_with(&format!("error: CLI-024: stopped; task {task} goes on")), "{last:?}");
    assert_eq!(waiting.wait().expect("it ends").code(), Some(130));

    let wait = format!("task wait {task}");
    let (code, refused) = cor(&wait);
    assert_eq!((code, &refused["error"]["code"]), (Some(1), &json!("CLI-018")), "{refused}");
    let closed =
        |call: Option<&str>| json!({ "task": task, "closed": call, "phase": "ended", "status": "expired", "deadline": null });
    let close = format!("task close {task}");
    assert_eq!(cor(&close), (Some(0), closed(Some("close"))));
    assert_eq!(cor(&close), (Some(0), closed(None)));
    let (code, refused) = cor(&wait);
    assert_eq!((code, &refused["error"]["code"]), (Some(4), &json!("CLI-008")), "{refused}");
    let receipt = cor(&format!("explain {task}")).1;
    assert_eq!(wei(&receipt["settlement"]["refunded"]), wei(&receipt["price"]["total"]), "{receipt}");
    network.end();
}

/// What goes wrong with an inference server is said before or with the end, and its logs are there to be read.
#[test]
fn a_failed_run_keeps_its_logs_and_shows_their_end() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let url = model_server(&[]);
    let dev = |more: &[&str]| {
        let mut command = Command::new(paths::cor());
        command.args(["dev", "--once", "--port", "0", "--keeper-port", "0", "--openai-url", &url]).args(more);
        let output = command.env("COR_CONTRACTS", paths::contracts()).output().expect("cor starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = dev(&[]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("CLI-016: no model is loaded") && !said.contains("chain at"), "before anything is deployed: {said}");
    let (code, said) = dev(&["--openai-model", "absent"]);
    assert_eq!(code, Some(1), "{said}");
    for part in ["CLI-010: child process miner-", "INF-144", "`absent`"] {
        assert!(said.contains(part), "{part:?} in {said}");
    }
    let kept = said.lines().find_map(|line| line.strip_prefix("logs are kept in ")).expect("it names the folder");
    assert!(std::path::Path::new(kept).join("miner-0.log").exists(), "{said}");
    std::fs::remove_dir_all(kept).expect("the folder is ours to delete");
}
