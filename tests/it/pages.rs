//! The same order from click to proof, on the pages that people use: a shopper, a
//! worker with a handheld, a driver; without any script.

use std::time::Duration;

use cartage::{
    identity::{Grant, NewPerson, add_person, enrol_device},
    network::{self, RoadEdge, RoadNode},
    store::Actor,
};

use crate::{
    browser::{Browser, Page},
    house::House,
    privacy::stays_home,
};

/// Mill Row leads east from the gate; another way leads back.
pub async fn roads(house: &House) {
    let node = |id, lat, lon| RoadNode { id, lat, lon };
    let edge = |id, from, to, name: &str, name_zh: &str| RoadEdge {
        id,
        from,
        to,
        length_m: 960,
        speed_kmh: 30,
        class: "residential".to_owned(),
        name: name.to_owned(),
        name_zh: name_zh.to_owned(),
        closed: false,
        reason: String::new(),
        slow_permille: 0,
    };
    let nodes = [node(1, 30.1, 123.4), node(2, 30.1, 123.41), node(3, 30.108, 123.41)];
    let edges = [
        edge(1, 1, 2, "Mill Row", "磨坊街"),
        edge(2, 2, 1, "Mill Row", "磨坊街"),
        edge(3, 2, 3, "River Road", "河滨路"),
        edge(4, 3, 2, "River Road", "河滨路"),
    ];
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    network::put_roads(&mut tx, &nodes, &edges).await.unwrap();
    tx.commit().await.unwrap();
}

/// A handheld's secret, and a worker with badge and PIN at its site.
pub async fn handheld(house: &House) -> String {
    let new = NewPerson {
        login: "mei".into(),
        name: "Lin Mei".into(),
        badge: Some("B-77".into()),
        pin: Some("4711".into()),
        grants: vec![Grant { role: "worker".into(), site: None }],
        ..NewPerson::default()
    };
    let new = new.prepare(&house.app.db.dice).await.unwrap();
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    add_person(&mut tx, &new).await.unwrap();
    let site = network::site_by_code(tx.sql(), "NG").await.unwrap().unwrap();
    let (_, secret) = enrol_device(&mut tx, "Handheld 14", site.id).await.unwrap();
    tx.commit().await.unwrap();
    secret
}

async fn wait() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

const FORM: [(&str, &str); 8] = [
    ("name", "Ann Lee"),
    ("phone", "138 1234 5678"),
    ("street", "20 Mill Row"),
    ("detail", "3-1204"),
    ("note", "Please knock"),
    ("way", "home same_day"),
    ("short", "ship_part"),
    ("pay", "card"),
];

/// Looks, fills the basket, orders; the order's page.
async fn buy(visitor: &mut Browser) -> Page {
    visitor.open("/").await.says("Green tea").says("Willow Lane");
    visitor.open("/?lang=zh").await.says("绿茶").says("lang=\"zh-Hans\"");
    visitor.open("/?lang=en").await.says("Often bought");
    visitor.open("/search?q=nothing").await.says("Nothing found");
    let unknown = visitor.send("/place", &[("street", "1 Nowhere"), ("back", "/")]).await;
    unknown.says("not on our map");
    let home = visitor.send("/place", &[("street", "20 Mill Row"), ("back", "/")]).await;
    home.says("20 Mill Row").says("from your door");
    visitor.open("/articles/TEA-1").await.says("Delivered:").says("6291041500213");
    let mark = visitor.send_part("/basket/add", &[("code", "TEA-1"), ("quantity", "3")]).await;
    assert!(mark.says("Basket, 3 articles").html.len() < 1500, "only the mark was asked for");
    let basket = visitor.send("/basket/set", &[("code", "TEA-1"), ("quantity", "3"), ("step", "-1")]).await;
    basket.says("¥25.00");
    let pasted = "陈晓 13800138000 浙江省杭州市西湖区磨坊街20号3幢";
    let sorted = visitor.send("/checkout", &[("do", "parse"), ("paste", pasted), ("pay", "card")]).await;
    sorted.says("7 parts found").says("value=\"磨坊街20号\"").says("Found on the map");
    let mut form: Vec<(&str, &str)> = FORM.to_vec();
    form.push(("do", "order"));
    let nameless: Vec<_> = form.iter().copied().filter(|(name, _)| *name != "name").collect();
    let refused = visitor.send("/checkout", &nameless).await;
    assert_eq!(refused.status, 422);
    refused.says("needs a name").says("aria-invalid").says("value=\"20 Mill Row\"");
    let key = refused.field("command_id");
    form.push(("command_id", &key));
    let order = visitor.send("/checkout", &form).await;
    order.says("it is ordered").says("Ordered, and held for you").says("¥31.00");
    order
}

