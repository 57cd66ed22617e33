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
use cor_errors::{Coded, Entry, table::htp};
use cor_keeper::service::keeper::Keeper;
use cor_ports::{BLOB_BYTES_MAX, BlobError, Blobs, urn_of};
use cor_wire::lane::{BlobBody, ErrorBody, ErrorContents, MessageBody};
use tokio::{net::TcpListener, sync::watch};

use super::from_wire;

/// Largest message body: the JSON of one message is about 500 bytes.
const MESSAGE_BYTES_MAX: usize = 4_096;

/// Why the server stopped.
#[derive(Debug, thiserror::Error)]
#[error("the keeper's HTTP server stopped: {0}")]
pub struct IntakeError(#[from] std::io::Error);

impl Coded for IntakeError {
    fn entry(&self) -> &'static Entry {
        &htp::SERVER_STOPPED
    }
}

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
        Err(rejection) => {
            return refuse(rejection.status(), &htp::NOT_A_MESSAGE, format!("not a lane message: {}", rejection.body_text()));
        }
    };
    let Some(message) = from_wire(&body) else {
        let text = format!("the signature has {} bytes, wanted are 65 (r, s, v)", body.signature.len());
        return refuse(StatusCode::BAD_REQUEST, &htp::SIGNATURE_LENGTH, text);
    };
    match shared.keeper.receive(message).await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => refuse_as(refusal.entry(), refusal.to_string()),
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
        return refuse_as(&htp::NOT_A_DIGEST, format!("{digest:.80} is not a digest of 32 bytes in hex"));
    };
    match shared.blobs.get(digest).await {
        Ok(bytes) => bytes.into_response(),
        Err(error) => refuse_blob(&error),
    }
}

fn refuse_blob(error: &BlobError) -> Response {
    match error {
        BlobError::Unavailable { .. } => {
            tracing::error!(%error, "blob store");
            // The folder's name stays inside.
            refuse_as(error.entry(), "the blob store is unavailable".to_owned())
        }
        other => refuse_as(other.entry(), other.to_string()),
    }
}

/// Refuses with the row's own status.
fn refuse_as(entry: &'static Entry, message: String) -> Response {
    let status = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    refuse(status, entry, message)
}

fn refuse(status: StatusCode, entry: &'static Entry, message: String) -> Response {
    (status, Json(ErrorBody { error: ErrorContents { code: entry.code.to_owned(), message } })).into_response()
}
