//! SQL of many reservations at once.

use std::collections::BTreeMap;

use super::{read_hold, read_pool};
use crate::{
    kernel::*,
    stock::model::*,
    store::{
        Actor, Engine, Tx,
        bulk::{Column, Sheet},
    },
};

const SKUS: &[Column] = &[Column::Text("of_sku")];

pub(super) type Told = (SiteId, SkuId, i64, i64, i64);

pub(super) fn told((site, sku, on_hand, held, version): Told) -> Pool {
    Pool { site, sku, on_hand, held, version }
}

/// The pools of many articles, at every site.
pub async fn pools_of_all(tx: &mut Tx, skus: impl Iterator<Item = SkuId>) -> Result<Vec<Pool>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), SKUS);
    for sku in skus {
        sheet.plain(sku);
    }
    let text = "SELECT p.site, p.sku, p.on_hand, p.held, p.version FROM {x} \
                JOIN pools p ON p.sku = x.of_sku AND p.channel = '*'";
    Ok(sheet.gather(tx.sql(), text).await?.into_iter().map(told).collect())
}

const TAKES: &[Column] = &[Column::Text("of_site"), Column::Text("of_sku"), Column::Int("n")];

fn takes<'a>(tx: &Tx, wanted: impl Iterator<Item = (&'a (SiteId, SkuId), Option<&'a i64>)>) -> Sheet {
    let mut sheet = Sheet::new(tx.engine(), TAKES);
    for ((site, sku), n) in wanted {
        sheet.plain(site).plain(sku).opt_int(n.copied());
    }
    sheet
}

/// Holds so much more of many pools, in the order in which every transaction locks
/// them. `None` if one of them has too little: the caller drops the transaction.
pub(in crate::stock) async fn take_from_pools(
    tx: &mut Tx,
    wanted: &BTreeMap<(SiteId, SkuId), i64>,
) -> Result<Option<Vec<Pool>>, Fault> {
    change_pools(tx, wanted, TAKE).await
}

const TAKE: &str = "UPDATE pools SET held = pools.held + x.n, version = pools.version + 1 FROM {x} \
     WHERE pools.site = x.of_site AND pools.sku = x.of_sku AND pools.channel = '*' \
     AND pools.on_hand - pools.held >= x.n";

/// [`take_from_pools`] without a look at what they became; false if one has too little.
pub(in crate::stock) async fn hold_in_pools(
    tx: &mut Tx,
    wanted: &BTreeMap<(SiteId, SkuId), i64>,
) -> Result<bool, Fault> {
    lock_pools(tx, wanted.keys()).await?;
    let changed = takes(tx, wanted.iter().map(|(pool, n)| (pool, Some(n)))).run(tx.sql(), TAKE).await?;
    Ok(usize::try_from(changed) == Ok(wanted.len()))
}

/// These pools as they are.
pub(in crate::stock) async fn pools_now(
    tx: &mut Tx,
    pools: impl Iterator<Item = (SiteId, SkuId)>,
) -> Result<Vec<Pool>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), TAKES);
    for (site, sku) in pools {
        sheet.plain(site).plain(sku).null();
    }
    if sheet.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sheet.gather(tx.sql(), AS_THEY_ARE).await?.into_iter().map(told).collect())
}

const AS_THEY_ARE: &str = "SELECT p.site, p.sku, p.on_hand, p.held, p.version FROM {x} \
     JOIN pools p ON p.site = x.of_site AND p.sku = x.of_sku AND p.channel = '*'";

const HOLDS: &[Column] = &[
    Column::Text("id"),
    Column::Text("order_id"),
    Column::Text("line_id"),
    Column::Text("site"),
    Column::Text("sku"),
    Column::Text("channel"),
    Column::Int("quantity"),
    Column::Int("posted"),
    Column::Int("released"),
    Column::Int("promised_by"),
    Column::Int("expires_at"),
    Column::Text("state"),
];
const PENDING: &[Column] = &[
    Column::Text("id"),
    Column::Int("at"),
    Column::Text("kind"),
    Column::Text("sku"),
    Column::Text("lot"),
    Column::Text("serial"),
    Column::Text("owner"),
    Column::Int("quantity"),
    Column::Text("from_site"),
    Column::Text("from_holder"),
    Column::Text("from_condition"),
    Column::Text("to_site"),
    Column::Text("to_holder"),
    Column::Text("to_condition"),
    Column::Text("hold"),
    Column::Text("reason"),
    Column::Text("reference"),
    Column::Text("actor"),
];

