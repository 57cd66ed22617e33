//! `cor task`: submit a prompt, wait for its answer.

use std::time::{Duration, Instant};

use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::{SolCall, SolEvent},
};
use cor_adapters::{
    chain::{Account, head, session_terms},
    http::{HttpBlobs, KeeperClient},
    receipt,
};
use cor_core::task::answer::AnswerKind;
use cor_core::task::{Closing, Phase};
use cor_ports::{BlobError, Blobs, ChainError, Clock as _, SystemClock, domain::TaskRecord, lane, urn_of};
use cor_sol::session_queue::ISessionQueue;
use cor_wire::{
    name::{TaskPhase, TaskStatus},
    readable,
    receipt::Settlement,
};
use serde::Serialize;
use tokio::sync::watch;

use crate::{
    args::{Kind, SubmitArgs, TaskAction, TaskArgs},
    cmd::stop_signal,
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
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) task_id: u64,
    pub(crate) status: TaskStatus,
    /// Digest of the answer, `None` without a result.
    pub(crate) result_digest: Option<B256>,
    /// The text, checked against the digest on chain; `None` without a result, or if the keeper does not give it.
    pub(crate) answer: Option<String>,
    /// What was paid and what came back; `None` if the node no longer has the logs that say so.
    pub(crate) settlement: Option<Settlement>,
}

/// An ended task, and why its answer is not there although it has a result.
pub(crate) struct Waited {
    pub(crate) answer: Answer,
    pub(crate) unread: Option<BlobError>,
}

#[derive(Serialize)]
struct Submitted {
    task_id: u64,
}

/// What `cor task close` did, and how the task stands then.
#[derive(Serialize)]
struct Closed {
    task_id: u64,
    /// The call that was sent, `None` if nothing was due.
    closed: Option<&'static str>,
    phase: TaskPhase,
    status: TaskStatus,
    /// End of the phase, `None` once the task has ended.
    #[serde(with = "readable::maybe_time")]
    deadline: Option<u64>,
}

pub(crate) async fn run(args: TaskArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(&args.network).await?;
    let blobs = HttpBlobs(KeeperClient::new(&args.keeper)?);
    let is_new = matches!(args.action, TaskAction::Run(_));
    let (task_id, mut stop) = match args.action {
        TaskAction::Submit(submit) => {
            let account = network.account(&args.network)?;
            let (task_id, _) = submit_or_stop(&network, &account, &blobs, submit, output).await?;
            return output.result(&Submitted { task_id }, |submitted| format!("task {}", submitted.task_id));
        }
        TaskAction::Close { task } => return close(&network, &network.account(&args.network)?, task, output).await,
        TaskAction::Run(submit) => {
            let account = network.account(&args.network)?;
            let (task_id, stop) = submit_or_stop(&network, &account, &blobs, submit, output).await?;
            output.say(format!("submitted as task {task_id}"));
            (task_id, stop)
        }
        TaskAction::Wait { task } => (task, stop_signal()),
    };
    let spinner = output.spinner(&format!("task {task_id}"));
    let waited = tokio::select! {
        waited = wait(&network, &blobs, task_id, |text| output.say_beside(&spinner, text)) => waited,
        _ = stop.wait_for(|stop| *stop) => Err(CliError::Stopped { task_id }),
    };
    spinner.finish_and_clear();
    let Waited { answer, unread } = waited.map_err(|error| goes_on(error, task_id, is_new))?;
    output.result(&answer, answer_text)?;
    if let Some(source) = unread {
        return Err(unread_error(&answer, source));
    }
    let money = money_text(&answer);
    if answer.answer.is_none() {
        return Err(CliError::NoResult { task_id, status: answer.status.to_string(), money });
    }
    output.say(format!("task {task_id}: {money}; `cor explain {task_id}` shows the receipt"));
    Ok(())
}

