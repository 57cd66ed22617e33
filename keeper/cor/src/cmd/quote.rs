//! `cor quote`: what a task costs, line by line.

use alloy::primitives::U256;
use cor_sol::session_payment_table::ISessionPaymentTable::Quote;
use cor_wire::{readable, receipt::QuoteLines};
use serde::Serialize;

use crate::{
    args::QuoteArgs,
    error::CliError,
    network::Network,
    output::{Output, cor},
    terms,
};

#[derive(Serialize)]
struct Quoted {
    lines: QuoteLines,
    #[serde(with = "readable::amount")]
    per_replica: U256,
    /// The last second in which the price is this; `None` if no end is set.
    #[serde(with = "readable::maybe_time")]
    valid_until: Option<u64>,
}

pub(crate) async fn run(args: QuoteArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    let quote = terms::quote(&network, &terms::session_params(&args.terms), args.max_tokens).await?;
    let quoted = Quoted {
        lines: lines(&quote),
        per_replica: U256::from(quote.perReplica),
        valid_until: (quote.validUntil != 0).then_some(quote.validUntil),
    };
    output.result(&quoted, |quoted| {
        let until = quoted.valid_until.and_then(readable::time_text).map(|time| format!("\nvalid until {time}"));
        format!("{}{}", text(&quoted.lines), until.unwrap_or_default())
    })
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
