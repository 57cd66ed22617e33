//! What is done to the lane, by chance: who calls, about which task, and what is wrong with it.

use alloy::primitives::B256;
use proptest::prelude::*;

use super::world::{MINERS, terms};

/// Accounts: payers, keepers, who is neither, who governs.
pub(crate) const PAYERS: [usize; 2] = [2, 4];
pub(crate) const KEEPERS: [usize; 2] = [1, 3];
pub(crate) const STRANGER: usize = 5;
pub(crate) const GOVERNOR: usize = 0;

/// Who is to serve a task, and what each answers. The last answer is one that nobody can show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) keeper: usize,
    pub(crate) crew: [usize; MINERS],
    pub(crate) answers: [u8; MINERS],
}

pub(crate) const UNOPENABLE: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Complete,
    Start,
    Precommit,
    Reveal,
    Finish,
    Report,
    ReportSecond,
    Close,
}

/// How a task is chosen, by whom the step is made, of which replicas, and what is wrong with it: nothing if zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    pub(crate) pick: u16,
    pub(crate) by: u8,
    pub(crate) mask: u8,
    pub(crate) flaw: u8,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Fund {
        to: usize,
        grains: u64,
        odd: bool,
    },
    Credit {
        by: usize,
    },
    /// Nothing, half, all, or a grain more than all.
    Release {
        by: usize,
        part: u8,
    },
    PayEarnings {
        who: usize,
    },
    PassTreasury,
    Create {
        by: usize,
        terms: B256,
    },
    CloseSession {
        pick: u16,
        flaw: u8,
    },
    Pin {
        terms: B256,
    },
    Submit {
        pick: u16,
        flaw: u8,
        plan: Plan,
    },
    CreateAndSubmit {
        by: usize,
        terms: B256,
        flaw: u8,
        plan: Plan,
    },
    Step(Step),
    SlashAgain {
        pick: u16,
        flaw: u8,
    },
    SetKeeper {
        by: usize,
        keeper: usize,
        enabled: bool,
    },
    SetConfig {
        by: usize,
        penalties: u8,
        share: u8,
        paused: bool,
    },
    Publish {
        percent: u8,
    },
    LowerCap {
        choice: u8,
    },
    Stake {
        miner: usize,
    },
    Unbond {
        miner: usize,
    },
    Pass {
        secs: u64,
    },
    /// To so many seconds from a task's deadline, or from the middle of its first phase.
    PassTo {
        pick: u16,
        offset: i8,
        middle: bool,
    },
}

fn plan() -> impl Strategy<Value = Plan> {
    let crew = (Just([0, 1, 2, 3, 4, 5, 6]).prop_shuffle(), prop::bool::weighted(0.04)).prop_map(|(mut crew, twice)| {
        if twice {
            crew[1] = crew[0];
        }
        crew
    });
    let answer = || prop_oneof![60 => Just(0_u8), 20 => Just(1), 8 => Just(2), 5 => Just(UNOPENABLE)];
    (prop::sample::select(&KEEPERS[..]), crew, proptest::array::uniform7(answer())).prop_map(|(keeper, crew, answers)| Plan {
        keeper,
        crew,
        answers,
    })
}

/// Phases of ten minutes and less, of half a minute, and of a day.
const PHASES: [[u32; 3]; 3] = [[601, 60, 90], [61, 30, 31], [86_400, 3_600, 7_200]];

fn good_terms() -> impl Strategy<Value = B256> {
    let replicas = prop_oneof![1 => Just(1_u8), 4 => Just(3), 3 => Just(5), 2 => Just(7)];
    (replicas, 0..3_usize, prop_oneof![5 => Just(0), 2 => Just(1), 1 => Just(2_usize)]).prop_map(|(replicas, quorum, phases)| {
        // Two thirds of three are all of three, which has another name.
        let quorum = if replicas == 3 && quorum == 1 { 0 } else { quorum };
        with_phases(terms(replicas, [5_001, 6_667, 10_000][quorum]), PHASES[phases])
    })
}

fn with_phases(mut terms: B256, phases: [u32; 3]) -> B256 {
    for (at, secs) in [16, 19, 22].into_iter().zip(phases) {
        terms[at..at + 3].copy_from_slice(&secs.to_be_bytes()[1..]);
    }
    terms
}

