//! What an honest caller may do is done: each call is chosen from what is there, with arguments that the interface allows then, and none of them may
//! be refused. A rule that refuses what it promises is found here even if the oracle has it too.

use std::{cell::RefCell, collections::BTreeSet, fmt::Debug};

use alloy::primitives::{B256, U256, keccak256};
use cor_kit::Seed;
use cor_sol::{
    cor::ICor,
    lane::ILane::{self, ILaneCalls},
    session_payment_table::ISessionPaymentTable,
    staking::IStaking,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use super::{
    actions::{Action, GOVERNOR, KEEPERS, Kind, PAYERS, Plan, STRANGER, Step, UNOPENABLE},
    calls::{Made, Of},
    oracle::{Seat, Task, number},
    pair::{Key, Outcome, Pair},
    perform::staker,
    world::{COR_GRAINS, MINERS, PENALTIES, STAKE, World, terms},
};

/// Runs, and the calls in each after those that come first.
const RUNS: u32 = 3;
const CALLS: usize = 80;
/// How often a failing run is made shorter.
const SHRINKS: u32 = 40;
/// Stake that each staker can add, in units of what a node needs.
const MORE_STAKE: u128 = 5;
/// How long after its submission a second commitment of a task is taken, seconds.
const REPORTED_SECS: u64 = 734_400;
/// Wei in a grain.
const GRAIN: u64 = 1_000_000_000;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Handler {
    Fund,
    Release,
    PayEarnings,
    PassTreasury,
    CreateSession,
    CloseSession,
    PinTariff,
    Submit,
    CreateAndSubmit,
    Complete,
    Start,
    /// From the middle of the first phase on, by who is no keeper.
    StartWithWord,
    Precommit,
    Reveal,
    Finish,
    Report,
    Close,
    ReportSecond,
    SlashAgain,
    SetConfig,
    Stake,
    Pass,
    PassToDeadline,
}

/// As often as each comes; those that change little or end much come seldom.
const OFTEN: [(Handler, usize); 23] = [
    (Handler::Fund, 2),
    (Handler::Release, 2),
    (Handler::PayEarnings, 3),
    (Handler::PassTreasury, 2),
    (Handler::CreateSession, 3),
    (Handler::CloseSession, 1),
    (Handler::PinTariff, 1),
    (Handler::Submit, 9),
    (Handler::CreateAndSubmit, 4),
    (Handler::Complete, 3),
    (Handler::Start, 7),
    (Handler::StartWithWord, 4),
    (Handler::Precommit, 6),
    (Handler::Reveal, 6),
    (Handler::Finish, 5),
    (Handler::Report, 2),
    (Handler::Close, 4),
    (Handler::ReportSecond, 2),
    (Handler::SlashAgain, 3),
    (Handler::SetConfig, 2),
    (Handler::Stake, 1),
    (Handler::Pass, 3),
    (Handler::PassToDeadline, 5),
];

/// What chance gives to a call: which handler comes first, and what it chooses by.
pub(crate) type Draw = [u64; 4];

/// A place among so many.
pub(crate) fn place(draw: u64, among: usize) -> usize {
    let among = u64::try_from(among.max(1)).expect("few");
    usize::try_from(draw % among).expect("few")
}

pub(crate) fn one<T>(draw: u64, among: Vec<T>) -> Option<T> {
    let at = place(draw, among.len());
    among.into_iter().nth(at)
}

/// From 1 to `most`: in every fourth case all of it.
fn up_to(draw: u64, most: u64) -> u64 {
    if draw.is_multiple_of(4) { most } else { draw / 4 % most + 1 }
}

/// A byte of a draw.
fn byte(draw: u64, at: usize) -> u8 {
    draw.to_be_bytes()[at]
}

/// Terms that are sold: any number of replicas that is, quorum, and phases with both ends of their range.
fn terms_of(draw: u64) -> B256 {
    let (replicas, quorum) = ([3, 1, 5, 7][place(draw, 4)], [5_001, 6_667, 10_000][place(draw / 4, 3)]);
    // Two thirds of three are all of three, which has another name.
    let quorum = if replicas == 3 && quorum == 6_667 { 10_000 } else { quorum };
    let mut terms = terms(replicas, quorum);
    let phases: [[u32; 3]; 4] = [[600, 60, 90], [30, 30, 30], [86_400, 86_400, 86_400], [600, 3_600, 30]];
    for (at, secs) in [16, 19, 22].into_iter().zip(phases[place(draw / 12, 4)]) {
        terms[at..at + 3].copy_from_slice(&secs.to_be_bytes()[1..]);
    }
    terms
}

/// A crew in any order, whose answers mostly agree and can mostly be shown.
fn plan_of(order: u64, answers: u64) -> Plan {
    let mut crew = [0, 1, 2, 3, 4, 5, 6];
    for at in 1..MINERS {
        crew.swap(at, at - place(u64::from(byte(order, at)), at + 1));
    }
    let answer = |at: usize| match byte(answers, at) % 16 {
        0..=10 => 0,
        11..=13 => 1,
        14 => 2,
        _ => UNOPENABLE,
    };
    Plan { keeper: KEEPERS[place(order, 2)], crew, answers: std::array::from_fn(answer) }
}

/// The lane beside the oracle, which tells what is there.
struct Handlers<'a> {
    pair: Pair<'a>,
}

