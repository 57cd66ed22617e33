//! A crew in the journal: number of miners 1 ‖ keeper 20 ‖ n × miner 20, and the keeper's signature of `Assign` 65 if it is known.

use alloy_primitives::Address;
use cor_ports::domain::{Crew, SignatureBytes};

/// The bytes.
pub(super) fn encode(crew: &Crew, assign: Option<&SignatureBytes>) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(crew.miners.len()).unwrap_or(u8::MAX)];
    for account in std::iter::once(&crew.keeper).chain(&crew.miners) {
        bytes.extend(account.as_slice());
    }
    bytes.extend(assign.into_iter().flatten());
    bytes
}

/// Reads the bytes; `None` if they are none that [`encode`] made.
pub(super) fn decode(bytes: &[u8]) -> Option<(Crew, Option<SignatureBytes>)> {
    let (&count, rest) = bytes.split_first()?;
    let (accounts, assign) = rest.split_at_checked(usize::from(count).checked_add(1)?.checked_mul(20)?)?;
    let mut accounts = accounts.chunks_exact(20).map(Address::from_slice);
    let crew = Crew { keeper: accounts.next()?, miners: accounts.collect() };
    let assign = if assign.is_empty() { None } else { Some(assign.try_into().ok()?) };
    Some((crew, assign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crew_comes_back_and_nothing_else_does() {
        let crew = Crew { keeper: Address::repeat_byte(9), miners: vec![Address::repeat_byte(1), Address::repeat_byte(2)] };
        for assign in [None, Some([7; 65])] {
            let bytes = encode(&crew, assign.as_ref());
            assert_eq!(decode(&bytes), Some((crew.clone(), assign)));
            assert_eq!(decode(&bytes[..bytes.len() - 1]), None, "cut");
            assert_eq!(decode(&[&bytes[..], &[0]].concat()), None, "longer");
        }
        assert_eq!(decode(&[]), None);
    }
}
