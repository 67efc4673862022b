//! Counting on both engines: every scan, the recount, what is found again, and
//! promises that a count breaks.

use super::*;
use crate::{
    fixtures::{self, House, facts, house, sound, task},
    fleet,
    kernel::*,
    layout, play,
    stock::{self, Account, Condition, Goods},
    store::{Actor, Db, on_both_engines},
    tasks::{TaskKind, TaskState},
    units::{self, UnitKind},
};

async fn asked(db: &Db, house: &House, bin: &str) -> TaskId {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let task = add(&mut tx, house.site, bin, "short_pick").await.unwrap();
    tx.commit().await.unwrap();
    task
}

async fn shown(db: &Db, id: TaskId) -> crate::tasks::Step {
    let now = task(db, id).await;
    let mut tx = db.begin(Actor::house()).await.unwrap();
    step(&mut tx, &now).await.unwrap()
}

#[tokio::test]
async fn a_bin_is_asked_for_once_and_one_that_matches_changes_nothing() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "A-1", &tea, 7391).await;
        let id = asked(&db, &house, "A-1").await;
        assert_eq!(asked(&db, &house, "a-1").await, id);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let bin = layout::bin_by_code(tx.sql(), house.site, "A-1").await.unwrap().unwrap();
        layout::set_blocked(&mut tx, bin.id, true, "short").await.unwrap();
        let unknown = add(&mut tx, house.site, "Z-9", "x").await.unwrap_err();
        assert_eq!(unknown.code(), Some("bin.unknown"));
        tx.commit().await.unwrap();
        fixtures::take(&db, id).await;
        play!(db, counting, id, [("A-2", "bin.wrong"), ("A-1", "bin.right")]);
        let looks = shown(&db, id).await;
        assert_eq!(looks.expect.label, "6291041500213");
        // Blind: the number is nowhere on the screen.
        assert!(looks.quantity.is_none() && !format!("{looks:?}").contains("7391"));
        let over = play!(
            db,
            counting,
            id,
            [
                ("NOTHING", "article.unknown"),
                ("6291041500213", "article.right"),
                ("many", "quantity.wrong"),
                ("#7391", "count.noted"),
                ("!empty", "count.not_empty"),
                ("!done", "task.done"),
            ]
        );
        assert!(over.is_over());
        assert_eq!(house.held(&db, "A-1", &tea).await, 7391);
        assert!(!house.bin(&db, "A-1").await.blocked);
        assert_eq!(task(&db, id).await.state, TaskState::Done);
        assert!(!facts(&db, house.tea.id).await.contains(&"stock.adjusted".to_owned()));
        // A new count of the bin is a new task; the old one books nothing more.
        assert_ne!(asked(&db, &house, "A-1").await, id);
        assert!(play!(db, counting, id, [("!done", "task.done")]).is_over());
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_difference_is_counted_again_by_whoever_goes_on_and_then_posts() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "A-1", &tea, 10).await;
        let id = asked(&db, &house, "A-1").await;
        let first = fixtures::take(&db, id).await;
        play!(db, counting, id, [("A-1", "bin.right"), ("TEA", "article.right"), ("#8", "count.noted")]);
        let again = play!(db, counting, id, [("!done", "count.again")]);
        assert_eq!(again.expect.label, "6291041500213");
        assert_eq!(house.held(&db, "A-1", &tea).await, 10);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        crate::tasks::leave(&mut tx, id, first, "shift_end").await.unwrap();
        tx.commit().await.unwrap();
        fixtures::take(&db, id).await;
        play!(
            db,
            counting,
            id,
            [
                ("TEA", "article.right"),
                ("#9", "count.noted"),
                ("TEA", "article.right"),
                ("#7", "count.noted"),
                ("!done", "count.booked"),
            ]
        );
        assert_eq!(house.held(&db, "A-1", &tea).await, 7);
        assert!(facts(&db, house.tea.id).await.contains(&"stock.adjusted".to_owned()));
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn an_empty_bin_breaks_the_promises_it_no_longer_covers() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "A-1", &tea, 10).await;
        house.stock(&db, "A-2", &tea, 3).await;
        let hold = house.promise(&db, house.tea.id, 9).await;
        let id = asked(&db, &house, "A-1").await;
        play!(db, counting, id, [("A-1", "bin.right"), ("!empty", "count.again"), ("!empty", "count.booked")]);
        let mut read = db.read().await.unwrap();
        let held = stock::hold_by_id(read.sql(), hold).await.unwrap().unwrap();
        assert_eq!(held.open(), 3);
        drop(read);
        let told = facts(&db, held.order).await;
        assert!(told.contains(&"hold.broken".to_owned()));
        let mut read = db.read().await.unwrap();
        let story = crate::store::log::story(read.sql(), &house.tea.id.to_string()).await.unwrap();
        let adjusted = story.iter().find(|fact| fact.kind == "stock.adjusted").unwrap();
        assert_eq!(adjusted.body["reason"], "counted_below_held");
        drop(read);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn what_was_missing_is_found_first_here_and_elsewhere() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "A-1", &tea, 10).await;
        house.stock(&db, "A-2", &tea, 5).await;
        let bin = house.bin(&db, "A-1").await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let at = Account::bin(house.site, bin.id);
        stock::turn(&mut tx, &tea, 6, at, Condition::Missing, "short_pick", String::new()).await.unwrap();
        tx.commit().await.unwrap();
        let id = asked(&db, &house, "A-1").await;
        play!(
            db,
            counting,
            id,
            [
                ("A-1", "bin.right"),
                ("TEA", "article.right"),
                ("#6", "count.noted"),
                ("!done", "count.again"),
                ("TEA", "article.right"),
                ("#6", "count.noted"),
                ("!done", "count.booked"),
            ]
        );
        let missing = tea.turned(Condition::Missing);
        assert_eq!((house.held(&db, "A-1", &tea).await, house.held(&db, "A-1", &missing).await), (6, 4));
        // Three of the four lie in the next bin, and one that nobody ever knew of.
        let id = asked(&db, &house, "A-2").await;
        play!(
            db,
            counting,
            id,
            [
                ("A-2", "bin.right"),
                ("TEA", "article.right"),
                ("#8", "count.noted"),
                ("PHONE", "article.right"),
                ("S77", "count.noted"),
                ("!done", "count.again"),
                ("TEA", "article.right"),
                ("#8", "count.noted"),
                ("(01)00000096385074(21)S77", "count.noted"),
                ("!done", "count.booked"),
            ]
        );
        assert_eq!((house.held(&db, "A-2", &tea).await, house.held(&db, "A-1", &missing).await), (8, 1));
        let phone = Goods { serial: "S77".into(), ..Goods::plain(house.phone.id) };
        assert_eq!(house.held(&db, "A-2", &phone).await, 1);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let loss = WriteOff {
            site: house.site,
            sku: house.tea.id,
            bin: None,
            condition: Condition::Missing,
            quantity: None,
            reason: WriteOffReason::Lost,
        };
        let other_bin = WriteOff { bin: Some(house.bin(&db, "A-2").await.id), ..loss.clone() };
        assert_eq!(write_off(&mut tx, &other_bin).await.unwrap_err().code(), Some("write_off.not_there"));
        let two = WriteOff { quantity: Some(2), ..loss.clone() };
        assert_eq!(write_off(&mut tx, &two).await.unwrap_err().code(), Some("write_off.not_there"));
        let none = WriteOff { quantity: Some(0), ..loss.clone() };
        assert_eq!(write_off(&mut tx, &none).await.unwrap_err().code(), Some("stock.bad_quantity"));
        let sellable = WriteOff { condition: Condition::Sellable, ..loss.clone() };
        assert_eq!(write_off(&mut tx, &sellable).await.unwrap_err().code(), Some("write_off.sellable"));
        assert_eq!(write_off(&mut tx, &loss).await.unwrap(), 1);
        assert_eq!(write_off(&mut tx, &loss).await.unwrap_err().code(), Some("write_off.not_there"));
        tx.commit().await.unwrap();
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn lots_are_told_apart_and_asked_for_only_when_in_doubt() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let lot =
            |lot: &str, expiry: &str| Goods { lot: lot.into(), expiry: expiry.into(), ..Goods::plain(house.milk.id) };
        house.stock(&db, "C-1", &lot("L1", "261201"), 50).await;
        let id = asked(&db, &house, "C-1").await;
        play!(
            db,
            counting,
            id,
            [("C-1", "bin.right"), ("MILK", "article.right"), ("#50", "count.noted"), ("!done", "task.done"),]
        );
        house.stock(&db, "C-1", &lot("L2", "261224"), 50).await;
        let id = asked(&db, &house, "C-1").await;
        let doubt = play!(db, counting, id, [("C-1", "bin.right"), ("MILK", "article.right")]);
        assert_eq!(doubt.state, "count.enter_lot");
        play!(
            db,
            counting,
            id,
            [
                ("  ", "lot.missing"),
                ("L1", "label.right"),
                ("#50", "count.noted"),
                ("(01)04006381333931(17)261224(10)L2", "article.right"),
                ("#49", "count.noted"),
                ("!done", "count.booked"),
            ]
        );
        assert_eq!(house.held(&db, "C-1", &lot("L1", "")).await, 50);
        assert_eq!(house.held(&db, "C-1", &lot("L2", "")).await, 49);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn damaged_goods_count_as_lying_there_and_go_last() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        let broken = tea.turned(Condition::Damaged);
        house.stock(&db, "A-1", &tea, 4).await;
        house.stock(&db, "A-1", &broken, 2).await;
        let id = asked(&db, &house, "A-1").await;
        play!(
            db,
            counting,
            id,
            [
                ("A-1", "bin.right"),
                ("TEA", "article.right"),
                ("#1", "count.noted"),
                ("!done", "count.again"),
                ("TEA", "article.right"),
                ("#1", "count.noted"),
                ("!done", "count.booked"),
            ]
        );
        assert_eq!((house.held(&db, "A-1", &tea).await, house.held(&db, "A-1", &broken).await), (0, 1));
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_shelf_comes_to_the_station_and_goes_home_after_its_last_count() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        house.stock(&db, "S-1", &Goods::plain(house.tea.id), 5).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let shelf = units::add(&mut tx, "SH-1", UnitKind::Shelf, house.site, Some("v1")).await.unwrap();
        tx.commit().await.unwrap();
        let id = asked(&db, &house, "S-1").await;
        assert_eq!(task(&db, id).await.state, TaskState::Waiting);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let missions = fleet::open_at_site(tx.sql(), house.site).await.unwrap();
        assert_eq!((missions.len(), missions[0].station.as_str()), (1, "G-1"));
        assert!(!shelf_home(&mut tx, shelf.id).await.unwrap());
        assert!(shelf_arrived(&mut tx, missions[0].id, shelf.id).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(house.tasks(&db, TaskKind::Count).await[0].state, TaskState::Ready);
        play!(
            db,
            counting,
            id,
            [("S-1", "bin.right"), ("TEA", "article.right"), ("#5", "count.noted"), ("!done", "task.done"),]
        );
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert!(!shelf_arrived(&mut tx, missions[0].id, shelf.id).await.unwrap());
        tx.commit().await.unwrap();
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_count_is_asked_for_again_and_a_strange_task_is_refused() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let id = asked(&db, &house, "A-1").await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let found = crate::tasks::by_id(tx.sql(), id).await.unwrap().unwrap();
        crate::tasks::cancel(&mut tx, &found).await.unwrap();
        tx.commit().await.unwrap();
        let again = asked(&db, &house, "A-1").await;
        assert_ne!(again, id);
        play!(db, counting, again, [("A-1", "bin.right"), ("!empty", "task.done")]);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let stop = scan(&mut tx, &found, &fixtures::entry("A-1")).await.unwrap_err();
        assert_eq!(stop.code(), Some("count.unknown"));
    })
    .await;
}

