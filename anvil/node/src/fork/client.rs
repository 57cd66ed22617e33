//! JSON-RPC to the chain that was forked. Requests run on a thread of their own, so that both tasks and execution threads can wait
//! for them, whatever runtime they are on.

use std::{
    error::Error,
    future::Future,
    sync::{Arc, mpsc},
    time::Duration,
};

use alloy::{
    rpc::client::RpcClient,
    transports::{
        RpcError, TransportError, TransportErrorKind,
        http::reqwest::{
            self, Url,
            header::{HeaderMap, HeaderName, HeaderValue},
        },
    },
};
use backon::{ExponentialBuilder, Retryable};
use serde_json::Value;
use tokio::{runtime::Runtime, sync::Semaphore};

use super::{ForkConfig, ForkError, ForkHeader};

/// Requests under way at the same time: public endpoints refuse clients that send many.
const CONCURRENT_MAX: usize = 16;
/// The longest wait between two attempts. Longer only makes a request seem stuck.
const BACKOFF_MAX: Duration = Duration::from_secs(60);

/// A client for one endpoint.
#[derive(Debug)]
pub(super) struct Client {
    endpoint: Arc<Endpoint>,
    /// Present until the client is dropped.
    runtime: Option<Runtime>,
}

#[derive(Debug)]
struct Endpoint {
    /// Host and port.
    name: String,
    rpc: RpcClient,
    permits: Semaphore,
    backoff: ExponentialBuilder,
    attempts_max: usize,
}

