//! `Chain`: the contracts as keeper and miner see them.

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use async_trait::async_trait;
use cor_errors::{Coded, Entry, table::chn};
use cor_sol::{ContractError, decode_revert};

use crate::domain::{CorWei, Head, LaneCall, LaneDomain, NodeRecord, SentCall, TaskRecord};
use crate::redacted;

/// What a contract reverted with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevertError {
    /// An error of the network's contracts.
    #[error("{}: {}", .0.name(), .0)]
    Contract(ContractError),
    /// Anything else: no data (a wrong address, or out of gas), or another contract's error.
    #[error("{}", unknown(*selector, data))]
    Unknown {
        /// The first four bytes, if there are as many.
        selector: Option<[u8; 4]>,
        /// All of it.
        data: Bytes,
    },
}

impl RevertError {
    /// Decodes revert data by its selector.
    #[must_use]
    pub fn decode(data: Bytes) -> Self {
        match decode_revert(&data) {
            Some(error) => Self::Contract(error),
            None => Self::Unknown { selector: data.first_chunk().copied(), data },
        }
    }
}

impl Coded for RevertError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Contract(error) => error.entry(),
            Self::Unknown { .. } => &chn::UNKNOWN_REVERT,
        }
    }
}

fn unknown(selector: Option<[u8; 4]>, data: &Bytes) -> String {
    match selector {
        Some(selector) => format!("unknown error {} in {data}", hex::encode_prefixed(selector)),
        None if data.is_empty() => "no data".to_owned(),
        None => format!("data {data}"),
    }
}

/// Why the chain did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The contract refused.
    #[error("{call} reverted with {error}")]
    Reverted {
        /// What was called.
        call: String,
        /// What with.
        #[source]
        error: RevertError,
    },
    /// A mined transaction failed, and the same call succeeds on the state before its block.
    #[error("{call} failed when it was mined, and the same call succeeds on the state before its block")]
    NotReproduced {
        /// What was called.
        call: String,
    },
    /// The RPC endpoint cannot be reached or answered nonsense.
    #[error("RPC {} failed: {reason}", redacted(endpoint))]
    Unreachable {
        /// URL.
        endpoint: String,
        /// What went wrong.
        reason: String,
    },
    /// The node answered with an error of JSON-RPC that is no contract's.
    #[error("RPC {} refused {call}: {message} ({code})", redacted(endpoint))]
    Refused {
        /// URL.
        endpoint: String,
        /// What was called.
        call: String,
        /// The node's number for it.
        code: i64,
        /// What the node says.
        message: String,
    },
    /// The transaction was sent and is not mined; it stays in the outbox and is looked for again.
    #[error("transaction {transaction} was not mined within {waited_secs} s")]
    NotMined {
        /// Hash.
        transaction: alloy_primitives::B256,
        /// Patience so far.
        waited_secs: u64,
    },
    /// The chain is not the one configured.
    #[error("the node's chain id is {found}, configured is {expected}")]
    WrongChain {
        /// Ours.
        expected: u64,
        /// Its.
        found: u64,
    },
    /// The account cannot pay the value, or not the gas as well.
    #[error("{account} has {balance} wei of ether and needs at least {needed} for value and gas")]
    NoGasMoney {
        /// Sender.
        account: Address,
        /// Has, wei of ether.
        balance: U256,
        /// Needs, wei of ether.
        needed: U256,
    },
    /// The outbox could not be written.
    #[error("outbox: {0}")]
    Outbox(#[from] crate::JournalError),
    /// Another transaction of the account took the nonce.
    #[error("{call}: nonce {nonce} of {account} was used by another program with the same key")]
    NonceTaken {
        /// What was called.
        call: String,
        /// Sender.
        account: Address,
        /// The nonce.
        nonce: u64,
    },
    /// The node lacks what it must have had once.
    #[error("the node lacks {what}: {detail}")]
    HistoryMissing {
        /// What was looked for.
        what: String,
        /// How it is known that it must have been there.
        detail: String,
    },
    /// The journal is of another network, such as that of a chain that was begun anew. Its answers and marks belong to other tasks, of that
    /// network.
    #[error("the journal is of {kept}, and this is {found}")]
    OtherJournal {
        /// The network that the journal keeps, in words.
        kept: String,
        /// The one that was opened.
        found: String,
    },
    /// The transaction could not be signed.
    #[error(transparent)]
    Signer(#[from] crate::SignerError),
    /// The contracts answered something the interface does not allow.
    #[error("unexpected answer of {what}: {detail}")]
    Unexpected {
        /// Which call.
        what: String,
        /// What came.
        detail: String,
    },
}

impl Coded for ChainError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Reverted { error, .. } => error.entry(),
            Self::NotReproduced { .. } => &chn::REVERT_NOT_REPRODUCED,
            Self::Unreachable { .. } => &chn::RPC_UNREACHABLE,
            Self::Refused { .. } => &chn::RPC_REFUSED,
            Self::NotMined { .. } => &chn::NOT_MINED,
            Self::WrongChain { .. } => &chn::WRONG_CHAIN,
            Self::NoGasMoney { .. } => &chn::NO_GAS_MONEY,
            Self::Outbox(error) => error.entry(),
            Self::NonceTaken { .. } => &chn::NONCE_TAKEN,
            Self::HistoryMissing { .. } => &chn::HISTORY_MISSING,
            Self::OtherJournal { .. } => &chn::OTHER_JOURNAL,
            Self::Signer(error) => error.entry(),
            Self::Unexpected { .. } => &chn::UNEXPECTED_ANSWER,
        }
    }
}

