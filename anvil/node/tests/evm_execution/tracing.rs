//! Inspectors see the whole call tree: EVM frames, programs, and what programs call.

use revm::{
    Inspector,
    interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter},
    primitives::{Address, B256, Log, TxKind, U256},
};
use revm_inspectors::tracing::{TracingInspector, TracingInspectorConfig};

use crate::calls::Probe;
use crate::chain::{COUNTER_WASM, Chain, PROXY, calldata, hex_code, via};
use crate::programs::{CALLER, PROBE, STORE};
use cor_anvil::evm::ArbContext;

/// Writes down what it sees.
#[derive(Debug, Default)]
struct Recorder {
    events: Vec<String>,
    steps: usize,
}

impl<DB: revm::Database> Inspector<ArbContext<DB>> for Recorder {
    fn step(&mut self, _: &mut Interpreter, _: &mut ArbContext<DB>) {
        self.steps += 1;
    }

    fn log(&mut self, _: &mut ArbContext<DB>, log: Log) {
        self.events.push(format!("log of {}", log.address));
    }

    fn call(&mut self, _: &mut ArbContext<DB>, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.events.push(format!("call {}", inputs.bytecode_address));
        None
    }

    fn call_end(&mut self, _: &mut ArbContext<DB>, inputs: &CallInputs, outcome: &mut CallOutcome) {
        let ok = outcome.result.is_ok();
        self.events.push(format!("end {} {ok}", inputs.bytecode_address));
    }

    fn create(&mut self, _: &mut ArbContext<DB>, _: &mut CreateInputs) -> Option<CreateOutcome> {
        self.events.push("create".to_owned());
        None
    }

    fn create_end(&mut self, _: &mut ArbContext<DB>, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.events.push(format!("created {}", outcome.address.is_some()));
    }
}

fn record(chain: &mut Chain, to: Address, data: Vec<u8>) -> Recorder {
    let tx = chain.tx(TxKind::Call(to), data.into(), U256::ZERO);
    let mut recorder = Recorder::default();
    let executor = Chain::executor();
    let (block, config) = (chain.block.clone(), chain.config);
    let plain = executor.transact(&mut chain.db, &block, &config, tx.clone()).unwrap();
    let seen = executor.transact_inspected(&mut chain.db, &block, &config, tx, &mut recorder).unwrap();
    assert_eq!(plain.result, seen.result, "looking changes nothing");
    assert_eq!(plain.state, seen.state);
    recorder
}

#[test]
fn calls_of_programs_are_seen_in_order() {
    let mut chain = Chain::new();
    let (caller, store) = (chain.program(CALLER), chain.program(STORE));
    let proxy = chain.deploy(&hex_code(PROXY));
    let write = [B256::ZERO; 3].concat();
    let data = [proxy.as_slice(), &via(store, &write)].concat();
    let recorder = record(&mut chain, caller, data);
    assert_eq!(
        recorder.events,
        [
            format!("call {caller}"),
            format!("call {proxy}"),
            format!("call {store}"),
            format!("log of {store}"),
            format!("end {store} true"),
            format!("end {proxy} true"),
            format!("end {caller} true"),
        ]
    );
    assert!(recorder.steps > 10, "the contract's instructions are seen");
}

#[test]
fn creates_of_programs_are_seen() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    let data = Probe::new(Probe::CREATE, Address::ZERO).data([0xfe]).encode();
    let recorder = record(&mut chain, probe, data.to_vec());
    assert_eq!(
        recorder.events,
        [format!("call {probe}"), "create".to_owned(), "created true".to_owned(), format!("end {probe} true")]
    );
}

#[test]
fn the_call_tracer_shows_gas_and_output_of_programs() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    let proxy = chain.deploy(&hex_code(PROXY));
    let tx = chain.tx(TxKind::Call(proxy), via(counter, &calldata("number()", &[])), U256::ZERO);
    let mut tracer = TracingInspector::new(TracingInspectorConfig::default_geth());
    let executor = Chain::executor();
    let (block, config) = (chain.block.clone(), chain.config);
    let done = executor.transact_inspected(&mut chain.db, &block, &config, tx, &mut tracer).unwrap();
    let nodes = tracer.traces().nodes();
    assert_eq!(nodes.len(), 2);
    assert_eq!(nodes[1].trace.address, counter);
    assert_eq!(&nodes[1].trace.output, done.result.output().unwrap());
    // Start and pages of the counter are part of what its frame used.
    assert!(nodes[1].trace.gas_used > 13_910 + 15_008);
}