impl Client {
    /// A client for `config.url`. Nothing is sent yet.
    pub(super) fn new(config: &ForkConfig) -> Result<Self, ForkError> {
        let refused = |reason: String| ForkError::Url { reason };
        let url: Url = config.url.parse().map_err(|error| refused(format!("{error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused(format!("{} is neither http nor https", url.scheme())));
        }
        // An application may have installed a provider already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(config.timeout).default_headers(headers(&config.headers)?).build();
        let http = http.map_err(|error| ForkError::Start(std::io::Error::other(error)))?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("anvil-fork").enable_all().build();
        let backoff = ExponentialBuilder::default()
            .with_min_delay(config.retry_backoff.min(BACKOFF_MAX))
            .with_max_delay(BACKOFF_MAX)
            .with_max_times(config.retries);
        let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
        let endpoint = Endpoint {
            name: format!("{}{port}", url.host_str().unwrap_or_default()),
            rpc: RpcClient::new_http_with_client(http, url),
            permits: Semaphore::new(CONCURRENT_MAX),
            backoff,
            attempts_max: config.retries.saturating_add(1),
        };
        Ok(Self { endpoint: Arc::new(endpoint), runtime: Some(runtime.map_err(ForkError::Start)?) })
    }

    /// The results of several requests, in order; they are under way at the same time. Blocks the thread.
    pub(super) fn call_all(&self, requests: Vec<(&'static str, Value)>) -> Result<Vec<Value>, ForkError> {
        let (answer, receive) = mpsc::sync_channel(1);
        let stopped = ForkError::Stopped(requests.first().map_or_else(String::new, |(method, _)| (*method).to_owned()));
        let work = self.endpoint.clone().ask_all(requests);
        self.spawn(async move {
            // The caller may have gone; then nobody needs the answer.
            let _ = answer.send(work.await);
        });
        receive.recv().map_err(|_| stopped)?
    }

    /// The result of one request. Blocks the thread.
    pub(super) fn call(&self, method: &'static str, params: Value) -> Result<Value, ForkError> {
        Ok(self.call_all(vec![(method, params)])?.into_iter().next().unwrap_or_default())
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(work);
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Waiting for its thread is not allowed on a thread that runs tasks, where the last handle may well be dropped.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Endpoint {
    async fn ask_all(self: Arc<Self>, requests: Vec<(&'static str, Value)>) -> Result<Vec<Value>, ForkError> {
        futures::future::try_join_all(requests.into_iter().map(|(method, params)| self.ask(method, params))).await
    }

    /// Asks until there is an answer or the attempts are used up.
    async fn ask(&self, method: &'static str, params: Value) -> Result<Value, ForkError> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await.map_err(|_| ForkError::Stopped(method.to_owned()))?;
        let attempt = || self.rpc.request::<_, Value>(method, params.clone());
        let result = attempt
            .retry(self.backoff)
            .when(is_transient)
            .notify(|error, wait| {
                tracing::warn!(origin = self.name, error = text(error), method, ?wait, "asking the origin again")
            })
            .await;
        result.map_err(|error| self.failure(method, error))
    }

    fn failure(&self, method: &'static str, error: TransportError) -> ForkError {
        let attempts = if is_transient(&error) { self.attempts_max } else { 1 };
        let (origin, method) = (self.name.clone(), method.to_owned());
        match error {
            RpcError::ErrorResp(payload) => {
                ForkError::Answer { method, code: payload.code, message: payload.message.into_owned() }
            }
            RpcError::DeserError { err, .. } => ForkError::Form { method, reason: err.to_string() },
            RpcError::Transport(TransportErrorKind::Custom(source)) => {
                ForkError::Transport { origin, method, attempts, source: with_causes(&*without_url(source)).into() }
            }
            source => ForkError::Transport { origin, method, attempts, source: with_causes(&source).into() },
        }
    }
}

/// The headers as the client wants them. Later ones with the same name are sent as well.
fn headers(headers: &[ForkHeader]) -> Result<HeaderMap, ForkError> {
    let mut map = HeaderMap::new();
    for ForkHeader { name, value } in headers {
        let refused = |reason| ForkError::Header { name: name.clone(), reason };
        let key = HeaderName::try_from(name).map_err(|_| refused("its name has characters that are not allowed"))?;
        let mut value = HeaderValue::try_from(value).map_err(|_| refused("its value has characters that are not allowed"))?;
        value.set_sensitive(true);
        map.append(key, value);
    }
    Ok(map)
}

/// Whether another attempt may help: not if the endpoint understood and refused.
fn is_transient(error: &TransportError) -> bool {
    match error {
        RpcError::Transport(kind) => match kind.as_http_error() {
            Some(http) => http.status >= 500 || matches!(http.status, 408 | 429),
            None => !kind.is_non_retryable(),
        },
        RpcError::ErrorResp(payload) => payload.is_retry_err(),
        _ => false,
    }
}

/// URLs hold keys of paid endpoints; errors go to every client of this node.
fn without_url(error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => Box::new(error.without_url()),
        Err(error) => error,
    }
}

/// An error with what caused it: the client's own words are "error sending request", whatever the reason.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// What the log says of an attempt.
fn text(error: &TransportError) -> String {
    match error {
        RpcError::ErrorResp(_) => "it refused for now".to_owned(),
        RpcError::Transport(kind) if kind.is_http_error() => "it answered with an HTTP error".to_owned(),
        // The last cause has no URL in it, unlike the errors around it.
        other => match last_cause(other) {
            Some(cause) => format!("it did not answer: {cause}"),
            None => "it did not answer".to_owned(),
        },
    }
}

fn last_cause(error: &TransportError) -> Option<String> {
    let RpcError::Transport(TransportErrorKind::Custom(error)) = error else { return None };
    let mut last = error.source()?;
    while let Some(cause) = last.source() {
        last = cause;
    }
    Some(last.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The URL's path is where paid endpoints have their key, so it is not told.
    #[test]
    fn an_origin_that_is_not_there_is_named_with_the_cause() {
        let config =
            ForkConfig { retries: 1, retry_backoff: Duration::from_millis(1), ..ForkConfig::new("http://127.0.0.1:1/secret") };
        let client = Client::new(&config).expect("a client");
        let error = client.call("eth_chainId", Value::Null).expect_err("nobody listens there").to_string();
        assert!(error.starts_with("127.0.0.1:1 did not answer eth_chainId in 2 attempts: "), "{error}");
        assert!(error.contains("refused") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for url in ["", "nonsense", "ftp://127.0.0.1", "ws://127.0.0.1:8545", "wss://u:secret@h.example/secret"] {
            let config = ForkConfig::new(url);
            let error = Client::new(&config).err().unwrap_or_else(|| panic!("{url} was accepted"));
            assert!(matches!(&error, ForkError::Url { .. }), "{error}");
            assert!(!format!("{error} {config:?}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn which_failures_are_worth_another_attempt() {
        let refused = |code| {
            let payload = serde_json::json!({ "code": code, "message": "no" });
            TransportError::ErrorResp(serde_json::from_value(payload).unwrap())
        };
        let cases = [
            (TransportErrorKind::http_error(429, String::new()), true),
            (TransportErrorKind::http_error(503, String::new()), true),
            (TransportErrorKind::http_error(401, String::new()), false),
            (TransportErrorKind::custom_str("connection refused"), true),
            (refused(-32000), false),
            (refused(429), true),
        ];
        for (error, expected) in cases {
            assert_eq!(is_transient(&error), expected, "{error}");
        }
    }
}
