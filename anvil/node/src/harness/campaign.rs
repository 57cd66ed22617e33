//! A fuzzer without tools: mutates inputs, keeps those that reach something new, and says how fast it is.
//!
//! It is no match for libFuzzer, but runs wherever the tests run, in a time that is known before, and the same way each time.

use std::{
    any::Any,
    cell::Cell,
    fmt,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Once,
    time::{Duration, Instant},
};

use alloy_primitives::hex;
use cor_errors::{Coded, Entry, table::harness};
use cor_stylus_vm::on_deep_stack;

use super::{Seen, TestChain, shrink::shrink};

/// Bytes of an input at most: calls to some dozens of functions, still short enough to be read.
const INPUT_BYTES: usize = 512;
/// Inputs kept. Another one takes the place of a random one: a contract with more ways than this wants a fuzzer with a corpus on disk.
const CORPUS_MAX: usize = 4_096;
/// Bytes that find edges more often than random ones.
const EDGES: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

/// What to run a fuzz target with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Campaign {
    /// Where the inputs come from: the same seed and the same program give the same inputs.
    pub seed: u64,
    /// Executions at most.
    pub executions: u64,
    /// Time at most; looked at before each execution.
    pub time: Duration,
}

/// What a campaign did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignReport {
    /// The seed.
    pub seed: u64,
    /// Times that the target ran.
    pub executions: u64,
    /// Transactions and views that it made.
    pub calls: u64,
    /// How long they took together.
    pub elapsed: Duration,
    /// Inputs that reached something new.
    pub kept: usize,
    /// Basic blocks of the contracts that were entered; 0 on a chain that does not count.
    pub entered: usize,
    /// Basic blocks that they have.
    pub blocks: usize,
}

/// A target panicked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("execution {execution} of seed {seed} failed with input {}: {message}", hex::encode_prefixed(.input))]
pub struct CampaignError {
    /// The seed.
    pub seed: u64,
    /// Number of the execution, from 1.
    pub execution: u64,
    /// What is left of its input after parts were taken out and bytes made zero as long as the target went on to panic; to be run again
    /// alone.
    pub input: Vec<u8>,
    /// What the target panicked with on that.
    pub message: String,
}

impl Coded for CampaignError {
    fn entry(&self) -> &'static Entry {
        &harness::CAMPAIGN_FOUND
    }
}

impl CampaignReport {
    /// Executions of the target a second.
    pub fn executions_per_sec(&self) -> f64 {
        self.per_sec(self.executions)
    }

    /// Transactions and views a second.
    pub fn calls_per_sec(&self) -> f64 {
        self.per_sec(self.calls)
    }

    fn per_sec(&self, count: u64) -> f64 {
        count as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

impl fmt::Display for CampaignReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, executions, elapsed, kept, entered, blocks, .. } = self;
        let (rate, calls) = (self.executions_per_sec(), self.calls_per_sec());
        writeln!(f, "seed {seed}: {executions} executions in {:.1} s", elapsed.as_secs_f64())?;
        writeln!(f, "{rate:.0} executions per second, {calls:.0} calls per second")?;
        write!(f, "{entered} of {blocks} basic blocks entered, {kept} inputs kept")
    }
}

impl Campaign {
    /// Runs `target` on one input after the other. The chain is as it was before each of them.
    ///
    /// A panic in `target` is a finding; what it does with a refused call is its own matter. The finding's input is made shorter until no
    /// part of it can be taken out, for which `target` runs some hundred times more, and at most 5,000 times.
    ///
    /// # Errors
    /// [`CampaignError`] with the first input that `target` panics on.
    pub fn run(&self, chain: &mut TestChain, target: impl FnMut(&mut TestChain, &[u8])) -> Result<CampaignReport, CampaignError> {
        on_deep_stack(|| self.run_here(chain, target))
    }

    fn run_here(
        &self,
        chain: &mut TestChain,
        mut target: impl FnMut(&mut TestChain, &[u8]),
    ) -> Result<CampaignReport, CampaignError> {
        let start = chain.snapshot();
        let mut mutator = Mutator { random: Random(self.seed), corpus: vec![Vec::new()] };
        let (mut seen, began, executed, mut executions) = (Seen::default(), Instant::now(), chain.executed(), 0);
        chain.coverage(|counters| counters.fill(0));
        while executions < self.executions && began.elapsed() < self.time {
            executions += 1;
            let input = mutator.next();
            let mut run = |input: &[u8]| {
                let outcome = catch_unwind(AssertUnwindSafe(|| target(chain, input)));
                // It is there: what the target reverts to itself are later ones.
                let _ = chain.revert(&start);
                outcome.err().map(|panic| message(&*panic))
            };
            if let Some(message) = run(&input) {
                let (input, message) = quietly(|| shrink(input, message, run));
                return Err(CampaignError { seed: self.seed, execution: executions, input, message });
            }
            if chain.coverage(|counters| seen.take(counters)) {
                mutator.keep(input);
            }
        }
        let kept = mutator.corpus.len() - 1;
        Ok(CampaignReport {
            seed: self.seed,
            executions,
            calls: chain.executed().wrapping_sub(executed),
            elapsed: began.elapsed(),
            kept,
            entered: seen.entered(),
            blocks: seen.blocks(),
        })
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` without a word of the panics in it on this thread: the first one was told, and the others are the same again.
fn quietly<R>(work: impl FnOnce() -> R) -> R {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                told(info);
            }
        }));
    });
    IS_QUIET.set(true);
    let done = work();
    IS_QUIET.set(false);
    done
}

/// Makes inputs of those that were worth keeping.
struct Mutator {
    random: Random,
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    fn next(&mut self) -> Vec<u8> {
        let mut input = self.pick().clone();
        for _ in 0..=self.random.below(4) {
            self.mutate(&mut input);
        }
        input.truncate(INPUT_BYTES);
        input
    }

    fn pick(&mut self) -> &Vec<u8> {
        let index = self.random.below(self.corpus.len());
        &self.corpus[index]
    }

    fn keep(&mut self, input: Vec<u8>) {
        if self.corpus.len() < CORPUS_MAX {
            self.corpus.push(input);
        } else {
            let index = self.random.below(CORPUS_MAX);
            self.corpus[index] = input;
        }
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let (at, kind) = (self.random.below(input.len() + 1), self.random.below(6));
        match (kind, input.get_mut(at)) {
            (0, Some(byte)) => *byte ^= 1 << self.random.below(8),
            (1, Some(byte)) => *byte = EDGES[self.random.below(EDGES.len())],
            (2, Some(byte)) => *byte = byte.wrapping_add(self.random.byte()),
            (3, Some(_)) => {
                let end = (at + 1 + self.random.below(16)).min(input.len());
                drop(input.drain(at..end));
            }
            (4, _) => {
                let other = self.pick().clone();
                drop(input.splice(at.., other.into_iter().skip(at / 2)));
            }
            _ => {
                let more: Vec<u8> = (0..=self.random.below(40)).map(|_| self.random.byte()).collect();
                drop(input.splice(at..at, more));
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): a few instructions, and any seed is a good one.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `bound`, which is small and not 0. The bias does not matter here.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_inputs() {
        let inputs = |seed| {
            let mut mutator = Mutator { random: Random(seed), corpus: vec![Vec::new()] };
            let mut inputs = Vec::new();
            for _ in 0..200 {
                let input = mutator.next();
                assert!(input.len() <= INPUT_BYTES);
                mutator.keep(input.clone());
                inputs.push(input);
            }
            inputs
        };
        assert_eq!(inputs(7), inputs(7));
        assert_ne!(inputs(7), inputs(8));
    }
}
