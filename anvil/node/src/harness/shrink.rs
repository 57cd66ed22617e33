//! Makes the input of a finding shorter, so that it can be read.

use std::collections::HashSet;

/// Executions spent on one finding: some hundreds for most, more where steps have many sizes.
const RUNS_MAX: usize = 5_000;

/// Takes blocks out of `input` as long as `run` still answers what the target panicked with, until no block of any size at any offset can
/// be taken out and no byte made zero, or it was run often enough. Answers what is left, and what the target panics with on that.
pub(super) fn shrink(input: Vec<u8>, message: String, run: impl FnMut(&[u8]) -> Option<String>) -> (Vec<u8>, String) {
    let mut shrinking = Shrinking { input, message, run, tried: HashSet::new(), runs_left: RUNS_MAX };
    // What is cheap goes first, as long as it helps at all: to look at every block takes thousands of runs for a long input, and fewer
    // if many of its bytes are alike.
    while shrinking.halves() || shrinking.steps() || shrinking.zeros() || shrinking.every_block() {}
    (shrinking.input, shrinking.message)
}

struct Shrinking<F> {
    input: Vec<u8>,
    message: String,
    run: F,
    /// What does not panic. A block of equal bytes gives the same input at many offsets.
    tried: HashSet<Vec<u8>>,
    runs_left: usize,
}

impl<F: FnMut(&[u8]) -> Option<String>> Shrinking<F> {
    /// Blocks of half the input, of a quarter and so on, down to single bytes. Whether one went.
    fn halves(&mut self) -> bool {
        let before = self.input.len();
        let mut size = before.div_ceil(2);
        while size > 0 {
            self.side_by_side(size);
            size /= 2;
        }
        self.input.len() < before
    }

    /// Blocks of every size, side by side: whole steps, if all steps of a target are of one size. Whether one went.
    fn steps(&mut self) -> bool {
        let before = self.input.len();
        let mut size = 1;
        while size <= self.input.len() {
            self.side_by_side(size);
            size += 1;
        }
        self.input.len() < before
    }

    /// Blocks of every size at every offset. Small ones first: a step is rarely long, and what it leaves is shorter. Whether one went.
    fn every_block(&mut self) -> bool {
        let before = self.input.len();
        let mut size = 1;
        while size <= self.input.len() {
            let mut end = self.input.len();
            while end >= size {
                let begin = end - size;
                // What is in front of a block that went, and as long, is likely to be the next one.
                end = if self.take_out(begin, end) { begin } else { end - 1 };
            }
            size += 1;
        }
        self.input.len() < before
    }

    /// Blocks of one size, from the last one on: what comes after the fault is not needed at all. They are counted from the front, where a
    /// target begins to read.
    fn side_by_side(&mut self, size: usize) {
        for index in (0..self.input.len().div_ceil(size)).rev() {
            let begin = index * size;
            self.take_out(begin, self.input.len().min(begin + size));
        }
    }

    /// Makes single bytes zero: what is left is easier to read, and a byte that says how long a part is no longer keeps that part in.
    /// Whether one changed.
    fn zeros(&mut self) -> bool {
        let mut changed = false;
        for at in (0..self.input.len()).rev().filter(|at| self.input[*at] != 0).collect::<Vec<_>>() {
            let mut plainer = self.input.clone();
            plainer[at] = 0;
            changed |= self.take(plainer);
        }
        changed
    }

    fn take_out(&mut self, begin: usize, end: usize) -> bool {
        self.take([&self.input[..begin], &self.input[end..]].concat())
    }

    /// Goes on with `input` if the target panics on it, too.
    fn take(&mut self, input: Vec<u8>) -> bool {
        if self.runs_left == 0 || self.tried.contains(&input) {
            return false;
        }
        self.runs_left -= 1;
        let Some(message) = (self.run)(&input) else {
            self.tried.insert(input);
            return false;
        };
        (self.input, self.message) = (input, message);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shrinks `input`, and how often the target ran for it.
    fn shrunk(input: Vec<u8>, panics: impl Fn(&[u8]) -> bool) -> (Vec<u8>, usize) {
        let mut runs = 0;
        let run = |input: &[u8]| {
            runs += 1;
            panics(input).then(|| input.len().to_string())
        };
        let (input, message) = shrink(input, "first".to_owned(), run);
        assert!(message == input.len().to_string() || message == "first", "{message}");
        (input, runs)
    }

    #[test]
    fn an_input_shrinks_to_what_it_takes() {
        let (input, _) = shrunk((0..200).collect(), |input| input.contains(&7) && input.contains(&9));
        assert_eq!(input, [7, 9]);
        assert_eq!(shrunk(Vec::new(), |_| false), (Vec::new(), 0));
    }

    /// Steps that are all of one size fit together only if whole ones are taken out, wherever they begin.
    #[test]
    fn of_steps_of_one_size_only_those_that_matter_are_left() {
        for size in [3, 4, 5, 7, 12, 33] {
            let step = |kind: u8| [vec![kind], vec![kind ^ 0x55; size - 1]].concat();
            // A step is wrong if its bytes do not belong together, and ends the run without a panic.
            let panics = |input: &[u8]| {
                let steps = input.chunks_exact(size).map_while(|part| (part == step(part[0])).then_some(part[0]));
                let kinds: Vec<u8> = steps.collect();
                kinds.iter().position(|kind| *kind == 1).is_some_and(|first| kinds[first..].contains(&2))
            };
            let kinds = [9, 8, 1, 7, 6, 5, 4, 4, 2, 3];
            let (input, runs) = shrunk(kinds.iter().flat_map(|kind| step(*kind)).collect(), panics);
            assert_eq!(input, [step(1), step(2)].concat(), "steps of {size}");
            assert!(runs < 2_500, "{runs} runs for steps of {size}");
        }
    }

    /// Steps that begin with their own length, as those of the page.
    #[test]
    fn steps_of_many_sizes_go_too() {
        let panics = |mut input: &[u8]| {
            let mut kinds = Vec::new();
            while let [kind, len, rest @ ..] = input {
                kinds.push(*kind);
                input = rest.get(usize::from(*len) % 33..).unwrap_or_default();
            }
            kinds.iter().position(|kind| *kind == 1).is_some_and(|first| kinds[first..].contains(&2))
        };
        let step = |kind: u8, len: u8| [vec![kind, len], vec![0x77; usize::from(len)]].concat();
        let input = [step(5, 20), step(1, 0), step(9, 31), step(6, 7), step(2, 0), step(4, 13)].concat();
        assert_eq!(shrunk(input, panics).0, [1, 0, 2, 0]);
    }

    #[test]
    fn it_ends_after_so_many_runs() {
        let long: Vec<u8> = (0..512_u32).map(|at| (at * at / 7) as u8).collect();
        let (input, runs) = shrunk(long.clone(), |input| input == long);
        assert_eq!((input, runs), (long, RUNS_MAX));
    }
}
