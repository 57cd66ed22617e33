//! Lane calls as calldata.

use alloy::{
    primitives::{Address, Bytes, Signature},
    sol_types::SolCall,
};
use cor_ports::domain::{Answered, Bound, LaneCall, OPENING_BYTES, Reveal, Server, SignatureBytes, TaskAt};
use cor_sol::lane::ILane;

/// Bytes of a signature as in EIP-2098.
const COMPACT_BYTES: usize = 64;

/// Calldata for the lane, and a name for errors.
pub(super) fn encode(call: LaneCall) -> (Bytes, &'static str) {
    match call {
        LaneCall::Complete { task, answers, server } => (complete(&task, &answers, &server), "complete"),
        LaneCall::Start { task, seats, server } => (start(&task, &seats, &server), "start"),
        LaneCall::Precommit { task: TaskAt { payer, sequence, history, .. }, replica, commitment, signature } => {
            let signature = maybe_compact(signature.as_ref());
            let call = ILane::precommitCall { payer, sequence, history, replica, commitment, signature };
            (call.abi_encode().into(), "precommit")
        }
        LaneCall::Reveal { task: TaskAt { payer, sequence, history, .. }, reveals } => {
            let call = ILane::revealCall { payer, sequence, history, reveals: packed_reveals(&reveals) };
            (call.abi_encode().into(), "reveal")
        }
        LaneCall::Finish { task: TaskAt { payer, sequence, history, .. }, reveals } => {
            let call = ILane::finishCall { payer, sequence, history, reveals: packed_reveals(&reveals) };
            (call.abi_encode().into(), "finish")
        }
        LaneCall::Report { task, replica, reveal, signature } => (report(task, replica, &reveal, &signature), "report"),
        LaneCall::ReportSecond { task: TaskAt { payer, sequence, history, .. }, keeper, replica, commitment, signature } => {
            let signature = Bytes::copy_from_slice(&compact(&signature));
            let call = ILane::reportSecondCall { payer, sequence, history, keeper, replica, commitment, signature };
            (call.abi_encode().into(), "reportSecond")
        }
        LaneCall::Close { task: TaskAt { payer, sequence, history, .. } } => {
            (ILane::closeCall { payer, sequence, history }.abi_encode().into(), "close")
        }
        LaneCall::PayEarnings { miner, .. } => (ILane::payEarningsCall { miner }.abi_encode().into(), "payEarnings"),
    }
}

fn complete(task: &TaskAt, answers: &[Answered], server: &Server) -> Bytes {
    let mut packed = Vec::new();
    for Answered { miner, signature, reveal } in answers {
        packed.extend_from_slice(miner.as_slice());
        packed.extend_from_slice(&compact(signature));
        packed.extend_from_slice(reveal.result_digest.as_slice());
        packed.extend_from_slice(reveal.salt.as_slice());
    }
    let call = ILane::completeCall {
        payer: task.payer,
        sequence: task.sequence,
        opening: opening(task),
        answers: packed.into(),
        keeper: server.keeper,
        assign: maybe_compact(server.assign.as_ref()),
    };
    call.abi_encode().into()
}

fn start(task: &TaskAt, seats: &[(Address, Option<Bound>)], server: &Server) -> Bytes {
    let mut packed = Vec::new();
    for (miner, bound) in seats {
        let (commitment, signature) =
            bound.map_or(([0; 32], [0; COMPACT_BYTES]), |bound| (bound.commitment.0, compact(&bound.signature)));
        packed.extend_from_slice(miner.as_slice());
        packed.extend_from_slice(&commitment);
        packed.extend_from_slice(&signature);
    }
    let call = ILane::startCall {
        payer: task.payer,
        sequence: task.sequence,
        opening: opening(task),
        miners: packed.into(),
        keeper: server.keeper,
        assign: maybe_compact(server.assign.as_ref()),
    };
    call.abi_encode().into()
}

fn report(task: TaskAt, replica: u8, reveal: &Reveal, signature: &SignatureBytes) -> Bytes {
    let call = ILane::reportCall {
        payer: task.payer,
        sequence: task.sequence,
        history: task.history,
        replica,
        resultDigest: reveal.result_digest,
        salt: reveal.salt,
        signature: Bytes::copy_from_slice(&compact(signature)),
    };
    call.abi_encode().into()
}

/// The opening is what a history begins with.
pub(super) fn opening(task: &TaskAt) -> Bytes {
    task.history.slice(..OPENING_BYTES.min(task.history.len()))
}

