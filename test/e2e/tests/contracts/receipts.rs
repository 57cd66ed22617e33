//! A receipt is read from the chain alone: what it says of a crew is what the jury comes to.

use alloy::primitives::{Address, B256, U256};
use cor_adapters::receipt;
use cor_core::limits::JURY_ANSWER_MIN_SECS;
use cor_kit::{
    COR, TestNet,
    lane::{Task, terms},
};
use cor_ports::jury::SecretChain;
use cor_sol::jury::IJury;
use cor_wire::{
    name::{DrawVerdict, Guilt},
    receipt::Receipt,
};

const KEEPER: usize = 1;
const PAYER: usize = 2;
const NODES: [usize; 5] = [3, 4, 5, 6, 7];
const WATCHER: usize = 8;
const ANSWER: &str = "VALID";

struct World {
    net: TestNet,
    secrets: SecretChain,
}

impl World {
    /// Five nodes in the roster, and the keeper's second epoch.
    async fn start() -> Self {
        let net = TestNet::with_jury(9).await;
        for node in NODES {
            net.register_node(node, 4).await;
            net.enter(node).await;
        }
        net.prepay(PAYER, U256::from(20 * COR)).await;
        net.next_epoch().await;
        let secrets = net.secrets(KEEPER).await;
        Self { net, secrets }
    }

    async fn submit(&self) -> Task {
        let session = self.net.open_session(PAYER, terms(3)).await;
        self.net.submit(PAYER, session).await
    }

    /// Whom the keeper is to bring, but for whom it found absent.
    async fn drawn(&self, task: &Task, absent: &[Address]) -> Vec<usize> {
        self.net.drawn(task, &self.secrets, absent).await
    }

    async fn receipt(&self, task: &Task) -> Receipt {
        receipt::read(&self.net.provider, &self.net.rpc(), &self.net.at, task.id).await.unwrap()
    }

    async fn verdict(&self, task: &Task) -> DrawVerdict {
        self.receipt(task).await.jury.draw.expect("a crew is on chain").verdict
    }

    async fn reveal(&self, epoch: u32) -> B256 {
        let (keeper, secret) = (self.net.address(KEEPER), self.secrets.secret(epoch).unwrap());
        self.net.ok(WATCHER, self.net.at.jury, IJury::revealCall { keeper, epoch, secret }).await;
        secret
    }

    fn challenge(&self, task: &Task, crew: &[usize]) -> IJury::challengeCall {
        let bound = |replica: usize| self.net.commitment(task, crew, replica, ANSWER);
        let seats = crew.iter().enumerate().map(|(replica, miner)| [&self.net.address(*miner)[..], &bound(replica)[..]].concat());
        let crew = seats.collect::<Vec<_>>().concat().into();
        let (payer, sequence, opening) = (task.payer, task.sequence, task.history.clone());
        IJury::challengeCall { payer, sequence, opening, keeper: self.net.address(KEEPER), crew }
    }
}

