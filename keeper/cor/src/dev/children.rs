//! The processes of a development network. They are ended by SIGKILL, always: a network that bears that at any moment needs no other way.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use alloy::{
    primitives::{Address, B256, keccak256},
    signers::local::PrivateKeySigner,
};
use cor_adapters::http::{HttpRelay, KeeperClient};
use cor_ports::{
    Relay as _,
    domain::{Offer, Phase},
};
use tokio::process::{Child, Command};

use super::{POLL, START_PATIENCE, folder::tail};
use crate::{
    args::{DevArgs, Fault},
    error::CliError,
    key::KEY_VARIABLE,
    network::Network,
    settings::{ADDRESS_FILE, DrillSetting},
};

/// How often it is looked at whether the moment has come.
const MOMENT_POLL: Duration = Duration::from_millis(5);

/// A process and where its output goes.
struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

/// What a task has come to when the keeper's end draws near. In the usual course it has one phase on chain from its submission to its end, so that its
/// keeper is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// It was submitted: its miners may not be drawn.
    Submitted,
    /// Its keeper offers it to its miners.
    Offered,
    /// All its miners are bound to their answers: its completion is on its way.
    Bound,
}

impl Moment {
    /// Longest time after it until the kill, milliseconds: about what it takes until the next one.
    const fn delay_max_ms(self) -> u64 {
        match self {
            Self::Submitted => 300,
            Self::Offered => 1_500,
            Self::Bound => 600,
        }
    }

    /// Whether it has come, by what the keeper offers of the task to one of its miners.
    fn has_come(self, offer: Option<&Offer>) -> bool {
        match self {
            Self::Submitted => true,
            Self::Offered => offer.is_some(),
            Self::Bound => offer.is_some_and(|offer| offer.bound.iter().all(Option::is_some)),
        }
    }
}

/// When the keeper is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KillPlan {
    after: Moment,
    delay: Duration,
}

impl KillPlan {
    /// A time that depends on the seed alone: three seeds in a row have three moments, each with a delay of its own.
    pub(super) fn from_seed(seed: u64) -> Self {
        let [a, b, ..] = keccak256(seed.to_be_bytes()).0;
        let after = match seed % 3 {
            1 => Moment::Submitted,
            2 => Moment::Offered,
            _ => Moment::Bound,
        };
        let delay = u64::from(u16::from_be_bytes([a, b])) % after.delay_max_ms();
        Self { after, delay: Duration::from_millis(delay) }
    }
}

/// The processes.
pub(super) struct Children {
    folder: PathBuf,
    rpc: String,
    network: PathBuf,
    keeper: Option<(Running, PrivateKeySigner, String)>,
    miners: Vec<Running>,
    addresses: Vec<Address>,
    keeper_kills: u32,
}

impl Children {
    pub(super) const fn new(folder: PathBuf, rpc: String, network: PathBuf) -> Self {
        Self { folder, rpc, network, keeper: None, miners: Vec::new(), addresses: Vec::new(), keeper_kills: 0 }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) const fn keeper_kills(&self) -> u32 {
        self.keeper_kills
    }

