//! The host calls: what a program can ask for. No engine here: a call sees the program's memory, its
//! meter, the state of its run, and the chain.
//!
//! Where several checks of a call could fail, their order decides between out of ink and failure, so
//! the order of statements in this folder is part of the rules: base price, gas that must be there,
//! arguments, work, gas of the work, results.

mod account;
mod call;
mod debug;
mod math;
mod storage;

use std::error::Error;
use std::fmt;

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::price::host::{CALL, POINTER, keccak, read, write};
use crate::{ApiError, ApiResult, Env, EvmApi, RunRequest};
use storage::StorageCache;

/// Why a program stops inside of a host call.
#[derive(Debug)]
pub(crate) enum Stop {
    OutOfInk,
    /// `exit_early` with this status.
    Exit(u32),
    Failure(Failure),
    /// The chain is broken; the run is worth nothing.
    Broken(Box<dyn Error + Send + Sync>),
}

/// A host call that cannot be answered.
#[derive(Debug)]
pub(crate) enum Failure {
    Memory { ptr: u32, len: usize, size: usize },
    Topics { topics: u32, len: u32 },
    Refused(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { ptr, len, size } => {
                write!(f, "{len} bytes at {ptr} are outside of the memory of {size} bytes")
            }
            Self::Topics { topics, len } => {
                write!(f, "a log of {len} bytes cannot have {topics} topics")
            }
            Self::Refused(reason) => write!(f, "the chain refuses: {reason}"),
        }
    }
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Refused(reason) => Self::Failure(Failure::Refused(reason)),
            ApiError::Broken(source) => Self::Broken(source),
        }
    }
}

/// Outcome of a host call.
pub(crate) type Hosted<T> = Result<T, Stop>;

/// State of one run that outlives a host call.
pub(crate) struct Run {
    pub(crate) env: Env,
    pub(crate) calldata: Bytes,
    pub(crate) ink_price: u64,
    pub(crate) output: Vec<u8>,
    pub(crate) tracing: bool,
    return_data: Bytes,
    storage: StorageCache,
    /// The account whose code was asked for last, if it had any.
    code: Option<(Address, Bytes)>,
}

impl Run {
    pub(crate) fn new(request: RunRequest, tracing: bool) -> Self {
        Self {
            env: request.env,
            calldata: request.calldata,
            ink_price: u64::from(request.ink_price.max(1)),
            output: Vec::new(),
            tracing,
            return_data: Bytes::new(),
            storage: StorageCache::default(),
            code: None,
        }
    }
}

/// What a finished call passed and got, for tracers.
#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) args: Vec<u8>,
    pub(crate) outs: Vec<u8>,
}

/// One host call in flight.
pub(crate) struct Hostio<'a> {
    pub(crate) memory: &'a mut [u8],
    /// Ink left.
    pub(crate) ink: u64,
    /// True once something could not be paid.
    pub(crate) exhausted: bool,
    pub(crate) run: &'a mut Run,
    pub(crate) api: &'a mut dyn EvmApi,
    pub(crate) trace: Trace,
}

/// Paying.
impl Hostio<'_> {
    fn pay(&mut self, ink: u64) -> Hosted<()> {
        match self.ink.checked_sub(ink) {
            Some(left) => {
                self.ink = left;
                Ok(())
            }
            None => Err(self.run_out()),
        }
    }

    fn pay_gas(&mut self, gas: u64) -> Hosted<()> {
        self.pay(gas.saturating_mul(self.run.ink_price))
    }

    /// Asks for `gas` to be there without taking it.
    fn need_gas(&mut self, gas: u64) -> Hosted<()> {
        if self.ink < gas.saturating_mul(self.run.ink_price) {
            return Err(self.run_out());
        }
        Ok(())
    }

    fn gas_left(&self) -> u64 {
        self.ink / self.run.ink_price
    }

    fn run_out(&mut self) -> Stop {
        self.ink = 0;
        self.exhausted = true;
        Stop::OutOfInk
    }
}

/// Memory of the program.
impl Hostio<'_> {
    fn read(&self, ptr: u32, len: u32) -> Hosted<&[u8]> {
        let (start, len) = (ptr as usize, len as usize);
        let size = self.memory.len();
        let found = start.checked_add(len).and_then(|end| self.memory.get(start..end));
        found.ok_or(Stop::Failure(Failure::Memory { ptr, len, size }))
    }

    fn read_word(&self, ptr: u32) -> Hosted<B256> {
        let mut word = B256::ZERO;
        word.copy_from_slice(self.read(ptr, 32)?);
        Ok(word)
    }

    fn read_u256(&self, ptr: u32) -> Hosted<U256> {
        Ok(self.read_word(ptr)?.into())
    }

    fn read_address(&self, ptr: u32) -> Hosted<Address> {
        let mut address = Address::ZERO;
        address.copy_from_slice(self.read(ptr, 20)?);
        Ok(address)
    }

    fn write(&mut self, ptr: u32, data: &[u8]) -> Hosted<()> {
        let (start, len) = (ptr as usize, data.len());
        let size = self.memory.len();
        let found = start.checked_add(len).and_then(|end| self.memory.get_mut(start..end));
        let target = found.ok_or(Stop::Failure(Failure::Memory { ptr, len, size }))?;
        target.copy_from_slice(data);
        Ok(())
    }

    /// Keeps what a tracer will be told.
    fn note(&mut self, args: &[&[u8]], outs: &[&[u8]]) {
        if self.run.tracing {
            self.trace = Trace { args: args.concat(), outs: outs.concat() };
        }
    }
}

