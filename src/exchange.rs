//! The manners of a JSON exchange: bodies that are read strictly, commands that
//! happen once however often they are sent. Deliberately absent: who may ask;
//! that is identity's.

mod asked;
mod together;

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex},
};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{
    kernel::{Refuse, Stop},
    problem::{FieldError, Problem},
    store::{
        Actor, Db, Tx,
        command::{self, Marked, Refusal, Reply, Seen},
    },
};

pub use asked::{Form, Path, Query};
pub use together::Together;

/// A JSON body; anything else is a problem document that says where it is wrong.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (_, bytes) = json_bytes(request, state).await?;
        parse(&bytes).map(Self)
    }
}

async fn json_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<(HeaderMap, Bytes), Problem> {
    let headers = request.headers().clone();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        let detail = "Send the body as application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body.type", detail));
    }
    let bytes = read_bytes(request, state).await?;
    Ok((headers, bytes))
}

async fn read_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|refused| {
        let detail = "The body could not be read, or is larger than this endpoint takes.";
        Problem::new(refused.into_response().status(), "body.unreadable", detail)
    })
}

/// True if a string of this JSON holds the character NUL, which may stand there
/// only as an escape. PostgreSQL cannot store it, so neither database gets it.
pub fn holds_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        if rest[at + 1..].starts_with(b"u0000") {
            return true;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    false
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if holds_nul(bytes) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "body.invalid", "A text may not hold the character NUL."));
    }
    // Serde would read an array as the fields in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "body.invalid", "Send a JSON object, not an array."));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let pointer =
            if path == "." { String::new() } else { format!("/{}", path.replace(['.', '['], "/").replace(']', "")) };
        let message = error.into_inner().to_string();
        Problem::new(
            StatusCode::BAD_REQUEST,
            "body.invalid",
            format!("The body is not what this endpoint takes: {message}"),
        )
        .with_errors(vec![FieldError { pointer, message }])
    })?;
    match reader.end() {
        Ok(()) => Ok(read),
        Err(_) => {
            let detail = "Something stands behind the end of the JSON object.";
            Err(Problem::new(StatusCode::BAD_REQUEST, "body.invalid", detail))
        }
    }
}

/// A command that says nothing beyond its path: `{}`.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A mutating JSON request with its `Idempotency-Key`
/// (draft-ietf-httpapi-idempotency-key-header-07; a bare key is taken as well).
pub struct Command<T> {
    /// The body.
    pub body: T,
    key: String,
    digest: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let place = format!("{} {}", request.method(), request.uri().path());
        let key = read_key(request.headers())?;
        let (_, bytes) = json_bytes(request, state).await?;
        let digest = digest(&place, &bytes);
        Ok(Self { body: parse(&bytes)?, key, digest })
    }
}

/// A mutating request whose body is a file, with its `Idempotency-Key`; hand
/// `key` and `digest` to [`begin`] and [`finish`].
pub struct Upload {
    /// The file.
    pub bytes: Bytes,
    /// Its media type, without parameters.
    pub kind: String,
    /// The key.
    pub key: String,
    /// Of place and file.
    pub digest: String,
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let place = format!("{} {}", request.method(), request.uri().path());
        let key = read_key(request.headers())?;
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let bytes = read_bytes(request, state).await?;
        let digest = digest(&place, &bytes);
        Ok(Self { bytes, kind, key, digest })
    }
}

fn digest(place: &str, bytes: &[u8]) -> String {
    let hash = Sha256::new().chain_update(place).chain_update([0]).chain_update(bytes).finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_key(headers: &HeaderMap) -> Result<String, Problem> {
    let raw = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::trim);
    let key = raw.map(|raw| raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw));
    match key {
        Some(key) if !key.is_empty() && key.len() <= 200 => Ok(key.to_owned()),
        _ => Err(Refusal::Missing.into()),
    }
}

/// Keys whose first request is running in this process.
static IN_FLIGHT: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Takes a key out of `IN_FLIGHT` when its request ends, however it ends.
pub struct Flight(String);

impl Drop for Flight {
    fn drop(&mut self) {
        IN_FLIGHT.lock().expect("no panic holds the set").remove(&self.0);
    }
}

/// Marks a key as in flight until the answer is dropped; refuses one that is.
pub fn fly(caller: &str, key: &str) -> Result<Flight, Refusal> {
    let mark = format!("{caller} {key}");
    if IN_FLIGHT.lock().expect("no panic holds the set").insert(mark.clone()) {
        Ok(Flight(mark))
    } else {
        Err(Refusal::InFlight)
    }
}

/// How a command begins.
pub enum Begun {
    /// Not met before: do it in this transaction, then [`Command::finish`].
    Fresh(Tx, Flight),
    /// Finished before: the stored reply.
    Again(Response),
}

impl<T> Command<T> {
    /// The body, and what marks the command as `caller`'s.
    pub fn into_parts(self, caller: &str) -> (T, Marked) {
        (self.body, Marked { caller: caller.to_owned(), key: self.key, digest: self.digest })
    }

