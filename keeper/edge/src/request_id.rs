//! Ids of requests: what a caller reads in an answer and an operator finds in the log.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Header of the id, in requests and answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken from a caller: a UUID has 36 characters, a trace id of W3C 55.
const CALLERS_ID_BYTES_MAX: usize = 64;

/// The id of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The caller's own id, if it is one that may stand in a log; else a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_plain(id));
        given.map_or_else(Self::fresh, |id| Self(id.to_owned()))
    }

    /// An id that this process has not given before and another hardly will.
    fn fresh() -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{:016x}", KEY.hash_one(count)))
    }

    /// The value of the header.
    pub(crate) fn header(&self) -> HeaderValue {
        // Only plain characters are in it, so this never falls back.
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(""))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Letters, digits, `-`, `_` and `.`: nothing that could forge a line of a log.
fn is_plain(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !id.is_empty() && id.len() <= CALLERS_ID_BYTES_MAX && id.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_taken_from_callers() {
        let long = "x".repeat(CALLERS_ID_BYTES_MAX);
        let longer = format!("{long}x");
        for (given, taken) in [
            ("6f1c0a52-6b1e-4d9f-9a2b-1f0e5c3d2b1a", true),
            ("a.b_c-1", true),
            (&*long, true),
            (&*longer, false),
            ("", false),
            ("a b", false),
            ("a\"}", false),
            ("a=1;b", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(given).unwrap());
            assert_eq!(RequestId::of(&headers).to_string() == given, taken, "{given:?}");
        }
    }

    #[test]
    fn new_ids_differ() {
        let ids: std::collections::BTreeSet<_> = (0..1_000).map(|_| RequestId::of(&HeaderMap::new()).to_string()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| is_plain(id)));
    }
}
