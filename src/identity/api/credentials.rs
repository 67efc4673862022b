//! The JSON of handhelds and tokens. A secret is in the first reply alone: what
//! is stored for a retry lacks it. Deliberately absent: any way to see it again.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    exchange::{Begun, Command, Listed, Page, Path, Query},
    identity::{
        Caller, Device, NewToken, Permission, Refusal, Token, devices, enrol_device, find_device, find_token,
        mint_token, retire_device, revoke_token, tokens,
    },
    kernel::{DeviceId, SiteId, TokenId},
    problem::Problem,
    store::{Actor, Db},
};

pub(super) fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(post_device, get_devices))
        .routes(routes!(delete_device))
        .routes(routes!(post_token, get_tokens))
        .routes(routes!(delete_token))
}

/// A handheld to enrol.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDevice {
    /// As written on its back.
    name: String,
    /// Where it is used.
    site: SiteId,
}

/// An enrolled handheld.
#[derive(Serialize, utoipa::ToSchema)]
struct Enrolled {
    #[serde(flatten)]
    device: Device,
    /// To be kept on the handheld; null in the reply to a retry.
    secret: Option<String>,
}

/// A minted token.
#[derive(Serialize, utoipa::ToSchema)]
struct Minted {
    #[serde(flatten)]
    about: Token,
    /// For `Authorization: Bearer`; null in the reply to a retry.
    token: Option<String>,
}

fn shown_once<T: Serialize>(view: T) -> Response {
    let private = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::CREATED, private, Json(view)).into_response()
}

/// Enrol a handheld; its secret is shown once.
#[utoipa::path(post, path = "/api/v1/devices", tag = "identity", request_body = NewDevice,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Enrolled), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn post_device(State(db): State<Db>, caller: Caller, command: Command<NewDevice>) -> Result<Response, Problem> {
    caller.permit(Permission::PeopleManage, Some(command.body.site))?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    match enrol_device(&mut tx, &command.body.name, command.body.site).await {
        Ok((device, secret)) => {
            let stored = Enrolled { device: device.clone(), secret: None };
            command.finish(tx, caller.id(), StatusCode::CREATED, Ok(stored)).await?;
            Ok(shown_once(Enrolled { device, secret: Some(secret) }))
        }
        Err(stop) => command.finish::<Enrolled>(tx, caller.id(), StatusCode::CREATED, Err(stop)).await,
    }
}

/// List handhelds of the sites one manages.
#[utoipa::path(get, path = "/api/v1/devices", tag = "identity", params(("after" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, body = Listed<Device>), (status = 403, body = Problem)))]
async fn get_devices(
    State(db): State<Db>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Listed<Device>>, Problem> {
    caller.permit(Permission::PeopleManage, None)?;
    let mut read = db.read().await?;
    let found = devices(read.sql(), page.after(), page.limit()).await?;
    let mut listed = Listed::new(found, page.limit(), |device| device.id.to_string());
    listed.items.retain(|device| caller.permit(Permission::PeopleManage, Some(device.site)).is_ok());
    Ok(Json(listed))
}

/// Retire a handheld.
#[utoipa::path(delete, path = "/api/v1/devices/{id}", tag = "identity", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_device(State(db): State<Db>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let unknown = || Problem::from(Refusal::Unknown { what: "handheld".to_owned() });
    caller.permit(Permission::PeopleManage, None)?;
    let id: DeviceId = id.parse().map_err(|_| unknown())?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let device = find_device(tx.sql(), id).await?.ok_or_else(unknown)?;
    caller.permit(Permission::PeopleManage, Some(device.site))?;
    retire_device(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses unless the caller manages credentials for `site`.
fn may_manage(caller: &Caller, site: Option<SiteId>) -> Result<(), Refusal> {
    match site {
        Some(site) => caller.permit(Permission::PeopleManage, Some(site)),
        None => caller.permit_house(Permission::PeopleManage),
    }
}

/// Mint a token; its secret is shown once.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "identity", request_body = NewToken,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Minted), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn post_token(State(db): State<Db>, caller: Caller, command: Command<NewToken>) -> Result<Response, Problem> {
    may_manage(&caller, command.body.site)?;
    caller.may_give(&command.body.permissions, command.body.site)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    match mint_token(&mut tx, command.body.clone()).await {
        Ok((about, secret)) => {
            let stored = Minted { about: about.clone(), token: None };
            command.finish(tx, caller.id(), StatusCode::CREATED, Ok(stored)).await?;
            Ok(shown_once(Minted { about, token: Some(secret) }))
        }
        Err(stop) => command.finish::<Minted>(tx, caller.id(), StatusCode::CREATED, Err(stop)).await,
    }
}

/// List tokens of the sites one manages.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "identity", params(("after" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, body = Listed<Token>), (status = 403, body = Problem)))]
async fn get_tokens(
    State(db): State<Db>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Listed<Token>>, Problem> {
    caller.permit(Permission::PeopleManage, None)?;
    let mut read = db.read().await?;
    let found = tokens(read.sql(), page.after(), page.limit()).await?;
    let mut listed = Listed::new(found, page.limit(), |token| token.id.to_string());
    listed.items.retain(|token| may_manage(&caller, token.site).is_ok());
    Ok(Json(listed))
}

/// Revoke a token.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "identity", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_token(State(db): State<Db>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let unknown = || Problem::from(Refusal::Unknown { what: "token".to_owned() });
    caller.permit(Permission::PeopleManage, None)?;
    let id: TokenId = id.parse().map_err(|_| unknown())?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let token = find_token(tx.sql(), id).await?.ok_or_else(unknown)?;
    may_manage(&caller, token.site)?;
    revoke_token(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
