//! The JSON of webhooks, for those who may change settings of the whole house; a token
//! that is bound to a channel sees and makes those of its channel alone. Deliberately
//! absent: sending.

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    CATALOGUE, Hook, Message, MessageState, NewHook, Reach, Refusal, add, again, by_id, is_held, list, message,
    messages, release_all, remove, replay, resume, rotate, secret, test,
};
use crate::{
    exchange::{Begun, Command, Listed, Nothing, Path, Query},
    identity::{Caller, Permission},
    kernel::{HookId, MessageId, Stop},
    problem::Problem,
    store::{Db, Tx},
};

/// The endpoints of webhooks.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_hooks, post_hook))
        .routes(routes!(get_catalogue))
        .routes(routes!(post_release))
        .routes(routes!(post_message_again))
        .routes(routes!(get_hook, delete_hook))
        .routes(routes!(get_secret, post_secret))
        .routes(routes!(post_test))
        .routes(routes!(post_resume))
        .routes(routes!(post_replay))
        .routes(routes!(get_messages))
}

/// A hook that the caller may manage; another is as good as none.
async fn managed(db: &Db, caller: &Caller, id: HookId) -> Result<Hook, Problem> {
    caller.permit_house(Permission::ConfigEdit)?;
    let mut read = db.read().await?;
    let found = by_id(read.sql(), id).await?;
    let own = |hook: &Hook| caller.channel().is_none_or(|channel| hook.channel.as_deref() == Some(channel));
    found.filter(own).ok_or_else(|| Refusal::Unknown { hook: id.to_string() }.into())
}

/// Every webhook, and whether anything is sent at all.
#[derive(Serialize, utoipa::ToSchema)]
struct Hooks {
    items: Vec<Hook>,
    /// True on a restored copy until somebody releases it: nothing is sent.
    held: bool,
}

/// All webhooks; needs `config.edit`.
#[utoipa::path(get, path = "/api/v1/hooks", tag = "hooks",
    responses((status = 200, body = Hooks), (status = 403, body = Problem)))]
async fn get_hooks(State(db): State<Db>, caller: Caller) -> Result<Json<Hooks>, Problem> {
    caller.permit_house(Permission::ConfigEdit)?;
    let mut read = db.read().await?;
    let items = list(read.sql(), caller.channel()).await?;
    Ok(Json(Hooks { items, held: is_held(read.sql()).await? }))
}

/// The kinds of facts that webhooks tell.
#[utoipa::path(get, path = "/api/v1/hooks/catalogue", tag = "hooks", responses((status = 200, body = Vec<String>)))]
async fn get_catalogue(_: Caller) -> Json<Vec<&'static str>> {
    Json(CATALOGUE.to_vec())
}

/// Add a webhook; it hears of what happens from now on. Its secret is read from
/// `/api/v1/hooks/{id}/secret`.
#[utoipa::path(post, path = "/api/v1/hooks", tag = "hooks", request_body = NewHook,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Hook), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn post_hook(
    State(db): State<Db>,
    caller: Caller,
    reach: Option<Extension<Reach>>,
    command: Command<NewHook>,
) -> Result<Response, Problem> {
    caller.permit_house(Permission::ConfigEdit)?;
    let mut new = command.body.clone();
    if let Some(channel) = caller.channel() {
        caller.permit_channel(new.channel.as_deref().unwrap_or(channel))?;
        new.channel = Some(channel.to_owned());
    }
    let reach = reach.map(|Extension(reach)| reach).unwrap_or_default();
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = match reach.check(&new.url) {
        Ok(()) => add(&mut tx, &new).await,
        Err(refusal) => Err(refusal.into()),
    };
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}

/// One webhook.
#[utoipa::path(get, path = "/api/v1/hooks/{id}", tag = "hooks", params(("id" = HookId, Path)),
    responses((status = 200, body = Hook), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_hook(State(db): State<Db>, caller: Caller, Path(id): Path<HookId>) -> Result<Json<Hook>, Problem> {
    Ok(Json(managed(&db, &caller, id).await?))
}

/// Runs a verb on a hook as a command.
macro_rules! on_hook {
    ($db:ident, $caller:ident, $id:ident, $command:ident, $status:expr, |$tx:ident| $verb:expr) => {{
        managed(&$db, &$caller, $id).await?;
        let ($tx, _flight) = match $command.begin(&$db, $caller.id()).await? {
            Begun::Fresh(tx, flight) => (tx, flight),
            Begun::Again(reply) => return Ok(reply),
        };
        let mut $tx: Tx = $tx;
        let outcome = $verb.await;
        $command.finish($tx, $caller.id(), $status, outcome).await
    }};
}

/// What a verb did that has nothing to tell.
#[derive(Serialize, utoipa::ToSchema)]
struct HookDone {
    done: bool,
}

fn well(outcome: Result<(), Stop>) -> Result<HookDone, Stop> {
    outcome.map(|()| HookDone { done: true })
}

/// Remove a webhook and its messages.
#[utoipa::path(delete, path = "/api/v1/hooks/{id}", tag = "hooks", request_body = Nothing,
    params(("id" = HookId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = HookDone), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_hook(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<HookId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    on_hook!(db, caller, id, command, StatusCode::OK, |tx| async { well(remove(&mut tx, id).await) })
}

/// A secret that checks signatures.
#[derive(Serialize, utoipa::ToSchema)]
struct Secret {
    /// `whsec_...` of Standard Webhooks.
    secret: String,
}

fn private(secret: String) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(Secret { secret })).into_response()
}

