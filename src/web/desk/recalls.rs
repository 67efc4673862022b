//! Recalls on the desk: the list with how far each is, one with the whole way of its
//! lot, and beginning and ending them. Deliberately absent: the cases of shoppers;
//! they have their own page.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    acts::{Done, Sent, act, seat_of, settled},
    book::{Book, page_of},
    frame::Tone,
    list::{Empty, List},
    seat::{CSV_ROWS, ROWS, Seat, actor},
    sheet, story,
    table::{Cell, Column, Table, short},
    thing::{Act, Thing},
};
use crate::{
    catalog,
    exchange::{Form, Path, Query},
    identity::{FormCaller, Permission},
    kernel::{RecallId, SkuId},
    problem::Problem,
    recalls::{self, Recall, RecallState, Trace},
    store::{Db, Sql, log},
    web::page::{Visit, draw_with, go},
};

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    csv: String,
}

fn state_of(seat: &Seat, recall: &Recall) -> (Tone, String) {
    let tone = match recall.state {
        RecallState::Open => Tone::Bad,
        RecallState::Closed => Tone::Off,
        RecallState::Lifted => Tone::Ok,
    };
    (tone, seat.word("recall", recall.state.as_str()))
}

/// The list, newest first; a typed article leads to its lots.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    seat.permit_any(&[Permission::StockAdjust, Permission::StockRead], None)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let mut read = db.read().await?;
    let sql = read.sql();
    if !asked.q.trim().is_empty()
        && let Some(article) = catalog::by_code(sql, &asked.q).await?
    {
        return Ok(go(&format!("/desk/recalls/of/{}", article.code)));
    }
    let columns = vec![
        Column::text("lot", t.get("stk.lot")),
        Column::text("article", t.get("col.article")),
        Column::text("state", t.get("col.state")),
        Column::num("stopped", t.get("rcl.stopped")),
        Column::num("bound", t.get("rcl.bound")),
        Column::num("cases", t.get("rcl.cases")),
        Column::text("since", t.get("col.time")).extra(),
        Column::text("reason", t.get("ord.reason")).extra(),
    ];
    let mut table = Table::new(t.get("door.recalls"), columns);
    let mut book = Book::new(&seat);
    for one in recalls::list(sql, "", if csv { CSV_ROWS } else { ROWS }).await? {
        let trace = recalls::trace(sql, one.sku, &one.lot).await?;
        let (code, name) = book.article(sql, one.sku).await?;
        let href = format!("/desk/recalls/{}", one.id);
        let (tone, word) = state_of(&seat, &one);
        let row = vec![
            Cell::link(href.clone(), one.lot.clone()).mono(),
            Cell::text(name).over(code),
            Cell::badge(tone, word),
            Cell::num(trace.stopped()),
            Cell::num(trace.bound()),
            Cell::num(i64::try_from(trace.open_cases()).unwrap_or(i64::MAX)),
            Cell::text(seat.when(one.opened_at)).by(one.opened_at.ms()),
            Cell::text(one.reason),
        ];
        table.push(href, row);
    }
    if csv {
        return sheet::csv(&table);
    }
    sheet::draw_list(&List {
        lead: t.get("rcl.lead").to_owned(),
        action: "/desk/recalls".to_owned(),
        search: t.get("rcl.search").to_owned(),
        q: asked.q.clone(),
        csv: sheet::query("/desk/recalls", &[("csv", "1")]),
        empty: Empty { head: t.get("rcl.none").to_owned(), rest: t.get("rcl.none_hint").to_owned() },
        topic: "recall.opened",
        ..List::new(t, seat.frame("recalls", t.get("door.recalls")), t.get("door.recalls"), table)
    })
}

/// Where goods of the lot are.
async fn places(sql: &mut Sql, seat: &Seat, book: &mut Book<'_>, trace: &Trace) -> Result<Table, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("site", t.get("col.site")),
        Column::text("place", t.get("rcl.places")),
        Column::text("state", t.get("col.state")),
        Column::num("units", t.get("stk.units")),
    ];
    let mut table = Table::new(t.get("rcl.places"), columns);
    for one in &trace.places {
        let (tone, word) = match one.bound {
            true => (Tone::Warn, t.get("rcl.in_order").to_owned()),
            false => (Tone::Off, seat.word("condition", one.condition.as_str())),
        };
        let holder = book.holder(sql, &one.holder).await?;
        let row = vec![
            Cell::text(seat.site_name(Some(one.site))),
            Cell::code(holder),
            Cell::badge(tone, word),
            Cell::num(one.quantity),
        ];
        table.push(String::new(), row);
    }
    Ok(table)
}

