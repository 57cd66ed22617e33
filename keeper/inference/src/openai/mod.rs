//! Any server that speaks `/v1/chat/completions`: llama-server, Ollama, vLLM, a hosted service.

mod backend;
mod call;
mod config;
mod error;
mod key;
mod schema;

pub use backend::OpenAiBackend;
pub use config::OpenAiConfig;
pub use error::OpenError;
pub use key::KeySource;