/// Follows the steps of one task of a kind; a wrong label first.
async fn work(worker: &mut Browser, kind: &str) {
    let mut page = worker.open("/handheld").await;
    for _ in 0..200 {
        if page.html.contains("action=\"/handheld/next\"") && page.html.contains(&format!("<h2 id=\"now\">{kind}</h2>"))
        {
            break;
        }
        wait().await;
        page = worker.open("/handheld").await;
    }
    let csrf = page.field("csrf");
    page = worker.send("/handheld/next", &[("csrf", &csrf)]).await;
    let mut wrong_seen = false;
    while page.attribute("data-expect") != "none" {
        let path = page.at.trim_end_matches("/scan").to_owned() + "/scan";
        let (csrf, key) = (page.field("csrf"), page.field("command_id"));
        if !wrong_seen {
            let odd = format!("{kind} wrong");
            let wrong = [("code", "NOT-THIS"), ("command_id", odd.as_str()), ("csrf", csrf.as_str())];
            let refused = worker.send_part(&path, &wrong).await;
            assert_eq!(refused.attribute("data-tone"), "wrong", "{}", refused.html);
            assert!(!refused.html.contains("<html"), "only the screen was asked for");
            wrong_seen = true;
        }
        let label = page.attribute("data-label");
        let entry = match page.attribute("data-expect").as_str() {
            "quantity" => ("quantity", label),
            "weight" => ("quantity", (90 + 2 * 210).to_string()),
            "tote" if label.is_empty() => ("code", "T-1".to_owned()),
            _ => ("code", label),
        };
        let sent = [(entry.0, entry.1.as_str()), ("command_id", key.as_str()), ("csrf", csrf.as_str())];
        let next = worker.send(&path, &sent).await;
        let again = worker.send(&path, &sent).await;
        assert_eq!(next.attribute("data-state"), again.attribute("data-state"), "a scan sent twice counts once");
        assert_ne!(next.attribute("data-tone"), "wrong", "{}", next.html);
        page = next;
    }
    page.says("All done");
}

async fn sign_in_at_handheld(worker: &mut Browser, secret: &str) {
    worker.open("/handheld").await.says("Scan the enrolment code");
    worker.send("/handheld/enrol", &[("secret", secret)]).await.says("Scan your badge");
    worker.send("/handheld/login", &[("badge", "B-77")]).await.says("Enter your PIN");
    let wrong = worker.send("/handheld/login", &[("badge", "B-77"), ("pin", "0000")]).await;
    assert_eq!(wrong.status, 401);
    worker.send("/handheld/login", &[("badge", "B-77"), ("pin", "4711")]).await.says("Lin Mei").says("North Gate");
    let forged = worker.send("/handheld/next", &[("csrf", "guessed")]).await;
    assert_eq!(forged.status, 403);
}

/// Fetches the parcels and brings them to the door.
async fn drive(driver: &mut Browser, pin: &str) {
    let off =
        driver.send("/login", &[("login", "lin"), ("password", "a long enough secret"), ("next", "/rider")]).await;
    let shift = [
        ("csrf", off.field("csrf")),
        ("on", "1".into()),
        ("site", "NG".into()),
        ("command_id", off.field("command_id")),
    ];
    let shift: Vec<(&str, &str)> = shift.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut page = driver.send("/rider/shift", &shift).await;
    for _ in 0..200 {
        if page.html.contains("/depart\"") {
            break;
        }
        wait().await;
        page = driver.open("/rider").await;
    }
    page.says("Fetch the parcels");
    let load = page.between("action=\"/rider/loads/", "/scan");
    let csrf = page.field("csrf");
    let wrong = driver.send(&format!("/rider/loads/{load}/scan"), &[("csrf", &csrf), ("sscc", "000")]).await;
    assert_eq!(wrong.attribute("data-tone"), "bad", "{}", wrong.html);
    let sscc = driver.open("/api/v1/rider").await.between("\"sscc\":\"", "\"");
    let scanned = driver.send(&format!("/rider/loads/{load}/scan"), &[("csrf", &csrf), ("sscc", &sscc)]).await;
    scanned.says("All are in");
    let route = driver.send(&format!("/rider/loads/{load}/depart"), &[("csrf", &csrf)]).await;
    route.says("20 Mill Row").says("Ann Lee").says("Please knock").says("Stop 1 of 1");
    assert!(!route.html.contains("1234 5678"), "no page of a rider has a shopper's number");
    at_door(driver, &csrf, &route, pin).await;
}

