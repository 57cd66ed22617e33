//! Calls between programs and contracts: who sees what, what is charged, what fails how.

use revm::{
    context::result::HaltReason,
    primitives::{Address, B256, Bytes, TxKind, U256},
    state::AccountInfo,
};

use crate::chain::{
    COUNTER_WASM, Chain, DELEGATE_PROXY, GAS_LIMIT, PROXY, SENDER, calldata, halt_of, hex_code, output_of, set_number, via,
};
use crate::programs::{CALLER, DEEP, LOOP, MIRROR, PROBE, STORE, TRAP};

/// Ink of one gas.
const INK: u64 = 10_000;

/// What to ask of the probe program.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    pub(crate) kind: u8,
    pub(crate) to: Address,
    pub(crate) value: u64,
    pub(crate) gas: u64,
    pub(crate) data: Vec<u8>,
}

/// What the probe program saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u8,
    /// Ink between before and after the host call.
    pub(crate) ink: u64,
    pub(crate) created: Address,
    pub(crate) data: Bytes,
}

impl Probe {
    pub(crate) const CALL: u8 = 0;
    pub(crate) const DELEGATE: u8 = 1;
    pub(crate) const STATIC: u8 = 2;
    pub(crate) const CREATE: u8 = 3;
    pub(crate) const CREATE2: u8 = 4;

    pub(crate) fn new(kind: u8, to: Address) -> Self {
        Self { kind, to, value: 0, gas: u64::MAX, data: Vec::new() }
    }

    pub(crate) fn value(self, value: u64) -> Self {
        Self { value, ..self }
    }

    pub(crate) fn gas(self, gas: u64) -> Self {
        Self { gas, ..self }
    }

    pub(crate) fn data(self, data: impl Into<Vec<u8>>) -> Self {
        Self { data: data.into(), ..self }
    }

    pub(crate) fn encode(&self) -> Bytes {
        let value = U256::from(self.value).to_be_bytes::<32>();
        let gas = self.gas.to_le_bytes();
        [&[self.kind], &value[..], self.to.as_slice(), &gas, &self.data].concat().into()
    }
}

pub(crate) fn seen(answer: &Bytes) -> Seen {
    Seen {
        status: answer[0],
        ink: u64::from_le_bytes(answer[1..9].try_into().unwrap()),
        created: Address::from_slice(&answer[9..29]),
        data: answer.slice(29..),
    }
}

fn ask(chain: &mut Chain, program: Address, probe: Probe) -> Seen {
    let result = chain.send(program, probe.encode(), U256::ZERO);
    seen(output_of(&result))
}

/// Words of an answer.
fn words(data: &[u8]) -> Vec<U256> {
    data.chunks(32).map(U256::from_be_slice).collect()
}

fn as_word(address: Address) -> U256 {
    address.into_word().into()
}

#[test]
fn what_the_callee_sees_by_kind_of_call() {
    let mut chain = Chain::new();
    let (probe, mirror) = (chain.program(PROBE), chain.program(MIRROR));
    for (kind, value, expected) in [
        (Probe::CALL, 3, [as_word(mirror), as_word(probe), U256::from(3), U256::ZERO]),
        // A delegate call keeps the caller and the value of its parent.
        (Probe::DELEGATE, 0, [as_word(probe), as_word(SENDER), U256::from(77), U256::ZERO]),
        (Probe::STATIC, 0, [as_word(mirror), as_word(probe), U256::ZERO, U256::ZERO]),
    ] {
        let data = Probe::new(kind, mirror).value(value).encode();
        let result = chain.send(probe, data, U256::from(77));
        let seen = seen(output_of(&result));
        assert_eq!(seen.status, 0);
        assert_eq!(words(&seen.data), expected, "kind {kind}");
    }
    assert_eq!(chain.balance(mirror), U256::from(3));
}

