//! What the network sees: codes, statuses, ids, limits; and what it never sees.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy_primitives::{Address, B256, keccak256};
use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
    routing::get,
};
use cor_errors::{Coded, Entry, table};
use cor_ports::domain::{Bound, Crew, LaneMessage, MessageKind, Offer, Phase, SignedMessage};
use cor_ports::{BLOB_BYTES_MAX, BlobError, Blobs, Intake, IntakeError, MessageRefusal};
use cor_wire::http::{BoundBody, ErrorBody, ErrorContents, OfferBody, OffersBody};
use proptest::prelude::*;
use serde_json::json;
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::{ApiError, Limits, REQUEST_ID, error::identified, limits::MESSAGE_BYTES_MAX, routes};

/// Takes everything, or refuses everything; and has offers for one miner.
#[derive(Default)]
struct FakeIntake {
    refusal: Option<MessageRefusal>,
    taken: Mutex<Vec<SignedMessage>>,
    offers: Vec<Offer>,
}

#[async_trait]
impl Intake for FakeIntake {
    async fn receive(&self, message: SignedMessage) -> Result<(), IntakeError> {
        self.taken.lock().unwrap().push(message);
        self.refusal.clone().map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    async fn offers(&self, miner: Address) -> Vec<Offer> {
        self.offers.iter().filter(|offer| offer.crew.replica_of(miner).is_some()).cloned().collect()
    }
}

/// Never answers until told to.
#[derive(Default)]
struct SlowIntake {
    entered: Notify,
    go: Notify,
}

#[async_trait]
impl Intake for SlowIntake {
    async fn receive(&self, _message: SignedMessage) -> Result<(), IntakeError> {
        self.entered.notify_one();
        self.go.notified().await;
        Ok(())
    }

    async fn offers(&self, _miner: Address) -> Vec<Offer> {
        self.entered.notify_one();
        self.go.notified().await;
        Vec::new()
    }
}

/// Blobs in memory, or a store that fails.
#[derive(Default)]
struct FakeBlobs {
    kept: Mutex<BTreeMap<B256, Vec<u8>>>,
    failure: Option<fn(String, String) -> BlobError>,
    place: String,
    reason: String,
}

#[async_trait]
impl Blobs for FakeBlobs {
    async fn put(&self, bytes: &[u8]) -> Result<B256, BlobError> {
        if let Some(failure) = self.failure {
            return Err(failure(self.place.clone(), self.reason.clone()));
        }
        let digest = keccak256(bytes);
        self.kept.lock().unwrap().insert(digest, bytes.to_vec());
        Ok(digest)
    }

    async fn get(&self, digest: B256) -> Result<Vec<u8>, BlobError> {
        if let Some(failure) = self.failure {
            return Err(failure(self.place.clone(), self.reason.clone()));
        }
        self.kept.lock().unwrap().get(&digest).cloned().ok_or(BlobError::NotFound(digest))
    }
}

fn edge(intake: impl Intake + 'static, blobs: FakeBlobs) -> Router {
    routes(Arc::new(intake), Arc::new(blobs), Limits::DEFAULT)
}

fn message() -> serde_json::Value {
    json!({
        "task": B256::repeat_byte(7),
        "assignment": B256::repeat_byte(6),
        "miner": Address::repeat_byte(1),
        "message": { "kind": "precommit", "commitment": B256::repeat_byte(2) },
        "signature": format!("0x{}", "03".repeat(65)),
    })
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header(header::CONTENT_TYPE, "application/json").body(body.into()).unwrap()
}

/// Status, headers in text, body.
async fn ask(edge: &Router, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
    let response = edge.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), format!("{:?}", response.headers()));
    (status, headers, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

/// The error of an answer that is one.
async fn refused(edge: &Router, request: Request<Body>) -> (StatusCode, ErrorContents) {
    let (status, headers, body) = ask(edge, request).await;
    let ErrorBody { error } = serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&body)));
    assert!(headers.contains(&error.request_id) && !error.request_id.is_empty(), "{headers}");
    let entry = table::all().find(|entry| entry.code == error.code).unwrap();
    assert_eq!((entry.status, entry.next), (Some(status.as_u16()), &*error.next), "the table decides");
    (status, error)
}

