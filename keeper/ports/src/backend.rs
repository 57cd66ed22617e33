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

/// What a backend is. Logged when a miner starts; the network is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendInfo {
    /// Name of the model, e.g. `smollm2-135m-instruct`.
    pub model: String,
    /// SHA-256 of the model file where the backend has one.
    pub model_sha256: Option<[u8; 32]>,
    /// Determinism class: engine, version, build, CPU tier and model file. Greedy answers are byte-equal only within one class.
    pub determinism_class: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The prompt and `max_tokens` do not fit into the model's context.
    #[error("a prompt of {prompt_tokens} tokens and {max_tokens} wanted exceed the context of {context} tokens")]
    ContextExceeded {
        /// Tokens of the templated prompt; at least as many if it exceeds the context by itself.
        prompt_tokens: u32,
        /// Tokens asked for.
        max_tokens: u32,
        /// The model's context.
        context: u32,
    },
    /// The engine failed; trying again may help.
    #[error("inference failed: {0}")]
    Failed(String),
    /// The call of an inference server brought no answer. Its row tells what kind of failure it was.
    #[error("the call of the inference server failed: {0}")]
    Call(Box<dyn Coded + Send + Sync>),
}

impl Coded for BackendError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::ContextExceeded { .. } => &inf::CONTEXT_EXCEEDED,
            Self::Failed(_) => &inf::INFERENCE_FAILED,
            Self::Call(error) => error.entry(),
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
