//! A life with every refusal and every event in it: what chance leaves out in a run is there all the same.

use super::{
    actions::{
        Action::{self, *},
        Crew, KEEPERS, MODELS, Moment, Of, Pick, Pool as Said, Served, Which, Word,
    },
    world::{CANDIDATE, EPOCH_SECS, GUARDIAN, NODES, OWNER, STRANGER},
};

const FIRST: usize = KEEPERS[0];
const SECOND: usize = KEEPERS[1];
const THIRD: usize = KEEPERS[2];
const MODEL: u64 = MODELS[0];
/// Of this one nobody is in the roster in the life.
const OTHER_MODEL: u64 = MODELS[1];
const EPOCH: Action = PassTo { moment: Moment::Epoch, offset: 0 };

const fn at(moment: Moment) -> Action {
    PassTo { moment, offset: 0 }
}

const fn before(moment: Moment) -> Action {
    PassTo { moment, offset: -1 }
}

const fn pick(task: u8, flaw: u8) -> Pick {
    Pick { task, flaw }
}

const fn enter(by: Of, node: usize) -> Action {
    Enter { by, node, model: MODEL }
}

const fn serve(keeper: usize, crew: Crew) -> Action {
    Serve { task: 0, keeper, crew, served: Served::Completed }
}

const fn challenge(task: u8, flaw: u8) -> Action {
    Challenge { by: STRANGER, pick: pick(task, flaw) }
}

const fn reveal(keeper: usize, which: Which) -> Action {
    Reveal { keeper, task: 0, which, right: true }
}

const SUBMIT: Action = Submit { replicas: 3, model: MODEL };

/// What every sequence begins with: an open jury with its lane, nodes in both rosters, two keepers, and the first epoch of their chains.
pub(crate) fn settled() -> Vec<Action> {
    let keepers = [FIRST, SECOND];
    let both = (0..NODES / 2)
        .flat_map(|node| [Pool { node, said: Said::Spec(3) }, Enter { by: Of::Stranger, node, model: OTHER_MODEL }]);
    [
        vec![SetLane { by: OWNER, zero: false }],
        keepers.map(|who| Propose { by: OWNER, who }).to_vec(),
        vec![Open { by: OWNER }],
        (0..NODES).map(|node| enter(Of::Stranger, node)).chain(both).collect(),
        keepers.into_iter().flat_map(|who| [Fund { who, flaw: 0 }, Enrol { by: who, flaw: 0 }]).collect(),
        vec![EPOCH],
    ]
    .concat()
}

/// From the jury as it was constructed.
pub(crate) fn one_of_each() -> Vec<Action> {
    [
        opening(),
        rosters(),
        software(),
        summons(),
        called(),
        guilty(),
        silent(),
        uncommitted(),
        over(),
        chains(),
        bonds(),
        broken(),
        owners(),
    ]
    .concat()
}

fn opening() -> Vec<Action> {
    [
        vec![
            Open { by: OWNER },
            Config { by: OWNER, choice: 0 },
            Pause { by: GUARDIAN, paused: true },
            SetLane { by: STRANGER, zero: false },
            SetLane { by: OWNER, zero: true },
            SetLane { by: OWNER, zero: false },
            SetLane { by: OWNER, zero: false },
            Propose { by: STRANGER, who: FIRST },
            Propose { by: OWNER, who: STRANGER },
            Propose { by: OWNER, who: FIRST },
            Propose { by: OWNER, who: FIRST },
            Enrol { by: FIRST, flaw: 0 },
            Discharge { by: OWNER, who: FIRST },
            Propose { by: OWNER, who: FIRST },
            Propose { by: OWNER, who: SECOND },
            Open { by: STRANGER },
            Open { by: OWNER },
            Open { by: OWNER },
        ],
        (0..NODES).map(|node| enter(Of::Stranger, node)).collect(),
        vec![
            Enrol { by: THIRD, flaw: 0 },
            Enrol { by: FIRST, flaw: 1 },
            Enrol { by: FIRST, flaw: 2 },
            Enrol { by: FIRST, flaw: 0 },
            Fund { who: FIRST, flaw: 1 },
            Enrol { by: FIRST, flaw: 0 },
            Fund { who: SECOND, flaw: 2 },
            Enrol { by: SECOND, flaw: 0 },
            Fund { who: FIRST, flaw: 2 },
            Enrol { by: FIRST, flaw: 0 },
            Enrol { by: FIRST, flaw: 0 },
            Fund { who: SECOND, flaw: 1 },
            Enrol { by: SECOND, flaw: 0 },
            EPOCH,
        ],
    ]
    .concat()
}

