//! `cor session`: money in the lane, and sessions.

use alloy::primitives::{Address, B256, U256};
use cor_adapters::chain::Account;
use cor_core::task::lane::grains_up;
use cor_sol::{lane::ILane, vault::IVault};
use cor_wire::readable;
use serde::Serialize;

use crate::{
    args::{ConsensusRule, Kind, Priority, SessionAction, SessionArgs, Sla},
    error::CliError,
    network::{Network, Session, log_of, send},
    output::{Output, cor, wei},
    terms::{self, Priced},
};

#[derive(Serialize)]
struct Balance {
    account: Address,
    #[serde(with = "readable::amount")]
    wallet: U256,
    /// Free in the vault.
    #[serde(with = "readable::amount")]
    free: U256,
    /// What tasks can be paid from, in the lane.
    #[serde(with = "readable::amount")]
    credit: U256,
    /// What it earned as a miner and was not paid yet.
    #[serde(with = "readable::amount")]
    earned: U256,
}

/// A session and its terms, by the names that the arguments have.
#[derive(Serialize)]
struct Shown {
    session_id: u64,
    owner: Address,
    open: bool,
    model: u64,
    kind: String,
    max_tokens: u32,
    replicas: u8,
    quorum_bps: u16,
    /// How many of the replicas that is.
    needed: u8,
    open_secs: u32,
    precommit_secs: u32,
    reveal_secs: u32,
    execution_depth: u16,
    tool_depth: u16,
    sla: String,
    priority: String,
    consensus_rule: String,
}

/// What a miner was paid.
#[derive(Serialize)]
struct Claimed {
    miner: Address,
    /// Where its staker wants it.
    paid_to: Address,
    #[serde(with = "readable::amount")]
    amount: U256,
}

pub(crate) async fn run(args: SessionArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    match &args.action {
        SessionAction::Balance { of: Some(account) } => return balance(&network, *account, output).await,
        SessionAction::Show { session } => return show(&network, &network.session(*session).await?, output).await,
        _ => {}
    }
    let account = network.account(&args.network)?;
    match args.action {
        SessionAction::Deposit { amount } => deposit(&network, &account, amount).await?,
        SessionAction::Withdraw { amount } => withdraw(&network, &account, amount).await?,
        SessionAction::Claim { of } => return claim(&network, &account, of, output).await,
        SessionAction::Create(terms) => {
            let created = create(&network, &account, terms::word(&terms)?).await?;
            return show(&network, &created, output).await;
        }
        SessionAction::Close { session } => {
            let session = network.session(session).await?;
            let call = ILane::closeSessionCall { session: session.number, terms: session.word };
            send(&account, "closeSession", network.at.lane, call).await?;
            return show(&network, &session, output).await;
        }
        SessionAction::Balance { .. } | SessionAction::Show { .. } => {}
    }
    balance(&network, account.address(), output).await
}

/// Moves COR from the wallet into the account's credit in the lane. Whole grains, wei.
pub(crate) async fn deposit(network: &Network, account: &Account, amount: U256) -> Result<(), CliError> {
    let vault = network.at.vault;
    network.approve(account, vault, amount).await?;
    let call = IVault::depositAndFundCall { module: network.at.lane, beneficiary: account.address(), amount };
    send(account, "depositAndFund", vault, call).await?;
    Ok(())
}

/// Moves COR to the wallet: what is free in the vault first, and what is missing out of the lane. Whichever of its steps fails, the same call
/// again finds what the one before it freed.
async fn withdraw(network: &Network, account: &Account, amount: U256) -> Result<(), CliError> {
    let free = network.vault().freeOf(account.address()).call().await.map_err(network.failed("freeOf"))?;
    // More than the lane can count is more than anybody has there: it says so.
    let missing = grains_up(amount.saturating_sub(free).into()).unwrap_or(u64::MAX);
    if missing > 0 {
        send(account, "release", network.at.lane, ILane::releaseCall { amount: missing }).await?;
    }
    let withdrawn = send(account, "withdraw", network.at.vault, IVault::withdrawCall { amount }).await;
    match withdrawn {
        Err(source) if missing > 0 => Err(CliError::LeftInVault { amount: cor(wei(missing)), source }),
        withdrawn => Ok(withdrawn.map(drop)?),
    }
}

