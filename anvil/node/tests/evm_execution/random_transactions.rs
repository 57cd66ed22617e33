//! Transactions nobody would send: every type, to everything there is, with calldata that means something
//! to somebody, at prices, nonces and limits that are mostly right.
//!
//! Whatever comes, nothing panics, no ether appears or goes, the sender pays for no more gas than it
//! offers, a refused transaction changes nothing, and the same transaction does the same twice.

use std::panic::{self, AssertUnwindSafe};

use cor_anvil::evm::{ArbOsVersion, ExecError};
use revm::{
    Database, DatabaseCommit,
    context::{
        TxEnv,
        transaction::{AccessListItem, Authorization, RecoveredAuthority, RecoveredAuthorization},
    },
    primitives::{Address, B256, TxKind, U256, keccak256},
    state::AccountInfo,
};

use crate::calls::Probe;
use crate::chain::{CHAIN_ID, COUNTER_WASM, Chain, DELEGATE_PROXY, ETHER, PROXY, SENDER, hex_code, set_number, stylus_code, via};
use crate::programs::{ACCOUNT, CALLER, DEEP, GROW, LOOP, MIRROR, PROBE, STORE, TRANSIENT, TRAP};

/// Transactions of one chain.
const TRANSACTIONS: usize = 250;

/// Who signs.
const SENDERS: [Address; 4] = [SENDER, Address::repeat_byte(0x51), Address::repeat_byte(0x52), Address::repeat_byte(0x53)];

/// Methods of the precompiles with words as arguments; those that take ether out of the chain are not
/// among them.
const METHODS: &[&str] = &[
    "activateProgram(address)",
    "codehashKeepalive(bytes32)",
    "programInitGas(address)",
    "codehashVersion(bytes32)",
    "cacheProgram(address)",
    "evictCodehash(bytes32)",
    "allCacheManagers()",
    "arbBlockNumber()",
    "arbBlockHash(uint256)",
    "mapL1SenderContractAddressToL2Alias(address,address)",
    "isTopLevelCall()",
    "getBalance(address)",
    "getCode(address)",
    "getPricesInWei()",
    "addChainOwner(address)",
    "setL2BaseFee(uint256)",
    "setInkPrice(uint32)",
    "setWasmPageLimit(uint16)",
    "becomeChainOwner()",
];

/// Numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize].clone()
    }

    fn bytes(&mut self, max: u64) -> Vec<u8> {
        (0..self.below(max)).map(|_| self.next() as u8).collect()
    }

    /// A word: small, an edge, anything.
    fn word(&mut self) -> B256 {
        match self.below(4) {
            0 => U256::from(self.below(5)).into(),
            1 => self.pick(&[U256::MAX, U256::from(1) << 255, U256::from(u64::MAX), ETHER]).into(),
            _ => keccak256(self.next().to_be_bytes()),
        }
    }
}

/// A chain with a bit of everything, and how to make transactions for it.
struct World {
    chain: Chain,
    /// Whatever can be called.
    targets: Vec<Address>,
    dice: Dice,
}

