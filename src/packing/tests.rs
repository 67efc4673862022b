//! One part of an order on the floor, from its hold to closed boxes: picked into
//! totes, packed, opened again. On both engines.

use crate::{
    fixtures::{self, House, facts, sound, take, task},
    kernel::*,
    orders::{self, FulfilmentState, Order},
    packing::{self, CartonState},
    picking, play,
    stock::{self, Condition, Goods},
    store::{Actor, Db, on_both_engines},
    tasks::{Scan, TaskKind, Tone},
    units::{self, UnitKind},
    waves,
};

fn goods(sku: SkuId, lot: &str, expiry: Option<&str>) -> Goods {
    Goods {
        sku,
        lot: lot.to_owned(),
        serial: String::new(),
        expiry: expiry.unwrap_or_default().to_owned(),
        condition: Condition::Sellable,
    }
}

/// An order of the small site, accepted, with all goods held there.
async fn order(db: &Db, house: &House, wants: &[(SkuId, i64)]) -> (Order, FulfilmentId, Vec<LineId>) {
    house.order(db, wants, 3_600_000).await
}

/// Releases what is open and plans its picks; the pick tasks.
async fn release(db: &Db, house: &House) -> Vec<TaskId> {
    waves::plan(db, house.site).await.unwrap();
    let mut read = db.read().await.unwrap();
    let wave = waves::latest(read.sql(), house.site, 1).await.unwrap()[0].id;
    drop(read);
    picking::plan(db, wave).await.unwrap();
    open_tasks(db, house, TaskKind::Pick).await
}

async fn open_tasks(db: &Db, house: &House, kind: TaskKind) -> Vec<TaskId> {
    let tasks = house.tasks(db, kind).await;
    tasks.iter().filter(|task| !task.state.is_over()).map(|task| task.id).collect()
}

async fn totes(db: &Db, house: &House, codes: &[&str]) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    for code in codes {
        units::add(&mut tx, code, UnitKind::Tote, house.site, None).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn expect(db: &Db, part: FulfilmentId) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    packing::expect(&mut tx, part).await.unwrap();
    tx.commit().await.unwrap();
}

async fn state(db: &Db, part: FulfilmentId) -> FulfilmentState {
    let mut read = db.read().await.unwrap();
    orders::fulfilment(read.sql(), part).await.unwrap().unwrap().state
}

async fn cartons(db: &Db, part: FulfilmentId) -> Vec<packing::Carton> {
    let mut read = db.read().await.unwrap();
    let all = packing::cartons_of(read.sql(), part).await.unwrap();
    all.into_iter().filter(|carton| carton.state != CartonState::Void).collect()
}

/// Cancels a line after packing, as the house does.
async fn cancel(db: &Db, order: OrderId, part: FulfilmentId, line: LineId, quantity: i64) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let found = orders::by_id(tx.sql(), order).await.unwrap().unwrap();
    orders::cancel_lines(&mut tx, &found, Some(&[(line, quantity)]), "changed_mind").await.unwrap();
    packing::reopen(&mut tx, order, line, quantity).await.unwrap();
    packing::expect(&mut tx, part).await.unwrap();
    tx.commit().await.unwrap();
}

/// Does what each screen of a pack task asks for, until nothing is asked.
async fn pack(db: &Db, id: TaskId) {
    take(db, id).await;
    for _ in 0..40 {
        let now = task(db, id).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let screen = packing::step(&mut tx, &now).await.unwrap();
        let entry = match screen.state.as_str() {
            "pack.weigh" => {
                let cartons = packing::cartons_of(tx.sql(), now.subject.parse().unwrap()).await.unwrap();
                let open = cartons.iter().find(|carton| carton.state == CartonState::Open).unwrap();
                Scan { quantity: Some(open.expected_g), ..Scan::default() }
            }
            _ => Scan { code: Some(screen.expect.label.clone()), ..Scan::default() },
        };
        let answer = packing::scan(&mut tx, &now, &entry).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(answer.say.tone, Tone::Wrong, "{} after {}", answer.say.text, screen.state);
        if task(db, id).await.state.is_over() {
            return;
        }
    }
    panic!("the pack task never ends");
}

