//! Logs of the contracts as events, and the task that an event is about.

use alloy::{primitives::B256, rpc::types::Log, sol_types::SolEventInterface};
use cor_sol::{jury::IJury::IJuryEvents as Jury, lane::ILane::ILaneEvents as Lane, staking::IStaking::IStakingEvents as Staking};
use cor_wire::deployment::Deployment;

/// The number that the lane tells Staking for a task, in `Staking.slash` and hence in the event `Slashed`: the last 64 bits of the task's name.
#[must_use]
pub fn slash_number(task: B256) -> u64 {
    task.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// An event of a contract that tasks leave logs in.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// Of the lane.
    Lane(Lane),
    /// Of Staking.
    Staking(Staking),
    /// Of the jury.
    Jury(Jury),
}

impl Event {
    /// The event of a log; `None` if it is of another contract, of an event that the interface does not have, or a slash by another slasher.
    pub(crate) fn of(at: &Deployment, log: &Log) -> Option<Self> {
        let (topics, data) = (log.data().topics(), &log.data().data);
        let address = log.address();
        if address == at.lane {
            Lane::decode_raw_log(topics, data).ok().map(Self::Lane)
        } else if address == at.staking {
            // Another slasher has tasks of its own: its number 5 is not the lane's.
            let of_others = |event: &Staking| matches!(event, Staking::Slashed(event) if event.slasher != at.lane);
            Staking::decode_raw_log(topics, data).ok().filter(|event| !of_others(event)).map(Self::Staking)
        } else if address == at.jury {
            Jury::decode_raw_log(topics, data).ok().map(Self::Jury)
        } else {
            None
        }
    }

    /// The task that it is about, `None` if it is about none, or does not name it: a slash has no more than the task's [`slash_number`].
    pub(crate) const fn task(&self) -> Option<B256> {
        match self {
            Self::Lane(Lane::TaskSubmitted(event)) => Some(event.task),
            Self::Lane(Lane::TaskRecord(event)) => Some(event.task),
            Self::Lane(Lane::TaskEnded(event)) => Some(event.task),
            Self::Lane(Lane::SlashOwed(event)) => Some(event.task),
            Self::Jury(Jury::Summoned(event)) => Some(event.task),
            Self::Jury(Jury::Present(event)) => Some(event.task),
            Self::Jury(Jury::Absent(event)) => Some(event.task),
            Self::Jury(Jury::KeeperConvicted(event)) => Some(event.task),
            Self::Lane(_) | Self::Staking(_) | Self::Jury(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{Address, Bytes, LogData, U256, b256},
        rpc::types::Log,
    };
    use cor_sol::{jury::IJury, lane::ILane, staking::IStaking};

    use super::*;
    use crate::chain::tests::{deployment, log};

    const TASK: B256 = b256!("1111111111111111111111111111111111111111111111110102030405060708");
    const NUMBER: u64 = 0x0102_0304_0506_0708;

    #[test]
    fn an_event_of_the_lane_names_its_task() {
        let at = deployment();
        let record = ILane::TaskRecord { task: TASK, phase: 1, deadline: 5, record: Bytes::new() };
        let owed = ILane::SlashOwed { task: TASK, node: Address::ZERO, reason: 1, amount: 5 };
        for log in [log(at.lane, (1, 0), &record), log(at.lane, (1, 0), &owed)] {
            assert_eq!(Event::of(&at, &log).and_then(|event| event.task()), Some(TASK));
        }
        let released = ILane::Released { account: Address::ZERO, amount: 1, available: 0 };
        assert!(Event::of(&at, &log(at.lane, (1, 0), &released)).is_some_and(|event| event.task().is_none()));
        assert!(Event::of(&at, &log(at.vault, (1, 0), &record)).is_none(), "of another contract");
    }

    #[test]
    fn an_event_of_the_jury_names_its_task() {
        let at = deployment();
        let (keeper, node) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let convicted = IJury::KeeperConvicted {
            keeper,
            task: TASK,
            challenger: node,
            reason: 1,
            seat: 0,
            drawn: node,
            toChallenger: U256::ZERO,
            toTreasury: U256::ZERO,
        };
        for log in [
            log(at.jury, (1, 0), &IJury::Summoned { task: TASK, keeper, node, answerBy: 5 }),
            log(at.jury, (1, 0), &IJury::Present { task: TASK, node }),
            log(at.jury, (1, 0), &IJury::Absent { task: TASK, keeper, node }),
            log(at.jury, (1, 0), &convicted),
        ] {
            assert_eq!(Event::of(&at, &log).and_then(|event| event.task()), Some(TASK));
        }
        let opened = log(at.jury, (1, 0), &IJury::Opened {});
        assert!(Event::of(&at, &opened).is_some_and(|event| event.task().is_none()));
        let elsewhere = log(at.lane, (1, 0), &IJury::Present { task: TASK, node });
        assert!(Event::of(&at, &elsewhere).is_none(), "of another contract");
    }

    #[test]
    fn a_slash_counts_if_the_lane_slashed() {
        let at = deployment();
        let slash = |slasher| {
            let (amount, left) = (U256::from(1), U256::ZERO);
            log(at.staking, (1, 0), &IStaking::Slashed { slasher, node: Address::ZERO, taskId: NUMBER, reason: 1, amount, left })
        };
        let event = Event::of(&at, &slash(at.lane)).unwrap();
        assert!(matches!(&event, Event::Staking(Staking::Slashed(event)) if event.taskId == NUMBER));
        assert_eq!(event.task(), None, "64 bits are no name");
        assert!(Event::of(&at, &slash(at.vault)).is_none(), "the number of another slasher is of another task");
        let opened = log(at.staking, (1, 0), &IStaking::Opened {});
        assert!(Event::of(&at, &opened).is_some_and(|event| event.task().is_none()));
        let unknown = LogData::new_unchecked(vec![B256::ZERO], Bytes::new());
        let inner = alloy::primitives::Log { address: at.staking, data: unknown };
        assert!(Event::of(&at, &Log { inner, ..Log::default() }).is_none());
    }

    #[test]
    fn a_tasks_number_for_staking_is_the_end_of_its_name() {
        assert_eq!(slash_number(TASK), NUMBER);
    }
}
