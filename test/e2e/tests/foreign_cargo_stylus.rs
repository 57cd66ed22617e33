//! `cargo stylus` 0.10.10, unchanged: a stranger's contract from `new` to a passing test, as `docs/dev-chain.md` tells it, and every
//! command that needs no Docker. Run by `cargo xtask test --suite stylus-tools`.

#[path = "foreign/place.rs"]
mod place;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, U256, address, hex},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol,
};
use cor_anvil::arbos::ArbOsVersion;
use cor_kit::{
    foreign::{client, compiles_contracts, run, success},
    paths,
};
use serde_json::Value;

use crate::place::{ARB_WASM, Place};

const ARB_DEBUG: Address = address!("00000000000000000000000000000000000000ff");
const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");
/// In front of the commands in the guide that this test runs.
const MARK: &str = "<!-- run by test/e2e/tests/foreign_cargo_stylus.rs -->\n```sh\n";
/// What is written into the template's contract.
const CONSTRUCTOR: &str = "
    /// Starts with the ether that came along on top.
    #[constructor]
    #[payable]
    pub fn constructor(&mut self, start: U256) {
        self.number.set(start + self.vm().msg_value());
    }

    /// Gets the number from storage.
";

sol! {
    #[sol(rpc)]
    interface Counter {
        function number() external view returns (uint256);
    }

    #[sol(rpc)]
    interface ArbDebug {
        function becomeChainOwner() external;
    }

    #[sol(rpc)]
    interface ArbOwner {
        function addWasmCacheManager(address manager) external;
    }

    #[sol(rpc)]
    interface ArbWasm {
        function programVersion(address program) external view returns (uint16);
    }
}

/// A shell of a stranger: the chain's address and a key, the tools in PATH, a folder of its own.
struct Stranger {
    place: Place,
    folder: tempfile::TempDir,
}

impl Stranger {
    async fn start(arbos: ArbOsVersion) -> Self {
        Self { place: Place::start(arbos).await, folder: tempfile::tempdir().expect("a folder") }
    }

    fn tools() -> PathBuf {
        let tools = std::env::var_os("COR_TOOLS").map_or_else(|| paths::contracts().with_file_name("tools"), PathBuf::from);
        let bin = tools.join("bin");
        assert!(
            bin.join("cargo-stylus").exists(),
            "{} has no cargo-stylus: `cargo xtask test --suite stylus-tools` installs it",
            bin.display()
        );
        bin
    }

    /// Where Cargo puts what the tool has it compile: the same for all runs, so that only the project is compiled again.
    fn target() -> PathBuf {
        paths::contracts().with_file_name("stylus-tools")
    }

    /// Not the key of the place's own wallet, which counts its nonces itself.
    fn key(&self) -> String {
        hex::encode_prefixed(self.place.node.accounts()[1].private_key)
    }

    fn program(&self, name: &str, folder: &Path) -> Command {
        let npm = client("node_modules/.bin");
        let path = std::env::var("PATH").expect("a PATH");
        let mut command = Command::new(name);
        command.current_dir(folder).env("PATH", format!("{}:{}:{path}", Self::tools().display(), npm.display()));
        command.env("RPC", self.place.rpc()).env("KEY", self.key());
        // The template names a toolchain that need not be here.
        command.env("RUSTUP_TOOLCHAIN", std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| "stable".to_owned()));
        compiles_contracts(&mut command);
        command.env("CARGO_TARGET_DIR", Self::target()).env("NO_COLOR", "1");
        command
    }

    /// Runs `cargo stylus` in the project.
    async fn stylus(&self, args: &[&str]) -> Output {
        let rpc = self.place.rpc();
        let mut command = self.program("cargo", &self.folder.path().join("counter"));
        let args = args.iter().map(|arg| match *arg {
            "RPC" => rpc.clone(),
            "KEY" => self.key(),
            other => other.to_owned(),
        });
        command.arg("stylus").args(args);
        run(command).await
    }

    /// What a command that must succeed says.
    async fn says(&self, args: &[&str]) -> String {
        let output = self.stylus(args).await;
        let said = text(&output);
        assert!(output.status.success(), "cargo stylus {args:?}: {said}");
        said
    }

    /// What a command that must fail says.
    async fn fails(&self, args: &[&str]) -> String {
        let output = self.stylus(args).await;
        assert!(!output.status.success(), "cargo stylus {args:?} succeeds");
        text(&output)
    }

    async fn number(&self, counter: Address) -> U256 {
        Counter::new(counter, &self.place.provider).number().call().await.expect("a number")
    }

    async fn is_active(&self, program: Address) -> bool {
        ArbWasm::new(ARB_WASM, &self.place.provider).programVersion(program).call().await.is_ok()
    }
}

