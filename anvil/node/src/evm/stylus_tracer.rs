//! `stylusTracer`: the host calls of a transaction as a tree, in the form of Nitro's tracer of that name.
//!
//! Every call and create opens an entry with steps of its own. One that a program makes is named after its host call
//! (`call_contract`, with arguments, results and ink) and keeps the steps of what it called; one that an EVM contract makes, and
//! every create and self-destruct, is named after its opcode with `evm_` before it.

use std::{borrow::Cow, mem};

use cor_errors::{Coded, Entry, table::evm};
use revm::{
    Database, Inspector,
    context_interface::{ContextTr, JournalTr},
    interpreter::{CallInputs, CallOutcome, CallScheme, CreateInputs, CreateOutcome, CreateScheme},
    primitives::{Address, Bytes, U256},
};
use serde::Serialize;

use super::{ArbContext, HostCallRecord};

/// Host calls whose entry takes over the steps of the frame it opened.
const NESTING: [&str; 3] = ["call_contract", "delegate_call_contract", "static_call_contract"];
/// What stands before the name of a frame until its host call is known.
const EVM_PREFIX: &str = "evm_";
/// Bytes of the address at the start of a call's arguments.
const ADDRESS_BYTES: usize = 20;

/// One host call, or one frame an EVM contract opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostioTrace {
    /// Name of the host call; with `evm_` before it if an EVM contract opened the frame.
    pub name: Cow<'static, str>,
    /// What was passed; empty for EVM frames.
    pub args: Bytes,
    /// What came back; empty for EVM frames.
    pub outs: Bytes,
    /// Ink before; 0 for EVM frames.
    pub start_ink: u64,
    /// Ink after; 0 for EVM frames.
    pub end_ink: u64,
    /// The account a frame runs the code of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What happened in the frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Self>>,
}

/// Why there is no trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the transaction makes more host calls than a trace holds ({calls} calls, {bytes} bytes)")]
pub struct TraceTooLong {
    /// Calls a trace holds.
    pub calls: usize,
    /// Bytes of arguments and results a trace holds.
    pub bytes: usize,
}

impl Coded for TraceTooLong {
    fn entry(&self) -> &'static Entry {
        &evm::TRACE_TOO_LONG
    }
}

/// The inspector. Use it for one transaction.
#[derive(Debug, Clone, Default)]
pub struct StylusTracer {
    depth: usize,
    is_cut: bool,
    /// Entries of the innermost open frame.
    open: Vec<HostioTrace>,
    /// Entries of the frames around it, outermost first.
    outer: Vec<Vec<HostioTrace>>,
}

impl StylusTracer {
    /// The entries of the transaction's outermost frame.
    ///
    /// # Errors
    /// [`TraceTooLong`].
    pub fn into_trace(self) -> Result<Vec<HostioTrace>, TraceTooLong> {
        if self.is_cut {
            return Err(TraceTooLong { calls: super::HOST_CALLS_MAX, bytes: super::HOST_CALL_BYTES_MAX });
        }
        Ok(self.open)
    }

    /// Enters the host calls made since the last event. They belong to the innermost open frame.
    fn collect<DB: Database>(&mut self, context: &mut ArbContext<DB>) {
        let log = &mut context.chain.host_calls;
        self.is_cut |= log.is_full();
        for call in log.drain() {
            self.enter_host_call(call);
        }
    }

    fn enter_host_call(&mut self, call: HostCallRecord) {
        let (mut address, mut steps) = (None, None);
        if NESTING.contains(&call.name) {
            let opened = self.open.pop_if(|last| last.name.strip_prefix(EVM_PREFIX) == Some(call.name));
            // No frame was opened for a call that could not even pay its base price; it still names whom it meant.
            let meant = call.args.get(..ADDRESS_BYTES).map(Address::from_slice);
            address = opened.as_ref().and_then(|frame| frame.address).or(meant);
            steps = opened.and_then(|frame| frame.steps).or(Some(Vec::new()));
        }
        let HostCallRecord { name, args, outs, start_ink, end_ink } = call;
        self.open.push(HostioTrace { name: Cow::Borrowed(name), args, outs, start_ink, end_ink, address, steps });
    }

    fn open_frame<DB: Database>(&mut self, context: &mut ArbContext<DB>, name: &'static str, address: Address) {
        if self.depth == 0 {
            context.chain.host_calls.start();
        } else {
            self.collect(context);
            self.open.push(evm_frame(name, address));
            self.outer.push(mem::take(&mut self.open));
        }
        self.depth += 1;
    }

    fn close_frame<DB: Database>(&mut self, context: &mut ArbContext<DB>) {
        self.collect(context);
        self.depth = self.depth.saturating_sub(1);
        let Some(outer) = self.outer.pop() else { return };
        let steps = mem::replace(&mut self.open, outer);
        if let Some(frame) = self.open.last_mut() {
            frame.steps = Some(steps);
        }
    }
}

fn evm_frame(name: &'static str, address: Address) -> HostioTrace {
    HostioTrace {
        name: Cow::Borrowed(name),
        args: Bytes::new(),
        outs: Bytes::new(),
        start_ink: 0,
        end_ink: 0,
        address: Some(address),
        steps: Some(Vec::new()),
    }
}

impl<DB: Database> Inspector<ArbContext<DB>> for StylusTracer {
    fn call(&mut self, context: &mut ArbContext<DB>, inputs: &mut CallInputs) -> Option<CallOutcome> {
        let name = match inputs.scheme {
            CallScheme::DelegateCall => "evm_delegate_call_contract",
            CallScheme::StaticCall => "evm_static_call_contract",
            // There is no host call for `CALLCODE`; Nitro leaves its name empty.
            CallScheme::CallCode => "",
            _ => "evm_call_contract",
        };
        self.open_frame(context, name, inputs.bytecode_address);
        None
    }

    fn call_end(&mut self, context: &mut ArbContext<DB>, _: &CallInputs, _: &mut CallOutcome) {
        self.close_frame(context);
    }

    fn create(&mut self, context: &mut ArbContext<DB>, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        let name = match inputs.scheme() {
            CreateScheme::Create2 { .. } => "evm_create2",
            _ => "evm_create1",
        };
        // The creator is loaded: its code runs, or it pays for the transaction. If it cannot be read, the create fails by itself.
        let nonce = context.journal_mut().load_account(inputs.caller()).map_or(0, |account| account.data.info.nonce);
        self.open_frame(context, name, inputs.created_address(nonce));
        None
    }

    fn create_end(&mut self, context: &mut ArbContext<DB>, _: &CreateInputs, _: &mut CreateOutcome) {
        self.close_frame(context);
    }

    fn selfdestruct(&mut self, _: Address, target: Address, _: U256) {
        self.open.push(evm_frame("evm_self_destruct", target));
    }
}
