//! One order from click to proof in English with a van, another in Chinese with a
//! rider from the crowd, on one server. Deliberately absent: shortcuts.

use cartage::web::i18n::Lang;

use super::{Eyes, rider, shopper, within, worker};
use crate::{house::House, pages};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_bring_two_orders_to_the_door_in_a_browser() {
    within(two_orders()).await;
}

async fn two_orders() {
    // Slow enough for a rider to read an offer.
    let house = House::open_at(None, 20.0).await;
    pages::roads(&house).await;
    let secret = pages::handheld(&house).await;
    house.person("lin", "driver").await;
    house.person("ada", "rider").await;
    let eyes = Eyes::open(house.app.base_url());

    let mut shop = eyes.phone("shopper").await;
    shopper::choose(&mut shop).await;
    let order = shopper::order(&mut shop).await;

    let mut hands = eyes.phone("worker").await;
    worker::sign_in(&mut hands, &secret).await;
    for kind in ["pick", "pack"] {
        worker::begin(&hands, kind).await;
        worker::work(&hands, kind).await;
    }

    let mut van = eyes.phone("driver").await;
    rider::begin(&mut van, "lin").await;
    rider::fetch(&mut van).await;
    shop.sees(".rail .now").await;
    shop.shot("11-on-its-way").await;
    rider::hand_over(&mut van, &order.pin).await;
    // The page follows its order by itself.
    shop.says("event.parcel.delivered").await;
    shop.shot("12-delivered").await;
    van.press("rider.end").await;
    van.sees("#shift").await;
    van.shot("13-off-again").await;

    shop.open("/").await;
    shop.press_text("中文").await;
    shop.t = cartage::web::i18n::Words::of(Lang::Zh);
    // The second order is of the night: other colours, the same contrast.
    shop.night().await;
    shopper::choose(&mut shop).await;
    let order = shopper::order(&mut shop).await;
    hands.open("/handheld").await;
    hands.press_text("简体中文").await;
    hands.t = shop.t;
    for kind in ["pick", "pack"] {
        worker::begin(&hands, kind).await;
        worker::work(&hands, kind).await;
    }
    let mut bike = eyes.phone("rider").await;
    bike.night().await;
    bike.open("/login?lang=zh").await;
    bike.t = shop.t;
    rider::begin(&mut bike, "ada").await;
    bike.sees("[data-offer]").await;
    bike.shot("04-offer").await;
    rider::accept(&mut bike).await;
    rider::fetch(&mut bike).await;
    rider::hand_over(&mut bike, &order.pin).await;
    shop.says("event.parcel.delivered").await;
    shop.shot("12-delivered").await;

    for tab in [shop, hands, van, bike] {
        tab.client.close().await.unwrap();
    }
    eyes.close();
    house.close().await;
}
