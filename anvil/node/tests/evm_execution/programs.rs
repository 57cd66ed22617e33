//! Stylus programs of the tests, as text.

/// Calls the address in the first 20 bytes of its calldata with the rest, and ends as the callee did.
pub(crate) const CALLER: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32) (local $status i32)
    (call $read_args (i32.const 0))
    (local.set $status (call $call
      (i32.const 0) (i32.const 20) (i32.sub (local.get $n) (i32.const 20))
      (i32.const 60000) (i64.const -1) (i32.const 60040)))
    (drop (call $return_data (i32.const 0) (i32.const 0) (i32.load (i32.const 60040))))
    (call $write_result (i32.const 0) (i32.load (i32.const 60040)))
    (local.get $status)))"#;

/// Makes one call or create and answers what happened: see [`Probe`](crate::calls::Probe).
///
/// Calldata: kind (0 call, 1 delegate, 2 static, 3 create, 4 create2), value (32 bytes), address (20),
/// gas (8, little endian), data. Answer: status (1), ink the host call took (8, little endian), created
/// address (20), return data.
pub(crate) const PROBE: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
  (import "vm_hooks" "create2" (func $create2 (param i32 i32 i32 i32 i32 i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "evm_ink_left" (func $ink (result i64)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (local $before i64) (local $used i64) (local $status i32) (local $kind i32) (local $len i32)
    (call $read_args (i32.const 0))
    (local.set $kind (i32.load8_u (i32.const 0)))
    (local.set $len (i32.sub (local.get $n) (i32.const 61)))
    (local.set $before (call $ink))
    (if (i32.eq (local.get $kind) (i32.const 0)) (then (local.set $status
      (call $call (i32.const 33) (i32.const 61) (local.get $len) (i32.const 1) (i64.load (i32.const 53)) (i32.const 60000)))))
    (if (i32.eq (local.get $kind) (i32.const 1)) (then (local.set $status
      (call $delegate (i32.const 33) (i32.const 61) (local.get $len) (i64.load (i32.const 53)) (i32.const 60000)))))
    (if (i32.eq (local.get $kind) (i32.const 2)) (then (local.set $status
      (call $static (i32.const 33) (i32.const 61) (local.get $len) (i64.load (i32.const 53)) (i32.const 60000)))))
    (if (i32.eq (local.get $kind) (i32.const 3)) (then
      (call $create1 (i32.const 61) (local.get $len) (i32.const 1) (i32.const 60100) (i32.const 60000))))
    (if (i32.eq (local.get $kind) (i32.const 4)) (then
      (call $create2 (i32.const 61) (local.get $len) (i32.const 1) (i32.const 60200) (i32.const 60100) (i32.const 60000))))
    (local.set $used (i64.sub (local.get $before) (call $ink)))
    (i32.store8 (i32.const 50000) (local.get $status))
    (i64.store (i32.const 50001) (local.get $used))
    (memory.copy (i32.const 50009) (i32.const 60100) (i32.const 20))
    (drop (call $return_data (i32.const 50029) (i32.const 0) (i32.load (i32.const 60000))))
    (call $write_result (i32.const 50000) (i32.add (i32.const 29) (i32.load (i32.const 60000))))
    (i32.const 0)))"#;

/// Answers what it sees: acting address, caller, value, re-entrancy flag (a word each), calldata.
pub(crate) const MIRROR: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "contract_address" (func $address (param i32)))
  (import "vm_hooks" "msg_sender" (func $sender (param i32)))
  (import "vm_hooks" "msg_value" (func $value (param i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (call $address (i32.const 12))
    (call $sender (i32.const 44))
    (call $value (i32.const 64))
    (i32.store8 (i32.const 127) (call $reentrant))
    (call $read_args (i32.const 128))
    (call $write_result (i32.const 0) (i32.add (i32.const 128) (local.get $n)))
    (i32.const 0)))"#;

/// Stores the second word of its calldata at the key in the first, flushes, and answers the ink the
/// flush took (8 bytes, little endian). With a third word that is not zero it reverts at the end.
pub(crate) const STORE: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (import "vm_hooks" "evm_ink_left" (func $ink (result i64)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32) (local $before i64)
    (call $read_args (i32.const 0))
    (call $cache (i32.const 0) (i32.const 32))
    (local.set $before (call $ink))
    (call $flush (i32.const 0))
    (i64.store (i32.const 200) (i64.sub (local.get $before) (call $ink)))
    (call $log (i32.const 0) (i32.const 64) (i32.const 1))
    (call $write_result (i32.const 200) (i32.const 8))
    (i32.ne (i64.eqz (i64.load (i32.const 88))) (i32.const 1))))"#;

/// Grows its memory by the pages in the first byte of its calldata, then calls the address in the next
/// 20 with the rest if there is one; answers the ink the growth took.
pub(crate) const GROW: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "evm_ink_left" (func $ink (result i64)))
  (memory (export "memory") 2)
  (func (export "user_entrypoint") (param $n i32) (result i32) (local $before i64)
    (call $read_args (i32.const 0))
    (local.set $before (call $ink))
    (drop (memory.grow (i32.load8_u (i32.const 0))))
    (i64.store (i32.const 2000) (i64.sub (local.get $before) (call $ink)))
    (if (i32.gt_u (local.get $n) (i32.const 20)) (then
      (drop (call $call (i32.const 1) (i32.const 21) (i32.sub (local.get $n) (i32.const 21))
        (i32.const 3000) (i64.const -1) (i32.const 1996)))
      (drop (call $return_data (i32.const 2008) (i32.const 0) (i32.load (i32.const 1996))))))
    (call $write_result (i32.const 2000) (i32.add (i32.const 8) (i32.load (i32.const 1996))))
    (i32.const 0)))"#;

