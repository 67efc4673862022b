//! The ledger for people: every transfer, both sides of it. Deliberately absent:
//! writing; goods move through the rooms that move them.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    book::{Book, page_of},
    frame::Tone,
    list::{Empty, Filter, List, Tile},
    seat::{CSV_ROWS, ROWS, Seat},
    sheet, story,
    table::{Cell, Column, Table, grouped, short},
};
use crate::{
    catalog,
    exchange::Query,
    identity::{Permission, Sites},
    kernel::Time,
    layout, orders,
    problem::Problem,
    stock::{self, Ledger, Question, TransferKind},
    store::{Db, Sql},
    units,
    web::format,
};

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    site: String,
    kind: String,
    after: String,
    csv: String,
}

impl Asked {
    fn with(&self, name: &str, value: &str) -> String {
        let pairs = [("q", self.q.as_str()), ("site", self.site.as_str()), ("kind", self.kind.as_str()), (name, value)];
        sheet::query("/desk/ledger", &pairs)
    }
}

/// What a typed text stands for: an article, a bin or unit by its label, or an id.
async fn question(sql: &mut Sql, seat: &Seat, asked: &Asked) -> Result<Question, Problem> {
    let site = seat.scope(Permission::StockRead, &asked.site)?;
    let mut question = Question { site, kind: asked.kind.parse().ok(), ..Question::default() };
    let text = asked.q.trim();
    if text.is_empty() {
        return Ok(question);
    }
    if let Some(article) = catalog::by_code(sql, text).await? {
        question.sku = Some(article.id);
        return Ok(question);
    }
    question.about = text.to_owned();
    for id in seat.sites.iter().map(|one| one.id).filter(|one| site.is_none_or(|site| site == *one)) {
        if let Some(bin) = layout::bin_by_code(sql, id, &text.to_uppercase()).await? {
            question.about = bin.id.to_string();
            return Ok(question);
        }
    }
    if let Some(unit) = units::by_code(sql, &text.to_uppercase()).await? {
        question.about = unit.id.to_string();
    } else if let Some(order) = orders::by_number(sql, &text.to_uppercase()).await? {
        // Goods are held and picked on behalf of lines; the first stands for them.
        question.about =
            orders::lines(sql, order.id).await?.first().map(|line| line.id.to_string()).unwrap_or_default();
    }
    Ok(question)
}

/// The list, newest first.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let mut read = db.read().await?;
    let sql = read.sql();
    let question = question(sql, &seat, &asked).await?;
    let limit = if csv { CSV_ROWS } else { ROWS };
    let found = stock::ledger(sql, &question, &asked.after, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().filter(|_| full).map(|last| asked.with("after", &last.id.to_string()));
    let table = table(sql, &seat, &mut Book::new(&seat), &found, true).await?;
    if csv {
        return sheet::csv(&table);
    }
    let whole = seat.caller.sites(Permission::StockRead) == Sites::All;
    let (marks, tiles) = if whole { (marks(sql, &seat).await?, tiles(sql, &seat).await?) } else { Default::default() };
    sheet::draw_list(&List {
        lead: t.get("led.lead").to_owned(),
        marks,
        tiles,
        action: "/desk/ledger".to_owned(),
        search: t.get("led.search").to_owned(),
        q: asked.q.clone(),
        filters: vec![seat.site_filter(Permission::StockRead, question.site), kinds(&seat, &asked.kind)],
        next: next.unwrap_or_default(),
        csv: asked.with("csv", "1"),
        empty: Empty { head: t.get("led.none").to_owned(), rest: t.get("led.none_hint").to_owned() },
        ..List::new(t, seat.frame("ledger", t.get("door.ledger")), t.get("door.ledger"), table)
    })
}

async fn marks(sql: &mut Sql, seat: &Seat) -> Result<Vec<(Tone, String)>, Problem> {
    let right = stock::unbalanced(sql).await?.is_empty();
    let key = if right { "led.balanced" } else { "led.unbalanced" };
    Ok(vec![(if right { Tone::Ok } else { Tone::Bad }, seat.t.get(key).to_owned())])
}

