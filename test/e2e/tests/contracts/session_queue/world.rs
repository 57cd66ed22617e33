//! A chain with all contracts, a payer with money, and eight registered miners whose keys the test has.

use std::{ops::Deref, sync::Mutex};

use alloy::{
    primitives::{Address, B256, Bytes, LogData, U256, keccak256},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::{SolCall, SolError, SolValue},
};
use cor_adapters::deploy::default_prices;
use cor_core::task::commitment::Binding;
use cor_core::task::eip712::{Message, session_queue_domain};
use cor_kit::solo::{DELAY_SECS, Done, Refused, Solo, UNBONDING_SECS};
use cor_sol::{
    ContractError,
    cor::ICor,
    decode_revert,
    node_pool::INodePool,
    session_payment::ISessionPayment,
    session_payment_table::ISessionPaymentTable,
    session_queue::ISessionQueue::{self as Queue, SessionParams, TaskView},
    staking::IStaking,
};

/// 1 COR in wei.
pub(crate) const COR: u128 = 1_000_000_000_000_000_000;
/// What the payer puts into its prepaid balance.
pub(crate) const PREPAID: u128 = 10_000 * COR;
/// What a node must stake, and does.
pub(crate) const STAKE: u128 = 10_000 * COR;
/// Penalties for no reveal and for a bad one.
pub(crate) const PENALTIES: (u128, u128) = (100 * COR, 1_000 * COR);
/// Half of the gas line is the most that a keeper gets for nothing.
pub(crate) const CAP_BPS: u32 = 5_000;
/// The model in service, and one that only the price table knows.
pub(crate) const MODEL: u64 = 1;
pub(crate) const UNSERVED_MODEL: u64 = 2;
/// Seconds of each phase: no two the same.
pub(crate) const SECS: [u32; 4] = [10, 20, 30, 40];
pub(crate) const MINERS: usize = 8;

/// Contracts, and who is who among the accounts: 0 owner, 1 and 6 keepers, 2 payer, 3 guardian, 4 candidate for ownership, 5 stranger,
/// from 8 on the miners.
pub(crate) struct World {
    pub(crate) solo: Solo,
    pub(crate) token: Address,
    pub(crate) staking: Address,
    pub(crate) table: Address,
    pub(crate) payment: Address,
    pub(crate) pool: Address,
    pub(crate) queue: Address,
    keys: Vec<PrivateKeySigner>,
}

/// Worlds that no test has at the moment. Making one takes a second and going back a moment.
static SPARE: Mutex<Vec<World>> = Mutex::new(Vec::new());

/// A [`World`] that one test has for itself, and leaves as it was.
pub(crate) struct Lease {
    world: Option<World>,
    snapshot: u64,
}

impl Lease {
    async fn take() -> Self {
        let spare = SPARE.lock().expect("nothing fails under this lock").pop();
        let world = match spare {
            Some(world) => world,
            None => World::make().await,
        };
        let snapshot = world.solo.chain().writer().snapshot().expect("a snapshot is taken");
        Self { world: Some(world), snapshot }
    }
}

impl Deref for Lease {
    type Target = World;

    fn deref(&self) -> &World {
        self.world.as_ref().expect("the world is there until the lease ends")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let world = self.world.take().expect("a lease ends once");
        if world.solo.chain().writer().revert(self.snapshot) {
            SPARE.lock().expect("nothing fails under this lock").push(world);
        }
    }
}

impl World {
    /// Everything deployed, wired, paid and registered. Session 1 asks for one replica, 2 for three, 3 for five, 4 for seven.
    pub(crate) async fn start() -> Lease {
        let world = Self::empty().await;
        for replicas in [1, 3, 5, 7] {
            world.by(world.payer(), &Queue::createCall { params: terms(replicas) });
        }
        world
    }

    /// The same without sessions.
    pub(crate) async fn empty() -> Lease {
        Lease::take().await
    }

