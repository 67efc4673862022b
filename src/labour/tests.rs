//! Steps on both engines: a walk is fair time, a meeting is counted, what was put
//! down is not, and nothing is counted twice.

use serde_json::json;

use super::*;
use crate::{
    catalog::Names,
    event::Event,
    fixtures::{self, House, call, house, token},
    identity::Permission,
    kernel::*,
    network,
    store::{Actor, Db, log, on_both_engines},
    tasks::{self, NewTask, TaskKind, Title},
};

/// A pick task that somebody takes.
async fn taken(db: &Db, house: &House) -> (TaskId, UserId) {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let new = NewTask {
        kind: TaskKind::Pick,
        site: house.site,
        zone: "Z".into(),
        priority: 0,
        due_at: tx.now(),
        subject: "b".into(),
        title: Title::Pick { lines: 2, station: "P-1".into() },
        total: 2,
        ready: true,
    };
    let task = tasks::add(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    (task, fixtures::take(db, task).await)
}

async fn say(db: &Db, who: UserId, event: Event) {
    let mut tx = db.begin(Actor::named(who)).await.unwrap();
    tx.emit(event);
    tx.commit().await.unwrap();
}

/// Three pieces from a bin.
async fn picked(db: &Db, house: &House, who: UserId, bin: &str) {
    let mut tx = db.begin(Actor::named(who)).await.unwrap();
    let (order, line, fulfilment, pick, tote) = (tx.id(), tx.id(), tx.id(), tx.id(), tx.id());
    let (site, sku, quantity, bin) = (house.site, house.tea.id, 3, bin.to_owned());
    tx.emit(Event::LinePicked { order, line, fulfilment, pick, site, sku, quantity, bin, tote });
    tx.commit().await.unwrap();
}

async fn counted(db: &Db) {
    log::stamp(db, "test").await.unwrap();
    let mut seen = 0;
    while follow(db, &mut seen).await.unwrap() > 0 {}
}

async fn all(db: &Db, house: &House) -> Vec<Stint> {
    let mut read = db.read().await.unwrap();
    let span = (Time::from_ms(0), Time::from_ms(i64::MAX));
    let mut steps = steps(read.sql(), house.site, span, &Asked::default(), 100).await.unwrap();
    steps.reverse();
    steps
}

#[tokio::test]
async fn a_walk_is_fair_time_and_nothing_is_counted_twice() {
    on_both_engines(async |db, clock| {
        let house = house(&db).await;
        let (task, who) = taken(&db, &house).await;
        clock.advance_ms(30_000);
        picked(&db, &house, who, "A-1").await;
        clock.advance_ms(60_000);
        picked(&db, &house, who, "A-5").await;
        counted(&db).await;
        clock.advance_ms(50_000);
        say(&db, who, Event::TaskDone { task, kind: "pick".into(), site: house.site }).await;
        counted(&db).await;
        counted(&db).await;
        let steps = all(&db, &house).await;
        let told: Vec<_> =
            steps.iter().map(|one| (one.place.as_str(), one.lines, one.walk_mm, one.spent_ms, one.fair_ms)).collect();
        let expected = [
            // Where he came from is not known.
            ("A-1", 1, 0, 30_000, 8_000 + 9_000 + 4_500),
            ("A-5", 1, 40_000, 60_000, 40_000 + 9_000 + 4_500),
            ("P-1", 0, 50_000, 50_000, 50_000),
        ];
        assert_eq!(told, expected);
        let mut read = db.read().await.unwrap();
        let span = (Time::from_ms(0), Time::from_ms(i64::MAX));
        let people = sums(read.sql(), house.site, span, By::Person).await.unwrap();
        let sum = people[0].1;
        assert_eq!((people.len(), sum.lines, sum.spent_ms, sum.fair_ms), (1, 2, 140_000, 125_000));
        assert_eq!((sum.lines_per_hour(), sum.pace_percent()), (Some(51), Some(89)));
        for sums in
            [sums(read.sql(), house.site, span, By::Zone).await, sums(read.sql(), house.site, span, By::Kind).await]
        {
            assert_eq!(sums.unwrap().iter().map(|(_, one)| *one).fold(Sum::default(), Sum::and), sum);
        }
        assert_eq!(
            by_hour(read.sql(), house.site, span).await.unwrap().iter().map(|(_, one)| one.lines).sum::<i64>(),
            2
        );
    })
    .await;
}

#[tokio::test]
async fn two_in_one_aisle_meet_and_what_was_put_down_is_no_step() {
    on_both_engines(async |db, clock| {
        let house = house(&db).await;
        let (_, ann) = taken(&db, &house).await;
        let (second, ben) = taken(&db, &house).await;
        picked(&db, &house, ann, "A-1").await;
        picked(&db, &house, ann, "A-3").await;
        clock.advance_ms(MEETING_MS - 1);
        picked(&db, &house, ben, "A-2").await;
        clock.advance_ms(MEETING_MS);
        say(
            &db,
            ben,
            Event::TaskSuspended { task: second, kind: "pick".into(), site: house.site, reason: "pause".into() },
        )
        .await;
        picked(&db, &house, ben, "A-3").await;
        counted(&db).await;
        assert_eq!(all(&db, &house).await.len(), 3, "who holds no task takes no step");
        let mut read = db.read().await.unwrap();
        let day = day_of(clock.now(), &jiff::tz::TimeZone::UTC);
        let passed = traffic(read.sql(), house.site, (day - 1, day)).await.unwrap();
        let told: Vec<_> = passed.iter().map(|one| (one.node.as_str(), one.passes, one.visits, one.meets)).collect();
        assert_eq!(told, [("n1", 1, 1, 0), ("n2", 2, 1, 1), ("n3", 1, 1, 0)]);
        drop(read);
        clock.advance_ms((KEPT_DAYS + 1) * 24 * 3_600_000);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        forget_old(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(all(&db, &house).await.is_empty());
    })
    .await;
}

async fn ask(db: &Db, who: &str, what: &str, body: serde_json::Value) -> fixtures::Answer {
    let key = db.dice.ulid(db.clock.now()).to_string();
    call(db, api::routes(), who, what, &key, body).await
}

/// A house at a site that has a code; nothing is drawn there.
async fn at_a_site(db: &Db) -> House {
    let house = house(db).await;
    let new = network::NewSite {
        code: "ml".into(),
        name: Names { en: "Mill Lane".into(), zh: "磨坊".into() },
        kind: network::SiteKind::Forward,
        coord: Coord { lat: 1.0, lon: 1.0 },
        street: String::new(),
        time_zone: "UTC".into(),
        hours: "Mo-Su 06:00-24:00".parse().unwrap(),
        lines_per_hour: 90,
        ship_cost_minor: 0,
        cost_per_km_minor: 0,
        service_radius_m: 0,
        area: Vec::new(),
        compartments: 0,
        active: true,
    };
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let site = network::define_site(&mut tx, &new).await.unwrap().id;
    tx.commit().await.unwrap();
    House { site, ..house }
}

#[tokio::test]
async fn a_site_says_what_is_fair_and_only_who_may_is_told() {
    on_both_engines(async |db, _| {
        let house = at_a_site(&db).await;
        let boss = token(&db, &[Permission::WorkSupervise, Permission::LayoutEdit], Some(house.site)).await;
        let picker = token(&db, &[Permission::WorkDo], Some(house.site)).await;
        let get = async |who: &str, rest: &str| {
            ask(&db, who, &format!("GET /api/v1/sites/ml/labour{rest}"), json!(null)).await
        };
        assert_eq!(get(&picker, "").await.status, 403);
        let body = json!({"pace_mm_s": 900, "task_ms": 0, "line_ms": 5000, "piece_ms": 0});
        let put = async |who: &str, body: &serde_json::Value| {
            ask(&db, who, "PUT /api/v1/sites/ml/labour/standards/pick", body.clone()).await
        };
        assert_eq!(put(&picker, &body).await.status, 403);
        assert_eq!(put(&boss, &body).await.status, 200);
        let wrong = json!({"pace_mm_s": 1, "task_ms": 0, "line_ms": 5000, "piece_ms": 0});
        assert_eq!(put(&boss, &wrong).await.code(), "labour.pace");
        let fair = get(&boss, "/standards").await.json();
        let pick = fair.as_array().unwrap().iter().find(|one| one["kind"] == "pick").unwrap();
        assert_eq!(pick["standard"]["pace_mm_s"], 900);
        let (_, who) = taken(&db, &house).await;
        picked(&db, &house, who, "A-1").await;
        counted(&db).await;
        assert_eq!(get(&boss, "").await.json()["people"][0]["fair_ms"], 5_000);
        assert_eq!(get(&boss, "/steps").await.json()[0]["pieces"], 3);
    })
    .await;
}