#[tokio::test]
async fn every_bin_comes_due_in_its_turn_and_no_more_at_once_than_wanted() {
    on_both_engines(async |db, clock| {
        const DAY_MS: i64 = 24 * 3_600_000;
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        for bin in ["A-1", "A-2", "A-3", "A-4", "A-5"] {
            house.stock(&db, bin, &tea, 10).await;
        }
        // Articles never picked here are of one class; each bin within ten days, two at once.
        let rule = Cadence { a_days: 10, b_days: 10, c_days: 10, most_a_day: 2, ..Cadence::default() };
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert!(set_cadence(&mut tx, house.site, Cadence { a_days: -1, ..rule }).await.is_err());
        set_cadence(&mut tx, house.site, rule).await.unwrap();
        tx.commit().await.unwrap();
        let mut asked: Vec<String> = Vec::new();
        for _ in 0..14 {
            cadence(&db, house.site).await.unwrap();
            let open: Vec<_> =
                house.tasks(&db, TaskKind::Count).await.into_iter().filter(|one| !one.state.is_over()).collect();
            assert!(open.len() <= 2 && open.iter().all(|one| one.priority == 0), "{open:?}");
            // Each is done as it comes: blind, and it matches.
            for one in open {
                fixtures::take(&db, one.id).await;
                let bin = shown(&db, one.id).await.expect.label;
                play!(
                    db,
                    counting,
                    one.id,
                    [
                        (&bin, "bin.right"),
                        ("6291041500213", "article.right"),
                        ("#10", "count.noted"),
                        ("!done", "task.done"),
                    ]
                );
                asked.push(bin);
            }
            clock.advance_ms(DAY_MS);
        }
        let mut once = asked.clone();
        once.sort();
        once.dedup();
        assert_eq!(once, ["A-1", "A-2", "A-3", "A-4", "A-5"], "{asked:?}");
        // A site without a floor has nothing to count.
        let bare = db.begin(Actor::house()).await.unwrap().id();
        cadence(&db, bare).await.unwrap();
        assert!(asked.len() <= 10, "none again within its ten days: {asked:?}");
        sound(&db).await;
    })
    .await;
}
