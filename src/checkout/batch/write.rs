//! What a batch decided, in a fixed number of statements whatever its size. Rows
//! that nobody waits for go first; hours and pools, which other replicas want as
//! well, come last and in one order for everybody.

use super::{Wish, decide::Decided};
use crate::{
    decisions,
    event::Chore,
    kernel::*,
    orders::{self, OrderState},
    parties, payments,
    promise::Scene,
    stock,
    store::Tx,
};

/// Writes all of it. False if hours or goods were taken by another replica since
/// they were read: the caller drops the transaction.
pub(super) async fn write(tx: &mut Tx, scene: &mut Scene, wishes: &[Wish], all: Vec<Decided>) -> Result<bool, Fault> {
    if all.is_empty() {
        return Ok(true);
    }
    let people: Vec<parties::Newcomer<'_>> = all.iter().map(|one| newcomer(&wishes[one.wish], one.contact)).collect();
    parties::add_all(tx, &people).await?;
    let (mut opened, mut holds) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len() * 2));
    let mut uses = Vec::new();
    let (mut payments, mut choices) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
    for one in all {
        ask_for_chores(tx, &one).await?;
        for fact in one.facts {
            tx.emit_as(&one.actor, fact);
        }
        opened.push(one.opened);
        holds.extend(one.holds);
        payments.push(one.payment);
        choices.push(one.choice);
        uses.extend(one.uses);
    }
    orders::add_opened(tx, &opened).await?;
    payments::add_all(tx, &payments).await?;
    decisions::record_all(tx, &choices).await?;
    super::super::rows::add_uses(tx, &uses).await?;
    Ok(scene.write_hours(tx).await? && stock::reserve_all(tx, &holds).await?)
}

fn newcomer(wish: &Wish, (contact_id, address_id): (ContactId, AddressId)) -> parties::Newcomer<'_> {
    let new = &wish.order;
    parties::Newcomer {
        contact_id,
        address_id,
        contact: &new.recipient,
        address: &new.address,
        invoice: new.invoice.as_ref(),
    }
}

/// Sites look for work; what waits for its payment lapses. What is accepted already
/// never does, so nothing is asked for it.
async fn ask_for_chores(tx: &mut Tx, one: &Decided) -> Result<(), Fault> {
    let order = &one.opened.order;
    for part in &one.opened.parts {
        tx.later(Chore::PlanWave, part.site, order.placed_at.plus_ms(orders::WAVE_PATIENCE_MS)).await?;
    }
    if order.state == OrderState::Accepted {
        return Ok(());
    }
    tx.later(Chore::LapseOrder, order.id, order.placed_at.plus_ms(orders::PAYMENT_TERM_MS)).await?;
    for (hold, want, _) in &one.holds {
        if let Some(expires_at) = want.expires_at {
            tx.later(Chore::ExpireHold, hold, expires_at).await?;
        }
    }
    Ok(())
}