    async fn make() -> Self {
        let solo = Solo::start().await;
        let owner = solo.account(0);
        let cap = U256::from(1_000_000_000 * COR);
        let named = ("Cortensor".to_owned(), "COR".to_owned(), U256::from(18), cap, owner);
        let keys = (0..MINERS).map(|index| solo.key(8 + index)).collect();
        let token = solo.deploy("Cor", &named.abi_encode_params());
        let staking = (owner, token, UNBONDING_SECS, U256::from(STAKE), DELAY_SECS);
        let world = Self {
            token,
            staking: solo.deploy("Staking", &staking.abi_encode_params()),
            table: solo.deploy("SessionPaymentTable", &(owner, 86_400_u64).abi_encode_params()),
            payment: solo.deploy("SessionPayment", &(owner, CAP_BPS).abi_encode_params()),
            pool: solo.deploy("NodePool", &(owner, DELAY_SECS).abi_encode_params()),
            queue: solo.deploy("SessionQueue", &(owner,).abi_encode_params()),
            solo,
            keys,
        };
        world.wire();
        world.furnish();
        world
    }

    fn wire(&self) {
        let (token, staking, table, payment, pool, queue) =
            (self.token, self.staking, self.table, self.payment, self.pool, self.queue);
        let owner = self.owner();
        self.solo.ok(owner, staking, &IStaking::setNodePoolCall { pool });
        self.solo.ok(owner, staking, &IStaking::setTreasuryCall { sessionPayment: payment });
        self.solo.ok(owner, staking, &IStaking::proposeModuleCall { module: queue, cap: U256::MAX });
        self.solo.ok(owner, staking, &IStaking::openCall {});
        self.solo.ok(owner, payment, &ISessionPayment::wireCall { token, table, staking, sessionQueue: queue });
        self.solo.ok(owner, pool, &INodePool::setStakingCall { peer: staking });
        self.solo.ok(owner, pool, &INodePool::setSessionQueueCall { peer: queue });
        self.solo.ok(owner, pool, &INodePool::openCall {});
        self.by(owner, &self.wiring());
        self.by(owner, &Queue::setKeeperCall { keeper: self.keeper(), enabled: true });
        self.by(owner, &Queue::setKeeperCall { keeper: self.solo.account(6), enabled: true });
        self.by(owner, &Queue::setGuardianCall { account: self.solo.account(3) });
        self.by(owner, &Queue::setPenaltiesCall { noReveal: PENALTIES.0, badReveal: PENALTIES.1 });
        self.solo.ok(owner, table, &ISessionPaymentTable::publishCall { price: default_prices() });
        for model in [MODEL, UNSERVED_MODEL] {
            let model = ISessionPaymentTable::setModelCall { modelIdentifier: model, class: 0, enabled: true, name: B256::ZERO };
            self.solo.ok(owner, table, &model);
        }
        self.solo.ok(owner, token, &ICor::setMinterCall { minter: owner, enabled: true });
    }

    fn furnish(&self) {
        self.fund(self.payer(), self.payment, PREPAID);
        self.solo.ok(self.payer(), self.payment, &ISessionPayment::depositCall { amount: U256::from(PREPAID) });
        for index in 0..MINERS {
            let node = self.miner(index);
            self.fund(node, self.staking, STAKE);
            self.solo.ok(node, self.staking, &IStaking::stakeNodeCall { node, amount: U256::from(STAKE) });
            let register =
                INodePool::registerCall { operator: node, models: vec![MODEL], capacity: 100, hardwareClass: 0, version: 1 };
            self.solo.ok(node, self.pool, &register);
        }
    }

    fn fund(&self, account: Address, spender: Address, wei: u128) {
        let value = U256::from(wei);
        self.solo.ok(self.owner(), self.token, &ICor::mintCall { to: account, value });
        self.solo.ok(account, self.token, &ICor::approveCall { spender, value });
    }

