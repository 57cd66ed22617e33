//! `cor jury`: keepers' bonds, rosters and disputes.

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider as _,
    rpc::types::Filter,
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolEvent as _},
};
use cor_adapters::{
    chain::{Account, explain, head},
    signer::LocalSigner,
};
use cor_ports::jury::{SECRETS, SecretChain, Standing};
use cor_sol::{jury::IJury, lane::ILane};
use cor_wire::readable;
use serde::Serialize;

use crate::{
    args::{EntryArgs, JuryAction, JuryArgs},
    error::CliError,
    key,
    network::{Network, log_of, send},
    output::{Output, cor},
};

/// Where an account stands.
#[derive(Serialize)]
struct Position {
    jury: Address,
    account: Address,
    epoch: u32,
    #[serde(with = "readable::time")]
    next_epoch_at: u64,
    epoch_secs: u32,
    answer_secs: u32,
    reveal_secs: u32,
    dispute_secs: u32,
    #[serde(with = "readable::amount")]
    bond: U256,
    keeper: Keeping,
    roster: Place,
}

/// An account as a keeper.
#[derive(Serialize)]
struct Keeping {
    standing: &'static str,
    /// From when on one that is proposed may enrol; `None` for others.
    #[serde(with = "readable::maybe_time")]
    enrols_at: Option<u64>,
    /// From when on the bond is free, or one that lost it may enrol again; `None` for others.
    #[serde(with = "readable::maybe_time")]
    free_at: Option<u64>,
    /// The first epoch that it has a secret of, and the last if this program made them.
    first_epoch: Option<u32>,
    last_epoch: Option<u32>,
    /// The last epoch whose secret was shown.
    shown_epoch: Option<u32>,
}

/// An account as a node in a model's roster.
#[derive(Serialize)]
struct Place {
    model: u64,
    /// Slots that can be drawn in the present epoch, those of nobody included.
    slots: u32,
    is_in: bool,
    slot: Option<u32>,
    /// The first epoch in which it can be in it again.
    barred_until: Option<u32>,
}

/// What a challenge came to.
#[derive(Serialize)]
struct Challenged {
    task: B256,
    keeper: Address,
    transaction: B256,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    Convicted {
        reason: &'static str,
        seat: u8,
        drawn: Address,
        #[serde(with = "readable::amount")]
        to_challenger: U256,
        #[serde(with = "readable::amount")]
        to_treasury: U256,
    },
    SecretCalled {
        epoch: u32,
        #[serde(with = "readable::time")]
        until: u64,
    },
    BlockNoted {
        number: u64,
    },
}

pub(crate) async fn run(args: JuryArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    if let JuryAction::Show { of: Some(account), model } = args.action {
        return show(&network, account, model, output).await;
    }
    let key = key::load(&args.network)?;
    let account = network.account_of(key.clone());
    let own = account.address();
    match args.action {
        JuryAction::Show { model, .. } => show(&network, own, model, output).await,
        JuryAction::Propose { keeper } => {
            call(&network, &account, "propose", IJury::proposeCall { keeper }).await?;
            show(&network, keeper, 1, output).await
        }
        JuryAction::Enrol => {
            enrol(&network, &account, key).await?;
            show(&network, own, 1, output).await
        }
        JuryAction::Renew => {
            let (anchor, first) = secrets(&network, key).await?;
            call(&network, &account, "renew", IJury::renewCall { anchor, first }).await?;
            show(&network, own, 1, output).await
        }
        JuryAction::Resign => {
            call(&network, &account, "resign", IJury::resignCall {}).await?;
            show(&network, own, 1, output).await
        }
        JuryAction::Withdraw { of } => {
            let keeper = of.unwrap_or(own);
            call(&network, &account, "withdraw", IJury::withdrawCall { keeper }).await?;
            show(&network, keeper, 1, output).await
        }
        JuryAction::Enter(EntryArgs { node, model }) => {
            let node = node.unwrap_or(own);
            call(&network, &account, "enter", IJury::enterCall { node, model }).await?;
            show(&network, node, model, output).await
        }
        JuryAction::Leave(EntryArgs { node, model }) => {
            let node = node.unwrap_or(own);
            call(&network, &account, "leave", IJury::leaveCall { node, model }).await?;
            show(&network, node, model, output).await
        }
        JuryAction::Strike(EntryArgs { node, model }) => {
            let node = node.unwrap_or(own);
            call(&network, &account, "strike", IJury::strikeCall { node, model }).await?;
            show(&network, node, model, output).await
        }
        JuryAction::Challenge { task } => challenge(&network, &account, task, output).await,
    }
}

