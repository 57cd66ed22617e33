//! What the owner says.

use alloy::{primitives::Address, sol};
use cor_kit::solo::Refused;
use cor_sol::jury::IJury;

use super::{Around, Config, Oracle, Said, out_of_range, refusal};

sol! {
    /// What the lane hears of its governor.
    function setConfig(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused) external;
}

/// Most stake that a penalty takes, grains.
const PENALTY_MAX: u64 = 1_000_000_000_000;

pub(super) fn unauthorized(caller: Address, required: Address) -> Refused {
    refusal(&IJury::Unauthorized { caller, required })
}

impl Oracle {
    pub(super) fn by_owner(&self, around: &Around<'_>) -> Result<(), Refused> {
        if around.from == self.owner { Ok(()) } else { Err(unauthorized(around.from, self.owner)) }
    }

    pub(super) fn set_lane(&mut self, around: &Around<'_>, lane: Address, said: &mut Said) -> Result<(), Refused> {
        self.by_owner(around)?;
        if let Some(lane) = self.lane {
            return Err(refusal(&IJury::LaneNamed { lane }));
        }
        if lane.is_zero() {
            return Err(refusal(&IJury::ZeroAddress {}));
        }
        self.lane = Some(lane);
        said.log(&IJury::LaneSet { lane });
        Ok(())
    }

    fn lane_named(&self) -> Result<(), Refused> {
        self.lane.map(|_| ()).ok_or_else(|| refusal(&IJury::LaneUnnamed {}))
    }

    pub(super) fn open(&mut self, around: &Around<'_>, said: &mut Said) -> Result<(), Refused> {
        self.by_owner(around)?;
        self.lane_named()?;
        if std::mem::replace(&mut self.opened, true) {
            return Err(refusal(&IJury::AlreadyOpen {}));
        }
        said.log(&IJury::Opened {});
        Ok(())
    }

    fn configure(&mut self, config: Config, said: &mut Said) -> Result<(), Refused> {
        let Config { no_reveal, bad_reveal, share_bps, paused } = config;
        self.config = config;
        let call = setConfigCall { noReveal: no_reveal, badReveal: bad_reveal, noResultGasCapBps: share_bps, paused };
        self.tell(said, &call)
    }

    pub(super) fn set_lane_config(
        &mut self,
        around: &Around<'_>,
        call: &IJury::setLaneConfigCall,
        said: &mut Said,
    ) -> Result<(), Refused> {
        self.by_owner(around)?;
        self.lane_named()?;
        let IJury::setLaneConfigCall { noReveal, badReveal, noResultGasCapBps } = call.clone();
        let bounds = [
            ("noReveal", [noReveal, 0, PENALTY_MAX]),
            ("badReveal", [badReveal, noReveal, PENALTY_MAX]),
            ("noResultGasCapBps", [noResultGasCapBps.into(), 0, 10_000]),
        ];
        for (field, [value, min, max]) in bounds {
            if value < min || value > max {
                return Err(out_of_range(field, [value, min, max]));
            }
        }
        let config = Config { no_reveal: noReveal, bad_reveal: badReveal, share_bps: noResultGasCapBps, ..self.config };
        self.configure(config, said)
    }

    pub(super) fn set_lane_paused(&mut self, around: &Around<'_>, paused: bool, said: &mut Said) -> Result<(), Refused> {
        if !(paused && around.from == self.guardian) {
            self.by_owner(around)?;
        }
        self.lane_named()?;
        self.configure(Config { paused, ..self.config }, said)
    }

    pub(super) fn set_guardian(&mut self, around: &Around<'_>, guardian: Address, said: &mut Said) -> Result<(), Refused> {
        self.by_owner(around)?;
        self.guardian = guardian;
        said.log(&IJury::GuardianSet { guardian });
        Ok(())
    }

    pub(super) fn offer(&mut self, around: &Around<'_>, candidate: Address, said: &mut Said) -> Result<(), Refused> {
        self.by_owner(around)?;
        self.candidate = candidate;
        said.log(&IJury::OwnershipTransferStarted { owner: self.owner, candidate });
        Ok(())
    }

    pub(super) fn accept(&mut self, around: &Around<'_>, said: &mut Said) -> Result<(), Refused> {
        if self.candidate.is_zero() || around.from != self.candidate {
            return Err(unauthorized(around.from, self.candidate));
        }
        let previous = std::mem::replace(&mut self.owner, around.from);
        self.candidate = Address::ZERO;
        said.log(&IJury::OwnershipTransferred { previous, owner: around.from });
        Ok(())
    }
}
