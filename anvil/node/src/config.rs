//! How a node is set up. Names follow Anvil's flags.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use alloy_primitives::{Address, B256, U256, address};

use crate::{
    accounts::{DEFAULT_DERIVATION_PATH, DEFAULT_MNEMONIC, NITRO_DEV_KEY},
    arbos::SEQUENCER,
    clock::{Clock, SystemClock},
    evm::{ArbOsVersion, DEFAULT_CODE_SIZE_LIMIT},
    fork::ForkConfig,
    genesis_file::GenesisFile,
};

/// Chain id of Nitro's development node.
pub const DEFAULT_CHAIN_ID: u64 = 412_346;
/// Anvil's port.
pub const DEFAULT_PORT: u16 = 8545;
/// Port of Nitro's development node.
pub const NITRO_DEVNODE_PORT: u16 = 8547;
/// The account of [`NITRO_DEV_KEY`].
const NITRO_DEV_ACCOUNT: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
/// Wei for a unit of gas: 0.1 gwei, Arbitrum's floor. Arbitrum One has used 0.01 since 2024; tools expect either.
pub const DEFAULT_BASE_FEE_WEI: u64 = 100_000_000;
/// Gas limit in block headers, as on Arbitrum: no real limit, the transaction's counts.
pub const BLOCK_GAS_LIMIT: u64 = 1 << 50;
/// Gas an `eth_call` or an estimate may use at most (Nitro's RPC cap): enough for any transaction, short enough to answer.
pub const DEFAULT_CALL_GAS_CAP: u64 = 50_000_000;
/// Ether every development account starts with.
pub const DEFAULT_BALANCE_ETHER: u64 = 10_000;
/// Blocks whose state is kept for calls, proofs and traces. A state costs what its block changed; fewer break tools that look
/// back a few minutes, more cost memory on long runs.
pub const DEFAULT_STATES_KEPT: usize = 1_000;

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mining {
    /// A block for every transaction, at once.
    Auto,
    /// A block every so often, with what the pool holds.
    Interval(Duration),
    /// A block for every transaction, and one every so often.
    Mixed(Duration),
    /// Only when asked (`evm_mine`).
    Manual,
}

/// Which of several senders' transactions goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// First come, first served, as Arbitrum's sequencer.
    #[default]
    Fifo,
    /// The highest fee first.
    Fees,
}

/// Settings of a node. Start from [`NodeConfig::default`] and change what differs.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// Address to listen on (`--host`).
    pub host: IpAddr,
    /// Port for HTTP and WebSocket (`--port`); 0 takes any free one; `None` opens no socket at all.
    pub port: Option<u16>,
    /// File of a Unix socket on which JSON-RPC is answered as well (`--ipc`).
    pub ipc: Option<PathBuf>,
    /// Origin that browsers may call from (`--allow-origin`); `*` for all; none if `None` (`--no-cors`).
    pub allow_origin: Option<String>,
    /// Chain id (`--chain-id`); if `None`, the forked chain's or else [`DEFAULT_CHAIN_ID`].
    pub chain_id: Option<u64>,
    /// Number of development accounts (`--accounts`).
    pub accounts: u32,
    /// Ether of each (`--balance`).
    pub balance_ether: u64,
    /// Phrase they derive from (`--mnemonic`).
    pub mnemonic: String,
    /// Path below which they derive (`--derivation-path`).
    pub derivation_path: String,
    /// Keys of funded accounts that come before those of the phrase. Public knowledge, as the phrase.
    pub extra_keys: Vec<B256>,
    /// When blocks are made (`--block-time`, `--no-mining`, `--mixed-mining`).
    pub mining: Mining,
    /// Order of transactions in a block (`--order`).
    pub order: Order,
    /// Timestamp of the first block, seconds (`--timestamp`); the clock's if `None`.
    pub genesis_timestamp: Option<u64>,
    /// Number of the first block (`--number`).
    pub genesis_number: u64,
    /// Number of the parent chain's block at genesis; it grows by one every twelve seconds of chain time.
    pub l1_genesis_number: u64,
    /// Wei for a unit of gas (`--base-fee`); if `None`, the fork block's or else [`DEFAULT_BASE_FEE_WEI`].
    pub base_fee_wei: Option<u64>,
    /// Gas limit in block headers (`--gas-limit`); if `None`, the fork block's or else [`BLOCK_GAS_LIMIT`].
    pub block_gas_limit: Option<u64>,
    /// Gas a call or an estimate may use.
    pub call_gas_cap: u64,
    /// Beneficiary in block headers.
    pub coinbase: Address,
    /// Release of ArbOS (`--arbos-version`).
    pub arbos: ArbOsVersion,
    /// Who may use the ArbOwner precompile from the start.
    pub chain_owner: Option<Address>,
    /// Whether the chain starts with a cache manager, [`CACHE_MANAGER`](crate::arbos::CACHE_MANAGER); not on a fork.
    pub cache_manager: bool,
    /// The accounts and the header of the first block (`--init`); what is set here goes before it. Not with a fork.
    pub init: Option<Arc<GenesisFile>>,
    /// Limit of deployed code, bytes (`--code-size-limit`); [`CODE_SIZE_UNLIMITED`](crate::evm::CODE_SIZE_UNLIMITED) is none
    /// (`--disable-code-size-limit`).
    pub code_size_limit: usize,
    /// Blocks that `safe` is behind the newest one (`--slots-in-an-epoch`); `finalized` is twice as far behind. With 0 each block is
    /// both at once.
    pub slots_in_an_epoch: u64,
    /// Accepts any sender in `eth_sendTransaction` (`--auto-impersonate`).
    pub auto_impersonate: bool,
    /// Blocks whose state is kept (`--max-persisted-states`).
    pub states_kept: usize,
    /// Blocks whose transactions and receipts are kept (`--transaction-block-keeper`); all if `None`.
    pub blocks_kept: Option<usize>,
    /// The nonce rule of a Nitro sequencer: no pool; a nonce ahead is held for a second, then refused.
    pub nitro_sequencer: bool,
    /// File to load the state from, if it exists, and to save it to on [`stop`](crate::NodeHandle::stop) (`--state`).
    pub state: Option<PathBuf>,
    /// File to load the state from (`--load-state`).
    pub load_state: Option<PathBuf>,
    /// File to save the state to on stop (`--dump-state`).
    pub dump_state: Option<PathBuf>,
    /// Time between saves while running (`--state-interval`).
    pub state_interval: Option<Duration>,
    /// The chain to start from (`--fork-url`).
    pub fork: Option<ForkConfig>,
    /// Folder for compiled Stylus programs (`--program-cache`); only in memory if `None`. What is in it is executed: nobody else
    /// may be able to write to it.
    pub program_cache: Option<PathBuf>,
    /// Lets programs import the debug host calls and opens ArbDebug.
    pub debug: bool,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: Some(DEFAULT_PORT),
            ipc: None,
            allow_origin: Some("*".to_owned()),
            chain_id: None,
            accounts: 10,
            balance_ether: DEFAULT_BALANCE_ETHER,
            mnemonic: DEFAULT_MNEMONIC.to_owned(),
            derivation_path: DEFAULT_DERIVATION_PATH.to_owned(),
            extra_keys: Vec::new(),
            mining: Mining::Auto,
            order: Order::default(),
            genesis_timestamp: None,
            genesis_number: 0,
            l1_genesis_number: 0,
            base_fee_wei: None,
            block_gas_limit: None,
            call_gas_cap: DEFAULT_CALL_GAS_CAP,
            coinbase: SEQUENCER,
            arbos: ArbOsVersion::default(),
            chain_owner: None,
            cache_manager: false,
            init: None,
            code_size_limit: DEFAULT_CODE_SIZE_LIMIT,
            slots_in_an_epoch: 0,
            auto_impersonate: false,
            states_kept: DEFAULT_STATES_KEPT,
            blocks_kept: None,
            nitro_sequencer: false,
            state: None,
            load_state: None,
            dump_state: None,
            state_interval: None,
            fork: None,
            program_cache: None,
            debug: true,
            clock: Arc::new(SystemClock),
        }
    }
}

