//! Goods sold before they are here, on both engines: from the announcement to the wave,
//! and everything that may come between.

use futures_util::future::join_all;

use super::*;
use crate::{
    bench::world::{Shopper, Size, code, furnish},
    catalog,
    checkout::{self, Amend, ArticleTerms, LineChange, LineView, OrderView, PlaceOrder, Till, Want, Wish},
    event::Event,
    fixtures::{facts, sound},
    flow,
    kernel::*,
    layout::{self, BinKind, Lane, NewBin, Node, NodeKind, Part, Zone, ZoneKind},
    orders::{self, FulfilmentState, Order, OrderState, ShortPolicy},
    stock::{self, Condition},
    store::{Actor, Db, command::Marked, log, on_both_engines},
    waves,
};

const SIZE: Size = Size { sites: 2, articles: 2, hot: 1, hot_stock: 0, stock: 0 };
const DAY_MS: i64 = 24 * 3_600_000;
const FLOW: &str = "flow";

/// Two sites that ship, of which the first has a dock, and nothing on hand.
struct World {
    db: Db,
    site: SiteId,
    sku: SkuId,
}

fn dock() -> Vec<Part> {
    let zone = Zone {
        code: "Z".into(),
        name_en: "Hall".into(),
        name_zh: "大厅".into(),
        kind: ZoneKind::Racks,
        temperature: catalog::Temperature::Ambient,
        x_mm: 0,
        y_mm: 0,
        width_mm: 9_000,
        height_mm: 9_000,
    };
    let node = Node { id: "n0".into(), x_mm: 0, y_mm: 0, kind: NodeKind::Aisle, lane: Lane::People };
    let bin = NewBin {
        code: "D-1".into(),
        zone: "Z".into(),
        kind: BinKind::Dock,
        node: "n0".into(),
        x_mm: 0,
        y_mm: 0,
        level: 1,
        temperature: catalog::Temperature::Ambient,
        max_weight_g: 10_000_000,
        max_volume_ml: 10_000_000,
        shelf: None,
    };
    vec![Part::Zone(zone), Part::Node(node), Part::Bin(bin)]
}

impl World {
    async fn new(db: &Db) -> Self {
        let site = furnish(db, SIZE).await.unwrap()[0];
        let mut tx = db.begin(Actor::house()).await.unwrap();
        layout::draw(&mut tx, site, &dock()).await.unwrap();
        let sku = catalog::by_code(tx.sql(), &code(0)).await.unwrap().unwrap().id;
        tx.commit().await.unwrap();
        Self { db: db.clone(), site, sku }
    }

    /// The same, where the channel of the tests may sell ahead.
    async fn selling(db: &Db) -> Self {
        let world = Self::new(db).await;
        world.allow(&["bench"]).await;
        world
    }

