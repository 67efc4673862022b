//! The desks: a supervisor's tasks, cases and dock, customer service at an order,
//! the controller of stock, the director. Each deed is done with mouse or keys and
//! looked up in the books. Deliberately absent: road and floor; see `watch`.

use fantoccini::key::Key;
use serde_json::{Value, json};

use super::{
    Tab,
    hall::{Hall, card},
    keyboard::tab_to,
    within,
};
use crate::journey::{until, work};

/// The task of a kind that a site has, as the API tells it.
async fn task(hall: &Hall, kind: &str) -> Value {
    until(&format!("a {kind} task"), async || {
        let all = hall.all.get("/api/v1/work?site=NG").await;
        let all = all["tasks"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["kind"] == kind && one["state"] != "waiting")
    })
    .await
}

async fn state_of(hall: &Hall, task: &str) -> (String, String) {
    let task = task.parse().unwrap();
    let mut read = hall.house.app.db.read().await.unwrap();
    let found = cartage::tasks::by_id(read.sql(), task).await.unwrap().unwrap();
    (found.state.to_string(), found.assignee.map(|one| one.to_string()).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_moves_work_and_settles_a_case() {
    within(supervisor()).await;
}

async fn supervisor() {
    let hall = Hall::open(30.0).await;
    let kai = hall.house.person("kai", "worker").await;
    let ida = hall.house.person("ida", "worker").await;
    let ids = [kai.get("/api/v1/me").await["id"].clone(), ida.get("/api/v1/me").await["id"].clone()];
    let [kai_id, ida_id] = ids.map(|id| id.as_str().unwrap().to_owned());
    hall.order(2, card()).await;
    let pick = task(&hall, "pick").await["id"].as_str().unwrap().to_owned();
    let mut tab = hall.seat("sven", "supervisor").await;
    tab.says("tsk.lead").await;
    tab.shot_wide("01-tasks").await;
    tab.tap(&format!("a[href='/desk/tasks/{pick}']")).await;
    tab.says("case.give_to").await;
    tab.choose("select[name=person]", "kai").await;
    tab.press("case.give").await;
    tab.says("done.assigned").await;
    assert_eq!(state_of(&hall, &pick).await, ("taken".into(), kai_id));
    tab.shot_wide("02-task-given").await;
    // Taken over by somebody else, while the first one has it.
    tab.choose("select[name=person]", "ida").await;
    tab.press("case.give").await;
    tab.until("the other owner", "document.querySelector('dl.kv dd').innerText === 'ida'").await;
    assert_eq!(state_of(&hall, &pick).await, ("taken".into(), ida_id));
    put_back_by_keys(&hall, &tab, &pick).await;

    let (_, step) = kai.post("/api/v1/work/next", json!({"site": "NG", "kinds": ["pick"]})).await;
    assert_eq!(step["task"]["id"], pick.as_str());
    kai.done(&format!("/api/v1/work/{pick}/problem"), json!({"code": "device"})).await;
    tab.open("/desk/cases").await;
    tab.reads(tab.t.get("choice.device")).await;
    tab.shot_wide("03-cases").await;
    tab.tap("tbody tr a").await;
    tab.press("case.take").await;
    tab.until("the owner", "document.querySelector('#own + *, .rail b')?.innerText === 'sven'").await;
    tab.fill(".say-more input[name=note]", "Handheld 14").await;
    tab.press("case.say").await;
    tab.reads("Handheld 14").await;
    tab.shot_wide("04-case").await;
    let case = tab.path().await.rsplit('/').next().unwrap().to_owned();
    tab.choose("select[name=owner]", "sven").await;
    tab.tap("input[value=reassigned] + span").await;
    tab.press("case.close").await;
    tab.sees(".banner.ok").await;
    let seen = hall.all.get(&format!("/api/v1/cases/{case}")).await;
    assert_eq!((&seen["state"], &seen["resolution"]), (&json!("closed"), &json!("reassigned")), "{seen}");
    tab.night().await;
    tab.shot("05-case-closed-night").await;
    tab.open("/desk/tasks").await;
    tab.shot("06-tasks-night").await;
    tab.day().await;
    for (page, name) in
        [("/desk/printing", "07-printing"), ("/desk/services", "08-services"), ("/desk/decisions", "09-decisions")]
    {
        tab.open(page).await;
        tab.shot_wide(name).await;
    }
    hall.close(vec![tab]).await;
}

/// A whole deed without a mouse: from the list to the task, back into the queue.
async fn put_back_by_keys(hall: &Hall, tab: &Tab, pick: &str) {
    tab.open("/desk/tasks").await;
    tab.says("tsk.lead").await;
    tab.key(Key::Tab).await;
    assert_eq!(tab.js("document.activeElement.hash").await, "#main", "the first stroke offers to skip the top");
    tab.keys("j").await;
    tab.sees("tr.cur").await;
    tab.key(Key::Enter).await;
    tab_to(tab, "input[name=reason]").await;
    tab.keys("battery").await;
    tab.key(Key::Enter).await;
    tab.says("done.put_down").await;
    assert_eq!(state_of(hall, pick).await, ("ready".into(), String::new()));
    let facts = hall.all.get("/api/v1/events?after=0&limit=1000").await;
    let told = facts["items"].as_array().unwrap().iter().any(|one| one["kind"] == "task.suspended");
    assert!(told, "who took it away is a fact");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customer_service_mends_orders_on_one_screen() {
    within(service()).await;
}

async fn service() {
    let hall = Hall::open(30.0).await;
    let (first, number) = hall.order(3, card()).await;
    let mut tab = hall.seat("ines", "customer_service").await;
    tab.says("ord.lead").await;
    tab.shot_wide("01-orders").await;
    tab.tap(&format!("a[href*='{first}'], a[href*='{number}']")).await;
    tab.reads("A*** L***").await;
    tab.shot_wide("02-order").await;
    tab.press("ord.show").await;
    tab.reads("Ann Lee").await;
    tab.reads("13812345678").await;
    tab.shot("03-contact-shown").await;
    tab.client.refresh().await.unwrap();
    tab.reads("A*** L***").await;

    tab.tap("[data-open=address]").await;
    tab.fill("#a-line", "1 Nowhere").await;
    tab.press("ord.address_go").await;
    tab.sees(".banner.bad").await;
    tab.shot("04-address-unknown").await;
    tab.tap("[data-open=address]").await;
    tab.fill("#a-line", "5 River Road, flat 2").await;
    tab.shot("05-address").await;
    tab.press("ord.address_go").await;
    tab.says("done.moved").await;
    let seen = hall.all.get(&format!("/api/v1/orders/{first}")).await;
    // River Road leads along the meridian of its two ends.
    assert_eq!(seen["lon"], 123.41, "{seen}");

    tab.tap("[data-open=cancel]").await;
    tab.fill("dialog#cancel input.few", "1").await;
    tab.fill("#cancel-why", "one is enough").await;
    tab.shot("06-cancel").await;
    tab.press("ord.cancel_go").await;
    tab.says("done.cancelled").await;
    let seen = hall.all.get(&format!("/api/v1/orders/{first}")).await;
    assert_eq!(seen["lines"][0]["cancelled"], 1);
    tab.shot_wide("07-one-cancelled").await;

    declined_and_paid(&hall, &mut tab).await;
    printed_again(&hall, &mut tab, &first).await;
    doubted_and_resumed(&hall, &mut tab).await;
    for (page, name) in
        [("/desk/events", "11-events"), ("/desk/find?q=tea", "12-find"), ("/desk/orders?q=ZZZZ", "13-no-orders")]
    {
        tab.open(page).await;
        tab.shot_wide(name).await;
    }
    hall.close(vec![tab]).await;
}

/// A card that was declined is tried again from the desk, and the order goes on.
async fn declined_and_paid(hall: &Hall, tab: &mut Tab) {
    let (id, _) = hall.order(1, json!({"method": "test_card", "card": "declined"})).await;
    tab.open(&format!("/desk/orders/{id}")).await;
    tab.sees(&format!("form[action='/desk/orders/{id}/pay']")).await;
    tab.shot_wide("08-declined").await;
    tab.press("ord.pay").await;
    tab.says("done.paid").await;
    let seen = hall.all.get(&format!("/api/v1/orders/{id}")).await;
    assert_eq!((&seen["payment"], &seen["state"]), (&json!("authorised"), &json!("accepted")), "{seen}");
}

/// An order whose address is doubtful waits for a person, who lets it go on.
async fn doubted_and_resumed(hall: &Hall, tab: &mut Tab) {
    let mut wanted = crate::journey::order(1);
    wanted["address"]["confidence"] = json!(10);
    let id = hall.all.done("/api/v1/orders", wanted).await["id"].as_str().unwrap().to_owned();
    tab.open(&format!("/desk/orders/{id}")).await;
    tab.says("word.reason.the_address_is_doubtful").await;
    tab.shot_wide("10-on-hold").await;
    tab.press("ord.resume").await;
    tab.says("done.resumed").await;
    let seen = hall.all.get(&format!("/api/v1/orders/{id}")).await;
    assert_eq!((&seen["state"], &seen["hold_reason"]), (&json!("accepted"), &json!(null)), "{seen}");
    let fact = until("the fact", async || {
        let facts = hall.all.get("/api/v1/events?after=0&limit=1000").await;
        facts["items"].as_array()?.iter().any(|one| one["kind"] == "order.resumed").then_some(())
    });
    fact.await;
}

/// The label of a packed parcel is printed once more, under its own number.
async fn printed_again(hall: &Hall, tab: &mut Tab, order: &str) {
    let worker = hall.house.person("wang", "worker").await;
    work(&worker, "pick").await;
    work(&worker, "pack").await;
    let jobs = async || {
        let mut read = hall.house.app.db.read().await.unwrap();
        let parcels = cartage::transport::parcels_of_order(read.sql(), order.parse().unwrap()).await.unwrap();
        let Some(parcel) = parcels.first() else { return Vec::new() };
        let found = cartage::printing::by_subject(read.sql(), &parcel.id.to_string()).await.unwrap();
        found.into_iter().map(|job| (job.id, job.state.to_string())).collect::<Vec<_>>()
    };
    let before = until("the label", async || Some(jobs().await).filter(|all| !all.is_empty())).await;
    for (job, _) in before.iter().filter(|(_, state)| state != "done") {
        hall.all.done(&format!("/api/v1/prints/{job}/done"), json!({})).await;
    }
    tab.open(&format!("/desk/orders/{order}")).await;
    tab.press("ord.reprint").await;
    tab.says("done.reprinted").await;
    let after = jobs().await;
    assert_eq!(after.len(), before.len(), "the same job, the same number: {after:?}");
    assert!(after.iter().any(|(_, state)| state == "queued"), "{after:?}");
    tab.shot_wide("09-reprinted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_and_the_board_tell_what_is_so() {
    within(stock_and_board()).await;
}

async fn stock_and_board() {
    let hall = Hall::open(30.0).await;
    hall.lay("A-1", 4).await;
    hall.order(2, card()).await;
    let mut tab = hall.seat("ravi", "inventory").await;
    tab.says("stk.lead").await;
    tab.shot_wide("01-stock").await;
    tab.tap("tbody tr a").await;
    tab.says("stk.by_place").await;
    tab.shot_wide("02-article").await;
    for (page, name) in [("/desk/ledger", "03-ledger"), ("/desk/inbound", "04-inbound"), ("/desk/cases", "05-cases")] {
        tab.open(page).await;
        tab.shot_wide(name).await;
    }
    let mut board = hall.seat("dana", "director").await;
    board.says("board.title").await;
    board.shot_wide("01-board").await;
    board.open("/desk/board?days=7").await;
    board.night().await;
    board.shot("02-board-night").await;
    hall.close(vec![tab, board]).await;
}
