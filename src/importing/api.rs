//! The JSON and CSV of importing and exporting. Deliberately absent: files that
//! arrive in pieces; 64 MiB is the most.

use axum::{
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Format, Kind, Refusal, export, prepare, write};
use crate::{
    exchange::{Begun, Path, Query, Upload, begin, finish},
    identity::{Caller, Permission},
    problem::Problem,
    store::Db,
};

/// The largest file.
const MOST_BYTES: usize = 64 << 20;

/// The endpoints of importing.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(post_import))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .routes(routes!(get_export))
}

/// What came of an import.
#[derive(Serialize, utoipa::ToSchema)]
struct Imported {
    /// Rows.
    imported: usize,
}

fn kind_of(text: &str) -> Result<Kind, Refusal> {
    text.parse().map_err(|_| Refusal::UnknownKind { kind: text.chars().take(30).collect() })
}

/// Import a file: all rows or none. `kind` is sites, services, roads, articles,
/// floors, units, people, vehicles, stock, or counts.
#[utoipa::path(post, path = "/api/v1/import/{kind}", tag = "importing",
    params(("kind" = inline(Kind), Path), ("Idempotency-Key" = String, Header)),
    request_body(content((Vec<serde_json::Value> = "application/json"), (String = "text/csv"))),
    responses((status = 200, body = Imported), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn post_import(
    State(db): State<Db>,
    caller: Caller,
    Path(kind): Path<String>,
    upload: Upload,
) -> Result<Response, Problem> {
    caller.permit_house(Permission::ImportRun)?;
    let kind = kind_of(&kind)?;
    if kind == Kind::People {
        // A file may give any role to anyone, so only who holds everything may
        // send it; others add people one by one.
        caller.may_give(&Permission::ALL.iter().copied().collect(), None)?;
    }
    let format = match upload.kind.as_str() {
        "application/json" => Format::Json,
        "text/csv" => Format::Csv,
        _ => return Err(Refusal::UnknownFormat.into()),
    };
    let batch = prepare(&db, kind, format, &upload.bytes).await?;
    let (mut tx, _flight) = match begin(&db, caller.id(), &upload.key, &upload.digest).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = write(&mut tx, batch).await.map(|imported| Imported { imported });
    finish(tx, caller.id(), &upload.key, &upload.digest, StatusCode::OK, outcome).await
}

/// How the file is to be written.
#[derive(Deserialize, utoipa::IntoParams)]
struct Wanted {
    /// csv or json; json unless told.
    #[serde(default)]
    format: Option<String>,
}

/// Export what is there, as a file that can be imported.
#[utoipa::path(get, path = "/api/v1/export/{kind}", tag = "importing", params(("kind" = inline(Kind), Path), ("format" = inline(Option<Format>), Query)),
    responses((status = 200), (status = 403, body = Problem), (status = 404, body = Problem), (status = 415, body = Problem)))]
async fn get_export(
    State(db): State<Db>,
    caller: Caller,
    Path(kind): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    caller.permit_house(Permission::ImportRun)?;
    let kind = kind_of(&kind)?;
    let format = wanted.format.as_deref().unwrap_or("json").parse::<Format>().map_err(|_| Refusal::UnknownFormat)?;
    let mut read = db.read().await?;
    let bytes = export(read.sql(), kind, format).await?;
    let media = match format {
        Format::Json => "application/json",
        Format::Csv => "text/csv; charset=utf-8",
    };
    let name = format!("attachment; filename=\"{kind}.{format}\"");
    let name = HeaderValue::from_str(&name).expect("words of closed sets are header values");
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(media)), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, bytes).into_response())
}
