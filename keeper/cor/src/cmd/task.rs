//! `cor task`: submit a prompt, wait for its answer.

use std::time::{Duration, Instant};

use alloy::{
    primitives::{B256, Bytes, U256, keccak256},
    providers::Provider as _,
    sol_types::SolCall,
};
use cor_adapters::{
    chain::{Account, explain, head},
    http::{HttpBlobs, KeeperClient},
    receipt,
};
use cor_core::task::lane::{GRAIN_WEI, messages};
use cor_ports::{
    BlobError, Blobs, ChainError, Clock as _, SystemClock,
    domain::{Phase, TaskRecord},
    lane::{self, Closing},
    urn_of,
};
use cor_sol::lane::ILane;
use cor_wire::{
    name::{TaskPhase, TaskStatus},
    readable,
    receipt::Settlement,
};
use serde::Serialize;
use tokio::sync::watch;

use crate::{
    args::{SubmitArgs, TaskAction, TaskArgs},
    cmd::stop_signal,
    error::CliError,
    network::{Network, log_of, send},
    output::{Output, cor, wei},
    terms,
};

/// How often a task is looked at while waiting.
const POLL: Duration = Duration::from_millis(250);
/// How long after a phase's deadline somebody may still close it before the waiting ends. A keeper does within seconds.
const OVERDUE_SECS: u64 = 10;

/// What a finished task came to.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) task: B256,
    pub(crate) status: TaskStatus,
    /// Digest of the answer, `None` without a result.
    pub(crate) result_digest: Option<B256>,
    /// The text, checked against the digest on chain; `None` without a result, or if the keeper does not give it.
    pub(crate) answer: Option<String>,
    /// What was paid and what came back.
    pub(crate) settlement: Option<Settlement>,
}

/// An ended task, and why its answer is not there although it has a result.
pub(crate) struct Waited {
    pub(crate) answer: Answer,
    pub(crate) unread: Option<BlobError>,
}

/// The name of a task that is submitted, known before: whatever happens then, it can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) sequence: u64,
    pub(crate) task: B256,
}

#[derive(Serialize)]
struct Submitted {
    task: B256,
    sequence: u64,
}

/// What `cor task close` did, and how the task stands then.
#[derive(Serialize)]
struct Closed {
    task: B256,
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
    let (task, mut stop) = match args.action {
        TaskAction::Submit(submit) => {
            let account = network.account(&args.network)?;
            let (Named { sequence, task }, _) = submit_or_stop(&network, &account, &blobs, submit, output).await?;
            return output.result(&Submitted { task, sequence }, |submitted| format!("task {}", submitted.task));
        }
        TaskAction::Close { task } => return close(&network, &network.account(&args.network)?, task, output).await,
        TaskAction::Run(submit) => {
            let account = network.account(&args.network)?;
            let (Named { task, .. }, stop) = submit_or_stop(&network, &account, &blobs, submit, output).await?;
            output.say(format!("submitted as task {task}"));
            (task, stop)
        }
        TaskAction::Wait { task } => (task, stop_signal()),
    };
    let spinner = output.spinner(&format!("task {task}"));
    let waited = tokio::select! {
        waited = wait(&network, &blobs, task, |text| output.say_beside(&spinner, text)) => waited,
        _ = stop.wait_for(|stop| *stop) => Err(CliError::Stopped { task }),
    };
    spinner.finish_and_clear();
    let Waited { answer, unread } = waited.map_err(|error| goes_on(error, task, is_new))?;
    output.result(&answer, answer_text)?;
    if let Some(source) = unread {
        return Err(unread_error(&answer, source));
    }
    let money = money_text(&answer);
    if answer.answer.is_none() {
        return Err(CliError::NoResult { task, status: answer.status.to_string(), money });
    }
    output.say(format!("task {task}: {money}; `cor explain {task}` shows the receipt"));
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
) -> Result<(Named, watch::Receiver<bool>), CliError> {
    let prompt = match args.prompt.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).map_err(CliError::Prompt)?,
        given => given.to_owned(),
    };
    let args = SubmitArgs { prompt, ..args };
    let named = name(network, account, args.sequence).await?;
    let mut stop = stop_signal();
    let submitted = tokio::select! {
        submitted = submit(network, account, blobs, &args, named, output) => submitted,
        _ = stop.wait_for(|stop| *stop) => Err(CliError::StoppedSubmitting { task: named.task }),
    };
    submitted?;
    Ok((named, stop))
}