/// Submits, unless the user stops it. While the prompt is read nothing is at stake, and a signal ends the process as always; once
/// it submits, the flag that is returned has it.
async fn submit_or_stop(
    network: &Network,
    account: &Account,
    blobs: &dyn Blobs,
    args: SubmitArgs,
    output: &Output,
) -> Result<(u64, watch::Receiver<bool>), CliError> {
    let prompt = match args.prompt.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).map_err(CliError::Prompt)?,
        given => given.to_owned(),
    };
    let args = SubmitArgs { prompt, ..args };
    // Read before: only by them can the user tell whether the task came through, and which it is.
    let session = args.session;
    let of_session = network.queue().getSession(session).call().await.map_err(network.failed("getSession"))?.taskCount;
    let of_all = network.queue().taskCount().call().await.map_err(network.failed("taskCount"))?;
    let mut stop = stop_signal();
    let submitted = tokio::select! {
        submitted = submit(network, account, blobs, &args, output) => submitted,
        _ = stop.wait_for(|stop| *stop) => Err(CliError::StoppedSubmitting { session, of_session, of_all }),
    };
    Ok((submitted?, stop))
}

/// What ends a command that has submitted a task and cannot wait for it: the number of the task is in it, which is shown nowhere else with
/// `--json`.
fn goes_on(error: CliError, task_id: u64, is_new: bool) -> CliError {
    match error {
        named @ (CliError::Stopped { .. } | CliError::TaskOverdue { .. }) => named,
        source if is_new => CliError::TaskGoesOn { task_id, source: Box::new(source) },
        error => error,
    }
}

/// What a command ends with whose task has a result that could not be read, once the facts are shown.
pub(crate) fn unread_error(answer: &Answer, source: BlobError) -> CliError {
    let Answer { task_id, status, .. } = answer;
    CliError::AnswerUnread { task_id: *task_id, status: status.to_string(), money: money_text(answer), source }
}

/// The answer, or what is known without it.
fn answer_text(answer: &Answer) -> String {
    let digest = answer.result_digest.map(|digest| format!(" with the result {digest}")).unwrap_or_default();
    answer.answer.clone().unwrap_or_else(|| format!("task {} ended as {}{digest}", answer.task_id, answer.status))
}

fn money_text(answer: &Answer) -> String {
    answer.settlement.as_ref().map_or_else(
        || "what was charged could not be read".to_owned(),
        |money| format!("{} charged, {} refunded", cor(money.charged), cor(money.refunded)),
    )
}

/// Uploads the prompt and submits the task.
pub(crate) async fn submit(
    network: &Network,
    account: &Account,
    blobs: &dyn Blobs,
    args: &SubmitArgs,
    output: &Output,
) -> Result<u64, CliError> {
    let prompt = &args.prompt;
    if prompt.trim().is_empty() {
        return Err(CliError::EmptyPrompt);
    }
    let session = network.queue().getSession(args.session).call().await.map_err(network.failed("getSession"))?;
    if session.owner != account.address() {
        return Err(CliError::OthersSession { session: args.session, owner: session.owner, account: account.address() });
    }
    let price = U256::from(terms::quote(network, &session.params, args.max_tokens).await?.total);
    let max_charge = max_charge(args.max_charge, price);
    output.say(price_text(price, max_charge));
    let digest = keccak256(prompt.as_bytes());
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
        clientReference: keccak256(prompt),
    };
    // What the contract would refuse is not worth an upload.
    account.try_call("submit", network.at.session_queue, call.abi_encode().into()).await?;
    blobs.put(prompt.as_bytes()).await?;
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

/// A phase while somebody waits for its end.
struct Watched {
    phase: Phase,
    deadline_secs: u64,
    /// Time of the newest block when it was first seen. The machine's clock may be another than the chain's.
    seen_at_secs: u64,
    since: Instant,
}

