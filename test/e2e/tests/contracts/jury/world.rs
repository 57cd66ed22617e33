//! A jury with the token, the pool and Staking as they are, eight staked nodes, a keeper with a bond, and a lane of which the test says what it
//! answers: tasks in every phase, with every crew.

use alloy::{
    primitives::{Address, B256, Bytes, LogData, U256, address, hex, keccak256},
    signers::SignerSync,
    sol,
    sol_types::{Eip712Domain, SolCall, SolEvent, SolStruct, SolValue, eip712_domain},
};
use cor_kit::solo::{self, Done, Refused, Solo, UNBONDING_SECS};
use cor_sol::{ContractError, cor::ICor, decode_revert, jury::IJury, lane::ILane, node_pool::INodePool, staking::IStaking};

sol! {
    struct Present { bytes32 task; }

    /// What the lane hears of its governor.
    #[derive(Debug)]
    function setConfig(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused) external;
}

pub(crate) const COR: u128 = 1_000_000_000_000_000_000;
/// Odd, so that its half is not whole.
pub(crate) const BOND: u128 = 50_000 * COR + 1;
pub(crate) const STAKE: u128 = 10_000 * COR;
pub(crate) const EPOCH_SECS: u32 = 600;
pub(crate) const REVEAL_SECS: u32 = 30 * 3_600;
pub(crate) const ANSWER_SECS: u32 = 60;
pub(crate) const DISPUTE_SECS: u32 = 12 * 86_400;
pub(crate) const ABSENCE_EPOCHS: u32 = 36;
pub(crate) const DELAY_SECS: u64 = 3 * 86_400;
/// How long a task is open.
pub(crate) const OPEN_SECS: u64 = 86_400;
pub(crate) const MODEL: u64 = 7;
pub(crate) const NODES: usize = 8;
/// The node that has the operator of the one before it.
pub(crate) const TWIN: usize = 7;

pub(crate) const OWNER: usize = 0;
pub(crate) const KEEPER: usize = 1;
pub(crate) const PAYER: usize = 2;
pub(crate) const GUARDIAN: usize = 3;
pub(crate) const OTHER_KEEPER: usize = 4;
pub(crate) const STRANGER: usize = 5;
pub(crate) const CANDIDATE: usize = 7;
/// The first node's account.
const FIRST_NODE: usize = 8;
/// Whose account the chain does not know.
pub(crate) const TREASURY: Address = Address::repeat_byte(0x7e);

/// Answers `taskOf` with two words of its storage, and logs every other call.
pub(crate) const LANE: Address = Address::repeat_byte(0x1a);
const LANE_CODE: &[u8] = &hex!(
    "5f3560e01c63000000001460165736" "5f5f37365fa000" "5b604060045f3760405f2080545f526001015460205260405ff3"
);
/// Where it logs a call, and the instruction that reverts with it.
const LANE_LOGS: usize = 20;
const REVERT: u8 = 0xfd;
/// Reverts with nothing.
pub(crate) const REVERTS: &[u8] = &hex!("5f5ffd");

/// Hashes of earlier blocks: Arbitrum's code for EIP-2935.
pub(crate) const HISTORY: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");
const HISTORY_CODE: &[u8] = &hex!(
    "3373fffffffffffffffffffffffffffffffffffffffe1460605760203603605c575f3563a3b1b31d5f5260205f6004601c60645afa15605c575f516001810382"
    "11605c57816205ffd0910311605c576205ffd09006545f5260205ff35b5f5ffd5b5f356205ffd0600163a3b1b31d5f5260205f6004601c60645afa15605c575f"
    "5103065500"
);
pub(crate) const HISTORY_BLOCKS: u64 = 393_168;

/// Links of the chain of secrets that each keeper has.
const LINKS: u32 = 6_000;

/// A task as the log tells of it.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) payer: Address,
    pub(crate) sequence: u64,
    pub(crate) id: B256,
    pub(crate) opening: Vec<u8>,
    pub(crate) model: u64,
    pub(crate) replicas: u8,
    pub(crate) time: u64,
    pub(crate) hash: B256,
}

/// Phases and ends of tasks, as the lane numbers them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    Open,
    Precommit,
    Reveal,
    Completed,
    NoQuorum,
    Expired,
}

