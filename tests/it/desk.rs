//! The desk, dispatch and floor as their people use them: each role is led to its
//! pages and kept out of others, each deed does what it says, without any script.

use cartage::{
    cases::{self, CaseCode, Detail, NewCase},
    identity::Permission,
    network,
    printing::{self, Label, LabelCode, NewPrint, PrintKind},
    store::Actor,
};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    house::{House, Persona},
    pages::roads,
};

/// Somebody of a role, signed in on the page where everybody signs in.
async fn seated(house: &House, login: &str, role: &str) -> (Browser, String) {
    house.person(login, role).await;
    let mut browser = Browser::new(house.app.base_url());
    let first = browser.send("/login", &[("login", login), ("password", "a long enough secret")]).await;
    assert_eq!(first.status, 200, "{role} at {}: {}", first.at, first.html);
    (browser, first.at)
}

fn basket(quantity: i64) -> Value {
    json!({"channel": "web", "lines": [{"sku": "TEA-1", "quantity": quantity}],
        "recipient": {"name": "Ann Lee", "phone": "13812345678"},
        "address": {"street": "20 Mill Row", "detail": "3-1204", "lat": 30.1, "lon": 123.401},
        "delivery": {"mode": "home", "service": "same_day"}, "payment": {"method": "test_card"}})
}

