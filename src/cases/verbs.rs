//! What can be done with a case. Deliberately absent: mending its cause.

use base64::Engine as _;

use super::{guide::guide, model::*, resolve, rows};
use crate::{event::Event, kernel::*, store::Tx};

/// Opens a case, or counts another report of the one that is open for the same
/// code and subject. Fact: `case.opened`, for a new one only.
pub async fn open(tx: &mut Tx, new: &NewCase) -> Result<CaseId, Stop> {
    let severity = new.severity.unwrap_or_else(|| guide(new.code).severity);
    let (fresh, now) = (tx.id(), tx.now());
    let id = rows::open(tx.sql(), fresh, new, severity, now).await?;
    if id == fresh {
        let NewCase { code, about, site, .. } = new;
        tx.emit(Event::CaseOpened { case: id, code: code.to_string(), about: about.clone(), site: *site });
    }
    Ok(id)
}

/// Gives a case to somebody, or to nobody.
pub async fn assign(tx: &mut Tx, id: CaseId, owner: Option<UserId>) -> Result<(), Stop> {
    let now = tx.now();
    if rows::assign(tx.sql(), id, owner, now).await? {
        return Ok(());
    }
    Err(why_not(tx, id).await?.into())
}

/// Writes something down; possible after the end too.
pub async fn note(tx: &mut Tx, id: CaseId, text: &str) -> Result<(), Stop> {
    let text = checked_note(text)?.to_owned();
    if rows::by_id(tx.sql(), id).await?.is_none() {
        return Err(Refusal::Unknown { case: id.to_string() }.into());
    }
    let (now, by) = (tx.now(), tx.actor().as_str().to_owned());
    Ok(rows::add_note(tx.sql(), id, now, &by, &text).await?)
}

/// Keeps a photo. Guard: JPEG or PNG, not too large, not too many.
pub async fn add_photo(tx: &mut Tx, id: CaseId, bytes: &[u8]) -> Result<(), Stop> {
    let kind = photo_kind(bytes).filter(|_| bytes.len() <= PHOTO_BYTES);
    let Some(kind) = kind else { return Err(Refusal::BadPhoto { most_bytes: PHOTO_BYTES }.into()) };
    if rows::by_id(tx.sql(), id).await?.is_none() {
        return Err(Refusal::Unknown { case: id.to_string() }.into());
    }
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    let (now, by) = (tx.now(), tx.actor().as_str().to_owned());
    if rows::add_photo(tx.sql(), id, now, &by, kind, &data).await? {
        return Ok(());
    }
    Err(Refusal::ManyPhotos.into())
}

/// Ends a case in one of the ways its guide names, and does what that means;
/// "settled" asks for a note. Fact: `case.closed`, and those of the verb called.
pub async fn close(tx: &mut Tx, id: CaseId, resolution: Resolution, said: Option<&str>) -> Result<(), Stop> {
    let Some(case) = rows::by_id(tx.sql(), id).await? else {
        return Err(Refusal::Unknown { case: id.to_string() }.into());
    };
    let possible = guide(case.code).resolutions;
    if !possible.contains(&resolution) {
        return Err(Refusal::BadResolution { resolution: resolution.to_string(), possible }.into());
    }
    let said = said.map(str::trim).filter(|said| !said.is_empty());
    if resolution == Resolution::Settled && said.is_none() {
        return Err(Refusal::NoteNeeded.into());
    }
    if !end(tx, &case, resolution).await? {
        return Err(Refusal::Closed { case: id }.into());
    }
    resolve::act(tx, &case, resolution).await?;
    match said {
        Some(said) => note(tx, id, said).await,
        None => Ok(()),
    }
}

/// False if it has ended already.
async fn end(tx: &mut Tx, case: &Case, resolution: Resolution) -> Result<bool, Fault> {
    let (now, by) = (tx.now(), tx.actor().as_str().to_owned());
    let ended = rows::close(tx.sql(), case.id, resolution, now, &by).await?;
    if ended {
        tx.emit(Event::CaseClosed { case: case.id, code: case.code.to_string(), resolution: resolution.to_string() });
    }
    Ok(ended)
}

/// Ends the open case of a code about a subject, if there is one: its cause is
/// gone. Returns it. The house says how; the guide is for people.
pub async fn close_if_open(
    tx: &mut Tx,
    code: CaseCode,
    about: &str,
    resolution: Resolution,
) -> Result<Option<CaseId>, Stop> {
    let Some(id) = rows::open_one(tx.sql(), code, about).await? else { return Ok(None) };
    let Some(case) = rows::by_id(tx.sql(), id).await? else { return Ok(None) };
    Ok(end(tx, &case, resolution).await?.then_some(id))
}

/// The cause of a case is gone: ends it as one that corrected itself, if it is open.
pub async fn settle(tx: &mut Tx, code: CaseCode, about: &str) -> Result<(), Stop> {
    close_if_open(tx, code, about, Resolution::CorrectedItself).await?;
    Ok(())
}

async fn why_not(tx: &mut Tx, id: CaseId) -> Result<Refusal, Fault> {
    Ok(match rows::by_id(tx.sql(), id).await? {
        Some(_) => Refusal::Closed { case: id },
        None => Refusal::Unknown { case: id.to_string() },
    })
}
