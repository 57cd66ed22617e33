//! Tests and fuzzing without a node: what a stranger's test relies on.

use std::{cell::Cell, path::Path, time::Duration};

use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types::TransactionRequest;
use alloy_sol_types::{SolCall, SolError, sol};
use cor_anvil::{
    ForkConfig, ManualClock, Node, NodeConfig, NodeError,
    arbos::HISTORY_STORAGE,
    evm::{HOST_CALLS_MAX, ProgramFailure},
    harness::{CallError, Campaign, HarnessError, Report, START_SECS, TestChain, Transaction},
};
use cor_errors::Coded as _;
use cor_stylus_vm::{ActivationError, PrepareError, prepare::prepare};
use revm::context::result::HaltReason;

/// A contract compiled by the Stylus SDK.
const COUNTER: &[u8] = include_bytes!("../../../test/vectors/stylus/counter.wasm");
/// The executions bound a campaign here, so that it is the same on a slow machine.
const HOUR: Duration = Duration::from_secs(3_600);

sol! {
    function number() external view returns (uint256);
    function setNumber(uint256 value) external;
    function increment() external;
    function closed() external view;
    function arbBlockNumber() external view returns (uint256);
    function arbBlockHash(uint256 number) external view returns (bytes32);
    #[derive(Debug, PartialEq, Eq)]
    error TooLow(uint256 have, uint256 want);
    #[derive(Debug, PartialEq, Eq)]
    error Paused();

    interface Shop {
        #[derive(Debug, PartialEq, Eq)]
        constructor(address owner);
        error TooLow(uint256 have, uint256 want);
        error Closed();
    }
}

fn counter() -> (TestChain, Address) {
    let mut chain = TestChain::new().expect("a chain");
    let counter = chain.deploy(COUNTER).expect("a contract");
    (chain, counter)
}

fn number(chain: &TestChain, counter: Address) -> u64 {
    chain.view(counter, &numberCall {}).expect("a number").to()
}

fn set(chain: &mut TestChain, counter: Address, value: u64) -> u64 {
    let user = chain.account(1);
    chain.send(user, counter, &setNumberCall { value: U256::from(value) }).expect("it is set").gas_used
}

/// Init code that returns, or runtime code that reverts with, the bytes after it.
fn answering(opcode: u8, data: &[u8]) -> Vec<u8> {
    let len = u8::try_from(data.len()).expect("few bytes");
    // push1 len; push1 10; push0; codecopy; push1 len; push0; return or revert
    [&[0x60, len, 0x60, 10, 0x5f, 0x39, 0x60, len, 0x5f, opcode], data].concat()
}

/// Creates a contract that reverts with `data`.
fn reverting(chain: &mut TestChain, data: &[u8]) -> Address {
    let init = answering(0xf3, &answering(0xfd, data));
    let creation = Transaction { to: None, ..Transaction::call(chain.account(0), Address::ZERO, init) };
    chain.transact(creation).expect("it is created").created.expect("an address")
}

#[test]
fn calls_take_effect_and_snapshots_undo_them_with_the_time() {
    let (mut chain, counter) = counter();
    set(&mut chain, counter, 3);
    let three = chain.snapshot();
    chain.advance(25);
    let user = chain.account(0);
    chain.send(user, counter, &incrementCall {}).expect("it counts");
    let four = chain.snapshot();
    assert_eq!((number(&chain, counter), chain.now()), (4, START_SECS + 25));
    for _ in 0..2 {
        assert!(chain.revert(&three));
        assert_eq!((number(&chain, counter), chain.now()), (3, START_SECS));
        set(&mut chain, counter, 9);
    }
    assert!(!chain.revert(&four), "it was later than the one that was gone back to");
    assert_eq!(number(&chain, counter), 9);
}

