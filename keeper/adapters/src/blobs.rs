//! Content-addressed files in one folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use alloy::primitives::{B256, hex, keccak256};
use async_trait::async_trait;
use cor_ports::{BLOB_BYTES_MAX, BlobError, Blobs};

/// Blobs as files named by their digest.
#[derive(Debug, Clone)]
pub struct FileBlobs {
    folder: PathBuf,
}

impl FileBlobs {
    /// Blobs in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// `Unavailable` if the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, BlobError> {
        std::fs::create_dir_all(folder).map_err(|error| unavailable(folder, &error))?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, digest: B256) -> PathBuf {
        self.folder.join(hex::encode(digest))
    }
}

fn unavailable(place: &Path, error: &io::Error) -> BlobError {
    BlobError::Unavailable { place: place.display().to_string(), reason: error.to_string() }
}

/// Bytes that hash to what was asked for, or the error that says so.
pub(crate) fn checked(asked: B256, bytes: Vec<u8>) -> Result<Vec<u8>, BlobError> {
    let found = keccak256(&bytes);
    if found == asked { Ok(bytes) } else { Err(BlobError::WrongBytes { asked, found }) }
}

/// Refuses what is too large to keep.
pub(crate) const fn bounded(bytes: usize) -> Result<(), BlobError> {
    if bytes > BLOB_BYTES_MAX { Err(BlobError::TooLarge { bytes, limit: BLOB_BYTES_MAX }) } else { Ok(()) }
}

#[async_trait]
impl Blobs for FileBlobs {
    async fn put(&self, bytes: &[u8]) -> Result<B256, BlobError> {
        bounded(bytes.len())?;
        let digest = keccak256(bytes);
        let (folder, path, bytes) = (self.folder.clone(), self.path(digest), bytes.to_vec());
        let written = tokio::task::spawn_blocking(move || -> io::Result<()> {
            // Under another name first: a reader never sees half a blob, and a crash leaves none.
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            io::Write::write_all(&mut file, &bytes)?;
            file.as_file().sync_data()?;
            file.persist(&path)?;
            Ok(())
        });
        let written = written.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(|error| unavailable(&self.folder, &error))?;
        Ok(digest)
    }

    async fn get(&self, digest: B256) -> Result<Vec<u8>, BlobError> {
        match tokio::fs::read(self.path(digest)).await {
            Ok(bytes) => checked(digest, bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BlobError::NotFound(digest)),
            Err(error) => Err(unavailable(&self.folder, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_read_is_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(folder.path()).unwrap();
        let digest = blobs.put(b"hello").await.unwrap();
        assert_eq!(digest, blobs.put(b"hello").await.unwrap());
        assert_eq!(blobs.get(digest).await.unwrap(), b"hello");
        std::fs::write(blobs.path(digest), b"hullo").unwrap();
        assert!(matches!(blobs.get(digest).await, Err(BlobError::WrongBytes { .. })));
        assert!(matches!(blobs.get(B256::ZERO).await, Err(BlobError::NotFound(_))));
        let large = vec![0; BLOB_BYTES_MAX + 1];
        assert!(matches!(blobs.put(&large).await, Err(BlobError::TooLarge { .. })));
        assert!(blobs.put(&large[1..]).await.is_ok());
    }
}
