//! Looks at accounts the way ArbOS does: not as an access of the transaction.

use revm::{Database, Journal, context_interface::JournalTr, primitives::Address, state::Account};

/// Looks at an account with its code. It stays cold for the transaction if it was.
pub(crate) fn peek<DB: Database, T>(
    journal: &mut Journal<DB>,
    address: Address,
    look: impl FnOnce(&Account) -> T,
) -> Result<T, DB::Error> {
    let account = journal.load_account_with_code(address)?;
    let (seen, is_cold) = (look(account.data), account.is_cold);
    if is_cold && let Some(account) = journal.inner.state.get_mut(&address) {
        account.mark_cold();
    }
    Ok(seen)
}
