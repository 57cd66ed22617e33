//! `cor dev`: a whole network on loopback. Chain in this process; a keeper and five miners as processes of their own; a wallet that pays
//! for one inference by three miners. With `--fault` something goes wrong on purpose, and the same rules must still hold.

mod chain;
mod children;
mod folder;
mod money;
mod report;
mod server;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use alloy::{
    primitives::{Address, B256, U256},
    signers::local::PrivateKeySigner,
};
use backon::{ConstantBuilder, Retryable};
use cor_adapters::{
    chain::Account,
    deploy::{Artifacts, NetworkParams, deploy},
    http::{HttpBlobs, KeeperClient},
    receipt,
};
use cor_anvil::{DevAccount, NodeHandle};
use cor_ports::redacted;
use cor_sol::cor::ICor;

use crate::{
    args::{ConsensusRule, DevArgs, Fault, Kind, Priority, Sla, SubmitArgs, TermsArgs},
    cmd::{self, stop_signal},
    error::CliError,
    network::{Network, send, write_abis, write_deployment},
    output::Output,
    terms,
};
use children::{Children, KillPlan};
use folder::RunFolder;
use money::Holders;
use report::{Report, Timings};

/// Miners of the development network, of which each task takes three.
const MINERS: usize = 5;
/// Roles of the chain's funded accounts.
const DEPLOYER: usize = 0;
const KEEPER: usize = 1;
const FIRST_MINER: usize = 2;
const WALLET: usize = FIRST_MINER + MINERS;
/// COR that the wallet starts with, and what of it it moves into the lane.
const WALLET_COR: u64 = 1_000;
const DEPOSIT_COR: u64 = 100;
/// How long the processes may take to come up. Each miner loads the model, which takes seconds on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(100);
/// 1 COR in wei.
const COR: u64 = 1_000_000_000_000_000_000;

/// A network that is up.
struct Running {
    node: NodeHandle,
    network: Network,
    network_file: PathBuf,
    keeper_url: String,
    wallet: Account,
    session: u64,
    children: Children,
    holders: Holders,
}

pub(crate) async fn run(mut args: DevArgs, output: &Output) -> Result<(), CliError> {
    match &args.openai_url {
        None => cmd::model::ensure(None, std::env::var("COR_MODEL_URL").ok(), output).await?,
        // Before anything is deployed: a miner that asks for a model which is not there ends at once.
        Some(url) if args.openai_model.is_none() => {
            let model = server::only_model(url).await?;
            output.say(format!("miners ask for `{model}`, the only model at {}", redacted(url)));
            args.openai_model = Some(model);
        }
        Some(_) => {}
    }
    let folder = RunFolder::open(args.data.as_deref())?;
    output.say(folder.announcement());
    let ended = run_in(&args, &folder, output).await;
    let closed = folder.close(ended.is_err());
    // What ended the run matters more than a folder that stays.
    ended.and(closed.map(|text| output.say(text)))
}

/// The run in its folder, to the end of all its processes.
async fn run_in(args: &DevArgs, folder: &RunFolder, output: &Output) -> Result<(), CliError> {
    let started = Instant::now();
    let mut running = start(args, folder.path(), output).await?;
    let start_secs = started.elapsed();
    let carried = carry_one(args, &mut running, start_secs, output).await;
    if let (Ok(task), false) = (&carried, args.once) {
        stay(&mut running, folder, *task, output).await;
    }
    running.children.stop().await;
    running.node.stop().await?;
    carried.map(drop)
}

