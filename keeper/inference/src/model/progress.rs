//! What a caller sees of long work on a model.

use std::{fmt, sync::Arc};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Another process fetches the same model.
    Waiting,
    /// Reading a file and computing its digest.
    Verifying,
    /// Getting the file from the network.
    Downloading,
    /// Taking the file out of its archive.
    Extracting,
    /// Rewriting the weights for the engine.
    Transcoding,
    /// Reading the weights into the engine.
    Loading,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting for another process",
            Self::Verifying => "verifying",
            Self::Downloading => "downloading",
            Self::Extracting => "extracting",
            Self::Transcoding => "transcoding",
            Self::Loading => "loading",
        })
    }
}

/// How far a stage has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressEvent {
    /// What is being done.
    pub stage: Stage,
    /// Bytes done.
    pub done: u64,
    /// Bytes to do; 0 if unknown.
    pub total: u64,
}

/// Receives progress. Called often, from several threads: it has to be quick.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(ProgressEvent) + Send + Sync>);

impl Progress {
    /// Calls `report` for every step.
    pub fn new(report: impl Fn(ProgressEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    pub(crate) fn report(&self, stage: Stage, done: u64, total: u64) {
        (self.0)(ProgressEvent { stage, done, total });
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
