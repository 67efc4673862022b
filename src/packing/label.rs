//! The label of a weighed carton, on its way to a printer. Whose it is goes along;
//! name and street are read from the parties when it is printed. Deliberately absent: the printer; a jam does not stop packing.

use super::model::Carton;
use crate::{
    kernel::*,
    network, orders,
    printing::{self, Label, LabelCode, NewPrint, PrintKind, Recipient},
    store::Tx,
};

/// Queues a carton's label; `None` if it has no SSCC yet.
pub(super) async fn queue(tx: &mut Tx, carton: &Carton) -> Result<Option<PrintId>, Stop> {
    let Some(sscc) = carton.sscc.clone() else { return Ok(None) };
    let Some(part) = orders::fulfilment(tx.sql(), carton.fulfilment).await? else { return Ok(None) };
    let Some(order) = orders::by_id(tx.sql(), part.order).await? else { return Ok(None) };
    let site = network::site(tx.sql(), carton.site).await?.map(|site| site.name.en).unwrap_or_default();
    let label = Label {
        heading: order.service.replace('_', " "),
        lines: Vec::new(),
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
        recipient: Some(Recipient { contact: order.contact, address: order.address }),
    };
    Ok(Some(printing::print(tx, &new).await?))
}
