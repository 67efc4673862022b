//! What customer service does with an order: cancel, another address, pay, pay
//! back, go on, show the contact, print a label again. Each deed once, by the
//! verbs of the rooms. Deliberately absent: what follows from them; `flow` knows.

use std::collections::HashMap;

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    frame::Tone,
    order_show::{page, visible},
    seat::Seat,
};
use crate::{
    checkout,
    event::Event,
    exchange::{Form, Path},
    identity::{FormCaller, Permission},
    kernel::{LineId, PrintId, Stop},
    network, orders,
    orders::Order,
    parties,
    payments::{self, TestCard},
    printing,
    problem::Problem,
    store::{Actor, Db, Tx},
    web::{
        assets::path_part,
        forms::once,
        geo,
        page::{Visit, go},
    },
};

/// The fields of a form, by name: a line of an order has a field of its own.
pub type Fields = HashMap<String, String>;

fn text<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).map_or("", |value| value.trim())
}

/// The order with the seat of who acts, if the form is ours and the person may.
async fn begin(
    db: &Db,
    visit: Visit,
    caller: FormCaller,
    fields: &Fields,
    id: &str,
    permission: Permission,
) -> Result<(Seat, Order), Problem> {
    let caller = caller.checked(text(fields, "csrf"))?;
    let seat = Seat::at(db, visit, caller, format!("/desk/orders/{}", path_part(id))).await?;
    let order = visible(db, &seat, id, permission).await?;
    Ok((seat, order))
}

/// Does a deed once; a refusal is said on the page it came from.
async fn act<F>(db: &Db, seat: &Seat, order: Order, fields: &Fields, name: &str, deed: F) -> Result<Response, Problem>
where
    F: AsyncFnOnce(&mut Tx, &Order) -> Result<(), Stop>,
{
    let mut told: Vec<(&String, &String)> = fields.iter().filter(|(name, _)| *name != "csrf").collect();
    told.sort();
    let body = format!("{name} {} {told:?}", order.id);
    let done: Result<(), Problem> =
        once(db, seat.caller.id(), text(fields, "command_id"), &body, async |tx| deed(tx, &order).await).await;
    match done {
        Ok(()) => Ok(go(&format!("/desk/orders/{}?done={name}", path_part(&order.number)))),
        Err(problem) if problem.status < 500 => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            page(db, seat, order, Some(seat.refusal(&problem)), false, status).await
        }
        Err(problem) => Err(problem),
    }
}

/// Cancels so many of each line.
pub async fn cancel(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (seat, order) = begin(&db, visit, caller, &fields, &id, Permission::OrderChange).await?;
    let mut wanted: Vec<(LineId, i64)> = fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("line_")?.parse().ok()?, value.trim().parse().ok()?)))
        .filter(|(_, quantity)| *quantity != 0)
        .collect();
    wanted.sort();
    let reason: String = text(&fields, "reason").chars().take(200).collect();
    if wanted.is_empty() || reason.is_empty() {
        let missing = (Tone::Warn, seat.t.get("ord.cancel_what_why").to_owned());
        return page(&db, &seat, order, Some(missing), false, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    act(&db, &seat, order, &fields, "cancelled", async |tx, order| {
        orders::cancel_lines(tx, order, Some(&wanted), &reason).await?;
        payments::settle(tx, order.id, "cancelled").await
    })
    .await
}

/// Another door, as the shopper says it.
pub async fn change_address(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (seat, order) = begin(&db, visit, caller, &fields, &id, Permission::OrderChange).await?;
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    let before = parties::address(read.sql(), order.address).await?;
    drop(read);
    let mut address = before.ok_or_else(|| Problem::not_found("address"))?;
    let line: String = text(&fields, "line").chars().take(400).collect();
    let parsed = parties::parse_line(&line);
    let (first, rest) = line.split_once([',', '，', '\n']).unwrap_or((&line, ""));
    let (street, detail) = match parsed.street.is_empty() {
        false => (parsed.street.clone(), parsed.detail.clone()),
        true => (first.trim().to_owned(), rest.trim().to_owned()),
    };
    // What the map does not know is refused: goods may be under way.
    let Some(found) = geo::find(&roads, &street) else {
        let unknown = (Tone::Bad, seat.t.put("ord.no_such_street", street));
        return page(&db, &seat, order, Some(unknown), false, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    (address.lat, address.lon, address.confidence) = (found.coord.lat, found.coord.lon, found.confidence);
    (address.street, address.detail, address.raw) = (street, detail, line);
    act(&db, &seat, order, &fields, "moved", async |tx, order| {
        checkout::change_address(tx, order, &address).await?;
        Ok(())
    })
    .await
}

/// A deed that needs no more than the order: tries the card again, pays back what is
/// kept beyond what is due, lets an order go on that a person had to look at.
pub async fn plain(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, word)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (permission, told) = match word.as_str() {
        "pay" => (Permission::PaymentAct, "paid"),
        "refund" => (Permission::PaymentAct, "refunded"),
        "resume" => (Permission::OrderChange, "resumed"),
        _ => return Err(Problem::not_found("page")),
    };
    let (seat, order) = begin(&db, visit, caller, &fields, &id, permission).await?;
    act(&db, &seat, order, &fields, told, async |tx, order| match told {
        "paid" => payments::authorise(tx, order.id, TestCard::Ok).await.map(|_| ()),
        "refunded" => payments::settle(tx, order.id, "by hand").await,
        _ => orders::resume_order(tx, order.id).await,
    })
    .await
}

/// Prints the label of one of its parcels again: the same SSCC.
pub async fn reprint(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((id, print)): Path<(String, PrintId)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (seat, order) = begin(&db, visit, caller, &fields, &id, Permission::OrderRead).await?;
    let mut read = db.read().await?;
    let job = printing::by_id(read.sql(), print).await?.ok_or_else(|| Problem::not_found("print job"))?;
    let parcels = crate::transport::parcels_of_order(read.sql(), order.id).await?;
    drop(read);
    if !parcels.iter().any(|parcel| parcel.id.to_string() == job.subject) {
        return Err(Problem::not_found("print job"));
    }
    if !seat.may(Permission::OrderChange, None) {
        seat.caller.permit(Permission::WorkDo, Some(job.site))?;
    }
    act(&db, &seat, order, &fields, "reprinted", async |tx, _| printing::reprint(tx, print).await).await
}

/// Shows the contact unmasked for a while. That it was shown is a fact.
pub async fn contact(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (seat, order) = begin(&db, visit, caller, &fields, &id, Permission::OrderRead).await?;
    seat.caller.permit(Permission::PersonalRead, None)?;
    let mut tx = db.begin(Actor::named(seat.caller.id())).await?;
    tx.emit(Event::ContactShown { order: order.id, contact: order.contact });
    tx.commit().await?;
    page(&db, &seat, order, None, true, StatusCode::OK).await
}
