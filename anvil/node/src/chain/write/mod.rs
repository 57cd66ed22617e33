//! Changing the chain: [`Writer`], which holds the one right to do so.

mod cheats;
mod load;
mod mine;
mod reorg;
mod submit;

pub use self::mine::MINE_MAX;
use super::{read::Reader, store::Token};

/// Changes a chain. There is one at a time: whoever wants another waits until it is dropped, and what was read under it stays true.
///
/// Blocks are made on the thread that calls; see [`Chain`](super::Chain) for the one with the stack for it.
#[must_use = "the right to change the chain is given back when this is dropped"]
pub struct Writer<'a> {
    reader: &'a Reader,
    token: Token<'a>,
}

impl<'a> Writer<'a> {
    /// Waits for the right to change what `reader` looks at.
    pub(crate) fn new(reader: &'a Reader) -> Self {
        Self { reader, token: reader.store().token() }
    }
}