#[tokio::test]
async fn a_message_reaches_the_intake_as_it_was_signed() {
    let intake = Arc::new(FakeIntake::default());
    let edge = routes(Arc::<FakeIntake>::clone(&intake), Arc::new(FakeBlobs::default()), Limits::DEFAULT);
    let contents = [
        (
            json!({"kind": "precommit", "commitment": B256::repeat_byte(2)}),
            LaneMessage::Precommit { commitment: B256::repeat_byte(2) },
        ),
        (
            json!({
                "kind": "commit",
                "commitment": B256::repeat_byte(2),
                "result_digest": B256::repeat_byte(4),
                "salt": B256::repeat_byte(5),
            }),
            LaneMessage::Commit {
                commitment: B256::repeat_byte(2),
                result_digest: B256::repeat_byte(4),
                salt: B256::repeat_byte(5),
            },
        ),
    ];
    for (json, message) in contents {
        let mut body = self::message();
        body["message"] = json;
        let (status, headers, body) = ask(&edge, post("/v1/messages", body.to_string())).await;
        assert_eq!((status, body.len()), (StatusCode::ACCEPTED, 0));
        assert!(headers.contains(REQUEST_ID.as_str()));
        let (task, assignment, miner) = (B256::repeat_byte(7), B256::repeat_byte(6), Address::repeat_byte(1));
        let expected = SignedMessage { task, assignment, miner, message, signature: [3; 65] };
        assert_eq!(intake.taken.lock().unwrap().pop(), Some(expected));
    }
}

#[tokio::test]
async fn refusals_have_the_code_of_the_table_and_the_callers_numbers() {
    let (task, miner, signer) = (B256::repeat_byte(7), Address::repeat_byte(1), Address::repeat_byte(8));
    let (lane, assignment, given) = (Address::repeat_byte(9), B256::repeat_byte(2), B256::repeat_byte(3));
    let table = [
        (MessageRefusal::UnknownTask { task }, 404, "KPR-001", "task 0x0707"),
        (MessageRefusal::NotAssigned { task, miner }, 403, "KPR-002", "0x0101"),
        (MessageRefusal::WrongSigner { signer: Some(signer), miner, chain_id: 412_346, lane }, 403, "KPR-003", "412346"),
        (MessageRefusal::NotAwaited { task, phase: Phase::Reveal, kind: MessageKind::Precommit }, 409, "KPR-004", "Reveal"),
        (MessageRefusal::Full { task, limit: 2 }, 503, "KPR-005", "as many tasks"),
        (MessageRefusal::OtherAssignment { task, assignment, given }, 409, "KPR-006", "0x0303"),
    ];
    for (refusal, status, code, part) in table {
        let edge = edge(FakeIntake { refusal: Some(refusal), ..FakeIntake::default() }, FakeBlobs::default());
        let (found, error) = refused(&edge, post("/v1/messages", message().to_string())).await;
        assert_eq!((found.as_u16(), &*error.code), (status, code));
        assert!(error.message.contains(part), "{}", error.message);
    }
}

