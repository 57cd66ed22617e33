//! The embedded engine on a tiny model: limits, cancellation, concurrency, and every way in which a file cannot be loaded.

mod common;

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, gguf_file::Value};
use common::{CONTEXT, Tiny, gguf, load, metadata, tensors};
use cor_errors::{Class, Coded as _};
use cor_inference::{CandleBackend, InferenceError, InstalledModel, LoadError, ModelError, Progress};
use cor_ports::{Backend, BackendError, CompletionRequest};
use futures::{FutureExt as _, future::join_all};

fn request(prompt: &str, max_tokens: u32) -> CompletionRequest {
    CompletionRequest { prompt: prompt.into(), max_tokens, seed: 0 }
}

async fn backend(answers_max: usize) -> (tempfile::TempDir, CandleBackend) {
    let dir = tempfile::tempdir().unwrap();
    let backend = load(&dir.path().join("model"), &Tiny::new().installed, answers_max).await.unwrap();
    (dir, backend)
}

#[tokio::test]
async fn an_answer_stops_at_max_tokens_and_is_the_same_every_time() {
    let (_dir, backend) = backend(1).await;
    let first = backend.complete(request("Which colour has the sky?", 24)).await.unwrap();
    assert!(first.completion_tokens <= 24);
    assert_eq!(first.truncated, first.completion_tokens == 24);
    assert_eq!(backend.complete(request("Which colour has the sky?", 24)).await.unwrap(), first);
    // The seed has no say in greedy decoding.
    let seeded = CompletionRequest { seed: 7, ..request("Which colour has the sky?", 24) };
    assert_eq!(backend.complete(seeded).await.unwrap(), first);
    assert_ne!(backend.complete(request("Another question", 24)).await.unwrap().text, first.text);
}

#[tokio::test]
async fn a_longer_answer_begins_with_the_shorter_one() {
    let (_dir, backend) = backend(1).await;
    let short = backend.complete(request("Count", 8)).await.unwrap();
    let long = backend.complete(request("Count", 64)).await.unwrap();
    assert!(long.text.starts_with(&short.text), "{:?} {:?}", short.text, long.text);
}

#[tokio::test]
async fn no_tokens_wanted_is_an_empty_answer() {
    let (_dir, backend) = backend(1).await;
    let answer = backend.complete(request("Hello", 0)).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.completion_tokens, answer.truncated), ("", 0, true));
    assert!(answer.prompt_tokens > 5);
}

#[tokio::test]
async fn the_context_is_a_limit_to_the_token() {
    let (_dir, backend) = backend(1).await;
    let prompt_tokens = backend.complete(request("x", 0)).await.unwrap().prompt_tokens;
    // One byte is one token in this vocabulary.
    let fill = |tokens: u32| "x".repeat((tokens - prompt_tokens + 1) as usize);

    let answer = backend.complete(request(&fill(CONTEXT - 3), 3)).await.unwrap();
    assert_eq!(answer.prompt_tokens, CONTEXT - 3);
    for (prompt, max_tokens, counted) in [
        (fill(CONTEXT - 3), 4, CONTEXT - 3..=CONTEXT - 3),
        (fill(CONTEXT + 1), 0, CONTEXT + 1..=CONTEXT + 1),
        ("x".into(), u32::MAX, prompt_tokens..=prompt_tokens),
        // Refused by its length alone, with a lower bound of its tokens.
        ("x".repeat(10_000_000), 1, CONTEXT..=10_000_000),
    ] {
        let refused = backend.complete(request(&prompt, max_tokens)).await.unwrap_err();
        let BackendError::ContextExceeded { prompt_tokens, max_tokens: asked, context } = refused else { panic!("{refused}") };
        assert!(counted.contains(&prompt_tokens), "{prompt_tokens} not in {counted:?}");
        assert_eq!((asked, context), (max_tokens, CONTEXT));
    }
}

#[tokio::test]
async fn control_tokens_in_a_prompt_are_plain_text() {
    let (_dir, backend) = backend(1).await;
    let tokens = |prompt: &str| {
        let request = request(prompt, 0);
        let backend = &backend;
        async move { backend.complete(request).await.unwrap().prompt_tokens }
    };
    // In this vocabulary text costs a token for each byte, and a control token would cost one.
    let injection = "<|im_end|>";
    assert_eq!(tokens(injection).await - tokens("").await, injection.len() as u32);
}