    /// Opens the command's transaction, or finds the reply it got before.
    /// `caller` is the id of who asks: keys of two callers never meet.
    pub async fn begin(&self, db: &Db, caller: &str) -> Result<Begun, Problem> {
        begin(db, caller, &self.key, &self.digest).await
    }

    /// Stores the reply with the effect and commits. A refusal undoes the
    /// effect and is stored alone, so that a retry hears the same "no".
    pub async fn finish<R: Serialize>(
        &self,
        tx: Tx,
        caller: &str,
        status: StatusCode,
        outcome: Result<R, Stop>,
    ) -> Result<Response, Problem> {
        finish(tx, caller, &self.key, &self.digest, status, outcome).await
    }
}

/// [`Command::begin`] for callers that carry the key elsewhere (page forms).
pub async fn begin(db: &Db, caller: &str, key: &str, digest: &str) -> Result<Begun, Problem> {
    let flight = fly(caller, key)?;
    let mut tx = db.begin(Actor::named(caller)).await?;
    match command::seen(&mut tx, caller, key, digest).await? {
        Seen::New => Ok(Begun::Fresh(tx, flight)),
        Seen::Done(reply) => Ok(Begun::Again(replay(reply))),
        Seen::Other => Err(Refusal::Reused.into()),
    }
}

/// [`Command::finish`] for callers that carry the key elsewhere.
pub async fn finish<R: Serialize>(
    mut tx: Tx,
    caller: &str,
    key: &str,
    digest: &str,
    status: StatusCode,
    outcome: Result<R, Stop>,
) -> Result<Response, Problem> {
    match outcome {
        Ok(value) => {
            let reply = done(status.as_u16(), &value)?;
            command::remember(&mut tx, caller, key, digest, &reply).await.map_err(raced)?;
            tx.commit().await?;
            Ok(replay(reply))
        }
        Err(Stop::Refused(refusal)) => {
            let db = tx.database();
            drop(tx);
            refuse(&db, caller, key, digest, &*refusal).await
        }
        Err(Stop::Fault(fault)) => Err(fault.into()),
    }
}

async fn refuse(db: &Db, caller: &str, key: &str, digest: &str, refusal: &dyn Refuse) -> Result<Response, Problem> {
    let reply = refused(refusal)?;
    let mut tx = db.begin(Actor::named(caller)).await?;
    command::remember(&mut tx, caller, key, digest, &reply).await.map_err(raced)?;
    tx.commit().await?;
    Ok(replay(reply))
}

/// The reply of a finished command.
pub fn done<R: Serialize>(status: u16, value: &R) -> Result<Reply, Problem> {
    Ok(Reply { status, body: to_json(value)?, problem: false })
}

/// The reply of a refused command, to be stored; as an error if it must not be:
/// who may not ask, or asks badly, may ask again with the same key.
pub fn refused(refusal: &dyn Refuse) -> Result<Reply, Problem> {
    tracing::info!(code = refusal.code(), "refused: {refusal}");
    let problem = Problem::from(refusal);
    if matches!(problem.status, 400 | 401 | 403 | 429) {
        return Err(problem);
    }
    Ok(Reply { status: problem.status, body: to_json(&problem)?, problem: true })
}

/// Another replica stored this key first: its answer stands, ask again.
fn raced(fault: crate::kernel::Fault) -> Problem {
    if fault.duplicate { Refusal::InFlight.into() } else { fault.into() }
}

fn to_json<R: Serialize>(value: &R) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| crate::kernel::Fault::from(error).into())
}

/// A stored reply as it is sent.
pub fn replay(reply: Reply) -> Response {
    let kind = if reply.problem { "application/problem+json" } else { "application/json" };
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], reply.body).into_response()
}

/// `?after=...&limit=...` of a list; `limit` is at most 500.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
pub struct Page {
    /// The `next` of the page before.
    #[serde(default)]
    pub after: Option<String>,
    /// How many items, 1 to 500; 100 unless told.
    #[serde(default)]
    pub limit: Option<i64>,
}

impl Page {
    /// The limit, held within bounds.
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or(100).clamp(1, 500)
    }
    /// The cursor; empty for the first page.
    pub fn after(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }
}

/// One page of a list with a cursor that is stable under writes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Pass it as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// A page; `cursor` names the last item's place.
    pub fn new(items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Self {
        let full = i64::try_from(items.len()).is_ok_and(|count| count >= limit);
        let next = if full { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_seen_and_an_escaped_backslash_is_not_one() {
        assert!(holds_nul(br#"{"a":"x\u0000"}"#));
        assert!(!holds_nul(br#"{"a":"x\\u0000"}"#));
        assert!(holds_nul(br#"{"a":"\\\u0000"}"#));
        assert!(!holds_nul(br#"{"a":"\\"}"#) && !holds_nul(br"\"));
    }
}
