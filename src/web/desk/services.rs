//! Services of sites: open, throttled, closed, always with a reason. Deliberately
//! absent: what a promise makes of it.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    acts::{Done, Sent, act, seat_of, settled},
    frame::Tone,
    list::{Empty, List},
    seat::Seat,
    table::{Cell, Column, Table},
    thing::{Act, Thing},
};
use crate::{
    exchange::{Form, Path, Query},
    identity::{FormCaller, Permission},
    network::{self, Service, ServiceChange, Site},
    problem::Problem,
    store::{Db, log},
    web::{
        format,
        page::{Visit, draw, draw_with},
    },
};

/// Who may see and change services.
const MAY: &[Permission] = &[Permission::WorkSupervise, Permission::DispatchAct, Permission::NetworkEdit];
/// Minutes that a throttle may add.
const THROTTLES: [i64; 5] = [15, 30, 60, 120, 240];

fn state_of(seat: &Seat, service: &Service) -> (Tone, String) {
    match service {
        Service { open: false, .. } => (Tone::Bad, seat.t.get("svc.closed").to_owned()),
        Service { extra_lead_ms: 1.., .. } => {
            (Tone::Warn, seat.t.put("svc.throttled", format::span(seat.t, service.extra_lead_ms / 60_000)))
        }
        _ => (Tone::Ok, seat.t.get("svc.open").to_owned()),
    }
}

/// Every service of every site the person has.
pub async fn list(State(db): State<Db>, seat: Seat) -> Result<Response, Problem> {
    seat.permit_any(MAY, None)?;
    let t = seat.t;
    let columns = vec![
        Column::text("site", t.get("col.site")),
        Column::text("service", t.get("svc.service")),
        Column::text("state", t.get("col.state")),
        Column::text("reason", t.get("ord.reason")),
        Column::text("cutoff", t.get("svc.cutoff")),
        Column::num("lead", t.get("svc.lead")),
    ];
    let mut table = Table::new(t.get("door.services"), columns);
    let mut read = db.read().await?;
    for (id, service) in network::all_services(read.sql()).await? {
        let Some(site) = seat.site(id).filter(|site| site.active && seat.permit_any(MAY, Some(site.id)).is_ok()) else {
            continue;
        };
        let href = format!("/desk/services/{}/{}", site.code, service.service);
        let (tone, word) = state_of(&seat, &service);
        let minutes = service.lead_ms / 60_000;
        table.push(
            href.clone(),
            vec![
                Cell::text(seat.site_name(Some(id))).under(seat.word("site", site.kind.as_str())),
                Cell::link(href, seat.word("service", &service.service)),
                Cell::badge(tone, word),
                Cell::text(service.reason.clone()),
                Cell::text(format!("{:02}:{:02}", service.cutoff_minute / 60, service.cutoff_minute % 60)),
                Cell::shown(format::span(t, minutes), minutes),
            ],
        );
    }
    draw(&List {
        lead: t.get("svc.page_lead").to_owned(),
        empty: Empty { head: t.get("svc.none").to_owned(), rest: t.get("svc.none_hint").to_owned() },
        ..List::new(t, seat.frame("services", t.get("door.services")), t.get("door.services"), table)
    })
}

async fn found(db: &Db, seat: &Seat, code: &str, service: &str) -> Result<(Site, Service), Problem> {
    let site = seat.by_code(code)?.clone();
    seat.permit_any(MAY, Some(site.id))?;
    let mut read = db.read().await?;
    let services = network::services(read.sql(), site.id).await?;
    let service = services.into_iter().find(|one| one.service == service);
    Ok((site, service.ok_or_else(|| Problem::not_found("service"))?))
}

/// One service of a site.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    Path((code, service)): Path<(String, String)>,
    Query(asked): Query<Done>,
) -> Result<Response, Problem> {
    let (site, service) = found(&db, &seat, &code, &service).await?;
    let notice = seat.done(&asked.done);
    page(&db, &seat, &site, &service, notice, StatusCode::OK).await
}

async fn page(
    db: &Db,
    seat: &Seat,
    site: &Site,
    service: &Service,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let t = seat.t;
    let mut read = db.read().await?;
    let seek = log::Seek { kind: "service.".to_owned(), site: Some(site.id), ..log::Seek::default() };
    let mut facts = log::recent(read.sql(), &seek, 0, 50).await?;
    facts.reverse();
    let mut book = super::book::Book::new(seat);
    let story = super::story::moments(read.sql(), &mut book, seat, &facts).await?;
    let base = format!("/desk/services/{}/{}", site.code, service.service);
    let note = || ("reason", t.get("ord.reason").to_owned());
    let minutes = THROTTLES.iter().map(|min| (min.to_string(), t.put("svc.later", format::span(t, *min)))).collect();
    let mut acts = vec![Act {
        label: t.get("svc.throttle").to_owned(),
        action: format!("{base}/throttle"),
        icon: "wait",
        choice: ("minutes", t.get("svc.by").to_owned(), minutes),
        note: note(),
        ..Act::default()
    }];
    if service.open {
        let (label, action) = (t.get("svc.close").to_owned(), format!("{base}/close"));
        acts.push(Act {
            label,
            action,
            icon: "cross",
            note: note(),
            hint: t.get("svc.close_hint").to_owned(),
            ..Act::default()
        });
    }
    if !service.open || service.extra_lead_ms > 0 {
        let (label, action) = (t.get("svc.reopen").to_owned(), format!("{base}/open"));
        acts.insert(0, Act { label, action, icon: "check", main: true, ..Act::default() });
    }
    let plain = |key: &str, text: String| (t.get(key).to_owned(), text, String::new());
    let view = Thing {
        t,
        frame: seat.frame("services", t.get("door.services")),
        list: ("/desk/services", t.get("door.services").to_owned()),
        id: site.code.clone(),
        title: format!("{}, {}", seat.site_name(Some(site.id)), seat.word("service", &service.service)),
        state: state_of(seat, service),
        lead: service.reason.clone(),
        notice,
        facts: vec![
            plain("svc.cutoff", format!("{:02}:{:02}", service.cutoff_minute / 60, service.cutoff_minute % 60)),
            plain("svc.lead", format::span(t, service.lead_ms / 60_000)),
            plain("svc.hours", site.hours.to_string()),
            plain("svc.capacity", t.put("svc.lines_an_hour", site.lines_per_hour)),
        ],
        tables: Vec::new(),
        story,
        acts,
    };
    draw_with(status, &view)
}

/// Opens, throttles or closes it.
pub async fn change(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((code, service, word)): Path<(String, String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/desk/services/{code}/{service}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    let (site, before) = found(&db, &seat, &code, &service).await?;
    let minutes: i64 = sent.minutes.parse().unwrap_or(0);
    let change = match word.as_str() {
        "open" => ServiceChange { open: true, extra_lead_ms: 0, reason: String::new() },
        "throttle" => ServiceChange { open: true, extra_lead_ms: minutes * 60_000, reason: sent.why() },
        "close" => ServiceChange { open: false, extra_lead_ms: before.extra_lead_ms, reason: sent.why() },
        _ => return Err(Problem::not_found("deed")),
    };
    let about = format!("{here} {word}");
    let done = act(&db, &seat, &sent, ("service", &about, &here), async |tx| {
        network::set_service(tx, site.id, &service, &change).await.map(|_| ())
    })
    .await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, &site, &before, Some(notice), status).await).await
}
