//! Placing an order: all of it or nothing. Deliberately absent: retries; if
//! another shopper was faster with a site's goods, the plan is made again here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    buyers::{Bound, Comer},
    hold,
    model::*,
    terms::{Buyer, Terms, Use},
};
use crate::{
    catalog::{self, Listing},
    kernel::*,
    network::{self, SiteKind},
    orders::{self, DeliveryMode, NewLine, NewOrder, Order},
    parties, payments, promise,
    store::Tx,
};

/// How often the plan is made again when another order took the goods.
const TRIES: usize = 4;

/// How much later than the service's own window a wish may end: goods are held
/// until then.
const LATEST_MS: i64 = 14 * 24 * 3_600_000;

/// A basket with its articles looked up.
pub(super) struct Basket {
    pub(super) lines: Vec<(Listing, Want)>,
}

impl Basket {
    /// One demand for each article, however often it stands in the request.
    pub(super) fn demands(&self) -> Vec<promise::Demand> {
        let mut sums: BTreeMap<SkuId, i64> = BTreeMap::new();
        for (article, want) in &self.lines {
            *sums.entry(article.id).or_default() += want.quantity;
        }
        sums.into_iter().map(|(sku, quantity)| promise::Demand { sku, quantity }).collect()
    }

    /// Every article once.
    pub(super) fn skus(&self) -> BTreeSet<SkuId> {
        self.lines.iter().map(|(article, _)| article.id).collect()
    }

    /// How much of each article.
    pub(super) fn sums(&self) -> BTreeMap<SkuId, i64> {
        self.demands().into_iter().map(|one| (one.sku, one.quantity)).collect()
    }

    /// What is to be noted of the purchase, under its order or hold.
    pub(super) fn uses(&self, terms: &mut Terms, buyer: &Buyer, reference: &str, now: Time) -> Vec<(String, Use)> {
        if terms.is_empty() {
            return Vec::new();
        }
        let taken = self.demands().into_iter().filter_map(|one| terms.take(buyer, one.sku, one.quantity, now));
        taken.map(|one| (reference.to_owned(), one)).collect()
    }

    pub(super) fn code(&self, sku: SkuId) -> String {
        self.lines.iter().find(|(article, _)| article.id == sku).map_or_else(String::new, |(one, _)| one.code.clone())
    }
}

/// Refuses texts that are too long.
pub(super) fn bearable(new: &PlaceOrder) -> Result<(), Refusal> {
    if new.note.chars().count() > 500 || new.channel.chars().count() > 60 {
        return Err(Refusal::TooLong { field: "The note or the channel" });
    }
    Ok(())
}

/// Refuses a basket of no line, or of too many.
pub(super) fn countable(wants: &[Want]) -> Result<(), Refusal> {
    if wants.is_empty() || wants.len() > MAX_LINES {
        return Err(Refusal::BadLines { lines: wants.len() });
    }
    Ok(())
}

async fn basket(tx: &mut Tx, wants: &[Want]) -> Result<Basket, Stop> {
    countable(wants)?;
    Ok(Basket { lines: articles(tx, wants).await? })
}

/// Articles on sale for what is wanted.
pub(super) async fn articles(tx: &mut Tx, wants: &[Want]) -> Result<Vec<(Listing, Want)>, Stop> {
    let engine = tx.engine();
    let found = catalog::listings(tx.sql(), engine, wants.iter().map(|want| want.sku.as_str())).await?;
    let by_code = found.into_iter().map(|one| (one.code.clone(), one)).collect();
    Ok(on_sale(&by_code, wants)?)
}

/// Each line with its article; the first line that cannot be sold is refused.
pub(super) fn on_sale(by_code: &HashMap<String, Listing>, wants: &[Want]) -> Result<Vec<(Listing, Want)>, Refusal> {
    let line = |want: &Want| {
        if !(1..=MOST_OF_A_LINE).contains(&want.quantity) {
            return Err(Refusal::BadQuantity { sku: want.sku.clone(), quantity: want.quantity });
        }
        match by_code.get(&catalog::tidy_code(&want.sku)).filter(|article| article.active) {
            Some(article) => Ok((article.clone(), want.clone())),
            None => Err(Refusal::UnknownArticle { sku: want.sku.chars().take(60).collect() }),
        }
    };
    wants.iter().map(line).collect()
}

async fn plan_basket(
    tx: &mut Tx,
    basket: &Basket,
    destination: Coord,
    channel: &str,
    service: &str,
) -> Result<promise::Plan, Stop> {
    let request = request(basket, destination, channel, service)?;
    let mut plan = promise::plan(tx, &request).await?;
    promise::ahead(tx, &request, &mut plan).await?;
    whole(basket, &request, &plan)?;
    Ok(plan)
}

