//! `CandleBackend`: the engine behind the port, a bounded number of answers at a time, each on a thread pool of its own.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use cor_ports::{Backend, BackendError, BackendInfo, Completion, CompletionRequest};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{class::determinism_class, engine::Engine};
use crate::{
    InferenceError, LoadError, engine_threads,
    model::{InstalledModel, ModelSpec, Progress},
};

/// How much of the machine the engine may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandleOptions {
    /// Threads for one answer. One is best on a machine with other work; see [`engine_threads`].
    pub threads: NonZeroUsize,
    /// Answers computed at a time; further ones wait. Each takes 46 kB per token of prompt and answer with the default model; the
    /// weights are shared.
    pub answers_max: NonZeroUsize,
}

impl CandleOptions {
    /// One answer at a time, on one thread.
    pub const ONE_THREAD: Self = Self { threads: NonZeroUsize::MIN, answers_max: NonZeroUsize::MIN };
}

/// Answers prompts with a model in this process.
pub struct CandleBackend {
    engine: Arc<Engine>,
    slots: Arc<Slots>,
    info: BackendInfo,
}

/// Pools that compute nothing at the moment, and as many permits.
struct Slots {
    permits: Arc<Semaphore>,
    pools: Mutex<Vec<Arc<ThreadPool>>>,
}

/// A pool, lent for one answer.
struct Slot {
    slots: Arc<Slots>,
    pool: Arc<ThreadPool>,
    _permit: OwnedSemaphorePermit,
}

impl CandleBackend {
    /// Loads a verified model file: about 0.5 s for the default model.
    ///
    /// # Errors
    /// [`InferenceError::Load`] if the file cannot be run, [`InferenceError::Threads`] if the process computes with another number of
    /// threads already.
    pub async fn load(
        spec: &ModelSpec,
        model: &InstalledModel,
        options: CandleOptions,
        progress: &Progress,
    ) -> Result<Self, InferenceError> {
        engine_threads::expect(options.threads)?;
        let (path, progress) = (model.path().to_owned(), progress.clone());
        let engine = tokio::task::spawn_blocking(move || Engine::load(&path, &progress)).await.map_err(LoadError::from)??;
        let info = BackendInfo {
            model: spec.name.to_string(),
            model_sha256: Some(model.sha256().0),
            determinism_class: determinism_class(model.sha256()),
        };
        Ok(Self { engine: Arc::new(engine), slots: Arc::new(Slots::new(options)?), info })
    }
}

#[async_trait]
impl Backend for CandleBackend {
    fn info(&self) -> BackendInfo {
        self.info.clone()
    }

    async fn complete(&self, request: CompletionRequest) -> Result<Completion, BackendError> {
        let slot = Slots::take(&self.slots).await?;
        let (reply, answer) = oneshot::channel();
        let engine = Arc::clone(&self.engine);
        let pool = Arc::clone(&slot.pool);
        pool.spawn(move || {
            // The other end is gone as soon as nobody waits for the answer any more.
            let answered = engine.answer(&request, || !reply.is_closed());
            drop(slot);
            if let Some(answered) = answered.transpose() {
                // Nobody waiting is no error: the answer is abandoned.
                let _ = reply.send(answered);
            }
        });
        answer.await.unwrap_or_else(|_| Err(BackendError::Failed("the engine has panicked; its message is in the log".into())))
    }
}

impl Slots {
    fn new(options: CandleOptions) -> Result<Self, LoadError> {
        let pools = (0..options.answers_max.get())
            .map(|slot| {
                ThreadPoolBuilder::new()
                    .num_threads(options.threads.get())
                    .thread_name(move |thread| format!("infer-{slot}-{thread}"))
                    // Without a handler a panic ends the process; with it the waiting future sees its channel closed.
                    .panic_handler(|_| tracing::error!("the inference engine has panicked"))
                    .build()
                    .map(Arc::new)
            })
            .collect::<Result<_, _>>()
            .map_err(|error| LoadError::Threads { reason: error.to_string() })?;
        Ok(Self { permits: Arc::new(Semaphore::new(options.answers_max.get())), pools: Mutex::new(pools) })
    }

    async fn take(this: &Arc<Self>) -> Result<Slot, BackendError> {
        let closed = || BackendError::Failed("the engine is shut down".into());
        let permit = Arc::clone(&this.permits).acquire_owned().await.map_err(|_| closed())?;
        // There are as many pools as permits, so that there is one.
        let pool = this.pools.lock().unwrap_or_else(PoisonError::into_inner).pop().ok_or_else(closed)?;
        Ok(Slot { slots: Arc::clone(this), pool, _permit: permit })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.pools.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&self.pool));
    }
}