impl NodeConfig {
    /// What Nitro's development node (`nitro-devnode`) starts with: its port and chain id, its account with ether and as the chain's
    /// owner, and a cache manager.
    pub fn nitro_devnode() -> Self {
        Self {
            // The default chain id is that of the development node.
            port: Some(NITRO_DEVNODE_PORT),
            extra_keys: vec![NITRO_DEV_KEY],
            chain_owner: Some(NITRO_DEV_ACCOUNT),
            cache_manager: true,
            ..Self::default()
        }
    }

    /// Settings for tests: any free port of the loopback interface, everything else as by default.
    pub fn test() -> Self {
        Self::default().port(0)
    }

    /// Listens on `port`; 0 takes any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Opens no socket; the chain is used through [`NodeHandle::chain`](crate::NodeHandle::chain).
    #[must_use]
    pub fn no_socket(mut self) -> Self {
        self.port = None;
        self
    }

    /// Listens on `host`.
    #[must_use]
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// Sets the chain id.
    #[must_use]
    pub fn chain_id(mut self, chain_id: u64) -> Self {
        self.chain_id = Some(chain_id);
        self
    }

    /// Sets the number of accounts.
    #[must_use]
    pub fn accounts(mut self, accounts: u32) -> Self {
        self.accounts = accounts;
        self
    }

    /// Takes the time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Chooses when blocks are made.
    #[must_use]
    pub fn mining(mut self, mining: Mining) -> Self {
        self.mining = mining;
        self
    }

    /// Runs under the rules of `arbos`.
    #[must_use]
    pub fn arbos(mut self, arbos: ArbOsVersion) -> Self {
        self.arbos = arbos;
        self
    }

    /// Loads the state from `path` if it exists, and saves it there on stop.
    #[must_use]
    pub fn state(mut self, path: impl Into<PathBuf>) -> Self {
        self.state = Some(path.into());
        self
    }

    /// Starts from another chain.
    #[must_use]
    pub fn fork(mut self, fork: ForkConfig) -> Self {
        self.fork = Some(fork);
        self
    }

    /// Applies the nonce rule of a Nitro sequencer.
    #[must_use]
    pub fn nitro_sequencer(mut self) -> Self {
        self.nitro_sequencer = true;
        self
    }

    /// Balance of a development account, wei.
    pub(crate) fn balance_wei(&self) -> U256 {
        U256::from(self.balance_ether) * U256::from(10u64.pow(18))
    }
}
