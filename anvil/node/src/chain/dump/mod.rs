//! The whole chain as bytes, both ways: in its own form, which loses nothing, and in Anvil's.

mod anvil;
mod anvil_history;
mod own;

pub use self::{
    anvil::{AnvilDump, AnyDump},
    own::StateDump,
};
