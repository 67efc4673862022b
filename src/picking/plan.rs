//! Turning a wave into walks and shelf visits: bins are chosen, picks batched,
//! tours laid. Reads, solves outside of any transaction, then writes with guards.
//! Deliberately absent: waiting for goods that are not in a bin yet; what cannot
//! be served now is planned again a little later.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    time::Instant,
};

use super::{
    lay::{Asked, Laid, lay},
    model::*,
    rows, shelf,
};
use crate::{
    catalog,
    decisions::{self, Candidate, Choice, DecisionKind},
    event::{Chore, Event},
    kernel::*,
    layout::{self, StationKind},
    orders, stock,
    store::{Actor, Db, Sql, Tx},
    tasks::{self, NewTask, TaskKind, TaskState, Title},
    units,
};

/// When goods are not in a bin yet, the wave is looked at again after so long.
const AGAIN_MS: i64 = 60_000;

/// Plans what a wave still needs. Facts: `batch.planned`, `mission.requested`.
pub async fn plan(db: &Db, wave: WaveId) -> Result<(), Stop> {
    let started = Instant::now();
    let mut read = db.read().await?;
    let needs = needs(read.sql(), wave).await?;
    let Some((site, _)) = needs.first() else { return Ok(()) };
    let site = *site;
    let needs: Vec<Need> = needs.into_iter().map(|(_, need)| need).collect();
    let (served, missing) = serve(read.sql(), site, &needs).await?;
    let (walked, carried): (Vec<_>, Vec<_>) = served.into_iter().partition(|one| one.free.shelf.is_none());
    let walk = layout::walk(read.sql(), site).await?;
    let packs = layout::stations(read.sql(), site, StationKind::Pack).await?;
    let depot = packs.first().map(|station| (station.code.clone(), station.node.clone())).unwrap_or_default();
    let loads = weigh(read.sql(), &walked).await?;
    let pickers = pickers(read.sql(), site).await?;
    drop(read);
    let asked = Asked { walk, depot: depot.1, served: walked, loads, pickers, now: db.clock.now() };
    let tours = tokio::task::spawn_blocking(move || lay(&asked)).await;
    let tours = tours.map_err(|error| Fault::new(format!("the walks were cut short: {error}")))??;
    let mut tx = db.begin(Actor::house()).await?;
    for tour in &tours {
        write_walk(&mut tx, site, wave, &depot.0, tour, started).await?;
    }
    for (code, picks) in by_shelf(carried) {
        let unit = units::by_code(tx.sql(), &code).await?;
        let unit = unit.ok_or_else(|| Fault::new(format!("mobile shelf {code} is on the floor but no unit")))?;
        let picks = still_wanted(&mut tx, picks).await?;
        shelf::write(&mut tx, site, wave, &unit, &picks).await?;
    }
    if missing {
        let again = tx.now().plus_ms(AGAIN_MS);
        tx.later(Chore::PlanPicks, wave, again).await?;
    }
    Ok(tx.commit().await?)
}

/// How many people are at work here; their next task may be one of these.
async fn pickers(sql: &mut Sql, site: SiteId) -> Result<usize, Fault> {
    let states = tasks::state_counts(sql, Some(site)).await?;
    let taken = states.iter().find(|(state, _)| *state == TaskState::Taken).map_or(0, |(_, count)| *count);
    Ok(usize::try_from(taken).unwrap_or(0).max(1))
}

/// What the parts of a wave need beyond the picks they have.
async fn needs(sql: &mut Sql, wave: WaveId) -> Result<Vec<(SiteId, Need)>, Stop> {
    let mut needs = Vec::new();
    for part in orders::in_wave(sql, wave).await? {
        for line in orders::fulfilment_lines(sql, part.id).await? {
            let planned = rows::planned_for_hold(sql, part.id, line.hold).await?;
            let quantity = line.to_pick() - planned;
            if quantity > 0 {
                let need = Need {
                    order: part.order,
                    fulfilment: part.id,
                    line: line.line,
                    hold: line.hold,
                    sku: line.sku,
                    quantity,
                    due_at: part.due_at,
                };
                needs.push((part.site, need));
            }
        }
    }
    Ok(needs)
}

