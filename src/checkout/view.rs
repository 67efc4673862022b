//! An order as its owner sees it. Deliberately absent: other people's data; names
//! and phones are masked unless the caller may see them.

use serde::Serialize;

use crate::{
    catalog::{self, Names},
    kernel::*,
    network,
    orders::{self, Line, Order},
    payments::{self, PaymentState},
    stock,
    store::Sql,
    words,
};

/// One line with its article's name.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LineView {
    /// The line's quantities.
    #[serde(flatten)]
    pub line: Line,
    /// The article's code.
    pub code: String,
    /// Its name.
    pub name: Names,
    /// Whether all of it that is held is here, or some of it is still to come.
    pub supply: LineSupply,
    /// How much of it is still to come.
    pub pledged: i64,
    /// When what is to come is expected: it does not ship earlier.
    pub ship_not_before: Option<Time>,
}

words! {
    /// What a line stands on.
    LineSupply {
        /// Goods that are there.
        OnHand = "on_hand",
        /// At least in part, a delivery that is announced.
        Inbound = "inbound",
    }
}

impl LineView {
    /// A line of which nothing is to come.
    pub fn on_hand(line: Line, code: String, name: Names) -> Self {
        Self { line, code, name, supply: LineSupply::OnHand, pledged: 0, ship_not_before: None }
    }
}

/// Which site ships what, by its code.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PartView {
    /// Id.
    pub id: FulfilmentId,
    /// The site's code.
    pub site: String,
    /// Where it stands.
    pub state: orders::FulfilmentState,
}

/// An order, whole.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OrderView {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// Its parts.
    pub fulfilments: Vec<PartView>,
    /// Goods and shipping that are due.
    pub total_minor: i64,
    /// Where its payment stands.
    pub payment: Option<PaymentState>,
    /// What the shopper says at the door; only for him.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_pin: Option<String>,
    /// A link that opens this order for whoever has it; only when placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_link: Option<String>,
}

/// Brings an order together.
pub async fn view(sql: &mut Sql, order: Order) -> Result<OrderView, Fault> {
    let to_come = stock::pledged_of_order(sql, order.id).await?;
    let mut lines = Vec::new();
    for line in orders::lines(sql, order.id).await? {
        let article = catalog::by_id(sql, line.sku).await?;
        let (code, name) = article.map(|article| (article.code, article.name)).unwrap_or_default();
        let mut one = LineView::on_hand(line, code, name);
        for (hold, supply) in to_come.iter().filter(|(hold, _)| hold.line == one.line.id) {
            one.supply = LineSupply::Inbound;
            one.pledged += hold.pledged;
            one.ship_not_before = one.ship_not_before.max(Some(supply.not_before));
        }
        lines.push(one);
    }
    let mut fulfilments = Vec::new();
    for part in orders::fulfilments(sql, order.id).await? {
        let site = network::site(sql, part.site).await?.map(|site| site.code).unwrap_or_default();
        fulfilments.push(PartView { id: part.id, site, state: part.state });
    }
    let anything = lines.iter().any(|one| one.line.ordered > one.line.cancelled + one.line.returned);
    let goods: i64 = lines.iter().map(|one| one.line.due_minor()).sum();
    let total_minor = goods + if anything { order.shipping_minor } else { 0 };
    let payment = payments::of_order(sql, order.id).await?.map(|payment| payment.state);
    Ok(OrderView { order, lines, fulfilments, total_minor, payment, delivery_pin: None, guest_link: None })
}
