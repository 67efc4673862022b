//! Who sits at a desk page: the caller, the language, the house's clock, and the
//! sites there are. Every page of desk, dispatch and floor begins with a [`Seat`].
//! Deliberately absent: what a page shows.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::request::Parts,
};

use super::frame::{DOORS, Frame, Tone};
use super::list::Filter;
use crate::{
    cases::{self, Severity},
    identity::{Caller, Permission, Refusal, Sites},
    kernel::{SiteId, Time},
    network::{self, Site},
    problem::Problem,
    store::{Db, Sql},
    web::{
        format,
        i18n::Words,
        page::{Visit, refusal_text},
    },
};

/// Where every desk page listens for news.
pub const LIVE: &str = "/desk/live";
/// Rows of a list's page.
pub const ROWS: i64 = 50;
/// Rows of a CSV file at most.
pub const CSV_ROWS: i64 = 5_000;

/// The person at a page.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Words.
    pub t: Words,
    /// True if only a part of the page is asked for.
    pub part: bool,
    /// Who asks.
    pub caller: Caller,
    /// Domain time when the page was asked for.
    pub now: Time,
    /// The time zone that pages speak in: that of the first site the person has.
    pub zone: String,
    /// Every site there is.
    pub sites: Vec<Site>,
    /// Urgent cases the person may handle.
    urgent: i64,
    /// Path and query without `lang`.
    path: String,
}

impl FromRequestParts<Db> for Seat {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, db: &Db) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, db).await?;
        let Place(path) = known(Place::from_request_parts(parts, db).await);
        let visit = known(Visit::from_request_parts(parts, db).await);
        Self::at(db, visit, caller, path).await
    }
}

/// What cannot fail does not.
fn known<T>(sure: Result<T, Infallible>) -> T {
    let Ok(value) = sure;
    value
}

/// Path and query of the page, without the language.
#[derive(Debug, Clone)]
pub struct Place(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state).await?;
        let kept = |pair: &&str| !pair.starts_with("lang=") && !pair.starts_with("done=") && !pair.is_empty();
        let query: Vec<&str> = uri.query().unwrap_or_default().split('&').filter(kept).collect();
        let joint = if query.is_empty() { "" } else { "?" };
        Ok(Self(format!("{}{joint}{}", uri.path(), query.join("&"))))
    }
}

impl Seat {
    /// The seat of a caller at a page.
    pub async fn at(db: &Db, visit: Visit, caller: Caller, path: String) -> Result<Self, Problem> {
        let now = db.clock.now();
        let mut read = db.read().await?;
        let sites = network::sites(read.sql()).await?;
        let may = caller.sites(Permission::CaseHandle);
        let mut urgent = 0;
        for (site, severity, count) in cases::open_severities(read.sql()).await? {
            let own = may == Sites::All || site.is_some_and(|site| may.holds(site));
            urgent += if own && severity == Severity::Urgent { count } else { 0 };
        }
        let own = sites
            .iter()
            .find(|site| DOORS.iter().any(|door| door.opens.iter().any(|one| holds(&caller, *one, site.id))));
        let zone = own.or(sites.first()).map_or_else(|| "UTC".to_owned(), |site| site.time_zone.clone());
        Ok(Self { t: visit.t, part: visit.part, caller, now, zone, sites, urgent, path })
    }

    /// The frame of a page behind the door `here`.
    pub fn frame(&self, here: &'static str, title: impl Into<String>) -> Frame {
        let open: Vec<&'static str> =
            DOORS.iter().filter(|door| door.is_open_to(&self.caller)).map(|door| door.name).collect();
        Frame {
            title: title.into(),
            here,
            path: self.path.clone(),
            place: self.day(self.now),
            clock: self.clock(self.now),
            person: self.caller.name().to_owned(),
            csrf: self.caller.csrf().unwrap_or_default().to_owned(),
            live: LIVE.to_owned(),
            urgent: self.urgent,
            open,
        }
    }

    /// Refuses unless the person holds one of `permissions` somewhere.
    pub fn permit_any(&self, permissions: &[Permission], site: Option<SiteId>) -> Result<(), Problem> {
        let first = permissions.first().copied().unwrap_or(Permission::ConfigEdit);
        let held = permissions.iter().any(|one| self.caller.permit(*one, site).is_ok());
        if held { Ok(()) } else { Err(Refusal::Forbidden { permission: first }.into()) }
    }

