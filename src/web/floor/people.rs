//! Where people at work are: at the place of the next step of their task, as the
//! rooms know it. Nobody is tracked. Deliberately absent: anybody without a task.

use super::now::Person;
use crate::{
    counting,
    kernel::SiteId,
    layout, picking,
    problem::Problem,
    store::Sql,
    tasks::{self, Task, TaskState},
    web::desk::{book::Book, frame::Frame, seat::Seat},
};

/// Tasks looked at for one drawing.
const MOST: i64 = 300;

/// Everybody with a task at a site.
pub async fn people(sql: &mut Sql, seat: &Seat, site: SiteId) -> Result<Vec<Person>, Problem> {
    let filter = tasks::Filter { site: Some(site), state: TaskState::Taken.to_string(), kind: None };
    let mut book = Book::new(seat);
    let mut found = Vec::new();
    for task in tasks::list(sql, &filter, MOST).await? {
        let Some(user) = task.assignee else { continue };
        let Some((x_mm, y_mm)) = spot(sql, &task).await? else { continue };
        let name = book.person(sql, &user.to_string()).await?;
        let letters = Frame { person: name.clone(), ..Frame::default() }.initials();
        found.push(Person {
            id: task.id.to_string(),
            letters,
            name,
            x_mm,
            y_mm,
            word: seat.word("task", task.kind.as_str()),
        });
    }
    Ok(found)
}

/// The place of a task's next step: its bin, its station, else the middle of its zone.
async fn spot(sql: &mut Sql, task: &Task) -> Result<Option<(i64, i64)>, Problem> {
    if let Some(batch) = picking::batch_of_task(sql, task.id).await? {
        let picks = picking::picks_of(sql, batch.id).await?;
        let next = picks.iter().find(|pick| pick.state == picking::PickState::Open);
        if let Some(pick) = next.filter(|_| batch.kind == picking::BatchKind::Walk)
            && let Some(bin) = layout::bin(sql, pick.bin).await?
        {
            return Ok(Some((bin.x_mm, bin.y_mm)));
        }
        return station(sql, task.site, &batch.station).await;
    }
    if let Some(count) = counting::by_task(sql, task.id).await?
        && let Some(bin) = layout::bin_by_code(sql, task.site, &count.bin_code).await?
    {
        return Ok(Some((bin.x_mm, bin.y_mm)));
    }
    let zones = layout::zones(sql, task.site).await?;
    let zone = zones.iter().find(|zone| zone.code == task.zone).or_else(|| {
        let wanted = match task.kind {
            tasks::TaskKind::Pack => layout::ZoneKind::Pack,
            tasks::TaskKind::Receive | tasks::TaskKind::PutAway => layout::ZoneKind::Dock,
            _ => layout::ZoneKind::Racks,
        };
        zones.iter().find(|zone| zone.kind == wanted)
    });
    Ok(zone.map(|zone| (zone.x_mm + zone.width_mm / 2, zone.y_mm + zone.height_mm / 2)))
}

async fn station(sql: &mut Sql, site: SiteId, code: &str) -> Result<Option<(i64, i64)>, Problem> {
    let Some(station) = layout::station(sql, site, code).await? else { return Ok(None) };
    let bin = layout::bin_by_code(sql, site, &station.bin).await?;
    Ok(bin.map(|bin| (bin.x_mm, bin.y_mm)))
}
