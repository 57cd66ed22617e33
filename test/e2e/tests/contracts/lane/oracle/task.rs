//! A task, its history, and what its terms say.

use alloy::primitives::{Address, B256, keccak256};
use cor_sol::lane::ILane;

use super::{Around, Config};

/// Bytes of an opening.
pub(crate) const OPENING: usize = 116;

/// A number of at most eight bytes, the most significant first.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// openSecs, precommitSecs and revealSecs.
pub(crate) fn phases(terms: B256) -> [u64; 3] {
    [16, 19, 22].map(|at| number(&terms[at..at + 3]))
}

/// When the task of an opening was submitted, seconds since 1970.
pub(crate) fn submitted_at(history: &[u8]) -> u64 {
    number(&history[109..114])
}

/// What a replica's miner did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seat {
    Silent,
    Committed,
    /// Its answer is that of this replica.
    Revealed(usize),
    Lied,
}

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: B256,
    pub(crate) payer: Address,
    pub(crate) phase: u8,
    pub(crate) status: u8,
    pub(crate) last_call: bool,
    pub(crate) deadline: u64,
    pub(crate) seats: Vec<Seat>,
    /// The keeper while it runs, the mark once it ended.
    pub(crate) served: Address,
    pub(crate) seal: B256,
    pub(crate) history: Vec<u8>,
    pub(crate) charged: u64,
    pub(crate) terms: B256,
    pub(crate) per_replica: u64,
    pub(crate) network: u64,
    pub(crate) gas: u64,
    pub(crate) config: Config,
    pub(crate) submitted_at: u64,
    /// Who sits where, and what each is bound to: from the start on.
    pub(crate) crew: Vec<Address>,
    pub(crate) commitments: Vec<B256>,
    pub(crate) digests: Vec<Option<B256>>,
}

impl Task {
    pub(super) fn submitted(around: &Around<'_>, config: Config, tariff: &B256, call: &ILane::submitCall) -> Self {
        let [per_replica, network, gas] = [0, 8, 16].map(|at| number(&tariff[at..at + 8]));
        let replicas = usize::from(call.terms[13]);
        let parts: [&[u8]; 8] = [
            &tariff[..24],
            call.terms.as_slice(),
            call.promptDigest.as_slice(),
            &config.no_reveal.to_be_bytes(),
            &config.bad_reveal.to_be_bytes(),
            &around.block.to_be_bytes()[3..],
            &around.now.to_be_bytes()[3..],
            &config.cap_bps.to_be_bytes(),
        ];
        let history = parts.concat();
        Self {
            id: name(around.from, call.sequence),
            payer: around.from,
            phase: 1,
            status: 0,
            last_call: false,
            deadline: around.now + phases(call.terms)[0],
            seats: vec![Seat::Silent; replicas],
            served: Address::ZERO,
            seal: keccak256(&history),
            history,
            charged: per_replica * replicas as u64 + network + gas,
            terms: call.terms,
            per_replica,
            network,
            gas,
            config,
            submitted_at: around.now,
            crew: Vec::new(),
            commitments: Vec::new(),
            digests: vec![None; replicas],
        }
    }

    pub(crate) fn replicas(&self) -> usize {
        self.seats.len()
    }

    /// How many answers that agree it takes, counted out.
    pub(crate) fn votes(&self) -> usize {
        let quorum = usize::try_from(number(&self.terms[14..16])).expect("16 bits");
        let enough = |votes: &usize| votes * 10_000 >= quorum * self.replicas();
        (0..=self.replicas()).find(enough).expect("all are enough")
    }

    pub(super) fn count(&self, wanted: impl Fn(Seat) -> bool) -> usize {
        self.seats.iter().filter(|seat| wanted(**seat)).count()
    }

    /// Those whose answer most gave, and whose it was first.
    pub(super) fn most(&self) -> (usize, usize) {
        let groups = (0..self.replicas()).map(|first| (self.count(|seat| seat == Seat::Revealed(first)), first));
        groups.max().expect("a task has replicas")
    }

    pub(super) fn push(&mut self, record: &[u8]) {
        self.history.extend_from_slice(record);
        self.seal = keccak256([self.seal.as_slice(), record].concat());
    }

    /// A seat of its own digest's group: the first to show it.
    pub(super) fn show(&mut self, replica: usize, digest: B256) {
        let same = (0..self.replicas()).find(|other| self.digests[*other] == Some(digest));
        self.seats[replica] = same.map_or(Seat::Revealed(replica), |first| self.seats[first]);
        self.digests[replica] = Some(digest);
    }

    pub(crate) fn seat_bits(&self) -> u32 {
        let bits = self.seats.iter().map(|seat| match seat {
            Seat::Silent => 0,
            Seat::Committed => 1,
            Seat::Revealed(first) => 2 + u32::try_from(*first).expect("few replicas"),
            Seat::Lied => 15,
        });
        bits.enumerate().map(|(replica, bits)| bits << (24 - 4 * replica)).sum()
    }

    /// State and seal.
    pub(crate) fn words(&self) -> (B256, B256) {
        let replicas = u8::try_from(self.replicas()).expect("few replicas");
        let parts: [&[u8]; 5] = [
            &[self.phase, self.status, u8::from(self.last_call) << 7 | replicas],
            &self.deadline.to_be_bytes()[3..],
            &self.seat_bits().to_be_bytes(),
            self.served.as_slice(),
            &[],
        ];
        (B256::from_slice(&parts.concat()), self.seal)
    }
}

pub(crate) fn name(payer: Address, sequence: u64) -> B256 {
    keccak256([&[6][..], payer.as_slice(), &sequence.to_be_bytes()].concat())
}

pub(crate) fn assignment(task: B256, opening: &[u8], keeper: Address, crew: &[Address]) -> B256 {
    let miners = crew.iter().flat_map(|miner| miner.0.0).collect::<Vec<_>>();
    keccak256([task.as_slice(), keccak256(opening).as_slice(), keeper.as_slice(), &miners].concat())
}

/// The seal over bytes as a history, if they have the form of one: an opening, an assignment, and what follows from it.
pub(super) fn sealed(history: &[u8]) -> Option<B256> {
    let (opening, mut rest) = history.split_at_checked(OPENING)?;
    let replicas = usize::from(opening[24 + 13]);
    let mut seal = keccak256(opening);
    let mut assigned = false;
    while let Some(kind) = rest.first() {
        let length = match (kind, assigned) {
            (1, false) => 1 + 52 * replicas,
            (2 | 3, true) => 34,
            (4, true) => 2,
            _ => return None,
        };
        assigned = true;
        let (record, after) = rest.split_at_checked(length)?;
        if *kind == 2 && record[2..].iter().all(|byte| *byte == 0) {
            return None;
        }
        seal = keccak256([seal.as_slice(), record].concat());
        rest = after;
    }
    Some(seal)
}

/// Who serves and what each is bound to in the end, 52 bytes each, by bytes that have the form of a history.
pub(super) fn crew(history: &[u8]) -> Vec<u8> {
    let replicas = usize::from(history[24 + 13]);
    let (mut crew, mut rest) = (Vec::new(), &history[OPENING..]);
    while let Some(kind) = rest.first() {
        let length = [1 + 52 * replicas, 34, 34, 2][usize::from(kind - 1)];
        let (record, after) = rest.split_at(length);
        match kind {
            1 => crew = record[1..].to_vec(),
            2 => {
                let at = 52 * usize::from(record[1]) + 20;
                crew[at..at + 32].copy_from_slice(&record[2..]);
            }
            _ => {}
        }
        rest = after;
    }
    crew
}
