//! What a dispatcher does: plan a site now, give a load, take it back, close and
//! open roads. Deliberately absent: rules; `riders`, `transport` and `network` have them.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::board::page;
use crate::{
    event::Chore,
    exchange::{Form, Path, Query},
    identity::{FormCaller, Permission},
    kernel::{LoadId, UserId},
    network::{self, RoadEdge},
    problem::Problem,
    riders,
    store::Db,
    transport,
    web::{
        desk::{
            Tone,
            acts::{Done, Sent, act, seat_of, settled},
            list::{Empty, List},
            seat::Seat,
            sheet,
            table::{Cell, Column, Table},
            thing::{Act, Thing},
        },
        format,
        page::{Visit, draw_with},
    },
};

/// Lays the routes of a site now, instead of in a minute or two.
pub async fn plan(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let seat = seat_of(&db, visit, caller, &sent, "/dispatch").await?;
    let site = seat.by_code(&sent.site)?.id;
    seat.caller.permit(Permission::DispatchAct, Some(site))?;
    let done = act(&db, &seat, &sent, ("planned", "", "/dispatch"), async |tx| {
        let now = tx.now();
        Ok(tx.later(Chore::PlanLoads, site, now).await?)
    })
    .await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, None, Some(notice), status).await).await
}

/// The seat of a dispatcher at the site of a load.
async fn at_load(db: &Db, visit: Visit, caller: FormCaller, sent: &Sent, id: LoadId) -> Result<Seat, Problem> {
    let seat = seat_of(db, visit, caller, sent, &format!("/dispatch?load={id}")).await?;
    let mut read = db.read().await?;
    let load = transport::load_by_id(read.sql(), id).await?.ok_or_else(|| Problem::not_found("load"))?;
    seat.caller.permit(Permission::DispatchAct, Some(load.site))?;
    Ok(seat)
}

/// Gives a load to somebody.
pub async fn assign(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<LoadId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let seat = at_load(&db, visit, caller, &sent, id).await?;
    let driver: UserId = sent.driver.parse().map_err(|_| Problem::not_found("driver"))?;
    let here = format!("/dispatch?load={id}");
    let done =
        act(&db, &seat, &sent, ("assigned", &here, &here), async |tx| riders::give(tx, id, driver).await.map(|_| ()))
            .await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, Some(id), Some(notice), status).await).await
}

/// Takes a load back from who has not begun to load it.
pub async fn unassign(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<LoadId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let seat = at_load(&db, visit, caller, &sent, id).await?;
    let here = format!("/dispatch?load={id}");
    let done =
        act(&db, &seat, &sent, ("unassigned", &here, &here), async |tx| transport::unassign(tx, id).await.map(|_| ()))
            .await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, Some(id), Some(notice), status).await).await
}

/// What the list of roads may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

/// Roads listed at most.
const ROADS: usize = 200;

fn name(seat: &Seat, road: &RoadEdge) -> String {
    let name = seat.t.name(&road.name, &road.name_zh);
    if name.is_empty() { format!("#{}", road.id) } else { name.to_owned() }
}

fn state_of(seat: &Seat, road: &RoadEdge) -> (Tone, String) {
    if road.closed {
        return (Tone::Bad, seat.t.get("disp.closed").to_owned());
    }
    if road.slow_permille >= 250 {
        return (Tone::Warn, seat.t.get("disp.slow").to_owned());
    }
    (Tone::Ok, seat.t.get("disp.free").to_owned())
}

