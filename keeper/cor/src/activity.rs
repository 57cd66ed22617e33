//! What `cor chain` prints while it runs: the methods that are called, the transactions and the blocks, in Anvil's form.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
};

use cor_anvil::{
    Activity,
    chain::{Block, Chain, ChainError},
};
use cor_errors::Report;
use jiff::Timestamp;
use tokio::{
    sync::{
        broadcast::{Receiver, error::RecvError},
        oneshot,
    },
    task::block_in_place,
};

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
            line(&mut text, format_args!("Error: {}", told(&error)));
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

/// A failure in the words of its RPC error.
fn told(error: &ChainError) -> String {
    error.reason().map_or_else(|| error.to_string(), |reason| format!("{error}: {:#}", Report::new(reason)))
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "    {content}");
}

/// Seconds since 1970 as mail has them (RFC 2822), in UTC. A test may set a time that no calendar has: that is shown as its seconds.
fn time(secs: u64) -> String {
    i64::try_from(secs)
        .ok()
        .and_then(|secs| Timestamp::from_second(secs).ok())
        .map_or_else(|| format!("{secs} seconds"), |time| time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use cor_anvil::evm::ProgramFailure;

    use super::*;

    #[test]
    fn a_program_that_stopped_says_why_and_what_to_do() {
        let reason = Some(ProgramFailure::Stopped { address: Address::repeat_byte(0x11), reason: "wasm trap".to_owned() });
        let stopped = told(&ChainError::Reverted { data: Vec::new().into(), reason });
        let start = "execution reverted: EVM-123: the program stopped: wasm trap (0x1111111111111111111111111111111111111111). Trace the call";
        assert!(stopped.starts_with(start), "{stopped}");
        assert_eq!(told(&ChainError::Reverted { data: Vec::new().into(), reason: None }), "execution reverted");
    }

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
            (u64::MAX, "18446744073709551615 seconds"),
        ] {
            assert_eq!(time(secs), text, "{secs}");
        }
    }
}
