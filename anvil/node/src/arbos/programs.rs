//! The table of activated programs, by code hash.

use cor_errors::{Coded, Entry, table::evm};
use cor_stylus_vm::{ProgramCosts, StylusParams};
use revm::primitives::{B256, U256};

use super::{
    layout::{MODULE_HASHES, PROGRAM_DATA},
    pricer::ARBITRUM_START,
    storage::{Slots, StateError, Storage},
    words::{WordReader, WordWriter},
};

const SECONDS_PER_HOUR: u64 = 3_600;
const SECONDS_PER_DAY: u64 = 86_400;
/// Hours are stored in three bytes.
const HOURS_MAX: u64 = (1 << 24) - 1;

/// An entry of the table; all zeros for a program never activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Program {
    /// Stylus version it was activated for; 0 if never.
    pub(crate) version: u16,
    /// Cost of loading it.
    pub(crate) init_cost: u16,
    /// Cost of starting it when loaded.
    pub(crate) cached_cost: u16,
    /// Memory pages at its start.
    pub(crate) footprint: u16,
    /// Hours from [`ARBITRUM_START`] to its activation or last extension, rounded down.
    pub(crate) activated_hours: u32,
    /// Estimate of its native code in KiB, rounded up.
    pub(crate) asm_kib: u32,
    /// True if a cache manager keeps it loaded.
    pub(crate) is_cached: bool,
}

/// Why a program of the table cannot run now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Inactive {
    /// It is not in the table.
    #[error("the program is not activated")]
    NotActivated,
    /// It is of another Stylus version than the chain.
    #[error("the program has version {program}, the chain {chain}")]
    NeedsUpgrade {
        /// Version the program was activated for.
        program: u16,
        /// Version of the chain.
        chain: u16,
    },
    /// Its time is over.
    #[error("the activation expired {age_secs} seconds after it was made")]
    Expired {
        /// Seconds since it was activated.
        age_secs: u64,
    },
}

impl Coded for Inactive {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NotActivated => &evm::PROGRAM_INACTIVE,
            Self::NeedsUpgrade { .. } => &evm::PROGRAM_OUTDATED,
            Self::Expired { .. } => &evm::PROGRAM_EXPIRY,
        }
    }
}

impl Program {
    /// Reads the entry of `codehash`.
    pub(crate) fn load<S: Slots>(storage: &mut Storage<'_, S>, codehash: B256) -> Result<Self, StateError<S::Error>> {
        Ok(Self::unpack(storage.get(PROGRAM_DATA.slot(codehash))?))
    }

    /// Writes the entry of `codehash`.
    pub(crate) fn save<S: Slots>(&self, storage: &mut Storage<'_, S>, codehash: B256) -> Result<(), StateError<S::Error>> {
        storage.set(PROGRAM_DATA.slot(codehash), self.pack())
    }

    /// Whether the program may run at `now`, seconds.
    pub(crate) fn check_active(&self, params: &StylusParams, now: u64) -> Result<(), Inactive> {
        if self.version == 0 {
            return Err(Inactive::NotActivated);
        }
        if self.version != params.version {
            return Err(Inactive::NeedsUpgrade { program: self.version, chain: params.version });
        }
        if self.is_expired(params, now) {
            return Err(Inactive::Expired { age_secs: self.age_secs(now) });
        }
        Ok(())
    }

    /// Seconds since its activation or last extension.
    pub(crate) fn age_secs(&self, now: u64) -> u64 {
        let activated = ARBITRUM_START + u64::from(self.activated_hours) * SECONDS_PER_HOUR;
        now.saturating_sub(activated)
    }

    /// True if its time is over at `now`.
    pub(crate) fn is_expired(&self, params: &StylusParams, now: u64) -> bool {
        self.age_secs(now) > expiry_secs(params)
    }

    /// Seconds it may still run.
    pub(crate) fn secs_left(&self, params: &StylusParams, now: u64) -> u64 {
        expiry_secs(params).saturating_sub(self.age_secs(now))
    }

