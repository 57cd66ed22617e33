//! Hashes, signatures, answers and choice of miners of the on-chain lane, by the formulas of `cor_core`.

use alloy_primitives::{Address, B256, Signature, keccak256};
use cor_core::task::answer::{AnswerKind, Verdict, canonical_text};
use cor_core::task::commitment::Binding;
use cor_core::task::eip712;
use cor_core::task::selection::{Candidate, Draw, pick};

use crate::domain::{LaneDomain, LaneMessage, NodeRecord, ReplicaRecord, SessionTerms, SignedMessage, TaskOrigin};

/// All nodes weigh alike until reputation is on chain.
const EVEN_WEIGHT: u32 = 1;

/// The digest a miner signs for a message.
#[must_use]
pub fn message_digest(domain: &LaneDomain, task_id: u64, miner: Address, message: LaneMessage) -> B256 {
    message.digest(eip712::session_queue_domain(domain.chain_id, domain.queue), task_id, miner)
}

/// Who signed a message; `None` if the signature is malformed.
#[must_use]
pub fn recover(domain: &LaneDomain, message: &SignedMessage) -> Option<Address> {
    let signature = Signature::from_raw_array(&message.signature).ok()?;
    if signature.normalize_s().is_some() {
        return None; // a high s is refused by the contract as well
    }
    let digest = message_digest(domain, message.task_id, message.miner, message.message);
    signature.recover_address_from_prehash(&digest).ok()
}

/// The commitment of a replica to an answer. `index` is the replica's place in the task.
#[must_use]
pub fn commitment(
    domain: &LaneDomain,
    task_id: u64,
    index: usize,
    replica: &ReplicaRecord,
    result_digest: B256,
    salt: B256,
) -> B256 {
    let binding = Binding {
        chain_id: domain.chain_id,
        queue: domain.queue,
        task_id,
        replica: u8::try_from(index).unwrap_or(u8::MAX), // a task has at most seven
        miner: replica.miner,
        registration_epoch: replica.registration_epoch,
    };
    binding.commitment(result_digest, salt)
}

/// The seed of a task's choice of miners: chain, queue, task, and the block that the task was submitted in, which the submitter could not know.
#[must_use]
pub fn selection_seed(domain: &LaneDomain, task_id: u64, origin: &TaskOrigin) -> B256 {
    let mut bytes = b"Cortensor.Selection.v1".to_vec();
    bytes.extend(domain.chain_id.to_be_bytes());
    bytes.extend(domain.queue.as_slice());
    bytes.extend(task_id.to_be_bytes());
    bytes.extend(origin.block_hash.as_slice());
    keccak256(bytes)
}

/// The miners of a task, drawn from the nodes that can serve it; `None` if there are too few of different operators.
#[must_use]
pub fn choose_miners(
    domain: &LaneDomain,
    task_id: u64,
    terms: &SessionTerms,
    origin: &TaskOrigin,
    nodes: &[NodeRecord],
) -> Option<Vec<Address>> {
    let fits = |node: &&NodeRecord| node.active && node.reserved < node.capacity && node.models.contains(&terms.model_identifier);
    let candidate =
        |node: &NodeRecord| Candidate { node: node.node, operator: node.operator, weight: EVEN_WEIGHT, last_assigned_at: 0 };
    let mut candidates: Vec<_> = nodes.iter().filter(fits).map(candidate).collect();
    candidates.sort_by_key(|candidate| candidate.node);
    let draw = Draw { wanted: terms.replicas, seed: selection_seed(domain, task_id, origin), now: 0, cooldown_secs: 0 };
    pick(&candidates, &draw).ok()
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
    use super::*;

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
