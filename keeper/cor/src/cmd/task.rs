//! `cor task`: submit a prompt, wait for its answer.

use std::time::Duration;

use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolEvent,
};
use cor_adapters::{
    chain::Account,
    http::{HttpBlobs, KeeperClient},
    receipt,
};
use cor_core::task::answer::AnswerKind;
use cor_core::task::{Closing, Phase};
use cor_ports::{Blobs, ChainError, Clock as _, SystemClock, urn_of};
use cor_sol::session_queue::ISessionQueue;
use cor_wire::{name::TaskStatus, readable};
use serde::Serialize;

use crate::{
    args::{Kind, SubmitArgs, TaskAction, TaskArgs},
    error::CliError,
    network::{Network, send},
    output::{Output, cor},
    terms,
};

/// How often a task is looked at while waiting.
const POLL: Duration = Duration::from_millis(250);
/// How long after a phase's deadline somebody may still close it before the waiting ends. A keeper does within seconds.
const OVERDUE_SECS: u64 = 10;

/// What a finished task came to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Answer {
    pub(crate) task_id: u64,
    pub(crate) status: TaskStatus,
    /// Digest of the answer, `None` without a result.
    pub(crate) result_digest: Option<B256>,
    /// The text, checked against the digest on chain; `None` without a result.
    pub(crate) answer: Option<String>,
    /// Taken from the payer.
    #[serde(with = "readable::amount")]
    pub(crate) charged: U256,
    /// Back to the payer.
    #[serde(with = "readable::amount")]
    pub(crate) refunded: U256,
}

#[derive(Serialize)]
struct Submitted {
    task_id: u64,
}

pub(crate) async fn run(args: TaskArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    let blobs = HttpBlobs(KeeperClient::new(&args.keeper)?);
    let task_id = match args.action {
        TaskAction::Submit(submit) => {
            let task_id = self::submit(&network, &network.account(&args.network)?, &blobs, &submit, output).await?;
            output.result(&Submitted { task_id }, |submitted| format!("task {}", submitted.task_id));
            return Ok(());
        }
        TaskAction::Close { task } => return close(&network, &network.account(&args.network)?, task, output).await,
        TaskAction::Run(submit) => {
            let task_id = self::submit(&network, &network.account(&args.network)?, &blobs, &submit, output).await?;
            output.say(format!("submitted as task {task_id}"));
            task_id
        }
        TaskAction::Wait { task } => task,
    };
    let spinner = output.spinner(&format!("task {task_id}"));
    let waited = wait(&network, &blobs, task_id, output).await;
    spinner.finish_and_clear();
    let answer = waited?;
    output.result(&answer, |answer| {
        answer.answer.clone().unwrap_or_else(|| format!("task {} ended as {}", answer.task_id, answer.status))
    });
    let (charged, refunded) = (readable::cor_text(answer.charged), readable::cor_text(answer.refunded));
    if answer.answer.is_none() {
        return Err(CliError::NoResult { task_id, status: answer.status.to_string(), charged, refunded });
    }
    output.say(format!("task {task_id}: {charged} COR charged; `cor explain {task_id}` shows the receipt"));
    Ok(())
}

/// Uploads the prompt and submits the task.
pub(crate) async fn submit(
    network: &Network,
    account: &Account,
    blobs: &dyn Blobs,
    args: &SubmitArgs,
    output: &Output,
) -> Result<u64, CliError> {
    let prompt = match args.prompt.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).map_err(CliError::Prompt)?,
        given => given.to_owned(),
    };
    if prompt.trim().is_empty() {
        return Err(CliError::EmptyPrompt);
    }
    let session = network.queue().getSession(args.session).call().await.map_err(network.failed("getSession"))?;
    let price = U256::from(terms::quote(network, &session.params).await?.total);
    let max_charge = max_charge(args.max_charge, price);
    output.say(price_text(price, max_charge));
    let digest = blobs.put(prompt.as_bytes()).await?;
    let kind = match args.kind {
        Kind::Text => AnswerKind::Text,
        Kind::Verdict => AnswerKind::Verdict,
    };
    let call = ISessionQueue::submitCall {
        sessionId: args.session,
        promptDigest: digest,
        promptUrn: urn_of(digest),
        answerKind: kind.number(),
        maxTokens: args.max_tokens,
        // More than the contract can count is no cap.
        maxCharge: u128::try_from(max_charge).unwrap_or(u128::MAX),
        clientReference: keccak256(&prompt),
    };
    let mined = send(account, "submit", network.at.session_queue, call).await?;
    let queued = mined.receipt.logs().iter().find_map(|log| ISessionQueue::TaskQueued::decode_log(&log.inner).ok());
    let missing = || ChainError::Unexpected { what: "submit".to_owned(), detail: "no TaskQueued log".to_owned() };
    Ok(queued.ok_or_else(missing)?.taskId)
}

/// Most that a task may cost: what the caller allows, else what it costs now. A price that rises between quote and submission is then
/// refused by the contract instead of paid.
fn max_charge(allowed: Option<U256>, price: U256) -> U256 {
    allowed.unwrap_or(price)
}

fn price_text(price: U256, max_charge: U256) -> String {
    format!("the price is {}, the cap of this task {}", cor(price), cor(max_charge))
}

