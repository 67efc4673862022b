//! An order as its owner sees it. Deliberately absent: other people's data; names
//! and phones are masked unless the caller may see them.

use serde::Serialize;

use crate::{
    catalog::{self, Names},
    kernel::*,
    network,
    orders::{self, Line, Order},
    payments::{self, PaymentState},
    store::Sql,
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
    let mut lines = Vec::new();
    for line in orders::lines(sql, order.id).await? {
        let article = catalog::by_id(sql, line.sku).await?;
        let (code, name) = article.map(|article| (article.code, article.name)).unwrap_or_default();
        lines.push(LineView { line, code, name });
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
