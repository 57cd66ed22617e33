//! Basic blocks are counted, and no program can tell.

mod support;

use alloy_primitives::keccak256;
use cor_stylus_vm::{RunResult, StylusParams, Vm, VmConfig};
use support::chain::FixedChain;
use support::{PLENTY, load, request, run};

/// Adds up the numbers below its calldata's length; with more than three bytes it fails.
const SUM: &str = r#"(module
    (import "vm_hooks" "read_args" (func $read_args (param i32)))
    (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param $len i32) (result i32) (local $sum i32)
        local.get $len
        i32.const 3
        i32.gt_u
        if
            unreachable
        end
        loop $again
            local.get $sum
            local.get $len
            i32.add
            local.set $sum
            local.get $len
            i32.const 1
            i32.sub
            local.tee $len
            i32.const 0
            i32.gt_s
            br_if $again
        end
        i32.const 0
        local.get $sum
        i32.store8
        i32.const 0
        i32.const 1
        call $write_result
        i32.const 0))"#;

fn counting() -> Vm {
    Vm::new(VmConfig { coverage: true, ..VmConfig::default() }).expect("an engine")
}

/// Runs the program on a VM that counts, and answers its counters as well, which it clears.
fn counted(vm: &Vm, calldata: &[u8]) -> (RunResult, Vec<u8>) {
    let wasm = wat::parse_str(SUM).expect("a module");
    let params = StylusParams::arbos51();
    let module = vm.module(keccak256(&wasm), || Ok(wasm)).expect("a program");
    let mut chain = FixedChain::new(1, params.page_model(), false);
    let result = vm.run(&module, request(calldata, PLENTY), &mut chain).expect("the fixed chain does not break");
    let counters = vm.coverage(|counters| {
        let seen = counters.to_vec();
        counters.fill(0);
        seen
    });
    (result, counters)
}

#[test]
fn each_block_is_counted_as_often_as_it_is_entered() {
    let vm = counting();
    // Blocks: up to the `if`; the trap; the `if`'s `end`; up to the loop; its body; its `end`; the rest.
    let [(_, one), (_, three), (_, four)] = [&[7][..], &[7; 3], &[7; 4]].map(|calldata| counted(&vm, calldata));
    let entered = |counters: &[u8]| counters.iter().filter(|count| **count > 0).count();
    assert_eq!(one.len(), three.len());
    assert_eq!(one.iter().max(), Some(&1), "{one:?}");
    assert_eq!(three.iter().max(), Some(&3), "the loop runs three times: {three:?}");
    assert_eq!(entered(&one), entered(&three), "{one:?} {three:?}");
    assert_eq!(four.first(), Some(&1));
    assert_eq!(entered(&four), 2, "the first block and the trap: {four:?}");
}

#[test]
fn a_program_does_the_same_for_the_same_ink_when_it_is_counted() {
    let (vm, plain) = (counting(), load(SUM));
    for calldata in [&[][..], &[1], &[1; 3], &[1; 4]] {
        assert_eq!(counted(&vm, calldata).0, run(&plain, calldata, PLENTY).0, "{calldata:?}");
    }
    assert_eq!(support::vm().coverage(|counters| counters.len()), 0, "a VM counts only if it was told to");
}

#[test]
fn a_counter_stays_at_its_maximum() {
    let vm = counting();
    let wasm = wat::parse_str(SUM).expect("a module");
    let module = vm.module(keccak256(&wasm), || Ok(wasm)).expect("a program");
    for _ in 0..300 {
        let mut chain = FixedChain::new(1, StylusParams::arbos51().page_model(), false);
        vm.run(&module, request(&[], PLENTY), &mut chain).expect("the fixed chain does not break");
    }
    assert_eq!(vm.coverage(|counters| counters[0]), u8::MAX);
}