#[tokio::test]
async fn bad_requests_are_refused_before_anyone_sees_them() {
    let edge = edge(FakeIntake::default(), FakeBlobs::default());
    let mut short = message();
    short["signature"] = json!("0x0303");
    let mut unknown = message();
    unknown["colour"] = json!("red");
    let mut unbound = message();
    unbound["message"] = json!({"kind": "commit", "result_digest": B256::repeat_byte(4), "salt": B256::repeat_byte(5)});
    let plain = Request::post("/v1/messages").body(Body::from(message().to_string())).unwrap();
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let table = [
        (post("/v1/messages", "{"), "HTP-002", "not a lane message"),
        (post("/v1/messages", unknown.to_string()), "HTP-002", "colour"),
        (post("/v1/messages", unbound.to_string()), "HTP-002", "commitment"),
        (post("/v1/messages", short.to_string()), "HTP-003", "2 bytes"),
        (get("/v1/blobs/red"), "HTP-004", "red"),
        (plain, "HTP-005", "JSON"),
        (post("/v1/messages", " ".repeat(MESSAGE_BYTES_MAX + 1)), "HTP-006", "limit"),
        (get("/v2/messages"), "HTP-008", "route"),
        (get("/v1/messages"), "HTP-009", "method"),
        (get("/v1/offers"), "HTP-008", "route"),
        (post("/v1/offers/0x00", ""), "HTP-009", "method"),
        (get("/v1/offers/red"), "HTP-012", "red"),
        (get(&format!("/v1/offers/{}", B256::repeat_byte(1))), "HTP-012", "0x0101"),
        (get(&format!("/v1/blobs/{}", B256::repeat_byte(1))), "BLB-001", "0101"),
        (post("/v1/blobs", vec![0; BLOB_BYTES_MAX + 1]), "BLB-003", "limit"),
    ];
    for (request, code, part) in table {
        let (_, error) = refused(&edge, request).await;
        assert_eq!(error.code, code);
        assert!(error.message.contains(part), "{code}: {}", error.message);
    }
}

#[tokio::test]
async fn a_miner_is_told_of_its_tasks_and_of_no_others() {
    let [keeper, miner, other] = [9, 1, 2].map(Address::repeat_byte);
    let (task, assign) = (B256::repeat_byte(7), [4; 65]);
    let bound = Bound { commitment: B256::repeat_byte(2), signature: [3; 65] };
    let offer = Offer { task, crew: Crew { keeper, miners: vec![other, miner] }, assign, bound: vec![Some(bound), None] };
    let edge = edge(FakeIntake { offers: vec![offer], ..FakeIntake::default() }, FakeBlobs::default());
    let told = OfferBody {
        task,
        keeper,
        miners: vec![other, miner],
        assign: vec![4; 65].into(),
        bound: vec![Some(BoundBody { commitment: bound.commitment, signature: vec![3; 65].into() }), None],
    };
    for (asked, offers) in [(miner, vec![told]), (keeper, vec![])] {
        for path in [format!("/v1/offers/{asked}"), format!("/v1/offers/{asked:x}")] {
            let (status, headers, body) = ask(&edge, Request::get(path).body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::OK);
            assert!(headers.contains("application/json") && headers.contains(REQUEST_ID.as_str()), "{headers}");
            assert_eq!(serde_json::from_slice::<OffersBody>(&body).unwrap(), OffersBody { offers: offers.clone() });
        }
    }
}

#[tokio::test]
async fn blobs_come_back_as_they_went() {
    let edge = edge(FakeIntake::default(), FakeBlobs::default());
    let largest = vec![7; BLOB_BYTES_MAX];
    let (status, _, body) = ask(&edge, post("/v1/blobs", largest.clone())).await;
    let digest = keccak256(&largest);
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &answer["digest"]), (StatusCode::OK, &json!(digest)));
    let request = Request::get(format!("/v1/blobs/{digest}")).body(Body::empty()).unwrap();
    assert_eq!(ask(&edge, request).await.2, largest);
    let alive = ask(&edge, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!((alive.0, alive.2), (StatusCode::OK, b"ok".to_vec()));
}

#[tokio::test]
async fn an_id_of_the_caller_is_kept() {
    let edge = edge(FakeIntake::default(), FakeBlobs::default());
    let mut request = post("/v1/messages", "{");
    request.headers_mut().insert(REQUEST_ID, "client-42".parse().unwrap());
    assert_eq!(refused(&edge, request).await.1.request_id, "client-42");
}

