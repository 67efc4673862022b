//! Receiving and put-away on both engines: every scan, what differs, who decides,
//! and corrections.

use serde_json::{Value, json};

use super::*;
use crate::{
    fixtures::{self, House, call, facts, house, sound, task, token},
    identity::Permission,
    kernel::*,
    play, printing,
    stock::{self, Condition, Goods},
    store::{Actor, Db, log, on_both_engines},
    tasks::{TaskKind, TaskState},
};

const PALLET: &str = "340123450000000017";

pub(super) fn line(sku: SkuId, quantity: i64) -> AsnLine {
    AsnLine { number: 0, sku, quantity, lot: String::new(), expiry: String::new(), sscc: String::new() }
}

pub(super) async fn announced(db: &Db, house: &House, lines: Vec<AsnLine>) -> Receipt {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let (site, expected_at) = (house.site, tx.now());
    let new = NewAsn {
        site,
        code: format!("asn-{}", tx.id::<kind::Asn>().ulid()),
        supplier: "Greenfield".into(),
        expected_at,
        lines,
    };
    let asn = announce(&mut tx, &new).await.unwrap();
    let receipt = rows::open_of_asn(tx.sql(), asn).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    receipt
}

async fn lines_of(db: &Db, receipt: ReceiptId) -> Vec<ReceiptLine> {
    let mut read = db.read().await.unwrap();
    lines(read.sql(), receipt).await.unwrap()
}

async fn differences(db: &Db, receipt: ReceiptId) -> Vec<String> {
    let mut read = db.read().await.unwrap();
    let story = log::story(read.sql(), &receipt.to_string()).await.unwrap();
    let told = story.into_iter().filter(|fact| fact.kind == "receipt.discrepancy");
    told.map(|fact| fact.body["code"].as_str().unwrap().to_owned()).collect()
}

async fn available(db: &Db, house: &House, sku: SkuId) -> i64 {
    let mut read = db.read().await.unwrap();
    stock::pool(read.sql(), house.site, sku).await.unwrap().map_or(0, |pool| pool.available())
}

#[tokio::test]
async fn a_mixed_pallet_is_received_line_by_line_and_put_away() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let on_pallet = |line: AsnLine| AsnLine { sscc: PALLET.into(), ..line };
        let milk = AsnLine { lot: "26J22".into(), expiry: "270122".into(), ..line(house.milk.id, 12) };
        let lines = vec![on_pallet(line(house.tea.id, 48)), on_pallet(milk)];
        let receipt = announced(&db, &house, lines).await;
        let id = receipt.task;
        fixtures::take(&db, id).await;
        let pallet = play!(db, inbound, id, [("A-1", "bin.wrong"), ("D-1", "bin.right")]);
        assert_eq!((pallet.state.as_str(), pallet.expect.label.as_str()), ("receive.scan_pallet", PALLET));
        let counted = play!(
            db,
            inbound,
            id,
            [
                ("340123450000000024", "pallet.unknown"),
                (PALLET, "pallet.right"),
                ("6291041500213", "article.right"),
                ("#0", "quantity.wrong"),
            ]
        );
        assert_eq!((counted.expect.label.as_str(), counted.quantity.unwrap().want), ("48", 48));
        play!(db, inbound, id, [("#48", "quantity.right"), ("#3", "choice.missing"), ("!sellable", "receive.booked")]);
        let lot = play!(db, inbound, id, [("4006381333931", "article.right")]);
        assert_eq!((lot.state.as_str(), lot.expect.label.as_str()), ("receive.enter_lot", "26J22"));
        let whole = play!(
            db,
            inbound,
            id,
            [
                ("26J22", "label.right"),
                ("soon", "expiry.wrong"),
                ("270122", "label.right"),
                ("#12", "quantity.right"),
                ("!sellable", "receive.booked"),
            ]
        );
        assert_eq!(whole.state, "receive.all_here");
        // Sellable goods on the dock may be promised at once.
        assert_eq!(available(&db, &house, house.tea.id).await, 48);
        assert!(play!(db, inbound, id, [("!close", "task.done")]).is_over());
        assert!(play!(db, inbound, id, [("!close", "task.done")]).is_over());
        assert!(differences(&db, receipt.id).await.is_empty());
        assert_eq!(task(&db, id).await.state, TaskState::Done);
        plan_put_away(&db, receipt.id).await.unwrap();
        plan_put_away(&db, receipt.id).await.unwrap();
        let tasks = house.tasks(&db, TaskKind::PutAway).await;
        assert_eq!(tasks.len(), 2);
        sound(&db).await;
        let mut read = db.read().await.unwrap();
        let puts = put_aways(read.sql(), receipt.id).await.unwrap();
        drop(read);
        let of = |sku: SkuId| puts.iter().find(|put| put.goods.sku == sku).unwrap();
        assert_eq!(of(house.milk.id).to_code, "C-1");
        store_tea(&db, &house, of(house.tea.id)).await;
        play!(
            db,
            put_away,
            of(house.milk.id).task,
            [
                ("(01)04006381333931(17)270122(10)OTHER", "lot.wrong"),
                (PALLET, "article.right"),
                ("#12", "quantity.right"),
                ("A-1", "bin.wrong"),
                ("C-1", "task.done"),
            ]
        );
        let milk = Goods { lot: "26J22".into(), expiry: "270122".into(), ..Goods::plain(house.milk.id) };
        assert_eq!(house.held(&db, "C-1", &milk).await, 12);
        sound(&db).await;
    })
    .await;
}

