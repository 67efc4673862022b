//! A lot is called back while it is promised, picked and packed. On both engines.

use super::*;
use crate::{
    cases::{self, CaseCode},
    fixtures::{self, House, facts, sound, take, task},
    inbound,
    kernel::*,
    orders::{self, DeliveryMode, NewLine, NewOrder, Order, ShortPolicy},
    picking, promise,
    stock::{self, Condition, Goods},
    store::{Actor, Db, on_both_engines},
    tasks::{Scan, TaskKind, Tone},
    units::{self, UnitKind},
    waves,
};

fn lot(house: &House, lot: &str, expiry: &str) -> Goods {
    let (sku, lot, expiry) = (house.milk.id, lot.to_owned(), expiry.to_owned());
    Goods { sku, lot, serial: String::new(), expiry, condition: Condition::Sellable }
}

async fn tote(db: &Db, house: &House, code: &str) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    units::add(&mut tx, code, UnitKind::Tote, house.site, None).await.unwrap();
    tx.commit().await.unwrap();
}

/// An accepted order of milk, released, with its picks planned; the pick task.
async fn ordered(db: &Db, house: &House, quantity: i64) -> (Order, TaskId) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let now = tx.now();
    let sku = house.milk.id;
    let new = NewOrder {
        channel: "shop".into(),
        external_id: None,
        contact: tx.id(),
        address: tx.id(),
        coord: Coord { lat: 30.0, lon: 120.0 },
        mode: DeliveryMode::Home,
        service: "same_day".into(),
        pickup_site: None,
        window: (now, now.plus_ms(3_600_000)),
        promised_by: now.plus_ms(3_600_000),
        short_policy: ShortPolicy::Wait,
        note: String::new(),
        currency: "CNY".into(),
        shipping_minor: 0,
        shopper: None,
        lines: vec![NewLine { external_line_id: None, sku, quantity, unit_price_minor: 100 }],
    };
    let order = orders::open(&mut tx, &new).await.unwrap();
    let line = orders::lines(tx.sql(), order.id).await.unwrap().remove(0);
    orders::add_part(&mut tx, &order, house.site, order.promised_by, &[(line.id, sku, quantity)]).await.unwrap();
    orders::accept(&mut tx, order.id).await.unwrap();
    tx.commit().await.unwrap();
    waves::plan(db, house.site).await.unwrap();
    let mut read = db.read().await.unwrap();
    let wave = waves::latest(read.sql(), house.site, 1).await.unwrap()[0].id;
    drop(read);
    picking::plan(db, wave).await.unwrap();
    let open = house.tasks(db, TaskKind::Pick).await;
    (order, open.into_iter().find(|task| !task.state.is_over()).unwrap().id)
}

/// Follows the screens; returns the bins that were asked for.
async fn walk(db: &Db, id: TaskId, tote: &str, steps: usize) -> Vec<String> {
    let mut bins = Vec::new();
    for _ in 0..steps {
        let now = task(db, id).await;
        if now.state.is_over() {
            break;
        }
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let screen = picking::step(&mut tx, &now).await.unwrap();
        let label = screen.expect.label.clone();
        if screen.state == "pick.scan_bin" {
            bins.push(label.clone());
        }
        let code = if screen.state == "pick.scan_tote" && label.is_empty() { tote.to_owned() } else { label };
        let entry = Scan { code: Some(code), ..Scan::default() };
        let answer = picking::scan(&mut tx, &now, &entry).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(answer.say.tone, Tone::Wrong, "{} after {}", answer.say.text, screen.state);
    }
    bins
}

async fn call_back(db: &Db, house: &House, quarantine: bool) -> Result<RecallId, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let id = open(&mut tx, house.milk.id, "L1", quarantine, "glass").await?;
    tx.commit().await?;
    Ok(id)
}

async fn pool(db: &Db, house: &House) -> (i64, i64) {
    sound(db).await;
    let mut read = db.read().await.unwrap();
    let pool = stock::pool(read.sql(), house.site, house.milk.id).await.unwrap().unwrap();
    (pool.on_hand, pool.held)
}