/// The contract of earlier blocks' hashes answers what ArbSys does, and goes back with the chain.
#[test]
fn hashes_of_earlier_blocks_are_in_the_state() {
    const SYS: Address = Address::with_last_byte(0x64);
    let (mut chain, counter) = counter();
    let now: u64 = chain.view(SYS, &arbBlockNumberCall {}).expect("a number").to();
    let ask = |chain: &mut TestChain, number: u64| {
        let word = U256::from(number).to_be_bytes::<32>();
        chain.transact(Transaction::call(chain.account(0), HISTORY_STORAGE, word)).map(|done| done.returned)
    };
    let refused = |answer: Result<Bytes, CallError>| matches!(answer, Err(CallError::Reverted(data)) if data.is_empty());
    let start = chain.snapshot();
    set(&mut chain, counter, 3);
    for number in 0..=now {
        let hash = chain.view(SYS, &arbBlockHashCall { number: U256::from(number) }).expect("a hash");
        assert_eq!(ask(&mut chain, number).expect("an answer"), hash.to_vec(), "block {number} after {now}");
    }
    let later: u64 = chain.view(SYS, &arbBlockNumberCall {}).expect("a number").to();
    assert!(refused(ask(&mut chain, later)), "the block that asks");
    assert!(chain.revert(&start));
    assert!(refused(ask(&mut chain, now)), "that block is not over again");
    assert_eq!(chain.storage(HISTORY_STORAGE, U256::from(later - 1)), U256::ZERO);
}

/// What a harness says of gas is what a chain charges.
#[tokio::test]
async fn gas_is_that_of_a_chain() {
    let config = NodeConfig { clock: std::sync::Arc::new(ManualClock::at_secs(START_SECS)), ..NodeConfig::test().no_socket() };
    let node = Node::spawn(config).await.expect("a node");
    let code = cor_stylus_vm::prepare::program_code(&cor_stylus_vm::prepare::prepare(COUNTER, [0; 32]).expect("a module"));
    let (from, chain) = (node.accounts()[1].address, node.chain());
    let send = |request: TransactionRequest| {
        let hash = chain.send(TransactionRequest { from: Some(from), ..request }).expect("it is sent");
        let (block, index) = chain.mined(hash).expect("it is mined");
        let (_, receipt) = block.transaction(index).expect("a receipt");
        assert!(receipt.success);
        (receipt.gas_used, receipt.contract_address)
    };
    let init = Bytes::from(cor_stylus_vm::prepare::init_code(&code));
    let create = TransactionRequest { to: Some(alloy_primitives::TxKind::Create), input: init.into(), ..Default::default() };
    let at = send(create).1.expect("an address");
    let activation = [&alloy_primitives::hex!("58c780c2")[..], at.into_word().as_slice()].concat();
    let call = |to: Address, data: Vec<u8>, value: u128| TransactionRequest {
        to: Some(to.into()),
        input: Bytes::from(data).into(),
        value: Some(U256::from(value)),
        ..Default::default()
    };
    send(call(Address::with_last_byte(0x71), activation, 1_000_000_000_000_000_000));
    let by_node: Vec<_> =
        [5, 7, 0].map(|value: u64| send(call(at, setNumberCall { value: U256::from(value) }.abi_encode(), 0)).0).into();

    let (mut test, counter) = self::counter();
    let by_harness: Vec<_> = [5, 7, 0].map(|value| set(&mut test, counter, value)).into();
    assert_eq!(by_harness, by_node);
    node.stop().await.expect("it stops");
}

