//! How accounts and escrows lie in storage.

use alloc::{vec, vec::Vec};

use alloy_primitives::{aliases::U80, Address, U128, U64, U8};
use cor_core::limits::LINE_MAX;
use cor_core::money::ledger::Account;
use cor_core::money::settlement::EscrowLines;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageU128, StorageU64, StorageU8, StorageUint},
};

const _: () = assert!(LINE_MAX < 1 << 80, "a line is stored in 80 bits");

/// A payer's money, in one word.
#[storage]
pub struct AccountRecord {
    available: StorageU128,
    reserved: StorageU128,
}

impl AccountRecord {
    /// What the rules look at.
    pub(crate) fn get(&self) -> Account {
        Account { available: self.available.get().to(), reserved: self.reserved.get().to() }
    }

    /// Stores what the rules decided.
    pub(crate) fn set(&mut self, account: Account) {
        self.available.set(U128::from(account.available));
        self.reserved.set(U128::from(account.reserved));
    }
}

/// A task's escrow. The first word stays for good; the second is zero unless the escrow is open, so that settling is one read
/// and one clearing; the third is used only by tasks with validators or a rebate.
#[storage]
pub struct EscrowRecord {
    payer: StorageAddress,
    version: StorageU64,

    per_replica: StorageUint<80, 2>,
    network: StorageUint<80, 2>,
    gas: StorageUint<80, 2>,
    replicas: StorageU8,
    wide: StorageBool,

    validators: StorageU128,
    rebate: StorageU128,
}

impl EscrowRecord {
    /// Who pays; zero if the task was never reserved.
    pub(crate) fn payer(&self) -> Address {
        self.payer.get()
    }

    /// The price version.
    pub(crate) fn version(&self) -> u64 {
        self.version.get().to()
    }

    /// The lines, if the escrow is open: there are replicas in each task.
    pub(crate) fn lines(&self) -> Option<EscrowLines> {
        let replicas: u8 = self.replicas.get().to();
        let wide = self.wide.get();
        (replicas > 0).then(|| EscrowLines {
            replicas,
            per_replica: self.per_replica.get().to(),
            validators: if wide { self.validators.get().to() } else { 0 },
            network: self.network.get().to(),
            gas: self.gas.get().to(),
            rebate: if wide { self.rebate.get().to() } else { 0 },
        })
    }

    /// Opens an escrow.
    pub(crate) fn open(&mut self, payer: Address, version: u64, lines: &EscrowLines) {
        self.payer.set(payer);
        self.version.set(U64::from(version));
        self.set_second_word(lines);
        if lines.validators | lines.rebate != 0 {
            self.wide.set(true);
            self.validators.set(U128::from(lines.validators));
            self.rebate.set(U128::from(lines.rebate));
        }
    }

    /// Clears all but the first word.
    pub(crate) fn close(&mut self) {
        self.set_second_word(&EscrowLines::default());
        if self.wide.get() {
            self.wide.set(false);
            self.validators.set(U128::ZERO);
            self.rebate.set(U128::ZERO);
        }
    }

    /// The rules keep each line within 80 bits, so nothing is cut.
    fn set_second_word(&mut self, lines: &EscrowLines) {
        self.per_replica.set(U80::wrapping_from(lines.per_replica));
        self.network.set(U80::wrapping_from(lines.network));
        self.gas.set(U80::wrapping_from(lines.gas));
        self.replicas.set(U8::from(lines.replicas));
    }
}
