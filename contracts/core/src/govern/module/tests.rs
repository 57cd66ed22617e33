//! Modules over time: every status, every refusal, and what the cap counts.

use proptest::prelude::*;

use super::{Module, ModuleError, Share, Status, is_delay};
use crate::limits::{MODULE_DELAY_MAX_SECS, MODULE_DELAY_MIN_SECS, MODULE_WINDOW_SECS};
use alloy_primitives::U256;

const NOW: u64 = 1_800_000_000;
const DELAY: u64 = MODULE_DELAY_MIN_SECS;

fn active() -> Module {
    Module::default().propose(NOW - DELAY, DELAY, 100).unwrap()
}

#[test]
fn a_module_is_active_after_its_delay() {
    let module = Module::default().propose(NOW, DELAY, 100).unwrap();
    for (now, status) in [(NOW, Status::Proposed), (NOW + DELAY - 1, Status::Proposed), (NOW + DELAY, Status::Active)] {
        assert_eq!(module.status(now), status);
    }
    assert_eq!(module.must_be_active(NOW), Err(ModuleError::NotActive { active_at: NOW + DELAY }));
    assert_eq!(Module::default().must_be_active(NOW), Err(ModuleError::Unknown));
    assert_eq!(module.propose(NOW, DELAY, 100), Err(ModuleError::InService));
    assert_eq!(active().propose(NOW, DELAY, 100), Err(ModuleError::InService));
    assert_eq!(Module::default().propose(0, 0, 1).unwrap().status(1), Status::Active, "no time is the time of none");
}

#[test]
fn a_proposal_that_is_withdrawn_leaves_nothing() {
    let module = Module::default().propose(NOW, DELAY, 100).unwrap();
    assert_eq!(module.close(NOW + DELAY - 1).unwrap(), Module::default());
    assert_eq!(Module::default().close(NOW), Err(ModuleError::Unknown));
}

#[test]
fn a_closed_module_is_closing_until_a_new_delay_has_passed() {
    let closed = active().close(NOW).unwrap();
    assert_eq!(closed.status(u64::MAX), Status::Closing);
    assert_eq!(closed.must_be_active(NOW), Err(ModuleError::NotActive { active_at: 0 }));
    assert_eq!(closed.close(NOW + 1).unwrap(), closed, "closing again changes nothing");

    let again = closed.propose(NOW + 5, DELAY, 100).unwrap();
    assert_eq!(again.status(NOW + 4 + DELAY), Status::Closing);
    assert_eq!(again.must_be_active(NOW + 5), Err(ModuleError::NotActive { active_at: NOW + 5 + DELAY }));
    assert_eq!(again.status(NOW + 5 + DELAY), Status::Active);
    assert_eq!(again.propose(NOW + 6, DELAY, 100), Err(ModuleError::InService));
    assert_eq!(again.close(NOW + 6).unwrap().status(u64::MAX), Status::Closing);
    assert_eq!(again.close(NOW + 6).unwrap().closed_at, NOW, "it is closing since then");
    assert_eq!(again.close(NOW + 5 + DELAY).unwrap().status(u64::MAX), Status::Closing);
    assert_eq!(active().close(NOW).unwrap().propose(NOW, 0, 1).unwrap().status(NOW), Status::Active);
}

#[test]
fn a_lower_cap_holds_at_once_and_a_higher_one_later() {
    let lower = active().set_cap(NOW, DELAY, 60).unwrap();
    assert_eq!((lower.cap_at(NOW), lower.cap_at(u64::MAX)), (60, 60));
    let higher = active().set_cap(NOW, DELAY, 500).unwrap();
    assert_eq!((higher.cap_at(NOW + DELAY - 1), higher.cap_at(NOW + DELAY)), (100, 500));
    // A change that is due is replaced, also by the cap as it is.
    assert_eq!(higher.set_cap(NOW, DELAY, 100).unwrap().cap_at(u64::MAX), 100);
    assert_eq!(higher.set_cap(NOW + DELAY, DELAY, 400).unwrap().cap_at(NOW + DELAY), 400);
    assert_eq!(Module::default().set_cap(NOW, DELAY, 1), Err(ModuleError::Unknown));

    // Closing calls a raise off that has not come, and keeps one that has; so does withdrawing the proposal that it came with.
    assert_eq!(higher.close(NOW + DELAY - 1).unwrap().cap_at(u64::MAX), 100);
    assert_eq!(higher.close(NOW + DELAY).unwrap().cap_at(u64::MAX), 500);
    let again = active().close(NOW).unwrap().propose(NOW, DELAY, 500).unwrap();
    assert_eq!(again.close(NOW + DELAY - 1).unwrap().cap_at(u64::MAX), 100);
    let closed = active().close(NOW).unwrap().set_cap(NOW, DELAY, 500).unwrap();
    assert_eq!(closed.close(NOW + 1).unwrap().cap_at(u64::MAX), 100, "closing it again does too");

    // Named again, it does not escape the cap that it closes under.
    let again = active().close(NOW).unwrap().propose(NOW, DELAY, 500).unwrap();
    assert_eq!((again.cap_at(NOW), again.cap_at(NOW + DELAY)), (100, 500));
}

