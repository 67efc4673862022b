//! Cases on the desk: the list, one case, and its deeds: take, give, note, close.
//! Deliberately absent: what mends a case; the pages it links to do.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    book::{Book, page_of},
    case::{CasePage, WayOut},
    frame::Tone,
    list::{Empty, Filter, List, Tab},
    order::Moment,
    seat::{CSV_ROWS, ROWS, Seat},
    sheet, story,
    table::{Cell, Column, Table, short},
};
use crate::{
    cases::{self, Case, CaseCode, CaseState, Resolution, Severity},
    exchange::{Form, Path, Query},
    identity::{self, FormCaller, Permission},
    inbound,
    kernel::{CaseId, Stop, UserId},
    orders,
    problem::Problem,
    store::{Db, Sql, Tx, log},
    transport,
    web::{
        format,
        forms::once,
        page::{Visit, draw_with, go},
        telling::titled,
    },
};

/// How much a case matters, as a badge.
pub fn severity(seat: &Seat, severity: Severity) -> (Tone, String) {
    let tone = match severity {
        Severity::Urgent => Tone::Bad,
        Severity::High => Tone::Warn,
        Severity::Normal => Tone::Info,
        Severity::Low => Tone::Plain,
    };
    (tone, seat.word("severity", severity.as_str()))
}

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    view: String,
    site: String,
    code: String,
    after: String,
    csv: String,
}

impl Asked {
    fn with(&self, name: &str, value: &str) -> String {
        let mut pairs = vec![("view", self.view.as_str()), ("site", self.site.as_str()), ("code", self.code.as_str())];
        pairs.retain(|(key, _)| *key != name);
        pairs.push((name, value));
        sheet::query("/desk/cases", &pairs)
    }
}

/// The list, the most urgent first.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let site = seat.scope(Permission::CaseHandle, &asked.site)?;
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let filter = cases::Filter {
        site,
        state: Some(if asked.view == "closed" { CaseState::Closed } else { CaseState::Open }),
        code: asked.code.parse().ok(),
        owner: seat.caller.user().filter(|_| asked.view == "mine"),
        unowned: asked.view == "nobody",
        ..cases::Filter::default()
    };
    let limit = if csv { CSV_ROWS } else { ROWS };
    let mut read = db.read().await?;
    let sql = read.sql();
    let found = cases::list(sql, &filter, &asked.after, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().filter(|_| full).map(|last| asked.with("after", &cases::cursor(last))).unwrap_or_default();
    let table = rows(sql, &seat, &found).await?;
    if csv {
        return sheet::csv(&table);
    }
    let (mut open, mut marks) = (0, Vec::new());
    for (at, level, count) in cases::open_severities(sql).await? {
        if site.is_some() && site != at {
            continue;
        }
        open += count;
        if matches!(level, Severity::Urgent | Severity::High) {
            let (tone, word) = severity(&seat, level);
            match marks.iter_mut().find(|(known, _, _): &&mut (Tone, String, i64)| *known == tone) {
                Some(mark) => mark.2 += count,
                None => marks.push((tone, word, count)),
            }
        }
    }
    let tab = |view: &str, key: &str, count| Tab {
        label: t.get(key).to_owned(),
        href: asked.with("view", view),
        count,
        on: asked.view == view,
    };
    sheet::draw_list(&List {
        total: (asked.view.is_empty() && asked.code.is_empty()).then_some(open),
        lead: t.get("case.lead").to_owned(),
        marks: marks.into_iter().map(|(tone, word, count)| (tone, format!("{count} {word}"))).collect(),
        tabs: vec![
            tab("", "view.open", Some(open)),
            tab("mine", "view.mine", None),
            tab("nobody", "view.nobody", None),
            tab("closed", "view.closed", None),
        ],
        action: "/desk/cases".to_owned(),
        filters: vec![
            seat.site_filter(Permission::CaseHandle, site),
            codes(&seat, &asked.code),
            Filter::kept("view", &asked.view),
        ],
        next,
        csv: asked.with("csv", "1"),
        empty: Empty { head: t.get("case.none").to_owned(), rest: t.get("case.none_hint").to_owned() },
        topic: "case.opened",
        ..List::new(t, seat.frame("cases", t.get("door.cases")), t.get("door.cases"), table)
    })
}

