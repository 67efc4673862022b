//! Transport on both engines: verbs, refusals, repeats and races.

use super::{testkit::*, *};
use crate::{
    decisions,
    event::{Chore, Event},
    kernel::*,
    network::{RoadEdge, RoadNode, close_road, put_roads},
    store::{Db, claim, on_both_engines},
};

fn code<T: std::fmt::Debug>(result: Result<T, Stop>) -> &'static str {
    result.unwrap_err().code().expect("a refusal, not a fault")
}

async fn chores(db: &Db, chore: Chore) -> Vec<String> {
    let mut read = db.read().await.unwrap();
    let far = db.clock.now().plus_ms(30 * 24 * 3_600_000);
    let due = claim::due(read.sql(), far, 100).await.unwrap();
    due.into_iter().filter(|due| due.chore == chore).map(|due| due.subject).collect()
}

#[tokio::test]
async fn a_parcel_is_accepted_once() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let new = new_parcel(&db, site, 1, at(500.0, 0.0)).await;
        let first = stage(&db, new.clone()).await;
        let again = act(&db, async |tx| accept(tx, new.clone()).await).await.unwrap();
        assert_eq!(first, again);
        assert!(pin_matches(&first, " 1001 ") && !pin_matches(&first, "1002"));
        assert_eq!(chores(&db, Chore::PlanLoads).await, [site.to_string()]);
        let other = NewParcel { id: ParcelId::new(ulid::Ulid::from_parts(1, 1)), ..new.clone() };
        assert_eq!(code(act(&db, async |tx| accept(tx, other).await).await), "parcel.label_taken");
        let mut wrong = new_parcel(&db, site, 2, at(500.0, 0.0)).await;
        wrong.weight_g = 0;
        assert_eq!(code(act(&db, async |tx| accept(tx, wrong).await).await), "parcel.invalid");
        let mut wrong = new_parcel(&db, site, 3, at(500.0, 0.0)).await;
        wrong.mode = Mode::PickupPoint;
        assert_eq!(code(act(&db, async |tx| accept(tx, wrong).await).await), "parcel.invalid");
    })
    .await;
}

#[tokio::test]
async fn a_carton_packed_anew_is_a_parcel_again() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let driver = van(&db, site, "VAN-1").await;
        let new = new_parcel(&db, site, 1, at(500.0, 0.0)).await;
        let id = stage(&db, new.clone()).await.id;
        act(&db, async |tx| withdraw(tx, id, "reopened").await).await.unwrap();
        assert_eq!(stage(&db, new.clone()).await.state, ParcelState::Cancelled, "the old label stays void");
        let again = NewParcel { sscc: label(77), weight_g: 1_500, ..new.clone() };
        assert_eq!(stage(&db, again.clone()).await.state, ParcelState::Staged);
        assert_eq!(parcel(&db, id).await.weight_g, 1_500);
        // Also when it had been scanned in, and was pulled out for that.
        let load_id = plan(&db, site, &[]).await.unwrap().loads[0];
        act(&db, async |tx| scan_in(tx, load_id, &label(77), Acting::Driver(driver)).await).await.unwrap();
        act(&db, async |tx| withdraw(tx, id, "reopened").await).await.unwrap();
        let third = NewParcel { sscc: label(78), ..new.clone() };
        assert_eq!(stage(&db, third).await.load, None);
        assert_eq!(load(&db, load_id).await.state, LoadState::Cancelled);
        let load_id = plan(&db, site, &[]).await.unwrap().loads[0];
        send_off(&db, load_id).await;
        let late = NewParcel { sscc: label(79), ..new };
        assert_eq!(code(act(&db, async |tx| accept(tx, late).await).await), "parcel.wrong_state");
    })
    .await;
}

