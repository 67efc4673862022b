//! The labour board: lines an hour against what is fair, by person, zone and kind of
//! work; the heat of the floor; and the choices that made people walk. Deliberately
//! absent: ranks and targets for a person.

use std::collections::HashMap;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    board::Indicator,
    book::Book,
    frame::{Frame, Tone},
    heat::{self, Heat, Layer},
    ledger::midnight,
    list::{Empty, List, Tab},
    reasons,
    seat::{CSV_ROWS, ROWS, Seat},
    sheet,
    table::{Cell, Column, Table, grouped},
};
use crate::{
    decisions::{self, DecisionKind},
    exchange::Query,
    identity::Permission,
    kernel::{SiteId, Time, UserId},
    labour::{self, Sum, Traffic},
    layout::{self, Floor},
    network::Site,
    problem::Problem,
    store::{Db, Sql},
    tasks::TaskKind,
    web::{format, i18n::Words, page::draw},
};

const DAY_MS: i64 = 24 * 3_600_000;
/// Who may look at it.
pub const LABOUR: &[Permission] = &[Permission::WorkSupervise, Permission::ReportRead];
/// As fast as fair, in per cent; below the second number somebody may need help.
const PACE: (i64, i64) = (95, 75);
/// Places named under the plan.
const BUSIEST: usize = 8;
/// Choices shown.
const CHOICES: i64 = 8;

/// What the board may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    site: String,
    days: i64,
    layer: String,
    person: String,
    zone: Option<String>,
    kind: String,
    after: i64,
    csv: String,
}

impl Asked {
    fn days(&self) -> i64 {
        match self.days {
            7 => 7,
            30 => 30,
            _ => 1,
        }
    }
    /// The board with one thing asked otherwise.
    fn board(&self, site: &Site, name: &str, value: &str) -> String {
        let days = self.days().to_string();
        let mut pairs = vec![("site", site.code.as_str()), ("days", days.as_str()), ("layer", self.layer.as_str())];
        pairs.retain(|(one, _)| *one != name);
        pairs.push((name, value));
        sheet::query("/desk/labour", &pairs)
    }
    /// The steps behind a number.
    fn steps(&self, site: &Site, name: &str, value: &str) -> String {
        let days = self.days().to_string();
        let base = sheet::query("/desk/labour/steps", &[("site", &site.code), ("days", &days)]);
        format!("{base}&{name}={}", crate::web::assets::path_part(value))
    }
}

/// The board.
#[derive(Debug, Template)]
#[template(path = "desk/labour.html")]
struct LabourPage {
    t: Words,
    frame: Frame,
    lead: String,
    sites: Vec<Tab>,
    tabs: Vec<Tab>,
    layers: Vec<Tab>,
    indicators: Vec<Indicator>,
    heat: Heat,
    /// Heading, a quiet line, rows.
    tables: Vec<(String, String, Table)>,
    busiest: Table,
    choices: Table,
}

/// A site the person may see, the asked one or the busiest.
fn site_of<'s>(seat: &'s Seat, code: &str) -> Result<&'s Site, Problem> {
    if code.is_empty() {
        let mut own: Vec<&Site> = own(seat).collect();
        own.sort_by_key(|site| std::cmp::Reverse(site.lines_per_hour));
        return own.first().copied().ok_or_else(|| Problem::not_found("site"));
    }
    let site = seat.by_code(code)?;
    seat.permit_any(LABOUR, Some(site.id))?;
    Ok(site)
}

fn own(seat: &Seat) -> impl Iterator<Item = &Site> {
    let may = |site: &&Site| site.active && site.lines_per_hour > 0 && seat.permit_any(LABOUR, Some(site.id)).is_ok();
    seat.sites.iter().filter(may)
}

fn span(seat: &Seat, days: i64) -> (Time, Time) {
    let midnight = midnight(seat);
    (midnight.plus_ms(-(days - 1) * DAY_MS), midnight.plus_ms(DAY_MS))
}