#[test]
fn a_call_with_value_pays_for_value_and_for_a_new_account() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    let known = Address::repeat_byte(0x51);
    let ether = AccountInfo::from_balance(U256::from(1_000));
    chain.db.insert_account_info(known, ether.clone());
    let info = revm::Database::basic(&mut chain.db, probe).unwrap().unwrap();
    chain.db.insert_account_info(probe, info.with_balance(U256::from(1_000)));

    let free = ask(&mut chain, probe, Probe::new(Probe::CALL, SENDER));
    let base = ask(&mut chain, probe, Probe::new(Probe::CALL, known));
    assert_eq!(base.ink - free.ink, 2_500 * INK, "a cold account");
    let paid = ask(&mut chain, probe, Probe::new(Probe::CALL, known).value(1));
    assert_eq!(paid.ink - base.ink, 9_000 * INK, "value, and the stipend came back");
    let fresh = Address::repeat_byte(0x52);
    let created = ask(&mut chain, probe, Probe::new(Probe::CALL, fresh).value(1));
    assert_eq!(created.ink - base.ink, (9_000 + 25_000) * INK, "a new account");
    assert_eq!((paid.status, created.status), (0, 0));
    assert_eq!([known, fresh].map(|a| chain.balance(a)), [1_001, 1].map(U256::from));
}

#[test]
fn the_callee_of_a_call_with_value_gets_the_stipend() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    // gas(); mstore; return a word
    let gas_meter = chain.deploy(&hex_code("5a 60 00 52 60 20 60 00 f3"));
    let gas_seen = |seen: &Seen| U256::from_be_slice(&seen.data).to::<u64>();
    let call = Probe::new(Probe::CALL, gas_meter).gas(50_000);
    let plain = ask(&mut chain, probe, call.clone());
    assert_eq!(gas_seen(&plain), 50_000 - 2);
    let result = chain.send(probe, call.value(1).encode(), U256::from(1));
    let paid = seen(output_of(&result));
    assert_eq!(gas_seen(&paid), 50_000 + 2_300 - 2);
    assert_eq!(paid.ink - plain.ink, 9_000 * INK);
}

#[test]
fn a_sixty_fourth_of_the_gas_stays_after_the_base_price() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    let gas_meter = chain.deploy(&hex_code("5a 60 00 52 60 20 60 00 f3"));
    // invalid: burns all it is given
    let burner = chain.deploy(&[0xfe]);
    let all = ask(&mut chain, probe, Probe::new(Probe::CALL, burner));
    assert_eq!(all.status, 2);
    assert_eq!(all.data, Bytes::new());
    let given = ask(&mut chain, probe, Probe::new(Probe::CALL, gas_meter));
    let received = U256::from_be_slice(&given.data).to::<u64>() + 2;
    // Both calls start with the same gas: what the burner took is what the meter was given, and their
    // base prices (2600 for a cold account) were taken before the split.
    let cheap = ask(&mut chain, probe, Probe::new(Probe::CALL, burner).gas(0));
    assert_eq!((all.ink - cheap.ink) / INK, received);
    let available = received * 64 / 63;
    assert!(available < GAS_LIMIT - 2_600 && available > GAS_LIMIT - 100_000);
}

#[test]
fn a_call_whose_base_price_cannot_be_paid_takes_all_gas() {
    let mut chain = Chain::new();
    let (probe, outer) = (chain.program(PROBE), chain.program(CALL_WITH_GAS));
    // The least gas with which the probe can make its call and answer.
    let mut least = |callee: Address| {
        let (mut fails, mut works) = (9_000, 60_000);
        while works - fails > 1 {
            let gas: u64 = (fails + works) / 2;
            let ask = Probe::new(Probe::CALL, callee).encode();
            let data = [probe.as_slice(), &gas.to_le_bytes(), &ask].concat();
            let tx = chain.tx(TxKind::Call(outer), data.into(), U256::ZERO);
            let status = output_of(&chain.simulate(tx).unwrap().result)[0];
            if status == 0 { works = gas } else { fails = gas }
        }
        works
    };
    let warm = least(SENDER);
    // With less than the base price the call takes everything, and the probe cannot go on.
    assert_eq!(least(Address::repeat_byte(9)) - warm, 2_500);
}

/// Calls the address in its first 20 bytes with the gas in the next 8 and the rest; answers the status.
const CALL_WITH_GAS: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (call $read_args (i32.const 0))
    (i32.store8 (i32.const 4000) (call $call
      (i32.const 0) (i32.const 28) (i32.sub (local.get $n) (i32.const 28))
      (i32.const 5000) (i64.load (i32.const 20)) (i32.const 6000)))
    (call $write_result (i32.const 4000) (i32.const 1))
    (i32.const 0)))"#;