/// The secret of a webhook: its messages are signed with it.
#[utoipa::path(get, path = "/api/v1/hooks/{id}/secret", tag = "hooks", params(("id" = HookId, Path)),
    responses((status = 200, body = Secret), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_secret(State(db): State<Db>, caller: Caller, Path(id): Path<HookId>) -> Result<Response, Problem> {
    managed(&db, &caller, id).await?;
    let mut tx = db.begin(crate::store::Actor::named(caller.id())).await?;
    let spelled = secret(&mut tx, id).await?;
    tx.commit().await?;
    Ok(private(spelled))
}

/// A new secret; for a day messages carry signatures of both.
#[utoipa::path(post, path = "/api/v1/hooks/{id}/secret", tag = "hooks", request_body = Nothing,
    params(("id" = HookId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = HookDone), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn post_secret(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<HookId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    // The reply is stored beside the command, so the secret is not in it.
    on_hook!(db, caller, id, command, StatusCode::OK, |tx| async { well(rotate(&mut tx, id).await.map(drop)) })
}

/// A message that is on its way.
#[derive(Serialize, utoipa::ToSchema)]
struct Queued {
    message: MessageId,
}

/// Send a message that says nothing, to try the way out.
#[utoipa::path(post, path = "/api/v1/hooks/{id}/test", tag = "hooks", request_body = Nothing,
    params(("id" = HookId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = Queued), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn post_test(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<HookId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    on_hook!(db, caller, id, command, StatusCode::ACCEPTED, |tx| async {
        test(&mut tx, id).await.map(|message| Queued { message })
    })
}

/// Send again to a webhook that was given up; what waited goes at once.
#[utoipa::path(post, path = "/api/v1/hooks/{id}/resume", tag = "hooks", request_body = Nothing,
    params(("id" = HookId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = HookDone), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn post_resume(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<HookId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    on_hook!(db, caller, id, command, StatusCode::OK, |tx| async { well(resume(&mut tx, id).await) })
}

/// From where on to tell again.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FromPosition {
    /// The position of the last fact that arrived; 0 for all that is kept.
    after: i64,
}

/// How much was told again.
#[derive(Serialize, utoipa::ToSchema)]
struct Replayed {
    /// Facts looked at, 10,000 at most.
    facts: usize,
}

/// Tell a webhook again what happened behind a position of the log; messages that it
/// had keep their id.
#[utoipa::path(post, path = "/api/v1/hooks/{id}/replay", tag = "hooks", request_body = FromPosition,
    params(("id" = HookId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = Replayed), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn post_replay(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<HookId>,
    command: Command<FromPosition>,
) -> Result<Response, Problem> {
    let after = command.body.after;
    on_hook!(db, caller, id, command, StatusCode::ACCEPTED, |tx| async {
        replay(&mut tx, id, after).await.map(|facts| Replayed { facts })
    })
}

/// Which messages.
#[derive(Deserialize, utoipa::IntoParams)]
struct Narrowed {
    /// waiting, sent or failed.
    #[serde(default)]
    state: Option<MessageState>,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// 1 to 500; 100 unless told.
    #[serde(default)]
    limit: Option<i64>,
}

/// The messages of a webhook, newest first, with every last answer.
#[utoipa::path(get, path = "/api/v1/hooks/{id}/messages", tag = "hooks", params(("id" = HookId, Path), Narrowed),
    responses((status = 200, body = Listed<Message>), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_messages(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<HookId>,
    Query(narrowed): Query<Narrowed>,
) -> Result<Json<Listed<Message>>, Problem> {
    managed(&db, &caller, id).await?;
    let limit = narrowed.limit.unwrap_or(100).clamp(1, 500);
    let state = narrowed.state.map_or("", MessageState::as_str);
    let mut read = db.read().await?;
    let items = messages(read.sql(), id, state, &narrowed.after, limit).await?;
    Ok(Json(Listed::new(items, limit, |one| one.id.to_string())))
}

/// Send a message again, under its own id.
#[utoipa::path(post, path = "/api/v1/hooks/messages/{id}/again", tag = "hooks", request_body = Nothing,
    params(("id" = MessageId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = HookDone), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn post_message_again(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<MessageId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    caller.permit_house(Permission::ConfigEdit)?;
    let mut read = db.read().await?;
    let found = message(read.sql(), id).await?;
    drop(read);
    let hook = found.map(|message| message.hook).ok_or_else(|| Refusal::NoMessage { message: id.to_string() })?;
    on_hook!(db, caller, hook, command, StatusCode::ACCEPTED, |tx| async { well(again(&mut tx, id).await) })
}

/// Let messages out of a restored copy, once its twin is silent.
#[utoipa::path(post, path = "/api/v1/hooks/release", tag = "hooks", request_body = Nothing,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = HookDone), (status = 403, body = Problem)))]
async fn post_release(State(db): State<Db>, caller: Caller, command: Command<Nothing>) -> Result<Response, Problem> {
    caller.permit_house(Permission::ConfigEdit)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = well(release_all(&mut tx).await.map_err(Stop::from));
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
