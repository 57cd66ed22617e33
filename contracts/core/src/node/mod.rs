//! Nodes: who can serve a task, and what stands behind them.

pub mod pool;
pub mod staking;
