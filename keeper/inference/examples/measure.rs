//! Measures the embedded engine on this machine: verification, loading, time to the first token, tokens per second.
//!
//! `cargo run -p cor-inference --example measure`

#![allow(clippy::print_stdout)]

use std::{error::Error, time::Instant};

use cor_inference::{
    CandleBackend, CandleOptions, ModelSpec, Progress, engine_threads,
    model::{self, Sources},
};
use cor_ports::{Backend, CompletionRequest};

/// 45 tokens with its template, of which this model does not stop to speak within the tokens asked for.
const PROMPT: &str = "What is the capital of France? Tell me about its history and rivers.";
const TOKENS: u32 = 33;
const ROUNDS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let options = CandleOptions::ONE_THREAD;
    engine_threads::configure(options.threads)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(options))
}

async fn measure(options: CandleOptions) -> Result<(), Box<dyn Error>> {
    let (spec, progress) = (ModelSpec::SMOLLM2_135M_INSTRUCT, Progress::silent());
    let started = Instant::now();
    let model = model::ensure(&spec, &model::default_models_dir()?, &Sources::standard(None), &progress).await?;
    println!("ensure       {:>8.3} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let backend = CandleBackend::load(&spec, &model, options, &progress).await?;
    println!("load         {:>8.3} s   {}", started.elapsed().as_secs_f64(), backend.info().determinism_class);

    for _ in 0..ROUNDS {
        let ask = |max_tokens| CompletionRequest { prompt: PROMPT.into(), max_tokens, seed: 0 };
        let started = Instant::now();
        let first = backend.complete(ask(1)).await?;
        let prefill = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let answer = backend.complete(ask(TOKENS)).await?;
        let whole = started.elapsed().as_secs_f64();
        let (prompt, generated) = (f64::from(first.prompt_tokens), f64::from(answer.completion_tokens - 1));
        println!(
            "prompt {prompt} tokens {prefill:.3} s = {:.1}/s, then {generated} tokens {:.3} s = {:.1}/s",
            prompt / prefill,
            whole - prefill,
            generated / (whole - prefill)
        );
    }
    Ok(())
}