impl Stage {
    /// Phase and status.
    pub(crate) const fn numbers(self) -> (u8, u8) {
        match self {
            Self::Open => (1, 0),
            Self::Precommit => (2, 0),
            Self::Reveal => (3, 0),
            Self::Completed => (4, 1),
            Self::NoQuorum => (4, 2),
            Self::Expired => (4, 3),
        }
    }
}

pub(crate) struct World {
    pub(crate) solo: Solo,
    pub(crate) token: Address,
    pub(crate) pool: Address,
    pub(crate) staking: Address,
    pub(crate) jury: Address,
    /// The first epoch of the keepers' chains.
    pub(crate) first: u32,
    /// Secrets of each keeper's chain, by epoch from the anchor on.
    secrets: [Vec<B256>; 2],
}

pub(crate) fn arguments(owner: Address, token: Address, pool: Address) -> Vec<u8> {
    let times = (EPOCH_SECS, REVEAL_SECS, ANSWER_SECS, DISPUTE_SECS, ABSENCE_EPOCHS);
    (owner, token, pool, TREASURY, U256::from(BOND), times, DELAY_SECS).abi_encode_params()
}

impl World {
    /// Everybody is enrolled, and it is the beginning of the first epoch of the chains.
    pub(crate) async fn start() -> Self {
        let world = Self::before_opening().await;
        world.people();
        world
    }

    /// The jury is opened, nodes enter and keepers enrol, and it is the first epoch of their chains.
    pub(crate) fn people(&self) {
        self.by(OWNER, &IJury::proposeCall { keeper: self.account(KEEPER) });
        self.by(OWNER, &IJury::proposeCall { keeper: self.account(OTHER_KEEPER) });
        self.by(OWNER, &IJury::openCall {});
        for index in 0..NODES {
            self.by(STRANGER, &IJury::enterCall { node: self.node(index), model: MODEL });
        }
        for keeper in [KEEPER, OTHER_KEEPER] {
            self.fund(keeper);
            self.enrol(keeper);
        }
        self.to_epoch(self.first);
    }

    /// The lane is named, and nothing else.
    pub(crate) async fn before_opening() -> Self {
        let world = Self::deployed().await;
        world.place_lane(false);
        world.by(OWNER, &IJury::setLaneCall { lane: LANE });
        world
    }

    /// A lane that hears what it is told, or answers about tasks alone and reverts with all else that it hears.
    pub(crate) fn place_lane(&self, deaf: bool) {
        let mut code = LANE_CODE.to_vec();
        code[6..10].copy_from_slice(&ILane::taskOfCall::SELECTOR);
        if deaf {
            code[LANE_LOGS] = REVERT;
        }
        self.place(LANE, &code);
    }

    /// Without a lane.
    pub(crate) async fn deployed() -> Self {
        let solo = Solo::start().await;
        let owner = solo.account(OWNER);
        let named = ("Cortensor".to_owned(), "COR".to_owned(), U256::from(18), U256::from(1_000_000_000 * COR), owner);
        let token = solo.deploy("Cor", &named.abi_encode_params());
        let staking =
            solo.deploy("Staking", &(owner, token, UNBONDING_SECS, U256::from(STAKE), solo::DELAY_SECS).abi_encode_params());
        let pool = solo.deploy("NodePool", &(owner, solo::DELAY_SECS).abi_encode_params());
        let jury = solo.deploy("Jury", &arguments(owner, token, pool));
        let first = u32::try_from(solo.chain().latest().timestamp() / u64::from(EPOCH_SECS)).expect("32 bits") + 2;
        let secrets = [KEEPER, OTHER_KEEPER].map(|keeper| {
            let mut links = vec![keccak256([0x5e, u8::try_from(keeper).expect("few accounts")])];
            for _ in 0..LINKS {
                links.push(keccak256(links[links.len() - 1]));
            }
            links.reverse();
            links
        });
        let world = Self { solo, token, pool, staking, jury, first, secrets };
        world.wire();
        world.furnish();
        world
    }

    fn wire(&self) {
        let owner = self.account(OWNER);
        self.solo.ok(owner, self.token, &ICor::setMinterCall { minter: owner, enabled: true });
        self.solo.ok(owner, self.staking, &IStaking::setNodePoolCall { pool: self.pool });
        self.solo.ok(owner, self.staking, &IStaking::setTreasuryCall { sessionPayment: TREASURY });
        self.solo.ok(owner, self.staking, &IStaking::openCall {});
        self.solo.ok(owner, self.pool, &INodePool::setStakingCall { peer: self.staking });
        self.solo.ok(owner, self.pool, &INodePool::openCall {});
        self.place(HISTORY, HISTORY_CODE);
        self.by(OWNER, &IJury::setGuardianCall { account: self.account(GUARDIAN) });
    }

