//! Those who watch things move: a dispatcher with map and board, a technician with
//! the floor. Deliberately absent: what moves by itself.

use serde_json::json;

use super::{
    Tab,
    hall::{Hall, card},
    within,
};
use crate::journey::{until, work};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatcher_gives_a_load_takes_it_back_and_sees_why() {
    within(dispatcher()).await;
}

async fn dispatcher() {
    let hall = Hall::open(20.0).await;
    let mut tab = hall.seat("nora", "dispatcher").await;
    tab.sees("#map canvas").await;
    tab.shot_wide("01-nothing-yet").await;
    let worker = hall.house.person("wang", "worker").await;
    let ada = hall.house.person("ada", "rider").await;
    hall.order(2, card()).await;
    work(&worker, "pick").await;
    work(&worker, "pack").await;
    tab.open("/dispatch").await;
    tab.sees(".job").await;
    tab.shot_wide("02-a-parcel-waits").await;
    // Nobody is on shift: a plan is made, and the parcel waits on with its reason.
    tab.press_text(&tab.t.put("disp.plan_now", "North Gate")).await;
    tab.says("done.planned").await;
    ada.done("/api/v1/rider/shift", json!({"on": true, "lat": 30.1, "lon": 123.4, "site": "NG"})).await;
    // The board looks for news by itself.
    tab.sees(".lane").await;
    tab.tap(".lane a").await;
    tab.sees("#side .stops").await;
    tab.sees("#side select[name=driver]").await;
    tab.shot("03-load-offered").await;
    let load = tab.attribute(".lane", "data-load").await;
    tab.choose("#side select[name=driver]", "ada").await;
    tab.press("disp.assign").await;
    tab.says("done.assigned").await;
    let seen = hall.all.get(&format!("/api/v1/loads/{load}")).await;
    let me = ada.get("/api/v1/me").await;
    assert_eq!((&seen["driver"], &seen["state"]), (&me["id"], &json!("assigned")), "{seen}");
    tab.shot_wide("04-load-given").await;
    why(&mut tab).await;
    tab.open(&format!("/dispatch?load={load}")).await;
    tab.press("disp.unassign").await;
    tab.says("done.unassigned").await;
    let seen = hall.all.get(&format!("/api/v1/loads/{load}")).await;
    assert_ne!(seen["driver"], me["id"], "{seen}");
    tab.night().await;
    tab.open(&format!("/dispatch?load={load}")).await;
    tab.sees("#map canvas").await;
    tab.shot("06-night").await;
    tab.day().await;
    close_a_road(&hall, &mut tab).await;
    hall.close(vec![tab]).await;
}

/// Why this rider stands in the panel; why this route opens beside the page.
async fn why(tab: &mut Tab) {
    tab.sees("#side .dec h2, #side .dec h3").await;
    let more = tab.js("document.querySelectorAll('#side ul.dec [data-why]').length").await;
    assert!(more.as_u64().unwrap() > 0, "the route has a reason as well");
    tab.tap("#side ul.dec [data-why]").await;
    tab.until(
        "the reason",
        "document.querySelector('#panel').open && document.querySelector('#panel').innerText.length > 40",
    )
    .await;
    tab.shot("05-why-this-route").await;
    tab.tap("#panel [data-shut]").await;
    tab.until("the page alone", "!document.querySelector('#panel').open").await;
}