/// Puts tea away in two walks, by two workers, into two bins.
async fn store_tea(db: &Db, house: &House, put: &PutAway) {
    let id = put.task;
    let first = fixtures::take(db, id).await;
    play!(
        db,
        put_away,
        id,
        [
            ("PHONE", "article.wrong"),
            ("TEA", "article.right"),
            ("#49", "quantity.wrong"),
            ("#30", "quantity.right"),
            ("NOWHERE", "bin.unknown"),
            ("S-1", "bin.wrong"),
            ("C-1", "bin.wrong"),
            (put.to_code.as_str(), "put_away.part"),
        ]
    );
    let mut tx = db.begin(Actor::house()).await.unwrap();
    crate::tasks::leave(&mut tx, id, first, "shift_end").await.unwrap();
    tx.commit().await.unwrap();
    fixtures::take(db, id).await;
    let over = play!(db, put_away, id, [("TEA", "article.right"), ("#18", "quantity.right"), ("R-2", "bin.other")]);
    assert!(over.is_over());
    let tea = Goods::plain(house.tea.id);
    assert_eq!((house.held(db, &put.to_code, &tea).await, house.held(db, "R-2", &tea).await), (30, 18));
    assert!(play!(db, put_away, id, [("R-2", "task.done")]).is_over());
    assert_eq!(house.held(db, "R-2", &tea).await, 18);
    assert_eq!(facts(db, id).await.iter().filter(|kind| *kind == "goods.put_away").count(), 2);
}

