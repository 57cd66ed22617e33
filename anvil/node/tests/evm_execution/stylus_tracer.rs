//! The tree of host calls: names, arguments, results and ink, through programs and contracts in any nesting.

use cor_anvil::evm::{HostioTrace, StylusTracer};
use revm::primitives::{Address, B256, Bytes, TxKind, U256, hex};

use crate::calls::Probe;
use crate::chain::{Chain, DELEGATE_PROXY, PROXY, hex_code, via};
use crate::programs::{CALLER, MIRROR, PROBE, STORE, TRAP};

fn trace(chain: &mut Chain, to: Address, data: impl Into<Bytes>) -> Vec<HostioTrace> {
    let tx = chain.tx(TxKind::Call(to), data.into(), U256::ZERO);
    let mut tracer = StylusTracer::default();
    let (block, config) = (chain.block.clone(), chain.config);
    let plain = chain.simulate(tx.clone()).unwrap();
    let seen = Chain::executor().transact_inspected(&mut chain.db, &block, &config, tx, &mut tracer).unwrap();
    assert_eq!(plain.result, seen.result, "looking changes nothing");
    tracer.into_trace().unwrap()
}

/// Name, arguments and results, a line each, nested ones indented.
fn lines(trace: &[HostioTrace]) -> Vec<String> {
    fn add(trace: &[HostioTrace], indent: usize, lines: &mut Vec<String>) {
        for call in trace {
            let (name, args, outs) = (&call.name, hex::encode(&call.args), hex::encode(&call.outs));
            lines.push(format!("{:indent$}{name}({args}) = {outs}", ""));
            assert_eq!(call.address.is_some(), call.steps.is_some());
            add(call.steps.as_deref().unwrap_or_default(), indent + 2, lines);
        }
    }
    let mut found = Vec::new();
    add(trace, 0, &mut found);
    found
}

fn word(number: u64) -> String {
    hex::encode(B256::from(U256::from(number)))
}

#[test]
fn every_host_call_with_its_ink() {
    let mut chain = Chain::new();
    let store = chain.program(STORE);
    let data = format!("{}{}{}", word(7), word(9), word(0));
    let trace = trace(&mut chain, store, hex::decode(&data).unwrap());
    // The program reads its meter before and after the flush and answers the difference.
    let flushed = hex::encode((trace[3].end_ink - trace[5].end_ink).to_le_bytes());
    assert_eq!(
        lines(&trace),
        [
            "user_entrypoint(00000060) = ".to_owned(),
            format!("read_args() = {data}"),
            format!("storage_cache_bytes32({}{}) = ", word(7), word(9)),
            format!("evm_ink_left() = {}", hex::encode(trace[3].end_ink.to_be_bytes())),
            "storage_flush_cache(00) = ".to_owned(),
            format!("evm_ink_left() = {}", hex::encode(trace[5].end_ink.to_be_bytes())),
            format!("emit_log(00000001{}{}) = ", word(7), word(9)),
            format!("write_result({flushed}) = "),
            "user_returned() = 00000000".to_owned(),
        ]
    );
    // Prices of the table: 8400 a call, 5040 a pointer, 30 a byte beyond the first word, 375 and 8 gas a log's topic and byte.
    let cost = |index: usize| trace[index].start_ink - trace[index].end_ink;
    assert_eq!(cost(0), 0);
    assert_eq!(cost(1), 8400 + 5040 + 30 * 64);
    assert_eq!(cost(2), 18_480);
    assert_eq!(cost(3), 8400);
    // A cold slot from zero: 2100 + 20000 gas.
    assert_eq!(cost(4), 68_073 + 22_100 * 10_000);
    assert_eq!(cost(6), 68_073 + 16_381 + 55 * 32 + (375 * 2 + 8 * 32) * 10_000);
    assert!(trace.windows(2).all(|pair| pair[0].end_ink >= pair[1].start_ink), "ink only falls");
}

