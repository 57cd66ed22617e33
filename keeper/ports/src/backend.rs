//! `Backend`: what answers a prompt. Implemented by the inference adapters, faked by tests.

use async_trait::async_trait;
use cor_errors::{Coded, Entry, table::inf};

/// One prompt to be answered, already resolved from the task's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionRequest {
    /// The user's text, without a chat template: the backend applies its model's own.
    pub prompt: String,
    /// Upper bound of generated tokens.
    pub max_tokens: u32,
    /// Seed for sampling. Ignored by greedy decoding, which is the only mode in which digests of different miners can be equal.
    pub seed: u64,
}

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Generated text, special tokens removed.
    pub text: String,
    /// Tokens of the templated prompt.
    pub prompt_tokens: u32,
    /// Tokens generated, the end-of-sequence token not counted.
    pub completion_tokens: u32,
    /// True if `max_tokens` ended the answer.
    pub truncated: bool,
}

/// What a backend is, as told to the network at registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendInfo {
    /// Name of the model, e.g. `smollm2-135m-instruct`.
    pub model: String,
    /// SHA-256 of the model file where the backend has one.
    pub model_sha256: Option<[u8; 32]>,
    /// Determinism class: engine, version and CPU tier. Greedy answers are byte-equal only within one class.
    pub determinism_class: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The prompt and `max_tokens` do not fit into the model's context.
    #[error("a prompt of at least {prompt_tokens} tokens and an answer of up to {max_tokens} exceed the context of {context} tokens")]
    ContextExceeded {
        /// Tokens of the templated prompt, or fewer if it was refused by its length alone.
        prompt_tokens: u32,
        /// Tokens asked for.
        max_tokens: u32,
        /// The model's context.
        context: u32,
    },
    /// The engine or the server failed; trying again may help.
    #[error("inference failed: {0}")]
    Failed(String),
    /// The server answered something that is not a completion.
    #[error("the backend replied with status {status}: {excerpt}")]
    BadReply {
        /// HTTP status.
        status: u16,
        /// The first 200 characters of the body.
        excerpt: String,
    },
}

impl Coded for BackendError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::ContextExceeded { .. } => &inf::CONTEXT_EXCEEDED,
            Self::Failed(_) => &inf::INFERENCE_FAILED,
            Self::BadReply { .. } => &inf::BAD_COMPLETION,
        }
    }
}

/// Answers prompts.
#[async_trait]
pub trait Backend: Send + Sync {
    /// What this backend is.
    fn info(&self) -> BackendInfo;
    /// Answers one prompt. Cancelling the future abandons the answer at the next token.
    async fn complete(&self, request: CompletionRequest) -> Result<Completion, BackendError>;
}
