//! Opening an order and giving parts of it to sites. Deliberately absent: which
//! site; the caller brings promise's plan.

use std::collections::BTreeMap;

use super::{model::*, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    promise, stock,
    store::{Db, Tx, command, roll},
};

/// An order whose payment does not come lapses after so long.
pub const PAYMENT_TERM_MS: i64 = 30 * 60_000;

/// Opens an order with its lines; nothing is held yet. Guard: the channel's own
/// number is new. Fact: `order.placed`.
pub async fn open(tx: &mut Tx, new: &NewOrder) -> Result<Order, Stop> {
    if new.lines.is_empty() {
        return Err(Refusal::Empty.into());
    }
    if let Some(external) = &new.external_id {
        let claimed = !command::claimed(tx, [(new.channel.as_str(), external.as_str())].into_iter()).await?.is_empty();
        if claimed || rows::by_external(tx.sql(), &new.channel, external).await?.is_some() {
            return Err(Refusal::Duplicate { external_order_id: external.clone() }.into());
        }
        command::claim_all(tx, [(new.channel.as_str(), external.as_str())].into_iter()).await?;
    }
    let order = drafted(new, tx.id(), pin(tx.dice()), tx.now());
    rows::add_order(tx.sql(), &order).await?;
    let mut total_minor = new.shipping_minor;
    for (seq, line) in (1..).zip(&new.lines) {
        stock::checked(line.quantity)?;
        let id = tx.id();
        rows::add_line(tx.sql(), id, order.id, seq, line).await?;
        total_minor += line.unit_price_minor * line.quantity;
    }
    tx.later(Chore::LapseOrder, order.id, order.placed_at.plus_ms(PAYMENT_TERM_MS)).await?;
    let Order { id, channel, service, promised_by, .. } = order.clone();
    tx.emit(Event::OrderPlaced { order: id, channel, service, total_minor, promised_by });
    Ok(order)
}

/// A line of a new order, all of it held.
pub fn opened_line(id: LineId, order: OrderId, seq: i64, new: &NewLine) -> Line {
    Line {
        id,
        order,
        seq,
        external_line_id: new.external_line_id.clone(),
        parent_line: None,
        sku: new.sku,
        unit_price_minor: new.unit_price_minor,
        discount_minor: 0,
        tax_minor: 0,
        ordered: new.quantity,
        held: new.quantity,
        released: 0,
        picked: 0,
        packed: 0,
        shipped: 0,
        delivered: 0,
        cancelled: 0,
        returned: 0,
        refunded: 0,
    }
}

/// What a shopper says at the door: four digits.
pub fn pin(dice: &rng::Dice) -> String {
    format!("{:04}", dice.below(10_000))
}

/// A new order with its number; in no database yet.
pub fn drafted(new: &NewOrder, id: OrderId, pin: String, at: Time) -> Order {
    Order {
        id,
        number: number_of(id),
        channel: new.channel.clone(),
        external_id: new.external_id.clone(),
        state: OrderState::Placed,
        hold_reason: None,
        contact: new.contact,
        address: new.address,
        coord: new.coord,
        mode: new.mode,
        service: new.service.clone(),
        pickup_site: new.pickup_site,
        window_from: new.window.0,
        window_to: new.window.1,
        promised_by: new.promised_by,
        short_policy: new.short_policy,
        note: new.note.clone(),
        currency: new.currency.clone(),
        shipping_minor: new.shipping_minor,
        delivery_pin: pin,
        shopper: new.shopper,
        placed_at: at,
        ended_at: None,
        version: 1,
    }
}

/// The number for people: the last eight letters of a ULID are random, so it is short to
/// say and tells nobody how many orders there are.
fn number_of(id: OrderId) -> String {
    let text = id.ulid().to_string();
    format!("C-{}-{}", &text[18..22], &text[22..])
}

/// A longer number, for an order that cannot be compared with all others before it is
/// promised: twelve random letters meet again once in a thousand million million.
pub fn number_apart(id: OrderId) -> String {
    let text = id.ulid().to_string();
    format!("C-{}-{}-{}", &text[14..18], &text[18..22], &text[22..])
}