impl Handlers<'_> {
    /// Does it if what is there allows it.
    fn attempt(&mut self, handler: Handler, draw: Draw) -> Option<Outcome> {
        match handler {
            Handler::Fund => self.fund(draw),
            Handler::Release | Handler::PayEarnings | Handler::PassTreasury => self.take(handler, draw),
            Handler::CreateSession | Handler::CloseSession | Handler::PinTariff => self.session(handler, draw),
            Handler::Submit => self.submit(draw),
            Handler::CreateAndSubmit => self.create_and_submit(draw),
            Handler::Complete | Handler::Start | Handler::StartWithWord => self.serve(handler, draw),
            Handler::Precommit | Handler::Reveal | Handler::Finish | Handler::Report | Handler::Close => {
                self.go_on(handler, draw)
            }
            Handler::ReportSecond => self.report_second(draw),
            Handler::SlashAgain => self.slash_again(draw),
            Handler::SetConfig => self.set_config(draw),
            Handler::Stake => self.stake(draw),
            Handler::Pass => {
                let secs = [1, 29, 30, 61, 3_600, 86_400][place(draw[1], 6)];
                Some(self.pair.perform(Action::Pass { secs }))
            }
            Handler::PassToDeadline => {
                let open = self.pair.oracle.tasks.values().any(|task| task.phase < 4 && task.deadline >= self.pair.now);
                let (offset, middle) = ([0, -1, 0, 1][place(draw[1], 4)], draw[2].is_multiple_of(3));
                // The first deadline that comes.
                open.then(|| self.pair.perform(Action::PassTo { pick: 2, offset, middle }))
            }
        }
    }

    fn balance(&self, index: usize) -> U256 {
        self.pair.world.solo.get(self.pair.world.token, &ICor::balanceOfCall { account: self.pair.world.account(index) })
    }

    fn available(&self, index: usize) -> u64 {
        self.pair.oracle.accounts.get(&self.pair.world.account(index)).map_or(0, |account| account.available)
    }

    fn earned(&self, index: usize) -> u64 {
        self.pair.oracle.accounts.get(&self.pair.world.account(index)).map_or(0, |account| account.earned)
    }

    /// For anybody, out of what the payer's wallet has.
    fn fund(&mut self, draw: Draw) -> Option<Outcome> {
        let has: u64 = (self.balance(PAYERS[0]) / U256::from(GRAIN)).to();
        let to = [PAYERS[0], PAYERS[1], KEEPERS[0], STRANGER][place(draw[1], 4)];
        (has > 0).then(|| self.pair.perform(Action::Fund { to, grains: up_to(draw[2], has.min(50 * COR_GRAINS)), odd: false }))
    }

    fn take(&mut self, handler: Handler, draw: Draw) -> Option<Outcome> {
        let (by, call) = match handler {
            Handler::Release => {
                let by = one(draw[1], (0..16).filter(|index| self.available(*index) > 0).collect())?;
                let amount = up_to(draw[2], self.available(by));
                // Else nobody could pay for a task soon.
                let amount = if PAYERS.contains(&by) { amount.div_ceil(8) } else { amount };
                (by, ILaneCalls::release(ILane::releaseCall { amount }))
            }
            Handler::PayEarnings => {
                let who = one(draw[1], (0..16).filter(|index| self.earned(*index) > 0).collect())?;
                let miner = self.pair.world.account(who);
                (STRANGER, ILaneCalls::payEarnings(ILane::payEarningsCall { miner }))
            }
            _ if self.pair.oracle.treasury > 0 => (STRANGER, ILaneCalls::passTreasury(ILane::passTreasuryCall {})),
            _ => return None,
        };
        Some(self.pair.send(by, &call))
    }

    /// An open session, by number, with its owner and terms.
    fn open_session(&self, draw: u64) -> Option<(u64, usize, B256)> {
        let open = (1..).zip(&self.pair.oracle.sessions).filter(|(_, session)| session.open);
        let known = open.filter_map(|(session, kept)| {
            let by = PAYERS.into_iter().find(|payer| self.pair.world.account(*payer) == kept.owner)?;
            Some((session, by, kept.terms))
        });
        one(draw, known.collect())
    }

    fn session(&mut self, handler: Handler, draw: Draw) -> Option<Outcome> {
        let (terms, metadata) = (terms_of(draw[2]), B256::repeat_byte(9));
        let (by, call) = match handler {
            Handler::CreateSession if self.pair.oracle.config.paused => return None,
            Handler::CreateSession => {
                (PAYERS[place(draw[1], 2)], ILaneCalls::createSession(ILane::createSessionCall { terms, metadata }))
            }
            Handler::CloseSession => {
                let (session, by, terms) = self.open_session(draw[1])?;
                (by, ILaneCalls::closeSession(ILane::closeSessionCall { session, terms }))
            }
            _ => (STRANGER, ILaneCalls::pinTariff(ILane::pinTariffCall { terms })),
        };
        Some(self.pair.send(by, &call))
    }

    /// What a task costs, by the table.
    fn price(&self, terms: B256) -> u64 {
        let tariff = self.pair.world.solo.get(self.pair.world.table, &ISessionPaymentTable::tariffCall { terms });
        let [per_replica, network, gas] = [0, 8, 16].map(|at| number(&tariff[at..at + 8]));
        per_replica * u64::from(terms[13]) + network + gas
    }

    /// Offers just what it costs, or all that can be: if the payer has it and nothing is paused.
    fn offer(&self, by: usize, terms: B256, draw: u64) -> Option<u64> {
        let price = self.price(terms);
        let payable = !self.pair.oracle.config.paused && self.available(by) >= price;
        payable.then_some(if draw.is_multiple_of(2) { price } else { u64::MAX })
    }

    /// A number that the payer has not used: a small one or a great one.
    fn sequence(&mut self, by: usize, draw: Draw) -> u64 {
        self.pair.sequences += 1;
        let sequence = if draw[3].is_multiple_of(2) { self.pair.sequences } else { u64::MAX - self.pair.sequences };
        self.pair.plans.insert((self.pair.world.account(by), sequence), plan_of(draw[2], draw[3]));
        sequence
    }

    fn submit(&mut self, draw: Draw) -> Option<Outcome> {
        let (session, by, terms) = self.open_session(draw[1])?;
        let max_charge = self.offer(by, terms, draw[2])?;
        let call = ILane::submitCall {
            session,
            terms,
            sequence: self.sequence(by, draw),
            maxCharge: max_charge,
            promptDigest: keccak256("a prompt"),
            promptUrn: "x".repeat([0, 1, 255, 256][place(draw[2] / 2, 4)]),
            clientReference: B256::repeat_byte(5),
        };
        Some(self.pair.send(by, &ILaneCalls::submit(call)))
    }

    fn create_and_submit(&mut self, draw: Draw) -> Option<Outcome> {
        let (by, terms) = (PAYERS[place(draw[1], 2)], terms_of(draw[1] / 2));
        let max_charge = self.offer(by, terms, draw[2])?;
        let call = ILane::createAndSubmitCall {
            terms,
            metadata: B256::ZERO,
            sequence: self.sequence(by, draw),
            maxCharge: max_charge,
            promptDigest: keccak256("another prompt"),
            promptUrn: String::new(),
            clientReference: B256::ZERO,
        };
        Some(self.pair.send(by, &ILaneCalls::createAndSubmit(call)))
    }

    /// One of the tasks that are so.
    fn task(&self, draw: u64, wanted: impl Fn(Key, &Task) -> bool) -> Option<Key> {
        one(draw, self.pair.oracle.tasks.iter().filter(|(key, task)| wanted(**key, task)).map(|(key, _)| *key).collect())
    }

    fn step(&mut self, kind: Kind, key: Key, by: u8, mask: u8) -> Outcome {
        let task = &self.pair.oracle.tasks[&key];
        let of = Of { world: self.pair.world, sequence: key.1, task, plan: self.pair.plans[&key] };
        let Made { by, call } = of.make(Step { kind, pick: 0, by, mask, flaw: 0 });
        self.pair.send(by, &call)
    }

    /// Of a task that is open still. The numbers of who calls are those of `Of::service`.
    fn serve(&mut self, handler: Handler, draw: Draw) -> Option<Outcome> {
        let now = self.pair.now;
        let begun =
            |task: &Task| handler != Handler::StartWithWord || 2 * (task.deadline - now) <= task.deadline - task.submitted_at;
        let key = self.task(draw[1], |_, task| task.phase == 1 && now < task.deadline && begun(task))?;
        let (kind, who): (_, &[u8]) = match handler {
            Handler::Complete => (Kind::Complete, &[0, 8, 12, 14]),
            Handler::Start => (Kind::Start, &[1, 0, 2, 14]),
            _ => (Kind::Start, &[8, 9, 10, 12]),
        };
        Some(self.step(kind, key, who[place(draw[2], 4)], byte(draw[3], 7)))
    }

    /// Whether a replica is bound and has not shown its answer.
    fn hidden(&self, key: Key, task: &Task) -> impl Iterator<Item = usize> {
        let (seats, plan) = (task.seats.clone(), self.pair.plans[&key]);
        (0..seats.len()).filter(move |at| seats[*at] == Seat::Committed && plan.answers[*at] != UNOPENABLE)
    }

    fn go_on(&mut self, handler: Handler, draw: Draw) -> Option<Outcome> {
        let now = self.pair.now;
        let bound = |task: &Task| task.seats.iter().filter(|seat| **seat == Seat::Committed).count();
        let wanted = |key: Key, task: &Task| {
            let late = now >= task.deadline;
            match handler {
                Handler::Precommit => task.phase == 2 && !late && task.seats.contains(&Seat::Silent),
                Handler::Reveal => task.phase == 3 && self.hidden(key, task).next().is_some(),
                // What it brings is all that is missing.
                Handler::Finish => task.phase == 3 && (late || self.hidden(key, task).count() == bound(task)),
                Handler::Report => task.phase == 3 && bound(task) > 0,
                _ => task.phase < 4 && (late || task.phase == 3 && bound(task) == 0),
            }
        };
        let key = self.task(draw[1], wanted)?;
        let late = now >= self.pair.oracle.tasks[&key].deadline;
        let mask = byte(draw[3], 7);
        let (kind, by, mask) = match handler {
            Handler::Precommit => (Kind::Precommit, [0, 8, 9, 13][place(draw[2], 4)], mask),
            Handler::Reveal => {
                // At least one of those that can be shown.
                let shown = one(draw[2] / 2, self.hidden(key, &self.pair.oracle.tasks[&key]).collect())?;
                (Kind::Reveal, [1, 0][place(draw[2], 2)], mask | [1, 2, 4, 8, 16, 32, 64][shown])
            }
            Handler::Finish => (Kind::Finish, if late { byte(draw[2], 7) % 2 } else { 0 }, mask),
            Handler::Report => (Kind::Report, 0, mask),
            _ => (Kind::Close, 0, mask),
        };
        Some(self.step(kind, key, by, mask))
    }

    /// What is left at stake of a miner.
    fn staked(&self, index: usize) -> U256 {
        self.pair
            .oracle
            .stakes
            .of
            .get(&self.pair.world.miner(index))
            .map_or(U256::ZERO, |[bonded, unbonding]| *bonded + *unbonding)
    }

    /// The number, among the seats that were bound, of one whose miner has something at stake.
    fn punishable(&self, key: Key, task: &Task) -> Option<u8> {
        let could = |seat: Seat| matches!(seat, Seat::Committed | Seat::Revealed(_));
        let mut seats = (0..task.replicas()).filter(|at| could(task.seats[*at]));
        let at = seats.position(|at| !self.staked(self.pair.plans[&key].crew[at]).is_zero())?;
        u8::try_from(at).ok()
    }

    fn report_second(&mut self, draw: Draw) -> Option<Outcome> {
        let now = self.pair.now;
        let open = |task: &Task| task.phase == 4 && now < task.submitted_at + REPORTED_SECS && task.config.bad_reveal > 0;
        let key = self.task(draw[1], |key, task| open(task) && self.punishable(key, task).is_some())?;
        let mask = self.punishable(key, &self.pair.oracle.tasks[&key])?;
        Some(self.step(Kind::ReportSecond, key, 0, mask))
    }

    /// Of a penalty that is owed by who has something at stake again.
    fn slash_again(&mut self, draw: Draw) -> Option<Outcome> {
        let staked =
            |node| self.pair.oracle.stakes.of.get(&node).is_some_and(|[bonded, leaving]| !(*bonded + *leaving).is_zero());
        let owed = self.pair.oracle.owed.iter().filter(|((_, node, _), owed)| **owed > 0 && staked(*node));
        let (task, node, reason) = one(draw[1], owed.map(|(debt, _)| *debt).collect())?;
        Some(self.pair.send(STRANGER, &ILaneCalls::slashAgain(ILane::slashAgainCall { task, node, reason })))
    }

    /// By the governor; what is paused goes on at the next one.
    fn set_config(&mut self, draw: Draw) -> Option<Outcome> {
        let penalties = [(1, 12_000 * COR_GRAINS), PENALTIES, (0, 9), (333 * COR_GRAINS + 7, 0)];
        let (no_reveal, bad_reveal) = penalties[place(draw[1], 4)];
        let paused = !self.pair.oracle.config.paused && draw[2] % 5 == 1;
        let call = ILane::setConfigCall {
            noReveal: no_reveal,
            badReveal: bad_reveal,
            noResultGasCapBps: [5_000, 0, 3_333, 10_000][place(draw[3], 4)],
            paused,
        };
        Some(self.pair.send(GOVERNOR, &ILaneCalls::setConfig(call)))
    }

    /// Who has lost most stakes again first.
    fn stake(&mut self, draw: Draw) -> Option<Outcome> {
        let can: Vec<_> = (0..MINERS).filter(|miner| self.balance(staker(*miner)) >= U256::from(STAKE)).collect();
        let miner = can.iter().copied().find(|miner| self.staked(*miner).is_zero()).or_else(|| one(draw[1], can))?;
        let (world, node) = (self.pair.world, self.pair.world.miner(miner));
        let before = self.staked(miner);
        // A node without a staker has to accept one.
        if before.is_zero() && world.account(staker(miner)) != node {
            world.solo.ok(node, world.staking, &IStaking::acceptStakerCall { staker: world.account(staker(miner)) });
        }
        let outcome = self.pair.perform(Action::Stake { miner });
        let missing = || TestCaseError::fail(format!("miner {miner} could not stake"));
        Some(outcome.and_then(|()| if self.staked(miner) > before { Ok(()) } else { Err(missing()) }))
    }

    /// Nothing was refused, the book is the sum, and no COR is made or lost.
    fn check(&mut self) -> Outcome {
        let refused: Vec<_> = self.pair.seen.borrow().keys().filter(|(kind, _)| kind == "refused").cloned().collect();
        prop_assert!(refused.is_empty(), "refused by lane and oracle: {:?}", refused);
        self.pair.compare()?;
        let world = self.pair.world;
        let everywhere = (0..16).map(|index| world.account(index)).chain([world.vault, world.staking, world.lane]);
        let sum: U256 = everywhere.map(|account| world.solo.get(world.token, &ICor::balanceOfCall { account })).sum();
        prop_assert_eq!(sum, world.solo.get(world.token, &ICor::totalSupplyCall {}), "supply");
        Ok(())
    }
}

