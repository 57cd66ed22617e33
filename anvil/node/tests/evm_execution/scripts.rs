//! One program that does what its calldata says, letter by letter: the storage cache of a run, entering
//! a program again, reverts, and what of it reaches the chain.

use revm::primitives::{Address, B256, U256};

use crate::calls::{Probe, seen};
use crate::chain::{Chain, DELEGATE_PROXY, PROXY, hex_code, output_of, via};
use crate::programs::{CALLER, MIRROR, PROBE, STORE, TRANSIENT};

/// Reads its calldata as a script and answers one character a step:
///
/// | letter | step | answer |
/// |---|---|---|
/// | `L` | load slot 0 | its last byte, `0` if that is zero |
/// | `S` c | cache the byte c for slot 0 | |
/// | `F`, `C` | flush; flush and clear the cache | |
/// | `X` n … | call itself with the next n bytes | what the call answers, then `0` or `2`, its status |
/// | `E` | ask whether it was entered again | `0` or `1` |
/// | `R` | revert with the answer so far | |
/// | `!` | trap | |
const SCRIPT: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "contract_address" (func $address (param i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (memory (export "memory") 1 1)
  (global $pc (mut i32) (i32.const 0))
  (global $out (mut i32) (i32.const 20000))
  (func $next (result i32)
    (i32.load8_u (global.get $pc))
    (global.set $pc (i32.add (global.get $pc) (i32.const 1))))
  (func $say (param $char i32)
    (i32.store8 (global.get $out) (local.get $char))
    (global.set $out (i32.add (global.get $out) (i32.const 1))))
  (func $answer
    (call $write_result (i32.const 20000) (i32.sub (global.get $out) (i32.const 20000))))
  (func $again (local $len i32) (local $status i32)
    (local.set $len (call $next))
    (call $address (i32.const 30100))
    (local.set $status (call $call (i32.const 30100) (global.get $pc) (local.get $len)
      (i32.const 30200) (i64.const -1) (i32.const 30300)))
    (global.set $pc (i32.add (global.get $pc) (local.get $len)))
    (global.set $out (i32.add (global.get $out)
      (call $return_data (global.get $out) (i32.const 0) (i32.const 1000))))
    (call $say (i32.add (i32.const 0x30) (local.get $status))))
  (func (export "user_entrypoint") (param $n i32) (result i32) (local $op i32) (local $byte i32)
    (call $read_args (i32.const 0))
    (loop $step
      (if (i32.ge_u (global.get $pc) (local.get $n)) (then (call $answer) (return (i32.const 0))))
      (local.set $op (call $next))
      (if (i32.eq (local.get $op) (i32.const 0x4c)) (then ;; L
        (call $load (i32.const 30000) (i32.const 30032))
        (local.set $byte (i32.load8_u (i32.const 30063)))
        (call $say (select (local.get $byte) (i32.const 0x30) (local.get $byte)))))
      (if (i32.eq (local.get $op) (i32.const 0x53)) (then ;; S
        (i32.store8 (i32.const 30095) (call $next))
        (call $cache (i32.const 30000) (i32.const 30064))))
      (if (i32.eq (local.get $op) (i32.const 0x46)) (then (call $flush (i32.const 0)))) ;; F
      (if (i32.eq (local.get $op) (i32.const 0x43)) (then (call $flush (i32.const 1)))) ;; C
      (if (i32.eq (local.get $op) (i32.const 0x58)) (then (call $again))) ;; X
      (if (i32.eq (local.get $op) (i32.const 0x45)) (then ;; E
        (call $say (i32.add (i32.const 0x30) (call $reentrant)))))
      (if (i32.eq (local.get $op) (i32.const 0x52)) (then (call $answer) (return (i32.const 1)))) ;; R
      (if (i32.eq (local.get $op) (i32.const 0x21)) (then unreachable)) ;; !
      (br $step))
    (unreachable)))"#;

/// A script with `(…)` for calls: `S7F(L)` is `S7FX` 1 `L`.
fn script(text: &str) -> Vec<u8> {
    let mut open = vec![Vec::new()];
    for byte in text.bytes() {
        match byte {
            b'(' => open.push(Vec::new()),
            b')' => {
                let inner = open.pop().unwrap();
                let outer = open.last_mut().unwrap();
                outer.extend([b'X', u8::try_from(inner.len()).unwrap()]);
                outer.extend(inner);
            }
            // A character that stands for a zero byte.
            b'_' => open.last_mut().unwrap().push(0),
            _ => open.last_mut().unwrap().push(byte),
        }
    }
    assert_eq!(open.len(), 1, "{text}");
    open.pop().unwrap()
}

#[test]
fn the_storage_cache_belongs_to_one_run() {
    for (text, answer, stored) in [
        ("L", "0", 0),
        ("S7L", "7", 0),
        ("S7FL", "7", b'7'),
        ("S7S8FL", "8", b'8'),
        ("S7FS8L", "8", b'7'),
        // The callee sees what was flushed and nothing else.
        ("S7(L)", "00", 0),
        ("S7F(L)", "70", b'7'),
        ("S7(LF)F", "00", b'7'),
        ("(S7)L", "00", 0),
        ("(S7F)L", "07", b'7'),
        // What a run has loaded it goes on seeing, until it clears its cache.
        ("L(S9F)L", "000", b'9'),
        ("L(S9F)CL", "009", b'9'),
        ("L(S9F)FL", "000", b'9'),
        ("S7F(S9F)L", "07", b'9'),
        ("S7F(S9F)CL", "09", b'9'),
        // A slot that holds what the run believes the chain has is not written.
        ("L(S9F)S_F", "00", b'9'),
        ("L(S9F)S_C(L)", "0090", b'9'),
        ("L(S9F)S5F", "00", b'5'),
        ("S7FS7(S9F)F", "0", b'9'),
        // A revert and a trap undo what was flushed below, not what was flushed here.
        ("S7F(S9FLR)L", "927", b'7'),
        ("S7F(S9F!)L", "27", b'7'),
        ("S7F((S9F)R)CL", "027", b'7'),
        ("S7F((S9F!)S8F)CL", "208", b'8'),
        // A deeper chain of runs, each with a cache of its own.
        ("S1F(LS2F(LS3F(LS4FL)L)L)L", "1234030201", b'4'),
    ] {
        let mut chain = Chain::new();
        let program = chain.program(SCRIPT);
        let result = chain.call(program, script(text));
        assert_eq!(std::str::from_utf8(output_of(&result)).unwrap(), answer, "{text}");
        assert_eq!(chain.storage(program, 0), U256::from(stored), "{text}");
    }
}

#[test]
fn a_run_knows_whether_its_account_is_open_already() {
    let mut chain = Chain::new();
    let program = chain.program(SCRIPT);
    for (text, answer) in [("E", "0"), ("(E)", "10"), ("E(E(E)E)E", "0110100"), ("(R)E", "20"), ("(!)E", "20")] {
        let result = chain.call(program, script(text));
        assert_eq!(std::str::from_utf8(output_of(&result)).unwrap(), answer, "{text}");
    }
}

#[test]
fn how_a_script_ends_is_how_the_transaction_ends() {
    for (text, success, output) in [("S7FL", true, "7"), ("S7FLR", false, "7"), ("S7FL!", false, "")] {
        let mut chain = Chain::new();
        let program = chain.program(SCRIPT);
        let result = chain.call(program, script(text));
        assert_eq!((result.is_success(), result.is_halt()), (success, false), "{text}");
        assert_eq!(result.output().unwrap()[..], *output.as_bytes(), "{text}");
        assert_eq!(chain.storage(program, 0), U256::from(if success { b'7' } else { 0 }), "{text}");
    }
}

/// Logs its calldata without topics.
const LOG: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (call $read_args (i32.const 0))
    (call $log (i32.const 0) (local.get $n) (i32.const 0))
    (i32.const 0)))"#;