#[test]
fn what_cannot_be_deployed_is_refused_with_the_reason() {
    let mut chain = TestChain::new().expect("a chain");
    let missing = chain.deploy_file(Path::new("no/such/contract.wasm")).expect_err("no file");
    assert!(matches!(missing, HarnessError::Read { .. }), "{missing}");
    for no_module in [&b"(not a module"[..], b"hello"] {
        let refused = chain.deploy(no_module).expect_err("no module");
        assert!(matches!(refused, HarnessError::Prepare(PrepareError::NotWasm { .. })), "{refused}");
    }
    let growing =
        br#"(module (memory (export "memory") 1) (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;
    let refused = chain.deploy(growing).expect_err("it does not pay for its memory");
    assert!(matches!(refused, HarnessError::Activation(ActivationError::MissingPayForMemoryGrow)), "{refused}");
    let small = NodeConfig { code_size_limit: 6_000, ..TestChain::config() };
    let large = TestChain::start(&small).expect("a chain").deploy(COUNTER).expect_err("too large");
    let HarnessError::Deploy(CallError::Program(ProgramFailure::CodeSize { size, limit: 6_000 })) = large else {
        panic!("{large:?}");
    };
    assert!(size > 6_000 && large.entry().code == "EVM-124", "{large}");
    assert_eq!(large.to_string(), format!("the program cannot be deployed: the code has {size} bytes, the limit is 6000"));
    // As whoever writes a test may print it.
    assert!(format!("{:#}", Report::new(&large)).starts_with("EVM-124: the program cannot be deployed: the code has"));
    let fork = NodeConfig { fork: Some(ForkConfig::new("http://127.0.0.1:1")), ..TestChain::config() };
    let forked = TestChain::start(&fork).expect_err("no forks");
    assert!(matches!(forked, HarnessError::Node(NodeError::Setting { what: "--fork-url", .. })), "{forked}");
}

/// What a chain refuses in the very bytes, `cargo stylus` takes away before it deploys, and so does `deploy`.
#[test]
fn a_module_is_deployed_encoded_anew_or_as_it_is() {
    let mut chain = TestChain::new().expect("a chain");
    // As the compiler left it: lld writes table indices of several bytes.
    let refused = chain.deploy_exact(COUNTER).expect_err("as on the chain");
    assert!(matches!(refused, HarnessError::Activation(ActivationError::Invalid { .. })), "{refused}");
    let anew = prepare(COUNTER, [0; 32]).expect("a module");
    let (here, exact) = (chain.deploy(COUNTER).expect("deployed"), chain.deploy_exact(&anew).expect("deployed"));
    assert_eq!((number(&chain, here), number(&chain, exact)), (0, 0));
    // The section in front of the code that says how many data segments there are.
    let counted = br#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 1)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0) (data (i32.const 0) "x"))"#;
    let plain = prepare(counted, [0; 32]).expect("a module");
    let code = plain.windows(2).position(|pair| pair == [10, 6]).expect("the code section");
    let counted = [&plain[..code], &[12, 1, 1], &plain[code..]].concat();
    chain.deploy(&counted).expect("it is encoded anew");
    let refused = chain.deploy_exact(&counted).expect_err("as on the chain");
    assert!(matches!(refused, HarnessError::Activation(ActivationError::Section { section: "data count" })), "{refused}");
}

/// The size is what the chain looks at first; the figures of such a module cannot be stored either.
#[test]
fn a_module_that_is_too_large_is_refused_as_the_chain_does() {
    let mut chain = TestChain::new().expect("a chain");
    let data = "x".repeat(200_000);
    let large = format!(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 4)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0) (data (i32.const 0) "{data}"))"#
    );
    let refused = chain.deploy(large.as_bytes()).expect_err("too large");
    let HarnessError::Prepare(PrepareError::TooLarge { size: Some(size), limit: 131_072 }) = refused else {
        panic!("{refused:?}");
    };
    assert!(size > 200_000 && refused.to_string().contains(&format!("has {size} bytes")), "{refused}");
    assert_eq!(refused.entry().code, "VM-207");
}

