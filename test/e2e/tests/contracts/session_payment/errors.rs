//! Every error of SessionPayment, and those of its peers that it passes on.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolValue},
};
use cor_core::limits::LINE_MAX;
use cor_core::money::pricing::quote;
use cor_kit::solo::Refused;
use cor_sol::{
    ContractError,
    cor::ICor,
    session_payment::ISessionPayment::{self as Payment, QuoteInputs},
    session_payment_table::ISessionPaymentTable as Table,
};

use crate::support::constant;

use super::world::{COR, WALLET, World, inputs, prices, same};

fn reserve(world: &World, inputs: QuoteInputs, max_charge: u128) -> Payment::reserveCall {
    Payment::reserveCall { taskId: 1, payer: world.account(2), inputs, maxCharge: max_charge }
}

#[tokio::test]
async fn amounts_and_addresses() {
    let world = World::start().await;
    let payer = world.account(2);
    let zero = same(&Payment::ZeroAmount {});
    assert_eq!(world.refused(2, &Payment::depositCall { amount: U256::ZERO }), zero);
    assert_eq!(world.refused(2, &Payment::withdrawCall { amount: U256::ZERO }), zero);
    assert_eq!(world.refused(2, &Payment::fundTreasuryCall { amount: U256::ZERO }), zero);
    assert_eq!(world.refused(0, &Payment::withdrawTreasuryCall { to: payer, amount: U256::ZERO }), zero);

    let nobody = same(&Payment::ZeroAddress {});
    assert_eq!(world.refused(2, &Payment::depositForCall { payer: Address::ZERO, amount: U256::from(1) }), nobody);
    assert_eq!(world.refused(0, &Payment::withdrawTreasuryCall { to: Address::ZERO, amount: U256::from(1) }), nobody);
    let unpaid = Payment::reserveCall { payer: Address::ZERO, ..reserve(&world, inputs(), u128::MAX) };
    assert_eq!(world.refused(1, &unpaid), nobody);

    let max = U256::from(u128::MAX);
    let above = max + U256::from(1);
    let too_large = same(&Payment::AmountTooLarge { amount: above, limit: max });
    assert_eq!(world.refused(2, &Payment::depositCall { amount: above }), too_large);
    assert_eq!(world.refused(2, &Payment::fundTreasuryCall { amount: above }), too_large);

    world.by(2, &Payment::depositCall { amount: U256::from(5) });
    let short = |needed| same(&Payment::InsufficientBalance { payer, available: U256::from(5), needed });
    assert_eq!(world.refused(2, &Payment::withdrawCall { amount: U256::from(6) }), short(U256::from(6)));
    assert_eq!(world.refused(2, &Payment::withdrawCall { amount: above }), short(above));
    let treasury = same(&Payment::InsufficientTreasury { available: U256::ZERO, needed: U256::from(1) });
    assert_eq!(world.refused(0, &Payment::withdrawTreasuryCall { to: payer, amount: U256::from(1) }), treasury);
    assert_eq!(world.refused(2, &Payment::withdrawEarningsCall {}), same(&Payment::NothingEarned { account: payer }));
    world.assert_conserved([]);
}

#[tokio::test]
async fn escrows() {
    let world = World::start().await;
    let (payer, keeper) = (world.account(2), world.account(7));
    let total = {
        let prices = prices();
        let inputs = cor_core::money::pricing::QuoteInputs {
            execution_depth: 1,
            replicas: 3,
            consensus_rule: 1,
            quorum_bps: 5_001,
            max_tokens: 1_000,
            ..Default::default()
        };
        quote(&prices.terms, &prices.classes[0], &inputs).expect("a price").total
    };
    let short = same(&Payment::InsufficientBalance { payer, available: U256::ZERO, needed: U256::from(total) });
    assert_eq!(world.refused(1, &reserve(&world, inputs(), u128::MAX)), short);
    world.by(2, &Payment::depositCall { amount: U256::from(WALLET) });
    let dear = same(&Payment::MaxChargeExceeded { quoted: total, maxCharge: total - 1 });
    assert_eq!(world.refused(1, &reserve(&world, inputs(), total - 1)), dear);

    let not_reserved = same(&Payment::NotReserved { taskId: 1 });
    let charge = |paid: usize| Payment::chargeCall { taskId: 1, miners: vec![world.account(4); paid], keeper };
    let refund = Payment::refundCall { taskId: 1, keeper };
    assert_eq!(world.refused(1, &charge(1)), not_reserved);
    assert_eq!(world.refused(1, &refund), not_reserved);
    world.by(1, &reserve(&world, inputs(), total));
    let twice = same(&Payment::AlreadyReserved { taskId: 1 });
    assert_eq!(world.refused(1, &reserve(&world, inputs(), total)), twice);
    assert_eq!(world.refused(1, &charge(4)), same(&Payment::TooManyPaid { taskId: 1, paid: 4, replicas: 3 }));
    world.by(1, &charge(3));
    // A settled task is neither settled nor reserved again.
    assert_eq!(world.refused(1, &charge(3)), not_reserved);
    assert_eq!(world.refused(1, &refund), not_reserved);
    assert_eq!(world.refused(1, &reserve(&world, inputs(), total)), twice);
    world.assert_conserved([1]);
}

