//! Every type that can be stored, in the layout of Solidity, and one value in a slot of its own choice.

#![allow(missing_docs, reason = "the SDK's macros write public items")]

extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{
    aliases::{B128, U16},
    b256, Address, B256, I128, U128, U256, U8,
};
use stylus_sdk::{
    abi::Bytes,
    host::VM,
    prelude::*,
    storage::{StorageGuardMut, StorageU256},
};

/// Slot of the namespace `sample.store` by ERC-7201: `keccak256(abi.encode(uint256(keccak256("sample.store")) - 1)) & ~0xff`.
const NAMESPACE: B256 = b256!("4becf46f7e48941a37a9aa6115dc5b0ae57c54e0675e9d8cf35795dfe719dd00");

/// A number at the slot of its namespace, wherever it stands in the contract.
pub struct Namespaced {
    inner: StorageU256,
}

impl StorageType for Namespaced {
    type Wraps<'a> = U256;
    type WrapsMut<'a> = StorageGuardMut<'a, StorageU256>;

    unsafe fn new(_slot: U256, _offset: u8, host: VM) -> Self {
        // SAFETY: no other value is kept at the hash of this name.
        Self { inner: unsafe { StorageU256::new(NAMESPACE.into(), 0, host) } }
    }

    fn load<'s>(self) -> Self::Wraps<'s> {
        self.inner.get()
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s> {
        StorageGuardMut::new(self.inner)
    }
}

sol_storage! {
    #[entrypoint]
    pub struct Store {
        bool flag;
        uint8 small;
        address owner;
        uint256 big;
        int128 signed;
        bytes16 half;
        string text;
        bytes blob;
        uint16[] shorts;
        uint256[3] triple;
        mapping(address => mapping(uint256 => bool)) nested;
        mapping(string => uint256) by_name;
        Point[] points;
        Namespaced elsewhere;
    }

    #[derive(Erase)]
    pub struct Point {
        uint128 x;
        uint128 y;
    }
}

#[public]
impl Store {
    pub fn set_packed(&mut self, flag: bool, small: u8, owner: Address) {
        self.flag.set(flag);
        self.small.set(U8::from(small));
        self.owner.set(owner);
    }

    pub fn packed(&self) -> (bool, u8, Address) {
        (self.flag.get(), self.small.get().to(), self.owner.get())
    }

    pub fn set_words(&mut self, big: U256, signed: i128, half: B128) {
        self.big.set(big);
        self.signed.set(I128::try_from(signed).unwrap_or(I128::ZERO));
        self.half.set(half);
    }

    pub fn words(&self) -> (U256, i128, B128) {
        // A value of 128 bits fits into one of 128 bits.
        (self.big.get(), i128::try_from(self.signed.get()).unwrap_or_default(), self.half.get())
    }

    pub fn set_text(&mut self, text: String) {
        self.text.set_str(&text);
    }

    pub fn text(&self) -> String {
        self.text.get_string()
    }

    pub fn set_blob(&mut self, blob: Bytes) {
        self.blob.set_bytes(&blob.0);
    }

    pub fn blob(&self) -> Bytes {
        self.blob.get_bytes().into()
    }

    pub fn push_shorts(&mut self, values: Vec<u16>) {
        for value in values {
            self.shorts.push(U16::from(value));
        }
    }

    pub fn pop_short(&mut self) -> u16 {
        self.shorts.pop().map_or(0, |value| value.to())
    }

    pub fn shorts(&self) -> Vec<u16> {
        (0..self.shorts.len()).filter_map(|index| self.shorts.get(index)).map(|value| value.to()).collect()
    }

    pub fn set_triple(&mut self, index: U256, value: U256) -> bool {
        self.triple.setter(index).map(|mut slot| slot.set(value)).is_some()
    }

    pub fn triple(&self, index: U256) -> U256 {
        self.triple.get(index).unwrap_or_default()
    }

    pub fn set_nested(&mut self, account: Address, number: U256, value: bool) {
        self.nested.setter(account).insert(number, value);
    }

    pub fn nested(&self, account: Address, number: U256) -> bool {
        self.nested.getter(account).get(number)
    }

    pub fn set_by_name(&mut self, name: String, value: U256) {
        self.by_name.insert(name, value);
    }

    pub fn by_name(&self, name: String) -> U256 {
        self.by_name.get(name)
    }

    pub fn push_point(&mut self, x: u128, y: u128) {
        let mut point = self.points.grow();
        point.x.set(U128::from(x));
        point.y.set(U128::from(y));
    }

    pub fn point(&self, index: U256) -> (u128, u128) {
        self.points.get(index).map_or((0, 0), |point| (point.x.get().to(), point.y.get().to()))
    }

    pub fn set_elsewhere(&mut self, value: U256) {
        self.elsewhere.inner.set(value);
    }

    pub fn elsewhere(&self) -> U256 {
        self.elsewhere.inner.get()
    }

    /// Clears all that can be cleared: no map can.
    pub fn erase(&mut self) {
        self.flag.erase();
        self.small.erase();
        self.owner.erase();
        self.big.erase();
        self.signed.erase();
        self.half.erase();
        self.text.erase();
        self.blob.erase();
        self.shorts.erase();
        self.triple.erase();
        self.points.erase();
        self.elsewhere.inner.erase();
    }

    /// Reads any slot, past all types.
    pub fn slot(&self, slot: U256) -> B256 {
        self.vm().storage_load_bytes32(slot)
    }
}