#[tokio::test]
async fn more_than_there_are_places_for_is_refused_at_once_and_each_kind_counts_for_itself() {
    let intake = Arc::new(SlowIntake::default());
    let limits = Limits { messages_max: 1, offers_max: 1, ..Limits::DEFAULT };
    let edge = routes(Arc::<SlowIntake>::clone(&intake), Arc::new(FakeBlobs::default()), limits);
    let request = || post("/v1/messages", message().to_string());
    let first = tokio::spawn(edge.clone().oneshot(request()));
    intake.entered.notified().await;
    assert_eq!(refused(&edge, request()).await.1.code, "HTP-010");
    assert_eq!(ask(&edge, post("/v1/blobs", "x")).await.0, StatusCode::OK);
    let offers = || Request::get(format!("/v1/offers/{}", Address::ZERO)).body(Body::empty()).unwrap();
    let asked = tokio::spawn(edge.clone().oneshot(offers()));
    intake.entered.notified().await;
    assert_eq!(refused(&edge, offers()).await.1.code, "HTP-010");
    intake.go.notify_waiters();
    assert_eq!(asked.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::ACCEPTED);
    intake.go.notify_one();
    assert_eq!(ask(&edge, request()).await.0, StatusCode::ACCEPTED, "the place is free again");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let limits = Limits { patience: Duration::from_millis(10), ..Limits::DEFAULT };
    let edge = routes(Arc::new(SlowIntake::default()), Arc::new(FakeBlobs::default()), limits);
    assert_eq!(refused(&edge, post("/v1/messages", message().to_string())).await.1.code, "HTP-011");
    // A body of which the end never comes.
    let stalled = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_eq!(refused(&edge, post("/v1/blobs", stalled)).await.1.code, "HTP-011");
}

/// What a contract refuses with: public on the chain, numbers and all.
#[derive(Debug, thiserror::Error)]
#[error("the account holds 5 wei, the transfer needs 7 wei")]
struct Poor;

impl Coded for Poor {
    fn entry(&self) -> &'static Entry {
        &table::token::ERC20_INSUFFICIENT_BALANCE
    }
}

#[tokio::test]
async fn a_refusal_of_a_contract_keeps_its_numbers() {
    let edge = Router::new()
        .route("/healthz", get(|| async { Err::<(), _>(ApiError::of(&Poor)) }))
        .layer(axum::middleware::from_fn(identified));
    let (status, error) = refused(&edge, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!((status, &*error.code), (StatusCode::PAYMENT_REQUIRED, "TOKEN-001"));
    assert_eq!(error.message, Poor.to_string());
}

/// Runs one request to its end.
fn now(edge: &Router, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(ask(edge, request))
}

/// What is wrong with the operator's own machine has paths in it.
#[derive(Debug, thiserror::Error)]
#[error("no room in /srv/secret")]
struct DiskFull;

impl Coded for DiskFull {
    fn entry(&self) -> &'static Entry {
        &table::inf::DISK_FULL
    }
}

#[tokio::test]
async fn an_error_that_is_not_for_a_client_stays_in_the_log() {
    let edge = Router::new()
        .route("/healthz", get(|| async { Err::<(), _>(ApiError::of(&DiskFull)) }))
        .layer(axum::middleware::from_fn(identified));
    let (status, _, body) = ask(&edge, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    let ErrorBody { error } = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &*error.code), (StatusCode::INTERNAL_SERVER_ERROR, "INF-103"));
    assert_eq!(error.message, table::inf::DISK_FULL.sentence);
}

