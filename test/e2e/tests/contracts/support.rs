//! What the tests of single contracts share: refused calls as typed errors, logs as events, and tables of who may call what.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, Bytes, U256, keccak256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolEvent},
};
use cor_adapters::chain::Mined;
use cor_kit::{
    TestNet,
    solo::{Refused, Solo},
};
use cor_sol::{ContractError, cor::ICor, decode_revert, runtime::IRuntime};

/// A call that must be refused, without sending it: the error with its values.
pub(crate) async fn refusal(net: &TestNet, from: Address, to: Address, call: impl SolCall) -> ContractError {
    refusal_of(net, from, to, call.abi_encode()).await
}

/// As [`refusal`], of encoded calldata.
pub(crate) async fn refusal_of(net: &TestNet, from: Address, to: Address, data: Vec<u8>) -> ContractError {
    let revert = revert_data(net, from, to, data).await;
    decode_revert(&revert).unwrap_or_else(|| panic!("no error of ours: {revert}"))
}

/// What a call that must be refused reverts with.
pub(crate) async fn revert_data(net: &TestNet, from: Address, to: Address, data: Vec<u8>) -> Bytes {
    let request = TransactionRequest::default().from(from).to(to).input(Bytes::from(data).into());
    match net.provider.call(request).await {
        Ok(answer) => panic!("wanted a revert, got {answer}"),
        Err(error) => {
            let response = error.as_error_resp().unwrap_or_else(|| panic!("no answer: {error}"));
            response.as_revert_data().unwrap_or_default()
        }
    }
}

/// What a call by `from` would return, without sending it.
pub(crate) async fn answer<C: SolCall>(net: &TestNet, from: Address, to: Address, call: C) -> C::Return {
    let request = TransactionRequest::default().from(from).to(to).input(Bytes::from(call.abi_encode()).into());
    let data = net.provider.call(request).await.unwrap_or_else(|error| panic!("{}: {error}", C::SIGNATURE));
    C::abi_decode_returns_validate(&data).unwrap_or_else(|error| panic!("{}: {error}", C::SIGNATURE))
}

/// All events of a kind that `contract` logged, in order.
pub(crate) fn events<E: SolEvent>(mined: &Mined, contract: Address) -> Vec<E> {
    let logs = mined.receipt.logs().iter().filter(|log| log.address() == contract);
    logs.filter_map(|log| E::decode_log(&log.inner).ok()).map(|log| log.data).collect()
}

/// Functions that only one account may call are refused for every other, with both accounts in the error. Rows: contract, calldata
/// and the account that may.
pub(crate) async fn assert_permissions(net: &TestNet, stranger: Address, rows: &[(&str, Address, Vec<u8>, Address)]) {
    for (name, contract, data, required) in rows {
        let expected = IRuntime::Unauthorized { caller: stranger, required: *required };
        assert_eq!(refusal_of(net, stranger, *contract, data.clone()).await, expected.into(), "{name}");
    }
}

/// Gives account `index` COR, and lets `spender` take it.
pub(crate) async fn fund(net: &TestNet, index: usize, spender: Address, wei: U256) {
    net.mint(net.address(index), wei).await;
    net.ok(index, net.at.cor, ICor::approveCall { spender, value: wei }).await;
}

/// Room for a call's name in a table of permissions; a longer one makes the column wider.
const NAME_WIDTH: usize = 25;

/// A call that is due and right, so that nothing but the caller can be against it.
pub(crate) struct Trial {
    name: String,
    selector: [u8; 4],
    data: Vec<u8>,
}

/// A [`Trial`] of a call; the remark tells it from others of its function.
pub(crate) fn trial<C: SolCall>(remark: &str, call: &C) -> Trial {
    let function = C::SIGNATURE.split('(').next().unwrap_or_default();
    Trial { name: format!("{function}{remark}"), selector: C::SELECTOR, data: call.abi_encode() }
}

/// Every function of `contract` by every role, as its golden `abi` lists them: those that change something by `trials`, of which none may be
/// missing, and the views with zeros.
pub(crate) fn permissions(solo: &Solo, contract: Address, abi: &str, roles: &[(&str, Address)], trials: Vec<Trial>) -> String {
    let mut missing: BTreeMap<_, _> = BTreeMap::new();
    let mut rows = trials;
    for line in abi.lines().filter_map(|line| line.strip_prefix("function ")) {
        let signature = line.split(" returns").next().unwrap_or_default().replace(" view", "");
        let selector: [u8; 4] = keccak256(&signature)[..4].try_into().expect("a hash is longer");
        if line.contains(") view") {
            // Arguments of views are single words.
            let words = signature.matches(',').count() + usize::from(!signature.ends_with("()"));
            let data = [&selector[..], &vec![0; 32 * words]].concat();
            rows.push(Trial { name: signature.split('(').next().unwrap_or_default().to_owned(), selector, data });
        } else {
            missing.insert(selector, signature);
        }
    }
    let tried: BTreeSet<_> = rows.iter().map(|row| row.selector).collect();
    missing.retain(|selector, _| !tried.contains(selector));
    assert!(missing.is_empty(), "not tried: {missing:?}");
    let width = rows.iter().map(|row| row.name.len()).fold(NAME_WIDTH, usize::max);
    let line = |name: &str, cells: Vec<String>| {
        let cells: String = cells.into_iter().map(|cell| format!(" {cell:<22}")).collect();
        format!("{name:<width$}{cells}").trim_end().to_owned() + "\n"
    };
    let mut table = line("", roles.iter().map(|(role, _)| (*role).to_owned()).collect());
    for row in &rows {
        let cells = roles.iter().map(|(_, from)| outcome(solo, contract, roles, *from, row)).collect();
        table += &line(&row.name, cells);
    }
    table
}

/// What happens when an account sends a call: `ok`, or the error, of `Unauthorized` with the role that would do.
fn outcome(solo: &Solo, contract: Address, roles: &[(&str, Address)], from: Address, row: &Trial) -> String {
    match solo.undoing(|| solo.transact(from, contract, row.data.clone())) {
        Ok(_) => "ok".to_owned(),
        Err(Refused::Known(ContractError::Unauthorized(error))) => {
            assert_eq!(error.caller, from);
            let required = roles.iter().find(|(_, account)| *account == error.required).map(|(role, _)| *role);
            format!("Unauthorized({})", required.unwrap_or(if error.required.is_zero() { "0" } else { "?" }))
        }
        Err(Refused::Known(error)) => error.name().to_owned(),
        Err(Refused::Other(data)) => format!("revert {data}"),
    }
}