#[test]
fn a_program_that_calls_a_contract_that_calls_a_program() {
    let mut chain = Chain::new();
    let (caller, store) = (chain.program(CALLER), chain.program(STORE));
    let proxy = chain.deploy(&hex_code(PROXY));
    let words = [word(1), word(2), word(0)].concat();
    let inner = format!("{}{words}", hex::encode(store.into_word()));
    let trace = trace(&mut chain, caller, hex::decode(format!("{}{inner}", hex::encode(proxy))).unwrap());
    let call = &trace[2];
    let args = format!("{}ffffffffffffffff{}{inner}", hex::encode(proxy), word(0));
    assert_eq!((call.name.as_ref(), hex::encode(&call.args), call.address), ("call_contract", args, Some(proxy)));
    // Eight bytes came back, with status 0.
    assert_eq!(hex::encode(&call.outs), "0000000800");
    assert!(call.start_ink > call.end_ink);
    let [contract] = &call.steps.as_ref().unwrap()[..] else { panic!("one call: {call:?}") };
    assert_eq!((contract.name.as_ref(), contract.address), ("evm_call_contract", Some(store)));
    assert_eq!((contract.args.len(), contract.outs.len(), contract.start_ink, contract.end_ink), (0, 0, 0, 0));
    let names: Vec<_> = contract.steps.as_ref().unwrap().iter().map(|step| step.name.as_ref()).collect();
    assert_eq!(names[..3], ["user_entrypoint", "read_args", "storage_cache_bytes32"]);
    assert_eq!(names.last(), Some(&"user_returned"));
    let after: Vec<_> = trace[3..].iter().map(|step| step.name.as_ref()).collect();
    assert_eq!(after, ["read_return_data", "write_result", "user_returned"]);
}

#[test]
fn kinds_of_calls_and_creates() {
    let mut chain = Chain::new();
    let (probe, mirror) = (chain.program(PROBE), chain.program(MIRROR));
    for (kind, name) in
        [(Probe::CALL, "call_contract"), (Probe::DELEGATE, "delegate_call_contract"), (Probe::STATIC, "static_call_contract")]
    {
        let trace = trace(&mut chain, probe, Probe::new(kind, mirror).encode());
        let call = trace.iter().find(|step| step.steps.is_some()).unwrap();
        assert_eq!((call.name.as_ref(), call.address), (name, Some(mirror)));
        assert_eq!(call.steps.as_ref().unwrap().last().unwrap().name, "user_returned");
    }
    for (kind, evm, name) in [(Probe::CREATE, "evm_create1", "create1"), (Probe::CREATE2, "evm_create2", "create2")] {
        let trace = trace(&mut chain, probe, Probe::new(kind, Address::ZERO).data([0x00]).encode());
        let at = trace.iter().position(|step| step.name == name).unwrap();
        let created = Address::from_slice(&trace[at].outs[..20]);
        assert_eq!((trace[at].address, trace[at - 1].name.as_ref(), trace[at - 1].address), (None, evm, Some(created)));
    }
    let delegate = chain.deploy(&hex_code(DELEGATE_PROXY));
    let steps = trace(&mut chain, delegate, via(mirror, &[]));
    assert_eq!((steps.len(), steps[0].name.as_ref()), (1, "evm_delegate_call_contract"));
}

#[test]
fn calls_that_fail_keep_the_tree_whole() {
    let mut chain = Chain::new();
    let (probe, trap) = (chain.program(PROBE), chain.program(TRAP));
    let nobody = Address::repeat_byte(9);
    for (what, probe_of, steps) in [
        ("too little gas for the base price", Probe::new(Probe::CALL, nobody).value(1).gas(0), 0),
        ("a program that traps", Probe::new(Probe::CALL, trap), 1),
        ("an account without code", Probe::new(Probe::STATIC, nobody), 0),
    ] {
        let to = probe_of.to;
        let trace = trace(&mut chain, probe, probe_of.encode());
        let call = trace.iter().find(|step| step.steps.is_some()).unwrap();
        assert_eq!((call.address, call.steps.as_ref().unwrap().len()), (Some(to), steps), "{what}: {call:?}");
        assert_eq!(trace.last().unwrap().name, "user_returned", "{what}");
    }
}

#[test]
fn self_destructs_are_shown() {
    let mut chain = Chain::new();
    // PUSH20 address SELFDESTRUCT
    let heir = Address::repeat_byte(0x77);
    let contract = chain.deploy(&[&[0x73][..], heir.as_slice(), &[0xff]].concat());
    let steps = trace(&mut chain, contract, Bytes::new());
    assert_eq!((steps.len(), steps[0].name.as_ref(), steps[0].address), (1, "evm_self_destruct", Some(heir)));
}
