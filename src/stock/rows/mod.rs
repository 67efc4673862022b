//! All SQL of the ledger. Each write is one conditional statement, so that two
//! replicas cannot both win.

mod audit;
mod bulk;
mod counts;
mod desk;
mod lots;
mod places;
mod supply;

use serde::Serialize;
use sqlx::any::AnyRow;

pub(super) use audit::{held_differs, pool_differs, replay_differs};
pub use audit::{oversold, unbalanced};

pub(super) use bulk::{
    add_counts, add_holds, add_voids, give_to_pools, hold_in_pools, holds_locked, pools_now, release_holds,
    take_from_pools,
};
pub use bulk::{lock_holds_of, pools_of_all};
pub(super) use counts::{credit_lost, grow_pools, pools_locked, quantities, shift_balances};
pub use desk::{Question, holds_of_article, ledger, of_article, pools_among, sums_among, transfer_counts};
pub(super) use lots::{block_lot, dated, least_days, set_least_days, unblock_lot};
pub use lots::{lot_block, lot_moved, lot_went_to, of_lot, reserved, states};
pub use places::{contents, in_bins, in_condition, moved, on_floor, returned};
pub(super) use supply::{
    add_supplies, cover_hold, pledge, pledged_differs, pledged_locked, set_expected, set_not_before, set_promise,
    set_sold_ahead, sites_that_wait, sold_ahead, supply_locked, unpledge,
};
pub use supply::{announced, pledged_at, pledged_of_order, pledges_of, supplies_among, supplies_of, supply};

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql, Tx},
};

fn read_pool(row: &AnyRow) -> Result<Pool, Fault> {
    Ok(Pool {
        site: row.id("site")?,
        sku: row.id("sku")?,
        on_hand: row.int("on_hand")?,
        held: row.int("held")?,
        version: row.int("version")?,
    })
}

/// What a site can promise of an article; `None` if it never had it.
pub async fn pool(sql: &mut Sql, site: SiteId, sku: SkuId) -> Result<Option<Pool>, Fault> {
    let row = sqlx::query(
        "SELECT site, sku, on_hand, held, version FROM pools WHERE site = $1 AND sku = $2 AND channel = '*'",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(read_pool).transpose()
}

/// The same, keeping other writers out until this transaction ends. (SQLite has
/// one writer, so nothing need be locked.)
pub(super) async fn pool_locked(tx: &mut Tx, site: SiteId, sku: SkuId) -> Result<Option<Pool>, Fault> {
    let text = tx.engine().pick(
        "SELECT site, sku, on_hand, held, version FROM pools WHERE site = $1 AND sku = $2 AND channel = '*'",
        "SELECT site, sku, on_hand, held, version FROM pools WHERE site = $1 AND sku = $2 AND channel = '*' FOR UPDATE",
    );
    let row = sqlx::query(text).bind(site.to_string()).bind(sku.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read_pool).transpose()
}

/// The pools of an article at every site.
pub async fn pools_of(sql: &mut Sql, sku: SkuId) -> Result<Vec<Pool>, Fault> {
    let rows = sqlx::query(
        "SELECT site, sku, on_hand, held, version FROM pools WHERE sku = $1 AND channel = '*' ORDER BY site",
    )
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_pool).collect()
}

/// Pools behind a cursor of `site sku`.
pub async fn pools_after(sql: &mut Sql, after: &str, limit: i64) -> Result<Vec<Pool>, Fault> {
    let (site, sku) = after.split_once(' ').unwrap_or_default();
    let rows = sqlx::query(
        "SELECT site, sku, on_hand, held, version FROM pools \
         WHERE channel = '*' AND (site > $1 OR (site = $1 AND sku > $2)) ORDER BY site, sku LIMIT $3",
    )
    .bind(site)
    .bind(sku)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_pool).collect()
}

