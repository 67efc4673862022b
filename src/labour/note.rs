//! What one fact tells of a hand. Deliberately absent: facts of machines and of the
//! house; only a person who holds a task takes steps.

use jiff::tz::TimeZone;

use super::{model::*, rows};
use crate::{
    event::Event,
    kernel::*,
    layout::{self, Walk},
    network, packing,
    store::{Sql, Tx, log::Fact},
    tasks::{self, TaskKind, Title},
};

/// The facts that tell of hands.
pub(super) const KINDS: &[&str] = &[
    "task.taken",
    "task.suspended",
    "task.cancelled",
    "task.done",
    "line.picked",
    "pick.stray",
    "goods.put_away",
    "carton.closed",
    "receipt.received",
];

/// Somebody was last seen somewhere; after so long he may be anywhere.
const SEEN_MS: i64 = 3_600_000;

/// Where a step was done.
#[derive(Debug, Clone, Default)]
struct Place {
    label: String,
    zone: String,
    /// Empty where nobody walked.
    node: String,
}

/// Counts what a fact tells.
pub(super) async fn note(tx: &mut Tx, fact: &Fact) -> Result<(), Fault> {
    match fact.event()? {
        Event::TaskTaken { task, kind, site, user } => taken(tx, fact, (task, &kind, site), user).await,
        Event::TaskSuspended { task, .. } | Event::TaskCancelled { task, .. } => rows::put_down(tx.sql(), task).await,
        Event::TaskDone { task, site, .. } => ended(tx, fact, task, site).await,
        Event::LinePicked { quantity, bin, .. }
        | Event::PickStray { quantity, bin, .. }
        | Event::PutAway { quantity, bin, .. } => line(tx, fact, &bin, quantity).await,
        Event::CartonClosed { parcel, .. } => {
            let pieces = packing::pieces(tx.sql(), parcel).await?;
            line(tx, fact, "", pieces).await
        }
        Event::GoodsReceived { quantity, .. } => line(tx, fact, "", quantity).await,
        _ => Ok(()),
    }
}

async fn taken(
    tx: &mut Tx,
    fact: &Fact,
    (task, kind, site): (TaskId, &str, SiteId),
    user: UserId,
) -> Result<(), Fault> {
    let Ok(kind) = kind.parse::<TaskKind>() else { return Ok(()) };
    let zone = tasks::by_id(tx.sql(), task).await?.map(|task| task.zone).unwrap_or_default();
    let last = rows::hand(tx.sql(), user).await?.filter(|hand| hand.site == site);
    let (node, node_at) = last.map(|hand| (hand.node, hand.node_at)).unwrap_or_default();
    // Nobody holds a task twice: whoever had it before has it no more.
    rows::put_down(tx.sql(), task).await?;
    let hand = Hand { person: user, site, task: Some(task), kind, zone, since: fact.at, lines: 0, node, node_at };
    rows::save_hand(tx.sql(), &hand).await
}

/// Where a bin is. Nobody walks to a bin on a mobile shelf: it comes to the station.
async fn at_bin(sql: &mut Sql, site: SiteId, code: &str, task: TaskId) -> Result<Place, Fault> {
    let Some(bin) = layout::bin_by_code(sql, site, code).await? else { return Ok(Place::default()) };
    let node = match (&bin.shelf, tasks::by_id(sql, task).await?) {
        (None, _) => bin.node,
        (Some(_), Some(task)) => end_of(sql, site, &task.title).await?.node,
        (Some(_), None) => String::new(),
    };
    Ok(Place { label: bin.code, zone: bin.zone, node })
}

/// Where the work of a task ends, if its title tells.
async fn end_of(sql: &mut Sql, site: SiteId, title: &Title) -> Result<Place, Fault> {
    match title {
        Title::Pick { station, .. } | Title::PickOne { station } => {
            let station = layout::station(sql, site, station).await?;
            Ok(station.map_or_else(Place::default, |one| Place {
                label: one.code,
                zone: String::new(),
                node: one.stand,
            }))
        }
        Title::Count { bin } => {
            let bin = layout::bin_by_code(sql, site, bin).await?;
            Ok(bin.map_or_else(Place::default, |bin| Place { label: bin.code, zone: bin.zone, node: bin.node }))
        }
        _ => Ok(Place::default()),
    }
}

