//! What an action of chance is, as calls of the contracts.

use alloy::primitives::{B256, U256, keccak256};
use cor_sol::{
    lane::ILane::{self, ILaneCalls},
    session_payment_table::ISessionPaymentTable::{self, ClassPrice},
    staking::IStaking,
    vault::IVault,
};

use super::{
    actions::{Action, GOVERNOR, Kind, PAYERS, Plan, STRANGER, Step},
    calls::{Made, Of},
    oracle::{Task, number},
    pair::{Key, Outcome, Pair},
    world::{COR_GRAINS, PENALTIES, SAFE_STAKED, STAKE, STAKER, wei},
};

const DAY: u64 = 86_400;

impl Pair<'_> {
    fn step(&mut self, step: Step) -> Outcome {
        let Some((kind, key)) = self.pick(step) else { return Ok(()) };
        let of = Of { world: self.world, sequence: key.1, task: &self.oracle.tasks[&key], plan: self.plans[&key] };
        let Made { by, call } = of.make(Step { kind, ..step });
        self.send(by, &call)
    }

    /// Which task a step is of: mostly one whose phase it suits, else one that is open, for which it becomes the step that suits, else any.
    fn pick(&self, step: Step) -> Option<(Kind, Key)> {
        let late = |task: &Task| self.now >= task.deadline;
        let in_time = |task: &Task| !late(task) || step.mask % 16 == 7;
        let suits = |task: &Task| match step.kind {
            Kind::Complete | Kind::Start => task.phase == 1 && in_time(task),
            Kind::Precommit => task.phase == 2 && in_time(task),
            Kind::Reveal | Kind::Finish | Kind::Report => task.phase == 3,
            Kind::ReportSecond => task.phase == 4,
            Kind::Close => task.phase < 4 && late(task),
        };
        let number = usize::from(step.pick / 16);
        let one = |wanted: &dyn Fn(&Task) -> bool| {
            let keys: Vec<_> = self.oracle.tasks.iter().filter(|(_, task)| wanted(task)).map(|(key, _)| *key).collect();
            keys.get(number % keys.len().max(1)).copied()
        };
        if !step.pick.is_multiple_of(16) {
            if let Some(key) = one(&suits) {
                return Some((step.kind, key));
            }
            if let Some(key) = one(&|task| task.phase < 4).filter(|_| !step.pick.is_multiple_of(4)) {
                let task = &self.oracle.tasks[&key];
                let kind = match task.phase {
                    1 | 2 if late(task) => Kind::Close,
                    1 => Kind::Start,
                    2 => Kind::Precommit,
                    _ => Kind::Reveal,
                };
                return Some((kind, key));
            }
        }
        one(&|_| true).map(|key| (step.kind, key))
    }

    pub(crate) fn perform(&mut self, action: Action) -> Outcome {
        match action {
            Action::Fund { to, grains, odd } => self.fund(to, grains, odd),
            Action::Credit { by } => {
                let account = self.world.account(by);
                self.send(by, &ILaneCalls::credited(ILane::creditedCall { account, from: account, amount: wei(1) }))
            }
            Action::Release { by, part } => {
                let has = self.oracle.accounts.get(&self.world.account(by)).map_or(0, |account| account.available);
                let amount = [0, has.div_ceil(2), has, has + 1][usize::from(part)];
                self.send(by, &ILaneCalls::release(ILane::releaseCall { amount }))
            }
            Action::PayEarnings { who } => {
                let miner = self.world.account(who);
                self.send(STRANGER, &ILaneCalls::payEarnings(ILane::payEarningsCall { miner }))
            }
            Action::PassTreasury => self.send(STRANGER, &ILaneCalls::passTreasury(ILane::passTreasuryCall {})),
            Action::Create { by, terms } => {
                let metadata = B256::repeat_byte(9);
                self.send(by, &ILaneCalls::createSession(ILane::createSessionCall { terms, metadata }))
            }
            Action::Pin { terms } => self.send(STRANGER, &ILaneCalls::pinTariff(ILane::pinTariffCall { terms })),
            Action::CloseSession { pick, flaw } => self.close_session(pick, flaw),
            Action::Submit { pick, flaw, plan } => self.submit(pick, flaw, plan),
            Action::CreateAndSubmit { by, terms, flaw, plan } => self.create_and_submit(by, terms, flaw, plan),
            Action::Step(step) => self.step(step),
            Action::SlashAgain { pick, flaw } => {
                let known = self.debts.get(usize::from(pick) % self.debts.len().max(1)).copied();
                let mut debt = known.unwrap_or((B256::ZERO, self.world.miner(0), 1));
                debt.2 = if flaw == 0 { debt.2 } else { 3 - debt.2 };
                let (task, node, reason) = debt;
                self.send(STRANGER, &ILaneCalls::slashAgain(ILane::slashAgainCall { task, node, reason }))
            }
            Action::SetKeeper { by, keeper, enabled } => {
                let keeper = self.world.account(keeper);
                self.send(by, &ILaneCalls::setKeeper(ILane::setKeeperCall { keeper, enabled }))
            }
            Action::SetConfig { by, penalties, share, paused } => {
                let by_choice = [PENALTIES, (0, 0), (1, 12_000 * COR_GRAINS), (333 * COR_GRAINS + 7, 0), (0, 9)];
                let (no_reveal, bad_reveal) = by_choice[usize::from(penalties)];
                let share = [0, 3_333, 5_000, 10_000, 12_000][usize::from(share)];
                let call = ILane::setConfigCall { noReveal: no_reveal, badReveal: bad_reveal, noResultGasCapBps: share, paused };
                self.send(by, &ILaneCalls::setConfig(call))
            }
            other => self.beside(other),
        }
    }

    /// Actions of which the lane hears nothing.
    fn beside(&mut self, action: Action) -> Outcome {
        let world = self.world;
        match action {
            Action::Publish { percent } => self.publish(percent),
            Action::LowerCap { choice } => {
                let odd = U256::from(500_000_000_u64);
                let caps = [wei(250 * COR_GRAINS) + odd, wei(90 * COR_GRAINS), U256::ZERO, wei(1_500 * COR_GRAINS) + odd, odd];
                let cap = caps[usize::from(choice)];
                if cap < self.oracle.stakes.cap {
                    let call = IStaking::setModuleCapCall { module: world.lane, cap };
                    world.solo.ok(world.account(GOVERNOR), world.staking, &call);
                    self.oracle.stakes.cap = cap;
                }
            }
            Action::Stake { miner } => {
                let (node, amount) = (world.miner(miner), U256::from(STAKE));
                let call = IStaking::stakeNodeCall { node, amount };
                if world.solo.send(world.account(staker(miner)), world.staking, &call).is_ok() {
                    self.oracle.stakes.of.entry(node).or_default()[0] += amount;
                }
            }
            Action::Unbond { miner } => {
                let node = world.miner(miner);
                if world.solo.send(world.account(staker(miner)), world.staking, &IStaking::unbondNodeCall { node }).is_ok() {
                    let stake = self.oracle.stakes.of.entry(node).or_default();
                    *stake = [U256::ZERO, stake[0] + stake[1]];
                }
            }
            Action::Pass { secs } => self.pass(secs),
            Action::PassTo { pick, offset, middle } => {
                // Mostly the first that ends, or all others would be late.
                let mut open: Vec<_> =
                    self.oracle.tasks.values().filter(|task| task.phase < 4 && task.deadline >= self.now).collect();
                open.sort_by_key(|task| task.deadline);
                let called = open.iter().position(|task| task.last_call).filter(|_| pick % 4 == 1);
                let any = usize::from(pick / 4) % open.len().max(1);
                let place = called.unwrap_or(if pick % 4 == 0 { any } else { 0 });
                if let Some(task) = open.get(place) {
                    let half = if middle && task.phase == 1 { (task.deadline - task.submitted_at).div_ceil(2) } else { 0 };
                    let at = (task.deadline - half).saturating_add_signed(offset.into());
                    self.pass(at.saturating_sub(self.now));
                }
            }
            other => unreachable!("{other:?} is the lane's"),
        }
        Ok(())
    }

    fn pass(&mut self, secs: u64) {
        if secs > 0 {
            self.world.solo.pass(secs);
            self.now += secs;
        }
    }

    /// Other prices a day from now, unless the table takes none now.
    fn publish(&mut self, percent: u8) {
        let world = self.world;
        let mut price = ISessionPaymentTable::PriceVersion { effectiveAt: self.now + DAY, ..self.prices.clone() };
        for class in &mut price.classes {
            let scaled = |value: u128| value * u128::from(percent) / 100 + 1_000_000_007;
            let (base, token) = (scaled(class.base), scaled(class.token));
            *class = ClassPrice { base, token, ..class.clone() };
        }
        if world
            .solo
            .send(world.account(GOVERNOR), world.table, &ISessionPaymentTable::publishCall { price: price.clone() })
            .is_ok()
        {
            self.prices = price;
            self.count("price", "published");
        }
    }

    /// The lane hears of it from the vault.
    fn fund(&mut self, to: usize, grains: u64, odd: bool) -> Outcome {
        let world = self.world;
        let (from, account) = (world.account(PAYERS[0]), world.account(to));
        let amount = wei(grains) + U256::from(u8::from(odd));
        let credit = ILaneCalls::credited(ILane::creditedCall { account, from, amount });
        let foretold = self.foretold(world.vault, &credit);
        let call = IVault::depositAndFundCall { module: world.lane, beneficiary: account, amount };
        let sent = world.solo.transact(from, world.vault, alloy::sol_types::SolCall::abi_encode(&call));
        self.same(&credit, foretold, sent, false)
    }

    /// One of the sessions, mostly one that takes tasks.
    fn session(&self, pick: u16) -> Option<(u64, usize)> {
        let numbered = || (1_u64..).zip(&self.oracle.sessions);
        let open: Vec<_> = numbered().filter(|(_, session)| session.open).collect();
        let all: Vec<_> = numbered().collect();
        let from = if open.is_empty() || pick.is_multiple_of(8) { all } else { open };
        let (number, session) = from.get(usize::from(pick / 8) % from.len().max(1))?;
        let by = PAYERS.into_iter().find(|payer| self.world.account(*payer) == session.owner)?;
        Some((*number, by))
    }

    fn terms_of(&self, session: u64) -> B256 {
        self.oracle.sessions[usize::try_from(session).expect("few sessions") - 1].terms
    }

    fn close_session(&mut self, pick: u16, flaw: u8) -> Outcome {
        let Some((session, by)) = self.session(pick) else { return Ok(()) };
        let terms = if flaw == 1 { B256::ZERO } else { self.terms_of(session) };
        let by = if flaw == 2 { STRANGER } else { by };
        self.send(by, &ILaneCalls::closeSession(ILane::closeSessionCall { session, terms }))
    }

    /// A sequence number that was not used, or one that was.
    fn sequence(&mut self, by: usize, used: bool) -> u64 {
        let payer = self.world.account(by);
        let known = self.oracle.tasks.keys().filter(|(owner, _)| *owner == payer).map(|(_, sequence)| *sequence).next_back();
        if let Some(known) = known.filter(|_| used) {
            return known;
        }
        self.sequences += 1;
        self.sequences << (self.sequences % 3 * 16)
    }

    /// What is offered at most: all there is, or just enough, or a grain less.
    fn offer(&self, terms: B256, flaw: u8) -> u64 {
        let Some(tariff) = self.oracle.tariffs.get(&terms).filter(|_| flaw > 3) else { return u64::MAX };
        let [per_replica, network, gas] = [0, 8, 16].map(|at| number(&tariff[at..at + 8]));
        per_replica * u64::from(terms[13]) + network + gas - u64::from(flaw == 4)
    }

    fn submit(&mut self, pick: u16, flaw: u8, plan: Plan) -> Outcome {
        let Some((mut session, mut by)) = self.session(pick) else { return Ok(()) };
        let terms = self.terms_of(session);
        let sequence = self.sequence(by, flaw == 1);
        match flaw {
            3 => by = PAYERS.into_iter().find(|payer| *payer != by).expect("two payers"),
            6 => session += 1_000,
            _ => {}
        }
        let call = ILane::submitCall {
            session,
            terms,
            sequence,
            maxCharge: self.offer(terms, flaw),
            promptDigest: keccak256("a prompt"),
            promptUrn: if flaw == 2 { "x".repeat(257) } else { "x".repeat(usize::from(pick % 257)) },
            clientReference: B256::repeat_byte(5),
        };
        self.plans.entry((self.world.account(by), sequence)).or_insert(plan);
        self.send(by, &ILaneCalls::submit(call))
    }

    fn create_and_submit(&mut self, by: usize, terms: B256, flaw: u8, plan: Plan) -> Outcome {
        let sequence = self.sequence(by, flaw == 1);
        let call = ILane::createAndSubmitCall {
            terms,
            metadata: B256::repeat_byte(8),
            sequence,
            maxCharge: self.offer(terms, flaw),
            promptDigest: keccak256("another prompt"),
            promptUrn: if flaw == 2 { "x".repeat(257) } else { String::new() },
            clientReference: B256::ZERO,
        };
        self.plans.entry((self.world.account(by), sequence)).or_insert(plan);
        self.send(by, &ILaneCalls::createAndSubmit(call))
    }
}

pub(crate) const fn staker(miner: usize) -> usize {
    if miner == SAFE_STAKED { STAKER } else { 8 + miner }
}