    pub(crate) fn wiring(&self) -> Queue::wireCall {
        let (payment, pool, staking, table) = (self.payment, self.pool, self.staking, self.table);
        Queue::wireCall { sessionPayment: payment, nodePool: pool, staking, table }
    }

    pub(crate) fn owner(&self) -> Address {
        self.solo.account(0)
    }

    pub(crate) fn keeper(&self) -> Address {
        self.solo.account(1)
    }

    pub(crate) fn payer(&self) -> Address {
        self.solo.account(2)
    }

    pub(crate) fn stranger(&self) -> Address {
        self.solo.account(5)
    }

    pub(crate) fn miner(&self, index: usize) -> Address {
        self.keys[index].address()
    }

    pub(crate) fn miners<const N: usize>(&self, indices: [usize; N]) -> Vec<Address> {
        indices.map(|index| self.miner(index)).to_vec()
    }

    /// A call of SessionQueue that must succeed.
    pub(crate) fn by<C: SolCall>(&self, from: Address, call: &C) -> Done<C::Return> {
        self.solo.ok(from, self.queue, call)
    }

    /// A call of SessionQueue that must be refused.
    pub(crate) fn refused<C: SolCall>(&self, from: Address, call: &C) -> ContractError {
        self.solo.refused(from, self.queue, call)
    }

    pub(crate) fn try_by<C: SolCall>(&self, from: Address, call: &C) -> Result<Done<C::Return>, Refused> {
        self.solo.send(from, self.queue, call)
    }

    pub(crate) fn get<C: SolCall>(&self, call: &C) -> C::Return {
        self.solo.get(self.queue, call)
    }

    pub(crate) fn task(&self, task: u64) -> TaskView {
        self.get(&Queue::getTaskCall { taskId: task })
    }

    pub(crate) fn closable(&self, task: u64) -> u8 {
        self.get(&Queue::closableCall { taskId: task })
    }

    /// The logs of SessionQueue alone.
    pub(crate) fn own_logs<R>(&self, done: &Done<R>) -> Vec<LogData> {
        done.logs.iter().filter(|(contract, _)| *contract == self.queue).map(|(_, log)| log.clone()).collect()
    }

    /// Submits a task of a session; returns its number.
    pub(crate) fn submit(&self, session: u64) -> u64 {
        self.by(self.payer(), &submission(session)).returned
    }

    /// Submits a task and assigns miners to it.
    pub(crate) fn assigned<const N: usize>(&self, session: u64, miners: [usize; N]) -> u64 {
        let task = self.submit(session);
        self.by(self.keeper(), &Queue::assignTaskCall { taskId: task, miners: self.miners(miners) });
        task
    }

    /// The same, brought to the commit phase: miner `miners[i]` is bound to `answers[i]`.
    pub(crate) fn bound<const N: usize>(&self, session: u64, miners: [usize; N], answers: [&str; N]) -> u64 {
        let task = self.assigned(session, miners);
        self.by(self.stranger(), &self.acks(task, &miners));
        self.by(self.stranger(), &self.precommits(task, &miners, &answers));
        task
    }

    /// The commitment of a miner to an answer with its [`salt`], computed natively.
    pub(crate) fn commitment(&self, task: u64, miner: usize, answer: &str) -> B256 {
        self.binding(task, miner).commitment(digest(answer), salt(miner))
    }

    pub(crate) fn binding(&self, task: u64, miner: usize) -> Binding {
        let view = self.task(task);
        let replica = view.replicas.iter().position(|replica| replica.miner == self.miner(miner)).expect("a miner of the task");
        Binding {
            chain_id: cor_anvil::DEFAULT_CHAIN_ID,
            queue: self.queue,
            task_id: task,
            replica: u8::try_from(replica).expect("at most seven"),
            miner: self.miner(miner),
            registration_epoch: view.replicas[replica].registrationEpoch,
        }
    }

