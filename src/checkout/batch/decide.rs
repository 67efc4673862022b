//! One order of a batch, decided in memory: the same guards in the same order as
//! [`crate::checkout::place`], on the scene that the orders before it left.
//! Deliberately absent: anything that waits.

use super::{
    super::{
        model::Refusal,
        terms::Use,
        view::{LineView, OrderView, PartView},
    },
    Desk, Wish, place,
    write::Posting,
};
use crate::{
    decisions::Choice,
    event::Event,
    kernel::*,
    orders::{self, Fulfilment, FulfilmentLine, FulfilmentState, NewOrder, Opened, Order, OrderState},
    parties,
    payments::{self, Payment},
    promise::{Drawn, Plan},
    stock,
    store::{Actor, Tx},
};

/// Everything that is written for one order.
pub(super) struct Decided {
    /// The place of its wish in the batch.
    pub wish: usize,
    /// Who asked.
    pub actor: Actor,
    /// Ids of recipient and address; their texts stand in the wish.
    pub contact: (ContactId, AddressId),
    pub opened: Opened,
    pub holds: Vec<(HoldId, stock::Want, Actor)>,
    pub payment: Payment,
    pub choice: Choice,
    /// What is noted for limits and quotas, under the order.
    pub uses: Vec<(String, Use)>,
    /// The story of the order so far.
    pub facts: Vec<Event>,
    /// What the caller is answered.
    pub shown: OrderView,
}

