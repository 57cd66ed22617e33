//! What happens around the jury: tasks in the lane, nodes in the pool, hashes that are forgotten, and time.

use alloy::primitives::{Address, B256, keccak256};
use cor_sol::node_pool::INodePool;

use super::{
    actions::{Action, Crew, MODELS, Moment, Pool, Served},
    oracle::{Lane, Oracle, chain_needed_until, epoch_of, reusable_at, starts},
    pair::{Known, Pair},
    perform::block_of,
    world::{DISPUTE_SECS, NODES, OPEN_SECS, OWNER, PAYER, REVEAL_SECS, Stage, Task, seats},
};

/// Links of a chain: epochs of five weeks.
const LINKS: usize = 5_000;
const DAY: u64 = 86_400;
/// Says of everything that it is not so.
const WORTHLESS: &[u8] = &alloy::primitives::hex!("5f5f5260205ff3");

impl Pair<'_> {
    pub(super) fn beside(&mut self, action: Action) {
        match action {
            Action::Submit { replicas, model } => self.submit(replicas, model),
            Action::Serve { task, keeper, crew, served } => self.serve(task, keeper, crew, served),
            Action::Pool { node, said } => self.pool(node, said),
            Action::Oldest { version } => {
                let owner = self.world.account(OWNER);
                self.world.solo.ok(owner, self.world.pool, &INodePool::setMinNodeVersionCall { version });
            }
            Action::Forget { task } => {
                let Some(task) = self.task(task) else { return };
                // The next block would remind the chain of the last.
                self.world.solo.chain().mine().expect("a block is mined");
                self.world.remember(block_of(&task), B256::ZERO);
                self.oracle.forgotten.insert(block_of(&task));
            }
            Action::Deaf { on } => {
                self.world.place_lane(on);
                self.oracle.deaf = on;
            }
            Action::Worthless { on } => self.worthless(on),
            Action::Pass { secs } => self.pass(secs),
            Action::PassTo { moment, offset } => {
                let next = self.moments(moment).into_iter().filter(|at| *at > self.now).min();
                if let Some(at) = next {
                    self.pass(at.saturating_add_signed(offset.into()).saturating_sub(self.now));
                }
            }
            other => unreachable!("{other:?} is the jury's"),
        }
    }

    fn pass(&mut self, secs: u64) {
        if secs > 0 {
            self.world.solo.pass(secs);
            self.now += secs;
        }
    }

    /// When something changes that there is, with epochs that have passed.
    fn moments(&self, moment: Moment) -> Vec<u64> {
        let keepers = || self.oracle.keepers.values();
        let of_tasks = |after: u64| self.tasks.iter().map(move |known| known.task.time + after).collect();
        let dispute = u64::from(DISPUTE_SECS);
        match moment {
            Moment::Epoch => vec![starts(epoch_of(self.now) + 1)],
            Moment::Deadline => of_tasks(OPEN_SECS),
            Moment::Answer => self.oracle.summons.values().map(|summons| summons.answer_by).collect(),
            Moment::Called => self.oracle.called.values().copied().collect(),
            Moment::Free => keepers().map(|keeper| keeper.free_at).collect(),
            Moment::Enrols => keepers().map(|keeper| keeper.enrols_at).collect(),
            // Who may be in from an epoch on enters in the one before.
            Moment::Bar => self.oracle.entries.values().map(|entry| starts(entry.barred_until.saturating_sub(1))).collect(),
            Moment::Slot => {
                let stays = self.oracle.rosters.values().flatten().filter_map(|stays| stays.last());
                stays.filter_map(|stay| stay.closed).map(|(until, _)| reusable_at(until)).collect()
            }
            Moment::Dispute => of_tasks(dispute),
            Moment::LastCall => of_tasks(dispute - u64::from(REVEAL_SECS) - DAY),
            Moment::Chain => {
                keepers().filter_map(|keeper| keeper.chains.last()).map(|chain| chain_needed_until(chain.first)).collect()
            }
            Moment::Software => {
                let next = self.world.solo.get(self.world.pool, &INodePool::nextMinNodeVersionCall {});
                vec![next.effectiveAt]
            }
        }
    }

    /// A chain of secrets of nobody's before, which begins with an epoch.
    pub(super) fn chain(&self, first: u32) -> Vec<B256> {
        let place = self.world.solo.chain().block_number();
        let mut links = vec![keccak256([place.to_be_bytes().as_slice(), &first.to_be_bytes()].concat())];
        for _ in 0..LINKS {
            links.push(keccak256(links[links.len() - 1]));
        }
        links.reverse();
        links
    }

    /// A keeper's secret of an epoch; something else if it has none.
    pub(super) fn secret(&self, keeper: Address, epoch: u32) -> B256 {
        let chains = self.secrets.range((keeper, 0)..=(keeper, epoch));
        let link = chains.last().and_then(|((_, first), links)| links.get(usize::try_from(epoch + 1 - first).ok()?));
        link.copied().unwrap_or(B256::repeat_byte(0xee))
    }

    fn submit(&mut self, replicas: u8, model: u64) {
        let sequence = u64::try_from(self.tasks.len()).expect("few tasks") + 1;
        let task = self.world.task_of(self.world.account(PAYER), sequence, replicas, model);
        self.tasks.push(Known { task: task.clone(), served: None });
        let lane =
            Lane { phase: 1, status: 0, deadline: task.time + OPEN_SECS, low: Address::ZERO, seal: keccak256(&task.opening) };
        self.oracle.tasks.insert((task.payer, task.sequence), lane);
    }

    /// Of those that did not end yet.
    fn serve(&mut self, number: u8, keeper: usize, crew: Crew, served: Served) {
        let open = |known: &&mut Known| known.served.is_none();
        let count = self.tasks.iter().filter(|known| known.served.is_none()).count();
        let from_last = usize::from(number) % count.max(1);
        let Some(task) = self.tasks.iter_mut().rev().filter(open).nth(from_last).map(|known| known.task.clone()) else { return };
        let account = self.world.account(keeper);
        let miners = self.crew(&task, account, crew);
        let low = Oracle::mark(&task, account, &seats(&miners));
        let (stage, low) = match served {
            Served::Completed => (Stage::Completed, low),
            Served::NoQuorum => (Stage::NoQuorum, low),
            Served::Expired => (Stage::Expired, low),
            Served::Precommit => (Stage::Precommit, account),
            Served::Reveal => (Stage::Reveal, account),
        };
        self.world.put(&task, stage, low);
        let (phase, status) = stage.numbers();
        let lane = self.oracle.tasks.get_mut(&(task.payer, task.sequence)).expect("it was submitted");
        *lane = Lane { phase, status, low, seal: B256::repeat_byte(9), ..*lane };
        if phase == 4 {
            let known = self.tasks.iter_mut().find(|known| known.task.id == task.id).expect("it is there");
            known.served = Some((account, miners));
        }
    }

    /// As many as the task wants: whoever was not drawn is somebody.
    fn crew(&self, task: &Task, keeper: Address, crew: Crew) -> Vec<Address> {
        let nodes: Vec<_> = (0..NODES).map(|index| self.world.node(index)).collect();
        let with = if matches!(crew, Crew::Back) { &nodes[..] } else { &[] };
        let mut miners = self.oracle.drawn(task, keeper, self.secret(keeper, epoch_of(task.time)), with);
        let others: Vec<_> = nodes.iter().filter(|node| !miners.contains(node)).copied().collect();
        let mut others = others.into_iter();
        while miners.len() < usize::from(task.replicas) {
            miners.push(others.next().expect("more nodes than replicas"));
        }
        match crew {
            Crew::Forged(seat) => {
                let seat = usize::from(seat) % miners.len();
                miners[seat] = others.next().expect("more nodes than replicas");
            }
            Crew::Swapped if miners.len() > 1 => miners.swap(0, 1),
            Crew::Drawn | Crew::Back | Crew::Swapped => {}
        }
        miners
    }

    /// What the pool refuses is nothing.
    fn pool(&self, index: usize, said: Pool) {
        let (world, node) = (self.world, self.world.node(index));
        let models = |mask: u8| match mask {
            0 => vec![MODELS[1] + 1],
            mask => MODELS.into_iter().zip([1, 2]).filter(|(_, bit)| mask & bit != 0).map(|(model, _)| model).collect(),
        };
        let done = match said {
            Pool::Drain => world.solo.send(node, world.pool, &INodePool::drainCall { node }).is_ok(),
            Pool::Resume => world.solo.send(node, world.pool, &INodePool::resumeCall {}).is_ok(),
            Pool::Deregister => world.solo.send(node, world.pool, &INodePool::deregisterCall {}).is_ok(),
            Pool::Register(other) => {
                let operator = other.map_or(node, |other| world.node(other));
                if operator != node {
                    world.solo.ok(operator, world.pool, &INodePool::consentCall { node, allowed: true });
                }
                let version = world.solo.get(world.pool, &INodePool::minNodeVersionCall {}).max(1);
                let call = INodePool::registerCall { operator, models: models(3), capacity: 2, hardwareClass: 0, version };
                world.solo.send(node, world.pool, &call).is_ok()
            }
            Pool::Spec(mask) => {
                let call = INodePool::setSpecCall { models: models(mask), capacity: 2 };
                world.solo.send(node, world.pool, &call).is_ok()
            }
            Pool::Version(version) => world.solo.send(node, world.pool, &INodePool::setVersionCall { version }).is_ok(),
        };
        self.count("pool", if done { "ok" } else { "refused" });
    }

    /// Balances are not asked for meanwhile.
    fn worthless(&mut self, on: bool) {
        match (on, self.token_code.take()) {
            (true, None) => {
                self.token_code = Some(self.world.solo.chain().code(self.world.token).expect("the token's code"));
                self.world.place(self.world.token, WORTHLESS);
            }
            (false, Some(code)) => self.world.place(self.world.token, &code),
            (_, kept) => self.token_code = kept,
        }
        self.oracle.worthless = on;
    }
}