/// Input, output, constants, hashing, growth.
impl Hostio<'_> {
    pub(crate) fn read_args(&mut self, ptr: u32) -> Hosted<()> {
        self.pay(CALL)?;
        let calldata = self.run.calldata.clone();
        self.pay(write(calldata.len()))?;
        self.write(ptr, &calldata)?;
        self.note(&[], &[&calldata]);
        Ok(())
    }

    pub(crate) fn write_result(&mut self, ptr: u32, len: u32) -> Hosted<()> {
        self.pay(CALL + 2 * read(len))?;
        self.run.output = self.read(ptr, len)?.to_vec();
        if self.run.tracing {
            self.trace.args.clone_from(&self.run.output);
        }
        Ok(())
    }

    pub(crate) fn exit_early(&mut self, status: u32) -> Hosted<()> {
        self.note(&[&status.to_be_bytes()], &[]);
        Err(Stop::Exit(status))
    }

    fn put(&mut self, dest: u32, value: &[u8]) -> Hosted<()> {
        self.pay(CALL + POINTER)?;
        self.write(dest, value)?;
        self.note(&[], &[value]);
        Ok(())
    }

    fn put_u256(&mut self, dest: u32, value: U256) -> Hosted<()> {
        self.put(dest, &value.to_be_bytes::<32>())
    }

    fn give_u64(&mut self, value: impl FnOnce(&Self) -> u64) -> Hosted<u64> {
        self.pay(CALL)?;
        let value = value(self);
        self.note(&[], &[&value.to_be_bytes()]);
        Ok(value)
    }

    fn give_u32(&mut self, value: impl FnOnce(&Self) -> u32) -> Hosted<u32> {
        self.pay(CALL)?;
        let value = value(self);
        self.note(&[], &[&value.to_be_bytes()]);
        Ok(value)
    }

    pub(crate) fn block_basefee(&mut self, dest: u32) -> Hosted<()> {
        self.put_u256(dest, self.run.env.block_basefee)
    }

    pub(crate) fn block_coinbase(&mut self, dest: u32) -> Hosted<()> {
        let address = self.run.env.block_coinbase;
        self.put(dest, address.as_slice())
    }

    pub(crate) fn contract_address(&mut self, dest: u32) -> Hosted<()> {
        let address = self.run.env.contract_address;
        self.put(dest, address.as_slice())
    }

    pub(crate) fn msg_sender(&mut self, dest: u32) -> Hosted<()> {
        let address = self.run.env.msg_sender;
        self.put(dest, address.as_slice())
    }

    pub(crate) fn msg_value(&mut self, dest: u32) -> Hosted<()> {
        self.put_u256(dest, self.run.env.msg_value)
    }

    pub(crate) fn tx_gas_price(&mut self, dest: u32) -> Hosted<()> {
        self.put_u256(dest, self.run.env.tx_gas_price)
    }

    pub(crate) fn tx_origin(&mut self, dest: u32) -> Hosted<()> {
        let address = self.run.env.tx_origin;
        self.put(dest, address.as_slice())
    }

    pub(crate) fn chainid(&mut self) -> Hosted<u64> {
        self.give_u64(|host| host.run.env.chain_id)
    }

    pub(crate) fn block_gas_limit(&mut self) -> Hosted<u64> {
        self.give_u64(|host| host.run.env.block_gas_limit)
    }

    pub(crate) fn block_number(&mut self) -> Hosted<u64> {
        self.give_u64(|host| host.run.env.block_number)
    }

    pub(crate) fn block_timestamp(&mut self) -> Hosted<u64> {
        self.give_u64(|host| host.run.env.block_timestamp)
    }

    pub(crate) fn evm_gas_left(&mut self) -> Hosted<u64> {
        self.give_u64(|host| host.gas_left())
    }

    pub(crate) fn evm_ink_left(&mut self) -> Hosted<u64> {
        self.give_u64(|host| host.ink)
    }

    pub(crate) fn msg_reentrant(&mut self) -> Hosted<u32> {
        self.give_u32(|host| u32::from(host.run.env.reentrant))
    }

    pub(crate) fn tx_ink_price(&mut self) -> Hosted<u32> {
        self.give_u32(|host| host.run.ink_price as u32)
    }

    pub(crate) fn native_keccak256(&mut self, ptr: u32, len: u32, dest: u32) -> Hosted<()> {
        self.pay(keccak(len))?;
        let input = self.read(ptr, len)?;
        let digest = alloy_primitives::keccak256(input);
        if self.run.tracing {
            self.trace = Trace { args: input.to_vec(), outs: digest.to_vec() };
        }
        self.write(dest, digest.as_slice())
    }

    /// Growing by no pages costs the call; else the pages are all that is paid. Only the low 16 bits
    /// count, as in the reference; the growth itself then fails for larger numbers.
    pub(crate) fn pay_for_memory_grow(&mut self, pages: u32) -> Hosted<()> {
        let pages = pages as u16;
        self.note(&[&pages.to_be_bytes()], &[]);
        if pages == 0 {
            return self.pay(CALL);
        }
        let gas = self.api.add_pages(pages)?;
        self.pay_gas(gas)
    }
}

/// Unwraps an answer of the chain that costs gas, and pays for it.
fn charged<T>(host: &mut Hostio<'_>, answer: ApiResult<crate::Charged<T>>) -> Hosted<T> {
    let answer = answer?;
    host.pay_gas(answer.gas)?;
    Ok(answer.value)
}