#[test]
fn every_write_is_refused_in_a_static_context() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    let [store, log, transient, scripted] = [STORE, LOG, TRANSIENT, SCRIPT].map(|text| chain.program(text));
    let word = B256::with_last_byte;
    let create = Probe::new(Probe::CREATE, Address::ZERO).data([0]).encode();
    let create2 = Probe::new(Probe::CREATE2, Address::ZERO).data([0]).encode();
    for (what, program, data, static_status) in [
        ("a flush", store, [word(1), word(2), word(0)].concat(), 2),
        ("a flush of nothing", scripted, script("LF"), 0),
        ("a cached store that is not flushed", scripted, script("S7L"), 0),
        ("a flush in a callee", scripted, script("(S7F)"), 0),
        ("a log", log, b"words".to_vec(), 2),
        ("a transient store", transient, word(3).to_vec(), 2),
        ("a create", probe, create.to_vec(), 2),
        ("a create2", probe, create2.to_vec(), 2),
    ] {
        for (kind, status) in [(Probe::STATIC, static_status), (Probe::CALL, 0)] {
            let ask = Probe::new(kind, program).data(data.clone()).encode();
            let tx = chain_tx(&mut chain, probe, ask);
            let result = chain.simulate(tx).unwrap();
            let end = seen(output_of(&result.result));
            assert_eq!(end.status, status, "{what}");
            assert!(status == 0 || end.data.is_empty(), "{what}: a failure answers nothing");
            if kind == Probe::STATIC {
                assert!(result.result.logs().is_empty(), "{what}");
                assert!(result.state.values().all(|account| !account.is_created()), "{what}");
                let untouched = |address| {
                    let slots = result.state.get(&address).map(|account| account.storage.values().all(|slot| !slot.is_changed()));
                    slots.unwrap_or(true)
                };
                assert!([store, scripted].into_iter().all(untouched), "{what}");
            }
        }
    }
    // The callee that could not flush has failed, and its caller tells so.
    let ask = Probe::new(Probe::STATIC, scripted).data(script("(S7F)")).encode();
    assert_eq!(seen(output_of(&chain.call(probe, ask))).data[..], *b"2");
}

