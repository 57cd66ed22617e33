//! Anvil's form of a state: gzipped JSON, as its `anvil_dumpState` answers and its `anvil_loadState` takes.
//!
//! What this chain writes has its own dump beside Anvil's fields, so that nothing is lost on the way back here; Anvil skips it. Of a
//! state that Anvil wrote, accounts, block number and time are taken: its blocks were made by other rules.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::Arc,
};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Chain, DumpError, StateDump, build::seal, ledger::Ledger};

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
    /// Anvil keeps traces of its own kind here, which this chain has not.
    #[serde(default)]
    transactions: Vec<Value>,
    #[serde(default)]
    historical_states: Option<Value>,
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

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AnvilBlock {
    header: Header,
    #[serde(default)]
    transactions: Vec<Value>,
    #[serde(default)]
    ommers: Vec<Value>,
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
    /// Gzipped JSON.
    ///
    /// # Errors
    /// [`DumpError::Content`], [`DumpError::Read`]: none but those of a full machine.
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

impl Chain {
    /// The chain in Anvil's form.
    ///
    /// # Errors
    /// As [`dump`](Self::dump).
    pub fn dump_for_anvil(&self) -> Result<AnvilDump, DumpError> {
        let own = self.dump()?;
        let shared = self.inner.shared.read();
        let head = shared.ledger.head();
        let header = &head.block.header;
        let account = |account: &super::Account| AnvilAccount {
            nonce: account.nonce,
            balance: account.balance,
            code: account.code.original_bytes(),
            storage: account.storage.iter().map(|(slot, value)| (B256::from(*slot), B256::from(*value))).collect(),
        };
        let rest = json!({
            "beneficiary": header.beneficiary,
            "gas_limit": header.gas_limit,
            "basefee": header.base_fee_per_gas.unwrap_or_default(),
            "difficulty": header.difficulty,
            "prevrandao": shared.rules.prevrandao,
            "blob_excess_gas_and_price": { "excess_blob_gas": 0, "blob_gasprice": 1 },
            "slot_num": 0,
        });
        let Value::Object(rest) = rest else { return Err(DumpError::Inconsistent("the block has no environment")) };
        let blocks = shared.ledger.range(0, u64::MAX);
        Ok(AnvilDump {
            block: BlockEnvironment { number: U256::from(header.number), timestamp: U256::from(header.timestamp), rest },
            accounts: head.state.accounts().map(|(address, kept)| (*address, account(kept))).collect(),
            best_block_number: Some(header.number),
            blocks: blocks
                .iter()
                .map(|block| AnvilBlock { header: block.header.clone(), transactions: Vec::new(), ommers: Vec::new() })
                .collect(),
            transactions: Vec::new(),
            historical_states: None,
            stylus_state: Some(Box::new(own)),
        })
    }

    /// Loads a state in any form. On an error nothing has changed.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_any(&self, dump: &AnyDump) -> Result<(), DumpError> {
        match dump {
            AnyDump::Own(own) => self.load(own),
            AnyDump::Anvil(dump) => self.load_of_anvil(dump),
        }
    }

    /// Puts Anvil's accounts over the present ones and goes on from its block number and time. What came before is forgotten.
    fn load_of_anvil(&self, dump: &AnvilDump) -> Result<(), DumpError> {
        let narrow = |value: U256, what| u64::try_from(value).map_err(|_| DumpError::Inconsistent(what));
        let number = narrow(dump.block.number, "the block number has more than 64 bits")?;
        let number = number.max(dump.best_block_number.unwrap_or_default());
        let timestamp = narrow(dump.block.timestamp, "the timestamp has more than 64 bits")?;
        let _writer = self.write();
        if self.fork().is_some() {
            return Err(DumpError::Forked);
        }
        let mut state = self.head().state;
        for (address, account) in &dump.accounts {
            state.clear_storage(*address)?;
            state.set_code(*address, account.code.clone())?;
            state.set_nonce(*address, account.nonce)?;
            state.set_balance(*address, account.balance)?;
            for (slot, value) in &account.storage {
                state.set_storage(*address, (*slot).into(), (*value).into())?;
            }
        }
        let mut shared = self.inner.shared.write();
        let parent = dump.blocks.iter().find(|block| block.header.number == number).map(|block| block.header.parent_hash);
        let context = shared.rules.context(number, timestamp);
        let block = seal(&shared.rules, &context, parent.unwrap_or_default(), &state, Vec::new(), Vec::new())?;
        let config = self.config();
        shared.ledger = Ledger::restore(vec![Arc::new(block)], state, config.states_kept, config.blocks_kept)
            .ok_or(DumpError::Inconsistent("there are no blocks"))?;
        shared.pool.clear();
        shared.snapshots = super::Snapshots::default();
        shared.time.set_now(timestamp);
        Ok(())
    }
}
