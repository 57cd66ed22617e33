//! What an action of chance is, as calls of the contracts.

use alloy::primitives::{Address, Bytes, U256};
use cor_sol::{
    cor::ICor,
    jury::IJury::{self, IJuryCalls},
};

use super::{
    actions::{Action, Of, Pick, Which, Word},
    oracle::{STEPS_MAX, epoch_of},
    pair::{Effect, Outcome, Pair},
    world::{BOND, LANE, NODES, OWNER, STRANGER, Task, World, seats},
};

const PENALTIES: [(u64, u64, u16); 6] = [
    (1, 2, 3),
    (1_000_000_000_000, 1_000_000_000_000, 10_000),
    (1_000_000_000_001, 1_000_000_000_001, 0),
    (2, 1, 0),
    (0, 1_000_000_000_001, 0),
    (0, 0, 10_001),
];

impl Pair<'_> {
    pub(crate) fn perform(&mut self, action: Action) -> Outcome {
        match action {
            Action::Enter { by, node, model } => {
                let call = IJury::enterCall { node: self.world.node(node), model };
                self.send(self.caller(by, node, model), &IJuryCalls::enter(call))
            }
            Action::Leave { by, node, model } => {
                let call = IJury::leaveCall { node: self.world.node(node), model };
                self.send(self.caller(by, node, model), &IJuryCalls::leave(call))
            }
            Action::Strike { node, model } => {
                self.send(STRANGER, &IJuryCalls::strike(IJury::strikeCall { node: self.world.node(node), model }))
            }
            Action::Summon { by, pick, node } => return self.summon(by, pick, node),
            Action::Dismiss { by, pick, node } => {
                let Some(task) = self.task(pick.task) else { return Ok(()) };
                self.dismiss(by, &Brought::of(&task, pick.flaw), self.world.node(node))
            }
            Action::DismissSummoned { summons } => {
                let Some((task, keeper, node)) = self.summons(summons) else { return Ok(()) };
                self.dismiss(keeper, &Brought::of(&self.tasks[task].task, 0), node)
            }
            Action::Present { task, node, word } => {
                let Some(task) = self.task(task) else { return Ok(()) };
                self.present(&task, node, word)
            }
            Action::PresentSummoned { summons, word } => {
                let Some((task, _, node)) = self.summons(summons) else { return Ok(()) };
                let node = (0..NODES).find(|index| self.world.node(*index) == node).expect("a node");
                self.present(&self.tasks[task].task.clone(), node, word)
            }
            Action::Reveal { keeper, task, which, right } => self.reveal(keeper, task, which, right),
            Action::Note { task, flaw } => return self.note(task, flaw),
            Action::Challenge { by, pick } => return self.challenge(by, pick, None),
            Action::Accuse { by, pick, keeper } => return self.challenge(by, pick, Some(keeper)),
            other => return self.of_keepers(other),
        }
        .map(|_| ())
    }

    fn of_keepers(&mut self, action: Action) -> Outcome {
        match action {
            Action::Propose { by, who } => {
                let keeper = if who == STRANGER { Address::ZERO } else { self.world.account(who) };
                self.send(by, &IJuryCalls::propose(IJury::proposeCall { keeper }))
            }
            Action::Enrol { by, flaw } => self.enrol(by, flaw),
            Action::Renew { by, flaw } => self.renew(by, flaw),
            Action::Resign { by } => self.send(by, &IJuryCalls::resign(IJury::resignCall {})),
            Action::Discharge { by, who } => {
                self.send(by, &IJuryCalls::discharge(IJury::dischargeCall { keeper: self.world.account(who) }))
            }
            Action::Withdraw { who } => {
                self.send(STRANGER, &IJuryCalls::withdraw(IJury::withdrawCall { keeper: self.world.account(who) }))
            }
            Action::SetLane { by, zero } => {
                let lane = if zero { Address::ZERO } else { LANE };
                self.send(by, &IJuryCalls::setLane(IJury::setLaneCall { lane }))
            }
            Action::Open { by } => self.send(by, &IJuryCalls::open(IJury::openCall {})),
            Action::Config { by, choice } => {
                let (no_reveal, bad_reveal, share) = PENALTIES[usize::from(choice)];
                let call = IJury::setLaneConfigCall { noReveal: no_reveal, badReveal: bad_reveal, noResultGasCapBps: share };
                self.send(by, &IJuryCalls::setLaneConfig(call))
            }
            Action::Pause { by, paused } => self.send(by, &IJuryCalls::setLanePaused(IJury::setLanePausedCall { paused })),
            Action::Guardian { by, who } => {
                let account = if who == STRANGER { Address::ZERO } else { self.world.account(who) };
                self.send(by, &IJuryCalls::setGuardian(IJury::setGuardianCall { account }))
            }
            Action::Offer { by, who } => {
                let candidate = if who == STRANGER { Address::ZERO } else { self.world.account(who) };
                self.send(by, &IJuryCalls::transferOwnership(IJury::transferOwnershipCall { candidate }))
            }
            Action::Accept { by } => self.send(by, &IJuryCalls::acceptOwnership(IJury::acceptOwnershipCall {})),
            Action::Fund { who, flaw } => {
                self.fund(who, flaw);
                return Ok(());
            }
            other => {
                self.beside(other);
                return Ok(());
            }
        }
        .map(|_| ())
    }

    fn caller(&self, by: Of, node: usize, model: u64) -> usize {
        let index = |account: Address| (0..NODES).find(|index| self.world.node(*index) == account).map(World::place_of);
        match by {
            Of::Node => Some(World::place_of(node)),
            Of::Operator => index(self.world.registered(node).operator),
            Of::Entered => {
                let slot = self.oracle.entries.get(&(self.world.node(node), model)).map(|entry| entry.slot);
                slot.and_then(|slot| self.oracle.stay(model, slot)).and_then(|stay| index(stay.operator))
            }
            Of::Stranger => None,
        }
        .unwrap_or(STRANGER)
    }

    /// A task by its number from the last on.
    pub(crate) fn task(&self, number: u8) -> Option<Task> {
        let from_last = usize::from(number) % self.tasks.len().max(1);
        self.tasks.iter().rev().nth(from_last).map(|known| known.task.clone())
    }

    fn summons(&self, number: u8) -> Option<(usize, usize, Address)> {
        let from_last = usize::from(number) % self.summoned.len().max(1);
        self.summoned.iter().rev().nth(from_last).copied()
    }

    fn summon(&mut self, by: usize, pick: Pick, node: usize) -> Outcome {
        let Some(task) = self.task(pick.task) else { return Ok(()) };
        let node = self.world.node(node);
        let known = self.oracle.entries.get(&(node, task.model)).map(|entry| entry.slot);
        let slot = if pick.flaw == 3 { 1_000 } else { known.unwrap_or(0) };
        let Brought { payer, sequence, opening } = Brought::of(&task, pick.flaw);
        if self.send(by, &IJuryCalls::summon(IJury::summonCall { payer, sequence, opening, slot }))? {
            let place = self.tasks.iter().position(|known| known.task.id == task.id).expect("it is there");
            let whom = self.oracle.summons.keys().filter(|(id, keeper, _)| *id == task.id && *keeper == self.world.account(by));
            let old: Vec<_> = self.summoned.iter().filter(|(of, keeper, _)| (*of, *keeper) == (place, by)).collect();
            let new = whom.map(|(_, _, node)| *node).find(|node| old.iter().all(|(_, _, known)| known != node));
            self.summoned.push((place, by, new.expect("one more")));
        }
        Ok(())
    }

    fn dismiss(&mut self, by: usize, brought: &Brought, node: Address) -> Effect {
        let Brought { payer, sequence, opening } = brought.clone();
        self.send(by, &IJuryCalls::dismiss(IJury::dismissCall { payer, sequence, opening, node }))
    }

    fn present(&mut self, task: &Task, node: usize, word: Word) -> Effect {
        let (world, domain) = (self.world, self.world.domain());
        let other = (node + 1) % NODES;
        let signature = match word {
            Word::Itself | Word::Nobody => vec![],
            Word::Signed => world.signed(node, task.id, &domain),
            Word::AnothersKey => world.signed(other, task.id, &domain),
            Word::AnotherTask => world.signed(node, alloy::primitives::keccak256(task.id), &domain),
            Word::ItselfAndGarbage | Word::Garbage | Word::OfNobody => vec![0xff; 64],
            Word::TooLong => [world.signed(node, task.id, &domain), vec![27]].concat(),
        };
        let by = if matches!(word, Word::Itself | Word::ItselfAndGarbage) { World::place_of(node) } else { STRANGER };
        let node = if matches!(word, Word::OfNobody) { Address::ZERO } else { world.node(node) };
        self.send(by, &IJuryCalls::present(IJury::presentCall { task: task.id, node, signature: signature.into() }))
    }

    fn reveal(&mut self, keeper: usize, task: u8, which: Which, right: bool) -> Effect {
        let account = self.world.account(keeper);
        let known = self.oracle.keeper(account);
        let (chain, present) = (known.chains.last().copied(), epoch_of(self.now));
        let (first, shown) = chain.map_or((present, present - 1), |chain| (chain.first, chain.shown));
        let epoch = match which {
            Which::Task => self.task(task).map_or(present, |task| epoch_of(task.time)),
            Which::Ended => present - 1,
            Which::Present => present,
            Which::BeforeTheFirst => known.chains.iter().map(|chain| chain.first).min().unwrap_or(present) - 1,
            Which::OfTheLastChain => first - 1,
            Which::Shown => shown,
            Which::AsFarAsItGoes => shown + STEPS_MAX,
            Which::TooFar => shown + STEPS_MAX + 1,
        };
        let mut secret = self.secret(account, epoch);
        if !right {
            secret[0] ^= 1;
        }
        self.send(STRANGER, &IJuryCalls::reveal(IJury::revealCall { keeper: account, epoch, secret }))
    }

    /// The block of a task, the present one, one that nobody knows, or one of long ago.
    fn note(&mut self, task: u8, flaw: u8) -> Outcome {
        let Some(task) = self.task(task) else { return Ok(()) };
        let present = self.world.solo.chain().block_number();
        let number = [block_of(&task), present + 1, present + 1_000_000_000_000, 3][usize::from(flaw)];
        self.send(STRANGER, &IJuryCalls::note(IJury::noteCall { number })).map(|_| ())
    }

    fn challenge(&mut self, by: usize, pick: Pick, accused: Option<usize>) -> Outcome {
        let served = |known: &&super::pair::Known| accused.is_some() || known.served.is_some();
        let count = self.tasks.iter().filter(served).count();
        let from_last = usize::from(pick.task) % count.max(1);
        let Some(known) = self.tasks.iter().rev().filter(served).nth(from_last).cloned() else { return Ok(()) };
        let nobody = (self.world.account(OWNER), vec![self.world.node(0)]);
        let (mut keeper, miners) = known.served.unwrap_or(nobody);
        if let Some(accused) = accused {
            keeper = self.world.account(accused);
        }
        let mut crew = seats(&miners);
        match pick.flaw {
            3 => crew.truncate(crew.len() - 1),
            5 => crew[51] ^= 1,
            6 => crew.clear(),
            _ => {}
        }
        let Brought { payer, sequence, opening } = Brought::of(&known.task, pick.flaw);
        let call = IJury::challengeCall { payer, sequence, opening, keeper, crew: crew.into() };
        self.send(by, &IJuryCalls::challenge(call)).map(|_| ())
    }

    /// The first epoch is a later one, the present, or none; or there are two more epochs before it.
    fn enrol(&mut self, by: usize, flaw: u8) -> Effect {
        let present = epoch_of(self.now);
        let first = [present + 1, present, 0, present + 3][usize::from(flaw)];
        let links = self.chain(first);
        let call = IJury::enrolCall { anchor: links[0], first };
        let done = self.send(by, &IJuryCalls::enrol(call))?;
        if done {
            let account = self.world.account(by);
            self.secrets.retain(|(of, _), _| *of != account);
            self.secrets.insert((account, first), links);
        }
        Ok(done)
    }

    fn renew(&mut self, by: usize, flaw: u8) -> Effect {
        let (account, present) = (self.world.account(by), epoch_of(self.now));
        let last = self.oracle.keeper(account).chains.last().map_or(0, |chain| chain.first);
        let first = [present.max(last) + 1, present, last, 0, present.max(last) + 2][usize::from(flaw)];
        let links = self.chain(first);
        let call = IJury::renewCall { anchor: links[0], first };
        let done = self.send(by, &IJuryCalls::renew(call))?;
        if done {
            self.secrets.insert((account, first), links);
        }
        Ok(done)
    }

    fn fund(&mut self, who: usize, flaw: u8) {
        let (world, account) = (self.world, self.world.account(who));
        if self.oracle.worthless {
            return;
        }
        let bond = U256::from(BOND);
        if flaw != 2 {
            let value = if flaw == 3 { bond - U256::from(1) } else { bond };
            world.solo.ok(world.account(OWNER), world.token, &ICor::mintCall { to: account, value });
            *self.oracle.wallets.entry(account).or_default() += value;
        }
        if flaw != 1 {
            world.solo.ok(account, world.token, &ICor::approveCall { spender: world.jury, value: bond });
            self.oracle.allowances.insert(account, bond);
        }
    }
}

/// What is brought of a task.
#[derive(Clone)]
pub(crate) struct Brought {
    payer: Address,
    sequence: u64,
    opening: Bytes,
}

impl Brought {
    /// Too short, or of something else, or of a task that nobody submitted.
    fn of(task: &Task, flaw: u8) -> Self {
        let mut opening = task.opening.clone();
        match flaw {
            1 => opening.truncate(opening.len() - 1),
            2 => opening[60] ^= 1,
            _ => {}
        }
        let sequence = if flaw == 4 { task.sequence + 1_000_000 } else { task.sequence };
        Self { payer: task.payer, sequence, opening: opening.into() }
    }
}

pub(crate) fn block_of(task: &Task) -> u64 {
    task.opening[104..109].iter().fold(0, |number, byte| number * 256 + u64::from(*byte))
}
