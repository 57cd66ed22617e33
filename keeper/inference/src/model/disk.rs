//! Free space, and file errors as typed errors.

use std::{io, path::Path};

use super::ModelError;

/// Left free beyond the file itself, for the file system's own records and for logs: 16 MiB.
const RESERVE_BYTES: u64 = 16 << 20;

/// Bytes that an unprivileged process can still write in the folder.
pub(super) fn available_bytes(dir: &Path) -> Result<u64, ModelError> {
    let stat = rustix::fs::statvfs(dir).map_err(|source| io_error("ask for the free space of", dir, source.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Refuses before the first byte what cannot fit.
pub(super) fn require_space(dir: &Path, needed: u64) -> Result<(), ModelError> {
    let available = available_bytes(dir)?;
    if available < needed.saturating_add(RESERVE_BYTES) {
        return Err(ModelError::DiskFull { path: dir.to_owned(), needed, available });
    }
    Ok(())
}

/// An error of a write of which `needed` bytes were still to come. A full disk is told apart from every other trouble.
pub(super) fn write_error(path: &Path, needed: u64, source: io::Error) -> ModelError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ModelError::DiskFull {
            path: path.to_owned(),
            needed,
            available: path.parent().and_then(|dir| available_bytes(dir).ok()).unwrap_or(0),
        },
        _ => io_error("write", path, source),
    }
}

/// Any other error of the file system.
pub(super) fn io_error(action: &'static str, path: &Path, source: io::Error) -> ModelError {
    ModelError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn space_that_no_disk_has_is_refused_with_both_numbers() {
        let dir = tempfile::tempdir().unwrap();
        require_space(dir.path(), 1).unwrap();
        let error = require_space(dir.path(), u64::MAX - 1).unwrap_err();
        let ModelError::DiskFull { needed, available, .. } = error else { panic!("{error}") };
        assert_eq!(needed, u64::MAX - 1);
        assert!(available > 0 && available < needed);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_systems_enospc_becomes_disk_full() {
        let path = Path::new("/dev/full");
        let refused = std::fs::File::options().write(true).open(path).unwrap().write_all(b"x").unwrap_err();
        assert!(matches!(write_error(path, 77, refused), ModelError::DiskFull { needed: 77, .. }));
    }

    #[test]
    fn another_error_stays_what_it_is() {
        let refused = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(write_error(Path::new("/x/y"), 1, refused), ModelError::Io { action: "write", .. }));
    }
}
