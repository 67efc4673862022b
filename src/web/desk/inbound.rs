//! Deliveries on the desk: what is announced, what was received, and goods that
//! wait for a supervisor's word. Deliberately absent: receiving; the handheld does.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    acts::{Done, Sent, act, of_own_site, seat_of, settled},
    book::Book,
    frame::Tone,
    list::{Empty, Filter, List, Tab},
    seat::{CSV_ROWS, ROWS, Seat},
    sheet, story,
    table::{Cell, Column, Table, short},
    thing::Thing,
};
use crate::{
    exchange::{Form, Path, Query},
    identity::{FormCaller, Permission},
    inbound::{self, AsnState, LineState, Receipt, ReceiptState, Summary},
    kernel::{ReceiptId, SiteId},
    problem::Problem,
    stock,
    store::{Db, Sql, log},
    web::page::{Visit, draw_with},
};

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    view: String,
    site: String,
    after: String,
    csv: String,
}

impl Asked {
    fn with(&self, name: &str, value: &str) -> String {
        let mut pairs = vec![("view", self.view.as_str()), ("site", self.site.as_str())];
        pairs.retain(|(key, _)| *key != name);
        pairs.push((name, value));
        sheet::query("/desk/inbound", &pairs)
    }
}

/// Receipts, or announcements that are expected.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let site = seat.scope(Permission::InboundReceive, &asked.site)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let limit = if csv { CSV_ROWS } else { ROWS };
    let mut read = db.read().await?;
    let sql = read.sql();
    let (table, last) = match asked.view.as_str() {
        "expected" => announced(sql, &seat, site, &asked.after, limit).await?,
        _ => received(sql, &seat, site, &asked, limit).await?,
    };
    if csv {
        return sheet::csv(&table);
    }
    let tab = |view: &str, key: &str| Tab {
        label: t.get(key).to_owned(),
        href: asked.with("view", view),
        count: None,
        on: asked.view == view,
    };
    sheet::draw_list(&List {
        lead: t.get("inb.lead").to_owned(),
        tabs: vec![tab("", "inb.receipts"), tab("open", "view.open"), tab("expected", "inb.expected")],
        action: "/desk/inbound".to_owned(),
        filters: vec![seat.site_filter(Permission::InboundReceive, site), Filter::kept("view", &asked.view)],
        next: if last.is_empty() { last } else { asked.with("after", &last) },
        csv: asked.with("csv", "1"),
        empty: Empty { head: t.get("inb.none").to_owned(), rest: t.get("inb.none_hint").to_owned() },
        topic: "receipt.received",
        ..List::new(t, seat.frame("inbound", t.get("door.inbound")), t.get("door.inbound"), table)
    })
}

/// A table, and the cursor behind it if there may be more.
type Found = (Table, String);

async fn received(
    sql: &mut Sql,
    seat: &Seat,
    site: Option<SiteId>,
    asked: &Asked,
    limit: i64,
) -> Result<Found, Problem> {
    let t = seat.t;
    let state = (asked.view == "open").then_some(ReceiptState::Open);
    let columns = vec![
        Column::text("receipt", t.get("inb.receipt")),
        Column::text("state", t.get("col.state")),
        Column::text("supplier", t.get("inb.supplier")),
        Column::text("site", t.get("col.site")).extra(),
        Column::text("dock", t.get("inb.dock")).extra(),
        Column::num("lines", t.get("ord.lines")),
        Column::num("units", t.get("stk.units")),
        Column::num("waiting", t.get("inb.waiting")),
        Column::text("opened", t.get("tsk.since")),
    ];
    let mut table = Table::new(t.get("inb.receipts"), columns);
    let found = inbound::summaries(sql, site, state, &asked.after, limit).await?;
    for Summary { receipt, announced: (code, supplier), counts: (lines, units, waiting) } in &found {
        let blind = supplier.is_empty();
        let href = format!("/desk/inbound/{}", receipt.id);
        let (tone, word) = state_of(seat, receipt);
        table.push(
            href.clone(),
            vec![
                Cell::link(href, if blind { short(&receipt.id.to_string()) } else { code.clone() }).mono(),
                Cell::badge(tone, word),
                Cell::text(if blind { t.get("inb.blind") } else { supplier.as_str() }),
                Cell::mute(seat.site_name(Some(receipt.site))),
                Cell::code(&receipt.dock_code),
                Cell::num(*lines),
                Cell::num(*units),
                Cell::num(*waiting),
                Cell::text(seat.when(receipt.opened_at)).by(receipt.opened_at.ms()),
            ],
        );
    }
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    Ok((table, found.last().filter(|_| full).map(|last| last.receipt.id.to_string()).unwrap_or_default()))
}

