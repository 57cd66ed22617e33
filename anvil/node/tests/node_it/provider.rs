//! The chain behind alloy's provider and wallet, as applications use it.

use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    primitives::{U256, hex},
    providers::{Provider, ProviderBuilder},
    rpc::types::{Filter, TransactionRequest},
    signers::local::PrivateKeySigner,
};

use crate::{
    bytecode::{COUNTER, init_code},
    client::{TestNode, word},
};

#[tokio::test]
async fn deploy_call_send_and_read_logs() {
    // The provider's HTTP client is built with TLS whatever the URL.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let node = TestNode::start().await;
    let signer = PrivateKeySigner::from_bytes(&node.node.accounts()[0].private_key).unwrap();
    let provider = ProviderBuilder::new().wallet(EthereumWallet::from(signer)).connect_http(node.url().parse().unwrap());

    let code = hex::decode(init_code(COUNTER)).unwrap();
    let receipt = provider
        .send_transaction(TransactionRequest::default().with_deploy_code(code))
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    let counter = receipt.contract_address.unwrap();
    let call = TransactionRequest::default().to(counter).input(hex::decode(word(21)).unwrap().into());
    let receipt = provider.send_transaction(call).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    let logs = provider.get_logs(&Filter::new().address(counter).from_block(0)).await.unwrap();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].transaction_hash, Some(receipt.transaction_hash));
    assert_eq!(provider.get_storage_at(counter, U256::ZERO).await.unwrap(), U256::from(21));
    assert_eq!(provider.get_block_number().await.unwrap(), 2);
    let block = provider.get_block(2.into()).full().await.unwrap().unwrap();
    assert_eq!(block.transactions.len(), 1);
    let output = provider.call(TransactionRequest::default().to(counter)).await.unwrap();
    assert_eq!(U256::from_be_slice(&output), U256::from(21));
}