async fn call(network: &Network, account: &Account, label: &str, call: impl SolCall) -> Result<(), CliError> {
    send(account, label, network.at.jury, call).await?;
    Ok(())
}

/// Posts the bond of a key.
pub(crate) async fn enrol(network: &Network, account: &Account, key: PrivateKeySigner) -> Result<(), CliError> {
    let (anchor, first) = secrets(network, key).await?;
    let bond = network.jury().parameters().call().await.map_err(network.failed("parameters"))?.bond;
    network.approve(account, network.at.jury, bond).await?;
    call(network, account, "enrol", IJury::enrolCall { anchor, first }).await
}

/// A key's secrets from the next epoch on: what that of the first hashes to, and which it is.
async fn secrets(network: &Network, key: PrivateKeySigner) -> Result<(B256, u32), CliError> {
    let first = epoch(network).await?.0.saturating_add(1);
    let signer = LocalSigner::new(key);
    let chain = SecretChain::of(&signer, network.at.chain_id, network.at.jury, first).await;
    Ok((chain.map_err(cor_ports::ChainError::from)?.anchor(), first))
}

/// The present epoch by the chain's time, and how long one is, seconds.
async fn epoch(network: &Network) -> Result<(u32, u32), CliError> {
    let secs = network.jury().parameters().call().await.map_err(network.failed("parameters"))?.epochSecs;
    let now = head(&network.provider, &network.endpoint).await?.timestamp_secs;
    let epoch = now.checked_div(u64::from(secs)).unwrap_or_default();
    Ok((u32::try_from(epoch).unwrap_or(u32::MAX), secs))
}

async fn show(network: &Network, account: Address, model: u64, output: &Output) -> Result<(), CliError> {
    let position = position(network, account, model).await?;
    output.result(&position, text)?;
    Ok(())
}

async fn position(network: &Network, account: Address, model: u64) -> Result<Position, CliError> {
    let jury = network.jury();
    let parameters = jury.parameters().call().await.map_err(network.failed("parameters"))?;
    let keeper = jury.keeperOf(account).call().await.map_err(network.failed("keeperOf"))?;
    let entry = jury.entryOf(account, model).call().await.map_err(network.failed("entryOf"))?;
    let (epoch, epoch_secs) = epoch(network).await?;
    let slots = jury.lengthOf(model, epoch).call().await.map_err(network.failed("lengthOf"))?;
    let was_in = entry.inside || entry.barredUntil != 0;
    let has_secrets = keeper.first != 0;
    let filled = |value: u64| (value != 0).then_some(value);
    Ok(Position {
        jury: network.at.jury,
        account,
        epoch,
        next_epoch_at: u64::from(epoch).saturating_add(1).saturating_mul(u64::from(epoch_secs)),
        epoch_secs,
        answer_secs: parameters.answerSecs,
        reveal_secs: parameters.revealSecs,
        dispute_secs: parameters.disputeSecs,
        bond: parameters.bond,
        keeper: Keeping {
            standing: standing_name(Standing::from_number(keeper.standing)),
            enrols_at: filled(keeper.enrolsAt),
            free_at: filled(keeper.freeAt),
            first_epoch: has_secrets.then_some(keeper.first),
            last_epoch: has_secrets.then(|| keeper.first.saturating_add(SECRETS - 1)),
            shown_epoch: (has_secrets && keeper.shown >= keeper.first).then_some(keeper.shown),
        },
        roster: Place {
            model,
            slots,
            is_in: entry.inside,
            slot: was_in.then_some(entry.slot),
            barred_until: (entry.barredUntil > epoch).then_some(entry.barredUntil),
        },
    })
}

const fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::None => "none",
        Standing::Proposed => "proposed",
        Standing::Serving => "serving",
        Standing::Leaving => "leaving",
        Standing::Convicted => "convicted",
    }
}

fn text(position: &Position) -> String {
    let Position { account, epoch, next_epoch_at, bond, keeper, roster, .. } = position;
    let time = |secs: u64| readable::time_text(secs).unwrap_or_else(|| secs.to_string());
    let mut lines = vec![
        account.to_string(),
        format!("  epoch      {epoch} of {} s, until {}", position.epoch_secs, time(*next_epoch_at)),
        format!("  as a keeper  {}, with a bond of {}", keeper.standing, cor(*bond)),
    ];
    if let Some(at) = keeper.enrols_at.filter(|_| keeper.standing == "proposed") {
        lines.push(format!("    may enrol from {} on", time(at)));
    }
    if let Some(at) = keeper.free_at {
        lines.push(format!("    the bond is free, or another can be posted, from {} on", time(at)));
    }
    if let (Some(first), Some(last)) = (keeper.first_epoch, keeper.last_epoch) {
        let shown = keeper.shown_epoch.map_or_else(|| "none is shown".to_owned(), |shown| format!("shown to {shown}"));
        lines.push(format!("    secrets of the epochs {first} to {last}, {shown}"));
    }
    let place = match (roster.is_in, roster.slot, roster.barred_until) {
        (true, Some(slot), _) => format!("in slot {slot}"),
        (_, _, Some(until)) => format!("out, and barred until epoch {until}"),
        _ => "out".to_owned(),
    };
    lines.push(format!("  as a node of model {}  {place}; the roster has {} slots now", roster.model, roster.slots));
    lines.join("\n")
}

async fn challenge(network: &Network, account: &Account, task: B256, output: &Output) -> Result<(), CliError> {
    let record = network.task(task).await?;
    let ended = ended(network, task).await?;
    let keeper = ended.as_ref().map(|ended| ended.keeper).unwrap_or_default();
    let brought = ended.map(|ended| ended.crew).unwrap_or_default();
    // Of a task that was not served the contract says what it is; for that it wants a crew of the right length.
    let nobody = || vec![0; usize::from(record.state.replicas) * 52].into();
    let crew = if brought.is_empty() { nobody() } else { brought };
    let call =
        IJury::challengeCall { payer: record.payer, sequence: record.sequence, opening: record.opening_bytes(), keeper, crew };
    let mined = send(account, "challenge", network.at.jury, call).await?;
    let outcome = if let Ok(convicted) = log_of::<IJury::KeeperConvicted>("challenge", &mined) {
        Outcome::Convicted {
            reason: reason_name(convicted.reason),
            seat: convicted.seat,
            drawn: convicted.drawn,
            to_challenger: convicted.toChallenger,
            to_treasury: convicted.toTreasury,
        }
    } else if let Ok(called) = log_of::<IJury::SecretCalled>("challenge", &mined) {
        Outcome::SecretCalled { epoch: called.epoch, until: called.until }
    } else {
        Outcome::BlockNoted { number: log_of::<IJury::BlockNoted>("challenge", &mined)?.number }
    };
    let challenged = Challenged { task, keeper, transaction: mined.receipt.transaction_hash, outcome };
    output.result(&challenged, challenge_text)?;
    Ok(())
}

