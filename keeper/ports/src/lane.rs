//! Hashes, signatures, answers, ends and choice of miners of the on-chain lane, by the formulas of `cor_core`; and what the draw is seeded
//! with.

use alloy_primitives::{Address, B256, Signature, keccak256};
use cor_core::task::answer::{AnswerKind, Verdict, canonical_text};
use cor_core::task::commitment::Binding;
use cor_core::task::consensus::leader_of;
use cor_core::task::eip712;
use cor_core::task::selection::{Candidate, Draw, SelectionError, pick};
use cor_core::task::{Closing, Outcome, Stage, Stages, TaskState, Terms, closable};

use crate::domain::{
    LaneDomain, LaneMessage, MessageKind, NodeList, NodeRecord, ReplicaRecord, SessionTerms, SignedMessage, TaskOrigin,
    TaskRecord,
};

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

/// The miners of a task, drawn from the nodes that can serve it.
///
/// # Errors
/// `TooFewOperators` if there are too few of different operators.
pub fn choose_miners(
    domain: &LaneDomain,
    task_id: u64,
    terms: &SessionTerms,
    origin: &TaskOrigin,
    list: &NodeList,
) -> Result<Vec<Address>, SelectionError> {
    let model = terms.model_identifier;
    let fits = |node: &&NodeRecord| node.state.check_eligible(list.min_version, || node.models.contains(&model)).is_ok();
    // The chain does not say when a node last served: nobody rests.
    let candidate =
        |node: &NodeRecord| Candidate { node: node.node, operator: node.operator, weight: EVEN_WEIGHT, last_assigned_at: 0 };
    let mut candidates: Vec<_> = list.nodes.iter().filter(fits).map(candidate).collect();
    candidates.sort_by_key(|candidate| candidate.node);
    let seed = selection_seed(domain, task_id, origin);
    pick(&candidates, &Draw { wanted: terms.rules.replicas, seed, now: 0, cooldown_secs: 0 })
}

/// Which call brings a task on at `now_secs`, by the rules of the contract.
#[must_use]
pub fn closing(record: &TaskRecord, terms: &Terms, now_secs: u64) -> Closing {
    closable(state_of(record, terms), terms, now_secs)
}

/// The task as the rules know it, as far as they look at it to close a phase. Keeper and time of submission are not read for that.
fn state_of(record: &TaskRecord, terms: &Terms) -> TaskState {
    let digests = || (0_u8..).zip(&record.replicas).filter_map(|(index, replica)| Some((index, replica.result_digest?)));
    let mut stages = Stages::default();
    for (index, replica) in (0_u8..).zip(&record.replicas) {
        let stage = match (replica.outcome, replica.last_message) {
            (Outcome::Pending, None) => Stage::Assigned,
            (Outcome::Pending, Some(MessageKind::Ack)) => Stage::Acked,
            (Outcome::Pending, Some(MessageKind::Precommit)) => Stage::Precommitted,
            (Outcome::Pending, Some(MessageKind::Commit)) => {
                // Any of those with the same answer can stand for them: only who agrees with whom is counted.
                let leader = replica.result_digest.and_then(|digest| leader_of(&digest, digests()));
                Stage::Revealed(leader.unwrap_or(index))
            }
            (Outcome::BadReveal, _) => Stage::BadReveal,
            (outcome, _) => Stage::Settled(outcome),
        };
        stages = stages.with(index, stage);
    }
    TaskState {
        session_id: record.session_id,
        keeper: 0,
        phase: record.phase,
        status: record.status,
        answer_kind: record.answer_kind,
        replicas: terms.replicas,
        max_tokens: record.max_tokens,
        submitted_at: 0,
        until: record.deadline_secs,
        stages,
    }
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
    use alloy_primitives::keccak256;
    use cor_core::node::pool::{Node, Standing};
    use cor_core::task::{Phase, Status};

    use super::*;

    const TERMS: Terms =
        Terms { replicas: 3, quorum_bps: 6_000, assign_secs: 10, ack_secs: 10, precommit_secs: 10, commit_secs: 10 };
    const NOW: u64 = 100;

    /// A replica as the contract shows it at a stage: answers are equal where their leaders are.
    fn replica(stage: Stage) -> ReplicaRecord {
        let last_message = match stage.messages() {
            0 => None,
            1 => Some(MessageKind::Ack),
            2 => Some(MessageKind::Precommit),
            _ => Some(MessageKind::Commit),
        };
        let result_digest = match stage {
            Stage::Revealed(leader) => Some(keccak256([leader])),
            _ => None,
        };
        ReplicaRecord {
            miner: Address::ZERO,
            registration_epoch: 1,
            outcome: stage.outcome(),
            last_message,
            commitment: None,
            result_digest,
        }
    }

    /// What the chain shows is enough to know what the contract would do, whatever the replicas have done.
    #[test]
    fn a_task_as_shown_closes_as_the_rules_say() {
        let stages = [
            Stage::Assigned,
            Stage::Acked,
            Stage::Precommitted,
            Stage::BadReveal,
            Stage::Revealed(0),
            Stage::Revealed(1),
            Stage::Revealed(2),
        ];
        let phases = [Phase::None, Phase::Queued, Phase::Ack, Phase::Precommit, Phase::Commit, Phase::Ended];
        let all = |stage: &Stage| stages.map(|other| (*stage, other));
        for (first, second) in stages.iter().flat_map(all) {
            for third in stages {
                for (phase, until) in phases.into_iter().flat_map(|phase| [(phase, NOW), (phase, NOW + 1)]) {
                    let assigned = phase > Phase::Queued;
                    let shown = if assigned { vec![replica(first), replica(second), replica(third)] } else { vec![] };
                    let record = TaskRecord {
                        id: 7,
                        session_id: 1,
                        payer: Address::ZERO,
                        phase,
                        status: Status::Open,
                        answer_kind: AnswerKind::Text,
                        max_tokens: 8,
                        deadline_secs: until,
                        result_digest: None,
                        replicas: shown,
                    };
                    let on_chain = if assigned {
                        Stages::default().with(0, first).with(1, second).with(2, third)
                    } else {
                        Stages::default()
                    };
                    let state = TaskState {
                        session_id: 1,
                        keeper: 1,
                        phase,
                        status: Status::Open,
                        answer_kind: AnswerKind::Text,
                        replicas: 3,
                        max_tokens: 8,
                        submitted_at: NOW - 50,
                        until,
                        stages: on_chain,
                    };
                    let (shown, rules) = (closing(&record, &TERMS, NOW), closable(state, &TERMS, NOW));
                    assert_eq!(shown, rules, "{phase:?} until {until}: {first:?} {second:?} {third:?}");
                }
            }
        }
    }

    /// The contract would refuse the assignment, and draw the same node again at each try.
    #[test]
    fn only_nodes_that_the_pool_reserves_are_drawn() {
        let serving = Node { standing: Standing::Active, capacity: 2, reserved: 1, version: 2_000 };
        let domain = LaneDomain { chain_id: 1, queue: Address::ZERO };
        let terms = SessionTerms { model_identifier: 5, rules: Terms { replicas: 1, ..TERMS } };
        let origin = TaskOrigin {
            prompt_digest: B256::ZERO,
            prompt_urn: String::new(),
            client_reference: B256::ZERO,
            block_number: 1,
            block_hash: B256::ZERO,
        };
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
            let chosen = choose_miners(&domain, 7, &terms, &origin, &NodeList { min_version: 2_000, nodes });
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
