//! Hashes, signatures, answers and ends of the on-chain lane, by the formulas of `cor_core`.

use alloy_primitives::{Address, B256, Signature};
use cor_core::task::answer::{AnswerKind, Verdict, canonical_text};
use cor_core::task::eip712::domain_separator;
use cor_core::task::lane::messages::{self, Binding, LANE_NAME_HASH};
use cor_core::task::lane::{close, crew_mark, finish};

use crate::domain::{
    Bound, Crew, History, LaneCall, LaneDomain, LaneMessage, Phase, Reveal, Seat, SignatureBytes, SignedMessage, TaskRecord,
};

/// What everybody who serves a task signs: the task, its opening, and the whole crew.
#[must_use]
pub fn assignment(record: &TaskRecord, crew: &Crew) -> B256 {
    assignment_of(record.id, record.history.opening_hash, crew)
}

/// The same of a task whose opening has this hash.
#[must_use]
pub fn assignment_of(task: B256, opening_hash: B256, crew: &Crew) -> B256 {
    messages::assignment(task, opening_hash, crew.keeper, &crew.miners)
}

/// The digest that a keeper signs for `Assign`.
#[must_use]
pub fn assign_digest(domain: &LaneDomain, assignment: B256) -> B256 {
    messages::assign_digest(separator(domain), assignment)
}

/// The digest that a miner signs for a message.
#[must_use]
pub fn message_digest(domain: &LaneDomain, assignment: B256, message: &LaneMessage) -> B256 {
    let domain = separator(domain);
    match *message {
        LaneMessage::Precommit { commitment } => messages::precommit_digest(domain, assignment, commitment),
        LaneMessage::Commit { commitment, result_digest, salt } => {
            messages::commit_digest(domain, assignment, commitment, result_digest, salt)
        }
    }
}

fn separator(domain: &LaneDomain) -> B256 {
    domain_separator(LANE_NAME_HASH, domain.chain_id, domain.lane)
}

/// Who signed a message; `None` if the signature is malformed.
#[must_use]
pub fn signer_of(domain: &LaneDomain, message: &SignedMessage) -> Option<Address> {
    recover(message_digest(domain, message.assignment, &message.message), &message.signature)
}

/// Whether a miner signed the `Precommit` that a keeper shows of it.
#[must_use]
pub fn is_bound(domain: &LaneDomain, assignment: B256, miner: Address, bound: &Bound) -> bool {
    let said = LaneMessage::Precommit { commitment: bound.commitment };
    recover(message_digest(domain, assignment, &said), &bound.signature) == Some(miner)
}

/// Who signed a digest; `None` if the signature is malformed, or has a high s, which the contract refuses as well.
#[must_use]
pub fn recover(digest: B256, signature: &SignatureBytes) -> Option<Address> {
    let signature = Signature::from_raw_array(signature).ok()?;
    if signature.normalize_s().is_some() {
        return None;
    }
    signature.recover_address_from_prehash(&digest).ok()
}

/// The commitment of a replica's miner to an answer.
#[must_use]
pub fn commitment(domain: &LaneDomain, assignment: B256, replica: u8, miner: Address, reveal: &Reveal) -> B256 {
    let binding = Binding { chain_id: domain.chain_id, lane: domain.lane, assignment, replica, miner };
    binding.commitment(reveal.result_digest, reveal.salt)
}

/// What brings a task on that waits for nobody any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Nothing yet.
    None,
    /// `close`: the deadline has passed and nobody reveals.
    Close,
    /// `finish`: all that were bound have revealed, or the deadline has passed.
    Finish,
}

/// Which call brings a task on at `now_secs`, by the rules of the contract.
#[must_use]
pub fn closing(record: &TaskRecord, now_secs: u64) -> Closing {
    let (mut state, opening) = (record.state, &record.history.opening);
    let phase = state.phase;
    match phase {
        Phase::Reveal if finish(&mut state, opening, now_secs).is_ok() => Closing::Finish,
        Phase::Open | Phase::Precommit if close(&mut state, opening, now_secs).is_ok() => Closing::Close,
        _ => Closing::None,
    }
}

/// How many of the miners must agree.
#[must_use]
pub fn needed(record: &TaskRecord) -> usize {
    usize::from(record.history.opening.terms.quorum().needed())
}

/// Seconds after the deadline of a task that ended until which its second commitments are looked for.
pub const REPORT_SECS: u64 = 24 * 60 * 60;

/// The report of a miner that was bound, in a task that ended, to another commitment than it had signed before: it may have read an answer meanwhile. `signed` is what miners of the crew
/// signed, by replica. `None` if there is none, or a day after the deadline.
#[must_use]
pub fn report_of_second(record: &TaskRecord, signed: impl IntoIterator<Item = (u8, Bound)>, now_secs: u64) -> Option<LaneCall> {
    let keeper = record.served_by?;
    let is_late = now_secs >= record.state.deadline.saturating_add(REPORT_SECS);
    let is_second = |(replica, bound): &(u8, Bound)| {
        let told = record.history.told.get(usize::from(*replica));
        let bound_to = told.filter(|told| !told.bad).and_then(|told| told.commitment);
        bound_to.is_some_and(|bound_to| bound_to != bound.commitment)
    };
    let (replica, Bound { commitment, signature }) = signed.into_iter().find(is_second).filter(|_| !is_late)?;
    Some(LaneCall::ReportSecond { task: record.at(), keeper, replica, commitment, signature })
}

