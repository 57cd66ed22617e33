//! `cor quote`: what a task costs, line by line.

use alloy::primitives::U256;
use cor_sol::session_payment_table::ISessionPaymentTable::{Quote, QuoteInputs};
use cor_wire::{readable, receipt::QuoteLines};
use serde::Serialize;

use crate::{
    args::{QuoteArgs, TermsArgs},
    error::CliError,
    network::Network,
    output::{Output, cor},
};

#[derive(Serialize)]
struct Quoted {
    lines: QuoteLines,
    #[serde(with = "readable::amount")]
    per_replica: U256,
    #[serde(with = "readable::time")]
    valid_until: u64,
}

pub(crate) async fn run(args: QuoteArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    let quote = network.table().quote(inputs(&args.terms)).call().await.map_err(network.failed("quote"))?;
    let quoted = Quoted { lines: lines(&quote), per_replica: U256::from(quote.perReplica), valid_until: quote.validUntil };
    output.result(&quoted, |quoted| {
        let until = readable::time_text(quoted.valid_until).map(|time| format!("\nvalid until {time}"));
        format!("{}{}", text(&quoted.lines), until.unwrap_or_default())
    });
    Ok(())
}

/// The price's inputs of a session's terms.
pub(crate) fn inputs(terms: &TermsArgs) -> QuoteInputs {
    QuoteInputs {
        modelIdentifier: terms.model,
        executionDepth: terms.execution_depth,
        toolDepth: terms.tool_depth,
        sla: terms.sla,
        validatorDepth: terms.validator_depth,
        replicas: terms.replicas,
        consensusRule: terms.consensus_rule,
        quorumBps: terms.quorum_bps,
        priority: terms.priority,
        stakeTier: 0,
        volumeTier: 0,
    }
}

fn lines(quote: &Quote) -> QuoteLines {
    QuoteLines {
        version: quote.version,
        miners: U256::from(quote.miners),
        validators: U256::from(quote.validators),
        network: U256::from(quote.network),
        gas: U256::from(quote.gas),
        rebate: U256::from(quote.rebate),
        total: U256::from(quote.total),
    }
}

/// A quote as a table.
pub(crate) fn text(lines: &QuoteLines) -> String {
    let rows = [
        ("miners", lines.miners, ""),
        ("validators", lines.validators, ""),
        ("network", lines.network, ""),
        ("gas", lines.gas, ""),
        ("rebate", lines.rebate, "-"),
        ("total", lines.total, ""),
    ];
    let rows = rows.map(|(name, wei, sign)| format!("  {name:<12}{:>28}", format!("{sign}{}", cor(wei))));
    format!("quote at price version {}\n{}", lines.version, rows.join("\n"))
}