#[tokio::test]
async fn too_many_wait_for_a_supervisor_and_too_few_are_told() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let receipt = announced(&db, &house, vec![line(house.tea.id, 24), line(house.phone.id, 2)]).await;
        let id = receipt.task;
        play!(
            db,
            inbound,
            id,
            [("D-1", "bin.right"), ("TEA", "article.right"), ("#30", "quantity.right"), ("!sellable", "receive.over"),]
        );
        assert_eq!(available(&db, &house, house.tea.id).await, 24);
        let waiting = lines_of(&db, receipt.id).await.pop().unwrap();
        assert_eq!((waiting.state, waiting.quantity), (LineState::Waiting, 6));
        let closed = play!(
            db,
            inbound,
            id,
            [
                ("PHONE", "article.right"),
                ("S-1001", "label.right"),
                ("!sellable", "receive.booked"),
                ("!close", "receive.closed_short"),
            ]
        );
        assert!(closed.is_over());
        assert_eq!(differences(&db, receipt.id).await, ["over", "short"]);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        approve(&mut tx, receipt.id, &waiting.id, true).await.unwrap();
        let again = approve(&mut tx, receipt.id, &waiting.id, false).await.unwrap_err();
        assert_eq!(again.code(), Some("receipt.line_not_now"));
        tx.commit().await.unwrap();
        assert_eq!(available(&db, &house, house.tea.id).await, 30);
        // One more than announced is within the tolerance.
        let other = announced(&db, &house, vec![line(house.tea.id, 10)]).await;
        play!(
            db,
            inbound,
            other.task,
            [
                ("D-1", "bin.right"),
                ("TEA", "article.right"),
                ("#11", "quantity.right"),
                ("!sellable", "receive.booked"),
            ]
        );
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn damaged_doubtful_and_unannounced_goods_are_never_sellable() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let receipt = announced(&db, &house, vec![line(house.tea.id, 10), line(house.milk.id, 5)]).await;
        let id = receipt.task;
        play!(
            db,
            inbound,
            id,
            [
                ("D-1", "bin.right"),
                ("TEA", "article.right"),
                ("#3", "quantity.right"),
                ("!damaged", "receive.booked"),
                ("TEA", "article.right"),
                ("#7", "quantity.right"),
                ("!back", "receive.again"),
                ("TEA", "article.right"),
                ("#7", "quantity.right"),
                ("!quality_hold", "receive.booked"),
            ]
        );
        // Its date has passed: it cannot be booked as good.
        play!(
            db,
            inbound,
            id,
            [
                ("(01)04006381333931(10)OLD", "article.right"),
                ("260301", "expiry.past"),
                ("#5", "quantity.right"),
                ("!sellable", "condition.forced"),
                ("!quality_hold", "receive.booked"),
                ("PHONE", "article.not_announced"),
                ("!aside", "receive.aside"),
                ("PHONE", "article.not_announced"),
                ("#1", "choice.missing"),
                ("!hold", "receive.hold"),
                ("S-1", "label.right"),
                ("!sellable", "condition.forced"),
                ("!quality_hold", "receive.booked"),
                ("!close", "task.done"),
            ]
        );
        assert_eq!(differences(&db, receipt.id).await, ["damaged", "wrong", "wrong"]);
        for sku in [house.tea.id, house.milk.id, house.phone.id] {
            assert_eq!(available(&db, &house, sku).await, 0);
        }
        plan_put_away(&db, receipt.id).await.unwrap();
        let tasks = house.tasks(&db, TaskKind::PutAway).await;
        assert_eq!(tasks.len(), 4);
        let mut read = db.read().await.unwrap();
        let puts = put_aways(read.sql(), receipt.id).await.unwrap();
        drop(read);
        let broken = puts.iter().find(|put| put.goods.condition == Condition::Damaged).unwrap();
        play!(
            db,
            put_away,
            broken.task,
            [("TEA", "article.right"), ("#3", "quantity.right"), ("A-1", "bin.wrong"), ("X-1", "task.done"),]
        );
        let tea = Goods::plain(house.tea.id).turned(Condition::Damaged);
        assert_eq!(house.held(&db, "X-1", &tea).await, 3);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn an_unreadable_label_is_printed_anew_and_an_unknown_one_told() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let receipt = announced(&db, &house, vec![line(house.tea.id, 5)]).await;
        let id = receipt.task;
        play!(
            db,
            inbound,
            id,
            [
                ("D-1", "bin.right"),
                ("4711-XYZ", "label.unknown"),
                ("!unreadable", "label.unreadable"),
                ("TEE", "article.unknown"),
                ("tea", "label.printed"),
                ("#5", "quantity.right"),
                ("!sellable", "receive.booked"),
            ]
        );
        assert_eq!(differences(&db, receipt.id).await, ["label", "label"]);
        let mut read = db.read().await.unwrap();
        let prints = printing::by_subject(read.sql(), &receipt.id.to_string()).await.unwrap();
        assert_eq!((prints.len(), prints[0].kind), (1, printing::PrintKind::Article));
        let scanned = barcode::read(&prints[0].label.code.encoded());
        assert_eq!(scanned.gtin.as_deref(), Some("6291041500213"));
        drop(read);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_blind_receipt_takes_what_comes_and_a_serial_comes_once() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let id = open_blind(&mut tx, house.site, "").await.unwrap();
        let elsewhere = tx.id();
        assert_eq!(open_blind(&mut tx, elsewhere, "").await.unwrap_err().code(), Some("receipt.no_dock"));
        let receipt = by_id(tx.sql(), id).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        play!(
            db,
            inbound,
            receipt.task,
            [
                ("d-1", "bin.right"),
                ("CASE-TEA", "article.right"),
                ("#24", "quantity.right"),
                ("!sellable", "receive.booked"),
                ("(01)00000096385074(21)S9", "article.right"),
                ("!sellable", "receive.booked"),
                ("(01)00000096385074(21)S9", "serial.known"),
                ("PHONE", "article.right"),
                ("S9", "serial.known"),
                ("S10", "label.right"),
                ("!sellable", "receive.booked"),
                ("!close", "task.done"),
            ]
        );
        assert_eq!(available(&db, &house, house.phone.id).await, 2);
        assert!(differences(&db, id).await.is_empty());
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_receipt_is_corrected_by_reversal_wherever_the_goods_are() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let receipt = announced(&db, &house, vec![line(house.tea.id, 20)]).await;
        let tea = Goods::plain(house.tea.id);
        for n in ["#12", "#8"] {
            let stage = task(&db, receipt.task).await;
            let mut tx = db.begin(Actor::house()).await.unwrap();
            if step(&mut tx, &stage).await.unwrap().state == "receive.scan_dock" {
                scan(&mut tx, &stage, &fixtures::entry("D-1")).await.unwrap();
            }
            tx.commit().await.unwrap();
            play!(
                db,
                inbound,
                receipt.task,
                [("TEA", "article.right"), (n, "quantity.right"), ("!sellable", "receive.booked"),]
            );
        }
        play!(db, inbound, receipt.task, [("!close", "task.done")]);
        plan_put_away(&db, receipt.id).await.unwrap();
        let mut read = db.read().await.unwrap();
        let first = put_aways(read.sql(), receipt.id).await.unwrap().remove(0);
        drop(read);
        play!(
            db,
            put_away,
            first.task,
            [("TEA", "article.right"), ("#12", "quantity.right"), (first.to_code.as_str(), "task.done"),]
        );
        let booked = lines_of(&db, receipt.id).await;
        for line in &booked {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            reverse(&mut tx, receipt.id, &line.id).await.unwrap();
            let twice = reverse(&mut tx, receipt.id, &line.id).await.unwrap_err();
            assert_eq!(twice.code(), Some("receipt.line_not_now"));
            tx.commit().await.unwrap();
        }
        assert_eq!((house.held(&db, &first.to_code, &tea).await, house.held(&db, "D-1", &tea).await), (0, 0));
        assert!(house.tasks(&db, TaskKind::PutAway).await.is_empty());
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert_eq!(reverse(&mut tx, receipt.id, "nothing").await.unwrap_err().code(), Some("receipt.no_line"));
        assert_eq!(close(&mut tx, receipt.id).await.unwrap_err().code(), Some("receipt.closed"));
        drop(tx);
        sound(&db).await;
    })
    .await;
}

