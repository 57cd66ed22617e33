//! `cor explain`: what became of a task, read from the chain.

use cor_adapters::receipt;
use cor_wire::{
    name::{DrawVerdict, Guilt, ReplicaOutcome, TaskStatus},
    readable,
    receipt::{DrawEvidence, JuryRecord, Receipt, ReplicaEvidence, TimelineEntry},
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
    // So that a task that is not there is told from one whose logs a node has lost.
    network.task(args.task).await?;
    let receipt = receipt::read(&network.provider, &network.endpoint, &network.at, args.task).await?;
    output.result(&receipt, text)?;
    Ok(())
}

/// A receipt for people.
pub(crate) fn text(receipt: &Receipt) -> String {
    let deadline = receipt.deadline.and_then(readable::time_text).map(|time| format!(" until {time}")).unwrap_or_default();
    let mut lines = vec![
        format!("task {} of session {}: {} ({}{deadline})", receipt.task, receipt.session_id, receipt.status, receipt.phase),
        format!("  chain {}, lane {}", receipt.chain_id, receipt.lane),
        format!("  payer {} by its number {}, keeper {}", receipt.payer, receipt.sequence, or_none(receipt.keeper)),
        format!("  prompt {}", receipt.prompt_digest),
        format!("  result {}", receipt.result_digest.map_or_else(|| why_none(receipt), |digest| digest.to_string())),
        "price".to_owned(),
        quote::text(&receipt.price),
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
    lines.push("choice of the miners".to_owned());
    lines.extend(choice(&receipt.jury));
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

/// How the miners were chosen, as far as the chain tells it by now.
fn choice(jury: &JuryRecord) -> Vec<String> {
    let mut lines = vec![format!("  by jury {}, epoch {}", jury.address, jury.epoch)];
    for summons in &jury.summonses {
        let came = jury.presences.iter().any(|presence| presence.node == summons.node);
        let end = match (came, summons.absent_at.and_then(readable::time_text)) {
            (_, Some(time)) => format!("absent at {time}, and passed over"),
            (true, None) => "there".to_owned(),
            (false, None) => "no answer yet".to_owned(),
        };
        lines.push(format!("  {} was summoned by {}: {end}", summons.node, summons.keeper));
    }
    lines.push(jury.draw.as_ref().map_or_else(|| "  no crew is on chain".to_owned(), draw));
    if let Some(lost) = &jury.conviction {
        let guilt = match lost.guilt {
            Guilt::OtherCrew => "another crew than was drawn",
            Guilt::SecretNotShown => "a secret that was called for and not shown",
            Guilt::NoSecret => "no secret of the epoch",
        };
        lines.push(format!("  the keeper lost its bond, as {} showed: {guilt}", lost.challenger));
    }
    lines
}

fn draw(draw: &DrawEvidence) -> String {
    let verdict = match draw.verdict {
        DrawVerdict::AsDrawn => "the crew is the one that was drawn",
        DrawVerdict::OtherCrew => "the crew is NOT the one that was drawn",
        DrawVerdict::SecretNotShown => "the keeper's secret is not shown yet: whether the crew is the drawn one is not known",
        DrawVerdict::NoSecret => "the keeper had no secret of that epoch",
        DrawVerdict::RosterForgotten => "beyond dispute, and whether the crew was the drawn one is not known any more",
    };
    let mut line = format!("  {verdict}");
    if let (Some(replica), Some(drawn)) = (draw.first_difference, &draw.drawn) {
        let who = drawn.get(usize::from(replica)).map_or_else(|| "nobody".to_owned(), ToString::to_string);
        line.push_str(&format!("; for replica {replica} it was {who}"));
    }
    if let Some(time) = draw.called_until.and_then(readable::time_text) {
        line.push_str(&format!("; it is called for until {time}"));
    }
    line
}

/// Why a task has no result, in a sentence.
fn why_none(receipt: &Receipt) -> String {
    let asked = receipt.replicas.len();
    let count = |outcome| receipt.replicas.iter().filter(|replica| replica.outcome == outcome).count();
    match receipt.status {
        TaskStatus::Open => "none yet: the task is open".to_owned(),
        TaskStatus::Completed => "none".to_owned(),
        TaskStatus::Expired => {
            "none: nobody completed or started the task in time. There was no keeper, or no quorum of miners with an answer"
                .to_owned()
        }
        TaskStatus::NoQuorum => {
            let missed = [
                (ReplicaOutcome::NoPrecommit, "had no answer in time"),
                (ReplicaOutcome::NoReveal, "did not reveal"),
                (ReplicaOutcome::BadReveal, "revealed something else"),
                (ReplicaOutcome::Outlier, "revealed without a quorum"),
            ];
            let said = missed.map(|(outcome, what)| (count(outcome), what)).into_iter().filter(|(number, _)| *number > 0);
            let parts: Vec<_> = said.map(|(number, what)| format!("{number} of {asked} miners {what}")).collect();
            format!("none: {}", parts.join(", "))
        }
    }
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
    if !replica.owed.is_zero() {
        line.push_str(&format!(", owes {} of stake", cor(replica.owed)));
    }
    if let Some(commitment) = replica.commitment {
        line.push_str(&format!("\n      commitment {commitment}"));
    }
    if let Some(digest) = replica.result_digest {
        let salt = replica.salt.map(|salt| format!(" with salt {salt}")).unwrap_or_default();
        let mark = match replica.verified {
            Some(true) => " opens the commitment",
            Some(false) => " does NOT open the commitment",
            None => "",
        };
        line.push_str(&format!("\n      reveal     {digest}{salt}{mark}"));
    }
    if let Some(second) = replica.second_commitment {
        line.push_str(&format!("\n      had signed {second} too"));
    }
    line
}

/// A value that may not be there yet.
fn or_none(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, B256, U256};
    use cor_wire::receipt::SummonsEvidence;

    #[test]
    fn how_the_miners_were_chosen_is_told() {
        let (keeper, node) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let summons = SummonsEvidence { keeper, node, summoned_at: 1, answer_by: 31, absent_at: Some(1_709_164_800) };
        let evidence = DrawEvidence {
            verdict: DrawVerdict::OtherCrew,
            block_hash: B256::ZERO,
            secret: Some(B256::ZERO),
            called_until: None,
            drawn: Some(vec![node]),
            first_difference: Some(0),
        };
        let jury = JuryRecord {
            address: Address::ZERO,
            epoch: 7,
            summonses: vec![summons],
            presences: vec![],
            draw: Some(evidence.clone()),
            conviction: None,
        };
        let told = choice(&jury).join("\n");
        assert!(told.contains("absent at 2024-02-29T00:00:00Z, and passed over"), "{told}");
        assert!(told.contains(&format!("NOT the one that was drawn; for replica 0 it was {node}")), "{told}");
        let called = DrawEvidence {
            verdict: DrawVerdict::SecretNotShown,
            secret: None,
            called_until: Some(1_709_164_800),
            drawn: None,
            first_difference: None,
            ..evidence
        };
        assert!(draw(&called).ends_with("is not known; it is called for until 2024-02-29T00:00:00Z"));
        assert!(choice(&JuryRecord { draw: None, ..jury }).join("\n").ends_with("no crew is on chain"));
    }

    #[test]
    fn a_reveal_is_shown_whenever_it_was_made() {
        let silent = ReplicaEvidence {
            index: 0,
            miner: Address::ZERO,
            outcome: ReplicaOutcome::Pending,
            bound_at: None,
            revealed_at: None,
            commitment: None,
            result_digest: None,
            salt: None,
            second_commitment: None,
            verified: None,
            earned: U256::ZERO,
            slashed: U256::ZERO,
            owed: U256::ZERO,
        };
        assert_eq!(replica(&silent).lines().count(), 1, "nothing was said");
        let (digest, salt) = (Some(B256::repeat_byte(1)), Some(B256::repeat_byte(2)));
        for (salt, verified, mark) in [
            (salt, Some(true), "opens the commitment"),
            (salt, Some(false), "does NOT open"),
            // Somebody else's contract made the call: its input is not the lane's.
            (None, None, "reveal     0x01"),
        ] {
            let revealed = ReplicaEvidence {
                revealed_at: Some(0),
                commitment: Some(B256::repeat_byte(3)),
                result_digest: digest,
                salt,
                verified,
                ..silent.clone()
            };
            let text = replica(&revealed);
            assert_eq!(text.lines().count(), 3);
            assert!(text.contains(mark), "{text}");
        }
        let owing = ReplicaEvidence { slashed: U256::ONE, owed: U256::from(2), ..silent };
        let text = replica(&owing);
        assert!(text.ends_with("lost 0.000000000000000001 COR of stake, owes 0.000000000000000002 COR of stake"), "{text}");
    }
}
