//! What is asked of SessionPaymentTable, SessionPayment, NodePool and Staking. What they revert with passes through unchanged.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::{sol, SolCall};
use cor_contract_shared::Revert;
use cor_core::task::Offence;
use stylus_sdk::{
    call::{call, static_call},
    prelude::*,
    stylus_core::calls::{errors::Error, Call},
};

use crate::{
    abi::SessionParams,
    wire::{encoded, Decode, Decoder, Encode, Encoder, WORD},
    SessionQueue,
};

sol! {
    struct QuoteInputs {
        uint64 modelIdentifier;
        uint16 executionDepth;
        uint16 toolDepth;
        uint8 sla;
        uint8 validatorDepth;
        uint8 replicas;
        uint8 consensusRule;
        uint16 quorumBps;
        uint8 priority;
        uint8 stakeTier;
        uint8 volumeTier;
    }

    interface SessionPaymentTable {
        function quote(QuoteInputs inputs) external view returns (uint64 version);
    }

    interface SessionPayment {
        function reserve(uint64 taskId, address payer, QuoteInputs inputs, uint128 maxCharge) external returns (uint64 version, uint128 total);
        function charge(uint64 taskId, address[] miners, address keeper) external returns (uint128 charged, uint128 refunded);
        function refund(uint64 taskId, address keeper) external returns (uint128 refunded);
    }

    interface NodePool {
        function reserve(uint64 taskId, uint64 modelIdentifier, address[] nodes) external returns (uint64[] epochs);
        function release(uint64 taskId, address[] nodes, address[] suspend) external;
    }

    interface Staking {
        function slash(address node, uint64 taskId, uint8 reason, uint256 amount) external returns (uint256 taken, bool stillStaked);
    }
}

/// A session's part of a price. The payer's tiers are SessionPayment's to fill in.
struct Inputs<'a>(&'a SessionParams);

impl Encode for Inputs<'_> {
    const WORDS: usize = 11;

    fn encode(&self, to: &mut Encoder) {
        let params = self.0;
        to.numbers(&[
            params.modelIdentifier,
            params.executionDepth.into(),
            params.toolDepth.into(),
            params.sla.into(),
            params.validatorDepth.into(),
            params.redundant.into(),
            params.consensusRule.into(),
            params.quorumBps.into(),
            params.priority.into(),
            0,
            0,
        ]);
    }
}

impl SessionQueue {
    /// Reverts as the table does if a session's tasks have no price now.
    pub(crate) fn ask_price(&self, params: &SessionParams) -> Result<(), Revert> {
        let question = message::<SessionPaymentTable::quoteCall>(encoded!(Inputs(params)));
        let answer = static_call(self.vm(), Call::new(), self.table.get(), &question);
        answered(answer.map_err(refusal)?).map(|_| ())
    }

    /// Takes a task's price into escrow.
    pub(crate) fn reserve_price(
        &mut self,
        task_id: u64,
        payer: Address,
        params: &SessionParams,
        max_charge: u128,
    ) -> Result<(), Revert> {
        let arguments = encoded!(task_id, payer, Inputs(params), max_charge);
        self.tell_payment(message::<SessionPayment::reserveCall>(arguments))
    }

    /// Pays for a task that has a result.
    pub(crate) fn charge(&mut self, task_id: u64, miners: &[Address], keeper: Address) -> Result<(), Revert> {
        self.tell_payment(message::<SessionPayment::chargeCall>(encoded!(task_id, *miners, keeper)))
    }

    /// Gives the money for a task without a result back.
    pub(crate) fn refund(&mut self, task_id: u64, keeper: Address) -> Result<(), Revert> {
        self.tell_payment(message::<SessionPayment::refundCall>(encoded!(task_id, keeper)))
    }

    /// Reserves a place at each miner. Returns their registrations.
    pub(crate) fn reserve_miners(&mut self, task_id: u64, model: u64, miners: &[Address]) -> Result<Vec<u64>, Revert> {
        let pool = self.node_pool.get();
        let answer = self.ask(pool, message::<NodePool::reserveCall>(encoded!(task_id, model, *miners)))?;
        let epochs = Vec::decode(&mut Decoder::new(&answer));
        epochs.filter(|epochs| epochs.len() == miners.len()).ok_or_else(|| Revert::raw(Vec::new()))
    }

    /// Gives the places back, and suspends those who were slashed.
    pub(crate) fn release(&mut self, task_id: u64, miners: &[Address], suspend: &[Address]) -> Result<(), Revert> {
        let pool = self.node_pool.get();
        self.ask(pool, message::<NodePool::releaseCall>(encoded!(task_id, *miners, *suspend))).map(|_| ())
    }

    /// Takes a penalty from a node's stake, or what is left of it, which may be nothing.
    pub(crate) fn slash(&mut self, task_id: u64, node: Address, offence: Offence, penalty: u128) -> Result<(), Revert> {
        let staking = self.staking.get();
        let arguments = encoded!(node, task_id, offence.number(), penalty);
        answered(self.ask(staking, message::<Staking::slashCall>(arguments))?).map(|_| ())
    }

    fn tell_payment(&mut self, message: Vec<u8>) -> Result<(), Revert> {
        let session_payment = self.desk.session_payment.get();
        answered(self.ask(session_payment, message)?).map(|_| ())
    }

    #[inline(never)]
    fn ask(&mut self, peer: Address, message: Vec<u8>) -> Result<Vec<u8>, Revert> {
        let context = Call::new_mutating(self);
        call(self.vm(), context, peer, &message).map_err(refusal)
    }
}

fn message<C: SolCall>(arguments: Vec<u8>) -> Vec<u8> {
    [C::SELECTOR.as_slice(), &arguments].concat()
}

fn refusal(error: Error) -> Revert {
    match error {
        Error::Revert(data) => Revert::raw(data),
        Error::AbiDecodingFailed(_) => Revert::raw(Vec::new()),
    }
}

/// An address without code answers every call with nothing, so a peer that is not there must not pass for one that agreed.
fn answered(answer: Vec<u8>) -> Result<Vec<u8>, Revert> {
    if answer.len() < WORD {
        return Err(Revert::raw(Vec::new()));
    }
    Ok(answer)
}