pub(super) async fn take_from_pool(sql: &mut Sql, site: SiteId, sku: SkuId, n: i64) -> Result<Option<Pool>, Fault> {
    let row = sqlx::query(
        "UPDATE pools SET held = held + $3, version = version + 1 \
         WHERE site = $1 AND sku = $2 AND channel = '*' AND on_hand - held >= $3 \
         RETURNING site, sku, on_hand, held, version",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .bind(n)
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(read_pool).transpose()
}

pub(super) async fn give_to_pool(sql: &mut Sql, site: SiteId, sku: SkuId, n: i64) -> Result<Pool, Fault> {
    let row = sqlx::query(
        "UPDATE pools SET held = held - $3, version = version + 1 \
         WHERE site = $1 AND sku = $2 AND channel = '*' RETURNING site, sku, on_hand, held, version",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .bind(n)
    .fetch_one(sql)
    .await?;
    read_pool(&row)
}

pub(super) async fn post_from_pool(sql: &mut Sql, site: SiteId, sku: SkuId, n: i64) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE pools SET on_hand = on_hand - $3, held = held - $3, version = version + 1 \
         WHERE site = $1 AND sku = $2 AND channel = '*'",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .bind(n)
    .execute(sql)
    .await?;
    Ok(())
}

/// Grows a pool by `n` (negative: shrinks). The update goes first: an upsert
/// would check the row to be inserted, and refuse a negative one.
pub(super) async fn grow_pool(sql: &mut Sql, site: SiteId, sku: SkuId, n: i64) -> Result<Pool, Fault> {
    let row = sqlx::query(
        "UPDATE pools SET on_hand = on_hand + $3, version = version + 1 \
         WHERE site = $1 AND sku = $2 AND channel = '*' RETURNING site, sku, on_hand, held, version",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .bind(n)
    .fetch_optional(&mut *sql)
    .await?;
    if let Some(row) = row {
        return read_pool(&row);
    }
    let row = sqlx::query(
        "INSERT INTO pools (site, sku, channel, on_hand, held, version) VALUES ($1, $2, '*', $3, 0, 1) \
         ON CONFLICT (site, sku, channel) DO UPDATE SET \
         on_hand = pools.on_hand + excluded.on_hand, version = pools.version + 1 \
         RETURNING site, sku, on_hand, held, version",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .bind(n)
    .fetch_one(sql)
    .await?;
    read_pool(&row)
}

fn site_text(site: Option<SiteId>) -> String {
    site.map_or_else(String::new, |site| site.to_string())
}

/// How much of these goods an account holds.
pub async fn quantity(sql: &mut Sql, at: Account, goods: &Goods) -> Result<i64, Fault> {
    let row = sqlx::query(
        "SELECT quantity FROM balances WHERE site = $1 AND holder = $2 AND sku = $3 AND lot = $4 \
         AND serial = $5 AND condition = $6 AND owner = $7",
    )
    .bind(site_text(at.site))
    .bind(at.holder.to_string())
    .bind(goods.sku.to_string())
    .bind(&goods.lot)
    .bind(&goods.serial)
    .bind(goods.condition.as_str())
    .bind(HOUSE)
    .fetch_optional(sql)
    .await?;
    row.map_or(Ok(0), |row| row.int("quantity"))
}

pub(super) async fn debit(sql: &mut Sql, at: Account, goods: &Goods, n: i64) -> Result<bool, Fault> {
    if at.site.is_none() {
        credit(sql, at, goods, -n).await?;
        return Ok(true);
    }
    let done = sqlx::query(
        "UPDATE balances SET quantity = quantity - $8 WHERE site = $1 AND holder = $2 AND sku = $3 AND lot = $4 \
         AND serial = $5 AND condition = $6 AND owner = $7 AND quantity >= $8",
    )
    .bind(site_text(at.site))
    .bind(at.holder.to_string())
    .bind(goods.sku.to_string())
    .bind(&goods.lot)
    .bind(&goods.serial)
    .bind(goods.condition.as_str())
    .bind(HOUSE)
    .bind(n)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn credit(sql: &mut Sql, at: Account, goods: &Goods, n: i64) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO balances (site, holder, sku, lot, serial, condition, owner, pooled, expiry, quantity) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (site, holder, sku, lot, serial, condition, owner) DO UPDATE SET \
         quantity = balances.quantity + excluded.quantity, pooled = excluded.pooled",
    )
    .bind(site_text(at.site))
    .bind(at.holder.to_string())
    .bind(goods.sku.to_string())
    .bind(&goods.lot)
    .bind(&goods.serial)
    .bind(goods.condition.as_str())
    .bind(HOUSE)
    .bind(i64::from(at.pooled))
    .bind(&goods.expiry)
    .bind(n)
    .execute(sql)
    .await?;
    Ok(())
}

/// A new hold: of what is on hand, or of what a delivery brings.
pub(super) async fn add_hold(sql: &mut Sql, id: HoldId, want: &Want, supply: Option<AsnId>) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO holds (id, order_id, line_id, site, sku, channel, quantity, posted, released, promised_by, \
         expires_at, purpose, state, supply, pledged) \
         VALUES ($1, $2, $3, $4, $5, '*', $6, 0, 0, $7, $8, $9, 'open', $10, $11)",
    )
    .bind(id.to_string())
    .bind(want.order.to_string())
    .bind(want.line.to_string())
    .bind(want.site.to_string())
    .bind(want.sku.to_string())
    .bind(want.quantity)
    .bind(want.promised_by.ms())
    .bind(want.expires_at.map(Time::ms))
    .bind(want.purpose.as_str())
    .bind(supply.map_or_else(String::new, |asn| asn.to_string()))
    .bind(supply.map_or(0, |_| want.quantity))
    .execute(sql)
    .await?;
    Ok(())
}