/// What the lane keeps of a task that ended: who served it, and bound to what. Zero if nobody did.
#[must_use]
pub fn mark_of(task: B256, history: &History, keeper: Address) -> Address {
    let (crew, miners) = (history.crew(), history.miners());
    if crew.is_empty() {
        return Address::ZERO;
    }
    crew_mark(assignment_of(task, history.opening_hash, &Crew { keeper, miners }), &crew)
}

/// The record of who served, for the history of a task that was completed in one step: there is none in its log.
#[must_use]
pub fn crew_record(crew: &[u8]) -> Vec<u8> {
    [&[1], crew].concat()
}

/// Whether a replica's miner has shown its answer on chain.
#[must_use]
pub fn is_shown(record: &TaskRecord, replica: u8) -> bool {
    matches!(record.seat(replica), Some(Seat::Follows(_)))
}

/// The bytes of a model's text that are compared with other miners'. `None` for kinds that this lane's miners do not serve yet.
#[must_use]
pub fn canonical_answer(kind: AnswerKind, text: &str) -> Option<Vec<u8>> {
    match kind {
        AnswerKind::Text => Some(canonical_text(text).as_bytes().to_vec()),
        AnswerKind::Verdict => Some(read_verdict(text).label().as_bytes().to_vec()),
        AnswerKind::Json | AnswerKind::Number => None,
    }
}

/// The first verdict label among a model's words. A text without one is `RETRY`: no judgement is better than a guessed one.
#[must_use]
pub fn read_verdict(text: &str) -> Verdict {
    let upper = text.to_ascii_uppercase().replace("NEEDS SPEC", "NEEDS_SPEC");
    let words = upper.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.into_iter().find_map(Verdict::from_label).unwrap_or(Verdict::Retry)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Bytes;
    use cor_core::task::lane::{LaneState, LaneTerms, Price};

    use super::*;
    use crate::domain::{History, Opening, Submission};

    const NOW: u64 = 1_000;

    /// A task of model 5 that was just submitted.
    fn submitted(replicas: u8) -> TaskRecord {
        let terms = LaneTerms {
            model: 5,
            max_tokens: 8,
            answer_kind: 0,
            replicas,
            quorum_bps: 5_001,
            open_secs: 60,
            precommit_secs: 30,
            reveal_secs: 30,
            priced: 0,
        };
        let opening = Opening {
            price: Price { per_replica: 1, network: 1, gas: 1 },
            terms,
            prompt_digest: B256::ZERO,
            no_reveal: 0,
            bad_reveal: 0,
            block: 1,
            time: NOW,
            no_result_gas_cap_bps: 0,
        };
        TaskRecord {
            id: B256::repeat_byte(7),
            payer: Address::ZERO,
            sequence: 1,
            state: cor_core::task::lane::submit(&opening, NOW),
            bytes: Bytes::from(opening.encode()),
            history: History::begin(opening),
            served_by: None,
            submission: Submission {
                session: 1,
                charged: 5,
                prompt_urn: String::new(),
                client_reference: B256::ZERO,
                block_number: 1,
                block_hash: B256::ZERO,
            },
        }
    }

    #[test]
    fn a_task_is_closed_once_its_deadline_has_passed_and_finished_once_all_is_shown() {
        let mut task = submitted(3);
        assert_eq!((closing(&task, NOW + 59), closing(&task, NOW + 60)), (Closing::None, Closing::Close));
        task.state = LaneState { phase: Phase::Precommit, ..task.state };
        assert_eq!((closing(&task, NOW + 59), closing(&task, NOW + 60)), (Closing::None, Closing::Close));
        let with = |seats: [Seat; 3]| {
            let mut state = LaneState { phase: Phase::Reveal, ..submitted(3).state };
            state.seats[..3].copy_from_slice(&seats);
            TaskRecord { state, ..submitted(3) }
        };
        let task = with([Seat::Follows(0), Seat::Committed, Seat::Silent]);
        assert_eq!((closing(&task, NOW), closing(&task, NOW + 60)), (Closing::None, Closing::Finish));
        assert_eq!(closing(&with([Seat::Follows(0), Seat::Bad, Seat::Silent]), NOW), Closing::Finish);
        task_over(with([Seat::Follows(0), Seat::Follows(0), Seat::Silent]));
    }

    fn task_over(mut task: TaskRecord) {
        task.state.phase = Phase::Ended;
        assert_eq!(closing(&task, NOW + 1_000), Closing::None);
    }

    #[test]
    fn verdicts_are_read_strictly() {
        let table = [
            ("TRUE", Verdict::True),
            (" true.\n", Verdict::True),
            ("The claim is FALSE, not TRUE", Verdict::False),
            ("**INVALID**", Verdict::Invalid),
            ("it needs spec", Verdict::NeedsSpec),
            ("untrue", Verdict::Retry),
            ("", Verdict::Retry),
        ];
        for (text, verdict) in table {
            assert_eq!(read_verdict(text), verdict, "{text:?}");
        }
    }
}
