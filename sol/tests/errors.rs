//! The error table against the interface files, and what decoding gives.

use std::collections::BTreeSet;

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol_types::SolError,
};
use cor_core::{node::pool::Ineligible, task::lane::LanePhase};
use cor_errors::{Coded as _, table};
use cor_sol::{
    ContractError, cor::ICor, decode_revert, jury::IJury, lane::ILane, lens::ILens, node_pool::INodePool, runtime::IRuntime,
    session_payment_table::ISessionPaymentTable, staking::IStaking, vault::IVault,
};

const INTERFACES: [(&str, &str, &[[u8; 4]]); 9] = [
    ("IRuntime", include_str!("../IRuntime.sol"), IRuntime::IRuntimeErrors::SELECTORS),
    ("ICor", include_str!("../ICor.sol"), ICor::ICorErrors::SELECTORS),
    ("IStaking", include_str!("../IStaking.sol"), IStaking::IStakingErrors::SELECTORS),
    (
        "ISessionPaymentTable",
        include_str!("../ISessionPaymentTable.sol"),
        ISessionPaymentTable::ISessionPaymentTableErrors::SELECTORS,
    ),
    ("INodePool", include_str!("../INodePool.sol"), INodePool::INodePoolErrors::SELECTORS),
    ("IVault", include_str!("../IVault.sol"), IVault::IVaultErrors::SELECTORS),
    ("ILane", include_str!("../ILane.sol"), ILane::ILaneErrors::SELECTORS),
    ("ILens", include_str!("../ILens.sol"), ILens::ILensErrors::SELECTORS),
    ("IJury", include_str!("../IJury.sol"), IJury::IJuryErrors::SELECTORS),
];

/// `name(type,type)` of each error declared in an interface's text, read without the bindings' own parser.
fn declared(text: &str) -> BTreeSet<String> {
    let declarations = text.lines().filter_map(|line| line.trim().strip_prefix("error ")?.strip_suffix(';'));
    declarations
        .map(|declaration| {
            let (name, rest) = declaration.split_once('(').unwrap();
            let types: Vec<_> =
                rest.trim_end_matches(')').split(',').filter_map(|field| field.split_whitespace().next()).collect();
            format!("{name}({})", types.join(","))
        })
        .collect()
}

#[test]
fn the_table_has_the_errors_of_all_interfaces_and_no_others() {
    let table: BTreeSet<_> = ContractError::ALL.iter().map(|info| info.signature.to_owned()).collect();
    let interfaces: BTreeSet<_> = INTERFACES.iter().flat_map(|(_, text, _)| declared(text)).collect();
    assert_eq!(table, interfaces);
}

#[test]
fn the_bindings_have_what_the_files_declare() {
    for (name, text, selectors) in INTERFACES {
        let hashed: BTreeSet<[u8; 4]> =
            declared(text).iter().map(|signature| keccak256(signature)[..4].try_into().unwrap()).collect();
        assert_eq!(hashed, selectors.iter().copied().collect(), "{name}");
    }
}

#[test]
fn each_error_has_the_row_of_its_name_and_selector() {
    for info in ContractError::ALL {
        assert_eq!((info.entry.name, info.entry.selector), (info.name, Some(info.selector)), "{}", info.signature);
    }
    let rows: BTreeSet<_> = table::all().filter(|entry| entry.selector.is_some()).map(|entry| entry.code).collect();
    let errors: BTreeSet<_> = ContractError::ALL.iter().map(|info| info.entry.code).collect();
    assert_eq!(rows, errors, "a row with a selector is an error of a contract, and the other way round");
    assert_eq!(errors.len(), ContractError::ALL.len(), "no two errors share a row");
}

/// A revert is the fault of who asked or of the state of the chain: nothing that a retry of the same call would heal.
#[test]
fn a_revert_is_decided_anew() {
    for info in ContractError::ALL {
        assert!(info.entry.class.asks_anew(), "{}", info.name);
    }
}

#[test]
fn every_error_decodes_and_says_something() {
    for info in ContractError::ALL {
        // All values are single words, so zero words are valid values of each type.
        let fields = info.signature.matches(',').count() + usize::from(!info.signature.ends_with("()"));
        let mut data = info.selector.to_vec();
        data.resize(4 + 32 * fields, 0);
        let error = decode_revert(&data).unwrap_or_else(|| panic!("{}", info.signature));
        assert_eq!(error.info(), *info);
        assert_eq!((error.name(), error.code()), (info.name, info.entry.code));
        assert!(!error.to_string().is_empty());
        if fields > 0 {
            assert_eq!(decode_revert(&data[..data.len() - 1]), None, "{} cut short", info.signature);
        }
    }
}

#[test]
fn what_is_not_ours_is_none() {
    for data in [&[][..], &[1, 2, 3], &[0xde, 0xad, 0xbe, 0xef], &[0x08, 0xc3, 0x79, 0xa0, 0]] {
        assert_eq!(decode_revert(data), None, "{data:?}");
    }
    // An address with dirty high bytes is not canonical.
    let mut data = INodePool::NotStaked { node: Address::repeat_byte(1) }.abi_encode();
    data[4] = 1;
    assert_eq!(decode_revert(&data), None);
}