    fn furnish(&self) {
        for index in 0..NODES {
            let node = self.node(index);
            self.give(FIRST_NODE + index, self.staking, STAKE);
            self.solo.ok(node, self.staking, &IStaking::stakeNodeCall { node, amount: U256::from(STAKE) });
            self.register(index, &[MODEL]);
        }
    }

    pub(crate) fn register(&self, index: usize, models: &[u64]) {
        let (node, operator) = (self.node(index), self.operator(index));
        if node != operator {
            self.solo.ok(operator, self.pool, &INodePool::consentCall { node, allowed: true });
        }
        let register = INodePool::registerCall { operator, models: models.to_vec(), capacity: 2, hardwareClass: 0, version: 1 };
        self.solo.ok(node, self.pool, &register);
    }

    pub(crate) fn place(&self, at: Address, code: &[u8]) {
        self.solo.chain().writer().set_code(at, Bytes::copy_from_slice(code)).expect("code is set");
    }

    pub(crate) fn give(&self, index: usize, spender: Address, wei: u128) {
        let (account, value) = (self.account(index), U256::from(wei));
        self.solo.ok(self.account(OWNER), self.token, &ICor::mintCall { to: account, value });
        self.solo.ok(account, self.token, &ICor::approveCall { spender, value });
    }

    /// Gives a keeper its bond.
    pub(crate) fn fund(&self, keeper: usize) {
        self.give(keeper, self.jury, BOND);
    }

    pub(crate) fn enrol(&self, keeper: usize) {
        self.by(keeper, &IJury::enrolCall { anchor: self.secret(keeper, self.first - 1), first: self.first });
    }

    /// The secret of an epoch.
    pub(crate) fn secret(&self, keeper: usize, epoch: u32) -> B256 {
        let chain = &self.secrets[usize::from(keeper == OTHER_KEEPER)];
        chain[usize::try_from(epoch + 1 - self.first).expect("an epoch of the chain")]
    }

    pub(crate) fn reveal(&self, keeper: usize, epoch: u32) {
        let secret = self.secret(keeper, epoch);
        self.by(STRANGER, &IJury::revealCall { keeper: self.account(keeper), epoch, secret });
    }

    pub(crate) fn account(&self, index: usize) -> Address {
        self.solo.account(index)
    }

    pub(crate) fn node(&self, index: usize) -> Address {
        self.account(FIRST_NODE + index)
    }

    pub(crate) fn operator(&self, index: usize) -> Address {
        self.node(if index == TWIN { TWIN - 1 } else { index })
    }

    /// A node as the pool has it.
    pub(crate) fn registered(&self, index: usize) -> INodePool::Node {
        self.solo.get(self.pool, &INodePool::getNodeCall { node: self.node(index) })
    }

    /// The account's index of a node.
    pub(crate) const fn place_of(index: usize) -> usize {
        FIRST_NODE + index
    }

    pub(crate) fn now(&self) -> u64 {
        self.solo.chain().latest().timestamp()
    }

    pub(crate) fn epoch(&self) -> u32 {
        epoch_of(self.now())
    }

    /// Goes to the first second of an epoch.
    pub(crate) fn to_epoch(&self, epoch: u32) {
        self.solo.pass(starts(epoch) - self.now());
    }

    pub(crate) fn by<C: SolCall>(&self, index: usize, call: &C) -> Done<C::Return> {
        self.solo.ok(self.account(index), self.jury, call)
    }

    pub(crate) fn get<C: SolCall>(&self, call: &C) -> C::Return {
        self.solo.get(self.jury, call)
    }

    pub(crate) fn refused<C: SolCall>(&self, index: usize, call: &C) -> ContractError {
        self.solo.refused(self.account(index), self.jury, call)
    }

    /// What a call that is refused reverts with, of whatever contract.
    pub(crate) fn reverted<C: SolCall>(&self, index: usize, call: &C) -> Refused {
        self.solo.transact(self.account(index), self.jury, call.abi_encode()).expect_err("a refusal")
    }

    /// A task that is submitted in a block of its own.
    pub(crate) fn task(&self, sequence: u64, replicas: u8) -> Task {
        self.task_of(self.account(PAYER), sequence, replicas, MODEL)
    }

