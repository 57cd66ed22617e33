//! Keepers, their bonds and their chains of secrets.

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol,
};
use cor_kit::solo::Refused;
use cor_sol::jury::IJury;

use super::{
    super::world::{BOND, DELAY_SECS, DISPUTE_SECS},
    Around, Oracle, Said, out_of_range, refusal, starts,
};

sol! {
    /// What the lane hears of a keeper.
    function setKeeper(address keeper, bool enabled) external;
}

pub(super) const NONE: u8 = 0;
pub(super) const PROPOSED: u8 = 1;
pub(super) const SERVING: u8 = 2;
pub(super) const LEAVING: u8 = 3;
pub(super) const CONVICTED: u8 = 4;

/// Most epochs that a secret is shown after the last.
pub(crate) const STEPS_MAX: u32 = 32_768;

/// A chain of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) first: u32,
    pub(crate) shown: u32,
    pub(crate) head: B256,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Keeper {
    pub(crate) standing: u8,
    pub(crate) enrols_at: u64,
    pub(crate) free_at: u64,
    /// Those of its bond, or of its last.
    pub(crate) chains: Vec<Chain>,
}

impl Keeper {
    /// The chain that has an epoch's secret: the last or the one before.
    pub(super) fn chain(&mut self, epoch: u32) -> Option<&mut Chain> {
        self.chains.iter_mut().rev().take(2).find(|chain| chain.first <= epoch)
    }
}

impl Oracle {
    pub(crate) fn keeper(&self, keeper: Address) -> Keeper {
        self.keepers.get(&keeper).cloned().unwrap_or_default()
    }

    pub(super) fn serving(&self, keeper: Address) -> Result<(), Refused> {
        if self.keeper(keeper).standing == SERVING {
            return Ok(());
        }
        Err(refusal(&IJury::KeeperNotServing { keeper }))
    }

    pub(super) fn bonded(&self, keeper: Address) -> Result<(), Refused> {
        if matches!(self.keeper(keeper).standing, SERVING | LEAVING) {
            return Ok(());
        }
        Err(refusal(&IJury::NoBond { keeper }))
    }

    pub(super) fn propose(&mut self, around: &Around<'_>, keeper: Address, said: &mut Said) -> Result<(), Refused> {
        self.by_owner(around)?;
        if keeper.is_zero() {
            return Err(refusal(&IJury::ZeroAddress {}));
        }
        let opened = self.opened;
        let known = self.keepers.entry(keeper).or_default();
        if matches!(known.standing, PROPOSED | SERVING | LEAVING) {
            return Err(refusal(&IJury::KeeperInService { keeper }));
        }
        let delay = if opened { DELAY_SECS } else { 0 };
        known.enrols_at = (around.now + delay).max(known.free_at);
        known.standing = PROPOSED;
        let enrols_at = known.enrols_at;
        said.log(&IJury::KeeperProposed { keeper, enrolsAt: enrols_at });
        Ok(())
    }

    pub(super) fn enrol(&mut self, around: &Around<'_>, call: &IJury::enrolCall, said: &mut Said) -> Result<(), Refused> {
        let (keeper, first, anchor) = (around.from, call.first, call.anchor);
        if !self.opened {
            return Err(refusal(&IJury::NotOpen {}));
        }
        let known = self.keeper(keeper);
        match known.standing {
            PROPOSED => {}
            SERVING | LEAVING => return Err(refusal(&IJury::KeeperInService { keeper })),
            _ => return Err(refusal(&IJury::KeeperUnknown { keeper })),
        }
        if around.now < known.enrols_at {
            return Err(refusal(&IJury::KeeperNotYet { keeper, at: known.enrols_at }));
        }
        later(first, around.epoch())?;
        self.take_bond(keeper)?;
        let chains = vec![Chain { first, shown: first - 1, head: anchor }];
        self.keepers.insert(keeper, Keeper { standing: SERVING, enrols_at: 0, free_at: known.free_at, chains });
        self.tell(said, &setKeeperCall { keeper, enabled: true })?;
        said.log(&IJury::KeeperEnrolled { keeper, anchor, first });
        Ok(())
    }

    pub(super) fn renew(&mut self, around: &Around<'_>, call: &IJury::renewCall, said: &mut Said) -> Result<(), Refused> {
        let (keeper, first, anchor) = (around.from, call.first, call.anchor);
        self.serving(keeper)?;
        let chains = &mut self.keepers.get_mut(&keeper).expect("it serves").chains;
        let last = chains[chains.len() - 1].first;
        let until = chain_needed_until(last);
        if chains.len() > 1 && around.now < until {
            return Err(refusal(&IJury::ChainInUse { keeper, until }));
        }
        later(first, around.epoch().max(last))?;
        chains.push(Chain { first, shown: first - 1, head: anchor });
        said.log(&IJury::ChainRenewed { keeper, anchor, first });
        Ok(())
    }

