//! Decisions: the list, and each one opened by "why?". Deliberately absent:
//! changing them.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use serde_json::Value;

use super::{
    book::{Book, page_of},
    frame::REASONS,
    list::{Empty, Filter, List},
    seat::{CSV_ROWS, ROWS, Seat},
    sheet,
    table::{Cell, Column, Table, grouped, short},
    why::{Candidate, Decision, WhyPage, WhyPart},
};
use crate::{
    decisions::{self, DecisionKind},
    exchange::{Path, Query},
    identity::Sites,
    kernel::{DecisionId, SiteId},
    orders,
    problem::Problem,
    store::{Db, Sql},
    web::page::draw,
};

/// What the list may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    kind: String,
    site: String,
    after: String,
    csv: String,
}

/// True if the person may see why something was chosen at a site.
fn may(seat: &Seat, site: Option<SiteId>) -> bool {
    REASONS.iter().any(|one| match site {
        Some(site) => seat.caller.sites(*one).holds(site),
        None => seat.caller.sites(*one) == Sites::All,
    })
}

/// The subject that a typed order number, or an id, stands for.
async fn subject(sql: &mut Sql, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let order = orders::by_number(sql, &text.to_uppercase()).await?;
    Ok(order.map_or_else(|| text.to_owned(), |order| order.id.to_string()))
}

/// The list, newest first.
pub async fn list(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    seat.permit_any(REASONS, None)?;
    let site = if asked.site.is_empty() { None } else { Some(seat.by_code(&asked.site)?.id) };
    let (t, csv) = (seat.t, !asked.csv.is_empty());
    let limit = if csv { CSV_ROWS } else { ROWS };
    let mut read = db.read().await?;
    let sql = read.sql();
    let subject = subject(sql, &asked.q).await?;
    let found = decisions::list(sql, asked.kind.parse().ok(), site, &subject, &asked.after, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count >= limit);
    let last = found.last().filter(|_| full).map(|one| one.id.to_string()).unwrap_or_default();
    let mut table = Table::new(t.get("door.decisions"), columns(&seat));
    let mut book = Book::new(&seat);
    for one in found.iter().filter(|one| may(&seat, one.site)) {
        let shown = view(sql, &mut book, &seat, one).await?;
        let why = Cell::why(&one.id.to_string(), t.get("why.link"));
        let gap = one.gap_permille().map_or_else(|| Cell::mute("–"), |gap| Cell::shown(permille(gap), gap));
        table.push(
            format!("/desk/decisions/{}", one.id),
            vec![
                Cell::text(seat.when(one.at)).by(one.at.ms()),
                Cell::text(seat.word("decision", one.kind.as_str())),
                Cell::link(shown.subject.1, shown.subject.0).mono(),
                Cell::text(shown.chosen.chars().take(60).collect::<String>()),
                Cell::mute(shown.method),
                Cell::mute(seat.site_name(one.site)),
                gap,
                Cell::shown(took(one.took_us), one.took_us),
                why,
            ],
        );
    }
    if csv {
        return sheet::csv(&table);
    }
    let own = [("q", asked.q.as_str()), ("kind", asked.kind.as_str()), ("site", asked.site.as_str())];
    let with = |more: (&'static str, &str)| {
        let mut pairs = own.to_vec();
        pairs.push((more.0, more.1));
        sheet::query("/desk/decisions", &pairs)
    };
    sheet::draw_list(&List {
        lead: t.get("why.lead").to_owned(),
        action: "/desk/decisions".to_owned(),
        search: t.get("why.search").to_owned(),
        q: asked.q.clone(),
        filters: vec![kinds(&seat, &asked.kind), sites(&seat, site)],
        next: if last.is_empty() { String::new() } else { with(("after", &last)) },
        csv: with(("csv", "1")),
        empty: Empty { head: t.get("why.none").to_owned(), rest: t.get("why.none_hint").to_owned() },
        ..List::new(t, seat.frame("decisions", t.get("door.decisions")), t.get("door.decisions"), table)
    })
}

fn columns(seat: &Seat) -> Vec<Column> {
    let t = seat.t;
    vec![
        Column::text("at", t.get("col.time")),
        Column::text("kind", t.get("col.what")),
        Column::text("subject", t.get("case.about")),
        Column::text("chosen", t.get("why.chosen")),
        Column::text("method", t.get("col.how")).extra(),
        Column::text("site", t.get("col.site")).extra(),
        Column::num("gap", t.get("col.gap")),
        Column::num("took", t.get("col.took")),
        Column::text("why", ""),
    ]
}

fn kinds(seat: &Seat, chosen: &str) -> Filter {
    let any = (String::new(), seat.t.get("flt.any_kind").to_owned(), chosen.is_empty());
    let each = DecisionKind::ALL
        .iter()
        .map(|one| (one.to_string(), seat.word("decision", one.as_str()), one.as_str() == chosen));
    Filter {
        name: "kind",
        label: seat.t.get("flt.kind").to_owned(),
        options: std::iter::once(any).chain(each).collect(),
    }
}

