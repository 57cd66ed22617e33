//! What is known of an error without its values.

use core::error::Error;

/// How to treat an error. Retry, alert and blame follow from the class, never from a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request is wrong, or what the user or operator has set: the same fails again.
    Caller,
    /// The other side misbehaves: what it sent cannot be true.
    Peer,
    /// The chain refuses in its present state: a contract's rule or the chain's own.
    Chain,
    /// Nothing is wrong with the request: try again later.
    Transient,
    /// A fault in this program.
    Bug,
}

impl Class {
    /// Whether to read the chain again and to decide anew instead of repeating: the request was wrong, or the chain has moved on.
    #[must_use]
    pub const fn asks_anew(self) -> bool {
        matches!(self, Self::Caller | Self::Chain)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Peer => "peer",
            Self::Chain => "chain",
            Self::Transient => "transient",
            Self::Bug => "bug",
        }
    }
}

/// The exit code of a command that ends with an error. 0 is success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// The network, the chain or a peer refused.
    Refused,
    /// The command line is wrong.
    Usage,
    /// Configuration, keys, files or ports.
    Configuration,
    /// A task ended without a result.
    NoResult,
    /// The user stopped the command.
    Interrupted,
}

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Configuration => 3,
            Self::NoResult => 4,
            // What a shell says of a process that SIGINT ended.
            Self::Interrupted => 130,
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `AREA-NNN`, stable across releases.
    pub code: &'static str,
    /// `PascalCase`; for a contract's error its name in Solidity.
    pub name: &'static str,
    /// First four bytes of the revert data, if a contract reverts with it.
    pub selector: Option<[u8; 4]>,
    /// How to treat it.
    pub class: Class,
    /// HTTP status with which an edge answers. `None` for what is not for a client, such as settings, files, tools and the dev chain: an
    /// edge that meets one all the same answers 500 and tells the row alone.
    pub status: Option<u16>,
    /// Exit code of a command that ends with it.
    pub exit: Exit,
    /// What happened, in general; a value's `Display` has the numbers.
    pub sentence: &'static str,
    /// What to do next.
    pub next: &'static str,
}

/// An error with a place in the table. A wrapper names the entry of what it wraps, so that the innermost code is seen outside.
///
/// Only [`Coded::entry`] is for an error to write. Code and class are the row's: what is to be treated in another way has another row.
///
/// `Display` of the error is the sentence with the numbers of the case: no code, and not the next step that the table has.
pub trait Coded: Error {
    /// The row of this error.
    fn entry(&self) -> &'static Entry;

    /// `AREA-NNN`.
    fn code(&self) -> &'static str {
        self.entry().code
    }

    /// How to treat it.
    fn class(&self) -> Class {
        self.entry().class
    }
}
