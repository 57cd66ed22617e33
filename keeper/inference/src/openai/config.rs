//! How a server is reached, and the limits of a call.

use std::time::Duration;

use reqwest::{Url, header::HeaderValue};

use super::{error::OpenError, key::KeySource};

/// The largest key file that is read: keys are some hundred bytes.
const KEY_BYTES_MAX: usize = 8 << 10;

/// An OpenAI-compatible server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAiConfig {
    /// Up to and with the version, e.g. `http://127.0.0.1:8080/v1`. Without a path, `/v1` is added.
    pub base_url: String,
    /// Name of the model as the server lists it.
    pub model: String,
    /// The key, if the server wants one.
    pub key: Option<KeySource>,
    /// The determinism class that the log names. Answers of two servers may differ by a word even for the same weights, so the operator
    /// has to say which servers are alike; `None` stands for `openai-http/<model>`.
    pub determinism_class: Option<String>,
    /// Limit for opening a connection. Too small: a far server is never reached. Too large: a dead one is noticed late.
    pub connect_limit: Duration,
    /// Limit for one call from the request to the last byte. Has to be longer than the slowest answer takes.
    pub call_limit: Duration,
    /// Further tries after the first, for errors that pass: no connection, 429, 5xx. 0 for none.
    pub retries_max: usize,
    /// Pause before the first retry; doubled for each further one.
    pub retry_pause: Duration,
    /// The largest reply that is read, bytes.
    pub reply_bytes_max: usize,
}

impl OpenAiConfig {
    /// A server without a key, with limits for a model of some billion parameters on one machine: 10 s to connect, 120 s for a call,
    /// three retries after 0.5, 1 and 2 s, replies of up to 1 MiB.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            key: None,
            determinism_class: None,
            connect_limit: Duration::from_secs(10),
            call_limit: Duration::from_secs(120),
            retries_max: 3,
            retry_pause: Duration::from_millis(500),
            reply_bytes_max: 1 << 20,
        }
    }

    /// Checks the base URL, and asks nobody.
    ///
    /// # Errors
    /// [`OpenError::BadUrl`].
    pub fn check_url(&self) -> Result<(), OpenError> {
        self.parsed_url().map(drop)
    }

    /// The base URL, ending in `/`, so that joining a path appends it.
    pub(super) fn parsed_url(&self) -> Result<Url, OpenError> {
        let bad = |reason: String| OpenError::BadUrl { reason };
        let mut url = Url::parse(&self.base_url).map_err(|error| bad(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad(format!("scheme `{}`", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("a user name or password in it; give the key by variable or file".into()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("a query or fragment in it".into()));
        }
        let path = match url.path().trim_end_matches('/') {
            "" => "/v1/".to_owned(),
            path => format!("{path}/"),
        };
        url.set_path(&path);
        Ok(url)
    }

    /// The value of the `Authorization` header, marked as secret.
    pub(super) fn authorization(&self) -> Result<Option<HeaderValue>, OpenError> {
        let Some(source) = &self.key else {
            return Ok(None);
        };
        let bad = |reason: String| OpenError::BadKey { source_of_key: source.clone(), reason };
        let key = match source {
            KeySource::Variable(name) => std::env::var(name).map_err(|error| bad(error.to_string()))?,
            KeySource::File(path) => {
                let bytes = std::fs::metadata(path).map_err(|error| bad(error.to_string()))?.len();
                if bytes > KEY_BYTES_MAX as u64 {
                    return Err(bad(format!("{bytes} bytes, at most {KEY_BYTES_MAX} expected")));
                }
                std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?
            }
        };
        let key = key.trim();
        if key.is_empty() {
            return Err(bad("it is empty".into()));
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| bad("it has characters that a header cannot carry".into()))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        for (given, parsed) in [
            ("http://h:1", Ok("http://h:1/v1/")),
            ("http://h:1/", Ok("http://h:1/v1/")),
            ("http://h:1/v1", Ok("http://h:1/v1/")),
            ("https://h/openai/v2//", Ok("https://h/openai/v2/")),
            ("h:1", Err(())),
            ("ftp://h/v1", Err(())),
            ("http://user:secret@h/v1", Err(())),
            ("http://h/v1?key=secret", Err(())),
            ("", Err(())),
        ] {
            let config = OpenAiConfig::new(given, "m");
            match (config.parsed_url(), parsed) {
                (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected, "{given}"),
                (Err(error @ OpenError::BadUrl { .. }), Err(())) => {
                    assert!(!error.to_string().contains("secret"), "{error}")
                }
                (other, _) => panic!("{given}: {other:?}"),
            }
        }
    }

    #[test]
    fn keys() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, content).unwrap();
            Some(KeySource::File(path))
        };
        let key = |key| OpenAiConfig { key, ..OpenAiConfig::new("http://h", "m") }.authorization();

        assert!(key(None).unwrap().is_none());
        let header = key(file("good", b"  sk-123\n")).unwrap().unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer sk-123");
        assert!(!format!("{header:?}").contains("sk-123"));
        for source in [
            file("empty", b"\n"),
            file("binary", b"a\xff\xfe"),
            file("two-lines", b"a\nb"),
            file("huge", &[b'k'; KEY_BYTES_MAX + 1]),
            Some(KeySource::File(dir.path().join("absent"))),
            Some(KeySource::Variable("COR_TEST_VARIABLE_THAT_IS_NOT_SET".into())),
        ] {
            assert!(matches!(key(source.clone()), Err(OpenError::BadKey { .. })), "{source:?}");
        }
    }
}
