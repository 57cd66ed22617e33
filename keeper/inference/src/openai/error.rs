//! What can go wrong with a server: when it is opened, and in a call.

use std::time::Duration;

use cor_errors::{Class, Coded, Entry, table::inf};
use cor_ports::{BackendError, with_causes};

use super::key::KeySource;

/// Why a server cannot be used as a backend.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The base URL is not a valid URL.
    #[error("the base URL of the inference server is unusable: {reason}")]
    BadUrl {
        /// What is wrong. Never the URL itself, which may hold a secret.
        reason: String,
    },
    /// The key is not there.
    #[error("no usable key in {source_of_key:?}: {reason}")]
    BadKey {
        /// Where it was looked for.
        source_of_key: KeySource,
        /// What is wrong. Never the key itself.
        reason: String,
    },
    /// The HTTP client cannot be built, for example because there are no certificate roots.
    #[error(
        "no HTTP client: {}",
        with_causes(source.as_ref())
    )]
    HttpClient {
        /// What the client said.
        source: Box<reqwest::Error>,
    },
    /// Nobody answers, or not with what was asked for.
    #[error("the inference server at {url} cannot be used: {cause}")]
    Unusable {
        /// The base URL.
        url: String,
        /// What happened.
        cause: CallError,
    },
    /// The server has other models.
    #[error("the inference server at {url} has no model `{wanted}`, it lists: {listed}")]
    NoSuchModel {
        /// The base URL.
        url: String,
        /// The model configured.
        wanted: String,
        /// The models the server lists.
        listed: String,
    },
}

impl Coded for OpenError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::BadUrl { .. } => &inf::SERVER_URL,
            Self::BadKey { .. } => &inf::SERVER_KEY,
            Self::HttpClient { .. } => &inf::SERVER_HTTP_CLIENT,
            Self::Unusable { cause, .. } => cause.entry(),
            Self::NoSuchModel { .. } => &inf::NO_SUCH_MODEL,
        }
    }
}

/// Why one call has brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection, or it broke.
    #[error("no connection: {}", with_causes(.0.as_ref()))]
    Connection(#[source] Box<reqwest::Error>),
    /// No answer in time.
    #[error("no answer within {} ms", limit.as_millis())]
    Timeout {
        /// The limit that was reached.
        limit: Duration,
    },
    /// The server answered with an error.
    #[error("status {status}: {excerpt}")]
    Status {
        /// HTTP status.
        status: u16,
        /// The first 200 characters of the body.
        excerpt: String,
        /// The pause that the server asks for.
        retry_after: Option<Duration>,
    },
    /// More bytes than allowed.
    #[error("the reply is longer than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A reply that is no completion.
    #[error("the reply is not usable ({reason}): {excerpt}")]
    BadReply {
        /// HTTP status.
        status: u16,
        /// What is wrong.
        reason: String,
        /// The first 200 characters of the body.
        excerpt: String,
    },
}

impl Coded for CallError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Connection(_) => &inf::SERVER_UNREACHABLE,
            Self::Timeout { .. } => &inf::SERVER_TIMEOUT,
            Self::Status { status: 429 | 500..=599, .. } => &inf::SERVER_BUSY,
            Self::Status { status: 401 | 403 | 404, .. } => &inf::SERVER_REFUSED,
            Self::Status { .. } => &inf::SERVER_STATUS,
            Self::TooLarge { .. } => &inf::REPLY_TOO_LARGE,
            Self::BadReply { .. } => &inf::REPLY_UNUSABLE,
        }
    }
}

impl CallError {
    /// Whether the call is repeated at once. Not after a timeout, although that passes: the server would compute the same answer twice
    /// and be no faster.
    pub(super) fn is_repeated(&self) -> bool {
        self.class() == Class::Transient && !matches!(self, Self::Timeout { .. })
    }
}

impl From<CallError> for BackendError {
    fn from(error: CallError) -> Self {
        Self::Call(Box::new(error))
    }
}