    /// A miner's signature of a message.
    pub(crate) fn sign(&self, task: u64, miner: usize, message: Message) -> Bytes {
        self.sign_for(cor_anvil::DEFAULT_CHAIN_ID, self.queue, task, miner, message)
    }

    pub(crate) fn sign_for(&self, chain: u64, queue: Address, task: u64, miner: usize, message: Message) -> Bytes {
        let digest = message.digest(session_queue_domain(chain, queue), task, self.miner(miner));
        let signature = self.keys[miner].sign_hash_sync(&digest).expect("a key signs");
        Bytes::copy_from_slice(&signature.as_bytes())
    }

    /// A signature of a message of `miner` by another key, that of miner `by`.
    pub(crate) fn sign_by(&self, by: usize, task: u64, miner: usize, message: Message) -> Bytes {
        let domain = session_queue_domain(cor_anvil::DEFAULT_CHAIN_ID, self.queue);
        let digest = message.digest(domain, task, self.miner(miner));
        let signature = self.keys[by].sign_hash_sync(&digest).expect("a key signs");
        Bytes::copy_from_slice(&signature.as_bytes())
    }

    pub(crate) fn acks(&self, task: u64, miners: &[usize]) -> Queue::ackBySigCall {
        Queue::ackBySigCall {
            taskId: task,
            miners: miners.iter().map(|miner| self.miner(*miner)).collect(),
            signatures: miners.iter().map(|miner| self.sign(task, *miner, Message::Ack)).collect(),
        }
    }

    pub(crate) fn precommits(&self, task: u64, miners: &[usize], answers: &[&str]) -> Queue::precommitBySigCall {
        let commitments: Vec<_> =
            miners.iter().zip(answers).map(|(miner, answer)| self.commitment(task, *miner, answer)).collect();
        Queue::precommitBySigCall {
            taskId: task,
            miners: miners.iter().map(|miner| self.miner(*miner)).collect(),
            signatures: miners
                .iter()
                .zip(&commitments)
                .map(|(miner, commitment)| self.sign(task, *miner, Message::Precommit { commitment: *commitment }))
                .collect(),
            commitments,
        }
    }

    pub(crate) fn commits(&self, task: u64, miners: &[usize], answers: &[&str]) -> Queue::commitBySigCall {
        let reveals: Vec<_> = miners.iter().zip(answers).map(|(miner, answer)| (*miner, reveal(*miner, answer))).collect();
        Queue::commitBySigCall {
            taskId: task,
            miners: miners.iter().map(|miner| self.miner(*miner)).collect(),
            resultDigests: answers.iter().map(|answer| digest(answer)).collect(),
            salts: miners.iter().map(|miner| salt(*miner)).collect(),
            signatures: reveals.iter().map(|(miner, message)| self.sign(task, *miner, *message)).collect(),
        }
    }

    /// The report of a reveal that a miner signed.
    pub(crate) fn report(&self, task: u64, miner: usize, answer: &str) -> Queue::reportBadRevealCall {
        Queue::reportBadRevealCall {
            taskId: task,
            miner: self.miner(miner),
            resultDigest: digest(answer),
            salt: salt(miner),
            signature: self.sign(task, miner, reveal(miner, answer)),
        }
    }

    pub(crate) fn outcomes(&self, task: u64) -> Vec<u8> {
        self.task(task).replicas.iter().map(|replica| replica.outcome).collect()
    }

    pub(crate) fn earnings(&self, account: Address) -> U256 {
        self.solo.get(self.payment, &ISessionPayment::earningsOfCall { account })
    }

    pub(crate) fn treasury(&self) -> U256 {
        self.solo.get(self.payment, &ISessionPayment::treasuryCall {})
    }

    pub(crate) fn available(&self) -> U256 {
        self.solo.get(self.payment, &ISessionPayment::availableOfCall { payer: self.payer() })
    }

    pub(crate) fn escrow(&self, task: u64) -> ISessionPayment::Escrow {
        self.solo.get(self.payment, &ISessionPayment::escrowOfCall { taskId: task })
    }

