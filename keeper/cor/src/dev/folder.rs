//! The folder of a run: network.json, ABIs, logs, journals. A temporary one is deleted at the end, and kept if the run failed.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::error::CliError;

/// How much of a log an error shows. Enough for an error and what led to it; more would bury the error itself.
const TAIL_BYTES_MAX: u64 = 4_096;
const TAIL_LINES_MAX: usize = 12;

/// Where a run writes.
pub(super) enum RunFolder {
    /// Named by the user, who deletes it.
    Given(PathBuf),
    /// Ours to delete.
    Temporary(TempDir),
}

impl RunFolder {
    /// The folder that was asked for, or a new temporary one.
    pub(super) fn open(given: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = given else {
            let folder = tempfile::Builder::new().prefix("cor-dev-").tempdir();
            return folder.map(Self::Temporary).map_err(CliError::io("making a folder for the run"));
        };
        std::fs::create_dir_all(path).map_err(CliError::io(format!("making the folder {}", path.display())))?;
        // Journals of another chain must not meet this one: a miner would reveal what it committed to there, and be slashed for it.
        let entry = std::fs::read_dir(path).map_err(CliError::io(format!("reading the folder {}", path.display())))?.next();
        if let Some(entry) = entry {
            let found = entry.map_err(CliError::io(format!("reading the folder {}", path.display())))?;
            return Err(CliError::FolderNotEmpty {
                folder: path.to_owned(),
                found: found.file_name().to_string_lossy().into_owned(),
            });
        }
        Ok(Self::Given(path.to_owned()))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// What is said of the folder when the run begins.
    pub(super) fn announcement(&self) -> String {
        let path = self.path().display();
        match self {
            Self::Given(_) => format!("logs, journals and network.json are in {path}"),
            Self::Temporary(_) => format!(
                "logs, journals and network.json are in {path}; it is deleted at the end, `cor dev --data FOLDER` keeps them"
            ),
        }
    }

    /// Ends the folder's use and says what became of it.
    ///
    /// # Errors
    /// A temporary folder that cannot be deleted.
    pub(super) fn close(self, failed: bool) -> Result<String, CliError> {
        let path = self.path().display().to_string();
        // A run that failed before anything was written has nothing to show.
        let empty = std::fs::read_dir(self.path()).is_ok_and(|mut entries| entries.next().is_none());
        match self {
            Self::Temporary(folder) if failed && !empty => Ok(format!("logs are kept in {}", folder.keep().display())),
            Self::Temporary(folder) => {
                folder.close().map_err(CliError::io(format!("deleting {path}")))?;
                Ok(format!("deleted {path}"))
            }
            Self::Given(_) => Ok(format!("logs are in {path}")),
        }
    }
}

/// The last lines of a log as a part of an error's sentence; empty if there are none.
pub(super) fn tail(log: &Path) -> String {
    // The error that this is a part of matters more than one of reading the log, whose name it gives.
    let text = read_end(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(TAIL_LINES_MAX)..];
    if last.is_empty() { String::new() } else { format!(", which ends with:\n  {}", last.join("\n  ")) }
}

/// At most [`TAIL_BYTES_MAX`] from the end. The first line may be a part of one.
fn read_end(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    // What is written meanwhile is not waited for.
    file.take(TAIL_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_is_kept_only_if_the_run_failed_and_left_something() {
        for (failed, written, kept) in [(true, true, true), (true, false, false), (false, true, false)] {
            let folder = RunFolder::open(None).unwrap();
            let path = folder.path().to_owned();
            assert!(folder.announcement().contains(&path.display().to_string()));
            if written {
                std::fs::write(path.join("miner-0.log"), "why").unwrap();
            }
            let said = folder.close(failed).unwrap();
            assert!(said.contains(&path.display().to_string()), "{said}");
            assert_eq!(path.exists(), kept, "failed {failed}, written {written}: {said}");
            if kept {
                std::fs::remove_dir_all(path).unwrap();
            }
        }
    }

    #[test]
    fn a_given_folder_stays_and_is_the_one_that_is_named() {
        let place = tempfile::tempdir().unwrap();
        let given = place.path().join("deep/mydata");
        for failed in [true, false] {
            let folder = RunFolder::open(Some(&given)).unwrap();
            assert_eq!(folder.path(), given);
            let name = given.display().to_string();
            assert!(folder.announcement().ends_with(&name));
            assert!(folder.close(failed).unwrap().ends_with(&name));
            assert!(given.exists());
        }
    }

    #[test]
    fn the_end_of_a_log_is_bounded() {
        let place = tempfile::tempdir().unwrap();
        let log = place.path().join("a.log");
        assert_eq!(tail(&log), "", "no log");
        std::fs::write(&log, "\n \n").unwrap();
        assert_eq!(tail(&log), "", "nothing in it");
        std::fs::write(&log, "first\n\nerror: INF-144 no model").unwrap();
        assert_eq!(tail(&log), ", which ends with:\n  first\n  error: INF-144 no model");
        let many: String = (0..100).map(|number| format!("line {number}\n")).collect();
        std::fs::write(&log, many).unwrap();
        let shown = tail(&log);
        assert!(shown.ends_with("line 99") && shown.lines().count() == 1 + TAIL_LINES_MAX, "{shown}");
        // One endless line, cut in the middle of a character.
        std::fs::write(&log, "é".repeat(10_000) + "x").unwrap();
        assert!(tail(&log).len() < 5_000 && tail(&log).ends_with("éx"));
    }
}
