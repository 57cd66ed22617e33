//! What can go wrong with a server: when it is opened, and in a call.

use std::time::Duration;

use cor_keeper::ports::{BackendError, ErrorClass, with_causes};

use super::key::KeySource;

/// Why a server cannot be used as a backend.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The base URL is not a valid URL.
    #[error("INF-140 the base URL of the inference server is unusable: {reason}; give one like http://127.0.0.1:8080/v1")]
    BadUrl {
        /// What is wrong. Never the URL itself, which may hold a secret.
        reason: String,
    },
    /// The key is not there.
    #[error(
        "INF-141 no usable key in {source_of_key:?}: {reason}; put the key there, or remove the setting if the server wants none"
    )]
    BadKey {
        /// Where it was looked for.
        source_of_key: KeySource,
        /// What is wrong. Never the key itself.
        reason: String,
    },
    /// The HTTP client cannot be built, for example because there are no certificate roots.
    #[error(
        "INF-142 no HTTP client: {}; install the system's certificate roots (Debian: ca-certificates)",
        with_causes(source.as_ref())
    )]
    HttpClient {
        /// What the client said.
        source: Box<reqwest::Error>,
    },
    /// Nobody answers, or not with what was asked for.
    #[error("INF-143 the inference server at {url} cannot be used: {cause}; start it, or correct the base URL or the key")]
    Unusable {
        /// The base URL.
        url: String,
        /// What happened.
        cause: CallError,
    },
    /// The server has other models.
    #[error(
        "INF-144 the inference server at {url} has no model `{wanted}`, it lists: {listed}; load the model there, or configure one of these"
    )]
    NoSuchModel {
        /// The base URL.
        url: String,
        /// The model configured.
        wanted: String,
        /// The models the server lists.
        listed: String,
    },
}

impl OpenError {
    /// Who has to act.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::BadUrl { .. } | Self::BadKey { .. } | Self::HttpClient { .. } | Self::NoSuchModel { .. } => ErrorClass::Caller,
            Self::Unusable { cause, .. } => cause.class(),
        }
    }
}

/// Why one call has brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection, or it broke.
    #[error("INF-150 no connection: {}", with_causes(.0.as_ref()))]
    Connection(#[source] Box<reqwest::Error>),
    /// No answer in time.
    #[error("INF-151 no answer within {} ms", limit.as_millis())]
    Timeout {
        /// The limit that was reached.
        limit: Duration,
    },
    /// The server answered with an error.
    #[error("INF-152 status {status}: {excerpt}")]
    Status {
        /// HTTP status.
        status: u16,
        /// The first 200 characters of the body.
        excerpt: String,
        /// The pause that the server asks for.
        retry_after: Option<Duration>,
    },
    /// More bytes than allowed.
    #[error("INF-153 the reply is longer than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A reply that is no completion.
    #[error("INF-154 the reply is not usable ({reason}): {excerpt}")]
    BadReply {
        /// HTTP status.
        status: u16,
        /// What is wrong.
        reason: String,
        /// The first 200 characters of the body.
        excerpt: String,
    },
}

impl CallError {
    /// Who has to act. [`ErrorClass::Transient`] is what is tried again; a timeout is not, because the server would compute the same
    /// answer twice and be no faster.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Connection(_) | Self::Status { status: 429 | 500..=599, .. } => ErrorClass::Transient,
            Self::Status { status: 401 | 403 | 404, .. } => ErrorClass::Caller,
            Self::Timeout { .. } | Self::Status { .. } | Self::TooLarge { .. } | Self::BadReply { .. } => ErrorClass::Peer,
        }
    }
}

impl From<CallError> for BackendError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Status { status, excerpt, .. } | CallError::BadReply { status, excerpt, .. } => {
                Self::BadReply { status, excerpt }
            }
            error => Self::Failed(error.to_string()),
        }
    }
}
