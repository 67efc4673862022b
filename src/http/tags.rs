//! What a caller knows already is not sent again: every JSON answer of a read carries an
//! `ETag`, and who sends it back in `If-None-Match` hears 304 while nothing changed.
//! Deliberately absent: saving the reading itself (an answer is made before it is
//! compared), and `If-Match`, which rooms ask for where two people may edit.

use std::fmt::Write as _;

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// Longer answers are exports and the like; they are not compared.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The layer around all rooms.
pub(super) async fn tagged(request: Request, next: Next) -> Response {
    if request.method() != Method::GET || !request.uri().path().starts_with("/api/v1/") {
        return next.run(request).await;
    }
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK || !is_json(response.headers()) {
        return response;
    }
    let response = if response.headers().contains_key(header::ETAG) { response } else { named(response).await };
    let Some(tag) = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return response };
    if !known.iter().any(|list| list.to_str().is_ok_and(|list| names(list, tag))) {
        return response;
    }
    let mut same = StatusCode::NOT_MODIFIED.into_response();
    for name in [header::ETAG, header::CACHE_CONTROL, header::VARY] {
        if let Some(value) = response.headers().get(&name) {
            same.headers_mut().insert(name, value.clone());
        }
    }
    same
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

/// The answer with a tag of what it says. It is a weak one: the bytes on the wire may be
/// compressed.
async fn named(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Some(length) = body.size_hint().exact().filter(|length| *length <= MOST_BYTES) else {
        return Response::from_parts(parts, body);
    };
    let Ok(bytes) = to_bytes(body, usize::try_from(length).unwrap_or(usize::MAX)).await else {
        // A body whose length is known is in memory already.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut tag = String::from("W/\"");
    for byte in &Sha256::digest(&bytes)[..12] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
        // It is this caller's, and asked for again each time.
        let keep = HeaderValue::from_static("private, no-cache");
        parts.headers.entry(header::CACHE_CONTROL).or_insert(keep);
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// True if a list of tags holds this one, weak or not (RFC 9110, 13.1.2).
fn names(list: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.split(',').any(|one| bare(one) == bare(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_weak_or_not() {
        assert!(names("W/\"a\"", "W/\"a\"") && names("\"b\", W/\"a\"", "\"a\"") && names("\"a\"", "W/\"a\""));
        assert!(!names("", "\"a\"") && !names("\"ab\", a", "\"a\"") && !names("*x", "\"a\""));
    }
}