#[tokio::test]
async fn a_receipt_holds_a_crew_against_the_draw_as_the_jury_does() {
    let world = World::start().await;
    let net = &world.net;
    let (honest, forged) = (world.submit().await, world.submit().await);
    assert!(world.receipt(&honest).await.jury.draw.is_none(), "nobody serves it yet");
    let right = world.drawn(&honest, &[]).await;
    net.complete(&honest, &right, &[ANSWER; 3]).await;
    let mut wrong = world.drawn(&forged, &[]).await;
    let drawn = net.address(wrong[1]);
    wrong[1] = NODES.into_iter().find(|node| !wrong.contains(node)).unwrap();
    net.complete(&forged, &wrong, &[ANSWER; 3]).await;
    let epoch = world.receipt(&honest).await.jury.epoch;
    assert_eq!(epoch, net.epoch().await);
    assert_eq!([world.verdict(&honest).await, world.verdict(&forged).await], [DrawVerdict::SecretNotShown; 2]);

    // Called for, and shown with that of a later epoch.
    net.next_epoch().await;
    net.ok(WATCHER, net.at.jury, world.challenge(&forged, &wrong)).await;
    let called = world.receipt(&honest).await.jury.draw.unwrap().called_until;
    assert_eq!(called, Some(net.now().await + u64::from(net.times().await.reveal_secs)));
    net.next_epoch().await;
    world.reveal(epoch + 1).await;
    let told = world.receipt(&honest).await.jury.draw.unwrap();
    assert_eq!((told.verdict, told.secret, told.called_until), (DrawVerdict::AsDrawn, world.secrets.secret(epoch), None));
    assert_eq!(net.reverts(WATCHER, net.at.jury, world.challenge(&honest, &right)).await, "CrewAsDrawn");
    let told = world.receipt(&forged).await.jury.draw.unwrap();
    assert_eq!((told.verdict, told.first_difference), (DrawVerdict::OtherCrew, Some(1)));
    assert_eq!(told.drawn.unwrap()[1], drawn);

    // The jury forgets the secrets of whom it convicts; the logs do not.
    net.ok(WATCHER, net.at.jury, world.challenge(&forged, &wrong)).await;
    let told = world.receipt(&forged).await.jury;
    let lost = told.conviction.unwrap();
    assert_eq!((lost.guilt, lost.replica, lost.drawn), (Guilt::OtherCrew, Some(1), Some(drawn)));
    assert_eq!((lost.challenger, lost.at), (net.address(WATCHER), net.now().await));
    assert_eq!([world.verdict(&honest).await, world.verdict(&forged).await], [DrawVerdict::AsDrawn, DrawVerdict::OtherCrew]);
    assert!(world.receipt(&honest).await.jury.conviction.is_none(), "it is of the other task");
    net.assert_conserved().await;
}

#[tokio::test]
async fn a_miner_that_was_found_absent_is_passed_over_in_the_receipt_too() {
    let world = World::start().await;
    let net = &world.net;
    let task = world.submit().await;
    let (payer, sequence, opening) = (task.payer, task.sequence, task.history.clone());
    let first = world.drawn(&task, &[]).await;
    let (gone, there) = (net.address(first[0]), net.address(first[1]));
    for node in [gone, there] {
        let slot = IJury::new(net.at.jury, &net.provider).entryOf(node, 1).call().await.unwrap().slot;
        net.ok(KEEPER, net.at.jury, IJury::summonCall { payer, sequence, opening: opening.clone(), slot }).await;
    }
    let answer = IJury::presentCall { task: task.id, node: there, signature: Vec::new().into() };
    net.ok(first[1], net.at.jury, answer).await;
    net.advance(u64::from(JURY_ANSWER_MIN_SECS)).await;
    net.ok(KEEPER, net.at.jury, IJury::dismissCall { payer, sequence, opening, node: gone }).await;
    let crew = world.drawn(&task, &[gone]).await;
    assert_ne!(crew, first);
    net.complete(&task, &crew, &[ANSWER; 3]).await;
    let epoch = world.receipt(&task).await.jury.epoch;
    net.next_epoch().await;
    world.reveal(epoch).await;
    let jury = world.receipt(&task).await.jury;
    let summonses: Vec<_> = jury.summonses.iter().map(|summons| (summons.node, summons.absent_at.is_some())).collect();
    assert_eq!(summonses, [(gone, true), (there, false)]);
    assert_eq!(jury.presences.iter().map(|presence| presence.node).collect::<Vec<_>>(), [there]);
    assert_eq!(jury.draw.unwrap().verdict, DrawVerdict::AsDrawn);
}

/// Where nobody is bound by a draw a receipt says no more than that.
#[tokio::test]
async fn a_keeper_without_a_bond_has_no_draw_to_be_held_against() {
    let net = TestNet::start(6).await;
    for node in [3, 4, 5] {
        net.register_node(node, 4).await;
    }
    net.prepay(PAYER, U256::from(20 * COR)).await;
    let session = net.open_session(PAYER, terms(3)).await;
    let task = net.submit(PAYER, session).await;
    net.complete(&task, &[3, 4, 5], &[ANSWER; 3]).await;
    let receipt = receipt::read(&net.provider, &net.rpc(), &net.at, task.id).await.unwrap();
    assert_eq!(receipt.jury.draw.unwrap().verdict, DrawVerdict::NoSecret);
}