/// Terms with one thing that is not sold, not known or out of range.
fn bad_terms() -> impl Strategy<Value = B256> {
    (good_terms(), 0..10_u8).prop_map(|(mut terms, flaw)| {
        let [good, short, long] = [PHASES[0], [29; 3], [86_401; 3]];
        let phases = |open, precommit, reveal| [open, precommit, reveal];
        match flaw {
            0 => with_phases(terms, phases(short[0], good[1], good[2])),
            1 => with_phases(terms, phases(good[0], long[1], good[2])),
            2 => with_phases(terms, phases(good[0], good[1], short[2])),
            3 => with_phases(terms, phases(long[0], short[1], long[2])),
            other => {
                match other {
                    4 => terms[13] = 4,
                    5 => terms[13] = 9,
                    6 => terms[14..16].copy_from_slice(&5_000_u16.to_be_bytes()),
                    7 => terms[7] = 9,
                    8 => terms[28] = 1,
                    _ => terms[8..12].fill(0),
                }
                terms
            }
        }
    })
}

fn some_terms() -> impl Strategy<Value = B256> {
    prop_oneof![4 => good_terms(), 1 => bad_terms()]
}

fn flaw(most: u8) -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0), 1 => 1..=most]
}

fn step(kind: Kind) -> impl Strategy<Value = Action> {
    (any::<u16>(), 0..16_u8, any::<u8>(), flaw(13))
        .prop_map(move |(pick, by, mask, flaw)| Action::Step(Step { kind, pick, by, mask, flaw }))
}

fn payer() -> impl Strategy<Value = usize> {
    prop::sample::select(&PAYERS[..])
}

/// Nearly always the governor.
fn governor() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(GOVERNOR), 1 => prop::sample::select(&[1_usize, 2, STRANGER, 8][..])]
}

fn steps() -> impl Strategy<Value = Action> {
    prop_oneof![
        9 => step(Kind::Complete),
        11 => step(Kind::Start),
        10 => step(Kind::Precommit),
        9 => step(Kind::Reveal),
        9 => step(Kind::Finish),
        6 => step(Kind::Report),
        5 => step(Kind::ReportSecond),
        8 => step(Kind::Close),
    ]
}

fn money() -> impl Strategy<Value = Action> {
    let somebody = prop_oneof![1 => payer(), 2 => prop::sample::select(&KEEPERS[..])];
    prop_oneof![
        4 => (payer(), 1..20_000_000_000_u64, prop::bool::weighted(0.2)).prop_map(|(to, grains, odd)| Action::Fund { to, grains, odd }),
        1 => prop::sample::select(&[0_usize, 2, STRANGER][..]).prop_map(|by| Action::Credit { by }),
        5 => (somebody, 0..4_u8).prop_map(|(by, part)| Action::Release { by, part }),
        6 => (8..8 + MINERS).prop_map(|who| Action::PayEarnings { who }),
        3 => Just(Action::PassTreasury),
        6 => (any::<u16>(), flaw(3)).prop_map(|(pick, flaw)| Action::SlashAgain { pick, flaw }),
    ]
}

fn sessions() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (payer(), some_terms()).prop_map(|(by, terms)| Action::Create { by, terms }),
        2 => (any::<u16>(), flaw(2)).prop_map(|(pick, flaw)| Action::CloseSession { pick, flaw }),
        2 => some_terms().prop_map(|terms| Action::Pin { terms }),
        14 => submit(),
        3 => (payer(), some_terms(), flaw(5), plan())
            .prop_map(|(by, terms, flaw, plan)| Action::CreateAndSubmit { by, terms, flaw, plan }),
    ]
}

fn submit() -> impl Strategy<Value = Action> {
    (any::<u16>(), flaw(6), plan()).prop_map(|(pick, flaw, plan)| Action::Submit { pick, flaw, plan })
}

fn settings() -> impl Strategy<Value = Action> {
    let keeper = prop::sample::select(&[1_usize, 3, 3, STRANGER][..]);
    prop_oneof![
        3 => (governor(), keeper, prop::bool::weighted(0.7)).prop_map(|(by, keeper, enabled)| Action::SetKeeper { by, keeper, enabled }),
        4 => (governor(), 0..5_u8, 0..5_u8, prop::bool::weighted(0.12)).prop_map(|(by, penalties, share, paused)| Action::SetConfig { by, penalties, share, paused }),
        2 => (75..=133_u8).prop_map(|percent| Action::Publish { percent }),
        1 => (0..5_u8).prop_map(|choice| Action::LowerCap { choice }),
        1 => (0..MINERS).prop_map(|miner| Action::Stake { miner }),
        1 => (0..MINERS).prop_map(|miner| Action::Unbond { miner }),
    ]
}

