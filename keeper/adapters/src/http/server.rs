//! The keeper's HTTP server.

use std::sync::Arc;

use alloy::primitives::B256;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use cor_keeper::machine::keeper::MessageRefusal;
use cor_keeper::service::keeper::Keeper;
use cor_ports::{BLOB_BYTES_MAX, BlobError, Blobs, urn_of};
use cor_wire::lane::{BlobBody, ErrorBody, ErrorContents, MessageBody};
use tokio::{net::TcpListener, sync::watch};

use super::from_wire;

/// Largest message body: the JSON of one message is about 500 bytes.
const MESSAGE_BYTES_MAX: usize = 4_096;

/// Why the server stopped.
#[derive(Debug, thiserror::Error)]
#[error("HTP-001 the keeper's HTTP server stopped: {0}")]
pub struct IntakeError(#[from] std::io::Error);

#[derive(Clone)]
struct Shared {
    keeper: Arc<Keeper>,
    blobs: Arc<dyn Blobs>,
}

/// Serves until `stop` turns true; requests under way are finished.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    keeper: Arc<Keeper>,
    blobs: Arc<dyn Blobs>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), IntakeError> {
    let messages = post(take_message).layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX));
    let uploads = post(take_blob).layer(DefaultBodyLimit::max(BLOB_BYTES_MAX));
    let routes = Router::new()
        .route("/v1/messages", messages)
        .route("/v1/blobs", uploads)
        .route("/v1/blobs/{digest}", get(give_blob))
        .route("/healthz", get(|| async { "ok" }))
        .with_state(Shared { keeper, blobs });
    let stopped = async move {
        // An error means that the sender is gone, which is a stop as well.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    Ok(axum::serve(listener, routes).with_graceful_shutdown(stopped).await?)
}

async fn take_message(State(shared): State<Shared>, body: Result<Json<MessageBody>, JsonRejection>) -> Response {
    let body = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return refuse(rejection.status(), "HTP-002", format!("not a lane message: {}", rejection.body_text())),
    };
    let Some(message) = from_wire(&body) else {
        let text = format!("the signature has {} bytes, wanted are 65 (r, s, v)", body.signature.len());
        return refuse(StatusCode::BAD_REQUEST, "HTP-003", text);
    };
    match shared.keeper.receive(message).await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => {
            let (status, code) = match refusal {
                MessageRefusal::UnknownTask { .. } => (StatusCode::NOT_FOUND, "KPR-001"),
                MessageRefusal::NotAssigned { .. } => (StatusCode::FORBIDDEN, "KPR-002"),
                MessageRefusal::WrongSigner { .. } => (StatusCode::FORBIDDEN, "KPR-003"),
                MessageRefusal::NotAwaited { .. } => (StatusCode::CONFLICT, "KPR-004"),
            };
            refuse(status, code, refusal.to_string())
        }
    }
}

async fn take_blob(State(shared): State<Shared>, body: Bytes) -> Response {
    match shared.blobs.put(&body).await {
        Ok(digest) => Json(BlobBody { digest, urn: urn_of(digest) }).into_response(),
        Err(error) => refuse_blob(&error),
    }
}

async fn give_blob(State(shared): State<Shared>, Path(digest): Path<String>) -> Response {
    let Ok(digest) = digest.parse::<B256>() else {
        return refuse(StatusCode::BAD_REQUEST, "HTP-004", format!("{digest:.80} is not a digest of 32 bytes in hex"));
    };
    match shared.blobs.get(digest).await {
        Ok(bytes) => bytes.into_response(),
        Err(error) => refuse_blob(&error),
    }
}

fn refuse_blob(error: &BlobError) -> Response {
    match error {
        BlobError::NotFound(_) => refuse(StatusCode::NOT_FOUND, "BLB-001", error.to_string()),
        BlobError::TooLarge { .. } => refuse(StatusCode::PAYLOAD_TOO_LARGE, "BLB-003", error.to_string()),
        BlobError::WrongBytes { .. } => refuse(StatusCode::BAD_GATEWAY, "BLB-002", error.to_string()),
        BlobError::Unavailable { .. } => {
            tracing::error!(%error, "blob store");
            // The folder's name stays inside.
            refuse(StatusCode::SERVICE_UNAVAILABLE, "BLB-004", "the blob store is unavailable; try again later".to_owned())
        }
    }
}

fn refuse(status: StatusCode, code: &str, message: String) -> Response {
    (status, Json(ErrorBody { error: ErrorContents { code: code.to_owned(), message } })).into_response()
}
