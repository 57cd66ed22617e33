//! The folder of models: names, digests, the lock, and the only way for a file to get its final name.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sha2::Digest as _;

use super::{
    FileSpec, ModelError, Progress, Sha256, Stage,
    disk::{io_error, write_error},
};

/// Names the folder of models; without it `cor/models` in the user's cache folder is taken.
pub const MODELS_DIR_VARIABLE: &str = "COR_MODELS_DIR";

/// How often a lock held by another process is tried again. Long against the cost of a try, short against a download.
const LOCK_RETRY: Duration = Duration::from_millis(200);

/// One read or write while copying: 1 MiB, big enough for speed and small enough for smooth progress.
const CHUNK_BYTES: usize = 1 << 20;

/// The folder of models: `$COR_MODELS_DIR`, else `$XDG_CACHE_HOME/cor/models`, else `~/.cache/cor/models`.
///
/// # Errors
/// [`ModelError::NoModelsDir`] if none of these variables is set.
pub fn default_models_dir() -> Result<PathBuf, ModelError> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable(MODELS_DIR_VARIABLE)
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("cor/models")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/cor/models")))
        .ok_or(ModelError::NoModelsDir)
}

/// A model file whose content has been verified. The only way to one is through its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    path: PathBuf,
    sha256: Sha256,
}

impl InstalledModel {
    /// Reads the whole file and compares its digest. Blocks: about 0.1 s for the default model once it is in the page cache.
    ///
    /// # Errors
    /// [`ModelError::Missing`], [`ModelError::HashMismatch`] or [`ModelError::Io`]. The file is left as it is.
    pub fn verify(path: &Path, expected: Sha256, progress: &Progress) -> Result<Self, ModelError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ModelError::Missing { path: path.to_owned() });
            }
            Err(error) => return Err(io_error("open", path, error)),
        };
        let (found, bytes) = digest(file, path, progress)?;
        if found != expected {
            return Err(ModelError::HashMismatch { path: path.to_owned(), expected, found, bytes });
        }
        Ok(Self { path: path.to_owned(), sha256: found })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The digest of its content.
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }
}

/// The digest of a file and its size.
pub(super) fn digest(file: File, path: &Path, progress: &Progress) -> Result<(Sha256, u64), ModelError> {
    let total = file.metadata().map_err(|error| io_error("read the size of", path, error))?.len();
    let mut sink = HashingWriter::new(io::sink());
    copy(file, &mut sink, |done| progress.report(Stage::Verifying, done, total))
        .map_err(|error| io_error("read", path, error))?;
    Ok(sink.finish())
}

/// Copies in large pieces, telling after each how many bytes are done.
pub(super) fn copy(mut from: impl Read, to: &mut impl Write, mut done: impl FnMut(u64)) -> io::Result<u64> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut copied = 0;
    loop {
        let n = match from.read(&mut chunk) {
            Ok(0) => return Ok(copied),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(&chunk[..n])?;
        copied += n as u64;
        done(copied);
    }
}

/// Computes the digest of what passes through.
pub(super) struct HashingWriter<W> {
    inner: W,
    hasher: sha2::Sha256,
    bytes: u64,
}

impl<W: Write> HashingWriter<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hasher: sha2::Sha256::new(), bytes: 0 }
    }

    pub(super) fn finish(self) -> (Sha256, u64) {
        (Sha256(self.hasher.finalize().into()), self.bytes)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.hasher.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A folder of models.
#[derive(Debug, Clone)]
pub(super) struct Store {
    dir: PathBuf,
}

/// Held while files of one model are written. Freed by the system if the process dies.
#[derive(Debug, Clone)]
pub(super) struct StoreLock {
    _file: Arc<File>,
}

impl Store {
    /// Opens the folder, creating it if need be.
    pub(super) fn open(dir: &Path) -> Result<Self, ModelError> {
        fs::create_dir_all(dir).map_err(|error| write_error(dir, 0, error))?;
        Ok(Self { dir: dir.to_owned() })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where a verified file lies.
    pub(super) fn path(&self, sha256: Sha256) -> PathBuf {
        self.dir.join(sha256.to_string())
    }

    /// Where a file is written before it is verified. `tag` keeps the parts of different sources apart.
    pub(super) fn part(&self, sha256: Sha256, tag: &str) -> PathBuf {
        self.dir.join(format!("{sha256}.{tag}.part"))
    }

    /// Waits until no other process writes files of this model. Dropping the future gives up.
    pub(super) async fn lock(&self, sha256: Sha256, progress: &Progress) -> Result<StoreLock, ModelError> {
        let path = self.dir.join(format!("{sha256}.lock"));
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(|error| write_error(&path, 0, error))?;
        loop {
            match file.try_lock() {
                Ok(()) => {
                    return Ok(StoreLock { _file: Arc::new(file) });
                }
                Err(TryLockError::WouldBlock) => progress.report(Stage::Waiting, 0, 0),
                Err(TryLockError::Error(error)) => return Err(io_error("lock", &path, error)),
            }
            tokio::time::sleep(LOCK_RETRY).await;
        }
    }

    /// Moves a damaged file out of the way, keeping one of them for a look at it. Returns where it is now.
    pub(super) fn set_aside(&self, path: &Path) -> Result<PathBuf, ModelError> {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".corrupt");
        let aside = PathBuf::from(aside);
        fs::rename(path, &aside).map_err(|error| io_error("rename", path, error))?;
        Ok(aside)
    }

    /// Gives a written file its final name if it has the right content; otherwise deletes it.
    pub(super) fn install(&self, part: &Path, wanted: FileSpec, progress: &Progress) -> Result<InstalledModel, ModelError> {
        let mut file = File::options().read(true).write(true).open(part).map_err(|error| io_error("open", part, error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| io_error("read", part, error))?;
        let synced = file.try_clone().map_err(|error| io_error("open", part, error))?;
        let (found, bytes) = digest(file, part, progress)?;
        if found != wanted.sha256 {
            remove(part)?;
            return Err(ModelError::HashMismatch { path: part.to_owned(), expected: wanted.sha256, found, bytes });
        }
        // Without this a crash of the machine could leave the final name on a file without content.
        synced.sync_all().map_err(|error| write_error(part, bytes, error))?;
        let path = self.path(wanted.sha256);
        fs::rename(part, &path).map_err(|error| io_error("rename", part, error))?;
        Ok(InstalledModel { path, sha256: found })
    }
}

/// Deletes a file; that it is not there is as good.
pub(super) fn remove(path: &Path) -> Result<(), ModelError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("delete", path, error)),
        _ => Ok(()),
    }
}

/// Size of a file, 0 if it is not there.
pub(super) fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}
