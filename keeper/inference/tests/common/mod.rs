//! What the test programs share.

// Each test program uses its part of this module.
#![allow(dead_code, unused_imports, unreachable_pub)]

mod tiny;

use std::{num::NonZeroUsize, path::Path};

use cor_inference::{
    CandleBackend, CandleOptions, InferenceError, InstalledModel, ModelSpec, Progress,
    model::{FileSpec, Sha256, WheelSpec},
};
use sha2::Digest as _;
pub use tiny::{CONTEXT, Tiny, gguf, metadata, tensors};

/// The pins of the files of the tiny model.
pub fn spec(tiny: &Tiny) -> ModelSpec {
    let wheel = ModelSpec::SMOLLM2_135M_INSTRUCT.wheel;
    ModelSpec {
        name: "tiny".into(),
        licence: "CC0-1.0".into(),
        source: pin(&tiny.source),
        installed: pin(&tiny.installed),
        wheel: wheel.map(|wheel| WheelSpec { bytes: 4096, ..wheel }),
    }
}

/// Digest and size of some bytes.
pub fn pin(bytes: &[u8]) -> FileSpec {
    FileSpec { sha256: Sha256(sha2::Sha256::digest(bytes).into()), bytes: bytes.len() as u64 }
}

/// Writes the bytes, verifies and loads them.
pub async fn load(path: &Path, bytes: &[u8], answers_max: usize) -> Result<CandleBackend, InferenceError> {
    std::fs::write(path, bytes).unwrap();
    let file = pin(bytes);
    let spec = ModelSpec { name: "tiny".into(), installed: file, ..ModelSpec::SMOLLM2_135M_INSTRUCT };
    let model = InstalledModel::verify(path, file.sha256, &Progress::silent())?;
    let options = CandleOptions { answers_max: NonZeroUsize::new(answers_max).unwrap(), ..CandleOptions::ONE_THREAD };
    CandleBackend::load(&spec, &model, options, &Progress::silent()).await
}
