//! The miner's and the user's client of a keeper.

use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256, keccak256};
use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use cor_errors::{Class, Coded as _, table::blb};
use cor_ports::domain::{Offer, SignedMessage};
use cor_ports::{BlobError, Blobs, Refusal, Relay, RelayError, redacted, with_causes};
use cor_wire::http::{BlobBody, ErrorBody, OffersBody};
use reqwest::StatusCode;

use super::{from_wire, to_wire};
use crate::blobs::{bounded, checked};

/// A keeper that has not answered within this time is treated as down: miners have seconds, not minutes.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Tries for a blob: the keeper may be restarting.
const BLOB_TRIES_MAX: usize = 4;
/// Longest excerpt of a reply that goes into an error.
const EXCERPT_CHARS_MAX: usize = 200;
/// As much of a refusal is read. A keeper's has a sentence or two.
const REFUSAL_BYTES_MAX: usize = 64 << 10;
/// Longest list of offers that is read. An offer of seven miners that are all bound has some 2,400 bytes, so the 1,024 tasks that a keeper looks after by
/// default have 2.5 MB, even if one miner is in all of them. Without a bound a keeper could fill a miner's memory.
const OFFERS_BYTES_MAX: usize = 4 << 20;

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
        match client {
            Ok(client) => Ok(Self { endpoint, client }),
            Err(error) => Err(RelayError::Unreachable { endpoint, reason: reason(error) }),
        }
    }

    fn unreachable(&self, error: reqwest::Error) -> RelayError {
        RelayError::Unreachable { endpoint: self.endpoint.clone(), reason: reason(error) }
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
        answer.map_err(|error| self.unreachable(error))
    }
}

/// A client's error in words. It would put the URL into them, with the key that it may hold.
fn reason(error: reqwest::Error) -> String {
    with_causes(&error.without_url())
}

/// Hands messages to a keeper over HTTP.
#[derive(Debug, Clone)]
pub struct HttpRelay(pub KeeperClient);

#[async_trait]
impl Relay for HttpRelay {
    async fn deliver(&self, message: &SignedMessage) -> Result<(), RelayError> {
        let KeeperClient { endpoint, client } = &self.0;
        let unreachable = |error| self.0.unreachable(error);
        let reply = client.post(format!("{endpoint}/v1/messages")).json(&to_wire(message)).send().await.map_err(unreachable)?;
        if reply.status() == StatusCode::ACCEPTED {
            return Ok(());
        }
        let status = reply.status();
        let text = text(reply).await.map_err(unreachable)?;
        Err(refused(endpoint, message.task, status, &text))
    }

    async fn offers(&self, miner: Address) -> Result<Vec<Offer>, RelayError> {
        let KeeperClient { endpoint, client } = &self.0;
        let unreachable = |error| self.0.unreachable(error);
        let mut reply = client.get(format!("{endpoint}/v1/offers/{miner}")).send().await.map_err(unreachable)?;
        let status = reply.status();
        if status != StatusCode::OK {
            let text = text(reply).await.map_err(unreachable)?;
            return Err(offers_refused(endpoint, status, &text));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(unreachable)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > OFFERS_BYTES_MAX {
                return Err(unexpected(endpoint, status, &format!("more than {OFFERS_BYTES_MAX} bytes of offers")));
            }
        }
        offers_of(&bytes).ok_or_else(|| unexpected(endpoint, status, &String::from_utf8_lossy(&bytes)))
    }
}

/// The offers of an answer's body; `None` if it is none, or one of them is malformed: what makes one such offer is no keeper.
fn offers_of(body: &[u8]) -> Option<Vec<Offer>> {
    let body: OffersBody = serde_json::from_slice(body).ok()?;
    body.offers.into_iter().map(from_wire).collect()
}

/// An answer that is none of a keeper's.
fn unexpected(endpoint: &str, status: StatusCode, words: &str) -> RelayError {
    RelayError::Unexpected { endpoint: endpoint.to_owned(), status: status.as_u16(), excerpt: excerpt(words) }
}

