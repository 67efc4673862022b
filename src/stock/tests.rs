//! The verbs of the ledger on both engines, and the last unit under contention.

use super::*;
use crate::{
    kernel::*,
    store::{Actor, Db, on_both_engines},
};

struct Shelf {
    site: SiteId,
    bin: BinId,
    sku: SkuId,
}

async fn shelf_with(db: &Db, quantity: i64) -> Shelf {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let shelf = Shelf { site: tx.id(), bin: tx.id(), sku: tx.id() };
    opening(&mut tx, &Goods::plain(shelf.sku), quantity, Account::bin(shelf.site, shelf.bin)).await.unwrap();
    tx.commit().await.unwrap();
    shelf
}

async fn hold(db: &Db, shelf: &Shelf, quantity: i64, promised: i64) -> Result<HoldId, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let want = Want {
        order: tx.id(),
        line: tx.id(),
        site: shelf.site,
        sku: shelf.sku,
        quantity,
        promised_by: Time::from_ms(promised),
        expires_at: None,
        purpose: Purpose::Order,
    };
    let hold = reserve(&mut tx, &want).await?;
    tx.commit().await?;
    Ok(hold)
}

async fn state(db: &Db, shelf: &Shelf) -> (i64, i64) {
    let mut read = db.read().await.unwrap();
    assert_eq!(audit(read.sql()).await.unwrap(), Audit::default());
    let pool = pool(read.sql(), shelf.site, shelf.sku).await.unwrap().unwrap();
    (pool.on_hand, pool.held)
}

fn picked(shelf: &Shelf, quantity: i64, tote: UnitId) -> Movement {
    Movement {
        goods: Goods::plain(shelf.sku),
        quantity,
        from: Account::bin(shelf.site, shelf.bin),
        to: Account::bound(shelf.site, tote),
        becomes: Condition::Sellable,
        reason: "picked",
        reference: String::new(),
    }
}

