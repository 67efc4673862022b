//! Signing in by password, or by badge and PIN on an enrolled handheld; and out.
//! Sessions live on wall time. Each try is counted before it is checked, so that
//! many at once gain nothing. Deliberately absent: cookies (`api.rs`).

use super::{
    guests,
    model::{Person, Refusal, penalty_ms},
    people, rows,
    secret::{self, Strength},
};
use crate::{
    kernel::{DeviceId, Fault, SessionId, Stop, Time},
    store::{Actor, Db, Tx, claim::wall_ms},
};

/// A session ends this long after sign-in: a long shift, wall milliseconds.
pub const SESSION_MS: i64 = 14 * 3_600_000;
/// Failures are forgotten a day after their last lock.
const ATTEMPTS_KEPT_MS: i64 = 24 * 3_600_000;

/// A fresh session; `secret` is shown to its holder alone.
#[derive(Debug, Clone)]
pub struct Opened {
    /// `cts_...`.
    pub secret: String,
    /// For mutating requests that carry the cookie.
    pub csrf: String,
    /// Who signed in.
    pub person: Person,
    /// When it ends, wall time.
    pub expires_at: Time,
}

/// The wall's time, on which sessions, tokens and locks live.
pub fn wall_now() -> Time {
    Time::from_ms(wall_ms())
}

/// Counts a try of `subject`, or says how long to wait. Cleared by success.
async fn count_try(db: &Db, subject: &str, now: Time) -> Result<(), Stop> {
    for _ in 0..16 {
        let mut tx = db.begin(Actor::house()).await?;
        let (failures, locked_until) = rows::attempts(tx.sql(), subject, now).await?;
        if locked_until > now {
            let wait_seconds = (locked_until.since(now) + 999) / 1000;
            return Err(Refusal::TooMany { wait_seconds }.into());
        }
        let until = now.plus_ms(penalty_ms(failures + 1));
        if rows::count_attempt(tx.sql(), subject, failures, until).await? {
            return Ok(tx.commit().await?);
        }
    }
    Err(Refusal::TooMany { wait_seconds: 1 }.into())
}

/// Opens a session for a login and its password.
pub async fn sign_in(db: &Db, login: &str, password: &str, now: Time) -> Result<Opened, Stop> {
    let login = login.trim().to_lowercase();
    // Anything may be typed here; its digest keeps the row small.
    let subject = format!("login {}", secret::digest(&login));
    count_try(db, &subject, now).await?;
    let mut read = db.read().await?;
    let known = rows::by_login(read.sql(), &login).await?.filter(|known| known.person.active);
    drop(read);
    let stored = known.as_ref().and_then(|known| known.password.clone());
    let right = secret::matches(password.chars().take(200).collect(), stored, Strength::Password).await?;
    match known {
        Some(known) if right => open(db, known.person, None, &[subject], now).await,
        _ => Err(Refusal::WrongSecret.into()),
    }
}

/// Opens a session for a badge and its PIN on the handheld whose enrolment
/// secret is `device`.
pub async fn sign_in_badge(db: &Db, device: &str, badge: &str, pin: &str, now: Time) -> Result<Opened, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let Some(device) = rows::device_by_secret(tx.sql(), &secret::digest(device)).await? else {
        return Err(Refusal::UnknownDevice.into());
    };
    let badge = people::badge_seal(&guests::key(&mut tx).await?, badge);
    tx.commit().await?;
    let subjects = [format!("badge {badge}"), format!("device {}", device.id)];
    for subject in &subjects {
        count_try(db, subject, now).await?;
    }
    let mut read = db.read().await?;
    let known = rows::by_badge(read.sql(), &badge).await?.filter(|known| known.person.active);
    drop(read);
    let stored = known.as_ref().and_then(|known| known.pin.clone());
    let right = secret::matches(pin.chars().take(20).collect(), stored, Strength::Pin).await?;
    let Some(known) = known.filter(|_| right) else { return Err(Refusal::WrongSecret.into()) };
    let here = |grant: &super::model::Grant| grant.site.is_none_or(|site| site == device.site);
    if !known.person.grants.iter().any(here) {
        return Err(Refusal::NotHere.into());
    }
    open(db, known.person, Some(device.id), &subjects, now).await
}

async fn open(
    db: &Db,
    person: Person,
    device: Option<DeviceId>,
    subjects: &[String],
    now: Time,
) -> Result<Opened, Stop> {
    let mut tx = db.begin(Actor::named(person.id)).await?;
    for subject in subjects {
        rows::clear_attempts(tx.sql(), subject).await?;
    }
    let secret = secret::fresh(tx.dice(), "cts_");
    let csrf = secret::fresh(tx.dice(), "");
    let expires_at = now.plus_ms(SESSION_MS);
    let row = rows::SessionRow { id: tx.id(), person: person.id, device, csrf: csrf.clone(), expires_at };
    rows::insert_session(tx.sql(), &row, &secret::digest(&secret)).await?;
    tx.commit().await?;
    Ok(Opened { secret, csrf, person, expires_at })
}

/// Ends a session; ending it twice is no harm.
pub async fn sign_out(tx: &mut Tx, session: SessionId) -> Result<(), Fault> {
    rows::end_session(tx.sql(), session).await
}

/// Forgets sessions that ended and failures of long ago; part of `house.sweep`.
pub async fn sweep(tx: &mut Tx, now: Time) -> Result<(), Fault> {
    rows::forget_before(tx.sql(), now, now.plus_ms(-ATTEMPTS_KEPT_MS)).await
}