#[test]
fn static_context_refuses_writes_all_the_way_down() {
    let mut chain = Chain::new();
    let (probe, store) = (chain.program(PROBE), chain.program(STORE));
    let (caller, proxy) = (chain.program(CALLER), chain.deploy(&hex_code(PROXY)));
    let write = |key| [B256::with_last_byte(key), B256::with_last_byte(9), B256::ZERO].concat();
    for (what, key, to, data) in [
        ("a program", 1, store, write(1)),
        ("a program behind a program", 2, caller, [store.as_slice(), &write(2)].concat()),
        ("a program behind a contract", 3, proxy, via(store, &write(3)).to_vec()),
    ] {
        let refused = ask(&mut chain, probe, Probe::new(Probe::STATIC, to).data(data.clone()));
        assert_eq!(refused.status, 2, "{what}");
        assert_eq!(chain.storage(store, key), U256::ZERO, "{what}");
        let allowed = ask(&mut chain, probe, Probe::new(Probe::CALL, to).data(data));
        assert_eq!(allowed.status, 0, "{what}");
        assert_eq!(chain.storage(store, key), U256::from(9), "{what}");
    }
    // Value in a static context fails without a charge.
    let value = Probe::new(Probe::CALL, SENDER).value(1).encode();
    let result = ask(&mut chain, probe, Probe::new(Probe::STATIC, probe).data(value));
    let inner = seen(&result.data);
    assert_eq!(inner.status, 2);
    let create = Probe::new(Probe::CREATE, SENDER).data([0x00]).encode();
    let result = ask(&mut chain, probe, Probe::new(Probe::STATIC, probe).data(create));
    assert_eq!((result.status, result.data.len()), (2, 0), "a create makes the program fail");
}

#[test]
fn a_reverting_callee_undoes_its_writes_logs_and_refunds() {
    let mut chain = Chain::new();
    let (caller, store) = (chain.program(CALLER), chain.program(STORE));
    let probe = chain.program(PROBE);
    let write =
        |value: u8, revert: u8| [B256::with_last_byte(1), B256::with_last_byte(value), B256::with_last_byte(revert)].concat();
    chain.call(store, write(9, 0));
    for (revert, value, logs) in [(1, 9, 0), (0, 0, 1)] {
        let ask = Probe::new(Probe::CALL, store).data(write(0, revert));
        let result = chain.call(probe, ask.encode());
        assert_eq!(chain.storage(store, 1), U256::from(value));
        assert_eq!(result.logs().len(), logs);
        assert_eq!(seen(output_of(&result)).data.len(), 8, "the answer comes back either way");
        assert_eq!(result.gas().final_refunded() > 0, logs == 1, "{result:?}");
    }
    let result = chain.call(caller, [store.as_slice(), &write(5, 1)].concat());
    assert!(!result.is_success() && !result.is_halt());
}

#[test]
fn refunds_of_storage_writes_are_those_of_the_evm() {
    let mut chain = Chain::new();
    let store = chain.program(STORE);
    let word = B256::with_last_byte;
    let mut write = |key: u8, value: u8| {
        let result = chain.call(store, [word(key), word(value), B256::ZERO].concat());
        (result.tx_gas_used(), result.gas().final_refunded())
    };
    assert_eq!(write(1, 5).1, 0);
    assert_eq!(write(1, 6).1, 0);
    assert_eq!(write(1, 0).1, 4_800);
}

#[test]
fn entering_an_account_again_is_seen() {
    let mut chain = Chain::new();
    let (caller, mirror) = (chain.program(CALLER), chain.program(MIRROR));
    let proxy = chain.deploy(&hex_code(PROXY));
    let delegate = chain.deploy(&hex_code(DELEGATE_PROXY));
    let flag = |result: &revm::context::result::ExecutionResult| words(&output_of(result)[..128])[3];
    // The acting account is open once: directly, behind a program, behind contracts.
    assert_eq!(flag(&chain.call(mirror, [])), U256::ZERO);
    assert_eq!(flag(&chain.call(caller, mirror.to_vec())), U256::ZERO);
    assert_eq!(flag(&chain.call(proxy, via(mirror, &[]))), U256::ZERO);
    // The contract that delegates is the acting account, and is open once.
    assert_eq!(flag(&chain.call(delegate, via(mirror, &[]))), U256::ZERO);
    // It is open twice when it is entered from itself through another contract.
    let inner = via(mirror, &[]);
    let again = via(delegate, &inner);
    let result = chain.call(delegate, via(proxy, &again));
    assert_eq!(flag(&result), U256::from(1), "delegate(proxy) acts as the delegate, which calls itself");
}