async fn announced(
    sql: &mut Sql,
    seat: &Seat,
    site: Option<SiteId>,
    after: &str,
    limit: i64,
) -> Result<Found, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("asn", t.get("inb.asn")),
        Column::text("state", t.get("col.state")),
        Column::text("supplier", t.get("inb.supplier")),
        Column::text("site", t.get("col.site")),
        Column::num("lines", t.get("ord.lines")),
        Column::num("units", t.get("stk.units")),
        Column::text("expected", t.get("col.due")),
    ];
    let mut table = Table::new(t.get("inb.expected"), columns);
    let found = inbound::asns(sql, site, Some(AsnState::Expected), after, limit).await?;
    let sums = match (found.last(), found.first()) {
        (Some(last), Some(first)) => inbound::asn_sums(sql, last.id, first.id).await?,
        _ => Vec::new(),
    };
    for asn in &found {
        let sum = sums.iter().find(|(id, ..)| *id == asn.id);
        let (lines, units) = sum.map_or((0, 0), |(_, lines, units)| (*lines, *units));
        let (tone, due) = seat.due(asn.expected_at);
        let due = if tone == Tone::Plain { Cell::text(due) } else { Cell::badge(tone, due) };
        table.push(
            "",
            vec![
                Cell::code(&asn.code),
                Cell::badge(Tone::Info, seat.word("asn", asn.state.as_str())),
                Cell::text(&asn.supplier),
                Cell::text(seat.site_name(Some(asn.site))),
                Cell::num(lines),
                Cell::num(units),
                due.under(seat.when(asn.expected_at)).by(asn.expected_at.ms()),
            ],
        );
    }
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    Ok((table, found.last().filter(|_| full).map(|last| last.id.to_string()).unwrap_or_default()))
}

fn state_of(seat: &Seat, receipt: &Receipt) -> (Tone, String) {
    let tone = if receipt.state == ReceiptState::Open { Tone::Info } else { Tone::Ok };
    (tone, seat.word("receipt", receipt.state.as_str()))
}

async fn visible(db: &Db, seat: &Seat, id: ReceiptId) -> Result<Receipt, Problem> {
    seat.caller.permit(Permission::InboundReceive, None)?;
    let mut read = db.read().await?;
    let found = inbound::by_id(read.sql(), id).await?;
    of_own_site(seat, Permission::InboundReceive, "receipt", found, |receipt| receipt.site)
}

/// One receipt.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    Path(id): Path<ReceiptId>,
    Query(asked): Query<Done>,
) -> Result<Response, Problem> {
    let receipt = visible(&db, &seat, id).await?;
    let notice = seat.done(&asked.done);
    page(&db, &seat, receipt, notice, StatusCode::OK).await
}

async fn page(
    db: &Db,
    seat: &Seat,
    receipt: Receipt,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let t = seat.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let mut book = Book::new(seat);
    let asn = match receipt.asn {
        Some(id) => inbound::asn_by_id(sql, id).await?,
        None => None,
    };
    let mut tables = vec![(t.get("inb.received").to_owned(), line_table(sql, seat, &mut book, &receipt).await?)];
    if let Some(asn) = &asn {
        tables.push((t.get("inb.announced").to_owned(), asn_table(sql, seat, &mut book, asn.id).await?));
    }
    let facts = log::story(sql, &receipt.id.to_string()).await?;
    let plain = |key: &str, text: String| (t.get(key).to_owned(), text, String::new());
    let view = Thing {
        t,
        frame: seat.frame("inbound", t.get("inb.receipt")),
        list: ("/desk/inbound", t.get("door.inbound").to_owned()),
        id: receipt.id.to_string(),
        title: asn
            .as_ref()
            .map_or_else(|| t.get("inb.blind").to_owned(), |asn| format!("{} {}", asn.supplier, asn.code)),
        state: state_of(seat, &receipt),
        lead: [seat.site_name(Some(receipt.site)), t.put("case.since", seat.when(receipt.opened_at))].join(" · "),
        notice,
        facts: vec![
            plain("inb.dock", receipt.dock_code.clone()),
            plain(
                "inb.supplier",
                asn.as_ref().map_or_else(|| t.get("inb.blind").to_owned(), |asn| asn.supplier.clone()),
            ),
            (t.get("tsk.task").to_owned(), short(&receipt.task.to_string()), format!("/desk/tasks/{}", receipt.task)),
        ],
        tables,
        story: story::moments(sql, &mut book, seat, &facts).await?,
        acts: Vec::new(),
    };
    draw_with(status, &view)
}

