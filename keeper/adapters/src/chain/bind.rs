//! Binds a journal to its network. Journalled answers, marks and transactions go by the names of tasks, which are of payer and sequence alone: another
//! network has tasks of the same names. There an old answer would be committed to as a new task's, and an old receipt taken for a new call's.

use alloy::{
    primitives::{Address, B256},
    providers::{DynProvider, Provider},
};
use cor_ports::{ChainError, Journal};
use cor_wire::deployment::Deployment;

use super::explain;

/// Key of the network that a journal belongs to.
const NETWORK_KEY: &str = "network";
/// Bytes of its record: lane 20, block 8, hash 32.
const RECORD_BYTES: usize = 60;

/// A network as the journal keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    lane: Address,
    /// The first block of the deployment: a chain that was begun anew, or forked before it, has another there.
    block: u64,
    hash: B256,
}

impl Network {
    fn encode(&self) -> Vec<u8> {
        [self.lane.as_slice(), &self.block.to_be_bytes(), self.hash.as_slice()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; RECORD_BYTES] = bytes.try_into().ok()?;
        let (lane, rest) = bytes.split_first_chunk()?;
        let (block, hash) = rest.split_first_chunk()?;
        Some(Self { lane: lane.into(), block: u64::from_be_bytes(*block), hash: B256::try_from(hash).ok()? })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the network of lane {}, deployed in block {} with the hash {}", self.lane, self.block, self.hash)
    }
}

/// Binds an empty journal to the network of `deployment`, and refuses one that is of another, or does not say of which.
///
/// # Errors
/// `OtherJournal`; `HistoryMissing` if the node does not have the block; `Unreachable`, `Refused`; those of the journal.
pub(super) async fn to_network(
    journal: &dyn Journal,
    endpoint: &str,
    provider: &DynProvider,
    deployment: &Deployment,
) -> Result<(), ChainError> {
    let block = deployment.from_block.saturating_add(1);
    let answer =
        provider.get_block_by_number(block.into()).await.map_err(|error| explain(endpoint, "eth_getBlockByNumber", error))?;
    let found = answer.map(|answer| Network { lane: deployment.lane, block, hash: answer.header.hash });
    let Some(kept) = journal.get(NETWORK_KEY).await? else {
        let found = found.ok_or_else(|| missing(block))?;
        if !journal.list("").await?.is_empty() {
            return Err(ChainError::OtherJournal {
                kept: "a network that it does not name".to_owned(),
                found: found.to_string(),
            });
        }
        return Ok(journal.put(NETWORK_KEY, &found.encode()).await?);
    };
    let kept = Network::decode(&kept);
    match (kept, found) {
        (Some(kept), Some(found)) if kept == found => Ok(()),
        // Not the node's fault: another network's block need not be there.
        (Some(kept), None) if (kept.lane, kept.block) == (deployment.lane, block) => Err(missing(block)),
        (kept, found) => Err(ChainError::OtherJournal {
            kept: kept.map_or_else(|| "a network whose record is damaged".to_owned(), |kept| kept.to_string()),
            found: found
                .map_or_else(|| format!("one of lane {}, deployed in block {block}", deployment.lane), |found| found.to_string()),
        }),
    }
}

fn missing(block: u64) -> ChainError {
    ChainError::HistoryMissing {
        what: format!("block {block}"),
        detail: "it is the first of the network's deployment".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let network = Network { lane: Address::repeat_byte(7), block: 9, hash: B256::repeat_byte(1) };
        assert_eq!(Network::decode(&network.encode()), Some(network));
        for bytes in [&[][..], &[0; RECORD_BYTES - 1], &[0; RECORD_BYTES + 1]] {
            assert_eq!(Network::decode(bytes), None, "{} bytes", bytes.len());
        }
    }
}
