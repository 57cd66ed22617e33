//! The parts of a run.

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    Transfers,
    Logs,
    Memory,
    Stylus,
}
