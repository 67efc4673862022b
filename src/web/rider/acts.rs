//! What a rider does: each act once, then the screen that is due. Deliberately
//! absent: rules; a refusal is shown on the same screen.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;

use super::screens::{Last, screen};
use crate::{
    exchange::{Form, Path, Query},
    identity::{self, Caller, FormCaller, Permission, Sites, api::session_cookie},
    kernel::{Coord, LoadId, OfferId, Stop, StopId, UserId},
    network,
    problem::Problem,
    riders::{self, Begin, Evidence, RiderKind},
    store::{Actor, Db, Tx},
    transport::{self, FailReason, api::acting_on},
    web::{
        forms::once,
        i18n::Words,
        page::{Visit, go, refusal_text},
    },
};

/// What the page may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    fail: String,
}

fn rider(caller: &Caller) -> Result<UserId, Problem> {
    caller.permit(Permission::Ride, None)?;
    caller.user().ok_or_else(|| identity::Refusal::Required.into())
}

/// The one screen that is due.
pub async fn show(
    State(db): State<Db>,
    visit: Visit,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let user = rider(&caller)?;
    let last = Last { failing: asked.fail.parse().ok(), ..Last::default() };
    screen(&db, visit.t, &caller, user, last).await
}

/// What these forms carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    csrf: String,
    command_id: String,
    on: String,
    site: String,
    lat: String,
    lon: String,
    cold: String,
    sscc: String,
    leave_behind: String,
    pin: String,
    photo: String,
    cash: String,
    received_by: String,
    reason: String,
}

/// Does an act once; a refusal is said on the screen that follows.
async fn act<F>(
    db: &Db,
    t: Words,
    caller: &Caller,
    key: &str,
    body: &str,
    last: Last,
    act: F,
) -> Result<Response, Problem>
where
    F: AsyncFnOnce(&mut Tx) -> Result<(), Stop>,
{
    let user = rider(caller)?;
    let done: Result<(), Problem> = once(db, caller.id(), key, body, act).await;
    match done {
        // The answer to a form is a page of its own, so that going back is safe.
        Ok(()) if !last.right => Ok(go("/rider")),
        Ok(()) => screen(db, t, caller, user, last).await,
        Err(problem) if problem.status < 500 => {
            let wrong = refusal_text(t, &problem.code, &problem.detail, &problem.members);
            screen(db, t, caller, user, Last { wrong, right: false, ..last }).await
        }
        Err(problem) => Err(problem),
    }
}

/// Begins or ends a shift. Without a position from the phone, the site's gate is
/// taken until the first fix.
pub async fn shift(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    let user = rider(&caller)?;
    let body = format!("shift {} {} {}", sent.on, sent.site, sent.command_id);
    act(&db, visit.t, &caller, &sent.command_id, &body, Last::default(), async |tx| {
        if sent.on.is_empty() {
            riders::end_shift(tx, user).await?;
        } else {
            let begin = begin_of(tx, &caller, user, &sent).await?;
            riders::begin_shift(tx, begin).await?;
        }
        Ok(())
    })
    .await
}

async fn begin_of(tx: &mut Tx, caller: &Caller, user: UserId, sent: &Sent) -> Result<Begin, Stop> {
    let named = network::site_by_code(tx.sql(), sent.site.trim()).await?;
    let own = match caller.sites(Permission::Ride) {
        Sites::Only(sites) => sites.first().copied(),
        Sites::All => None,
    };
    let site = match (named, own) {
        (Some(site), _) => Some(site),
        (None, Some(id)) => network::site(tx.sql(), id).await?,
        (None, None) => None,
    };
    let site = site.ok_or(riders::Refusal::NoSite)?;
    caller.permit(Permission::Ride, Some(site.id))?;
    let fix = sent.lat.parse().ok().zip(sent.lon.parse().ok()).and_then(|(lat, lon)| Coord::checked(lat, lon));
    let kind = if caller.roles().contains(&"driver") { RiderKind::Driver } else { RiderKind::Rider };
    let cold = (!sent.cold.is_empty()).then_some(true);
    Ok(Begin { rider: user, kind, site: Some(site.id), coord: fix.unwrap_or(site.coord), vehicle: None, cold })
}

/// Takes a load that is offered, or leaves it to others.
pub async fn answer(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, word)): Path<(OfferId, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    let user = rider(&caller)?;
    if !["accept", "decline"].contains(&word.as_str()) {
        return Err(Problem::not_found("page"));
    }
    let body = format!("{word} {id}");
    act(&db, visit.t, &caller, &sent.command_id, &body, Last::default(), async |tx| match word.as_str() {
        "accept" => riders::accept(tx, id, user).await.map(|_| ()),
        _ => riders::decline(tx, id, user).await.map(|_| ()),
    })
    .await
}