    /// The figures a call pays for.
    pub(crate) fn costs(&self) -> ProgramCosts {
        ProgramCosts { init_cost: self.init_cost, cached_cost: self.cached_cost }
    }

    /// Bytes of native code the data fee is for.
    pub(crate) fn asm_bytes(&self) -> u32 {
        self.asm_kib.saturating_mul(1024)
    }

    fn pack(&self) -> U256 {
        WordWriter::default()
            .put(self.version.into(), 2)
            .put(self.init_cost.into(), 2)
            .put(self.cached_cost.into(), 2)
            .put(self.footprint.into(), 2)
            .put(self.activated_hours, 3)
            .put(self.asm_kib, 3)
            .put(self.is_cached.into(), 1)
            .finish()
    }

    fn unpack(word: U256) -> Self {
        let mut word = WordReader::new(word);
        Self {
            version: word.take_u16(),
            init_cost: word.take_u16(),
            cached_cost: word.take_u16(),
            footprint: word.take_u16(),
            activated_hours: word.take(3),
            asm_kib: word.take(3),
            is_cached: word.take_u8() != 0,
        }
    }
}

/// Hours from [`ARBITRUM_START`] to `now` (seconds), rounded down.
pub(crate) fn hours_since_start(now: u64) -> u32 {
    let hours = now.saturating_sub(ARBITRUM_START) / SECONDS_PER_HOUR;
    // Three bytes: 1915 years.
    hours.min(HOURS_MAX) as u32
}

/// Seconds that must have passed before a program's life can be extended.
pub(crate) fn keepalive_secs(params: &StylusParams) -> u64 {
    u64::from(params.keepalive_days) * SECONDS_PER_DAY
}

fn expiry_secs(params: &StylusParams) -> u64 {
    u64::from(params.expiry_days) * SECONDS_PER_DAY
}

/// Reads the module hash of `codehash`.
pub(crate) fn module_hash<S: Slots>(storage: &mut Storage<'_, S>, codehash: B256) -> Result<B256, StateError<S::Error>> {
    Ok(storage.get(MODULE_HASHES.slot(codehash))?.into())
}

/// Writes the module hash of `codehash`.
pub(crate) fn set_module_hash<S: Slots>(
    storage: &mut Storage<'_, S>,
    codehash: B256,
    module_hash: B256,
) -> Result<(), StateError<S::Error>> {
    storage.set(MODULE_HASHES.slot(codehash), module_hash.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = SECONDS_PER_DAY;

    fn program(version: u16) -> Program {
        Program { version, activated_hours: hours_since_start(ARBITRUM_START + 7_199), ..Program::default() }
    }

    #[test]
    fn entries_survive_the_state() {
        let entry = Program {
            version: 2,
            init_cost: 3474,
            cached_cost: 1252,
            footprint: 17,
            activated_hours: 0x0012_3456,
            asm_kib: 729,
            is_cached: true,
        };
        assert_eq!(Program::unpack(entry.pack()), entry);
        assert_eq!(entry.asm_bytes(), 729 * 1024);
        assert_eq!(Program::unpack(U256::ZERO), Program::default());
    }

    #[test]
    fn life_of_a_program() {
        let params = StylusParams::default();
        let born = ARBITRUM_START + 3_600;
        for (version, now, expected) in [
            (0, born, Err(Inactive::NotActivated)),
            (1, born, Err(Inactive::NeedsUpgrade { program: 1, chain: 2 })),
            (2, born, Ok(())),
            (2, 0, Ok(())),
            (2, born + 365 * DAY, Ok(())),
            (2, born + 365 * DAY + 1, Err(Inactive::Expired { age_secs: 365 * DAY + 1 })),
            (1, born + 400 * DAY, Err(Inactive::NeedsUpgrade { program: 1, chain: 2 })),
        ] {
            assert_eq!(program(version).check_active(&params, now), expected, "v{version} at {now}");
        }
        assert_eq!(program(2).secs_left(&params, born + 100), 365 * DAY - 100);
        assert_eq!(program(2).secs_left(&params, born + 999 * DAY), 0);
    }
}
