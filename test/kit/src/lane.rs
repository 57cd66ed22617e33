//! Sessions, tasks and signed messages in a line each.

use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    providers::Provider,
    signers::{SignerSync, local::PrivateKeySigner},
};
use cor_adapters::chain::task_record;
use cor_core::task::{
    eip712::domain_separator,
    lane::{
        LaneTerms,
        history::OPENING_BYTES,
        messages::{self, Binding, LANE_NAME_HASH},
    },
};
use cor_ports::domain::TaskRecord;
use cor_sol::lane::ILane;

use crate::{TestNet, digest, event};

/// Seconds of each phase in tests.
pub const PHASE_SECS: u32 = 60;
/// The account that is the keeper.
const KEEPER: usize = 1;

/// Terms of a session with model 1 and a majority rule.
#[must_use]
pub fn terms(replicas: u8) -> LaneTerms {
    LaneTerms {
        model: 1,
        max_tokens: 16,
        answer_kind: 0,
        replicas,
        quorum_bps: cor_core::limits::QUORUM_MIN_BPS,
        open_secs: PHASE_SECS,
        precommit_secs: PHASE_SECS,
        reveal_secs: PHASE_SECS,
        // Execution depth 1, and the rule's name where there is something to agree on.
        priced: u64::from_be_bytes([0, 0, 1, 0, 0, 0, 0, u8::from(replicas > 1)]),
    }
}

/// An open session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub number: u64,
    /// Its terms' word.
    pub terms: B256,
}

/// A task as its submission's log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub id: B256,
    /// Its payer.
    pub payer: Address,
    /// The payer's number for it.
    pub sequence: u64,
    /// What was charged, grains.
    pub charged: u64,
    /// Its history: the opening, as long as nobody adds a record.
    pub history: Bytes,
}

/// A submission of the prompt "prompt".
#[must_use]
pub fn submission(session: Session, sequence: u64) -> ILane::submitCall {
    ILane::submitCall {
        session: session.number,
        terms: session.terms,
        sequence,
        maxCharge: u64::MAX,
        promptDigest: digest("prompt"),
        promptUrn: "urn:cor:blob:test".to_owned(),
        clientReference: B256::ZERO,
    }
}

impl TestNet {
    /// Opens a session by account `index`.
    pub async fn open_session(&self, index: usize, terms: LaneTerms) -> Session {
        let terms = terms.pack();
        let mined = self.ok(index, self.at.lane, ILane::createSessionCall { terms, metadata: B256::ZERO }).await;
        Session { number: event::<ILane::SessionCreated>(&mined).session, terms }
    }

    /// Submits a task by account `index`. Its sequence is the number of the account's transactions, as of `cor task`.
    ///
    /// # Panics
    /// If the contract refuses it.
    pub async fn submit(&self, index: usize, session: Session) -> Task {
        let sequence = self.provider.get_transaction_count(self.address(index)).await.expect("the node answers");
        let mined = self.ok(index, self.at.lane, submission(session, sequence)).await;
        let ILane::TaskSubmitted { task, payer, sequence, charged, opening, .. } = event(&mined);
        Task { id: task, payer, sequence, charged, history: opening }
    }

    /// The task as the chain has it.
    ///
    /// # Panics
    /// If it is not there.
    pub async fn record(&self, task: B256) -> TaskRecord {
        let read = task_record(&self.provider, &self.rpc(), &self.at, task).await;
        read.expect("the node answers").expect("the task is there")
    }

    /// What the keeper and the miners of accounts `crew` sign.
    ///
    /// # Panics
    /// If the task's history has no opening.
    #[must_use]
    pub fn assignment(&self, task: &Task, crew: &[usize]) -> B256 {
        let opening = task.history.get(..OPENING_BYTES).expect("a history begins with an opening");
        let miners: Vec<_> = crew.iter().map(|&index| self.address(index)).collect();
        messages::assignment(task.id, keccak256(opening), self.address(KEEPER), &miners)
    }

    /// The commitment of a replica of a crew to an answer, computed natively, with the salt that [`salt`] has for its account.
    ///
    /// # Panics
    /// If there is no such replica.
    #[must_use]
    pub fn commitment(&self, task: &Task, crew: &[usize], replica: usize, answer: &str) -> B256 {
        let binding = Binding {
            chain_id: self.at.chain_id,
            lane: self.at.lane,
            assignment: self.assignment(task, crew),
            replica: u8::try_from(replica).expect("at most seven replicas"),
            miner: self.address(crew[replica]),
        };
        binding.commitment(digest(answer), salt(crew[replica]))
    }