/// An order somebody asks for by id or number. One that waits on the roll is posted
/// first.
pub async fn wanted(db: &Db, asked: &str) -> Result<Option<Order>, Fault> {
    async fn found(db: &Db, asked: &str) -> Result<Option<Order>, Fault> {
        let mut read = db.read().await?;
        match asked.parse() {
            Ok(id) => rows::by_id(read.sql(), id).await,
            Err(_) => rows::by_number(read.sql(), asked).await,
        }
    }
    if let Some(order) = found(db, asked).await? {
        return Ok(Some(order));
    }
    // Short words would be found in the midst of others.
    if asked.len() >= 10 && roll::post_of(db, asked).await? { found(db, asked).await } else { Ok(None) }
}

/// Holds goods of one site for lines of an order and gives them to that site's
/// fulfilment. Facts: `hold.placed`, `fulfilment.opened`.
pub async fn add_part(
    tx: &mut Tx,
    order: &Order,
    site: SiteId,
    due_at: Time,
    wants: &[(LineId, SkuId, i64)],
) -> Result<FulfilmentId, Stop> {
    let fulfilment = part_of_site(tx, order, site, due_at, FulfilmentState::Open).await?;
    hold_for(tx, order, fulfilment, (site, None), wants).await?;
    Ok(fulfilment)
}

/// The same of goods that a delivery to the site brings: the part is scheduled, and
/// opens when they are here. Facts: `hold.placed`, `fulfilment.opened`.
pub async fn add_scheduled(
    tx: &mut Tx,
    order: &Order,
    (site, asn): (SiteId, AsnId),
    due_at: Time,
    wants: &[(LineId, SkuId, i64)],
) -> Result<FulfilmentId, Stop> {
    let fulfilment = part_of_site(tx, order, site, due_at, FulfilmentState::Scheduled).await?;
    hold_for(tx, order, fulfilment, (site, Some(asn)), wants).await?;
    Ok(fulfilment)
}

async fn hold_for(
    tx: &mut Tx,
    order: &Order,
    fulfilment: FulfilmentId,
    (site, supply): (SiteId, Option<AsnId>),
    wants: &[(LineId, SkuId, i64)],
) -> Result<(), Stop> {
    let expires_at = (order.state == OrderState::Placed).then(|| order.placed_at.plus_ms(PAYMENT_TERM_MS));
    let mut sorted = wants.to_vec();
    // One order of locking for all transactions, so that two of them never wait
    // for each other.
    sorted.sort_by_key(|(line, sku, _)| (*sku, *line));
    for (line, sku, quantity) in sorted {
        let (promised_by, purpose) = (order.promised_by, stock::Purpose::Order);
        let want = stock::Want { order: order.id, line, site, sku, quantity, promised_by, expires_at, purpose };
        let hold = match supply {
            None => stock::reserve(tx, &want).await?,
            Some(asn) => stock::pledge(tx, &want, asn).await?,
        };
        let part = FulfilmentLine { fulfilment, line, hold, sku, quantity, picked: 0, packed: 0, dropped: 0 };
        rows::add_part(tx.sql(), &part).await?;
        rows::shift_line(tx.sql(), line, rows::Delta { held: quantity, ..Default::default() }).await?;
    }
    Ok(())
}

/// Takes back what [`add_part`] gave, while the order is being placed and another
/// order was faster with the rest.
pub async fn undo_parts(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    for part in rows::fulfilments(tx.sql(), order).await? {
        for line in rows::fulfilment_lines(tx.sql(), part.id).await? {
            let open = line.to_pick();
            stock::release(tx, line.hold, open, "planned_again").await?;
            rows::shift_part(tx.sql(), &line, 0, 0, open).await?;
            rows::shift_line(tx.sql(), line.line, rows::Delta { held: -open, ..Default::default() }).await?;
        }
        super::progress::settle_fulfilment(tx, part.id).await?;
    }
    Ok(())
}