/// Pays out what a miner earned.
async fn claim(network: &Network, account: &Account, of: Option<Address>, output: &Output) -> Result<(), CliError> {
    let miner = of.unwrap_or(account.address());
    let mined = send(account, "payEarnings", network.at.lane, ILane::payEarningsCall { miner }).await?;
    let paid: ILane::EarningsPaid = log_of("payEarnings", &mined)?;
    let claimed = Claimed { miner, paid_to: paid.to, amount: wei(paid.amount) };
    output.result(&claimed, |claimed| format!("{} of {} paid to {}", cor(claimed.amount), claimed.miner, claimed.paid_to))
}

/// Opens a session of these terms; its number is read from the log.
pub(crate) async fn create(network: &Network, account: &Account, word: B256) -> Result<Session, CliError> {
    let call = ILane::createSessionCall { terms: word, metadata: B256::ZERO };
    let mined = send(account, "createSession", network.at.lane, call).await?;
    let created: ILane::SessionCreated = log_of("createSession", &mined)?;
    Ok(Session { number: created.session, owner: created.owner, word })
}

async fn show(network: &Network, session: &Session, output: &Output) -> Result<(), CliError> {
    let open = network.lens().isSession(session.number, session.owner, session.word).call().await;
    let shown = shown(session, open.map_err(network.failed("isSession"))?);
    output.result(&shown, shown_text)
}

fn shown(session: &Session, open: bool) -> Shown {
    let terms = session.terms();
    let priced = Priced::unpack(terms.priced);
    Shown {
        session_id: session.number,
        owner: session.owner,
        open,
        model: terms.model,
        kind: Kind::name_of(terms.answer_kind),
        max_tokens: terms.max_tokens,
        replicas: terms.replicas,
        quorum_bps: terms.quorum_bps,
        needed: terms.quorum().needed(),
        open_secs: terms.open_secs,
        precommit_secs: terms.precommit_secs,
        reveal_secs: terms.reveal_secs,
        execution_depth: priced.execution_depth,
        tool_depth: priced.tool_depth,
        sla: Sla::name_of(priced.sla),
        priority: Priority::name_of(priced.priority),
        consensus_rule: ConsensusRule::name_of(priced.consensus_rule),
    }
}

fn shown_text(session: &Shown) -> String {
    let state = if session.open { "open" } else { "closed" };
    let Shown { session_id, owner, model, kind, max_tokens, replicas, needed, .. } = session;
    let Shown { open_secs, precommit_secs, reveal_secs, .. } = session;
    format!(
        "session {session_id} of {owner} is {state}\n  model {model}, {kind} of at most {max_tokens} tokens\n  \
         {replicas} miners for each task, of which {needed} must agree\n  \
         {open_secs} s to answer, {precommit_secs} s for who was late to bind itself, {reveal_secs} s to reveal"
    )
}

async fn balance(network: &Network, account: Address, output: &Output) -> Result<(), CliError> {
    let in_lane = network.lens().accountOf(account).call().await.map_err(network.failed("accountOf"))?;
    let balance = Balance {
        account,
        wallet: network.token().balanceOf(account).call().await.map_err(network.failed("balanceOf"))?,
        free: network.vault().freeOf(account).call().await.map_err(network.failed("freeOf"))?,
        credit: wei(in_lane.available),
        earned: wei(in_lane.earned),
    };
    output.result(&balance, |balance| {
        format!(
            "{}\n  wallet  {}\n  free    {} (in the vault; `cor session withdraw` moves it to the wallet)\n  \
             credit  {} (in the lane, for tasks)\n  earned  {} (as a miner; `cor session claim` pays it out)",
            balance.account,
            cor(balance.wallet),
            cor(balance.free),
            cor(balance.credit),
            cor(balance.earned)
        )
    })
}

#[cfg(test)]
mod tests {
    use cor_core::task::lane::LaneTerms;

    use super::*;

    #[test]
    fn terms_are_shown_in_words() {
        let terms = LaneTerms {
            model: 1,
            max_tokens: 64,
            answer_kind: 1,
            replicas: 3,
            quorum_bps: 5_001,
            open_secs: 120,
            precommit_secs: 30,
            reveal_secs: 31,
            priced: 0x0100_0000_0001,
        };
        let session = Session { number: 7, owner: Address::ZERO, word: terms.pack() };
        let shown = shown(&session, false);
        let text = shown_text(&shown);
        for part in
            ["session 7 of 0x0000", "is closed", "verdict of at most 64 tokens", "3 miners", "2 must agree", "31 s to reveal"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        let json = serde_json::to_value(&shown).unwrap();
        for (field, value) in [("consensus_rule", "majority"), ("sla", "low"), ("priority", "normal"), ("kind", "verdict")] {
            assert_eq!(json[field], value);
        }
        assert_eq!((&json["session_id"], &json["execution_depth"]), (&7.into(), &1.into()));
    }
}
