//! Who serves: drawn from the slots of a roster, each with the same chance, and never two nodes of one operator.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, keccak256};

use super::error::JuryError;
use crate::limits::DRAW_TRIES_MAX;

/// A node that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawable {
    /// The node.
    pub node: Address,
    /// Who ran it when it came into the roster.
    pub operator: Address,
}

/// Where the chance of a task comes from: keccak256(secret ‖ block hash ‖ task). The keeper has the secret and not the hash, who submits has neither.
#[must_use]
pub fn seed(secret: B256, block_hash: B256, task: B256) -> B256 {
    keccak256([secret.0, block_hash.0, task.0].as_flattened())
}

/// Whether a dispute passes a node over: its keeper found it absent from the task, and brought a crew without it.
///
/// A node that was found absent and serves all the same is drawn as if it had not been: it came back, or somebody used what its keeper had signed before. So a crew
/// that was right when its keeper signed it stays right, whomever the keeper finds absent afterwards.
pub fn is_passed_over(node: Address, crew: &[Address], is_absent: impl FnOnce() -> bool) -> bool {
    !crew.contains(&node) && is_absent()
}

/// As many nodes of different operators as are `wanted`, in the order of drawing; fewer if so many tries did not find more. `slot` has who can be drawn of a
/// slot: nobody if it is empty in the epoch, or its node is passed over ([`is_passed_over`]; who has no crew yet passes over whom it found absent).
///
/// A node that is left out, as it refuses, only lets those behind it move up: who refuses with nodes of its own never has more of the crew.
pub fn draw(seed: B256, length: u32, wanted: u8, mut slot: impl FnMut(u32) -> Option<Drawable>) -> Vec<Address> {
    let mut drawn: Vec<Drawable> = Vec::new();
    if length != 0 {
        for number in 0..DRAW_TRIES_MAX {
            if drawn.len() >= usize::from(wanted) {
                break;
            }
            let Some(next) = slot(index(seed, number, length)) else { continue };
            if drawn.iter().all(|taken| taken.node != next.node && taken.operator != next.operator) {
                drawn.push(next);
            }
        }
    }
    drawn.into_iter().map(|drawable| drawable.node).collect()
}

/// The whole crew, for who has to bring one.
///
/// # Errors
/// [`JuryError::TooFewFound`].
pub fn crew(seed: B256, length: u32, wanted: u8, slot: impl FnMut(u32) -> Option<Drawable>) -> Result<Vec<Address>, JuryError> {
    let crew = draw(seed, length, wanted, slot);
    if crew.len() < usize::from(wanted) {
        return Err(JuryError::TooFewFound { found: u8::try_from(crew.len()).unwrap_or(u8::MAX), wanted });
    }
    Ok(crew)
}

/// The first seat on which a crew is not as drawn, and who was drawn for it; zero if nobody was.
#[must_use]
pub fn first_difference(crew: &[Address], drawn: &[Address]) -> Option<(u8, Address)> {
    let seats = (0_u8..).zip(crew);
    seats
        .map(|(seat, brought)| (seat, *brought, drawn.get(usize::from(seat)).copied().unwrap_or_default()))
        .find_map(|(seat, brought, drawn)| (brought != drawn || drawn.is_zero()).then_some((seat, drawn)))
}

/// The slot of a try: keccak256(seed ‖ number, 32 bits) modulo the length. Of 256 bits, so even to within 2^-224; by limbs of 32 bits, as wide
/// division is a tenth of a contract's code.
fn index(seed: B256, number: u32, length: u32) -> u32 {
    let mut bytes = [0_u8; 36];
    let (front, back) = bytes.split_at_mut(32);
    front.copy_from_slice(seed.as_slice());
    back.copy_from_slice(&number.to_be_bytes());
    let hash = keccak256(bytes);
    let rest = hash.as_chunks().0.iter().fold(0_u64, |rest, limb| {
        let value = rest.wrapping_shl(32) | u64::from(u32::from_be_bytes(*limb));
        value.checked_rem(u64::from(length)).unwrap_or_default()
    });
    u32::try_from(rest).unwrap_or_default()
}