/// The open fulfilment of a site, or a new one; a scheduled one is shared by what leaves
/// at the same time.
async fn part_of_site(
    tx: &mut Tx,
    order: &Order,
    site: SiteId,
    due_at: Time,
    state: FulfilmentState,
) -> Result<FulfilmentId, Stop> {
    let known = rows::fulfilments(tx.sql(), order.id).await?;
    let joins = |part: &&Fulfilment| {
        part.site == site && part.state == state && (state == FulfilmentState::Open || part.due_at == due_at)
    };
    if let Some(open) = known.iter().find(joins) {
        return Ok(open.id);
    }
    let new = Fulfilment { id: tx.id(), order: order.id, site, state, due_at, wave: None, created_at: tx.now() };
    rows::add_fulfilment(tx.sql(), &new).await?;
    tx.emit(Event::FulfilmentOpened { order: order.id, fulfilment: new.id, site });
    if state == FulfilmentState::Open {
        let now = tx.now();
        tx.later(Chore::PlanWave, site, now.plus_ms(WAVE_PATIENCE_MS)).await?;
    }
    Ok(new.id)
}

/// Wants `quantity` more of an article: of its line if the order has one at this
/// price, else of a new line. Nothing is held yet. Guard: the order has not ended.
/// Fact: `order.amended`.
pub async fn raise(tx: &mut Tx, order: &Order, new: &NewLine) -> Result<LineId, Stop> {
    rows::lock(tx, order.id).await?;
    let state = rows::by_id(tx.sql(), order.id).await?.map_or(order.state, |order| order.state);
    if state.is_over() {
        return Err(Refusal::Over { state }.into());
    }
    stock::checked(new.quantity)?;
    let lines = rows::lines(tx.sql(), order.id).await?;
    let same = lines.iter().find(|line| {
        line.sku == new.sku && line.unit_price_minor == new.unit_price_minor && line.parent_line.is_none()
    });
    let line = match same {
        Some(line) => {
            rows::raise_line(tx.sql(), line.id, new.quantity).await?;
            line.id
        }
        None => {
            let id = tx.id();
            let seq = lines.iter().map(|line| line.seq).max().unwrap_or(0) + 1;
            rows::add_line(tx.sql(), id, order.id, seq, new).await?;
            id
        }
    };
    let (order, sku, quantity) = (order.id, new.sku, new.quantity);
    tx.emit(Event::OrderAmended { order, line, sku, quantity });
    Ok(line)
}

/// How long a site waits for company before it releases a part, domain milliseconds.
pub const WAVE_PATIENCE_MS: i64 = 15_000;

/// Looks for goods for what a line misses, at any site, and where it may be sold ahead in
/// deliveries to come; what is nowhere to be had is handled by the order's policy. Facts:
/// `hold.placed` or `line.short`.
pub async fn resource_line(tx: &mut Tx, order: OrderId, line: LineId) -> Result<(), Stop> {
    let Some(order) = rows::by_id(tx.sql(), order).await? else { return Ok(()) };
    let lines = rows::lines(tx.sql(), order.id).await?;
    let Some(line) = lines.into_iter().find(|other| other.id == line) else { return Ok(()) };
    let missing = line.uncovered();
    if order.state.is_over() || missing <= 0 {
        return Ok(());
    }
    let request = promise::Request {
        channel: order.channel.clone(),
        lines: vec![promise::Demand { sku: line.sku, quantity: missing }],
        destination: order.coord,
        service: order.service.clone(),
        divisible: true,
    };
    let mut plan = promise::plan(tx, &request).await?;
    promise::ahead(tx, &request, &mut plan).await?;
    promise::record(tx, &order.id.to_string(), &plan).await?;
    let mut by_site: BTreeMap<(SiteId, Option<AsnId>), (Time, i64)> = BTreeMap::new();
    for part in &plan.parts {
        by_site.entry((part.site, part.supply)).or_insert((part.due_at, 0)).1 += part.quantity;
    }
    for ((site, supply), (due_at, quantity)) in by_site {
        let wants = [(line.id, line.sku, quantity)];
        match supply {
            None => add_part(tx, &order, site, due_at, &wants).await?,
            Some(asn) => add_scheduled(tx, &order, (site, asn), due_at, &wants).await?,
        };
    }
    if plan.promised_by > order.promised_by && !plan.parts.is_empty() {
        rows::set_promise(tx.sql(), order.id, plan.promised_by).await?;
        let reason = "sourced_again".to_owned();
        tx.emit(Event::PromiseChanged { order: order.id, from: order.promised_by, to: plan.promised_by, reason });
    }
    let short: i64 = plan.short.iter().map(|(_, quantity)| quantity).sum();
    if short > 0 {
        tx.emit(Event::LineShort { order: order.id, line: line.id, sku: line.sku, quantity: short });
    }
    Ok(())
}
