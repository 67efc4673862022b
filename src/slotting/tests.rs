//! Slotting on both engines: choice, moves, refills, and every scan of a carry.

use super::*;
use crate::{
    decisions,
    fixtures::{self, facts, house, sound, task},
    kernel::*,
    play,
    stock::{Condition, Goods},
    store::{Actor, Db, on_both_engines},
    tasks::{TaskKind, TaskState},
};

async fn chosen(db: &Db, house: &fixtures::House, article: &crate::catalog::Article, quantity: i64) -> String {
    let mut read = db.read().await.unwrap();
    let now = db.clock.now();
    match choose_bin(read.sql(), house.site, article, quantity, "x", now).await {
        Ok((bin, choice)) => {
            assert_eq!(choice.chosen, bin.code);
            assert!(choice.candidates.iter().any(|one| one.name == bin.code && one.rejected.is_none()));
            bin.code
        }
        Err(stop) => stop.code().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn goods_go_near_the_pack_table_if_fast_and_to_their_own_climate() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        for _ in 0..50 {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            note_pick(&mut tx, house.site, house.tea.id, 2).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(chosen(&db, &house, &house.tea, 20).await, "A-1");
        assert_eq!(chosen(&db, &house, &house.milk, 5).await, "C-1");
        assert_eq!(chosen(&db, &house, &house.tea, 101).await, "slotting.no_room");
        house.stock(&db, "A-3", &Goods::plain(house.tea.id), 10).await;
        assert_eq!(chosen(&db, &house, &house.tea, 20).await, "A-3");
        assert_eq!(chosen(&db, &house, &house.tea, 95).await, "A-1");
    })
    .await;
}

#[tokio::test]
async fn plenty_is_split_and_what_has_no_room_is_told() {
    on_both_engines(async |db, clock| {
        let house = house(&db).await;
        let mut read = db.read().await.unwrap();
        let mut floor = picture(read.sql(), house.site, clock.now(), Reach::OnFoot).await.unwrap();
        let (placed, left) = place(&mut floor, &house.tea, 850, "x");
        let mut codes: Vec<_> = placed.iter().map(|one| (one.bin.code.clone(), one.quantity)).collect();
        codes.sort();
        assert_eq!(codes.iter().map(|(_, n)| n).sum::<i64>() + left, 850);
        // Six pick bins and two in reserve take a hundred each; the rest has none.
        assert_eq!((codes.len(), left), (8, 50));
        assert!(codes.iter().all(|(code, _)| code != "C-1" && code != "D-1" && code != "S-1"));
    })
    .await;
}

async fn refill(db: &Db, house: &fixtures::House) -> Vec<crate::tasks::Task> {
    replenish(db, house.site).await.unwrap();
    house.tasks(db, TaskKind::Replenish).await
}