    async fn allow(&self, channels: &[&str]) {
        let sold_ahead = channels.iter().map(|channel| (*channel).to_owned()).collect();
        let terms = ArticleTerms { per_order: None, per_period: None, period_hours: 1, quotas: Vec::new(), sold_ahead };
        let mut tx = self.db.begin(Actor::house()).await.unwrap();
        checkout::set_terms(&mut tx, self.sku, &terms).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Announces so many of the first article, in so many days.
    async fn announced(&self, quantity: i64, days: i64) -> Asn {
        let mut tx = self.db.begin(Actor::house()).await.unwrap();
        let expected_at = tx.now().plus_ms(days * DAY_MS);
        let code = format!("asn-{}", tx.id::<kind::Asn>().ulid());
        let lines = vec![super::tests::line(self.sku, quantity)];
        let new = NewAsn { site: self.site, code, supplier: "Greenfield".into(), expected_at, lines };
        let asn = announce(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        self.asn(asn).await
    }

    async fn asn(&self, id: AsnId) -> Asn {
        asn_by_id(self.db.read().await.unwrap().sql(), id).await.unwrap().unwrap()
    }

    fn wish(&self, n: u64, quantity: i64) -> PlaceOrder {
        let want = Want { sku: code(0), quantity, external_line_id: None };
        Shopper::seeded(n, SIZE).basket(vec![want])
    }

    async fn try_buy(&self, order: &PlaceOrder) -> Result<Order, Stop> {
        let mut tx = self.db.begin(Actor::house()).await?;
        let order = checkout::place(&mut tx, order, None).await?;
        tx.commit().await?;
        Ok(order)
    }

    async fn buy(&self, quantity: i64) -> OrderId {
        self.try_buy(&self.wish(7, quantity)).await.unwrap().id
    }

    /// Counts what came of a delivery at the dock.
    async fn receive(&self, asn: &Asn, quantity: i64, condition: Condition) {
        let mut tx = self.db.begin(Actor::house()).await.unwrap();
        let receipt = rows::open_of_asn(tx.sql(), asn.id).await.unwrap().unwrap();
        let receipt = Receipt { sku: Some(self.sku), quantity, ..receipt };
        book::book(&mut tx, &receipt, condition).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn close(&self, asn: &Asn) {
        let mut tx = self.db.begin(Actor::house()).await.unwrap();
        let receipt = rows::open_of_asn(tx.sql(), asn.id).await.unwrap().unwrap();
        close(&mut tx, receipt.id).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Lets everything follow that follows from what was stated.
    async fn follow(&self) {
        loop {
            log::stamp(&self.db, "test").await.unwrap();
            let mut tx = self.db.begin(Actor::house()).await.unwrap();
            let at = log::cursor(tx.sql(), FLOW).await.unwrap();
            let facts = log::tail(tx.sql(), at, 100).await.unwrap();
            let Some(last) = facts.last().map(|fact| fact.position) else { break };
            for fact in &facts {
                flow::follow(&mut tx, &fact.event().unwrap()).await.unwrap();
            }
            log::advance(tx.sql(), FLOW, last).await.unwrap();
            tx.commit().await.unwrap();
        }
        sound(&self.db).await;
        let mut read = self.db.read().await.unwrap();
        assert_eq!(stock::oversold(read.sql()).await.unwrap(), 0);
    }

    async fn seen(&self, order: OrderId) -> OrderView {
        let mut read = self.db.read().await.unwrap();
        let order = orders::by_id(read.sql(), order).await.unwrap().unwrap();
        checkout::view(read.sql(), order).await.unwrap()
    }

    async fn parts(&self, order: OrderId) -> Vec<FulfilmentState> {
        self.seen(order).await.fulfilments.iter().map(|part| part.state).collect()
    }

    /// Still to come of a delivery, and sold of it.
    async fn supply(&self, asn: &Asn) -> (i64, i64) {
        let mut read = self.db.read().await.unwrap();
        let supply = stock::supply(read.sql(), asn.id, self.sku).await.unwrap().unwrap();
        (supply.expected, supply.pledged)
    }

    /// On hand, and held of it.
    async fn pool(&self) -> (i64, i64) {
        let mut read = self.db.read().await.unwrap();
        let pool = stock::pool(read.sql(), self.site, self.sku).await.unwrap();
        pool.map_or((0, 0), |pool| (pool.on_hand, pool.held))
    }
}

fn line(seen: &OrderView) -> &LineView {
    &seen.lines[0]
}

#[tokio::test]
async fn what_is_announced_is_sold_where_it_may_and_waits_for_its_delivery() {
    use FulfilmentState::{Open, Released, Scheduled};
    on_both_engines(async |db, clock| {
        let world = World::new(&db).await;
        let asn = world.announced(4, 3).await;
        let refused = world.try_buy(&world.wish(1, 2)).await.unwrap_err();
        assert_eq!(refused.code(), Some("stock.short"));
        world.allow(&["elsewhere"]).await;
        assert_eq!(world.try_buy(&world.wish(1, 2)).await.unwrap_err().code(), Some("stock.short"));
        world.allow(&["bench"]).await;
        let first = world.buy(2).await;
        clock.advance_ms(1);
        let second = world.buy(2).await;
        assert_eq!(world.supply(&asn).await, (4, 4));
        let none_left = world.try_buy(&world.wish(1, 1)).await.unwrap_err();
        assert_eq!((none_left.code(), world.pool().await), (Some("stock.short"), (0, 0)));
        let seen = world.seen(first).await;
        let told = serde_json::to_value(line(&seen)).unwrap();
        assert_eq!((&told["supply"], &told["pledged"]), (&"inbound".into(), &2.into()));
        assert_eq!(line(&seen).ship_not_before, Some(asn.expected_at));
        assert_eq!(seen.order.state, OrderState::Accepted);
        // The date follows from the delivery's, in the window of the service.
        assert!(seen.order.window_from >= asn.expected_at.plus_ms(8 * 3_600_000));
        assert!(seen.order.promised_by <= asn.expected_at.plus_ms(3 * DAY_MS));
        world.follow().await;
        waves::plan(&db, world.site).await.unwrap();
        assert_eq!((world.parts(first).await, world.parts(second).await), (vec![Scheduled], vec![Scheduled]));
        // A part of the delivery: the oldest order first, the next as far as it goes.
        world.receive(&asn, 3, Condition::Sellable).await;
        assert_eq!((world.pool().await, world.supply(&asn).await), ((3, 3), (1, 1)));
        world.follow().await;
        assert_eq!((world.parts(first).await, world.parts(second).await), (vec![Open], vec![Scheduled]));
        assert_eq!(line(&world.seen(first).await).ship_not_before, None);
        assert_eq!(line(&world.seen(second).await).pledged, 1);
        waves::plan(&db, world.site).await.unwrap();
        assert_eq!((world.parts(first).await, world.parts(second).await), (vec![Released], vec![Scheduled]));
        world.receive(&asn, 1, Condition::Sellable).await;
        world.close(&asn).await;
        world.follow().await;
        assert_eq!((world.pool().await, world.supply(&asn).await), ((4, 4), (0, 0)));
        waves::plan(&db, world.site).await.unwrap();
        assert_eq!(world.parts(second).await, [Released]);
        let story = facts(&db, second).await;
        assert_eq!(story.iter().filter(|kind| *kind == "hold.covered").count(), 2);
        assert!(!story.iter().any(|kind| kind == "hold.broken"), "{story:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_there_goes_at_once_and_the_rest_with_the_earliest_delivery() {
    use FulfilmentState::{Open, Scheduled};
    on_both_engines(async |db, _| {
        let world = World::selling(&db).await;
        let (late, early) = (world.announced(5, 6).await, world.announced(2, 2).await);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let bin = stock::Account::bin(world.site, tx.id());
        stock::opening(&mut tx, &stock::Goods::plain(world.sku), 1, bin).await.unwrap();
        tx.commit().await.unwrap();
        let order = world.buy(4).await;
        assert_eq!((world.supply(&early).await, world.supply(&late).await), ((2, 2), (5, 1)));
        assert_eq!(world.parts(order).await, [Open, Scheduled, Scheduled]);
        let seen = world.seen(order).await;
        assert_eq!((line(&seen).pledged, line(&seen).ship_not_before), (3, Some(late.expected_at)));
        // What is here is driven before the rest comes.
        assert!(seen.order.window_from < early.expected_at && seen.order.window_to > late.expected_at);
        // Goods of the later delivery, come first, serve those that wait for the earlier.
        world.receive(&late, 5, Condition::Sellable).await;
        world.follow().await;
        assert_eq!(world.parts(order).await, [Open, Open, Open]);
        assert_eq!((world.pool().await, world.supply(&early).await), ((6, 4), (2, 0)));
    })
    .await;
}

#[tokio::test]
async fn when_fewer_come_the_latest_promises_break_and_say_so() {
    use FulfilmentState::{Cancelled, Open, Scheduled};
    on_both_engines(async |db, clock| {
        let world = World::selling(&db).await;
        let asn = world.announced(5, 1).await;
        let first = world.buy(2).await;
        clock.advance_ms(1);
        let waits = world.wish(8, 2);
        let second = world.try_buy(&PlaceOrder { short_policy: ShortPolicy::Wait, ..waits }).await.unwrap().id;
        clock.advance_ms(1);
        let third = world.buy(1).await;
        world.follow().await;
        // Two of them are broken on the dock.
        world.receive(&asn, 2, Condition::Damaged).await;
        world.follow().await;
        assert_eq!(world.supply(&asn).await, (3, 3));
        assert_eq!(world.seen(third).await.order.state, OrderState::Cancelled);
        assert_eq!(world.parts(second).await, [Scheduled]);
        assert_eq!(line(&world.seen(second).await).line.held, 1);
        world.receive(&asn, 2, Condition::Sellable).await;
        world.close(&asn).await;
        world.follow().await;
        assert_eq!(world.parts(first).await, [Open]);
        let held = world.seen(second).await;
        assert_eq!((held.order.state, held.fulfilments[0].state), (OrderState::OnHold, Cancelled));
        // Announced again: who waits is promised it, and goes on.
        let again = world.announced(2, 4).await;
        world.follow().await;
        assert_eq!(world.supply(&again).await, (2, 2));
        let goes_on = world.seen(second).await;
        assert_eq!(goes_on.order.state, OrderState::Accepted);
        assert!(goes_on.order.promised_by > again.expected_at);
        assert!(facts(&db, second).await.iter().any(|kind| kind == "order.promise_changed"));
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_comes_later_promises_anew() {
    on_both_engines(async |db, _| {
        let world = World::selling(&db).await;
        let asn = world.announced(3, 2).await;
        let order = world.buy(2).await;
        let before = world.seen(order).await.order;
        let to = asn.expected_at.plus_ms(5 * DAY_MS);
        let moved = async |to: Time| {
            let asn = world.asn(asn.id).await;
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let done = reschedule(&mut tx, &asn, to).await;
            tx.commit().await.unwrap();
            world.follow().await;
            done
        };
        moved(to).await.unwrap();
        let after = world.seen(order).await;
        assert_eq!(line(&after).ship_not_before, Some(to));
        assert_eq!(after.order.promised_by, before.promised_by.plus_ms(5 * DAY_MS));
        assert_eq!(after.order.window_from, before.window_from.plus_ms(5 * DAY_MS));
        let told = log::story(db.read().await.unwrap().sql(), &order.to_string()).await.unwrap();
        let changed: Vec<_> = told.iter().filter(|fact| fact.kind == "order.promise_changed").collect();
        assert_eq!(changed.len(), 1);
        let Event::PromiseChanged { from, to: by, reason, .. } = changed[0].event().unwrap() else {
            panic!("a promise")
        };
        assert_eq!((from, by, reason.as_str()), (before.promised_by, after.order.promised_by, "supply_moved"));
        // Earlier again: the promise stands, and nobody is told twice.
        moved(asn.expected_at).await.unwrap();
        assert_eq!(world.seen(order).await.order.promised_by, after.order.promised_by);
        assert_eq!(facts(&db, order).await.iter().filter(|kind| *kind == "order.promise_changed").count(), 1);
        world.receive(&asn, 3, Condition::Sellable).await;
        world.close(&asn).await;
        assert_eq!(moved(to).await.unwrap_err().code(), Some("asn.over"));
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_is_late_without_a_word_is_told_to_who_waits() {
    on_both_engines(async |db, clock| {
        let world = World::selling(&db).await;
        let (asn, unsold) = (world.announced(3, 2).await, world.announced(3, 2).await);
        let order = world.buy(3).await;
        let before = world.seen(order).await.order.promised_by;
        let look = async || {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            for id in [asn.id, unsold.id] {
                overdue(&mut tx, id).await.unwrap();
            }
            tx.commit().await.unwrap();
            world.follow().await;
        };
        clock.advance_ms(2 * DAY_MS);
        look().await;
        assert_eq!(world.seen(order).await.order.promised_by, before);
        clock.advance_ms(5 * 3_600_000);
        look().await;
        let moved = world.asn(asn.id).await.expected_at;
        assert_eq!(moved, db.clock.now().plus_ms(DAY_MS));
        assert!(world.seen(order).await.order.promised_by > before);
        assert_eq!(world.asn(unsold.id).await.expected_at, unsold.expected_at);
        // One that is being received is not late.
        clock.advance_ms(3 * DAY_MS);
        world.receive(&asn, 1, Condition::Sellable).await;
        look().await;
        assert_eq!(world.asn(asn.id).await.expected_at, moved);
    })
    .await;
}

#[tokio::test]
async fn cancelling_and_amending_give_back_what_was_pledged() {
    on_both_engines(async |db, clock| {
        let world = World::selling(&db).await;
        let asn = world.announced(6, 2).await;
        let order = world.buy(3).await;
        clock.advance_ms(1);
        let later = world.buy(2).await;
        let amended = async |quantity: i64| {
            let seen = world.seen(order).await;
            let change = Amend { lines: vec![LineChange { line: line(&seen).line.id, quantity }], add: Vec::new() };
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let done = checkout::amend(&mut tx, &seen.order, &change).await;
            match &done {
                Ok(()) => tx.commit().await.unwrap(),
                Err(_) => drop(tx),
            }
            world.follow().await;
            done
        };
        amended(1).await.unwrap();
        assert_eq!(world.supply(&asn).await, (6, 3));
        assert_eq!(amended(9).await.unwrap_err().code(), Some("stock.short"));
        assert_eq!(world.supply(&asn).await, (6, 3));
        amended(3).await.unwrap();
        assert_eq!(world.supply(&asn).await, (6, 5));
        amended(1).await.unwrap();
        world.receive(&asn, 1, Condition::Sellable).await;
        world.follow().await;
        assert_eq!((world.pool().await, world.supply(&asn).await), ((1, 1), (5, 2)));
        let seen = world.seen(later).await.order;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        orders::cancel_lines(&mut tx, &seen, None, "test").await.unwrap();
        tx.commit().await.unwrap();
        world.follow().await;
        assert_eq!((world.pool().await, world.supply(&asn).await), ((1, 1), (5, 0)));
        let gone = world.seen(later).await;
        assert_eq!((gone.order.state, gone.fulfilments[0].state), (OrderState::Cancelled, FulfilmentState::Cancelled));
    })
    .await;
}

#[tokio::test]
async fn an_unpaid_order_gives_back_what_was_pledged_when_it_lapses() {
    on_both_engines(async |db, clock| {
        let world = World::selling(&db).await;
        let asn = world.announced(2, 2).await;
        let mut unpaid = world.wish(3, 2);
        unpaid.payment.card = crate::payments::TestCard::Later;
        let order = world.try_buy(&unpaid).await.unwrap().id;
        assert_eq!(world.supply(&asn).await, (2, 2));
        clock.advance_ms(orders::PAYMENT_TERM_MS + 1);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let line = orders::lines(tx.sql(), order).await.unwrap().remove(0).id;
        let hold = stock::holds_of_line(tx.sql(), line).await.unwrap().remove(0);
        assert_eq!((hold.pledged, hold.covered()), (2, 0));
        stock::expire(&mut tx, hold.id).await.unwrap();
        tx.commit().await.unwrap();
        sound(&db).await;
        assert_eq!(world.supply(&asn).await, (2, 0));
    })
    .await;
}

#[tokio::test]
async fn many_at_two_tills_get_what_is_announced_and_no_more() {
    on_both_engines(async |db, clock| {
        let world = World::selling(&db).await;
        let asn = world.announced(7, 2).await;
        let tills = [Till::open(db.clone()), Till::open(db.clone())];
        let asked = (0..30_usize).map(|n| {
            let mark = Marked { caller: "tok_test".into(), key: format!("k{n}"), digest: format!("{n:064}") };
            let order = world.wish(n.try_into().unwrap(), 1);
            tills[n % 2].place(Wish { order, shopper: None, mark, flight: None })
        });
        let answers = join_all(asked).await;
        let count = |status: u16| answers.iter().filter(|one| one.as_ref().unwrap().status == status).count();
        assert_eq!((count(201), count(409)), (7, 23));
        let said = answers.iter().find(|one| one.as_ref().unwrap().status == 409).unwrap().as_ref().unwrap();
        assert!(said.body.contains("stock.short"), "{}", said.body);
        assert_eq!(world.supply(&asn).await, (7, 7));
        // The last unit of another delivery: two at once, one of them has it.
        let last = world.announced(1, 1).await;
        clock.advance_ms(1);
        let (one, other) = (world.wish(41, 1), world.wish(42, 1));
        let (one, other) = tokio::join!(world.try_buy(&one), world.try_buy(&other));
        assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|won| **won).count(), 1);
        assert_eq!(world.supply(&last).await, (1, 1));
        world.follow().await;
    })
    .await;
}

#[tokio::test]
async fn the_till_and_the_single_path_promise_the_same() {
    on_both_engines(async |db, clock| {
        let world = World::selling(&db).await;
        let asn = world.announced(40, 2).await;
        let till = Till::open(db.clone());
        let wish = |key: &str, quantity: i64, shopper: &str| {
            let mark = Marked { caller: "tok_test".into(), key: key.to_owned(), digest: "0".repeat(64) };
            let order = PlaceOrder { shopper_ref: Some(shopper.to_owned()), ..world.wish(5, quantity) };
            Wish { order, shopper: None, mark, flight: None }
        };
        let told = |answer: &checkout::Answer| {
            let body: serde_json::Value = serde_json::from_str(&answer.as_ref().unwrap().body).unwrap();
            let line = &body["lines"][0];
            let of_line = ["supply", "pledged", "ship_not_before", "held"].map(|name| line[name].clone());
            (body["code"].clone(), body["promised_by"].clone(), of_line, body["fulfilments"][0]["state"].clone())
        };
        let at_till = till.place(wish("a", 3, "ann")).await;
        let alone = checkout::place_alone(&db, &wish("b", 3, "ann")).await;
        assert_eq!(told(&at_till), told(&alone));
        assert_eq!((told(&alone).3, world.supply(&asn).await), ("scheduled".into(), (40, 6)));
        // What is announced may be set aside as well.
        let quotas = vec![checkout::SetAside {
            group: "early".into(),
            quantity: 30,
            ends_at: clock.now().plus_ms(DAY_MS),
            taken: 0,
        }];
        let sold_ahead = vec!["*".to_owned()];
        let terms = ArticleTerms { per_order: None, per_period: None, period_hours: 1, quotas, sold_ahead };
        let mut tx = db.begin(Actor::house()).await.unwrap();
        checkout::set_terms(&mut tx, world.sku, &terms).await.unwrap();
        tx.commit().await.unwrap();
        for n in [5, 4] {
            let at_till = till.place(wish(&format!("c{n}"), n, "ann")).await;
            if n == 5 {
                let alone = checkout::place_alone(&db, &wish("d", n, "ann")).await;
                assert_eq!((told(&at_till), told(&alone).0), (told(&alone), "stock.set_aside".into()));
            } else {
                assert_eq!(told(&at_till).3, "scheduled");
            }
        }
        assert_eq!(world.supply(&asn).await, (40, 10));
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn machines_see_what_is_sold_ahead_and_move_a_delivery() {
    use crate::{
        fixtures::{call, token},
        identity::Permission,
    };
    on_both_engines(async |db, _| {
        let world = World::selling(&db).await;
        let asn = world.announced(5, 2).await;
        let order = world.buy(2).await;
        let machine = token(&db, &[Permission::InboundReceive, Permission::StockRead], None).await;
        let ask = async |what: &str, key: &str, body: serde_json::Value| {
            call(&db, api::routes(), &machine, what, key, body).await
        };
        let seen = ask(&format!("GET /api/v1/asns/{}", asn.id), "", serde_json::Value::Null).await.json();
        assert_eq!((&seen["supply"][0]["expected"], &seen["supply"][0]["pledged"]), (&5.into(), &2.into()));
        let at = ask(&format!("GET /api/v1/availability?sku={}", code(0)), "", serde_json::Value::Null).await.json();
        let shown =
            ["site", "on_hand", "available", "committed", "incoming", "pledged"].map(|name| at[0][name].clone());
        assert_eq!(serde_json::json!(shown), serde_json::json!(["S0", 0, 0, 0, 5, 2]));
        let to = asn.expected_at.plus_ms(DAY_MS);
        let body = serde_json::json!({"expected_at": to});
        let moved = ask(&format!("POST /api/v1/asns/{}/reschedule", asn.id), "k1", body.clone()).await;
        assert_eq!((moved.status, &moved.json()["supply"][0]["not_before"]), (200, &serde_json::json!(to)));
        assert_eq!(line(&world.seen(order).await).ship_not_before, Some(to));
        world.receive(&asn, 5, Condition::Sellable).await;
        world.close(&asn).await;
        let over = ask(&format!("POST /api/v1/asns/{}/reschedule", asn.id), "k2", body).await;
        assert_eq!((over.status, over.code().as_str()), (409, "asn.over"));
    })
    .await;
}

#[tokio::test]
async fn an_audit_tells_when_pledges_and_holds_differ() {
    on_both_engines(async |db, _| {
        let world = World::selling(&db).await;
        let asn = world.announced(5, 2).await;
        world.buy(2).await;
        sound(&db).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        sqlx::query("UPDATE supplies SET pledged = 1 WHERE asn = $1")
            .bind(asn.id.to_string())
            .execute(tx.sql())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let found = stock::audit(db.read().await.unwrap().sql()).await.unwrap();
        assert_eq!((found.differences(), found.pledged_differs), (1, vec![format!("{} {}", asn.id, world.sku)]));
    })
    .await;
}
