//! What is asked of SessionPaymentTable, SessionPayment, NodePool and Staking. What they revert with passes through unchanged.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use cor_contract_shared::{
    abi::{message, Decode, Decoder, NodePool, SessionPayment, Staking, QUOTE, RESERVE_PRICE, WORD},
    call_raw, encoded, view_raw, QuoteInputs, Revert, Row,
};
use cor_core::{limits::ANSWER_TOKENS_MIN, money::pricing, task::Offence};

use crate::{abi::SessionParams, SessionQueue};

/// What a task of a session is priced by. The payer's tiers are SessionPayment's to fill in.
fn inputs(params: &SessionParams, max_tokens: u32) -> Row<QuoteInputs, 12> {
    Row(QuoteInputs {
        model_identifier: params.modelIdentifier,
        inputs: pricing::QuoteInputs {
            execution_depth: params.executionDepth,
            tool_depth: params.toolDepth,
            max_tokens,
            sla: params.sla,
            validator_depth: params.validatorDepth,
            replicas: params.redundant,
            consensus_rule: params.consensusRule,
            quorum_bps: params.quorumBps,
            priority: params.priority,
            stake_tier: 0,
            volume_tier: 0,
        },
    })
}

impl SessionQueue {
    /// Reverts as the table does if a session's tasks have no price now, the shortest ones too.
    pub(crate) fn ask_price(&self, params: &SessionParams) -> Result<(), Revert> {
        let question = message(QUOTE, encoded!(inputs(params, ANSWER_TOKENS_MIN)));
        answered(view_raw(self, self.table.get(), &question)?).map(|_| ())
    }

    /// Takes a task's price into escrow.
    pub(crate) fn reserve_price(
        &mut self,
        task_id: u64,
        payer: Address,
        params: &SessionParams,
        max_tokens: u32,
        max_charge: u128,
    ) -> Result<(), Revert> {
        let arguments = encoded!(task_id, payer, inputs(params, max_tokens), max_charge);
        self.tell_payment(message(RESERVE_PRICE, arguments))
    }

    /// Pays for a task that has a result.
    pub(crate) fn charge(&mut self, task_id: u64, miners: &[Address], keeper: Address) -> Result<(), Revert> {
        self.tell_payment(message(SessionPayment::chargeCall::SELECTOR, encoded!(task_id, *miners, keeper)))
    }

    /// Gives the money for a task without a result back.
    pub(crate) fn refund(&mut self, task_id: u64, keeper: Address) -> Result<(), Revert> {
        self.tell_payment(message(SessionPayment::refundCall::SELECTOR, encoded!(task_id, keeper)))
    }

    /// Reserves a place at each miner. Returns their registrations.
    pub(crate) fn reserve_miners(&mut self, task_id: u64, model: u64, miners: &[Address]) -> Result<Vec<u64>, Revert> {
        let pool = self.node_pool.get();
        let answer = self.ask(pool, message(NodePool::reserveCall::SELECTOR, encoded!(task_id, model, *miners)))?;
        let epochs = Vec::decode(&mut Decoder::new(&answer));
        epochs.filter(|epochs| epochs.len() == miners.len()).ok_or_else(|| Revert::raw(Vec::new()))
    }

    /// Gives the places back, and suspends those who were slashed.
    pub(crate) fn release(&mut self, task_id: u64, miners: &[Address], suspend: &[Address]) -> Result<(), Revert> {
        let pool = self.node_pool.get();
        self.ask(pool, message(NodePool::releaseCall::SELECTOR, encoded!(task_id, *miners, *suspend))).map(|_| ())
    }

    /// Takes a penalty from a node's stake, or what is left of it, which may be nothing.
    pub(crate) fn slash(&mut self, task_id: u64, node: Address, offence: Offence, penalty: u128) -> Result<(), Revert> {
        let staking = self.staking.get();
        let arguments = encoded!(node, task_id, offence.number(), penalty);
        answered(self.ask(staking, message(Staking::slashCall::SELECTOR, arguments))?).map(|_| ())
    }

    fn tell_payment(&mut self, message: Vec<u8>) -> Result<(), Revert> {
        let session_payment = self.desk.session_payment.get();
        answered(self.ask(session_payment, message)?).map(|_| ())
    }

    #[inline(never)]
    fn ask(&mut self, peer: Address, message: Vec<u8>) -> Result<Vec<u8>, Revert> {
        call_raw(self, peer, &message)
    }
}

/// An address without code answers every call with nothing, so a peer that is not there must not pass for one that agreed.
fn answered(answer: Vec<u8>) -> Result<Vec<u8>, Revert> {
    if answer.len() < WORD {
        return Err(Revert::raw(Vec::new()));
    }
    Ok(answer)
}