/// One line, at a bin or (empty) wherever the hand is.
async fn line(tx: &mut Tx, fact: &Fact, bin: &str, pieces: i64) -> Result<(), Fault> {
    let Ok(person) = fact.actor.parse::<UserId>() else { return Ok(()) };
    let Some(hand) = rows::hand(tx.sql(), person).await? else { return Ok(()) };
    let Some(task) = hand.task.filter(|_| Some(hand.site) == fact.site) else { return Ok(()) };
    let place = if bin.is_empty() { Place::default() } else { at_bin(tx.sql(), hand.site, bin, task).await? };
    step(tx, fact, hand, place, (1, pieces.max(0))).await
}

/// The last step of a task: the way to where it ends. A task without lines, a count,
/// is a line itself.
async fn ended(tx: &mut Tx, fact: &Fact, task: TaskId, site: SiteId) -> Result<(), Fault> {
    let Some(hand) = rows::holder(tx.sql(), task).await? else { return Ok(()) };
    let title = tasks::by_id(tx.sql(), task).await?.map(|task| task.title);
    let place = match title {
        Some(title) => end_of(tx.sql(), site, &title).await?,
        None => Place::default(),
    };
    let lines = i64::from(hand.lines == 0);
    step(tx, fact, hand, place, (lines, 0)).await?;
    rows::put_down(tx.sql(), task).await
}

/// Writes a step and moves the hand there.
async fn step(
    tx: &mut Tx,
    fact: &Fact,
    mut hand: Hand,
    place: Place,
    (lines, pieces): (i64, i64),
) -> Result<(), Fault> {
    let Some(task) = hand.task else { return Ok(()) };
    let walk = layout::walk(tx.sql(), hand.site).await?;
    let way = way(&walk, &hand, &place, fact.at);
    let walk_mm = way.first().zip(way.last()).and_then(|(from, to)| walk.distance_mm(from, to)).unwrap_or(0);
    let standard = rows::standard(tx.sql(), hand.site, hand.kind).await?;
    let zone = if place.zone.is_empty() { hand.zone.clone() } else { place.zone };
    let done = Stint {
        position: fact.position,
        site: hand.site,
        person: hand.person,
        task,
        kind: hand.kind,
        zone,
        place: place.label,
        at: fact.at,
        lines,
        pieces,
        walk_mm,
        spent_ms: fact.at.since(hand.since).max(0),
        fair_ms: standard.fair_ms(walk_mm, lines, pieces, hand.lines == 0 && lines > 0),
    };
    if (done.lines, done.spent_ms, done.fair_ms) != (0, 0, 0) {
        rows::add_step(tx.sql(), &done).await?;
    }
    pass(tx.sql(), &hand, &way, fact.at, lines).await?;
    (hand.since, hand.lines) = (fact.at, hand.lines + lines);
    if !place.node.is_empty() {
        (hand.node, hand.node_at) = (place.node, fact.at);
    }
    rows::save_hand(tx.sql(), &hand).await
}

/// The nodes of the shortest way from where the hand was seen; only its end if that
/// is too long ago, and none if nobody walked.
fn way(walk: &Walk, hand: &Hand, place: &Place, at: Time) -> Vec<String> {
    if place.node.is_empty() {
        return Vec::new();
    }
    let known = !hand.node.is_empty() && at.since(hand.node_at) < SEEN_MS;
    let path = if known { walk.path(&hand.node, &place.node) } else { None };
    path.unwrap_or_else(|| vec![place.node.clone()])
}

/// Counts who passed where.
async fn pass(sql: &mut Sql, hand: &Hand, way: &[String], at: Time, lines: i64) -> Result<(), Fault> {
    let Some(last) = way.len().checked_sub(1) else { return Ok(()) };
    let zone = network::site(sql, hand.site).await?.map_or(TimeZone::UTC, |site| site.zone());
    let day = day_of(at, &zone);
    // Where the hand stood already was counted with the step before.
    for (index, node) in way.iter().enumerate().skip(usize::from(last > 0)) {
        let visits = if index == last { lines } else { 0 };
        rows::pass(sql, (hand.site, day), node, visits, (hand.person, at)).await?;
    }
    Ok(())
}
