//! From a prompt to an answer that a miner can be bound to.

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use cor_ports::domain::{Phase, Reveal, TaskRecord};
use cor_ports::{BackendError, CompletionRequest, JournalError, SignerError, lane};
use tracing::info;

use super::error::StepError;
use super::{Miner, answer_key};
use crate::machine::miner::Sealed;
use crate::service::job::{Job, Panicked, finished};
use crate::service::over;

impl Miner {
    pub(super) async fn prepare(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        if !is_served(record) {
            return Err(not_served(record)); // not signed for, so nobody pays for it
        }
        if self.prompt(record)?.is_none() {
            return Ok(());
        }
        if let Some(task) = self.tasks.get_mut(&record.id) {
            task.known.prepared = true;
        }
        self.answer(record).await
    }

    /// The prompt; `None` while it is being fetched.
    fn prompt(&mut self, record: &TaskRecord) -> Result<Option<String>, StepError> {
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(None) };
        if task.prompt.is_some() {
            return Ok(task.prompt.clone());
        }
        if let Some(Ok(fetched)) = finished(&mut task.fetching) {
            task.prompt = Some(String::from_utf8(fetched?).map_err(|_| StepError::PromptNotText(record.id))?);
            return Ok(task.prompt.clone());
        }
        if task.fetching.is_none() {
            let (urn, digest) = (&record.submission.prompt_urn, record.history.opening.prompt_digest);
            if cor_ports::parse_urn(urn) != Some(digest) {
                return Err(StepError::WrongUrn { task: record.id, urn: urn.clone(), digest });
            }
            let blobs = Arc::clone(&self.ports.blobs);
            task.fetching = Some(Job::start(&self.done, async move { blobs.get(digest).await }));
        }
        Ok(None)
    }

    /// Starts the answer if it is not there and not running. One that was journalled is taken up, and one that was found for another crew serves this one too.
    pub(super) async fn answer(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        if self.restore(record.id).await? {
            return Ok(());
        }
        let serving = self.tasks.get(&record.id).and_then(|task| task.known.serving.as_ref());
        if record.state.phase == Phase::Reveal || serving.is_some_and(|serving| serving.own.is_some()) {
            // It was bound before, and another answer would not open that.
            return self.leave(record).await;
        }
        if let Some(honest) = self.known_answer(record.id).await? {
            return self.bind_to(record, honest).await;
        }
        let Some(prompt) = self.prompt(record)? else { return Ok(()) };
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        if task.answering.is_none() {
            let request = CompletionRequest { prompt, max_tokens: record.history.opening.terms.max_tokens, seed: 0 };
            let backend = Arc::clone(&self.ports.backend);
            task.answering = Some(Job::start(&self.done, async move { Ok(backend.complete(request).await?.text) }));
        }
        Ok(())
    }

    /// The model's answer, if it was found for another crew of the task. What is in the journal is the model's unless this miner misbehaves on purpose.
    async fn known_answer(&self, id: B256) -> Result<Option<Vec<u8>>, JournalError> {
        let Some(task) = self.tasks.get(&id) else { return Ok(None) };
        let journalled = task.others.keys().next().filter(|_| self.options.drill.is_none());
        match (&task.honest, journalled) {
            (None, Some(assignment)) => Ok(self.salted(&answer_key(*assignment)).await?.map(|(_, answer)| answer)),
            (honest, _) => Ok(honest.clone()),
        }
    }

    /// Takes a finished answer, which counts whatever crew it was begun for.
    pub(super) async fn collect_answer(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        let Some(answered) = finished(&mut task.answering) else { return Ok(()) };
        let text = answered.map_err(|Panicked| BackendError::Failed("the backend panicked".to_owned()))??;
        let honest = canonical(record, &text).ok_or_else(|| not_served(record))?;
        task.honest = Some(honest.clone());
        if task.known.is_told || task.known.sealed.is_some() { Ok(()) } else { self.bind_to(record, honest).await }
    }

    /// Makes the answer one that this miner can be bound to in the crew of now: journal first, with a salt that nobody can know. One that is journalled already
    /// stays: a miner binds itself once for an assignment.
    async fn bind_to(&mut self, record: &TaskRecord, honest: Vec<u8>) -> Result<(), StepError> {
        let answer = match self.drill(record.id) {
            Some(drill) => drill.answer(honest),
            None => honest,
        };
        let Some(assignment) = self.assignment(record.id) else { return Ok(()) };
        if self.restore(record.id).await? {
            return Ok(());
        }
        let salt = B256::try_random().map_err(|error| SignerError(format!("no random salt: {error}")))?;
        self.journal_crew(record.id).await?;
        self.ports.journal.put(&answer_key(assignment), &[salt.as_slice(), &answer].concat()).await?;
        info!(task = %record.id, bytes = answer.len(), "answered");
        self.seal(record.id, salt, &answer);
        Ok(())
    }

    /// Takes up the answer that was journalled for the crew in which the task is served. Returns whether there is one.
    pub(super) async fn restore(&mut self, id: B256) -> Result<bool, StepError> {
        let Some(assignment) = self.assignment(id) else { return Ok(false) };
        let key = answer_key(assignment);
        let Some((salt, answer)) = self.salted(&key).await? else { return Ok(false) };
        over::revive(self.ports.journal.as_ref(), &key).await?;
        self.journal_crew(id).await?;
        self.seal(id, salt, &answer);
        Ok(true)
    }

    /// The bytes of an answer, as they were journalled.
    pub(super) async fn journalled_answer(&self, assignment: B256) -> Result<Option<Vec<u8>>, StepError> {
        Ok(self.salted(&answer_key(assignment)).await?.map(|(_, answer)| answer))
    }

    async fn salted(&self, key: &str) -> Result<Option<(B256, Vec<u8>)>, JournalError> {
        let Some(bytes) = self.ports.journal.get(key).await? else { return Ok(None) };
        let damaged = || JournalError::Failed { place: key.to_owned(), reason: "the record has no salt".to_owned() };
        let (salt, answer) = bytes.split_first_chunk::<32>().ok_or_else(damaged)?;
        Ok(Some((B256::from(*salt), answer.to_vec())))
    }

    fn seal(&mut self, id: B256, salt: B256, answer: &[u8]) {
        let reveal = Reveal { result_digest: keccak256(answer), salt };
        let (Some(commitment), Some(task)) = (self.commitment(id, &reveal), self.tasks.get_mut(&id)) else { return };
        task.known.sealed = Some(Sealed { result_digest: reveal.result_digest, salt, commitment });
    }
}

/// The bytes of a text that are compared, `None` for kinds of answers that are not served.
fn canonical(record: &TaskRecord, text: &str) -> Option<Vec<u8>> {
    lane::canonical_answer(record.answer_kind()?, text)
}

/// Whether this miner serves answers of the task's kind.
pub(super) fn is_served(record: &TaskRecord) -> bool {
    canonical(record, "").is_some()
}

fn not_served(record: &TaskRecord) -> StepError {
    StepError::KindNotServed { task: record.id, kind: record.history.opening.terms.answer_kind }
}
