//! Following the chain: which blocks' logs to read next, and where to begin after a start.

use std::collections::VecDeque;

use alloy_primitives::B256;
use cor_ports::domain::Head;
use cor_ports::{Chain, ChainError, Journal};
use tracing::{info, warn};

use super::mark;
use crate::machine::pause::Pause;

/// Most blocks whose logs are read at a time: RPC providers refuse larger ranges.
const BLOCK_RANGE_MAX: u64 = 2_000;
/// Last blocks that may be replaced yet: the mark stays below them, so that they are read again after a rollback or a restart. Too small: a task that comes in
/// another block then is not seen. Too large: logs are read twice.
pub(super) const REPLACED_BLOCKS_MAX: u64 = 64;
/// Most blocks that are read again after a head that was too low. It is less than are read at a time: else nothing new would be, where every second head is too low.
const READ_AGAIN_MAX: u64 = BLOCK_RANGE_MAX / 2;
/// Seconds of nothing but heads that are too low, after which they are believed: then it was the one before that was too high, or the chain was rolled back deeper than any
/// is. Too small: a node that lags has all blocks read again, once it is believed and again once it is not. Too large: nothing is seen for as long.
const LOW_HEADS_SECS: u64 = 30;
/// Seconds for which a mark waits: what was read by a head that was too high must not move it before that is found out.
const MARK_SECS: u64 = 2 * LOW_HEADS_SECS;
/// Most looks of which it is known where the mark could have been: there are more only where heads go to and fro.
const MARKS_MAX: usize = 1_024;
/// Blocks by which a mark moves before it is written. It saves the reading of as many, which is one question; a write for each block would wear the disk.
const MARK_STEP_BLOCKS: u64 = 500;

/// Remembers how far the logs were read, and up to where nothing in them concerns the service any more.
#[derive(Debug)]
pub(super) struct Follower {
    /// Journal key of the mark.
    key: &'static str,
    /// First block whose logs were not read; `None`: all is to be read anew from the mark on.
    next: Option<u64>,
    /// How often the chain was rolled back.
    rollbacks: u64,
    /// First block of which nothing was told, be it dealt with or not.
    told_below: u64,
    /// Whether the journal was asked for its mark.
    is_begun: bool,
    /// Block below which every task of interest has ended, also if the last blocks are replaced.
    mark: u64,
    /// Where the mark could have been after the last looks, from the last one that the mark need not wait for any more on.
    marks: VecDeque<Settled>,
    /// The mark as the journal has it.
    written: Option<u64>,
    /// The last block, when it was last looked for.
    head: Option<Head>,
    /// Heads that were too low to be believed, and nothing else since the first of them.
    low: Option<Low>,
}

/// A block below which nothing was of interest any more, after a look.
#[derive(Debug, Clone, Copy)]
struct Settled {
    /// The block.
    below: u64,
    /// The first block that was not read then.
    next: u64,
    /// Of the time for which the mark waits.
    pause: Pause,
    /// When, seconds since 1970.
    at_secs: u64,
}

/// Heads that were refused.
#[derive(Debug)]
struct Low {
    /// Until they are believed.
    pause: Pause,
    /// The first block beyond the lowest of them.
    end: u64,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// Tasks with a log in the blocks that were read.
    pub(super) touched: Vec<B256>,
    /// The blocks whose other logs are to be read, the first and the last; `None` if there is none. Some of before are among them: a node that lags leaves out what
    /// it does not have yet, and does not say so. What is read twice must not count twice.
    pub(super) range: Option<(u64, u64)>,
    /// Whether all that is known is to be read again: after the start, and after the chain was rolled back.
    pub(super) is_anew: bool,
    /// Whether there are more blocks to read.
    pub(super) is_behind: bool,
    next: u64,
    /// The first block that was not read before.
    from: u64,
    /// When, seconds since 1970.
    at_secs: u64,
}

impl Look {
    /// The first block whose logs tell of [`Look::touched`].
    pub(super) fn first(&self) -> u64 {
        self.range.map_or(self.next, |(from, _)| from)
    }
}

/// Blocks to read; none if `from` is above `to`.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    from: u64,
    to: u64,
    is_anew: bool,
}

impl Follower {
    /// Begins at the mark of this key.
    pub(super) const fn new(key: &'static str) -> Self {
        Self {
            key,
            next: None,
            rollbacks: 0,
            told_below: 0,
            is_begun: false,
            mark: 0,
            marks: VecDeque::new(),
            written: None,
            head: None,
            low: None,
        }
    }

    /// The last block at the last look, by whose time the contracts go; `None` before the first one.
    pub(super) const fn head(&self) -> Option<Head> {
        self.head
    }

    /// The block below which nothing is of interest any more.
    pub(super) const fn mark(&self) -> u64 {
        self.mark
    }

    /// How often the chain was found to be rolled back.
    pub(super) const fn rollbacks(&self) -> u64 {
        self.rollbacks
    }

