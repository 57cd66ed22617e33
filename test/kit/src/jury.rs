//! Keepers' secrets, and who is drawn by them.

use alloy::primitives::Address;
use cor_adapters::signer::LocalSigner;
use cor_core::task::jury::draw::Drawable;
use cor_ports::jury::{SecretChain, crew, epoch_of};
use cor_sol::jury::IJury;

use crate::{TestNet, lane::Task};

impl TestNet {
    /// The secrets of the keeper that account `index` is: those of the chain that the jury has of it now.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn secrets(&self, index: usize) -> SecretChain {
        let keeper = IJury::new(self.at.jury, &self.provider).keeperOf(self.address(index)).call().await.expect("keeperOf");
        let signer = LocalSigner::new(self.key(index));
        SecretChain::of(&signer, self.at.chain_id, self.at.jury, keeper.first).await.expect("a key signs")
    }

    /// The accounts that a keeper with these secrets is to bring for a task, in their order, by the roster as the jury tells it. Who is `absent` is passed over.
    ///
    /// # Panics
    /// If too few can be drawn, or one that is no account of this chain.
    pub async fn drawn(&self, task: &Task, secrets: &SecretChain, absent: &[Address]) -> Vec<usize> {
        let (record, times) = (self.record(task.id).await, self.times().await);
        let (epoch, model) = (epoch_of(&record, &times), record.history.opening.terms.model);
        let jury = IJury::new(self.at.jury, &self.provider);
        let mut slots = Vec::new();
        let length = jury.lengthOf(model, epoch).call().await.expect("lengthOf");
        for slot in 0..length {
            let slot = jury.slotOf(model, slot).call().await.expect("slotOf");
            slots.push((!absent.contains(&slot.node)).then_some(Drawable { node: slot.node, operator: slot.operator }));
        }
        let secret = secrets.secret(epoch).expect("a secret of the epoch");
        let at = |slot: u32| slots[usize::try_from(slot).expect("few slots")];
        let miners = crew(&record, secret, length, at).expect("enough can be drawn");
        let accounts = self.node.accounts();
        let index =
            |miner: Address| accounts.iter().position(|account| account.address == miner).expect("an account of this chain");
        miners.into_iter().map(index).collect()
    }
}