#[tokio::test]
async fn errors_of_the_table_and_the_token_come_through() {
    let world = World::start().await;
    let unknown = QuoteInputs { modelIdentifier: 77, ..inputs() };
    assert_eq!(world.refused(1, &reserve(&world, unknown, u128::MAX)), same(&Table::UnknownModel { modelIdentifier: 77 }));
    let even = QuoteInputs { replicas: 4, ..inputs() };
    assert_eq!(world.refused(1, &reserve(&world, even, u128::MAX)), same(&Table::EvenReplicas { replicas: 4 }));
    let urgent = QuoteInputs { priority: 2, ..inputs() };
    let unsold = Table::NotSold { field: B256::right_padding_from(b"priority"), value: U256::from(2) };
    assert_eq!(world.refused(1, &reserve(&world, urgent, u128::MAX)), same(&unsold));
    let none = QuoteInputs { executionDepth: 0, ..inputs() };
    assert!(
        matches!(world.refused(1, &reserve(&world, none, u128::MAX)), ContractError::InputOutOfRange(error) if error.min == U256::from(1))
    );

    let (sender, balance, needed) = (world.account(2), U256::from(WALLET), U256::from(WALLET + 1));
    let poor = same(&ICor::ERC20InsufficientBalance { sender, balance, needed });
    assert_eq!(world.refused(2, &Payment::depositCall { amount: needed }), poor);
    world.solo.ok(sender, world.token, &ICor::approveCall { spender: world.payment, value: U256::ZERO });
    let unapproved =
        same(&ICor::ERC20InsufficientAllowance { spender: world.payment, allowance: U256::ZERO, needed: U256::from(COR) });
    assert_eq!(world.refused(2, &Payment::depositCall { amount: U256::from(COR) }), unapproved);
    assert_eq!(world.get(&Payment::totalHeldCall {}), U256::ZERO);
}

#[tokio::test]
async fn construction_and_wiring() {
    let world = World::unwired().await;
    let payment = world.solo.place("SessionPayment");
    let construct = |owner: Address, cap: u32| world.solo.construct(payment, &(owner, cap).abi_encode_params());
    let above = Payment::InputOutOfRange {
        field: B256::right_padding_from(b"noResultGasCapBps"),
        value: U256::from(10_001),
        min: U256::ZERO,
        max: U256::from(10_000),
    };
    assert_eq!(construct(world.account(0), 10_001), Err(Refused::Known(same(&above))));
    assert_eq!(construct(Address::ZERO, 0), Err(Refused::Known(same(&Payment::ZeroAddress {}))));
    assert!(construct(world.account(0), 10_000).is_ok());
    assert!(construct(world.account(3), 10_000).is_err(), "a contract is constructed once");

    // Not wired: nobody is the queue, and no token answers.
    let failed = same(&Payment::TransferFailed { token: Address::ZERO });
    assert_eq!(world.refused(2, &Payment::depositCall { amount: U256::from(1) }), failed);
    let nobody = same(&Payment::Unauthorized { caller: world.account(1), required: Address::ZERO });
    assert_eq!(world.refused(1, &reserve(&world, inputs(), u128::MAX)), nobody);

    let zeroed: [fn(&mut Payment::wireCall); 4] = [
        |c| c.token = Address::ZERO,
        |c| c.table = Address::ZERO,
        |c| c.staking = Address::ZERO,
        |c| c.sessionQueue = Address::ZERO,
    ];
    for zero in zeroed {
        let mut call = world.wiring();
        zero(&mut call);
        assert_eq!(world.refused(0, &call), same(&Payment::ZeroAddress {}));
    }
    let done = world.by(0, &world.wiring());
    let Payment::wireCall { token, table, staking, sessionQueue } = world.wiring();
    let wired = Payment::Wired { token, table, staking, sessionQueue };
    assert_eq!(world.own_logs(&done), [alloy::sol_types::SolEvent::encode_log_data(&wired)]);
    // Everything but the token may change.
    let other = Payment::wireCall { sessionQueue: world.account(3), ..world.wiring() };
    world.by(0, &other);
    let foreign = Payment::wireCall { token: table, ..world.wiring() };
    assert_eq!(world.refused(0, &foreign), same(&Payment::TokenIsFixed { token }));
}

