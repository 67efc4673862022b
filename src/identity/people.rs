//! People: added with their secrets hashed, changed, and the first of them all.
//! Deliberately absent: customers; those are contacts of `parties`.

use serde::Deserialize;

use super::{
    guests,
    model::{Grant, Permissions, Refusal, Role, built_in, check_login, check_name, check_password, check_pin, invalid},
    rows, secret,
    secret::Strength,
};
use crate::{
    kernel::{Fault, Stop, UserId, rng::Dice},
    store::{Actor, Db, Sql, Tx},
};

/// A person to add.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// What they will type to sign in.
    pub login: String,
    /// What colleagues call them.
    pub name: String,
    /// For the desk.
    #[serde(default)]
    pub password: Option<String>,
    /// What the badge says when scanned, for handhelds.
    #[serde(default)]
    pub badge: Option<String>,
    /// 4 to 8 digits, with the badge.
    #[serde(default)]
    pub pin: Option<String>,
    /// `en` or `zh`; English unless told.
    #[serde(default)]
    pub lang: Option<String>,
    /// Their roles.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

/// A person whose fields are checked and whose secrets are hashed, ready for a
/// short transaction.
#[derive(Debug, Clone)]
pub struct Prepared {
    login: String,
    name: String,
    lang: String,
    password: Option<String>,
    badge: Option<String>,
    pin: Option<String>,
    grants: Vec<Grant>,
}

impl NewPerson {
    /// Checks the fields and hashes the secrets, which takes time: call it
    /// before the transaction.
    pub async fn prepare(self, dice: &Dice) -> Result<Prepared, Stop> {
        check_login(&self.login)?;
        check_name("name", &self.name)?;
        let lang = self.lang.unwrap_or_else(|| "en".to_owned());
        if !matches!(lang.as_str(), "en" | "zh") {
            return Err(invalid("lang", "use en or zh").into());
        }
        let badge = self.badge.as_deref().map(badge_text);
        if let Some(badge) = &badge {
            check_name("badge", badge)?;
        }
        if badge.is_some() != self.pin.is_some() {
            return Err(invalid("pin", "give badge and pin together, or neither").into());
        }
        let password = match self.password {
            Some(password) => {
                check_password(&password)?;
                Some(secret::hash(password, dice.bytes(), Strength::Password).await?)
            }
            None => None,
        };
        let pin = match self.pin {
            Some(pin) => {
                check_pin(&pin)?;
                Some(secret::hash(pin, dice.bytes(), Strength::Pin).await?)
            }
            None => None,
        };
        Ok(Prepared { login: self.login, name: self.name, lang, password, badge, pin, grants: self.grants })
    }
}

/// A badge as scanners send it: trimmed, upper case.
pub(super) fn badge_text(badge: &str) -> String {
    badge.trim().to_uppercase()
}

/// A badge as it is stored and found again: sealed, since it is short.
pub(super) fn badge_seal(key: &str, badge: &str) -> String {
    secret::seal(key, &format!("badge {}", badge_text(badge)))
}

/// Adds a person with their roles.
pub async fn add_person(tx: &mut Tx, new: &Prepared) -> Result<UserId, Stop> {
    check_roles(tx.sql(), &new.grants).await?;
    if rows::by_login(tx.sql(), &new.login).await?.is_some() {
        return Err(Refusal::Taken { what: "login".to_owned() }.into());
    }
    let badge = match &new.badge {
        Some(badge) => {
            let seal = badge_seal(&guests::key(tx).await?, badge);
            if rows::by_badge(tx.sql(), &seal).await?.is_some() {
                return Err(Refusal::Taken { what: "badge".to_owned() }.into());
            }
            Some(seal)
        }
        None => None,
    };
    let id = tx.id();
    let row = rows::PersonRow {
        id,
        login: &new.login,
        name: &new.name,
        lang: &new.lang,
        password: new.password.as_deref(),
        badge: badge.as_deref(),
        pin: new.pin.as_deref(),
        at: tx.now(),
    };
    rows::insert_person(tx.sql(), &row).await.map_err(taken)?;
    rows::set_grants(tx.sql(), id, &new.grants).await?;
    Ok(id)
}

