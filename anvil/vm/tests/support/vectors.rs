//! Reads vector files and runs every program and run in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io, thread};

use alloy_primitives::{B256, Bytes, keccak256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cor_stylus_vm::{
    Activation, ActivationError, CompiledModule, Outcome, PageModel, RunRequest, RunResult, StylusParams, Vm, VmConfig,
};
use serde::Deserialize;

use super::chain::{FixedChain, env};

/// Format this reads.
const FORMAT: u32 = 1;

#[derive(Deserialize)]
struct File {
    format: u32,
    params: Params,
    vectors: Vec<Vector>,
}

#[derive(Clone, Deserialize)]
struct Params {
    stylus_version: u16,
    page_limit: u16,
    ink_price: u32,
    max_depth: u32,
    free_pages: u16,
    page_gas: u16,
    debug: bool,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    wasm_base64: String,
    activation: ExpectedActivation,
    runs: Vec<ExpectedRun>,
    #[serde(default)]
    hostio_ink_first_run: Vec<(String, u64)>,
}

#[derive(Deserialize)]
struct ExpectedActivation {
    ok: bool,
    module_gas: Option<u64>,
    footprint: Option<u64>,
    init_cost: Option<u64>,
    cached_init_cost: Option<u64>,
    asm_estimate: Option<u64>,
}

#[derive(Deserialize)]
struct ExpectedRun {
    args_hex: String,
    ink: u64,
    ink_price: Option<u32>,
    max_depth: Option<u32>,
    #[serde(default, rename = "static")]
    is_static: bool,
    #[serde(default)]
    reentrant: bool,
    outcome: String,
    ink_left: u64,
    stack_left: u32,
    output_hex: String,
    #[serde(default)]
    storage: BTreeMap<String, String>,
    #[serde(default)]
    logs: Vec<Log>,
}

#[derive(Debug, Deserialize)]
struct Log {
    topics: Vec<String>,
    data: String,
}

/// What running vectors came to.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) programs: usize,
    pub(crate) programs_agreeing: usize,
    pub(crate) runs: usize,
    pub(crate) runs_agreeing: usize,
    pub(crate) differences: Vec<String>,
}

impl Report {
    pub(crate) fn add(&mut self, other: Report) {
        self.programs += other.programs;
        self.programs_agreeing += other.programs_agreeing;
        self.runs += other.runs;
        self.runs_agreeing += other.runs_agreeing;
        self.differences.extend(other.differences);
    }
}

/// Every `*.json` of a folder, by name.
pub(crate) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Runs all vectors of a file, on as many threads as there are processors.
pub(crate) fn run_file(path: &Path) -> io::Result<Report> {
    let file: File = serde_json::from_slice(&fs::read(path)?).map_err(io::Error::other)?;
    if file.format != FORMAT {
        return Err(io::Error::other(format!("format {}, not {FORMAT}", file.format)));
    }
    let config = VmConfig { debug: file.params.debug, ..VmConfig::default() };
    let vm = Vm::new(config).map_err(io::Error::other)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut mine = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(vector) = file.vectors.get(index) else {
                break mine;
            };
            mine.push((index, run_vector(&vm, &file.params, vector)));
        }
    };
    let mut reports = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().expect("a worker panicked")).collect::<Vec<_>>()
    });
    reports.sort_by_key(|(index, _)| *index);
    let mut all = Report::default();
    reports.into_iter().for_each(|(_, report)| all.add(report));
    Ok(all)
}

fn run_vector(vm: &Vm, params: &Params, vector: &Vector) -> Report {
    let mut report = Report { programs: 1, runs: vector.runs.len(), ..Report::default() };
    let wasm = STANDARD.decode(&vector.wasm_base64).expect("base64");
    let stylus = StylusParams {
        version: params.stylus_version,
        page_limit: params.page_limit,
        free_pages: params.free_pages,
        page_gas: params.page_gas,
        ..StylusParams::arbos51()
    };
    let code_hash = keccak256(&wasm);
    let activation = vm.activate(code_hash, &wasm, &stylus);
    if let Some(difference) = activation_difference(&vector.activation, &activation) {
        report.differences.push(format!("{}: activation: {difference}", vector.name));
    } else {
        report.programs_agreeing = 1;
    }
    let Ok(activation) = activation else {
        return report;
    };
    let module = vm.module(code_hash, || Ok(wasm)).expect("activated");
    let model = stylus.page_model();
    for (index, expected) in vector.runs.iter().enumerate() {
        let calls = if index == 0 { &vector.hostio_ink_first_run[..] } else { &[] };
        let found = run(vm, &module, params, model, activation.footprint, expected);
        match run_difference(expected, calls, found) {
            None => report.runs_agreeing += 1,
            Some(difference) => {
                let name = &vector.name;
                report.differences.push(format!("{name}: run {index}: {difference}"));
            }
        }
    }
    report
}

