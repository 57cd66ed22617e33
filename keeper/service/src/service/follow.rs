//! Following the chain: which blocks' logs to read next.

use cor_ports::{Chain, ChainError};

/// Most blocks whose logs are read at a time: RPC providers refuse larger ranges.
const BLOCK_RANGE_MAX: u64 = 2_000;

/// Remembers how far the logs were read.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// Last block whose logs were read; `None` at the start.
    read_to: Option<u64>,
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// Everything that may be open: nothing was read yet, or the chain was rolled back.
    All,
    /// Tasks with a log in the blocks that came since.
    Touched(Vec<u64>),
}

/// News, and the block up to which they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) news: News,
    up_to: u64,
}

/// Blocks to read.
#[derive(Debug, PartialEq, Eq)]
enum Span {
    All,
    Blocks { from: u64, to: u64 },
    Nothing,
}

impl Follower {
    /// What came since the last look that was marked as [`Follower::seen`]; `None` if nothing did.
    ///
    /// # Errors
    /// Those of the chain.
    pub(super) async fn look(&self, chain: &dyn Chain) -> Result<Option<Look>, ChainError> {
        let head = chain.head().await?.number;
        Ok(match span(self.read_to, head) {
            Span::Nothing => None,
            Span::All => Some(Look { news: News::All, up_to: head }),
            Span::Blocks { from, to } => Some(Look { news: News::Touched(chain.touched_tasks(from, to).await?), up_to: to }),
        })
    }

    /// The news were dealt with. Without this the next look shows them again.
    pub(super) const fn seen(&mut self, look: &Look) {
        self.read_to = Some(look.up_to);
    }
}

const fn span(read_to: Option<u64>, head: u64) -> Span {
    match read_to {
        Some(last) if head == last => Span::Nothing,
        Some(last) if head > last => {
            let limit = last.saturating_add(BLOCK_RANGE_MAX);
            Span::Blocks { from: last.saturating_add(1), to: if head < limit { head } else { limit } }
        }
        Some(_) | None => Span::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_once_and_in_bounded_ranges() {
        for (read_to, head, expected) in [
            (None, 0, Span::All),
            (None, 5_000, Span::All),
            (Some(7), 7, Span::Nothing),
            (Some(7), 8, Span::Blocks { from: 8, to: 8 }),
            (Some(7), 2_007, Span::Blocks { from: 8, to: 2_007 }),
            (Some(7), 2_008, Span::Blocks { from: 8, to: 2_007 }),
            (Some(7), 6, Span::All),
        ] {
            assert_eq!(span(read_to, head), expected, "read to {read_to:?}, head {head}");
        }
    }

    #[test]
    fn only_what_was_dealt_with_counts_as_read() {
        let mut follower = Follower::default();
        let look = Look { news: News::Touched(vec![3]), up_to: 9 };
        assert_eq!(span(follower.read_to, 9), Span::All);
        follower.seen(&look);
        assert_eq!(span(follower.read_to, 9), Span::Nothing);
    }
}