/// The contracts, read and written with one key.
#[async_trait]
pub trait Chain: Send + Sync {
    /// What messages are bound to.
    fn domain(&self) -> LaneDomain;
    /// The key's address.
    fn address(&self) -> Address;
    /// Last block.
    async fn head(&self) -> Result<Head, ChainError>;
    /// First block that can hold a log of the network.
    fn first_block(&self) -> u64;
    /// Tasks that have a log of the lane in the blocks `from..=to`.
    async fn touched_tasks(&self, from: u64, to: u64) -> Result<Vec<B256>, ChainError>;
    /// A task with its history, which is checked against its seal; `None` if the chain has no such task.
    async fn task(&self, id: B256) -> Result<Option<TaskRecord>, ChainError>;
    /// Whether an account may serve.
    async fn is_keeper(&self, account: Address) -> Result<bool, ChainError>;
    /// One node, `None` if it was never registered.
    async fn node(&self, node: Address) -> Result<Option<NodeRecord>, ChainError>;
    /// What a miner earned in the lane and was not paid yet.
    async fn earnings(&self, account: Address) -> Result<CorWei, ChainError>;
    /// Sends a call and waits for its receipt. The same effect, by [`LaneCall::effect_key`], is never brought about twice, also over
    /// restarts.
    async fn send(&self, call: LaneCall) -> Result<SentCall, ChainError>;
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;
    use alloy_sol_types::SolError as _;
    use cor_errors::Class;
    use cor_sol::vault::IVault::InsufficientBalance;

    use super::*;

    fn reverted(data: impl Into<Bytes>) -> ChainError {
        ChainError::Reverted { call: "submit".to_owned(), error: RevertError::decode(data.into()) }
    }

    #[test]
    fn a_revert_has_the_identity_of_the_contract_error() {
        let short =
            InsufficientBalance { payer: Address::ZERO, available: U256::ZERO, needed: U256::from(10).pow(U256::from(18)) };
        let error = reverted(short.abi_encode());
        assert_eq!((error.code(), error.entry().name, error.entry().status), ("PAY-001", "InsufficientBalance", Some(402)));
        assert!(error.class().asks_anew());
        let sentence = "submit reverted with InsufficientBalance: \
                        0x0000000000000000000000000000000000000000 has 0 COR prepaid and would need 1 COR";
        assert_eq!(error.to_string(), sentence);
    }

    #[test]
    fn what_is_not_ours_keeps_its_bytes() {
        type Row = (&'static [u8], Option<[u8; 4]>, &'static str);
        let table: [Row; 3] = [
            (&[], None, "submit reverted with no data"),
            (&[1, 2], None, "submit reverted with data 0x0102"),
            (
                &[0xde, 0xad, 0xbe, 0xef, 1],
                Some([0xde, 0xad, 0xbe, 0xef]),
                "submit reverted with unknown error 0xdeadbeef in 0xdeadbeef01",
            ),
        ];
        for (data, expected, sentence) in table {
            let error = reverted(data);
            assert_eq!((error.code(), error.class(), error.to_string().as_str()), ("CHN-001", Class::Chain, sentence));
            let ChainError::Reverted { error: RevertError::Unknown { selector, .. }, .. } = error else { panic!("{error}") };
            assert_eq!(selector, expected);
        }
    }
}
