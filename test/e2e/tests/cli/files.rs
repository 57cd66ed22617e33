//! Files, settings and ports.

use std::net::TcpListener;

use crate::command::{Row, all, cor};

const REFUSED: i32 = 1;
const USAGE: i32 = 2;
const CONFIGURATION: i32 = 3;

/// Nobody listens there: port 1 needs a privilege that no test server has.
const NOBODY: &str = "http://127.0.0.1:1";
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

#[test]
fn settings_keys_and_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
        path(name)
    };
    let damaged = write("damaged.json", "{\"chain_id\": ");
    let unknown = write("unknown.toml", "pol_ms = 3");
    let wrong_kind = write("oracle.toml", "[backend]\nkind = \"oracle\"");
    let no_threads = write("threads.toml", "[backend]\nthreads = 0");
    let no_key = write("key", "hunter2");
    let state = write("state.json", "not a state");
    let network = write("network.json", &deployment());
    let earlier = path("earlier");
    std::fs::create_dir(&earlier).expect("a folder");
    std::fs::write(std::path::Path::new(&earlier).join("network.json"), deployment()).expect("a file");
    let rows = vec![
        Row::new("no key", "deploy", "CLI-003", CONFIGURATION, &["COR_KEY", "--key-file"]),
        Row::new("bad key in the environment", "deploy", "CLI-002", CONFIGURATION, &["COR_KEY", "32 bytes"])
            .env("COR_KEY", "0x1234"),
        Row::new("bad key in a file", "deploy --key-file", "CLI-002", CONFIGURATION, &[&no_key]).arg(&no_key),
        Row::new("no key file", "deploy --key-file", "CLI-005", CONFIGURATION, &["absent.key"]).arg(path("absent.key")),
        Row::new(
            "no network file",
            "session show 1 --network",
            "CLI-004",
            CONFIGURATION,
            &["absent.json", "cor deploy", "cor dev", "COR_NETWORK"],
        )
        .arg(path("absent.json")),
        Row::new("damaged network file", "session show 1 --network", "CLI-004", CONFIGURATION, &["damaged.json", "line 1"])
            .arg(&damaged),
        Row::new("nobody at the RPC", "session show 1 --rpc", "CHN-002", REFUSED, &[NOBODY, "refused", "node is running"])
            .arg(NOBODY)
            .env("COR_NETWORK", &network),
        Row::new("nonsense as RPC", "session show 1 --rpc", "CLI-020", USAGE, &["--rpc", "not-a-url"])
            .arg("not-a-url")
            .env("COR_NETWORK", &network),
        Row::new("a folder of an earlier run", "dev --once --data", "CLI-017", CONFIGURATION, &["network.json", "not empty"])
            .arg(&earlier),
        Row::new("unknown setting", "miner --config", "CLI-001", CONFIGURATION, &["pol_ms"]).arg(&unknown),
        Row::new("no settings file", "keeper --config", "CLI-001", CONFIGURATION, &["absent.toml"]).arg(path("absent.toml")),
        Row::new("no engine threads", "miner --config", "CLI-001", CONFIGURATION, &["backend.threads", "at least 1"])
            .arg(&no_threads),
        Row::new("unknown drill", "miner", "CLI-001", CONFIGURATION, &["sulk", "wrong-answer"]).env("COR_MINER_DRILL", "sulk"),
        Row::new("a setting of another type", "keeper", "CLI-001", CONFIGURATION, &["POLL_MS", "soon"])
            .env("COR_KEEPER_POLL_MS", "soon"),
        Row::new("unknown backend", "miner --config", "CLI-001", CONFIGURATION, &["oracle", "openai"])
            .arg(&wrong_kind)
            .env("COR_NETWORK", &network)
            .env("COR_KEY", KEY),
        Row::new("a state file that is none", "chain --port 0 --state", "DUMP-002", CONFIGURATION, &["left as it was"])
            .arg(&state),
        Row::new("a bad mnemonic", "chain --port 0 --mnemonic", "NODE-003", CONFIGURATION, &["mnemonic"]).arg("one two three"),
        Row::new("no models folder", "model fetch --dir", "INF-102", CONFIGURATION, &["damaged.json", "writable"])
            .arg(format!("{damaged}/models")),
        Row::new("a model URL that is none", "model fetch --url ftp://models --dir", "CLI-020", USAGE, &["--url", "ftp"])
            .arg(path("models")),
        Row::new("a model URL that is none, by variable", "model fetch --dir", "CLI-020", USAGE, &["--url", "models"])
            .arg(path("models"))
            .env("COR_MODEL_URL", "models"),
        Row::new("a server that is no URL", "dev --openai-url nonsense --openai-model m", "CLI-020", USAGE, &["--openai-url"]),
        Row::new(
            "a server's URL with a key",
            "dev --openai-url http://127.0.0.1:1/v1?key=k --openai-model m",
            "CLI-020",
            USAGE,
            &["--openai-url", "http://127.0.0.1:1/…", "a query"],
        ),
    ];
    all(rows, Vec::new());
    assert_eq!(std::fs::read_to_string(&state).expect("the file"), "not a state", "it is as it was");
}

