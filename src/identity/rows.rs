//! The SQL of identity. Deliberately absent: any secret in clear.

use sqlx::any::AnyRow;

use super::model::{Device, Grant, Granted, Permissions, Person, Role, Token, built_in};
use crate::{
    kernel::{DeviceId, Fault, SessionId, SiteId, Time, TokenId, UserId},
    store::{Row, Sql},
};

fn site_text(site: Option<SiteId>) -> String {
    site.map(|site| site.to_string()).unwrap_or_default()
}

fn site_of(row: &AnyRow) -> Result<Option<SiteId>, Fault> {
    if row.text("site")?.is_empty() { Ok(None) } else { Ok(Some(row.id("site")?)) }
}

/// A person with the hashes of what they know.
pub(super) struct Known {
    pub person: Person,
    pub password: Option<String>,
    pub pin: Option<String>,
}

async fn known(sql: &mut Sql, row: Option<AnyRow>) -> Result<Option<Known>, Fault> {
    let Some(row) = row else { return Ok(None) };
    let mut person = person(&row)?;
    person.grants = grants(sql, person.id).await?;
    Ok(Some(Known { person, password: row.opt_text("password")?, pin: row.opt_text("pin")? }))
}

fn person(row: &AnyRow) -> Result<Person, Fault> {
    Ok(Person {
        id: row.id("id")?,
        login: row.text("login")?,
        name: row.text("name")?,
        lang: row.text("lang")?,
        active: row.flag("active")?,
        grants: Vec::new(),
    })
}

pub(super) async fn by_login(sql: &mut Sql, login: &str) -> Result<Option<Known>, Fault> {
    let row = sqlx::query("SELECT id, login, name, lang, password, pin, active FROM people WHERE login = $1")
        .bind(login)
        .fetch_optional(&mut *sql)
        .await?;
    known(sql, row).await
}

pub(super) async fn by_badge(sql: &mut Sql, badge: &str) -> Result<Option<Known>, Fault> {
    let row = sqlx::query("SELECT id, login, name, lang, password, pin, active FROM people WHERE badge = $1")
        .bind(badge)
        .fetch_optional(&mut *sql)
        .await?;
    known(sql, row).await
}