/// Another transaction took the login or badge since we looked.
fn taken(fault: Fault) -> Stop {
    if fault.duplicate { Refusal::Taken { what: "login or badge".to_owned() }.into() } else { fault.into() }
}

/// What the roles of `grants` may do, each with its site.
pub async fn permissions_of(sql: &mut Sql, grants: &[Grant]) -> Result<Vec<(Grant, Permissions)>, Stop> {
    let custom = rows::custom_roles(sql).await?;
    let mut all = Vec::with_capacity(grants.len());
    for grant in grants {
        let fixed = built_in(&grant.role).map(|fixed| fixed.iter().copied().collect());
        let own = || custom.iter().find(|role| role.name == grant.role).map(|role| role.permissions.clone());
        let Some(permissions) = fixed.or_else(own) else {
            return Err(Refusal::UnknownRole { role: grant.role.chars().take(60).collect() }.into());
        };
        all.push((grant.clone(), permissions));
    }
    Ok(all)
}

async fn check_roles(sql: &mut Sql, grants: &[Grant]) -> Result<(), Stop> {
    permissions_of(sql, grants).await.map(|_| ())
}

/// Gives a person other roles; they hold from the next request on.
pub async fn set_grants(tx: &mut Tx, id: UserId, grants: &[Grant]) -> Result<(), Stop> {
    check_roles(tx.sql(), grants).await?;
    Ok(rows::set_grants(tx.sql(), id, grants).await?)
}

/// Lets a person in again, or shuts them out and ends their sessions.
pub async fn set_active(tx: &mut Tx, id: UserId, active: bool) -> Result<(), Fault> {
    rows::set_active(tx.sql(), id, active).await?;
    if active { Ok(()) } else { rows::end_sessions_of(tx.sql(), id).await }
}

/// Checks and hashes a password, before the transaction that sets it.
pub async fn hash_password(dice: &Dice, password: String) -> Result<String, Stop> {
    check_password(&password)?;
    Ok(secret::hash(password, dice.bytes(), Strength::Password).await?)
}

/// Sets a hashed password and ends all sessions that the old one opened.
pub async fn set_password(tx: &mut Tx, id: UserId, hashed: &str) -> Result<(), Fault> {
    rows::set_password(tx.sql(), id, hashed).await?;
    rows::end_sessions_of(tx.sql(), id).await
}

/// Makes or changes a custom role.
pub async fn put_role(tx: &mut Tx, name: &str, permissions: &Permissions) -> Result<Role, Stop> {
    if built_in(name).is_some() {
        return Err(Refusal::BuiltIn { role: name.to_owned() }.into());
    }
    check_login(name).map_err(|_| invalid("name", "use 1 to 60 lower-case letters, digits or . - _ @"))?;
    rows::put_role(tx.sql(), name, permissions).await?;
    Ok(Role { name: name.to_owned(), permissions: permissions.clone(), built_in: false })
}

/// In a house without people: makes `admin` and returns the password, to be
/// shown once. `None` when there are people already.
pub async fn first_start(db: &Db) -> Result<Option<String>, Stop> {
    let mut read = db.read().await?;
    let empty = rows::is_empty(read.sql()).await?;
    drop(read);
    if !empty {
        return Ok(None);
    }
    let password = secret::fresh(&db.dice, "");
    let admin = NewPerson {
        login: "admin".to_owned(),
        name: "Admin".to_owned(),
        password: Some(password.clone()),
        grants: vec![Grant { role: "admin".to_owned(), site: None }],
        ..NewPerson::default()
    };
    let admin = admin.prepare(&db.dice).await?;
    let mut tx = db.begin(Actor::house()).await?;
    match add_person(&mut tx, &admin).await {
        Ok(_) => tx.commit().await?,
        // Another replica started at the same moment and shows its own.
        Err(stop) if stop.code() == Some("person.taken") => return Ok(None),
        Err(stop) => return Err(stop),
    }
    Ok(Some(password))
}
