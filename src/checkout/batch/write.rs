//! What a batch decided, in a fixed number of statements whatever its size. Rows
//! that nobody waits for go first, or onto the roll; hours and pools, which other
//! replicas want as well, come last and in one order for everybody.

use std::collections::BTreeMap;

use super::{
    super::{rows, terms::Use},
    Wish,
    decide::Decided,
};
use crate::{
    decisions,
    event::Chore,
    kernel::*,
    orders::{self, OrderState},
    parties, payments,
    promise::Scene,
    stock,
    store::{
        Tx,
        roll::{About, Slip},
    },
};

/// Orders on one row of the roll: few enough that whoever comes while they are posted
/// hardly waits.
const ON_A_ROW: usize = 64;

/// When the rows of orders are written that only the warehouse reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Posting {
    /// With the promise.
    AtOnce,
    /// From the roll, when nobody waits at the till.
    Later,
}

/// What guards something, of a whole batch.
pub(super) struct Guarded {
    goods: BTreeMap<(SiteId, SkuId), i64>,
    uses: Vec<(String, Use)>,
    posting: Posting,
}

impl Guarded {
    /// Of what was decided; purchases to be noted are taken out of it.
    pub(super) fn of(all: &mut [Decided], posting: Posting) -> Self {
        let uses = all.iter_mut().flat_map(|one| std::mem::take(&mut one.uses)).collect();
        Self { goods: goods(all), uses, posting }
    }

    /// Writes it. False if hours or goods were taken by another replica since they were
    /// read: the caller drops the transaction.
    pub(super) async fn write(&self, tx: &mut Tx, scene: &mut Scene) -> Result<bool, Fault> {
        rows::add_uses(tx, &self.uses, self.posting == Posting::Later).await?;
        Ok(scene.write_hours(tx).await? && stock::take_all(tx, &self.goods).await?)
    }
}

/// Puts the rows of all orders aside. Lets others go on now and then: statements of
/// the same batch are under way.
pub(super) async fn put_aside(draft: &mut Tx, wishes: &[Wish], mut all: Vec<Decided>) -> Result<Vec<Slip>, Fault> {
    let mut slips = Vec::with_capacity(all.len() / ON_A_ROW + 1);
    while !all.is_empty() {
        let rest = all.split_off(ON_A_ROW.min(all.len()));
        let about = about(&all);
        write_rows(draft, wishes, std::mem::replace(&mut all, rest)).await?;
        slips.extend(draft.tear(about)?);
        tokio::task::yield_now().await;
    }
    Ok(slips)
}

/// What is held of each pool.
fn goods(all: &[Decided]) -> BTreeMap<(SiteId, SkuId), i64> {
    let mut sums = BTreeMap::new();
    for (_, want, _) in all.iter().flat_map(|one| &one.holds) {
        *sums.entry((want.site, want.sku)).or_default() += want.quantity;
    }
    sums
}

fn about(all: &[Decided]) -> About {
    let names = |one: &Decided| format!("{} {} {} ", one.opened.order.id, one.opened.order.number, one.payment.id);
    About {
        orders: all.len(),
        subjects: all.iter().map(names).collect(),
        goods: goods(all).into_iter().map(|((site, sku), n)| (site, sku, n)).collect(),
    }
}

/// Everything that guards nothing.
pub(super) async fn write_rows(tx: &mut Tx, wishes: &[Wish], all: Vec<Decided>) -> Result<(), Fault> {
    let people: Vec<parties::Newcomer<'_>> = all.iter().map(|one| newcomer(&wishes[one.wish], one.contact)).collect();
    parties::add_all(tx, &people).await?;
    let (mut opened, mut holds) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len() * 2));
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
    }
    orders::add_opened(tx, &opened).await?;
    payments::add_all(tx, &payments).await?;
    decisions::record_all(tx, &choices).await?;
    stock::note_holds(tx, &holds).await
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
