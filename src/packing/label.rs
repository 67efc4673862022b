//! The label of a weighed carton, on its way to a printer; names on it are masked.
//! Deliberately absent: the printer; a jam does not stop packing.

use super::model::Carton;
use crate::{
    kernel::*,
    network, orders, parties,
    printing::{self, Label, LabelCode, NewPrint, PrintKind},
    store::Tx,
};

/// Queues a carton's label; `None` if it has no SSCC yet.
pub(super) async fn queue(tx: &mut Tx, carton: &Carton) -> Result<Option<PrintId>, Stop> {
    let Some(sscc) = carton.sscc.clone() else { return Ok(None) };
    let Some(part) = orders::fulfilment(tx.sql(), carton.fulfilment).await? else { return Ok(None) };
    let Some(order) = orders::by_id(tx.sql(), part.order).await? else { return Ok(None) };
    let contact = parties::contact(tx.sql(), order.contact).await?.map(|contact| contact.masked());
    let address = parties::address(tx.sql(), order.address).await?;
    let lines = [contact.map(|contact| contact.name), address.map(|address| address.masked().line())];
    let site = network::site(tx.sql(), carton.site).await?.map(|site| site.name.en).unwrap_or_default();
    let label = Label {
        heading: order.service.replace('_', " "),
        lines: lines.into_iter().flatten().collect(),
        code: LabelCode::Sscc { sscc },
        site,
        sequence: None,
        note: format!("{}  {} g", order.number, carton.measured_g.unwrap_or(0)),
    };
    let new = NewPrint {
        site: carton.site,
        station: String::new(),
        kind: PrintKind::Parcel,
        subject: carton.parcel.to_string(),
        label,
    };
    Ok(Some(printing::print(tx, &new).await?))
}
