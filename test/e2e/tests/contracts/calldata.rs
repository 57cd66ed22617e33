//! The contracts read their calldata themselves. An ABI decoder that shares none of that code says what is calldata and what it says: what the decoder cannot read is
//! refused unread, and what a contract takes it takes as the decoder reads it. A layout that no encoder makes may be refused.

use std::rc::Rc;

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolInterface},
};
use cor_anvil::chain::{CallOptions, ChainError};
use cor_kit::{Seed, solo::Solo};
use cor_sol::{
    cor::ICor, decode_revert, jury::IJury, lane::ILane, node_pool::INodePool, session_payment_table::ISessionPaymentTable,
    staking::IStaking, vault::IVault,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    jury::world as jury,
    lane::world::{self as lane, terms},
};

/// Calldata as a decoder reads it, laid out as an encoder does; `None` if it is none.
type Reader = fn(&[u8]) -> Option<Vec<u8>>;

/// A contract, its functions, and how its calldata is read.
struct Read {
    name: &'static str,
    solo: Rc<Solo>,
    at: Address,
    selectors: Vec<[u8; 4]>,
    reader: Reader,
    /// Calls that are good as they are.
    good: Vec<Vec<u8>>,
}

/// No contract looks whether a string is UTF-8: it is logged as it is.
const WITH_STRINGS: [[u8; 4]; 2] = [ILane::submitCall::SELECTOR, ILane::createAndSubmitCall::SELECTOR];

fn reader<I: SolInterface>(data: &[u8]) -> Option<Vec<u8>> {
    let has_string = WITH_STRINGS.iter().any(|selector| data.starts_with(selector));
    let read = if has_string { I::abi_decode(data) } else { I::abi_decode_validate(data) };
    read.ok().map(|call| call.abi_encode())
}

impl Read {
    fn of<I: SolInterface>(name: &'static str, solo: &Rc<Solo>, at: Address, good: Vec<Vec<u8>>) -> Self {
        Self { name, solo: Rc::clone(solo), at, selectors: I::selectors().collect(), reader: reader::<I>, good }
    }

    /// What a call of an account gives: its answer, or what it reverts with.
    fn call(&self, data: &[u8], value: u64) -> Result<Bytes, Bytes> {
        let request = TransactionRequest {
            from: Some(self.solo.account(2)),
            to: Some(self.at.into()),
            input: Bytes::copy_from_slice(data).into(),
            value: Some(U256::from(value)),
            ..TransactionRequest::default()
        };
        match self.solo.chain().call(request, CallOptions::default()) {
            Ok(answer) => Ok(answer),
            Err(ChainError::Reverted { data, .. }) => Err(data),
            Err(other) => panic!("{} on {}: {other}", self.name, Bytes::copy_from_slice(data)),
        }
    }

    /// What is no calldata is refused unread; what is taken is taken as it is read.
    fn check(&self, data: &[u8]) -> Result<(), TestCaseError> {
        let given = self.call(data, 0);
        if given == Err(Bytes::new()) {
            return Ok(());
        }
        if let Err(revert) = &given {
            prop_assert!(decode_revert(revert).is_some(), "{} reverts with {}", self.name, revert);
        }
        let Some(read) = (self.reader)(data) else {
            return Err(TestCaseError::fail(format!(
                "{} takes what is no calldata: {}",
                self.name,
                Bytes::copy_from_slice(data)
            )));
        };
        prop_assert_eq!(&given, &self.call(&read, 0), "{} reads {} as another", self.name, Bytes::copy_from_slice(data));
        Ok(())
    }
}

