//! How fast articles turn: picks and units a day over the last four weeks.
//! Deliberately absent: forecasting; supply does that.

use std::collections::HashMap;

use super::{model::Speed, rows};
use crate::{
    catalog::Article,
    event::Chore,
    kernel::*,
    store::{Sql, Tx},
};

/// Days that count.
const WINDOW_DAYS: i64 = 28;
const DAY_MS: i64 = 24 * 3_600_000;
/// After a pick, refills are looked at so much later, once for all picks.
const LOOK_MS: i64 = 120_000;

/// Moves are looked at so much after a pick, once for all picks.
const MOVES_MS: i64 = 6 * 3_600_000;

/// Counts a pick, and has the pick bins looked at soon. Chores:
/// `slotting.replenish`, `slotting.propose`.
pub async fn note_pick(tx: &mut Tx, site: SiteId, sku: SkuId, quantity: i64) -> Result<(), Stop> {
    let now = tx.now();
    rows::note(tx.sql(), site, sku, now.ms() / DAY_MS, quantity).await?;
    tx.later(Chore::Replenish, site, now.plus_ms(LOOK_MS)).await?;
    Ok(tx.later(Chore::ProposeMoves, site, now.plus_ms(MOVES_MS)).await?)
}

/// The speed of every article that was picked or is wanted. One never picked
/// here counts less than one pick a day, by its popularity, so that a new site
/// knows what will be wanted.
pub(super) async fn speeds(
    sql: &mut Sql,
    site: SiteId,
    now: Time,
    articles: &HashMap<SkuId, Article>,
) -> Result<HashMap<SkuId, Speed>, Fault> {
    let today = now.ms() / DAY_MS;
    let picked = rows::picked_since(sql, site, today - WINDOW_DAYS).await?;
    let most = articles.values().map(|article| article.popularity).max().unwrap_or(0).max(1);
    let mut speeds: HashMap<SkuId, Speed> = articles
        .values()
        .map(|article| {
            let share = real(article.popularity.max(0)) / real(most);
            (article.id, Speed { picks_per_day: share, units_per_day: share })
        })
        .collect();
    for row in picked {
        let days = real((today - row.first_day + 1).clamp(1, WINDOW_DAYS));
        let speed = speeds.entry(row.sku).or_default();
        speed.picks_per_day += real(row.picks) / days;
        speed.units_per_day += real(row.quantity) / days;
    }
    Ok(speeds)
}

#[expect(clippy::cast_precision_loss, reason = "counts of picks are far below 2^52")]
fn real(n: i64) -> f64 {
    n as f64
}
