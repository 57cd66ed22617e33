//! What the interface lets a staker, a node, a slasher or the owner do is done: each call is chosen from what Staking shows, with arguments that are
//! allowed then, and none of them may be refused. No model is asked.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use cor_kit::{COR, Seed};
use cor_sol::{cor::ICor, staking::IStaking, vault::IVault};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::world::{DAY, DELAY, FREE, GUARDIAN, NODE, OTHER, OWNER, SLASHERS, STAKE, STAKER, UNBONDING, World, wei};
use crate::lane::handlers::{Called, Draw, drive, one, place, walk};

/// Runs, and the calls in each after those that come first.
const RUNS: u32 = 3;
const CALLS: usize = 80;
/// What each staker begins with.
const WALLET: u128 = 100_000 * COR;
/// Who stakes, for nodes and as users. The last is a node itself.
const PEOPLE: [usize; 4] = [STAKER, OTHER, FREE, NODE];
/// Who slashes: the third begins as nobody's module.
const MODULES: [usize; 3] = [SLASHERS[0], SLASHERS[1], 9];
const NODES: usize = 3;

const ACTIVE: u8 = 2;
const CLOSING: u8 = 3;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Handler {
    Accept,
    StakeNode,
    /// By the node, which nobody has to accept.
    StakeItself,
    UnbondNode,
    WithdrawNode,
    WithdrawNodes,
    SetPayout,
    Stake,
    Unbond,
    Withdraw,
    Slash,
    Sweep,
    Propose,
    Close,
    SetCap,
    Wait,
    /// To the second at which stake can be withdrawn or the day ends, or the one before.
    WaitUntilDue,
}

/// As often as each comes.
const OFTEN: [(Handler, usize); 17] = [
    (Handler::Accept, 3),
    (Handler::StakeNode, 6),
    (Handler::StakeItself, 3),
    (Handler::UnbondNode, 3),
    (Handler::WithdrawNode, 4),
    (Handler::WithdrawNodes, 1),
    (Handler::SetPayout, 3),
    (Handler::Stake, 4),
    (Handler::Unbond, 7),
    (Handler::Withdraw, 3),
    (Handler::Slash, 6),
    (Handler::Sweep, 2),
    (Handler::Propose, 3),
    (Handler::Close, 1),
    (Handler::SetCap, 2),
    (Handler::Wait, 3),
    (Handler::WaitUntilDue, 4),
];

/// One of each, each of which what is there allows.
const FIRST: [(Handler, Draw); 21] = {
    const NONE: Draw = [0; 4];
    [
        (Handler::Propose, NONE),
        (Handler::Accept, NONE),
        (Handler::StakeNode, [0, 0, 1, 0]),
        (Handler::StakeItself, [0, 0, 1, 0]),
        (Handler::SetPayout, NONE),
        (Handler::Stake, [0, 0, 5, 0]),
        (Handler::Unbond, [0, 0, 5, 0]),
        (Handler::Slash, [0, 0, 5, 0]),
        (Handler::Sweep, NONE),
        (Handler::UnbondNode, NONE),
        // Of what unbonds too.
        (Handler::Slash, [0, 0, 5, 0]),
        // A second before it is due, nothing is paid.
        (Handler::WaitUntilDue, [0, 0, 1, 0]),
        (Handler::WithdrawNodes, NONE),
        (Handler::Wait, NONE),
        (Handler::WithdrawNode, NONE),
        (Handler::Withdraw, NONE),
        (Handler::SetCap, NONE),
        (Handler::Close, NONE),
        // Who is closed takes what it could.
        (Handler::Slash, NONE),
        (Handler::Propose, NONE),
        (Handler::Wait, NONE),
    ]
};

type Outcome = Result<(), TestCaseError>;

/// From 1 wei to `most`, nothing if that is nothing: in every fourth case all of it.
fn up_to(draw: u64, most: U256) -> Option<U256> {
    if most.is_zero() || draw.is_multiple_of(4) {
        return (!most.is_zero()).then_some(most);
    }
    let part = most / U256::from(2 + draw / 4 % 20) + U256::from(draw / 80 % 3);
    Some(part.clamp(U256::from(1), most))
}

/// A second in every fourth case.
fn early(draw: u64) -> u64 {
    u64::from(draw % 4 == 1)
}