impl World {
    fn new(arbos: ArbOsVersion, seed: u64) -> Self {
        let mut chain = Chain::at(arbos);
        let programs = [PROBE, CALLER, STORE, GROW, MIRROR, TRANSIENT, ACCOUNT, TRAP, DEEP, LOOP];
        let mut targets: Vec<_> = programs.map(|text| chain.program(text)).to_vec();
        targets.push(chain.program(COUNTER_WASM));
        // Programs that cannot run: never activated, damaged.
        targets.push(chain.deploy(&stylus_code(r#"(module (memory (export "memory") 1 1))"#)));
        targets.push(chain.deploy(&[0xef, 0xf0, 0, 0, 1, 2, 3]));
        // Contracts: proxies; selfdestruct for the caller and for calldata; burns all; reverts.
        for code in [PROXY, DELEGATE_PROXY, "33 ff", "6000 35 ff", "fe", "6020 6000 fd"] {
            targets.push(chain.deploy(&hex_code(code)));
        }
        targets.extend((1..=0x11).chain(0x64..=0x73).chain([0xff]).map(Address::with_last_byte));
        targets.extend(SENDERS);
        targets.extend([Address::ZERO, Address::repeat_byte(0x77)]);
        for sender in &SENDERS[1..] {
            chain.db.insert_account_info(*sender, AccountInfo::from_balance(ETHER * U256::from(50)));
        }
        Self { chain, targets, dice: Dice(seed) }
    }

    fn target(&mut self) -> Address {
        self.dice.pick(&self.targets)
    }

    /// Calldata, sometimes for a program that calls another with calldata again.
    fn data(&mut self, depth: u32) -> Vec<u8> {
        let inner = |world: &mut Self| if depth == 0 { Vec::new() } else { world.data(depth - 1) };
        match self.dice.below(8) {
            0 => Vec::new(),
            1 => self.dice.bytes(100),
            2 => {
                let (kind, to) = (self.dice.below(6) as u8, self.target());
                let value = self.dice.pick(&[0, 0, 1, 1000, u64::MAX]);
                let gas = self.dice.pick(&[u64::MAX, u64::MAX, 0, 30_000, 1_000_000]);
                let data = if kind > 2 { self.init() } else { inner(self) };
                Probe::new(kind, to).value(value).gas(gas).data(data).encode().to_vec()
            }
            3 => [self.target().to_vec(), inner(self)].concat(),
            4 => {
                let (to, data) = (self.target(), inner(self));
                via(to, &data).to_vec()
            }
            5 => set_number(self.dice.below(3)).to_vec(),
            6 => (0..self.dice.below(4)).flat_map(|_| self.dice.word()).collect(),
            _ => {
                let mut data = keccak256(self.dice.pick(METHODS))[..4].to_vec();
                for _ in 0..self.dice.below(3) {
                    let account = self.target().into_word();
                    data.extend(if self.dice.one_in(2) { account } else { self.dice.word() });
                }
                data
            }
        }
    }

    /// Init code: deploys something, reverts, burns, or is noise.
    fn init(&mut self) -> Vec<u8> {
        use cor_stylus_vm::prepare::init_code;
        match self.dice.below(5) {
            0 => init_code(&self.dice.bytes(60)),
            1 => init_code(&hex_code(self.dice.pick(&[PROXY, "33 ff", "00"]))),
            2 => init_code(&stylus_code(self.dice.pick(&[MIRROR, TRAP]))),
            3 => hex_code(self.dice.pick(&["6020 6000 fd", "fe", "", "33 31 6000 52 6020 6000 f3"])),
            _ => self.dice.bytes(80),
        }
    }

    fn transaction(&mut self) -> TxEnv {
        let caller = self.dice.pick(&SENDERS);
        let info = self.chain.db.basic(caller).unwrap().unwrap_or_default();
        let base_fee = u128::from(self.chain.block.base_fee);
        let gas_price = if self.dice.one_in(20) { base_fee - 1 } else { base_fee * u128::from(1 + self.dice.below(10)) };
        let is_create = self.dice.one_in(8);
        let (kind, data) = if is_create { (TxKind::Create, self.init()) } else { (TxKind::Call(self.target()), self.data(3)) };
        let value = self.dice.pick(&[U256::ZERO, U256::ZERO, U256::from(7), ETHER, info.balance >> 3]);
        let value = if self.dice.one_in(40) { info.balance } else { value };
        let tx_type = self.dice.pick(&[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 3]);
        let tip = self.dice.pick(&[0, 1, base_fee]);
        let mut tx = TxEnv {
            tx_type,
            caller,
            gas_limit: self
                .dice
                .pick(&[21_000, 60_000, 300_000, 300_000, 1_000_000, 1_000_000, 3_000_000, 5_000_000, 40_000_000]),
            gas_price,
            gas_priority_fee: (tx_type >= 2).then_some(tip),
            kind,
            value,
            data: data.into(),
            nonce: info.nonce + u64::from(self.dice.one_in(20)),
            chain_id: Some(if self.dice.one_in(40) { 1 } else { CHAIN_ID }),
            ..TxEnv::default()
        };
        if tx_type >= 1 && self.dice.one_in(2) {
            let (address, storage_keys) = (self.target(), vec![self.dice.word(), self.dice.word()]);
            tx.access_list = vec![AccessListItem { address, storage_keys }].into();
        }
        if tx_type == 3 {
            (tx.blob_hashes, tx.max_fee_per_blob_gas) = (vec![B256::with_last_byte(1)], 1);
        }
        if tx_type == 4 {
            let count = if self.dice.one_in(10) { 0 } else { 1 + self.dice.below(2) };
            let list = (0..count).map(|_| self.authorization()).collect();
            tx.set_recovered_authorization(list);
        }
        tx
    }

    /// Lets an account run the code of something else, or nothing again.
    fn authorization(&mut self) -> RecoveredAuthorization {
        let authority = self.dice.pick(&SENDERS);
        let nonce = self.chain.db.basic(authority).unwrap().unwrap_or_default().nonce;
        let address = if self.dice.one_in(3) { Address::ZERO } else { self.target() };
        let chain_id = U256::from(self.dice.pick(&[CHAIN_ID, CHAIN_ID, 0, 1]));
        let inner = Authorization { chain_id, address, nonce: nonce + self.dice.below(2) };
        RecoveredAuthorization::new_unchecked(inner, RecoveredAuthority::Valid(authority))
    }

    /// All the ether there is.
    fn ether(&self) -> U256 {
        self.chain.db.cache.accounts.values().map(|account| account.info.balance).sum()
    }
}

/// What became of the transactions of a chain.
#[derive(Debug, Default)]
struct Tally {
    succeeded: usize,
    reverted: usize,
    halted: usize,
    refused: usize,
}

fn run(arbos: ArbOsVersion, seed: u64) -> Tally {
    let mut world = World::new(arbos, seed);
    let mut tally = Tally::default();
    for index in 0..TRANSACTIONS {
        let tx = world.transaction();
        let what = format!("{arbos}, seed {seed}, transaction {index}: {tx:?}");
        let (ether, nonce) = (world.ether(), world.chain.db.basic(tx.caller).unwrap().unwrap_or_default().nonce);
        let chain = &mut world.chain;
        let mut twice = [(); 2].map(|()| {
            chain.block.recent_programs = Default::default();
            let attempt = panic::catch_unwind(AssertUnwindSafe(|| chain.simulate(tx.clone())));
            attempt.unwrap_or_else(|_| panic!("a panic: {what}"))
        });
        let done = match &mut twice {
            [Ok(first), Ok(second)] => {
                assert!(first == second, "not the same twice: {what}");
                first
            }
            [Err(first), Err(second)] => {
                assert_eq!(first.to_string(), second.to_string(), "{what}");
                assert!(!matches!(first, ExecError::Database(_) | ExecError::Vm(_)), "{first}: {what}");
                tally.refused += 1;
                continue;
            }
            _ => panic!("not the same twice: {what}"),
        };
        assert!(done.result.tx_gas_used() <= tx.gas_limit, "{what}");
        assert!(done.result.tx_gas_used() >= 21_000, "{what}");
        match &done.result {
            result if result.is_success() => tally.succeeded += 1,
            result if result.is_halt() => tally.halted += 1,
            _ => tally.reverted += 1,
        }
        world.chain.db.commit(std::mem::take(&mut done.state));
        assert_eq!(world.ether(), ether, "ether appeared or went: {what}");
        let after = world.chain.db.basic(tx.caller).unwrap().unwrap_or_default().nonce;
        assert!(after > nonce, "the nonce counts: {what}");
        world.chain.pass(index as u64 % 3);
    }
    tally
}

#[test]
fn ether_is_conserved_and_nothing_panics() {
    let mut all = Tally::default();
    for (arbos, seed) in [(ArbOsVersion::V40, 1), (ArbOsVersion::V51, 2), (ArbOsVersion::V51, 3), (ArbOsVersion::V60, 4)] {
        let tally = run(arbos, seed);
        all.succeeded += tally.succeeded;
        all.reverted += tally.reverted;
        all.halted += tally.halted;
        all.refused += tally.refused;
    }
    // The transactions are worth something: every end occurs often.
    let least = [all.succeeded, all.reverted, all.halted, all.refused].into_iter().min().unwrap();
    assert!(least >= TRANSACTIONS / 5, "{all:?}");
}
