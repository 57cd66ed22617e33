//! Sets of addresses in the ArbOS state: chain owners, cache managers.

use revm::primitives::{Address, U256};

use super::storage::{Slots, Space, StateError, Storage};

/// Members that are listed at most.
const LIST_MAX: u64 = 65_536;
/// Slot of the number of members; the members follow.
const SIZE: u64 = 0;
/// Space with the position of each member.
const POSITIONS: u8 = 0;

/// A set that can be listed. Positions count from 1; 0 means "not a member".
#[derive(Debug, Clone, Copy)]
pub(crate) struct AddressSet(Space);

impl AddressSet {
    /// The set kept in `space`.
    pub(crate) fn new(space: Space) -> Self {
        Self(space)
    }

    fn position(self, address: Address) -> U256 {
        self.0.sub(POSITIONS).slot(address.into_word())
    }

    /// True if `address` is a member.
    pub(crate) fn contains<S: Slots>(self, storage: &mut Storage<'_, S>, address: Address) -> Result<bool, StateError<S::Error>> {
        Ok(!storage.get(self.position(address))?.is_zero())
    }

    /// Number of members.
    pub(crate) fn len<S: Slots>(self, storage: &mut Storage<'_, S>) -> Result<u64, StateError<S::Error>> {
        storage.get_u64(self.0.at(SIZE))
    }

    /// Place of `address`, counted from 0, if it is a member.
    pub(crate) fn index_of<S: Slots>(
        self,
        storage: &mut Storage<'_, S>,
        address: Address,
    ) -> Result<Option<u64>, StateError<S::Error>> {
        Ok(storage.get_u64(self.position(address))?.checked_sub(1))
    }

    /// The member at place `index`.
    pub(crate) fn get<S: Slots>(self, storage: &mut Storage<'_, S>, index: u64) -> Result<Option<Address>, StateError<S::Error>> {
        if index >= self.len(storage)? {
            return Ok(None);
        }
        storage.get_address(self.0.at(index + 1)).map(Some)
    }

    /// All members, in the order they came or took the place of a removed one.
    pub(crate) fn members<S: Slots>(self, storage: &mut Storage<'_, S>) -> Result<Vec<Address>, StateError<S::Error>> {
        let size = storage.get_u64(self.0.at(SIZE))?.min(LIST_MAX);
        (1..=size).map(|position| storage.get_address(self.0.at(position))).collect()
    }

    /// Adds `address`; nothing happens if it is a member.
    pub(crate) fn insert<S: Slots>(self, storage: &mut Storage<'_, S>, address: Address) -> Result<(), StateError<S::Error>> {
        if self.contains(storage, address)? {
            return Ok(());
        }
        let position = storage.get_u64(self.0.at(SIZE))?.saturating_add(1);
        storage.set(self.position(address), U256::from(position))?;
        storage.set_address(self.0.at(position), address)?;
        storage.set(self.0.at(SIZE), U256::from(position))
    }

    /// Removes `address`, the last member taking its place; nothing happens if it is none.
    pub(crate) fn remove<S: Slots>(self, storage: &mut Storage<'_, S>, address: Address) -> Result<(), StateError<S::Error>> {
        let position = storage.get_u64(self.position(address))?;
        if position == 0 {
            return Ok(());
        }
        let size = storage.get_u64(self.0.at(SIZE))?;
        storage.set(self.position(address), U256::ZERO)?;
        if position < size {
            let last = storage.get_address(self.0.at(size))?;
            storage.set_address(self.0.at(position), last)?;
            storage.set(self.position(last), U256::from(position))?;
        }
        storage.set(self.0.at(size), U256::ZERO)?;
        storage.set(self.0.at(SIZE), U256::from(size.saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use revm::primitives::HashMap;

    use super::*;
    use crate::arbos::storage::Meter;

    #[test]
    fn members_come_and_go() {
        let set = AddressSet::new(Space::ROOT.sub(4));
        let mut slots = HashMap::default();
        let mut meter = Meter::free();
        let storage = &mut Storage::new(&mut slots, &mut meter);
        let [a, b, c] = [1, 2, 3].map(Address::with_last_byte);
        for address in [a, b, a, c] {
            set.insert(storage, address).unwrap();
        }
        assert_eq!(set.members(storage), Ok(vec![a, b, c]));
        set.remove(storage, a).unwrap();
        set.remove(storage, a).unwrap();
        assert_eq!(set.members(storage), Ok(vec![c, b]));
        assert_eq!([a, b, c].map(|x| set.contains(storage, x).unwrap()), [false, true, true]);
        for address in [b, c] {
            set.remove(storage, address).unwrap();
        }
        assert_eq!(set.members(storage), Ok(vec![]));
        assert!(slots.values().all(U256::is_zero));
    }
}
