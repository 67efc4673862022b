//! What a batch decided, in a fixed number of statements whatever its size. Rows
//! that nobody waits for go first, or onto the roll; hours and pools, which other
//! replicas want as well, come last and in one order for everybody.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{
    super::{rows, terms::Use},
    Wish,
    decide::Decided,
    deed::Deed,
};
use crate::{
    decisions,
    event::Chore,
    exchange,
    identity::{self, Signer},
    kernel::*,
    network::{self, TakenHours},
    orders::{self, OrderState},
    parties, payments, stock,
    store::{
        Db, Tx,
        command::{self, Marked, Reply},
        roll::{About, Posted, Poster, Slip},
    },
};

/// Orders on one row of the roll: few enough that one clerk soon has them in words, and
/// that whoever comes while they are posted hardly waits.
pub(super) const ON_A_ROW: usize = 32;

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
        for (pool, n) in all.iter().flat_map(|one| one.deed.goods()) {
            *self.goods.entry(pool).or_default() += n;
        }
        self.numbers.extend(numbers(all).map(|(channel, number)| (channel.to_owned(), number.to_owned())));
    }

    /// Writes it. False if hours or goods were taken by another replica since they were
    /// read: the caller drops the transaction. What becomes of the pools is told with the
    /// orders: now, or when they are posted.
    pub(super) async fn write(&self, tx: &mut Tx) -> Result<bool, Fault> {
        rows::add_uses(tx, &self.uses, self.posting == Posting::Later).await?;
        if !network::write_hours(tx, &self.hours).await? {
            return Ok(false);
        }
        match self.posting {
            Posting::AtOnce => stock::take_all(tx, &self.goods).await,
            Posting::Later => stock::take_quietly(tx, &self.goods).await,
        }
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
    all.iter().filter_map(|one| one.deed.external())
}

/// What a shopper is answered.
pub(super) fn reply(deed: &Deed, signer: &Signer) -> Result<Reply, Fault> {
    exchange::done(201, &deed.view(signer)).map_err(|problem| Fault::new(problem.detail))
}

/// A deed with what the shopper said of himself: everything that is written of an order.
#[derive(Serialize, Deserialize)]
pub(super) struct Record<'a> {
    deed: Cow<'a, Deed>,
    recipient: Cow<'a, parties::NewContact>,
    address: Cow<'a, parties::Address>,
    invoice: Option<Cow<'a, parties::Invoice>>,
}

/// The records of a batch.
pub(super) fn records<'a>(wishes: &'a [Wish], all: &'a [Decided]) -> Vec<Record<'a>> {
    let record = |one: &'a Decided| {
        let asked = &wishes[one.wish].order;
        Record {
            deed: Cow::Borrowed(&one.deed),
            recipient: Cow::Borrowed(&asked.recipient),
            address: Cow::Borrowed(&asked.address),
            invoice: asked.invoice.as_ref().map(Cow::Borrowed),
        }
    };
    all.iter().map(record).collect()
}

/// Puts all orders into words, a row of the roll for each few. Lets others go on now and
/// then: statements of the same batch are under way.
pub(super) async fn put_aside(
    db: &Db,
    signer: &Signer,
    wishes: &[Wish],
    all: &[Decided],
) -> Result<(Vec<Reply>, Vec<Slip>), Fault> {
    let (mut replies, mut slips) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len() / ON_A_ROW + 1));
    for some in all.chunks(ON_A_ROW) {
        let (told, slip) = put_in_words(db, signer, wishes, some)?;
        replies.extend(told);
        slips.push(slip);
        tokio::task::yield_now().await;
    }
    Ok((replies, slips))
}

/// A row of the roll for a few orders, and what their shoppers are answered.
pub(super) fn put_in_words(
    db: &Db,
    signer: &Signer,
    wishes: &[Wish],
    some: &[Decided],
) -> Result<(Vec<Reply>, Slip), Fault> {
    let replies = some.iter().map(|one| reply(&one.deed, signer)).collect::<Result<_, _>>()?;
    // Two thousand bytes an order, mostly.
    let mut words = Vec::with_capacity(some.len() << 11);
    serde_json::to_writer(&mut words, &records(wishes, some))?;
    Ok((replies, Slip::new(db, about(some), &words)?))
}