/// Roads by name, the closed ones first: the map's deed without a map.
pub async fn roads(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    seat.caller.permit(Permission::DispatchAct, None)?;
    let t = seat.t;
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    drop(read);
    let wanted = asked.q.trim().to_lowercase();
    let mut found: Vec<&RoadEdge> = roads
        .edges()
        .iter()
        // One direction of each piece stands for both.
        .filter(|edge| edge.from < edge.to)
        .filter(|edge| {
            edge.closed
                || wanted.is_empty()
                || [&edge.name, &edge.name_zh].iter().any(|own| own.to_lowercase().contains(&wanted))
        })
        .collect();
    found.sort_by_key(|edge| (!edge.closed, edge.slow_permille == 0, edge.name.clone(), edge.id));
    let columns = vec![
        Column::text("road", t.get("road.road")),
        Column::text("state", t.get("col.state")),
        Column::text("reason", t.get("ord.reason")),
        Column::num("length", t.get("road.length")),
        Column::num("speed", t.get("road.speed")),
    ];
    let mut table = Table::new(t.get("door.roads"), columns);
    for road in found.iter().take(ROADS) {
        let href = format!("/dispatch/roads/{}", road.id);
        let (tone, word) = state_of(&seat, road);
        table.push(
            href.clone(),
            vec![
                Cell::link(href, name(&seat, road)).under(format!("#{} · {}", road.id, seat.word("road", &road.class))),
                Cell::badge(tone, word),
                Cell::text(&road.reason),
                Cell::shown(format::distance(road.length_m), road.length_m),
                Cell::shown(format!("{} km/h", road.speed_kmh), road.speed_kmh),
            ],
        );
    }
    let closed = found.iter().filter(|road| road.closed).count();
    let marks = if closed > 0 { vec![(Tone::Bad, format!("{closed} {}", t.get("disp.closed")))] } else { Vec::new() };
    sheet::draw_list(&List {
        total: Some(i64::try_from(found.len()).unwrap_or(0)),
        lead: t.get("road.lead").to_owned(),
        marks,
        action: "/dispatch/roads".to_owned(),
        search: t.get("road.search").to_owned(),
        q: asked.q.clone(),
        empty: Empty { head: t.get("road.none").to_owned(), rest: t.get("road.none_hint").to_owned() },
        topic: "road.closed",
        ..List::new(t, seat.frame("roads", t.get("door.roads")), t.get("door.roads"), table)
    })
}

/// One road, to be closed or opened.
pub async fn road(
    State(db): State<Db>,
    seat: Seat,
    Path(id): Path<i64>,
    Query(asked): Query<Done>,
) -> Result<Response, Problem> {
    seat.caller.permit(Permission::DispatchAct, None)?;
    let notice = seat.done(&asked.done);
    road_page(&db, &seat, id, notice, StatusCode::OK).await
}

async fn road_page(
    db: &Db,
    seat: &Seat,
    id: i64,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let t = seat.t;
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    let road = roads.edges().iter().find(|edge| edge.id == id).ok_or_else(|| Problem::not_found("road"))?;
    let facts = crate::store::log::story(read.sql(), &id.to_string()).await?;
    let facts: Vec<_> = facts.into_iter().filter(|fact| fact.kind.starts_with("road.")).collect();
    let mut book = crate::web::desk::book::Book::new(seat);
    let story = crate::web::desk::story::moments(read.sql(), &mut book, seat, &facts).await?;
    let deed = if road.closed {
        Act {
            label: t.get("disp.open_road").to_owned(),
            action: format!("/dispatch/roads/{id}/open"),
            main: true,
            icon: "check",
            ..Act::default()
        }
    } else {
        Act {
            label: t.get("disp.close_road").to_owned(),
            action: format!("/dispatch/roads/{id}/close"),
            icon: "cross",
            note: ("reason", t.get("disp.road_reason").to_owned()),
            hint: t.get("road.close_hint").to_owned(),
            ..Act::default()
        }
    };
    let plain = |key: &str, text: String| (t.get(key).to_owned(), text, String::new());
    let view = Thing {
        t,
        frame: seat.frame("roads", name(seat, road)),
        list: ("/dispatch/roads", t.get("door.roads").to_owned()),
        id: format!("#{id}"),
        title: name(seat, road),
        state: state_of(seat, road),
        lead: road.reason.clone(),
        notice,
        facts: vec![
            plain("road.length", format::distance(road.length_m)),
            plain("road.speed", format!("{} km/h", road.speed_kmh)),
            plain("col.what", seat.word("road", &road.class)),
        ],
        tables: Vec::new(),
        story,
        acts: vec![deed],
    };
    draw_with(status, &view)
}

/// Closes or opens a road, in both directions.
pub async fn change_road(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, word)): Path<(i64, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/dispatch/roads/{id}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    seat.caller.permit(Permission::DispatchAct, None)?;
    let (told, why) = (if word == "close" { "closed" } else { "opened" }, sent.why());
    let done = act(&db, &seat, &sent, (told, &here, &here), async |tx| match told {
        "closed" => network::close_road(tx, id, &why).await.map(|_| ()),
        _ => network::open_road(tx, id).await.map(|_| ()),
    })
    .await?;
    settled(&seat, done, async |notice, status| road_page(&db, &seat, id, Some(notice), status).await).await
}
