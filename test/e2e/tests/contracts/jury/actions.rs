//! What is done to the jury, by chance: who calls, about what, and what is wrong with it.

use proptest::prelude::*;

use super::world::{CANDIDATE, GUARDIAN, KEEPER, MODEL, NODES, OTHER_KEEPER, OWNER, STRANGER};

/// Accounts that are keepers at times.
pub(crate) const KEEPERS: [usize; 3] = [KEEPER, OTHER_KEEPER, 6];
/// Models that nodes serve.
pub(crate) const MODELS: [u64; 2] = [MODEL, MODEL + 1];

/// Who calls of a node: itself, its operator in the pool, the operator that it entered with, or anybody.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of {
    Node,
    Operator,
    Entered,
    Stranger,
}

/// What a node says in the pool.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pool {
    Drain,
    Resume,
    Deregister,
    /// Under its own name, or another's.
    Register(Option<usize>),
    /// Of both models those whose bit is set, or a third.
    Spec(u8),
    Version(u64),
}

/// Whom a keeper brings.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crew {
    Drawn,
    /// With those that it found absent.
    Back,
    /// Another on a seat.
    Forged(u8),
    /// The first two in the other order.
    Swapped,
}

/// What the lane says of a task then.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Served {
    Completed,
    NoQuorum,
    Expired,
    Precommit,
    Reveal,
}

/// How a node answers, or somebody for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word {
    Itself,
    /// And with bytes that are no signature.
    ItselfAndGarbage,
    Signed,
    Nobody,
    AnothersKey,
    AnotherTask,
    Garbage,
    TooLong,
    /// For the zero address, with a signature of nobody.
    OfNobody,
}

/// Which secret is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    /// That of the task's epoch.
    Task,
    Ended,
    Present,
    BeforeTheFirst,
    /// Before the first of the last chain.
    OfTheLastChain,
    Shown,
    AsFarAsItGoes,
    TooFar,
}

/// A time at which something changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    Epoch,
    Deadline,
    Answer,
    Called,
    Free,
    Enrols,
    Bar,
    Slot,
    Dispute,
    LastCall,
    Chain,
    Software,
}

/// A task by its number from the last on, and what is wrong with what is brought of it: nothing if zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pick {
    pub(crate) task: u8,
    pub(crate) flaw: u8,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Enter {
        by: Of,
        node: usize,
        model: u64,
    },
    Leave {
        by: Of,
        node: usize,
        model: u64,
    },
    Strike {
        node: usize,
        model: u64,
    },
    Summon {
        by: usize,
        pick: Pick,
        node: usize,
    },
    /// Mostly of a summons, by its number from the last on.
    Dismiss {
        by: usize,
        pick: Pick,
        node: usize,
    },
    DismissSummoned {
        summons: u8,
    },
    Present {
        task: u8,
        node: usize,
        word: Word,
    },
    PresentSummoned {
        summons: u8,
        word: Word,
    },
    Reveal {
        keeper: usize,
        task: u8,
        which: Which,
        right: bool,
    },
    Note {
        task: u8,
        flaw: u8,
    },
    /// Of a task that was served.
    Challenge {
        by: usize,
        pick: Pick,
    },
    /// Of any task, as if this keeper had served it.
    Accuse {
        by: usize,
        pick: Pick,
        keeper: usize,
    },
    Propose {
        by: usize,
        who: usize,
    },
    Enrol {
        by: usize,
        flaw: u8,
    },
    Renew {
        by: usize,
        flaw: u8,
    },
    Resign {
        by: usize,
    },
    Discharge {
        by: usize,
        who: usize,
    },
    Withdraw {
        who: usize,
    },
    SetLane {
        by: usize,
        zero: bool,
    },
    Open {
        by: usize,
    },
    Config {
        by: usize,
        choice: u8,
    },
    Pause {
        by: usize,
        paused: bool,
    },
    Guardian {
        by: usize,
        who: usize,
    },
    Offer {
        by: usize,
        who: usize,
    },
    Accept {
        by: usize,
    },
    /// Tokens and consent, or one of both, or a wei less.
    Fund {
        who: usize,
        flaw: u8,
    },
    Submit {
        replicas: u8,
        model: u64,
    },
    Serve {
        task: u8,
        keeper: usize,
        crew: Crew,
        served: Served,
    },
    Pool {
        node: usize,
        said: Pool,
    },
    Oldest {
        version: u64,
    },
    Forget {
        task: u8,
    },
    /// The lane reverts whatever it hears; the token transfers nothing.
    Deaf {
        on: bool,
    },
    Worthless {
        on: bool,
    },
    Pass {
        secs: u64,
    },
    /// To so many seconds from the next such moment.
    PassTo {
        moment: Moment,
        offset: i8,
    },
}

