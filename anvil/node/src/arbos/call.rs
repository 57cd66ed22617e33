//! One call of an ArbOS contract, and the rules all of them share.
//!
//! Gas: three for each word of arguments and of the result, 800 to open the state unless the method
//! is pure, then what the method itself burns. An unknown selector, arguments that do not decode, a
//! call in the wrong context (static, with value, by delegate call) burn everything. A typed error
//! costs three gas a word and leaves the rest.

use std::sync::Arc;

use alloy_sol_types::{SolCall, SolError, SolEvent};
use cor_stylus_vm::{StylusParams, Vm};
use revm::{
    Database,
    context_interface::{JournalTr, context::ContextError},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::{Address, B256, Bytes, Log, U256},
    state::{Account, Bytecode},
};

use super::{
    ArbOsVersion,
    config::{BlockContext, ExecConfig},
    context::{ArbChain, ArbContext},
    failure::ProgramFailure,
    journal::peek,
    network_fee_account, params,
    storage::{Meter, READ_GAS, StateError, Storage},
};

/// Gas for a word of arguments, result or typed error.
const WORD_GAS: u64 = 3;
/// Gas of a log, and of each of its topics.
const LOG_GAS: u64 = 375;
/// Gas of a byte of a log's data.
const LOG_BYTE_GAS: u64 = 8;
/// Gas to look at another account.
pub(super) const ACCOUNT_GAS: u64 = 2_600;

/// How a method may end without a result.
#[derive(Debug)]
pub(super) enum Stop<E> {
    /// A typed error: reverts with data, keeps the gas left.
    Typed(Bytes),
    /// An error without a type: reverts without data, keeps the gas left.
    Untyped,
    /// Reverts without data or gas: out of gas, or not allowed.
    BurnAll,
    /// The database failed.
    Broken(E),
}

impl<E> Stop<E> {
    /// The typed error `error`.
    pub(super) fn typed(error: impl SolError) -> Self {
        Self::Typed(error.abi_encode().into())
    }
}

impl<E> From<StateError<E>> for Stop<E> {
    fn from(error: StateError<E>) -> Self {
        match error {
            StateError::OutOfGas => Self::BurnAll,
            StateError::Broken(error) => Self::Broken(error),
        }
    }
}

/// Outcome of a method.
pub(super) type Outcome<T, DB> = Result<T, Stop<<DB as Database>::Error>>;
/// What the EVM is told; an error is a failure of the database, kept in the context.
pub(super) type Answer = Result<InterpreterResult, String>;

/// What a method does to the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Purity {
    Pure,
    View,
    Write,
    Payable,
}

/// One call.
pub(super) struct Call<'a, DB: Database> {
    context: &'a mut ArbContext<DB>,
    inputs: &'a CallInputs,
    input: Bytes,
    meter: Meter,
}

impl<'a, DB: Database> Call<'a, DB> {
    pub(super) fn new(context: &'a mut ArbContext<DB>, inputs: &'a CallInputs) -> Self {
        let input = inputs.input.bytes(context);
        Self { context, inputs, input, meter: Meter::new(inputs.gas_limit) }
    }

    /// The method that is called; zero if there is not even a selector, which no method has.
    pub(super) fn selector(&self) -> [u8; 4] {
        self.input.first_chunk().copied().unwrap_or_default()
    }

    /// Answers a method that looks at nothing.
    pub(super) fn pure<C: SolCall>(self, method: impl FnOnce(&mut Self, C) -> Outcome<C::Return, DB>) -> Answer {
        self.run(Purity::Pure, method)
    }

    /// Answers a method that looks at the chain.
    pub(super) fn view<C: SolCall>(self, method: impl FnOnce(&mut Self, C) -> Outcome<C::Return, DB>) -> Answer {
        self.run(Purity::View, method)
    }

    /// Answers a method that changes the chain.
    pub(super) fn write<C: SolCall>(self, method: impl FnOnce(&mut Self, C) -> Outcome<C::Return, DB>) -> Answer {
        self.run(Purity::Write, method)
    }

