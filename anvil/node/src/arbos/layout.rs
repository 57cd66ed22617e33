//! Where the parts of the ArbOS state lie: spaces and fields by number, as in a Nitro node.

use std::sync::LazyLock;

use super::storage::Space;

/// A space that is computed once.
pub(crate) type LazySpace = LazyLock<Space>;

/// Fields of [`Space::ROOT`].
pub(crate) mod root {
    /// Release of ArbOS.
    pub(crate) const VERSION: u64 = 0;
    /// Release an upgrade is scheduled to.
    pub(crate) const UPGRADE_VERSION: u64 = 1;
    /// When it is scheduled, seconds.
    pub(crate) const UPGRADE_TIMESTAMP: u64 = 2;
    /// Who gets the fees.
    pub(crate) const NETWORK_FEE_ACCOUNT: u64 = 3;
    /// Chain id.
    pub(crate) const CHAIN_ID: u64 = 4;
    /// Who gets the infrastructure's part of the fees.
    pub(crate) const INFRA_FEE_ACCOUNT: u64 = 6;
    /// Level of compression the price of calldata assumes.
    pub(crate) const BROTLI_LEVEL: u64 = 7;
    /// When the native token's owners may be named, seconds; 0 is never.
    pub(crate) const NATIVE_TOKEN_FROM: u64 = 8;
}

/// Pricing of the parent chain's data.
pub(crate) static L1_PRICING: LazySpace = LazyLock::new(|| Space::ROOT.sub(0));
/// Pricing of this chain's gas.
pub(crate) static L2_PRICING: LazySpace = LazyLock::new(|| Space::ROOT.sub(1));
/// Addresses with a short number.
pub(crate) static ADDRESS_TABLE: LazySpace = LazyLock::new(|| Space::ROOT.sub(3));
/// Chain owners.
pub(crate) static CHAIN_OWNERS: LazySpace = LazyLock::new(|| Space::ROOT.sub(4));
/// Messages to the parent chain.
pub(crate) static SENDS: LazySpace = LazyLock::new(|| Space::ROOT.sub(5));
/// Switches of the owner, one bit each.
pub(crate) static FEATURES: LazySpace = LazyLock::new(|| Space::ROOT.sub(9));

static PROGRAMS: LazySpace = LazyLock::new(|| Space::ROOT.sub(8));
/// Stylus parameters.
pub(crate) static PROGRAM_PARAMS: LazySpace = LazyLock::new(|| PROGRAMS.sub(0));
/// Programs by code hash.
pub(crate) static PROGRAM_DATA: LazySpace = LazyLock::new(|| PROGRAMS.sub(1));
/// Hashes of compiled modules by code hash.
pub(crate) static MODULE_HASHES: LazySpace = LazyLock::new(|| PROGRAMS.sub(2));
/// The price of a program's bytes.
pub(crate) static DATA_PRICER: LazySpace = LazyLock::new(|| PROGRAMS.sub(3));
/// Who may cache programs.
pub(crate) static CACHE_MANAGERS: LazySpace = LazyLock::new(|| PROGRAMS.sub(4));

/// Gas the owner asks for every activation, at 0.
pub(crate) static ACTIVATION_GAS: LazySpace = LazyLock::new(|| PROGRAMS.sub(5));
/// Who may mint and burn the native token.
pub(crate) static NATIVE_TOKEN_OWNERS: LazySpace = LazyLock::new(|| Space::ROOT.sub(10));

/// Fields of [`L1_PRICING`].
pub(crate) mod l1 {
    /// Who gets the rewards.
    pub(crate) const REWARD_RECIPIENT: u64 = 0;
    /// Units over which a surplus is evened out.
    pub(crate) const EQUILIBRATION_UNITS: u64 = 1;
    /// How slowly the price moves.
    pub(crate) const INERTIA: u64 = 2;
    /// Wei of reward for a unit.
    pub(crate) const REWARD_RATE: u64 = 3;
    /// When the price was updated, seconds.
    pub(crate) const LAST_UPDATE: u64 = 4;
    /// Rewards that are owed, wei.
    pub(crate) const REWARDS_DUE: u64 = 5;
    /// Units used since then.
    pub(crate) const UNITS_SINCE_UPDATE: u64 = 6;
    /// Wei for a unit, a sixteenth of a byte.
    pub(crate) const PRICE_PER_UNIT: u64 = 7;
    /// Gas of a batch, an int64.
    pub(crate) const BATCH_GAS: u64 = 9;
    /// Cap of the amortized cost, basis points.
    pub(crate) const COST_CAP_BIPS: u64 = 10;
    /// Fees that were collected, wei.
    pub(crate) const FEES_AVAILABLE: u64 = 11;
    /// The parent chain's least gas for a token of calldata.
    pub(crate) const GAS_FLOOR_PER_TOKEN: u64 = 12;
}

/// Fields of [`L2_PRICING`].
pub(crate) mod l2 {
    /// Gas of a second at which the price stays.
    pub(crate) const SPEED_LIMIT: u64 = 0;
    /// Gas limit of a block.
    pub(crate) const BLOCK_GAS_LIMIT: u64 = 1;
    /// Base fee, wei for a gas.
    pub(crate) const BASE_FEE: u64 = 2;
    /// Least base fee, wei for a gas.
    pub(crate) const MIN_BASE_FEE: u64 = 3;
    /// Gas above the speed limit not yet worked off.
    pub(crate) const GAS_BACKLOG: u64 = 4;
    /// How slowly the price moves.
    pub(crate) const INERTIA: u64 = 5;
    /// Seconds of backlog that do not move the price.
    pub(crate) const BACKLOG_TOLERANCE: u64 = 6;
    /// Gas limit of a transaction.
    pub(crate) const TX_GAS_LIMIT: u64 = 7;
}
