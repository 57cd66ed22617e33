//! Arguments of `cor jury`.

use alloy::primitives::{Address, B256};
use clap::{Args as ClapArgs, Subcommand};

use super::NetworkArgs;
use crate::output::{address_argument, task_argument};

#[derive(Debug, ClapArgs)]
pub(crate) struct JuryArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(subcommand)]
    pub(crate) action: JuryAction,
}

/// A node and a roster.
#[derive(Debug, ClapArgs)]
pub(crate) struct EntryArgs {
    /// Address of the node. The default is the key's own.
    #[arg(long, value_parser = address_argument)]
    pub(crate) node: Option<Address>,
    /// Model whose roster it is.
    #[arg(long, default_value_t = 1)]
    pub(crate) model: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JuryAction {
    /// Show what the jury goes by, and where an account stands: as a keeper, and as a node.
    Show {
        /// Account to show. The default is the key's own.
        #[arg(long, value_parser = address_argument)]
        of: Option<Address>,
        /// Model whose roster is looked at.
        #[arg(long, default_value_t = 1)]
        model: u64,
    },
    /// Propose a keeper, which may enrol once the delay has passed. The owner's key only.
    Propose {
        /// Address of the keeper.
        #[arg(value_parser = address_argument)]
        keeper: Address,
    },
    /// Post the bond, and serve as a keeper from the next epoch on. The secrets that the draws are made with are derived from the key.
    Enrol,
    /// Go on with new secrets from the next epoch on, before those of the last enrolment come to their end.
    Renew,
    /// Stop serving, at once. The bond comes back when nothing that was served can be disputed any more.
    Resign,
    /// Pay a bond that is free back to its keeper.
    Withdraw {
        /// Address of the keeper; anyone may ask for it. The default is the key's own.
        #[arg(long, value_parser = address_argument)]
        of: Option<Address>,
    },
    /// Bring a node into a model's roster, from the next epoch on. `cor miner` does it by itself.
    Enter(EntryArgs),
    /// Take a node out of a model's roster, from the next epoch on. The node's key, or that of its operator.
    Leave(EntryArgs),
    /// Take a node out of a model's roster that the pool finds unfit. Anyone may.
    Strike(EntryArgs),
    /// Dispute the choice of a task's miners: who shows that other miners served than were drawn has half of the keeper's bond. The first challenge may do no
    /// more than call for the keeper's secret.
    Challenge {
        /// The task's id.
        #[arg(value_parser = task_argument)]
        task: B256,
    },
}