/// Waits until a task has ended, telling its phases, and fetches its answer.
///
/// # Errors
/// `TaskOverdue` for a task that nobody brings on.
pub(crate) async fn wait(network: &Network, blobs: &dyn Blobs, task_id: u64, output: &Output) -> Result<Answer, CliError> {
    let mut shown = None;
    let task = loop {
        let task = network.queue().getTask(task_id).call().await.map_err(network.failed("getTask"))?;
        if task.phase == Phase::Ended.number() {
            break task;
        }
        let phase = receipt::phase(task.phase)?;
        if shown.replace(phase) != Some(phase) {
            output.say(format!("task {task_id}: {phase} until {}", time(task.deadline)));
        }
        if SystemClock.now_secs() >= task.deadline.saturating_add(OVERDUE_SECS) {
            return Err(overdue(network, task_id, phase.to_string(), task.deadline).await?);
        }
        tokio::time::sleep(POLL).await;
    };
    let status = receipt::status(task.status)?;
    let (result_digest, answer) = match status {
        TaskStatus::Completed => {
            let bytes = blobs.get(task.resultDigest).await?;
            (Some(task.resultDigest), Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
        TaskStatus::Open | TaskStatus::NoQuorum | TaskStatus::Expired => (None, None),
    };
    let settled = receipt::read(&network.provider, &network.endpoint, &network.at, task_id).await?.settlement;
    let missing = || ChainError::Unexpected { what: "task".to_owned(), detail: format!("task {task_id} ended unsettled") };
    let money = settled.ok_or_else(missing)?;
    Ok(Answer { task_id, status, result_digest, answer, charged: money.charged, refunded: money.refunded })
}

/// What to say of a task that waits for somebody to close its phase.
async fn overdue(network: &Network, task_id: u64, phase: String, deadline: u64) -> Result<CliError, CliError> {
    let escrow = network.payment().escrowOf(task_id).call().await.map_err(network.failed("escrowOf"))?.total;
    let escrow = readable::cor_text(U256::from(escrow));
    Ok(CliError::TaskOverdue { task_id, phase, deadline: time(deadline), escrow })
}

/// A time as people read it, or its seconds if no calendar has it.
fn time(secs: u64) -> String {
    readable::time_text(secs).unwrap_or_else(|| format!("{secs} seconds"))
}

/// Closes what is due: by the contract's word at the newest block's time, or by the clock, since a chain without transactions makes no
/// block that would tell the contract the time.
async fn close(network: &Network, account: &Account, task_id: u64, output: &Output) -> Result<(), CliError> {
    let queue = network.at.session_queue;
    let task = network.queue().getTask(task_id).call().await.map_err(network.failed("getTask"))?;
    let number = network.queue().closable(task_id).call().await.map_err(network.failed("closable"))?;
    let due = match closing(number)? {
        Closing::None if SystemClock.now_secs() >= task.deadline => closing_of(task.phase),
        due => due,
    };
    let step = match due {
        Closing::EndAck => {
            send(account, "endAck", queue, ISessionQueue::endAckCall { taskId: task_id }).await?;
            "ack phase closed".to_owned()
        }
        Closing::EndPrecommit => {
            send(account, "endPrecommit", queue, ISessionQueue::endPrecommitCall { taskId: task_id }).await?;
            "precommit phase closed".to_owned()
        }
        Closing::End => {
            send(account, "end", queue, ISessionQueue::endCall { taskId: task_id }).await?;
            "task ended".to_owned()
        }
        Closing::None if task.phase == Phase::Ended.number() => {
            format!("nothing is due: task {task_id} has ended as {}", receipt::status(task.status)?)
        }
        Closing::None => {
            let phase = receipt::phase(task.phase)?;
            format!("nothing is due: task {task_id} is in phase {phase} until {}", time(task.deadline))
        }
    };
    output.result(&step, Clone::clone);
    Ok(())
}

/// The call that closes a phase whose deadline has passed.
fn closing_of(phase: u8) -> Closing {
    let by_phase = [
        (Phase::Queued, Closing::End),
        (Phase::Ack, Closing::EndAck),
        (Phase::Precommit, Closing::EndPrecommit),
        (Phase::Commit, Closing::End),
    ];
    by_phase.into_iter().find(|(of, _)| of.number() == phase).map_or(Closing::None, |(_, closing)| closing)
}

/// The call that is due, by the contract's number.
fn closing(number: u8) -> Result<Closing, ChainError> {
    let all = [Closing::None, Closing::EndAck, Closing::EndPrecommit, Closing::End];
    all.into_iter().find(|closing| closing.number() == number).ok_or_else(|| ChainError::Unexpected {
        what: "closable".to_owned(),
        detail: format!("number {number} is not known; is this program older than the contracts?"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_cap_the_price_of_now_is_the_cap() {
        let price = U256::from(1_500_000_000_000_000_000_u64);
        for (allowed, cap) in [(None, price), (Some(U256::ZERO), U256::ZERO), (Some(U256::MAX), U256::MAX)] {
            assert_eq!(max_charge(allowed, price), cap);
        }
        assert_eq!(price_text(price, price), "the price is 1.5 COR, the cap of this task 1.5 COR");
    }

    #[test]
    fn a_phase_that_is_over_has_its_call() {
        let phases = [Phase::Queued, Phase::Ack, Phase::Precommit, Phase::Commit, Phase::Ended];
        let calls = [Closing::End, Closing::EndAck, Closing::EndPrecommit, Closing::End, Closing::None];
        assert_eq!(phases.map(|phase| closing_of(phase.number())), calls);
    }

    #[test]
    fn what_is_due_is_known_by_its_number() {
        let known = (0..4).map(|number| closing(number).unwrap()).collect::<Vec<_>>();
        assert_eq!(known, [Closing::None, Closing::EndAck, Closing::EndPrecommit, Closing::End]);
        assert!(matches!(closing(4), Err(ChainError::Unexpected { .. })));
    }
}
