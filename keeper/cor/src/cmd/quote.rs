//! `cor quote`: what a task costs, line by line.

use alloy::primitives::U256;
use cor_core::task::lane::{LaneTerms, Tariff};
use cor_wire::{readable, receipt::PriceLines};
use serde::Serialize;

use crate::{
    args::QuoteArgs,
    error::CliError,
    network::Network,
    output::{Output, cor, wei},
    terms,
};

/// What the lane would charge a task, to the grain.
#[derive(Serialize)]
struct Quoted {
    lines: PriceLines,
    /// Price version.
    version: u32,
    /// The last second in which the price is this.
    #[serde(with = "readable::time")]
    valid_until: u64,
}

pub(crate) async fn run(args: QuoteArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    let word = terms::word(&args.terms)?;
    let tariff = terms::tariff(&network, word).await?;
    let quoted = Quoted {
        lines: lines(&tariff, LaneTerms::unpack(word).replicas)?,
        version: tariff.version,
        valid_until: u64::from(tariff.valid_until),
    };
    output.result(&quoted, |quoted| {
        let until = readable::time_text(quoted.valid_until).unwrap_or_default();
        format!("price of a task at version {}\n{}\nvalid until {until}", quoted.version, text(&quoted.lines))
    })
}

fn lines(tariff: &Tariff, replicas: u8) -> Result<PriceLines, CliError> {
    Ok(PriceLines {
        per_replica: wei(tariff.per_replica),
        replicas,
        network: wei(tariff.network),
        gas: wei(tariff.gas),
        total: wei(terms::total(tariff, replicas)?),
    })
}

/// A price as a table.
pub(crate) fn text(lines: &PriceLines) -> String {
    let miners = lines.per_replica * U256::from(lines.replicas);
    let rows = [
        ("miners", miners, format!("  {} for each of {}", cor(lines.per_replica), lines.replicas)),
        ("network", lines.network, String::new()),
        ("gas", lines.gas, String::new()),
        ("total", lines.total, String::new()),
    ];
    rows.map(|(name, wei, more)| format!("  {name:<12}{:>28}{more}", cor(wei))).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_those_that_are_charged() {
        let tariff = Tariff { per_replica: 100, network: 30, gas: 5, version: 1, valid_until: 9 };
        let lines = lines(&tariff, 3).unwrap();
        assert_eq!(lines.total, wei(335));
        let text = text(&lines);
        for part in ["0.0000003 COR  0.0000001 COR for each of 3", "0.00000003 COR", "0.000000005 COR", "0.000000335 COR"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(terms::total(&Tariff { per_replica: u64::MAX, ..tariff }, 3).is_err());
    }
}