fn codes(seat: &Seat, chosen: &str) -> Filter {
    let any = (String::new(), seat.t.get("flt.any_kind").to_owned(), chosen.is_empty());
    let each = CaseCode::ALL.iter().map(|code| {
        let title = cases::guide(*code).title;
        (code.to_string(), seat.t.name(&title.en, &title.zh).to_owned(), code.as_str() == chosen)
    });
    Filter {
        name: "code",
        label: seat.t.get("flt.kind").to_owned(),
        options: std::iter::once(any).chain(each).collect(),
    }
}

async fn rows(sql: &mut Sql, seat: &Seat, found: &[Case]) -> Result<Table, Problem> {
    let t = seat.t;
    let columns = vec![
        Column::text("case", t.get("col.case")),
        Column::text("severity", t.get("col.severity")),
        Column::text("about", t.get("case.about")),
        Column::text("site", t.get("col.site")).extra(),
        Column::text("owner", t.get("case.owner")),
        Column::num("age", t.get("col.age")),
        Column::num("due", t.get("col.due")),
    ];
    let mut table = Table::new(t.get("door.cases"), columns);
    let mut book = Book::new(seat);
    for case in found {
        let title = cases::guide(case.code).title;
        let href = format!("/desk/cases/{}", case.id);
        let (tone, word) = severity(seat, case.severity);
        let (due_tone, due) = seat.due(case.due_at);
        let owner = match case.owner {
            Some(owner) => Cell::text(book.person(sql, &owner.to_string()).await?),
            None => Cell::mute(t.get("case.unowned")),
        };
        let (about, _) = about_of(sql, seat, &case.about).await?;
        let detail = book.detail(sql, &case.detail).await?;
        let age = format::minutes_until(case.opened_at, case.closed_at.unwrap_or(seat.now));
        let due = match (case.closed_at, due_tone) {
            (Some(at), _) => Cell::badge(Tone::Ok, t.put("case.closed_at", seat.when(at))),
            (None, Tone::Plain) => Cell::text(due),
            (None, tone) => Cell::badge(tone, due),
        };
        table.push(
            href.clone(),
            vec![
                Cell::link(href, t.name(&title.en, &title.zh)).under(detail.chars().take(90).collect::<String>()),
                Cell::badge(tone, word).by(case.severity.rank()),
                Cell::text(about).mono(),
                Cell::text(seat.site_name(case.site)),
                owner,
                Cell::shown(format::span(t, age), age),
                due.by(case.due_at.ms()),
            ],
        );
    }
    Ok(table)
}

/// What a case is about, as people call it, and where that is.
async fn about_of(sql: &mut Sql, seat: &Seat, id: &str) -> Result<(String, String), Problem> {
    let order = match id.parse() {
        Ok(order) => orders::by_id(sql, order).await?,
        Err(_) => None,
    };
    if let Some(order) = order {
        return Ok((order.number, page_of(id)));
    }
    if let Ok(parcel) = id.parse()
        && let Some(parcel) = transport::parcel_by_id(sql, parcel).await?
    {
        return Ok((parcel.sscc, page_of(&parcel.order.to_string())));
    }
    if let Ok(unit) = id.parse()
        && let Some(unit) = crate::units::by_id(sql, unit).await?
    {
        return Ok((unit.code, String::new()));
    }
    if let Ok(bin) = id.parse()
        && let Some(bin) = crate::layout::bin(sql, bin).await?
    {
        return Ok((bin.code, String::new()));
    }
    if let Ok(task) = id.parse()
        && let Some(task) = crate::tasks::by_id(sql, task).await?
    {
        let kind = seat.word("task", task.kind.as_str());
        return Ok((format!("{kind}: {}", titled(seat.t, &task.title)), page_of(id)));
    }
    if let Ok(receipt) = id.parse()
        && let Some(receipt) = inbound::by_id(sql, receipt).await?
        && let Some(asn) = receipt.asn
        && let Some(asn) = inbound::asn_by_id(sql, asn).await?
    {
        return Ok((asn.code, page_of(id)));
    }
    Ok((short(id), page_of(id)))
}

