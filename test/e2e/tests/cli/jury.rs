//! `cor jury`: what a keeper, a node and a watcher do with it, on a network that the jury governs.

use std::path::Path;

use alloy::primitives::{B256, U256};
use cor_kit::{
    COR, TestNet,
    lane::{Task, terms},
};
use cor_ports::jury::epoch_of;
use cor_sol::{cor::ICor, jury::IJury, vault::IVault};
use serde_json::{Value, json};

use crate::network::{environment, run, secret};

const KEEPER: usize = 1;
const PAYER: usize = 2;
const NODES: [usize; 4] = [3, 4, 5, 6];
const WATCHER: usize = 7;
const CANDIDATE: usize = 8;

/// A network with four nodes in the roster, in the keeper's first epoch.
async fn network() -> TestNet {
    let net = TestNet::with_jury(9).await;
    for node in NODES {
        net.register_node(node, 4).await;
        net.enter(node).await;
    }
    net.prepay(PAYER, U256::from(20 * COR)).await;
    net.next_epoch().await;
    net
}

/// A task, the accounts that are drawn for it, its epoch, and the keeper's secret of that.
async fn drawn(net: &TestNet) -> (Task, Vec<usize>, u32, B256) {
    let session = net.open_session(PAYER, terms(3)).await;
    let task = net.submit(PAYER, session).await;
    let secrets = net.secrets(KEEPER).await;
    let crew = net.drawn(&task, &secrets, &[]).await;
    let epoch = epoch_of(&net.record(task.id).await, &net.times().await);
    (task, crew, epoch, secrets.secret(epoch).expect("a secret of the epoch"))
}

fn by(net: &TestNet, folder: &Path, account: usize) -> Vec<(&'static str, String)> {
    let mut environment = environment(net, folder, "http://127.0.0.1:1");
    environment.retain(|(name, _)| *name != "COR_KEY");
    environment.push(("COR_KEY", secret(&net.key(account))));
    environment
}

async fn done(line: &str, environment: Vec<(&'static str, String)>) -> Value {
    let (code, document, error) = run(line, environment).await;
    assert_eq!(code, Some(0), "{line}: {error}");
    document
}

async fn refused(line: &str, environment: Vec<(&'static str, String)>) -> String {
    let (code, _, error) = run(line, environment).await;
    assert_eq!(code, Some(1), "{line}: {error}");
    error["error"]["name"].as_str().or(error["error"]["code"].as_str()).expect("a name").to_owned()
}

async fn wallet(net: &TestNet, account: usize) -> U256 {
    ICor::new(net.at.cor, &net.provider).balanceOf(net.address(account)).call().await.expect("balanceOf")
}

/// The whole way of a dispute: nobody waits for the keeper's good will, and whoever looks has half of the bond.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keeper_that_brings_its_own_order_loses_its_bond_to_who_looks() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (task, mut crew, epoch, _) = drawn(&net).await;
    crew.reverse();
    net.complete(&task, &crew, &["Paris"; 3]).await;
    let challenge = format!("jury challenge {}", task.id);
    assert_eq!(refused(&challenge, by(&net, folder.path(), WATCHER)).await, "EpochOpen");
    net.next_epoch().await;
    let called = done(&challenge, by(&net, folder.path(), WATCHER)).await;
    assert_eq!((&called["outcome"], &called["epoch"]), (&json!("secret_called"), &json!(epoch)), "{called}");
    assert_eq!(called["keeper"], json!(net.address(KEEPER)));
    assert_eq!(refused(&challenge, by(&net, folder.path(), WATCHER)).await, "SecretPending");
    net.advance(u64::from(cor_core::limits::JURY_REVEAL_MIN_SECS)).await;
    let convicted = done(&challenge, by(&net, folder.path(), WATCHER)).await;
    assert_eq!(convicted["outcome"], "convicted", "{convicted}");
    assert_eq!(convicted["reason"], "a secret that was not shown");
    let half: U256 = convicted["to_challenger"]["wei"].as_str().expect("wei").parse().expect("a number");
    assert_eq!(wallet(&net, WATCHER).await, half);
    assert!(!half.is_zero());
    let shown = done(&format!("jury show --of {}", net.address(KEEPER)), by(&net, folder.path(), WATCHER)).await;
    assert_eq!(shown["keeper"]["standing"], "convicted", "{shown}");
    assert_eq!(refused(&challenge, by(&net, folder.path(), WATCHER)).await, "NoBond");
    net.assert_conserved().await;
}

/// Whoever was drawn, served: the watcher pays for its own mistake, and the keeper for nothing but its secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keeper_that_brings_who_was_drawn_has_its_bond_back() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (task, crew, epoch, secret) = drawn(&net).await;
    net.complete(&task, &crew, &["Paris"; 3]).await;
    net.next_epoch().await;
    net.ok(WATCHER, net.at.jury, IJury::revealCall { keeper: net.address(KEEPER), epoch, secret }).await;
    let challenge = format!("jury challenge {}", task.id);
    assert_eq!(refused(&challenge, by(&net, folder.path(), WATCHER)).await, "CrewAsDrawn");

    let resigned = done("jury resign", by(&net, folder.path(), KEEPER)).await;
    assert_eq!(resigned["keeper"]["standing"], "leaving", "{resigned}");
    assert_eq!(refused("jury withdraw", by(&net, folder.path(), KEEPER)).await, "BondLocked");
    let dispute_secs = resigned["dispute_secs"].as_u64().expect("seconds");
    net.advance(dispute_secs).await;
    let before = wallet(&net, KEEPER).await;
    let withdrawn = done(&format!("jury withdraw --of {}", net.address(KEEPER)), by(&net, folder.path(), WATCHER)).await;
    let bond: U256 = withdrawn["bond"]["wei"].as_str().expect("wei").parse().expect("a number");
    assert_eq!((wallet(&net, KEEPER).await, &withdrawn["keeper"]["standing"]), (before + bond, &json!("none")));
    net.assert_conserved().await;
}

