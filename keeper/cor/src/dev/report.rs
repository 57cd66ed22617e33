//! What a development run shows at its end, and whether it went as it had to.

use alloy::primitives::U256;
use cor_wire::{name::TaskStatus, readable, receipt::Receipt};
use serde::Serialize;

use super::money::{Change, Pots};
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
    #[serde(with = "readable::amount")]
    pub(super) supply: U256,
    /// All COR that was found in wallets, in the vault, in the lane, in open tasks, as stake and bond and in the pots, wei.
    #[serde(with = "readable::amount")]
    pub(super) found: U256,
    pub(super) accounts: Vec<Change>,
    pub(super) pots: Pots,
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
        let expected = if fault == Some(Fault::AllSilent) { TaskStatus::Expired } else { TaskStatus::Completed };
        if self.receipt.status == expected {
            return Ok(());
        }
        Err(CliError::DrillFailed { expected: expected.to_string(), found: self.receipt.status.to_string() })
    }
}

/// The report for people.
pub(super) fn text(report: &Report) -> String {
    let mut lines = vec![explain::text(&report.receipt), "balances that changed".to_owned()];
    lines.extend(report.accounts.iter().map(account));
    let pots = &report.pots;
    let moved = [
        ("treasury, in the lane still", pots.lane_treasury_before, pots.lane_treasury_after),
        ("treasury, in the vault", pots.vault_treasury_before, pots.vault_treasury_after),
        ("slashed stake", pots.slashed_before, pots.slashed_after),
        ("keepers' bonds", pots.bonds_before, pots.bonds_after),
        ("charged for open tasks", pots.open_tasks_before, pots.open_tasks_after),
    ];
    lines.extend(moved.into_iter().filter_map(moved_text).map(|text| format!("  {text}")));
    let equal = if report.supply == report.found { "equal" } else { "NOT equal" };
    lines.push(format!("  supply {}, found in all places {}: {equal}", cor(report.supply), cor(report.found)));
    lines.push(match &report.answer.answer {
        Some(answer) => format!("answer (by a small model that proves the plumbing, not its knowledge): {answer}"),
        None => format!("no answer: {}", report.answer.status),
    });
    lines.push(format!("network up in {} ms, task done in {} ms", report.timings.start_ms, report.timings.task_ms));
    lines.join("\n")
}

/// One account: what it has in which place, where that changed.
fn account(change: &Change) -> String {
    let places = [
        ("wallet", change.wallet_before, change.wallet_after),
        ("free in the vault", change.free_before, change.free_after),
        ("credit in the lane", change.credit_before, change.credit_after),
        ("earned, not paid out", change.earned_before, change.earned_after),
        ("stake", change.stake_before, change.stake_after),
    ];
    let moved: Vec<_> = places.into_iter().filter_map(moved_text).collect();
    format!("  {} {}", change.account, moved.join("; "))
}

fn moved_text((place, before, after): (&str, U256, U256)) -> Option<String> {
    (before != after).then(|| format!("{place} {} -> {}", cor(before), cor(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A keeper is paid in the lane, and takes it out later: what it has there is shown all the same, and places without a change are not.
    #[test]
    fn what_is_earned_and_not_withdrawn_is_seen() {
        let fee = U256::from(5_000_000_000_000_000_u64);
        let none = U256::ZERO;
        let keeper = Change {
            account: alloy::primitives::Address::ZERO,
            wallet_before: none,
            wallet_after: none,
            free_before: none,
            free_after: none,
            credit_before: none,
            credit_after: fee,
            earned_before: none,
            earned_after: none,
            stake_before: fee,
            stake_after: fee,
        };
        assert_eq!(account(&keeper), "  0x0000000000000000000000000000000000000000 credit in the lane 0 COR -> 0.005 COR");
        let json = serde_json::to_value(&keeper).unwrap();
        assert_eq!(json["credit_after"], serde_json::json!({ "wei": "5000000000000000", "cor": "0.005" }));
        assert_eq!(json["credit_before"]["wei"], "0");
    }
}