#[test]
fn a_cap_counts_by_the_window() {
    let start = NOW / MODULE_WINDOW_SECS * MODULE_WINDOW_SECS;
    let taken = active().take(start, 70).unwrap();
    assert_eq!(taken.left(start), 30);
    let over = ModuleError::CapExceeded { available: 30, needed: U256::from(31) };
    assert_eq!(taken.take(start + MODULE_WINDOW_SECS - 1, 31), Err(over));
    assert_eq!(taken.take(start + MODULE_WINDOW_SECS - 1, 30).unwrap().left(start), 0);
    assert_eq!(taken.take(start + MODULE_WINDOW_SECS, 100).unwrap().left(start + MODULE_WINDOW_SECS), 0);
    // A cap below what was taken leaves nothing, and does not wrap.
    assert_eq!(taken.set_cap(start, DELAY, 10).unwrap().left(start), 0);
}

#[test]
fn what_an_account_gets_back_comes_back_to_the_cap_in_the_same_window() {
    let start = NOW / MODULE_WINDOW_SECS * MODULE_WINDOW_SECS;
    let (module, share) = (active().take(start, 70).unwrap(), Share::default().take(start, 30));
    for (amount, left, used) in [(0, 30, 70), (10, 20, 60), (30, 0, 40), (31, 0, 40), (u128::MAX, 0, 40)] {
        let end = start + MODULE_WINDOW_SECS - 1;
        let (rest, back) = share.give_back(end, amount);
        assert_eq!((rest.amount, module.give_back(end, back).used), (left, used), "{amount}");
    }
    let next = start + MODULE_WINDOW_SECS;
    assert_eq!((share.give_back(next, 30), module.give_back(next, 30)), ((share, 0), module), "of an earlier window nothing");
    let again = share.take(next, 5);
    assert_eq!(again, Share { window: next / MODULE_WINDOW_SECS, amount: 5 });
    assert_eq!(again.take(next, u128::MAX).amount, u128::MAX);
}

proptest! {
    /// Whatever is funded and given back to whomever, in one window the sound accounts are out of no more than the cap.
    #[test]
    fn no_more_than_the_cap_is_kept_of_others(steps in prop::collection::vec((any::<bool>(), 0..4_usize, 0..60_u128), 0..80)) {
        let (mut module, mut shares) = (active(), [Share::default(); 4]);
        let (mut funded, mut back) = ([0_u128; 4], [0_u128; 4]);
        for (fund, who, amount) in steps {
            if fund {
                let Ok(next) = module.take(NOW, amount) else { continue };
                (module, shares[who]) = (next, shares[who].take(NOW, amount));
                funded[who] += amount;
            } else if back.iter().sum::<u128>() + amount <= funded.iter().sum() {
                // Out of the book, for anybody.
                let (share, returned) = shares[who].give_back(NOW, amount);
                (shares[who], module) = (share, module.give_back(NOW, returned));
                back[who] += amount;
            }
            // Any of them may be the module's own.
            for own in 0..16_u32 {
                let others = (0..4).filter(|index| own & (1 << index) == 0);
                let lost: i128 = others.map(|index| i128::try_from(funded[index]).unwrap() - i128::try_from(back[index]).unwrap()).sum();
                prop_assert!(lost <= 100, "{:?} {:?}", funded, back);
            }
            prop_assert!(module.used <= 100);
        }
    }
}

#[test]
fn a_delay_has_bounds() {
    for (secs, good) in [
        (0, false),
        (MODULE_DELAY_MIN_SECS - 1, false),
        (MODULE_DELAY_MIN_SECS, true),
        (MODULE_DELAY_MAX_SECS, true),
        (MODULE_DELAY_MAX_SECS + 1, false),
    ] {
        assert_eq!(is_delay(secs), good, "{secs}");
    }
}