fn read_hold(row: &AnyRow) -> Result<Hold, Fault> {
    Ok(Hold {
        id: row.id("id")?,
        order: row.id("order_id")?,
        line: row.id("line_id")?,
        site: row.id("site")?,
        sku: row.id("sku")?,
        quantity: row.int("quantity")?,
        posted: row.int("posted")?,
        released: row.int("released")?,
        pledged: row.int("pledged")?,
        supply: row.text("supply")?.parse().ok(),
        promised_by: row.time("promised_by")?,
        expires_at: row.opt_time("expires_at")?,
        purpose: row.word("purpose")?,
        state: row.word("state")?,
    })
}

/// A hold by its id.
pub async fn hold_by_id(sql: &mut Sql, id: HoldId) -> Result<Option<Hold>, Fault> {
    let row = sqlx::query(
        "SELECT id, order_id, line_id, site, sku, quantity, posted, released, pledged, supply, promised_by, expires_at, \
         purpose, state FROM holds WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(read_hold).transpose()
}

/// The holds of a line, open and closed, oldest first.
pub async fn holds_of_line(sql: &mut Sql, line: LineId) -> Result<Vec<Hold>, Fault> {
    let rows = sqlx::query(
        "SELECT id, order_id, line_id, site, sku, quantity, posted, released, pledged, supply, promised_by, expires_at, \
         purpose, state FROM holds WHERE line_id = $1 ORDER BY id",
    )
    .bind(line.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_hold).collect()
}

/// Holds behind a cursor, for the auditor.
pub async fn holds_after(sql: &mut Sql, after: &str, limit: i64) -> Result<Vec<Hold>, Fault> {
    let rows = sqlx::query(
        "SELECT id, order_id, line_id, site, sku, quantity, posted, released, pledged, supply, promised_by, expires_at, \
         purpose, state FROM holds WHERE id > $1 ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_hold).collect()
}

pub(super) async fn open_holds(sql: &mut Sql, site: SiteId, sku: SkuId) -> Result<Vec<Hold>, Fault> {
    let rows = sqlx::query(
        "SELECT id, order_id, line_id, site, sku, quantity, posted, released, pledged, supply, promised_by, expires_at, \
         purpose, state FROM holds WHERE site = $1 AND sku = $2 AND state = 'open'",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_hold).collect()
}

pub(super) async fn set_expiry(sql: &mut Sql, id: HoldId, at: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE holds SET expires_at = $2 WHERE id = $1 AND state = 'open'")
        .bind(id.to_string())
        .bind(at.ms())
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn keep_holds(sql: &mut Sql, order: OrderId) -> Result<(), Fault> {
    sqlx::query("UPDATE holds SET expires_at = NULL WHERE order_id = $1 AND state = 'open'")
        .bind(order.to_string())
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn post_hold(sql: &mut Sql, id: HoldId, n: i64) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE holds SET posted = posted + $2, \
         state = CASE WHEN posted + released + $2 = quantity THEN 'closed' ELSE 'open' END \
         WHERE id = $1 AND quantity - posted - released - pledged >= $2",
    )
    .bind(id.to_string())
    .bind(n)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives back so much of what is not here yet, and so much of what is on hand.
pub(super) async fn release_hold(sql: &mut Sql, id: HoldId, pledged: i64, covered: i64) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE holds SET released = released + $2 + $3, pledged = pledged - $2, \
         state = CASE WHEN posted + released + $2 + $3 = quantity THEN 'closed' ELSE 'open' END \
         WHERE id = $1 AND pledged >= $2 AND quantity - posted - released - pledged >= $3",
    )
    .bind(id.to_string())
    .bind(pledged)
    .bind(covered)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A line of the ledger.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Ledger {
    /// Id; pages follow it.
    pub id: TransferId,
    /// When.
    pub at: Time,
    /// What it does.
    pub kind: TransferKind,
    /// What moves.
    #[serde(flatten)]
    pub goods: Goods,
    /// How much.
    pub quantity: i64,
    /// From: site or empty, holder.
    pub from_site: String,
    /// The debited holder.
    pub from_holder: String,
    /// To: site or empty.
    pub to_site: String,
    /// The credited holder.
    pub to_holder: String,
    /// In which condition the goods arrived.
    pub to_condition: Condition,
    /// The reservation posted or voided.
    pub hold: Option<HoldId>,
    /// Why.
    pub reason: String,
    /// On whose behalf.
    pub reference: String,
    /// Who.
    pub actor: String,
}

/// Values of one row of `transfers`, in column order.
struct Entry<'a> {
    id: TransferId,
    at: Time,
    kind: TransferKind,
    goods: &'a Goods,
    quantity: i64,
    from: (String, String),
    to: (String, String, Condition),
    hold: Option<HoldId>,
    reason: &'a str,
    reference: &'a str,
}

async fn insert(tx: &mut Tx, entry: Entry<'_>) -> Result<(), Fault> {
    let actor = tx.actor().as_str().to_owned();
    sqlx::query(
        "INSERT INTO transfers (id, at, kind, sku, lot, serial, owner, quantity, from_site, from_holder, \
         from_condition, to_site, to_holder, to_condition, hold, reason, reference, actor) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(entry.id.to_string())
    .bind(entry.at.ms())
    .bind(entry.kind.as_str())
    .bind(entry.goods.sku.to_string())
    .bind(&entry.goods.lot)
    .bind(&entry.goods.serial)
    .bind(HOUSE)
    .bind(entry.quantity)
    .bind(entry.from.0)
    .bind(entry.from.1)
    .bind(entry.goods.condition.as_str())
    .bind(entry.to.0)
    .bind(entry.to.1)
    .bind(entry.to.2.as_str())
    .bind(entry.hold.map(|hold| hold.to_string()))
    .bind(entry.reason)
    .bind(entry.reference)
    .bind(actor)
    .execute(tx.sql())
    .await?;
    Ok(())
}

pub(super) async fn add_transfer(
    tx: &mut Tx,
    id: TransferId,
    at: Time,
    movement: &Movement,
    kind: TransferKind,
    hold: Option<HoldId>,
) -> Result<(), Fault> {
    let entry = Entry {
        id,
        at,
        kind,
        goods: &movement.goods,
        quantity: movement.quantity,
        from: (site_text(movement.from.site), movement.from.holder.to_string()),
        to: (site_text(movement.to.site), movement.to.holder.to_string(), movement.becomes),
        hold,
        reason: movement.reason,
        reference: &movement.reference,
    };
    insert(tx, entry).await
}

/// The pending transfer of a new hold: from the site's pool, or from what is announced
/// for it, to the customer.
pub(super) async fn add_pending(tx: &mut Tx, hold: HoldId, want: &Want, from: &str, at: Time) -> Result<(), Fault> {
    let goods = Goods::plain(want.sku);
    let reference = want.line.to_string();
    let entry = Entry {
        id: tx.id(),
        at,
        kind: TransferKind::Pending,
        goods: &goods,
        quantity: want.quantity,
        from: (want.site.to_string(), from.to_owned()),
        to: (String::new(), Holder::Customer.to_string(), Condition::Sellable),
        hold: Some(hold),
        reason: "held",
        reference: &reference,
    };
    insert(tx, entry).await
}

pub(super) async fn add_void(
    tx: &mut Tx,
    hold: &Hold,
    n: i64,
    (to, reason): (&str, &'static str),
    at: Time,
) -> Result<(), Fault> {
    let goods = Goods::plain(hold.sku);
    let reference = hold.line.to_string();
    let entry = Entry {
        id: tx.id(),
        at,
        kind: TransferKind::Void,
        goods: &goods,
        quantity: n,
        from: (String::new(), Holder::Customer.to_string()),
        to: (hold.site.to_string(), to.to_owned(), Condition::Sellable),
        hold: Some(hold.id),
        reason,
        reference: &reference,
    };
    insert(tx, entry).await
}

/// Transfers behind a cursor, oldest first.
pub async fn transfers_after(sql: &mut Sql, after: &str, limit: i64) -> Result<Vec<Ledger>, Fault> {
    let rows = sqlx::query(
        "SELECT id, at, kind, sku, lot, serial, quantity, from_site, from_holder, from_condition, to_site, \
         to_holder, to_condition, hold, reason, reference, actor FROM transfers WHERE id > $1 ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_ledger).collect()
}

fn read_ledger(row: &AnyRow) -> Result<Ledger, Fault> {
    Ok(Ledger {
        id: row.id("id")?,
        at: row.time("at")?,
        kind: row.word("kind")?,
        goods: Goods {
            sku: row.id("sku")?,
            lot: row.text("lot")?,
            serial: row.text("serial")?,
            expiry: String::new(),
            condition: row.word("from_condition")?,
        },
        quantity: row.int("quantity")?,
        from_site: row.text("from_site")?,
        from_holder: row.text("from_holder")?,
        to_site: row.text("to_site")?,
        to_holder: row.text("to_holder")?,
        to_condition: row.word("to_condition")?,
        hold: row.opt_word("hold")?,
        reason: row.text("reason")?,
        reference: row.text("reference")?,
        actor: row.text("actor")?,
    })
}

/// What an account holds.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Balance {
    /// Site, or empty outside of sites.
    pub site: String,
    /// Bin, unit or outside account.
    pub holder: String,
    /// What.
    #[serde(flatten)]
    pub goods: Goods,
    /// Counts towards the pool.
    pub pooled: bool,
    /// How much.
    pub quantity: i64,
}

pub(super) fn read_balance(row: &AnyRow) -> Result<Balance, Fault> {
    Ok(Balance {
        site: row.text("site")?,
        holder: row.text("holder")?,
        goods: Goods {
            sku: row.id("sku")?,
            lot: row.text("lot")?,
            serial: row.text("serial")?,
            expiry: row.text("expiry")?,
            condition: row.word("condition")?,
        },
        pooled: row.flag("pooled")?,
        quantity: row.int("quantity")?,
    })
}

/// Accounts that are not empty, behind a cursor of `site holder sku lot serial condition`.
pub async fn balances_after(sql: &mut Sql, after: &str, limit: i64) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT site, holder, sku, lot, serial, condition, expiry, pooled, quantity FROM balances \
         WHERE quantity <> 0 AND site || ' ' || holder || ' ' || sku || ' ' || lot || ' ' || serial || ' ' || condition > $1 \
         ORDER BY site || ' ' || holder || ' ' || sku || ' ' || lot || ' ' || serial || ' ' || condition LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}
