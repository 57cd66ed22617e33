//! What a transaction's input shows that no log has. It is read where a transaction called the lane itself; a contract that calls it for somebody
//! leaves no more than the logs.

use alloy::{
    primitives::{B256, Bytes},
    sol_types::SolInterface,
};
use cor_ports::domain::Reveal;
use cor_sol::lane::ILane::{ILaneCalls as Call, completeCall};

/// Bytes of an answer: miner 20, r 32, yParityAndS 32, digest 32, salt 32.
const ANSWER_BYTES: usize = 148;
/// Bytes of a reveal: replica 1, digest 32, salt 32.
const REVEAL_BYTES: usize = 65;

/// What a call of the lane brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// Reveals, good or reported as bad, by replica.
    pub(super) reveals: Vec<(u8, Reveal)>,
    /// Whether it completed a task, with all its reveals.
    pub(super) is_completion: bool,
    /// The replica whose miner is reported for a second commitment, and that commitment; `None` for other calls.
    pub(super) second: Option<(u8, B256)>,
}

/// Reads an input; of one that is no call of the lane, nothing.
pub(super) fn shown(input: &Bytes) -> Shown {
    match Call::abi_decode(input) {
        Ok(Call::complete(call)) => completed(&call).unwrap_or_default(),
        Ok(Call::reveal(call)) => Shown { reveals: reveals(&call.reveals), ..Shown::default() },
        Ok(Call::finish(call)) => Shown { reveals: reveals(&call.reveals), ..Shown::default() },
        Ok(Call::report(call)) => {
            let reveal = Reveal { result_digest: call.resultDigest, salt: call.salt };
            Shown { reveals: vec![(call.replica, reveal)], ..Shown::default() }
        }
        Ok(Call::reportSecond(call)) => Shown { second: Some((call.replica, call.commitment)), ..Shown::default() },
        _ => Shown::default(),
    }
}

fn completed(call: &completeCall) -> Option<Shown> {
    let (parts, rest) = call.answers.as_chunks::<ANSWER_BYTES>();
    if !rest.is_empty() {
        return None;
    }
    let mut shown = Shown { is_completion: true, ..Shown::default() };
    for (replica, part) in (0_u8..).zip(parts) {
        let (_, part) = part.split_first_chunk::<84>()?;
        let (digest, salt) = part.split_first_chunk::<32>()?;
        shown.reveals.push((replica, Reveal { result_digest: B256::from(*digest), salt: B256::from_slice(salt) }));
    }
    Some(shown)
}

fn reveals(bytes: &Bytes) -> Vec<(u8, Reveal)> {
    let read = |part: &[u8; REVEAL_BYTES]| {
        let (replica, part) = part.split_first()?;
        let (digest, salt) = part.split_first_chunk::<32>()?;
        Some((*replica, Reveal { result_digest: B256::from(*digest), salt: B256::from_slice(salt) }))
    };
    bytes.as_chunks::<REVEAL_BYTES>().0.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use alloy::{primitives::Address, sol_types::SolCall};
    use cor_sol::lane::ILane::{completeCall, finishCall, reportSecondCall};

    use super::*;

    #[test]
    fn an_input_is_read_by_its_form() {
        let (digest, salt) = (B256::repeat_byte(5), B256::repeat_byte(6));
        let reveal = Reveal { result_digest: digest, salt };
        let finish = |reveals: Vec<u8>| {
            let (payer, history) = (Address::ZERO, Bytes::new());
            Bytes::from(finishCall { payer, sequence: 1, history, reveals: reveals.into() }.abi_encode())
        };
        let one = [&[2][..], digest.as_slice(), salt.as_slice()].concat();
        assert_eq!(shown(&finish(one.clone())), Shown { reveals: vec![(2, reveal)], ..Shown::default() });
        assert_eq!(shown(&finish(vec![])), Shown::default());
        assert_eq!(shown(&Bytes::from_static(b"anything")), Shown::default());

        let (payer, history, signature) = (Address::ZERO, Bytes::new(), Bytes::new());
        let second = reportSecondCall { payer, sequence: 1, history, keeper: payer, replica: 2, commitment: digest, signature };
        assert_eq!(shown(&second.abi_encode().into()), Shown { second: Some((2, digest)), ..Shown::default() });

        let (miner, keeper) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let complete = |answers: Vec<u8>| {
            let (payer, opening, assign) = (Address::ZERO, Bytes::new(), Bytes::new());
            Bytes::from(completeCall { payer, sequence: 1, opening, answers: answers.into(), keeper, assign }.abi_encode())
        };
        let answer = [miner.as_slice(), &[1; 64], digest.as_slice(), salt.as_slice()].concat();
        let completed = Shown { reveals: vec![(0, reveal), (1, reveal)], is_completion: true, second: None };
        assert_eq!(shown(&complete([answer.clone(), answer.clone()].concat())), completed);
        assert_eq!(shown(&complete(answer[1..].to_vec())), Shown::default(), "cut off");
    }
}
