//! What a command prints: text for people, one JSON document for programs. Results go to stdout, progress and errors to stderr.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use alloy::primitives::{Address, B256, U256};
use cor_core::task::lane::{GRAIN_WEI, grains as whole_grains};
use cor_errors::{Coded as _, Report};
use cor_inference::{OpenAiConfig, OpenError};
use cor_wire::readable::cor_text;
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

    /// Whether the caller wants text.
    pub(crate) const fn is_text(&self) -> bool {
        !self.json
    }

    /// Prints a result: `value` as JSON, or what `text` makes of it. The only place that writes to stdout.
    ///
    /// # Errors
    /// `Unprinted`, with the result in it: what was done has to be known, e.g. the number of a task that is paid for.
    pub(crate) fn result<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), CliError> {
        print_to(&mut io::stdout(), self.json, value, text)
    }

    /// Prints an error with its code and what to do next, in the form the caller asked for.
    pub(crate) fn error(&self, error: &CliError) {
        if self.json {
            note(&as_json(error).to_string());
        } else {
            note(&format!("error: {}\nnext: {}", Report::new(error), error.entry().next));
        }
    }

    /// Says what is going on; silent with `--json`.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        if !self.json {
            note(text.as_ref());
        }
    }

    /// Says what is going on above a spinner, which it would else run into.
    pub(crate) fn say_beside(&self, spinner: &ProgressBar, text: String) {
        if spinner.is_hidden() { self.say(text) } else { spinner.println(text) }
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

fn print_to<T: Serialize>(to: &mut impl Write, json: bool, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), CliError> {
    let document = if json { serde_json::to_string_pretty(value).map_err(io::Error::from) } else { Ok(text(value)) };
    document
        .and_then(|document| write_line(to, &document))
        .map_err(|source| CliError::Unprinted { result: serde_json::to_string(value).unwrap_or_default(), source })
}

/// Writes a line. A reader that wants no more, such as `head`, is no error.
fn write_line(to: &mut impl Write, line: &str) -> io::Result<()> {
    match writeln!(to, "{line}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A line for whoever watches. If stderr is closed, nobody does.
fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether log lines may have colours: only on a terminal, and not if `NO_COLOR` is set to anything.
pub(crate) fn colours() -> bool {
    coloured(io::stderr().is_terminal(), std::env::var_os("NO_COLOR").as_deref())
}

fn coloured(terminal: bool, no_color: Option<&std::ffi::OsStr>) -> bool {
    terminal && no_color.is_none_or(std::ffi::OsStr::is_empty)
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

/// COR wei as COR, with the unit.
pub(crate) fn cor(wei: U256) -> String {
    format!("{} COR", cor_text(wei))
}

/// Grains as COR wei.
pub(crate) fn wei(grains: u64) -> U256 {
    U256::from(grains) * U256::from(GRAIN_WEI)
}

/// The id of a task in an argument.
pub(crate) fn task_argument(text: &str) -> Result<B256, CliError> {
    text.parse().map_err(|_| CliError::Task { value: text.to_owned() })
}

/// An address in an argument. Mixed case is a checksum (EIP-55) and must be right.
pub(crate) fn address_argument(text: &str) -> Result<Address, CliError> {
    let bad = |reason| CliError::Address { value: text.to_owned(), reason };
    let address: Address = text.parse().map_err(|_| bad("it has not 20 bytes in hex"))?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let one_case = digits.to_lowercase() == digits || digits.to_uppercase() == digits;
    if one_case || address.to_checksum(None).ends_with(digits) { Ok(address) } else { Err(bad("its checksum is wrong")) }
}

/// A URL in an argument.
pub(crate) fn url_argument(text: &str) -> Result<String, CliError> {
    let bad = |reason: String| CliError::Url { value: text.to_owned(), reason };
    let url: alloy::transports::http::reqwest::Url = text.parse().map_err(|error| bad(format!("{error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(text.to_owned()),
        other => Err(bad(format!("its scheme is {other}"))),
    }
}

/// The base URL of an inference server in an argument.
pub(crate) fn server_argument(text: &str) -> Result<String, CliError> {
    let url = url_argument(text)?;
    let bad = |reason: String| CliError::Url { value: text.to_owned(), reason };
    match OpenAiConfig::new(&*url, "").check_url() {
        Ok(()) => Ok(url),
        Err(OpenError::BadUrl { reason }) => Err(bad(reason)),
        Err(other) => Err(bad(other.to_string())),
    }
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

/// COR in text as wei, which must be whole grains: others the lane does not take.
pub(crate) fn parse_whole_grains(text: &str) -> Result<U256, CliError> {
    let wei = parse_cor(text)?;
    whole_grains(wei.into()).map(|_| wei).ok_or_else(|| CliError::NotWholeGrains { value: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use cor_ports::{ChainError, RevertError};
    use cor_sol::lane::ILane::PriceAboveMax;

    use super::*;

    /// Takes nothing and says why.
    struct Closed(io::ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_result_that_cannot_be_written_is_in_the_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::from_raw_os_error(28))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for json in [true, false] {
            let value = serde_json::json!({ "session_id": 7 });
            let error = print_to(&mut Full, json, &value, |_| "session 7".to_owned()).unwrap_err();
            assert_eq!((error.entry().code, error.exit_code()), ("CLI-023", 3));
            assert!(error.to_string().contains(r#"{"session_id":7}"#), "{error}");
        }
    }

    #[test]
    fn addresses_have_their_checksum() {
        let good = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";
        for text in [good, &good.to_lowercase(), &good.replace("0x", "")] {
            assert_eq!(address_argument(text).map(|address| address.to_checksum(None)).ok().as_deref(), Some(good), "{text}");
        }
        for text in ["0x15D34AAf54267DB7D7c367839AAf71A00a2C6A65", "0x1", "vitalik.eth", ""] {
            assert_eq!(address_argument(text).unwrap_err().code(), "CLI-019", "{text}");
        }
    }

    #[test]
    fn a_task_is_named_by_32_bytes() {
        let id = B256::repeat_byte(0xab);
        for text in [id.to_string(), id.to_string().replace("0x", "")] {
            assert_eq!(task_argument(&text).ok(), Some(id), "{text}");
        }
        for text in ["7", "0xab", "", &format!("{id}00")] {
            assert_eq!(task_argument(text).unwrap_err().code(), "CLI-027", "{text}");
        }
    }

    #[test]
    fn urls_are_of_http() {
        for text in ["http://127.0.0.1:8545", "https://example.org/rpc"] {
            assert_eq!(url_argument(text).ok().as_deref(), Some(text));
        }
        for text in ["foo", "", "127.0.0.1:8545", "file:///tmp", "wss://user:secret@example.org/secret?key=secret"] {
            let error = url_argument(text).unwrap_err();
            assert!(error.code() == "CLI-020" && !error.to_string().contains("secret"), "{text}: {error}");
        }
    }

    #[test]
    fn the_url_of_a_server_holds_no_secret() {
        for text in ["http://127.0.0.1:8080", "https://example.org/v1"] {
            assert_eq!(server_argument(text).ok().as_deref(), Some(text));
        }
        for text in ["foo", "ftp://example.org", "http://user:secret@example.org/v1", "http://example.org/v1?key=secret"] {
            let error = server_argument(text).unwrap_err();
            assert!(error.code() == "CLI-020" && !error.to_string().contains("secret"), "{text}: {error}");
        }
    }

    #[test]
    fn a_reader_that_has_left_is_no_error_and_a_full_disk_is() {
        assert!(write_line(&mut Closed(io::ErrorKind::BrokenPipe), "text").is_ok());
        let full = write_line(&mut Closed(io::ErrorKind::StorageFull), "text").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        let mut taken = Vec::new();
        write_line(&mut taken, "text").unwrap();
        assert_eq!(taken, b"text\n");
    }

    #[test]
    fn colours_are_for_terminals_whose_user_wants_them() {
        let set = |text: &'static str| Some(std::ffi::OsStr::new(text));
        for (terminal, no_color, expected) in
            [(true, None, true), (true, set(""), true), (true, set("1"), false), (false, None, false), (false, set(""), false)]
        {
            assert_eq!(coloured(terminal, no_color), expected, "{terminal} {no_color:?}");
        }
    }

    #[test]
    fn a_program_reads_the_innermost_error() {
        let error = RevertError::Contract(PriceAboveMax { price: 2_000_000_000, maxCharge: 1_000_000_000 }.into());
        let error = CliError::from(ChainError::Reverted { call: "submit".to_owned(), error });
        let expected = serde_json::json!({ "error": {
            "code": "LANE-004",
            "name": "PriceAboveMax",
            "message": "submit reverted with PriceAboveMax: the price of 2 COR is above the allowed 1 COR",
            "next_step": "Raise maxCharge (`cor task`: --max-charge), or ask for less.",
            "exit_code": 1,
        } });
        assert_eq!(as_json(&error), expected);
        assert_eq!(error.entry().status, Some(402));
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
        for (text, code) in [
            ("1.123456789", None),
            ("18446744073.709551615", None),
            ("1.1234567891", Some("CLI-028")),
            ("0.000000000000000001", Some("CLI-028")),
            ("18446744073.709551616", Some("CLI-028")),
            ("twelve", Some("CLI-009")),
        ] {
            assert_eq!(parse_whole_grains(text).err().map(|error| error.code()), code, "{text}");
        }
        assert_eq!(cor(U256::from(1_500_000_000_000_000_000_u64)), "1.5 COR");
        assert_eq!(cor(U256::from(10_000_000_000_000_000_000_u64)), "10 COR");
        assert_eq!(cor(U256::ZERO), "0 COR");
    }
}