/// The packed parcel is on the dispatcher's board, on a route or with what hinders it.
async fn dispatch_sees(house: &House) {
    house.person("nora", "dispatcher").await;
    let mut nora = Browser::new(house.app.base_url());
    let mut page = nora.send("/login", &[("login", "nora"), ("password", "a long enough secret")]).await;
    assert_eq!(page.at, "/dispatch");
    for _ in 0..200 {
        if page.html.contains("class=\"job ") || page.html.contains("class=\"lane\"") {
            break;
        }
        wait().await;
        page = nora.open("/dispatch").await;
    }
    page.says("20 Mill Row");
    nora.open("/dispatch/map.json").await.says("20 Mill Row");
}

async fn at_door(driver: &mut Browser, csrf: &str, route: &Page, pin: &str) {
    let stop = route.between("action=\"/rider/stops/", "/arrive");
    let door = driver.send(&format!("/rider/stops/{stop}/arrive"), &[("csrf", csrf)]).await;
    door.says("Hand over");
    let bad = if pin == "0000" { "1111" } else { "0000" };
    let deliver = format!("/rider/stops/{stop}/deliver");
    driver.send(&deliver, &[("csrf", csrf), ("pin", bad)]).await.says("That is not the code");
    driver.open(&format!("/rider?fail={stop}")).await.says("Nobody home");
    let done = driver.send(&deliver, &[("csrf", csrf), ("pin", pin)]).await;
    assert!(!done.html.contains("Hand over"), "{}", done.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_from_click_to_proof_on_pages() {
    let house = House::open(None).await;
    roads(&house).await;
    let secret = handheld(&house).await;
    house.person("lin", "driver").await;
    let mut visitor = Browser::new(house.app.base_url());
    let order = buy(&mut visitor).await;
    let pin = order.between("<b class=\"num\">", "</b>");
    assert_eq!(pin.len(), 4, "{pin}");

    let mut worker = Browser::new(house.app.base_url());
    sign_in_at_handheld(&mut worker, &secret).await;
    work(&mut worker, "Pick").await;
    work(&mut worker, "Pack").await;

    dispatch_sees(&house).await;
    let mut driver = Browser::new(house.app.base_url());
    drive(&mut driver, &pin).await;

    let path = order.at.split('?').next().unwrap().to_owned();
    let mut seen = visitor.open(&path).await;
    for _ in 0..200 {
        if seen.html.contains("Handed over") {
            break;
        }
        wait().await;
        seen = visitor.open(&path).await;
    }
    seen.says("Handed over").says("Delivered:").says("Packed");
    let mut stranger = Browser::new(house.app.base_url());
    assert_eq!(stranger.open(&path).await.status, 404, "nobody else may see it");
    stays_home(&house, &["Ann Lee", "20 Mill Row"]).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_card_is_paid_again_and_an_order_is_cancelled_on_its_page() {
    let house = House::open(None).await;
    roads(&house).await;
    let mut visitor = Browser::new(house.app.base_url());
    visitor.send("/basket/add", &[("code", "TEA-1"), ("back", "/basket")]).await.says("Green tea");
    let mut form: Vec<(&str, &str)> = FORM.iter().copied().filter(|(name, _)| *name != "pay").collect();
    form.extend([("pay", "declined"), ("do", "order"), ("command_id", "one")]);
    let order = visitor.send("/checkout", &form).await;
    order.says("did not go through");
    let path = order.at.split('?').next().unwrap().to_owned();
    let csrf = order.field("csrf");
    let paid = visitor.send(&format!("{path}/pay"), &[("csrf", &csrf)]).await;
    paid.says("Money set aside");
    let moved = visitor.send(&format!("{path}/address"), &[("csrf", &csrf), ("street", "5 River Road")]).await;
    moved.says("The door was changed");
    let forged = visitor.send(&format!("{path}/cancel"), &[("csrf", "guessed")]).await;
    assert_eq!(forged.status, 403);
    let gone = visitor.send(&format!("{path}/cancel"), &[("csrf", &csrf)]).await;
    gone.says("Cancelled");
    let asset = visitor.open("/assets/nothing.js").await;
    assert_eq!(asset.status, 404);
    house.close().await;
}