/// Brings everything up.
async fn start(args: &DevArgs, folder: &Path, output: &Output) -> Result<Running, CliError> {
    let mut params = NetworkParams::development(cor_anvil::DEFAULT_CHAIN_ID, Vec::new(), vec![cmd::deploy::default_model()]);
    let (node, rpc, provider) = chain::start(args.port, u64::from(params.jury.epoch_secs)).await?;
    output.say(format!("chain at {rpc}"));
    let keys = node.accounts().iter().map(key_of).collect::<Result<Vec<_>, _>>()?;
    params.keepers.push(keys[KEEPER].address());
    let deployer = Account::new(&rpc, provider, cor_anvil::DEFAULT_CHAIN_ID, keys[DEPLOYER].clone());
    let spinner = output.spinner("deploying");
    let deployed =
        deploy(&deployer, &Artifacts::new(&args.contracts), &params, &mut |step| spinner.set_message(step.to_owned())).await?;
    spinner.finish_and_clear();
    let network_file = folder.join("network.json");
    write_deployment(&network_file, &deployed.deployment)?;
    let abi = write_abis(&network_file)?;
    output.say(cmd::deploy::text(&deployed, &network_file, &abi));
    let network = Network::of(&rpc, deployed.deployment).await?;
    let wallet = network.account_of(keys[WALLET].clone());
    fund(&network, &deployer, &keys).await?;
    cmd::jury::enrol(&network, &network.account_of(keys[KEEPER].clone()), keys[KEEPER].clone()).await?;
    let holders = Holders::new(keys.iter().map(PrivateKeySigner::address).collect());
    let mut children = Children::new(folder.to_owned(), rpc, network_file.clone());
    let keeper_url = children.start_keeper(&keys[KEEPER], args.keeper_port).await?;
    output.say(format!("keeper at {keeper_url}"));
    for (index, key) in keys[FIRST_MINER..WALLET].iter().enumerate() {
        children.start_miner(index, key, &keeper_url, args).await?;
    }
    await_miners(&network, &mut children).await?;
    chain::set_clock(&network.provider, &network.endpoint, 0).await?;
    output.say(format!("{MINERS} miners registered, and in the roster that miners are drawn from"));
    cmd::session::deposit(&network, &wallet, U256::from(DEPOSIT_COR) * U256::from(COR)).await?;
    let session = cmd::session::create(&network, &wallet, terms::word(&session_terms(args))?).await?.number;
    Ok(Running { node, network, network_file, keeper_url, wallet, session, children, holders })
}

fn key_of(account: &DevAccount) -> Result<PrivateKeySigner, CliError> {
    PrivateKeySigner::from_bytes(&account.private_key).map_err(|_| CliError::Key { place: "development account".to_owned() })
}

/// Short phases, so that a drill ends soon; that of the answers is longer because a busy machine infers slowly, and longer still where somebody has to be
/// summoned, waited for and replaced.
fn session_terms(args: &DevArgs) -> TermsArgs {
    TermsArgs {
        model: 1,
        kind: Kind::Text,
        max_tokens: args.max_tokens,
        replicas: 3,
        sla: Sla::Low,
        execution_depth: 1,
        tool_depth: 0,
        consensus_rule: ConsensusRule::Majority,
        quorum_bps: cor_core::limits::QUORUM_MIN_BPS,
        priority: Priority::Normal,
        open_secs: if args.fault == Some(Fault::MinerDead) { 120 } else { 60 },
        precommit_secs: cor_core::limits::LANE_PHASE_SECS_MIN,
        reveal_secs: cor_core::limits::LANE_PHASE_SECS_MIN,
    }
}

/// Mints the stake of each miner, the keeper's bond and the wallet's COR, and stakes for the miners.
async fn fund(network: &Network, deployer: &Account, keys: &[PrivateKeySigner]) -> Result<(), CliError> {
    let required = network.staking().nodeStakeRequired().call().await.map_err(network.failed("nodeStakeRequired"))?;
    for key in &keys[FIRST_MINER..WALLET] {
        send(deployer, "mint", network.at.cor, ICor::mintCall { to: key.address(), value: required }).await?;
        let miner = network.account_of(key.clone());
        cmd::stake::stake_node(network, &miner, key.address()).await?;
    }
    let bond = network.jury().parameters().call().await.map_err(network.failed("parameters"))?.bond;
    send(deployer, "mint", network.at.cor, ICor::mintCall { to: keys[KEEPER].address(), value: bond }).await?;
    let value = U256::from(WALLET_COR) * U256::from(COR);
    send(deployer, "mint", network.at.cor, ICor::mintCall { to: keys[WALLET].address(), value }).await?;
    Ok(())
}