/// Draws the board of a site.
pub async fn show(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    seat.permit_any(LABOUR, None)?;
    let site = site_of(&seat, &asked.site)?;
    let (t, days) = (seat.t, asked.days());
    let span = span(&seat, days);
    let mut read = db.read().await?;
    let sql = read.sql();
    let floor = layout::floor(sql, site.id).await?;
    let zone = site.zone();
    let last = labour::day_of(seat.now, &zone);
    let traffic = labour::traffic(sql, site.id, (last - days + 1, last)).await?;
    let named = names(&floor);
    let layer = Layer::named(&asked.layer);
    let page = LabourPage {
        t,
        frame: seat.frame("labour", t.get("lab.title")),
        lead: t.put3("board.lead", seat.site_name(Some(site.id)), seat.day(span.0), seat.clock(seat.now)),
        sites: own(&seat)
            .map(|one| Tab {
                label: seat.site_name(Some(one.id)),
                href: asked.board(one, "site", &one.code),
                on: one.id == site.id,
                ..Tab::default()
            })
            .collect(),
        tabs: [(1, "time.today"), (7, "board.week"), (30, "board.month")]
            .map(|(n, key)| tab(t.get(key), asked.board(site, "days", &n.to_string()), n == days))
            .to_vec(),
        layers: [
            (Layer::Walks, "", t.get("lab.walks")),
            (Layer::Visits, "visits", t.get("lab.visits")),
            (Layer::Meets, "meets", t.get("lab.meets")),
        ]
        .map(|(one, name, label)| tab(label, asked.board(site, "layer", name) + "#floor-heat", one == layer))
        .to_vec(),
        indicators: indicators(sql, &seat, site, span, &traffic).await?,
        heat: heat::draw(&floor, &traffic, layer, &named),
        tables: tables(sql, &seat, site, &asked, span).await?,
        busiest: busiest(&seat, &traffic, layer, &named),
        choices: choices(sql, &seat, site.id).await?,
    };
    draw(&page)
}

fn tab(label: &str, href: String, on: bool) -> Tab {
    Tab { label: label.to_owned(), href, on, count: None }
}

/// What a node is called by people: its station, or the first bin at it.
fn names(floor: &Floor) -> HashMap<String, String> {
    let mut names: HashMap<String, String> = HashMap::new();
    for bin in &floor.bins {
        let name = names.entry(bin.node.clone()).or_insert_with(|| bin.code.clone());
        if bin.code < *name {
            name.clone_from(&bin.code);
        }
    }
    for station in &floor.stations {
        names.insert(station.stand.clone(), station.code.clone());
    }
    names
}

fn pace(percent: Option<i64>) -> Cell {
    match percent {
        None => Cell::mute("–"),
        Some(percent) => {
            let tone = match percent {
                _ if percent >= PACE.0 => Tone::Ok,
                _ if percent >= PACE.1 => Tone::Plain,
                _ => Tone::Warn,
            };
            Cell::badge(tone, format!("{percent} %")).by(percent)
        }
    }
}

fn rate(value: Option<i64>) -> Cell {
    value.map_or_else(|| Cell::mute("–"), Cell::num)
}

/// `1.2 km`, `340 m`.
fn walked(mm: i64) -> String {
    format::distance(mm / 1_000)
}

async fn indicators(
    sql: &mut Sql,
    seat: &Seat,
    site: &Site,
    span: (Time, Time),
    traffic: &[Traffic],
) -> Result<Vec<Indicator>, Problem> {
    let t = seat.t;
    let hours = labour::by_hour(sql, site.id, span).await?;
    let sum = hours.iter().map(|(_, one)| *one).fold(Sum::default(), Sum::and);
    let shown = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), grouped);
    let plain = |key: &str, value: String, unit: &str| Indicator {
        label: t.get(key).to_owned(),
        value,
        unit: unit.to_owned(),
        ..Indicator::default()
    };
    // A course holds small counts, far below 2^53.
    #[allow(clippy::cast_precision_loss)]
    let course = hours.iter().filter_map(|(_, one)| one.lines_per_hour()).map(|rate| rate as f64).collect();
    let (met, passed) = traffic.iter().fold((0, 0), |(met, passed), one| (met + one.meets, passed + one.passes));
    let per_line = (sum.lines > 0).then(|| sum.walk_mm / sum.lines / 1_000);
    Ok(vec![
        Indicator {
            course,
            target: t.put("lab.fair", shown(sum.fair_lines_per_hour())),
            change: t.put("lab.in_all", grouped(sum.lines)),
            ..plain("lab.per_hour", shown(sum.lines_per_hour()), "")
        },
        Indicator { target: t.get("lab.pace_is").to_owned(), ..plain("lab.pace", shown(sum.pace_percent()), "%") },
        plain("lab.walk", shown(per_line), "m"),
        plain("lab.met", shown((passed > 0).then(|| met * 100 / passed)), "%"),
    ])
}