/// What sourcing is asked for a basket.
pub(super) fn request(
    basket: &Basket,
    destination: Coord,
    channel: &str,
    service: &str,
) -> Result<promise::Request, Refusal> {
    if ![network::SAME_DAY, network::NEXT_DAY].contains(&service) {
        return Err(Refusal::UnknownService { service: service.chars().take(60).collect() });
    }
    let (channel, service) = (channel.to_owned(), service.to_owned());
    Ok(promise::Request { channel, lines: basket.demands(), destination, service, divisible: true })
}

/// Refuses a plan that leaves something out.
pub(super) fn whole(basket: &Basket, request: &promise::Request, plan: &promise::Plan) -> Result<(), Refusal> {
    let Some((sku, missing)) = plan.short.first() else { return Ok(()) };
    let wanted = request.lines.iter().find(|line| line.sku == *sku).map_or(0, |line| line.quantity);
    Err(Refusal::Short { sku: basket.code(*sku), wanted, available_quantity: wanted - missing })
}

/// What a basket would cost and when it would come, holding nothing: the caller
/// drops the transaction.
pub async fn quote(
    tx: &mut Tx,
    wants: &[Want],
    destination: Coord,
    mode: DeliveryMode,
    channel: &str,
    service: &str,
) -> Result<(i64, i64, Window), Stop> {
    let basket = basket(tx, wants).await?;
    let plan = plan_basket(tx, &basket, destination, channel, service).await?;
    let goods = basket.lines.iter().map(|(article, want)| article.price_minor * want.quantity).sum();
    let window = Window { from: plan.window.0, to: plan.window.1 };
    Ok((goods, shipping_minor(mode, service), window))
}

/// Places an order. Effect: contact, order, holds, fulfilments, payment, decision.
/// Facts: `order.placed`, `hold.placed`, `payment.authorised`, `order.accepted`.
pub async fn place(tx: &mut Tx, new: &PlaceOrder, shopper: Option<UserId>) -> Result<Order, Stop> {
    bearable(new)?;
    let basket = basket(tx, &new.lines).await?;
    let (destination, pickup_site) = destination(tx, new).await?;
    request(&basket, destination, &new.channel, &new.delivery.service)?;
    hold::take_over(tx, &new.from_holds).await?;
    let mut bound = Bound::read(tx, &basket.skus(), &[Comer::of(new, shopper)]).await?;
    let buyer = bound.buyer(0);
    hold::allowed(tx, &bound.terms, &buyer, &new.channel, &basket, true).await?;
    let plan = plan_basket(tx, &basket, destination, &new.channel, &new.delivery.service).await?;
    let window = window(new, &plan)?;
    let (contact, address) = parties::add_contact(tx, &new.recipient, &new.address, new.invoice.as_ref()).await?;
    let order =
        orders::open(tx, &draft(new, &basket, &plan, (contact, address), destination, window, pickup_site, shopper))
            .await?;
    source(tx, new, &basket, &order, plan).await?;
    let uses = basket.uses(&mut bound.terms, &buyer, &order.id.to_string(), order.placed_at);
    super::rows::add_uses(tx, &uses, false).await?;
    if new.invoice.is_some() {
        tx.emit(crate::event::Event::InvoiceRequested { order: order.id, contact });
    }
    if new.address.confidence < parties::DOUBTFUL_BELOW {
        orders::hold_order(tx, order.id, orders::ADDRESS_DOUBTFUL).await?;
    }
    payments::begin(tx, order.id, new.payment.method, new.payment.card).await?;
    Ok(order)
}

async fn destination(tx: &mut Tx, new: &PlaceOrder) -> Result<(Coord, Option<SiteId>), Stop> {
    let code = new.delivery.pickup_point.as_deref().unwrap_or_default();
    let point = match new.delivery.mode {
        DeliveryMode::Home => None,
        DeliveryMode::PickupPoint => network::site_by_code(tx.sql(), code).await?,
    };
    bound_for(new, point.as_ref())
}

/// Where an order goes; `point` is the site its pick-up point names, if one does.
pub(super) fn bound_for(new: &PlaceOrder, point: Option<&network::Site>) -> Result<(Coord, Option<SiteId>), Stop> {
    let code = new.delivery.pickup_point.as_deref().unwrap_or_default();
    if new.delivery.mode == DeliveryMode::Home {
        return Ok((new.address.coord()?, None));
    }
    match point.filter(|site| site.kind == SiteKind::PickupPoint) {
        Some(site) => Ok((site.coord, Some(site.id))),
        None => Err(Refusal::UnknownPoint { pickup_point: code.chars().take(60).collect() }.into()),
    }
}

