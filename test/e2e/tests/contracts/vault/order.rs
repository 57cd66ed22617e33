//! Everything is stored and logged before the vault calls out: seen in the host calls of each function that does. So nothing is left to what
//! refuses re-entrance today.

use alloy::{
    primitives::{Address, B256, Bytes, FixedBytes, U256},
    sol,
    sol_types::{SolCall, SolValue},
};
use cor_anvil::{
    evm::HostioTrace,
    harness::{TestChain, Transaction, on_deep_stack},
};
use cor_kit::paths;
use cor_sol::{cor::ICor, vault::IVault as Vault};
use serde_json::Value;

use super::world::{DELAY_SECS, compiled, cor, forwardCall};

sol! {
    contract Token {
        constructor(string name, string symbol, uint8 decimals, uint256 cap, address owner);
    }
    contract Deployed {
        constructor(address owner, address token, uint64 moduleDelaySecs);
    }
}

/// What `isValidSignature` answers that agrees.
const AGREES: FixedBytes<4> = FixedBytes([0x16, 0x26, 0xba, 0x7e]);

/// An open vault with one module, and a wallet with code that agrees to everything.
struct Scene {
    chain: TestChain,
    user: Address,
    wallet: Address,
    module: Address,
    vault: Address,
}

impl Scene {
    fn new(modules: &Value, wallets: &Value) -> Self {
        let mut chain = TestChain::new().expect("a chain");
        let user = chain.account(0);
        let program = |name: &str| paths::contracts().join(format!("{name}.wasm"));
        let token = chain.deploy_file(program("cor")).expect("a program");
        let vault = chain.deploy_file(program("vault")).expect("a program");
        let (name, symbol, cap) = ("Cortensor".to_owned(), "COR".to_owned(), cor(1_000_000));
        chain.construct(user, token, &Token::constructorCall { name, symbol, decimals: 18, cap, owner: user }).expect("a token");
        let construct = Deployed::constructorCall { owner: user, token, moduleDelaySecs: DELAY_SECS };
        chain.construct(user, vault, &construct).expect("a vault");
        let module = create(&mut chain, modules, "VaultModule", &[]);
        let wallet = create(&mut chain, wallets, "Constant", &AGREES.abi_encode());
        let mut scene = Self { chain, user, wallet, module, vault };
        scene.ok(token, &ICor::setMinterCall { minter: user, enabled: true });
        for to in [user, wallet] {
            scene.ok(token, &ICor::mintCall { to, value: cor(100) });
        }
        scene.ok(token, &ICor::approveCall { spender: vault, value: U256::MAX });
        scene.ok(vault, &Vault::proposeModuleCall { module, cap: cor(100) });
        scene.ok(vault, &Vault::openCall {});
        scene.ok(vault, &Vault::depositCall { amount: cor(10) });
        scene.ok(vault, &Vault::fundCall { module, beneficiary: user, amount: cor(5) });
        scene.ok(vault, &Vault::fundTreasuryCall { amount: cor(5) });
        scene
    }