    /// It serves no more; its bond is free later.
    fn stop(&mut self, around: &Around<'_>, keeper: Address, said: &mut Said) -> Result<(), Refused> {
        self.tell(said, &setKeeperCall { keeper, enabled: false })?;
        let free_at = around.now + u64::from(DISPUTE_SECS);
        let known = self.keepers.get_mut(&keeper).expect("it serves");
        (known.standing, known.free_at) = (LEAVING, free_at);
        said.log(&IJury::KeeperDischarged { keeper, freeAt: free_at });
        Ok(())
    }

    pub(super) fn resign(&mut self, around: &Around<'_>, said: &mut Said) -> Result<(), Refused> {
        self.serving(around.from)?;
        self.stop(around, around.from, said)
    }

    pub(super) fn discharge(&mut self, around: &Around<'_>, keeper: Address, said: &mut Said) -> Result<(), Refused> {
        self.by_owner(around)?;
        match self.keepers.get_mut(&keeper) {
            Some(known) if known.standing == PROPOSED => {
                (known.standing, known.enrols_at) = (NONE, 0);
                said.log(&IJury::KeeperDischarged { keeper, freeAt: 0 });
                Ok(())
            }
            _ => {
                self.serving(keeper)?;
                self.stop(around, keeper, said)
            }
        }
    }

    pub(super) fn withdraw(&mut self, around: &Around<'_>, keeper: Address, said: &mut Said) -> Result<(), Refused> {
        self.bonded(keeper)?;
        let Keeper { standing, free_at, .. } = self.keeper(keeper);
        let until = if standing == SERVING { 0 } else { free_at };
        if standing == SERVING || around.now < until {
            return Err(refusal(&IJury::BondLocked { keeper, until }));
        }
        let amount = U256::from(BOND);
        self.pay(keeper, amount)?;
        self.keepers.insert(keeper, Keeper { free_at, ..Keeper::default() });
        said.log(&IJury::BondWithdrawn { keeper, amount });
        Ok(())
    }

    pub(super) fn reveal(&mut self, around: &Around<'_>, call: &IJury::revealCall, said: &mut Said) -> Result<(), Refused> {
        let IJury::revealCall { keeper, epoch, secret } = call.clone();
        let ends_at = starts(epoch) + u64::from(super::super::world::EPOCH_SECS);
        if around.now < ends_at {
            return Err(refusal(&IJury::EpochOpen { epoch, endsAt: ends_at }));
        }
        let chain = self.keepers.get_mut(&keeper).and_then(|known| known.chain(epoch));
        let Some(chain) = chain else { return Err(refusal(&IJury::NoSecret { keeper, epoch })) };
        if epoch <= chain.shown {
            return Err(refusal(&IJury::SecretKnown { keeper, epoch }));
        }
        let steps = epoch - chain.shown;
        if steps > STEPS_MAX {
            let bounds = [epoch, chain.shown + 1, chain.shown + STEPS_MAX].map(u64::from);
            return Err(out_of_range("epoch", bounds));
        }
        if (0..steps).fold(secret, |link, _| keccak256(link)) != chain.head {
            return Err(refusal(&IJury::SecretWrong { keeper, epoch }));
        }
        (chain.shown, chain.head) = (epoch, secret);
        said.log(&IJury::SecretShown { keeper, epoch, secret });
        Ok(())
    }

    /// The secret of an epoch that has been shown: of one before the last shown, its hash often enough.
    pub(super) fn known_secret(&self, keeper: Address, epoch: u32) -> Secret {
        let mut known = self.keeper(keeper);
        let Some(chain) = known.chain(epoch) else { return Secret::None };
        if epoch > chain.shown {
            return Secret::Hidden;
        }
        Secret::Shown((epoch..chain.shown).fold(chain.head, |link, _| keccak256(link)))
    }
}

pub(super) enum Secret {
    /// The keeper committed to none.
    None,
    Hidden,
    Shown(B256),
}

/// When no dispute needs the chain before one that begins with this epoch.
pub(crate) fn chain_needed_until(first: u32) -> u64 {
    starts(first) + u64::from(DISPUTE_SECS)
}

/// The first epoch of a chain is later than another.
fn later(first: u32, than: u32) -> Result<(), Refused> {
    if first > than { Ok(()) } else { Err(out_of_range("firstEpoch", [first, than + 1, u32::MAX].map(u64::from))) }
}
