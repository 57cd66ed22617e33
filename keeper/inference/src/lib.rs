//! Adapters that answer prompts: an embedded small model, or any OpenAI-compatible server.
//!
//! [`open`] turns an [`InferenceConfig`] into a `Backend`. The embedded engine ([`CandleBackend`]) runs the pinned model of
//! [`ModelSpec`], which [`model::ensure`] fetches once into a store shared by all processes of the user; [`OpenAiBackend`] speaks
//! `/v1/chat/completions` with llama-server, Ollama, vLLM or a hosted service. Both decode greedily: only then can the digests of
//! different miners be equal, and only within one determinism class.
//!
//! The default model is small. It proves that the network works; nothing here claims that its answers are good.

mod candle;
mod error;
mod http;
mod open;
mod openai;

pub mod engine_threads;
pub mod model;

pub use candle::{CandleBackend, CandleOptions};
pub use engine_threads::ThreadsError;
pub use error::{InferenceError, LoadError};
pub use model::{InstalledModel, ModelError, ModelSpec, Progress, ProgressEvent, Stage};
pub use open::{EmbeddedConfig, InferenceConfig, open};
pub use openai::{KeySource, OpenAiBackend, OpenAiConfig, OpenError};
