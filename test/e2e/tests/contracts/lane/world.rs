//! A chain with the lane as a module of the vault, a payer with money in it, and seven miners with stake whose keys the test has. After each call of the lane that
//! succeeds, all that it owes is in its book.

use std::{cell::RefCell, collections::BTreeMap};

use alloy::{
    primitives::{Address, B256, Bytes, LogData, U256, keccak256},
    signers::{SignerSync, local::PrivateKeySigner},
    sol,
    sol_types::{Eip712Domain, SolCall, SolEvent, SolStruct, SolValue, eip712_domain},
};
use cor_adapters::deploy::default_prices;
use cor_kit::solo::{DELAY_SECS, Done, Solo, UNBONDING_SECS};
use cor_sol::{
    ContractError, cor::ICor, lane::ILane, session_payment_table::ISessionPaymentTable, staking::IStaking, vault::IVault,
};

sol! {
    struct Precommit { bytes32 assignment; bytes32 commitment; }
    struct Assign { bytes32 assignment; }
    struct Commit { bytes32 assignment; bytes32 commitment; bytes32 resultDigest; bytes32 salt; }
}

pub(crate) const COR: u128 = 1_000_000_000_000_000_000;
/// Grains in a COR.
pub(crate) const COR_GRAINS: u64 = 1_000_000_000;
/// What the payer has in the lane, grains.
pub(crate) const CREDIT: u64 = 1_000 * COR_GRAINS;
pub(crate) const STAKE: u128 = 10_000 * COR;
/// Penalties for no reveal and for a bad one, grains.
pub(crate) const PENALTIES: (u64, u64) = (100 * COR_GRAINS, 1_000 * COR_GRAINS);
/// Half of the gas line is the most that a keeper gets for nothing.
pub(crate) const CAP_BPS: u16 = 5_000;
pub(crate) const MODEL: u64 = 1;
pub(crate) const OPEN_SECS: u32 = 600;
pub(crate) const PRECOMMIT_SECS: u32 = 60;
pub(crate) const REVEAL_SECS: u32 = 90;
/// How long who is silent is called once more, seconds.
pub(crate) const LAST_CALL_SECS: u64 = 108_000;
pub(crate) const MINERS: usize = 7;
/// The miner whose stake is another account's, and that account.
pub(crate) const SAFE_STAKED: usize = 6;
pub(crate) const STAKER: usize = 7;
/// One more that has no stake, and never had.
pub(crate) const STAKELESS: usize = MINERS;
/// Bytes of an opening.
const OPENING: usize = 116;
/// Where the treasury's part lies in the lane's storage.
pub(crate) const TREASURY_SLOT: u64 = 5;
/// Where the maps of tariffs and of tasks lie there.
pub(crate) const TARIFFS_SLOT: u64 = 7;
pub(crate) const TASKS_SLOT: u64 = 8;
/// Where the map of accounts lies there.
pub(crate) const ACCOUNTS_SLOT: u64 = 9;

/// The terms' word, laid out by hand.
pub(crate) fn terms(replicas: u8, quorum_bps: u16) -> B256 {
    let three = |secs: u32| secs.to_be_bytes()[1..].to_vec();
    let word = [
        &MODEL.to_be_bytes()[..],
        &256_u32.to_be_bytes(),
        &[1, replicas],
        &quorum_bps.to_be_bytes(),
        &three(OPEN_SECS),
        &three(PRECOMMIT_SECS),
        &three(REVEAL_SECS),
        &1_u16.to_be_bytes(),
        &0_u16.to_be_bytes(),
        &[0, 0, 1],
    ];
    B256::from_slice(&word.concat())
}

/// A task as a client knows it: from the log alone.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) payer: Address,
    pub(crate) sequence: u64,
    pub(crate) id: B256,
    pub(crate) charged: u64,
    /// Opening and records so far.
    pub(crate) history: Vec<u8>,
}