fn about(all: &[Decided]) -> About {
    let mut goods: BTreeMap<(SiteId, SkuId), i64> = BTreeMap::new();
    for (pool, n) in all.iter().flat_map(|one| one.deed.goods()) {
        *goods.entry(pool).or_default() += n;
    }
    let names = |Decided { deed, .. }: &Decided| {
        format!("{} {} {} ", deed.order, deed.number.as_deref().unwrap_or_default(), deed.payment.id)
    };
    let claimed = numbers(all).map(|(channel, number)| command::number_mark(channel, number));
    About {
        orders: all.len(),
        subjects: all.iter().map(names).collect(),
        goods: goods.into_iter().map(|((site, sku), n)| (site, sku, n)).collect(),
        keys: all.iter().map(|one| one.deed.mark.clone()).chain(claimed).collect(),
    }
}

/// Who posts the rows of the roll that a till put there.
pub(super) struct OfTills;

impl Poster for OfTills {
    fn post<'a>(&'a self, tx: &'a mut Tx, words: &'a [u8]) -> Posted<'a> {
        Box::pin(async move {
            let all: Vec<Record<'_>> = serde_json::from_slice(words)?;
            tx.as_of(all.first().map(|one| one.deed.at));
            let posted = post(tx, &all).await;
            tx.as_of(None);
            posted
        })
    }
}

async fn post(tx: &mut Tx, all: &[Record<'_>]) -> Result<(), Fault> {
    let signer = identity::signer(tx).await?;
    let replies = all.iter().map(|one| reply(&one.deed, &signer)).collect::<Result<Vec<_>, _>>()?;
    let told: Vec<(&Marked, &Reply)> = all.iter().map(|one| &one.deed.mark).zip(&replies).collect();
    command::take_places(tx, &told).await?;
    command::take_number_places(tx, all.iter().filter_map(|one| one.deed.external())).await?;
    write_rows(tx, all).await?;
    let goods: BTreeMap<_, _> = all.iter().flat_map(|one| one.deed.goods()).collect();
    stock::tell_all(tx, goods.into_keys()).await
}

/// Everything that guards nothing.
pub(super) async fn write_rows(tx: &mut Tx, all: &[Record<'_>]) -> Result<(), Fault> {
    parties::add_all(tx, &all.iter().map(newcomer).collect::<Vec<_>>()).await?;
    let (mut opened, mut holds) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len() * 2));
    for Record { deed, .. } in all {
        let actor = deed.actor();
        let order = deed.opened();
        ask_for_chores(tx, deed, order.order.state).await?;
        for fact in deed.facts()? {
            tx.emit_as(&actor, fact);
        }
        holds.extend(deed.holds().map(|(hold, want)| (hold, want, actor.clone())));
        opened.push(order);
    }
    orders::add_opened(tx, &opened).await?;
    payments::add_all(tx, all.iter().map(|one| &one.deed.payment)).await?;
    decisions::record_all(tx, all.iter().map(|one| &one.deed.choice)).await?;
    stock::note_holds(tx, &holds).await
}

fn newcomer<'a>(one: &'a Record<'_>) -> parties::Newcomer<'a> {
    parties::Newcomer {
        contact_id: one.deed.new.contact,
        address_id: one.deed.new.address,
        contact: &one.recipient,
        address: &one.address,
        invoice: one.invoice.as_deref(),
    }
}

/// Sites look for work; what waits for its payment lapses. What is accepted already
/// never does, so nothing is asked for it.
async fn ask_for_chores(tx: &mut Tx, deed: &Deed, state: OrderState) -> Result<(), Fault> {
    for part in &deed.parts {
        tx.later(Chore::PlanWave, part.site, deed.at.plus_ms(orders::WAVE_PATIENCE_MS)).await?;
    }
    if state == OrderState::Accepted {
        return Ok(());
    }
    tx.later(Chore::LapseOrder, deed.order, deed.at.plus_ms(orders::PAYMENT_TERM_MS)).await?;
    for (hold, want) in deed.holds() {
        if let Some(expires_at) = want.expires_at {
            tx.later(Chore::ExpireHold, hold, expires_at).await?;
        }
    }
    Ok(())
}