    /// What came since the last look that was marked as [`Follower::seen`]; `None` if nothing did.
    ///
    /// # Errors
    /// Those of chain and journal.
    pub(super) async fn look(
        &mut self,
        chain: &dyn Chain,
        journal: &dyn Journal,
        now_secs: u64,
    ) -> Result<Option<Look>, ChainError> {
        let found = self.ask_head(chain).await?;
        let (head, first) = (found.number, chain.first_block());
        self.weigh(head, first, now_secs)?;
        self.head = Some(found);
        if !self.is_begun {
            self.written = mark::read(journal, self.key).await?;
            self.mark = self.written.unwrap_or(first);
            self.is_begun = true;
        }
        // Kept until what it brings was dealt with, though the chain has grown again meanwhile.
        if is_rolled_back(self.told_below, first, head) {
            (self.next, self.told_below) = (None, 0);
            self.rollbacks = self.rollbacks.saturating_add(1);
        }
        let Some(Span { from, to, is_anew }) = span(self.next, self.mark, first, head) else { return Ok(None) };
        if is_anew {
            info!(from, head, "reading the chain");
        }
        let touched = if from <= to { chain.touched_tasks(from, to).await? } else { Vec::new() };
        let next = if from <= to { to.saturating_add(1) } else { from };
        self.told_below = self.told_below.max(next);
        let range = (from <= to).then_some((once_more(from, to, first), to));
        Ok(Some(Look { touched, range, is_anew, is_behind: to < head, next, from, at_secs: now_secs }))
    }

    /// The last block. One that is much above the last, or the first of all, is asked for twice, and the lower one taken: a head that is too high has blocks taken for read that there
    /// are not yet.
    async fn ask_head(&self, chain: &dyn Chain) -> Result<Head, ChainError> {
        let found = chain.head().await?;
        let is_near = |last: Head| found.number <= last.number.saturating_add(REPLACED_BLOCKS_MAX);
        if self.head.is_some_and(is_near) {
            return Ok(found);
        }
        let again = chain.head().await?;
        Ok(if again.number < found.number { again } else { found })
    }

    /// Refuses a head that is too low, until there has been no other for a while. The next one that is not has what may have been missed read again: blocks that a head
    /// that was too high had taken for read.
    fn weigh(&mut self, head: u64, first: u64, now_secs: u64) -> Result<(), ChainError> {
        let end = head.saturating_add(1);
        let Err(refused) = refuse_laggard(self.told_below, head) else {
            if let Some(low) = self.low.take() {
                let from =
                    low.end.saturating_sub(REPLACED_BLOCKS_MAX).max(self.told_below.saturating_sub(READ_AGAIN_MAX)).max(first);
                self.next = self.next.map(|next| next.min(from));
            }
            return Ok(());
        };
        let low = self.low.get_or_insert(Low { pause: Pause::new(now_secs, LOW_HEADS_SECS), end });
        low.end = low.end.min(end);
        if !low.pause.is_over(now_secs) {
            return Err(refused);
        }
        warn!(head, told = self.told_below, "there are fewer blocks than the node told of; they are read again");
        // There may be more than blocks are replaced since the first of them.
        self.mark = self.mark.min(low.end.saturating_sub(REPLACED_BLOCKS_MAX));
        self.marks.clear();
        self.low = None;
        Ok(())
    }

    /// The news were dealt with. Without this the next look shows them again. `oldest`: the block in which the oldest open task of interest was submitted. The mark waits until no
    /// rollback is feared any more that opens again what has ended since.
    ///
    /// # Errors
    /// Those of the journal.
    pub(super) async fn seen(&mut self, look: &Look, oldest: Option<u64>, journal: &dyn Journal) -> Result<(), ChainError> {
        self.next = Some(look.next);
        let settled = look.next.saturating_sub(REPLACED_BLOCKS_MAX);
        let below = oldest.map_or(settled, |oldest| oldest.min(settled));
        let (at_secs, pause) = (look.at_secs, Pause::new(look.at_secs, MARK_SECS));
        if self.marks.is_empty() {
            self.marks.push_back(Settled { below: self.mark.min(look.from), next: look.from, pause, at_secs });
        }
        // One for each second is enough, however many ranges are read in it.
        match self.marks.back_mut().filter(|last| last.at_secs == at_secs) {
            Some(last) => (last.below, last.next) = (last.below.min(below), look.next),
            None => self.marks.push_back(Settled { below, next: look.next, pause, at_secs }),
        }
        let is_old = |later: &Settled| later.next <= settled && later.pause.is_over(look.at_secs);
        while self.marks.get(1).is_some_and(is_old) {
            self.marks.pop_front();
        }
        if self.marks.len() > MARKS_MAX
            && let Some(first) = self.marks.pop_front()
            && let Some(second) = self.marks.front_mut()
        {
            second.below = second.below.min(first.below);
        }
        self.mark = self.marks.iter().map(|marks| marks.below).min().unwrap_or(below);
        // One that is too high would hide tasks, so it is written at once.
        let is_due = |written| self.mark < written || self.mark >= written.saturating_add(MARK_STEP_BLOCKS);
        if self.written.is_none_or(is_due) {
            mark::write(journal, self.key, self.mark).await?;
            self.written = Some(self.mark);
        }
        Ok(())
    }
}

