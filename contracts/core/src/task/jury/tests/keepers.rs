//! A keeper's life, its secrets, and summonses.

use alloy_primitives::{B256, U256, keccak256};

use super::book::TIMES;
use crate::task::jury::{Chain, JuryError, Keeper, Standing, Summons, Trial, answer, split_bond};

/// The beginning of epoch 100.
const NOW: u64 = 60_000;

/// Secrets by epoch: the anchor first, for chains that begin with `first`.
fn links(count: usize) -> Vec<B256> {
    let mut links = vec![keccak256("root")];
    while links.len() < count {
        links.push(keccak256(links[links.len() - 1]));
    }
    links.reverse();
    links
}

fn serving() -> Keeper {
    Keeper::default().propose(NOW, 0).unwrap().enrol(NOW, &TIMES, links(50)[0], 101).unwrap()
}

#[test]
fn a_chain_is_walked_forward_only() {
    let links = links(50);
    let chain = Chain::begin(links[0], 101);
    assert_eq!(chain.secret(101), None);
    assert_eq!(chain.show(100, links[0]), Err(JuryError::NoSecret));
    assert_eq!(chain.show(101, links[2]), Err(JuryError::SecretWrong));
    let chain = chain.show(103, links[3]).unwrap();
    assert_eq!([101, 102, 103, 104].map(|epoch| chain.secret(epoch)), [Some(links[1]), Some(links[2]), Some(links[3]), None]);
    assert_eq!(chain.secret(100), None, "the anchor is no secret");
    assert_eq!(chain.show(103, links[3]), Err(JuryError::SecretKnown));
    assert_eq!(chain.show(102, links[2]), Err(JuryError::SecretKnown));
    assert_eq!(chain.show(104, links[3]), Err(JuryError::SecretWrong));
    let far = 103 + 32_769;
    let expected = JuryError::OutOfRange { field: "epoch", value: far.into(), min: 104, max: 103 + 32_768 };
    assert_eq!(chain.show(far, links[4]), Err(expected));
    assert_eq!(Chain::default().show(5, links[0]), Err(JuryError::NoSecret));
}

#[test]
fn from_proposal_to_bond_and_back() {
    let anchor = B256::repeat_byte(1);
    let none = Keeper::default();
    assert_eq!(none.enrol(NOW, &TIMES, anchor, 101), Err(JuryError::Unknown));
    assert_eq!(none.discharge(NOW, &TIMES), Err(JuryError::NotServing));
    let proposed = none.propose(NOW, 50).unwrap();
    assert_eq!(proposed.propose(NOW, 50), Err(JuryError::InService));
    assert_eq!(proposed.enrol(NOW + 49, &TIMES, anchor, 101), Err(JuryError::NotYet { at: NOW + 50 }));
    let early = JuryError::OutOfRange { field: "firstEpoch", value: 100, min: 101, max: u32::MAX.into() };
    assert_eq!(proposed.enrol(NOW + 50, &TIMES, anchor, 100), Err(early));
    assert_eq!(proposed.discharge(NOW, &TIMES).map(|keeper| keeper.standing), Ok(Standing::None));
    assert_eq!((proposed.withdraw(NOW), proposed.must_serve()), (Err(JuryError::NoBond), Err(JuryError::NotServing)));
    let keeper = proposed.enrol(NOW + 50, &TIMES, anchor, 101).unwrap();
    assert_eq!((keeper.standing, keeper.is_bonded()), (Standing::Serving, true));
    assert_eq!(keeper.enrol(NOW + 50, &TIMES, anchor, 102), Err(JuryError::InService));
    assert_eq!(keeper.propose(NOW, 0), Err(JuryError::InService));
    assert_eq!(keeper.withdraw(u64::MAX), Err(JuryError::BondLocked { until: 0 }));
    let leaving = keeper.discharge(NOW + 60, &TIMES).unwrap();
    let until = NOW + 60 + 12 * 86_400;
    assert_eq!((leaving.is_bonded(), leaving.must_serve()), (true, Err(JuryError::NotServing)));
    assert_eq!(leaving.discharge(NOW, &TIMES), Err(JuryError::NotServing));
    assert_eq!(leaving.propose(NOW, 0), Err(JuryError::InService));
    assert_eq!(leaving.withdraw(until - 1), Err(JuryError::BondLocked { until }));
    let gone = leaving.withdraw(until).unwrap();
    assert_eq!((gone.standing, gone.current, gone.withdraw(until)), (Standing::None, Chain::default(), Err(JuryError::NoBond)));
    for standing in Standing::ALL {
        assert_eq!(Standing::from_number(standing.number()), standing);
    }
    assert_eq!(Standing::from_number(5), Standing::None);
}