/// Who got some.
fn receivers(seat: &Seat, trace: &Trace) -> Table {
    let t = seat.t;
    let columns = vec![
        Column::text("order", t.get("ord.title")),
        Column::num("units", t.get("stk.units")),
        Column::text("state", t.get("col.state")),
    ];
    let mut table = Table::new(t.get("rcl.forward"), columns);
    for one in &trace.receivers {
        let (href, number) = match one.number.is_empty() {
            true => (String::new(), t.get("rcl.counter").to_owned()),
            false => (format!("/desk/orders/{}", one.order), one.number.clone()),
        };
        let (tone, key) = if one.case_open { (Tone::Bad, "rcl.to_call") } else { (Tone::Ok, "rcl.called") };
        let row = vec![
            Cell::link(href.clone(), number).mono(),
            Cell::num(one.quantity),
            Cell::badge(tone, t.get(key).to_owned()),
        ];
        table.push(href, row);
    }
    for one in &trace.counters {
        let row = vec![
            Cell::code(one.reference.clone()).under(t.get("rcl.counter")),
            Cell::num(one.quantity),
            Cell::mute(seat.when(one.at)),
        ];
        table.push(String::new(), row);
    }
    table
}

/// Where it came from.
fn origins(seat: &Seat, trace: &Trace) -> Table {
    let t = seat.t;
    let columns = vec![
        Column::text("receipt", t.get("door.inbound")),
        Column::text("supplier", t.get("inb.supplier")),
        Column::text("at", t.get("col.time")),
        Column::num("units", t.get("stk.units")),
    ];
    let mut table = Table::new(t.get("rcl.back"), columns);
    for one in &trace.origins {
        let row = vec![
            Cell::link(page_of(&one.reference), short(&one.reference)).mono(),
            Cell::text(one.supplier.clone()),
            Cell::text(seat.when(one.at)).by(one.at.ms()),
            Cell::num(one.quantity),
        ];
        table.push(String::new(), row);
    }
    table
}

/// One recall.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    Path(id): Path<RecallId>,
    Query(asked): Query<Done>,
) -> Result<Response, Problem> {
    let notice = seat.done(&asked.done);
    page(&db, &seat, id, notice, StatusCode::OK).await
}

async fn page(
    db: &Db,
    seat: &Seat,
    id: RecallId,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    seat.permit_any(&[Permission::StockAdjust, Permission::StockRead], None)?;
    let t = seat.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let recall = recalls::by_id(sql, id).await?.ok_or_else(|| Problem::not_found("recall"))?;
    let trace = recalls::trace(sql, recall.sku, &recall.lot).await?;
    let mut book = Book::new(seat);
    let (code, name) = book.article(sql, recall.sku).await?;
    let facts = log::story(sql, &id.to_string()).await?;
    let by = actor(sql, seat, &recall.opened_by).await?;
    let plain = |key: &str, text: String| (t.get(key).to_owned(), text, String::new());
    let mut acts = Vec::new();
    if recall.state == RecallState::Open && seat.caller.permit_house(Permission::StockAdjust).is_ok() {
        let (label, action) = (t.get("rcl.close").to_owned(), format!("/desk/recalls/{id}/close"));
        let hint = t.get("rcl.close_hint").to_owned();
        acts.push(Act { label, action, icon: "check", main: true, hint, ..Act::default() });
        let (label, action) = (t.get("rcl.lift").to_owned(), format!("/desk/recalls/{id}/lift"));
        acts.push(Act { label, action, hint: t.get("rcl.lift_hint").to_owned(), ..Act::default() });
    }
    let view = Thing {
        t,
        frame: seat.frame("recalls", t.get("door.recalls")),
        list: ("/desk/recalls", t.get("door.recalls").to_owned()),
        id: short(&id.to_string()),
        title: format!("{name}, {} {}", t.get("stk.lot"), recall.lot),
        state: state_of(seat, &recall),
        lead: recall.reason.clone(),
        notice,
        facts: vec![
            (t.get("col.article").to_owned(), code.clone(), format!("/desk/stock/{code}")),
            plain("rcl.at_first", recall.stopped.to_string()),
            plain("rcl.stopped", trace.stopped().to_string()),
            plain("rcl.bound", trace.bound().to_string()),
            plain("rcl.cases", trace.open_cases().to_string()),
            plain("rcl.by", by),
        ],
        tables: vec![
            (t.get("rcl.places").to_owned(), places(sql, seat, &mut book, &trace).await?),
            (t.get("rcl.forward").to_owned(), receivers(seat, &trace)),
            (t.get("rcl.back").to_owned(), origins(seat, &trace)),
        ],
        story: story::moments(sql, &mut book, seat, &facts).await?,
        acts,
    };
    draw_with(status, &view)
}

