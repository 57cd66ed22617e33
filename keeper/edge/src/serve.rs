//! Routes, and the server around them.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use cor_errors::{
    Coded, Entry,
    table::htp::{self, NO_SUCH_ROUTE, WRONG_METHOD},
};
use cor_ports::{BLOB_BYTES_MAX, Blobs, Intake};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    blobs,
    error::{ApiError, identified},
    limits::{Limits, MESSAGE_BYTES_MAX, Places, bounded},
    messages, offers,
};

/// Why the server stopped.
#[derive(Debug, thiserror::Error)]
#[error("the keeper's HTTP server stopped")]
pub struct ServeError(#[from] std::io::Error);

impl Coded for ServeError {
    fn entry(&self) -> &'static Entry {
        &htp::SERVER_STOPPED
    }
}

#[derive(Clone)]
struct Shared {
    intake: Arc<dyn Intake>,
    blobs: Arc<dyn Blobs>,
}

impl FromRef<Shared> for Arc<dyn Intake> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.intake)
    }
}

impl FromRef<Shared> for Arc<dyn Blobs> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.blobs)
    }
}

/// The keeper's routes.
pub fn routes(intake: Arc<dyn Intake>, blobs: Arc<dyn Blobs>, limits: Limits) -> Router {
    let for_messages = Places::new(limits.messages_max, limits.patience);
    let for_offers = Places::new(limits.offers_max, limits.patience);
    let for_blobs = Places::new(limits.blobs_max, limits.patience);
    let messages = Router::<Shared>::new()
        .route("/v1/messages", post(messages::take))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
        .route_layer(from_fn_with_state(for_messages, bounded));
    let offers_routes = Router::<Shared>::new()
        .route("/v1/offers/{miner}", get(offers::give))
        .route_layer(from_fn_with_state(for_offers, bounded));
    let blobs_routes = Router::<Shared>::new()
        .route("/v1/blobs", post(blobs::take))
        .route("/v1/blobs/{digest}", get(blobs::give))
        .layer(DefaultBodyLimit::max(BLOB_BYTES_MAX))
        .route_layer(from_fn_with_state(for_blobs, bounded));
    Router::<Shared>::new()
        .merge(messages)
        .merge(offers_routes)
        .merge(blobs_routes)
        // Without a bound: whoever asks wants to know whether the process lives, not whether it is busy.
        .route("/healthz", get(|| async { "ok" }))
        .method_not_allowed_fallback(|| async { ApiError::new(&WRONG_METHOD) })
        .fallback(|| async { ApiError::new(&NO_SUCH_ROUTE) })
        .layer(from_fn(identified))
        .with_state(Shared { intake, blobs })
}

/// Serves until `stop` turns true; requests under way are finished.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    intake: Arc<dyn Intake>,
    blobs: Arc<dyn Blobs>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let stopped = async move {
        // An error means that the sender is gone, which is a stop as well.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    Ok(axum::serve(listener, routes(intake, blobs, Limits::DEFAULT)).with_graceful_shutdown(stopped).await?)
}
