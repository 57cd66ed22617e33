//! One bounded HTTP exchange, and its repetition.

use std::{future::Future, time::Duration};

use backon::{ExponentialBuilder, Retryable as _};
use futures::StreamExt as _;
use reqwest::{RequestBuilder, Response, StatusCode, header::RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::{config::OpenAiConfig, error::CallError};

/// How much of a bad reply is shown.
const EXCERPT_CHARS: usize = 200;

/// The longest pause that is granted to a server that asks for one. A task does not wait longer.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// A reply that was read to its end.
pub(super) struct Reply {
    status: StatusCode,
    body: Vec<u8>,
}

impl Reply {
    /// The body as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|error| self.unusable(error.to_string()))
    }

    /// The error for a reply with the right form and the wrong content.
    pub(super) fn unusable(&self, reason: impl Into<String>) -> CallError {
        CallError::BadReply { status: self.status.as_u16(), reason: reason.into(), excerpt: excerpt(&self.body) }
    }
}

/// Sends a request and reads the reply, within the limits of time and size.
pub(super) async fn exchange(request: RequestBuilder, config: &OpenAiConfig) -> Result<Reply, CallError> {
    let limited = |error: reqwest::Error| {
        if error.is_timeout() && !error.is_connect() {
            CallError::Timeout { limit: config.call_limit }
        } else {
            CallError::Connection(Box::new(error.without_url()))
        }
    };
    let response = request.send().await.map_err(limited)?;
    let status = response.status();
    let retry_after = retry_after(&response);
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(limited)?;
        if body.len() + piece.len() > config.reply_bytes_max {
            return Err(CallError::TooLarge { limit: config.reply_bytes_max });
        }
        body.extend_from_slice(&piece);
    }
    if status.is_success() {
        Ok(Reply { status, body })
    } else {
        Err(CallError::Status { status: status.as_u16(), excerpt: excerpt(&body), retry_after })
    }
}

/// Repeats a call while its error is one that passes, at most as often and with such pauses as configured.
pub(super) async fn repeated<T, F>(config: &OpenAiConfig, call: impl FnMut() -> F) -> Result<T, CallError>
where
    F: Future<Output = Result<T, CallError>>,
{
    let pauses = ExponentialBuilder::new().with_min_delay(config.retry_pause).with_max_times(config.retries_max).with_jitter();
    call.retry(pauses)
        .when(CallError::is_repeated)
        .adjust(|error, pause| {
            let asked = match error {
                CallError::Status { retry_after, .. } => *retry_after,
                _ => None,
            };
            // `None` means that the retries are used up.
            pause.map(|pause| asked.map_or(pause, |asked| asked.clamp(pause, RETRY_AFTER_MAX.max(pause))))
        })
        .notify(|error, pause| tracing::debug!(%error, ?pause, "inference call failed, trying again"))
        .await
}

/// Whole seconds only. The other form, a date, would make the pause depend on two clocks.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn excerpt(body: &[u8]) -> String {
    // Four bytes are the longest character; what is cut in two becomes a replacement character, beyond the excerpt's end.
    let head = &body[..body.len().min(4 * EXCERPT_CHARS + 4)];
    String::from_utf8_lossy(head).chars().take(EXCERPT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_bounded_in_characters_and_never_splits_one() {
        assert_eq!(excerpt(b""), "");
        assert_eq!(excerpt(b"short"), "short");
        assert_eq!(excerpt("é".repeat(1000).as_bytes()), "é".repeat(EXCERPT_CHARS));
        assert_eq!(excerpt("🦀".repeat(1000).as_bytes()), "🦀".repeat(EXCERPT_CHARS));
        assert_eq!(excerpt(b"a\xffb"), "a\u{fffd}b");
    }
}
