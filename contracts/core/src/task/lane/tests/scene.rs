//! A task with miners, and what they say of it.

use alloy_primitives::{Address, B256, address, keccak256};

use crate::task::lane::history::{History, Opening};
use crate::task::lane::messages::{Binding, task_id};
use crate::task::lane::{LaneState, LaneTerms, Place, Price, Reveal, Server, submit};

pub(super) const NOW: u64 = 1_800_000_000;
/// The last second in which a second word of a task that was submitted at [`NOW`] can be shown: eight days and twelve hours.
pub(super) const LATER: u64 = NOW + 734_399;
pub(super) const KEEPER: Address = address!("000000000000000000000000000000000000ee0e");
pub(super) const SERVER: Server = Server { keeper: KEEPER, itself: true };
pub(super) const PAYER: Address = address!("0000000000000000000000000000000000009a7e");

pub(super) fn terms(replicas: u8, quorum_bps: u16) -> LaneTerms {
    LaneTerms {
        model: 1,
        max_tokens: 256,
        answer_kind: 1,
        replicas,
        quorum_bps,
        open_secs: 600,
        precommit_secs: 60,
        reveal_secs: 90,
        priced: 1 << 40,
    }
}

pub(super) fn opening(replicas: u8, quorum_bps: u16) -> Opening {
    Opening {
        price: Price { per_replica: 1_000, network: 700, gas: 90 },
        terms: terms(replicas, quorum_bps),
        prompt_digest: keccak256("a prompt"),
        no_reveal: 40,
        bad_reveal: 50,
        block: 77,
        time: NOW,
        no_result_gas_cap_bps: 10_000,
    }
}

/// A task, and what only its miners know.
pub(super) struct Scene {
    pub(super) state: LaneState,
    pub(super) history: History,
    pub(super) place: Place,
    pub(super) miners: Vec<Address>,
}

impl Scene {
    pub(super) fn new(replicas: u8, quorum_bps: u16) -> Self {
        let opening = opening(replicas, quorum_bps);
        let lane = address!("00000000000000000000000000000000000001a4");
        Self {
            state: submit(&opening, NOW),
            history: History::begin(opening),
            place: Place { chain_id: 42_161, lane, task: task_id(PAYER, 1) },
            miners: (1..=replicas).map(Address::repeat_byte).collect(),
        }
    }

    /// What opens a commitment of a replica to `answer`.
    pub(super) fn reveal_of(&self, replica: u8, answer: &str) -> Reveal {
        Reveal { replica, digest: keccak256(answer), salt: keccak256([replica, 0x5a]) }
    }

    pub(super) fn commitment(&self, replica: u8, answer: &str) -> B256 {
        let Reveal { digest, salt, .. } = self.reveal_of(replica, answer);
        let assignment = self.place.assignment(&self.history, KEEPER, &self.miners);
        let Place { chain_id, lane, .. } = self.place;
        let miner = self.miners[usize::from(replica)];
        Binding { chain_id, lane, assignment, replica, miner }.commitment(digest, salt)
    }

    /// The miners with a commitment to each answer that there is.
    pub(super) fn bound(&self, answers: &[Option<&str>]) -> Vec<(Address, Option<B256>)> {
        let seats = (0_u8..).zip(&self.miners).zip(answers);
        seats.map(|((replica, miner), answer)| (*miner, answer.map(|answer| self.commitment(replica, answer)))).collect()
    }

    /// Everybody's answer, as a keeper has them when nobody holds one back.
    pub(super) fn answers(&self, answers: &[&str]) -> Vec<(Address, Reveal)> {
        let seats = (0_u8..).zip(&self.miners).zip(answers);
        seats.map(|((replica, miner), answer)| (*miner, self.reveal_of(replica, answer))).collect()
    }
}
