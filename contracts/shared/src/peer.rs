//! A peer that is replaced with a delay. The rules are `cor_core::govern::peer`.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U64};
use cor_core::govern::peer::{Peer, Successor};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageU64},
};

/// A peer and its successor, in two words.
#[storage]
pub struct PeerRecord {
    current: StorageAddress,
    next: StorageAddress,
    next_at: StorageU64,
}

impl PeerRecord {
    /// As stored.
    pub fn get(&self) -> Peer<Address> {
        let at: u64 = self.next_at.get().to();
        Peer { current: self.current.get(), next: (at != 0).then(|| Successor { peer: self.next.get(), at }) }
    }

    /// Who is the peer now.
    pub fn now(&self) -> Address {
        self.get().at(self.vm().block_timestamp())
    }

    /// Names `peer`: at once if there is nothing to wait for, else as the successor. From when on it is the peer, seconds since 1970.
    pub fn name(&mut self, peer: Address, wait_secs: u64) -> u64 {
        let now = self.vm().block_timestamp();
        let at = now.saturating_add(wait_secs);
        let named = if wait_secs == 0 { Peer { current: peer, next: None } } else { self.get().propose(now, wait_secs, peer) };
        self.set(named);
        at
    }

    /// The peer now, its successor and from when on that is the peer; zero and 0 if there is none.
    pub fn view(&self) -> (Address, Address, u64) {
        let now = self.vm().block_timestamp();
        let peer = self.get();
        let next = peer.next.filter(|next| next.at > now).unwrap_or(Successor { peer: Address::ZERO, at: 0 });
        (peer.at(now), next.peer, next.at)
    }

    /// Stores it.
    pub fn set(&mut self, peer: Peer<Address>) {
        let next = peer.next.unwrap_or(Successor { peer: Address::ZERO, at: 0 });
        self.current.set(peer.current);
        self.next.set(next.peer);
        self.next_at.set(U64::from(next.at));
    }
}