fn node() -> impl Strategy<Value = usize> {
    0..NODES
}

fn model() -> impl Strategy<Value = u64> {
    prop_oneof![6 => Just(MODELS[0]), 2 => Just(MODELS[1])]
}

fn of() -> impl Strategy<Value = Of> {
    prop_oneof![3 => Just(Of::Node), 2 => Just(Of::Operator), 1 => Just(Of::Entered), 3 => Just(Of::Stranger)]
}

/// The last task mostly, and what is wrong with it.
fn pick(flaws: u8) -> impl Strategy<Value = Pick> {
    (recent(), prop_oneof![4 => Just(0), 1 => 1..=flaws]).prop_map(|(task, flaw)| Pick { task, flaw })
}

fn recent() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0_u8), 2 => 1..4_u8, 1 => any::<u8>()]
}

fn keeper() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(KEEPERS[0]), 4 => Just(KEEPERS[1]), 2 => Just(KEEPERS[2])]
}

/// Nearly always a keeper.
fn as_keeper() -> impl Strategy<Value = usize> {
    prop_oneof![12 => keeper(), 1 => Just(STRANGER)]
}

/// Nearly always the owner, by its first account.
fn as_owner() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(OWNER), 1 => prop::sample::select(&[GUARDIAN, KEEPER, STRANGER, CANDIDATE][..])]
}

fn rosters() -> BoxedStrategy<Action> {
    let word = || {
        use Word::{AnotherTask, AnothersKey, Garbage, Itself, ItselfAndGarbage, Nobody, OfNobody, Signed, TooLong};
        let wrong = prop::sample::select(&[Nobody, AnothersKey, AnotherTask, Garbage, TooLong, OfNobody][..]);
        prop_oneof![6 => Just(Itself), 1 => Just(ItselfAndGarbage), 4 => Just(Signed), 4 => wrong]
    };
    prop_oneof![
        12 => (of(), node(), model()).prop_map(|(by, node, model)| Action::Enter { by, node, model }),
        6 => (of(), node(), model()).prop_map(|(by, node, model)| Action::Leave { by, node, model }),
        8 => (node(), model()).prop_map(|(node, model)| Action::Strike { node, model }),
        12 => (as_keeper(), pick(4), node()).prop_map(|(by, pick, node)| Action::Summon { by, pick, node }),
        2 => (as_keeper(), pick(4), node()).prop_map(|(by, pick, node)| Action::Dismiss { by, pick, node }),
        12 => recent().prop_map(|summons| Action::DismissSummoned { summons }),
        3 => (recent(), node(), word()).prop_map(|(task, node, word)| Action::Present { task, node, word }),
        6 => (recent(), word()).prop_map(|(summons, word)| Action::PresentSummoned { summons, word }),
    ]
    .boxed()
}

fn disputes() -> BoxedStrategy<Action> {
    let which = || {
        use Which::{AsFarAsItGoes, BeforeTheFirst, Ended, OfTheLastChain, Present, Shown, Task, TooFar};
        prop_oneof![
            6 => Just(Task), 4 => Just(Ended), 1 => Just(Present), 1 => Just(BeforeTheFirst), 1 => Just(OfTheLastChain), 1 => Just(Shown),
            1 => Just(AsFarAsItGoes), 1 => Just(TooFar)
        ]
    };
    let by = || prop_oneof![3 => Just(STRANGER), 1 => keeper()];
    prop_oneof![
        8 => (keeper(), recent(), which(), prop::bool::weighted(0.8))
            .prop_map(|(keeper, task, which, right)| Action::Reveal { keeper, task, which, right }),
        3 => (recent(), 0..4_u8).prop_map(|(task, flaw)| Action::Note { task, flaw }),
        16 => (by(), pick(6)).prop_map(|(by, pick)| Action::Challenge { by, pick }),
        3 => (by(), pick(6), as_keeper()).prop_map(|(by, pick, keeper)| Action::Accuse { by, pick, keeper }),
    ]
    .boxed()
}

