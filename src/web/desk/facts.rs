//! The event log for people: every fact, newest first. Deliberately absent: what
//! followed from it.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    book::{Book, page_of},
    list::{Empty, Filter, List},
    seat::{CSV_ROWS, ROWS, Seat},
    sheet, story,
    table::{Cell, Column, Table, short},
};
use crate::{
    event::Event,
    exchange::Query,
    identity::Permission,
    orders,
    problem::Problem,
    store::{Db, log},
};

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    kind: String,
    site: String,
    after: i64,
    csv: String,
}

impl Asked {
    fn with(&self, name: &str, value: &str) -> String {
        let pairs = [("q", self.q.as_str()), ("kind", self.kind.as_str()), ("site", self.site.as_str()), (name, value)];
        sheet::query("/desk/events", &pairs)
    }
}

/// The list.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let site = seat.scope(Permission::EventRead, &asked.site)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let limit = if csv { CSV_ROWS } else { ROWS };
    let mut read = db.read().await?;
    let sql = read.sql();
    let typed = asked.q.trim();
    let order = orders::by_number(sql, &typed.to_uppercase()).await?;
    let subject = order.map_or_else(|| typed.to_owned(), |order| order.id.to_string());
    let seek = log::Seek { kind: asked.kind.clone(), subject, site };
    let found = log::recent(sql, &seek, asked.after, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().filter(|_| full).map(|last| asked.with("after", &last.position.to_string()));
    let columns = vec![
        Column::num("position", "#"),
        Column::text("at", t.get("col.time")),
        Column::text("fact", t.get("evt.fact")),
        Column::text("particulars", t.get("evt.particulars")),
        Column::text("subject", t.get("case.about")),
        Column::text("site", t.get("col.site")).extra(),
        Column::text("actor", t.get("evt.actor")).extra(),
    ];
    let mut table = Table::new(t.get("door.events"), columns);
    let mut book = Book::new(&seat);
    for fact in &found {
        let page = page_of(&fact.subject);
        let subject = short(&fact.subject);
        table.push(
            page.clone(),
            vec![
                Cell::num(fact.position),
                Cell::text(crate::web::format::clock_s(fact.at, &seat.zone)).by(fact.at.ms()),
                Cell::badge(story::tone(&fact.kind), t.or("tell", &fact.kind, &fact.kind)).over(fact.kind.clone()),
                Cell::text(story::particulars(sql, &mut book, &seat, &fact.body).await?),
                if page.is_empty() { Cell::code(subject) } else { Cell::link(page, subject).mono() },
                Cell::mute(seat.site_name(fact.site)),
                Cell::mute(book.person(sql, &fact.actor).await?),
            ],
        );
    }
    if csv {
        return sheet::csv(&table);
    }
    let head = log::head(sql).await?;
    sheet::draw_list(&List {
        total: (asked.q.is_empty() && asked.kind.is_empty() && site.is_none()).then_some(head),
        lead: t.get("evt.lead").to_owned(),
        action: "/desk/events".to_owned(),
        search: t.get("why.search").to_owned(),
        q: asked.q.clone(),
        filters: vec![kinds(&seat, &asked.kind), seat.site_filter(Permission::EventRead, site)],
        next: next.unwrap_or_default(),
        csv: asked.with("csv", "1"),
        empty: Empty { head: t.get("evt.none").to_owned(), rest: t.get("evt.none_hint").to_owned() },
        ..List::new(t, seat.frame("events", t.get("door.events")), t.get("door.events"), table)
    })
}

/// Every first part of a fact's name is a filter.
fn kinds(seat: &Seat, chosen: &str) -> Filter {
    let mut groups: Vec<String> =
        Event::KINDS.iter().filter_map(|kind| kind.split_once('.')).map(|(head, _)| format!("{head}.")).collect();
    groups.dedup();
    groups.sort();
    groups.dedup();
    let any = (String::new(), seat.t.get("flt.any_kind").to_owned(), chosen.is_empty());
    let each = groups.into_iter().map(|one| {
        let on = one == chosen;
        (one.clone(), one.trim_end_matches('.').to_owned(), on)
    });
    Filter {
        name: "kind",
        label: seat.t.get("flt.kind").to_owned(),
        options: std::iter::once(any).chain(each).collect(),
    }
}