    /// Answers a method that takes money.
    pub(super) fn payable<C: SolCall>(self, method: impl FnOnce(&mut Self, C) -> Outcome<C::Return, DB>) -> Answer {
        self.run(Purity::Payable, method)
    }

    /// Answers a call no method can take: everything is burnt.
    pub(super) fn refuse(mut self) -> Answer {
        self.meter.burn_all();
        self.finish(Err(Stop::BurnAll))
    }

    fn run<C: SolCall>(mut self, purity: Purity, method: impl FnOnce(&mut Self, C) -> Outcome<C::Return, DB>) -> Answer {
        let result = self.enter::<C>(purity).and_then(|arguments| method(&mut self, arguments));
        self.finish(result.map(|result| C::abi_encode_returns(&result).into()))
    }

    /// Checks the context, charges and decodes the arguments.
    fn enter<C: SolCall>(&mut self, purity: Purity) -> Outcome<C, DB> {
        let acts_for_itself = self.inputs.target_address == self.inputs.bytecode_address;
        let is_allowed = (purity == Purity::Pure || acts_for_itself)
            && (purity < Purity::Write || !self.inputs.is_static)
            && (purity == Purity::Payable || self.value().is_zero());
        if !is_allowed {
            return Err(Stop::BurnAll);
        }
        let arguments = self.input.slice(4..);
        self.burn(words_gas(arguments.len()))?;
        if purity != Purity::Pure {
            // The release is read from the state.
            self.burn(READ_GAS)?;
        }
        C::abi_decode_raw_validate(&arguments).map_err(|_| Stop::BurnAll)
    }

    /// Charges the data that goes back, and makes the frame's result of it.
    fn finish(mut self, result: Outcome<Bytes, DB>) -> Answer {
        let (status, output) = match result {
            Ok(output) => (InstructionResult::Return, output),
            Err(Stop::Typed(error)) => (InstructionResult::Revert, error),
            Err(Stop::Untyped) => (InstructionResult::Revert, Bytes::new()),
            Err(Stop::BurnAll) => {
                self.meter.burn_all();
                (InstructionResult::Revert, Bytes::new())
            }
            Err(Stop::Broken(error)) => {
                self.context.error = Err(ContextError::Db(error));
                return Err("reading the ArbOS state failed".to_owned());
            }
        };
        let paid = self.meter.burn::<DB::Error>(words_gas(output.len()));
        let (status, output) = match paid {
            Ok(()) => (status, output),
            Err(_) => (InstructionResult::Revert, Bytes::new()),
        };
        let mut gas = Gas::new(self.inputs.gas_limit);
        gas.set_remaining(self.meter.left().min(self.inputs.gas_limit));
        Ok(InterpreterResult { result: status, output, gas })
    }

    /// The chain's parameters of Stylus, paid for by the call.
    pub(super) fn stylus_params(&mut self) -> Outcome<StylusParams, DB> {
        let arbos = self.arbos();
        Ok(params::load(&mut self.storage(), arbos)?)
    }

    /// Who calls.
    pub(super) fn caller(&self) -> Address {
        self.inputs.caller
    }

    /// Address of the contract that is called.
    pub(super) fn address(&self) -> Address {
        self.inputs.bytecode_address
    }

    /// Wei that came with the call.
    pub(super) fn value(&self) -> U256 {
        self.inputs.value.get()
    }

    /// ArbOS' side of the transaction.
    pub(super) fn chain(&self) -> &ArbChain {
        &self.context.chain
    }

    /// Notes why the program that the call is about is refused.
    pub(super) fn note_failure(&mut self, failure: impl Into<ProgramFailure>) {
        self.context.chain.tx.failure.note(failure);
    }

    /// The block of the transaction.
    pub(super) fn block(&self) -> &BlockContext {
        &self.context.chain.block
    }

    /// The rules in force.
    pub(super) fn config(&self) -> &ExecConfig {
        &self.context.chain.config
    }

    /// The release in force.
    pub(super) fn arbos(&self) -> ArbOsVersion {
        self.config().arbos
    }