#[tokio::test]
async fn a_recalled_lot_leaves_bins_and_picks_and_whoever_has_some_is_a_case() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        tote(&db, &house, "T-1").await;
        tote(&db, &house, "T-2").await;
        house.stock(&db, "C-1", &lot(&house, "L1", "270131"), 5).await;
        house.stock(&db, "A-3", &lot(&house, "L2", "270228"), 10).await;
        let (first, task) = ordered(&db, &house, 1).await;
        take(&db, task).await;
        assert_eq!(walk(&db, task, "T-1", 40).await, ["C-1"]);
        // The second has the goods in his hand when the lot is called back.
        let (second, task) = ordered(&db, &house, 3).await;
        take(&db, task).await;
        assert_eq!(walk(&db, task, "T-2", 2).await, ["C-1"]);
        let id = call_back(&db, &house, false).await.unwrap();
        assert_eq!(pool(&db, &house).await, (10, 3));
        assert_eq!(walk(&db, task, "T-2", 40).await, ["A-3"]);
        assert_eq!(pool(&db, &house).await, (7, 0));
        let mut read = db.read().await.unwrap();
        let trace = trace(read.sql(), house.milk.id, "L1").await.unwrap();
        assert_eq!((trace.stopped(), trace.bound(), trace.open_cases()), (4, 1, 1));
        assert_eq!((trace.receivers.len(), trace.receivers[0].order), (1, first.id));
        assert!(!cases::is_open(read.sql(), CaseCode::GoodsRecalled, &second.id.to_string()).await.unwrap());
        assert_eq!(by_id(read.sql(), id).await.unwrap().unwrap().stopped, 4);
        drop(read);
        assert_eq!(facts(&db, id).await, ["recall.opened"]);
        assert_eq!(call_back(&db, &house, false).await.unwrap_err().code(), Some("recall.running"));
        // More of it comes: out of sale from the start. Then it was all a mistake.
        house.stock(&db, "C-1", &lot(&house, "L1", "270131"), 2).await;
        assert_eq!(pool(&db, &house).await, (7, 0));
        let mut tx = db.begin(Actor::house()).await.unwrap();
        close(&mut tx, id, true).await.unwrap();
        assert_eq!(close(&mut tx, id, true).await.unwrap_err().code(), Some("recall.over"));
        tx.commit().await.unwrap();
        assert_eq!(pool(&db, &house).await, (13, 0));
    })
    .await;
}

#[tokio::test]
async fn promises_that_a_quarantine_uncovers_break_and_every_unit_is_in_one_state() {
    on_both_engines(async |db, _| {
        let house = fixtures::house(&db).await;
        house.stock(&db, "C-1", &lot(&house, "L1", "270131"), 5).await;
        house.stock(&db, "A-3", &lot(&house, "L2", "270228"), 5).await;
        let hold = house.promise(&db, house.milk.id, 8).await;
        call_back(&db, &house, true).await.unwrap();
        assert_eq!(pool(&db, &house).await, (5, 5));
        let mut read = db.read().await.unwrap();
        assert_eq!(stock::hold_by_id(read.sql(), hold).await.unwrap().unwrap().open(), 5);
        let shares = promise::Shares::default();
        let all = inbound::standing(read.sql(), house.milk.id, &shares, "").await.unwrap();
        let seen = all[&house.site];
        assert_eq!((seen.on_hand, seen.available, seen.committed), (10, 0, 5));
        assert_eq!(seen.unavailable.quality_control, 5);
        drop(read);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let unknown = open(&mut tx, house.milk.id, "L9", false, "glass").await;
        assert_eq!(unknown.unwrap_err().code(), Some("recall.no_lot"));
    })
    .await;
}

#[tokio::test]
async fn goods_that_would_not_last_are_not_picked_and_leave_sale() {
    on_both_engines(async |db, clock| {
        let house = fixtures::house(&db).await;
        tote(&db, &house, "T-1").await;
        // The house's tests begin on 2 March 2026.
        house.stock(&db, "C-1", &lot(&house, "L1", "260312"), 5).await;
        house.stock(&db, "A-3", &lot(&house, "L2", "260501"), 5).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        stock::set_least_days(&mut tx, house.milk.id, 30).await.unwrap();
        tx.commit().await.unwrap();
        let (_, task) = ordered(&db, &house, 2).await;
        take(&db, task).await;
        assert_eq!(walk(&db, task, "T-1", 40).await, ["A-3"]);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert_eq!(stock::expire_lots(&mut tx).await.unwrap(), 5);
        tx.commit().await.unwrap();
        assert_eq!(pool(&db, &house).await, (3, 0));
        clock.advance_ms(40 * 24 * 3_600_000);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert_eq!(stock::expire_lots(&mut tx).await.unwrap(), 3);
        tx.commit().await.unwrap();
        assert_eq!(pool(&db, &house).await, (0, 0));
    })
    .await;
}