/// Tea and milk, picked into two totes; the pack task.
async fn picked(db: &Db, house: &House) -> (Order, FulfilmentId, Vec<LineId>, TaskId) {
    totes(db, house, &["T-1", "T-2"]).await;
    house.stock(db, "A-2", &goods(house.tea.id, "", None), 10).await;
    house.stock(db, "C-1", &goods(house.milk.id, "L1", Some("270131")), 5).await;
    let (order, part, lines) = order(db, house, &[(house.tea.id, 3), (house.milk.id, 1)]).await;
    for pick in release(db, house).await {
        take(db, pick).await;
        walk(db, pick).await;
    }
    assert_eq!(state(db, part).await, FulfilmentState::Picked);
    expect(db, part).await;
    let pack = open_tasks(db, house, TaskKind::Pack).await;
    assert_eq!(pack.len(), 1);
    (order, part, lines, pack[0])
}

/// Does what each screen of a pick task asks for; chilled goods into T-2.
async fn walk(db: &Db, id: TaskId) {
    for _ in 0..40 {
        let now = task(db, id).await;
        if now.state.is_over() {
            return;
        }
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let screen = picking::step(&mut tx, &now).await.unwrap();
        let label = screen.expect.label.clone();
        let tote = if screen.spot.as_ref().is_some_and(|spot| spot.label == "C-1") { "T-2" } else { "T-1" };
        let code = if screen.state == "pick.scan_tote" && label.is_empty() { tote.to_owned() } else { label };
        let entry = Scan { code: Some(code), ..Scan::default() };
        let answer = picking::scan(&mut tx, &now, &entry).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(answer.say.tone, Tone::Wrong, "{} after {}: {entry:?}", answer.say.text, screen.state);
    }
    panic!("the pick task never ends");
}

#[tokio::test]
async fn a_wrong_scan_of_the_picker_changes_nothing() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        totes(&db, &house, &["T-1"]).await;
        house.stock(&db, "A-2", &goods(house.tea.id, "", None), 10).await;
        let (_, part, _) = order(&db, &house, &[(house.tea.id, 3)]).await;
        let pick = release(&db, &house).await[0];
        take(&db, pick).await;
        play!(
            db,
            picking,
            pick,
            [
                ("A-1", "bin.wrong"),
                ("A-2", "bin.right"),
                ("no such label", "article.unknown"),
                ("MILK", "article.wrong"),
                ("CASE-TEA", "pack.too_large"),
                ("TEA", "article.right"),
                ("#4", "quantity.wrong"),
                ("#0", "quantity.wrong"),
            ]
        );
        assert_eq!(house.held(&db, "A-2", &goods(house.tea.id, "", None)).await, 10);
        assert_eq!(state(&db, part).await, FulfilmentState::Released);
        play!(db, picking, pick, [("#3", "quantity.right")]);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let now = task(&db, pick).await;
        let code = |text: &str| Scan { code: Some(text.into()), ..Scan::default() };
        assert_eq!(picking::scan(&mut tx, &now, &code("T-9")).await.unwrap().say.tone, Tone::Wrong);
        picking::scan(&mut tx, &now, &code("T-1")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.held(&db, "A-2", &goods(house.tea.id, "", None)).await, 7);
        assert_eq!(state(&db, part).await, FulfilmentState::Picked);
        sound(&db).await;
    })
    .await;
}

