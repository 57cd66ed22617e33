//! How the escrow of a task is split when the task ends. Each split adds up to the escrow exactly.
//!
//! With a result: agreeing miners get what a replica was quoted at, the keeper the gas line, the treasury the network line
//! less the rebate, the payer what unpaid replicas and validators would have cost. Without one: the keeper gets the gas line
//! up to a cap, the payer all the rest.

use cor_errors::{
    Coded, Entry,
    table::{amount, pay},
};

use crate::limits::{LINE_MAX, NO_RESULT_GAS_CAP_MAX_BPS};
use crate::math::bps_down;
use crate::money::pricing::PriceLines;

/// Why an escrow cannot be opened or split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementError {
    /// A line of the price is above [`LINE_MAX`].
    LineTooLarge {
        /// The line, COR wei.
        amount: u128,
    },
    /// The total is not the sum of the lines, or the rebate is above the network line.
    InconsistentQuote {
        /// The total, or the rebate, as quoted; COR wei.
        quoted: u128,
        /// What the other lines make of it, or the most they allow; COR wei.
        computed: u128,
    },
    /// The price is above what the request allows.
    MaxChargeExceeded {
        /// The total as quoted, COR wei.
        quoted: u128,
        /// Most the request allows, COR wei.
        max_charge: u128,
    },
    /// More miners are to be paid than replicas were quoted.
    TooManyPaid {
        /// Miners to be paid.
        paid: u64,
        /// Replicas in escrow.
        replicas: u8,
    },
}

impl Coded for SettlementError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::LineTooLarge { .. } => &amount::AMOUNT_TOO_LARGE,
            Self::InconsistentQuote { .. } => &pay::INCONSISTENT_QUOTE,
            Self::MaxChargeExceeded { .. } => &pay::MAX_CHARGE_EXCEEDED,
            Self::TooManyPaid { .. } => &pay::TOO_MANY_PAID,
        }
    }
}

impl core::fmt::Display for SettlementError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::LineTooLarge { amount } => write!(f, "a line of {amount} wei is above {LINE_MAX} wei"),
            Self::InconsistentQuote { quoted, computed } => {
                write!(f, "the table quotes {quoted} wei where its lines give {computed} wei")
            }
            Self::MaxChargeExceeded { quoted, max_charge } => {
                write!(f, "{quoted} wei quoted, {max_charge} wei allowed")
            }
            Self::TooManyPaid { paid, replicas } => {
                write!(f, "{paid} miners were to be paid, {replicas} replicas were quoted")
            }
        }
    }
}

impl core::error::Error for SettlementError {}

/// What is kept of a price while its task is open. Amounts in COR wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EscrowLines {
    /// Replicas asked for.
    pub replicas: u8,
    /// What each agreeing miner earns.
    pub per_replica: u128,
    /// What all validators cost.
    pub validators: u128,
    /// The network's line before the rebate.
    pub network: u128,
    /// The keeper's line.
    pub gas: u128,
    /// What the payer's tiers take off.
    pub rebate: u128,
}

/// Lines that were checked: each is at most [`LINE_MAX`], and `rebate <= network`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escrow(EscrowLines);

/// Where the money of a task with a result goes: `charged + refunded` = the escrow's total,
/// `charged` = `to_miners + to_keeper + to_treasury`. COR wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// To each paid miner.
    pub per_miner: u128,
    /// To all paid miners.
    pub to_miners: u128,
    /// To the keeper: the gas line.
    pub to_keeper: u128,
    /// To the treasury: all that is nobody else's.
    pub to_treasury: u128,
    /// Back to the payer.
    pub refunded: u128,
    /// What the payer paid.
    pub charged: u128,
}

/// Where the money of a task without a result goes: `to_keeper + refunded` = the escrow's total. COR wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    /// To the keeper: the gas line up to the cap, rounded down.
    pub to_keeper: u128,
    /// Back to the payer.
    pub refunded: u128,
}

