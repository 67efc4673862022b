//! Changing an order that goes on: its address, or whether it may go on.
//! Deliberately absent: what a new address costs; transport quotes that.

use super::{model::*, rows};
use crate::{event::Event, kernel::*, store::Tx};

/// Why an order is on hold whose address the map does not know.
pub const ADDRESS_DOUBTFUL: &str = "the address is doubtful";

/// Gives the order another address revision. Fact: `order.address_changed`.
pub async fn change_address(tx: &mut Tx, order: &Order, address: AddressId, coord: Coord) -> Result<(), Stop> {
    if order.state.is_over() {
        return Err(Refusal::Over { state: order.state }.into());
    }
    rows::set_address(tx.sql(), order.id, address, coord).await?;
    tx.emit(Event::AddressChanged { order: order.id, address });
    Ok(())
}

/// Keeps an order from being released until a person has looked.
/// Fact: `order.on_hold`.
pub async fn hold_order(tx: &mut Tx, order: OrderId, reason: &str) -> Result<(), Stop> {
    let from = [OrderState::Placed, OrderState::Accepted];
    if rows::step_order(tx.sql(), order, from, OrderState::OnHold, Some(reason), None).await? {
        tx.emit(Event::OrderHeld { order, reason: reason.to_owned() });
    }
    Ok(())
}

/// Lets an order go on that a person, or goods, has cleared. It is placed again;
/// payments say whether it is accepted. Fact: `order.resumed`.
pub async fn resume_order(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    if rows::step_order(tx.sql(), order, [OrderState::OnHold; 2], OrderState::Placed, None, None).await? {
        tx.emit(Event::OrderResumed { order });
    }
    Ok(())
}
