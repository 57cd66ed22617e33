//! An error as the network sees it.

use std::sync::Arc;

use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use cor_errors::{Class, Coded, Entry};
use cor_ports::with_causes;
use cor_wire::http::{ErrorBody, ErrorContents};

use crate::request_id::{REQUEST_ID, RequestId};

/// Why a request was refused. Code, status and next step are those of the error's entry in the table.
///
/// As a response of a handler it has no body yet: the outermost layer, which knows the request's id, renders it.
#[derive(Debug, Clone)]
pub struct ApiError {
    entry: &'static Entry,
    /// Goes to the caller.
    public: String,
    /// Goes to the log, never to the caller: paths, errors of the operating system, other services' answers.
    internal: Option<String>,
}

impl ApiError {
    /// An error of which the caller is told what the table says.
    #[must_use]
    pub fn new(entry: &'static Entry) -> Self {
        Self { entry, public: entry.sentence.to_owned(), internal: None }
    }

    /// What went wrong inside. What the caller did wrong is told with its numbers, since they are the caller's own, and so is what a
    /// contract refused, since it is public on the chain. Of anything else the caller is told what the table says, and the log the rest.
    #[must_use]
    pub fn of(error: &dyn Coded) -> Self {
        let entry = error.entry();
        match (entry.class, entry.status, entry.selector) {
            (Class::Caller, Some(_), _) | (Class::Chain, _, Some(_)) => Self { entry, public: error.to_string(), internal: None },
            // An error of the operator's own settings has no status: its paths and keys are not the caller's.
            (Class::Caller | Class::Peer | Class::Chain | Class::Transient | Class::Bug, ..) => {
                Self { internal: Some(with_causes(&Shown(error))), ..Self::new(entry) }
            }
        }
    }

    /// The same error with words that name what the caller sent.
    #[must_use]
    pub fn saying(self, public: String) -> Self {
        Self { public, ..self }
    }

    /// `AREA-NNN`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.entry.code
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.entry.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Writes down what the caller is not told, under the id that the caller is told.
    pub(crate) fn log(&self, request_id: &RequestId) {
        let code = self.entry.code;
        match &self.internal {
            Some(internal) => tracing::error!(%request_id, code, internal, "request failed"),
            None if self.entry.class == Class::Caller => {
                tracing::debug!(%request_id, code, public = self.public, "request refused")
            }
            None => tracing::error!(%request_id, code, public = self.public, "request failed"),
        }
    }

    /// The one place where an error becomes an answer.
    pub(crate) fn render(&self, request_id: &RequestId) -> Response {
        let contents = ErrorContents {
            code: self.entry.code.to_owned(),
            message: self.public.clone(),
            next: self.entry.next.to_owned(),
            request_id: request_id.to_string(),
        };
        (self.status(), Json(ErrorBody { error: contents })).into_response()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The outermost layer: names the request, and renders its refusal.
pub(crate) async fn identified(request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    finish(next.run(request).await, &id)
}

/// Gives an answer the request's id, and a refusal its body.
fn finish(mut response: Response, request_id: &RequestId) -> Response {
    if let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() {
        error.log(request_id);
        // A header that belongs to the refusal stays, e.g. `allow`.
        let mut headers = std::mem::take(response.headers_mut());
        response = error.render(request_id);
        headers.remove(axum::http::header::CONTENT_LENGTH);
        for (name, value) in &headers {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
    }
    let id: HeaderValue = request_id.header();
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// A coded error as a plain one, so that its causes can be walked.
#[derive(Debug)]
struct Shown<'a>(&'a dyn Coded);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self.0, f)
    }
}

impl std::error::Error for Shown<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
