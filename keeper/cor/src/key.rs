//! Private keys: from the environment or from a file, never from an argument, which other users of the machine could read.

use std::{ffi::OsStr, path::Path};

use alloy::signers::local::PrivateKeySigner;

use crate::{args::NetworkArgs, error::CliError};

/// Environment variable with the key in hex.
pub(crate) const KEY_VARIABLE: &str = "COR_KEY";
/// Environment variable with the path of a file that holds the key in hex.
pub(crate) const KEY_FILE_VARIABLE: &str = "COR_KEY_FILE";

/// The key to act as.
pub(crate) fn load(args: &NetworkArgs) -> Result<PrivateKeySigner, CliError> {
    // An empty variable is one that is not set.
    let key = std::env::var_os(KEY_VARIABLE).filter(|text| !text.is_empty());
    let file = std::env::var_os(KEY_FILE_VARIABLE).filter(|path| !path.is_empty());
    of(args.key_file.as_deref(), key.as_deref(), file.as_deref())
}

/// What is typed comes before what is set: a forgotten variable must not let another wallet pay.
fn of(typed: Option<&Path>, key: Option<&OsStr>, file: Option<&OsStr>) -> Result<PrivateKeySigner, CliError> {
    match (typed, key, file) {
        (Some(path), ..) => in_file(path),
        (None, Some(text), _) => {
            let key = text.to_str().and_then(|text| text.trim().parse().ok());
            key.ok_or_else(|| CliError::Key { place: KEY_VARIABLE.to_owned() })
        }
        (None, None, Some(path)) => in_file(Path::new(path)),
        (None, None, None) => Err(CliError::NoKey),
    }
}

fn in_file(path: &Path) -> Result<PrivateKeySigner, CliError> {
    let text = std::fs::read_to_string(path).map_err(CliError::io(format!("reading the key file {}", path.display())))?;
    text.trim().parse().map_err(|_| CliError::Key { place: path.display().to_string() })
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn a_typed_file_comes_before_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let [typed, set] = ["typed", "set"].map(|name| folder.path().join(name));
        let [a, b, c] = [(); 3].map(|()| PrivateKeySigner::random());
        let hex = |key: &PrivateKeySigner| key.to_bytes().to_string();
        std::fs::write(&typed, hex(&a)).unwrap();
        std::fs::write(&set, hex(&b)).unwrap();
        let c_text = hex(&c);
        for (typed, key, file, chosen) in [
            (Some(&*typed), Some(OsStr::new("nonsense")), Some(set.as_os_str()), &a),
            (Some(&*typed), None, None, &a),
            (None, Some(OsStr::new(&c_text)), Some(set.as_os_str()), &c),
            (None, None, Some(set.as_os_str()), &b),
        ] {
            assert_eq!(of(typed, key, file).unwrap().address(), chosen.address());
        }
        assert!(matches!(of(None, None, None), Err(CliError::NoKey)));
        // What is set and is no key is refused: the file's wallet must not pay in its place.
        for bad in [OsStr::new("nonsense"), OsStr::from_bytes(&[0xff])] {
            assert!(matches!(of(None, Some(bad), Some(set.as_os_str())), Err(CliError::Key { .. })));
        }
    }
}
