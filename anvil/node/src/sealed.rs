//! Files that tell when they were damaged: a line of JSON that names the format, its version, and length and keccak-256 of what
//! follows; then the content.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};

/// What kind of file it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    pub(crate) name: &'static str,
    /// Grows when the content changes in a way older programs cannot read.
    pub(crate) version: u32,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    #[error("its first line does not name the format")]
    NotSealed,
    #[error("it has format version {got}")]
    Version { got: u32 },
    #[error("it has {got} bytes of content instead of {expected}")]
    Length { expected: usize, got: usize },
    #[error("the hash of its content is {got} instead of {expected}")]
    Hash { expected: B256, got: B256 },
}

#[derive(Serialize, Deserialize)]
struct Preamble {
    format: String,
    version: u32,
    bytes: usize,
    keccak256: B256,
}

impl Format {
    /// The bytes of a file with this content.
    pub(crate) fn seal(&self, content: &[u8]) -> serde_json::Result<Vec<u8>> {
        let preamble =
            Preamble { format: self.name.to_owned(), version: self.version, bytes: content.len(), keccak256: keccak256(content) };
        let mut bytes = serde_json::to_vec(&preamble)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(content);
        Ok(bytes)
    }

    /// The content, if it is what was sealed.
    pub(crate) fn open<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], SealError> {
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(SealError::NotSealed)?;
        let (first, content) = (&bytes[..end], &bytes[end + 1..]);
        let preamble: Preamble = serde_json::from_slice(first).map_err(|_| SealError::NotSealed)?;
        if preamble.format != self.name {
            return Err(SealError::NotSealed);
        }
        if preamble.version != self.version {
            return Err(SealError::Version { got: preamble.version });
        }
        if content.len() != preamble.bytes {
            return Err(SealError::Length { expected: preamble.bytes, got: content.len() });
        }
        let got = keccak256(content);
        if got != preamble.keccak256 {
            return Err(SealError::Hash { expected: preamble.keccak256, got });
        }
        Ok(content)
    }
}

/// Whether [`write_atomic`] would succeed now. Leaves nothing behind.
pub(crate) fn try_write(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let beside = beside(path);
    fs::write(&beside, [])?;
    fs::remove_file(&beside)
}

/// The file that is written before it takes the name of `path`. Two processes that save at once must not write into the same one.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", process::id()));
    PathBuf::from(beside)
}

/// Writes beside the file and then renames, so that a crash leaves the old content or the new one.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path)).inspect_err(|_| {
        // Nothing of use is in it; the failure above is what counts.
        let _ = fs::remove_file(&beside);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format { name: "test", version: 2 };

    #[test]
    fn only_what_was_sealed_is_opened() {
        let sealed = FORMAT.seal(b"{\"a\":1}").unwrap();
        assert_eq!(FORMAT.open(&sealed), Ok(&b"{\"a\":1}"[..]));
        let mut flipped = sealed.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let cases: [(&str, Vec<u8>); 6] = [
            ("its first line", Vec::new()),
            ("its first line", b"{}\n{}".to_vec()),
            ("its first line", Format { name: "other", version: 2 }.seal(b"").unwrap()),
            ("it has format version 1", Format { name: "test", version: 1 }.seal(b"").unwrap()),
            ("it has 6 bytes", sealed[..sealed.len() - 1].to_vec()),
            ("the hash", flipped),
        ];
        for (reason, bytes) in cases {
            let error = FORMAT.open(&bytes).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{error} instead of {reason}");
        }
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("folder");
        fs::create_dir_all(target.join("not empty")).unwrap();
        write_atomic(&target, b"x").unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