/// Both outputs without colours.
fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&both);
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// The address in "deployed code at address: 0x…".
fn deployed(said: &str) -> Address {
    let (_, rest) = said.split_once("deployed code at address: ").unwrap_or_else(|| panic!("no address in {said}"));
    rest[..42].parse().expect("an address")
}

/// The commands of the guide.
fn guide() -> String {
    let guide = std::fs::read_to_string(paths::repository("docs/dev-chain.md")).expect("the guide");
    let (_, block) = guide.split_once(MARK).expect("marked commands");
    block.split_once("```").expect("their end").0.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_from_new_to_a_passing_test() {
    let stranger = Stranger::start(ArbOsVersion::V51).await;
    let mut shell = stranger.program("bash", stranger.folder.path());
    shell.args(["-euo", "pipefail", "-c", &guide()]);
    success(shell).await;
    let record = std::fs::read(stranger.folder.path().join("counter/deploy.txt")).expect("the guide keeps what was said");
    let record = Output { status: Default::default(), stdout: record, stderr: Vec::new() };
    let counter = deployed(&text(&record));
    assert_eq!(stranger.number(counter).await, U256::from(1));

    traces(&stranger, counter).await;
    replays(&stranger, counter).await;
    constructors(&stranger).await;
    bare_modules(&stranger).await;
    cache(&stranger, counter).await;
}

/// A transaction and a call are traced by the tool's own script, and by the tracer that it names instead: both see the same.
async fn traces(stranger: &Stranger, counter: Address) {
    let increment = hex!("d09de08a");
    let sent = stranger.place.mine(TransactionRequest::default().with_to(counter).with_input(increment)).await;
    let (hash, at) = (sent.transaction_hash.to_string(), counter.to_string());
    let trace = ["trace", "--tx", &hash, "--endpoint", "RPC"];
    let simulate = ["simulate", "--to", &at, "--data", "0xd09de08a", "--endpoint", "RPC"];
    for command in [&trace[..], &simulate] {
        let calls = async |more: &[&str]| {
            let said = stranger.says(&[command, more].concat()).await;
            serde_json::from_str::<Vec<Value>>(said.trim()).unwrap_or_else(|error| panic!("{error}: {said}"))
        };
        let by_script = calls(&[]).await;
        let names: Vec<_> = by_script.iter().map(|call| call["name"].as_str().expect("a name")).collect();
        assert_eq!(names.first(), Some(&"user_entrypoint"));
        assert!(names.contains(&"storage_load_bytes32") && names.contains(&"storage_flush_cache"), "{names:?}");
        assert_eq!(by_script, calls(&["--use-native-tracer"]).await);
    }
}

/// A transaction is replayed by the contract compiled for this machine, with the answers that the chain's host calls gave: by the
/// process that the tool starts in a debugger, and in the debugger if it is here.
async fn replays(stranger: &Stranger, counter: Address) {
    let project = stranger.folder.path().join("counter");
    // The tool looks for the library below the project, wherever Cargo was told to put it.
    std::os::unix::fs::symlink(Stranger::target(), project.join("target")).expect("a link");
    let replay = async |tx: &str, script: &str| {
        let mut shell = stranger.program("bash", &project);
        shell.env_remove("CARGO_UNSTABLE_BUILD_STD").env("TX", tx).args(["-euo", "pipefail", "-c", script]);
        text(&run(shell).await)
    };
    let mine = async |data: &[u8]| {
        let request = TransactionRequest::default().with_to(counter).with_input(data.to_vec()).with_gas_limit(1_000_000);
        stranger.place.mine(request).await.transaction_hash.to_string()
    };
    let (good, bad) = (mine(&hex!("d09de08a")).await, mine(&hex!("deadbeef")).await);
    for tracer in ["", " --use-native-tracer"] {
        for (tx, outcome) in [(&good, "call completed successfully"), (&bad, "call reverted")] {
            let said = replay(tx, &format!("cargo stylus replay --child --tx $TX --endpoint $RPC{tracer}")).await;
            assert!(said.contains(outcome), "{said}");
        }
    }
    let debugger = "echo continue | cargo stylus replay --debugger gdb --tx $TX --endpoint $RPC";
    let said = replay(&good, debugger).await;
    if said.contains("gdb not found") {
        return;
    }
    for part in ["counter::user_entrypoint (len=4) at src/lib.rs", "call completed successfully"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// A project with a constructor is deployed, activated and constructed by the SDK's deployer in one transaction.
async fn constructors(stranger: &Stranger) {
    let source = stranger.folder.path().join("counter/src/lib.rs");
    let template = std::fs::read_to_string(&source).expect("the template");
    let changed = template.replacen("\n    /// Gets the number from storage.\n", CONSTRUCTOR, 1);
    assert_ne!(template, changed);
    std::fs::write(&source, changed).expect("the source is written");
    assert!(stranger.says(&["constructor"]).await.contains("constructor(uint256 start) payable"));
    let initcode = stranger.says(&["get-initcode", "--output", "init.hex"]).await;
    let code = std::fs::read_to_string(stranger.folder.path().join("counter/init.hex")).expect(&initcode);
    let code = hex::decode(code.trim()).expect("hex");
    assert!(code.starts_with(&[0x7f]) && code[43..].starts_with(&[0xef, 0xf0, 0x00]), "init code of 43 bytes, then the program");

    let (endpoint, key) = (["--endpoint", "RPC"], ["--private-key", "KEY"]);
    let deploy = [&["deploy", "--no-verify"][..], &endpoint, &key].concat();
    let refused = stranger.fails(&deploy).await;
    assert!(refused.contains("number of constructor arguments"), "the constructor wants an argument: {refused}");
    let arguments = ["--constructor-value", "0.000000000000000005", "--constructor-args", "37"];
    let counter = deployed(&stranger.says(&[&deploy[..], &arguments].concat()).await);
    assert_eq!(stranger.number(counter).await, U256::from(42));
    assert_eq!(stranger.place.balance(counter).await, U256::from(5));
}

/// Modules without a project: checked, deployed, activated later, refused when too large.
async fn bare_modules(stranger: &Stranger) {
    let module = |name: &str| paths::samples().join(format!("{name}.wasm")).display().to_string();
    let (endpoint, key) = (["--endpoint", "RPC"], ["--private-key", "KEY"]);
    let bank = module("bank");
    let deploy = [&["deploy", "--no-verify", "--no-activate", "--wasm-file", &bank][..], &endpoint, &key].concat();
    let program = deployed(&stranger.says(&deploy).await);
    assert!(!stranger.is_active(program).await);
    let at = program.to_string();
    let activate = [&["activate", "--address", &at][..], &endpoint, &key].concat();
    stranger.says(&activate).await;
    assert!(stranger.is_active(program).await);
    let twice = stranger.fails(&activate).await;
    assert!(twice.contains("0xcc944bf2"), "ProgramUpToDate(): {twice}");
    let codehash = alloy::primitives::keccak256(stranger.place.provider.get_code_at(program).await.expect("code")).to_string();
    let soon = stranger.fails(&[&["codehash-keepalive", "--codehash", &codehash][..], &endpoint, &key].concat()).await;
    assert!(soon.contains("0x16bd0cf8"), "ProgramKeepaliveTooSoon(uint64): {soon}");
    let large =
        stranger.fails(&[&["deploy", "--no-verify", "--wasm-file", &module("large")][..], &endpoint, &key].concat()).await;
    assert!(large.contains("2 fragments"), "this chain has no fragments: {large}");
}

/// With a cache manager on the chain, bids are placed and seen.
async fn cache(stranger: &Stranger, program: Address) {
    let (endpoint, key) = (["--endpoint", "RPC"], ["--private-key", "KEY"]);
    let at = program.to_string();
    let status = [&["cache", "status", "--address", &at][..], &endpoint].concat();
    assert!(stranger.fails(&status).await.contains("no cache managers"), "a chain starts without one");
    register_cache_manager(stranger).await;
    assert!(stranger.says(&status).await.contains("is not yet cached"));
    assert!(stranger.says(&[&["cache", "suggest-bid", &at][..], &endpoint].concat()).await.contains("0 wei"));
    let bid = [&["cache", "bid", &at, "0"][..], &endpoint, &key].concat();
    stranger.says(&bid).await;
    assert!(stranger.says(&status).await.contains("is cached"));
    assert!(stranger.fails(&bid).await.contains("already cached"));
}

/// Deploys the cache manager of the forge project, and registers it as the chain's owner, which anyone may become on a dev chain.
async fn register_cache_manager(stranger: &Stranger) {
    let mut build = stranger.program("forge", &client("forge"));
    let (out, cache) = (stranger.folder.path().join("out"), stranger.folder.path().join("cache"));
    build.arg("build").env("FOUNDRY_OUT", &out).env("FOUNDRY_CACHE_PATH", cache);
    success(build).await;
    let artifact = std::fs::read(out.join("CacheManager.sol/CacheManager.json")).expect("an artifact");
    let artifact: Value = serde_json::from_slice(&artifact).expect("JSON");
    let code = hex::decode(artifact["bytecode"]["object"].as_str().expect("bytecode")).expect("hex");
    let receipt = stranger.place.mine(TransactionRequest::default().with_deploy_code(code)).await;
    let manager = receipt.contract_address.expect("it is created");
    let provider = &stranger.place.provider;
    let owner = ArbDebug::new(ARB_DEBUG, provider);
    owner.becomeChainOwner().send().await.expect("sent").get_receipt().await.expect("mined");
    let registry = ArbOwner::new(ARB_OWNER, provider);
    registry.addWasmCacheManager(manager).send().await.expect("sent").get_receipt().await.expect("mined");
}