/// Books what somebody counted in a bin, and lets the picks know.
async fn counted(db: &Db, house: &House, code: &str, goods: &Goods, counted: i64) {
    let bin = house.bin(db, code).await.id;
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let at = stock::Account::bin(house.site, bin);
    stock::count(&mut tx, goods, at, counted, "counted", String::new()).await.unwrap();
    picking::recounted(&mut tx, bin).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn picks_leave_a_bin_in_which_less_was_counted() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        totes(&db, &house, &["T-1"]).await;
        let tea = goods(house.tea.id, "", None);
        house.stock(&db, "A-2", &tea, 3).await;
        let (_, part, _) = order(&db, &house, &[(house.tea.id, 3)]).await;
        let pick = release(&db, &house).await[0];
        house.stock(&db, "A-5", &tea, 10).await;
        counted(&db, &house, "A-2", &tea, 1).await;
        counted(&db, &house, "A-2", &tea, 1).await;
        take(&db, pick).await;
        walk(&db, pick).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Picked);
        assert_eq!(house.held(&db, "A-2", &tea).await, 0);
        assert_eq!(house.held(&db, "A-5", &tea).await, 8);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_picker_has_in_hand_is_booked_whatever_was_counted_meanwhile() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        totes(&db, &house, &["T-1"]).await;
        let tea = goods(house.tea.id, "", None);
        house.stock(&db, "A-2", &tea, 3).await;
        house.stock(&db, "A-5", &tea, 10).await;
        let (_, part, _) = order(&db, &house, &[(house.tea.id, 3)]).await;
        let pick = release(&db, &house).await[0];
        take(&db, pick).await;
        play!(db, picking, pick, [("A-2", "bin.right"), ("TEA", "article.right"), ("#3", "quantity.right")]);
        counted(&db, &house, "A-2", &tea, 1).await;
        walk(&db, pick).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Picked);
        assert_eq!(house.held(&db, "A-2", &tea).await, 0);
        let facts = facts(&db, house.tea.id).await;
        assert_eq!(facts.iter().filter(|kind| *kind == "stock.adjusted").count(), 2, "{facts:?}");
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn temperature_classes_get_boxes_of_their_own_and_a_wrong_weight_stops_the_box() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        let (_, part, _, work) = picked(&db, &house).await;
        assert_eq!(cartons(&db, part).await.len(), 2);
        take(&db, work).await;
        play!(
            db,
            packing,
            work,
            [
                ("BOX-S", "box.right"),
                ("MILK", "article.wrong"),
                ("TEA", "article.right"),
                ("CASE-TEA", "quantity.wrong"),
                ("TEA", "article.right"),
                ("TEA", "article.right"),
                ("#9000", "weight.mismatch"),
            ]
        );
        assert_eq!(cartons(&db, part).await[0].state, CartonState::Open);
        play!(
            db,
            packing,
            work,
            [
                ("!count_again", "pack.again"),
                ("TEA", "article.right"),
                ("TEA", "article.right"),
                ("TEA", "article.right"),
                ("#390", "weight.right"),
                ("004000000000000000", "label.wrong"),
            ]
        );
        assert_eq!(state(&db, part).await, FulfilmentState::Picked);
        pack_on(&db, work).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Packed);
        let labels: Vec<_> = cartons(&db, part).await.into_iter().map(|carton| carton.sscc.unwrap()).collect();
        assert!(labels.len() == 2 && labels[0] != labels[1] && labels.iter().all(|sscc| barcode::is_valid(sscc)));
        sound(&db).await;
    })
    .await;
}

/// Goes on with a task that somebody has already.
async fn pack_on(db: &Db, id: TaskId) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let now = crate::tasks::by_id(tx.sql(), id).await.unwrap().unwrap();
    crate::tasks::leave(&mut tx, id, now.assignee.unwrap(), "break").await.unwrap();
    tx.commit().await.unwrap();
    pack(db, id).await;
}

