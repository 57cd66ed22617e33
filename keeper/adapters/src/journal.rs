//! Durable records in one SQLite file: write-ahead log, full synchronisation, so that a record survives a power cut once written.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use cor_ports::{Journal, JournalError};
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// Format of the file; raised with every change of the table.
const FORMAT: i64 = 1;

/// A journal in a file.
#[derive(Clone)]
pub struct SqliteJournal {
    pool: SqlitePool,
    place: PathBuf,
}

impl SqliteJournal {
    /// Opens or creates the file. Only one process may have it open for writing; a second one waits and then fails.
    ///
    /// # Errors
    /// `Failed` if the file cannot be opened or is no database, `Newer` if a newer program wrote it; it is left as it was.
    pub async fn open(path: &Path) -> Result<Self, JournalError> {
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
        sqlx::query("PRAGMA user_version = 1").execute(&pool).await.map_err(failed)?;
        Ok(Self { pool, place: path.to_owned() })
    }

    fn failed(&self, error: &sqlx::Error) -> JournalError {
        JournalError::Failed { place: self.place.display().to_string(), reason: error.to_string() }
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
    async fn a_newer_file_and_a_damaged_file_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("newer.sqlite");
        let journal = SqliteJournal::open(&path).await.unwrap();
        sqlx::query("PRAGMA user_version = 9").execute(&journal.pool).await.unwrap();
        journal.pool.close().await;
        assert!(matches!(SqliteJournal::open(&path).await, Err(JournalError::Newer { found: 9, known: 1, .. })));

        let damaged = folder.path().join("damaged.sqlite");
        let bytes = vec![0x5a; 8_192];
        std::fs::write(&damaged, &bytes).unwrap();
        assert!(matches!(SqliteJournal::open(&damaged).await, Err(JournalError::Failed { .. })));
        assert_eq!(std::fs::read(&damaged).unwrap(), bytes);
    }
}
