//! What was read from the origin, in memory and in a file.

use std::{
    cmp::Reverse,
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::sealed::{Format, SealError, write_atomic};

const FORMAT: Format = Format { name: "anvil-stylus-fork", version: 1 };
/// Accounts and slots kept, about a gigabyte; beyond that everything is read anew.
const ENTRIES_MAX: usize = 4_000_000;
/// Bytes of answers (blocks, receipts, logs) kept; beyond that they are asked for anew.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Why a cache was not used. Everything in it can be had again.
#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error("it is damaged: {0}")]
    Sealed(#[from] SealError),
    #[error("its content cannot be read: {0}")]
    Content(#[source] serde_json::Error),
    #[error("it is of block {cached}, but the origin's block is {now}: another chain, or a re-organisation")]
    OtherBlock { cached: B256, now: B256 },
}

/// An account of the origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CachedAccount {
    pub(super) nonce: u64,
    pub(super) balance: U256,
    pub(super) code: Bytes,
}

/// What was read of one fork.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Cache {
    /// Hash of the fork block, by which a cache of another chain with the same number is known.
    block_hash: B256,
    /// The fork block as the origin answered it, without transactions in full.
    block: Value,
    /// By number of the block they are of.
    states: HashMap<u64, CachedState>,
    /// By method and parameters.
    answers: HashMap<String, Box<RawValue>>,
    #[serde(skip)]
    entries: usize,
    #[serde(skip)]
    answer_bytes: usize,
    /// Something is here that is not in the file.
    #[serde(skip)]
    changed: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct CachedState {
    accounts: HashMap<Address, CachedAccount>,
    storage: HashMap<Address, HashMap<U256, U256>>,
}

impl Cache {
    /// Nothing but the fork block.
    pub(super) fn new(block_hash: B256, block: Value) -> Self {
        Self { block_hash, block, changed: true, ..Self::default() }
    }

    /// The file of one fork in a cache folder.
    pub(super) fn file(folder: &Path, chain_id: u64, block: u64) -> PathBuf {
        folder.join(chain_id.to_string()).join(block.to_string()).join("fork.json")
    }

    /// Chain id and block of each fork that a cache folder has a file of, the newest block first.
    pub(super) fn kept(folder: &Path) -> Vec<(u64, u64)> {
        let chains = numbered(folder).into_iter();
        let forks = chains.flat_map(|chain| {
            let blocks = numbered(&folder.join(chain.to_string())).into_iter();
            blocks.map(move |block| (chain, block)).collect::<Vec<_>>()
        });
        let mut kept: Vec<_> = forks.filter(|(chain, block)| Self::file(folder, *chain, *block).is_file()).collect();
        kept.sort_unstable_by_key(|(chain, block)| (Reverse(*block), *chain));
        kept
    }

    /// The fork block as the origin answered it.
    pub(super) fn block(&self) -> &Value {
        &self.block
    }

    pub(super) fn account(&self, block: u64, address: Address) -> Option<&CachedAccount> {
        self.states.get(&block)?.accounts.get(&address)
    }

    pub(super) fn slot(&self, block: u64, address: Address, slot: U256) -> Option<U256> {
        self.states.get(&block)?.storage.get(&address)?.get(&slot).copied()
    }

    /// Every account that was read at `block`, with the slots that were.
    pub(super) fn accounts(&self, block: u64) -> impl Iterator<Item = (&Address, &CachedAccount, Option<&HashMap<U256, U256>>)> {
        let state = self.states.get(&block).into_iter();
        state.flat_map(|state| state.accounts.iter().map(|(address, account)| (address, account, state.storage.get(address))))
    }

    pub(super) fn answer(&self, key: &str) -> Option<Value> {
        serde_json::from_str(self.answers.get(key)?.get()).ok()
    }

    pub(super) fn insert_account(&mut self, block: u64, address: Address, account: CachedAccount) {
        self.make_room();
        let is_new = self.states.entry(block).or_default().accounts.insert(address, account).is_none();
        self.entries += usize::from(is_new);
        self.changed = true;
    }

    pub(super) fn insert_slot(&mut self, block: u64, address: Address, slot: U256, value: U256) {
        self.make_room();
        let storage = &mut self.states.entry(block).or_default().storage;
        let is_new = storage.entry(address).or_default().insert(slot, value).is_none();
        self.entries += usize::from(is_new);
        self.changed = true;
    }

    pub(super) fn insert_answer(&mut self, key: String, answer: &Value) {
        // A value that was JSON is JSON again; if not, it is asked for again.
        let Ok(text) = serde_json::value::to_raw_value(answer) else { return };
        let bytes = key.len() + text.get().len();
        if bytes > ANSWER_BYTES_MAX {
            return;
        }
        if self.answer_bytes + bytes > ANSWER_BYTES_MAX {
            self.answers.clear();
            self.answer_bytes = 0;
        }
        self.answer_bytes += bytes;
        self.answers.insert(key, text);
        self.changed = true;
    }

    fn make_room(&mut self) {
        if self.entries >= ENTRIES_MAX {
            self.states.clear();
            self.entries = 0;
        }
    }

    /// What is in the file; `None` if there is none. `expected` is the hash the fork block has now, if it is known.
    pub(super) fn load(path: &Path, expected: Option<B256>) -> Result<Option<Self>, CacheError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CacheError::Read(error)),
        };
        let mut cache: Self = serde_json::from_slice(FORMAT.open(&bytes)?).map_err(CacheError::Content)?;
        if let Some(now) = expected.filter(|now| *now != cache.block_hash) {
            return Err(CacheError::OtherBlock { cached: cache.block_hash, now });
        }
        let slots = |state: &CachedState| state.storage.values().map(HashMap::len).sum::<usize>();
        cache.entries = cache.states.values().map(|state| state.accounts.len() + slots(state)).sum();
        cache.answer_bytes = cache.answers.iter().map(|(key, text)| key.len() + text.get().len()).sum();
        Ok(Some(cache))
    }

    /// Writes the file if there is anything new.
    pub(super) fn save(&mut self, path: &Path) -> io::Result<()> {
        if !self.changed {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let bytes = FORMAT.seal(&serde_json::to_vec(self)?)?;
        write_atomic(path, &bytes)?;
        self.changed = false;
        Ok(())
    }
}

