//! The HTTP client that the model store and the OpenAI adapter share.

use reqwest::ClientBuilder;

/// Sent with every request, so that the operator of a server can tell who calls.
const USER_AGENT: &str = concat!("cor/", env!("CARGO_PKG_VERSION"));

/// A builder that has a TLS provider.
pub(crate) fn client_builder() -> ClientBuilder {
    cor_tls::ensure_provider();
    reqwest::Client::builder().user_agent(USER_AGENT)
}
