//! An order's page, filled from the rooms: lines, story, money, parcels, contact,
//! cases, and what may be done now. Deliberately absent: doing it.

use std::collections::HashMap;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    book::Book,
    frame::Tone,
    order::{AttemptRow, CaseRow, ContactCard, Deeds, LineRow, OrderPage, ParcelCard},
    orders::{payment_of, state_of},
    seat::Seat,
    story,
};
use crate::{
    cases::{self, CaseState},
    exchange::{Path, Query},
    identity::{self, Permission, Sites},
    kernel::LineId,
    orders::{self, Fulfilment, Line, Order, OrderState},
    parties::{self, mask_name, mask_phone},
    payments::{self, Payment, PaymentState},
    printing,
    problem::Problem,
    riders, stock,
    store::{Actor, Db, Sql, log},
    transport::{self, ParcelState},
    web::{assets::path_part, format, page::draw_with},
};

/// What an order's page may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// The order of an id or number, if the person may see it: one of its sites is his.
pub async fn visible(db: &Db, seat: &Seat, id: &str, permission: Permission) -> Result<Order, Problem> {
    seat.caller.permit(permission, None)?;
    let order = orders::wanted(db, id).await?.ok_or_else(|| Problem::not_found("order"))?;
    if let Sites::Only(own) = seat.caller.sites(permission) {
        let parts = orders::fulfilments(db.read().await?.sql(), order.id).await?;
        if !parts.iter().any(|part| own.contains(&part.site)) {
            return Err(Problem::not_found("order"));
        }
    }
    Ok(order)
}

/// The page.
pub async fn show(
    State(db): State<Db>,
    seat: Seat,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let order = visible(&db, &seat, &id, Permission::OrderRead).await?;
    let notice = seat.done(&asked.done);
    page(&db, &seat, order, notice, false, StatusCode::OK).await
}

/// Draws the page of an order; `clear` shows the contact unmasked.
pub async fn page(
    db: &Db,
    seat: &Seat,
    order: Order,
    notice: Option<(Tone, String)>,
    clear: bool,
    status: StatusCode,
) -> Result<Response, Problem> {
    let link = shopper_link(db, seat, &order).await?;
    let mut read = db.read().await?;
    let sql = read.sql();
    let (lines, parts) = (orders::lines(sql, order.id).await?, orders::fulfilments(sql, order.id).await?);
    let payment = payments::of_order(sql, order.id).await?;
    let facts = log::story(sql, &order.id.to_string()).await?;
    let mut book = Book::new(seat);
    let t = seat.t;
    let parcels = parcels(sql, seat, &order).await?;
    let page = OrderPage {
        t,
        frame: seat.frame("orders", t.put("ord.titled", &order.number)),
        id: order.id.to_string(),
        number: order.number.clone(),
        channel: order
            .external_id
            .as_ref()
            .map_or_else(|| order.channel.clone(), |id| format!("{} / {id}", order.channel)),
        state: state_of(seat, &order, &parts),
        lead: lead(seat, &order, parts.len(), parcels.len()),
        hold: order
            .hold_reason
            .as_deref()
            .map(|why| t.put("ord.held_for", story::coded(seat, "reason", why)))
            .unwrap_or_default(),
        lines: line_rows(sql, seat, &mut book, &lines, &parts).await?,
        story: story::moments(sql, &mut book, seat, &facts).await?,
        money: money(seat, &order, &lines, payment.as_ref()),
        total: (t.get("ord.due").to_owned(), format::money(payments::due_of(sql, order.id).await?)),
        payment: payment_of(seat, payment.as_ref().map(|payment| payment.state)),
        contact: contact(sql, seat, &order, &facts, clear).await?,
        cases: case_rows(sql, seat, &order).await?,
        deeds: deeds(sql, seat, &order, &lines, payment.as_ref(), link).await?,
        parcels,
        notice,
    };
    draw_with(status, &page)
}

/// The shopper's own page: by the signed link for who may see personal data.
async fn shopper_link(db: &Db, seat: &Seat, order: &Order) -> Result<String, Problem> {
    if !seat.may(Permission::OrderChange, None) || !seat.may(Permission::PersonalRead, None) {
        return Ok(String::new());
    }
    let mut tx = db.begin(Actor::named(seat.caller.id())).await?;
    let link = identity::sign_guest(&mut tx, order.id).await?;
    tx.commit().await?;
    Ok(format!("/orders/{}?g={link}", path_part(&order.number)))
}