/// What to read of a chain whose logs begin in the block `first` and whose last block is `head`; `None` if there is nothing.
fn span(next: Option<u64>, mark: u64, first: u64, head: u64) -> Option<Span> {
    let is_anew = next.is_none();
    let from = next.unwrap_or_else(|| settled(mark, head).max(first));
    let to = head.min(from.saturating_add(BLOCK_RANGE_MAX - 1));
    (is_anew || from <= head).then_some(Span { from, to, is_anew })
}

/// Where to read from so that the last blocks before `from` are read once more, in a range that is not too large.
fn once_more(from: u64, to: u64, first: u64) -> u64 {
    let least = to.saturating_sub(BLOCK_RANGE_MAX - 1).max(first);
    from.saturating_sub(REPLACED_BLOCKS_MAX).max(least).min(from)
}

/// Refuses a head that is further below what was told of the chain than blocks are replaced: one answer of a node that lags would have all blocks since then read again.
fn refuse_laggard(told_below: u64, head: u64) -> Result<(), ChainError> {
    let end = head.saturating_add(1);
    if told_below.saturating_sub(end) <= REPLACED_BLOCKS_MAX {
        return Ok(());
    }
    let most = REPLACED_BLOCKS_MAX;
    Err(ChainError::HistoryMissing {
        what: format!("the blocks from {end} to {}", told_below.saturating_sub(1)),
        detail: format!(
            "they were read before. It lags; or it told of too many, or the chain was rolled back by more than {most} blocks: that is believed after {LOW_HEADS_SECS} s"
        ),
    })
}

/// Whether the chain is shorter than what was told of it.
fn is_rolled_back(told_below: u64, first: u64, head: u64) -> bool {
    told_below > head.saturating_add(1).max(first)
}

/// A block that is not beyond the head. What is, is told by a node that lags, or by a chain that was rolled back, which may have replaced some blocks below its
/// head too.
const fn settled(block: u64, head: u64) -> u64 {
    let end = head.saturating_add(1);
    if block > end { end.saturating_sub(REPLACED_BLOCKS_MAX) } else { block }
}

#[cfg(test)]
mod tests {
    use cor_errors::Coded as _;

    use super::*;

    #[test]
    fn blocks_are_read_once_and_in_bounded_ranges() {
        let anew = |from, to| Some(Span { from, to, is_anew: true });
        let more = |from, to| Some(Span { from, to, is_anew: false });
        for (next, mark, first, head, expected) in [
            // The start: at the mark, and never below the first block that can hold a log.
            (None, 7, 7, 7, anew(7, 7)),
            (None, 7, 7, 5_000, anew(7, 2_006)),
            (None, 4_000, 7, 5_000, anew(4_000, 5_000)),
            (None, 3, 7, 9, anew(7, 9)),
            // A node that lags.
            (None, 4_000, 7, 500, anew(437, 500)),
            (None, 501, 7, 500, anew(501, 500)),
            (None, 7, 7, 5, anew(7, 5)),
            (Some(7), 7, 7, 5, None),
            // On and on.
            (Some(8), 7, 7, 7, None),
            (Some(8), 7, 7, 8, more(8, 8)),
            (Some(8), 7, 7, 2_007, more(8, 2_007)),
            (Some(8), 7, 7, 2_008, more(8, 2_007)),
        ] {
            assert_eq!(span(next, mark, first, head), expected, "next {next:?}, mark {mark}, first {first}, head {head}");
        }
    }

    #[test]
    fn a_node_that_lags_by_more_than_blocks_are_replaced_is_not_believed() {
        for (told_below, head) in [(0, 0), (0, 500), (501, 500), (565, 500), (501, 437), (64, 0)] {
            assert!(refuse_laggard(told_below, head).is_ok(), "{told_below} {head}");
        }
        for (told_below, head, lost) in [(566, 500, "501 to 565"), (60_001, 10, "11 to 60000"), (66, 0, "1 to 65")] {
            let error = refuse_laggard(told_below, head).unwrap_err();
            assert!(error.code() == "CHN-011" && error.to_string().contains(lost), "{error}");
        }
    }

    #[test]
    fn the_last_blocks_are_read_once_more_as_far_as_the_range_allows() {
        for (from, to, first, expected) in [
            (500, 500, 7, 436),
            (70, 70, 7, 7),
            (7, 2_006, 7, 7),
            (2_007, 4_006, 7, 2_007),
            (2_007, 3_946, 7, 1_947),
            (2_007, 2_010, 7, 1_943),
            (3, 3, 7, 3),
        ] {
            assert_eq!(once_more(from, to, first), expected, "{from} to {to}");
        }
    }

    #[test]
    fn a_chain_that_is_shorter_than_before_was_rolled_back() {
        for (told_below, first, head, expected) in [
            (0, 7, 200, false),
            (501, 7, 500, false),
            (502, 7, 500, true),
            // A node that does not have the network's first block yet.
            (7, 7, 5, false),
            (8, 7, 5, true),
        ] {
            assert_eq!(is_rolled_back(told_below, first, head), expected, "told below {told_below}, first {first}, head {head}");
        }
    }
}
