//! Prices computed natively and by the compiled contract are the same, for hundreds of random tables and requests.

use alloy::sol_types::SolValue;
use cor_core::limits::MULTIPLIER_MAX_BPS;
use cor_core::money::pricing::{self, PricingError};
use cor_kit::solo::Refused;
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, ClassPrice, PriceVersion, Quote, QuoteInputs},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::world::{DELAY_SECS, World, field, native, native_inputs, wide};

/// Tables, and requests of each.
const TABLES: usize = 8;
const REQUESTS: usize = 60;

fn rising<const N: usize>(floor: u32, most: u32) -> impl Strategy<Value = [u32; N]> {
    proptest::array::uniform::<_, N>(floor..=most).prop_map(|mut values| {
        values.sort_unstable();
        values
    })
}

fn class_price(most: u128) -> impl Strategy<Value = ClassPrice> {
    (1..=most, any::<u128>(), 0..=most, 0..=most).prop_map(|(base, step, tool, validator)| ClassPrice {
        base,
        step: step % base,
        tool,
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
                stakeRebateBps: stake.map(|bps| bps * bound / 10_000),
                volumeRebateBps: volume.map(|bps| bps * bound / 10_000),
            }
        },
    )
}

/// Requests, one in ten of them out of range somewhere.
fn request() -> impl Strategy<Value = QuoteInputs> {
    let any_field = (1_u64..4, any::<u16>(), any::<u16>(), 0_u8..4, any::<u8>(), 0_u8..9);
    let rest = (0_u8..4, 5_000_u16..=10_001, 0_u8..4, 0_u8..5, 0_u8..5);
    (any_field, rest, 0_u32..10).prop_map(
        |((model, execution, tool, sla, validator, replicas), (rule, quorum, priority, stake, volume), wild)| {
            let tame = wild != 0;
            QuoteInputs {
                modelIdentifier: model,
                executionDepth: if tame { execution.max(1) } else { execution },
                toolDepth: tool,
                sla: if tame { sla % 3 } else { sla },
                validatorDepth: validator,
                replicas: if tame { (replicas | 1) % 8 } else { replicas },
                consensusRule: if tame { rule % 3 } else { rule },
                quorumBps: if tame { quorum.clamp(5_001, 10_000) } else { quorum },
                priority: if tame { priority % 3 } else { priority },
                stakeTier: if tame { stake % 4 } else { stake },
                volumeTier: if tame { volume % 4 } else { volume },
            }
        },
    )
}

/// What the contract must answer, computed natively.
fn expected(version: &PriceVersion, inputs: &QuoteInputs, valid_until: u64) -> Result<Quote, ContractError> {
    let version = native(version);
    let class = usize::try_from(inputs.modelIdentifier - 1).expect("a class");
    match pricing::quote(&version.terms, &version.classes[class], &native_inputs(inputs)) {
        Ok(price) => Ok(Quote {
            version: 1,
            perReplica: price.per_replica,
            miners: price.miners,
            validators: price.validators,
            network: price.network,
            gas: price.gas,
            rebate: price.rebate,
            total: price.total,
            validUntil: valid_until,
        }),
        Err(PricingError::InputOutOfRange { field: name, value, min, max }) => {
            let [value, min, max] = [value, min, max].map(|number| wide(number.into()));
            Err(Table::InputOutOfRange { field: field(name), value, min, max }.into())
        }
        Err(PricingError::EvenReplicas { replicas }) => Err(Table::EvenReplicas { replicas }.into()),
        Err(PricingError::PriceOverflow) => Err(Table::PriceOverflow {}.into()),
        Err(other) => panic!("a quote is not refused for {other}"),
    }
}

#[tokio::test]
async fn the_contract_and_the_rules_quote_alike() {
    let world = World::empty().await;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut outcomes = [0; 3];
    for _ in 0..TABLES {
        let price = version().new_tree(&mut runner).expect("a version").current();
        world.solo.undoing(|| {
            world.by(0, &Table::publishCall { price: price.clone() });
            assert_eq!(world.get(&Table::getVersionCall { version: 1 }), price, "a version comes back as published");
            let valid_until = world.now() + DELAY_SECS;
            for _ in 0..REQUESTS {
                let inputs = request().new_tree(&mut runner).expect("a request").current();
                let expected = expected(&price, &inputs, valid_until);
                outcomes[match &expected {
                    Ok(_) => 0,
                    Err(ContractError::PriceOverflow(_)) => 1,
                    Err(_) => 2,
                }] += 1;
                let quoted = world.solo.view(world.table, &Table::quoteCall { inputs: inputs.clone() });
                assert_eq!(quoted, expected.clone().map_err(Refused::Known), "{price:?} {inputs:?}");
                let by_number = world.solo.view(world.table, &Table::quoteAtCall { version: 1, inputs });
                assert_eq!(by_number, expected.map_err(Refused::Known));
            }
        });
    }
    assert!(outcomes.iter().all(|count| *count > 10), "prices, overflows and refusals: {outcomes:?}");
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
    let bytes = [8, 2, 2, 1, 1, 1, 1, 2, 1, 1, 1];
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