#[tokio::test]
async fn a_hold_is_posted_in_part_and_the_rest_given_back() {
    on_both_engines(async |db, _| {
        let shelf = shelf_with(&db, 10).await;
        let held = hold(&db, &shelf, 6, 1).await.unwrap();
        assert_eq!(state(&db, &shelf).await, (10, 6));
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let tote = tx.id();
        pick(&mut tx, held, &picked(&shelf, 4, tote)).await.unwrap();
        let refused = pick(&mut tx, held, &picked(&shelf, 3, tote)).await.unwrap_err();
        assert_eq!(refused.code(), Some("stock.not_held"));
        assert_eq!(release(&mut tx, held, 99, "cancelled").await.unwrap(), 2);
        assert_eq!(release(&mut tx, held, 99, "cancelled").await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(state(&db, &shelf).await, (6, 0));
    })
    .await;
}

#[tokio::test]
async fn thirty_units_among_a_hundred_wishes_are_sold_once_each() {
    on_both_engines(async |db, _| {
        let shelf = shelf_with(&db, 30).await;
        let wishes = (0..100).map(|n| hold(&db, &shelf, 1, n));
        let answers = futures_util::future::join_all(wishes).await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        let short =
            answers.iter().filter_map(|answer| answer.as_ref().err()).all(|no| no.code() == Some("stock.short"));
        assert_eq!((won, short), (30, true));
        assert_eq!(state(&db, &shelf).await, (30, 30));
    })
    .await;
}

#[tokio::test]
async fn a_count_below_what_is_held_posts_and_breaks_the_latest_promise() {
    on_both_engines(async |db, _| {
        let shelf = shelf_with(&db, 10).await;
        let early = hold(&db, &shelf, 5, 1).await.unwrap();
        let late = hold(&db, &shelf, 5, 2).await.unwrap();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let at = Account::bin(shelf.site, shelf.bin);
        let change = count(&mut tx, &Goods::plain(shelf.sku), at, 7, "counted", String::new()).await.unwrap();
        assert_eq!(change, -3);
        tx.commit().await.unwrap();
        assert_eq!(state(&db, &shelf).await, (7, 7));
        let mut read = db.read().await.unwrap();
        let early = hold_by_id(read.sql(), early).await.unwrap().unwrap();
        let late = hold_by_id(read.sql(), late).await.unwrap().unwrap();
        assert_eq!((early.open(), late.open()), (5, 2));
    })
    .await;
}

#[tokio::test]
async fn a_hold_lapses_at_its_time_unless_kept() {
    on_both_engines(async |db, clock| {
        let shelf = shelf_with(&db, 2).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let mut want = Want {
            order: tx.id(),
            line: tx.id(),
            site: shelf.site,
            sku: shelf.sku,
            quantity: 1,
            promised_by: Time::from_ms(1),
            expires_at: Some(clock.now().plus_ms(1000)),
            purpose: Purpose::Order,
        };
        let lapsing = reserve(&mut tx, &want).await.unwrap();
        want.order = tx.id();
        let kept = reserve(&mut tx, &want).await.unwrap();
        keep(&mut tx, want.order).await.unwrap();
        assert_eq!(expire(&mut tx, lapsing).await.unwrap(), 0);
        clock.advance_ms(1000);
        assert_eq!(expire(&mut tx, lapsing).await.unwrap(), 1);
        assert_eq!(expire(&mut tx, kept).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(state(&db, &shelf).await, (2, 1));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_cannot_move_and_odd_quantities_are_refused() {
    on_both_engines(async |db, _| {
        let shelf = shelf_with(&db, 2).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let tote = tx.id();
        let code = relocate(&mut tx, &picked(&shelf, 3, tote)).await.unwrap_err().code();
        assert_eq!(code, Some("stock.not_there"));
        drop(tx);
        for odd in [0, -1, 1_000_001] {
            assert_eq!(hold(&db, &shelf, odd, 1).await.unwrap_err().code(), Some("stock.bad_quantity"));
        }
        assert_eq!(state(&db, &shelf).await, (2, 0));
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_counts_are_what_single_counts_would_be() {
    on_both_engines(async |db, _| {
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let site: SiteId = tx.id();
        let mut all: Vec<Counted> = (0..10_000)
            .map(|n| {
                let goods = Goods { lot: format!("L\"{n}"), ..Goods::plain(tx.id()) };
                Counted { at: Account::bin(site, tx.id()), goods, counted: 5 + n % 7 }
            })
            .collect();
        let begun = std::time::Instant::now();
        assert_eq!(count_all(&mut tx, &all, "counted", "first").await.unwrap().iter().sum::<i64>(), 79_994);
        tx.commit().await.unwrap();
        println!("{}: 10,000 stock updates in {:?}", db.engine().as_str(), begun.elapsed());
        let shelf = Shelf { site, bin: BinId::new(ulid::Ulid::nil()), sku: all[0].goods.sku };
        let early = hold(&db, &shelf, 2, 1).await.unwrap();
        let late = hold(&db, &shelf, 3, 2).await.unwrap();
        // Below what is held, gone, more, the same.
        for (one, counted) in all.iter_mut().zip([3, 0, 900, 8]) {
            one.counted = counted;
        }
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let changes = count_all(&mut tx, &all, "counted", "second").await.unwrap();
        assert_eq!((&changes[..4], changes[4..].iter().sum::<i64>()), (&[-2, -6, 893, 0][..], 0));
        tx.commit().await.unwrap();
        assert_eq!(state(&db, &shelf).await, (3, 3));
        let mut read = db.read().await.unwrap();
        let (early, late) = (
            hold_by_id(read.sql(), early).await.unwrap().unwrap(),
            hold_by_id(read.sql(), late).await.unwrap().unwrap(),
        );
        assert_eq!((early.open(), late.open()), (2, 1));
    })
    .await;
}
