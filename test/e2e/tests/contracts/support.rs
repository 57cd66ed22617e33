//! What the tests of single contracts share: refused calls as typed errors, and logs as events.

use alloy::{
    primitives::{Address, Bytes, TxKind, U256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolEvent},
};
use cor_adapters::chain::Mined;
use cor_kit::{TestNet, solo::Solo};
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

/// A contract that answers every call with these words: its code is followed by them, and copies them out.
pub(crate) fn constant(solo: &Solo, words: &[U256]) -> Address {
    let data: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
    let length = u16::try_from(data.len()).expect("a short answer").to_be_bytes();
    // PUSH2 length, PUSH1 13, PUSH0, CODECOPY, PUSH2 length, PUSH0, RETURN, and a STOP before the data.
    let mut code = vec![0x61, length[0], length[1], 0x60, 13, 0x5f, 0x39, 0x61, length[0], length[1], 0x5f, 0xf3, 0x00];
    code.extend(data);
    let creation = TransactionRequest {
        from: Some(solo.account(0)),
        to: Some(TxKind::Create),
        input: Bytes::from(cor_adapters::deploy::init_code(&code)).into(),
        ..Default::default()
    };
    let hash = solo.chain().send(creation).expect("a creation");
    let (block, index) = solo.chain().mined(hash).expect("it is mined");
    block.receipts[index].contract_address.expect("an address")
}