fn rosters() -> Vec<Action> {
    vec![
        enter(Of::Stranger, 0),
        Enter { by: Of::Node, node: 0, model: OTHER_MODEL },
        Strike { node: 0, model: MODEL },
        Strike { node: 0, model: OTHER_MODEL },
        Leave { by: Of::Stranger, node: 7, model: MODEL },
        Leave { by: Of::Entered, node: 7, model: MODEL },
        Leave { by: Of::Entered, node: 7, model: MODEL },
        enter(Of::Node, 7),
        before(Moment::Bar),
        enter(Of::Node, 7),
        at(Moment::Bar),
        enter(Of::Stranger, 7),
        enter(Of::Operator, 7),
        Pool { node: 1, said: Said::Drain },
        Strike { node: 1, model: MODEL },
        Pool { node: 1, said: Said::Resume },
        at(Moment::Bar),
        enter(Of::Stranger, 1),
        // Under another operator than it entered with.
        Pool { node: 5, said: Said::Deregister },
        Pool { node: 5, said: Said::Register(Some(0)) },
        Strike { node: 5, model: MODEL },
        at(Moment::Bar),
        enter(Of::Stranger, 5),
        // A slot is used again as soon as no dispute needs who had it.
        Leave { by: Of::Node, node: 5, model: MODEL },
        before(Moment::Slot),
        Enter { by: Of::Node, node: 5, model: MODEL },
        Leave { by: Of::Node, node: 5, model: MODEL },
        Pool { node: 4, said: Said::Spec(1) },
        at(Moment::Slot),
        enter(Of::Operator, 5),
    ]
}

/// Two are outdated: one is struck, and the other does not serve though it answers.
fn software() -> Vec<Action> {
    [
        vec![Oldest { version: 3 }],
        [3, 4, 5, 6, 7].map(|node| Pool { node, said: Said::Version(3) }).to_vec(),
        vec![
            // Too old, and without the model or of another operator.
            Pool { node: 6, said: Said::Version(2) },
            Pool { node: 1, said: Said::Deregister },
            Pool { node: 1, said: Said::Register(Some(0)) },
            Pool { node: 6, said: Said::Spec(0) },
            at(Moment::Software),
            Strike { node: 1, model: MODEL },
            Strike { node: 6, model: MODEL },
            enter(Of::Stranger, 1),
            enter(Of::Stranger, 6),
            // Nothing but too old.
            Strike { node: 0, model: MODEL },
            enter(Of::Stranger, 0),
            Pool { node: 0, said: Said::Version(3) },
            enter(Of::Stranger, 0),
            Pool { node: 6, said: Said::Version(3) },
            Pool { node: 6, said: Said::Spec(1) },
            Pool { node: 1, said: Said::Version(3) },
            SUBMIT,
            Summon { by: FIRST, pick: pick(0, 0), node: 2 },
            PresentSummoned { summons: 0, word: Word::Itself },
            DismissSummoned { summons: 0 },
            at(Moment::Answer),
            DismissSummoned { summons: 0 },
            Pool { node: 2, said: Said::Version(3) },
            enter(Of::Stranger, 2),
            EPOCH,
        ],
    ]
    .concat()
}