pub(super) async fn by_id(sql: &mut Sql, id: UserId) -> Result<Option<Known>, Fault> {
    let row = sqlx::query("SELECT id, login, name, lang, password, pin, active FROM people WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut *sql)
        .await?;
    known(sql, row).await
}

/// A person by id.
pub async fn find_person(sql: &mut Sql, id: UserId) -> Result<Option<Person>, Fault> {
    Ok(by_id(sql, id).await?.map(|known| known.person))
}

/// A person by what they type to sign in.
pub async fn find_login(sql: &mut Sql, login: &str) -> Result<Option<Person>, Fault> {
    Ok(by_login(sql, login).await?.map(|known| known.person))
}

/// People behind the cursor, by id.
pub async fn people(sql: &mut Sql, after: &str, limit: i64) -> Result<Vec<Person>, Fault> {
    let rows = sqlx::query("SELECT id, login, name, lang, active FROM people WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after)
        .bind(limit)
        .fetch_all(&mut *sql)
        .await?;
    let mut people = rows.iter().map(person).collect::<Result<Vec<_>, _>>()?;
    for person in &mut people {
        person.grants = grants(sql, person.id).await?;
    }
    Ok(people)
}

pub(super) async fn is_empty(sql: &mut Sql) -> Result<bool, Fault> {
    let row = sqlx::query("SELECT 1 AS one FROM people LIMIT 1").fetch_optional(sql).await?;
    Ok(row.is_none())
}

/// A row of `people` as it is inserted.
pub(super) struct PersonRow<'a> {
    pub id: UserId,
    pub login: &'a str,
    pub name: &'a str,
    pub lang: &'a str,
    pub password: Option<&'a str>,
    pub badge: Option<&'a str>,
    pub pin: Option<&'a str>,
    pub at: Time,
}

pub(super) async fn insert_person(sql: &mut Sql, row: &PersonRow<'_>) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO people (id, login, name, lang, password, badge, pin, active, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)",
    )
    .bind(row.id.to_string())
    .bind(row.login)
    .bind(row.name)
    .bind(row.lang)
    .bind(row.password)
    .bind(row.badge)
    .bind(row.pin)
    .bind(row.at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn set_active(sql: &mut Sql, id: UserId, active: bool) -> Result<(), Fault> {
    sqlx::query("UPDATE people SET active = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(i64::from(active))
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn set_password(sql: &mut Sql, id: UserId, password: &str) -> Result<(), Fault> {
    sqlx::query("UPDATE people SET password = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(password)
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn set_grants(sql: &mut Sql, id: UserId, grants: &[Grant]) -> Result<(), Fault> {
    sqlx::query("DELETE FROM grants WHERE person = $1").bind(id.to_string()).execute(&mut *sql).await?;
    for grant in grants {
        sqlx::query("INSERT INTO grants (person, role, site) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(id.to_string())
            .bind(&grant.role)
            .bind(site_text(grant.site))
            .execute(&mut *sql)
            .await?;
    }
    Ok(())
}

async fn grants(sql: &mut Sql, id: UserId) -> Result<Vec<Grant>, Fault> {
    let rows = sqlx::query("SELECT role, site FROM grants WHERE person = $1 ORDER BY role, site")
        .bind(id.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| Ok(Grant { role: row.text("role")?, site: site_of(row)? })).collect()
}

/// The grants of a person with what each role may do now.
pub(super) async fn granted(sql: &mut Sql, id: UserId) -> Result<Vec<Granted>, Fault> {
    let rows = sqlx::query(
        "SELECT grants.role, grants.site, roles.permissions FROM grants \
         LEFT JOIN roles ON roles.name = grants.role WHERE grants.person = $1 ORDER BY grants.role, grants.site",
    )
    .bind(id.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter()
        .map(|row| {
            let role = row.text("role")?;
            let permissions = match (built_in(&role), row.opt_text("permissions")?) {
                (Some(fixed), _) => fixed.iter().copied().collect(),
                (None, Some(json)) => serde_json::from_str(&json)?,
                (None, None) => Permissions::new(),
            };
            Ok(Granted { role, site: site_of(row)?, permissions })
        })
        .collect()
}

/// The custom roles.
pub async fn custom_roles(sql: &mut Sql) -> Result<Vec<Role>, Fault> {
    let rows = sqlx::query("SELECT name, permissions FROM roles ORDER BY name").fetch_all(sql).await?;
    rows.iter()
        .map(|row| Ok(Role { name: row.text("name")?, permissions: row.json("permissions")?, built_in: false }))
        .collect()
}

pub(super) async fn put_role(sql: &mut Sql, name: &str, permissions: &Permissions) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO roles (name, permissions) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET permissions = excluded.permissions",
    )
    .bind(name)
    .bind(serde_json::to_string(permissions)?)
    .execute(sql)
    .await?;
    Ok(())
}

// Handhelds.

fn device(row: &AnyRow) -> Result<Device, Fault> {
    Ok(Device { id: row.id("id")?, name: row.text("name")?, site: row.id("site")?, active: row.flag("active")? })
}

pub(super) async fn insert_device(sql: &mut Sql, device: &Device, secret: &str, at: Time) -> Result<(), Fault> {
    sqlx::query("INSERT INTO devices (id, name, site, secret, active, created_at) VALUES ($1, $2, $3, $4, 1, $5)")
        .bind(device.id.to_string())
        .bind(&device.name)
        .bind(device.site.to_string())
        .bind(secret)
        .bind(at.ms())
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn device_by_secret(sql: &mut Sql, secret: &str) -> Result<Option<Device>, Fault> {
    let row = sqlx::query("SELECT id, name, site, active FROM devices WHERE secret = $1 AND active = 1")
        .bind(secret)
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(device).transpose()
}

/// A handheld by id.
pub async fn find_device(sql: &mut Sql, id: DeviceId) -> Result<Option<Device>, Fault> {
    let row = sqlx::query("SELECT id, name, site, active FROM devices WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(device).transpose()
}

/// Handhelds behind the cursor, by id.
pub async fn devices(sql: &mut Sql, after: &str, limit: i64) -> Result<Vec<Device>, Fault> {
    let rows = sqlx::query("SELECT id, name, site, active FROM devices WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after)
        .bind(limit)
        .fetch_all(sql)
        .await?;
    rows.iter().map(device).collect()
}

pub(super) async fn retire_device(sql: &mut Sql, id: DeviceId) -> Result<bool, Fault> {
    let id = id.to_string();
    sqlx::query("DELETE FROM sessions WHERE device = $1").bind(&id).execute(&mut *sql).await?;
    let done = sqlx::query("UPDATE devices SET active = 0 WHERE id = $1 AND active = 1").bind(&id).execute(sql).await?;
    Ok(done.rows_affected() > 0)
}

// Tokens.

fn token(row: &AnyRow) -> Result<Token, Fault> {
    Ok(Token {
        id: row.id("id")?,
        name: row.text("name")?,
        permissions: row.json("permissions")?,
        site: site_of(row)?,
        channel: row.opt_text("channel")?,
        expires_at: row.opt_time("expires_at")?,
        revoked: row.flag("revoked")?,
    })
}

pub(super) async fn insert_token(sql: &mut Sql, token: &Token, secret: &str, by: &str, at: Time) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO tokens (id, name, secret, permissions, site, channel, minted_by, created_at, expires_at, revoked) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)",
    )
    .bind(token.id.to_string())
    .bind(&token.name)
    .bind(secret)
    .bind(serde_json::to_string(&token.permissions)?)
    .bind(site_text(token.site))
    .bind(token.channel.as_deref())
    .bind(by)
    .bind(at.ms())
    .bind(token.expires_at.map(Time::ms))
    .execute(sql)
    .await?;
    Ok(())
}

/// The token of a secret's digest, unless revoked or out of date.
pub(super) async fn token_by_secret(sql: &mut Sql, secret: &str, now: Time) -> Result<Option<Token>, Fault> {
    let row = sqlx::query(
        "SELECT id, name, permissions, site, channel, expires_at, revoked FROM tokens \
         WHERE secret = $1 AND revoked = 0 AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(secret)
    .bind(now.ms())
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(token).transpose()
}

/// A token by id.
pub async fn find_token(sql: &mut Sql, id: TokenId) -> Result<Option<Token>, Fault> {
    let row = sqlx::query("SELECT id, name, permissions, site, channel, expires_at, revoked FROM tokens WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(token).transpose()
}

/// Tokens behind the cursor, by id.
pub async fn tokens(sql: &mut Sql, after: &str, limit: i64) -> Result<Vec<Token>, Fault> {
    let rows = sqlx::query(
        "SELECT id, name, permissions, site, channel, expires_at, revoked FROM tokens \
         WHERE id > $1 ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(token).collect()
}

pub(super) async fn revoke_token(sql: &mut Sql, id: TokenId) -> Result<(), Fault> {
    sqlx::query("UPDATE tokens SET revoked = 1 WHERE id = $1").bind(id.to_string()).execute(sql).await?;
    Ok(())
}

// Sessions, failed attempts, the signing key.

/// A row of `sessions`.
pub(super) struct SessionRow {
    pub id: SessionId,
    pub person: UserId,
    pub device: Option<DeviceId>,
    pub csrf: String,
    pub expires_at: Time,
}

pub(super) async fn insert_session(sql: &mut Sql, row: &SessionRow, secret: &str) -> Result<(), Fault> {
    sqlx::query("INSERT INTO sessions (id, secret, person, device, csrf, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(row.id.to_string())
        .bind(secret)
        .bind(row.person.to_string())
        .bind(row.device.map(|device| device.to_string()))
        .bind(&row.csrf)
        .bind(row.expires_at.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// A live session with its person and handheld.
pub(super) struct Live {
    pub id: SessionId,
    pub person: UserId,
    pub login: String,
    pub name: String,
    pub lang: String,
    pub device: Option<(DeviceId, SiteId)>,
    pub csrf: String,
}

pub(super) async fn session_by_secret(sql: &mut Sql, secret: &str, now: Time) -> Result<Option<Live>, Fault> {
    let row = sqlx::query(
        "SELECT sessions.id, sessions.person, sessions.csrf, people.login, people.name, people.lang, \
                devices.id AS device, devices.site AS device_site \
         FROM sessions JOIN people ON people.id = sessions.person LEFT JOIN devices ON devices.id = sessions.device \
         WHERE sessions.secret = $1 AND sessions.expires_at > $2 AND people.active = 1 \
           AND (sessions.device IS NULL OR devices.active = 1)",
    )
    .bind(secret)
    .bind(now.ms())
    .fetch_optional(sql)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Live {
        id: row.id("id")?,
        person: row.id("person")?,
        login: row.text("login")?,
        name: row.text("name")?,
        lang: row.text("lang")?,
        device: row.opt_word("device")?.zip(row.opt_word("device_site")?),
        csrf: row.text("csrf")?,
    }))
}

pub(super) async fn end_session(sql: &mut Sql, id: SessionId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM sessions WHERE id = $1").bind(id.to_string()).execute(sql).await?;
    Ok(())
}

pub(super) async fn end_sessions_of(sql: &mut Sql, person: UserId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM sessions WHERE person = $1").bind(person.to_string()).execute(sql).await?;
    Ok(())
}

pub(super) async fn forget_before(sql: &mut Sql, now: Time, attempts_before: Time) -> Result<(), Fault> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now.ms()).execute(&mut *sql).await?;
    sqlx::query("DELETE FROM sign_in_attempts WHERE locked_until <= $1")
        .bind(attempts_before.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// Failures in a row, and until when the subject is locked.
pub(super) async fn attempts(sql: &mut Sql, subject: &str, now: Time) -> Result<(i64, Time), Fault> {
    sqlx::query(
        "INSERT INTO sign_in_attempts (subject, failures, locked_until) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
    )
    .bind(subject)
    .bind(now.ms())
    .execute(&mut *sql)
    .await?;
    let row = sqlx::query("SELECT failures, locked_until FROM sign_in_attempts WHERE subject = $1")
        .bind(subject)
        .fetch_one(sql)
        .await?;
    Ok((row.int("failures")?, row.time("locked_until")?))
}

/// Counts one more failure, if nobody else did since `failures` was read.
pub(super) async fn count_attempt(sql: &mut Sql, subject: &str, failures: i64, until: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE sign_in_attempts SET failures = failures + 1, locked_until = $3 WHERE subject = $1 AND failures = $2",
    )
    .bind(subject)
    .bind(failures)
    .bind(until.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn clear_attempts(sql: &mut Sql, subject: &str) -> Result<(), Fault> {
    sqlx::query("DELETE FROM sign_in_attempts WHERE subject = $1").bind(subject).execute(sql).await?;
    Ok(())
}

pub(super) async fn key(sql: &mut Sql) -> Result<Option<String>, Fault> {
    let row = sqlx::query("SELECT secret FROM signing_keys WHERE name = 'house'").fetch_optional(sql).await?;
    row.map(|row| row.text("secret")).transpose()
}

pub(super) async fn put_key(sql: &mut Sql, secret: &str) -> Result<(), Fault> {
    sqlx::query("INSERT INTO signing_keys (name, secret) VALUES ('house', $1) ON CONFLICT (name) DO NOTHING")
        .bind(secret)
        .execute(sql)
        .await?;
    Ok(())
}
