//! Who gets what when a task ends, and who loses stake. Amounts in grains; each split adds up to what the payer was charged on submission.

use super::history::Opening;
use super::state::{LanePhase, LaneState, Seat};
use crate::limits::{BPS, FLOOR_BPS, REPLICA_SLOTS};
use crate::task::consensus::Standing;
use crate::task::{Offence, Status};

/// Where a task's price goes. All parts together are the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// To the miner of each replica.
    pub to_miners: [u64; REPLICA_SLOTS],
    /// To the keeper.
    pub to_keeper: u64,
    /// To the treasury.
    pub to_treasury: u64,
    /// Back to the payer.
    pub refunded: u64,
}

/// Splits the price of a task that ended. `None` if it did not end, or if its price is none that a task could have been submitted with.
///
/// - Completed: each agreeing miner `perReplica`; the keeper its line; the treasury the share of the network line that was delivered,
///   `network * paid / replicas` rounded down; the payer the rest.
/// - No quorum: the keeper the opening's share of its line, rounded down, if a quorum of miners was bound; where a majority agreed and more was asked for,
///   each of it a floor of `perReplica` and the treasury as large a part of what was delivered, rounded down, since the payer may know the answer by
///   then; the payer the rest.
/// - Expired: the payer everything.
#[must_use]
pub fn split(opening: &Opening, state: &LaneState) -> Option<Split> {
    if state.phase != LanePhase::Ended {
        return None;
    }
    let price = opening.price;
    let total = price.total(state.replicas)?;
    let mut split = Split::default();
    match state.status {
        Status::Completed => {
            let Standing::Decided { leader, votes } = state.standing(opening.terms.quorum_bps) else { return None };
            for (share, seat) in split.to_miners.iter_mut().zip(state.taken()) {
                if seat == Seat::Follows(leader) {
                    *share = price.per_replica;
                }
            }
            split.to_keeper = price.gas;
            split.to_treasury = share_down(price.network, u64::from(votes), u64::from(state.replicas))?;
        }
        Status::NoQuorum => {
            // A keeper whose start could not have had a result did nothing that the payer asked for.
            let bound = state.taken().filter(|seat| *seat != Seat::Silent).count();
            if bound >= usize::from(opening.terms.quorum().needed()) {
                split.to_keeper = part_down(price.gas, u32::from(opening.no_result_gas_cap_bps))?;
            }
            if let Some((leader, votes)) = majority_that_missed(opening, state) {
                let floor = part_down(price.per_replica, FLOOR_BPS)?;
                for (share, seat) in split.to_miners.iter_mut().zip(state.taken()) {
                    if seat == Seat::Follows(leader) {
                        *share = floor;
                    }
                }
                let delivered = share_down(price.network, u64::from(votes), u64::from(state.replicas))?;
                split.to_treasury = part_down(delivered, FLOOR_BPS)?;
            }
        }
        Status::Expired => {}
        Status::Open => return None,
    }
    let paid = split.to_miners.iter().try_fold(0_u64, |sum, share| sum.checked_add(*share))?;
    split.refunded = total.checked_sub(paid)?.checked_sub(split.to_keeper)?.checked_sub(split.to_treasury)?;
    Some(split)
}

/// What the miner of a replica did wrong, and the stake that it loses for it, grains; by the penalties of the submission. Silence after a commitment costs only where
/// it spoiled the outcome: the last call passed, somebody else revealed, and with the answers that are missing there could be a result which there is not. Otherwise
/// nobody was harmed by it, or it may be the chain that stood still.
pub fn offences(opening: &Opening, state: &LaneState) -> impl Iterator<Item = (u8, Offence, u64)> {
    let awaited = LaneState { phase: LanePhase::Reveal, ..*state };
    let silence_counts = state.last_call
        && awaited.standing(opening.terms.quorum_bps) == Standing::Open
        && state.taken().any(|seat| matches!(seat, Seat::Follows(_)));
    let seats: alloc::vec::Vec<Seat> = state.taken().collect();
    let (no_reveal, bad_reveal) = (opening.no_reveal, opening.bad_reveal);
    (0_u8..).zip(seats).filter_map(move |(replica, seat)| match seat {
        Seat::Committed if silence_counts => Some((replica, Offence::NoReveal, no_reveal)),
        Seat::Bad => Some((replica, Offence::BadReveal, bad_reveal)),
        Seat::Silent | Seat::Committed | Seat::Follows(_) => None,
    })
}

/// The replica that a majority follows, and how many that are, where more than a majority was asked for: the answer is known, and was not paid for.
fn majority_that_missed(opening: &Opening, state: &LaneState) -> Option<(u8, u8)> {
    let majority = state.replicas.div_euclid(2).saturating_add(1);
    match state.standing(MAJORITY_BPS) {
        Standing::Decided { leader, votes } if opening.terms.quorum().needed() > majority => Some((leader, votes)),
        _ => None,
    }
}

/// A quorum that no more than the majority satisfies: `needed` is never less than that.
const MAJORITY_BPS: u16 = 0;

fn part_down(amount: u64, bps: u32) -> Option<u64> {
    share_down(amount, u64::from(bps.min(BPS)), u64::from(BPS))
}

/// `amount * part / whole`, rounded down, for a part that is no greater than the whole, and a whole of less than 32 bits: in 64 bits, since those of 128 are
/// a tenth of a contract's code. With `amount = q * whole + r` it is `q * part + r * part / whole`.
fn share_down(amount: u64, part: u64, whole: u64) -> Option<u64> {
    let (quotient, rest) = (amount.checked_div(whole)?, amount.checked_rem(whole)?);
    quotient.checked_mul(part)?.checked_add(rest.checked_mul(part)?.checked_div(whole)?)
}

#[cfg(test)]
mod tests {
    use super::share_down;
    use crate::math::mul_div_down;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_share_is_that_of_wide_arithmetic(amount: u64, whole in 1_u64..1 << 32, part: u64) {
            let part = part % (whole + 1);
            let wide = mul_div_down(u128::from(amount), part, whole).unwrap();
            prop_assert_eq!(share_down(amount, part, whole).map(u128::from), Some(wide));
        }
    }
}