#[tokio::test]
async fn goods_that_left_their_bin_cannot_be_reversed() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let receipt = announced(&db, &house, vec![line(house.tea.id, 5)]).await;
        play!(
            db,
            inbound,
            receipt.task,
            [("D-1", "bin.right"), ("TEA", "article.right"), ("#5", "quantity.right"), ("!sellable", "receive.booked"),]
        );
        let dock = house.bin(&db, "D-1").await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let at = stock::Account::bin(house.site, dock.id);
        stock::count(&mut tx, &Goods::plain(house.tea.id), at, 2, "counted", String::new()).await.unwrap();
        tx.commit().await.unwrap();
        let line = lines_of(&db, receipt.id).await.remove(0);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let refused = reverse(&mut tx, receipt.id, &line.id).await.unwrap_err();
        assert_eq!(refused.code(), Some("receipt.goods_moved"));
        drop(tx);
        assert_eq!(available(&db, &house, house.tea.id).await, 2);
        assert_eq!(lines_of(&db, receipt.id).await[0].state, LineState::Booked);
    })
    .await;
}

#[tokio::test]
async fn a_delivery_ahead_waits_until_it_arrives_and_a_bad_one_is_refused() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let (site, later) = (house.site, tx.now().plus_ms(3_600_000));
        let new = |code: &str, lines: Vec<AsnLine>| NewAsn {
            site,
            code: code.into(),
            supplier: "Greenfield".into(),
            expected_at: later,
            lines,
        };
        let asn = announce(&mut tx, &new("20931", vec![line(house.tea.id, 5)])).await.unwrap();
        let twice = announce(&mut tx, &new(" 20931 ", vec![line(house.tea.id, 5)])).await.unwrap_err();
        assert_eq!(twice.code(), Some("asn.taken"));
        let sscc = AsnLine { sscc: "123".into(), ..line(house.tea.id, 5) };
        let date = AsnLine { expiry: "tomorrow".into(), ..line(house.tea.id, 5) };
        for bad in [vec![], vec![line(house.tea.id, 0)], vec![sscc], vec![date]] {
            assert_eq!(announce(&mut tx, &new("X", bad)).await.unwrap_err().code(), Some("asn.invalid"));
        }
        assert_eq!(
            announce(&mut tx, &new("a b", vec![line(house.tea.id, 5)])).await.unwrap_err().code(),
            Some("asn.invalid")
        );
        tx.commit().await.unwrap();
        assert_eq!(house.tasks(&db, TaskKind::Receive).await[0].state, TaskState::Waiting);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        for _ in 0..2 {
            arrive(&mut tx, asn).await.unwrap();
        }
        let unknown = tx.id();
        assert_eq!(arrive(&mut tx, unknown).await.unwrap_err().code(), Some("asn.unknown"));
        tx.commit().await.unwrap();
        assert_eq!(house.tasks(&db, TaskKind::Receive).await[0].state, TaskState::Ready);
        assert_eq!(facts(&db, asn).await, ["asn.expected"]);
    })
    .await;
}

