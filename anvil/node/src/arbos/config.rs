//! What an execution is told about its chain, its block and the checks to leave out.

use std::sync::Arc;

use parking_lot::Mutex;
use revm::primitives::{Address, B256};

use super::ArbOsVersion;

/// Ethereum's limit of deployed code, bytes (EIP-170); Arbitrum keeps it in every release.
pub const DEFAULT_CODE_SIZE_LIMIT: usize = 24_576;

/// Any length of code: the limit of a chain without one.
pub const CODE_SIZE_UNLIMITED: usize = usize::MAX;

/// Gas one transaction may compute with on Arbitrum One.
pub const DEFAULT_MAX_TX_GAS: u64 = 32_000_000;

/// The block a transaction runs in.
///
/// All transactions of one block must be given clones of one value: they share
/// [`RecentPrograms`].
#[derive(Debug, Clone, Default)]
pub struct BlockContext {
    /// Number of this chain's block.
    pub number: u64,
    /// Number of the parent chain's block: what `NUMBER` and Stylus' `block_number` answer.
    pub l1_block_number: u64,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Beneficiary of the block, warm in every transaction.
    pub beneficiary: Address,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// Wei for a unit of gas. Tips are not collected.
    pub base_fee: u64,
    /// What `PREVRANDAO` answers; Arbitrum's constant is 1.
    pub prevrandao: B256,
    /// Programs used so far in this block.
    pub recent_programs: RecentPrograms,
}

/// The last programs used in a block, by code hash. Clones share their content.
///
/// From ArbOS 60 a program found here starts at the cached price.
#[derive(Debug, Clone, Default)]
pub struct RecentPrograms(Arc<Mutex<Vec<B256>>>);

impl RecentPrograms {
    /// Notes a use of `codehash` and tells whether it was among the last `capacity` programs.
    pub(crate) fn insert(&self, codehash: B256, capacity: u16) -> bool {
        let mut recent = self.0.lock();
        let found = recent.iter().position(|known| *known == codehash);
        if let Some(index) = found {
            recent.remove(index);
        }
        recent.push(codehash);
        let excess = recent.len().saturating_sub(usize::from(capacity));
        recent.drain(..excess);
        found.is_some()
    }
}

/// The chain's rules, and the checks a simulation leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecConfig {
    /// Chain id, checked against the transaction's.
    pub chain_id: u64,
    /// Release of ArbOS, for the EVM and the precompiles. [`genesis_accounts`](super::genesis_accounts)
    /// writes the parameters it starts with; an upgrade scheduled on chain does not change it.
    pub arbos: ArbOsVersion,
    /// Limit of deployed code, bytes; init code may have twice as many.
    pub code_size_limit: usize,
    /// Gas one transaction may compute with if the ArbOS state does not say it; gas above it is held back and returned. None: the
    /// block's limit alone counts, whatever the state says.
    pub max_tx_gas: Option<u64>,
    /// Lets the sender spend more than it has (`eth_call`, `eth_estimateGas`).
    pub skip_balance_check: bool,
    /// Lets the fee be under the base fee; a gas price of 0 is answered as 0 by `GASPRICE`.
    pub skip_base_fee: bool,
    /// Lets the nonce be any.
    pub skip_nonce_check: bool,
    /// Lets the gas limit be above the block's.
    pub skip_block_gas_limit: bool,
    /// Charges nothing to the sender and credits nobody.
    pub skip_fee_charge: bool,
    /// Lets a contract be the sender (EIP-3607), for impersonation.
    pub skip_sender_code_check: bool,
    /// Lets programs import the `console` and `debug` host calls, and opens ArbDebug.
    pub debug: bool,
}

impl ExecConfig {
    /// All checks on, the default release and code size, no debug imports.
    pub const fn new(chain_id: u64) -> Self {
        Self {
            chain_id,
            arbos: ArbOsVersion::V51,
            code_size_limit: DEFAULT_CODE_SIZE_LIMIT,
            max_tx_gas: Some(DEFAULT_MAX_TX_GAS),
            skip_balance_check: false,
            skip_base_fee: false,
            skip_nonce_check: false,
            skip_block_gas_limit: false,
            skip_fee_charge: false,
            skip_sender_code_check: false,
            debug: false,
        }
    }

    /// Limit of deployed code in units of Ethereum's, which a program pays for when it reads the code of an account. One if there is no
    /// limit: nothing else is known of how long the code may be.
    pub(crate) const fn code_size_units(&self) -> u64 {
        if self.code_size_limit == CODE_SIZE_UNLIMITED {
            return 1;
        }
        (self.code_size_limit / DEFAULT_CODE_SIZE_LIMIT) as u64
    }

    /// These rules with every check a simulated call does not need left out, and without the gas
    /// limit of one transaction. (To estimate, set [`max_tx_gas`](Self::max_tx_gas) again: a node
    /// estimates within the limit.)
    pub const fn for_simulation(self) -> Self {
        Self {
            max_tx_gas: None,
            skip_balance_check: true,
            skip_base_fee: true,
            skip_nonce_check: true,
            skip_block_gas_limit: true,
            skip_fee_charge: true,
            skip_sender_code_check: true,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_of_code_costs_no_more_than_the_usual_one() {
        for (limit, units) in [(24_576, 1), (49_152, 2), (1_000, 0), (CODE_SIZE_UNLIMITED, 1)] {
            let config = ExecConfig { code_size_limit: limit, ..ExecConfig::new(1) };
            assert_eq!(config.code_size_units(), units, "{limit}");
        }
    }

    #[test]
    fn recent_programs_forget_the_one_used_longest_ago() {
        let recent = RecentPrograms::default();
        let hash = B256::repeat_byte;
        let uses = [(1, false), (2, false), (1, true), (3, false), (1, true), (2, false), (3, false)];
        for (byte, hit) in uses {
            assert_eq!(recent.clone().insert(hash(byte), 2), hit, "use of {byte}");
        }
    }
}