fn time() -> impl Strategy<Value = Action> {
    let secs = prop_oneof![12 => 1_u64..50, 2 => 50..4_000_u64, 1 => 40_000..100_000_u64, 1 => 700_000..770_000_u64];
    prop_oneof![
        2 => secs.prop_map(|secs| Action::Pass { secs }),
        5 => (any::<u16>(), prop_oneof![1 => Just(-1_i8), 4 => Just(0), 1 => Just(1)], prop::bool::weighted(0.3))
            .prop_map(|(pick, offset, middle)| Action::PassTo { pick, offset, middle }),
    ]
}

/// Boxed, or a test's stack would not hold it.
pub(crate) fn action() -> BoxedStrategy<Action> {
    let [steps, money, sessions] = [steps().boxed(), money().boxed(), sessions().boxed()];
    prop_oneof![52 => steps, 12 => money, 20 => sessions, 6 => settings().boxed(), 10 => time().boxed()].boxed()
}

/// Sessions and tasks come first, so that most actions have something to be about.
pub(crate) fn sequence(most: usize) -> impl Strategy<Value = Vec<Action>> {
    let created = |by: usize| good_terms().prop_map(move |terms| Action::Create { by, terms });
    // In every second one Staking takes less than a penalty.
    let cap = prop_oneof![Just(Action::Pass { secs: 1 }), (0..5_u8).prop_map(|choice| Action::LowerCap { choice })];
    let first = (cap, created(2), created(4), created(2), proptest::collection::vec(submit(), 4));
    (first, proptest::collection::vec(action(), most / 2..=most))
        .prop_map(|((cap, one, two, three, submitted), actions)| [vec![cap, one, two, three], submitted, actions].concat())
}