/// One of each, each of which what is there allows.
fn first() -> Vec<(Handler, Draw)> {
    let none = [0; 4];
    vec![
        (Handler::Fund, none),
        (Handler::CreateSession, none),
        (Handler::Submit, none),
        (Handler::Complete, none),
        (Handler::PayEarnings, none),
        (Handler::PassTreasury, none),
        (Handler::Release, none),
        (Handler::PinTariff, [0, 0, 5, 0]),
        (Handler::SetConfig, none),
        // Bound one after the other; one lies, and owes more than it has at stake.
        (Handler::CreateAndSubmit, none),
        (Handler::Start, none),
        (Handler::Precommit, none),
        (Handler::Precommit, [0, 0, 2, 0]),
        (Handler::Precommit, [0, 0, 1, 0]),
        (Handler::Report, none),
        (Handler::Reveal, none),
        (Handler::Finish, none),
        (Handler::Stake, none),
        (Handler::SlashAgain, none),
        (Handler::ReportSecond, none),
        // Begun by a miner with the keeper's word, when half of the time is over.
        (Handler::Submit, none),
        (Handler::PassToDeadline, none),
        (Handler::StartWithWord, none),
        (Handler::PassToDeadline, [0, 0, 1, 0]),
        (Handler::Close, none),
        (Handler::Pass, none),
        (Handler::CloseSession, none),
    ]
}