async fn close_a_road(hall: &Hall, tab: &mut Tab) {
    tab.open("/dispatch/roads").await;
    tab.shot_wide("07-roads").await;
    tab.press_text("River Road").await;
    tab.fill("input[name=reason]", "flood").await;
    tab.press("disp.close_road").await;
    tab.says("done.closed").await;
    tab.shot_wide("08-road-closed").await;
    let roads = hall.all.looks("/api/v1/roads.geojson").await.text;
    assert!(roads.contains("\"reason\":\"flood\""), "{roads}");
    tab.open("/dispatch").await;
    tab.sees(".shut-mark").await;
    tab.shot("09-map-with-closed-road").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_sees_work_against_fair_time_and_what_it_is_made_of() {
    within(fair()).await;
}

async fn fair() {
    let hall = Hall::open(20.0).await;
    let worker = hall.house.person("wang", "worker").await;
    let mut tab = hall.seat("sven", "supervisor").await;
    tab.open("/desk/labour").await;
    tab.says("lab.none").await;
    hall.order(2, card()).await;
    work(&worker, "pick").await;
    work(&worker, "pack").await;
    let done = until("two kinds of work", async || {
        let seen = hall.all.get("/api/v1/sites/NG/labour").await;
        (seen["kinds"].as_array()?.len() >= 2).then_some(seen)
    })
    .await;
    assert!(done["people"][0]["fair_ms"].as_i64().unwrap() > 0, "{done}");
    tab.open("/desk/labour").await;
    tab.reads("wang").await;
    tab.sees("svg.heat circle").await;
    tab.shot_wide("10-labour").await;
    tab.press_text("wang").await;
    tab.says("lab.steps_lead").await;
    tab.reads("M01-1").await;
    tab.shot_wide("11-labour-steps").await;
    hall.close(vec![tab]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_technician_locks_a_vehicle_out_and_gives_it_back() {
    within(technician()).await;
}

async fn technician() {
    let hall = Hall::open(20.0).await;
    let mut tab = hall.seat("tess", "technician").await;
    tab.sees("#floor canvas, #floor svg").await;
    tab.reads("agv-1").await;
    until("the vehicle to be heard", async || {
        let fleet = hall.all.get("/api/v1/sites/NG/fleet").await;
        (!fleet["vehicles"].as_array()?.is_empty()).then_some(())
    })
    .await;
    tab.client.refresh().await.unwrap();
    tab.shot_wide("01-floor").await;
    tab.tap(".flt a").await;
    tab.sees("#side form").await;
    tab.shot("02-vehicle").await;
    tab.fill("#side input[name=reason]", "wheel squeaks").await;
    tab.press("floor.lock").await;
    tab.says("done.locked").await;
    let fleet = hall.all.get("/api/v1/sites/NG/fleet").await;
    assert_eq!(
        (&fleet["lockouts"][0]["vehicle"], &fleet["lockouts"][0]["reason"]),
        (&json!("agv-1"), &json!("wheel squeaks"))
    );
    tab.shot_wide("03-locked").await;
    // Work that needs it waits, and goes on when it is back.
    hall.order(2, card()).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let mission = hall.all.get("/api/v1/sites/NG/fleet").await["missions"][0].clone();
    assert!(mission["vehicle"].is_null(), "a vehicle that is locked out gets no work: {mission}");
    tab.fill("#side input[name=reason]", "oiled").await;
    tab.press("floor.release").await;
    tab.says("done.released").await;
    assert_eq!(hall.all.get("/api/v1/sites/NG/fleet").await["lockouts"], json!([]));
    let worker = hall.house.person("wang", "worker").await;
    until("the shelf at its station", async || {
        let fleet = hall.all.get("/api/v1/sites/NG/fleet").await;
        (fleet["missions"][0]["state"] == "waiting").then_some(())
    })
    .await;
    tab.open("/floor/NG?vehicle=agv-1").await;
    tab.shot_wide("04-at-the-station").await;
    work(&worker, "pick").await;
    tab.tap("summary:not(.who):not(header summary)").await;
    tab.fill("details input[name=from]", "A1").await;
    tab.fill("details input[name=to]", "A2").await;
    tab.fill("details input[name=reason]", "broken pallet").await;
    tab.tap("form[action$='/ways/close'] button").await;
    tab.says("done.way_closed").await;
    tab.shot_wide("05-way-closed").await;
    tab.press("floor.open_edge").await;
    tab.says("done.way_opened").await;
    tab.night().await;
    tab.shot("06-night").await;
    hall.close(vec![tab]).await;
}
