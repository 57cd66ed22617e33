//! The jury with the lane as it is: what the lane keeps of a crew convicts the keeper, and who is convicted serves no more.

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    signers::SignerSync,
    sol,
    sol_types::{SolStruct, SolValue, eip712_domain},
};
use cor_adapters::deploy::default_prices;
use cor_kit::solo::Refused;
use cor_sol::{
    ContractError, cor::ICor, jury::IJury, lane::ILane, session_payment_table::ISessionPaymentTable, staking::IStaking,
    vault::IVault,
};

use super::world::{
    BOND, GUARDIAN, KEEPER, MODEL, NODES, OTHER_KEEPER, OWNER, PAYER, REVEAL_SECS, STRANGER, TREASURY, Task, World, epoch_of,
    event, same,
};

sol! {
    struct Precommit { bytes32 assignment; bytes32 commitment; }
    event ConfigSet(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused);
}

const CREDIT_WEI: u128 = 1_000_000_000_000_000_000_000;

/// Three replicas of a model, phases of minutes; laid out by hand.
fn terms() -> B256 {
    let three = |secs: u32| secs.to_be_bytes()[1..].to_vec();
    let head = [&MODEL.to_be_bytes()[..], &256_u32.to_be_bytes(), &[1, 3], &5_001_u16.to_be_bytes()].concat();
    let word = [head, three(3_600), three(60), three(90), vec![0, 1, 0, 0, 0, 0, 1]].concat();
    B256::from_slice(&word)
}

struct Court {
    world: World,
    lane: Address,
}

impl Court {
    async fn start() -> Self {
        let world = World::deployed().await;
        let owner = world.account(OWNER);
        let vault = world.solo.deploy("Vault", &(owner, world.token, 3 * 86_400_u64).abi_encode_params());
        let table = world.solo.deploy("SessionPaymentTable", &(owner, 86_400_u64).abi_encode_params());
        let lane = world.solo.deploy("Lane", &(world.jury, vault, table, world.staking).abi_encode_params());
        world.by(OWNER, &IJury::setLaneCall { lane });
        world.solo.ok(owner, table, &ISessionPaymentTable::publishCall { price: default_prices() });
        let model = ISessionPaymentTable::setModelCall { modelIdentifier: MODEL, class: 0, enabled: true, name: B256::ZERO };
        world.solo.ok(owner, table, &model);
        world.solo.ok(owner, vault, &IVault::proposeModuleCall { module: lane, cap: U256::from(1_000 * CREDIT_WEI) });
        world.solo.ok(owner, vault, &IVault::openCall {});
        world.solo.ok(owner, world.staking, &IStaking::proposeModuleCall { module: lane, cap: U256::MAX });
        world.people();
        world.give(PAYER, vault, CREDIT_WEI);
        let beneficiary = world.account(PAYER);
        let amount = U256::from(CREDIT_WEI);
        world.solo.ok(beneficiary, vault, &IVault::depositAndFundCall { module: lane, beneficiary, amount });
        Self { world, lane }
    }

    /// A task of a session of its own, with what the chain keeps of its block.
    fn submit(&self, sequence: u64) -> Task {
        let Self { world, lane } = self;
        let order = ILane::createAndSubmitCall {
            terms: terms(),
            metadata: B256::ZERO,
            sequence,
            maxCharge: u64::MAX,
            promptDigest: keccak256("a prompt"),
            promptUrn: String::new(),
            clientReference: B256::ZERO,
        };
        let done = world.solo.ok(world.account(PAYER), *lane, &order);
        let block = world.solo.chain().latest();
        world.remember(block.number(), block.hash);
        let said: ILane::TaskSubmitted = event(&done);
        let opening = said.opening.to_vec();
        // The lane's own words for block and time are those of the chain.
        let five = |at: usize| u64::from_be_bytes([&[0; 3][..], &opening[at..at + 5]].concat().try_into().expect("eight bytes"));
        assert_eq!((opening.len(), five(104), five(109)), (116, block.number(), block.timestamp()));
        let (payer, id, time) = (said.payer, said.task, block.timestamp());
        Task { payer, sequence, id, opening, model: MODEL, replicas: 3, time, hash: block.hash }
    }

