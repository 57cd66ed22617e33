//! The ArbOS state: where a value lies in the storage of [`ARBOS_STATE`], and
//! what reading and writing it costs.
//!
//! The state is a tree of spaces. A space is named by a hash of its path; a key of a space lies at
//! `keccak(space ‖ key[..31])[..31] ‖ key[31]`, so neighbouring keys share a page of 256 slots. The
//! layout is that of a Nitro node, so tools that read these slots find what they expect.

use std::convert::Infallible;

use revm::{
    Database, Journal,
    primitives::{Address, B256, HashMap, U256, address, keccak256},
};

/// The account whose storage is the ArbOS state.
pub const ARBOS_STATE: Address = address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");

/// Gas to read a slot.
pub(crate) const READ_GAS: u64 = 800;
/// Gas to write a slot.
pub(crate) const WRITE_GAS: u64 = 20_000;
/// Gas to write zero to a slot.
pub(crate) const WRITE_ZERO_GAS: u64 = 5_000;

/// Why an operation on the ArbOS state stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateError<E> {
    /// The gas does not suffice; all of it is gone.
    OutOfGas,
    /// The database failed.
    Broken(E),
}

/// Gas given to a precompile or, when free, the pocket of the chain itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter(Option<u64>);

impl Meter {
    /// A meter with `gas` left.
    pub(crate) const fn new(gas: u64) -> Self {
        Self(Some(gas))
    }

    /// A meter that never runs out: ArbOS' own reads around a transaction.
    pub(crate) const fn free() -> Self {
        Self(None)
    }

    /// Gas left; `u64::MAX` on a free meter.
    pub(crate) fn left(&self) -> u64 {
        self.0.unwrap_or(u64::MAX)
    }

    /// Takes `gas`, or everything when there is not that much.
    pub(crate) fn burn<E>(&mut self, gas: u64) -> Result<(), StateError<E>> {
        match self.0.as_mut() {
            None => Ok(()),
            Some(left) if *left >= gas => {
                *left -= gas;
                Ok(())
            }
            Some(left) => {
                *left = 0;
                Err(StateError::OutOfGas)
            }
        }
    }

    /// Takes everything.
    pub(crate) fn burn_all(&mut self) {
        self.0 = self.0.map(|_| 0);
    }
}

/// The raw slots of the ArbOS account.
pub(crate) trait Slots {
    /// Failure of the database behind them.
    type Error;

    /// Value of a slot; zero if never written.
    fn load(&mut self, slot: U256) -> Result<U256, Self::Error>;
    /// Writes a slot.
    fn store(&mut self, slot: U256, value: U256) -> Result<(), Self::Error>;
}

/// Slots in memory, for the first block.
impl Slots for HashMap<U256, U256> {
    type Error = Infallible;

    fn load(&mut self, slot: U256) -> Result<U256, Infallible> {
        Ok(self.get(&slot).copied().unwrap_or_default())
    }

    fn store(&mut self, slot: U256, value: U256) -> Result<(), Infallible> {
        self.insert(slot, value);
        Ok(())
    }
}

/// Slots of a transaction in flight. ArbOS' reads are not accesses of the transaction: the account
/// stays cold for it.
impl<DB: Database> Slots for Journal<DB> {
    type Error = DB::Error;

    fn load(&mut self, slot: U256) -> Result<U256, DB::Error> {
        ensure_loaded(self)?;
        let loaded = self.inner.sload_assume_account_present(&mut self.database, ARBOS_STATE, slot, false);
        // The account is present and cold loads are not skipped: only the database can fail.
        Ok(loaded.map_err(|error| error.unwrap_db_error())?.data)
    }

    fn store(&mut self, slot: U256, value: U256) -> Result<(), DB::Error> {
        ensure_loaded(self)?;
        let database = &mut self.database;
        let stored = self.inner.sstore_assume_account_present(database, ARBOS_STATE, slot, value, false);
        stored.map_err(|error| error.unwrap_db_error())?;
        self.inner.touch(ARBOS_STATE);
        Ok(())
    }
}

fn ensure_loaded<DB: Database>(journal: &mut Journal<DB>) -> Result<(), DB::Error> {
    if !journal.inner.state.contains_key(&ARBOS_STATE) {
        journal.inner.load_account(&mut journal.database, ARBOS_STATE)?;
        if let Some(account) = journal.inner.state.get_mut(&ARBOS_STATE) {
            account.mark_cold();
        }
    }
    Ok(())
}

