//! Refills of pick bins from reserve: when promises need more than pickers can
//! reach, or the pick face is under its floor. Read, chosen outside of any
//! transaction, written with guards. Deliberately absent: ordering more goods;
//! supply does that.

use std::collections::{BTreeMap, HashMap};

use super::{
    carry::{self, Plan},
    choose::{face_target, put},
    picture::{Picture, Reach, picture},
    rows,
};
use crate::{
    kernel::*,
    layout::BinKind,
    stock::{self, Balance},
    store::{Actor, Db},
    tasks::TaskKind,
};

/// Days of demand under which a pick face is refilled.
const FLOOR_DAYS: f64 = 1.0;
/// Refills that promises wait for go before most work; others before moves.
const PRIORITY: [i64; 2] = [20, -5];
/// When they are due, domain ms.
const DUE_MS: [i64; 2] = [20 * 60_000, 4 * 3_600_000];

/// What one article needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Need {
    quantity: i64,
    promised: bool,
}

/// Puts refills into the queue that are needed and not on their way. Facts:
/// `task.ready`.
pub async fn replenish(db: &Db, site: SiteId) -> Result<(), Stop> {
    let now = db.clock.now();
    let mut read = db.read().await?;
    let mut floor = picture(read.sql(), site, now, Reach::OnFoot).await?;
    let open = rows::open_carries(read.sql(), site).await?;
    let mut coming: HashMap<SkuId, i64> = HashMap::new();
    let mut leaving: HashMap<(BinId, SkuId, String, String), i64> = HashMap::new();
    for carry in &open {
        if carry.reason == TaskKind::Replenish.as_str() {
            *coming.entry(carry.sku).or_default() += carry.quantity;
        }
        *leaving.entry((carry.from, carry.sku, carry.lot.clone(), carry.serial.clone())).or_default() += carry.quantity;
    }
    let mut needs: BTreeMap<SkuId, Need> = BTreeMap::new();
    for sku in in_reserve(&floor) {
        let held = stock::pool(read.sql(), site, sku).await?.map_or(0, |pool| pool.held);
        let reachable = floor.pickable(sku) + coming.get(&sku).copied().unwrap_or(0);
        if let Some(need) = need(held, reachable, floor_of(&floor, sku), face_target(&floor, sku)) {
            needs.insert(sku, need);
        }
    }
    drop(read);
    let plans: Vec<Plan> = needs.into_iter().flat_map(|(sku, need)| refill(&mut floor, &leaving, sku, need)).collect();
    if plans.is_empty() {
        return Ok(());
    }
    let mut tx = db.begin(Actor::house()).await?;
    for plan in plans {
        carry::order(&mut tx, site, plan).await?;
    }
    Ok(tx.commit().await?)
}

/// How much to bring: up to the target once promises or the floor ask for it.
fn need(held: i64, reachable: i64, floor: i64, target: i64) -> Option<Need> {
    let promised = held > reachable;
    if !promised && reachable >= floor {
        return None;
    }
    Some(Need { quantity: held.max(target) - reachable, promised }).filter(|need| need.quantity > 0)
}

#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
fn floor_of(floor: &Picture, sku: SkuId) -> i64 {
    ((floor.speed(sku).units_per_day * FLOOR_DAYS).ceil() as i64).max(1)
}

fn reserve<'a>(floor: &'a Picture, balance: &Balance) -> Option<&'a crate::layout::Bin> {
    let bin = floor.bins.get(&balance.holder.parse().ok()?)?;
    (bin.kind == BinKind::Reserve && !bin.blocked).then_some(bin)
}

fn in_reserve(floor: &Picture) -> Vec<SkuId> {
    let mut skus: Vec<SkuId> =
        floor.goods.iter().filter(|goods| reserve(floor, goods).is_some()).map(|goods| goods.goods.sku).collect();
    skus.sort_unstable();
    skus.dedup();
    skus
}

/// Carries from reserve bins, what expires first first, each into the best pick
/// bin that takes it.
fn refill(
    floor: &mut Picture,
    leaving: &HashMap<(BinId, SkuId, String, String), i64>,
    sku: SkuId,
    need: Need,
) -> Vec<Plan> {
    let Some(article) = floor.articles.get(&sku).cloned() else { return Vec::new() };
    let mut sources: Vec<Balance> =
        floor.goods.iter().filter(|one| one.goods.sku == sku && reserve(floor, one).is_some()).cloned().collect();
    let date = |one: &Balance| if one.goods.expiry.is_empty() { "~".to_owned() } else { one.goods.expiry.clone() };
    sources.sort_by_key(|one| (date(one), one.quantity, one.holder.clone()));
    let urgency = usize::from(!need.promised);
    let mut left = need.quantity;
    let mut plans = Vec::new();
    for source in sources {
        let Some(from) = reserve(floor, &source).cloned() else { continue };
        let key = (from.id, sku, source.goods.lot.clone(), source.goods.serial.clone());
        let free = source.quantity - leaving.get(&key).copied().unwrap_or(0);
        let room = floor.slots.iter().filter(|slot| slot.bin.kind == BinKind::Pick).map(|slot| slot.room_for(&article));
        let quantity = free.min(left).min(room.max().unwrap_or(0));
        if quantity <= 0 {
            continue;
        }
        let Some(placed) = put(floor, &article, quantity, (BinKind::Pick, true), "") else { continue };
        left -= quantity;
        plans.push(Plan {
            goods: source.goods.clone(),
            quantity,
            from: (from.id, from.code, from.zone),
            to: (placed.bin.id, placed.bin.code),
            kind: TaskKind::Replenish,
            priority: PRIORITY[urgency],
            due_in_ms: DUE_MS[urgency],
            decision: placed.choice,
        });
    }
    plans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_and_the_floor_ask_for_a_refill_up_to_the_target() {
        assert_eq!(need(0, 5, 3, 12), None);
        assert_eq!(need(0, 2, 3, 12), Some(Need { quantity: 10, promised: false }));
        assert_eq!(need(9, 5, 3, 12), Some(Need { quantity: 7, promised: true }));
        assert_eq!(need(40, 5, 3, 12), Some(Need { quantity: 35, promised: true }));
        assert_eq!(need(5, 5, 3, 12), None);
    }
}
