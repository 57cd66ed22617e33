//! Events in words.

use alloy::primitives::{Address, U256, hex};
use cor_core::task::lane::GRAIN_WEI;
use cor_ports::domain::{Phase, Status};
use cor_sol::{
    jury::IJury::{IJuryEvents as Jury, KeeperConvicted},
    lane::ILane::ILaneEvents as Lane,
    staking::IStaking::IStakingEvents as Staking,
};
use cor_wire::{
    name::Guilt,
    readable::{cor_text, time_text},
};

use super::names::{guilt, phase, status};
use crate::chain::Event;

/// First bytes of the records of a history, as `ILane` has them.
pub(super) const ASSIGNED: u8 = 1;
pub(super) const PRECOMMITTED: u8 = 2;
pub(super) const REVEALED: u8 = 3;
pub(super) const BAD: u8 = 4;

/// Grains as wei.
pub(super) fn wei(grains: u64) -> U256 {
    U256::from(grains) * U256::from(GRAIN_WEI)
}

/// Name and fields of an event in words.
pub(super) fn describe(event: &Event) -> (&'static str, String) {
    match event {
        Event::Lane(Lane::TaskSubmitted(event)) => {
            let price = cor(event.charged);
            ("TaskSubmitted", format!("prompt {}, {price} COR charged, open until {}", event.promptUrn, when(event.deadline)))
        }
        Event::Lane(Lane::TaskRecord(event)) => {
            let until = format!("{} until {}", phase_name(event.phase), when(event.deadline));
            ("TaskRecord", format!("{}; {until}", record(&event.record)))
        }
        Event::Lane(Lane::TaskEnded(event)) => {
            let paid = event.paid.count_ones();
            let split = format!(
                "{} COR to each of {paid} miners, {} COR to the keeper, {} COR to the treasury, {} COR back to the payer",
                cor(event.perMiner),
                cor(event.toKeeper),
                cor(event.toTreasury),
                cor(event.refunded)
            );
            ("TaskEnded", format!("{}: {split}", status(Status::from_number(event.status))))
        }
        Event::Lane(Lane::SlashOwed(event)) => {
            ("SlashOwed", format!("{} owes {} COR of stake for {}", event.node, cor(event.amount), why(event.reason)))
        }
        Event::Staking(Staking::Slashed(event)) => {
            ("Slashed", format!("{} lost {} COR of stake: {}", event.node, cor_text(event.amount), why(event.reason)))
        }
        Event::Jury(Jury::Summoned(event)) => {
            let until = when(event.answerBy);
            ("Summoned", format!("keeper {} summoned {}, which may answer until {until}", event.keeper, event.node))
        }
        Event::Jury(Jury::Present(event)) => ("Present", format!("{} is there", event.node)),
        Event::Jury(Jury::Absent(event)) => ("Absent", format!("keeper {} found {} absent", event.keeper, event.node)),
        Event::Jury(Jury::KeeperConvicted(event)) => ("KeeperConvicted", convicted(event)),
        Event::Lane(_) | Event::Staking(_) | Event::Jury(_) => ("other", String::new()),
    }
}

fn convicted(event: &KeeperConvicted) -> String {
    let why = match guilt(event.reason) {
        Some(Guilt::OtherCrew) if event.drawn.is_zero() => format!("nobody was drawn for seat {}", event.seat),
        Some(Guilt::OtherCrew) => format!("{} was drawn for seat {}", event.drawn, event.seat),
        Some(Guilt::SecretNotShown) => "it did not show a secret that was called for".to_owned(),
        Some(Guilt::NoSecret) => "it had committed to no secret of the epoch".to_owned(),
        None => format!("reason {}", event.reason),
    };
    let (challenger, treasury) = (cor_text(event.toChallenger), cor_text(event.toTreasury));
    let split = format!("{challenger} COR to {}, {treasury} COR to the treasury", event.challenger);
    format!("keeper {} lost its bond, as {why}: {split}", event.keeper)
}

/// What a record says.
fn record(bytes: &[u8]) -> String {
    let replica = || bytes.get(1).map_or_else(String::new, |replica| format!("miner {replica} "));
    let word = || bytes.get(2..34).map(hex::encode_prefixed).unwrap_or_default();
    match bytes.first() {
        None => "nobody has anything to add".to_owned(),
        Some(&ASSIGNED) => {
            let seats = bytes.get(1..).unwrap_or_default().as_chunks::<52>().0;
            let bound = |seat: &&[u8; 52]| seat.iter().skip(20).any(|byte| *byte != 0);
            let named: Vec<_> = seats.iter().map(|seat| Address::from_slice(seat.split_at(20).0).to_string()).collect();
            format!("started with {}, of whom {} are bound", named.join(", "), seats.iter().filter(bound).count())
        }
        Some(&PRECOMMITTED) => format!("{}bound itself to {}", replica(), word()),
        Some(&REVEALED) => format!("{}revealed {}", replica(), word()),
        Some(&BAD) => format!("{}signed a reveal that does not open its commitment, or a second commitment", replica()),
        Some(other) => format!("unknown record {other}"),
    }
}

fn why(reason: u8) -> String {
    use cor_core::task::Offence;
    match reason {
        no if no == Offence::NoReveal.number() => "it was silent where its answer decided".to_owned(),
        no if no == Offence::BadReveal.number() => {
            "it revealed something else than it had committed to, or committed to something else too".to_owned()
        }
        other => format!("reason {other}"),
    }
}

fn phase_name(number: u8) -> String {
    let known = Phase::ALL.get(usize::from(number)).copied().and_then(phase);
    known.map_or_else(|| format!("unknown {number}"), |phase| phase.to_string())
}

/// Grains as COR.
fn cor(grains: u64) -> String {
    cor_text(wei(grains))
}

/// A time as people read it, or its seconds if no calendar has it.
fn when(secs: u64) -> String {
    time_text(secs).unwrap_or_else(|| format!("{secs} seconds"))
}
