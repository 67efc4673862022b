//! The director's board: promise against result, from what the rooms counted.
//! Deliberately absent: targets that anybody could change; these are the house's.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    board::{BoardPage, Hour, Indicator},
    frame::Tone,
    ledger::midnight,
    list::Tab,
    seat::Seat,
    sheet,
    table::{Cell, Column, Table, grouped},
};
use crate::{
    cases,
    exchange::Query,
    identity::{Permission, Sites},
    kernel::{SiteId, Time},
    orders::{self, Kept},
    problem::Problem,
    riders,
    store::{Db, Sql, log},
    web::{format, page::draw},
};

const DAY_MS: i64 = 24 * 3_600_000;
/// From click to door, at most, in minutes.
const DOOR_MIN: i64 = 180;
/// Promises kept, at least, per mille.
const KEPT_PERMILLE: i64 = 970;
/// First attempts that succeed, at least, per mille.
const FIRST_PERMILLE: i64 = 900;
/// Picks that found their goods, at least, per mille.
const PICK_PERMILLE: i64 = 995;

/// What the board may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    days: i64,
    site: String,
    csv: String,
}

/// Everything the board is drawn from.
struct Results {
    since: Time,
    kept: Vec<Kept>,
    took: Vec<i64>,
    placed: Vec<(Time, i64)>,
    first: (i64, i64),
    counts: Vec<(String, i64)>,
    open_cases: i64,
}

impl Results {
    fn told(&self, kind: &str) -> i64 {
        self.counts.iter().find(|(one, _)| one == kind).map_or(0, |(_, n)| *n)
    }
    /// Promises that are over: kept and late.
    fn ended(&self) -> (i64, i64) {
        self.kept.iter().fold((0, 0), |(kept, late), hour| (kept + hour.kept, late + hour.late))
    }
}

async fn results(sql: &mut Sql, seat: &Seat, site: Option<SiteId>, days: i64) -> Result<Results, Problem> {
    let since = midnight(seat).plus_ms(-(days - 1) * DAY_MS);
    let until = midnight(seat).plus_ms(DAY_MS);
    let mut open_cases = 0;
    for (at, _, n) in cases::open_severities(sql).await? {
        open_cases += if site.is_none() || site == at { n } else { 0 };
    }
    Ok(Results {
        since,
        kept: orders::kept(sql, site, (since, until), seat.now).await?,
        took: orders::click_to_door(sql, site, since).await?,
        placed: orders::placed_by_hour(sql, site, since).await?,
        first: riders::first_attempts(sql, site, since).await?,
        counts: log::counts(sql, since, site).await?,
        open_cases,
    })
}

/// The board.
pub async fn show(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let site = seat.scope(Permission::ReportRead, &asked.site)?;
    let days = match asked.days {
        7 => 7,
        30 => 30,
        _ => 1,
    };
    let t = seat.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let found = results(sql, &seat, site, days).await?;
    let (table, csv) = (site_table(sql, &seat, found.since).await?, !asked.csv.is_empty());
    if csv {
        return sheet::csv(&table);
    }
    let tab = |n: i64, key: &str| Tab {
        label: t.get(key).to_owned(),
        href: sheet::query("/desk/board", &[("days", &n.to_string()), ("site", &asked.site)]),
        count: None,
        on: days == n,
    };
    let scope = match site {
        Some(_) => seat.site_name(site),
        None => t.get("board.all_sites").to_owned(),
    };
    let days_text = days.to_string();
    draw(&BoardPage {
        t,
        frame: seat.frame("board", t.get("board.title")),
        lead: t.put3("board.lead", scope, seat.day(found.since), seat.clock(seat.now)),
        tabs: vec![tab(1, "time.today"), tab(7, "board.week"), tab(30, "board.month")],
        indicators: indicators(&seat, &found),
        hours: hours(&seat, &found, days),
        table,
        table_head: t.get("board.by_site").to_owned(),
        csv: sheet::query("/desk/board", &[("days", &days_text), ("site", &asked.site), ("csv", "1")]),
    })
}