/// Tasks that it served before cannot be held against another bond: neither by proposing it anew at once, nor by withdrawing that proposal.
#[test]
fn who_lost_its_bond_waits_until_its_tasks_are_beyond_dispute() {
    let convicted = serving().convict(NOW + 5_000, &TIMES);
    assert_eq!((convicted.is_bonded(), convicted.withdraw(u64::MAX)), (false, Err(JuryError::NoBond)));
    assert_eq!(convicted.try_for(NOW + 5_000, &TIMES, NOW + 700, 0), Err(JuryError::NoBond));
    let at = NOW + 5_000 + 12 * 86_400;
    let again = convicted.propose(NOW + 6_000, 10).unwrap();
    assert_eq!(again.enrols_at, at);
    let again = again.discharge(NOW + 6_000, &TIMES).unwrap().propose(NOW + 6_000, 10).unwrap();
    assert_eq!(again.enrol(at - 1, &TIMES, B256::ZERO, 9_000), Err(JuryError::NotYet { at }));
    let again = again.enrol(at, &TIMES, B256::ZERO, 9_000).unwrap();
    // The last task of its first service.
    let deadline = NOW + 4_999 + 12 * 86_400;
    assert_eq!(again.try_for(at, &TIMES, NOW + 4_999, 0), Err(JuryError::DisputeOver { deadline }));
}

#[test]
fn a_dispute_is_decided_by_the_secret_or_its_absence() {
    let (links, keeper) = (links(50), serving());
    let time = TIMES.starts(102) + 5;
    // The epoch ends at 61,800. Whenever the secret is called for after that, there are thirty hours to show it.
    let open = Err(JuryError::EpochOpen { ends_at: 61_800 });
    assert_eq!((keeper.try_for(time, &TIMES, time, 0), keeper.try_for(61_799, &TIMES, time, 0)), (open, open));
    let (called, until) = (100_000, 208_000);
    assert_eq!(keeper.try_for(61_800, &TIMES, time, 0), Ok(Trial::Call { until: 169_800 }));
    assert_eq!(keeper.try_for(called, &TIMES, time, 0), Ok(Trial::Call { until }));
    assert_eq!(keeper.try_for(called, &TIMES, time, until), Err(JuryError::SecretPending { until }));
    assert_eq!(keeper.try_for(until - 1, &TIMES, time, until), Err(JuryError::SecretPending { until }));
    assert_eq!(keeper.try_for(until, &TIMES, time, until), Ok(Trial::Unrevealed));
    assert_eq!(keeper.show(61_799, &TIMES, 102, links[2]), Err(JuryError::EpochOpen { ends_at: 61_800 }));
    let shown = keeper.show(61_800, &TIMES, 102, links[2]).unwrap();
    assert_eq!(shown.try_for(61_800, &TIMES, time, 0), Ok(Trial::Draw(links[2])));
    assert_eq!(shown.try_for(61_800, &TIMES, TIMES.starts(101), 0), Ok(Trial::Draw(links[1])));
    // Late is not never.
    let late = keeper.show(until + 9_000, &TIMES, 102, links[2]).unwrap();
    assert_eq!(late.try_for(until + 9_000, &TIMES, time, until), Ok(Trial::Draw(links[2])));
    // A task of before its first epoch is none that it may serve.
    assert_eq!(keeper.try_for(NOW, &TIMES, NOW + 599, 0), Ok(Trial::Uncommitted));
    let deadline = time + 12 * 86_400;
    // The last call leaves a day for the conviction.
    let last = deadline - 108_000 - 86_400;
    assert_eq!(keeper.try_for(last - 1, &TIMES, time, 0), Ok(Trial::Call { until: deadline - 86_400 - 1 }));
    assert_eq!(keeper.try_for(last, &TIMES, time, 0), Err(JuryError::DisputeOver { deadline: last }));
    assert_eq!(keeper.try_for(deadline - 1, &TIMES, time, deadline - 86_400 - 1), Ok(Trial::Unrevealed));
    assert_eq!(shown.try_for(deadline - 1, &TIMES, time, 0), Ok(Trial::Draw(links[2])));
    assert_eq!(shown.try_for(deadline, &TIMES, time, 0), Err(JuryError::DisputeOver { deadline }));
    // The bond of one that leaves is there for as long as any of its tasks can be disputed.
    let leaving = shown.discharge(time, &TIMES).unwrap();
    assert_eq!(leaving.free_at, deadline);
    assert_eq!(leaving.try_for(deadline - 1, &TIMES, time, 0), Ok(Trial::Draw(links[2])));
}

