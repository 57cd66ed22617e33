//! Arguments of `cor chain`. Names and short forms are Anvil's where Anvil has the flag.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{Args as ClapArgs, ValueEnum};
use cor_anvil::{
    DEFAULT_BALANCE_ETHER, DEFAULT_DERIVATION_PATH, DEFAULT_MNEMONIC, DEFAULT_STATES_KEPT, ForkConfig, ForkHeader, GenesisFile,
    Mining, NodeConfig, NodeError, Order,
    evm::{ArbOsVersion, CODE_SIZE_UNLIMITED},
    random_mnemonic,
};

/// Name of Anvil's socket, in the folder for temporary files.
const DEFAULT_IPC: &str = "anvil.ipc";

#[derive(Debug, ClapArgs)]
pub(crate) struct ChainArgs {
    /// Start as Nitro's development node does: port 8547, its account with ether and as the chain's owner, a cache manager. Other
    /// flags override it.
    #[arg(long, conflicts_with = "fork_url")]
    nitro_devnode: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    accounts: AccountArgs,
    #[command(flatten)]
    mining: MiningArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    fork: ForkArgs,
    /// Write endpoint, accounts and fees to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) config_out: Option<PathBuf>,
    /// Print nothing.
    #[arg(long, short, visible_alias = "quiet", visible_short_alias = 'q')]
    pub(crate) silent: bool,
    /// Print what each transaction calls, creates and logs.
    #[arg(long, visible_alias = "enable-trace-printing")]
    pub(crate) print_traces: bool,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Server")]
struct ServerArgs {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port for HTTP and WebSocket; 0 takes any free one. [default: 8545, with --nitro-devnode 8547]
    #[arg(long, short)]
    port: Option<u16>,
    /// Answer on a Unix socket as well, anvil.ipc in the folder for temporary files if none is named.
    #[arg(long, visible_alias = "ipcpath", value_name = "FILE")]
    ipc: Option<Option<PathBuf>>,
    /// Origin that browsers may call from; * for all.
    #[arg(long, default_value = "*")]
    allow_origin: String,
    /// Disable CORS.
    #[arg(long, conflicts_with = "allow_origin")]
    no_cors: bool,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Accounts")]
struct AccountArgs {
    /// Number of funded accounts.
    #[arg(long, short, default_value_t = 10)]
    accounts: u32,
    /// Ether of each account.
    #[arg(long, default_value_t = DEFAULT_BALANCE_ETHER)]
    balance: u64,
    /// Phrase the accounts derive from.
    #[arg(long, short, default_value = DEFAULT_MNEMONIC)]
    mnemonic: String,
    /// Generate a new mnemonic at each start, of 12, 15, 18, 21 or 24 words; 12 if no number is given.
    #[arg(long, value_name = "WORDS", num_args = 0..=1, default_missing_value = "12", conflicts_with = "mnemonic")]
    mnemonic_random: Option<usize>,
    /// Path below which the accounts derive.
    #[arg(long, default_value = DEFAULT_DERIVATION_PATH)]
    derivation_path: String,
    /// Accept any sender in eth_sendTransaction.
    #[arg(long, visible_alias = "auto-unlock")]
    auto_impersonate: bool,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Blocks")]
struct MiningArgs {
    /// Seconds between blocks, may be fractional; if omitted, each transaction is mined at once.
    #[arg(long, short, value_parser = seconds, value_name = "SECONDS")]
    block_time: Option<Duration>,
    /// Mine on request only.
    #[arg(long, visible_alias = "no-mine", conflicts_with = "block_time")]
    no_mining: bool,
    /// Mine each transaction at once, and a block every --block-time as well.
    #[arg(long, requires = "block_time")]
    mixed_mining: bool,
    /// Which of several senders' transactions goes first; a sequencer of Arbitrum takes the first to come.
    #[arg(long, value_enum, default_value_t = OrderArg::Fifo)]
    order: OrderArg,
    /// The nonce rule of a Nitro sequencer: no pool, a nonce ahead is held a second, then refused.
    #[arg(long)]
    nitro_sequencer: bool,
    /// Timestamp of the first block, seconds since 1970; on a fork, chain time at the start if it is later than the fork block.
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<u64>,
    /// Number of the first block.
    #[arg(long, default_value_t = 0, conflicts_with = "fork_url")]
    number: u64,
    /// Blocks that `safe` is behind the newest one, and half of those that `finalized` is; with 0 each block is both at once.
    #[arg(long, default_value_t = 0, value_name = "BLOCKS")]
    slots_in_an_epoch: u64,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Rules")]
struct RuleArgs {
    /// Chain id; the forked chain's or else 412346 if it is not given.
    #[arg(long)]
    chain_id: Option<u64>,
    /// Gas limit in block headers. [default: the fork block's or the genesis file's, else 1125899906842624]
    #[arg(long)]
    gas_limit: Option<u64>,
    /// Wei for a unit of gas. [default: the fork block's or the genesis file's, else 100000000]
    #[arg(long, visible_alias = "block-base-fee-per-gas", value_name = "WEI")]
    base_fee: Option<u64>,
    /// The same as --base-fee: Arbitrum collects no tips, so the price of gas is the base fee.
    #[arg(long, conflicts_with = "base_fee", value_name = "WEI")]
    gas_price: Option<u64>,
    /// Limit of deployed code, bytes. [default: 24576]
    #[arg(long, value_name = "BYTES")]
    code_size_limit: Option<usize>,
    /// Let deployed code be of any length.
    #[arg(long, conflicts_with = "code_size_limit")]
    disable_code_size_limit: bool,
    /// Release of ArbOS: 40, 51 or 60. A fork of a chain with ArbOS runs that chain's. [default: 51]
    #[arg(long)]
    arbos_version: Option<ArbOsVersion>,
    /// Release of ArbOS by the Ethereum hard fork whose opcodes it has.
    #[arg(long, value_enum, conflicts_with = "arbos_version")]
    hardfork: Option<HardforkArg>,
    /// Accepted for scripts written for Anvil: every transaction can be traced step by step without it.
    #[arg(long, visible_alias = "tracing")]
    steps_tracing: bool,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "State")]
struct StateArgs {
    /// Accounts, chain id and header to start with, a genesis.json in geth's form. Other flags override it.
    #[arg(long, value_name = "FILE", conflicts_with = "fork_url")]
    init: Option<PathBuf>,
    /// State file: read at the start if it exists, written at the end.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["load_state", "dump_state"])]
    state: Option<PathBuf>,
    /// State file to read at the start.
    #[arg(long, value_name = "FILE")]
    load_state: Option<PathBuf>,
    /// State file to write at the end.
    #[arg(long, value_name = "FILE")]
    dump_state: Option<PathBuf>,
    /// Seconds between writes of the state file while the chain runs.
    #[arg(long, short = 'i', value_parser = seconds, value_name = "SECONDS")]
    state_interval: Option<Duration>,
    /// Blocks whose state is kept for calls, proofs and traces.
    #[arg(long, default_value_t = DEFAULT_STATES_KEPT)]
    max_persisted_states: usize,
    /// Keep only this many states, one if no number is given.
    #[arg(long, value_name = "STATES", num_args = 0..=1, default_missing_value = "1", conflicts_with = "max_persisted_states")]
    prune_history: Option<usize>,
    /// Blocks whose transactions and receipts are kept; all by default.
    #[arg(long, value_name = "BLOCKS", visible_alias = "blocks-kept")]
    transaction_block_keeper: Option<usize>,
    /// Folder for compiled Stylus programs. What is in it is executed: nobody else may be able to write to it.
    #[arg(long, value_name = "FOLDER")]
    program_cache: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Fork")]
struct ForkArgs {
    /// Start from the chain at this JSON-RPC endpoint.
    #[arg(long, short, visible_alias = "rpc-url", value_name = "URL")]
    fork_url: Option<String>,
    /// Block to start from; the newest by default.
    #[arg(long, requires = "fork_url", value_name = "BLOCK")]
    fork_block_number: Option<u64>,
    /// The forked chain's id. With it and a block number, a cache that knows the block needs no endpoint to start.
    #[arg(long, requires_all = ["fork_url", "fork_block_number"], value_name = "CHAIN")]
    fork_chain_id: Option<u64>,
    /// Header for each request, as "Authorization: Bearer 123"; may be given several times.
    #[arg(long, requires = "fork_url", value_name = "HEADER")]
    fork_header: Vec<ForkHeader>,
    /// Attempts after a failed request. [default: 5]
    #[arg(long, requires = "fork_url")]
    retries: Option<usize>,
    /// Milliseconds before the first repeated attempt; they double each time. [default: 1000]
    #[arg(long, requires = "fork_url", value_name = "MILLISECONDS")]
    fork_retry_backoff: Option<u64>,
    /// Milliseconds for one attempt. [default: 45000]
    #[arg(long, requires = "fork_url", value_name = "MILLISECONDS")]
    timeout: Option<u64>,
    /// Folder for what was read of the forked chain, by chain id and block.
    #[arg(long, requires = "fork_url", default_value = ".cor/fork", value_name = "FOLDER")]
    fork_cache: PathBuf,
    /// Keep nothing of what was read for the next start.
    #[arg(long, requires = "fork_url", conflicts_with = "fork_cache")]
    no_storage_caching: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OrderArg {
    /// First come, first served.
    Fifo,
    /// The highest fee first.
    Fees,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HardforkArg {
    /// ArbOS 40.
    Prague,
    /// ArbOS 51.
    Osaka,
    /// The default release.
    Latest,
}

/// A number of seconds, whole or not.
fn seconds(text: &str) -> Result<Duration, String> {
    let secs: f64 = text.parse().map_err(|_| "it must be a number of seconds, as 2 or 0.25".to_owned())?;
    match Duration::try_from_secs_f64(secs) {
        Ok(period) if !period.is_zero() => Ok(period),
        _ => Err("it must be more than 0 seconds".to_owned()),
    }
}

impl ChainArgs {
    /// The node these arguments describe.
    ///
    /// # Errors
    /// [`NodeError`] if the genesis file is not good, or a phrase cannot have the number of words asked for.
    pub(crate) fn to_config(&self) -> Result<NodeConfig, NodeError> {
        let Self { server, accounts, mining, rules, state, fork, .. } = self;
        let defaults = if self.nitro_devnode { NodeConfig::nitro_devnode() } else { NodeConfig::default() };
        let refused = |path: &Path, source| NodeError::Genesis { path: path.to_owned(), source };
        let init =
            state.init.as_deref().map(|path| GenesisFile::read(path).map_err(|source| refused(path, source))).transpose()?;
        Ok(NodeConfig {
            host: server.host,
            port: server.port.or(defaults.port),
            ipc: server.ipc.clone().map(|path| path.unwrap_or_else(|| std::env::temp_dir().join(DEFAULT_IPC))),
            allow_origin: (!server.no_cors).then(|| server.allow_origin.clone()),
            chain_id: rules.chain_id.or(defaults.chain_id),
            accounts: accounts.accounts,
            balance_ether: accounts.balance,
            mnemonic: accounts.mnemonic_random.map_or_else(|| Ok(accounts.mnemonic.clone()), random_mnemonic)?,
            derivation_path: accounts.derivation_path.clone(),
            mining: mining.to_mining(),
            order: match mining.order {
                OrderArg::Fifo => Order::Fifo,
                OrderArg::Fees => Order::Fees,
            },
            genesis_timestamp: mining.timestamp,
            genesis_number: mining.number,
            base_fee_wei: rules.base_fee.or(rules.gas_price),
            block_gas_limit: rules.gas_limit,
            arbos: rules.arbos(),
            code_size_limit: rules.code_size_limit(defaults.code_size_limit),
            slots_in_an_epoch: mining.slots_in_an_epoch,
            init: init.map(Arc::new),
            auto_impersonate: accounts.auto_impersonate,
            states_kept: state.prune_history.unwrap_or(state.max_persisted_states),
            blocks_kept: state.transaction_block_keeper,
            nitro_sequencer: mining.nitro_sequencer,
            state: state.state.clone(),
            load_state: state.load_state.clone(),
            dump_state: state.dump_state.clone(),
            state_interval: state.state_interval,
            fork: fork.to_config(),
            program_cache: state.program_cache.clone(),
            ..defaults
        })
    }
}

impl ChainArgs {
    /// Whether the phrase is a new one, which nobody knows yet.
    pub(crate) fn has_random_mnemonic(&self) -> bool {
        self.accounts.mnemonic_random.is_some()
    }
}

impl MiningArgs {
    fn to_mining(&self) -> Mining {
        match (self.block_time, self.no_mining, self.mixed_mining) {
            (Some(period), _, true) => Mining::Mixed(period),
            (Some(period), _, false) => Mining::Interval(period),
            (None, true, _) => Mining::Manual,
            (None, false, _) => Mining::Auto,
        }
    }
}

impl RuleArgs {
    fn code_size_limit(&self, default: usize) -> usize {
        if self.disable_code_size_limit { CODE_SIZE_UNLIMITED } else { self.code_size_limit.unwrap_or(default) }
    }

    fn arbos(&self) -> ArbOsVersion {
        match self.hardfork {
            Some(HardforkArg::Prague) => ArbOsVersion::V40,
            Some(HardforkArg::Osaka) => ArbOsVersion::V51,
            Some(HardforkArg::Latest) | None => self.arbos_version.unwrap_or_default(),
        }
    }
}

impl ForkArgs {
    fn to_config(&self) -> Option<ForkConfig> {
        let defaults = ForkConfig::new(self.fork_url.clone()?);
        Some(ForkConfig {
            block_number: self.fork_block_number,
            chain_id: self.fork_chain_id,
            retries: self.retries.unwrap_or(defaults.retries),
            retry_backoff: self.fork_retry_backoff.map_or(defaults.retry_backoff, Duration::from_millis),
            timeout: self.timeout.map_or(defaults.timeout, Duration::from_millis),
            headers: self.fork_header.clone(),
            cache_dir: (!self.no_storage_caching).then(|| self.fork_cache.clone()),
            ..defaults
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::{Parser, error::ErrorKind};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        chain: ChainArgs,
    }

    fn parse(line: &str) -> Result<NodeConfig, clap::Error> {
        let words = std::iter::once("chain").chain(line.split_whitespace());
        Line::try_parse_from(words).map(|line| line.chain.to_config().expect("a node"))
    }

    /// What differs between the node of `line` and that of no arguments.
    fn check(line: &str, change: impl FnOnce(&mut NodeConfig)) {
        check_against(NodeConfig::default(), line, change);
    }

    fn check_against(mut expected: NodeConfig, line: &str, change: impl FnOnce(&mut NodeConfig)) {
        change(&mut expected);
        let config = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(format!("{config:?}"), format!("{expected:?}"), "{line}");
    }

    fn fork(url: &str) -> ForkConfig {
        ForkConfig::new(url).cache_dir(".cor/fork")
    }

    #[test]
    fn each_flag_changes_what_it_names() {
        let secs = Duration::from_secs;
        check("", |_| {});
        check("--host 0.0.0.0 -p 1", |node| (node.host, node.port) = ([0, 0, 0, 0].into(), Some(1)));
        check("--allow-origin http://a", |node| node.allow_origin = Some("http://a".to_owned()));
        check("--no-cors", |node| node.allow_origin = None);
        check("-a 3 --balance 7", |node| (node.accounts, node.balance_ether) = (3, 7));
        check("--derivation-path m/0/ -m x", |node| {
            (node.derivation_path, node.mnemonic) = ("m/0/".to_owned(), "x".to_owned());
        });
        check("--auto-unlock", |node| node.auto_impersonate = true);
        check("-b 2", |node| node.mining = Mining::Interval(secs(2)));
        check("--block-time 0.25 --mixed-mining", |node| node.mining = Mining::Mixed(Duration::from_millis(250)));
        check("--no-mine", |node| node.mining = Mining::Manual);
        check("--order fees", |node| node.order = Order::Fees);
        check("--nitro-sequencer", |node| node.nitro_sequencer = true);
        check("--timestamp 9 --number 8", |node| (node.genesis_timestamp, node.genesis_number) = (Some(9), 8));
        check("--chain-id 5", |node| node.chain_id = Some(5));
        check("--gas-limit 6 --base-fee 0", |node| (node.block_gas_limit, node.base_fee_wei) = (Some(6), Some(0)));
        check("--gas-price 7", |node| node.base_fee_wei = Some(7));
        check("--code-size-limit 8", |node| node.code_size_limit = 8);
        check("--arbos-version 60", |node| node.arbos = ArbOsVersion::V60);
        check("--hardfork prague", |node| node.arbos = ArbOsVersion::V40);
        check("--hardfork osaka --steps-tracing", |node| node.arbos = ArbOsVersion::V51);
        check("--state s -i 5", |node| (node.state, node.state_interval) = (Some("s".into()), Some(secs(5))));
        check("--load-state a --dump-state b", |node| (node.load_state, node.dump_state) = (Some("a".into()), Some("b".into())));
        check("--max-persisted-states 4", |node| node.states_kept = 4);
        check("--prune-history", |node| node.states_kept = 1);
        check("--prune-history 9", |node| node.states_kept = 9);
        check("--transaction-block-keeper 3", |node| node.blocks_kept = Some(3));
        check("--program-cache p", |node| node.program_cache = Some("p".into()));
        check("-f http://a", |node| node.fork = Some(fork("http://a")));
        check("--rpc-url http://a --fork-block-number 4 --fork-chain-id 3", |node| {
            node.fork = Some(ForkConfig { chain_id: Some(3), ..fork("http://a").block_number(4) });
        });
        check("-f http://a --retries 2 --fork-retry-backoff 30 --timeout 40", |node| {
            let (retry_backoff, timeout) = (Duration::from_millis(30), Duration::from_millis(40));
            node.fork = Some(ForkConfig { retries: 2, retry_backoff, timeout, ..fork("http://a") });
        });
        check("-f http://a --no-storage-caching", |node| node.fork = Some(ForkConfig::new("http://a")));
        check("-f http://a --fork-header a:b --fork-header c:d", |node| {
            let headers = ["a: b", "c: d"].map(|header| header.parse().expect("a header")).into();
            node.fork = Some(ForkConfig { headers, ..fork("http://a") });
        });
        check("--ipc", |node| node.ipc = Some(std::env::temp_dir().join("anvil.ipc")));
        check("--ipc i --print-traces", |node| node.ipc = Some("i".into()));
        check("--slots-in-an-epoch 32", |node| node.slots_in_an_epoch = 32);
        check("--disable-code-size-limit", |node| node.code_size_limit = CODE_SIZE_UNLIMITED);
        check("-f http://a --fork-cache c", |node| node.fork = Some(ForkConfig::new("http://a").cache_dir("c")));
    }

    #[test]
    fn flags_go_before_the_preset() {
        let preset = NodeConfig::nitro_devnode;
        check_against(preset(), "--nitro-devnode", |node| assert_eq!(node.port, Some(8_547)));
        check_against(preset(), "--nitro-devnode --port 1 --chain-id 2 --accounts 0 --nitro-sequencer", |node| {
            (node.port, node.chain_id, node.accounts, node.nitro_sequencer) = (Some(1), Some(2), 0, true);
        });
    }

    /// Flags whose default clap does not know, because a fork, a genesis file or a preset has a say in it.
    #[test]
    fn help_says_the_defaults() {
        use clap::CommandFactory as _;
        use cor_anvil::{BLOCK_GAS_LIMIT, DEFAULT_BASE_FEE_WEI, DEFAULT_PORT, NITRO_DEVNODE_PORT};
        let (node, fork) = (NodeConfig::default(), ForkConfig::new(""));
        let command = Line::command();
        for (flag, default) in [
            ("port", format!("{DEFAULT_PORT}, with --nitro-devnode {NITRO_DEVNODE_PORT}")),
            ("gas-limit", format!("the fork block's or the genesis file's, else {BLOCK_GAS_LIMIT}")),
            ("base-fee", format!("the fork block's or the genesis file's, else {DEFAULT_BASE_FEE_WEI}")),
            ("code-size-limit", node.code_size_limit.to_string()),
            ("arbos-version", node.arbos.to_string()),
            ("retries", fork.retries.to_string()),
            ("fork-retry-backoff", fork.retry_backoff.as_millis().to_string()),
            ("timeout", fork.timeout.as_millis().to_string()),
        ] {
            let arg = command.get_arguments().find(|arg| arg.get_long() == Some(flag));
            let help = arg.and_then(|arg| arg.get_help()).map(ToString::to_string).unwrap_or_default();
            let wanted = format!("[default: {default}]");
            assert!(help.trim_end_matches('.').ends_with(&wanted), "--{flag}: {help}");
        }
    }

    #[test]
    fn a_random_phrase_is_another_one_each_time() {
        let phrase = |line| parse(line).unwrap_or_else(|error| panic!("{error}")).mnemonic;
        let [one, two] = [(); 2].map(|()| phrase("--mnemonic-random"));
        assert_ne!(one, two);
        assert_eq!((one.split(' ').count(), phrase("--mnemonic-random 24").split(' ').count()), (12, 24));
    }

    #[test]
    fn contradictions_and_bad_values_are_refused() {
        for (line, kind) in [
            ("--block-time 2 --no-mining", ErrorKind::ArgumentConflict),
            ("--base-fee 1 --gas-price 1", ErrorKind::ArgumentConflict),
            ("--hardfork osaka --arbos-version 51", ErrorKind::ArgumentConflict),
            ("--no-cors --allow-origin x", ErrorKind::ArgumentConflict),
            ("--state a --load-state b", ErrorKind::ArgumentConflict),
            ("--state a --dump-state b", ErrorKind::ArgumentConflict),
            ("-f http://a --number 3", ErrorKind::ArgumentConflict),
            ("-f http://a --no-storage-caching --fork-cache c", ErrorKind::ArgumentConflict),
            ("--prune-history --max-persisted-states 3", ErrorKind::ArgumentConflict),
            ("--mixed-mining", ErrorKind::MissingRequiredArgument),
            ("--fork-block-number 1", ErrorKind::MissingRequiredArgument),
            ("-f http://a --fork-chain-id 1", ErrorKind::MissingRequiredArgument),
            ("--retries 1", ErrorKind::MissingRequiredArgument),
            ("--block-time 0", ErrorKind::ValueValidation),
            ("--block-time soon", ErrorKind::ValueValidation),
            ("--arbos-version 50", ErrorKind::ValueValidation),
            ("--hardfork cancun", ErrorKind::InvalidValue),
            ("--hardfork shanghai", ErrorKind::InvalidValue),
            ("--order random", ErrorKind::InvalidValue),
            ("--port 70000", ErrorKind::ValueValidation),
            ("--nitro-devnode -f http://a", ErrorKind::ArgumentConflict),
            ("--init g -f http://a", ErrorKind::ArgumentConflict),
            ("--mnemonic-random --mnemonic x", ErrorKind::ArgumentConflict),
            ("--disable-code-size-limit --code-size-limit 1", ErrorKind::ArgumentConflict),
            ("--fork-header a:b", ErrorKind::MissingRequiredArgument),
            ("-f http://a --fork-header ab", ErrorKind::ValueValidation),
            ("--slots-in-an-epoch -1", ErrorKind::UnknownArgument),
            ("--optimism", ErrorKind::UnknownArgument),
        ] {
            let error = parse(line).err().unwrap_or_else(|| panic!("{line} was accepted"));
            assert_eq!(error.kind(), kind, "{line}: {error}");
        }
    }

    #[test]
    fn a_hard_fork_before_stylus_is_refused_with_those_that_are_there() {
        for name in ["cancun", "shanghai", "frontier"] {
            let error = parse(&format!("--hardfork {name}")).expect_err("it is older than Stylus").to_string();
            let first = error.lines().next().unwrap_or_default();
            assert_eq!(first, format!("error: invalid value '{name}' for '--hardfork <HARDFORK>'"));
            assert!(error.contains("[possible values: prague, osaka, latest]"), "{error}");
        }
    }
}