/// Lots of an article, one of which may be called back.
pub async fn of_article(State(db): State<Db>, seat: Seat, Path(code): Path<String>) -> Result<Response, Problem> {
    choose(&db, &seat, &code, None, StatusCode::OK).await
}

async fn choose(
    db: &Db,
    seat: &Seat,
    code: &str,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    seat.caller.permit_house(Permission::StockAdjust)?;
    let t = seat.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let article = catalog::by_code(sql, code).await?.ok_or_else(|| Problem::not_found("article"))?;
    let lots = recalls::lots_of(sql, article.id).await?;
    let deed = |key: &str, hint: &str, word: &str, main| Act {
        label: t.get(key).to_owned(),
        action: format!("/desk/recalls/of/{}/{word}", article.code),
        icon: "stop",
        main,
        choice: ("state", t.get("stk.lot").to_owned(), lots.iter().map(|lot| (lot.clone(), lot.clone())).collect()),
        note: ("reason", t.get("ord.reason").to_owned()),
        hint: t.get(hint).to_owned(),
    };
    let acts = match lots.is_empty() {
        true => Vec::new(),
        false => vec![
            deed("rcl.open", "rcl.open_hint", "recall", true),
            deed("rcl.quarantine", "rcl.quarantine_hint", "quarantine", false),
        ],
    };
    let state = if lots.is_empty() {
        (Tone::Off, t.get("rcl.no_lots").to_owned())
    } else {
        (Tone::Plain, t.count("rcl.lots", lots.len()))
    };
    let view = Thing {
        t,
        frame: seat.frame("recalls", t.get("door.recalls")),
        list: ("/desk/recalls", t.get("door.recalls").to_owned()),
        id: article.code.clone(),
        title: t.name(&article.name.en, &article.name.zh).to_owned(),
        state,
        lead: t.get("rcl.lead").to_owned(),
        notice,
        facts: vec![(t.get("col.article").to_owned(), article.code.clone(), format!("/desk/stock/{}", article.code))],
        tables: Vec::new(),
        story: Vec::new(),
        acts,
    };
    draw_with(status, &view)
}

/// Calls a lot back, or puts it into quarantine.
pub async fn begin(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((code, word)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/desk/recalls/of/{code}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    seat.caller.permit_house(Permission::StockAdjust)?;
    let mut read = db.read().await?;
    let article = catalog::by_code(read.sql(), &code).await?.ok_or_else(|| Problem::not_found("article"))?;
    drop(read);
    let (sku, about): (SkuId, String) = (article.id, format!("{here} {word}"));
    let (lot, why, quarantine) = (sent.state.clone(), sent.why(), word == "quarantine");
    let done = act(&db, &seat, &sent, ("recalled", &about, "/desk/recalls"), async |tx| {
        recalls::open(tx, sku, &lot, quarantine, &why).await.map(drop)
    })
    .await?;
    settled(&seat, done, async |notice, status| choose(&db, &seat, &code, Some(notice), status).await).await
}

/// Ends a recall, or lifts it.
pub async fn end(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, word)): Path<(RecallId, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/desk/recalls/{id}");
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    seat.caller.permit_house(Permission::StockAdjust)?;
    let lift = word == "lift";
    let about = format!("{here} {word}");
    let done =
        act(&db, &seat, &sent, ("recall_ended", &about, &here), async |tx| recalls::close(tx, id, lift).await).await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, id, Some(notice), status).await).await
}
