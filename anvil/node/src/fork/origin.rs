//! The chain that was forked: its blocks, and its state at any block up to the fork.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use parking_lot::RwLock;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    ForkConfig, ForkError,
    cache::{Cache, CachedAccount},
    client::Client,
};
use crate::state::{Account, Origin, StateError};

/// Kept forks that an error names.
const KEPT_SHOWN_MAX: usize = 3;

/// A block of the origin, without its transactions.
#[derive(Debug, Clone)]
pub(crate) struct OriginBlock {
    pub(crate) header: Header,
    pub(crate) hash: B256,
    /// Number of the parent chain's block; its own on a chain that has no parent.
    pub(crate) l1_number: u64,
}

/// The chain that was forked, up to the fork block.
#[derive(Debug)]
pub(crate) struct Fork {
    config: ForkConfig,
    client: Client,
    chain_id: u64,
    block: OriginBlock,
    cache: RwLock<Cache>,
    cache_file: Option<PathBuf>,
}

/// The state of the origin after one block.
#[derive(Debug)]
struct OriginState {
    fork: Arc<Fork>,
    block: u64,
}

impl Fork {
    /// Finds the block to start from: in the cache if that is allowed to be enough, or else at the endpoint. Blocks the thread.
    ///
    /// # Errors
    /// [`ForkError`].
    pub(crate) fn connect(config: ForkConfig) -> Result<Arc<Self>, ForkError> {
        let client = Client::new(&config)?;
        let chain_id = match config.chain_id {
            Some(chain_id) => chain_id,
            None => {
                let answer = client.call("eth_chainId", json!([])).map_err(|error| or_kept(error, &config))?;
                parse::<U64>("eth_chainId", answer)?.to()
            }
        };
        let file = |number| config.cache_dir.as_ref().map(|folder| Cache::file(folder, chain_id, number));
        if let (Some(_), Some(number)) = (config.chain_id, config.block_number)
            && let Some(path) = file(number)
            && let Some(cache) = load(&path, None)
        {
            let block = OriginBlock::read("the cache", cache.block().clone())?;
            return Ok(Arc::new(Self { config, client, chain_id, block, cache: RwLock::new(cache), cache_file: Some(path) }));
        }
        let wanted = config.block_number.map_or_else(|| json!("latest"), |number| json!(U64::from(number)));
        let found = client.call("eth_getBlockByNumber", json!([wanted, false])).map_err(|error| or_kept(error, &config))?;
        let block = OriginBlock::read(&wanted.to_string(), found.clone())?;
        let cache_file = file(block.header.number);
        let cache = cache_file.as_deref().and_then(|path| load(path, Some(block.hash)));
        let cache = RwLock::new(cache.unwrap_or_else(|| Cache::new(block.hash, found)));
        Ok(Arc::new(Self { config, client, chain_id, block, cache, cache_file }))
    }

    /// How the origin is asked.
    pub(crate) fn config(&self) -> &ForkConfig {
        &self.config
    }

    /// The origin's chain id.
    pub(crate) fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The last block the chains have in common.
    pub(crate) fn block(&self) -> &OriginBlock {
        &self.block
    }

    /// Number of [`block`](Self::block).
    pub(crate) fn number(&self) -> u64 {
        self.block.header.number
    }

    /// The state after a block of the origin.
    pub(crate) fn state_at(self: &Arc<Self>, block: u64) -> Arc<dyn Origin> {
        Arc::new(OriginState { fork: self.clone(), block })
    }

    /// Asks the origin about something up to the fork block, which does not change any more; `null` is asked for again. Blocks the
    /// thread.
    pub(crate) fn ask(&self, method: &'static str, params: Value) -> Result<Value, ForkError> {
        let key = format!("{method}{params}");
        if let Some(answer) = self.cache.read().answer(&key) {
            return Ok(answer);
        }
        let answer = self.client.call(method, params)?;
        if !answer.is_null() {
            self.cache.write().insert_answer(key, &answer);
        }
        Ok(answer)
    }

    /// A block by number, up to the fork block. Blocks the thread.
    pub(crate) fn block_by_number(&self, number: u64) -> Result<OriginBlock, ForkError> {
        if number == self.number() {
            return Ok(self.block.clone());
        }
        OriginBlock::read(&number.to_string(), self.ask("eth_getBlockByNumber", json!([U64::from(number), false]))?)
    }

    /// A block by hash; `None` if it is not known there, or is later than the fork block. Blocks the thread.
    pub(crate) fn block_by_hash(&self, hash: B256) -> Result<Option<OriginBlock>, ForkError> {
        let found = self.ask("eth_getBlockByHash", json!([hash, false]))?;
        if found.is_null() {
            return Ok(None);
        }
        let block = OriginBlock::read(&hash.to_string(), found)?;
        Ok((block.header.number <= self.number()).then_some(block))
    }

