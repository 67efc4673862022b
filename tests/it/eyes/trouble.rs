//! When it does not go well: empty, sold out, declined, offline, signed out, taken
//! away, nobody there. Each has a screen that says so and a way on. Deliberately
//! absent: the ways that go well; `journey` goes them.

use cartage::identity::Permission;
use serde_json::json;

use super::{
    Eyes, Tab,
    gate::Gate,
    shopper, within,
    worker::{self, answered, asked, stamp},
};
use crate::{house::House, journey::order, pages};

/// A house with roads, behind a gate, with eyes on it; `speed` is how its time goes.
async fn house(speed: f64) -> (House, Gate, Eyes) {
    let house = House::open_at(None, speed).await;
    pages::roads(&house).await;
    let gate = Gate::before(&house.app.base_url()).await;
    let eyes = Eyes::open(gate.base());
    (house, gate, eyes)
}

/// Two scans without a network wait on the device and go out in order.
async fn dead_spot(tab: &mut Tab) {
    let before = stamp(tab).await;
    tab.network(false).await;
    tab.until("the device to know", "document.querySelector('#net').dataset.k === 'warn'").await;
    tab.scan("X99-9").await;
    tab.says("hh.mismatch_title").await;
    tab.shot("21-offline-wrong").await;
    tab.scan("M01-1").await;
    tab.says("hh.match_title").await;
    tab.shot("22-offline-one-kept").await;
    tab.scan("6291041500213").await;
    tab.says("hh.kept_title").await;
    tab.reads(&tab.t.put("hh.kept", 2)).await;
    tab.shot("23-offline-two-kept").await;
    tab.press("hh.problem").await;
    tab.says("away.stay").await;
    assert_eq!(stamp(tab).await, before, "the screen stays");
    tab.shot("24-offline-link").await;
    tab.network(true).await;
    answered(tab, &before).await;
    tab.until("both scans", "document.querySelector('main').dataset.expect === 'quantity'").await;
    tab.shot("25-online-again").await;
}

/// The page is asked for while the server is away: the kept one goes on with the task,
/// and gives way by itself once the server is back.
async fn nobody_there(tab: &mut Tab, gate: &Gate) {
    const KEPT: &str = "document.querySelector('#hh')?.dataset.held !== undefined";
    tab.until("the keeper", "navigator.serviceWorker.controller !== null").await;
    gate.shut().await;
    tab.client.refresh().await.ok();
    tab.until("the page that was kept", KEPT).await;
    tab.sees("[data-screen=step]").await;
    tab.shot("26-server-away").await;
    gate.open_again();
    tab.until("the server's page", &format!("document.readyState === 'complete' && !({KEPT})")).await;
    tab.sees("[data-screen=step]").await;
}

/// The session ends in mid-task; the scan that met it is not lost.
async fn signed_out(tab: &mut Tab) {
    let gone = json!({"name": "cartage_session", "value": "cts_gone", "url": tab.base, "httpOnly": true});
    tab.devtools("Network.setCookie", gone).await;
    tab.press_twice(tab.t.get("hh.took")).await;
    tab.reads(&tab.t.two(tab.t.get("login.out")).0).await;
    tab.shot("27-signed-out").await;
    worker::badge(tab).await;
    // The quantity went out when the worker was back.
    tab.until("the kept quantity", "document.querySelector('main').dataset.expect === 'tote'").await;
    tab.shot("28-signed-in-again").await;
}