async fn await_miners(network: &Network, children: &mut Children) -> Result<(), CliError> {
    let started = Instant::now();
    loop {
        children.check().await?;
        let mut count = 0;
        for &miner in children.addresses() {
            let entry = network.jury().entryOf(miner, 1).call().await.map_err(network.failed("entryOf"))?;
            count += usize::from(entry.inside);
        }
        if count == MINERS {
            return Ok(());
        }
        if started.elapsed() > START_PATIENCE {
            let what = format!("entry of {MINERS} miners into the roster ({count} came)");
            return Err(CliError::Timeout { what, waited_secs: START_PATIENCE.as_secs(), logs: children.folder().to_owned() });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// One paid inference, from quote to receipt. Returns its task.
async fn carry_one(args: &DevArgs, running: &mut Running, start: Duration, output: &Output) -> Result<B256, CliError> {
    let started = Instant::now();
    let blobs = HttpBlobs(KeeperClient::new(&running.keeper_url)?);
    let before = running.holders.read(&running.network).await?;
    let submit = SubmitArgs { session: running.session, prompt: args.prompt.clone(), max_charge: None, sequence: None };
    output.say(format!("asking: {}", args.prompt));
    let named = cmd::task::name(&running.network, &running.wallet, submit.sequence).await?;
    cmd::task::submit(&running.network, &running.wallet, &blobs, &submit, named, output).await?;
    let task = named.task;
    let kill = (args.fault == Some(Fault::KeeperKilled)).then(|| KillPlan::from_seed(args.seed));
    let spinner = output.spinner(&format!("task {task}"));
    let (waited, watched) = tokio::join!(
        cmd::task::wait(&running.network, &blobs, task, |text| output.say_beside(&spinner, text)),
        running.children.watch(kill, args.fault == Some(Fault::MinerDead), &running.network, task)
    );
    spinner.finish_and_clear();
    watched?;
    let mut waited = waited?;
    if waited.unread.is_some() {
        // The keeper may have been away just then.
        waited.fetch(&blobs).await;
    }
    let receipt = receipt::read(&running.network.provider, &running.network.endpoint, &running.network.at, task).await?;
    // Claims come after the end; the receipt's money is what they take out.
    running.await_claims(&receipt).await?;
    let after = running.holders.read(&running.network).await?;
    let report = Report {
        answer: waited.answer,
        receipt,
        keeper_kills: running.children.keeper_kills(),
        timings: Timings { start_ms: start.as_millis() as u64, task_ms: started.elapsed().as_millis() as u64 },
        supply: after.supply,
        found: after.total(),
        pots: money::pots(&before, &after),
        accounts: money::changes(&before, &after),
    };
    let printed = output.result(&report, report::text);
    report.check(args.fault)?;
    printed?;
    // A task without a result may be what the fault wants; a result that nobody can read is not.
    waited.unread.map_or(Ok(task), |source| Err(cmd::task::unread_error(&report.answer, source)))
}

impl Running {
    /// Waits until the miners that earned have claimed.
    async fn await_claims(&self, receipt: &cor_wire::receipt::Receipt) -> Result<(), CliError> {
        for replica in receipt.replicas.iter().filter(|replica| !replica.earned.is_zero()) {
            let lens = self.network.lens();
            let left = || async {
                let account = lens.accountOf(replica.miner).call().await.map_err(self.network.failed("accountOf"))?;
                let open = || CliError::Timeout {
                    what: format!("the claim of {}", replica.miner),
                    waited_secs: START_PATIENCE.as_secs(),
                    logs: self.children.folder().to_owned(),
                };
                if account.earned == 0 { Ok(()) } else { Err(open()) }
            };
            let tries = START_PATIENCE.as_millis() / POLL.as_millis();
            let policy = ConstantBuilder::default().with_delay(POLL).with_max_times(usize::try_from(tries).unwrap_or(usize::MAX));
            left.retry(policy).when(|error| matches!(error, CliError::Timeout { .. })).await?;
        }
        Ok(())
    }
}

/// Tells how to go on, and stays until Ctrl-C. A process that ends meanwhile is told of: without it tasks wait or expire.
async fn stay(running: &mut Running, folder: &RunFolder, task: B256, output: &Output) {
    let key: B256 = running.node.accounts()[WALLET].private_key;
    let address: Address = running.wallet.address();
    // A program that was just built is in nobody's PATH.
    let folder_of_cor = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.display().to_string()));
    let path = folder_of_cor.map(|folder| format!(" PATH={folder}:$PATH")).unwrap_or_default();
    output.say(format!(
        "\nThe network stays up; Ctrl-C ends it. To send more, in another terminal:\n\n  \
         export COR_RPC={} COR_NETWORK={} COR_KEEPER={} COR_KEY={key}{path}\n  \
         cor task run --session {} \"Name a colour of the rainbow.\"\n  cor explain {task}\n  cor session balance\n\nClients in other languages: the ABIs are in {}; docs/howto/call-from-viem-or-cast.md shows a whole task.\n{}.\n\
         The wallet is {address}.",
        running.network.endpoint,
        running.network_file.display(),
        running.keeper_url,
        running.session,
        folder.path().join("abi").display(),
        folder.announcement(),
    ));
    let mut stop = stop_signal();
    let mut look = tokio::time::interval(POLL);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = look.tick() => {}
        }
        for ended in running.children.take_ended() {
            output.error(&ended);
            output.say("The rest of the network goes on. Ctrl-C and a new start bring a whole one up.");
        }
    }
}
