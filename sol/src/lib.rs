//! Bindings generated from the Solidity interfaces, which are the specification.
//!
//! One module per contract: `cor_sol::staking::IStaking` has the calls, events, errors and, with a provider, the instance.
//! [`decode_revert`] turns what any of the contracts reverts with into one [`ContractError`].

#![allow(clippy::too_many_arguments, reason = "the arguments of a generated call are those of the interface")]

mod abi;
mod errors;

pub use abi::ABI_FILES;
pub use errors::{ContractError, ErrorInfo, decode_revert};

/// The one address a client needs.
pub mod runtime {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "IRuntime.sol"
    }
}

/// The token.
pub mod cor {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "ICor.sol"
    }
}

/// Stake of nodes and of users.
pub mod staking {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "IStaking.sol"
    }
}

/// What a task costs.
pub mod session_payment_table {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "ISessionPaymentTable.sol"
    }
}

/// Users' money, and one book for each module.
pub mod vault {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "IVault.sol"
    }
}

/// Who can serve what.
pub mod node_pool {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "INodePool.sol"
    }
}

/// Tasks in two words, settled by what was signed.
pub mod lane {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "ILane.sol"
    }
}

/// What the lane keeps, read out.
pub mod lens {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "ILens.sol"
    }
}

/// Who must serve a task, and a keeper's bond for it.
pub mod jury {
    alloy::sol! {
        #[sol(rpc, all_derives)]
        "IJury.sol"
    }
}