/// Adds holds with their pending transfers, each in the name of who asked.
pub(in crate::stock) async fn add_holds(tx: &mut Tx, holds: &[(HoldId, Want, Actor)]) -> Result<(), Fault> {
    let now = tx.now().ms();
    let (mut rows, mut pending) = (tx.sheet(HOLDS), tx.sheet(PENDING));
    for (id, want, actor) in holds {
        rows.plain(id).plain(want.order).plain(want.line).plain(want.site).plain(want.sku).plain("*");
        rows.int(want.quantity).int(0).int(0).int(want.promised_by.ms()).opt_int(want.expires_at.map(Time::ms));
        rows.plain(HoldState::Open.as_str());
        pending.plain(tx.id::<kind::Transfer>()).int(now).plain(TransferKind::Pending.as_str()).plain(want.sku);
        pending.plain("").plain("").plain(HOUSE).int(want.quantity).plain(want.site).plain(POOL);
        pending.plain(Condition::Sellable.as_str()).plain("").plain(Holder::Customer);
        pending.plain(Condition::Sellable.as_str()).plain(id).plain("held").plain(want.line).text(actor.as_str());
    }
    tx.insert(rows, "holds").await?;
    tx.insert(pending, "transfers").await?;
    Ok(())
}

/// One row of `transfers`.
struct Line<'a> {
    id: TransferId,
    kind: TransferKind,
    sku: SkuId,
    quantity: i64,
    from: (String, String),
    to: (String, String),
    hold: HoldId,
    reason: &'a str,
    reference: String,
}

/// The voids of holds that are given back in part.
pub(in crate::stock) async fn add_voids(tx: &mut Tx, back: &[(&Hold, i64, &str)], reason: &str) -> Result<(), Fault> {
    let (now, actor) = (tx.now().ms(), tx.actor().as_str().to_owned());
    let mut sheet = tx.sheet(PENDING);
    for (hold, n, to) in back {
        let line = Line {
            id: tx.id(),
            kind: TransferKind::Void,
            sku: hold.sku,
            quantity: *n,
            from: (String::new(), Holder::Customer.to_string()),
            to: (hold.site.to_string(), (*to).to_owned()),
            hold: hold.id,
            reason,
            reference: hold.line.to_string(),
        };
        sheet.plain(line.id).int(now).plain(line.kind.as_str()).plain(line.sku).plain("").plain("").plain(HOUSE);
        sheet.int(line.quantity).plain(&line.from.0).plain(&line.from.1).plain(Condition::Sellable.as_str());
        sheet.plain(&line.to.0).plain(&line.to.1).plain(Condition::Sellable.as_str()).plain(line.hold);
        sheet.text(line.reason).plain(&line.reference).text(&actor);
    }
    tx.insert(sheet, "transfers").await?;
    Ok(())
}

/// Keeps other writers out of the open holds of an order until this transaction
/// ends. (SQLite has one writer, so nothing need be locked.)
pub async fn lock_holds_of(tx: &mut Tx, order: OrderId) -> Result<(), Fault> {
    if tx.engine() == Engine::Postgres {
        let text = tx.engine().pick(
            "SELECT 1 AS one FROM holds WHERE order_id = $1",
            "SELECT 1 AS one FROM holds WHERE order_id = $1 AND state = 'open' ORDER BY id FOR UPDATE",
        );
        sqlx::query(text).bind(order.to_string()).fetch_all(tx.sql()).await?;
    }
    Ok(())
}

const IDS: &[Column] = &[Column::Text("of_hold")];

/// Holds by their ids; on PostgreSQL other writers are kept out of them, in one
/// order for everybody.
pub(in crate::stock) async fn holds_locked(tx: &mut Tx, ids: &[HoldId]) -> Result<Vec<Hold>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), IDS);
    for id in ids {
        sheet.plain(id);
    }
    let text = tx.engine().pick(
        "SELECT h.id, h.order_id, h.line_id, h.site, h.sku, h.quantity, h.posted, h.released, h.pledged, h.supply, \
         h.promised_by, h.expires_at, h.purpose, h.state FROM {x} JOIN holds h ON h.id = x.of_hold",
        "SELECT h.id, h.order_id, h.line_id, h.site, h.sku, h.quantity, h.posted, h.released, h.pledged, h.supply, \
         h.promised_by, h.expires_at, h.purpose, h.state FROM {x} JOIN holds h ON h.id = x.of_hold ORDER BY h.id FOR UPDATE OF h",
    );
    sheet.fetch(tx.sql(), text).await?.iter().map(read_hold).collect()
}

const CUTS: &[Column] = &[Column::Text("of_hold"), Column::Int("n")];