/// A case the person may handle; another is as good as none.
async fn visible(db: &Db, seat: &Seat, id: CaseId) -> Result<Case, Problem> {
    seat.caller.permit(Permission::CaseHandle, None)?;
    let mut read = db.read().await?;
    let case = cases::by_id(read.sql(), id).await?.ok_or_else(|| Problem::not_found("case"))?;
    let may = match case.site {
        Some(site) => seat.caller.permit(Permission::CaseHandle, Some(site)),
        None => seat.caller.permit_house(Permission::CaseHandle),
    };
    may.map_err(|_| Problem::not_found("case"))?;
    Ok(case)
}

/// The page of a case.
pub async fn show(State(db): State<Db>, seat: Seat, Path(id): Path<CaseId>) -> Result<Response, Problem> {
    let case = visible(&db, &seat, id).await?;
    page(&db, &seat, case, String::new(), StatusCode::OK).await
}

async fn page(db: &Db, seat: &Seat, case: Case, problem: String, status: StatusCode) -> Result<Response, Problem> {
    let t = seat.t;
    let guide = cases::guide(case.code);
    let mut read = db.read().await?;
    let sql = read.sql();
    let mut book = Book::new(seat);
    let facts = log::story(sql, &case.id.to_string()).await?;
    let mut told = story::told(sql, &mut book, seat, &facts).await?;
    // The page itself is what they would lead to.
    told.iter_mut().for_each(|(_, moment)| moment.link = Default::default());
    for note in cases::notes(sql, case.id).await? {
        let who = book.person(sql, &note.by).await?;
        told.push((note.at, said(seat, t.get("case.said"), &note.text, who, note.at)));
    }
    let photos = cases::photos(sql, case.id).await?;
    let shot = |one: &cases::PhotoOf| {
        (format!("/api/v1/cases/{}/photos/{}", case.id, one.number), format!("{} · {}", one.number, seat.when(one.at)))
    };
    let mut about = vec![];
    let (name, href) = about_of(sql, seat, &case.about).await?;
    about.push((seat.word("thing", case.about.split('_').next().unwrap_or_default()), name, href));
    for link in &case.links {
        let (name, href) = about_of(sql, seat, link).await?;
        about.push((seat.word("thing", link.split('_').next().unwrap_or_default()), name, href));
    }
    about.push((t.get("case.times").to_owned(), case.times.to_string(), String::new()));
    let owner = match case.owner {
        Some(owner) => book.person(sql, &owner.to_string()).await?,
        None => String::new(),
    };
    let site = seat.site_name(case.site);
    let detail = book.detail(sql, &case.detail).await?;
    let lead = [detail, site, t.put("case.since", format::near(t, seat.now, case.opened_at, &seat.zone))];
    let view = CasePage {
        t,
        frame: seat.frame("cases", t.name(&guide.title.en, &guide.title.zh)),
        id: case.id.to_string(),
        code: case.code.to_string(),
        title: t.name(&guide.title.en, &guide.title.zh).to_owned(),
        advice: t.name(&guide.advice.en, &guide.advice.zh).to_owned(),
        severity: severity(seat, case.severity),
        due: if case.state == CaseState::Open {
            seat.due(case.due_at)
        } else {
            (Tone::Ok, seat.word("case", "closed"))
        },
        lead: lead.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "),
        mine: case.owner.is_some() && case.owner == seat.caller.user(),
        owner,
        open: case.state == CaseState::Open,
        ended: ended(sql, seat, &mut book, &case).await?,
        about,
        facts: None,
        photos: photos.iter().map(shot).collect(),
        ways: guide.resolutions.iter().map(|one| way(seat, *one)).collect(),
        story: story::by_day(seat, told),
        people: handlers(sql, &case).await?,
        problem,
    };
    draw_with(status, &view)
}

