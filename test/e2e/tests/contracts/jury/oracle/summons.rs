//! Summons of nodes to a task, their answers, and who is found absent.

use alloy::{
    primitives::{Address, Signature},
    sol,
    sol_types::SolStruct,
};
use cor_kit::solo::Refused;
use cor_sol::jury::IJury;

use super::{super::world::ANSWER_SECS, Around, Opening, Oracle, Said, epoch_of, refusal, rosters::Reason};

sol! {
    struct Present { bytes32 task; }
}

const OPEN: u8 = 1;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Summons {
    pub(crate) answer_by: u64,
    pub(crate) absent: bool,
}

impl Oracle {
    /// An open task before its deadline, of a keeper that serves.
    fn open_task(&self, around: &Around<'_>, payer: Address, sequence: u64, opening: &[u8]) -> Result<Opening, Refused> {
        self.serving(around.from)?;
        let task = Self::read(payer, sequence, opening)?;
        let lane = self.lane_of(payer, sequence);
        if lane.phase != OPEN {
            return Err(refusal(&IJury::LanePhaseWrong { task: task.id, phase: lane.phase, wanted: OPEN }));
        }
        if lane.seal != task.hash {
            return Err(refusal(&IJury::HistoryMismatch { task: task.id, seal: lane.seal, computed: task.hash }));
        }
        if around.now >= lane.deadline {
            let (deadline, timestamp) = (lane.deadline, around.now);
            return Err(refusal(&IJury::LaneTooLate { task: task.id, deadline, timestamp }));
        }
        Ok(task)
    }

    pub(super) fn summon(&mut self, around: &Around<'_>, call: &IJury::summonCall, said: &mut Said) -> Result<Address, Refused> {
        let task = self.open_task(around, call.payer, call.sequence, &call.opening)?;
        let slot = usize::try_from(call.slot).expect("32 bits");
        let Some(node) = self.active(task.model, slot, epoch_of(task.time)).map(|stay| stay.node) else {
            let node = self.stay(task.model, call.slot).map_or(Address::ZERO, |stay| stay.node);
            return Err(refusal(&IJury::NotInRoster { node, model: task.model }));
        };
        let key = (task.id, around.from, node);
        if self.summons.contains_key(&key) {
            return Err(refusal(&IJury::AlreadySummoned { task: task.id, node }));
        }
        let answer_by = around.now + u64::from(ANSWER_SECS);
        self.summons.insert(key, Summons { answer_by, absent: false });
        said.log(&IJury::Summoned { task: task.id, keeper: around.from, node, answerBy: answer_by });
        Ok(node)
    }

    pub(super) fn present(&mut self, around: &Around<'_>, call: &IJury::presentCall, said: &mut Said) -> Result<(), Refused> {
        let (task, node) = (call.task, call.node);
        let signer = match <[u8; 64]>::try_from(&call.signature[..]) {
            _ if around.from == node => node,
            Ok(bytes) => {
                let hash = Present { task }.eip712_signing_hash(&self.domain);
                Signature::from_erc2098(&bytes).recover_address_from_prehash(&hash).unwrap_or_default()
            }
            Err(_) => Address::ZERO,
        };
        if signer != node || node.is_zero() {
            return Err(refusal(&IJury::InvalidSignature { signer, expected: node }));
        }
        if self.present.contains_key(&(task, node)) {
            return Err(refusal(&IJury::NodeAnswered { task, node }));
        }
        self.present.insert((task, node), around.now);
        said.log(&IJury::Present { task, node });
        Ok(())
    }

    pub(super) fn dismiss(&mut self, around: &Around<'_>, call: &IJury::dismissCall, said: &mut Said) -> Result<(), Refused> {
        let (node, keeper) = (call.node, around.from);
        let Opening { id: task, model, .. } = self.open_task(around, call.payer, call.sequence, &call.opening)?;
        let Some(Summons { answer_by, absent }) = self.summons.get(&(task, keeper, node)).copied() else {
            return Err(refusal(&IJury::NotSummoned { task, node }));
        };
        if absent {
            return Err(refusal(&IJury::NodeDismissed { task, node }));
        }
        if around.now < answer_by {
            return Err(refusal(&IJury::AnswerPending { task, node, until: answer_by }));
        }
        let entry = self.entry(node, model);
        let operator = self.stay(model, entry.slot).expect("who was summoned has a slot").operator;
        let mut why = Reason::Dismissed;
        if self.present.contains_key(&(task, node)) {
            match Self::unfit(around, node, model, operator) {
                None => return Err(refusal(&IJury::NodeAnswered { task, node })),
                Some(true) => why = Reason::Outdated,
                Some(false) => {}
            }
        }
        self.summons.insert((task, keeper, node), Summons { answer_by, absent: true });
        said.log(&IJury::Absent { task, keeper, node });
        if entry.inside {
            self.close(around, node, model, why, said);
        }
        Ok(())
    }
}
