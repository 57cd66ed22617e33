//! What a task costs, and which price versions may be published.
//!
//! ```text
//! replica     = base[class] + step[class] * (execution_depth - 1) + tool[class] * tool_depth
//! per_replica = up( replica * sla * (consensus + quorum_step * ceil((quorum - 5000) / 1000)) * priority )
//! miners      = per_replica * replicas
//! validators  = validator[class] * validator_depth * replicas
//! network     = up( (miners + validators) * network_fee )
//! gas         = (settlement_gas_base + settlement_gas_per_replica * replicas) * gas_price
//! rebate      = down( (miners + validators + network) * (stake_rebate + volume_rebate) )
//! total       = miners + validators + network + gas - rebate
//! ```
//!
//! Amounts in COR wei, fractions in basis points. Each line is rounded once. The rules of [`check_publish`] make the total
//! monotone in every input, keep the rebate within the network line, and make splitting a request never cheaper.

mod choice;
mod error;
mod publish;
mod quote;
mod versions;

pub use choice::{ConsensusRule, ModelClass, Priority, Sla, StakeTier, VolumeTier};
pub use error::{Field, PricingError};
pub use publish::check_publish;
pub use quote::{ClassPrice, PriceLines, PriceTerms, PriceVersion, QuoteInputs, Request, quote};
pub use versions::{effective_version, pack, unpack, valid_until};
