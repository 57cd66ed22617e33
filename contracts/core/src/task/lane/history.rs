//! What was said of a task, as bytes, and the seal over them.
//!
//! The history is the opening followed by records, each of a length that its first byte tells. The seal begins as the hash of the opening, and
//! each transaction hashes the old seal with what it adds: `seal = keccak256(seal ‖ record)`. All integers are big endian.
//!
//! ```text
//!  opening   perReplica 8 ‖ network 8 ‖ gas 8 ‖ terms 32 ‖ promptDigest 32 ‖ noReveal 8 ‖ badReveal 8 ‖ session 8 ‖ noResultGasCapBps 2
//!  0x01      n × (miner 20 ‖ registrationEpoch 8 ‖ commitment 32): the assignment; a zero commitment is none yet
//!  0x02      replica 1 ‖ commitment 32: a miner's own precommitment
//!  0x03      replica 1 ‖ resultDigest 32: a reveal
//!  0x04      replica 1: a reveal that does not open its commitment, signed by its miner
//! ```

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, keccak256};

use super::tariff::Price;
use super::terms::LaneTerms;

/// Bytes of an opening.
pub const OPENING_BYTES: usize = 114;
/// Bytes of a seat in an assignment.
const SEAT_BYTES: usize = 60;

/// First bytes of the records.
const ASSIGNED: u8 = 1;
const PRECOMMITTED: u8 = 2;
const REVEALED: u8 = 3;
const BAD: u8 = 4;

/// What a task was submitted with. Prices and penalties are those of that time, whatever is decided later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Prices.
    pub price: Price,
    /// Terms of the session.
    pub terms: LaneTerms,
    /// keccak256 of the prompt.
    pub prompt_digest: B256,
    /// Stake lost by a miner that commits and does not reveal, grains.
    pub no_reveal: u64,
    /// Stake lost by a miner whose signed reveal does not open its commitment, grains.
    pub bad_reveal: u64,
    /// The session.
    pub session: u64,
    /// What the keeper has of its line without a result, basis points.
    pub no_result_gas_cap_bps: u16,
}

impl Opening {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; OPENING_BYTES] {
        let mut bytes = [0_u8; OPENING_BYTES];
        let mut rest = bytes.as_mut_slice();
        let mut put = |field: &[u8]| {
            if let Some((place, behind)) = core::mem::take(&mut rest).split_at_mut_checked(field.len()) {
                place.copy_from_slice(field);
                rest = behind;
            }
        };
        for number in [self.price.per_replica, self.price.network, self.price.gas] {
            put(&number.to_be_bytes());
        }
        put(self.terms.pack().as_slice());
        put(self.prompt_digest.as_slice());
        for number in [self.no_reveal, self.bad_reveal, self.session] {
            put(&number.to_be_bytes());
        }
        put(&self.no_result_gas_cap_bps.to_be_bytes());
        bytes
    }

    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            price: Price { per_replica: reader.number()?, network: reader.number()?, gas: reader.number()? },
            terms: LaneTerms::unpack(reader.word()?),
            prompt_digest: reader.word()?,
            no_reveal: reader.number()?,
            bad_reveal: reader.number()?,
            session: reader.number()?,
            no_result_gas_cap_bps: reader.take().map(u16::from_be_bytes)?,
        })
    }
}

/// A miner of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assigned {
    /// The miner.
    pub miner: Address,
    /// Its registration in the NodePool.
    pub registration_epoch: u64,
}

/// One replica as the history tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Who serves it.
    pub assigned: Assigned,
    /// What the miner is bound to, if it is.
    pub commitment: Option<B256>,
    /// What it revealed, if it did.
    pub digest: Option<B256>,
    /// Whether it signed a reveal that does not open its commitment.
    pub bad: bool,
}

/// All that was said of a task so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// What it was submitted with.
    pub opening: Opening,
    /// keccak256 of the opening's bytes: the first seal.
    pub opening_hash: B256,
    /// Its replicas; empty until it is started.
    pub told: Vec<Told>,
    /// The seal over it.
    pub seal: B256,
}

