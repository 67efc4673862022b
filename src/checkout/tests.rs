//! Holds, limits, quotas and channels on both engines, also against each other.

use axum::http::StatusCode;
use futures_util::FutureExt as _;

use super::*;
use crate::{
    bench::world::{Shopper, Size, code, furnish},
    catalog,
    exchange::Together,
    kernel::{SkuId, Stop},
    orders, promise,
    stock::{self, Purpose},
    store::{Actor, Db, command::Marked, log, on_both_engines},
};

const SIZE: Size = Size { sites: 2, articles: 2, hot: 1, hot_stock: 20, stock: 5 };

fn want(article: usize, quantity: i64) -> Want {
    Want { sku: code(article), quantity, external_line_id: None }
}

fn new_hold(channel: &str, shopper: &str, quantity: i64) -> NewHold {
    NewHold {
        purpose: Purpose::LiveRoom,
        channel: channel.to_owned(),
        site: None,
        lines: vec![want(0, quantity)],
        shopper: None,
        shopper_ref: Some(shopper.to_owned()),
        lasts_ms: 60_000,
    }
}

async fn sku(db: &Db) -> SkuId {
    let mut read = db.read().await.unwrap();
    catalog::by_code(read.sql(), &code(0)).await.unwrap().unwrap().id
}

async fn terms(db: &Db, new: ArticleTerms) {
    let sku = sku(db).await;
    let mut tx = db.begin(Actor::house()).await.unwrap();
    set_terms(&mut tx, sku, &new).await.unwrap();
    tx.commit().await.unwrap();
}

fn limits(per_order: Option<i64>, per_period: Option<i64>) -> ArticleTerms {
    ArticleTerms { per_order, per_period, period_hours: 1, quotas: Vec::new(), sold_ahead: Vec::new() }
}

/// Units held of the first article, and a sound ledger.
async fn held(db: &Db) -> i64 {
    let sku = sku(db).await;
    let mut read = db.read().await.unwrap();
    assert_eq!(stock::audit(read.sql()).await.unwrap(), stock::Audit::default());
    stock::pools_of(read.sql(), sku).await.unwrap().iter().map(|pool| pool.held).sum()
}

async fn hold(db: &Db, new: &NewHold) -> Result<Vec<stock::Hold>, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let holds = take_hold(&mut tx, new).await?;
    tx.commit().await?;
    Ok(holds)
}

fn order_of(shopper: &str, quantity: i64) -> PlaceOrder {
    let mut order = Shopper::seeded(7, SIZE).basket(vec![want(0, quantity)]);
    order.shopper_ref = Some(shopper.to_owned());
    order
}

async fn buy(db: &Db, order: &PlaceOrder) -> Result<orders::Order, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let order = place(&mut tx, order, None).await?;
    tx.commit().await?;
    Ok(order)
}

fn code_of<T: std::fmt::Debug>(answer: Result<T, Stop>) -> &'static str {
    answer.unwrap_err().code().unwrap()
}