async fn line_table(sql: &mut Sql, seat: &Seat, book: &mut Book<'_>, receipt: &Receipt) -> Result<Table, Problem> {
    let t = seat.t;
    let may = seat.may(Permission::InboundApprove, Some(receipt.site));
    let columns = vec![
        Column::text("article", t.get("col.article")),
        Column::num("units", t.get("stk.units")),
        Column::text("condition", t.get("stk.condition")),
        Column::text("lot", t.get("stk.lot")).extra(),
        Column::text("state", t.get("col.state")),
        Column::text("by", t.get("evt.actor")).extra(),
        Column::text("take", ""),
        Column::text("reject", ""),
    ];
    let mut table = Table::new(t.get("inb.received"), columns);
    for line in inbound::lines(sql, receipt.id).await? {
        let (code, name) = book.article(sql, line.sku).await?;
        let deed = |name: &str, key: &str| match line.state {
            LineState::Waiting if may => {
                Cell::act(format!("/desk/inbound/{}/lines/{}/{name}", receipt.id, line.id), t.get(key))
            }
            _ => Cell::default(),
        };
        let tone = match line.state {
            LineState::Booked => Tone::Ok,
            LineState::Waiting => Tone::Warn,
            LineState::Rejected | LineState::Reversed => Tone::Off,
        };
        table.push(
            "",
            vec![
                Cell::link(format!("/desk/stock/{code}"), name).under(code),
                Cell::num(line.quantity),
                Cell::text(seat.word("condition", line.condition.as_str())),
                Cell::code(line.lot.clone()).under(line.sscc.clone()),
                Cell::badge(tone, seat.word("received", line.state.as_str())),
                Cell::mute(book.person(sql, &line.by).await?).under(seat.when(line.at)),
                deed("accept", "inb.accept"),
                deed("reject", "inb.reject"),
            ],
        );
    }
    Ok(table)
}

async fn asn_table(
    sql: &mut Sql,
    seat: &Seat,
    book: &mut Book<'_>,
    asn: crate::kernel::AsnId,
) -> Result<Table, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("article", t.get("col.article")),
        Column::num("units", t.get("stk.units")),
        Column::num("to_come", t.get("inb.to_come")),
        Column::num("sold_ahead", t.get("inb.sold_ahead")),
        Column::text("lot", t.get("stk.lot")),
        Column::text("pallet", t.get("inb.pallet")),
    ];
    let mut table = Table::new(t.get("inb.announced"), columns);
    let mut supplies = stock::supplies_of(sql, asn).await?;
    for line in inbound::asn_lines(sql, asn).await? {
        let (code, name) = book.article(sql, line.sku).await?;
        let article = Cell::link(format!("/desk/stock/{code}"), name).under(code);
        // Told once for an article, however many lines announce it.
        let told = supplies.iter().position(|supply| supply.sku == line.sku).map(|at| supplies.remove(at));
        let (to_come, sold) = match told {
            Some(supply) => (Cell::num(supply.expected), Cell::num(supply.pledged)),
            None => Default::default(),
        };
        let (lot, pallet) = (Cell::code(line.lot), Cell::code(line.sscc));
        table.push("", vec![article, Cell::num(line.quantity), to_come, sold, lot, pallet]);
    }
    Ok(table)
}

/// A supervisor takes in goods that wait, or does not.
pub async fn decide(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, line, word)): Path<(ReceiptId, String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/desk/inbound/{id}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    let receipt = visible(&db, &seat, id).await?;
    seat.caller.permit(Permission::InboundApprove, Some(receipt.site))?;
    let accept = word == "accept";
    let about = format!("{line} {accept}");
    let told = if accept { "taken_in" } else { "rejected" };
    let done =
        act(&db, &seat, &sent, (told, &about, &here), async |tx| inbound::approve(tx, id, &line, accept).await).await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, receipt, Some(notice), status).await).await
}
