//! What a development run shows at its end, and whether it went as it had to.

use alloy::primitives::U256;
use cor_wire::receipt::Receipt;
use serde::Serialize;

use super::money::Change;
use crate::{
    args::Fault,
    cmd::{explain, task::Answer},
    error::CliError,
    output::cor,
};

/// Everything about the run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) answer: Answer,
    pub(super) receipt: Receipt,
    /// How often the keeper was killed on purpose.
    pub(super) keeper_kills: u32,
    pub(super) timings: Timings,
    /// All COR there is, wei.
    pub(super) supply: U256,
    /// All COR that was found in wallets, balances, escrow, earnings, stake and treasury, wei.
    pub(super) found: U256,
    pub(super) accounts: Vec<Change>,
}

/// How long it took.
#[derive(Debug, Serialize)]
pub(super) struct Timings {
    /// From nothing to five registered miners and a funded session.
    pub(super) start_ms: u64,
    /// From the question to the last claim.
    pub(super) task_ms: u64,
}

impl Report {
    /// Whether the run ended as its fault demands.
    pub(super) fn check(&self, fault: Option<Fault>) -> Result<(), CliError> {
        if self.supply != self.found {
            return Err(CliError::NotConserved { supply: self.supply, found: self.found });
        }
        let expected = if fault == Some(Fault::AllSilent) { "no_quorum" } else { "completed" };
        if self.receipt.status == expected {
            return Ok(());
        }
        Err(CliError::DrillFailed { expected: expected.to_owned(), found: self.receipt.status.clone() })
    }
}

/// The report for people.
pub(super) fn text(report: &Report) -> String {
    let mut lines = vec![explain::text(&report.receipt), "balances that changed".to_owned()];
    for change in &report.accounts {
        lines.push(format!(
            "  {} wallet {} -> {}, prepaid {} -> {}, stake {} -> {}",
            change.account,
            cor(change.wallet_before),
            cor(change.wallet_after),
            cor(change.prepaid_before),
            cor(change.prepaid_after),
            cor(change.stake_before),
            cor(change.stake_after),
        ));
    }
    let equal = if report.supply == report.found { "equal" } else { "NOT equal" };
    lines.push(format!("  supply {}, found in all places {}: {equal}", cor(report.supply), cor(report.found)));
    lines.push(match &report.answer.answer {
        Some(answer) => format!("answer (by a small model that proves the plumbing, not its knowledge): {answer}"),
        None => format!("no answer: {}", report.answer.status),
    });
    lines.push(format!("network up in {} ms, task done in {} ms", report.timings.start_ms, report.timings.task_ms));
    lines.join("\n")
}