/// Accounts: 0 owner, 1 keeper, 2 payer, 3 guardian, 4 another payer, 5 stranger, 7 staker of the last miner, from 8 on the miners.
pub(crate) struct World {
    pub(crate) solo: Solo,
    pub(crate) token: Address,
    pub(crate) vault: Address,
    pub(crate) table: Address,
    pub(crate) staking: Address,
    pub(crate) lane: Address,
    keys: Vec<PrivateKeySigner>,
    /// What was charged for each task that did not end, grains.
    open: RefCell<BTreeMap<B256, u64>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(true, None).await
    }

    /// One whose lane may not slash.
    pub(crate) async fn without_a_slasher() -> Self {
        Self::with(false, None).await
    }

    /// One with the Solidity twin in the lane's place: at the same address, and in the same block. `creation` is the twin's code.
    pub(crate) async fn of_the_twin(slasher: bool, creation: &Bytes) -> Self {
        Self::with(slasher, Some(creation)).await
    }

    async fn with(slasher: bool, twin: Option<&Bytes>) -> Self {
        let solo = Solo::start().await;
        let owner = solo.account(0);
        let named = ("Cortensor".to_owned(), "COR".to_owned(), U256::from(18), U256::from(1_000_000_000 * COR), owner);
        let token = solo.deploy("Cor", &named.abi_encode_params());
        let vault = solo.deploy("Vault", &(owner, token, DELAY_SECS).abi_encode_params());
        let staking = solo.deploy("Staking", &(owner, token, UNBONDING_SECS, U256::from(STAKE), DELAY_SECS).abi_encode_params());
        let table = solo.deploy("SessionPaymentTable", &(owner, 86_400_u64).abi_encode_params());
        let pool = solo.deploy("NodePool", &(owner, DELAY_SECS).abi_encode_params());
        let lane = deploy_lane(&solo, twin, &(owner, vault, table, staking).abi_encode_params());
        let keys = (0..=STAKELESS).map(|index| solo.key(8 + index)).collect();
        let open = RefCell::default();
        let world = Self { solo, token, vault, table, staking, lane, keys, open };
        world.wire(pool, slasher);
        world.furnish();
        world
    }

    fn wire(&self, pool: Address, slasher: bool) {
        let owner = self.account(0);
        self.solo.ok(owner, self.staking, &IStaking::setNodePoolCall { pool });
        self.solo.ok(owner, self.staking, &IStaking::setTreasuryCall { sessionPayment: self.vault });
        if slasher {
            self.solo.ok(owner, self.staking, &IStaking::proposeModuleCall { module: self.lane, cap: U256::MAX });
        }
        self.solo.ok(owner, self.staking, &IStaking::openCall {});
        self.by(0, &ILane::setKeeperCall { keeper: self.account(1), enabled: true });
        self.by(0, &Self::config(false));
        self.solo.ok(owner, self.table, &ISessionPaymentTable::publishCall { price: default_prices() });
        let model = ISessionPaymentTable::setModelCall { modelIdentifier: MODEL, class: 0, enabled: true, name: B256::ZERO };
        self.solo.ok(owner, self.table, &model);
        self.solo.ok(owner, self.token, &ICor::setMinterCall { minter: owner, enabled: true });
        self.solo.ok(owner, self.vault, &IVault::proposeModuleCall { module: self.lane, cap: U256::from(1_000_000 * COR) });
        self.solo.ok(owner, self.vault, &IVault::openCall {});
    }

    /// Lets the lane slash, and waits until it may.
    pub(crate) fn name_the_slasher(&self) {
        self.solo.ok(self.account(0), self.staking, &IStaking::proposeModuleCall { module: self.lane, cap: U256::MAX });
        self.solo.pass(DELAY_SECS);
    }

    fn furnish(&self) {
        for payer in [2, 4] {
            self.give(payer, self.vault, 2 * u128::from(CREDIT) * 1_000_000_000);
            let amount = wei(CREDIT);
            let (module, beneficiary) = (self.lane, self.account(payer));
            self.solo.ok(beneficiary, self.vault, &IVault::depositAndFundCall { module, beneficiary, amount });
        }
        for index in 0..MINERS {
            self.stake(index, if index == SAFE_STAKED { STAKER } else { 8 + index });
        }
    }

    /// An account stakes what a node needs.
    pub(crate) fn stake(&self, index: usize, staker: usize) {
        let (node, account) = (self.miner(index), self.account(staker));
        self.give(staker, self.staking, STAKE);
        if account != node {
            self.solo.ok(node, self.staking, &IStaking::acceptStakerCall { staker: account });
        }
        self.solo.ok(account, self.staking, &IStaking::stakeNodeCall { node, amount: U256::from(STAKE) });
    }

    pub(crate) fn give(&self, index: usize, spender: Address, wei: u128) {
        let (account, value) = (self.account(index), U256::from(wei));
        self.solo.ok(self.account(0), self.token, &ICor::mintCall { to: account, value });
        self.solo.ok(account, self.token, &ICor::approveCall { spender, value });
    }

    pub(crate) fn account(&self, index: usize) -> Address {
        self.solo.account(index)
    }

    pub(crate) fn miner(&self, index: usize) -> Address {
        self.keys[index].address()
    }

    /// A call of the lane that must succeed, after which it must have what it owes.
    pub(crate) fn by<C: SolCall>(&self, index: usize, call: &C) -> Done<C::Return> {
        let done = self.solo.ok(self.account(index), self.lane, call);
        for log in logs(self, &done) {
            if let Ok(submitted) = ILane::TaskSubmitted::decode_log_data(&log) {
                self.open.borrow_mut().insert(submitted.task, submitted.charged);
            }
            if let Ok(ended) = ILane::TaskEnded::decode_log_data(&log) {
                self.open.borrow_mut().remove(&ended.task);
            }
        }
        self.assert_conserved();
        done
    }

    /// What `act` does is undone.
    pub(crate) fn undoing<T>(&self, act: impl FnOnce() -> T) -> T {
        let open = self.open.borrow().clone();
        let result = self.solo.undoing(act);
        self.open.replace(open);
        result
    }

    pub(crate) fn refused<C: SolCall>(&self, index: usize, call: &C) -> ContractError {
        self.solo.refused(self.account(index), self.lane, call)
    }

    pub(crate) fn session(&self, replicas: u8, quorum_bps: u16) -> u64 {
        self.by(2, &ILane::createSessionCall { terms: terms(replicas, quorum_bps), metadata: B256::ZERO }).returned
    }

    /// The settings of this world, paused or not.
    pub(crate) fn config(paused: bool) -> ILane::setConfigCall {
        ILane::setConfigCall { noReveal: PENALTIES.0, badReveal: PENALTIES.1, noResultGasCapBps: CAP_BPS, paused }
    }

    pub(crate) fn submission(session: u64, terms: B256, sequence: u64) -> ILane::submitCall {
        ILane::submitCall {
            session,
            terms,
            sequence,
            maxCharge: u64::MAX,
            promptDigest: keccak256("a prompt"),
            promptUrn: "urn:a-prompt".to_owned(),
            clientReference: B256::repeat_byte(5),
        }
    }

    /// A session of its own and a task in it, of the payer.
    pub(crate) fn task(&self, replicas: u8, quorum_bps: u16, sequence: u64) -> Task {
        let session = self.session(replicas, quorum_bps);
        let done = self.by(2, &Self::submission(session, terms(replicas, quorum_bps), sequence));
        submitted(&logs(self, &done))
    }

    pub(crate) fn domain(&self) -> Eip712Domain {
        let chain_id = cor_anvil::DEFAULT_CHAIN_ID;
        eip712_domain! { name: "Cortensor Lane", version: "1", chain_id: chain_id, verifying_contract: self.lane, }
    }

    /// What the miners sign, by the formula of the interface.
    pub(crate) fn assignment(&self, task: &Task, crew: &[usize]) -> B256 {
        let mut bytes = task.id.to_vec();
        bytes.extend(keccak256(&task.history[..OPENING]));
        bytes.extend(self.account(1));
        bytes.extend(crew.iter().flat_map(|index| self.miner(*index).0.0));
        keccak256(bytes)
    }

    /// By an ABI encoder, from the formula of the interface.
    pub(crate) fn commitment(&self, task: &Task, crew: &[usize], replica: usize, answer: &str) -> B256 {
        let domain = keccak256("Cortensor.Commitment.v2");
        let chain_id = U256::from(cor_anvil::DEFAULT_CHAIN_ID);
        let (assignment, miner) = (self.assignment(task, crew), self.miner(crew[replica]));
        let words = (domain, chain_id, self.lane, assignment, U256::from(replica), miner, digest(answer), salt(replica));
        keccak256(words.abi_encode())
    }

    /// A signature as in EIP-2098.
    pub(crate) fn sign(&self, key: &PrivateKeySigner, message: &impl SolStruct) -> Vec<u8> {
        let signature = key.sign_hash_sync(&message.eip712_signing_hash(&self.domain())).expect("a key signs");
        let mut bytes = signature.as_bytes()[..64].to_vec();
        bytes[32] |= u8::from(signature.v()) << 7;
        bytes
    }

    pub(crate) fn precommitment(&self, task: &Task, crew: &[usize], replica: usize, answer: &str) -> Vec<u8> {
        let assignment = self.assignment(task, crew);
        let commitment = self.commitment(task, crew, replica, answer);
        self.sign(&self.keys[crew[replica]], &Precommit { assignment, commitment })
    }

    pub(crate) fn key(&self, index: usize) -> &PrivateKeySigner {
        &self.keys[index]
    }

    pub(crate) fn completion(&self, task: &Task, crew: &[usize], answers: &[&str]) -> ILane::completeCall {
        let parts = answers.iter().enumerate().map(|(replica, answer)| {
            let signature = self.precommitment(task, crew, replica, answer);
            [self.miner(crew[replica]).as_slice(), &signature, digest(answer).as_slice(), salt(replica).as_slice()].concat()
        });
        ILane::completeCall {
            payer: task.payer,
            sequence: task.sequence,
            opening: task.history.clone().into(),
            answers: parts.collect::<Vec<_>>().concat().into(),
            keeper: self.account(1),
            assign: Bytes::new(),
        }
    }

    /// A start with a commitment of each miner that has an answer.
    pub(crate) fn starting(&self, task: &Task, crew: &[usize], answers: &[Option<&str>]) -> ILane::startCall {
        let parts = answers.iter().enumerate().map(|(replica, answer)| {
            let miner = self.miner(crew[replica]).to_vec();
            let signed = answer.map_or(vec![0; 96], |answer| {
                let commitment = self.commitment(task, crew, replica, answer).to_vec();
                [commitment, self.precommitment(task, crew, replica, answer)].concat()
            });
            [miner, signed].concat()
        });
        ILane::startCall {
            payer: task.payer,
            sequence: task.sequence,
            opening: task.history.clone().into(),
            miners: parts.collect::<Vec<_>>().concat().into(),
            keeper: self.account(1),
            assign: Bytes::new(),
        }
    }

    pub(crate) fn finishing(task: &Task, reveals: &[(usize, &str)]) -> ILane::finishCall {
        let reveals = reveal_bytes(reveals);
        ILane::finishCall { payer: task.payer, sequence: task.sequence, history: task.history.clone().into(), reveals }
    }

    pub(crate) fn revealing(task: &Task, reveals: &[(usize, &str)]) -> ILane::revealCall {
        let reveals = reveal_bytes(reveals);
        ILane::revealCall { payer: task.payer, sequence: task.sequence, history: task.history.clone().into(), reveals }
    }

    /// A report that replica 0 of `crew` signed `lie` as a reveal of its commitment to `of`.
    pub(crate) fn reporting(&self, task: &Task, crew: &[usize], of: &str, lie: &str) -> ILane::reportCall {
        let (assignment, commitment) = (self.assignment(task, crew), self.commitment(task, crew, 0, of));
        let said = Commit { assignment, commitment, resultDigest: digest(lie), salt: salt(0) };
        ILane::reportCall {
            payer: task.payer,
            sequence: task.sequence,
            history: task.history.clone().into(),
            replica: 0,
            resultDigest: said.resultDigest,
            salt: said.salt,
            signature: self.sign(self.key(crew[0]), &said).into(),
        }
    }

    /// A report that replica `replica` of `crew` signed a commitment to `second` too, of a task that ended with what `ended` tells.
    pub(crate) fn reporting_second(
        &self,
        task: &Task,
        (crew, ended): (&[usize], &ILane::TaskEnded),
        replica: usize,
        second: &str,
    ) -> ILane::reportSecondCall {
        ILane::reportSecondCall {
            payer: task.payer,
            sequence: task.sequence,
            history: [&task.history[..OPENING], &[1], &ended.crew[..]].concat().into(),
            keeper: ended.keeper,
            replica: u8::try_from(replica).expect("few replicas"),
            commitment: self.commitment(task, crew, replica, second),
            signature: self.precommitment(task, crew, replica, second).into(),
        }
    }

    pub(crate) fn closing(task: &Task) -> ILane::closeCall {
        ILane::closeCall { payer: task.payer, sequence: task.sequence, history: task.history.clone().into() }
    }

    /// A call that must succeed, whose records are added to the task's history.
    pub(crate) fn on<C: SolCall>(&self, index: usize, task: &mut Task, call: &C) -> Done<C::Return> {
        let done = self.by(index, call);
        for log in logs(self, &done) {
            if let Ok(record) = ILane::TaskRecord::decode_log_data(&log) {
                assert_eq!(record.task, task.id);
                task.history.extend_from_slice(&record.record);
            }
        }
        done
    }

    pub(crate) fn start_all(&self, task: &mut Task, crew: &[usize], answers: &[Option<&str>]) {
        let call = self.starting(task, crew, answers);
        self.on(1, task, &call);
    }

    /// Words of the lane's storage.
    pub(crate) fn words_at<const N: usize>(&self, slots: [B256; N]) -> [B256; N] {
        let words = self.solo.get(self.lane, &ILane::extsloadCall { slots: slots.to_vec() });
        words.try_into().expect("as many words")
    }

    /// The word of an account: what it can spend in the last eight bytes, what it earned before them.
    fn account_word(&self, account: Address) -> B256 {
        let [word] = self.words_at([keccak256((account, U256::from(ACCOUNTS_SLOT)).abi_encode())]);
        word
    }

    pub(crate) fn available(&self, account: Address) -> u64 {
        number_in(&self.account_word(account)[24..])
    }

    pub(crate) fn earned(&self, account: Address) -> u64 {
        number_in(&self.account_word(account)[16..24])
    }

    pub(crate) fn words(&self, task: &Task) -> (B256, B256) {
        let words = self.solo.get(self.lane, &ILane::taskOfCall { payer: task.payer, sequence: task.sequence });
        (words.state, words.seal)
    }

    pub(crate) fn staked(&self, index: usize) -> U256 {
        self.solo.get(self.staking, &IStaking::nodeStakeCall { node: self.miner(index) }).amount
    }

    /// The treasury's part that was not passed on: the low bits of the word after the settings, grains.
    pub(crate) fn treasury(&self) -> u64 {
        let [word] = self.words_at([U256::from(TREASURY_SLOT).into()]);
        number_in(&word[24..])
    }

    /// All that the lane owes is in its book: what can be spent, what was earned, the treasury's part, and the charges of open tasks.
    pub(crate) fn assert_conserved(&self) {
        let accounts: u64 = (0..16).map(|index| self.account(index)).map(|who| self.available(who) + self.earned(who)).sum();
        let charged: u64 = self.open.borrow().values().sum();
        let book = self.solo.get(self.vault, &IVault::bookOfCall { module: self.lane });
        assert_eq!(wei(accounts + charged + self.treasury()), book);
    }
}