/// Reads out of its memory.
pub(crate) const TRAP: &str = r#"(module
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32) (i32.load (i32.const -1))))"#;

/// Calls itself without end.
pub(crate) const DEEP: &str = r#"(module
  (memory (export "memory") 0 0)
  (func $again (param i32) (result i32) (call $again (local.get 0)))
  (func (export "user_entrypoint") (param i32) (result i32) (call $again (local.get 0))))"#;

/// Loops without end.
pub(crate) const LOOP: &str = r#"(module
  (memory (export "memory") 0 0)
  (func (export "user_entrypoint") (param i32) (result i32) (loop (br 0)) (unreachable)))"#;

/// Asks twice about the address in its calldata and answers the ink of each question (8 bytes each,
/// little endian): its balance, its code hash, the size of its code, in the order of the first byte.
pub(crate) const ACCOUNT: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "account_balance" (func $balance (param i32 i32)))
  (import "vm_hooks" "account_codehash" (func $hash (param i32 i32)))
  (import "vm_hooks" "account_code_size" (func $size (param i32) (result i32)))
  (import "vm_hooks" "evm_ink_left" (func $ink (result i64)))
  (memory (export "memory") 1 1)
  (func $ask (param $kind i32) (result i64) (local $before i64)
    (local.set $before (call $ink))
    (if (i32.eq (local.get $kind) (i32.const 0)) (then (call $balance (i32.const 1) (i32.const 100))))
    (if (i32.eq (local.get $kind) (i32.const 1)) (then (call $hash (i32.const 1) (i32.const 100))))
    (if (i32.eq (local.get $kind) (i32.const 2)) (then (drop (call $size (i32.const 1)))))
    (i64.sub (local.get $before) (call $ink)))
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (call $read_args (i32.const 0))
    (i64.store (i32.const 200) (call $ask (i32.load8_u (i32.const 0))))
    (i64.store (i32.const 208) (call $ask (i32.load8_u (i32.const 0))))
    (call $write_result (i32.const 200) (i32.const 16))
    (i32.const 0)))"#;

/// Answers the word at key 0 of its transient storage, and puts its calldata there.
pub(crate) const TRANSIENT: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "transient_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "transient_store_bytes32" (func $store (param i32 i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (call $read_args (i32.const 32))
    (call $load (i32.const 0) (i32.const 64))
    (call $store (i32.const 0) (i32.const 32))
    (call $write_result (i32.const 64) (i32.const 32))
    (i32.const 0)))"#;
