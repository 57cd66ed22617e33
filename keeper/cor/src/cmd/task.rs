//! `cor task`: submit a prompt, wait for its answer.

use std::time::{Duration, Instant};

use alloy::{
    primitives::{B256, keccak256},
    sol_types::SolEvent,
};
use backon::{ConstantBuilder, Retryable};
use cor_adapters::{
    chain::Account,
    http::{HttpBlobs, KeeperClient},
};
use cor_core::task::answer::AnswerKind;
use cor_core::task::{Phase, Status};
use cor_ports::{Blobs, ChainError, urn_of};
use cor_sol::session_queue::ISessionQueue;
use serde::Serialize;

use crate::{
    args::{Kind, SubmitArgs, TaskAction, TaskArgs},
    error::CliError,
    network::{Network, send},
    output::{Output, parse_cor},
};

/// How often a task is looked at while waiting.
const POLL: Duration = Duration::from_millis(250);
/// A task's deadlines end it; this is only for a chain that stands still.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a finished task came to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Answer {
    pub(crate) task_id: u64,
    pub(crate) status: String,
    pub(crate) result_digest: B256,
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
            let task_id = self::submit(&network, &network.account(&args.network)?, &blobs, &submit).await?;
            output.result(&Submitted { task_id }, |submitted| format!("task {}", submitted.task_id));
            return Ok(());
        }
        TaskAction::Close { task } => return close(&network, &network.account(&args.network)?, task, output).await,
        TaskAction::Run(submit) => self::submit(&network, &network.account(&args.network)?, &blobs, &submit).await?,
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
        None => Err(CliError::NoResult { task_id, status: answer.status }),
    }
}

/// Uploads the prompt and submits the task.
pub(crate) async fn submit(network: &Network, account: &Account, blobs: &dyn Blobs, args: &SubmitArgs) -> Result<u64, CliError> {
    let max_charge = match &args.max_charge {
        Some(text) => u128::try_from(parse_cor(text)?).unwrap_or(u128::MAX),
        None => u128::MAX,
    };
    let prompt = match args.prompt.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).map_err(CliError::Prompt)?,
        given => given.to_owned(),
    };
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
        maxCharge: max_charge,
        clientReference: keccak256(&prompt),
    };
    let mined = send(account, "submit", network.at.session_queue, call).await?;
    let queued = mined.receipt.logs().iter().find_map(|log| ISessionQueue::TaskQueued::decode_log(&log.inner).ok());
    let missing = || ChainError::Unexpected { what: "submit".to_owned(), detail: "no TaskQueued log".to_owned() };
    Ok(queued.ok_or_else(missing)?.taskId)
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
    let completed = task.status == Status::Completed.number();
    let status = [Status::Completed, Status::NoQuorum, Status::Expired].into_iter().find(|status| status.number() == task.status);
    let answer = if completed { Some(String::from_utf8_lossy(&blobs.get(task.resultDigest).await?).into_owned()) } else { None };
    Ok(Answer { task_id, status: format!("{:?}", status.unwrap_or_default()), result_digest: task.resultDigest, answer })
}

/// Closes what is due, by the contract's own word.
async fn close(network: &Network, account: &Account, task_id: u64, output: &Output) -> Result<(), CliError> {
    let queue = network.at.session_queue;
    let step = match network.queue().closable(task_id).call().await.map_err(network.failed("closable"))? {
        1 => send(account, "endAck", queue, ISessionQueue::endAckCall { taskId: task_id }).await.map(|_| "ack phase closed")?,
        2 => send(account, "endPrecommit", queue, ISessionQueue::endPrecommitCall { taskId: task_id })
            .await
            .map(|_| "precommit phase closed")?,
        3 => send(account, "end", queue, ISessionQueue::endCall { taskId: task_id }).await.map(|_| "task ended")?,
        _ => "nothing is due",
    };
    output.result(&step, |step| (*step).to_owned());
    Ok(())
}
