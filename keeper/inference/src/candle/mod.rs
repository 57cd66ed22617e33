//! The embedded engine: candle, a quantised Llama-type model from a GGUF file, greedy decoding.

mod backend;
mod chat;
mod class;
mod engine;
mod llama;

pub use backend::{CandleBackend, CandleOptions};