impl History {
    /// The history of a task that was just submitted.
    #[must_use]
    pub fn begin(opening: Opening) -> Self {
        Self::of(opening, keccak256(opening.encode()))
    }

    const fn of(opening: Opening, opening_hash: B256) -> Self {
        Self { opening, opening_hash, told: Vec::new(), seal: opening_hash }
    }

    /// Who serves it, by replica.
    #[must_use]
    pub fn miners(&self) -> Vec<Assigned> {
        self.told.iter().map(|told| told.assigned).collect()
    }

    /// Reads a history. `None` if it is no history: cut off, out of order, or of replicas that are not there. Whether it is the task's own is told by
    /// its seal alone.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let opening = Opening::decode(&mut reader)?;
        let mut history = Self::of(opening, keccak256(bytes.get(..OPENING_BYTES)?));
        while let Some(kind) = reader.byte() {
            match kind {
                ASSIGNED if history.told.is_empty() => {
                    let mut seats = Vec::new();
                    for _ in 0..history.opening.terms.replicas {
                        let assigned = Assigned { miner: Address::new(reader.take()?), registration_epoch: reader.number()? };
                        let commitment = reader.word()?;
                        seats.push((assigned, (!commitment.is_zero()).then_some(commitment)));
                    }
                    history.assign(&seats);
                }
                PRECOMMITTED => {
                    let (replica, commitment) = (reader.byte()?, reader.word()?);
                    history.precommit(replica, commitment)?;
                }
                REVEALED => {
                    let (replica, digest) = (reader.byte()?, reader.word()?);
                    history.reveal(replica, digest)?;
                }
                BAD => {
                    let replica = reader.byte()?;
                    history.report(replica)?;
                }
                _ => return None,
            }
        }
        Some(history)
    }

    /// Adds the assignment. Returns the record's bytes, for the log.
    pub fn assign(&mut self, seats: &[(Assigned, Option<B256>)]) -> Vec<u8> {
        let mut record = Vec::with_capacity(seats.len().saturating_mul(SEAT_BYTES).saturating_add(1));
        record.push(ASSIGNED);
        for (assigned, commitment) in seats {
            record.extend_from_slice(assigned.miner.as_slice());
            record.extend_from_slice(&assigned.registration_epoch.to_be_bytes());
            record.extend_from_slice(commitment.unwrap_or_default().as_slice());
        }
        self.told = seats.iter().map(|&(assigned, commitment)| Told { assigned, commitment, ..Told::default() }).collect();
        self.add(record)
    }

    /// Adds a miner's own precommitment. `None` if there is no such replica.
    pub fn precommit(&mut self, replica: u8, commitment: B256) -> Option<Vec<u8>> {
        self.told.get_mut(usize::from(replica))?.commitment = Some(commitment);
        Some(self.add([&[PRECOMMITTED, replica], commitment.as_slice()].concat()))
    }

    /// Adds a reveal. `None` if there is no such replica.
    pub fn reveal(&mut self, replica: u8, digest: B256) -> Option<Vec<u8>> {
        self.told.get_mut(usize::from(replica))?.digest = Some(digest);
        Some(self.add([&[REVEALED, replica], digest.as_slice()].concat()))
    }

    /// Adds that a signed reveal was bad. `None` if there is no such replica.
    pub fn report(&mut self, replica: u8) -> Option<Vec<u8>> {
        self.told.get_mut(usize::from(replica))?.bad = true;
        Some(self.add([BAD, replica].to_vec()))
    }

    fn add(&mut self, record: Vec<u8>) -> Vec<u8> {
        self.seal = keccak256([self.seal.as_slice(), &record].concat());
        record
    }
}

/// Reads from the front of a slice; at its end there is nothing.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn word(&mut self) -> Option<B256> {
        self.take().map(B256::new)
    }
}
