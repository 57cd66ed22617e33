//! The chain's Stylus parameters, and what a call of a program costs before it runs.

use crate::PageModel;

/// The parameters a chain owner can set. The constructors give the values they have after genesis on a release of ArbOS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StylusParams {
    /// Stylus version programs are activated for; programs of another version need an upgrade.
    pub version: u16,
    /// Ink for one gas.
    pub ink_price: u32,
    /// Depth limit of a run, in words.
    pub max_stack_depth: u32,
    /// Memory pages a transaction has for nothing.
    pub free_pages: u16,
    /// Gas of every other page.
    pub page_gas: u16,
    /// Ramp of the exponential page price. Only reported, and the same on every chain: the price itself is a table.
    pub page_ramp: u64,
    /// Pages a program may start with.
    pub page_limit: u16,
    /// Least gas of starting a program that is not cached, in units of 128 gas.
    pub min_init_gas: u8,
    /// Least gas of starting a cached program, in units of 32 gas.
    pub min_cached_init_gas: u8,
    /// Scales `init_cost`, in units of 2 percent.
    pub init_cost_scalar: u8,
    /// Scales `cached_cost`, in units of 2 percent.
    pub cached_cost_scalar: u8,
    /// Days until an activation expires.
    pub expiry_days: u16,
    /// Days an activation must have before it can be kept alive.
    pub keepalive_days: u16,
    /// Programs remembered as recently used within a block (in effect from ArbOS 60).
    pub block_cache_size: u16,
    /// Bytes of wasm after decompression.
    pub max_wasm_size: u32,
    /// Fragments a program may be deployed in; 0 where fragments do not exist.
    pub max_fragment_count: u8,
}

impl StylusParams {
    /// Units of [`min_init_gas`](Self::min_init_gas).
    pub const MIN_INIT_GAS_UNITS: u64 = 128;
    /// Units of [`min_cached_init_gas`](Self::min_cached_init_gas).
    pub const MIN_CACHED_GAS_UNITS: u64 = 32;
    /// Percent in one unit of the cost scalars.
    pub const COST_SCALAR_PERCENT: u64 = 2;

    const fn after_genesis(max_stack_depth: u32, max_fragment_count: u8) -> Self {
        Self {
            version: 2,
            ink_price: 10_000,
            max_stack_depth,
            free_pages: 2,
            page_gas: 1000,
            page_ramp: 620_674_314,
            page_limit: crate::PAGES_MAX,
            min_init_gas: 69,
            min_cached_init_gas: 11,
            init_cost_scalar: 50,
            cached_cost_scalar: 50,
            expiry_days: 365,
            keepalive_days: 31,
            block_cache_size: 32,
            max_wasm_size: 128 * 1024,
            max_fragment_count,
        }
    }

    /// Parameters of ArbOS 40: a deep stack, no fragments.
    pub const fn arbos40() -> Self {
        Self::after_genesis(4 * 65_536, 0)
    }

    /// Parameters of ArbOS 51, the default of the dev chain: a shallower stack.
    pub const fn arbos51() -> Self {
        Self::after_genesis(22_000, 0)
    }

    /// Parameters of ArbOS 60: programs in fragments.
    pub const fn arbos60() -> Self {
        Self::after_genesis(22_000, 2)
    }

    /// The page prices.
    pub const fn page_model(&self) -> PageModel {
        PageModel { free_pages: self.free_pages, page_gas: self.page_gas }
    }

    /// Gas of starting a program whose activation says `init_cost`, when it is not cached.
    pub fn init_gas(&self, init_cost: u16) -> u64 {
        u64::from(self.min_init_gas) * Self::MIN_INIT_GAS_UNITS + scaled_up(init_cost, self.init_cost_scalar)
    }

    /// Gas of starting a program whose activation says `cached_cost`, when it is cached.
    pub fn cached_gas(&self, cached_cost: u16) -> u64 {
        u64::from(self.min_cached_init_gas) * Self::MIN_CACHED_GAS_UNITS + scaled_up(cached_cost, self.cached_cost_scalar)
    }

    /// Gas of starting a program, without its memory pages. A version 1 program that is not cached
    /// does not pay the cached part by itself: its `init_cost` contains it.
    pub fn start_gas(&self, program_version: u16, costs: ProgramCosts, cached: bool) -> u64 {
        let mut gas = 0;
        if cached || program_version > 1 {
            gas += self.cached_gas(costs.cached_cost);
        }
        if !cached {
            gas += self.init_gas(costs.init_cost);
        }
        gas
    }

    /// Ink that `gas` buys, saturating.
    pub fn gas_to_ink(&self, gas: u64) -> u64 {
        gas.saturating_mul(u64::from(self.ink_price))
    }

    /// Gas that `ink` is worth, rounded down.
    pub fn ink_to_gas(&self, ink: u64) -> u64 {
        ink / u64::from(self.ink_price.max(1))
    }
}

impl Default for StylusParams {
    fn default() -> Self {
        Self::arbos51()
    }
}

/// The two figures of an activation that a call pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramCosts {
    /// Cost of loading the program.
    pub init_cost: u16,
    /// Cost of starting it when it is loaded.
    pub cached_cost: u16,
}

/// `cost` times `scalar` units of 2 percent, rounded up against the caller.
fn scaled_up(cost: u16, scalar: u8) -> u64 {
    let percent = u64::from(scalar) * StylusParams::COST_SCALAR_PERCENT;
    (u64::from(cost) * percent).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gas_of_starting_a_program() {
        let params = StylusParams::arbos51();
        let counter = ProgramCosts { init_cost: 3474, cached_cost: 1252 };
        for (version, cached, gas) in
            [(1, false, 8832 + 3474), (1, true, 352 + 1252), (2, false, 8832 + 3474 + 352 + 1252), (2, true, 352 + 1252)]
        {
            assert_eq!(params.start_gas(version, counter, cached), gas, "v{version} {cached}");
        }
    }

    #[test]
    fn scalars_round_up() {
        for (cost, scalar, gas) in [(0, 50, 0), (100, 50, 100), (1, 1, 1), (51, 1, 2), (7, 0, 0)] {
            assert_eq!(scaled_up(cost, scalar), gas, "{cost} * {scalar}");
        }
        assert_eq!(scaled_up(u16::MAX, u8::MAX), 334_229);
    }

    #[test]
    fn releases_differ_where_they_should() {
        let (a, b, c) = (StylusParams::arbos40(), StylusParams::arbos51(), StylusParams::arbos60());
        assert_eq!((a.max_stack_depth, a.max_fragment_count), (262_144, 0));
        assert_eq!((b.max_stack_depth, b.max_fragment_count), (22_000, 0));
        assert_eq!((c.max_stack_depth, c.max_fragment_count), (22_000, 2));
    }

    #[test]
    fn ink_and_gas() {
        let params = StylusParams::arbos51();
        assert_eq!(params.gas_to_ink(3), 30_000);
        assert_eq!(params.gas_to_ink(u64::MAX), u64::MAX);
        assert_eq!(params.ink_to_gas(29_999), 2);
    }
}
