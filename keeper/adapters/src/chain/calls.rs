//! Lane calls as calldata.

use alloy::{
    primitives::{Address, Bytes},
    sol_types::SolCall,
};
use cor_ports::domain::{LaneCall, LaneMessage, SignedMessage};
use cor_sol::{session_payment::ISessionPayment, session_queue::ISessionQueue};
use cor_wire::deployment::Deployment;

/// Target, calldata and a name for errors.
pub(super) fn encode(deployment: &Deployment, call: LaneCall) -> (Address, Bytes, &'static str) {
    let queue = deployment.session_queue;
    match call {
        LaneCall::Assign { task_id, miners } => {
            (queue, ISessionQueue::assignTaskCall { taskId: task_id, miners }.abi_encode().into(), "assignTask")
        }
        LaneCall::Relay { task_id, messages } => relay(queue, task_id, &messages),
        LaneCall::ReportBadReveal(message) => (queue, report(message), "reportBadReveal"),
        LaneCall::EndAck(task_id) => (queue, ISessionQueue::endAckCall { taskId: task_id }.abi_encode().into(), "endAck"),
        LaneCall::EndPrecommit(task_id) => {
            (queue, ISessionQueue::endPrecommitCall { taskId: task_id }.abi_encode().into(), "endPrecommit")
        }
        LaneCall::End(task_id) => (queue, ISessionQueue::endCall { taskId: task_id }.abi_encode().into(), "end"),
        LaneCall::Direct { task_id, message } => direct(queue, task_id, message),
        LaneCall::WithdrawEarnings => {
            (deployment.session_payment, ISessionPayment::withdrawEarningsCall {}.abi_encode().into(), "withdrawEarnings")
        }
    }
}

/// A batch is of the kind of its first message; others in it are left out, since the machine never mixes kinds.
fn relay(queue: Address, task_id: u64, messages: &[SignedMessage]) -> (Address, Bytes, &'static str) {
    let miners: Vec<Address> = messages.iter().map(|message| message.miner).collect();
    let signatures: Vec<Bytes> = messages.iter().map(|message| Bytes::copy_from_slice(&message.signature)).collect();
    let commitments: Vec<_> = messages
        .iter()
        .filter_map(|message| if let LaneMessage::Precommit { commitment } = message.message { Some(commitment) } else { None })
        .collect();
    let reveals = messages.iter().filter_map(|message| {
        if let LaneMessage::Commit { result_digest, salt } = message.message { Some((result_digest, salt)) } else { None }
    });
    let (result_digests, salts): (Vec<_>, Vec<_>) = reveals.unzip();
    if !commitments.is_empty() {
        (
            queue,
            ISessionQueue::precommitBySigCall { taskId: task_id, miners, commitments, signatures }.abi_encode().into(),
            "precommitBySig",
        )
    } else if !result_digests.is_empty() {
        (
            queue,
            ISessionQueue::commitBySigCall { taskId: task_id, miners, resultDigests: result_digests, salts, signatures }
                .abi_encode()
                .into(),
            "commitBySig",
        )
    } else {
        (queue, ISessionQueue::ackBySigCall { taskId: task_id, miners, signatures }.abi_encode().into(), "ackBySig")
    }
}

/// A report shows a reveal; the machine reports nothing else, and the contract refuses what does not verify.
fn report(message: SignedMessage) -> Bytes {
    let (result_digest, salt) = match message.message {
        LaneMessage::Commit { result_digest, salt } => (result_digest, salt),
        LaneMessage::Ack | LaneMessage::Precommit { .. } => Default::default(),
    };
    let signature = Bytes::copy_from_slice(&message.signature);
    ISessionQueue::reportBadRevealCall {
        taskId: message.task_id,
        miner: message.miner,
        resultDigest: result_digest,
        salt,
        signature,
    }
    .abi_encode()
    .into()
}

fn direct(queue: Address, task_id: u64, message: LaneMessage) -> (Address, Bytes, &'static str) {
    match message {
        LaneMessage::Ack => (queue, ISessionQueue::ackCall { taskId: task_id }.abi_encode().into(), "ack"),
        LaneMessage::Precommit { commitment } => {
            (queue, ISessionQueue::precommitCall { taskId: task_id, commitment }.abi_encode().into(), "precommit")
        }
        LaneMessage::Commit { result_digest, salt } => (
            queue,
            ISessionQueue::commitCall { taskId: task_id, resultDigest: result_digest, salt }.abi_encode().into(),
            "commit",
        ),
    }
}
