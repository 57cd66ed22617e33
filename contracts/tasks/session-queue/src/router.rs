//! From calldata to a function, and from what it returns to ABI bytes.
//!
//! It routes the same functions that the SDK exports the interface of: types are held together by the compiler, names by the
//! tests that call each function of the interface. Why it is not the SDK's own routing: see [`crate::wire`].

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256};
use cor_contract_shared::Revert;
use stylus_sdk::{
    abi::{Bytes, Router},
    function_selector,
    stylus_core::{ConstructorGuard, ValueDenier},
    ArbResult,
};

use crate::{
    abi::{SessionParams, SessionView, TaskView},
    wire::{Decode, Decoder, Encode, Encoder, WORD},
    SessionQueue,
};

impl Decode for SessionParams {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            modelIdentifier: u64::decode(from)?,
            executionDepth: u16::decode(from)?,
            toolDepth: u16::decode(from)?,
            sla: u8::decode(from)?,
            validatorDepth: u8::decode(from)?,
            redundant: u8::decode(from)?,
            consensusRule: u8::decode(from)?,
            quorumBps: u16::decode(from)?,
            priority: u8::decode(from)?,
            assignSecs: u32::decode(from)?,
            ackSecs: u32::decode(from)?,
            precommitSecs: u32::decode(from)?,
            commitSecs: u32::decode(from)?,
            metadata: B256::decode(from)?,
        })
    }
}

impl Encode for () {
    const WORDS: usize = 0;

    fn encode(&self, _: &mut Encoder) {}
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    const WORDS: usize = A::WORDS + B::WORDS;

    fn encode(&self, to: &mut Encoder) {
        self.0.encode(to);
        self.1.encode(to);
    }
}

impl Encode for SessionView {
    const WORDS: usize = 17;

    fn encode(&self, to: &mut Encoder) {
        let params = &self.params;
        self.owner.encode(to);
        to.numbers(&[
            self.active.into(),
            self.taskCount,
            params.modelIdentifier,
            params.executionDepth.into(),
            params.toolDepth.into(),
            params.sla.into(),
            params.validatorDepth.into(),
            params.redundant.into(),
            params.consensusRule.into(),
            params.quorumBps.into(),
            params.priority.into(),
            params.assignSecs.into(),
            params.ackSecs.into(),
            params.precommitSecs.into(),
            params.commitSecs.into(),
        ]);
        to.word(&params.metadata);
    }
}

/// A struct with a list in it lies at an offset, and the list at an offset from there.
impl Encode for TaskView {
    fn encode(&self, to: &mut Encoder) {
        /// Words of the task before its replicas.
        const HEAD: u64 = 12;
        to.numbers(&[WORD as u64, self.sessionId]);
        self.payer.encode(to);
        self.keeper.encode(to);
        to.numbers(&[
            self.phase.into(),
            self.status.into(),
            self.answerKind.into(),
            self.maxTokens.into(),
            self.submittedAt,
            self.deadline,
            self.endedAt,
        ]);
        to.word(&self.resultDigest);
        to.numbers(&[HEAD * WORD as u64, self.replicas.len() as u64]);
        for replica in &self.replicas {
            replica.miner.encode(to);
            to.numbers(&[replica.registrationEpoch, replica.outcome.into(), replica.messages.into()]);
            to.word(&replica.commitment);
            to.word(&replica.resultDigest);
        }
    }
}

/// What a function gives back: a value, or a value or a revert.
trait Outcome {
    fn into_result(self) -> ArbResult;
}

impl<T: Encode> Outcome for T {
    fn into_result(self) -> ArbResult {
        let mut encoder = Encoder::new(T::WORDS);
        self.encode(&mut encoder);
        Ok(encoder.finish())
    }
}

impl<T: Encode> Outcome for Result<T, Revert> {
    fn into_result(self) -> ArbResult {
        self.map_err(Vec::from)?.into_result()
    }
}

/// Calls the function whose selector is asked for with the arguments it takes.
macro_rules! routes {
    ($contract:ident, $selector:ident, $input:ident, { $($name:literal => $function:ident($($type:ty),*);)* }) => {
        $(
            if $selector == const { u32::from_be_bytes(function_selector!($name $(, $type)*)) } {
                // Not every function takes arguments or changes the contract.
                #[allow(unused_mut, unused_variables)]
                let mut calldata = Decoder::new($input);
                #[allow(unused_mut)]
                let mut call = || Some(Outcome::into_result(SessionQueue::$function($contract $(, <$type as Decode>::decode(&mut calldata)?)*)));
                return Some(call().unwrap_or_else(|| Err(Vec::new())));
            }
        )*
    };
}

impl Router<SessionQueue> for SessionQueue {
    type Storage = Self;

    fn route(contract: &mut Self, selector: u32, input: &[u8]) -> Option<ArbResult> {
        if let Err(refusal) = contract.deny_value("") {
            return Some(Err(refusal));
        }
        routes!(contract, selector, input, {
            "submit" => submit(u64, B256, String, u8, u32, u128, B256);
            "assignTask" => assign_task(u64, Vec<Address>);
            "ackBySig" => ack_by_sig(u64, Vec<Address>, Vec<Bytes>);
            "precommitBySig" => precommit_by_sig(u64, Vec<Address>, Vec<B256>, Vec<Bytes>);
            "commitBySig" => commit_by_sig(u64, Vec<Address>, Vec<B256>, Vec<B256>, Vec<Bytes>);
            "end" => end(u64);
            "ack" => ack(u64);
            "precommit" => precommit(u64, B256);
            "commit" => commit(u64, B256, B256);
            "endAck" => end_ack(u64);
            "endPrecommit" => end_precommit(u64);
            "reportBadReveal" => report_bad_reveal(u64, Address, B256, B256, Bytes);
            "create" => create(SessionParams);
            "deactivateSession" => deactivate_session(u64);
            "closable" => closable(u64);
            "getTask" => get_task(u64);
            "getSession" => get_session(u64);
            "sessionCount" => session_count();
            "taskCount" => task_count();
            "commitmentOf" => commitment_of(u64, Address, B256, B256);
            "DOMAIN_SEPARATOR" => domain_separator();
            "isKeeper" => is_keeper(Address);
            "setKeeper" => set_keeper(Address, bool);
            "setPenalties" => set_penalties(u128, u128);
            "penalties" => penalties();
            "guardian" => guardian();
            "setGuardian" => set_guardian(Address);
            "setPaused" => set_paused(bool);
            "paused" => paused();
            "wire" => wire(Address, Address, Address, Address);
            "owner" => owner();
            "transferOwnership" => transfer_ownership(Address);
            "acceptOwnership" => accept_ownership();
        });
        None
    }

    fn constructor(contract: &mut Self, input: &[u8]) -> Option<ArbResult> {
        let mut construct = || {
            contract.deny_value("")?;
            contract.check_constructor_slot()?;
            let owner = Address::decode(&mut Decoder::new(input)).ok_or_else(Vec::new)?;
            SessionQueue::constructor(contract, owner).into_result()
        };
        Some(construct())
    }

    fn receive(_: &mut Self) -> Option<Result<(), Vec<u8>>> {
        None
    }

    fn fallback(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }
}
