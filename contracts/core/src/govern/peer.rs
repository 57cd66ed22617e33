//! An address that a contract asks or pays, which cannot be replaced overnight.

/// A peer and its successor. `A` is an address, or another value that is replaced so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peer<A> {
    /// Who was named first, or last replaced.
    pub current: A,
    /// Who replaces it.
    pub next: Option<Successor<A>>,
}

/// Who replaces a peer, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Successor<A> {
    /// The next peer.
    pub peer: A,
    /// From when on, seconds since 1970.
    pub at: u64,
}

impl<A: Copy> Peer<A> {
    /// Who is the peer at `now`.
    #[must_use]
    pub fn at(self, now: u64) -> A {
        match self.next {
            Some(next) if next.at <= now => next.peer,
            _ => self.current,
        }
    }

    /// Names a successor for `now + delay_secs`, in place of any other that has not taken over.
    #[must_use]
    pub fn propose(self, now: u64, delay_secs: u64, peer: A) -> Self {
        let at = now.saturating_add(delay_secs);
        Self { current: self.at(now), next: Some(Successor { peer, at }) }
    }

    /// Forgets a successor that has not taken over.
    #[must_use]
    pub fn keep(self, now: u64) -> Self {
        Self { current: self.at(now), next: None }
    }
}

#[cfg(test)]
mod tests {
    use super::Peer;

    #[test]
    fn a_successor_takes_over_after_the_delay_and_not_before() {
        let peer = Peer { current: 'a', next: None }.propose(100, 50, 'b');
        for (now, who) in [(100, 'a'), (149, 'a'), (150, 'b'), (u64::MAX, 'b')] {
            assert_eq!(peer.at(now), who, "at {now}");
        }
        assert_eq!(peer.keep(149).at(u64::MAX), 'a');
        assert_eq!(peer.keep(150).at(0), 'b', "who has taken over stays");
        let third = peer.propose(120, 50, 'c');
        assert_eq!((third.at(169), third.at(170)), ('a', 'c'));
        assert_eq!(peer.propose(160, 50, 'c').at(209), 'b');
    }
}
