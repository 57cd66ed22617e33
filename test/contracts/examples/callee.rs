//! Everything a call can meet at its end: values of every shape, context, typed errors, raw errors, a panic, ether, unknown calls.

#![allow(missing_docs, reason = "the SDK's macros write public items")]

extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{sol, sol_data, SolType};
use stylus_sdk::{abi::Bytes, prelude::*, ArbResult};

sol! {
    #[derive(AbiType)]
    struct Order {
        address maker;
        uint256 amount;
        string memo;
        bytes32[] tags;
    }

    error TooLarge(uint256 value, uint256 limit);
    error Unwelcome(address caller);

    event Received(address indexed from, uint256 value);
    event Unknown(bytes data, uint256 value);
}

/// Decoding takes (address, uint256, string): what a peer signed.
type Signed = (sol_data::Address, sol_data::Uint<256>, sol_data::String);

#[derive(SolidityError)]
pub enum CalleeError {
    TooLarge(TooLarge),
    Unwelcome(Unwelcome),
}

sol_storage! {
    #[entrypoint]
    pub struct Callee {
        uint256 count;
        address last;
    }
}

#[public]
impl Callee {
    pub fn count(&self) -> U256 {
        self.count.get()
    }

    /// Counts; who called last is kept.
    pub fn bump(&mut self) -> U256 {
        let next = self.count.get() + U256::ONE;
        self.count.set(next);
        self.last.set(self.vm().msg_sender());
        next
    }

    pub fn last(&self) -> Address {
        self.last.get()
    }

    pub fn sum(&self, values: Vec<U256>) -> U256 {
        values.into_iter().fold(U256::ZERO, |sum, value| sum + value)
    }

    pub fn largest(&self, orders: Vec<Order>) -> Order {
        let empty = Order { maker: Address::ZERO, amount: U256::ZERO, memo: String::new(), tags: vec![] };
        orders.into_iter().fold(empty, |best, order| if order.amount > best.amount { order } else { best })
    }

    /// Sender, origin, own address, chain, value.
    #[payable]
    pub fn context(&mut self) -> (Address, Address, Address, u64, U256) {
        let vm = self.vm();
        (vm.msg_sender(), vm.tx_origin(), vm.contract_address(), vm.chain_id(), vm.msg_value())
    }

    /// Timestamp, block number, base fee, balance of an account, its code hash.
    pub fn surroundings(&self, account: Address) -> (u64, u64, U256, U256, B256) {
        let vm = self.vm();
        (vm.block_timestamp(), vm.block_number(), vm.block_basefee(), vm.balance(account), vm.code_hash(account))
    }

    /// Encodes by ABI and packed, and hashes both: as `abi.encode` and `abi.encodePacked` in Solidity.
    pub fn digests(&self, account: Address, amount: U256, memo: String) -> (B256, B256) {
        let value = (account, amount, memo);
        let (encoded, packed) = (Signed::abi_encode_params(&value), Signed::abi_encode_packed(&value));
        (self.vm().native_keccak256(&encoded), self.vm().native_keccak256(&packed))
    }

    /// Decodes what [`Callee::digests`] encodes; what is none reverts.
    pub fn decode(&self, data: Bytes) -> Result<(Address, U256, String), Vec<u8>> {
        Signed::abi_decode_params_validate(&data).map_err(|_| b"not encoded".to_vec())
    }

    pub fn at_most(&self, value: U256, limit: U256) -> Result<U256, CalleeError> {
        if value > limit {
            return Err(CalleeError::TooLarge(TooLarge { value, limit }));
        }
        Ok(value)
    }

    pub fn unwelcome(&self) -> Result<(), CalleeError> {
        Err(CalleeError::Unwelcome(Unwelcome { caller: self.vm().msg_sender() }))
    }

    /// Reverts with these bytes.
    pub fn fail_with(&self, data: Bytes) -> Result<(), Vec<u8>> {
        Err(data.0.to_vec())
    }

    /// Writes, and then fails in a way no caller can read.
    pub fn panics(&mut self, index: U256) -> u8 {
        self.bump();
        let table = [1_u8, 2, 3];
        table[usize::try_from(index).unwrap_or(usize::MAX)]
    }

    /// Burns all gas it was given.
    pub fn endless(&self) -> U256 {
        let mut word = U256::ONE;
        while !word.is_zero() {
            word = U256::from_be_bytes(self.vm().native_keccak256(&word.to_be_bytes::<32>()).0);
        }
        word
    }

    #[receive]
    #[payable]
    pub fn receive(&mut self) -> Result<(), Vec<u8>> {
        let (from, value) = (self.vm().msg_sender(), self.vm().msg_value());
        self.vm().log(Received { from, value });
        Ok(())
    }

    /// Echoes what nobody answers.
    #[fallback]
    #[payable]
    pub fn fallback(&mut self, data: &[u8]) -> ArbResult {
        let value = self.vm().msg_value();
        self.vm().log(Unknown { data: data.to_vec().into(), value });
        Ok(data.to_vec())
    }
}
