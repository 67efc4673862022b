//! Releasing on both engines: room, company, urgency.

use super::*;
use crate::{
    decisions::{self, DecisionKind},
    fixtures::{House, house},
    kernel::*,
    orders::{self, FulfilmentState},
    stock::Goods,
    store::{Actor, Db, on_both_engines},
    tasks::{self, NewTask, TaskKind, Title},
};

const MINUTE_MS: i64 = 60_000;

/// As many pick tasks as keep nobody waiting.
async fn busy(db: &Db, house: &House) -> Vec<TaskId> {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let mut made = Vec::new();
    for n in 0..12 {
        let new = NewTask {
            kind: TaskKind::Pick,
            site: house.site,
            zone: "Z".into(),
            priority: 0,
            due_at: tx.now(),
            subject: format!("b{n}"),
            title: Title::PickOne { station: "P-1".into() },
            total: 1,
            ready: true,
        };
        made.push(tasks::add(&mut tx, &new).await.unwrap());
    }
    tx.commit().await.unwrap();
    made
}

async fn states(db: &Db, parts: &[FulfilmentId]) -> Vec<FulfilmentState> {
    let mut read = db.read().await.unwrap();
    let mut states = Vec::new();
    for part in parts {
        states.push(orders::fulfilment(read.sql(), *part).await.unwrap().unwrap().state);
    }
    states
}

#[tokio::test]
async fn a_full_queue_releases_what_is_urgent_and_the_rest_waits_for_company() {
    use FulfilmentState::{Open, Released};
    on_both_engines(async |db, clock| {
        let house = house(&db).await;
        house.stock(&db, "A-1", &Goods::plain(house.tea.id), 50).await;
        let waiting = busy(&db, &house).await;
        let (_, calm, _) = house.order(&db, &[(house.tea.id, 1)], 180 * MINUTE_MS).await;
        let (_, urgent, _) = house.order(&db, &[(house.tea.id, 1)], 30 * MINUTE_MS).await;
        plan(&db, house.site).await.unwrap();
        assert_eq!(states(&db, &[calm, urgent]).await, [Open, Released]);
        let mut read = db.read().await.unwrap();
        let wave = decisions::list(read.sql(), Some(DecisionKind::Wave), None, "", "", 1).await.unwrap().remove(0);
        let told: Vec<_> = wave.candidates.iter().map(|one| (one.name.clone(), one.rejected.is_some())).collect();
        assert_eq!(told, [(urgent.to_string(), false), (calm.to_string(), true)]);
        drop(read);
        // Room again.
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let first = tasks::by_id(tx.sql(), waiting[0]).await.unwrap().unwrap();
        tasks::cancel(&mut tx, &first).await.unwrap();
        tx.commit().await.unwrap();
        plan(&db, house.site).await.unwrap();
        assert_eq!(states(&db, &[calm]).await, [Released]);
        // Whatever waits becomes urgent.
        let (_, later, _) = house.order(&db, &[(house.tea.id, 1)], 180 * MINUTE_MS).await;
        busy(&db, &house).await;
        plan(&db, house.site).await.unwrap();
        assert_eq!(states(&db, &[later]).await, [Open]);
        clock.advance_ms(136 * MINUTE_MS);
        plan(&db, house.site).await.unwrap();
        assert_eq!(states(&db, &[later]).await, [Released]);
    })
    .await;
}
