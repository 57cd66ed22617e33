//! Durable records in one SQLite file: write-ahead log, full synchronisation, so that a record survives a power cut once written.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use cor_ports::{Journal, JournalError};
use sqlx::{
    AssertSqlSafe, Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// Format of the file; raised with every change of the table.
const FORMAT: i64 = 1;

/// A journal in a file.
#[derive(Clone)]
pub struct SqliteJournal {
    pool: SqlitePool,
    place: PathBuf,
    /// Held as long as the journal is open; the operating system gives it back if the process dies.
    _lock: Arc<File>,
}

impl SqliteJournal {
    /// Opens or creates the file. One process at a time may have it open: two keepers with one journal would send the same effects under
    /// different nonces. The lock is on a file of its own beside it, because SQLite has locks on its own files.
    ///
    /// # Errors
    /// `InUse` if it is open already; `Failed` if the file cannot be opened or is no database, `Newer` if a newer program wrote it; it is
    /// left as it was.
    pub async fn open(path: &Path) -> Result<Self, JournalError> {
        let lock = Arc::new(lock(path)?);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let failed = |error: sqlx::Error| JournalError::Failed { place: path.display().to_string(), reason: error.to_string() };
        // One connection: records are small, and a single writer has no lock to wait for.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed)?;
        let found: i64 = sqlx::query("PRAGMA user_version").fetch_one(&pool).await.map_err(failed)?.get(0);
        if found > FORMAT {
            return Err(JournalError::Newer { place: path.display().to_string(), found, known: FORMAT });
        }
        sqlx::query("CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
            .execute(&pool)
            .await
            .map_err(failed)?;
        // A pragma takes no bound value; this one is a number of ours.
        sqlx::query(AssertSqlSafe(format!("PRAGMA user_version = {FORMAT}"))).execute(&pool).await.map_err(failed)?;
        Ok(Self { pool, place: path.to_owned(), _lock: lock })
    }

    fn failed(&self, error: &sqlx::Error) -> JournalError {
        JournalError::Failed { place: self.place.display().to_string(), reason: error.to_string() }
    }
}

/// The lock of the journal at `path`.
fn lock(path: &Path) -> Result<File, JournalError> {
    let place = path.display().to_string();
    let file = File::create(path.with_added_extension("lock"));
    let file = file.map_err(|error| JournalError::Failed { place: place.clone(), reason: error.to_string() })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::InUse { place }),
        Err(TryLockError::Error(error)) => Err(JournalError::Failed { place, reason: error.to_string() }),
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn put(&self, key: &str, value: &[u8]) -> Result<(), JournalError> {
        let query = sqlx::query("INSERT INTO record (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
            .bind(key)
            .bind(value);
        query.execute(&self.pool).await.map(|_| ()).map_err(|error| self.failed(&error))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let row = sqlx::query("SELECT value FROM record WHERE key = ?1").bind(key).fetch_optional(&self.pool).await;
        Ok(row.map_err(|error| self.failed(&error))?.map(|row| row.get(0)))
    }

    async fn remove(&self, key: &str) -> Result<(), JournalError> {
        let query = sqlx::query("DELETE FROM record WHERE key = ?1").bind(key);
        query.execute(&self.pool).await.map(|_| ()).map_err(|error| self.failed(&error))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
        // A range instead of LIKE, so that wildcards in a key mean nothing and the index is used.
        let query = sqlx::query("SELECT key, value FROM record WHERE key >= ?1 AND key < ?2 ORDER BY key")
            .bind(prefix)
            .bind(format!("{prefix}\u{10FFFF}"));
        let rows = query.fetch_all(&self.pool).await.map_err(|error| self.failed(&error))?;
        Ok(rows.into_iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn records_outlive_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let journal = SqliteJournal::open(&path).await.unwrap();
        journal.put("a/1", b"one").await.unwrap();
        journal.put("a/2", b"two").await.unwrap();
        journal.put("a/2", b"zwei").await.unwrap();
        journal.put("b%", b"other").await.unwrap();
        drop(journal);
        let journal = SqliteJournal::open(&path).await.unwrap();
        assert_eq!(journal.get("a/1").await.unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(journal.list("a/").await.unwrap(), vec![("a/1".into(), b"one".to_vec()), ("a/2".into(), b"zwei".to_vec())]);
        journal.remove("a/1").await.unwrap();
        journal.remove("a/1").await.unwrap();
        assert_eq!(journal.get("a/1").await.unwrap(), None);
        assert_eq!(journal.list("%").await.unwrap(), vec![]);
    }

    #[tokio::test]
    async fn a_journal_has_one_process_and_clones_of_it_share_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let journal = SqliteJournal::open(&path).await.unwrap();
        let clone = journal.clone();
        drop(journal);
        let second = SqliteJournal::open(&path).await;
        let Err(JournalError::InUse { place }) = second else { panic!("a second one writes too") };
        assert_eq!(place, path.display().to_string());
        clone.put("a", b"1").await.unwrap();
        drop(clone);
        assert_eq!(SqliteJournal::open(&path).await.unwrap().get("a").await.unwrap().as_deref(), Some(&b"1"[..]));
    }

    #[tokio::test]
    async fn a_newer_file_and_a_damaged_file_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("newer.sqlite");
        let journal = SqliteJournal::open(&path).await.unwrap();
        sqlx::query("PRAGMA user_version = 9").execute(&journal.pool).await.unwrap();
        journal.pool.close().await;
        drop(journal);
        assert!(matches!(SqliteJournal::open(&path).await, Err(JournalError::Newer { found: 9, known: 1, .. })));

        let damaged = folder.path().join("damaged.sqlite");
        let bytes = vec![0x5a; 8_192];
        std::fs::write(&damaged, &bytes).unwrap();
        assert!(matches!(SqliteJournal::open(&damaged).await, Err(JournalError::Failed { .. })));
        assert_eq!(std::fs::read(&damaged).unwrap(), bytes);
    }
}
