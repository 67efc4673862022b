//! Asking for a count, and for the shelf it needs. Deliberately absent: counting.

use super::{model::*, rows};
use crate::{
    fleet,
    kernel::*,
    layout::{self, Bin, StationKind},
    store::Tx,
    tasks::{self, NewTask, TaskKind, Title},
    units::{self, Unit},
};

/// How soon a count is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Urgency {
    pub priority: i64,
    pub due_ms: i64,
}

/// Within two hours and before usual work: the bin is often blocked until then, which
/// keeps goods from orders.
const FOR_ORDERS: Urgency = Urgency { priority: 5, due_ms: 2 * 3_600_000 };

/// Asks for a count of a bin by its label; the open one if there is one. A bin on
/// a mobile shelf has its shelf brought to a station. Fact: `task.ready`.
pub async fn add(tx: &mut Tx, site: SiteId, bin: &str, reason: &str) -> Result<TaskId, Stop> {
    let Some(found) = layout::bin_by_code(tx.sql(), site, bin).await? else {
        return Err(Refusal::NoBin { bin: bin.chars().take(60).collect() }.into());
    };
    add_bin(tx, &found, reason).await
}

/// The same for a bin at hand.
pub async fn add_bin(tx: &mut Tx, found: &Bin, reason: &str) -> Result<TaskId, Stop> {
    add_as(tx, found, reason, FOR_ORDERS).await
}

/// The same, as urgent as told.
pub(super) async fn add_as(tx: &mut Tx, found: &Bin, reason: &str, urgency: Urgency) -> Result<TaskId, Stop> {
    let (fresh, now) = (tx.id::<kind::Task>().ulid().to_string(), tx.now());
    let id = if rows::open(tx.sql(), &fresh, found, reason, now).await? {
        fresh
    } else {
        match rows::open_of_bin(tx.sql(), found.id).await? {
            Some(open) if !is_over(tx, open.task).await? => return Ok(open.task),
            // Its task was cancelled: the count gets a new one and goes on.
            Some(open) => open.id,
            None => return Err(Fault::new("a count ended while another was asked for").into()),
        }
    };
    new_task(tx, &id, found, urgency).await
}

async fn is_over(tx: &mut Tx, task: TaskId) -> Result<bool, Fault> {
    Ok(tasks::by_id(tx.sql(), task).await?.is_none_or(|task| task.state.is_over()))
}

async fn new_task(tx: &mut Tx, id: &str, bin: &Bin, urgency: Urgency) -> Result<TaskId, Stop> {
    let shelf = match &bin.shelf {
        Some(code) => units::by_code(tx.sql(), code).await?,
        None => None,
    };
    let station = match &shelf {
        Some(_) => layout::stations(tx.sql(), bin.site, StationKind::GoodsToPerson).await?.into_iter().next(),
        None => None,
    };
    // A shelf without a station to come to is counted where it stands.
    let trip = shelf.zip(station);
    let now = tx.now();
    let new = NewTask {
        kind: TaskKind::Count,
        site: bin.site,
        zone: bin.zone.clone(),
        priority: urgency.priority,
        due_at: now.plus_ms(urgency.due_ms),
        subject: bin.id.to_string(),
        title: Title::Count { bin: bin.code.clone() },
        total: 1,
        ready: trip.is_none(),
    };
    let task = tasks::add(tx, &new).await?;
    let station = trip.as_ref().map_or("", |(_, station)| station.code.as_str());
    rows::set_task(tx.sql(), id, task, trip.as_ref().map(|(shelf, _)| shelf.id), station).await?;
    if let Some((shelf, _)) = &trip {
        shelf_home(tx, shelf.id).await?;
    }
    Ok(task)
}

/// A shelf is at home: an open count that waits for it asks for it. True if one
/// did; nobody else need ask then.
pub async fn shelf_home(tx: &mut Tx, shelf: UnitId) -> Result<bool, Stop> {
    let mut waiting = None;
    for count in rows::open_of_shelf(tx.sql(), shelf).await? {
        if waiting.is_none() && !is_over(tx, count.task).await? {
            waiting = Some(count);
        }
    }
    let Some(count) = waiting else { return Ok(false) };
    let Some(unit) = units::by_id(tx.sql(), shelf).await? else { return Ok(false) };
    ask(tx, &count, &unit).await
}

async fn ask(tx: &mut Tx, count: &Count, shelf: &Unit) -> Result<bool, Stop> {
    let Some(station) = layout::station(tx.sql(), count.site, &count.station).await? else { return Ok(false) };
    match fleet::request(tx, shelf, &station.code, &station.node, 0).await {
        Ok(mission) => {
            rows::set_mission(tx.sql(), &count.id, mission).await?;
            Ok(true)
        }
        // On a trip for somebody else: asked for again when it is home.
        Err(stop) if stop.code() == Some("fleet.busy") => Ok(false),
        Err(stop) => Err(stop),
    }
}

/// A count task was cancelled: the shelf that was brought for it goes home.
pub async fn given_up(tx: &mut Tx, task: TaskId) -> Result<(), Stop> {
    match rows::by_task(tx.sql(), task).await?.and_then(|count| count.mission) {
        Some(mission) => fleet::withdraw(tx, mission).await,
        None => Ok(()),
    }
}

/// A shelf stands at a station: every open count on it may be done while it is
/// there. True if one waits for it; the shelf must not be sent home then.
pub async fn shelf_arrived(tx: &mut Tx, mission: MissionId, shelf: UnitId) -> Result<bool, Stop> {
    let open = rows::open_of_shelf(tx.sql(), shelf).await?;
    let brought = fleet::by_id(tx.sql(), mission).await?.map(|mission| mission.station);
    let mut wanted = false;
    for count in open.iter().filter(|count| Some(&count.station) == brought.as_ref()) {
        rows::set_mission(tx.sql(), &count.id, mission).await?;
        if let Some(task) = tasks::by_id(tx.sql(), count.task).await? {
            tasks::ready(tx, &task).await?;
            wanted |= !task.state.is_over();
        }
    }
    Ok(wanted)
}
