//! A Stylus program against the same source compiled for this machine.

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rpc_types::TransactionRequest;
use cor_anvil::{
    Node, NodeConfig, NodeHandle,
    chain::{CallOptions, Chain},
};
use cor_bench_program::{Kernel, input, run};
use cor_stylus_vm::prepare::{init_code, prepare, program_code};

use crate::{budget::Budget, error::BenchError, load, server::CHAIN_ID};

/// Turns deployed code into a program.
const ARB_WASM: Address = Address::with_last_byte(0x71);
/// Keeps programs in ArbOS's cache.
const ARB_WASM_CACHE: Address = Address::with_last_byte(0x72);
/// `activateProgram(address)`.
const ACTIVATE: [u8; 4] = [0x58, 0xc7, 0x80, 0xc2];
/// `cacheProgram(address)`.
const CACHE: [u8; 4] = [0xe7, 0x3a, 0xc9, 0xf2];
/// More than an activation costs; the rest comes back.
const ACTIVATION_WEI: u64 = 1_000_000_000_000_000_000;
/// Gas for a call: never what ends one, however fast the machine is.
const CALL_GAS: u64 = 1 << 40;
/// Native time a kernel's rounds are chosen for: long against starting a call, short enough to repeat.
const NATIVE_TIME: Duration = Duration::from_millis(20);

/// What was measured of one kernel.
#[derive(Debug)]
pub(crate) struct KernelTimes {
    pub(crate) kernel: Kernel,
    pub(crate) rounds: u32,
    pub(crate) native: Vec<Duration>,
    pub(crate) stylus: Vec<Duration>,
}

/// A chain with the program on it.
pub(crate) struct Stylus {
    node: NodeHandle,
    pub(crate) program: Address,
    /// Size of the module, before it is compressed.
    pub(crate) wasm_bytes: usize,
}

impl Stylus {
    /// Deploys and activates the program.
    pub(crate) async fn start(wasm: &Path) -> Result<Self, BenchError> {
        let module = std::fs::read(wasm).map_err(|source| BenchError::Program { path: wasm.to_owned(), source })?;
        let prepared = prepare(&module, [0; 32]).map_err(|error| BenchError::Chain(error.to_string()))?;
        let owner = load::first_key()?.address();
        let config = NodeConfig { chain_owner: Some(owner), call_gas_cap: CALL_GAS, ..NodeConfig::default() };
        let node = Node::spawn(config.chain_id(CHAIN_ID).no_socket()).await?;
        let mut stylus = Self { node, program: Address::ZERO, wasm_bytes: module.len() };
        let created = stylus.send(TxKind::Create, init_code(&program_code(&prepared)), 0)?;
        stylus.program = created.contract_address.ok_or_else(|| BenchError::Chain("a creation has no address".to_owned()))?;
        stylus.send(TxKind::Call(ARB_WASM), [&ACTIVATE[..], stylus.program.into_word().as_slice()].concat(), ACTIVATION_WEI)?;
        Ok(stylus)
    }

    /// Times of `kernel`, natively and as a program by turns: as many of `repeats` as there is time for.
    pub(crate) fn kernel(&self, kernel: Kernel, repeats: usize, mut budget: Budget) -> Result<KernelTimes, BenchError> {
        let rounds = rounds_of(kernel);
        let mut times = KernelTimes { kernel, rounds, native: Vec::new(), stylus: Vec::new() };
        while times.stylus.len() < repeats && budget.has_room() {
            let begin = Instant::now();
            let expected = run(black_box(kernel), black_box(rounds));
            times.native.push(begin.elapsed());
            let start = Instant::now();
            let got = call(self.node.chain(), self.program, kernel, rounds)?;
            times.stylus.push(start.elapsed());
            same(kernel, &got, expected)?;
            budget.round_since(begin);
        }
        Ok(times)
    }

    /// Gas that a transaction with `calldata` uses.
    pub(crate) fn gas(&self, calldata: &[u8]) -> Result<u64, BenchError> {
        Ok(self.send(TxKind::Call(self.program), calldata.to_vec(), 0)?.gas_used)
    }

    /// Puts the program into ArbOS's cache, as the chain's owner.
    pub(crate) fn cache(&self) -> Result<(), BenchError> {
        self.send(TxKind::Call(ARB_WASM_CACHE), [&CACHE[..], self.program.into_word().as_slice()].concat(), 0).map(drop)
    }

    /// Writes the chain's state to a file, for another node to start from.
    pub(crate) fn save(&self, path: &Path) -> Result<(), BenchError> {
        let bytes = self.node.chain().dump().to_bytes().map_err(|error| BenchError::Chain(error.to_string()))?;
        std::fs::write(path, bytes).map_err(BenchError::Scratch)
    }

    fn send(&self, to: TxKind, input: Vec<u8>, wei: u64) -> Result<Mined, BenchError> {
        let request = TransactionRequest {
            from: self.node.accounts().first().map(|account| account.address),
            to: Some(to),
            value: Some(U256::from(wei)),
            ..TransactionRequest::default().input(Bytes::from(input).into())
        };
        let chain = self.node.chain();
        let hash: B256 = chain.send(request)?;
        let found = chain.mined(hash).and_then(|(block, index)| block.transaction(index).map(|(_, receipt)| receipt.clone()));
        match found {
            Some(receipt) if receipt.success => {
                Ok(Mined { gas_used: receipt.gas_used, contract_address: receipt.contract_address })
            }
            other => Err(BenchError::Chain(format!("setting up the program failed: {other:?}"))),
        }
    }
}

/// What is asked of a receipt.
struct Mined {
    gas_used: u64,
    contract_address: Option<Address>,
}

fn call(chain: &Chain, program: Address, kernel: Kernel, rounds: u32) -> Result<Bytes, BenchError> {
    let calldata = Bytes::copy_from_slice(&input(kernel, rounds));
    let request = TransactionRequest::default().to(program).input(calldata.into());
    Ok(chain.call(request, CallOptions::default())?)
}

/// Refuses an answer that is not the one of native code.
pub(crate) fn same(kernel: Kernel, got: &[u8], expected: [u8; 32]) -> Result<(), BenchError> {
    if got == expected {
        return Ok(());
    }
    let (got, expected) = (Bytes::copy_from_slice(got).to_string(), Bytes::from(expected).to_string());
    Err(BenchError::Different { what: format!("{kernel:?}"), got, expected })
}

/// Rounds that take about [`NATIVE_TIME`] natively.
fn rounds_of(kernel: Kernel) -> u32 {
    let mut rounds = 16u32;
    loop {
        let start = Instant::now();
        black_box(run(black_box(kernel), black_box(rounds)));
        let took = start.elapsed();
        if took >= NATIVE_TIME / 4 || rounds >= 1 << 30 {
            let scale = NATIVE_TIME.as_secs_f64() / took.as_secs_f64();
            return (f64::from(rounds) * scale) as u32;
        }
        rounds *= 2;
    }
}
