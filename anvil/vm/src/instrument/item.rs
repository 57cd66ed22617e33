//! A function on its way through the steps: its own operators and what the steps put between them.
//!
//! The reference writes each addition as a sequence of operators, and some of its figures depend on
//! them: the operators of a function, and the deepest operand stack, which is part of its frame.
//! Those figures are kept here; what is really written is [`lower`](super::lower)'s matter.

use wasmparser::Operator;

/// Where a function finds a factor: the parameters with its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Factor {
    pub(super) low: u32,
    /// None: zero.
    pub(super) high: Option<u32>,
}

/// A function stores the product of two factors, modulo 2^128, where its first parameter points: the low word, then the high one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) factors: [Factor; 2],
}

/// One element of a function.
#[derive(Debug)]
pub(super) enum Item<'a> {
    /// An operator of the program.
    Program(Operator<'a>),
    /// Takes `ink` from the meter or runs out. With `publish` the rest is written where the host
    /// finds it; see [`meter`](super::meter).
    Pay { ink: u64, publish: bool },
    /// Takes the ink of as many bytes as the value on top of the operand stack says, and leaves it
    /// there.
    PayBytes,
    /// Takes a frame of `words` off the depth counter, or runs out.
    Enter { words: u32 },
    /// Gives a frame of `words` back.
    Leave { words: u32 },
    /// Has the host's function `hook` charge as many pages as the value on top of the operand stack
    /// says, and leaves it there.
    PayPages { hook: u32 },
    /// Stores a product, in the place of the operators that compute it.
    Product(Product),
}

impl Item<'_> {
    /// How many operators the reference writes for this; a product is put in after they are counted.
    pub(super) fn operators(&self) -> u64 {
        match self {
            Self::Program(_) => 1,
            // Compare, stop, subtract.
            Self::Pay { .. } | Self::Enter { .. } => 3 + 5 + 4,
            // The same, with the size put aside and fetched.
            Self::PayBytes => 11 + 5 + 1,
            Self::Leave { .. } | Self::PayPages { .. } => 4,
            Self::Product(_) => 0,
        }
    }
}
