//! A contract compiled by the Stylus SDK: figures of the reference for it, and its way through
//! deployment.

mod support;

use alloy_primitives::{B256, U256, keccak256};
use cor_stylus_vm::prepare::{compress, deployed_wasm, prepare, program_code};
use cor_stylus_vm::{Env, Outcome, RunRequest, StylusParams, activate};
use support::chain::FixedChain;
use support::{PLENTY, load, request, vm};

const COUNTER: &[u8] = include_bytes!("../../../test/vectors/stylus/counter.wasm");

fn prepared() -> Vec<u8> {
    prepare(COUNTER, [0; 32]).expect("a module")
}

/// Calldata of `name` with at most one word.
fn call(name: &str, argument: Option<u64>) -> Vec<u8> {
    let mut data = keccak256(name)[..4].to_vec();
    if let Some(argument) = argument {
        data.extend(U256::from(argument).to_be_bytes::<32>());
    }
    data
}

#[test]
fn activation_figures() {
    let wasm = prepared();
    let activation = activate(&wasm, &StylusParams::arbos51(), false).expect("a program");
    assert_eq!((wasm.len(), compress(&wasm).len()), (16_040, 6294));
    assert_eq!((activation.init_cost, activation.cached_cost), (3474, 1252));
    assert_eq!((activation.asm_estimate, activation.module_gas), (745_717, 1_500_100));
    assert_eq!(activation.footprint, 17);

    // A version 1 program pays for its cached start with its load.
    let first = StylusParams { version: 1, ..StylusParams::arbos51() };
    let activation = activate(&wasm, &first, false).expect("a program");
    assert_eq!((activation.init_cost, activation.cached_cost), (3474 + 1252, 1252));
}

#[test]
fn ink_of_its_calls() {
    let program = load(prepared());
    let mut storage = std::collections::BTreeMap::new();
    for (calldata, ink, output) in [
        (call("setNumber(uint256)", Some(5)), 444_801_107, None),
        (call("number()", None), 22_514_227, Some(5)),
        (call("setNumber(uint256)", Some(7)), 102_801_107, None),
        (call("number()", None), 22_514_227, Some(7)),
    ] {
        let model = StylusParams::arbos51().page_model();
        let mut chain = FixedChain::new(program.footprint, model, false);
        chain.preset.clone_from(&storage);
        let env = Env { chain_id: 412_346, ..Env::default() };
        let request = RunRequest { env, ..request(&calldata, PLENTY) };
        let result = vm().run(&program.module, request, &mut chain).expect("a run");
        assert_eq!((result.outcome, PLENTY - result.ink_left), (Outcome::Success, ink));
        let output = output.map_or(vec![], |n| U256::from(n).to_be_bytes::<32>().to_vec());
        assert_eq!(result.output.to_vec(), output);
        storage.extend(chain.changed_storage());
    }
    assert_eq!(storage.get(&B256::ZERO), Some(&support::chain::word(7)));
}

#[test]
fn it_survives_deployment() {
    let wasm = prepared();
    let code = program_code(&wasm);
    assert_eq!(code.len(), 6298);
    let back = deployed_wasm(&code, &StylusParams::arbos51(), |_| Vec::<u8>::new());
    assert_eq!(back, Ok(wasm));
}
