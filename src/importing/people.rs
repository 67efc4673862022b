//! Rows of people: one row for each role that a person holds.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::{
    model::{Mistakes, Numbered},
    sites::SiteCodes,
};
use crate::{
    identity::{self, Grant, NewPerson, Prepared},
    kernel::{Fault, SiteId},
    network,
    store::{Db, Sql, Tx},
};

/// A person's role. A login that is new is added with the name and secrets of
/// its first row; of one that is known, the roles become those of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonRow {
    /// What they type to sign in.
    pub login: String,
    /// What colleagues call them.
    pub name: String,
    /// en or zh.
    #[serde(default)]
    pub lang: Option<String>,
    /// A built-in or custom role.
    pub role: String,
    /// Code of the only site where it holds; everywhere when absent.
    #[serde(default)]
    pub site: Option<String>,
    /// Never exported.
    #[serde(default)]
    pub password: Option<String>,
    /// What the badge says; never exported.
    #[serde(default)]
    pub badge: Option<String>,
    /// 4 to 8 digits; never exported.
    #[serde(default)]
    pub pin: Option<String>,
}

/// A person with all their rows, secrets hashed.
pub(super) struct Ready {
    login: String,
    prepared: Prepared,
    grants: Vec<(usize, String, Option<String>)>,
}

/// Hashes the secrets, several at once.
pub(super) async fn prepare(
    db: &Db,
    rows: Vec<Numbered<PersonRow>>,
    mistakes: &mut Mistakes,
) -> Result<Vec<Numbered<Ready>>, Fault> {
    let mut people: BTreeMap<String, Vec<Numbered<PersonRow>>> = BTreeMap::new();
    for row in rows {
        people.entry(row.value.login.clone()).or_default().push(row);
    }
    let work = people.into_values().map(|rows| async {
        let first = &rows[0].value;
        let new = NewPerson {
            login: first.login.clone(),
            name: first.name.clone(),
            password: first.password.clone(),
            badge: first.badge.clone(),
            pin: first.pin.clone(),
            lang: first.lang.clone(),
            grants: Vec::new(),
        };
        (rows, new.prepare(&db.dice).await)
    });
    let mut ready = Vec::new();
    for (rows, prepared) in join_all(work).await {
        let row = rows[0].row;
        let login = rows[0].value.login.clone();
        let Some(prepared) = mistakes.catch(row, prepared)? else { continue };
        let grants = rows.into_iter().map(|row| (row.row, row.value.role, row.value.site)).collect();
        ready.push(Numbered { row, value: Ready { login, prepared, grants } });
    }
    Ok(ready)
}

pub(super) async fn write(tx: &mut Tx, people: Vec<Numbered<Ready>>, mistakes: &mut Mistakes) -> Result<(), Fault> {
    let sites = SiteCodes::load(tx.sql()).await?;
    for Numbered { row, value } in people {
        let mut grants = Vec::new();
        for (row, role, site) in value.grants {
            let site = match site {
                Some(code) => match sites.known(row, &code, mistakes) {
                    Some(site) => Some(site),
                    None => continue,
                },
                None => None,
            };
            let grant = Grant { role, site };
            let known = identity::permissions_of(tx.sql(), std::slice::from_ref(&grant)).await;
            if let Err(crate::kernel::Stop::Refused(_)) = &known {
                mistakes.add(row, "role", format!("there is no role {}", grant.role));
                continue;
            }
            mistakes.catch(row, known)?;
            grants.push(grant);
        }
        let outcome = match identity::find_login(tx.sql(), &value.login).await? {
            Some(person) => identity::set_grants(tx, person.id, &grants).await,
            None => match identity::add_person(tx, &value.prepared).await {
                Ok(id) => identity::set_grants(tx, id, &grants).await,
                Err(stop) => Err(stop),
            },
        };
        mistakes.catch(row, outcome)?;
    }
    Ok(())
}

pub(super) async fn all(sql: &mut Sql) -> Result<Vec<PersonRow>, Fault> {
    let sites = network::sites(sql).await?;
    let code = |site: SiteId| sites.iter().find(|known| known.id == site).map(|known| known.code.clone());
    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let page = identity::people(sql, &after, 500).await?;
        let Some(last) = page.last() else { return Ok(rows) };
        after = last.id.to_string();
        for person in page.into_iter().filter(|person| person.active) {
            for grant in person.grants {
                rows.push(PersonRow {
                    login: person.login.clone(),
                    name: person.name.clone(),
                    lang: Some(person.lang.clone()),
                    role: grant.role,
                    site: grant.site.and_then(code),
                    password: None,
                    badge: None,
                    pin: None,
                });
            }
        }
    }
}
