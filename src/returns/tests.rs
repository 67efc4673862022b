//! Grades on both engines: each piece lands where it may, the pool grows by what may
//! be sold again, and what makes no sense changes nothing.

use super::*;
use crate::{
    event::Event,
    fixtures::{House, facts, house, sound},
    kernel::*,
    orders::{self, DeliveryMode, NewLine, NewOrder, ShortPolicy},
    packing::{self, Carton, CartonLine, CartonState},
    stock::{self, Account, Condition, Goods},
    store::{Db, Tx, on_both_engines},
    transport::testkit::act,
};

/// A parcel of three teas that stands at the site again.
async fn came_back(tx: &mut Tx, house: &House) -> Result<(ParcelId, OrderId), Stop> {
    let (sku, due) = (house.tea.id, tx.now().plus_ms(3_600_000));
    let line = NewLine { external_line_id: None, sku, quantity: 3, unit_price_minor: 500 };
    let new = NewOrder {
        channel: "shop".to_owned(),
        external_id: None,
        contact: tx.id(),
        address: tx.id(),
        coord: Coord { lat: 31.2, lon: 121.4 },
        mode: DeliveryMode::Home,
        service: "same_day".to_owned(),
        pickup_site: None,
        window: (tx.now(), due),
        promised_by: due,
        short_policy: ShortPolicy::Wait,
        note: String::new(),
        currency: "CNY".to_owned(),
        shipping_minor: 0,
        shopper: None,
        lines: vec![line],
    };
    let order = orders::open(tx, &new).await?;
    let line = orders::lines(tx.sql(), order.id).await?[0].id;
    let fulfilment = orders::add_part(tx, &order, house.site, due, &[(line, sku, 3)]).await?;
    let carton = Carton {
        parcel: tx.id(),
        unit: tx.id(),
        fulfilment,
        site: house.site,
        seq: 1,
        size: "M".to_owned(),
        temperature: "ambient".to_owned(),
        tare_g: 180,
        volume_ml: 9_000,
        sscc: Some("003761300000000017".to_owned()),
        state: CartonState::Closed,
        expected_g: 480,
        measured_g: Some(480),
        load: None,
        print: None,
    };
    let inside = CartonLine { parcel: carton.parcel, line, sku, planned: 3, packed: 3 };
    packing::testkit::closed(tx, &carton, &[inside]).await?;
    let goods = Goods::plain(sku).turned(Condition::Returned);
    stock::opening(tx, &goods, 3, Account::unit(house.site, carton.unit)).await?;
    Ok((carton.parcel, order.id))
}

fn seen(parcel: ParcelId, house: &House, quantity: i64, condition: Condition, reason: GradeReason) -> Grade {
    let (lot, serial, bin) = (String::new(), String::new(), String::new());
    Grade { parcel, sku: house.tea.id, lot, serial, quantity, condition, reason, bin }
}

async fn on_hand(db: &Db, house: &House) -> i64 {
    let mut read = db.read().await.unwrap();
    stock::pool(read.sql(), house.site, house.tea.id).await.unwrap().unwrap().on_hand
}

#[tokio::test]
async fn each_piece_lands_where_it_may() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let tea = Goods::plain(house.tea.id);
        house.stock(&db, "A-2", &tea, 4).await;
        let (parcel, order) = act(&db, async |tx| came_back(tx, &house).await).await.unwrap();
        let mut read = db.read().await.unwrap();
        let waits = waiting(read.sql(), Some(house.site), 10).await.unwrap();
        assert_eq!((waits.len(), waits[0].parcel, waits[0].quantity), (1, parcel, 3));
        drop(read);
        let good = seen(parcel, &house, 1, Condition::Sellable, GradeReason::Unopened);
        let broken = seen(parcel, &house, 1, Condition::Damaged, GradeReason::Broken);
        let odd = seen(parcel, &house, 1, Condition::QualityHold, GradeReason::Unsure);
        let mut bins = Vec::new();
        for one in [&good, &broken, &odd] {
            bins.push(act(&db, async |tx| grade(tx, one).await).await.unwrap().code);
        }
        assert_eq!(bins, ["A-2", "X-1", "X-1"], "beside its like, and into quarantine");
        assert_eq!((on_hand(&db, &house).await, house.held(&db, "A-2", &tea).await), (5, 5));
        assert_eq!(house.held(&db, "X-1", &tea.turned(Condition::Damaged)).await, 1);
        assert_eq!(house.held(&db, "X-1", &tea.turned(Condition::QualityHold)).await, 1);
        let mut read = db.read().await.unwrap();
        assert!(waiting(read.sql(), None, 10).await.unwrap().is_empty());
        drop(read);
        assert_eq!(facts(&db, order).await.iter().filter(|kind| *kind == "return.graded").count(), 3);
        assert!(Event::KINDS.contains(&"return.graded"));
        let again = act(&db, async |tx| grade(tx, &good).await).await.unwrap_err();
        assert_eq!(again.code(), Some("return.nothing"));
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_grade_that_makes_no_sense_changes_nothing() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        house.stock(&db, "A-2", &Goods::plain(house.tea.id), 4).await;
        let (parcel, _) = act(&db, async |tx| came_back(tx, &house).await).await.unwrap();
        let good = seen(parcel, &house, 1, Condition::Sellable, GradeReason::Opened);
        let tries = [
            (Grade { quantity: 4, ..good.clone() }, "return.not_so_many"),
            (Grade { quantity: 0, ..good.clone() }, "stock.bad_quantity"),
            (Grade { condition: Condition::Missing, ..good.clone() }, "return.no_grade"),
            (Grade { reason: GradeReason::Broken, ..good.clone() }, "return.contradicts"),
            (Grade { bin: "Z-9".into(), ..good.clone() }, "bin.unknown"),
            (Grade { bin: "X-1".into(), ..good.clone() }, "return.unfit_bin"),
            (Grade { bin: "C-1".into(), ..good.clone() }, "return.unfit_bin"),
            (Grade { bin: "S-1".into(), ..good.clone() }, "return.unfit_bin"),
            (Grade { lot: "L1".into(), ..good.clone() }, "return.nothing"),
            (Grade { sku: house.milk.id, ..good.clone() }, "return.nothing"),
        ];
        for (wrong, code) in tries {
            let stop = act(&db, async |tx| grade(tx, &wrong).await).await.unwrap_err();
            assert_eq!(stop.code(), Some(code), "{wrong:?}");
        }
        let mut read = db.read().await.unwrap();
        assert_eq!(waiting_in(read.sql(), parcel).await.unwrap()[0].quantity, 3);
        drop(read);
        let named = Grade { bin: " a-3 ".into(), ..good };
        assert_eq!(act(&db, async |tx| grade(tx, &named).await).await.unwrap().code, "A-3");
        assert_eq!(on_hand(&db, &house).await, 5);
        sound(&db).await;
    })
    .await;
}