#[tokio::test]
async fn a_van_takes_what_is_staged_and_leaves_with_what_was_scanned() {
    on_both_engines(async |db, clock| {
        let site = depot(&db).await;
        let driver = van(&db, site, "VAN-1").await;
        let near = stage(&db, new_parcel(&db, site, 1, at(800.0, 0.0)).await).await;
        let twin = NewParcel { order: near.order, ..new_parcel(&db, site, 2, at(800.0, 0.0)).await };
        let twin = stage(&db, twin).await;
        let far = stage(&db, new_parcel(&db, site, 3, at(2500.0, 900.0)).await).await;
        let planned = plan(&db, site, &[]).await.unwrap();
        let [id] = planned.loads[..] else { panic!("one load, not {planned:?}") };
        assert!(planned.left.is_empty());
        let (made, route) = (load(&db, id).await, stops(&db, id).await);
        assert_eq!((made.state, made.driver, made.by), (LoadState::Assigned, Some(driver), CarriedBy::Vehicle));
        assert_eq!((made.weight_g, route.len()), (6_000, 2), "one halt for the two parcels of one order");
        assert!(route[0].eta > clock.now() && route[1].eta > route[0].eta && made.back_ms > 0);
        assert_eq!(parcel(&db, near.id).await.stop, parcel(&db, twin.id).await.stop);
        let mut read = db.read().await.unwrap();
        let why = decisions::by_id(read.sql(), made.decision.unwrap()).await.unwrap().unwrap();
        drop(read);
        assert_eq!((why.chosen.as_str(), why.subject), ("VAN-1", id.to_string()));
        let halts = why.inputs["stops"].as_array().unwrap();
        assert!(halts.len() == 2 && halts.iter().all(|halt| halt["saved_without"].as_i64() > Some(0)), "{halts:?}");
        // Planned once: a second run finds nothing to do.
        assert_eq!(plan(&db, site, &[]).await.unwrap(), Planned::default());

        let mine = Acting::Driver(driver);
        let stranger = Acting::Driver(UserId::new(ulid::Ulid::nil()));
        let scan = async |parcel: &Parcel, who| {
            let sscc = parcel.sscc.clone();
            act(&db, async move |tx| scan_in(tx, id, &sscc, who).await).await
        };
        let go = async |leave| act(&db, async move |tx| depart(tx, id, leave, mine).await).await;
        assert_eq!(code(scan(&near, stranger).await), "load.not_yours");
        assert_eq!(code(go(false).await), "load.empty");
        assert_eq!(scan(&near, mine).await.unwrap().state, ParcelState::Loaded);
        assert_eq!(scan(&near, mine).await.unwrap().state, ParcelState::Loaded);
        let foreign = stage(&db, new_parcel(&db, site, 4, at(100.0, 0.0)).await).await;
        assert_eq!(code(scan(&foreign, mine).await), "parcel.not_on_load");
        assert_eq!(code(act(&db, async |tx| scan_in(tx, id, "nonsense", mine).await).await), "parcel.unknown");
        scan(&twin, mine).await.unwrap();
        assert_eq!(code(go(false).await), "load.incomplete");
        assert_eq!(go(true).await.unwrap().state, LoadState::Out);
        assert_eq!(go(true).await.unwrap().state, LoadState::Out, "twice is as once");
        assert_eq!(parcel(&db, far.id).await.state, ParcelState::Staged, "left behind");
        assert_eq!(parcel(&db, near.id).await.state, ParcelState::Out);
        let open: Vec<_> = stops(&db, id).await.into_iter().filter(|stop| stop.state.is_open()).collect();
        assert_eq!(open.len(), 1);
        assert_eq!((count(&db, "load.departed").await, count(&db, "parcel.out_for_delivery").await), (1, 2));
        assert_eq!((count(&db, "load.planned").await, count(&db, "load.assigned").await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn without_a_carrier_parcels_wait_and_say_why() {
    on_both_engines(async |db, clock| {
        let site = depot(&db).await;
        let small = stage(&db, new_parcel(&db, site, 1, at(900.0, 0.0)).await).await;
        let left = plan(&db, site, &[]).await.unwrap().left;
        assert_eq!(left, [(small.id, "no_carrier".to_owned())]);
        assert_eq!(count(&db, "parcel.unserved").await, 0, "there is time yet");
        clock.advance_ms(3 * 3_600_000 - plan::ALARM_MS + 1);
        for _ in 0..2 {
            assert_eq!(plan(&db, site, &[]).await.unwrap().left[0].1, "no_carrier_late");
        }
        assert_eq!(count(&db, "parcel.unserved").await, 1, "stated once");
        // A rider comes: the load awaits him.
        let planned = plan(&db, site, &[rider_capacity()]).await.unwrap();
        let made = load(&db, planned.loads[0]).await;
        assert_eq!((made.state, made.by), (LoadState::Planned, CarriedBy::Rider));
        assert_eq!(chores(&db, Chore::OfferLoad).await, [made.id.to_string()]);
        // Too heavy for a rider, and for any van.
        van(&db, site, "VAN-1").await;
        let heavy = NewParcel { weight_g: 600_000, ..new_parcel(&db, site, 2, at(900.0, 0.0)).await };
        let heavy = stage(&db, heavy).await;
        let left = plan(&db, site, &[rider_capacity()]).await.unwrap().left;
        assert_eq!(left, [(heavy.id, "no_vehicle_fits".to_owned())]);
        assert_eq!(count(&db, "parcel.unserved").await, 2);
    })
    .await;
}

#[tokio::test]
async fn windows_are_waited_for_kept_or_late() {
    on_both_engines(async |db, clock| {
        let site = depot(&db).await;
        van(&db, site, "VAN-1").await;
        let now = clock.now();
        let window = |from_min: i64, to_min: i64| Some((now.plus_ms(from_min * 60_000), now.plus_ms(to_min * 60_000)));
        let early = NewParcel { window: window(300, 420), ..new_parcel(&db, site, 1, at(900.0, 0.0)).await };
        let early = stage(&db, early).await;
        assert_eq!(plan(&db, site, &[]).await.unwrap(), Planned::default());
        assert_eq!(parcel(&db, early.id).await.state, ParcelState::Staged);
        let soon = NewParcel { window: window(30, 150), ..new_parcel(&db, site, 2, at(900.0, 0.0)).await };
        let soon = stage(&db, soon).await;
        let past = NewParcel { window: window(-60, -5), ..new_parcel(&db, site, 3, at(0.0, 900.0)).await };
        let past = stage(&db, past).await;
        let planned = plan(&db, site, &[]).await.unwrap();
        assert_eq!(planned.loads.len(), 1);
        let route = stops(&db, planned.loads[0]).await;
        assert_eq!(Some(route[0].id), parcel(&db, past.id).await.stop, "the late one first");
        assert_eq!(Some(route[1].id), parcel(&db, soon.id).await.stop);
    })
    .await;
}

/// One parcel on a van's route, and the load.
async fn on_a_van(db: &Db, coord: Coord) -> (SiteId, Parcel, LoadId) {
    let site = depot(db).await;
    van(db, site, "VAN-1").await;
    let staged = stage(db, new_parcel(db, site, 1, coord).await).await;
    let planned = plan(db, site, &[]).await.unwrap();
    (site, staged, planned.loads[0])
}

fn place(coord: Coord, due: Time) -> NewPlace {
    NewPlace { address: None, coord, window: None, due, pickup: None }
}

#[tokio::test]
async fn a_new_address_keeps_the_route_leaves_it_or_calls_back() {
    on_both_engines(async |db, _| {
        let (site, old, id) = on_a_van(&db, at(2000.0, 0.0)).await;
        let second = stage(&db, new_parcel(&db, site, 2, at(0.0, 2000.0)).await).await;
        let change = async |parcel: ParcelId, to: Coord| {
            let place = place(to, old.due);
            act(&db, async move |tx| change_destination(tx, parcel, &place).await).await
        };
        // Staged: as if it had always been so.
        assert_eq!(change(second.id, at(0.0, 2100.0)).await.unwrap(), Change::SameRoute);
        // Planned, near: the stop moves. Far: another route.
        assert_eq!(change(old.id, at(2100.0, 100.0)).await.unwrap(), Change::SameRoute);
        let moved = parcel(&db, old.id).await;
        assert_eq!((moved.state, moved.coord), (ParcelState::Planned, at(2100.0, 100.0)));
        assert_eq!(stops(&db, id).await[0].coord, at(2100.0, 100.0));
        let far = place(at(-9000.0, 0.0), old.due);
        let mut read = db.read().await.unwrap();
        let quote = quote_change(read.sql(), old.id, &far).await.unwrap();
        drop(read);
        assert!(quote.change == Change::NewRoute && quote.detour_m > change::MOST_DETOUR_M);
        assert_eq!(parcel(&db, old.id).await.coord, at(2100.0, 100.0), "a quote changes nothing");
        assert_eq!(change(old.id, at(-9000.0, 0.0)).await.unwrap(), Change::NewRoute);
        assert_eq!(parcel(&db, old.id).await.state, ParcelState::Staged);
        assert_eq!(load(&db, id).await.state, LoadState::Cancelled, "nothing was left on it");

        // Under way, far: called back, scanned in, and out again to the new door.
        let planned = plan(&db, site, &[]).await.unwrap();
        let id = parcel(&db, old.id).await.load.unwrap();
        assert!(planned.loads.contains(&id));
        send_off(&db, id).await;
        assert_eq!(change(old.id, at(9000.0, 0.0)).await.unwrap(), Change::Intercept);
        assert_eq!(parcel(&db, old.id).await.state, ParcelState::Recalled);
        let back = async || {
            let sscc = old.sscc.clone();
            act(&db, async move |tx| bring_back(tx, id, &sscc, Acting::Dispatcher).await).await
        };
        assert_eq!(back().await.unwrap().state, ParcelState::Staged);
        assert_eq!(count(&db, "return.received").await, 0, "it goes out again");
        assert_eq!(parcel(&db, old.id).await.coord, at(9000.0, 0.0));

        // The driver stands at the door of the other one.
        let stop = parcel(&db, second.id).await.stop.unwrap();
        act(&db, async |tx| arrive(tx, stop, Acting::Dispatcher).await).await.unwrap();
        assert_eq!(code(change(second.id, at(0.0, 1900.0)).await), "change.too_late");
        assert_eq!(code(act(&db, async |tx| withdraw(tx, second.id, "cancelled").await).await), "change.too_late");
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_parcel_is_put_back_taken_out_or_intercepted() {
    on_both_engines(async |db, _| {
        let (site, first, id) = on_a_van(&db, at(2000.0, 0.0)).await;
        let gone = async |parcel: ParcelId| act(&db, async move |tx| withdraw(tx, parcel, "cancelled").await).await;
        let staged = stage(&db, new_parcel(&db, site, 2, at(100.0, 0.0)).await).await;
        assert_eq!(gone(staged.id).await.unwrap(), Withdrawn::AtSite);
        assert_eq!(gone(staged.id).await.unwrap(), Withdrawn::AtSite, "twice is as once");
        // Scanned in: the driver has to take it out before he may leave.
        act(&db, async |tx| scan_in(tx, id, &first.sscc, Acting::Dispatcher).await).await.unwrap();
        assert_eq!(gone(first.id).await.unwrap(), Withdrawn::TakeOut);
        let go = async |id| act(&db, async move |tx| depart(tx, id, false, Acting::Dispatcher).await).await;
        assert_eq!(code(go(id).await), "load.take_out");
        let out = act(&db, async |tx| bring_back(tx, id, &first.sscc, Acting::Dispatcher).await).await.unwrap();
        assert_eq!(out.state, ParcelState::Cancelled);
        assert_eq!(load(&db, id).await.state, LoadState::Cancelled);
        assert_eq!(count(&db, "return.received").await, 0, "its goods never left");

        // Under way: it comes back, and only then the load is finished.
        let third = stage(&db, new_parcel(&db, site, 3, at(2000.0, 0.0)).await).await;
        let id = plan(&db, site, &[]).await.unwrap().loads[0];
        send_off(&db, id).await;
        assert_eq!(gone(third.id).await.unwrap(), Withdrawn::Intercepted);
        assert!(stops(&db, id).await.iter().all(|stop| stop.state == StopState::Cancelled));
        assert_eq!(load(&db, id).await.state, LoadState::Out, "one parcel is aboard");
        for _ in 0..2 {
            let back = act(&db, async |tx| bring_back(tx, id, &third.sscc, Acting::Dispatcher).await).await;
            assert_eq!(back.unwrap().state, ParcelState::Returned);
        }
        assert_eq!(load(&db, id).await.state, LoadState::Finished);
        let tally = (count(&db, "parcel.returning").await, count(&db, "return.received").await);
        assert_eq!((tally, count(&db, "load.finished").await), ((1, 1), 1));
    })
    .await;
}

#[tokio::test]
async fn a_parcel_that_changed_meanwhile_is_not_planned() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let seen = stage(&db, new_parcel(&db, site, 1, at(500.0, 0.0)).await).await;
        let elsewhere = place(at(0.0, 500.0), seen.due);
        act(&db, async |tx| change_destination(tx, seen.id, &elsewhere).await).await.unwrap();
        let taken = act(&db, async |tx| {
            let (load, stop) = (tx.id(), tx.id());
            Ok(rows::take_parcel(tx.sql(), &seen, load, stop).await?)
        });
        assert!(!taken.await.unwrap());
        assert_eq!(parcel(&db, seen.id).await.state, ParcelState::Staged);
    })
    .await;
}

#[tokio::test]
async fn a_load_nobody_wants_is_taken_apart_for_a_van() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let staged = stage(&db, new_parcel(&db, site, 1, at(500.0, 0.0)).await).await;
        let id = plan(&db, site, &[rider_capacity()]).await.unwrap().loads[0];
        for _ in 0..2 {
            act(&db, async |tx| dissolve(tx, id, true).await).await.unwrap();
        }
        assert_eq!(load(&db, id).await.state, LoadState::Cancelled);
        let again = parcel(&db, staged.id).await;
        assert!(again.van_only && again.state == ParcelState::Staged);
        assert!(plan(&db, site, &[rider_capacity()]).await.unwrap().loads.is_empty());
        van(&db, site, "VAN-1").await;
        let id = plan(&db, site, &[rider_capacity()]).await.unwrap().loads[0];
        assert_eq!(load(&db, id).await.by, CarriedBy::Vehicle);
    })
    .await;
}

/// A square of roads with the warehouse in one corner and a slow diagonal.
async fn square(db: &Db) {
    let corners = [at(0.0, 0.0), at(3000.0, 0.0), at(3000.0, 3000.0), at(0.0, 3000.0)];
    let nodes: Vec<RoadNode> =
        (1..).zip(corners).map(|(id, coord)| RoadNode { id, lat: coord.lat, lon: coord.lon }).collect();
    let edge = |id: i64, from: i64, to: i64| RoadEdge {
        id,
        from,
        to,
        length_m: 3000,
        speed_kmh: if id > 10 { 20 } else { 40 },
        class: "primary".to_owned(),
        name: "Ring".to_owned(),
        name_zh: "环路".to_owned(),
        closed: false,
        reason: String::new(),
        slow_permille: 0,
    };
    let edges = [
        edge(1, 1, 2),
        edge(2, 2, 1),
        edge(3, 2, 3),
        edge(4, 3, 2),
        edge(11, 3, 4),
        edge(12, 4, 3),
        edge(13, 4, 1),
        edge(14, 1, 4),
    ];
    act(db, async |tx| put_roads(tx, &nodes, &edges).await).await.unwrap();
}

#[tokio::test]
async fn closing_a_road_sends_what_is_under_way_around() {
    on_both_engines(async |db, _| {
        square(&db).await;
        let (_, _, id) = on_a_van(&db, at(3000.0, 3000.0)).await;
        send_off(&db, id).await;
        let before = stops(&db, id).await[0].clone();
        assert_eq!(before.leg_m, 6000, "over the fast side");
        assert!(before.polyline.contains(&[at(3000.0, 0.0).lat, at(3000.0, 0.0).lon]));
        assert!(!replan_load(&db, id, None, "nothing changed").await.unwrap());
        act(&db, async |tx| close_road(tx, 3, "flood").await).await.unwrap();
        assert!(replan_load(&db, id, None, "road 3 closed").await.unwrap());
        let after = stops(&db, id).await[0].clone();
        assert!(after.eta > before.eta && after.polyline.contains(&[at(0.0, 3000.0).lat, at(0.0, 3000.0).lon]));
        let told = facts(&db).await.into_iter().any(
            |fact| matches!(fact, Event::LoadRerouted { load, reason, .. } if load == id && reason == "road 3 closed"),
        );
        assert!(told);
        // Now it stands on an island: nothing is changed, nothing breaks.
        act(&db, async |tx| close_road(tx, 12, "flood").await).await.unwrap();
        assert!(!replan_load(&db, id, None, "road 12 closed").await.unwrap());
        assert_eq!(stops(&db, id).await[0], after);
    })
    .await;
}

#[tokio::test]
async fn a_full_pickup_point_keeps_its_parcels_waiting() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let (point, _) = (point(&db, 1).await, van(&db, site, "VAN-1").await);
        let mut ids = Vec::new();
        for number in 1..=2 {
            let base = new_parcel(&db, site, number, at(0.0, 1000.0)).await;
            let new = NewParcel { mode: Mode::PickupPoint, pickup: Some(point), ..base };
            ids.push(stage(&db, new).await.id);
        }
        let id = plan(&db, site, &[]).await.unwrap().loads[0];
        let (first, second) = (parcel(&db, ids[0]).await, parcel(&db, ids[1]).await);
        assert_eq!((first.load, first.compartment), (Some(id), true));
        assert_eq!((second.state, second.hindrance.as_deref()), (ParcelState::Staged, Some("point_full")));
        // The first is withdrawn: its room goes to the second.
        act(&db, async |tx| withdraw(tx, ids[0], "cancelled").await).await.unwrap();
        plan(&db, site, &[]).await.unwrap();
        assert_eq!(parcel(&db, ids[1]).await.state, ParcelState::Planned);
    })
    .await;
}