/// The lane, or its twin after as many blocks.
fn deploy_lane(solo: &Solo, twin: Option<&Bytes>, arguments: &[u8]) -> Address {
    let Some(creation) = twin else { return solo.deploy("Lane", arguments) };
    let lane = solo.create([creation, arguments].concat());
    // The lane's program is activated and its constructor called in blocks of their own.
    for _ in 0..2 {
        solo.chain().mine().expect("a block is mined");
    }
    lane
}

fn number_in(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().expect("eight bytes"))
}

pub(crate) fn reveal_bytes(reveals: &[(usize, &str)]) -> Bytes {
    let parts = reveals.iter().map(|(replica, answer)| {
        let index = u8::try_from(*replica).expect("few replicas");
        [&[index], digest(answer).as_slice(), salt(*replica).as_slice()].concat()
    });
    parts.collect::<Vec<_>>().concat().into()
}

/// The logs of the lane alone.
pub(crate) fn logs<R>(world: &World, done: &Done<R>) -> Vec<LogData> {
    done.logs.iter().filter(|(contract, _)| *contract == world.lane).map(|(_, log)| log.clone()).collect()
}

/// The only event of a kind among logs.
pub(crate) fn event<E: SolEvent>(logs: &[LogData]) -> E {
    let mut found = logs.iter().filter_map(|log| E::decode_log_data(log).ok());
    let event = found.next().expect("the event is there");
    assert!(found.next().is_none(), "once");
    event
}

/// A task from the event of its submission.
pub(crate) fn submitted(logs: &[LogData]) -> Task {
    let event: ILane::TaskSubmitted = event(logs);
    Task { payer: event.payer, sequence: event.sequence, id: event.task, charged: event.charged, history: event.opening.to_vec() }
}

pub(crate) fn digest(answer: &str) -> B256 {
    keccak256(answer)
}

pub(crate) fn salt(replica: usize) -> B256 {
    keccak256([0x5a, u8::try_from(replica).expect("few replicas")])
}

pub(crate) fn wei(grains: u64) -> U256 {
    U256::from(grains) * U256::from(1_000_000_000_u64)
}
