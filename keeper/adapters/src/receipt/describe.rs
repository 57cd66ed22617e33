//! Events in words.

use std::fmt::Display;

use alloy::primitives::Address;
use cor_ports::ChainError;
use cor_sol::{
    session_payment::ISessionPayment::ISessionPaymentEvents as Payment,
    session_queue::ISessionQueue::ISessionQueueEvents as Queue, staking::IStaking::IStakingEvents as Staking,
};

use super::names::{outcome, phase, status};
use crate::chain::Event;

/// Name and fields of an event in words.
pub(super) fn describe(event: &Event) -> (&'static str, String) {
    match event {
        Event::Queue(event) => describe_queue(event),
        Event::Payment(event) => match event {
            Payment::Reserved(event) => {
                ("Reserved", format!("{} wei of {} by price version {}", event.total, event.payer, event.version))
            }
            Payment::Charged(event) => ("Charged", format!("{} wei, {} back to the payer", event.charged, event.refunded)),
            Payment::Refunded(event) => {
                ("Refunded", format!("{} wei to the payer, {} for the keeper's gas", event.refunded, event.toKeeper))
            }
            Payment::Earned(event) => ("Earned", format!("{} wei for {}", event.amount, event.account)),
            _ => ("other", String::new()),
        },
        Event::Staking(Staking::Slashed(event)) => {
            ("Slashed", format!("{} lost {} wei of stake, reason {}", event.node, event.amount, event.reason))
        }
        Event::Staking(_) => ("other", String::new()),
    }
}

fn describe_queue(event: &Queue) -> (&'static str, String) {
    match event {
        Queue::TaskQueued(event) => (
            "TaskQueued",
            format!("prompt {}, at most {} tokens, assigned by {}", event.promptUrn, event.maxTokens, event.deadline),
        ),
        Queue::TaskAssigned(event) => {
            ("TaskAssigned", event.miners.iter().map(Address::to_string).collect::<Vec<_>>().join(", "))
        }
        Queue::TaskAcked(event) => ("TaskAcked", event.miner.to_string()),
        Queue::PhaseChanged(event) => {
            ("PhaseChanged", format!("{} until {}", named(phase(event.phase), event.phase), event.deadline))
        }
        Queue::TaskPrecommitted(event) => ("TaskPrecommitted", format!("{} committed to {}", event.miner, event.commitment)),
        Queue::TaskCommitted(event) => ("TaskCommitted", format!("{} revealed {}", event.miner, event.resultDigest)),
        Queue::BadReveal(event) => {
            ("BadReveal", format!("{} revealed {} against its commitment", event.miner, event.resultDigest))
        }
        Queue::TaskDecided(event) => ("TaskDecided", format!("{} by {} votes", event.resultDigest, event.votes)),
        Queue::TaskEnded(event) => {
            let outcomes = event.outcomes.iter().map(|number| named(outcome(*number), *number)).collect::<Vec<_>>();
            ("TaskEnded", format!("{}: {}", named(status(event.status), event.status), outcomes.join(", ")))
        }
        _ => ("other", String::new()),
    }
}

/// The name of a value, or its number if a newer contract has given it.
fn named(value: Result<impl Display, ChainError>, number: u8) -> String {
    value.map_or_else(|_| format!("unknown {number}"), |value| value.to_string())
}
