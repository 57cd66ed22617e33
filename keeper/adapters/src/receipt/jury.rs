//! The jury's part of a receipt, from its logs: who was summoned, who came, and a bond that was lost.

use alloy::primitives::Address;
use cor_ports::ChainError;
use cor_sol::jury::IJury::{IJuryEvents as Jury, KeeperConvicted};
use cor_wire::{
    name::{Guilt, Step},
    receipt::{Conviction, JuryRecord, PresenceEvidence, SummonsEvidence},
};

use super::names::guilt;

/// Nothing but where and when.
pub(super) const fn begin(address: Address, epoch: u32) -> JuryRecord {
    JuryRecord { address, epoch, summonses: Vec::new(), presences: Vec::new(), draw: None, conviction: None }
}

/// Enters what a log tells. Logs come in the order of the chain.
///
/// # Errors
/// `Unexpected` for a conviction of something that this program does not know.
pub(super) fn enter(jury: &mut JuryRecord, event: &Jury, timestamp: u64) -> Result<(), ChainError> {
    match event {
        Jury::Summoned(event) => jury.summonses.push(SummonsEvidence {
            keeper: event.keeper,
            node: event.node,
            summoned_at: timestamp,
            answer_by: event.answerBy,
            absent_at: None,
        }),
        Jury::Present(event) => jury.presences.push(PresenceEvidence { node: event.node, at: timestamp }),
        Jury::Absent(event) => {
            let of_both = |summons: &&mut SummonsEvidence| (summons.keeper, summons.node) == (event.keeper, event.node);
            if let Some(summons) = jury.summonses.iter_mut().find(of_both) {
                summons.absent_at = Some(timestamp);
            }
        }
        Jury::KeeperConvicted(event) => jury.conviction = Some(conviction(event, timestamp)?),
        _ => {}
    }
    Ok(())
}

fn conviction(event: &KeeperConvicted, at: u64) -> Result<Conviction, ChainError> {
    let unknown = || ChainError::Unexpected {
        what: "KeeperConvicted".to_owned(),
        detail: format!("reason {} is not known; is this program older than the contracts?", event.reason),
    };
    let guilt = guilt(event.reason).ok_or_else(unknown)?;
    let of_crew = guilt == Guilt::OtherCrew;
    Ok(Conviction {
        guilt,
        replica: of_crew.then_some(event.seat),
        drawn: (of_crew && !event.drawn.is_zero()).then_some(event.drawn),
        challenger: event.challenger,
        at,
        to_challenger: event.toChallenger,
        to_treasury: event.toTreasury,
    })
}

/// What an event says of its transaction.
pub(super) const fn step(event: &Jury) -> Step {
    match event {
        Jury::Summoned(_) => Step::Summon,
        Jury::Present(_) => Step::Present,
        Jury::Absent(_) => Step::Dismiss,
        Jury::KeeperConvicted(_) => Step::Convict,
        _ => Step::Other,
    }
}