/// Which kinds of handlers were called.
pub(crate) type Called<H> = RefCell<BTreeSet<H>>;

/// Calls handlers: `first` each of those, which must be possible, then for each draw one that is, as often as `often` says. `attempt` does nothing if
/// what is there does not allow it.
pub(crate) fn walk<H: Copy + Debug + Ord>(
    first: &[(H, Draw)],
    often: &[(H, usize)],
    draws: &[Draw],
    called: &Called<H>,
    mut attempt: impl FnMut(H, Draw) -> Option<Outcome>,
) -> Outcome {
    let order: Vec<H> = often.iter().flat_map(|(handler, times)| vec![*handler; *times]).collect();
    let mut done = Vec::new();
    let mut act = |handler: H, draw: Draw| {
        let Some(outcome) = attempt(handler, draw) else { return Ok(false) };
        called.borrow_mut().insert(handler);
        done.push(handler);
        outcome
            .map(|()| true)
            .map_err(|error| TestCaseError::fail(format!("{handler:?} by {draw:?}, the last of {done:?}: {error}")))
    };
    for (handler, draw) in first {
        prop_assert!(act(*handler, *draw)?, "nothing is there for {:?}", handler);
    }
    for draw in draws {
        // Time can always pass, so there is one.
        for handler in order.iter().cycle().skip(place(draw[0], order.len())).take(order.len()) {
            if act(*handler, *draw)? {
                break;
            }
        }
    }
    Ok(())
}