fn keepers() -> BoxedStrategy<Action> {
    let flaw = |most: u8| prop_oneof![4 => Just(0), 1 => 1..=most];
    prop_oneof![
        6 => (as_owner(), as_keeper()).prop_map(|(by, who)| Action::Propose { by, who }),
        7 => (as_keeper(), flaw(3)).prop_map(|(by, flaw)| Action::Enrol { by, flaw }),
        5 => (as_keeper(), flaw(4)).prop_map(|(by, flaw)| Action::Renew { by, flaw }),
        1 => as_keeper().prop_map(|by| Action::Resign { by }),
        1 => (as_owner(), as_keeper()).prop_map(|(by, who)| Action::Discharge { by, who }),
        4 => as_keeper().prop_map(|who| Action::Withdraw { who }),
        5 => (keeper(), flaw(3)).prop_map(|(who, flaw)| Action::Fund { who, flaw }),
    ]
    .boxed()
}

fn settings() -> BoxedStrategy<Action> {
    let anybody = || prop::sample::select(&[OWNER, CANDIDATE, GUARDIAN, STRANGER][..]);
    prop_oneof![
        1 => (as_owner(), any::<bool>()).prop_map(|(by, zero)| Action::SetLane { by, zero }),
        1 => as_owner().prop_map(|by| Action::Open { by }),
        3 => (as_owner(), 0..6_u8).prop_map(|(by, choice)| Action::Config { by, choice }),
        3 => (prop_oneof![1 => as_owner(), 1 => Just(GUARDIAN)], any::<bool>()).prop_map(|(by, paused)| Action::Pause { by, paused }),
        2 => (as_owner(), anybody()).prop_map(|(by, who)| Action::Guardian { by, who }),
        2 => (as_owner(), anybody()).prop_map(|(by, who)| Action::Offer { by, who }),
        2 => anybody().prop_map(|by| Action::Accept { by }),
    ]
    .boxed()
}

fn submit() -> impl Strategy<Value = Action> {
    (prop_oneof![1 => Just(1_u8), 5 => Just(3), 2 => Just(5)], model())
        .prop_map(|(replicas, model)| Action::Submit { replicas, model })
}

fn serve() -> impl Strategy<Value = Action> {
    let crew = prop_oneof![
        6 => Just(Crew::Drawn), 2 => Just(Crew::Back), 2 => (0..5_u8).prop_map(Crew::Forged), 1 => Just(Crew::Swapped)
    ];
    let served = prop_oneof![
        8 => Just(Served::Completed), 2 => Just(Served::NoQuorum), 1 => Just(Served::Expired), 1 => Just(Served::Precommit),
        1 => Just(Served::Reveal)
    ];
    (recent(), as_keeper(), crew, served).prop_map(|(task, keeper, crew, served)| Action::Serve { task, keeper, crew, served })
}

fn around() -> BoxedStrategy<Action> {
    let said = prop_oneof![
        2 => Just(Pool::Drain), 3 => Just(Pool::Resume), 1 => Just(Pool::Deregister), 4 => Just(Pool::Register(None)),
        1 => (0..NODES).prop_map(|other| Pool::Register(Some(other))), 4 => (0..4_u8).prop_map(Pool::Spec),
        3 => (1..5_u64).prop_map(Pool::Version)
    ];
    prop_oneof![
        10 => submit(),
        14 => serve(),
        10 => (node(), said).prop_map(|(node, said)| Action::Pool { node, said }),
        2 => (0..5_u64).prop_map(|version| Action::Oldest { version }),
        2 => recent().prop_map(|task| Action::Forget { task }),
        1 => prop::bool::weighted(0.2).prop_map(|on| Action::Deaf { on }),
        1 => prop::bool::weighted(0.2).prop_map(|on| Action::Worthless { on }),
    ]
    .boxed()
}

