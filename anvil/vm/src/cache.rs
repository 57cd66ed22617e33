//! Where compiled modules are kept: a bounded map in memory, files on disk.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use alloy_primitives::{B256, keccak256};
use wasmtime::{Engine, Module};

/// Raised when instrumentation changes, so that files of older builds are not used.
const INSTRUMENTATION: u32 = 3;
/// Length of the checksum before the native code.
const CHECKSUM_BYTES: usize = 32;

/// A map that forgets what was used longest ago when it is full.
pub(crate) struct Recent<V> {
    entries: HashMap<B256, (u64, V)>,
    clock: u64,
    max: usize,
}

impl<V: Clone> Recent<V> {
    /// Room for `max` values, at least one.
    pub(crate) fn new(max: usize) -> Self {
        Self { entries: HashMap::new(), clock: 0, max: max.max(1) }
    }

    pub(crate) fn get(&mut self, key: &B256) -> Option<V> {
        self.clock += 1;
        let (used, value) = self.entries.get_mut(key)?;
        *used = self.clock;
        Some(value.clone())
    }

    pub(crate) fn insert(&mut self, key: B256, value: V) {
        self.clock += 1;
        if self.entries.len() >= self.max && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.entries.remove(&oldest);
            }
        }
        self.entries.insert(key, (self.clock, value));
    }
}

/// Native code in a folder, one file for each module and engine.
///
/// Losing a file costs a compilation; a damaged one is ignored. The files are executed, so the
/// folder must not be writable by others.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, engine: &Engine, key: &B256) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        INSTRUMENTATION.hash(&mut hasher);
        self.folder.join(format!("{key:x}-{:016x}.native", hasher.finish()))
    }

    /// The module compiled for `key`, if there is an undamaged file.
    pub(crate) fn load(&self, engine: &Engine, key: &B256) -> Option<Module> {
        let bytes = fs::read(self.path(engine, key)).ok()?;
        let (checksum, native) = bytes.split_at_checked(CHECKSUM_BYTES)?;
        if keccak256(native) != checksum {
            return None;
        }
        // SAFETY: the bytes are those a `Module::serialize` of this engine and these settings
        // produced: the file's name has the engine's compatibility hash, the checksum says that they
        // are whole, and the folder's owner vouches for who wrote them.
        unsafe { Module::deserialize(engine, native) }.ok()
    }

    /// Stores a module; readers see all of it or nothing.
    pub(crate) fn store(&self, key: &B256, module: &Module) -> io::Result<()> {
        let native = module.serialize().map_err(io::Error::other)?;
        fs::create_dir_all(&self.folder)?;
        let path = self.path(module.engine(), key);
        let draft = path.with_extension(format!("{}.draft", process::id()));
        let written = write_file(&draft, &[keccak256(&native).as_slice(), &native]);
        let moved = written.and_then(|()| fs::rename(&draft, &path));
        if moved.is_err() {
            let _ = fs::remove_file(&draft);
        }
        moved
    }
}

fn write_file(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_is_forgotten() {
        let key = |n: u8| B256::repeat_byte(n);
        let mut recent = Recent::new(2);
        recent.insert(key(1), 'a');
        recent.insert(key(2), 'b');
        assert_eq!(recent.get(&key(1)), Some('a'));
        recent.insert(key(3), 'c');
        assert_eq!([1, 2, 3].map(|n| recent.get(&key(n))), [Some('a'), None, Some('c')]);
        recent.insert(key(3), 'd');
        assert_eq!([1, 3].map(|n| recent.get(&key(n))), [Some('a'), Some('d')]);
    }
}