fn summons() -> Vec<Action> {
    let summon = |flaw, node| Summon { by: FIRST, pick: pick(0, flaw), node };
    let words = [Word::Nobody, Word::AnothersKey, Word::AnotherTask, Word::Garbage, Word::TooLong, Word::OfNobody, Word::Itself];
    [
        vec![SUBMIT, Summon { by: STRANGER, pick: pick(0, 0), node: 0 }],
        vec![Present { task: 0, node: 5, word: Word::Signed }, summon(0, 5), DismissSummoned { summons: 0 }],
        (1..=4).map(|flaw| summon(flaw, 0)).collect(),
        [0, 0, 3, 4].map(|node| summon(0, node)).to_vec(),
        vec![Summon { by: SECOND, pick: pick(0, 0), node: 4 }],
        (0..=4).map(|flaw| Dismiss { by: FIRST, pick: pick(0, flaw), node: 7 }).collect(),
        vec![Dismiss { by: STRANGER, pick: pick(0, 0), node: 4 }, DismissSummoned { summons: 1 }],
        words.map(|word| PresentSummoned { summons: 1, word }).to_vec(),
        vec![PresentSummoned { summons: 1, word: Word::Signed }, DismissSummoned { summons: 1 }],
        vec![before(Moment::Answer), DismissSummoned { summons: 2 }, at(Moment::Answer)],
        vec![
            // Of those summoned the last but two, which is silent, and the last but one, which answered and drains.
            DismissSummoned { summons: 2 },
            DismissSummoned { summons: 2 },
            Pool { node: 4, said: Said::Drain },
            DismissSummoned { summons: 1 },
            // Out already.
            DismissSummoned { summons: 0 },
            at(Moment::Bar),
            enter(Of::Stranger, 3),
            enter(Of::Node, 3),
            before(Moment::Deadline),
            summon(0, 6),
            at(Moment::Deadline),
            summon(0, 7),
            DismissSummoned { summons: 0 },
            Pool { node: 4, said: Said::Resume },
            enter(Of::Node, 4),
            EPOCH,
        ],
    ]
    .concat()
}

fn called() -> Vec<Action> {
    let ended = |served| vec![SUBMIT, Serve { task: 0, keeper: FIRST, crew: Crew::Drawn, served }];
    [
        vec![EPOCH],
        ended(Served::Precommit),
        vec![Accuse { by: STRANGER, pick: pick(0, 0), keeper: FIRST }],
        ended(Served::Expired),
        vec![challenge(0, 0), SUBMIT, serve(STRANGER, Crew::Drawn), challenge(0, 0)],
        ended(Served::NoQuorum),
        ended(Served::Completed),
        (0..=6).map(|flaw| challenge(0, flaw)).collect(),
        vec![Accuse { by: STRANGER, pick: pick(0, 0), keeper: SECOND }, EPOCH],
        vec![challenge(0, 0), challenge(0, 0), challenge(1, 0), challenge(1, 0)],
        vec![
            Reveal { keeper: FIRST, task: 0, which: Which::Task, right: false },
            reveal(FIRST, Which::Present),
            reveal(FIRST, Which::BeforeTheFirst),
            reveal(THIRD, Which::Task),
            reveal(FIRST, Which::Task),
            reveal(FIRST, Which::Task),
            challenge(0, 0),
            challenge(1, 0),
        ],
        // Nothing is known of the block, though of the keeper.
        ended(Served::Completed),
        vec![Note { task: 0, flaw: 1 }, Note { task: 0, flaw: 2 }, Note { task: 0, flaw: 3 }, Forget { task: 0 }],
        vec![EPOCH, reveal(FIRST, Which::Ended), challenge(0, 0), Note { task: 0, flaw: 0 }],
        // Noted before, or forgotten when its keeper is called.
        ended(Served::Completed),
        vec![Note { task: 0, flaw: 0 }, Note { task: 0, flaw: 0 }, Forget { task: 0 }, EPOCH, challenge(0, 0)],
        vec![reveal(FIRST, Which::Ended), challenge(0, 0)],
        ended(Served::Completed),
        vec![Forget { task: 0 }, EPOCH, challenge(0, 0), challenge(0, 0), reveal(FIRST, Which::Task), challenge(0, 0)],
    ]
    .concat()
}