#[test]
fn chains_are_renewed_once_in_the_time_of_a_dispute() {
    let (links, keeper) = (links(50), serving());
    let other = keccak256(keccak256("other"));
    let early = |value| JuryError::OutOfRange { field: "firstEpoch", value, min: 106, max: u32::MAX.into() };
    let now = TIMES.starts(105);
    assert_eq!(keeper.renew(now, &TIMES, other, 105), Err(early(105)));
    let renewed = keeper.renew(now, &TIMES, other, 108).unwrap();
    // Each epoch has the secret of its chain; the old one ends where the new one begins.
    let now = TIMES.starts(200);
    assert_eq!(renewed.show(now, &TIMES, 108, links[8]), Err(JuryError::SecretWrong));
    let renewed = renewed.show(now, &TIMES, 107, links[7]).unwrap().show(now, &TIMES, 108, keccak256("other")).unwrap();
    assert_eq!(renewed.try_for(now, &TIMES, TIMES.starts(107), 0), Ok(Trial::Draw(links[7])));
    assert_eq!(renewed.try_for(now, &TIMES, TIMES.starts(108), 0), Ok(Trial::Draw(keccak256("other"))));
    assert_eq!(renewed.try_for(now, &TIMES, TIMES.starts(100), 0), Ok(Trial::Uncommitted));
    let until = TIMES.starts(108) + 12 * 86_400;
    assert_eq!(renewed.renew(until - 1, &TIMES, other, 9_000), Err(JuryError::ChainInUse { until }));
    assert_eq!(renewed.renew(until, &TIMES, other, 9_000).map(|keeper| keeper.previous), Ok(renewed.current));
    assert_eq!(renewed.discharge(now, &TIMES).unwrap().renew(until, &TIMES, other, 9_000), Err(JuryError::NotServing));
    // A chain that has not begun can be followed by a later one only.
    let min = JuryError::OutOfRange { field: "firstEpoch", value: 108, min: 109, max: u32::MAX.into() };
    let ahead = keeper.renew(TIMES.starts(105), &TIMES, other, 108).unwrap();
    let fresh = Keeper { previous: Chain::default(), ..ahead };
    assert_eq!(fresh.renew(TIMES.starts(105), &TIMES, other, 108), Err(min));
}

#[test]
fn a_lost_bond_is_split_to_the_last_wei() {
    for (bond, half, rest) in [(0_u64, 0, 0), (1, 0, 1), (7, 3, 4), (8, 4, 4)] {
        assert_eq!(split_bond(U256::from(bond)), (U256::from(half), U256::from(rest)));
    }
    let (half, rest) = split_bond(U256::MAX);
    assert_eq!(half.checked_add(rest), Some(U256::MAX));
}

#[test]
fn summonses() {
    let none = Summons::default();
    assert_eq!(none.dismiss(u64::MAX, false), Err(JuryError::NotSummoned));
    let called = none.call(NOW, &TIMES).unwrap();
    assert_eq!(called.call(NOW, &TIMES), Err(JuryError::AlreadySummoned));
    let pending = Err(JuryError::AnswerPending { until: NOW + 60 });
    assert_eq!((called.dismiss(NOW + 59, false), called.dismiss(NOW + 59, true)), (pending, pending));
    assert_eq!(called.dismiss(NOW + 60, true), Err(JuryError::Answered));
    let absent = called.dismiss(NOW + 60, false).unwrap();
    assert_eq!((absent.absent, absent.dismiss(NOW + 60, false)), (true, Err(JuryError::Dismissed)));
    assert_eq!(absent.call(NOW, &TIMES), Err(JuryError::AlreadySummoned));
    // Once is enough for a task.
    assert_eq!((answer(0, NOW), answer(NOW, NOW + 5)), (Ok(NOW), Err(JuryError::Answered)));
}
