//! One order of a batch, decided in memory: the same guards in the same order as
//! [`crate::checkout::place`], on the scene that the orders before it left.
//! Deliberately absent: anything that waits.

use std::collections::HashMap;

use super::{
    super::{model::Refusal, terms::Use},
    Desk, Wish,
    deed::{Deed, Part, Share, Titled},
    place,
    write::Posting,
};
use crate::{
    catalog::Listing,
    decisions::Choice,
    kernel::*,
    orders::{self, NewOrder},
    parties, payments,
    promise::Plan,
    store::Db,
};

/// An order that was decided.
pub(super) struct Decided {
    /// The place of its wish in the batch.
    pub wish: usize,
    /// What was decided.
    pub deed: Deed,
    /// What is noted for limits and quotas, under the order.
    pub uses: Vec<(String, Use)>,
}

/// Decides one order and takes its goods and hours from the scene; a refusal takes
/// nothing.
pub(super) fn decide(db: &Db, desk: &mut Desk, at: usize, wish: &Wish, posting: Posting) -> Result<Decided, Stop> {
    let new = &wish.order;
    let now = db.now();
    place::bearable(new)?;
    place::countable(&new.lines)?;
    let basket = place::Basket { lines: place::on_sale(&desk.articles, &new.lines)? };
    let point = new.delivery.pickup_point.as_deref().and_then(|code| desk.scene.site_by_code(code));
    let (destination, pickup_site) = place::bound_for(new, point)?;
    let request = place::request(&basket, destination, &new.channel, &new.delivery.service)?;
    let buyer = desk.bound.buyer(at);
    if !desk.bound.terms.is_empty() {
        let free = |sku| desk.scene.free(&new.channel, sku);
        desk.bound.terms.allow_all(&buyer, &basket.sums(), |sku| basket.code(sku), free, now)?;
    }
    let drawn = desk.scene.plan(&request)?;
    if drawn.plan.short.iter().any(|(sku, _)| desk.scene.free_ahead(&new.channel, *sku) > 0) {
        return Err(Refusal::Alone.into());
    }
    place::whole(&basket, &request, &drawn.plan)?;
    let window = place::window(new, &drawn.plan)?;
    parties::checked(&new.recipient)?;
    parties::checked_address(&new.address)?;
    let external = new.external_order_id.as_ref().map(|id| (new.channel.clone(), id.clone()));
    if let Some(external) = &external
        && desk.externals.contains(external)
    {
        return Err(orders::Refusal::Duplicate { external_order_id: external.1.clone() }.into());
    }
    let contact = (db.id(), db.id());
    let draft = place::draft(new, &basket, &drawn.plan, contact, destination, window, pickup_site, wish.shopper);
    desk.scene.take(&drawn);
    desk.externals.extend(external);
    let order: OrderId = db.id();
    let uses = basket.uses(&mut desk.bound.terms, &buyer, &order.to_string(), now);
    let titled = |(article, _): (Listing, _)| Titled { id: db.id(), code: article.code, name: article.name };
    let lines = basket.lines.into_iter().map(titled).collect();
    let deed = open(db, desk, wish, (order, now), draft, lines, drawn.plan, posting);
    Ok(Decided { wish: at, deed, uses })
}

/// Puts the deed together; nothing can be refused any more.
#[allow(clippy::too_many_arguments)]
fn open(
    db: &Db,
    desk: &Desk,
    wish: &Wish,
    (order, at): (OrderId, Time),
    new: NewOrder,
    lines: Vec<Titled>,
    plan: Plan,
    posting: Posting,
) -> Deed {
    let goods_minor: i64 = new.lines.iter().map(|line| line.unit_price_minor * line.quantity).sum();
    let asked = &wish.order;
    let total_minor = goods_minor + new.shipping_minor;
    let pay = &asked.payment;
    let (payment, said, is_paid) = payments::opened(db.id(), order, pay.method, pay.card, total_minor);
    let parts = give_parts(db, desk, &new, &lines, &plan);
    Deed {
        mark: wish.mark.clone(),
        at,
        order,
        pin: orders::pin(&db.dice),
        // Nobody compares it with all others now.
        number: (posting == Posting::Later).then(|| orders::number_apart(order)),
        lines,
        parts,
        payment,
        said: said.as_ref().map(Deed::say),
        is_paid,
        is_doubtful: asked.address.confidence < parties::DOUBTFUL_BELOW,
        wants_invoice: asked.invoice.is_some(),
        choice: Choice { subject: order.to_string(), ..plan.choice },
        new,
    }
}

/// Each site's part with its holds.
fn give_parts(db: &Db, desk: &Desk, new: &NewOrder, lines: &[Titled], plan: &Plan) -> Vec<Part> {
    let wanted: Vec<_> = lines.iter().zip(&new.lines).map(|(line, new)| (line.id, new.sku, new.quantity)).collect();
    let places: HashMap<LineId, usize> = (0..).zip(lines).map(|(place, line)| (line.id, place)).collect();
    let mut parts = Vec::new();
    for ((site, _), (due_at, mut wants)) in place::by_site(&wanted, plan) {
        let id = db.id();
        wants.sort_by_key(|(line, sku, _)| (*sku, *line));
        let share = |(line, _, quantity)| Share { hold: db.id(), line: places[&line], quantity };
        let shares = wants.into_iter().map(share).collect();
        parts.push(Part { id, site, code: desk.scene.code_of(site).to_owned(), due_at, shares });
    }
    parts
}