    /// The signature of a replica's `Precommit` to an answer, 64 bytes as in EIP-2098.
    #[must_use]
    pub fn precommit_signature(&self, task: &Task, crew: &[usize], replica: usize, answer: &str) -> Bytes {
        let commitment = self.commitment(task, crew, replica, answer);
        let signed = messages::precommit_digest(self.lane_domain(), self.assignment(task, crew), commitment);
        sign(&self.key(crew[replica]), signed)
    }

    /// The keeper's signature of `Assign`, 64 bytes as in EIP-2098.
    #[must_use]
    pub fn assign_signature(&self, task: &Task, crew: &[usize]) -> Bytes {
        sign(&self.key(KEEPER), messages::assign_digest(self.lane_domain(), self.assignment(task, crew)))
    }

    /// The call that ends a task by the keeper: the miner of account `crew[i]` answered `answers[i]`.
    #[must_use]
    pub fn completion(&self, task: &Task, crew: &[usize], answers: &[&str]) -> ILane::completeCall {
        let part = |(replica, answer): (usize, &&str)| {
            let signature = self.precommit_signature(task, crew, replica, answer);
            let (miner, digest, salt) = (self.address(crew[replica]), digest(answer), salt(crew[replica]));
            [miner.as_slice(), &signature, digest.as_slice(), salt.as_slice()].concat()
        };
        ILane::completeCall {
            payer: task.payer,
            sequence: task.sequence,
            opening: task.history.clone(),
            answers: answers.iter().enumerate().map(part).collect::<Vec<_>>().concat().into(),
            keeper: self.address(KEEPER),
            assign: Bytes::new(),
        }
    }

    /// Ends a task by the keeper, in one transaction: the miner of account `crew[i]` answered `answers[i]`.
    pub async fn complete(&self, task: &Task, crew: &[usize], answers: &[&str]) -> ILane::TaskEnded {
        event(&self.ok(KEEPER, self.at.lane, self.completion(task, crew, answers)).await)
    }

    /// The call that starts a task by the keeper: the miner of account `crew[i]` is bound to `answers[i]`, if there is one.
    #[must_use]
    pub fn starting(&self, task: &Task, crew: &[usize], answers: &[Option<&str>]) -> ILane::startCall {
        let part = |(replica, answer): (usize, &Option<&str>)| {
            let bound = answer.map_or_else(
                || vec![0; 96],
                |answer| {
                    let signature = self.precommit_signature(task, crew, replica, answer);
                    [self.commitment(task, crew, replica, answer).as_slice(), &signature].concat()
                },
            );
            [self.address(crew[replica]).as_slice(), &bound].concat()
        };
        ILane::startCall {
            payer: task.payer,
            sequence: task.sequence,
            opening: task.history.clone(),
            miners: answers.iter().enumerate().map(part).collect::<Vec<_>>().concat().into(),
            keeper: self.address(KEEPER),
            assign: Bytes::new(),
        }
    }

    /// The call that shows answers by replica and ends a task, with its history as it is now.
    pub async fn finishing(&self, task: &Task, crew: &[usize], answers: &[(u8, &str)]) -> ILane::finishCall {
        let (payer, sequence) = (task.payer, task.sequence);
        let history = self.record(task.id).await.bytes;
        ILane::finishCall { payer, sequence, history, reveals: reveals(crew, answers) }
    }

    fn lane_domain(&self) -> B256 {
        domain_separator(LANE_NAME_HASH, self.at.chain_id, self.at.lane)
    }
}

/// Answers of replicas as the lane takes them, with the salts of their accounts.
///
/// # Panics
/// If there is no such replica.
#[must_use]
pub fn reveals(crew: &[usize], answers: &[(u8, &str)]) -> Bytes {
    let part = |(replica, answer): &(u8, &str)| {
        [&[*replica], digest(answer).as_slice(), salt(crew[usize::from(*replica)]).as_slice()].concat()
    };
    answers.iter().flat_map(part).collect()
}

/// A signature as in EIP-2098: r, then s with the parity in its highest bit.
fn sign(key: &PrivateKeySigner, digest: B256) -> Bytes {
    let signature = key.sign_hash_sync(&digest).expect("a key signs");
    let mut bytes = signature.as_bytes()[..64].to_vec();
    if signature.v() {
        bytes[32] |= 0x80;
    }
    bytes.into()
}

/// The salt that account `index` uses in tests.
#[must_use]
pub fn salt(index: usize) -> B256 {
    B256::from(U256::from(0x5a17 + index))
}