/// What a reply says that is not the one that was asked for.
enum Said {
    /// It passes, by its status, whatever the body is.
    Later { status: u16, excerpt: String, refusal: Option<Box<Refusal>> },
    /// A keeper's refusal.
    Refusal(Box<Refusal>),
    /// No keeper's.
    Foreign { status: u16, excerpt: String },
}

/// Judges a reply by its status and its body.
fn said(status: StatusCode, body: &str) -> Said {
    let refusal = serde_json::from_str::<ErrorBody>(body).map(|ErrorBody { error: said }| {
        Box::new(Refusal { code: said.code, message: said.message, next: said.next, request_id: said.request_id })
    });
    let passes = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) || status.is_server_error();
    let status = status.as_u16();
    match refusal {
        Ok(refusal) if passes => Said::Later { status, excerpt: excerpt(&refusal.message), refusal: Some(refusal) },
        Err(_) if passes => Said::Later { status, excerpt: excerpt(body), refusal: None },
        Ok(refusal) => Said::Refusal(refusal),
        Err(_) => Said::Foreign { status, excerpt: excerpt(body) },
    }
}

/// The text of a reply that is no success, as far as a keeper's is long.
async fn text(mut reply: reqwest::Response) -> Result<String, reqwest::Error> {
    let mut bytes = Vec::new();
    while bytes.len() < REFUSAL_BYTES_MAX
        && let Some(chunk) = reply.chunk().await?
    {
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A reply to a message other than acceptance.
fn refused(endpoint: &str, task: B256, status: StatusCode, body: &str) -> RelayError {
    let endpoint = endpoint.to_owned();
    match said(status, body) {
        Said::Later { status, excerpt, refusal } => RelayError::Busy { endpoint, status, excerpt, refusal },
        Said::Refusal(refusal) => RelayError::Refused { task, refusal },
        Said::Foreign { status, excerpt } => RelayError::Unexpected { endpoint, status, excerpt },
    }
}

/// A reply to a question for offers, other than success. A keeper refuses it to nobody: one that does is of another release.
fn offers_refused(endpoint: &str, status: StatusCode, body: &str) -> RelayError {
    match said(status, body) {
        Said::Later { status, excerpt, refusal } => RelayError::Busy { endpoint: endpoint.to_owned(), status, excerpt, refusal },
        Said::Refusal(refusal) => unexpected(endpoint, status, &refusal.message),
        Said::Foreign { status, excerpt } => RelayError::Unexpected { endpoint: endpoint.to_owned(), status, excerpt },
    }
}

/// A reply to a question for a blob, or to an upload, other than success. Only the keeper's own word says that a blob is not there: any
/// server answers 404 to a path that it does not know.
fn blob_refused(endpoint: &str, digest: B256, status: StatusCode, body: &str) -> BlobError {
    let endpoint = endpoint.to_owned();
    match said(status, body) {
        Said::Refusal(refusal) if refusal.code == blb::BLOB_NOT_FOUND.code => BlobError::NotFound(digest),
        Said::Refusal(refusal) if status == StatusCode::NOT_FOUND => {
            BlobError::Unexpected { endpoint, status: status.as_u16(), excerpt: excerpt(&refusal.message) }
        }
        Said::Later { status, excerpt, refusal } => BlobError::Busy { endpoint, status, excerpt, refusal },
        Said::Refusal(refusal) => BlobError::Refused { endpoint, refusal },
        Said::Foreign { status, excerpt } => BlobError::Unexpected { endpoint, status, excerpt },
    }
}

/// A keeper's blobs. What comes is checked, so the keeper need not be trusted.
#[derive(Debug, Clone)]
pub struct HttpBlobs(pub KeeperClient);

impl HttpBlobs {
    fn unavailable(&self, reason: String) -> BlobError {
        BlobError::Unavailable { place: redacted(&self.0.endpoint), reason }
    }

    async fn fetch(&self, digest: B256) -> Result<Vec<u8>, BlobError> {
        let url = format!("{}/v1/blobs/{digest}", self.0.endpoint);
        let mut reply = self.0.client.get(url).send().await.map_err(|error| self.unavailable(reason(error)))?;
        if reply.status() != StatusCode::OK {
            return Err(self.refused(digest, reply).await);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(|error| self.unavailable(reason(error)))? {
            bytes.extend_from_slice(&chunk);
            bounded(bytes.len())?;
        }
        checked(digest, bytes)
    }

    async fn upload(&self, bytes: &[u8]) -> Result<B256, BlobError> {
        let url = format!("{}/v1/blobs", self.0.endpoint);
        let reply = self.0.client.post(url).body(bytes.to_vec()).send().await.map_err(|error| self.unavailable(reason(error)))?;
        let (digest, status) = (keccak256(bytes), reply.status());
        if status != StatusCode::OK {
            return Err(self.refused(digest, reply).await);
        }
        // A page that some other server shows for every path would be taken for a keeper's word.
        let text = text(reply).await.map_err(|error| self.unavailable(reason(error)))?;
        match serde_json::from_str::<BlobBody>(&text) {
            Ok(kept) if kept.digest == digest => Ok(digest),
            _ => {
                Err(BlobError::Unexpected { endpoint: self.0.endpoint.clone(), status: status.as_u16(), excerpt: excerpt(&text) })
            }
        }
    }

    /// What the keeper says of a blob that it does not give or take.
    async fn refused(&self, digest: B256, reply: reqwest::Response) -> BlobError {
        let status = reply.status();
        match text(reply).await {
            Ok(body) => blob_refused(&self.0.endpoint, digest, status, &body),
            Err(error) => self.unavailable(reason(error)),
        }
    }
}

fn retry() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(100)).with_max_times(BLOB_TRIES_MAX)
}

fn is_transient(error: &BlobError) -> bool {
    error.class() == Class::Transient
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

#[cfg(test)]
mod tests {
    use alloy::primitives::Bytes;
    use cor_ports::domain::{Bound, Crew, LaneMessage};
    use serde_json::{Value, json};

    use super::*;
    use crate::tests::serve;

    #[tokio::test]
    async fn the_key_in_a_url_is_in_no_text() {
        let client = KeeperClient::new("http://user:secret@127.0.0.1:1/secret").unwrap();
        let unready = client.wait_ready(Duration::ZERO).await.unwrap_err().to_string();
        let unread = HttpBlobs(client).fetch(B256::ZERO).await.unwrap_err().to_string();
        for text in [unready, unread] {
            assert!(text.contains("http://127.0.0.1:1/…") && text.contains("refused") && !text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn a_refusal_is_told_apart_from_what_passes_and_from_what_is_no_keeper() {
        let ours = r#"{"error":{"code":"KPR-004","message":"not awaited","next":"Look.","request_id":"r1"}}"#;
        let task = B256::repeat_byte(7);
        let refusal = format!("the keeper refused the message for task {task}: not awaited");
        for (status, body, code, class, words) in [
            (409, ours, "RLY-001", Class::Caller, &*refusal),
            (404, "<html>", "RLY-004", Class::Peer, "http://k answered with status 404, and not as a keeper does: <html>"),
            (200, "", "RLY-004", Class::Peer, "http://k answered with status 200, and not as a keeper does: "),
            (503, ours, "RLY-003", Class::Transient, "keeper http://k answered with status 503: not awaited"),
            (502, "bad gateway", "RLY-003", Class::Transient, "keeper http://k answered with status 502: bad gateway"),
            (429, "", "RLY-003", Class::Transient, "keeper http://k answered with status 429: "),
            (408, ours, "RLY-003", Class::Transient, "keeper http://k answered with status 408: not awaited"),
        ] {
            let error = refused("http://k", task, StatusCode::from_u16(status).unwrap(), body);
            assert_eq!((error.code(), error.class(), error.to_string().as_str()), (code, class, words), "{status}");
        }
        let RelayError::Refused { refusal, .. } = refused("http://k", task, StatusCode::CONFLICT, ours) else { panic!() };
        let Refusal { code, next, request_id, .. } = *refusal;
        assert_eq!((code.as_str(), next.as_str(), request_id.as_str()), ("KPR-004", "Look.", "r1"));
    }

    const MINER: Address = Address::repeat_byte(1);

    fn relay(endpoint: &str) -> HttpRelay {
        HttpRelay(KeeperClient::new(endpoint).unwrap())
    }

    /// An offer to two miners, of which one is bound.
    fn offer() -> Value {
        json!({
            "task": B256::repeat_byte(2),
            "keeper": Address::repeat_byte(3),
            "miners": [MINER, Address::repeat_byte(4)],
            "assign": Bytes::from(vec![5; 65]),
            "bound": [null, {"commitment": B256::repeat_byte(6), "signature": Bytes::from(vec![7; 65])}],
        })
    }

    #[tokio::test]
    async fn offers_are_asked_for_by_the_miner_and_read_as_they_are() {
        let endpoint = serve(|request| {
            assert_eq!(request.line, format!("GET /v1/offers/{MINER} HTTP/1.1"));
            (200, json!({"offers": [offer()]}).to_string())
        });
        let bound = Bound { commitment: B256::repeat_byte(6), signature: [7; 65] };
        let expected = Offer {
            task: B256::repeat_byte(2),
            crew: Crew { keeper: Address::repeat_byte(3), miners: vec![MINER, Address::repeat_byte(4)] },
            assign: [5; 65],
            bound: vec![None, Some(bound)],
        };
        assert_eq!(relay(&endpoint.await).offers(MINER).await.unwrap(), [expected]);
        assert_eq!(offers_of(br#"{"offers":[]}"#), Some(vec![]));
    }

    #[test]
    fn offers_of_another_form_are_no_keepers() {
        type Change = fn(&mut Value);
        let changes: [(&str, Change); 8] = [
            ("a short signature of Assign", |offer| offer["assign"] = json!(Bytes::from(vec![5; 64]))),
            ("a long signature of Precommit", |offer| offer["bound"][1]["signature"] = json!(Bytes::from(vec![7; 66]))),
            ("a miner without a place", |offer| offer["bound"] = json!([null])),
            ("a place without a miner", |offer| offer["bound"] = json!([null, null, null])),
            ("a name of 31 bytes", |offer| offer["task"] = json!(Bytes::from(vec![2; 31]))),
            ("no keeper", |offer| offer["keeper"] = Value::Null),
            ("no commitment", |offer| offer["bound"][1]["commitment"] = Value::Null),
            ("more than is known", |offer| offer["more"] = json!(1)),
        ];
        let body = |offers: &[Value]| json!({"offers": offers}).to_string();
        assert!(offers_of(body(&[offer()]).as_bytes()).is_some());
        for (what, change) in changes {
            let mut changed = offer();
            change(&mut changed);
            assert_eq!(offers_of(body(&[offer(), changed]).as_bytes()), None, "{what}");
        }
        for text in ["", "[]", "<html>", r#"{"offers":{}}"#] {
            assert_eq!(offers_of(text.as_bytes()), None, "{text}");
        }
    }

    #[tokio::test]
    async fn what_is_no_list_of_offers_says_so_and_is_not_read_for_ever() {
        let ours = r#"{"error":{"code":"HTP-008","message":"no such path","next":"Look.","request_id":"r1"}}"#;
        let long = " ".repeat(OFFERS_BYTES_MAX + 1);
        for (status, body, code, words) in [
            (200, "<html>", "RLY-004", "200, and not as a keeper does: <html>"),
            (200, long.as_str(), "RLY-004", "200, and not as a keeper does: more than 4194304 bytes of offers"),
            (404, ours, "RLY-004", "404, and not as a keeper does: no such path"),
            (403, "<html>", "RLY-004", "403, and not as a keeper does: <html>"),
            (503, ours, "RLY-003", "503: no such path"),
        ] {
            let body = body.to_owned();
            let endpoint = serve(move |_| (status, body.clone())).await;
            let error = relay(&endpoint).offers(MINER).await.unwrap_err();
            assert_eq!(error.code(), code, "{error}");
            assert!(error.to_string().ends_with(&format!("answered with status {words}")), "{error}");
        }
    }

    #[tokio::test]
    async fn a_message_is_posted_with_all_that_it_is_signed_for() {
        let contents = [
            (
                LaneMessage::Precommit { commitment: B256::repeat_byte(4) },
                json!({"kind": "precommit", "commitment": B256::repeat_byte(4)}),
            ),
            (
                LaneMessage::Commit {
                    commitment: B256::repeat_byte(4),
                    result_digest: B256::repeat_byte(5),
                    salt: B256::repeat_byte(6),
                },
                json!({
                    "kind": "commit",
                    "commitment": B256::repeat_byte(4),
                    "result_digest": B256::repeat_byte(5),
                    "salt": B256::repeat_byte(6),
                }),
            ),
        ];
        for (message, expected) in contents {
            let (task, assignment) = (B256::repeat_byte(2), B256::repeat_byte(3));
            let signed = SignedMessage { task, assignment, miner: MINER, message, signature: [7; 65] };
            let endpoint = serve(move |request| {
                let body: Value = serde_json::from_str(&request.body).unwrap();
                let signature = Bytes::from(vec![7; 65]);
                let whole =
                    json!({"task": task, "assignment": assignment, "miner": MINER, "message": expected, "signature": signature});
                assert_eq!((request.line.as_str(), body), ("POST /v1/messages HTTP/1.1", whole));
                (202, String::new())
            });
            relay(&endpoint.await).deliver(&signed).await.unwrap();
        }
    }

    #[test]
    fn what_a_keeper_says_of_a_blob_is_kept() {
        let said = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"why","next":"Look.","request_id":"r1"}}}}"#);
        let not_there = format!("blob {} is not there", B256::ZERO);
        let no_keeper =
            |status: u16, words: &str| format!("http://k answered with status {status}, and not as a keeper does: {words}");
        for (status, body, code, class, words, keeper_code) in [
            (404, said("BLB-001"), "BLB-001", Class::Caller, not_there, None),
            (404, said("HTP-008"), "RLY-004", Class::Peer, no_keeper(404, "why"), None),
            (404, "<html>".to_owned(), "RLY-004", Class::Peer, no_keeper(404, "<html>"), None),
            (403, "<html>".to_owned(), "RLY-004", Class::Peer, no_keeper(403, "<html>"), None),
            (
                413,
                said("BLB-003"),
                "BLB-005",
                Class::Caller,
                "keeper http://k refused the blob: why (request r1)".to_owned(),
                Some("BLB-003"),
            ),
            (
                503,
                said("HTP-010"),
                "BLB-004",
                Class::Transient,
                "keeper http://k answered with status 503: why (request r1)".to_owned(),
                Some("HTP-010"),
            ),
            (
                502,
                "bad".to_owned(),
                "BLB-004",
                Class::Transient,
                "keeper http://k answered with status 502: bad".to_owned(),
                None,
            ),
        ] {
            let error = blob_refused("http://k", B256::ZERO, StatusCode::from_u16(status).unwrap(), &body);
            assert_eq!((error.code(), error.class(), error.to_string()), (code, class, words), "{status} {body}");
            assert_eq!(error.refusal().map(|refusal| &*refusal.code), keeper_code, "{status} {body}");
        }
    }
}