    /// Which site a list is of: the one whose code is asked for, all for who holds
    /// `permission` everywhere, else the first of the person's own.
    pub fn scope(&self, permission: Permission, code: &str) -> Result<Option<SiteId>, Problem> {
        if code.is_empty() {
            self.caller.permit(permission, None)?;
            return Ok(match self.caller.sites(permission) {
                Sites::All => None,
                Sites::Only(own) => self.sites.iter().map(|site| site.id).find(|id| own.contains(id)),
            });
        }
        let site = self.by_code(code)?.id;
        self.caller.permit(permission, Some(site))?;
        Ok(Some(site))
    }

    /// A site by its code.
    pub fn by_code(&self, code: &str) -> Result<&Site, Problem> {
        self.sites.iter().find(|site| site.code == code).ok_or_else(|| Problem::not_found("site"))
    }

    /// A site by its id.
    pub fn site(&self, id: SiteId) -> Option<&Site> {
        self.sites.iter().find(|site| site.id == id)
    }

    /// What people call a site; empty for none.
    pub fn site_name(&self, id: Option<SiteId>) -> String {
        id.and_then(|id| self.site(id))
            .map(|site| self.t.name(&site.name.en, &site.name.zh).to_owned())
            .unwrap_or_default()
    }

    /// The filter by site: the sites where the person holds `permission`.
    pub fn site_filter(&self, permission: Permission, chosen: Option<SiteId>) -> Filter {
        let held = self.caller.sites(permission);
        let any =
            (held == Sites::All).then(|| (String::new(), self.t.get("flt.any_site").to_owned(), chosen.is_none()));
        let own = self.sites.iter().filter(|site| held.holds(site.id) && site.active);
        let options = own.map(|site| (site.code.clone(), self.site_name(Some(site.id)), chosen == Some(site.id)));
        Filter {
            name: "site",
            label: self.t.get("flt.site").to_owned(),
            options: any.into_iter().chain(options).collect(),
        }
    }

    /// True if the person holds `permission` at a site (`None`: somewhere).
    pub fn may(&self, permission: Permission, site: Option<SiteId>) -> bool {
        self.caller.permit(permission, site).is_ok()
    }

    /// `14:10`.
    pub fn clock(&self, time: Time) -> String {
        format::clock(time, &self.zone)
    }

    /// `Sun 22 November`.
    pub fn day(&self, time: Time) -> String {
        format::day(self.t, time, &self.zone)
    }

    /// `14:10` today, with its day else.
    pub fn when(&self, time: Time) -> String {
        match format::days_ahead(self.now, time, &self.zone) {
            0 => self.clock(time),
            _ => format::near(self.t, self.now, time, &self.zone),
        }
    }

    /// For the `datetime` of a page.
    pub fn machine(&self, time: Time) -> String {
        time.to_string()
    }

    /// How near a deadline is, in words and meaning.
    pub fn due(&self, time: Time) -> (Tone, String) {
        let tone = match format::minutes_until(self.now, time) {
            i64::MIN..0 => Tone::Bad,
            0..30 => Tone::Warn,
            _ => Tone::Plain,
        };
        (tone, format::until(self.t, self.now, time))
    }

    /// What a deed did, or why it was refused, for the top of a page.
    pub fn refusal(&self, problem: &Problem) -> (Tone, String) {
        (Tone::Bad, refusal_text(self.t, &problem.code, &problem.detail, &problem.members))
    }

    /// What the page says after a deed that ended in `?done=`.
    pub fn done(&self, code: &str) -> Option<(Tone, String)> {
        let words = self.t.find(&format!("done.{code}"))?;
        Some((Tone::Ok, words.to_owned()))
    }

    /// A word of a closed set: `word.{kind}.{code}`.
    pub fn word(&self, kind: &str, code: &str) -> String {
        self.t.or(&format!("word.{kind}"), code, &code.replace(['_', '.'], " "))
    }
}

fn holds(caller: &Caller, permission: Permission, site: SiteId) -> bool {
    caller.permit(permission, Some(site)).is_ok()
}

/// The name of whoever acts: a person, a machine, the house itself.
pub async fn actor(sql: &mut Sql, seat: &Seat, id: &str) -> Result<String, Problem> {
    if let Ok(user) = id.parse() {
        let person = crate::identity::find_person(sql, user).await?;
        return Ok(person.map_or_else(|| id.to_owned(), |person| person.name));
    }
    if let Ok(token) = id.parse() {
        let token = crate::identity::find_token(sql, token).await?;
        return Ok(token.map_or_else(|| id.to_owned(), |token| token.name));
    }
    let kind = id.split(':').next().unwrap_or(id);
    Ok(if kind == "house" { String::new() } else { seat.word("actor", kind) })
}
