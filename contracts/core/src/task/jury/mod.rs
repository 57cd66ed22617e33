//! The choice of miners: drawn by chance that nobody controls alone, and disputed afterwards against a keeper's bond.
//!
//! A draw has three things that are fixed one after the other. The *roster* of an epoch has who can be drawn; it is closed before the epoch begins.
//! The keeper's *secret* of the epoch was committed to before that, and is shown after its end, at the latest when somebody calls for it. The *hash of the block* that holds a task's
//! submission is known to nobody who submits it. Whoever has all three computes the crew, and whether the keeper brought another.
//!
//! ```text
//!  error     why something is refused
//!  times     epochs, and how long everything takes      -> error
//!  roster    who can be drawn in an epoch               -> times, error
//!  summons   nodes that do not answer                   -> times, error
//!  secret    a keeper's chain of secrets                -> error
//!  keeper    from proposal to bond and back             -> secret, times, error
//!  draw      who serves
//!  evidence  what shows whom a keeper brought
//! ```
//!
//! Each module uses those above it, never one below. Times are in seconds since 1970.

pub mod draw;
mod error;
pub mod evidence;
mod keeper;
mod roster;
mod secret;
mod summons;
mod times;

pub use error::JuryError;
pub use keeper::{Keeper, Standing, Trial, split_bond};
pub use roster::{Change, Closed, Entry, Exit, Rolls, Slot, close, entry_of, length_at, take};
pub use secret::Chain;
pub use summons::{Summons, answer};
pub use times::Times;

#[cfg(test)]
mod tests;
