//! Prices of the compiled contract and of the oracle are the same, for hundreds of random tables and requests, other ones in each run.

use std::collections::BTreeMap;

use alloy::sol_types::SolValue;
use cor_core::limits::MULTIPLIER_MAX_BPS;
use cor_kit::{Seed, solo::Refused};
use cor_sol::session_payment_table::ISessionPaymentTable::{self as Table, ClassPrice, PriceVersion, QuoteInputs};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{
    oracle::{Refusal, lines},
    world::{DELAY_SECS, World},
};

/// Tables, and requests of each.
const TABLES: u32 = 8;
const REQUESTS: usize = 60;

fn rising<const N: usize>(floor: u32, most: u32) -> impl Strategy<Value = [u32; N]> {
    proptest::array::uniform::<_, N>(floor..=most).prop_map(|mut values| {
        values.sort_unstable();
        values
    })
}

fn class_price(most: u128) -> impl Strategy<Value = ClassPrice> {
    (1..=most, any::<u128>(), 0..=most, 0..=most, 0..=most).prop_map(|(base, step, tool, token, validator)| ClassPrice {
        base,
        step: step % base,
        tool,
        token,
        validator,
    })
}

/// Versions that may be published, from a few wei to beyond what fits.
fn version() -> impl Strategy<Value = PriceVersion> {
    let most = (1_u32..128).prop_map(|bits| u128::MAX >> bits);
    let multipliers = || rising::<3>(10_000, MULTIPLIER_MAX_BPS);
    most.prop_flat_map(move |most| {
        let prices = (proptest::array::uniform3(class_price(most)), 0..=most, any::<u64>(), any::<u64>());
        let shares = (0..=MULTIPLIER_MAX_BPS, 0_u32..=10_000, rising::<4>(0, 10_000), rising::<4>(0, 10_000));
        (prices, (multipliers(), multipliers(), multipliers()), shares)
    })
    .prop_map(
        |((classes, gas_price, base_gas, replica_gas), (sla, consensus, priority), (quorum_step, fee, stake, volume))| {
            let bound = 10_000 * fee / (10_000 + fee) / 2;
            let rebates = |[_, rest @ ..]: [u32; 4]| {
                let [first, second, third] = rest.map(|bps| bps * bound / 10_000);
                [0, first, second, third]
            };
            PriceVersion {
                effectiveAt: 0,
                classes,
                slaBps: sla,
                consensusBps: consensus,
                priorityBps: priority,
                quorumStepBps: quorum_step,
                networkFeeBps: fee,
                settlementGasBase: base_gas,
                settlementGasPerReplica: replica_gas,
                gasPrice: gas_price,
                stakeRebateBps: rebates(stake),
                volumeRebateBps: rebates(volume),
            }
        },
    )
}

/// Requests, some of them out of range somewhere, some not sold.
fn request() -> impl Strategy<Value = QuoteInputs> {
    let work = (0_u16..4, 0_u16..3, any::<u32>(), 0_u8..4, 0_u8..3, 0_u8..9);
    let rest = (0_u8..4, 5_000_u16..=10_001, 0_u8..4, 0_u8..5, 0_u8..5);
    (1_u64..4, work, rest, 0_u32..8).prop_map(
        |(model, (execution, tool, tokens, sla, validator, replicas), (rule, quorum, priority, stake, volume), wild)| {
            // One in eight may be out of range, two are in range and perhaps not sold, the rest are sold if the quorum fits.
            let (range, sale) = (wild == 0, wild < 3);
            let pick = |value: u8, count: u8| match (range, sale) {
                (true, _) => value,
                (_, true) => value % count,
                _ => 0,
            };
            QuoteInputs {
                modelIdentifier: model,
                executionDepth: if range { execution } else { 1 + execution * u16::from(sale) },
                toolDepth: tool * u16::from(sale),
                maxTokens: if range { tokens % 2 } else { tokens.max(1) },
                sla: pick(sla, 3),
                validatorDepth: pick(validator, 3),
                replicas: if range { replicas } else { (replicas | 1) % 8 },
                consensusRule: if range { rule } else { rule % 3 },
                quorumBps: match quorum % 4 {
                    0 => quorum,
                    1 => 10_000,
                    _ => quorum.clamp(5_001, 6_666),
                },
                priority: pick(priority, 3),
                stakeTier: pick(stake, 4),
                volumeTier: pick(volume, 4),
            }
        },
    )
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated")]
async fn the_contract_and_the_oracle_quote_alike() {
    let (world, seed) = (World::empty().await, Seed::fresh_or_given());
    println!("{seed}");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut outcomes = BTreeMap::<Refusal, u32>::new();
    for _ in 0..cor_kit::cases(TABLES) {
        let price = version().new_tree(&mut runner).expect("a version").current();
        world.solo.undoing(|| {
            world.by(0, &Table::publishCall { price: price.clone() });
            assert_eq!(world.get(&Table::getVersionCall { version: 1 }), price, "{seed}: a version comes back as published");
            let valid_until = world.now() + DELAY_SECS - 1;
            for _ in 0..REQUESTS {
                let inputs = request().new_tree(&mut runner).expect("a request").current();
                let class = u8::try_from(inputs.modelIdentifier - 1).expect("a class");
                let expected = lines(&price, class, &inputs);
                *outcomes.entry(expected.err().unwrap_or("ok")).or_default() += 1;
                let quoted = world.solo.view(world.table, &Table::quoteCall { inputs: inputs.clone() });
                let quoted = quoted.map_err(|refused| match refused {
                    Refused::Known(error) => error.name(),
                    Refused::Other(_) => "unknown",
                });
                let ours = quoted.as_ref().map_err(|error| *error).map(|quote| {
                    assert_eq!((quote.version, quote.validUntil), (1, valid_until), "{seed}");
                    let q = quote;
                    [q.perReplica, q.miners, q.validators, q.network, q.gas, q.rebate, q.total]
                });
                assert_eq!(ours, expected, "{seed}: {price:?} {inputs:?}");
            }
        });
    }
    println!("{outcomes:?}");
    for wanted in ["ok", "PriceOverflow", "InputOutOfRange", "NotSold"] {
        assert!(outcomes.get(wanted).is_some_and(|count| *count > 10), "{seed}: {wanted} in {outcomes:?}");
    }
}

/// A struct is refused if any of its words does not fit its field.
#[tokio::test]
async fn words_that_do_not_fit_are_refused() {
    let world = World::start().await;
    let sound = super::world::inputs().abi_encode();
    let fits = |data: &[u8]| {
        let call = [<Table::quoteCall as alloy::sol_types::SolCall>::SELECTOR.as_slice(), data].concat();
        let request = alloy::rpc::types::TransactionRequest {
            to: Some(world.table.into()),
            input: alloy::primitives::Bytes::from(call).into(),
            ..Default::default()
        };
        world.solo.chain().call(request, cor_anvil::chain::CallOptions::default())
    };
    assert!(fits(&sound).is_ok());
    let bytes = [8, 2, 2, 4, 1, 1, 1, 1, 2, 1, 1, 1];
    for (index, bytes) in bytes.into_iter().enumerate() {
        for position in [0, 15, 16, 31 - bytes] {
            let mut dirty = sound.clone();
            dirty[32 * index + position] = 1;
            let error = fits(&dirty).expect_err("a word that does not fit");
            assert_eq!(error.revert_data().map(|data| data.len()), Some(0), "word {index}, byte {position}");
        }
    }
    assert!(fits(&sound[..sound.len() - 1]).is_err(), "a row that is too short");
}