/// Gives parts of holds back that were read and locked before, what is not here yet first.
pub(in crate::stock) async fn release_holds(tx: &mut Tx, cuts: &BTreeMap<HoldId, i64>) -> Result<(), Fault> {
    let mut sheet = Sheet::new(tx.engine(), CUTS);
    for (id, n) in cuts {
        sheet.plain(id).int(*n);
    }
    let text = "UPDATE holds SET released = holds.released + x.n, \
                pledged = CASE WHEN holds.pledged > x.n THEN holds.pledged - x.n ELSE 0 END, \
                state = CASE WHEN holds.posted + holds.released + x.n = holds.quantity THEN 'closed' ELSE 'open' END \
                FROM {x} WHERE holds.id = x.of_hold";
    sheet.run(tx.sql(), text).await?;
    Ok(())
}

/// Gives to pools what holds gave back, in the order of all transactions.
pub(in crate::stock) async fn give_to_pools(
    tx: &mut Tx,
    given: &BTreeMap<(SiteId, SkuId), i64>,
) -> Result<Vec<Pool>, Fault> {
    let pools = change_pools(
        tx,
        given,
        "UPDATE pools SET held = pools.held - x.n, version = pools.version + 1 FROM {x} \
         WHERE pools.site = x.of_site AND pools.sku = x.of_sku AND pools.channel = '*'",
    )
    .await?;
    pools.ok_or_else(|| Fault::new("a hold of goods that were never here was given back".to_owned()))
}

/// Changes pools and tells what they became; `None` if one of them was not changed.
async fn change_pools(
    tx: &mut Tx,
    changes: &BTreeMap<(SiteId, SkuId), i64>,
    statement: &'static str,
) -> Result<Option<Vec<Pool>>, Fault> {
    lock_pools(tx, changes.keys()).await?;
    let sheet = takes(tx, changes.iter().map(|(pool, n)| (pool, Some(n))));
    let pools: Vec<Pool> = match tx.engine() {
        Engine::Postgres => {
            let rows = sheet.returning(tx.sql(), statement, "site, sku, on_hand, held, version").await?;
            rows.iter().map(read_pool).collect::<Result<_, _>>()?
        }
        // Nobody else writes meanwhile, so what is read after is what was written.
        Engine::Sqlite => {
            let changed = sheet.run(tx.sql(), statement).await?;
            if usize::try_from(changed) != Ok(changes.len()) {
                return Ok(None);
            }
            pools_now(tx, changes.keys().copied()).await?
        }
    };
    Ok((pools.len() == changes.len()).then_some(pools))
}

/// Keeps other writers out of pools until the transaction ends. A bulk update locks
/// rows in whatever order its plan meets them; two replicas would wait for each other.
pub(super) async fn lock_pools(tx: &mut Tx, pools: impl Iterator<Item = &(SiteId, SkuId)>) -> Result<(), Fault> {
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    let sheet = takes(tx, pools.map(|pool| (pool, None)));
    let lock = "SELECT 1 AS one FROM {x} JOIN pools p ON p.site = x.of_site AND p.sku = x.of_sku \
                AND p.channel = '*' ORDER BY p.site, p.sku FOR UPDATE OF p";
    sheet.fetch(tx.sql(), lock).await?;
    Ok(())
}

/// The transfers of counts: to the account from what was lost, or back.
pub(in crate::stock) async fn add_counts(
    tx: &mut Tx,
    changes: &[(&Counted, i64)],
    reason: &str,
    reference: &str,
) -> Result<(), Fault> {
    let (now, actor) = (tx.now().ms(), tx.actor().as_str().to_owned());
    let mut sheet = tx.sheet(PENDING);
    for (one, change) in changes {
        let goods = &one.goods;
        let here = (one.at.site.map_or_else(String::new, |site| site.to_string()), one.at.holder.to_string());
        let lost = (String::new(), Holder::Loss.to_string());
        let (from, to) = if *change > 0 { (lost, here) } else { (here, lost) };
        sheet.plain(tx.id::<kind::Transfer>()).int(now).plain(TransferKind::Move.as_str()).plain(goods.sku);
        sheet.text(&goods.lot).text(&goods.serial).plain(HOUSE).int(change.abs()).plain(&from.0).plain(&from.1);
        sheet.plain(goods.condition.as_str()).plain(&to.0).plain(&to.1).plain(goods.condition.as_str()).null();
        sheet.text(reason).text(reference).text(&actor);
    }
    tx.insert(sheet, "transfers").await?;
    Ok(())
}