#[test]
fn a_trap_says_what_it_was() {
    let mut chain = TestChain::new().expect("a chain");
    let panicking = br#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 1)
        (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#;
    let program = chain.deploy(panicking).expect("a program");
    let error = chain.send(chain.account(0), program, &incrementCall {}).expect_err("it traps");
    let CallError::Program(ProgramFailure::Stopped { address, .. }) = &error else { panic!("{error:?}") };
    assert_eq!((*address, error.entry().code), (program, "EVM-123"));
    assert!(error.to_string().contains("unreachable") && error.to_string().contains(&program.to_string()), "{error}");
    assert!(chain.view(program, &numberCall {}).expect_err("it traps").to_string().contains("unreachable"));
    // A function that is not there is no trap.
    let counter = chain.deploy(COUNTER).expect("a contract");
    let unknown = chain.transact(Transaction::call(chain.account(0), counter, closedCall {}.abi_encode()));
    assert!(matches!(unknown, Err(CallError::Reverted(data)) if data.is_empty()));
}

#[test]
fn the_same_code_can_be_deployed_twice() {
    let (mut chain, first) = counter();
    let second = chain.deploy(COUNTER).expect("a contract");
    assert_ne!(first, second);
    set(&mut chain, first, 1);
    set(&mut chain, second, 2);
    assert_eq!((number(&chain, first), number(&chain, second)), (1, 2));
}

#[test]
fn reverts_are_typed() {
    let mut chain = TestChain::new().expect("a chain");
    let (have, want) = (U256::from(1), U256::from(2));
    let contract = reverting(&mut chain, &TooLow { have, want }.abi_encode());
    let error = chain.view(contract, &numberCall {}).expect_err("it reverts");
    assert_eq!(error.error::<TooLow>(), Some(TooLow { have, want }));
    assert_eq!(error.error::<Paused>(), None);
    assert!(matches!(error.any_of::<Shop::ShopErrors>(), Some(Shop::ShopErrors::TooLow(_))));
    let silent = reverting(&mut chain, &[]);
    let error = chain.view(silent, &numberCall {}).expect_err("it reverts");
    assert_eq!((error.revert_data().map(|data| data.len()), error.error::<Paused>()), (Some(0), None));
}

#[test]
fn other_refusals_say_what_they_are() {
    let (mut chain, counter) = counter();
    let poor = Address::repeat_byte(0x11);
    let unpaid = chain.send_value(poor, counter, &incrementCall {}, U256::ONE).expect_err("no ether");
    assert!(matches!(unpaid, CallError::Halted(HaltReason::OutOfFunds)), "{unpaid}");
    let cheap = Transaction { gas_limit: 20_000, ..Transaction::call(poor, counter, Bytes::new()) };
    let refused = chain.transact(cheap).expect_err("less gas than any transaction costs");
    assert!(matches!(refused, CallError::Refused(_)), "{refused}");
    let little = Transaction { gas_limit: 25_000, ..Transaction::call(poor, counter, incrementCall {}.abi_encode()) };
    let halted = chain.transact(little).expect_err("little gas");
    assert!(matches!(halted, CallError::Halted(HaltReason::OutOfGas(_))), "{halted}");
    let bytecode = answering(0xf3, &answering(0xf3, &[1]));
    let creation = Transaction { to: None, ..Transaction::call(poor, Address::ZERO, bytecode) };
    let short = chain.transact(creation).expect("it is created").created.expect("an address");
    let short = chain.view(short, &numberCall {}).expect_err("no number of one byte");
    assert!(matches!(short, CallError::Undecodable { signature: "number()", .. }), "{short}");
    assert_eq!(number(&chain, counter), 0);
}

/// A call of an address without a contract succeeds and returns nothing: a test with a wrong address would pass.
#[test]
fn what_is_called_must_be_there() {
    let (mut chain, counter) = counter();
    let (user, nobody) = (chain.account(0), Address::repeat_byte(0x11));
    let viewed = chain.view(nobody, &numberCall {}).map(drop).expect_err("no contract is there");
    let sent = chain.send(user, nobody, &incrementCall {}).map(drop).expect_err("no contract is there");
    let constructed = chain.construct(user, nobody, &Shop::constructorCall { owner: user }).expect_err("no contract is there");
    for (error, what) in [(viewed, "number()"), (sent, "increment()"), (constructed, "constructor")] {
        assert!(matches!(error, CallError::NoCode { address, .. } if address == nobody), "{error:?}");
        assert_eq!(error.to_string(), format!("{what} was not called: there is no code at {nobody}"));
        assert_eq!(error.entry().code, "TEST-015");
    }
    // Ether goes to anybody.
    chain.transact(Transaction { value: U256::ONE, ..Transaction::call(user, nobody, Bytes::new()) }).expect("it is sent");
    assert_eq!((chain.balance(nobody), number(&chain, counter)), (U256::ONE, 0));
}

/// A snapshot is of one chain: another one may have a mark just like it.
#[test]
fn a_snapshot_of_another_chain_is_refused() {
    let ((mut chain, counter), (mut other, _)) = (self::counter(), self::counter());
    let (own, foreign) = (chain.snapshot(), other.snapshot());
    set(&mut chain, counter, 3);
    assert!(!chain.revert(&foreign));
    assert_eq!(number(&chain, counter), 3);
    assert!(chain.revert(&own) && other.revert(&foreign));
}

#[test]
fn anyone_sends_and_nobody_pays_for_gas() {
    let (mut chain, counter) = counter();
    let stranger = Address::repeat_byte(0x22);
    chain.set_balance(stranger, U256::from(5));
    chain.send(stranger, counter, &incrementCall {}).expect("it counts");
    assert_eq!(chain.balance(stranger), U256::from(5));
    chain.set_storage(counter, U256::ZERO, U256::from(70));
    assert_eq!(number(&chain, counter), 70);
    assert_eq!(chain.storage(counter, U256::ZERO), U256::from(70));
}

#[test]
fn a_trace_shows_host_calls_with_their_ink() {
    let (chain, counter) = counter();
    let call = Transaction::call(chain.account(0), counter, setNumberCall { value: U256::from(6) }.abi_encode());
    let calls = chain.trace(&call).expect("a trace");
    let names: Vec<_> = calls.iter().map(|call| call.name.as_ref()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"user_entrypoint"), Some(&"user_returned")));
    assert!(names.contains(&"storage_flush_cache"), "{names:?}");
    let ink = calls[0].start_ink - calls[calls.len() - 1].end_ink;
    assert!(ink > 20_000 * 10_000, "a first write of a slot costs 20,000 gas: {ink}");
    assert_eq!(number(&chain, counter), 0, "nothing was changed");
}

