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
    chain::{CallOptions, Chain, StateDump},
};
use cor_bench_program::{Kernel, input, run};
use cor_stylus_vm::prepare::{init_code, prepare, program_code};

use crate::error::BenchError;

/// Turns deployed code into a program, and keeps it cached.
const ARB_WASM: Address = Address::with_last_byte(0x71);
/// `activateProgram(address)`.
const ACTIVATE: [u8; 4] = [0x58, 0xc7, 0x80, 0xc2];
/// More than an activation costs; the rest comes back.
const ACTIVATION_WEI: u64 = 1_000_000_000_000_000_000;
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

/// What it takes until a program runs.
#[derive(Debug)]
pub(crate) struct StartTimes {
    /// First call of a new node. The machine of this process has compiled the program when it was activated, and keeps it.
    pub(crate) fresh: Vec<Duration>,
    /// First call of a node that finds it compiled on disk.
    pub(crate) disk: Vec<Duration>,
    /// A call of a node that has it in memory.
    pub(crate) warm: Vec<Duration>,
    /// Size of the module, before it is compressed.
    pub(crate) wasm_bytes: usize,
}

/// A chain with the program on it.
pub(crate) struct Stylus {
    node: NodeHandle,
    program: Address,
    wasm_bytes: usize,
}

impl Stylus {
    /// Deploys and activates the program.
    pub(crate) async fn start(wasm: &Path) -> Result<Self, BenchError> {
        let module = std::fs::read(wasm).map_err(|source| BenchError::Program { path: wasm.to_owned(), source })?;
        let node = Node::spawn(NodeConfig::default().no_socket()).await?;
        let prepared = prepare(&module, [0; 32]).map_err(|error| BenchError::Chain(error.to_string()))?;
        let chain = node.chain();
        let from = node.accounts()[0].address;
        let request = |to, input: Vec<u8>, wei| TransactionRequest {
            from: Some(from),
            to: Some(to),
            value: Some(U256::from(wei)),
            ..TransactionRequest::default().input(Bytes::from(input).into())
        };
        let program = mined(chain, request(TxKind::Create, init_code(&program_code(&prepared)), 0))?;
        let program = program.ok_or_else(|| BenchError::Chain("a creation has no address".to_owned()))?;
        let activate = [&ACTIVATE[..], program.into_word().as_slice()].concat();
        mined(chain, request(TxKind::Call(ARB_WASM), activate, ACTIVATION_WEI))?;
        Ok(Self { node, program, wasm_bytes: module.len() })
    }

    /// Times of `kernel`, natively and as a program by turns.
    pub(crate) fn kernel(&self, kernel: Kernel, repeats: usize) -> Result<KernelTimes, BenchError> {
        let rounds = rounds_of(kernel);
        let mut times = KernelTimes { kernel, rounds, native: Vec::new(), stylus: Vec::new() };
        for _ in 0..repeats {
            let start = Instant::now();
            let expected = run(black_box(kernel), black_box(rounds));
            times.native.push(start.elapsed());
            let start = Instant::now();
            let got = call(self.node.chain(), self.program, kernel, rounds)?;
            times.stylus.push(start.elapsed());
            same(kernel, &got, expected)?;
        }
        Ok(times)
    }

    /// Times until the program runs, by way of a call that computes next to nothing.
    pub(crate) async fn starts(&self, repeats: usize) -> Result<StartTimes, BenchError> {
        let dump = self.node.chain().dump();
        let cache = CacheFolder::new()?;
        let config = NodeConfig { program_cache: Some(cache.0.clone()), ..NodeConfig::default() };
        // The first of these compiles, and leaves the module on disk.
        self.first_call(config.clone(), &dump).await?;
        let mut times = StartTimes { fresh: Vec::new(), disk: Vec::new(), warm: Vec::new(), wasm_bytes: self.wasm_bytes };
        for _ in 0..repeats {
            times.fresh.push(self.first_call(NodeConfig::default(), &dump).await?);
            times.disk.push(self.first_call(config.clone(), &dump).await?);
            let start = Instant::now();
            call(self.node.chain(), self.program, Kernel::Keccak, 1)?;
            times.warm.push(start.elapsed());
        }
        Ok(times)
    }

    async fn first_call(&self, config: NodeConfig, dump: &StateDump) -> Result<Duration, BenchError> {
        let node = Node::spawn(config.no_socket()).await?;
        node.chain().load(dump).map_err(|error| BenchError::Chain(error.to_string()))?;
        let start = Instant::now();
        call(node.chain(), self.program, Kernel::Keccak, 1)?;
        Ok(start.elapsed())
    }
}

/// A folder for compiled programs, empty at first and removed at the end.
struct CacheFolder(std::path::PathBuf);

impl CacheFolder {
    fn new() -> Result<Self, BenchError> {
        let path = std::env::temp_dir().join(format!("cor-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|source| BenchError::Program { path: path.clone(), source })?;
        Ok(Self(path))
    }
}

impl Drop for CacheFolder {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn mined(chain: &Chain, request: TransactionRequest) -> Result<Option<Address>, BenchError> {
    let hash: B256 = chain.send(request)?;
    let receipt = chain.mined(hash).and_then(|(block, index)| block.transaction(index).map(|(_, receipt)| receipt.clone()));
    match receipt {
        Some(receipt) if receipt.success => Ok(receipt.contract_address),
        other => Err(BenchError::Chain(format!("setting up the program failed: {other:?}"))),
    }
}

fn call(chain: &Chain, program: Address, kernel: Kernel, rounds: u32) -> Result<Bytes, BenchError> {
    let calldata = Bytes::copy_from_slice(&input(kernel, rounds));
    let request = TransactionRequest::default().to(program).input(calldata.into());
    Ok(chain.call(request, CallOptions::default())?)
}

fn same(kernel: Kernel, got: &Bytes, expected: [u8; 32]) -> Result<(), BenchError> {
    if got.as_ref() == expected {
        return Ok(());
    }
    Err(BenchError::Different { what: format!("{kernel:?}"), got: got.to_string(), expected: Bytes::from(expected).to_string() })
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