impl Watched {
    /// Whether its deadline has passed long enough ago, by what has passed since it was first seen.
    const fn is_overdue(&self, waited: Duration) -> bool {
        self.seen_at_secs.saturating_add(waited.as_secs()) >= self.deadline_secs.saturating_add(OVERDUE_SECS)
    }
}

/// Waits until a task has ended, telling its phases, and fetches its answer. An answer that cannot be had is no error here: what became of
/// the task and its money is known all the same.
///
/// # Errors
/// `TaskOverdue` for a task that nobody brings on.
pub(crate) async fn wait(network: &Network, blobs: &dyn Blobs, task_id: u64, tell: impl Fn(String)) -> Result<Waited, CliError> {
    let mut watched: Option<Watched> = None;
    let task = loop {
        let task = network.task(task_id).await?;
        if task.phase == Phase::Ended {
            break task;
        }
        let same = watched.take().filter(|seen| (seen.phase, seen.deadline_secs) == (task.phase, task.deadline_secs));
        let seen = match same {
            Some(seen) => seen,
            None => {
                tell(format!("task {task_id}: {} until {}", phase_name(task.phase)?, time(task.deadline_secs)));
                let seen_at_secs = head(&network.provider, &network.endpoint).await?.timestamp_secs;
                Watched { phase: task.phase, deadline_secs: task.deadline_secs, seen_at_secs, since: Instant::now() }
            }
        };
        if seen.is_overdue(seen.since.elapsed()) {
            return Err(overdue(network, task_id, phase_name(task.phase)?, task.deadline_secs).await?);
        }
        watched = Some(seen);
        tokio::time::sleep(POLL).await;
    };
    let status = receipt::status(task.status.number())?;
    let result_digest = task.result_digest.filter(|_| status == TaskStatus::Completed);
    let (answer, unread) = match result_digest {
        Some(digest) => match blobs.get(digest).await {
            Ok(bytes) => (Some(String::from_utf8_lossy(&bytes).into_owned()), None),
            Err(error) => (None, Some(error)),
        },
        None => (None, None),
    };
    // The answer is there and paid for: logs that a node no longer has must not take it away again.
    let settlement = match receipt::read(&network.provider, &network.endpoint, &network.at, task_id).await {
        Ok(receipt) => receipt.settlement,
        Err(error) => {
            tell(format!("the receipt of task {task_id} cannot be read: {error}"));
            None
        }
    };
    Ok(Waited { answer: Answer { task_id, status, result_digest, answer, settlement }, unread })
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

/// Closes what is due by the rules, at the later of the newest block's time and the clock's: a chain without transactions makes no block
/// that would tell the contract the time.
async fn close(network: &Network, account: &Account, task_id: u64, output: &Output) -> Result<(), CliError> {
    let queue = network.at.session_queue;
    let task = network.task(task_id).await?;
    let session = network.queue().getSession(task.session_id).call().await.map_err(network.failed("getSession"))?;
    let now = head(&network.provider, &network.endpoint).await?.timestamp_secs.max(SystemClock.now_secs());
    let call = match lane::closing(&task, &session_terms(&session.params).rules, now) {
        Closing::EndAck => {
            send(account, "endAck", queue, ISessionQueue::endAckCall { taskId: task_id }).await?;
            Some("endAck")
        }
        Closing::EndPrecommit => {
            send(account, "endPrecommit", queue, ISessionQueue::endPrecommitCall { taskId: task_id }).await?;
            Some("endPrecommit")
        }
        Closing::End => {
            send(account, "end", queue, ISessionQueue::endCall { taskId: task_id }).await?;
            Some("end")
        }
        Closing::None => None,
    };
    let task = match call {
        // The call is through: a node that does not answer now takes nothing of it away.
        Some(call) => {
            let unread = |source| CliError::CloseUnread { call, task_id, source: Box::new(source) };
            network.task(task_id).await.map_err(unread)?
        }
        None => task,
    };
    output.result(&closed(&task, call)?, closed_text)?;
    Ok(())
}

/// A task after `call`, or as it was found.
fn closed(task: &TaskRecord, call: Option<&'static str>) -> Result<Closed, ChainError> {
    Ok(Closed {
        task_id: task.id,
        closed: call,
        phase: receipt::phase(task.phase.number())?,
        status: receipt::status(task.status.number())?,
        deadline: (task.phase != Phase::Ended).then_some(task.deadline_secs),
    })
}

fn closed_text(closed: &Closed) -> String {
    let Closed { task_id, phase, status, .. } = closed;
    let stands = match closed.deadline {
        Some(deadline) => format!("task {task_id} is in phase {phase} until {}", time(deadline)),
        None => format!("task {task_id} has ended as {status}"),
    };
    let done = closed.closed.map_or_else(|| "nothing is due".to_owned(), |call| format!("{call} is done"));
    format!("{done}: {stands}")
}

fn phase_name(phase: Phase) -> Result<String, ChainError> {
    Ok(receipt::phase(phase.number())?.to_string())
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use cor_core::task::Status;
    use cor_errors::Coded as _;

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
    fn a_failure_after_the_submission_names_the_task() {
        let lost = || CliError::Chain(ChainError::NotReproduced { call: "getTask".to_owned() });
        for (error, is_new, code, named) in [
            (lost(), true, "CHN-008", true),
            (lost(), false, "CHN-008", false),
            (CliError::Stopped { task_id: 7 }, true, "CLI-024", true),
        ] {
            let error = goes_on(error, 7, is_new);
            assert_eq!((error.entry().code, error.to_string().contains("task 7")), (code, named), "{error}");
        }
    }

    #[test]
    fn what_was_closed_is_a_document_and_a_sentence() {
        let running = |phase, status| TaskRecord {
            id: 7,
            session_id: 1,
            payer: Address::ZERO,
            phase,
            status,
            answer_kind: AnswerKind::Text,
            max_tokens: 1,
            deadline_secs: 1,
            result_digest: None,
            replicas: Vec::new(),
        };
        let (later, ended) = (running(Phase::Precommit, Status::Open), running(Phase::Ended, Status::NoQuorum));
        let time = "1970-01-01T00:00:01Z";
        for (task, call, phase, status, deadline, text) in [
            (
                &later,
                None,
                "precommit",
                "open",
                Some(time),
                "nothing is due: task 7 is in phase precommit until 1970-01-01T00:00:01Z",
            ),
            (
                &later,
                Some("endAck"),
                "precommit",
                "open",
                Some(time),
                "endAck is done: task 7 is in phase precommit until 1970-01-01T00:00:01Z",
            ),
            (&ended, Some("end"), "ended", "no_quorum", None, "end is done: task 7 has ended as no_quorum"),
            (&ended, None, "ended", "no_quorum", None, "nothing is due: task 7 has ended as no_quorum"),
        ] {
            let closed = closed(task, call).unwrap();
            assert_eq!(closed_text(&closed), text);
            let expected =
                serde_json::json!({ "task_id": 7, "closed": call, "phase": phase, "status": status, "deadline": deadline });
            assert_eq!(serde_json::to_value(&closed).unwrap(), expected);
        }
    }

    #[test]
    fn a_phase_is_overdue_by_the_chains_time_whatever_the_machines_clock_says() {
        for (deadline_secs, seen_at_secs, waited_secs, overdue) in [
            (100, 100, 0, false),
            (100, 109, 0, false),
            (100, 110, 0, true),
            (100, 90, 19, false),
            (100, 90, 20, true),
            (u64::MAX, 100, 1_000, false),
        ] {
            let watched = Watched { phase: Phase::Ack, deadline_secs, seen_at_secs, since: Instant::now() };
            let waited = Duration::from_secs(waited_secs);
            assert_eq!(watched.is_overdue(waited), overdue, "{deadline_secs} {seen_at_secs} {waited_secs}");
        }
    }
}
