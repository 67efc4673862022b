//! The last word on every answer: what no handler wrote (no such route, a method
//! that is not taken, a request that took too long, a panic) is a problem document
//! as well, drawn as a page for people. Deliberately absent: refusals of rooms;
//! they are problem documents already and only get their `instance`.

use std::any::Any;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use crate::{problem::Problem, web::page};

/// Problem documents are shorter than this.
const PROBLEM_BYTES: usize = 256 * 1024;

/// The layer outside of all others that may answer for a handler.
pub(super) async fn problems(request: Request, next: Next) -> Response {
    let (uri, method, headers) = (request.uri().clone(), request.method().clone(), request.headers().clone());
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || uri.path().starts_with("/assets/") {
        return response;
    }
    let response = if is_bare(&response) { named(response) } else { response };
    spoken(response, &uri, &method, &headers).await
}

/// True if nobody but the framework wrote it.
fn is_bare(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_none_or(|kind| kind.starts_with("text/plain"))
}

/// The status as a problem; headers such as `Allow` stay.
fn named(response: Response) -> Response {
    let status = response.status();
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::not_found("page or endpoint"),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(status, "method.not_allowed", "This endpoint does not take that method; see the Allow header.")
        }
        StatusCode::SERVICE_UNAVAILABLE => Problem::new(status, "busy", "It took too long; send the request again."),
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(status, "body.too_large", "The body is larger than this endpoint takes.")
        }
        _ if status.is_server_error() => broken(),
        _ => Problem::new(status, "request.refused", "The request is not what this endpoint takes."),
    };
    let mut named = problem.into_response();
    for (name, value) in response.headers() {
        if ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name) {
            named.headers_mut().insert(name, value.clone());
        }
    }
    named
}

/// JSON for machines, with the `instance` it is about; a page for people.
async fn spoken(response: Response, uri: &Uri, method: &Method, headers: &HeaderMap) -> Response {
    if !uri.path().starts_with("/api/") {
        return page::for_people(response, uri, method, headers).await;
    }
    if !page::is_problem(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, PROBLEM_BYTES).await else { return broken().into_response() };
    let bytes = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(mut members)) => {
            members.entry("instance").or_insert_with(|| uri.path().into());
            parts.headers.remove(header::CONTENT_LENGTH);
            Value::Object(members).to_string().into_bytes()
        }
        _ => bytes.to_vec(),
    };
    Response::from_parts(parts, Body::from(bytes))
}

/// What a handler that panicked is answered for.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked; an invariant is broken");
    broken().into_response()
}

fn broken() -> Problem {
    let detail = "Something broke on our side; nothing was changed. The log of the server has the reason.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", detail)
}
