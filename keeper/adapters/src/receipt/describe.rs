//! Events in words.

use std::fmt::Display;

use alloy::primitives::{Address, U256};
use cor_core::task::Offence;
use cor_ports::ChainError;
use cor_sol::{
    session_payment::ISessionPayment::ISessionPaymentEvents as Payment,
    session_queue::ISessionQueue::ISessionQueueEvents as Queue, staking::IStaking::IStakingEvents as Staking,
};
use cor_wire::readable::{cor_text, time_text};

use super::names::{outcome, phase, status};
use crate::chain::Event;

/// Name and fields of an event in words.
pub(super) fn describe(event: &Event) -> (&'static str, String) {
    match event {
        Event::Queue(event) => describe_queue(event),
        Event::Payment(event) => match event {
            Payment::Reserved(event) => {
                ("Reserved", format!("{} COR of {} by price version {}", cor(event.total), event.payer, event.version))
            }
            Payment::Charged(event) => {
                ("Charged", format!("{} COR, {} COR back to the payer", cor(event.charged), cor(event.refunded)))
            }
            Payment::Refunded(event) => {
                let (refunded, gas) = (cor(event.refunded), cor(event.toKeeper));
                ("Refunded", format!("{refunded} COR to the payer, {gas} COR for the keeper's gas"))
            }
            Payment::Earned(event) => ("Earned", format!("{} COR for {}", cor(event.amount), event.account)),
            _ => ("other", String::new()),
        },
        Event::Staking(Staking::Slashed(event)) => {
            let why = match event.reason {
                no if no == Offence::NoReveal.number() => "it did not reveal".to_owned(),
                no if no == Offence::BadReveal.number() => "it revealed something else than it had committed to".to_owned(),
                other => format!("reason {other}"),
            };
            ("Slashed", format!("{} lost {} COR of stake: {why}", event.node, cor_text(event.amount)))
        }
        Event::Staking(_) => ("other", String::new()),
    }
}

fn describe_queue(event: &Queue) -> (&'static str, String) {
    match event {
        Queue::TaskQueued(event) => (
            "TaskQueued",
            format!("prompt {}, at most {} tokens, assigned by {}", event.promptUrn, event.maxTokens, when(event.deadline)),
        ),
        Queue::TaskAssigned(event) => {
            ("TaskAssigned", event.miners.iter().map(Address::to_string).collect::<Vec<_>>().join(", "))
        }
        Queue::TaskAcked(event) => ("TaskAcked", event.miner.to_string()),
        Queue::PhaseChanged(event) => {
            let until = if event.deadline > 0 { format!(" until {}", when(event.deadline)) } else { String::new() };
            ("PhaseChanged", format!("{}{until}", named(phase(event.phase), event.phase)))
        }
        Queue::TaskPrecommitted(event) => ("TaskPrecommitted", format!("{} committed to {}", event.miner, event.commitment)),
        Queue::TaskCommitted(event) => ("TaskCommitted", format!("{} revealed {}", event.miner, event.resultDigest)),
        Queue::BadReveal(event) => {
            ("BadReveal", format!("{} revealed {} against its commitment", event.miner, event.resultDigest))
        }
        Queue::TaskDecided(event) => ("TaskDecided", format!("{} by {} votes", event.resultDigest, event.votes)),
        Queue::TaskEnded(event) => {
            let outcomes = event.outcomes.iter().map(|number| named(outcome(*number), *number)).collect::<Vec<_>>();
            ("TaskEnded", [vec![named(status(event.status), event.status)], outcomes].concat().join(", "))
        }
        _ => ("other", String::new()),
    }
}

/// COR wei as COR.
fn cor(wei: u128) -> String {
    cor_text(U256::from(wei))
}

/// A time as people read it, or its seconds if no calendar has it.
fn when(secs: u64) -> String {
    time_text(secs).unwrap_or_else(|| format!("{secs} seconds"))
}

/// The name of a value, or its number if a newer contract has given it.
fn named(value: Result<impl Display, ChainError>, number: u8) -> String {
    value.map_or_else(|_| format!("unknown {number}"), |value| value.to_string())
}
