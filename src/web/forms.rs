//! Commands that come from page forms: an id of their own, so that a form sent
//! twice acts once, and the proof that our own page sent it. Deliberately absent:
//! what they command.

use axum::{
    body::to_bytes,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{
    exchange::{self, Begun},
    kernel::{Fault, Stop},
    problem::Problem,
    store::{Db, Tx},
};

/// An answer that was stored is no longer than this.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Does a command once: the first answer is stored with its effect and given again
/// to whoever sends the same `key`. `body` is what the key stands for.
pub async fn once<T, F>(db: &Db, caller: &str, key: &str, body: &str, act: F) -> Result<T, Problem>
where
    T: Serialize + DeserializeOwned,
    F: AsyncFnOnce(&mut Tx) -> Result<T, Stop>,
{
    let fresh = format!("form {}", db.dice.ulid(db.clock.now()));
    let key = if key.is_empty() { &fresh } else { key };
    let digest: String = Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let response = match exchange::begin(db, caller, key, &digest).await? {
        Begun::Again(response) => response,
        Begun::Fresh(mut tx, _flight) => {
            let outcome = act(&mut tx).await;
            exchange::finish(tx, caller, key, &digest, StatusCode::OK, outcome).await?
        }
    };
    read(response).await
}

/// Reads a stored answer back: the value, or the refusal that was given.
async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Problem> {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), ANSWER_BYTES)
        .await
        .map_err(|error| Fault::new(format!("a stored answer could not be read: {error}")))?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|error| Fault::from(error).into());
    }
    Err(problem(status, &bytes))
}

fn problem(status: StatusCode, bytes: &[u8]) -> Problem {
    let said: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = |field: &str| said.get(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let mut problem = Problem::new(status, &text("code"), text("detail"));
    if let serde_json::Value::Object(members) = said {
        let own = ["type", "title", "status", "detail", "instance", "code", "retryable", "errors"];
        problem.members = members.into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
    }
    problem
}

/// The same answer for a page: nothing but where to go on.
pub fn see(to: &str) -> Response {
    axum::response::Redirect::to(to).into_response()
}
