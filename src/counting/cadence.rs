//! Counts without an occasion: each bin comes due by the class of what lies in it, a
//! few every day, so that the whole floor is looked at in turn. Deliberately absent:
//! which hour; these tasks come last in the queue, so they fill quiet ones.

use std::collections::{BTreeMap, HashMap};

use solver::slotting::Class;

use super::{
    add::{Urgency, add_as},
    model::*,
    rows,
};
use crate::{
    event::Chore,
    kernel::*,
    layout::Bin,
    slotting::{self, Picture, Reach},
    store::{Actor, Db, Tx},
};

const DAY_MS: i64 = 24 * 3_600_000;
/// The reason that such a count carries.
const REASON: &str = "cadence";

/// Asks for the counts of a site that are due, and looks again tomorrow. Facts:
/// `task.ready` for each.
pub async fn cadence(db: &Db, site: SiteId) -> Result<(), Stop> {
    let mut read = db.read().await?;
    let now = db.clock.now();
    let rule = rows::cadence(read.sql(), site).await?.unwrap_or(Cadence { since: now, ..Cadence::default() });
    let floor = slotting::picture(read.sql(), site, now, Reach::Shelves).await?;
    let counted = rows::last_counted(read.sql(), site).await?;
    let asked_for = rows::open_bins(read.sql(), site).await?;
    drop(read);
    let mut due = due(&floor, &rule, &counted, now);
    due.retain(|bin| !asked_for.contains(&bin.id));
    let room = usize::try_from(rule.most_a_day).unwrap_or(0).saturating_sub(asked_for.len());
    let mut tx = db.begin(Actor::house()).await?;
    for bin in due.into_iter().take(room) {
        add_as(&mut tx, bin, REASON, Urgency { priority: 0, due_ms: DAY_MS }).await?;
    }
    rows::put_cadence(tx.sql(), site, &rule).await?;
    tx.later(Chore::CountCadence, site, now.plus_ms(DAY_MS)).await?;
    Ok(tx.commit().await?)
}

/// Sets how often; what was counted stays counted.
pub async fn set_cadence(tx: &mut Tx, site: SiteId, rule: Cadence) -> Result<Cadence, Stop> {
    let rule = rule.checked()?;
    let since = rows::cadence(tx.sql(), site).await?.map_or(tx.now(), |known| known.since);
    let rule = Cadence { since, ..rule };
    rows::put_cadence(tx.sql(), site, &rule).await?;
    let now = tx.now();
    tx.later(Chore::CountCadence, site, now).await?;
    Ok(rule)
}

/// Bins that are due, the longest overdue first.
fn due<'f>(floor: &'f Picture, rule: &Cadence, counted: &HashMap<BinId, Time>, now: Time) -> Vec<&'f Bin> {
    let mut classes: BTreeMap<BinId, Class> = BTreeMap::new();
    for balance in &floor.goods {
        let Some(bin) = floor.bin_of(balance).filter(|bin| bin.kind.is_storage() && !bin.blocked) else { continue };
        let class = floor.class(balance.goods.sku);
        // What turns fastest says how often.
        let known = classes.entry(bin.id).or_insert(class);
        if class.rank() < known.rank() {
            *known = class;
        }
    }
    let mut due: Vec<(i64, &Bin)> = classes
        .iter()
        .filter_map(|(id, class)| {
            let bin = floor.bins.get(id)?;
            let days = rule.days(*class)?;
            let at = match counted.get(id) {
                Some(last) => last.plus_ms(days * DAY_MS),
                // Never counted: each on a day of its own.
                None => rule.since.plus_ms(phase(*id, days) * DAY_MS),
            };
            (at <= now).then_some((now.since(at) / days, bin))
        })
        .collect();
    due.sort_by_key(|(overdue, bin)| (std::cmp::Reverse(*overdue), bin.code.clone()));
    due.into_iter().map(|(_, bin)| bin).collect()
}

/// A day of the round, the same for a bin whenever it is asked.
fn phase(bin: BinId, days: i64) -> i64 {
    let random = i64::try_from(bin.ulid().random() & 0xffff_ffff).unwrap_or(0);
    random % days
}