    pub(crate) fn task_of(&self, payer: Address, sequence: u64, replicas: u8, model: u64) -> Task {
        self.solo.chain().mine().expect("a block is mined");
        let block = self.solo.chain().latest();
        let (number, time) = (block.number(), block.timestamp());
        self.remember(number, block.hash);
        let five = |value: u64| value.to_be_bytes()[3..].to_vec();
        let terms = [&model.to_be_bytes()[..], &256_u32.to_be_bytes(), &[1, replicas], &[7; 18]].concat();
        let opening = [vec![1; 24], terms, vec![2; 32], vec![3; 16], five(number), five(time), vec![0; 2]].concat();
        let id = keccak256([&[6][..], payer.as_slice(), &sequence.to_be_bytes()].concat());
        let task = Task { payer, sequence, id, opening, model, replicas, time, hash: block.hash };
        self.put(&task, Stage::Open, Address::ZERO);
        task
    }

    /// The chain knows a block's hash.
    pub(crate) fn remember(&self, number: u64, hash: B256) {
        let slot = U256::from(number % HISTORY_BLOCKS);
        self.solo.chain().writer().set_storage(HISTORY, slot, hash).expect("storage is set");
    }

    /// What the lane answers about a task.
    pub(crate) fn put(&self, task: &Task, stage: Stage, low: Address) {
        let (phase, status) = stage.numbers();
        let mut state = low.into_word();
        state[..3].copy_from_slice(&[phase, status, task.replicas]);
        state[3..8].copy_from_slice(&(task.time + OPEN_SECS).to_be_bytes()[3..]);
        let seal = if matches!(stage, Stage::Open) { keccak256(&task.opening) } else { B256::repeat_byte(9) };
        let key: U256 = keccak256((task.payer, task.sequence).abi_encode()).into();
        for (slot, word) in [(key, state), (key + U256::from(1), seal)] {
            self.solo.chain().writer().set_storage(LANE, slot, word).expect("storage is set");
        }
    }

    /// The lane says that a keeper served the task with a crew.
    pub(crate) fn serve(&self, task: &Task, keeper: usize, crew: &[Address]) {
        self.put(task, Stage::Completed, self.mark(task, self.account(keeper), crew));
    }

    /// By the formula of the interface, each miner being bound to what [`seats`] says.
    pub(crate) fn mark(&self, task: &Task, keeper: Address, crew: &[Address]) -> Address {
        let mut bytes = [task.id.to_vec(), keccak256(&task.opening).to_vec(), keeper.to_vec()].concat();
        bytes.extend(crew.iter().flat_map(|miner| miner.0.0));
        Address::from_slice(&keccak256([keccak256(bytes).to_vec(), seats(crew)].concat())[12..])
    }

    /// Who is to serve a task, by the text of the interface and what the contract shows; at most as many as there are.
    pub(crate) fn drawn(&self, task: &Task, keeper: usize) -> Vec<Address> {
        let epoch = epoch_of(task.time);
        let length = self.get(&IJury::lengthOfCall { model: task.model, epoch });
        let secret = self.secret(keeper, epoch);
        let seed = keccak256([secret.as_slice(), task.hash.as_slice(), task.id.as_slice()].concat());
        let (mut nodes, mut operators) = (Vec::new(), Vec::new());
        for k in 0..1_024_u32 {
            if length == 0 || nodes.len() == usize::from(task.replicas) {
                break;
            }
            let hash = keccak256([seed.as_slice(), &k.to_be_bytes()].concat());
            let slot: u32 = (U256::from_be_bytes(hash.0) % U256::from(length)).to();
            let IJury::slotOfReturn { node, operator, from, until } = self.slot(task.model, slot);
            let is_in = from <= epoch && (until == 0 || epoch < until);
            let summons = IJury::summonsOfCall { task: task.id, keeper: self.account(keeper), node };
            if is_in && !nodes.contains(&node) && !operators.contains(&operator) && !self.get(&summons).absent {
                nodes.push(node);
                operators.push(operator);
            }
        }
        nodes
    }

    /// A crew that is not the drawn one: another node on one seat, of an operator that is in no other.
    pub(crate) fn forged(&self, drawn: &[Address], seat: usize) -> Vec<Address> {
        let other = (0..NODES).map(|index| self.node(index)).find(|node| !drawn.contains(node)).expect("another node");
        let mut crew = drawn.to_vec();
        crew[seat] = other;
        crew
    }