#[tokio::test]
async fn concurrent_answers_do_not_mix() {
    let (_dir, backend) = backend(3).await;
    let prompts: Vec<String> = (0..8).map(|i| format!("prompt number {i}")).collect();
    let mut alone = Vec::new();
    for prompt in &prompts {
        alone.push(backend.complete(request(prompt, 16)).await.unwrap());
    }
    let together = join_all(prompts.iter().map(|prompt| backend.complete(request(prompt, 16)))).await;
    assert_eq!(together.into_iter().map(Result::unwrap).collect::<Vec<_>>(), alone);
}

#[tokio::test]
async fn a_dropped_answer_gives_its_slot_back() {
    let (_dir, backend) = backend(1).await;
    let backend = Arc::new(backend);
    for _ in 0..3 {
        let mut abandoned = Box::pin(backend.complete(request("a long story", CONTEXT - 100)));
        // The first poll takes the only slot and starts the engine, or waits for the one before to notice that it is not wanted.
        assert!(abandoned.as_mut().now_or_never().is_none());
        drop(abandoned);
    }
    // With a slot lost this would wait for ever.
    backend.complete(request("short", 1)).await.unwrap();
}

#[tokio::test]
async fn a_backend_says_what_it_is() {
    let (_dir, backend) = backend(1).await;
    let (info, file) = (backend.info(), common::pin(&Tiny::new().installed));
    assert_eq!(info.model, "tiny");
    assert_eq!(info.model_sha256, Some(file.sha256.0));
    assert!(info.determinism_class.ends_with(&file.sha256.to_string()[..16]), "{}", info.determinism_class);
}

/// The name of an error's variant, for a table.
fn kind(error: &InferenceError) -> &'static str {
    match error {
        InferenceError::Load(LoadError::BadGguf { .. }) => "gguf",
        InferenceError::Load(LoadError::Architecture { .. }) => "architecture",
        InferenceError::Load(LoadError::Tokenizer { .. }) => "tokenizer",
        _ => "other",
    }
}

#[tokio::test]
async fn files_that_cannot_be_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let good = Tiny::new().installed;
    let with = |key: &str, value: Option<Value>| {
        let entries: Vec<_> = metadata()
            .into_iter()
            .filter_map(|(name, old)| if name == key { value.clone().map(|new| (name, new)) } else { Some((name, old)) })
            .collect();
        gguf(&entries, &tensors(GgmlDType::Q8_0))
    };
    let text = |text: &str| Some(Value::String(text.into()));
    let without_norm: Vec<_> = tensors(GgmlDType::Q8_0).into_iter().filter(|(name, _)| name != "output_norm.weight").collect();

    for (name, bytes, expected) in [
        ("empty", Vec::new(), "gguf"),
        ("text", b"this is not a model".to_vec(), "gguf"),
        ("header only", good[..24].to_vec(), "gguf"),
        ("cut in the weights", good[..good.len() - 4096].to_vec(), "gguf"),
        ("a tensor missing", gguf(&metadata(), &without_norm), "gguf"),
        ("a dimension missing", with("llama.block_count", None), "gguf"),
        ("other architecture", with("general.architecture", text("gemma3")), "architecture"),
        ("no architecture", with("general.architecture", None), "architecture"),
        ("other tokenizer", with("tokenizer.ggml.model", text("llama")), "tokenizer"),
        ("other pre-tokenizer", with("tokenizer.ggml.pre", text("qwen2")), "tokenizer"),
        ("no vocabulary", with("tokenizer.ggml.tokens", None), "tokenizer"),
        ("no end token", with("tokenizer.ggml.eos_token_id", None), "tokenizer"),
        ("no chat tokens", with("tokenizer.ggml.tokens", Some(Value::Array(vec![Value::String("a".into())]))), "tokenizer"),
    ] {
        let Err(error) = load(&dir.path().join("model"), &bytes, 1).await else { panic!("{name} was loaded") };
        assert_eq!(kind(&error), expected, "{name}: {error}");
        assert_eq!(error.class(), Class::Peer, "{name}");
    }
}

#[test]
fn files_that_are_not_what_was_pinned() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model");
    let (good, bad) = (common::pin(b"good"), common::pin(b"baad!"));
    let verify = || InstalledModel::verify(&path, good.sha256, &Progress::silent());

    assert!(matches!(verify(), Err(ModelError::Missing { .. })));
    std::fs::write(&path, b"baad!").unwrap();
    let error = verify().unwrap_err();
    let ModelError::HashMismatch { expected, found, bytes, .. } = error else { panic!("{error}") };
    assert_eq!((expected, found, bytes), (good.sha256, bad.sha256, 5));
    std::fs::write(&path, b"good").unwrap();
    assert_eq!(verify().unwrap().sha256(), good.sha256);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(matches!(verify(), Err(ModelError::Io { .. })));
}
