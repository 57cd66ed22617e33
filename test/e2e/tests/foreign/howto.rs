//! What `docs/howto` tells a reader to type, with `cast` from npm, is typed here.

use std::{path::Path, process::Command};

use alloy::primitives::hex;
use cor_anvil::{NITRO_DEV_KEY, Node, NodeConfig};
use cor_kit::{
    foreign::{client, run, success},
    paths,
};

/// In front of the commands that this test runs.
const MARK: &str = "<!-- run by test/e2e/tests/foreign/howto.rs -->\n```sh\n";

/// A module that answers with what it is given: `read_args`, then `write_result`.
const ECHO: [u8; 131] = hex!(
    "0061736d01000000010f0360017f0060027f7f0060017f017f022e0208766d5f686f6f6b7309726561645f61726773000008"
    "766d5f686f6f6b730c77726974655f726573756c74000103020102050401010101071c02066d656d6f727902000f75736572"
    "5f656e747279706f696e7400020a10010e004100100041002000100141000b"
);

/// In front of those with a constructor.
const CONSTRUCTOR_MARK: &str = "<!-- constructor: run by test/e2e/tests/foreign/howto.rs -->\n```sh\n";

fn recipe(mark: &str) -> String {
    let page = std::fs::read_to_string(paths::repository("docs/howto/from-nitro-devnode-or-anvil.md")).expect("the page");
    let (_, block) = page.split_once(mark).expect("marked commands");
    block.split_once("```").expect("their end").0.to_owned()
}

fn shell(rpc: &str, folder: &Path, script: &str) -> Command {
    let module = folder.join("echo.wasm");
    std::fs::write(&module, ECHO).expect("a file");
    let path = std::env::var("PATH").expect("a PATH");
    let tools = client("node_modules/.bin/cast").parent().expect("a folder").display().to_string();
    let mut command = Command::new("bash");
    command.args(["-c", script]).env("PATH", format!("{tools}:{path}"));
    command.env("RPC", rpc).env("KEY", hex::encode_prefixed(NITRO_DEV_KEY));
    command.env("WASM", module);
    command.env("CONTRACT", paths::samples().join("token.wasm"));
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_becomes_a_cached_program_with_nothing_but_cast() {
    let node = Node::spawn(NodeConfig::nitro_devnode().port(0)).await.expect("the chain starts");
    let folder = tempfile::tempdir().expect("a folder");
    success(shell(&node.http_endpoint().expect("it listens"), folder.path(), &recipe(MARK))).await;
}

/// The deployer of the SDK, which the chain starts with, and its errors in words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_is_constructed_with_nothing_but_cast() {
    let node = Node::spawn(NodeConfig::nitro_devnode().port(0)).await.expect("the chain starts");
    let folder = tempfile::tempdir().expect("a folder");
    let rpc = node.http_endpoint().expect("it listens");
    success(shell(&rpc, folder.path(), &recipe(CONSTRUCTOR_MARK))).await;

    // Without its arguments the constructor reverts, and the deployer with it.
    let wrong = recipe(CONSTRUCTOR_MARK).replace("${ARGUMENTS#0x}", "");
    let output = run(shell(&rpc, folder.path(), &wrong)).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("ContractInitializationError: the constructor of 0x"), "{said}");
}

/// A step that fails ends the commands, so that its reason is what is read last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_that_is_too_large_is_told_with_its_size() {
    let node =
        Node::spawn(NodeConfig { code_size_limit: 64, ..NodeConfig::nitro_devnode().port(0) }).await.expect("the chain starts");
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(shell(&node.http_endpoint().expect("it listens"), folder.path(), &recipe(MARK))).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("EVM-124: the code has") && said.contains("the limit is 64"), "{said}");
    assert!(!said.contains("parser error") && !said.contains("Must specify"), "{said}");
}

/// The reason of a refused activation reaches whoever types it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cast_shows_why_an_activation_is_refused() {
    let node = Node::spawn(NodeConfig::nitro_devnode().port(0)).await.expect("the chain starts");
    let script = "export ETH_RPC_URL=$RPC
        # A module whose memory can grow, and that does not import the way to pay for it.
        MODULE=0061736d0100000001060160017f017f030201000503010001071c02066d656d6f72790200\
0f757365725f656e747279706f696e7400000a0601040041000b
        CODE=eff00000$(node -e 'process.stdout.write(zlib.brotliCompressSync(Buffer.from(process.argv[1], \"hex\")).toString(\"hex\"))' $MODULE)
        INIT=$(printf '0x61%04x80600a5f395ff3' $((${#CODE} / 2)))$CODE
        cast send --private-key $KEY --create $INIT
        PROGRAM=$(cast compute-address --nonce 0 $(cast wallet address $KEY) | grep -o '0x.*')
        cast send --private-key $KEY --value 0.001ether 0x0000000000000000000000000000000000000071 'activateProgram(address)' $PROGRAM";
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(shell(&node.http_endpoint().expect("it listens"), folder.path(), script)).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("execution reverted: VM-108: missing import vm_hooks.pay_for_memory_grow"), "{said}");
}