/// Another miner on a seat, in another order, and a roster of nobody.
fn guilty() -> Vec<Action> {
    let again =
        |who: usize| vec![Propose { by: OWNER, who }, Enrol { by: who, flaw: 0 }, at(Moment::Enrols), Fund { who, flaw: 0 }];
    [
        // Whom it found absent it brings all the same, or not.
        vec![SUBMIT],
        (0..NODES).map(|node| Summon { by: SECOND, pick: pick(0, 0), node }).collect(),
        vec![
            at(Moment::Answer),
            DismissSummoned { summons: 7 },
            DismissSummoned { summons: 6 },
            serve(SECOND, Crew::Back),
            SUBMIT,
        ],
        vec![
            serve(SECOND, Crew::Forged(2)),
            EPOCH,
            reveal(SECOND, Which::Ended),
            challenge(1, 0),
            challenge(0, 0),
            challenge(0, 0),
        ],
        again(SECOND),
        vec![Enrol { by: SECOND, flaw: 0 }, EPOCH, SUBMIT, serve(SECOND, Crew::Swapped), EPOCH, reveal(SECOND, Which::Ended)],
        // It left before, and whom it convinced convicts it of what it did.
        vec![Resign { by: SECOND }, Challenge { by: SECOND, pick: pick(0, 0) }],
        again(SECOND),
        vec![Enrol { by: SECOND, flaw: 0 }, EPOCH, Submit { replicas: 1, model: OTHER_MODEL }, serve(SECOND, Crew::Drawn)],
        vec![EPOCH, reveal(SECOND, Which::Ended), challenge(0, 0)],
        // Proposed, withdrawn and proposed again it waits all the same.
        vec![Propose { by: OWNER, who: SECOND }, Discharge { by: OWNER, who: SECOND }, Propose { by: OWNER, who: SECOND }],
    ]
    .concat()
}

fn silent() -> Vec<Action> {
    vec![
        SUBMIT,
        serve(FIRST, Crew::Drawn),
        EPOCH,
        challenge(0, 0),
        before(Moment::Called),
        challenge(0, 0),
        at(Moment::Called),
        challenge(0, 0),
        Propose { by: OWNER, who: FIRST },
        Enrol { by: FIRST, flaw: 0 },
    ]
}

fn uncommitted() -> Vec<Action> {
    vec![
        at(Moment::Enrols),
        at(Moment::Enrols),
        Fund { who: SECOND, flaw: 0 },
        Fund { who: FIRST, flaw: 0 },
        Enrol { by: FIRST, flaw: 3 },
        Enrol { by: SECOND, flaw: 0 },
        SUBMIT,
        serve(FIRST, Crew::Drawn),
        challenge(0, 0),
        Propose { by: OWNER, who: FIRST },
        at(Moment::Enrols),
        Fund { who: FIRST, flaw: 0 },
        Enrol { by: FIRST, flaw: 0 },
        EPOCH,
    ]
}

/// Too late to call, and too late to convict.
fn over() -> Vec<Action> {
    let served = |offset| {
        let call = PassTo { moment: Moment::LastCall, offset };
        [SUBMIT, serve(SECOND, Crew::Drawn), call, challenge(0, 0)].to_vec()
    };
    [
        served(0),
        vec![before(Moment::Dispute), challenge(0, 0), at(Moment::Dispute), challenge(0, 0)],
        served(-1),
        vec![reveal(SECOND, Which::Task), before(Moment::Dispute), challenge(0, 0), at(Moment::Dispute), challenge(0, 0)],
        served(1),
    ]
    .concat()
}

fn chains() -> Vec<Action> {
    let renew = |flaw| Renew { by: SECOND, flaw };
    vec![
        Renew { by: STRANGER, flaw: 0 },
        renew(1),
        renew(2),
        renew(3),
        SUBMIT,
        serve(SECOND, Crew::Drawn),
        renew(4),
        renew(0),
        SUBMIT,
        serve(SECOND, Crew::Drawn),
        EPOCH,
        reveal(SECOND, Which::OfTheLastChain),
        reveal(SECOND, Which::Ended),
        challenge(0, 0),
        reveal(SECOND, Which::BeforeTheFirst),
        EPOCH,
        reveal(SECOND, Which::OfTheLastChain),
        EPOCH,
        reveal(SECOND, Which::Ended),
        challenge(1, 0),
        before(Moment::Chain),
        renew(0),
        at(Moment::Chain),
        renew(0),
        reveal(SECOND, Which::BeforeTheFirst),
    ]
}