/// How a number stands to its target: on it, near it, off it.
fn judged(value: i64, target: i64, near: i64, more_is_better: bool) -> Tone {
    let short = if more_is_better { target - value } else { value - target };
    match short {
        i64::MIN..=0 => Tone::Info,
        _ if short <= near => Tone::Warn,
        _ => Tone::Bad,
    }
}

fn word(seat: &Seat, tone: Tone) -> String {
    let key = match tone {
        Tone::Info => "board.good",
        Tone::Warn => "board.look",
        Tone::Bad => "board.deal",
        _ => return String::new(),
    };
    seat.t.get(key).to_owned()
}

/// `98.6`.
fn share(part: i64, whole: i64) -> (i64, String) {
    if whole == 0 {
        return (0, "–".to_owned());
    }
    let permille = part * 1000 / whole;
    (permille, format!("{}.{}", permille / 10, permille % 10))
}

// A course holds counts and minutes, far below 2^53.
#[allow(clippy::cast_precision_loss)]
fn course(values: impl Iterator<Item = i64>) -> Vec<f64> {
    values.map(|value| value as f64).collect()
}

fn indicators(seat: &Seat, found: &Results) -> Vec<Indicator> {
    let t = seat.t;
    let plain = |key: &str, value: String, href: &str| Indicator {
        label: t.get(key).to_owned(),
        value,
        href: href.to_owned(),
        ..Indicator::default()
    };
    let rated = |one: Indicator, known: bool, tone: Tone, target: String| {
        let tone = if known { tone } else { Tone::Plain };
        Indicator { tone, word: word(seat, tone), target: t.put("board.target", target), ..one }
    };
    let (kept, late) = found.ended();
    let (on_time, on_time_text) = share(kept, kept + late);
    let (first, first_text) = share(found.first.0, found.first.1);
    let (picked, short) = (found.told("line.picked"), found.told("pick.short"));
    let (right, right_text) = share(picked, picked + short);
    let median = found.took.get(found.took.len() / 2).map(|ms| ms / 60_000);
    let broken = found.told("hold.broken");
    let mut all = vec![
        rated(
            Indicator {
                unit: "%".to_owned(),
                course: course(
                    found
                        .kept
                        .iter()
                        .filter(|hour| hour.kept + hour.late > 0)
                        .map(|hour| hour.kept * 1000 / (hour.kept + hour.late)),
                ),
                ..plain("board.on_time", on_time_text, "/desk/orders?view=risk")
            },
            kept + late > 0,
            judged(on_time, KEPT_PERMILLE, 20, true),
            format!("≥ {} %", KEPT_PERMILLE / 10),
        ),
        rated(
            plain(
                "board.click_to_door",
                median.map_or_else(|| "–".to_owned(), |min| format::span(t, min)),
                "/desk/orders?view=ended",
            ),
            median.is_some(),
            judged(median.unwrap_or(0), DOOR_MIN, 30, false),
            format!("≤ {}", format::span(t, DOOR_MIN)),
        ),
        Indicator {
            course: course(found.placed.iter().map(|(_, n)| *n)),
            ..plain("board.orders", grouped(found.placed.iter().map(|(_, n)| n).sum()), "/desk/orders?view=all")
        },
        rated(
            Indicator { unit: "%".to_owned(), ..plain("board.first_attempt", first_text, "/dispatch") },
            found.first.1 > 0,
            judged(first, FIRST_PERMILLE, 50, true),
            format!("≥ {} %", FIRST_PERMILLE / 10),
        ),
        rated(
            Indicator { unit: "%".to_owned(), ..plain("board.picks_right", right_text, "/desk/events?kind=pick.") },
            picked + short > 0,
            judged(right, PICK_PERMILLE, 5, true),
            format!("≥ {}.{} %", PICK_PERMILLE / 10, PICK_PERMILLE % 10),
        ),
        plain("board.missions", grouped(found.told("mission.done")), "/floor"),
        rated(
            plain("board.unpromised", grouped(broken), "/desk/events?kind=hold.broken"),
            true,
            judged(broken, 0, 5, false),
            "0".to_owned(),
        ),
        rated(
            plain("board.cases", grouped(found.open_cases), "/desk/cases"),
            true,
            judged(found.open_cases, 5, 10, false),
            "≤ 5".to_owned(),
        ),
    ];
    for one in &mut all {
        let open = seat.frame("board", "").open;
        let door = one.href.trim_start_matches("/desk/").trim_start_matches('/').split('?').next().unwrap_or_default();
        if !open.contains(&door) {
            one.href.clear();
        }
    }
    all
}

