//! The floor of a site filled from the rooms: its page, one vehicle's panel, and the
//! JSON of what moves. Deliberately absent: deeds.

use axum::{Extension, Json, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    now::{FloorNow, Vehicle, levels},
    people::people,
    view::{Alarm, FloorPage, MissionStep, Panel, PanelPart, VehicleRow},
};
use crate::{
    cases, decisions,
    exchange::{Path, Query},
    fleet::{self, Live, Lockout, Mission, MissionState, Moving},
    identity::Permission,
    kernel::{MissionId, SiteId},
    layout::{self, Agv, Lane},
    network::Site,
    picking,
    problem::Problem,
    store::{Db, Sql},
    tasks,
    web::{
        desk::{Tone, book::Book, frame::FLOOR, reasons, seat::Seat, table::short},
        page::{draw, draw_with, go},
    },
};

/// Picks that the heat of bins is counted from.
const VISITS: i64 = 2_000;

/// What the page may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    vehicle: String,
    done: String,
    heat: String,
}

/// The first floor the person may see.
pub async fn first(State(db): State<Db>, seat: Seat) -> Result<Response, Problem> {
    seat.permit_any(FLOOR, None)?;
    let mut read = db.read().await?;
    let halls = halls(read.sql(), &seat).await?;
    let first = halls.first().ok_or_else(|| Problem::not_found("floor"))?;
    Ok(go(&format!("/floor/{}", first.code)))
}

/// Sites with vehicles or bins of their own that the person may see.
async fn halls<'s>(sql: &mut Sql, seat: &'s Seat) -> Result<Vec<&'s Site>, Problem> {
    let mut halls = Vec::new();
    for site in seat.sites.iter().filter(|site| site.active && seat.permit_any(FLOOR, Some(site.id)).is_ok()) {
        let vehicles = layout::agvs(sql, site.id).await?.len();
        if vehicles > 0 || !layout::zones(sql, site.id).await?.is_empty() {
            halls.push((std::cmp::Reverse(vehicles), site));
        }
    }
    // The floors with most vehicles first.
    halls.sort_by_key(|(vehicles, site)| (*vehicles, site.code.clone()));
    Ok(halls.into_iter().map(|(_, site)| site).collect())
}

/// A site whose floor the person may see.
pub fn hall<'s>(seat: &'s Seat, code: &str) -> Result<&'s Site, Problem> {
    let site = seat.by_code(code)?;
    seat.permit_any(FLOOR, Some(site.id))?;
    Ok(site)
}

/// What moves on a floor, or stands there: read once for a request.
pub struct Fleet {
    agvs: Vec<Agv>,
    heard: Vec<Moving>,
    lockouts: Vec<Lockout>,
    missions: Vec<Mission>,
}

impl Fleet {
    /// Reads it.
    pub async fn read(sql: &mut Sql, live: &Live, site: SiteId) -> Result<Self, Problem> {
        Ok(Self {
            agvs: layout::agvs(sql, site).await?,
            heard: live.at(site),
            lockouts: fleet::lockouts(sql, site).await?,
            missions: fleet::open_at_site(sql, site).await?,
        })
    }

    fn heard(&self, serial: &str) -> Option<&Moving> {
        self.heard.iter().find(|one| one.vehicle == serial)
    }

    fn lockout(&self, serial: &str) -> Option<&Lockout> {
        self.lockouts.iter().find(|one| one.vehicle == serial)
    }

    /// What a vehicle does, as its drawing's class.
    pub fn doing(&self, serial: &str) -> &'static str {
        if self.lockout(serial).is_some() {
            return "locked";
        }
        match self.heard(serial).map(|one| one.doing.as_str()) {
            Some("driving" | "working") => "driving",
            Some("waiting") => "waiting",
            Some("charging") => "charging",
            Some("lockedout") => "locked",
            Some("error") => "fault",
            Some("idle") => "idle",
            _ => "silent",
        }
    }
}