/// Decides one order and takes its goods and hours from the scene; a refusal takes
/// nothing.
pub(super) fn decide(tx: &Tx, desk: &mut Desk, at: usize, wish: &Wish, posting: Posting) -> Result<Decided, Stop> {
    let new = &wish.order;
    place::bearable(new)?;
    place::countable(&new.lines)?;
    let basket = place::Basket { lines: place::on_sale(&desk.articles, &new.lines)? };
    let point = new.delivery.pickup_point.as_deref().and_then(|code| desk.scene.site_by_code(code));
    let (destination, pickup_site) = place::bound_for(new, point)?;
    let request = place::request(&basket, destination, &new.channel, &new.delivery.service)?;
    let buyer = desk.bound.buyer(at);
    if !desk.bound.terms.is_empty() {
        let free = |sku| desk.scene.free(&new.channel, sku);
        desk.bound.terms.allow_all(&buyer, &basket.sums(), |sku| basket.code(sku), free, tx.now())?;
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
    let contact = (tx.id(), tx.id());
    let draft = place::draft(new, &basket, &drawn.plan, contact, destination, window, pickup_site, wish.shopper);
    desk.scene.take(&drawn);
    desk.externals.extend(external);
    let mut decided = open(tx, desk, at, wish, &draft, drawn, contact);
    if posting == Posting::Later {
        // Nobody compares it with all others now.
        orders::number_apart(&mut decided.opened.order);
        decided.shown.order.number.clone_from(&decided.opened.order.number);
    }
    decided.uses = basket.uses(&mut desk.bound.terms, &buyer, &decided.opened.order.id.to_string(), tx.now());
    Ok(decided)
}

/// Puts the rows together; nothing can be refused any more.
fn open(
    tx: &Tx,
    desk: &Desk,
    at: usize,
    wish: &Wish,
    draft: &NewOrder,
    drawn: Drawn,
    contact: (ContactId, AddressId),
) -> Decided {
    let actor = Actor::named(&wish.mark.caller);
    let mut order = orders::drafted(tx, draft);
    let lines: Vec<_> =
        (1..).zip(&draft.lines).map(|(seq, line)| orders::opened_line(tx.id(), order.id, seq, line)).collect();
    let goods_minor: i64 = lines.iter().map(orders::Line::due_minor).sum();
    let total_minor = goods_minor + order.shipping_minor;
    let mut facts = vec![Event::OrderPlaced {
        order: order.id,
        channel: order.channel.clone(),
        service: order.service.clone(),
        total_minor,
        promised_by: order.promised_by,
    }];
    let (parts, shares, mut holds) = give_parts(tx, &order, &lines, &drawn.plan, &actor, &mut facts);
    let (payment, paid) = begin(tx, wish, &mut order, contact.0, total_minor, &mut facts);
    // Also while a person still looks at it: paid goods do not lapse.
    if paid {
        holds.iter_mut().for_each(|(_, want, _)| want.expires_at = None);
    }
    let choice = Choice { subject: order.id.to_string(), ..drawn.plan.choice };
    let opened = Opened { order, lines, parts, shares };
    let shown = show(desk, wish, &opened, total_minor, &payment);
    Decided { wish: at, actor, contact, opened, holds, payment, choice, uses: Vec::new(), facts, shown }
}

type Parts = (Vec<Fulfilment>, Vec<FulfilmentLine>, Vec<(HoldId, stock::Want, Actor)>);

/// Each site's part with its holds.
fn give_parts(
    tx: &Tx,
    order: &Order,
    lines: &[orders::Line],
    plan: &Plan,
    actor: &Actor,
    facts: &mut Vec<Event>,
) -> Parts {
    let (mut parts, mut shares, mut holds) = (Vec::new(), Vec::new(), Vec::new());
    let wanted: Vec<_> = lines.iter().map(|line| (line.id, line.sku, line.ordered)).collect();
    let expires_at = Some(order.placed_at.plus_ms(orders::PAYMENT_TERM_MS));
    for ((site, _), (due_at, mut wants)) in place::by_site(&wanted, plan) {
        let fulfilment: FulfilmentId = tx.id();
        let (state, created_at) = (FulfilmentState::Open, order.placed_at);
        parts.push(Fulfilment { id: fulfilment, order: order.id, site, state, due_at, wave: None, created_at });
        facts.push(Event::FulfilmentOpened { order: order.id, fulfilment, site });
        wants.sort_by_key(|(line, sku, _)| (*sku, *line));
        for (line, sku, quantity) in wants {
            let (hold, promised_by, purpose) = (tx.id(), order.promised_by, stock::Purpose::Order);
            let want = stock::Want { order: order.id, line, site, sku, quantity, promised_by, expires_at, purpose };
            facts.push(Event::HoldPlaced { order: order.id, line, hold, site, sku, quantity });
            holds.push((hold, want, actor.clone()));
            shares.push(FulfilmentLine { fulfilment, line, hold, sku, quantity, picked: 0, packed: 0, dropped: 0 });
        }
    }
    (parts, shares, holds)
}

/// A doubtful address keeps the order; else the payment may let it go on.
fn begin(
    tx: &Tx,
    wish: &Wish,
    order: &mut Order,
    contact: ContactId,
    total_minor: i64,
    facts: &mut Vec<Event>,
) -> (Payment, bool) {
    let new = &wish.order;
    if new.invoice.is_some() {
        facts.push(Event::InvoiceRequested { order: order.id, contact });
    }
    if new.address.confidence < parties::DOUBTFUL_BELOW {
        let reason = orders::ADDRESS_DOUBTFUL.to_owned();
        (order.state, order.hold_reason) = (OrderState::OnHold, Some(reason.clone()));
        order.version += 1;
        facts.push(Event::OrderHeld { order: order.id, reason });
    }
    let (payment, fact, paid) = payments::opened(tx.id(), order.id, new.payment.method, new.payment.card, total_minor);
    facts.extend(fact);
    if paid && order.state == OrderState::Placed {
        order.state = OrderState::Accepted;
        order.version += 1;
        facts.push(Event::OrderAccepted { order: order.id });
    }
    (payment, paid)
}

/// What [`crate::checkout::view`] would read; the link is signed for all at once.
fn show(desk: &Desk, wish: &Wish, opened: &Opened, total_minor: i64, payment: &Payment) -> OrderView {
    let order = &opened.order;
    let lines = opened
        .lines
        .iter()
        .zip(&wish.order.lines)
        .map(|(line, want)| {
            let article = desk.articles.get(&crate::catalog::tidy_code(&want.sku));
            let (code, name) = article.map(|one| (one.code.clone(), one.name.clone())).unwrap_or_default();
            LineView::on_hand(line.clone(), code, name)
        })
        .collect();
    let part =
        |part: &Fulfilment| PartView { id: part.id, site: desk.scene.code_of(part.site).to_owned(), state: part.state };
    OrderView {
        order: order.clone(),
        lines,
        fulfilments: opened.parts.iter().map(part).collect(),
        total_minor,
        payment: Some(payment.state),
        delivery_pin: Some(order.delivery_pin.clone()),
        guest_link: None,
    }
}
