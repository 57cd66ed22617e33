//! The entry point of the program: the least that a chain asks of one.

use crate::{INPUT_BYTES, answer};

#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn read_args(dest: *mut u8);
    fn write_result(data: *const u8, len: usize);
    fn pay_for_memory_grow(pages: u16);
}

/// Answers the calldata; anything of another length than [`INPUT_BYTES`] reverts.
#[unsafe(no_mangle)]
extern "C" fn user_entrypoint(len: usize) -> usize {
    if len != INPUT_BYTES {
        return 1;
    }
    let mut input = [0; INPUT_BYTES];
    // SAFETY: the host writes `len` bytes, which is the length of `input`.
    unsafe { read_args(input.as_mut_ptr()) };
    let output = answer(input);
    // SAFETY: the host reads as many bytes as `output` has.
    unsafe { write_result(output.as_ptr(), output.len()) };
    0
}

/// Every program imports this hook; this one grows no memory.
#[unsafe(no_mangle)]
extern "C" fn mark_used() {
    // SAFETY: the host only charges for the pages, of which there are none.
    unsafe { pay_for_memory_grow(0) };
}
