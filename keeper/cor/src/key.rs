//! Private keys: from the environment or from a file, never from an argument, which other users of the machine could read.

use alloy::signers::local::PrivateKeySigner;

use crate::{args::NetworkArgs, error::CliError};

/// Environment variable with the key in hex.
pub(crate) const KEY_VARIABLE: &str = "COR_KEY";

/// The key to act as.
pub(crate) fn load(args: &NetworkArgs) -> Result<PrivateKeySigner, CliError> {
    if let Ok(text) = std::env::var(KEY_VARIABLE) {
        return text.trim().parse().map_err(|_| CliError::Key { place: KEY_VARIABLE.to_owned() });
    }
    let path = args.key_file.as_ref().ok_or(CliError::NoKey)?;
    let text = std::fs::read_to_string(path).map_err(CliError::io(format!("reading the key file {}", path.display())))?;
    text.trim().parse().map_err(|_| CliError::Key { place: path.display().to_string() })
}