fn bonds() -> Vec<Action> {
    vec![
        Withdraw { who: SECOND },
        Withdraw { who: THIRD },
        Discharge { by: STRANGER, who: SECOND },
        Discharge { by: OWNER, who: THIRD },
        Resign { by: STRANGER },
        Resign { by: SECOND },
        Resign { by: SECOND },
        Discharge { by: OWNER, who: SECOND },
        Propose { by: OWNER, who: SECOND },
        Enrol { by: SECOND, flaw: 0 },
        SUBMIT,
        Summon { by: SECOND, pick: pick(0, 0), node: 0 },
        before(Moment::Free),
        Withdraw { who: SECOND },
        at(Moment::Free),
        Withdraw { who: SECOND },
        Withdraw { who: SECOND },
        reveal(SECOND, Which::Ended),
        Propose { by: OWNER, who: SECOND },
        before(Moment::Enrols),
        Fund { who: SECOND, flaw: 0 },
        Enrol { by: SECOND, flaw: 0 },
        at(Moment::Enrols),
        Enrol { by: SECOND, flaw: 0 },
        Discharge { by: OWNER, who: SECOND },
    ]
}

/// With a lane that does not hear, and a token that is worth nothing, nothing is done by half.
fn broken() -> Vec<Action> {
    vec![
        SUBMIT,
        serve(FIRST, Crew::Forged(0)),
        Propose { by: OWNER, who: THIRD },
        at(Moment::Enrols),
        Fund { who: THIRD, flaw: 0 },
        reveal(FIRST, Which::Ended),
        Deaf { on: true },
        Enrol { by: THIRD, flaw: 0 },
        Resign { by: FIRST },
        Discharge { by: OWNER, who: FIRST },
        Config { by: OWNER, choice: 0 },
        Pause { by: OWNER, paused: true },
        challenge(0, 0),
        Deaf { on: false },
        Worthless { on: true },
        Enrol { by: THIRD, flaw: 0 },
        challenge(0, 0),
        at(Moment::Free),
        Withdraw { who: SECOND },
        Worthless { on: false },
        Withdraw { who: SECOND },
    ]
}

fn owners() -> Vec<Action> {
    [
        vec![Config { by: STRANGER, choice: 0 }],
        (0..6).map(|choice| Config { by: OWNER, choice }).collect(),
        [(GUARDIAN, true), (OWNER, false), (GUARDIAN, false), (STRANGER, true)].map(|(by, paused)| Pause { by, paused }).to_vec(),
        vec![
            Guardian { by: STRANGER, who: CANDIDATE },
            Guardian { by: OWNER, who: STRANGER },
            Pause { by: GUARDIAN, paused: true },
            Guardian { by: OWNER, who: CANDIDATE },
            Pause { by: CANDIDATE, paused: true },
            Config { by: OWNER, choice: 0 },
            Accept { by: CANDIDATE },
            Offer { by: CANDIDATE, who: CANDIDATE },
            Offer { by: OWNER, who: CANDIDATE },
            Offer { by: OWNER, who: STRANGER },
            Accept { by: CANDIDATE },
            Offer { by: OWNER, who: CANDIDATE },
            Accept { by: STRANGER },
            Accept { by: CANDIDATE },
            Accept { by: CANDIDATE },
            Propose { by: OWNER, who: SECOND },
            Offer { by: CANDIDATE, who: OWNER },
            Accept { by: OWNER },
        ],
    ]
    .concat()
}

/// More epochs after the last secret than one call shows. Apart, as the programs live for a year.
pub(crate) fn far() -> Vec<Action> {
    let beyond = 33_000 * 600;
    [
        settled(),
        vec![
            Pass { secs: beyond },
            reveal(FIRST, Which::TooFar),
            reveal(FIRST, Which::AsFarAsItGoes),
            reveal(FIRST, Which::Shown),
        ],
    ]
    .concat()
}

const _: () = assert!(EPOCH_SECS == 600);