/// A lane beside the old one, with a jury of its own: what it says is to be done is what the owner does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_is_deployed_in_the_place_of_another() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut owner = by(&net, folder.path(), 0);
    let old = folder.path().join("network.json");
    let new = folder.path().join("next.json");
    owner.retain(|(name, _)| *name != "COR_NETWORK");
    owner.push(("COR_NETWORK", new.display().to_string()));
    owner.push(("COR_CONTRACTS", cor_kit::paths::contracts().display().to_string()));
    let line = format!("deploy --replace {} --keeper {}", old.display(), net.address(KEEPER));
    let deployed = done(&line, owner).await;
    let names: Vec<_> = deployed["contracts"].as_array().expect("contracts").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Jury", "Lane", "Lens"], "{deployed}");
    assert_eq!(deployed["network"]["vault"], json!(net.at.vault));
    assert_ne!(deployed["network"]["lane"], json!(net.at.lane));
    let at: cor_wire::deployment::Deployment = serde_json::from_value(deployed["network"].clone()).expect("a network");
    let module = IVault::new(at.vault, &net.provider).moduleOf(at.lane).call().await.expect("moduleOf");
    assert!(module.activeAt > net.now().await, "the vault's users have time to read of it");
    let jury = IJury::new(at.jury, &net.provider);
    assert_eq!(jury.peers().call().await.expect("peers").lane, at.lane);
    assert_eq!(jury.keeperOf(net.address(KEEPER)).call().await.expect("keeperOf").standing, 1, "it may post its bond");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keepers_enrol_and_nodes_come_and_go_by_the_command_line() {
    let net = network().await;
    let folder = tempfile::tempdir().expect("a folder");
    let owner = by(&net, folder.path(), 0);
    let candidate = by(&net, folder.path(), CANDIDATE);
    assert_eq!(refused("jury enrol", candidate.clone()).await, "KeeperUnknown");
    let proposed = done(&format!("jury propose {}", net.address(CANDIDATE)), owner).await;
    assert_eq!(proposed["keeper"]["standing"], "proposed", "{proposed}");
    assert!(proposed["keeper"]["enrols_at"].is_string(), "{proposed}");
    assert_eq!(refused("jury enrol", candidate.clone()).await, "KeeperNotYet");
    net.advance(3 * 86_400).await;
    assert_eq!(refused("jury enrol", candidate.clone()).await, "ERC20InsufficientBalance", "it has no bond");
    let bond: U256 = proposed["bond"]["wei"].as_str().expect("wei").parse().expect("a number");
    net.mint(net.address(CANDIDATE), bond).await;
    let enrolled = done("jury enrol", candidate.clone()).await;
    assert_eq!(enrolled["keeper"]["standing"], "serving", "{enrolled}");
    let next = enrolled["epoch"].as_u64().expect("an epoch") + 1;
    assert_eq!((&enrolled["keeper"]["first_epoch"], &enrolled["keeper"]["shown_epoch"]), (&json!(next), &Value::Null));
    net.next_epoch().await;
    let renewed = done("jury renew", candidate.clone()).await;
    assert_eq!(renewed["keeper"]["first_epoch"], json!(next + 1), "{renewed}");
    net.next_epoch().await;
    assert_eq!(refused("jury renew", candidate).await, "ChainInUse", "disputes may need the one before");

    let node = by(&net, folder.path(), NODES[0]);
    let place = done("jury show", node.clone()).await;
    assert_eq!((&place["roster"]["is_in"], &place["roster"]["slots"]), (&json!(true), &json!(4)), "{place}");
    assert_eq!(refused("jury enter", node.clone()).await, "InRoster");
    assert_eq!(refused("jury strike", node.clone()).await, "NodeFit");
    let left = done("jury leave", node.clone()).await;
    assert_eq!(left["roster"]["is_in"], false, "{left}");
    assert!(left["roster"]["barred_until"].as_u64().expect("an epoch") > next, "{left}");
    assert_eq!(refused("jury enter", node).await, "EntryBarred");
    net.assert_conserved().await;
}
