//! Print jobs: the list, and starting, repeating or confirming one. Deliberately
//! absent: paper.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    acts::{Done, Sent, act, seat_of, settled},
    frame::Tone,
    list::{Empty, Filter, List, Tab},
    seat::{CSV_ROWS, ROWS, Seat},
    sheet,
    table::{Cell, Column, Table, short},
};
use crate::{
    exchange::{Form, Path, Query},
    identity::{FormCaller, Permission},
    kernel::PrintId,
    printing::{self, Print, PrintState},
    problem::Problem,
    store::Db,
    transport,
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
        sheet::query("/desk/printing", &pairs)
    }
}

fn tone(state: PrintState) -> Tone {
    match state {
        PrintState::Queued => Tone::Warn,
        PrintState::Sending => Tone::Info,
        PrintState::Done => Tone::Ok,
        PrintState::Failed => Tone::Bad,
        PrintState::Void => Tone::Off,
    }
}

/// The list, newest first.
pub async fn list(
    State(db): State<Db>,
    seat: Seat,
    Query(asked): Query<Asked>,
    Query(after): Query<Done>,
) -> Result<Response, Problem> {
    let notice = seat.done(&after.done);
    page(&db, &seat, &asked, notice, StatusCode::OK).await
}

async fn page(
    db: &Db,
    seat: &Seat,
    asked: &Asked,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let site = seat.scope(Permission::WorkDo, &asked.site)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let limit = if csv { CSV_ROWS } else { ROWS };
    let mut read = db.read().await?;
    let found = printing::list(read.sql(), site, asked.view.parse().ok(), &asked.after, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().filter(|_| full).map(|last| asked.with("after", &last.id.to_string())).unwrap_or_default();
    let mut table = Table::new(t.get("door.prints"), columns(seat));
    for print in &found {
        let about = match print.subject.parse() {
            Ok(parcel) => transport::parcel_by_id(read.sql(), parcel).await?,
            Err(_) => None,
        };
        let subject = match about {
            Some(parcel) => Cell::link(format!("/desk/orders/{}", parcel.order), parcel.sscc).mono(),
            None => Cell::code(short(&print.subject)),
        };
        table.push("", row(seat, print, subject));
    }
    if csv {
        return sheet::csv(&table);
    }
    let tab =
        |view: &str, label: String| Tab { label, href: asked.with("view", view), count: None, on: asked.view == view };
    let mut tabs = vec![tab("", t.get("view.all").to_owned())];
    tabs.extend(PrintState::ALL.iter().map(|state| tab(state.as_str(), seat.word("print", state.as_str()))));
    draw_with(
        status,
        &List {
            lead: t.get("prt.lead").to_owned(),
            notice,
            tabs,
            action: "/desk/printing".to_owned(),
            filters: vec![seat.site_filter(Permission::WorkDo, site), Filter::kept("view", &asked.view)],
            next,
            csv: asked.with("csv", "1"),
            empty: Empty { head: t.get("prt.none").to_owned(), rest: t.get("prt.none_hint").to_owned() },
            topic: "print.queued",
            ..List::new(t, seat.frame("prints", t.get("door.prints")), t.get("door.prints"), table)
        },
    )
}

fn columns(seat: &Seat) -> Vec<Column> {
    let t = seat.t;
    vec![
        Column::text("at", t.get("col.time")),
        Column::text("state", t.get("col.state")),
        Column::text("kind", t.get("col.what")),
        Column::text("subject", t.get("case.about")),
        Column::text("site", t.get("col.site")).extra(),
        Column::text("printer", t.get("prt.printer")),
        Column::num("copies", t.get("prt.copies")),
        Column::text("page", t.get("prt.page")),
        Column::text("deed", ""),
    ]
}

fn row(seat: &Seat, print: &Print, subject: Cell) -> Vec<Cell> {
    let t = seat.t;
    let (name, key) = match print.state {
        PrintState::Done => ("reprint", "ord.reprint"),
        PrintState::Failed => ("retry", "prt.retry"),
        PrintState::Queued if print.printer.is_empty() => ("confirm", "prt.confirm"),
        _ => ("", ""),
    };
    let deed = if name.is_empty() {
        Cell::default()
    } else {
        Cell::act(format!("/desk/printing/{}/{name}", print.id), t.get(key))
    };
    let printer = if print.printer.is_empty() { t.get("prt.browser").to_owned() } else { print.printer.clone() };
    vec![
        Cell::text(seat.when(print.touched_at)).by(print.touched_at.ms()),
        Cell::badge(tone(print.state), seat.word("print", print.state.as_str()))
            .under(print.error.clone().unwrap_or_default()),
        Cell::text(seat.word("label", print.kind.as_str())),
        subject,
        Cell::mute(seat.site_name(Some(print.site))),
        Cell::text(printer).under(print.station.clone()),
        Cell::num(print.copies),
        Cell::link(format!("/api/v1/prints/{}.pdf", print.id), "PDF"),
        deed,
    ]
}

/// Repeats, starts again, or confirms a job.
pub async fn deed(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, name)): Path<(PrintId, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let seat = seat_of(&db, visit, caller, &sent, "/desk/printing").await?;
    let mut read = db.read().await?;
    let print = printing::by_id(read.sql(), id).await?.ok_or_else(|| Problem::not_found("print job"))?;
    drop(read);
    seat.caller.permit(Permission::WorkDo, Some(print.site))?;
    let (told, about) = (if name == "confirm" { "confirmed" } else { "queued" }, format!("{id} {name}"));
    let done = act(&db, &seat, &sent, (told, &about, "/desk/printing"), async |tx| match name.as_str() {
        "reprint" => printing::reprint(tx, id).await,
        "confirm" => printing::confirm(tx, id).await,
        _ => printing::retry(tx, id, None).await,
    })
    .await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, &Asked::default(), Some(notice), status).await).await
}