/// The contracts of a network with a task that was started.
async fn contracts() -> Vec<Read> {
    let world = lane::World::start().await;
    let crew = [0, 1, 2];
    let (open, mut started) = (world.task(3, 5_001, 1), world.task(3, 5_001, 2));
    world.start_all(&mut started, &crew, &[Some("VALID"), None, None]);
    let of_the_lane = vec![
        world.completion(&open, &crew, &["VALID"; 3]).abi_encode(),
        world.starting(&open, &crew, &[Some("VALID"), None, None]).abi_encode(),
        world.reporting(&started, &crew, "VALID", "INVALID").abi_encode(),
        lane::World::submission(1, terms(3, 5_001), 3).abi_encode(),
        ILane::createSessionCall { terms: terms(3, 5_001), metadata: B256::ZERO }.abi_encode(),
        lane::World::finishing(&started, &[(0, "VALID")]).abi_encode(),
    ];
    let amount = U256::from(1);
    let (someone, other) = (world.account(5), world.account(4));
    let of_vault = IVault::fundCall { module: world.lane, beneficiary: world.account(2), amount };
    let judged = jury::World::start().await;
    let node = judged.node(0);
    let (at_lane, judged_by) = ([world.lane, world.vault, world.staking, world.table, world.token], [judged.pool, judged.jury]);
    let (solo, court) = (Rc::new(world.solo), Rc::new(judged.solo));
    let spec = INodePool::setSpecCall { models: vec![1, 2, 3], capacity: 4 };
    let present = IJury::presentCall { task: B256::ZERO, node, signature: Bytes::from(vec![1; 64]) };
    vec![
        Read::of::<ILane::ILaneCalls>("Lane", &solo, at_lane[0], of_the_lane),
        Read::of::<IVault::IVaultCalls>("Vault", &solo, at_lane[1], vec![of_vault.abi_encode()]),
        Read::of::<IStaking::IStakingCalls>(
            "Staking",
            &solo,
            at_lane[2],
            vec![IStaking::withdrawNodesCall { nodes: vec![someone, other] }.abi_encode()],
        ),
        Read::of::<ISessionPaymentTable::ISessionPaymentTableCalls>(
            "SessionPaymentTable",
            &solo,
            at_lane[3],
            vec![ISessionPaymentTable::tariffCall { terms: terms(3, 5_001) }.abi_encode()],
        ),
        Read::of::<ICor::ICorCalls>(
            "Cor",
            &solo,
            at_lane[4],
            vec![ICor::approveCall { spender: someone, value: amount }.abi_encode()],
        ),
        Read::of::<INodePool::INodePoolCalls>("NodePool", &court, judged_by[0], vec![spec.abi_encode()]),
        Read::of::<IJury::IJuryCalls>("Jury", &court, judged_by[1], vec![present.abi_encode()]),
    ]
}

/// Words of zero are arguments for each function. Whoever reads them answers, or refuses by an error with a name.
#[tokio::test]
async fn calldata_of_every_function_of_an_interface_is_read() {
    for contract in contracts().await {
        for selector in &contract.selectors {
            let data = [selector.as_slice(), &[0; 64 * 32]].concat();
            let given = contract.call(&data, 0);
            assert!(
                given.is_ok() || given.as_ref().is_err_and(|data| decode_revert(data).is_some()),
                "{}: {given:?}",
                contract.name
            );
            assert_eq!(contract.call(&data, 1), Err(Bytes::new()), "{} takes no money", contract.name);
        }
        for unknown in [vec![], vec![1], vec![0; 3], vec![0xde, 0xad, 0xbe, 0xef], vec![0; 100]] {
            assert_eq!(contract.call(&unknown, 0), Err(Bytes::new()), "{}", contract.name);
        }
    }
}

/// Good calls that are cut, changed in some bytes, or pointed elsewhere, and bytes behind any selector.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated")]
async fn calldata_is_read_as_an_abi_decoder_reads_it() {
    let seed = Seed::fresh_or_given();
    println!("{seed}");
    for contract in contracts().await {
        for good in &contract.good {
            assert_ne!(
                contract.call(good, 0),
                Err(Bytes::new()),
                "{} does not read {}",
                contract.name,
                Bytes::copy_from_slice(good)
            );
            for length in 4..good.len() {
                contract.check(&good[..length]).unwrap_or_else(|failure| panic!("cut at {length}: {failure}"));
            }
            contract.check(&[&good[..], &[7; 50]].concat()).unwrap_or_else(|failure| panic!("{failure}"));
        }
        let config = Config { cases: cor_kit::cases(120), failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes()));
        let outcome = runner.run(&strange(&contract), |data| contract.check(&data));
        outcome.unwrap_or_else(|failure| panic!("{seed}, {}: {failure}", contract.name));
    }
}

fn strange(contract: &Read) -> impl Strategy<Value = Vec<u8>> + use<> {
    let (good, selectors) = (contract.good.clone(), contract.selectors.clone());
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6);
    let changed = (prop::sample::select(good.clone()), edits).prop_map(|(mut data, edits)| {
        for (at, byte) in edits {
            let at = at.index(data.len());
            data[at] = byte;
        }
        data
    });
    let values = prop_oneof![
        (0..40_u64).prop_map(|words| U256::from(32 * words)),
        (0..700_u64).prop_map(U256::from),
        prop::sample::select(vec![
            U256::from(u32::MAX),
            U256::from(u64::MAX),
            U256::from(u128::MAX),
            U256::MAX,
            U256::from(1) << 160
        ]),
    ];
    let pointed = (prop::sample::select(good), any::<prop::sample::Index>(), values).prop_map(|(mut data, word, value)| {
        let at = 4 + 32 * word.index((data.len() - 4) / 32);
        data[at..at + 32].copy_from_slice(&value.to_be_bytes::<32>());
        data
    });
    let bytes = prop::collection::vec(prop_oneof![6 => Just(0_u8), 1 => any::<u8>()], 0..400);
    let random = (prop::sample::select(selectors), bytes).prop_map(|(selector, bytes)| [selector.as_slice(), &bytes].concat());
    prop_oneof![changed, pointed, random]
}
