//! `docs/howto/call-from-viem-or-cast.md` and `docs/howto/use-your-own-wallet.md` as a reader types them, against the network that `cor dev`
//! keeps up. The model is a server that lists one model and answers everything alike.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use axum::{
    Json, Router,
    routing::{get, post},
};
use cor_kit::{
    foreign::{client, success},
    paths,
};
use serde_json::json;

const PAGE: &str = "docs/howto/call-from-viem-or-cast.md";
const ANSWER: &str = "Paris";
/// Variables that the page begins with.
const VARIABLES: [&str; 4] = ["COR_RPC", "COR_NETWORK", "COR_KEEPER", "COR_KEY"];

/// A network that stays up, and ends with its test.
struct Standing {
    child: Child,
    variables: BTreeMap<String, String>,
}

impl Standing {
    /// Starts it and reads the line of variables, as its user would.
    fn start(model_url: &str) -> Self {
        let mut command = Command::new(paths::cor());
        command
            .args(["dev", "--port", "0", "--keeper-port", "0", "--openai-url", model_url])
            .env("COR_CONTRACTS", paths::contracts())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("cor starts");
        let errors = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut network = Self { child, variables: BTreeMap::new() };
        let mut said = Vec::new();
        for line in errors.lines().map_while(Result::ok) {
            if let Some(settings) = line.trim().strip_prefix("export ") {
                let pairs = settings.split_whitespace().filter_map(|setting| setting.split_once('='));
                network.variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            }
            let last = line.contains("The wallet is");
            said.push(line);
            if last {
                break;
            }
        }
        let known: Vec<_> = VARIABLES.iter().filter(|name| network.variables.contains_key(**name)).collect();
        assert_eq!(known.len(), VARIABLES.len(), "{said:#?}");
        assert!(said.iter().any(|line| line.contains("`the-only-one`")), "it says which model it took: {said:#?}");
        network
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// A server with one model. Its URL.
async fn model_server() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let completion = json!({
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": ANSWER }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6 },
    });
    let routes = Router::new()
        .route("/v1/models", get(|| async { Json(json!({ "object": "list", "data": [{ "id": "the-only-one" }] })) }))
        .route("/v1/chat/completions", post(move || async move { Json(completion) }));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

/// A page's blocks of one language, one after the other.
fn blocks(page: &Path, language: &str) -> String {
    let page = std::fs::read_to_string(page).expect("the page");
    let opening = format!("```{language}\n");
    let parts = page.split(&opening).skip(1).filter_map(|rest| rest.split("```").next());
    parts.collect::<Vec<_>>().join("\n")
}

/// Runs a program of the page in a folder of its own.
async fn run(network: &Standing, folder: &Path, program: &str, args: &[&str]) -> String {
    let folder_of = |path: std::path::PathBuf| path.parent().expect("a folder").display().to_string();
    let tools = format!("{}:{}", folder_of(client("node_modules/.bin/cast")), folder_of(paths::cor()));
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).envs(&network.variables);
    command.env("PATH", format!("{tools}:{}", std::env::var("PATH").unwrap_or_default())).env_remove("ETH_FROM");
    success(command).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_for_clients_works_as_it_stands() {
    let url = model_server().await;
    let network = tokio::task::spawn_blocking(move || Standing::start(&url)).await.expect("the network is up");
    let folder = tempfile::tempdir().expect("a folder");

    let script = folder.path().join("page.sh");
    std::fs::write(&script, blocks(&paths::repository(PAGE), "sh")).expect("a file");
    let seen = run(&network, folder.path(), "bash", &["-eu", "page.sh"]).await;
    for part in ["session 2", "task 0x", "status 1", "answer: Paris", "InsufficientBalance(address,uint256,uint256)", "[1e21]"] {
        assert!(seen.contains(part), "{part:?} in {seen}");
    }

    std::fs::write(folder.path().join("task.mjs"), blocks(&paths::repository(PAGE), "js")).expect("a file");
    std::os::unix::fs::symlink(client("node_modules"), folder.path().join("node_modules")).expect("a link");
    let seen = run(&network, folder.path(), "node", &["task.mjs"]).await;
    for part in [": Paris", "refused: InsufficientBalance, "] {
        assert!(seen.contains(part), "{part:?} in {seen}");
    }

    let script = folder.path().join("wallet.sh");
    std::fs::write(&script, blocks(&paths::repository("docs/howto/use-your-own-wallet.md"), "sh")).expect("a file");
    let seen = run(&network, folder.path(), "bash", &["-eu", "-o", "pipefail", "wallet.sh"]).await;
    for part in ["light", "Paris", "credit  0.64072256 COR", "wallet  2 COR"] {
        assert!(seen.contains(part), "{part:?} in {seen}");
    }
}