async fn order(machine: &Persona, quantity: i64) -> (String, String) {
    let placed = machine.done("/api/v1/orders", basket(quantity)).await;
    (placed["id"].as_str().unwrap().to_owned(), placed["number"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_is_led_to_its_pages_and_kept_out_of_others() {
    let house = House::open(None).await;
    roads(&house).await;
    let machine = house.machine(&[Permission::OrderPlace, Permission::OrderRead]).await;
    let (id, number) = order(&machine, 1).await;
    let order = format!("/desk/orders/{number}");
    let stranger = Browser::new(house.app.base_url()).open("/desk/orders").await;
    assert!(stranger.at.starts_with("/login"), "{}", stranger.at);
    for (login, role, first, open, shut) in [
        (
            "nora",
            "dispatcher",
            "/dispatch",
            vec![
                "/dispatch",
                "/dispatch/map.json",
                "/dispatch/roads",
                &order,
                "/desk/cases",
                "/desk/events",
                "/desk/board",
                "/desk/services",
            ],
            vec!["/desk/stock", "/desk/tasks", "/desk/printing"],
        ),
        (
            "ines",
            "customer_service",
            "/desk/orders",
            vec![
                "/desk/orders",
                &order,
                "/desk/stock",
                "/desk/stock/TEA-1",
                "/desk/ledger",
                "/desk/cases",
                "/desk/decisions",
                "/desk/events",
            ],
            vec!["/dispatch", "/dispatch/map.json", "/desk/tasks", "/desk/board", "/floor/NG"],
        ),
        (
            "ravi",
            "inventory",
            "/desk/stock",
            vec!["/desk/stock", "/desk/ledger", "/desk/inbound", "/desk/printing", "/desk/cases"],
            vec!["/dispatch", "/desk/tasks", "/desk/events", "/desk/board"],
        ),
        (
            "dana",
            "director",
            "/desk/board",
            vec!["/desk/board", "/desk/board?days=7", "/desk/orders", "/desk/stock", "/floor/NG", "/desk/decisions"],
            vec!["/dispatch", "/desk/cases", "/desk/tasks", "/desk/printing"],
        ),
        (
            "sven",
            "supervisor",
            "/desk/tasks",
            vec![
                "/desk/tasks",
                "/desk/services",
                "/floor/NG",
                "/floor/NG/now.json?heat=1",
                "/desk/printing",
                "/desk/board",
            ],
            vec!["/dispatch", "/dispatch/roads"],
        ),
        (
            "tess",
            "technician",
            "/floor/NG",
            vec!["/floor/NG", "/floor/NG?vehicle=agv-1", "/desk/cases"],
            vec!["/desk/orders", &order, "/desk/stock", "/desk/board"],
        ),
    ] {
        let (mut person, at) = seated(&house, login, role).await;
        assert_eq!(at, first, "{role}");
        for page in open {
            let seen = person.open(page).await;
            assert_eq!(seen.status, 200, "{role} at {page}: {}", seen.html);
            if !page.contains(".json") {
                seen.says("lang=\"en\"");
                person
                    .open(&format!("{page}{}lang=zh", if page.contains('?') { '&' } else { '?' }))
                    .await
                    .says("lang=\"zh-Hans\"");
                person.open(&format!("{page}{}lang=en", if page.contains('?') { '&' } else { '?' })).await;
            }
        }
        for page in shut {
            let seen = person.open(page).await;
            assert_eq!(seen.status, 403, "{role} at {page}");
            seen.says("not open to you");
        }
    }
    let (mut rider, at) = seated(&house, "rosa", "rider").await;
    assert_eq!(at, "/rider");
    for page in ["/desk/orders", &order, "/dispatch", "/floor/NG", "/desk/stock", &format!("/desk/orders/{id}")] {
        assert_eq!(rider.open(page).await.status, 403, "{page}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customer_service_changes_an_order_on_its_page() {
    let house = House::open(None).await;
    roads(&house).await;
    let machine = house.machine(&[Permission::OrderPlace, Permission::OrderRead, Permission::StockRead]).await;
    let (id, number) = order(&machine, 2).await;
    let (mut ines, _) = seated(&house, "ines", "customer_service").await;
    let list = ines.open("/desk/orders").await;
    list.says(&number).says("Authorised");
    ines.open("/desk/orders?q=TEA-1").await.says(&number);
    ines.open("/desk/orders?q=ZZZZ").await.says("No order looks like that");
    ines.open(&format!("/desk/orders?csv=1&q={number}")).await.says("number,placed,promise").says(&number);
    ines.open(&format!("/desk/find?q={number}")).await.says("Green tea");
    let page = ines.open(&format!("/desk/orders/{number}")).await;
    page.says("A*** L***").says("Placed").says("why?").says("¥25.00");
    assert!(!page.html.contains("Ann Lee") && !page.html.contains("13812345678"), "a contact is masked at first");
    let csrf = page.field("csrf");
    let clear = ines.send(&format!("/desk/orders/{id}/contact"), &[("csrf", &csrf)]).await;
    clear.says("Ann Lee").says("13812345678");
    ines.open(&format!("/desk/orders/{number}")).await.says("Contact shown in the clear").says("A*** L***");

    let chosen = ines.open(&format!("/desk/decisions?kind=sourcing&q={number}")).await;
    let why = chosen.says(&number).between("href=\"/desk/decisions/", "\"");
    ines.open(&format!("/desk/decisions/{why}")).await.says("Why these sites?").says("NG");

    let line = page.between("name=\"line_", "\"");
    let field = format!("line_{line}");
    let cancel = format!("/desk/orders/{id}/cancel");
    let forged = ines.send(&cancel, &[("csrf", "guessed"), (&field, "1"), ("reason", "x")]).await;
    assert_eq!(forged.status, 403);
    let silent = ines.send(&cancel, &[("csrf", &csrf), (&field, "1"), ("reason", "")]).await;
    assert_eq!(silent.status, 422);
    let much = ines.send(&cancel, &[("csrf", &csrf), (&field, "9"), ("reason", "too many")]).await;
    assert_eq!(much.status, 409);
    much.says("can still be cancelled");
    let one = [("csrf", csrf.as_str()), (&field, "1"), ("reason", "one is enough"), ("command_id", "cancel-1")];
    ines.send(&cancel, &one).await.says("Cancelled.").says("one is enough").says("¥12.50");
    ines.send(&cancel, &one).await;
    let read = machine.get(&format!("/api/v1/orders/{id}")).await;
    assert_eq!(read["lines"][0]["cancelled"], 1, "a form sent twice acts once");

    let address = format!("/desk/orders/{id}/address");
    let unknown = ines.send(&address, &[("csrf", &csrf), ("line", "1 Nowhere")]).await;
    assert_eq!(unknown.status, 422);
    unknown.says("not on our map");
    ines.send(&address, &[("csrf", &csrf), ("line", "5 River Road, flat 2")]).await.says("new revision").says("rev. 2");

    ines.open("/desk/stock").await.says("Green tea");
    ines.open("/desk/stock/TEA-1").await.says("M01-1").says(&number).says("Pools and bins agree");
    ines.open("/desk/ledger?q=TEA-1").await.says("All accounts sum to zero").says("hold");
    ines.open("/desk/events?kind=order.").await.says("Address changed");
    let heard = ines.hear("/desk/live", "\n\n").await;
    assert!(heard.contains("event: beat"), "{heard}");
    let left = ines.send("/logout", &[("csrf", &csrf)]).await;
    left.says("Sign in");
    assert!(ines.open("/desk/orders").await.at.starts_with("/login"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floor_and_road_are_closed_and_opened_on_pages() {
    let house = House::open(None).await;
    roads(&house).await;
    let reader = house.machine(&[Permission::FleetOperate, Permission::StockRead]).await;
    let (mut tess, _) = seated(&house, "tess", "technician").await;
    let panel = tess.open("/floor/NG?vehicle=agv-1").await;
    panel.says("agv-1").says("Lock out").says("home at P1");
    let csrf = panel.field("csrf");
    let lock = [("csrf", csrf.as_str()), ("reason", "wheel squeaks")];
    tess.send("/floor/NG/vehicles/agv-1/lockout", &lock).await.says("wheel squeaks").says("Give it back");
    let fleet = reader.get("/api/v1/sites/NG/fleet").await;
    assert_eq!(fleet["lockouts"][0]["vehicle"], "agv-1");
    tess.send("/floor/NG/vehicles/agv-1/release", &[("csrf", &csrf), ("reason", "oiled")]).await.says("Given back");
    assert_eq!(reader.get("/api/v1/sites/NG/fleet").await["lockouts"], json!([]));
    let way = [("csrf", csrf.as_str()), ("from", "A1"), ("to", "A2"), ("reason", "broken pallet")];
    tess.send("/floor/NG/ways/close", &way).await.says("broken pallet").says("A1 – A2");
    assert!(tess.open("/floor/NG/now.json").await.html.contains("[\"A1\",\"A2\"]"));
    tess.send("/floor/NG/ways/open", &[("csrf", &csrf), ("from", "A1"), ("to", "A2")]).await.says("Opened again");
    let nowhere =
        tess.send("/floor/NG/ways/close", &[("csrf", &csrf), ("from", "X"), ("to", "Y"), ("reason", "?")]).await;
    assert_eq!(nowhere.status, 404, "{}", nowhere.html);

    let (mut nora, _) = seated(&house, "nora", "dispatcher").await;
    nora.open("/dispatch").await.says("Every packed parcel is on a route").says("id=\"map\"");
    nora.open("/dispatch/map.json").await.says("\"code\":\"NG\"");
    let csrf = nora.open("/dispatch/roads/1").await.says("Mill Row").field("csrf");
    nora.send("/dispatch/roads/1/close", &[("csrf", &csrf), ("reason", "flood")])
        .await
        .says("flood")
        .says("Open this road");
    nora.open("/dispatch/roads").await.says("flood");
    assert!(nora.open("/api/v1/roads.geojson").await.html.contains("\"reason\":\"flood\""));
    nora.send("/dispatch/roads/1/open", &[("csrf", &csrf)]).await.says("Close this road");
    let silent = nora.send("/dispatch/roads/1/close", &[("csrf", &csrf), ("reason", "")]).await;
    assert_eq!(silent.status, 422);
    let site = nora.send("/dispatch/plan", &[("csrf", &csrf), ("site", "NG")]).await;
    site.says("The plan is being made");
    let throttle = [("csrf", csrf.as_str()), ("minutes", "60"), ("reason", "many sick")];
    nora.send("/desk/services/NG/same_day/throttle", &throttle).await.says("1 h later than usual").says("many sick");
    nora.send("/desk/services/NG/same_day/close", &[("csrf", &csrf), ("reason", "storm")])
        .await
        .says("Closed")
        .says("storm");
    let services = reader.get("/api/v1/sites/NG").await["services"].clone();
    assert_eq!((&services[0]["open"], &services[0]["reason"]), (&json!(false), &json!("storm")));
    nora.send("/desk/services/NG/same_day/open", &[("csrf", &csrf)]).await.says("Open");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_and_labels_are_settled_on_pages() {
    let house = House::open(None).await;
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    let site = network::site_by_code(tx.sql(), "NG").await.unwrap().unwrap().id;
    let new = NewCase {
        code: CaseCode::BinEmpty,
        about: "M01-1".into(),
        site: Some(site),
        severity: None,
        detail: Detail::BinShort { quantity: 3, bin: "M01-1".into() },
        links: Vec::new(),
    };
    let case = cases::open(&mut tx, &new).await.unwrap();
    let label = Label {
        heading: "same day".into(),
        lines: Vec::new(),
        code: LabelCode::Plain { text: "M01-1".into() },
        site: "North Gate".into(),
        sequence: None,
        note: String::new(),
    };
    let subject = "M01-1".to_owned();
    let print = NewPrint { site, station: String::new(), kind: PrintKind::Place, subject, label, recipient: None };
    let print = printing::print(&mut tx, &print).await.unwrap();
    tx.commit().await.unwrap();

    let (mut sven, _) = seated(&house, "sven", "supervisor").await;
    sven.open("/desk/cases").await.says("Bin empty or short").says("3 were not found in M01-1");
    let page = sven.open(&format!("/desk/cases/{case}")).await;
    let csrf = page.says("A count is on its way").says("Nobody has taken it yet").field("csrf");
    sven.send(&format!("/desk/cases/{case}/take"), &[("csrf", &csrf)]).await.says("<b>sven</b>");
    sven.open("/desk/cases?view=mine").await.says("Bin empty or short");
    let looked = [("csrf", csrf.as_str()), ("note", "looked behind the shelf")];
    sven.send(&format!("/desk/cases/{case}/notes"), &looked).await.says("looked behind the shelf");
    let close = format!("/desk/cases/{case}/close");
    let mute = sven.send(&close, &[("csrf", &csrf), ("resolution", "settled"), ("note", "")]).await;
    assert_eq!(mute.status, 422);
    sven.send(&close, &[("csrf", &csrf), ("resolution", "found"), ("note", "")]).await.says("Goods found, by sven");
    sven.open("/desk/cases").await.says("Nothing waits for a person here");
    sven.open("/desk/cases?view=closed").await.says("Bin empty or short");

    sven.open("/desk/printing").await.says("It came out");
    let done = sven.send(&format!("/desk/printing/{print}/confirm"), &[("csrf", &csrf)]).await;
    done.says("Noted as printed").says("Print label again");
    sven.send(&format!("/desk/printing/{print}/reprint"), &[("csrf", &csrf)]).await.says("Queued again");
    let again = sven.send(&format!("/desk/printing/{print}/reprint"), &[("csrf", &csrf)]).await;
    assert_eq!(again.status, 409);
    house.close().await;
}
