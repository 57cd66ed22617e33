//! An error as a person reads it.

use core::fmt;

use crate::entry::{Coded, Entry};

/// An error with its code, and what to do next. The only place where the two come together: the edge, the command line and the RPC of
/// the development chain show errors by it.
///
/// Displays as `CODE: what happened`; with `{:#}` the next step follows as a sentence of its own.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    error: &'a dyn Coded,
}

impl<'a> Report<'a> {
    /// A report of an error.
    #[must_use]
    pub const fn new(error: &'a dyn Coded) -> Self {
        Self { error }
    }

    /// The error's row.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        self.error.entry()
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.entry();
        write!(f, "{}: {}", entry.code, self.error)?;
        if f.alternate() { write!(f, ". {}", entry.next) } else { Ok(()) }
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.entry().code, self.error)
    }
}
