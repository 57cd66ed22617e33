//! What a task costs, and which price versions may be published.
//!
//! ```text
//! replica     = base[class] + step[class] * (execution_depth - 1) + tool[class] * tool_depth + up( token[class] * max_tokens / 1000 )
//! consensus   = rule[0]                                                     if there is one replica
//!               rule[2 if quorum = 10000, else 1] + quorum_step * ceil((quorum - 5000) / 1000)      if there are several
//! per_replica = grains_up( replica * sla * consensus * priority )
//! miners      = per_replica * replicas
//! validators  = grains_up( validator[class] * validator_depth * replicas )
//! network     = grains_up( (miners + validators) * network_fee )
//! gas         = grains_up( (settlement_gas_base + settlement_gas_per_replica * replicas) * gas_price )
//! rebate      = grains_down( (miners + validators + network) * (stake_rebate + volume_rebate) )
//! total       = miners + validators + network + gas - rebate
//! ```
//!
//! Amounts in COR wei, fractions in basis points; each line is a whole number of grains. The rules of [`check_publish`] make the total
//! monotone in every input, keep the rebate within the network line, and make splitting a request never cheaper. Together with those of
//! [`Model`] they let no line of a price move by more than a factor of two within a day, and none at all while a quote holds.

mod change;
mod choice;
mod error;
mod models;
mod publish;
mod quote;
mod versions;

pub use change::check_class_change;
pub use choice::{ConsensusRule, ModelClass, Priority, Sla, StakeTier, VolumeTier};
pub use error::{Field, PricingError};
pub use models::{Change, Listing, Model};
pub use publish::{Calendar, check_publish};
pub use quote::{ClassPrice, PriceLines, PriceTerms, PriceVersion, QuoteInputs, Request, price, quote};
pub use versions::{InEffect, in_effect, pack, unpack, valid_until};
