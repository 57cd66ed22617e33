//! What rarely happens: delegated accounts, a state that cannot be read, debug imports, hashes of
//! blocks of the parent chain.

use std::fmt;

use cor_anvil::evm::{ArbOsVersion, ExecError};
use revm::{
    Database,
    context::TxEnv,
    database_interface::DBErrorMarker,
    primitives::{Address, B256, Bytes, TxKind, U256, keccak256},
    state::{AccountInfo, Bytecode},
};

use crate::calls::{Probe, seen};
use crate::chain::{COUNTER_WASM, Chain, PROXY, calldata, hex_code, output_of, set_number, via};
use crate::programs::{ACCOUNT, CALLER, PROBE, STORE, TRANSIENT};

#[test]
fn an_account_delegated_to_a_program_runs_it_on_its_own_storage() {
    for arbos in ArbOsVersion::ALL {
        let mut chain = Chain::at(arbos);
        let (counter, caller) = (chain.program(COUNTER_WASM), chain.program(CALLER));
        let account = Address::repeat_byte(0x7e);
        let info = AccountInfo::default().with_code(Bytecode::new_eip7702(counter)).with_nonce(1);
        chain.db.insert_account_info(account, info);
        let proxy = chain.deploy(&hex_code(PROXY));
        for (what, to, data, value) in [
            ("a transaction", account, set_number(1), 1),
            ("a contract", proxy, via(account, &set_number(2)), 2),
            ("a program", caller, [account.as_slice(), &set_number(3)].concat().into(), 3),
        ] {
            let result = chain.call(to, data);
            assert!(result.is_success(), "{what}: {result:?}");
            assert_eq!(chain.storage(account, 0), U256::from(value), "{what}");
        }
        assert_eq!(chain.storage(counter, 0), U256::ZERO);
    }
}

#[test]
fn a_cold_account_is_paid_for_before_the_gas_is_split() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    let meter = chain.deploy(&hex_code("5a 60 00 52 60 20 60 00 f3"));
    let mut given = |warm: bool, gas_limit: u64| {
        let data = Probe::new(Probe::CALL, meter).encode();
        let mut tx = chain.tx(TxKind::Call(probe), data, U256::ZERO);
        if warm {
            let item = revm::context::transaction::AccessListItem { address: meter, storage_keys: Vec::new() };
            tx = TxEnv { tx_type: 1, access_list: vec![item].into(), ..tx };
        }
        let result = chain.simulate(TxEnv { gas_limit, ..tx }).unwrap().result;
        let gas: u64 = U256::from_be_slice(&seen(output_of(&result)).data).to();
        gas + 2
    };
    // An entry of the access list costs 2400: the program starts with the same gas.
    let (cold, warm) = (given(false, 1_000_000), given(true, 1_002_400));
    let left = warm.div_ceil(63) * 64;
    let split = |gas: u64| gas * 63 / 64;
    let found = (left - 64..=left + 64).any(|gas| split(gas) == warm && split(gas - 2_500) == cold);
    assert!(found, "cold {cold}, warm {warm}");
}

/// A state of which one slot cannot be read.
struct Damaged<'a> {
    db: &'a mut revm::database::InMemoryDB,
    slot: (Address, U256),
}

#[derive(Debug)]
struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the slot is gone")
    }
}

impl std::error::Error for Unreadable {}
impl DBErrorMarker for Unreadable {}

impl Database for Damaged<'_> {
    type Error = Unreadable;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Unreadable> {
        Ok(self.db.basic(address).unwrap())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Unreadable> {
        Ok(self.db.code_by_hash(hash).unwrap())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Unreadable> {
        if (address, slot) == self.slot {
            return Err(Unreadable);
        }
        Ok(self.db.storage(address, slot).unwrap())
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Unreadable> {
        Ok(self.db.block_hash(number).unwrap())
    }
}

#[test]
fn a_state_that_cannot_be_read_is_an_error_and_no_result() {
    let mut chain = Chain::new();
    let (counter, caller) = (chain.program(COUNTER_WASM), chain.program(CALLER));
    let proxy = chain.deploy(&hex_code(PROXY));
    let number = calldata("number()", &[]);
    let managers = {
        // Slot of the number of cache managers, which ArbWasmCache reads.
        let space = keccak256([keccak256([8]).as_slice(), &[4]].concat());
        let mut slot = keccak256([space.as_slice(), &[0; 31]].concat());
        slot[31] = 0;
        U256::from_be_bytes(slot.0)
    };
    let cache = Address::with_last_byte(0x72);
    let list = calldata("allCacheManagers()", &[]);
    let state = cor_anvil::arbos::ARBOS_STATE;
    for (what, slot, to, data) in [
        ("a program", (counter, U256::ZERO), counter, number.clone()),
        ("a program behind a contract", (counter, U256::ZERO), proxy, via(counter, &number)),
        ("a program behind a program", (counter, U256::ZERO), caller, [counter.as_slice(), &number].concat().into()),
        ("a precompile", (state, managers), cache, list.clone()),
        ("a precompile behind a program", (state, managers), caller, [cache.as_slice(), &list].concat().into()),
    ] {
        let tx = chain.tx(TxKind::Call(to), data, U256::ZERO);
        let (block, config) = (chain.block.clone(), chain.config);
        let damaged = Damaged { db: &mut chain.db, slot };
        match Chain::executor().transact(damaged, &block, &config, tx.clone()) {
            Err(ExecError::Database(error)) => assert_eq!(error.to_string(), "the slot is gone"),
            other => panic!("{what}: {other:?}"),
        }
        assert!(chain.execute(tx).is_success(), "{what}");
    }
}

#[test]
fn console_imports_are_for_debug_chains() {
    let mut chain = Chain::new();
    let module = r#"(module
      (import "console" "log_i32" (func $log (param i32)))
      (memory (export "memory") 0 0)
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $log (i32.const 5)) (i32.const 0)))"#;
    let program = chain.deploy(&crate::chain::stylus_code(module));
    assert!(!chain.activate(program).is_success());
    chain.config.debug = true;
    assert!(chain.activate(program).is_success());
    assert!(chain.call(program, []).is_success());
}