    /// Reads accounts at the fork block, many at a time, so that single reads find them. Blocks the thread.
    pub(crate) fn preload(&self, addresses: &[Address]) -> Result<(), ForkError> {
        let block = self.number();
        let unknown: Vec<_> =
            addresses.iter().copied().filter(|address| self.cache.read().account(block, *address).is_none()).collect();
        let requests = unknown.iter().flat_map(|address| account_requests(*address, block)).collect();
        let answers = self.client.call_all(requests)?;
        for (address, answers) in unknown.into_iter().zip(answers.chunks(3)) {
            self.cache.write().insert_account(block, address, cached_account(answers)?);
        }
        Ok(())
    }

    /// The accounts at the fork block that were read so far, each with the slots that were.
    pub(crate) fn known_accounts(&self) -> BTreeMap<Address, Account> {
        let cache = self.cache.read();
        let known = cache.accounts(self.number()).map(|(address, cached, slots)| {
            let mut account = Account { is_partial: true, ..account(cached) };
            for (slot, value) in slots.into_iter().flatten() {
                account.set_slot(*slot, *value);
            }
            (*address, account)
        });
        known.collect()
    }

    /// Writes what was read to the file, if there is one. A failure costs time later, nothing else.
    pub(crate) fn save(&self) {
        if let Some(path) = &self.cache_file
            && let Err(error) = self.cache.write().save(path)
        {
            tracing::warn!(%error, path = %path.display(), "what was read of the forked chain was not saved");
        }
    }
}

impl Origin for OriginState {
    fn account(&self, address: Address) -> Result<Account, StateError> {
        if let Some(cached) = self.fork.cache.read().account(self.block, address) {
            return Ok(account(cached));
        }
        let answers = self.fork.client.call_all(account_requests(address, self.block).into())?;
        let cached = cached_account(&answers)?;
        let found = account(&cached);
        self.fork.cache.write().insert_account(self.block, address, cached);
        Ok(found)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        if let Some(value) = self.fork.cache.read().slot(self.block, address, slot) {
            return Ok(value);
        }
        let params = json!([address, B256::from(slot), U64::from(self.block)]);
        let value = parse("eth_getStorageAt", self.fork.client.call("eth_getStorageAt", params)?)?;
        self.fork.cache.write().insert_slot(self.block, address, slot, value);
        Ok(value)
    }
}

impl OriginBlock {
    fn read(id: &str, block: Value) -> Result<Self, ForkError> {
        /// What is not part of a header.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Extra {
            hash: B256,
            l1_block_number: Option<U64>,
        }
        if block.is_null() {
            return Err(ForkError::NoBlock(id.to_owned()));
        }
        let extra: Extra = parse("eth_getBlockByNumber", block.clone())?;
        let header: Header = parse("eth_getBlockByNumber", block)?;
        let l1_number = extra.l1_block_number.map_or(header.number, |number| number.to());
        Ok(Self { header, hash: extra.hash, l1_number })
    }
}

/// What three requests about an account must answer, in this order.
fn account_requests(address: Address, block: u64) -> [(&'static str, Value); 3] {
    let params = json!([address, U64::from(block)]);
    [("eth_getTransactionCount", params.clone()), ("eth_getBalance", params.clone()), ("eth_getCode", params)]
}

fn cached_account(answers: &[Value]) -> Result<CachedAccount, ForkError> {
    let answer = |index: usize| answers.get(index).cloned().unwrap_or_default();
    Ok(CachedAccount {
        nonce: parse::<U64>("eth_getTransactionCount", answer(0))?.to(),
        balance: parse("eth_getBalance", answer(1))?,
        code: parse::<Bytes>("eth_getCode", answer(2))?,
    })
}

fn account(cached: &CachedAccount) -> Account {
    let mut account = Account { nonce: cached.nonce, balance: cached.balance, ..Account::default() };
    account.set_code(cached.code.clone());
    account
}

/// An endpoint that cannot be reached is not needed if the cache has what was asked for: then the error says which flags use it.
fn or_kept(error: ForkError, config: &ForkConfig) -> ForkError {
    let Some(folder) = config.cache_dir.as_deref().filter(|_| matches!(error, ForkError::Transport { .. })) else {
        return error;
    };
    let mut kept = Cache::kept(folder);
    kept.retain(|(chain, block)| {
        config.chain_id.is_none_or(|wanted| wanted == *chain) && config.block_number.is_none_or(|wanted| wanted == *block)
    });
    // What was asked for by both was looked for already, and is damaged.
    if kept.is_empty() || config.chain_id.is_some() && config.block_number.is_some() {
        return error;
    }
    kept.truncate(KEPT_SHOWN_MAX);
    ForkError::Kept { source: Box::new(error), kept }
}

/// The cache in a file, unless it cannot be used: then the log says why, and everything is read anew.
fn load(path: &std::path::Path, expected: Option<B256>) -> Option<Cache> {
    Cache::load(path, expected).unwrap_or_else(|reason| {
        tracing::warn!(%reason, path = %path.display(), "ignored what was kept of the forked chain");
        None
    })
}

fn parse<T: DeserializeOwned>(method: &str, value: Value) -> Result<T, ForkError> {
    serde_json::from_value(value).map_err(|error| ForkError::Form { method: method.to_owned(), reason: error.to_string() })
}
