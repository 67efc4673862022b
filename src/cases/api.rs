//! The JSON of cases, for those who may handle them at a site. Deliberately
//! absent: opening; the work API's "problem" and `flow.rs` do.

use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::Engine as _;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Case, CaseCode, CaseState, Filter, Guide, Note, PhotoOf, Refusal, Resolution, Severity, add_photo, assign, by_id,
    close, cursor, guide, list, note, notes, photo, photos,
};
use crate::{
    exchange::{Begun, Command, Listed, Path, Query},
    identity::{Caller, Permission},
    kernel::{CaseId, SiteId, Stop, UserId},
    problem::Problem,
    store::{Db, Tx},
};

/// The endpoints of cases.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_cases))
        .routes(routes!(get_case))
        .routes(routes!(get_photo))
        .routes(routes!(post_assign))
        .routes(routes!(post_note))
        .routes(routes!(post_close))
        .routes(routes!(post_photo))
        // A photo in base64 with its JSON.
        .layer(DefaultBodyLimit::max(super::PHOTO_BYTES * 4 / 3 + 4096))
}

/// Which cases.
#[derive(Deserialize, utoipa::IntoParams)]
struct Wanted {
    /// Of this site; needed unless the caller handles cases at one or at all.
    #[serde(default)]
    site: Option<SiteId>,
    /// `open` or `closed`.
    #[serde(default)]
    state: Option<CaseState>,
    /// Of this severity.
    #[serde(default)]
    severity: Option<Severity>,
    /// Of this kind.
    #[serde(default)]
    code: Option<CaseCode>,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// 1 to 500; 100 unless told.
    #[serde(default)]
    limit: Option<i64>,
}

/// A case with the help beside it.
#[derive(Serialize, utoipa::ToSchema)]
struct Seen {
    #[serde(flatten)]
    case: Case,
    guide: Guide,
    notes: Vec<Note>,
    photos: Vec<PhotoOf>,
}

/// Cases, the most urgent first.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", params(Wanted),
    responses((status = 200, body = Listed<Case>), (status = 403, body = Problem)))]
async fn get_cases(
    State(db): State<Db>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Listed<Case>>, Problem> {
    let site = caller.scope(Permission::CaseHandle, wanted.site)?;
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let (state, severity, code) = (wanted.state, wanted.severity, wanted.code);
    let filter = Filter { site, state, severity, code, ..Filter::default() };
    let mut read = db.read().await?;
    let cases = list(read.sql(), &filter, &wanted.after, limit).await?;
    Ok(Json(Listed::new(cases, limit, cursor)))
}

/// A case the caller may handle; another is as good as none.
async fn visible(db: &Db, caller: &Caller, id: &str) -> Result<Case, Problem> {
    let unknown = || Problem::from(Refusal::Unknown { case: id.chars().take(60).collect() });
    let id: CaseId = id.parse().map_err(|_| unknown())?;
    let mut read = db.read().await?;
    let case = by_id(read.sql(), id).await?.ok_or_else(unknown)?;
    let may = match case.site {
        Some(site) => caller.permit(Permission::CaseHandle, Some(site)),
        None => caller.permit_house(Permission::CaseHandle),
    };
    may.map_err(|_| unknown())?;
    Ok(case)
}

/// A case with its guide, notes and photos.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Seen), (status = 404, body = Problem)))]
async fn get_case(State(db): State<Db>, caller: Caller, Path(id): Path<String>) -> Result<Json<Seen>, Problem> {
    let case = visible(&db, &caller, &id).await?;
    let mut read = db.read().await?;
    let (notes, photos) = (notes(read.sql(), case.id).await?, photos(read.sql(), case.id).await?);
    Ok(Json(Seen { guide: guide(case.code), case, notes, photos }))
}

/// One photo of a case.
#[utoipa::path(get, path = "/api/v1/cases/{id}/photos/{number}", tag = "cases",
    params(("id" = String, Path), ("number" = i64, Path)),
    responses((status = 200, content_type = "image/jpeg", body = [u8]), (status = 404, body = Problem)))]
async fn get_photo(
    State(db): State<Db>,
    caller: Caller,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, Problem> {
    let case = visible(&db, &caller, &id).await?;
    let mut read = db.read().await?;
    let (kind, data) = photo(read.sql(), case.id, number).await?.ok_or_else(|| Problem::not_found("photo"))?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(data);
    let bytes = bytes.map_err(|error| crate::kernel::Fault::new(format!("a stored photo is not base64: {error}")))?;
    let kind = if kind == "image/png" { "image/png" } else { "image/jpeg" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, bytes).into_response())
}

async fn after(tx: &mut Tx, id: CaseId, done: Result<(), Stop>) -> Result<Case, Stop> {
    done?;
    by_id(tx.sql(), id).await?.ok_or_else(|| Refusal::Unknown { case: id.to_string() }.into())
}

/// To whom.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssignCase)]
struct Assign {
    /// A person; null takes the case from its owner.
    owner: Option<UserId>,
}

/// Give a case to somebody.
#[utoipa::path(post, path = "/api/v1/cases/{id}/assign", tag = "cases", request_body = Assign,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Case), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_assign(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Assign>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = assign(&mut tx, id, command.body.owner).await;
    let outcome = after(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// What is said.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewNote {
    /// 1 to 2000 characters.
    text: String,
}

/// Write a note on a case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/notes", tag = "cases", request_body = NewNote,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Case), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn post_note(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<NewNote>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = note(&mut tx, id, &command.body.text).await;
    let outcome = after(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}

/// How it ended.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Close {
    /// One of the guide's.
    resolution: Resolution,
    /// Needed for `settled`.
    #[serde(default)]
    note: Option<String>,
}

/// Close a case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/close", tag = "cases", request_body = Close,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Case), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn post_close(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Close>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = close(&mut tx, id, command.body.resolution, command.body.note.as_deref()).await;
    let outcome = after(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// A photo.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPhoto {
    /// JPEG or PNG in base64; only the goods, no people.
    data: String,
}

/// Add a photo to a case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/photos", tag = "cases", request_body = NewPhoto,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Case), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn post_photo(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<NewPhoto>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    // What is not base64 is no photo either.
    let bytes = base64::engine::general_purpose::STANDARD.decode(&command.body.data).unwrap_or_default();
    let done = add_photo(&mut tx, id, &bytes).await;
    let outcome = after(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}