#[test]
fn block_hashes_of_the_parent_chain() {
    let mut chain = Chain::new();
    // blockhash(calldataload(0)); return it
    let ask = chain.deploy(&hex_code("6000 35 40 6000 52 6020 6000 f3"));
    let current = chain.block.l1_block_number;
    for (number, known) in [(current - 1, true), (current - 256, true), (current - 257, false), (current, false)] {
        let data: Bytes = U256::from(number).to_be_bytes::<32>().to_vec().into();
        let result = chain.call(ask, data);
        let expected = if known { keccak256(number.to_be_bytes()) } else { B256::ZERO };
        assert_eq!(B256::from_slice(output_of(&result)), expected, "{number}");
    }
    chain.block.number = current;
    let data = U256::from(current - 1).to_be_bytes::<32>();
    let result = chain.call(ask, data.to_vec());
    let own = keccak256((current - 1).to_string());
    assert_eq!(B256::from_slice(output_of(&result)), own, "the database's, if both count alike");
}

#[test]
fn a_program_called_twice_in_one_transaction_is_recent_from_arbos_60() {
    let used = |arbos| {
        let mut chain = Chain::at(arbos);
        let caller = chain.program(CALLER);
        chain.pass(1);
        let once = chain.call(caller, Address::repeat_byte(1).to_vec()).tx_gas_used();
        chain.pass(1);
        let twice = chain.call(caller, [caller.as_slice(), Address::repeat_byte(1).as_slice()].concat());
        assert!(twice.is_success());
        twice.tx_gas_used() - once
    };
    let (before, from_60) = (used(ArbOsVersion::V51), used(ArbOsVersion::V60));
    // The inner start costs the least of any start, at least, before ArbOS 60.
    assert!(before > 8_832 && from_60 < before - 8_832, "{before} {from_60}");
}

/// Ink of one gas.
const INK: u64 = 10_000;

fn inks(answer: &Bytes) -> Vec<u64> {
    answer.chunks(8).map(|ink| u64::from_le_bytes(ink.try_into().unwrap())).collect()
}

#[test]
fn looking_at_an_account_is_cheaper_the_second_time() {
    let mut chain = Chain::new();
    let account = chain.program(ACCOUNT);
    // A contract of a byte, so that the code's size can be remembered for the second question.
    let target = chain.deploy(&[0x00]);
    let mut ask = |kind: u8, limit: usize| {
        chain.config.code_size_limit = limit;
        let data = [&[kind], target.as_slice()].concat();
        let answer = chain.call(account, data);
        let [first, second] = inks(output_of(&answer))[..] else { panic!("two answers") };
        first - second
    };
    assert_eq!(ask(0, 24_576), 2_500 * INK, "balance");
    assert_eq!(ask(1, 24_576), 2_500 * INK, "code hash");
    // The size of the same account's code is free when asked again at once.
    assert_eq!(ask(2, 24_576), (2_600 + 700) * INK, "code size");
    assert_eq!(ask(2, 2 * 24_576), (2_600 + 2 * 700) * INK, "code size where code may be longer");
}

#[test]
fn storage_writes_cost_what_they_cost_in_the_evm() {
    let mut chain = Chain::new();
    let store = chain.program(STORE);
    let word = B256::with_last_byte;
    let mut write = |value: u8| {
        let answer = chain.call(store, [word(1), word(value), B256::ZERO].concat());
        inks(output_of(&answer))[0]
    };
    let created = write(5);
    let changed = write(6);
    let unchanged = write(6);
    let cleared = write(0);
    assert_eq!(created - changed, (22_100 - 5_000) * INK);
    assert_eq!(changed - unchanged, (5_000 - 2_200) * INK, "cold and a no-op");
    assert_eq!(cleared, changed);
}

#[test]
fn transient_storage_lives_as_long_as_its_transaction() {
    let mut chain = Chain::new();
    let program = chain.program(TRANSIENT);
    // Calls the address in its calldata twice, with the word 5; returns the second answer.
    let twice = chain.deploy(&hex_code(
        "6005 6000 52
         6000 6000 6020 6000 6000 600035 5a f1 50
         6020 6020 6020 6000 6000 600035 5a f1 50
         6020 6020 f3",
    ));
    let five = U256::from(5).to_be_bytes::<32>();
    let first = chain.call(program, five);
    assert_eq!(U256::from_be_slice(output_of(&first)), U256::ZERO);
    let again = chain.call(twice, program.into_word().0);
    assert_eq!(U256::from_be_slice(output_of(&again)), U256::from(5));
    let later = chain.call(program, five);
    assert_eq!(U256::from_be_slice(output_of(&later)), U256::ZERO);
}
