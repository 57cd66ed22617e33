//! A lane is replaced on the dev network while tasks of the old one are in every phase: the old one ends what it has, the new one takes tasks meanwhile,
//! and all money leaves the old one.

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider as _,
};
use cor_adapters::deploy::{Artifacts, Governor, NetworkParams, deploy_lane};
use cor_core::task::{Status, lane::LanePhase};
use cor_kit::{
    COR, TestNet,
    lane::{PHASE_SECS, Session, Task, reveals, submission, terms},
};
use cor_sol::{cor::ICor, lane::ILane, lens::ILens, staking::IStaking, vault::IVault};
use cor_wire::deployment::Deployment;

const OWNER: usize = 0;
const KEEPER: usize = 1;
const PAYER: usize = 2;
const CREW: [usize; 3] = [3, 4, 5];
const STRANGER: usize = 6;
const ANSWER: &str = "VALID";
/// What the payer moved into the old lane, COR.
const FUNDED: u128 = 50;

/// Tasks of the old lane, one in each phase.
struct Open {
    /// Nobody serves it: it expires.
    expiring: Task,
    /// Its crew answers in time.
    answered: Task,
    /// Two of three are bound.
    half_bound: Task,
    /// All are bound, and nobody has shown an answer.
    bound: Task,
    /// One has shown its answer, and the others are called for the last time.
    called: Task,
}

impl Open {
    async fn of(net: &TestNet, session: Session) -> Self {
        let all = [Some(ANSWER); 3];
        let called = net.submit(PAYER, session).await;
        net.ok(KEEPER, net.at.lane, net.starting(&called, &CREW, &all)).await;
        net.ok(STRANGER, net.at.lane, revealing(net, &called, &[(0, ANSWER)]).await).await;
        net.advance(u64::from(PHASE_SECS)).await;
        let open = Self {
            expiring: net.submit(PAYER, session).await,
            answered: net.submit(PAYER, session).await,
            half_bound: net.submit(PAYER, session).await,
            bound: net.submit(PAYER, session).await,
            called,
        };
        net.ok(STRANGER, net.at.lane, net.finishing(&open.called, &CREW, &[]).await).await;
        net.ok(KEEPER, net.at.lane, net.starting(&open.half_bound, &CREW, &[Some(ANSWER), Some(ANSWER), None])).await;
        net.ok(KEEPER, net.at.lane, net.starting(&open.bound, &CREW, &all)).await;
        open
    }

    async fn phases(&self, net: &TestNet) -> [LanePhase; 5] {
        let mut phases = [LanePhase::None; 5];
        let tasks = [&self.expiring, &self.answered, &self.half_bound, &self.bound, &self.called];
        for (phase, task) in phases.iter_mut().zip(tasks) {
            *phase = net.record(task.id).await.state.phase;
        }
        phases
    }
}

async fn revealing(net: &TestNet, task: &Task, answers: &[(u8, &str)]) -> ILane::revealCall {
    let history = net.record(task.id).await.bytes;
    ILane::revealCall { payer: task.payer, sequence: task.sequence, history, reveals: reveals(&CREW, answers) }
}

async fn closing(net: &TestNet, task: &Task) -> ILane::closeCall {
    let history = net.record(task.id).await.bytes;
    ILane::closeCall { payer: task.payer, sequence: task.sequence, history }
}

async fn status(net: &TestNet, task: &Task) -> Status {
    let state = net.record(task.id).await.state;
    assert_eq!(state.phase, LanePhase::Ended);
    state.status
}

/// A lane beside that of the network, proposed and not active yet.
async fn beside(net: &TestNet) -> Deployment {
    let params = NetworkParams {
        governor: Governor::Deployer,
        ..NetworkParams::development(net.at.chain_id, vec![net.address(KEEPER)], vec![])
    };
    let artifacts = Artifacts::new(&cor_kit::paths::contracts());
    deploy_lane(&net.account(OWNER), &artifacts, &net.at, &params, &mut |_| {}).await.expect("it deploys").deployment
}

fn config(params: &NetworkParams, paused: bool) -> ILane::setConfigCall {
    ILane::setConfigCall {
        noReveal: params.no_reveal_penalty,
        badReveal: params.bad_reveal_penalty,
        noResultGasCapBps: params.no_result_gas_cap_bps,
        paused,
    }
}

async fn fund(net: &TestNet, account: usize, wei: U256) {
    let call = IVault::fundCall { module: net.at.lane, beneficiary: net.address(account), amount: wei };
    net.ok(account, net.at.vault, call).await;
}

async fn wallet(net: &TestNet, account: Address) -> U256 {
    ICor::new(net.at.cor, &net.provider).balanceOf(account).call().await.expect("balanceOf")
}

/// Everything out of a lane by calls of anyone and of whose it is: the book is empty then.
async fn empty(net: &TestNet) {
    for index in CREW {
        if !net.earnings(net.address(index)).await.is_zero() {
            net.ok(STRANGER, net.at.lane, ILane::payEarningsCall { miner: net.address(index) }).await;
        }
    }
    for index in [KEEPER, PAYER] {
        let available =
            ILens::new(net.at.lens, &net.provider).accountOf(net.address(index)).call().await.expect("accountOf").available;
        if available != 0 {
            net.ok(index, net.at.lane, ILane::releaseCall { amount: available }).await;
        }
    }
    net.ok(STRANGER, net.at.lane, ILane::passTreasuryCall {}).await;
    assert_eq!(IVault::new(net.at.vault, &net.provider).bookOf(net.at.lane).call().await.expect("bookOf"), U256::ZERO);
}

