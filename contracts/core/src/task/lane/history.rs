//! What was said of a task, as bytes, and the seal over them.
//!
//! The history is the opening followed by records, each of a length that its first byte tells. The seal begins as the hash of the opening, and
//! each transaction hashes the old seal with what it adds: `seal = keccak256(seal ‖ record)`. All integers are big endian.
//!
//! ```text
//!  opening   perReplica 8 ‖ network 8 ‖ gas 8 ‖ terms 32 ‖ promptDigest 32 ‖ noReveal 8 ‖ badReveal 8 ‖ block 5 ‖ time 5 ‖ noResultGasCapBps 2
//!  0x01      n × (miner 20 ‖ commitment 32): the assignment; a zero commitment is none yet
//!  0x02      replica 1 ‖ commitment 32: a miner's own precommitment
//!  0x03      replica 1 ‖ resultDigest 32: a reveal
//!  0x04      replica 1: a reveal that does not open its commitment, or a second commitment, signed by its miner
//! ```

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, keccak256};

use super::tariff::Price;
use super::terms::LaneTerms;

/// Bytes of an opening.
pub const OPENING_BYTES: usize = 116;
/// Bytes of a seat in an assignment.
const SEAT_BYTES: usize = 52;

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
    /// Stake lost by a miner that is bound and spoils the outcome by its silence, grains.
    pub no_reveal: u64,
    /// Stake lost by a miner whose signed reveal does not open its commitment, or that signed a second commitment, grains.
    pub bad_reveal: u64,
    /// The block that holds the submission, 40 bits: its hash is one of the things that the miners are drawn by.
    pub block: u64,
    /// When it was submitted, seconds since 1970, 40 bits: it tells whose secret is another.
    pub time: u64,
    /// What the keeper has of its line without a result, basis points.
    pub no_result_gas_cap_bps: u16,
}

impl Opening {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(OPENING_BYTES);
        for number in [self.price.per_replica, self.price.network, self.price.gas] {
            put(&mut bytes, 8, number);
        }
        bytes.extend_from_slice(self.terms.pack().as_slice());
        bytes.extend_from_slice(self.prompt_digest.as_slice());
        for (width, number) in [(8, self.no_reveal), (8, self.bad_reveal), (5, self.block), (5, self.time)] {
            put(&mut bytes, width, number);
        }
        put(&mut bytes, 2, u64::from(self.no_result_gas_cap_bps));
        bytes
    }

    /// Reads the bytes of an opening, and nothing behind it.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        Self::decode(&mut reader).filter(|_| reader.0.is_empty())
    }

    #[inline(never)]
    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            price: Price { per_replica: reader.number(8)?, network: reader.number(8)?, gas: reader.number(8)? },
            terms: LaneTerms::unpack(reader.word()?),
            prompt_digest: reader.word()?,
            no_reveal: reader.number(8)?,
            bad_reveal: reader.number(8)?,
            block: reader.number(5)?,
            time: reader.number(5)?,
            no_result_gas_cap_bps: u16::try_from(reader.number(2)?).ok()?,
        })
    }
}

/// Appends the last `width` bytes of a number; a greater one is kept as the greatest that they hold.
#[inline(never)]
fn put(bytes: &mut Vec<u8>, width: usize, number: u64) {
    let all = number.to_be_bytes();
    let (lost, kept) = all.split_at(all.len().saturating_sub(width));
    if lost.iter().any(|byte| *byte != 0) {
        bytes.extend(core::iter::repeat_n(u8::MAX, width));
    } else {
        bytes.extend_from_slice(kept);
    }
}

/// One replica as the history tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Who serves it.
    pub miner: Address,
    /// What the miner is bound to, if it is.
    pub commitment: Option<B256>,
    /// What it revealed, if it did.
    pub digest: Option<B256>,
    /// Whether it signed a reveal that does not open its commitment, or a second commitment.
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
    pub fn miners(&self) -> Vec<Address> {
        self.told.iter().map(|told| told.miner).collect()
    }

    /// Its replicas by number, each as miner 20 ‖ commitment 32, zero if it is bound to none: as in the assignment's record.
    #[must_use]
    pub fn crew(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.told.len().saturating_mul(SEAT_BYTES).saturating_add(1));
        for told in &self.told {
            bytes.extend_from_slice(told.miner.as_slice());
            bytes.extend_from_slice(told.commitment.unwrap_or_default().as_slice());
        }
        bytes
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
                        let (miner, commitment) = (reader.address()?, reader.word()?);
                        seats.push((miner, (!commitment.is_zero()).then_some(commitment)));
                    }
                    history.assign(&seats);
                }
                PRECOMMITTED => {
                    let (replica, commitment) = (reader.byte()?, reader.word()?);
                    if commitment.is_zero() {
                        return None;
                    }
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
    pub fn assign(&mut self, seats: &[(Address, Option<B256>)]) -> Vec<u8> {
        self.told = seats.iter().map(|&(miner, commitment)| Told { miner, commitment, ..Told::default() }).collect();
        let mut record = self.crew();
        record.insert(0, ASSIGNED);
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

    /// Adds that its miner signed a bad reveal, or a second commitment. `None` if there is no such replica.
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

impl<'a> Reader<'a> {
    #[inline(never)]
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of at most eight bytes.
    #[inline(never)]
    fn number(&mut self, width: usize) -> Option<u64> {
        Some(self.take(width)?.iter().fold(0, |number, byte| number.wrapping_shl(8) | u64::from(*byte)))
    }

    fn address(&mut self) -> Option<Address> {
        self.take(20).map(Address::from_slice)
    }

    #[inline(never)]
    fn word(&mut self) -> Option<B256> {
        self.take(32).map(B256::from_slice)
    }
}