/// What ends a command that has submitted a task and cannot wait for it: the id of the task is in it, which is shown nowhere else with
/// `--json`.
fn goes_on(error: CliError, task: B256, is_new: bool) -> CliError {
    match error {
        named @ (CliError::Stopped { .. } | CliError::TaskOverdue { .. } | CliError::ReceiptUnread { .. }) => named,
        source if is_new => CliError::TaskGoesOn { task, source: Box::new(source) },
        error => error,
    }
}

/// What a command ends with whose task has a result that could not be read, once the facts are shown.
pub(crate) fn unread_error(answer: &Answer, source: BlobError) -> CliError {
    let Answer { task, status, .. } = answer;
    CliError::AnswerUnread { task: *task, status: status.to_string(), money: money_text(answer), source }
}

/// The answer, or what is known without it.
fn answer_text(answer: &Answer) -> String {
    let digest = answer.result_digest.map(|digest| format!(" with the result {digest}")).unwrap_or_default();
    answer.answer.clone().unwrap_or_else(|| format!("task {} ended as {}{digest}", answer.task, answer.status))
}

fn money_text(answer: &Answer) -> String {
    answer.settlement.as_ref().map_or_else(
        || "what was charged could not be read".to_owned(),
        |money| format!("{} charged, {} refunded", cor(money.charged), cor(money.refunded)),
    )
}

/// The name of the account's next task. Each submission is a transaction, so that the number of transactions before it never comes twice.
pub(crate) async fn name(network: &Network, account: &Account, sequence: Option<u64>) -> Result<Named, CliError> {
    let payer = account.address();
    let sequence = match sequence {
        Some(sequence) => sequence,
        None => {
            let count = network.provider.get_transaction_count(payer).await;
            count.map_err(|error| explain(&network.endpoint, "eth_getTransactionCount", error))?
        }
    };
    Ok(Named { sequence, task: messages::task_id(payer, sequence) })
}

/// Uploads the prompt and submits the task.
pub(crate) async fn submit(
    network: &Network,
    account: &Account,
    blobs: &dyn Blobs,
    args: &SubmitArgs,
    named: Named,
    output: &Output,
) -> Result<(), CliError> {
    let prompt = &args.prompt;
    if prompt.trim().is_empty() {
        return Err(CliError::EmptyPrompt);
    }
    let session = network.session(args.session).await?;
    if session.owner != account.address() {
        return Err(CliError::OthersSession { session: session.number, owner: session.owner, account: account.address() });
    }
    let price = terms::total(&terms::tariff(network, session.word).await?, session.terms().replicas)?;
    let max_charge = max_charge(args.max_charge, price);
    output.say(price_text(price, max_charge));
    let digest = keccak256(prompt.as_bytes());
    let call = ILane::submitCall {
        session: session.number,
        terms: session.word,
        sequence: named.sequence,
        maxCharge: max_charge,
        promptDigest: digest,
        promptUrn: urn_of(digest),
        clientReference: digest,
    };
    // What the contract would refuse is not worth an upload.
    account.try_call("submit", network.at.lane, call.abi_encode().into()).await?;
    blobs.put(prompt.as_bytes()).await?;
    let mined = send(account, "submit", network.at.lane, call).await.map_err(|error| unclear(error, named.task))?;
    let submitted: ILane::TaskSubmitted = log_of("submit", &mined)?;
    if submitted.task == named.task {
        return Ok(());
    }
    let detail = format!("it is named {} instead of {}", submitted.task, named.task);
    Err(ChainError::Unexpected { what: "submit".to_owned(), detail }.into())
}

/// A submission that failed. Where it is not known whether it came through, the task is named.
fn unclear(error: ChainError, task: B256) -> CliError {
    match error {
        // A node that lags refuses what it has had, and knows neither the transaction nor its receipt.
        source @ (ChainError::NotMined { .. } | ChainError::Unreachable { .. } | ChainError::Refused { .. }) => {
            CliError::SubmissionUnclear { task, source }
        }
        refused => refused.into(),
    }
}

/// Most that a task may cost, grains: what the caller allows, wei, else what it costs now. A price that rises between quote and submission is
/// then refused by the contract instead of paid. Prices are whole grains, so that less than one more changes nothing.
fn max_charge(allowed: Option<U256>, price: u64) -> u64 {
    // More than the contract can count is no cap.
    allowed.map_or(price, |allowed| u64::try_from(allowed / U256::from(GRAIN_WEI)).unwrap_or(u64::MAX))
}

