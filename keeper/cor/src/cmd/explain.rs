//! `cor explain`: what became of a task, read from the chain.

use cor_adapters::receipt;
use cor_wire::{
    readable,
    receipt::{Receipt, ReplicaEvidence, TimelineEntry},
};

use super::quote;
use crate::{
    args::ExplainArgs,
    error::CliError,
    network::Network,
    output::{Output, cor},
};

pub(crate) async fn run(args: ExplainArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    let receipt = receipt::read(&network.provider, &network.endpoint, &network.at, args.task).await?;
    output.result(&receipt, text);
    Ok(())
}

/// A receipt for people.
pub(crate) fn text(receipt: &Receipt) -> String {
    let mut lines = vec![
        format!("task {} of session {}: {} ({})", receipt.task_id, receipt.session_id, receipt.status, receipt.phase),
        format!("  chain {}, queue {}", receipt.chain_id, receipt.queue),
        format!("  payer {}, keeper {}", receipt.payer, receipt.keeper),
        format!("  prompt {}", receipt.prompt_digest),
        format!("  result {}", receipt.result_digest),
        quote::text(&receipt.quote),
    ];
    if let Some(money) = &receipt.settlement {
        let rows = [
            ("charged", money.charged),
            ("to miners", money.to_miners),
            ("to keeper", money.to_keeper),
            ("to treasury", money.to_treasury),
            ("refunded", money.refunded),
        ];
        lines.push("settlement".to_owned());
        lines.extend(rows.map(|(name, wei)| format!("  {name:<12}{:>28}", cor(wei))));
    }
    lines.push("miners".to_owned());
    lines.extend(receipt.replicas.iter().map(replica));
    lines.push("timeline".to_owned());
    lines.extend(receipt.timeline.iter().map(happened));
    lines.push("transactions".to_owned());
    lines.extend(
        receipt
            .transactions
            .iter()
            .map(|line| format!("  {:<20} {:>9} gas  {} from {}", line.step, line.gas_used, line.hash, line.from)),
    );
    let gas: u64 = receipt.transactions.iter().map(|line| line.gas_used).sum();
    lines.push(format!("  {:<20} {gas:>9} gas", "total"));
    lines.join("\n")
}

fn happened(entry: &TimelineEntry) -> String {
    let time = readable::time_text(entry.timestamp).unwrap_or_default();
    format!("  block {:<6} {time} {:<16} {}", entry.block, entry.event, entry.detail)
}

fn replica(replica: &ReplicaEvidence) -> String {
    let mut line = format!("  [{}] {} {}: earned {}", replica.index, replica.miner, replica.outcome, cor(replica.earned));
    if !replica.slashed.is_zero() {
        line.push_str(&format!(", lost {} of stake", cor(replica.slashed)));
    }
    if replica.precommitted_at != 0 {
        line.push_str(&format!("\n      commitment {}", replica.commitment));
    }
    if replica.committed_at != 0 {
        let mark = if replica.verified { "opens the commitment" } else { "does NOT open the commitment" };
        line.push_str(&format!("\n      reveal     {} with salt {} {mark}", replica.result_digest, replica.salt));
    }
    line
}
