//! What the main calls of token, staking and node pool cost in gas, on the real WASM: one unit more or less fails. Vault and lane are
//! measured by their own tests.

use alloy::{
    primitives::{Address, B256, Bytes, Signature, U256},
    signers::SignerSync,
    sol,
    sol_types::{SolCall, SolStruct, eip712_domain},
};
use cor_kit::{COR, TestNet, goldens::Gas};
use cor_sol::{cor::ICor, node_pool::INodePool, staking::IStaking};

sol! {
    struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }
    struct TransferWithAuthorization { address from; address to; uint256 value; uint256 validAfter; uint256 validBefore; bytes32 nonce; }
}

/// Calls of one contract, and what they used.
struct Meter<'a> {
    net: &'a TestNet,
    contract: Address,
    gas: Gas,
}

impl<'a> Meter<'a> {
    fn of(net: &'a TestNet, contract: Address) -> Self {
        Self { net, contract, gas: Gas::new() }
    }

    /// Sends a call by account `from`, and writes down its gas under its function's name with a remark.
    async fn call(&mut self, from: usize, remark: &str, call: impl SolCall) {
        let name = format!("{}{remark}", function(&call));
        let mined = self.net.ok(from, self.contract, call).await;
        self.gas.used(&name, mined.receipt.gas_used);
    }
}

fn function<C: SolCall>(_: &C) -> &'static str {
    C::SIGNATURE.split('(').next().unwrap_or_default()
}

fn wei(cor: u128) -> U256 {
    U256::from(cor * COR)
}

fn signed(net: &TestNet, from: usize, message: &impl SolStruct) -> Signature {
    let domain = eip712_domain! { name: "Cortensor", version: "1", chain_id: net.at.chain_id, verifying_contract: net.at.cor, };
    net.key(from).sign_hash_sync(&message.eip712_signing_hash(&domain)).expect("a key signs")
}

#[tokio::test]
async fn golden_gas_of_the_token() {
    let net = TestNet::start(5).await;
    let (alice, bob, carol) = (net.address(2), net.address(3), net.address(4));
    let mut meter = Meter::of(&net, net.at.cor);
    meter.call(0, ", first of an account", ICor::mintCall { to: alice, value: wei(100) }).await;
    meter.call(2, ", first of an account", ICor::transferCall { to: bob, value: wei(10) }).await;
    meter.call(2, "", ICor::transferCall { to: bob, value: wei(10) }).await;
    meter.call(2, "", ICor::approveCall { spender: carol, value: wei(10) }).await;
    meter.call(4, "", ICor::transferFromCall { from: alice, to: bob, value: wei(1) }).await;

    let permit = Permit { owner: alice, spender: bob, value: wei(5), nonce: U256::ZERO, deadline: U256::MAX };
    let signature = signed(&net, 2, &permit);
    let (v, r, s) = (27 + u8::from(signature.v()), B256::from(signature.r()), B256::from(signature.s()));
    let Permit { owner, spender, value, deadline, .. } = permit;
    meter.call(4, "", ICor::permitCall { owner, spender, value, deadline, v, r, s }).await;

    let authorization = |nonce| TransferWithAuthorization {
        from: alice,
        to: bob,
        value: wei(1),
        validAfter: U256::ZERO,
        validBefore: U256::MAX,
        nonce: B256::repeat_byte(nonce),
    };
    let message = authorization(1);
    let signature = signed(&net, 2, &message);
    let (v, r, s) = (27 + u8::from(signature.v()), B256::from(signature.r()), B256::from(signature.s()));
    let TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce } = message;
    let by_parts = ICor::transferWithAuthorization_0Call { from, to, value, validAfter, validBefore, nonce, v, r, s };
    meter.call(4, ", v r s", by_parts).await;
    let message = authorization(2);
    let signature = Bytes::copy_from_slice(&signed(&net, 2, &message).as_bytes());
    let TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce } = message;
    let packed = ICor::transferWithAuthorization_1Call { from, to, value, validAfter, validBefore, nonce, signature };
    meter.call(4, ", packed", packed).await;
    meter.gas.assert_golden("cor");
}

#[tokio::test]
async fn golden_gas_of_staking() {
    let net = TestNet::start(3).await;
    let (node, staking) = (net.address(2), net.at.staking);
    net.mint(node, wei(20_000)).await;
    net.ok(2, net.at.cor, ICor::approveCall { spender: staking, value: wei(20_000) }).await;
    let mut meter = Meter::of(&net, staking);
    meter.call(2, "", IStaking::stakeNodeCall { node, amount: wei(10_000) }).await;
    meter.call(2, ", first of an account", IStaking::stakeCall { amount: wei(10) }).await;
    meter.call(2, "", IStaking::stakeCall { amount: wei(10) }).await;
    meter.call(2, "", IStaking::unbondCall { amount: wei(5) }).await;
    meter.call(2, "", IStaking::unbondNodeCall { node }).await;
    net.advance(30 * 86_400).await;
    meter.call(2, "", IStaking::withdrawCall {}).await;
    meter.call(2, "", IStaking::withdrawNodeCall { node }).await;
    meter.gas.assert_golden("staking");
}

#[tokio::test]
async fn golden_gas_of_the_node_pool() {
    let net = TestNet::start(4).await;
    // Stakes and registers, so that the second registration is none of an empty pool.
    net.register_node(3, 1).await;
    let node = net.address(2);
    net.mint(node, wei(10_000)).await;
    net.ok(2, net.at.cor, ICor::approveCall { spender: net.at.staking, value: wei(10_000) }).await;
    net.ok(2, net.at.staking, IStaking::stakeNodeCall { node, amount: wei(10_000) }).await;
    let mut meter = Meter::of(&net, net.at.node_pool);
    let register = INodePool::registerCall { operator: node, models: vec![1], capacity: 4, hardwareClass: 1, version: 1_000 };
    meter.call(2, ": 1 model", register).await;
    meter.call(2, ": 3 models", INodePool::setSpecCall { models: vec![1, 2, 3], capacity: 8 }).await;
    meter.call(2, "", INodePool::setVersionCall { version: 2_000 }).await;
    meter.call(2, "", INodePool::pingCall {}).await;
    meter.call(2, "", INodePool::drainCall { node }).await;
    meter.call(2, "", INodePool::deregisterCall {}).await;
    meter.gas.assert_golden("node-pool");
}