/// Entries of a folder whose names are numbers; none if it cannot be read.
fn numbered(folder: &Path) -> Vec<u64> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WHO: Address = Address::repeat_byte(1);
    const HASH: B256 = B256::repeat_byte(2);

    fn filled() -> Cache {
        let mut cache = Cache::new(HASH, json!({ "number": "0x2" }));
        cache.insert_account(2, WHO, CachedAccount { nonce: 3, balance: U256::from(4), code: Bytes::from_static(&[5]) });
        cache.insert_slot(1, WHO, U256::from(6), U256::from(7));
        cache.insert_answer("eth_x[]".to_owned(), &json!({ "a": [1] }));
        cache
    }

    #[test]
    fn what_was_saved_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = Cache::file(folder.path(), 1, 2);
        assert!(Cache::load(&path, None).unwrap().is_none());
        let mut cache = filled();
        cache.save(&path).unwrap();
        let loaded = Cache::load(&path, Some(HASH)).unwrap().unwrap();
        assert_eq!(loaded.account(2, WHO), cache.account(2, WHO));
        assert_eq!(loaded.account(1, WHO), None);
        assert_eq!(loaded.slot(1, WHO, U256::from(6)), Some(U256::from(7)));
        assert_eq!((loaded.slot(2, WHO, U256::from(6)), loaded.slot(1, WHO, U256::ZERO)), (None, None));
        assert_eq!(loaded.answer("eth_x[]"), Some(json!({ "a": [1] })));
        assert_eq!((loaded.entries, loaded.answer_bytes), (2, cache.answer_bytes));
        assert_eq!(loaded.block(), &json!({ "number": "0x2" }));
    }

    #[test]
    fn nothing_is_written_when_nothing_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let path = Cache::file(folder.path(), 1, 2);
        let mut cache = filled();
        cache.save(&path).unwrap();
        fs::remove_file(&path).unwrap();
        cache.save(&path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_cache_that_cannot_be_trusted_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let mut cache = filled();
        cache.save(&path).unwrap();
        let good = fs::read(&path).unwrap();
        let error = Cache::load(&path, Some(B256::ZERO)).unwrap_err();
        assert!(matches!(error, CacheError::OtherBlock { cached: HASH, now: B256::ZERO }), "{error}");
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for bytes in [Vec::new(), good[..good.len() / 2].to_vec(), flipped] {
            fs::write(&path, bytes).unwrap();
            let error = Cache::load(&path, Some(HASH)).unwrap_err();
            assert!(matches!(error, CacheError::Sealed(_)), "{error}");
        }
        fs::write(&path, FORMAT.seal(b"[]").unwrap()).unwrap();
        let error = Cache::load(&path, Some(HASH)).unwrap_err();
        assert!(matches!(error, CacheError::Content(_)), "{error}");
    }
}
