//! Lane calls as calldata.

use alloy::{
    primitives::{Address, Bytes},
    sol_types::SolCall,
};
use cor_ports::domain::{Batch, LaneCall, LaneMessage, Reveal, Signed};
use cor_sol::{session_payment::ISessionPayment, session_queue::ISessionQueue};
use cor_wire::deployment::Deployment;

/// Target, calldata and a name for errors.
pub(super) fn encode(deployment: &Deployment, call: LaneCall) -> (Address, Bytes, &'static str) {
    let queue = deployment.session_queue;
    match call {
        LaneCall::Assign { task_id, miners } => {
            (queue, ISessionQueue::assignTaskCall { taskId: task_id, miners }.abi_encode().into(), "assignTask")
        }
        LaneCall::Relay { task_id, batch } => relay(queue, task_id, &batch),
        LaneCall::ReportBadReveal { task_id, reveal } => (queue, report(task_id, &reveal), "reportBadReveal"),
        LaneCall::EndAck(task_id) => (queue, ISessionQueue::endAckCall { taskId: task_id }.abi_encode().into(), "endAck"),
        LaneCall::EndPrecommit(task_id) => {
            (queue, ISessionQueue::endPrecommitCall { taskId: task_id }.abi_encode().into(), "endPrecommit")
        }
        LaneCall::End(task_id) => (queue, ISessionQueue::endCall { taskId: task_id }.abi_encode().into(), "end"),
        LaneCall::Direct { task_id, message } => direct(queue, task_id, message),
        LaneCall::WithdrawEarnings { .. } => {
            (deployment.session_payment, ISessionPayment::withdrawEarningsCall {}.abi_encode().into(), "withdrawEarnings")
        }
    }
}

/// A batch as the call of its kind: as many miners as signatures, and as what they said.
fn relay(queue: Address, task_id: u64, batch: &Batch) -> (Address, Bytes, &'static str) {
    let miners = batch.miners();
    match batch {
        Batch::Acks(signed) => {
            let call = ISessionQueue::ackBySigCall { taskId: task_id, miners, signatures: signatures(signed) };
            (queue, call.abi_encode().into(), "ackBySig")
        }
        Batch::Precommits(signed) => {
            let commitments = signed.iter().map(|one| one.contents).collect();
            let call = ISessionQueue::precommitBySigCall { taskId: task_id, miners, commitments, signatures: signatures(signed) };
            (queue, call.abi_encode().into(), "precommitBySig")
        }
        Batch::Commits(signed) => {
            let call = ISessionQueue::commitBySigCall {
                taskId: task_id,
                miners,
                resultDigests: signed.iter().map(|one| one.contents.result_digest).collect(),
                salts: signed.iter().map(|one| one.contents.salt).collect(),
                signatures: signatures(signed),
            };
            (queue, call.abi_encode().into(), "commitBySig")
        }
    }
}

fn signatures<T>(signed: &[Signed<T>]) -> Vec<Bytes> {
    signed.iter().map(|one| Bytes::copy_from_slice(&one.signature)).collect()
}

fn report(task_id: u64, reveal: &Signed<Reveal>) -> Bytes {
    let call = ISessionQueue::reportBadRevealCall {
        taskId: task_id,
        miner: reveal.miner,
        resultDigest: reveal.contents.result_digest,
        salt: reveal.contents.salt,
        signature: Bytes::copy_from_slice(&reveal.signature),
    };
    call.abi_encode().into()
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

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;

    use super::*;

    const QUEUE: Address = Address::repeat_byte(0xaa);

    fn signed<T>(miner: u8, contents: T) -> Signed<T> {
        Signed { miner: Address::repeat_byte(miner), contents, signature: [miner; 65] }
    }

    fn reveal(miner: u8) -> Signed<Reveal> {
        signed(miner, Reveal { result_digest: B256::repeat_byte(miner), salt: B256::repeat_byte(miner | 0x80) })
    }

    #[test]
    fn each_batch_is_the_call_of_its_kind_with_columns_of_one_length() {
        let (miners, signatures) = (
            vec![Address::repeat_byte(1), Address::repeat_byte(2)],
            vec![Bytes::copy_from_slice(&[1; 65]), Bytes::copy_from_slice(&[2; 65])],
        );

        let (to, data, name) = relay(QUEUE, 7, &Batch::Acks(vec![signed(1, ()), signed(2, ())]));
        let call = ISessionQueue::ackBySigCall::abi_decode(&data).unwrap();
        assert_eq!((to, name, call.taskId), (QUEUE, "ackBySig", 7));
        assert_eq!((call.miners, call.signatures), (miners.clone(), signatures.clone()));

        let commitments = vec![B256::repeat_byte(3), B256::repeat_byte(4)];
        let (_, data, name) = relay(QUEUE, 7, &Batch::Precommits(vec![signed(1, commitments[0]), signed(2, commitments[1])]));
        let call = ISessionQueue::precommitBySigCall::abi_decode(&data).unwrap();
        assert_eq!((name, call.commitments), ("precommitBySig", commitments));
        assert_eq!((call.miners, call.signatures), (miners.clone(), signatures.clone()));

        let (_, data, name) = relay(QUEUE, 7, &Batch::Commits(vec![reveal(1), reveal(2)]));
        let call = ISessionQueue::commitBySigCall::abi_decode(&data).unwrap();
        assert_eq!(name, "commitBySig");
        assert_eq!(call.resultDigests, [B256::repeat_byte(1), B256::repeat_byte(2)]);
        assert_eq!(call.salts, [B256::repeat_byte(0x81), B256::repeat_byte(0x82)]);
        assert_eq!((call.miners, call.signatures), (miners, signatures));
    }

    #[test]
    fn a_report_shows_the_reveal_as_it_was_signed() {
        let call = ISessionQueue::reportBadRevealCall::abi_decode(&report(7, &reveal(1))).unwrap();
        assert_eq!((call.taskId, call.miner), (7, Address::repeat_byte(1)));
        assert_eq!((call.resultDigest, call.salt), (B256::repeat_byte(1), B256::repeat_byte(0x81)));
        assert_eq!(call.signature, Bytes::copy_from_slice(&[1; 65]));
    }
}
