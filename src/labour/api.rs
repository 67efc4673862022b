//! The JSON of labour. Deliberately absent: changing what was counted.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{By, Standard, Stint, Sum, Traffic, model::DAY_MS, rows};
use crate::{
    exchange::{Begun, Command, Path, Query},
    identity::{Caller, Permission, Refusal},
    kernel::*,
    network::{Site, site_by_code},
    problem::Problem,
    store::{Db, Sql},
    tasks::TaskKind,
};

/// Steps in one answer.
const STEPS: i64 = 500;

/// The endpoints of labour.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_labour))
        .routes(routes!(get_steps))
        .routes(routes!(get_standards))
        .routes(routes!(put_standard))
}

/// From when until when; the last day unless told.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct During {
    /// From this moment on.
    from: Option<Time>,
    /// Until before this moment.
    until: Option<Time>,
}

impl During {
    fn span(&self, db: &Db) -> (Time, Time) {
        let until = self.until.unwrap_or_else(|| db.clock.now().plus_ms(1));
        (self.from.unwrap_or_else(|| until.plus_ms(-DAY_MS)), until)
    }
}

/// A sum with its rates.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Rated {
    /// Whose, where, or of what.
    part: String,
    #[serde(flatten)]
    sum: Sum,
    /// Lines in an hour with a task in hand.
    lines_per_hour: Option<i64>,
    /// Fair time by time spent, per cent.
    pace_percent: Option<i64>,
}

fn parts(sums: Vec<(String, Sum)>) -> Vec<Rated> {
    let part = |(part, sum): (String, Sum)| Rated {
        part,
        sum,
        lines_per_hour: sum.lines_per_hour(),
        pace_percent: sum.pace_percent(),
    };
    sums.into_iter().map(part).collect()
}

/// What was done at a site, against what is fair.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Labour {
    from: Time,
    until: Time,
    people: Vec<Rated>,
    zones: Vec<Rated>,
    kinds: Vec<Rated>,
    /// Who passed where on the days of the span.
    traffic: Vec<Traffic>,
}

/// A site whose work the caller may look at.
async fn site_of(sql: &mut Sql, caller: &Caller, code: &str) -> Result<Site, Problem> {
    let site = site_by_code(sql, code).await?.ok_or_else(|| Problem::not_found("site"))?;
    let may = [Permission::WorkSupervise, Permission::ReportRead];
    if may.iter().any(|permission| caller.permit(*permission, Some(site.id)).is_ok()) {
        return Ok(site);
    }
    Err(Refusal::Forbidden { permission: Permission::WorkSupervise }.into())
}

/// Lines an hour by person, zone and kind of work, beside what is fair.
#[utoipa::path(get, path = "/api/v1/sites/{code}/labour", tag = "labour", params(("code" = String, Path), During),
    responses((status = 200, body = Labour), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_labour(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    Query(during): Query<During>,
) -> Result<Json<Labour>, Problem> {
    let mut read = db.read().await?;
    let sql = read.sql();
    let site = site_of(sql, &caller, &code).await?;
    let span @ (from, until) = during.span(&db);
    let zone = site.zone();
    let days = (super::day_of(from, &zone), super::day_of(until, &zone));
    Ok(Json(Labour {
        from,
        until,
        people: parts(rows::sums(sql, site.id, span, By::Person).await?),
        zones: parts(rows::sums(sql, site.id, span, By::Zone).await?),
        kinds: parts(rows::sums(sql, site.id, span, By::Kind).await?),
        traffic: rows::traffic(sql, site.id, days).await?,
    }))
}

/// The steps behind the sums, newest first, at most 500.
#[utoipa::path(get, path = "/api/v1/sites/{code}/labour/steps", tag = "labour", params(("code" = String, Path), During),
    responses((status = 200, body = [Stint]), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_steps(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    Query(during): Query<During>,
) -> Result<Json<Vec<Stint>>, Problem> {
    let mut read = db.read().await?;
    let site = site_of(read.sql(), &caller, &code).await?;
    let span = during.span(&db);
    Ok(Json(rows::steps(read.sql(), site.id, span, &rows::Asked::default(), STEPS).await?))
}

/// What is fair for a kind of work.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Fair {
    kind: TaskKind,
    standard: Standard,
}

/// What is fair at a site.
#[utoipa::path(get, path = "/api/v1/sites/{code}/labour/standards", tag = "labour", params(("code" = String, Path)),
    responses((status = 200, body = [Fair]), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_standards(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<Vec<Fair>>, Problem> {
    let mut read = db.read().await?;
    let site = site_of(read.sql(), &caller, &code).await?;
    let all = rows::standards(read.sql(), site.id).await?;
    Ok(Json(all.into_iter().map(|(kind, standard)| Fair { kind, standard }).collect()))
}

/// Set what is fair for a kind of work from now on; needs `layout.edit` at the site.
#[utoipa::path(put, path = "/api/v1/sites/{code}/labour/standards/{kind}", tag = "labour", request_body = Standard,
    params(("code" = String, Path), ("kind" = TaskKind, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Standard), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn put_standard(
    State(db): State<Db>,
    caller: Caller,
    Path((code, kind)): Path<(String, TaskKind)>,
    command: Command<Standard>,
) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let site = site_by_code(read.sql(), &code).await?.ok_or_else(|| Problem::not_found("site"))?;
    drop(read);
    caller.permit(Permission::LayoutEdit, Some(site.id))?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = rows::set_standard(&mut tx, site.id, kind, command.body).await.map(|()| command.body);
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
