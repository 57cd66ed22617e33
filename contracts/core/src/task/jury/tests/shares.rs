//! What an attacker can have of the crews: with a fifth or a sixth of the nodes, a keeper of its own and every way that the rules leave, no more
//! majorities of three than chance gives it, to within a percentage point.
//!
//! The attacker knows the secrets of all epochs, as if the keeper were its own, and chooses before the hash of the block is known: it tries what it
//! can do against a hash that it guesses, and does what was best. What it does with the roster acts from the next epoch on.

#![allow(clippy::print_stdout, reason = "a run can be repeated, and its figures are read")]

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256};

use super::book::{Book, Chance, TIMES, address};
use crate::task::jury::Times;
use crate::task::jury::draw::{draw, seed};

/// Draws of each strategy and network.
const DRAWS: u64 = 100_000;
/// What it can choose from before each draw.
const OPTIONS: u64 = 4;
/// Short, so that nodes come and go, and slots are used again, many times in a run.
const SHORT: Times = Times { dispute_secs: 64 * 600, absence_epochs: 4, ..TIMES };
/// Tasks in an epoch.
const TASKS: u64 = 10;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    /// Takes some of its nodes out and others in, as suits the next epoch.
    Toggle,
    /// Registers nodes anew all the time, which then have other slots.
    Reregister,
    /// Submits in the one of some epochs that suits.
    Time,
    /// Submits under the one of some numbers that suits.
    Grind,
    /// Its nodes refuse, whichever of them suits.
    Refuse,
}

const STRATEGIES: [Strategy; 5] = [Strategy::Toggle, Strategy::Reregister, Strategy::Time, Strategy::Grind, Strategy::Refuse];

/// A network of which the first nodes are the attacker's, each with an operator of its own.
struct Network {
    nodes: u64,
    own: u64,
    book: Book,
    epoch: u32,
    chance: Chance,
}

impl Network {
    fn new(nodes: u64, own: u64) -> Self {
        let mut network = Self { nodes, own, book: Book::default(), epoch: 1_000, chance: Chance::fresh_or_given() };
        for node in 0..nodes {
            network.enter(node);
        }
        network.epoch += 1;
        network
    }

    fn is_own(&self, node: &Address) -> bool {
        node.last_chunk().is_some_and(|number| u64::from_be_bytes(*number) < self.own)
    }

    fn enter(&mut self, node: u64) {
        // Refused while it is barred or in: then it stays as it is.
        let _ = self.book.enter(address(node), address(1_000 + node), SHORT.starts(self.epoch), &SHORT);
    }

    fn leave(&mut self, node: u64) {
        if self.book.is_in(address(node)) {
            self.book.leave(address(node), SHORT.starts(self.epoch), &SHORT);
        }
    }

    fn secret(epoch: u32) -> B256 {
        B256::left_padding_from(&epoch.to_be_bytes())
    }

    fn crew(&self, epoch: u32, hash: B256, task: B256, absent: &BTreeSet<Address>) -> Vec<Address> {
        self.crew_by(Self::secret(epoch), epoch, hash, task, absent)
    }

    fn crew_by(&self, secret: B256, epoch: u32, hash: B256, task: B256, absent: &BTreeSet<Address>) -> Vec<Address> {
        draw(seed(secret, hash, task), self.book.length(epoch), 3, |slot| {
            self.book.drawable(slot, epoch).filter(|drawable| !absent.contains(&drawable.node))
        })
    }

    fn majority(&self, epoch: u32, hash: B256, task: B256) -> bool {
        self.own_of(&self.crew(epoch, hash, task, &BTreeSet::new())) >= 2
    }

    fn own_of(&self, crew: &[Address]) -> usize {
        crew.iter().filter(|node| self.is_own(node)).count()
    }

    /// Does something to the roster of the next epoch: of some ways the one that has most majorities by guessed hashes.
    fn change(&mut self, way: impl Fn(&mut Self, u64)) {
        let guess = [self.chance.word(), self.chance.word()];
        let next = self.epoch + 1;
        let mut best: Option<(usize, Self)> = None;
        for option in 0..OPTIONS {
            let mut tried = Self { book: self.book.clone(), ..*self };
            way(&mut tried, option);
            let wins = guess.iter().filter(|hash| tried.majority(next, **hash, B256::ZERO)).count();
            if best.as_ref().is_none_or(|(most, _)| wins > *most) {
                best = Some((wins, tried));
            }
        }
        if let Some((_, best)) = best {
            self.book = best.book;
        }
    }

