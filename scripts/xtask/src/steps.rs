//! Named steps whose durations are printed when all are done.

use std::time::{Duration, Instant};

use crate::error::Result;

/// A sequence of steps; the first failure ends it.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// Runs one step and remembers how long it took.
    pub(crate) fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n== {name}");
        let start = Instant::now();
        let result = step();
        self.done.push((name, start.elapsed()));
        if result.is_err() {
            println!("== {name} failed\n{}", self.table());
        }
        result
    }

    /// A line per step and the sum.
    pub(crate) fn table(&self) -> String {
        let sum: Duration = self.done.iter().map(|(_, time)| *time).sum();
        let lines = self.done.iter().copied().chain([("in all", sum)]);
        lines.map(|(name, time)| format!("{name:<30} {:>8.1} s\n", time.as_secs_f64())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn a_failure_is_returned_and_listed() {
        let mut steps = Steps::default();
        assert_eq!(steps.run("first", || Ok(1)).ok(), Some(1));
        let failed: Result<()> = steps.run("second", || Err(Error::Missing { program: "x".into(), next: "y".into() }));
        assert!(failed.is_err());
        let table = steps.table();
        let names: Vec<_> = table.lines().filter_map(|line| line.split("  ").next()).collect();
        assert_eq!(names, ["first", "second", "in all"]);
    }
}