fn rows_of(t: Words, head: &str, caption: &str) -> Table {
    let columns = vec![
        Column::text("part", head),
        Column::num("lines", t.get("lab.lines")),
        Column::num("hours", t.get("lab.hours")),
        Column::num("walk", t.get("lab.walked")).extra(),
        Column::num("per_hour", t.get("lab.per_hour")),
        Column::num("fair", t.get("lab.fair_rate")),
        Column::num("pace", t.get("lab.pace")),
    ];
    Table::new(caption, columns)
}

fn push(seat: &Seat, table: &mut Table, first: Cell, sum: Sum) {
    let hours = Cell::shown(format::span(seat.t, sum.spent_ms / 60_000), sum.spent_ms);
    let href = first.href.clone();
    let row = vec![
        first,
        Cell::num(sum.lines),
        hours,
        Cell::shown(walked(sum.walk_mm), sum.walk_mm),
        rate(sum.lines_per_hour()),
        rate(sum.fair_lines_per_hour()),
        pace(sum.pace_percent()),
    ];
    table.push(href, row);
}

async fn tables(
    sql: &mut Sql,
    seat: &Seat,
    site: &Site,
    asked: &Asked,
    span: (Time, Time),
) -> Result<Vec<(String, String, Table)>, Problem> {
    let t = seat.t;
    let mut book = Book::new(seat);
    let mut people = rows_of(t, t.get("lab.person"), t.get("lab.by_person"));
    for (id, sum) in labour::sums(sql, site.id, span, labour::By::Person).await? {
        let name = book.person(sql, &id).await?;
        push(seat, &mut people, Cell::link(asked.steps(site, "person", &id), name), sum);
    }
    let zones_here = layout::zones(sql, site.id).await?;
    let mut zones = rows_of(t, t.get("tsk.zone"), t.get("lab.by_zone"));
    for (code, sum) in labour::sums(sql, site.id, span, labour::By::Zone).await? {
        let zone = zones_here.iter().find(|zone| zone.code == code);
        let name = zone.map_or_else(|| t.get("lab.no_zone"), |zone| t.name(&zone.name_en, &zone.name_zh));
        push(seat, &mut zones, Cell::link(asked.steps(site, "zone", &code), name).over(code.clone()), sum);
    }
    let mut kinds = rows_of(t, t.get("col.what"), t.get("lab.by_kind"));
    for (kind, sum) in labour::sums(sql, site.id, span, labour::By::Kind).await? {
        push(seat, &mut kinds, Cell::link(asked.steps(site, "kind", &kind), seat.word("task", &kind)), sum);
    }
    let entry = |table: Table, hint: &str| (table.caption.clone(), hint.to_owned(), table);
    Ok(vec![entry(people, t.get("lab.fair_hint")), entry(zones, ""), entry(kinds, "")])
}

/// The places with most of what the heat shows.
fn busiest(seat: &Seat, traffic: &[Traffic], layer: Layer, named: &HashMap<String, String>) -> Table {
    let t = seat.t;
    let columns = vec![
        Column::text("place", t.get("lab.place")),
        Column::num("walks", t.get("lab.walks")),
        Column::num("visits", t.get("lab.visits")),
        Column::num("meets", t.get("lab.meets")),
    ];
    let mut table = Table::new(t.get("lab.busiest"), columns);
    let mut most: Vec<&Traffic> = traffic.iter().filter(|one| layer.of(one) > 0).collect();
    most.sort_by_key(|one| (std::cmp::Reverse(layer.of(one)), one.node.clone()));
    for one in most.into_iter().take(BUSIEST) {
        let place = named.get(&one.node).cloned().unwrap_or_else(|| one.node.clone());
        let row = vec![Cell::code(place), Cell::num(one.passes), Cell::num(one.visits), Cell::num(one.meets)];
        table.push(String::new(), row);
    }
    table
}

/// What made people walk: the newest choices of tours and bins, each with its why.
async fn choices(sql: &mut Sql, seat: &Seat, site: SiteId) -> Result<Table, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("at", t.get("col.time")),
        Column::text("kind", t.get("col.what")),
        Column::text("chosen", t.get("why.chosen")),
        Column::num("gain", t.get("lab.saved")),
        Column::text("why", ""),
    ];
    let mut table = Table::new(t.get("lab.choices"), columns);
    let mut found = decisions::list(sql, Some(DecisionKind::Picking), Some(site), "", "", CHOICES).await?;
    found.extend(decisions::list(sql, Some(DecisionKind::Slotting), Some(site), "", "", CHOICES).await?);
    found.sort_by_key(|one| std::cmp::Reverse(one.at));
    let mut book = Book::new(seat);
    for one in found.into_iter().take(usize::try_from(CHOICES).unwrap_or(8)) {
        let shown = reasons::view(sql, &mut book, seat, &one).await?;
        let row = vec![
            Cell::text(seat.when(one.at)).by(one.at.ms()),
            Cell::text(seat.word("decision", one.kind.as_str())),
            Cell::text(shown.chosen.chars().take(48).collect::<String>()),
            saved(&one),
            Cell::why(&one.id.to_string(), t.get("why.link")),
        ];
        table.push(format!("/desk/decisions/{}", one.id), row);
    }
    Ok(table)
}

