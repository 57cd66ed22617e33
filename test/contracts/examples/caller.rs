//! Every way to call and to create: by an interface, raw, delegated, static, many at once, with less gas, with ether.

#![allow(missing_docs, reason = "the SDK's macros write public items")]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::sol;
use stylus_sdk::{
    abi::Bytes,
    call::{call, delegate_call, static_call, transfer::transfer_eth, RawCall},
    deploy::RawDeploy,
    prelude::*,
};

sol_interface! {
    interface ICallee {
        function bump() external returns (uint256);
        function count() external view returns (uint256);
        function sum(uint256[] values) external view returns (uint256);
        function context() external payable returns (address, address, address, uint64, uint256);
    }
}

sol! {
    #[derive(AbiType)]
    struct Step {
        address target;
        bytes data;
        bool may_fail;
    }

    event Created(address indexed at);
}

// The first slot is the callee's counter, so that delegated code counts here.
sol_storage! {
    #[entrypoint]
    pub struct Caller {
        uint256 count;
        address last;
    }
}

#[public]
impl Caller {
    pub fn count(&self) -> U256 {
        self.count.get()
    }

    pub fn last(&self) -> Address {
        self.last.get()
    }

    /// Sets the own counter before the call and reads it after: a cache that is not flushed would lose one of the two.
    pub fn bump_both(&mut self, callee: Address) -> Result<(U256, U256), Vec<u8>> {
        self.count.set(self.count.get() + U256::ONE);
        let call = Call::new_mutating(self);
        let theirs = ICallee::new(callee).bump(self.vm(), call)?;
        Ok((self.count.get(), theirs))
    }

    pub fn sum_of(&self, callee: Address, values: Vec<U256>) -> Result<U256, Vec<u8>> {
        Ok(ICallee::new(callee).sum(self.vm(), Call::new(), values)?)
    }

    /// Passes the ether on.
    #[payable]
    pub fn context_of(&mut self, callee: Address) -> Result<(Address, Address, Address, u64, U256), Vec<u8>> {
        let value = self.vm().msg_value();
        let call = Call::new_payable(self, value);
        Ok(ICallee::new(callee).context(self.vm(), call)?)
    }

    /// All or nothing, except for steps that may fail: those answer with what they reverted with.
    pub fn multicall(&mut self, steps: Vec<Step>) -> Result<Vec<Bytes>, Vec<u8>> {
        let mut answers = Vec::with_capacity(steps.len());
        for step in steps {
            let context = Call::new_mutating(self);
            let answer = match call(self.vm(), context, step.target, &step.data) {
                Err(error) if step.may_fail => Vec::from(error),
                answer => answer?,
            };
            answers.push(Bytes::from(answer));
        }
        Ok(answers)
    }

    pub fn forward(&mut self, target: Address, data: Bytes) -> Result<Bytes, Vec<u8>> {
        let context = Call::new_mutating(self);
        Ok(call(self.vm(), context, target, &data)?.into())
    }

    /// Runs foreign code on the own storage.
    #[payable]
    pub fn delegate(&mut self, target: Address, data: Bytes) -> Result<Bytes, Vec<u8>> {
        let context = Call::new_mutating(self);
        // SAFETY: the storage of this contract is laid out as the target's.
        Ok(unsafe { delegate_call(self.vm(), context, target, &data) }?.into())
    }

    pub fn look(&self, target: Address, data: Bytes) -> Result<Bytes, Vec<u8>> {
        Ok(static_call(self.vm(), Call::new(), target, &data)?.into())
    }

    /// Part of the answer, with at most so much gas. Whether it succeeded, and the gas it took.
    pub fn raw(&mut self, target: Address, data: Bytes, gas: u64, offset: u32, size: u32) -> (bool, Bytes, u64) {
        let before = self.vm().evm_gas_left();
        let raw = RawCall::new(self.vm()).gas(gas).limit_return_data(offset as usize, size as usize).flush_storage_cache();
        // SAFETY: nothing of the storage is borrowed.
        let answer = unsafe { raw.call(target, &data) };
        let used = before - self.vm().evm_gas_left();
        match answer {
            Ok(data) => (true, data.into(), used),
            Err(data) => (false, data.into(), used),
        }
    }

    #[payable]
    pub fn pay(&mut self, to: Address) -> Result<(), Vec<u8>> {
        transfer_eth(self.vm(), to, self.vm().msg_value())
    }

    /// CREATE, or CREATE2 if there is a salt; ether goes along.
    #[payable]
    pub fn create(&mut self, code: Bytes, salt: B256) -> Result<Address, Vec<u8>> {
        let salt = (!salt.is_zero()).then_some(salt);
        // SAFETY: nothing of the storage is borrowed.
        let at = unsafe { RawDeploy::new().salt_option(salt).deploy(self.vm(), &code, self.vm().msg_value()) }?;
        self.vm().log(Created { at });
        Ok(at)
    }
}
