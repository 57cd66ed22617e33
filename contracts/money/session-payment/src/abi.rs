//! The interface's structs, events and errors, and which of the rules' refusals each error is.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::sol;
use cor_contract_shared::{Cursor, Fields, Revert};
use cor_core::limits::{LINE_MAX, NO_RESULT_GAS_CAP_MAX_BPS};
use cor_core::money::ledger::LedgerError;
use cor_core::money::settlement::{EscrowLines, SettlementError};

sol! {
    event Deposited(address indexed payer, address indexed from, uint256 amount, uint256 available);
    event Withdrawn(address indexed payer, uint256 amount, uint256 available);
    event Reserved(uint64 indexed taskId, address indexed payer, uint64 version, uint128 miners, uint128 validators, uint128 network, uint128 gas, uint128 rebate, uint128 total);
    event Charged(uint64 indexed taskId, address indexed payer, uint128 charged, uint128 toMiners, uint128 toKeeper, uint128 toTreasury, uint128 refunded);
    event Refunded(uint64 indexed taskId, address indexed payer, uint128 refunded, uint128 toKeeper);
    event Earned(uint64 indexed taskId, address indexed account, uint128 amount);
    event EarningsWithdrawn(address indexed account, address indexed to, uint256 amount);
    event TreasuryFunded(address indexed from, uint256 amount, uint256 treasury);
    event TreasuryWithdrawn(address indexed to, uint256 amount, uint256 treasury);
    event Wired(address token, address table, address staking, address sessionQueue);

    error ZeroAmount();
    error InsufficientBalance(address payer, uint256 available, uint256 needed);
    error AmountTooLarge(uint256 amount, uint256 limit);
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    error InconsistentQuote(uint128 quoted, uint128 computed);
    error MaxChargeExceeded(uint128 quoted, uint128 maxCharge);
    error AlreadyReserved(uint64 taskId);
    error NotReserved(uint64 taskId);
    error TooManyPaid(uint64 taskId, uint64 paid, uint8 replicas);
    error NothingEarned(address account);
    error InsufficientTreasury(uint256 available, uint256 needed);
    error TokenIsFixed(address token);
}

/// A task's escrow as it is shown.
#[derive(Clone, Copy, Default)]
pub struct Escrow {
    pub(crate) payer: Address,
    pub(crate) version: u64,
    pub(crate) lines: EscrowLines,
    pub(crate) total: u128,
}

impl Fields<9> for Escrow {
    const NAME: &'static str = "Escrow";
    const TYPES: &'static str = "(address,uint64,uint8,uint128,uint128,uint128,uint128,uint128,uint128)";

    fn visit(&mut self, row: &mut Cursor<'_>) {
        let lines = &mut self.lines;
        row.address(&mut self.payer);
        row.uint(&mut self.version);
        row.uint(&mut lines.replicas);
        row.uint(&mut lines.per_replica);
        row.uint(&mut lines.validators);
        row.uint(&mut lines.network);
        row.uint(&mut lines.gas);
        row.uint(&mut lines.rebate);
        row.uint(&mut self.total);
    }
}

/// The Solidity error of a refusal to settle.
pub(crate) fn unsettled(error: SettlementError, task_id: u64) -> Revert {
    match error {
        SettlementError::LineTooLarge { amount } => too_large(U256::from(amount), LINE_MAX),
        SettlementError::InconsistentQuote { quoted, computed } => InconsistentQuote { quoted, computed }.into(),
        SettlementError::MaxChargeExceeded { quoted, max_charge } => MaxChargeExceeded { quoted, maxCharge: max_charge }.into(),
        SettlementError::TooManyPaid { paid, replicas } => TooManyPaid { taskId: task_id, paid, replicas }.into(),
    }
}

/// The Solidity error of a refused movement of money. `payer`: whose money it is, if it is an account's.
pub(crate) fn of_payer(error: LedgerError, payer: Address) -> Revert {
    match error {
        LedgerError::ZeroAmount => ZeroAmount {}.into(),
        LedgerError::TooLarge { amount, limit } => too_large(amount, limit),
        LedgerError::Insufficient { available, needed } => {
            InsufficientBalance { payer, available: U256::from(available), needed }.into()
        }
        LedgerError::InsufficientTreasury { available, needed } => {
            InsufficientTreasury { available: U256::from(available), needed }.into()
        }
    }
}

/// The Solidity error of a refused movement of the treasury's money, which is nobody's.
pub(crate) fn of_treasury(error: LedgerError) -> Revert {
    of_payer(error, Address::ZERO)
}

/// The Solidity error of an amount above the most that can be kept.
fn too_large(amount: U256, limit: u128) -> Revert {
    AmountTooLarge { amount, limit: U256::from(limit) }.into()
}

/// The Solidity error of a cap on the keeper's gas line that is above the whole of it. A fraction is no amount of COR.
pub(crate) fn cap_out_of_range(cap_bps: u32) -> Revert {
    InputOutOfRange {
        field: B256::right_padding_from(b"noResultGasCapBps"),
        value: U256::from(cap_bps),
        min: U256::ZERO,
        max: U256::from(NO_RESULT_GAS_CAP_MAX_BPS),
    }
    .into()
}
