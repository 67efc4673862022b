//! The network on both engines.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{model::tests::site as sample, roads::tests::square, *};
use crate::{
    event::Event,
    identity::{NewToken, Permission, mint_token, tests as http},
    kernel::{Stop, Time},
    store::{Actor, Db, TEST_START, log, on_both_engines},
};

fn new_site(code: &str) -> NewSite {
    let site = sample(code, "Mo-Su 06:00-24:00");
    NewSite {
        code: site.code,
        name: site.name,
        kind: site.kind,
        coord: site.coord,
        street: site.street,
        time_zone: site.time_zone,
        hours: site.hours,
        lines_per_hour: site.lines_per_hour,
        ship_cost_minor: site.ship_cost_minor,
        cost_per_km_minor: site.cost_per_km_minor,
        service_radius_m: site.service_radius_m,
        area: site.area,
        compartments: 2,
        active: true,
    }
}

async fn make(db: &Db, new: &NewSite) -> Result<Site, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let site = define_site(&mut tx, new).await?;
    let service = NewService { service: SAME_DAY.to_owned(), cutoff_minute: 1200, lead_ms: 2_700_000 };
    put_service(&mut tx, site.id, &service).await?;
    tx.commit().await?;
    Ok(site)
}

async fn facts(db: &Db) -> Vec<Event> {
    log::stamp(db, "test").await.unwrap();
    let mut read = db.read().await.unwrap();
    let facts = log::tail(read.sql(), 0, 100).await.unwrap();
    facts.iter().map(|fact| fact.event().unwrap()).collect()
}

#[tokio::test]
async fn a_site_is_defined_once_and_changed_by_its_code() {
    on_both_engines(async |db, _| {
        let first = make(&db, &new_site("ml")).await.unwrap();
        let second = make(&db, &NewSite { lines_per_hour: 90, ..new_site("ML") }).await.unwrap();
        assert_eq!((second.id, second.lines_per_hour), (first.id, 90));
        let mut read = db.read().await.unwrap();
        assert_eq!(sites(read.sql()).await.unwrap(), std::slice::from_ref(&second));
        assert_eq!(site_by_code(read.sql(), " ml ").await.unwrap(), Some(second));
        drop(read);
        for (field, wrong) in [
            ("code", NewSite { code: "A B".to_owned(), ..new_site("X") }),
            ("time_zone", NewSite { time_zone: "Mars/Olympus".to_owned(), ..new_site("X") }),
            ("lines_per_hour", NewSite { lines_per_hour: -1, ..new_site("X") }),
        ] {
            let stop = make(&db, &wrong).await.unwrap_err();
            let Stop::Refused(refusal) = stop else { panic!("{stop}") };
            assert_eq!((refusal.code(), &refusal.members()["field"]), ("network.invalid", &serde_json::json!(field)));
        }
    })
    .await;
}

