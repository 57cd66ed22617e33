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
    /// The event of a log; `None` if it is of another contract, of an event that the interface does not have, or a slash by another slasher.
    pub(crate) fn of(at: &Deployment, log: &Log) -> Option<Self> {
        let (topics, data) = (log.data().topics(), &log.data().data);
        let address = log.address();
        if address == at.session_queue {
            Queue::decode_raw_log(topics, data).ok().map(Self::Queue)
        } else if address == at.session_payment {
            Payment::decode_raw_log(topics, data).ok().map(Self::Payment)
        } else if address == at.staking {
            // Another slasher counts its tasks by itself: its number 5 is not the queue's.
            let of_others = |event: &Staking| matches!(event, Staking::Slashed(event) if event.slasher != at.session_queue);
            Staking::decode_raw_log(topics, data).ok().filter(|event| !of_others(event)).map(Self::Staking)
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

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{Address, B256, LogData, U256},
        rpc::types::Log,
        sol_types::SolEvent,
    };
    use cor_sol::staking::IStaking;

    use super::*;

    #[test]
    fn a_slash_is_about_a_task_of_the_queue_if_the_queue_slashed() {
        let [queue, staking, other] = [1, 2, 3].map(Address::repeat_byte);
        let at = Deployment {
            chain_id: 1,
            from_block: 0,
            runtime: other,
            cor: other,
            staking,
            session_payment_table: other,
            session_payment: other,
            node_pool: other,
            session_queue: queue,
        };
        let log = |data: LogData| Log { inner: alloy::primitives::Log { address: staking, data }, ..Log::default() };
        let slash = |slasher| {
            let (amount, left) = (U256::from(1), U256::ZERO);
            log(IStaking::Slashed { slasher, node: other, taskId: 5, reason: 1, amount, left }.encode_log_data())
        };
        assert_eq!(Event::of(&at, &slash(queue)).and_then(|event| event.task()), Some(5));
        assert!(Event::of(&at, &slash(other)).is_none(), "the number 5 of another slasher is another task");
        assert!(Event::of(&at, &log(IStaking::Opened {}.encode_log_data())).is_some_and(|event| event.task().is_none()));
        assert!(Event::of(&at, &log(LogData::new_unchecked(vec![B256::ZERO], Vec::new().into()))).is_none());
    }
}
