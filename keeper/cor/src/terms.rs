//! Terms of a session, and what a task by them costs: from the command line or from the chain, in one place.

use alloy::primitives::B256;
use cor_sol::{
    session_payment_table::ISessionPaymentTable::{Quote, QuoteInputs},
    session_queue::ISessionQueue::SessionParams,
};

use crate::{args::TermsArgs, error::CliError, network::Network};

/// The terms as the SessionQueue takes them.
pub(crate) const fn session_params(terms: &TermsArgs) -> SessionParams {
    SessionParams {
        modelIdentifier: terms.model,
        executionDepth: terms.execution_depth,
        toolDepth: terms.tool_depth,
        sla: terms.sla.number(),
        validatorDepth: terms.validator_depth,
        redundant: terms.replicas,
        consensusRule: terms.consensus_rule.number(),
        quorumBps: terms.quorum_bps,
        priority: terms.priority.number(),
        assignSecs: terms.assign_secs,
        ackSecs: terms.ack_secs,
        precommitSecs: terms.precommit_secs,
        commitSecs: terms.commit_secs,
        metadata: B256::ZERO,
    }
}

/// What the price of a task by these terms depends on, with an answer of at most `max_tokens`.
const fn quote_inputs(params: &SessionParams, max_tokens: u32) -> QuoteInputs {
    QuoteInputs {
        modelIdentifier: params.modelIdentifier,
        executionDepth: params.executionDepth,
        toolDepth: params.toolDepth,
        maxTokens: max_tokens,
        sla: params.sla,
        validatorDepth: params.validatorDepth,
        replicas: params.redundant,
        consensusRule: params.consensusRule,
        quorumBps: params.quorumBps,
        priority: params.priority,
        // Tasks are charged without rebates: stake and volume are not measured on chain yet.
        stakeTier: 0,
        volumeTier: 0,
    }
}

/// The price of a task by these terms now, with an answer of at most `max_tokens`.
pub(crate) async fn quote(network: &Network, params: &SessionParams, max_tokens: u32) -> Result<Quote, CliError> {
    network.table().quote(quote_inputs(params, max_tokens)).call().await.map_err(network.failed("quote"))
}