#[tokio::test]
async fn a_shopper_has_his_most_and_gets_back_what_he_cancels() {
    on_both_engines(async |db, clock| {
        furnish(&db, SIZE).await.unwrap();
        terms(&db, limits(Some(3), Some(4))).await;
        assert_eq!(code_of(buy(&db, &order_of("ann", 4)).await), "limit.order");
        let first = buy(&db, &order_of("ann", 3)).await.unwrap();
        assert_eq!(code_of(buy(&db, &order_of("ann", 2)).await), "limit.shopper");
        assert_eq!(code_of(hold(&db, &new_hold("bench", "ann", 2)).await), "limit.shopper");
        buy(&db, &order_of("bob", 3)).await.unwrap();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let line = orders::lines(tx.sql(), first.id).await.unwrap().remove(0).id;
        orders::cancel_lines(&mut tx, &first, Some(&[(line, 2)]), "test").await.unwrap();
        let more = |quantity| Amend { lines: vec![LineChange { line, quantity }], add: Vec::new() };
        amend(&mut tx, &first, &more(2)).await.unwrap();
        assert_eq!(code_of(amend(&mut tx, &first, &more(4)).await), "limit.order");
        tx.commit().await.unwrap();
        buy(&db, &order_of("ann", 2)).await.unwrap();
        assert_eq!(code_of(buy(&db, &order_of("ann", 1)).await), "limit.shopper");
        clock.advance_ms(3_600_001);
        buy(&db, &order_of("ann", 3)).await.unwrap();
        // Guests without a number are told apart by their phones.
        let mut guest = order_of("", 3);
        guest.shopper_ref = None;
        buy(&db, &guest).await.unwrap();
        assert_eq!(code_of(buy(&db, &guest).await), "limit.shopper");
        guest.recipient.phone = "139 0013 9000".to_owned();
        buy(&db, &guest).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn one_shopper_at_two_tills_and_at_holds_never_passes_his_limit() {
    on_both_engines(async |db, _| {
        furnish(&db, SIZE).await.unwrap();
        terms(&db, limits(None, Some(5))).await;
        let tills = [Till::open(db.clone()), Till::open(db.clone())];
        let at_tills = (0..30).map(|n| {
            let mark = Marked { caller: "tok_test".into(), key: format!("k{n}"), digest: format!("{n:064}") };
            let wish = Wish { order: order_of("ann", 1), shopper: None, mark, flight: None };
            let till = &tills[n % 2];
            async move { i64::from(till.place(wish).await.is_ok_and(|reply| reply.status == 201)) }
        });
        let at_holds = (0..6).map(|_| async {
            match hold(&db, &new_hold("bench", "ann", 1)).await {
                Ok(_) => 1,
                Err(Stop::Refused(_)) => 0,
                // Two that wait for each other: one is sent away, and comes again.
                Err(Stop::Fault(fault)) => {
                    assert!(fault.retryable, "{fault}");
                    0
                }
            }
        });
        let (ordered, holding) =
            tokio::join!(futures_util::future::join_all(at_tills), futures_util::future::join_all(at_holds));
        let had: i64 = ordered.iter().sum::<i64>() + holding.iter().sum::<i64>();
        assert_eq!((had, held(&db).await), (5, 5));
    })
    .await;
}

#[tokio::test]
async fn what_is_set_aside_is_for_the_group_until_its_moment() {
    on_both_engines(async |db, clock| {
        furnish(&db, SIZE).await.unwrap();
        let ends_at = db.clock.now().plus_ms(10_000);
        let quotas = vec![SetAside { group: "early".into(), quantity: 30, ends_at, taken: 0 }];
        terms(&db, ArticleTerms { quotas, ..limits(None, None) }).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        rows::set_group(tx.sql(), "early", &["channel:live".to_owned()].into()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(code_of(buy(&db, &order_of("ann", 11)).await), "stock.set_aside");
        buy(&db, &order_of("ann", 10)).await.unwrap();
        assert_eq!(code_of(hold(&db, &new_hold("bench", "ann", 1)).await), "stock.set_aside");
        let held_live = hold(&db, &new_hold("live", "bob", 12)).await.unwrap();
        assert_eq!(held_live.iter().map(stock::Hold::open).sum::<i64>(), 12);
        assert_eq!(code_of(buy(&db, &order_of("ann", 1)).await), "stock.set_aside");
        clock.advance_ms(10_000);
        buy(&db, &order_of("ann", 18)).await.unwrap();
        assert_eq!(code_of(buy(&db, &order_of("ann", 1)).await), "stock.short");
        assert_eq!(held(&db).await, 40);
    })
    .await;
}

#[tokio::test]
async fn a_hold_is_extended_handed_over_in_part_lapses_and_goes_into_an_order() {
    on_both_engines(async |db, clock| {
        furnish(&db, SIZE).await.unwrap();
        terms(&db, limits(None, Some(20))).await;
        let first = hold(&db, &new_hold("bench", "ann", 20)).await.unwrap().remove(0);
        clock.advance_ms(50_000);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let until = tx.now().plus_ms(60_000);
        stock::extend(&mut tx, first.id, until).await.unwrap();
        stock::hand_over(&mut tx, first.id, 4, "till 1").await.unwrap();
        assert_eq!(code_of(stock::hand_over(&mut tx, first.id, 17, "till 1").await), "stock.not_held");
        stock::release(&mut tx, first.id, 6, "released").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(held(&db).await, 10);
        // An order of the same shopper takes the rest over: 4 bought, 16 may follow.
        let mut order = order_of("ann", 16);
        assert_eq!(code_of(buy(&db, &order).await), "limit.shopper");
        order.from_holds = vec![first.id];
        let placed = buy(&db, &order).await.unwrap();
        assert_eq!(held(&db).await, 16);
        assert_eq!(code_of(hold(&db, &new_hold("bench", "ann", 1)).await), "limit.shopper");
        let second = hold(&db, &new_hold("bench", "bob", 2)).await.unwrap().remove(0);
        clock.advance_ms(60_000);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert_eq!(code_of(stock::extend(&mut tx, second.id, until.plus_ms(1)).await), "hold.lapsed");
        assert_eq!(stock::expire(&mut tx, second.id).await.unwrap(), 2);
        let line = orders::lines(tx.sql(), placed.id).await.unwrap().remove(0).id;
        let own = stock::holds_of_line(tx.sql(), line).await.unwrap().remove(0).id;
        assert_eq!(code_of(stock::extend(&mut tx, own, until).await), "hold.of_order");
        tx.commit().await.unwrap();
        assert_eq!(held(&db).await, 16);
    })
    .await;
}

#[tokio::test]
async fn a_hold_is_posted_lapsed_or_taken_over_and_only_one_of_them_wins() {
    on_both_engines(async |db, clock| {
        furnish(&db, SIZE).await.unwrap();
        for round in 0..6 {
            let one = hold(&db, &new_hold("bench", "ann", 3)).await.unwrap().remove(0);
            let before = held(&db).await - 3;
            if round % 2 == 0 {
                clock.advance_ms(60_000);
            }
            let mut order = order_of("ann", 2);
            order.from_holds = vec![one.id];
            let (posted, lapsed, ordered) = tokio::join!(
                async {
                    let mut tx = db.begin(Actor::house()).await?;
                    stock::hand_over(&mut tx, one.id, 3, "till").await?;
                    Ok::<_, Stop>(tx.commit().await?)
                },
                async {
                    let mut tx = db.begin(Actor::house()).await?;
                    let n = stock::expire(&mut tx, one.id).await?;
                    tx.commit().await?;
                    Ok::<_, Stop>(n)
                },
                buy(&db, &order),
            );
            let ended = stock::hold_by_id(db.read().await.unwrap().sql(), one.id).await.unwrap().unwrap();
            assert_eq!(ended.posted + ended.released + ended.open(), 3);
            assert_eq!(posted.is_ok(), ended.posted == 3, "{posted:?} {ended:?}");
            if lapsed.as_ref().is_ok_and(|n| *n > 0) {
                assert_eq!((ended.posted, ended.released), (0, 3));
            }
            let kept = if ordered.is_ok() { 2 } else { 0 };
            assert_eq!(held(&db).await, before + kept + ended.open());
        }
    })
    .await;
}

#[tokio::test]
async fn a_channel_sells_from_its_pools_and_a_counter_takes_the_same_units_once() {
    on_both_engines(async |db, _| {
        let sites = furnish(&db, SIZE).await.unwrap();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let sites = [sites[0]].into();
        let pool = promise::SitePool { code: "CITY".into(), name_en: "City".into(), name_zh: "城".into(), sites };
        promise::put_pool(&mut tx, &pool).await.unwrap();
        let draw = promise::Draw { pool: "CITY".into(), safety_stock: 2, keep_permille: 100 };
        promise::set_draws(&mut tx, "bench", &[draw]).await.unwrap();
        tx.commit().await.unwrap();
        // 20 on hand, 2 safe, a tenth kept: 16 for this channel, 40 for another.
        assert_eq!(code_of(buy(&db, &order_of("ann", 17)).await), "stock.short");
        let placed = buy(&db, &order_of("ann", 16)).await.unwrap();
        let mut read = db.read().await.unwrap();
        let parts = orders::fulfilments(read.sql(), placed.id).await.unwrap();
        drop(read);
        assert!(parts.iter().all(|part| pool.sites.contains(&part.site)));
        assert_eq!(code_of(buy(&db, &order_of("ann", 1)).await), "stock.short");
        let mut other = order_of("ann", 24);
        other.channel = "counter".to_owned();
        buy(&db, &other).await.unwrap();
        // The shop sold two over its counter all the same: promises give way.
        let (site, sku) = (*pool.sites.first().unwrap(), sku(&db).await);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        stock::sold(&mut tx, site, sku, 2, "receipt 9").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(held(&db).await, 38);
        let mut read = db.read().await.unwrap();
        assert_eq!(stock::oversold(read.sql()).await.unwrap(), 0);
    })
    .await;
}

/// Many holds at once, at two replicas: those that there are goods for are taken, the
/// others undo themselves alone, and asking again changes nothing.
#[tokio::test]
async fn holds_that_share_a_commit_are_refused_alone() {
    on_both_engines(async |db, _| {
        furnish(&db, SIZE).await.unwrap();
        let replicas = [Together::open(db.clone()), Together::open(db.clone())];
        let ask = |n: usize| {
            let caller = format!("tok_{}", n % 3);
            let mark = Marked { caller, key: format!("k{n}"), digest: format!("{n:064}") };
            // Every fifth asks for more than there is anywhere.
            let new = new_hold("bench", &format!("s{n}"), if n % 5 == 4 { 99 } else { 1 });
            replicas[n % 2]
                .run((new, mark), StatusCode::CREATED, |tx, new| async move { take_hold(tx, &new).await }.boxed())
        };
        let answers = futures_util::future::join_all((0..80).map(ask)).await;
        let status = |n: u16| answers.iter().filter(|one| one.as_ref().is_ok_and(|one| one.status == n)).count();
        assert_eq!((status(201), status(409), held(&db).await), (40, 40, 40));
        let again = futures_util::future::join_all((0..80).map(ask)).await;
        for (one, other) in answers.iter().zip(&again) {
            assert_eq!(one.as_ref().unwrap(), other.as_ref().unwrap());
        }
        let mut read = db.read().await.unwrap();
        log::stamp(&db, "test").await.unwrap();
        let placed = log::tail(read.sql(), 0, 2_000).await.unwrap();
        assert!(placed.iter().filter(|fact| fact.kind == "hold.placed").all(|fact| fact.actor.starts_with("tok_")));
    })
    .await;
}