    /// The ArbOS state, paid for by the call.
    pub(super) fn storage(&mut self) -> Storage<'_, revm::Journal<DB>> {
        Storage::new(&mut self.context.journaled_state, &mut self.meter)
    }

    /// Takes gas.
    pub(super) fn burn(&mut self, gas: u64) -> Outcome<(), DB> {
        Ok(self.meter.burn(gas)?)
    }

    /// Gives back what the call has burnt, and lets the rest of it run for nothing.
    pub(super) fn stop_charging(&mut self) {
        self.meter = Meter::free();
    }

    /// True if nothing may be written.
    pub(super) fn is_static(&self) -> bool {
        self.inputs.is_static
    }

    /// The calldata, selector included.
    pub(super) fn input(&self) -> Bytes {
        self.input.clone()
    }

    /// Emits `event` from the contract and charges its gas.
    pub(super) fn emit(&mut self, event: &impl SolEvent) -> Outcome<(), DB> {
        let data = event.encode_log_data();
        let topics = data.topics().len() as u64;
        let bytes = data.data.len() as u64;
        self.burn(LOG_GAS * (1 + topics) + LOG_BYTE_GAS * bytes)?;
        let log = Log { address: self.address(), data };
        self.context.journaled_state.log(log);
        Ok(())
    }

    /// Moves wei from the contract to `to`.
    pub(super) fn pay(&mut self, to: Address, amount: U256) -> Outcome<(), DB> {
        let from = self.address();
        let moved = self.context.journaled_state.transfer(from, to, amount);
        match moved.map_err(Stop::Broken)? {
            None => Ok(()),
            Some(_) => Err(Stop::Untyped),
        }
    }

    /// Destroys wei of the contract.
    pub(super) fn destroy(&mut self, amount: U256) -> Outcome<(), DB> {
        // The zero address of this chain owns nothing anyone can spend.
        self.pay(Address::ZERO, amount)
    }

    fn peek<T>(&mut self, address: Address, look: impl FnOnce(&Account) -> T) -> Outcome<T, DB> {
        peek(&mut self.context.journaled_state, address, look).map_err(Stop::Broken)
    }

    /// Code of an account and whether the transaction sees it for the first time.
    pub(super) fn access_code(&mut self, address: Address) -> Outcome<(Bytes, bool), DB> {
        let loaded = self.context.journaled_state.code(address).map_err(Stop::Broken)?;
        Ok((loaded.data, loaded.is_cold))
    }

    /// The VM that programs are compiled for.
    pub(super) fn vm(&self) -> Arc<Vm> {
        Arc::clone(&self.context.chain.vm)
    }

    /// Who gets the fees.
    pub(super) fn network_fee_account(&mut self) -> Outcome<Address, DB> {
        network_fee_account(&mut self.context.journaled_state).map_err(Stop::Broken)
    }

    /// Code of an account as deployed.
    pub(super) fn code(&mut self, address: Address) -> Outcome<Bytes, DB> {
        self.peek(address, |account| account.info.code.as_ref().map(Bytecode::original_bytes).unwrap_or_default())
    }

    /// Hash of an account's code; zero if there is no account.
    pub(super) fn code_hash(&mut self, address: Address) -> Outcome<B256, DB> {
        self.peek(address, |account| if account.is_empty() { B256::ZERO } else { account.info.code_hash })
    }

    /// Balance of an account.
    pub(super) fn balance(&mut self, address: Address) -> Outcome<U256, DB> {
        self.peek(address, |account| account.info.balance)
    }

    /// True if the account was destroyed in this transaction.
    pub(super) fn is_destroyed(&mut self, address: Address) -> Outcome<bool, DB> {
        self.peek(address, Account::is_selfdestructed)
    }

    /// Hash of one of this chain's blocks.
    pub(super) fn block_hash(&mut self, number: u64) -> Outcome<B256, DB> {
        self.context.journaled_state.database.block_hash(number).map_err(Stop::Broken)
    }
}

fn words_gas(bytes: usize) -> u64 {
    WORD_GAS * (bytes as u64).div_ceil(32)
}
