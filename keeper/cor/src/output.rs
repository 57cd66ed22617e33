//! What a command prints: text for people, one JSON document for programs. Results go to stdout, progress and errors to stderr.

use std::{io::IsTerminal, time::Duration};

use alloy::primitives::{U256, utils::format_ether};
use cor_errors::{Coded as _, Report};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::error::CliError;

/// Where a command writes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result: `value` as JSON, or what `text` makes of it.
    pub(crate) fn result<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) {
        if !self.json {
            println!("{}", text(value));
            return;
        }
        match serde_json::to_string_pretty(value) {
            Ok(document) => println!("{document}"),
            Err(error) => eprintln!("this result cannot be written as JSON: {error}"),
        }
    }

    /// Prints an error with its code and what to do next, in the form the caller asked for.
    pub(crate) fn error(&self, error: &CliError) {
        if self.json {
            eprintln!("{}", as_json(error));
        } else {
            eprintln!("error: {}\nnext: {}", Report::new(error), error.entry().next);
        }
    }

    /// Says what is going on; silent with `--json`.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        if !self.json {
            eprintln!("{}", text.as_ref());
        }
    }

    /// A line that shows what is being done, or nothing where nobody watches.
    pub(crate) fn spinner(&self, text: &str) -> ProgressBar {
        if self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner();
        bar.set_message(text.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    /// A bar of bytes.
    pub(crate) fn bytes_bar(&self) -> ProgressBar {
        if self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {eta}");
        ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}

/// An error as a program reads it.
fn as_json(error: &CliError) -> serde_json::Value {
    let entry = error.entry();
    serde_json::json!({ "error": {
        "code": entry.code,
        "name": entry.name,
        "message": error.to_string(),
        "next_step": entry.next,
        "exit_code": entry.exit.number(),
    } })
}

/// COR wei as COR.
pub(crate) fn cor(wei: U256) -> String {
    let text = format_ether(wei);
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    format!("{trimmed} COR")
}

/// COR in text as wei.
pub(crate) fn parse_cor(text: &str) -> Result<U256, CliError> {
    let bad = || CliError::Amount { value: text.to_owned() };
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if text.is_empty() || decimals > 18 || !text.chars().all(|letter| letter.is_ascii_digit() || letter == '.') {
        return Err(bad());
    }
    alloy::primitives::utils::parse_ether(text).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use cor_ports::{ChainError, RevertError};
    use cor_sol::session_payment::ISessionPayment::MaxChargeExceeded;

    use super::*;

    #[test]
    fn a_program_reads_the_innermost_error() {
        let error = RevertError::Contract(MaxChargeExceeded { quoted: 2 * 10_u128.pow(18), maxCharge: 10_u128.pow(18) }.into());
        let error = CliError::from(ChainError::Reverted { call: "submitTask".to_owned(), error });
        let expected = serde_json::json!({ "error": {
            "code": "PAY-002",
            "name": "MaxChargeExceeded",
            "message": "submitTask reverted with MaxChargeExceeded: the quote of 2 COR is above the allowed 1 COR",
            "next_step": "Raise maxCharge, or ask for less.",
            "exit_code": 1,
        } });
        assert_eq!(as_json(&error), expected);
        assert_eq!(error.entry().status, 402);
    }

    #[test]
    fn amounts() {
        for (text, wei) in
            [("1", 1_000_000_000_000_000_000_u64), ("0.1", 100_000_000_000_000_000), ("0.000000000000000001", 1), ("0", 0)]
        {
            assert_eq!(parse_cor(text).unwrap(), U256::from(wei), "{text}");
        }
        for text in [
            "",
            "-1",
            "1e3",
            "0.0000000000000000001",
            "1,5",
            "COR",
            "1.2.3",
            "999999999999999999999999999999999999999999999999999999999999999999",
        ] {
            assert!(matches!(parse_cor(text), Err(CliError::Amount { .. })), "{text}");
        }
        assert_eq!(cor(U256::from(1_500_000_000_000_000_000_u64)), "1.5 COR");
        assert_eq!(cor(U256::from(10_000_000_000_000_000_000_u64)), "10 COR");
        assert_eq!(cor(U256::ZERO), "0 COR");
    }
}