/// One bar for each hour of a day; for each day of a longer period.
fn hours(seat: &Seat, found: &Results, days: i64) -> Vec<Hour> {
    let mut bars: Vec<Hour> = Vec::new();
    for one in &found.kept {
        let label = if days == 1 {
            seat.clock(one.hour)
        } else {
            format::zoned(one.hour, &seat.zone).strftime("%-d.%-m.").to_string()
        };
        match bars.last_mut().filter(|bar| bar.label == label) {
            Some(bar) => {
                bar.promised += one.promised;
                bar.kept += one.kept;
                bar.late += one.late;
            }
            None => bars.push(Hour { label, promised: one.promised, kept: one.kept, late: one.late }),
        }
    }
    bars
}

/// Promise and result of each site that ships.
async fn site_table(sql: &mut Sql, seat: &Seat, since: Time) -> Result<Table, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("site", t.get("col.site")),
        Column::num("promised", t.get("board.promised")),
        Column::num("kept", t.get("board.in_time")),
        Column::num("late", t.get("board.late")),
        Column::num("on_time", t.get("board.on_time")),
        Column::num("cases", t.get("door.cases")),
    ];
    let mut table = Table::new(t.get("board.by_site"), columns);
    let held = seat.caller.sites(Permission::ReportRead);
    let severities = cases::open_severities(sql).await?;
    for site in seat
        .sites
        .iter()
        .filter(|site| site.active && site.lines_per_hour > 0 && (held == Sites::All || held.holds(site.id)))
    {
        let kept = orders::kept(sql, Some(site.id), (since, midnight(seat).plus_ms(DAY_MS)), seat.now).await?;
        let sum = |of: fn(&Kept) -> i64| kept.iter().map(of).sum::<i64>();
        let (promised, in_time, late) = (sum(|one| one.promised), sum(|one| one.kept), sum(|one| one.late));
        let (permille, text) = share(in_time, in_time + late);
        let open: i64 = severities.iter().filter(|(at, _, _)| *at == Some(site.id)).map(|(_, _, n)| n).sum();
        let rate = match judged(permille, KEPT_PERMILLE, 20, true) {
            _ if in_time + late == 0 => Cell::mute("–"),
            Tone::Info => Cell::shown(format!("{text} %"), permille),
            tone => Cell::badge(tone, format!("{text} %")).by(permille),
        };
        table.push(
            format!("/desk/board?site={}", site.code),
            vec![
                Cell::link(format!("/desk/board?site={}", site.code), seat.site_name(Some(site.id))),
                Cell::num(promised),
                Cell::num(in_time),
                Cell::num(late),
                rate,
                Cell::num(open),
            ],
        );
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_on_near_or_off_its_target() {
        assert_eq!([990, 960, 900].map(|value| judged(value, 970, 20, true)), [Tone::Info, Tone::Warn, Tone::Bad]);
        assert_eq!([100, 200, 300].map(|value| judged(value, 180, 30, false)), [Tone::Info, Tone::Warn, Tone::Bad]);
        assert_eq!(share(986, 1000), (986, "98.6".to_owned()));
        assert_eq!(share(0, 0).1, "–");
    }
}
