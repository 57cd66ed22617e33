//! Logs of the contracts as events, and the task that an event is about.

use alloy::{rpc::types::Log, sol_types::SolEventInterface};
use cor_sol::{
    session_payment::ISessionPayment::ISessionPaymentEvents as Payment,
    session_queue::ISessionQueue::ISessionQueueEvents as Queue, staking::IStaking::IStakingEvents as Staking,
};
use cor_wire::deployment::Deployment;

/// An event of a contract that tasks leave logs in.
#[derive(Clone)]
pub(crate) enum Event {
    Queue(Queue),
    Payment(Payment),
    Staking(Staking),
}

impl Event {
    /// The event of a log; `None` if it is of another contract, or of an event that the interface does not have.
    pub(crate) fn of(at: &Deployment, log: &Log) -> Option<Self> {
        let (topics, data) = (log.data().topics(), &log.data().data);
        let address = log.address();
        if address == at.session_queue {
            Queue::decode_raw_log(topics, data).ok().map(Self::Queue)
        } else if address == at.session_payment {
            Payment::decode_raw_log(topics, data).ok().map(Self::Payment)
        } else if address == at.staking {
            Staking::decode_raw_log(topics, data).ok().map(Self::Staking)
        } else {
            None
        }
    }

    /// The task that it is about, `None` if it is about none.
    pub(crate) const fn task(&self) -> Option<u64> {
        match self {
            Self::Queue(event) => task_of_queue(event),
            Self::Payment(event) => match event {
                Payment::Reserved(event) => Some(event.taskId),
                Payment::Charged(event) => Some(event.taskId),
                Payment::Refunded(event) => Some(event.taskId),
                Payment::Earned(event) => Some(event.taskId),
                _ => None,
            },
            Self::Staking(Staking::Slashed(event)) => Some(event.taskId),
            Self::Staking(_) => None,
        }
    }
}

const fn task_of_queue(event: &Queue) -> Option<u64> {
    match event {
        Queue::TaskQueued(event) => Some(event.taskId),
        Queue::TaskAssigned(event) => Some(event.taskId),
        Queue::TaskAcked(event) => Some(event.taskId),
        Queue::PhaseChanged(event) => Some(event.taskId),
        Queue::TaskPrecommitted(event) => Some(event.taskId),
        Queue::TaskCommitted(event) => Some(event.taskId),
        Queue::BadReveal(event) => Some(event.taskId),
        Queue::TaskDecided(event) => Some(event.taskId),
        Queue::TaskEnded(event) => Some(event.taskId),
        _ => None,
    }
}