    /// What each of a crew signs, of a task that a keeper serves: miner, commitment, signature, digest and salt.
    fn words(&self, task: &Task, keeper: usize, crew: &[Address]) -> Vec<[Vec<u8>; 5]> {
        let Self { world, lane } = self;
        let mut bytes = [task.id.to_vec(), keccak256(&task.opening).to_vec(), world.account(keeper).to_vec()].concat();
        bytes.extend(crew.iter().flat_map(|miner| miner.to_vec()));
        let assignment = keccak256(bytes);
        let chain_id = cor_anvil::DEFAULT_CHAIN_ID;
        let domain = eip712_domain! { name: "Cortensor Lane", version: "1", chain_id: chain_id, verifying_contract: *lane, };
        let words = crew.iter().enumerate().map(|(replica, miner)| {
            let (digest, salt) = (keccak256("VALID"), keccak256([0x5a, u8::try_from(replica).expect("few")]));
            let place = (keccak256("Cortensor.Commitment.v2"), U256::from(chain_id), *lane, assignment, U256::from(replica));
            let commitment = keccak256([place.abi_encode(), (*miner, digest, salt).abi_encode()].concat());
            let index = (0..NODES).find(|index| world.node(*index) == *miner).expect("a node");
            let message = Precommit { assignment, commitment };
            let key = world.solo.key(World::place_of(index));
            let signature = key.sign_hash_sync(&message.eip712_signing_hash(&domain)).expect("a key signs");
            let mut signed = signature.as_bytes()[..64].to_vec();
            signed[32] |= u8::from(signature.v()) << 7;
            [miner.to_vec(), commitment.to_vec(), signed, digest.to_vec(), salt.to_vec()]
        });
        words.collect()
    }

    /// Evidence of whom a keeper brought, each bound to what it signed.
    fn challenge(&self, task: &Task, keeper: usize, crew: &[Address]) -> IJury::challengeCall {
        let seats = self.words(task, keeper, crew).into_iter().map(|[miner, commitment, ..]| [miner, commitment].concat());
        IJury::challengeCall { crew: seats.collect::<Vec<_>>().concat().into(), ..self.world.challenge(task, keeper, crew) }
    }

    /// Ends a task with a crew that signed everything, by its keeper.
    fn completion(&self, task: &Task, keeper: usize, crew: &[Address]) -> ILane::completeCall {
        let words = self.words(task, keeper, crew).into_iter();
        let answers = words.map(|[miner, _, signed, digest, salt]| [miner, signed, digest, salt].concat());
        ILane::completeCall {
            payer: task.payer,
            sequence: task.sequence,
            opening: task.opening.clone().into(),
            answers: answers.collect::<Vec<_>>().concat().into(),
            keeper: self.world.account(keeper),
            assign: vec![].into(),
        }
    }

    /// Binds a crew that signed its commitments, by its keeper. The task's history from then on.
    fn begin(&self, task: &Task, keeper: usize, crew: &[Address]) -> Vec<u8> {
        let words = self.words(task, keeper, crew).into_iter();
        let miners = words.map(|[miner, commitment, signed, ..]| [miner, commitment, signed].concat());
        let start = ILane::startCall {
            payer: task.payer,
            sequence: task.sequence,
            opening: task.opening.clone().into(),
            miners: miners.collect::<Vec<_>>().concat().into(),
            keeper: self.world.account(keeper),
            assign: vec![].into(),
        };
        let said: ILane::TaskRecord = event(&self.world.solo.ok(self.world.account(keeper), self.lane, &start));
        [&task.opening[..], &said.record[..]].concat()
    }

    fn complete(&self, task: &Task, keeper: usize, crew: &[Address]) {
        let done = self.world.solo.ok(self.world.account(keeper), self.lane, &self.completion(task, keeper, crew));
        let ended: ILane::TaskEnded = event(&done);
        assert_eq!((ended.status, ended.keeper), (1, self.world.account(keeper)));
    }

