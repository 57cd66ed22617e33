//! Reads what a task's draw depends on, and holds the crew against it.

use std::collections::BTreeMap;

use alloy::{
    eips::BlockId,
    primitives::{Address, B256},
    providers::{DynProvider, Provider},
    rpc::types::Filter,
    sol_types::SolEvent as _,
};
use cor_ports::ChainError;
use cor_sol::jury::IJury::{ChainRenewed, IJuryEvents as Jury, KeeperEnrolled, SecretShown};
use cor_wire::{
    deployment::Deployment,
    name::DrawVerdict,
    receipt::{DrawEvidence, Receipt},
};

use super::draw::{ChainLogs, Draw, Outcome, Secret, secret_ever, secret_now, without};
use crate::chain::{Event, JuryViews, explain};

/// Where a task was submitted, and for which model.
pub(super) struct Submitted {
    pub(super) model: u64,
    pub(super) block: u64,
    pub(super) block_hash: B256,
}

/// Reads the jury as of one block.
pub(super) struct Court<'a> {
    provider: &'a DynProvider,
    endpoint: &'a str,
    at: &'a Deployment,
    head: u64,
    views: JuryViews<'a>,
}

impl<'a> Court<'a> {
    /// The jury of a network as of block `head`.
    pub(super) const fn new(provider: &'a DynProvider, endpoint: &'a str, at: &'a Deployment, head: u64) -> Self {
        let views = JuryViews::new(provider, endpoint, at.jury, BlockId::number(head));
        Self { provider, endpoint, at, head, views }
    }

    /// The contract's views.
    pub(super) const fn views(&self) -> &JuryViews<'a> {
        &self.views
    }

    /// The crew of a receipt, held against the draw; `None` if it has none.
    ///
    /// # Errors
    /// Those of the node.
    pub(super) async fn draw(&self, receipt: &Receipt, submitted: &Submitted) -> Result<Option<DrawEvidence>, ChainError> {
        let crew: Vec<Address> = receipt.replicas.iter().map(|replica| replica.miner).collect();
        let Some(keeper) = receipt.keeper.filter(|_| !crew.is_empty()) else { return Ok(None) };
        let (epoch, block_hash) = (receipt.jury.epoch, submitted.block_hash);
        let secret = match self.secret(keeper, epoch, submitted.block).await? {
            Secret::Shown(secret) => secret,
            Secret::Hidden => {
                let called_until = self.views.called_until(keeper, epoch).await?;
                return Ok(Some(without(DrawVerdict::SecretNotShown, block_hash, called_until)));
            }
            Secret::None => return Ok(Some(without(DrawVerdict::NoSecret, block_hash, None))),
        };
        let model = submitted.model;
        let found_absent =
            receipt.jury.summonses.iter().filter(|summons| summons.keeper == keeper && summons.absent_at.is_some());
        let mut draw = Draw {
            task: receipt.task,
            block_hash,
            epoch,
            crew,
            absent: found_absent.map(|summons| summons.node).collect(),
            length: self.views.roster_length(model, epoch).await?,
            slots: BTreeMap::new(),
        };
        let drawn = loop {
            match draw.by(secret) {
                Outcome::Missing(slot) => drop(draw.slots.insert(slot, self.views.roster_slot(model, slot).await?)),
                Outcome::Forgotten => break None,
                Outcome::Drawn(drawn) => break Some(drawn),
            }
        };
        Ok(Some(draw.evidence(secret, drawn)))
    }

    /// The keeper's secret of an epoch, in which block `since` lies.
    async fn secret(&self, keeper: Address, epoch: u32, since: u64) -> Result<Secret, ChainError> {
        if let Some(secret) = secret_now(&self.views.keeper(keeper).await?.shown, epoch) {
            return Ok(secret);
        }
        let of_keeper = Filter::new().address(self.at.jury).topic1(keeper.into_word()).to_block(self.head);
        let begins = vec![KeeperEnrolled::SIGNATURE_HASH, ChainRenewed::SIGNATURE_HASH];
        let begins = of_keeper.clone().event_signature(begins).from_block(self.at.from_block);
        let shows = of_keeper.event_signature(SecretShown::SIGNATURE_HASH).from_block(since);
        let mut logs = ChainLogs::default();
        for filter in [begins, shows] {
            let mut found =
                self.provider.get_logs(&filter).await.map_err(|error| explain(self.endpoint, "eth_getLogs", error))?;
            found.sort_by_key(|log| (log.block_number, log.log_index));
            for log in &found {
                match Event::of(self.at, log) {
                    Some(Event::Jury(Jury::KeeperEnrolled(event))) => logs.begun.push(event.first),
                    Some(Event::Jury(Jury::ChainRenewed(event))) => logs.begun.push(event.first),
                    Some(Event::Jury(Jury::SecretShown(event))) => logs.shown.push((event.epoch, event.secret)),
                    _ => {}
                }
            }
        }
        Ok(secret_ever(&logs, epoch))
    }
}