#[test]
fn sentences_have_the_numbers() {
    let word = |text: &str| B256::right_padding_from(text.as_bytes());
    let table: [(ContractError, &str); 13] = [
        (
            IVault::InsufficientBalance {
                payer: Address::ZERO,
                available: U256::from(1_500_000_000_000_000_000_u64),
                needed: U256::from(20_000_000_000_000_000_000_u128),
            }
            .into(),
            "0x0000000000000000000000000000000000000000 has 1.5 COR prepaid and would need 20 COR",
        ),
        (
            ICor::ERC20InsufficientBalance {
                sender: Address::ZERO,
                balance: U256::from(998_226_000_000_000_000_000_u128),
                needed: U256::from(2_000_000_000_000_000_000_000_u128),
            }
            .into(),
            "0x0000000000000000000000000000000000000000 has 998.226 COR in its wallet and would need 2000 COR",
        ),
        (
            ICor::ERC20InsufficientAllowance { spender: Address::ZERO, allowance: U256::ZERO, needed: U256::from(1) }.into(),
            "0x0000000000000000000000000000000000000000 may spend 0 COR and would need 0.000000000000000001 COR",
        ),
        (
            IStaking::AmountTooLarge {
                amount: U256::from(3_000_000_000_000_000_000_u64),
                limit: U256::from(2_000_000_000_000_000_000_u64),
            }
            .into(),
            "3 COR is above 2 COR, the most that can be kept",
        ),
        (
            ISessionPaymentTable::InputOutOfRange {
                field: word("replicas"),
                value: U256::from(9),
                min: U256::from(1),
                max: U256::from(7),
            }
            .into(),
            "replicas is 9 and must be 1 to 7",
        ),
        (
            INodePool::VersionTooOld { version: 1_002_003, minimum: 2_000_000 }.into(),
            "the node's software 1.2.3 is older than 2.0.0",
        ),
        (
            IJury::NotEligible { node: Address::ZERO, reason: 2 }.into(),
            "node 0x0000000000000000000000000000000000000000 cannot take the task: it has not loaded the model",
        ),
        (
            ILane::LanePhaseWrong { task: B256::ZERO, phase: 1, wanted: 3 }.into(),
            "task 0x0000000000000000000000000000000000000000000000000000000000000000 is in phase open and this needs reveal",
        ),
        (
            IStaking::StillBonded { account: Address::ZERO, releaseAt: 0, timestamp: 7 }.into(),
            "nothing of 0x0000000000000000000000000000000000000000 is unbonding",
        ),
        // A fraction is not told as COR.
        (
            decode_revert(
                &ILane::InputOutOfRange {
                    field: word("noResultGasCapBps"),
                    value: U256::from(10_001),
                    min: U256::ZERO,
                    max: U256::from(10_000),
                }
                .abi_encode(),
            )
            .unwrap(),
            "noResultGasCapBps is 10001 and must be 0 to 10000",
        ),
        // The zero address is nobody's, and no signer.
        (
            ICor::InvalidSigner { signer: Address::ZERO, expected: Address::ZERO }.into(),
            "the signature is not valid, and must be by 0x0000000000000000000000000000000000000000",
        ),
        (
            ILane::InvalidSignature { signer: Address::ZERO, expected: Address::ZERO }.into(),
            "the signature is not valid, and must be by 0x0000000000000000000000000000000000000000",
        ),
        (
            ILane::InvalidSignature { signer: Address::repeat_byte(1), expected: Address::ZERO }.into(),
            "the signature is by 0x0101010101010101010101010101010101010101 and not by 0x0000000000000000000000000000000000000000",
        ),
    ];
    for (error, sentence) in table {
        assert_eq!(error.to_string(), sentence);
    }
}

/// A module that is closed for good is told apart from one that is to come; a book is a module's and not an account's.
#[test]
fn modules_and_their_books() {
    let module = Address::ZERO;
    let one = U256::from(1_000_000_000_000_000_000_u64);
    let table: [(ContractError, &str); 4] = [
        (IVault::ModuleNotActive { module, activeAt: 0 }.into(), "is closed"),
        (IVault::ModuleNotActive { module, activeAt: 7 }.into(), "is not active before 7"),
        (
            IVault::ModuleCapExceeded { module, available: one, needed: one + one }.into(),
            "may take 1 COR more on this day and would need 2 COR",
        ),
        (IVault::NotCredited { module }.into(), "did not confirm that it credited the money"),
    ];
    for (error, words) in table {
        assert_eq!(error.to_string(), format!("module {module} {words}"));
    }
    let short = IVault::InsufficientBook { module, available: one, needed: one + one };
    assert_eq!(ContractError::from(short).to_string(), format!("the book of module {module} has 1 COR and would need 2 COR"));
}

/// The rules number phases and reasons; the sentences name them.
#[test]
fn phases_and_reasons_have_the_words_of_their_numbers() {
    let task = B256::repeat_byte(5);
    for phase in LanePhase::ALL {
        let error = ILane::LanePhaseWrong { task, phase: phase.number(), wanted: 0 };
        let name = format!("{phase:?}").to_lowercase();
        assert_eq!(ContractError::from(error).to_string(), format!("task {task} is in phase {name} and this needs none"));
    }
    let reasons = [
        (Ineligible::NotRegistered, "it is not registered"),
        (Ineligible::ModelNotLoaded, "it has not loaded the model"),
        (Ineligible::VersionTooOld, "its software is too old"),
        (Ineligible::Draining, "it is draining"),
    ];
    for (reason, words) in reasons {
        let error = IJury::NotEligible { node: Address::ZERO, reason: reason.reason() };
        assert_eq!(
            ContractError::from(error).to_string(),
            format!("node {} cannot take the task: {words}", Address::ZERO),
            "{reason:?}"
        );
    }
}

#[test]
fn a_name_that_is_no_text_is_shown_as_hex() {
    let name = B256::repeat_byte(0xff);
    assert_eq!(ContractError::from(IRuntime::UnknownModule { name }).to_string(), format!("no module is registered as {name}"));
}
