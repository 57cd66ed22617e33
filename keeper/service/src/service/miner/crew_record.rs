//! A crew in the journal, in which this miner bound itself: when that was, seconds since 1970 8 ‖ number of miners 1 ‖ keeper 20 ‖ n × miner 20, and the
//! keeper's signature of `Assign` 65 if it is known.

use alloy_primitives::Address;
use cor_ports::domain::{Crew, SignatureBytes};

/// A crew with what the journal knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CrewRecord {
    /// When the miner bound itself, seconds since 1970: after a restart it goes on in the last one.
    pub(super) bound_secs: u64,
    /// Who serves.
    pub(super) crew: Crew,
    /// The keeper's word; `None` if the crew was known from the chain alone.
    pub(super) assign: Option<SignatureBytes>,
}

impl CrewRecord {
    /// The bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let Self { bound_secs, crew, assign } = self;
        let mut bytes = bound_secs.to_be_bytes().to_vec();
        bytes.push(u8::try_from(crew.miners.len()).unwrap_or(u8::MAX));
        for account in std::iter::once(&crew.keeper).chain(&crew.miners) {
            bytes.extend(account.as_slice());
        }
        bytes.extend(assign.iter().flatten());
        bytes
    }

    /// Reads the bytes; `None` if they are none that [`CrewRecord::encode`] made.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (bound_secs, rest) = bytes.split_first_chunk()?;
        let (&count, rest) = rest.split_first()?;
        let (accounts, assign) = rest.split_at_checked(usize::from(count).checked_add(1)?.checked_mul(20)?)?;
        let mut accounts = accounts.chunks_exact(20).map(Address::from_slice);
        let crew = Crew { keeper: accounts.next()?, miners: accounts.collect() };
        let assign = if assign.is_empty() { None } else { Some(assign.try_into().ok()?) };
        Some(Self { bound_secs: u64::from_be_bytes(*bound_secs), crew, assign })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crew_comes_back_and_nothing_else_does() {
        let crew = Crew { keeper: Address::repeat_byte(9), miners: vec![Address::repeat_byte(1), Address::repeat_byte(2)] };
        for assign in [None, Some([7; 65])] {
            let record = CrewRecord { bound_secs: 1_000, crew: crew.clone(), assign };
            let bytes = record.encode();
            assert_eq!(CrewRecord::decode(&bytes), Some(record));
            assert_eq!(CrewRecord::decode(&bytes[..bytes.len() - 1]), None, "cut");
            assert_eq!(CrewRecord::decode(&[&bytes[..], &[0]].concat()), None, "longer");
        }
        assert_eq!(CrewRecord::decode(&[]), None);
    }
}