/// Goods of an article in bins that are not blocked and not counted on.
pub(super) async fn free_in_bins(
    sql: &mut Sql,
    site: SiteId,
    sku: SkuId,
    planned: &HashMap<(BinId, SkuId, String, String), i64>,
) -> Result<Vec<Free>, Stop> {
    let mut free = Vec::new();
    for balance in stock::in_bins(sql, site, sku).await? {
        let Ok(bin) = balance.holder.parse::<BinId>() else { continue };
        let Some(found) = layout::bin(sql, bin).await? else { continue };
        if found.blocked || !found.kind.is_pickable() {
            continue;
        }
        let key = (bin, sku, balance.goods.lot.clone(), balance.goods.serial.clone());
        let quantity = balance.quantity - planned.get(&key).copied().unwrap_or(0);
        if quantity > 0 {
            free.push(Free {
                bin,
                code: found.code,
                node: found.node,
                zone: found.zone,
                shelf: found.shelf,
                lot: balance.goods.lot,
                serial: balance.goods.serial,
                expiry: balance.goods.expiry,
                quantity,
            });
        }
    }
    Ok(free)
}

async fn serve(sql: &mut Sql, site: SiteId, needs: &[Need]) -> Result<(Vec<Served>, bool), Stop> {
    let planned = rows::planned(sql, site).await?;
    let mut bins: HashMap<SkuId, Vec<Free>> = HashMap::new();
    let mut served = Vec::new();
    let mut missing = false;
    for need in needs {
        let free = match bins.entry(need.sku) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(free_in_bins(sql, site, need.sku, &planned).await?),
        };
        let (taken, rest) = fresh_enough(sql, need, free).await?;
        missing |= rest > 0;
        served.extend(taken.into_iter().map(|(free, quantity)| Served { need: need.clone(), free, quantity }));
    }
    Ok((served, missing))
}

/// Takes what a need wants from lots that last long enough behind its promise.
async fn fresh_enough(sql: &mut Sql, need: &Need, free: &mut Vec<Free>) -> Result<(Vec<(Free, i64)>, i64), Stop> {
    let (mut good, short_dated) = split_by_life(sql, need.sku, need.hold, std::mem::take(free)).await?;
    let answer = allocate(&mut good, need.quantity);
    // As they were: first expired first.
    *free = short_dated;
    free.append(&mut good);
    Ok(answer)
}

/// Bins whose goods last long enough for a hold's promise, and those whose do not.
pub(super) async fn split_by_life(
    sql: &mut Sql,
    sku: SkuId,
    hold: HoldId,
    free: Vec<Free>,
) -> Result<(Vec<Free>, Vec<Free>), Stop> {
    if free.iter().all(|one| one.expiry.is_empty()) {
        return Ok((free, Vec::new()));
    }
    let days = stock::least_days(sql, sku).await?;
    let Some(hold) = stock::hold_by_id(sql, hold).await? else { return Ok((free, Vec::new())) };
    Ok(free.into_iter().partition(|one| stock::lasts(&one.expiry, hold.promised_by, days)))
}

/// What each part weighs and how many totes it fills.
async fn weigh(sql: &mut Sql, served: &[Served]) -> Result<BTreeMap<FulfilmentId, (i64, i64)>, Stop> {
    let mut loads: BTreeMap<FulfilmentId, (i64, i64)> = BTreeMap::new();
    for one in served {
        let article = catalog::by_id(sql, one.need.sku).await?;
        let (weight, volume) = article.map_or((0, 0), |article| (article.weight_g, article.volume_ml()));
        let load = loads.entry(one.need.fulfilment).or_default();
        load.0 += weight * one.quantity;
        load.1 += volume * one.quantity;
    }
    Ok(loads)
}

/// Keeps what the orders still need: some of it may have been cancelled while the
/// walks were laid.
async fn still_wanted(tx: &mut Tx, picks: Vec<Served>) -> Result<Vec<Served>, Stop> {
    let mut wanted = Vec::new();
    let mut given: HashMap<HoldId, i64> = HashMap::new();
    for mut one in picks {
        let lines = orders::fulfilment_lines(tx.sql(), one.need.fulfilment).await?;
        let Some(line) = lines.iter().find(|line| line.hold == one.need.hold) else { continue };
        let planned = rows::planned_for_hold(tx.sql(), one.need.fulfilment, one.need.hold).await?;
        let used = given.entry(one.need.hold).or_default();
        one.quantity = one.quantity.min(line.to_pick() - planned - *used);
        if one.quantity > 0 {
            *used += one.quantity;
            wanted.push(one);
        }
    }
    Ok(wanted)
}