/// A life of each kind, with every refusal there is on its way: what chance leaves out in a run is in it all the same.
pub(crate) fn one_of_each() -> Vec<Action> {
    let plan = |answers: [u8; 5]| {
        let [a, b, c, d, e] = answers;
        Plan { keeper: 1, crew: [0, 1, 2, 3, 4, 5, 6], answers: [a, b, c, d, e, 0, 0] }
    };
    let step = |kind, by, mask, flaw| Action::Step(Step { kind, pick: 1, by, mask, flaw });
    let submit = |pick, flaw, answers| Action::Submit { pick, flaw, plan: plan(answers) };
    let fault = |kind: Kind| move |flaw: u8| step(kind, 0, 0, flaw);
    let next = Action::PassTo { pick: 2, offset: 0, middle: false };
    let completed = [
        vec![submit(1, 0, [0; 5])],
        [1, 2, 4, 6].map(|flaw| submit(1, flaw, [0; 5])).to_vec(),
        vec![step(Kind::Start, 8, 0, 0), step(Kind::Start, 13, 0, 0)],
        [1, 2, 7, 10, 11, 12].map(fault(Kind::Start)).to_vec(),
        [8, 9, 10, 11, 0].map(fault(Kind::Complete)).to_vec(),
        vec![Action::Step(Step { kind: Kind::Complete, pick: 0, by: 0, mask: 0, flaw: 0 })],
    ];
    // Two of three are bound and differ, and one of them is silent to the end.
    let spoiled = [
        vec![submit(1, 0, [0, 1, 0, 0, 0]), step(Kind::Start, 1, 0b011, 0)],
        [7, 8, 9].map(fault(Kind::Precommit)).to_vec(),
        vec![step(Kind::Precommit, 9, 0, 10), next, step(Kind::Precommit, 0, 7, 0), step(Kind::Close, 0, 0, 0)],
        [7, 8, 9, 11].map(fault(Kind::Reveal)).to_vec(),
        vec![step(Kind::Report, 14, 0, 0), step(Kind::Report, 0, 0, 10), step(Kind::Reveal, 1, 0b001, 0)],
        vec![step(Kind::Finish, 1, 0, 0), next, step(Kind::Finish, 1, 0, 0), next, step(Kind::Finish, 1, 0, 0)],
        vec![Action::SlashAgain { pick: 0, flaw: 0 }, Action::SlashAgain { pick: 0, flaw: 1 }],
        vec![Action::Pass { secs: 86_400 }, Action::SlashAgain { pick: 0, flaw: 0 }],
    ];
    let lied = [
        submit(1, 0, [0; 5]),
        step(Kind::Start, 0, 0, 0),
        // Of the first task by number, which is this one: all are bound already.
        Action::Step(Step { kind: Kind::Precommit, pick: 0, by: 9, mask: 0, flaw: 0 }),
        step(Kind::Report, 0, 0, 0),
        step(Kind::Finish, 0, 0, 0),
    ];
    // Of tasks that ended, of the first and of the third: its last miner was silent in that one.
    let second = |pick, by, mask, flaw| Action::Step(Step { kind: Kind::ReportSecond, pick, by, mask, flaw });
    let twice = [
        // What Staking takes of that day may be used up.
        vec![second(1, 0, 0, 0), Action::Pass { secs: 86_400 }],
        [1, 2, 3, 4, 7, 10, 11, 12].map(|flaw| second(1, 0, 0, flaw)).to_vec(),
        vec![
            second(1, 15, 0, 0),
            second(1, 0, 0, 0),
            second(1, 0, 0, 8),
            second(1, 0, 1, 0),
            second(33, 0, 2, 8),
            second(33, 0, 0, 0),
        ],
        [1, 17, 33].map(|pick| second(pick, 0, 0, 13)).to_vec(),
        vec![submit(1, 0, [0; 5]), second(0, 0, 0, 0), step(Kind::Start, 1, 0b011, 0), step(Kind::Precommit, 0, 0, 0)],
        vec![step(Kind::Finish, 0, 0, 0)],
    ];
    let others = [
        submit(9, 0, [0, 0, 0, 1, 1]),
        step(Kind::Complete, 0, 0, 0),
        submit(1, 0, [0; 5]),
        next,
        step(Kind::Close, 0, 0, 0),
        submit(1, 0, [0; 5]),
        step(Kind::Start, 1, 0b001, 0),
        next,
        step(Kind::Close, 0, 0, 0),
        submit(1, 0, [0; 5]),
        step(Kind::Start, 1, 0b001, 0),
        step(Kind::Precommit, 0, 0, 0),
        Action::PassTreasury,
        Action::PassTreasury,
        Action::PayEarnings { who: 8 },
        Action::PayEarnings { who: 8 },
        Action::Release { by: 1, part: 1 },
        Action::Release { by: 1, part: 3 },
        Action::CreateAndSubmit { by: 4, terms: terms(1, 6_667), flaw: 0, plan: plan([0; 5]) },
        Action::SetConfig { by: GOVERNOR, penalties: 0, share: 0, paused: true },
        submit(1, 0, [0; 5]),
        Action::SetConfig { by: GOVERNOR, penalties: 0, share: 0, paused: false },
        Action::CloseSession { pick: 1, flaw: 0 },
    ];
    // The same once it is too late for it.
    let late = [vec![Action::Pass { secs: 734_400 }], [1, 17, 33].map(|pick| second(pick, 0, 0, 0)).to_vec()].concat();
    [settled(), completed.concat(), spoiled.concat(), lied.to_vec(), twice.concat(), others.to_vec(), two_seats(), late].concat()
}

/// A miner on two seats of the last task, whichever of those that are open that is.
fn two_seats() -> Vec<Action> {
    let plan = Plan { keeper: 1, crew: [0, 1, 0, 3, 4, 5, 6], answers: [0; MINERS] };
    let start = |pick| Action::Step(Step { kind: Kind::Start, pick, by: 0, mask: 0, flaw: 0 });
    [
        vec![Action::Create { by: 2, terms: terms(3, 5_001) }, Action::Submit { pick: 2, flaw: 0, plan }],
        (0..6).map(start).collect(),
    ]
    .concat()
}

/// Money, settings, sessions and terms that a life of each kind begins with.
fn settled() -> Vec<Action> {
    vec![
        Action::Fund { to: 4, grains: 1, odd: false },
        Action::Fund { to: 4, grains: 1, odd: true },
        Action::Credit { by: STRANGER },
        Action::SetKeeper { by: STRANGER, keeper: 1, enabled: true },
        Action::LowerCap { choice: 1 },
        Action::Create { by: 2, terms: terms(3, 5_001) },
        Action::Create { by: 2, terms: terms(5, 10_000) },
        Action::Create { by: 2, terms: terms(4, 5_001) },
        Action::Pin { terms: terms(9, 5_001) },
    ]
}