fn time() -> BoxedStrategy<Action> {
    use Moment::{Answer, Bar, Called, Chain, Deadline, Dispute, Enrols, Epoch, Free, LastCall, Slot, Software};
    let moment = prop_oneof![
        8 => Just(Epoch), 5 => Just(Answer), 1 => Just(Deadline), 3 => Just(Called), 1 => Just(Free), 2 => Just(Enrols), 1 => Just(Bar),
        1 => Just(Slot), 1 => Just(Dispute), 1 => Just(LastCall), 1 => Just(Chain), 1 => Just(Software)
    ];
    let secs = prop_oneof![6 => 1_u64..90, 3 => 90_u64..3_000, 1 => 3_000_u64..200_000];
    let offset = prop_oneof![1 => Just(-1_i8), 3 => Just(0), 1 => Just(1)];
    prop_oneof![
        1 => secs.prop_map(|secs| Action::Pass { secs }),
        2 => (moment, offset).prop_map(|(moment, offset)| Action::PassTo { moment, offset }),
    ]
    .boxed()
}

/// Boxed, or a test's stack would not hold it.
fn action() -> BoxedStrategy<Action> {
    prop_oneof![28 => rosters(), 20 => disputes(), 8 => keepers(), 4 => settings(), 24 => around(), 18 => time()].boxed()
}

/// A task that somebody is absent from, perhaps, and that is served and tried: with the secret, or without.
fn trial() -> impl Strategy<Value = Vec<Action>> {
    let crew = prop_oneof![1 => Just(Crew::Drawn), 1 => Just(Crew::Back), 2 => (0..5_u8).prop_map(Crew::Forged)];
    (submit(), keeper(), proptest::collection::vec(node(), 0..3), crew, 0..4_u8).prop_map(
        |(submit, keeper, absent, crew, shown)| {
            let summon = |node: &usize| Action::Summon { by: keeper, pick: Pick { task: 0, flaw: 0 }, node: *node };
            let dismiss = |summons| Action::DismissSummoned { summons };
            let answers = vec![Action::PassTo { moment: Moment::Answer, offset: 0 }; absent.len()];
            let sentence = Action::Challenge { by: STRANGER, pick: Pick { task: 0, flaw: 0 } };
            let tried = match shown {
                0 => vec![sentence, Action::PassTo { moment: Moment::Called, offset: 0 }, sentence],
                _ => vec![Action::Reveal { keeper, task: 0, which: Which::Task, right: true }, sentence],
            };
            [
                vec![submit],
                absent.iter().map(summon).collect(),
                answers,
                (0..2).take(absent.len()).map(dismiss).collect(),
                vec![Action::Serve { task: 0, keeper, crew, served: Served::Completed }],
                vec![Action::PassTo { moment: Moment::Epoch, offset: 0 }],
                tried,
            ]
            .concat()
        },
    )
}

/// A few that belong together, as what chance alone seldom brings about.
fn story() -> BoxedStrategy<Vec<Action>> {
    let to = |moment| Action::PassTo { moment, offset: 0 };
    let back = move |who| {
        let fund = Action::Fund { who, flaw: 0 };
        vec![Action::Propose { by: OWNER, who }, to(Moment::Enrols), fund, Action::Enrol { by: who, flaw: 0 }]
    };
    prop_oneof![
        4 => trial(),
        2 => keeper().prop_map(back),
        1 => keeper().prop_map(move |who| vec![Action::Resign { by: who }, to(Moment::Free), Action::Withdraw { who }]),
        3 => (node(), model(), of()).prop_map(move |(node, model, by)| vec![to(Moment::Bar), Action::Enter { by, node, model }]),
    ]
    .boxed()
}

/// Tasks come first, so that most actions have something to be about.
pub(crate) fn sequence(most: usize) -> impl Strategy<Value = Vec<Action>> {
    let first = (proptest::collection::vec(submit(), 2), serve());
    let some = prop_oneof![9 => action().prop_map(|action| vec![action]), 1 => story()];
    (first, proptest::collection::vec(some, most / 2..=most))
        .prop_map(|((submitted, served), actions)| [submitted, vec![served], actions.concat()].concat())
}