#[tokio::test]
async fn the_endpoints_announce_list_and_decide() {
    on_both_engines(async |db, _| {
        let house = house(&db).await;
        let site = house.site;
        let clerk = token(&db, &[Permission::InboundReceive], Some(site)).await;
        let boss = token(&db, &[Permission::InboundReceive, Permission::InboundApprove], Some(site)).await;
        let other: SiteId = db.begin(Actor::house()).await.unwrap().id();
        let stranger = token(&db, &[Permission::InboundReceive], Some(other)).await;
        let ask = |token: &str, what: String, key: &'static str, body: Value| {
            let (db, token) = (db.clone(), token.to_owned());
            async move { call(&db, api::routes(), &token, &what, key, body).await }
        };
        let body = |sku: &str, quantity: i64| {
            json!({"site": site, "code": "n-1", "supplier": "Greenfield", "lines": [{"sku": sku, "quantity": quantity}]})
        };
        let post = |token: &str, key, body| ask(token, "POST /api/v1/asns".into(), key, body);
        assert_eq!(post(&stranger, "0", body("TEA", 10)).await.status, 403);
        let unknown = post(&clerk, "1", body("COFFEE", 10)).await;
        assert_eq!((unknown.status, unknown.json()["field"].clone()), (422, json!("lines/0/sku")));
        assert_eq!(post(&clerk, "2", body("TEA", 0)).await.code(), "asn.invalid");
        let made = post(&clerk, "3", body("TEA", 10)).await;
        assert_eq!((made.status, made.json()["code"].clone()), (201, json!("N-1")));
        assert_eq!(post(&clerk, "3", body("TEA", 10)).await.bytes, made.bytes);
        assert_eq!(post(&clerk, "4", body("TEA", 10)).await.code(), "asn.taken");
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let asn = ask(&clerk, format!("GET /api/v1/asns/{id}"), "", Value::Null).await.json();
        assert_eq!(asn["lines"][0]["sku"], json!(house.tea.id));
        assert_eq!(ask(&stranger, format!("GET /api/v1/asns/{id}"), "", Value::Null).await.code(), "asn.unknown");
        let receipt = ask(&clerk, format!("POST /api/v1/asns/{id}/arrive"), "5", json!({})).await.json();
        let receipt: ReceiptId = receipt["id"].as_str().unwrap().parse().unwrap();
        let mut read = db.read().await.unwrap();
        let work = by_id(read.sql(), receipt).await.unwrap().unwrap().task;
        drop(read);
        play!(db, inbound, work, [
            ("D-1", "bin.right"),
            ("TEA", "article.right"),
            ("#20", "quantity.right"),
            ("!sellable", "receive.over"),
        ]);
        let seen = ask(&clerk, format!("GET /api/v1/receipts/{receipt}"), "", Value::Null).await.json();
        assert_eq!((&seen["lines"][0]["quantity"], &seen["lines"][1]["state"]), (&json!(10), &json!("waiting")));
        let line = seen["lines"][1]["id"].as_str().unwrap().to_owned();
        let decide = |token: &str, key, what: &str, body| ask(token, format!("POST /api/v1/receipts/{receipt}/{what}"), key, body);
        let approve = format!("lines/{line}/approve");
        assert_eq!(decide(&clerk, "6", &approve, json!({"accept": true})).await.status, 403);
        let decided = decide(&boss, "7", &approve, json!({"accept": false})).await.json();
        assert_eq!(decided["lines"][1]["state"], json!("rejected"));
        assert_eq!(decide(&boss, "8", &approve, json!({"accept": true})).await.code(), "receipt.line_not_now");
        let first = seen["lines"][0]["id"].as_str().unwrap();
        let reversed = decide(&boss, "9", &format!("lines/{first}/reverse"), json!({})).await.json();
        assert_eq!(reversed["lines"][0]["state"], json!("reversed"));
        assert_eq!(decide(&boss, "10", "close", json!({})).await.json()["state"], json!("closed"));
        let listed = ask(&clerk, "GET /api/v1/receipts?state=closed".into(), "", Value::Null).await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert_eq!(ask(&clerk, "GET /api/v1/receipts?state=odd".into(), "", Value::Null).await.code(), "asn.invalid");
        let blind = ask(&clerk, "POST /api/v1/receipts".into(), "11", json!({"site": site})).await;
        assert_eq!(blind.status, 201);
        sound(&db).await;
    })
    .await;
}