/// Tables and tokens that lie, as a few bytes of EVM code that return constants.
#[tokio::test]
async fn peers_that_lie_are_found_out() {
    let world = World::start().await;
    world.by(2, &Payment::depositCall { amount: U256::from(WALLET) });
    // version, perReplica, miners, validators, network, gas, rebate, total, validUntil
    let quotes: [([u128; 9], ContractError); 4] = [
        ([1, 10, 30, 0, 3, 5, 0, 39, 0], same(&Payment::InconsistentQuote { quoted: 39, computed: 38 })),
        ([1, 10, 30, 0, 3, 5, 4, 34, 0], same(&Payment::InconsistentQuote { quoted: 4, computed: 3 })),
        ([1, LINE_MAX + 1, 0, 0, 0, 0, 0, 0, 0], large(LINE_MAX + 1)),
        ([1, 10, 30, 0, 3, LINE_MAX + 1, 0, 0, 0], large(LINE_MAX + 1)),
    ];
    for (answer, error) in quotes {
        let table = constant(&world.solo, &answer.map(U256::from));
        world.by(0, &Payment::wireCall { table, ..world.wiring() });
        assert_eq!(world.refused(1, &reserve(&world, inputs(), u128::MAX)), error, "{answer:?}");
    }
    // No code, half an answer, and a number where 64 bits should be.
    let wide = [U256::MAX, U256::ZERO, U256::ZERO, U256::ZERO, U256::ZERO, U256::ZERO, U256::ZERO, U256::ZERO, U256::ZERO];
    for table in [world.account(5), constant(&world.solo, &[U256::from(1)]), constant(&world.solo, &wide)] {
        world.by(0, &Payment::wireCall { table, ..world.wiring() });
        let answer = world.try_by(1, &reserve(&world, inputs(), u128::MAX));
        assert_eq!(answer.err(), Some(Refused::Other(Bytes::new())));
    }
    world.assert_conserved([1]);

    // A token that says false, or nothing, or is not there: TransferFailed, and nothing is booked.
    for answer in [&[U256::ZERO][..], &[], &[U256::from(2)]] {
        let token = constant(&world.solo, answer);
        let payment = world.solo.deploy("SessionPayment", &(world.account(0), 0_u32).abi_encode_params());
        world.solo.ok(world.account(0), payment, &Payment::wireCall { token, ..world.wiring() });
        let refused = world.solo.refused(world.account(2), payment, &Payment::depositCall { amount: U256::from(1) });
        assert_eq!(refused, same(&Payment::TransferFailed { token }), "{answer:?}");
        assert_eq!(world.solo.get(payment, &Payment::totalHeldCall {}), U256::ZERO);
    }
}

fn large(amount: u128) -> ContractError {
    same(&Payment::AmountTooLarge { amount: U256::from(amount), limit: U256::from(LINE_MAX) })
}

/// A function that is not there, arguments that do not decode, and value: nothing happens.
#[tokio::test]
async fn calls_that_mean_nothing() {
    let world = World::start().await;
    let selector = Payment::withdrawCall::SELECTOR.to_vec();
    let dirty = [Payment::depositForCall::SELECTOR.as_slice(), &[0xff; 64]].concat();
    for data in [vec![], vec![1, 2, 3], vec![0xde, 0xad, 0xbe, 0xef], selector, dirty] {
        let request = TransactionRequest {
            from: Some(world.account(2)),
            to: Some(world.payment.into()),
            input: Bytes::from(data.clone()).into(),
            ..Default::default()
        };
        let error = world.solo.chain().send(request).expect_err("nothing to call");
        assert_eq!(error.revert_data(), Some(&Bytes::new()), "{data:?}");
    }
    let call = Payment::depositCall { amount: U256::from(1) }.abi_encode();
    let paying = TransactionRequest {
        from: Some(world.account(2)),
        to: Some(world.payment.into()),
        value: Some(U256::from(1)),
        input: Bytes::from(call).into(),
        ..Default::default()
    };
    assert!(world.solo.chain().send(paying).is_err(), "no function takes ether");
}
