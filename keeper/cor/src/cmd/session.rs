//! `cor session`: prepaid balance and sessions.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolEvent,
};
use cor_adapters::chain::Account;
use cor_ports::ChainError;
use cor_sol::{session_payment::ISessionPayment, session_queue::ISessionQueue};
use cor_wire::readable;
use serde::Serialize;

use crate::{
    args::{SessionAction, SessionArgs, TermsArgs},
    error::CliError,
    network::{Network, send},
    output::{Output, cor},
    terms::session_params,
};

#[derive(Serialize)]
struct Balance {
    account: Address,
    #[serde(with = "readable::amount")]
    wallet: U256,
    #[serde(with = "readable::amount")]
    prepaid: U256,
    #[serde(with = "readable::amount")]
    reserved: U256,
    #[serde(with = "readable::amount")]
    earned: U256,
}

#[derive(Serialize)]
struct Session {
    session_id: u64,
    owner: Address,
    active: bool,
    tasks: u64,
    model: u64,
    replicas: u8,
}

pub(crate) async fn run(args: SessionArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    match &args.action {
        SessionAction::Balance { of: Some(account) } => return balance(&network, *account, output).await,
        SessionAction::Show { session } => return show(&network, *session, output).await,
        _ => {}
    }
    let account = network.account(&args.network)?;
    let payment = network.at.session_payment;
    match args.action {
        SessionAction::Deposit { amount } => deposit(&network, &account, amount).await?,
        SessionAction::Withdraw { amount } => {
            drop(send(&account, "withdraw", payment, ISessionPayment::withdrawCall { amount }).await?)
        }
        SessionAction::Claim => {
            drop(send(&account, "withdrawEarnings", payment, ISessionPayment::withdrawEarningsCall {}).await?)
        }
        SessionAction::Create(terms) => {
            let session = create(&network, &account, &terms).await?;
            return show(&network, session, output).await;
        }
        SessionAction::Deactivate { session } => {
            send(
                &account,
                "deactivateSession",
                network.at.session_queue,
                ISessionQueue::deactivateSessionCall { sessionId: session },
            )
            .await?;
            return show(&network, session, output).await;
        }
        SessionAction::Balance { .. } | SessionAction::Show { .. } => {}
    }
    balance(&network, account.address(), output).await
}

/// Approves and deposits.
pub(crate) async fn deposit(network: &Network, account: &Account, amount: U256) -> Result<(), CliError> {
    network.approve(account, network.at.session_payment, amount).await?;
    send(account, "deposit", network.at.session_payment, ISessionPayment::depositCall { amount }).await?;
    Ok(())
}

/// Opens a session; its number is read from the log.
pub(crate) async fn create(network: &Network, account: &Account, terms: &TermsArgs) -> Result<u64, CliError> {
    let mined =
        send(account, "create", network.at.session_queue, ISessionQueue::createCall { params: session_params(terms) }).await?;
    let created = mined.receipt.logs().iter().find_map(|log| ISessionQueue::SessionCreated::decode_log(&log.inner).ok());
    let missing = || ChainError::Unexpected { what: "create".to_owned(), detail: "no SessionCreated log".to_owned() };
    Ok(created.ok_or_else(missing)?.sessionId)
}

async fn show(network: &Network, session_id: u64, output: &Output) -> Result<(), CliError> {
    let view = network.queue().getSession(session_id).call().await.map_err(network.failed("getSession"))?;
    let session = Session {
        session_id,
        owner: view.owner,
        active: view.active,
        tasks: view.taskCount,
        model: view.params.modelIdentifier,
        replicas: view.params.redundant,
    };
    output.result(&session, |session| {
        let state = if session.active { "open" } else { "closed" };
        format!(
            "session {} of {} is {state}: model {}, {} miners for each task, {} tasks so far",
            session.session_id, session.owner, session.model, session.replicas, session.tasks
        )
    })
}

async fn balance(network: &Network, account: Address, output: &Output) -> Result<(), CliError> {
    let payment = network.payment();
    let balance = Balance {
        account,
        wallet: network.token().balanceOf(account).call().await.map_err(network.failed("balanceOf"))?,
        prepaid: payment.availableOf(account).call().await.map_err(network.failed("availableOf"))?,
        reserved: payment.reservedOf(account).call().await.map_err(network.failed("reservedOf"))?,
        earned: payment.earningsOf(account).call().await.map_err(network.failed("earningsOf"))?,
    };
    output.result(&balance, |balance| {
        format!(
            "{}\n  wallet    {}\n  prepaid   {}\n  reserved  {} (for open tasks)\n  earned    {} (`cor session claim` moves it to the wallet)",
            balance.account,
            cor(balance.wallet),
            cor(balance.prepaid),
            cor(balance.reserved),
            cor(balance.earned)
        )
    })
}