#[tokio::test]
async fn a_supervisor_may_believe_the_scale() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        let (_, part, _, work) = picked(&db, &house).await;
        take(&db, work).await;
        let accept = async || {
            let open = cartons(&db, part).await[0].parcel;
            let mut tx = db.begin(Actor::house()).await.unwrap();
            packing::accept_weight(&mut tx, open).await.unwrap();
            tx.commit().await.unwrap();
            cartons(&db, part).await.swap_remove(0)
        };
        play!(db, packing, work, [("BOX-S", "box.right"), ("TEA", "article.right"), ("TEA", "article.right")]);
        assert_eq!(accept().await.state, CartonState::Open, "a piece is still to be scanned");
        play!(db, packing, work, [("TEA", "article.right"), ("#9000", "weight.mismatch")]);
        let sealed = accept().await;
        assert_eq!((sealed.state, sealed.measured_g), (CartonState::Weighed, Some(9_000)));
        assert_eq!(accept().await.sscc, sealed.sscc, "twice is as once");
        pack_on(&db, work).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Packed);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_box_that_lost_a_piece_is_closed_again_with_a_new_label() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        let (order, part, lines, work) = picked(&db, &house).await;
        pack(&db, work).await;
        let before = cartons(&db, part).await;
        cancel(&db, order.id, part, lines[0], 1).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Picked);
        assert!(facts(&db, order.id).await.contains(&"carton.reopened".to_owned()));
        let again = open_tasks(&db, &house, TaskKind::Pack).await;
        assert_eq!(again.len(), 1, "somebody closes the box again");
        expect(&db, part).await;
        assert_eq!(open_tasks(&db, &house, TaskKind::Pack).await, again, "asked twice, done once");
        pack(&db, again[0]).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Packed);
        let after = cartons(&db, part).await;
        assert_ne!(before[0].sscc, after[0].sscc, "the old label is void");
        assert_eq!(before[1].sscc, after[1].sscc, "the other box was not touched");
        assert_eq!(open_tasks(&db, &house, TaskKind::PutBack).await.len(), 1);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_part_whose_other_box_became_empty_is_packed() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        let (order, part, lines, work) = picked(&db, &house).await;
        pack(&db, work).await;
        cancel(&db, order.id, part, lines[1], 1).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Packed);
        assert!(open_tasks(&db, &house, TaskKind::Pack).await.is_empty());
        assert_eq!(cartons(&db, part).await.len(), 1);
        cancel(&db, order.id, part, lines[0], 3).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Cancelled);
        let mut read = db.read().await.unwrap();
        let end = orders::by_id(read.sql(), order.id).await.unwrap().unwrap().state;
        assert_eq!(end, orders::OrderState::Cancelled);
        drop(read);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_packer_is_not_left_with_a_task_of_nothing() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        let (order, part, lines, work) = picked(&db, &house).await;
        take(&db, work).await;
        play!(db, packing, work, [("BOX-S", "box.right"), ("TEA", "article.right")]);
        cancel(&db, order.id, part, lines[0], 3).await;
        assert!(!task(&db, work).await.state.is_over(), "the milk is still to be packed");
        cancel(&db, order.id, part, lines[1], 1).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Cancelled);
        assert_eq!(task(&db, work).await.state, crate::tasks::TaskState::Cancelled);
        assert!(cartons(&db, part).await.is_empty());
        assert!(
            facts(&db, order.id).await.contains(&"carton.void".to_owned()),
            "a weight in question is settled by it"
        );
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn what_goes_back_comes_out_of_the_tote_while_there_is_one() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        let (order, part, lines, work) = picked(&db, &house).await;
        take(&db, work).await;
        play!(db, packing, work, [("BOX-S", "box.right"), ("TEA", "article.right"), ("TEA", "article.right")]);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let found = orders::by_id(tx.sql(), order.id).await.unwrap().unwrap();
        orders::cancel_lines(&mut tx, &found, Some(&[(lines[0], 1)]), "changed_mind").await.unwrap();
        let back = picking::put_back(&mut tx, part, lines[0], house.tea.id, 1).await.unwrap();
        packing::replan(&mut tx, part).await.unwrap();
        let carton = packing::cartons_of(tx.sql(), part).await.unwrap().swap_remove(0);
        let carton = units::by_id(tx.sql(), carton.unit).await.unwrap().unwrap().code;
        tx.commit().await.unwrap();
        take(&db, back).await;
        let said = async |text: &str| {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let now = task(&db, back).await;
            let step = picking::put_back_scan(&mut tx, &now, &fixtures::entry(text)).await.unwrap();
            tx.commit().await.unwrap();
            step.say.code
        };
        assert_eq!(said(&carton).await, "unit.wrong", "what is in the box is the shopper's");
        assert_eq!(said("T-1").await, "scan.right");
        assert_eq!(said("MILK").await, "article.wrong");
        assert_eq!(said("TEA").await, "scan.right");
        assert_eq!(said("D-1").await, "bin.wrong");
        said("A-2").await;
        assert!(task(&db, back).await.state.is_over());
        assert_eq!(house.held(&db, "A-2", &goods(house.tea.id, "", None)).await, 8);
        pack_on(&db, work).await;
        assert_eq!(state(&db, part).await, FulfilmentState::Packed);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_copy_that_was_put_back_numbers_its_cartons_far_from_its_twin() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        let (_, part, _, task) = picked(&db, &house).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let before = barcode::sscc(0, packing::COMPANY_PREFIX, 999_999);
        packing::number_apart(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        pack(&db, task).await;
        for carton in cartons(&db, part).await {
            assert!(carton.sscc.unwrap() > before);
        }
    })
    .await;
}