    pub(crate) fn stake(&self, miner: usize) -> U256 {
        self.solo.get(self.staking, &IStaking::nodeStakeCall { node: self.miner(miner) }).amount
    }

    pub(crate) fn node(&self, miner: usize) -> INodePool::Node {
        self.solo.get(self.pool, &INodePool::getNodeCall { node: self.miner(miner) })
    }

    /// No COR was lost or made: the parts are the whole, the whole is there, escrow is what open tasks hold, and all wallets hold all
    /// that was minted.
    pub(crate) fn assert_conserved(&self) {
        let get = |call| self.solo.get(self.payment, &call);
        let held = get(ISessionPayment::totalHeldCall {});
        let treasury = self.treasury();
        let reserved = self.solo.get(self.payment, &ISessionPayment::reservedOfCall { payer: self.payer() });
        let earned: U256 = self.everybody().map(|account| self.earnings(account)).sum();
        let tasks = 1..=self.get(&Queue::taskCountCall {});
        let open: U256 = tasks.map(|task| U256::from(self.escrow(task).total)).sum();
        assert_eq!(reserved, open, "what is reserved is what open tasks hold");
        assert_eq!(self.available() + open + earned + treasury, held, "the parts are the whole");
        assert_eq!(held, self.wallet(self.payment), "SessionPayment has what it says");
        let staked = self.solo.get(self.staking, &IStaking::totalHeldCall {});
        assert_eq!(staked, self.wallet(self.staking), "Staking has what it says");
        let minted = U256::from(PREPAID + MINERS as u128 * STAKE);
        let wallets: U256 = self.everybody().map(|account| self.wallet(account)).sum();
        assert_eq!(wallets + held + staked, minted, "nobody else has any");
        assert_eq!(self.solo.get(self.token, &ICor::totalSupplyCall {}), minted, "nothing was minted or burnt");
    }

    /// All accounts that are no contracts.
    fn everybody(&self) -> impl Iterator<Item = Address> {
        (0..8).map(|index| self.solo.account(index)).chain((0..MINERS).map(|index| self.miner(index)))
    }

    fn wallet(&self, account: Address) -> U256 {
        self.solo.get(self.token, &ICor::balanceOfCall { account })
    }
}

/// An error as it is decoded: those of one signature are one variant, whichever contract names it.
pub(crate) fn same<E: SolError>(error: &E) -> ContractError {
    decode_revert(&error.abi_encode()).expect("an error of ours")
}

/// Terms of a session by majority.
pub(crate) fn terms(replicas: u8) -> SessionParams {
    let [assign, ack, precommit, commit] = SECS;
    SessionParams {
        modelIdentifier: MODEL,
        executionDepth: 1,
        toolDepth: 0,
        sla: 0,
        validatorDepth: 0,
        redundant: replicas,
        consensusRule: u8::from(replicas > 1),
        quorumBps: 5_001,
        priority: 0,
        assignSecs: assign,
        ackSecs: ack,
        precommitSecs: precommit,
        commitSecs: commit,
        metadata: B256::ZERO,
    }
}

/// A task for session `session`.
pub(crate) fn submission(session: u64) -> Queue::submitCall {
    Queue::submitCall {
        sessionId: session,
        promptDigest: digest("prompt"),
        promptUrn: "urn:cor:blob:prompt".to_owned(),
        answerKind: 1,
        maxTokens: 64,
        maxCharge: u128::MAX,
        clientReference: digest("reference"),
    }
}

pub(crate) fn digest(text: &str) -> B256 {
    keccak256(text)
}

/// The salt that a miner uses here.
pub(crate) fn salt(miner: usize) -> B256 {
    keccak256(format!("salt {miner}"))
}

/// A miner's reveal of an answer.
pub(crate) fn reveal(miner: usize, answer: &str) -> Message {
    Message::Commit { result_digest: digest(answer), salt: salt(miner) }
}
