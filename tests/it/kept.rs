//! Entries that a handheld kept without a network: the plan may have changed while
//! the hand went on, and what the hand did is in the books all the same.

use cartage::{
    identity::Permission,
    kernel::TaskId,
    picking::{self, Pick},
    stock::{self, Holder},
    units,
};
use serde_json::{Value, json};

use crate::{
    house::{House, Persona, on_both},
    journey::{order, until},
};

/// An order of two teas, and its pick in the hands of a worker, by id and task.
async fn in_hand(house: &House, worker: &Persona) -> (Value, Pick, TaskId) {
    let shop = house.machine(&[Permission::OrderPlace]).await;
    let placed = shop.done("/api/v1/orders", order(2)).await;
    let step = until("a pick task", async || {
        let (status, step) = worker.post("/api/v1/work/next", json!({"site": "NG", "kinds": ["pick"]})).await;
        status.is_success().then_some(step).filter(|step| step["task"]["id"].is_string())
    })
    .await;
    let task: TaskId = step["task"]["id"].as_str().unwrap().parse().unwrap();
    let mut sql = house.app.db.read().await.unwrap();
    let batch = picking::batch_of_task(sql.sql(), task).await.unwrap().unwrap();
    let pick = picking::picks_of(sql.sql(), batch.id).await.unwrap().remove(0);
    (placed, pick, task)
}

fn entry(pick: &Pick, stage: &str, code: &str, took: i64) -> Value {
    json!({"code": code, "kept": {"pick": pick.id.to_string(), "stage": stage, "took": took}})
}

async fn in_tote(house: &House) -> i64 {
    let mut sql = house.app.db.read().await.unwrap();
    let tote = units::by_code(sql.sql(), "T-1").await.unwrap().unwrap();
    let goods = stock::contents(sql.sql(), Holder::Unit(tote.id)).await.unwrap();
    goods.iter().map(|one| one.quantity).sum()
}

async fn adds_up(house: &House) {
    let mut sql = house.app.db.read().await.unwrap();
    let audit = stock::audit(sql.sql()).await.unwrap();
    assert!(audit.is_clean(), "{audit:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_fetched_for_an_order_cancelled_meanwhile_lies_in_the_tote_and_a_case_says_so() {
    on_both(async |house: &House| {
        let all = house.machine(Permission::ALL).await;
        let worker = house.person("wang", "worker").await;
        let (placed, pick, task) = in_hand(house, &worker).await;
        all.done(&format!("/api/v1/orders/{}/cancel", placed["id"].as_str().unwrap()), json!({"reason": "changed"}))
            .await;
        until("the pick to be off", async || {
            let mut sql = house.app.db.read().await.unwrap();
            let picks = picking::picks_of(sql.sql(), pick.batch).await.unwrap();
            (picks[0].state == picking::PickState::Cancelled).then_some(())
        })
        .await;
        let path = format!("/api/v1/work/{task}/scan");
        let noted = worker.done(&path, entry(&pick, "bin", "M01-1", 0)).await;
        assert_eq!((&noted["say"]["code"], in_tote(house).await), (&json!("kept.noted"), 0), "{noted}");
        for odd in [0, -1, i64::MAX] {
            worker.tries(&path, &entry(&pick, "tote", "T-1", odd)).await.refuses(422, "scan.empty");
        }
        let booked = worker.done(&path, entry(&pick, "tote", "T-1", 2)).await;
        assert_eq!((&booked["say"]["code"], in_tote(house).await), (&json!("kept.case"), 2), "{booked}");
        until("the case", async || {
            let cases = all.get("/api/v1/cases").await;
            cases.to_string().contains("plan_changed").then_some(())
        })
        .await;
        let (status, step) = worker.post("/api/v1/work/next", json!({"site": "NG", "kinds": ["put_back"]})).await;
        assert!(status.is_success(), "the goods have a way back: {step}");
        adds_up(house).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_fetched_for_a_task_given_to_another_is_picked_all_the_same_and_once() {
    on_both(async |house: &House| {
        let worker = house.person("wang", "worker").await;
        let boss = house.person("boss", "supervisor").await;
        let kai = house.person("kai", "worker").await.get("/api/v1/me").await;
        let (_, pick, task) = in_hand(house, &worker).await;
        boss.done(&format!("/api/v1/work/{task}/assign"), json!({"user": kai["id"]})).await;
        let path = format!("/api/v1/work/{task}/scan");
        worker.tries(&path, &json!({"code": "M01-1"})).await.refuses(409, "task.not_yours");
        let booked = worker.done(&path, entry(&pick, "tote", "T-1", 2)).await;
        assert_eq!((&booked["say"]["code"], in_tote(house).await), (&json!("kept.booked"), 2), "{booked}");
        let mut sql = house.app.db.read().await.unwrap();
        let picks = picking::picks_of(sql.sql(), pick.batch).await.unwrap();
        assert_eq!((picks[0].picked, picks[0].state), (2, picking::PickState::Done));
        drop(sql);
        let strange =
            json!({"code": "T-1", "kept": {"pick": "pck_01JZZZZZZZZZZZZZZZZZZZZZZZ", "stage": "tote", "took": 1}});
        worker.tries(&path, &strange).await.refuses(404, "pick.unknown");
        adds_up(house).await;
    })
    .await;
}
