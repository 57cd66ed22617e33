//! The interface's struct, events and errors, and which of the rules' refusals each error is.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;
use cor_contract_shared::{Cursor, Fields, Revert};
use cor_core::govern::module::{Module, Status};
use cor_core::money::ledger::LedgerError;
use cor_core::money::vault::VaultError;

sol! {
    event Deposited(address indexed account, address indexed from, uint256 amount, uint256 free);
    event Withdrawn(address indexed account, address indexed to, uint256 amount, uint256 free);
    event Funded(address indexed module, address indexed account, address indexed beneficiary, uint256 amount, uint256 free, uint256 book);
    event PaidOut(address indexed module, address indexed to, uint256 amount, uint256 book);
    event Released(address indexed module, address indexed account, uint256 amount, uint256 free, uint256 book);
    event TreasuryPaid(address indexed module, uint256 amount, uint256 treasury, uint256 book);
    event TreasuryFunded(address indexed from, uint256 amount, uint256 treasury);
    event TreasuryWithdrawn(address indexed to, uint256 amount, uint256 treasury);
    event GuardianSet(address indexed guardian);

    error ZeroAmount();
    error ERC20InvalidReceiver(address receiver);
    error InsufficientBalance(address payer, uint256 available, uint256 needed);
    error InsufficientBook(address module, uint256 available, uint256 needed);
    error InsufficientTreasury(uint256 available, uint256 needed);
    error AmountTooLarge(uint256 amount, uint256 limit);
    error NotCredited(address module);
    error NotAContract(address account);
}

/// A module as it is shown.
#[derive(Clone, Copy, Default)]
pub struct VaultModule {
    status: u8,
    active_at: u64,
    closed_at: u64,
    cap: u128,
    left: u128,
    next_cap: u128,
    next_cap_at: u64,
    book: u128,
}

impl VaultModule {
    /// What is stored, as it is at `now`: times and changes that are over, or were called off, are not shown.
    pub(crate) fn at(now: u64, module: Module, book: u128) -> Self {
        let (status, active_at, closed_at) = match module.status(now) {
            Status::Unknown => (0, 0, 0),
            Status::Proposed => (1, module.active_at, 0),
            Status::Active => (2, module.active_at, 0),
            // It is to be active again, or not.
            Status::Closing => (3, if module.active_at > now { module.active_at } else { 0 }, module.closed_at),
        };
        let due = module.next_cap_at > now;
        let (next_cap, next_cap_at) = if due { (module.next_cap, module.next_cap_at) } else { (0, 0) };
        Self { status, active_at, closed_at, cap: module.cap_at(now), left: module.left(now), next_cap, next_cap_at, book }
    }
}

impl Fields<8> for VaultModule {
    const NAME: &'static str = "VaultModule";
    const TYPES: &'static str = "(uint8,uint64,uint64,uint128,uint128,uint128,uint64,uint128)";

    fn visit(&mut self, row: &mut Cursor<'_>) {
        row.uint(&mut self.status);
        row.uint(&mut self.active_at);
        row.uint(&mut self.closed_at);
        row.uint(&mut self.cap);
        row.uint(&mut self.left);
        row.uint(&mut self.next_cap);
        row.uint(&mut self.next_cap_at);
        row.uint(&mut self.book);
    }
}

/// The Solidity error of a refused move. `account` and `module`: whose money it is.
pub(crate) fn refused(error: VaultError, account: Address, module: Address) -> Revert {
    match error {
        VaultError::Ledger(LedgerError::ZeroAmount) => ZeroAmount {}.into(),
        VaultError::Ledger(LedgerError::TooLarge { amount, limit }) => AmountTooLarge { amount, limit: U256::from(limit) }.into(),
        VaultError::Ledger(LedgerError::Insufficient { available, needed }) => {
            InsufficientBalance { payer: account, available: U256::from(available), needed }.into()
        }
        VaultError::Ledger(LedgerError::InsufficientTreasury { available, needed }) => {
            InsufficientTreasury { available: U256::from(available), needed }.into()
        }
        VaultError::Book { available, needed } => InsufficientBook { module, available: U256::from(available), needed }.into(),
    }
}

/// The Solidity error of a refused move of the treasury's money, which is nobody's.
pub(crate) fn of_treasury(error: LedgerError) -> Revert {
    refused(error.into(), Address::ZERO, Address::ZERO)
}
