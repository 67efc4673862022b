//! Goods that go onto a mobile shelf: the shelf is brought to a station, and the task
//! is ready when it stands there. Every put-away onto it is done on one visit.
//! Deliberately absent: choosing the shelf; slotting does.

use super::{model::*, put_rows};
use crate::{
    fleet,
    kernel::*,
    layout::{self, Bin, Station, StationKind},
    store::{Sql, Tx},
    tasks,
    units::{self, Unit},
};

/// The shelf of a bin and the station it comes to; `None` for a bin that is walked to.
pub(super) async fn trip(sql: &mut Sql, bin: &Bin) -> Result<Option<(Unit, Station)>, Fault> {
    let Some(code) = &bin.shelf else { return Ok(None) };
    let shelf = units::by_code(sql, code).await?;
    let station = layout::stations(sql, bin.site, StationKind::GoodsToPerson).await?.into_iter().next();
    Ok(shelf.zip(station))
}

/// A shelf is at home: a put-away that waits for it asks for it. True if one did;
/// nobody else need ask then.
pub async fn shelf_home(tx: &mut Tx, shelf: UnitId) -> Result<bool, Stop> {
    let Some(put) = put_rows::open_of_shelf(tx.sql(), shelf).await?.into_iter().next() else { return Ok(false) };
    let Some(unit) = units::by_id(tx.sql(), shelf).await? else { return Ok(false) };
    let Some(station) = layout::station(tx.sql(), put.site, &put.station).await? else { return Ok(false) };
    match fleet::request(tx, &unit, &station.code, &station.node, 0).await {
        Ok(mission) => {
            put_rows::set_mission(tx.sql(), put.task, mission).await?;
            Ok(true)
        }
        // On a trip for somebody else: asked for again when it is home.
        Err(stop) if stop.code() == Some("fleet.busy") => Ok(false),
        Err(stop) => Err(stop),
    }
}

/// A shelf stands at a station: what is to be put onto it may be brought. True if
/// anything is; the shelf must not be sent home then.
pub async fn shelf_arrived(tx: &mut Tx, mission: MissionId, shelf: UnitId) -> Result<bool, Stop> {
    let brought = fleet::by_id(tx.sql(), mission).await?.map(|mission| mission.station);
    let mut wanted = false;
    for put in put_rows::open_of_shelf(tx.sql(), shelf).await? {
        if Some(&put.station) != brought.as_ref() {
            continue;
        }
        put_rows::set_mission(tx.sql(), put.task, mission).await?;
        if let Some(task) = tasks::by_id(tx.sql(), put.task).await? {
            tasks::ready(tx, &task).await?;
            wanted = true;
        }
    }
    Ok(wanted)
}

/// One put-away is done, or given up: the shelf goes home when no other waits for
/// goods on this visit.
pub(super) async fn leave(tx: &mut Tx, put: &PutAway) -> Result<(), Stop> {
    let (Some(shelf), Some(mission)) = (put.shelf, put.mission) else { return Ok(()) };
    let open = put_rows::open_of_shelf(tx.sql(), shelf).await?;
    if open.iter().all(|other| other.task == put.task || other.mission != Some(mission)) {
        fleet::withdraw(tx, mission).await?;
    }
    Ok(())
}

/// A task was cancelled: the shelf that was brought for it goes home.
pub async fn given_up(tx: &mut Tx, task: TaskId) -> Result<(), Stop> {
    match put_rows::by_task(tx.sql(), task).await? {
        Some(put) => leave(tx, &put).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{self, House, house, sound, task},
        inbound::{
            plan_put_away, put_aways,
            tests::{announced, line},
        },
        play,
        stock::Goods,
        store::{Actor, Db, on_both_engines},
        tasks::TaskState,
        units::UnitKind,
    };

    async fn received(db: &Db, house: &House, tea: i64) -> ReceiptId {
        let receipt = announced(db, house, vec![line(house.tea.id, tea)]).await;
        let count = format!("#{tea}");
        play!(
            db,
            inbound,
            receipt.task,
            [
                ("D-1", "bin.right"),
                ("TEA", "article.right"),
                (count.as_str(), "quantity.right"),
                ("!sellable", "receive.booked"),
                ("!close", "task.done"),
            ]
        );
        plan_put_away(db, receipt.id).await.unwrap();
        receipt.id
    }

    #[tokio::test]
    async fn a_shelf_comes_for_the_goods_and_goes_home_after_the_last() {
        on_both_engines(async |db, _| {
            let house = house(&db).await;
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let shelf = units::add(&mut tx, "SH-1", UnitKind::Shelf, house.site, Some("v1")).await.unwrap().id;
            for code in ["A-1", "A-2", "A-3", "A-4", "A-5", "A-6", "R-1", "R-2"] {
                let bin = layout::bin_by_code(tx.sql(), house.site, code).await.unwrap().unwrap();
                layout::set_blocked(&mut tx, bin.id, true, "cleaning").await.unwrap();
            }
            tx.commit().await.unwrap();
            let receipts = [received(&db, &house, 30).await, received(&db, &house, 20).await];
            let mut tasks = Vec::new();
            for receipt in receipts {
                let mut read = db.read().await.unwrap();
                let puts = put_aways(read.sql(), receipt).await.unwrap();
                drop(read);
                assert_eq!((puts.len(), puts[0].station.as_str()), (1, "G-1"));
                tasks.push(task(&db, puts[0].task).await);
            }
            assert!(tasks.iter().all(|task| task.state == TaskState::Waiting));
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let missions = fleet::open_at_site(tx.sql(), house.site).await.unwrap();
            // One trip serves both; it is asked for once.
            assert_eq!((missions.len(), missions[0].station.as_str()), (1, "G-1"));
            assert!(!shelf_home(&mut tx, shelf).await.unwrap());
            let trip = missions[0].id;
            assert!(shelf_arrived(&mut tx, trip, shelf).await.unwrap());
            tx.commit().await.unwrap();
            fixtures::take(&db, tasks[0].id).await;
            let bring = play!(db, put_away, tasks[0].id, [("TEA", "article.right"), ("#30", "quantity.right")]);
            assert_eq!((bring.spot.unwrap().label.as_str(), bring.expect.label.as_str()), ("G-1", "S-1"));
            assert!(play!(db, put_away, tasks[0].id, [("S-1", "task.done")]).is_over());
            // Given up: nothing on this visit waits any more.
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let mission = fleet::by_id(tx.sql(), trip).await.unwrap().unwrap();
            assert!(!mission.state.is_over() && shelf_arrived(&mut tx, trip, shelf).await.unwrap());
            let other = tasks::by_id(tx.sql(), tasks[1].id).await.unwrap().unwrap();
            tasks::cancel(&mut tx, &other).await.unwrap();
            given_up(&mut tx, other.id).await.unwrap();
            assert!(!shelf_arrived(&mut tx, trip, shelf).await.unwrap());
            assert_ne!(fleet::by_id(tx.sql(), trip).await.unwrap().unwrap().state, mission.state);
            tx.commit().await.unwrap();
            assert_eq!(house.held(&db, "S-1", &Goods::plain(house.tea.id)).await, 30);
            sound(&db).await;
        })
        .await;
    }
}
