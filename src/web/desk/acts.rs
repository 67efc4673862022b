//! What forms of the desk's smaller pages share: the fields they carry, and doing a
//! deed once. Deliberately absent: the deeds.

use axum::{http::StatusCode, response::Response};
use serde::Deserialize;

use super::{frame::Tone, seat::Seat};
use crate::{
    identity::{FormCaller, Permission},
    kernel::{SiteId, Stop},
    problem::Problem,
    store::{Db, Tx},
    web::{
        forms::once,
        page::{Visit, go},
    },
};

/// What these forms carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    /// The session's form token.
    pub csrf: String,
    /// Names the command, so that it happens once.
    pub command_id: String,
    /// A chosen person.
    pub person: String,
    /// A chosen rider or driver.
    pub driver: String,
    /// One end of a way on a floor.
    pub from: String,
    /// Its other end.
    pub to: String,
    /// Why, or what was done.
    pub reason: String,
    /// A chosen site, by code.
    pub site: String,
    /// A chosen state.
    pub state: String,
    /// A number of minutes.
    pub minutes: String,
    /// A number of units.
    pub quantity: String,
    /// A printer's name.
    pub printer: String,
}

impl Sent {
    /// The reason, tidied.
    pub fn why(&self) -> String {
        self.reason.trim().chars().take(200).collect()
    }
}

/// The seat of who sent a form from a page of ours.
pub async fn seat_of(db: &Db, visit: Visit, caller: FormCaller, sent: &Sent, here: &str) -> Result<Seat, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    Seat::at(db, visit, caller, here.to_owned()).await
}

/// Does a deed once, then leads to `then?done=name`; a refusal comes back for the
/// page to show, a fault as a page of its own.
pub async fn act<F>(
    db: &Db,
    seat: &Seat,
    sent: &Sent,
    (name, about, then): (&str, &str, &str),
    deed: F,
) -> Result<Result<Response, (StatusCode, Problem)>, Problem>
where
    F: AsyncFnOnce(&mut Tx) -> Result<(), Stop>,
{
    let body = format!(
        "{name} {about} {} {} {} {} {} {} {} {} {} {}",
        sent.person,
        sent.reason,
        sent.site,
        sent.state,
        sent.minutes,
        sent.quantity,
        sent.printer,
        sent.driver,
        sent.from,
        sent.to
    );
    let done: Result<(), Problem> = once(db, seat.caller.id(), &sent.command_id, &body, deed).await;
    match done {
        Ok(()) => {
            let joint = if then.contains('?') { '&' } else { '?' };
            Ok(Ok(go(&format!("{then}{joint}done={name}"))))
        }
        Err(problem) if problem.status < 500 => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            Ok(Err((status, problem)))
        }
        Err(problem) => Err(problem),
    }
}

/// Something of a site, if the person holds `permission` there; else it is as good as
/// none.
pub fn of_own_site<T>(
    seat: &Seat,
    permission: Permission,
    what: &'static str,
    found: Option<T>,
    site: impl FnOnce(&T) -> SiteId,
) -> Result<T, Problem> {
    let found = found.ok_or_else(|| Problem::not_found(what))?;
    seat.caller.permit(permission, Some(site(&found))).map_err(|_| Problem::not_found(what))?;
    Ok(found)
}

/// What follows a deed: where it led, or the page it came from with the refusal.
pub async fn settled(
    seat: &Seat,
    done: Result<Response, (StatusCode, Problem)>,
    page: impl AsyncFnOnce((Tone, String), StatusCode) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(response) => Ok(response),
        Err((status, problem)) => page(seat.refusal(&problem), status).await,
    }
}

/// What a page may be asked after a deed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    /// The deed.
    pub done: String,
}