fn price_text(price: u64, max_charge: u64) -> String {
    format!("the price is {}, the cap of this task {}", cor(wei(price)), cor(wei(max_charge)))
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
/// `NoTask` for one that the chain does not have, `TaskOverdue` for one that nobody brings on.
pub(crate) async fn wait(network: &Network, blobs: &dyn Blobs, task: B256, tell: impl Fn(String)) -> Result<Waited, CliError> {
    let mut watched: Option<Watched> = None;
    let status = loop {
        let record = network.task(task).await?;
        let (phase, deadline_secs) = (record.state.phase, record.state.deadline);
        if phase == Phase::Ended {
            break receipt::status(record.state.status);
        }
        let same = watched.take().filter(|seen| (seen.phase, seen.deadline_secs) == (phase, deadline_secs));
        let seen = match same {
            Some(seen) => seen,
            None => {
                tell(format!("task {task}: {} until {}", phase_of(task, phase)?, time(deadline_secs)));
                let seen_at_secs = head(&network.provider, &network.endpoint).await?.timestamp_secs;
                Watched { phase, deadline_secs, seen_at_secs, since: Instant::now() }
            }
        };
        if seen.is_overdue(seen.since.elapsed()) {
            return Err(CliError::TaskOverdue {
                task,
                phase: phase_of(task, phase)?.to_string(),
                deadline: time(deadline_secs),
                charged: cor(wei(record.submission.charged)),
            });
        }
        watched = Some(seen);
        tokio::time::sleep(POLL).await;
    };
    // What the answer is, and what became of the money, is in the log of the end alone.
    let receipt = receipt::read(&network.provider, &network.endpoint, &network.at, task).await;
    let receipt = receipt.map_err(|source| CliError::ReceiptUnread { task, status: status.to_string(), source })?;
    let (settlement, result_digest) = (receipt.settlement, receipt.result_digest);
    let mut waited = Waited { answer: Answer { task, status, result_digest, answer: None, settlement }, unread: None };
    waited.fetch(blobs).await;
    Ok(waited)
}

impl Waited {
    /// Asks for the answer, if there is a result.
    pub(crate) async fn fetch(&mut self, blobs: &dyn Blobs) {
        let Some(digest) = self.answer.result_digest else { return };
        match blobs.get(digest).await {
            Ok(bytes) => (self.answer.answer, self.unread) = (Some(String::from_utf8_lossy(&bytes).into_owned()), None),
            Err(error) => self.unread = Some(error),
        }
    }
}

/// A time as people read it, or its seconds if no calendar has it.
fn time(secs: u64) -> String {
    readable::time_text(secs).unwrap_or_else(|| format!("{secs} seconds"))
}

/// Closes what is due by the rules, at the later of the newest block's time and the clock's: a chain without transactions makes no block
/// that would tell the contract the time.
async fn close(network: &Network, account: &Account, task: B256, output: &Output) -> Result<(), CliError> {
    let record = network.task(task).await?;
    let now = head(&network.provider, &network.endpoint).await?.timestamp_secs.max(SystemClock.now_secs());
    let (payer, sequence, history) = (record.payer, record.sequence, record.bytes.clone());
    let call = match lane::closing(&record, now) {
        Closing::Close => {
            send(account, "close", network.at.lane, ILane::closeCall { payer, sequence, history }).await?;
            Some("close")
        }
        Closing::Finish => {
            let call = ILane::finishCall { payer, sequence, history, reveals: Bytes::new() };
            send(account, "finish", network.at.lane, call).await?;
            Some("finish")
        }
        Closing::None => None,
    };
    let record = match call {
        // The call is through: a node that does not answer now takes nothing of it away.
        Some(call) => {
            let unread = |source| CliError::CloseUnread { call, task, source: Box::new(source) };
            network.task(task).await.map_err(unread)?
        }
        None => record,
    };
    output.result(&closed(&record, call)?, closed_text)?;
    Ok(())
}

/// A task after `call`, or as it was found.
fn closed(record: &TaskRecord, call: Option<&'static str>) -> Result<Closed, CliError> {
    let state = &record.state;
    Ok(Closed {
        task: record.id,
        closed: call,
        phase: phase_of(record.id, state.phase)?,
        status: receipt::status(state.status),
        deadline: (state.phase != Phase::Ended).then_some(state.deadline),
    })
}

/// A phase by its name.
fn phase_of(task: B256, phase: Phase) -> Result<TaskPhase, CliError> {
    receipt::phase(phase).ok_or(CliError::NoTask { task })
}

fn closed_text(closed: &Closed) -> String {
    let Closed { task, phase, status, .. } = closed;
    let stands = match closed.deadline {
        Some(deadline) => format!("task {task} is in phase {phase} until {}", time(deadline)),
        None => format!("task {task} has ended as {status}"),
    };
    let done = closed.closed.map_or_else(|| "nothing is due".to_owned(), |call| format!("{call} is done"));
    format!("{done}: {stands}")
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use cor_core::task::lane::{LaneState, LaneTerms, Price};
    use cor_errors::Coded as _;
    use cor_ports::domain::{History, Opening, Status, Submission};

    use super::*;

    const TASK: B256 = B256::repeat_byte(7);

    #[test]
    fn without_a_cap_the_price_of_now_is_the_cap() {
        let price = 1_500_000_000;
        for (allowed, cap) in [
            (None, price),
            (Some(U256::ZERO), 0),
            (Some(U256::MAX), u64::MAX),
            (Some(wei(price)), price),
            // Less than a grain more.
            (Some(wei(price) + U256::ONE), price),
            (Some(wei(price) - U256::ONE), price - 1),
        ] {
            assert_eq!(max_charge(allowed, price), cap);
        }
        assert_eq!(price_text(price, price), "the price is 1.5 COR, the cap of this task 1.5 COR");
    }

    #[test]
    fn a_failure_after_the_submission_names_the_task() {
        let lost = || CliError::Chain(ChainError::NotReproduced { call: "taskOf".to_owned() });
        let unread = || ChainError::NotReproduced { call: "eth_getLogs".to_owned() };
        let ended = CliError::ReceiptUnread { task: TASK, status: "completed".to_owned(), source: unread() };
        for (error, is_new, code, named) in [
            (lost(), true, "CHN-008", true),
            (lost(), false, "CHN-008", false),
            (CliError::Stopped { task: TASK }, true, "CLI-024", true),
            (ended, true, "CHN-008", true),
        ] {
            let error = goes_on(error, TASK, is_new);
            assert_eq!((error.entry().code, error.to_string().contains(&TASK.to_string())), (code, named), "{error}");
        }
        let unmined = ChainError::NotMined { transaction: B256::ZERO, waited_secs: 30 };
        let refused = ChainError::NonceTaken { call: "submit".to_owned(), account: Address::ZERO, nonce: 1 };
        let (endpoint, call, message) =
            ("http://127.0.0.1:1".to_owned(), "eth_sendRawTransaction".to_owned(), "already known".to_owned());
        let known = ChainError::Refused { endpoint, call, code: -32_000, message };
        for (error, named) in [(unmined, true), (known, true), (refused, false)] {
            let code = error.code();
            let error = unclear(error, TASK);
            assert_eq!((error.code(), error.to_string().contains(&TASK.to_string())), (code, named), "{error}");
        }
    }

    fn running(phase: Phase, status: Status) -> TaskRecord {
        let terms = LaneTerms::unpack(B256::ZERO);
        let opening = Opening {
            price: Price::default(),
            terms,
            prompt_digest: B256::ZERO,
            no_reveal: 0,
            bad_reveal: 0,
            block: 1,
            time: 0,
            no_result_gas_cap_bps: 0,
        };
        TaskRecord {
            id: TASK,
            payer: Address::ZERO,
            sequence: 1,
            state: LaneState { phase, status, deadline: 1, ..LaneState::default() },
            bytes: opening.encode().into(),
            history: History::begin(opening),
            served_by: None,
            submission: Submission {
                session: 1,
                charged: 1,
                prompt_urn: String::new(),
                client_reference: B256::ZERO,
                block_number: 1,
                block_hash: B256::ZERO,
            },
        }
    }

    #[test]
    fn what_was_closed_is_a_document_and_a_sentence() {
        let (later, ended) = (running(Phase::Reveal, Status::Open), running(Phase::Ended, Status::NoQuorum));
        let time = "1970-01-01T00:00:01Z";
        let goes_on = format!("task {TASK} is in phase reveal until 1970-01-01T00:00:01Z");
        let is_over = format!("task {TASK} has ended as no_quorum");
        for (task, call, phase, status, deadline, text) in [
            (&later, None, "reveal", "open", Some(time), format!("nothing is due: {goes_on}")),
            (&later, Some("close"), "reveal", "open", Some(time), format!("close is done: {goes_on}")),
            (&ended, Some("finish"), "ended", "no_quorum", None, format!("finish is done: {is_over}")),
            (&ended, None, "ended", "no_quorum", None, format!("nothing is due: {is_over}")),
        ] {
            let closed = closed(task, call).unwrap();
            assert_eq!(closed_text(&closed), text);
            let expected =
                serde_json::json!({ "task": TASK, "closed": call, "phase": phase, "status": status, "deadline": deadline });
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
            let watched = Watched { phase: Phase::Open, deadline_secs, seen_at_secs, since: Instant::now() };
            let waited = Duration::from_secs(waited_secs);
            assert_eq!(watched.is_overdue(waited), overdue, "{deadline_secs} {seen_at_secs} {waited_secs}");
        }
    }
}
