//! Human work over JSON: the same steps the handheld page draws.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::dispatch;
use crate::{
    exchange::{Begun, Body, Command, Path, Query},
    identity::{Caller, Permission, Refusal},
    kernel::*,
    network,
    problem::Problem,
    store::{Actor, Db},
    tasks::{self, Scan, Step, Task, TaskKind},
};

/// The endpoints of human work.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(next))
        .routes(routes!(read_step))
        .routes(routes!(scan))
        .routes(routes!(problem))
        .routes(routes!(leave))
        .routes(routes!(assign))
}

fn worker(caller: &Caller) -> Result<UserId, Refusal> {
    caller.user().ok_or(Refusal::Required)
}

async fn site_of(db: &Db, code: &str) -> Result<SiteId, Problem> {
    let mut read = db.read().await?;
    let site = network::site_by_code(read.sql(), code).await?;
    Ok(site.ok_or_else(|| Problem::not_found("site"))?.id)
}

/// Which site.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct At {
    /// The site's code.
    site: String,
}

/// What there is to do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Overview {
    /// Ready tasks by kind.
    counts: Vec<(TaskKind, i64)>,
    /// Open tasks, most urgent first.
    tasks: Vec<Task>,
}

/// Open work of a site.
#[utoipa::path(get, path = "/api/v1/work", tag = "work", params(At), responses((status = 200, body = Overview)))]
async fn overview(State(db): State<Db>, caller: Caller, Query(at): Query<At>) -> Result<Json<Overview>, Problem> {
    let site = site_of(&db, &at.site).await?;
    caller.permit(Permission::WorkDo, Some(site))?;
    let mut read = db.read().await?;
    let counts = tasks::open_counts(read.sql(), site).await?;
    Ok(Json(Overview { counts, tasks: tasks::at_site(read.sql(), site, 200).await? }))
}

/// Where, and which kinds of work.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Next {
    site: String,
    #[serde(default)]
    kinds: Vec<TaskKind>,
}

/// The caller's task, or the next one; 204 when there is nothing to do.
#[utoipa::path(post, path = "/api/v1/work/next", tag = "work", request_body = Next,
    responses((status = 200, body = Step), (status = 204)))]
async fn next(State(db): State<Db>, caller: Caller, Body(wish): Body<Next>) -> Result<Response, Problem> {
    let (site, user) = (site_of(&db, &wish.site).await?, worker(&caller)?);
    caller.permit(Permission::WorkDo, Some(site))?;
    if nothing_for(&db, site, user).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let device = caller.device().map(|device| device.to_string());
    let step = dispatch::next(&mut tx, site, user, device.as_deref(), &wish.kinds).await?;
    tx.commit().await?;
    Ok(match step {
        Some(step) => Json(step).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// A look without a write: most calls find nothing, and must not queue for the
/// writer to learn it.
async fn nothing_for(db: &Db, site: SiteId, user: UserId) -> Result<bool, Problem> {
    let mut read = db.read().await?;
    let ready = tasks::open_counts(read.sql(), site).await?;
    Ok(ready.is_empty() && tasks::of_user(read.sql(), user).await?.is_none())
}

/// The screen of a task; opening a ready task takes it.
#[utoipa::path(get, path = "/api/v1/work/{task}", tag = "work", params(("task" = TaskId, Path)),
    responses((status = 200, body = Step), (status = 409, body = Problem)))]
async fn read_step(State(db): State<Db>, caller: Caller, Path(task): Path<TaskId>) -> Result<Json<Step>, Problem> {
    let user = permitted(&db, &caller, task).await?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let device = caller.device().map(|device| device.to_string());
    let step = dispatch::step(&mut tx, task, user, device.as_deref()).await?;
    tx.commit().await?;
    Ok(Json(step))
}

async fn permitted(db: &Db, caller: &Caller, task: TaskId) -> Result<UserId, Problem> {
    let mut read = db.read().await?;
    let Some(found) = tasks::by_id(read.sql(), task).await? else { return Err(Problem::not_found("task")) };
    caller.permit(Permission::WorkDo, Some(found.site))?;
    Ok(worker(caller)?)
}

/// One entry: a scan, a number, a button. Answers with the next screen.
#[utoipa::path(post, path = "/api/v1/work/{task}/scan", tag = "work", request_body = Scan,
    params(("task" = TaskId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Step), (status = 409, body = Problem)))]
async fn scan(
    State(db): State<Db>,
    caller: Caller,
    Path(task): Path<TaskId>,
    command: Command<Scan>,
) -> Result<Response, Problem> {
    let user = permitted(&db, &caller, task).await?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = dispatch::scan(&mut tx, task, user, &command.body).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// What is wrong.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Trouble {
    /// A word for it: damaged, missing, blocked, other.
    code: String,
    /// More words.
    #[serde(default)]
    note: String,
}

/// The case that was opened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Opened {
    case: CaseId,
}

/// Opens a case, puts the task down; ask for the next one.
#[utoipa::path(post, path = "/api/v1/work/{task}/problem", tag = "work", request_body = Trouble,
    params(("task" = TaskId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Opened), (status = 409, body = Problem)))]
async fn problem(
    State(db): State<Db>,
    caller: Caller,
    Path(task): Path<TaskId>,
    command: Command<Trouble>,
) -> Result<Response, Problem> {
    let user = permitted(&db, &caller, task).await?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let Trouble { code, note } = &command.body;
    let outcome = dispatch::problem(&mut tx, task, user, code, note).await.map(|case| Opened { case });
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}

/// Puts the task down; its progress stays for the next worker.
#[utoipa::path(post, path = "/api/v1/work/{task}/leave", tag = "work", params(("task" = TaskId, Path)), responses((status = 204), (status = 409, body = Problem)))]
async fn leave(State(db): State<Db>, caller: Caller, Path(task): Path<TaskId>) -> Result<StatusCode, Problem> {
    let user = permitted(&db, &caller, task).await?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    dispatch::leave(&mut tx, task, user).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// To whom.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssignTask)]
struct Assign {
    user: UserId,
}

/// A supervisor gives a task to somebody.
#[utoipa::path(post, path = "/api/v1/work/{task}/assign", tag = "work", request_body = Assign,
    params(("task" = TaskId, Path), ("Idempotency-Key" = String, Header)), responses((status = 200), (status = 409, body = Problem)))]
async fn assign(
    State(db): State<Db>,
    caller: Caller,
    Path(task): Path<TaskId>,
    command: Command<Assign>,
) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let Some(found) = tasks::by_id(read.sql(), task).await? else { return Err(Problem::not_found("task")) };
    drop(read);
    caller.permit(Permission::WorkSupervise, Some(found.site))?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = tasks::assign(&mut tx, task, command.body.user).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