fn lead(seat: &Seat, order: &Order, sites: usize, parcels: usize) -> String {
    let t = seat.t;
    let mut parts = vec![
        t.put("ord.placed_at", format::near(t, seat.now, order.placed_at, &seat.zone)),
        t.put2("ord.promised", seat.when(order.window_from), seat.clock(order.window_to)),
        seat.word("mode", order.mode.as_str()),
        seat.word("service", &order.service),
        t.count("ord.n_sites", sites),
        t.count("ord.n_parcels", parcels),
    ];
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// Where a line stands, in one word.
fn line_state(seat: &Seat, line: &Line) -> (Tone, String) {
    let word = |tone, code: &str| (tone, seat.word("line", code));
    let wanted = line.ordered - line.cancelled;
    match line {
        _ if line.uncovered() > 0 => word(Tone::Bad, "short"),
        _ if line.returned > 0 => word(Tone::Warn, "returned"),
        _ if wanted == 0 => word(Tone::Off, "cancelled"),
        _ if line.delivered == wanted => word(Tone::Ok, "delivered"),
        _ if line.shipped == wanted => word(Tone::Info, "shipped"),
        _ if line.packed == wanted => word(Tone::Info, "packed"),
        _ if line.picked == wanted => word(Tone::Info, "picked"),
        _ if line.released > 0 || line.picked > 0 => word(Tone::Info, "picking"),
        _ => word(Tone::Plain, "held"),
    }
}

async fn line_rows(
    sql: &mut Sql,
    seat: &Seat,
    book: &mut Book<'_>,
    lines: &[Line],
    parts: &[Fulfilment],
) -> Result<Vec<LineRow>, Problem> {
    let mut from: HashMap<LineId, Vec<String>> = HashMap::new();
    for part in parts {
        for share in orders::fulfilment_lines(sql, part.id).await? {
            if share.quantity > share.dropped {
                from.entry(share.line).or_default().push(seat.site_name(Some(part.site)));
            }
        }
    }
    if let Some(first) = lines.first() {
        for (hold, supply) in stock::pledged_of_order(sql, first.order).await? {
            from.entry(hold.line).or_default().push(seat.t.put("ord.comes", seat.when(supply.not_before)));
        }
    }
    let mut rows = Vec::new();
    for line in lines {
        let (code, name) = book.article(sql, line.sku).await?;
        let mut sites = from.remove(&line.id).unwrap_or_default();
        sites.dedup();
        rows.push(LineRow {
            id: line.id.to_string(),
            name,
            code,
            from: sites.join(", "),
            quantities: [
                line.ordered,
                line.held,
                line.picked,
                line.packed,
                line.shipped,
                line.delivered,
                line.cancelled,
                line.returned,
            ],
            state: line_state(seat, line),
            price: format::money(line.due_minor()),
            leaf: line.parent_line.is_some(),
            cancellable: line.ordered - line.cancelled - line.delivered - line.returned,
        });
    }
    Ok(rows)
}

fn money(seat: &Seat, order: &Order, lines: &[Line], payment: Option<&Payment>) -> Vec<(String, String)> {
    let t = seat.t;
    let goods: i64 = lines.iter().map(Line::due_minor).sum();
    let mut rows = vec![
        (t.get("ord.goods").to_owned(), format::money(goods)),
        (t.get("ord.delivery").to_owned(), format::money(order.shipping_minor)),
    ];
    let Some(payment) = payment else { return rows };
    rows.push((t.get("ord.method").to_owned(), seat.word("method", payment.method.as_str())));
    let sums = [
        ("ord.authorised", payment.authorised_minor),
        ("ord.captured", payment.captured_minor),
        ("ord.collected", payment.collected_minor),
        ("ord.refunded", payment.refunded_minor),
    ];
    rows.extend(
        sums.into_iter().filter(|(_, sum)| *sum != 0).map(|(key, sum)| (t.get(key).to_owned(), format::money(sum))),
    );
    rows
}

async fn parcels(sql: &mut Sql, seat: &Seat, order: &Order) -> Result<Vec<ParcelCard>, Problem> {
    let mut cards = Vec::new();
    for parcel in transport::parcels_of_order(sql, order.id).await? {
        let mut attempts = Vec::new();
        for attempt in riders::attempts_of(sql, parcel.id).await? {
            let failed = attempt.outcome == riders::Outcome::Failed;
            let how = match attempt.reason {
                Some(reason) => story::coded(seat, "reason", reason.as_str()),
                None => seat.word("outcome", attempt.outcome.as_str()),
            };
            attempts.push(AttemptRow {
                tone: if failed { Tone::Bad } else { Tone::Ok },
                text: format!("{} · {}, {how}", attempt.number, seat.when(attempt.at)),
                proof: match attempt.proof.filter(|_| seat.may(Permission::PersonalRead, Some(parcel.site))) {
                    Some(proof) if riders::has_photo(sql, proof).await? => format!("/api/v1/proofs/{proof}/photo"),
                    _ => String::new(),
                },
            });
        }
        let jobs = printing::by_subject(sql, &parcel.id.to_string()).await?;
        let may_print = seat.may(Permission::WorkDo, Some(parcel.site)) || seat.may(Permission::OrderChange, None);
        let label = jobs.iter().rev().find(|job| job.state == printing::PrintState::Done).filter(|_| may_print);
        cards.push(ParcelCard {
            sscc: parcel.sscc.clone(),
            state: (parcel_tone(parcel.state), seat.word("parcel", parcel.state.as_str())),
            detail: [
                seat.site_name(Some(parcel.site)),
                format::weight(parcel.weight_g),
                seat.word("temperature", parcel.temperature.as_str()),
            ]
            .join(" · "),
            attempts,
            load: parcel
                .load
                .filter(|_| seat.may(Permission::DispatchAct, Some(parcel.site)))
                .map(|load| format!("/dispatch?load={load}"))
                .unwrap_or_default(),
            label: label.map(|job| job.id.to_string()).unwrap_or_default(),
        });
    }
    Ok(cards)
}

/// What a parcel's state means.
pub fn parcel_tone(state: ParcelState) -> Tone {
    use ParcelState as S;
    match state {
        S::Delivered => Tone::Ok,
        S::Failed | S::Recalled => Tone::Bad,
        S::Returning | S::Returned => Tone::Warn,
        S::Cancelled => Tone::Off,
        S::Out | S::Waiting => Tone::Info,
        S::Staged | S::Planned | S::Loaded => Tone::Plain,
    }
}

async fn contact(
    sql: &mut Sql,
    seat: &Seat,
    order: &Order,
    facts: &[log::Fact],
    clear: bool,
) -> Result<ContactCard, Problem> {
    let person = parties::contact(sql, order.contact).await?;
    let address = parties::address(sql, order.address).await?;
    let (name, phone) = person.map(|person| (person.name, person.phone)).unwrap_or_default();
    let (name, phone) = if clear { (name, phone) } else { (mask_name(&name), mask_phone(&phone)) };
    let address = address.map(|one| if clear { one.line() } else { one.masked().line() }).unwrap_or_default();
    let changes = facts.iter().filter(|fact| fact.kind == "order.address_changed").count();
    Ok(ContactCard {
        name,
        phone,
        address,
        revision: i64::try_from(changes).unwrap_or(0) + 1,
        note: order.note.clone(),
        open: clear,
        may_open: seat.may(Permission::PersonalRead, None),
    })
}

async fn case_rows(sql: &mut Sql, seat: &Seat, order: &Order) -> Result<Vec<CaseRow>, Problem> {
    let t = seat.t;
    let mut rows = Vec::new();
    let mut found = cases::about(sql, &order.id.to_string()).await?;
    for parcel in transport::parcels_of_order(sql, order.id).await? {
        found.extend(cases::about(sql, &parcel.id.to_string()).await?);
    }
    for case in found {
        let title = cases::guide(case.code).title;
        let open = case.state == CaseState::Open;
        rows.push(CaseRow {
            id: case.id.to_string(),
            mark: if open {
                super::cases::severity(seat, case.severity)
            } else {
                (Tone::Ok, seat.word("case", "closed"))
            },
            title: t.name(&title.en, &title.zh).to_owned(),
            when: if open {
                t.put("case.due_at", seat.when(case.due_at))
            } else {
                case.closed_at.map(|at| seat.when(at)).unwrap_or_default()
            },
        });
    }
    Ok(rows)
}

async fn deeds(
    sql: &mut Sql,
    seat: &Seat,
    order: &Order,
    lines: &[Line],
    payment: Option<&Payment>,
    link: String,
) -> Result<Deeds, Problem> {
    let t = seat.t;
    let may = seat.may(Permission::OrderChange, None);
    let open = !order.state.is_over();
    let shipped = lines.iter().any(|line| line.shipped > line.delivered + line.returned);
    let unpaid = payment.is_some_and(|one| matches!(one.state, PaymentState::Unpaid | PaymentState::Declined));
    let kept = payment.map_or(0, Payment::kept_minor);
    let due = payments::due_of(sql, order.id).await?;
    let why_not = match (may, open) {
        (false, _) => t.get("ord.may_not").to_owned(),
        (true, false) => t.put("ord.is_over", seat.word("order", order.state.as_str())),
        (true, true) if shipped => t.get("ord.under_way").to_owned(),
        _ => String::new(),
    };
    Ok(Deeds {
        cancel: may && open,
        address: may && open && order.pickup_site.is_none(),
        pay: seat.may(Permission::PaymentAct, None) && unpaid && open,
        refund: seat.may(Permission::PaymentAct, None) && kept > due && kept > 0,
        resume: may && order.state == OrderState::OnHold,
        why_not,
        link,
    })
}