/// A space of the state. Copies name the same space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space(Option<B256>);

impl Space {
    /// The outermost space.
    pub(crate) const ROOT: Self = Self(None);

    /// The space `id` inside this one.
    pub(crate) fn sub(self, id: u8) -> Self {
        Self(Some(self.hash(&[id])))
    }

    /// Slot of the 32-byte `key`.
    pub(crate) fn slot(self, key: B256) -> U256 {
        let mut slot = self.hash(&key[..31]);
        slot.0[31] = key.0[31];
        slot.into()
    }

    /// Slot of a small number.
    pub(crate) fn at(self, index: u64) -> U256 {
        self.slot(B256::from(U256::from(index)))
    }

    fn hash(self, tail: &[u8]) -> B256 {
        let mut bytes = Vec::with_capacity(64);
        if let Some(key) = self.0 {
            bytes.extend_from_slice(key.as_slice());
        }
        bytes.extend_from_slice(tail);
        keccak256(bytes)
    }
}

/// The slots together with who pays for using them.
#[derive(Debug)]
pub(crate) struct Storage<'a, S> {
    slots: &'a mut S,
    meter: &'a mut Meter,
}

impl<'a, S: Slots> Storage<'a, S> {
    /// Slots paid for from `meter`.
    pub(crate) fn new(slots: &'a mut S, meter: &'a mut Meter) -> Self {
        Self { slots, meter }
    }

    /// Takes gas that is not for a slot.
    pub(crate) fn burn(&mut self, gas: u64) -> Result<(), StateError<S::Error>> {
        self.meter.burn(gas)
    }

    /// Reads a slot.
    pub(crate) fn get(&mut self, slot: U256) -> Result<U256, StateError<S::Error>> {
        self.meter.burn(READ_GAS)?;
        self.get_free(slot)
    }

    /// Reads a slot that has been paid for otherwise.
    pub(crate) fn get_free(&mut self, slot: U256) -> Result<U256, StateError<S::Error>> {
        self.slots.load(slot).map_err(StateError::Broken)
    }

    /// Reads a slot as a number; more than 64 bits saturate.
    pub(crate) fn get_u64(&mut self, slot: U256) -> Result<u64, StateError<S::Error>> {
        Ok(self.get(slot)?.saturating_to())
    }

    /// Reads a slot as an address.
    pub(crate) fn get_address(&mut self, slot: U256) -> Result<Address, StateError<S::Error>> {
        Ok(Address::from_word(self.get(slot)?.into()))
    }

    /// Writes a slot.
    pub(crate) fn set(&mut self, slot: U256, value: U256) -> Result<(), StateError<S::Error>> {
        self.meter.burn(if value.is_zero() { WRITE_ZERO_GAS } else { WRITE_GAS })?;
        self.slots.store(slot, value).map_err(StateError::Broken)
    }

    /// Writes an address to a slot.
    pub(crate) fn set_address(&mut self, slot: U256, address: Address) -> Result<(), StateError<S::Error>> {
        self.set(slot, address.into_word().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_page_are_neighbours() {
        let space = Space::ROOT.sub(8);
        assert_eq!(space.at(7) + U256::from(1), space.at(8));
        assert_ne!(space.at(0), Space::ROOT.sub(9).at(0));
        assert_ne!(space.at(0), Space::ROOT.at(0));
    }

    #[test]
    fn a_meter_that_runs_out_keeps_nothing() {
        let mut slots = HashMap::default();
        let mut meter = Meter::new(READ_GAS + WRITE_GAS);
        let mut storage = Storage::new(&mut slots, &mut meter);
        let slot = Space::ROOT.at(1);
        assert_eq!(storage.get(slot), Ok(U256::ZERO));
        assert_eq!(storage.set(slot, U256::from(5)), Ok(()));
        assert_eq!(storage.get_free(slot), Ok(U256::from(5)));
        assert_eq!(meter.left(), 0);
        let mut meter = Meter::new(READ_GAS - 1);
        assert_eq!(Storage::new(&mut slots, &mut meter).get(slot), Err(StateError::OutOfGas));
        assert_eq!(meter.left(), 0);
    }
}