#[test]
fn a_program_entered_twice_knows_it() {
    let mut chain = Chain::new();
    // One account that is both: calls what it is told, or reports.
    let both = chain.program(BOTH);
    let proxy = chain.deploy(&hex_code(PROXY));
    let flag = |data: &[u8]| data[data.len() - 1];
    let direct = chain.call(both, []);
    assert_eq!(flag(output_of(&direct)), 0);
    let own = chain.call(both, both.to_vec());
    assert_eq!(flag(output_of(&own)), 1, "from itself");
    let data = [proxy.as_slice(), both.into_word().as_slice()].concat();
    let through = chain.call(both, data);
    assert_eq!(flag(output_of(&through)), 1, "through a contract");
    let after = chain.call(both, []);
    assert_eq!(flag(output_of(&after)), 0, "the next transaction starts anew");
}

/// Without calldata answers its re-entrancy flag; else calls the address in the first 20 bytes with the
/// rest and answers what it answers.
const BOTH: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then
      (i32.store8 (i32.const 0) (call $reentrant))
      (call $write_result (i32.const 0) (i32.const 1))
      (return (i32.const 0))))
    (call $read_args (i32.const 0))
    (drop (call $call (i32.const 0) (i32.const 20) (i32.sub (local.get $n) (i32.const 20))
      (i32.const 6000) (i64.const -1) (i32.const 5000)))
    (drop (call $return_data (i32.const 0) (i32.const 0) (i32.load (i32.const 5000))))
    (call $write_result (i32.const 0) (i32.load (i32.const 5000)))
    (i32.const 0)))"#;

#[test]
fn how_programs_end_badly() {
    let mut chain = Chain::new();
    let trap = chain.program(TRAP);
    let trapped = chain.call(trap, []);
    assert!(!trapped.is_success() && !trapped.is_halt(), "{trapped:?}");
    assert_eq!(trapped.output(), Some(&Bytes::new()));
    assert!(trapped.tx_gas_used() < 100_000, "the gas left is kept");
    for (program, reason) in [(DEEP, HaltReason::CallTooDeep), (LOOP, out_of_gas())] {
        let program = chain.program(program);
        let result = chain.call(program, []);
        assert_eq!(*halt_of(&result), reason);
        assert_eq!(result.tx_gas_used(), GAS_LIMIT);
    }
}

fn out_of_gas() -> HaltReason {
    HaltReason::OutOfGas(revm::context::result::OutOfGasError::Basic)
}

#[test]
fn too_little_gas_to_start_burns_it() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    let number = calldata("number()", &[]);
    let mut tx = chain.tx(TxKind::Call(counter), number, U256::ZERO);
    // 13910 to start, 15008 for its pages: one gas is missing.
    let intrinsic = 21_000 + 4 * 16;
    tx.gas_limit = intrinsic + 13_910 + 15_008 - 1;
    let result = chain.execute(tx);
    assert_eq!(*halt_of(&result), out_of_gas());
    assert_eq!(result.tx_gas_used(), intrinsic + 13_910 + 15_008 - 1);
}

#[test]
fn a_delegate_call_to_a_program_acts_on_the_contract() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    let delegate = chain.deploy(&hex_code(DELEGATE_PROXY));
    let result = chain.call(delegate, via(counter, &set_number(42)));
    assert!(result.is_success(), "{result:?}");
    assert_eq!(chain.storage(delegate, 0), U256::from(42));
    assert_eq!(chain.storage(counter, 0), U256::ZERO);
}

#[test]
fn a_stylus_account_cannot_be_destroyed() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    let ether = U256::from(5);
    // selfdestruct(caller)
    let bomb = chain.deploy(&hex_code("33 ff"));
    let data = Probe::new(Probe::DELEGATE, bomb).encode();
    let result = chain.send(probe, data, ether);
    let refused = seen(output_of(&result));
    assert_eq!((refused.status, refused.data.len()), (2, 0));
    assert!(refused.ink < 100_000 * INK, "a revert keeps the gas left");
    assert_eq!(chain.balance(probe), ether);
    // A contract that is no program still can be.
    let result = chain.send(bomb, [], ether);
    assert!(result.is_success());
    assert_eq!(chain.balance(bomb), U256::ZERO);
}

#[test]
fn native_recursion_ends_by_gas_and_not_by_the_stack() {
    let mut chain = Chain::new();
    let both = chain.program(BOTH);
    for depth in [10, 100, 300] {
        let mut data = Vec::new();
        for _ in 0..depth {
            data.splice(0..0, both.to_vec());
        }
        let result = chain.call(both, data);
        assert!(!result.is_halt(), "depth {depth}: {result:?}");
    }
}