/// How a task ended; `None` if it did not.
async fn ended(network: &Network, task: B256) -> Result<Option<ILane::TaskEnded>, CliError> {
    let filter = Filter::new()
        .address(network.at.lane)
        .event_signature(ILane::TaskEnded::SIGNATURE_HASH)
        .topic1(task)
        .from_block(network.at.from_block);
    let logs = network.provider.get_logs(&filter).await.map_err(|error| explain(&network.endpoint, "eth_getLogs", error))?;
    Ok(logs.iter().find_map(|log| ILane::TaskEnded::decode_log(&log.inner).ok()).map(|log| log.data))
}

const fn reason_name(number: u8) -> &'static str {
    match number {
        1 => "another miner than was drawn",
        2 => "a secret that was not shown",
        _ => "no secret of the epoch",
    }
}

fn challenge_text(challenged: &Challenged) -> String {
    let Challenged { task, keeper, outcome, .. } = challenged;
    match outcome {
        Outcome::Convicted { reason, seat, drawn, to_challenger, .. } => format!(
            "keeper {keeper} lost its bond by task {task}: {reason}, seat {seat}, drawn {drawn}; {} of it is yours",
            cor(*to_challenger)
        ),
        Outcome::SecretCalled { epoch, until } => format!(
            "the secret of epoch {epoch} is called for: keeper {keeper} shows it until {}, or the same challenge takes its bond then",
            readable::time_text(*until).unwrap_or_else(|| until.to_string())
        ),
        Outcome::BlockNoted { number } => {
            format!("the hash of block {number} is kept for task {task}; the secret of its epoch was called for already")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_position() -> Position {
        Position {
            jury: Address::ZERO,
            account: Address::ZERO,
            epoch: 9,
            next_epoch_at: 600,
            epoch_secs: 60,
            answer_secs: 30,
            reveal_secs: 108_000,
            dispute_secs: 1_036_800,
            bond: U256::from(1_000_000_000_000_000_000_u64),
            keeper: Keeping {
                standing: "none",
                enrols_at: None,
                free_at: None,
                first_epoch: None,
                last_epoch: None,
                shown_epoch: None,
            },
            roster: Place { model: 1, slots: 5, is_in: false, slot: None, barred_until: None },
        }
    }

    #[test]
    fn where_an_account_stands_is_told_in_words() {
        let stranger = text(&a_position());
        assert!(
            stranger.contains("none, with a bond of 1 COR") && stranger.ends_with("out; the roster has 5 slots now"),
            "{stranger}"
        );
        let mut position = a_position();
        position.keeper =
            Keeping { standing: "serving", first_epoch: Some(4), last_epoch: Some(99), shown_epoch: Some(7), ..position.keeper };
        position.roster = Place { is_in: true, slot: Some(0), ..position.roster };
        let told = text(&position);
        assert!(told.contains("secrets of the epochs 4 to 99, shown to 7") && told.contains("in slot 0"), "{told}");
        position.roster = Place { is_in: false, barred_until: Some(40), ..position.roster };
        assert!(text(&position).contains("out, and barred until epoch 40"));
    }

    #[test]
    fn what_a_challenge_came_to_is_told_in_words() {
        let told =
            |outcome| challenge_text(&Challenged { task: B256::ZERO, keeper: Address::ZERO, transaction: B256::ZERO, outcome });
        let convicted = Outcome::Convicted {
            reason: reason_name(1),
            seat: 2,
            drawn: Address::ZERO,
            to_challenger: U256::from(500_000_000_000_000_000_u64),
            to_treasury: U256::ZERO,
        };
        assert!(told(convicted).ends_with("0.5 COR of it is yours"));
        assert!(told(Outcome::SecretCalled { epoch: 3, until: 1_709_164_800 }).contains("until 2024-02-29T00:00:00Z"));
        assert!(told(Outcome::BlockNoted { number: 7 }).contains("block 7"));
    }
}