#[tokio::test]
async fn a_promise_beyond_the_pick_face_brings_goods_from_reserve_once() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "A-2", &tea, 3).await;
        house.stock(&db, "R-1", &tea, 60).await;
        house.promise(&db, house.tea.id, 10).await;
        let open = refill(&db, &house).await;
        assert_eq!((open.len(), open[0].priority, open[0].total), (1, 20, 7));
        assert_eq!(refill(&db, &house).await.len(), 1);
        let id = open[0].id;
        fixtures::take(&db, id).await;
        let over = play!(
            db,
            slotting,
            id,
            [
                ("A-9", "bin.wrong"),
                ("r-1", "bin.right"),
                ("NOTHING", "article.unknown"),
                ("96385074", "article.wrong"),
                ("6291041500213", "article.right"),
                ("#8", "quantity.wrong"),
                ("#0", "quantity.wrong"),
                ("#7", "quantity.right"),
                ("R-1", "bin.wrong"),
                ("A-2", "task.done"),
            ]
        );
        assert!(over.is_over());
        assert_eq!((house.held(&db, "A-2", &tea).await, house.held(&db, "R-1", &tea).await), (10, 53));
        assert_eq!(task(&db, id).await.state, TaskState::Done);
        // A scan that comes twice books nothing twice.
        assert!(play!(db, slotting, id, [("A-2", "task.done")]).is_over());
        assert_eq!(house.held(&db, "A-2", &tea).await, 10);
        let told = facts(&db, id).await;
        assert_eq!(told.iter().filter(|kind| *kind == "scan.refused").count(), 6);
        assert_eq!(told.iter().filter(|kind| *kind == "goods.put_away").count(), 1);
        let mut read = db.read().await.unwrap();
        assert!(claims(read.sql(), house.site).await.unwrap().is_empty());
        assert_eq!(decisions::by_subject(read.sql(), &id.to_string()).await.unwrap()[0].chosen, "A-2");
        drop(read);
        assert!(refill(&db, &house).await.is_empty());
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_pick_face_under_its_floor_is_refilled_and_another_worker_goes_on() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "R-2", &tea, 60).await;
        let open = refill(&db, &house).await;
        assert_eq!((open.len(), open[0].priority, open[0].total), (1, -5, 4));
        let id = open[0].id;
        let first = fixtures::take(&db, id).await;
        play!(db, slotting, id, [("R-2", "bin.right"), ("TEA", "article.right")]);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        crate::tasks::leave(&mut tx, id, first, "shift_end").await.unwrap();
        tx.commit().await.unwrap();
        fixtures::take(&db, id).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let now = crate::tasks::by_id(tx.sql(), id).await.unwrap().unwrap();
        let shown = step(&mut tx, &now).await.unwrap();
        drop(tx);
        assert_eq!((shown.state.as_str(), shown.expect.label.as_str()), ("carry.enter_quantity", "4"));
        let to = shown.into.unwrap().label;
        play!(db, slotting, id, [("4", "quantity.right"), (to.as_str(), "task.done")]);
        assert_eq!(house.held(&db, &to, &tea).await, 4);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_reserve_bin_that_holds_less_is_blocked_and_the_rest_goes_missing() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "R-1", &tea, 30).await;
        house.promise(&db, house.tea.id, 30).await;
        let id = refill(&db, &house).await[0].id;
        play!(db, slotting, id, [("R-1", "bin.right"), ("TEA", "article.right")]);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let now = crate::tasks::by_id(tx.sql(), id).await.unwrap().unwrap();
        let short = crate::tasks::Scan { choice: Some("short".into()), quantity: Some(10), ..Default::default() };
        let after = scan(&mut tx, &now, &short).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((after.say.code.as_str(), after.expect.label.as_str()), ("carry.short", "A-1"));
        play!(db, slotting, id, [("A-1", "task.done")]);
        let r1 = house.bin(&db, "R-1").await;
        assert!(r1.blocked);
        assert_eq!(facts(&db, r1.id).await, ["bin.short"]);
        assert_eq!(house.held(&db, "A-1", &tea).await, 10);
        assert_eq!(house.held(&db, "R-1", &tea.turned(Condition::Missing)).await, 20);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_fast_article_far_away_is_moved_near_within_the_budget() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        let near = fixtures::house(&db).await;
        near.stock(&db, "A-1", &Goods::plain(near.tea.id), 40).await;
        propose(&db, near.site).await.unwrap();
        let idle = near.tasks(&db, TaskKind::Move).await;
        house.stock(&db, "A-6", &tea, 40).await;
        for _ in 0..60 {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            note_pick(&mut tx, house.site, house.tea.id, 1).await.unwrap();
            tx.commit().await.unwrap();
        }
        propose(&db, house.site).await.unwrap();
        propose(&db, house.site).await.unwrap();
        let open = house.tasks(&db, TaskKind::Move).await;
        assert_eq!((idle.len(), open.len(), open[0].priority), (0, 1, -10));
        assert_eq!(open[0].title.to_string(), "A-6 to A-1");
        let id = open[0].id;
        play!(db, slotting, id, [("A-6", "bin.right")]);
        assert!(house.bin(&db, "A-6").await.blocked);
        play!(db, slotting, id, [("TEA", "article.right"), ("40", "quantity.right"), ("A-1", "task.done")]);
        assert!(!house.bin(&db, "A-6").await.blocked);
        assert_eq!(house.held(&db, "A-1", &tea).await, 40);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn promised_goods_are_not_moved() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "A-6", &tea, 40).await;
        for _ in 0..60 {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            note_pick(&mut tx, house.site, house.tea.id, 1).await.unwrap();
            tx.commit().await.unwrap();
        }
        propose(&db, house.site).await.unwrap();
        let id = house.tasks(&db, TaskKind::Move).await[0].id;
        house.promise(&db, house.tea.id, 1).await;
        assert!(play!(db, slotting, id, [("A-6", "task.done")]).is_over());
        assert_eq!(house.held(&db, "A-6", &tea).await, 40);
        assert!(!house.bin(&db, "A-6").await.blocked);
        propose(&db, house.site).await.unwrap();
        assert!(house.tasks(&db, TaskKind::Move).await.is_empty());
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let mut nobody = task(&db, id).await;
        nobody.id = tx.id();
        let unknown = scan(&mut tx, &nobody, &fixtures::entry("A-6")).await.unwrap_err();
        assert_eq!(unknown.code(), Some("carry.unknown"));
    })
    .await;
}