#[tokio::test]
async fn a_service_closes_with_a_reason_and_says_so_once() {
    on_both_engines(async |db, _| {
        let site = make(&db, &new_site("ML")).await.unwrap();
        let change = |open, reason: &str| ServiceChange { open, extra_lead_ms: 0, reason: reason.to_owned() };
        let set = async |service: &str, change: &ServiceChange| {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let done = set_service(&mut tx, site.id, service, change).await?;
            tx.commit().await.unwrap();
            Ok::<_, Stop>(done)
        };
        assert_eq!(set(SAME_DAY, &change(false, " ")).await.unwrap_err().code(), Some("network.invalid"));
        assert_eq!(set("drone", &change(false, "wind")).await.unwrap_err().code(), Some("service.unknown"));
        for _ in 0..2 {
            assert!(!set(SAME_DAY, &change(false, "no power")).await.unwrap().open);
        }
        // Importing again does not open what a supervisor closed.
        make(&db, &new_site("ML")).await.unwrap();
        let mut read = db.read().await.unwrap();
        assert!(!services(read.sql(), site.id).await.unwrap()[0].open);
        drop(read);
        set(SAME_DAY, &ServiceChange { open: true, extra_lead_ms: 60_000, reason: "rain".to_owned() }).await.unwrap();
        set(SAME_DAY, &change(true, "")).await.unwrap();
        assert_eq!(facts(&db).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_hour_holds_what_it_holds_however_many_ask() {
    on_both_engines(async |db, _| {
        let site = make(&db, &new_site("ML")).await.unwrap();
        let take = async |lines: i64| {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let until = TEST_START.plus_ms(2 * HOUR_MS);
            let hours = take_capacity(&mut tx, &site, TEST_START, until, lines).await.unwrap();
            tx.commit().await.unwrap();
            hours
        };
        let taken = futures_util::future::join_all((0..6).map(|_| take(25))).await;
        let at = |hour: Time| taken.iter().filter(|taken| **taken == Some(vec![(hour, 25)])).count();
        // 60 lines an hour take two asks of 25 in each of the two hours.
        assert_eq!((at(TEST_START), at(TEST_START.plus_ms(HOUR_MS))), (2, 2), "{taken:?}");
        assert_eq!(taken.iter().filter(|taken| taken.is_none()).count(), 2);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        give_capacity(&mut tx, &site, TEST_START, 25).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(take(25).await, Some(vec![(TEST_START, 25)]));
        // Ten are left in each hour: an order of twenty takes both, one of more neither.
        assert_eq!(take(21).await, None);
        assert_eq!(take(20).await, Some(vec![(TEST_START, 10), (TEST_START.plus_ms(HOUR_MS), 10)]));
        assert_eq!(take(1).await, None);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        // Closed from 24:00 to 06:00 in Shanghai, which is 16:00 to 22:00 UTC.
        let night = TEST_START.plus_ms(7 * HOUR_MS);
        let until = TEST_START.plus_ms(14 * HOUR_MS);
        let hour = take_capacity(&mut tx, &site, night, until, 1).await.unwrap();
        assert_eq!(hour, Some(vec![(TEST_START.plus_ms(13 * HOUR_MS), 1)]));
    })
    .await;
}

#[tokio::test]
async fn compartments_are_taken_once_each() {
    on_both_engines(async |db, _| {
        let site = make(&db, &new_site("PL")).await.unwrap();
        let reserve = async || {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let done = reserve_compartment(&mut tx, site.id).await;
            tx.commit().await.unwrap();
            done.map_err(|stop| stop.code())
        };
        let done = futures_util::future::join_all((0..4).map(|_| reserve())).await;
        assert_eq!(done.iter().filter(|done| **done == Err(Some("pickup.full"))).count(), 2, "{done:?}");
        let smaller = make(&db, &NewSite { compartments: 1, ..new_site("PL") }).await;
        assert_eq!(smaller.unwrap_err().code(), Some("network.invalid"));
        let mut tx = db.begin(Actor::house()).await.unwrap();
        for _ in 0..3 {
            free_compartment(&mut tx, site.id).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        assert_eq!(super::site(read.sql(), site.id).await.unwrap().unwrap().compartments_taken, 0);
    })
    .await;
}

#[tokio::test]
async fn closing_a_road_closes_both_ways_and_is_told_once() {
    on_both_engines(async |db, _| {
        let (nodes, edges) = square();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        put_roads(&mut tx, &nodes, &edges).await.unwrap();
        tx.commit().await.unwrap();
        let travel = async |from: usize, to: usize| {
            let mut read = db.read().await.unwrap();
            let leg = roads(read.sql()).await.unwrap().travel(nodes[from].coord(), nodes[to].coord());
            leg.map(|leg| leg.distance_m)
        };
        assert_eq!((travel(0, 1).await, travel(1, 0).await), (Some(1000), Some(1000)));
        for _ in 0..2 {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            assert!(close_road(&mut tx, 10, "flood").await.unwrap().closed);
            tx.commit().await.unwrap();
        }
        assert_eq!((travel(0, 1).await, travel(1, 0).await), (Some(3000), Some(3000)));
        let mut tx = db.begin(Actor::house()).await.unwrap();
        assert_eq!(close_road(&mut tx, 99, "flood").await.unwrap_err().code(), Some("road.unknown"));
        assert_eq!(close_road(&mut tx, 10, "").await.unwrap_err().code(), Some("network.invalid"));
        slow_road(&mut tx, 16, 500).await.unwrap();
        open_road(&mut tx, 11).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((travel(0, 1).await, travel(1, 0).await), (Some(1000), Some(1000)));
        let told = facts(&db).await;
        let (road, reason) = ("10".to_owned(), "flood".to_owned());
        assert_eq!(told, [Event::RoadClosed { road, reason }, Event::RoadOpened { road: "11".to_owned() }]);
    })
    .await;
}

#[tokio::test]
async fn road_changes_at_the_same_time_build_on_each_other() {
    on_both_engines(async |db, _| {
        let (nodes, edges) = square();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        put_roads(&mut tx, &nodes, &edges).await.unwrap();
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        let start = rows::road_version(read.sql()).await.unwrap();
        drop(read);

        let mut first = db.begin(Actor::house()).await.unwrap();
        slow_road(&mut first, 16, 500).await.unwrap();
        let other = db.clone();
        let second = tokio::spawn(async move {
            let mut second = other.begin(Actor::house()).await.unwrap();
            slow_road(&mut second, 17, 900).await.unwrap();
            second.commit().await.unwrap();
        });
        // Long enough for the second to have read a version, were it let.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(!second.is_finished());
        first.commit().await.unwrap();
        second.await.unwrap();

        let mut read = db.read().await.unwrap();
        let both = traffic::next_version(&traffic::next_version(&start, "slow 16 500"), "slow 17 900");
        assert_eq!(rows::road_version(read.sql()).await.unwrap(), both);
        let now = roads(read.sql()).await.unwrap();
        let slow = |id: i64| now.edges().iter().find(|edge| edge.id == id).unwrap().slow_permille;
        assert_eq!((slow(16), slow(17)), (500, 900));
    })
    .await;
}

#[tokio::test]
async fn both_directions_of_a_road_may_be_closed_at_once() {
    on_both_engines(async |db, _| {
        let (nodes, edges) = square();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        put_roads(&mut tx, &nodes, &edges).await.unwrap();
        tx.commit().await.unwrap();
        let close = async |road: i64| {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            close_road(&mut tx, road, "flood").await.unwrap();
            tx.commit().await.unwrap();
        };
        futures_util::future::join_all([10, 11, 10, 11, 10, 11].map(close)).await;
        assert_eq!(facts(&db).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn roads_that_lead_nowhere_are_refused() {
    on_both_engines(async |db, _| {
        let (nodes, mut edges) = square();
        edges[3].to = 77;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let stop = put_roads(&mut tx, &nodes, &edges).await.unwrap_err();
        let Stop::Refused(refusal) = stop else { panic!("{stop}") };
        assert_eq!(refusal.members()["field"], "edges/3/from");
        drop(tx);
        let mut read = db.read().await.unwrap();
        assert!(roads(read.sql()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn over_http_anyone_looks_and_only_some_change() {
    on_both_engines(async |db, _| {
        let app = || api::routes().split_for_parts().0.with_state(db.clone());
        let (site, other) = (make(&db, &new_site("ML")).await.unwrap(), make(&db, &new_site("EF")).await.unwrap());
        let (nodes, edges) = square();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        put_roads(&mut tx, &nodes, &edges).await.unwrap();
        let mut token = async |permission, site| {
            let permissions = [permission].into();
            let new = NewToken { name: "t".to_owned(), permissions, site, channel: None, expires_at: None };
            format!("Bearer {}", mint_token(&mut tx, new).await.unwrap().1)
        };
        let supervisor = token(Permission::WorkSupervise, Some(site.id)).await;
        let dispatcher = token(Permission::DispatchAct, Some(other.id)).await;
        let reader = token(Permission::OrderRead, None).await;
        tx.commit().await.unwrap();
        let ask = async |method: &str, path: &str, headers: &[(&str, &str)], body: Value| {
            http::send_to(app(), http::call(method, path, headers, &body)).await
        };

        let (status, sites, _) = ask("GET", "/api/v1/sites", &[], Value::Null).await;
        assert_eq!((status, &sites[1]["code"], sites[1].get("house")), (StatusCode::OK, &json!("ML"), None));
        let (_, seen, _) = ask("GET", "/api/v1/sites/ml", &[("authorization", &reader)], Value::Null).await;
        assert_eq!((&seen["house"]["lines_per_hour"], &seen["services"][0]["open"]), (&json!(60), &json!(true)));
        assert_eq!(ask("GET", "/api/v1/sites/nowhere", &[], Value::Null).await.0, StatusCode::NOT_FOUND);

        let change = json!({"open": false, "reason": "no power"});
        let put = async |site: &str| {
            let path = format!("/api/v1/sites/{site}/services/same_day");
            ask("PUT", &path, &[("authorization", &supervisor)], change.clone()).await
        };
        assert_eq!(put("ML").await.1["open"], false);
        assert_eq!(put("EF").await.1["code"], "auth.forbidden");

        let (_, map, response) = ask("GET", "/api/v1/roads.geojson", &[], Value::Null).await;
        // Four two-way sides and the short cut.
        assert_eq!(map["features"].as_array().map(Vec::len), Some(5));
        let etag = response.headers()["etag"].to_str().unwrap().to_owned();
        let again = [("if-none-match", etag.as_str())];
        assert_eq!(ask("GET", "/api/v1/roads.geojson", &again, Value::Null).await.0, StatusCode::NOT_MODIFIED);
        let close = async |bearer: &str, road: &str| {
            let headers = [("authorization", bearer), ("idempotency-key", road)];
            ask("POST", &format!("/api/v1/roads/{road}/close"), &headers, json!({"reason": "flood"})).await
        };
        assert_eq!(close(&supervisor, "10").await.0, StatusCode::FORBIDDEN);
        assert_eq!(close(&dispatcher, "10").await.1["closed"], true);
        assert_eq!(close(&dispatcher, "x").await.0, StatusCode::NOT_FOUND);
        let (status, map, _) = ask("GET", "/api/v1/roads.geojson", &again, Value::Null).await;
        assert_eq!((status, &map["features"][0]["properties"]["closed"]), (StatusCode::OK, &json!(true)));
    })
    .await;
}
