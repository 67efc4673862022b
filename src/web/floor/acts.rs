//! What an operator of the fleet does: lock a vehicle out, give it back, close a way
//! and open it. Deliberately absent: driving.

use axum::{Extension, extract::State, response::Response};

use super::hall::{hall, page};
use crate::{
    exchange::{Form, Path},
    fleet::{self, Live},
    identity::{FormCaller, Permission},
    kernel::SiteId,
    layout,
    problem::Problem,
    store::Db,
    web::{
        desk::{
            acts::{Sent, act, seat_of, settled},
            seat::Seat,
        },
        page::Visit,
    },
};

/// The seat of who operates the fleet of a site.
async fn operator(
    db: &Db,
    visit: Visit,
    caller: FormCaller,
    sent: &Sent,
    code: &str,
) -> Result<(Seat, SiteId), Problem> {
    let seat = seat_of(db, visit, caller, sent, &format!("/floor/{code}")).await?;
    let site = seat.by_code(code)?.id;
    seat.caller.permit(Permission::FleetOperate, Some(site))?;
    hall(&seat, code)?;
    Ok((seat, site))
}

/// Locks a vehicle out, or gives it back.
pub async fn vehicle(
    State(db): State<Db>,
    Extension(live): Extension<Live>,
    visit: Visit,
    caller: FormCaller,
    Path((code, serial, word)): Path<(String, String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (seat, site) = operator(&db, visit, caller, &sent, &code).await?;
    let mut read = db.read().await?;
    let known = layout::agvs(read.sql(), site).await?.iter().any(|agv| agv.serial == serial);
    drop(read);
    if !known {
        return Err(Problem::not_found("vehicle"));
    }
    let here = format!("/floor/{code}?vehicle={serial}");
    let (told, why) = (if word == "release" { "released" } else { "locked" }, sent.why());
    let done = act(&db, &seat, &sent, (told, &here, &here), async |tx| match told {
        "released" => fleet::release(tx, site, &serial).await,
        _ => fleet::lock_out(tx, site, &serial, &why).await,
    })
    .await?;
    settled(&seat, done, async |notice, status| page(&db, &live, &seat, &code, &serial, Some(notice), status).await)
        .await
}

/// Closes a way in both directions, or opens it.
pub async fn way(
    State(db): State<Db>,
    Extension(live): Extension<Live>,
    visit: Visit,
    caller: FormCaller,
    Path((code, word)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (seat, site) = operator(&db, visit, caller, &sent, &code).await?;
    let here = format!("/floor/{code}");
    let (told, why) = (if word == "open" { "way_opened" } else { "way_closed" }, sent.why());
    let (from, to) = (sent.from.trim(), sent.to.trim());
    let done = act(&db, &seat, &sent, (told, &here, &here), async |tx| match told {
        "way_opened" => layout::open_edge(tx, site, from, to).await.map(|_| ()),
        _ => layout::close_edge(tx, site, from, to, &why).await.map(|_| ()),
    })
    .await?;
    settled(&seat, done, async |notice, status| page(&db, &live, &seat, &code, "", Some(notice), status).await).await
}
