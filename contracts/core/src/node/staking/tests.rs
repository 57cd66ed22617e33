//! Tables for each transition, then random sequences against the sum of all parts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_700_000_000;
const WEEK: u64 = 7 * 24 * 3600;

fn account(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

#[test]
fn adding_to_a_node() {
    let node = |amount| NodeStake { staker: account(1), amount };
    let held = |held| Totals { held, slashed: 0 };
    let (none, whole, slashed) = (NodeStake::default(), node(10), node(4));
    let too_large = |amount| Err(StakingError::AmountTooLarge { amount, limit: STAKE_HELD_MAX - 10 });
    let short = |available| Err(StakingError::InsufficientStake { available, needed: wei(10) });
    let foreign = Err(StakingError::NotStaker { staker: account(1) });
    let table = [
        ("first", none, 0, account(1), wei(10), Ok((node(10), held(10)))),
        ("more", whole, 10, account(1), wei(5), Ok((node(15), held(15)))),
        ("made whole", slashed, 4, account(1), wei(6), Ok((node(10), held(10)))),
        ("zero", whole, 10, account(1), wei(0), Err(StakingError::ZeroAmount)),
        ("stranger", whole, 10, account(2), wei(10), foreign),
        ("too little", none, 0, account(1), wei(9), short(9)),
        ("still not whole", slashed, 4, account(1), wei(5), short(9)),
        ("to the brim", none, 0, account(1), wei(STAKE_HELD_MAX), Ok((node(STAKE_HELD_MAX), held(STAKE_HELD_MAX)))),
        ("over it", whole, 10, account(1), wei(STAKE_HELD_MAX), too_large(wei(STAKE_HELD_MAX))),
        ("far over", whole, 10, account(1), U256::MAX, too_large(U256::MAX)),
    ];
    for (name, before, total, caller, amount, expected) in table {
        assert_eq!(before.add(held(total), caller, amount, wei(10)), expected, "{name}");
    }
}

#[test]
fn removing_from_a_node() {
    let node = NodeStake { staker: account(1), amount: 10 };
    let table = [
        ("staker", node, account(1), false, Ok((NodeStake::default(), 10))),
        ("stranger", node, account(2), false, Err(StakingError::NotStaker { staker: account(1) })),
        ("registered", node, account(1), true, Err(StakingError::NodeRegistered)),
        ("no stake", NodeStake::default(), account(1), false, Err(StakingError::NotStaker { staker: Address::ZERO })),
        ("nobody", NodeStake::default(), Address::ZERO, false, Err(StakingError::NotStaker { staker: Address::ZERO })),
    ];
    for (name, node, caller, registered, expected) in table {
        assert_eq!(node.remove(caller, registered), expected, "{name}");
    }
}

#[test]
fn slashing_takes_no_more_than_there_is() {
    let node = NodeStake { staker: account(1), amount: 10 };
    let totals = Totals { held: 30, slashed: 3 };
    let some = (NodeStake { amount: 6, ..node }, Totals { held: 30, slashed: 7 }, 4);
    let all = (NodeStake::default(), Totals { held: 30, slashed: 13 }, 10);
    for (amount, expected) in [(wei(0), (node, totals, 0)), (wei(4), some), (wei(10), all), (wei(11), all), (U256::MAX, all)] {
        assert_eq!(node.slash(totals, amount), expected, "{amount}");
    }
    assert_eq!(totals.sweep(), Ok((Totals { held: 27, slashed: 0 }, 3)));
    assert_eq!(Totals { held: 27, slashed: 0 }.sweep(), Err(StakingError::ZeroAmount));
}

#[test]
fn a_node_is_staked_from_the_required_amount_on() {
    let node = |amount| NodeStake { staker: account(1), amount };
    for (amount, required, covered) in
        [(9, wei(10), false), (10, wei(10), true), (11, wei(10), true), (0, wei(0), true), (STAKE_HELD_MAX, U256::MAX, false)]
    {
        assert_eq!(node(amount).covers(required), covered, "{amount} of {required}");
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
    let nearly = Account { stake: 0, head: 6, len: UNBONDINGS_MAX - 1 };
    let (full, place, unbonding) = nearly.enqueue(5, NOW, WEEK).unwrap();
    assert_eq!((full.len, place, unbonding), (UNBONDINGS_MAX, 5, Unbonding { amount: 5, release_at: NOW + WEEK }));
    assert_eq!(full.enqueue(5, NOW, WEEK), Err(StakingError::TooManyUnbondings));
    assert_eq!(Account::default().enqueue(5, NOW, u64::MAX).unwrap().2.release_at, u64::MAX);
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
        StakingError::NodeRegistered,
        StakingError::StillBonded { release_at: 0 },
        StakingError::StillBonded { release_at: 7 },
        StakingError::TooManyUnbondings,
        StakingError::AmountTooLarge { amount: wei(2), limit: 1 },
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
                let (next, amount) = self.nodes.entry(node).or_default().remove(caller(who), false)?;
                let account = self.users.get(&who).copied().unwrap_or_default();
                self.enqueue(who, account, amount, now)?;
                self.nodes.insert(node, next);
            }
            Step::Stake(user, amount) => {
                let (next, totals) = self.users.entry(user).or_default().stake(self.totals, U256::from(amount))?;
                self.users.insert(user, next);
                self.totals = totals;
                self.wallets -= i128::from(amount);
            }
            Step::Unbond(user, amount) => {
                let (next, amount) = self.users.entry(user).or_default().unbond(U256::from(amount))?;
                self.enqueue(user, next, amount, now)?;
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
                let (next, totals, taken) = before.slash(self.totals, U256::from(amount));
                assert!(taken <= before.amount && next.amount + taken == before.amount);
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

    fn enqueue(&mut self, user: u8, before: Account, amount: u128, now: u64) -> Result<(), StakingError> {
        let (next, place, unbonding) = before.enqueue(amount, now, WEEK)?;
        self.rings.insert((user, place), unbonding);
        self.users.insert(user, next);
        Ok(())
    }

    fn sum_of_parts(&self) -> u128 {
        let nodes: u128 = self.nodes.values().map(|node| node.amount).sum();
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
        let _ = ledger.apply(Step::Sweep, now);
        let behind_nodes: u128 = ledger.nodes.values().map(|node| node.amount).sum();
        prop_assert_eq!(ledger.totals.held, behind_nodes);
    }
}
