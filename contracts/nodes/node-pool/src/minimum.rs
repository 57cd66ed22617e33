//! How the oldest software lies in storage. The rules are `cor_core::node::pool::set_minimum`.

use alloc::{vec, vec::Vec};

use alloy_primitives::U64;
use cor_core::govern::peer::{Peer, Successor};
use cor_core::node::pool::set_minimum;
use stylus_sdk::{prelude::*, storage::StorageU64};

/// The oldest software and the one that follows it, in one word.
#[storage]
pub struct MinimumRecord {
    current: StorageU64,
    next: StorageU64,
    next_at: StorageU64,
}

impl MinimumRecord {
    fn get(&self) -> Peer<u64> {
        let at: u64 = self.next_at.get().to();
        Peer { current: self.current.get().to(), next: (at != 0).then(|| Successor { peer: self.next.get().to(), at }) }
    }

    /// The oldest software now.
    pub(crate) fn now(&self) -> u64 {
        self.get().at(self.vm().block_timestamp())
    }

    /// The one that follows, and from when on, seconds since 1970; 0 and 0 if none does.
    pub(crate) fn next(&self) -> (u64, u64) {
        let now = self.vm().block_timestamp();
        self.get().next.filter(|next| next.at > now).map_or((0, 0), |next| (next.peer, next.at))
    }

    /// Sets it: a higher one after `wait_secs`. From when on it holds, seconds since 1970.
    pub(crate) fn set(&mut self, version: u64, wait_secs: u64) -> u64 {
        let now = self.vm().block_timestamp();
        let minimum = set_minimum(self.get(), now, wait_secs, version);
        let next = minimum.next.unwrap_or(Successor { peer: 0, at: 0 });
        self.current.set(U64::from(minimum.current));
        self.next.set(U64::from(next.peer));
        self.next_at.set(U64::from(next.at));
        next.at.max(now)
    }
}
