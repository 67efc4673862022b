//! Any refusal or fault as an RFC 9457 problem document. Deliberately absent:
//! pages; the web room draws its own for people.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::kernel::{Fault, Refuse, Stop};

/// `application/problem+json` with our members: a stable `code`, `retryable`,
/// field `errors`, and whatever the refusal carries.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI reference that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time and what to do next.
    pub detail: String,
    /// Of which request; put in as the answer leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Stable, dotted, for machines and translations.
    pub code: String,
    /// True if the same request may succeed when sent again.
    pub retryable: bool,
    /// What is wrong where in the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Fields of the refusal, such as `available_quantity`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub members: Map<String, Value>,
}

/// One mistake in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the request, or `row 3` of a file.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem by its parts.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title: status.canonical_reason().unwrap_or("Refused").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            code: code.to_owned(),
            retryable: matches!(status.as_u16(), 409 | 429 | 503),
            errors: Vec::new(),
            members: Map::new(),
        }
    }

    /// The same with what is wrong where.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Nothing there, or nothing this caller may know of.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}, or you may not see it."))
    }
}

impl From<&dyn Refuse> for Problem {
    fn from(refusal: &dyn Refuse) -> Self {
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::CONFLICT);
        let mut problem = Self::new(status, refusal.code(), refusal.to_string());
        problem.retryable = matches!(refusal.code(), "idempotency.in_flight");
        problem.members = refusal.members();
        // A refusal may call a field of its own "code"; ours is the one meant.
        for own in ["type", "title", "status", "detail", "instance", "code", "retryable"] {
            problem.members.remove(own);
        }
        problem
    }
}

impl<R: Refuse + 'static> From<R> for Problem {
    fn from(refusal: R) -> Self {
        Self::from(&refusal as &dyn Refuse)
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => {
                tracing::info!(code = refusal.code(), "refused: {refusal}");
                Self::from(&*refusal)
            }
            Stop::Fault(fault) => Self::from(fault),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        // The edge: a fault is logged here, once, and its text stays with us.
        tracing::error!("a request failed: {fault}");
        if fault.retryable {
            let detail = "Cartage is busy or its database is away; nothing was changed. Send the request again.";
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
        }
        let detail = "Something broke on our side; nothing was changed. The log of the server has the reason.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let busy = status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if busy {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
