//! How a task ends, and what a miner is punished for.

/// How a task ended. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// It has not.
    #[default]
    Open,
    /// Enough replicas agreed.
    Completed,
    /// Too few agreed.
    NoQuorum,
    /// Nobody completed or started it in time.
    Expired,
}

impl Status {
    /// The contract's number of the status.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Completed => 1,
            Self::NoQuorum => 2,
            Self::Expired => 3,
        }
    }

    /// A status by the contract's number; an unknown one is no end.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Completed,
            2 => Self::NoQuorum,
            3 => Self::Expired,
            _ => Self::Open,
        }
    }
}

/// What a miner is punished for. The numbers are those of the Staking contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// It committed itself and did not reveal.
    NoReveal,
    /// It signed a reveal that does not open its commitment, or a second commitment.
    BadReveal,
}

impl Offence {
    /// The Staking contract's number of the offence.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::NoReveal => 1,
            Self::BadReveal => 2,
        }
    }
}