fn tone(doing: &str) -> Tone {
    match doing {
        "driving" => Tone::Ok,
        "waiting" | "charging" => Tone::Info,
        "fault" | "locked" => Tone::Bad,
        "silent" => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// The page.
pub async fn show(
    State(db): State<Db>,
    Extension(live): Extension<Live>,
    seat: Seat,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let notice = seat.done(&asked.done);
    page(&db, &live, &seat, &code, &asked.vehicle, notice, StatusCode::OK).await
}

/// Draws the floor of a site with one vehicle in its panel.
pub async fn page(
    db: &Db,
    live: &Live,
    seat: &Seat,
    code: &str,
    vehicle: &str,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let site = hall(seat, code)?;
    let t = seat.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let fleet = Fleet::read(sql, live, site.id).await?;
    let halls = halls(sql, seat).await?;
    let work = tasks::open_counts(sql, site.id).await?;
    let panel = match fleet.agvs.iter().find(|agv| agv.serial == vehicle) {
        Some(agv) => Some(panel(sql, seat, site.id, &fleet, agv).await?),
        None => None,
    };
    let name = seat.site_name(Some(site.id));
    let view = FloorPage {
        t,
        frame: seat.frame("floor", t.put("floor.of", &name)),
        site: site.code.clone(),
        head: t.put("floor.of", &name),
        sites: halls.iter().map(|one| (one.code.clone(), seat.site_name(Some(one.id)), one.id == site.id)).collect(),
        sums: sums(sql, seat, site.id, &fleet).await?,
        alarms: alarms(sql, seat, site.id, &fleet).await?,
        fleet: fleet.agvs.iter().map(|agv| row(seat, &fleet, agv, vehicle)).collect(),
        work: work.iter().map(|(kind, n)| (seat.word("task", kind.as_str()), *n)).collect(),
        panel,
        may_operate: seat.may(Permission::FleetOperate, Some(site.id)),
        notice,
    };
    draw_with(status, &view)
}

async fn sums(
    sql: &mut Sql,
    seat: &Seat,
    site: SiteId,
    fleet: &Fleet,
) -> Result<Vec<(String, String, String)>, Problem> {
    let t = seat.t;
    let count = |doing: &str| fleet.agvs.iter().filter(|agv| fleet.doing(&agv.serial) == doing).count();
    let taken = tasks::state_counts(sql, Some(site)).await?;
    let of = |state| taken.iter().find(|(one, _)| *one == state).map_or(0, |(_, n)| *n);
    let sum = |key: &str, value: String, of: String| (t.get(key).to_owned(), value, of);
    let busy = count("driving") + count("waiting");
    Ok(vec![
        sum("floor.at_work", busy.to_string(), format!("/ {}", fleet.agvs.len())),
        sum("floor.charging", count("charging").to_string(), String::new()),
        sum("floor.missions", fleet.missions.len().to_string(), String::new()),
        sum(
            "floor.people",
            of(tasks::TaskState::Taken).to_string(),
            t.count("floor.ready", of(tasks::TaskState::Ready)),
        ),
    ])
}

fn row(seat: &Seat, fleet: &Fleet, agv: &Agv, chosen: &str) -> VehicleRow {
    let doing = fleet.doing(&agv.serial);
    let heard = fleet.heard(&agv.serial);
    let mission = fleet.missions.iter().find(|one| one.vehicle.as_deref() == Some(&agv.serial));
    let detail = match (heard.and_then(|one| one.load.clone()), mission) {
        (Some(load), Some(mission)) => format!("{load} → {}", mission.station),
        (Some(load), None) => load,
        (None, Some(mission)) => format!("→ {}", mission.shelf_code),
        (None, None) => heard.map(|one| one.node.clone()).unwrap_or_default(),
    };
    VehicleRow {
        id: agv.serial.clone(),
        state: (tone(doing), seat.word("doing", doing)),
        battery: heard.map_or(0, |one| one.battery_permille / 10),
        detail,
        on: agv.serial == chosen,
    }
}

/// What needs a person: locked and faulty vehicles, closed ways, open cases.
async fn alarms(sql: &mut Sql, seat: &Seat, site: SiteId, fleet: &Fleet) -> Result<Vec<Alarm>, Problem> {
    let (t, mut alarms) = (seat.t, Vec::new());
    let mut book = Book::new(seat);
    for agv in &fleet.agvs {
        let doing = fleet.doing(&agv.serial);
        if !matches!(doing, "locked" | "fault") {
            continue;
        }
        let text = match fleet.lockout(&agv.serial) {
            Some(out) => locked_by(sql, seat, &mut book, out).await?,
            None => t.get("floor.look_first").to_owned(),
        };
        let state = (tone(doing), seat.word("doing", doing));
        alarms.push(Alarm { name: agv.serial.clone(), state, text, vehicle: agv.serial.clone(), ..Alarm::default() });
    }
    for lane in [Lane::Agv, Lane::People] {
        let closed = layout::closed_edges(sql, site, lane).await?;
        for edge in closed.iter().filter(|edge| {
            edge.from < edge.to || !closed.iter().any(|other| other.from == edge.to && other.to == edge.from)
        }) {
            alarms.push(Alarm {
                name: format!("{} – {}", edge.from, edge.to),
                state: (Tone::Warn, t.get("floor.edge_closed").to_owned()),
                text: edge.reason.clone(),
                way: (edge.from.clone(), edge.to.clone()),
                ..Alarm::default()
            });
        }
    }
    if seat.may(Permission::CaseHandle, Some(site)) {
        let filter = cases::Filter {
            site: Some(site),
            state: Some(cases::CaseState::Open),
            code: Some(cases::CaseCode::MissionFailed),
            ..cases::Filter::default()
        };
        for case in cases::list(sql, &filter, "", 10).await? {
            let title = cases::guide(case.code).title;
            alarms.push(Alarm {
                name: t.name(&title.en, &title.zh).to_owned(),
                state: seat.due(case.due_at),
                text: book.detail(sql, &case.detail).await?,
                case: case.id.to_string(),
                ..Alarm::default()
            });
        }
    }
    Ok(alarms)
}

async fn locked_by(sql: &mut Sql, seat: &Seat, book: &mut Book<'_>, out: &Lockout) -> Result<String, Problem> {
    let who = book.person(sql, &out.by_whom).await?;
    Ok(seat.t.put3("floor.locked_by", who, seat.when(out.at), &out.reason))
}

async fn panel(sql: &mut Sql, seat: &Seat, site: SiteId, fleet: &Fleet, agv: &Agv) -> Result<Panel, Problem> {
    let t = seat.t;
    let heard = fleet.heard(&agv.serial);
    let doing = fleet.doing(&agv.serial);
    let id = heard.and_then(|one| one.mission.as_deref()).and_then(|id| id.parse::<MissionId>().ok());
    let mission = match id {
        Some(id) => fleet::by_id(sql, id).await?,
        None => fleet.missions.iter().find(|one| one.vehicle.as_deref() == Some(&agv.serial)).cloned(),
    };
    let mut book = Book::new(seat);
    let why = match &mission {
        Some(mission) => decisions::by_subject(sql, &mission.id.to_string()).await?.pop(),
        None => None,
    };
    let why = match why {
        Some(one) => Some(reasons::view(sql, &mut book, seat, &one).await?),
        None => None,
    };
    let locked_by = match fleet.lockout(&agv.serial) {
        Some(out) => locked_by(sql, seat, &mut book, out).await?,
        None => String::new(),
    };
    let fact = |key: &str, value: String| (t.get(key).to_owned(), value);
    let facts = vec![
        fact("floor.battery", heard.map_or_else(|| "–".to_owned(), |one| format!("{} %", one.battery_permille / 10))),
        fact("floor.node", heard.map_or_else(|| "–".to_owned(), |one| one.node.clone())),
        fact("floor.load", heard.and_then(|one| one.load.clone()).unwrap_or_else(|| "–".to_owned())),
    ];
    Ok(Panel {
        id: agv.serial.clone(),
        detail: t.put2("floor.made_by", &agv.manufacturer, &agv.home_node),
        state: (tone(doing), seat.word("doing", doing)),
        facts,
        mission: mission.as_ref().map(|one| short(&one.id.to_string())).unwrap_or_default(),
        steps: mission.as_ref().map(|one| steps(seat, one)).unwrap_or_default(),
        report: heard.map(report).unwrap_or_default(),
        locked: fleet.lockout(&agv.serial).is_some(),
        locked_by,
        may_lock: seat.may(Permission::FleetOperate, Some(site)),
        why,
    })
}

/// A mission as three steps: fetch, present, bring home.
fn steps(seat: &Seat, mission: &Mission) -> Vec<MissionStep> {
    let t = seat.t;
    let at = match mission.state {
        MissionState::Requested | MissionState::Assigned => 0,
        MissionState::Carrying | MissionState::Waiting => 1,
        MissionState::Returning => 2,
        MissionState::Done | MissionState::Failed | MissionState::Cancelled => 3,
    };
    let texts = [
        t.put2("floor.step_fetch", &mission.shelf_code, &mission.home),
        t.put("floor.step_present", &mission.station),
        t.put("floor.step_home", &mission.home),
    ];
    let step = |(n, text): (usize, String)| MissionStep {
        tone: match n.cmp(&at) {
            std::cmp::Ordering::Less => Tone::Ok,
            std::cmp::Ordering::Equal => Tone::Info,
            std::cmp::Ordering::Greater => Tone::Off,
        },
        text,
        now: n == at,
    };
    texts.into_iter().enumerate().map(step).collect()
}

/// What a vehicle reports, by the names of VDA 5050.
fn report(one: &Moving) -> Vec<(String, String)> {
    let metres = |mm: i64| format!("{}.{:02}", mm / 1000, mm.abs() % 1000 / 10);
    let row = |name: &str, value: String| (name.to_owned(), value);
    vec![
        row("agvPosition.x", metres(one.x_mm)),
        row("agvPosition.y", metres(one.y_mm)),
        row("agvPosition.theta", format!("{}.{:03}", one.theta_mrad / 1000, one.theta_mrad.abs() % 1000)),
        row("lastNodeId", one.node.clone()),
        row("batteryCharge", format!("{}.{} %", one.battery_permille / 10, one.battery_permille % 10)),
        row("orderId", one.mission.as_deref().map(short).unwrap_or_default()),
        row("loads", one.load.clone().unwrap_or_default()),
        row("nodeStates", one.path.len().to_string()),
    ]
}

/// The panel of one vehicle, for the island; a page of its own without it.
pub async fn part(
    State(db): State<Db>,
    Extension(live): Extension<Live>,
    seat: Seat,
    Path((code, serial)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let site = hall(&seat, &code)?;
    if !seat.part {
        return Ok(go(&format!("/floor/{code}?vehicle={}", crate::web::assets::path_part(&serial))));
    }
    let mut read = db.read().await?;
    let fleet = Fleet::read(read.sql(), &live, site.id).await?;
    let agv = fleet.agvs.iter().find(|agv| agv.serial == serial).ok_or_else(|| Problem::not_found("vehicle"))?;
    let panel = panel(read.sql(), &seat, site.id, &fleet, agv).await?;
    draw(&PanelPart { t: seat.t, csrf: seat.caller.csrf().unwrap_or_default().to_owned(), site: code, panel })
}

/// What moves, as JSON.
pub async fn now(
    State(db): State<Db>,
    Extension(live): Extension<Live>,
    seat: Seat,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<FloorNow>, Problem> {
    let site = hall(&seat, &code)?;
    let mut read = db.read().await?;
    let sql = read.sql();
    let fleet = Fleet::read(sql, &live, site.id).await?;
    let vehicle = |one: &Moving| {
        let doing = fleet.doing(&one.vehicle);
        Vehicle {
            id: one.vehicle.clone(),
            x_mm: one.x_mm,
            y_mm: one.y_mm,
            theta_mrad: one.theta_mrad,
            doing: doing.to_owned(),
            word: seat.word("doing", doing),
            battery_permille: one.battery_permille,
            load: one.load.clone().unwrap_or_default(),
            path: one.path.clone(),
        }
    };
    let vehicles = fleet.heard.iter().map(vehicle).collect();
    let mut closed = Vec::new();
    for lane in [Lane::Agv, Lane::People] {
        closed.extend(layout::closed_edges(sql, site.id, lane).await?.into_iter().map(|edge| [edge.from, edge.to]));
    }
    let heat = if asked.heat.is_empty() { Vec::new() } else { levels(&picking::visits(sql, site.id, VISITS).await?) };
    let waiting = fleet.missions.iter().filter(|one| one.state == MissionState::Waiting);
    let stations =
        waiting.map(|one| [one.station.clone(), one.vehicle.clone().unwrap_or_default(), String::new()]).collect();
    Ok(Json(FloorNow { vehicles, people: people(sql, &seat, site.id).await?, heat, closed, stations }))
}