async fn tiles(sql: &mut Sql, seat: &Seat) -> Result<Vec<Tile>, Problem> {
    let counts = stock::transfer_counts(sql, midnight(seat)).await?;
    let sum: i64 = counts.iter().map(|(_, n)| n).sum();
    let tile = |label: String, value: i64, strong| Tile { label, value: grouped(value), sub: String::new(), strong };
    let mut tiles = vec![tile(seat.t.get("led.today").to_owned(), sum, true)];
    tiles.extend(counts.iter().map(|(kind, n)| tile(seat.word("transfer", kind.as_str()), *n, false)));
    Ok(tiles)
}

/// The beginning of the day that the page is read on.
pub fn midnight(seat: &Seat) -> Time {
    let start = format::zoned(seat.now, &seat.zone).start_of_day();
    start.map_or(seat.now, |start| Time::from_ms(start.timestamp().as_millisecond()))
}

fn kinds(seat: &Seat, chosen: &str) -> Filter {
    let any = (String::new(), seat.t.get("flt.any_kind").to_owned(), chosen.is_empty());
    let each = TransferKind::ALL
        .iter()
        .map(|one| (one.to_string(), seat.word("transfer", one.as_str()), one.as_str() == chosen));
    Filter {
        name: "kind",
        label: seat.t.get("flt.kind").to_owned(),
        options: std::iter::once(any).chain(each).collect(),
    }
}

/// On whose behalf goods moved: the order of a line, a task, a receipt.
async fn because(sql: &mut Sql, reference: &str) -> Result<Cell, Problem> {
    let order = match reference.parse() {
        Ok(line) => orders::order_of_line(sql, line).await?,
        Err(_) => None,
    };
    Ok(match order {
        Some((id, number)) => Cell::link(format!("/desk/orders/{id}"), number).mono(),
        None => Cell::link(page_of(reference), short(reference)).mono(),
    })
}

/// Transfers as rows; with the article, unless all are of one.
pub async fn table(
    sql: &mut Sql,
    seat: &Seat,
    book: &mut Book<'_>,
    found: &[Ledger],
    article: bool,
) -> Result<Table, Problem> {
    let t = seat.t;
    let mut columns = vec![Column::text("at", t.get("col.time")), Column::text("kind", t.get("led.phase"))];
    if article {
        columns.push(Column::text("article", t.get("col.article")));
    }
    columns.extend([
        Column::text("from", t.get("led.from")),
        Column::text("to", t.get("led.to")),
        Column::num("quantity", t.get("stk.units")),
        Column::text("reason", t.get("led.verb")).extra(),
        Column::text("reference", t.get("led.because")),
    ]);
    let mut table = Table::new(t.get("door.ledger"), columns);
    for one in found {
        let tone = match one.kind {
            TransferKind::Pending => Tone::Info,
            TransferKind::Void => Tone::Off,
            TransferKind::Post | TransferKind::Move => Tone::Ok,
        };
        let (code, name) = book.article(sql, one.goods.sku).await?;
        let side = |holder: String, site: &str| Cell::code(holder).under(seat.site_name(site.parse().ok()));
        let mut row = vec![
            Cell::text(seat.when(one.at)).by(one.at.ms()),
            Cell::badge(tone, seat.word("transfer", one.kind.as_str())),
        ];
        if article {
            row.push(Cell::link(format!("/desk/stock/{code}"), name).under(code));
        }
        row.extend([
            side(book.holder(sql, &one.from_holder).await?, &one.from_site),
            side(book.holder(sql, &one.to_holder).await?, &one.to_site),
            Cell::num(one.quantity),
            Cell::text(story::coded(seat, "reason", &one.reason)).under(book.person(sql, &one.actor).await?),
            because(sql, &one.reference).await?,
        ]);
        table.push("", row);
    }
    Ok(table)
}
