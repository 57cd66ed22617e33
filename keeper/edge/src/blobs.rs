//! `POST /v1/blobs`, `GET /v1/blobs/{digest}`: prompts and answers by their digest.

use std::sync::Arc;

use alloy_primitives::B256;
use axum::{
    Json,
    body::Bytes,
    extract::{
        Path, State,
        rejection::{BytesRejection, PathRejection},
    },
    http::StatusCode,
};
use cor_errors::table::{blb, htp};
use cor_ports::{Blobs, urn_of};
use cor_wire::http::BlobBody;

use crate::error::ApiError;

/// Keeps bytes.
pub(crate) async fn take(
    State(blobs): State<Arc<dyn Blobs>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<BlobBody>, ApiError> {
    let body = body.map_err(|rejection| {
        let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        ApiError::new(if too_large { &blb::BLOB_TOO_LARGE } else { &htp::BODY_UNREADABLE })
    })?;
    let digest = blobs.put(&body).await.map_err(|error| ApiError::of(&error))?;
    Ok(Json(BlobBody { digest, urn: urn_of(digest) }))
}

/// Gives bytes.
pub(crate) async fn give(
    State(blobs): State<Arc<dyn Blobs>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Vec<u8>, ApiError> {
    let Path(name) = name.map_err(|_| ApiError::new(&htp::NOT_A_DIGEST))?;
    let digest = name
        .parse::<B256>()
        .map_err(|_| ApiError::new(&htp::NOT_A_DIGEST).saying(format!("{name:.80} is not a digest of 32 bytes in hex")))?;
    blobs.get(digest).await.map_err(|error| ApiError::of(&error))
}