    pub(crate) fn slot(&self, model: u64, slot: u32) -> IJury::slotOfReturn {
        self.get(&IJury::slotOfCall { model, slot })
    }

    pub(crate) fn keeper(&self, keeper: usize) -> IJury::keeperOfReturn {
        self.get(&IJury::keeperOfCall { keeper: self.account(keeper) })
    }

    pub(crate) fn challenge(&self, task: &Task, keeper: usize, crew: &[Address]) -> IJury::challengeCall {
        IJury::challengeCall {
            payer: task.payer,
            sequence: task.sequence,
            opening: task.opening.clone().into(),
            keeper: self.account(keeper),
            crew: seats(crew).into(),
        }
    }

    pub(crate) fn summons(task: &Task, slot: u32) -> IJury::summonCall {
        IJury::summonCall { payer: task.payer, sequence: task.sequence, opening: task.opening.clone().into(), slot }
    }

    pub(crate) fn dismissal(task: &Task, node: Address) -> IJury::dismissCall {
        IJury::dismissCall { payer: task.payer, sequence: task.sequence, opening: task.opening.clone().into(), node }
    }

    pub(crate) fn presence(&self, task: &Task, node: usize, signature: Vec<u8>) -> IJury::presentCall {
        IJury::presentCall { task: task.id, node: self.node(node), signature: signature.into() }
    }

    pub(crate) fn domain(&self) -> Eip712Domain {
        let chain_id = cor_anvil::DEFAULT_CHAIN_ID;
        eip712_domain! { name: "Cortensor Jury", version: "1", chain_id: chain_id, verifying_contract: self.jury, }
    }

    /// A node's signature, as in EIP-2098.
    pub(crate) fn signed(&self, node: usize, task: B256, domain: &Eip712Domain) -> Vec<u8> {
        let key = self.solo.key(Self::place_of(node));
        let signature = key.sign_hash_sync(&Present { task }.eip712_signing_hash(domain)).expect("a key signs");
        let mut bytes = signature.as_bytes()[..64].to_vec();
        bytes[32] |= u8::from(signature.v()) << 7;
        bytes
    }

    /// The slot of a node.
    pub(crate) fn slot_of(&self, node: Address) -> u32 {
        self.get(&IJury::entryOfCall { node, model: MODEL }).slot
    }

    pub(crate) fn wallet(&self, account: Address) -> U256 {
        self.solo.get(self.token, &ICor::balanceOfCall { account })
    }

    /// The contract has the bonds of those that have one, and nothing else.
    pub(crate) fn assert_conserved(&self) {
        let keepers = (0..16).map(|index| self.keeper(index));
        let bonds = keepers.filter(|keeper| matches!(keeper.standing, 2 | 3)).count();
        assert_eq!(self.wallet(self.jury), U256::from(bonds) * U256::from(BOND));
    }
}

/// A crew as the lane tells it: each miner, and a commitment of it.
pub(crate) fn seats(crew: &[Address]) -> Vec<u8> {
    crew.iter().flat_map(|miner| [miner.to_vec(), keccak256(miner).to_vec()].concat()).collect()
}

pub(crate) fn epoch_of(time: u64) -> u32 {
    u32::try_from(time / u64::from(EPOCH_SECS)).expect("32 bits")
}

pub(crate) fn starts(epoch: u32) -> u64 {
    u64::from(epoch) * u64::from(EPOCH_SECS)
}

/// The only event of a kind that a call logged.
pub(crate) fn event<E: SolEvent, R>(done: &Done<R>) -> E {
    let mut found = done.logs.iter().filter_map(|(_, log)| E::decode_log_data(log).ok());
    let event = found.next().expect("the event is there");
    assert!(found.next().is_none(), "once");
    event
}

/// What the lane was told by a call.
pub(crate) fn told<R>(done: &Done<R>) -> Vec<Bytes> {
    let logs = done.logs.iter().filter(|(contract, _)| *contract == LANE);
    logs.map(|(_, LogData { data, .. })| data.clone()).collect()
}

/// An error by itself.
pub(crate) fn same<E: alloy::sol_types::SolError>(error: &E) -> ContractError {
    decode_revert(&error.abi_encode()).expect("an error of ours")
}

pub(crate) fn word(text: &str) -> B256 {
    B256::right_padding_from(text.as_bytes())
}
