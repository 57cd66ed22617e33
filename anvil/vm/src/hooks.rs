//! The host calls there are: one list of names and signatures, from which the import check and the
//! engine's linker are both made.

use wasmparser::ValType;

/// Applies a macro to the list of host calls: `module: name(argument: type, …) -> result;`.
macro_rules! for_each_hook {
    ($apply:ident) => {
        $apply! {
            vm_hooks: read_args(ptr: u32) -> ();
            vm_hooks: write_result(ptr: u32, len: u32) -> ();
            vm_hooks: exit_early(status: u32) -> ();
            vm_hooks: storage_load_bytes32(key: u32, dest: u32) -> ();
            vm_hooks: storage_cache_bytes32(key: u32, value: u32) -> ();
            vm_hooks: storage_flush_cache(clear: u32) -> ();
            vm_hooks: transient_load_bytes32(key: u32, dest: u32) -> ();
            vm_hooks: transient_store_bytes32(key: u32, value: u32) -> ();
            vm_hooks: call_contract(
                to: u32, data: u32, len: u32, value: u32, gas: u64, ret_len: u32
            ) -> u32;
            vm_hooks: delegate_call_contract(
                to: u32, data: u32, len: u32, gas: u64, ret_len: u32
            ) -> u32;
            vm_hooks: static_call_contract(
                to: u32, data: u32, len: u32, gas: u64, ret_len: u32
            ) -> u32;
            vm_hooks: create1(
                code: u32, len: u32, endowment: u32, address: u32, revert_len: u32
            ) -> ();
            vm_hooks: create2(
                code: u32, len: u32, endowment: u32, salt: u32, address: u32, revert_len: u32
            ) -> ();
            vm_hooks: read_return_data(dest: u32, offset: u32, size: u32) -> u32;
            vm_hooks: return_data_size() -> u32;
            vm_hooks: emit_log(data: u32, len: u32, topics: u32) -> ();
            vm_hooks: account_balance(address: u32, dest: u32) -> ();
            vm_hooks: account_code(address: u32, offset: u32, size: u32, dest: u32) -> u32;
            vm_hooks: account_code_size(address: u32) -> u32;
            vm_hooks: account_codehash(address: u32, dest: u32) -> ();
            vm_hooks: evm_gas_left() -> u64;
            vm_hooks: evm_ink_left() -> u64;
            vm_hooks: block_basefee(dest: u32) -> ();
            vm_hooks: chainid() -> u64;
            vm_hooks: block_coinbase(dest: u32) -> ();
            vm_hooks: block_gas_limit() -> u64;
            vm_hooks: block_number() -> u64;
            vm_hooks: block_timestamp() -> u64;
            vm_hooks: contract_address(dest: u32) -> ();
            vm_hooks: math_div(a: u32, b: u32) -> ();
            vm_hooks: math_mod(a: u32, b: u32) -> ();
            vm_hooks: math_pow(a: u32, exponent: u32) -> ();
            vm_hooks: math_add_mod(a: u32, b: u32, modulus: u32) -> ();
            vm_hooks: math_mul_mod(a: u32, b: u32, modulus: u32) -> ();
            vm_hooks: msg_reentrant() -> u32;
            vm_hooks: msg_sender(dest: u32) -> ();
            vm_hooks: msg_value(dest: u32) -> ();
            vm_hooks: native_keccak256(ptr: u32, len: u32, dest: u32) -> ();
            vm_hooks: tx_gas_price(dest: u32) -> ();
            vm_hooks: tx_ink_price() -> u32;
            vm_hooks: tx_origin(dest: u32) -> ();
            vm_hooks: pay_for_memory_grow(pages: u32) -> ();
        }
    };
}

/// As [`for_each_hook`], for the imports that debug chains have in addition.
macro_rules! for_each_debug_hook {
    ($apply:ident) => {
        $apply! {
            console: log_txt(ptr: u32, len: u32) -> ();
            console: log_i32(value: u32) -> ();
            console: log_i64(value: u64) -> ();
            console: log_f32(value: f32) -> ();
            console: log_f64(value: f64) -> ();
            console: tee_i32(value: u32) -> u32;
            console: tee_i64(value: u64) -> u64;
            console: tee_f32(value: f32) -> f32;
            console: tee_f64(value: f64) -> f64;
            debug: null_host() -> ();
            debug: start_benchmark() -> ();
            debug: end_benchmark() -> ();
        }
    };
}

pub(crate) use {for_each_debug_hook, for_each_hook};

/// Module of the import that pays for growth.
pub(crate) const VM_HOOKS: &str = "vm_hooks";
/// Import that pays for growth.
pub(crate) const PAY_FOR_MEMORY_GROW: &str = "pay_for_memory_grow";

/// Name and signature of one host call.
#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) params: &'static [ValType],
    pub(crate) results: &'static [ValType],
}

/// How a Rust type appears in a signature.
trait WasmType {
    const TYPES: &'static [ValType];
    const TYPE: ValType = Self::TYPES[0];
}

macro_rules! wasm_types {
    ($($rust:ty => [$($wasm:ident)?],)*) => {
        $(impl WasmType for $rust { const TYPES: &'static [ValType] = &[$(ValType::$wasm)?]; })*
    };
}
wasm_types! { () => [], u32 => [I32], u64 => [I64], f32 => [F32], f64 => [F64], }

macro_rules! hook_table {
    ($($module:ident: $name:ident($($arg:ident: $ty:ty),*) -> $result:ty;)*) => {
        &[$(Hook {
            module: stringify!($module),
            name: stringify!($name),
            params: &[$(<$ty as WasmType>::TYPE),*],
            results: <$result as WasmType>::TYPES,
        }),*]
    };
}

const HOOKS: &[Hook] = for_each_hook!(hook_table);
const DEBUG_HOOKS: &[Hook] = for_each_debug_hook!(hook_table);

/// Finds a host call; those of debug chains only if `debug`.
pub(crate) fn find(module: &str, name: &str, debug: bool) -> Option<&'static Hook> {
    let debug_hooks = if debug { DEBUG_HOOKS } else { &[] };
    HOOKS.iter().chain(debug_hooks).find(|hook| hook.module == module && hook.name == name)
}

/// What a host call is called in traces: its name, but for the console.
pub(crate) fn trace_name(module: &'static str, name: &'static str) -> &'static str {
    match (module, name) {
        ("console", "log_txt") => "console_log_text",
        ("console", _) => "console_log",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete_and_has_no_doubles() {
        assert_eq!((HOOKS.len(), DEBUG_HOOKS.len()), (42, 12));
        for (i, a) in HOOKS.iter().enumerate() {
            assert!(HOOKS[..i].iter().all(|b| b.name != a.name), "{} twice", a.name);
        }
    }

    #[test]
    fn signatures() {
        let call = find(VM_HOOKS, "call_contract", false).map(|h| (h.params, h.results));
        let (i32_, i64_) = (ValType::I32, ValType::I64);
        assert_eq!(call, Some((&[i32_, i32_, i32_, i32_, i64_, i32_][..], &[i32_][..])));
        assert!(find("env", "read_args", true).is_none());
        assert!(find("console", "log_txt", false).is_none());
        assert!(find("console", "log_txt", true).is_some());
    }
}