fn by_shelf(carried: Vec<Served>) -> BTreeMap<String, Vec<Served>> {
    let mut shelves: BTreeMap<String, Vec<Served>> = BTreeMap::new();
    for one in carried {
        if let Some(code) = one.free.shelf.clone() {
            shelves.entry(code).or_default().push(one);
        }
    }
    shelves
}

async fn write_walk(
    tx: &mut Tx,
    site: SiteId,
    wave: WaveId,
    station: &str,
    tour: &Laid,
    started: Instant,
) -> Result<(), Stop> {
    let picks = still_wanted(tx, tour.picks.clone()).await?;
    let Some(batch) = write(tx, site, wave, BatchKind::Walk, station, &picks, None).await? else { return Ok(()) };
    let candidates = vec![
        Candidate { name: "together".to_owned(), cost: Some(tour.length_mm), rejected: None },
        Candidate {
            name: "each order alone".to_owned(),
            cost: Some(tour.alone_mm),
            rejected: Some("a longer walk".to_owned()),
        },
    ];
    let bins: Vec<&str> = picks.iter().map(|one| one.free.code.as_str()).collect();
    let choice = Choice {
        kind: DecisionKind::Picking,
        subject: batch.to_string(),
        site: Some(site),
        chosen: bins.join(" > "),
        method: "annealing over walks and due times, then the shortest tour".to_owned(),
        inputs: decisions::told(&serde_json::json!({
            "unit": "millimetres walked", "picks": picks.len(), "start_and_end": station,
            "begun_as": tour.place, "of_batches": tour.of, "wave_late_ms": tour.late_ms,
        })),
        candidates,
        cost: Some(tour.length_mm),
        bound: tour.bound_mm,
        took_us: i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX),
    };
    decisions::record(tx, &choice).await?;
    Ok(())
}

fn titled(lines: i64, station: &str) -> Title {
    let station = station.to_owned();
    if lines == 1 { Title::PickOne { station } } else { Title::Pick { lines, station } }
}

/// Writes a batch with its picks and its task; `None` if nothing is wanted.
pub(super) async fn write(
    tx: &mut Tx,
    site: SiteId,
    wave: WaveId,
    kind: BatchKind,
    station: &str,
    picks: &[Served],
    shelf: Option<UnitId>,
) -> Result<Option<BatchId>, Stop> {
    let Some(first) = picks.first() else { return Ok(None) };
    let batch = tx.id::<kind::Batch>();
    let due_at = picks.iter().map(|one| one.need.due_at).min().unwrap_or_else(|| tx.now());
    let total = i64::try_from(picks.len()).unwrap_or(i64::MAX);
    let new = NewTask {
        kind: TaskKind::Pick,
        site,
        zone: first.free.zone.clone(),
        priority: 0,
        due_at,
        subject: batch.to_string(),
        title: titled(total, station),
        total,
        ready: kind == BatchKind::Walk,
    };
    let task = tasks::add(tx, &new).await?;
    let state = if kind == BatchKind::Walk { BatchState::Open } else { BatchState::Queued };
    let station = station.to_owned();
    let row = Batch { id: batch, site, kind, wave, task, state, shelf, mission: None, station };
    rows::add_batch(tx.sql(), &row).await?;
    for (seq, one) in (1..).zip(picks) {
        let pick = new_pick(tx, batch, site, seq, one);
        rows::add_pick(tx.sql(), &pick).await?;
    }
    tx.emit(Event::BatchPlanned { batch, site, task, picks: total });
    Ok(Some(batch))
}

/// A pick as it begins.
pub(super) fn new_pick(tx: &Tx, batch: BatchId, site: SiteId, seq: i64, one: &Served) -> Pick {
    Pick {
        id: tx.id(),
        batch,
        site,
        seq,
        order: one.need.order,
        fulfilment: one.need.fulfilment,
        line: one.need.line,
        hold: one.need.hold,
        sku: one.need.sku,
        bin: one.free.bin,
        bin_code: one.free.code.clone(),
        lot: one.free.lot.clone(),
        serial: one.free.serial.clone(),
        expiry: one.free.expiry.clone(),
        quantity: one.quantity,
        picked: 0,
        counted: 0,
        stage: Stage::Bin,
        state: PickState::Open,
    }
}
