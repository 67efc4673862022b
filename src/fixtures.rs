//! What tests of the floor's rooms share: machines that may do things, and
//! requests in process. Deliberately absent: anything outside of tests.

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::Value;
use tower::util::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    identity::{NewToken, Permission, mint_token},
    kernel::SiteId,
    store::{Actor, Db},
};

/// A token's secret with some permissions at a site (`None`: at all).
pub async fn token(db: &Db, permissions: &[Permission], site: Option<SiteId>) -> String {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let new = NewToken {
        name: "test".to_owned(),
        permissions: permissions.iter().copied().collect(),
        site,
        channel: None,
        expires_at: None,
    };
    let (_, secret) = mint_token(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    secret
}

/// The answer to a request.
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
    /// The problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends one request to a room's endpoints; `key` is its idempotency key.
pub async fn call(db: &Db, routes: OpenApiRouter<Db>, token: &str, what: &str, key: &str, body: Value) -> Answer {
    let (method, path) = what.split_once(' ').unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key)
        .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
        .unwrap();
    let (router, _) = routes.split_for_parts();
    let response = router.with_state(db.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(body, 8 << 20).await.unwrap().to_vec();
    Answer { status: parts.status.as_u16(), kind: kind.unwrap_or_default(), bytes }
}