/// Scans a parcel into the vehicle.
pub async fn scan(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<LoadId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    let last = Last { right: true, ..Last::default() };
    let body = format!("load {id} {}", sent.sscc);
    act(&db, visit.t, &caller, &sent.command_id, &body, last, async |tx| {
        let who = acting_on(tx.sql(), &caller, id).await?;
        transport::scan_in(tx, id, sent.sscc.trim(), who).await.map(|_| ())
    })
    .await
}

/// Leaves the site.
pub async fn depart(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<LoadId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    let leave_behind = !sent.leave_behind.is_empty();
    act(&db, visit.t, &caller, &sent.command_id, &format!("depart {id} {leave_behind}"), Last::default(), async |tx| {
        let who = acting_on(tx.sql(), &caller, id).await?;
        transport::depart(tx, id, leave_behind, who).await.map(|_| ())
    })
    .await
}

/// The load of this rider, for acts that name none.
async fn own_load(tx: &mut Tx, user: UserId) -> Result<LoadId, Stop> {
    let load = transport::load_of_driver(tx.sql(), user).await?;
    load.map(|load| load.id).ok_or_else(|| transport::Refusal::NoLoad.into())
}

/// A parcel that came back is scanned at the site.
pub async fn back(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    let user = rider(&caller)?;
    let body = format!("back {}", sent.sscc);
    act(&db, visit.t, &caller, &sent.command_id, &body, Last::default(), async |tx| {
        let load = own_load(tx, user).await?;
        let who = acting_on(tx.sql(), &caller, load).await?;
        transport::bring_back(tx, load, sent.sscc.trim(), who).await.map(|_| ())
    })
    .await
}

async fn acting_at(tx: &mut Tx, caller: &Caller, id: StopId) -> Result<transport::Acting, Stop> {
    let stop = transport::stop_by_id(tx.sql(), id).await?.ok_or(transport::Refusal::NoStop)?;
    acting_on(tx.sql(), caller, stop.load).await
}

/// At the door.
pub async fn arrive(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<StopId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    act(&db, visit.t, &caller, &sent.command_id, &format!("arrive {id}"), Last::default(), async |tx| {
        let who = acting_at(tx, &caller, id).await?;
        transport::arrive(tx, id, who).await.map(|_| ())
    })
    .await
}

fn evidence(sent: &Sent) -> Evidence {
    let text = |field: &str| (!field.trim().is_empty()).then(|| field.trim().to_owned());
    Evidence {
        pin: text(&sent.pin),
        photo: text(&sent.photo),
        cash_minor: sent.cash.trim().parse().ok(),
        received_by: sent.received_by.parse().ok(),
    }
}

/// Hands over with proof. A try of the code is spent before it is looked at, in a
/// transaction of its own, so that guesses that are undone count as well.
pub async fn deliver(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<StopId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    let user = rider(&caller)?;
    let evidence = evidence(&sent);
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let who = acting_at(&mut tx, &caller, id).await;
    drop(tx);
    let spent = match who {
        Ok(_) if evidence.pin.is_some() => transport::spend_try(&db, id).await,
        Ok(_) => Ok(()),
        Err(stop) => Err(stop),
    };
    if let Err(stop) = spent {
        let wrong = super::screens::said(visit.t, stop)?;
        return screen(&db, visit.t, &caller, user, Last { wrong, ..Last::default() }).await;
    }
    // The photo is large and is not what makes the command: its length stands for it.
    let body = format!("deliver {id} {} {} {}", sent.pin, sent.photo.len(), sent.received_by);
    act(&db, visit.t, &caller, &sent.command_id, &body, Last::default(), async |tx| {
        let who = acting_at(tx, &caller, id).await?;
        riders::deliver(tx, id, &evidence, who).await.map(|_| ())
    })
    .await
}

/// Nothing could be handed over.
pub async fn fail(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<StopId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    let Ok(reason) = sent.reason.parse::<FailReason>() else { return Ok(go("/rider")) };
    act(&db, visit.t, &caller, &sent.command_id, &format!("fail {id} {}", sent.reason), Last::default(), async |tx| {
        let who = acting_at(tx, &caller, id).await?;
        riders::fail(tx, id, reason, who).await.map(|_| ())
    })
    .await
}

/// Ends the session; a shift goes on until it is ended.
pub async fn sign_out(
    State(db): State<Db>,
    headers: HeaderMap,
    caller: FormCaller,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    if let Some(session) = caller.session() {
        let mut tx = db.begin(Actor::named(caller.id())).await?;
        identity::sign_out(&mut tx, session).await?;
        tx.commit().await?;
    }
    let mut response = go("/login?next=/rider");
    response.headers_mut().append(header::SET_COOKIE, session_cookie(&headers, "", 0));
    Ok(response)
}