    /// Whether the lane takes work from a keeper: of who may not serve it refuses everything.
    fn is_keeper(&self, keeper: usize) -> bool {
        let task = self.world.solo.chain().block_number() + 1_000;
        self.world.solo.undoing(|| {
            let task = self.submit(task);
            let call = self.completion(&task, keeper, &self.world.drawn(&task, KEEPER));
            match self.world.solo.send(self.world.account(keeper), self.lane, &call) {
                Ok(_) => true,
                Err(Refused::Known(ContractError::Unauthorized(_))) => false,
                Err(other) => panic!("{other:?}"),
            }
        })
    }
}

#[tokio::test]
async fn tasks_of_the_lane_are_judged_by_what_it_keeps_of_them() {
    let court = Court::start().await;
    let Court { world, lane } = &court;
    assert!(court.is_keeper(KEEPER) && court.is_keeper(OTHER_KEEPER) && !court.is_keeper(STRANGER));
    let honest = court.submit(1);
    let drawn = world.drawn(&honest, KEEPER);
    let open = world.refused(STRANGER, &court.challenge(&honest, KEEPER, &drawn));
    assert_eq!(open, same(&ILane::LanePhaseWrong { task: honest.id, phase: 1, wanted: 4 }));
    // A node that does not answer is passed over while the task is open, and not when it has ended.
    world.by(KEEPER, &World::summons(&honest, world.slot_of(drawn[0])));
    world.by(KEEPER, &World::summons(&honest, world.slot_of(drawn[1])));
    world.solo.pass(60);
    world.by(KEEPER, &World::dismissal(&honest, drawn[0]));
    let crew = world.drawn(&honest, KEEPER);
    assert_ne!(crew, drawn);
    court.complete(&honest, KEEPER, &crew);
    let late = world.refused(KEEPER, &World::dismissal(&honest, drawn[1]));
    assert_eq!(late, same(&ILane::LanePhaseWrong { task: honest.id, phase: 4, wanted: 1 }));
    let lie = court.submit(2);
    let forged = world.forged(&world.drawn(&lie, OTHER_KEEPER), 1);
    court.complete(&lie, OTHER_KEEPER, &forged);
    let expired = court.submit(3);

    let epoch = epoch_of(honest.time);
    assert_eq!(epoch, epoch_of(lie.time));
    world.to_epoch(epoch + 1);
    for keeper in [KEEPER, OTHER_KEEPER] {
        world.reveal(keeper, epoch);
    }
    let kept = world.refused(STRANGER, &court.challenge(&honest, KEEPER, &crew));
    assert_eq!(kept, same(&IJury::CrewAsDrawn { task: honest.id }));
    let said: IJury::KeeperConvicted = event(&world.by(STRANGER, &court.challenge(&lie, OTHER_KEEPER, &forged)));
    assert_eq!((said.reason, said.seat, said.keeper), (1, 1, world.account(OTHER_KEEPER)));
    assert_eq!(world.solo.get(world.token, &ICor::balanceOfCall { account: TREASURY }), U256::from(BOND - BOND / 2));
    world.assert_conserved();
    // It serves no more, and the other does.
    assert_eq!((court.is_keeper(KEEPER), court.is_keeper(OTHER_KEEPER)), (true, false));
    let next = court.submit(4);
    let crew = world.drawn(&next, OTHER_KEEPER);
    let refused = world.solo.refused(world.account(OTHER_KEEPER), *lane, &court.completion(&next, OTHER_KEEPER, &crew));
    assert!(matches!(refused, ContractError::Unauthorized(_)), "{refused}");
    court.complete(&next, KEEPER, &world.drawn(&next, KEEPER));
    // A task that nobody served is nobody's guilt.
    world.solo.pass(3_600 + u64::from(REVEAL_SECS));
    let close = ILane::closeCall { payer: expired.payer, sequence: 3, history: expired.opening.clone().into() };
    world.solo.ok(world.account(STRANGER), *lane, &close);
    let nothing = world.refused(STRANGER, &court.challenge(&expired, KEEPER, &world.drawn(&expired, KEEPER)));
    assert_eq!(nothing, same(&IJury::NothingServed { task: expired.id, status: 3 }));
    // The secret of the last task is not shown, though somebody calls for it.
    let challenge = court.challenge(&next, KEEPER, &world.drawn(&next, KEEPER));
    let said: IJury::SecretCalled = event(&world.by(STRANGER, &challenge));
    assert_eq!((said.keeper, said.epoch), (world.account(KEEPER), epoch_of(next.time)));
    world.solo.pass(u64::from(REVEAL_SECS));
    let said: IJury::KeeperConvicted = event(&world.by(STRANGER, &challenge));
    assert_eq!((said.reason, court.is_keeper(KEEPER)), (2, false));
}

