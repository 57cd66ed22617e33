//! The pinned model itself: fetched if absent, run, and compared with what is known of it.

use cor_inference::{
    CandleBackend, CandleOptions, InstalledModel, ModelSpec, Progress,
    model::{self, Sources},
};
use cor_ports::{Backend, Completion, CompletionRequest};

const SPEC: ModelSpec = ModelSpec::SMOLLM2_135M_INSTRUCT;

async fn installed() -> InstalledModel {
    let dir = model::default_models_dir().unwrap();
    model::ensure(&SPEC, &dir, &Sources::standard(None), &Progress::silent()).await.unwrap()
}

async fn backend(model: &InstalledModel) -> CandleBackend {
    CandleBackend::load(&SPEC, model, CandleOptions::ONE_THREAD, &Progress::silent()).await.unwrap()
}

async fn ask(backend: &CandleBackend, prompt: &str, max_tokens: u32) -> Completion {
    backend.complete(CompletionRequest { prompt: prompt.into(), max_tokens, seed: 0 }).await.unwrap()
}

#[tokio::test]
async fn the_pinned_model_answers_and_two_instances_agree() {
    let model = installed().await;
    assert_eq!(model.sha256(), SPEC.installed.sha256);
    assert_eq!(std::fs::metadata(model.path()).unwrap().len(), SPEC.installed.bytes);

    let (one, other) = (backend(&model).await, backend(&model).await);
    let info = one.info();
    assert_eq!((info.model.as_str(), info.model_sha256), ("smollm2-135m-instruct", Some(SPEC.installed.sha256.0)));
    assert_eq!(info, other.info());

    let mut answers = Vec::new();
    for (prompt, max_tokens, ends) in
        [("What is the capital of France?", 12, false), ("Write one sentence about the sea.", 64, true)]
    {
        let answer = ask(&one, prompt, max_tokens).await;
        assert!(answer.text.chars().any(char::is_alphabetic), "{answer:?}");
        assert!(!answer.text.contains("<|"), "{answer:?}");
        assert_eq!(answer.truncated, !ends, "{answer:?}");
        assert_eq!(answer.completion_tokens == max_tokens, !ends, "{answer:?}");
        assert_eq!(ask(&other, prompt, max_tokens).await, answer);
        answers.push(answer.text);
    }
    assert_ne!(answers[0], answers[1]);
    assert!(answers[1].ends_with('.'), "a sentence that the model has ended: {answers:?}");
}
