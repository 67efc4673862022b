//! Goods come in, are put away, are counted: a handheld on the floor and a desk in the
//! office work on the same receipt and the same bin. Deliberately absent: orders.

use serde_json::{Value, json};

use super::{
    Tab,
    hall::{Hall, card},
    within,
    worker::{self, answered, asked, scan, stamp},
};
use crate::journey::until;

/// Announces a delivery of teas that is here already.
async fn announce(hall: &Hall, code: &str, quantity: i64) {
    let site = hall.house.site("NG").await;
    let lines = json!([{"sku": "TEA-1", "quantity": quantity}]);
    hall.all
        .done("/api/v1/asns", json!({"site": site, "code": code, "supplier": "Hill Gardens", "lines": lines}))
        .await;
}

/// Begins the task of a kind that is first in the list.
async fn begin(tab: &Tab, kind: &str) {
    worker::find_work(tab, kind).await;
    tab.press("hh.start").await;
    tab.sees("[data-screen=step]").await;
}

/// Enters a number in place of the one suggested.
async fn enter(tab: &Tab, number: i64) {
    let before = stamp(tab).await;
    tab.fill("#quantity", &number.to_string()).await;
    tab.tap(".enter .go").await;
    answered(tab, &before).await;
}

/// Presses a choice.
async fn press(tab: &Tab, choice: &str) {
    let before = stamp(tab).await;
    tab.tap(&format!("button[name=choice][value={choice}]")).await;
    answered(tab, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_is_taken_in_by_a_supervisor_and_put_away() {
    within(receiving()).await;
}

async fn receiving() {
    let hall = Hall::open(30.0).await;
    hall.lay("A-1", 1).await;
    announce(&hall, "ASN-7", 2).await;
    let mut hands = hall.eyes.phone("receiver").await;
    worker::enter(&hands, &hall.secret).await;
    begin(&hands, "receive").await;
    hands.shot_both("01-dock").await;
    scan(&hands, "DOCK-1").await;
    hands.reads(&hands.t.put("choice.close_n", 2)).await;
    hands.shot_both("02-what-came").await;
    scan(&hands, "6291041500213").await;
    hands.shot_both("03-how-many").await;
    enter(&hands, 5).await;
    hands.shot_both("04-how-are-they").await;
    press(&hands, "sellable").await;
    hands.sees("#say[data-k=warn]").await;
    hands.shot("05-three-wait").await;
    assert_eq!(hall.lying("DOCK-1", "sellable").await, 2, "what was not announced waits");

    let mut desk = hall.seat("sven", "supervisor").await;
    desk.open("/desk/inbound").await;
    desk.shot_wide("10-inbound").await;
    desk.tap("tbody tr a").await;
    desk.press("inb.accept").await;
    desk.says("done.taken_in").await;
    desk.shot_wide("11-receipt").await;
    assert_eq!(hall.lying("DOCK-1", "sellable").await, 5);
    desk.open("/desk/cases").await;
    desk.reads("3 more than announced").await;
    desk.shot_wide("12-case-over").await;

    press(&hands, "close").await;
    hands.sees("#say[data-k=ok]").await;
    // What came in two parts is put away by two tasks.
    for _ in 0..2 {
        begin(&hands, "put_away").await;
        worker::work(&hands, "put_away").await;
    }
    assert_eq!((hall.lying("DOCK-1", "sellable").await, hall.lying("A-1", "sellable").await), (0, 6));
    quarantine(&hall, &mut hands).await;
    hall.close(vec![hands, desk]).await;
}

/// A broken piece is received as broken and goes to its own place.
async fn quarantine(hall: &Hall, hands: &mut Tab) {
    announce(hall, "ASN-8", 1).await;
    begin(hands, "receive").await;
    scan(hands, "DOCK-1").await;
    scan(hands, "6291041500213").await;
    enter(hands, 1).await;
    press(hands, "damaged").await;
    hands.shot("06-damaged").await;
    press(hands, "close").await;
    begin(hands, "put_away").await;
    let before = asked(hands).await;
    assert_eq!(before.0, "article");
    hands.shot_both("07-to-quarantine").await;
    scan(hands, "6291041500213").await;
    enter(hands, 1).await;
    // A pick bin is refused: what is broken must not be picked.
    scan(hands, "A-1").await;
    hands.sees("#say[data-k=bad]").await;
    hands.shot("08-not-there").await;
    scan(hands, "Q-1").await;
    hands.sees("#say[data-k=ok]").await;
    assert_eq!((hall.lying("Q-1", "damaged").await, hall.lying("A-1", "damaged").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_below_what_is_promised_breaks_promises_and_losses_are_written_off() {
    within(counting()).await;
}

async fn counting() {
    let hall = Hall::open(30.0).await;
    hall.lay("A-1", 4).await;
    let (order, _) = hall.order(7, card()).await;
    let mut desk = hall.seat("ravi", "inventory").await;
    desk.open("/desk/stock/TEA-1").await;
    let bin = desk.js("[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('A-1')).querySelector('form').action.split('/').pop()").await;
    desk.tap(&format!("form[action$='/count/{}'] button", bin.as_str().unwrap())).await;
    desk.says("done.count_asked").await;
    desk.shot_wide("10-count-asked").await;

    let mut hands = hall.eyes.phone("counter").await;
    worker::enter(&hands, &hall.secret).await;
    begin(&hands, "count").await;
    hands.shot_both("01-bin").await;
    scan(&hands, "A-1").await;
    hands.shot_both("02-article").await;
    scan(&hands, "6291041500213").await;
    hands.shot_both("03-how-many").await;
    enter(&hands, 1).await;
    press(&hands, "done").await;
    // It differs by more than a little: the same hands look once more.
    hands.shot_both("04-again").await;
    scan(&hands, "6291041500213").await;
    enter(&hands, 1).await;
    press(&hands, "done").await;
    hands.shot("05-booked").await;
    assert_eq!(hall.lying("A-1", "sellable").await, 1, "a count always posts");
    let pools = hall.all.get("/api/v1/ledger/pools").await;
    let pool = &pools["items"][0];
    assert_eq!((&pool["on_hand"], &pool["held"]), (&json!(6), &json!(6)), "one promise of seven is broken: {pool}");
    let line = until("the order to know", async || {
        let seen = hall.all.get(&format!("/api/v1/orders/{order}")).await;
        let line: Value = seen["lines"][0].clone();
        (line["held"] == 6).then_some(line)
    })
    .await;
    assert_eq!(line["ordered"], 7);
    desk.open("/desk/cases").await;
    desk.shot_wide("11-cases").await;
    desk.open("/desk/stock/TEA-1").await;
    desk.shot_wide("12-counted").await;
    given_up(&hall, &mut desk).await;
    hall.close(vec![hands, desk]).await;
}

/// What is broken beyond use leaves the books, with a name beside it.
async fn given_up(hall: &Hall, desk: &mut Tab) {
    let site = hall.house.site("NG").await;
    let mut tx = hall.house.app.db.begin(cartage::store::Actor::house()).await.unwrap();
    let bin = cartage::layout::bin_by_code(tx.sql(), site, "Q-1").await.unwrap().unwrap();
    let tea = cartage::catalog::by_code(tx.sql(), "TEA-1").await.unwrap().unwrap();
    let broken = cartage::stock::Goods::plain(tea.id).turned(cartage::stock::Condition::Damaged);
    let at = cartage::stock::Account::bin(site, bin.id);
    cartage::stock::opening(&mut tx, &broken, 2, at).await.unwrap();
    tx.commit().await.unwrap();
    desk.open("/desk/stock/TEA-1").await;
    desk.fill("#w-many", "5").await;
    desk.choose("#w-why", desk.t.get("word.reason.destroyed")).await;
    desk.press("stk.write_off_go").await;
    desk.sees(".banner.bad").await;
    desk.shot_wide("13-not-so-many").await;
    desk.open("/desk/stock/TEA-1").await;
    desk.fill("#w-many", "2").await;
    desk.choose("#w-why", desk.t.get("word.reason.destroyed")).await;
    desk.press("stk.write_off_go").await;
    desk.says("done.written_off").await;
    assert_eq!(hall.lying("Q-1", "damaged").await, 0);
    desk.open("/desk/ledger?q=TEA-1").await;
    desk.reads(desk.t.get("word.reason.destroyed")).await;
    desk.shot_wide("14-ledger").await;
}
