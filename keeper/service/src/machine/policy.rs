//! How keeper and miner time what they do.

/// How the keeper times its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperPolicy {
    /// Seconds before the deadline of an open task at which it is started with what is at hand. Too small: the start lands late, and the task expires. Too
    /// large: miners that would have answered in time are left to bind themselves on chain. It must exceed the miners' own margin.
    pub start_margin_secs: u64,
    /// Seconds that reveals are waited for once every miner is bound, before the task is started on chain. Too small: three transactions instead of one. Too
    /// large: a miner that is silent holds the task up.
    pub reveal_patience_secs: u64,
    /// Seconds before a deadline on chain at which the reveals at hand are sent although some are missing: after it anyone may finish without them. Too small:
    /// honest miners are passed over on a slow chain. Too large: it takes two transactions instead of one. It must exceed the miners' own margin.
    pub relay_margin_secs: u64,
    /// Percent of the time from an offer to the task's deadline after which a miner that is not bound yet is summoned on chain, if there is time for its
    /// answer. Too small: slow miners are asked, and the keeper and they pay for it. Too large: who is gone is found absent too late to be replaced.
    pub summon_after_percent: u64,
    /// Seconds to wait after a call that failed. Too small hammers the RPC, too large wastes the phase.
    pub retry_secs: u64,
    /// Most open tasks looked after at a time; further ones wait until there is room.
    pub open_tasks_max: usize,
}

/// How a miner times what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinerPolicy {
    /// Seconds before a phase's deadline from which a miner sends its own transaction instead of waiting for the keeper. Smaller than
    /// the keeper's margins, or both pay for the same; too small and the transaction lands late.
    pub direct_margin_secs: u64,
    /// Seconds after which what neither keeper nor chain shows is said again: a keeper may have crashed meanwhile.
    pub repeat_secs: u64,
    /// Seconds after a deadline from which a miner closes the phase itself, to be paid without a keeper. Too small: it pays for what the keeper is about to
    /// do. Too large: its pay waits.
    pub close_grace_secs: u64,
}
