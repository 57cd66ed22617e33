//! How many threads the embedded engine computes with.
//!
//! candle takes the number from `CANDLE_NUM_THREADS` (else all physical cores) when its global pool is first used, and keeps it
//! for the life of the process. Its workers spin while they wait, so that on a machine with other work two threads were measured
//! ten times slower than one: one is the default here, and a wrong number is an error instead of a mystery.

use std::num::NonZeroUsize;

use cor_errors::{Coded, Entry, table::inf};

/// Read once by candle, when its pool is built.
pub const THREADS_VARIABLE: &str = "CANDLE_NUM_THREADS";

/// The engine cannot be given the wanted number of threads any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the engine of this process computes with {actual} threads, {wanted} are configured")]
pub struct ThreadsError {
    /// Threads configured.
    pub wanted: usize,
    /// Threads in use, or that would be.
    pub actual: usize,
}

impl Coded for ThreadsError {
    fn entry(&self) -> &'static Entry {
        &inf::ENGINE_THREAD_COUNT
    }
}

/// Fixes the number of threads. To be called first thing in `main`, before a runtime or any other thread is started.
///
/// # Errors
/// [`ThreadsError`] if other threads run already (or their number is unknown on this system) and the variable holds another number.
pub fn configure(wanted: NonZeroUsize) -> Result<(), ThreadsError> {
    if from_environment() == Some(wanted.get()) {
        return Ok(());
    }
    if thread_count() == Some(1) {
        // SAFETY: changing the environment is unsound only while another thread may read it. The process has just been seen to
        // have one thread, this one, and nobody else could have started a second since.
        unsafe { std::env::set_var(THREADS_VARIABLE, wanted.to_string()) };
        return Ok(());
    }
    expect(wanted)
}

/// Builds the engine's pool and checks that it has the wanted number of threads.
pub(crate) fn expect(wanted: NonZeroUsize) -> Result<(), ThreadsError> {
    // The pool's workers help the calling thread, which is not counted by the pool.
    let actual = candle_core::utils::barrier_pool().n_workers() + 1;
    if actual == wanted.get() { Ok(()) } else { Err(ThreadsError { wanted: wanted.get(), actual }) }
}

fn from_environment() -> Option<usize> {
    std::env::var(THREADS_VARIABLE).ok()?.parse().ok()
}

/// Threads of this process, where the system tells.
fn thread_count() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}
