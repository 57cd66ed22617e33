//! Tables for each transition, then random sequences against the sum of all parts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::limits::{FORCED_INCLUSION_SECS, LANE_LIFE_MAX_SECS};

const NOW: u64 = 1_700_000_000;
const WEEK: u64 = 7 * 24 * 3600;

fn account(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

fn node(bonded: u128, unbonding: u128) -> NodeStake {
    let release_at = if unbonding == 0 { 0 } else { NOW };
    NodeStake { staker: account(1), bonded, unbonding, release_at }
}

#[test]
fn adding_to_a_node() {
    let held = |held| Totals { held, slashed: 0 };
    let none = NodeStake::default();
    let too_large = |amount| Err(StakingError::AmountTooLarge { amount, limit: STAKE_HELD_MAX - 10 });
    let short = |available| Err(StakingError::InsufficientStake { available, needed: wei(10) });
    let foreign = Err(StakingError::NotStaker { staker: account(1) });
    let table = [
        ("first", none, 0, account(1), wei(10), Ok((node(10, 0), held(10)))),
        ("more", node(10, 0), 10, account(1), wei(5), Ok((node(15, 0), held(15)))),
        ("made whole", node(4, 0), 4, account(1), wei(6), Ok((node(10, 0), held(10)))),
        ("zero", node(10, 0), 10, account(1), wei(0), Err(StakingError::ZeroAmount)),
        ("stranger", node(10, 0), 10, account(2), wei(10), foreign),
        ("stranger, while it unbonds", node(0, 1), 10, account(2), wei(10), foreign),
        ("again, while it unbonds", node(0, 7), 7, account(1), wei(10), Ok((node(10, 7), held(17)))),
        ("what unbonds does not count", node(0, 7), 7, account(1), wei(9), short(9)),
        ("too little", none, 0, account(1), wei(9), short(9)),
        ("still not whole", node(4, 0), 4, account(1), wei(5), short(9)),
        ("to the brim", none, 0, account(1), wei(STAKE_HELD_MAX), Ok((node(STAKE_HELD_MAX, 0), held(STAKE_HELD_MAX)))),
        ("over it", node(10, 0), 10, account(1), wei(STAKE_HELD_MAX), too_large(wei(STAKE_HELD_MAX))),
        ("far over", node(10, 0), 10, account(1), U256::MAX, too_large(U256::MAX)),
    ];
    for (name, before, total, caller, amount, expected) in table {
        assert_eq!(before.add(held(total), caller, amount, wei(10)), expected, "{name}");
    }
}

#[test]
fn unbonding_a_node() {
    let release_at = NOW + WEEK;
    let foreign = |staker| Err(StakingError::NotStaker { staker });
    let table = [
        ("staker", node(10, 0), account(1), Ok((NodeStake { release_at, ..node(0, 10) }, 10))),
        ("merged", node(10, 4), account(1), Ok((NodeStake { release_at, ..node(0, 14) }, 10))),
        ("all of it unbonds", node(0, 4), account(1), Err(StakingError::ZeroAmount)),
        ("stranger", node(10, 0), account(2), foreign(account(1))),
        ("no stake", NodeStake::default(), account(1), foreign(Address::ZERO)),
        ("nobody", NodeStake::default(), Address::ZERO, foreign(Address::ZERO)),
    ];
    for (name, node, caller, expected) in table {
        assert_eq!(node.unbond(caller, NOW, WEEK), expected, "{name}");
    }
    let later = NodeStake { release_at: u64::MAX, ..node(1, 1) };
    assert_eq!(later.unbond(account(1), NOW, WEEK).unwrap().0.release_at, u64::MAX, "the later release counts");
}

#[test]
fn withdrawing_from_a_node() {
    let totals = Totals { held: 30, slashed: 3 };
    let paid = Totals { held: 26, slashed: 3 };
    let table = [
        ("a second early", node(5, 4), NOW - 1, Err(StakingError::StillBonded { release_at: NOW })),
        ("on time", node(5, 4), NOW, Ok((node(5, 0), paid, 4))),
        ("the last", node(0, 4), NOW, Ok((NodeStake::default(), paid, 4))),
        ("nothing unbonds", node(5, 0), NOW, Err(StakingError::StillBonded { release_at: 0 })),
    ];
    for (name, node, now, expected) in table {
        assert_eq!(node.withdraw(totals, now), expected, "{name}");
    }
}

#[test]
fn slashing_takes_what_is_bonded_first_and_no_more_than_there_is() {
    let (totals, before) = (Totals { held: 30, slashed: 3 }, node(6, 4));
    let left = |bonded, unbonding, taken| (node(bonded, unbonding), Totals { held: 30, slashed: 3 + taken }, taken);
    let all = (NodeStake::default(), Totals { held: 30, slashed: 13 }, 10);
    let table =
        [(0, left(6, 4, 0)), (4, left(2, 4, 4)), (6, left(0, 4, 6)), (9, left(0, 1, 9)), (10, all), (11, all), (u128::MAX, all)];
    for (amount, expected) in table {
        assert_eq!(before.slash(totals, amount), expected, "{amount}");
    }
    assert_eq!(totals.sweep(), Ok((Totals { held: 27, slashed: 0 }, 3)));
    assert_eq!(Totals { held: 27, slashed: 0 }.sweep(), Err(StakingError::ZeroAmount));
}

#[test]
fn a_node_is_staked_from_the_required_amount_on() {
    for (amount, required, covered) in
        [(9, wei(10), false), (10, wei(10), true), (11, wei(10), true), (0, wei(0), true), (STAKE_HELD_MAX, U256::MAX, false)]
    {
        assert_eq!(node(amount, 10).covers(required), covered, "{amount} of {required}");
    }
}

#[test]
fn whoever_reads_of_a_slasher_can_leave_before_it_acts() {
    const DAY: u64 = DAY_SECS;
    let refused = |field, value, min, max| Err(StakingError::OutOfRange { field, value, min, max });
    let table = [
        (9 * DAY, 12 * DAY, Ok(())),
        (27 * DAY, 30 * DAY, Ok(())),
        (0, 3 * DAY, refused("unbondingSecs", 0, 9 * DAY, 27 * DAY)),
        (9 * DAY - 1, 30 * DAY, refused("unbondingSecs", 9 * DAY - 1, 9 * DAY, 27 * DAY)),
        (27 * DAY + 1, 30 * DAY, refused("unbondingSecs", 27 * DAY + 1, 9 * DAY, 27 * DAY)),
        (u64::MAX, u64::MAX, refused("unbondingSecs", u64::MAX, 9 * DAY, 27 * DAY)),
        (9 * DAY, 12 * DAY - 1, refused("delaySecs", 12 * DAY - 1, 12 * DAY, 30 * DAY)),
        (9 * DAY, 30 * DAY + 1, refused("delaySecs", 30 * DAY + 1, 12 * DAY, 30 * DAY)),
    ];
    for (unbonding, delay, expected) in table {
        assert_eq!(check_times(unbonding, delay), expected, "{unbonding} {delay}");
    }
}

/// Stake that begins to leave in the second in which a task was taken is there until all of the task's duties are over, and until who closes them, and reports a second word after
/// the end, got through a sequencer that holds each of it back; and what begins to leave two days after a slasher was named is gone a day before that acts.
#[test]
fn stake_stays_for_its_tasks_and_leaves_before_a_slasher() {
    let duties = u64::from(LANE_LIFE_MAX_SECS) + 4 * FORCED_INCLUSION_SECS + 6 * 3_600;
    for unbonding in (0..=31 * 24).map(|hours| hours * 3_600) {
        for delay in (0..=31 * 24).map(|hours| hours * 3_600) {
            if check_times(unbonding, delay).is_ok() {
                assert!(duties <= unbonding, "{unbonding}");
                assert!(2 * DAY_SECS + unbonding + DAY_SECS <= delay, "{unbonding} {delay}");
            }
        }
    }
}

#[test]
fn reasons_have_numbers() {
    for (reason, good) in [(0, false), (1, true), (2, true), (3, false), (u8::MAX, false)] {
        assert_eq!(check_reason(reason).is_ok(), good, "{reason}");
    }
}

#[test]
fn a_slasher_takes_while_it_is_active_and_for_a_while_after() {
    let proposed = Module::default().propose(NOW, 10, 5).unwrap();
    let closed = proposed.close(NOW + 20).unwrap();
    let again = closed.propose(NOW + 30, 10 * WEEK, 5).unwrap();
    let table = [
        ("unknown", Module::default(), NOW, 0),
        ("proposed", proposed, NOW + 9, 0),
        ("active", proposed, NOW + 10, 5),
        ("used", proposed.take(NOW + 10, 3).unwrap(), NOW + 11, 2),
        ("closing", closed, NOW + 20, 5),
        ("closing, at the end", closed, NOW + 20 + WEEK, 5),
        ("closed for too long", closed, NOW + 21 + WEEK, 0),
        ("named again, in its time", again, NOW + 20 + WEEK, 5),
        ("named again, after it", again, NOW + 21 + WEEK, 0),
        ("named again, and active", again, NOW + 30 + 10 * WEEK, 5),
    ];
    for (name, module, now, expected) in table {
        assert_eq!(slashable_by(module, now, WEEK), expected, "{name}");
    }
}

#[test]
fn the_stake_of_a_day_is_that_of_its_start() {
    let mut kept: Vec<Checkpoint> = Vec::new();
    let mut change = |time: u64, stake| {
        let (replaces, checkpoint) = Checkpoint::after(kept.last().copied(), time, stake);
        if replaces {
            kept.pop();
        }
        kept.push(checkpoint);
    };
    // The first second of day 10 is after its start; within day 12 stake comes and goes.
    for (time, stake) in [(10 * DAY_SECS, 5), (12 * DAY_SECS + 1, 90), (13 * DAY_SECS - 1, 5), (13 * DAY_SECS, 8)] {
        change(time, stake);
    }
    let now = 20 * DAY_SECS;
    let asked = |day| stake_at(kept.len() as u64, day, now, |index| kept[usize::try_from(index).unwrap()]);
    for (day, stake) in [(0, 0), (10, 0), (11, 5), (12, 5), (13, 5), (14, 8), (20, 8)] {
        assert_eq!(asked(day), Ok(stake), "day {day}");
    }
    assert_eq!(asked(21), Err(StakingError::FutureDay { day: 21, today: 20 }));
    assert_eq!(kept.len(), 3);
}

proptest! {
    /// Against a search from the front; and no more reads than a search by halves makes.
    #[test]
    fn a_search_by_halves_finds_what_a_search_from_the_front_does(
        gaps in prop::collection::vec(1..5_u64, 0..40),
        day in 0..200_u64,
    ) {
        let mut at = 0;
        let kept: Vec<_> = gaps.iter().map(|gap| { at += gap; Checkpoint { day: at, stake: u128::from(at) + 1 } }).collect();
        let mut reads = 0;
        let found = stake_at(kept.len() as u64, day, 200 * DAY_SECS, |index| {
            reads += 1;
            kept[usize::try_from(index).unwrap()]
        });
        let expected = kept.iter().rev().find(|entry| entry.day <= day).map_or(0, |entry| entry.stake);
        prop_assert_eq!(found, Ok(expected));
        prop_assert!(reads <= 6, "{} reads", reads);
    }
}

#[test]
fn unbonding_from_an_account() {
    let account = Account { stake: 10, head: 3, len: 2 };
    let missing = |needed| Err(StakingError::InsufficientStake { available: 10, needed });
    let table = [
        (wei(4), Ok((Account { stake: 6, ..account }, 4))),
        (wei(10), Ok((Account { stake: 0, ..account }, 10))),
        (wei(0), Err(StakingError::ZeroAmount)),
        (wei(11), missing(wei(11))),
        (U256::MAX, missing(U256::MAX)),
    ];
    for (amount, expected) in table {
        assert_eq!(account.unbond(amount), expected, "{amount}");
    }
}

#[test]
fn the_ring_goes_round() {
    let table = [(0, 0, 0), (3, 2, 5), (7, 1, 0), (7, 7, 6)];
    for (head, index, place) in table {
        assert_eq!(Account { head, ..Account::default() }.place(index), place, "{head} + {index}");
    }
    let none = |place| panic!("place {place} is read");
    let nearly = Account { stake: 0, head: 6, len: UNBONDINGS_MAX - 1 };
    let (full, place, unbonding) = nearly.enqueue(5, NOW, WEEK, none);
    assert_eq!((full.len, place, unbonding), (UNBONDINGS_MAX, 5, Unbonding { amount: 5, release_at: NOW + WEEK }));
    assert_eq!(Account::default().enqueue(5, NOW, u64::MAX, none).2.release_at, u64::MAX);
    // What does not find a place joins the last, which is then released as late.
    let ring = |place: u8| Unbonding { amount: 1 << place, release_at: NOW + u64::from(place) };
    let (still, place, joined) = full.enqueue(5, NOW + 9, WEEK, ring);
    assert_eq!((still, place, joined), (full, 5, Unbonding { amount: 32 + 5, release_at: NOW + 9 + WEEK }));
}

#[test]
fn withdrawing_what_is_ripe() {
    let ring = |place: u8| Unbonding { amount: 1 << place, release_at: NOW + u64::from(place) };
    let totals = Totals { held: 100, slashed: 1 };
    let still = |release_at| Err(StakingError::StillBonded { release_at });
    let three = Account { stake: 9, head: 1, len: 3 };
    let paid = |head, len, paid: u128| Ok((Account { stake: 9, head, len }, Totals { held: 100 - paid, slashed: 1 }, paid));
    let table = [
        ("nothing there", Account::default(), NOW, still(0)),
        ("a second early", three, NOW, still(NOW + 1)),
        ("the first, on time", three, NOW + 1, paid(2, 2, 2)),
        ("two of three", three, NOW + 2, paid(3, 1, 6)),
        ("all", three, u64::MAX, paid(4, 0, 14)),
    ];
    for (name, account, now, expected) in table {
        assert_eq!(account.withdraw(totals, now, ring), expected, "{name}");
    }
}

#[test]
fn no_amount_beyond_the_first_unripe_one_is_read() {
    let mut places = Vec::new();
    let account = Account { stake: 0, head: 7, len: 8 };
    let left = account.withdraw(Totals { held: 100, slashed: 0 }, NOW, |place| {
        places.push(place);
        Unbonding { amount: 1, release_at: if place == 1 { NOW + 1 } else { NOW } }
    });
    assert_eq!(left.unwrap().2, 2);
    assert_eq!(places, [7, 0, 1]);
}

#[test]
fn errors_have_codes_and_sentences() {
    let all = [
        StakingError::ZeroAmount,
        StakingError::NotStaker { staker: account(1) },
        StakingError::InsufficientStake { available: 1, needed: wei(2) },
        StakingError::StillBonded { release_at: 0 },
        StakingError::StillBonded { release_at: 7 },
        StakingError::AmountTooLarge { amount: wei(2), limit: 1 },
        StakingError::FutureDay { day: 2, today: 1 },
        StakingError::OutOfRange { field: "delaySecs", value: 1, min: 2, max: 3 },
    ];
    for error in all {
        assert!(!error.to_string().is_empty() && !error.to_string().contains(error.code()), "{error}");
    }
}

/// All accounts in plain maps: the contract's storage without the contract.
#[derive(Default)]
struct Ledger {
    totals: Totals,
    nodes: BTreeMap<u8, NodeStake>,
    users: BTreeMap<u8, Account>,
    rings: BTreeMap<(u8, u8), Unbonding>,
    wallets: i128,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    StakeNode(u8, u8, u64),
    UnbondNode(u8, u8),
    WithdrawNode(u8),
    Stake(u8, u64),
    Unbond(u8, u64),
    Withdraw(u8),
    Slash(u8, u64),
    Sweep,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..3_u8;
    prop_oneof![
        (who.clone(), who.clone(), 0..100_u64).prop_map(|(node, caller, amount)| Step::StakeNode(node, caller, amount)),
        (who.clone(), who.clone()).prop_map(|(node, caller)| Step::UnbondNode(node, caller)),
        who.clone().prop_map(Step::WithdrawNode),
        (who.clone(), 0..100_u64).prop_map(|(user, amount)| Step::Stake(user, amount)),
        (who.clone(), 0..100_u64).prop_map(|(user, amount)| Step::Unbond(user, amount)),
        who.clone().prop_map(Step::Withdraw),
        (who, 0..100_u64).prop_map(|(node, amount)| Step::Slash(node, amount)),
        Just(Step::Sweep),
        (0..WEEK).prop_map(Step::Wait),
    ]
}

impl Ledger {
    /// Does one step at `now`; what is refused changes nothing.
    fn apply(&mut self, step: Step, now: u64) -> Result<(), StakingError> {
        let caller = |byte: u8| account(byte + 1);
        match step {
            Step::StakeNode(node, who, amount) => {
                let (next, totals) =
                    self.nodes.entry(node).or_default().add(self.totals, caller(who), U256::from(amount), wei(40))?;
                self.nodes.insert(node, next);
                self.totals = totals;
                self.wallets -= i128::from(amount);
            }
            Step::UnbondNode(node, who) => {
                let before = *self.nodes.entry(node).or_default();
                let (next, amount) = before.unbond(caller(who), now, WEEK)?;
                assert!(next.sum() == before.sum() && next.unbonding == before.unbonding + amount);
                self.nodes.insert(node, next);
            }
            Step::WithdrawNode(node) => {
                let (next, totals, paid) = self.nodes.entry(node).or_default().withdraw(self.totals, now)?;
                self.nodes.insert(node, next);
                self.totals = totals;
                self.wallets += i128::try_from(paid).unwrap();
            }
            Step::Stake(user, amount) => {
                let (next, totals) = self.users.entry(user).or_default().stake(self.totals, U256::from(amount))?;
                self.users.insert(user, next);
                self.totals = totals;
                self.wallets -= i128::from(amount);
            }
            Step::Unbond(user, amount) => {
                let (next, amount) = self.users.entry(user).or_default().unbond(U256::from(amount))?;
                self.enqueue(user, next, amount, now);
            }
            Step::Withdraw(user) => {
                let before = *self.users.entry(user).or_default();
                let (next, totals, paid) = before.withdraw(self.totals, now, |place| self.rings[&(user, place)])?;
                self.users.insert(user, next);
                self.totals = totals;
                self.wallets += i128::try_from(paid).unwrap();
            }
            Step::Slash(node, amount) => {
                let before = *self.nodes.entry(node).or_default();
                let (next, totals, taken) = before.slash(self.totals, u128::from(amount));
                assert!(taken <= u128::from(amount) && next.sum() + taken == before.sum());
                self.nodes.insert(node, next);
                self.totals = totals;
            }
            Step::Sweep => {
                let (totals, swept) = self.totals.sweep()?;
                self.totals = totals;
                self.wallets += i128::try_from(swept).unwrap();
            }
            Step::Wait(_) => {}
        }
        Ok(())
    }

    fn enqueue(&mut self, user: u8, before: Account, amount: u128, now: u64) {
        let (next, place, unbonding) = before.enqueue(amount, now, WEEK, |place| self.rings[&(user, place)]);
        self.rings.insert((user, place), unbonding);
        self.users.insert(user, next);
    }

    fn sum_of_parts(&self) -> u128 {
        let nodes: u128 = self.nodes.values().map(|node| node.sum()).sum();
        let users: u128 = self.users.values().map(|user| user.stake).sum();
        let unbonding: u128 = self
            .users
            .iter()
            .flat_map(|(who, user)| (0..user.len).map(|index| self.rings[&(*who, user.place(index))].amount))
            .sum();
        nodes + users + unbonding + self.totals.slashed
    }
}

proptest! {
    #[test]
    fn what_is_held_is_the_sum_of_its_parts(steps in prop::collection::vec(step(), 1..80)) {
        let mut ledger = Ledger::default();
        let mut now = NOW;
        for step in steps {
            if let Step::Wait(secs) = step {
                now += secs;
            }
            // A refusal is as good as a success here: neither may lose or make a wei.
            let _ = ledger.apply(step, now);
            prop_assert_eq!(ledger.totals.held, ledger.sum_of_parts());
            prop_assert_eq!(i128::try_from(ledger.totals.held).unwrap(), -ledger.wallets);
        }
        // Everybody can leave in the end.
        for user in 0..3 {
            let stake = ledger.users.get(&user).map_or(0, |account| account.stake);
            let _ = ledger.apply(Step::Withdraw(user), u64::MAX);
            if stake > 0 {
                ledger.apply(Step::Unbond(user, u64::try_from(stake).unwrap()), now).unwrap();
                ledger.apply(Step::Withdraw(user), u64::MAX).unwrap();
            }
            prop_assert_eq!(ledger.users.get(&user).copied().unwrap_or_default().stake, 0);
        }
        for node in 0..3 {
            let staker = ledger.nodes.get(&node).map(|stake| stake.staker).filter(|staker| !staker.is_zero());
            if let Some(staker) = staker {
                // Refused if all of it unbonds already.
                let _ = ledger.apply(Step::UnbondNode(node, staker[0] - 1), now);
                ledger.apply(Step::WithdrawNode(node), u64::MAX).unwrap();
            }
        }
        let _ = ledger.apply(Step::Sweep, now);
        let behind_nodes: u128 = ledger.nodes.values().map(|node| node.sum()).sum();
        prop_assert_eq!((ledger.totals.held, behind_nodes), (0, 0));
    }
}
