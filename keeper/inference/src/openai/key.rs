//! Where a server's key is kept.

use std::path::PathBuf;

/// Where a key is. The key itself is never in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The name of an environment variable.
    Variable(String),
    /// A file that holds nothing but the key.
    File(PathBuf),
}
