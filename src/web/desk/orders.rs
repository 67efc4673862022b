//! The list of orders: search, views, filters, pages, CSV. Deliberately absent:
//! an order's own page.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    frame::Tone,
    list::{Empty, Filter, List, Tab},
    seat::{CSV_ROWS, ROWS, Seat},
    sheet,
    table::{Cell, Column, Table},
};
use crate::{
    catalog, decisions,
    exchange::Query,
    identity::Permission,
    kernel::{DecisionId, OrderId, Time},
    orders::{self, Fulfilment, FulfilmentState, Line, Order, OrderState},
    payments::{self, PaymentState},
    problem::Problem,
    store::{Db, Engine, Sql},
    web::{assets::path_part, format},
};

/// An open order whose promise ends within this is at risk, domain ms.
const SOON_MS: i64 = 45 * 60_000;

/// What the list may be asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    view: String,
    site: String,
    channel: String,
    after: String,
    csv: String,
}

impl Asked {
    /// The list's address with one thing changed.
    fn with(&self, name: &str, value: &str) -> String {
        let all = [("view", &self.view), ("site", &self.site), ("channel", &self.channel), ("q", &self.q)];
        let mut pairs: Vec<(&str, &str)> = all.iter().map(|(key, text)| (*key, text.as_str())).collect();
        pairs.retain(|(key, _)| *key != name);
        pairs.push((name, value));
        sheet::query("/desk/orders", &pairs)
    }
}

/// The list.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let scope = seat.scope(Permission::OrderRead, &asked.site)?;
    let mut read = db.read().await?;
    let sql = read.sql();
    let sku = match asked.q.trim() {
        "" => None,
        text => catalog::by_code(sql, text).await?.map(|article| article.id),
    };
    let base = orders::Filter {
        site: scope,
        channel: asked.channel.clone(),
        text: asked.q.clone(),
        sku,
        ..orders::Filter::default()
    };
    let filter = view(&asked.view, &base, seat.now);
    let csv = !asked.csv.is_empty();
    let found = orders::search(sql, &filter, &asked.after, if csv { CSV_ROWS } else { ROWS }).await?;
    let table = rows(sql, db.engine(), &seat, &found).await?;
    if csv {
        return sheet::csv(&table);
    }
    let more = i64::try_from(found.len()).is_ok_and(|count| count >= ROWS);
    let next = found.last().filter(|_| more).map(|last| asked.with("after", &last.id.to_string())).unwrap_or_default();
    let t = seat.t;
    let (total, tabs) = (orders::count(sql, &filter).await?, tabs(sql, &seat, &asked, &base).await?);
    let channels = orders::channels(sql).await?;
    sheet::draw_list(&List {
        total: Some(total),
        lead: t.get("ord.lead").to_owned(),
        tabs,
        action: "/desk/orders".to_owned(),
        search: t.get("ord.search").to_owned(),
        q: asked.q.clone(),
        filters: vec![
            seat.site_filter(Permission::OrderRead, scope),
            channel_filter(&seat, &channels, &asked.channel),
            Filter::kept("view", &asked.view),
        ],
        next,
        csv: asked.with("csv", "1"),
        empty: Empty { head: t.get("ord.none").to_owned(), rest: t.get("ord.none_hint").to_owned() },
        topic: "order.placed",
        ..List::new(t, seat.frame("orders", t.get("door.orders")), t.get("door.orders"), table)
    })
}

/// The saved questions: code of the view, key of its word.
const VIEWS: [(&str, &str); 6] = [
    ("", "view.open"),
    ("risk", "view.risk"),
    ("on_hold", "view.on_hold"),
    ("placed", "view.unpaid"),
    ("ended", "view.ended"),
    ("all", "view.all"),
];

fn view(name: &str, base: &orders::Filter, now: Time) -> orders::Filter {
    let state = |state: &str| orders::Filter { state: state.to_owned(), ..base.clone() };
    match name {
        // Whoever looks for one order means it in any state.
        "" if !base.text.trim().is_empty() => base.clone(),
        "" => state("open"),
        "all" => base.clone(),
        "risk" => orders::Filter { promised_by: Some(now.plus_ms(SOON_MS)), ..state("open") },
        "on_hold" | "placed" | "ended" => state(name),
        other => state(if other.parse::<OrderState>().is_ok() { other } else { "open" }),
    }
}

async fn tabs(sql: &mut Sql, seat: &Seat, asked: &Asked, base: &orders::Filter) -> Result<Vec<Tab>, Problem> {
    let mut tabs = Vec::new();
    for (name, key) in VIEWS {
        let counted = matches!(name, "" | "risk" | "on_hold" | "placed");
        let bare = orders::Filter { text: String::new(), sku: None, ..base.clone() };
        let count = if counted { Some(orders::count(sql, &view(name, &bare, seat.now)).await?) } else { None };
        let href = asked.with("view", name);
        tabs.push(Tab { label: seat.t.get(key).to_owned(), href, count, on: asked.view == name });
    }
    Ok(tabs)
}

fn channel_filter(seat: &Seat, channels: &[String], chosen: &str) -> Filter {
    let any = (String::new(), seat.t.get("flt.any_channel").to_owned(), chosen.is_empty());
    let each = channels.iter().map(|one| (one.clone(), one.clone(), one == chosen));
    Filter {
        name: "channel",
        label: seat.t.get("flt.channel").to_owned(),
        options: std::iter::once(any).chain(each).collect(),
    }
}

