//! Tables of quorum and standing, then what holds for every vote.

use super::*;
use proptest::prelude::*;

use Ballot::{Closed, For, Open};

/// (asked, bps, votes needed)
const QUORA: &[(u8, u16, u8)] = &[
    (1, 0, 1),
    (1, 10_000, 1),
    (3, 0, 2),
    (3, 5_001, 2),
    (3, 6_666, 2),
    (3, 6_667, 3),
    (3, 10_000, 3),
    (3, u16::MAX, 3),
    (5, 5_001, 3),
    (5, 6_000, 3),
    (5, 6_001, 4),
    (5, 8_000, 4),
    (5, 8_001, 5),
    (7, 5_001, 4),
    (7, 5_715, 5),
    (7, 10_000, 7),
    (2, 5_000, 2),
    (u8::MAX, u16::MAX, u8::MAX),
];

#[test]
fn quorum_table() {
    for &(asked, bps, needed) in QUORA {
        assert_eq!(Quorum { asked, bps }.needed(), needed, "{asked} replicas at {bps}");
    }
}

#[test]
fn standing_table() {
    let decided = |leader, votes| Standing::Decided { leader, votes };
    let table: &[(&[Ballot], u16, Standing)] = &[
        (&[Open], 5_001, Standing::Open),
        (&[Closed], 5_001, Standing::Impossible),
        (&[For(0)], 5_001, decided(0, 1)),
        (&[For(0), Open, Open], 5_001, Standing::Open),
        (&[For(0), For(0), Open], 5_001, decided(0, 2)),
        (&[For(0), For(0), Open], 10_000, Standing::Open),
        (&[For(0), For(0), Closed], 10_000, Standing::Impossible),
        (&[For(0), For(1), Open], 5_001, Standing::Open),
        (&[For(0), For(1), Closed], 5_001, Standing::Impossible),
        (&[For(0), For(1), For(2)], 5_001, Standing::Impossible),
        (&[For(0), For(1), For(1)], 5_001, decided(1, 2)),
        (&[Closed, Closed, Open], 5_001, Standing::Impossible),
        (&[For(0), For(1), For(2), Open, Open], 5_001, Standing::Open),
        (&[For(0), For(1), For(2), For(3), Open], 5_001, Standing::Impossible),
        (&[For(6), For(6), For(6), For(6), Open, Open, Open], 5_001, decided(6, 4)),
        (&[For(9), For(9), For(9)], 5_001, Standing::Impossible),
    ];
    for (ballots, bps, expected) in table {
        let asked = u8::try_from(ballots.len()).unwrap();
        assert_eq!(standing(ballots.iter().copied(), Quorum { asked, bps: *bps }), *expected, "{ballots:?} at {bps}");
    }
}

#[test]
fn the_first_of_its_kind_leads_itself() {
    let leaders = [(0, "VALID"), (2, "INVALID")];
    assert_eq!(leader_of(&"VALID", leaders), Some(0));
    assert_eq!(leader_of(&"INVALID", leaders), Some(2));
    assert_eq!(leader_of(&"RETRY", leaders), None);
}

fn ballots() -> impl Strategy<Value = Vec<Ballot>> {
    let ballot = prop_oneof![Just(Open), Just(Closed), (0..7_u8).prop_map(For)];
    prop::sample::select(vec![1_usize, 3, 5, 7]).prop_flat_map(move |count| prop::collection::vec(ballot.clone(), count))
}

proptest! {
    /// The definition of the specification, in wide integers.
    #[test]
    fn needed_is_the_least_that_satisfies_the_rule(asked in 1..=u8::MAX, bps in 0..=10_000_u16) {
        let holds = |votes: u64| votes * 10_000 >= u64::from(bps) * u64::from(asked) && 2 * votes > u64::from(asked);
        let needed = u64::from(Quorum { asked, bps }.needed());
        prop_assert!(holds(needed));
        prop_assert!(!holds(needed - 1));
    }

    #[test]
    fn no_tie_and_no_change_of_mind(ballots in ballots(), bps in 0..=10_000_u16, closing in any::<[u8; 7]>()) {
        let quorum = Quorum { asked: u8::try_from(ballots.len()).unwrap(), bps };
        let before = standing(ballots.iter().copied(), quorum);
        // Whatever the open ones do, in any way: a decision keeps its leader, an impossible vote stays so.
        let after = ballots.iter().zip(closing).map(|(ballot, choice)| match ballot {
            Open if choice % 8 == 7 => Closed,
            Open => For(choice % 8),
            other => *other,
        });
        let after = standing(after, quorum);
        match (before, after) {
            (Standing::Decided { leader, votes }, Standing::Decided { leader: later, votes: more }) => {
                prop_assert_eq!(leader, later);
                prop_assert!(more >= votes);
            }
            (Standing::Open, Standing::Decided { .. }) | (_, Standing::Impossible) => {
                let was_decided = matches!(before, Standing::Decided { .. });
                prop_assert!(!was_decided);
            }
            other => prop_assert!(false, "{:?}", other),
        }
        let winners = (0..7_u8).filter(|leader| {
            let votes = ballots.iter().filter(|ballot| **ballot == For(*leader)).count();
            votes >= usize::from(quorum.needed())
        });
        prop_assert!(winners.count() <= 1);
    }

    /// `Open` promises that some way to a decision is left, `Impossible` that none is.
    #[test]
    fn open_means_open(ballots in ballots(), bps in 0..=10_000_u16) {
        let quorum = Quorum { asked: u8::try_from(ballots.len()).unwrap(), bps };
        let reachable = (0..7_u8).any(|leader| {
            let best = ballots.iter().map(|ballot| if *ballot == Open { For(leader) } else { *ballot });
            matches!(standing(best, quorum), Standing::Decided { .. })
        });
        prop_assert_eq!(reachable, standing(ballots.iter().copied(), quorum) != Standing::Impossible);
    }

    #[test]
    fn the_order_of_ballots_does_not_matter(ballots in ballots(), bps in 0..=10_000_u16) {
        let quorum = Quorum { asked: u8::try_from(ballots.len()).unwrap(), bps };
        let backwards = standing(ballots.iter().rev().copied(), quorum);
        prop_assert_eq!(standing(ballots.iter().copied(), quorum), backwards);
    }
}