/// A supervisor gives the task to somebody else while the worker stands there.
async fn taken_away(house: &House, tab: &mut Tab) {
    let boss = house.person("boss", "supervisor").await;
    let kai = house.person("kai", "worker").await.get("/api/v1/me").await;
    let task = tab.attribute("main", "data-task").await;
    boss.done(&format!("/api/v1/work/{task}/assign"), json!({"user": kai["id"]})).await;
    // The goods are in the tote, whoever has the task by now.
    tab.scan("T-1").await;
    tab.reads(&tab.t.two(tab.t.get("say.kept.booked")).0).await;
    tab.shot("29-booked-after-all").await;
    tab.open(&format!("/handheld/tasks/{task}")).await;
    tab.says("hh.moved").await;
    tab.shot_both("29-task-moved").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_goes_on_after_a_dead_spot_a_lost_session_and_a_lost_task() {
    within(a_bad_day_at_work()).await;
}

async fn a_bad_day_at_work() {
    let (house, gate, eyes) = house(30.0).await;
    let secret = pages::handheld(&house).await;
    let shop = house.machine(&[Permission::OrderPlace, Permission::OrderRead]).await;
    shop.done("/api/v1/orders", order(2)).await;
    let mut tab = eyes.phone("worker").await;
    tab.night().await;
    worker::enter(&tab, &secret).await;
    tab.shot_both("20-nothing-to-do").await;
    worker::find_work(&tab, "pick").await;
    tab.press("hh.start").await;
    tab.sees("[data-screen=step]").await;
    tab.press("hh.problem").await;
    tab.sees(".why").await;
    tab.shot_both("20-problem").await;
    tab.press("choice.device").await;
    tab.sees(".what").await;
    tab.shot("20-problem-noted").await;
    tab.press("hh.back_work").await;
    tab.press("hh.start").await;
    tab.sees("[data-screen=step]").await;
    dead_spot(&mut tab).await;
    nobody_there(&mut tab, &gate).await;
    signed_out(&mut tab).await;
    assert_eq!(asked(&tab).await.0, "tote", "a key struck twice counts once");
    taken_away(&house, &mut tab).await;
    tab.press("hh.sign_out").await;
    tab.says("hh.scan_badge").await;
    tab.client.close().await.unwrap();
    eyes.close();
    house.close().await;
}

/// What a page says when it has nothing to show.
async fn nothing(tab: &mut Tab) {
    tab.open("/basket").await;
    tab.says("shop.basket_empty").await;
    tab.shot_both("20-basket-empty").await;
    tab.open("/checkout").await;
    tab.says("shop.basket_empty").await;
    tab.open("/orders").await;
    tab.says("shop.no_orders").await;
    tab.shot_both("21-no-orders").await;
    tab.open("/search?q=nothing").await;
    tab.says("shop.none").await;
    tab.shot_both("22-nothing-found").await;
    tab.open("/orders/C-0000-0000").await;
    tab.says("problem.missing").await;
    tab.shot_both("23-unknown-order").await;
}

/// The form with everything that must be there.
async fn fill_in(tab: &Tab) {
    let door = shopper::door(tab.t.lang());
    tab.fill("#n", door.name).await;
    tab.fill("#t", "138 1234 5678").await;
    tab.fill("#st", door.street).await;
}

/// Ordering fails for want of a server, then of money; both are mended.
async fn declined(tab: &mut Tab, gate: &Gate) {
    tab.open("/articles/TEA-1").await;
    tab.press("shop.add").await;
    tab.press("shop.checkout").await;
    tab.sees("#checkout").await;
    shopper::paste(tab).await;
    fill_in(tab).await;
    tab.fill("#t", "12").await;
    tab.press("shop.card_bad").await;
    tab.tap(".sum .go").await;
    tab.sees("[aria-invalid]").await;
    tab.shot("24-checkout-wrong").await;
    tab.fill("#t", "138 1234 5678").await;
    gate.shut().await;
    tab.tap(".sum .go").await;
    tab.says("away.title").await;
    tab.shot("25-checkout-server-away").await;
    let typed = tab.js("document.querySelector('#n').value").await;
    assert_eq!(typed, shopper::door(tab.t.lang()).name, "what was typed stays");
    gate.open_again();
    tab.tap(".sum .go").await;
    tab.says("shop.pay_again").await;
    tab.shot_both("26-declined").await;
    tab.press("shop.pay_now").await;
    tab.says("event.payment.authorised").await;
    tab.shot("27-paid-after-all").await;
    tab.press("shop.cancel").await;
    tab.says("shop.cancel_held").await;
    tab.shot("28-cancel").await;
    tab.press("shop.cancel_go").await;
    tab.says("event.order.cancelled").await;
    tab.shot_both("29-cancelled").await;
}

/// Everything is sold while it lies in the basket.
async fn sold_out(house: &House, tab: &mut Tab) {
    tab.open("/articles/TEA-1").await;
    tab.press("shop.add").await;
    tab.sees(".lines-list").await;
    tab.press("shop.checkout").await;
    tab.sees("#checkout").await;
    fill_in(tab).await;
    let shop = house.machine(&[Permission::OrderPlace, Permission::OrderRead]).await;
    shop.done("/api/v1/orders", order(5)).await;
    tab.tap(".sum .go").await;
    tab.reads(&tab.t.put("shop.gone", "Green tea")).await;
    tab.shot("30-sold-out-at-the-last-moment").await;
    tab.open("/basket").await;
    tab.says("shop.sold_out").await;
    tab.shot_both("31-basket-sold-out").await;
    tab.open("/checkout").await;
    tab.says("shop.no_way").await;
    tab.shot_both("32-checkout-sold-out").await;
    tab.open("/articles/TEA-1").await;
    tab.says("shop.sold_out").await;
    tab.shot_both("33-article-sold-out").await;
    tab.open("/").await;
    tab.shot_both("34-home-sold-out").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shopper_is_told_what_happened_and_what_to_do() {
    within(a_bad_day_in_the_shop()).await;
}

async fn a_bad_day_in_the_shop() {
    // Slow, so that an order is still only held when its shopper cancels it.
    let (house, gate, eyes) = house(0.2).await;
    let mut tab = eyes.phone("shopper").await;
    nothing(&mut tab).await;
    declined(&mut tab, &gate).await;
    sold_out(&house, &mut tab).await;
    tab.client.close().await.unwrap();
    eyes.close();
    house.close().await;
}