fn columns(seat: &Seat) -> Vec<Column> {
    let t = seat.t;
    vec![
        Column::text("number", t.get("ord.title")),
        Column::text("placed", t.get("col.placed")),
        Column::text("promise", t.get("col.promise")),
        Column::text("state", t.get("col.state")),
        Column::text("sites", t.get("col.sites")).extra(),
        Column::num("lines", t.get("ord.lines")),
        Column::num("total", t.get("col.total")),
        Column::text("payment", t.get("col.payment")).extra(),
        Column::text("why", ""),
    ]
}

/// What belongs to the orders of a page, each kind read at once.
struct Around {
    lines: HashMap<OrderId, Vec<Line>>,
    parts: HashMap<OrderId, Vec<Fulfilment>>,
    payments: HashMap<OrderId, PaymentState>,
    decided: HashMap<String, DecisionId>,
}

impl Around {
    async fn read(sql: &mut Sql, engine: Engine, found: &[Order]) -> Result<Self, Problem> {
        let ids: Vec<OrderId> = found.iter().map(|order| order.id).collect();
        let (mut lines, mut parts) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for line in orders::lines_among(sql, engine, &ids).await? {
            lines.entry(line.order).or_default().push(line);
        }
        for part in orders::fulfilments_among(sql, engine, &ids).await? {
            parts.entry(part.order).or_default().push(part);
        }
        // The last payment of an order is the one that counts.
        let payments = payments::of_orders(sql, engine, &ids).await?;
        let payments = payments.into_iter().map(|payment| (payment.order, payment.state)).collect();
        let subjects: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let decided = decisions::last_among(sql, engine, &subjects).await?.into_iter().collect();
        Ok(Self { lines, parts, payments, decided })
    }
}

async fn rows(sql: &mut Sql, engine: Engine, seat: &Seat, found: &[Order]) -> Result<Table, Problem> {
    let t = seat.t;
    let mut table = Table::new(t.get("door.orders"), columns(seat));
    let mut around = Around::read(sql, engine, found).await?;
    for order in found {
        let parts = around.parts.remove(&order.id).unwrap_or_default();
        let lines = around.lines.remove(&order.id).unwrap_or_default();
        let payment = around.payments.get(&order.id).copied();
        let decided = around.decided.get(&order.id.to_string());
        let total = payments::due(order, &lines);
        let mut sites: Vec<String> = parts.iter().map(|part| seat.site_name(Some(part.site))).collect();
        sites.dedup();
        let (tone, word) = state_of(seat, order, &parts);
        let href = format!("/desk/orders/{}", path_part(&order.number));
        let from =
            order.external_id.as_ref().map_or_else(|| order.channel.clone(), |id| format!("{} · {id}", order.channel));
        let window = format!("{}–{}", seat.when(order.window_from), seat.clock(order.window_to));
        let (paid, payment) = payment_of(seat, payment);
        table.push(
            href.clone(),
            vec![
                Cell::link(href, &order.number).mono().under(from),
                Cell::text(seat.when(order.placed_at)).by(order.placed_at.ms()),
                Cell::text(window).by(order.window_from.ms()),
                Cell::badge(tone, word),
                Cell::mute(sites.join(", ")),
                Cell::num(i64::try_from(lines.len()).unwrap_or(0)),
                Cell::shown(format::money(total), total),
                Cell::badge(paid, payment),
                decided.map_or_else(Cell::default, |one| Cell::why(&one.to_string(), t.get("why.link"))),
            ],
        );
    }
    Ok(table)
}

/// Where an order stands, in one word: while it goes on, that of its least
/// advanced part; late if its promise is past.
pub fn state_of(seat: &Seat, order: &Order, parts: &[Fulfilment]) -> (Tone, String) {
    let word = |code: &str| seat.word("order", code);
    if !order.state.is_over() && order.promised_by < seat.now {
        return (
            Tone::Bad,
            seat.t.put2(
                "ord.late",
                progress(seat, order, parts),
                format::span(seat.t, format::minutes_until(order.promised_by, seat.now)),
            ),
        );
    }
    match order.state {
        OrderState::Placed => (Tone::Warn, word("placed")),
        OrderState::OnHold => (Tone::Warn, word("on_hold")),
        OrderState::Delivered => (Tone::Ok, word("delivered")),
        OrderState::Cancelled => (Tone::Off, word("cancelled")),
        OrderState::Accepted => (Tone::Info, progress(seat, order, parts)),
    }
}

fn progress(seat: &Seat, order: &Order, parts: &[Fulfilment]) -> String {
    if order.state != OrderState::Accepted {
        return seat.word("order", order.state.as_str());
    }
    let living = parts.iter().map(|part| part.state).filter(|state| *state != FulfilmentState::Cancelled);
    let least = living.min_by_key(|state| FulfilmentState::ALL.iter().position(|one| one == state));
    seat.word("part", least.map_or("none", FulfilmentState::as_str))
}

/// Where the money of an order stands.
pub fn payment_of(seat: &Seat, state: Option<PaymentState>) -> (Tone, String) {
    let tone = match state {
        None | Some(PaymentState::Voided) => Tone::Off,
        Some(PaymentState::Unpaid | PaymentState::Due) => Tone::Warn,
        Some(PaymentState::Declined) => Tone::Bad,
        Some(PaymentState::Authorised | PaymentState::PartRefunded | PaymentState::Refunded) => Tone::Info,
        Some(PaymentState::Paid | PaymentState::Collected) => Tone::Ok,
    };
    (tone, seat.word("payment", state.map_or("none", PaymentState::as_str)))
}
