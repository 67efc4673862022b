//! The JSON of printing, and the pages themselves as PDF and ZPL. Deliberately
//! absent: making a job; packing and receiving do that.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Print, PrintState, Printer, by_id, confirm, label::Label, list, printers, reprint, retry, rows, set_printer,
    to_pdf, to_zpl,
};
use crate::{
    exchange::{Begun, Body, Command, Listed, Nothing, Path, Query},
    identity::{Caller, Permission},
    kernel::{PrintId, SiteId, Stop},
    problem::Problem,
    store::{Actor, Db, Tx},
};

/// The endpoints of printing.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_prints))
        .routes(routes!(get_print))
        .routes(routes!(post_retry))
        .routes(routes!(post_reprint))
        .routes(routes!(post_done))
        .routes(routes!(get_printers, put_printer))
}

/// Which jobs.
#[derive(Deserialize, utoipa::IntoParams)]
struct Wanted {
    /// Of this site; needed unless the caller works at one or at all.
    #[serde(default)]
    site: Option<SiteId>,
    /// In this state.
    #[serde(default)]
    state: Option<PrintState>,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// 1 to 500; 100 unless told.
    #[serde(default)]
    limit: Option<i64>,
}

/// Print jobs, newest first.
#[utoipa::path(get, path = "/api/v1/prints", tag = "printing", params(Wanted),
    responses((status = 200, body = Listed<Print>), (status = 403, body = Problem)))]
async fn get_prints(
    State(db): State<Db>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Listed<Print>>, Problem> {
    let site = caller.scope(Permission::WorkDo, wanted.site)?;
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let mut read = db.read().await?;
    let jobs = list(read.sql(), site, wanted.state, &wanted.after, limit).await?;
    Ok(Json(Listed::new(jobs, limit, |job| job.id.to_string())))
}

/// A job the caller may see; another is as good as none.
async fn visible(db: &Db, caller: &Caller, id: &str) -> Result<Print, Problem> {
    let unknown = || Problem::not_found("print job");
    let id: PrintId = id.parse().map_err(|_| unknown())?;
    let mut read = db.read().await?;
    let print = by_id(read.sql(), id).await?.ok_or_else(unknown)?;
    caller.permit(Permission::WorkDo, Some(print.site)).map_err(|_| unknown())?;
    Ok(print)
}

/// A job as JSON (`{id}`), its page as `{id}.pdf` or its printer's text as `{id}.zpl`.
#[utoipa::path(get, path = "/api/v1/prints/{file}", tag = "printing", params(("file" = String, Path)),
    responses((status = 200, body = Print), (status = 404, body = Problem)))]
async fn get_print(State(db): State<Db>, caller: Caller, Path(file): Path<String>) -> Result<Response, Problem> {
    let (id, kind) = file.split_once('.').unwrap_or((&file, ""));
    let print = visible(&db, &caller, id).await?;
    let undrawable = || Problem::not_found("page");
    let (kind, page) = match kind {
        "" => return Ok(Json(print).into_response()),
        "pdf" => ("application/pdf", to_pdf(&print.label).ok_or_else(undrawable)?),
        "zpl" => {
            let mut read = db.read().await?;
            let all = printers(read.sql(), print.site).await?;
            let font = all.iter().find(|printer| printer.name == print.printer).map_or("", |printer| &printer.font);
            ("text/plain; charset=utf-8", to_zpl(&print.label, font).ok_or_else(undrawable)?.into_bytes())
        }
        _ => return Err(Problem::not_found("page")),
    };
    // A label names people, if masked: no cache may keep it.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, page).into_response())
}

/// On which printer.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Retry {
    /// A printer's name; empty for the browser; absent for the station's own.
    #[serde(default)]
    printer: Option<String>,
}

/// A job after a change, without the lines of its label: replies of commands are
/// kept, and nothing personal is kept here.
#[derive(Serialize, utoipa::ToSchema)]
struct Changed {
    print: Print,
}

async fn changed(tx: &mut Tx, id: PrintId, done: Result<(), Stop>) -> Result<Changed, Stop> {
    done?;
    let print = rows::by_id(tx.sql(), id).await?;
    let bare = |print: Print| Print { label: Label { lines: Vec::new(), ..print.label }, ..print };
    print
        .map(|print| Changed { print: bare(print) })
        .ok_or_else(|| super::Refusal::Unknown { print: id.to_string() }.into())
}

/// Start a job again that failed or waits.
#[utoipa::path(post, path = "/api/v1/prints/{id}/retry", tag = "printing", request_body = Retry,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Changed), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_retry(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Retry>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = retry(&mut tx, id, command.body.printer.as_deref()).await;
    let outcome = changed(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Print a finished label again; the copy is counted.
#[utoipa::path(post, path = "/api/v1/prints/{id}/reprint", tag = "printing", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Changed), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_reprint(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = reprint(&mut tx, id).await;
    let outcome = changed(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Say that the page came out of the browser's dialog.
#[utoipa::path(post, path = "/api/v1/prints/{id}/done", tag = "printing", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Changed), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_done(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    let id = visible(&db, &caller, &id).await?.id;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let done = confirm(&mut tx, id).await;
    let outcome = changed(&mut tx, id, done).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Of which site.
#[derive(Deserialize, utoipa::IntoParams)]
struct AtSite {
    /// The site.
    site: SiteId,
}

/// The printers of a site.
#[utoipa::path(get, path = "/api/v1/printers", tag = "printing", params(AtSite),
    responses((status = 200, body = [Printer]), (status = 403, body = Problem)))]
async fn get_printers(
    State(db): State<Db>,
    caller: Caller,
    Query(at): Query<AtSite>,
) -> Result<Json<Vec<Printer>>, Problem> {
    caller.permit(Permission::WorkDo, Some(at.site))?;
    let mut read = db.read().await?;
    Ok(Json(printers(read.sql(), at.site).await?))
}

/// Add or change a printer by its name.
#[utoipa::path(put, path = "/api/v1/printers", tag = "printing", request_body = Printer,
    responses((status = 200, body = Printer), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn put_printer(
    State(db): State<Db>,
    caller: Caller,
    Body(printer): Body<Printer>,
) -> Result<Json<Printer>, Problem> {
    caller.permit(Permission::LayoutEdit, Some(printer.site))?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    set_printer(&mut tx, &printer).await?;
    tx.commit().await?;
    Ok(Json(printer))
}
