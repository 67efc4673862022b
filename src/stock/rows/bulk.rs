//! SQL of many reservations at once.

use std::collections::BTreeMap;

use super::read_pool;
use crate::{
    kernel::*,
    stock::model::*,
    store::{
        Actor, Engine, Tx,
        bulk::{Column, Sheet},
    },
};

const SKUS: &[Column] = &[Column::Text("of_sku")];

/// The pools of many articles, at every site.
pub async fn pools_of_all(tx: &mut Tx, skus: impl Iterator<Item = SkuId>) -> Result<Vec<Pool>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), SKUS);
    for sku in skus {
        sheet.plain(sku);
    }
    let rows = sheet
        .fetch(
            tx.sql(),
            "SELECT p.site, p.sku, p.on_hand, p.held, p.version FROM {x} \
             JOIN pools p ON p.sku = x.of_sku AND p.channel = '*'",
        )
        .await?;
    rows.iter().map(read_pool).collect()
}

const TAKES: &[Column] = &[Column::Text("of_site"), Column::Text("of_sku"), Column::Int("n")];

/// Holds so much more of many pools, in the order in which every transaction locks
/// them. `None` if one of them has too little: the caller drops the transaction.
pub(in crate::stock) async fn take_from_pools(
    tx: &mut Tx,
    wanted: &BTreeMap<(SiteId, SkuId), i64>,
) -> Result<Option<Vec<Pool>>, Fault> {
    let engine = tx.engine();
    let filled = || {
        let mut sheet = Sheet::new(engine, TAKES);
        for ((site, sku), n) in wanted {
            sheet.plain(site).plain(sku).int(*n);
        }
        sheet
    };
    // A bulk update locks rows in whatever order its plan meets them; two replicas
    // would wait for each other.
    if engine == Engine::Postgres {
        let lock = "SELECT 1 AS one FROM {x} JOIN pools p ON p.site = x.of_site AND p.sku = x.of_sku \
                    AND p.channel = '*' ORDER BY p.site, p.sku FOR UPDATE OF p";
        filled().fetch(tx.sql(), lock).await?;
    }
    let rows = filled()
        .fetch(
            tx.sql(),
            "UPDATE pools SET held = pools.held + x.n, version = pools.version + 1 FROM {x} \
             WHERE pools.site = x.of_site AND pools.sku = x.of_sku AND pools.channel = '*' \
             AND pools.on_hand - pools.held >= x.n \
             RETURNING site, sku, on_hand, held, version",
        )
        .await?;
    if rows.len() < wanted.len() {
        return Ok(None);
    }
    rows.iter().map(read_pool).collect::<Result<_, _>>().map(Some)
}

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
    let (mut rows, mut pending) = (Sheet::new(tx.engine(), HOLDS), Sheet::new(tx.engine(), PENDING));
    for (id, want, actor) in holds {
        rows.plain(id).plain(want.order).plain(want.line).plain(want.site).plain(want.sku).plain("*");
        rows.int(want.quantity).int(0).int(0).int(want.promised_by.ms()).opt_int(want.expires_at.map(Time::ms));
        rows.plain(HoldState::Open.as_str());
        pending.plain(tx.id::<kind::Transfer>()).int(now).plain(TransferKind::Pending.as_str()).plain(want.sku);
        pending.plain("").plain("").plain(HOUSE).int(want.quantity).plain(want.site).plain("@pool");
        pending.plain(Condition::Sellable.as_str()).plain("").plain(Holder::Customer);
        pending.plain(Condition::Sellable.as_str()).plain(id).plain("held").plain(want.line).text(actor.as_str());
    }
    rows.insert(tx.sql(), "holds").await?;
    pending.insert(tx.sql(), "transfers").await?;
    Ok(())
}