/// All runs of a seed, each of so many draws, after which each kind of handler was called.
pub(crate) fn drive<H: Copy + Debug + Ord>(
    seed: Seed,
    (runs, draws): (u32, usize),
    often: &[(H, usize)],
    run: impl Fn(&[Draw], &Called<H>) -> Outcome,
) {
    let called = Called::default();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let cases = cor_kit::cases(runs);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: SHRINKS, ..Config::default() };
    let draws = proptest::collection::vec(any::<Draw>(), draws);
    match TestRunner::new_with_rng(config, rng).run(&draws, |draws| run(&draws, &called)) {
        Err(TestError::Fail(reason, draws)) => panic!("{seed}: {reason}\nof {draws:?}"),
        outcome => outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}")),
    }
    for (handler, _) in often {
        assert!(called.borrow().contains(handler), "{seed}: {handler:?} was never called");
    }
}

/// One run from the world as it is, which it leaves as it was.
fn run(world: &World, draws: &[Draw], called: &Called<Handler>) -> Outcome {
    world.solo.undoing(|| {
        let seen = RefCell::default();
        let mut handlers = Handlers { pair: Pair::new(world, &seen) };
        walk(&first(), &OFTEN, draws, called, |handler, draw| {
            let outcome = handlers.attempt(handler, draw)?;
            Some(outcome.and_then(|()| handlers.check()))
        })?;
        handlers.pair.compare_views()
    })
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_lane_refuses_nothing_that_it_promises() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    world.by(GOVERNOR, &ILane::setKeeperCall { keeper: world.account(KEEPERS[1]), enabled: true });
    for miner in 0..MINERS {
        world.give(staker(miner), world.staking, MORE_STAKE * STAKE);
    }
    drive(seed, (RUNS, CALLS), &OFTEN, |draws, called| run(&world, draws, called));
}