    /// Starts the keeper and waits until it answers. Returns its URL.
    pub(super) async fn start_keeper(&mut self, key: &PrivateKeySigner, port: u16) -> Result<String, CliError> {
        let data = self.folder.join("keeper");
        // A port that is given goes to the keeper as it is; port 0 is resolved by it and told in a file.
        let listen = format!("127.0.0.1:{port}");
        let file = data.join(ADDRESS_FILE);
        // The keeper that was killed left its own.
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(CliError::Io { what: format!("removing {}", file.display()), source: error });
            }
            _ => {}
        }
        let mut running =
            self.spawn("keeper", key, &data, |command| command.env("COR_KEEPER_LISTEN", &listen).env("COR_KEEPER_DATA", &data))?;
        let address = self.await_address(&mut running, &file).await?;
        let url = format!("http://{address}");
        KeeperClient::new(&url)?.wait_ready(START_PATIENCE).await?;
        self.keeper = Some((running, key.clone(), address));
        Ok(url)
    }

    async fn await_address(&self, running: &mut Running, file: &Path) -> Result<String, CliError> {
        let started = Instant::now();
        loop {
            match std::fs::read_to_string(file) {
                Ok(address) if !address.is_empty() => return Ok(address),
                _ => {}
            }
            alive(running)?;
            if started.elapsed() > START_PATIENCE {
                return Err(CliError::Timeout {
                    what: "the keeper's start".to_owned(),
                    waited_secs: START_PATIENCE.as_secs(),
                    logs: self.folder.clone(),
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Starts a miner; it registers itself when its model is loaded.
    pub(super) async fn start_miner(
        &mut self,
        index: usize,
        key: &PrivateKeySigner,
        keeper_url: &str,
        args: &DevArgs,
    ) -> Result<(), CliError> {
        let name = format!("miner-{index}");
        let data = self.folder.join(&name);
        let (drill, replica) = match args.fault {
            None | Some(Fault::KeeperKilled | Fault::MinerDead) => (DrillSetting::None, "-1"),
            Some(Fault::AllSilent) => (DrillSetting::Silent, "-1"),
            Some(Fault::WrongAnswer) => (DrillSetting::WrongAnswer, "0"),
            Some(Fault::NeverReveal) => (DrillSetting::NeverReveal, "0"),
            Some(Fault::RevealOther) => (DrillSetting::RevealOther, "0"),
            Some(Fault::CopyCommitment) => (DrillSetting::CopyCommitment, "0"),
        };
        let running = self.spawn("miner", key, &data, |command| {
            command
                .env("COR_MINER_DATA", &data)
                .env("COR_MINER_KEEPER", keeper_url)
                .env("COR_MINER_DRILL", drill.name())
                .env("COR_MINER_DRILL_REPLICA", replica);
            if let Some(url) = &args.openai_url {
                command.env("COR_MINER_BACKEND__KIND", "openai").env("COR_MINER_BACKEND__OPENAI_URL", url);
            }
            if let Some(model) = &args.openai_model {
                command.env("COR_MINER_BACKEND__OPENAI_MODEL", model);
            }
            command
        })?;
        self.miners.push(running);
        self.addresses.push(key.address());
        Ok(())
    }

    fn spawn(
        &self,
        service: &str,
        key: &PrivateKeySigner,
        data: &Path,
        set: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Running, CliError> {
        let name = data.file_name().map_or_else(|| service.to_owned(), |name| name.to_string_lossy().into_owned());
        std::fs::create_dir_all(data).map_err(CliError::io(format!("making the folder {}", data.display())))?;
        let log = self.folder.join(format!("{name}.log"));
        let open =
            || File::options().create(true).append(true).open(&log).map_err(CliError::io(format!("opening {}", log.display())));
        let program = std::env::current_exe().map_err(CliError::io("finding this program"))?;
        let mut command = Command::new(program);
        command
            .arg(service)
            .env("COR_RPC", &self.rpc)
            .env("COR_NETWORK", &self.network)
            .env(KEY_VARIABLE, key.to_bytes().to_string());
        set(&mut command);
        command.stdin(Stdio::null()).stdout(open()?).stderr(open()?).kill_on_drop(true);
        let child = command.spawn().map_err(CliError::io(format!("starting {name}")))?;
        Ok(Running { name, child, log })
    }

    /// Whether all processes live.
    pub(super) async fn check(&mut self) -> Result<(), CliError> {
        if let Some((keeper, ..)) = &mut self.keeper {
            alive(keeper)?;
        }
        self.miners.iter_mut().try_for_each(alive)
    }

    /// The processes that ended by themselves since the last look, as what is to be said of them.
    pub(super) fn take_ended(&mut self) -> Vec<CliError> {
        let mut ended: Vec<_> =
            self.keeper.take_if(|(keeper, ..)| alive(keeper).is_err()).map(|(running, ..)| running).into_iter().collect();
        ended.extend(self.miners.extract_if(.., |miner| alive(miner).is_err()));
        ended.iter_mut().filter_map(|running| alive(running).err()).collect()
    }

    /// Addresses of the miners.
    pub(super) fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Kills the keeper by plan, or a miner that was drawn for the task.
    pub(super) async fn watch(
        &mut self,
        plan: Option<KillPlan>,
        kills_miner: bool,
        network: &Network,
        task: B256,
    ) -> Result<(), CliError> {
        if kills_miner { self.kill_drawn(network, task).await } else { self.watch_keeper(plan, network, task).await }
    }

    /// Kills the first miner of the crew, for good, as soon as the keeper offers the task: long before it can have answered.
    async fn kill_drawn(&mut self, network: &Network, task: B256) -> Result<(), CliError> {
        let Some((_, _, address)) = &self.keeper else { return Ok(()) };
        let relay = HttpRelay(KeeperClient::new(&format!("http://{address}"))?);
        while network.task(task).await?.state.phase == Phase::Open {
            let drawn = self.offer(&relay, task).await.and_then(|offer| offer.crew.miners.first().copied());
            let place = self.addresses.iter().position(|address| Some(*address) == drawn);
            if let Some(miner) = place.and_then(|place| self.miners.get_mut(place)) {
                return miner.child.kill().await.map_err(CliError::io(format!("killing {}", miner.name)));
            }
            tokio::time::sleep(MOMENT_POLL).await;
        }
        Ok(())
    }

    /// Kills the keeper by plan and starts it again on the same folder and port.
    async fn watch_keeper(&mut self, plan: Option<KillPlan>, network: &Network, task: B256) -> Result<(), CliError> {
        let (Some(plan), Some((mut running, key, address))) = (plan, self.keeper.take_if(|_| plan.is_some())) else {
            return Ok(());
        };
        let relay = HttpRelay(KeeperClient::new(&format!("http://{address}"))?);
        // A task that is no longer open has passed every moment.
        while !plan.after.has_come(self.offer(&relay, task).await.as_ref())
            && network.task(task).await?.state.phase == Phase::Open
        {
            tokio::time::sleep(MOMENT_POLL).await;
        }
        tokio::time::sleep(plan.delay).await;
        running.child.kill().await.map_err(CliError::io("killing the keeper"))?;
        self.keeper_kills += 1;
        let port = address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(0);
        self.start_keeper(&key, port).await.map(drop)
    }

    /// What the keeper offers of a task to one of the miners.
    async fn offer(&self, relay: &HttpRelay, task: B256) -> Option<Offer> {
        for miner in &self.addresses {
            // A keeper that does not answer has nothing to offer now.
            let offers = relay.offers(*miner).await.unwrap_or_default();
            if let Some(offer) = offers.into_iter().find(|offer| offer.task == task) {
                return Some(offer);
            }
        }
        None
    }

    /// Ends all processes.
    pub(super) async fn stop(&mut self) {
        let keeper = self.keeper.take().map(|(running, ..)| running);
        for mut running in self.miners.drain(..).chain(keeper) {
            // A process that ended by itself is gone as well.
            let _ = running.child.kill().await;
        }
    }
}

fn alive(running: &mut Running) -> Result<(), CliError> {
    match running.child.try_wait().map_err(CliError::io(format!("looking at {}", running.name)))? {
        None => Ok(()),
        Some(status) => Err(CliError::Child {
            name: running.name.clone(),
            status: status.to_string(),
            tail: tail(&running.log),
            log: running.log.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use cor_ports::domain::{Bound, Crew};

    use super::*;

    #[test]
    fn three_seeds_in_a_row_have_three_moments() {
        let plans = [1, 2, 3].map(KillPlan::from_seed);
        assert_eq!(plans.map(|plan| plan.after), [Moment::Submitted, Moment::Offered, Moment::Bound]);
        for seed in 0..100 {
            let plan = KillPlan::from_seed(seed);
            assert_eq!(plan, KillPlan::from_seed(seed), "by the seed alone");
            assert!(plan.delay < Duration::from_millis(plan.after.delay_max_ms()), "{plan:?}");
        }
    }

    #[test]
    fn the_moment_comes_with_what_the_keeper_offers() {
        let bound = Some(Bound { commitment: B256::ZERO, signature: [0; 65] });
        let offer = |bound: [Option<Bound>; 2]| Offer {
            task: B256::ZERO,
            crew: Crew { keeper: Address::ZERO, miners: vec![Address::ZERO; 2] },
            assign: [0; 65],
            bound: bound.to_vec(),
        };
        for (offer, come) in [
            (None, [true, false, false]),
            (Some(offer([bound, None])), [true, true, false]),
            (Some(offer([bound, bound])), [true, true, true]),
        ] {
            let moments = [Moment::Submitted, Moment::Offered, Moment::Bound];
            assert_eq!(moments.map(|moment| moment.has_come(offer.as_ref())), come, "{offer:?}");
        }
    }
}