/// A keeper that brought others than were drawn leaves the task as it is, so that there is no end to dispute: a stranger ends it, and has half of the bond.
#[tokio::test]
async fn a_guilty_keeper_does_not_escape_by_leaving_its_task_open() {
    let court = Court::start().await;
    let Court { world, lane } = &court;
    let task = court.submit(1);
    let forged = world.forged(&world.drawn(&task, KEEPER), 1);
    let history = court.begin(&task, KEEPER, &forged);
    let epoch = epoch_of(task.time);
    let running = world.refused(STRANGER, &court.challenge(&task, KEEPER, &forged));
    assert_eq!(running, same(&ILane::LanePhaseWrong { task: task.id, phase: 3, wanted: 4 }));
    let finish = ILane::finishCall { payer: task.payer, sequence: 1, history: history.into(), reveals: vec![].into() };
    // The deadline of the reveals, and the thirty hours of the last call.
    for wait in [90, 108_000] {
        world.solo.pass(wait);
        world.solo.ok(world.account(STRANGER), *lane, &finish);
    }
    world.reveal(KEEPER, epoch);
    let said: IJury::KeeperConvicted = event(&world.by(STRANGER, &court.challenge(&task, KEEPER, &forged)));
    assert_eq!((said.reason, said.seat, said.toChallenger), (1, 1, U256::from(BOND / 2)));
    assert!(!court.is_keeper(KEEPER));
}

#[tokio::test]
async fn the_jury_alone_governs_the_lane() {
    let court = Court::start().await;
    let Court { world, lane } = &court;
    for who in [OWNER, GUARDIAN, STRANGER] {
        let call = ILane::setKeeperCall { keeper: world.account(STRANGER), enabled: true };
        let refused = world.solo.refused(world.account(who), *lane, &call);
        assert_eq!(refused, same(&ILane::Unauthorized { caller: world.account(who), required: world.jury }));
    }
    let done = world.by(OWNER, &IJury::setLaneConfigCall { noReveal: 5, badReveal: 6, noResultGasCapBps: 7 });
    let said: ConfigSet = event(&done);
    assert_eq!((said.noReveal, said.badReveal, said.noResultGasCapBps, said.paused), (5, 6, 7, false));
    let wrong = IJury::setLaneConfigCall { noReveal: 0, badReveal: 0, noResultGasCapBps: 10_001 };
    assert!(matches!(world.refused(OWNER, &wrong), ContractError::InputOutOfRange(_)));
    let done = world.by(GUARDIAN, &IJury::setLanePausedCall { paused: true });
    let said: ConfigSet = event(&done);
    assert_eq!((said.noReveal, said.paused), (5, true));
    let create = ILane::createSessionCall { terms: terms(), metadata: B256::ZERO };
    assert_eq!(world.solo.refused(world.account(PAYER), *lane, &create), same(&ILane::Paused {}));
    world.by(OWNER, &IJury::setLanePausedCall { paused: false });
    world.by(KEEPER, &IJury::resignCall {});
    assert!(!court.is_keeper(KEEPER));
}
