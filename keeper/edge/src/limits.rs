//! What one keeper takes at a time. Each bound says what goes wrong on either side of it.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use cor_errors::table::htp;
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Largest body of a message. The JSON of one message is about 700 bytes; a larger bound would only let strangers fill memory, a
/// smaller one would refuse a message with generous white space.
pub(crate) const MESSAGE_BYTES_MAX: usize = 4_096;

/// How much the edge serves at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages being taken in. Each may wait for a read of the chain. Together their bodies are at most
    /// this number × 4 KiB. Too small: honest miners of a busy network are refused and pay for transactions of
    /// their own. Too large: a flood of forged messages queues up before the chain.
    pub messages_max: usize,
    /// Miners being told of their tasks. A question takes no chain and no disk, and an answer has some 3 KB for each task; counted apart from messages, so that
    /// who only asks never keeps out who says something. Too small: miners hear of tasks late. Too large: memory.
    pub offers_max: usize,
    /// Blobs being uploaded or fetched, each up to 1 MiB in memory. Counted apart from messages, so that slow uploads never hold up
    /// a message, which has seconds. Too small: users wait. Too large: memory.
    pub blobs_max: usize,
    /// How long one request may take from its first byte to its answer, reading the body included. Too small: uploads over a slow
    /// line fail (1 MiB in 30 s is 35 KB/s). Too large: half-sent requests hold their places.
    pub patience: Duration,
}

impl Limits {
    /// 16 MiB of messages, 256 MiB of blobs.
    pub const DEFAULT: Self = Self { messages_max: 4_096, offers_max: 1_024, blobs_max: 256, patience: Duration::from_secs(30) };
}

/// Places for requests of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    patience: Duration,
}

impl Places {
    pub(crate) fn new(count: usize, patience: Duration) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), patience }
    }
}

/// Serves a request if there is a place for it, and only so long.
pub(crate) async fn bounded(State(places): State<Places>, request: Request, next: Next) -> Response {
    // Refused at once rather than queued: a miner that waits here could have sent its own transaction.
    let Ok(_place) = places.free.try_acquire() else {
        return ApiError::new(&htp::BUSY).into_response();
    };
    match tokio::time::timeout(places.patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(&htp::TOO_SLOW).into_response(),
    }
}