/// How much shorter a tour is than each order walked alone.
fn saved(one: &decisions::Decision) -> Cell {
    let alone = one.candidates.iter().filter(|other| other.rejected.is_some()).filter_map(|other| other.cost).max();
    match (one.kind, one.cost, alone) {
        (DecisionKind::Picking, Some(cost), Some(alone)) if alone > cost => {
            Cell::shown(walked(alone - cost), alone - cost)
        }
        _ => Cell::mute("–"),
    }
}

/// The steps behind a number, newest first.
pub async fn steps(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    seat.permit_any(LABOUR, None)?;
    let site = site_of(&seat, &asked.site)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let limit = if csv { CSV_ROWS } else { ROWS };
    let mut read = db.read().await?;
    let sql = read.sql();
    let wanted = labour::Asked {
        person: asked.person.parse::<UserId>().ok(),
        zone: asked.zone.clone(),
        kind: asked.kind.parse::<TaskKind>().ok(),
        before: asked.after,
    };
    let found = labour::steps(sql, site.id, span(&seat, asked.days()), &wanted, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    let last = found.last().filter(|_| full).map(|one| one.position.to_string());
    let columns = vec![
        Column::text("at", t.get("col.time")),
        Column::text("person", t.get("lab.person")),
        Column::text("what", t.get("col.what")),
        Column::text("place", t.get("lab.place")),
        Column::num("pieces", t.get("lab.pieces")),
        Column::num("walk", t.get("lab.walked")),
        Column::num("spent", t.get("lab.spent")),
        Column::num("fair", t.get("lab.fair_time")),
    ];
    let mut table = Table::new(t.get("lab.steps"), columns);
    let mut book = Book::new(&seat);
    for one in found {
        let what = if one.lines == 0 { t.get("lab.end").to_owned() } else { seat.word("task", one.kind.as_str()) };
        let href = format!("/desk/tasks/{}", one.task);
        let row = vec![
            Cell::link(href.clone(), seat.when(one.at)).by(one.at.ms()),
            Cell::text(book.person(sql, &one.person.to_string()).await?),
            Cell::text(what),
            Cell::code(one.place).under(one.zone),
            Cell::num(one.pieces),
            Cell::shown(walked(one.walk_mm), one.walk_mm),
            Cell::shown(seconds(one.spent_ms), one.spent_ms),
            Cell::shown(seconds(one.fair_ms), one.fair_ms),
        ];
        table.push(href, row);
    }
    if csv {
        return sheet::csv(&table);
    }
    let days = asked.days().to_string();
    let with = |name: &str, value: &str| {
        let own = [("site", site.code.as_str()), ("days", &days), ("person", &asked.person), ("kind", &asked.kind)];
        let pairs: Vec<(&str, &str)> = own.into_iter().chain([(name, value)]).collect();
        let path = sheet::query("/desk/labour/steps", &pairs);
        match &asked.zone {
            Some(zone) => format!("{path}&zone={}", crate::web::assets::path_part(zone)),
            None => path,
        }
    };
    sheet::draw_list(&List {
        lead: t.get("lab.steps_lead").to_owned(),
        tabs: vec![
            tab(t.get("lab.title"), asked.board(site, "layer", ""), false),
            tab(t.get("lab.steps"), with("", ""), true),
        ],
        next: last.map(|last| with("after", &last)).unwrap_or_default(),
        csv: with("csv", "1"),
        empty: Empty { head: t.get("lab.none").to_owned(), rest: t.get("lab.none_hint").to_owned() },
        ..List::new(t, seat.frame("labour", t.get("lab.steps")), t.get("lab.steps"), table)
    })
}

/// `1:05`.
fn seconds(ms: i64) -> String {
    let s = (ms + 500) / 1_000;
    format!("{}:{:02}", s / 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_paces_read_well() {
        assert_eq!([0, 65_400, 600_000].map(seconds), ["0:00", "1:05", "10:00"]);
        assert_eq!(
            [120, 80, 40].map(|percent| pace(Some(percent)).badge),
            [Some(Tone::Ok), Some(Tone::Plain), Some(Tone::Warn)]
        );
    }
}
