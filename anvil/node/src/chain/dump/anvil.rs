//! Anvil's form of a state: gzipped JSON, as its `anvil_dumpState` answers and its `anvil_loadState` takes.
//!
//! What this chain writes has its own dump beside Anvil's fields, so that nothing is lost on the way back here; Anvil skips it. Of a
//! state that Anvil wrote, accounts, blocks with their transactions and receipts, and time are taken, and the states of older blocks
//! if they are there. Its blocks were made by other rules: a trace runs their transactions under those of this chain.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::Arc,
};

use alloy_primitives::{Address, B256, Bytes, U256};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    anvil_history::{AnvilBlock, HistoricalStates, History, mined},
    own::StateDump,
};
use crate::{
    arbos::HISTORY_STORAGE,
    chain::{
        blocks::{Rules, adopt_history, seal},
        error::DumpError,
        store::{Kept, Ledger, Shared, Snapshots},
    },
    fork::Fork,
    state::{Account, State, StateError},
};

/// First bytes of a gzip stream.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Bytes an unpacked state may have. A small file can unpack to more than the machine has.
const UNPACKED_BYTES_MAX: u64 = 4 << 30;

/// A state in Anvil's form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnvilDump {
    /// The environment of the newest block.
    block: BlockEnvironment,
    accounts: BTreeMap<Address, AnvilAccount>,
    #[serde(default)]
    best_block_number: Option<u64>,
    #[serde(default)]
    blocks: Vec<AnvilBlock>,
    /// What the transactions did.
    #[serde(default)]
    transactions: Vec<Value>,
    /// By block hash; only if Anvil was asked for them.
    #[serde(default, skip_serializing)]
    historical_states: Option<HistoricalStates>,
    /// This chain's own dump, in what this chain wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stylus_state: Option<Box<StateDump>>,
}

/// What is taken of the block's environment; the rest is passed through.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BlockEnvironment {
    number: U256,
    timestamp: U256,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AnvilAccount {
    nonce: u64,
    balance: U256,
    code: Bytes,
    #[serde(default)]
    storage: BTreeMap<B256, B256>,
}

/// A state in any form that can be loaded.
#[derive(Debug, Clone)]
pub enum AnyDump {
    /// This chain's own.
    Own(Box<StateDump>),
    /// Anvil's.
    Anvil(Box<AnvilDump>),
}

impl AnvilDump {
    /// The chain in Anvil's form. Of a forked chain, accounts are there that changed or were read.
    ///
    /// # Errors
    /// [`DumpError::Content`]: only on a machine that is out of memory.
    pub(crate) fn of(shared: &Shared) -> Result<Self, DumpError> {
        let head = shared.ledger.head();
        let header = &head.block.header;
        let rest = [
            ("beneficiary", json!(header.beneficiary)),
            ("gas_limit", json!(header.gas_limit)),
            ("basefee", json!(header.base_fee_per_gas.unwrap_or_default())),
            ("difficulty", json!(header.difficulty)),
            ("prevrandao", json!(shared.rules.prevrandao)),
            ("blob_excess_gas_and_price", json!({ "excess_blob_gas": 0, "blob_gasprice": 1 })),
            ("slot_num", json!(0)),
        ];
        let rest = rest.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let blocks = shared.ledger.range(0, u64::MAX);
        let transactions = blocks.iter().flat_map(|block| mined(block)).collect::<Result<_, _>>().map_err(DumpError::Content)?;
        Ok(Self {
            block: BlockEnvironment { number: U256::from(header.number), timestamp: U256::from(header.timestamp), rest },
            accounts: known_accounts(&head.state, shared.fork.as_deref()),
            best_block_number: Some(header.number),
            blocks: blocks.iter().map(|block| AnvilBlock::of(block)).collect::<Result<_, _>>().map_err(DumpError::Content)?,
            transactions,
            historical_states: None,
            stylus_state: Some(Box::new(StateDump::of(shared))),
        })
    }

