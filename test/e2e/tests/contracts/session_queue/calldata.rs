//! The contract reads its calldata itself: each function of the interface is there, and nothing that is no calldata gets through.

use alloy::{
    primitives::{Bytes, U256},
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use cor_anvil::chain::{CallOptions, ChainError};
use cor_sol::{decode_revert, session_queue::ISessionQueue as Queue};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::world::{World, terms};

/// What a call gives: its answer, or what it reverts with.
fn call(world: &World, data: Vec<u8>, value: u64) -> Result<Bytes, Bytes> {
    let request = TransactionRequest {
        from: Some(world.payer()),
        to: Some(world.queue.into()),
        input: Bytes::from(data).into(),
        value: Some(U256::from(value)),
        ..TransactionRequest::default()
    };
    match world.solo.chain().call(request, CallOptions::default()) {
        Ok(answer) => Ok(answer),
        Err(ChainError::Reverted { data, .. }) => Err(data),
        Err(other) => panic!("{other}"),
    }
}

fn is_refused_unread(world: &World, data: Vec<u8>) -> bool {
    call(world, data, 0) == Err(Bytes::new())
}

/// Twenty words of zero are arguments for each function. Whoever reads them answers, or refuses by an error with a name.
#[tokio::test]
async fn every_function_of_the_interface_is_there() {
    let world = World::start().await;
    let selectors = Queue::ISessionQueueCalls::SELECTORS;
    assert_eq!(selectors.len(), 33);
    for selector in selectors {
        let name = Queue::ISessionQueueCalls::name_by_selector(*selector);
        let data = [selector.as_slice(), &[0; 20 * 32]].concat();
        if let Err(data) = call(&world, data.clone(), 0) {
            assert!(decode_revert(&data).is_some(), "{name:?}: {data}");
        }
        assert_eq!(call(&world, data, 1), Err(Bytes::new()), "{name:?} takes no money");
    }
    for unknown in [vec![], vec![1], vec![0; 3], vec![0xde, 0xad, 0xbe, 0xef], vec![0; 100]] {
        assert!(is_refused_unread(&world, unknown));
    }
}

#[tokio::test]
async fn what_is_no_calldata_is_refused() {
    let world = World::start().await;
    let task = world.assigned(2, [0, 1, 2]);
    let acks = world.acks(task, &[0, 1, 2]).abi_encode();
    assert!(call(&world, acks.clone(), 0).is_ok());
    for length in 4..acks.len() {
        let cut = acks[..length].to_vec();
        // The padding behind the last signature is nobody's.
        let whole = length >= acks.len() - 31;
        assert_eq!(call(&world, cut.clone(), 0).is_ok(), whole, "{length} of {} bytes", acks.len());
        assert!(whole || is_refused_unread(&world, cut));
    }
    assert!(call(&world, [acks.clone(), vec![7; 50]].concat(), 0).is_ok(), "what follows is not looked at");

    let word = |index: usize| 4 + 32 * index..4 + 32 * (index + 1);
    let with = |index: usize, value: U256| {
        let mut data = acks.clone();
        data[word(index)].copy_from_slice(&value.to_be_bytes::<32>());
        data
    };
    let far = [U256::from(acks.len()), U256::from(u32::MAX), U256::from(u64::MAX), U256::from(u128::MAX), U256::MAX];
    for value in far {
        assert!(is_refused_unread(&world, with(1, value)), "offset of the miners {value}");
        assert!(is_refused_unread(&world, with(2, value)), "offset of the signatures {value}");
        assert!(is_refused_unread(&world, with(3, value)), "number of miners {value}");
        assert!(is_refused_unread(&world, with(7, value)), "number of signatures {value}");
        assert!(is_refused_unread(&world, with(8, value)), "offset of a signature {value}");
    }
    let too_long = U256::from(u64::MAX) + U256::from(1);
    assert!(is_refused_unread(&world, with(0, too_long)), "a task's number has 64 bits");
    let dirty = U256::from(1) << 160 | U256::from_be_slice(world.miner(0).as_slice());
    assert!(is_refused_unread(&world, with(4, dirty)), "an address has 160 bits");

    let keeper = Queue::setKeeperCall { keeper: world.miner(0), enabled: true }.abi_encode();
    let mut odd = keeper.clone();
    odd[67] = 2;
    assert!(is_refused_unread(&world, odd), "a boolean is 0 or 1");
    let mut params = Queue::createCall { params: terms(3) }.abi_encode();
    params[4 + 32 * 5 + 30] = 1;
    assert!(is_refused_unread(&world, params), "replicas have 8 bits");
    let mut urn = super::world::submission(2).abi_encode();
    let at = urn.windows(8).position(|bytes| bytes == b"urn:cor:").expect("the URN is there");
    urn[at] = 0xff;
    assert!(is_refused_unread(&world, urn), "a string is UTF-8");
}

/// Random bytes behind any selector end in an answer, an error with a name, or an empty revert; never in anything else.
#[tokio::test]
async fn random_calldata() {
    let world = World::start().await;
    let task = world.assigned(2, [0, 1, 2]);
    let seeds = [
        world.acks(task, &[0, 1, 2]).abi_encode(),
        world.report(task, 0, "A").abi_encode(),
        super::world::submission(2).abi_encode(),
        Queue::createCall { params: terms(3) }.abi_encode(),
    ];
    let mutated = (0..seeds.len(), prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)).prop_map(
        move |(seed, edits)| {
            let mut data = seeds[seed].clone();
            for (at, byte) in edits {
                let at = at.index(data.len());
                data[at] = byte;
            }
            data
        },
    );
    let selectors = prop::sample::select(Queue::ISessionQueueCalls::SELECTORS.to_vec());
    let random = (selectors, prop::collection::vec(prop_oneof![4 => Just(0_u8), 1 => any::<u8>()], 0..400))
        .prop_map(|(selector, bytes)| [selector.as_slice(), &bytes].concat());
    let config = Config { cases: cor_kit::cases(300), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&prop_oneof![mutated, random], |data| {
        if let Err(revert) = call(&world, data, 0) {
            prop_assert!(revert.is_empty() || decode_revert(&revert).is_some(), "{}", revert);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    // The same bytes that were mutated are good as they are.
    world.by(world.stranger(), &world.acks(task, &[0, 1, 2]));
}
