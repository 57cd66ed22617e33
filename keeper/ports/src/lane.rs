//! Hashes, signatures, answers, ends and choice of miners of the on-chain lane, by the formulas of `cor_core`; and what the draw is seeded
//! with.

use alloy_primitives::{Address, B256, Signature, keccak256};
use cor_core::task::answer::{AnswerKind, Verdict, canonical_text};
use cor_core::task::eip712::domain_separator;
use cor_core::task::lane::messages::{self, Binding, LANE_NAME_HASH};
use cor_core::task::lane::{close, finish};
use cor_core::task::selection::{Candidate, Draw, SelectionError, pick};

use crate::domain::{
    Bound, Crew, LaneDomain, LaneMessage, NodeList, NodeRecord, Phase, Reveal, Seat, SignatureBytes, SignedMessage, TaskRecord,
};

/// All nodes weigh alike until reputation is on chain.
const EVEN_WEIGHT: u32 = 1;

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

/// The seed of a task's choice of miners: chain, lane, task, and the block that the task was submitted in, which the submitter could not know.
#[must_use]
pub fn selection_seed(domain: &LaneDomain, task: B256, block_hash: B256) -> B256 {
    let mut bytes = b"Cortensor.Selection.v2".to_vec();
    bytes.extend(domain.chain_id.to_be_bytes());
    bytes.extend(domain.lane.as_slice());
    bytes.extend(task.as_slice());
    bytes.extend(block_hash.as_slice());
    keccak256(bytes)
}

/// The miners of a task, drawn from the nodes that can serve it.
///
/// # Errors
/// `TooFewOperators` if there are too few of different operators.
pub fn choose_miners(domain: &LaneDomain, record: &TaskRecord, list: &NodeList) -> Result<Vec<Address>, SelectionError> {
    let terms = &record.history.opening.terms;
    let model = terms.model;
    let fits = |node: &&NodeRecord| node.state.check_eligible(list.min_version, || node.models.contains(&model)).is_ok();
    // The chain does not say when a node last served: nobody rests.
    let candidate =
        |node: &NodeRecord| Candidate { node: node.node, operator: node.operator, weight: EVEN_WEIGHT, last_assigned_at: 0 };
    let mut candidates: Vec<_> = list.nodes.iter().filter(fits).map(candidate).collect();
    candidates.sort_by_key(|candidate| candidate.node);
    let seed = selection_seed(domain, record.id, record.submission.block_hash);
    pick(&candidates, &Draw { wanted: terms.replicas, seed, now: 0, cooldown_secs: 0 })
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
    use cor_core::node::pool::{Node, Standing};
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

    /// Nobody would sign for it, and the same node would be drawn again at each try.
    #[test]
    fn only_nodes_that_can_serve_are_drawn() {
        let serving = Node { standing: Standing::Active, capacity: 2, reserved: 1, version: 2_000 };
        let domain = LaneDomain { chain_id: 1, lane: Address::ZERO };
        for (state, model, drawn) in [
            (serving, 5, true),
            (serving, 6, false),
            (Node { standing: Standing::Suspended, ..serving }, 5, false),
            (Node { standing: Standing::Absent, ..serving }, 5, false),
            (Node { reserved: 2, ..serving }, 5, false),
            (Node { version: 1_999, ..serving }, 5, false),
        ] {
            let node = Address::with_last_byte(1);
            let nodes = vec![NodeRecord { node, operator: node, registration_epoch: 1, state, models: vec![model] }];
            let chosen = choose_miners(&domain, &submitted(1), &NodeList { min_version: 2_000, nodes });
            let wanted = if drawn { Ok(vec![node]) } else { Err(SelectionError::TooFewOperators { found: 0, wanted: 1 }) };
            assert_eq!(chosen, wanted, "{state:?}, model {model}");
        }
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