struct Handlers<'a> {
    world: &'a World,
}

impl Handlers<'_> {
    fn node(&self, index: usize) -> Address {
        if index == NODES - 1 {
            return self.world.account(NODE);
        }
        Address::repeat_byte(0x10 + u8::try_from(index).expect("few nodes"))
    }

    fn nodes(&self) -> Vec<Address> {
        (0..NODES).map(|index| self.node(index)).collect()
    }

    fn stake_of(&self, node: Address) -> IStaking::nodeStakeReturn {
        self.world.get(&IStaking::nodeStakeCall { node })
    }

    fn leaving(&self, node: Address) -> IStaking::nodeUnbondingOfReturn {
        self.world.get(&IStaking::nodeUnbondingOfCall { node })
    }

    fn module(&self, index: usize) -> IStaking::moduleOfReturn {
        self.world.get(&IStaking::moduleOfCall { module: self.world.account(index) })
    }

    /// A call by account `index`, which must succeed.
    fn call<C: SolCall>(&self, index: usize, call: &C) -> Result<C::Return, TestCaseError> {
        self.by(self.world.account(index), call)
    }

    fn by<C: SolCall>(&self, from: Address, call: &C) -> Result<C::Return, TestCaseError> {
        let sent = self.world.solo.send(from, self.world.staking, call);
        sent.map(|done| done.returned).map_err(|refused| TestCaseError::fail(format!("{}: {refused:?}", C::SIGNATURE)))
    }

    /// Whose account this is among those that stake.
    fn person(&self, account: Address) -> Option<usize> {
        PEOPLE.into_iter().find(|index| self.world.account(*index) == account)
    }

    /// A node with its staker that is so, by what is bonded and what unbonds.
    fn staked(&self, draw: u64, wanted: impl Fn(U256, U256) -> bool) -> Option<(Address, usize)> {
        let staked = self.nodes().into_iter().filter_map(|node| {
            let IStaking::nodeStakeReturn { amount, staker } = self.stake_of(node);
            let by = self.person(staker)?;
            wanted(amount, self.leaving(node).amount).then_some((node, by))
        });
        one(draw, staked.collect())
    }

    fn attempt(&self, handler: Handler, draw: Draw) -> Option<Outcome> {
        let now = self.world.now();
        match handler {
            Handler::Accept => {
                let (node, staker) = (self.node(place(draw[1], NODES)), self.world.account(PEOPLE[place(draw[2], PEOPLE.len())]));
                self.world.solo.enable(node);
                Some(self.by(node, &IStaking::acceptStakerCall { staker }).map(|_| ()))
            }
            Handler::StakeNode | Handler::StakeItself => self.stake_node(handler, draw),
            Handler::UnbondNode => {
                let (node, by) = self.staked(draw[1], |bonded, _| !bonded.is_zero())?;
                Some(self.call(by, &IStaking::unbondNodeCall { node }).map(|_| ()))
            }
            Handler::WithdrawNode | Handler::WithdrawNodes => self.withdraw_node(handler, draw),
            Handler::SetPayout => {
                let (node, by) = self.staked(draw[1], |bonded, leaving| bonded + leaving > U256::ZERO)?;
                let to = Address::repeat_byte(0x20 + u8::try_from(place(draw[2], 3)).expect("few"));
                Some(self.call(by, &IStaking::setPayoutCall { node, to }).map(|_| ()))
            }
            Handler::Stake => {
                let by = PEOPLE[place(draw[1], PEOPLE.len())];
                let amount = up_to(draw[2], self.world.wallet(self.world.account(by)) / U256::from(4))?;
                Some(self.call(by, &IStaking::stakeCall { amount }).map(|_| ()))
            }
            Handler::Unbond => {
                let has = |index: usize| self.world.get(&IStaking::stakeOfCall { user: self.world.account(index) });
                let users = PEOPLE.into_iter().map(|index| (index, has(index))).filter(|(_, has)| !has.is_zero());
                let (by, has) = one(draw[1], users.collect())?;
                Some(self.call(by, &IStaking::unbondCall { amount: up_to(draw[2], has)? }).map(|_| ()))
            }
            Handler::Withdraw => {
                let due = |index: &usize| (1..=now).contains(&self.unbonding(*index).nextReleaseAt);
                let by = one(draw[1], PEOPLE.into_iter().filter(due).collect())?;
                Some(self.withdraw(by))
            }
            Handler::Slash => self.slash(draw),
            Handler::Sweep => {
                let pot = self.world.get(&IStaking::slashedPotCall {});
                (!pot.is_zero()).then(|| {
                    let swept = self.call(GUARDIAN, &IStaking::sweepSlashedCall {})?;
                    prop_assert_eq!(swept, pot);
                    Ok(())
                })
            }
            Handler::Propose | Handler::Close | Handler::SetCap => self.govern(handler, draw),
            Handler::Wait => {
                self.world.solo.pass([1, DAY, 3_600, UNBONDING, DELAY][place(draw[1], 5)]);
                Some(Ok(()))
            }
            Handler::WaitUntilDue => {
                self.world.solo.pass(self.until_due(draw[1]) - early(draw[2]));
                Some(Ok(()))
            }
        }
    }

    /// As much as makes what is bonded enough, or more: by who stakes already, else by who was accepted, or the node.
    fn stake_node(&self, handler: Handler, draw: Draw) -> Option<Outcome> {
        let able = |node: Address| {
            let IStaking::nodeStakeReturn { amount: bonded, staker } = self.stake_of(node);
            let accepted = self.world.get(&IStaking::acceptedStakerCall { node });
            let itself = handler == Handler::StakeItself;
            let who = match (staker.is_zero(), itself) {
                (true, false) => accepted,
                (true, true) => node,
                (false, _) => staker,
            };
            let by = self.person(who).filter(|_| (who == node) == itself)?;
            let least = wei(STAKE).saturating_sub(bonded).max(U256::from(1));
            let has = self.world.wallet(who);
            (has >= least).then_some((node, by, least, has))
        };
        let (node, by, least, has) = one(draw[1], self.nodes().into_iter().filter_map(able).collect())?;
        // Just enough in every second case.
        let more =
            if draw[2].is_multiple_of(2) { U256::ZERO } else { up_to(1 + draw[2] / 2 % 64 * 4, (has - least) / U256::from(4))? };
        Some(self.call(by, &IStaking::stakeNodeCall { node, amount: least + more }).map(|_| ()))
    }

    /// By anyone, to the staker.
    fn withdraw_node(&self, handler: Handler, draw: Draw) -> Option<Outcome> {
        let now = self.world.now();
        let due = |node: &Address| {
            let leaving = self.leaving(*node);
            !leaving.amount.is_zero() && leaving.releaseAt <= now
        };
        let ripe: Vec<_> = self.nodes().into_iter().filter(due).collect();
        if handler == Handler::WithdrawNodes {
            let all: U256 = ripe.iter().map(|node| self.leaving(*node).amount).sum();
            return Some(self.call(GUARDIAN, &IStaking::withdrawNodesCall { nodes: self.nodes() }).and_then(|paid| {
                prop_assert_eq!(paid, all);
                Ok(())
            }));
        }
        let node = one(draw[1], ripe)?;
        let leaving = self.leaving(node).amount;
        Some(self.call(GUARDIAN, &IStaking::withdrawNodeCall { node }).and_then(|paid| {
            prop_assert_eq!(paid, leaving);
            Ok(())
        }))
    }

    fn unbonding(&self, index: usize) -> IStaking::unbondingOfReturn {
        self.world.get(&IStaking::unbondingOfCall { account: self.world.account(index) })
    }

    /// All that is due, which is something.
    fn withdraw(&self, by: usize) -> Outcome {
        let paid = self.call(by, &IStaking::withdrawCall {})?;
        prop_assert!(!paid.is_zero(), "something was due");
        let left = self.unbonding(by).nextReleaseAt;
        prop_assert!(left == 0 || left > self.world.now(), "what was due is withdrawn");
        Ok(())
    }

    /// A slasher that was active takes what it may and what is there, and is refused never.
    fn slash(&self, draw: Draw) -> Option<Outcome> {
        let slashers = MODULES.into_iter().filter(|index| self.module(*index).status >= ACTIVE);
        let by = one(draw[1], slashers.collect())?;
        let node = self.node(place(draw[3] / 2, NODES));
        let amount = up_to(draw[2], wei(2 * STAKE))?;
        let there = self.stake_of(node).amount + self.leaving(node).amount;
        let wanted = amount.min(there).min(self.module(by).available);
        let reason = if draw[3].is_multiple_of(2) { 1 } else { 2 };
        Some(self.call(by, &IStaking::slashCall { node, taskId: draw[3], reason, amount }).and_then(|done| {
            prop_assert_eq!(done.taken, wanted);
            Ok(())
        }))
    }

    /// By the owner, or by the guardian if it narrows.
    fn govern(&self, handler: Handler, draw: Draw) -> Option<Outcome> {
        let now = self.world.now();
        let cap = wei(u128::from(draw[2] % 30) * 1_000 * COR);
        let narrower = if draw[3].is_multiple_of(2) { GUARDIAN } else { OWNER };
        let wanted = |shown: &IStaking::moduleOfReturn| match handler {
            // Not yet named again.
            Handler::Propose => shown.status == 0 || shown.status == CLOSING && shown.activeAt <= now,
            _ => shown.status != 0,
        };
        let known = MODULES.into_iter().map(|index| (index, self.module(index))).filter(|(_, shown)| wanted(shown));
        let (index, shown) = one(draw[1], known.collect())?;
        let module = self.world.account(index);
        Some(match handler {
            Handler::Propose => self.call(OWNER, &IStaking::proposeModuleCall { module, cap }).map(|_| ()),
            Handler::Close => self.call(narrower, &IStaking::closeModuleCall { module }).map(|_| ()),
            _ => {
                let cap = if draw[2].is_multiple_of(4) { shown.cap } else { cap };
                let by = if cap <= shown.cap { narrower } else { OWNER };
                self.call(by, &IStaking::setModuleCapCall { module, cap }).map(|_| ())
            }
        })
    }

    /// Seconds until some stake can be withdrawn.
    fn until_due(&self, draw: u64) -> u64 {
        let now = self.world.now();
        let nodes = self.nodes().into_iter().map(|node| self.leaving(node).releaseAt);
        let times = nodes.chain(PEOPLE.into_iter().map(|index| self.unbonding(index).nextReleaseAt));
        let due: Vec<_> = times.filter(|at| *at > now).map(|at| at - now).collect();
        one(draw, due).unwrap_or(DAY - now % DAY)
    }

    /// The parts are the whole, which is there, and no COR is made or lost.
    fn check(&self) -> Outcome {
        let world = self.world;
        let nodes: U256 = self.nodes().into_iter().map(|node| self.stake_of(node).amount + self.leaving(node).amount).sum();
        let of = |index: usize| self.unbonding(index).amount + world.get(&IStaking::stakeOfCall { user: world.account(index) });
        let users: U256 = PEOPLE.into_iter().map(of).sum();
        let held = world.get(&IStaking::totalHeldCall {});
        prop_assert_eq!(nodes + users + world.get(&IStaking::slashedPotCall {}), held, "the parts are the whole");
        prop_assert_eq!(held, world.wallet(world.staking), "the whole is there");
        let treasury = world.solo.get(world.vault, &IVault::treasuryCall {});
        prop_assert_eq!(treasury, world.wallet(world.vault), "what was swept is the treasury's");
        let wallets: U256 = PEOPLE.into_iter().map(|index| world.wallet(world.account(index))).sum();
        let supply = world.solo.get(world.token, &ICor::totalSupplyCall {});
        prop_assert_eq!(wallets + held + treasury, supply, "no COR is made or lost");
        Ok(())
    }
}

/// One run from the world as it is, which it leaves as it was.
fn run(world: &World, draws: &[Draw], called: &Called<Handler>) -> Outcome {
    world.solo.undoing(|| {
        let handlers = Handlers { world };
        walk(&FIRST, &OFTEN, draws, called, |handler, draw| {
            Some(handlers.attempt(handler, draw)?.and_then(|()| handlers.check()))
        })
    })
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn staking_refuses_nothing_that_it_promises() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    PEOPLE.iter().for_each(|index| world.fund(*index, WALLET));
    drive(seed, (RUNS, CALLS), &OFTEN, |draws, called| run(&world, draws, called));
}
