//! The socket.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicU64, Ordering},
};

use jsonrpsee::{
    core::traits::IdProvider,
    server::{BatchRequestConfig, ServerBuilder, ServerConfig, ServerHandle},
    types::SubscriptionId,
};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use super::{
    limits::{BATCH_MAX, BODY_BYTES_MAX, CONNECTIONS_MAX, MESSAGES_BUFFERED, RESPONSE_BYTES_MAX, SUBSCRIPTIONS_MAX},
    methods,
};
use crate::{NodeError, chain::Chain};

/// A server that listens. It stops when told to, not when dropped by accident of scope: keep it.
#[derive(Debug)]
pub(crate) struct Server {
    handle: ServerHandle,
    address: SocketAddr,
}

impl Server {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections and waits until they are closed.
    pub(crate) async fn stop(self) {
        // Stopping what has stopped is no error worth telling.
        let _ = self.handle.stop();
        self.handle.stopped().await;
    }
}

/// Ids of subscriptions as geth and Anvil write them: hex in a string, which some clients rely on.
#[derive(Debug)]
pub(super) struct HexIds(AtomicU64);

impl HexIds {
    /// The first id is zero.
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        format!("{:#x}", self.0.fetch_add(1, Ordering::Relaxed)).into()
    }
}

/// Serves `chain` on `host:port`.
///
/// # Errors
/// [`NodeError::PortInUse`], [`NodeError::Listen`]; [`NodeError::Setting`] for an origin that is none.
pub(crate) async fn start(chain: Chain, host: IpAddr, port: u16) -> Result<Server, NodeError> {
    let cors = cors(chain.config().allow_origin.as_deref())?;
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => NodeError::PortInUse { host, port },
        _ => NodeError::Listen { host, port, source },
    };
    // Bound here rather than by the server, which would set SO_REUSEADDR in its own way and hide a port in use.
    let listener = TcpListener::bind((host, port)).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let config = ServerConfig::builder()
        .max_request_body_size(BODY_BYTES_MAX)
        .max_response_body_size(RESPONSE_BYTES_MAX)
        .max_connections(CONNECTIONS_MAX)
        .max_subscriptions_per_connection(SUBSCRIPTIONS_MAX)
        .set_id_provider(HexIds::new())
        .set_message_buffer_capacity(MESSAGES_BUFFERED)
        .set_batch_request_config(BatchRequestConfig::Limit(BATCH_MAX))
        .build();
    let server = ServerBuilder::with_config(config)
        .set_http_middleware(ServiceBuilder::new().layer(cors))
        .build_from_tcp(listener.into_std().map_err(refused)?)
        .map_err(refused)?;
    Ok(Server { handle: server.start(methods(chain)), address })
}

/// Which browsers may call.
fn cors(origin: Option<&str>) -> Result<CorsLayer, NodeError> {
    let origin = match origin {
        None => return Ok(CorsLayer::new()),
        Some("*") => AllowOrigin::any(),
        Some(one) => AllowOrigin::exact(one.parse().map_err(|_| NodeError::Setting {
            what: "--allow-origin",
            value: one.to_owned(),
            must_be: "* or the origin of a web page, as http://localhost:3000",
        })?),
    };
    Ok(CorsLayer::new().allow_origin(origin).allow_headers(Any).allow_methods(Any))
}