fn said(seat: &Seat, head: &str, text: &str, who: String, at: crate::kernel::Time) -> Moment {
    Moment {
        time: format::clock_s(at, &seat.zone),
        machine: seat.machine(at),
        head: head.to_owned(),
        rest: text.to_owned(),
        who,
        group: "case",
        ..Moment::default()
    }
}

fn way(seat: &Seat, one: Resolution) -> WayOut {
    WayOut { code: one.to_string(), label: seat.word("resolution", one.as_str()), note: one == Resolution::Settled }
}

async fn ended(sql: &mut Sql, seat: &Seat, book: &mut Book<'_>, case: &Case) -> Result<String, Problem> {
    let (Some(at), Some(how)) = (case.closed_at, case.resolution) else { return Ok(String::new()) };
    let who = book.person(sql, case.closed_by.as_deref().unwrap_or("house")).await?;
    let who = if who.is_empty() { seat.t.get("case.by_itself").to_owned() } else { who };
    Ok(seat.t.put3("case.ended", seat.word("resolution", how.as_str()), who, seat.when(at)))
}

/// People who may handle cases where this one is.
async fn handlers(sql: &mut Sql, case: &Case) -> Result<Vec<(String, String)>, Problem> {
    let mut found = Vec::new();
    for person in identity::people(sql, "", 500).await? {
        let grants = identity::permissions_of(sql, &person.grants).await.map_err(Problem::from)?;
        let may = grants.iter().any(|(grant, permissions)| {
            permissions.contains(&Permission::CaseHandle) && (grant.site.is_none() || grant.site == case.site)
        });
        if may && person.active {
            found.push((person.id.to_string(), person.name));
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}

/// What these forms carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    csrf: String,
    command_id: String,
    owner: String,
    note: String,
    resolution: String,
}

async fn act<F>(
    db: &Db,
    visit: Visit,
    caller: FormCaller,
    id: CaseId,
    sent: &Sent,
    name: &str,
    deed: F,
) -> Result<Response, Problem>
where
    F: AsyncFnOnce(&mut Tx, &Seat) -> Result<(), Stop>,
{
    let caller = caller.checked(&sent.csrf)?;
    let here = format!("/desk/cases/{id}");
    let seat = Seat::at(db, visit, caller, here.clone()).await?;
    let case = visible(db, &seat, id).await?;
    let body = format!("{name} {id} {} {} {}", sent.owner, sent.resolution, sent.note);
    let done: Result<(), Problem> =
        once(db, seat.caller.id(), &sent.command_id, &body, async |tx| deed(tx, &seat).await).await;
    match done {
        Ok(()) => Ok(go(&here)),
        Err(problem) if problem.status < 500 => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            let wrong = seat.refusal(&problem).1;
            page(db, &seat, case, wrong, status).await
        }
        Err(problem) => Err(problem),
    }
}

/// The person takes it.
pub async fn take(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<CaseId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    act(&db, visit, caller, id, &sent, "take", async |tx, seat| cases::assign(tx, id, seat.caller.user()).await).await
}

/// Gives it to somebody.
pub async fn assign(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<CaseId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let owner = sent.owner.parse::<UserId>().map_err(|_| Problem::not_found("person"))?;
    act(&db, visit, caller, id, &sent, "give", async |tx, _| cases::assign(tx, id, Some(owner)).await).await
}

/// Writes a note on it.
pub async fn note(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<CaseId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    act(&db, visit, caller, id, &sent, "note", async |tx, _| cases::note(tx, id, &sent.note).await).await
}

/// Closes it in one of its ways.
pub async fn close(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<CaseId>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    act(&db, visit, caller, id, &sent, "close", async |tx, _| {
        let wrong = || cases::Refusal::BadResolution { resolution: sent.resolution.clone(), possible: Vec::new() };
        let resolution: Resolution = sent.resolution.parse().map_err(|_| wrong())?;
        cases::close(tx, id, resolution, Some(&sent.note)).await
    })
    .await
}
