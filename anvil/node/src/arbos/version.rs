//! Which ArbOS release a chain runs, and what hangs on it.

use std::{fmt, str::FromStr};

use cor_errors::{Coded, Entry, table::evm};
use cor_stylus_vm::StylusParams;
use revm::primitives::hardfork::SpecId;

/// An ArbOS release. Later releases compare greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ArbOsVersion {
    /// Release 40: Prague opcodes.
    V40,
    /// Release 51: Osaka opcodes, a limit of gas for one transaction, a shallower Stylus stack.
    #[default]
    V51,
    /// Release 60: programs in fragments, programs used recently in a block start as cached ones.
    V60,
}

/// The text is not the number of a known release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown ArbOS version {0:?}: known are 40, 51 and 60")]
pub struct UnknownArbOsVersion(pub String);

impl Coded for UnknownArbOsVersion {
    fn entry(&self) -> &'static Entry {
        &evm::UNKNOWN_ARBOS_VERSION
    }
}

impl ArbOsVersion {
    /// All known releases, oldest first.
    pub const ALL: [Self; 3] = [Self::V40, Self::V51, Self::V60];

    /// The release's number, as kept in slot 0 of the ArbOS state.
    pub const fn number(self) -> u64 {
        match self {
            Self::V40 => 40,
            Self::V51 => 51,
            Self::V60 => 60,
        }
    }

    /// Ethereum's rules under this release.
    pub const fn spec(self) -> SpecId {
        match self {
            Self::V40 => SpecId::PRAGUE,
            Self::V51 | Self::V60 => SpecId::OSAKA,
        }
    }

    /// The Stylus parameters after genesis under this release.
    pub const fn stylus_params(self) -> StylusParams {
        match self {
            Self::V40 => StylusParams::arbos40(),
            Self::V51 => StylusParams::arbos51(),
            Self::V60 => StylusParams::arbos60(),
        }
    }

    /// True from the release in which a program may be spread over several accounts.
    pub const fn has_fragments(self) -> bool {
        matches!(self, Self::V60)
    }

    /// True from the release in which the chain's owner may ask more gas for activations.
    pub const fn has_activation_gas(self) -> bool {
        matches!(self, Self::V60)
    }

    /// True from the release in which the limits of gas are set and reported one by one, and who may mint the native token.
    pub const fn has_gas_limits(self) -> bool {
        !matches!(self, Self::V40)
    }

    /// True from the release in which a program used shortly before in the same block starts at the
    /// cached price.
    pub const fn has_recent_programs(self) -> bool {
        matches!(self, Self::V60)
    }
}

impl TryFrom<u64> for ArbOsVersion {
    type Error = UnknownArbOsVersion;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        Self::ALL.into_iter().find(|version| version.number() == number).ok_or_else(|| UnknownArbOsVersion(number.to_string()))
    }
}

impl FromStr for ArbOsVersion {
    type Err = UnknownArbOsVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse::<u64>();
        number.map_or_else(|_| Err(UnknownArbOsVersion(text.to_owned())), Self::try_from)
    }
}

impl fmt::Display for ArbOsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for version in ArbOsVersion::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        assert_eq!("50".parse::<ArbOsVersion>(), Err(UnknownArbOsVersion("50".to_owned())));
        assert_eq!("new".parse::<ArbOsVersion>(), Err(UnknownArbOsVersion("new".to_owned())));
    }
}
