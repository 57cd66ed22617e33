//! What is said of a call that the chain refused.

use alloy_primitives::B256;
use cor_errors::{Class, Coded as _};
use cor_ports::ChainError;
use tracing::{debug, warn};

/// Tells of a refused call. That the chain has moved on happens all the time, and the next look at it settles it. A call that is wrong in
/// itself, e.g. of a keeper that nobody named, is for the operator to mend.
pub(super) fn tell(task: B256, call: &str, error: &ChainError) {
    if is_moved_on(error) {
        debug!(%task, call, code = error.code(), %error, "the chain has moved on");
    } else {
        warn!(%task, call, code = error.code(), %error, next = error.entry().next, "refused; trying again while the phase lasts");
    }
}

fn is_moved_on(error: &ChainError) -> bool {
    error.class() == Class::Chain
}

#[cfg(test)]
mod tests {
    use cor_errors::{
        Entry,
        table::{access, lane},
    };
    use cor_ports::RevertError;

    use super::*;

    #[test]
    fn a_keeper_that_nobody_named_is_no_chain_that_moved_on() {
        let reverted = |entry: &Entry, words: usize| {
            let mut data = entry.selector.unwrap().to_vec();
            data.resize(4 + 32 * words, 0);
            ChainError::Reverted { call: "start".to_owned(), error: RevertError::decode(data.into()) }
        };
        for (entry, words, moved_on) in [(&access::UNAUTHORIZED, 2, false), (&lane::LANE_TOO_LATE, 3, true)] {
            let error = reverted(entry, words);
            assert_eq!((error.code(), is_moved_on(&error)), (entry.code, moved_on), "{error}");
        }
    }
}
