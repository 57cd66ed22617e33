//! The part of the OpenAI dialect that is used, as JSON.

use serde::{Deserialize, Serialize};

/// Seeds are folded into 31 bits: llama-server has 32 with one value of special meaning, others have signed ones.
const SEED_MODULUS: u64 = (1 << 31) - 1;

#[derive(Debug, Serialize)]
pub(super) struct ChatRequest<'a> {
    model: &'a str,
    messages: [Message<'a>; 1],
    max_tokens: u32,
    temperature: f32,
    seed: u64,
    stream: bool,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

impl<'a> ChatRequest<'a> {
    /// One user's message, greedy.
    pub(super) fn greedy(model: &'a str, prompt: &'a str, max_tokens: u32, seed: u64) -> Self {
        Self {
            model,
            messages: [Message { role: "user", content: prompt }],
            max_tokens,
            temperature: 0.0,
            seed: seed % SEED_MODULUS,
            stream: false,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ChatReply {
    pub(super) choices: Vec<Choice>,
    pub(super) usage: Option<Usage>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    pub(super) message: ReplyMessage,
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReplyMessage {
    pub(super) content: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Usage {
    pub(super) prompt_tokens: u32,
    pub(super) completion_tokens: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct ModelList {
    pub(super) data: Vec<ListedModel>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ListedModel {
    pub(super) id: String,
}