#[tokio::test]
async fn a_lane_is_replaced_with_tasks_in_every_phase() {
    let mut net = TestNet::start(7).await;
    for index in CREW {
        net.register_node(index, 4).await;
    }
    net.prepay(PAYER, U256::from(FUNDED) * U256::from(COR)).await;
    let session = net.open_session(PAYER, terms(3)).await;
    let old = net.at.clone();

    // It is proposed, and everybody has the delays to leave before it can take anything.
    let new = beside(&net).await;
    assert_eq!((new.vault, new.staking, new.cor), (old.vault, old.staking, old.cor));
    assert_ne!((new.lane, new.jury), (old.lane, old.jury));
    let early = IVault::fundCall { module: new.lane, beneficiary: net.address(PAYER), amount: U256::from(COR) };
    assert_eq!(net.reverts(PAYER, net.at.vault, early).await, "ModuleNotActive");
    let params = NetworkParams::development(1, vec![], vec![]);
    net.advance(params.delay_secs.max(params.vault_delay_secs)).await;

    // The vault lets it take money days before Staking lets it slash: until its governor says so it takes no task.
    let waits = ILane::createSessionCall { terms: session.terms, metadata: B256::ZERO };
    assert_eq!(net.reverts(PAYER, new.lane, waits).await, "Paused");
    net.ok(OWNER, new.lane, config(&params, false)).await;

    let open = Open::of(&net, session).await;
    use LanePhase::{Ended, Open as IsOpen, Precommit, Reveal};
    assert_eq!(open.phases(&net).await, [IsOpen, IsOpen, Precommit, Reveal, Reveal]);
    net.assert_conserved().await;
    net.ok(OWNER, net.at.vault, IVault::closeModuleCall { module: old.lane }).await;
    net.ok(OWNER, net.at.staking, IStaking::closeModuleCall { module: old.lane }).await;

    // The old one takes no money and, once its governor says so, no task; and the new one does.
    let more = IVault::fundCall { module: old.lane, beneficiary: net.address(PAYER), amount: U256::from(COR) };
    assert_eq!(net.reverts(PAYER, net.at.vault, more).await, "ModuleNotActive");
    net.ok(OWNER, old.lane, config(&params, true)).await;
    let sequence = net.provider.get_transaction_count(net.address(PAYER)).await.expect("the node answers");
    assert_eq!(net.reverts(PAYER, old.lane, submission(session, sequence)).await, "Paused");
    net.at = new.clone();
    net.mint(net.address(PAYER), U256::from(10 * COR)).await;
    net.ok(PAYER, net.at.cor, ICor::approveCall { spender: net.at.vault, value: U256::from(10 * COR) }).await;
    net.ok(PAYER, net.at.vault, IVault::depositCall { amount: U256::from(10 * COR) }).await;
    fund(&net, PAYER, U256::from(10 * COR)).await;
    let session = net.open_session(PAYER, terms(3)).await;
    let task = net.submit(PAYER, session).await;
    net.complete(&task, &CREW, &[ANSWER; 3]).await;
    assert_eq!(status(&net, &task).await, Status::Completed);
    net.assert_conserved().await;

    // The old one ends each of its tasks as if nothing had happened.
    net.at = old.clone();
    net.complete(&open.answered, &CREW, &[ANSWER; 3]).await;
    net.assert_conserved().await;
    let bound = net.commitment(&open.half_bound, &CREW, 2, ANSWER);
    let straggler = ILane::precommitCall {
        payer: open.half_bound.payer,
        sequence: open.half_bound.sequence,
        history: net.record(open.half_bound.id).await.bytes,
        replica: 2,
        commitment: bound,
        signature: net.precommit_signature(&open.half_bound, &CREW, 2, ANSWER),
    };
    net.ok(STRANGER, net.at.lane, straggler).await;
    for task in [&open.half_bound, &open.bound] {
        net.ok(STRANGER, net.at.lane, net.finishing(task, &CREW, &[(0, ANSWER), (1, ANSWER), (2, ANSWER)]).await).await;
        net.assert_conserved().await;
    }
    net.advance(u64::from(PHASE_SECS)).await;
    net.ok(STRANGER, net.at.lane, closing(&net, &open.expiring).await).await;
    // Two were silent when their word decided, and in the whole last call: the closed lane still takes their stake.
    let slashed = || async { IStaking::new(old.staking, &net.provider).slashedPot().call().await.expect("slashedPot") };
    assert!(slashed().await.is_zero());
    net.advance(cor_core::limits::LANE_LAST_CALL_SECS.into()).await;
    net.ok(STRANGER, net.at.lane, net.finishing(&open.called, &CREW, &[]).await).await;
    assert_eq!(open.phases(&net).await, [Ended; 5]);
    assert_eq!(status(&net, &open.expiring).await, Status::Expired);
    for task in [&open.answered, &open.half_bound, &open.bound] {
        assert_eq!(status(&net, task).await, Status::Completed);
    }
    assert_eq!(status(&net, &open.called).await, Status::NoQuorum);
    assert_eq!(slashed().await, U256::from(2 * params.no_reveal_penalty) * U256::from(cor_core::task::lane::GRAIN_WEI));
    net.assert_conserved().await;

    // All money leaves both, and what the payer has of it is in its wallet.
    empty(&net).await;
    net.at = new;
    empty(&net).await;
    let free = IVault::new(net.at.vault, &net.provider).freeOf(net.address(PAYER)).call().await.expect("freeOf");
    net.ok(PAYER, net.at.vault, IVault::withdrawCall { amount: free }).await;
    assert_eq!(wallet(&net, net.address(PAYER)).await, free);
    assert!(free > U256::from(FUNDED) * U256::from(COR), "most of 60 COR came back: {free}");
}