fn chain_tx(chain: &mut Chain, to: Address, data: revm::primitives::Bytes) -> revm::context::TxEnv {
    chain.tx(revm::primitives::TxKind::Call(to), data, U256::ZERO)
}

#[test]
fn a_delegate_call_writes_and_logs_in_the_name_of_the_caller() {
    let mut chain = Chain::new();
    let (probe, store) = (chain.program(PROBE), chain.program(STORE));
    let proxy = chain.deploy(&hex_code(DELEGATE_PROXY));
    let write = [B256::with_last_byte(1), B256::with_last_byte(9), B256::ZERO].concat();
    let ask = Probe::new(Probe::DELEGATE, store).data(write.clone()).encode();
    for (name, data) in [(probe, ask), (proxy, via(store, &write))] {
        let result = chain.call(name, data);
        output_of(&result);
        assert_eq!(chain.storage(name, 1), U256::from(9));
        assert_eq!(chain.storage(store, 1), U256::ZERO);
        assert_eq!(result.logs().iter().map(|log| log.address).collect::<Vec<_>>(), [name]);
    }
}

/// Programs and contracts calling each other, each with a frame of its own kind.
#[test]
fn sixty_hops_between_programs_and_contracts() {
    let mut chain = Chain::new();
    let (caller, mirror) = (chain.program(CALLER), chain.program(MIRROR));
    let proxy = chain.deploy(&hex_code(PROXY));
    let mut data = b"the end".to_vec();
    let mut next = mirror;
    for hop in 0..60 {
        // A program reads 20 bytes of address, a contract a word.
        (next, data) =
            if hop % 2 == 0 { (proxy, via(next, &data).to_vec()) } else { (caller, [next.as_slice(), &data].concat()) };
    }
    let result = chain.call(next, data);
    let answer = output_of(&result);
    let words: Vec<_> = answer[..128].chunks(32).map(B256::from_slice).collect();
    assert_eq!(words, [mirror.into_word(), proxy.into_word(), B256::ZERO, B256::ZERO]);
    assert_eq!(answer[128..], *b"the end");
}

/// Calls itself with all gas and answers one more than the callee does, which is the number of frames.
const COUNT_FRAMES: &str = "6020 6000 6000 6000 6000 30 5a f1 50 6000 51 6001 01 6000 52 6020 6000 f3";

#[test]
fn the_call_tree_is_1024_deep_and_no_deeper() {
    let mut chain = Chain::new();
    // Gas is split 64 to 63 a thousand times.
    chain.config.max_tx_gas = None;
    let count = chain.deploy(&hex_code(COUNT_FRAMES));
    let (caller, proxy) = (chain.program(CALLER), chain.deploy(&hex_code(PROXY)));
    for (what, to, data, frames) in [
        ("by itself", count, Vec::new(), 1025),
        ("below a contract", proxy, via(count, &[]).to_vec(), 1024),
        ("below a program", caller, count.to_vec(), 1024),
        ("below a program below a program", caller, [caller, count].concat(), 1023),
        ("below a program below a contract", proxy, via(caller, count.as_slice()).to_vec(), 1023),
    ] {
        let mut tx = chain_tx(&mut chain, to, data.into());
        (tx.gas_limit, tx.gas_price) = (1 << 49, 0);
        let config = chain.config;
        chain.config = cor_anvil::evm::ExecConfig { skip_base_fee: true, ..config };
        let result = chain.simulate(tx).unwrap().result;
        chain.config = config;
        assert_eq!(U256::from_be_slice(output_of(&result)), U256::from(frames), "{what}");
    }
}

/// Calls itself with all gas and answers the number of frames, four bytes.
const COUNT_PROGRAM_FRAMES: &str = r#"(module
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "contract_address" (func $address (param i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32)
    (call $address (i32.const 0))
    (drop (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64)))
    (drop (call $return_data (i32.const 100) (i32.const 0) (i32.const 4)))
    (i32.store (i32.const 100) (i32.add (i32.load (i32.const 100)) (i32.const 1)))
    (call $write_result (i32.const 100) (i32.const 4))
    (i32.const 0)))"#;

#[test]
fn programs_share_128_pages() {
    let mut chain = Chain::new();
    chain.config = chain.config.for_simulation();
    let count = chain.program(COUNT_PROGRAM_FRAMES);
    let caller = chain.program(CALLER);
    for (what, to, data, frames) in
        [("by itself", count, Vec::new(), 128), ("below a program of a page", caller, count.to_vec(), 127)]
    {
        let mut tx = chain_tx(&mut chain, to, data.into());
        // No gas pays for the 129th page.
        (tx.gas_limit, tx.gas_price) = (1 << 49, 0);
        let result = chain.simulate(tx).unwrap().result;
        assert_eq!(output_of(&result)[..], u32::to_le_bytes(frames), "{what}");
    }
}