fn sites(seat: &Seat, chosen: Option<SiteId>) -> Filter {
    let any = (String::new(), seat.t.get("flt.any_site").to_owned(), chosen.is_none());
    let own = seat.sites.iter().filter(|site| site.active && may(seat, Some(site.id)));
    let each = own.map(|site| (site.code.clone(), seat.site_name(Some(site.id)), chosen == Some(site.id)));
    Filter {
        name: "site",
        label: seat.t.get("flt.site").to_owned(),
        options: std::iter::once(any).chain(each).collect(),
    }
}

/// One decision: as a page, or as a panel beside the page that asked.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    headers: HeaderMap,
    Path(id): Path<DecisionId>,
) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let found = decisions::by_id(read.sql(), id).await?.filter(|one| may(&seat, one.site));
    let found = found.ok_or_else(|| Problem::not_found("decision"))?;
    let d = view(read.sql(), &mut Book::new(&seat), &seat, &found).await?;
    drop(read);
    if headers.contains_key("hx-part") {
        return draw(&WhyPart { t: seat.t, d });
    }
    draw(&WhyPage { t: seat.t, frame: seat.frame("decisions", d.question.clone()), d })
}

/// `1.3 %`.
fn permille(gap: i64) -> String {
    format!("{}.{} %", gap / 10, gap.abs() % 10)
}

/// `38 ms`, `900 µs`.
fn took(us: i64) -> String {
    if us < 1000 { format!("{us} µs") } else { format!("{} ms", us / 1000) }
}

/// A decision as people read it: riders by name, reasons counted.
pub async fn view(
    sql: &mut Sql,
    book: &mut Book<'_>,
    seat: &Seat,
    one: &decisions::Decision,
) -> Result<Decision, Problem> {
    let t = seat.t;
    let mut candidates = Vec::new();
    let mut rejected: Vec<(usize, String)> = Vec::new();
    for weighed in &one.candidates {
        let chosen = weighed.rejected.is_none();
        let reason = weighed.rejected.clone().map(|why| super::story::coded(seat, "reject", &why)).unwrap_or_default();
        if weighed.cost.is_none() && !chosen {
            match rejected.iter_mut().find(|(_, other)| *other == reason) {
                Some((count, _)) => *count += 1,
                None => rejected.push((1, reason)),
            }
            continue;
        }
        candidates.push(Candidate {
            name: named(sql, book, &weighed.name).await?,
            cost: weighed.cost,
            shown: weighed.cost.map(grouped).unwrap_or_default(),
            chosen,
            reason,
        });
    }
    candidates.sort_by_key(|one| (!one.chosen, one.cost.unwrap_or(i64::MAX)));
    rejected.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let bound = match (one.cost, one.bound, one.gap_permille()) {
        (Some(cost), Some(bound), Some(gap)) => t.put3("why.bound", grouped(cost), grouped(bound), permille(gap)),
        _ => String::new(),
    };
    Ok(Decision {
        id: one.id.to_string(),
        question: seat.word("question", one.kind.as_str()),
        subject: (subject_name(sql, &one.subject).await?, page_of(&one.subject)),
        chosen: match one.inputs["waiting_tasks"].as_i64() {
            Some(waiting) => t.put2("why.wave", one.candidates.len(), waiting),
            None => named(sql, book, &one.chosen).await?,
        },
        when: t.put2("why.when", seat.when(one.at), took(one.took_us)),
        method: super::story::coded(seat, "method", &one.method),
        candidates,
        rejected,
        bound,
        gap_permille: one.gap_permille(),
        inputs: inputs(&one.inputs),
        digest: one.digest.clone(),
    })
}

async fn named(sql: &mut Sql, book: &mut Book<'_>, name: &str) -> Result<String, Problem> {
    if name.starts_with("usr_") {
        return book.person(sql, name).await;
    }
    // A rider who was not found yet is a number in a plan.
    let unknown = name.strip_prefix("a rider (").and_then(|rest| rest.strip_suffix(')'));
    Ok(unknown.map_or_else(|| name.to_owned(), |n| book.words().put("why.a_rider", n)))
}

async fn subject_name(sql: &mut Sql, subject: &str) -> Result<String, Problem> {
    let order = match subject.parse() {
        Ok(id) => orders::by_id(sql, id).await?,
        Err(_) => None,
    };
    Ok(order.map_or_else(|| short(subject), |order| order.number))
}

/// What went in, as label and value; what is nested stays JSON.
fn inputs(value: &Value) -> Vec<(String, String)> {
    let Some(fields) = value.as_object() else { return Vec::new() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fields.iter().map(|(name, value)| (name.replace('_', " "), text(value).chars().take(600).collect())).collect()
}