/// It has a row of its own, which a box of any error would hide.
#[test]
fn a_trace_that_is_too_long_says_so() {
    let mut chain = TestChain::new().expect("a chain");
    let calls = HOST_CALLS_MAX + 1;
    let talkative = format!(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
        (import "vm_hooks" "tx_ink_price" (func $ask (result i32))) (memory (export "memory") 1)
        (func (export "user_entrypoint") (param i32) (result i32) (local i32)
            (loop (drop (call $ask)) (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const {calls}))))
            i32.const 0))"#
    );
    let program = chain.deploy(talkative.as_bytes()).expect("a program");
    let error = chain.trace(&Transaction::call(chain.account(0), program, Bytes::new())).expect_err("too long");
    assert!(matches!(error, CallError::TraceTooLong(_)) && error.entry().code == "EVM-109", "{error:?}");
}

#[test]
fn counting_changes_nothing_but_the_counters() {
    let (mut plain, at) = counter();
    let mut counting = TestChain::counting().expect("a chain");
    assert_eq!(counting.deploy(COUNTER).expect("a contract"), at);
    assert_eq!(set(&mut plain, at, 5), set(&mut counting, at, 5));
    assert_eq!(plain.coverage(|counters| counters.len()), 0);
    let entered = |chain: &TestChain| chain.coverage(|counters| counters.iter().filter(|count| **count > 0).count());
    let (before, blocks) = (entered(&counting), counting.coverage(|counters| counters.len()));
    assert!(before > 10 && before < blocks, "{before} of {blocks}");
    counting.send(plain.account(0), at, &incrementCall {}).expect("it counts");
    assert!(entered(&counting) > before, "another function has other blocks");
}

/// A call of the counter in one byte that says which, and one that is a number.
fn play(chain: &mut TestChain, counter: Address, input: &[u8]) {
    let user = chain.account(0);
    for step in input.chunks_exact(2).take(8) {
        let sent = match step[0] % 2 {
            0 => chain.send(user, counter, &setNumberCall { value: U256::from(step[1]) }).map(drop),
            _ => chain.send(user, counter, &incrementCall {}).map(drop),
        };
        sent.expect("it is sent");
    }
}

