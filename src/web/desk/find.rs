//! "Find anything": one field that knows orders, articles, parcels, bins, cases and
//! ids. Deliberately absent: a list of everything that is a bit like it; what is
//! not found here is looked for among orders.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{book::page_of, seat::Seat, sheet};
use crate::{
    catalog,
    exchange::Query,
    layout, orders,
    problem::Problem,
    store::{Db, Sql},
    transport, units,
    web::{assets::path_part, page::go},
};

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

/// Leads to what the text names.
pub async fn find(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let place = place(read.sql(), &seat, asked.q.trim()).await?;
    Ok(go(&place.unwrap_or_else(|| sheet::query("/desk/orders", &[("q", asked.q.trim())]))))
}

async fn place(sql: &mut Sql, seat: &Seat, text: &str) -> Result<Option<String>, Problem> {
    let page = page_of(text);
    if text.contains('_') && !page.is_empty() {
        return Ok(Some(page));
    }
    let code = text.to_uppercase();
    if let Some(order) = orders::by_number(sql, &code).await? {
        return Ok(Some(format!("/desk/orders/{}", path_part(&order.number))));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if let Some(parcel) = transport::parcel_by_sscc(sql, &digits).await? {
        return Ok(Some(format!("/desk/orders/{}", parcel.order)));
    }
    if let Some((article, _)) = catalog::by_barcode(sql, text).await? {
        return Ok(Some(format!("/desk/stock/{}", path_part(&article.code))));
    }
    for site in &seat.sites {
        if layout::bin_by_code(sql, site.id, &code).await?.is_some() {
            return Ok(Some(sheet::query("/desk/ledger", &[("q", &code), ("site", &site.code)])));
        }
    }
    if units::by_code(sql, &code).await?.is_some() {
        return Ok(Some(sheet::query("/desk/ledger", &[("q", &code)])));
    }
    Ok(None)
}