/// A node's URL often holds a key, and what a command says is pasted into reports.
#[test]
fn the_key_in_a_url_is_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let network = folder.path().join("network.json");
    std::fs::write(&network, deployment()).expect("a file");
    for (url, shown) in [
        ("http://user:hidden@127.0.0.1:1/v2/hidden?key=hidden", "http://127.0.0.1:1/…"),
        ("wss://user:hidden@127.0.0.1:1/v2/hidden?key=hidden", "wss://127.0.0.1:1/…"),
    ] {
        for line in ["session show 1", "--json session show 1", "session balance", "--json model list"] {
            let mut command = cor();
            command.args(line.split(' ')).env("COR_RPC", url).env("COR_NETWORK", &network).env("COR_KEY", KEY);
            // Libraries log as well.
            command.env("COR_LOG", "debug");
            let output = command.output().expect("cor starts");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && errors.contains(shown) && !errors.contains("hidden"), "{line}: {errors}");
        }
        // The help shows variables of the environment.
        let mut help = cor();
        help.args(["task", "run", "--help"]).env("COR_RPC", url).env("COR_KEEPER", url);
        let help = String::from_utf8(help.output().expect("cor starts").stdout).expect("text");
        assert!(help.contains("COR_RPC") && !help.contains("hidden"), "{help}");
    }
}

#[test]
fn ports_that_are_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let network = folder.path().join("network.json");
    std::fs::write(&network, deployment()).expect("a file");
    let rows = vec![
        Row::new("the chain's port", "chain --port", "NODE-001", CONFIGURATION, &[&port, "--port 0"]).arg(&port),
        Row::new("the keeper's port", "keeper --network", "CLI-006", CONFIGURATION, &[&port, "COR_KEEPER_LISTEN"])
            .arg(network.display().to_string())
            .env("COR_KEY", KEY)
            .env("COR_KEEPER_LISTEN", format!("127.0.0.1:{port}")),
        Row::new("the network's chain port", "dev --once --port", "NODE-001", CONFIGURATION, &[&port])
            .arg(&port)
            .env("COR_CONTRACTS", cor_kit::paths::contracts().display().to_string()),
    ];
    all(rows, Vec::new());
}

#[test]
fn wrong_usage_ends_with_two_and_says_what_is_known() {
    for (line, word, code) in [
        ("explain", "<TASK>", "CLI-015"),
        ("explain one", "one", "CLI-027"),
        ("task close 0x12", "0x12", "CLI-027"),
        ("task run --session 1 --sequence -1 Hello", "-1", "CLI-015"),
        ("session create --replicas 300", "300", "CLI-015"),
        ("session deposit twelve", "twelve", "CLI-009"),
        ("session deposit -1", "-1", "CLI-009"),
        ("session deposit 1.0000000001", "1.0000000001", "CLI-028"),
        ("session balance --private-key 0x1", "COR_KEY", "CLI-015"),
        ("session balance --rpc nowhere", "nowhere", "CLI-020"),
        ("stake show --of me", "--of", "CLI-019"),
        ("stake show --of 0x15D34AAf54267DB7D7c367839AAf71A00a2C6A65", "checksum", "CLI-019"),
        ("dev --fault meteor", "wrong-answer", "CLI-015"),
        ("chain --block-time 1 --no-mining", "cannot be used with", "CLI-015"),
        ("mine", "unrecognized subcommand", "CLI-015"),
    ] {
        let output = cor().args(line.split(' ')).output().expect("cor starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(USAGE), "{line}: {errors}");
        assert!(errors.contains(word), "{line}: {errors}");
        // A program reads the same as an error like any other.
        let row = Row::new("wrong usage", line, code, USAGE, &[word]);
        assert_eq!(row.differs(&[]), None, "{line}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for line in ["--help", "--json --help", "--json --version", "task run --help"] {
        let output = cor().args(line.split(' ')).output().expect("cor starts");
        assert!(output.status.success() && output.stderr.is_empty() && !output.stdout.is_empty(), "{line}");
    }
}

/// A deployment that no chain has.
fn deployment() -> String {
    let address = alloy::primitives::Address::repeat_byte(7);
    let deployment = cor_wire::deployment::Deployment {
        chain_id: 1,
        from_block: 0,
        runtime: address,
        cor: address,
        staking: address,
        session_payment_table: address,
        vault: address,
        node_pool: address,
        lane: address,
        lens: address,
        jury: address,
    };
    serde_json::to_string(&deployment).expect("plain data")
}