    /// The ledger that the dump stands for, with its accounts over those of `base`.
    ///
    /// # Errors
    /// [`DumpError::Inconsistent`], [`DumpError::State`].
    pub(crate) fn ledger(&self, base: &State, rules: &Rules, kept: Kept) -> Result<Ledger, DumpError> {
        let number = narrow(self.block.number, "the block number has more than 64 bits")?;
        let number = number.max(self.best_block_number.unwrap_or_default());
        let timestamp = self.timestamp()?;
        let mut state = base.clone();
        self.accounts.iter().try_for_each(|(address, account)| account.put(*address, &mut state))?;
        let mut history = History::read(&self.blocks, &self.transactions, number, |time| rules.l1_number(time));
        if history.blocks.is_empty() {
            let context = rules.context(number, timestamp);
            let block = seal(rules, &context, history.parent_hash, &state, Vec::new(), Vec::new())?;
            history.blocks.push(Arc::new(block));
        }
        // What is there is of the blocks that were here before, or Ethereum's.
        state.clear_storage(HISTORY_STORAGE)?;
        adopt_history(&mut state, &history.blocks)?;
        let mut states = match &self.historical_states {
            Some(older) => older.restore(&history.blocks, base)?,
            None => Vec::new(),
        };
        states.push(state);
        Ledger::restore(history.blocks, states, kept).ok_or(DumpError::Inconsistent("there are no blocks"))
    }

    /// Puts `ledger`, which is this dump's, and the dump's time in the place of what is there.
    ///
    /// # Errors
    /// [`DumpError::Inconsistent`] for a timestamp of more than 64 bits; nothing has changed then.
    pub(crate) fn replace(&self, shared: &mut Shared, ledger: Ledger) -> Result<(), DumpError> {
        let timestamp = self.timestamp()?;
        shared.ledger = ledger;
        shared.pool.clear();
        shared.snapshots = Snapshots::default();
        shared.time.set_now(timestamp);
        Ok(())
    }

    fn timestamp(&self) -> Result<u64, DumpError> {
        narrow(self.block.timestamp, "the timestamp has more than 64 bits")
    }

    /// Gzipped JSON.
    ///
    /// # Errors
    /// [`DumpError::Content`], [`DumpError::Read`]: only on a machine that is out of memory.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DumpError> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&serde_json::to_vec(self).map_err(DumpError::Content)?).map_err(DumpError::Read)?;
        packed.finish().map_err(DumpError::Read)
    }
}

impl AnyDump {
    /// Reads a state: this chain's own dump, or Anvil's form, packed or not.
    ///
    /// # Errors
    /// As [`StateDump::from_bytes`]; [`DumpError::Packed`] for a damaged gzip stream.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DumpError> {
        let is_packed = bytes.starts_with(&GZIP_MAGIC);
        let parsed = if is_packed {
            let mut content = Vec::new();
            GzDecoder::new(bytes).take(UNPACKED_BYTES_MAX).read_to_end(&mut content).map_err(DumpError::Packed)?;
            serde_json::from_slice(&content)
        } else {
            serde_json::from_slice(bytes)
        };
        match parsed {
            Ok(AnvilDump { stylus_state: Some(own), .. }) => Ok(Self::Own(own)),
            Ok(dump) => Ok(Self::Anvil(Box::new(dump))),
            Err(error) if is_packed => Err(DumpError::Content(error)),
            Err(_) => StateDump::from_bytes(bytes).map(|own| Self::Own(Box::new(own))),
        }
    }
}

impl AnvilAccount {
    fn of(account: &Account) -> Self {
        // A forked chain keeps slots that are zero here and something else where it came from.
        let storage = account.storage.iter().filter(|(_, value)| !value.is_zero());
        Self {
            nonce: account.nonce,
            balance: account.balance,
            code: account.code.original_bytes(),
            storage: storage.map(|(slot, value)| (B256::from(*slot), B256::from(*value))).collect(),
        }
    }

    /// Puts the account in the place of what `state` has.
    fn put(&self, address: Address, state: &mut State) -> Result<(), StateError> {
        state.clear_storage(address)?;
        state.set_code(address, self.code.clone())?;
        state.set_nonce(address, self.nonce)?;
        state.set_balance(address, self.balance)?;
        self.storage.iter().try_for_each(|(slot, value)| state.set_storage(address, (*slot).into(), (*value).into()))
    }
}

fn narrow(value: U256, problem: &'static str) -> Result<u64, DumpError> {
    u64::try_from(value).map_err(|_| DumpError::Inconsistent(problem))
}

/// Every account that is known here: of a forked chain, those that were read of it and those that changed.
fn known_accounts(state: &State, fork: Option<&Fork>) -> BTreeMap<Address, AnvilAccount> {
    let mut known = fork.map(Fork::known_accounts).unwrap_or_default();
    for (address, account) in state.accounts() {
        let mut account = account.clone();
        if let Some(read) = known.remove(address).filter(|_| account.is_partial) {
            for (slot, value) in read.storage.iter() {
                if account.storage.get(slot).is_none() {
                    account.set_slot(*slot, *value);
                }
            }
        }
        known.insert(*address, account);
    }
    known.iter().map(|(address, account)| (*address, AnvilAccount::of(account))).collect()
}