/// The page that clients read has each code with the status of the table, and the limits that are enforced.
#[test]
fn the_page_of_refusals_is_true() {
    let page = include_str!("../../../docs/keeper-http.md");
    let (_, refusals) = page.split_once("## Refusals").unwrap();
    let mut told = 0;
    for row in refusals.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| status")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (statuses, codes) = (cells[1], cells[2]);
        for code in codes.split(", ") {
            let entry = table::all().find(|entry| entry.code == code).unwrap_or_else(|| panic!("{code} is in no table"));
            let status = entry.status.unwrap_or_else(|| panic!("{code} has no status"));
            assert!(statuses.split(", ").any(|told| told == status.to_string()), "{row}: {status}");
            told += 1;
        }
    }
    assert!(told >= 20, "{told} codes");
    let Limits { messages_max, offers_max, blobs_max, patience } = Limits::DEFAULT;
    for (limit, words) in [
        (MESSAGE_BYTES_MAX, "longer than {} bytes"),
        (BLOB_BYTES_MAX, "longer than {} bytes"),
        (messages_max, "{} messages, "),
        (offers_max, "{} questions for offers, "),
        (blobs_max, "or {} blobs"),
        (usize::try_from(patience.as_secs()).unwrap(), "longer than {} seconds"),
    ] {
        let words = words.replace("{}", &grouped(limit));
        assert!(refusals.contains(&words), "the page does not say: {words}");
    }
}

/// 1048576 as 1,048,576.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

proptest! {
    /// Paths of the keeper's machine, errors of its operating system and of other services stay in its log.
    #[test]
    fn no_internal_text_is_in_any_answer(
        place in "/[a-z]{4,12}/[a-z]{4,12}/[a-z]{4,12}",
        reason in "[A-Z][a-z]{6,14} [a-z]{6,14} \\(os error [0-9]{1,3}\\)",
        put in any::<bool>(),
    ) {
        let digest = B256::repeat_byte(1);
        let request = || if put {
            post("/v1/blobs", "x")
        } else {
            Request::get(format!("/v1/blobs/{digest}")).body(Body::empty()).unwrap()
        };
        let unavailable: fn(String, String) -> BlobError = |place, reason| BlobError::Unavailable { place, reason };
        let damaged: fn(String, String) -> BlobError =
            |place, reason| BlobError::WrongBytes { asked: keccak256(place), found: keccak256(reason) };
        for failure in [unavailable, damaged] {
            let blobs = FakeBlobs { failure: Some(failure), place: place.clone(), reason: reason.clone(), ..FakeBlobs::default() };
            let edge = edge(FakeIntake::default(), blobs);
            let (status, headers, body) = now(&edge, request());
            let body = String::from_utf8(body).unwrap();
            prop_assert!(status.is_server_error());
            for text in [&place, &reason] {
                prop_assert!(!body.contains(&**text) && !headers.contains(&**text), "{} {}", headers, body);
            }
            // Nor a part of either.
            for part in place.split('/').chain(reason.split(' ')).filter(|part| part.len() > 5) {
                prop_assert!(!body.contains(part) || table::all().any(|e| e.sentence.contains(part) || e.next.contains(part)), "{}", body);
            }
        }
    }

    /// Whatever is asked, the answer is served or an error of the table.
    #[test]
    fn every_refusal_is_of_the_table(
        method in prop::sample::select(vec![Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH]),
        path in prop::sample::select(vec!["/", "/v1/messages", "/v1/blobs", "/v1/blobs/0x00", "/healthz", "/v1/blobs/%2e%2e%2fetc", "/v1/blobs/%ff", "/v1/offers/", "/v1/offers/0x00", "/v1/offers/%ff"]),
        json_type in any::<bool>(),
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let edge = edge(FakeIntake::default(), FakeBlobs::default());
        let mut request = Request::builder().method(method).uri(path);
        if json_type {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let (status, headers, body) = now(&edge, request.body(Body::from(body)).unwrap());
        prop_assert!(headers.contains(REQUEST_ID.as_str()));
        if !status.is_success() {
            let error: ErrorBody = serde_json::from_slice(&body).unwrap();
            let entry = table::all().find(|entry| entry.code == error.error.code);
            prop_assert_eq!(entry.and_then(|entry| entry.status), Some(status.as_u16()));
        }
    }
}