    /// Whether the attacker has the majority of one task.
    fn task(&mut self, strategy: Strategy) -> bool {
        let (guess, hash) = (self.chance.word(), self.chance.word());
        let task = |option: u64| B256::left_padding_from(&option.to_be_bytes());
        match strategy {
            Strategy::Time => {
                let epochs = (0..4).map(|later| self.epoch + later);
                let suits = epochs.clone().find(|epoch| self.majority(*epoch, guess, task(0)));
                self.majority(suits.unwrap_or(self.epoch), hash, task(0))
            }
            Strategy::Grind => {
                let suits = (0..OPTIONS).find(|option| self.majority(self.epoch, guess, task(*option)));
                self.majority(self.epoch, hash, task(suits.unwrap_or(0)))
            }
            Strategy::Refuse => {
                // The crew is known to it: each set of those of its nodes that were drawn refuses, and of those who come instead.
                let mut absent = BTreeSet::new();
                let mut won = false;
                for _ in 0..OPTIONS {
                    let crew = self.crew(self.epoch, hash, task(0), &absent);
                    won |= self.own_of(&crew) >= 2;
                    absent.extend(crew.into_iter().filter(|node| self.is_own(node)));
                }
                won
            }
            Strategy::Toggle | Strategy::Reregister => self.majority(self.epoch, hash, task(0)),
        }
    }

    fn next_epoch(&mut self, strategy: Strategy) {
        let own = self.own;
        match strategy {
            Strategy::Toggle => self.change(|network, option| {
                for node in 0..own {
                    if (node + option) % OPTIONS == 0 { network.leave(node) } else { network.enter(node) }
                }
            }),
            Strategy::Reregister => self.change(|network, option| {
                // All come back as soon as they may; some go again, for another slot.
                for node in 0..own {
                    network.enter(node);
                }
                for node in (0..own).filter(|node| node % OPTIONS == option) {
                    network.leave(node);
                }
            }),
            Strategy::Time | Strategy::Grind | Strategy::Refuse => {}
        }
        self.epoch += 1;
    }

    /// Majorities, in parts of 100,000.
    fn share(&mut self, strategy: Strategy) -> u64 {
        let mut won = 0;
        for number in 0..DRAWS {
            won += u64::from(self.task(strategy));
            if number % TASKS == TASKS - 1 {
                self.next_epoch(strategy);
            }
        }
        won * 100_000 / DRAWS
    }

    /// Of all crews of three, those with two or three of its nodes, in parts of 100,000.
    fn chance(&self) -> u64 {
        let choose = |n: u64, k: u64| (0..k).fold(1, |product, i| product * (n - i)) / (1..=k).product::<u64>();
        let (own, others) = (self.own, self.nodes - self.own);
        let won = choose(own, 2) * others + choose(own, 3);
        won * 100_000 / choose(self.nodes, 3)
    }
}

fn percent(share: u64) -> String {
    format!("{}.{:03} %", share / 1_000, share % 1_000)
}

#[test]
fn no_strategy_has_more_majorities_than_chance() {
    for (nodes, own) in [(50, 10), (48, 8)] {
        for strategy in STRATEGIES {
            let mut network = Network::new(nodes, own);
            let seed = network.chance.seed;
            let (share, chance) = (network.share(strategy), network.chance());
            let said = format!(
                "{own} of {nodes}, {strategy:?}: {} of majorities, {} by chance, COR_SEED={seed}",
                percent(share),
                percent(chance)
            );
            println!("{said}");
            assert!(share <= chance + 1_000, "{said}");
        }
    }
}

/// What is open: of several keepers of one hand each has a draw of its own, and the one that it suits serves. They have the best of as many draws.
#[test]
fn several_keepers_of_one_hand_are_several_draws() {
    for (nodes, own, by_sixteen) in [(50, 10, 80), (48, 8, 67)] {
        let mut network = Network::new(nodes, own);
        for keepers in [4, 16_u64] {
            let draws = 20_000;
            let won = (0..draws).filter(|_| {
                let hash = network.chance.word();
                (0..keepers).any(|keeper| {
                    let secret = B256::right_padding_from(&keeper.to_be_bytes());
                    network.own_of(&network.crew_by(secret, network.epoch, hash, B256::ZERO, &BTreeSet::new())) >= 2
                })
            });
            let share = u64::try_from(won.count()).unwrap() * 100_000 / draws;
            let missed = (0..keepers).fold(100_000, |missed, _| missed * (100_000 - network.chance()) / 100_000);
            let said = format!(
                "{own} of {nodes}, {keepers} keepers: {} of majorities, COR_SEED={}",
                percent(share),
                network.chance.seed
            );
            println!("{said}");
            assert!(share.abs_diff(100_000 - missed) <= 1_500, "{said}");
            assert!(keepers < 16 || (100_000 - missed) / 1_000 == by_sixteen, "{said}");
        }
    }
}

/// What the figures would show if there were something to see: who knows the hash as well, since it orders the blocks, has the majority of most.
#[test]
fn who_knows_the_hash_too_has_most_majorities() {
    let mut network = Network::new(50, 10);
    let draws = 1_000;
    let won = (0..draws).filter(|_| {
        let hash = network.chance.word();
        (0..16_u64).any(|option| network.majority(network.epoch, hash, B256::left_padding_from(&option.to_be_bytes())))
    });
    let won = won.count();
    println!("with 16 numbers to choose from: {won} of {draws} majorities");
    assert!(won > 700, "{won}, COR_SEED={}", network.chance.seed);
}
