//! `cor task`: submit a prompt, wait for its answer.

use std::time::{Duration, Instant};

use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolEvent,
};
use backon::{ConstantBuilder, Retryable};
use cor_adapters::{
    chain::Account,
    http::{HttpBlobs, KeeperClient},
    receipt,
};
use cor_core::task::answer::AnswerKind;
use cor_core::task::{Closing, Phase};
use cor_ports::{Blobs, ChainError, urn_of};
use cor_sol::session_queue::ISessionQueue;
use cor_wire::name::TaskStatus;
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
/// A task's deadlines end it; this is only for a chain that stands still.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a finished task came to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Answer {
    pub(crate) task_id: u64,
    pub(crate) status: TaskStatus,
    /// Digest of the answer, `None` without a result.
    pub(crate) result_digest: Option<B256>,
    /// The text, checked against the digest on chain; `None` without a result.
    pub(crate) answer: Option<String>,
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
        TaskAction::Run(submit) => self::submit(&network, &network.account(&args.network)?, &blobs, &submit, output).await?,
        TaskAction::Wait { task } => task,
    };
    let spinner = output.spinner(&format!("task {task_id}"));
    let answer = wait(&network, &blobs, task_id).await?;
    spinner.finish_and_clear();
    output.result(&answer, |answer| {
        answer.answer.clone().unwrap_or_else(|| format!("task {} ended as {}", answer.task_id, answer.status))
    });
    match answer.answer {
        Some(_) => Ok(()),
        None => Err(CliError::NoResult { task_id, status: answer.status.to_string() }),
    }
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

/// Waits until a task has ended, and fetches its answer.
pub(crate) async fn wait(network: &Network, blobs: &dyn Blobs, task_id: u64) -> Result<Answer, CliError> {
    let started = Instant::now();
    let ended = || async {
        let task = network.queue().getTask(task_id).call().await.map_err(network.failed("getTask"))?;
        let open = CliError::Timeout {
            what: format!("the end of task {task_id}"),
            waited_secs: started.elapsed().as_secs(),
            logs: ".".into(),
        };
        if task.phase == Phase::Ended.number() { Ok(task) } else { Err(open) }
    };
    let policy = ConstantBuilder::default().with_delay(POLL).without_max_times();
    let task =
        ended.retry(policy).when(|error| matches!(error, CliError::Timeout { .. }) && started.elapsed() < PATIENCE).await?;
    let status = receipt::status(task.status)?;
    let (result_digest, answer) = match status {
        TaskStatus::Completed => {
            let bytes = blobs.get(task.resultDigest).await?;
            (Some(task.resultDigest), Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
        TaskStatus::Open | TaskStatus::NoQuorum | TaskStatus::Expired => (None, None),
    };
    Ok(Answer { task_id, status, result_digest, answer })
}

/// Closes what is due, by the contract's own word.
async fn close(network: &Network, account: &Account, task_id: u64, output: &Output) -> Result<(), CliError> {
    let queue = network.at.session_queue;
    let number = network.queue().closable(task_id).call().await.map_err(network.failed("closable"))?;
    let step = match closing(number)? {
        Closing::EndAck => {
            send(account, "endAck", queue, ISessionQueue::endAckCall { taskId: task_id }).await?;
            "ack phase closed"
        }
        Closing::EndPrecommit => {
            send(account, "endPrecommit", queue, ISessionQueue::endPrecommitCall { taskId: task_id }).await?;
            "precommit phase closed"
        }
        Closing::End => {
            send(account, "end", queue, ISessionQueue::endCall { taskId: task_id }).await?;
            "task ended"
        }
        Closing::None => "nothing is due",
    };
    output.result(&step, |step| (*step).to_owned());
    Ok(())
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
    fn what_is_due_is_known_by_its_number() {
        let known = (0..4).map(|number| closing(number).unwrap()).collect::<Vec<_>>();
        assert_eq!(known, [Closing::None, Closing::EndAck, Closing::EndPrecommit, Closing::End]);
        assert!(matches!(closing(4), Err(ChainError::Unexpected { .. })));
    }
}
