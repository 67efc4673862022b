//! The JSON of people and roles. Nobody gives, or takes from those who hold
//! more than they do. Deliberately absent: deleting; facts name people for good.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    exchange::{Begun, Body, Command, Listed, Page, Path, Query},
    identity::{
        BUILT_IN, Caller, Grant, NewPerson, Permission, Permissions, Person, Role, Sites, add_person, built_in,
        custom_roles, find_person, hash_password, people, permissions_of, put_role, set_active, set_grants,
        set_password,
    },
    kernel::{Stop, UserId},
    problem::Problem,
    store::{Actor, Db, Sql},
};

pub(super) fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(post_person, get_people))
        .routes(routes!(put_person))
        .routes(routes!(get_roles))
        .routes(routes!(put_custom_role))
}

/// Refuses unless the caller manages people wherever `grants` reach, and holds
/// there whatever they give.
async fn may_manage(sql: &mut Sql, caller: &Caller, grants: &[Grant]) -> Result<(), Stop> {
    if grants.is_empty() {
        return Ok(caller.permit(Permission::PeopleManage, None)?);
    }
    for (grant, permissions) in permissions_of(sql, grants).await? {
        match grant.site {
            Some(site) => caller.permit(Permission::PeopleManage, Some(site))?,
            None => caller.permit_house(Permission::PeopleManage)?,
        }
        caller.may_give(&permissions, grant.site)?;
    }
    Ok(())
}

/// The id of who was added.
#[derive(Serialize, utoipa::ToSchema)]
struct Added {
    id: UserId,
    login: String,
}

/// Add a person.
#[utoipa::path(post, path = "/api/v1/people", tag = "identity", request_body = NewPerson,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Added), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn post_person(State(db): State<Db>, caller: Caller, command: Command<NewPerson>) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    may_manage(read.sql(), &caller, &command.body.grants).await?;
    drop(read);
    let login = command.body.login.clone();
    let prepared = command.body.clone().prepare(&db.dice).await?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = add_person(&mut tx, &prepared).await.map(|id| Added { id, login });
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}

/// List people of the sites one manages.
#[utoipa::path(get, path = "/api/v1/people", tag = "identity", params(("after" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, body = Listed<Person>), (status = 403, body = Problem)))]
async fn get_people(
    State(db): State<Db>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Listed<Person>>, Problem> {
    caller.permit(Permission::PeopleManage, None)?;
    let sites = caller.sites(Permission::PeopleManage);
    let mut read = db.read().await?;
    let found = people(read.sql(), page.after(), page.limit()).await?;
    let mut listed = Listed::new(found, page.limit(), |person| person.id.to_string());
    let seen = |grant: &Grant| sites == Sites::All || grant.site.is_some_and(|site| sites.holds(site));
    listed.items.retain(|person| sites == Sites::All || person.grants.iter().any(seen));
    Ok(Json(listed))
}

/// What changes about a person; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonChange {
    /// False shuts them out at once.
    #[serde(default)]
    active: Option<bool>,
    /// All their roles from now on.
    #[serde(default)]
    grants: Option<Vec<Grant>>,
    /// A new password, which ends their sessions.
    #[serde(default)]
    password: Option<String>,
}

/// Change a person: roles, password, shut out or let in.
#[utoipa::path(put, path = "/api/v1/people/{id}", tag = "identity", request_body = PersonChange,
    params(("id" = String, Path)),
    responses((status = 200, body = Person), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn put_person(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    Body(change): Body<PersonChange>,
) -> Result<Json<Person>, Problem> {
    let unknown = || Problem::not_found("person");
    let id: UserId = id.parse().map_err(|_| unknown())?;
    caller.permit(Permission::PeopleManage, None)?;
    let password = match change.password {
        Some(password) => Some(hash_password(&db.dice, password).await?),
        None => None,
    };
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let person = find_person(tx.sql(), id).await?.ok_or_else(unknown)?;
    may_manage(tx.sql(), &caller, &person.grants).await?;
    if let Some(grants) = &change.grants {
        may_manage(tx.sql(), &caller, grants).await?;
        set_grants(&mut tx, id, grants).await?;
    }
    if let Some(active) = change.active {
        set_active(&mut tx, id, active).await?;
    }
    if let Some(hashed) = &password {
        set_password(&mut tx, id, hashed).await?;
    }
    let person = find_person(tx.sql(), id).await?.ok_or_else(unknown)?;
    tx.commit().await?;
    Ok(Json(person))
}

/// List the built-in and custom roles.
#[utoipa::path(get, path = "/api/v1/roles", tag = "identity",
    responses((status = 200, body = [Role]), (status = 403, body = Problem)))]
async fn get_roles(State(db): State<Db>, caller: Caller) -> Result<Json<Vec<Role>>, Problem> {
    caller.permit(Permission::PeopleManage, None)?;
    let fixed = |name: &&str| Role {
        name: (*name).to_owned(),
        permissions: built_in(name).unwrap_or_default().iter().copied().collect(),
        built_in: true,
    };
    let mut roles: Vec<Role> = BUILT_IN.iter().map(fixed).collect();
    let mut read = db.read().await?;
    roles.extend(custom_roles(read.sql()).await?);
    Ok(Json(roles))
}

/// What a custom role may do.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleBody {
    #[schema(value_type = Vec<Permission>)]
    permissions: Permissions,
}

/// Make or change a custom role.
#[utoipa::path(put, path = "/api/v1/roles/{name}", tag = "identity", request_body = RoleBody,
    params(("name" = String, Path)),
    responses((status = 200, body = Role), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn put_custom_role(
    State(db): State<Db>,
    caller: Caller,
    Path(name): Path<String>,
    Body(body): Body<RoleBody>,
) -> Result<Json<Role>, Problem> {
    caller.permit_house(Permission::PeopleManage)?;
    caller.may_give(&body.permissions, None)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let role = put_role(&mut tx, &name, &body.permissions).await?;
    tx.commit().await?;
    Ok(Json(role))
}
