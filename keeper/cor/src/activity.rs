//! What `cor chain` prints while it runs: the methods that are called, the transactions and the blocks, in Anvil's form.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
};

use cor_anvil::{
    Activity,
    chain::{Block, Chain},
};
use tokio::{
    sync::{
        broadcast::{Receiver, error::RecvError},
        oneshot,
    },
    task::block_in_place,
};

const SECS_PER_DAY: u64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Prints what happens until `end`, and then what has happened before it. With `traced`, the calls of each transaction as well.
///
/// Whoever does not read what is printed makes this wait, and miss something; never the chain.
pub(crate) async fn print(mut activity: Receiver<Activity>, traced: Option<Chain>, mut end: oneshot::Receiver<()>) {
    loop {
        let entry = tokio::select! {
            biased;
            entry = activity.recv() => entry,
            // An error means that nobody will say so any more.
            _ = &mut end => return,
        };
        let text = match entry {
            Ok(Activity::Called(method)) => format!("{method}\n"),
            Ok(Activity::Mined(block)) => block_in_place(|| mined(&block, traced.as_ref())),
            Err(RecvError::Lagged(lost)) => format!("({lost} entries were lost: this output is read too slowly)\n"),
            Err(RecvError::Closed) => return,
        };
        if block_in_place(|| io::stdout().lock().write_all(text.as_bytes())).is_err() {
            // Nobody reads any more. The chain goes on.
            return;
        }
    }
}

/// A block and its transactions.
fn mined(block: &Block, traced: Option<&Chain>) -> String {
    let trees = traced.map(|chain| chain.call_trees(block, io::stdout().is_terminal()));
    let mut text = String::from("\n");
    for (index, (tx, receipt)) in block.transactions.iter().zip(&block.receipts).enumerate() {
        line(&mut text, format_args!("Transaction: {}", tx.tx_hash()));
        if let Some(address) = receipt.contract_address {
            line(&mut text, format_args!("Contract created: {address}"));
        }
        line(&mut text, format_args!("Gas used: {}", receipt.gas_used));
        if let Some(error) = receipt.error() {
            line(&mut text, format_args!("Error: {error}"));
        }
        match &trees {
            Some(Ok(trees)) => trees.get(index).into_iter().for_each(|tree| text.push_str(tree)),
            Some(Err(error)) => line(&mut text, format_args!("No trace: {error}")),
            None => {}
        }
        text.push('\n');
    }
    line(&mut text, format_args!("Block Number: {}", block.number()));
    line(&mut text, format_args!("Block Hash: {}", block.hash));
    line(&mut text, format_args!("Block Time: \"{}\"", time(block.timestamp())));
    text.push('\n');
    text
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "    {content}");
}

/// Seconds since 1970 as mail has them (RFC 2822), in UTC.
fn time(secs: u64) -> String {
    let (days, in_day) = (secs / SECS_PER_DAY, secs % SECS_PER_DAY);
    let (year, month, day) = civil(days);
    let weekday = WEEKDAYS[(days % 7) as usize];
    let (hour, minute, second) = (in_day / 3_600, in_day / 60 % 60, in_day % 60);
    format!("{weekday}, {day:02} {} {year:04} {hour:02}:{minute:02}:{second:02} +0000", MONTHS[month])
}

/// Year, month from 0 and day from 1, of a day counted from 1 January 1970.
///
/// Years are taken to begin in March, so that a leap day is the last of its year; 400 of them have 146,097 days.
fn civil(days: u64) -> (u64, usize, u64) {
    // From 1 March of the year 0.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // March is 0; five months have 153 days, twice over.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + u64::from(month >= 10);
    (year, ((month + 2) % 12) as usize, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_mail() {
        for (secs, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (951_868_799, "Tue, 29 Feb 2000 23:59:59 +0000"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 +0000"),
            (1_700_000_000, "Tue, 14 Nov 2023 22:13:20 +0000"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 +0000"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 +0000"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 +0000"),
            (1_795_713_058, "Thu, 26 Nov 2026 17:10:58 +0000"),
        ] {
            assert_eq!(time(secs), text, "{secs}");
        }
        assert!(time(u64::MAX).ends_with(" +0000"), "a chain may be set to any time");
    }
}