/// The shopper's window if he named one that can be kept, else the service's.
pub(super) fn window(new: &PlaceOrder, plan: &promise::Plan) -> Result<(Time, Time), Refusal> {
    let to_come = plan.parts.iter().any(|part| part.supply.is_some());
    match new.delivery.window {
        // The window of a part that is here begins before the rest can come.
        Some(wished) if to_come && wished.to < plan.window.1 => Err(Refusal::BadWindow),
        Some(wished) if wished.to <= wished.from || wished.to < plan.window.0 => Err(Refusal::BadWindow),
        Some(wished) if wished.to > plan.window.1.plus_ms(LATEST_MS) => Err(Refusal::BadWindow),
        Some(wished) => Ok((wished.from, wished.to)),
        None => Ok(plan.window),
    }
}

#[allow(clippy::too_many_arguments)]
pub(super) fn draft(
    new: &PlaceOrder,
    basket: &Basket,
    plan: &promise::Plan,
    (contact, address): (ContactId, AddressId),
    coord: Coord,
    window: (Time, Time),
    pickup_site: Option<SiteId>,
    shopper: Option<UserId>,
) -> NewOrder {
    let lines = basket
        .lines
        .iter()
        .map(|(article, want)| NewLine {
            external_line_id: want.external_line_id.clone(),
            sku: article.id,
            quantity: want.quantity,
            unit_price_minor: article.price_minor,
        })
        .collect();
    NewOrder {
        channel: new.channel.clone(),
        external_id: new.external_order_id.clone(),
        contact,
        address,
        coord,
        mode: new.delivery.mode,
        service: new.delivery.service.clone(),
        pickup_site,
        window,
        promised_by: plan.promised_by.max(window.1),
        short_policy: new.short_policy,
        note: new.note.clone(),
        currency: CURRENCY.to_owned(),
        shipping_minor: shipping_minor(new.delivery.mode, &new.delivery.service),
        shopper,
        lines,
    }
}

/// Holds what the plan says; when another was faster, plans again.
async fn source(
    tx: &mut Tx,
    new: &PlaceOrder,
    basket: &Basket,
    order: &Order,
    mut plan: promise::Plan,
) -> Result<(), Stop> {
    for left in (0..TRIES).rev() {
        match hold_all(tx, order, &plan).await {
            Ok(()) => {
                promise::record(tx, &order.id.to_string(), &plan).await?;
                return Ok(());
            }
            Err(stop) if stop.code() == Some("stock.short") && left > 0 => {
                orders::undo_parts(tx, order.id).await?;
                plan = plan_basket(tx, basket, order.coord, &new.channel, &new.delivery.service).await?;
            }
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}

/// When a site is due, and what of each line it ships.
pub(super) type SitePart = (Time, Vec<(LineId, SkuId, i64)>);
/// A site, and the delivery that brings what it ships; `None` for what is there.
pub(super) type Source = (SiteId, Option<AsnId>);

/// Gives each line its share of what each site ships.
pub(super) fn by_site(lines: &[(LineId, SkuId, i64)], plan: &promise::Plan) -> BTreeMap<Source, SitePart> {
    // Open lines of each article, the first one last.
    let mut open: HashMap<SkuId, Vec<(LineId, i64)>> = HashMap::new();
    for (line, sku, quantity) in lines.iter().rev() {
        open.entry(*sku).or_default().push((*line, *quantity));
    }
    let mut by_site: BTreeMap<Source, SitePart> = BTreeMap::new();
    for part in &plan.parts {
        let mut left = part.quantity;
        let of_article = open.entry(part.sku).or_default();
        while left > 0
            && let Some((line, room)) = of_article.last_mut()
        {
            let n = (*room).min(left);
            (*room, left) = (*room - n, left - n);
            let source = by_site.entry((part.site, part.supply)).or_insert((part.due_at, Vec::new()));
            source.1.push((*line, part.sku, n));
            if *room == 0 {
                of_article.pop();
            }
        }
    }
    by_site
}

async fn hold_all(tx: &mut Tx, order: &Order, plan: &promise::Plan) -> Result<(), Stop> {
    let lines = orders::lines(tx.sql(), order.id).await?;
    let lines: Vec<_> = lines.iter().map(|line| (line.id, line.sku, line.ordered)).collect();
    for ((site, supply), (due_at, wants)) in by_site(&lines, plan) {
        match supply {
            None => orders::add_part(tx, order, site, due_at, &wants).await?,
            Some(asn) => orders::add_scheduled(tx, order, (site, asn), due_at, &wants).await?,
        };
    }
    Ok(())
}

/// Gives an order another address: the next revision of its contact's. What goes to
/// a pick-up point still goes there; only the letter's address is another.
pub async fn change_address(tx: &mut Tx, order: &Order, address: &parties::Address) -> Result<AddressId, Stop> {
    let coord = match order.mode {
        DeliveryMode::Home => address.coord()?,
        DeliveryMode::PickupPoint => order.coord,
    };
    let revised = parties::revise_address(tx, order.contact, address).await?;
    orders::change_address(tx, order, revised, coord).await?;
    Ok(revised)
}
