//! The JSON ABIs in `sol/abi` are those of the interfaces.

#![allow(clippy::too_many_arguments, reason = "the arguments of a generated call are those of the interface")]

use std::path::Path;

use alloy::json_abi::JsonAbi;
use cor_sol::ABI_FILES;

/// Set and not empty: the files are written and not compared. `cargo xtask bless` sets it.
const BLESS: &str = "COR_BLESS";

mod cor {
    alloy::sol! {
        #[sol(abi)]
        "ICor.sol"
    }
}
mod node_pool {
    alloy::sol! {
        #[sol(abi)]
        "INodePool.sol"
    }
}
mod runtime {
    alloy::sol! {
        #[sol(abi)]
        "IRuntime.sol"
    }
}
mod session_payment_table {
    alloy::sol! {
        #[sol(abi)]
        "ISessionPaymentTable.sol"
    }
}
mod staking {
    alloy::sol! {
        #[sol(abi)]
        "IStaking.sol"
    }
}
mod vault {
    alloy::sol! {
        #[sol(abi)]
        "IVault.sol"
    }
}

mod lane {
    alloy::sol! {
        #[sol(abi)]
        "ILane.sol"
    }
}

mod lens {
    alloy::sol! {
        #[sol(abi)]
        "ILens.sol"
    }
}

mod jury {
    alloy::sol! {
        #[sol(abi)]
        "IJury.sol"
    }
}

/// File name and ABI of each interface.
fn interfaces() -> [(&'static str, JsonAbi); 9] {
    [
        ("ICor.json", cor::ICor::abi::contract()),
        ("INodePool.json", node_pool::INodePool::abi::contract()),
        ("IRuntime.json", runtime::IRuntime::abi::contract()),
        ("ISessionPaymentTable.json", session_payment_table::ISessionPaymentTable::abi::contract()),
        ("IStaking.json", staking::IStaking::abi::contract()),
        ("IVault.json", vault::IVault::abi::contract()),
        ("ILane.json", lane::ILane::abi::contract()),
        ("ILens.json", lens::ILens::abi::contract()),
        ("IJury.json", jury::IJury::abi::contract()),
    ]
}

#[test]
fn golden_abi_files_are_those_of_the_interfaces() {
    for ((name, abi), (file, text)) in interfaces().into_iter().zip(ABI_FILES) {
        assert_eq!(name, file);
        let wanted = format!("{}\n", serde_json::to_string_pretty(&abi).unwrap());
        if std::env::var_os(BLESS).is_some_and(|value| !value.is_empty()) {
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("abi").join(name), wanted).unwrap();
        } else {
            assert!(text == wanted, "sol/abi/{name} is not what the interface says; if that is meant: cargo xtask bless");
        }
    }
}

/// What other tools need of an entry: each parses as what it says it is.
#[test]
fn the_files_parse_as_abis() {
    for (name, text) in ABI_FILES {
        let abi: JsonAbi = serde_json::from_str(text).unwrap();
        assert!(!abi.functions.is_empty() && !abi.errors.is_empty(), "{name}");
        assert!(abi.fallback.is_none() && abi.receive.is_none(), "{name}");
    }
}
