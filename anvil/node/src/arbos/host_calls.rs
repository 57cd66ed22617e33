//! Host calls of programs, kept for inspectors.
//!
//! An inspector that wants them calls [`HostCallLog::start`] before the first frame and takes what has gathered with
//! [`HostCallLog::drain`] whenever it is called: between two of its calls all of them belong to the same frame.

use std::mem;

use cor_stylus_vm::HostCall;
use revm::primitives::Bytes;

/// Host calls kept of one transaction. A transaction at the gas limit of Arbitrum can make some millions; a tool that asks for so
/// many cannot show them, and each takes about 150 bytes of memory.
pub const HOST_CALLS_MAX: usize = 1 << 20;
/// Bytes of arguments and results kept of one transaction: as hex they fill half of the largest answer of the node.
pub const HOST_CALL_BYTES_MAX: usize = 128 << 20;

/// A finished host call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCallRecord {
    /// Name of the import; `user_entrypoint` and `user_returned` mark the ends of a run.
    pub name: &'static str,
    /// What the program passed: integers big endian, fields concatenated.
    pub args: Bytes,
    /// What it got.
    pub outs: Bytes,
    /// Ink before the call.
    pub start_ink: u64,
    /// Ink after it.
    pub end_ink: u64,
}

/// The host calls of one transaction that nobody has taken yet. Keeps nothing until it is started.
#[derive(Debug, Clone, Default)]
pub struct HostCallLog {
    is_started: bool,
    is_full: bool,
    kept: usize,
    bytes: usize,
    waiting: Vec<HostCallRecord>,
}

impl HostCallLog {
    /// Keeps the host calls from now on.
    pub fn start(&mut self) {
        self.is_started = true;
    }

    /// What has gathered since the last time, in order.
    pub fn drain(&mut self) -> Vec<HostCallRecord> {
        mem::take(&mut self.waiting)
    }

    /// True if calls were left out because of [`HOST_CALLS_MAX`] or [`HOST_CALL_BYTES_MAX`].
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    pub(crate) fn is_started(&self) -> bool {
        self.is_started
    }

    pub(crate) fn push(&mut self, call: &HostCall<'_>) {
        let bytes = self.bytes.saturating_add(call.args.len()).saturating_add(call.outs.len());
        if self.kept >= HOST_CALLS_MAX || bytes > HOST_CALL_BYTES_MAX {
            self.is_full = true;
            return;
        }
        self.kept += 1;
        self.bytes = bytes;
        self.waiting.push(HostCallRecord {
            name: call.name,
            args: Bytes::copy_from_slice(call.args),
            outs: Bytes::copy_from_slice(call.outs),
            start_ink: call.ink_before,
            end_ink: call.ink_after,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(args: &[u8]) -> HostCall<'_> {
        HostCall { name: "read_args", args, outs: &[], ink_before: 2, ink_after: 1 }
    }

    #[test]
    fn the_log_is_bounded_in_calls_and_in_bytes() {
        let mut calls = HostCallLog::default();
        for _ in 0..HOST_CALLS_MAX {
            calls.push(&call(&[]));
        }
        assert!(!calls.is_full());
        // Taking them away does not make room: the bound is for the transaction.
        assert_eq!(calls.drain().len(), HOST_CALLS_MAX);
        calls.push(&call(&[]));
        assert!(calls.is_full() && calls.drain().is_empty());

        let mut bytes = HostCallLog::default();
        let half = vec![0; HOST_CALL_BYTES_MAX / 2];
        bytes.push(&call(&half));
        bytes.push(&call(&half));
        assert!(!bytes.is_full());
        bytes.push(&call(&[1]));
        assert!(bytes.is_full());
        assert_eq!(bytes.drain().len(), 2);
    }
}