impl Escrow {
    /// The escrow of a quoted price. Trusts nothing: the lines must add up, so that what is paid out later was taken in.
    ///
    /// # Errors
    /// Those of [`Escrow::new`], and [`SettlementError::MaxChargeExceeded`].
    pub fn open(replicas: u8, price: &PriceLines, max_charge: u128) -> Result<Self, SettlementError> {
        let PriceLines { per_replica, validators, network, gas, rebate, total: quoted, .. } = *price;
        let escrow = Self::new(EscrowLines { replicas, per_replica, validators, network, gas, rebate })?;
        let computed = escrow.total();
        if computed != quoted {
            return Err(SettlementError::InconsistentQuote { quoted, computed });
        }
        if quoted > max_charge {
            return Err(SettlementError::MaxChargeExceeded { quoted, max_charge });
        }
        Ok(escrow)
    }

    /// Checks the lines.
    ///
    /// # Errors
    /// [`SettlementError::LineTooLarge`], [`SettlementError::InconsistentQuote`].
    pub fn new(lines: EscrowLines) -> Result<Self, SettlementError> {
        for amount in [lines.per_replica, lines.validators, lines.network, lines.gas, lines.rebate] {
            if amount > LINE_MAX {
                return Err(SettlementError::LineTooLarge { amount });
            }
        }
        if lines.rebate > lines.network {
            return Err(SettlementError::InconsistentQuote { quoted: lines.rebate, computed: lines.network });
        }
        Ok(Self(lines))
    }

    /// The lines.
    #[must_use]
    pub const fn lines(&self) -> &EscrowLines {
        &self.0
    }

    /// What all replicas cost.
    #[must_use]
    pub fn miners(&self) -> u128 {
        self.pay_of(u64::from(self.0.replicas))
    }

    /// What was taken from the payer: miners + validators + network + gas - rebate.
    ///
    /// Saturation is never reached: at most 255 + 3 amounts below 2^80 are added, and `rebate <= network`.
    #[must_use]
    pub fn total(&self) -> u128 {
        let EscrowLines { validators, network, gas, rebate, .. } = self.0;
        self.miners().saturating_add(validators).saturating_add(network).saturating_add(gas).saturating_sub(rebate)
    }

    /// Splits the escrow of a task with a result between `paid` miners, the keeper (if `served`), the treasury and the payer.
    ///
    /// # Errors
    /// [`SettlementError::TooManyPaid`].
    pub fn charge(&self, paid: u64, served: bool) -> Result<Charge, SettlementError> {
        let EscrowLines { replicas, per_replica, validators, gas, .. } = self.0;
        if paid > u64::from(replicas) {
            return Err(SettlementError::TooManyPaid { paid, replicas });
        }
        let to_miners = self.pay_of(paid);
        let (to_keeper, unserved_gas) = if served { (gas, 0) } else { (0, gas) };
        // paid <= replicas, so nothing below saturates, by the bound of `total`.
        let refunded = self.miners().saturating_sub(to_miners).saturating_add(validators).saturating_add(unserved_gas);
        let charged = self.total().saturating_sub(refunded);
        let to_treasury = charged.saturating_sub(to_miners).saturating_sub(to_keeper);
        Ok(Charge { per_miner: per_replica, to_miners, to_keeper, to_treasury, refunded, charged })
    }

    /// Splits the escrow of a task without a result. The keeper gets `cap_bps` of the gas line at most, and nothing unless `served`.
    #[must_use]
    pub fn refund(&self, served: bool, cap_bps: u32) -> Refund {
        // A cap above the whole would pay the keeper money of others.
        let capped = bps_down(self.0.gas, cap_bps.min(NO_RESULT_GAS_CAP_MAX_BPS)).unwrap_or(0);
        let to_keeper = if served { capped } else { 0 };
        // total >= gas >= to_keeper, since rebate <= network.
        Refund { to_keeper, refunded: self.total().saturating_sub(to_keeper) }
    }

    /// What `count` replicas earn; `count <= 255`, so below 2^88.
    fn pay_of(&self, count: u64) -> u128 {
        self.0.per_replica.saturating_mul(u128::from(count))
    }
}
