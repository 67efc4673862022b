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
    exchange,
    identity::Signer,
    kernel::*,
    network::{self, TakenHours},
    orders::{self, OrderState},
    parties, payments, stock,
    store::{
        Tx,
        command::{self, Reply},
        roll::{About, Slip},
    },
};

/// Orders on one row of the roll: few enough that whoever comes while they are posted
/// hardly waits.
pub(super) const ON_A_ROW: usize = 64;

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
    /// Hours to be taken at sites.
    pub(super) hours: TakenHours,
    /// Numbers that channels gave.
    numbers: Vec<(String, String)>,
    posting: Posting,
}

impl Guarded {
    /// Of nothing yet.
    pub(super) fn new(posting: Posting) -> Self {
        let (goods, uses, hours, numbers) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        Self { goods, uses, hours, numbers, posting }
    }

    /// And of what was decided; purchases to be noted are taken out of it.
    pub(super) fn add(&mut self, all: &mut [Decided]) {
        self.uses.extend(all.iter_mut().flat_map(|one| std::mem::take(&mut one.uses)));
        for (pool, n) in goods(all) {
            *self.goods.entry(pool).or_default() += n;
        }
        self.numbers.extend(numbers(all).map(|(channel, number)| (channel.to_owned(), number.to_owned())));
    }

    /// Writes it. False if hours or goods were taken by another replica since they were
    /// read: the caller drops the transaction.
    pub(super) async fn write(&self, tx: &mut Tx) -> Result<bool, Fault> {
        rows::add_uses(tx, &self.uses, self.posting == Posting::Later).await?;
        Ok(network::write_hours(tx, &self.hours).await? && stock::take_all(tx, &self.goods).await?)
    }

    /// Whether an order has one of the numbers by now: what was decided on a desk that
    /// stands has not asked.
    pub(super) async fn is_numbered(&self, tx: &mut Tx) -> Result<bool, Fault> {
        let asked = || self.numbers.iter().map(|(channel, number)| (channel.as_str(), number.as_str()));
        Ok(!self.numbers.is_empty() && !orders::known_externals(tx, asked()).await?.is_empty())
    }
}

/// The numbers that channels gave these orders.
pub(super) fn numbers(all: &[Decided]) -> impl Iterator<Item = (&str, &str)> {
    all.iter().filter_map(|one| {
        let order = &one.opened.order;
        Some((order.channel.as_str(), order.external_id.as_deref()?))
    })
}

/// What a shopper is answered.
pub(super) fn reply(one: &mut Decided, signer: &Signer) -> Result<Reply, Fault> {
    one.shown.guest_link = Some(signer.sign(one.opened.order.id));
    exchange::done(201, &one.shown).map_err(|problem| Fault::new(problem.detail))
}

/// Puts the rows of all orders aside, each with its reply and its keys. Lets others go
/// on now and then: statements of the same batch are under way.
pub(super) async fn put_aside(
    draft: &mut Tx,
    signer: &Signer,
    wishes: &[Wish],
    mut all: Vec<Decided>,
) -> Result<(Vec<Reply>, Vec<Slip>), Fault> {
    let (mut replies, mut slips) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len() / ON_A_ROW + 1));
    while !all.is_empty() {
        let rest = all.split_off(ON_A_ROW.min(all.len()));
        let some = std::mem::replace(&mut all, rest);
        let (told, slip) = put_in_words(draft, signer, wishes, some).await?;
        replies.extend(told);
        slips.extend(slip);
        tokio::task::yield_now().await;
    }
    Ok((replies, slips))
}

/// A row of the roll for a few orders, and what their shoppers are answered.
pub(super) async fn put_in_words(
    draft: &mut Tx,
    signer: &Signer,
    wishes: &[Wish],
    mut some: Vec<Decided>,
) -> Result<(Vec<Reply>, Option<Slip>), Fault> {
    let replies: Vec<Reply> = some.iter_mut().map(|one| reply(one, signer)).collect::<Result<_, _>>()?;
    let marks = || some.iter().map(|one| &wishes[one.wish].mark);
    command::remember_all(draft, &marks().zip(&replies).collect::<Vec<_>>()).await?;
    command::claim_all(draft, numbers(&some)).await?;
    let claimed = numbers(&some).map(|(channel, number)| command::number_mark(channel, number));
    let keys = marks().cloned().chain(claimed).collect();
    let about = About { keys, ..about(&some) };
    write_rows(draft, wishes, some).await?;
    Ok((replies, draft.tear(about)?))
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
        keys: Vec::new(),
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
