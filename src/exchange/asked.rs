//! What stands in the address of a request, and what a page's form sends: read
//! strictly, and refused as a problem document that names the field. They stand in
//! for axum's own, whose refusals are plain text (`tests/tidy.rs` holds the rooms
//! to it). Deliberately absent: JSON bodies; those are next door.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;

use crate::problem::{FieldError, Problem};

/// The parts of the path that vary: an id, a code.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        whole(parts.uri.path(), "path.invalid")?;
        let axum::extract::Path(read) = axum::extract::Path::from_request_parts(parts, state)
            .await
            .map_err(|refused| refusal("path.invalid", "The path", &refused.body_text()))?;
        Ok(Self(read))
    }
}

/// The query string.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        whole(parts.uri.query().unwrap_or_default(), "query.invalid")?;
        let axum::extract::Query(read) = axum::extract::Query::from_request_parts(parts, state)
            .await
            .map_err(|refused| refusal("query.invalid", "The query string", &refused.body_text()))?;
        Ok(Self(read))
    }
}

/// The fields of a page's form.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        whole(request.uri().query().unwrap_or_default(), "query.invalid")?;
        let (parts, body) = request.into_parts();
        let bytes = super::read_bytes(Request::from_parts(parts.clone(), body), state).await?;
        whole(&String::from_utf8_lossy(&bytes), "form.invalid")?;
        let request = Request::from_parts(parts, bytes.into());
        let axum::extract::Form(read) = axum::extract::Form::from_request(request, state).await.map_err(|refused| {
            let text = refused.body_text();
            let status = refused.into_response().status();
            let mut problem = refusal("form.invalid", "The form", &text);
            problem.status = status.as_u16();
            problem
        })?;
        Ok(Self(read))
    }
}

/// No text holds a NUL: PostgreSQL cannot store one, and nobody types one.
fn whole(encoded: &str, code: &str) -> Result<(), Problem> {
    if !encoded.contains("%00") && !encoded.contains('\0') {
        return Ok(());
    }
    Err(Problem::new(StatusCode::BAD_REQUEST, code, "A text may not hold the character NUL."))
}

/// The framework's sentence ends with `field: reason`, or with a reason alone.
fn refusal(code: &str, what: &str, said: &str) -> Problem {
    let reason = said.split_once(": ").map_or(said, |(_, reason)| reason);
    let named = reason.split_once(": ").filter(|(field, _)| !field.contains(' '));
    let (pointer, message) = match named {
        Some((field, message)) => (format!("/{field}"), message),
        None => (String::new(), reason),
    };
    let detail = format!("{what} is not what this endpoint takes: {reason}");
    let error = FieldError { pointer, message: message.to_owned() };
    Problem::new(StatusCode::BAD_REQUEST, code, detail).with_errors(vec![error])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named_where_the_framework_names_it() {
        let said =
            refusal("query.invalid", "The query string", "Failed to deserialize query string: limit: invalid digit");
        assert_eq!((said.errors[0].pointer.as_str(), said.errors[0].message.as_str()), ("/limit", "invalid digit"));
        let bare = refusal("path.invalid", "The path", "Invalid URL: \"x y\" is not an id that begins with lod_");
        assert_eq!(bare.errors[0].pointer, "");
        assert!(bare.detail.ends_with("\"x y\" is not an id that begins with lod_"));
        assert!(whole("a%20b", "x").is_ok() && whole("a%00b", "x").is_err());
    }
}
