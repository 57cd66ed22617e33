//! The miner's and the user's client of a keeper.

use std::time::{Duration, Instant};

use alloy::primitives::B256;
use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use cor_ports::domain::SignedMessage;
use cor_ports::{BLOB_BYTES_MAX, BlobError, Blobs, Relay, RelayError, with_causes};
use cor_wire::http::ErrorBody;
use reqwest::StatusCode;

use super::to_wire;
use crate::blobs::{bounded, checked};

/// A keeper that has not answered within this time is treated as down: miners have seconds, not minutes.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Tries for a blob: the keeper may be restarting.
const BLOB_TRIES_MAX: usize = 4;
/// Longest excerpt of a reply that goes into an error.
const EXCERPT_CHARS_MAX: usize = 200;

/// Where a keeper is.
#[derive(Debug, Clone)]
pub struct KeeperClient {
    endpoint: String,
    client: reqwest::Client,
}

impl KeeperClient {
    /// A client of the keeper at `endpoint`, e.g. `http://127.0.0.1:8600`.
    ///
    /// # Errors
    /// If the TLS back end cannot be set up.
    pub fn new(endpoint: &str) -> Result<Self, RelayError> {
        cor_tls::ensure_provider();
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let client = reqwest::Client::builder().timeout(TIMEOUT).build();
        let client =
            client.map_err(|error| RelayError::Unreachable { endpoint: endpoint.clone(), reason: with_causes(&error) })?;
        Ok(Self { endpoint, client })
    }

    /// Waits until the keeper answers, or `patience` is over.
    pub async fn wait_ready(&self, patience: Duration) -> Result<(), RelayError> {
        let started = Instant::now();
        let ask = || async { self.client.get(format!("{}/healthz", self.endpoint)).send().await?.error_for_status().map(drop) };
        let policy = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(20))
            .with_max_delay(Duration::from_millis(200))
            .without_max_times();
        let answer = ask.retry(policy).when(|_| started.elapsed() < patience).await;
        answer.map_err(|error| RelayError::Unreachable { endpoint: self.endpoint.clone(), reason: with_causes(&error) })
    }
}

/// Hands messages to a keeper over HTTP.
#[derive(Debug, Clone)]
pub struct HttpRelay(pub KeeperClient);

#[async_trait]
impl Relay for HttpRelay {
    async fn deliver(&self, message: &SignedMessage) -> Result<(), RelayError> {
        let KeeperClient { endpoint, client } = &self.0;
        let unreachable =
            |error: reqwest::Error| RelayError::Unreachable { endpoint: endpoint.clone(), reason: with_causes(&error) };
        let reply = client.post(format!("{endpoint}/v1/messages")).json(&to_wire(message)).send().await.map_err(unreachable)?;
        if reply.status() == StatusCode::ACCEPTED {
            return Ok(());
        }
        let status = reply.status();
        let text = reply.text().await.map_err(unreachable)?;
        let reason = match serde_json::from_str::<ErrorBody>(&text) {
            Ok(body) => format!("{}: {}", body.error.code, body.error.message),
            Err(_) => format!("status {status}: {}", excerpt(&text)),
        };
        Err(RelayError::Refused { task_id: message.task_id, reason })
    }
}

/// A keeper's blobs. What comes is checked, so the keeper need not be trusted.
#[derive(Debug, Clone)]
pub struct HttpBlobs(pub KeeperClient);

impl HttpBlobs {
    fn unavailable(&self, reason: String) -> BlobError {
        BlobError::Unavailable { place: self.0.endpoint.clone(), reason }
    }

    async fn fetch(&self, digest: B256) -> Result<Vec<u8>, BlobError> {
        let url = format!("{}/v1/blobs/{digest}", self.0.endpoint);
        let mut reply = self.0.client.get(url).send().await.map_err(|error| self.unavailable(with_causes(&error)))?;
        match reply.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(BlobError::NotFound(digest)),
            status => return Err(self.unavailable(format!("status {status}"))),
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(|error| self.unavailable(with_causes(&error)))? {
            bytes.extend_from_slice(&chunk);
            bounded(bytes.len())?;
        }
        checked(digest, bytes)
    }

    async fn upload(&self, bytes: &[u8]) -> Result<B256, BlobError> {
        let url = format!("{}/v1/blobs", self.0.endpoint);
        let reply =
            self.0.client.post(url).body(bytes.to_vec()).send().await.map_err(|error| self.unavailable(with_causes(&error)))?;
        match reply.status() {
            StatusCode::OK => Ok(alloy::primitives::keccak256(bytes)),
            StatusCode::PAYLOAD_TOO_LARGE => Err(BlobError::TooLarge { bytes: bytes.len(), limit: BLOB_BYTES_MAX }),
            status => Err(self.unavailable(format!("status {status}"))),
        }
    }
}

fn retry() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(100)).with_max_times(BLOB_TRIES_MAX)
}

const fn is_transient(error: &BlobError) -> bool {
    matches!(error, BlobError::Unavailable { .. })
}

#[async_trait]
impl Blobs for HttpBlobs {
    async fn put(&self, bytes: &[u8]) -> Result<B256, BlobError> {
        bounded(bytes.len())?;
        (|| self.upload(bytes)).retry(retry()).when(is_transient).await
    }

    async fn get(&self, digest: B256) -> Result<Vec<u8>, BlobError> {
        (|| self.fetch(digest)).retry(retry()).when(is_transient).await
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_CHARS_MAX).collect()
}
