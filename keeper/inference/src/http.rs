//! The HTTP client that the model store and the OpenAI adapter share, and redaction of URLs.

use reqwest::{ClientBuilder, Url};

/// Sent with every request, so that the operator of a server can tell who calls.
const USER_AGENT: &str = concat!("cor/", env!("CARGO_PKG_VERSION"));

/// A builder that has a TLS provider.
pub(crate) fn client_builder() -> ClientBuilder {
    cor_tls::ensure_provider();
    reqwest::Client::builder().user_agent(USER_AGENT)
}

/// The URL without user name, password, query and fragment: these may hold secrets and must not reach a log.
pub(crate) fn redacted(url: &Url) -> String {
    let mut url = url.clone();
    // Both setters refuse URLs that cannot hold user information: then there is none to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_survive_redaction() {
        for (given, shown) in [
            ("https://u:p@h.example/a/b?token=t#f", "https://h.example/a/b"),
            ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
            ("mailto:someone?subject=x", "mailto:someone"),
        ] {
            assert_eq!(redacted(&Url::parse(given).unwrap()), shown);
        }
    }
}