fn packed_reveals(reveals: &[(u8, Reveal)]) -> Bytes {
    let pack = |(replica, reveal): &(u8, Reveal)| [&[*replica], reveal.result_digest.as_slice(), reveal.salt.as_slice()].concat();
    reveals.iter().flat_map(pack).collect()
}

/// A signature where one is needed; no bytes where the sender's own stands for it.
fn maybe_compact(signature: Option<&SignatureBytes>) -> Bytes {
    signature.map(|signature| Bytes::copy_from_slice(&compact(signature))).unwrap_or_default()
}

/// A signature as in EIP-2098, which has no room for one that is malformed or has a high s. In its place stands one that is nobody's: the contract then
/// refuses it with the name of whose signature is missing.
fn compact(signature: &SignatureBytes) -> [u8; COMPACT_BYTES] {
    let signature = Signature::from_raw_array(signature).ok().filter(|signature| signature.normalize_s().is_none());
    signature.map_or([0; COMPACT_BYTES], |signature| signature.as_erc2098())
}

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;

    use super::*;

    const PAYER: Address = Address::repeat_byte(0xaa);
    const KEEPER: Address = Address::repeat_byte(0xbb);

    /// A task whose history goes on behind its opening.
    fn task() -> TaskAt {
        let history = [vec![7; OPENING_BYTES], vec![4, 0]].concat().into();
        TaskAt { id: B256::repeat_byte(9), payer: PAYER, sequence: 5, history, deadline_secs: 90 }
    }

    /// r and s of one byte each, which makes s low, and v.
    fn signature(byte: u8, v: u8) -> SignatureBytes {
        let mut signature = [byte; 65];
        signature[64] = v;
        signature
    }

    /// The same as in EIP-2098: the greatest bit of s is set for v 28.
    fn compacted(byte: u8, v: u8) -> Vec<u8> {
        let mut compact = vec![byte; COMPACT_BYTES];
        compact[32] |= if v == 28 { 0x80 } else { 0 };
        compact
    }

    fn reveal(byte: u8) -> Reveal {
        Reveal { result_digest: B256::repeat_byte(byte), salt: B256::repeat_byte(byte | 0x80) }
    }

    /// What of two sections of one length stands where: a section of `length` bytes each.
    fn section(bytes: &[u8], length: usize, index: usize) -> &[u8] {
        assert_eq!(bytes.len(), 2 * length);
        &bytes[index * length..][..length]
    }

    #[test]
    fn a_completion_has_148_bytes_of_each_miner_and_the_opening_alone() {
        let answers = [(1, 27), (2, 28)].map(|(byte, v)| Answered {
            miner: Address::repeat_byte(byte),
            signature: signature(byte, v),
            reveal: reveal(byte),
        });
        let server = Server { keeper: KEEPER, assign: None };
        let (data, name) = encode(LaneCall::Complete { task: task(), answers: answers.to_vec(), server });
        let call = ILane::completeCall::abi_decode(&data).unwrap();
        assert_eq!((name, call.payer, call.sequence, call.keeper), ("complete", PAYER, 5, KEEPER));
        assert_eq!((call.opening, call.assign), (Bytes::from(vec![7; OPENING_BYTES]), Bytes::new()));
        for (index, byte, v) in [(0, 1, 27), (1, 2, 28)] {
            let answer = section(&call.answers, 148, index);
            assert_eq!(answer[..20], [byte; 20]);
            assert_eq!(answer[20..84], compacted(byte, v));
            assert_eq!((&answer[84..116], &answer[116..]), (&[byte; 32][..], &[byte | 0x80; 32][..]));
        }
    }

    #[test]
    fn a_start_has_116_bytes_of_each_miner_and_zeros_for_one_that_has_not_signed() {
        let (one, two) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let bound = Bound { commitment: B256::repeat_byte(3), signature: signature(4, 28) };
        let server = Server { keeper: KEEPER, assign: Some(signature(6, 27)) };
        let (data, name) = encode(LaneCall::Start { task: task(), seats: vec![(one, Some(bound)), (two, None)], server });
        let call = ILane::startCall::abi_decode(&data).unwrap();
        assert_eq!((name, call.payer, call.sequence, call.keeper), ("start", PAYER, 5, KEEPER));
        assert_eq!((call.opening, call.assign), (Bytes::from(vec![7; OPENING_BYTES]), compacted(6, 27).into()));
        let seat = section(&call.miners, 116, 0);
        assert_eq!((&seat[..20], &seat[20..52], &seat[52..]), (one.as_slice(), &[3; 32][..], &*compacted(4, 28)));
        let seat = section(&call.miners, 116, 1);
        assert_eq!((&seat[..20], &seat[20..]), (two.as_slice(), &[0; 96][..]));
    }

    #[test]
    fn reveals_have_65_bytes_each_and_come_with_the_whole_history() {
        let reveals = vec![(0, reveal(1)), (6, reveal(2))];
        let (shown, shown_name) = encode(LaneCall::Reveal { task: task(), reveals: reveals.clone() });
        let (finished, finished_name) = encode(LaneCall::Finish { task: task(), reveals });
        let shown = ILane::revealCall::abi_decode(&shown).unwrap();
        let finished = ILane::finishCall::abi_decode(&finished).unwrap();
        assert_eq!((shown_name, shown.payer, shown.sequence, shown.history), ("reveal", PAYER, 5, task().history));
        assert_eq!((finished_name, finished.payer, finished.sequence, finished.history), ("finish", PAYER, 5, task().history));
        assert_eq!(shown.reveals, finished.reveals);
        for (index, replica, byte) in [(0, 0, 1), (1, 6, 2)] {
            let one = section(&shown.reveals, 65, index);
            assert_eq!((one[0], &one[1..33], &one[33..]), (replica, &[byte; 32][..], &[byte | 0x80; 32][..]));
        }
        let (none, _) = encode(LaneCall::Finish { task: task(), reveals: vec![] });
        assert_eq!(ILane::finishCall::abi_decode(&none).unwrap().reveals, Bytes::new());
    }

    #[test]
    fn a_precommitment_has_a_signature_unless_the_miner_calls() {
        let commitment = B256::repeat_byte(3);
        for (signature, expected) in [(Some(signature(4, 28)), compacted(4, 28)), (None, vec![])] {
            let (data, name) = encode(LaneCall::Precommit { task: task(), replica: 2, commitment, signature });
            let call = ILane::precommitCall::abi_decode(&data).unwrap();
            assert_eq!((name, call.payer, call.sequence, call.history), ("precommit", PAYER, 5, task().history));
            assert_eq!((call.replica, call.commitment, call.signature), (2, commitment, expected.into()));
        }
    }

    #[test]
    fn a_report_shows_the_reveal_as_it_was_signed() {
        let (data, name) = encode(LaneCall::Report { task: task(), replica: 3, reveal: reveal(1), signature: signature(4, 27) });
        let call = ILane::reportCall::abi_decode(&data).unwrap();
        assert_eq!((name, call.payer, call.sequence, call.history), ("report", PAYER, 5, task().history));
        assert_eq!((call.replica, call.resultDigest, call.salt), (3, B256::repeat_byte(1), B256::repeat_byte(0x81)));
        assert_eq!(call.signature, Bytes::from(compacted(4, 27)));
    }

    #[test]
    fn a_second_commitment_is_shown_as_it_was_signed() {
        let commitment = B256::repeat_byte(3);
        let call = LaneCall::ReportSecond { task: task(), keeper: KEEPER, replica: 3, commitment, signature: signature(4, 28) };
        let (data, name) = encode(call);
        let call = ILane::reportSecondCall::abi_decode(&data).unwrap();
        assert_eq!((name, call.payer, call.sequence, call.history), ("reportSecond", PAYER, 5, task().history));
        assert_eq!((call.keeper, call.replica, call.commitment), (KEEPER, 3, commitment));
        assert_eq!(call.signature, Bytes::from(compacted(4, 28)));
    }

    #[test]
    fn closing_and_paying_name_what_they_are_about() {
        let (data, name) = encode(LaneCall::Close { task: task() });
        let call = ILane::closeCall::abi_decode(&data).unwrap();
        assert_eq!((name, call.payer, call.sequence, call.history), ("close", PAYER, 5, task().history));
        let (data, name) = encode(LaneCall::PayEarnings { miner: KEEPER, block: 9 });
        assert_eq!((name, ILane::payEarningsCall::abi_decode(&data).unwrap().miner), ("payEarnings", KEEPER));
    }

    /// A signature with a high s would turn into another one's, or into none of 256 bits.
    #[test]
    fn a_signature_that_the_contract_cannot_take_is_nobodys() {
        for broken in [signature(1, 29), signature(0xff, 27), signature(0x80, 28)] {
            assert_eq!(compact(&broken), [0; COMPACT_BYTES]);
        }
    }

    #[test]
    fn a_history_shorter_than_an_opening_is_brought_as_it_is() {
        let task = TaskAt { history: Bytes::from(vec![7; 3]), ..task() };
        assert_eq!(opening(&task), Bytes::from(vec![7; 3]));
    }
}