fn run(
    vm: &Vm,
    module: &CompiledModule,
    params: &Params,
    model: PageModel,
    footprint: u16,
    expected: &ExpectedRun,
) -> (RunResult, FixedChain) {
    let mut chain = FixedChain::new(footprint, model, expected.is_static);
    chain.trace = Some(Vec::new());
    let request = RunRequest {
        env: env(expected.reentrant),
        calldata: hex::decode(&expected.args_hex).expect("hex").into(),
        ink: expected.ink,
        ink_price: expected.ink_price.unwrap_or(params.ink_price),
        max_depth: expected.max_depth.unwrap_or(params.max_depth),
    };
    let result = vm.run(module, request, &mut chain).expect("the fixed chain does not break");
    (result, chain)
}

fn activation_difference(expected: &ExpectedActivation, found: &Result<Activation, ActivationError>) -> Option<String> {
    let found = match (expected.ok, found) {
        (false, Err(_)) => return None,
        (false, Ok(_)) => return Some("accepted, should be refused".to_owned()),
        (true, Err(error)) => return Some(format!("refused: {error}")),
        (true, Ok(found)) => found,
    };
    let figures = [
        ("module_gas", expected.module_gas, found.module_gas),
        ("footprint", expected.footprint, found.footprint.into()),
        ("init_cost", expected.init_cost, found.init_cost.into()),
        ("cached_init_cost", expected.cached_init_cost, found.cached_cost.into()),
        ("asm_estimate", expected.asm_estimate, found.asm_estimate.into()),
    ];
    difference(&figures.map(|(n, e, f)| (n, show(&e.unwrap_or_default()), show(&f))))
}

fn run_difference(expected: &ExpectedRun, calls: &[(String, u64)], (result, chain): (RunResult, FixedChain)) -> Option<String> {
    let mut fields = vec![
        ("outcome", expected.outcome.clone(), outcome(result.outcome).to_owned()),
        ("ink_left", show(&expected.ink_left), show(&result.ink_left)),
        ("stack_left", show(&expected.stack_left), show(&result.stack_left)),
        ("output", expected.output_hex.clone(), hex::encode(&result.output)),
    ];
    if result.outcome == Outcome::Success {
        let storage = chain.changed_storage();
        let storage: BTreeMap<_, _> = storage.iter().map(|(k, v)| (text(k), text(v))).collect();
        let topics = |topics: &[B256]| topics.iter().map(text).collect();
        let log = |(t, data): &(Vec<B256>, Bytes)| Log { topics: topics(t), data: text(data) };
        let logs: Vec<_> = chain.logs.iter().map(log).collect();
        fields.push(("storage", show(&expected.storage), show(&storage)));
        fields.push(("logs", show(&expected.logs), show(&logs)));
    }
    if !calls.is_empty() {
        let trace = chain.trace.unwrap_or_default();
        let traced = trace.iter().filter(|call| !call.name.starts_with("user_"));
        let traced: Vec<_> = traced.map(|call| (call.name.to_owned(), call.ink)).take(calls.len()).collect();
        fields.push(("host calls", show(&calls), show(&&traced[..])));
    }
    let found = difference(&fields)?;
    Some(format!("{found} ({})", result.reason.unwrap_or_default()))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "success",
        Outcome::Revert => "revert",
        Outcome::Failure => "failure",
        Outcome::OutOfInk => "out_of_ink",
        Outcome::OutOfStack => "out_of_stack",
    }
}

fn text(bytes: &impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

fn show(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

/// The fields that differ, with what was expected and what was found.
fn difference(fields: &[(&str, String, String)]) -> Option<String> {
    let differing = fields.iter().filter(|(_, expected, found)| expected != found);
    let texts: Vec<_> = differing.map(|(n, e, f)| format!("{n} is {f}, should be {e}")).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}