    fn ok(&mut self, to: Address, call: &impl SolCall) {
        let sent = self.chain.transact(Transaction::call(self.user, to, call.abi_encode()));
        sent.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Names of the vault's own host calls in a call that succeeds.
    fn host_calls(&mut self, name: &str, to: Address, data: Vec<u8>) -> Vec<String> {
        let transaction = Transaction::call(self.user, to, data);
        let trace = self.chain.trace(&transaction).unwrap_or_else(|error| panic!("{name}: {error}"));
        let snapshot = self.chain.snapshot();
        self.chain.transact(transaction).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(self.chain.revert(&snapshot));
        // A module's call of the vault is inside of its own.
        let inner = trace.iter().find(|entry| entry.address == Some(self.vault)).and_then(|entry| entry.steps.clone());
        let own: Vec<HostioTrace> = if to == self.vault { trace } else { inner.expect("the vault was called") };
        own.into_iter().map(|entry| entry.name.into_owned()).collect()
    }
}

fn create(chain: &mut TestChain, compiled: &Value, name: &str, arguments: &[u8]) -> Address {
    let code: Bytes = compiled[name]["creation"].as_str().expect("the contract is in the file").parse().expect("hex");
    let data = [&code, arguments].concat().into();
    let creation = Transaction { to: None, data, ..Transaction::call(chain.account(0), Address::ZERO, Bytes::new()) };
    chain.transact(creation).expect("the code is good").created.expect("a creation has an address")
}

/// Every function that calls out, with how many calls it makes.
fn calls(scene: &Scene) -> Vec<(&'static str, Vec<u8>, usize)> {
    let Scene { user, wallet, module, .. } = *scene;
    let (one, nothing, signature) = (cor(1), B256::ZERO, Bytes::new());
    // The permit is refused, and the allowance suffices.
    let permit = Vault::depositWithPermitCall { account: user, amount: one, deadline: U256::MAX, v: 27, r: nothing, s: nothing };
    let deposit = Vault::depositWithAuthorizationCall {
        from: wallet,
        amount: one,
        validAfter: U256::ZERO,
        validBefore: U256::MAX,
        nonce: nothing,
        signature: signature.clone(),
    };
    let fund = Vault::authorizeAndFundCall {
        from: wallet,
        module,
        amount: one,
        validAfter: U256::ZERO,
        validBefore: U256::MAX,
        salt: nothing,
        signature,
    };
    vec![
        ("deposit", Vault::depositCall { amount: one }.abi_encode(), 1),
        ("depositFor", Vault::depositForCall { account: wallet, amount: one }.abi_encode(), 1),
        ("depositWithPermit", permit.abi_encode(), 2),
        ("depositWithAuthorization", deposit.abi_encode(), 1),
        ("withdraw", Vault::withdrawCall { amount: one }.abi_encode(), 1),
        ("withdrawTo", Vault::withdrawToCall { to: wallet, amount: one }.abi_encode(), 1),
        ("fund", Vault::fundCall { module, beneficiary: user, amount: one }.abi_encode(), 1),
        ("depositAndFund", Vault::depositAndFundCall { module, beneficiary: user, amount: one }.abi_encode(), 2),
        ("authorizeAndFund", fund.abi_encode(), 2),
        ("fundTreasury", Vault::fundTreasuryCall { amount: one }.abi_encode(), 1),
        ("withdrawTreasury", Vault::withdrawTreasuryCall { to: user, amount: one }.abi_encode(), 1),
        ("payOut", Vault::payOutCall { to: user, amount: one }.abi_encode(), 1),
    ]
}

#[tokio::test]
async fn all_is_stored_and_logged_before_the_vault_calls_out() {
    let (modules, wallets) = (compiled("VaultModule.sol").await, compiled("token/Wallets.sol").await);
    on_deep_stack(|| {
        let mut scene = Scene::new(&modules, &wallets);
        for (name, data, count) in calls(&scene) {
            let own = if name == "payOut" {
                let forwarded = forwardCall { to: scene.vault, data: data.into() }.abi_encode();
                scene.host_calls(name, scene.module, forwarded)
            } else {
                scene.host_calls(name, scene.vault, data)
            };
            let is_call = |call: &String| call == "call_contract";
            assert_eq!(own.iter().filter(|call| is_call(call)).count(), count, "{name}: {own:?}");
            let first = own.iter().position(is_call).expect("it calls out");
            let (before, after) = own.split_at(first);
            assert!(before.iter().any(|call| call == "storage_cache_bytes32"), "{name} stores: {before:?}");
            assert!(before.iter().any(|call| call == "emit_log"), "{name} logs: {before:?}");
            // What is cached is not stored before it is flushed: a call that finds the cache full of what is to be would see what was.
            let last_write = before.iter().rposition(|call| call == "storage_cache_bytes32").expect("it stores");
            let flush = before.iter().rposition(|call| call == "storage_flush_cache");
            assert!(flush.is_some_and(|flush| last_write < flush), "{name} flushes before it calls: {before:?}");
            // The SDK flushes before each call and at the end; nothing that is new is flushed after the first.
            let late = after.iter().find(|call| ["storage_cache_bytes32", "emit_log"].contains(&call.as_str()));
            assert_eq!(late, None, "{name}: {after:?}");
        }
    });
}