#[test]
fn a_campaign_is_repeatable_and_leaves_the_chain_as_it_was() {
    let campaign = Campaign { seed: 11, executions: 300, time: HOUR };
    let report = || {
        let mut chain = TestChain::counting().expect("a chain");
        let counter = chain.deploy(COUNTER).expect("a contract");
        let report = campaign.run(&mut chain, |chain, input| play(chain, counter, input)).expect("nothing is found");
        assert_eq!(number(&chain, counter), 0);
        report
    };
    let (first, second) = (report(), report());
    assert_eq!((first.executions, first.seed), (300, 11));
    assert!(first.calls > 300 && first.entered > 0 && first.entered < first.blocks && first.kept > 1, "{first:?}");
    assert_eq!(first.clone(), cor_anvil::harness::CampaignReport { elapsed: first.elapsed, ..second });
    assert!(first.to_string().contains("executions per second"), "{first}");
}

#[test]
fn a_campaign_finds_what_only_one_order_of_calls_reaches() {
    let mut chain = TestChain::counting().expect("a chain");
    let counter = chain.deploy(COUNTER).expect("a contract");
    let campaign = Campaign { seed: 3, executions: 100_000, time: HOUR };
    let executions = Cell::new(0);
    let target = |chain: &mut TestChain, input: &[u8]| {
        executions.set(executions.get() + 1);
        play(chain, counter, input);
        assert_ne!(number(chain, counter), 0x81, "0x80 was set and counted up");
    };
    let found = campaign.run(&mut chain, target).expect_err("it is found");
    assert!(found.seed == 3 && found.execution < executions.get(), "its input was made shorter: {found}");
    assert!(found.to_string().contains(&format!("input {}: ", alloy_primitives::hex::encode_prefixed(&found.input))), "{found}");
    assert_eq!(found.input.len(), 4, "one call sets, the other counts up: {found}");
    assert!(found.message.contains("counted up"), "{found}");
    // The input alone shows it again.
    play(&mut chain, counter, &found.input);
    assert_eq!(number(&chain, counter), 0x81);
}

/// Steps of four bytes: only whole ones can go, and those that matter are far from each other. The target counts in itself, as the chain is
/// not what is looked at.
#[test]
fn the_input_of_a_finding_is_as_short_as_can_be() {
    let (mut chain, _) = counter();
    for seed in 1..9 {
        let campaign = Campaign { seed, executions: 1_000_000, time: HOUR };
        let target = |_: &mut TestChain, input: &[u8]| {
            let mut paid = [0_u16; 4];
            for step in input.chunks_exact(4) {
                let (who, amount) = (usize::from(step[1] % 4), u16::from_be_bytes([step[2], step[3]]));
                if step[0] % 2 == 0 {
                    paid[who] = paid[who].saturating_add(amount);
                } else if paid[who] >= amount {
                    paid[who] -= amount;
                    assert_ne!(amount & 0xff, 0x39, "taken out");
                }
            }
        };
        let found = campaign.run(&mut chain, target).expect_err("it is found");
        assert_eq!(found.input.len(), 8, "one pays in, one takes out: {found}");
    }
}

#[test]
fn a_campaign_ends_in_time() {
    let (mut chain, counter) = counter();
    let none = Campaign { seed: 1, executions: u64::MAX, time: Duration::ZERO };
    let report = none.run(&mut chain, |chain, input| play(chain, counter, input)).expect("nothing is found");
    assert_eq!((report.executions, report.blocks), (0, 0));
    // However slow an execution is, the one during which the time ends is the last.
    let short = Campaign { time: Duration::from_millis(200), ..none };
    let slow = |_: &mut TestChain, _: &[u8]| {
        let began = std::time::Instant::now();
        while began.elapsed() < short.time {}
    };
    assert_eq!(short.run(&mut chain, slow).expect("nothing is found").executions, 1);
}
